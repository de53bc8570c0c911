"""The flight recorder: the last exchanges with a device, secrets struck out, for the Details of an error."""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Iterable
from datetime import datetime

import msgspec

from app.model.secrets import strike, texts_under

SECRET_KEYS = frozenset(
    {
        "key",
        "oldkey",
        "password",
        "passwd",
        "devpass",
        "pin",
        "psk",
        "secret",
        "token_key",
        "encryption_key",
        "authentication_key",
    }
)
EXCERPT = 2000
LOOKED_AT = 4 * 1024
"""Of a longer body only the beginning is looked at: enough for the excerpt, and megabytes would stall the window."""
LONGEST_PARSED = 64 * 1024
"""What is longer than that and sent by us is a file or a table, and is not taken apart for its secrets."""
SHORTEST_SECRET = 4
"""A shorter value is not looked for in texts: '1' would strike out half of every answer."""
_IN_QUERY = re.compile(rf"(?i)((?:{'|'.join(sorted(SECRET_KEYS))})=)[^&\s]*")


class Exchange(msgspec.Struct, frozen=True):
    """One request and what came of it. Nothing in here is secret."""

    at: datetime
    method: str
    url: str
    sent: str
    outcome: str
    received: str
    elapsed_s: float

    def text(self) -> str:
        """For the Details of a toast and for a report to the developers."""
        lines = [f"{self.at:%H:%M:%S}  {self.method} {self.url}"]
        if self.sent:
            lines.append(f"  sent      {self.sent}")
        lines.append(f"  answered  {self.outcome} after {self.elapsed_s * 1000:.0f} ms")
        if self.received:
            lines.append(f"  body      {self.received}")
        return "\n".join(lines)


class Recorder:
    """Keeps the last exchanges of one device, in memory only."""

    def __init__(self, keep: int = 100) -> None:
        self._kept: deque[Exchange] = deque(maxlen=keep)

    def note(
        self,
        *,
        method: str,
        url: str,
        sent: bytes | None,
        secret: tuple[str, ...],
        outcome: str,
        received: bytes,
        elapsed_s: float,
        known: tuple[str, ...] = (),
    ) -> None:
        """Keep one exchange.

        `secret` names further keys of the JSON bodies whose values are struck out. `known` are secret values: devices
        repeat in an answer what they were sent.
        """
        hidden = SECRET_KEYS | {key.lower() for key in secret}
        self._kept.append(
            Exchange(
                at=datetime.now().astimezone(),
                method=method,
                url=strike_query(url),
                sent=_excerpt(sent or b"", hidden, ()),
                outcome=outcome,
                received=_excerpt(received, hidden, known),
                elapsed_s=elapsed_s,
            )
        )

    def exchanges(self) -> tuple[Exchange, ...]:
        """What is kept, oldest first."""
        return tuple(self._kept)

    def last(self) -> str:
        """The last exchange as text; empty before the first."""
        return self._kept[-1].text() if self._kept else ""


def strike_query(url: str) -> str:
    """The URL with the values of secret query parameters replaced."""
    return _IN_QUERY.sub(r"\1…", url)


class _WithoutSecrets(logging.Filter):
    """Strikes secret query parameters out of the HTTP library's own log: it writes whole URLs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = strike_query(record.getMessage()), ()
        return True


_WITHOUT_SECRETS = _WithoutSecrets()


def quiet_logs() -> None:
    """See to it that the HTTP library logs no secret of a URL, at whatever level. Doing it again does nothing."""
    for name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
        logging.getLogger(name).addFilter(_WITHOUT_SECRETS)


def strike_body(body: bytes, hidden: frozenset[str] | set[str] = SECRET_KEYS) -> str:
    """An excerpt of a body without the values of secret keys."""
    return _excerpt(body, hidden, ())


def _excerpt(body: bytes, hidden: frozenset[str] | set[str], known: tuple[str, ...]) -> str:
    """The beginning of a body without the values of secret keys and without known secrets.

    It is made at once and not when somebody asks: what is kept until then would be the secrets themselves.
    """
    if not body:
        return ""
    whole = len(body) <= LOOKED_AT
    struck = strike_values(_struck(body[:LOOKED_AT], hidden, whole=whole), known)
    if not whole:
        # The cut may have gone through a secret, of which the first half is then not known as one.
        longest = max((len(json.dumps(value)) for value in known), default=0)
        struck = struck[: max(0, len(struck) - longest)]
    elif len(struck) <= EXCERPT:
        return struck
    return f"{struck[:EXCERPT]}… ({len(body)} bytes)"


def _struck(body: bytes, hidden: frozenset[str] | set[str], *, whole: bool) -> str:
    if whole:
        try:
            return json.dumps(strike(json.loads(body), hidden), ensure_ascii=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            pass
    # Not JSON, or cut off: strike by pattern, so that half a document leaks nothing either.
    names = "|".join(sorted(re.escape(name) for name in hidden))
    struck = re.sub(
        rf'("(?:{names})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^,}}\]\s]+)',
        r"\1…",
        body.decode("utf-8", "replace"),
        flags=re.IGNORECASE,
    )
    return strike_query(struck)


def strike_values(text: str, secrets: Iterable[str]) -> str:
    """The text without these values, as they are and as JSON writes them."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            for written in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}:
                text = text.replace(written, "…")
    return text


def secrets_in(body: bytes | None, secret: tuple[str, ...]) -> tuple[str, ...]:
    """The values of secret keys in the JSON that we send, however deep they stand."""
    if body is not None and len(body) > LONGEST_PARSED:
        return ()
    try:
        return tuple(texts_under(json.loads(body or b"{}"), SECRET_KEYS | {key.lower() for key in secret}))
    except (ValueError, RecursionError):
        return ()
