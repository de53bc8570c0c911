"""Fixtures of the tests of the core: simulators on real sockets, and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.net.tls import Profile
from app.simulators.host import Running, SimulatorHost
from app.vendors.g13.simulator import G13Simulator, demo_gateway
from tests.app.command_lines import PASSWORD, Cli, pins, roomy, simulator


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def host() -> Iterator[SimulatorHost]:
    with SimulatorHost() as started:
        yield started


@pytest.fixture
def gateway(host: SimulatorHost, home: Path, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A gateway whose certificate was accepted and whose password is known."""
    running = host.add(roomy(G13Simulator(demo_gateway(admin_password=PASSWORD, scan_s=0.005))))
    pins(home).accept(running.address.netloc, simulator(running).certificate.fingerprint, Profile.MODERN)
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", PASSWORD)
    return running
