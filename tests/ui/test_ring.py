"""What plots keep and what they paint of it: rings, bins, axes, names at the lines' ends."""

from __future__ import annotations

import math
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.model.errors import StorageFailed
from app.model.quantity import Phase, Quantity, Reading, Unit
from ui.plots.axes import TimeAxis, ValueAxis, ago_text
from ui.plots.bins import axis_range, decimate
from ui.plots.csv_file import snapshot, write_csv
from ui.plots.curve import Curve, by_unit, colours
from ui.plots.legend import spread
from ui.plots.ring import Ring
from ui.plots.wording import duration_text, value_parts, value_text
from ui.theme import LIGHT

START = 1_700_000_000.0


def filled(*times: float, longest: int = 1000) -> Ring:
    ring = Ring(1, longest=longest)
    for time_s in times:
        ring.append(Reading(START + time_s, (time_s,)))
    return ring


def values(ring: Ring) -> list[float]:
    return [value for value in ring.column(0).tolist() if not math.isnan(value)]


def test_a_ring_grows_and_then_forgets_the_oldest() -> None:
    ring = filled(*range(5000), longest=3000)
    assert len(ring) == 3000
    assert ring.readings == 5000
    assert values(ring) == list(range(2000, 5000))
    assert ring.times()[0] == START + 2000
    assert ring.last(0) == 4999
    assert ring.last_s == START + 4999


def test_a_ring_keeps_no_more_memory_than_a_quarter_above_its_length() -> None:
    ring = filled(*range(10_000), longest=1000)
    assert ring.times().base.shape[0] <= 1251


def test_an_empty_ring_has_no_last_reading() -> None:
    ring = Ring(2)
    assert ring.last_s is None
    assert math.isnan(ring.last(1))
    assert len(ring.times()) == 0


def test_a_reading_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values, 1 expected"):
        filled().append(Reading(START, (1.0, 2.0)))


def test_a_pause_of_more_than_three_intervals_breaks_the_line() -> None:
    ring = filled(0, 1, 2, 3, 6, 7, 10.5, 11)
    assert np.isnan(ring.column(0)).tolist() == [False] * 6 + [True] + [False] * 2
    assert ring.times()[6] == START + 8


def test_a_report_every_minute_has_no_gaps() -> None:
    assert not np.isnan(filled(*range(0, 1200, 60)).column(0)).any()


def test_a_slower_pace_is_a_gap_only_until_it_is_the_pace() -> None:
    ring = filled(*range(20), *range(30, 330, 10))
    gaps = np.isnan(ring.column(0))
    assert gaps.any()
    assert not gaps[-10:].any()


def test_a_clock_set_back_moves_what_was_recorded() -> None:
    ring = filled(1000, 1001, 1002)
    ring.append(Reading(START, (7.0,)))
    assert ring.times().tolist() == [START - 3, START - 2, START - 1, START]


def test_readings_of_the_same_instant_stay_in_order() -> None:
    ring = filled(5, 5, 4.9)
    assert ring.times().tolist() == [START + 5] * 3


def test_few_points_are_painted_as_they_are() -> None:
    ring = filled(*range(100))
    xs, ys = decimate(ring.times(), ring.column(0), START, START + 99, 0.99)
    assert xs.tolist() == ring.times().tolist()
    assert ys.tolist() == ring.column(0).tolist()


def test_a_peak_of_one_second_survives_a_day() -> None:
    times = START + np.arange(86_400.0)
    flat = np.full(86_400, 230.0)
    flat[40_000], flat[40_001] = 262.0, 180.0
    xs, ys = decimate(times, flat, times[0], times[-1], 86_400 / 600)
    assert len(xs) <= 2 * 602
    assert (ys.min(), ys.max()) == (180.0, 262.0)
    assert (np.diff(xs) >= 0).all()
    assert abs(xs[ys.argmax()] - times[40_000]) <= 86_400 / 600


def test_bins_do_not_dance_when_time_goes_on() -> None:
    times = START + np.arange(20_000.0)
    noise = np.random.default_rng(1).normal(230, 1, 20_000)
    early = decimate(times[:15_000], noise[:15_000], START, START + 12_000, 24.0)
    later = decimate(times[:15_000], noise[:15_000], START + 24, START + 12_024, 24.0)
    shared = set(zip(early[0].tolist(), early[1].tolist(), strict=True))
    other = set(zip(later[0].tolist(), later[1].tolist(), strict=True))
    assert len(shared & other) > 0.95 * len(shared)


def test_a_gap_stays_a_gap_in_bins() -> None:
    ring = filled(*range(20_000), *range(40_000, 60_000), longest=60_000)
    xs, ys = decimate(ring.times(), ring.column(0), START, START + 60_000, 120.0)
    inside = (xs > START + 20_200) & (xs < START + 39_800)
    assert not np.isfinite(ys[inside]).any()
    before, after = np.flatnonzero(xs < START + 20_200)[-1], np.flatnonzero(xs > START + 39_800)[0]
    assert np.isnan(ys[before : after + 1]).any()


def test_only_the_visible_part_is_given_with_one_point_beyond() -> None:
    ring = filled(*range(100))
    xs, _ = decimate(ring.times(), ring.column(0), START + 10.5, START + 20.5, 0.02)
    assert xs.tolist() == [START + second for second in range(10, 22)]


@pytest.mark.parametrize(("low", "high"), [(0, 0), (229.6, 231.2), (-3200, 14000), (0, 0.004), (-5, -5), (0, 1e7)])
def test_an_axis_holds_its_curves_and_stays(low: float, high: float) -> None:
    bottom, top = axis_range(low, high, None)
    assert bottom <= low <= high <= top
    assert top > bottom
    assert axis_range(low, high, (bottom, top)) == (bottom, top)


def test_an_axis_moves_when_it_no_longer_fits_or_is_too_empty() -> None:
    assert axis_range(0, 150, (0, 100))[1] >= 150
    assert axis_range(0, 10, (0, 100))[1] < 50
    assert axis_range(0, 80, (0, 100)) == (0, 100)


def test_what_is_never_negative_stands_on_zero() -> None:
    assert axis_range(0, 900, None)[0] == 0
    assert axis_range(-900, 0, None)[1] == 0


def test_labels_say_how_long_ago() -> None:
    assert ago_text(30, 10) == "−30 s"
    assert ago_text(90, 15) == "−1:30 min"
    assert ago_text(300, 60) == "−5 min"
    assert ago_text(5400, 1800) == "−1:30 h"
    assert ago_text(0, 10) == "now"


@pytest.mark.parametrize("window_s", [60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400])
def test_every_window_has_a_handful_of_labels(qapp: object, window_s: int) -> None:
    ((_, ticks),) = TimeAxis().tickValues(-window_s, 0, 700)
    assert 4 <= len(ticks) <= 10
    assert all(-window_s <= tick <= 0 for tick in ticks)


def test_a_standing_axis_tells_round_clock_times(qapp: object) -> None:
    axis = TimeAxis()
    axis.stand(datetime(2026, 3, 1, 12, 0, 7).timestamp())
    ((step, ticks),) = axis.tickValues(-60, 0, 700)
    assert axis.tickStrings(ticks, 1.0, step)[-1] == "12:00:00"


def test_values_have_the_decimals_that_their_steps_need(qapp: object) -> None:
    ((step, ticks),) = ValueAxis().tickValues(229.9, 230.3, 90)
    assert ValueAxis().tickStrings(ticks, 1.0, step) == ["229.9", "230.0", "230.1", "230.2", "230.3"]


def test_names_at_the_ends_keep_apart_and_inside() -> None:
    placed = spread([2.0, 3.0, 95.0, 99.0], 14.0, 100.0)
    assert all(second - first >= 14.0 for first, second in pairwise(placed))
    assert placed[0] >= 7.0
    assert placed[-1] <= 93.0


def test_values_are_written_with_unit_and_sensible_digits(qapp: object) -> None:
    assert value_text(230.04, Unit.VOLT) == "230.0 V"
    assert value_text(-0.2, Unit.WATT) == "0 W"
    assert value_parts(123_456.0, Unit.WATT) == ("123.46", "kW")
    assert value_text(0.98, Unit.RATIO) == "0.980"
    assert value_text(math.nan, Unit.AMPERE) == "– A"
    assert [duration_text(seconds) for seconds in (0.44, 12, 70, 3700)] == ["0.4 s", "12 s", "1 min 10 s", "1 h 1 min"]


def test_curves_of_one_unit_share_a_plot_and_no_colour() -> None:
    ring = Ring(4)
    curves = [
        Curve(ring, 0, "Total", Unit.WATT),
        Curve(ring, 1, "L1", Unit.WATT, Phase.L1),
        Curve(ring, 2, "L1", Unit.VOLT, Phase.L1),
        Curve(ring, 3, "import", Unit.WATT),
    ]
    groups = by_unit(curves)
    assert list(groups) == [Unit.WATT, Unit.VOLT]
    assert len(set(colours(groups[Unit.WATT], LIGHT))) == 3
    assert colours(groups[Unit.VOLT], LIGHT) == [LIGHT.l1]


def test_the_crosshair_reads_the_nearest_reading_and_nothing_in_a_gap() -> None:
    curve = Curve(filled(0, 1, 2, 3, 20, 21), 0, "L1", Unit.VOLT)
    assert curve.near(START + 2.4, 0.1) == 2
    assert curve.near(START + 19.6, 0.1) == 20
    assert math.isnan(curve.near(START + 10, 0.1))
    assert math.isnan(curve.near(START - 60, 0.1))
    assert math.isnan(Curve(Ring(1), 0, "L1", Unit.VOLT).near(START, 1.0))


QUANTITIES = (Quantity("v", "Voltage L1", Unit.VOLT, Phase.L1), Quantity("pf", "Power factor", Unit.RATIO))


def test_a_table_has_every_reading_with_its_time_and_no_gap_rows(tmp_path: Path) -> None:
    ring = Ring(2)
    for second in (0.0, 1.0, 2.0, 60.0):
        ring.append(Reading(START + second, (230.125, math.nan)))
    write_csv(tmp_path / "live.csv", QUANTITIES, *snapshot(ring))
    head, *rows = (tmp_path / "live.csv").read_text(encoding="utf-8").splitlines()
    assert head == "time,Voltage L1 [V],Power factor [1]"
    assert [row.partition(",")[2] for row in rows] == ["230.125,"] * 4
    assert datetime.fromisoformat(rows[3].partition(",")[0]).timestamp() == START + 60
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ""] == ["live.csv"]


def test_a_table_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "live.csv").mkdir()
    with pytest.raises(StorageFailed, match=r"live\.csv cannot be written"):
        write_csv(tmp_path / "live.csv", QUANTITIES, *snapshot(Ring(2)))


def test_a_quantity_that_is_added_later_is_unknown_before() -> None:
    ring = Ring(1, longest=100)
    for second in range(150):
        ring.append(Reading(float(second), (1.0,)))
    ring.widen(2)
    for second in range(150, 200):
        ring.append(Reading(float(second), (1.0, 2.0, 3.0)))
    assert ring.width == 3
    assert np.isnan(ring.column(2)[:50]).all()
    assert (ring.column(2)[50:] == 3.0).all()
    assert (ring.column(0) == 1.0).all()


@pytest.mark.parametrize(
    ("curves", "axis"),
    [((5, 96), (0, 100)), ((0, 100), (0, 100)), ((12, 38), (10, 40)), ((-3.2, 14), (-5, 15)), ((48.2, 51.9), (48, 52))],
)
def test_an_axis_ends_near_its_curves(curves: tuple[float, float], axis: tuple[float, float]) -> None:
    assert axis_range(*curves, None) == pytest.approx(axis)
