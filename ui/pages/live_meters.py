"""The live page of several meters: any of their quantities in the same plots, on one axis of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from app.commission.session import DeviceSession
from app.model.quantity import Feed
from ui.forms.parts import one_line
from ui.forms.toast import Toasts
from ui.tasks import Tasks

from .live_choice import MeterChoice
from .live_source import Channel, Source, standing_of
from .live_table import LiveTable
from .live_view import LiveView, Write

LONGEST = 43_200
"""A day at the pace of feeds that are asked in turn; the many columns of many meters take memory."""
LIST_WIDTH = 290


def meter_channels(session: DeviceSession, feeds: Sequence[Feed]) -> list[Channel]:
    """Every feed of every meter behind a device, by the meter's name."""
    several = len(feeds) > 1
    return [
        Channel(
            session,
            feed,
            meter.serial,
            f"{meter.alias or meter.serial}, {feed.title}" if several else meter.alias or meter.serial,
        )
        for meter in session.meters
        for feed in feeds
    ]


class LiveMetersPage(LiveView):
    """Listens to every meter that is ticked. `channels` tells what can be; it is asked each time the page is shown."""

    def __init__(
        self,
        name: str,
        channels: Callable[[], Sequence[Channel]],
        *,
        tasks: Tasks,
        toasts: Toasts,
        stem: tuple[str, ...] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, tasks=tasks, toasts=toasts, parent=parent)
        self._channels = channels
        self._stem = stem
        self._known: dict[object, str] = {}
        self._chosen: tuple[Source, ...] = ()
        self.list_button.setText("Meters")
        self.list_button.setAccessibleName("Meters")
        self.values = LiveTable(name)
        self.list = MeterChoice(f"{name}.list")
        self.list.chosen.connect(self.start)
        self._lay_out(list_width=LIST_WIDTH)

    def chosen(self) -> tuple[Source, ...]:
        return self._chosen

    def listen(self) -> None:
        self._offer()
        super().listen()

    def _offer(self) -> None:
        channels = self._channels()
        known = {channel.key: channel.title for channel in channels}
        if known != self._known:
            self._known = known
            self.list.offer(channels)
            self.start()

    def start(self) -> None:
        if self.plots is None:
            return
        self._offer()
        self._chosen = tuple(self._source(row.channel, row.keys()) for row in self.list.rows())
        for key in [key for key in self._sources if key not in self._known]:
            self._sources.pop(key).close()
        self._show_curves()
        super().listen()
        self.tell()

    def _source(self, channel: Channel, ticked: tuple[str, ...]) -> Source:
        from ui.plots.ring import Ring

        source = self._sources.get(channel.key)
        if source is None:
            ring = Ring(len(channel.feed.quantities), longest=LONGEST)
            source = self._sources[channel.key] = Source(channel, ring, ticked)
        source.channel, source.ticked = channel, ticked
        return source

    def _show_curves(self) -> None:
        from ui.plots.curve import Curve

        curves = []
        for source in self._chosen:
            title = one_line(source.channel.title, 40)
            for place, quantity in enumerate(source.feed.quantities):
                if quantity.key in source.ticked:
                    name = f"{title} · {quantity.title}"
                    curves.append((source, Curve(source.ring, place, name, quantity.unit, quantity.phase, of=title)))
        self.values.show_curves(self._chosen, curves)
        if self.plots is not None:
            self.plots.show_curves([curve for _, curve in curves])

    def _hovered(self, time_s: float | None) -> None:
        super()._hovered(time_s)
        self.values.show_at(time_s)

    def tell(self) -> None:
        if self.plots is None:
            return
        self.values.renew()
        self.retry.setVisible(any(source.ended for source in self._chosen))
        self.say(*self._standing())

    def _standing(self) -> tuple[str, str, str]:
        """Tone, icon and words for all together; of one that does not answer its name."""
        if not self._known:
            return "info", "info", "No meter is registered: scan for meters and register them first."
        if not self._chosen:
            return "info", "info", "No meter is chosen: tick those that you want to see."
        return standing_of(self._chosen, "meters")

    def file_stem(self) -> tuple[str, ...]:
        return *self._stem, "live"

    def table(self) -> tuple[int, Write]:
        from ui.plots.csv_file import Part, snapshot, write_csv_of_many

        parts = [
            Part(source.channel.title, source.channel.meter, source.feed.quantities, *snapshot(source.ring))
            for source in self._sources.values()
            if len(source.ring)
        ]
        return sum(len(part.times) for part in parts), partial(write_csv_of_many, parts=parts)
