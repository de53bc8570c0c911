"""The panel of one section: read, edit, preview, send, and the truth about it all in the footer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.commission.draft import Draft
from app.commission.receipt import Outcome, Receipt
from app.commission.session import DeviceSession
from app.model.action import NOTHING, AnyAction
from app.model.errors import AppError, DeviceRefused, InvalidValue, TooSoon
from app.model.section import AnySection, Problem
from app.model.support import Support
from ui.forms.actions import ActionButtons, where_of
from ui.forms.body import Body
from ui.forms.diff import Confirm, Export, PlanFor, PreviewDialog, preview_dialog
from ui.forms.export import export_everything
from ui.forms.footer import Activity, Standing
from ui.forms.frame import PanelFrame
from ui.forms.keeper import DraftKeeper
from ui.forms.story import after_reload, receipt_toast
from ui.forms.toast import Toasts
from ui.forms.turn import TurnLine
from ui.jobs import GuidedJob, JobBar
from ui.tasks import Tasks
from ui.vendors import body_of


class SectionPanel(PanelFrame):
    """One section of a device or of a meter.

    It reads when it is first shown. `draft_changed` follows every edit; `sent` carries the receipt of a sending.
    A sending goes on when the panel is closed; its result comes as a toast in any case.
    """

    draft_changed = Signal()
    sent = Signal(object)
    acted = Signal(object, object)
    """An action beside the section has ended: the action and its receipt."""
    contact = Signal(object)
    """What asking the device came to: an `AppError`, or None when it answered."""
    was_read = Signal()
    """The device's values are here."""

    def __init__(
        self,
        section: AnySection,
        meter: str,
        session: DeviceSession,
        *,
        tasks: Tasks,
        toasts: Toasts,
        jobs: JobBar | None = None,
        confirm: Confirm = preview_dialog,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, parent)
        self.meter, self.session = meter, session
        self._tasks, self._toasts, self._jobs, self._confirm = tasks, toasts, jobs, confirm
        self._keeper = DraftKeeper(self, section, meter, session, toasts.tell)
        self._at = Standing()
        self._support: Support | None = None
        self._form: Body | None = None
        self._blamed: dict[str, Problem] = {}
        self._typing = ""
        self._begun = False
        self._asking = False
        self._refreshing = False
        beside = session.actions(meter, beside=section.key)
        self._actions = ActionButtons(beside, meter, session, tasks=tasks, toasts=toasts, jobs=jobs, label="Actions")
        self._actions.done.connect(self._after_action)
        self._actions.contact.connect(self.contact)
        self._turn = self._made_turn()
        self._below.addWidget(self._actions)
        self._beside = tuple(self._actions.buttons.values())
        self._refresh()

    # -- what the window asks --

    @property
    def draft(self) -> Draft[Any] | None:
        """The draft, once the section was read."""
        return self.session.draft(self.section, self.meter)

    @property
    def unsent(self) -> int:
        """How many changes are not sent."""
        return len(self.draft.changes()) if self.draft else 0

    @property
    def sending(self) -> bool:
        """Is something on its way to the device?"""
        return self._at.activity is Activity.SENDING

    @property
    def waiting(self) -> bool:
        """Is it going to be read as soon as the device may be asked?"""
        return self._turn is not None and self._turn.waiting

    @property
    def state(self) -> str:
        """The footer's sentence."""
        return self._footer.words

    def flush(self) -> None:
        """Write the draft into the site file now."""
        self._keeper.flush()

    # -- what the user does --

    def reload(self) -> None:
        """Read from the device again; what was edited stays. When that is too early it is done as soon as it may be."""
        if self._turn is not None:
            self._turn.asked_for()
        self._read_again()

    def _read_again(self) -> None:
        if self._at.activity is Activity.NONE:
            self._begin_reading(fresh=True)

    def _made_turn(self) -> TurnLine | None:
        """The line that counts down to the next reading, where the device sets the pace."""
        pace = self.session.pace
        if pace is None or self.section.answered is None:
            return None
        line = TurnLine(f"{self.section.key}.turn", pace, self)
        line.due.connect(self._read_again)
        self._below.addWidget(line)
        return line

    def undo(self) -> None:
        """Take back the last edit."""
        self._step(Draft.undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._step(Draft.redo)

    def revert(self, field: str = "") -> None:
        """Back to the device's values: one field, or all."""
        if self.draft is not None and self._at.activity is Activity.NONE:
            self.draft.revert(field or None)
            self._edited(force=True)

    def take_now(self) -> None:
        """The time of this computer at the moment of sending."""
        if self.draft is not None and self._at.activity is Activity.NONE:
            self.draft.take_now()
            self._edited(force=True)

    def preview(self) -> None:
        """Show what would be sent, and send what stays ticked."""
        if self._may_send():
            self._tasks.spawn(self, self._ask_and_send())

    def send(self) -> None:
        """Send the changes; what would be erased, or cut the device off, is always asked about first."""
        if not self._may_send() or not self._footer.send_button.isEnabled():
            return
        try:
            plan = self.session.preview(self.section, self.meter)
        except AppError as error:
            self._not_sent(error)
            return
        if plan.erases or plan.guide:
            self._tasks.spawn(self, self._ask_and_send())
        else:
            self._start_sending(None)

    def _show_form(self, support: Support) -> None:
        if self._form is not None and self._form.read_only == (not support.writable):
            return
        if self._form is not None:
            self._form.deleteLater()
        form = body_of(self.section, read_only=not support.writable)
        form.edited.connect(self._take)
        form.entry_changed.connect(self._entry_changed)
        form.finished.connect(self._end_typing)
        form.revert.connect(self.revert)
        form.by_hand.connect(self._by_hand)
        form.refresh.connect(self.reload)
        form.told.connect(lambda text: self._notice.say("info", "info", "", text))
        self._body.addWidget(form, 1)
        self._form = form
        self._put_in_key_order(form)

    # -- reading --

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            self._begin_reading(fresh=False)

    def hideEvent(self, event: QHideEvent) -> None:
        self._keeper.flush()
        super().hideEvent(event)

    def _begin_reading(self, *, fresh: bool) -> None:
        # Said at once: a second key press must not begin a second reading.
        self._stand(activity=Activity.READING)
        self._tasks.spawn(self, self._load(fresh=fresh))

    async def _load(self, *, fresh: bool) -> None:
        """Read, or show what was read before."""
        before = self.draft
        base, edited = (before.base, before.changes()) if before else (None, ())
        try:
            support = await self.session.support(self.section, self.meter)
            await self._actions.look()
            live = self.session.live(self.section, self.meter)
            if support.readable and (fresh or live is None):
                live = await self.session.read(self.section, self.meter)
        except AppError as error:
            early = isinstance(error, TooSoon)
            if early and self._turn is not None:
                self._turn.asked_for()
            tone, picture = ("info", "clock") if early else ("error", "error")
            self._failure.say(tone, picture, error.title, f"{error.message}\n{error.hint}".strip())
            self._stand(activity=Activity.NONE, not_read=error)
            self.contact.emit(error)
            return
        finally:
            # The panel may be gone by now.
            if isValid(self) and self._at.activity is Activity.READING:
                self._stand(activity=Activity.NONE)
        self._support = support
        self._failure.clear()
        if fresh or before is None:
            self.contact.emit(None)
        if live is None:
            self._notice.say("info", "lock", "Not supported here", support.reason)
            self._stand(activity=Activity.NONE, not_offered=support.reason or "not offered")
            return
        self._show_form(support)
        self._blamed.clear()
        assert self.draft is not None
        notice = after_reload(self.section, base, edited, self.draft)
        self._notice.say(*notice) if notice else self._notice.clear()
        if not support.writable and support.reason:
            self._notice.say("info", "lock", "Read only", support.reason)
        # Without a fresh reading, what came of the last sending is still the truth.
        kept = {} if fresh else {"receipt": self._at.receipt, "sent_at": self._at.sent_at}
        self._at = Standing(read_at=live.at, **kept)
        self._refresh(force=fresh and not self._form_unread())
        self.was_read.emit()

    # -- editing --

    def _take(self, field: str, value: Any) -> None:
        draft = self.draft
        if draft is None or self._refreshing:
            return
        if self._typing == field and draft.can_undo:
            # Typing a word is one edit, not one for each letter.
            draft.undo()
        before = draft.value
        draft.set(field, value)
        self._typing = field if draft.value is not before else ""
        self._blamed.pop(field, None)
        self._edited()

    def _end_typing(self) -> None:
        self._typing = ""

    def _by_hand(self, field: str) -> None:
        if self.draft is not None and self.section.now is not None:
            wanted = getattr(self.section.now(self.draft.value), field)
            self.draft.revert(field)
            self.draft.set(field, wanted)
            self._edited(force=True)

    def _step(self, step: Callable[[Draft[Any]], bool]) -> None:
        if self.draft is not None and self._at.activity is Activity.NONE and (step(self.draft) or self._form_unread()):
            self._edited(force=True)

    def _edited(self, *, force: bool = False) -> None:
        if force:
            self._typing = ""
            self._blamed.clear()
        known = self._at.receipt is not None and self._at.receipt.outcome is not Outcome.UNKNOWN
        self._at = Standing(
            activity=self._at.activity,
            read_at=self._at.read_at,
            receipt=None if known else self._at.receipt,
            not_read=self._at.not_read,
        )
        self._keeper.touch()
        self._refresh(force=force)
        self.draft_changed.emit()

    def _entry_changed(self) -> None:
        if not self._refreshing:
            self._refresh()

    def _form_unread(self) -> list[str]:
        return self._form.unread() if self._form is not None else []

    # -- sending --

    def _may_send(self) -> bool:
        writable = self._support is not None and self._support.writable
        idle = self._at.activity is Activity.NONE
        return bool(writable and idle and self.draft and self.draft.sendable() and not self._form_unread())

    async def _ask_and_send(self) -> None:
        draft = self.draft
        if draft is None or self._asking:
            return
        self._asking = True
        plan_for: PlanFor = lambda names: self.session.preview(self.section, self.meter, names)  # noqa: E731
        try:
            chosen = await self._confirm(
                self, self.section, draft.changes(), plan_for, self._where(), draft.now, self._export()
            )
        finally:
            self._asking = False
        if chosen and self._may_send():
            self._start_sending(chosen)

    def _export(self) -> Export | None:
        """How to keep first what a sending erases; None where nothing of it can be kept."""
        if not self.section.archive:
            return None
        return lambda dialog: self._tasks.spawn(dialog, self._export_first(dialog))

    async def _export_first(self, dialog: PreviewDialog) -> None:
        archive = self.session.vendor.archive(self.section.archive)
        dialog.exporting(True)
        try:
            await export_everything(dialog, self.session, archive, self.meter, NOTHING, self._toasts, self._jobs)
        finally:
            if isValid(dialog):
                dialog.exporting(False)

    def _start_sending(self, fields: Iterable[str] | None) -> None:
        # A disabled form loses the keyboard: remember who had it.
        # The window is asked and not the application: just after a dialog nobody has it for a moment.
        keyboard = self.window().focusWidget()
        self._blamed.clear()
        self._notice.clear()
        self._keeper.flush()
        # Said at once: a second key press must not send a second time.
        self._stand(activity=Activity.SENDING, not_sent=None, not_read=None)
        # The toasts own the task: closing the panel must not cut a sending in two.
        self._tasks.spawn(self._toasts, self._send(fields, keyboard))

    async def _send(self, fields: Iterable[str] | None, keyboard: QWidget | None) -> None:
        watched = GuidedJob(self.section.title, self._jobs)
        try:
            receipt = await self.session.send(self.section, self.meter, fields, told=watched.told)
        except AppError as error:
            self._toasts.tell(error)
            if isValid(self):
                self._stand(activity=Activity.NONE)
                self._not_sent(error, toast=False)
            return
        finally:
            watched.end()
            if isValid(self) and self.sending:
                self._stand(activity=Activity.NONE)
        receipt_toast(self._toasts, self.section, self._where(), receipt)
        if isValid(self):
            self._show_receipt(receipt)
            if keyboard is not None and isValid(keyboard) and self.isAncestorOf(keyboard):
                keyboard.setFocus()

    def _show_receipt(self, receipt: Receipt) -> None:
        live = self.session.live(self.section, self.meter)
        if receipt.field and receipt.outcome is not Outcome.VERIFIED:
            self._blamed[receipt.field] = Problem(receipt.field, receipt.message, warning=True)
        self._at = Standing(read_at=live.at if live else None, receipt=receipt, sent_at=datetime.now().astimezone())
        self._refresh(force=True)
        self.draft_changed.emit()
        if receipt.outcome in (Outcome.VERIFIED, Outcome.DIFFERS):
            self.contact.emit(None)
        self.sent.emit(receipt)

    def _not_sent(self, error: AppError, *, toast: bool = True) -> None:
        if toast:
            self._toasts.tell(error)
        self.contact.emit(error)
        field = error.field if isinstance(error, InvalidValue | DeviceRefused) else ""
        name = field.partition("[")[0]
        if self._form is not None and name in self._form.names:
            self._blamed[name] = Problem(field, error.message, warning=True)
        self._stand(not_sent=error)

    def _where(self) -> str:
        return where_of(self.session, self.meter)

    def _after_action(self, action: AnyAction, receipt: Receipt) -> None:
        self.acted.emit(action, receipt)
        self._read_again()

    # -- showing --

    def _stand(self, **news: Any) -> None:
        self._at = replace(self._at, **news)
        self._refresh()

    def _refresh(self, *, force: bool = False) -> None:
        """Show everything as it is now."""
        draft, form = self.draft, self._form
        problems = draft.problems() + list(self._blamed.values()) if draft else []
        self._refreshing = True
        try:
            if draft is not None and form is not None:
                form.show_draft(draft, problems, force=force)
        finally:
            self._refreshing = False
        # As the device has it: what is edited and not sent yet is no finding.
        self._findings.show_findings(self.section.findings(draft.base) if draft is not None else ())
        unread = self._form_unread()
        wrong = len(unread) + sum(not p.warning and p.field.partition("[")[0] not in unread for p in problems)
        writable = self._support is not None and self._support.writable
        self._at = replace(self._at, changes=self.unsent, wrong=wrong if writable else 0)
        self._footer.show_standing(self._at, writable=writable, sendable=self._may_send())
        idle = self._at.activity is Activity.NONE
        if form is not None:
            form.setEnabled(not self.sending)
        self._now_button.setVisible(writable and self.section.now is not None)
        for button, on in (
            (self._now_button, draft is not None),
            (self._undo_button, draft is not None and draft.can_undo),
            (self._redo_button, draft is not None and draft.can_redo),
        ):
            button.setEnabled(idle and on)
        for button in (self._undo_button, self._redo_button):
            button.setVisible(writable)
        told = form is not None and form.tells_summary
        summary = self.section.summary(draft.value) if self.section.summary and draft and not told else ""
        self._summary.setText(summary)
        self._summary.setVisible(bool(summary))
