"""mDNS: devices that come, change and go are heard on loopback, whatever strangers send."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from zeroconf import DNSAddress, DNSOutgoing, DNSPointer, DNSService, DNSText, IPVersion, ServiceStateChange
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from app.discovery import plain_text
from app.discovery.mdns import HTTP_SERVICE, MAX_SERVICES, Browser, browse
from app.discovery.sighting import Interface, Sighting, interfaces_now, sighting
from app.model.errors import UsageError

Run = Callable[[Coroutine[Any, Any, Any]], Any]
LOOPBACK = Interface("127.0.0.1", 8, "lo", 1)
LAN = Interface("192.168.1.100", 24, "eth0", 2)
_numbers = itertools.count(1)


def device(
    port: int = 8080, *, txt: dict[str, str | bytes] | None = None, address: str = "127.0.0.1"
) -> AsyncServiceInfo:
    """A device to announce. Every name is used once: what an earlier test said may still be in the air."""
    number = f"{next(_numbers):06X}"
    return AsyncServiceInfo(
        HTTP_SERVICE,
        f"whatwatt Go {number}.{HTTP_SERVICE}",
        port=port,
        addresses=[ipaddress.IPv4Address(address).packed],
        properties=txt if txt is not None else {"type": "100", "id": f"A842E3{number}"},
        server=f"whatwatt-{number}.local.",
    )


@contextlib.asynccontextmanager
async def announcing(*infos: AsyncServiceInfo) -> AsyncIterator[AsyncZeroconf]:
    responder = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    try:
        await responder.zeroconf.async_wait_for_start()
        for info in infos:
            await (await responder.async_register_service(info, cooperating_responders=True))
        yield responder
    finally:
        await responder.async_unregister_all_services()
        await responder.async_close()


async def until(browser: Browser, name: str, *, gone: bool = False) -> Sighting:
    """The next sighting of that service; others on this machine are nobody's business here."""
    async with asyncio.timeout(20):
        async for heard in browser:
            if heard.service == name.lower() and heard.gone == gone:
                return heard
    raise AssertionError


def test_a_device_on_loopback_is_heard_with_its_name_address_and_txt(run: Run) -> None:
    async def scene() -> None:
        info = device(8123)
        async with announcing(info), Browser(interfaces=["127.0.0.1"]) as browser:
            heard = await until(browser, info.name)
            assert heard.name == info.name.removesuffix(f".{HTTP_SERVICE}")
            assert (heard.host, heard.port) == ((info.server or "").rstrip("."), 8123)
            assert (heard.addresses, heard.interface) == (("127.0.0.1",), "127.0.0.1")
            assert heard.txt["type"] == "100"
            assert heard.txt["id"].startswith("A842E3")
            assert [where.ip for where in browser.interfaces] == ["127.0.0.1"]

    run(scene())


def test_a_change_and_a_goodbye_are_told_once_each(run: Run) -> None:
    async def scene() -> None:
        info = device(txt={"id": "1"})
        async with Browser(interfaces=["127.0.0.1"]) as browser, announcing(info) as responder:
            assert (await until(browser, info.name)).txt == {"id": "1"}
            changed = AsyncServiceInfo(
                info.type,
                info.name,
                port=info.port,
                addresses=info.addresses,
                properties={"id": "2"},
                server=info.server,
            )
            await (await responder.async_update_service(changed))
            assert (await until(browser, info.name)).txt == {"id": "2"}
            await (await responder.async_unregister_service(changed))
            assert (await until(browser, info.name, gone=True)).txt == {"id": "2"}

    run(scene())


def test_browsing_for_a_time_ends_by_itself(run: Run) -> None:
    async def scene() -> None:
        info = device()
        async with announcing(info):
            heard = [found async for found in browse(interfaces=["127.0.0.1"], seconds=2.5)]
        assert [found.service for found in heard if found.service == info.name.lower()] == [info.name.lower()]

    run(scene())


def test_leaving_early_leaves_nothing_running(run: Run) -> None:
    async def scene() -> None:
        async with announcing(device()), contextlib.aclosing(browse(interfaces=["127.0.0.1"])) as sightings:
            await anext(sightings)

    run(scene())


def test_an_interface_that_comes_is_used_and_one_that_goes_takes_its_devices_along(run: Run) -> None:
    async def scene() -> None:
        present: list[Interface] = []
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def enumerate_interfaces() -> list[Interface]:
            loop.call_soon_threadsafe(asked.set)
            return list(present)

        info = device()
        async with (
            announcing(info),
            Browser(recheck_s=0.02, enumerate_interfaces=enumerate_interfaces) as browser,
        ):
            assert browser.interfaces == ()
            present.append(LOOPBACK)
            await until(browser, info.name)
            assert browser.interfaces == (LOOPBACK,)
            present.clear()
            await until(browser, info.name, gone=True)
            assert browser.interfaces == ()
            present.append(Interface("127.0.0.1", 8, "lo", 7))
            await until(browser, info.name)

    run(scene())


def test_an_interface_that_fails_is_named_and_takes_no_other_with_it(run: Run) -> None:
    async def scene() -> None:
        info = device()
        present = [Interface("198.51.100.7", 24, "usb0"), LOOPBACK]
        async with announcing(info), Browser(recheck_s=0.02, enumerate_interfaces=lambda: present) as browser:
            await until(browser, info.name)
            assert browser.interfaces == (LOOPBACK,)
            assert list(browser.unavailable) == ["198.51.100.7"]
            assert "mDNS does not work there" in browser.unavailable["198.51.100.7"]

    run(scene())


def test_a_listener_whose_sockets_died_is_replaced(run: Run) -> None:
    async def scene() -> None:
        info = device()
        async with announcing(info), Browser(interfaces=["127.0.0.1"], recheck_s=0.02) as browser:
            await until(browser, info.name)
            listener = next(iter(browser._listeners.values()))
            assert listener._zeroconf is not None
            for sender in listener._zeroconf.zeroconf.engine.senders:
                sender.transport.close()
            await until(browser, info.name, gone=True)
            await until(browser, info.name)

    run(scene())


def test_a_list_of_interfaces_that_cannot_be_read_changes_nothing(run: Run) -> None:
    async def scene() -> None:
        working = True

        def enumerate_interfaces() -> list[Interface]:
            if not working:
                raise OSError("no such luck")
            return [LOOPBACK]

        info = device()
        async with Browser(recheck_s=0.02, enumerate_interfaces=enumerate_interfaces) as browser:
            working = False
            async with announcing(info):
                await until(browser, info.name)
            assert browser.interfaces == (LOOPBACK,)

    run(scene())


def test_a_named_interface_that_is_not_there_is_said(run: Run) -> None:
    async def scene() -> None:
        async with Browser(interfaces=["198.51.100.7"], enumerate_interfaces=lambda: [LOOPBACK]) as browser:
            assert browser.interfaces == ()
            assert browser.unavailable == {"198.51.100.7": "No network interface has this address now."}

    run(scene())


@pytest.mark.parametrize("text", ["eth0", "192.168.1", "::1", ""])
def test_an_interface_is_named_by_an_ipv4_address(text: str) -> None:
    with pytest.raises(UsageError, match="no IPv4 address"):
        Browser(interfaces=[text])


def test_a_failure_of_ours_reaches_whoever_listens(run: Run) -> None:
    async def scene() -> None:
        calls = itertools.count()

        def enumerate_interfaces() -> list[Interface]:
            if next(calls):
                raise ZeroDivisionError
            return []

        async with Browser(recheck_s=0.01, enumerate_interfaces=enumerate_interfaces) as browser:
            with pytest.raises(ZeroDivisionError):
                await anext(browser)

    run(scene())


def records(alias: str, *, port: int = 80, address: str = "127.0.0.1", txt: bytes = b"\x00") -> DNSOutgoing:
    """An answer as no honest responder would send it."""
    packet = DNSOutgoing(0x8400)
    host = f"{alias.partition('.')[0].replace(' ', '-')}.local."
    packet.add_answer_at_time(DNSPointer(HTTP_SERVICE, 12, 1, 4500, alias), 0)
    packet.add_answer_at_time(DNSService(alias, 33, 1, 120, 0, 0, port, host), 0)
    packet.add_answer_at_time(DNSText(alias, 16, 1, 4500, txt), 0)
    packet.add_answer_at_time(DNSAddress(host, 1, 1, 120, ipaddress.IPv4Address(address).packed), 0)
    return packet


def test_hostile_answers_neither_show_nor_stop_the_honest_one(run: Run) -> None:
    async def scene() -> None:
        info = device()
        heard: list[Sighting] = []
        async with Browser(interfaces=["127.0.0.1"]) as browser, announcing() as hostile:
            for packet in (
                records("evil.example."),
                records(f"port zero.{HTTP_SERVICE}", port=0),
                records(f"public.{HTTP_SERVICE}", address="8.8.8.8"),
            ):
                hostile.zeroconf.async_send(packet)
            send(hostile, b"\x00\x00\x84\x00\xff\xff\xff\xff\xff\xff\xff\xff" + b"\xc0\x0c" * 20)
            send(hostile, too_long_label())
            send(hostile, unaskable_host())
            async with announcing(info), asyncio.timeout(20):
                async for found in browser:
                    heard.append(found)
                    if found.service == info.name.lower():
                        break
            remembered = cached_names(browser)
        assert f"public.{HTTP_SERVICE}" in remembered, "the hostile packets were not even received"
        assert not {"port zero", "public"} & {found.name for found in heard}
        # Such a name among the known answers of the next question makes zeroconf's timer raise, and fall silent.
        assert all(name.isprintable() and name.endswith(HTTP_SERVICE) for name in remembered), remembered
        assert not [name for name in remembered if "\ufffd" in name]

    run(scene())


def cached_names(browser: Browser) -> set[str]:
    listener = next(iter(browser._listeners.values()))
    assert listener._zeroconf is not None
    cached = listener._zeroconf.zeroconf.cache.async_entries_with_name(HTTP_SERVICE)
    return {record.alias for record in cached if isinstance(record, DNSPointer)}


def unaskable_host() -> bytes:
    """A service on a host whose name, read leniently, is too long to be asked for its address."""
    owner = b"\x05_http\x04_tcp\x05local\x00"
    pointer = b"\x04host\xc0\x0c"
    place = struct.pack(">3H", 0, 0, 8080) + b"\x3c" + b"\xff" * 60 + b"\x05local\x00"
    return (
        struct.pack(">6H", 0, 0x8400, 0, 2, 0, 0)
        + (owner + struct.pack(">HHIH", 12, 1, 4500, len(pointer)) + pointer)
        + (b"\x04host" + owner + struct.pack(">HHIH", 33, 1, 120, len(place)) + place)
    )


def too_long_label() -> bytes:
    """A pointer to a name whose bytes are no UTF-8: decoded leniently, it is too long to be asked for."""
    label = b"\xff" * 60
    owner = b"\x05_http\x04_tcp\x05local\x00"
    target = bytes([len(label)]) + label + b"\xc0\x0c"
    return struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + owner + struct.pack(">HHIH", 12, 1, 4500, len(target)) + target


def send(responder: AsyncZeroconf, packet: bytes) -> None:
    for sender in responder.zeroconf.engine.senders:
        sender.transport.sendto(packet, ("224.0.0.251", 5353))


def heard_on(interface: Interface, *addresses: str, name: str = "meter", **more: Any) -> Sighting | None:
    told: dict[str, Any] = {"host": "meter.local.", "port": 80, "txt": {}} | more
    packed = [ipaddress.IPv4Address(address).packed for address in addresses]
    return sighting(interface, HTTP_SERVICE, f"{name}.{HTTP_SERVICE}", addresses=packed, **told)


@pytest.mark.parametrize(
    ("interface", "address", "believed"),
    [
        (LOOPBACK, "127.0.0.1", True),
        (LOOPBACK, "127.5.6.7", True),
        (LOOPBACK, "192.168.1.12", False),
        (LAN, "192.168.1.12", True),
        (LAN, "10.0.0.12", True),
        (LAN, "169.254.3.4", True),
        (LAN, "127.0.0.1", False),
        (LAN, "8.8.8.8", False),
        (LAN, "224.0.0.251", False),
        (LAN, str(ipaddress.IPv4Address(0)), False),
        (LAN, "255.255.255.255", False),
        (Interface("8.8.8.1", 24), "8.8.8.8", True),
    ],
)
def test_an_address_must_be_one_that_can_be_behind_the_interface(
    interface: Interface, address: str, believed: bool
) -> None:
    assert (heard_on(interface, address) is not None) is believed


def test_the_address_in_the_own_subnet_comes_first() -> None:
    heard = heard_on(LAN, "10.0.0.12", "8.8.8.8", "192.168.1.12", "10.0.0.12")
    assert heard is not None
    assert heard.addresses == ("192.168.1.12", "10.0.0.12")


@pytest.mark.parametrize("port", [None, 0, 65536])
def test_without_a_port_there_is_nothing_to_open(port: int | None) -> None:
    assert heard_on(LAN, "192.168.1.12", port=port) is None


def test_texts_of_strangers_become_plain_and_short() -> None:
    heard = heard_on(
        LAN,
        "192.168.1.12",
        name="Meter\x1b[31m\n\u202egnp.exe" + "x" * 500,
        host="h\x00ost" + "y" * 500,
        txt={b"id\x07": b"\xff\xfeA\r\nB", b"flag": None, b"long": b"z" * 4000}
        | {b"k%d" % number: b"" for number in range(500)},
    )
    assert heard is not None
    assert heard.name.startswith("Meter[31m gnp.exexxx")
    assert heard.txt["id"] == "\ufffd\ufffdA B"
    assert heard.txt["flag"] == ""
    assert len(heard.txt) == 32
    assert max(map(len, (heard.name, heard.host, *heard.txt, *heard.txt.values()))) <= 255
    assert all(text.isprintable() for text in (heard.name, heard.host, *heard.txt, *heard.txt.values()))


def test_plain_text_says_when_it_was_cut() -> None:
    assert plain_text("  Küche \t Zähler 1 ", 20) == "Küche Zähler 1"
    assert plain_text("abcdef", 4) == "abc…"


def test_a_flood_of_names_is_cut_off(run: Run) -> None:
    async def scene() -> None:
        async with Browser(interfaces=["127.0.0.1"]) as browser:
            listener = next(iter(browser._listeners.values()))
            assert listener._zeroconf is not None
            for number in range(3 * MAX_SERVICES):
                listener._changed(
                    zeroconf=listener._zeroconf.zeroconf,
                    service_type=HTTP_SERVICE,
                    name=f"flood {number}.{HTTP_SERVICE}",
                    state_change=ServiceStateChange.Added,
                )
            assert len(listener._resolving) <= MAX_SERVICES

    run(scene())


def test_what_another_subnet_announces_is_left_to_its_own_interface(run: Run) -> None:
    async def scene() -> None:
        async with Browser(interfaces=["127.0.0.1"], enumerate_interfaces=lambda: [LOOPBACK]) as browser:
            other = Interface("10.0.0.5", 24)
            browser._listeners[other] = next(iter(browser._listeners.values()))
            there = heard_on(LAN, "10.0.0.12")
            assert there is not None
            browser._seen(LAN, there.service, there)
            assert (LAN.ip, there.service) not in browser._heard
            browser._seen(other, there.service, there)
            assert (other.ip, there.service) in browser._heard
            del browser._listeners[other]

    run(scene())


def test_the_interfaces_of_this_computer_include_loopback() -> None:
    assert any(interface.is_loopback for interface in interfaces_now())


def test_importing_discovery_loads_no_zeroconf() -> None:
    program = (
        "import sys, app.discovery.mdns, app.discovery.sweep, app.discovery.inventory;"
        "sys.exit(bool({'zeroconf', 'ifaddr'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
