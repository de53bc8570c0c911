"""`resources`: which requests of a family's manual the program uses, and what uses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.cli.console import Console, table
from app.model.errors import ExitCode, UsageError
from app.model.resource import Resource
from app.model.vendor import Vendor
from app.registry import vendor


def resources(console: Console, key: str, *, markdown: bool) -> ExitCode:
    """List the documented requests of a family.

    Raises:
        UsageError: there is no such family.
    """
    family = vendor(key)
    if markdown and console.as_json:
        raise UsageError("Choose one: --json or --markdown.")
    used = uses(family)
    console.document(
        {
            "vendor": family.key,
            "resources": [
                {
                    "number": resource.number,
                    "request": resource.name,
                    "title": resource.title,
                    "manual": resource.manual,
                    "capability": resource.capability or None,
                    "used_by": list(used[resource.name]),
                }
                for resource in family.resources
            ],
        }
    )
    console.say(*(markdown_table(family) if markdown else _shown(family)))
    return ExitCode.DONE


def uses(family: Vendor) -> dict[str, tuple[str, ...]]:
    """What uses each documented request: keys of sections, archives, actions and feeds, and words for the rest."""
    found: dict[str, list[str]] = {resource.name: [] for resource in family.resources}
    for user, names in _declared(family):
        for name in names:
            if name in found and user not in found[name]:
                found[name].append(user)
    return {resource.name: (*found[resource.name], *resource.used_by) for resource in family.resources}


def _declared(family: Vendor) -> Iterator[tuple[str, tuple[str, ...]]]:
    for section in family.sections:
        yield section.key, section.resources
    for archive in family.archives:
        yield archive.key, archive.resources
    for action in family.actions:
        yield action.key, action.resources
    for feed in family.feeds:
        yield f"live: {feed.key}", feed.resources
    if family.firmware is not None:
        yield "firmware", family.firmware.resources


def markdown_table(family: Vendor) -> list[str]:
    """The table of a family's page in the documentation, with a line above that counts."""
    used = uses(family)
    covered = sum(bool(used[resource.name]) for resource in family.resources)
    return [
        f"{covered} of {len(family.resources)} documented requests are used.",
        "",
        "| no. | request | what it is for | used by | a meter must offer | manual |",
        "|---:|---|---|---|---|---|",
        *(_row(resource, used[resource.name]) for resource in family.resources),
    ]


def _row(resource: Resource, used_by: tuple[str, ...]) -> str:
    users = ", ".join(use if " " in use or "`" in use else f"`{use}`" for use in used_by)
    request = resource.name.replace("|", "\\|")
    cells: tuple[Any, ...] = (
        resource.number,
        f"`{request}`",
        resource.title,
        users or "–",
        resource.capability.lower() if resource.capability else "",
        resource.manual,
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _shown(family: Vendor) -> list[str]:
    used = uses(family)
    return table(
        [
            (f"{resource.number}", resource.name, ", ".join(used[resource.name]) or "not used", resource.capability)
            for resource in family.resources
        ]
    )
