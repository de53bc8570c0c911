"""The draft of one meter for others: as drafts, or sent and read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QPushButton

from tests.gateways import MAIN, gateway
from tests.ui.conftest import QRun, enter, until
from tests.ui.test_contact import first_page
from tests.ui.test_window import asked, current_page, opened, panel_of

OTHER = "ABB01EM000014502"


@pytest.mark.parametrize("send", [False, True])
def test_the_name_of_one_meter_goes_to_another(qrun: QRun, tmp_path: Path, send: bool) -> None:
    async def apply() -> None:
        with gateway() as device:
            async with opened(tmp_path) as window:
                handle, _ = await first_page(window, device)
                node = window.model.node_of(handle, MAIN)
                assert node is not None
                window.tree.select(node)
                page = current_page(window)
                panel = await panel_of(page, "g13.naming")
                enter(panel, "location", "Cellar")
                window.apply_to_all()
                dialog = await asked(window, "apply")
                box = dialog.findChild(QCheckBox, "apply.send")
                assert box is not None
                box.setChecked(send)
                accept = dialog.findChild(QPushButton, "apply.accept")
                assert accept is not None
                accept.click()
                await until(lambda: window.toasts.shown)
                await until(lambda: not window.tasks.running)
                assert window.toasts.shown[-1].kind == "ok", window.toasts.shown[-1].text
                assert window.bench.drafts(handle.key, OTHER) == (0 if send else 1)
                panel.revert()

    qrun(apply())
