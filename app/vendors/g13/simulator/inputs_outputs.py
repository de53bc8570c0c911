"""A simulated meter's four ports: inputs that move and count, outputs that follow what they are used for.

Decided here, the manual being silent: uses that are not sent stay; only a communication output can be switched and only
an input reset, anything else is refused before a port is touched; pulses have 10 to 990 ms and 1 to 999999 per kWh.
"""

from __future__ import annotations

import math
from typing import Any

from app.vendors.g13.simulator.calls import Resource, of_meter, resource, to_meter
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import check_tags, invalid, whole_number

PORTS = (1, 2, 3, 4)
INPUT, COMMUNICATION, ALARM, PULSE, TARIFF, ALWAYS_ON, ALWAYS_OFF = range(7)
_NAMES = ("input", "communiation_out", "alarm_out", "pulse_out", "tariff_out", "always_on", "always_off")
_ENERGIES = ("active_import", "active_export", "reactive_import", "reactive_export", "turned_off")
_UNCHANGED = 255
_OFF_PORT = 255
_LENGTH_MS = (10, 990)
_FREQUENCY = (1, 999_999)
_ON_SHARE = 0.4
"""For this share of its period an input is on."""


class InputsOutputs:
    """The ports. An input is on and off in turn and counts each time that it comes on; all follows from the time."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self.uses = [ALARM, COMMUNICATION, INPUT, INPUT]
        self.switched = dict.fromkeys(PORTS, False)
        self.pulses = [{"length": 100, "frequency": 10_000, "energytype": 0, "port": _OFF_PORT} for _ in PORTS]
        self._counted_from = {port: self._edges(port) - 40 * meter.number - port for port in PORTS}
        self._stored_from = {port: self._edges(port) - 1 for port in PORTS}

    def use(self, port: int) -> int:
        """The code of a port's use."""
        return self.uses[port - 1]

    def is_on(self, port: int) -> bool:
        """How a port stands now."""
        use = self.use(port)
        if use == INPUT:
            return self._phase(port) % 1.0 < _ON_SHARE
        if use == COMMUNICATION:
            return self.switched[port]
        if use == ALARM:
            # Alarms and tariffs ask the ports in their turn.
            from app.vendors.g13.simulator.alarms import Alarms

            return self._meter.part(Alarms).drives(port)
        if use == PULSE:
            return any(pulse["port"] == port and self._beats(pulse["frequency"]) for pulse in self.pulses)
        if use == TARIFF:
            from app.vendors.g13.simulator.tariffs import TariffState

            return self._meter.part(TariffState).active != 1
        return use == ALWAYS_ON

    def counter(self, port: int) -> int:
        """How often an input came on since its counter was reset."""
        return self._edges(port) - self._counted_from[port]

    def stored(self, port: int) -> bool:
        """Was an input on since its stored state was reset?"""
        return self.is_on(port) or self._edges(port) > self._stored_from[port]

    def reset(self, port: int, what: list[str]) -> None:
        """Begin again to count, to store, or both."""
        if "counter" in what:
            self._counted_from[port] = self._edges(port)
        if "storedstate" in what:
            self._stored_from[port] = self._edges(port)

    def set_use(self, port: int, use: int) -> None:
        """Use a port for something else; an input begins at 0, a communication output off."""
        self.uses[port - 1] = use
        self.switched[port] = False
        self.reset(port, ["counter", "storedstate"])

    def _phase(self, port: int) -> float:
        return self._meter.now() / (9.0 + 6.0 * port + self._meter.number % 5)

    def _edges(self, port: int) -> int:
        return math.floor(self._phase(port))

    def _beats(self, per_kwh: int) -> bool:
        imported, _ = self._meter.energy()
        return imported / 1000.0 * per_kwh % 1.0 < 0.5


def _show_states(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read IO_SETTING")
    ports = meter.part(InputsOutputs)
    shown = []
    for port in PORTS:
        state = {"currentstate": int(ports.is_on(port))}
        if ports.use(port) == INPUT:
            state |= {"storedstate": int(ports.stored(port)), "counter": ports.counter(port)}
        shown.append(state)
    return {"iostatus": shown}


def _read_states(body: object) -> list[dict[str, Any]]:
    """Up to four ports, each once, with a state or with what is reset (manual 6.3.66)."""
    entries = check_tags(body, ["iostatus"])["iostatus"]
    if not isinstance(entries, list) or not 1 <= len(entries) <= len(PORTS):
        raise invalid("iostatus")
    for entry in entries:
        check_tags(entry, ["port"], ["currentstate", "reset"])
        whole_number(entry["port"], 1, len(PORTS), "port")
        if ("currentstate" in entry) == ("reset" in entry):
            raise invalid("iostatus")
        if "currentstate" in entry:
            whole_number(entry["currentstate"], 0, 1, "currentstate")
        else:
            _check_reset(entry["reset"])
    if len({entry["port"] for entry in entries}) < len(entries):
        raise invalid("port")
    return entries


def _check_reset(what: object) -> None:
    known = isinstance(what, list) and what and all(one in ("storedstate", "counter") for one in what)
    if not known:
        raise invalid("reset")


def _set_states(meter: SimulatedMeter, entries: list[dict[str, Any]]) -> None:
    ports = meter.part(InputsOutputs)
    for entry in entries:
        port = entry["port"]
        if "currentstate" in entry:
            meter.require("configure IO_CURRENT_OUTPUT_STATE")
            if ports.use(port) != COMMUNICATION:
                raise invalid("currentstate")
            continue
        names = {"counter": "IO_INPUT_CUMULATION", "storedstate": "IO_STORED_INPUT_STATE"}
        meter.require(*(f"reset {names[what]}_{port}" for what in entry["reset"]))
        if ports.use(port) != INPUT:
            raise invalid("reset")
    for entry in entries:
        if "currentstate" in entry:
            ports.switched[entry["port"]] = bool(entry["currentstate"])
        else:
            ports.reset(entry["port"], entry["reset"])


def _show_uses(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read IO_SETTING")
    return {"ioconfig": [_NAMES[use] for use in meter.part(InputsOutputs).uses]}


def _read_uses(body: object) -> list[int]:
    codes = check_tags(body, ["ioconfig"])["ioconfig"]
    if not isinstance(codes, list) or not 1 <= len(codes) <= len(PORTS):
        raise invalid("ioconfig")
    for code in codes:
        if code != _UNCHANGED:
            whole_number(code, INPUT, ALWAYS_OFF, "ioconfig")
    return codes


def _set_uses(meter: SimulatedMeter, codes: list[int]) -> None:
    meter.require("configure IO_SETTING")
    ports = meter.part(InputsOutputs)
    for port, code in zip(PORTS, codes, strict=False):
        if code not in (_UNCHANGED, ports.use(port)):
            ports.set_use(port, code)


def _show_pulses(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read IO_PULSE_LENGTH_1")
    pulses = meter.part(InputsOutputs).pulses
    return {"pulse": [pulse | {"energytype": _ENERGIES[pulse["energytype"]]} for pulse in pulses]}


def _read_pulses(body: object) -> list[dict[str, int]]:
    """Up to four pulse outputs, each once, with all its tags (manual 6.3.68)."""
    entries = check_tags(body, ["pulse"])["pulse"]
    if not isinstance(entries, list) or not 1 <= len(entries) <= len(PORTS):
        raise invalid("pulse")
    for entry in entries:
        check_tags(entry, ["id", "port", "length", "frequency", "energytype"])
        whole_number(entry["id"], 1, len(PORTS), "id")
        if entry["port"] != _OFF_PORT:
            whole_number(entry["port"], 1, len(PORTS), "port")
        whole_number(entry["length"], *_LENGTH_MS, "length")
        whole_number(entry["frequency"], *_FREQUENCY, "frequency")
        whole_number(entry["energytype"], 0, len(_ENERGIES) - 1, "energytype")
    if len({entry["id"] for entry in entries}) < len(entries):
        raise invalid("id")
    return entries


def _set_pulses(meter: SimulatedMeter, entries: list[dict[str, int]]) -> None:
    meter.require("configure IO_SETTING")
    pulses = meter.part(InputsOutputs).pulses
    for entry in entries:
        pulses[entry["id"] - 1] = {tag: value for tag, value in entry.items() if tag != "id"}


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/io", of_meter(_show_states)),
    resource("POST", "/meters/{serial}/io", to_meter(_read_states, _set_states)),
    resource("GET", "/meters/{serial}/io/configuration", of_meter(_show_uses)),
    resource("POST", "/meters/{serial}/io/configuration", to_meter(_read_uses, _set_uses)),
    resource("GET", "/meters/{serial}/io/pulse", of_meter(_show_pulses)),
    resource("POST", "/meters/{serial}/io/pulse", to_meter(_read_pulses, _set_pulses)),
)
