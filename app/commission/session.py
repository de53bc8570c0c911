"""A device in hand: its connection, what was read from it, the drafts of its sections, its feeds.

The window and the command line work through this and nothing below it.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive, Query, Records, Told
from app.model.device import Address, Credentials, Identity, Meter
from app.model.errors import StorageFailed, UsageError
from app.model.field import Choice
from app.model.job import Progress
from app.model.quantity import Feed
from app.model.section import AnySection, Change, Guide, Scope
from app.model.support import Capabilities, Support
from app.model.vendor import Connection, Vendor
from app.net.client import DeviceClient, Policy
from app.net.pace import Notes, Pace
from app.net.pins import Pins

from .action import act
from .draft import Draft
from .guided import Patience, Wanted, advice_before, find_again
from .keeping import Keeper, Telling
from .live import FeedHub
from .receipt import Outcome, Receipt
from .records import DraftStore, Journal, ReadingStore
from .send import Preview, preview, send
from .stored_draft import restored, storable


def _untold(_: Progress) -> None:
    """Where nobody watches a guided change."""


async def _nowhere() -> None:
    """Where nobody keeps passwords."""


class Live(msgspec.Struct, frozen=True):
    """What a section was on the device, and when it was read (this computer's clock)."""

    value: Any
    at: datetime


class DeviceSession:
    """One device, from connecting to closing.

    `target` below is a meter's serial for sections of meters, and is ignored for the device's own sections.
    """

    def __init__(
        self,
        vendor: Vendor,
        address: Address,
        *,
        pins: Pins,
        journal: Journal,
        drafts: DraftStore,
        credentials: Credentials | None = None,
        key: str = "",
        notes: Notes | None = None,
        readings: ReadingStore | None = None,
    ) -> None:
        self.vendor = vendor
        self.address = address
        policy = Policy(
            one_connection=vendor.one_connection,
            idle_s=vendor.idle_s,
            basic_at_once=vendor.basic_at_once,
            password_in_query=vendor.password_in_query,
            login=vendor.login,
        )
        pace = Pace(vendor.pace_s, address.netloc, notes) if vendor.pace_s else None
        self.client = DeviceClient(address, credentials=credentials, pins=pins, policy=policy, pace=pace)
        self.connection: Connection = vendor.connect(self.client)
        self.identity: Identity | None = None
        self.meters: tuple[Meter, ...] = ()
        self._keeper = Keeper(vendor, readings)
        self.feeds = FeedHub(self.connection, self._keeper.keep)
        if isinstance(self.connection, Telling):
            self.connection.on_reading = self._keeper.heard
        self._key = key
        self._journal = journal
        self._stored = drafts
        self._live: dict[tuple[str, str], Live] = {}
        self._drafts: dict[tuple[str, str], Draft[Any]] = {}
        self._capabilities: dict[str, Capabilities] = {}
        self.kept: Callable[[], None] = lambda: None
        """Called after a draft was written into the site file, or dropped there."""
        self.receipts: dict[tuple[str, str], Receipt] = {}
        self.patience = Patience()
        """How a device is looked for after a change that sent it elsewhere."""
        self.moved: Callable[[Address], None] = lambda _: None
        """Called with the new address after the device was found at one, and the session goes on there."""
        self.login_renewed: Callable[[], Awaitable[None]] = _nowhere
        """Called after the login in use got another password, or another address: whoever keeps it keeps this."""

    @property
    def key(self) -> str:
        """Under which site file and journal keep this device: by its own id once that is known."""
        if self.identity is not None and self.identity.id:
            return f"{self.vendor.key}:{self.identity.id}"
        return self._key or f"{self.vendor.key}:{self.address.netloc}"

    @property
    def pace(self) -> Pace | None:
        """How often the device may be asked; None: as often as one likes."""
        return self.client.pace

    @property
    def journal(self) -> Journal:
        """Where what is sent to this device is noted."""
        return self._journal

    async def open(self) -> Identity:
        """Connect and log in: ask who it is, and which meters stand behind it.

        Raises:
            AppError: not reachable, not trusted, not logged in, no such device.
        """
        self.identity = await self.connection.identity()
        self._keeper.known_as(self.key)
        self.meters = await self.connection.meters()
        self._capabilities.clear()
        if self.vendor.hides_unsupported:
            await self.capabilities(self.identity.id)
        return self.identity

    async def refresh_meters(self) -> tuple[Meter, ...]:
        """Ask again which meters stand behind it."""
        self.meters = await self.connection.meters()
        return self.meters

    def target(self, section: AnySection | AnyArchive | AnyAction, meter: str) -> str:
        """The target of a section, archive or action: the meter, or the device itself.

        Raises:
            UsageError: the section belongs to meters and none is named.
        """
        if section.scope is Scope.DEVICE:
            return self.identity.id if self.identity else ""
        if not meter:
            raise UsageError(f"{section.title} belongs to a meter: name one.", hint="Use --meter SERIAL.")
        return meter

    def sections(self, meter: str = "") -> tuple[AnySection, ...]:
        """The sections of the device itself, or of its meters."""
        scope = Scope.METER if meter else Scope.DEVICE
        return tuple(one for one in self.vendor.sections if one.scope is scope and self._listed(one, meter))

    def archives(self, meter: str = "") -> tuple[AnyArchive, ...]:
        """What the device itself, or one of its meters, keeps by time."""
        scope = Scope.METER if meter else Scope.DEVICE
        return tuple(one for one in self.vendor.archives if one.scope is scope and self._listed(one, meter))

    def actions(self, meter: str = "", *, beside: str | None = None) -> tuple[AnyAction, ...]:
        """What the device itself, or one of its meters, can be told to do; `beside` picks those of one page."""
        scope = Scope.METER if meter else Scope.DEVICE
        return tuple(
            action
            for action in self.vendor.actions
            if action.scope is scope and (beside is None or action.beside == beside) and self._listed(action, meter)
        )

    def live_feeds(self, meter: str = "") -> tuple[Feed, ...]:
        """The live sources of the device itself, or of its meters."""
        feeds = self.vendor.feeds
        return tuple(feed for feed in feeds if feed.of_meter == bool(meter) and self._listed(feed, meter))

    def _listed(self, declared: AnySection | AnyArchive | AnyAction | Feed, meter: str) -> bool:
        """Is it shown here at all? What is known not to be offered is not, in a family that wants it so."""
        if not self.vendor.hides_unsupported:
            return True
        known = self._capabilities.get(meter or (self.identity.id if self.identity else ""))
        return known is None or declared.support(known).readable

    async def capabilities(self, target: str) -> Capabilities:
        """What the device or a meter offers to this account; asked once."""
        if target not in self._capabilities:
            self._capabilities[target] = await self.connection.capabilities(target)
        return self._capabilities[target]

    async def support(self, section: AnySection | AnyArchive | AnyAction, meter: str) -> Support:
        """Can the section be read and written, the archive read, the action done here?"""
        return section.support(await self.capabilities(self.target(section, meter)))

    async def read(self, section: AnySection, meter: str) -> Live:
        """Read a section; its draft follows in what was not edited.

        Raises:
            AppError: it cannot be read.
        """
        target = self.target(section, meter)
        value = await section.read(self.connection, target)
        answered = section.answered(self.connection) if section.answered is not None else None
        live = Live(value, answered or datetime.now().astimezone())
        self._live[section.key, target] = live
        draft = self._drafts.get((section.key, target))
        if draft is None:
            stored = self._stored.load(self.key, target, section.key)
            self._drafts[section.key, target] = restored(section, live.value, stored, of=self.key)
        else:
            draft.rebase(live.value)
        return live

    def live(self, section: AnySection, meter: str) -> Live | None:
        """What was last read of a section."""
        return self._live.get((section.key, self.target(section, meter)))

    def draft(self, section: AnySection, meter: str) -> Draft[Any] | None:
        """The draft of a section; None until it was read."""
        return self._drafts.get((section.key, self.target(section, meter)))

    def keep(self, section: AnySection, meter: str) -> None:
        """Write the draft into the site file, or drop it there when nothing is left to send."""
        target = self.target(section, meter)
        draft = self._drafts[section.key, target]
        if draft.changes():
            self._stored.save(self.key, target, section.key, *storable(section, draft))
        else:
            self._stored.drop(self.key, target, section.key)
        self.kept()

    async def copy_draft(self, section: AnySection, source: str, meter: str) -> None:
        """Make what is edited for one meter a draft of another, on top of what that one has now.

        Raises:
            AppError: the other meter cannot be read.
        """
        edits = self._drafts[section.key, source].changes()
        await self.read(section, meter)
        draft = self._drafts[section.key, meter]
        for change in edits:
            draft.set(change.field, change.after)
        self.keep(section, meter)

    def preview(self, section: AnySection, meter: str, fields: Iterable[str] | None = None) -> Preview:
        """What sending the draft would do, judged by what was last read.

        Of a change that moves the device it says what this computer lacks to reach it afterwards.

        Raises:
            InvalidValue, UsageError: it cannot be sent like this.
        """
        target = self.target(section, meter)
        draft = self._drafts[section.key, target]
        chosen = _chosen(draft, fields)
        plan = preview(section, target, draft.base, chosen, now=draft.now and _clock_chosen(section, chosen))
        if plan.guide is None:
            return plan
        return dataclasses.replace(plan, advice=self.advice(plan.guide))

    async def send(
        self,
        section: AnySection,
        meter: str,
        fields: Iterable[str] | None = None,
        *,
        told: Callable[[Progress], None] = _untold,
    ) -> Receipt:
        """Send the draft, or only these fields of it; read back; keep or drop the draft accordingly.

        After a change that can cut the device off it is looked for, which `told` hears of; the session then goes on
        where it was found. Cancelled meanwhile, the session stays at the old address and the journal says 'unknown'.

        Raises:
            AppError: nothing was sent.
        """
        target = self.target(section, meter)
        draft = self._drafts[section.key, target]
        chosen = _chosen(draft, fields)
        unkept: list[StorageFailed] = []
        found: list[msgspec.Struct] = []
        receipt = await send(
            section,
            self.connection,
            self.key,
            target,
            chosen,
            journal=self._journal,
            now=draft.now and _clock_chosen(section, chosen),
            follow=lambda guide: self._follow(guide, told, unkept.append),
            looked=found.append,
        )
        self.receipts[section.key, target] = receipt
        try:
            self._after(section, meter, draft, receipt, chosen, found)
            for trouble in unkept:
                raise trouble
        except StorageFailed as error:
            receipt = _with_trouble(receipt, error)
            self.receipts[section.key, target] = receipt
        if receipt.outcome is Outcome.UNCHANGED and chosen:
            # The device had these values already, which was not known here.
            await self.read(section, meter)
        return receipt

    async def _follow(
        self, guide: Guide, told: Callable[[Progress], None], unkept: Callable[[StorageFailed], None]
    ) -> None:
        """Find the device again after a guided change, and go on where it is; `unkept` hears if that is not noted."""
        async with aclosing(self._search(guide, unkept)) as search:
            async for event in search:
                told(event)

    async def _search(self, guide: Guide, unkept: Callable[[StorageFailed], None]) -> AsyncGenerator[Progress, None]:
        wanted = Wanted(self.vendor, self.client, self.identity.id if self.identity else "")
        async with aclosing(find_again(wanted, guide, self.patience)) as search:
            async for event in search:
                if not isinstance(event, Address):
                    yield event
                    continue
                try:
                    await self._go_on_at(event)
                except StorageFailed as error:
                    unkept(error)

    async def _go_on_at(self, address: Address) -> None:
        """The device has proven to be there: certificate, login and everything that was read go along."""
        old = self.address
        if address == old:
            return
        self.address = self.client.address = address
        try:
            self.client.pins.carry(old.netloc, address.netloc)
        finally:
            await self.client.aclose()
            self.moved(address)
            await self.login_renewed()

    def _after(
        self,
        section: AnySection,
        meter: str,
        draft: Draft[Any],
        receipt: Receipt,
        chosen: tuple[Change, ...],
        found: Sequence[msgspec.Struct],
    ) -> None:
        """What was sent is no draft any more; what was not chosen, or did not arrive, still is."""
        if receipt.outcome in (Outcome.VERIFIED, Outcome.UNCHANGED):
            for change in chosen:
                # What was edited again while this was on its way is still to be sent.
                if getattr(draft.value, change.field) == change.after:
                    draft.revert(change.field)
        now = {change.field: change.now for change in receipt.changes if change.now is not None}
        for value in found:
            # What can only be read may follow from what was sent: how far a clock is off, what ratios make together.
            now |= {field.name: getattr(value, field.name) for field in section.fields if field.read_only}
        if now:
            draft.rebase(msgspec.structs.replace(draft.base, **now))
            self._live[section.key, receipt.target] = Live(draft.base, datetime.now().astimezone())
        self.keep(section, meter)

    async def records(self, archive: AnyArchive, meter: str, query: Query, told: Told = _untold) -> Records:
        """Read an archive; `told` hears how far it is, where the archive tells.

        Raises:
            AppError: it cannot be read.
        """
        if archive.of_feed:
            target = meter if archive.scope is Scope.METER else ""
            return await asyncio.to_thread(self._keeper.records, archive, target, query)
        if archive.read_told is not None:
            return await archive.read_told(self.connection, self.target(archive, meter), query, told)
        return await archive.read(self.connection, self.target(archive, meter), query)

    async def options(self, archive: AnyArchive, meter: str) -> Mapping[str, tuple[Choice, ...]]:
        """The choices of an archive's parameters that only the device knows."""
        return await archive.options(self.connection, self.target(archive, meter))

    def advice(self, guide: Guide) -> str:
        """What this computer lacks to reach the device after a change with that guide; empty when it lacks nothing."""
        return advice_before(guide, self.patience.own())

    async def act(
        self, action: AnyAction, meter: str, parameters: msgspec.Struct
    ) -> AsyncGenerator[Progress | Receipt, None]:
        """Do an action: what goes on meanwhile, and at last the receipt.

        Raises:
            AppError: nothing was sent.
        """
        target = self.target(action, meter)
        login = self.client.credentials
        unkept: list[StorageFailed] = []

        def search(guide: Guide) -> AsyncGenerator[Progress, None]:
            return self._search(guide, unkept.append)

        doing = act(action, self.connection, self.key, target, parameters, journal=self._journal, search=search)
        async with aclosing(doing):
            async for event in doing:
                if not isinstance(event, Receipt):
                    yield event
                    continue
                receipt = await self._login_kept(login, event)
                for error in unkept:
                    receipt = _with_trouble(receipt, error)
                self.receipts[action.key, target] = receipt
                yield receipt

    async def _login_kept(self, before: Credentials | None, receipt: Receipt) -> Receipt:
        """An action may have given the account in use another password."""
        if self.client.credentials == before:
            return receipt
        try:
            await self.login_renewed()
        except StorageFailed as error:
            return _with_trouble(receipt, error)
        return receipt

    async def aclose(self) -> None:
        """Close feeds, log out, hang up."""
        try:
            await self.feeds.aclose()
        finally:
            await self.connection.aclose()


def _with_trouble(receipt: Receipt, error: StorageFailed) -> Receipt:
    """What was sent was sent: the story of that must not give way to what could not be kept."""
    message = f"{receipt.message} {error.message}".strip()
    return msgspec.structs.replace(receipt, message=message, hint=receipt.hint or error.hint)


def _chosen(draft: Draft[Any], fields: Iterable[str] | None) -> tuple[Change, ...]:
    wanted = None if fields is None else set(fields)
    return tuple(change for change in draft.changes() if wanted is None or change.field in wanted)


def _clock_chosen(section: AnySection, changes: tuple[Change, ...]) -> bool:
    return any(section.field(change.field).tolerance for change in changes)
