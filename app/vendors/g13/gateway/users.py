"""Users and what each may do (manual 4.5.3, 6.3.17 to 6.3.23)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from app.model.action import AnyAction
from app.model.archive import AnyArchive
from app.model.errors import BadReply, UsageError
from app.model.section import AnySection, Problem, Section, Step
from app.vendors.g13.client import G13Client, encode, user_path
from app.vendors.g13.gateway.own_password import OWN_PASSWORD
from app.vendors.g13.gateway.registration import Registration, registrations
from app.vendors.g13.gateway.user_models import (
    ACCESS,
    CONFIGURE,
    LONGEST_NAME,
    NAME_HELP,
    NAME_SEPARATOR,
    NO_ACCESS,
    VIEW_ONLY,
    Access,
    Account,
    Bindings,
    UserNames,
    UserRights,
)
from app.vendors.g13.tables import MAX_UPDATE_BYTES

_NAME = re.compile(rf"[a-z0-9]{{1,{LONGEST_NAME}}}")
_BY_WORDS = {choice.value.lower(): choice.value for choice in ACCESS}

Rights = dict[str, str]
"""Access by serial number."""


async def _read_users(client: G13Client, _: str) -> UserRights:
    names = (await client.get("/users", UserNames)).users
    listing = await client.registered()
    # Without its serial nobody would seem to be an administrator, and every right over it would go to nobody.
    gateway = listing.serial or (await client.gateway()).serial
    login = client.http.credentials
    rights = {name: await _rights(client, name) for name in names}
    return UserRights(
        users=tuple(Account(name=name, gateway_admin=rights[name].get(gateway) == CONFIGURE) for name in rights),
        access=tuple(_rows(rights, registrations(listing))),
        account=login.user if login else "",
        gateway=gateway,
        known=NAME_SEPARATOR.join(rights),
    )


async def _rights(client: G13Client, name: str) -> Rights:
    try:
        path = user_path(name, "bindings")
    except UsageError as error:
        raise BadReply(f"The gateway lists a user that cannot be asked about: {error.message}") from error
    found = (await client.get(path, Bindings)).bindings
    return {binding.serial: _BY_WORDS.get(binding.access.strip().lower(), binding.access) for binding in found}


def _rows(rights: dict[str, Rights], meters: Iterable[Registration]) -> Iterator[Access]:
    for name, of_user in rights.items():
        for meter in meters:
            yield Access(
                user=name,
                serial=meter.serial,
                meter=meter.alias,
                location=meter.location,
                access=of_user.get(meter.serial, NO_ACCESS),
            )


def complete(value: UserRights) -> UserRights:
    """A new user has no access to any meter until it is given; a deleted one has none left to speak of."""
    names = {user.name for user in value.users}
    deleted = value.on_device - names
    kept = tuple(row for row in value.access if row.user not in deleted)
    meters = {row.serial: row for row in reversed(value.access)}
    there = {row.place for row in kept}
    added = tuple(
        row
        for user in value.users
        if user.name not in value.on_device
        for meter in reversed(meters.values())
        if (row := msgspec.structs.replace(meter, user=user.name, access=NO_ACCESS)).place not in there
    )
    return msgspec.structs.replace(value, access=kept + added)


def _plan_users(before: UserRights, after: UserRights, _: str) -> list[Step]:
    """First who is new and what is given, then what is taken, and at last who goes: nobody is locked out midway."""
    old = {user.name: user for user in before.users}
    new = {user.name: user for user in after.users}
    steps = [_adding(user) for name, user in new.items() if name not in old]
    steps += [_new_password(user) for name, user in new.items() if name in old and user.new_password]
    given, taken = _gateway_rights(old, new, before.gateway)
    changed = [row for row in after.access if row.user in new and row.access != _access_in(before, row)]
    steps += given
    steps += [_binding(row.user, row.serial, row.meter, row.access, "access") for row in changed]
    steps += taken
    return steps + [
        Step(f"Delete user {name}", "DELETE", user_path(name), {"name": name}, ("users",))
        for name in old
        if name not in new
    ]


def _gateway_rights(old: dict[str, Account], new: dict[str, Account], gateway: str) -> tuple[list[Step], list[Step]]:
    """Who becomes a gateway administrator, and who is none any more.

    A user who is none may look at the gateway: so the manual has it for new ones.
    """
    given, taken = [], []
    for name, user in new.items():
        if user.gateway_admin and not (name in old and old[name].gateway_admin):
            given.append(_binding(name, gateway, "the gateway", CONFIGURE, "users"))
        elif not user.gateway_admin and name not in old:
            given.append(_binding(name, gateway, "the gateway", VIEW_ONLY, "users"))
        elif not user.gateway_admin and old[name].gateway_admin:
            taken.append(_binding(name, gateway, "the gateway", VIEW_ONLY, "users"))
    return given, taken


def _adding(user: Account) -> Step:
    body: dict[str, object] = {"name": user.name, "key": user.new_password}
    return Step(f"Add user {user.name}", "PUT", "/users", body, ("users",), secret=("key",))


def _new_password(user: Account) -> Step:
    body: dict[str, object] = {"name": user.name, "key": user.new_password}
    return Step(f"New password for user {user.name}", "POST", user_path(user.name), body, ("users",), secret=("key",))


def _binding(name: str, serial: str, words: str, access: str, field: str) -> Step:
    body: dict[str, object] = {"name": name, "serial": serial, "access": access}
    method = "DELETE" if access == NO_ACCESS else "PUT"
    title = f"{access} for user {name}: {words or serial}"
    return Step(title, method, user_path(name, "bindings"), body, (field,))


def _access_in(before: UserRights, wanted: Access) -> str:
    return next((row.access for row in before.access if row.place == wanted.place), NO_ACCESS)


def _users_problems(value: UserRights) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for index, user in enumerate(value.users):
        if user.name in seen:
            problems.append(Problem(f"users[{index}].name", f"User {user.name} stands in the list twice."))
        seen.add(user.name)
        if user.new_password and not user.new_password.isprintable():
            problems.append(
                Problem(f"users[{index}].new_password", "The password holds characters that cannot be typed again.")
            )
        elif len(encode({"name": user.name, "key": user.new_password})) > MAX_UPDATE_BYTES:
            problems.append(
                Problem(f"users[{index}].new_password", f"The password is too long: {MAX_UPDATE_BYTES} bytes fit.")
            )
    if not any(user.gateway_admin for user in value.users):
        problems.append(Problem("users", "Nobody would be a gateway administrator: one user must stay one."))
    places: set[str] = set()
    for index, row in enumerate(value.access):
        if row.place in places:
            problems.append(Problem(f"access[{index}]", f"User {row.user}, meter {row.serial} stand there twice."))
        places.add(row.place)
    return problems


def _change_problems(before: UserRights, after: UserRights) -> list[Problem]:
    old = {user.name: user for user in before.users}
    new = {user.name: user for user in after.users}
    return [*_of_new_users(old, after), *_of_own_account(before.account, old, new), *_of_rows(before, after, new)]


def _of_new_users(old: dict[str, Account], after: UserRights) -> Iterator[Problem]:
    # Only here: a gateway may have users from elsewhere whose names its own page would not take.
    for index, user in enumerate(after.users):
        if user.name in old:
            continue
        if not _NAME.fullmatch(user.name):
            yield Problem(f"users[{index}].name", f"User '{user.name}': a name has {NAME_HELP}.")
        if not user.new_password:
            yield Problem(f"users[{index}].new_password", f"User {user.name} is new and needs a password.")


def _of_own_account(own: str, old: dict[str, Account], new: dict[str, Account]) -> Iterator[Problem]:
    if own not in old:
        return
    if own not in new:
        yield Problem("users", f"{own} is the account in use: log in as another administrator to delete or rename it.")
        return
    index = list(new).index(own)
    if old[own].gateway_admin and not new[own].gateway_admin:
        yield Problem(
            f"users[{index}].gateway_admin",
            f"{own} is the account in use: log in as another administrator to take its right over the gateway.",
        )
    if new[own].new_password:
        yield Problem(
            f"users[{index}].new_password",
            f"{own} is the account in use: change its password with '{OWN_PASSWORD.verb.rstrip('…')}'.",
        )


def _of_rows(before: UserRights, after: UserRights, new: dict[str, Account]) -> Iterator[Problem]:
    serials = {row.serial for row in before.access}
    places = {row.place for row in after.access}
    for index, row in enumerate(after.access):
        if row.user not in new and row.user not in before.on_device:
            yield Problem(f"access[{index}].user", f"There is no user '{row.user}'.")
        elif serials and row.serial not in serials:
            yield Problem(f"access[{index}].serial", f"Meter {row.serial} is not registered.")
        elif row.access not in _BY_WORDS.values() and row.access != _access_in(before, row):
            allowed = ", ".join(_BY_WORDS.values())
            yield Problem(f"access[{index}].access", f"Access '{row.access}' is not one of {allowed}.")
        elif row.user == before.account and _rank(row.access) < _rank(_access_in(before, row)):
            less = f"{row.user} is the account in use: it would be able to do less with {row.meter or row.serial}."
            yield Problem(f"access[{index}].access", less, warning=True)
    for row in before.access:
        if row.user in new and row.place not in places:
            yield Problem("access", f"The row of user {row.user}, meter {row.serial} is missing; {NO_ACCESS} takes it.")


def _rank(access: str) -> int:
    """How much a right allows; one that we do not know may be any."""
    known = [choice.value for choice in ACCESS]
    return known.index(access) if access in known else len(known)


def _users_erased(before: UserRights, after: UserRights) -> tuple[str, ...]:
    kept = {user.name for user in after.users}
    return tuple(f"user {user.name} with all rights" for user in before.users if user.name not in kept)


def _users_summary(value: UserRights) -> str:
    admins = sum(user.gateway_admin for user in value.users)
    meters = len({row.serial for row in value.access})
    return f"{len(value.users)} users, {admins} of them gateway administrators; {meters} registered meters"


USERS = Section(
    key="g13.users",
    title="Users and rights",
    model=UserRights,
    read=_read_users,
    plan=_plan_users,
    problems=_users_problems,
    change_problems=_change_problems,
    normalise=complete,
    tags={"name": "users", "key": "users", "oldkey": "users", "serial": "access", "access": "access"},
    erases=_users_erased,
    summary=_users_summary,
    group="Users",
    icon="user",
    help=(
        "What each user may do with the gateway and its meters. A new user, or one with a new password, "
        "is asked for a password of its own at the first login. Needs a gateway administrator."
    ),
    manual="4.5.3, 6.3.17 to 6.3.23",
    resources=(
        "GET /users",
        "GET /users/<user>/bindings",
        "GET /meters",
        "PUT /users",
        "POST /users/<user>",
        "PUT /users/<user>/bindings",
        "DELETE /users/<user>/bindings",
        "DELETE /users/<user>",
    ),
)

SECTIONS: tuple[AnySection, ...] = (USERS,)
ARCHIVES: tuple[AnyArchive, ...] = ()
ACTIONS: tuple[AnyAction, ...] = (OWN_PASSWORD,)
