"""HTTP authentication by challenge: Digest when the device offers it, Basic otherwise."""

from __future__ import annotations

from collections.abc import Generator
from urllib.parse import quote

import httpx

from app.model.device import Credentials
from app.model.errors import LoginFailed


class ByChallenge(httpx.Auth):
    """Waits for the device's 401, then answers in the strongest way it offers, and stays with that."""

    def __init__(self, credentials: Credentials) -> None:
        self._basic = httpx.BasicAuth(credentials.user, credentials.password)
        self._digest = httpx.DigestAuth(credentials.user, credentials.password)
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request: with what was agreed before, or first bare and then as challenged."""
        try:
            yield from self._flow(request)
        except (KeyError, ValueError, NotImplementedError) as error:
            # The library trusts a challenge to be well-formed and of a kind that it knows.
            raise httpx.RemoteProtocolError("a login challenge that cannot be answered", request=request) from error

    def _flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._chosen is not None:
            yield from self._chosen.auth_flow(request)
            return
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        schemes = [line.split(" ", 1)[0].lower() for line in response.headers.get_list("www-authenticate")]
        if "digest" in schemes:
            self._chosen = self._digest
            # The library's Digest works from the response to a request of its own: hand it the one we have.
            flow = self._digest.auth_flow(request)
            next(flow)
            try:
                yield flow.send(response)
            except StopIteration:
                return
        elif "basic" in schemes:
            self._chosen = self._basic
            yield from self._basic.auth_flow(request)


class InQuery(httpx.Auth):
    """Fills the password into the URL at the last moment, so that nothing above the transport ever holds it."""

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request: the parameter that has no value gets it, at its place."""
        path, mark, query = request.url.raw_path.partition(b"?")
        empty = f"{self._name}=".encode()
        filled = empty + quote(self._password, safe="").encode()
        parts = [filled if part == empty else part for part in query.split(b"&")]
        request.url = request.url.copy_with(raw_path=path + mark + b"&".join(parts))
        yield request


def authentication(credentials: Credentials | None, *, basic_at_once: bool, in_query: str = "") -> httpx.Auth | None:
    """The way to log in to one device; None without credentials. `in_query` names the URL's parameter for it.

    Raises:
        LoginFailed: user name or password cannot be written as UTF-8; nothing was sent.
    """
    if credentials is None:
        return None
    if not (writable(credentials.user) and writable(credentials.password)):
        raise LoginFailed("User name or password holds characters that cannot be sent.")
    if in_query:
        return InQuery(in_query, credentials.password)
    if basic_at_once:
        return httpx.BasicAuth(credentials.user, credentials.password)
    return ByChallenge(credentials)


def writable(text: str) -> bool:
    """Can it be written as UTF-8? Asked before it is tried, as the library's failure would quote the password."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
