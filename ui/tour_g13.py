"""The tour's stops at a G13: the pages of its gateway, then those of a meter, each at work."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ui.pages.device import DevicePage
from ui.stage import StageError, appear, dialog, edit, enter, named, press, until

if TYPE_CHECKING:
    from ui.tour_stops import Tour
    from ui.workbench import Handle

MAIN = "ABB01EM000014501"
WATCHED_S = 12.0
QUANTITIES = (93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 69, 72, 75, 70, 73, 76)
"""Power, voltage and current of every phase: what a demand of 50 channels is used for."""

GATEWAY_FIRST = ("g13.about", "g13.name", "g13.clock", "g13.meters", "g13.users", "g13.ip", "scan", "firmware")
"""Pages of the gateway at which something is done; the others are only looked at."""
METER_FIRST = (
    *("g13.info", "g13.stored_demand", "g13.ratios", "g13.demand", "g13.calendar", "g13.stored_profiles", "live"),
)


async def gateway_stops(tour: Tour, page: DevicePage) -> None:
    """Everything that the gateway itself is asked, set and told."""
    await tour.open(page, "g13.about")
    await tour.picture("about-gateway", "About the gateway: everything its own About page says.")
    await tour.open(page, "g13.name")
    enter(page, "g13.name.alias", "Workshop gateway")
    enter(page, "g13.name.location", "Building 2, cellar")
    await tour.picture("draft", "Every change is a draft first: marked, counted, and kept when the page is left.")
    await tour.sent(page, "g13.name")
    await tour.picture("verified", "Sent, read back, verified.")
    await tour.open(page, "g13.clock")
    await appear(page, "g13.clock.now")
    press(page, "g13.clock.now")
    await tour.picture("clock", "The gateway's clock, set from this computer at the moment of sending.")
    await tour.sent(page, "g13.clock")
    await tour.show(page, "g13.meters", "The registered meters, with names and locations.")
    await _scan(tour, page)
    await _users(tour, page)
    await _addresses(tour, page)
    for key in page.keys():  # noqa: SIM118 – the page's entries
        if key not in (*GATEWAY_FIRST, "g13.compare", "live"):
            await tour.show(page, key)
    await _compare(tour, page)
    await _firmware(tour, page)
    page.open("live")
    await tour.watch(WATCHED_S)
    await tour.picture("live-meters", "Live values of several meters of one gateway, asked in turn, on one time axis.")


async def _scan(tour: Tour, page: DevicePage) -> None:
    scan = page.open("scan")
    for bus in ("mbus", "mbus-ir"):
        named(scan, f"g13.scan.{bus}").setChecked(True)  # type: ignore[attr-defined]
    await tour.picture("scan", "The device scan on EQ bus, M-Bus and M-Bus IR.")
    press(scan, "g13.scan.start")
    await until("meters found", lambda: scan.found_count() >= 2)  # type: ignore[attr-defined]
    await tour.picture("scanning", "Meters appear while the scan runs.")
    await until("the end of the scan", lambda: not scan.scanning(), 60)  # type: ignore[attr-defined]
    press(scan, "g13.scan.add-all")
    await tour.picture("scanned", "Found meters get a name and a location. Nothing changes before it is sent.")
    where = ("g13.meters", page.session.identity.id if page.session.identity else "")
    before = page.session.receipts.get(where)
    press(scan, "g13.scan.send")
    await until("the meters registered", lambda: page.session.receipts.get(where) not in (None, before))
    await until("the meters in the tree", lambda: len(page.session.meters) > 3)
    await tour.picture("registered", "The meters are registered, read back, and stand in the tree.")


async def _users(tour: Tour, page: DevicePage) -> None:
    """Two users are added, with rights of their own."""
    shown = await tour.open(page, "g13.users")
    session, section = page.session, page.session.vendor.section("g13.users")
    draft = session.draft(section, "")
    assert draft is not None
    users, access = section.field("users").row, section.field("access").row
    assert users is not None
    assert access is not None
    people = {"fitter": "Configure", "caretaker": "View Only"}
    new = [
        msgspec.structs.replace(draft.value.users[0], name=name, new_password="to be changed", gateway_admin=False)  # noqa: S106
        for name in people
    ]
    rights = [
        access(user=name, serial=meter.serial, meter=meter.alias, access=level if place % 3 else "No Access")
        for name, level in people.items()
        for place, meter in enumerate(session.meters, start=1)
    ]
    edit(shown, "users", (*draft.value.users, *new))
    edit(shown, "access", (*draft.value.access, *rights))
    await tour.picture("users", "Users and meters as a matrix, edited as one draft.")
    await tour.sent(page, "g13.users")


async def _addresses(tour: Tour, page: DevicePage) -> None:
    """A new address is prepared, and not sent: the demo stays where it is."""
    await tour.open(page, "g13.ip")
    enter(page, "g13.ip.ip", "192.168.5.12")
    enter(page, "g13.ip.gateway", "192.168.5.1")
    await tour.picture("ip", "The gateway's addresses: a guided change.")
    press(page, "g13.ip.preview")
    shown = await dialog(tour.window, "g13.ip.preview_dialog")
    await tour.picture("ip-preview", "Before it is sent: how the gateway is found again, and what the laptop needs.")
    shown.reject()
    press(page, "g13.ip.revert")


async def _compare(tour: Tour, page: DevicePage) -> None:
    shown = await tour.open(page, "g13.compare")
    press(page, "g13.compare.read")
    await appear(shown, "g13.compare.export")
    await tour.picture("compare", "One quantity of up to five meters, side by side.")


async def _firmware(tour: Tour, page: DevicePage) -> None:
    """A file is chosen and sent; the meters keep what they have."""
    from ui.pages.firmware import FirmwarePage

    shown = await tour.open(page, "firmware")
    assert isinstance(shown, FirmwarePage)
    with tempfile.TemporaryDirectory(prefix="wattwright-tour-") as folder:
        file = Path(folder) / "meters-B2.15.bin"
        file.write_bytes(b"EMFW\nB2.15.0.0\n" + bytes(range(256)) * 800)
        shown.take(file)
        await until("the file", lambda: shown.image is not None)
        await tour.picture("firmware", "Firmware: who gets it, which file, its size and hash.")
        press(shown, "g13.firmware.upload")
        await until("the upload", lambda: shown.uploaded is not None, 60)
        await tour.picture("firmware-uploaded", "The image is on the gateway; nothing is installed before you say so.")


async def meter_stops(tour: Tour, gateway: Handle) -> None:
    """Everything that one large meter is asked, set and told, and what a small one lacks."""
    window = tour.window
    node = window.model.node_of(gateway, MAIN)
    assert node is not None
    window.tree.select(node)
    page = window.page(gateway, MAIN)
    await tour.open(page, "g13.info")
    await until("the type in words", lambda: page.described is not None)
    await tour.picture("meter", "A meter, its type spelled out.")
    await tour.show(page, "g13.stored_demand", "Demand: the extremes of each period, and when they occurred.")
    await _ratios(tour, page)
    await _demand(tour, page)
    await _calendar(tour, page)
    await tour.show(page, "g13.stored_profiles", "A load profile: plot and table, export and erasing.")
    press(page, "g13.erase_profiles.start")
    shown = await dialog(window, "g13.erase_profiles.dialog")
    await tour.picture("erase", "Whatever erases says so, and offers the export first.")
    shown.reject()
    for key in page.keys():  # noqa: SIM118 – the page's entries
        if key not in METER_FIRST:
            await tour.show(page, key)
    page.open("live")
    await tour.watch(WATCHED_S)
    await tour.picture("live-meter", "Live values of one meter behind the gateway.")
    await _lesser_meter(tour, gateway)


async def _ratios(tour: Tour, page: DevicePage) -> None:
    await tour.open(page, "g13.ratios")
    enter(page, "g13.ratios.ct_numerator", 0)
    await tour.picture("limit", "A wrong value says what is allowed, before anything is sent.")
    enter(page, "g13.ratios.ct_numerator", 100)
    enter(page, "g13.ratios.ct_denominator", 5)
    await tour.picture("ratios", "The CT ratio, with what it does to power and energy.")
    await tour.sent(page, "g13.ratios")
    await tour.picture("ratios-verified", "Sent, read back, verified.")


async def _demand(tour: Tour, page: DevicePage) -> None:
    await tour.open(page, "g13.demand")
    row = page.session.vendor.section("g13.demand").field("channels").row
    assert row is not None
    kinds = ("Max", "Max sliding", "Min")
    channels = [row(quantity, kind, 1) for kind in kinds for quantity in QUANTITIES][:50]
    enter(page, "g13.demand.channels", tuple(channels))
    enter(page, "g13.demand.period", "weekly")
    await tour.picture("demand", "Demand: up to 50 channels in a table that is filled, copied and pasted.")
    await tour.sent(page, "g13.demand")
    await tour.picture("demand-verified", "All channels are on the meter.")


async def _calendar(tour: Tour, page: DevicePage) -> None:
    """A day of the tariff calendar is changed; every tab is looked at."""
    from PySide6.QtWidgets import QTabWidget

    shown = await tour.open(page, "g13.calendar")
    section = page.session.vendor.section("g13.calendar")
    draft = page.session.draft(section, MAIN)
    assert draft is not None
    point = section.field("switch_points").row
    assert point is not None
    edit(shown, "switch_points", (*draft.value.switch_points, point(profile=1, start="12:30", action=3)))
    tabs = named(shown, "g13.calendar.tabs", QTabWidget)
    names = ("day", "week", "season", "special-days", "year")
    for index, name in enumerate(names):
        tabs.setCurrentIndex(index)
        words = tabs.tabText(index).replace("&", "").lower()
        await tour.picture(f"tariff-{name}", f"The tariff calendar: {words}.")
    tabs.setCurrentIndex(0)
    await tour.sent(page, "g13.calendar")


async def _lesser_meter(tour: Tour, gateway: Handle) -> None:
    window = tour.window
    assert gateway.session is not None
    section = gateway.session.vendor.section("g13.demand")
    for meter in gateway.session.meters:
        page = window.page(gateway, meter.serial)
        if (await gateway.session.support(section, meter.serial)).readable:
            continue
        node = window.model.node_of(gateway, meter.serial)
        assert node is not None
        window.tree.select(node)
        await until("the type in words", lambda page=page: page.described is not None)  # type: ignore[misc]
        page.open(section.key)
        await tour.picture("not-supported", "What a smaller meter does not offer is greyed, with the reason.")
        return
    raise StageError("no meter lacks anything")
