"""What the window works on: the site file, the devices found, and the sessions that are open.

Widgets ask and listen here; nothing in here draws anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.discovery.identify import Found, candidates, identify
from app.discovery.inventory import How, Inventory, Row
from app.model.device import Address, Credentials, parse_address
from app.model.errors import AppError, NotRecognised
from app.model.job import Progress
from app.model.vendor import Vendor
from app.net.pins import Pins
from app.site.credentials import Passwords
from app.site.sitefile import SiteDevice, SiteFile

from .jobs import JobBar

if TYPE_CHECKING:
    from app.commission.connect import Questions
    from app.commission.session import DeviceSession
    from app.discovery.mdns import Browser


class State(Enum):
    """How it stands with a device. The value is what the tree says."""

    FOUND = "found"
    IDLE = "not connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    FAILED = "problem"
    UNKNOWN = "unknown device"


@dataclass
class Handle:
    """One device in the tree. `error` says why its state is FAILED."""

    row: Row
    vendor: Vendor | None
    in_site: bool = False
    state: State = State.FOUND
    session: DeviceSession | None = None
    error: AppError | None = None

    @property
    def key(self) -> str:
        """Under which the site keeps the device."""
        if self.session is not None:
            return self.session.key
        return f"{self.row.vendor}:{self.row.id or self.row.address.netloc}"

    @property
    def name(self) -> str:
        """What the device is called; the family's name while it is not known. Untrusted text."""
        if self.session is not None and self.session.identity is not None and self.session.identity.name:
            return self.session.identity.name
        return self.row.name or (self.vendor.title if self.vendor else "Web page")


class Workbench(QObject):
    """The devices of the site and of the network, and what is being done with them."""

    added = Signal(object)
    changed = Signal(object)
    removed = Signal(object)
    drafts_changed = Signal()
    network = Signal(str)
    """What is being listened to, in one line."""

    def __init__(
        self,
        site: SiteFile,
        vendors: Sequence[Vendor],
        pins: Pins,
        passwords: Passwords,
        *,
        interfaces: Sequence[str] | None = None,
        known_logins: dict[str, Credentials] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.site = site
        self.vendors = {vendor.key: vendor for vendor in vendors}
        self.pins = pins
        self.passwords = passwords
        self.interfaces = interfaces
        self._known_logins = known_logins or {}
        self.inventory = Inventory(tuple(vendors))
        self.handles: dict[int, Handle] = {}
        self._drafts: dict[tuple[str, str], int] = {}
        self.inventory.observe(added=self._row_added, changed=self._row_changed, removed=self._row_removed)
        self.recount_drafts()
        for device in site.devices():
            row = self.inventory.add(device.address, vendor=device.vendor, id=device.id, name=device.name)
            self.handles[row.key].in_site = True
            self.handles[row.key].state = State.IDLE

    # Found, changed, gone.

    def _row_added(self, row: Row) -> None:
        vendor = self.vendors.get(row.vendor)
        handle = Handle(row, vendor, state=State.FOUND if vendor else State.UNKNOWN)
        self.handles[row.key] = handle
        self.added.emit(handle)

    def _row_changed(self, row: Row) -> None:
        handle = self.handles[row.key]
        handle.row = row
        if handle.vendor is None and row.vendor:
            handle.vendor = self.vendors.get(row.vendor)
            handle.state = State.FOUND
        self.changed.emit(handle)

    def _row_removed(self, row: Row) -> None:
        handle = self.handles.pop(row.key, None)
        if handle is not None:
            self.removed.emit(handle)

    async def browse(self) -> None:
        """Listen for announcements until cancelled."""
        from app.discovery.mdns import Browser

        async with Browser(interfaces=self.interfaces) as browser:
            self.network.emit(_listening(browser))
            async for sighting in browser:
                self.inventory.sighted(sighting)
                self.network.emit(_listening(browser))

    async def sweep(self, text: str, ports: Sequence[int], jobs: JobBar, cancel: object) -> int:
        """Ask a range of addresses; returns how many devices were found."""
        from app.discovery.sweep import plan_sweep, sweep

        plan = plan_sweep(text, ports)
        job = jobs.start(f"Sweep of {plan.text}", cancel)  # type: ignore[arg-type]
        found = 0
        try:
            async with aclosing(sweep(plan, tuple(self.vendors.values()))) as events:
                async for event in events:
                    if isinstance(event, Progress):
                        job.progress(event)
                    elif isinstance(event, Found):
                        found += 1
                        self.inventory.found(event, how=How.SWEEP)
        finally:
            job.done(f"{found} found")
        return found

    async def add_address(self, text: str, vendor: str = "") -> Handle:
        """Add a device by its address.

        Raises:
            AppError: no address, nobody there, or no device that we know (then a family may be named).
        """
        if vendor:
            family = self.vendors[vendor]
            address = parse_address(text, default_scheme=family.scheme)[0]
            return self.handles[self.inventory.add(address, vendor=vendor).key]
        where = _candidates(text)
        found = await identify(where, tuple(self.vendors.values()))
        row = self.inventory.found(found, how=How.ADDRESS)
        return self.handles[row.key]

    # Sessions.

    async def open(self, handle: Handle, questions: Questions) -> DeviceSession:
        """Connect and log in; the device then belongs to the site.

        Raises:
            AppError: as the device or the installer decided; the handle keeps it.
        """
        if handle.session is not None and handle.state is State.CONNECTED:
            return handle.session
        if handle.vendor is None:
            raise NotRecognised(f"{handle.row.address} is no device that we know.")
        await self.close(handle)
        self._set(handle, State.CONNECTING)
        try:
            session = await self._opened(handle, handle.vendor, questions)
        except AppError as error:
            self._set(handle, State.FAILED, error)
            raise
        except BaseException:
            self._set(handle, State.IDLE)
            raise
        handle.session = session
        handle.in_site = True
        self._set(handle, State.CONNECTED)
        return session

    async def _opened(self, handle: Handle, vendor: Vendor, questions: Questions) -> DeviceSession:
        from app.commission.connect import connect
        from app.commission.session import DeviceSession

        address = handle.row.address
        session = DeviceSession(
            vendor,
            address,
            pins=self.pins,
            journal=self.site.journal,
            drafts=self.site.drafts,
            credentials=await self._credentials(address, vendor),
        )
        session.kept = self.recount_drafts
        try:
            identity = await connect(session, questions)
        except BaseException:
            await session.aclose()
            raise
        used = session.client.credentials
        if used is not None:
            self.site.put_setting(f"user {address.netloc}", used.user.encode())
            await self.passwords.remember(address.netloc, used)
        self.site.put_device(
            SiteDevice(
                vendor.key, identity.id, address, identity.name or handle.row.name, identity.model, datetime.now(UTC)
            )
        )
        self.inventory.identified(handle.row.key, identity)
        return session

    async def _credentials(self, address: Address, vendor: Vendor) -> Credentials | None:
        user = (self.site.setting(f"user {address.netloc}") or vendor.default_user.encode()).decode()
        return await self.passwords.get(address.netloc, user) or self._known_logins.get(address.netloc)

    async def close(self, handle: Handle) -> None:
        """Hang up. Drafts stay."""
        session, handle.session = handle.session, None
        if session is not None:
            await session.aclose()

    async def disconnect(self, handle: Handle) -> None:
        """Hang up, and say so in the tree."""
        await self.close(handle)
        self._set(handle, State.IDLE)

    async def forget(self, handle: Handle) -> None:
        """Take a device out of the site, with its drafts and its password."""
        await self.close(handle)
        self.site.remove_device(handle.key)
        self.inventory.remove(handle.row.key)
        self.recount_drafts()

    def meters_changed(self, handle: Handle) -> None:
        """Meters were registered, renamed or deleted."""
        self.changed.emit(handle)

    def _set(self, handle: Handle, state: State, error: AppError | None = None) -> None:
        handle.state, handle.error = state, error
        self.changed.emit(handle)

    async def aclose(self) -> None:
        """Hang up everywhere and close the site file."""
        for handle in tuple(self.handles.values()):
            await self.close(handle)
        self.site.close()

    # Drafts.

    def recount_drafts(self) -> None:
        """Look again which devices and meters have unsent drafts."""
        self._drafts.clear()
        for draft in self.site.drafts.all():
            where = (draft.device, draft.target)
            self._drafts[where] = self._drafts.get(where, 0) + 1
        self.drafts_changed.emit()

    def drafts(self, device: str, target: str | None = None) -> int:
        """How many sections of a device, or of one target of it, have unsent drafts."""
        return sum(count for (key, where), count in self._drafts.items() if key == device and target in (None, where))


def _listening(browser: Browser) -> str:
    """Where announcements are heard, and where they cannot be."""
    heard = ", ".join(interface.ip for interface in browser.interfaces)
    text = f"Listening for devices on {heard}" if heard else "No network: connect a cable or Wi-Fi"
    deaf = ", ".join(browser.unavailable)
    return f"{text}; not on {deaf}" if deaf else text


def _candidates(text: str) -> tuple[Address, ...]:
    addresses = parse_address(text)
    if "://" in text:
        return addresses
    distinct = {found for address in addresses for found in candidates(address.host, address.port)}
    return tuple(sorted(distinct, key=lambda address: address.scheme, reverse=True))
