"""A simulated meter's alarms: 25 channels that watch its values and drive its outputs (manual 6.3.52, 6.3.53).

Decided here, the manual being silent: with the on threshold at or above the off threshold an alarm comes when the value
is at or above it and goes when it is at or below the off threshold; else the other way round. An output of 0 is none.
An output whose use is not alarm output is refused, as is a quantity that this meter does not measure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from app.vendors.g13.parameter_names import PARAMETER_NAMES
from app.vendors.g13.simulator.calls import Resource, of_meter, resource, to_meter
from app.vendors.g13.simulator.inputs_outputs import ALARM, PORTS, InputsOutputs
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import check_tags, invalid, whole_number
from app.vendors.g13.simulator.watched import watched
from app.vendors.g13.tables import STORABLE

MAX_ALARMS = 25
_TAGS = ("id", "quantity", "onthreshold", "offthreshold", "ondelay", "offdelay", "log", "output")
_THRESHOLD = 2**31 - 1
_LONGEST_DELAY_S = 65_535
_STEP_S = 1.0
_MAX_STEPS = 600


@dataclass
class Channel:
    """One alarm that is set, and how it stands. `since_s` is since when the value asks for the other state."""

    settings: dict[str, Any]
    checked_s: float
    is_active: bool = False
    since_s: float | None = None

    def check(self, time_s: float, value: float | None) -> None:
        """Take a value into account."""
        self.checked_s = time_s
        if value is None or not self._asks_for_change(value):
            self.since_s = None
            return
        if self.since_s is None:
            self.since_s = time_s
        if time_s - self.since_s >= self.settings["offdelay" if self.is_active else "ondelay"]:
            self.is_active = not self.is_active
            self.since_s = None

    def _asks_for_change(self, value: float) -> bool:
        on: int = self.settings["onthreshold"]
        off: int = self.settings["offthreshold"]
        rising = on >= off
        if self.is_active:
            beyond_off = value <= off if rising else value >= off
            # With one threshold for both, what brings the alarm does not send it away.
            return beyond_off and not (on == off and value == on)
        return value >= on if rising else value <= on


class Alarms:
    """The alarms of one meter. What happened since they were last looked at is worked out when they are asked for."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self.channels: dict[int, Channel] = {}

    def active(self) -> tuple[int, ...]:
        """The numbers of the alarms that are active now, 1 to 25."""
        for channel in self.channels.values():
            self._catch_up(channel)
        return tuple(sorted(id for id, channel in self.channels.items() if channel.is_active))

    def drives(self, port: int) -> bool:
        """Is an alarm active that is given to this output?"""
        return any(self.channels[id].settings["output"] == port for id in self.active())

    def set(self, settings: dict[str, Any]) -> None:
        """Set an alarm, or turn it off when its id stands alone. It begins anew, and not active."""
        self.channels.pop(settings["id"], None)
        if len(settings) > 1:
            channel = Channel(settings, self._meter.now())
            self.channels[settings["id"]] = channel
            channel.check(channel.checked_s, watched(self._meter, settings["quantity"], channel.checked_s))

    def _catch_up(self, channel: Channel) -> None:
        begin, elapsed = channel.checked_s, self._meter.now() - channel.checked_s
        steps = min(_MAX_STEPS, math.ceil(elapsed / _STEP_S))
        for step in range(1, steps + 1):
            time_s = begin + elapsed * step / steps
            channel.check(time_s, watched(self._meter, channel.settings["quantity"], time_s))


def _show(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read ALARM_SETTINGS_1")
    channels = meter.part(Alarms).channels
    shown = [
        channels[id].settings | {"log": int(channels[id].settings["log"])} if id in channels else {"id": id}
        for id in range(1, MAX_ALARMS + 1)
    ]
    return {"alarmconfig": shown}


def _read(body: object) -> dict[str, Any]:
    sent = check_tags(check_tags(body, ["alarmconfig"])["alarmconfig"], ["id"], _TAGS)
    whole_number(sent["id"], 1, MAX_ALARMS, "id")
    if len(sent) == 1:
        return sent
    check_tags(sent, _TAGS)
    if whole_number(sent["quantity"], 1, 256, "quantity") not in STORABLE["ac"]:
        raise invalid("quantity")
    for tag in ("onthreshold", "offthreshold"):
        whole_number(sent[tag], -_THRESHOLD, _THRESHOLD, tag)
    for tag in ("ondelay", "offdelay"):
        whole_number(sent[tag], 0, _LONGEST_DELAY_S, tag)
    if not isinstance(sent["log"], bool):
        raise invalid("log")
    whole_number(sent["output"], 0, len(PORTS), "output")
    return sent


def _set(meter: SimulatedMeter, settings: dict[str, Any]) -> None:
    meter.require("configure ALARM_SETTINGS_1")
    if len(settings) > 1:
        if f"read {PARAMETER_NAMES[settings['quantity']]}" not in meter.capabilities:
            raise invalid("quantity")
        output = settings["output"]
        if output and meter.part(InputsOutputs).use(output) != ALARM:
            raise invalid("output")
    meter.part(Alarms).set(settings)


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/alarms/configuration", of_meter(_show)),
    resource("POST", "/meters/{serial}/alarms/configuration", to_meter(_read, _set)),
)
