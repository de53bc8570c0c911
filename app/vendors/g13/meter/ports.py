"""How a meter's ports stand now: what the page of inputs and outputs shows and what proves a switching."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Choice, Field
from app.vendors.g13.client import G13Client, meter_path
from app.vendors.g13.meter.io_wire import PortState, PortStates, read_uses, use_words

_STATES = (Choice(True, "on"), Choice(False, "off"))


class Port(msgspec.Struct, frozen=True):
    """One port as it stands."""

    port: Annotated[int, Field("Port", read_only=True)]
    use: Annotated[str, Field("Use", read_only=True, manual="6.3.64")]
    on: Annotated[bool | None, Field("State", choices=_STATES, read_only=True, manual="6.3.63")]
    stored: Annotated[
        bool | None,
        Field(
            "Stored state",
            choices=_STATES,
            read_only=True,
            help="On when the input was on since the last reset.",
            manual="6.3.63",
        ),
    ]
    counter: Annotated[int | None, Field("Counter", read_only=True, help="Pulses of the input.", manual="6.3.63")]


class Ports(msgspec.Struct, frozen=True):
    """The ports of one meter, up to four."""

    ports: Annotated[
        tuple[Port, ...],
        Field("Ports", read_only=True, help="What each port is, and how it stands.", manual="6.3.63, 6.3.64"),
    ]

    def at(self, number: int) -> Port | None:
        """The port of that number, where the meter has it."""
        return next((port for port in self.ports if port.port == number), None)


async def read_ports(client: G13Client, serial: str) -> Ports:
    """State and use of every port (manual 6.3.63, 6.3.64)."""
    states = (await client.get(meter_path(serial, "io"), PortStates)).iostatus
    uses = await read_uses(client, serial)
    return Ports(
        tuple(
            _port(number, use_words(uses[number - 1]) if number <= len(uses) else "", state)
            for number, state in enumerate(states, start=1)
        )
    )


def _port(number: int, use: str, state: PortState) -> Port:
    return Port(number, use, _on(state.currentstate), _on(state.storedstate), state.counter)


def _on(state: int | None) -> bool | None:
    return None if state is None else state != 0
