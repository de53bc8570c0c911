"""Reads the JSON that devices really send: strictly first, then with their known slips mended."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import TypeVar

import msgspec

from app.model.errors import BadReply

T = TypeVar("T")

log = logging.getLogger(__name__)

_EXCERPT = 24
_DEEPEST = 16
"""No device nests deeper what it has to say."""
_POSITION = re.compile(r"\(byte (\d+)\)")
_FIELD_PATH = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)

# A string, closed or not, or a comma that only white space parts from a closing bracket. The quantifiers are
# possessive and an unclosed string matches to the end, so that hostile input takes linear time.
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]++|\\.)*+"?|,(?=[ \t\r\n]*+[\]}])', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")


class JsonReader:
    """Reads the JSON of one device, and says once in the log that the device is sloppy. `device` is its name there."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._told = False

    def decode(self, body: bytes) -> object:
        """The document, mended if need be.

        Raises:
            BadReply: it cannot be read even so.
        """
        document, slips = _read(body)
        if slips and not self._told:
            self._told = True
            log.info("%s sends JSON with %s: read all the same", self._device, " and ".join(slips))
        return document


def decode(body: bytes) -> object:
    """Read a JSON document.

    Mends a byte order mark, trailing commas, raw control characters in strings, Latin-1, one closing brace too many.

    Raises:
        BadReply: it cannot be read even so; the message names the position and shows what stands there.
    """
    return _read(body)[0]


def convert(document: object, kind: type[T], where: str = "") -> T:
    """Turn a decoded document into a typed one: strings count as numbers where needed, extra keys are skipped.

    A key whose value is null, where that is none of its values, counts as missing. `where` is the document's own place
    in the reply, for the error message.

    Raises:
        BadReply: a value has another type than the manual says, or is missing; the message names its place.
    """
    try:
        return msgspec.convert(document, kind, strict=False)
    except msgspec.ValidationError as error:
        with contextlib.suppress(msgspec.ValidationError):
            return msgspec.convert(_without_nulls(document), kind, strict=False)
        found = _FIELD_PATH.match(str(error))
        what, path = (found["what"], found["path"] or "$") if found else (str(error), "$")
        place = f"{where}{path.removeprefix('$')}".removeprefix(".") or "the answer"
        raise BadReply(f"The device's answer has an unexpected value at {place}: {what.replace('`', '')}.") from error


def text_of(value: object) -> str:
    """A decoded value as text: a text as it came, nothing for none, all else as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _without_nulls(document: object, depth: int = 0) -> object:
    """The document without the keys whose value is null. Elements of lists stay: their place says what they are."""
    if depth > _DEEPEST:
        return document
    if isinstance(document, dict):
        return {key: _without_nulls(value, depth + 1) for key, value in document.items() if value is not None}
    if isinstance(document, list):
        return [_without_nulls(value, depth + 1) for value in document]
    return document


def _read(body: bytes) -> tuple[object, tuple[str, ...]]:
    """The document, and in words what had to be mended."""
    try:
        return _parse(body), ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        mended, slips = _mend(body)
        if not slips:
            return _without_surplus_brace(body, error)
    try:
        return _parse(mended), slips
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _without_surplus_brace(mended, error, slips)


def _without_surplus_brace(
    body: bytes, error: Exception, slips: tuple[str, ...] = ()
) -> tuple[object, tuple[str, ...]]:
    """The document before one closing brace too many at its very end."""
    if body.rstrip().endswith(b"}"):
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            return _parse(body.rstrip()[:-1]), (*slips, "a closing brace too many")
    raise _hopeless(body, error) from error


def _parse(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise BadReply("The device's answer is nested deeper than any device's data.") from error


def _mend(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    slips: dict[str, None] = {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
        slips["bytes that are not UTF-8"] = None
    if text.startswith("\ufeff"):
        text = text[1:]
        slips["a byte order mark"] = None

    def mended(found: re.Match[str]) -> str:
        if found[0] == ",":
            slips["trailing commas"] = None
            return ""
        if not _CONTROL.search(found[0]):
            return found[0]
        slips["raw control characters in strings"] = None
        return _CONTROL.sub(lambda c: f"\\u{ord(c[0]):04x}", found[0])

    return _STRING_OR_COMMA.sub(mended, text).encode(), tuple(slips)


def _hopeless(body: bytes, error: Exception) -> BadReply:
    """The error for a body that is no JSON: what is wrong, where, and what stands there."""
    if not body.strip():
        return BadReply("The device answered with nothing at all.")
    if body.lstrip().startswith(b"<"):
        return BadReply(
            f"The device answered with a web page, not with data: {_excerpt(body, 0)}.",
            hint="Check address and port: is this the device's own interface?",
        )
    text = str(error)
    if "truncated" in text:
        return BadReply(
            f"The device's answer is cut off after {len(body)} bytes, at {_excerpt(body, len(body))}.",
            hint="Refresh. If it stays, the connection or the device is overloaded.",
        )
    found = _POSITION.search(text)
    position = min(int(found[1]), len(body)) if found else 0
    return BadReply(f"The device's answer is no valid JSON at byte {position}, at {_excerpt(body, position)}.")


def _excerpt(body: bytes, position: int) -> str:
    """What stands around `position`, harmless to show."""
    around = body[max(0, position - _EXCERPT) : position + _EXCERPT].decode("ascii", "replace")
    return repr("".join(c if c.isprintable() and c != "\ufffd" else "·" for c in around))
