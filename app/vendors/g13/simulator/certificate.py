"""The certificate that a simulated gateway signs for itself, as the real one does; a new one for every gateway."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import tempfile
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_VALID_FROM = datetime(2013, 1, 1, tzinfo=UTC)
_VALID_TO = datetime(2043, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SelfSigned:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    @classmethod
    def issue(cls, name: str, *, bits: int = 2048) -> Self:
        """A new RSA key and a certificate for `name` and 127.0.0.1, signed with that key."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_VALID_FROM)
            .not_valid_after(_VALID_TO)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .sign(key, SHA256())
        )
        return cls(
            certificate.public_bytes(Encoding.PEM),
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        )

    @property
    def fingerprint(self) -> str:
        """`sha256:` and the digest of the certificate, as the program shows it."""
        return f"sha256:{hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.decode())).hexdigest()}"

    def server_context(self, *, legacy: bool = False) -> ssl.SSLContext:
        """The server's side of TLS; `legacy` speaks TLS 1.0 alone, as the real gateway may."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if legacy:
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                # Python warns of the old version, which is what is wanted here.
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1
        with tempfile.TemporaryDirectory() as folder:
            # The ssl module loads keys from files only.
            pem = Path(folder) / "device.pem"
            pem.write_bytes(self.key + self.certificate)
            context.load_cert_chain(pem)
        return context
