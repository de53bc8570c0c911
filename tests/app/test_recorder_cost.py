"""What the flight recorder costs does not grow with the answer, and nothing secret waits in it for being struck out."""

from __future__ import annotations

import json
import time

import pytest

from app.net.recorder import EXCERPT, LOOKED_AT, Recorder, secrets_in

SECRET = "cabinet 7 cabinet"


def note(recorder: Recorder, received: bytes, sent: bytes = b"") -> None:
    recorder.note(
        method="GET",
        url="https://x/a",
        sent=sent,
        secret=(),
        outcome="HTTP 200",
        received=received,
        elapsed_s=0,
        known=(SECRET,),
    )


def cost_s(body: bytes) -> float:
    """The best of several, so that other programs do not count."""
    best = 1.0
    for _ in range(7):
        began = time.process_time()
        note(Recorder(), body)
        best = min(best, time.process_time() - began)
    return best


def test_megabytes_cost_no_more_than_a_page() -> None:
    row = b'{"timestamp":"2024-01-01T00:15:00","status":0,"values":[12345,"Wh"]},'
    page, profile = row * (2 * LOOKED_AT // len(row)), row * (8 * 1024 * 1024 // len(row))
    assert cost_s(profile) < 5 * cost_s(page) + 0.002


def test_a_large_file_that_is_sent_is_not_taken_apart() -> None:
    assert secrets_in(json.dumps({"key": SECRET, "fill": "x" * 10_000_000}).encode(), ()) == ()
    assert secrets_in(json.dumps({"key": SECRET}).encode(), ()) == (SECRET,)


@pytest.mark.parametrize("before", [*range(EXCERPT - 20, EXCERPT + 2), *range(LOOKED_AT - 20, LOOKED_AT + 2)])
def test_a_secret_that_the_cut_goes_through_is_not_shown_in_half(before: int) -> None:
    recorder = Recorder()
    note(recorder, b"." * before + SECRET.encode() + b"." * 9000)
    shown = recorder.exchanges()[0].received
    assert not any(SECRET[:length] in shown for length in range(3, len(SECRET) + 1))


def test_what_shrinks_by_striking_shows_no_half_secret_at_its_end() -> None:
    recorder = Recorder()
    note(recorder, (SECRET.encode() * (LOOKED_AT // len(SECRET) + 2)))
    assert "cab" not in recorder.exchanges()[0].received


def test_nothing_secret_is_kept_for_later() -> None:
    recorder = Recorder()
    note(recorder, json.dumps({"key": SECRET, "say": f"it is {SECRET}"}).encode(), json.dumps({"key": SECRET}).encode())
    assert SECRET not in repr(vars(recorder))
