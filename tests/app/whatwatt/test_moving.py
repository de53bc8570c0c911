"""What can cut the device off: Wi-Fi, Ethernet, restart, factory reset, WPS; found again, or told how to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.commission.receipt import Outcome
from app.discovery.mdns import HTTP_SERVICE
from app.model.archive import Query
from app.model.errors import DeviceUnreachable, InvalidValue
from app.simulators.faults import Fault
from app.vendors.whatwatt import restart
from app.vendors.whatwatt.restart import FACTORY_RESET, PAIR, RESTART, Running
from app.vendors.whatwatt.settings import wifi_join
from app.vendors.whatwatt.settings.wifi_join import JOIN, NetworkChoice
from app.vendors.whatwatt.settings.wifi_network import FORGET
from app.vendors.whatwatt.simulator.radio import NETWORKS
from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.whatwatt.devices import Device, device, done, read, sent, session
from tests.conftest import Run

OFFICE = NetworkChoice("Office", "paper & pencil")


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    # What is waited for by an event keeps a long patience, however busy this computer is; a test that waits for the
    # end of a patience shortens it.
    monkeypatch.setattr(restart, "POLL_S", 0.05)
    monkeypatch.setattr(wifi_join, "POLL_S", 0.05)
    monkeypatch.setattr(wifi_join, "SILENT_S", 0.6)
    monkeypatch.setattr(restart, "SILENT_S", 0.6)
    with device(index=770, name="Main", password="opens") as running:
        yield running


@asynccontextmanager
async def announced(on: Device, host: str) -> AsyncIterator[None]:
    """The device announces itself at an address, as real ones do."""
    from zeroconf import IPVersion, ServiceInfo
    from zeroconf.asyncio import AsyncZeroconf

    name, properties = on.simulator.announce or ("", {})
    service = ServiceInfo(
        HTTP_SERVICE,
        f"{name}.{HTTP_SERVICE}",
        addresses=[socket.inet_aton(host)],
        port=on.running.address.port,
        properties=properties,
        server=f"{name}.local.".replace(" ", "-"),
    )
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    try:
        await (await zeroconf.async_register_service(service, cooperating_responders=True))
        yield
    finally:
        await zeroconf.async_close()


def test_a_restart_is_followed_until_the_device_is_back(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, told = await done(opened, RESTART)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert any("is restarting" in progress.text for progress in told)
            assert not any(progress.cancellable for progress in told)
            assert (await read(opened, "access")).name == "Main"
            assert (await read(opened, "device")).running_s <= 2

    run(main())
    assert on.writes() == ["POST /api/v1/reboot"]
    assert on.simulator.boots == 1


def test_a_restart_whose_answer_is_lost_counts_when_the_device_went_and_came(
    run: Run[None], tmp_path: Path, on: Device
) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            await opened.open()
            on.running.faults.add(Fault.DROP_AFTER, path="/api/v1/reboot")
            receipt, _ = await done(opened, RESTART)
            assert receipt.outcome is Outcome.VERIFIED
            assert "answer was lost" in receipt.message

    run(main())


def test_a_device_that_says_yes_and_stays_is_not_believed(
    run: Run[None], tmp_path: Path, on: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on.running.wire, "leave", lambda *_: None)
    monkeypatch.setattr(restart, "LEAVING_S", 0.6)

    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, _ = await done(opened, RESTART)
            assert receipt.outcome is Outcome.DIFFERS
            assert "running all the time" in receipt.message

    run(main())
    nothing = RESTART.first()
    assert RESTART.proven(Running(10.0, 0), Running(500.0, 0), nothing) == ""
    assert RESTART.proven(Running(None, 0), Running(None, 1), nothing) == ""
    assert RESTART.proven(Running(10.0, 0), Running(11.0, 0), nothing) != ""


def test_a_factory_reset_over_wifi_takes_the_device_away_and_says_how_to_get_it_back(
    run: Run[None], tmp_path: Path, on: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "PATIENCE_S", 1.0)

    async def main() -> None:
        async with session(on, tmp_path, password="opens", longest_s=1.0) as opened:
            receipt, _ = await done(opened, FACTORY_RESET)
            assert receipt.outcome is Outcome.UNKNOWN
            assert "again within" in receipt.message
            assert "forgotten its Wi-Fi network" in receipt.hint
            assert "its own access point" in receipt.hint
            assert any("keys" in what for what in receipt.erases)

    run(main())


def test_a_factory_reset_over_ethernet_is_proven_and_leaves_neither_name_nor_password(
    run: Run[None], tmp_path: Path, on: Device
) -> None:
    on.simulator.radio.wired = True

    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, _ = await done(opened, FACTORY_RESET)
            assert receipt.outcome is Outcome.VERIFIED, receipt
        async with session(on, tmp_path) as fresh:
            access = await read(fresh, "access")
            assert (access.name, access.protection) == ("", False)
            assert (await read(fresh, "wifi_network")).enable is False

    run(main())


def test_the_networks_in_reach_are_listed_with_their_signal(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            found = await opened.records(WHATWATT.archive("wifi_scan"), "", Query())
            columns = {column.key: list(data) for column, data in zip(found.columns, found.data, strict=True)}
            assert columns["ssid"] == [network.ssid for network in NETWORKS]
            assert columns["signal"] == [84, 66, 52, 24]
            assert columns["bssid"][0] == "DC:15:C8:4F:BA:B6"
            assert columns["wps"] == ["", "yes", "", ""]

    run(main())


@pytest.mark.parametrize("choice", [OFFICE, NetworkChoice("Guests")])
def test_a_network_is_joined_by_picking_it(run: Run[None], tmp_path: Path, on: Device, choice: NetworkChoice) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, _ = await done(opened, JOIN, choice)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert (await read(opened, "wifi")).ssid == choice.network
            assert (await read(opened, "wifi_network")).static_ip is False
            assert "pencil" not in str(opened.client.recorder.exchanges())

    run(main())
    assert b"pencil" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_wrong_password_cuts_the_device_off_and_the_words_say_how_to_go_on(
    run: Run[None], tmp_path: Path, on: Device
) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens", longest_s=1.0) as opened:
            receipt, _ = await done(opened, JOIN, NetworkChoice("Office", "not the one"))
            assert receipt.outcome is Outcome.UNKNOWN
            assert "Bring the laptop into the network 'Office'" in receipt.hint

    run(main())


def test_with_a_cable_a_wrong_password_is_seen_at_once(
    run: Run[None], tmp_path: Path, on: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wifi_join, "JOINING_S", 1.0)
    on.simulator.radio.wired = True

    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, _ = await done(opened, JOIN, NetworkChoice("Office", "not the one"))
            assert receipt.outcome is Outcome.DIFFERS
            assert "has not got into the network" in receipt.message

    run(main())


@pytest.mark.parametrize(
    ("choice", "field"), [(NetworkChoice(""), "network"), (NetworkChoice("Office", "short"), "password")]
)
def test_a_choice_that_cannot_be_is_refused_beforehand(
    run: Run[None], tmp_path: Path, on: Device, choice: NetworkChoice, field: str
) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            with pytest.raises(InvalidValue) as caught:
                await done(opened, JOIN, choice)
            assert caught.value.field == field

    run(main())
    assert on.writes() == []


def test_a_static_address_is_followed_to_where_the_device_is_then(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt = await sent(
                opened,
                "wifi_network",
                static_ip=True,
                ip="127.0.0.5",
                netmask="255.0.0.0",
                gateway="127.0.0.1",
                dns="127.0.0.1",
            )
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert opened.address.host == "127.0.0.5"
            assert (await read(opened, "wifi")).ip == "127.0.0.5"

    run(main())


def test_another_network_in_the_form_is_followed_too(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt = await sent(opened, "wifi_network", name="Guests")
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert on.simulator.radio.wifi.values["password"] == "", "an open network takes none along"

    run(main())


def test_a_device_that_does_not_come_back_is_told_with_what_to_do(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens", longest_s=1.0) as opened:
            receipt = await sent(opened, "wifi_network", enable=False)
            assert receipt.outcome is Outcome.UNKNOWN
            assert "button on the device" in receipt.hint

    run(main())


def test_forgetting_the_network_over_ethernet_is_proven(run: Run[None], tmp_path: Path, on: Device) -> None:
    on.simulator.radio.wired = True

    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            on.simulator.moving_s = 0.0
            receipt, _ = await done(opened, FORGET)
            assert receipt.outcome in (Outcome.VERIFIED, Outcome.UNKNOWN), receipt

    run(main())
    assert on.simulator.radio.wifi.values["name"] == ""
    assert on.writes() == ["DELETE /api/v1/wifi/sta/settings"]


def test_pairing_ends_when_the_device_is_in_the_routers_network(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, told = await done(opened, PAIR)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert any("WPS button" in progress.text for progress in told)
            assert (await read(opened, "wifi")).ssid == "Office"

    run(main())


def test_after_two_minutes_without_a_button_nothing_was_paired(
    run: Run[None], tmp_path: Path, on: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "PAIRING_S", 1.0)
    on.simulator.radio.pressed = None

    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            receipt, _ = await done(opened, PAIR)
            assert receipt.outcome is Outcome.DIFFERS
            assert "Nothing was paired" in receipt.message

    run(main())


def test_another_device_at_its_address_is_no_return(run: Run[None], tmp_path: Path, on: Device) -> None:
    async def main() -> Any:
        async with session(on, tmp_path, password="opens") as opened:
            with pytest.raises(DeviceUnreachable, match="Another device"):
                async for _ in restart.follow_restart(opened.connection, "A842E3000000"):  # type: ignore[arg-type]
                    pass

    run(main())


def elsewhere(on: Device) -> None:
    """DHCP of the other network gives an address that no sweep of this computer's own subnets would find."""
    on.simulator.radio.lease = "127.0.0.77"


def test_a_device_that_dhcp_puts_elsewhere_is_found_by_its_announcement(
    run: Run[None], tmp_path: Path, on: Device
) -> None:
    elsewhere(on)

    async def main() -> None:
        async with session(on, tmp_path, password="opens", hears=True) as opened, announced(on, "127.0.0.77"):
            receipt, told = await done(opened, JOIN, OFFICE)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert opened.address.host == "127.0.0.77"
            assert any("Looking for the device" in progress.text for progress in told)
            assert (await read(opened, "wifi")).ssid == "Office"

    run(main())


def test_another_device_that_announces_itself_meanwhile_is_not_taken_for_it(
    run: Run[None], tmp_path: Path, on: Device
) -> None:
    elsewhere(on)

    async def main() -> None:
        with device(index=771, name="Neighbour") as other:
            async with session(on, tmp_path, password="opens", hears=True) as opened, announced(other, "127.0.0.1"):
                receipt, _ = await done(opened, JOIN, OFFICE)
                assert receipt.outcome is Outcome.UNKNOWN
                assert opened.address == on_address
            assert other.writes() == []

    on_address = on.running.address
    run(main())


def test_after_pairing_the_device_is_followed_to_its_new_address(run: Run[None], tmp_path: Path, on: Device) -> None:
    on.simulator.pairing_moves = "127.0.0.78"

    async def main() -> None:
        async with session(on, tmp_path, password="opens", hears=True) as opened, announced(on, "127.0.0.78"):
            receipt, _ = await done(opened, PAIR)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert opened.address.host == "127.0.0.78"

    run(main())


def test_a_network_is_joined_with_a_static_address(run: Run[None], tmp_path: Path, on: Device) -> None:
    there = NetworkChoice("Office", "paper & pencil", True, "127.0.0.5", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    async def main() -> None:
        async with session(on, tmp_path, password="opens") as opened:
            guide = JOIN.guide(there)
            assert guide is not None
            assert "goes to 127.0.0.5" in guide.words
            receipt, _ = await done(opened, JOIN, there)
            assert receipt.outcome is Outcome.VERIFIED, receipt
            assert opened.address.host == "127.0.0.5"
            assert (await read(opened, "wifi_network")).static_ip is True

    run(main())


def test_every_action_that_can_cut_the_device_off_says_so_beforehand() -> None:
    for action in WHATWATT.actions:
        guide = action.guide(action.first())
        cuts = action.key.partition(".")[2] in {
            "restart",
            "factory_reset",
            "wps",
            "join",
            "forget_wifi",
            "services_defaults",
            "ethernet_port_defaults",
        }
        assert (guide is not None) is cuts, action.key
        if guide is not None:
            assert guide.words
            assert guide.lost
