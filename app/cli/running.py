"""Runs one command line to its end: what goes wrong becomes words and an exit code here."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence

import typer

from app.cli.commands import COMMANDS
from app.cli.console import BUG_HINT, BUG_TITLE, Console
from app.model.errors import AppError, ExitCode, UsageError

INTERRUPTED = 130
_log = logging.getLogger(__name__)


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    console = Console(as_json="--json" in arguments)
    _survive_odd_characters()
    try:
        job = COMMANDS(list(arguments), prog_name="wattwright", standalone_mode=False)
        return int(job()) if callable(job) else int(job or 0)
    except typer.TyperException as error:
        message = error.format_message()
        return console.failed(UsageError(message, hint="`wattwright --help` and `wattwright VERB --help` tell more."))
    except AppError as error:
        return console.failed(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except Exception as error:  # noqa: BLE001 -- one of the two places where a bug becomes words
        _log.exception("a bug of ours")
        return _bug(console, error)


def _bug(console: Console, error: Exception) -> int:
    message = f"{type(error).__name__}: {error}"
    console.record({"error": {"title": BUG_TITLE, "message": message, "hint": BUG_HINT, "code": int(ExitCode.BUG)}})
    if not console.as_json:
        console.note(f"{BUG_TITLE}: {message}", f"  {BUG_HINT}")
    return ExitCode.BUG


def _survive_odd_characters() -> None:
    """A console that lacks a device's letters shows escapes for them, rather than ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nobody_reads() -> int:
    """Whoever read our output has enough (`| head`): end, and keep Python from complaining when it flushes."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return ExitCode.DONE
