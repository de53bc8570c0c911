"""The template of MQTT messages: which variables are in it, and what the device would send (manual 4.1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

LONGEST = 1023
"""Characters of a template (manual 4). The device counts bytes: an umlaut counts twice."""

_VARIABLE = re.compile(r"\$\{([^${}]*)\}")
_SHOWN = (("\n", "↵"), ("\t", "⇥"), ("\r", "␍"))
"""A form has one line for a template; these stand for what would break it."""
_AROUND = 16


class Filled(msgspec.Struct, frozen=True):
    """What a template becomes. `unresolved` stay in the text as they are written, `empty` have no value at the moment.

    `json_problem` says where the text is no JSON; it is empty where it is, or is not meant to be.
    """

    text: str
    unresolved: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    json_problem: str = ""


def names_in(template: str) -> tuple[str, ...]:
    """The variables of a template, each once, in order."""
    return tuple(dict.fromkeys(_VARIABLE.findall(template)))


def preview(template: str, variables: Mapping[str, str]) -> Filled:
    """What the device would send with these values of its variables.

    A name that is not among them is left as it stands; a number that the meter does not send is `null`, a text empty.
    """
    text = _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), template)
    names = names_in(template)
    return Filled(
        text,
        tuple(name for name in names if name not in variables),
        tuple(name for name in names if variables.get(name) in ("", "null")),
        _json_problem(text),
    )


def _json_problem(text: str) -> str:
    """Where a text that begins like JSON is none."""
    if not text.lstrip().startswith(("{", "[")):
        return ""
    try:
        msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        found = re.search(r"\(byte (\d+)\)", str(error))
        if found is None:
            return "the JSON ends too early"
        at = len(text.encode("utf-8", "replace")[: int(found[1])].decode("utf-8", "ignore"))
        return f"no JSON at '{one_line(text[max(0, at - _AROUND) : at + _AROUND])}'"
    return ""


def one_line(template: str) -> str:
    """A template as a form shows it: line breaks and tabs as signs."""
    for character, sign in _SHOWN:
        template = template.replace(character, sign)
    return template


def many_lines(shown: str) -> str:
    """The template of what a form shows."""
    for character, sign in _SHOWN:
        shown = shown.replace(sign, character)
    return shown
