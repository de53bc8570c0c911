"""Talks to one smart-MAC meter: a single request that brings everything, shared by all who want to know something.

The meter may be asked rarely. So pages, identity and live values live on the last answer, and who wants to know more
is told when it may be asked again.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from urllib.parse import quote

import msgspec

from app.model.device import Credentials, Identity, Meter
from app.model.errors import (
    AppError,
    BadReply,
    DeviceFailed,
    DeviceUnreachable,
    LoginFailed,
    NotFound,
    TooSoon,
)
from app.model.job import Progress
from app.model.quantity import Reading
from app.model.section import Step
from app.model.support import Capabilities
from app.net.client import DeviceClient
from app.net.client import Reply as HttpReply
from app.net.lenient import JsonReader, text_of
from app.net.pace import Pace
from app.vendors.smartmac.quantities import FEED, values_of
from app.vendors.smartmac.refusal import LOGIN, refuse, wrong_login
from app.vendors.smartmac.reply import Reply, kind_of, relay_words, reply_of

DATA = "/?page=getdata"
PASSWORD = "devpass"  # noqa: S105 -- the name of the parameter
KEEP = "KEEP"
"""The method of a step that sends nothing: what it holds is kept in the site."""
PACE = "pace"
STANDARD_S = 60.0
EXTENDED_S = 6.0
SHORT_WAIT_S = EXTENDED_S + 1
REPLY_BYTES = 256 * 1024
TRIES = 5
LEAST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 120.0
WORDS = 200


class Snapshot(msgspec.Struct, frozen=True):
    """One answer, and when it came (seconds since 1970, this computer's clock)."""

    reply: Reply
    at: float


class SmartMacClient:
    """One meter. `sleep` waits so many seconds."""

    def __init__(self, device: DeviceClient, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.on_reading: Callable[[str, Reading], None] = _tells_nobody
        self.sleep = sleep
        if device.pace is None:
            device.pace = Pace(STANDARD_S, device.address.netloc)
        self.pace: Pace = device.pace
        self._device = device
        self._json = JsonReader(str(device.address))
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._last: Snapshot | None = None
        self._asked_as: Credentials | None = None
        self._commands = 0
        self._unproven = False
        self._refused = False
        self._lost = False
        self.watch_trouble: AppError | None = None
        """Why the meter gave no values when it was asked by itself; None when it did."""

    @property
    def answered_s(self) -> float | None:
        """When the last answer came, in seconds since 1970; None before any."""
        return None if self._last is None else self._last.at

    async def identity(self) -> Identity:
        """Who it is, by the last answer; asks where there is none.

        Raises:
            LoginFailed: device id or PIN is missing or wrong.
            TooSoon: it was asked a moment ago, perhaps by this program before it was restarted.
        """
        if self._refused and self._device.credentials != self._asked_as:
            # Somebody mistyped the PIN and has entered it again: that is worth waiting for.
            await self._my_turn()
        snapshot = await self.snapshot(proof=self._lost)
        reply = snapshot.reply
        temperature = reply.number("T")
        facts = (
            ("Relay", relay_words(reply)),
            ("Read", moment(snapshot.at)),
            ("Asked", f"at most once in {self.pace.interval_s:g} s"),
            ("Temperature", "" if math.isnan(temperature) else f"{temperature:g} °C"),
        )
        id = reply.id or self._login().user
        return Identity(
            vendor="smartmac",
            id=id,
            # It has no name of its own, and a site may have several: what is printed on it tells them apart.
            name=id,
            model=kind_of(reply),
            facts=tuple((label, text) for label, text in facts if text),
        )

    async def meters(self) -> tuple[Meter, ...]:
        """None: it is a meter itself."""
        return ()

    async def capabilities(self, target: str) -> Capabilities:
        """Everything: what a unit lacks is missing in its answer."""
        return Capabilities()

    async def snapshot(self, *, proof: bool = False) -> Snapshot:
        """The newest answer that can be had now: a fresh one if the pace allows it, else the last.

        `proof` wants a fresh one, and so does a relay that was just switched.

        Raises:
            TooSoon: there is no answer to show, and it may not be asked yet.
        """
        async with self._turn:
            login = self._login()
            shown = self._last if not (proof or self._unproven) else None
            wait_s = self.pace.wait_s()
            if shown is not None and (wait_s > 0 or self._commands):
                return shown
            if 0 < wait_s <= SHORT_WAIT_S:
                await self._my_turn()
            try:
                return await self._ask(login, "")
            except TooSoon:
                if shown is None:
                    raise
                return shown

    async def perform(self, step: Step) -> None:
        """Switch the relay, as soon as the pace allows it; or keep a setting of our own.

        Raises:
            AnswerLost: it is not known whether the device took it.
        """
        if step.method == KEEP:
            self.pace.choose(float((step.body or {}).get("interval_s", STANDARD_S)))
            return
        self._commands += 1
        try:
            await self._my_turn()
            async with self._turn:
                before = self._unproven
                try:
                    # Said first: also a command whose answer is lost may have been carried out.
                    self._unproven = True
                    await self._ask(self._login(), step.path.removeprefix(DATA))
                except (TooSoon, LoginFailed, NotFound):
                    self._unproven = before
                    raise
                # The answer to a command may still tell the state before it: only the next one proves.
                self._unproven = True
        finally:
            self._commands -= 1

    async def proof(self) -> AsyncGenerator[Progress, None]:
        """Wait until the device may be asked what came of a command; ends at once when that is known."""
        async for progress in self.turn("The meter may be asked what came of it", lambda: self._unproven):
            yield progress

    async def turn(self, words: str, wanted: Callable[[], bool] = lambda: True) -> AsyncGenerator[Progress, None]:
        """Wait until the device may be asked, as long as that is `wanted`; nobody else asks it meanwhile."""
        total = math.ceil(self.pace.interval_s)
        self._commands += 1
        try:
            while wanted() and (wait_s := self.pace.wait_s()) > 0:
                left = math.ceil(wait_s)
                yield Progress(max(0, total - left), total, f"{words} in {left} s")
                await self.sleep(min(1.0, wait_s))
        finally:
            self._commands -= 1

    async def watch(self) -> AsyncGenerator[Reading, None]:
        """A reading for every answer, whoever asked; asks by itself whenever the pace allows it.

        Raises:
            LoginFailed, NotFound, StorageFailed: asking again would not help.
        """
        seen: Snapshot | None = None
        failures = 0
        while True:
            last = self._last
            if last is not None and last is not seen:
                seen = last
                self.watch_trouble = None
                yield reading_of(last)
                continue
            pause_s = self.pace.wait_s()
            if self._commands:
                # A command, and the look at what came of it, go first.
                pause_s = max(pause_s, 0.2)
            elif pause_s == 0:
                try:
                    await self.snapshot(proof=True)
                except (DeviceUnreachable, DeviceFailed, BadReply, TooSoon) as error:
                    # The gap shows in the plot, and what is wrong in the line below it.
                    failures += 1
                    self.watch_trouble = error
                    pause_s = min(LEAST_PAUSE_S * 2 ** min(failures, 16), LONGEST_PAUSE_S)
                else:
                    failures = 0
                    self.watch_trouble = None
                    continue
            await self._news_within(pause_s)

    async def aclose(self) -> None:
        """Hang up. There is no logging out."""
        await self._device.aclose()

    async def _news_within(self, seconds: float) -> None:
        """Until somebody got an answer, or so many seconds have passed."""
        self._news.clear()
        told = asyncio.ensure_future(self._news.wait())
        passed = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({told, passed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (told, passed):
                waiting.cancel()
            await asyncio.gather(told, passed, return_exceptions=True)

    async def _my_turn(self) -> None:
        """Wait until the device may be asked; somebody else may be quicker a few times."""
        for _ in range(TRIES):
            wait_s = self.pace.wait_s()
            if wait_s <= 0:
                return
            await self.sleep(wait_s)

    def _login(self) -> Credentials:
        """The login in use; the answers that another one got are forgotten.

        Raises:
            LoginFailed: there is none, or only half of one; nothing was sent.
        """
        login = self._device.credentials
        if login is None or not login.password or not login.user.strip():
            raise LoginFailed(
                f"{self._device.address} wants its {LOGIN.both}.",
                hint=LOGIN.where,
            )
        if login != self._asked_as:
            self._asked_as, self._last = login, None
            self.pace.known_as(login.user.strip())
        return login

    async def _ask(self, login: Credentials, command: str) -> Snapshot:
        """One request. The device id stands in it, the PIN is filled in below."""
        path = f"{DATA}&devid={quote(login.user.strip(), safe='')}&{PASSWORD}={command}"
        try:
            answer = await self._device.request("GET", path, max_bytes=REPLY_BYTES)
            reply = self._understood(answer)
        except AppError as error:
            if not isinstance(error, TooSoon):
                self._refused = isinstance(error, LoginFailed)
                self._lost = self._lost or isinstance(error, DeviceUnreachable)
            raise
        self._refused = self._lost = self._unproven = False
        self._last = Snapshot(reply, self.pace.clock())
        self._news.set()
        self.on_reading(FEED, reading_of(self._last))
        return self._last

    def _understood(self, answer: HttpReply) -> Reply:
        conceal = self._device.concealer(None)
        words = conceal(" ".join(answer.text().split()))[:WORDS].rstrip(".")
        said = f": {words}" if words and not words.startswith(("<", "{")) else ""
        refuse(self._device.address, answer.status, said, self.pace)
        if answer.body.lstrip().startswith(b"<"):
            raise wrong_login(self._device.address, " It shows its web page instead.")
        wrong: BadReply
        try:
            document = self._json.decode(answer.body)
            if isinstance(document, dict) and not isinstance(document.get("data"), dict):
                raise wrong_login(self._device.address, f" It says {conceal(text_of(document))[:WORDS]}.")
            return reply_of(document)
        except BadReply as error:
            wrong = error
        # What is quoted of the answer may be the request's own PIN; so the first error goes no further.
        raise BadReply(conceal(wrong.message), hint=wrong.hint)


def _tells_nobody(_feed: str, _reading: Reading) -> None:
    """Where no readings are kept."""


def reading_of(snapshot: Snapshot) -> Reading:
    """The answer as a reading of the feed."""
    return Reading(snapshot.at, values_of(snapshot.reply))


def moment(seconds: float) -> str:
    """A time of this computer's clock in words."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
