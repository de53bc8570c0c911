"""`wattwright simulate` as a program of its own: one site, faults by lines, an orderly end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.cli.commands import SIMULATED
from app.registry import VENDORS
from app.simulators.host import models

ROOT = Path(__file__).parents[2]
LIMIT_S = 60


def program(home: Path, *arguments: str) -> tuple[list[str], dict[str, Any]]:
    environment = {**os.environ, "WATTWRIGHT_HOME": str(home)}
    return [sys.executable, "-m", "app", "simulate", *arguments], {"cwd": ROOT, "env": environment, "text": True}


@contextmanager
def simulated(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command, how = program(home, *arguments)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how) as child:
        try:
            yield child
        finally:
            child.kill()


def ask(child: subprocess.Popen[str], line: str) -> dict[str, Any]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()
    return json.loads(child.stdout.readline())  # type: ignore[no-any-return]


def report(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/api/v1/report", timeout=10) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def test_a_site_begins_when_it_is_told_and_fails_when_a_line_says_so(home: Path) -> None:
    specs = ("whatwatt/p1", "smartmac/single-standard", "ingecon/3play", "--begin", "09:30", "--speed", "60")
    with simulated(home, *specs, "--json", "--until-stdin-closes") as child:
        assert child.stdout is not None
        assert child.stdin is not None
        reader, meter, inverter = json.loads(child.stdout.readline())["simulators"]
        assert [one["vendor"] for one in (reader, meter, inverter)] == ["whatwatt", "smartmac", "ingecon"]
        assert (meter["user"], meter["password"]) == ("1728053249", "012345")
        assert "values" in [fault["key"] for fault in inverter["faults"]]
        assert (
            "T09:" in report(reader["url"])["report"]["date_time"]
            or "T1" in report(reader["url"])["report"]["date_time"]
        )
        assert ask(child, "fault 1 licence") == {
            "ok": True,
            "text": "1 has no Plus licence.",
            "wrong": [["licence"], [], []],
        }
        with pytest.raises(urllib.error.HTTPError, match="404"):
            report(reader["url"])
        assert not ask(child, "fault 2 licence")["ok"]
        assert ask(child, "clear")["wrong"] == [[], [], []]
        assert report(reader["url"])["report"]
        child.stdin.close()
        assert child.wait(LIMIT_S) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_people_read_addresses_and_logins_and_type_commands(home: Path) -> None:
    with simulated(home, "smartmac/three-extended") as child:
        assert child.stdout is not None
        assert child.stdin is not None
        first = child.stdout.readline().split()
        assert first[:2] == ["1", "smartmac"]
        assert first[3:] == ["login", "1728053249", "/", "012345"]
        assert "help" in child.stdout.readline()
        child.stdin.write("list\n")
        # The end of standard input is not the end of the simulators unless that was wanted.
        child.stdin.close()
        assert child.stdout.readline().startswith("1 smartmac http://127.0.0.1:")
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        assert child.wait(LIMIT_S) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("g13/3play",), "g13/delivered"),
        (("--begin", "25:00"), "time of day"),
        (("--speed", "601"), "1 to 600"),
        (("--scenario", "rain"), "sunny-day, independent"),
        (("--scenario", "independent", "--speed", "2"), "no common time"),
    ],
)
def test_what_makes_no_sense_starts_nothing(home: Path, arguments: tuple[str, ...], said: str) -> None:
    command, how = program(home, *arguments)
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False, **how)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_the_help_lists_every_model() -> None:
    assert {vendor.key: ", ".join(models(vendor)) for vendor in VENDORS} == SIMULATED
