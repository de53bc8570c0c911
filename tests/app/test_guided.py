"""A change that moves a device: found again by certificate and identity, or told how to get it back."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from app.commission.guided import Patience, advice_before
from app.commission.receipt import Outcome
from app.commission.session import DeviceSession
from app.model.device import Address
from app.model.errors import DeviceUnreachable, StorageFailed
from app.model.job import Progress
from app.model.section import Guide
from app.net.pins import Pins
from app.net.subnet import OwnAddress, advice, laptop_address, own_addresses, reaches
from app.net.tls import Profile
from app.simulators.faults import Fault
from app.vendors.g13.gateway.basics import NAME
from app.vendors.g13.gateway.network import IP
from app.vendors.g13.simulator import G13Simulator
from app.vendors.g13.simulator.configuration import Configuration
from tests.conftest import Run
from tests.gateways import Gateway, gateway, session

QUICK = Patience(
    own=lambda: (OwnAddress("127.0.0.1", 28),),
    settling_s=0.1,
    silent_s=0.6,
    pause_s=0.05,
    look_s=2.0,
    longest_s=8.0,
)


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        running.simulator.gateway.part(Configuration).moving_s = 0.2
        yield running


def settings(device: Gateway) -> Configuration:
    return device.simulator.gateway.part(Configuration)


async def begun(opened: DeviceSession, patience: Patience = QUICK, **values: Any) -> None:
    """Open, read, and edit the addresses."""
    opened.patience = patience
    await opened.open()
    await opened.read(IP, "")
    draft = opened.draft(IP, "")
    assert draft is not None
    for name, value in values.items():
        draft.set(name, value)


def shorter(seconds: float) -> Patience:
    return Patience(QUICK.own, 0.1, 0.3, 0.05, 0.5, seconds)


def test_a_gateway_is_followed_to_its_new_address(run: Run, tmp_path: Path, device: Gateway) -> None:
    told: list[Progress] = []
    moved: list[Address] = []

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, ip="127.0.0.9", mask="255.0.0.0", gateway="127.0.0.1")
            key = opened.key
            pin = opened.client.pins.get(device.address.netloc)
            opened.moved = moved.append
            receipt = await opened.send(IP, "", told=told.append)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert receipt.message == ""
            new = Address("127.0.0.9", device.address.port, "https")
            assert moved == [new]
            assert opened.address == opened.client.address == new
            assert opened.key == key
            assert opened.client.pins.get(new.netloc) == pin
            assert opened.client.pins.get(device.address.netloc) is None
            # The session goes on there, logged in as before.
            assert (await opened.read(NAME, "")).value.serial == device.simulator.gateway.serial
            (record, *_) = opened._journal.operations()  # the latest first
            assert (record.device, record.outcome) == (key, "verified")

    run(move())
    assert device.running.address == moved[0]
    assert device.writes() == ["POST /configuration/ip"]
    assert any("127.0.0.9" in progress.text for progress in told)


def test_a_pin_that_cannot_be_written_down_is_told_and_the_session_goes_on(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise StorageFailed("The disk is full.")

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, ip="127.0.0.9", mask="255.0.0.0")
            monkeypatch.setattr(opened.client.pins, "_save", full)
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert receipt.message == "The disk is full."
            assert (await opened.read(IP, "")).value.ip == "127.0.0.9"

    run(move())


def test_a_gateway_sent_to_another_network_is_out_of_reach(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def send_away() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, ip="192.168.5.12", gateway="192.168.5.1")
            (step,) = opened.preview(IP, "").steps
            await opened.connection.perform(step)
            with pytest.raises(DeviceUnreachable):
                await asking(opened)

    async def asking(opened: DeviceSession) -> None:
        for _ in range(100):
            await opened.read(NAME, "")

    run(send_away())
    assert device.running.address.host == "192.168.5.12"


def test_a_lost_answer_does_not_lose_the_gateway(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.faults.add(Fault.DROP_AFTER, path="/configuration/ip")

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, ip="127.0.0.9", mask="255.0.0.0")
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert "answer was lost" in receipt.message
            assert opened.address.host == "127.0.0.9"

    run(move())
    assert device.writes() == ["POST /configuration/ip"]


def test_a_change_that_is_refused_is_not_followed(run: Run, tmp_path: Path, device: Gateway) -> None:
    device.simulator.gateway.users.add("fitter", "pipe 12", {})
    told: list[Progress] = []

    async def move() -> None:
        async with session(device, tmp_path, user="fitter", password="pipe 12") as opened:
            await begun(opened, ip="127.0.0.9", mask="255.0.0.0")
            receipt = await opened.send(IP, "", told=told.append)
            assert receipt.outcome is Outcome.REFUSED
            assert opened.address == device.address

    run(move())
    assert told == []


def test_a_gateway_that_stays_where_it_was_is_found_there(
    run: Run, tmp_path: Path, device: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device.running.wire, "leave", lambda *_: None)
    moved: list[Address] = []

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, shorter(4.0), ip="127.0.0.9", mask="255.0.0.0")
            opened.moved = moved.append
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert opened.address == device.address

    run(move())
    assert moved == []


def test_a_gateway_that_is_lost_leaves_words_on_what_to_do(run: Run, tmp_path: Path, device: Gateway) -> None:
    settings(device).moving_s = 60.0

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, shorter(0.8), ip="127.0.5.9", mask="255.255.255.0", gateway="127.0.5.100")
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.UNKNOWN
            assert f"127.0.5.9:{device.address.port}" in receipt.message
            assert device.address.url in receipt.message
            assert "Give the laptop 127.0.5.101, mask 255.255.255.0 (no gateway)" in receipt.hint
            assert "connect to 127.0.5.9" in receipt.hint
            assert opened.address == device.address
            assert opened.client.pins.get(device.address.netloc) is not None
            # What was wanted is still there, to be compared once it is found.
            assert [change.field for change in opened.draft(IP, "").changes()] == ["ip", "gateway"]

    run(move())


def test_another_device_at_the_new_address_gets_neither_trust_nor_password(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    settings(device).moving_s = 60.0
    stranger = device.host.add(G13Simulator.demo(0))
    listens = threading.Event()

    def occupy() -> None:
        stranger.wire.port = device.address.port
        stranger.wire.leave(0.0, "127.0.0.9", listens.set)

    device.host.call(occupy)
    assert listens.wait(5)

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, shorter(1.0), ip="127.0.0.9", mask="255.0.0.0")
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.UNKNOWN
            assert "neither at" in receipt.message
            assert opened.client.pins.get(f"127.0.0.9:{device.address.port}") is None

    run(move())
    assert stranger.wire.accepted > 0
    assert stranger.simulator.requests == []


def test_a_device_of_another_id_behind_the_same_certificate_is_not_taken_for_it(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, shorter(1.0), ip="127.0.0.9", mask="255.0.0.0")
            device.simulator.gateway.serial = "ABB01GW000000009"
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.UNKNOWN
            assert opened.address == device.address

    run(move())


def test_with_dhcp_a_gateway_that_leaves_is_found_by_its_certificate_in_the_laptops_subnet(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    settings(device).lease = "127.0.0.7"
    told: list[Progress] = []

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, dhcp=True)
            receipt = await opened.send(IP, "", told=told.append)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert opened.address == Address("127.0.0.7", device.address.port, "https")
            assert (await opened.read(IP, "")).value.ip == "127.0.0.7"

    run(move())
    assert any("asked" in progress.text for progress in told)


def test_with_dhcp_a_gateway_may_keep_its_address(run: Run, tmp_path: Path, device: Gateway) -> None:
    async def stay() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, dhcp=True)
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.VERIFIED
            assert opened.address == device.address

    run(stay())
    assert settings(device).ip["dhcp"] is True


def test_with_dhcp_a_lost_gateway_is_looked_up_in_the_dhcp_server(run: Run, tmp_path: Path, device: Gateway) -> None:
    settings(device).lease, settings(device).moving_s = "127.0.0.7", 60.0

    async def move() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, shorter(1.5), dhcp=True)
            receipt = await opened.send(IP, "")
            assert receipt.outcome is Outcome.UNKNOWN
            assert "DHCP server" in receipt.hint
            assert "00:0C:62:00:00:3E" in receipt.hint

    run(move())


def test_cancelling_the_search_leaves_the_session_as_it_was_and_the_journal_says_unknown(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    settings(device).moving_s = 0.5

    async def stop() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, ip="127.0.0.9", mask="255.0.0.0")
            searching = asyncio.Event()
            sending = asyncio.create_task(opened.send(IP, "", told=lambda _: searching.set()))
            await searching.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert opened.address == opened.client.address == device.address
            assert opened.client.pins.get(device.address.netloc) is not None
            (record, *_) = opened._journal.operations()
            assert record.outcome == "unknown"
            # Two addresses remain to be tried; the device is at the new one soon.
            with pytest.raises(DeviceUnreachable):
                await opened.read(IP, "")

    run(stop())


def test_the_preview_says_which_address_the_laptop_needs_before_anything_is_sent(
    run: Run, tmp_path: Path, device: Gateway
) -> None:
    office = Patience(own=lambda: (OwnAddress("192.168.1.50", 24),))

    async def look() -> None:
        async with session(device, tmp_path) as opened:
            await begun(opened, office, ip="192.168.5.12", gateway="192.168.5.1")
            plan = opened.preview(IP, "")
            assert "192.168.1.12 to 192.168.5.12" in plan.guide.words
            assert "no address in 192.168.5.0/24" in plan.advice
            assert "Give the laptop 192.168.5.100, mask 255.255.255.0 (no gateway)" in plan.advice
            opened.draft(IP, "").set("ip", "192.168.1.13")
            opened.draft(IP, "").set("gateway", "192.168.1.1")
            assert opened.preview(IP, "").advice == ""
            opened.draft(IP, "").revert()
            opened.draft(IP, "").set("dns1", "192.168.1.1")
            assert opened.preview(IP, "").guide is None

    run(look())
    assert device.writes() == []


def test_nothing_is_advised_where_the_new_address_is_not_known() -> None:
    assert advice_before(Guide("words"), ()) == ""


@pytest.mark.parametrize(
    ("ip", "mask", "taken", "given"),
    [
        ("192.168.5.12", "255.255.255.0", (), "192.168.5.100"),
        ("192.168.5.100", "255.255.255.0", (), "192.168.5.101"),
        ("192.168.5.100", "255.255.255.0", ("192.168.5.101",), "192.168.5.102"),
        ("192.168.5.2", "255.255.255.248", ("192.168.5.1",), "192.168.5.3"),
        ("10.0.0.1", "255.255.255.252", (), "10.0.0.2"),
        ("10.0.0.1", "255.255.255.252", ("10.0.0.2",), ""),
        ("10.1.2.3", "255.0.0.0", (), "10.0.0.100"),
        ("10.0.0.1", "255.255.255.255", (), ""),
    ],
)
def test_the_laptop_gets_an_address_that_nobody_has(ip: str, mask: str, taken: tuple[str, ...], given: str) -> None:
    assert laptop_address(ip, mask, taken) == given
    assert (given or "choose a larger subnet") in advice(ip, mask, taken=taken)


def test_the_laptops_own_addresses_are_known() -> None:
    assert "127.0.0.1" in {own.ip for own in own_addresses()}
    own = (OwnAddress("192.168.1.50", 24), OwnAddress("10.0.0.5", 30))
    assert reaches("192.168.1.254", own)
    assert reaches("10.0.0.6", own)
    assert not reaches("10.0.0.9", own)
    assert not reaches("gateway.local", own)


def test_a_pin_goes_along_with_its_device(tmp_path: Path) -> None:
    pins = Pins.load(tmp_path / "pins.json")
    pins.accept("192.168.1.12:443", "sha256:1", Profile.LEGACY)
    pins.carry("192.168.1.99:443", "192.168.5.12:443")
    pins.carry("192.168.1.12:443", "192.168.1.12:443")
    assert pins.get("192.168.5.12:443") is None
    pins.carry("192.168.1.12:443", "192.168.5.12:443")
    kept = Pins.load(tmp_path / "pins.json")
    found = kept.get("192.168.5.12:443")
    assert found is not None
    assert (found.fingerprint, found.profile) == ("sha256:1", Profile.LEGACY)
    assert kept.get("192.168.1.12:443") is None
