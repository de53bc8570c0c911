"""The window told to end by a signal, as at the end of a desktop session: in order, with nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 40


@pytest.mark.skipif(os.name == "nt", reason="Windows ends programs by a message, not by a signal")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_demo_in_order(how: signal.Signals, home: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    variables = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TMPDIR": str(temporary), "WATTWRIGHT_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.main", "--demo"], cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            patience = time.monotonic() + LIMIT_S
            while not list(temporary.rglob("*.wattwright")) and time.monotonic() < patience:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(how)
            _, said = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert process.returncode == 128 + how, said
    assert "Traceback" not in said
    assert not list(temporary.rglob("*.wattwright*")), "the demo's site went with it"
    log = home / "wattwright.log"
    assert not log.exists() or "a bug of ours" not in log.read_text(encoding="utf-8")
