"""What a verb says and asks: results on standard output, everything else on standard error."""

from __future__ import annotations

import getpass
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from app.model.errors import AppError, ExitCode, InvalidValue

BUG_TITLE = "A fault in Wattwright"
BUG_HINT = "Please report it with the lines above; nothing is wrong with what you entered."


class Console:
    """With `as_json`, standard output carries one JSON document (`live`: one a line) and nothing else."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, *lines: str) -> None:
        """Lines for people on standard output; nothing with `as_json`."""
        if not self.as_json:
            for line in lines:
                print(harmless(line), flush=True)

    def note(self, *lines: str) -> None:
        """Lines for people on standard error."""
        for line in lines:
            print(harmless(line), file=sys.stderr, flush=True)

    def document(self, value: object) -> None:
        """The JSON document, indented for eyes when these are there; nothing without `as_json`."""
        if self.as_json:
            self._write(value, indented=_is_terminal(sys.stdout))

    def record(self, value: object) -> None:
        """One line of JSON among several; nothing without `as_json`."""
        if self.as_json:
            self._write(value, indented=False)

    def _write(self, value: object, *, indented: bool) -> None:
        # What is no number becomes null on the way: JSON knows no NaN.
        coded = msgspec.json.encode(value)
        text = (msgspec.json.format(coded, indent=2) if indented else coded).decode()
        if "utf" not in (getattr(sys.stdout, "encoding", "") or "").lower():
            text = json.dumps(msgspec.json.decode(coded), indent=2 if indented else None)
        print(text, flush=True)

    def failed(self, error: AppError) -> ExitCode:
        """Tell an error; returns the exit code that says the same."""
        self.record({"error": error_plain(error)})
        if not self.as_json:
            named = f"  Field: {error.field}" if isinstance(error, InvalidValue) else ""
            hint = f"  {error.hint}" if error.hint else ""
            self.note(f"{error.title}: {error.message}", *filter(None, (named, hint)))
        return error.exit_code

    @property
    def interactive(self) -> bool:
        """Is there somebody to ask?"""
        return _is_terminal(sys.stdin)

    def confirm(self, question: str) -> bool:
        """Ask on standard error; only a yes is a yes."""
        with _interruptible():
            print(f"{harmless(question)} [y/N] ", end="", file=sys.stderr, flush=True)
            return sys.stdin.readline().strip().lower() in ("y", "yes")

    def ask(self, question: str) -> str:
        """Ask for a line on standard error."""
        with _interruptible():
            print(f"{harmless(question)}: ", end="", file=sys.stderr, flush=True)
            return sys.stdin.readline().strip()

    def ask_secret(self, question: str) -> str:
        """Ask for a password without showing it; empty when nothing is given."""
        with _interruptible():
            try:
                return getpass.getpass(f"{harmless(question)}: ", stream=sys.stderr)
            except EOFError:
                return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl+C ends a question at once. The event loop's own handler would wait for the loop, which waits for us."""
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:
        # Only the main thread may; no Ctrl+C reaches another one.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_terminal(stream: Any) -> bool:
    """A program without a console has no streams at all."""
    return stream is not None and bool(stream.isatty())


def harmless(text: str) -> str:
    """Text without characters that would steer the terminal: much of it comes from devices."""
    return "".join(c if c.isprintable() or c == "\n" else " " if c.isspace() else "�" for c in text)


def error_plain(error: AppError) -> dict[str, Any]:
    """An error as JSON types."""
    plain: dict[str, Any] = {
        "title": error.title,
        "message": error.message,
        "hint": error.hint,
        "code": int(error.exit_code),
    }
    return {**plain, "field": error.field} if isinstance(error, InvalidValue) else plain


def table(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """Rows of text in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
