"""INGECON from the command line: every section, every live source and every archive of every kind of device."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.simulators.host import Running, SimulatorHost
from app.vendors.ingecon.simulator import IngeconSimulator, Kind
from tests.app.command_lines import Cli

TODAY = datetime.now().date()
KINDS = {
    Kind.PLAY_1: ("play1", ["play1", "codes", "answer"]),
    Kind.PLAY_3: ("play3", ["play3", "codes", "answer"]),
    Kind.STORAGE_1: ("storage1", ["storage1", "codes", "answer"]),
    Kind.STORAGE_3: ("storage3", ["storage3", "codes", "answer"]),
    Kind.EMS_PHASES: ("plant", ["plant"]),
    Kind.EMS_STORAGE: ("storage", ["plant", "storage"]),
}


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "installer")


def device(host: SimulatorHost, kind: Kind) -> Running:
    return host.add(IngeconSimulator(kind, begin=datetime.now().replace(hour=12, minute=0), interval_s=0.02))


@pytest.mark.usefixtures("login", "home")
@pytest.mark.parametrize("kind", KINDS)
def test_every_section_and_the_live_values_are_read(cli: Cli, host: SimulatorHost, kind: Kind) -> None:
    feed, sections = KINDS[kind]
    running = device(host, kind)
    read = cli("read", running.url)["sections"]
    assert list(read) == [f"ingecon.{key}" for key in sections]
    assert all("value" in one for one in read.values())
    text = cli.text("live", running.url, "--feed", feed, "--count", "1")
    assert " W" in text
    assert "has no live source 'report'" in cli.error("live", running.url, "--feed", "report", code=2)["message"]


@pytest.mark.usefixtures("login", "home")
def test_words_of_the_command_line_are_those_of_the_window(cli: Cli, host: SimulatorHost) -> None:
    running = device(host, Kind.STORAGE_1)
    assert isinstance(running.simulator, IngeconSimulator)
    running.simulator.alarm = 0x00010002
    running.simulator.failing = {"Pac"}
    text = cli.text("read", running.url)
    assert "0x00010002, bits 1, 16" in text
    assert "bit 16  explained in ABH2010IMC14" in text
    assert "Active power                 –" in text
    assert "Not read                     Pac" in text


@pytest.mark.usefixtures("login", "home")
@pytest.mark.parametrize("kind", [Kind.EMS_PHASES, Kind.EMS_STORAGE])
def test_archives_are_read_by_days_the_last_one_included(cli: Cli, host: SimulatorHost, kind: Kind) -> None:
    running = device(host, kind)
    assert [one["key"] for one in cli("records", running.url)["archives"]] == ["ingecon.datalogger", "ingecon.daily"]
    first, last = TODAY - timedelta(days=3), TODAY - timedelta(days=2)
    days = cli("records", running.url, "daily", "--begin", f"{first}", "--end", f"{last}")
    assert [row[0][:10] for row in days["rows"]] == [f"{first}", f"{last}"]
    samples = cli("records", running.url, "datalogger", "--begin", f"{last}", "--end", f"{last}")
    assert len(samples["rows"]) == 480
    printed = cli.text("records", running.url, "daily", "--begin", f"{first}", "--end", f"{first}", "--csv", "-")
    assert printed.splitlines()[1].startswith(f"{first},100.0,")


@pytest.mark.usefixtures("login", "home")
def test_what_an_inverter_has_nothing_of_is_said_in_words(cli: Cli, host: SimulatorHost) -> None:
    running = device(host, Kind.PLAY_1)
    assert cli("records", running.url)["archives"] == []
    assert cli.text("records", running.url).strip() == "It keeps nothing by time."
    assert cli("do", running.url)["actions"] == []
    assert cli.text("do", running.url).strip() == "There is nothing that it can be told to do."
