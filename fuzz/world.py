"""The issuer, the verifiers and the clocks of the fuzzed world: nothing here is random and no time passes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from bearerguard import ANY_TYPE, Guard, Policy, Verifier
from bearerguard.issuer.recipes import Bench
from bearerguard.issuer.signing import SigningKey
from bearerguard.limits import DEFAULT_LIMITS, Limits
from bearerguard.policy import UserClaims
from bearerguard.shared_secret import SharedSecretPolicy, SharedSecretVerifier

NOW: Final = 1_767_225_600.0
"""2026-01-01T00:00:00Z, at which every clock stands."""
ISSUER: Final = "https://id.example.com"
AUDIENCE: Final = "https://api.example.com"
SECRET: Final = hashlib.sha512(b"bearerguard fuzz: a shared secret").digest()


def _prime(name: bytes, offset: int) -> int:
    """Return a prime of 1024 bits; the offset from the digest to the next fitting prime was looked for once."""
    return (int.from_bytes(hashlib.shake_256(name).digest(128), "big") | 3 << 1022 | 1) + offset


def _private_key() -> rsa.RSAPrivateKey:
    p, q, e = _prime(b"bearerguard fuzz p", 2000), _prime(b"bearerguard fuzz q", 4), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), public)
    return numbers.private_key()


class FixedKey(SigningKey):
    """A signing key of the dev issuer that is the same in every process."""

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """The private key, known to everyone who can read this file."""
        return _private_key()


KEY: Final = FixedKey("RS256", "fuzz-1")
BENCH: Final = Bench(
    KEY,
    {"alg": "RS256", "kid": KEY.kid, "typ": "at+jwt"},
    {
        "iss": ISSUER,
        "sub": "alice",
        "aud": [AUDIENCE],
        "iat": int(NOW) - 60,
        "exp": int(NOW) + 1740,
        "jti": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        "client_id": "app",
        "scope": "openid orders:read",
        "auth_time": int(NOW) - 600,
        "acr": "urn:example:two",
        "amr": ["pwd", "otp"],
        "https://example.com/roles": ["admin"],
        "user": {"verified": True, "roles": {"editor": {"org": "Example"}}},
    },
)
"""The parts of the one good token; the dev issuer's recipes spoil it."""
GOOD: Final = BENCH.token()


def b64(raw: bytes) -> bytes:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def compact_json(value: Any) -> bytes:
    """Return JSON without white space."""
    return json.dumps(value, separators=(",", ":")).encode()


def signed(header: bytes, payload: bytes) -> bytes:
    """Return a token of these bytes, whatever they are, that the shared secret has signed."""
    signing_input = b64(header) + b"." + b64(payload)
    return signing_input + b"." + b64(hmac.digest(SECRET, signing_input, "sha256"))


_EDWARDS: Final = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"bearerguard fuzz x").digest())
_OKP: Final = {
    "kty": "OKP",
    "crv": "Ed25519",
    "kid": "fuzz-3",
    "x": b64(_EDWARDS.public_key().public_bytes_raw()).decode(),
}
GOOD_EDDSA: Final = BENCH.token(header={"alg": "EdDSA", "kid": "fuzz-3"}, sign=_EDWARDS.sign)


def _ec(curve: ec.EllipticCurve, crv: str, size: int) -> dict[str, str]:
    point = ec.derive_private_key(20_260_101, curve).public_key().public_numbers()
    x, y = (b64(part.to_bytes(size, "big")).decode() for part in (point.x, point.y))
    return {"kty": "EC", "crv": crv, "x": x, "y": y}


KEY_SET: Final[Mapping[str, Any]] = {
    "keys": [
        KEY.jwk(),
        _ec(ec.SECP256R1(), "P-256", 32) | {"kid": "fuzz-2", "use": "sig", "alg": "ES256"},
        _OKP | {"key_ops": ["verify"]},
        _ec(ec.SECP521R1(), "P-521", 66) | {"kid": "fuzz-4"},
    ]
}
SMALL_KEY_SET: Final = compact_json({"keys": [_OKP]})
DISCOVERY: Final = compact_json(
    {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/oauth2/jwks", "response_types_supported": ["code"]}
)


@dataclass
class Claims:
    """What one of the policies wants the claims to be."""

    sub: str
    exp: float
    scope: str | list[str] = ""
    amr: list[str] = field(default_factory=list)


def _office_hours(claims: Mapping[str, Any]) -> str | None:
    return "closed" if claims.get("closed") else None


_RULES: Final[dict[str, Any]] = {
    "roles_claim": "https://example.com/roles",
    "user_claims": UserClaims(("user", "verified"), "anonymous", ("user", "roles", "editor")),
}
POLICY: Final = Policy(ISSUER, AUDIENCE, **_RULES)
_RICH: Final[dict[str, Any]] = _RULES | {
    "token_type": ANY_TYPE,
    "leeway": 0.5,
    "max_age": 3_600,
    "required_claims": {"client_id": "app"},
    "claims_type": Claims,
    "checks": (_office_hours,),
    "roles_claim": ("user", "roles"),
    "client_id_claim": ("azp", "client_id"),
}


def _still() -> float:
    return NOW


def shared(
    *, audience: Any = AUDIENCE, limits: Limits = DEFAULT_LIMITS, **rules: Any
) -> SharedSecretVerifier:
    """Return a verifier whose tokens `signed` can make."""
    policy = SharedSecretPolicy(secret=SECRET, issuer=ISSUER, audience=audience, **rules)
    return SharedSecretVerifier(policy, limits=limits, clock=_still)


VERIFIER: Final = Verifier(POLICY, keys=KEY_SET, clock=_still, monotonic=_still)
SHARED: Final = shared(**_RULES)
RICH: Final = shared(**_RICH)
GUARD: Final = Guard(verifier=VERIFIER)
