"""What is published is no secret: a key, a certificate or JSON is recognised in every serialisation and disguise."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID

from bearerguard import ConfigurationError
from bearerguard.shared_secret import SharedSecretPolicy
from tests.core.builders import AUDIENCE, ISSUER, b64_int, jwk, jwks, private_key
from tests.core.secrecy import accepted, keeps_it

SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PLAIN, LOCKED = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"password")


# ------------------------------------------------------------------------------------------- what is published is no secret


def _der_that_ends_like_a_line() -> bytes:
    """A public key in DER whose last byte, taken for text, is white space."""
    for number in range(10_000):
        key = ed25519.Ed25519PrivateKey.from_private_bytes(
            hashlib.sha256(b"%d" % number).digest()
        ).public_key()
        if key.public_bytes_raw()[-1:] == b"\n":
            return key.public_bytes(DER, SPKI)
    raise AssertionError("no such key")


def _certificate(request: bool = False) -> Any:
    key = private_key("P-256")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id.example.com")])
    if request:
        return x509.CertificateSigningRequestBuilder(name).sign(key, hashes.SHA256())
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2120, 1, 1, tzinfo=UTC)
    )
    return builder.sign(key, hashes.SHA256())


def _ssh(kind: str) -> bytes:
    return bytes(
        private_key(kind)
        .public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    )


def _public() -> Iterator[tuple[str, bytes]]:
    for kind in ("RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448"):
        key = private_key(kind).public_key()
        yield f"{kind}, PEM", key.public_bytes(PEM, SPKI)
        yield f"{kind}, DER", key.public_bytes(DER, SPKI)
    pkcs1 = serialization.PublicFormat.PKCS1
    rsa = private_key("RSA").public_key()
    yield "RSA, PEM of PKCS#1", rsa.public_bytes(PEM, pkcs1)
    yield "RSA, DER of PKCS#1", rsa.public_bytes(DER, pkcs1)
    yield (
        "RSA, XML",
        b"<RSAKeyValue><Modulus>"
        + base64.b64encode(rsa.public_numbers().n.to_bytes(256, "big"))
        + b"</Modulus></RSAKeyValue>",
    )
    yield "a DER that ends like a line", _der_that_ends_like_a_line()
    for kind in ("RSA", "P-256", "Ed25519"):
        yield f"{kind}, OpenSSH", _ssh(kind)
        yield f"{kind}, OpenSSH with a comment", _ssh(kind) + b" root@id.example.com\n"
        yield f"{kind}, OpenSSH on the wire (RFC 4253)", base64.b64decode(_ssh(kind).split()[1])
    yield "authorized_keys with options", b'command="true",no-pty ' + _ssh("RSA")
    yield "known_hosts", b"id.example.com,192.0.2.1 " + _ssh("Ed25519")
    yield "OpenSSH, security key", b"sk-ssh-ed25519@openssh.com " + _ssh("Ed25519").split()[1]
    yield (
        "SSH2 (RFC 4716)",
        b"---- BEGIN SSH2 PUBLIC KEY ----\n" + _ssh("RSA").split()[1] + b"\n---- END SSH2 PUBLIC KEY ----\n",
    )
    for kind in ("P-256", "P-384", "P-521", "secp256k1"):
        key = private_key(kind).public_key()
        point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        yield f"{kind}, point", point
        yield f"{kind}, hybrid point", bytes([6 + (point[-1] & 1)]) + point[1:]
        yield (
            f"{kind}, compressed point",
            key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint),
        )
    certificate = _certificate()
    for name, encoding in (("PEM", PEM), ("DER", DER)):
        yield f"certificate, {name}", certificate.public_bytes(encoding)
        yield f"certificate request, {name}", _certificate(request=True).public_bytes(encoding)
        yield f"certificates, PKCS#7, {name}", pkcs7.serialize_certificates([certificate], encoding)


def _jwks() -> Iterator[tuple[str, bytes]]:
    for kind in ("RSA", "P-256", "Ed25519", "Ed448"):
        members = jwk(private_key(kind), kid="key-1")
        yield f"{kind}, JWK", json.dumps(members).encode()
        yield f"{kind}, JWK Set", json.dumps(jwks(members), indent=2).encode()
    members = jwk(private_key("RSA"), kid="key-1")
    modulus = private_key("RSA").public_key().public_numbers().n
    yield "JWKs in an array", json.dumps([members]).encode()
    yield "JWK with its names escaped", json.dumps(members).replace('"kty"', '"\\u006bty"').encode()
    yield "JWK in JSON twice", json.dumps(json.dumps(members)).encode()
    yield "JWK as Python writes it", str(members).encode()
    yield "JWK with a comma too many", json.dumps(members).replace("}", ",}").encode()
    yield "JSON without a key type", json.dumps({"n": b64_int(modulus), "e": "AQAB"}).encode()
    yield "oct JWK", json.dumps({"kty": "oct", "k": "A" * 43}).encode()


def _private() -> Iterator[tuple[str, bytes]]:
    forms = serialization.PrivateFormat
    for kind in ("RSA", "P-256", "Ed25519"):
        key = private_key(kind)
        for encoding_name, encoding in (("PEM", PEM), ("DER", DER)):
            for lock_name, lock in (("open", PLAIN), ("encrypted", LOCKED)):
                yield (
                    f"{kind}, private, PKCS#8 {encoding_name}, {lock_name}",
                    key.private_bytes(encoding, forms.PKCS8, lock),
                )
        yield f"{kind}, private, OpenSSH", key.private_bytes(PEM, forms.OpenSSH, PLAIN)
    for kind in ("RSA", "P-256"):
        key = private_key(kind)
        yield f"{kind}, private, traditional PEM", key.private_bytes(PEM, forms.TraditionalOpenSSL, PLAIN)
        yield (
            f"{kind}, private, traditional PEM, encrypted",
            key.private_bytes(PEM, forms.TraditionalOpenSSL, LOCKED),
        )
        yield f"{kind}, private, traditional DER", key.private_bytes(DER, forms.TraditionalOpenSSL, PLAIN)
    yield (
        "PKCS#12",
        pkcs12.serialize_key_and_certificates(b"name", private_key("P-256"), _certificate(), None, LOCKED),
    )
    yield "PuTTY", b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: 2\n"


SERIALISATIONS: Final = dict([*_public(), *_jwks(), *_private()])


def _text(encoding: str) -> Callable[[bytes], bytes]:
    return lambda raw: raw.decode("ascii").encode(encoding)


DISGUISES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "as it is": lambda raw: raw,
    "with a BOM": lambda raw: b"\xef\xbb\xbf" + raw,
    "in white space": lambda raw: b"\r\n\t " + raw + b" \n\n",
    "after white space": lambda raw: b"\n" + raw,
    "before white space": lambda raw: raw + b"\n",
    "hexadecimal": lambda raw: raw.hex().encode(),
    "HEXADECIMAL": lambda raw: raw.hex().upper().encode() + b"\n",
    "hexadecimal with colons": lambda raw: raw.hex(":").encode(),
    "base64": base64.b64encode,
    "base64 in lines": base64.encodebytes,
    "base64url without padding": lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="),
    "base64 in quotes": lambda raw: b'"' + base64.b64encode(raw) + b'"',
    "UTF-16 with a BOM": _text("utf-16"),
    "UTF-16LE": _text("utf-16-le"),
    "UTF-16BE": _text("utf-16-be"),
    "UTF-32 with a BOM": _text("utf-32"),
    "UTF-32LE": _text("utf-32-le"),
    "UTF-32BE": _text("utf-32-be"),
    "hexadecimal in UTF-16": lambda raw: raw.hex().encode("utf-16"),
    "base64 in UTF-16": lambda raw: base64.b64encode(raw).decode().encode("utf-16"),
}


@pytest.mark.parametrize("name", SERIALISATIONS)
def test_a_key_is_no_secret_in_any_serialisation_and_any_disguise(name: str) -> None:
    raw = SERIALISATIONS[name]
    passed = []
    for disguise, put_on in DISGUISES.items():
        try:
            secret = put_on(raw)
        except UnicodeDecodeError:
            continue  # bytes that are no text have no encodings of text
        if len(secret) >= 32 and accepted(secret):
            passed.append(disguise)
    assert not passed


@pytest.mark.parametrize("name", SERIALISATIONS)
def test_the_refusal_of_a_key_says_what_it_is_and_does_not_quote_it(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"secret is (a|JSON)") as refused:
        SharedSecretPolicy(secret=SERIALISATIONS[name], issuer=ISSUER, audience=AUDIENCE)
    keeps_it(refused.value, SERIALISATIONS[name])


def test_the_disguises_alone_make_nothing_look_like_a_key() -> None:
    random = hashlib.shake_256(b"a good secret").digest(64)
    text = base64.b64encode(random)
    assert [name for name, put_on in DISGUISES.items() if not accepted(put_on(text))] == []
    binary = [name for name in DISGUISES if not name.startswith("UTF")]
    assert [name for name in binary if not accepted(DISGUISES[name](random))] == []


# --------------------------------------------------------------------------------------------------- what only looks like it

RANDOM: Final = hashlib.shake_256(b"another good secret").digest(128)


def beside_every_curve() -> bytes:
    """What a compressed point would look like, but no curve has a point there."""
    for number in range(100):
        secret = b"\x02" + hashlib.sha256(b"%d" % number).digest()
        for curve in (ec.SECP256R1(), ec.SECP256K1()):
            try:
                ec.EllipticCurvePublicKey.from_encoded_point(curve, secret)
            except ValueError:
                continue
            break
        else:
            return secret
    raise AssertionError("points everywhere")


@pytest.mark.parametrize(
    "secret",
    [
        RANDOM[:32],
        b"{" + RANDOM[:63],
        b"[" + RANDOM[:63],
        b"{" + RANDOM[:62] + b"}",
        b'"' + RANDOM[:62] + b'"',
        b"\x30" + RANDOM[:63],
        b"\x30\x3e" + RANDOM[:62],
        b"\x30\x3f" + RANDOM[:62],
        b"\x30\x82\x00\x3c" + RANDOM[:60],
        b"\x30\x3e" + b"\x05\x00" * 27 + RANDOM[:8],
        b"\x30\x3e" + b"\x04\x3b" + RANDOM[:60],
        b"\x30\x3e" + b"\x04\x3d" + RANDOM[:60],
        b"\x30\xff" + RANDOM[:62],
        b"\x30\x80" + RANDOM[:62],
        b"\x04" + RANDOM[:64],
        b"\x04" + bytes(range(64)),
        b"\x06" + RANDOM[:64],
        beside_every_curve(),
        b"\0\0\0\x07" + RANDOM[:60],
        b"\xef\xbb\xbf" + RANDOM[:32],
        b"\xff\xfe" + RANDOM[:62],
        b"\xfe\xff" + RANDOM[:62],
        RANDOM[:64] + b"\n",
        RANDOM[:32].hex().encode(),
        RANDOM[:32].hex().upper().encode(),
        RANDOM[:32].hex(":").encode(),
        b"0x" + RANDOM[:32].hex().encode(),
        base64.b64encode(RANDOM[:32]),
        base64.urlsafe_b64encode(RANDOM[:48]).rstrip(b"="),
        base64.encodebytes(RANDOM),
        b"correct-horse-battery-staple-kty-ssh-rsa",
        b"ssh-rsa " + RANDOM[:40].hex().encode(),
        b"BEGIN and END of nothing, in ASCII words",
        b"c0ffee00-0000-4000-8000-1a2b3c4d5e6f",
        b"3141592653589793238462643383279502884197",
        "pässwörter-sind-keine-schlüssel".encode(),
        RANDOM[:32].hex().encode("utf-16"),
        bytes(range(32)),
    ],
    ids=lambda secret: repr(secret)[2:26],
)  # fmt: skip
def test_what_only_looks_like_a_key_is_a_secret(secret: bytes) -> None:
    assert accepted(secret)


ALPHABET: Final = (
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&()*+,-./:;<=>?@[]^_{|}~"
)


@pytest.mark.parametrize(
    ("number", "size"), [(18222, 32), (18222, 48), (4313, 128), (22212, 128), (41623, 128)]
)
def test_random_bytes_are_not_undone_until_something_is_found_in_what_is_left(number: int, size: int) -> None:
    assert accepted(hashlib.shake_256(b"%d" % number).digest(size))


@pytest.mark.parametrize("number", [3246, 7414, 9196, 11333, 14453])
def test_a_random_word_is_not_taken_for_base64_by_leaving_its_punctuation_out(number: int) -> None:
    assert accepted(
        bytes(ALPHABET[byte % len(ALPHABET)] for byte in hashlib.shake_256(b"%d" % number).digest(64))
    )


def test_a_public_key_that_is_nothing_but_random_bytes_cannot_be_told_from_a_secret() -> None:
    # RFC 8032: every 32 bytes may be one. Written down so that nobody believes otherwise (docs/explanation).
    assert accepted(private_key("Ed25519").public_key().public_bytes_raw())
