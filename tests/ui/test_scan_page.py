"""The scan page on a simulated gateway over HTTPS: find meters, name them, register them, verified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QRadioButton

from app.commission.receipt import Outcome
from app.model.job import Progress
from app.model.scan import BusScan, ScanMode, ScannedMeter, ScanState
from app.simulators.faults import Fault
from tests.gateways import MAIN
from tests.ui.conftest import Bench, OnBench, control, enter, press, until
from ui.forms.diff import PreviewDialog
from ui.jobs import JobBar
from ui.pages.scan import ScanPage

THIRD, FOURTH, FIFTH = (f"ABB01EM00001450{number}" for number in (3, 4, 5))
Story = Callable[[Bench, ScanPage], Coroutine[Any, Any, None]]


class Stage:
    """A scan page on the bench, narrowed to a few addresses so that a scan is short."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.jobs = JobBar(bench.window)
        self.page = ScanPage(bench.session, tasks=bench.tasks, toasts=bench.toasts, jobs=self.jobs)
        bench.window.layout().addWidget(self.page)
        bench.window.layout().addWidget(self.jobs)

    async def ready(self) -> ScanPage:
        """Registered meters read, EQ bus narrowed to the addresses of two unregistered meters and some around."""
        await until(lambda: self.page.footer.words.startswith("As on the device"))
        enter(self.page, "eqbus.start", "21")
        enter(self.page, "eqbus.end", "24")
        return self.page

    async def scanned(self) -> ScanPage:
        """One scan to its end."""
        page = await self.ready()
        press(page, "start")
        await until(lambda: not page.scanning())
        return page


def on_stage(on_bench: OnBench, story: Callable[[Stage], Awaitable[None]]) -> None:
    async def played(bench: Bench) -> None:
        await story(Stage(bench))

    on_bench(played)


def said(page: ScanPage, name: str) -> str:
    label = control(page, name, QLabel)
    return label.text() if label.isVisible() else ""


def names(page: ScanPage, serial: str) -> tuple[str, str]:
    return tuple(control(page, f"{part}.{serial}", QLineEdit).text() for part in ("alias", "location"))


def test_meters_appear_with_a_name_and_a_place(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        # Slow enough that the page, which looks once a second, sees the first meter before the second.
        stage.bench.device.simulator.gateway.scan_s = 0.35
        press(page, "start")
        assert not control(page, "start", QPushButton).isEnabled()
        await until(lambda: page.found_count() == 1)
        assert [job.title for job in stage.jobs.running] == ["Device scan"]
        assert page.scanning()
        await until(lambda: not page.scanning())
        assert page.results.serials == (THIRD, FOURTH)
        assert said(page, f"bus.{FOURTH}") == "EQ bus 24"
        assert said(page, f"state.{THIRD}") == "New"
        assert names(page, THIRD) == ("Meter 014503", "Main distribution")
        assert said(page, "said") == "Scan complete: 2 meters found"
        assert stage.jobs.running == ()

    on_stage(on_bench, story)


def test_nothing_changes_before_it_is_sent(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        before = stage.bench.device.writes()
        press(page, f"add.{THIRD}")
        assert said(page, f"state.{THIRD}") == "Not sent"
        assert page.footer.words == "1 change not sent"
        press(page, f"add.{THIRD}")
        assert said(page, f"state.{THIRD}") == "New"
        assert page.footer.words.startswith("As on the device")
        assert stage.bench.device.writes() == before
        assert not control(page, "send", QPushButton).isEnabled()

    on_stage(on_bench, story)


def test_added_meters_are_registered_and_verified(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        told: list[bool] = []
        page.registered.connect(lambda: told.append(True))
        enter(page, f"alias.{THIRD}", "Heat pump")
        enter(page, f"location.{THIRD}", "Cellar")
        press(page, "add-all")
        assert page.footer.words == "2 changes not sent"
        press(page, "send")
        await until(lambda: told)
        receipt = stage.bench.session.receipts["g13.meters", stage.bench.session.identity.id]
        assert receipt.outcome is Outcome.VERIFIED
        registered = {meter.serial: meter for meter in stage.bench.session.meters}
        assert (registered[THIRD].alias, registered[THIRD].location) == ("Heat pump", "Cellar")
        assert registered[FOURTH].location == "Cellar", "the place of the one before is remembered"
        assert said(page, f"state.{THIRD}") == "Registered already"
        assert page.footer.words.startswith("Sent and verified")
        assert [toast.kind for toast in stage.bench.toasts.shown] == ["ok"]

    on_stage(on_bench, story)


def test_a_name_that_is_too_long_is_told_beside_its_row(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        enter(page, f"alias.{THIRD}", "x" * 22)
        assert said(page, f"problem.{THIRD}") == "Name: 22 characters, at most 21 are allowed."
        press(page, f"add.{THIRD}")
        assert said(page, f"state.{THIRD}") == "New"
        press(page, "add-all")
        assert page.footer.words == "1 change not sent"
        enter(page, f"location.{FOURTH}", "y" * 52)
        assert said(page, f"problem.{FOURTH}") == "Location: 52 characters, at most 51 are allowed."
        assert not control(page, "send", QPushButton).isEnabled()
        enter(page, f"location.{FOURTH}", "Roof")
        assert said(page, f"problem.{FOURTH}") == ""
        assert control(page, "send", QPushButton).isEnabled()

    on_stage(on_bench, story)


def test_the_limits_of_a_bus_are_told_in_its_card(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        enter(page, "eqbus.end", "50")
        assert said(page, "eqbus.problem") == "EQ bus: the range 21-50 is not allowed; 17 to 49, start first."
        assert not control(page, "start", QPushButton).isEnabled()
        control(page, "eqbus.list", QRadioButton).click()
        assert "at least one address" in said(page, "eqbus.problem")
        enter(page, "eqbus.addresses", "21, 21")
        assert said(page, "eqbus.problem") == "EQ bus: an address is listed twice."
        enter(page, "eqbus.addresses", "21, 24")
        assert said(page, "eqbus.problem") == ""
        assert control(page, "start", QPushButton).isEnabled()
        control(page, "eqbus", QCheckBox).click()
        assert not control(page, "start", QPushButton).isEnabled(), "no bus is ticked"

    on_stage(on_bench, story)


def test_every_option_of_every_bus_is_offered(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        wired, infrared = page.cards[1], page.cards[2]
        control(page, "mbus", QCheckBox).click()
        control(page, "mbus.baud", QComboBox).setCurrentIndex(control(page, "mbus.baud", QComboBox).findData(9600))
        assert wired.scan() == BusScan("mbus", ScanMode.RANGE, start=1, end=16, baud=9600)
        control(page, "mbus.secondary", QRadioButton).click()
        assert wired.scan() == BusScan("mbus", ScanMode.SECONDARY, baud=9600)
        control(page, "mbus-ir", QCheckBox).click()
        assert infrared.scan() == BusScan("mbus-ir", ScanMode.PRIMARY, baud=2400)

    on_stage(on_bench, story)


def test_a_second_scan_while_the_gateway_still_scans_is_refused(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        enter(page, "eqbus.end", "49")
        press(page, "start")
        await until(page.found_count)
        found = page.found_count()
        press(page, "stop")
        await until(lambda: not page.scanning())
        assert "finishes its scan by itself" in said(page, "said")
        assert page.found_count() == found, "what was found stays"
        press(page, "start")
        await until(lambda: stage.bench.toasts.shown)
        await until(lambda: not page.scanning())
        assert [toast.kind for toast in stage.bench.toasts.shown] == ["error"]
        assert said(page, "said") == stage.bench.toasts.shown[0].text
        assert control(page, "start", QPushButton).isEnabled()

    on_stage(on_bench, story)


def test_an_empty_scan_says_what_to_check(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        enter(page, "eqbus.start", "40")
        enter(page, "eqbus.end", "41")
        press(page, "start")
        await until(lambda: not page.scanning())
        words = [label.text() for label in page.results.findChildren(QLabel) if label.isVisible()]
        assert any("powered and wired" in text for text in words)

    on_stage(on_bench, story)


def test_a_gateway_that_was_unplugged_is_told(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        stage.bench.device.host.remove(stage.bench.device.running)
        press(page, "start")
        await until(lambda: stage.bench.toasts.shown)
        await until(lambda: not page.scanning())
        assert stage.bench.toasts.shown[0].title == "Device not reachable"
        assert stage.jobs.running == ()

    on_stage(on_bench, story)


def test_a_registered_meter_is_shown_as_such(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        page._take(
            ScanState(
                (ScannedMeter(MAIN, "EQ bus", "17"), ScannedMeter(THIRD, "EQ bus", "21")), True, Progress(1, 1, "")
            )
        )
        assert said(page, f"state.{MAIN}") == "Registered already"
        assert names(page, MAIN) == ("Main incomer", "Main distribution")
        assert not control(page, f"add.{MAIN}", QPushButton).isVisible()
        assert not control(page, f"alias.{MAIN}", QLineEdit).isEnabled()
        assert said(page, f"state.{THIRD}") == "New"
        page.meters.begin_scan()
        assert [meter.serial for meter in page.meters.found] == [THIRD], "only what is not registered stays listed"

    on_stage(on_bench, story)


def test_the_draft_survives_the_page(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        press(page, f"add.{THIRD}")
        page.hide()
        session = stage.bench.session
        kept = session._stored.load(session.key, session.identity.id, "g13.meters")
        assert kept is not None
        assert THIRD in str(kept.value)
        assert THIRD not in str(kept.base)

    on_stage(on_bench, story)


def test_deleting_a_meter_on_the_way_is_asked_about(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        draft = page.meters.draft
        assert draft is not None
        draft.set("meters", tuple(row for row in draft.value.meters if row.serial != MAIN))
        press(page, f"add.{THIRD}")
        assert page.footer.words == "2 changes not sent"
        before = stage.bench.device.writes()
        press(page, "send")
        await until(lambda: page.findChild(PreviewDialog) is not None)
        dialog = page.findChild(PreviewDialog)
        assert MAIN in dialog.erased
        dialog.reject()
        await until(lambda: page.findChild(PreviewDialog) is None)
        assert stage.bench.device.writes() == before

    on_stage(on_bench, story)


def test_the_preview_sends_what_stays_ticked(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        press(page, f"add.{THIRD}")
        press(page, "preview")
        await until(lambda: page.findChild(PreviewDialog) is not None)
        page.findChild(PreviewDialog).accept()
        await until(lambda: page.footer.words.startswith("Sent and verified"))
        await until(lambda: THIRD in {meter.serial for meter in stage.bench.session.meters})

    on_stage(on_bench, story)


def test_a_lost_answer_counts_as_the_read_back_says(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        press(page, f"add.{THIRD}")
        stage.bench.device.faults.add(Fault.DROP_AFTER, method="PUT")
        press(page, "send")
        await until(lambda: page.footer.words.startswith("Sent and verified"))
        press(page, f"add.{FOURTH}")
        stage.bench.device.faults.add(Fault.DROP_BEFORE, method="PUT")
        press(page, "send")
        await until(lambda: page.footer.words == "Outcome unknown: read back")
        assert said(page, f"state.{FOURTH}") == "Not sent", "it stays in the draft"
        assert not control(page, "send", QPushButton).isEnabled(), "not again before it was read back"
        press(page, "reload")
        await until(lambda: page.footer.words == "1 change not sent")
        press(page, "send")
        await until(lambda: page.footer.words.startswith("Sent and verified"))

    on_stage(on_bench, story)


def test_the_keyboard_is_enough(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ready()
        start = control(page, "start", QPushButton)
        start.setFocus()
        QTest.keyClick(start, Qt.Key.Key_Space)
        await until(lambda: not page.scanning() and page.found_count() == 2)
        alias = control(page, f"alias.{THIRD}", QLineEdit)
        alias.setFocus()
        walked = []
        for _ in range(5):
            walked.append(QApplication.focusWidget().objectName())
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        order = [f"{part}.{serial}" for serial in (THIRD, FOURTH) for part in ("alias", "location", "add")]
        assert walked == [f"g13.scan.{name}" for name in order[:5]]
        control(page, f"add.{THIRD}", QPushButton).setFocus()
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        assert said(page, f"state.{THIRD}") == "Not sent"
        QTest.keyClick(page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: page.footer.words.startswith("Sent and verified"))

    on_stage(on_bench, story)


def test_controls_have_names_for_screen_readers(on_bench: OnBench) -> None:
    async def story(stage: Stage) -> None:
        page = await stage.scanned()
        assert control(page, f"alias.{THIRD}", QLineEdit).accessibleName() == f"Name of {THIRD}"
        assert control(page, f"add.{THIRD}", QPushButton).accessibleName() == f"Add {THIRD}"
        assert control(page, "eqbus", QCheckBox).accessibleName() == "EQ bus"

    on_stage(on_bench, story)
