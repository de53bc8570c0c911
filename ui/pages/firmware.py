"""The firmware page: who gets new firmware, which file, upload, install, and which version everyone has afterwards."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.commission.firmware import firmware_of, install, read_version, upload
from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.errors import AppError
from app.model.firmware import Image, Installing
from app.model.job import Progress
from ui.dialogs import answered
from ui.forms.parts import Strip, on_button, plain_label, push_button
from ui.forms.toast import Toasts
from ui.icons import dress
from ui.jobs import JobBar
from ui.tasks import Tasks
from ui.theme import restyle

from .firmware_parts import DEVICE, FileCard, Targets
from .firmware_words import ENDS, LOOKS, SILENT, InstallDialog, Look, dropped, judged, pace, read_image


class FirmwarePage(QWidget):
    """Renews a device and the meters behind it, for any family that declares how.

    `contact` is what asking the device came to; `renewed` when someone has another version now.
    """

    contact = Signal(object)
    """An `AppError`, or None when the device answered."""
    renewed = Signal()

    def __init__(
        self, session: DeviceSession, *, tasks: Tasks, toasts: Toasts, jobs: JobBar, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.firmware = firmware_of(session)
        self._tasks, self._toasts, self._jobs = tasks, toasts, jobs
        self._name = self.firmware.key
        self.image: Image | None = None
        self.uploaded: Image | None = None
        """What the device holds, as far as this page knows."""
        self.working = ""
        """What is under way, in words; empty when nothing is."""
        self._installing = False
        self._upload_task: asyncio.Task[Any] | None = None
        self._versions: dict[str, str] = {}
        self._asked_meters = False
        self.setObjectName(self._name)
        self.setAccessibleName(self.firmware.title)
        self.setAcceptDrops(True)
        self._build()
        self._lay_out()
        self._refresh()

    # What others ask.

    @property
    def sending(self) -> bool:
        """Is something being installed, which nobody may cut off?"""
        return self._installing

    @property
    def uploading(self) -> bool:
        """Is a file on its way? That may be stopped."""
        return self._upload_task is not None

    # Building.

    def _build(self) -> None:
        name, identity = self._name, self.session.identity
        title = (identity.name or identity.model) if identity else self.session.vendor.title
        self.targets = Targets(name, f"{self.session.vendor.title}: {title}", self.firmware.most)
        self.targets.show_meters(self.session.meters if self.firmware.of_meters else ())
        if not self.firmware.of_meters:
            self.targets.hide_meters()
        self.file = FileCard(name)
        self.install_button = push_button("Install", f"{name}.install", "device", role="primary")
        self._why = plain_label(role="muted", wrap=True)
        self._why.setObjectName(f"{name}.why")
        self.result = Strip(f"{name}.result")
        self.targets.changed.connect(self._refresh)
        self.targets.meters_wanted.connect(self._ask_meters)
        self.file.choose.clicked.connect(self.choose)
        self.file.upload.clicked.connect(self.upload)
        self.file.stop.clicked.connect(self.stop)
        self.install_button.clicked.connect(lambda: self._tasks.spawn(self, self._ask_and_install()))
        shortcut = QShortcut(QKeySequence("F5"), self, self.reload)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _lay_out(self) -> None:
        picture = QLabel()
        dress(picture, "device", "accent", 24)
        head = QHBoxLayout(spacing=8)
        head.addWidget(picture)
        head.addWidget(plain_label(self.firmware.title, role="title"), 1)
        last = QHBoxLayout(spacing=12)
        last.setContentsMargins(12, 0, 0, 0)
        last.addWidget(plain_label("3. Install", role="subtitle"))
        last.addWidget(self.install_button)
        last.addWidget(self._why, 1)
        column = QVBoxLayout(self, spacing=8)
        column.setContentsMargins(16, 12, 16, 12)
        column.addLayout(head)
        column.addWidget(plain_label(self.firmware.help, role="muted", wrap=True))
        column.addWidget(self.result)
        column.addWidget(self.targets, 1 if self.firmware.of_meters else 0)
        column.addWidget(self.file)
        column.addLayout(last)
        if not self.firmware.of_meters:
            column.addStretch(1)

    def _refresh(self) -> None:
        """Bring buttons and reasons up to date."""
        busy = self.uploading or self._installing
        self.targets.set_locked(busy)
        self.file.choose.setEnabled(not busy)
        self.file.upload.setEnabled(not busy and self.image is not None)
        who, why = self._who(), self.targets.problem
        if self._installing:
            why = "Do not cut the power. This cannot be stopped."
        elif self.image is None:
            why = "Choose a file and upload it first."
        elif self.uploaded is not self.image:
            why = "Upload the file first."
        elif not why:
            why = f"{self.image.name} is on the device. You are asked once more before it is installed."
        ready = not busy and self.uploaded is not None and self.uploaded is self.image and not self.targets.problem
        self.install_button.setEnabled(ready)
        self.install_button.setText(f"Install on {on_button(who)}")
        self.install_button.setAccessibleName(f"Install on {who}")
        # One button is the next thing to do.
        self._dress(self.file.upload, "upload", primary=not ready)
        self._dress(self.install_button, "device", primary=ready)
        self._why.setText(why)

    @staticmethod
    def _dress(button: Any, picture: str, *, primary: bool) -> None:
        restyle(button, role="primary" if primary else "")
        dress(button, picture, "on_accent" if primary else "text")

    def _who(self) -> str:
        if not self.targets.of_meters:
            return "the gateway" if self.firmware.of_meters else "the device"
        count = len(self.targets.chosen())
        return "1 meter" if count == 1 else f"{count} meters"

    # Versions.

    def reload(self) -> None:
        """Ask again which version everyone has."""
        if self.uploading or self._installing:
            return
        self.targets.show_meters(self.session.meters if self.firmware.of_meters else ())
        self._asked_meters = False
        self._tasks.spawn(self, self._ask_versions((DEVICE,)))
        if self.targets.of_meters:
            self._ask_meters()

    def _ask_meters(self) -> None:
        """The meters are asked when somebody wants them: each costs a question over a slow bus."""
        if not self._asked_meters:
            self._asked_meters = True
            self._tasks.spawn(self, self._ask_versions(tuple(meter.serial for meter in self.session.meters)))

    async def _ask_versions(self, targets: tuple[str, ...]) -> None:
        for target in targets:
            try:
                version = await read_version(self.session, target)
            except AppError as error:
                self.targets.show_version(target, "–")
                self.targets.show_look(target, SILENT)
                if target == DEVICE:
                    self.contact.emit(error)
                continue
            self._versions[target] = version
            self.targets.show_version(target, version)
            if self.targets.look(target) == SILENT:
                self.targets.show_look(target, Look())
            if target == DEVICE:
                self.contact.emit(None)

    # The file.

    def choose(self) -> None:
        """Ask for a file."""
        if self.uploading or self._installing:
            return
        dialog = QFileDialog(self, "Choose a firmware file")
        dialog.setObjectName(f"{self._name}.dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.take(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take(self, path: Path) -> None:
        """Use this file, once it was read."""
        if not (self.uploading or self._installing):
            self._tasks.spawn(self, self._take(path))

    async def _take(self, path: Path) -> None:
        self.image = await asyncio.to_thread(read_image, self.firmware, path)
        self.result.clear()
        self.file.show_image(self.image)
        self.file.show_way(None)
        self._refresh()
        self.file.upload.setFocus()

    def event(self, event: QEvent) -> bool:
        """On this page Ctrl+O opens a firmware file; a shortcut would clash with the window's own of that key."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_open(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_open(event):
            self.choose()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event.mimeData()) is not None and not (self.uploading or self._installing):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.take(path)

    # Upload.

    def upload(self) -> None:
        """Send the file."""
        if self.image is not None and not self.uploading and not self._installing:
            self.uploaded = None
            self.result.clear()
            self.targets.forget_looks()
            self._upload_task = self._tasks.spawn(self, self._upload(self.image))
            self._refresh()
            self.file.show_way(0.0, "Connecting…")
            self.file.stop.setFocus()

    def stop(self) -> None:
        """Stop the upload."""
        if self._upload_task is not None:
            self._upload_task.cancel()

    async def _upload(self, image: Image) -> None:
        self.working = f"Upload of {image.name}"
        job = self._jobs.start(self.working, self.stop)
        said, began = "stopped", time.monotonic()
        try:
            async with aclosing(upload(self.session, image)) as events:
                async for event in events:
                    if isinstance(event, Receipt):
                        said = self._uploaded(image, event)
                    else:
                        words = pace(event.done, event.total, time.monotonic() - began)
                        self.file.show_way(event.done / event.total, words)
                        # In permille: a bar takes no large numbers.
                        job.progress(Progress(1000 * event.done // event.total, 1000, words))
        except asyncio.CancelledError:
            if isValid(self):
                self.result.say("warn", "warning", "Upload stopped", "The device may hold a part of the file.")
            raise
        except AppError as error:
            said = error.title
            raise
        finally:
            if isValid(job):
                job.done(said)
            if isValid(self):
                self._upload_task, self.working = None, ""
                self.file.show_way(None, "")
                self._refresh()
                (self.install_button if self.install_button.isEnabled() else self.file.upload).setFocus()

    def _uploaded(self, image: Image, receipt: Receipt) -> str:
        if receipt.outcome is Outcome.VERIFIED:
            self.uploaded = image
            self.result.say("ok", "ok", f"{image.name} is on the device", "Nothing is installed yet.")
            self.contact.emit(None)
            return "sent"
        tone, picture, title = ENDS[receipt.outcome]
        self.result.say(tone, picture, f"Upload: {title.lower()}", f"{receipt.message} {receipt.hint}".strip())
        self._toasts.error(f"Upload of {image.name}", receipt.message, receipt.hint, receipt.details)
        if receipt.outcome is Outcome.UNKNOWN:
            # Whether the device itself is lost is asked for, and not guessed.
            self._tasks.spawn(self, self._ask_versions((DEVICE,)))
        return receipt.outcome.value

    # Install.

    async def _ask_and_install(self) -> None:
        image, meters = self.uploaded, self.targets.chosen()
        if image is None or not self.install_button.isEnabled():
            return
        if not await answered(InstallDialog(self, self._who(), image, self.firmware.warning(meters))):
            return
        self._installing = True
        self.working = f"Firmware of {self._who()}"
        self.result.clear()
        self.targets.forget_looks()
        self._refresh()
        # The toasts own the task: closing the page must not lose sight of it.
        self._tasks.spawn(self._toasts, self._install(meters))

    async def _install(self, meters: tuple[str, ...]) -> None:
        job = self._jobs.start(self.working)
        said = "not begun"
        try:
            async with aclosing(install(self.session, meters, dict(self._versions))) as events:
                async for event in events:
                    if isinstance(event, Receipt):
                        said = event.outcome.value
                        self._tell(event)
                    else:
                        job.progress(event.progress)
                        self._show(event)
        finally:
            if isValid(job):
                job.done(said)
            if isValid(self):
                self._installing, self.working = False, ""
                if said not in (Outcome.VERIFIED.value, Outcome.DIFFERS.value) or not meters:
                    # A restart takes away what was uploaded; and what was refused may not be there.
                    self.uploaded = None
                self._refresh()

    def _show(self, event: Installing) -> None:
        if not isValid(self):
            return
        self.result.say("info", "clock", "Installing", event.progress.text)
        if not event.targets:
            self.targets.show_look(DEVICE, Look(event.progress.text, "clock", "info"))
        for target in event.targets:
            self.targets.show_look(target.meter, LOOKS.get(target.state, Look(target.state, "info", "info")))

    def _tell(self, receipt: Receipt) -> None:
        itself = "Gateway" if self.firmware.of_meters else "Device"
        lines = [
            f"{change.field or itself}: {change.before or '?'} → {change.now or '?'}" for change in receipt.changes
        ]
        good = receipt.outcome is Outcome.VERIFIED
        if good:
            self._toasts.ok("Firmware renewed", "\n".join(lines))
        else:
            self._toasts.error(ENDS[receipt.outcome][2], receipt.message, receipt.hint, receipt.details)
        if not isValid(self):
            return
        for part, change in zip(receipt.parts, receipt.changes, strict=True):
            if change.now:
                self._versions[change.field] = change.now
                self.targets.show_version(change.field, change.now)
            self.targets.show_look(change.field, judged(part.outcome, change.before, change.now))
        if good:
            self.result.say("ok", "ok", "Renewed: the version is another now", "\n".join(lines[:3]))
        else:
            tone, picture, title = ENDS[receipt.outcome]
            self.result.say(tone, picture, title, f"{receipt.message} {receipt.hint}".strip())
        if any(change.now for change in receipt.changes):
            self.contact.emit(None)
        elif receipt.outcome is Outcome.UNKNOWN:
            self._tasks.spawn(self, self._ask_versions((DEVICE,)))
        if any(part.outcome is Outcome.VERIFIED for part in receipt.parts):
            self.renewed.emit()

    # Qt's own.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and DEVICE not in self._versions and not (self.uploading or self._installing):
            self.reload()


def _is_open(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Open)
