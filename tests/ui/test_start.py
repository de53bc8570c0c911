"""The program's start and its switch from site to site."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.model.device import parse_address
from app.model.errors import StorageFailed
from app.site.sitefile import SiteDevice, SiteFile
from tests.ui.conftest import QRun, until
from ui.main import _work
from ui.pages.sites import save_under
from ui.window import Window
from ui.workbench import State


def _options(site: Path | None) -> argparse.Namespace:
    return argparse.Namespace(site=site, interface=["127.0.0.1"], quit_after_start=False)


def _window() -> Window | None:
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, Window) and w.isVisible()), None)


async def _shown(name: str) -> Window:
    await until(lambda: (window := _window()) is not None and name in window.windowTitle())
    window = _window()
    assert window is not None
    return window


def test_a_file_that_is_no_site_leads_back_to_the_one_before(qrun: QRun, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.wattwright", tmp_path / "bad.wattwright"
    bad.write_bytes(b"this is a letter to the landlord, not a site file\n" * 50)

    async def switch() -> None:
        work = asyncio.get_running_loop().create_task(_work(_options(good)))
        window = await _shown("good")
        await until(lambda: window.bench.network is not None and window.tasks.running)
        window.open_site.emit(str(bad))
        await until(lambda: (now := _window()) is not None and now is not window and now.toasts.shown)
        back = await _shown("good")
        assert "bad.wattwright" in back.toasts.shown[0].text
        back.close()
        assert await work == 0

    qrun(switch(), 60)
    assert bad.read_bytes().startswith(b"this is a letter")


def test_without_a_site_that_can_be_opened_there_is_no_window(qrun: QRun, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wattwright"
    bad.write_bytes(b"no site" * 100)

    async def start() -> None:
        with pytest.raises(StorageFailed, match="bad"):
            await _work(_options(bad))

    qrun(start())


def test_a_fault_of_ours_is_shown_and_the_program_goes_on(qrun: QRun, tmp_path: Path) -> None:
    async def stumble() -> None:
        work = asyncio.get_running_loop().create_task(_work(_options(tmp_path / "house.wattwright")))
        window = await _shown("house")
        await until(lambda: window.tasks.running)
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await until(lambda: window.toasts.shown)
        window.close()
        assert await work == 0

    qrun(stumble(), 60)


def test_saving_under_a_name_takes_along_what_is_written_until_the_end(qrun: QRun, tmp_path: Path) -> None:
    old, new = tmp_path / "old.wattwright", tmp_path / "new.wattwright"

    async def save() -> None:
        work = asyncio.get_running_loop().create_task(_work(_options(old)))
        window = await _shown("old")
        await until(lambda: window.tasks.running)
        # Written as late as a draft that is flushed when its panel closes.
        window.closed.connect(lambda: window.bench.site.put_setting("late", b"kept"))
        await save_under(window, new)
        after = await _shown("new")
        assert after.bench.site.setting("late") == b"kept"
        after.close()
        assert await work == 0

    qrun(save(), 60)


BEFORE_PAINTING = """
import sys
import ui.main, ui.showing

shown = ui.showing.painted

async def painted():
    await shown()
    print(sorted(name for name in sys.modules if name.startswith(("app.vendors.", "app.registry"))))

ui.showing.painted = painted
sys.exit(ui.main.open_window(["--quit-after-start"]))
"""


def test_no_family_is_imported_before_the_window_is_painted(home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BEFORE_PAINTING], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]"]


def test_the_sites_devices_stand_in_the_first_window_and_get_their_families_then(qrun: QRun, tmp_path: Path) -> None:
    path = tmp_path / "house.wattwright"
    with SiteFile.open(path) as site:
        address = parse_address("http://10.0.0.9")[0]
        site.put_device(SiteDevice("smartmac", "1728053249", address, "", "", datetime.now(UTC)))

    async def start() -> None:
        work = asyncio.get_running_loop().create_task(_work(_options(path)))
        window = await _shown("house")
        (handle,) = window.bench.handles.values()
        window.select(handle)
        assert handle.name in ("1728053249", "smart-MAC")
        if handle.vendor is None:
            assert not window.connecting.connect_button.isEnabled()
        await until(lambda: handle.vendor is not None)
        assert handle.state is State.IDLE
        assert window.connecting.connect_button.isEnabled()
        assert "smart-MAC, energy meter" in window.connecting._facts.text()
        await until(lambda: window.tasks.running)
        window.close()
        assert await work == 0

    qrun(start(), 60)
