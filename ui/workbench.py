"""What the window works on: the site file, the devices found, and the sessions that are open.

Widgets ask and listen here; nothing in here draws anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.discovery.inventory import How, Inventory, Row
from app.model.device import Address, Credentials, parse_address
from app.model.errors import AppError, CertificateNotTrusted, DeviceUnreachable, LoginFailed, NotRecognised
from app.model.job import Progress
from app.net.pins import Pins
from app.site.credentials import Passwords
from app.site.sitefile import SiteDevice, SiteFile

from .handle import Handle, State
from .jobs import JobBar
from .recording import SiteRecording

if TYPE_CHECKING:
    from app.commission.connect import Questions
    from app.commission.session import DeviceSession
    from app.discovery.mdns import Browser
    from app.discovery.sighting import Sighting
    from app.model.vendor import Vendor


_CONTACT = (DeviceUnreachable, CertificateNotTrusted, LoginFailed)
"""Failures that are not about one section: nothing at all can be asked until they are mended."""


class Workbench(QObject):
    """The devices of the site and of the network, and what is being done with them.

    `vendors` may be empty at first: see `know`.
    """

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
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.site = site
        self.vendors: dict[str, Vendor] = {}
        self.pins = pins
        self.passwords = passwords
        self.interfaces = interfaces
        self.heeds: Callable[[Sighting], bool] = lambda _: True
        """Which announcements count: all, but for the demo's, which has devices of its own only."""
        self.move_to: Path | None = None
        """Where the site goes on after closing: it was saved under another name."""
        self.inventory = Inventory()
        self.handles: dict[int, Handle] = {}
        self.recording = SiteRecording(site.recordings, self)
        self._drafts: dict[str, dict[str, int]] = {}
        self.inventory.observe(added=self._row_added, changed=self._row_changed, removed=self._row_removed)
        self.recount_drafts()
        for device in site.devices():
            row = self.inventory.add(device.address, vendor=device.vendor, id=device.id, name=device.name)
            self.handles[row.key].in_site = True
            self.handles[row.key].state = State.IDLE
        self.know(vendors)

    def know(self, vendors: Sequence[Vendor]) -> None:
        """The families of devices, once they are loaded: the window is on the screen before that.

        Until then the site's devices are shown and cannot be connected, and nothing is found.
        """
        if self.vendors:
            return
        self.vendors = {vendor.key: vendor for vendor in vendors}
        self.inventory.know(vendors)
        for handle in self.handles.values():
            handle.vendor = self.vendors.get(handle.row.vendor)
            self.changed.emit(handle)

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
                if self.heeds(sighting):
                    self.inventory.sighted(sighting)
                self.network.emit(_listening(browser))

    async def sweep(self, text: str, ports: Sequence[int], jobs: JobBar, cancel: object) -> int:
        """Ask a range of addresses; returns how many devices were found."""
        from app.discovery.identify import Found
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
        from app.discovery.identify import identify

        where = _candidates(text)
        found = await identify(where, tuple(self.vendors.values()))
        row = self.inventory.found(found, how=How.ADDRESS)
        return self.handles[row.key]

    # Sessions.

    async def open(self, handle: Handle, questions: Questions) -> DeviceSession:
        """Connect and log in; the device then belongs to the site.

        When the device turns out to be that of another row, the session belongs to that row: see `handle_of`.

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
        await self._adopt(handle, session)
        return session

    async def _adopt(self, asked: Handle, session: DeviceSession) -> None:
        """Give a new session to the row of the device that answered, which may be another than was asked."""
        assert session.identity is not None, "the session is open"
        row = self.inventory.identified(asked.row.key, session.identity)
        handle = self.handles[row.key]
        if handle is not asked:
            if handle.session is not None:
                await self.disconnect(handle)
            if asked.row.key in self.handles:
                self._set(asked, State.IDLE)
        handle.session = session
        handle.in_site = True
        self.recording.device_back(session)
        self._set(handle, State.CONNECTED)

    def handle_of(self, session: DeviceSession) -> Handle | None:
        """Whose session it is."""
        return next((handle for handle in self.handles.values() if handle.session is session), None)

    def contact(self, handle: Handle, error: AppError | None) -> None:
        """A request of an open session failed, or (None) succeeded."""
        if handle.session is None:
            return
        if error is None and handle.state is State.LOST:
            self._set(handle, State.CONNECTED)
        elif isinstance(error, _CONTACT):
            self._set(handle, State.LOST, error)

    async def reopen(self, handle: Handle, questions: Questions) -> None:
        """Log in again with the session as it is: what was read and edited stays.

        Raises:
            AppError: it is still no contact, or another device answers there now.
        """
        from app.commission.connect import connect

        session = handle.session
        assert session is not None, "only an open session is opened again"
        known = session.identity
        try:
            identity = await connect(session, questions)
            if known is not None and identity.id != known.id:
                # Its drafts must never reach another device.
                session.identity = known
                raise DeviceUnreachable(
                    f"Another device answers at {session.address}: {identity.name or identity.id}.",
                    hint="Disconnect this one; the other can then be connected as a device of its own.",
                )
        except AppError as error:
            self._set(handle, State.LOST, error)
            raise
        await self._keep_login(session)
        self._set(handle, State.CONNECTED)

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
            notes=self.site,
            readings=self.site.readings,
        )
        session.patience = replace(session.patience, interfaces=self.interfaces)
        session.kept = self.recount_drafts
        session.moved = lambda address: self._moved(session, address)
        session.login_renewed = lambda: self._keep_login(session)
        try:
            identity = await connect(session, questions)
            await self._keep_login(session)
            name = identity.name or handle.row.name
            self.site.put_device(SiteDevice(vendor.key, identity.id, address, name, identity.model, datetime.now(UTC)))
        except BaseException:
            await session.aclose()
            raise
        return session

    def _moved(self, session: DeviceSession, address: Address) -> None:
        """The device was told to listen elsewhere, and was found there: its row and the site follow."""
        identity, handle = session.identity, self.handle_of(session)
        assert identity is not None, "only an open session can be moved"
        name = identity.name or (handle.row.name if handle else "")
        self.site.put_device(
            SiteDevice(session.vendor.key, identity.id, address, name, identity.model, datetime.now(UTC))
        )
        self.inventory.add(address, vendor=session.vendor.key, id=identity.id, name=name)

    async def _keep_login(self, session: DeviceSession) -> None:
        used, netloc = session.client.credentials, session.address.netloc
        if used is not None:
            self.site.put_setting(f"user {netloc}", used.user.encode())
            await self.passwords.remember(netloc, used)

    async def _credentials(self, address: Address, vendor: Vendor) -> Credentials | None:
        user = self._user(address.netloc, vendor)
        return await self.passwords.get(address.netloc, user)

    def _user(self, netloc: str, vendor: Vendor) -> str:
        return (self.site.setting(f"user {netloc}") or vendor.default_user.encode()).decode()

    async def close(self, handle: Handle) -> None:
        """Hang up. Drafts stay."""
        session, handle.session = handle.session, None
        if session is not None:
            self.recording.device_gone(session)
            await session.aclose()

    async def disconnect(self, handle: Handle, reason: AppError | None = None) -> None:
        """Hang up, and say so in the tree."""
        session, handle.session = handle.session, None
        # Said first: a device that is gone lets the goodbye wait.
        self._set(handle, State.FAILED if reason else State.IDLE, reason)
        if session is not None:
            self.recording.device_gone(session)
            await session.aclose()

    async def forget(self, handle: Handle) -> None:
        """Take a device out of the site, with its drafts and its password."""
        await self.close(handle)
        self.site.remove_device(handle.key)
        if handle.vendor is not None:
            netloc = handle.row.address.netloc
            await self.passwords.forget(netloc, self._user(netloc, handle.vendor))
        self.inventory.remove(handle.row.key)
        self.recount_drafts()

    def meters_changed(self, handle: Handle) -> None:
        """Meters were registered, renamed or deleted."""
        self.changed.emit(handle)

    def noticed(self, handle: Handle, warnings: int) -> None:
        """Something was read of the device that has so many warnings in it."""
        if handle.warnings != warnings:
            handle.warnings = warnings
            self.changed.emit(handle)

    def _set(self, handle: Handle, state: State, error: AppError | None = None) -> None:
        handle.state, handle.error = state, error
        self.changed.emit(handle)

    async def aclose(self) -> None:
        """End a recording, hang up everywhere and close the site file."""
        self.recording.stop()
        for handle in tuple(self.handles.values()):
            await self.close(handle)
        if self.move_to is None:
            self.site.close()
            return
        try:
            (await self.site.save_as(self.move_to)).close()
        finally:
            self.site.close()

    # Drafts.

    def recount_drafts(self) -> None:
        """Look again which devices and meters have unsent drafts."""
        self._drafts.clear()
        for draft in self.site.drafts.all():
            targets = self._drafts.setdefault(draft.device, {})
            targets[draft.target] = targets.get(draft.target, 0) + 1
        self.drafts_changed.emit()

    def drafts(self, device: str, target: str | None = None) -> int:
        """How many sections of a device, or of one target of it, have unsent drafts."""
        targets = self._drafts.get(device, {})
        return sum(targets.values()) if target is None else targets.get(target, 0)


def _listening(browser: Browser) -> str:
    """Where announcements are heard, and where they cannot be."""
    heard = ", ".join(interface.ip for interface in browser.interfaces)
    text = f"Listening for devices on {heard}" if heard else "No network: connect a cable or Wi-Fi"
    deaf = ", ".join(browser.unavailable)
    return f"{text}; not on {deaf}" if deaf else text


def _candidates(text: str) -> tuple[Address, ...]:
    from app.discovery.identify import candidates

    addresses = parse_address(text)
    if "://" in text:
        return addresses
    distinct = {found for address in addresses for found in candidates(address.host, address.port)}
    return tuple(sorted(distinct, key=lambda address: address.scheme, reverse=True))
