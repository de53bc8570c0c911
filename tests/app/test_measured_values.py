"""Values as devices tell them: what nobody can have measured is a gap, whoever tells it."""

from __future__ import annotations

import math

import pytest

from app.vendors.ingecon.feeds import OF_PLANT, plant_values
from app.vendors.ingecon.wire import phases
from app.vendors.smartmac.quantities import values_of
from app.vendors.smartmac.reply import reply_of
from app.vendors.whatwatt.feeds import LIVE_SOURCES


@pytest.mark.parametrize("told", [1e301, -1.7e308, "1e305", 10**400])
def test_what_nobody_can_have_measured_is_a_gap_in_every_family(told: object) -> None:
    """Infinite values would leave the axes of plots without ends."""
    assert all(math.isnan(source.value({"P_In": told})) for source in LIVE_SOURCES)
    event = phases({"Phases": [{"Phase": phase, "W": told} for phase in (1, 2, 3)]})
    assert event is not None
    assert all(math.isnan(value) for value in plant_values(OF_PLANT, event))
    answer = reply_of({"data": {"W1": {"value": told if isinstance(told, str | float) else "1e400", "unit": "MW"}}})
    assert all(math.isnan(value) for value in values_of(answer))


def test_the_largest_that_is_taken_stays_finite_in_other_units_and_in_sums() -> None:
    assert math.isfinite(LIVE_SOURCES[0].value({"P_In": 1e300}))
    event = phases({"Phases": [{"Phase": phase, "W": 1e300} for phase in (1, 2, 3)]})
    assert event is not None
    assert not any(math.isinf(value) for value in plant_values(OF_PLANT, event))
