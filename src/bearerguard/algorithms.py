"""The one table of signature algorithms: a row an algorithm, and no row for 'none' or for a shared secret.

A row says which keys may answer for it and how a signature is checked. Nothing else in the package compares an
algorithm's name to a literal. HMAC has no row because no bytes that two parties share can be put where a public key is
expected: the confusion of RS256 with HS256 has no place to happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

# A checker answers for one key: (signature, signing input) -> does it verify? It never raises.
Checker = Callable[[bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class Curve:
    """An elliptic curve: its name in a JWK, and what `cryptography` needs to know."""

    name: str
    curve: ec.EllipticCurve
    order: int
    size: int


# Orders are those of FIPS 186-5 / SEC 2; a signature with r or s outside [1, n-1] is refused before the backend
# sees it (the 'psychic signature' class of faults).
P256: Final = Curve(
    "P-256", ec.SECP256R1(), 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551, 32
)
P384: Final = Curve(
    "P-384",
    ec.SECP384R1(),
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    48,
)
P521: Final = Curve(
    "P-521",
    ec.SECP521R1(),
    0x1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    66,
)
SECP256K1: Final = Curve(
    "secp256k1",
    ec.SECP256K1(),
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    32,
)
CURVES: Final = {curve.name: curve for curve in (P256, P384, P521, SECP256K1)}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One row: the JOSE name, the keys that may answer (``kty`` and, where it matters, the kind), how to check.

    A key's kind is its ``crv``; a key of type AKP has none and says its ``alg`` instead (RFC 9964). A row with
    ``opt_in`` counts only for a policy that names it.
    """

    name: str
    kty: str
    kinds: tuple[str, ...]
    checker: Callable[[Any], Checker]
    standard: str
    opt_in: bool = False

    def suits(self, kty: str, kind: str | None) -> bool:
        """Return whether a key of this type and kind may answer for this algorithm (RFC 8725 section 3.1)."""
        return kty == self.kty and (not self.kinds or kind in self.kinds)


def _rsa(scheme: padding.AsymmetricPadding, hash_: hashes.HashAlgorithm) -> Callable[[Any], Checker]:
    def for_key(key: Any) -> Checker:
        verify = key.verify

        def check(signature: bytes, signing_input: bytes) -> bool:
            try:
                verify(signature, signing_input, scheme, hash_)
            except InvalidSignature:
                return False
            return True

        return check

    return for_key


def _rsa_pkcs1(hash_: hashes.HashAlgorithm) -> Callable[[Any], Checker]:
    return _rsa(padding.PKCS1v15(), hash_)


def _rsa_pss(hash_: hashes.HashAlgorithm) -> Callable[[Any], Checker]:
    # RFC 7518 section 3.5: the salt is as long as the hash, and MGF1 uses the same hash.
    return _rsa(padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)


def _ecdsa(curve: Curve, hash_: hashes.HashAlgorithm) -> Callable[[Any], Checker]:
    scheme = ec.ECDSA(hash_)
    size, order, from_bytes = curve.size, curve.order, int.from_bytes

    def for_key(key: Any) -> Checker:
        verify = key.verify

        def check(signature: bytes, signing_input: bytes) -> bool:
            # RFC 7518 section 3.4: R and S side by side, each as long as the order; DER is another format.
            if len(signature) != 2 * size:
                return False
            r, s = from_bytes(signature[:size], "big"), from_bytes(signature[size:], "big")
            if not (0 < r < order and 0 < s < order):
                return False
            try:
                verify(encode_dss_signature(r, s), signing_input, scheme)
            except InvalidSignature:
                return False
            return True

        return check

    return for_key


def _plain(key: Any) -> Checker:
    verify = key.verify

    def check(signature: bytes, signing_input: bytes) -> bool:
        try:
            verify(signature, signing_input)
        except InvalidSignature:
            return False
        return True

    return check


def _ml_dsa() -> tuple[Algorithm, ...]:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa as mldsa
    except ImportError:  # pragma: no cover  # an older cryptography: no such rows
        return ()
    names = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
    return tuple(Algorithm(name, "AKP", (name,), _plain, "RFC 9964") for name in names)


_SHA256, _SHA384, _SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()

ALGORITHMS: Final[dict[str, Algorithm]] = {
    row.name: row
    for row in (
        Algorithm("RS256", "RSA", (), _rsa_pkcs1(_SHA256), "RFC 7518 section 3.3"),
        Algorithm("RS384", "RSA", (), _rsa_pkcs1(_SHA384), "RFC 7518 section 3.3"),
        Algorithm("RS512", "RSA", (), _rsa_pkcs1(_SHA512), "RFC 7518 section 3.3"),
        Algorithm("PS256", "RSA", (), _rsa_pss(_SHA256), "RFC 7518 section 3.5"),
        Algorithm("PS384", "RSA", (), _rsa_pss(_SHA384), "RFC 7518 section 3.5"),
        Algorithm("PS512", "RSA", (), _rsa_pss(_SHA512), "RFC 7518 section 3.5"),
        Algorithm("ES256", "EC", ("P-256",), _ecdsa(P256, _SHA256), "RFC 7518 section 3.4"),
        Algorithm("ES384", "EC", ("P-384",), _ecdsa(P384, _SHA384), "RFC 7518 section 3.4"),
        Algorithm("ES512", "EC", ("P-521",), _ecdsa(P521, _SHA512), "RFC 7518 section 3.4"),
        Algorithm("EdDSA", "OKP", ("Ed25519", "Ed448"), _plain, "RFC 8037 section 3.1"),
        Algorithm("Ed25519", "OKP", ("Ed25519",), _plain, "RFC 9864 section 2.2"),
        Algorithm("Ed448", "OKP", ("Ed448",), _plain, "RFC 9864 section 2.2"),
        # A curve of ledgers, not of identity providers: whoever needs it says so.
        Algorithm(
            "ES256K", "EC", ("secp256k1",), _ecdsa(SECP256K1, _SHA256), "RFC 8812 section 3.2", opt_in=True
        ),
        *_ml_dsa(),
    )
}

DEFAULT_ALGORITHMS: Final = tuple(name for name, row in ALGORITHMS.items() if not row.opt_in)
"""What a policy accepts when it does not say: every row but those to opt in to, each bound to its own kind of key."""
