"""Talks to one INGECON SUN device: a card in an inverter, an EMS, or a card that is both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from http import HTTPStatus

from app.model.device import Identity, Meter
from app.model.errors import (
    AccessDenied,
    AnswerLost,
    AppError,
    BadReply,
    DeviceFailed,
    DeviceRefused,
    DeviceSilent,
    LoginFailed,
    NotFound,
    NotRecognised,
    UsageError,
)
from app.model.section import Step
from app.model.support import Capabilities
from app.net.client import DeviceClient, Reply
from app.net.eventstream import NotAnEventStream
from app.net.lenient import JsonReader
from app.net.stream import Stream
from app.vendors.ingecon.stream import SharedStream
from app.vendors.ingecon.tables import MODELS, Model, plain
from app.vendors.ingecon.wire import InverterAnswer, inverter_answer

FEW_STREAMS = "Are other programs reading it? The device serves a few at a time."
PROPERTIES = "/inverter/properties/read/1"
CARD = "/system/info/device"
"""Not in the manual; others have seen it answer with the card's serial number."""
CARD_S = 4.0
"""How long an answer to that may take."""
QUESTION = b'{"readdb": true}'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
"""As the manual's own command line sends it."""
DAY_S = 60.0
"""How long a day of samples may take."""
DAY_BYTES = 8 * 1024 * 1024
ANSWER_BYTES = 1024 * 1024
KEPT_DAYS = 93
"""Days of samples that are kept while connected, each of some 170 kB."""
FRESH_S = 1.0
LAYOUT_S = 4.0
"""How long a connection waits for the first event, which tells the EMS's layout."""

INVERTER, EMS, TLM = "inverter", "EMS", "EMS with a STORAGE 1Play"
PHASES = "EMS without a STORAGE 1Play"


def samples_path(day: date) -> str:
    """Where the samples of a day are (manual 7.4)."""
    return f"/ems/datalogger/samples/{day:%Y%m%d}/3"


def model_of(answer: InverterAnswer) -> Model | None:
    """The model by its firmware's name, else by the values that it sends; None for one that we do not know."""
    for model in MODELS:
        if answer.firmware.upper().startswith(model.prefix):
            return model
    names = set(answer.named())
    found = {model.key: {plain(value.name) for value in model.values} for model in MODELS}
    best = min(MODELS, key=lambda model: len(names ^ found[model.key]))
    alike = len(names & found[best.key])
    return best if 2 * alike > len(names | found[best.key]) else None


class IngeconClient:
    """One device. `model` is the inverter's, once it has answered."""

    def __init__(self, device: DeviceClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.model: Model | None = None
        self.stream = SharedStream(device, _refuse_stream, clock=clock)
        self.poll_trouble: AppError | None = None
        """Why an inverter that is asked again and again does not answer; None while it does."""
        self._offered: frozenset[str] | None = None
        self._device = device
        self._clock = clock
        self._json = JsonReader(str(device.address))
        self._answer: tuple[float, InverterAnswer] | None = None
        self._days: dict[date, bytes] = {}
        self._turn = asyncio.Lock()

    async def identity(self) -> Identity:
        """Who the device is, found out by asking for an inverter's values and for an EMS's stream.

        Raises:
            NotRecognised: it is neither.
            LoginFailed: the card wants another login.
        """
        answer, trouble = await self._if_inverter()
        seen = await self._if_ems(patient=answer is None)
        if trouble is not None and not seen:
            raise trouble
        if answer is None and not seen:
            raise NotRecognised(f"What answers at {self._device.address} is neither an INGECON inverter nor an EMS.")
        if answer is None:
            await self._prove_login()
        self._offered = self._kinds(answer, seen)
        facts = await self._facts(answer)
        serial = facts.pop("Serial", "")
        return Identity(
            vendor="ingecon",
            id=serial or self._where(answer),
            name=self._name(answer),
            model=f"INGECON SUN {self._name(answer) if answer else 'EMS'}",
            firmware=answer.firmware if answer else "",
            facts=tuple(facts.items()),
        )

    async def meters(self) -> tuple[Meter, ...]:
        """None: there is nothing behind it."""
        return ()

    async def capabilities(self, target: str) -> Capabilities:
        """Which kind of device it is, and with which values."""
        return Capabilities(self._offered)

    async def perform(self, step: Step) -> None:
        """Nothing can be set over this interface.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{step.title}: nothing can be set over the interface of these devices.")

    async def inverter(self, *, fresh: bool = False) -> InverterAnswer:
        """The inverter's values (manual 2.1); a second question within a second is answered from the first.

        Raises:
            LoginFailed: the card wants another login.
            BadReply, DeviceRefused: it is no inverter's answer.
        """
        async with self._turn:
            kept = self._answer
            if not fresh and kept is not None and self._clock() - kept[0] < FRESH_S:
                return kept[1]
            reply = await self._device.request("POST", PROPERTIES, body=QUESTION, headers=FORM, max_bytes=ANSWER_BYTES)
            refuse(reply.status, reply.text(), f"POST {PROPERTIES}")
            answer = inverter_answer(self._json.decode(reply.body))
            self.model = model_of(answer)
            self._answer = self._clock(), answer
            return answer

    async def samples(self, day: date) -> object:
        """The datalogger's samples of a day, decoded (manual 7.4); None where the device has none of that day.

        A day that is over is asked for once. Yesterday may still be going on at the device.

        Raises:
            LoginFailed: the card wants another login.
        """
        if day in self._days:
            return self._json.decode(self._days[day])
        path = samples_path(day)
        async with self._turn:
            reply = await self._ask_for_samples(path)
        if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.NO_CONTENT):
            return None
        refuse(reply.status, reply.text(), f"POST {path}")
        document = self._json.decode(reply.body) if reply.body.strip() else None
        if document and day < datetime.now().date() - timedelta(days=1):
            self._days[day] = reply.body
            if len(self._days) > KEPT_DAYS:
                del self._days[next(iter(self._days))]
        return document

    async def aclose(self) -> None:
        """Hang up. There is no logging out."""
        await self.stream.aclose()
        await self._device.aclose()

    async def _ask_for_samples(self, path: str) -> Reply:
        return await self._device.request("POST", path, max_bytes=DAY_BYTES, timeout_s=DAY_S)

    async def _if_inverter(self) -> tuple[InverterAnswer | None, DeviceFailed | None]:
        """The inverter's values, or None where nobody knows the question, or where the inverter is in trouble."""
        try:
            return await self.inverter(fresh=True), None
        except DeviceFailed as error:
            return None, error
        except (DeviceRefused, BadReply):
            return None, None

    async def _if_ems(self, *, patient: bool) -> bool:
        """Does it stream an EMS's values? An inverter's card may have the stream without an EMS to fill it."""
        try:
            await self.stream.latest(LAYOUT_S)
        except DeviceSilent:
            return patient and self.stream.opened > 0
        except (DeviceRefused, NotAnEventStream, AccessDenied):
            return False
        return True

    async def _prove_login(self) -> None:
        """The stream may need no login; the datalogger does. Of tomorrow it has nothing, so the answer is short."""
        await self._ask_for_samples(samples_path(datetime.now().date() + timedelta(days=1)))

    def _kinds(self, answer: InverterAnswer | None, ems: bool) -> frozenset[str]:
        kinds = set()
        if answer is not None:
            kinds.add(INVERTER)
            if self.model is not None:
                kinds.add(self.model.title)
        if ems:
            kinds.add(EMS)
            if self.stream.with_storage is not False:
                kinds.add(TLM)
            if self.stream.with_storage is not True:
                kinds.add(PHASES)
        return frozenset(kinds)

    async def _facts(self, answer: InverterAnswer | None) -> dict[str, str]:
        facts = {}
        if answer is not None:
            facts = {"Modbus node": answer.node, "CAN": answer.can if answer.can != "-1" else ""}
            facts["Connection"] = answer.connection
        return {label: text for label, text in (facts | {"Serial": await self._serial()}).items() if text}

    async def _serial(self) -> str:
        """The card's serial number, where it has that page; the manual knows none.

        Whatever a card does that has it not, hanging up included, is no reason not to talk with it. Asked twice, as
        the serial number is the device's identity: one lost answer must not make another device of it.
        """
        page: object = None
        for _ in range(2):
            try:
                reply = await self._device.request("GET", CARD, max_bytes=ANSWER_BYTES, timeout_s=CARD_S)
                page = self._json.decode(reply.body) if reply.status == HTTPStatus.OK else None
            except AnswerLost:
                continue
            except (BadReply, LoginFailed):
                pass
            break
        serial = page.get("SerialNumber") if isinstance(page, dict) else None
        return serial.strip()[:64] if isinstance(serial, str) else ""

    def _where(self, answer: InverterAnswer | None) -> str:
        """In place of a serial number, which the manual does not know: the address, and whose values these are."""
        return f"{self._device.address.netloc}/{answer.node or '1' if answer else 'ems'}"

    def _name(self, answer: InverterAnswer | None) -> str:
        """What it is, in words: the tree shows this, and the family beside it."""
        if answer is None:
            return "EMS with storage" if self.stream.with_storage else "EMS"
        return self.model.title if self.model else "inverter"


def refuse(status: int, text: str, request: str) -> None:
    """Raise what a status other than success means; `text` is the beginning of the answer, untrusted."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    raise _refusal(status, f"The device answers {status} to {request}{_said(text)}.")


def _refusal(status: int, message: str) -> AppError:
    if status == HTTPStatus.FORBIDDEN:
        return AccessDenied(message)
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(message, status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeviceFailed(message, status=status, hint="It may be starting, or the inverter is off. Try again.")
    if status >= HTTPStatus.BAD_REQUEST:
        return DeviceRefused(message, status=status)
    return BadReply(message)


def _refuse_stream(stream: Stream) -> None:
    said, asked = stream.body.decode("utf-8", "replace").strip()[:500], "the request for its stream"
    if stream.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise DeviceFailed(
            f"The device answers {stream.status} to {asked}{_said(said)}.", status=stream.status, hint=FEW_STREAMS
        )
    refuse(stream.status, said, asked)


def _said(text: str) -> str:
    """The device's own words, if they are words and not a page."""
    line = " ".join(text.split())[:200].rstrip(".")
    return "" if not line or line.startswith("<") else f": {line}"
