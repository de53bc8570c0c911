"""Reads Server-Sent Events out of bytes, by the rules of the WHATWG (HTML, section 9.2.6) and with limits of our own.

Why not a library: docs/decisions/004-own-event-source.md.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app.model.errors import BadReply

_BOM = b"\xef\xbb\xbf"
_CR, _LF = 0x0D, 0x0A
_RETRY_DIGITS = 12
"""More milliseconds than that are centuries; and Python refuses to convert numbers of thousands of digits."""


class Event(msgspec.Struct, frozen=True):
    """One event. `type` is 'message' where the device names none, `id` the last id that it sent, or ''."""

    type: str
    data: str
    id: str


def _tells_nobody(_: BadReply) -> None:
    """Where nobody counts what was left out."""


class EventParser:
    """Takes the bytes of an event stream in pieces of any size and gives the events that are complete.

    `max_line` is the longest line and `max_event` the most data of one event, both in bytes. An event that breaks
    one of them is left out up to the blank line that ends it, and `on_spoiled` is told at once. It is given up before
    it is stored, so memory is bounded whatever the device sends. A stream in which `max_skipped` bytes bring no end of
    such an event is none: then `feed` raises.

    `last_event_id` is what a reconnect sends back; `retry_s` the pause that the device asks for before one, in
    seconds, or None. Both outlive `restart`.
    """

    def __init__(
        self,
        *,
        max_line: int = 64 * 1024,
        max_event: int = 1024 * 1024,
        max_skipped: int = 16 * 1024 * 1024,
        on_spoiled: Callable[[BadReply], None] = _tells_nobody,
    ) -> None:
        self.max_line = max_line
        self.max_event = max_event
        self.max_skipped = max_skipped
        self.on_spoiled = on_spoiled
        self.last_event_id = ""
        self.retry_s: float | None = None
        self.restart()

    def restart(self) -> None:
        """Begin with a new connection: what the old one left unfinished is dropped, an id among it too."""
        self._at_start = True
        self._after_cr = False
        self._pieces: list[bytes] = []
        self._length = 0
        self._overlong = False
        self._spoiled = False
        self._skipped = 0
        self._broken: BadReply | None = None
        self._id = self.last_event_id
        self._type = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes; give the events that they complete, in order.

        Raises:
            BadReply: a spoiled event does not end; nothing more can be read until `restart`. Where the same bytes
                complete events before that place, these are given first and `check` or the next call raises.
        """
        self.check()
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[0] == _LF:
                chunk = chunk[1:]
        if b"\n" not in chunk and b"\r" not in chunk:
            self._keep(chunk)
            self.check()
            return []
        lines = b"".join((*self._pieces, chunk)).splitlines()
        self._pieces.clear()
        self._length = 0
        if self._overlong:
            # The end of a line that was given up already.
            self._overlong = self._at_start = False
            self._skip(len(lines.pop(0)))
        rest = b""
        if chunk[-1] == _CR:
            self._after_cr = True
        elif chunk[-1] != _LF:
            rest = lines.pop()
        if self._at_start:
            self._at_start = False
            if len(lines[0]) <= self.max_line:
                lines[0] = lines[0].removeprefix(_BOM)
        events = self._interpret(lines)
        self._keep(rest)
        if not events:
            self.check()
        return events

    def check(self) -> None:
        """Raise what `feed` held back because it had events to give.

        Raises:
            BadReply: a spoiled event does not end.
        """
        if self._broken is not None:
            raise self._broken

    def _keep(self, piece: bytes) -> None:
        """Store the beginning of a line. In pieces: joining at every packet would make long lines dear."""
        if self._overlong:
            self._skip(len(piece))
            return
        self._length += len(piece)
        if self._length > self.max_line:
            self._pieces.clear()
            self._overlong = True
            self._spoil("a line", self.max_line)
            self._skip(self._length)
        elif piece:
            self._pieces.append(piece)

    def _interpret(self, lines: list[bytes]) -> list[Event]:
        """Take whole lines; of an event that breaks a limit only its id and the like are taken."""
        events: list[Event] = []
        for line in lines:
            if self._broken is not None:
                break
            if not line:
                self._dispatch(events)
                continue
            if self._spoiled:
                self._skip(len(line))
            if len(line) > self.max_line:
                self._spoil("a line", self.max_line)
            else:
                self._take(line)
        return events

    def _take(self, line: bytes) -> None:
        """One field of the event that is under way."""
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            if not self._spoiled:
                self._add(value)
        elif name == b"event":
            self._type = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self.retry_s = int(value.lstrip(b"0")[:_RETRY_DIGITS] or b"0") / 1000

    def _add(self, data: bytes) -> None:
        self._size += len(data) + 1
        if self._size > self.max_event:
            self._spoil("an event", self.max_event)
        else:
            self._data.append(data)

    def _dispatch(self, events: list[Event]) -> None:
        """The blank line: an event if there is data, and in any case the id counts and the type is forgotten."""
        self.last_event_id = self._id
        self._spoiled = False
        self._skipped = 0
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            events.append(Event(self._type or "message", data.decode("utf-8", "replace"), self._id))
            self._data.clear()
            self._size = 0
        self._type = ""

    def _spoil(self, what: str, limit: int) -> None:
        """Leave out the present event, and say so once."""
        self._data.clear()
        self._size = 0
        if not self._spoiled:
            self._spoiled = True
            self.on_spoiled(BadReply(f"The device sent {what} of more than {limit} bytes in its event stream."))

    def _skip(self, count: int) -> None:
        """So many bytes more of a spoiled event."""
        self._skipped += count
        if self._skipped > self.max_skipped and self._broken is None:
            self._broken = BadReply(
                f"The device sent an event that did not end within {self.max_skipped} bytes.",
                hint="Is this the device you think it is? It sends more than any known firmware does.",
            )
