"""The memory card: hostile names, missing files, downloads that spare the device, nothing outside the folder."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from app.commission.receipt import Outcome
from app.commission.session import DeviceSession
from app.model.archive import Query, Records
from app.model.errors import AnswerLost, DeviceFailed, InvalidValue, NotFound, StorageFailed, UsageError
from app.net.download import Download
from app.simulators.faults import Fault
from app.vendors.whatwatt import card_log
from app.vendors.whatwatt.card import STRANGE, Folder, card_path, day_of, safe_name
from app.vendors.whatwatt.card_download import DOWNLOAD, PACED_BYTES_PER_S, CardFile, fetch, pace_for, pace_words, save
from app.vendors.whatwatt.card_log import Log
from app.vendors.whatwatt.models import Supply
from app.vendors.whatwatt.vendor import WHATWATT
from tests.app.whatwatt.devices import client_of, device, done, sent, session
from tests.conftest import Run

HOSTILE = (
    "../../etc/passwd",
    "<img src=x onerror=alert(1)>.CSV",
    "a\\..\\b",
    "CON.CSV",
    "line\nbreak.csv",
    "..",
    "x y.csv",
)


def test_the_card_is_listed_folders_first_and_hostile_names_do_no_harm(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            found = await opened.records(WHATWATT.archive("card"), "", Query(parameters=Folder()))
            names, kinds = list(found.data[0]), list(found.data[1])
            assert names[0] == "SYSTEM~1"
            assert kinds[0] == "folder"
            assert "NIHAO.TXT" in names
            assert "<img src=x onerror=alert(1)>.CSV" in names
            assert not any("\n" in name for name in names)
            rows = dict(zip(names, zip(found.data[4], found.data[5], strict=True), strict=True))
            for strange in ("..", "a\\..\\b", "line�break.csv"):
                assert rows[strange] == ("", STRANGE), "it is shown, and there is no way to ask for it"
            assert rows["x y.csv"] == ("x y.csv", "")
            assert "Cannot be fetched" in found.notes[0]
            inner = await opened.records(WHATWATT.archive("card"), "", Query(parameters=Folder("SYSTEM~1")))
            assert list(inner.data[4]) == ["SYSTEM~1/WPSETT~1.DAT"]
            options = await opened.options(WHATWATT.archive("card"), "")
            assert [choice.value for choice in options["folder"]][:2] == ["", "SYSTEM~1"]

    with device() as on:
        on.simulator.card.files |= dict.fromkeys(HOSTILE, b"gotcha")
        run(main())


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("20240929.CSV", "2024-09-29"),
        ("20240231.CSV", ""),
        ("2024.CSV", ""),
        ("x.csv", ""),
        ("20240929.csv", "2024-09-29"),
    ],
)
def test_a_log_says_by_its_name_of_which_day_it_is(name: str, day: str) -> None:
    assert day_of(name) == day


@pytest.mark.parametrize("path", ["../x", "a/../../b", "..", "a/./b", "a\\b", "a\nb", "x" * 256])
def test_a_path_that_leads_elsewhere_is_never_asked_for(path: str) -> None:
    with pytest.raises(InvalidValue):
        card_path(path)


def test_a_name_goes_out_so_that_it_stays_one_name() -> None:
    assert card_path("LOGS/x y?a=1#b.CSV") == "/sdcard/LOGS/x%20y%3Fa%3D1%23b.CSV"
    assert card_path("SYSTEM~1") == "/sdcard/SYSTEM~1"


@pytest.mark.parametrize("name", [*HOSTILE, "C:\\Windows\\x.csv", "....", "nul"])
def test_whatever_the_card_calls_a_file_it_is_saved_under_a_harmless_name(name: str, tmp_path: Path) -> None:
    try:
        safe = safe_name(name)
    except InvalidValue:
        return
    assert (tmp_path / safe).parent == tmp_path
    assert not set(safe) & set('<>:"/\\|?*\n')
    assert safe.partition(".")[0].upper() not in ("CON", "NUL")


def test_a_file_is_fetched_whole_into_the_chosen_folder_and_overwrites_nothing(run: Run[None], tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            wanted = CardFile("DATA.CSV", str(folder))
            for _ in range(2):
                receipt, told = await done(opened, DOWNLOAD, wanted)
                assert receipt.outcome is Outcome.VERIFIED, receipt
                assert told[-1].done == told[-1].total == len(content)

    content = bytes(range(256)) * 300
    with device() as on:
        on.simulator.card.files["DATA.CSV"] = content
        run(main())
        assert on.simulator.most_downloads == 1
    assert sorted(path.name for path in folder.iterdir()) == ["DATA (1).CSV", "DATA.CSV"]
    assert all(path.read_bytes() == content for path in folder.iterdir())


def test_a_link_that_somebody_laid_is_not_written_through(run: Run[None], tmp_path: Path) -> None:
    folder, outside = tmp_path / "chosen", tmp_path / "outside.txt"
    folder.mkdir()
    outside.write_text("untouched")
    for name in ("NIHAO.TXT", ".NIHAO.TXT.part"):
        (folder / name).symlink_to(outside)

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            async for _ in save(client_of(opened), "NIHAO.TXT", folder):
                pass

    with device() as on:
        run(main())
    assert outside.read_text() == "untouched"
    assert (folder / "NIHAO (1).TXT").read_bytes() == b"Hello, world\n"


@pytest.mark.parametrize("status", [404, 500])
def test_a_missing_file_is_said_to_be_missing_and_leaves_nothing_behind(
    run: Run[None], tmp_path: Path, status: int
) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(NotFound, match=f"no file GONE.CSV.*{status}"):
                async for _ in save(client_of(opened), "GONE.CSV", folder):
                    pass
            receipt, _ = await done(opened, DOWNLOAD, CardFile("GONE.CSV", str(folder)))
            assert receipt.outcome is Outcome.DIFFERS
            assert "no file GONE.CSV" in receipt.message

    with device() as on:
        on.simulator.missing_file_status = status
        run(main())
    assert list(folder.iterdir()) == []


def test_half_a_file_is_not_left_behind(run: Run[None], tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(AnswerLost):
                async for _ in save(client_of(opened), "NIHAO.TXT", folder):
                    pass

    with device() as on:
        on.running.faults.add(Fault.CUT_BODY, path="/sdcard/")
        run(main())
    assert list(folder.iterdir()) == []


def test_without_a_card_that_is_said(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(DeviceFailed, match="no memory card"):
                await opened.records(WHATWATT.archive("card"), "", Query(parameters=Folder()))
            with pytest.raises(DeviceFailed, match="no memory card"):
                async for _ in fetch(client_of(opened), "NIHAO.TXT"):
                    pass
            offered = await opened.options(WHATWATT.archive("log"), "")
            assert [choice.value for choice in offered["file"]] == [""]

    with device() as on:
        on.simulator.card.installed = False
        run(main())


def test_two_downloads_at_once_are_refused(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened, aclosing(fetch(client_of(opened), "BIG.CSV")) as first:
            await anext(first)
            with pytest.raises(UsageError, match="Another file"):
                async for _ in fetch(client_of(opened), "NIHAO.TXT"):
                    pass

    with device() as on:
        on.simulator.card.files["BIG.CSV"] = bytes(500_000)
        run(main())


@pytest.mark.parametrize(("v_usb", "paced"), [(None, True), (0.0, True), (4.49, True), (4.5, False), (5.2, False)])
def test_a_device_on_the_meters_power_is_read_slowly(v_usb: float | None, paced: bool) -> None:
    assert pace_for(Supply(v_usb=v_usb)) == (PACED_BYTES_PER_S if paced else 0)


def test_the_pace_holds_over_the_whole_file(run: Run[None], tmp_path: Path) -> None:
    now, slept = [0.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds
        await asyncio.sleep(0)

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            download = Download(
                opened.client, "/sdcard/BIG.CSV", bytes_per_s=PACED_BYTES_PER_S, clock=lambda: now[0], sleep=sleep
            )
            async for piece in download.pieces():
                assert len(piece) <= 2048
                assert download.done <= PACED_BYTES_PER_S * now[0] + 2049
            assert download.done == download.total == 60_000

    with device() as on:
        on.simulator.card.files["BIG.CSV"] = bytes(60_000)
        run(main())
    assert now[0] == pytest.approx(10.0)
    assert max(slept) < 0.5


@pytest.mark.parametrize(
    ("wanted", "field"),
    [(CardFile("../x", "/"), "file"), (CardFile("A.CSV", "here"), "folder"), (CardFile("A.CSV", "/no/such"), "folder")],
)
def test_what_cannot_be_fetched_is_refused_beforehand(
    run: Run[None], tmp_path: Path, wanted: CardFile, field: str
) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(InvalidValue) as caught:
                await done(opened, DOWNLOAD, wanted)
            assert caught.value.field == field

    with device() as on:
        run(main())


def test_a_folder_that_cannot_be_written_to_is_said(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            with pytest.raises(StorageFailed, match="cannot be written"):
                async for _ in save(client_of(opened), "NIHAO.TXT", tmp_path / "gone"):
                    pass

    with device() as on:
        run(main())


def test_yesterdays_log_is_there_to_be_plotted(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            archive = WHATWATT.archive("log")
            offered = await opened.options(archive, "")
            name = offered["file"][1].value
            found = await opened.records(archive, "", Query(parameters=Log(name)))
            assert found.count == 1439
            columns = {column.key: data for column, data in zip(found.columns, found.data, strict=True)}
            assert columns["TIME"][0].strftime("%Y%m%d") == name.removesuffix(".CSV")
            assert min(columns["V_L1"]) > 220
            assert columns["EAP_T"][-1] > columns["EAP_T"][0]
            asked = len(on.simulator.requests)
            unasked = await opened.records(archive, "", Query(parameters=Log()))
            assert (unasked.count, len(on.simulator.requests)) == (0, asked), (
                "nothing is fetched before a day is chosen"
            )

    with device() as on:
        run(main())


def test_what_is_written_to_the_card_is_what_the_meter_measured(run: Run[None], tmp_path: Path) -> None:
    now = [0.0]

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            await sent(opened, "services", sd_logging=True, sd_interval_s=5)
            now[0] += 60.0
            archive = WHATWATT.archive("card")
            listing = await opened.records(archive, "", Query(parameters=Folder()))
            today = on.simulator.card.open_log
            assert dict(zip(listing.data[0], listing.data[2], strict=True))[today] == 0, "the size of the open log lags"
            assert any("lags behind" in note for note in listing.notes)
            found = await opened.records(WHATWATT.archive("log"), "", Query(parameters=Log(today)))
            columns = {column.key: data for column, data in zip(found.columns, found.data, strict=True)}
            assert found.count == 12
            assert [b - a for a, b in zip(columns["RID"], columns["RID"][1:], strict=False)] == [5.0] * 11
            house = on.simulator.house
            assert columns["EAP_T"][-1] == pytest.approx(sum(house.registers.imported) / 1000, abs=0.01)

    with device(clock=lambda: now[0]) as on:
        run(main())


def test_a_full_card_is_said_to_be_full(run: Run[None], tmp_path: Path) -> None:
    async def main() -> None:
        async with session(on, tmp_path) as opened:
            found = await opened.records(WHATWATT.archive("card"), "", Query(parameters=Folder()))
            assert any("The card is full" in note for note in found.notes) == full

    for full in (False, True):
        with device() as on:
            on.simulator.card.size_mb = 1 if full else 7618
            on.simulator.card.files["BIG.BIN"] = bytes(1024 * 1024)
            run(main())


def test_why_files_come_slowly_is_said() -> None:
    assert "powered by the meter (USB has 0.00 V" in pace_words(Supply(v_usb=0.0))
    assert "6 KB/s" in pace_words(Supply())
    assert "as fast as" in pace_words(Supply(v_usb=5.16))


def test_logs_of_one_name_from_two_devices_at_once_are_both_kept_whole(run: Run[None], tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()
    contents = [bytes([number]) * 20_000 for number in (1, 2)]

    async def fetched(opened: DeviceSession) -> None:
        async with aclosing(save(client_of(opened), "20240929.CSV", folder)) as saving:
            async for _ in saving:
                await asyncio.sleep(0)

    async def main() -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        async with session(first, tmp_path / "a") as one, session(second, tmp_path / "b") as other:
            await asyncio.gather(fetched(one), fetched(other))

    with device() as first, device() as second:
        for on, content in zip((first, second), contents, strict=True):
            on.simulator.card.files["20240929.CSV"] = content
        run(main())
    assert sorted(path.name for path in folder.iterdir()) == ["20240929 (1).CSV", "20240929.CSV"]
    assert sorted(path.read_bytes() for path in folder.iterdir()) == contents


def test_a_log_is_read_beside_the_loop(run: Run[None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A day has some million cells: the window would stand still meanwhile."""
    where: list[threading.Thread] = []
    read = card_log.records_of

    def noted(content: bytes) -> Records:
        where.append(threading.current_thread())
        return read(content)

    async def main() -> None:
        async with session(on, tmp_path) as opened:
            await opened.records(WHATWATT.archive("log"), "", Query(parameters=Log("20240929.CSV")))

    monkeypatch.setattr(card_log, "records_of", noted)
    with device() as on:
        on.simulator.card.files["20240929.CSV"] = b"TIME,V_L1\n2024-09-29T10:00:00Z,230\n"
        run(main())
    assert where
    assert where[0] is not threading.main_thread()
