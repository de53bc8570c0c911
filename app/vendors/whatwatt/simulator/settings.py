"""The simulated device's settings: what it takes, what it refuses, what it never tells (manual chapters 4 and 5).

GET tells all but the secrets; PUT merges; POST replaces, with the factory's values for what is missing (manual 5.1).
Decided here, the manual being silent: a tag that is in no table and no example is refused.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.vendors.whatwatt.settings.addresses import NO_ADDRESS

_HEX = re.compile(r"[0-9A-Fa-f]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Rule:
    """One setting: its value as delivered, and what is wrong with another ('' when nothing is)."""

    default: Any
    wrong: Callable[[Any], str] = lambda _: ""
    secret: bool = False


Rules = dict[str, "Rule | Rules"]


class Refused(Exception):
    """The device answers 400 with these words."""


def text(longest: int, default: str = "", *, secret: bool = False) -> Rule:
    return Rule(default, lambda value: "is too long" if len(value.encode()) > longest else "", secret)


def number(default: float, low: float, high: float) -> Rule:
    return Rule(default, lambda value: "" if low <= value <= high else "is out of range")


def one_of(default: str, *others: str) -> Rule:
    return Rule(default, lambda value: "" if value in (default, *others) else "is not known")


def address() -> Rule:
    return Rule(NO_ADDRESS, _no_address)


def _no_address(value: str) -> str:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return "is no address"
    return ""


def key() -> Rule:
    def wrong(value: str) -> str:
        return "" if len(value) in (0, 32) and _HEX.fullmatch(value) else "needs 32 hexadecimal characters"

    return Rule("", wrong, True)


def _wifi_password(value: str) -> str:
    if not value or (len(value) == 64 and _HEX.fullmatch(value)):
        return ""
    return "" if 8 <= len(value) <= 63 else "needs 8 characters at least"


def _broker(value: str) -> str:
    if len(value) > 127:
        return "is too long"
    return "" if not value or value.startswith(("mqtt://", "mqtts://")) else "should start with mqtt:// or mqtts://"


def basics(host_name: str) -> Rules:
    """Manual 5.2."""
    return {
        "system": {
            "name": text(31),
            "host_name": Rule(
                host_name, lambda value: "" if len(value) <= 31 and _HOST.fullmatch(value) else "is no host name"
            ),
            "protection": Rule(False),
            "password": text(63, secret=True),
        },
        "services": {
            "cloud": {"what_watt": Rule(True), "solar_manager": Rule(False), "mystrom": Rule(True)},
            "local": {"solar_manager": Rule(True)},
            "broadcast": Rule(True),
            "other_energy_provider": Rule(False),
            "report_interval": number(30, 1, 86400),
            "log": Rule(False),
            "meter_proxy": Rule(False),
            "sd": {"frequency": number(15, 1, 1440), "enable": Rule(False)},
        },
    }


METER: Rules = {
    "baudrate": number(115200, 300, 115200),
    "parity": one_of("none", "odd", "even"),
    "stop_bits": one_of("1", "1.5", "2"),
    "buffer_size": number(64, 1, 4096),
    "method": text(31, "Passive Push"),
    "encryption": Rule(False),
    "encryption_key": key(),
    "authentication_key": key(),
    "tx_invert": Rule(False),
    "rx_invert": Rule(False),
    "auto_baudrate": Rule(True),
    "if_type": one_of("auto", "p1", "mbus", "ttl", "mep"),
    "conv_factor": number(1, 1, 10000),
    "time_offset": number(0, -(2**31), 2**31 - 1),
    "sync_time_offset_with_ntp": Rule(False),
    "scalers_set": one_of("default", "lge570", "custom"),
}

_ADDRESSES: Rules = {
    "static_ip": Rule(False),
    "ip": address(),
    "netmask": address(),
    "gateway": address(),
    "dns": address(),
}

WIFI: Rules = {
    "enable": Rule(False),
    "name": text(32),
    "password": Rule("", _wifi_password, True),
    **_ADDRESSES,
    "max_tx_power": Rule(17.0, lambda value: "" if 0 <= value <= 21 and not value * 2 % 1 else "is out of range"),
}

ETHERNET: Rules = {"enable": Rule(True), **_ADDRESSES}

MQTT: Rules = {
    "enable": Rule(False),
    "url": Rule("", _broker),
    "username": text(127),
    "password": text(127, secret=True),
    "client_id": text(63),
    "skip_cn_check": Rule(False),
    "publish": {"topic": text(127), "template": text(1023)},
}


def static_needs_all(values: dict[str, Any]) -> None:
    """A static address needs mask, gateway and DNS server (manual 5.4, 5.7)."""
    if values["static_ip"]:
        for tag in ("ip", "netmask", "gateway", "dns"):
            if values[tag] == NO_ADDRESS:
                raise Refused(f"{tag} must be set with static_ip")


def wifi_needs_name(values: dict[str, Any]) -> None:
    """Manual 5.4: the field is required."""
    if values["enable"] and not values["name"]:
        raise Refused("name is required")
    static_needs_all(values)


@dataclass
class Page:
    """One settings page. `whole` looks at all values together; `values` holds the secrets, too."""

    rules: Rules
    whole: Callable[[dict[str, Any]], None] = lambda _: None
    values: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As delivered."""
        self.values = _delivered(self.rules)

    def told(self) -> dict[str, Any]:
        """What GET answers."""
        return _without_secrets(self.rules, self.values)

    def put(self, given: object) -> None:
        """Take what is given, keep the rest.

        Raises:
            Refused: nothing was taken.
        """
        self._take(self.values, given)

    def post(self, given: object) -> None:
        """Take what is given; the rest becomes as delivered.

        Raises:
            Refused: nothing was taken.
        """
        self._take(_delivered(self.rules), given)

    def _take(self, base: dict[str, Any], given: object) -> None:
        merged = _merged(self.rules, base, given)
        self.whole(merged)
        self.values = merged


def _delivered(rules: Rules) -> dict[str, Any]:
    return {name: rule.default if isinstance(rule, Rule) else _delivered(rule) for name, rule in rules.items()}


def _without_secrets(rules: Rules, values: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, rule in rules.items():
        if not isinstance(rule, Rule):
            told[name] = _without_secrets(rule, values[name])
        elif not rule.secret:
            told[name] = values[name]
    return told


def _merged(rules: Rules, base: dict[str, Any], given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Refused("a JSON object is needed")
    for name in given:
        if name not in rules:
            raise Refused(f"{name} is not known")
    merged = dict(base)
    for name, value in given.items():
        rule = rules[name]
        merged[name] = _checked(name, rule, value) if isinstance(rule, Rule) else _merged(rule, base[name], value)
    return merged


def _checked(name: str, rule: Rule, value: Any) -> Any:
    kind = type(rule.default)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise Refused(f"{name} has the wrong type")
    if wrong := rule.wrong(value):
        raise Refused(f"{name} {wrong}")
    return value
