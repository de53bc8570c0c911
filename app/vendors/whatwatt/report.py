"""The polled report as the device sends it: what is measured now, and what the registers hold (manual 3.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Field
from app.vendors.whatwatt.models import INTERFACE, METER_STATUS, Count, Number, Text
from app.vendors.whatwatt.places import At, ClockAt


class Report(msgspec.Struct, frozen=True):
    """What the meter measured last. None where the meter does not send a value."""

    time: Annotated[
        Text,
        Field("Time of reading", help="By the meter's clock, in its own time zone", manual="3.1"),
        ClockAt("report.date_time"),
    ] = None
    id: Annotated[
        Count, Field("Number", help="Counts up with every reading since the restart", manual="3.1"), At("report.id")
    ] = None
    interval_s: Annotated[Number, Field("Interval", unit="s", decimals=1, manual="3.1"), At("report.interval")] = None
    tariff: Annotated[Count, Field("Tariff now", manual="3.1"), At("report.tariff")] = None
    power_import: Annotated[
        Number,
        Field("Active power, import", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.positive.total"),
    ] = None
    power_import_l1: Annotated[
        Number,
        Field("Active power, import L1", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.positive.l1"),
    ] = None
    power_import_l2: Annotated[
        Number,
        Field("Active power, import L2", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.positive.l2"),
    ] = None
    power_import_l3: Annotated[
        Number,
        Field("Active power, import L3", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.positive.l3"),
    ] = None
    power_export: Annotated[
        Number,
        Field("Active power, export", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.negative.total"),
    ] = None
    power_export_l1: Annotated[
        Number,
        Field("Active power, export L1", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.negative.l1"),
    ] = None
    power_export_l2: Annotated[
        Number,
        Field("Active power, export L2", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.negative.l2"),
    ] = None
    power_export_l3: Annotated[
        Number,
        Field("Active power, export L3", unit="kW", decimals=3, manual="3.1"),
        At("report.instantaneous_power.active.negative.l3"),
    ] = None
    reactive_positive: Annotated[
        Number,
        Field("Reactive power, positive", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.positive.total"),
    ] = None
    reactive_positive_l1: Annotated[
        Number,
        Field("Reactive power, positive L1", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.positive.l1"),
    ] = None
    reactive_positive_l2: Annotated[
        Number,
        Field("Reactive power, positive L2", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.positive.l2"),
    ] = None
    reactive_positive_l3: Annotated[
        Number,
        Field("Reactive power, positive L3", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.positive.l3"),
    ] = None
    reactive_negative: Annotated[
        Number,
        Field("Reactive power, negative", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.negative.total"),
    ] = None
    reactive_negative_l1: Annotated[
        Number,
        Field("Reactive power, negative L1", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.negative.l1"),
    ] = None
    reactive_negative_l2: Annotated[
        Number,
        Field("Reactive power, negative L2", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.negative.l2"),
    ] = None
    reactive_negative_l3: Annotated[
        Number,
        Field("Reactive power, negative L3", unit="kvar", decimals=3, manual="3.1"),
        At("report.instantaneous_power.reactive.negative.l3"),
    ] = None
    apparent: Annotated[
        Number,
        Field("Apparent power", unit="kVA", decimals=3, manual="3.1"),
        At("report.instantaneous_power.apparent.total"),
    ] = None
    voltage_l1: Annotated[Number, Field("Voltage L1", unit="V", decimals=1, manual="3.1"), At("report.voltage.l1")] = (
        None
    )
    voltage_l2: Annotated[Number, Field("Voltage L2", unit="V", decimals=1, manual="3.1"), At("report.voltage.l2")] = (
        None
    )
    voltage_l3: Annotated[Number, Field("Voltage L3", unit="V", decimals=1, manual="3.1"), At("report.voltage.l3")] = (
        None
    )
    current_l1: Annotated[Number, Field("Current L1", unit="A", decimals=2, manual="3.1"), At("report.current.l1")] = (
        None
    )
    current_l2: Annotated[Number, Field("Current L2", unit="A", decimals=2, manual="3.1"), At("report.current.l2")] = (
        None
    )
    current_l3: Annotated[Number, Field("Current L3", unit="A", decimals=2, manual="3.1"), At("report.current.l3")] = (
        None
    )
    power_factor: Annotated[Number, Field("Power factor", decimals=2, manual="3.1"), At("report.power_factor")] = None
    factor: Annotated[
        Count,
        Field(
            "Conversion factor",
            help="The device has already multiplied power, energy, current and demand by it",
            manual="3.1",
        ),
        At("report.conv_factor"),
    ] = None
    meter_status: Annotated[
        Text, Field("Meter status", choices=METER_STATUS, suggestions=True, manual="3.1"), At("meter.status")
    ] = None
    meter_interface: Annotated[
        Text, Field("Meter interface", choices=INTERFACE, suggestions=True, manual="3.1"), At("meter.interface")
    ] = None
    meter_protocol: Annotated[Text, Field("Meter protocol", manual="3.1"), At("meter.protocol")] = None
    meter_protocol_version: Annotated[
        Text, Field("Meter protocol version", manual="3.1"), At("meter.protocol_version")
    ] = None
    meter_logical_name: Annotated[Text, Field("Meter's logical name", manual="3.1"), At("meter.logical_name")] = None
    meter_id: Annotated[Text, Field("Meter identifier", manual="3.1"), At("meter.id")] = None
    meter_model: Annotated[Text, Field("Meter model", manual="3.1"), At("meter.model")] = None
    meter_vendor: Annotated[Text, Field("Meter maker", manual="3.1"), At("meter.vendor")] = None
    meter_prefix: Annotated[Text, Field("Meter maker's prefix", manual="3.1"), At("meter.prefix")] = None
    device_id: Annotated[Text, Field("Device identifier", manual="3.1"), At("system.id")] = None
    device_time: Annotated[
        Text,
        Field("Device's clock", help="In its own time zone", manual="3.1"),
        ClockAt("system.date_time"),
    ] = None
    boot_id: Annotated[
        Text, Field("Boot identifier", help="Another one after every restart", manual="3.1"), At("system.boot_id")
    ] = None
    running_s: Annotated[
        Number, Field("Running for", unit="s", decimals=0, manual="3.1"), At("system.time_since_boot")
    ] = None


class Energy(msgspec.Struct, frozen=True):
    """The meter's registers, in total and by tariff. None where the meter does not send a value."""

    active_import: Annotated[
        Number,
        Field("Active energy, import", unit="kWh", decimals=3, manual="3.1"),
        At("report.energy.active.positive.total"),
    ] = None
    active_import_t1: Annotated[
        Number,
        Field("Active energy, import, tariff 1", unit="kWh", decimals=3, manual="3.1"),
        At("report.energy.active.positive.t1"),
    ] = None
    active_import_t2: Annotated[
        Number,
        Field("Active energy, import, tariff 2", unit="kWh", decimals=3, manual="3.1"),
        At("report.energy.active.positive.t2"),
    ] = None
    active_export: Annotated[
        Number,
        Field("Active energy, export", unit="kWh", decimals=3, manual="3.1"),
        At("report.energy.active.negative.total"),
    ] = None
    active_export_t1: Annotated[
        Number,
        Field("Active energy, export, tariff 1", unit="kWh", decimals=3, manual="3.1"),
        At("report.energy.active.negative.t1"),
    ] = None
    active_export_t2: Annotated[
        Number,
        Field("Active energy, export, tariff 2", unit="kWh", decimals=3, manual="3.1"),
        At("report.energy.active.negative.t2"),
    ] = None
    reactive_positive: Annotated[
        Number,
        Field("Reactive energy, positive", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.positive.total"),
    ] = None
    reactive_positive_t1: Annotated[
        Number,
        Field("Reactive energy, positive, tariff 1", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.positive.t1"),
    ] = None
    reactive_positive_t2: Annotated[
        Number,
        Field("Reactive energy, positive, tariff 2", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.positive.t2"),
    ] = None
    reactive_negative: Annotated[
        Number,
        Field("Reactive energy, negative", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.negative.total"),
    ] = None
    reactive_negative_t1: Annotated[
        Number,
        Field("Reactive energy, negative, tariff 1", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.negative.t1"),
    ] = None
    reactive_negative_t2: Annotated[
        Number,
        Field("Reactive energy, negative, tariff 2", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.negative.t2"),
    ] = None
    reactive_q1: Annotated[
        Number,
        Field("Reactive energy Q1, imported inductive", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.imported.inductive.total"),
    ] = None
    reactive_q1_t1: Annotated[
        Number,
        Field("Reactive energy Q1, imported inductive, tariff 1", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.imported.inductive.t1"),
    ] = None
    reactive_q1_t2: Annotated[
        Number,
        Field("Reactive energy Q1, imported inductive, tariff 2", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.imported.inductive.t2"),
    ] = None
    reactive_q2: Annotated[
        Number,
        Field("Reactive energy Q2, imported capacitive", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.imported.capacitive.total"),
    ] = None
    reactive_q2_t1: Annotated[
        Number,
        Field("Reactive energy Q2, imported capacitive, tariff 1", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.imported.capacitive.t1"),
    ] = None
    reactive_q2_t2: Annotated[
        Number,
        Field("Reactive energy Q2, imported capacitive, tariff 2", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.imported.capacitive.t2"),
    ] = None
    reactive_q3: Annotated[
        Number,
        Field("Reactive energy Q3, exported inductive", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.exported.inductive.total"),
    ] = None
    reactive_q3_t1: Annotated[
        Number,
        Field("Reactive energy Q3, exported inductive, tariff 1", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.exported.inductive.t1"),
    ] = None
    reactive_q3_t2: Annotated[
        Number,
        Field("Reactive energy Q3, exported inductive, tariff 2", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.exported.inductive.t2"),
    ] = None
    reactive_q4: Annotated[
        Number,
        Field("Reactive energy Q4, exported capacitive", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.exported.capacitive.total"),
    ] = None
    reactive_q4_t1: Annotated[
        Number,
        Field("Reactive energy Q4, exported capacitive, tariff 1", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.exported.capacitive.t1"),
    ] = None
    reactive_q4_t2: Annotated[
        Number,
        Field("Reactive energy Q4, exported capacitive, tariff 2", unit="kvarh", decimals=3, manual="3.1"),
        At("report.energy.reactive.exported.capacitive.t2"),
    ] = None
    demand_import: Annotated[
        Number,
        Field("Highest demand, import", unit="kW", decimals=3, manual="3.1"),
        At("report.max_demand.active.positive.total"),
    ] = None
    demand_import_t1: Annotated[
        Number,
        Field("Highest demand, import, tariff 1", unit="kW", decimals=3, manual="3.1"),
        At("report.max_demand.active.positive.t1"),
    ] = None
    demand_import_t2: Annotated[
        Number,
        Field("Highest demand, import, tariff 2", unit="kW", decimals=3, manual="3.1"),
        At("report.max_demand.active.positive.t2"),
    ] = None
    demand_export: Annotated[
        Number,
        Field("Highest demand, export", unit="kW", decimals=3, manual="3.1"),
        At("report.max_demand.active.negative.total"),
    ] = None
    demand_export_t1: Annotated[
        Number,
        Field("Highest demand, export, tariff 1", unit="kW", decimals=3, manual="3.1"),
        At("report.max_demand.active.negative.t1"),
    ] = None
    demand_export_t2: Annotated[
        Number,
        Field("Highest demand, export, tariff 2", unit="kW", decimals=3, manual="3.1"),
        At("report.max_demand.active.negative.t2"),
    ] = None
