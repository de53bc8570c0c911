"""How INGECON SUN joins the program."""

from __future__ import annotations

import re
from http import HTTPStatus

from app.model.login import LoginWords
from app.model.vendor import Answer, Vendor
from app.vendors.ingecon import ems, inverter
from app.vendors.ingecon.client import PROPERTIES, IngeconClient
from app.vendors.ingecon.datalogger import ARCHIVES
from app.vendors.ingecon.feeds import FEEDS
from app.vendors.ingecon.resources import RESOURCES
from app.vendors.ingecon.stream import STREAM

_MAKER = re.compile(r"\b(?:ingecon|ingeteam)\b", re.IGNORECASE)
_LOOKED_AT = 8 * 1024
"""Bytes of a page in which the maker is looked for: its head."""


def recognise(answer: Answer) -> bool:
    """Is that how an inverter's card refuses a GET of its values, or the beginning of an EMS's stream?

    A card that wants its login first is known by the maker's name in the login's realm or on the page.
    """
    if answer.status == HTTPStatus.OK:
        return answer.headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream"
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = answer.headers.get("allow", "POST").upper()
        return "POST" in allowed and "GET" not in allowed
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        words = (answer.headers.get("www-authenticate", ""), answer.headers.get("server", ""))
        return any(_MAKER.search(text) for text in (*words, answer.body[:_LOOKED_AT].decode("latin-1")))
    return False


INGECON = Vendor(
    key="ingecon",
    title="INGECON SUN",
    kind="Inverter or EMS",
    scheme="http",
    port=80,
    default_user="installer",
    login=LoginWords(where="Those of the communication card's own web page."),
    connect=IngeconClient,
    recognise=recognise,
    probe_path=PROPERTIES,
    also_probed=(STREAM,),
    sections=(*ems.SECTIONS, *inverter.SECTIONS),
    feeds=FEEDS,
    archives=ARCHIVES,
    resources=RESOURCES,
    groups=(ems.GROUP, inverter.GROUP, "Datalogger"),
    simulator="app.vendors.ingecon.simulator:IngeconSimulator",
    hides_unsupported=True,
    idle_s=5.0,
    basic_at_once=True,
)
