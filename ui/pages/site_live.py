"""The live page of a whole site: any quantities of any devices, and sums across them, on one axis of time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.commission.derived import Point
from app.model.errors import AppError
from app.model.quantity import Phase, Quantity
from ui.forms.toast import Toasts
from ui.handle import Handle, State
from ui.tasks import Tasks

from .live_quantities import COLUMNS, curve_name
from .live_source import Source, standing_of
from .live_table import LiveTable
from .live_view import LiveView, Write
from .site_choice import SiteChoice
from .site_offer import AnyChannel, SiteChannel, SumChannel, offers_of, short_title, sum_offer
from .topics import SITE

if TYPE_CHECKING:
    from app.commission.hearing import Recordable
    from ui.plots.curve import Curve
    from ui.workbench import Workbench

    from .site_sources import SiteSource, SumSource

LIST_WIDTH = 300
LOOK_AGAIN_MS = 50
"""Devices change several times in one moment, when one connects or announcements come: looked at once."""


class SiteLivePage(LiveView):
    """Listens to everything that is ticked, and to the parts of every ticked sum.

    `connect_wanted` asks for the connection of a device that was ticked; `add_sum`, `edit_sum` and `remove_sum` for
    what the names say.
    """

    connect_wanted = Signal(object)
    topic = SITE
    add_sum = Signal()
    edit_sum = Signal(object)
    remove_sum = Signal(object)

    def __init__(self, bench: Workbench, *, tasks: Tasks, toasts: Toasts, parent: QWidget | None = None) -> None:
        super().__init__("site.live", tasks=tasks, toasts=toasts, parent=parent)
        self._bench = bench
        self._chosen: tuple[SiteSource, ...] = ()
        self._shown: tuple[SiteSource | SumSource, ...] = ()
        self._sums: dict[object, SumSource] = {}
        self._shades: dict[object, int] = {}
        self.values = LiveTable("site.live", whose="Device")
        self.list = SiteChoice("site.live.list")
        self.list.chosen.connect(self.start)
        self.list.connect_wanted.connect(self.connect_wanted)
        self.list.add_sum.connect(self.add_sum)
        self.list.edit_sum.connect(self.edit_sum)
        self.list.remove_sum.connect(self.remove_sum)
        self._soon = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._soon.timeout.connect(self.renew)
        for signal in (bench.added, bench.changed, bench.removed):
            signal.connect(self._look_soon)
        self._lay_out(list_width=LIST_WIDTH)

    # What there is.

    def channels(self) -> list[SiteChannel]:
        """Every feed of every connected device and its meters."""
        offers = offers_of(self._bench.handles.values())
        return [channel for offer in offers for channel in offer.channels if isinstance(channel, SiteChannel)]

    def _look_soon(self, *_: object) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def renew(self) -> None:
        """Look again which devices and sums there are, and listen to them."""
        offers = [*sum_offer(self._bench.site.sums.all()), *offers_of(self._bench.handles.values())]
        again = [source for source in self._sources.values() if self._mended(source)]
        for source in again:
            source.begin_again()
        if self.list.offer(offers) or again:
            self.start()

    def _mended(self, source: SiteSource) -> bool:
        handle = source.channel.handle
        return source.lost and handle is not None and handle.state is State.CONNECTED

    def listen(self) -> None:
        if self.isVisible():
            self.renew()
        super().listen()

    # What is shown.

    def chosen(self) -> tuple[Source, ...]:
        return self._chosen

    def recordable(self) -> list[Recordable]:
        """What is ticked of devices and sums; the parts of a sum are heard for it, but not recorded by themselves."""
        from app.commission.hearing import WantedSum

        sessions = [handle.session for handle in self._bench.handles.values() if handle.session is not None]
        return [
            WantedSum(source.channel.kept, source.feed, sessions, source.ticked)
            if isinstance(source.channel, SumChannel)
            else source.recordable()
            for source in self._shown
            if source.ticked
        ]

    def start(self) -> None:
        if self.plots is None:
            return
        channels = {channel.key: channel for channel in self.channels()}
        needed: dict[object, set[str]] = {}
        shown: list[tuple[AnyChannel, tuple[str, ...]]] = []
        for row in self.list.rows():
            shown.append((row.channel, row.keys()))
            if isinstance(row.channel, SumChannel):
                for point in row.channel.kept.points:
                    needed.setdefault((point.device, point.meter, point.feed), set()).add(point.quantity)
            else:
                needed.setdefault(row.channel.key, set()).update(row.keys())
        for key, source in self._sources.items():
            source.ticked = ()
            if key not in channels:
                source.close()
        self._chosen = tuple(
            self._source(channel, sorted(needed[key])) for key, channel in channels.items() if key in needed
        )
        self._bind([channel for channel, _ in shown if isinstance(channel, SumChannel)])
        self._share_out_shades(channel.key for channel, _ in shown)
        self._shown = tuple(self._shown_source(channel, keys) for channel, keys in shown)
        self._show_curves()
        super().listen()
        self.tell()

    def _source(self, channel: SiteChannel, keys: Sequence[str]) -> SiteSource:
        from .site_sources import SiteSource

        source = self._sources.get(channel.key)
        if source is None:
            source = self._sources[channel.key] = SiteSource(channel, keys, -1)
        source.offered_by(channel)
        source.want(keys)
        return source

    def _shown_source(self, channel: AnyChannel, keys: tuple[str, ...]) -> SiteSource | SumSource:
        source = self._sums[channel.key] if isinstance(channel, SumChannel) else self._sources[channel.key]
        source.ticked = keys
        source.shade = self._shades[channel.key]
        return source

    def _share_out_shades(self, shown: Iterable[object]) -> None:
        """The same colour in every plot for as long as a device is shown; then others may have it."""
        keys = list(shown)
        self._shades = {key: shade for key, shade in self._shades.items() if key in keys}
        for key in keys:
            if key not in self._shades:
                self._shades[key] = next(n for n in itertools.count() if n not in self._shades.values())

    def _bind(self, wanted: Sequence[SumChannel]) -> None:
        """Let the ticked sums follow their parts. One that was changed begins anew."""
        from .site_sources import SumSource

        kept = {channel.key: channel for channel in wanted}
        for key, source in list(self._sums.items()):
            source.unbind()
            if key in kept and kept[key].kept != source.channel.kept:
                del self._sums[key]
        known = {source.channel.key: source for source in self._chosen}
        for channel in wanted:
            source = self._sums.get(channel.key)
            if source is None:
                source = self._sums[channel.key] = SumSource(channel, -1)
            points = {p: known[p.device, p.meter, p.feed] for p in channel.kept.points if _where(p) in known}
            source.bind(points, self.names(channel.kept.points))

    def names(self, points: Sequence[Point]) -> dict[Point, str]:
        """What people call the devices and meters of these points; of one that is not connected what the site knows."""
        channels = {channel.key: channel.title for channel in self.channels()}
        devices = {device.key: device.name for device in self._bench.site.devices()}
        return {
            point: channels.get(_where(point)) or point.meter or devices.get(point.device) or point.device
            for point in points
        }

    def _show_curves(self) -> None:
        pairs = [
            (source, self._curve(source, quantity))
            for source in self._shown
            for quantity in source.feed.quantities
            if quantity.key in source.ticked
        ]
        self.values.show_curves(self._shown, pairs)
        if self.plots is not None:
            self.plots.show_curves([curve for _, curve in pairs])

    def _curve(self, source: SiteSource | SumSource, quantity: Quantity) -> Curve:
        from ui.plots.curve import Curve

        title, what = short_title(source.channel.title), curve_name(quantity)
        same = (quantity.unit, quantity.phase)
        alike = [q for q in source.feed.quantities if q.key in source.ticked and (q.unit, q.phase) == same]
        # At the end of a line there is room for a word and a name.
        short = f"{what}, {title}" if len(alike) > 1 else ""
        return Curve(
            source.ring,
            source.place(quantity.key),
            title if what == COLUMNS[Phase.TOTAL] else f"{title} · {what}",
            quantity.unit,
            quantity.phase,
            of=title,
            shade=source.shade,
            short=short,
        )

    def _hovered(self, time_s: float | None) -> None:
        super()._hovered(time_s)
        self.values.show_at(time_s)

    def tell(self) -> None:
        if self.plots is None:
            return
        for source in self._sums.values():
            source.look()
        self.values.renew()
        self.retry.setVisible(any(source.ended for source in self._chosen))
        self.say(*self._standing())

    def _standing(self) -> tuple[str, str, str]:
        if not any(handle.session for handle in self._bench.handles.values()):
            return "info", "info", "No device is connected: tick one in the list to connect it."
        if not self._shown:
            return "info", "info", "Nothing is chosen: tick what you want to see."
        if not self._chosen:
            return "warn", "warning", "No device that the sum needs is connected."
        return standing_of(self._chosen, "sources")

    # How it stands with the devices.

    def _heard(self, source: Source) -> None:
        super()._heard(source)
        handle = self._handle(source)
        if handle is not None and handle.state is State.LOST:
            self._bench.contact(handle, None)

    def _ended(self, source: Source, error: BaseException | None) -> None:
        handle = self._handle(source)
        if handle is not None and isinstance(error, AppError):
            self._bench.contact(handle, error)
            source.lost = handle.state is State.LOST
        super()._ended(source, error)

    def _handle(self, source: Source) -> Handle | None:
        return source.channel.handle if isinstance(source.channel, SiteChannel) else None

    # Export.

    def file_stem(self) -> tuple[str, ...]:
        return self._bench.site.path.stem, "live"

    def table(self) -> tuple[int, Write]:
        from ui.plots.csv_file import Part, snapshot, write_csv_of_many

        parts = []
        for source in (*self._sources.values(), *self._sums.values()):
            if len(source.ring):
                known = {quantity.key: quantity for quantity in source.feed.quantities}
                quantities = [known[key] for key in source.kept]
                parts.append(Part(source.channel.title, source.channel.serial, quantities, *snapshot(source.ring)))
        return sum(len(part.times) for part in parts), partial(write_csv_of_many, parts=parts)


def _where(point: Point) -> tuple[str, str, str]:
    return point.device, point.meter, point.feed
