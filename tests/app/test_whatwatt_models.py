"""The whatwatt's documents: every example of the manuals and every recording can be read and shown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.plain import plain_of
from app.model.errors import BadReply
from app.model.field import Kind
from app.model.finding import Weight
from app.model.quantity import Phase, Unit
from app.model.vendor import Answer
from app.net.lenient import decode
from app.vendors.whatwatt.feeds import FEEDS, LIVE_SOURCES, REPORT_SOURCES, live_values, number, report_values
from app.vendors.whatwatt.findings import (
    NO_LICENCE,
    cloud_findings,
    device_findings,
    meter_findings,
    report_findings,
    supply_findings,
    wifi_findings,
    zone_free,
)
from app.vendors.whatwatt.models import Clouds, DeviceInfo, Ethernet, MeterInfo, SdCard, Supply, Wifi
from app.vendors.whatwatt.places import clock_text, dig, fill, places_of
from app.vendors.whatwatt.report import Energy, Report
from app.vendors.whatwatt.sections import SECTIONS
from app.vendors.whatwatt.vendor import WHATWATT, mdns_matches, recognise

FIXTURES = Path(__file__).parent.parent / "fixtures" / "whatwatt"
SYSTEMS = sorted(FIXTURES.glob("system-*.json"))
REPORTS = sorted(FIXTURES.glob("report-*.json"))
OF_REPORT = (Report, Energy)


def document(name: str) -> Any:
    return decode((FIXTURES / f"{name}.json").read_bytes())


def leaves(value: object, path: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in leaves(inner, f"{path}.{key}".strip(".")).items()}
    return {path: value}


def values_by_key(sources: Any, values: tuple[float, ...]) -> dict[str, float]:
    return dict(zip((source.quantity.key for source in sources), values, strict=True))


@pytest.mark.parametrize("path", [*SYSTEMS, *REPORTS], ids=lambda path: path.stem)
def test_every_example_fills_its_sections_and_every_value_can_be_shown(path: Path) -> None:
    read = decode(path.read_bytes())
    wants_report = path.stem.startswith("report")
    for section in SECTIONS:
        if (section.model in OF_REPORT) is not wants_report:
            continue
        model = fill(section.model, read)
        for field in section.fields:
            assert field.show(getattr(model, field.name)) is not None
        assert msgspec.convert(plain_of(section, model), section.model) == model


@pytest.mark.parametrize("path", [*SYSTEMS, *REPORTS], ids=lambda path: path.stem)
def test_no_number_of_an_example_is_left_out(path: Path) -> None:
    declared = {at.path for section in WHATWATT.sections for _, at, _ in places_of(section.model)}
    numbers = {
        place
        for place, value in leaves(decode(path.read_bytes())).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert numbers
    assert numbers <= declared


def test_the_manuals_system_page_is_read_field_by_field() -> None:
    system = document("system-manual-1.4")
    assert fill(DeviceInfo, system) == DeviceInfo(
        name="",
        id="A842E39F8124",
        model="WW Go 1.1",
        firmware="1.2.6",
        upgradable=True,
        clock="2025-01-22 11:25:31",
        running_s=166,
        restarted="2025-01-22 11:22:45",
    )
    assert fill(Supply, system) == Supply(v_usb=5.25, v_mbus=0.0, v_p1=5.23, v_scap=4.75)
    assert fill(MeterInfo, system).report_interval_s == 0.998
    assert fill(Wifi, system).wps is False
    assert fill(Ethernet, system) == Ethernet()
    assert fill(SdCard, system) == SdCard(installed=True, type="SDHC/SDXC", size=7618, speed_mhz=20)


def test_the_recorded_report_is_read_with_its_phases_and_what_is_missing_stays_empty() -> None:
    recorded = document("report-kamstrup-omnipower")
    report, energy = fill(Report, recorded), fill(Energy, recorded)
    assert (report.power_import_l1, report.power_import_l2, report.power_import_l3) == (0.039, 0.005, 0.168)
    assert report.reactive_negative == 0.109
    assert report.apparent is None
    assert report.reactive_negative_l1 is None
    assert energy.active_import_t2 == 2486.751
    assert energy.reactive_q1 is None
    section = WHATWATT.section("energy")
    assert section.field("reactive_q1").show(energy.reactive_q1) == "–"
    assert section.field("active_import").show(energy.active_import) == "10526.027 kWh"


def test_local_time_with_a_false_z_gives_way_to_the_time_that_names_its_zone() -> None:
    recorded = document("report-kamstrup-omnipower")
    assert fill(Report, recorded).time == "2026-10-02 17:35:46 +02:00"
    del recorded["report"]["date_time_local"]
    assert fill(Report, recorded).time == "2026-10-02 15:35:46 UTC"
    del recorded["report"]["date_time_utc"]
    assert fill(Report, recorded).time == "2026-10-02 17:35:46"
    recorded["report"]["date_time"] = "half past five"
    assert fill(Report, recorded).time == "half past five"
    assert clock_text({}, "report.date_time") is None


def test_strings_extra_keys_and_unknown_statuses_are_read_as_they_came() -> None:
    odd = {
        "device": {"id": 424242, "time_since_reboot": "17", "upgrade_capable": "true", "plug": {"v_scap": "4.2"}},
        "meter": {"status": "HAS A COLD", "report_interval": "", "tariff": None, "new": {"deep": 1}},
        "wifi": "gone",
    }
    assert fill(DeviceInfo, odd) == DeviceInfo(id="424242", running_s=17, upgradable=True)
    assert fill(Supply, odd).v_scap == 4.2
    meter = fill(MeterInfo, odd)
    assert (meter.status, meter.report_interval_s, meter.tariff) == ("HAS A COLD", None, None)
    assert WHATWATT.section("meter").field("status").show(meter.status) == "HAS A COLD"
    assert fill(Wifi, odd) == Wifi()


def test_a_value_of_the_wrong_kind_names_its_place() -> None:
    with pytest.raises(BadReply, match=r"device\.plug\.v_scap"):
        fill(Supply, {"device": {"plug": {"v_scap": "plenty"}}})
    with pytest.raises(BadReply, match=r"wifi\.rssi"):
        fill(Wifi, {"wifi": {"rssi": [1]}})


def test_what_the_device_tells_can_only_be_looked_at_and_every_section_says_where_the_manual_describes_it() -> None:
    keys = [section.key for section in WHATWATT.sections]
    assert len(set(keys)) == len(keys)
    for section in WHATWATT.sections:
        assert section.key.startswith("whatwatt.")
        assert section.manual
    for section in SECTIONS:
        assert section.plan is None
        assert all(field.kind is not Kind.TABLE for field in section.fields)


@pytest.mark.parametrize(
    ("supply", "said"),
    [
        (Supply(v_scap=4.87), None),
        (Supply(), None),
        (Supply(v_scap=4.4), "Refresh in a few minutes"),
        (Supply(v_scap=4.4, v_scap_change=0.1), "Refresh in a few minutes"),
        (Supply(v_scap=4.2, v_scap_change=-0.3), "and falling"),
        (Supply(v_scap=3.4, v_scap_change=0.0), "close to 3.3 V"),
    ],
)
def test_a_low_buffer_is_a_warning_that_says_what_to_do(supply: Supply, said: str | None) -> None:
    found = supply_findings(supply)
    assert [finding.field for finding in found] == ([] if said is None else ["v_scap"])
    for finding in found:
        assert finding.weight is not Weight.INFO
        assert said is not None
        assert said in f"{finding.title}. {finding.advice}"
        assert "services" in finding.advice


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("OK", None),
        ("", None),
        ("SOMETHING NEW", None),
        ("KEY REQUIRED", "grid operator for the key"),
        ("NOT CONNECTED", "Check the cable"),
        ("NO DATA", "open the customer interface"),
        ("NOT RECOGNIZED", "baud rate"),
        ("RECOGNITION", "being recognised"),
        ("ENCRYPTION KEY", "key"),
    ],
)
def test_a_meter_that_is_not_read_is_a_warning_that_says_what_to_do(status: str, said: str | None) -> None:
    for found in (meter_findings(MeterInfo(status=status)), report_findings(Report(meter_status=status))):
        assert len(found) == (0 if said is None else 1)
        assert all(str(said) in f"{finding.title}. {finding.advice}" for finding in found)


def test_services_without_a_way_out_and_weak_wifi_are_warnings() -> None:
    assert cloud_findings(fill(Clouds, document("system-firmware-1.10"))) == ()
    assert [p.field for p in cloud_findings(Clouds(mqtt=True, mqtt_connected=False))] == ["mqtt_connected"]
    assert wifi_findings(fill(Wifi, document("system-firmware-1.10"))) == ()
    assert [p.field for p in wifi_findings(Wifi(rssi=-84))] == ["rssi"]
    assert [p.field for p in wifi_findings(Wifi(status="Disconnected", ssid="Heron"))] == ["status"]
    assert "not connected to Heron" in wifi_findings(Wifi(status="Error", ssid="Heron"))[0].title
    assert [p.field for p in cloud_findings(Clouds(mystrom=True, mystrom_status="WAITING TIME"))] == ["mystrom_status"]


def test_a_clock_that_nobody_has_set_is_noticed_whatever_the_zone() -> None:
    assert [zone_free(ahead_s) for ahead_s in (0, 3600, -7200 + 70, 5 * 3600 + 2700 - 40)] == [0, 0, 70, -40]
    assert device_findings(DeviceInfo(clock="2025-01-22 11:25:31", clock_ahead_s=3)) == ()
    (never,) = device_findings(DeviceInfo(clock="1970-01-01 00:03:10", clock_ahead_s=3))
    assert "does not know the time" in never.title
    (off,) = device_findings(DeviceInfo(clock="2025-01-22 11:25:31", clock_ahead_s=-200))
    assert "200 s behind" in off.title
    (meter,) = meter_findings(MeterInfo(status="OK", clock_ahead_s=300))
    assert "300 s ahead" in meter.title


def test_a_missing_licence_and_spoiled_events_are_told_and_no_alarm() -> None:
    found = device_findings(DeviceInfo(plus=NO_LICENCE, skipped_events=3))
    assert [finding.weight for finding in found] == [Weight.INFO, Weight.INFO]
    assert "Plus licence" in found[0].title
    assert "3 events of the live stream could not be read" in found[1].title


def test_the_feeds_give_watts_and_count_import_as_positive() -> None:
    values = values_by_key(REPORT_SOURCES, report_values(document("report-kamstrup-omnipower")))
    assert values["power.total"] == 212
    assert (values["power.l1"], values["power.l2"], values["power.l3"]) == (39, 5, 168)
    assert values["reactive.total"] == -109
    assert values["voltage.l3"] == 237
    assert values["current.l1"] == 0.36
    assert values["energy.import"] == 10_526_027
    assert math.isnan(values["apparent"])
    exporting = {"report": {"instantaneous_power": {"active": {"positive": {"total": 0}, "negative": {"total": 1.5}}}}}
    values = values_by_key(REPORT_SOURCES, report_values(exporting))
    assert (values["power.total"], values["power.import"], values["power.export"]) == (-1500, 0, 1500)
    assert math.isnan(values["power.l1"])


def test_what_a_live_event_cannot_mean_as_zero_is_taken_as_not_sent() -> None:
    values = values_by_key(LIVE_SOURCES, live_values(document("live-manual-1.4")))
    assert values["power.total"] == 36
    assert values["energy.import.t2"] == 14_668
    for key in ("voltage.l1", "current.l2", "power.l3", "power_factor"):
        assert math.isnan(values[key])
    assert values["reactive.total"] == 0


def test_a_dead_phase_and_a_house_at_rest_stay_zero() -> None:
    data = document("live-manual-1.4") | {"P_In": 0.0, "V_P1": 234, "P_P1_In": 0.0}
    values = values_by_key(LIVE_SOURCES, live_values(data))
    assert (values["voltage.l1"], values["voltage.l2"], values["power.l1"], values["current.l1"]) == (234, 0, 0, 0)


def test_an_event_with_strings_blanks_and_gaps_is_read() -> None:
    values = values_by_key(LIVE_SOURCES, live_values({"P_In": "0.5", "V_P1": "", "V_P2": "231.5", "PF": "nan"}))
    assert (values["power.total"], values["voltage.l2"]) == (500, 231.5)
    for key in ("voltage.l1", "power_factor", "energy.import", "current.l1"):
        assert math.isnan(values[key])


@pytest.mark.parametrize("odd", [None, True, "much", [], {}, "inf", 10**400])
def test_what_is_no_number_is_nan(odd: object) -> None:
    assert math.isnan(number(odd))


def test_feeds_are_declared_consistently() -> None:
    for feed in FEEDS:
        by_key = {quantity.key: quantity for quantity in feed.quantities}
        assert len(by_key) == len(feed.quantities)
        assert set(feed.plotted) <= set(by_key)
        assert by_key["voltage.l2"].unit is Unit.VOLT
        assert by_key["voltage.l2"].phase is Phase.L2
        assert by_key["power.total"].phase is Phase.TOTAL


def answered(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_a_whatwatt_is_recognised_by_its_system_page_or_its_realm() -> None:
    for path in SYSTEMS:
        assert recognise(answered(200, path.read_bytes()))
    assert recognise(answered(401, www_authenticate='Digest realm="whatwatt-A842E39F8124", qop="auth"'))
    assert recognise(answered(401, www_authenticate='Basic realm="whatwatt-A842E39F8124"'))


@pytest.mark.parametrize(
    "answer",
    [
        answered(200, b"<html>router</html>"),
        answered(200, b"{}"),
        answered(200, b"[1]"),
        answered(200, b'{"device": {"model": "WW Go 1.1"}}'),
        answered(200, b'{"device": {"model": "Other", "id": "1"}}'),
        answered(200, b'{"device": {"model": "WW'),
        answered(404, json.dumps({"device": {"model": "WW Go", "id": "A842E39F8124"}}).encode()),
        answered(401, www_authenticate='Basic realm="router"'),
        answered(401),
    ],
)
def test_others_are_not_recognised(answer: Answer) -> None:
    assert not recognise(answer)


def test_announcements_are_told_apart() -> None:
    assert mdns_matches("whatwatt Go 9F8124._http._tcp.local.", {"id": "A842E39F8124", "type": "100"})
    assert mdns_matches("Renamed", {"id": "A842E39F8124", "type": "100"})
    assert mdns_matches("Whatwatt Go 9F8124 WebUI", {})
    assert not mdns_matches("printer", {})
    assert not mdns_matches("printer", {"type": "100"})
    assert not mdns_matches("other", {"id": "A842E39F8124", "type": "7"})


def test_digging_through_what_is_no_object_finds_nothing() -> None:
    assert dig({"a": [1]}, "a.b") is None
    assert dig(None, "a") is None


def test_what_cannot_be_switched_is_yes_or_no_and_plain_true_or_false_for_programs() -> None:
    """A card is present; it is not 'on'."""
    card, clouds = WHATWATT.section("sd_card"), WHATWATT.section("clouds")
    assert card.field("installed").show(True) == "yes"
    assert card.field("installed").show(None) == "–"
    assert clouds.field("mqtt_connected").show(False) == "no"
    assert clouds.field("mqtt").show(True) == "on"
    assert plain_of(card, SdCard(installed=True))["installed"] is True
