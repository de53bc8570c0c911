"""What a simulated meter notices of itself, and the three logs that it keeps of that (manual 6.3.50, 6.3.51)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.vendors.g13.simulator.alarms import Alarms
from app.vendors.g13.simulator.load import total
from app.vendors.g13.simulator.meter import SimulatedMeter

ERROR, WARNING, INFORMATION = 2, 3, 8
"""Categories of events."""
SYSTEM, QUALITY, EVENT = "system", "quality", "event"
LOGS = {SYSTEM: "read LOG_SYSTEM", QUALITY: "read LOG_QUALITY", EVENT: "read LOG_EVENT"}

_U_MISSING, _NEG_POW, _NEG_TOTAL, _FREQUENCY = 1000, 1004, 1007, 1008
_DATE_NOT_SET, _TIME_NOT_SET, _ALARM, _POWERFAIL = 1010, 1011, 2013, 2055

_ERRORS = {
    "Audit Log": 40,
    "Program Crc": 41,
    "Persistent Storage": 42,
    **{f"ABB Specific Str {n}": 42 + n for n in range(1, 9)},
    "Acref": 51,
    "Temp Sensor": 52,
    "Rtc Circuit": 53,
}
_PAST_DIPS = 130
_PAST_DAYS = 400
_FIRST_SEEN = timedelta(hours=7)
"""How long a state has lasted already when the meter comes into our hands."""


class Logged(msgspec.Struct):
    """One line of a log. `duration_s` None still goes on."""

    log: str
    number: int
    category: int
    began: datetime
    duration_s: int | None


class MeterLog:
    """Looks at the meter whenever it is asked, and notes what began and what ended since."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self.lines: list[Logged] = []
        if meter.clock.is_set:
            self._remember()
        self._lasting: dict[int, Logged] = {}
        self._notice(meter.clock.read() - (_FIRST_SEEN if meter.clock.is_set else timedelta(0)))

    def flags(self) -> dict[str, list[str]]:
        """Manual 6.3.50: the names of what is so now."""
        self._notice(self._meter.clock.read())
        names = self._active()
        return {
            "errors": [name for number, name in names.items() if number < _U_MISSING],
            "warnings": [name for number, name in names.items() if _U_MISSING <= number < _ALARM],
            "informationflags": [name for number, name in names.items() if number >= _ALARM],
        }

    def page(self, until: datetime, count: int) -> dict[str, list[dict[str, Any]]]:
        """Manual 6.3.51: of each log at most `count` lines up to and with `until`, newest first.

        Of what still goes on, the duration is until now. The manual does not say whether `count` is meant for each log
        or for all: here it is for each.
        """
        now = self._meter.clock.read()
        self._notice(now)
        reply = {}
        for log, capability in LOGS.items():
            if capability in self._meter.capabilities:
                lines = [line for line in self.lines if line.log == log and line.began <= until]
                lines.sort(key=lambda line: line.began, reverse=True)
                reply[log] = [_written(line, now) for line in lines[:count]]
        return reply

    def _active(self) -> dict[int, str]:
        """What is so now: its number in the logs and its name among the flags."""
        meter = self._meter
        active = {_ERRORS[name]: name for name in meter.faults}
        phases = meter.phases()
        if meter.kind.three_phase:
            active |= {_U_MISSING + n: f"U{n + 1} Missing" for n, phase in enumerate(phases) if phase.voltage_v == 0}
        active |= {_NEG_POW + n: f"NEG_POW Element{n + 1}" for n, phase in enumerate(phases) if phase.active_w < 0}
        if total(phases).active_w < 0:
            active[_NEG_TOTAL] = "Neg Tot Pow"
        if not meter.clock.is_set and "read CLOCK" in meter.capabilities:
            active |= {_DATE_NOT_SET: "Date Not Set", _TIME_NOT_SET: "Time Not SET"}
        if "read ALARM_SETTINGS_1" in meter.capabilities:
            active |= {_ALARM + n - 1: f"Alarm{n} Active" for n in meter.part(Alarms).active()}
        return active

    def _notice(self, moment: datetime) -> None:
        active = self._active()
        for number in active.keys() - self._lasting.keys():
            line = Logged(_log_of(number), number, _category_of(number), moment, None)
            self._lasting[number] = line
            if self._is_logged(number):
                self.lines.append(line)
        for number in self._lasting.keys() - active.keys():
            line = self._lasting.pop(number)
            line.duration_s = _seconds(line.began, moment)

    def _is_logged(self, number: int) -> bool:
        """An alarm is logged where its settings say so."""
        channel = self._meter.part(Alarms).channels.get(number - _ALARM + 1) if number >= _ALARM else None
        return channel is None or bool(channel.settings["log"])

    def _remember(self) -> None:
        """What was logged before: every power failure that the meter counts, and dips of the supply."""
        chance = random.Random(self._meter.load.seed + 977)
        now = self._meter.clock.read()

        def before() -> datetime:
            return now - timedelta(seconds=chance.randrange(86_400, _PAST_DAYS * 86_400))

        for outage_s in self._meter.outages_s:
            self.lines.append(Logged(SYSTEM, _POWERFAIL, INFORMATION, before(), outage_s))
        for _ in range(_PAST_DIPS):
            line = chance.randrange(self._meter.load.phases)
            number = chance.choice((_FREQUENCY, _U_MISSING + line, _U_MISSING + line))
            if not self._meter.kind.three_phase:
                number = _FREQUENCY
            self.lines.append(Logged(QUALITY, number, WARNING, before(), chance.randrange(1, 240)))


def _log_of(number: int) -> str:
    if number >= _ALARM:
        return EVENT
    return QUALITY if _U_MISSING <= number <= _FREQUENCY else SYSTEM


def _category_of(number: int) -> int:
    if number >= _ALARM:
        return INFORMATION
    return WARNING if number >= _U_MISSING else ERROR


def _seconds(began: datetime, ended: datetime) -> int:
    return max(0, round((ended - began).total_seconds()))


def _written(line: Logged, now: datetime) -> dict[str, Any]:
    return {
        "datetime": line.began.isoformat(),
        "duration": _seconds(line.began, now) if line.duration_s is None else line.duration_s,
        "category": line.category,
        "logid": line.number,
    }
