"""What can be watched on a site: every device with its feeds, those of its meters, and the sums across devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.commission.derived import Point, SubMetering, total_of
from app.commission.session import DeviceSession
from app.model.device import Meter
from app.model.quantity import Feed, Quantity
from ui.forms.parts import one_line
from ui.handle import Handle, State

from .live_source import Channel

LONGEST_TITLE = 40
FIRST_METERS = 4
"""So many meters of a gateway are shown at first."""

MAIN, SUM, REST = "main", "sum", "difference"


@dataclass(frozen=True, eq=False)
class SiteChannel(Channel):
    """A feed of one device of the site, or of a meter behind it. `path` are the rows that lead to it in the list."""

    handle: Handle | None = None
    path: tuple[tuple[str, str], ...] = ()
    """What tells each row apart, and what it is called."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for the same device, however often it was connected again."""
        return self.session.key, self.meter, self.feed.key

    def point(self, quantity: str) -> Point:
        """One of its quantities, as a sum names it."""
        device, meter, feed = self.key
        return Point(device, meter, feed, quantity)


@dataclass(frozen=True, eq=False)
class SumChannel:
    """A sum, offered as if it were a device: its main meter, the sum of the parts, and the difference."""

    kept: SubMetering
    feed: Feed
    path: tuple[tuple[str, str], ...]
    meter: str = ""
    serial: str = ""

    @property
    def title(self) -> str:
        """As the installer has called it."""
        return self.kept.name

    @property
    def key(self) -> tuple[str, str, str]:
        """Told apart from every device by its first part."""
        return "", self.kept.name, "sum"


AnyChannel = SiteChannel | SumChannel


@dataclass(frozen=True, eq=False)
class Offer:
    """One device of the list, with what can be ticked below it. `note` says why that is nothing."""

    key: object
    title: str
    channels: Sequence[AnyChannel] = ()
    handle: Handle | None = None
    note: str = ""

    @property
    def looks(self) -> tuple[object, ...]:
        """Two offers that look the same need not be listed anew."""
        return self.title, self.note, tuple((c.key, c.title, c.path, c.feed.quantities) for c in self.channels)

    def first(self) -> dict[object, str]:
        """What one wants to see of it before anything else: by channel, its total power."""
        own = [channel for channel in self.channels if not channel.meter]
        chosen = own[:1] or list({c.meter: c for c in reversed(self.channels)}.values())[::-1][:FIRST_METERS]
        totals = {channel.key: total_of(channel.feed) for channel in chosen}
        return {key: quantity.key for key, quantity in totals.items() if quantity is not None}


def offers_of(handles: Iterable[Handle]) -> list[Offer]:
    """The devices of known families that can be watched: those of the site first. Names that are the same are told
    apart.
    """
    known = [handle for handle in handles if handle.vendor is not None and handle.vendor.feeds]
    known.sort(key=lambda handle: not handle.in_site)
    names = Counter(handle.name for handle in known)
    offers = []
    for handle in known:
        own = handle.row.id or handle.row.address.netloc
        offers.append(_offer(handle, handle.name if names[handle.name] == 1 else f"{handle.name} ({own})"))
    return _told_apart(offers)


def _offer(handle: Handle, name: str) -> Offer:
    session, key = handle.session, handle.row.key
    if session is None or session.identity is None:
        return Offer(key, name, (), handle, handle.state.value)
    channels = [*_channels(session, handle, name, None)]
    for meter in session.meters:
        channels += _channels(session, handle, name, meter)
    note = "" if channels else "no meter is registered"
    if handle.state is State.LOST:
        note = handle.state.value
    return Offer(key, name, tuple(channels), handle, note)


def _channels(session: DeviceSession, handle: Handle, name: str, meter: Meter | None) -> Iterable[SiteChannel]:
    serial = meter.serial if meter else ""
    feeds = session.live_feeds(serial)
    whose = (meter.alias or meter.serial) if meter else name
    above = ((serial, whose),) if meter else ()
    for number, feed in enumerate(feeds):
        path = (*above, (feed.key, feed.title)) if len(feeds) > 1 else above
        yield SiteChannel(session, feed, serial, f"{whose}, {feed.title}" if number else whose, handle, path)


def _told_apart(offers: list[Offer]) -> list[Offer]:
    """A meter is called by its own name; where two have the same, the gateway's goes before it."""
    names = Counter(channel.title for offer in offers for channel in offer.channels)
    return [
        replace(
            offer,
            channels=tuple(
                replace(channel, title=f"{offer.title}, {channel.title}") if names[channel.title] > 1 else channel
                for channel in offer.channels
            ),
        )
        for offer in offers
    ]


def sum_offer(kept: Sequence[SubMetering]) -> list[Offer]:
    """The sums of the site, as one group of the list; nothing while there is none."""
    channels = tuple(SumChannel(one, _sum_feed(one), ((one.name, one.name),)) for one in kept)
    return [Offer("sums", "Sums", channels)] if channels else []


def _sum_feed(kept: SubMetering) -> Feed:
    parts = len(kept.parts)
    titles = {
        MAIN: "Main meter",
        SUM: f"Sum of {parts} {'part' if parts == 1 else 'parts'}",
        REST: "Difference",
    }
    quantities = tuple(Quantity(key, title, kept.unit) for key, title in titles.items())
    return Feed(key="sum", title=kept.name, quantities=quantities, open=_never, plotted=(MAIN, SUM, REST))


async def _never(_connection: object, _meter: str) -> object:
    """A sum is reckoned and not asked for."""
    raise NotImplementedError


def quantity_of(channel: AnyChannel, key: str) -> Quantity | None:
    """The quantity of that key."""
    return next((quantity for quantity in channel.feed.quantities if quantity.key == key), None)


def short_title(title: str) -> str:
    """A device's or meter's name for legends and messages."""
    return one_line(title, LONGEST_TITLE)
