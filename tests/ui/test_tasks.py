"""Tasks end with their owner, and leave nothing behind on it."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import SIGNAL, QObject
from PySide6.QtWidgets import QWidget

from tests.ui.conftest import QRun, until
from ui.tasks import Tasks


def test_a_long_lived_owner_keeps_nothing_of_what_it_once_started(qrun: QRun) -> None:
    async def work() -> None:
        await asyncio.sleep(0)

    async def many() -> None:
        owner = QObject()
        tasks = Tasks(lambda error: None, lambda error: None)
        # The binding itself listens from the first time on.
        await tasks.spawn(owner, work())
        before = owner.receivers(SIGNAL("destroyed()"))
        for _ in range(20):
            await tasks.spawn(owner, work())
        await until(lambda: not tasks.running)
        assert owner.receivers(SIGNAL("destroyed()")) == before

    qrun(many())


def test_a_task_ends_with_its_owner(qrun: QRun) -> None:
    async def gone() -> None:
        owner = QWidget()
        tasks = Tasks(lambda error: None, lambda error: None)
        task = tasks.spawn(owner, asyncio.Event().wait())
        await asyncio.sleep(0)
        owner.deleteLater()
        await until(task.cancelled)
        await until(lambda: not tasks.running)

    qrun(gone())
