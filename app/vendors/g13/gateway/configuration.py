"""GET /configuration as the gateway writes it: one reply for addresses and bus timing (manual 6.3.4)."""

from __future__ import annotations

import msgspec

from app.vendors.g13.client import G13Client
from app.vendors.g13.models import Whole
from app.vendors.g13.tables import NO_ADDRESS


class IpReply(msgspec.Struct, frozen=True):
    """Addresses as dotted decimals, the MAC as six of them; `dns` true is said of servers that DHCP gave."""

    dhcp: bool = False
    dns: bool = False
    ip: str = NO_ADDRESS
    subnet: str = NO_ADDRESS
    gateway: str = NO_ADDRESS
    pdns: str = NO_ADDRESS
    sdns: str = NO_ADDRESS
    mac: str = ""


class EqBusReply(msgspec.Struct, frozen=True):
    """Baud rate, and the inter-octet time-out in ms."""

    baudrate: Whole = 0
    interoctettimeout: Whole = 0


class MBusReply(msgspec.Struct, frozen=True):
    """Seven times in ms. The pause before a request is read under either of the names that the manual has for it."""

    ack: Whole = 0
    delay_after_telegram: Whole = 0
    delay_before_requd2: Whole | None = None
    delay_before_reqd2: Whole | None = None
    get_request: Whole = 0
    meter_contact: Whole = 0
    response_timeout: Whole = 0
    response_timeout_base: Whole = 0

    @property
    def delay_before_request(self) -> int:
        """The pause, whatever it is called."""
        return self.delay_before_requd2 or self.delay_before_reqd2 or 0


class Configuration(msgspec.Struct, frozen=True):
    """The whole reply."""

    ip: IpReply = IpReply()
    eqbus: EqBusReply = EqBusReply()
    mbus: MBusReply = msgspec.field(name="mbus-wired", default=MBusReply())
    mbus_ir: MBusReply = msgspec.field(name="mbus-ir", default=MBusReply())


async def read_configuration(client: G13Client) -> Configuration:
    """Ask for it (manual 6.3.4)."""
    return await client.get("/configuration", Configuration)
