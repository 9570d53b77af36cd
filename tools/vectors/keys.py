"""The published test keys, and signatures by them that come out the same every time.

RSA PKCS #1 and EdDSA are deterministic by nature and ECDSA can be (RFC 6979). PSS is computed here, with a salt that
follows from what is signed, which also makes the malformed encodings that no library would write. For ML-DSA the
signatures that are stored already are kept as long as they verify.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ROOT: Final = Path(__file__).parent.parent.parent
VECTORS: Final = ROOT / "tests" / "vectors"
KEY_FILE: Final = VECTORS / "keys" / "test-keys.json"

NOTICE: Final = (
    "PUBLISHED TEST KEYS. Their private halves are in this file, so a signature by any of them proves nothing. They exist "
    "to make the attack corpus repeatable; never put one into a system that means it."
)

_RSA: Final = {
    "rsa": (2048, 65537),
    "rsa-2": (2048, 65537),
    "rsa-3072": (3072, 65537),
    "rsa-4096": (4096, 65537),
} | {
    "rsa-8192": (8192, 65537),
    "rsa-1024": (1024, 65537),
    "rsa-e3": (2048, 3),
}
_EC: Final[dict[str, tuple[str, ec.EllipticCurve]]] = {
    "p256": ("P-256", ec.SECP256R1()),
    "p256-2": ("P-256", ec.SECP256R1()),
    "p384": ("P-384", ec.SECP384R1()),
    "p521": ("P-521", ec.SECP521R1()),
    "k256": ("secp256k1", ec.SECP256K1()),
}
_ED: Final[dict[str, tuple[str, Any]]] = {
    "ed": ("Ed25519", ed25519.Ed25519PrivateKey),
    "ed-2": ("Ed25519", ed25519.Ed25519PrivateKey),
    "ed-stranger": ("Ed25519", ed25519.Ed25519PrivateKey),
    "ed448": ("Ed448", ed448.Ed448PrivateKey),
}
_ML: Final[dict[str, tuple[str, Any]]] = {
    "mldsa44": ("ML-DSA-44", mldsa.MLDSA44PrivateKey),
    "mldsa65": ("ML-DSA-65", mldsa.MLDSA65PrivateKey),
    "mldsa87": ("ML-DSA-87", mldsa.MLDSA87PrivateKey),
}
_HASHES: Final[dict[str, Any]] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
PUBLIC: Final = frozenset({"kty", "crv", "x", "y", "n", "e", "alg", "pub"})


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes of unpadded base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text: str) -> int:
    """An unsigned number of a JWK."""
    return int.from_bytes(unb64(text), "big")


def b64_number(value: int, size: int | None = None) -> str:
    """An unsigned number as JWKs carry it, in as few bytes as it takes or in exactly `size`."""
    return b64(value.to_bytes(size or max(1, (value.bit_length() + 7) // 8), "big"))


@functools.cache
def store() -> dict[str, dict[str, str]]:
    """Every key by name, as private JWKs; read from the file, and made if the file does not have it."""
    held = json.loads(KEY_FILE.read_text("utf-8"))["keys"] if KEY_FILE.exists() else {}
    return {name: held.get(name) or _make(name) for name in (*_RSA, *_EC, *_ED, *_ML)}


def jwk(name: str) -> dict[str, str]:
    """The public JWK of a key, without a name or a use."""
    return {member: value for member, value in store()[name].items() if member in PUBLIC}


@functools.cache
def private(name: str) -> Any:
    """The private key, for `cryptography`."""
    members = store()[name]
    if name in _RSA:
        n, e, d, p, q, dp, dq, qi = (
            number(members[part]) for part in ("n", "e", "d", "p", "q", "dp", "dq", "qi")
        )
        numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)
    if name in _EC:
        return ec.derive_private_key(number(members["d"]), _EC[name][1])
    if name in _ED:
        return _ED[name][1].from_private_bytes(unb64(members["d"]))
    return _ML[name][1].from_seed_bytes(unb64(members["priv"]))


def default_algorithm(name: str) -> str:
    """The algorithm a key signs with unless a case says otherwise."""
    if name in _RSA:
        return "RS256"
    if name in _EC:
        return {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}[_EC[name][0]]
    return _ML[name][0] if name in _ML else "EdDSA"


def sign(signing_input: bytes, name: str, algorithm: str) -> bytes:
    """A raw signature as a JWS carries it."""
    key = private(name)
    if name in _ML:
        return _ml_dsa(key, signing_input)
    if name in _ED:
        return bytes(key.sign(signing_input))
    if name in _EC:
        r, s = ecdsa(signing_input, name, algorithm)
        size = (key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    if algorithm.startswith("PS"):
        return pss(signing_input, name, algorithm[2:5])
    return bytes(key.sign(signing_input, padding.PKCS1v15(), _HASHES[algorithm[2:5]]))


def ecdsa(signing_input: bytes, name: str, algorithm: str) -> tuple[int, int]:
    """R and S, deterministic (RFC 6979)."""
    scheme = ec.ECDSA(_HASHES[algorithm[2:5]], deterministic_signing=True)
    return decode_dss_signature(private(name).sign(signing_input, scheme))


def order(name: str) -> int:
    """The order of an elliptic curve key's group."""
    return int(_EC[name][1].group_order)


def rsa_raw(name: str, encoded: bytes) -> bytes:
    """The private operation on an encoded message (RFC 8017 section 5.2.1), whatever it encodes."""
    members = store()[name]
    p, q, dp, dq, qi = (number(members[part]) for part in ("p", "q", "dp", "dq", "qi"))
    message = int.from_bytes(encoded, "big")
    low, high = pow(message, dq, q), pow(message, dp, p)
    signature = low + q * (qi * (high - low) % p)
    return signature.to_bytes((number(members["n"]).bit_length() + 7) // 8, "big")


_DIGEST_INFO: Final = {
    "1": "3021300906052b0e03021a05000414",
    "256": "3031300d060960864801650304020105000420",
    "384": "3041300d060960864801650304020205000430",
    "512": "3051300d060960864801650304020305000440",
}


def digest_info(signing_input: bytes, digest: str) -> bytes:
    """The DER that PKCS #1 v1.5 signs (RFC 8017 section 9.2)."""
    return bytes.fromhex(_DIGEST_INFO[digest]) + hashlib.new(f"sha{digest}", signing_input).digest()


def pkcs1(info: bytes, size: int = 256) -> bytes:
    """The encoded message of PKCS #1 v1.5, padded to the modulus."""
    return b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def pss(
    signing_input: bytes,
    name: str,
    digest: str,
    *,
    salt: int | None = None,
    mgf: str | None = None,
    trailer: int = 0xBC,
) -> bytes:
    """A PSS signature (RFC 8017 section 9.1.1) with a salt that follows from what is signed."""
    bits = number(store()[name]["n"]).bit_length() - 1
    size = (bits + 7) // 8
    hashed = hashlib.new(f"sha{digest}", signing_input).digest()
    salt = len(hashed) if salt is None else salt
    salted = hashlib.shake_256(b"salt" + signing_input).digest(salt)
    inner = hashlib.new(f"sha{digest}", bytes(8) + hashed + salted).digest()
    block = bytes(size - salt - len(inner) - 2) + b"\x01" + salted
    mask = _mgf1(inner, len(block), mgf or digest)
    masked = bytearray(a ^ b for a, b in zip(block, mask, strict=True))
    masked[0] &= 0xFF >> (8 * size - bits)
    return rsa_raw(name, bytes(masked) + inner + bytes([trailer]))


def _mgf1(seed: bytes, length: int, digest: str) -> bytes:
    made = b""
    while len(made) < length:
        counter = (len(made) // hashlib.new(f"sha{digest}").digest_size).to_bytes(4, "big")
        made += hashlib.new(f"sha{digest}", seed + counter).digest()
    return made[:length]


@functools.cache
def _stored_signatures() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in sorted((VECTORS / "attacks").glob("*.json")):
        for case in json.loads(file.read_text("utf-8"))["cases"]:
            token = case.get("token")
            if isinstance(token, str):
                signing_input, _, signature = token.rpartition(".")
                found.setdefault(signing_input, []).append(signature)
    return found


def _ml_dsa(key: Any, signing_input: bytes) -> bytes:
    for signature in _stored_signatures().get(signing_input.decode("ascii"), ()):
        held = unb64(signature)
        try:
            key.public_key().verify(held, signing_input)
        except (InvalidSignature, ValueError):
            continue
        return held
    return bytes(key.sign(signing_input))


def _make(name: str) -> dict[str, str]:
    """A new key, as a private JWK."""
    if name in _RSA:
        bits, exponent = _RSA[name]
        numbers = rsa.generate_private_key(exponent, bits).private_numbers()
        parts = {"n": numbers.public_numbers.n, "e": exponent, "d": numbers.d, "p": numbers.p, "q": numbers.q}
        parts |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        return {"kty": "RSA"} | {part: b64_number(value) for part, value in parts.items()}
    if name in _EC:
        crv, curve = _EC[name]
        key = ec.generate_private_key(curve)
        point, size = key.public_key().public_numbers(), (key.key_size + 7) // 8
        parts = {"x": point.x, "y": point.y, "d": key.private_numbers().private_value}
        return {"kty": "EC", "crv": crv} | {part: b64_number(value, size) for part, value in parts.items()}
    if name in _ED:
        crv, kind = _ED[name]
        edwards = kind.generate()
        return {
            "kty": "OKP",
            "crv": crv,
            "x": b64(edwards.public_key().public_bytes_raw()),
            "d": b64(edwards.private_bytes_raw()),
        }
    alg, maker = _ML[name]
    lattice = maker.generate()
    return {
        "kty": "AKP",
        "alg": alg,
        "pub": b64(lattice.public_key().public_bytes_raw()),
        "priv": b64(lattice.private_bytes_raw()),
    }


def render() -> str:
    """The key file: one key a line."""
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(members)}" for name, members in store().items())
    return f'{{\n  "notice": {json.dumps(NOTICE)},\n  "keys": {{\n{lines}\n  }}\n}}\n'
