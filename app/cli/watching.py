"""`live`: the readings of a device as they come, one line each."""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing
from datetime import UTC, datetime

from app.cli.console import Console
from app.cli.opening import Place, check_meter, locate, opened, where
from app.cli.options import Options
from app.model.errors import DeviceSilent, ExitCode, UsageError
from app.model.quantity import Feed, Reading


async def live(console: Console, options: Options, meter: str, count: int, seconds: float) -> ExitCode:
    """Readings until there are `count`, or `seconds` have passed; 0 is no limit.

    Raises:
        DeviceSilent: the time is over and there was none.
    """
    place = await locate(options)
    feed = _feed(place, meter)
    async with opened(place, options, console) as (session, _):
        check_meter(session, meter)
        head = where(session, meter)
        seen = 0
        try:
            async with asyncio.timeout(seconds or None), aclosing(feed.open(session.connection, meter)) as readings:
                async for reading in readings:
                    seen += 1
                    console.record(
                        {
                            "time": _moment(reading).isoformat(timespec="milliseconds"),
                            **head,
                            "values": _values(feed, reading),
                        }
                    )
                    console.say(_line(feed, reading))
                    if seen == count:
                        break
        except TimeoutError:
            if not seen:
                raise DeviceSilent(f"{place.address} sent no reading within {seconds:g} s.") from None
    return ExitCode.DONE


def _feed(place: Place, meter: str) -> Feed:
    feeds, title = place.vendor.feeds, place.vendor.title
    feed = next((feed for feed in feeds if feed.of_meter == bool(meter)), None)
    if not feeds:
        raise UsageError(f"{title} offers no live values.")
    if feed is None and meter:
        raise UsageError(f"{title} offers live values of itself, not of meters.", hint="Leave out --meter.")
    if feed is None:
        raise UsageError(f"{title} offers live values of its meters only.", hint="Name one with --meter SERIAL.")
    return feed


def _moment(reading: Reading) -> datetime:
    return datetime.fromtimestamp(reading.time_s, UTC).astimezone()


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
    return f"{_moment(reading):%H:%M:%S}  {'  '.join(parts)}"
