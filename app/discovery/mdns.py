"""Hear devices announce themselves: DNS-SD over multicast, on every network interface, while interfaces come and go.

Every interface gets a listener of its own, so that one that fails takes no other with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from app.discovery.sighting import Interface, Sighting, interfaces_now, sighting
from app.model.errors import UsageError

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

HTTP_SERVICE = "_http._tcp.local."
RECHECK_S = 5.0
RESOLVE_MS = 3000
MAX_SERVICES = 256
"""Per interface: what announces more is no site, it is a flood."""
MAX_RESOLVING = 16
STARTING_S = 2.0
"""How long half-open sockets are waited for before they are closed again."""

log = logging.getLogger(__name__)


class Browser:
    """Browses service types on all interfaces, or on those whose IPv4 addresses are named.

    An async context manager and iterator. `unavailable` says of which interface (by address) nothing is heard, and
    why; it is retried every `recheck_s` seconds, as is the list of interfaces.
    """

    def __init__(
        self,
        service_types: Sequence[str] = (HTTP_SERVICE,),
        *,
        interfaces: Sequence[str] | None = None,
        recheck_s: float = RECHECK_S,
        enumerate_interfaces: Callable[[], Sequence[Interface]] = interfaces_now,
    ) -> None:
        self._types = tuple(dict.fromkeys(service_types))
        self._named = None if interfaces is None else tuple(_ipv4(text) for text in interfaces)
        self._recheck_s = recheck_s
        self._enumerate = enumerate_interfaces
        self._listeners: dict[Interface, _Listener] = {}
        self._heard: dict[tuple[str, str], Sighting] = {}
        self._queue: asyncio.Queue[Sighting | BaseException] = asyncio.Queue()
        self._following: asyncio.Task[None] | None = None
        self.unavailable: dict[str, str] = {}

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """Where it listens at this moment."""
        return tuple(self._listeners)

    async def __aenter__(self) -> Self:
        # The import takes long enough to be felt as a stall of the window.
        await asyncio.to_thread(_load_zeroconf)
        try:
            await self._reconcile()
        except BaseException:
            await self._close()
            raise
        self._following = asyncio.create_task(self._follow(), name="mdns interfaces")
        self._following.add_done_callback(self._finished)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sighting:
        item = await self._queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._recheck_s)
            await self._reconcile()

    async def _reconcile(self) -> None:
        """Stop listening where an interface went or broke, start where one came or recovered."""
        import zeroconf

        try:
            wanted = self._wanted(await asyncio.to_thread(self._enumerate))
        except OSError as error:
            log.warning("The list of network interfaces cannot be read: %s", error)
            return
        for interface, listener in list(self._listeners.items()):
            if interface not in wanted or not listener.alive:
                del self._listeners[interface]
                await listener.close()
                self._withdraw(interface.ip)
        for interface in wanted:
            if interface in self._listeners:
                continue
            listener = _Listener(interface, self._types, self._seen, self._finished)
            try:
                await listener.open()
            except (OSError, zeroconf.Error) as error:
                self._unavailable(interface.ip, f"mDNS does not work there: {str(error) or type(error).__name__}")
                continue
            self._listeners[interface] = listener
            self.unavailable.pop(interface.ip, None)

    def _wanted(self, present: Sequence[Interface]) -> tuple[Interface, ...]:
        here = {interface.ip: interface for interface in present}
        if self._named is None:
            self.unavailable = {ip: why for ip, why in self.unavailable.items() if ip in here}
            return tuple(here.values())
        for ip in self._named:
            # All of 127.0.0.0/8 is there without being listed.
            if ip not in here and ipaddress.IPv4Address(ip).is_loopback:
                here[ip] = Interface(ip, 8)
            elif ip not in here:
                self._unavailable(ip, "No network interface has this address now.")
        return tuple(here[ip] for ip in dict.fromkeys(self._named) if ip in here)

    def _unavailable(self, ip: str, why: str) -> None:
        if self.unavailable.get(ip) != why:
            log.info("No mDNS on %s: %s", ip, why)
        self.unavailable[ip] = why

    def _seen(self, interface: Interface, service: str, now: Sighting | None) -> None:
        """Pass on what is new. None: the service went, or can no longer be reached."""
        key = (interface.ip, service)
        before = self._heard.get(key)
        if now is None:
            if before is not None:
                del self._heard[key]
                self._queue.put_nowait(msgspec.structs.replace(before, gone=True))
        elif now != before and (before is not None or not self._belongs_elsewhere(interface, now)):
            self._heard[key] = now
            self._queue.put_nowait(now)

    def _belongs_elsewhere(self, interface: Interface, now: Sighting) -> bool:
        """Some systems hand a packet to the listeners of all interfaces: believe the one whose subnet it is."""
        address = ipaddress.IPv4Address(now.addresses[0])
        if address in interface.network:
            return False
        return any(address in other.network for other in self._listeners)

    def _withdraw(self, ip: str) -> None:
        for key in [key for key in self._heard if key[0] == ip]:
            self._queue.put_nowait(msgspec.structs.replace(self._heard.pop(key), gone=True))

    def _finished(self, task: asyncio.Task[None]) -> None:
        """A task that failed is our bug: whoever iterates gets to see it."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._queue.put_nowait(error)

    async def _close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
        listeners, self._listeners = list(self._listeners.values()), {}
        for listener in listeners:
            await listener.close()


class _Listener:
    """One interface: its multicast sockets and the services heard on it."""

    def __init__(
        self,
        interface: Interface,
        service_types: Sequence[str],
        seen: Callable[[Interface, str, Sighting | None], None],
        finished: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._interface = interface
        self._types = service_types
        self._seen = seen
        self._finished = finished
        self._known: set[str] = set()
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(MAX_RESOLVING)
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None

    @property
    def alive(self) -> bool:
        """Can it still send? The system closes the sockets of some adapters when they go."""
        return self._zeroconf is not None and any(
            not sender.transport.is_closing() for sender in self._zeroconf.zeroconf.engine.senders
        )

    async def open(self) -> None:
        """Start to listen.

        Raises:
            OSError, zeroconf.Error: not on this interface, not now.
        """
        from zeroconf import Error, IPVersion
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        # Zeroconf loses a socket when the address has just gone: find that out beforehand.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind((self._interface.ip, 0))
        # Always by address: the library's 'default interface' fails on a computer that has only loopback.
        self._zeroconf = AsyncZeroconf(interfaces=[self._interface.ip], ip_version=IPVersion.V4Only)
        # Shielded: whoever gives up this waiting would cancel zeroconf's own start, which then cannot be closed.
        starting = asyncio.ensure_future(self._zeroconf.zeroconf.async_wait_for_start())
        try:
            await asyncio.shield(starting)
            if not self.alive:
                raise OSError("the interface takes no multicast")
            self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, list(self._types), handlers=[self._changed])
        except BaseException:
            # Given up half-way: sockets that are just being opened must be there to be closed.
            await asyncio.wait((starting,), timeout=STARTING_S)
            with contextlib.suppress(Error, TimeoutError, OSError, asyncio.InvalidStateError):
                starting.result()
            await self.close()
            raise

    async def close(self) -> None:
        """Stop, and leave no task and no socket."""
        if self._browser is not None:
            await self._browser.async_cancel()
        tasks = list(self._resolving.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._zeroconf is not None:
            await self._zeroconf.async_close()
            # A transport gives its socket back in the next turn of the loop, which must not be its last.
            for _ in range(2):
                await asyncio.sleep(0)

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        """Zeroconf's callback. The names of the arguments are its own."""
        from zeroconf import BadTypeInNameException
        from zeroconf import ServiceStateChange as Change
        from zeroconf.asyncio import AsyncServiceInfo

        service = name.lower()
        if state_change is Change.Removed:
            self._known.discard(service)
            if service in self._resolving:
                self._resolving[service].cancel()
            self._seen(self._interface, service, None)
            return
        if service in self._resolving:
            return
        too_many = service not in self._known and len(self._known) >= MAX_SERVICES
        try:
            info = None if too_many or not _askable(name) else AsyncServiceInfo(service_type, name)
        except BadTypeInNameException:
            info = None
        if info is None:
            log.debug("Heard on %s and passed over: %r", self._interface.ip, name)
            _forget(zeroconf, service_type, name)
            return
        self._known.add(service)
        if info.load_from_cache(zeroconf):
            self._tell(service_type, name, info)
            return
        task = asyncio.create_task(self._resolve(zeroconf, service_type, name, info), name=f"mdns resolve {service!r}")
        self._resolving[service] = task
        task.add_done_callback(functools.partial(self._resolved, service))

    def _resolved(self, service: str, task: asyncio.Task[None]) -> None:
        del self._resolving[service]
        self._finished(task)

    async def _resolve(self, zeroconf: Zeroconf, service_type: str, name: str, info: AsyncServiceInfo) -> None:
        from zeroconf import Error

        try:
            async with self._slots:
                await info.async_request(zeroconf, RESOLVE_MS)
        except Error as error:
            # What it says of its host can be as unaskable as its own name.
            log.debug("Heard on %s: %r cannot be resolved: %s", self._interface.ip, name, error)
            return
        self._tell(service_type, name, info)

    def _tell(self, service_type: str, name: str, info: AsyncServiceInfo) -> None:
        found = sighting(
            self._interface,
            service_type,
            name,
            host=info.server or "",
            port=info.port,
            addresses=info.addresses,
            txt=info.properties,
        )
        self._seen(self._interface, name.lower(), found)


async def browse(
    service_types: Sequence[str] = (HTTP_SERVICE,),
    *,
    interfaces: Sequence[str] | None = None,
    seconds: float | None = None,
) -> AsyncGenerator[Sighting, None]:
    """Sightings as they come, for that many seconds, or until closed (use `contextlib.aclosing`).

    Raises:
        UsageError: a named interface is no IPv4 address.
    """
    loop = asyncio.get_running_loop()
    end = None if seconds is None else loop.time() + seconds
    async with Browser(service_types, interfaces=interfaces) as browser:
        while end is None or loop.time() < end:
            try:
                async with asyncio.timeout_at(end):
                    heard = await anext(browser)
            except TimeoutError:
                return
            yield heard


def _askable(name: str) -> bool:
    """Can the name be written into a question? Read leniently, bytes that are no UTF-8 grow beyond a label's 63."""
    labels = name.removesuffix(".").split(".")
    return len(name) < 255 and all(0 < len(label.encode()) < 64 for label in labels)


def _forget(zeroconf: Zeroconf, service_type: str, name: str) -> None:
    """Take a pointer out of zeroconf's memory.

    Its next question would list the pointer among the known answers; if its name cannot be written, that raises in
    the library's timer (seen with 0.154), and no question is ever asked again.
    """
    cached = zeroconf.cache.async_entries_with_name(service_type)
    zeroconf.cache.async_remove_records([record for record in cached if getattr(record, "alias", None) == name])


def _load_zeroconf() -> None:
    import ifaddr  # noqa: F401
    import zeroconf.asyncio  # noqa: F401


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text.strip()))
    except ValueError as error:
        raise UsageError(
            f"'{text}' is no IPv4 address of a network interface.",
            hint="Name the address that this computer has on that network, for example 192.168.1.100.",
        ) from error
