"""`recordings`: what the window recorded, for scripts, without the window and without the devices."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.commission.recorded import Batch, Mark, RecordedChannel
from app.model.quantity import Reading
from app.site.sitefile import SiteFile

from .command_lines import Cli
from .recordings import ALL

NOON = 1_780_000_000.0


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with two recordings, of which the second was cut off."""
    path = tmp_path / "house.wattwright"
    channel = RecordedChannel("test:1", "Main \x1b[2J building", "", "Main", "live", "Live", ALL)
    with SiteFile.open(path) as opened:
        for number, title in enumerate(("Kettle", "Night")):
            recording = opened.recordings.begin(title, NOON + number, [channel])
            opened.recordings.write(recording, Batch({0: [Reading(NOON + at, (at, 230.0, 50.0)) for at in (1, 2, 3)]}))
            opened.recordings.mark(recording, Mark(NOON + 1.5, "kettle on"))
            if not number:
                opened.recordings.end(recording, NOON + 10)
    return path


def test_it_lists_what_was_recorded(cli: Cli, site: Path) -> None:
    head, night, kettle = cli.text("recordings", str(site)).splitlines()
    assert head.split()[:2] == ["ID", "Begun"]
    assert "Night" in night
    assert night.endswith("cut off")
    assert "Kettle" in kettle
    assert "\x1b" not in kettle
    found = cli("recordings", str(site))["recordings"]
    assert [(one["id"], one["title"], one["readings"], one["cut_off"]) for one in found] == [
        (2, "Night", 3, True),
        (1, "Kettle", 3, False),
    ]
    assert found[1]["marks"][0]["name"] == "kettle on"
    assert found[1]["channels"][0]["quantities"][0] == {
        "key": "power.total",
        "title": "Active power",
        "unit": "W",
        "phase": "",
    }


def test_it_writes_one_as_a_table(cli: Cli, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "kettle.csv"
    told = cli("recordings", str(site), "--recording", "1", "--csv", str(out))
    assert (told["title"], told["csv"]) == ("Kettle", str(out))
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Active power [W]"] for row in rows] == ["1.0", "", "2.0", "3.0"]
    assert rows[1]["mark"] == "kettle on"
    shown = cli.text("recordings", str(site), "--recording", "1", "--csv", "-")
    assert shown.splitlines()[0].startswith("time,device,meter,serial,feed,mark,Active power [W]")
    assert len(shown.splitlines()) == 5


def test_what_makes_no_sense_is_said(cli: Cli, site: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.wattwright"
    assert "no site file" in cli.error("recordings", str(missing), code=2)["message"]
    assert not missing.exists()
    error = cli.error("recordings", str(site), "--recording", "9", code=2)
    assert error["hint"] == "It has: 2, 1."
    assert "--recording" in cli.error("recordings", str(site), "--csv", "x.csv", code=2)["hint"]
    with SiteFile.open(site):
        assert "already open" in cli.error("recordings", str(site), code=2)["title"]
