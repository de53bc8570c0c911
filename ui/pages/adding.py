"""Adding devices that do not announce themselves: by address, or by searching a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.discovery.sweep import usual_ports
from ui.dialogs import AddressDialog, SweepDialog, answered

if TYPE_CHECKING:
    from ui.window import Window


async def added_address(window: Window) -> None:
    """Ask for an address, and show what is there.

    Raises:
        AppError: no address, nobody there, or no device that we know.
    """
    dialog = AddressDialog(window, [(vendor.key, vendor.title) for vendor in window.bench.vendors.values()])
    if not await answered(dialog):
        return
    window.jobs.say(f"Asking {dialog.address.text().strip()} …")
    handle = await window.bench.add_address(dialog.address.text(), dialog.vendor.currentData())
    window.jobs.say(f"Found {handle.name} at {handle.row.address}")
    window.select(handle)


async def swept(window: Window) -> None:
    """Ask for a range, and search it as a job that can be stopped."""
    ports = usual_ports(window.bench.vendors.values())
    dialog = SweepDialog(window, "127.0.0.1" if window.bench.interfaces else "192.168.1.0/24", ports)
    if not await answered(dialog):
        return
    task = window.tasks.spawn(
        window, window.bench.sweep(dialog.range.text(), dialog.wanted_ports(), window.jobs, lambda: task.cancel())
    )
