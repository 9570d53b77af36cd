"""HMAC, in a room of its own: the one verifier that takes a shared secret, and the one policy that holds it.

Everywhere else an issuer has public keys. What this room accepts as a secret is identified positively: bytes, long enough
for the hash, that are nothing else - no key, certificate or JSON of any serialisation - so that a published key can never
become the secret that "signs". No secret comes in through a key set, and no public key comes in here.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, Final, NoReturn, Self

from .errors import BearerguardError, ConfigurationError, MalformedTokenError
from .judge import Judge, explain
from .key_material import recognised
from .keys import PublicKey
from .limits import DEFAULT_LIMITS, Limits
from .policy import Marker, Policy
from .report import Report
from .token import UnverifiedToken, parse
from .verified import Verified
from .verifier import check_limits, require_scopes

# RFC 7518 section 3.2: the key is at least as long as the hash output.
_HASHES: Final[dict[str, tuple[Callable[..., Any], int]]] = {
    "HS256": (hashlib.sha256, 32),
    "HS384": (hashlib.sha384, 48),
    "HS512": (hashlib.sha512, 64),
}


class SharedSecretPolicy:
    """What tokens signed with a shared secret must be to be accepted. Everyone who can check them can also make them.

    - ``secret``: bytes, at least as many as the longest of the algorithms' hashes has. Made by a random generator: a
      password can be guessed offline from one token.
    - ``algorithms``: among HS256, HS384 and HS512.
    - ``rules``: the keywords of `bearerguard.Policy` that say something about tokens; none about keys.

    Raises `ConfigurationError`, without the secret in it.
    """

    __slots__ = ("_key", "rules")

    rules: Policy
    _key: PublicKey

    def __init__(
        self,
        *,
        secret: bytes,
        issuer: str,
        audience: str | Collection[str] | Marker,
        algorithms: Collection[str] = ("HS256",),
        **rules: Any,
    ) -> None:
        names = (
            tuple(algorithms)
            if isinstance(algorithms, Collection) and not isinstance(algorithms, str)
            else ()
        )
        if not names or not all(isinstance(name, str) and name in _HASHES for name in names):
            raise ConfigurationError(
                f"algorithms of a shared secret are among {', '.join(_HASHES)}.",
                code="configuration_algorithms",
            )
        if not rules.keys().isdisjoint({"discovery_url", "jwks_uri"}):
            raise ConfigurationError("A shared secret is not fetched: leave out discovery_url and jwks_uri.")
        _check_secret(secret, max(_HASHES[name][1] for name in names))
        policy = Policy(issuer, audience, **rules)
        object.__setattr__(policy, "settings", replace(policy.settings, algorithms=frozenset(names)))
        object.__setattr__(policy, "algorithms", tuple(sorted(set(names))))
        key = PublicKey(None, "oct", None, {name: _checker(secret, _HASHES[name][0]) for name in names})
        object.__setattr__(self, "rules", policy)
        object.__setattr__(self, "_key", key)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a policy cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a policy cannot be changed")

    def __repr__(self) -> str:
        return f"<SharedSecretPolicy of {self.rules.issuer!r}>"


class SharedSecretVerifier:
    """Verifies access tokens that are signed with a shared secret. Nothing is ever fetched, so nothing is awaited.

    The judgement is the one of every other door; only the key is of another kind. Raises `ConfigurationError`.
    """

    def __init__(
        self,
        policy: SharedSecretPolicy,
        *,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(policy, SharedSecretPolicy):
            raise ConfigurationError(
                "This verifier takes one SharedSecretPolicy; public keys belong to a Verifier."
            )
        check_limits(limits)
        self._judge = Judge(policy.rules)
        self._keys = (policy._key,)
        self.limits = limits
        self._clock = clock

    def verify(self, token: str | bytes, *, scopes: Collection[str] = ()) -> Verified:
        """Return who the token speaks for; raises `TokenError`, or `PermissionDeniedError` if it lacks a scope."""
        parsed = parse(token, self.limits)
        self._judge.admit(parsed)
        verified = self._judge.conclude(parsed, self._keys, self._clock())
        if scopes:
            require_scopes(verified, scopes)
        return verified

    def explain(self, token: str | bytes) -> Report:
        """Return a `Report` of every check of this token. Raises nothing for any token."""
        parsed: UnverifiedToken | MalformedTokenError
        keys: tuple[PublicKey, ...] | BearerguardError | None = self._keys
        try:
            parsed = parse(token, self.limits)
            self._judge.admit(parsed)
        except MalformedTokenError as error:
            parsed = error
        except BearerguardError:
            keys = None
        return explain(parsed, keys, self._judge.policy, self._clock())

    def now(self) -> float:
        """Return the verifier's wall clock, in seconds since 1970."""
        return self._clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing is held."""


def _checker(secret: bytes, digest: Callable[..., Any]) -> Callable[[bytes, bytes], bool]:
    keyed = hmac.new(secret, digestmod=digest)

    def check(signature: bytes, signing_input: bytes) -> bool:
        mac = keyed.copy()
        mac.update(signing_input)
        return hmac.compare_digest(mac.digest(), signature)

    return check


def _check_secret(secret: object, least: int) -> None:
    if not isinstance(secret, bytes):
        raise ConfigurationError(
            f"secret is bytes, not {type(secret).__name__}: decode it from the form it is kept in, such as "
            "base64.b64decode(...) or bytes.fromhex(...).",
            code="configuration_keys",
        )
    if len(secret) < least:
        raise ConfigurationError(
            f"secret has {len(secret)} bytes; RFC 7518 section 3.2 asks for at least {least}. "
            "secrets.token_bytes() makes a good one.",
            code="configuration_keys",
        )
    if len(set(secret)) < 8:
        raise ConfigurationError(
            "secret is hardly random: make one with secrets.token_bytes().", code="configuration_keys"
        )
    if (kind := recognised(secret)) is not None:
        raise ConfigurationError(
            f"secret is {kind}, which is not a secret that two parties share. Tokens signed with a private key are "
            "verified by a Verifier.",
            code="configuration_keys",
        )
