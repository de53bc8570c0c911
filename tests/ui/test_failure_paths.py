"""The window when something goes wrong: cut off, refused, silent, closed in the middle, under hostile names."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QTabWidget

from app.model.device import Address, Credentials
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.g13.simulator.tariff_calendar import Calendar
from app.vendors.g13.simulator.users import Role
from tests.app.test_guided import QUICK
from tests.gateways import MAIN, PASSWORD, Gateway
from tests.ui.conftest import QRun, enter, until
from tests.ui.failures import Play, Scene, player, strips
from ui.forms.actions import ActionButtons
from ui.forms.panel import SectionPanel
from ui.pages.archive import ArchivePage
from ui.pages.firmware import FirmwarePage
from ui.pages.header import clock_words
from ui.vendors.g13.users import UsersBody
from ui.workbench import State

SECOND = "ABB01EM000014502"
SLOW_MS = 1500.0


@pytest.fixture
def play(qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    return player(qrun, tmp_path, monkeypatch)


# Closed in the middle.


async def reading_a_panel(scene: Scene) -> None:
    page = scene.page(MAIN)
    await scene.quiet()
    scene.device.simulator.latency_ms = SLOW_MS
    page.open("g13.energy")


async def reading_an_archive(scene: Scene) -> None:
    page = scene.page(MAIN)
    await scene.quiet()
    scene.device.simulator.latency_ms = SLOW_MS
    shown = page.open("g13.stored_profiles")
    assert isinstance(shown, ArchivePage)
    await until(lambda: shown.reading)


async def asking_about_a_restart(scene: Scene) -> None:
    shown = await scene.open("g13.restart")
    shown.findChild(QPushButton, "g13.restart.start").click()
    await scene.dialog()


async def asking_about_erasing(scene: Scene) -> None:
    shown = await scene.open("g13.stored_profiles", MAIN)
    assert isinstance(shown, ArchivePage)
    next(iter(shown.actions_row.buttons.values())).click()
    await scene.dialog()


async def asking_where_to_export(scene: Scene) -> None:
    shown = await scene.open("g13.stored_profiles", MAIN)
    assert isinstance(shown, ArchivePage)
    shown.export_csv()
    await scene.dialog()


async def asking_about_installing(scene: Scene) -> None:
    shown = await chosen(scene, 5_000)
    shown.upload()
    await until(lambda: not shown.uploading)
    await scene.quiet()
    shown.install_button.click()
    await scene.dialog()


async def adding_a_user(scene: Scene) -> None:
    shown = await scene.open("g13.users")
    shown.findChild(UsersBody).add_button.click()
    await scene.dialog()


async def previewing(scene: Scene) -> None:
    shown = await scene.open("g13.name")
    assert isinstance(shown, SectionPanel)
    enter(shown, "alias", "Attic")
    shown.preview()
    await scene.dialog()


async def chosen(scene: Scene, size: int, name: str = "new.bin") -> FirmwarePage:
    """The firmware page with a file of that size."""
    shown = await scene.open("firmware")
    assert isinstance(shown, FirmwarePage)
    file = scene.folder / name
    file.write_bytes(b"x" * size)
    shown.take(file)
    await until(lambda: shown.image is not None)
    return shown


MIDDLES = (
    reading_a_panel, reading_an_archive, asking_about_a_restart, asking_about_erasing, asking_where_to_export,
    asking_about_installing, adding_a_user, previewing,
)  # fmt: skip


@pytest.mark.parametrize("middle", MIDDLES, ids=lambda middle: middle.__name__)
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_device_is_disconnected_in_the_middle(play: Play, middle: Callable[[Scene], Awaitable[None]]) -> None:
    async def story(scene: Scene) -> None:
        await middle(scene)
        scene.window.disconnect_shown()
        await until(lambda: scene.handle.state is State.IDLE)
        scene.device.simulator.latency_ms = 0.0
        await scene.quiet()
        assert not scene.dialogs(), "nobody is left to ask for"
        assert scene.window.pages.currentWidget() is scene.window.connecting
        assert not scene.titles()

    play(story)


@pytest.mark.parametrize("middle", MIDDLES, ids=lambda middle: middle.__name__)
@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_window_is_closed_in_the_middle(play: Play, middle: Callable[[Scene], Awaitable[None]]) -> None:
    async def story(scene: Scene) -> None:
        await middle(scene)
        assert scene.window.close()

    play(story)


def test_an_upload_is_not_cut_off_in_passing(play: Play) -> None:
    async def story(scene: Scene) -> None:
        shown = await chosen(scene, 12_000_000)
        shown.upload()
        await until(lambda: shown.file.bar.value() > 0)
        assert not scene.window.close()
        (toast,) = scene.window.toasts.shown
        assert toast.text == "Upload of new.bin must not be interrupted."
        assert toast.hint == "Stop it, or wait until it is done."
        scene.window.disconnect_shown()
        assert scene.handle.state is State.CONNECTED
        assert shown.uploading
        shown.stop()
        await until(lambda: not shown.uploading)
        assert scene.window.close()

    play(story)


# The cable.


def test_a_cable_pulled_while_an_archive_is_read(play: Play) -> None:
    async def story(scene: Scene) -> None:
        await reading_an_archive(scene)
        page = scene.page(MAIN)
        shown = page.open("g13.stored_profiles")
        scene.unplug()
        await until(lambda: scene.handle.state is State.LOST)
        await scene.quiet()
        assert shown.state == "Could not be read"
        assert page._reopen.isVisible()
        scene.device.simulator.latency_ms = 0.0
        scene.device.running = scene.device.host.add(scene.device.simulator, port=scene.device.address.port)
        page._reopen.click()
        await until(lambda: scene.handle.state is State.CONNECTED)
        await until(lambda: shown.state.startswith("Read "))
        await scene.quiet()

    play(story)


def test_a_cable_pulled_while_a_file_is_on_its_way(play: Play) -> None:
    async def story(scene: Scene) -> None:
        shown = await chosen(scene, 12_000_000)
        shown.upload()
        await until(lambda: shown.file.bar.value() > 0)
        scene.unplug()
        await until(lambda: not shown.uploading)
        await scene.quiet()
        assert scene.handle.state is State.LOST
        assert "new.bin" in scene.window.toasts.shown[0].title

    play(story)


def test_a_cable_pulled_while_an_action_follows_a_restart(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.vendors.g13.gateway.restart.POLL_S", 0.05)
    monkeypatch.setattr("app.vendors.g13.gateway.restart.PATIENCE_S", 1.0)

    async def story(scene: Scene) -> None:
        await asking_about_a_restart(scene)
        (await scene.dialog()).accept_button.click()
        await until(lambda: scene.window.jobs.running)
        await until(lambda: "POST /gateway/reboot" in scene.device.requests)
        scene.unplug()
        await until(lambda: scene.titles())
        await scene.quiet()
        assert scene.titles() == ["Outcome unknown"]
        assert not scene.window.jobs.running
        assert scene.handle.state is State.LOST

    play(story)


def test_a_restart_brings_back_what_found_nobody_meanwhile(play: Play) -> None:
    async def story(scene: Scene) -> None:
        await asking_about_a_restart(scene)
        (await scene.dialog()).accept_button.click()
        await until(lambda: "POST /gateway/reboot" in scene.device.requests)
        flags = scene.page(MAIN).open("g13.flags")
        await until(lambda: scene.handle.state is State.LOST)
        await until(lambda: "Done and verified" in scene.titles())
        assert scene.handle.state is State.CONNECTED
        assert not scene.page(MAIN)._trouble.words
        flags.reload()
        await scene.quiet()
        assert flags.state.startswith("As on the device")

    play(story)


def test_a_clock_that_was_set_is_not_said_to_be_off(play: Play) -> None:
    async def story(scene: Scene) -> None:
        shown = await scene.open("g13.clock")
        assert isinstance(shown, SectionPanel)
        session = scene.handle.session
        assert session is not None
        assert session.live(shown.section, "").value.drift_s < -90
        shown.take_now()
        shown.send()
        await until(scene.titles)
        assert scene.titles() == ["Sent and verified"]
        assert abs(session.live(shown.section, "").value.drift_s) < 5
        await scene.quiet()
        assert "as this computer" in [label.text() for label in scene.page().header._labels]

    play(story)


# Refused.


def test_who_is_no_administrator_is_told_that_it_takes_one(play: Play) -> None:
    async def story(scene: Scene) -> None:
        users = await scene.open("g13.users")
        assert "needs a gateway administrator" in strips(users)
        name = await scene.open("g13.name")
        assert isinstance(name, SectionPanel)
        enter(name, "alias", "Attic")
        name.send()
        await until(lambda: scene.window.toasts.shown)
        assert "needs a gateway administrator" in scene.window.toasts.shown[0].hint
        assert name.unsent == 1
        await scene.quiet()

    def prepared(device: Gateway) -> None:
        device.simulator.gateway.users.add("fitter", "pw", {MAIN: Role.CONFIGURE})

    play(story, Credentials("fitter", "pw"), prepared=prepared)


def test_who_may_only_look_changes_nothing_on_any_page(play: Play) -> None:
    async def story(scene: Scene) -> None:
        page = scene.page(MAIN)
        await scene.quiet()
        for key in (key for key in page.keys() if key != "live"):  # noqa: SIM118 - the page's entries
            shown = page.open(key)
            await scene.quiet()
            send = shown.findChild(QPushButton, f"{key}.send")
            assert send is None or not send.isVisible(), key
            for row in shown.findChildren(ActionButtons):
                for button in row.buttons.values():
                    assert not button.isEnabled(), key
                    assert "may only look" in button.accessibleDescription(), key

    def prepared(device: Gateway) -> None:
        device.simulator.gateway.users.add("guest", "pw", {MAIN: Role.VIEW})

    play(story, Credentials("guest", "pw"), prepared=prepared)


def test_another_account_finds_pages_of_its_own(play: Play) -> None:
    async def story(scene: Scene) -> None:
        await scene.open("g13.conversion", MAIN)
        ratios = await scene.open("g13.ratios", MAIN)
        assert isinstance(ratios, SectionPanel)
        assert not ratios._footer.send_button.isVisible()
        scene.device.simulator.gateway.users.by_name["guest"].password = "changed elsewhere"
        ratios.reload()
        await until(lambda: scene.handle.state is State.LOST)
        scene.page(MAIN)._reopen.click()
        await until(lambda: scene.handle.state is State.CONNECTED)
        await scene.quiet()
        assert scene.page(MAIN).stack.currentWidget().objectName() == "g13.ratios"
        for key in ("g13.ratios", "g13.conversion"):
            again = await scene.open(key, MAIN)
            assert isinstance(again, SectionPanel)
            assert again._footer.send_button.isVisible(), key

    def prepared(device: Gateway) -> None:
        device.simulator.gateway.users.add("guest", "pw", {MAIN: Role.VIEW})

    play(story, Credentials("guest", "pw"), Credentials("admin", PASSWORD), prepared=prepared)


# Silent meters, broken answers.


NOT_ASKED = {"g13.info", "g13.mbusinfo", "g13.naming", "g13.meter_clock", "live"}
"""What was read before, is not offered, or is known to the gateway itself."""


def test_a_meter_that_is_off_says_so_on_every_page(play: Play) -> None:
    async def story(scene: Scene) -> None:
        page = scene.page(MAIN)
        await scene.quiet()
        scene.device.simulator.gateway.wired(MAIN).powered = False
        for key in page.keys():  # noqa: SIM118 - the page's entries
            if key not in NOT_ASKED:
                shown = page.open(key)
                await scene.quiet()
                assert shown.state.startswith("Could not be read"), key
                assert "Check that the meter is powered" in strips(shown), key
        assert scene.handle.state is State.CONNECTED, "the gateway itself is there"

    play(story)


@pytest.mark.parametrize("key", ["g13.flags", "g13.stored_demand", "g13.calendar"])
def test_an_answer_that_ends_in_the_middle_shows_what_the_gateway_says_of_it(play: Play, key: str) -> None:
    async def story(scene: Scene) -> None:
        page = scene.page(MAIN)
        await scene.quiet()
        scene.device.simulator.break_reply("READ_TIMEOUT on the bus")
        shown = page.open(key)
        await scene.quiet()
        assert "READ_TIMEOUT on the bus" in strips(shown)
        shown.reload()
        await scene.quiet()
        assert not strips(shown)

    play(story)


# Where it is, and how one logs in.


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_gateway_sent_elsewhere_takes_row_site_password_and_pin_along(play: Play) -> None:
    async def story(scene: Scene) -> None:
        window, session = scene.window, scene.handle.session
        assert session is not None
        session.patience = QUICK
        old = session.address
        shown = await scene.open("g13.ip")
        assert isinstance(shown, SectionPanel)
        for name, value in (("ip", "127.0.0.9"), ("mask", "255.0.0.0"), ("gateway", "127.0.0.1")):
            enter(shown, name, value)
        shown.send()
        (await scene.dialog()).accept()
        await until(lambda: "Sent and verified" in scene.titles())
        await scene.quiet()
        there = Address("127.0.0.9", old.port, "https")
        assert scene.handle.row.address == there
        assert [kept.address for kept in window.bench.site.devices()] == [there]
        assert window.bench.pins.get(there.netloc) is not None
        assert await window.bench.passwords.get(there.netloc, "admin") == Credentials("admin", PASSWORD)

    def prepared(device: Gateway) -> None:
        device.simulator.gateway.part(Configuration).moving_s = 0.2

    play(story, prepared=prepared)


def test_a_new_password_of_ones_own_is_the_one_that_is_kept(play: Play) -> None:
    async def story(scene: Scene) -> None:
        shown = await scene.open("g13.users")
        buttons = shown.findChild(ActionButtons)
        buttons.buttons["g13.own_password"].click()
        dialog = await scene.dialog()
        for name, value in (("old", PASSWORD), ("new", "apple juice"), ("again", "apple juice")):
            dialog._take(name, value)
        dialog.accept_button.click()
        await until(scene.titles)
        await scene.quiet()
        assert scene.titles() == ["Done and verified"]
        netloc = scene.handle.row.address.netloc
        kept = await scene.window.bench.passwords.get(netloc, "admin")
        assert kept == Credentials("admin", "apple juice")
        assert kept.password == "apple juice"

    play(story)


# The head.


def test_a_clock_is_as_wrong_as_it_was_when_it_was_read() -> None:
    read = datetime(2026, 3, 1, 12, 0, 0).astimezone()
    assert clock_words(datetime(2026, 3, 1, 11, 58, 25), read) == "95 s behind this computer"
    assert clock_words(datetime(2026, 3, 1, 12, 0, 3), read) == "as this computer"
    assert clock_words(datetime(2026, 3, 1, 15, 0, 0), read) == "3 h ahead of this computer"


def test_the_head_tells_the_clock_as_it_was_read(play: Play) -> None:
    async def story(scene: Scene) -> None:
        page, session = scene.page(), scene.handle.session
        assert session is not None
        clock = page._clock_section()
        live = session.live(clock, "")
        before = [label.text() for label in page.header._labels]
        assert any(re.fullmatch(r"9\d s behind this computer", text) for text in before)
        # An hour later nothing was read again.
        back = live.at - timedelta(hours=1)
        value = live.value.__class__(live.value.time - timedelta(hours=1), live.value.status, live.value.drift_s)
        session._live[clock.key, session.target(clock, "")] = live.__class__(value, back)
        page.show_facts()
        assert [label.text() for label in page.header._labels] == before

    play(story)


# Themes and names, on every page.


async def every_page(scene: Scene, look: Callable[[str], None]) -> None:
    for meter in ("", MAIN):
        page = scene.page(meter)
        await scene.quiet()
        for key in page.keys():  # noqa: SIM118 - the page's entries
            if key != "live":
                page.open(key)
                await scene.quiet()
                look(key)


def test_the_theme_is_changed_with_every_page_open(play: Play) -> None:
    async def story(scene: Scene) -> None:
        await every_page(scene, lambda _: None)
        for theme in ("dark", "contrast", "light"):
            scene.window.theme_actions[theme].trigger()
            await scene.quiet()
        assert not scene.titles()

    play(story)


HOSTILE = {
    "long": "x" * 10_000,
    "markup": "<img src=x onerror=1><b>&File&amp;",
    "backwards": "\u202eabc\u2066<b>",
    "lines": "a\nb\tc\r\nd",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_stay_what_they_are_on_every_page(play: Play, kind: str) -> None:
    name = HOSTILE[kind]

    async def story(scene: Scene) -> None:
        window = scene.window

        def look(key: str) -> None:
            assert window.minimumSizeHint().width() <= 1366, key
            assert window.minimumSizeHint().height() <= 768, key
            shown = window.pages.currentWidget()
            for label in shown.findChildren(QLabel):
                plain = label.textFormat() is Qt.TextFormat.PlainText
                assert plain or name[:5] not in label.text(), (key, label.text()[:80])
            for button in shown.findChildren(QAbstractButton):
                assert len(button.text()) < 100, (key, button.objectName())

        await every_page(scene, look)
        assert (window.width(), window.height()) == (1366, 768)

    def prepared(device: Gateway) -> None:
        site = device.simulator.gateway
        site.alias = site.location = name
        site.registered[MAIN].alias = site.registered[MAIN].location = name
        site.users.add(name, "pw", {MAIN: Role.VIEW})

    play(story, prepared=prepared)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_of_weeks_and_seasons_stay_within_the_calendar(play: Play, kind: str) -> None:
    name = HOSTILE[kind]

    async def story(scene: Scene) -> None:
        shown = await scene.open("g13.calendar", MAIN)
        assert isinstance(shown, SectionPanel)
        tabs = shown.findChild(QTabWidget)
        for tab in range(tabs.count()):
            tabs.setCurrentIndex(tab)
            await scene.quiet()
            assert scene.window.minimumSizeHint().width() <= 1366, tabs.tabText(tab)
            scene.window.grab()
        for label in shown.findChildren(QLabel):
            assert label.textFormat() is Qt.TextFormat.PlainText or name[:5] not in label.text()

    def prepared(device: Gateway) -> None:
        calendar = device.simulator.gateway.wired(MAIN).part(Calendar)
        calendar.weeks = tuple(replace(week, profile=f"{name}{n}") for n, week in enumerate(calendar.weeks))
        first = calendar.weeks[0].profile
        calendar.seasons = tuple(
            replace(season, profile=f"{name}{n}", weekprofile=first) for n, season in enumerate(calendar.seasons)
        )

    play(story, prepared=prepared)


@pytest.mark.parametrize("name", [f"{'x' * 240}.bin", "\u202e<b>&x.bin", "a&b&c.bin"])
def test_hostile_names_of_files_stay_within_the_page(play: Play, name: str) -> None:
    async def story(scene: Scene) -> None:
        shown = await chosen(scene, 5_000, name)
        shown.upload()
        await until(lambda: not shown.uploading)
        await scene.quiet()
        assert shown.uploaded is not None
        assert scene.window.minimumSizeHint().width() <= 1366
        assert len(shown.install_button.text()) < 100
        shown.install_button.click()
        dialog = await scene.dialog()
        assert dialog.minimumSizeHint().width() < 700
        dialog.reject()
        await scene.quiet()

    play(story)
