"""How a settings page is read and written: only what was changed goes out, by PUT, which the device merges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from app.model.action import NOTHING, Action
from app.model.archive import NoParameters
from app.model.field import Field, fields_of
from app.model.section import Guide, Problem, Section, Step
from app.vendors.whatwatt.client import WhatwattClient
from app.vendors.whatwatt.places import changed, fill, nested, places_of

M = TypeVar("M", bound=msgspec.Struct)


def read_page(model: type[M], path: str) -> Callable[[WhatwattClient, str], Awaitable[M]]:
    """Reads a settings page into its model."""

    async def read(client: WhatwattClient, _target: str) -> M:
        return filled(model, await client.document(path))

    return read


def filled(model: type[M], document: object) -> M:
    """The model with what the document has. Secrets stay empty: the device does not tell them, and must not."""
    secrets = {field.name: "" for field in fields_of(model) if field.secret}
    return msgspec.structs.replace(fill(model, document), **secrets)


def put_changes(title: str, path: str) -> Callable[[M, M, str], list[Step]]:
    """Plans one PUT with what differs (manual 5.1). A secret that is empty is not sent, so the device keeps it."""

    def plan(before: M, after: M, _target: str) -> list[Step]:
        names = sendable(after, changed(before, after))
        return [put(title, path, after, names)] if names else []

    return plan


def sendable(after: msgspec.Struct, names: tuple[str, ...]) -> tuple[str, ...]:
    """Without the secrets that were left empty, and what the device only tells."""
    declared = {field.name: field for field in fields_of(type(after))}
    return tuple(
        name
        for name in names
        if not declared[name].read_only and not (declared[name].secret and not getattr(after, name))
    )


def put(title: str, path: str, after: msgspec.Struct, names: tuple[str, ...]) -> Step:
    """One PUT with these fields; its secrets are named so that nobody shows or keeps them."""
    secrets = {field.name for field in fields_of(type(after)) if field.secret}
    hidden = tuple(
        at.path.rpartition(".")[2] for name, at, _ in places_of(type(after)) if name in names and name in secrets
    )
    return Step(title, "PUT", path, nested(after, names), names, hidden)


def undocumented_choices(model: type[msgspec.Struct]) -> Callable[[Any, Any], list[Problem]]:
    """Refuses to send a word that the manual does not list; one that the device already has may stay."""
    listed = [field for field in fields_of(model) if field.choices]

    def problems(before: msgspec.Struct, after: msgspec.Struct) -> list[Problem]:
        return [
            Problem(field.name, f"{field.label}: '{new}' is not one of {_words(field)}.")
            for field in listed
            if (new := getattr(after, field.name)) != getattr(before, field.name)
            and all(choice.value != new for choice in field.choices)
        ]

    return problems


def _words(field: Field) -> str:
    return ", ".join(choice.label for choice in field.choices)


def back_to_defaults(
    section: Section[Any, WhatwattClient],
    delivered: Mapping[str, Any],
    *,
    path: str,
    erases: tuple[str, ...],
    title: str = "",
    lost: str = "",
    guide: Guide | None = None,
) -> Action[NoParameters, WhatwattClient]:
    """The action that sets a page to the values of the factory: an empty POST replaces everything (manual 5.1).

    `delivered` are the values that the manual names, by field. `lost` says how the device is found afterwards, `guide`
    what that does to the connection.
    """

    def proven(_before: Any, after: Any, _parameters: NoParameters) -> str:
        wrong = [
            section.field(name).label for name, value in delivered.items() if getattr(after, name) not in (None, value)
        ]
        return f"Not as delivered: {', '.join(wrong)}." if wrong else ""

    said = f"{title or section.title}: back to defaults"
    return Action(
        key=f"{section.key}_defaults",
        title=said,
        verb="Back to defaults…",
        steps=lambda _parameters, _target: [Step(said, "POST", path, {})],
        proven=proven,
        look=section.read,
        parameters=NoParameters,
        first=lambda: NOTHING,
        guide=lambda _parameters: guide,
        erases=lambda _parameters: erases,
        beside=section.key,
        group=section.group,
        icon="undo",
        help=f"Everything on this page becomes as it was delivered. {lost}".rstrip(),
        manual="5.1",
        resources=(f"POST {path}", f"GET {path}"),
    )
