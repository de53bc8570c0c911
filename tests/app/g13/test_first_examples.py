"""The manual's own examples of what a first visit needs: who it is, its clock, its meters, a scan, the ratios."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.model.scan import BusScan, ScanMode, ScanRequest
from app.net.lenient import JsonReader, convert
from app.vendors.g13.gateway.basics import CLOCK, NAME, Clock, Name
from app.vendors.g13.gateway.registration import METERS, Registration, Registrations, registrations
from app.vendors.g13.meter.ratios import RATIOS, Ratios
from app.vendors.g13.models import About, Gateway, GatewayTime, Meters, ScanResult, Status
from app.vendors.g13.scan import scan_body
from app.vendors.g13.simulator.refusal import check_tags
from app.vendors.g13.simulator.scan import read_scan

T = TypeVar("T")
FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"


def document(name: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / f"{name}.json").read_bytes())


def reply(name: str, kind: type[T]) -> T:
    return convert(document(f"{name}-reply"), kind)


def test_about_is_read_though_its_example_ends_with_a_comma() -> None:
    about = reply("6.3.1", About)
    assert (about.firmwareversion, about.serial, about.releasedate) == ("G0.0.0.0", 1234, "2012-08-30T14:06:26")


def test_a_password_is_changed_with_the_three_tags_of_the_manual() -> None:
    assert set(document("6.3.2-request")) == {"name", "oldkey", "key"}


def test_the_gateway_tells_its_name_and_takes_another_in_the_same_form() -> None:
    gateway = reply("6.3.9", Gateway)
    plan = NAME.plan
    assert plan is not None
    step = plan(Name("", "", gateway.serial), Name(gateway.alias, gateway.location, gateway.serial), "")[0]
    assert step.body == document("6.3.10-request")


def test_the_clock_is_told_and_set_in_the_same_form() -> None:
    assert reply("6.3.11", GatewayTime) == GatewayTime("2012-05-09T16:25:05", "set")
    plan = CLOCK.plan
    assert plan is not None
    before = Clock(datetime(2000, 1, 1), "set")
    assert plan(before, Clock(datetime(2012, 5, 9, 16, 30, 52), "set"), "")[0].body == document("6.3.12-request")


def test_meters_stand_by_location() -> None:
    rows = registrations(reply("6.3.31", Meters))
    assert [(row.serial, row.location, row.bus) for row in rows] == [
        ("ABB_8", "Level1", "EQ bus"),
        ("ABB_9", "Level1", "M-Bus"),
        ("ABB_6", "Level2", "M-Bus"),
        ("ABB_7", "Level2", "M-Bus IR"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "example"),
    [
        ((Registration("ABB_8", "old", "location1"),), (Registration("ABB_8", "ABB_8", "location1"),), "6.3.32"),
        ((), (Registration("ABB_8", "ABB_8", "location2"),), "6.3.33"),
        ((Registration("ABB_8", "ABB_8", "location2"),), (), "6.3.34"),
    ],
    ids=["renamed", "registered", "deleted"],
)
def test_registrations_are_sent_in_the_form_of_the_manual(
    before: tuple[Registration, ...], after: tuple[Registration, ...], example: str
) -> None:
    plan = METERS.plan
    assert plan is not None
    (step,) = plan(Registrations(before), Registrations(after), "")
    assert step.body == document(f"{example}-request")


def test_a_scan_that_is_not_complete_says_0() -> None:
    found = reply("6.3.35", ScanResult)
    assert (found.scanresult[0].serial, found.scanresult[0].token, found.scancomplete) == ("ABB_3", 1337581086, 0)


@pytest.mark.parametrize(
    ("example", "buses"),
    [
        (
            "6.3.36-request-secondary",
            (
                BusScan("mbus", ScanMode.SECONDARY, baud=19200),
                BusScan("mbus-ir", ScanMode.SECONDARY, baud=4800),
            ),
        ),
        (
            "6.3.36-request-range",
            (
                BusScan("mbus", ScanMode.RANGE, start=1, end=16, baud=38400),
                BusScan("mbus-ir", ScanMode.PRIMARY, baud=9600),
            ),
        ),
    ],
)
def test_a_scan_is_asked_for_in_the_form_of_the_manual(example: str, buses: tuple[BusScan, ...]) -> None:
    wanted = document(example)
    assert scan_body(ScanRequest(buses), wanted["token"]) == wanted
    assert read_scan(wanted, str(wanted["token"]))


def test_a_scan_over_all_buses_is_taken_wireless_included() -> None:
    wanted = document("6.3.36-request")
    assert read_scan(wanted, str(wanted["token"]))


def test_ratios_are_sent_as_strings() -> None:
    plan = RATIOS.plan
    assert plan is not None
    assert plan(Ratios(2, 1, 1, 1), Ratios(1, 1, 1, 1), "ABB_3")[0].body == document("6.3.48-request")


def test_the_last_error_is_a_description_alone() -> None:
    assert reply("6.3.91", Status).des == "detailed description"
    assert check_tags(document("6.3.91-reply"), ["des"])
