"""What a device can be told to do: beside a section, on a page of its own, asked about, done, proven."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.model.action import Action
from app.model.archive import NoParameters
from app.model.device import Address
from app.model.field import Field
from app.model.job import Progress
from app.model.section import Problem, Step
from tests.gateways import MAIN, gateway
from tests.ui.conftest import Bench, OnBench, QRun, until
from tests.ui.test_contact import first_page
from tests.ui.test_window import opened
from ui.forms.action_dialog import ActionDialog, Answer
from ui.forms.actions import ActionButtons
from ui.jobs import JobBar
from ui.pages.action import ActionPage
from ui.pages.device import DevicePage
from ui.pages.entries import KEY, TONE


class Wanted(msgspec.Struct, frozen=True):
    """How often, and a word that nobody may see."""

    times: Annotated[int, Field("Times", minimum=1, maximum=5)] = 0
    word: Annotated[str, Field("Word", secret=True)] = ""


def forget(**more: Any) -> Action[Any, Any]:
    """A harmless request that the gateway knows."""
    declared: dict[str, Any] = {
        "key": "g13.forget",
        "title": "Forget what was scanned",
        "verb": "Forget…",
        "steps": lambda _parameters, _target: [Step("Forget", "DELETE", "/meters/scanned")],
        "proven": lambda _before, _after, _parameters: "",
        "parameters": NoParameters,
        "first": NoParameters,
        "help": "The list of the last scan is emptied.",
    }
    return Action(**(declared | more))


def buttons(bench: Bench, action: Action[Any, Any], jobs: JobBar | None = None, **more: Any) -> ActionButtons:
    bench.session.vendor = replace(bench.session.vendor, actions=(action,))
    made = ActionButtons((action,), "", bench.session, tasks=bench.tasks, toasts=bench.toasts, jobs=jobs, **more)
    bench.window.layout().addWidget(made)
    return made


async def dialog(bench: Bench, name: str = "g13.forget") -> ActionDialog:
    await until(lambda: any(d.isVisible() for d in bench.window.findChildren(ActionDialog, f"{name}.dialog")))
    shown = bench.window.findChild(ActionDialog, f"{name}.dialog")
    shown.activateWindow()
    await until(shown.isActiveWindow)
    return shown


def titles(bench: Bench) -> list[str]:
    return [toast.title for toast in bench.toasts.shown]


def test_an_action_is_asked_about_done_and_proven_by_keyboard(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        jobs = JobBar(bench.window)
        row = buttons(bench, forget(), jobs)
        row.buttons["g13.forget"].setFocus()
        QTest.keyClick(row.buttons["g13.forget"], Qt.Key.Key_Space)
        shown = await dialog(bench)
        assert "DELETE /meters/scanned" in shown._technical.toPlainText()
        assert shown.accept_button.text() == "Forget"
        assert not bench.device.writes()
        QTest.keyClick(shown, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: titles(bench) == ["Done and verified"])
        assert bench.device.writes() == ["DELETE /meters/scanned"]
        assert jobs.running == ()

    on_bench(look)


def test_cancelling_sends_nothing(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        row = buttons(bench, forget())
        row.buttons["g13.forget"].click()
        QTest.keyClick(await dialog(bench), Qt.Key.Key_Escape)
        await until(lambda: not bench.tasks.running)
        assert not bench.device.writes()
        assert row.buttons["g13.forget"].isEnabled()

    on_bench(look)


def test_what_erases_is_named_and_return_does_not_do_it(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        row = buttons(bench, forget(erases=lambda _: ("the list of the scan",)))
        row.buttons["g13.forget"].click()
        shown = await dialog(bench)
        assert "the list of the scan" in shown._erases.words
        QTest.keyClick(shown, Qt.Key.Key_Return)
        await until(lambda: not bench.tasks.running)
        assert not bench.device.writes()

    on_bench(look)


def test_parameters_are_checked_before_anything_can_be_sent_and_secrets_stay_secret(on_bench: OnBench) -> None:
    def problems(wanted: Wanted) -> list[Problem]:
        return [] if wanted.word else [Problem("word", "Say the word.")]

    def steps(wanted: Wanted, _target: str) -> list[Step]:
        return [Step("Forget", "DELETE", "/meters/scanned", {"word": wanted.word}, secret=("word",))] * wanted.times

    async def look(bench: Bench) -> None:
        action = forget(parameters=Wanted, first=Wanted, problems=problems, steps=steps)
        shown = ActionDialog(action, "", parent=bench.window)
        shown.show()
        assert not shown.accept_button.isEnabled()
        times, word = (shown.findChild(object, f"g13.forget.{name}") for name in ("times", "word"))
        for line, text in ((times, "9"), (word, "sesame")):
            line.setFocus()
            QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            QTest.keyClicks(line, text)
        assert not shown.accept_button.isEnabled()
        assert "1 to 5" in shown._form.rows["times"].problem.text
        QTest.keyClick(times, Qt.Key.Key_Backspace)
        QTest.keyClicks(times, "2")
        assert shown.accept_button.isEnabled()
        assert shown.parameters == Wanted(2, "sesame")
        assert "sesame" not in shown._technical.toPlainText()
        assert not shown._form.rows["times"].changed.text, "nothing here is on the device"
        shown.reject()

    on_bench(look)


def test_what_the_device_does_not_do_is_told_in_red(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        row = buttons(bench, forget(danger=False, proven=lambda *_: "The list is still full."))
        done: list[str] = []
        row.done.connect(lambda _action, receipt: done.append(receipt.outcome.value))
        row.start(row.actions[0])
        await until(lambda: done == ["differs"])
        assert titles(bench) == ["Not done as it should be"]
        assert "The list is still full." in bench.toasts.shown[0].text
        assert "DELETE /meters/scanned" in bench.toasts.shown[0].details

    on_bench(look)


def test_what_an_account_may_not_do_is_grey_and_says_why(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        row = buttons(bench, forget(needs_write=("set MOON",)))
        capabilities = bench.session._capabilities
        await bench.session.capabilities(bench.session.identity.id)
        known = capabilities[bench.session.identity.id]
        capabilities[bench.session.identity.id] = msgspec.structs.replace(known, offered=frozenset())
        await row.look()
        button = row.buttons["g13.forget"]
        assert not button.isEnabled()
        assert "set MOON" in button.toolTip()
        assert "set MOON" in button.accessibleDescription()
        row.start(row.actions[0])
        assert not bench.tasks.running

    on_bench(look)


def test_an_action_cannot_be_stopped_and_outlives_its_page(on_bench: OnBench) -> None:
    going = asyncio.Event()

    async def follow(_client: Any, _target: str) -> Any:
        yield Progress(1, 3, "restarting")
        await going.wait()

    async def look(bench: Bench) -> None:
        jobs = JobBar(bench.window)
        row = buttons(bench, forget(danger=False, follow=follow), jobs)
        row.start(row.actions[0])
        await until(lambda: jobs.running and "restarting" in jobs.running[0]._label.text())
        assert not jobs.running[0].cancellable
        assert not row.buttons["g13.forget"].isEnabled()
        row.setParent(None)
        row.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        going.set()
        await until(lambda: titles(bench) == ["Done and verified"])
        assert jobs.running == ()

    on_bench(look)


def test_a_panel_has_the_actions_beside_it_and_reads_again_after_one(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        bench.session.vendor = replace(bench.session.vendor, actions=(forget(beside="g13.name", danger=False),))
        panel = await bench.ready("g13.name")
        reads = len([r for r in bench.device.requests if r.startswith("GET")])
        button = panel.findChild(QPushButton, "g13.forget.start")
        assert button.isVisible()
        button.click()
        await until(lambda: titles(bench) == ["Done and verified"])
        await until(lambda: panel.state.startswith("As on the device") and not bench.tasks.running)
        assert len([r for r in bench.device.requests if r.startswith("GET")]) > reads
        assert not (await bench.ready("g13.clock"))._actions.buttons

    on_bench(look)


def test_registers_of_a_real_meter_are_reset_from_their_panel(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        panel = await bench.ready("g13.resettable", MAIN)
        action = panel._actions.actions[0]

        async def ask(*_: Any) -> Answer:
            return Answer(msgspec.structs.replace(action.first(), active_import=True))

        panel._actions._ask = ask
        panel._actions.buttons[action.key].click()
        await until(lambda: titles(bench) == ["Done and verified"])
        assert any("reset" in request for request in bench.device.writes())
        await until(lambda: not bench.tasks.running)

    on_bench(look)


def test_an_action_beside_nothing_has_a_page_that_tells_what_came_of_it(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        action = forget(danger=False)
        bench.session.vendor = replace(bench.session.vendor, actions=(action,))
        page = ActionPage(action, "", bench.session, tasks=bench.tasks, toasts=bench.toasts, jobs=JobBar(bench.window))
        bench.window.layout().addWidget(page)
        await until(lambda: page._looked)
        page.buttons.buttons[action.key].click()
        await until(lambda: page.state.startswith("Done and verified"))

    on_bench(look)


# The page of the device.


def test_everything_declared_is_in_the_list_in_the_order_of_the_groups(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        more = {"tasks": bench.tasks, "toasts": bench.toasts, "jobs": JobBar(bench.window)}
        for meter in ("", MAIN):
            page = DevicePage(bench.session, site="house", meter=meter, parent=bench.window, **more)
            session, vendor = bench.session, bench.session.vendor
            declared = (*session.sections(meter), *session.archives(meter), *session.actions(meter, beside=""))
            keys = set(page.keys())
            assert {one.key for one in declared} <= keys
            assert ("scan" in keys, "firmware" in keys) == (not meter, not meter)
            groups = [item.text() for item in page.entries._items() if not item.data(KEY)]
            known = [group for group in groups if group in vendor.groups]
            assert known == [group for group in vendor.groups if group in groups]
            await until(lambda: not bench.tasks.running)
            page.deleteLater()

    on_bench(look)


def test_a_long_list_is_filtered_and_a_held_key_only_passes_by(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        more = {"tasks": bench.tasks, "toasts": bench.toasts, "jobs": JobBar(bench.window)}
        page = DevicePage(bench.session, site="house", meter=MAIN, parent=bench.window, **more)
        page.resize(1000, 600)
        page.show()
        find = page.entries.search
        find.setFocus()
        QTest.keyClicks(find, "ratio")
        shown = [item.text() for item in page.entries._items() if not item.isHidden() and item.data(KEY)]
        assert shown
        assert all("ratio" in text.lower() for text in shown)
        QTest.keyClick(find, Qt.Key.Key_Return)
        assert page.stack.currentWidget().objectName() == "g13.ratios"
        QTest.keyClick(find, Qt.Key.Key_Escape)
        assert not find.text()
        heard: list[str] = []
        page.opened.connect(heard.append)
        for _ in range(5):
            held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, autorep=True)
            QApplication.sendEvent(page.list, held)
        assert not heard
        await until(lambda: len(heard) == 1)
        assert page.stack.currentWidget().objectName() == heard[0]
        await until(lambda: not bench.tasks.running)

    on_bench(look)


def test_what_a_meter_does_not_offer_is_grey_in_the_list(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        archive = replace(bench.session.vendor.archive("stored_demand"), needs_read=("read MOON",))
        bench.session.vendor = replace(bench.session.vendor, archives=(archive,))
        more = {"tasks": bench.tasks, "toasts": bench.toasts, "jobs": JobBar(bench.window)}
        page = DevicePage(bench.session, site="house", meter=MAIN, parent=bench.window, **more)
        await until(lambda: not bench.tasks.running)
        tones = {item.data(KEY): item.data(TONE) for item in page.entries._items()}
        assert tones["g13.stored_demand"] == "disabled"
        assert tones["g13.ratios"] != "disabled"

    on_bench(look)


def test_what_was_open_last_is_open_on_the_next_page_of_its_kind(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        with gateway() as device:
            async with opened(tmp_path) as window:
                handle, page = await first_page(window, device)
                assert page.stack.currentWidget().objectName() == page.keys()[0]
                first, second = (meter.serial for meter in page.session.meters[:2])
                window.page(handle, first).open("g13.ratios")
                assert window.page(handle, second).stack.currentWidget().objectName() == "g13.ratios"
                await until(lambda: not window.tasks.running)

    qrun(look())


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_device_that_moved_takes_its_row_and_its_header_along(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        with gateway() as device:
            async with opened(tmp_path) as window:
                handle, page = await first_page(window, device)
                session = page.session
                there = Address("127.0.0.9", session.address.port, session.address.scheme)
                session.address = session.client.address = there
                session.moved(there)
                assert handle.row.address == there
                assert handle.session is session
                assert any("127.0.0.9" in label.text() for label in page.header._labels)
                assert [kept.address for kept in window.bench.site.devices()] == [there]

    qrun(look())
