"""`live`: the readings of a device, or of meters behind it, as they come, one line each."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from app.cli.console import Console
from app.cli.opening import Place, check_meter, locate, opened, where
from app.cli.options import Options
from app.commission.session import DeviceSession
from app.model.errors import DeviceSilent, ExitCode, UsageError
from app.model.quantity import Feed, Reading

Heard = asyncio.Queue[tuple[str, Reading | BaseException | None]]
"""What the feeds tell, with the meter: a reading, the error that ended one, None when one has simply ended."""


async def live(
    console: Console, options: Options, meters: Sequence[str], count: int, seconds: float, wanted: str = ""
) -> ExitCode:
    """Readings until there are `count` of each meter, or `seconds` have passed; 0 is no limit.

    `wanted` is the key of a feed; without it the first is taken.

    Raises:
        DeviceSilent: the time is over, and there was none of one of them.
        UsageError: there is no such feed.
    """
    place = await locate(options)
    whose = tuple(dict.fromkeys(meters)) or ("",)
    feed = _feed(place, place.vendor.feeds, whose, wanted)
    async with opened(place, options, console) as (session, _):
        if place.vendor.hides_unsupported:
            feed = _feed(place, session.live_feeds(whose[0]), whose, wanted)
        for meter in whose:
            check_meter(session, meter)
        seen = dict.fromkeys(whose, 0)
        try:
            async with asyncio.timeout(seconds or None), _readings(session, feed, whose, count) as readings:
                async for meter, reading in readings:
                    seen[meter] += 1
                    _tell(console, session, feed, meter, reading, named=len(whose) > 1)
        except TimeoutError:
            silent = [meter for meter, readings_of in seen.items() if not readings_of]
            if silent:
                named = f"{place.address} sent no reading" + (f" of {', '.join(silent)}" if any(silent) else "")
                raise DeviceSilent(f"{named} within {seconds:g} s.") from None
        finally:
            unreadable = feed.unreadable(session.connection)
            if unreadable:
                words = "event of the device" if unreadable == 1 else "events of the device"
                console.note(f"{unreadable} {words} could not be read.")
    return ExitCode.DONE


@asynccontextmanager
async def _readings(
    session: DeviceSession, feed: Feed, meters: Sequence[str], count: int
) -> AsyncIterator[AsyncIterator[tuple[str, Reading]]]:
    """The readings of all meters in the order in which they come; each is let go when it has given `count`."""
    heard: Heard = asyncio.Queue()

    def tell(meter: str, news: Reading | BaseException | None) -> None:
        heard.put_nowait((meter, news))

    listening = {
        meter: session.feeds.subscribe(
            feed,
            meter,
            on_reading=partial(tell, meter),
            on_end=partial(tell, meter),
        )
        for meter in meters
    }

    async def taken() -> AsyncGenerator[tuple[str, Reading], None]:
        left = dict.fromkeys(meters, count)
        while left:
            meter, news = await heard.get()
            if isinstance(news, BaseException):
                raise news
            if meter not in left:
                continue
            if news is not None:
                yield meter, news
                left[meter] -= 1
            if news is None or left[meter] == 0:
                del left[meter]
                listening[meter].close()

    readings = taken()
    try:
        yield readings
    finally:
        await readings.aclose()
        for subscription in listening.values():
            subscription.close()


def _tell(console: Console, session: DeviceSession, feed: Feed, meter: str, reading: Reading, *, named: bool) -> None:
    moment = datetime.fromtimestamp(reading.time_s, UTC).astimezone()
    console.record(
        {
            "time": moment.isoformat(timespec="milliseconds"),
            **where(session, meter),
            "values": _values(feed, reading),
        }
    )
    head = f"{moment:%H:%M:%S}  {meter}" if named else f"{moment:%H:%M:%S}"
    console.say(f"{head}  {_line(feed, reading)}")


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
