"""An issuer for the tests of the ring: its pages by address, and a driver that carries out what the ring asks for."""

from __future__ import annotations

import json
from typing import Any, Final

from bearerguard.keyring import Fetch, Fetched, FetchFailed, KeyRing
from bearerguard.keys import PublicKey
from bearerguard.limits import DEFAULT_LIMITS, Limits
from bearerguard.policy import Policy
from tests.core.builders import AUDIENCE, ISSUER, jwk, jwks, private_key

START: Final = 1_000.0
OIDC: Final = f"{ISSUER}/.well-known/openid-configuration"
RFC8414: Final = f"{ISSUER}/.well-known/oauth-authorization-server"
JWKS: Final = f"{ISSUER}/oauth2/jwks"


def ring_of(
    limits: Limits = DEFAULT_LIMITS, *, keys: Any = None, issuer: str = ISSUER, **settings: Any
) -> KeyRing:
    """An empty ring."""
    return KeyRing(Policy(issuer, AUDIENCE, **settings), limits, keys=keys)


def metadata(**changes: Any) -> bytes:
    """A discovery document, changed; None leaves a member out."""
    members = {"issuer": ISSUER, "jwks_uri": JWKS} | changes
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def published(*kids: str) -> bytes:
    """A key set with a key for each name."""
    keys = (jwk(private_key("Ed25519", 30 + int(kid[-1])), kid=kid) for kid in kids)
    return json.dumps(jwks(*keys)).encode()


def page(body: bytes = b"", status: int = 200, **headers: str) -> Fetched:
    """An answer; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched("", status, body, {"content-type": "application/json"} | named)


class Issuer:
    """Answers by address (404 where it has no page), and remembers what it was asked."""

    def __init__(self, *kids: str) -> None:
        self.pages: dict[str, Fetched | FetchFailed] = {OIDC: page(metadata())}
        self.asked: list[str] = []
        self.publish(*(kids or ("key-1",)))

    def publish(self, *kids: str, **headers: Any) -> None:
        """Replace the key set."""
        self.pages[JWKS] = page(published(*kids), **headers)

    def fail(self, url: str = JWKS, reason: str = "no route to host", **settings: Any) -> None:
        """Let an address not answer."""
        self.pages[url] = FetchFailed(url, reason, **settings)

    def answer(self, fetch: Fetch) -> Fetched | FetchFailed:
        """What a `Fetch` brings."""
        self.asked.append(fetch.url)
        found = self.pages.get(fetch.url, page(b"not found", 404))
        if isinstance(found, FetchFailed):
            return FetchFailed(fetch.url, found.reason, found.retry_after)
        return Fetched(fetch.url, found.status, found.body, found.headers)

    def carry_out(self, ring: KeyRing, fetch: Fetch, now: float) -> None:
        """One exchange."""
        ring.accept(fetch, self.answer(fetch), now)

    def keys(self, ring: KeyRing, kid: str | None = "key-1", now: float = START) -> tuple[PublicKey, ...]:
        """What a caller of the verifier gets, all fetches carried out; a ring that never has enough is a failure."""
        for _ in range(6):
            found = ring.look("EdDSA", kid, now)
            if not isinstance(found, Fetch):
                return found
            self.carry_out(ring, found, now)
        raise AssertionError(f"the ring asks and asks: {self.asked}")

    def refresh(self, ring: KeyRing, now: float) -> None:
        """What goes on off the request path."""
        for _ in range(6):
            fetch = ring.due(now)
            if fetch is None:
                return
            self.carry_out(ring, fetch, now)
        raise AssertionError(f"the ring asks and asks: {self.asked}")


def filled(*kids: str, limits: Limits = DEFAULT_LIMITS, **settings: Any) -> tuple[KeyRing, Issuer]:
    """A ring with fresh keys, fetched at `START`, and its issuer, whose memory of that is wiped."""
    ring, issuer = ring_of(limits, **settings), Issuer(*kids)
    issuer.keys(ring, kids[0] if kids else "key-1")
    issuer.asked.clear()
    return ring, issuer


def names(ring: KeyRing) -> set[str | None]:
    """The names of the keys that are held."""
    return set() if ring.keys is None else {key.kid for key in ring.keys.keys}
