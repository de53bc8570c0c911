"""The EMS's days: read, joined, with their gaps and their clock changes, and worked out to energies."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from app.model.archive import ColumnKind, Query, Records
from app.model.errors import AppError, BadReply, InvalidValue, NotFound
from app.model.job import Progress
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost
from app.vendors.ingecon.datalogger import daily, days_of, notes, table
from app.vendors.ingecon.samples import in_order, integrate, samples, set_back
from app.vendors.ingecon.simulator import IngeconSimulator, Kind
from app.vendors.ingecon.simulator.device import plant_at
from app.vendors.ingecon.vendor import INGECON
from tests.app.ingecon.devices import asked, connected, fixture

TODAY = date(2026, 6, 20)
NOON = datetime(2026, 6, 20, 12, 1)
DAY = date(2023, 9, 5)


def column(found: Records, key: str) -> Any:
    return found.data[[c.key for c in found.columns].index(key)]


def row(at: datetime | str, **fields: Any) -> dict[str, Any]:
    return {"Date": at if isinstance(at, str) else f"{at:%Y-%m-%d %H:%M:%S}", "Phase": 1, "W": 100, **fields}


def day_of(begin: datetime, count: int, **fields: Any) -> list[dict[str, Any]]:
    return [row(begin + timedelta(minutes=3 * number), **fields) for number in range(count)]


def test_the_manuals_example_is_read_with_all_its_columns_and_units() -> None:
    rows = samples(fixture("7.6-reply-samples.json"), DAY)
    found = table(rows)
    assert column(found, "time") == [datetime(2023, 9, 5, *at) for at in ((0, 0), (0, 3), (0, 6), (23, 57))]
    assert column(found, "phase") == ["L1 (R)"] * 4
    assert column(found, "w") == [20, 20, 21, 0]
    assert column(found, "cons") == [2, 3, 3, 30]
    assert column(found, "publicgrid_cons") == [2, 3, 3, 30]
    assert column(found, "total_grid_cons") == [20, 20, 21, 20]
    assert column(found, "vs") == ["2.0.2"] * 4
    assert column(found, "int_rev") == ["true"] * 4
    assert column(found, "n") == [1, 2, 3, 4]
    units = {c.key: c.unit for c in found.columns}
    assert (units["w"], units["soc"], units["vbat"], units["var"], units["pf"]) == ("W", "%", "V", "var", "")
    sent = {name for one in fixture("7.6-reply-samples.json") for name in one}
    assert len(found.columns) == len(sent)


def test_gaps_stay_gaps_and_are_told() -> None:
    rows = samples([*day_of(datetime(2023, 9, 5), 10), *day_of(datetime(2023, 9, 5, 6), 5)], DAY)
    assert len(column(table(rows), "time")) == 15
    assert notes([(DAY, rows), (DAY + timedelta(days=1), [])]) == (
        "No samples of 2023-09-06.",
        "1 gap in the samples, the longest of 333 minutes.",
    )


def test_rows_out_of_order_are_sorted_and_odd_rows_are_kept() -> None:
    sent = [row(datetime(2023, 9, 5, 1)), "no row", row("yesterday"), row(datetime(2023, 9, 5, 0, 57), W="12")]
    found = table(samples(sent, DAY))
    assert column(found, "time") == [datetime(2023, 9, 5, 0, 57), datetime(2023, 9, 5, 1), "yesterday"]
    assert column(found, "w") == [12, 100, 100]
    assert any("no date" in note for note in notes([(DAY, samples(sent, DAY))]))


@pytest.mark.parametrize("document", [{}, {"error": "x"}, "[]", 5])
def test_an_answer_that_is_no_list_is_refused(document: object) -> None:
    with pytest.raises(BadReply, match="2023-09-05"):
        samples(document, DAY)


def test_a_hostile_answer_has_no_thousands_of_columns() -> None:
    found = table(samples([row(datetime(2023, 9, 5), **{f"x{n}": n for n in range(5000)})], DAY))
    assert len(found.columns) < 100
    assert "left out" in found.notes[0]


def autumn() -> list[dict[str, Any]]:
    """A day on which an hour comes twice: midnight to three, then two to midnight."""
    first = day_of(datetime(2023, 10, 29), 60, W=1000)
    return [*first, *day_of(datetime(2023, 10, 29, 2), 440, W=-500)]


def test_the_end_of_summer_time_keeps_the_devices_order_and_counts_the_hour_twice() -> None:
    day = date(2023, 10, 29)
    rows = samples(autumn(), day)
    assert set_back(rows) == 60
    assert [one.number("w") for one in rows[58:62]] == [1000, 1000, -500, -500]
    energies = integrate(rows, day)
    assert energies.imported == pytest.approx(3.0)
    assert energies.exported == pytest.approx(11.0)
    assert energies.covered == 1
    assert any("stands there twice" in note for note in notes([(day, rows)]))


def test_the_beginning_of_summer_time_is_an_hour_less() -> None:
    day = date(2023, 3, 26)
    rows = samples([*day_of(datetime(2023, 3, 26), 40), *day_of(datetime(2023, 3, 26, 3), 420)], day)
    energies = integrate(rows, day)
    assert energies.imported == pytest.approx(2.3)
    assert energies.samples == 460


def test_a_disordered_day_is_no_clock_change() -> None:
    rows = samples([row(datetime(2023, 9, 5, hour)) for hour in (3, 1, 2)], DAY)
    assert [one.time for one in rows] == [datetime(2023, 9, 5, hour) for hour in (1, 2, 3)]
    assert in_order([]) == []


def test_energies_are_powers_over_time_and_a_gap_counts_for_nothing() -> None:
    rows = samples([*day_of(datetime(2023, 9, 5), 20, pv=2000), *day_of(datetime(2023, 9, 5, 12), 20, pv=4000)], DAY)
    found = integrate(rows, DAY)
    assert found.energies["pv"] == pytest.approx(6.0)
    assert found.imported == pytest.approx(0.2)
    assert found.exported == 0
    assert found.covered == pytest.approx(2 / 24)


def test_phases_of_one_moment_are_one_plant_and_the_row_for_all_goes_first() -> None:
    at = datetime(2023, 9, 5)
    of_phases = [row(at, Phase=phase, W=watts) for phase, watts in ((1, 3000), (2, -1000), (3, -1000))]
    apart = integrate(samples(of_phases, DAY), DAY)
    assert (apart.samples, apart.imported, apart.exported) == (1, pytest.approx(0.05), 0)
    together = integrate(samples([*of_phases, row(at, Phase=4, W=-2000)], DAY), DAY)
    assert (together.imported, together.exported) == (0, pytest.approx(0.1))


def test_energies_that_nobody_told_have_no_column_and_an_unknown_grid_is_not_zero() -> None:
    found = daily((integrate(samples([{"Date": "2023-09-05 00:00:00", "Phase": 4, "pv": 60}], DAY), DAY),))
    assert math.isnan(column(found, "imported")[0])
    assert column(found, "pv") == [pytest.approx(0.003)]
    assert "diesel_cons" not in {c.key for c in found.columns}
    assert column(found, "day") == [datetime(2023, 9, 5)]
    assert found.columns[0].kind is ColumnKind.MOMENT


# Which days are asked for


@pytest.mark.parametrize(
    ("begin", "end", "days"),
    [
        (datetime(2026, 6, 18), None, [18, 19, 20]),
        (None, datetime(2026, 6, 18, 12), [18]),
        (datetime(2026, 6, 18), datetime(2026, 6, 19, 23, 59), [18, 19]),
        (datetime(2026, 6, 18), datetime(2026, 6, 20), [18, 19]),
        (datetime(2026, 6, 18), datetime(2026, 6, 18), [18]),
        (datetime(2026, 6, 22), None, [22]),
    ],
)
def test_the_days_of_a_period(begin: datetime | None, end: datetime | None, days: list[int]) -> None:
    assert [day.day for day in days_of(Query(begin, end), TODAY)] == days


def test_without_a_period_the_last_31_days_are_asked_for() -> None:
    days = days_of(Query(), TODAY)
    assert (len(days), days[0], days[-1]) == (31, date(2026, 5, 21), TODAY)


def test_the_newest_samples_cost_no_more_days_than_they_need(host: SimulatorHost, run: Any) -> None:
    device = host.add(IngeconSimulator(Kind.EMS_STORAGE, begin=datetime.now().replace(hour=12)))
    found = run(read(device, "datalogger", Query(count=300)))
    assert found.count == 300
    assert isinstance(device.simulator, IngeconSimulator)
    assert len(device.simulator.requests) == 2


def test_31_days_are_possible_and_32_are_not() -> None:
    assert len(days_of(Query(datetime(2026, 5, 21)), TODAY)) == 31
    with pytest.raises(InvalidValue, match="31"):
        days_of(Query(datetime(2026, 5, 20)), TODAY)
    with pytest.raises(InvalidValue, match="before"):
        days_of(Query(datetime(2026, 5, 20), datetime(2026, 5, 19)), TODAY)


# From the device


def ems(host: SimulatorHost, **more: Any) -> Running:
    return host.add(IngeconSimulator(Kind.EMS_STORAGE, begin=NOON, interval_s=0.01, **more))


async def read(device: Running, key: str, query: Query) -> Records:
    async with connected(device) as client:
        return await INGECON.archive(key).read(client, "", query)


def test_several_days_are_joined_with_a_missing_day_and_a_gap(host: SimulatorHost, run: Any) -> None:
    device = ems(host)
    simulator = device.simulator
    assert isinstance(simulator, IngeconSimulator)
    simulator.missing_days.add(date(2026, 6, 19))
    simulator.gaps.append((datetime(2026, 6, 18, 6), datetime(2026, 6, 18, 7)))
    found = run(read(device, "datalogger", Query(datetime(2026, 6, 18), NOON)))
    times = column(found, "time")
    assert len(times) == 480 - 20 + 241
    assert times == sorted(times)
    assert (times[0], times[-1]) == (datetime(2026, 6, 18), datetime(2026, 6, 20, 12))
    assert found.notes == ("No samples of 2026-06-19.", "1 gap in the samples, the longest of 63 minutes.")
    assert asked(device, "POST /ems/datalogger/samples/20260619/3") == 1
    plotted = [c.key for c in found.columns if c.plotted]
    assert plotted == ["w", "pv", "cons", "soc"]


def test_a_gap_over_midnight_is_a_gap_too(host: SimulatorHost, run: Any) -> None:
    device = ems(host)
    assert isinstance(device.simulator, IngeconSimulator)
    device.simulator.gaps.append((datetime(2026, 6, 18, 22), datetime(2026, 6, 19, 2)))
    found = run(read(device, "datalogger", Query(datetime(2026, 6, 18), datetime(2026, 6, 20))))
    assert found.notes == ("1 gap in the samples, the longest of 243 minutes.",)


def test_a_day_that_is_over_is_asked_for_once_and_how_far_it_is_is_told(host: SimulatorHost, run: Any) -> None:
    device, told = ems(host), list[Progress]()

    async def main() -> None:
        async with connected(device) as client:
            daily, samples = INGECON.archive("daily"), INGECON.archive("datalogger")
            query = Query(datetime(2026, 6, 17), datetime(2026, 6, 20))
            assert daily.read_told is not None
            await daily.read_told(client, "", query, told.append)
            assert (await samples.read(client, "", query)).count == 3 * 480

    run(main())
    assert [(step.done, step.total) for step in told] == [(0, 3), (1, 3), (2, 3)]
    assert told[1].text == "2026-06-18, 1 of 3 days read"
    for day in (17, 18, 19):
        assert asked(device, f"POST /ems/datalogger/samples/202606{day}/3") == 1


def test_a_day_that_may_still_go_on_is_asked_for_again(host: SimulatorHost, run: Any) -> None:
    device = host.add(IngeconSimulator(Kind.EMS_STORAGE, begin=datetime.now().replace(hour=12)))
    today = datetime.now().date()

    async def main() -> None:
        async with connected(device) as client:
            for _ in range(2):
                assert await client.samples(today)
                assert await client.samples(today - timedelta(days=1))

    run(main())
    assert isinstance(device.simulator, IngeconSimulator)
    assert len(device.simulator.requests) == 4


def test_a_period_within_a_day_and_the_newest_samples_of_it(host: SimulatorHost, run: Any) -> None:
    device = ems(host)
    period = Query(datetime(2026, 6, 20, 9), datetime(2026, 6, 20, 10))
    assert len(column(run(read(device, "datalogger", period)), "time")) == 21
    newest = run(read(device, "datalogger", Query(period.begin, period.end, count=2)))
    assert column(newest, "time") == [datetime(2026, 6, 20, 9, 57), datetime(2026, 6, 20, 10)]
    with pytest.raises(InvalidValue):
        run(read(device, "datalogger", Query(count=-1)))


def test_a_days_energies_are_those_of_the_sunny_day(host: SimulatorHost, run: Any) -> None:
    found = run(read(ems(host), "daily", Query(datetime(2026, 6, 19), datetime(2026, 6, 19, 23, 59))))
    day = [plant_at(datetime.combine(date(2026, 6, 19), time()) + timedelta(minutes=3 * n)) for n in range(480)]
    assert column(found, "pv") == [pytest.approx(sum(now.pv for now in day) / 20_000, rel=0.01)]
    assert column(found, "imported") == [pytest.approx(sum(max(now.grid, 0) for now in day) / 20_000, abs=0.05)]
    assert column(found, "exported") == [pytest.approx(sum(max(-now.grid, 0) for now in day) / 20_000, rel=0.01)]
    assert column(found, "covered") == [100]
    assert {c.unit for c in found.columns} == {"", "kWh", "%"}


def test_a_device_that_does_not_know_a_day_has_none_of_it(host: SimulatorHost, run: Any) -> None:
    device = host.add(IngeconSimulator(Kind.PLAY_1, begin=NOON))
    found = run(read(device, "datalogger", Query(datetime(2026, 6, 19), datetime(2026, 6, 19, 12))))
    assert found.count == 0
    assert found.notes == ("No samples of 2026-06-19.",)


def test_a_day_that_breaks_off_is_an_error_and_not_half_a_day(host: SimulatorHost, run: Any) -> None:
    device = ems(host)
    device.faults.add(Fault.CUT_BODY, path="/ems/datalogger")
    with pytest.raises(AppError, match=r"broke|cut off") as caught:
        run(read(device, "datalogger", Query(datetime(2026, 6, 19), datetime(2026, 6, 19, 12))))
    assert not isinstance(caught.value, NotFound)
