"""The preview: what is on the device, what will be there after sending, what is erased, and the very requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.commission.send import Preview
from app.model.errors import AppError
from app.model.field import Kind
from app.model.lines import line_changes
from app.model.section import AnySection, Change
from ui.forms.entry import in_words
from ui.forms.lines import fixed_font
from ui.forms.moment import NOW_WORDS
from ui.forms.parts import Strip, plain_label, plain_tip, push_button
from ui.forms.rows_diff import RowState, tell_rows
from ui.forms.technical import listed, requests_text, technical_fold
from ui.icons import icon
from ui.theme import restyle

PlanFor = Callable[[Iterable[str] | None], Preview]
Export = Callable[["PreviewDialog"], None]
_SIZE = (820, 560)
NARROWEST = 168
BESIDE = 16
"""Pixels that the style keeps free beside a text and does not tell of."""
SETTING_SHARE = 0.4
"""The first column takes at most this part of the width: the values on both sides matter more."""
_ROW_WORDS = {RowState.ADDED: "added", RowState.REMOVED: "removed", RowState.CHANGED: "changed"}
_ROW_ICONS = {RowState.ADDED: "add", RowState.REMOVED: "remove", RowState.CHANGED: "edited"}
_LINE_STATES = {(True, False): RowState.ADDED, (False, True): RowState.REMOVED, (False, False): RowState.CHANGED}


class ChangesTree(QTreeWidget):
    """The table of changes. Its first column is as wide as the words in it, within reason; longer ones are wrapped."""

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name, accessibleName="Changes")
        self.setHeaderLabels(["Setting", "On the device", "After sending"])
        self.setWordWrap(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(140)
        header = self.header()
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(NARROWEST)
        modes = (QHeaderView.ResizeMode.Fixed, QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.Stretch)
        for column, mode in enumerate(modes):
            header.setSectionResizeMode(column, mode)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Choose the first column's width. Qt's own choice takes every line break that wrapping allows."""
        self.setWordWrap(False)
        words = self.sizeHintForColumn(0) + BESIDE
        self.setWordWrap(True)
        most = max(NARROWEST, int(SETTING_SHARE * self.viewport().width()))
        self.header().resizeSection(0, min(max(words, NARROWEST), most))


class PreviewDialog(QDialog):
    """Shows a draft before it is sent. `chosen` are the names of the changes that stay ticked.

    `plan_for(names)` plans the sending of these changes; it is asked again with every tick. `export` keeps what would
    be erased in a file first, where that can be exported; the dialog stays open meanwhile.
    """

    def __init__(
        self,
        section: AnySection,
        changes: tuple[Change, ...],
        plan_for: PlanFor,
        *,
        where: str = "",
        now: bool = False,
        export: Export | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._section, self._plan_for, self._now = section, plan_for, now
        self.setWindowTitle(f"Preview: {section.title}")
        self.setObjectName(f"{section.key}.preview_dialog")
        self._erases = Strip(f"{section.key}.preview_dialog.erases")
        self.export_button = push_button(
            "Export first…", f"{section.key}.preview_dialog.export", "export", tip="Keep what is erased in a file"
        )
        self._exporting = False
        if export is not None:
            self.export_button.setAutoDefault(False)
            self.export_button.clicked.connect(lambda: export(self))
            self._erases.add_button(self.export_button)
        self._guide = Strip(f"{section.key}.preview_dialog.guide")
        self._problem = Strip(f"{section.key}.preview_dialog.problem")
        self._tree = ChangesTree(f"{section.key}.preview_dialog.changes")
        for change in changes:
            self._add(change)
        self._fold, self._technical = technical_fold(f"{section.key}.preview_dialog")
        self._count = plain_label(role="muted")
        layout = QVBoxLayout(self, spacing=8)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(plain_label(section.title, role="title"))
        if where:
            layout.addWidget(plain_label(where, role="muted"))
        for widget in (self._erases, self._guide, self._problem):
            layout.addWidget(widget)
        layout.addWidget(self._tree, 3)
        layout.addWidget(self._fold)
        layout.addWidget(self._technical, 2)
        layout.addLayout(self._make_buttons())
        self._tree.itemChanged.connect(self._plan)
        self._plan()
        self._tree.setFocus()
        room = parent.window().size() if parent else QSize(*_SIZE)
        self.resize(min(_SIZE[0], room.width() - 32), min(_SIZE[1], room.height() - 32))

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the ticked changes, in the order of the form."""
        items = (self._tree.topLevelItem(i) for i in range(self._tree.topLevelItemCount()))
        return tuple(
            item.data(0, Qt.ItemDataRole.UserRole) for item in items if item.checkState(0) is Qt.CheckState.Checked
        )

    @property
    def erased(self) -> str:
        """What it warns of; empty when nothing is erased."""
        return self._erases.words

    def exporting(self, running: bool) -> None:
        """While what is stored is being read, nothing can be sent that erases it."""
        self._exporting = running
        self.export_button.setEnabled(not running)
        self._plan()

    async def ask(self) -> tuple[str, ...] | None:
        """Open, and wait for the answer: the chosen changes, or None when it was cancelled."""
        answer: asyncio.Future[tuple[str, ...] | None] = asyncio.get_running_loop().create_future()

        def finished(result: int) -> None:
            if not answer.done():
                answer.set_result(self.chosen if result == QDialog.DialogCode.Accepted else None)

        self.finished.connect(finished)
        self.open()
        try:
            return await answer
        finally:
            if isValid(self):
                self.hide()
                self.deleteLater()

    def _add(self, change: Change) -> None:
        field = self._section.field(change.field)
        after = NOW_WORDS if self._now and field.tolerance else in_words(field, change.after)
        item = QTreeWidgetItem([field.label, in_words(field, change.before) or "(empty)", after or "(empty)"])
        item.setData(0, Qt.ItemDataRole.UserRole, change.field)
        item.setCheckState(0, Qt.CheckState.Checked)
        bold = self._tree.font()
        bold.setBold(True)
        item.setFont(2, bold)
        self._tree.addTopLevelItem(item)
        if field.kind is Kind.TABLE:
            for row in tell_rows(field, change.before, change.after):
                child = QTreeWidgetItem([f"{row.title} {_ROW_WORDS[row.state]}", row.before, row.after])
                child.setIcon(0, icon(_ROW_ICONS[row.state], "changed"))
                child.setToolTip(1, plain_tip(row.before))
                child.setToolTip(2, plain_tip(row.after))
                item.addChild(child)
            item.setExpanded(True)
        elif field.lines and not field.secret:
            for line in line_changes(change.before or "", change.after or ""):
                state = _LINE_STATES[line.before is None, line.after is None]
                words = [f"Line {line.number} {_ROW_WORDS[state]}", _line_words(line.before), _line_words(line.after)]
                child = QTreeWidgetItem(words)
                child.setIcon(0, icon(_ROW_ICONS[state], "changed"))
                for column in (1, 2):
                    child.setFont(column, fixed_font())
                item.addChild(child)
            item.setExpanded(True)

    def _make_buttons(self) -> QHBoxLayout:
        name = f"{self._section.key}.preview_dialog"
        self.send_button = push_button("Send", f"{name}.send", "send", role="primary")
        self.cancel_button = push_button("Cancel", f"{name}.cancel")
        self.send_button.setDefault(True)
        self.send_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.send_button.click)
        row = QHBoxLayout(spacing=8)
        row.addWidget(self._count)
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.send_button)
        return row

    def _plan(self) -> None:
        """Plan again for what is ticked."""
        chosen = self.chosen
        self._problem.clear()
        try:
            plan = self._plan_for(chosen) if chosen else None
        except AppError as error:
            plan = None
            self._problem.say("error", "error", error.title, f"{error.message} {error.hint}".strip())
        steps, erases = (plan.steps, plan.erases) if plan else ((), ())
        self._erases.say("warn", "warning", "This erases on the device" if erases else "", listed(erases))
        self._say_guide(plan)
        self._technical.setPlainText(requests_text(steps))
        requests = f"{len(steps)} {'request' if len(steps) == 1 else 'requests'}"
        self._count.setText(f"{len(chosen)} of {self._tree.topLevelItemCount()} changes, {requests}")
        self.send_button.setEnabled(bool(steps) and not self._exporting)
        self.send_button.setText("Erase and send" if erases else "Send")
        restyle(self.send_button, role="danger" if erases else "primary")

    def _say_guide(self, plan: Preview | None) -> None:
        """What happens to the connection, and what this computer needs to come after the device."""
        guide = plan.guide if plan else None
        advice = plan.advice if plan else ""
        words = "\n".join(part for part in (guide.words if guide else "", advice) if part)
        self._guide.say("warn", "network", "This can cut the connection" if guide else "", words)

    @property
    def guided(self) -> str:
        """What it says of the connection; empty when nothing can cut it."""
        return self._guide.words


def _line_words(line: str | None) -> str:
    return "–" if line is None else line.replace("\t", "    ") or "(empty)"


Confirm = Callable[
    [QWidget, AnySection, tuple[Change, ...], PlanFor, str, bool, Export | None], Awaitable[tuple[str, ...] | None]
]
"""confirm(parent, section, changes, plan_for, where, now, export): the chosen changes, or None for 'do not send'."""


async def preview_dialog(
    parent: QWidget,
    section: AnySection,
    changes: tuple[Change, ...],
    plan_for: PlanFor,
    where: str,
    now: bool,
    export: Export | None = None,
) -> tuple[str, ...] | None:
    """Ask by the preview."""
    return await PreviewDialog(section, changes, plan_for, where=where, now=now, export=export, parent=parent).ask()
