"""The live page of one device or meter: what it measures now, large and as curves."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QComboBox, QWidget

from app.commission.session import DeviceSession
from app.model.quantity import Feed
from ui.forms.toast import Toasts
from ui.tasks import Tasks

from .live_quantities import QuantityList, ValueTable, curve_name
from .live_source import Channel, Source, state_of
from .live_view import LiveView, Write


class LivePage(LiveView):
    """Listens to one of the feeds."""

    def __init__(
        self,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        feeds: tuple[Feed, ...],
        meter: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(f"{session.vendor.key}.live", tasks=tasks, toasts=toasts, parent=parent)
        self.session = session
        self.meter = meter
        self._feeds = feeds
        self._shown_readings = -1
        self._by_hand: set[str] = set()
        """Of which feeds somebody has chosen the quantities: these stay as they are."""
        name = self._prefix
        self.feed = QComboBox(objectName=f"{name}.feed", accessibleName="Source")
        for feed in feeds:
            self.feed.addItem(feed.title, feed.key)
        self.values = ValueTable(name)
        self.list = QuantityList()
        self.list.setObjectName(f"{name}.list")
        self.feed.currentIndexChanged.connect(self.start)
        self.list.chosen.connect(self._quantities_chosen)
        self._lay_out(*((self.feed,) if len(feeds) > 1 else ()))

    @property
    def source(self) -> Source | None:
        """The feed that is shown now; None until the plots are loaded."""
        return self._sources.get(self.feed.currentData())

    def chosen(self) -> tuple[Source, ...]:
        return () if self.source is None else (self.source,)

    def start(self) -> None:
        if self.plots is None or not self._feeds:
            return
        from ui.plots.ring import Ring

        feed = next(feed for feed in self._feeds if feed.key == self.feed.currentData())
        if feed.key not in self._sources:
            channel = Channel(self.session, feed, self.meter)
            self._sources[feed.key] = Source(channel, Ring(len(feed.quantities)), feed.plotted)
        self.listen()
        self.list.offer(feed.quantities, self._sources[feed.key].ticked)
        self.tell()

    def _quantities_chosen(self) -> None:
        source = self.source
        if source is None or self.plots is None:
            return
        from ui.plots.curve import Curve

        if set(self.list.ticked()) != set(source.ticked):
            self._by_hand.add(source.feed.key)
        source.ticked = self.list.ticked()
        chosen = [(index, q) for index, q in enumerate(source.feed.quantities) if q.key in source.ticked]
        self.values.offer([quantity for _, quantity in chosen])
        self.plots.show_curves([Curve(source.ring, index, curve_name(q), q.unit, q.phase) for index, q in chosen])
        self._shown_readings = -1
        self.tell()

    def tell(self) -> None:
        source = self.source
        if source is None:
            return
        if source.ring.readings != self._shown_readings:
            self._leave_out_unknown(source)
            self._shown_readings = source.ring.readings
            for index, quantity in enumerate(source.feed.quantities):
                self.values.show_value(quantity.key, source.ring.last(index))
        tone, picture, words = state_of(source)
        self.values.set_stale(tone != "ok")
        self.say(tone, picture, words)
        self.retry.setVisible(source.ended)

    def _leave_out_unknown(self, source: Source) -> None:
        """Show at first only what this device measures at all. What comes later is shown from then on."""
        if not source.ring.readings or source.feed.key in self._by_hand:
            return
        known = tuple(key for key in source.feed.plotted if source.ring.knows(source.place(key))) or source.feed.plotted
        if set(known) != set(source.ticked):
            source.ticked = known
            self.list.offer(source.feed.quantities, known)

    def file_stem(self) -> tuple[str, ...]:
        whose = self.meter or (self.session.identity.id if self.session.identity else "")
        return self.session.vendor.key, whose, self.feed.currentData()

    def table(self) -> tuple[int, Write]:
        from ui.plots.csv_file import snapshot, write_csv

        (source,) = self.chosen()
        times, values = snapshot(source.ring)
        return len(times), partial(write_csv, quantities=source.feed.quantities, times=times, values=values)
