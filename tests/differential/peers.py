"""Two general-purpose libraries, asked the question that our verifier is asked: the same policy, keys and moment.

What a caller may set is set alike. Bounds that are a matter of taste (the size of a header, names of header members that
a library has a list of) are opened as wide as ours, so that what is compared is the judgement. A library that finds keys
differently is handed those that the token's header names, or, where it names none, each that suits it in turn: the most
generous caller there is.
"""

from __future__ import annotations

import datetime
import json
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self
from unittest.mock import patch

import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import JWKRegistry
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.jwt import decode as joserfc_decode
from joserfc.registry import JWS_HEADER_REGISTRY
from jwt.warnings import InsecureKeyLengthWarning

from bearerguard import Policy, TokenError, Verifier
from bearerguard.policy import UNSAFE_ANY_AUDIENCE

Claims = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked about a token: issuer, audiences (None: any), algorithms, leeway (seconds), keys (JWKs) and the moment."""

    issuer: str
    audiences: tuple[str, ...] | None
    algorithms: tuple[str, ...]
    keys: tuple[Any, ...]
    now: float
    leeway: float = 30
    token_type: Any = "at+jwt"

    def verifier(self) -> Verifier:
        """Return our verifier for the question."""
        policy = Policy(
            self.issuer,
            UNSAFE_ANY_AUDIENCE if self.audiences is None else self.audiences,
            algorithms=self.algorithms,
            leeway=self.leeway,
            token_type=self.token_type,
        )
        return Verifier(policy, keys={"keys": list(self.keys)}, clock=lambda: self.now)


def ours(verifier: Verifier, token: str) -> Claims | str:
    """Return the claims, or the code of the refusal."""
    try:
        return dict(verifier.verify(token))
    except TokenError as error:
        return error.code


def suiting(question: Question, header: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the keys that a generous caller tries: those that the header names, or all that suit its algorithm."""
    for key in question.keys:
        if not isinstance(key, Mapping) or key.get("use", "sig") != "sig":
            continue
        if header["kid"] == key.get("kid") if "kid" in header else suits(key, header.get("alg")):
            yield key


def suits(key: Mapping[str, Any], algorithm: Any) -> bool:
    """Return whether a key's type, curve and ``alg`` leave room for an algorithm (RFC 7518 section 3.1, RFC 8725 3.1)."""
    kinds = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}
    return (
        isinstance(algorithm, str)
        and key.get("alg", algorithm) == algorithm
        and key.get("kty") == kinds.get(algorithm[:2])
        and key.get("crv") == curves.get(algorithm, key.get("crv"))
    )


class _Moment(datetime.datetime):
    """A clock that stands still."""

    seconds: ClassVar[float]

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        """Return the moment of the question."""
        return cls.fromtimestamp(cls.seconds, tz)


class PyJwt:
    """PyJWT. Its clock is the machine's; for the length of a call it is set to the moment of the question."""

    name: Final = "PyJWT"
    algorithms: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) | frozenset(
        {"ES256", "ES384", "ES512", "ES256K", "EdDSA"}
    )

    def claims(self, question: Question, token: str, key: Mapping[str, Any], algorithm: str) -> Claims:
        """Return the claims, or raise whatever it raises."""
        _Moment.seconds = question.now
        with warnings.catch_warnings(), patch("jwt.api_jwt.datetime", _Moment):
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)
            return jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm=key.get("alg") or algorithm),
                algorithms=list(question.algorithms),
                issuer=question.issuer,
                audience=question.audiences,
                leeway=question.leeway,
                options={"require": ["exp"], "verify_aud": question.audiences is not None},
            )


class _Headers(JWSRegistry):
    """Room for a header of any size, and no opinion on members that the policy does not read."""

    max_header_length = 1 << 20
    max_payload_length = 1 << 20
    max_signature_length = 1 << 16
    default_header_registry: Final = {  # type: ignore[misc]  # a constant here
        name: JWS_HEADER_REGISTRY[name] for name in ("alg", "kid", "typ", "crit", "b64")
    }


class JoseRfc:
    """joserfc."""

    name: Final = "joserfc"
    algorithms: Final = PyJwt.algorithms | {"Ed25519", "Ed448"}

    def claims(self, question: Question, token: str, key: Mapping[str, Any], algorithm: str) -> Claims:
        """Return the claims, or raise whatever it raises."""
        registry = _Headers(algorithms=list(question.algorithms), strict_check_header=False)
        rules: dict[str, Any] = {
            "iss": {"essential": True, "value": question.issuer},
            "exp": {"essential": True},
        }
        if question.audiences is not None:
            rules["aud"] = {"essential": True, "values": list(question.audiences)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            decoded = joserfc_decode(token, JWKRegistry.import_key(dict(key)), registry=registry)
            moment: Callable[[], Any] = lambda: question.now  # noqa: E731  # the exact moment, fraction included
            leeway: Any = question.leeway
            # A policy that waives the audience asks nothing about it, not even that it is one.
            waived = () if question.audiences is not None else ("aud",)
            asked_about = {name: held for name, held in decoded.claims.items() if name not in waived}
            JWTClaimsRegistry(now=moment, leeway=leeway, **rules).validate(asked_about)
        return decoded.claims


Peer = PyJwt | JoseRfc
PEERS: Final[tuple[Peer, ...]] = (PyJwt(), JoseRfc())


def asked(peer: Peer, question: Question, token: str, header: Mapping[str, Any]) -> Claims | None:
    """Return the claims that a peer accepts, or None. ``header`` is the token's, as anybody may read it."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        return None
    for key in suiting(question, header):
        try:
            return peer.claims(question, token, key, algorithm)
        except Exception:  # noqa: BLE001  # whatever another library raises, it does not accept
            continue
    return None


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same: 1, 1.0 and true are three values."""
    return spelled(one) == spelled(other)


def spelled(value: Any) -> str:
    """Return JSON in one spelling."""
    return json.dumps(value, sort_keys=True)


def whole(seconds: float) -> int:
    """Return a date without its fraction, as a reader of whole seconds has it."""
    return math.trunc(seconds)
