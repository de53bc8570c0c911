"""Where the power goes: from the events of the EMS, against what was recorded on a unit in the field."""

from __future__ import annotations

import math
from typing import Any

import pytest

from app.model.quantity import Reading
from app.scenario.sunny_day import DAY_S, MOST_SOC, sunny_day
from app.vendors.ingecon.feeds import OF_PLANT, OF_STORAGE, PLANT_FEED, STORAGE_FEED, plant_values
from app.vendors.ingecon.flow import EnergyFlow, energy_flow, flow_words, reading_flow
from app.vendors.ingecon.simulator.plant import three_phases, with_storage
from app.vendors.ingecon.wire import phases
from tests.app.ingecon.devices import fixture

DAY = 20_000 * DAY_S


def flow(document: object) -> EnergyFlow:
    told = phases(document)
    assert told is not None
    return energy_flow(told)


def storage(**fields: Any) -> EnergyFlow:
    return flow({"Phases": [{"Phase": 4, **fields}]})


@pytest.mark.parametrize(
    ("fields", "grid", "battery"),
    [
        ({"pv": 4739, "cons": 3052, "W": 12, "PacCharge": 1699, "PacDischarge": 0}, 12, -1699),
        ({"pv": 4649, "cons": 3062, "W": 3600, "PacCharge": 5065, "PacDischarge": 0}, 3600, -5065),
        ({"pv": 4452, "cons": 3103, "W": -2864, "PacCharge": 0, "PacDischarge": 1510}, -2864, 1510),
        ({"pv": 1667, "cons": 4048, "W": 21, "PacCharge": 0, "PacDischarge": 2275}, 21, 2275),
    ],
)
def test_the_recorded_operating_points_flow_the_right_way(fields: dict[str, int], grid: float, battery: float) -> None:
    now = storage(**fields)
    assert (now.grid, now.battery, now.pv, now.loads) == (grid, battery, fields["pv"], fields["cons"])
    assert now.importing == (grid > 5)
    assert now.exporting == (grid < -5)
    assert now.charging == (battery < 0)
    assert now.discharging == (battery > 0)
    assert now.generating


def test_a_battery_that_is_away_has_no_flow_and_no_charge() -> None:
    now = storage(W=1015, pv=0, cons=1015, PacCharge=0, PacDischarge=0, soc=0, vbat=0, StatusBat=7)
    assert math.isnan(now.battery)
    assert math.isnan(now.soc)
    assert now.battery_away
    assert not now.charging
    assert not now.discharging
    assert (now.grid, now.loads) == (1015, 1015)
    assert flow_words(now) == "import 1015 W, sun 0 W, loads 1015 W"


def test_what_the_loads_draw_from_the_grid_is_not_taken_for_the_import() -> None:
    assert storage(W=3600, _grid_cons=3062, cons=3062, pv=0).grid == 3600


def test_the_manuals_example_of_three_phases_flows_though_no_strategy_uses_the_battery() -> None:
    now = flow(fixture("7.3-event-phases.json"))
    assert (now.grid, now.pv, now.battery, now.loads, now.car, now.soc) == (2510, 0, 80, 2590, 0, 13)


def test_the_manuals_example_with_storage_flows() -> None:
    now = flow(fixture("7.3-event-storage-1play.json"))
    assert (now.grid, now.pv, now.battery, now.loads, now.critical, now.car) == (1987, 459, 27, 2445, 0, 0)
    assert flow_words(now) == "import 1987 W, sun 459 W, battery giving 27 W (15 %), loads 2445 W"


def test_nothing_known_is_nothing_said() -> None:
    now = flow({"Phases": [{"Phase": 1}]})
    assert all(math.isnan(value) for value in (now.grid, now.pv, now.battery, now.loads, now.car, now.soc))
    assert flow_words(now) == ""


@pytest.mark.parametrize("hour", [1, 8, 12, 15, 19.2, 23])
def test_both_layouts_and_their_readings_tell_the_same_of_the_same_moment(hour: float) -> None:
    moment = sunny_day(DAY + hour * 3600)
    events = (three_phases(moment), with_storage(moment, battery=True, alarm=""))
    for event, of, feed in zip(events, (OF_PLANT, OF_STORAGE), (PLANT_FEED, STORAGE_FEED), strict=True):
        told = phases(event)
        assert told is not None
        now = energy_flow(told)
        assert now.grid == pytest.approx(moment.grid, abs=5)
        assert now.pv == pytest.approx(moment.pv, abs=5)
        assert now.battery == pytest.approx(moment.battery, abs=5)
        assert now.loads == pytest.approx(moment.loads, abs=12)
        assert now.car == pytest.approx(moment.car, abs=5)
        assert now.critical == pytest.approx(moment.critical, abs=1)
        assert now.soc == round(moment.soc)
        assert reading_flow(feed, Reading(0.0, plant_values(of, told))) == now


def test_what_goes_where_is_told_only_where_something_goes() -> None:
    now = storage(W=-2864, pv=4452, cons=3103, _pv_cons=1593, _pv_grid=2859, _sto_cons=1510, _grid_sto=0)
    told = [(route.source, route.sink, route.power) for route in now.routes]
    assert told == [("sun", "loads", 1593), ("sun", "grid", 2859), ("battery", "loads", 1510)]


def test_the_grids_power_is_told_by_phase_where_the_ems_tells_it() -> None:
    assert flow(fixture("7.3-event-phases.json")).phases == (2510, 0, 0)
    assert flow(fixture("7.3-event-storage-1play.json")).phases == ()


# The sunny day itself


def test_on_a_sunny_day_power_is_neither_lost_nor_made() -> None:
    for second in range(0, DAY_S, 611):
        now = sunny_day(DAY + second)
        assert now.grid + now.pv + now.battery == pytest.approx(now.loads + now.car)
        assert 5 <= now.soc <= MOST_SOC
        assert now.critical < now.loads


def test_a_sunny_day_has_everything_that_there_is_to_see() -> None:
    day = [sunny_day(DAY + second) for second in range(0, DAY_S, 180)]
    assert min(now.soc for now in day) < 6
    assert max(now.soc for now in day) > 94
    assert any(now.grid > 100 for now in day)
    assert any(now.grid < -1000 for now in day)
    assert any(now.car > 3000 for now in day)
    assert sunny_day(DAY + 2 * 3600).pv == 0


def test_the_charge_does_not_jump_at_midnight_and_the_same_second_is_always_the_same() -> None:
    for day in range(20_000, 20_030):
        assert sunny_day(day * DAY_S - 0.5).soc == pytest.approx(sunny_day(day * DAY_S).soc, abs=0.1)
    assert sunny_day(DAY + 40_000) == sunny_day(DAY + 40_000)
