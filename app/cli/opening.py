"""From an address on the command line to an open session, and back to everything closed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial

import msgspec

from app.cli.answers import Answers
from app.cli.console import Console
from app.cli.options import Options
from app.cli.recording import CommandDrafts, NoJournal
from app.commission.connect import connect
from app.commission.session import DeviceSession
from app.discovery.identify import identify
from app.model.device import Address, Identity, parse_address
from app.model.errors import UsageError
from app.model.section import AnySection
from app.model.vendor import D, Vendor
from app.net.pins import Pins
from app.net.tls import Profile
from app.registry import VENDORS, vendor
from app.site import home
from app.site.credentials import Passwords
from app.site.sitefile import SiteDevice, SiteFile


class Place(msgspec.Struct, frozen=True):
    """Which family listens where."""

    vendor: Vendor
    address: Address


async def locate(options: Options) -> Place:
    """Who is at the address: the named family, or the one that answers there without a login.

    Raises:
        AppError: nobody answers, or nobody that we know; the address or the family's name makes no sense.
    """
    if options.vendor:
        family = vendor(options.vendor)
        return Place(family, parse_address(options.address, default_scheme=family.scheme)[0])
    found = await identify(parse_address(options.address), VENDORS)
    return Place(vendor(found.vendor), found.address)


@asynccontextmanager
async def opened(
    place: Place,
    options: Options,
    console: Console,
    *,
    records: bool = False,
    choose_password: Callable[[], str] | None = None,
    within: SiteFile | None = None,
) -> AsyncIterator[tuple[DeviceSession, Answers]]:
    """An open session, closed when left. With `records` its sendings go into the journal of the site.

    `within` is the site where one is open already; else it is opened if it is needed.

    Raises:
        AppError: the device cannot be opened, or the site file cannot be used.
    """
    pins = accepted_certificates()
    own_pins = _only(options.demanded(), place.address, pins) if options.fingerprint else pins
    answers = Answers(options, console, Passwords(), choose_password)
    with ExitStack() as stack:
        site = within
        # A device with a pace is asked no sooner than the last command allows, which the site knows.
        if site is None and (records or options.site is not None or place.vendor.pace_s):
            site = stack.enter_context(SiteFile.open(options.site))
        session = DeviceSession(
            place.vendor,
            place.address,
            pins=own_pins,
            journal=NoJournal() if site is None else site.journal,
            drafts=CommandDrafts(None if site is None else site.drafts),
            credentials=answers.at_once(place.vendor.default_user),
            notes=site,
            readings=None if site is None else site.readings,
        )
        try:
            identity = await connect(session, answers)
            _keep_demanded(pins, own_pins, session)
            await answers.remember(place.address, session.client.credentials, changed=answers.changed)
            if site is not None and options.site is not None:
                site.put_device(_site_device(place, identity))
                session.moved = partial(_moved, site, place.vendor, identity)
            session.login_renewed = lambda: answers.remember(
                session.address, session.client.credentials, changed=True, before=place.address
            )
            yield session, answers
        finally:
            await session.aclose()


@contextmanager
def shared_site(places: Sequence[Place], options: Options) -> Iterator[SiteFile | None]:
    """The one site for several devices, if there are several and one of them needs it: it can be opened only once.

    Raises:
        StorageFailed: it cannot be used.
    """
    if len(places) < 2 or not (options.site is not None or any(place.vendor.pace_s for place in places)):
        yield None
        return
    with SiteFile.open(options.site) as site:
        yield site


def accepted_certificates() -> Pins:
    """The certificates that this user has accepted, in the window or here."""
    return Pins.load(home.config_dir() / "certificates.json")


def _only(demanded: str, address: Address, known: Pins) -> Pins:
    """Trust in the demanded certificate alone, whatever was accepted before."""
    if address.scheme != "https":
        raise UsageError(
            f"{address} is not encrypted: there is no certificate to compare.", hint="Leave out --fingerprint."
        )
    pin = known.get(address.netloc)
    only = Pins.in_memory()
    only.accept(address.netloc, demanded, pin.profile if pin else Profile.MODERN)
    return only


def _keep_demanded(pins: Pins, own: Pins, session: DeviceSession) -> None:
    """A demanded certificate that was shown is accepted from now on."""
    netloc = session.address.netloc
    demanded, pin = own.get(netloc), pins.get(netloc)
    if demanded is not None and (pin is None or pin.fingerprint != demanded.fingerprint):
        pins.accept(netloc, demanded.fingerprint, session.client.profile)


def _moved(site: SiteFile, vendor: Vendor, identity: Identity, address: Address) -> None:
    """The device was told to listen elsewhere, and was found there: the site follows."""
    site.put_device(_site_device(Place(vendor, address), identity))


def _site_device(place: Place, identity: Identity) -> SiteDevice:
    return SiteDevice(
        place.vendor.key, identity.id, place.address, identity.name, identity.model, last_seen=datetime.now(UTC)
    )


def section_of(place: Place, key: str) -> AnySection:
    """The section of that key, with or without the family's prefix.

    Raises:
        UsageError: there is none; the hint lists them.
    """
    return named(place.vendor.section, place.vendor.sections, key, "section")


def named(find: Callable[[str], D], declared: Sequence[D], key: str, word: str) -> D:
    """What a family declares under that key, with or without the family's prefix.

    Raises:
        UsageError: there is nothing; the hint lists what there is.
    """
    try:
        return find(key)
    except KeyError as error:
        known = ", ".join(one.key for one in declared) or "none"
        raise UsageError(f"There is no {word} '{key}'.", hint=f"{word.capitalize()}s: {known}.") from error


def check_meter(session: DeviceSession, meter: str) -> None:
    """Is the named meter behind the device?

    Raises:
        UsageError: it is not; the hint lists those that are.
    """
    if not meter or any(known.serial == meter for known in session.meters):
        return
    if not session.meters:
        raise UsageError(f"No meter is registered at {session.address}.", hint="Leave out --meter.")
    known = ", ".join(f"{m.serial} ({m.alias})" if m.alias else m.serial for m in session.meters)
    raise UsageError(f"Meter {meter} is not registered at {session.address}.", hint=f"Registered: {known}.")


def where(session: DeviceSession, meter: str = "") -> dict[str, str | None]:
    """The head of every document: which device, which meter."""
    return {
        "address": session.address.url,
        "vendor": session.vendor.key,
        "device": session.identity.id if session.identity else None,
        "meter": meter or None,
    }
