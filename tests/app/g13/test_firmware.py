"""New firmware for a gateway and its meters, over HTTPS: upload, update, restart, versions, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.cli import main
from app.commission.firmware import firmware_plain, install, upload
from app.commission.receipt import Outcome, Receipt, StepState
from app.commission.session import DeviceSession
from app.model.errors import AccessDenied, DeviceRefused, DeviceUnreachable, InvalidValue, TooLong
from app.model.firmware import FAILED, PENDING, SUCCESS, Image, Installing, TargetState, make_image
from app.model.job import Progress
from app.net.lenient import JsonReader, convert
from app.net.pins import Pins
from app.net.tls import Profile
from app.simulators.faults import Fault
from app.vendors.g13.gateway import firmware as topic
from app.vendors.g13.gateway.firmware import FIRMWARE, UpdateStatus
from app.vendors.g13.simulator.calls import UploadedForm
from app.vendors.g13.simulator.firmware import FirmwareStore, gateway_image, meter_image, version_in
from app.vendors.g13.simulator.gateway_log import EventLog
from app.vendors.g13.simulator.refusal import Refusal
from app.vendors.g13.simulator.users import Role, User
from tests.conftest import Run
from tests.gateways import MAIN, PASSWORD, Gateway, gateway, session

VENTILATION = "ABB01EM000014502"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "g13"
NEW_GATEWAY = make_image("g13.bin", gateway_image("G1.5.0.0"))
NEW_METERS = make_image("meters.bin", meter_image("B2.15.0.0"))
GARBAGE = make_image("holiday.jpg", b"\xff\xd8 no firmware at all " * 200)


@pytest.fixture
def device() -> Gateway:
    with gateway() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic, "POLL_S", 0.05)
    monkeypatch.setattr(topic, "UNSEEN_S", 6.0)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.METER_S", 0.2)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.WRITING_S", 0.5)
    monkeypatch.setattr("app.commission.firmware.AGAIN_S", 0.01)


async def uploaded(opened: DeviceSession, image: Image) -> tuple[Receipt, list[Progress]]:
    steps: list[Progress] = []
    async with aclosing(upload(opened, image)) as events:
        async for event in events:
            if isinstance(event, Receipt):
                return event, steps
            steps.append(event)
    raise AssertionError("no receipt")


async def installed(opened: DeviceSession, *meters: str) -> tuple[Receipt, list[Installing]]:
    looks: list[Installing] = []
    async with aclosing(install(opened, meters, {})) as events:
        async for event in events:
            if isinstance(event, Receipt):
                return event, looks
            looks.append(event)
    raise AssertionError("no receipt")


def events(device: Gateway) -> list[int]:
    return [int(entry["id"]) for entry in device.simulator.gateway.part(EventLog).entries]


@pytest.fixture
def at_it(run: Run, device: Gateway, tmp_path: Path) -> Callable[..., None]:
    """Run a story on an open session."""

    def on(story: Callable[[DeviceSession], Coroutine[Any, Any, None]], **login: str) -> None:
        async def told() -> None:
            async with session(device, tmp_path, **login) as opened:
                await opened.open()
                await story(opened)

        run(told())

    return on


def test_a_gateway_takes_over_its_image_and_comes_back_with_another_version(device: Gateway, at_it: Any) -> None:
    async def story(opened: DeviceSession) -> None:
        receipt, steps = await uploaded(opened, NEW_GATEWAY)
        assert receipt.outcome is Outcome.VERIFIED
        assert [step.title for step in receipt.steps] == ["Upload firmware g13.bin"]
        assert (steps[-1].done, steps[-1].total) == (NEW_GATEWAY.size, NEW_GATEWAY.size)
        assert all(step.cancellable for step in steps)
        receipt, looks = await installed(opened)
        assert receipt.outcome is Outcome.VERIFIED, receipt
        (change,) = receipt.changes
        assert (change.field, change.before, change.now) == ("", "G1.4.2.0", "G1.5.0.0")
        assert not any(look.progress.cancellable for look in looks)
        assert (await opened.connection.identity()).firmware == "G1.5.0.0"
        done = opened.journal.operations()
        assert [(record.section, record.outcome) for record in done] == [("g13.firmware", "verified")] * 2
        assert done[0].steps[0].step.title == "Install firmware on the gateway"
        assert done[1].steps[0].step.body["sha256"] == NEW_GATEWAY.sha256

    at_it(story)
    assert device.writes() == ["POST /firmware", "PUT /firmware"]
    assert [event for event in events(device) if event in range(15, 23)] == [15, 17, 18]


def test_meters_take_over_theirs_one_after_the_other(device: Gateway, at_it: Any) -> None:
    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_METERS)
        receipt, looks = await installed(opened, MAIN, VENTILATION)
        assert receipt.outcome is Outcome.VERIFIED, receipt
        assert [(c.field, c.before, c.now) for c in receipt.changes] == [
            (MAIN, "B2.14.0.0", "B2.15.0.0"),
            (VENTILATION, "B2.14.0.0", "B2.15.0.0"),
        ]
        seen = [tuple(target.state for target in look.targets) for look in looks]
        assert list(dict.fromkeys(seen)) == [(PENDING, PENDING), (SUCCESS, PENDING), (SUCCESS, SUCCESS)]
        assert looks[-1].progress.text == "2 of 2 meters done"
        plain = firmware_plain(receipt)
        assert plain["targets"][0] == {
            "meter": MAIN, "outcome": "verified", "before": "B2.14.0.0", "now": "B2.15.0.0"
        }  # fmt: skip

    at_it(story)
    assert [event for event in events(device) if event in range(15, 23)] == [15, 20, 21, 20, 21]


def test_a_silent_meter_fails_and_the_others_are_renewed(device: Gateway, at_it: Any) -> None:
    device.simulator.gateway.wired(VENTILATION).powered = False

    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_METERS)
        receipt, looks = await installed(opened, MAIN, VENTILATION)
        assert [part.outcome for part in receipt.parts] == [Outcome.VERIFIED, Outcome.DIFFERS]
        assert receipt.outcome is Outcome.DIFFERS
        assert VENTILATION in receipt.message
        assert MAIN not in receipt.message
        assert looks[-1].targets == (TargetState(MAIN, SUCCESS), TargetState(VENTILATION, FAILED))
        assert looks[-1].progress.text == "2 of 2 meters done, 1 failed"

    at_it(story)
    assert events(device)[-1] == 22


@pytest.mark.parametrize("image", [GARBAGE, NEW_METERS])
def test_what_is_no_gateway_image_leaves_the_gateway_as_it_was(device: Gateway, at_it: Any, image: Image) -> None:
    async def story(opened: DeviceSession) -> None:
        assert (await uploaded(opened, image))[0].outcome is Outcome.VERIFIED, "a gateway takes any file"
        receipt, _ = await installed(opened)
        assert receipt.outcome is Outcome.DIFFERS
        assert "still has G1.4.2.0" in receipt.message
        assert receipt.hint

    at_it(story)
    assert 19 in events(device)


@pytest.mark.parametrize("image", [GARBAGE, NEW_GATEWAY])
def test_what_is_no_meter_image_fails_on_every_meter(at_it: Any, image: Image) -> None:
    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, image)
        receipt, looks = await installed(opened, MAIN)
        assert receipt.outcome is Outcome.DIFFERS
        assert looks[-1].targets == (TargetState(MAIN, FAILED),)
        assert "still has B2.14.0.0" in receipt.message

    at_it(story)


@pytest.mark.parametrize("meters", [(), (MAIN,)])
def test_without_an_image_nothing_is_installed(at_it: Any, meters: tuple[str, ...]) -> None:
    async def story(opened: DeviceSession) -> None:
        receipt, looks = await installed(opened, *meters)
        assert receipt.outcome is Outcome.REFUSED
        assert receipt.steps[0].state is StepState.REFUSED
        assert "image not found" in receipt.message
        assert looks == []

    at_it(story)


def test_the_other_path_of_the_manual_is_tried(at_it: Any, device: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic, "METERS_PATH", "/elsewhere")
    monkeypatch.setattr(topic, "OTHER_METERS_PATH", "/meters/firmware")

    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_METERS)
        assert (await installed(opened, MAIN))[0].outcome is Outcome.VERIFIED

    at_it(story)
    assert device.writes()[-2:] == ["PUT /elsewhere", "PUT /meters/firmware"]


def test_a_lost_answer_counts_as_the_version_says(device: Gateway, at_it: Any) -> None:
    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_GATEWAY)
        device.faults.add(Fault.DROP_AFTER, method="PUT")
        assert (await installed(opened))[0].outcome is Outcome.VERIFIED

    at_it(story)


def test_an_update_of_before_is_not_taken_for_this_one(at_it: Any) -> None:
    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_METERS)
        await installed(opened, MAIN)
        await uploaded(opened, make_image("older.bin", meter_image("B2.13.0.0")))
        receipt, _ = await installed(opened, MAIN)
        assert receipt.changes[0].now == "B2.13.0.0"

    at_it(story)


def test_too_many_meters_and_too_long_serials_are_refused_before_anything_is_sent(at_it: Any, device: Gateway) -> None:
    async def story(opened: DeviceSession) -> None:
        with pytest.raises(InvalidValue, match="11 meters are chosen, at most 10"):
            await installed(opened, *(f"ABB{number}" for number in range(11)))
        with pytest.raises(InvalidValue, match="twice"):
            await installed(opened, MAIN, MAIN)
        long = [f"{number}{'x' * 60}" for number in range(10)]
        with pytest.raises(TooLong):
            await opened.connection.update("PUT", topic.METERS_PATH, FIRMWARE.install_step(tuple(long)).body)

    at_it(story)
    assert device.writes() == []


@pytest.mark.parametrize(("size", "words"), [(0, "is empty"), (topic.LARGEST + 1, "at most 16 MiB")])
def test_a_file_that_can_be_no_image_is_refused_before_it_is_sent(
    at_it: Any, device: Gateway, size: int, words: str
) -> None:
    async def story(opened: DeviceSession) -> None:
        with pytest.raises(InvalidValue, match=words):
            await uploaded(opened, make_image("x.bin", bytes(size)))

    at_it(story)
    assert device.writes() == []


def test_only_an_administrator_may(device: Gateway, at_it: Any) -> None:
    guest = User("guest", "looking 1", bindings={MAIN: Role.CONFIGURE})
    device.simulator.gateway.users.by_name["guest"] = guest

    async def story(opened: DeviceSession) -> None:
        receipt, _ = await uploaded(opened, NEW_GATEWAY)
        assert receipt.outcome is Outcome.REFUSED
        assert "administrator" in receipt.hint
        for meters in ((), (MAIN,)):
            receipt, _ = await installed(opened, *meters)
            assert receipt.outcome is Outcome.REFUSED
        with pytest.raises(AccessDenied):
            await opened.connection.get(topic.STATUS, UpdateStatus)

    at_it(story, user="guest", password="looking 1")
    assert device.simulator.gateway.part(FirmwareStore).image is None


def test_an_upload_that_is_given_up_leaves_half_an_image_and_says_so(device: Gateway, at_it: Any) -> None:
    big = make_image("big.bin", gateway_image("G1.5.0.0", 3_000_000))

    async def story(opened: DeviceSession) -> None:
        async with aclosing(upload(opened, big)) as going:
            async for event in going:
                assert isinstance(event, Progress)
                if event.done > 100_000:
                    break
        record = opened.journal.operations()[0]
        assert (record.outcome, record.steps[0].outcome) == ("unknown", "unknown")
        assert "a part of the file" in record.steps[0].message
        # The connection serves again, and what the gateway has is no image.
        receipt, _ = await installed(opened)
        assert receipt.outcome is Outcome.DIFFERS

    at_it(story)
    assert 16 in events(device)
    assert 15 not in events(device)


def test_a_gateway_that_does_not_come_back_is_told(
    device: Gateway, at_it: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic, "BACK_S", 0.5)
    monkeypatch.setattr("app.vendors.g13.simulator.firmware.WRITING_S", 3600.0)

    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_GATEWAY)
        receipt, _ = await installed(opened)
        assert receipt.outcome is Outcome.UNKNOWN
        assert "did not come back" in receipt.message

    monkeypatch.setattr("app.commission.firmware.ATTEMPTS", 1)
    at_it(story)


def test_a_gateway_that_never_begins_is_told(device: Gateway, at_it: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic, "SETTLING_S", 0.1)
    monkeypatch.setattr(FirmwareStore, "status", lambda _: {"devices": [], "firmwareupdatecomplete": 0})

    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_METERS)
        receipt, _ = await installed(opened, MAIN)
        assert "did not begin" in receipt.message

    at_it(story)


# The manual's own examples.


def test_the_manuals_status_is_read() -> None:
    document = JsonReader("manual").decode((FIXTURES / "6.3.24-reply.json").read_bytes())
    status = convert(document, UpdateStatus)
    assert [(d.serial, d.status) for d in status.devices] == [
        ("ABB_8", "pending"), ("ABB_8", "success"), ("ABB_8", "failed")
    ]  # fmt: skip
    assert status.firmwareupdatecomplete == topic.COMPLETE


def test_the_manuals_update_of_meters_is_what_is_sent() -> None:
    printed = msgspec.json.decode((FIXTURES / "6.3.27-request.json").read_bytes())
    step = FIRMWARE.install_step(("ABBXXXXXXXXXXXX1101",))
    assert (step.method, step.path, step.body) == ("PUT", "/meters/firmware", printed)


def test_the_manuals_upload_is_taken_for_an_image_without_content(device: Gateway) -> None:
    # The example leaves out the file itself; the name of the form's field and of the file are read.
    printed = (FIXTURES / "6.3.25-request.txt").read_bytes()
    store = device.simulator.gateway.part(FirmwareStore)
    with pytest.raises(Refusal, match="incomplete"):
        store.take(UploadedForm(b"---WebKitFormBoundary4pEAcghjNsS3M8L5", printed, whole=True))
    assert store.image_name == "DSCF5183.JPG"


# The simulator refuses what the manual refuses.


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "missing meters"),
        ({"meters": []}, "invalid meters"),
        ({"meters": MAIN}, "invalid meters"),
        ({"meters": [MAIN, MAIN]}, "invalid meters"),
        ({"meters": [MAIN] * 11}, "invalid meters"),
        ({"meters": ["ABB01EM000019999"]}, "invalid meters"),
        ({"meters": [7]}, "invalid meters"),
        ({"meters": [MAIN], "force": True}, "unknown force"),
    ],
)
def test_the_gateway_refuses_a_wrong_list_of_meters(at_it: Any, body: dict[str, Any], words: str) -> None:
    async def story(opened: DeviceSession) -> None:
        await uploaded(opened, NEW_METERS)
        with pytest.raises(DeviceRefused, match=words):
            await opened.connection.update("PUT", "/meters/firmware", body)

    at_it(story)


def test_the_gateway_refuses_a_second_update_and_a_json_for_an_image(at_it: Any) -> None:
    async def story(opened: DeviceSession) -> None:
        with pytest.raises(DeviceRefused, match="missing name and key tag"):
            await opened.connection.update("POST", "/firmware", {"image": "x"})
        await uploaded(opened, NEW_METERS)
        await opened.connection.update("PUT", "/meters/firmware", {"meters": [MAIN]})
        with pytest.raises(DeviceRefused, match="in progress"):
            await opened.connection.update("PUT", "/meters/firmware", {"meters": [MAIN]})
        receipt, _ = await uploaded(opened, NEW_METERS)
        assert receipt.outcome is Outcome.REFUSED

    at_it(story)


def test_a_gateway_that_is_gone_takes_no_file(device: Gateway, at_it: Any) -> None:
    async def story(opened: DeviceSession) -> None:
        device.host.remove(device.running)
        receipt, _ = await uploaded(opened, NEW_GATEWAY)
        assert receipt.outcome is Outcome.REFUSED
        with pytest.raises(DeviceUnreachable):
            await opened.connection.about()

    at_it(story)


def test_images_tell_for_whom_they_are_and_whether_they_are_whole() -> None:
    image = gateway_image("G1.5.0.0", 5000)
    assert len(image) == 5000
    assert version_in(image, b"G13FW") == "G1.5.0.0"
    assert version_in(image, b"EMFW") == ""
    assert version_in(image[:-1], b"G13FW") == ""


# The command line.


class Line:
    """Runs `wattwright firmware` in this process against one gateway."""

    def __init__(self, device: Gateway, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._device, self._folder, self._capture = device, folder, capture
        self.err = ""

    def __call__(self, content: bytes, *more: str, code: int = 0) -> str:
        file = self._folder / "new.bin"
        file.write_bytes(content)
        self._capture.readouterr()
        left = main(["firmware", self._device.address.url, str(file), "--vendor", "g13", *more])
        shown = self._capture.readouterr()
        self.err = shown.err
        assert left == code, shown
        return shown.out


@pytest.fixture
def line(
    device: Gateway, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    monkeypatch.setenv("WATTWRIGHT_PASSWORD", PASSWORD)
    pins = Pins.load(home / "certificates.json")
    pins.accept(device.address.netloc, device.simulator.certificate.fingerprint, Profile.MODERN)
    device.simulator.max_connections = 8
    return Line(device, tmp_path, capsys)


def test_the_command_line_renews_meters(line: Line) -> None:
    document = json.loads(line(NEW_METERS.content, "--meter", MAIN, "--meter", VENTILATION, "--yes", "--json"))
    assert document["outcome"] == "verified"
    assert document["sha256"] == NEW_METERS.sha256
    assert [target["now"] for target in document["targets"]] == ["B2.15.0.0"] * 2
    assert f"Upload: {NEW_METERS.size} of {NEW_METERS.size} bytes" in line.err
    assert "Install: 0 of 2 meters done" in line.err


def test_the_command_line_tells_people_what_stands(line: Line) -> None:
    told = line(GARBAGE.content, "--yes", code=6)
    assert "Firmware: differs" in told
    assert "G1.4.2.0  →  G1.4.2.0" in told
    assert "still has G1.4.2.0" in told


def test_the_command_line_does_nothing_unasked(line: Line, device: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    line(NEW_GATEWAY.content, code=2)
    assert "restarts" in line.err
    assert "--yes" in line.err
    assert device.writes() == []


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (b"", (), "is empty"),
        (b"x", ("--meter", "ABB01EM000019999"), "not registered"),
        (b"x", ("--meter", MAIN, "--meter", MAIN), "twice"),
    ],
)
def test_the_command_line_refuses_what_cannot_be(
    line: Line, device: Gateway, content: bytes, more: tuple[str, ...], words: str
) -> None:
    line(content, *more, "--yes", code=2)
    assert words in line.err
    assert device.writes() == []
