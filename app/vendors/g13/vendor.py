"""The G13 gateway joins the program."""

from __future__ import annotations

from app.model.device import Identity
from app.model.login import LoginWords
from app.model.vendor import Answer, Vendor

from . import gateway, meter
from .client import G13Client
from .feeds import POLLED
from .gateway.firmware import FIRMWARE
from .gateway.registration import METERS
from .label import read_label
from .resources import RESOURCES
from .scan import BUSES, scan


def recognise(answer: Answer) -> bool:
    """It answers 401 (or 403 while its password is the default) and names its web server (manual 6.3.1)."""
    return answer.status in (401, 403, 200) and "embos/ip" in answer.headers.get("server", "").lower()


async def _describe_meter(client: G13Client, serial: str) -> Identity:
    made = (await client.meter_info(serial)).manufacturing
    return Identity(
        vendor="g13",
        id=serial,
        model=f"{made.label}: {read_label(made.label).words()}",
        firmware=made.firmwareversion,
    )


async def _change_password(client: G13Client, user: str, old: str, new: str) -> None:
    await client.change_password(user, old, new)


G13 = Vendor(
    key="g13",
    title="ABB G13 gateway",
    kind="Energy meter gateway",
    scheme="https",
    port=443,
    default_user="admin",
    login=LoginWords(where="The gateway's own accounts; it comes with the user 'admin'."),
    connect=G13Client,
    recognise=recognise,
    probe_path="/about",
    sections=gateway.SECTIONS + meter.SECTIONS,
    archives=gateway.ARCHIVES + meter.ARCHIVES,
    actions=gateway.ACTIONS + meter.ACTIONS,
    firmware=FIRMWARE,
    feeds=(POLLED,),
    resources=RESOURCES,
    groups=("Gateway", "Users", "Status", "Energy", "Instantaneous", "I/O", "Stored values", "Settings"),
    simulator="app.vendors.g13.simulator:G13Simulator",
    buses=BUSES,
    scan=scan,
    meters_section=METERS.key,
    describe_meter=_describe_meter,
    change_password=_change_password,
    one_connection=True,
    idle_s=1.0,
    basic_at_once=True,
)
