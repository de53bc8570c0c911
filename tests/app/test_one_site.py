"""The devices of a simulated site agree: whoever measures the same thing at the same time measures the same."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest

from app.scenario.clock import MIDNIGHT, SiteClock
from app.scenario.energy import EnergyMeter
from app.scenario.site import Point, Site
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.app.sites import NOON, OneSite, one_site

WATT = 2.0
"""Devices round to whole watts, phase by phase."""
METERED = {
    2: Point.VENTILATION,
    3: Point.HEATING,
    4: Point.SOLAR,
    5: Point.CAR,
    6: Point.KITCHEN,
    7: Point.LIGHTING,
}
MORNING = datetime(2026, 6, 19, 8)
EVENING = datetime(2026, 6, 19, 21)


def balance(report: dict[str, object]) -> float:
    active = report["instantaneous_power"]["active"]  # type: ignore[index]
    return 1000 * (active["positive"]["total"] - active["negative"]["total"])


def active(site: OneSite, number: int) -> float:
    return float(site.meter(number)["active"]["total"][0])


@pytest.mark.parametrize("begin", [MORNING, NOON, NOON + timedelta(hours=3), EVENING])
def test_everybody_at_the_grid_connection_reads_the_same_power(begin: datetime) -> None:
    with one_site(begin=begin) as site:
        for _ in range(3):
            site.pass_s(41)
            told = site.plant()[0]
            power = balance(site.whatwatt())
            assert power == pytest.approx(told["W"], abs=WATT)
            assert active(site, 1) == pytest.approx(told["W"], abs=WATT)
            assert sum(phase["W"] for phase in site.plant("ems-phases")) == pytest.approx(told["W"], abs=WATT)


def test_phases_agree_too_with_their_voltages_and_currents() -> None:
    with one_site() as site:
        site.pass_s(20)
        report, meter = site.whatwatt(), site.meter(1, "instrument")
        power, ems = site.meter(1)["active"], site.plant("ems-phases")
        for number, line in enumerate(("l1", "l2", "l3")):
            assert report["voltage"][line] == pytest.approx(float(meter[line]["voltage"][0]), abs=0.11)
            assert report["current"][line] == pytest.approx(float(meter[line]["current"][0]), abs=0.03)
            positive = report["instantaneous_power"]["active"]["positive"][line]
            negative = report["instantaneous_power"]["active"]["negative"][line]
            assert 1000 * (positive - negative) == pytest.approx(float(power[line][0]), abs=WATT)
            assert ems[number]["W"] == pytest.approx(float(power[line][0]), abs=WATT)


def test_sub_meters_and_what_has_none_add_up_to_the_main_meter() -> None:
    with one_site(begin=NOON + timedelta(hours=3)) as site:
        site.pass_s(100)
        subs = {number: active(site, number) for number in METERED}
        unmetered = sum(
            site.site.power(point, site.time_s) for point in (Point.WORKSHOP, Point.CRITICAL, Point.UNMETERED)
        )
        assert active(site, 1) == pytest.approx(sum(subs.values()) + unmetered, abs=4 * WATT)
        assert subs[4] < -1000, "the sun shines"
        assert subs[5] > 3000, "the car is charged"
        assert all(subs[number] > 20 for number in (2, 3, 6, 7))


def test_the_workshop_and_the_critical_loads_are_seen_by_two_devices_each() -> None:
    with one_site() as site:
        site.pass_s(30)
        smart = site.smartmac("three-extended")
        workshop = balance(site.whatwatt("mbus"))
        assert sum(smart[f"W{line}"] for line in (1, 2, 3)) == pytest.approx(workshop, abs=2 * WATT)
        assert workshop > 100
        critical = site.smartmac("single-standard")["W"]
        assert critical == pytest.approx(site.plant()[0]["PacCLoads"], abs=WATT)
        assert critical == pytest.approx(site.inverter("storage-1play")["Pcl"], abs=WATT)


def test_inverters_together_are_the_plant_that_the_ems_tells() -> None:
    with one_site() as site:
        site.pass_s(10)
        told = site.plant()[0]
        pv, hybrid = site.inverter("3play"), site.inverter("storage-1play")
        assert pv["Pac"] == pytest.approx(told["Pac"], abs=WATT)
        assert hybrid["Pac"] == pytest.approx(told["PacPVBatt"], abs=WATT)
        assert hybrid["Pbatt"] == pytest.approx(told["PacDischarge"] - told["PacCharge"], abs=WATT)
        assert hybrid["Sbatt"] == told["soc"]
        assert pv["Pac"] + hybrid["Pac"] == pytest.approx(-active(site, 4), abs=2 * WATT)
        drawn = told["cons"] + told["_plant_rev"]
        assert told["W"] == pytest.approx(drawn - told["pv"] - told["PacDischarge"] + told["PacCharge"], abs=2 * WATT)


@pytest.mark.parametrize("speed", [1.0, 60.0, 600.0])
def test_energy_goes_on_alike_everywhere_however_fast_time_passes(speed: float) -> None:
    with one_site(speed, begin=MORNING) as site:
        hours = 0.5

        def counted() -> tuple[dict[str, float], ...]:
            energy = site.whatwatt()["energy"]["active"]
            register = site.meter(1, "energy/active")
            return (
                {"in": 1000 * energy["positive"]["total"], "out": 1000 * energy["negative"]["total"]},
                {"in": wh(register["importenergy"]["total"]), "out": wh(register["exportenergy"]["total"])},
            )

        before, begin_s = counted(), site.time_s
        for _ in range(6):
            site.pass_s(hours * 3600 / speed / 6)
            counted()
        after = counted()
        exact = EnergyMeter(site.site, Point.GRID, begin_s).until(site.time_s)
        for first, last in zip(before, after, strict=True):
            for way, flow in (("in", sum(exact.imported)), ("out", sum(exact.exported))):
                assert last[way] - first[way] == pytest.approx(flow, rel=0.02, abs=15)
        assert sum(exact.imported) + sum(exact.exported) > 100


def wh(entry: list[str]) -> float:
    return float(entry[0]) * (1000 if entry[1].startswith("k") else 1)


def test_inverters_and_smart_mac_count_what_flowed() -> None:
    with one_site(60) as site:
        pv, smart = site.inverter("3play")["Eparc1"], site.smartmac("three-extended")
        begin_s = site.time_s
        site.pass_s(60)
        told, now = site.inverter("3play"), site.smartmac("three-extended")
        made = EnergyMeter(site.site, Point.PV, begin_s).until(site.time_s)
        used = EnergyMeter(site.site, Point.WORKSHOP, begin_s).until(site.time_s)
        assert told["Eparc1"] - pv == pytest.approx(sum(made.exported), abs=2)
        assert sum(made.exported) > 3000
        for line in range(3):
            more = now[f"Wh{line + 1}"] - smart[f"Wh{line + 1}"]
            assert more == pytest.approx(used.imported_lines[line], abs=2)


def test_the_datalogger_kept_what_the_stream_told() -> None:
    with one_site(begin=NOON) as site:
        told = site.plant()[0]
        kept = site.samples("20260619")
        assert kept[-1]["Date"] == "2026-06-19 12:00:00"
        assert kept[-1]["W"] == pytest.approx(told["W"], abs=WATT)
        assert kept[-1]["pv"] == pytest.approx(told["pv"], abs=WATT)
        assert len(kept) == 12 * 20 + 1


def test_a_site_tells_its_own_time() -> None:
    with one_site(60) as site:
        site.pass_s(60)
        assert site.whatwatt()["date_time"] == "2026-06-19T13:00:00Z"
        assert site.samples("20260619")[-1]["Date"] == "2026-06-19 13:00:00"


def test_reports_come_as_often_as_ever_when_time_runs() -> None:
    with one_site(600) as site:
        first = site.whatwatt()["id"]
        site.pass_s(5)
        assert site.whatwatt()["id"] - first == 5


def test_yesterday_on_the_memory_card_is_the_same_site() -> None:
    with one_site() as site:
        running = site.devices["whatwatt/p1"]
        assert isinstance(running.simulator, WhatwattSimulator)
        simulator = running.simulator
        site.host.call(lambda: simulator.card.lay_out(simulator.state))
        head, *rows = simulator.card.files["20260618.CSV"].decode().splitlines()
        place = {name: at for at, name in enumerate(head.split(","))}
        cells = next(row.split(",") for row in rows if "T14:00:00" in row)
        power = 1000 * (float(cells[place["IPAP_T"]]) - float(cells[place["IPAN_T"]]))
        then_s = (datetime(2026, 6, 18, 14) - MIDNIGHT).total_seconds()
        assert power == pytest.approx(site.site.power(Point.GRID, then_s), abs=WATT)


def test_the_same_moment_is_the_same_again_and_another_site_is_not() -> None:
    moments = [(NOON - MIDNIGHT).total_seconds() + 97 * step for step in range(50)]
    first, again, other = (
        [Site(SiteClock(NOON), seed=seed).power(Point.GRID, time_s) for time_s in moments] for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_what_was_counted_does_not_depend_on_how_often_one_looks() -> None:
    site = Site(SiteClock(NOON))
    often, once = EnergyMeter(site, Point.GRID), EnergyMeter(site, Point.GRID)
    begin_s = site.clock.begin_s
    for step in range(1, 401):
        last = often.until(begin_s + 3.7 * step)
    assert last == once.until(begin_s + 3.7 * 400)


def test_all_that_flows_balances_at_every_point_of_a_day() -> None:
    site = Site(SiteClock(NOON))
    parts = [point for point in Point if point not in (Point.GRID, Point.SOLAR)]
    for step in range(0, 24 * 60, 7):
        time_s = site.clock.begin_s + 60 * step
        assert math.isclose(
            sum(site.power(point, time_s) for point in parts), site.power(Point.GRID, time_s), abs_tol=1e-6
        )
        assert math.isclose(site.plant(time_s).grid, site.power(Point.GRID, time_s), abs_tol=1e-6)


@pytest.mark.parametrize("speed", [0.0, 0.5, 601.0, -1.0, math.nan])
def test_time_runs_within_reason(speed: float) -> None:
    with pytest.raises(ValueError, match="times as fast"):
        SiteClock(NOON, speed)
