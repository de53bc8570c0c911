"""The pace of a device: kept over restarts, never broken, never stuck."""

from __future__ import annotations

import msgspec
import pytest

from app.model.errors import StorageFailed, TooSoon
from app.net.pace import Pace
from tests.app.smartmac.meters import Clock, Memory


def test_the_second_request_waits_for_the_interval() -> None:
    clock = Clock()
    pace = Pace(60, "a", clock=clock)
    pace.begin()
    clock.now += 12
    with pytest.raises(TooSoon) as early:
        pace.begin()
    assert early.value.wait_s == 48
    assert early.value.exit_code == 8
    clock.now += 48
    pace.begin()


def test_the_interval_counts_from_the_answer() -> None:
    clock = Clock()
    pace = Pace(60, "a", clock=clock)
    pace.begin()
    clock.now += 5
    pace.ended()
    assert pace.wait_s() == 60


def test_a_restart_does_not_let_the_next_request_out_early() -> None:
    clock, notes = Clock(), Memory()
    Pace(60, "a", notes, clock=clock).begin()
    clock.now += 20
    assert Pace(60, "a", notes, clock=clock).wait_s() == 40
    assert Pace(60, "b", notes, clock=clock).wait_s() == 0


def test_what_was_not_sent_may_be_tried_again_at_once() -> None:
    clock, notes = Clock(), Memory()
    pace = Pace(60, "a", notes, clock=clock)
    pace.begin()
    pace.ended(sent=False)
    assert pace.wait_s() == 0
    assert Pace(60, "a", notes, clock=clock).wait_s() == 0


def test_the_chosen_interval_is_remembered_for_the_device() -> None:
    clock, notes = Clock(), Memory()
    Pace(60, "a", notes, clock=clock).choose(6)
    assert Pace(60, "a", notes, clock=clock).interval_s == 6
    assert Pace(60, "b", notes, clock=clock).interval_s == 60


def test_a_device_that_gets_another_name_keeps_its_last_request() -> None:
    clock = Clock()
    pace = Pace(60, "10.0.0.1:80", Memory(), clock=clock)
    pace.begin()
    pace.known_as("1728053249")
    assert pace.wait_s() == 60


def test_a_clock_that_is_set_back_costs_one_interval_and_no_more() -> None:
    clock, notes = Clock(), Memory()
    Pace(60, "a", notes, clock=clock).begin()
    clock.now -= 86400
    pace = Pace(60, "a", notes, clock=clock)
    assert pace.wait_s() == 60
    clock.now += 60
    assert pace.wait_s() == 0


@pytest.mark.parametrize(
    "kept", [b"", b"{", b"[]", b'{"at":"x"}', b'{"at":1,"interval_s":-6}', b'{"at":1,"interval_s":1e9}']
)
def test_a_note_that_makes_no_sense_does_no_harm(kept: bytes) -> None:
    notes = Memory()
    notes.kept["pace a"] = kept
    pace = Pace(60, "a", notes, clock=Clock())
    assert pace.interval_s == 60
    assert pace.wait_s() == 0


def test_no_request_leaves_when_its_time_cannot_be_kept() -> None:
    class Full(Memory):
        def put_setting(self, key: str, value: bytes | None) -> None:
            raise StorageFailed("The disk is full.")

    with pytest.raises(StorageFailed):
        Pace(60, "a", Full(), clock=Clock()).begin()


def test_what_is_kept_is_plain() -> None:
    clock, notes = Clock(), Memory()
    Pace(60, "a", notes, clock=clock).begin()
    assert msgspec.json.decode(notes.kept["pace a"]) == {"at": clock.now, "interval_s": 0.0}
