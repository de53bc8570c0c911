"""A family's picture of a recorded feed: the replay moves it, in place of its plots."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.commission.recorded import RecordedChannel, Recording
from app.model.quantity import Feed, Reading
from ui.forms.parts import ElidedLabel
from ui.vendors import Picture, picture_of

from .picture import STALE_S


@dataclass(frozen=True)
class Pictured:
    """A recorded channel that its family draws a picture of."""

    channel: RecordedChannel
    feed: Feed
    picture: Picture


def pictured(recording: Recording) -> Pictured | None:
    """The first channel of a recording that has a picture; None where none has."""
    from app.registry import VENDORS

    feeds = {(vendor.key, feed.key): feed for vendor in VENDORS for feed in vendor.feeds}
    for channel in recording.channels:
        family = channel.device.partition(":")[0]
        feed = feeds.get((family, channel.feed))
        found = None if feed is None or channel.meter else picture_of(family, (feed,))
        if found is not None:
            return Pictured(channel, *found)
    return None


class ReplayPicture(QWidget):
    """The picture, and whose it is."""

    def __init__(self, shown: Pictured, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("replay.picture")
        self.setAccessibleName(shown.picture.title)
        self._shown = shown
        self._last_s: float | None = None
        self.widget = shown.picture.load()("replay.picture.drawn")
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 8, 4)
        column.addWidget(ElidedLabel(shown.channel.device_title))
        column.addWidget(self.widget, 1)

    def show_reading(self, channel: RecordedChannel, reading: Reading) -> None:
        """Show a reading that is played, if it is of this channel; what was not recorded is not known."""
        if channel == self._shown.channel:
            self._last_s = reading.time_s
            self.widget.show_reading(self._shown.feed, channel.as_of(self._shown.feed, reading))

    def show_moment(self, at_s: float) -> None:
        """The moment that is played: in a gap of the recording nothing is live."""
        self.widget.set_stale(self._last_s is None or not 0 <= at_s - self._last_s <= STALE_S)
