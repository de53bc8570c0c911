"""Readings in a site file: packed, by time, pruned, and harmless where somebody tampered with them."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.model.device import Address
from app.model.errors import StorageFailed
from app.model.quantity import Reading
from app.site.readings import pack, unpack
from app.site.sitefile import SiteDevice, SiteFile

KEYS = ("power", "voltage", "energy")
NAN = math.nan


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "house.wattwright"


@pytest.fixture
def site(path: Path) -> Iterator[SiteFile]:
    with SiteFile.open(path) as opened:
        yield opened


def readings(*times: float) -> tuple[Reading, ...]:
    return tuple(Reading(time, (time * 2, NAN, 33_549_075.25)) for time in times)


@pytest.mark.parametrize("values", [(), (1.0,), (NAN, NAN), (NAN, 2.5, NAN), tuple(map(float, range(40))), (-0.1,) * 9])
def test_values_are_the_same_after_packing(values: tuple[float, ...]) -> None:
    again = unpack(pack(values), len(values))
    assert [value for value in again if value == value] == [value for value in values if value == value]
    assert [math.isnan(value) for value in again] == [math.isnan(value) for value in values]


def test_what_is_not_there_takes_no_room() -> None:
    assert len(pack((NAN,) * 40)) == 5
    assert len(pack((1.0,) * 10 + (NAN,) * 30)) == 85


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\xff" * 9, pack((1.0,)) + b"x", b"\x02" + bytes(8)])
def test_a_packed_reading_of_the_wrong_length_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        unpack(blob, 1)


def test_readings_come_back_in_order_after_the_site_was_closed(path: Path) -> None:
    with SiteFile.open(path) as site:
        site.readings.add("a:1", "", "values", KEYS, readings(30.5, 10.25))
        site.readings.add("a:1", "", "values", KEYS, readings(20.125))
        site.readings.add("a:1", "M1", "values", KEYS, readings(99))
        site.readings.add("a:2", "", "values", KEYS, readings(98))
    with SiteFile.open(path) as site:
        found = site.readings.read("a:1", "", "values", KEYS)
        assert [reading.time_s for reading in found] == [10.25, 20.125, 30.5]
        assert found[0].values[0] == 20.5
        assert math.isnan(found[0].values[1])
        assert found[0].values[2] == 33_549_075.25
        told = {(kept.device, kept.target): (kept.count, kept.first_s, kept.last_s) for kept in site.readings.feeds()}
        assert told == {("a:1", ""): (3, 10.25, 30.5), ("a:1", "M1"): (1, 99, 99), ("a:2", ""): (1, 98, 98)}


def test_a_moment_that_is_kept_stays_as_it_is(site: SiteFile) -> None:
    site.readings.add("a", "", "f", KEYS, readings(1))
    site.readings.add("a", "", "f", KEYS, (Reading(1.0, (7.0, 7.0, 7.0)),))
    assert site.readings.read("a", "", "f", KEYS)[0].values[0] == 2


def test_a_period_has_both_its_ends_and_a_limit_takes_the_last(site: SiteFile) -> None:
    site.readings.add("a", "", "f", KEYS, readings(*range(10)))
    part = site.readings.read("a", "", "f", KEYS, begin_s=3, end_s=5)
    assert [reading.time_s for reading in part] == [3, 4, 5]
    assert [r.time_s for r in site.readings.read("a", "", "f", KEYS, limit=2)] == [8, 9]
    assert site.readings.read("a", "", "f", KEYS, begin_s=50) == ()


def test_another_version_of_the_program_reads_what_it_knows(site: SiteFile) -> None:
    site.readings.add("a", "", "f", KEYS, readings(1))
    site.readings.add("a", "", "f", ("energy", "new"), (Reading(2.0, (5.0, 6.0)),))
    first, second = site.readings.read("a", "", "f", ("new", "energy"))
    assert math.isnan(first.values[0])
    assert first.values[1] == 33_549_075.25
    assert second.values == (6.0, 5.0)


def test_pruning_keeps_the_last_ones(site: SiteFile) -> None:
    site.readings.add("a", "", "f", KEYS, readings(*range(10)))
    site.readings.add("a", "", "g", KEYS, readings(*range(10)))
    assert site.readings.prune("a", "", "f", keep=3) == 7
    assert [reading.time_s for reading in site.readings.read("a", "", "f", KEYS)] == [7, 8, 9]
    assert len(site.readings.read("a", "", "g", KEYS)) == 10
    assert site.readings.prune("a", "", "f", keep=3) == 0


def test_a_device_that_is_taken_out_takes_its_readings_along(site: SiteFile) -> None:
    device = SiteDevice("smartmac", "1", Address("10.0.0.1", 80, "http"))
    site.put_device(device)
    site.readings.add(device.key, "", "f", KEYS, readings(1))
    site.readings.add("other", "", "f", KEYS, readings(1))
    site.remove_device(device.key)
    assert [kept.device for kept in site.readings.feeds()] == ["other"]
    site.readings.add(device.key, "", "f", KEYS, readings(2))
    assert len(site.readings.read(device.key, "", "f", KEYS)) == 1


def test_a_site_of_the_version_before_gets_the_tables(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.site import schema

    now = schema.MIGRATIONS
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", now[:1])
        SiteFile.open(path).close()
    with SiteFile.open(path) as site:
        site.readings.add("a", "", "f", KEYS, readings(1))
    assert path.with_name("house.format-1.wattwright").exists()


@pytest.mark.parametrize("blob", [b"short", 10**12, "text", None])
def test_tampered_readings_are_told_as_damage(path: Path, blob: object) -> None:
    with SiteFile.open(path) as site:
        site.readings.add("a", "", "f", KEYS, readings(1))
    plain = sqlite3.connect(path)
    plain.execute(
        "UPDATE OR IGNORE reading SET vals = ?" if blob is not None else "UPDATE reading SET time = 0.5",
        *([(blob,)] if blob is not None else []),
    )
    plain.commit()
    plain.close()
    with SiteFile.open(path) as site, pytest.raises(StorageFailed, match="damaged"):
        site.readings.read("a", "", "f", KEYS)


def test_a_time_that_nobody_can_have_measured_is_passed_over(site: SiteFile) -> None:
    site.readings.add("a", "", "f", KEYS, readings(1, 1e15))
    assert [reading.time_s for reading in site.readings.read("a", "", "f", KEYS, end_s=1e17)] == [1]


@pytest.mark.parametrize("keys", ["[", "{}", "[1]", '"power"'])
def test_tampered_names_are_told_as_damage(path: Path, keys: str) -> None:
    with SiteFile.open(path) as site:
        site.readings.add("a", "", "f", KEYS, readings(1))
    plain = sqlite3.connect(path)
    plain.execute("UPDATE series SET keys = ?", (keys,))
    plain.commit()
    plain.close()
    with SiteFile.open(path) as site, pytest.raises(StorageFailed, match="damaged"):
        site.readings.read("a", "", "f", KEYS)


@pytest.mark.parametrize("limit", [0, 4001, 2000, 1999])
def test_more_readings_than_are_asked_for_at_a_time_come_all_and_once(site: SiteFile, limit: int) -> None:
    site.readings.add("a", "", "f", KEYS, readings(*range(4500)))
    found = [reading.time_s for reading in site.readings.read("a", "", "f", KEYS, limit=limit)]
    assert found == [*range(4500 - (limit or 4500), 4500)]
