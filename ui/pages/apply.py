"""'Apply to all': the draft of one meter's section for several meters, kept as drafts or sent one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QListWidget, QListWidgetItem, QWidget

from app.commission.receipt import Outcome
from app.commission.session import DeviceSession
from app.model.device import Meter
from app.model.errors import AppError
from app.model.job import Progress
from app.model.section import AnySection
from ui.dialogs import Question, answered
from ui.forms.toast import Toasts
from ui.jobs import JobBar

SERIAL = Qt.ItemDataRole.UserRole


class ApplyDialog(Question):
    """Which meters, and whether to send at once."""

    def __init__(
        self,
        parent: QWidget | None,
        section: AnySection,
        changes: str,
        erases: str,
        meters: Sequence[Meter],
        ticked: set[str],
    ) -> None:
        super().__init__(parent, "apply", f"{section.title}: apply to other meters", "Apply")
        self.say(f"These changes become drafts of every ticked meter: {changes}.")
        self.list = QListWidget()
        for meter in meters:
            item = QListWidgetItem(f"{meter.alias or meter.serial}, {meter.serial}, {meter.location}")
            item.setData(SERIAL, meter.serial)
            item.setCheckState(Qt.CheckState.Checked if meter.serial in ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.setMinimumHeight(180)
        self.field("Meters", self.list, "meters")
        self.send = QCheckBox("Send to each of them now, and read back")
        self.field("Then", self.send, "send")
        if erases:
            self.say(f"Sending erases on every meter: {erases}.", tone="warn")
        self.list.itemChanged.connect(self._check)
        self._check()

    def chosen(self) -> list[str]:
        """The serials of the ticked meters, in the order of the list."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(SERIAL) for item in items if item.checkState() is Qt.CheckState.Checked]

    def _check(self) -> None:
        self.accept_button.setEnabled(bool(self.chosen()))


async def apply_to_all(
    parent: QWidget,
    session: DeviceSession,
    section: AnySection,
    source: str,
    ticked: set[str],
    *,
    toasts: Toasts,
    jobs: JobBar,
) -> None:
    """Ask for the meters, copy the draft to each, and send where wanted. What failed is told meter by meter."""
    draft = session.draft(section, source)
    others = [meter for meter in session.meters if meter.serial != source]
    if draft is None or not draft.changes() or not others:
        toasts.info(
            "Nothing to apply", "Change something in this section first; its changes can then go to other meters."
        )
        return
    changes = ", ".join(f"{(f := section.field(c.field)).label} {f.show(c.after)}" for c in draft.changes())
    erases = ", ".join(session.preview(section, source).erases) if draft.sendable() else ""
    dialog = ApplyDialog(parent, section, changes, erases, others, ticked or {meter.serial for meter in others})
    if not await answered(dialog):
        return
    chosen, send = dialog.chosen(), dialog.send.isChecked()
    job = jobs.start(f"{section.title} for {len(chosen)} meters")
    failed: list[str] = []
    for number, serial in enumerate(chosen):
        job.progress(Progress(number, len(chosen), serial, cancellable=False))
        trouble = await _apply(session, section, source, serial, send=send)
        if trouble:
            failed.append(f"{serial}: {trouble}")
    done = len(chosen) - len(failed)
    job.done(f"{done} {'sent and verified' if send else 'kept as drafts'}, {len(failed)} failed")
    if failed:
        toasts.error(
            f"{section.title}: {len(failed)} of {len(chosen)} failed", "\n".join(failed), hint="Their drafts are kept."
        )
    else:
        toasts.ok(section.title, f"{done} meters: {'sent and verified' if send else 'kept as drafts, not sent yet'}")


async def _apply(session: DeviceSession, section: AnySection, source: str, serial: str, *, send: bool) -> str:
    """Returns what went wrong, in words; empty when all is well."""
    try:
        if not (await session.support(section, serial)).writable:
            return f"{section.title} cannot be set on this meter."
        await session.copy_draft(section, source, serial)
        if not send:
            return ""
        receipt = await session.send(section, serial)
    except AppError as error:
        return error.message
    if receipt.outcome in (Outcome.VERIFIED, Outcome.UNCHANGED):
        return ""
    return receipt.message or receipt.outcome.value
