"""Tokens and JWKs made by hand, with `cryptography` alone: nothing here comes from the package under test."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa as mldsa
except ImportError:  # an older cryptography: no such keys
    mldsa = None  # type: ignore[assignment]

NOW: Final = 1_767_225_600.0
"""2026-01-01T00:00:00Z, where `tests.conftest.Clock` starts too."""
ISSUER: Final = "https://id.example.com"
AUDIENCE: Final = "https://api.example.com"
KID: Final = "key-1"

HEADER: Final[dict[str, Any]] = {"alg": "RS256", "kid": KID, "typ": "at+jwt"}
CLAIMS: Final[dict[str, Any]] = {
    "iss": ISSUER,
    "aud": [AUDIENCE],
    "sub": "alice",
    "client_id": "app",
    "scope": "openid orders:read",
    "iat": int(NOW) - 60,
    "exp": int(NOW) + 1740,
    "jti": "token-1",
}


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""As a member's value in `header` and `claims`: leave the member out."""

_GENERATORS: Final[dict[str, Callable[[], Any]]] = {
    "RSA": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}
_ML_DSA: Final = (
    {"ML-DSA-44": "MLDSA44", "ML-DSA-65": "MLDSA65", "ML-DSA-87": "MLDSA87"} if mldsa is not None else {}
)
_GENERATORS.update({kind: getattr(mldsa, f"{name}PrivateKey").generate for kind, name in _ML_DSA.items()})
KINDS: Final = tuple(_GENERATORS)
KIND_OF: Final[dict[str, str]] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "EdDSA": "Ed25519",
    "Ed25519": "Ed25519",
    "Ed448": "Ed448",
    "ES256K": "secp256k1",
    **{kind: kind for kind in _ML_DSA},
}
"""Every algorithm, and the kind of key that answers for it (`EdDSA` has a second, Ed448)."""

_CURVE_NAMES: Final = {
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    "secp256k1": "secp256k1",
}
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@functools.cache
def _made(kind: str, number: int) -> Any:
    return _GENERATORS[kind]()


def private_key(kind: str = "RSA", number: int = 0) -> Any:
    """The private key of a kind (`KINDS`) and number, made once a session."""
    return _made(kind, number)


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def b64_int(number: int, size: int | None = None) -> str:
    """An unsigned number as JWKs carry it, in as few bytes as it takes or in exactly `size`."""
    return b64(number.to_bytes(size or max(1, (number.bit_length() + 7) // 8), "big"))


def header(**changes: Any) -> dict[str, Any]:
    """A good protected header, changed."""
    return {name: value for name, value in (HEADER | changes).items() if value is not ABSENT}


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, changed."""
    return {name: value for name, value in (CLAIMS | changes).items() if value is not ABSENT}


def signature(signing_input: bytes, key: Any = None, alg: str = "RS256", *, salt: int | None = None) -> bytes:
    """A raw signature as JWS carries it; `salt` overrides the length that PSS prescribes."""
    key = key or private_key(KIND_OF[alg])
    if not alg.startswith(("RS", "PS", "ES")):
        return bytes(key.sign(signing_input))
    hash_ = _HASHES[alg[2:5]]
    if alg.startswith("RS"):
        return bytes(key.sign(signing_input, padding.PKCS1v15(), hash_))
    if alg.startswith("PS"):
        length = hash_.digest_size if salt is None else salt
        return bytes(key.sign(signing_input, padding.PSS(padding.MGF1(hash_), length), hash_))
    size = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(signing_input, ec.ECDSA(hash_)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def jws(
    header: Mapping[str, Any] | bytes = HEADER,
    claims: Mapping[str, Any] | bytes = CLAIMS,
    key: Any = None,
    alg: str | None = None,
) -> str:
    """A signed token in compact form. Bytes are taken as they are; `alg` is the header's unless given."""
    if alg is None:
        alg = str(json.loads(header)["alg"] if isinstance(header, bytes) else header["alg"])
    parts = [
        part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
        for part in (header, claims)
    ]
    signing_input = f"{b64(parts[0])}.{b64(parts[1])}"
    return f"{signing_input}.{b64(signature(signing_input.encode('ascii'), key, alg))}"


def jwk(key: Any, **members: Any) -> dict[str, Any]:
    """The JWK of a public key (or of a private key's public half), with members added, changed or `ABSENT`."""
    public = key.public_key() if hasattr(key, "public_key") else key
    made: dict[str, Any]
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        made = {"kty": "RSA", "n": b64_int(numbers.n), "e": b64_int(numbers.e)}
    elif isinstance(public, ec.EllipticCurvePublicKey):
        point, size = public.public_numbers(), (public.key_size + 7) // 8
        crv = _CURVE_NAMES[public.curve.name]
        made = {"kty": "EC", "crv": crv, "x": b64_int(point.x, size), "y": b64_int(point.y, size)}
    elif isinstance(public, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        crv = "Ed25519" if isinstance(public, ed25519.Ed25519PublicKey) else "Ed448"
        made = {"kty": "OKP", "crv": crv, "x": b64(public.public_bytes_raw())}
    else:
        alg = next(kind for kind, name in _ML_DSA.items() if type(public).__name__.startswith(name))
        made = {"kty": "AKP", "alg": alg, "pub": b64(public.public_bytes_raw())}
    return {name: value for name, value in (made | members).items() if value is not ABSENT}


def jwks(*keys: Mapping[str, Any]) -> dict[str, Any]:
    """A JWK Set; without keys, the one that answers for `HEADER`."""
    return {"keys": list(keys) or [jwk(private_key(), kid=KID, use="sig", alg="RS256")]}
