"""What the manual documents: the values of the four inverter models and of the EMS, with units, in our own words.

Where the manual's unit cannot be right, ours stands here, and docs/ingecon.md says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.model.quantity import Phase

CODES_OF_PLAY = "AAA0030IMB07"
CODES_OF_STORAGE = "ABH2010IMC14"
"""The maker's documents that explain the bits of alarm, warning and inverter codes."""
CODES_OF_BATTERY = "the battery's manual"
"""No document is named for the battery's own alarms."""

_CONDUCTORS = (("1", Phase.L1), ("2", Phase.L2), ("3", Phase.L3))


@dataclass(frozen=True)
class Value:
    """One documented value.

    `name` is the device's, `others` are further spellings of the manual and of devices, beyond those that `plain`
    takes for the same. `codes` names the document that explains a code's bits; such a value is no number.
    """

    name: str
    label: str
    unit: str = ""
    help: str = ""
    decimals: int | None = None
    phase: Phase = Phase.TOTAL
    others: tuple[str, ...] = ()
    codes: str = ""
    text: bool = False
    plotted: bool = False
    """Shown first on a live page."""
    summed: bool = True
    """The values of several phases add up to that of the plant."""

    @property
    def key(self) -> str:
        """Our name of it: the device's in small letters."""
        return self.name.lower().lstrip("_")

    @property
    def number(self) -> bool:
        """Whether it is a measured number."""
        return not (self.codes or self.text)


@dataclass(frozen=True)
class Model:
    """A model of inverter. `prefix` is what its firmware's name begins with; `manual` its section."""

    key: str
    title: str
    prefix: str
    manual: str
    values: tuple[Value, ...]


def plain(name: str) -> str:
    """A value's name without what the manual and the devices write in two ways: case, `l` for `1`, a plural."""
    return name.strip().lower().replace("l", "1").removesuffix("s")


def by_name(values: tuple[Value, ...]) -> dict[str, Value]:
    """The values by every plain name that they may come under."""
    return {plain(name): value for value in values for name in (value.name, *value.others)}


_ALARM = Value("AlarmCode", "Alarms", help="A set bit is an alarm.", codes=CODES_OF_PLAY)
_WARNING = Value("WarningCode", "Warnings", help="A set bit is a warning.", codes=CODES_OF_PLAY)
_COSINE = Value(
    "CosPhi", "Power factor", decimals=3, help="Cosine of the angle between current and voltage. It has no unit."
)
_HOURS = Value("WorkingHours", "Working hours", "h", "How long the inverter has been at work.", 0)
_POWER = Value("Pac", "Active power", "W", "What the inverter gives to the AC side.", 0, plotted=True)
_REACTIVE = Value("Qac", "Reactive power", "var", "Reactive power on the AC side.", 0)
_FREQUENCY = Value("Freq", "Frequency", "Hz", "Frequency of the grid.", 2)


def _energy(number: str, of: str) -> Value:
    return Value(
        f"Eparc{number}",
        f"Energy since reset{of}",
        "Wh",
        f"What was delivered since the counter was last reset{',' if of else ''}{of}.",
        0,
    )


def _strings(number: str, of: str) -> tuple[Value, ...]:
    """Voltage, current and power of one input."""
    where = f"at the solar input{of}"
    return (
        Value(f"Vdc{number}", f"DC voltage{of}", "V", f"Voltage {where}.", 0),
        Value(f"Idc{number}", f"DC current{of}", "A", f"Current {where}.", 2),
        Value(f"Pdc{number}", f"DC power{of}", "W", f"Power {where}.", 0, plotted=True),
    )


_CURRENTS = tuple(
    Value(f"Iac{number}", f"Current {phase.value}", "A", f"Current to the grid, {phase.value}.", 2, phase)
    for number, phase in _CONDUCTORS
)
_VOLTAGES = tuple(
    Value(f"Vac{number}", f"Voltage {phase.value}", "V", f"Voltage of the grid, {phase.value}.", 1, phase)
    for number, phase in _CONDUCTORS
)

PLAY_1 = Model(
    "play1",
    "1Play",
    "ABE",
    "3.1",
    (
        _ALARM,
        _WARNING,
        _energy("1", " MPPT 1"),
        _energy("2", " MPPT 2"),
        _COSINE,
        _HOURS,
        *_strings("1", " MPPT 1"),
        *_strings("2", " MPPT 2"),
        _POWER,
        _REACTIVE,
        replace(_CURRENTS[0], label="Current", help="Current to the grid.", phase=Phase.TOTAL),
        replace(_VOLTAGES[0], label="Voltage", help="Voltage of the grid.", phase=Phase.TOTAL),
        _FREQUENCY,
    ),
)

PLAY_3 = Model(
    "play3",
    "3Play",
    "ABI",
    "4.1",
    (
        _ALARM,
        _WARNING,
        _energy("1", ""),
        _COSINE,
        _HOURS,
        *_strings("1", " MPPT 1"),
        *_strings("2", " MPPT 2"),
        _POWER,
        _REACTIVE,
        *_CURRENTS,
        *_VOLTAGES,
        _FREQUENCY,
    ),
)

STORAGE_1 = Model(
    "storage1",
    "STORAGE 1Play TLM",
    "ABH",
    "5.1",
    (
        replace(_ALARM, codes=CODES_OF_STORAGE),
        *(
            Value(f"InverterCode{n}", f"Inverter code {n}", help="Bits that tell its state.", codes=CODES_OF_STORAGE)
            for n in (1, 2, 3)
        ),
        Value("Vbatt", "Battery voltage", "V", "Voltage of the battery.", 1),
        Value("Ibatt", "Battery current", "A", "Current of the battery, with the inverter's own sign.", 2),
        Value("Pbatt", "Battery power", "W", "Power of the battery, with the inverter's own sign.", 0, plotted=True),
        Value("Sbatt", "State of charge", "%", "How full the battery is.", 0, plotted=True),
        Value("BmsAlarms", "Battery alarms", help="Alarms of the battery's own electronics.", codes=CODES_OF_BATTERY),
        *_strings("1", " MPPT 1"),
        *_strings("2", " MPPT 2"),
        _POWER,
        _REACTIVE,
        Value("Vc1", "Critical loads voltage", "V", "Voltage at the output that stays on when the grid fails.", 0),
        Value("Pc1", "Critical loads power", "W", "What is drawn from the output that stays on.", 0),
        Value("Vac", "Voltage", "V", "Voltage of the grid.", 0),
        Value("Fac", "Frequency", "Hz", "Frequency of the grid.", 2),
        Value("PacGrid", "Power at the grid terminals", "W", "Not what the site draws: the EMS knows that.", 0),
    ),
)

STORAGE_3 = Model(
    "storage3",
    "STORAGE 3Play",
    "ABS",
    "6.1",
    (
        _ALARM,
        _WARNING,
        Value("Vbatt", "Battery voltage", "V", "Voltage of the battery.", 0),
        _COSINE,
        _HOURS,
        Value("SOC", "State of charge", "%", "How full the battery is.", 0, plotted=True),
        *_strings("1", ""),
        _POWER,
        _REACTIVE,
        *_CURRENTS,
        *_VOLTAGES,
        _FREQUENCY,
    ),
)

MODELS = (PLAY_1, PLAY_3, STORAGE_1, STORAGE_3)

_BATTERY = "Only while the battery is available."

PHASE_VALUES = (
    Value("W", "Grid power", "W", "Above zero the site imports, below zero it exports.", 0, plotted=True),
    Value("Pac", "PV power", "W", "What the PV inverters generate.", 0, plotted=True),
    Value("PacCharge", "Battery charging", "W", f"Power into the battery. {_BATTERY}", 0, plotted=True),
    Value("PacDischarge", "Battery discharging", "W", f"Power out of the battery. {_BATTERY}", 0, plotted=True),
    Value("PacPVBatt", "Hybrid inverters", "W", "AC power of the STORAGE 1Play inverters, from sun and battery.", 0),
    Value(
        "PdcPVStorage",
        "PV at hybrid inverters",
        "W",
        "DC power of the sun at the STORAGE 1Play inverters.",
        0,
        others=("PdePVStorage",),
    ),
    Value(
        "WattDigitalInput",
        "Wattmeter's digital input",
        help="As the wattmeter tells it.",
        decimals=0,
        others=("WatDigitalInput",),
    ),
    Value("PacRev", "Car chargers", "W", "What car chargers draw.", 0),
    Value("PacCLoads", "Critical loads", "W", "What is drawn at the STORAGE 1Play inverters' safe outputs.", 0),
    Value("EMS_SOC", "State of charge", "%", f"How full the battery is. {_BATTERY}", 0, plotted=True, summed=False),
    Value("EMS_VBAT", "Battery voltage", "V", f"Voltage of the battery. {_BATTERY}", 0, summed=False),
)
"""The EMS's own layout, an element a phase (manual 7.2)."""


def _flow(name: str, label: str, help: str, *others: str) -> Value:
    return Value(name, label, "W", help, 0, others=others)


TLM_VALUES = (
    Value("cons", "Loads", "W", "Everything that the loads draw.", 0, plotted=True),
    Value("pv", "PV generation", "W", "What the sun gives.", 0, plotted=True),
    Value("S1P_Status", "Inverter's state", help="As the inverter words it.", text=True),
    Value("S1P_StatusCode", "Inverter's state code", text=True),
    Value("StatusBat", "Battery's state code", help="7: the battery is not available.", text=True, summed=False),
    Value("S1P_Alarms", "Inverter's alarms", help="As the inverter words them.", text=True),
    Value("S1P_AlarmsCodes", "Inverter's alarm codes", text=True, others=("S1P_AlarmCodes",)),
    Value("S1P_Setpoint", "Set point", "W", "The power that the EMS has asked of the inverters.", 0),
    _flow("_pv_grid", "Sun to grid", "What goes from the sun into the grid."),
    _flow("_pv_cons", "Sun to loads", "What goes from the sun into the loads."),
    _flow("_pv_sto", "Sun to battery", "What goes from the sun into the battery."),
    _flow("_grid_cons", "Grid to loads", "What the loads draw from the grid. It is not the whole import."),
    _flow("_grid_sto", "Grid to battery", "What goes from the grid into the battery."),
    _flow("_publicgrid_cons", "Public grid to loads", "What the loads draw from the public grid.", "_pubgrid_cons"),
    _flow("_diesel_cons", "Generator to loads", "What the loads draw from a diesel generator."),
    _flow("_sto_cons", "Battery to loads", "What goes from the battery into the loads."),
    _flow("_sto_grid", "Battery to grid", "What goes from the battery into the grid."),
    _flow("_plant_rev", "Car chargers in all", "What car chargers draw."),
    Value("sc_ratio", "Self-consumption", "%", "How much of the use comes from the site itself.", 1),
    _flow("total_cons", "Plant's consumption", "Loads and the charging of the battery."),
    _flow("total_grid_cons", "Plant's consumption from grid", "What the whole plant draws from the grid."),
    Value("soc", "State of charge (inverter)", "%", f"How full the battery is. {_BATTERY}", 0),
    Value("vbat", "Battery voltage (inverter)", "V", f"Voltage of the battery. {_BATTERY}", 0),
)
"""What the layout with a STORAGE 1Play TLM has besides (manual 7.2). `_sto_grid` was seen on units only."""

BATTERY_STATE = "statusbat"
"""A code, and yet in the readings: what was recorded must tell later that the battery was away."""

BATTERY_KEYS = frozenset({"paccharge", "pacdischarge", "ems_soc", "ems_vbat", "soc", "vbat"})
"""What means nothing while the battery is not available."""

_ENERGIES = (
    "pv",
    "cons",
    "_pv_cons",
    "_pv_sto",
    "_pv_grid",
    "_grid_cons",
    "_grid_sto",
    "_publicgrid_cons",
    "_diesel_cons",
    "_sto_cons",
    "_sto_grid",
    "_plant_rev",
    "total_cons",
    "total_grid_cons",
)
_TLM = {value.name: value for value in TLM_VALUES}

ENERGY_VALUES = tuple(_TLM[name] for name in _ENERGIES)
"""The powers of the datalogger that are integrated to a day's energies, besides the grid's."""

SAMPLE_VALUES = (
    PHASE_VALUES[0],
    *ENERGY_VALUES,
    _TLM["sc_ratio"],
    replace(_TLM["soc"], label="State of charge"),
    replace(_TLM["vbat"], label="Battery voltage"),
    Value("VAr", "Reactive power", "var", "Reactive power of the grid.", 0),
    Value("QacPV", "Reactive power of PV", "var", "Reactive power of the PV inverters.", 0),
    Value("PF", "Power factor", decimals=3, help="Power factor of the grid."),
)
"""The columns of the datalogger (manual 7.6). The manual prints them without words or units."""
