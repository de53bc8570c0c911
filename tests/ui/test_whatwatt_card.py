"""The page of the memory card: browsed, fetched at the pace that the device bears, stopped, plotted by day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton

from app.vendors.whatwatt import card_download
from app.vendors.whatwatt.simulator.pages import Style
from tests.app.whatwatt.devices import Device, device
from tests.ui.conftest import QRun, press, until
from tests.ui.keyboard import POPUPS, Desk, active, keyboard, tab_to, write
from tests.ui.keyboard import press as key
from tests.ui.whatwatts import Reader, reader
from ui.pages.archive import ArchivePage
from ui.vendors.whatwatt.card import CardPage

HTML = "<img src=x onerror=alert(1)>.CSV"
CONTENT = bytes(range(256)) * 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "chosen"
    made.mkdir()
    return made


async def card_of(shown: Reader) -> CardPage:
    page = shown.page.open("whatwatt.card")
    assert isinstance(page, CardPage)
    await until(lambda: not page.reading)
    return page


def names(page: CardPage) -> list[str]:
    return [page.list.item(row, 0).text() for row in range(page.list.rowCount())]


def select(page: CardPage, *wanted: str) -> None:
    page.list.clearSelection()
    every = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row, name in enumerate(names(page)):
        if name in wanted:
            page.list.selectionModel().select(page.list.model().index(row, 0), every)


async def choose_folder(page: CardPage, folder: Path) -> None:
    press(page, "fetch")
    await until(lambda: page.findChildren(QFileDialog))
    dialog = page.findChildren(QFileDialog)[0]
    dialog.findChild(QLineEdit, "fileNameEdit").setText(str(folder))
    dialog.accept()


def saved(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_folders_are_browsed_and_hostile_names_are_shown_as_they_are_and_refused(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            assert names(page)[:2] == ["LOGS", "SYSTEM~1"], "folders come first"
            assert names(page)[2].endswith(".CSV"), "then the logs"
            assert HTML in names(page)
            assert "a\\..\\b" in names(page)
            select(page, "a\\..\\b")
            assert "cannot be fetched" in page.state
            assert not page.fetch_button.isEnabled()
            assert "Cannot be fetched" in page.notes.words
            for label in page.findChildren(QLabel):
                assert label.textFormat() is Qt.TextFormat.PlainText or not label.text()
            page.list.setCurrentCell(0, 0)
            page.list.itemDoubleClicked.emit(page.list.item(0, 0))
            await until(lambda: page.folder == "LOGS" and not page.reading)
            assert names(page) == ["OLD.CSV"]
            assert "LOGS" in page.path.text()
            press(page, "up")
            await until(lambda: page.folder == "" and not page.reading)
            assert not any(".." in request for request in on.simulator.requests)

    with device() as on:
        on.simulator.card.files |= {HTML: b"x", "a\\..\\b": b"gotcha", "LOGS/OLD.CSV": b"y"}
        qrun(look())


def test_several_files_are_fetched_one_after_the_other_into_the_chosen_folder(
    qrun: QRun, tmp_path: Path, folder: Path
) -> None:
    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            select(page, "ONE.BIN", "TWO.BIN", HTML, "SYSTEM~1")
            assert page.state.startswith("3 files selected, 102 KB"), "a folder is no file"
            await choose_folder(page, folder)
            await until(lambda: page.fetching.running)
            await until(lambda: not page.fetching.running)
            assert "3 files saved" in shown.toasts()
            assert on.simulator.most_downloads == 1

    with device() as on:
        on.simulator.card.files |= {"ONE.BIN": CONTENT, "TWO.BIN": CONTENT[::-1], HTML: b"x"}
        qrun(work())
    kept = saved(folder)
    assert kept.pop("ONE.BIN") == CONTENT
    assert kept.pop("TWO.BIN") == CONTENT[::-1]
    (harmless,) = kept
    assert "<" not in harmless


def test_what_is_fetched_from_a_device_on_the_meters_power_is_told_with_its_pace_and_can_be_stopped(
    qrun: QRun, tmp_path: Path, folder: Path
) -> None:
    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            assert "6 KB/s: the device is powered by the meter" in page.pace.words
            select(page, "ONE.BIN")
            assert page.state == "1 file selected, 51 KB: about 9 s"
            await choose_folder(page, folder)
            await until(lambda: page.fetching.done)
            assert page.state.startswith("ONE.BIN: ")
            assert "of 51 KB" in page.state
            (job,) = shown.window.jobs.running
            assert job.cancellable
            assert not page.read_button.isEnabled(), "the device is left alone meanwhile"
            assert not shown.window.close()
            press(page, "stop")
            await until(lambda: not page.fetching.running)
            assert not shown.window.jobs.running
            assert page.fetch_button.isVisible()
        assert saved(folder) == {}, "half a file is not kept"

    with device(style=Style.MBUS) as on:
        with_card(on)
        qrun(work())


def with_card(on: Device) -> None:
    on.simulator.card.installed = True
    on.simulator.card.files["ONE.BIN"] = CONTENT


def test_two_files_are_never_fetched_at_once(qrun: QRun, tmp_path: Path, folder: Path) -> None:
    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            select(page, "ONE.BIN")
            await choose_folder(page, folder)
            await until(lambda: page.fetching.done)
            log: Any = shown.page.open("whatwatt.log")
            await until(lambda: not log.reading)
            log.read_with(file=log.bar.choices("file")[1].value)
            await until(lambda: log._failed is not None)
            assert "Another file is being fetched" in log._failure.words
            assert page.fetching.running, "the first one goes on behind another page"
            page.fetching.stop()
            await until(lambda: not page.fetching.running)
        assert on.simulator.most_downloads == 1

    with device(style=Style.MBUS) as on:
        with_card(on)
        qrun(work())


def test_a_log_is_plotted_from_the_list(qrun: QRun, tmp_path: Path) -> None:
    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            log = next(name for name in names(page) if name.endswith(".CSV"))
            select(page, log)
            press(page, "plot")
            plotted = shown.page.stack.currentWidget()
            assert isinstance(plotted, ArchivePage)
            await until(lambda: plotted.records.count, 20)
            assert plotted.records.count == 1439
            assert plotted.bar.parameters.file == log
            shown_day = next(choice.label for choice in plotted.bar.choices("file") if choice.value == log)
            assert shown_day == f"{log[:4]}-{log[4:6]}-{log[6:8]}"
            await until(lambda: plotted.picture.isVisible(), 20)

    with device() as on:
        qrun(work())


def test_a_slow_log_tells_how_far_it_is(qrun: QRun, tmp_path: Path) -> None:
    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            log: Any = shown.page.open("whatwatt.log")
            await until(lambda: log._read_at is not None)
            assert log.state == "Nothing is chosen yet"
            log.read_with(file=log.bar.choices("file")[1].value)
            await until(lambda: " KB of " in log.state)
            assert "6 KB/s" in log.state
            log.stop()
            await until(lambda: not shown.session.connection.fetching.locked())

    with device(style=Style.MBUS) as on:
        with_card(on)
        qrun(work())


def test_without_a_card_that_is_said_and_what_to_do(
    qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vendors.whatwatt.client.FRESH_S", 0.0)

    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            assert "no memory card" in page.failure.words
            assert "Push a microSD card" in page.failure.words
            assert page.state == "Could not be read"
            on.simulator.card.installed = True
            press(page, "read")
            await until(lambda: names(page))
            assert page.failure.words == ""
            on.simulator.card.size_mb, on.simulator.card.files["BIG"] = 1, bytes(1024 * 1024)
            press(page, "read")
            await until(lambda: "The card is full" in page.notes.words)

    with device() as on:
        on.simulator.card.installed = False
        qrun(work())


@pytest.mark.parametrize("status", [404, 500])
def test_a_file_that_is_gone_meanwhile_is_said_to_be_gone(
    qrun: QRun, tmp_path: Path, folder: Path, status: int
) -> None:
    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            select(page, "ONE.BIN")
            del on.simulator.card.files["ONE.BIN"]
            await choose_folder(page, folder)
            await until(lambda: "no file ONE.BIN" in shown.toasts())
            await until(lambda: not page.fetching.running)

    with device() as on:
        with_card(on)
        on.simulator.missing_file_status = status
        qrun(work())
    assert saved(folder) == {}


@POPUPS
def test_a_file_is_fetched_by_keyboard_alone(
    qrun: QRun, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_download, "PACED_BYTES_PER_S", 1e6)

    async def work() -> None:
        async with reader(on, tmp_path) as shown:
            desk = Desk(shown.window, on, shown.handle)  # type: ignore[arg-type]
            await desk.when(lambda: active(shown.window))
            page = await desk.open("whatwatt.card")
            await until(lambda: not page.reading)
            tab_to("whatwatt.card.list")
            for _ in range(page.list.rowCount()):
                if (
                    page.list.currentRow() >= 0
                    and names(page)[page.list.currentRow()] == "ONE.BIN"
                    and page.list.files()
                ):
                    break
                key(Qt.Key.Key_Down)
            assert [file.name for file in page.list.files()] == ["ONE.BIN"]
            key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await desk.dialog("whatwatt.card.folder_dialog")
            assert keyboard().objectName() == "fileNameEdit"
            write(str(folder))
            key(Qt.Key.Key_Return)
            await desk.when(lambda: not QApplication.activeModalWidget())
            await until(lambda: "1 file saved" in shown.toasts())

    with device() as on:
        with_card(on)
        qrun(work())
    assert saved(folder) == {"ONE.BIN": CONTENT}


def test_every_control_of_the_page_is_named(qrun: QRun, tmp_path: Path) -> None:
    async def look() -> None:
        async with reader(on, tmp_path) as shown:
            page = await card_of(shown)
            for button in page.findChildren(QPushButton):
                assert button.objectName().startswith("whatwatt.card.")
                assert button.accessibleName()
            assert page.list.accessibleName() == "Files"

    with device() as on:
        qrun(look())
