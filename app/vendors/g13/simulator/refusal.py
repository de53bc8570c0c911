"""How the simulated gateway says no, and how it reads what it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NO_ANSWER = "received invalid response from COSEM."
DENIED = "received READ_WRITE_DENIED response from COSEM."

Body = Mapping[str, Any]


class Refusal(Exception):
    """The answer `{"status":"error","des":…}` under an HTTP status; 200 is one of them."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


def invalid(tag: str) -> Refusal:
    """The value of a tag is none that the device takes."""
    return Refusal(400, f"invalid {tag} in JSON .")


def denied() -> Refusal:
    """A meter's refusal, which the gateway passes on inside a 200."""
    return Refusal(200, DENIED)


def check_tags(body: object, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    """The body as an object that has all required tags and no unknown one.

    Raises:
        Refusal: 400, naming the first tag that is wrong.
    """
    if not isinstance(body, dict):
        raise Refusal(400, "JSON parse error.")
    for tag in required:
        if tag not in body:
            raise Refusal(400, f"missing {tag} tag in JSON ." if tag == "datetime" else f"missing {tag} in JSON .")
    for tag in body:
        if tag not in required and tag not in optional:
            raise Refusal(400, f"unknown {tag} in JSON .")
    return body


def text_of(body: Body, tag: str, longest: int) -> str:
    """A tag's text of at most `longest` characters."""
    value = body[tag]
    if not isinstance(value, str) or len(value) > longest:
        raise invalid(tag)
    return value


def whole_number(value: object, low: int, high: int, tag: str) -> int:
    """A whole number in a range; true and false are none."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise invalid(tag)
    return value
