"""What a meter is and how it stands with it: information, flags, parts, M-Bus, what it offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.model.errors import AccessDenied, DeviceFailed
from app.model.section import AnySection
from app.net.lenient import convert
from app.vendors.g13.meter.conditions import BY_NUMBER, CONDITIONS, of_flag
from app.vendors.g13.meter.flags import FLAGS, StatusFlags, flags
from app.vendors.g13.meter.offers import OFFERS, offers
from app.vendors.g13.meter.status import (
    HARDWARE,
    INFO,
    MBUS,
    Contact,
    HardwareVersions,
    MBusInfo,
    addressing_words,
    medium_words,
)
from app.vendors.g13.models import AssociationObjects, MeterInfo
from app.vendors.g13.simulator.alarms import Alarms
from app.vendors.g13.simulator.load import Load
from app.vendors.g13.simulator.meter_log import MeterLog
from app.vendors.g13.tables import Bus, capabilities_from_bits
from tests.app.g13.bench import LABELS, SINGLE_STEEL, example, guest, wire
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


async def read(device: Gateway, folder: Path, section: AnySection, serial: str = MAIN) -> Any:
    async with session(device, folder) as opened:
        await opened.open()
        return (await opened.read(section, serial)).value


def test_the_manuals_status_and_information_are_understood() -> None:
    assert convert(example("49"), Contact) == Contact(1238, "A44 512-100")
    info = convert(example("43"), MeterInfo)
    assert (info.manufacturing.label, info.ratio.ctnum, info.power.powerfailcounter) == ("A44 514-100", 1, 4)
    assert info.conversionfactor.currency == (100.789, "curr/kWh")


def test_the_manuals_hardware_and_mbus_are_understood() -> None:
    parts = convert(example("46"), HardwareVersions).version
    assert (len(parts), parts[0], parts[-1]) == (8, "ABCDEFGHJKLMNOP_0", "ABCDEFGHJKLMNOP_7")
    assert convert(example("47"), MBusInfo) == MBusInfo("ABB", 2, None, 1, 32, 1234)


def test_the_manuals_capabilities_are_understood() -> None:
    known = convert(example("30"), AssociationObjects)
    assert (known.role, known.serial) == ("View Only", "ABB_1")
    assert "read ACTIVE_ENERGY_EXPORT_TOTAL" in capabilities_from_bits(known.associationobjects)


def test_the_manuals_flags_are_put_into_words() -> None:
    found = convert(example("50"), StatusFlags)
    assert found.warnings == ("NEG_POW Element2 ",)
    assert [(flag.kind, flag.meaning) for flag in flags(found).active] == [
        ("Error", "Maker's own error 2"),
        ("Error", "Maker's own error 3"),
        ("Warning", "Power of L2 flows backwards"),
        ("Information", "Alarm 6 is active"),
        ("Information", "Alarm 7 is active"),
    ]


def test_every_flag_and_event_of_the_manual_has_words_and_advice() -> None:
    assert set(BY_NUMBER) == {*range(40, 54), *range(1000, 1012), *range(2013, 2038), 2054, 2055}
    assert len(BY_NUMBER) == len(CONDITIONS)
    assert all(condition.words and condition.advice for condition in CONDITIONS)


def test_information_says_that_the_meter_answers(run: Run, tmp_path: Path, device: Gateway) -> None:
    info = run(read(device, tmp_path, INFO))
    assert info.communication == "answers as A44 552-100, number 14501"
    assert (info.power_failures, info.outage_s) == (4, 1400)
    assert info.co2 == 0.412


def test_a_silent_meter_is_said_to_be_silent(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = device.simulator.gateway.wired(MAIN)
    for section in (INFO, FLAGS, HARDWARE, OFFERS):
        device.host.call(lambda: setattr(meter, "powered", False))
        with pytest.raises(DeviceFailed, match="received invalid response from COSEM"):
            run(read(device, tmp_path, section))


def test_hardware_is_listed_part_by_part(run: Run, tmp_path: Path, device: Gateway) -> None:
    hardware = run(read(device, tmp_path, HARDWARE))
    assert [(part.part, part.version) for part in hardware.parts] == [
        ("Part 1", "A44_MAIN_R3"),
        ("Part 2", "EQBUS_IF_R1"),
    ]


def test_mbus_information_is_in_words(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, "A43 213-100", bus=Bus.MBUS)
    found = run(read(device, tmp_path, MBUS, meter.serial))
    assert (found.manufacturer, found.medium, found.version) == ("ABB", "electricity", "32")
    assert found.addressing == f"primary, address {meter.address}"
    assert found.id == "0007"


def test_only_a_meter_on_an_mbus_tells_of_it(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def ask() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            support = await opened.support(MBUS, MAIN)
            assert not support.readable
            assert "MBUS_CLIENT_0" in support.reason
            with pytest.raises(AccessDenied):
                await opened.read(MBUS, MAIN)

    run(ask())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "primary, address 0"),
        (250, "primary, address 250"),
        (251, "mode 251"),
        (253, "secondary"),
        (255, "primary"),
        ("17", "primary, address 17"),
        ("odd", "mode odd"),
        (None, "not told"),
    ],
)
def test_addressing_modes_in_words(code: object, words: str) -> None:
    assert addressing_words(code) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [(7, "water"), (0x19, "A/D converter"), (99, "medium 99"), ("2", "electricity"), ("x", "medium x")],
)
def test_media_in_words(code: object, words: str) -> None:
    assert medium_words(code) == words


def test_flags_follow_from_the_state_of_the_meter(run: Run, tmp_path: Path, device: Gateway) -> None:
    load = Load(5, dead_lines=frozenset({2}), reversed_lines=frozenset({3}))
    meter = wire(device, LABELS["Steel"], load=load, faults=("Rtc Circuit",))
    found = run(read(device, tmp_path, FLAGS, meter.serial))
    # The total may flow backwards too: that depends on how much L1 draws at the moment.
    error, dead, backwards, *_ = found.active
    assert (error.kind, error.meaning) == ("Error", "Clock circuit failed")
    assert (dead.kind, dead.meaning, backwards.meaning) == (
        "Warning",
        "No voltage on L2",
        "Power of L3 flows backwards",
    )
    assert "fuse" in dead.advice
    assert "S1 and S2" in backwards.advice
    assert FLAGS.summary is not None
    assert FLAGS.summary(found) == f"Errors: 1, warnings: {len(found.active) - 1}, information: none"


def test_a_clock_that_was_never_set_is_flagged(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = wire(device, LABELS["Silver"], clock_is_set=False)
    found = run(read(device, tmp_path, FLAGS, meter.serial))
    assert {flag.flag for flag in found.active} == {"Date Not Set", "Time Not SET"}


def test_a_healthy_meter_has_no_flags(run: Run, tmp_path: Path, device: Gateway) -> None:
    found = run(read(device, tmp_path, FLAGS, wire(device, SINGLE_STEEL).serial))
    assert found.active == ()
    assert FLAGS.summary is not None
    assert FLAGS.summary(found) == "Errors: none, warnings: none, information: none"


def test_a_flag_that_the_manual_does_not_list_is_shown_as_it_came() -> None:
    (odd,) = flags(convert({"errors": [" Flux Capacitor ", " "], "warnings": []}, StatusFlags)).active
    assert (odd.kind, odd.meaning, odd.flag) == ("Error", "Flux Capacitor", "Flux Capacitor")
    assert of_flag("flux capacitor") is None


def test_what_a_meter_offers_differs_by_its_level(run: Run, tmp_path: Path, device: Gateway) -> None:
    steel, platinum = (
        {offer.topic: offer for offer in run(read(device, tmp_path, OFFERS, serial)).topics}
        for serial in (wire(device, SINGLE_STEEL).serial, MAIN)
    )
    assert (steel["Demand"].read, platinum["Demand"].read) == ("–", "yes")
    assert (platinum["Demand"].reset, platinum["Demand"].configure) == ("yes", "yes")
    assert steel["Active energy"].parts == "import, export, net, L1, total"
    assert platinum["Active energy"].parts == "import, export, net, L1, L2, L3, tariffs 1 to 4, total"
    assert platinum["Voltage"].parts == "L1, L2, L3, L1–L2, L2–L3, L1–L3"


def test_who_may_only_look_is_told_so(run: Run, tmp_path: Path, device: Gateway) -> None:
    name, password = guest(device)

    async def look() -> str:
        async with session(device, tmp_path, user=name, password=password) as opened:
            await opened.open()
            return (await opened.read(OFFERS, MAIN)).value.role

    assert run(look()) == "View Only"


def test_every_capability_stands_under_a_topic() -> None:
    from app.vendors.g13.capability_bits import CAPABILITY_BITS

    left_out = {
        capability
        for capability in CAPABILITY_BITS.values()
        if all(
            (offer.read, offer.reset, offer.configure) == ("–", "–", "–") for offer in offers(frozenset({capability}))
        )
    }
    assert left_out == {"read HDLC_SLAVE_BACKPLANE_1"}


def test_an_active_alarm_is_a_flag(run: Run, tmp_path: Path, device: Gateway) -> None:
    meter = device.simulator.gateway.wired(MAIN)
    alarm = {"id": 6, "quantity": 69, "onthreshold": 1, "offthreshold": 0, "ondelay": 0, "offdelay": 0}
    device.host.call(lambda: meter.part(Alarms).set(alarm | {"log": False, "output": 0}))
    found = run(read(device, tmp_path, FLAGS))
    assert [(flag.meaning, flag.flag) for flag in found.active if flag.kind == "Information"] == [
        ("Alarm 6 is active", "Alarm6 Active")
    ]
    assert not any(line.number == 2018 for line in device.host.call(lambda: meter.part(MeterLog).lines))
