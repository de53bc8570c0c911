"""The command line as a program of its own: what a shell, a pipe and a terminal see of it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.simulators.faults import Fault
from app.site.sitefile import SiteFile
from tests.gateways import MAIN, PASSWORD, gateway

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "app")
LIMIT_S = 60


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATTWRIGHT_")}
    return {**kept, "WATTWRIGHT_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **more}


def run(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=ROOT,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@pytest.fixture
def devices(home: Path) -> Iterator[tuple[str, str]]:
    """The addresses of a gateway fresh from the factory and of a reader, simulated by the program itself."""
    with subprocess.Popen(
        [*PROGRAM, "simulate", "g13", "whatwatt", "--json", "--until-stdin-closes"],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as simulators:
        assert simulators.stdin is not None
        assert simulators.stdout is not None
        try:
            gateway, reader = json.loads(simulators.stdout.readline())["simulators"]
            assert (gateway["vendor"], reader["vendor"]) == ("g13", "whatwatt")
            yield gateway["url"], reader["url"]
            simulators.stdin.close()
            assert simulators.wait(LIMIT_S) == 0
        finally:
            simulators.kill()


def test_a_meter_is_commissioned_from_the_shell(devices: tuple[str, str], home: Path) -> None:
    gateway, _ = devices
    refused = run(home, "read", gateway, "--json", WATTWRIGHT_PASSWORD="admin")
    assert refused.returncode == 7
    assert json.loads(refused.stdout)["error"]["code"] == 7
    first = run(home, "read", gateway, "--accept-certificate", WATTWRIGHT_PASSWORD="admin")
    assert (first.returncode, first.stdout) == (4, "")
    assert "The password must be changed first" in first.stderr
    changed = run(home, "password", gateway, WATTWRIGHT_PASSWORD="admin", WATTWRIGHT_NEW_PASSWORD="orange juice")
    assert changed.returncode == 0
    assert "orange juice" not in changed.stdout + changed.stderr
    login = {"WATTWRIGHT_PASSWORD": "orange juice"}
    scanned = run(home, "scan", gateway, "--eqbus", "21,24", "--json", **login)
    serials = [meter["serial"] for meter in json.loads(scanned.stdout)["meters"]]
    assert serials == ["ABB01EM000014503", "ABB01EM000014504"]
    assert "Scan complete: 2 meters found" in scanned.stderr
    added = run(home, "register", gateway, serials[0], "--alias", "Lift", "--location", "Floor 2", "--json", **login)
    assert (added.returncode, json.loads(added.stdout)["outcome"]) == (0, "verified")
    ratios = ("send", gateway, "--meter", serials[0], "ratios", "ct_numerator=100", "ct_denominator=5")
    assert run(home, *ratios, **login).returncode == 2
    sent = run(home, *ratios, "--yes", "--json", **login)
    assert (sent.returncode, json.loads(sent.stdout)["outcome"]) == (0, "verified")
    assert sent.stderr == ""


def test_a_pipe_that_has_enough_ends_the_live_values_quietly(devices: tuple[str, str], home: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "live", devices[1], "--json"],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as live:
        assert live.stdout is not None
        assert live.stderr is not None
        assert json.loads(live.stdout.readline())["values"]
        live.stdout.close()
        assert live.wait(LIMIT_S) == 0
        assert live.stderr.read() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_ends_the_live_values_quietly(devices: tuple[str, str], home: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "live", devices[1], "--json"],
        cwd=ROOT,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as live:
        assert live.stdout is not None
        assert live.stderr is not None
        live.stdout.readline()
        live.send_signal(signal.SIGINT)
        assert live.wait(LIMIT_S) == 130
        assert live.stderr.read() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_a_person_at_a_terminal_is_asked_for_everything(devices: tuple[str, str], home: Path) -> None:
    gateway, _ = devices
    terminal = Terminal(home, "password", gateway, "--json")
    for question, answer in (
        ("remember it? [y/N]", "y"),
        ("Password of 'admin' at", "admin"),
        ("New password", "orange juice"),
        ("Once more", "orange juice"),
    ):
        terminal.wait_for(question)
        terminal.type(answer)
    code, shown = terminal.finish()
    assert code == 0, shown
    assert "orange juice" not in shown
    assert json.loads(terminal.output)["outcome"] == "changed"
    assert run(home, "read", gateway, WATTWRIGHT_PASSWORD="orange juice").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_ctrl_c_at_a_question_ends_at_once(devices: tuple[str, str], home: Path) -> None:
    terminal = Terminal(home, "read", devices[0])
    terminal.wait_for("remember it? [y/N]")
    terminal.type("\x03", enter=False)
    code, shown = terminal.finish()
    assert code == 130
    assert "Traceback" not in shown


class Terminal:
    """The program at a terminal of its own; its standard output is a pipe."""

    def __init__(self, home: Path, *arguments: str) -> None:
        import pty

        self._home = home
        self._shown = ""
        self.output = ""
        read, write = os.pipe()
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.dup2(write, 1)
            os.chdir(ROOT)
            os.execve(sys.executable, [*PROGRAM, *arguments], environment(home))
        os.close(write)
        self._pipe = read

    def wait_for(self, text: str) -> None:
        while text not in self._shown:
            ready, _, _ = select.select([self._terminal], [], [], LIMIT_S)
            assert ready, f"no {text!r} after: {self._shown}"
            self._shown += os.read(self._terminal, 4096).decode()
        self._shown = self._shown.partition(text)[2]

    def type(self, text: str, *, enter: bool = True) -> None:
        os.write(self._terminal, f"{text}\n".encode() if enter else text.encode())

    def finish(self) -> tuple[int, str]:
        """Exit code, and what the terminal has shown since the last question."""
        with os.fdopen(self._pipe, "rb") as pipe:
            self.output = pipe.read().decode()
        while True:
            try:
                more = os.read(self._terminal, 4096)
            except OSError:
                break
            if not more:
                break
            self._shown += more.decode()
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1]), self._shown


def test_a_program_killed_in_the_middle_of_a_send_leaves_the_story_in_the_journal(home: Path, tmp_path: Path) -> None:
    site = tmp_path / "house.wattwright"
    with gateway() as device:
        device.faults.add(Fault.STALL, method="POST", path=f"/meters/{MAIN}")
        command = [*PROGRAM, "send", device.running.url, "--meter", MAIN, "ratios", "ct_numerator=80"]
        command += ["--vendor", "g13", "--accept-certificate", "--site", str(site), "--yes", "--json"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(home, WATTWRIGHT_PASSWORD=PASSWORD),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            patience = time.monotonic() + 30
            while device.faults.pending and process.poll() is None and time.monotonic() < patience:
                time.sleep(0.02)
            assert process.poll() is None, "still waiting for the answer to its write"
        finally:
            process.kill()
            process.wait(timeout=10)
    kept = SiteFile.open(site)
    try:
        (operation,) = kept.journal.unfinished()
        assert operation.section == "g13.ratios"
        assert [(change.field, change.after) for change in operation.changes] == [("ct_numerator", 80)]
        assert operation.steps[0].unknown, "sent, and nobody knows whether it arrived"
    finally:
        kept.close()
