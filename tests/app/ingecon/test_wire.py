"""The manual's examples, and what is worse than them, as the program reads them."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from app.model.errors import BadReply
from app.model.field import fields_of
from app.vendors.ingecon import ems, inverter
from app.vendors.ingecon.client import model_of
from app.vendors.ingecon.codes import bits, code_words
from app.vendors.ingecon.feeds import OF_STORAGE, PLANT_FEED, STORAGE_FEED, inverter_values, plant_values
from app.vendors.ingecon.forms import numbers
from app.vendors.ingecon.inverter import read_values, values_model
from app.vendors.ingecon.tables import (
    MODELS,
    PHASE_VALUES,
    PLAY_1,
    PLAY_3,
    SAMPLE_VALUES,
    STORAGE_1,
    STORAGE_3,
    TLM_VALUES,
    Model,
    by_name,
    plain,
)
from app.vendors.ingecon.vendor import INGECON
from app.vendors.ingecon.wire import Item, Phases, inverter_answer, phases
from tests.app.ingecon.devices import REPLIES, fixture


def told(name: str) -> Phases:
    found = phases(fixture(name))
    assert found is not None
    return found


def values_of(model: Model) -> Any:
    return read_values(model, values_model(model), inverter_answer(fixture(REPLIES[model.key])))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.key)
def test_every_value_of_a_models_example_is_documented_and_every_documented_value_is_in_it(model: Model) -> None:
    answer = inverter_answer(fixture(REPLIES[model.key]))
    assert set(answer.named()) == set(by_name(model.values))
    read = values_of(model)
    assert read.others == ()
    assert read.unread == "nothing"
    for value in model.values:
        assert getattr(read, value.key) is not None, value.name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.key)
def test_the_model_is_told_by_its_firmware_or_by_the_names_of_its_values(model: Model) -> None:
    answer = inverter_answer(fixture(REPLIES[model.key]))
    assert model_of(answer) is model
    assert model_of(msgspec.structs.replace(answer, firmware="XYZ1")) is model
    assert model_of(msgspec.structs.replace(answer, firmware="XYZ1", items=answer.items[:2])) is None


def test_the_firmware_weighs_more_than_the_names() -> None:
    answer = inverter_answer(fixture(REPLIES["play1"]))
    assert model_of(msgspec.structs.replace(answer, firmware="abi1000_M")) is PLAY_3


def test_the_examples_values_arrive_whatever_the_manual_calls_them() -> None:
    play = values_of(PLAY_1)
    assert (play.eparc1, play.eparc2, play.workinghours) == (20677000, 2021, 28251)
    assert (play.iac1, play.vac1, play.freq, play.cosphi) == (0, 226.6, 49.98, 0)
    storage = values_of(STORAGE_1)
    assert (storage.vc1, storage.pc1, storage.pacgrid, storage.sbatt) == (231, 0, -19, 55)
    assert storage.vbatt == pytest.approx(51.9)
    assert values_of(STORAGE_3).soc == 0
    assert values_of(PLAY_3).vac2 == 78.1


def test_energy_is_in_watt_hours_current_in_amperes_and_the_cosine_has_no_unit() -> None:
    units = {model.key: {value.name: value.unit for value in model.values} for model in MODELS}
    assert units["play1"]["Eparc1"] == "Wh"
    assert units["storage3"]["Iac2"] == "A"
    assert units["play3"]["CosPhi"] == ""
    assert units["play3"]["WorkingHours"] == "h"
    assert units["storage1"]["Qac"] == "var"


def test_every_documented_value_has_words_a_unit_where_it_is_measured_and_a_field() -> None:
    unitless = {"CosPhi", "PF", "WattDigitalInput"}
    documented = {v.name: v for m in MODELS for v in m.values}
    documented |= {v.name: v for v in (*PHASE_VALUES, *TLM_VALUES, *SAMPLE_VALUES)}
    for value in documented.values():
        assert value.label
        assert bool(value.unit) == (value.number and value.name not in unitless), value.name
    for section in INGECON.sections:
        for field in section.fields:
            assert field.read_only, (section.key, field.name)
    fields = {field.name: field for field in fields_of(ems.Storage)}
    assert fields["pv_grid"].unit == "W"
    assert "_pv_grid" in fields["pv_grid"].help


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("0000000000000000", "0x0000000000000000, none"),
        ("0020", "0x0020, bit 5"),
        ("0003", "0x0003, bits 0, 1"),
        ("0000000100000000", "0x0000000100000000, bit 32"),
        ("0x8000", "0x8000, bit 15"),
        ("no code", "no code"),
        ("", ""),
    ],
)
def test_codes_are_shown_with_the_bits_that_are_set(code: str, words: str) -> None:
    assert code_words(Item("AlarmCode", [], hex=code, flags=True)) == words


def test_what_the_device_lists_beside_a_code_is_shown_too() -> None:
    assert code_words(Item("AlarmCode", hex="0001", listed=("Over voltage",), flags=True)) == (
        "0x0001, bit 0 (Over voltage)"
    )
    assert bits("F" * 65) is None


def test_the_examples_warnings_are_pointed_at() -> None:
    section = INGECON.section("play3")
    problems = section.problems(values_of(PLAY_3))
    assert [(p.field, p.warning) for p in problems] == [("warningcode", True)]
    assert "AAA0030IMB07" in problems[0].message


def test_a_value_that_the_inverter_could_not_read_is_missing_and_not_zero() -> None:
    document = fixture(REPLIES["play1"])
    for row in document["Data"]:
        row["success"] = row["name"] not in {"Pac", "AlarmCode"}
    answer = inverter_answer(document)
    read: Any = read_values(PLAY_1, values_model(PLAY_1), answer)
    assert read.pac is None
    assert read.alarmcode is None
    assert read.unread == "AlarmCode, Pac"
    problems = INGECON.section("play1").problems(read)
    assert {"pac", "alarmcode"} <= {problem.field for problem in problems}
    values = dict(zip((v.key for v in numbers(PLAY_1.values)), inverter_values(PLAY_1, answer), strict=True))
    assert math.isnan(values["pac"])
    assert values["vac1"] == 226.6


def test_unknown_names_are_shown_with_their_own_name() -> None:
    document = fixture(REPLIES["play1"])
    document["Data"].append({"name": "Tnew", "success": True, "type": "number", "value": 41.25, "digits": 1})
    read: Any = read_values(PLAY_1, values_model(PLAY_1), inverter_answer(document))
    assert [(other.name, other.value) for other in read.others] == [("Tnew", "41.2")]


@pytest.mark.parametrize("value", ["226.6", 226.6])
@pytest.mark.parametrize("success", [True, "true", 1, "1"])
def test_strings_count_for_numbers_and_for_yes(value: object, success: object) -> None:
    row = {"name": "Vac1", "success": success, "type": "number", "value": value, "digits": "1"}
    (item,) = inverter_answer({"Data": [row]}).items
    assert (item.number, item.digits, item.failed) == (226.6, 1, False)


@pytest.mark.parametrize("success", [False, "false", "False", 0, "0", "no"])
def test_every_way_to_say_no_is_a_missing_value(success: object) -> None:
    (item,) = inverter_answer({"Data": [{"name": "Pac", "success": success, "type": "number", "value": 5}]}).items
    assert item.failed
    assert math.isnan(item.number)


@pytest.mark.parametrize("no", [{}, {"Data": []}, {"Data": None}])
def test_an_answer_that_is_a_no_as_a_whole_is_told_with_the_devices_own_words(no: dict[str, object]) -> None:
    with pytest.raises(BadReply, match="could not read the inverter") as told:
        inverter_answer({"success": False, "message": "Inverter not connected", **no})
    assert "Inverter not connected" in told.value.message
    assert "Is the inverter on?" in told.value.hint
    with pytest.raises(BadReply, match=r"\(success: false\)\."):
        inverter_answer({"success": "false", **no})


@pytest.mark.parametrize("value", [None, True, [], {}, "1e999", "nan", "watt", 10**400])
def test_what_is_no_number_is_none(value: object) -> None:
    (item,) = inverter_answer({"Data": [{"name": "Pac", "type": "number", "value": value}]}).items
    assert math.isnan(item.number)


def test_rows_that_are_none_are_left_out_and_an_answer_without_rows_is_refused() -> None:
    assert inverter_answer({"Data": [1, None, "Pac", {}, {"name": ""}, {"name": "Pac"}]}).items[0].name == "Pac"
    for document in ([], {}, {"Data": {}}, {"Data": None}, "Data", None):
        with pytest.raises(BadReply):
            inverter_answer(document)


# The EMS's events


def test_the_example_of_three_phases_is_read() -> None:
    event = told("7.3-event-phases.json")
    assert not event.with_storage
    assert [element.phase for element in event.elements] == [1, 2, 3]
    page: Any = ems.plant(event)
    shown = {row.label: row for row in page.phases}
    assert [value.label for value in PHASE_VALUES] == list(shown)
    grid = shown["Grid power"]
    assert (grid.l1, grid.l2, grid.l3, grid.whole, grid.unit) == (2510, 0, 0, 2510, "W")
    assert grid.meaning == "Above zero the site imports, below zero it exports (W)."
    assert (shown["Hybrid inverters"].l1, shown["Wattmeter's digital input"].l1) == (80, 0)
    assert (shown["Critical loads"].l1, shown["Critical loads"].whole) == (None, None)
    assert (shown["State of charge"].l3, shown["State of charge"].whole) == (13, 13), "the same battery, not three"
    assert page.others == "none"
    values = dict(zip((q.key for q in PLANT_FEED.quantities), plant_values(_plant(), event), strict=True))
    assert (values["w"], values["w.l1"], values["w.l2"]) == (2510, 2510, 0)
    assert (values["ems_soc"], values["ems_vbat"]) == (13, 49)


def _plant() -> Any:
    return numbers(PHASE_VALUES)


def test_the_example_of_a_plant_with_storage_is_read_with_all_its_slips_of_spelling() -> None:
    event = told("7.3-event-storage-1play.json")
    assert event.with_storage
    page: Any = ems.storage(event)
    assert page.pdcpvstorage == 3
    assert page.publicgrid_cons == 1987
    assert page.s1p_setpoint == 1000
    assert (page.s1p_alarms, page.s1p_alarmscodes) == ("none", "none")
    assert (page.s1p_status, page.s1p_statuscode, page.statusbat) == ("On-grid", "3", "1")
    assert (page.sc_ratio, page.total_cons, page.soc, page.vbat) == (18.73, 2445, 15, 414)
    assert ems.storage_problems(page) == []
    plant: Any = ems.plant(event)
    assert plant.others == "none"
    assert (plant.phases[0].l1, plant.phases[0].whole) == (None, 1987)
    values = dict(zip((q.key for q in STORAGE_FEED.quantities), plant_values(OF_STORAGE, event), strict=True))
    assert (values["w"], values["pv"], values["cons"]) == (1987, 459, 2445)
    assert math.isnan(values["w.l1"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("PdePVStorage", "pdcpvstorage"),
        ("PdcPVStorage", "pdcpvstorage"),
        ("S1P_AlarmCodes", "s1p_alarmscodes"),
        ("S1P_AlarmsCodes", "s1p_alarmscodes"),
        ("S1P_Setpoint", "s1p_setpoint"),
        ("S1P_SetPoint", "s1p_setpoint"),
        ("_pubgrid_cons", "publicgrid_cons"),
        ("_publicgrid_cons", "publicgrid_cons"),
        ("WatDigitalInput", "wattdigitalinput"),
        ("WattDigitalInput", "wattdigitalinput"),
    ],
)
def test_every_spelling_of_the_manual_is_the_same_value(name: str, key: str) -> None:
    event = phases({"Phases": [{"Phase": 1, name: 7}]})
    assert event is not None
    assert event.elements[0].number(key) == 7


@pytest.mark.parametrize("name", ["WorkingHour", "WorkingHours", "Iacl", "Iac1", "Vacl", "Vac1"])
def test_every_spelling_of_an_inverters_value_is_documented(name: str) -> None:
    assert plain(name) in by_name(PLAY_1.values)


def test_without_a_battery_nothing_of_the_battery_is_shown() -> None:
    event = phases({"Phases": [{"Phase": 4, "W": 800, "pv": 0, "soc": 0, "vbat": 0, "PacCharge": 0, "StatusBat": 7}]})
    assert event is not None
    page: Any = ems.storage(event)
    assert (page.soc, page.vbat, page.paccharge, page.w) == (None, None, None, 800)
    assert [problem.field for problem in ems.storage_problems(page)] == ["statusbat"]


def test_alarms_of_the_inverter_are_pointed_at() -> None:
    for alarm in ({"S1P_Alarms": "Over temperature"}, {"S1P_AlarmCodes": "0040"}):
        event = phases({"Phases": [{"Phase": 4, "pv": 1, **alarm}]})
        assert event is not None
        assert len(ems.storage_problems(ems.storage(event))) == 1


def test_the_whole_plant_is_the_element_for_all_phases_even_beside_the_single_ones() -> None:
    event = phases({"Phases": [{"Phase": 1, "W": 10}, {"Phase": 4, "W": 25}, {"Phase": 2, "W": 12}]})
    assert event is not None
    assert event.total(PHASE_VALUES[0]) == 25
    assert event.of_phase(2) is event.elements[2]


def test_a_state_of_charge_is_not_summed_over_phases() -> None:
    event = told("7.3-event-phases.json")
    soc = next(value for value in PHASE_VALUES if value.name == "EMS_SOC")
    assert event.total(soc) == 13


def test_unknown_names_of_the_ems_are_shown_and_other_events_are_passed_over() -> None:
    event = phases({"Phases": [{"Phase": 2, "W": "55", "pv_total_value": 4739}], "more": 1})
    assert event is not None
    page: Any = ems.plant(event)
    assert (page.phases[0].l1, page.phases[0].l2) == (None, 55)
    assert page.others == "L2 pv_total_value: 4739"
    assert phases({"devices": []}) is None
    assert phases([1]) is None


@pytest.mark.parametrize("listed", ["none", 5, [], [1, "two"], None])
def test_phases_that_are_none_are_refused(listed: object) -> None:
    with pytest.raises(BadReply):
        phases({"Phases": listed})


def test_the_groups_of_all_pages_are_declared_in_order() -> None:
    groups = {one.group for one in (*INGECON.sections, *INGECON.archives)}
    assert groups == set(INGECON.groups)
    assert inverter.GROUP in groups
