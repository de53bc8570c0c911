"""The record by which a device family joins the program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from .action import AnyAction
from .archive import AnyArchive
from .device import Identity, Meter
from .firmware import Firmware
from .login import USER_AND_PASSWORD, LoginWords
from .quantity import Feed
from .resource import Resource
from .scan import BusOptions, ScanRequest, ScanState
from .section import AnySection, Step
from .support import Capabilities

D = TypeVar("D", AnySection, AnyArchive, AnyAction)
"""What a family declares under a key."""


class Answer(msgspec.Struct, frozen=True):
    """What a probe of an unknown address saw: enough to tell families apart, nothing that needs a login."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Connection(Protocol):
    """An open, logged-in connection to one device, as the vendor's client offers it to the rest of the program.

    Every method raises `AppError` when the device cannot be asked or says no.
    """

    async def identity(self) -> Identity:
        """Who the device is. The first request after connecting: proves address, certificate and login."""
        ...

    async def meters(self) -> tuple[Meter, ...]:
        """The meters behind it; empty for a device that is a meter itself."""
        ...

    async def capabilities(self, target: str) -> Capabilities:
        """What the device (its own id) or one of its meters offers to this account."""
        ...

    async def perform(self, step: Step) -> None:
        """Send one step. Raises `AnswerLost` when it is not known whether the device took it."""
        ...

    async def aclose(self) -> None:
        """Log out where that exists, and close."""
        ...


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A device family.

    `connect(client)` wraps a `DeviceClient` of `app.net` in the family's own client. `recognise(answer)` says
    from an unauthenticated answer to GET `probe_path` (or one of `also_probed`) whether this looks like one.
    `simulator` is 'module:Class', loaded only when a simulator is started.
    """

    key: str
    title: str
    kind: str
    scheme: str
    port: int
    default_user: str
    login: LoginWords = USER_AND_PASSWORD
    """What its login consists of, and what that is called."""
    connect: Callable[[Any], Connection]
    recognise: Callable[[Answer], bool]
    probe_path: str
    also_probed: tuple[str, ...] = ()
    """Further paths to recognise it by, asked where the first did not tell."""
    sections: tuple[AnySection, ...]
    feeds: tuple[Feed, ...] = ()
    archives: tuple[AnyArchive, ...] = ()
    actions: tuple[AnyAction, ...] = ()
    firmware: Firmware | None = None
    resources: tuple[Resource, ...] = ()
    """Every request that the manual documents."""
    groups: tuple[str, ...] = ()
    """The groups of sections, archives and actions, in the order of the device's own menus."""
    simulator: str
    mdns_type: str = ""
    mdns_matches: Callable[[str, dict[str, str]], bool] | None = None
    """Given a service's name and TXT record: is it one of ours?"""
    buses: tuple[BusOptions, ...] = ()
    """What a scan can be told, where the device has buses."""
    scan: Callable[[Any, ScanRequest], AsyncIterator[ScanState]] | None = None
    """scan(connection, request): runs a scan and tells what it finds, until it is complete."""
    meters_section: str = ""
    """The key of the section whose table `meters` registers, renames and deletes meters."""
    describe_meter: Callable[[Any, str], Awaitable[Identity]] | None = None
    """describe_meter(connection, serial): what the header of a meter's page says."""
    change_password: Callable[[Any, str, str, str], Awaitable[None]] | None = None
    """change_password(connection, user, old, new)"""
    one_connection: bool = True
    """The device takes one request at a time; the client never opens a second connection."""
    hides_unsupported: bool = False
    """What a device does not offer is not listed: the family has kinds of devices that share little."""
    idle_s: float = 30.0
    """After that long without a request the device closes the connection: reconnect before it does."""
    basic_at_once: bool = False
    """Send HTTP Basic with every request instead of waiting for a challenge."""
    password_in_query: str = ""
    """The password travels in the URL, as the parameter of this name."""
    pace_s: float = 0.0
    """The device may be asked only once in so many seconds, over restarts of the program too; 0: no limit."""

    def section(self, key: str) -> AnySection:
        """The section of that key (with or without the vendor's prefix).

        Raises:
            KeyError: there is none.
        """
        return self._named(self.sections, key)

    def archive(self, key: str) -> AnyArchive:
        """The archive of that key (with or without the vendor's prefix).

        Raises:
            KeyError: there is none.
        """
        return self._named(self.archives, key)

    def action(self, key: str) -> AnyAction:
        """The action of that key (with or without the vendor's prefix).

        Raises:
            KeyError: there is none.
        """
        return self._named(self.actions, key)

    def _named(self, declared: tuple[D, ...], key: str) -> D:
        for one in declared:
            if key in (one.key, one.key.removeprefix(f"{self.key}.")):
                return one
        raise KeyError(key)
