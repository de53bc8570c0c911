"""The simulated whatwatt: a house that adds up, pages like the device's, a password asked for as the device does."""

from __future__ import annotations

import base64
import hashlib
import math

import pytest

from app.vendors.whatwatt.simulator import Style, WhatwattSimulator
from app.vendors.whatwatt.simulator.household import Household
from app.vendors.whatwatt.simulator.pages import live_data, report_page
from app.vendors.whatwatt.simulator.protection import Protection


def test_the_house_both_draws_and_feeds_in_and_its_registers_follow_the_power() -> None:
    house = Household(seed=3, interval_s=1.0)
    before = [sum(house.registers.imported), sum(house.registers.exported)]
    drawn = fed = 0.0
    for number in range(1, 1201):
        house.advance(number)
        drawn += max(house.now.power, 0) / 3600
        fed += max(-house.now.power, 0) / 3600
        for watts, reactive, volts, amps in zip(
            house.now.watts, house.now.vars, house.now.volts, house.now.amps, strict=True
        ):
            assert 220 < volts < 240
            assert amps == pytest.approx(math.hypot(watts, reactive) / volts, abs=0.01)
        assert 0 <= house.now.factor <= 1
    assert drawn > 50
    assert fed > 50
    assert sum(house.registers.imported) - before[0] == pytest.approx(drawn)
    assert sum(house.registers.exported) - before[1] == pytest.approx(fed)


def test_the_same_seed_gives_the_same_house_and_another_seed_another() -> None:
    one, same, other = Household(1, 1.0), Household(1, 1.0), Household(2, 1.0)
    for number in range(1, 100):
        one.advance(number)
    for house in (same, other):
        house.advance(99)
    assert one.now == same.now
    assert one.registers == same.registers
    assert one.now != other.now


def test_after_a_long_pause_the_registers_have_gone_on_as_well() -> None:
    house = Household(0, 1.0)
    before = sum(house.registers.imported) + sum(house.registers.exported)
    house.advance(1_000_000)
    assert house.number == 1_000_000
    assert sum(house.registers.imported) + sum(house.registers.exported) > before


def test_report_and_live_event_tell_the_same_moment() -> None:
    now = [0.0]
    simulator = WhatwattSimulator(clock=lambda: now[0])
    for seconds in range(0, 600, 7):
        now[0] = seconds
        state = simulator.state()
        report, live = report_page(state)["report"], live_data(state)
        active = report["instantaneous_power"]["active"]
        assert report["id"] == seconds + 1
        assert active["positive"]["total"] == live["P_In"]
        assert active["negative"]["l2"] == live["P_P2_Out"]
        phases = sum(live[f"P_P{i}_In"] - live[f"P_P{i}_Out"] for i in (1, 2, 3))
        assert phases == pytest.approx(live["P_In"] - live["P_Out"])
        assert report["energy"]["active"]["positive"]["total"] == live["E_In"]


def test_a_meter_of_few_words_leaves_keys_out_of_the_report_and_zeros_in_the_live_event() -> None:
    state = WhatwattSimulator(style=Style.MBUS).state()
    report, live = report_page(state)["report"], live_data(state)
    assert "voltage" not in report
    assert "tariff" not in report
    assert set(report["instantaneous_power"]["active"]["positive"]) == {"total"}
    assert live["V_P1"] == live["PF"] == live["P_P1_In"] == 0
    assert live["E_In"] == report["energy"]["active"]["positive"]["total"]


def test_several_devices_differ_in_what_tells_devices_apart() -> None:
    made = [WhatwattSimulator.demo(index) for index in range(4)]
    assert len({simulator.id for simulator in made}) == 4
    for simulator in made:
        assert simulator.announce == (f"whatwatt Go {simulator.id[-6:]}", {"id": simulator.id, "type": "100"})


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_basic_wants_the_empty_user() -> None:
    protection = Protection("whatwatt-1", "secret", digest=False)
    assert protection.challenge("GET", "/", "") == 'Basic realm="whatwatt-1"'
    assert protection.challenge("GET", "/", basic(":secret")) == ""
    for wrong in (basic("admin:secret"), basic(":other"), "Basic !", "Digest x"):
        assert protection.challenge("GET", "/", wrong)


def digest(nonce: str, count: int, *, password: str = "secret", target: str = "/api/v1/live") -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    session = md5(f"{md5(f':whatwatt-1:{password}')}:{nonce}:c0ffee")
    proof = md5(f"{session}:{nonce}:{count:08x}:c0ffee:auth:{md5(f'GET:{target}')}")
    return (
        f'Digest username="", realm="whatwatt-1", nonce="{nonce}", uri="{target}", algorithm=MD5-sess, '
        f'qop=auth, nc={count:08x}, cnonce="c0ffee", response="{proof}"'
    )


def test_digest_lets_in_once_per_count_until_the_nonce_is_stale() -> None:
    protection = Protection("whatwatt-1", "secret", nonce_uses=2)
    asked = protection.challenge("GET", "/api/v1/live", "")
    nonce = asked.split('nonce="')[1].split('"')[0]
    assert protection.challenge("GET", "/api/v1/live", digest(nonce, 1)) == ""
    assert "stale=true" in protection.challenge("GET", "/api/v1/live", digest(nonce, 1))
    assert protection.challenge("GET", "/api/v1/live", digest(nonce, 2)) == ""
    assert "stale=true" in protection.challenge("GET", "/api/v1/live", digest(nonce, 3))
    assert "stale" not in protection.challenge("GET", "/api/v1/live", digest(nonce, 2, password="guess"))
    assert protection.challenge("GET", "/api/v1/live?x=1", digest(nonce, 2))


def test_digest_refuses_what_it_never_asked_for() -> None:
    protection = Protection("whatwatt-1", "secret")
    asked = protection.challenge("GET", "/", "")
    assert "MD5-sess" in asked
    assert 'qop="auth"' in asked
    assert "stale" not in asked
    for wrong in ("Digest", 'Digest username="", nonce="made up", nc=zz', basic(":secret")):
        assert "stale" not in protection.challenge("GET", "/", wrong)
    assert protection.refused == 4
