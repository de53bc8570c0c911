"""Everything that can go wrong with a device, as a small tree.

`app.net` and the vendors raise these; `ui.tasks` and `app.cli` turn them into words. Each error says what
happened (`message`), and what the installer does next (`hint`). What is not in this tree is a bug of ours.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line answers to the shell."""

    DONE = 0
    BUG = 1
    USAGE = 2
    UNREACHABLE = 3
    LOGIN = 4
    REFUSED = 5
    NOT_VERIFIED = 6
    NOT_TRUSTED = 7
    TOO_SOON = 8


class AppError(Exception):
    """Something that an installer can understand and act upon.

    `details` is for the 'Details' of a toast: what was asked and what was answered, with secrets struck out.
    """

    title = "Something went wrong"
    hint = ""
    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or type(self).hint
        self.details = details


class UsageError(AppError):
    """The request itself makes no sense: an unknown section, a value outside its range."""

    title = "That is not possible"
    exit_code = ExitCode.USAGE


class InvalidValue(UsageError):
    """A value breaks a limit that its field declares. `field` is the field's name."""

    title = "A value is not allowed"

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class TooLong(UsageError):
    """What would be sent is longer than the device takes."""

    title = "Too much for one request"


class DeviceUnreachable(AppError):
    """Nothing answers at the address, or the connection broke before anything was sent."""

    title = "Device not reachable"
    hint = "Check power, cable and address; is the laptop in the same subnet?"
    exit_code = ExitCode.UNREACHABLE


class AnswerLost(DeviceUnreachable):
    """The request may have reached the device, its answer did not come: the outcome is unknown."""

    title = "No answer"
    hint = "The device may or may not have taken the change: read it back before sending again."


class DeviceSilent(AnswerLost):
    """The device took the connection and then said nothing for too long."""

    title = "The device does not answer"
    hint = "It may be busy or restarting. Wait a moment and refresh."


class TlsRefused(DeviceUnreachable):
    """No common way to encrypt, or the port does not speak TLS at all."""

    title = "No encrypted connection"
    hint = "Check that the address and port belong to the device's HTTPS server."


class CertificateNotTrusted(AppError):
    """The device's certificate was never accepted. `fingerprint` is what it shows now."""

    title = "Certificate not accepted yet"
    hint = "Compare the fingerprint with the device, then accept it."
    exit_code = ExitCode.NOT_TRUSTED

    def __init__(self, message: str, *, fingerprint: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.fingerprint = fingerprint


class CertificateChanged(CertificateNotTrusted):
    """The device shows another certificate than the one that was accepted. `pinned` is the accepted one."""

    title = "The certificate has changed"
    hint = (
        "Was the device replaced or reset? If not, something stands between you and it. Accept it only if you know why."
    )

    def __init__(self, message: str, *, fingerprint: str, pinned: str) -> None:
        super().__init__(message, fingerprint=fingerprint)
        self.pinned = pinned


class LoginFailed(AppError):
    """User name or password is wrong, or a login is needed and none was given."""

    title = "Login failed"
    hint = "Check user name and password."
    exit_code = ExitCode.LOGIN


class PasswordChangeRequired(LoginFailed):
    """The device wants its default password replaced before it does anything else."""

    title = "The password must be changed first"
    hint = "Choose a new password for this user; the device refuses everything until then."


class AccessDenied(AppError):
    """The login is right, but this user may not do that."""

    title = "Access denied"
    hint = "Log in as a user with the right to configure this device."
    exit_code = ExitCode.LOGIN


class LicenceRequired(AppError):
    """The device has the function but not the licence for it."""

    title = "Licence required"
    hint = "This function needs a licence of the maker on the device."
    exit_code = ExitCode.LOGIN


class TooSoon(AppError):
    """The device may be asked again only after `wait_s` seconds."""

    title = "Too soon"
    exit_code = ExitCode.TOO_SOON

    def __init__(self, message: str, *, wait_s: float) -> None:
        super().__init__(message, hint=f"Wait {wait_s:.0f} s.")
        self.wait_s = wait_s


class DeviceRefused(AppError):
    """The device understood and said no. `status` is its HTTP code, `field` the setting it names, if it does."""

    title = "Refused by the device"
    hint = "Correct the value that the device names, and send again."

    def __init__(self, message: str, *, status: int = 0, field: str = "", hint: str = "", details: str = "") -> None:
        super().__init__(message, hint=hint, details=details)
        self.status = status
        self.field = field


class DeviceFailed(DeviceRefused):
    """The device tried and could not: a meter behind it does not answer, its storage is full."""

    title = "The device reports a failure"
    hint = "Check that the meter is powered and its bus is connected, then try again."


class NotFound(DeviceRefused):
    """The device does not know this resource."""

    title = "Not known to the device"
    hint = "The device's type or firmware does not offer this."


class BadReply(AppError):
    """The answer is not what the device's manual promises: cut off, too long, another kind of page."""

    title = "The answer makes no sense"
    hint = "Is this the device you think it is? Refresh; if it stays, note the details and the firmware version."


class NotRecognised(BadReply):
    """Something answers at the address, and it is no device that we know."""

    title = "No known device"
    hint = "Check address and port, or name the kind of device yourself."


class ChangedMeanwhile(AppError):
    """Somebody else changed a setting on the device since it was read."""

    title = "The device was changed meanwhile"
    hint = "Reload the section, look at the new values, and decide again."
    exit_code = ExitCode.NOT_VERIFIED


class StorageFailed(AppError):
    """The site file or another file of ours cannot be read or written."""

    title = "File trouble"
    hint = "Check that the disk has room and the file may be written."
    exit_code = ExitCode.USAGE
