"""The sites that were opened last, kept in the program's configuration."""

from __future__ import annotations

import json
from pathlib import Path

from app.site import home

KEPT = 8


def _file() -> Path:
    return home.config_dir() / "recent-sites.json"


def recent_sites() -> list[Path]:
    """Those that still exist, the latest first. An unreadable list is an empty one: nothing hangs on it."""
    try:
        names = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [Path(name) for name in names if isinstance(name, str) and Path(name).is_file()]


def remember_site(path: Path) -> None:
    """Put a site at the head of the list."""
    path = path.absolute()
    kept = [path, *(other for other in recent_sites() if other != path)][:KEPT]
    try:
        _file().write_text(json.dumps([str(each) for each in kept], indent=1), encoding="utf-8")
    except OSError:
        # A full or read-only disk shows where it matters, in the site file itself.
        return
