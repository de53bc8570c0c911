"""The wired network port (manual 5.7)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Field
from app.model.section import AnySection, Guide, Section
from app.vendors.whatwatt.places import At, changed
from app.vendors.whatwatt.settings.addresses import (
    DNS,
    GATEWAY,
    IP,
    NETMASK,
    NO_ADDRESS,
    STATIC_IP,
    address_problems,
    moving_guide,
    switched_off_guide,
)
from app.vendors.whatwatt.settings.editing import back_to_defaults, put_changes, read_page

PATH = "/api/v1/eth/settings"


class EthernetPort(msgspec.Struct, frozen=True):
    """The port, and its address."""

    enable: Annotated[bool | None, Field("Ethernet", manual="5.7"), At("enable")] = None
    static_ip: Annotated[bool | None, STATIC_IP, At("static_ip")] = None
    ip: Annotated[str | None, IP, At("ip")] = None
    netmask: Annotated[str | None, NETMASK, At("netmask")] = None
    gateway: Annotated[str | None, GATEWAY, At("gateway")] = None
    dns: Annotated[str | None, DNS, At("dns")] = None


def _guide(before: EthernetPort, after: EthernetPort) -> Guide | None:
    if not changed(before, after) or not (before.enable or after.enable):
        return None
    if not after.enable:
        return switched_off_guide("Wi-Fi")
    lost = (
        "Connect the laptop to the same wired network and use 'Find devices'. If the device is in Wi-Fi too, connect "
        "to its address there and correct the settings."
    )
    return moving_guide(after, "the wired network", lost)


ETHERNET_PORT = Section(
    key="whatwatt.ethernet_port",
    icon="network",
    title="Ethernet port",
    model=EthernetPort,
    read=read_page(EthernetPort, PATH),
    plan=put_changes("Set the Ethernet port", PATH),
    problems=address_problems,
    guide=_guide,
    group="Network",
    help="The wired network, on devices that have it.",
    manual="5.7",
    resources=(f"GET {PATH}", f"PUT {PATH}"),
)

ETHERNET_DEFAULTS = back_to_defaults(
    ETHERNET_PORT,
    {
        "enable": True,
        "static_ip": False,
        "ip": NO_ADDRESS,
        "netmask": NO_ADDRESS,
        "gateway": NO_ADDRESS,
        "dns": NO_ADDRESS,
    },
    path=PATH,
    erases=("the static address of the wired network",),
    guide=moving_guide(
        EthernetPort(enable=True),
        "the wired network",
        "Connect the laptop to the same wired network and use 'Find devices'.",
    ),
    lost="The address then comes from DHCP: if the device is lost, use 'Find devices'.",
)

SECTIONS: tuple[AnySection, ...] = (ETHERNET_PORT,)
ACTIONS = (ETHERNET_DEFAULTS,)
