"""The command line speaks with a whatwatt through the same declarations as the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def test_every_live_source_is_heard_from_the_command_line(cli: Cli) -> None:
    with device(speed=20.0) as on:
        for feed in WHATWATT.feeds:
            assert "power.total" in cli.text("live", on.running.url, "--feed", feed.key, "--count", "1")


def test_why_no_reading_came_is_said(cli: Cli) -> None:
    with device() as on:
        on.host.fault(on.running, "streams")
        told = cli.error("live", on.running.url, "--seconds", "0.5", code=3)
    assert "sent no reading within 0.5 s. The device answers 503 to GET /api/v1/live: Busy." in told["message"]
    assert told["hint"] == "Is another program reading it? The device serves one at a time."


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


def test_a_message_of_several_lines_is_sent_and_shown_line_by_line(cli: Cli) -> None:
    with device() as on:
        url = on.running.url
        on.simulator.mqtt.values["publish"]["template"] = "{\r\n1\r\n}"
        planned = cli.text("send", url, "mqtt", "template={\r\n2\r\n}", "--dry-run")
        assert "    -   2  1\n    +   2  2\n" in planned
        sent = cli("send", url, "mqtt", "template={\r\n2\r\n}", "--yes")
        assert sent["outcome"] == "verified"
        assert sent["changes"][0]["now"] == "{\r\n2\r\n}"
        assert on.simulator.mqtt.values["publish"]["template"] == "{\r\n2\r\n}"
        assert "  Message:\n    {\n    2\n    }\n" in cli.text("read", url, "mqtt")
        template = next(f for f in section(cli, url, "whatwatt.mqtt")["fields"] if f["name"] == "template")
        assert template["lines"] > 1


def section(cli: Cli, url: str, key: str) -> Any:
    return next(found for found in cli("sections", url)["sections"] if found["key"] == key)


def test_what_cuts_the_device_off_is_said_before_it_is_done(cli: Cli) -> None:
    with device() as on:
        planned = cli.text("do", on.running.url, "restart", "--dry-run")
        assert "With DHCP it may come back at another address" in planned
        cli.text("do", on.running.url, "factory_reset", code=2)
        assert "forgotten its Wi-Fi network" in cli.err
        assert on.writes() == []
