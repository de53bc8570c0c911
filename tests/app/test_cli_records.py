"""`records` and `do`: archives and actions of a real gateway from the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from app.simulators.host import Running, SimulatorHost
from app.site.sitefile import SiteFile
from tests.app.command_lines import Cli, simulator
from tests.gateways import MAIN

METER = ("--meter", MAIN)


def test_archives_are_listed_with_their_parameters(cli: Cli, gateway: Running) -> None:
    listed = {a["key"]: a for a in cli("records", gateway.url, *METER)["archives"]}
    channels = listed["g13.stored_profiles"]["parameters"]["channel"]
    assert channels[0]["value"] == 1
    assert "Channel 1" in channels[0]["label"]
    assert listed["g13.meter_events"]["supported"]
    assert "g13.gateway_events" not in listed
    own = {a["key"] for a in cli("records", gateway.url)["archives"]}
    assert own >= {"g13.gateway_events", "g13.compare"}


def test_the_events_of_a_gateway_come_as_rows(cli: Cli, gateway: Running) -> None:
    shown = cli("records", gateway.url, "gateway_events")
    assert [column["key"] for column in shown["columns"]][:2] == ["time", "category"]
    assert shown["rows"]
    times = [row[0] for row in shown["rows"]]
    assert times == sorted(times), "oldest first"


def test_a_load_profile_goes_into_a_file_for_other_programs(cli: Cli, gateway: Running, tmp_path: Path) -> None:
    file = tmp_path / "profile.csv"
    cli.text(
        "records", gateway.url, "stored_profiles", *METER, "--set", "channel=1", "--count", "20", "--csv", str(file)
    )
    assert "20 rows written" in cli.err
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert len(rows) == 21
    assert "[" in rows[0][1], "units stand in the head"
    assert rows[1][0][4] == "-"
    assert "T" in rows[1][0]


def test_the_same_table_comes_on_standard_output(cli: Cli, gateway: Running) -> None:
    printed = cli.text("records", gateway.url, "stored_profiles", *METER, "--count", "3", "--csv", "-")
    assert len(list(csv.reader(io.StringIO(printed)))) == 4


def test_a_channel_that_the_meter_does_not_have_is_refused_with_those_it_has(cli: Cli, gateway: Running) -> None:
    error = cli.error("records", gateway.url, "stored_profiles", *METER, "--set", "channel=77", code=2)
    assert error["field"] == "channel"
    assert "Channel 1" in error["message"]


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (("gateway_events", "--begin", "2026-01-01"), "always read whole"),
        (("gateway_events", "--set", "channel=1"), "no parameter 'channel'"),
        (("stored_profiles", *METER, "--begin", "yesterday"), "no date and time"),
        (("stored_profiles", *METER, "--begin", "2026-02-01", "--end", "2026-01-01"), "ends before it begins"),
        (("meter_events", *METER, "--begin", "2026-01-01"), "--end"),
        (("nonsense",), "no archive 'nonsense'"),
        (("stored_profiles",), "belongs to a meter"),
    ],
)
def test_what_makes_no_sense_is_explained(cli: Cli, gateway: Running, wish: tuple[str, ...], says: str) -> None:
    error = cli.error("records", gateway.url, *wish, code=2)
    assert says in f"{error['message']} {error['hint']}"


def test_an_archive_that_the_meter_lacks_says_why(cli: Cli, host: SimulatorHost, gateway: Running) -> None:
    meter = simulator(gateway).gateway.wired(MAIN)
    host.call(lambda: setattr(meter, "capabilities", meter.capabilities - {"read LOAD_PROFILE_CH_1"}))
    assert "lacks" in cli.error("records", gateway.url, "stored_profiles", *METER, code=5)["message"]


def test_actions_are_listed(cli: Cli, gateway: Running) -> None:
    listed = {a["key"] for a in cli("do", gateway.url)["actions"]}
    assert listed >= {"g13.restart", "g13.clear_events", "g13.forget_scanned"}
    assert "g13.restart" in cli.text("do", gateway.url)


def test_an_action_is_done_proven_and_journalled(cli: Cli, gateway: Running, tmp_path: Path) -> None:
    site = tmp_path / "school.wattwright"
    receipt = cli("do", gateway.url, "clear_events", "--yes", "--site", str(site))
    assert (receipt["action"], receipt["outcome"]) == ("g13.clear_events", "verified")
    assert receipt["erases"]
    with SiteFile.open(site) as kept:
        operation = kept.journal.operations()[0]
    assert (operation.section, operation.outcome) == ("g13.clear_events", "verified")
    assert operation.steps[0].step.path == "/gateway/events"


def test_nobody_there_to_confirm_means_nothing_is_done(cli: Cli, gateway: Running) -> None:
    error = cli.error("do", gateway.url, "clear_events", code=2)
    assert "--yes" in error["hint"]
    assert "DELETE /gateway/events" not in simulator(gateway).requests


def test_a_dry_run_tells_what_would_be_erased(cli: Cli, gateway: Running) -> None:
    shown = cli("do", gateway.url, "clear_events", "--dry-run")
    assert shown["outcome"] == "preview"
    assert shown["erases"]
    assert shown["steps"][0]["method"] == "DELETE"
    assert "DELETE /gateway/events" not in simulator(gateway).requests


def test_registers_are_reset_by_name(cli: Cli, gateway: Running) -> None:
    receipt = cli("do", gateway.url, "reset_registers", "active_import=on", *METER, "--yes")
    assert receipt["outcome"] == "verified"


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (("nonsense",), "no action 'nonsense'"),
        (("restart", "force=on"), "no parameter 'force'"),
        (("own_password", "old=secret"), "asked for"),
    ],
)
def test_an_action_that_cannot_be_meant_is_explained(
    cli: Cli, gateway: Running, wish: tuple[str, ...], says: str
) -> None:
    error = cli.error("do", gateway.url, *wish, "--yes", code=2)
    assert says in f"{error['message']} {error['hint']}"
    assert "secret" not in error["message"]
