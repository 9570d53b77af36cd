"""JWK Sets -> keys: what is used, what is left out and why, and which key may answer for which header."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.algorithms import ALGORITHMS
from bearerguard.keys import key_set, public_key
from bearerguard.limits import Limits
from tests.core.builders import ABSENT, KIND_OF, KINDS, b64, b64_int, jwk, private_key, signature

DATA = b"header.payload"
ED25519_P = 2**255 - 19
ED448_P = 2**448 - 2**224 - 1
P256_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
P521_P = 2**521 - 1


def why_not(key: dict[str, Any], limits: Limits | None = None) -> str:
    """The reason for which one key is left out, the same whether it stands alone or spoils a set."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the reasons are told apart by those who ask
        public_key(key) if limits is None else public_key(key, limits)
    good = jwk(private_key("P-256"), kid="good")
    found = key_set({"keys": [key, good]}, limits or Limits())
    assert [each.kid for each in found.keys] == ["good"]
    assert [each.reason for each in found.ignored] == [str(caught.value)]
    return str(caught.value)


def of_kind(kind: str, **members: Any) -> dict[str, Any]:
    return jwk(private_key(kind), **members)


def modulus(bits: int) -> str:
    """An odd number of exactly so many bits; whether anybody could sign under it is not asked."""
    return b64_int((1 << (bits - 1)) | 1)


# -------------------------------------------------------------------------------------------------------- what is used


@pytest.mark.parametrize(("alg", "kind"), [*KIND_OF.items(), ("EdDSA", "Ed448")])
def test_a_key_answers_for_the_algorithms_of_its_kind(alg: str, kind: str) -> None:
    key = public_key(of_kind(kind, kid="a"))
    expected = {name for name, row in ALGORITHMS.items() if row.suits(key.kty, key.kind)}
    assert key.algorithms == expected
    assert alg in expected
    assert key.kid == "a"
    raw = signature(DATA, private_key(kind), alg)
    assert key.verifies(alg, raw, DATA)
    assert not key.verifies(alg, raw, DATA + b".")


@pytest.mark.parametrize(("alg", "kind"), [*KIND_OF.items(), ("EdDSA", "Ed448")])
def test_a_key_with_an_algorithm_answers_for_that_alone(alg: str, kind: str) -> None:
    key = public_key(of_kind(kind, alg=alg))
    assert key.algorithms == {alg}
    raw = signature(DATA, private_key(kind), alg)
    assert [name for name in ALGORITHMS if key.verifies(name, raw, DATA)] == [alg]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "alg", ["RSA-OAEP", "ECDH-ES", "none", "", "HS256", "rs256", 256, ["RS256"], {"RS256": 1}, True]
)
def test_a_key_for_another_algorithm_is_left_out(kind: str, alg: Any) -> None:
    assert "'alg'" in why_not(of_kind(kind, alg=alg))


def test_an_algorithm_of_another_type_or_curve_is_left_out() -> None:
    for kind, alg in (
        ("RSA", "ES256"),
        ("P-256", "ES384"),
        ("P-384", "ES256"),
        ("P-521", "RS512"),
        ("secp256k1", "ES256"),
    ):
        assert "does not fit" in why_not(of_kind(kind, alg=alg))
    assert "does not fit" in why_not(of_kind("Ed25519", alg="Ed448"))


def test_members_that_are_null_say_nothing() -> None:
    key = public_key(of_kind("RSA", kid=None, alg=None, use=None, key_ops=None))
    assert key.kid is None
    assert len(key.algorithms) == 6


@pytest.mark.parametrize(
    ("members", "used"),
    [
        ({"use": "sig"}, True),
        ({"use": "enc"}, False),
        ({"use": "SIG"}, False),
        ({"use": ""}, False),
        ({"use": ["sig"]}, False),
        ({"use": "x" * 5_000}, False),
        ({"key_ops": ["verify"]}, True),
        ({"key_ops": ["sign", "verify"]}, True),
        ({"key_ops": ("verify",)}, True),
        ({"key_ops": []}, False),
        ({"key_ops": ["sign"]}, False),
        ({"key_ops": ["encrypt", {}]}, False),
        ({"key_ops": "verify"}, False),
        ({"key_ops": {"verify": 1}}, False),
        ({"use": "sig", "key_ops": ["encrypt"]}, False),
        ({"use": "enc", "key_ops": ["verify"]}, False),
        ({"x5c": ["MIIB"], "x5t": "AA", "ext": True, "iat": 1, "unknown": {}}, True),
    ],
)
def test_a_key_is_used_only_for_what_it_is_for(members: dict[str, Any], used: bool) -> None:
    if used:
        assert public_key(of_kind("RSA", **members)).kty == "RSA"
    else:
        assert len(why_not(of_kind("RSA", **members))) < 100


@pytest.mark.parametrize("kty", [ABSENT, None, "", "rsa", "ec", "oct", "OKP ", "DSA", 1, ["RSA"], {}, True])
def test_a_type_without_a_row_is_left_out(kty: Any) -> None:
    assert "type" in why_not(of_kind("RSA", kty=kty))


def test_a_shared_secret_in_a_public_document_is_never_a_key() -> None:
    for secret in (b64(b"k" * 64), "", b64(json.dumps(of_kind("RSA")).encode())):
        for alg in ("HS256", "RS256", ABSENT):
            found = {"kty": "oct", "k": secret, "kid": "a", "alg": alg}
            assert "type" in why_not({name: value for name, value in found.items() if value is not ABSENT})


@pytest.mark.parametrize("kid", [1, True, ["a"], {}, "k" * 257])
def test_a_kid_is_a_short_string(kid: Any) -> None:
    assert "'kid'" in why_not(of_kind("RSA", kid=kid))


def test_the_length_of_a_kid_is_a_limit() -> None:
    assert public_key(of_kind("RSA", kid="k" * 256)).kid == "k" * 256
    assert public_key(of_kind("RSA", kid="name"), Limits(kid_chars=4)).kid == "name"
    assert "'kid'" in why_not(of_kind("RSA", kid="names"), Limits(kid_chars=4))


# ---------------------------------------------------------------------------------------------------------------- RSA


@pytest.mark.parametrize(
    ("bits", "used"), [(1024, False), (2047, False), (2048, True), (8192, True), (8193, False)]
)
def test_a_modulus_is_neither_weak_nor_a_burden(bits: int, used: bool) -> None:
    key = of_kind("RSA", n=modulus(bits))
    if used:
        assert public_key(key).verifies("RS256", bytes((bits + 7) // 8), DATA) is False
    else:
        assert str(bits) in why_not(key)


@pytest.mark.parametrize(
    ("exponent", "used"),
    [
        *(
            (0, False),
            (1, False),
            (2, False),
            (3, False),
            (17, False),
            (65_535, False),
            (65_536, False),
            (65_537, True),
        ),
        *(
            (65_538, False),
            (65_539, True),
            (2**32 - 1, True),
            (2**32, False),
            (2**32 + 1, False),
            (2**64 + 13, False),
        ),
    ],
)
def test_an_exponent_is_odd_and_neither_small_nor_huge(exponent: int, used: bool) -> None:
    key = of_kind("RSA", e=b64_int(exponent))
    if used:
        assert public_key(key).kty == "RSA"
    else:
        assert "exponent" in why_not(key)


def test_an_even_modulus_is_left_out() -> None:
    n = private_key("RSA").public_key().public_numbers().n
    assert public_key(of_kind("RSA", n=b64_int(n))).kty == "RSA"
    assert "even" in why_not(of_kind("RSA", n=b64_int(n - 1)))


BAD_MEMBERS: list[Any] = [
    ABSENT,
    None,
    "",
    1,
    65_537,
    ["AQAB"],
    {},
    True,
    "AQAB=",
    "AQA\n",
    "AQ+B",
    " AQAB",
    "AQABC",
    "é",
    "A" * 5_000,
]


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("RSA", "n"),
        ("RSA", "e"),
        ("P-256", "x"),
        ("P-256", "y"),
        ("P-521", "y"),
        ("Ed25519", "x"),
        ("Ed448", "x"),
    ],
)
@pytest.mark.parametrize("value", BAD_MEMBERS, ids=lambda value: repr(value)[:12])
def test_a_number_is_strict_base64url_or_the_key_is_left_out(kind: str, member: str, value: Any) -> None:
    assert why_not(of_kind(kind, **{member: value}))


def test_a_member_is_not_decoded_if_it_is_longer_than_any_key() -> None:
    assert "no usable 'n'" in why_not(of_kind("RSA", n="A" * 4_097))
    assert "0 bits" in why_not(of_kind("RSA", n="A" * 4_096))


@given(st.binary(min_size=255, max_size=257), st.binary(max_size=260))
def test_any_odd_number_for_a_modulus_is_a_key_that_only_says_no(number: bytes, raw: bytes) -> None:
    n = int.from_bytes(number, "big") | 1 | 1 << 2047
    key = public_key(of_kind("RSA", n=b64_int(n)))
    for alg in sorted(key.algorithms):
        assert not key.verifies(alg, raw.ljust((n.bit_length() + 7) // 8, b"\x5a"), DATA)


# ----------------------------------------------------------------------------------------------------------------- EC


@pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521", "secp256k1"])
def test_a_point_lies_on_its_curve(crv: str) -> None:
    point = private_key(crv).public_key().public_numbers()
    size = (private_key(crv).key_size + 7) // 8
    other = private_key(crv, 1).public_key().public_numbers()
    assert public_key(of_kind(crv)).kind == crv
    for x, y in (
        (point.x, other.y),
        (point.y, point.x),
        (point.x, point.y ^ 1),
        (0, 0),
        (1, 1),
        (0, point.y),
    ):
        assert "not a point" in why_not(of_kind(crv, x=b64_int(x, size), y=b64_int(y, size)))
    assert "not a point" in why_not(of_kind(crv, x=b64(b"\xff" * size)))


@pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521", "secp256k1"])
@pytest.mark.parametrize("member", ["x", "y"])
def test_a_coordinate_has_the_length_of_its_curve(crv: str, member: str) -> None:
    point = private_key(crv).public_key().public_numbers()
    size = (private_key(crv).key_size + 7) // 8
    raw = getattr(point, member).to_bytes(size, "big")
    for other in (b"\0" + raw, raw[1:], raw + b"\0", raw[:-1], raw * 2, b"\0"):
        assert "length" in why_not(of_kind(crv, **{member: b64(other)}))


def test_a_coordinate_is_less_than_the_prime() -> None:
    """x and x+p are one number modulo p; P-521 has room for both in its 66 bytes, P-256 for small x."""
    x521 = private_key("P-521").public_key().public_numbers().x
    assert "not a point" in why_not(of_kind("P-521", x=b64_int(x521 + P521_P, 66)))
    y = 0x66485C780E2F83D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4
    small, large = (
        {"kty": "EC", "crv": "P-256", "x": b64_int(x, 32), "y": b64_int(y, 32)} for x in (0, P256_P)
    )
    assert public_key(small).kind == "P-256"
    assert "not a point" in why_not(large)


@pytest.mark.parametrize(
    "crv", [ABSENT, None, "", "p-256", "P-192", "P-224", "P-257", "Ed25519", "sect571r1", 256, ["P-256"], {}]
)
def test_a_curve_without_a_row_is_left_out(crv: Any) -> None:
    assert "curve" in why_not(of_kind("P-256", crv=crv))


def test_a_point_of_one_curve_is_no_key_of_another() -> None:
    assert "length" in why_not(of_kind("P-256", crv="P-384"))
    assert "not a point" in why_not(of_kind("P-256", crv="secp256k1"))
    assert "not a point" in why_not(of_kind("secp256k1", crv="P-256"))


# ----------------------------------------------------------------------------------------------------- Edwards, ML-DSA


@pytest.mark.parametrize(
    "crv", [ABSENT, None, "", "ed25519", "X25519", "X448", "P-256", 25519, ["Ed25519"], {}]
)
def test_an_octet_key_pair_is_on_an_edwards_curve(crv: Any) -> None:
    assert "curve" in why_not(of_kind("Ed25519", crv=crv))


@pytest.mark.parametrize(("crv", "size"), [("Ed25519", 32), ("Ed448", 57)])
def test_an_edwards_key_has_its_length(crv: str, size: int) -> None:
    raw = private_key(crv).public_key().public_bytes_raw()
    assert len(raw) == size
    for other in (raw[1:], raw[:-1], raw + b"\0", b"\0" + raw, b"\0"):
        assert "length" in why_not(of_kind(crv, x=b64(other)))
    assert "length" in why_not(of_kind("Ed25519", crv="Ed448"))
    assert "length" in why_not(of_kind("Ed448", crv="Ed25519"))


# The points of order 1, 2, 4 and 8 of edwards25519 by their y, and the second spellings of two of them (y+p).
ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_25519 = (0, 1, ORDER_8, ED25519_P - ORDER_8, ED25519_P - 1, ED25519_P, ED25519_P + 1)


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", SMALL_25519, ids=lambda y: f"{y:#066x}"[:10])
def test_a_point_of_small_order_signs_for_everybody_and_is_left_out(y: int, sign: int) -> None:
    """Under such a key, R of small order and S = 0 are a signature of most messages: no secret is needed."""
    point = (y | sign << 255).to_bytes(32, "little")
    assert "order" in why_not({"kty": "OKP", "crv": "Ed25519", "x": b64(point)})


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("y", [0, 1, ED448_P - 1])
def test_a_point_of_small_order_of_ed448_is_left_out(y: int, sign: int) -> None:
    point = y.to_bytes(56, "little") + bytes([sign])
    assert "order" in why_not({"kty": "OKP", "crv": "Ed448", "x": b64(point)})


@pytest.mark.parametrize(
    ("crv", "y"),
    [("Ed25519", 2), ("Ed25519", 7), ("Ed25519", ED25519_P + 3), ("Ed448", 2), ("Ed448", ED448_P + 6), ("Ed448", 2**455 - 1)],
)  # fmt: skip
def test_an_edwards_key_is_a_point_of_its_curve_in_its_one_spelling(crv: str, y: int) -> None:
    point = y.to_bytes(32 if crv == "Ed25519" else 57, "little")
    assert "not a point" in why_not({"kty": "OKP", "crv": crv, "x": b64(point)})


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("ML-DSA")])
def test_a_lattice_key_says_its_algorithm_and_has_its_length(kind: str) -> None:
    raw = private_key(kind).public_key().public_bytes_raw()
    key = public_key(of_kind(kind))
    assert (key.kty, key.kind, set(key.algorithms)) == ("AKP", kind, {kind})
    for other in (raw[:-1], raw + b"\0"):
        assert "length" in why_not(of_kind(kind, pub=b64(other)))
    for alg in (ABSENT, None, "ML-DSA-45", "RS256", 44, ["ML-DSA-44"]):
        assert "'alg'" in why_not(of_kind(kind, alg=alg))
    for pub in BAD_MEMBERS:
        assert why_not(of_kind(kind, pub=pub))
