"""What is said of a thing that a meter does not offer."""

from __future__ import annotations

import pytest

from app.model.support import Capabilities, support_of


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("M-Bus information", "M-Bus information"),
        ("I/O state", "I/O state"),
        ("CO₂ and currency", "CO₂ and currency"),
        ("Load profiles", "load profiles"),
        ("Alarms", "alarms"),
        ("A rule", "a rule"),
    ],
)
def test_titles_stand_within_a_sentence(title: str, said: str) -> None:
    lacking = support_of(title, Capabilities(frozenset()), ("read IT",), (), settable=False)
    assert lacking.reason == f"This type of meter has no {said} (it lacks: read IT)."
