"""The bar of a replay: play, speed, window, zoom, and what else can be shown or kept of it."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QWidget

from ui.forms.parts import push_button
from ui.icons import dress

from .live_view import WINDOWS

SPEEDS = (1, 2, 5, 10, 20, 50, 100)
FIRST_SPEED = 10
LEAST_WHOLE_S = 10.0


class ReplayBar(QWidget):
    """Controls only; what they do is the page's affair. `csv` and `png` are the entries of the export menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("replay.bar")
        self.play = push_button("Play", "replay.play", "play", role="primary", tip="Play or pause (Space in the plots)")
        self.speed = QComboBox(objectName="replay.speed", accessibleName="Speed")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed} ×", speed)
        self.speed.setCurrentIndex(self.speed.findData(FIRST_SPEED))
        self.whole = push_button("All at once", "replay.whole", "chart", tip="Show the whole recording")
        self.window_choice = QComboBox(objectName="replay.window", accessibleName="Window")
        self.window_choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.reset = push_button("Unzoom", "replay.reset", "zoom", tip="Leave the zoom (0 or double click)")
        self.picture = push_button("Picture", "replay.show_picture", tip="The picture instead of the plots")
        self.picture.setCheckable(True)
        self.picture.hide()
        self.list = push_button("Quantities", "replay.quantities", "meters", tip="Choose what is shown")
        self.list.setCheckable(True)
        self.export = push_button("Export", "replay.export", "export", tip="Keep it in a file")
        menu = QMenu(self)
        self.csv = menu.addAction("All readings as a table (CSV)…")
        self.csv.setObjectName("replay.export_csv")
        self.png = menu.addAction("The plots as a picture (PNG)…")
        self.png.setObjectName("replay.export_png")
        self.export.setMenu(menu)
        row = QHBoxLayout(self, spacing=8)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.play, self.speed, self.whole, self.window_choice, self.reset):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.picture, self.list, self.export):
            row.addWidget(widget)
        self.offer(False)

    def offer(self, ready: bool) -> None:
        """Can it be played yet?"""
        for widget in (self.play, self.speed, self.whole, self.window_choice, self.export):
            widget.setEnabled(ready)
        self.reset.setEnabled(False)

    def offer_windows(self, length_s: float) -> None:
        """The whole of a recording that long, and the usual windows that are shorter. Says nothing of the change."""
        whole = max(length_s, LEAST_WHOLE_S)
        self.window_choice.blockSignals(True)
        self.window_choice.addItem("Whole recording", whole)
        for seconds, words in WINDOWS:
            if seconds < whole:
                self.window_choice.addItem(words, float(seconds))
        self.window_choice.blockSignals(False)

    def offer_picture(self, title: str, icon: str) -> None:
        """There is a picture besides the plots."""
        self.picture.setText(title)
        self.picture.setAccessibleName(title)
        dress(self.picture, icon)
        self.picture.show()

    def leave_whole(self) -> None:
        """Over the whole recording nothing would be seen to move: take the longest window that is half of it."""
        choice = self.window_choice
        if choice.currentIndex() == 0 and choice.count() > 1:
            half = choice.itemData(0) / 2
            fitting = [at for at in range(1, choice.count()) if choice.itemData(at) <= half]
            choice.setCurrentIndex(fitting[-1] if fitting else 1)

    def say_playing(self, playing: bool) -> None:
        """What the first button would do now."""
        words = "Pause" if playing else "Play"
        if self.play.text() != words:
            self.play.setText(words)
            self.play.setAccessibleName(words)
            dress(self.play, "pause" if playing else "play", "on_accent")
