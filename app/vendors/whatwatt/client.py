"""Talks to one whatwatt Go: its pages and settings, the live stream, the files on its memory card."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus

import msgspec

from app.model.device import Credentials, Identity, Meter
from app.model.errors import (
    AccessDenied,
    AppError,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    LicenceRequired,
    NotFound,
    NotRecognised,
)
from app.model.section import Step
from app.model.support import Capabilities
from app.net.client import DeviceClient
from app.net.eventdata import EventData
from app.net.eventsource import Event
from app.net.eventstream import StreamState
from app.net.lenient import JsonReader
from app.net.recorder import strike_values
from app.net.stream import Stream
from app.vendors.whatwatt.models import DeviceInfo, MeterInfo, Supply
from app.vendors.whatwatt.places import dig, fill

SYSTEM = "/api/v1/system"
REPORT = "/api/v1/report"
LIVE = "/api/v1/live"
ONE_STREAM = "Is another program reading it? The device serves one at a time."
SETTINGS = "/api/v1/settings"
SD_CARD = "/sdcard/"

FRESH_S = 1.0
"""Sections that share a resource and are read together cost one request: the device's power is scarce (manual 2.1)."""
DOCUMENT_BYTES = 1024 * 1024
LEAST_WATCHDOG_S = 15.0
WATCHDOG_INTERVALS = 5


class WhatwattClient:
    """One device. `clock` counts seconds.

    `report_interval_s` is how often the meter reports, as last heard from the device; 0 while that is not known.
    """

    def __init__(self, device: DeviceClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.report_interval_s = 0.0
        self.licensed: bool | None = None
        """Has the device its Plus licence? None until something was asked for that needs it."""
        self.ordered: tuple[str, str] | None = None
        """A file of the memory card that is to be fetched, and the folder it goes to: see `card_download`."""
        self.saved: tuple[str, int] | None = None
        """The file that was fetched last, and its size in bytes."""
        self.fetching = asyncio.Lock()
        """Held while a file is fetched: two at once have made a device restart."""
        self.absences = 0
        """How often the device was seen to be away during something that it was told to do."""
        self.firmware_before: int | None = None
        """For how many seconds the device had been running when firmware was sent to it."""
        self.http = device
        self._device = device
        self._clock = clock
        self._json = JsonReader(str(device.address))
        self._events = EventData(str(device.address), _live_data, wanted=_is_live)
        self.report_trouble: AppError | None = None
        """Why the report that is asked for again and again does not come; None while it does."""
        self._read: dict[str, tuple[float, object]] = {}
        self._turn = asyncio.Lock()
        self._v_scap: float | None = None

    async def identity(self) -> Identity:
        """Who the device is (manual 2.3).

        Raises:
            NotRecognised: something else answers there.
        """
        system = await self.system(fresh=True)
        info = fill(DeviceInfo, system)
        if not info.id:
            raise NotRecognised(f"What answers at {self._device.address} does not say which whatwatt device it is.")
        return Identity(
            vendor="whatwatt",
            id=info.id,
            model=info.model or "",
            name=info.name or "",
            firmware=info.firmware or "",
            facts=_facts(info, fill(MeterInfo, system), fill(Supply, system)),
        )

    async def meters(self) -> tuple[Meter, ...]:
        """None: the device stands for the one meter that it reads."""
        return ()

    async def capabilities(self, target: str) -> Capabilities:
        """Everything: a missing licence shows when its resource is asked for."""
        return Capabilities()

    async def perform(self, step: Step) -> None:
        """Send one step; what is read afterwards comes from the device again.

        Raises:
            AnswerLost: it is not known whether the device took it.
        """
        if step.method == "GET" and step.path.startswith(SD_CARD):
            # Fetching a file takes minutes and tells how far it is: that is done by whoever follows the action.
            self.ordered, self.saved = (step.path, str((step.body or {}).get("folder", ""))), None
            return
        body = None if step.body is None else msgspec.json.encode(step.body)
        async with self._turn:
            try:
                reply = await self._device.request(step.method, step.path, body=body, secret=step.secret)
            finally:
                self._read.clear()
        refuse(reply.status, self._concealed(reply.text(), step), f"{step.method} {step.path}")
        await self._go_on_with(step)

    def _concealed(self, text: str, step: Step) -> str:
        """The device's words without what was secret in the request."""
        return strike_values(self._device.concealer(None)(text), step.secrets())

    async def _go_on_with(self, step: Step) -> None:
        """After the device has taken a new password of its own, this connection uses it."""
        password = dig(step.body, "system.password")
        if step.path == SETTINGS and isinstance(password, str) and password:
            user = self._device.credentials.user if self._device.credentials else ""
            await self._device.login(Credentials(user, password))

    async def system(self, *, fresh: bool = False) -> object:
        """The system page, decoded (manual 2.3)."""
        document = await self._document(SYSTEM, fresh)
        if dig(document, "device") is None:
            raise NotRecognised(f"What answers at {self._device.address} has no whatwatt system page.")
        self._heard(fill(MeterInfo, document).report_interval_s)
        return document

    async def report(self, *, fresh: bool = False) -> object:
        """The meter's last report, decoded (manual 3.1).

        Raises:
            LicenceRequired: the device has no Plus licence.
        """
        try:
            document = await self._document(REPORT, fresh)
        except LicenceRequired:
            self.licensed = False
            raise
        self.licensed = True
        if dig(document, "report") is None:
            raise BadReply(f"The answer of {self._device.address} to {REPORT} holds no report.")
        return document

    async def document(self, path: str, *, fresh: bool = False, timeout_s: float | None = None) -> object:
        """Any other page of the device, decoded.

        Raises:
            AppError: the device says no, or something that cannot be read.
        """
        return await self._document(path, fresh, timeout_s)

    async def supply(self) -> Supply:
        """The supply voltages, and how the buffer has changed since the first reading on this connection."""
        supply = fill(Supply, await self.system())
        if supply.v_scap is None:
            return supply
        if self._v_scap is None:
            self._v_scap = supply.v_scap
        return msgspec.structs.replace(supply, v_scap_change=round(supply.v_scap - self._v_scap, 3))

    async def live(self, on_state: Callable[[StreamState], None] | None = None) -> AsyncGenerator[object, None]:
        """The data of the live events, decoded, for as long as one listens; reconnects by itself (manual 3.2).

        The device serves one stream in all: a second one ends the first. Close the generator when leaving early.

        Raises:
            LoginFailed, AccessDenied, NotFound, LicenceRequired: trying again would not help.
        """

        values = self._events.values(self._open_live, watchdog_s=self.watchdog_s, on_state=on_state)
        async with aclosing(values):
            async for data in values:
                yield data

    @property
    def live_trouble(self) -> AppError | None:
        """Why the live stream is gone that is tried again; None while it is there."""
        return self._events.trouble

    @property
    def bad_events(self) -> int:
        """How many events of the live stream could not be read and were left out."""
        return self._events.unreadable

    def watchdog_s(self) -> float:
        """How long the live stream may be silent: it sends no heartbeat, only the meter's reports."""
        return max(LEAST_WATCHDOG_S, WATCHDOG_INTERVALS * self.report_interval_s)

    async def aclose(self) -> None:
        """Hang up. There is no logging out."""
        await self._device.aclose()

    @asynccontextmanager
    async def _open_live(self, headers: Mapping[str, str]) -> AsyncIterator[Stream]:
        # The meter's report interval may have changed since the last connection, and the watchdog goes by it.
        await self.system()
        async with self._device.stream(LIVE, headers=headers) as stream:
            said = stream.body.decode("utf-8", "replace").strip()[:500]
            if stream.status == HTTPStatus.SERVICE_UNAVAILABLE:
                message = f"The device answers {stream.status} to GET {LIVE}{_said(said)}."
                raise DeviceFailed(message, status=stream.status, hint=ONE_STREAM)
            refuse(stream.status, said, f"GET {LIVE}")
            yield stream

    async def _document(self, path: str, fresh: bool, timeout_s: float | None = None) -> object:
        async with self._turn:
            kept = self._read.get(path)
            if not fresh and kept is not None and self._clock() - kept[0] < FRESH_S:
                return kept[1]
            reply = await self._device.request("GET", path, max_bytes=DOCUMENT_BYTES, timeout_s=timeout_s)
            refuse(reply.status, reply.text(), f"GET {path}")
            document = self._json.decode(reply.body)
            self._read[path] = self._clock(), document
            return document

    def _heard(self, interval_s: float | None) -> None:
        if interval_s is not None and interval_s >= 0:
            self.report_interval_s = interval_s


def _live_data(document: object) -> object:
    """The data of a live event.

    Raises:
        BadReply: it is something else.
    """
    if not isinstance(document, dict):
        raise BadReply("The device's event holds something else than named values.")
    return document


def _is_live(event: Event) -> bool:
    return event.type == "live"


def refuse(status: int, text: str, request: str) -> None:
    """Raise what a status other than success means; `text` is the beginning of the answer, untrusted."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    raise _refusal(status, text, f"The device answers {status} to {request}{_said(text)}.")


def _refusal(status: int, text: str, message: str) -> AppError:
    if status == HTTPStatus.NOT_FOUND and "license required" in text.lower():
        return LicenceRequired(
            "The device has no Plus licence for this.",
            hint="The maker sells the Plus licence. The live stream works without it.",
            details=message,
        )
    if status == HTTPStatus.FORBIDDEN:
        return AccessDenied(message)
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(message, status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeviceFailed(message, status=status, hint="It may be busy or short of power. Wait a moment and refresh.")
    if status >= HTTPStatus.BAD_REQUEST:
        return DeviceRefused(message, status=status)
    return BadReply(message)


def _said(text: str) -> str:
    """The device's own words, if they are words and not a page."""
    line = " ".join(text.split())[:200].rstrip(".")
    return "" if not line or line.startswith("<") else f": {line}"


def _facts(info: DeviceInfo, meter: MeterInfo, supply: Supply) -> tuple[tuple[str, str], ...]:
    named = " ".join(filter(None, (meter.manufacturer, meter.model or meter.type, meter.id)))
    volts = (("USB", supply.v_usb), ("M-Bus", supply.v_mbus), ("P1", supply.v_p1), ("buffer", supply.v_scap))
    facts = (
        ("Meter", named),
        ("Meter status", meter.status or ""),
        ("Interface", " ".join(filter(None, (meter.interface, meter.protocol)))),
        ("Supply", ", ".join(f"{name} {value:.2f} V" for name, value in volts if value is not None)),
        ("Licence", info.licence or ""),
    )
    return tuple((label, text) for label, text in facts if text)
