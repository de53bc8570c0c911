"""Name, protection, services and the interval of reports (manual 5.2).

Decided here, the manual being silent: a name has 31 characters at most (2.3); a host name is one label of letters,
digits, hyphen and, as delivered, underscore; a password has 63 characters at most.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.model.field import Discreet, Field
from app.model.section import AnySection, Guide, Problem, Section, Step
from app.vendors.whatwatt.client import SETTINGS
from app.vendors.whatwatt.places import At, changed
from app.vendors.whatwatt.settings.editing import back_to_defaults, put, put_changes, read_page, sendable

LONGEST_NAME = 31
LONGEST_PASSWORD = 63
_HOST = r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"
_RESOURCES = (f"GET {SETTINGS}", f"PUT {SETTINGS}")
_PATIENCE_S = 90.0


class Access(Discreet, frozen=True):
    """How the device is called, and who may speak with it."""

    name: Annotated[
        str | None,
        Field("Name", max_length=LONGEST_NAME, help="Free text, shown in lists", manual="5.2"),
        At("system.name"),
    ] = None
    host_name: Annotated[
        str | None,
        Field(
            "Host name",
            max_length=LONGEST_NAME,
            pattern=_HOST,
            pattern_help="letters, digits, - and _, beginning and ending with a letter or digit",
            help="The device is found as this name with .local behind it.",
            manual="5.2",
        ),
        At("system.host_name"),
    ] = None
    protection: Annotated[
        bool | None,
        Field("Ask for a password", help="For this interface and for the device's own web pages.", manual="5.2"),
        At("system.protection"),
    ] = None
    password: Annotated[
        str,
        Field(
            "New password",
            secret=True,
            max_length=LONGEST_PASSWORD,
            help="Empty: the one it has stays. The user name is empty.",
            manual="5.2",
        ),
        At("system.password"),
    ] = ""
    password_length: Annotated[
        int | None,
        Field("Length of the password", read_only=True, help="0: it has none. Newer firmware tells it."),
        At("system.password_len"),
    ] = None


class Services(msgspec.Struct, frozen=True):
    """What the device reports, where to, and how often."""

    whatwatt: Annotated[bool | None, Field("whatwatt cloud", manual="5.2"), At("services.cloud.what_watt")] = None
    solar_manager: Annotated[
        bool | None, Field("Solar Manager cloud", manual="5.2"), At("services.cloud.solar_manager")
    ] = None
    mystrom: Annotated[bool | None, Field("myStrom cloud", manual="5.2"), At("services.cloud.mystrom")] = None
    local_solar_manager: Annotated[
        bool | None,
        Field("Solar Manager on the local network", manual="5.2"),
        At("services.local.solar_manager"),
    ] = None
    broadcast: Annotated[
        bool | None,
        Field(
            "Announce by mDNS",
            help="Without it the device is found by its address and by searching the subnet only.",
            manual="5.2",
        ),
        At("services.broadcast"),
    ] = None
    report_interval_s: Annotated[
        int | None,
        Field(
            "Report interval of MQTT",
            unit="s",
            minimum=1,
            maximum=86400,
            help="No more often than the meter reports. A short interval costs power.",
            manual="5.2",
        ),
        At("services.report_interval"),
    ] = None
    sd_logging: Annotated[
        bool | None, Field("Write reports to the SD card", manual="5.2"), At("services.sd.enable")
    ] = None
    sd_interval_s: Annotated[
        int | None,
        Field("Interval on the SD card", unit="s", minimum=1, maximum=1440, manual="5.2"),
        At("services.sd.frequency"),
    ] = None


def _plan_access(before: Access, after: Access, _target: str) -> list[Step]:
    """The password goes in a request of its own, so that of the others everything can be shown."""
    names = sendable(after, changed(before, after))
    steps = []
    if "password" in names:
        alone = tuple(name for name in ("protection", "password") if name in names)
        steps.append(put("Set the password", SETTINGS, after, alone))
        names = tuple(name for name in names if name not in alone)
    if names:
        steps.append(put("Set name and protection", SETTINGS, after, names))
    return steps


def _access_problems(value: Access) -> list[Problem]:
    if value.password and not value.password.isprintable():
        return [Problem("password", "New password: it holds characters that cannot be typed again.")]
    if value.password and value.protection is False:
        return [Problem("password", "The password is kept, but not asked for while protection is off.", warning=True)]
    return []


def _access_change_problems(before: Access, after: Access) -> list[Problem]:
    """Protection without a password that somebody knows would lock everybody out."""
    if after.protection and not before.protection and not after.password:
        return [Problem("password", "Protection needs a password: enter the one that shall be asked for.")]
    return []


def _access_guide(before: Access, after: Access) -> Guide | None:
    words, lost = [], []
    if before.host_name != after.host_name:
        words.append(
            f"The device is called {after.host_name}.local from now on; its address stays. If it was reached by its "
            "old name, it is looked for in the laptop's own subnets."
        )
        lost.append(f"Connect to {after.host_name}.local or to its address, or use 'Find devices'.")
    if after.password or before.protection != after.protection:
        if after.protection is False:
            words.append("Everybody in this network can read and set the device then.")
        else:
            words.append(
                "The device asks for the new password from now on, programs that read it included; this session goes "
                "on with it."
            )
            lost.append(
                "If the password is not accepted, try the one from before. A lost password is removed by a factory "
                "reset with the button on the device, which erases all settings."
            )
    return Guide(" ".join(words), patience_s=_PATIENCE_S, lost=" ".join(lost)) if words else None


def _service_problems(value: Services) -> list[Problem]:
    if value.sd_logging and value.sd_interval_s is None:
        return [Problem("sd_interval_s", "The device does not tell its interval on the SD card.", warning=True)]
    return []


def _services_guide(before: Services, after: Services) -> Guide | None:
    if not before.broadcast or after.broadcast is not False:
        return None
    return Guide(
        "The device does not announce itself any more: its .local name may stop working. Its address stays.",
        patience_s=_PATIENCE_S,
        lost="Connect to its IP address, or search the subnet with 'Find devices'.",
    )


ACCESS = Section(
    key="whatwatt.access",
    icon="lock",
    title="Name and protection",
    model=Access,
    read=read_page(Access, SETTINGS),
    plan=_plan_access,
    problems=_access_problems,
    change_problems=_access_change_problems,
    guide=_access_guide,
    tags={"name": "name", "host_name": "host_name", "protection": "protection", "password": "password"},
    group="System",
    help="How the device is called in lists and in the network, and whether it asks for a password.",
    manual="5.2",
    resources=_RESOURCES,
)

SERVICES = Section(
    key="whatwatt.services",
    icon="settings",
    title="Services",
    model=Services,
    read=read_page(Services, SETTINGS),
    plan=put_changes("Set services", SETTINGS),
    problems=_service_problems,
    guide=_services_guide,
    group="Services",
    help="Clouds, announcing, how often MQTT reports, and the log on the SD card. Each service costs power.",
    manual="5.2",
    resources=_RESOURCES,
)

DEFAULTS = {
    "whatwatt": True,
    "solar_manager": False,
    "mystrom": True,
    "local_solar_manager": True,
    "broadcast": True,
    "report_interval_s": 30,
    "sd_logging": False,
    "sd_interval_s": 15,
}

SERVICES_DEFAULTS = back_to_defaults(
    SERVICES,
    DEFAULTS,
    path=SETTINGS,
    title="Name, protection and services",
    guide=Guide(
        "The password is gone: everybody in this network can read and set the device then. Its host name is as "
        "delivered; if it was reached by its name, it is looked for in the laptop's own subnets.",
        patience_s=_PATIENCE_S,
        lost="Connect to its address, or use 'Find devices'.",
    ),
    erases=("the device's name, host name and password", "which services are on, and their intervals"),
    lost="Name, host name and password too: it is found again at its address, or as whatwatt_ and the last six "
    "digits of its identifier.",
)

SECTIONS: tuple[AnySection, ...] = (ACCESS, SERVICES)
ACTIONS = (SERVICES_DEFAULTS,)
