"""The gateway's addresses and bus timing over HTTPS: what is read, what is sent, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commission.checking import problems_of
from app.commission.receipt import Outcome
from app.model.errors import AccessDenied, DeviceRefused, InvalidValue
from app.model.section import AnySection
from app.net.lenient import JsonReader, convert
from app.vendors.g13.gateway.bus_timing import EQBUS, MBUS, MBUS_IR, EqBus, MBusTimeouts
from app.vendors.g13.gateway.configuration import Configuration as Reply
from app.vendors.g13.gateway.network import IP, Network, mac_text
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.gateway import Registration
from app.vendors.g13.tables import EQBUS_BAUD_RATES, Bus
from tests.conftest import Run
from tests.gateways import MAIN, Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
NONE = "0.0.0.0"  # noqa: S104 -- an address in a form, nothing is bound
IN_RANGE = MBusTimeouts(250, 100, 100, 200, 150, 300, 100)
HOME = Network(False, "192.168.1.12", "255.255.255.0", "192.168.1.1", NONE, NONE)


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


def example(number: str, kind: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / f"6.3.{number}-{kind}.json").read_bytes())


def settings(device: Gateway) -> Configuration:
    return device.simulator.gateway.part(Configuration)


def problems(section: AnySection, value: Any) -> dict[str, str]:
    return {p.field: p.message for p in problems_of(section, value) if not p.warning}


def warnings(section: AnySection, value: Any) -> dict[str, str]:
    return {p.field: p.message for p in section.problems(value) if p.warning}


def test_the_manuals_configuration_is_understood() -> None:
    read = convert(example("4", "reply"), Reply)
    assert (read.ip.ip, read.ip.subnet, read.ip.gateway, read.ip.dhcp) == (
        "192.168.1.12",
        "255.255.255.0",
        "192.168.1.1",
        False,
    )
    assert mac_text(read.ip.mac) == "FF:FF:FF:C7:22:00"
    assert (read.eqbus.baudrate, read.eqbus.interoctettimeout) == (500_000, 40)
    assert read.mbus == read.mbus_ir
    assert (read.mbus.ack, read.mbus.delay_before_request, read.mbus.get_request) == (1000, 200, 0)
    assert read.mbus.response_timeout_base == 800


def test_a_pause_under_its_other_name_and_numbers_as_text_are_read_too() -> None:
    read = convert({"mbus-ir": {"delay_before_reqd2": "120"}, "eqbus": {"baudrate": "9600"}}, Reply)
    assert read.mbus_ir.delay_before_request == 120
    assert read.eqbus.baudrate == 9600


@pytest.mark.parametrize("text", ["1.2.3", "1.2.3.4.5.256", "00:0C:62:00:00:3E", ""])
def test_a_mac_in_another_form_is_shown_as_it_came(text: str) -> None:
    assert mac_text(text) == text


def test_the_manuals_requests_are_what_is_sent() -> None:
    asked = msgspec.structs.replace(HOME, dns1="192.168.1.2", dns2="192.168.1.2")
    (step,) = IP.plan(HOME, asked, "")
    assert (step.method, step.path, step.body) == ("POST", "/configuration/ip", example("5", "request"))
    assert step.fields == ("dns1", "dns2")
    before = MBusTimeouts(1000, 1000, 200, 0, 0, 0, 800)
    (wired,) = MBUS.plan(before, IN_RANGE, "")
    assert (wired.path, wired.body) == ("/configuration/mbus-wired", example("7", "request"))
    (infrared,) = MBUS_IR.plan(before, IN_RANGE, "")
    assert (infrared.path, infrared.body) == ("/configuration/mbus-ir", example("8", "request"))


@pytest.mark.parametrize(
    ("number", "path"),
    [("5", "ip"), ("6", "eqbus"), ("7", "mbus-wired"), ("8", "mbus-ir")],
)
def test_the_simulator_takes_the_manuals_requests(
    run: Run, tmp_path: Path, device: Gateway, number: str, path: str
) -> None:
    async def send() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            await opened.connection.update("POST", f"/configuration/{path}", example(number, "request"))

    run(send())
    assert device.writes() == [f"POST /configuration/{path}"]


async def changed(device: Gateway, folder: Path, section: AnySection, **values: Any) -> Any:
    """Set fields of a section, send, and give the receipt."""
    async with session(device, folder) as opened:
        await opened.open()
        await opened.read(section, "")
        draft = opened.draft(section, "")
        assert draft is not None
        for name, value in values.items():
            draft.set(name, value)
        return await opened.send(section, "")


def test_dns_servers_are_set_without_the_gateway_moving(run: Run, tmp_path: Path, device: Gateway) -> None:
    receipt = run(changed(device, tmp_path, IP, dns1="192.168.1.2"))
    assert receipt.outcome is Outcome.VERIFIED
    assert settings(device).ip["pdns"] == "192.168.1.2"
    assert device.running.address == device.address


def test_the_gateways_mac_is_shown_as_one(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = (await opened.read(IP, "")).value
            assert value.mac == "00:0C:62:00:00:3E"
            assert value.ip == "192.168.1.12"

    run(read())


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("ip", "192.168.1", "four numbers 0 to 255"),
        ("ip", "192.168.1.256", "four numbers 0 to 255"),
        ("ip", NONE, "no address that a device can have"),
        ("ip", "224.0.0.5", "no address that a device can have"),
        ("ip", "192.168.1.255", "whole subnet 192.168.1.0/24"),
        ("ip", "192.168.1.0", "whole subnet 192.168.1.0/24"),
        ("mask", "255.0.255.0", "begins with ones"),
        ("mask", "0.0.0.255", "begins with ones"),
        ("mask", "255.255.255.255", "2 to 30 zeros"),
        ("mask", NONE, "2 to 30 zeros"),
        ("gateway", "192.168.1.12", "own address"),
        ("gateway", "255.255.255.255", "no address of a router"),
        ("dns1", "240.0.0.1", "no address of a host"),
        ("dns2", "dns.example", "four numbers 0 to 255"),
    ],
)
def test_an_impossible_address_is_refused_before_it_is_sent(field: str, value: str, said: str) -> None:
    found = problems(IP, msgspec.structs.replace(HOME, **{field: value}))
    assert list(found) == [field]
    assert said in found[field]


def test_what_an_installer_usually_sets_is_no_problem() -> None:
    assert problems(IP, HOME) == warnings(IP, HOME) == {}
    assert problems(IP, msgspec.structs.replace(HOME, gateway=NONE, dns1="8.8.8.8", mask="255.255.252.0")) == {}


def test_a_router_in_another_subnet_is_warned_of() -> None:
    value = msgspec.structs.replace(HOME, gateway="10.0.0.1")
    assert problems(IP, value) == {}
    assert "not in the subnet 192.168.1.0/24" in warnings(IP, value)["gateway"]


def test_addresses_cannot_be_set_while_they_come_from_dhcp() -> None:
    after = msgspec.structs.replace(HOME, dhcp=True, ip="192.168.1.13")
    (problem,) = IP.change_problems(HOME, after)
    assert (problem.field, problem.warning) == ("ip", False)
    assert IP.change_problems(HOME, msgspec.structs.replace(HOME, dhcp=True)) == []


def test_dns_from_dhcp_cannot_be_asked_for() -> None:
    assert IP.field("dns_from_dhcp").read_only
    value = msgspec.structs.replace(HOME, dns_from_dhcp=True, dns1="192.168.1.2")
    assert IP.plan(HOME, value, "")[0].body["dns"] is False


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("dns", True),
        ("dhcp", 1),
        ("ip", "300.1.1.1"),
        ("ip", 5),
        ("ip", "192.168.1.255"),
        ("subnet", "255.0.255.0"),
        ("pdns", ""),
    ],
)
def test_the_gateway_refuses_impossible_addresses_and_names_the_tag(
    run: Run, tmp_path: Path, device: Gateway, tag: str, value: object
) -> None:
    before = dict(settings(device).ip)
    body = {**example("5", "request"), tag: value}
    assert run(refused(device, tmp_path, "ip", body)) == tag
    assert settings(device).ip == before


async def refused(device: Gateway, folder: Path, path: str, body: dict[str, object]) -> str:
    """Send it past our own checks; which tag does the gateway name?"""
    async with session(device, folder) as opened:
        await opened.open()
        with pytest.raises(DeviceRefused) as refusal:
            await opened.connection.update("POST", f"/configuration/{path}", body)
        return refusal.value.field


@pytest.mark.parametrize("number", ["5", "6", "7", "8"])
def test_the_gateway_refuses_a_request_without_all_tags_or_with_another(
    run: Run, tmp_path: Path, device: Gateway, number: str
) -> None:
    path = {"5": "ip", "6": "eqbus", "7": "mbus-wired", "8": "mbus-ir"}[number]
    body = example(number, "request")
    first = next(iter(body))
    assert run(refused(device, tmp_path, path, {**body, "parity": 1})) == "parity"
    del body[first]
    (tmp_path / "again").mkdir()
    assert run(refused(device, tmp_path / "again", path, body)) == first


@pytest.mark.parametrize(
    ("tag", "value"),
    [("baudrate", 4800), ("baudrate", "9600"), ("interoctettimeout", 19), ("interoctettimeout", 6001)],
)
def test_the_gateway_refuses_what_an_eq_bus_cannot(
    run: Run, tmp_path: Path, device: Gateway, tag: str, value: object
) -> None:
    body = {**example("6", "request"), tag: value}
    assert run(refused(device, tmp_path, "eqbus", body)) == tag


def test_a_changed_baud_rate_names_the_meters_that_go_offline(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def change() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = (await opened.read(EQBUS, "")).value
            assert [meter.serial for meter in value.meters] == [MAIN, "ABB01EM000014502"]
            draft = opened.draft(EQBUS, "")
            draft.set("baud", 9600)
            (warning,) = draft.problems()
            assert warning.warning
            guide = opened.preview(EQBUS, "").guide
            for words in (warning.message, guide.words):
                assert f"Main incomer ({MAIN})" in words
                assert "Ventilation" in words
            assert "at the display of each meter" in guide.words
            assert "500000 baud" in guide.lost
            receipt = await opened.send(EQBUS, "")
            assert receipt.outcome is Outcome.VERIFIED
            after = (await opened.read(EQBUS, "")).value
            assert {meter.state for meter in after.meters} == {"offline"}

    run(change())
    assert device.simulator.gateway.eqbus_baud_rate == 9600
    assert device.writes() == ["POST /configuration/eqbus"]


def test_meters_on_other_buses_are_not_concerned(run: Run, tmp_path: Path, device: Gateway) -> None:
    state = device.simulator.gateway
    (wired,) = (meter for meter in state.meters if meter.bus is Bus.MBUS)
    state.registered = {wired.serial: Registration(wired, "Heat", "Cellar", 0.0)}

    async def read() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = (await opened.read(EQBUS, "")).value
            assert value.meters == ()
            changed_rate = msgspec.structs.replace(value, baud=9600)
            assert EQBUS.guide(value, changed_rate) is None
            assert EQBUS.change_problems(value, changed_rate) == []

    run(read())


def test_every_documented_baud_rate_is_offered_and_an_unknown_one_is_shown_but_not_sent() -> None:
    field = EQBUS.field("baud")
    assert tuple(choice.value for choice in field.choices) == EQBUS_BAUD_RATES
    odd = EqBus(4800, 40)
    assert field.show(odd.baud) == "4800"
    assert "4800 is not one of 1200, 2400" in problems(EQBUS, odd)["baud"]


@pytest.mark.parametrize("timeout_ms", [19, 6001])
def test_an_inter_octet_timeout_out_of_range_is_refused(timeout_ms: int) -> None:
    assert "20 to 6000 ms" in problems(EQBUS, EqBus(9600, timeout_ms))["timeout_ms"]


@pytest.mark.parametrize(("section", "state"), [(MBUS, "mbus"), (MBUS_IR, "mbus_ir")])
def test_all_seven_times_go_out_and_come_back(
    run: Run, tmp_path: Path, device: Gateway, section: AnySection, state: str
) -> None:
    receipt = run(changed(device, tmp_path, section, **msgspec.structs.asdict(IN_RANGE)))
    assert receipt.outcome is Outcome.VERIFIED
    assert getattr(settings(device), state)["delay_before_requd2"] == 100
    other = {"mbus": "mbus_ir", "mbus_ir": "mbus"}[state]
    assert getattr(settings(device), other)["delay_before_requd2"] == 200


def test_zeros_of_the_gateway_are_shown_and_only_a_sending_asks_for_better_ones(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def edit() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            value = (await opened.read(MBUS, "")).value
            assert (value.get_request_ms, value.meter_contact_ms, value.response_ms) == (0, 0, 0)
            draft = opened.draft(MBUS, "")
            assert draft.problems() == []
            draft.set("ack_ms", 500)
            found = {problem.field: problem.message for problem in draft.problems()}
            assert set(found) == {"get_request_ms", "meter_contact_ms", "response_ms"}
            assert "shows 0 ms but does not take that back" in found["response_ms"]
            assert "300 to 15000 ms" in found["response_ms"]
            with pytest.raises(InvalidValue, match="10 to 75000 ms"):
                await opened.send(MBUS, "")

    run(edit())
    assert device.writes() == []


@pytest.mark.parametrize(
    ("field", "tag", "low", "high"),
    [
        ("ack_ms", "ack", 200, 2000),
        ("after_telegram_ms", "delay_after_telegram", 50, 60000),
        ("before_request_ms", "delay_before_requd2", 50, 1000),
        ("get_request_ms", "get_request", 10, 75000),
        ("meter_contact_ms", "meter_contact", 10, 25000),
        ("response_ms", "response_timeout", 300, 15000),
        ("response_base_ms", "response_timeout_base", 100, 10000),
    ],
)
def test_each_time_has_its_range_here_and_in_the_gateway(
    run: Run, tmp_path: Path, device: Gateway, field: str, tag: str, low: int, high: int
) -> None:
    assert MBUS.tags[tag] == field
    assert f"{low} to {high} ms" in MBUS.field(field).limits()
    for good in (low, high):
        assert MBUS.change_problems(IN_RANGE, msgspec.structs.replace(IN_RANGE, **{field: good})) == []
    for bad in (low - 1, high + 1):
        (problem,) = MBUS.change_problems(IN_RANGE, msgspec.structs.replace(IN_RANGE, **{field: bad}))
        assert problem.field == field
        assert f"{low} to {high} ms" in problem.message
        folder = tmp_path / str(bad)
        folder.mkdir()
        assert run(refused(device, folder, "mbus-wired", {**example("7", "request"), tag: bad})) == tag


def test_infrared_has_its_own_name_for_the_pause(run: Run, tmp_path: Path, device: Gateway) -> None:
    assert run(refused(device, tmp_path, "mbus-ir", example("7", "request"))) == "delay_before_reqd2"
    assert MBUS_IR.tags["delay_before_reqd2"] == "before_request_ms"


@pytest.mark.parametrize("number", ["5", "6", "7", "8"])
def test_only_a_gateway_administrator_may_set_them(run: Run, tmp_path: Path, device: Gateway, number: str) -> None:
    device.simulator.gateway.users.add("fitter", "pipe 12", {})
    path = {"5": "ip", "6": "eqbus", "7": "mbus-wired", "8": "mbus-ir"}[number]

    async def denied() -> None:
        async with session(device, tmp_path, user="fitter", password="pipe 12") as opened:
            await opened.open()
            assert (await opened.read(IP, "")).value.ip == "192.168.1.12"
            with pytest.raises(AccessDenied, match="Forbidden"):
                await opened.connection.update("POST", f"/configuration/{path}", example(number, "request"))

    run(denied())


def test_the_bodies_stay_within_512_bytes() -> None:
    longest = Network(False, *["255.255.255.255"] * 5)
    (step,) = IP.plan(HOME, longest, "")
    assert len(json.dumps(step.body)) <= 512
