"""Settings over a real socket: only what was changed goes out, secrets never come back, limits are known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.checking import problems_of
from app.commission.receipt import Outcome
from app.commission.send import receipt_plain
from app.model.errors import DeviceRefused, InvalidValue, LicenceRequired, LoginFailed
from app.model.section import Step
from app.vendors.whatwatt.settings.addresses import address_problems
from app.vendors.whatwatt.settings.basics import ACCESS, SERVICES_DEFAULTS, Access
from app.vendors.whatwatt.settings.ethernet_port import ETHERNET_DEFAULTS, EthernetPort
from app.vendors.whatwatt.settings.meter_port import METER_PORT, METER_PORT_DEFAULTS, NO_KEY, MeterPort
from app.vendors.whatwatt.settings.mqtt import MQTT, MQTT_DEFAULTS, Mqtt
from app.vendors.whatwatt.settings.wifi_network import WIFI_NETWORK, WifiNetwork
from app.vendors.whatwatt.template import LONGEST
from app.vendors.whatwatt.variables import Variable
from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.whatwatt.devices import client_of, device, done, read, sent, session
from tests.conftest import Run

KEY = "0123456789ABCDEF0123456789abcdef"

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("access", {"name": "Main building <1>", "host_name": "meter-7"}),
    ("services", {"mystrom": False, "report_interval_s": 60, "sd_logging": True, "sd_interval_s": 1440}),
    ("services", {"whatwatt": False, "local_solar_manager": False, "broadcast": False, "solar_manager": True}),
    ("meter_port", {"interface": "mbus", "auto_baud_rate": False, "baud_rate": 2400, "parity": "even"}),
    ("meter_port", {"stop_bits": "1.5", "rx_invert": True, "conversion_factor": 10000, "time_offset_s": -(2**31)}),
    ("meter_port", {"scaling": "lge570", "follow_ntp": True, "tx_invert": True, "encryption": True}),
    ("wifi_network", {"power_dbm": 8.5}),
    ("ethernet_port", {"enable": False}),
    (
        "mqtt",
        {
            "enable": True,
            "url": "mqtts://broker.local",
            "topic": "site/1",
            "template": '{\n\t"p": ${1_7_0}\r\n}',
            "client_id": "x" * 63,
            "username": "me",
            "skip_name_check": True,
        },
    ),
]


@pytest.mark.parametrize(("key", "fields"), CHANGES)
def test_a_change_is_sent_by_put_and_read_back(
    run: Run[None], tmp_path: Path, key: str, fields: dict[str, Any]
) -> None:
    with device() as on:

        async def main() -> None:
            async with session(on, tmp_path) as opened:
                before = await read(opened, key)
                receipt = await sent(opened, key, **fields)
                assert receipt.outcome is Outcome.VERIFIED, receipt
                now = await read(opened, key)
                changed = {name for name in now.__struct_fields__ if getattr(now, name) != getattr(before, name)}
                assert changed - {"variables"} == set(fields)

        run(main())
        assert [write.split()[0] for write in on.writes()] == ["PUT"]


def test_only_what_was_changed_goes_out() -> None:
    before = Access(name="Old", host_name="old", protection=False)
    assert ACCESS.plan is not None
    (step,) = ACCESS.plan(before, msgspec.structs.replace(before, name="New"), "")
    assert (step.method, step.path, step.body) == ("PUT", "/api/v1/settings", {"system": {"name": "New"}})
    port = MeterPort(baud_rate=9600, parity="none")
    assert METER_PORT.plan is not None
    (step,) = METER_PORT.plan(port, msgspec.structs.replace(port, parity="odd", encryption_key=KEY), "")
    assert step.body == {"parity": "odd", "encryption_key": KEY}
    assert step.shown_body() == {"parity": "odd", "encryption_key": "…"}
    assert METER_PORT.plan(port, port, "") == []


def test_line_breaks_of_a_template_reach_the_device_as_they_are(run: Run[None], tmp_path: Path) -> None:
    with device() as on:

        async def main() -> None:
            async with session(on, tmp_path) as opened:
                for template in ("{\n\t1}", "{\r\n\t1}\r\n", "a\rb\nc"):
                    receipt = await sent(opened, "mqtt", template=template)
                    assert receipt.outcome is Outcome.VERIFIED, receipt
                    assert on.simulator.mqtt.values["publish"]["template"] == template
                    assert (await read(opened, "mqtt")).template == template

        run(main())


def everything_kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("key", "fields", "secret"),
    [
        ("access", {"protection": True, "password": "hush-hush-7"}, "hush-hush-7"),
        ("meter_port", {"encryption": True, "encryption_key": KEY}, KEY),
        ("meter_port", {"authentication_key": KEY}, KEY),
        ("mqtt", {"password": "hush-hush-8"}, "hush-hush-8"),
        ("wifi_network", {"password": "concrete mixer", "power_dbm": 3.0}, "concrete mixer"),
    ],
)
def test_secrets_reach_the_device_and_nothing_else(
    run: Run[None], tmp_path: Path, key: str, fields: dict[str, Any], secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    with device() as on:

        async def main() -> None:
            async with session(on, tmp_path) as opened:
                receipt = await sent(opened, key, **fields)
                assert receipt.outcome is Outcome.VERIFIED, receipt
                assert secret not in str(receipt_plain(WHATWATT.section(key), receipt))
                assert secret not in str(opened.client.recorder.exchanges())
                assert secret not in str(await read(opened, key))

        run(main())
        pages = (on.simulator.basics, on.simulator.meter_port, on.simulator.mqtt, on.simulator.radio.wifi)
        assert secret in str([page.values for page in pages])
        assert secret not in str([page.told() for page in pages])
    assert secret.encode() not in everything_kept(tmp_path)
    assert secret not in caplog.text


def test_a_device_that_repeats_a_secret_in_its_refusal_is_not_quoted(run: Run[None], tmp_path: Path) -> None:
    body = {"system": {"password": "hush-hush-9", "hush-hush-9": 1}}

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            step = Step("Set the password", "PUT", "/api/v1/settings", body, (), ("system",))
            with pytest.raises(DeviceRefused) as caught:
                await client_of(opened).perform(step)
            assert "is not known" in caught.value.message
            assert "hush" not in caught.value.message

    with device() as on:
        run(main())


def test_a_new_password_is_used_at_once_and_asked_of_everybody_else(run: Run[None], tmp_path: Path) -> None:
    with device() as on:

        async def main() -> None:
            async with session(on, tmp_path) as opened:
                receipt = await sent(opened, "access", protection=True, password="opens it", name="Safe")
                assert receipt.outcome is Outcome.VERIFIED, receipt
                assert (await read(opened, "access")).name == "Safe"
            with pytest.raises(LoginFailed):
                async with session(on, tmp_path):
                    pass
            async with session(on, tmp_path, password="opens it") as again:
                assert (await read(again, "access")).protection is True

        run(main())


def test_an_empty_key_stays_and_32_zeros_clear_it(run: Run[None], tmp_path: Path) -> None:
    with device() as on:

        async def main() -> None:
            async with session(on, tmp_path) as opened:
                await sent(opened, "meter_port", encryption_key=KEY)
                await sent(opened, "meter_port", conversion_factor=40)
                assert on.simulator.meter_port.values["encryption_key"] == KEY
                await sent(opened, "meter_port", encryption_key=NO_KEY)
                assert on.simulator.meter_port.values["encryption_key"] == ""

        run(main())


REFUSED: list[tuple[Any, msgspec.Struct, str, str]] = [
    (METER_PORT, MeterPort(encryption_key="12"), "encryption_key", "32 hexadecimal digits"),
    (METER_PORT, MeterPort(encryption_key="G" * 32), "encryption_key", "32 hexadecimal digits"),
    (METER_PORT, MeterPort(authentication_key="0" * 31), "authentication_key", "32 hexadecimal digits"),
    (METER_PORT, MeterPort(baud_rate=299), "baud_rate", "300 to 115200"),
    (METER_PORT, MeterPort(conversion_factor=0), "conversion_factor", "1 to 10000"),
    (METER_PORT, MeterPort(time_offset_s=2**31), "time_offset_s", "is not allowed"),
    (ACCESS, Access(name="x" * 32), "name", "at most 31"),
    (ACCESS, Access(host_name="no spaces"), "host_name", "letters, digits"),
    (ACCESS, Access(host_name="-dash"), "host_name", "letters, digits"),
    (WIFI_NETWORK, WifiNetwork(enable=True, name=""), "name", "needed"),
    (WIFI_NETWORK, WifiNetwork(enable=True, name="ü" * 17), "name", "34 bytes"),
    (WIFI_NETWORK, WifiNetwork(password="seven77"), "password", "8 to 63"),
    (WIFI_NETWORK, WifiNetwork(password="x" * 64), "password", "64 hexadecimal"),
    (WIFI_NETWORK, WifiNetwork(power_dbm=21.5), "power_dbm", "0 to 21"),
    (WIFI_NETWORK, WifiNetwork(power_dbm=8.3), "power_dbm", "0.5"),
    (WIFI_NETWORK, WifiNetwork(ip="1.2.3"), "ip", "four numbers"),
    (WIFI_NETWORK, WifiNetwork(ip="01.2.3.4"), "ip", "four numbers"),
    (MQTT, Mqtt(url="http://broker"), "url", "mqtt://"),
    (MQTT, Mqtt(enable=True), "url", "nothing can be sent"),
    (MQTT, Mqtt(topic="a/#"), "topic", "those who listen"),
    (MQTT, Mqtt(template="x" * (LONGEST + 1)), "template", "at most 1023"),
    (MQTT, Mqtt(template="ü" * 600), "template", "1200 bytes"),
    (MQTT, Mqtt(client_id="x" * 64), "client_id", "at most 63"),
]


@pytest.mark.parametrize(("section", "value", "field", "words"), REFUSED)
def test_limits_are_known_before_anything_is_sent(section: Any, value: Any, field: str, words: str) -> None:
    wrong = {problem.field: problem.message for problem in problems_of(section, value) if not problem.warning}
    assert words in wrong[field]


GOOD = EthernetPort(
    enable=True, static_ip=True, ip="192.168.1.201", netmask="255.255.255.0", gateway="192.168.1.1", dns="8.8.8.8"
)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ip", "0.0.0.0", "a static address is needed"),  # noqa: S104
        ("ip", None, "a static address is needed"),
        ("ip", "240.0.0.1", "a static address is needed"),
        ("ip", "192.168.1.255", "whole subnet"),
        ("netmask", "0.0.0.0", "such as 255.255.255.0"),  # noqa: S104
        ("netmask", "255.0.255.0", "is no subnet mask"),
        ("gateway", "0.0.0.0", "router's address"),  # noqa: S104
        ("gateway", "192.168.1.201", "device's own"),
        ("dns", "0.0.0.0", "DNS server"),  # noqa: S104
    ],
)
def test_a_static_address_needs_all_that_belongs_to_it(field: str, value: str | None, words: str) -> None:
    assert address_problems(GOOD) == []
    (problem,) = address_problems(msgspec.structs.replace(GOOD, **{field: value}))
    assert problem.field == field
    assert words in problem.message
    assert not problem.warning
    assert address_problems(msgspec.structs.replace(GOOD, static_ip=False, **{field: value})) == []


def test_a_gateway_outside_of_the_subnet_is_only_warned_of() -> None:
    (problem,) = address_problems(msgspec.structs.replace(GOOD, gateway="10.0.0.1"))
    assert problem.warning


BODIES: list[tuple[str, object, str]] = [
    ("settings", {"system": {"name": 7}}, "name has the wrong type"),
    ("settings", {"system": {"colour": "red"}}, "colour is not known"),
    ("settings", {"services": {"sd": {"frequency": 1441}}}, "frequency is out of range"),
    ("settings", [], "a JSON object is needed"),
    ("meter/settings", {"encryption_key": "12"}, "32 hexadecimal"),
    ("meter/settings", {"parity": "mark"}, "parity is not known"),
    ("meter/settings", {"conv_factor": 1.5}, "wrong type"),
    ("wifi/sta/settings", {"enable": True, "name": ""}, "name is required"),
    ("wifi/sta/settings", {"password": "short"}, "8 characters"),
    ("wifi/sta/settings", {"static_ip": True, "ip": "10.0.0.9"}, "netmask must be set"),
    ("eth/settings", {"ip": "10.0.0"}, "ip is no address"),
    ("eth/settings", {"static_ip": True, "ip": "10.0.0.9", "netmask": "255.0.0.0"}, "gateway must be set"),
    ("mqtt/settings", {"url": "http://x"}, "should start with"),
    ("mqtt/settings", {"publish": {"template": "x" * 1024}}, "template is too long"),
]


@pytest.mark.parametrize(("page", "body", "words"), BODIES)
def test_the_device_refuses_what_its_manual_refuses_and_takes_nothing(
    run: Run[None], tmp_path: Path, page: str, body: Any, words: str
) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            client = client_of(opened)
            before = await client.document(f"/api/v1/{page}", fresh=True)
            with pytest.raises(DeviceRefused, match=words) as caught:
                await client.perform(Step("Set", "PUT", f"/api/v1/{page}", body))
            assert caught.value.status == 400
            assert await client.document(f"/api/v1/{page}", fresh=True) == before

    with device() as on:
        run(main())


def test_a_word_that_the_manual_does_not_list_may_stay_but_not_be_sent() -> None:
    odd = MeterPort(interface="optical", parity="none")
    assert METER_PORT.change_problems(odd, msgspec.structs.replace(odd, parity="odd")) == []
    (problem,) = METER_PORT.change_problems(odd, msgspec.structs.replace(odd, parity="mark"))
    assert problem.field == "parity"
    assert not problem.warning


def test_protection_without_a_password_is_not_sent(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(InvalidValue, match="needs a password"):
                await sent(opened, "access", protection=True)

    with device() as on:
        run(main())
        assert on.writes() == []


def test_what_can_cut_the_device_off_says_so_beforehand() -> None:
    name = Access(name="a", host_name="old", protection=False)
    assert ACCESS.guide(name, msgspec.structs.replace(name, name="b")) is None
    moved = ACCESS.guide(name, msgspec.structs.replace(name, host_name="new"))
    assert moved is not None
    assert "new.local" in moved.words
    locked = ACCESS.guide(name, msgspec.structs.replace(name, protection=True, password="x"))
    assert locked is not None
    assert "factory" in locked.lost
    wifi = WifiNetwork(enable=True, name="Site", power_dbm=17.0)
    assert WIFI_NETWORK.guide(wifi, msgspec.structs.replace(wifi, power_dbm=8.0)) is None
    away = WIFI_NETWORK.guide(wifi, msgspec.structs.replace(wifi, name="Other"))
    assert away is not None
    assert "Bring the laptop into the network 'Other'" in away.lost
    off = WIFI_NETWORK.guide(wifi, msgspec.structs.replace(wifi, enable=False))
    assert off is not None
    assert "Ethernet" in off.words


NOW = (Variable("sys.id", "A842E39F8124"), Variable("1_7_0", "1.1"), Variable("13_7_0", "null"))


def test_the_mqtt_page_shows_what_would_be_sent_now_and_names_what_is_not_resolved() -> None:
    assert MQTT.summary is not None
    value = Mqtt(template='{"id":"${sys.id}","p":${1_7_0},"pf":${13_7_0},"x":"${nonsense}"}', variables=NOW)
    shown = MQTT.summary(value)
    assert '{"id":"A842E39F8124","p":1.1,"pf":null,"x":"${nonsense}"}' in shown
    assert "Not resolved: nonsense." in shown
    assert "Without a value now: 13_7_0." in shown
    (problem,) = [problem for problem in problems_of(MQTT, value) if problem.field == "template"]
    assert "no such variable: nonsense." in problem.message
    assert problem.warning


def test_a_template_that_is_no_json_with_the_values_of_now_is_warned_of() -> None:
    value = Mqtt(template='{"id":${sys.id}}', variables=NOW)
    (problem,) = problems_of(MQTT, value)
    assert "line 1, column 7: value or quotes missing" in problem.message
    assert problem.warning
    assert problems_of(MQTT, Mqtt(template="p=${1_7_0}", variables=NOW)) == []


DEFAULTS = [(SERVICES_DEFAULTS, "services"), (METER_PORT_DEFAULTS, "meter_port"), (MQTT_DEFAULTS, "mqtt")]


@pytest.mark.parametrize(("action", "key"), [*DEFAULTS, (ETHERNET_DEFAULTS, "ethernet_port")])
def test_back_to_defaults_replaces_everything(run: Run[None], tmp_path: Path, action: Any, key: str) -> None:
    with device(name="Named") as on:
        on.simulator.meter_port.values |= {"encryption_key": KEY, "conv_factor": 40}
        on.simulator.mqtt.values |= {"enable": True, "password": "hush"}
        on.simulator.radio.ethernet.values |= {"enable": False}
        on.simulator.basics.values["services"]["report_interval"] = 60
        page = {
            "services": on.simulator.basics,
            "meter_port": on.simulator.meter_port,
            "mqtt": on.simulator.mqtt,
            "ethernet_port": on.simulator.radio.ethernet,
        }[key]
        before = page.values

        async def main() -> None:
            async with session(on, tmp_path) as opened:
                receipt, _ = await done(opened, action)
                assert receipt.outcome is Outcome.VERIFIED, receipt

        run(main())
        after = page.values
        page.reset()
        assert after == page.values != before
        assert [write.split()[0] for write in on.writes()] == ["POST"]


def test_a_device_that_keeps_its_values_is_not_believed() -> None:
    kept = MeterPort(baud_rate=9600, parity="none")
    assert "Baud rate" in METER_PORT_DEFAULTS.proven(None, kept, METER_PORT_DEFAULTS.first())


@pytest.mark.parametrize("key", ["mqtt", "variables"])
def test_a_missing_licence_is_said_as_such(run: Run[None], tmp_path: Path, key: str) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(LicenceRequired):
                await read(opened, key)
            assert (await read(opened, "services")).broadcast is True

    with device(licensed=False) as on:
        run(main())
