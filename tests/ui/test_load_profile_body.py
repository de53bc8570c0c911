"""The load profiles' budget: what the channels share, what is too much, and how long each lasts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QFileDialog

from app.vendors.g13.meter.load_profile import ProfileChannel
from ui.theme import apply_theme
from ui.vendors.g13.load_profile import Budget, LoadProfileBody, days

from .conftest import Bench, OnBench, press, until
from .test_archive_page import saved
from .test_preview import opened

KEY = "g13.load_profile"


@pytest.fixture(autouse=True)
def plain_numbers() -> None:
    QLocale.setDefault(QLocale.c())


def budget_of(panel: object) -> Budget:
    return panel.findChild(Budget, f"{KEY}.budget")


def test_the_form_stands_over_the_budget(on_bench: OnBench) -> None:
    async def look(bench: Bench) -> None:
        panel = await bench.ready(KEY)
        assert isinstance(panel._form, LoadProfileBody)
        budget = budget_of(panel)
        assert budget.total.text() == "31000 of 40000 items, 9000 free"
        assert budget.lines()[0] == "Channel 1: Active energy import, total, 15 min, lasts 104 days"
        assert budget.lines()[3] == "Channel 4: Voltage L1, 1 h, lasts 167 days"
        assert budget.accessibleName() == "Memory: 31000 of 40000 items, 9000 free"

    on_bench(look)


def test_it_follows_the_draft_and_says_what_is_too_much(on_bench: OnBench) -> None:
    async def edit(bench: Bench) -> None:
        panel = await bench.ready(KEY)
        channels = panel.draft.value.channels
        more = (msgspec.structs.replace(channels[0], items=20_000), *channels[1:])
        panel._form.form.edited.emit("channels", more)
        await until(lambda: budget_of(panel).total.text() == "41000 of 40000 items, 1000 too many")
        assert budget_of(panel).total.property("tone") == "error"
        panel._form.form.edited.emit("channels", channels)
        await until(lambda: budget_of(panel).total.property("tone") == "")

    on_bench(edit)


def test_an_unusual_interval_is_shown_in_seconds(on_bench: OnBench) -> None:
    async def edit(bench: Bench) -> None:
        panel = await bench.ready(KEY)
        panel._form.form.edited.emit("channels", (ProfileChannel(450, 80, 3000),))
        await until(lambda: "450 s, lasts 15.6 days" in "".join(budget_of(panel).lines()))

    on_bench(edit)


def test_a_sent_configuration_is_asked_about_verified_and_stored(on_bench: OnBench) -> None:
    async def send(bench: Bench) -> None:
        async def agree(*_: object) -> tuple[str, ...]:
            return ("channels",)

        panel = await bench.ready(KEY, confirm=agree)
        panel._form.form.edited.emit("channels", (ProfileChannel(60, 1, 40_000),))
        await until(lambda: panel.unsent == 1)
        panel.send()
        await until(lambda: "verified" in panel.state.lower())
        assert budget_of(panel).lines() == ["Channel 1: Active energy import, total, 1 min, lasts 27.8 days"]

    on_bench(send)


def test_what_a_sending_erases_can_be_exported_from_its_preview(on_bench: OnBench, tmp_path: Path) -> None:
    channels: list[ProfileChannel] = []

    async def send(bench: Bench) -> None:
        panel = await bench.ready(KEY)
        channels.extend(panel.draft.value.channels)
        panel._form.form.edited.emit("channels", (ProfileChannel(60, 1, 40_000),))
        await until(lambda: panel.unsent == 1)
        press(panel, "preview")
        dialog = await opened(bench, panel)
        assert "all load profiles" in dialog.erased
        dialog.export_button.click()
        await until(lambda: dialog.findChild(QFileDialog))
        assert not dialog.send_button.isEnabled(), "nothing is erased while it is still being read"
        saved(dialog, tmp_path / "kept.csv")
        await until(dialog.send_button.isEnabled)
        assert [toast.title for toast in bench.toasts.shown] == ["Exported"]
        assert bench.device.writes() == []
        dialog.send_button.click()
        await until(lambda: "verified" in panel.state.lower())

    on_bench(send)
    assert len(list(tmp_path.glob("kept-*.csv"))) == len(channels), "one file for each channel"


def test_it_is_painted_in_every_theme(on_bench: OnBench, qapp: QApplication, tmp_path: Path) -> None:
    async def paint(bench: Bench) -> None:
        panel = await bench.ready(KEY)
        seen = set()
        for theme in ("light", "dark", "contrast"):
            apply_theme(qapp, theme)
            picture = panel.grab().toImage()
            seen.add(bytes(picture.constBits()))
        assert len(seen) == 3

    on_bench(paint)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0.0 h"), (3600, "1.0 h"), (172_800, "2.0 days"), (9_000_000, "104 days")]
)
def test_days_are_told_as_days_and_short_times_in_hours(seconds: int, words: str) -> None:
    assert days(seconds) == words
