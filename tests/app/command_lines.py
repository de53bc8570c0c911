"""The command line as the tests run it: in this process, against a gateway on a real socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from app.cli import main
from app.net.pins import Pins
from app.simulators.host import Running
from app.vendors.g13.simulator import G13Simulator

PASSWORD = "orange juice"


class Cli:
    """Runs the command line in this process. `err` is what the last run said on standard error."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.err = ""

    def text(self, *arguments: str, code: int = 0) -> str:
        self._capture.readouterr()
        left = main(arguments)
        shown = self._capture.readouterr()
        self.err = shown.err
        assert left == code, shown
        return shown.out

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """The one document on standard output."""
        return json.loads(self.text(*arguments, "--json", code=code))

    def error(self, *arguments: str, code: int) -> dict[str, Any]:
        document = self(*arguments, code=code)
        assert list(document) == ["error"]
        assert document["error"]["code"] == code
        return cast(dict[str, Any], document["error"])


def roomy(device: G13Simulator) -> G13Simulator:
    """With sockets to spare: here runs follow each other before the device has let go of the last one's."""
    device.max_connections = 8
    return device


def simulator(running: Running) -> G13Simulator:
    assert isinstance(running.simulator, G13Simulator)
    return running.simulator


def pins(home: Path) -> Pins:
    return Pins.load(home / "certificates.json")
