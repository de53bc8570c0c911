"""The simulated G13 is as strict, as limited and as forgetful as its manual says."""

from __future__ import annotations

import json
import math
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest

from app.simulators.host import Running, SimulatorHost
from app.vendors.g13.simulator import G13Simulator, Gateway, Role, SelfSigned, SimulatedMeter, demo_gateway
from app.vendors.g13.tables import STORABLE, capabilities_from_bits

ADMIN = ("admin", "Secret1")
INCOMER = "ABB01EM000014501"
DIRECT = "ABB01EM000014502"
STEEL = "ABB01EM000014505"
MBUS = "ABB01EM000014506"
OK = {"status": "success"}
DENIED = {"status": "error", "des": "received READ_WRITE_DENIED response from COSEM."}
SILENT = {"status": "error", "des": "received invalid response from COSEM."}


class ManualTime:
    """The simulation's clock, moved by the test."""

    def __init__(self) -> None:
        self.now_s = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Site:
    """A running gateway and a client that is logged in to it."""

    host: SimulatorHost
    running: Running
    simulator: G13Simulator
    time: ManualTime
    client: httpx.Client

    @property
    def gateway(self) -> Gateway:
        return self.simulator.gateway

    def meter(self, serial: str) -> SimulatedMeter:
        return self.gateway.wired(serial)

    def get(self, path: str) -> Any:
        reply = self.client.get(path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def send(self, method: str, path: str, body: object) -> tuple[int, Any]:
        text = body if isinstance(body, (bytes, str)) else json.dumps(body, separators=(",", ":"))
        reply = self.client.request(method, path, content=text)
        return reply.status_code, reply.json()

    def as_user(self, name: str, password: str) -> httpx.Client:
        return opened(self.running, self.simulator, (name, password))


def opened(running: Running, simulator: G13Simulator, login: tuple[str, str] | None) -> httpx.Client:
    trust = ssl.create_default_context(cadata=simulator.certificate.certificate.decode())
    return httpx.Client(
        base_url=running.url,
        verify=trust,
        auth=login,
        trust_env=False,
        headers={"Content-Type": "application/json"},
        limits=httpx.Limits(max_keepalive_connections=0),
    )


@pytest.fixture(scope="module")
def certificate() -> SelfSigned:
    return SelfSigned.issue("gateway under test")


@pytest.fixture
def site(certificate: SelfSigned) -> Iterator[Site]:
    time = ManualTime()
    simulator = G13Simulator(demo_gateway(now=time, admin_password=ADMIN[1], scan_s=1.0), certificate=certificate)
    with SimulatorHost([simulator]) as host, opened(host[0], simulator, ADMIN) as client:
        yield Site(host, host[0], simulator, time, client)


@pytest.fixture
def fresh(certificate: SelfSigned) -> Iterator[Site]:
    time = ManualTime()
    simulator = G13Simulator(demo_gateway(now=time), certificate=certificate)
    with SimulatorHost([simulator]) as host, opened(host[0], simulator, ("admin", "admin")) as client:
        yield Site(host, host[0], simulator, time, client)


# Login


def test_without_a_login_an_html_page_says_401(site: Site) -> None:
    with opened(site.running, site.simulator, None) as stranger:
        reply = stranger.get("/about")
    assert (reply.status_code, reply.headers["server"]) == (401, "embOS/IP")
    assert reply.headers["content-type"] == "text/html"
    assert "401 Unauthorized" in reply.text
    assert "link" not in reply.headers


def test_wrong_password_is_401(site: Site) -> None:
    with site.as_user("admin", "wrong") as client:
        assert client.get("/about").status_code == 401


def test_default_password_must_be_changed_before_anything_else(fresh: Site) -> None:
    refused = [fresh.client.get("/about"), fresh.client.post("/login"), fresh.client.put("/meters", content="{}")]
    assert {(r.status_code, r.text) for r in refused} == {(403, "Please reset password and try again.")}
    change = {"name": "admin", "oldkey": "admin", "key": "N3w"}
    changed = fresh.client.post("/login", json=change)
    assert (changed.status_code, changed.content) == (200, b"")
    assert fresh.client.get("/about").status_code == 401
    with fresh.as_user("admin", "N3w") as client:
        assert client.get("/about").json()["logicaldevicename"] == "ABB01GW000000001"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"name": "admin", "oldkey": "admin"}, 400, "missing key in JSON ."),
        ({"name": "admin", "oldkey": "nope", "key": "N3w"}, 400, "invalid oldkey in JSON ."),
        ({"name": "admin", "oldkey": "admin", "key": "admin"}, 400, "invalid key in JSON ."),
        ({"name": "admin", "oldkey": "admin", "key": "x" * 33}, 400, "invalid key in JSON ."),
        ({"name": "other", "oldkey": "admin", "key": "N3w"}, 403, "Forbidden. Access Denied"),
    ],
)
def test_bad_password_change_changes_nothing(fresh: Site, change: dict[str, str], status: int, words: str) -> None:
    assert fresh.send("POST", "/login", change) == (status, {"status": "error", "des": words})
    assert fresh.client.get("/about").status_code == 403


def test_login_and_logout_are_sessions(site: Site) -> None:
    assert site.client.post("/login").status_code == 200
    assert site.gateway.users.sessions == {"admin"}
    assert site.client.post("/logout").content == b""
    assert site.gateway.users.sessions == set()


# How requests are read, how answers look


def test_answers_are_chunked_and_name_their_last_error(site: Site) -> None:
    reply = site.client.get("/parametermapping")
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.headers["link"] == "/lasterror/0"
    assert reply.json()["map"]["110"] == "DEMAND"


def test_unknown_resource_and_method(site: Site) -> None:
    for method, path in (("GET", "/nothing"), ("GET", "/"), ("DELETE", "/about"), ("GET", "/meters/ABB_8/info")):
        reply = site.client.request(method, path)
        assert (reply.status_code, reply.json()) == (404, {"status": "error", "des": "URI not found."})


def test_trailing_slash_is_the_same_resource(site: Site) -> None:
    assert site.get("/about/") == site.get("/about")


def test_query_strings_are_refused(site: Site) -> None:
    assert site.client.get("/about?x=1").status_code == 400


def test_get_with_a_body_and_form_encoding_are_refused(site: Site) -> None:
    assert site.send("GET", "/about", {})[0] == 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert site.client.post("/gateway/datetime", content="datetime=1", headers=form).status_code == 400


def test_a_body_has_at_most_512_bytes(site: Site) -> None:
    body = json.dumps({"alias": "A", "location": "L", "serial": site.gateway.serial})
    assert site.send("POST", "/gateway", body.ljust(512)) == (200, OK)
    status, answer = site.send("POST", "/gateway", body.ljust(513))
    assert (status, answer["des"]) == (400, "payload exceeds 512 bytes.")


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null", b"\xff", b'{"datetime":NaN}', b"[" * 500])
def test_broken_json_is_refused(site: Site, body: bytes) -> None:
    assert site.send("POST", "/gateway/datetime", body) == (400, {"status": "error", "des": "JSON parse error."})


def test_reply_cut_in_the_middle_is_explained_by_lasterror(site: Site) -> None:
    site.host.call(lambda: site.simulator.break_reply("meter lost while streaming"))
    cut = site.client.get("/storablequantities")
    assert cut.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|delimiter|Unterminated"):
        cut.json()
    assert cut.headers["link"] == "/lasterror/1"
    assert site.get(cut.headers["link"]) == {"des": "meter lost while streaming"}
    assert site.get("/storablequantities")["dm"] == list(STORABLE["dm"])


# The gateway itself


def test_gateway_alias_and_location(site: Site) -> None:
    sent = {"alias": "Kiosk 7", "location": "Zürich", "serial": site.gateway.serial}
    assert site.send("POST", "/gateway", sent) == (200, OK)
    assert site.get("/gateway") == sent
    for wrong, words in (
        ({"alias": "x"}, "missing serial in JSON ."),
        (sent | {"alias": "x" * 22}, "invalid alias in JSON ."),
        (sent | {"serial": "other"}, "invalid serial in JSON ."),
        (sent | {"colour": "red"}, "unknown colour in JSON ."),
    ):
        assert site.send("POST", "/gateway", wrong) == (400, {"status": "error", "des": words})
    assert site.get("/gateway") == sent


def test_gateway_clock_runs_and_can_be_set(site: Site) -> None:
    before = datetime.fromisoformat(site.get("/gateway/datetime")["datetime"])
    site.time.now_s += 60
    after = datetime.fromisoformat(site.get("/gateway/datetime")["datetime"])
    assert (after - before).total_seconds() == 60
    assert site.send("POST", "/gateway/datetime", {"datetime": "2024-02-29T12:00:00"}) == (200, OK)
    site.time.now_s += 5
    assert site.get("/gateway/datetime") == {"datetime": "2024-02-29T12:00:05", "status": "set"}


@pytest.mark.parametrize(
    "text", ["2023-02-29T12:00:00", "2024-01-01 12:00:00", "2024-01-01T12:00:00Z", "1999-01-01T00:00:00", 7]
)
def test_moments_in_another_form_are_refused(site: Site, text: object) -> None:
    status, answer = site.send("POST", "/gateway/datetime", {"datetime": text})
    assert (status, answer["des"]) == (400, "invalid datetime in JSON .")
    assert site.send("POST", "/gateway/datetime", {})[1]["des"] == "missing datetime tag in JSON ."


# Access


def test_who_only_views_a_meter_reads_it_and_is_refused_inside_a_200(site: Site) -> None:
    site.host.call(lambda: site.gateway.users.add("guest", "pw", {INCOMER: Role.VIEW}))
    ratio = {"ctnum": 100, "ctdenum": 5, "vtnum": 1, "vtdenum": 1}
    with site.as_user("guest", "pw") as guest:
        assert guest.get(f"/meters/{INCOMER}/associationobjects").json()["role"] == "View Only"
        reply = guest.post(f"/meters/{INCOMER}/transformersettings", json=ratio)
        assert (reply.status_code, reply.json()) == (200, DENIED)
        assert guest.get(reply.headers["link"]).json()["des"] == DENIED["des"]
        assert guest.get(f"/meters/{DIRECT}/info").status_code == 403
        listed = [m["serial"] for place in guest.get("/meters").json()["locations"] for m in place["meters"]]
        assert listed == [INCOMER]
        forbidden = guest.post("/gateway/datetime", json={"datetime": "2024-01-01T00:00:00"})
        assert (forbidden.status_code, forbidden.json()["des"]) == (403, "Forbidden. Access Denied")
    assert site.meter(INCOMER).ratio.current == 1


# Scan and registration


SCAN_ALL = {
    "eqbus": {"start": 17, "end": 49},
    "mbus-wired": {"baudrate": 2400, "start": 1, "end": 16},
    "mbus-ir": {"baudrate": 2400, "primary": {}},
    "token": 1342526556,
}


def found(site: Site) -> list[str]:
    return [meter["serial"][-1] for meter in site.get("/meters/scanned")["scanresult"]]


def test_scan_shows_its_finds_one_by_one(site: Site) -> None:
    assert site.get("/meters/scanned") == {"scanresult": [], "scancomplete": 1}
    assert site.send("POST", "/meters/scanned/1342526556", SCAN_ALL) == (200, OK)
    assert site.send("POST", "/meters/scanned/1342526556", SCAN_ALL)[0] == 400
    seen = []
    for _ in range(22):
        site.time.now_s += 3
        result = site.get("/meters/scanned")
        if len(result["scanresult"]) != len(seen):
            seen.append(result["scanresult"][-1])
        if result["scancomplete"] == 1:
            break
    else:
        pytest.fail("the scan does not end")
    assert [(m["protocol"], m["address"]) for m in seen] == [
        ("3", "21"),
        ("3", "24"),
        ("3", "33"),
        ("1", "3"),
        ("2", "1"),
    ]
    assert {m["token"] for m in seen} == {1342526556}


@pytest.mark.parametrize(
    ("request_body", "finds"),
    [
        ({"eqbus": {"devices": [21, 24]}}, ["3", "4"]),
        ({"eqbus": {"start": 22, "end": 32}}, ["4"]),
        ({"mbus-wired": {"baudrate": 2400, "secondary": {}}}, ["6"]),
        ({"mbus-wired": {"baudrate": 2400, "devices": [250, 3]}}, ["6"]),
        ({"mbus-wired": {"baudrate": 9600, "start": 1, "end": 16}}, []),
        ({"mbus-ir": {"baudrate": 2400, "secondary": {}}}, ["7"]),
        ({"zigbee": 3}, []),
    ],
)
def test_scan_finds_what_answers(site: Site, request_body: dict[str, Any], finds: list[str]) -> None:
    assert site.send("POST", "/meters/scanned/7", request_body | {"token": 7}) == (200, OK)
    site.time.now_s += 100
    assert found(site) == finds


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({}, "missing eqbus in JSON ."),
        ({"eqbus": {"start": 16, "end": 20}}, "invalid start in JSON ."),
        ({"eqbus": {"start": 20, "end": 19}}, "invalid end in JSON ."),
        ({"eqbus": {"start": 20}}, "missing end in JSON ."),
        ({"eqbus": {"devices": list(range(17, 28))}}, "invalid devices in JSON ."),
        ({"eqbus": {"devices": []}}, "invalid devices in JSON ."),
        ({"eqbus": [17]}, "invalid eqbus in JSON ."),
        ({"mbus-wired": {"start": 1, "end": 2}}, "missing baudrate in JSON ."),
        ({"mbus-wired": {"baudrate": 2401, "secondary": {}}}, "invalid baudrate in JSON ."),
        ({"mbus-wired": {"baudrate": 2400, "start": 1, "end": 17}}, "invalid end in JSON ."),
        ({"mbus-wired": {"baudrate": 2400, "devices": [251]}}, "invalid devices in JSON ."),
        ({"mbus-wired": {"baudrate": 2400, "secondary": {}, "start": 1}}, "unknown start in JSON ."),
        ({"mbus-ir": {"baudrate": 2400}}, "missing primary in JSON ."),
        ({"mbus-ir": {"baudrate": 2400, "primary": 1}}, "invalid mbus-ir in JSON ."),
        ({"zigbee": 33}, "invalid zigbee in JSON ."),
        ({"zigbee": 30, "eqbus": {"devices": [17, 18, 19]}}, "more than 32 devices in JSON ."),
        ({"modbus": {}, "zigbee": 1}, "unknown modbus in JSON ."),
    ],
)
def test_impossible_scans_are_refused(site: Site, request_body: dict[str, Any], words: str) -> None:
    answer = site.send("POST", "/meters/scanned/7", request_body | {"token": 7})
    assert answer == (400, {"status": "error", "des": words})


def test_token_in_the_path_is_the_one_in_the_body(site: Site) -> None:
    assert site.send("POST", "/meters/scanned/8", {"zigbee": 1, "token": 7})[1]["des"] == "invalid token in JSON ."


def test_meter_with_another_bus_rate_is_not_found(site: Site) -> None:
    site.host.call(lambda: setattr(site.gateway, "eqbus_baud_rate", 9600))
    site.send("POST", "/meters/scanned/7", {"eqbus": {"start": 17, "end": 49}, "token": 7})
    site.time.now_s += 100
    assert found(site) == []
    states = [m["status"] for place in site.get("/meters")["locations"] for m in place["meters"]]
    assert states == [-1, -1]


def test_scanned_meter_is_registered_renamed_and_deleted(site: Site) -> None:
    site.send("POST", "/meters/scanned/7", {"mbus-wired": {"baudrate": 2400, "secondary": {}}, "token": 7})
    site.time.now_s += 100
    added = {"alias": "Pump", "location": "Cellar", "serial": MBUS}
    assert site.send("PUT", "/meters", added | {"serial": STEEL})[0] == 400
    assert site.send("PUT", "/meters", added) == (200, OK)
    assert found(site) == []
    shown = {"alias": "Pump", "serial": MBUS, "protocol": "1", "address": "3", "status": 0}
    assert site.get("/meters")["locations"][1] == {"location": "Cellar", "serial": " ", "meters": [shown]}
    site.time.now_s += 10
    assert site.send("POST", f"/meters/{MBUS}", added | {"alias": "Heat pump"}) == (200, OK)
    assert site.get("/meters")["locations"][1]["meters"] == [shown | {"alias": "Heat pump", "status": 1}]
    assert site.send("DELETE", f"/meters/{MBUS}", {"serial": MBUS})[0] == 400
    assert site.send("DELETE", f"/meters/{MBUS}", added) == (200, OK)
    assert len(site.get("/meters")["locations"]) == 1
    assert site.client.get(f"/meters/{MBUS}/info").status_code == 404


def test_scanned_meters_can_be_forgotten(site: Site) -> None:
    site.send("POST", "/meters/scanned/7", {"eqbus": {"start": 17, "end": 49}, "token": 7})
    site.time.now_s += 100
    forget = {"deletescanned": [{"serial": STEEL}, {"serial": "ABB_2"}]}
    statuses = {"deletescanned": [{"serial": STEEL, "status": 1}, {"serial": "ABB_2", "status": -1}]}
    assert site.send("DELETE", "/meters/scanned", forget) == (200, statuses)
    assert found(site) == ["3", "4"]
    assert site.client.delete("/meters/scanned").json() == OK
    assert found(site) == []
    assert site.send("DELETE", "/meters/scanned", {"deletescanned": [{"serial": "x"}] * 16})[0] == 400


# Meters


def test_meter_tells_who_it_is_as_the_manual_prints_it(site: Site) -> None:
    info = site.get(f"/meters/{INCOMER}/info")
    assert info["manufacturing"] == {"serial": "14501", "label": "A44 552-100", "firmwareversion": "B2.14.0.0"}
    assert info["ratio"] == {"ctdenum": "1", "ctnum": "1", "vtdenum": "1", "vtnum": "1"}
    assert site.get(f"/meters/{INCOMER}/status") == {"serial": 14501, "label": "A44 552-100"}
    assert len(site.get(f"/meters/{INCOMER}/hardwareversion")["version"]) == 2
    assert site.get(f"/meters/{INCOMER}/mbusinfo") == DENIED


def test_current_ratio_multiplies_what_is_measured(site: Site) -> None:
    before = int(site.get(f"/meters/{INCOMER}/power")["active"]["total"][0])
    ratio = {"ctnum": "100", "ctdenum": "5", "vtnum": 1, "vtdenum": 1}
    assert site.send("POST", f"/meters/{INCOMER}/transformersettings", ratio) == (200, OK)
    after = int(site.get(f"/meters/{INCOMER}/power")["active"]["total"][0])
    assert after == pytest.approx(20 * before, abs=12)
    assert site.get(f"/meters/{INCOMER}/info")["ratio"]["ctnum"] == "100"


@pytest.mark.parametrize("value", [0, 10000, "", "1.5", 1.5, True, None, "0"])
def test_ratios_outside_their_range_are_refused(site: Site, value: object) -> None:
    ratio = {"ctnum": value, "ctdenum": 1, "vtnum": 1, "vtdenum": 1}
    status, answer = site.send("POST", f"/meters/{INCOMER}/transformersettings", ratio)
    assert (status, answer["des"]) == (400, "invalid ctnum in JSON .")
    assert (
        site.send("POST", f"/meters/{INCOMER}/transformersettings", {"ctnum": 1})[1]["des"]
        == "missing ctdenum in JSON ."
    )


def test_directly_connected_meter_has_no_ratio_to_set(site: Site) -> None:
    ratio = dict.fromkeys(("ctnum", "ctdenum", "vtnum", "vtdenum"), 1)
    assert site.send("POST", f"/meters/{DIRECT}/transformersettings", ratio) == (200, DENIED)


def test_powers_agree_with_each_other_and_with_the_instruments(site: Site) -> None:
    for _ in range(8):
        site.time.now_s += 97
        power, values = site.get(f"/meters/{DIRECT}/power"), site.get(f"/meters/{DIRECT}/instrument")
        assert {unit for kind in power.values() for _, unit in kind.values()} == {"W"}
        for part in ("l1", "l2", "l3", "total"):
            p, q, s = (float(power[kind][part][0]) for kind in ("active", "reactive", "apparent"))
            assert p == pytest.approx(math.sqrt(s * s - q * q), abs=2)
        for line in ("l1", "l2", "l3"):
            volts, amperes = float(values[line]["voltage"][0]), float(values[line]["current"][0])
            assert float(power["apparent"][line][0]) == pytest.approx(volts * amperes, rel=0.01, abs=2)
        assert sum(float(power["active"][line][0]) for line in ("l1", "l2", "l3")) == pytest.approx(
            float(power["active"]["total"][0]), abs=2
        )


def test_the_same_moment_gives_the_same_values_and_the_next_gives_others(site: Site) -> None:
    first = site.get(f"/meters/{INCOMER}/instrument")
    assert site.get(f"/meters/{INCOMER}/instrument") == first
    site.time.now_s += 5
    assert site.get(f"/meters/{INCOMER}/instrument") != first


def test_phases_turn_to_the_right(site: Site) -> None:
    values = site.get(f"/meters/{DIRECT}/instrument")
    angles = [float(values[line]["phaseanglevoltage"][0]) for line in ("l1", "l2", "l3")]
    assert angles == pytest.approx([0, -120, 120], abs=1)
    assert float(values["l1-l2"]["voltage"][0]) == pytest.approx(400, rel=0.05)


def test_energy_grows_from_power(site: Site) -> None:
    meter = site.meter(DIRECT)
    before, _ = site.host.call(meter.energy)
    site.time.now_s += 3600
    after, exported = site.host.call(meter.energy)
    hour = [sum(phase.active_w for phase in meter.load.at(site.time.now_s - 10 * step)) for step in range(360)]
    assert after - before == pytest.approx(sum(hour) / 360, rel=0.02)
    assert exported == 0


def test_exporting_meter_counts_backwards(site: Site) -> None:
    meter = site.meter("ABB01EM000014504")
    site.time.now_s += 3600
    imported, exported = site.host.call(meter.energy)
    assert imported == meter.energy_wh
    assert exported > 0


def test_single_phase_meter_offers_and_shows_one_phase(site: Site) -> None:
    steel = site.meter(STEEL)
    assert set(steel.power()["active"]) == {"l1", "total"}
    assert set(steel.instrument()) == {"l1", "total", "frequency"}
    assert "read VOLTAGE_L1" in steel.capabilities
    assert not any(name.endswith(("_L2", "_L1_L2", "NEUTRAL")) for name in steel.capabilities)


def test_association_objects_tell_what_a_meter_offers(site: Site) -> None:
    reply = site.get(f"/meters/{INCOMER}/associationobjects")
    offered = capabilities_from_bits(reply["associationobjects"])
    assert (len(reply["associationobjects"]), reply["role"], reply["serial"]) == (256, "Configure", INCOMER)
    assert {"configure DEMAND", "configure TRAFO_CT_RATIO_NUMERATOR", "read HARMONICS_VOLTAGE_L2"} <= offered
    direct = capabilities_from_bits(site.get(f"/meters/{DIRECT}/associationobjects")["associationobjects"])
    assert "configure DEMAND" in direct
    assert not any("TRAFO" in name or "HARMONICS" in name for name in direct)


def test_levels_add_to_each_other(site: Site) -> None:
    levels = {meter.kind.functionality: meter.capabilities for meter in site.gateway.meters if meter.kind.three_phase}
    assert "configure CLOCK" in levels["Silver"]
    assert "configure CLOCK" not in levels["Bronze"]
    assert "read REACTIVE_ENERGY_IMPORT_TOTAL" in levels["Bronze"]
    assert "read DEMAND" not in levels["Silver"]


def test_meter_clock_with_daylight_saving(site: Site) -> None:
    path = f"/meters/{INCOMER}/datetime"
    shown = site.get(path)
    assert (shown["status"], shown["dstenable"], shown["dst"]) == ("set", False, 0)
    start, end = {"month": 3, "day": 254, "week": 7, "hour": 2}, {"month": 10, "day": 254, "week": 7, "hour": 3}
    sent = {"datetime": "2024-07-01T12:00:00", "dstenable": True, "dststart": start, "dstend": end}
    assert site.send("POST", path, sent) == (200, OK)
    assert site.get(path) == sent | {"dayofweek": 1, "dst": 1, "status": "set"}
    assert site.send("POST", path, {"datetime": "2024-12-01T12:00:00"}) == (200, OK)
    assert (site.get(path)["dst"], site.get(path)["dstenable"]) == (0, True)
    assert site.send("POST", path, {"datetime": "2024-12-01T12:00:00", "dstenable": False}) == (200, OK)
    assert "dststart" not in site.get(path)
    half = {"datetime": "2024-12-01T12:00:00", "dstenable": True, "dststart": start}
    assert site.send("POST", path, half)[1]["des"] == "missing dstend in JSON ."


def test_clock_that_was_never_set(site: Site) -> None:
    meter = site.meter("ABB01EM000014503")
    shown = site.host.call(meter.date_time)
    assert (shown["status"], shown["datetime"]) == ("not set", "2000-01-01T00:00:00")


# Demand


def test_demand_configuration_is_replaced_and_erases_what_is_stored(site: Site) -> None:
    path = f"/meters/{INCOMER}/demand/configuration"
    meter = site.meter(INCOMER)
    assert site.get(path) == {"dmc": [[96, 5], [100, 5]], "interval": [900, 900], "period": "monthly"}
    assert meter.stored_demand > 0
    sent = {"dmc": [[93, 13], [94, 14]], "interval": [900, 300], "period": "weekly", "weekday": 2}
    assert site.send("POST", path, sent) == (200, OK)
    assert site.get(path) == sent
    assert (meter.stored_demand, meter.demand_erasures) == (0, 1)
    assert site.send("DELETE", f"/meters/{INCOMER}/demand", b"")[1] == OK
    assert meter.demand_erasures == 2


def test_fifty_channels_fit_into_512_bytes(site: Site) -> None:
    channels = [[quantity, code] for quantity in range(100, 105) for code in (13, 14, 15, 9, 10, 11, 5, 6, 7, 1)]
    sent: dict[str, Any] = {"dmc": channels, "interval": [3600, 3600], "period": "weekly", "weekday": 7}
    assert len(json.dumps(sent, separators=(",", ":"))) <= 512
    assert site.send("POST", f"/meters/{INCOMER}/demand/configuration", sent) == (200, OK)
    assert len(site.get(f"/meters/{INCOMER}/demand/configuration")["dmc"]) == 50
    too_many = sent | {"dmc": [[93, 1]] * 51}
    assert site.send("POST", f"/meters/{INCOMER}/demand/configuration", too_many)[1]["des"] == "invalid dmc in JSON ."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dmc": [[1, 1]]}, "invalid dmc in JSON ."),
        ({"dmc": [[93, 4]]}, "invalid dmc in JSON ."),
        ({"dmc": [[93]]}, "invalid dmc in JSON ."),
        ({"interval": [900, 120]}, "invalid interval in JSON ."),
        ({"interval": [60, 120]}, "invalid interval in JSON ."),
        ({"interval": [90, 90]}, "invalid interval in JSON ."),
        ({"period": "yearly"}, "invalid period in JSON ."),
        ({"period": "weekly"}, "missing weekday in JSON ."),
        ({"weekday": 0}, "invalid weekday in JSON ."),
    ],
)
def test_impossible_demand_is_refused_and_erases_nothing(site: Site, change: dict[str, Any], words: str) -> None:
    sent = {"dmc": [[93, 1]], "interval": [900, 300], "period": "daily"} | change
    answer = site.send("POST", f"/meters/{INCOMER}/demand/configuration", sent)
    assert answer == (400, {"status": "error", "des": words})
    assert site.meter(INCOMER).demand_erasures == 0


def test_silent_meter_is_500_and_502_for_stored_values(site: Site) -> None:
    site.host.call(lambda: setattr(site.meter(INCOMER), "powered", False))
    statuses = {}
    for path in ("info", "power", "status", "datetime", "associationobjects", "demand/configuration"):
        reply = site.client.get(f"/meters/{INCOMER}/{path}")
        statuses[path] = reply.status_code
        assert reply.json() == SILENT
    assert statuses.pop("demand/configuration") == 502
    assert set(statuses.values()) == {500}
    assert site.send("DELETE", f"/meters/{INCOMER}/demand", b"") == (502, SILENT)
    assert site.get("/meters")["locations"][0]["meters"][0]["status"] == -1


def test_every_demo_gateway_has_serials_of_its_own() -> None:
    serials = [meter.serial for index in range(3) for meter in demo_gateway(index).meters]
    assert len(set(serials)) == 21
    assert all(len(serial) == 16 for serial in serials)
    assert len({demo_gateway(index).serial for index in range(3)}) == 3
