"""The simulated gateway's users as its API shows them.

Decided here, the manual being silent: all of it is for administrators, except that everybody may look at the own
bindings and change the own password.
"""

from __future__ import annotations

from app.vendors.g13.simulator.calls import SUCCESS, Call, Reply, Resource, done, resource
from app.vendors.g13.simulator.gateway_log import USER_ADDED, USER_DELETED, USERS_FULL, WARNING, EventLog
from app.vendors.g13.simulator.refusal import Refusal, check_tags, invalid
from app.vendors.g13.simulator.users import FORBIDDEN, MOST_USERS, Role, User


def _names(call: Call) -> Reply:
    return {"users": list(call.gateway.users.by_name)}


def _add(call: Call) -> None:
    log = call.gateway.part(EventLog)
    try:
        call.gateway.users.create(call.body)
    except Refusal:
        if len(call.gateway.users.by_name) >= MOST_USERS:
            log.add(USERS_FULL, category=WARNING)
        raise
    log.add(USER_ADDED)


def _renew(call: Call) -> None:
    call.gateway.users.renew_password(call.user, call.body)


def _remove(call: Call) -> None:
    name = call.places["user"]
    if check_tags(call.body, ["name"])["name"] != name:
        raise invalid("name")
    call.gateway.users.remove(name, call.user)
    call.gateway.part(EventLog).add(USER_DELETED)


def _bindings(call: Call) -> Reply:
    """The devices that the user has access to, its own gateway first."""
    users = call.gateway.users
    name = call.places["user"]
    if name != call.user.name and not users.is_admin(call.user):
        raise Refusal(403, FORBIDDEN)
    user = users.named(name)
    roles = {serial: _role(call, user, serial) for serial in (call.gateway.serial, *call.gateway.registered)}
    return {
        "bindings": [
            {"serial": serial, "access": role.value} for serial, role in roles.items() if role is not Role.NONE
        ]
    }


def _role(call: Call, user: User, serial: str) -> Role:
    if serial == call.gateway.serial:
        return user.bindings.get(serial, Role.NONE)
    return call.gateway.users.role(user, serial)


def _give(call: Call) -> Reply:
    return _bind(call, (Role.VIEW, Role.CONFIGURE))


def _take(call: Call) -> Reply:
    return _bind(call, (Role.NONE,))


def _bind(call: Call, allowed: tuple[Role, ...]) -> Reply:
    sent = check_tags(call.body, ["name", "serial", "access"])
    user = call.gateway.users.named(call.places["user"])
    if sent["name"] != user.name:
        raise invalid("name")
    if sent["serial"] not in (call.gateway.serial, *call.gateway.registered):
        raise invalid("serial")
    role = next((role for role in allowed if role.value == sent["access"]), None)
    if role is None:
        raise invalid("access")
    call.gateway.users.bind(user, sent["serial"], role, tuple(call.gateway.registered))
    return SUCCESS


RESOURCES: tuple[Resource, ...] = (
    resource("GET", "/users", _names, of_admin=True),
    resource("PUT", "/users", done(_add), of_admin=True),
    resource("POST", "/users/{user}", done(_renew)),
    resource("DELETE", "/users/{user}", done(_remove), of_admin=True),
    resource("GET", "/users/{user}/bindings", _bindings),
    resource("PUT", "/users/{user}/bindings", _give, of_admin=True),
    resource("DELETE", "/users/{user}/bindings", _take, of_admin=True),
)
