"""TLS as embedded web servers speak it: a modern profile first, a legacy one for devices of 2013.

Trust is by certificate fingerprint (see `pins`), never by authority: these devices sign their own certificates.
So neither profile verifies a chain; `client` compares the fingerprint before the first byte of a request.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import ssl
import warnings
from datetime import datetime
from enum import Enum

import msgspec

OP_LEGACY_SERVER_CONNECT = 0x4
"""OpenSSL's switch for servers without RFC 5746; Python names it only from 3.12 on."""

_LEGACY_REASONS = frozenset(
    {
        "UNSUPPORTED_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "EE_KEY_TOO_SMALL",
        "CA_MD_TOO_WEAK",
        "DH_KEY_TOO_SMALL",
        "BAD_SIGNATURE",
        "WRONG_SIGNATURE_TYPE",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "NO_SUITABLE_SIGNATURE_ALGORITHM",
        "INTERNAL_ERROR",
        "UNEXPECTED_EOF_WHILE_READING",
    }
)


class Profile(Enum):
    """How TLS is spoken with one device. Remembered with its pin."""

    MODERN = "modern"
    LEGACY = "legacy"

    @property
    def label(self) -> str:
        """In the installer's words."""
        return "TLS 1.2 or newer" if self is Profile.MODERN else "legacy TLS (1.0 and weak keys allowed)"


@functools.cache
def context(profile: Profile) -> ssl.SSLContext:
    """The shared context of a profile. It verifies no chain: the caller compares the fingerprint."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if profile is Profile.LEGACY:
        with warnings.catch_warnings():
            # Python calls TLS 1.0 deprecated. So it is; the gateways in the cabinets speak nothing newer.
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = ssl.TLSVersion.TLSv1
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
        made.options |= OP_LEGACY_SERVER_CONNECT
    else:
        made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def ssl_cause(error: BaseException) -> ssl.SSLError | None:
    """The TLS failure behind an error, if there is one."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def wants_legacy(error: ssl.SSLError) -> bool:
    """Is this the failure of a modern handshake with an old device, so that the legacy profile is worth a try?"""
    return (error.reason or "") in _LEGACY_REASONS or isinstance(error, ssl.SSLEOFError)


class Certificate(msgspec.Struct, frozen=True):
    """What a device showed at the handshake. Texts come from the device: show them as plain text."""

    fingerprint: str
    """`sha256:` and 64 hexadecimal digits."""
    subject: str = ""
    issuer: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    key: str = ""
    protocol: str = ""

    @property
    def grouped(self) -> str:
        """The fingerprint in pairs, as browsers and certificate tools print it."""
        digits = self.fingerprint.partition(":")[2].upper()
        return ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))


def fingerprint(der: bytes) -> str:
    """The SHA-256 fingerprint of a certificate in DER form."""
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def describe(der: bytes, protocol: str) -> Certificate:
    """Read a certificate for people. Fields that cannot be read stay empty; the fingerprint never fails."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    print_ = fingerprint(der)
    try:
        with warnings.catch_warnings():
            # Old certificates break rules that the library warns about; that is what we expect here.
            warnings.simplefilter("ignore")
            read = x509.load_der_x509_certificate(der)
            key = read.public_key()
            return Certificate(
                fingerprint=print_,
                subject=read.subject.rfc4514_string(),
                issuer=read.issuer.rfc4514_string(),
                valid_from=read.not_valid_before_utc,
                valid_until=read.not_valid_after_utc,
                key=f"RSA {key.key_size}" if isinstance(key, RSAPublicKey) else type(key).__name__.lstrip("_"),
                protocol=protocol,
            )
    except ValueError:
        return Certificate(fingerprint=print_, protocol=protocol)


async def handshake(host: str, port: int, *, timeout_s: float = 5.0) -> tuple[Certificate, Profile]:
    """Shake hands, look at the certificate, hang up. Sends no request and no credentials.

    Raises:
        OSError, ssl.SSLError, TimeoutError: as the handshake failed, in the last profile tried.
    """
    profile = Profile.MODERN
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                _, writer = await asyncio.open_connection(host, port, ssl=context(profile), server_hostname=host)
        except ssl.SSLError as error:
            if profile is Profile.MODERN and wants_legacy(error):
                profile = Profile.LEGACY
                continue
            raise
        try:
            channel: ssl.SSLObject = writer.get_extra_info("ssl_object")
            der = channel.getpeercert(binary_form=True) or b""
            return describe(der, channel.version() or ""), profile
        finally:
            writer.transport.abort()
