"""The words of the firmware page: how a target stands, how fast a file goes, how old it is, what is asked first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QMimeData
from PySide6.QtWidgets import QWidget

from app.commission.receipt import Outcome
from app.model.errors import StorageFailed
from app.model.firmware import FAILED, PENDING, SUCCESS, Firmware, Image, make_image
from ui.dialogs import Question
from ui.drop import SUFFIX
from ui.theme import restyle


@dataclass(frozen=True)
class Look:
    """How a target stands: words, with an icon in a tone."""

    words: str = ""
    picture: str = ""
    tone: str = "text"


LOOKS = {
    PENDING: Look("Waits, or is being written", "clock", "info"),
    SUCCESS: Look("Written, says the device", "ok", "ok"),
    FAILED: Look("Failed", "error", "error"),
}
SILENT = Look("Does not answer", "offline", "warn")
ENDS = {
    Outcome.DIFFERS: ("error", "error", "Not renewed"),
    Outcome.REFUSED: ("error", "error", "Refused by the device"),
    Outcome.UNKNOWN: ("warn", "warning", "Outcome unknown"),
}


class InstallDialog(Question):
    """Asks before the device takes over what was uploaded."""

    def __init__(self, parent: QWidget, who: str, image: Image, warning: str) -> None:
        super().__init__(parent, "firmware.ask", f"Install firmware on {who}?", "Install", "Not now")
        restyle(self.accept_button, role="danger")
        self.say(f"{image.name}, {image.size} bytes", role="subtitle")
        self.say(warning)
        self.say("It cannot be stopped once it has begun.", tone="warn")
        self.first_choice = self.reject_button
        self.accept_button.setDefault(False)
        self.reject_button.setDefault(True)


def judged(outcome: Outcome, before: str, now: str) -> Look:
    """How a target stands after an installation."""
    if outcome is Outcome.VERIFIED:
        return Look(f"Renewed, was {before}", "ok", "ok")
    if outcome is Outcome.REFUSED:
        return Look("Refused", "error", "error")
    if not now and outcome is Outcome.DIFFERS:
        return Look("Failed, does not answer", "error", "error")
    if not now:
        return Look("Version not known", "warning", "warn")
    if outcome is Outcome.UNKNOWN:
        return Look(f"Unknown: has {now}", "warning", "warn")
    return Look(f"Not renewed: still {now}" if now == before else f"Failed: has {now}", "error", "error")


def age(written: datetime) -> str:
    """When a file was written, and how long ago that is."""
    moment = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(written.timestamp())), QLocale.FormatType.ShortFormat)
    days = (datetime.now(written.tzinfo) - written).days
    if days < 1:
        ago = "today" if days == 0 else "from the future"
    elif days < 60:
        ago = "1 day old" if days == 1 else f"{days} days old"
    elif days < 730:
        ago = f"{days // 30} months old"
    else:
        ago = f"{days // 365} years old"
    return f"written {moment} ({ago})"


def pace(done: int, total: int, seconds: float) -> str:
    """How fast it goes, and how long it still takes."""
    if seconds <= 0 or not done:
        return "Connecting…"
    if done >= total:
        return "All sent; the device checks it"
    speed = done / seconds
    left = (total - done) / speed
    remaining = f"{left:.0f} s" if left < 90 else f"{left / 60:.0f} min"
    return f"{100 * done // total} %, {_speed(speed)}, {remaining} left"


def _speed(bytes_per_s: float) -> str:
    if bytes_per_s < 1_000_000:
        return f"{QLocale().toString(bytes_per_s / 1000, 'f', 1)} kB/s"
    return f"{QLocale().toString(bytes_per_s / 1_000_000, 'f', 1)} MB/s"


def dropped(data: QMimeData) -> Path | None:
    """The file that is dragged here; a site file is none of ours."""
    paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return Path(paths[0]) if len(paths) == 1 and not paths[0].endswith(SUFFIX) else None


def read_image(firmware: Firmware, path: Path) -> Image:
    """The file as an image. Of one that is too large nothing is read.

    Raises:
        InvalidValue: it can be no image.
        StorageFailed: it cannot be read.
    """
    try:
        facts = path.stat()
        firmware.check_image(path.name, facts.st_size)
        written = datetime.fromtimestamp(facts.st_mtime).astimezone()
        return make_image(path.name, path.read_bytes(), written)
    except OSError as error:
        raise StorageFailed(f"{path.name} cannot be read: {error.strerror}.", hint="Choose another file.") from error
