"""Sums on the live page of a site: the main meter against its sub-meters, put together in a dialog and kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from app.commission.derived import SubMetering
from app.model.quantity import Unit
from app.vendors.g13 import feeds
from tests.ui.conftest import QRun, until
from tests.ui.keyboard import choose, fill, press, tab_to, tick
from tests.ui.live_site import EMS, G13, KITCHEN, SMARTMAC, WHATWATT, OnSite, devices, on_site
from tests.ui.test_window import asked
from ui.pages.site_sum import SumDialog

Key = Qt.Key
PLANT = "EMS"
Story = Callable[[OnSite], Coroutine[None, None, None]]
OnDevices = Callable[..., None]


@pytest.fixture
def on_devices(qrun: QRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnDevices:
    """Run tests on the page one after the other, each in a new window on the same site file."""
    monkeypatch.setattr(feeds, "INTERVAL_S", 0.1)

    def on(*stories: Story, connected: tuple[int, ...] = (G13, WHATWATT, EMS), limit_s: float = 60) -> None:
        async def prepared(story: Story) -> None:
            async with on_site(host, tmp_path, *connected) as at:
                await story(at)

        with devices() as host:
            for story in stories:
                qrun(prepared(story), limit_s)

    return on


async def ask(at: OnSite) -> SumDialog:
    at.choice.add.click()
    dialog: QDialog = await asked(at.window, "site.sum")
    assert isinstance(dialog, SumDialog)
    return dialog


def part(dialog: SumDialog, title: str):  # type: ignore[no-untyped-def]
    return next(one for one in dialog.parts if one.channel.title == title)


async def made(at: OnSite, name: str = "House", **signs: int) -> SubMetering:
    """The main incomer against these sub-meters, by title."""
    dialog = await ask(at)
    dialog.name.setText(name)
    for title, sign in signs.items():
        one = part(dialog, title.replace("_", " "))
        one.tick.setChecked(True)
        one.sign.setCurrentIndex(one.sign.findData(sign))
    wanted = dialog.wanted
    assert wanted is not None
    dialog.accept()
    await until(lambda: any(row[0] == name for row in at.rows()))
    return wanted


def numbers(at: OnSite) -> list[float]:
    """Main, sum and difference of the sum that is shown: their last values."""
    (source,) = at.live._sums.values()
    return [source.ring.last(place) for place in range(3)]


def known(at: OnSite) -> bool:
    return bool(at.live._sums) and all(map(math.isfinite, numbers(at)))


def test_the_main_meter_is_shown_against_the_sum_of_meters_of_other_families(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        wanted = await made(at, Ventilation=1, Kitchen=1, EMS=-1)
        assert wanted.unit is Unit.WATT
        # Families call it differently: the quantity that means the same was found in each.
        assert [term.point.quantity for term in wanted.parts] == ["power.total", "power.total", "w"]
        assert at.names()[0][:3] == ["House · Main meter", "House · Sum of 3 parts", "House · Difference"]
        await until(lambda: known(at))
        main, whole, rest = numbers(at)
        assert rest == pytest.approx(main - whole)
        assert [row[:2] for row in at.rows()[:3]] == [
            ["House", "Main meter"],
            ["", "Sum of 3 parts"],
            ["", "Difference"],
        ]
        assert at.site_sums() == (wanted,)

    on_devices(story)


def test_a_sum_is_there_again_when_the_site_is_opened_again(on_devices: OnDevices) -> None:
    async def first(at: OnSite) -> None:
        await made(at, Ventilation=1)

    async def second(at: OnSite) -> None:
        assert at.listed()[0] == "Sums"
        at.choice.tick("House")
        await until(lambda: known(at))

    on_devices(first, second)


def test_a_sum_is_edited_and_removed(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await made(at, Ventilation=1)
        await until(lambda: known(at))
        assert at.choice.edit.isEnabled()
        at.choice.edit.click()
        dialog = await asked(at.window, "site.sum")
        assert isinstance(dialog, SumDialog)
        assert dialog.name.text() == "House"
        assert part(dialog, "Ventilation").tick.isChecked()
        dialog.name.setText("House and kitchen")
        part(dialog, KITCHEN).tick.setChecked(True)
        dialog.accept()
        await until(lambda: at.names()[0][1] == "House and kitchen · Sum of 2 parts")
        assert [one.name for one in at.site_sums()] == ["House and kitchen"]
        at.choice.remove.click()
        assert at.site_sums() == ()
        assert "Sums" not in at.listed()
        assert not any("House and kitchen" in name for name in at.names()[0])
        assert not at.choice.edit.isEnabled()

    on_devices(story)


def test_a_part_that_is_gone_is_named_and_the_sum_is_a_gap_until_it_is_back(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await made(at, Kitchen=1)
        await until(lambda: known(at))
        await at.window.bench.disconnect(at.handles[WHATWATT])
        await until(lambda: not known(at))
        assert math.isfinite(numbers(at)[0])
        await until(lambda: at.row("House")[-1] == f"Waiting for {KITCHEN}")
        # It can be edited without losing the part that cannot be seen just now.
        at.choice.show_sum("House")
        at.choice.edit.click()
        dialog = await asked(at.window, "site.sum")
        assert isinstance(dialog, SumDialog)
        assert dialog.wanted == at.site_sums()[0]
        dialog.reject()
        await at.connect(WHATWATT)
        await until(lambda: known(at))
        await until(lambda: at.row("House")[-1].startswith("Live, "))

    on_devices(story)


def test_a_sum_is_heard_even_when_its_parts_are_not_shown(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await made(at, Kitchen=1)
        for title in ("Main incomer", "Ventilation", KITCHEN, PLANT):
            at.choice.tick(title, on=False)
        assert at.names() == [["House · Main meter", "House · Sum of 1 part", "House · Difference"]]
        (source,) = at.live._sums.values()
        before = source.ring.readings
        await until(lambda: source.ring.readings > before + 2)
        sessions = [at.handles[place].session for place in (G13, WHATWATT, EMS)]
        assert [session.feeds.running for session in sessions if session] == [1, 1, 0]

    on_devices(story)


def test_a_sum_keeps_the_pace_of_its_slowest_part(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await at.connect(SMARTMAC)
        session = at.handles[SMARTMAC].session
        assert session is not None
        assert session.client.pace is not None
        session.client.pace.choose(6.0)
        await until(lambda: at.readings("smart-MAC"))
        await made(at, **{KITCHEN: 1, "smart-MAC": 1})
        (source,) = at.live._sums.values()
        await until(lambda: known(at))
        slow = at.live._sources[session.key, "", "values"]
        quick, asked = at.readings(KITCHEN), slow.ring.readings
        await until(lambda: slow.ring.readings > asked, limit_s=20)
        assert at.readings(KITCHEN) > quick + 10
        assert source.ring.readings <= slow.ring.readings

    on_devices(story, connected=(G13, WHATWATT))


def test_what_cannot_be_a_sum_is_said_before_it_is_kept(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        await made(at, Ventilation=1)
        dialog = await ask(at)
        assert not dialog.accept_button.isEnabled()
        assert dialog.problem.text() == "Give the sum a name."
        dialog.name.setText("house")
        assert dialog.problem.text() == "Another sum has this name."
        dialog.name.setText("Garage")
        assert dialog.problem.text() == "Tick at least one sub-meter."
        assert not part(dialog, "Main incomer").tick.isEnabled()
        part(dialog, KITCHEN).tick.setChecked(True)
        assert dialog.accept_button.isEnabled()
        dialog.main.setCurrentIndex([one.channel.title for one in dialog.parts].index(KITCHEN))
        assert not part(dialog, KITCHEN).tick.isChecked()
        assert not dialog.accept_button.isEnabled()
        dialog.quantity.setCurrentIndex(dialog.quantity.findData("voltage.l1"))
        assert part(dialog, "Ventilation").words.text() == "Voltage L1"
        assert not part(dialog, PLANT).tick.isEnabled() or part(dialog, PLANT).quantity.unit is Unit.VOLT
        dialog.reject()

    on_devices(story)


def test_a_sum_is_put_together_by_keyboard_alone(on_devices: OnDevices) -> None:
    async def story(at: OnSite) -> None:
        at.choice.tree.setFocus()
        tick("site.live.list.add_sum")
        dialog = await asked(at.window, "site.sum")
        fill("site.sum.name", "Kitchen of all")
        choose("site.sum.main", "Main incomer")
        tick("site.sum.part.1")
        tab_to("site.sum.part.1.sign")
        press(Key.Key_Down)
        press(Key.Key_Return)
        await until(lambda: not dialog.isVisible())
        await until(lambda: at.site_sums())
        (kept,) = at.site_sums()
        assert (kept.name, [term.sign for term in kept.parts]) == ("Kitchen of all", [-1])

    on_devices(story)
