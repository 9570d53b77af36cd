"""HMAC, in a room of its own: the one verifier that takes a shared secret, and the one policy that holds it.

Everywhere else an issuer has public keys. What this room accepts as a secret is identified positively: bytes, long enough
for the hash, that are nothing else - no key, certificate or JSON of any serialisation - so that a published key can never
become the secret that "signs". No secret comes in through a key set, and no public key comes in here.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .algorithms import CURVES
from .errors import BearerguardError, ConfigurationError, MalformedTokenError
from .judge import Judge, explain
from .keys import PublicKey
from .limits import DEFAULT_LIMITS, Limits
from .policy import Marker, Policy
from .report import Report
from .token import UnverifiedToken, parse
from .verified import Verified
from .verifier import require_scopes

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

    def __init__(
        self,
        *,
        secret: bytes,
        issuer: str,
        audience: str | Collection[str] | Marker,
        algorithms: Collection[str] = ("HS256",),
        **rules: Any,
    ) -> None:
        if isinstance(algorithms, str) or not algorithms or not all(name in _HASHES for name in algorithms):
            raise ConfigurationError(
                f"algorithms of a shared secret are among {', '.join(_HASHES)}.",
                code="configuration_algorithms",
            )
        if not rules.keys().isdisjoint({"discovery_url", "jwks_uri"}):
            raise ConfigurationError("A shared secret is not fetched: leave out discovery_url and jwks_uri.")
        _check_secret(secret, max(_HASHES[name][1] for name in algorithms))
        policy = Policy(issuer, audience, **rules)
        object.__setattr__(policy, "settings", replace(policy.settings, algorithms=frozenset(algorithms)))
        object.__setattr__(policy, "algorithms", tuple(sorted(algorithms)))
        self.rules: Final = policy
        self._key = PublicKey(
            None, "oct", None, {name: _checker(secret, _HASHES[name][0]) for name in algorithms}
        )

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
        if (problem := limits.problem()) is not None:
            raise ConfigurationError(f"limits: {problem}", code="configuration_limits")
        self._judge = Judge(policy.rules)
        self._keys = (policy._key,)
        self._limits = limits
        self._clock = clock

    def verify(self, token: str | bytes, *, scopes: Collection[str] = ()) -> Verified:
        """Return who the token speaks for; raises `TokenError`, or `PermissionDeniedError` if it lacks a scope."""
        parsed = parse(token, self._limits)
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
            parsed = parse(token, self._limits)
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
    if (kind := _is_something_else(secret)) is not None:
        raise ConfigurationError(
            f"secret is {kind}, which is not a secret that two parties share. Tokens signed with a private key are "
            "verified by a Verifier.",
            code="configuration_keys",
        )


_READERS: Final[tuple[tuple[str, Callable[[bytes], object]], ...]] = (
    ("a public key (PEM)", serialization.load_pem_public_key),
    ("a public key (DER)", serialization.load_der_public_key),
    ("a public key (OpenSSH)", serialization.load_ssh_public_key),
    ("a certificate (PEM)", x509.load_pem_x509_certificate),
    ("a certificate (DER)", x509.load_der_x509_certificate),
    ("a private key (PEM)", lambda data: serialization.load_pem_private_key(data, None)),
    ("a private key (DER)", lambda data: serialization.load_der_private_key(data, None)),
    ("a private key (OpenSSH)", lambda data: serialization.load_ssh_private_key(data, None)),
)


def _is_something_else(secret: bytes) -> str | None:
    """Return what these bytes are besides a secret, or None: as they are, and in the disguises that files come in."""
    for form in _forms(secret):
        if b"-----BEGIN" in form or b"---- BEGIN" in form or b"PuTTY-User-Key-File" in form:
            return "a key or certificate (PEM)"
        if b'"kty"' in form:
            return "a key (JWK)"
        with suppress(ValueError, RecursionError):
            if isinstance(json.loads(form), (dict, list)):
                return "JSON"
        if form[:1] == b"\x04":
            for curve in CURVES.values():
                with suppress(ValueError):
                    ec.EllipticCurvePublicKey.from_encoded_point(curve.curve, form)
                    return "a public key (a point on a curve)"
        for kind, read in _READERS:
            try:
                read(form)
            except TypeError:  # an encrypted private key: it is one, and asks for its password
                if not kind.startswith("a private key"):
                    continue
            except (ValueError, UnsupportedAlgorithm):
                continue
            return kind
    return None


def _forms(secret: bytes) -> Iterator[bytes]:
    """Yield the secret, and what it may be wrapped as: white space, a BOM, UTF-16 or UTF-32, base64, hexadecimal."""
    text = secret.strip(b"\xef\xbb\xbf \t\r\n\f\v")
    yield secret
    yield text
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        with suppress(UnicodeError):
            yield secret.decode(encoding).strip("\ufeff \t\r\n").encode()
    squeezed = text.translate(None, b" \t\r\n:")
    with suppress(binascii.Error):
        yield binascii.unhexlify(squeezed)
    with suppress(binascii.Error):
        yield binascii.a2b_base64(squeezed.replace(b"-", b"+").replace(b"_", b"/") + b"==")
