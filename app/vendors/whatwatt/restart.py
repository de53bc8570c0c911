"""What the device is told to do once: restart, forget everything, pair by WPS (manual 5.6, 5.8, 5.9)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec

from app.model.action import NOTHING, Action, AnyAction
from app.model.archive import NoParameters
from app.model.errors import (
    BadReply,
    DeviceFailed,
    DeviceRefused,
    DeviceUnreachable,
    NotRecognised,
)
from app.model.job import Progress
from app.model.section import Guide, Step
from app.vendors.whatwatt.client import SYSTEM, WhatwattClient
from app.vendors.whatwatt.models import DeviceInfo, Wifi
from app.vendors.whatwatt.places import fill

REBOOT = "/api/v1/reboot"
RESTORE = "/api/v1/restore"
WPS = "/api/v1/wifi/wps"

POLL_S = 1.0
LOOK_S = 4.0
LEAVING_S = 20.0
"""A device that is still there after this long is taken not to restart."""
PATIENCE_S = 60.0
"""A device that is away for longer is looked for elsewhere."""
SEARCH_S = 90.0
PAIRING_S = 120.0
"""After two minutes the device gives pairing up by itself (manual 5.6)."""
SILENT_S = 20.0
"""Pairing, a device may be off the network; one that is silent for longer is looked for elsewhere, too."""
PRESS = "Press the WPS button of the router or access point"
CLOCKS_DIFFER_S = 2.0


class Running(msgspec.Struct, frozen=True):
    """Since when the device runs, by this computer's clock in s (None: it does not tell), and how often it was away."""

    since_s: float | None
    absences: int


async def _running(client: WhatwattClient, _target: str = "") -> Running:
    info = fill(DeviceInfo, await client.system(fresh=True))
    since_s = None if info.running_s is None else time.monotonic() - info.running_s
    return Running(since_s, client.absences)


def _restarted(before: Running, after: Running, _parameters: NoParameters) -> str:
    if before.since_s is not None and after.since_s is not None and after.since_s - before.since_s > CLOCKS_DIFFER_S:
        return ""
    if after.absences > before.absences:
        return ""
    return "The device said yes, but it has been running all the time."


async def follow_restart(client: WhatwattClient, target: str) -> AsyncGenerator[Progress, None]:
    """Watch the device go and come back.

    Raises:
        DeviceUnreachable: it does not come back within a minute, or another one answers at its address.
    """
    clock = asyncio.get_running_loop().time
    begun, gone = clock(), False
    before = await _answering(client)
    while True:
        waited_s = clock() - begun
        words = "The device is restarting" if gone else "Waiting for the device to restart"
        yield Progress(int(waited_s), int(PATIENCE_S), words, cancellable=False)
        # A fresh connection every time: on a kept one a restart may pass unseen.
        await client.http.aclose()
        now = await _answering(client)
        if now is None and not gone:
            gone = True
            client.absences += 1
        if now is not None and target and now.id and now.id != target:
            raise DeviceUnreachable(
                f"Another device, {now.id}, answers at {client.http.address} after the restart of {target}.",
                hint="Look which of the two has that address, and connect to the right one.",
            )
        if now is not None and (gone or _younger(now, before) or waited_s >= LEAVING_S):
            return
        if waited_s >= PATIENCE_S:
            raise DeviceUnreachable(
                f"The device has not come back at {client.http.address} within {PATIENCE_S:g} s.",
                hint="With DHCP it may have another address now: use 'Find devices'. Otherwise take its power away "
                "for a few seconds.",
            )
        await asyncio.sleep(POLL_S)


def _younger(now: DeviceInfo, before: DeviceInfo | None) -> bool:
    """Has it been running for less time than before?"""
    if before is None or before.running_s is None or now.running_s is None:
        return False
    return now.running_s < before.running_s


async def _answering(client: WhatwattClient) -> DeviceInfo | None:
    """What the device says of itself; None while it does not answer.

    Raises:
        LoginFailed, AccessDenied: it is there, and lets nobody in.
    """
    try:
        async with asyncio.timeout(LOOK_S):
            return fill(DeviceInfo, await client.system(fresh=True))
    except (TimeoutError, DeviceUnreachable, NotRecognised, BadReply, DeviceRefused):
        return None


RESTART: Action[NoParameters, WhatwattClient] = Action(
    key="whatwatt.restart",
    title="Restart the device",
    verb="Restart…",
    steps=lambda _parameters, _target: [Step("Restart the device", "POST", REBOOT)],
    look=_running,
    follow=follow_restart,
    proven=_restarted,
    parameters=NoParameters,
    first=lambda: NOTHING,
    group="System",
    icon="restart",
    guide=lambda _parameters: Guide(
        "The device is away for up to a minute. With DHCP it may come back at another address; it is then looked for "
        "by its identifier.",
        patience_s=SEARCH_S,
        lost="Take the device's power away for a few seconds. With DHCP it may have another address: use 'Find "
        "devices'.",
    ),
    help="Its settings stay.",
    manual="5.8",
    resources=(f"POST {REBOOT}", f"GET {SYSTEM}"),
)


FACTORY_RESET: Action[NoParameters, WhatwattClient] = Action(
    key="whatwatt.factory_reset",
    title="Factory reset",
    verb="Reset everything…",
    steps=lambda _parameters, _target: [Step("Set everything as delivered", "POST", RESTORE)],
    look=_running,
    follow=follow_restart,
    proven=_restarted,
    parameters=NoParameters,
    first=lambda: NOTHING,
    guide=lambda _parameters: Guide(
        "Without Ethernet the device is gone from this network afterwards: it has forgotten its Wi-Fi network, and "
        "its password.",
        patience_s=SEARCH_S,
        lost="As is to be expected without Ethernet, it has forgotten its Wi-Fi network: join its own access point "
        "with the laptop or pair it by WPS with its button, then give it its network again. With Ethernet, use 'Find "
        "devices': its address comes from DHCP now.",
    ),
    erases=lambda _parameters: (
        "all settings of the device: name, password, clouds, MQTT",
        "the Wi-Fi network: without Ethernet the device is then gone from this network",
        "the meter's keys and corrections",
    ),
    group="System",
    icon="undo",
    help="The device becomes as it was delivered and restarts. Note the meter's key before: it cannot be read out.",
    manual="5.9",
    resources=(f"POST {RESTORE}", f"GET {SYSTEM}"),
)


async def _pairing(client: WhatwattClient, _target: str = "") -> Wifi:
    return fill(Wifi, await client.system(fresh=True))


async def _follow_pairing(client: WhatwattClient, _target: str) -> AsyncGenerator[Progress, None]:
    """Watch the two minutes of pairing.

    Raises:
        DeviceFailed: nothing was paired.
        DeviceUnreachable: the device is not seen any more from here.
    """
    clock = asyncio.get_running_loop().time
    begun = heard = clock()
    first: Wifi | None = None
    away = False
    while (waited_s := clock() - begun) < PAIRING_S:
        yield Progress(int(waited_s), int(PAIRING_S), PRESS)
        try:
            async with asyncio.timeout(LOOK_S):
                wifi = await _pairing(client)
        except (TimeoutError, DeviceUnreachable, NotRecognised, BadReply, DeviceRefused) as error:
            away = True
            await client.http.aclose()
            if clock() - heard >= SILENT_S:
                raise DeviceUnreachable(
                    f"The device does not answer at {client.http.address} any more; it may be in the router's network.",
                    hint="Bring the laptop into that network and use 'Find devices'.",
                ) from error
        else:
            heard = clock()
            first = first or wifi
            connected = (wifi.status or "").upper() == "OK"
            away = away or not connected
            if connected and (away or _another(first, wifi)):
                return
        await asyncio.sleep(POLL_S)
    raise DeviceFailed(
        "Nothing was paired within two minutes; the device has its settings from before.",
        hint="Press the button of the router first, then start again. Some routers have WPS switched off.",
    )


def _another(before: Wifi, now: Wifi) -> bool:
    return (before.ssid, before.bssid, before.ip) != (now.ssid, now.bssid, now.ip)


def _paired(before: Wifi, after: Wifi, _parameters: NoParameters) -> str:
    """A pairing that failed leaves the network from before, so only another one proves it."""
    if (after.status or "").upper() != "OK":
        return f"The device is in no wireless network: it says {after.status or 'nothing'}."
    if _another(before, after):
        return ""
    return f"The device is in '{after.ssid}' as before; whether it was paired anew does not show."


PAIR: Action[NoParameters, WhatwattClient] = Action(
    key="whatwatt.wps",
    title="Pair by WPS",
    verb="Pair by WPS…",
    steps=lambda _parameters, _target: [Step("Begin to pair by WPS", "POST", WPS)],
    look=_pairing,
    follow=_follow_pairing,
    proven=_paired,
    parameters=NoParameters,
    first=lambda: NOTHING,
    guide=lambda _parameters: Guide(
        "The device may not answer meanwhile. Paired, it is in the router's network, perhaps at another address; it is "
        "then looked for by its identifier.",
        patience_s=PAIRING_S + 30.0,
        lost="It may be in the router's network now: bring the laptop there and use 'Find devices'.",
    ),
    may_be_left="The device goes on for up to two minutes; look at 'Wi-Fi' afterwards.",
    beside="whatwatt.wifi_scan",
    group="Network",
    icon="wifi",
    help="For two minutes the device waits for the WPS button of a router, and then joins its network. If nobody "
    "presses it, the settings from before hold. Not to be used over Ethernet.",
    manual="5.6",
    resources=(f"POST {WPS}", f"GET {SYSTEM}"),
)

ACTIONS: tuple[AnyAction, ...] = (RESTART, FACTORY_RESET, PAIR)
