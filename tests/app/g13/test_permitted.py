"""The wireless meters that may join: one list of at most 25, in requests of at most 512 bytes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from app.commission.checking import problems_of
from app.commission.receipt import Outcome, Receipt
from app.model.errors import AccessDenied, DeviceRefused
from app.net.lenient import JsonReader, convert
from app.vendors.g13.client import encode
from app.vendors.g13.gateway.permitted import PERMITTED, Permitted, PermittedMeter, PermittedReply
from app.vendors.g13.simulator.network import PermittedMeters
from tests.conftest import Run
from tests.gateways import Gateway, gateway, session

FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


def example(name: str) -> Any:
    return JsonReader("the manual").decode((FIXTURES / name).read_bytes())


def permitted(*serials: str) -> Permitted:
    return Permitted(tuple(PermittedMeter(serial) for serial in serials))


def numbered(count: int) -> tuple[str, ...]:
    return tuple(f"ABB01WM{number:010d}" for number in range(count))


def state(device: Gateway) -> PermittedMeters:
    return device.simulator.gateway.part(PermittedMeters)


async def changed(device: Gateway, folder: Path, *serials: str) -> Receipt:
    async with session(device, folder) as opened:
        await opened.open()
        await opened.read(PERMITTED, "")
        opened.draft(PERMITTED, "").set("meters", permitted(*serials).meters)
        return await opened.send(PERMITTED, "")


def test_the_manuals_list_is_understood() -> None:
    reply = convert(example("6.3.38-reply.json"), PermittedReply)
    assert reply.meters == ("ABBXXXXXXXXXXXXX1", "ABBXXXXXXXXXXXXX2", "ABBXXXXXXXXXXXXX3")
    assert convert({}, PermittedReply).meters == ()


def test_the_manuals_requests_are_what_is_sent() -> None:
    two = ("ABBXXXXXXXXXXXXX1", "ABBXXXXXXXXXXXXX2")
    (put,) = PERMITTED.plan(permitted(), permitted(*two), "")
    assert (put.method, put.path, put.body) == ("PUT", "/permittedmeters", example("6.3.39-request.json"))
    (delete,) = PERMITTED.plan(permitted(*two), permitted(), "")
    assert (delete.method, delete.path, delete.body) == ("DELETE", "/permittedmeters", example("6.3.40-request.json"))


def test_a_list_is_filled_changed_and_emptied(run: Run, tmp_path: Path, device: Gateway) -> None:
    for number, serials in enumerate([("A1", "A2", "A3"), ("A2", "B1"), ()]):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert run(changed(device, folder, *serials)).outcome is Outcome.VERIFIED
        assert state(device).serials == list(serials)
    assert [write.split()[0] for write in device.writes()] == ["PUT", "DELETE", "PUT", "DELETE"]


def test_25_meters_just_fit_into_one_request_and_one_more_is_refused(run: Run, tmp_path: Path, device: Gateway) -> None:
    full = numbered(25)
    assert run(changed(device, tmp_path, *full)).outcome is Outcome.VERIFIED
    assert state(device).serials == list(full)
    assert device.writes() == ["PUT /permittedmeters"]
    assert len(encode({"meters": list(full)})) == 512
    (problem,) = problems_of(PERMITTED, permitted(*numbered(26)))
    assert "at most 25" in problem.message
    assert PERMITTED.summary(permitted(*full)) == "25 of 25 meters"


def test_a_full_list_changes_hands_without_ever_being_too_long(run: Run, tmp_path: Path, device: Gateway) -> None:
    state(device).serials = list(numbered(25))
    fresh = tuple(f"N{number}" for number in range(25))
    receipt = run(changed(device, tmp_path, *fresh))
    assert receipt.outcome is Outcome.VERIFIED
    assert state(device).serials == list(fresh)
    assert len(receipt.erases) == 25


def test_no_request_is_longer_than_512_bytes_whatever_the_letters() -> None:
    wide = permitted(*(f"{number:02d}{'ß' * 15}" for number in range(25)))
    steps = PERMITTED.plan(permitted(), wide, "")
    assert all(len(encode(step.body)) <= 512 for step in steps)
    assert [serial for step in steps for serial in step.body["meters"]] == [meter.serial for meter in wide.meters]
    # No request could have taken the first meter of the next.
    for step, later in itertools.pairwise(steps):
        assert len(encode({"meters": [*step.body["meters"], later.body["meters"][0]]})) > 512


@pytest.mark.parametrize(
    ("serials", "said"),
    [
        (("A1", "A1"), "twice"),
        (("X" * 18,), "at most 17"),
        (("",), "not empty"),
        (("A 1",), "no spaces"),
    ],
)
def test_what_is_no_list_of_serials_is_refused_before_it_is_sent(serials: tuple[str, ...], said: str) -> None:
    (problem,) = problems_of(PERMITTED, permitted(*serials))
    assert said in problem.message


def test_order_means_nothing() -> None:
    assert PERMITTED.plan(permitted("A", "B"), permitted("B", "A"), "") == []


@pytest.mark.parametrize(
    ("method", "serials"),
    [
        ("PUT", []),
        ("PUT", ["A", "A"]),
        ("PUT", ["X" * 18]),
        ("PUT", [7]),
        ("PUT", "A"),
        ("PUT", [f"N{number}" for number in range(25)]),
        ("DELETE", ["NOBODY"]),
    ],
)
def test_the_gateway_refuses_a_list_as_a_whole(
    run: Run, tmp_path: Path, device: Gateway, method: str, serials: object
) -> None:
    state(device).serials = ["ONE"]

    async def send() -> None:
        async with session(device, tmp_path) as opened:
            await opened.open()
            with pytest.raises(DeviceRefused) as refusal:
                await opened.connection.update(method, "/permittedmeters", {"meters": serials})
            assert refusal.value.field == "meters"

    run(send())
    assert state(device).serials == ["ONE"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_a_gateway_administrator_may_change_the_list(
    run: Run, tmp_path: Path, device: Gateway, method: str
) -> None:
    device.simulator.gateway.users.add("fitter", "pipe 12", {})
    state(device).serials = ["ONE"]

    async def denied() -> None:
        async with session(device, tmp_path, user="fitter", password="pipe 12") as opened:
            await opened.open()
            assert (await opened.read(PERMITTED, "")).value == permitted("ONE")
            with pytest.raises(AccessDenied):
                await opened.connection.update(method, "/permittedmeters", {"meters": ["ONE"]})

    run(denied())
    assert state(device).serials == ["ONE"]
