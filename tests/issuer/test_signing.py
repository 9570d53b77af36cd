"""Keys and signatures of the dev issuer, with PyJWT as the witness from outside."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from cryptography import x509

from bearerguard.issuer.signing import (
    SIGNERS,
    PrivateKey,
    Row,
    SigningKey,
    compact,
    decode,
    encode,
    hs256,
    stranger,
)

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
SHAPES = {
    "RS": ("RSA", None),
    "PS": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
SIGNATURE_BYTES = {"ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64}


@pytest.fixture
def jwt() -> Any:
    """PyJWT, the witness from outside."""
    return pytest.importorskip("jwt")


@pytest.fixture(scope="module")
def keys() -> dict[str, SigningKey]:
    return {algorithm: SigningKey(algorithm) for algorithm in SIGNERS}


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_another_library_accepts_the_signature_under_the_published_key(
    algorithm: str, keys: dict[str, SigningKey], jwt: Any
) -> None:
    key = keys[algorithm]
    token = compact({"alg": algorithm, "kid": key.kid}, {"sub": "alice"}, key.sign)
    public = jwt.PyJWK.from_dict(key.jwk())
    assert jwt.decode(token, public, algorithms=[algorithm]) == {"sub": "alice"}


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_published_key_has_its_type_and_no_private_member(
    algorithm: str, keys: dict[str, SigningKey]
) -> None:
    jwk: dict[str, Any] = keys[algorithm].jwk()
    assert (jwk["kty"], jwk.get("crv")) == SHAPES.get(algorithm, SHAPES.get(algorithm[:2]))
    assert (jwk["use"], jwk["alg"], jwk["kid"]) == ("sig", algorithm, keys[algorithm].kid)
    assert PRIVATE_MEMBERS.isdisjoint(jwk)


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_signature_is_as_long_as_the_standard_says(algorithm: str, keys: dict[str, SigningKey]) -> None:
    assert len(keys[algorithm].sign(b"x")) == SIGNATURE_BYTES.get(algorithm, 256)


def test_a_key_is_not_made_before_it_is_needed_and_then_only_once() -> None:
    made: list[PrivateKey] = []
    key = SigningKey("ES256")
    row = key._row

    def generate() -> PrivateKey:
        made.append(row.generate())
        return made[-1]

    key._row = Row(generate, row.sign)
    assert repr(key) == f"<SigningKey ES256 {key.kid}>"
    assert not made
    threads = [threading.Thread(target=key.jwk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [key.private]


def test_a_key_is_named_by_a_uuid_of_its_own_unless_told_otherwise() -> None:
    first, second = SigningKey("ES256"), SigningKey("ES256")
    assert first.kid != second.kid
    assert [len(part) for part in first.kid.split("-")] == [8, 4, 4, 4, 12]
    assert SigningKey("ES256", "mine").kid == "mine"


def test_an_rsa_key_can_sign_by_another_algorithm_of_its_kind(keys: dict[str, SigningKey], jwt: Any) -> None:
    key = keys["RS256"]
    token = compact({"alg": "PS384"}, {}, lambda signing_input: key.sign(signing_input, "PS384"))
    public = jwt.PyJWK.from_dict({**key.jwk(), "alg": "PS384"})
    assert jwt.decode(token, public, algorithms=["PS384"]) == {}


def test_an_attacker_signs_with_any_bytes_as_a_shared_secret(jwt: Any) -> None:
    secret = b"s" * 32
    token = compact({"alg": "HS256"}, {"sub": "alice"}, hs256(secret))
    assert jwt.decode(token, secret, algorithms=["HS256"]) == {"sub": "alice"}


def test_the_stranger_is_the_same_every_time_and_nobody_else(keys: dict[str, SigningKey]) -> None:
    assert stranger() is stranger()
    assert stranger().jwk()["n"] != keys["RS256"].jwk()["n"]


def test_the_public_half_comes_in_every_form_that_an_attacker_finds_it_in(
    keys: dict[str, SigningKey],
) -> None:
    key = keys["RS256"]
    assert key.public_pem().startswith(b"-----BEGIN PUBLIC KEY-----")
    assert key.public_pem(pkcs1=True).startswith(b"-----BEGIN RSA PUBLIC KEY-----")
    assert key.public_der()[0] == 0x30
    certificate = x509.load_der_x509_certificate(key.certificate())
    certificate.verify_directly_issued_by(certificate)


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xfb\xff", bytes(range(256))])
def test_encoding_is_undone_by_decoding_and_uses_no_padding(raw: bytes) -> None:
    assert decode(encode(raw)) == raw
    assert not set(encode(raw)) & set("+/=")


def test_bytes_are_signed_as_they_are() -> None:
    header, payload, signature = compact(b"not json", {"a": 1}, lambda _: b"sig").split(".")
    assert (decode(header), json.loads(decode(payload)), decode(signature)) == (b"not json", {"a": 1}, b"sig")
