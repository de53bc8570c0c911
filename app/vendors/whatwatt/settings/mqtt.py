"""The MQTT client: broker, login, topic, and the template of its messages (manual 4).

Decided here, the manual being silent: a template may be 1023 characters and as many bytes; its line ends go out as they
were read or typed.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from app.model.errors import LicenceRequired, NotFound
from app.model.field import Discreet, Field
from app.model.section import AnySection, Problem, Section, Step
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.places import At, changed
from app.vendors.whatwatt.settings.editing import back_to_defaults, filled, put, sendable
from app.vendors.whatwatt.template import LONGEST, names_in, preview
from app.vendors.whatwatt.variables import DOCUMENTED, Variable, read_variables
from app.vendors.whatwatt.variables import PATH as VARIABLES

PATH = "/api/v1/mqtt/settings"
LONGEST_TEXT = 127
LONGEST_CLIENT = 63
_URL = r"|mqtts?://[^\s/]+(/\S*)?"
_URL_HELP = "mqtt:// or mqtts:// and the broker's name or address"
NO_JSON = "Message: no JSON with the values of now: "
"""How a remark begins that says where the message is no JSON."""
_PREVIEWED = 600


class Mqtt(Discreet, frozen=True):
    """Where messages go, and what is in them."""

    enable: Annotated[bool | None, Field("MQTT client", manual="4"), At("enable")] = None
    url: Annotated[
        str | None,
        Field(
            "Broker",
            max_length=LONGEST_TEXT,
            pattern=_URL,
            pattern_help=_URL_HELP,
            help="mqtts:// is encrypted.",
            manual="4",
        ),
        At("url"),
    ] = None
    username: Annotated[str | None, Field("User name", max_length=LONGEST_TEXT, manual="4"), At("username")] = None
    password: Annotated[
        str,
        Field(
            "Password",
            secret=True,
            max_length=LONGEST_TEXT,
            help="Empty: the one it has stays. 'Back to defaults' clears it.",
            manual="4",
        ),
        At("password"),
    ] = ""
    client_id: Annotated[
        str | None,
        Field(
            "Client ID",
            max_length=LONGEST_CLIENT,
            help="No other client of the broker may have it.",
            manual="4",
        ),
        At("client_id"),
    ] = None
    skip_name_check: Annotated[
        bool | None,
        Field(
            "Accept a certificate of another name",
            help="Only for brokers that are reached by address: whoever stands in between is not noticed.",
            manual="4",
        ),
        At("skip_cn_check"),
    ] = None
    topic: Annotated[str | None, Field("Topic", max_length=LONGEST_TEXT, manual="4"), At("publish.topic")] = None
    template: Annotated[
        str | None,
        Field(
            "Message",
            max_length=LONGEST,
            lines=8,
            help="Text with variables such as ${1_7_0}.",
            manual="4.1.1",
        ),
        At("publish.template"),
    ] = None
    variables: Annotated[
        tuple[Variable, ...],
        Field("Variables", row_key="name", read_only=True, help="What the message can hold.", manual="4.1.2"),
    ] = ()


async def _read(client: WhatwattClient, _target: str) -> Mqtt:
    found = filled(Mqtt, await client.document(PATH))
    try:
        variables = (await read_variables(client)).variables
    except (NotFound, LicenceRequired):
        variables = ()
    return msgspec.structs.replace(found, variables=variables)


def _plan(before: Mqtt, after: Mqtt, _target: str) -> list[Step]:
    names = sendable(after, changed(before, after))
    return [put("Set the MQTT client", PATH, after, names)] if names else []


def _problems(value: Mqtt) -> list[Problem]:
    problems = _template_problems(value)
    if value.enable:
        needed = (("url", "Broker"), ("topic", "Topic"), ("template", "Message"))
        problems += [
            Problem(name, f"{label}: without one nothing can be sent.")
            for name, label in needed
            if not getattr(value, name)
        ]
    if value.topic and re.search(r"[#+]", value.topic):
        problems.append(Problem("topic", "Topic: # and + are for those who listen, not for those who send."))
    if value.password and (value.url or "").startswith("mqtt://"):
        problems.append(Problem("password", "The password travels unencrypted: use mqtts://.", warning=True))
    if value.skip_name_check and (value.url or "").startswith("mqtts://"):
        problems.append(Problem("skip_name_check", "The broker's name is not checked.", warning=True))
    return problems


def _template_problems(value: Mqtt) -> list[Problem]:
    template = value.template or ""
    size = len(template.encode("utf-8", "replace"))
    if size > LONGEST:
        return [Problem("template", f"Message: {size} bytes, at most {LONGEST} are allowed.")]
    known = {variable.name for variable in value.variables} | set(DOCUMENTED)
    unknown = [name for name in names_in(template) if name not in known]
    problems = []
    if unknown:
        text = f"Message: no such variable: {', '.join(unknown)}. The device sends it as it is written."
        problems.append(Problem("template", text, warning=True))
    told = values_now(value)
    if told and (wrong := preview(template, told).wrong) is not None:
        problems.append(Problem("template", f"{NO_JSON}{wrong.words}", warning=True))
    return problems


def values_now(value: Mqtt) -> dict[str, str]:
    """The variables and what the device had for them when it was read."""
    return {variable.name: variable.value for variable in value.variables}


def _summary(value: Mqtt) -> str:
    """What would be sent at this moment."""
    if not value.template or not value.variables:
        return ""
    seen = preview(value.template, values_now(value))
    text = seen.text
    lines = [f"Now: {text[:_PREVIEWED]}{'…' if len(text) > _PREVIEWED else ''}"]
    if seen.unresolved:
        lines.append(f"Not resolved: {', '.join(seen.unresolved)}.")
    if seen.empty:
        lines.append(f"Without a value now: {', '.join(seen.empty)}.")
    return "\n".join(lines)


MQTT = Section(
    key="whatwatt.mqtt",
    icon="send",
    title="MQTT",
    model=Mqtt,
    read=_read,
    plan=_plan,
    problems=_problems,
    summary=_summary,
    tags={"skip_cn_check": "skip_name_check"},
    group="Services",
    help="Sends each report to a broker. How often is set under 'Services'. Needs the maker's Plus licence.",
    manual="4",
    resources=(f"GET {PATH}", f"PUT {PATH}", f"GET {VARIABLES}"),
)

MQTT_DEFAULTS = back_to_defaults(
    MQTT,
    {
        "enable": False,
        "url": "",
        "username": "",
        "client_id": "",
        "skip_name_check": False,
        "topic": "",
        "template": "",
    },
    path=PATH,
    erases=("broker, login and topic of the MQTT client", "the template of its messages"),
)

SECTIONS: tuple[AnySection, ...] = (MQTT,)
ACTIONS = (MQTT_DEFAULTS,)
