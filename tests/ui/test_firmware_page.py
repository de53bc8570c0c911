"""The firmware page on a simulated gateway over HTTPS: choose, upload, stop, install, and what everyone has then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QRadioButton

from app.model.errors import DeviceUnreachable
from app.vendors.g13.gateway import firmware as topic
from app.vendors.g13.simulator.firmware import FirmwareStore, gateway_image, meter_image
from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, control, press, until
from ui.jobs import JobBar
from ui.pages.firmware import FirmwarePage
from ui.pages.firmware_parts import DEVICE, VERSION
from ui.pages.firmware_words import InstallDialog, age, dropped, pace

VENTILATION = "ABB01EM000014502"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic, "POLL_S", 0.05)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.METER_S", 0.3)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.WRITING_S", 0.6)
    monkeypatch.setattr("app.commission.firmware.AGAIN_S", 0.01)


class Stage:
    """A firmware page on the bench."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench, self.folder = bench, folder
        self.jobs = JobBar(bench.window)
        self.page = FirmwarePage(bench.session, tasks=bench.tasks, toasts=bench.toasts, jobs=self.jobs)
        bench.window.layout().addWidget(self.page)
        bench.window.layout().addWidget(self.jobs)

    async def ready(self) -> FirmwarePage:
        await until(lambda: said(self.page, "version") == "G1.4.2.0")
        return self.page

    async def with_file(self, content: bytes, name: str = "new.bin") -> FirmwarePage:
        page = await self.ready()
        path = self.folder / name
        path.write_bytes(content)
        page.take(path)
        await until(lambda: page.image is not None)
        return page

    async def uploaded(self, content: bytes) -> FirmwarePage:
        page = await self.with_file(content)
        press(page, "upload")
        await until(lambda: not page.uploading)
        assert page.result.words.startswith("new.bin is on the device")
        return page

    async def installing(self) -> InstallDialog:
        press(self.page, "install")
        await until(lambda: self.page.findChild(InstallDialog) is not None)
        dialog = self.page.findChild(InstallDialog)
        assert dialog is not None
        return dialog


Play = Callable[[Callable[[Stage], Awaitable[None]]], None]


@pytest.fixture
def play(on_bench: OnBench, tmp_path: Path) -> Play:
    def on_stage(story: Callable[[Stage], Awaitable[None]]) -> None:
        async def played(bench: Bench) -> None:
            await story(Stage(bench, tmp_path))

        on_bench(played)

    return on_stage


def said(page: FirmwarePage, name: str) -> str:
    return str(control(page, name, QLabel).text())


def tick(page: FirmwarePage, *meters: str) -> None:
    control(page, "some", QRadioButton).setChecked(True)
    for meter in meters:
        item = page.targets.item(meter)
        assert item is not None
        item.setCheckState(0, Qt.CheckState.Checked)


def test_a_gateway_is_renewed(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.uploaded(gateway_image("G1.5.0.0"))
        told: list[bool] = []
        page.renewed.connect(lambda: told.append(True))
        dialog = await stage.installing()
        words = " ".join(label.text() for label in dialog.findChildren(QLabel))
        assert "restarts" in words
        assert "Do not cut its power" in words
        dialog.accept()
        await until(lambda: page.sending)
        assert page.working == "Firmware of the gateway"
        await until(lambda: not page.sending)
        assert page.result.words == "Renewed: the version is another now\nGateway: G1.4.2.0 → G1.5.0.0"
        assert said(page, "version") == "G1.5.0.0"
        assert told
        assert [toast.kind for toast in stage.bench.toasts.shown] == ["ok"]
        assert not control(page, "install", QPushButton).isEnabled(), "the restart took the file away"

    play(story)


def test_meters_are_renewed_and_each_says_how_it_stands(play: Play) -> None:
    async def story(stage: Stage) -> None:
        stage.bench.device.simulator.gateway.wired(VENTILATION).powered = False
        page = await stage.uploaded(meter_image("B2.15.0.0"))
        tick(page, MAIN, VENTILATION)
        assert control(page, "install", QPushButton).text() == "Install on 2 meters"
        await until(lambda: page.targets.look(VENTILATION).words == "Does not answer")
        (await stage.installing()).accept()
        await until(lambda: page.targets.look(MAIN).words == "Written, says the device")
        assert page.targets.look(VENTILATION).words == "Waits, or is being written"
        await until(lambda: not page.sending)
        assert page.targets.look(MAIN).words == "Renewed, was B2.14.0.0"
        assert page.targets.look(VENTILATION).words == "Failed, does not answer"
        item = page.targets.item(MAIN)
        assert item is not None
        assert item.text(VERSION) == "B2.15.0.0"
        assert "1 of 2 renewed" in page.result.words
        assert [toast.kind for toast in stage.bench.toasts.shown] == ["error"]
        assert control(page, "install", QPushButton).isEnabled(), "the file is still there for another try"

    play(story)


def test_meters_are_asked_only_when_they_are_wanted(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        asked = [request for request in stage.bench.device.requests if request.endswith("/info")]
        assert asked == []
        tick(page)
        item = page.targets.item(MAIN)
        assert item is not None
        await until(lambda: item.text(VERSION) == "B2.14.0.0")

    play(story)


def test_nothing_is_sent_before_its_time(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        assert not control(page, "upload", QPushButton).isEnabled()
        assert not control(page, "install", QPushButton).isEnabled()
        assert said(page, "why") == "Choose a file and upload it first."
        await stage.with_file(gateway_image("G1.5.0.0"))
        assert not control(page, "install", QPushButton).isEnabled()
        assert said(page, "why") == "Upload the file first."
        press(page, "upload")
        await until(lambda: page.uploaded is not None and not page.uploading)
        tick(page)
        assert not control(page, "install", QPushButton).isEnabled()
        assert said(page, "why") == "Tick the meters that shall get it."
        tick(page, MAIN)
        dialog = await stage.installing()
        before = stage.bench.device.writes()
        dialog.reject()
        await until(lambda: page.findChild(InstallDialog) is None)
        assert stage.bench.device.writes() == before == ["POST /firmware"]

    play(story)


def test_another_file_must_be_uploaded_again(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.uploaded(gateway_image("G1.5.0.0"))
        other = stage.folder / "other.bin"
        other.write_bytes(gateway_image("G1.6.0.0"))
        page.take(other)
        await until(lambda: said(page, "file") == "other.bin")
        assert not control(page, "install", QPushButton).isEnabled()

    play(story)


def test_an_upload_can_be_stopped(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.with_file(gateway_image("G1.5.0.0", 6_000_000))
        press(page, "upload")
        await until(lambda: page.file.bar.value() > 20)
        assert not page.sending, "it may be stopped"
        assert "MB/s" in said(page, "said") or "kB/s" in said(page, "said")
        assert [job.cancellable for job in stage.jobs.running] == [True]
        press(page, "stop")
        await until(lambda: not page.uploading)
        assert page.result.words.startswith("Upload stopped")
        assert stage.jobs.running == ()
        assert not control(page, "install", QPushButton).isEnabled()
        assert control(page, "upload", QPushButton).isEnabled()

    play(story)


def test_writing_cannot_be_stopped(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.uploaded(meter_image("B2.15.0.0"))
        tick(page, MAIN)
        (await stage.installing()).accept()
        await until(lambda: stage.jobs.running)
        assert page.sending
        assert [job.cancellable for job in stage.jobs.running] == [False]
        for name in ("choose", "upload", "install"):
            assert not control(page, name, QPushButton).isEnabled()
        page.stop()
        page.upload()
        await until(lambda: not page.sending)
        assert page.targets.look(MAIN).tone == "ok"

    play(story)


def test_a_wrong_file_is_told_in_the_end(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.uploaded(b"no firmware" * 100)
        (await stage.installing()).accept()
        await until(lambda: page.sending)
        await until(lambda: not page.sending)
        assert page.result.words.startswith("Not renewed")
        assert page.targets.look(DEVICE).words == "Not renewed: still G1.4.2.0"

    play(story)


def test_a_refused_upload_says_why(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.with_file(gateway_image("G1.5.0.0"))
        users = stage.bench.device.simulator.gateway.users
        users.by_name["admin"].bindings.clear()
        press(page, "upload")
        await until(lambda: not page.uploading)
        assert page.result.words.startswith("Upload: refused by the device")
        assert "administrator" in page.result.words
        assert stage.bench.device.simulator.gateway.part(FirmwareStore).image is None

    play(story)


def test_a_gateway_that_was_unplugged_is_told(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        told: list[object] = []
        page.contact.connect(told.append)
        stage.bench.device.host.remove(stage.bench.device.running)
        page.reload()
        await until(lambda: told)
        assert isinstance(told[0], DeviceUnreachable)
        assert page.targets.look(DEVICE).words == "Does not answer"

    play(story)


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (None, "cannot be read")])
def test_a_file_that_cannot_be_used_is_told(play: Play, content: bytes | None, words: str) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        path = stage.folder / "odd.bin"
        if content is not None:
            path.write_bytes(content)
        page.take(path)
        await until(lambda: stage.bench.toasts.shown)
        assert words in stage.bench.toasts.shown[0].text
        assert page.image is None

    play(story)


def test_a_file_is_shown_with_size_age_and_hash_and_the_hash_is_copied(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.with_file(b"abc", "<b>a.bin")
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert said(page, "file") == "<b>a.bin"
        assert said(page, "facts").startswith("3 bytes, written ")
        assert said(page, "facts").endswith("(today)")
        assert said(page, "sha256") == f"SHA-256 {digest[:8]}…{digest[-8:]}"
        assert digest in control(page, "sha256", QLabel).toolTip()
        page.file.copy.click()
        assert QApplication.clipboard().text() == digest

    play(story)


def test_a_file_can_be_dropped_and_a_site_file_is_left_to_the_window(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        path = stage.folder / "dropped.bin"
        path.write_bytes(b"abc")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        page.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, Qt.KeyboardModifier.NoModifier))
        await until(lambda: said(page, "file") == "dropped.bin")
        site = QMimeData()
        site.setUrls([QUrl.fromLocalFile("/tmp/school.wattwright")])
        assert dropped(site) is None

    play(story)


def test_the_keyboard_is_enough(play: Play) -> None:
    def key(code: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClick(widget, code, modifier)

    async def story(stage: Stage) -> None:
        page = await stage.ready()
        path = stage.folder / "meters.bin"
        path.write_bytes(meter_image("B2.15.0.0"))
        control(page, "device", QRadioButton).setFocus()
        key(Qt.Key.Key_Down)
        assert page.targets.of_meters
        key(Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is page.targets.list
        key(Qt.Key.Key_Space)
        assert page.targets.chosen() == (MAIN,)
        key(Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: page.findChild(QFileDialog) is not None)
        dialog = page.findChild(QFileDialog)
        dialog.fileSelected.emit(str(path))
        dialog.reject()
        # Without a window manager nobody gives the focus back.
        stage.bench.window.activateWindow()
        await until(lambda: page.image is not None and QApplication.focusWidget() is page.file.upload)
        key(Qt.Key.Key_Space)
        await until(lambda: not page.uploading and QApplication.focusWidget() is page.install_button)
        key(Qt.Key.Key_Space)
        await until(lambda: page.findChild(InstallDialog) is not None)
        ask = page.findChild(InstallDialog)
        await until(ask.isActiveWindow)
        ask.accept_button.setFocus()
        QTest.keyClick(ask.accept_button, Qt.Key.Key_Space)
        await until(lambda: page.sending)
        await until(lambda: page.targets.look(MAIN).words == "Renewed, was B2.14.0.0")

    play(story)


def test_eleven_meters_are_one_too_many(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.uploaded(meter_image("B2.15.0.0"))
        first = stage.bench.session.meters[0]
        fields = {name: getattr(first, name) for name in first.__struct_fields__}
        page.targets.show_meters([type(first)(**{**fields, "serial": f"ABB{number}"}) for number in range(11)])
        tick(page, *(f"ABB{number}" for number in range(10)))
        assert control(page, "install", QPushButton).isEnabled()
        tick(page, "ABB10")
        assert not control(page, "install", QPushButton).isEnabled()
        assert said(page, "why") == "11 meters are ticked, at most 10 may be renewed together."

    play(story)


def test_closing_the_page_does_not_cut_an_installation_off(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.uploaded(meter_image("B2.15.0.0"))
        tick(page, MAIN)
        (await stage.installing()).accept()
        await until(lambda: page.sending)
        page.deleteLater()
        await until(lambda: stage.bench.toasts.shown)
        assert stage.bench.toasts.shown[0].kind == "ok"

    play(story)


def test_controls_have_names_for_screen_readers(play: Play) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        for button in page.findChildren(QPushButton):
            assert button.accessibleName() == button.text()
            assert button.objectName().startswith("g13.firmware.")
        assert page.targets.list.accessibleName() == "Meters"

    play(story)


def test_speed_and_time_left_in_words() -> None:
    assert pace(0, 1000, 0) == "Connecting…"
    assert pace(50_000, 200_000, 10) == "25 %, 5.0 kB/s, 30 s left"
    assert pace(50_000, 2_000_000, 10) == "2 %, 5.0 kB/s, 6 min left"
    assert pace(2_000_000, 8_000_000, 1) == "25 %, 2.0 MB/s, 3 s left"
    assert pace(10, 10, 1) == "All sent; the device checks it"


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "1 day old"), (59, "59 days old"), (100, "3 months old"), (900, "2 years old")],
)
def test_the_age_of_a_file_in_words(days: int, words: str) -> None:
    assert age(datetime.now().astimezone() - timedelta(days=days, minutes=1)).endswith(f"({words})")
