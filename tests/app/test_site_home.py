"""The program's own files lie where the system wants them, or where WATTWRIGHT_HOME says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.model.errors import StorageFailed
from app.site import home as place

FOLDERS = [place.config_dir, place.data_dir, place.log_dir]


@pytest.mark.parametrize("folder", FOLDERS)
def test_wattwright_home_moves_everything(home: Path, folder: Callable[[], Path]) -> None:
    assert not home.exists()
    assert folder() == home
    assert home.is_dir()
    if sys.platform != "win32":
        assert home.stat().st_mode & 0o077 == 0
    assert folder() == home


def test_a_relative_home_is_taken_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(place.HOME, "mine")
    assert place.data_dir() == tmp_path / "mine"


def test_a_folder_that_is_there_keeps_its_permissions(home: Path) -> None:
    home.mkdir(mode=0o750)
    before = home.stat().st_mode
    place.data_dir()
    assert home.stat().st_mode == before


@pytest.mark.skipif(sys.platform != "linux", reason="the places are the system's own")
def test_without_it_the_system_s_places_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(place.HOME)
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    assert place.config_dir() == tmp_path / "config" / "Wattwright"
    assert place.data_dir() == tmp_path / "data" / "Wattwright"
    assert place.log_dir().is_relative_to(tmp_path)


def test_a_home_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(place.HOME, str(tmp_path / "file" / "home"))
    with pytest.raises(StorageFailed) as caught:
        place.data_dir()
    assert str(tmp_path / "file" / "home") in caught.value.message
    assert place.HOME in caught.value.hint
