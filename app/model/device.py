"""A device, what it says it is, and the meters behind a gateway."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import msgspec

from .errors import UsageError

DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(msgspec.Struct, frozen=True, order=True):
    """Where a device listens. `host` is a name or a literal IP address, without brackets."""

    host: str
    port: int
    scheme: str

    @property
    def url(self) -> str:
        """The origin as a URL, the default port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if DEFAULT_PORTS.get(self.scheme) == self.port else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def netloc(self) -> str:
        """host:port, always with the port: the key under which certificates and passwords are kept."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return self.url


def parse_address(text: str, *, default_scheme: str | None = None) -> tuple[Address, ...]:
    """Read a URL or `host[:port]`.

    Without a scheme both HTTPS and HTTP are candidates, in the order in which they are worth trying:
    port 80 and unknown ports HTTP second, since devices behind HTTPS are the ones that need it.

    Raises:
        UsageError: the text is no address.
    """
    wanted = text.strip()
    schemes = ("https", "http") if default_scheme is None else (default_scheme,)
    if "://" in wanted:
        scheme = wanted.split("://", 1)[0].lower()
        if scheme not in DEFAULT_PORTS:
            raise UsageError(f"'{text}' is no address: only http and https are known.", hint="Example: 192.168.1.12")
        schemes = (scheme,)
        rest = wanted.split("://", 1)[1]
    else:
        rest = wanted
    if rest.count(":") > 1 and not rest.startswith("["):
        rest = f"[{rest}]"
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname or "", parts.port
        if parts.username is not None or parts.password is not None:
            raise UsageError(
                "An address carries no user name or password.",
                hint="Give the user with --user; passwords are asked for.",
            )
        if ":" in host:
            ipaddress.IPv6Address(host.split("%", 1)[0])
        elif host.replace(".", "").isdigit():
            ipaddress.IPv4Address(host)
        else:
            # What is no name for the network fails here and not when it is first asked.
            host.encode("idna")
    except ValueError as error:
        raise UsageError(
            f"'{text}' is no address: {error}.", hint="Example: 192.168.1.12 or meter.local:8080"
        ) from error
    if not host or any(c.isspace() or c in "<>\"'\\" for c in host):
        raise UsageError(f"'{text}' is no address.", hint="Example: 192.168.1.12 or meter.local:8080")
    if "://" not in wanted and port == DEFAULT_PORTS["http"]:
        schemes = ("http",)
    return tuple(Address(host, port or DEFAULT_PORTS[scheme], scheme) for scheme in schemes)


class Identity(msgspec.Struct, frozen=True):
    """What a device says of itself. `id` is what stays when its address changes: serial, MAC or maker's id."""

    vendor: str
    id: str
    model: str = ""
    name: str = ""
    location: str = ""
    firmware: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """Further facts for the page's header, as (label, text), in order."""


class Meter(msgspec.Struct, frozen=True):
    """A meter behind a gateway."""

    serial: str
    alias: str = ""
    location: str = ""
    bus: str = ""
    address: str = ""
    state: str = ""
    """online, registered or offline, as far as the gateway knows."""


class Credentials(msgspec.Struct, frozen=True):
    """A user name and password. Neither `repr` nor `str` shows the password."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, password=…)"

    __str__ = __repr__
