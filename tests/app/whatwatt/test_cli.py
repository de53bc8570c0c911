"""The command line speaks with a whatwatt through the same declarations as the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.command_lines import Cli
from tests.app.whatwatt.devices import device


def test_every_section_archive_and_action_is_reached_from_the_command_line(cli: Cli, tmp_path: Path) -> None:
    with device(name="Main") as on:
        url = on.running.url
        for section in WHATWATT.sections:
            cli("read", url, section.key)
        sent = cli("send", url, "services", "report_interval_s=60", "--yes")
        assert sent["outcome"] == "verified"
        assert "60" in cli.text("read", url, "services")
        assert {found["key"] for found in cli("records", url)["archives"]} == {one.key for one in WHATWATT.archives}
        assert {found["key"] for found in cli("do", url)["actions"]} == {one.key for one in WHATWATT.actions}
        assert cli("records", url, "wifi_scan")
        folder = tmp_path / "chosen"
        folder.mkdir()
        done = cli("do", url, "download", "file=NIHAO.TXT", f"folder={folder}", "--yes")
        assert done["outcome"] == "verified"
    assert (folder / "NIHAO.TXT").read_bytes() == b"Hello, world\n"


def test_a_static_address_without_a_mask_is_refused_with_the_field_named(cli: Cli) -> None:
    with device() as on:
        refused = cli.error("send", on.running.url, "wifi_network", "static_ip=on", "ip=10.0.0.9", "--yes", code=2)
        assert "Subnet mask" in refused["message"]
        assert on.writes() == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b"])
def test_a_file_name_that_leads_elsewhere_is_refused(cli: Cli, tmp_path: Path, name: str) -> None:
    with device() as on:
        cli.error("do", on.running.url, "download", f"file={name}", f"folder={tmp_path}", code=2)
        assert not any("sdcard" in request for request in on.simulator.requests)
