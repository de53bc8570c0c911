"""How the simulated device demands its password: Digest as newer firmware does, Basic as the manual says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


@dataclass
class Protection:
    """The password of one device; empty is none. The user name is always empty.

    A Digest nonce is good for `nonce_uses` requests, then it is stale.
    """

    realm: str
    password: str = ""
    digest: bool = True
    nonce_uses: int = 20
    refused: int = 0
    _uses: dict[str, int] = field(default_factory=dict)
    _given: int = 0

    def challenge(self, method: str, target: str, authorization: str) -> str:
        """The demand to answer with, or nothing when the request may pass. `target` is path and query."""
        if not self.password:
            return ""
        scheme, _, rest = authorization.partition(" ")
        if not self.digest:
            if scheme.lower() == "basic" and self._basic(rest):
                return ""
            return self._refuse(f'Basic realm="{self.realm}"')
        sent = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
        right = scheme.lower() == "digest" and self._matches(method, target, sent)
        if right and self._count(sent):
            return ""
        return self._refuse(self._new_digest(stale=right))

    def _refuse(self, demand: str) -> str:
        self.refused += 1
        return demand

    def _basic(self, sent: str) -> bool:
        try:
            return hmac.compare_digest(base64.b64decode(sent, validate=True), f":{self.password}".encode())
        except (binascii.Error, ValueError):
            return False

    def _new_digest(self, *, stale: bool) -> str:
        self._given += 1
        nonce = _md5(f"{self.realm}:{self._given}")
        self._uses[nonce] = 0
        return (
            f'Digest realm="{self.realm}", nonce="{nonce}", algorithm=MD5-sess, qop="auth"'
            f"{', stale=true' if stale else ''}"
        )

    def _matches(self, method: str, target: str, sent: dict[str, str]) -> bool:
        wanted = {"realm": self.realm, "username": "", "uri": target, "qop": "auth"}
        if any(sent.get(name) != value for name, value in wanted.items()):
            return False
        nonce, cnonce = sent.get("nonce", ""), sent.get("cnonce", "")
        session = _md5(f"{_md5(f':{self.realm}:{self.password}')}:{nonce}:{cnonce}")
        proof = _md5(f"{session}:{nonce}:{sent.get('nc', '')}:{cnonce}:auth:{_md5(f'{method}:{target}')}")
        return hmac.compare_digest(sent.get("response", "").encode(), proof.encode())

    def _count(self, sent: dict[str, str]) -> bool:
        """One more use of the nonce; false when it is used up, repeated or was never given."""
        used = self._uses.get(sent["nonce"])
        try:
            count = int(sent.get("nc", ""), 16)
        except ValueError:
            return False
        if used is None or not used < count <= self.nonce_uses:
            return False
        self._uses[sent["nonce"]] = count
        return True


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
