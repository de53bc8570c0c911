"""The command line against simulated devices: documents, exit codes, and what it asks."""

from __future__ import annotations

import getpass
import io
import json
import logging
import runpy
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from app.cli import is_command, main
from app.cli.commands import COMMANDS
from app.cli.console import harmless
from app.model.device import Address, Credentials
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost
from app.site.credentials import SERVICE
from app.site.sitefile import SiteFile
from app.vendors.g13.simulator import G13Simulator, Role, demo_gateway
from app.vendors.g13.simulator.configuration import Configuration
from app.vendors.whatwatt.simulator import Spoiled, Style, WhatwattSimulator
from tests.app.command_lines import PASSWORD, Cli, pins, roomy, simulator

METER = "ABB01EM000014501"
FOUND = "ABB01EM000014503"
RATIOS = f"/meters/{METER}/transformersettings"
VERBS = {
    "discover", "identify", "sections", "read", "send", "records",
    "recordings", "do", "resources", "scan", "register", "unregister",
    "firmware", "live", "password", "simulate",
}  # fmt: skip


@pytest.fixture
def fresh(host: SimulatorHost) -> Running:
    """A gateway as it leaves the factory."""
    return host.add(roomy(G13Simulator(demo_gateway(scan_s=0.005))))


@pytest.fixture
def reader(host: SimulatorHost) -> Running:
    return host.add(WhatwattSimulator(name="Main building", speed=20.0))


def sent(running: Running) -> list[str]:
    """The requests that could have changed something."""
    return [r for r in simulator(running).requests if not r.startswith("GET") and not r.endswith(("/login", "/logout"))]


class Terminal(io.StringIO):
    """Somebody sits there and types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Type these lines, and these passwords; returns the questions for passwords as they come."""

    def begin(*lines: str, passwords: tuple[str, ...] = ()) -> list[str]:
        asked: list[str] = []
        waiting = iter(passwords)

        def ask(prompt: str = "", stream: object = None) -> str:
            asked.append(prompt)
            return next(waiting)

        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))
        monkeypatch.setattr(getpass, "getpass", ask)
        return asked

    return begin


@contextmanager
def web_page() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html><title>Coffee machine</title></html>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Which half of the program is meant.


def test_every_verb_of_the_manual_is_there(cli: Cli) -> None:
    assert {command.name or command.callback.__name__ for command in COMMANDS.registered_commands} == VERBS
    overview = cli.text("--help")
    for verb in VERBS:
        assert verb in overview
        assert f"Example: wattwright {verb}" in cli.text(verb, "--help")


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("", False),
        ("--demo", False),
        ("--site school.wattwright --demo", False),
        ("--site=school.wattwright", False),
        ("--demo --interface 127.0.0.1", False),
        ("--smoke", False),
        ("read 192.168.1.12", True),
        ("nonsense", True),
        ("--help", True),
        ("-h", True),
        ("--version", True),
    ],
)
def test_the_window_is_meant_when_no_verb_is_named(line: str, verb: bool) -> None:
    assert is_command(line.split()) is verb


def test_without_a_verb_the_window_opens_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(sys, "argv", ["wattwright"])
    monkeypatch.setattr(runpy, "run_module", lambda *name, **how: opened.append((name, how, tuple(sys.argv))))
    assert main(["--demo"]) == 0
    assert opened == [(("ui.main",), {"run_name": "__main__", "alter_sys": True}, ("wattwright", "--demo"))]


def test_the_version_is_told(cli: Cli) -> None:
    assert cli.text("--version").startswith("wattwright ")


# Usage.


def test_what_typer_refuses_is_told_like_every_error(cli: Cli) -> None:
    assert "No such option" in cli.error("read", "127.0.0.1", "--wrong", code=2)["message"]
    assert "Missing argument" in cli.error("read", code=2)["message"]
    assert cli.text("fly", code=2) == ""
    assert "No such command 'fly'" in cli.err


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "admin:x@127.0.0.1", "300.1.1.1"])
def test_what_is_no_address_is_a_matter_of_usage(cli: Cli, address: str) -> None:
    assert cli.error("read", address, code=2)["hint"]


def test_an_unknown_family_is_named_with_those_that_are_known(cli: Cli) -> None:
    assert "g13, whatwatt" in cli.error("read", "127.0.0.1", "--vendor", "acme", code=2)["hint"]


def test_a_bug_is_told_as_one(cli: Cli, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ouch")

    monkeypatch.setattr("app.cli.finding.identify_one", broken)
    with caplog.at_level(logging.ERROR):
        assert cli.error("identify", "127.0.0.1", code=1)["message"] == "ZeroDivisionError: ouch"
    assert caplog.records[0].exc_info is not None
    cli.text("identify", "127.0.0.1", code=1)
    assert "A fault in Wattwright" in cli.err


def test_an_interrupted_program_says_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        await __import__("asyncio").Event().wait()

    monkeypatch.setattr("app.cli.finding.identify_one", interrupted)
    # Whoever started the tests in the background has them ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert cli.text("identify", "127.0.0.1", "--json", code=130) == ""
    finally:
        signal.signal(signal.SIGINT, before)
    assert cli.err == ""


def test_a_device_cannot_steer_the_terminal() -> None:
    assert harmless("a\x1b[31mb\x9bc\u202ed\te\u00e4") == "a�[31mb�c�d e\u00e4"


# The way in: address, certificate, login.


def test_nobody_there(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert str(port) in cli.error("read", f"127.0.0.1:{port}", code=3)["message"]


def test_a_web_page_is_no_device(cli: Cli) -> None:
    with web_page() as address:
        error = cli.error("read", address, code=5)
    assert error["title"] == "No known device"
    assert "page 'Coffee machine'" in error["message"]


def test_identify_needs_no_login_and_shows_the_certificate(cli: Cli, fresh: Running) -> None:
    shown = cli("identify", fresh.address.netloc)
    assert (shown["address"], shown["vendor"]) == (fresh.url, "g13")
    assert shown["certificate"]["fingerprint"] == simulator(fresh).certificate.fingerprint
    assert shown["certificate"]["accepted"] is False


def test_a_certificate_that_nobody_accepted_gets_no_password(
    cli: Cli, fresh: Running, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "admin")
    error = cli.error("read", fresh.url, code=7)
    assert simulator(fresh).certificate.fingerprint in error["message"]
    assert "--accept-certificate" in error["hint"]
    assert pins(home).get(fresh.address.netloc) is None
    assert simulator(fresh).requests == ["GET /about"], "identified, and nothing else"


def test_an_accepted_certificate_is_remembered(cli: Cli, gateway: Running, home: Path) -> None:
    pins(home).forget(gateway.address.netloc)
    cli("read", gateway.url, "about", "--accept-certificate")
    cli("read", gateway.url, "about")


def test_the_demanded_certificate_is_remembered_when_it_is_shown(cli: Cli, gateway: Running, home: Path) -> None:
    pins(home).forget(gateway.address.netloc)
    fingerprint = simulator(gateway).certificate.fingerprint
    grouped = fingerprint.removeprefix("sha256:").upper()
    grouped = ":".join(grouped[i : i + 2] for i in range(0, len(grouped), 2))
    cli("read", gateway.url, "about", "--fingerprint", f"sha256:{grouped}")
    pin = pins(home).get(gateway.address.netloc)
    assert pin is not None
    assert pin.fingerprint == fingerprint


def test_a_demanded_certificate_counts_more_than_an_accepted_one(cli: Cli, gateway: Running, home: Path) -> None:
    error = cli.error("read", gateway.url, "--fingerprint", f"sha256:{'0' * 64}", code=7)
    assert "--fingerprint demands sha256:000" in error["message"]
    assert "POST /login" not in simulator(gateway).requests
    cli("read", gateway.url, "about")


@pytest.mark.parametrize("fingerprint", ["sha256:1234", "md5:00", "x" * 64])
def test_what_is_no_fingerprint_is_a_matter_of_usage(cli: Cli, gateway: Running, fingerprint: str) -> None:
    cli.error("read", gateway.url, "--fingerprint", fingerprint, code=2)


def test_without_encryption_there_is_no_fingerprint_to_demand(cli: Cli, reader: Running) -> None:
    assert "not encrypted" in cli.error("read", reader.url, "--fingerprint", "0" * 64, code=2)["message"]


def test_a_changed_certificate_is_refused_until_it_is_accepted_aloud(
    cli: Cli, host: SimulatorHost, gateway: Running
) -> None:
    replaced = host.replace(gateway, roomy(G13Simulator(demo_gateway(admin_password=PASSWORD))))
    error = cli.error("read", replaced.url, "about", code=7)
    assert error["title"] == "The certificate has changed"
    cli("read", replaced.url, "about", "--accept-certificate")
    assert "Warning" in cli.err
    assert "another certificate" in cli.err


def test_a_certificate_is_shown_and_accepted_at_the_prompt(
    cli: Cli, gateway: Running, home: Path, typed: Callable[..., list[str]]
) -> None:
    pins(home).forget(gateway.address.netloc)
    typed("no")
    cli.error("read", gateway.url, "about", code=7)
    assert pins(home).get(gateway.address.netloc) is None
    typed("y")
    cli("read", gateway.url, "about")
    assert "Fingerprint (SHA-256):" in cli.err
    assert pins(home).get(gateway.address.netloc) is not None


def test_a_login_that_is_missing_or_wrong_is_no_unreachable_device(
    cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "wrong")
    error = cli.error("read", gateway.url, code=4)
    assert "WATTWRIGHT_PASSWORD" in error["hint"]
    assert "wrong" not in error["message"]
    monkeypatch.delenv("WATTWRIGHT_PASSWORD")
    assert "Set WATTWRIGHT_PASSWORD" in cli.error("read", gateway.url, code=4)["hint"]
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", PASSWORD)
    assert "'root'" in cli.error("read", gateway.url, "--user", "root", code=4)["message"]


def test_the_default_password_is_changed_first(cli: Cli, fresh: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "admin")
    error = cli.error("read", fresh.url, "--accept-certificate", code=4)
    assert error["title"] == "The password must be changed first"
    assert "wattwright password" in error["hint"]
    assert "WATTWRIGHT_NEW_PASSWORD" in cli.error("password", fresh.url, code=2)["hint"]
    monkeypatch.setenv("WATTWRIGHT_NEW_PASSWORD", "x" * 33)
    assert "at most 32" in cli.error("password", fresh.url, code=2)["message"]
    monkeypatch.setenv("WATTWRIGHT_NEW_PASSWORD", PASSWORD)
    changed = cli("password", fresh.url)
    assert (changed["user"], changed["outcome"]) == ("admin", "changed")
    cli.error("read", fresh.url, code=4)
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", PASSWORD)
    assert cli("read", fresh.url, "about")["device"] == "ABB01GW000000001"


def test_a_password_can_be_changed_any_time(cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTWRIGHT_NEW_PASSWORD", "apple juice")
    assert "is changed" in cli.text("password", gateway.url)
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "apple juice")
    cli("read", gateway.url, "about")


def test_a_new_password_is_entered_twice(
    cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., list[str]]
) -> None:
    typed(passwords=("apple", "aplle"))
    assert "differ" in cli.error("password", gateway.url, code=2)["message"]
    typed(passwords=("apple", "apple"))
    cli("password", gateway.url)
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "apple")
    cli("read", gateway.url, "about")


def test_a_family_whose_password_cannot_be_changed_here_says_so(
    cli: Cli, reader: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTWRIGHT_NEW_PASSWORD", "apple")
    assert "whatwatt Go" in cli.error("password", reader.url, code=2)["message"]


class Keyring:
    """A keyring of this test alone."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, entry: str) -> str | None:
        return self.kept.get((service, entry))

    def set_password(self, service: str, entry: str, password: str) -> None:
        self.kept[service, entry] = password


def test_an_entered_password_is_kept_in_the_keyring_and_follows_a_change(
    cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., list[str]]
) -> None:
    keyring = Keyring()
    monkeypatch.setattr("keyring.get_keyring", lambda: keyring)
    monkeypatch.delenv("WATTWRIGHT_PASSWORD")
    asked = typed(passwords=("mistyped", PASSWORD))
    cli("read", gateway.url, "about")
    assert asked == [f"Password of 'admin' at {gateway.url}: "] * 2
    assert PASSWORD not in cli.err
    assert list(keyring.kept.values()) == [PASSWORD]
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setenv("WATTWRIGHT_NEW_PASSWORD", "apple juice")
    cli("password", gateway.url)
    assert list(keyring.kept.values()) == ["apple juice"]
    cli("read", gateway.url, "about")


def test_a_kept_password_follows_a_new_one_of_ones_own(
    cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., list[str]]
) -> None:
    keyring = Keyring()
    monkeypatch.setattr("keyring.get_keyring", lambda: keyring)
    monkeypatch.delenv("WATTWRIGHT_PASSWORD")
    typed(passwords=(PASSWORD, PASSWORD, "apple juice", "apple juice"))
    assert cli("do", gateway.url, "own_password", "--yes")["outcome"] == "verified"
    assert list(keyring.kept.values()) == ["apple juice"]


def test_a_kept_password_follows_a_device_that_is_sent_elsewhere(
    cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., list[str]], tmp_path: Path
) -> None:
    keyring = Keyring()
    monkeypatch.setattr("keyring.get_keyring", lambda: keyring)
    monkeypatch.delenv("WATTWRIGHT_PASSWORD")
    simulator(gateway).gateway.part(Configuration).moving_s = 0.2
    site = tmp_path / "house.wattwright"
    typed(passwords=(PASSWORD,))
    cli("read", gateway.url, "about")
    typed()
    there = Address("127.0.0.9", gateway.address.port, "https")
    wish = ("ip=127.0.0.9", "mask=255.0.0.0", "gateway=127.0.0.1")
    assert cli("send", gateway.url, "ip", *wish, "--yes", "--site", str(site))["outcome"] == "verified"
    assert keyring.kept[SERVICE, f"admin@{there.netloc}"] == PASSWORD
    with SiteFile.open(site) as kept:
        assert [device.address for device in kept.devices()] == [there]
    cli("read", there.url, "about")


def test_nothing_entered_gives_up(
    cli: Cli, gateway: Running, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., list[str]]
) -> None:
    monkeypatch.delenv("WATTWRIGHT_PASSWORD")
    typed(passwords=("",))
    cli.error("read", gateway.url, code=4)


# Reading.


def test_all_sections_of_a_gateway_are_read(cli: Cli, gateway: Running) -> None:
    document = cli("read", gateway.address.netloc)
    assert list(document) == ["address", "vendor", "device", "meter", "sections"]
    assert (document["vendor"], document["device"], document["meter"]) == ("g13", "ABB01GW000000001", None)
    assert set(document["sections"]) >= {"g13.about", "g13.name", "g13.clock", "g13.meters"}
    assert document["sections"]["g13.meters"]["value"]["meters"][0]["alias"] == "Main incomer"
    assert all(list(section) == ["value"] for section in document["sections"].values())


def test_named_sections_of_a_meter_are_read(cli: Cli, gateway: Running) -> None:
    document = cli("read", gateway.url, "--meter", METER, "ratios", "g13.name")
    assert document["meter"] == METER
    assert list(document["sections"]) == ["g13.ratios", "g13.name"]
    assert document["sections"]["g13.ratios"]["value"]["ct_numerator"] == 1


def test_people_get_words(cli: Cli, gateway: Running) -> None:
    shown = cli.text("read", gateway.url, "--meter", METER)
    assert "CT numerator    1" in shown
    assert "Active power, total" in shown
    assert "Current × 1" in shown
    assert "\x1b" not in shown


def test_what_is_not_there_is_named_with_what_is(cli: Cli, gateway: Running) -> None:
    assert "g13.clock" in cli.error("read", gateway.url, "wifi", code=2)["hint"]
    assert METER in cli.error("read", gateway.url, "--meter", "4711", code=2)["hint"]
    assert "--meter" in cli.error("read", gateway.url, "ratios", code=2)["hint"]


def test_an_offline_meter_is_an_error_of_its_sections_only(cli: Cli, host: SimulatorHost, gateway: Running) -> None:
    meter = simulator(gateway).gateway.wired(METER)
    host.call(lambda: setattr(meter, "powered", False))
    sections = cli("read", gateway.url, "--meter", METER, "name", "ratios", code=5)["sections"]
    assert sections["g13.name"]["value"]["alias"] == "Gateway"
    assert sections["g13.ratios"]["error"]["title"] == "The device reports a failure"
    assert "powered" in cli.text("read", gateway.url, "--meter", METER, "ratios", code=5)


def test_what_a_meter_cannot_do_is_unsupported_and_no_error(cli: Cli, host: SimulatorHost, gateway: Running) -> None:
    meter = simulator(gateway).gateway.wired(METER)
    host.call(lambda: setattr(meter, "capabilities", meter.capabilities - {"read DEMAND"}))
    entry = cli("read", gateway.url, "--meter", METER, "demand")["sections"]["g13.demand"]
    assert list(entry) == ["unsupported"]
    listed = {s["key"]: s for s in cli("sections", gateway.url, "--meter", METER)["sections"]}
    assert listed["g13.demand"]["supported"] is False
    assert "not supported here" in cli.text("sections", gateway.url, "--meter", METER)


def test_sections_tell_fields_limits_and_requests(cli: Cli, gateway: Running) -> None:
    listed = {s["key"]: s for s in cli("sections", gateway.url, "--meter", METER)["sections"]}
    ratios = listed["g13.ratios"]
    assert (ratios["title"], ratios["supported"], ratios["writable"]) == ("Transformer ratios", True, True)
    assert ratios["resources"] == ["GET /meters/<serial>/info", "POST /meters/<serial>/transformersettings"]
    field = ratios["fields"][0]
    assert (field["name"], field["type"], field["minimum"]) == ("ct_numerator", "integer", 1)
    assert field["limits"].startswith("1 to ")
    channels = next(f for f in listed["g13.demand"]["fields"] if f["name"] == "channels")
    assert (channels["type"], channels["max_rows"]) == ("table", 50)
    assert {"value": "Max", "label": "Max"} in channels["columns"][1]["choices"]
    assert listed["g13.info"]["writable"] is False


def test_a_device_that_is_lost_on_the_way_is_not_asked_for_the_rest(
    cli: Cli, host: SimulatorHost, reader: Running
) -> None:
    reader.faults.add(Fault.CUT_BODY, path="/api/v1/report", times=100)
    sections = cli("read", reader.url, code=3)["sections"]
    assert sections["whatwatt.device"]["value"]["name"] == "Main building"
    assert sections["whatwatt.report"]["error"]["code"] == 3


# Sending.


def test_ratios_are_sent_and_verified(cli: Cli, gateway: Running) -> None:
    receipt = cli("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100", "ct_denominator=5", "--yes")
    assert (receipt["section"], receipt["outcome"]) == ("g13.ratios", "verified")
    assert receipt["changes"][0] == {"field": "ct_numerator", "before": 1, "after": 100, "now": 100}
    assert [step["state"] for step in receipt["steps"]] == ["done"]
    assert receipt["erases"] == []
    assert sent(gateway) == [f"POST {RATIOS}"]
    again = cli("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100", "--yes")
    assert (again["outcome"], again["changes"], again["steps"]) == ("unchanged", [], [])
    assert sent(gateway) == [f"POST {RATIOS}"]


def test_a_dry_run_shows_the_steps_and_sends_nothing(cli: Cli, gateway: Running, home: Path) -> None:
    shown = cli("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100", "--dry-run")
    assert (shown["outcome"], shown["changes"][0]["after"]) == ("preview", 100)
    assert shown["steps"][0]["path"] == RATIOS
    assert shown["steps"][0]["body"]["ctnum"] == "100"
    assert cli("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=1", "--dry-run")["outcome"] == "unchanged"
    assert "1  →  100" in cli.text("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100", "--dry-run")
    assert sent(gateway) == []
    assert not list(home.glob("*.wattwright"))


def test_nothing_is_sent_that_nobody_confirmed(cli: Cli, gateway: Running, typed: Callable[..., list[str]]) -> None:
    wish = ("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100")
    assert "--yes" in cli.error(*wish, code=2)["hint"]
    assert "1  →  100" in cli.err
    typed("n")
    cli.error(*wish, code=2)
    assert sent(gateway) == []
    typed("yes")
    assert cli(*wish)["outcome"] == "verified"


def test_a_value_out_of_range_names_field_and_limit(cli: Cli, gateway: Running) -> None:
    wish = ("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=0", "--yes")
    error = cli.error(*wish, code=2)
    assert error["field"] == "ct_numerator"
    assert "CT numerator" in error["message"]
    assert "1 to " in error["message"]
    cli.text(*wish, code=2)
    assert "Field: ct_numerator" in cli.err
    assert sent(gateway) == []


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (("ct_numerator",), "name=value"),
        ((), "ct_numerator"),
        (("ct_numerator=1", "ct_numerator=2"), "twice"),
        (("turns=3",), "no field 'turns'"),
        (("ct_numerator=many",), "ct_numerator"),
    ],
)
def test_a_wish_that_makes_no_sense_is_explained(cli: Cli, gateway: Running, wish: tuple[str, ...], says: str) -> None:
    error = cli.error("send", gateway.url, "--meter", METER, "ratios", *wish, "--yes", code=2)
    assert says in f"{error['message']} {error['hint']}"


def test_what_can_only_be_read_is_not_sent(cli: Cli, gateway: Running) -> None:
    assert "only be read" in cli.error("send", gateway.url, "about", "model=X", "--yes", code=2)["message"]
    assert "only be read" in cli.error("send", gateway.url, "clock", "status=set", "--yes", code=2)["message"]


def test_an_account_that_may_only_look_is_told_so(
    cli: Cli, host: SimulatorHost, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.call(lambda: simulator(gateway).gateway.users.add("guest", "guest", {METER: Role.VIEW}))
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", "guest")
    login = ("--user", "guest", "--meter", METER)
    assert cli("read", gateway.url, *login, "ratios")["sections"]["g13.ratios"]["value"]
    error = cli.error("send", gateway.url, *login, "ratios", "ct_numerator=5", "--yes", code=4)
    assert "only look" in error["message"]


def test_the_clock_is_set_from_this_computer(cli: Cli, gateway: Running) -> None:
    receipt = cli("send", gateway.url, "clock", "time=now", "--yes")
    assert receipt["outcome"] == "verified"
    ahead = datetime.fromisoformat(receipt["changes"][0]["now"]) - datetime.now()
    assert abs(ahead.total_seconds()) < 30
    receipt = cli("send", gateway.url, "clock", "time=2031-02-03T04:05:06", "--yes")
    assert receipt["changes"][0]["now"].startswith("2031-02-03T04:05")


def test_fifty_demand_channels_come_from_a_file(cli: Cli, gateway: Running, tmp_path: Path) -> None:
    kinds = ["Min", "Max", "Min sliding", "Max sliding"]
    channels = [
        {"quantity": 51 + index % 4, "type": kinds[index // 12 % 4], "level": 1 + index // 4 % 3} for index in range(48)
    ] + [{"quantity": 59, "type": kind, "level": 1} for kind in kinds[:2]]
    file = tmp_path / "demand.json"
    file.write_text(json.dumps({"period": "weekly", "weekday": 3, "channels": channels}))
    receipt = cli("send", gateway.url, "--meter", METER, "demand", "--from", str(file), "--yes")
    assert receipt["outcome"] == "verified"
    assert receipt["erases"] == ["all demand values that the meter has stored so far"]
    there = cli("read", gateway.url, "--meter", METER, "demand")["sections"]["g13.demand"]["value"]
    assert (there["channels"], there["weekday"]) == (channels, 3)
    assert "Erased" not in cli.text("send", gateway.url, "--meter", METER, "demand", "--from", str(file), "--yes")


def test_what_read_printed_can_be_sent_to_another_meter(
    cli: Cli, gateway: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("send", gateway.url, "--meter", METER, "naming", "alias=Lift", "--yes")
    file = tmp_path / "read.json"
    file.write_text(cli.text("read", gateway.url, "--meter", METER, "--json"))
    other = ("send", gateway.url, "--meter", "ABB01EM000014502", "naming", "--yes")
    assert cli(*other, "--from", str(file))["changes"][0]["after"] == "Lift"
    assert cli(*other, "--from", str(file), "alias=Fan")["changes"][0]["after"] == "Fan", "the pair wins"
    monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text()))
    assert cli(*other, "--from", "-")["changes"][0]["after"] == "Lift"


def test_the_registrations_of_a_read_go_back_without_what_can_only_be_read(
    cli: Cli, gateway: Running, tmp_path: Path
) -> None:
    file = tmp_path / "read.json"
    document = cli("read", gateway.url)
    document["sections"]["g13.meters"]["value"]["meters"][1]["alias"] = "Fan"
    file.write_text(json.dumps(document))
    receipt = cli("send", gateway.url, "meters", "--from", str(file), "--yes")
    assert receipt["outcome"] == "verified"
    assert [step["title"] for step in receipt["steps"]] == ["Rename meter ABB01EM000014502"]
    assert cli("send", gateway.url, "name", "--from", str(file), "--yes")["outcome"] == "unchanged"


@pytest.mark.parametrize("content", ["", "[1]", '{"ct_numerator": 1', '{"sections": {"g13.info": {"error": {}}}}'])
def test_a_file_that_holds_no_values_is_named(cli: Cli, gateway: Running, tmp_path: Path, content: str) -> None:
    file = tmp_path / "ratios.json"
    file.write_text(content)
    wish = ("send", gateway.url, "--meter", METER, "ratios", "--yes", "--from")
    error = cli.error(*wish, str(file), code=2)
    assert "ratios" in error["message"]
    assert "cannot be read" in cli.error(*wish, str(tmp_path / "none.json"), code=2)["message"]


def test_a_lost_answer_is_an_unknown_outcome(cli: Cli, gateway: Running) -> None:
    wish = ("send", gateway.url, "--meter", METER, "ratios", "--yes")
    gateway.faults.add(Fault.DROP_BEFORE, method="POST", path=RATIOS)
    receipt = cli(*wish, "ct_numerator=100", code=6)
    assert (receipt["outcome"], receipt["steps"][0]["state"]) == ("unknown", "unknown")
    assert receipt["changes"][0]["now"] == 1
    gateway.faults.add(Fault.DROP_AFTER, method="POST", path=RATIOS)
    assert cli(*wish, "ct_numerator=100")["outcome"] == "verified"


def test_a_sending_stands_in_the_journal_of_the_site(cli: Cli, gateway: Running, tmp_path: Path) -> None:
    file = tmp_path / "school.wattwright"
    cli("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100", "--yes", "--site", str(file))
    with SiteFile.open(file) as site:
        (operation,) = site.journal.operations()
        assert (operation.target, operation.section, operation.outcome) == (METER, "g13.ratios", "verified")
        assert site.drafts.all() == ()
        assert [device.address for device in site.devices()] == [gateway.address]


def test_without_a_site_the_unsaved_one_keeps_the_journal_and_looking_keeps_nothing(
    cli: Cli, gateway: Running, home: Path
) -> None:
    cli("read", gateway.url)
    assert not list(home.glob("*.wattwright"))
    cli("send", gateway.url, "--meter", METER, "ratios", "ct_numerator=100", "--yes")
    with SiteFile.open() as site:
        assert len(site.journal.operations()) == 1
        assert site.devices() == ()


def test_a_draft_that_was_not_settled_is_kept_and_one_of_the_window_is_left_alone(
    cli: Cli, gateway: Running, tmp_path: Path
) -> None:
    file = tmp_path / "school.wattwright"
    wish = ("send", gateway.url, "--meter", METER, "--yes", "--site", str(file))
    device = "g13:ABB01GW000000001"
    with SiteFile.open(file) as site:
        site.drafts.save(device, METER, "g13.naming", {"alias": "Main incomer"}, {"alias": "From the window"})
    cli(*wish, "naming", "location=Cellar")
    gateway.faults.add(Fault.DROP_BEFORE, method="POST", path=RATIOS)
    cli(*wish, "ratios", "ct_numerator=100", code=6)
    with SiteFile.open(file) as site:
        kept = {draft.section: draft.value for draft in site.drafts.all()}
    assert kept["g13.naming"] == {"alias": "From the window"}
    assert kept["g13.ratios"]["ct_numerator"] == 100


def test_a_site_that_is_open_elsewhere_is_not_touched(cli: Cli, gateway: Running, tmp_path: Path) -> None:
    file = tmp_path / "school.wattwright"
    with SiteFile.open(file):
        error = cli.error("read", gateway.url, "--site", str(file), code=2)
    assert error["title"] == "The site is already open"


# Meters: scan, register, unregister.


def test_a_meter_is_found_registered_renamed_and_deleted(cli: Cli, gateway: Running) -> None:
    naming = ("--alias", "Lift", "--location", "Floor 2")
    refused = cli("register", gateway.url, FOUND, *naming, code=5)
    assert (refused["outcome"], refused["steps"][0]["state"]) == ("refused", "refused")
    found = cli("scan", gateway.url, "--eqbus", "17-24", "--mbus-ir", "primary", "--baud", "2400")
    assert found["complete"] is True
    assert {"serial": FOUND, "bus": "EQ bus", "address": "21"} in found["meters"]
    assert {"EQ bus", "M-Bus IR"} == {meter["bus"] for meter in found["meters"]}
    assert "Scan complete" in cli.err
    assert cli("register", gateway.url, FOUND, *naming, "--dry-run")["outcome"] == "preview"
    assert cli("register", gateway.url, FOUND, *naming)["outcome"] == "verified"
    assert cli("register", gateway.url, FOUND, *naming)["outcome"] == "unchanged"
    renamed = cli("register", gateway.url, FOUND, "--alias", "Lift 1", "--location", "Floor 2")
    assert renamed["steps"][0]["title"] == f"Rename meter {FOUND}"
    assert cli("read", gateway.url, "--meter", FOUND, "naming")["sections"]["g13.naming"]["value"]["alias"] == "Lift 1"
    gone = cli("unregister", gateway.url, FOUND)
    assert gone["outcome"] == "verified"
    assert gone["erases"] == [f"the registration of meter {FOUND} (Lift 1)"]
    assert "not registered" in cli.error("unregister", gateway.url, FOUND, code=2)["message"]


def test_deleting_names_what_is_lost_and_asks_who_is_there(
    cli: Cli, gateway: Running, typed: Callable[..., list[str]]
) -> None:
    typed("no")
    cli.error("unregister", gateway.url, METER, code=2)
    assert f"This erases the registration of meter {METER} (Main incomer)" in cli.err
    assert sent(gateway) == []
    assert "Erased: the registration" in cli.text("unregister", gateway.url, METER, "--yes")


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ((), "--eqbus"),
        (("--eqbus", "1-99"), "17 to 49"),
        (("--eqbus", "17-49", "--baud", "2400"), "baud"),
        (("--mbus", "1-16", "--baud", "7"), "7 baud"),
    ],
)
def test_a_scan_that_is_not_possible_is_refused_before_the_login(
    cli: Cli, gateway: Running, wish: tuple[str, ...], says: str
) -> None:
    error = cli.error("scan", gateway.url, *wish, code=2)
    assert says in f"{error['message']} {error['hint']}"
    assert "POST /login" not in simulator(gateway).requests


def test_a_device_without_buses_has_nothing_to_scan_or_register(cli: Cli, reader: Running) -> None:
    assert "no buses" in cli.error("scan", reader.url, "--eqbus", "17-49", code=2)["message"]
    assert "registers no meters" in cli.error("unregister", reader.url, "1", code=2)["message"]


# Live values and discovery.


def test_live_values_come_a_line_each(cli: Cli, reader: Running) -> None:
    lines = [json.loads(line) for line in cli.text("live", reader.url, "--count", "3", "--json").splitlines()]
    assert len(lines) == 3
    assert next(iter(lines[0])) == "time"
    assert (lines[0]["device"], lines[0]["meter"]) == ("A842E39F8124", None)
    assert lines[0]["values"]["voltage.l1"] > 200
    assert datetime.fromisoformat(lines[0]["time"]).tzinfo is not None
    shown = cli.text("live", reader.url, "--count", "1")
    assert "voltage.l1 2" in shown
    assert "nan" not in shown


def test_live_ends_when_its_time_is_over(cli: Cli, host: SimulatorHost, reader: Running) -> None:
    assert cli.text("live", reader.url, "--seconds", "0.5", "--json")
    slow = host.add(WhatwattSimulator(index=1, interval_s=3600.0))
    assert "no reading" in cli.error("live", slow.url, "--seconds", "0.1", code=3)["message"]


def test_what_a_meter_does_not_send_is_null(cli: Cli, host: SimulatorHost) -> None:
    modest = host.add(WhatwattSimulator(style=Style.MBUS, speed=20.0))
    values = json.loads(cli.text("live", modest.url, "--count", "1", "--json"))["values"]
    assert values["voltage.l1"] is None
    assert values["power.total"] is not None


def test_live_tells_at_its_end_how_many_events_could_not_be_read(
    cli: Cli, host: SimulatorHost, reader: Running
) -> None:
    host.call(lambda: reader.simulator.spoiled.extend([Spoiled.HUGE, Spoiled.BAD_JSON]))  # type: ignore[attr-defined]
    assert len(cli.text("live", reader.url, "--count", "2", "--json").splitlines()) == 2
    assert "2 events of the device could not be read" in cli.err


def test_live_values_of_a_meter_behind_a_gateway(cli: Cli, gateway: Running) -> None:
    reading = json.loads(cli.text("live", gateway.url, "--meter", METER, "--count", "1", "--json"))
    assert (reading["device"], reading["meter"]) == ("ABB01GW000000001", METER)
    assert any(value is not None for value in reading["values"].values())


def test_whose_live_values_there_are_is_said(cli: Cli, gateway: Running, reader: Running) -> None:
    assert "--meter SERIAL" in cli.error("live", gateway.url, code=2)["hint"]
    assert "not of meters" in cli.error("live", reader.url, "--meter", "4711", code=2)["message"]


def test_live_values_of_devices_of_two_families_come_in_one_stream(cli: Cli, gateway: Running, reader: Running) -> None:
    told = cli.text("live", gateway.url, "--also", reader.url, "--count", "2", "--json")
    lines = [json.loads(line) for line in told.splitlines()]
    per_device = Counter((line["vendor"], line["meter"]) for line in lines)
    assert per_device == {("g13", METER): 2, ("g13", "ABB01EM000014502"): 2, ("whatwatt", None): 2}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    shown = cli.text("live", gateway.url, "--also", reader.url, "--meter", METER, "--count", "1")
    assert f"{gateway.address.netloc} {METER}  power.total" in shown
    assert "ABB01EM000014502" not in shown
    assert f"{reader.address.netloc}  power.total" in shown


def test_of_several_devices_the_silent_and_the_unknown_are_named(
    cli: Cli, host: SimulatorHost, gateway: Running, reader: Running
) -> None:
    slow = host.add(WhatwattSimulator(index=1, interval_s=3600.0))
    *_, last = cli.text("live", reader.url, "--also", slow.url, "--seconds", "1.5", "--json", code=3).splitlines()
    error = json.loads(last)["error"]
    assert slow.address.netloc in error["message"]
    assert reader.address.netloc not in error["message"]
    assert "4711" in cli.error("live", gateway.url, "--also", reader.url, "--meter", "4711", code=2)["message"]


def test_the_password_in_the_environment_goes_to_the_first_device_alone(
    cli: Cli, host: SimulatorHost, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = host.add(WhatwattSimulator(index=2, password="another one", digest=False))
    assert "terminal" in cli.error("live", gateway.url, "--also", locked.url, "--count", "1", code=4)["hint"]


def test_a_sweep_finds_each_device_once(cli: Cli, gateway: Running, reader: Running) -> None:
    ports = [str(running.address.port) for running in (gateway, reader)]
    rows = cli("discover", "--seconds", "0", "--sweep", "127.0.0.1/32", "--port", ports[0], "--port", ports[1])
    assert {(row["address"], row["vendor"]) for row in rows} == {(gateway.url, "g13"), (reader.url, "whatwatt")}
    assert rows[0]["how"] == ["sweep"]
    assert "No device" in cli.text("discover", "--seconds", "0")


def test_announced_and_swept_is_one_row(cli: Cli) -> None:
    with SimulatorHost([WhatwattSimulator(index=77)], announce=True) as announcing:
        device = announcing[0]
        search = ("--interface", "127.0.0.1", "--sweep", "127.0.0.1", "--port", str(device.address.port))
        rows = cli("discover", "--seconds", "2", *search)
    (row,) = [row for row in rows if row["address"] == device.url]
    assert (row["vendor"], row["how"]) == ("whatwatt", ["mDNS", "sweep"])
    assert row["id"] == cast(WhatwattSimulator, device.simulator).id


@pytest.mark.parametrize(
    ("search", "says"),
    [
        (("--sweep", "8.8.8.0/24"), "private"),
        (("--sweep", "10.0.0.0/8"), "4096"),
        (("--interface", "eth0"), "eth0"),
        (("--sweep", "127.0.0.1", "--port", "0"), "ports"),
    ],
)
def test_a_search_that_is_not_possible_is_refused_at_once(cli: Cli, search: tuple[str, ...], says: str) -> None:
    assert says in cli.error("discover", *search, code=2)["message"]


def test_simulators_that_do_not_exist_are_refused(cli: Cli) -> None:
    assert "acme" in cli.error("simulate", "acme", code=2)["message"]


def test_a_protected_device_without_a_user_name_wants_only_the_password(
    cli: Cli, host: SimulatorHost, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., list[str]]
) -> None:
    device = host.add(WhatwattSimulator(password="lemon"))
    cli.error("read", device.url, "device", code=4)
    asked = typed(passwords=("lemon",))
    cli("read", device.url, "device")
    assert asked == [f"Password of {device.url}: "]
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", Credentials("", "lemon").password)
    cli("read", device.url, "device")
