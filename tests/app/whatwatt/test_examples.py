"""Every further example of the manuals can be read, shown, and taken by the simulated device."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.commission.checking import problems_of
from app.model.errors import BadReply
from app.net.lenient import decode
from app.vendors.whatwatt.card_log import records_of
from app.vendors.whatwatt.settings import basics, ethernet_port, meter_port, mqtt, wifi_network
from app.vendors.whatwatt.settings.editing import filled
from app.vendors.whatwatt.simulator.settings import ETHERNET, METER, MQTT, WIFI, Page
from app.vendors.whatwatt.simulator.settings import basics as basic_rules
from app.vendors.whatwatt.template import names_in, preview
from app.vendors.whatwatt.variables import DOCUMENTED, variables_of
from app.vendors.whatwatt.wifi_scan import networks_of
from tests.app.whatwatt.devices import FIXTURES

PAGES: list[tuple[str, Any]] = [
    ("settings", basics.ACCESS),
    ("settings", basics.SERVICES),
    ("meter-settings", meter_port.METER_PORT),
    ("wifi-settings", wifi_network.WIFI_NETWORK),
    ("eth-settings", ethernet_port.ETHERNET_PORT),
    ("mqtt-settings", mqtt.MQTT),
]
FILES = [(path, section) for name, section in PAGES for path in sorted(FIXTURES.glob(f"{name}-*.json"))]


@pytest.mark.parametrize(("path", "section"), FILES, ids=lambda value: getattr(value, "stem", None))
def test_every_settings_page_of_the_manuals_is_read_and_nothing_is_wrong_with_it(path: Path, section: Any) -> None:
    document = decode(path.read_bytes())
    model = filled(section.model, document)
    assert [problem for problem in problems_of(section, model) if not problem.warning] == []
    told = [field for field in section.fields if not field.secret and getattr(model, field.name) not in (None, ())]
    assert len(told) >= 3
    assert all(field.show(getattr(model, field.name)) for field in told if getattr(model, field.name) != "")


def test_the_pages_say_what_the_manual_prints() -> None:
    def page(name: str) -> object:
        return decode((FIXTURES / f"{name}-manual-1.4.json").read_bytes())

    access = filled(basics.Access, page("settings"))
    assert (access.name, access.host_name, access.protection) == ("", "whatwatt_9F8124", False)
    services = filled(basics.Services, page("settings"))
    assert (services.mystrom, services.report_interval_s, services.sd_interval_s) == (False, 30, 15)
    port = filled(meter_port.MeterPort, page("meter-settings"))
    assert (port.baud_rate, port.stop_bits, port.interface, port.method) == (115200, "1", "auto", "Passive Push")
    assert filled(wifi_network.WifiNetwork, page("wifi-settings")).name == "sjj"
    assert filled(mqtt.Mqtt, page("mqtt-settings")).topic == "/up/xxxx/id/xxxx"


def test_a_device_that_tells_its_secrets_is_not_listened_to() -> None:
    told = {"name": "x", "password": "tell-tale"}
    assert "tell-tale" not in str(filled(wifi_network.WifiNetwork, told))


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("settings", basic_rules("whatwatt_000000")),
        ("meter-settings", METER),
        ("wifi-settings", WIFI),
        ("eth-settings", ETHERNET),
        ("mqtt-settings", MQTT),
    ],
)
def test_what_the_manual_prints_may_be_sent_back_to_the_device(name: str, rules: Any) -> None:
    example = json.loads((FIXTURES / f"{name}-manual-1.4.json").read_text())
    page = Page(rules)
    page.post(example)
    told = page.told()
    for key in ("local", "cloud"):
        assert key not in example.get("services", {}) or told["services"][key] == example["services"][key]
    assert {key: told[key] for key in example} == example


def test_the_variables_of_both_examples_have_a_meaning() -> None:
    for name in ("variables-manual-1.4", "variables-newer"):
        found = variables_of(decode((FIXTURES / f"{name}.json").read_bytes()))
        assert len(found) > 60
        assert all(variable.meaning for variable in found)
        assert {variable.name for variable in found} <= set(DOCUMENTED)
        values = {variable.name: variable.value for variable in found}
        assert values["sys.id"] == "A842E39F8124"
        assert {v.name: v.unit for v in found}["1_8_0"] == "kWh"


@pytest.mark.parametrize("document", ["words", [1], [["1_8_0", 3]]])
def test_what_is_no_list_of_variables_is_said_to_be_none(document: object) -> None:
    with pytest.raises(BadReply, match="no list of variables"):
        variables_of(document)


def test_the_networks_come_strongest_first() -> None:
    strong, weak = networks_of(decode((FIXTURES / "wifi-scan-newer.json").read_bytes()))
    assert (strong.ssid, strong.signal, strong.rssi, strong.wps) == ("HomeNetwork", 85, -45, "true")
    assert (weak.ssid, weak.auth_mode) == ("GuestWiFi", "open")
    assert networks_of([{"ssid": 1234, "rssi": "-40", "bssid": None}])[0].ssid == "1234"
    with pytest.raises(BadReply, match="no list of networks"):
        networks_of({"error": "busy"})


def test_the_manuals_template_shows_its_missing_quotation_mark() -> None:
    template = (FIXTURES / "template-manual-1.4.txt").read_text()
    variables = variables_of(decode((FIXTURES / "variables-manual-1.4.json").read_bytes()))
    seen = preview(template, {variable.name: variable.value for variable in variables})
    assert seen.unresolved == ()
    assert '"sys_id": "A842E39F8124"' in seen.text
    assert '"energy_in": 68.098' in seen.text
    assert seen.wrong is not None
    assert (seen.wrong.line, seen.wrong.reason) == (4, "a text in quotes may not go on in the next line")
    mended = preview(template.replace('"${timestamp}', "${timestamp}"), {v.name: v.value for v in variables})
    assert mended.wrong is None
    assert json.loads(mended.text)["time"] == 1737543786


def test_the_template_of_the_settings_becomes_json() -> None:
    template = filled(mqtt.Mqtt, decode((FIXTURES / "mqtt-settings-manual-1.4.json").read_bytes())).template
    assert template is not None
    assert names_in(template)[:3] == ("sys.id", "meter.id", "meter.date_time")
    assert preview(template, {}).unresolved == names_in(template)
    assert preview(template, {}).text == template


def test_the_log_of_the_card_is_read_without_its_empty_columns() -> None:
    found = records_of((FIXTURES / "log-newer.csv").read_bytes())
    assert found.count == 2
    columns = {column.key: data for column, data in zip(found.columns, found.data, strict=True)}
    assert columns["TIME"][0] == datetime(2025, 10, 7, 20, 21, 11)
    assert list(columns["V_L1"]) == [234.0, 235.0]
    assert list(columns["EAP_T"]) == [75.133, 75.133]
    assert "EAP_T1" not in columns
    assert "PF" not in columns
    assert columns["MIDENT"] == ["LGZ1030784855204"] * 2
    assert [column.key for column in found.columns if column.plotted] == ["IPAP_T", "IPAN_T"]


def test_a_log_that_is_cut_off_or_full_of_nonsense_is_read_as_far_as_it_goes() -> None:
    log = b'RID,TIME,V_L1,NEW\n1,"2025-10-07T20:21:11Z",230.1,a\n2,"never",nan,<b>\n3,"2025-10-07T20:2\n'
    found = records_of(log)
    assert found.count == 2
    assert found.notes == ("1 lines were left out: they are cut off.",)
    columns = {column.key: data for column, data in zip(found.columns, found.data, strict=True)}
    assert columns["TIME"][1] == "never"
    assert math.isnan(columns["V_L1"][1])
    assert columns["NEW"] == ["a", "<b>"]


@pytest.mark.parametrize("content", [b"", b"Hello, world\n", b"TIME,TIME\n", b"\x00\xff" * 50, b"{}"])
def test_what_is_no_log_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(BadReply, match="no log of the device"):
        records_of(content)


def test_a_number_of_thousands_of_digits_is_json_too() -> None:
    assert preview("[${1_7_0}]", {"1_7_0": "1" * 5000}).wrong is None
