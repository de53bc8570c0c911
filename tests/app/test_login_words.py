"""Every family's login is called what the device calls it: on the command line, in errors, in the hints."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from app.cli.commands import COMMANDS
from app.model.device import Address
from app.net.client import DeviceClient, Policy
from app.net.pins import Pins
from app.registry import VENDORS
from app.simulators.host import SimulatorHost
from app.vendors.smartmac.simulator import SmartMacSimulator
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.app.command_lines import Cli

PIN = "736451"

WANTED = {
    "g13": "user and password",
    "whatwatt": "password",
    "smartmac": "device id and PIN",
    "ingecon": "user and password",
}


def test_each_family_says_what_its_login_consists_of_and_where_to_find_it() -> None:
    assert {vendor.key: vendor.login.both for vendor in VENDORS} == WANTED
    assert all(vendor.login.where.endswith(".") for vendor in VENDORS)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_a_401_asks_for_just_that(vendor: object) -> None:
    words = vendor.login  # type: ignore[attr-defined]
    device = DeviceClient(Address("127.0.0.1", 9, "http"), pins=Pins.in_memory(), policy=Policy(login=words))
    error = device.login_failed()
    assert error.message.endswith(f"wants its {words.both}.")
    assert error.hint == words.where


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], list[str]]:
    """Somebody at the terminal who enters this line and this secret; gives what was asked for as a secret."""

    def ready(line: str, secret: str) -> list[str]:
        asked: list[str] = []
        stdin = io.StringIO(f"{line}\n")
        monkeypatch.setattr(stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr("getpass.getpass", lambda question, **_: (asked.append(question), secret)[1])
        return asked

    return ready


def test_the_command_line_asks_a_smart_mac_for_device_id_and_pin(
    cli: Cli, typed: Callable[[str, str], list[str]]
) -> None:
    meter = SmartMacSimulator(pin=PIN)
    with SimulatorHost([meter]) as host:
        asked = typed(meter.id, PIN)
        assert (
            cli("read", host[0].url, "device", "--vendor", "smartmac")["sections"]["smartmac.device"]["value"]["id"]
            == meter.id
        )
        assert f"Device id of {host[0].address}: " in cli.err
        assert asked == [f"PIN of '{meter.id}' at {host[0].address}: "]
        assert PIN not in cli.err


def test_without_a_terminal_the_hint_names_the_pin_and_the_device_id(cli: Cli) -> None:
    with SimulatorHost([SmartMacSimulator(pin=PIN)]) as host:
        error = cli.error("read", host[0].url, "device", code=4)
        assert "WATTWRIGHT_PASSWORD (the PIN) and --user (the device id)" in error["hint"]


def test_a_whatwatt_is_asked_for_its_password_alone(cli: Cli, typed: Callable[[str, str], list[str]]) -> None:
    reader = WhatwattSimulator(password="orange juice")
    with SimulatorHost([reader]) as host:
        asked = typed("nobody should be asked this", "orange juice")
        cli("read", host[0].url, "device")
        assert asked == [f"Password of {host[0].address}: "]
        assert "User of" not in cli.err


def test_the_help_names_every_family_whose_user_is_called_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        COMMANDS(["read", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for vendor in VENDORS:
        if vendor.login.spoken_user not in ("", "user"):
            assert f"{vendor.title}: {vendor.login.spoken_user}" in shown
