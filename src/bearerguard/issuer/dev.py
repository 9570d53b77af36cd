"""`DevIssuer`: an issuer in memory that mints real tokens, and stands where the network would be."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from .. import ConfigurationError, Policy
from ..fetch import Fetch, Fetched, FetchFailed
from ..providers import authgear
from . import documents, minting
from .minting import Members, changed
from .recipes import Bench
from .signing import SigningKey, compact
from .spoils import SPOILS

ALGORITHM: Final = "RS256"
"""What Authgear signs with; it knows no other."""


class DevIssuer:
    """An OpenID Connect issuer for tests and local development, shaped like Authgear.

    ``url`` is the issuer identifier, ``client_id`` the application that tokens are issued to, ``clock`` returns wall
    time in seconds. Nothing is checked when it mints: whoever holds this object may have any token. It is a
    `bearerguard.fetch.Fetcher` and `AsyncFetcher`: a verifier that is given ``fetcher=issuer`` needs no network.
    """

    def __init__(
        self,
        url: str = "http://localhost:8455",
        *,
        client_id: str = "dev-client",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self.client_id = client_id
        self.offline = False
        """True makes every fetch fail, as an outage does."""
        self.requests: list[str] = []
        """Every URL that was asked for, in order, in memory or through an `IssuerServer`."""
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[SigningKey, ...] = (SigningKey(ALGORITHM),)
        self._audiences: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<DevIssuer {self.url}>"

    def policy(self, audience: Any = None, **overrides: Any) -> Policy:
        """Return the policy that accepts this issuer's access tokens: Authgear's, for this audience or the issuer's URL.

        The issuer remembers the audiences of the policies it made: a token minted without an ``audience`` is meant for
        all of them. ``overrides`` are arguments of `Policy`. Raises `ConfigurationError` as `Policy` does.
        """
        policy = authgear(self.url, audience=audience, **overrides)
        if isinstance(policy.audience, tuple):
            with self._lock:
                self._audiences += tuple(new for new in policy.audience if new not in self._audiences)
        return policy

    def mint(
        self,
        subject: str = "alice",
        *,
        audience: str | Collection[str] | None = None,
        client_id: str | None = None,
        scope: str = "openid offline_access",
        roles: Collection[str] = (),
        lifetime: int = minting.ACCESS_TOKEN_LIFETIME,
        claims: Members | None = None,
        header: Members | None = None,
    ) -> str:
        """Return an access token (RFC 9068) for a user, of ``lifetime`` seconds from now.

        ``audience`` is the resource it is meant for (RFC 8707); without one, the issuer's URL or the audiences of the
        policies made here. ``claims`` and ``header`` change single members; `ABSENT` as a value removes one.
        """
        minted = minting.access_claims(
            self.url,
            subject,
            self._audience(audience),
            self._now(),
            client_id=self.client_id if client_id is None else client_id,
            scope=scope,
            roles=roles,
            lifetime=lifetime,
        )
        return self._sign("at+jwt", minted, claims, header)

    def mint_id_token(
        self,
        subject: str = "alice",
        *,
        client_id: str | None = None,
        roles: Collection[str] = (),
        lifetime: int = minting.ID_TOKEN_LIFETIME,
        claims: Members | None = None,
        header: Members | None = None,
    ) -> str:
        """Return an ID token (OpenID Connect Core 1.0 section 2): never good for an API."""
        minted = minting.id_claims(
            self.url,
            subject,
            self._now(),
            client_id=self.client_id if client_id is None else client_id,
            roles=roles,
            lifetime=lifetime,
        )
        return self._sign("JWT", minted, claims, header)

    def mint_opaque(self) -> str:
        """Return an opaque access token, as Authgear issues while 'Issue JWT as access token' is off."""
        return minting.opaque_token()

    def mint_for_machine(
        self,
        client_id: str,
        resource: str,
        scope: str = "",
        *,
        lifetime: int = minting.ACCESS_TOKEN_LIFETIME,
        claims: Members | None = None,
        header: Members | None = None,
    ) -> str:
        """Return an access token for a client that acts for itself (RFC 6749 section 4.4) at one resource."""
        minted = minting.machine_claims(
            self.url, resource, self._now(), client_id=client_id, scope=scope, lifetime=lifetime
        )
        return self._sign("at+jwt", minted, claims, header)

    def spoiled(self, *, audience: str | Collection[str] | None = None) -> Iterator[tuple[str, str]]:
        """Yield every wrong token of `SPOILS` as (name, token), each made from a token that `mint` would return."""
        for row in SPOILS:
            yield row.name, row.recipe(self.bench(audience))

    def spoil(self, name: str, *, audience: str | Collection[str] | None = None) -> str:
        """Return the wrong token of this name. Raises `ConfigurationError` if `SPOILS` has no such row."""
        for row in SPOILS:
            if row.name == name:
                return row.recipe(self.bench(audience))
        names = ", ".join(row.name for row in SPOILS)
        raise ConfigurationError(f"There is no wrong token named {name!r:.80}; there are {names}.")

    def bench(self, audience: str | Collection[str] | None = None) -> Bench:
        """Return the parts of one good token and the key that signs it, for making wrong ones of your own."""
        key = self._keys[0]
        claims = minting.access_claims(
            self.url,
            "alice",
            self._audience(audience),
            self._now(),
            client_id=self.client_id,
            scope="openid offline_access",
            roles=(),
            lifetime=minting.ACCESS_TOKEN_LIFETIME,
        )
        return Bench(key, minting.header(key, "at+jwt"), claims)

    def rotate(self, *, overlap: bool = True) -> None:
        """Sign with a new key from now on; without ``overlap`` every older key is withdrawn at once."""
        with self._lock:
            self._keys = (SigningKey(ALGORITHM), *(self._keys if overlap else ()))

    def discovery(self) -> dict[str, Any]:
        """Return the metadata document (OpenID Connect Discovery 1.0 section 3)."""
        return documents.discovery(self.url, ALGORITHM)

    def key_set(self) -> dict[str, Any]:
        """Return the published keys as a JWK Set (RFC 7517 section 5); the first one signs."""
        return documents.key_set(self._keys)

    def now(self) -> float:
        """Return the issuer's own time, in seconds since 1970."""
        return self._clock()

    def document(self, url: str) -> bytes | None:
        """Return what is published at an URL, as JSON, or None; the request is remembered in ``requests``."""
        self.requests.append(url)
        if url == self.url + documents.KEY_SET_PATH:
            return json.dumps(self.key_set()).encode()
        if url in {self.url + path for path in documents.DISCOVERY_PATHS}:
            return json.dumps(self.discovery()).encode()
        return None

    def fetch(self, request: Fetch) -> Fetched | FetchFailed:
        """Answer from memory what the network would be asked (`bearerguard.fetch.Fetcher`). Never raises."""
        body = self.document(request.url)
        if self.offline:
            return FetchFailed(request.url, "the dev issuer is offline")
        if body is None:
            return Fetched(request.url, 404, b'{"error":"not_found"}', {"content-type": "application/json"})
        if len(body) > request.byte_limit:
            return FetchFailed(request.url, f"the answer is longer than {request.byte_limit} bytes")
        return Fetched(request.url, 200, body, {"content-type": "application/json"})

    async def fetch_async(self, request: Fetch) -> Fetched | FetchFailed:
        """Answer as `fetch` does (`bearerguard.fetch.AsyncFetcher`)."""
        return self.fetch(request)

    def _now(self) -> int:
        return int(self._clock())

    def _audience(self, audience: str | Collection[str] | None) -> Collection[str]:
        if audience is None:
            return self._audiences or (self.url,)
        return (audience,) if isinstance(audience, str) else audience

    def _sign(self, token_type: str, minted: Members, claims: Members | None, header: Members | None) -> str:
        key = self._keys[0]
        return compact(changed(minting.header(key, token_type), header), changed(minted, claims), key.sign)
