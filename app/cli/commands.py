"""The verbs and their options as typer reads them. Each gives back the job to do; nothing is done while parsing."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from app import __version__
from app.cli.console import Console
from app.cli.options import NEW_PASSWORD, PASSWORD, Options
from app.model.errors import ExitCode

Job = Callable[[], int]
Work = Coroutine[Any, Any, ExitCode]

COMMANDS = typer.Typer(
    name="wattwright",
    help="Commission the energy devices of a site: find, set, verify, watch. Without a verb the window opens.",
    epilog=f"The password (of a smart-MAC its PIN) comes from {PASSWORD}, the keyring or a prompt. Exit codes: 0 done, "
    "1 our bug, 2 usage, 3 unreachable, 4 login or access, 5 refused by the device, 6 read-back differs or unknown, "
    "7 certificate not trusted, 8 too soon.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
MeterOption = Annotated[str, typer.Option("--meter", metavar="SERIAL", help="A meter behind the device.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")]
SerialArgument = Annotated[str, typer.Argument(metavar="SERIAL", help="The meter's serial number.")]


def _shared(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="URL or host[:port].")],
    vendor: Annotated[
        str, typer.Option("--vendor", metavar="KIND", help="The kind of device, instead of finding out.")
    ] = "",
    user: Annotated[
        str,
        typer.Option("--user", metavar="NAME", help="Who logs in, if not the usual name (smart-MAC: device id)."),
    ] = "",
    accept_certificate: Annotated[
        bool, typer.Option("--accept-certificate", help="Accept and remember the certificate that is shown.")
    ] = False,
    fingerprint: Annotated[
        str, typer.Option("--fingerprint", metavar="sha256:…", help="Accept this certificate and no other.")
    ] = "",
    site: Annotated[
        Path | None, typer.Option("--site", metavar="FILE", help="The site whose journal tells what was sent.")
    ] = None,
    json: JsonOption = False,
) -> Options:
    return Options(address, vendor, user, accept_certificate, fingerprint, site, json)


def _device_verb(work: Callable[..., Work]) -> Callable[..., Job]:
    """Let a verb have the address first and the shared options last; it gets them as one `Options`."""
    address, *shared = inspect.signature(_shared, eval_str=True).parameters.values()
    _, _, *own = inspect.signature(work, eval_str=True).parameters.values()

    def verb(**given: Any) -> Job:
        options = _shared(**{parameter.name: given.pop(parameter.name) for parameter in (address, *shared)})
        return lambda: asyncio.run(work(Console(as_json=options.json), options, **given))

    verb.__name__, verb.__doc__ = work.__name__, work.__doc__
    # Required ones first, as Python wants it; typer goes by names.
    parameters = sorted([address, *own, *shared], key=lambda parameter: parameter.default is not parameter.empty)
    verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return verb


def _version(wanted: bool) -> None:
    if wanted:
        print(f"wattwright {__version__}")
        raise typer.Exit


@COMMANDS.callback()
def everything(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Commission the energy devices of a site: find, set, verify, watch. Without a verb the window opens."""


@COMMANDS.command()
def discover(
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, max=3600, help="How long to listen for announcements.")
    ] = 5.0,
    interface: Annotated[
        list[str] | None, typer.Option("--interface", metavar="IP", help="Listen only there (repeatable).")
    ] = None,
    sweep: Annotated[
        list[str] | None, typer.Option("--sweep", metavar="CIDR", help="Ask every address there (repeatable).")
    ] = None,
    port: Annotated[list[int] | None, typer.Option("--port", help="Ports to sweep (repeatable).")] = None,
    json: JsonOption = False,
) -> Job:
    """Find devices: by their announcements, and by a sweep over addresses.

    Example: wattwright discover --sweep 192.168.1.0/24
    """
    from app.cli.finding import discover as work

    return lambda: asyncio.run(work(Console(as_json=json), seconds, interface or (), sweep or (), port or ()))


@COMMANDS.command()
@_device_verb
def identify(console: Console, options: Options) -> Work:
    """Tell what answers at an address, without a login.

    Example: wattwright identify 192.168.1.12
    """
    from app.cli.finding import identify_one

    return identify_one(console, options)


@COMMANDS.command()
@_device_verb
def sections(console: Console, options: Options, meter: MeterOption = "") -> Work:
    """List what can be read and set: sections, fields, limits.

    Example: wattwright sections 192.168.1.12 --meter ABB01EM000014501
    """
    from app.cli.reading import sections as work

    return work(console, options, meter)


@COMMANDS.command()
@_device_verb
def read(
    console: Console,
    options: Options,
    section: Annotated[list[str] | None, typer.Argument(metavar="[SECTION]...", help="Default: all.")] = None,
    meter: MeterOption = "",
) -> Work:
    """Read sections.

    Example: wattwright read 192.168.1.12 --meter ABB01EM000014501 ratios demand
    """
    from app.cli.reading import read as work

    return work(console, options, meter, section or ())


@COMMANDS.command()
@_device_verb
def send(
    console: Console,
    options: Options,
    section: Annotated[str, typer.Argument(metavar="SECTION", help="Which section to set.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[name=value]...", help="Fields; 'now' sets a clock from here.")
    ] = None,
    file: Annotated[
        str, typer.Option("--from", metavar="FILE", help="JSON: fields and values, or the output of read; - is stdin.")
    ] = "",
    meter: MeterOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> Work:
    """Set fields of a section: show the change, send it, read it back.

    Example: wattwright send 192.168.1.12 --meter ABB01EM000014501 ratios ct_numerator=100 ct_denominator=5
    """
    from app.cli.sending import How
    from app.cli.sending import send as work

    return work(console, options, section, meter, values or (), file, How(dry_run=dry_run, yes=yes))


@COMMANDS.command()
@_device_verb
def records(
    console: Console,
    options: Options,
    archive: Annotated[str, typer.Argument(metavar="[ARCHIVE]", help="Default: list them.")] = "",
    begin: Annotated[str, typer.Option("--begin", metavar="TIME", help="From when: the device's local time.")] = "",
    end: Annotated[str, typer.Option("--end", metavar="TIME", help="Until when.")] = "",
    count: Annotated[int, typer.Option("--count", min=0, help="At most so many rows.")] = 0,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="name=value", help="A parameter (repeatable).")
    ] = None,
    csv: Annotated[str, typer.Option("--csv", metavar="FILE", help="Write CSV there; - is standard output.")] = "",
    meter: MeterOption = "",
) -> Work:
    """Read what a device keeps by time: event logs, stored values.

    Example: wattwright records 192.168.1.12 stored_profiles --meter ABB01EM000014501 --begin 2026-03-01 --csv march.csv
    """
    from app.cli.records import Wanted
    from app.cli.records import records as work

    return work(console, options, meter, Wanted(archive, begin, end, count, tuple(values or ()), csv))


@COMMANDS.command()
@_device_verb
def do(
    console: Console,
    options: Options,
    action: Annotated[str, typer.Argument(metavar="[ACTION]", help="Default: list them.")] = "",
    values: Annotated[list[str] | None, typer.Argument(metavar="[name=value]...", help="Parameters.")] = None,
    meter: MeterOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> Work:
    """Tell a device to do something once: restart, clear a log, reset a register.

    Example: wattwright do 192.168.1.12 restart
    """
    from app.cli.acting import do as work
    from app.cli.sending import How

    return work(console, options, action, meter, values or (), How(dry_run=dry_run, yes=yes))


@COMMANDS.command()
def resources(
    vendor: Annotated[str, typer.Argument(metavar="VENDOR", help="The kind of device.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of the documentation.")] = False,
    json: JsonOption = False,
) -> Job:
    """List the requests that a family's manual documents, and what uses them.

    Example: wattwright resources g13
    """
    from app.cli.resources import resources as work

    return lambda: int(work(Console(as_json=json), vendor, markdown=markdown))


@COMMANDS.command()
def recordings(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="The site file.")],
    recording: Annotated[
        int, typer.Option("--recording", metavar="ID", min=0, help="This one only, by its number in the list.")
    ] = 0,
    csv: Annotated[
        str, typer.Option("--csv", metavar="FILE", help="Write its readings as a table; - is standard output.")
    ] = "",
    json: JsonOption = False,
) -> Job:
    """List what was recorded in a site, or write the readings of a recording as CSV. Asks no device.

    Example: wattwright recordings house.wattwright --recording 3 --csv kettle.csv
    """
    from app.cli.recordings import recordings as work

    return lambda: int(work(Console(as_json=json), site, recording, csv))


@COMMANDS.command()
@_device_verb
def scan(
    console: Console,
    options: Options,
    eqbus: Annotated[str, typer.Option("--eqbus", metavar="17-49", help="EQ bus: a range or a list.")] = "",
    mbus: Annotated[str, typer.Option("--mbus", metavar="1-16|secondary", help="Wired M-Bus.")] = "",
    mbus_ir: Annotated[str, typer.Option("--mbus-ir", metavar="primary|secondary", help="Infrared M-Bus.")] = "",
    baud: Annotated[int, typer.Option("--baud", min=0, help="Baud rate of the M-Bus scans.")] = 0,
) -> Work:
    """Look for meters on the buses of a gateway.

    Example: wattwright scan 192.168.1.12 --eqbus 17-49 --mbus secondary --baud 2400
    """
    from app.cli.scanning import scan as work

    return work(console, options, {"eqbus": eqbus, "mbus": mbus, "mbus-ir": mbus_ir}, baud)


@COMMANDS.command()
@_device_verb
def register(
    console: Console,
    options: Options,
    serial: SerialArgument,
    alias: Annotated[str, typer.Option("--alias", metavar="NAME", help="How the meter is called.")],
    location: Annotated[str, typer.Option("--location", metavar="PLACE", help="Where it is mounted.")],
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> Work:
    """Register a meter that a scan has found, or rename a registered one.

    Example: wattwright register 192.168.1.12 ABB01EM000014503 --alias Lift --location "Floor 2"
    """
    from app.cli.sending import How
    from app.cli.sending import register as work

    return work(console, options, serial, alias, location, How(dry_run=dry_run, yes=yes, unasked=True))


@COMMANDS.command()
@_device_verb
def unregister(
    console: Console, options: Options, serial: SerialArgument, dry_run: DryRunOption = False, yes: YesOption = False
) -> Work:
    """Delete a meter's registration.

    Example: wattwright unregister 192.168.1.12 ABB01EM000014503
    """
    from app.cli.sending import How
    from app.cli.sending import unregister as work

    return work(console, options, serial, How(dry_run=dry_run, yes=yes, unasked=True))


@COMMANDS.command()
@_device_verb
def firmware(
    console: Console,
    options: Options,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The firmware file of the maker.")],
    meter: Annotated[
        list[str] | None,
        typer.Option("--meter", metavar="SERIAL", help="A meter that shall get it (repeatable); else the device."),
    ] = None,
    yes: YesOption = False,
) -> Work:
    """Renew the firmware of a device, or of meters behind it: upload, install, compare versions.

    Example: wattwright firmware 192.168.1.12 meters.bin --meter ABB01EM000014501 --yes
    """
    from app.cli.firmware import firmware as work

    return work(console, options, file, meter or (), yes=yes)


@COMMANDS.command()
@_device_verb
def live(
    console: Console,
    options: Options,
    meter: Annotated[
        list[str] | None, typer.Option("--meter", metavar="SERIAL", help="A meter behind the device (repeatable).")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=0, help="End after so many readings of each.")] = 0,
    seconds: Annotated[float, typer.Option("--seconds", min=0, help="End after so long.")] = 0.0,
    also: Annotated[
        list[str] | None, typer.Option("--also", metavar="ADDRESS", help="Watch this device too (repeatable).")
    ] = None,
    feed: Annotated[str, typer.Option("--feed", metavar="KEY", help="Which live source, if not the first.")] = "",
) -> Work:
    """Show live values until Ctrl+C; with --json one line for each reading.

    Example: wattwright live whatwatt_9f8124.local --count 10
    """
    from app.cli.watching import live as work

    return work(console, options, meter or (), count, seconds, also or (), feed)


@COMMANDS.command(
    help=f"Change the password of the account in use. The new one comes from {NEW_PASSWORD} or a prompt.\n\n"
    "Example: wattwright password 192.168.1.12 --user admin"
)
@_device_verb
def password(console: Console, options: Options) -> Work:
    """Change the password of the account in use."""
    from app.cli.passwords import change_password

    return change_password(console, options)


SIMULATED = {
    "g13": "delivered, commissioned, legacy",
    "whatwatt": "p1, mbus",
    "smartmac": "three-extended, three-standard, single-extended, single-standard",
    "ingecon": "ems-storage, storage-1play, 3play, 1play, storage-3play, ems-phases",
}
"""The models of each family, as the help lists them. The simulators are not loaded here: a test compares."""


@COMMANDS.command(
    help="Run simulated devices on 127.0.0.1 until stopped; prints their addresses.\n\n"
    "Example: wattwright simulate g13 whatwatt:3 ingecon/ems-storage --announce\n\n"
    "By default they are one site on a sunny day and agree with each other. While they run, lines on standard input "
    "let them fail: 'help' tells how.\n\n"
    + "\n\n".join(f"Models of {family}: {names}." for family, names in SIMULATED.items())
)
def simulate(
    device: Annotated[
        list[str] | None, typer.Argument(metavar="[FAMILY[/MODEL][:COUNT]]...", help="Default: each family.")
    ] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="sunny-day|independent", help="One site that agrees, or each its own.")
    ] = "sunny-day",
    begin: Annotated[
        str, typer.Option("--begin", metavar="HH:MM", help="The site's time of day. [default: 12:00]")
    ] = "",
    speed: Annotated[float, typer.Option("--speed", help="How fast the site's time goes by, 1 to 600.")] = 1.0,
    latency_ms: Annotated[float, typer.Option("--latency-ms", min=0, help="How slow they answer.")] = 0.0,
    announce: Annotated[bool, typer.Option("--announce", help="Announce them over mDNS on 127.0.0.1.")] = False,
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
    json: JsonOption = False,
) -> Job:
    """Run simulated devices on 127.0.0.1 until stopped; prints their addresses."""

    def work() -> int:
        # Loaded here: simulators bring a web server, which no other verb needs.
        from app.simulators.process import serve

        serve(
            device or (),
            scenario=scenario,
            begin=begin,
            speed=speed,
            latency_ms=latency_ms,
            announce=announce,
            as_json=json,
            until_stdin_closes=until_stdin_closes,
        )
        return ExitCode.DONE

    return work
