"""Private keys and compact JWS: the half of the table of algorithms that a resource server must not have.

The rows here are written apart from `bearerguard.algorithms` on purpose: what one half gets wrong the other half does
not repeat, so each is a witness for the other.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Signer = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Row:
    """One algorithm: how its private key is made, how that key signs."""

    generate: Callable[[], PrivateKey]
    sign: Callable[[Any, bytes], bytes]


def _rsa() -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pkcs1(hash_: hashes.HashAlgorithm) -> Row:
    return Row(_rsa, lambda key, data: bytes(key.sign(data, padding.PKCS1v15(), hash_)))


def _pss(hash_: hashes.HashAlgorithm) -> Row:
    # RFC 7518 section 3.5: the salt is as long as the hash.
    scheme = padding.PSS(padding.MGF1(hash_), hash_.digest_size)
    return Row(_rsa, lambda key, data: bytes(key.sign(data, scheme, hash_)))


def _ecdsa(curve: ec.EllipticCurve, hash_: hashes.HashAlgorithm) -> Row:
    def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
        # RFC 7518 section 3.4: R and S side by side, not DER.
        size = (key.key_size + 7) // 8
        return b"".join(
            part.to_bytes(size, "big") for part in decode_dss_signature(key.sign(data, ec.ECDSA(hash_)))
        )

    return Row(lambda: ec.generate_private_key(curve), sign)


_SHA256, _SHA384, _SHA512 = hashes.SHA256(), hashes.SHA384(), hashes.SHA512()

SIGNERS: Final[dict[str, Row]] = {
    "RS256": _pkcs1(_SHA256),
    "RS384": _pkcs1(_SHA384),
    "RS512": _pkcs1(_SHA512),
    "PS256": _pss(_SHA256),
    "PS384": _pss(_SHA384),
    "PS512": _pss(_SHA512),
    "ES256": _ecdsa(ec.SECP256R1(), _SHA256),
    "ES384": _ecdsa(ec.SECP384R1(), _SHA384),
    "ES512": _ecdsa(ec.SECP521R1(), _SHA512),
    "EdDSA": Row(ed25519.Ed25519PrivateKey.generate, lambda key, data: bytes(key.sign(data))),
}
"""Every algorithm a `SigningKey` can be for (RFC 7518 section 3, RFC 8037 section 3.1)."""

_CURVE_NAMES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


class SigningKey:
    """A private key with its ``kid`` (a UUID unless given), made when it is first needed and only once."""

    def __init__(self, algorithm: str = "RS256", kid: str | None = None) -> None:
        self.algorithm = algorithm
        self.kid = str(uuid.uuid4()) if kid is None else kid
        self._row = SIGNERS[algorithm]
        self._lock = threading.Lock()
        self._private: PrivateKey | None = None

    def __repr__(self) -> str:
        return f"<SigningKey {self.algorithm} {self.kid}>"

    @property
    def private(self) -> PrivateKey:
        """The private key itself. Making an RSA key takes about 0.1 s, so it waits for the first call."""
        with self._lock:
            if self._private is None:
                self._private = self._row.generate()
            return self._private

    def sign(self, signing_input: bytes, algorithm: str | None = None) -> bytes:
        """Return the JWS signature of the bytes, under another algorithm of the same kind of key if one is named."""
        return SIGNERS[algorithm or self.algorithm].sign(self.private, signing_input)

    def jwk(self) -> dict[str, str]:
        """Return the public half as a JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2)."""
        return {"kid": self.kid, "use": "sig", "alg": self.algorithm, **_public_members(self.private)}

    def public_pem(self, *, pkcs1: bool = False) -> bytes:
        """Return the public half in PEM, as ``PUBLIC KEY`` or, for RSA, as ``RSA PUBLIC KEY``."""
        form = serialization.PublicFormat.PKCS1 if pkcs1 else serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def public_der(self) -> bytes:
        """Return the public half in DER (SubjectPublicKeyInfo)."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def certificate(self) -> bytes:
        """Return a self-signed certificate in DER for an RSA or EC key: worth nothing, which is the point of it."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "attacker.example")])
        private = self.private
        builder = (
            x509.CertificateBuilder(name, name, private.public_key(), 1)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        )
        return builder.sign(private, _SHA256).public_bytes(serialization.Encoding.DER)


@functools.cache
def stranger(algorithm: str = "RS256") -> SigningKey:
    """Return a key that no issuer publishes. One for the whole process: an attacker needs no second one."""
    return SigningKey(algorithm)


def encode(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(segment: str) -> bytes:
    """Return the bytes of one segment that `encode` made."""
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def compact(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, sign: Signer) -> str:
    """Return a JWS in compact form (RFC 7515 section 3.1); bytes go in as they are, be they JSON or not."""
    signing_input = f"{encode(_as_bytes(header))}.{encode(_as_bytes(payload))}"
    return f"{signing_input}.{encode(sign(signing_input.encode('ascii')))}"


def hs256(secret: bytes) -> Signer:
    """Return what an attacker signs with who holds no private key: HMAC with SHA-256 over any bytes."""
    return lambda signing_input: hmac.new(secret, signing_input, hashlib.sha256).digest()


def _as_bytes(value: Mapping[str, Any] | bytes) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def _public_members(private: PrivateKey) -> dict[str, str]:
    if isinstance(private, rsa.RSAPrivateKey):
        modulus = private.public_key().public_numbers()
        return {"kty": "RSA", "n": _integer(modulus.n), "e": _integer(modulus.e)}
    if isinstance(private, ec.EllipticCurvePrivateKey):
        size = (private.key_size + 7) // 8
        point = private.public_key().public_numbers()
        curve = _CURVE_NAMES[private.curve.name]
        return {"kty": "EC", "crv": curve, "x": _integer(point.x, size), "y": _integer(point.y, size)}
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}


def _integer(value: int, size: int | None = None) -> str:
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))
