"""The list of licences that the About page shows."""

from __future__ import annotations

import json

import licences


def test_every_library_of_the_lock_that_is_installed_here_is_listed_with_its_licence() -> None:
    """When this fails: `python packaging/licences.py`, after the lock was renewed."""
    listed = {row["name"]: row["licence"] for row in json.loads(licences.TARGET.read_text(encoding="utf-8"))}
    for row in licences.table():
        assert listed.get(row["name"]) == row["licence"], row["name"]
    assert "see the package" not in listed.values()
