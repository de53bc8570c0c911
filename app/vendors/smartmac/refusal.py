"""What a meter means when it does not answer with its values. The manual is silent: so all that is likely is taken."""

from __future__ import annotations

from http import HTTPStatus

from app.model.device import Address
from app.model.errors import DeviceFailed, DeviceRefused, LoginFailed, NotFound, NotRecognised, TooSoon
from app.model.login import LoginWords
from app.net.pace import Pace

LOGIN = LoginWords(user="Device id", password="PIN", where="Both are printed on the device.")  # noqa: S106 -- labels
_EARLY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_REQUEST)


def refuse(address: Address, status: int, said: str, pace: Pace) -> None:
    """Raise what a status other than success means. `said` is ': ' and the device's own words, or nothing."""
    if status in _EARLY:
        raise TooSoon(f"{address} was asked too early, perhaps by somebody else too{said}.", wait_s=pace.wait_s())
    if status == HTTPStatus.FORBIDDEN:
        raise wrong_login(address, said and f" It says{said}.")
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound(f"{address} does not know this request{said}.", status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise DeviceFailed(f"{address} answers {status}{said}.", status=status, hint="Wait a moment and refresh.")
    if status >= HTTPStatus.BAD_REQUEST:
        raise DeviceRefused(f"{address} answers {status}{said}.", status=status)
    if status != HTTPStatus.OK:
        raise NotRecognised(f"{address} answers {status}, as no smart-MAC does{said}.")


def wrong_login(address: Address, said: str) -> LoginFailed:
    """The error for an answer without values. `said` is a sentence more, or nothing."""
    return LoginFailed(f"{address} gives no values for this device id and PIN.{said}", hint=LOGIN.where)
