"""A family's picture of a live feed, moved by a recording of that feed instead of by the device."""

from __future__ import annotations

from typing import cast

from PySide6.QtWidgets import QWidget

from app.commission.recorded import RecordedChannel, Recording
from app.model.quantity import Feed, Reading
from app.registry import VENDORS
from ui.vendors import Picture, picture_of

from .picture import STALE_S, Drawn


class RecordedPicture:
    """Shows the readings of one channel. What was not recorded is unknown to it."""

    def __init__(self, channel: RecordedChannel, feed: Feed, picture: Picture) -> None:
        self._channel, self._feed = channel, feed
        self.title, self.icon = picture.title, picture.icon
        self.widget: QWidget = picture.load()("replay.picture")
        self.widget.setAccessibleName(f"{picture.title}, replayed")
        self._drawn = cast(Drawn, self.widget)
        self._last_s = 0.0

    def show_reading(self, channel: RecordedChannel, reading: Reading) -> None:
        """Show a reading, if it is of this channel."""
        if channel == self._channel:
            self._last_s = reading.time_s
            self._drawn.show_reading(self._feed, channel.as_of(self._feed, reading))

    def show_moment(self, time_s: float) -> None:
        """Grey it where the recording has a gap."""
        self._drawn.set_stale(not 0 <= time_s - self._last_s <= STALE_S)


def picture_in(recording: Recording) -> RecordedPicture | None:
    """The picture of the first channel that its family still has one of; None where there is none."""
    for channel in recording.channels:
        family = next((one for one in VENDORS if one.key == channel.device.partition(":")[0]), None)
        feeds = [feed for feed in family.feeds if feed.key == channel.feed] if family else []
        found = picture_of(family.key, feeds) if family else None
        if found is not None:
            return RecordedPicture(channel, *found)
    return None
