"""JWK documents -> public keys, and which key may answer for which header (RFC 7517, RFC 7518 section 6, RFC 8037).

One unusable key never spoils the set: it is left out, with a reason that `KeySet.ignored` keeps for people to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from .algorithms import ALGORITHMS, CURVES, Checker
from .encoding import EncodingError, decode_base64url, decode_object
from .errors import DocumentError
from .limits import DEFAULT_LIMITS, Limits

# Below, factoring is in reach; above, verification is a way to burn our time (the cost grows with the square).
RSA_BITS: Final = (2048, 8192)
# An exponent that is even or small signs nothing; one beyond 32 bits only costs time (NIST SP 800-56B allows more).
RSA_EXPONENTS: Final = (65537, 2**32)

_MEMBER_CHARS: Final = 4096
"""The longest member that is decoded; the public key of ML-DSA-87 has 3456 characters."""

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


class PublicKey:
    """A key of the issuer that may verify signatures. Two keys are the same key only if they are the same object."""

    __slots__ = ("algorithms", "checkers", "kid", "kind", "kty")

    def __init__(self, kid: str | None, kty: str, kind: str | None, checkers: dict[str, Checker]) -> None:
        self.kid = kid
        self.kty = kty
        self.kind = kind
        self.checkers = checkers
        self.algorithms = frozenset(checkers)

    def verifies(self, algorithm: str, signature: bytes, signing_input: bytes) -> bool:
        """Return whether the signature is this key's, by this algorithm. An algorithm of another key type is False."""
        checker = self.checkers.get(algorithm)
        return checker is not None and checker(signature, signing_input)

    def __repr__(self) -> str:
        return f"<PublicKey kid={self.kid!r} {self.kind or self.kty}>"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A member of a key set that is not used, and why; or a warning about one that is (``used``)."""

    kid: str | None
    reason: str
    used: bool = False


class KeySet:
    """The usable keys of one document, and what was left out. Immutable once made."""

    __slots__ = ("_by_kid", "ignored", "keys", "per_kid")

    def __init__(self, keys: tuple[PublicKey, ...], ignored: tuple[Ignored, ...], per_kid: int) -> None:
        self.keys = keys
        self.ignored = ignored
        self.per_kid = per_kid
        by_kid: dict[str, tuple[PublicKey, ...]] = {}
        for key in keys:
            if key.kid is not None:
                by_kid[key.kid] = (*by_kid.get(key.kid, ()), key)
        self._by_kid = by_kid

    def __len__(self) -> int:
        return len(self.keys)

    def candidates(self, algorithm: str, kid: str | None) -> tuple[PublicKey, ...]:
        """Return the keys that may answer for a header with this ``alg`` and ``kid``; none is an empty tuple.

        With a ``kid``, only keys of that name (a few, if the issuer repeats a name). Without one, the single key that
        suits the algorithm; with several, guessing is not this package's business (RFC 7515 section 4.1.4).
        """
        if kid is not None:
            named = self._by_kid.get(kid, ())
            if len(named) == 1 and algorithm in named[0].algorithms:
                return named
            return tuple(key for key in named if algorithm in key.algorithms)[: self.per_kid]
        suitable = tuple(key for key in self.keys if algorithm in key.algorithms)
        return suitable if len(suitable) == 1 else ()


def key_set(document: bytes | Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> KeySet:
    """Return the usable keys of a JWK Set (RFC 7517 section 5).

    Raises `DocumentError` if the document is not a JWK Set at all, has more members than ``limits.keys``, or has none
    that can be used; a single unusable member is only ignored.
    """
    if isinstance(document, bytes):
        if len(document) > limits.document_bytes:
            raise DocumentError(f"the key set is longer than {limits.document_bytes} bytes")
        try:
            document = decode_object(document, limits)
        except EncodingError as error:
            raise DocumentError(f"the key set {error}") from None
    if not isinstance(document, Mapping):
        raise DocumentError(f"the key set is JSON in bytes, or a mapping, not {type(document).__name__}")
    members = document.get("keys")
    if not isinstance(members, (list, tuple)):
        raise DocumentError("the key set has no 'keys' array")
    if len(members) > limits.keys:
        raise DocumentError(f"the key set has {len(members)} keys, more than the {limits.keys} that are read")
    keys: list[PublicKey] = []
    ignored: list[Ignored] = []
    for member in members:
        if not isinstance(member, Mapping):
            ignored.append(Ignored(None, "is not a JSON object"))
            continue
        kid = member.get("kid")
        name = kid[: limits.kid_chars] if isinstance(kid, str) else None
        try:
            keys.append(public_key(member, limits))
        except _UnusableKeyError as error:
            ignored.append(Ignored(name, str(error)))
        else:
            if not _PRIVATE_MEMBERS.isdisjoint(member):
                ignored.append(Ignored(name, "publishes private members, which are not read", used=True))
    if not keys:
        reasons = "; ".join(f"key {entry.kid!r:.80} {entry.reason}" for entry in ignored[:4]) or "it is empty"
        raise DocumentError(f"the key set has no usable key: {reasons}")
    return KeySet(tuple(keys), tuple(ignored), limits.keys_per_kid)


class _UnusableKeyError(ValueError):
    """Why one JWK is left out."""


def public_key(jwk: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> PublicKey:
    """Return the public key of one JWK; raises a ValueError that says why it cannot verify signatures here."""
    kid, kty, use, operations, alg = (jwk.get(name) for name in ("kid", "kty", "use", "key_ops", "alg"))
    if kid is not None and (not isinstance(kid, str) or len(kid) > limits.kid_chars):
        raise _UnusableKeyError("has a 'kid' that is not a short string")
    if use is not None and use != "sig":
        raise _UnusableKeyError(f"is not for signatures (its 'use' is {use!r:.40})")
    if operations is not None and (not isinstance(operations, (list, tuple)) or "verify" not in operations):
        raise _UnusableKeyError("is not for verifying ('key_ops')")
    maker = _MAKERS.get(kty) if isinstance(kty, str) else None
    if maker is None:
        raise _UnusableKeyError(f"is of a type that is not used here (its 'kty' is {kty!r:.40})")
    try:
        key, kind = maker(jwk)
    except (EncodingError, UnsupportedAlgorithm) as error:
        raise _UnusableKeyError(f"cannot be read: {error}") from None
    rows = [row for row in ALGORITHMS.values() if row.suits(str(kty), kind)]
    if alg is not None:
        rows = [row for row in rows if row.name == alg]
        if not rows:
            raise _UnusableKeyError(f"has an 'alg' that does not fit its type ({alg!r:.40})")
    return PublicKey(kid, str(kty), kind, {row.name: row.checker(key) for row in rows})


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value or len(value) > _MEMBER_CHARS:
        raise _UnusableKeyError(f"has no usable '{name}'")
    return decode_base64url(value)


def _rsa(jwk: Mapping[str, Any]) -> tuple[rsa.RSAPublicKey, None]:
    n, e = (int.from_bytes(_bytes(jwk, name), "big") for name in ("n", "e"))
    if not RSA_BITS[0] <= n.bit_length() <= RSA_BITS[1]:
        raise _UnusableKeyError(
            f"has {n.bit_length()} bits; RSA keys of {RSA_BITS[0]} to {RSA_BITS[1]} are used"
        )
    if not RSA_EXPONENTS[0] <= e <= RSA_EXPONENTS[1] or e % 2 == 0:
        raise _UnusableKeyError("has an exponent that is even, small or huge")
    if n % 2 == 0:
        raise _UnusableKeyError("has an even modulus")
    return rsa.RSAPublicNumbers(e, n).public_key(), None


def _ec(jwk: Mapping[str, Any]) -> tuple[ec.EllipticCurvePublicKey, str]:
    crv = jwk.get("crv")
    curve = CURVES.get(crv) if isinstance(crv, str) else None
    if curve is None:
        raise _UnusableKeyError(f"is on a curve that is not used here ({crv!r:.40})")
    x, y = _bytes(jwk, "x"), _bytes(jwk, "y")
    if len(x) != curve.size or len(y) != curve.size:
        raise _UnusableKeyError("has coordinates of the wrong length (RFC 7518 section 6.2.1.2)")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve.curve)
    try:
        key = numbers.public_key()
    except ValueError:
        key = None
    # Numbers that come back as others were beyond the prime: another spelling of the same point.
    if key is None or key.public_numbers() != numbers:
        raise _UnusableKeyError("is not a point on its curve")
    return key, curve.name


def _okp(jwk: Mapping[str, Any]) -> tuple[ed25519.Ed25519PublicKey | ed448.Ed448PublicKey, str]:
    crv = jwk.get("crv")
    maker = _EDWARDS.get(crv) if isinstance(crv, str) else None
    if maker is None:
        raise _UnusableKeyError(f"is on a curve that is not used here ({crv!r:.40})")
    x = _bytes(jwk, "x")
    try:
        key = maker(x)
    except ValueError:
        raise _UnusableKeyError("has an 'x' of the wrong length") from None
    problem = _EDWARDS_CURVES[str(crv)].problem(x)
    if problem is not None:
        raise _UnusableKeyError(problem)
    return key, str(crv)


class _Edwards(NamedTuple):
    """An Edwards curve a*x^2 + y^2 = 1 + d*x^2*y^2 over the integers modulo p (RFC 8032 section 5)."""

    p: int
    a: int
    d: int
    bits: int
    small: frozenset[int]

    def problem(self, encoded: bytes) -> str | None:
        """Return why an encoded point is no public key, or None.

        The backend checks the length only. A y beyond the prime is a second spelling, a y without an x is no point, and
        under a point of small order (its y is in ``small``) a signature needs no secret.
        """
        y = int.from_bytes(encoded, "little") & ((1 << self.bits) - 1)
        if y % self.p in self.small:
            return "is a point of small order, under which anybody can sign"
        if y >= self.p:
            return "is not a point on its curve"
        square = (1 - y * y) * pow(self.a - self.d * y * y, -1, self.p) % self.p
        return None if pow(square, (self.p - 1) // 2, self.p) == 1 else "is not a point on its curve"


_P25519: Final = 2**255 - 19
_P448: Final = 2**448 - 2**224 - 1
_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_EDWARDS_CURVES: Final = {
    "Ed25519": _Edwards(
        _P25519,
        -1,
        -121665 * pow(121666, -1, _P25519),
        255,
        frozenset({0, 1, _P25519 - 1, _ORDER_8, _P25519 - _ORDER_8}),
    ),
    "Ed448": _Edwards(_P448, 1, -39081, 455, frozenset({0, 1, _P448 - 1})),
}
_EDWARDS: Final[dict[str, Callable[[bytes], ed25519.Ed25519PublicKey | ed448.Ed448PublicKey]]] = {
    "Ed25519": ed25519.Ed25519PublicKey.from_public_bytes,
    "Ed448": ed448.Ed448PublicKey.from_public_bytes,
}


def _akp(jwk: Mapping[str, Any]) -> tuple[Any, str]:
    alg = jwk.get("alg")
    maker = _ML_DSA.get(alg) if isinstance(alg, str) else None
    if maker is None:
        raise _UnusableKeyError(f"is of type AKP with an 'alg' that is not used here ({alg!r:.40})")
    pub = _bytes(jwk, "pub")
    try:
        return maker(pub), str(alg)
    except ValueError:
        raise _UnusableKeyError("has a 'pub' of the wrong length") from None


def _ml_dsa() -> dict[str, Callable[[bytes], Any]]:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa
    except ImportError:  # pragma: no cover  # an older cryptography: such keys are ignored, with their reason
        return {}
    return {
        "ML-DSA-44": mldsa.MLDSA44PublicKey.from_public_bytes,
        "ML-DSA-65": mldsa.MLDSA65PublicKey.from_public_bytes,
        "ML-DSA-87": mldsa.MLDSA87PublicKey.from_public_bytes,
    }


_ML_DSA: Final = _ml_dsa()
# 'oct' has no row: a shared secret in a public document is a contradiction.
_MAKERS: Final[dict[str, Callable[[Mapping[str, Any]], tuple[Any, str | None]]]] = {
    "RSA": _rsa,
    "EC": _ec,
    "OKP": _okp,
    "AKP": _akp,
}
