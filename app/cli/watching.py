"""`live`: the readings of devices, or of meters behind them, as they come, one line each."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from app.cli.console import Console
from app.cli.opening import Place, check_meter, locate, opened, shared_site, where
from app.cli.options import Options
from app.commission.session import DeviceSession
from app.model.errors import DeviceSilent, ExitCode, UsageError
from app.model.quantity import Feed, Reading


@dataclass(frozen=True, eq=False)
class Watched:
    """One feed of a device, or of a meter behind it."""

    session: DeviceSession
    feed: Feed
    meter: str

    @property
    def name(self) -> str:
        """What tells it apart from the others on a line."""
        return f"{self.session.address.netloc} {self.meter}".rstrip()


Heard = asyncio.Queue[tuple[Watched, Reading | BaseException | None]]
"""What the feeds tell, and which: a reading, the error that ended one, None when one has simply ended."""


async def live(
    console: Console,
    options: Options,
    meters: Sequence[str],
    count: int,
    seconds: float,
    also: Sequence[str] = (),
    wanted: str = "",
) -> ExitCode:
    """Readings until there are `count` of each device or meter, or `seconds` have passed; 0 is no limit.

    `also` are further addresses. Of a gateway among several devices, all meters are watched that none of `meters`
    excludes. What ends one feed with an error ends all.

    `wanted` is the key of a feed of the only device; without it the first is taken.

    Raises:
        DeviceSilent: the time is over, and there was no reading of one of them.
        UsageError: there is no such feed.
    """
    if wanted and also:
        raise UsageError("--feed goes with one device.", hint="Leave out --feed, or --also.")
    every = (options, *(options.for_another(address) for address in dict.fromkeys(also)))
    places = [(one, await locate(one)) for one in every]
    if len(places) == 1:
        _feed(places[0][1], places[0][1].vendor.feeds, tuple(meters) or ("",), wanted)
    async with AsyncExitStack() as stack:
        site = stack.enter_context(shared_site([place for _, place in places], options))
        sessions = []
        for one, place in places:
            session, _ = await stack.enter_async_context(opened(place, one, console, within=site))
            sessions.append((place, session))
        watched = _one_device(*sessions[0], meters, wanted) if len(sessions) == 1 else _several(sessions, meters)
        try:
            await _watch(console, watched, count, seconds)
        finally:
            unreadable = sum(one.feed.unreadable(one.session.connection) for one in watched if not one.meter)
            if unreadable:
                words = "event of the device" if unreadable == 1 else "events of the device"
                console.note(f"{unreadable} {words} could not be read.")
    return ExitCode.DONE


def _one_device(place: Place, session: DeviceSession, meters: Sequence[str], wanted: str) -> list[Watched]:
    whose = tuple(dict.fromkeys(meters)) or ("",)
    feeds = session.live_feeds(whose[0]) if place.vendor.hides_unsupported else place.vendor.feeds
    feed = _feed(place, feeds, whose, wanted)
    for meter in whose:
        check_meter(session, meter)
    return [Watched(session, feed, meter) for meter in whose]


def _several(sessions: Sequence[tuple[Place, DeviceSession]], meters: Sequence[str]) -> list[Watched]:
    """The first feed of each device; of one that has only its meters', that of each of these."""
    watched: list[Watched] = []
    wanted = set(meters)
    for place, session in sessions:
        serials = [meter.serial for meter in session.meters]
        own = session.live_feeds()
        if own:
            watched.append(Watched(session, own[0], ""))
        chosen = [serial for serial in serials if serial in wanted] or ([] if own else serials)
        watched += [
            Watched(session, _feed(place, session.live_feeds(serial), (serial,), ""), serial) for serial in chosen
        ]
        if not own and not chosen:
            raise UsageError(f"{session.address} has no live values: no meter is registered there.")
    unknown = wanted - {one.meter for one in watched}
    if unknown:
        raise UsageError(f"Meter {', '.join(sorted(unknown))} is not registered at any of these devices.")
    return watched


async def _watch(console: Console, watched: Sequence[Watched], count: int, seconds: float) -> None:
    devices = len({id(one.session) for one in watched})
    seen = dict.fromkeys(watched, 0)
    try:
        async with asyncio.timeout(seconds or None), _readings(watched, count) as readings:
            async for one, reading in readings:
                seen[one] += 1
                name = one.name if devices > 1 else one.meter if len(watched) > 1 else ""
                _tell(console, one, reading, name)
    except TimeoutError:
        silent = [one for one, readings_of in seen.items() if not readings_of]
        if not silent:
            return
        known = (one.feed.trouble(one.session.connection, one.meter) for one in silent)
        why = next((error for error in known if error is not None), None)
        said = f" {why.message}" if why is not None else ""
        hint = why.hint if why is not None else ""
        if devices > 1:
            names = ", ".join(one.name for one in silent)
            raise DeviceSilent(f"No reading of {names} within {seconds:g} s.{said}", hint=hint) from None
        of = f" of {', '.join(one.meter for one in silent)}" if silent[0].meter else ""
        raise DeviceSilent(
            f"{silent[0].session.address} sent no reading{of} within {seconds:g} s.{said}", hint=hint
        ) from None


@asynccontextmanager
async def _readings(watched: Sequence[Watched], count: int) -> AsyncIterator[AsyncIterator[tuple[Watched, Reading]]]:
    """The readings of all in the order in which they come; each is let go when it has given `count`."""
    heard: Heard = asyncio.Queue()

    def tell(one: Watched, news: Reading | BaseException | None) -> None:
        heard.put_nowait((one, news))

    listening = {
        one: one.session.feeds.subscribe(one.feed, one.meter, on_reading=partial(tell, one), on_end=partial(tell, one))
        for one in watched
    }

    async def taken() -> AsyncGenerator[tuple[Watched, Reading], None]:
        left = dict.fromkeys(watched, count)
        while left:
            one, news = await heard.get()
            if isinstance(news, BaseException):
                raise news
            if one not in left:
                continue
            if news is not None:
                yield one, news
                left[one] -= 1
            if news is None or left[one] == 0:
                del left[one]
                listening[one].close()

    readings = taken()
    try:
        yield readings
    finally:
        await readings.aclose()
        for subscription in listening.values():
            subscription.close()


def _tell(console: Console, one: Watched, reading: Reading, name: str) -> None:
    moment = datetime.fromtimestamp(reading.time_s, UTC).astimezone()
    console.record(
        {
            "time": moment.isoformat(timespec="milliseconds"),
            **where(one.session, one.meter),
            "values": _values(one.feed, reading),
        }
    )
    head = f"{moment:%H:%M:%S}  {name}".rstrip()
    console.say(f"{head}  {_line(one.feed, reading)}")


def _feed(place: Place, feeds: Sequence[Feed], meters: Sequence[str], wanted: str) -> Feed:
    title = place.vendor.title
    of_meter = any(meters)
    if wanted and all(feed.key != wanted for feed in feeds):
        raise UsageError(
            f"{title} has no live source '{wanted}' here.", hint=f"It has: {', '.join(feed.key for feed in feeds)}."
        )
    feed = next((feed for feed in feeds if feed.of_meter == of_meter and wanted in ("", feed.key)), None)
    if not feeds:
        raise UsageError(f"{title} offers no live values.")
    if feed is None and of_meter:
        raise UsageError(f"{title} offers live values of itself, not of meters.", hint="Leave out --meter.")
    if feed is None:
        raise UsageError(f"{title} offers live values of its meters only.", hint="Name one with --meter SERIAL.")
    return feed


def _values(feed: Feed, reading: Reading) -> dict[str, float | None]:
    return {
        quantity.key: value if math.isfinite(value) else None
        for quantity, value in zip(feed.quantities, reading.values, strict=True)
    }


def _line(feed: Feed, reading: Reading) -> str:
    shown = feed.plotted or tuple(quantity.key for quantity in feed.quantities)
    parts = [
        f"{quantity.key} {value:g} {quantity.unit.value}".rstrip()
        for quantity, value in zip(feed.quantities, reading.values, strict=True)
        if quantity.key in shown and math.isfinite(value)
    ]
    return "  ".join(parts)
