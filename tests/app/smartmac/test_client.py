"""The client against the simulated meter, over real sockets: its pace, its pages, its relay."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import Any

import pytest

from app.model.device import Credentials
from app.model.errors import (
    AnswerLost,
    AppError,
    BadReply,
    DeviceFailed,
    DeviceUnreachable,
    LoginFailed,
    NotFound,
    TooSoon,
)
from app.model.job import Progress
from app.net.probe import probe
from app.simulators.faults import Fault
from app.simulators.host import Running, SimulatorHost
from app.vendors.smartmac.client import STANDARD_S, SmartMacClient
from app.vendors.smartmac.relay import ACTIONS, Relay, steps
from app.vendors.smartmac.sections import SECTIONS, Device, Energy, Values
from app.vendors.smartmac.simulator import Form, SmartMacSimulator
from app.vendors.smartmac.vendor import SMARTMAC, recognise
from app.vendors.whatwatt.simulator import WhatwattSimulator
from tests.app.smartmac.meters import PIN, Clock, Memory, connected, login_of, meter_of
from tests.conftest import Run
from tests.hostile.test_bad_devices import Serve, says, server

FORMS = tuple(Form)


def meter(host: SimulatorHost, clock: Clock, *, extended: bool = False, form: Form = Form.MANUAL) -> Running:
    return host.add(SmartMacSimulator(extended=extended, form=form, pin=PIN, clock=clock))


def asked(running: Running) -> int:
    return len(meter_of(running).requests)


def switch(on: bool) -> Any:
    return steps(Relay(on), "")[0]


async def read(client: SmartMacClient, key: str) -> Any:
    return await SMARTMAC.section(key).read(client, "")


@pytest.mark.parametrize("form", FORMS)
def test_identity_and_all_pages_cost_one_request(host: SimulatorHost, run: Run[Any], form: Form) -> None:
    clock = Clock()
    running = meter(host, clock, form=form)

    async def main() -> None:
        async with connected(running, clock) as client:
            identity = await client.identity()
            assert identity.id == meter_of(running).id
            assert identity.model == ("Single-phase meter" if form is Form.SINGLE else "Three-phase meter")
            assert dict(identity.facts)["Relay"] == "off"
            assert await client.meters() == ()
            for section in SECTIONS:
                model = await section.read(client, "")
                assert isinstance(model, section.model)

    run(main())
    assert asked(running) == 1
    assert meter_of(running).requests == [f"GET /?page=getdata&devid={meter_of(running).id}&devpass=…"]


def test_the_answer_comes_as_http_10_without_a_length(host: SimulatorHost, run: Run[Any]) -> None:
    running = meter(host, Clock())

    async def main() -> None:
        reader, writer = await asyncio.open_connection(running.address.host, running.address.port)
        writer.write(b"GET /?page=getdata&devid=1728053249&devpass=736451 HTTP/1.1\r\nHost: meter\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.0 200 ")
        assert b"connection: close" in head.lower()
        assert b"content-length" not in head.lower()
        assert b"chunked" not in head.lower()
        assert b'{"name":"\n"}' in body

    run(main())


def test_it_is_recognised_without_a_pin(host: SimulatorHost, run: Run[Any]) -> None:
    running = meter(host, Clock())
    other = host.add(WhatwattSimulator()).address

    async def main() -> None:
        answer = await probe(running.address, SMARTMAC.probe_path)
        assert recognise(answer)
        assert not recognise(await probe(other, SMARTMAC.probe_path))

    run(main())


def test_a_page_that_is_read_again_too_early_shows_what_there_is_and_when_to_ask(
    host: SimulatorHost, run: Run[Any]
) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            first: Values = await read(client, "values")
            clock.now += 20
            again: Values = await read(client, "values")
            assert (again.lines, again.values) == (first.lines, first.values)
            assert again.read_at == first.read_at
            assert again.again_at == first.again_at is not None
            clock.now += 40
            later: Values = await read(client, "values")
            assert later.read_at != first.read_at

    run(main())
    assert asked(running) == 2
    assert meter_of(running).early == 0


def test_the_values_come_as_the_meter_tells_them(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock, form=Form.TOTALS)

    async def main() -> None:
        async with connected(running, clock) as client:
            values: Values = await read(client, "values")
            lines = {row.key: row for row in values.lines}
            assert [*lines] == ["V", "A", "W", "rW", "Wh", "PF", "Fr"]
            power = lines["W"]
            assert (power.name, power.unit) == ("Active Power", "W")
            assert all((power.l1, power.l2, power.l3, power.total))
            assert (lines["V"].total, lines["PF"].total) == ("", "")
            # The reverse energy of this form is told in all only, so it belongs to no line.
            assert [(row.key, row.unit) for row in values.values] == [("rTWh", "Wh"), ("T", "°C")]
            energy: Energy = await read(client, "energy")
            assert energy.import_total == float(lines["Wh"].total)
            assert energy.import_l3 == float(lines["Wh"].l3)
            assert energy.export_l1 is None
            device: Device = await read(client, "device")
            assert (device.relay, device.temperature, device.power_set) == ("off", 14, "0")

    run(main())


def test_a_wrong_clock_is_said() -> None:
    section = SMARTMAC.section("device")
    assert section.problems(Device(clock_off_s=-4000))
    assert not section.problems(Device(clock_off_s=200))


def test_after_a_restart_a_standard_meter_is_not_asked_early(host: SimulatorHost, run: Run[Any]) -> None:
    clock, notes = Clock(), Memory()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock, notes=notes) as client:
            await client.identity()
        clock.now += 15
        async with connected(running, clock, notes=notes) as client:
            with pytest.raises(TooSoon) as early:
                await client.identity()
            assert early.value.wait_s == pytest.approx(45)
            clock.now += 45
            await client.identity()

    run(main())
    assert asked(running) == 2
    assert meter_of(running).early == 0


def test_the_chosen_version_is_kept_and_asked_by(host: SimulatorHost, run: Run[Any]) -> None:
    clock, notes = Clock(), Memory()
    running = meter(host, clock, extended=True)

    async def main() -> None:
        async with connected(running, clock, notes=notes) as client:
            await client.identity()
            section = SMARTMAC.section("pace")
            before = await section.read(client, "")
            assert before.interval_s == STANDARD_S
            assert section.plan is not None
            for step in section.plan(before, type(before)(6), ""):
                await client.perform(step)
            assert (await section.read(client, "")).interval_s == 6
            clock.now += 6
            await read(client, "values")
        clock.now += 3
        async with connected(running, clock, notes=notes) as client:
            assert (await client.identity()).id, "a wait of three seconds is waited for"
            assert clock.slept == [pytest.approx(3)]

    run(main())
    assert asked(running) == 3
    assert meter_of(running).early == 0


@pytest.mark.parametrize("status", [429, 400])
def test_a_meter_that_was_asked_by_somebody_else_too_is_left_alone(run: Run[Any], status: int) -> None:
    clock = Clock()

    async def main() -> None:
        async with server(says(b"HTTP/1.0 %d Odd\r\nServer: smart-MAC\r\n\r\nslow down" % status)) as address:
            running = Running(SmartMacSimulator(pin=PIN), None, _At(address))  # type: ignore[arg-type]
            async with connected(running, clock) as client:
                with pytest.raises(TooSoon, match="slow down") as early:
                    await client.snapshot()
                assert early.value.wait_s == STANDARD_S

    run(main())


def test_a_refusal_as_too_early_still_shows_the_last_answer(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            first = await client.snapshot()
            clock.now += STANDARD_S
            async with connected(running, clock) as other:
                await other.snapshot()
            clock.now += 1
            assert await client.snapshot() is first
            assert client.pace.wait_s() == STANDARD_S

    run(main())
    assert meter_of(running).early == 1


@pytest.mark.parametrize("on", [True, False])
def test_the_relay_is_switched_and_proven_by_the_next_answer(host: SimulatorHost, run: Run[Any], on: bool) -> None:
    clock = Clock()
    running = meter(host, clock)
    meter_of(running).relay = not on

    async def main() -> None:
        action = ACTIONS[0]
        async with connected(running, clock) as client:
            before = await action.look(client, "")
            assert before.relay is not on
            await client.perform(switch(on))
            assert asked(running) == 2
            assert clock.slept == [pytest.approx(STANDARD_S)], "the command waits for its turn"
            assert action.follow is not None
            waits = [progress async for progress in action.follow(client, "")]
            assert all(isinstance(progress, Progress) for progress in waits)
            assert len(waits) == STANDARD_S
            assert waits[0].text == "The meter may be asked what came of it in 60 s"
            after = await action.look(client, "")
            assert asked(running) == 3
            assert action.proven(before, after, Relay(on)) == ""
            assert action.proven(before, after, Relay(not on)) != ""

    run(main())
    identifier = meter_of(running).id
    assert meter_of(running).requests[1] == f"GET /?page=getdata&devid={identifier}&devpass=…&pout={0 if on else 1}"
    assert meter_of(running).early == 0


def test_the_answer_to_the_command_itself_is_no_proof(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            await client.perform(switch(True))
            with pytest.raises(TooSoon):
                await client.snapshot()

    run(main())


def test_a_command_whose_answer_is_lost_wants_a_look(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            await client.snapshot()
            running.faults.add(Fault.DROP_AFTER)
            with pytest.raises(AnswerLost):
                await client.perform(switch(True))
            async for _ in client.proof():
                pass
            assert (await client.snapshot()).reply.relay is True

    run(main())


def test_a_command_that_was_refused_leaves_the_pages_as_they_are(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            first = await client.snapshot()
            meter_of(running).interval_s = 1000
            with pytest.raises(TooSoon):
                await client.perform(switch(True))
            assert await client.snapshot() is first

    run(main())
    assert meter_of(running).relay is False


def test_the_feed_reads_at_the_allowed_pace_and_tells_what_others_read(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        heard: list[str] = []
        async with connected(running, clock) as client:
            client.on_reading = lambda feed, _reading: heard.append(feed)
            first = await client.snapshot()
            times = []
            async with aclosing(SMARTMAC.feeds[0].open(client, "")) as readings:
                async for reading in readings:
                    times.append(reading.time_s)
                    assert len(reading.values) == len(SMARTMAC.feeds[0].quantities)
                    if len(times) == 4:
                        break
            assert times == [first.at + STANDARD_S * number for number in range(4)]
            assert heard == ["values"] * 4

    run(main())
    assert asked(running) == 4
    assert meter_of(running).early == 0


def test_the_feed_bears_a_meter_that_is_gone_for_a_while(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)
    running.faults.add(Fault.DROP_BEFORE, times=2)

    async def main() -> None:
        async with connected(running, clock) as client, aclosing(client.watch()) as readings:
            waiting = asyncio.ensure_future(anext(readings))
            while client.watch_trouble is None and not waiting.done():  # noqa: ASYNC110 - told by no event
                await asyncio.sleep(0)
            assert isinstance(client.watch_trouble, DeviceUnreachable), "why nothing comes is known meanwhile"
            assert len((await waiting).values) > 30
            assert client.watch_trouble is None

    run(main())
    assert asked(running) == 1


def test_a_feed_lets_a_command_go_first(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client, aclosing(client.watch()) as readings:
            await anext(readings)
            command = asyncio.ensure_future(client.perform(switch(True)))
            await anext(readings)
            await command

    run(main())
    assert "pout=0" in meter_of(running).requests[1]


@pytest.mark.parametrize(
    "login", [None, Credentials("", PIN), Credentials("1728053249", ""), Credentials("  ", PIN)], ids=repr
)
def test_without_device_id_or_pin_nothing_is_sent(
    host: SimulatorHost, run: Run[Any], login: Credentials | None
) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            await client._device.login(login)
            with pytest.raises(LoginFailed, match="device id"):
                await client.identity()

    run(main())
    assert asked(running) == 0


def test_a_mistyped_pin_is_refused_and_the_right_one_waits_for_its_turn(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock, pin="736450") as client:
            with pytest.raises(LoginFailed) as wrong:
                await client.identity()
            assert "736450" not in str(wrong.value)
            with pytest.raises(TooSoon):
                await client.identity()
            await client._device.login(login_of(running))
            assert (await client.identity()).id
            assert clock.slept == [pytest.approx(STANDARD_S)]

    run(main())


def test_nothing_that_another_login_read_is_shown(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            await client.snapshot()
            await client._device.login(login_of(running, "999999"))
            with pytest.raises(TooSoon):
                await client.snapshot()

    run(main())


def test_a_meter_that_was_lost_is_asked_before_it_counts_as_found(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)

    async def main() -> None:
        async with connected(running, clock) as client:
            await client.identity()
            clock.now += STANDARD_S
            running.faults.add(Fault.DROP_BEFORE)
            with pytest.raises(DeviceUnreachable):
                await client.snapshot()
            with pytest.raises(TooSoon):
                await client.identity()
            clock.now += STANDARD_S
            await client.identity()

    run(main())


def test_a_closed_port_costs_no_interval(host: SimulatorHost, run: Run[Any]) -> None:
    clock = Clock()
    running = meter(host, clock)
    host.remove(running)

    async def main() -> None:
        async with connected(running, clock) as client:
            with pytest.raises(DeviceUnreachable):
                await client.snapshot()
            assert client.pace.wait_s() == 0

    run(main())


class _At:
    """Where a server of the test listens, in the place of a simulator's wire."""

    def __init__(self, address: Any) -> None:
        self.host, self.port = address.host, address.port


HEAD = b"HTTP/1.0 200 OK\r\nServer: smart-MAC\r\n\r\n"
ECHO = f'"736451 and &devpass={PIN}"'.encode()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HEAD, BadReply),
        (HEAD + b"<html>log in</html>", LoginFailed),
        (HEAD + b'{"error":' + ECHO + b"}", LoginFailed),
        (HEAD + b'{"data":{"V1":' + ECHO, BadReply),
        (HEAD + b'{"data":{"V1" ' + ECHO + b"}}", BadReply),
        (HEAD + b'{"devid":[' + ECHO + b'],"data":{}}', BadReply),
        (HEAD + b"[" * 100_000, BadReply),
        (HEAD + b" " * 300_000, BadReply),
        (b"HTTP/1.0 403 No\r\n\r\nwrong " + ECHO, LoginFailed),
        (b"HTTP/1.0 401 No\r\n\r\nwrong " + ECHO, LoginFailed),
        (b"HTTP/1.0 404 No\r\n\r\nwrong " + ECHO, NotFound),
        (b"HTTP/1.0 429 No\r\n\r\nwrong " + ECHO, TooSoon),
        (b"HTTP/1.0 500 No\r\n\r\nwrong " + ECHO, DeviceFailed),
        (b"HTTP/1.0 204 No\r\n\r\n", AppError),
        (b"HTTP/1.0 302 No\r\nLocation: http://elsewhere.invalid/?devpass=" + PIN.encode() + b"\r\n\r\n", BadReply),
        (b"HTTP/1.0 302 No\r\nLocation: /?page=getdata&devpass=" + PIN.encode() + b"\r\n\r\n", BadReply),
        (b"SMTP ready " + PIN.encode() + b"\r\n", AnswerLost),
        (b"", AnswerLost),
    ],
    ids=range(18),
)
def test_a_hostile_answer_is_said_in_words_and_betrays_no_pin(
    run: Run[Any], caplog: pytest.LogCaptureFixture, answer: bytes, error: type[AppError]
) -> None:
    from tests.app.test_secrets import told

    caplog.set_level(logging.DEBUG)
    clock = Clock()
    texts: list[str] = []

    async def main() -> None:
        async with server(says(answer)) as address:
            running = Running(SmartMacSimulator(pin=PIN), None, _At(address))  # type: ignore[arg-type]
            async with connected(running, clock) as client:
                with pytest.raises(error) as failed:
                    await client.snapshot()
                texts.extend(told(failed.value))
                texts.extend(exchange.text() for exchange in client._device.recorder.exchanges())

    run(main())
    texts.extend(record.getMessage() for record in caplog.records)
    assert any("devpass=…" in text for text in texts)
    assert not [text for text in texts if PIN in text]


def test_a_silent_meter_is_given_up_without_a_word_of_its_pin(run: Run[Any]) -> None:
    from tests.app.test_secrets import told

    async def stay(_: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        silent: Serve = stay
        async with server(silent) as address:
            running = Running(SmartMacSimulator(pin=PIN), None, _At(address))  # type: ignore[arg-type]
            async with connected(running, Clock()) as client:
                with pytest.raises(AppError) as failed:
                    await client._device.request("GET", "/?devid=1&devpass=", timeout_s=0.1)
                assert not [text for text in told(failed.value) if PIN in text]
                assert "devpass=…" in failed.value.message

    run(main())
