"""Who decides which tariff of a simulated meter is active, and which is (manual 6.3.81, 6.3.82).

Decided here, the manual being silent: a tariff is refused unless the source is communication, an input table unless it
is the inputs; both are judged by the source that comes with them. When communication takes over, the tariff stays as it
was.
"""

from __future__ import annotations

from typing import Any

from app.vendors.g13.simulator.calls import Resource, of_meter, resource, to_meter
from app.vendors.g13.simulator.inputs_outputs import InputsOutputs
from app.vendors.g13.simulator.meter import SimulatedMeter
from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid, whole_number
from app.vendors.g13.simulator.tariff_calendar import Calendar

CLOCK, COMMUNICATION, INPUT = range(3)
_TARIFFS = 4


class TariffState:
    """Source of the tariff and the tariff in force. `table` is the tariff of each combination of inputs 4 and 3."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self._meter = meter
        self._told = 1
        self.source = CLOCK
        self.table: tuple[int, ...] = (1, 2, 3, 4)

    @property
    def active(self) -> int:
        """The tariff in force now, 1 to 4."""
        if self.source == CLOCK:
            return self._meter.part(Calendar).tariff_at(self._meter.clock.read())
        if self.source == INPUT:
            ports = self._meter.part(InputsOutputs)
            return self.table[2 * ports.is_on(4) + ports.is_on(3)]
        return self._told

    def reply(self) -> dict[str, Any]:
        """Manual 6.3.81."""
        told: dict[str, Any] = {"tariff": self.active, "source": self.source}
        if self.source == CLOCK:
            day, season = self._meter.part(Calendar).day_and_season(self._meter.clock.read())
            return {"daytype": day, "season": season} | told
        return told | ({"inputconfig": list(self.table)} if self.source == INPUT else {})

    def change(self, sent: dict[str, Any]) -> None:
        """Take what was sent, or nothing of it (manual 6.3.82)."""
        source = sent.get("source", self.source)
        if "tariff" in sent and source != COMMUNICATION:
            raise invalid("tariff")
        if "inputconfig" in sent and source != INPUT:
            raise invalid("inputconfig")
        if source == COMMUNICATION != self.source:
            self._told = self.active
        self.source = source
        self._told = sent.get("tariff", self._told)
        self.table = tuple(sent.get("inputconfig", self.table))


def _show(meter: SimulatedMeter) -> dict[str, Any]:
    meter.require("read TARIFF_SOURCE")
    return meter.part(TariffState).reply()


def _read(body: object) -> dict[str, Any]:
    sent = check_tags(body, [], ["tariff", "source", "inputconfig"])
    if not sent:
        raise Refusal(400, "missing source in JSON .")
    if "source" in sent:
        whole_number(sent["source"], CLOCK, INPUT, "source")
    if "tariff" in sent:
        whole_number(sent["tariff"], 1, _TARIFFS, "tariff")
    if "inputconfig" in sent:
        table = sent["inputconfig"]
        if not isinstance(table, list) or len(table) != _TARIFFS:
            raise invalid("inputconfig")
        for tariff in table:
            whole_number(tariff, 1, _TARIFFS, "inputconfig")
    return sent


def _set(meter: SimulatedMeter, sent: dict[str, Any]) -> None:
    needed = {"source": "TARIFF_SOURCE", "tariff": "TARIFF_ACTIVE", "inputconfig": "TARIFF_INPUT_CONFIG"}
    meter.require(*(f"configure {needed[tag]}" for tag in sent))
    # What was counted so far belongs to the tariff that was in force.
    meter.energy()
    meter.part(TariffState).change(sent)


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/meters/{serial}/tariff", of_meter(_show)),
    resource("POST", "/meters/{serial}/tariff", to_meter(_read, _set)),
)
