"""Every row of the table accepts its own signatures, and nothing that merely looks like one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.algorithms import ALGORITHMS, CURVES, DEFAULT_ALGORITHMS, Curve
from bearerguard.keys import public_key
from tests.core.builders import KIND_OF, KINDS, jwk, private_key, signature

DATA = b"eyJhbGciOiJSUzI1NiJ9.e30"
ROWS = [*KIND_OF.items(), ("EdDSA", "Ed448")]
ECDSA = [("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521"), ("ES256K", "secp256k1")]
PSS = {"PS256": hashes.SHA256(), "PS384": hashes.SHA384(), "PS512": hashes.SHA512()}
SIZES = {
    "RSA": 256,
    "P-256": 64,
    "P-384": 96,
    "P-521": 132,
    "secp256k1": 64,
    "Ed25519": 64,
    "Ed448": 114,
    "ML-DSA-44": 2420,
    "ML-DSA-65": 3309,
    "ML-DSA-87": 4627,
}


def verifies(alg: str, kind: str, raw: bytes, data: bytes = DATA) -> bool:
    check = ALGORITHMS[alg].checker(private_key(kind).public_key())
    verdict = check(raw, data)
    assert type(verdict) is bool
    return verdict


def sign(alg: str, kind: str, data: bytes = DATA) -> bytes:
    return signature(data, private_key(kind), alg)


# ----------------------------------------------------------------------------------------------------------- the table


def test_the_table_has_these_rows_and_no_other() -> None:
    assert set(ALGORITHMS) == set(KIND_OF)
    assert all(row.name == name and row.standard.startswith("RFC ") for name, row in ALGORITHMS.items())
    assert len(ALGORITHMS) >= 13
    assert set(ALGORITHMS) - set(DEFAULT_ALGORITHMS) == {"ES256K"}


@pytest.mark.parametrize(
    "name", ["none", "None", "NONE", "", "HS256", "HS512", "rs256", "RS256 ", "RS1", "ES256k", "dir"]
)
def test_no_row_answers_to_a_name_that_only_resembles_one(name: str) -> None:
    assert name not in ALGORITHMS


TYPES = {kind: jwk(private_key(kind))["kty"] for kind in KINDS}


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_row_suits_the_keys_of_its_standard_and_no_other(alg: str) -> None:
    kinds = {"Ed25519", "Ed448"} if alg == "EdDSA" else {KIND_OF[alg]}
    for kind in (*KINDS, "P-192", "X25519", "ed25519", None, ""):
        for kty in ("RSA", "EC", "OKP", "AKP", "oct", "rsa", "ec", ""):
            expected = kty == "RSA" if kinds == {"RSA"} else kty == TYPES.get(str(kind)) and kind in kinds
            assert ALGORITHMS[alg].suits(kty, kind) == expected, (kty, kind)


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_the_order_and_size_of_a_curve_are_those_of_the_library(curve: Curve) -> None:
    # n is the order if and only if (n-1)G is -G: the point with G's own x.
    one = ec.derive_private_key(1, curve.curve).public_key().public_numbers()
    last = ec.derive_private_key(curve.order - 1, curve.curve).public_key().public_numbers()
    assert one.x == last.x
    assert one.y != last.y
    assert curve.size == (curve.order.bit_length() + 7) // 8 == (curve.curve.key_size + 7) // 8


# ---------------------------------------------------------------------------------------------- its own and no other's


@pytest.mark.parametrize(("alg", "kind"), ROWS)
def test_a_row_accepts_its_own_signature_and_refuses_every_other_rows(alg: str, kind: str) -> None:
    for other, other_kind in ROWS:
        raw = sign(other, other_kind)
        # RFC 9864: 'Ed25519' is a second, fuller name for 'EdDSA' with that curve; nothing else has two names.
        same = kind == other_kind and (alg == other or kind.startswith("Ed"))
        assert verifies(alg, kind, raw) == same, other


@pytest.mark.parametrize(("alg", "kind"), ROWS)
def test_a_key_asked_for_an_algorithm_of_another_type_says_no(alg: str, kind: str) -> None:
    key = public_key(jwk(private_key(kind)))
    raw = sign(alg, kind)
    assert key.verifies(alg, raw, DATA)
    names = {"EdDSA", kind} if kind.startswith("Ed") else {alg}
    for other in {*ALGORITHMS, "none", "HS256", ""} - names:
        assert not key.verifies(other, raw, DATA)


@pytest.mark.parametrize(("alg", "kind"), ROWS)
def test_the_signature_of_another_key_of_the_same_kind_is_refused(alg: str, kind: str) -> None:
    assert not verifies(alg, kind, signature(DATA, private_key(kind, 1), alg))


@pytest.mark.parametrize(("alg", "kind"), ROWS)
def test_one_bit_more_or_less_anywhere_is_a_refusal(alg: str, kind: str) -> None:
    raw = sign(alg, kind)
    assert verifies(alg, kind, raw)
    for place in range(0, len(raw), max(5, len(raw) // 40)):
        flipped = raw[:place] + bytes([raw[place] ^ (1 << place % 8)]) + raw[place + 1 :]
        assert not verifies(alg, kind, flipped), place
    for data in (DATA[:-1], DATA + b"A", DATA.swapcase(), b""):
        assert not verifies(alg, kind, raw, data)


@pytest.mark.parametrize(("alg", "kind"), ROWS)
def test_a_signature_has_the_length_of_its_kind(alg: str, kind: str) -> None:
    raw, size = sign(alg, kind), SIZES[kind]
    assert len(raw) == size
    wrong = (b"", b"\0", raw[:-1], raw[1:], raw + b"\0", b"\0" + raw, raw * 2, raw[: size // 2], bytes(size))
    for other in wrong:
        assert not verifies(alg, kind, other)


@given(
    st.sampled_from(ROWS),
    st.integers(-2, 2),
    st.binary(max_size=8),
    st.binary(max_size=8),
    st.binary(max_size=8),
)
def test_any_bytes_as_a_signature_are_only_refused(
    row: tuple[str, str], more: int, head: bytes, tail: bytes, data: bytes
) -> None:
    size = SIZES[row[1]] + more
    for raw in (head, (head + bytes(size))[:size], (head + b"\xff" * size)[: size - len(tail)] + tail):
        assert not verifies(*row, raw, data)


def test_the_public_key_as_a_shared_secret_signs_nothing() -> None:
    """RS256 for HS256: the MAC under any text form of the public key is refused by every row of that key."""
    public = private_key("RSA").public_key()
    forms = [
        public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER)
    ]
    for form in forms:
        mac = hmac.digest(form, DATA, hashlib.sha256)
        for alg in ("RS256", "PS256"):
            assert not verifies(alg, "RSA", mac)
            assert not verifies(alg, "RSA", mac.rjust(256, b"\0"))


# -------------------------------------------------------------------------------------------------------------- ECDSA


def split(raw: bytes, curve: Curve) -> tuple[int, int]:
    return int.from_bytes(raw[: curve.size], "big"), int.from_bytes(raw[curve.size :], "big")


def joined(r: int, s: int, curve: Curve) -> bytes:
    return r.to_bytes(curve.size, "big") + s.to_bytes(curve.size, "big")


@pytest.mark.parametrize(("alg", "crv"), ECDSA)
def test_r_and_s_lie_between_one_and_the_order(alg: str, crv: str) -> None:
    """The 'psychic signature' class (CVE-2022-21449) and its neighbours: a zero, the order, all ones."""
    curve = CURVES[crv]
    good_r, good_s = split(sign(alg, crv), curve)
    bad = (0, curve.order, curve.order + 1, 2 ** (8 * curve.size) - 1)
    for value in bad:
        for r, s in ((value, good_s), (good_r, value), (value, value), (value, 1), (1, value)):
            assert not verifies(alg, crv, joined(r, s, curve))
    assert verifies(alg, crv, joined(good_r, good_s, curve))


class Recorder:
    """A key that says yes to everything it is asked, so that what reaches it can be seen."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def verify(self, raw: bytes, data: bytes, scheme: object) -> None:
        self.asked.append(raw)


@pytest.mark.parametrize(("alg", "crv"), ECDSA)
def test_a_number_out_of_range_never_reaches_the_library(alg: str, crv: str) -> None:
    curve, key = CURVES[crv], Recorder()
    check = ALGORITHMS[alg].checker(key)
    last = curve.order - 1
    for r, s in ((0, 1), (1, 0), (0, 0), (curve.order, 1), (1, curve.order)):
        assert not check(joined(r, s, curve), DATA)
    for raw in (joined(1, 1, curve)[1:], joined(1, 1, curve) + b"\0", encode_dss_signature(1, 1), b""):
        assert not check(raw, DATA)
    assert key.asked == []
    for r, s in ((1, 1), (last, last), (1, last), (last, 1)):
        assert check(joined(r, s, curve), DATA)
    assert key.asked[0] == encode_dss_signature(1, 1)
    assert len(key.asked) == 4


def test_a_number_is_not_another_spelling_of_what_remains_of_it() -> None:
    """P-521 leaves seven bits of room, enough to write r+n for r; modulo n they are one number, as text they are two."""
    curve = CURVES["P-521"]
    r, s = split(sign("ES512", "P-521"), curve)
    assert verifies("ES512", "P-521", joined(r, s, curve))
    assert not verifies("ES512", "P-521", joined(r + curve.order, s, curve))
    assert not verifies("ES512", "P-521", joined(r, s + curve.order, curve))


@pytest.mark.parametrize(("alg", "crv"), ECDSA)
def test_the_other_s_is_a_signature_too_so_the_text_of_a_token_is_not_its_identity(
    alg: str, crv: str
) -> None:
    """ECDSA has it so, and issuers sign with either: revoke by `jti`, never by the token's hash."""
    curve = CURVES[crv]
    r, s = split(sign(alg, crv), curve)
    assert verifies(alg, crv, joined(r, curve.order - s, curve))
    assert not verifies(alg, crv, joined(curve.order - r, s, curve))
    assert not verifies(alg, crv, joined(s, r, curve))


@pytest.mark.parametrize(("alg", "crv"), ECDSA)
def test_der_and_padded_forms_are_other_formats(alg: str, crv: str) -> None:
    curve = CURVES[crv]
    raw = sign(alg, crv)
    der = encode_dss_signature(*split(raw, curve))
    half = curve.size
    for other in (
        der,
        der.ljust(2 * half, b"\0")[: 2 * half],
        der[-2 * half :],
        b"\0" + raw[:half] + b"\0" + raw[half:],
        raw[1:half] + raw[half:],
        raw.hex().encode(),
        base64.b64encode(raw),
    ):
        assert not verifies(alg, crv, other)


# ---------------------------------------------------------------------------------------------------------------- RSA


@pytest.mark.parametrize("alg", PSS)
def test_the_salt_of_pss_is_as_long_as_the_hash(alg: str) -> None:
    key, size = private_key("RSA"), PSS[alg].digest_size
    longest = 256 - size - 2
    for salt in (0, 1, 20, size - 1, size, size + 1, longest):
        raw = signature(DATA, key, alg, salt=salt)
        assert verifies(alg, "RSA", raw) == (salt == size), salt


@pytest.mark.parametrize("alg", PSS)
def test_pss_has_one_hash_within_and_without(alg: str) -> None:
    key, hash_ = private_key("RSA"), PSS[alg]
    for mask in (*PSS.values(), hashes.SHA1()):
        raw = key.sign(DATA, padding.PSS(padding.MGF1(mask), hash_.digest_size), hash_)
        assert verifies(alg, "RSA", raw) == (mask.name == hash_.name)


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
def test_a_signature_under_sha_1_is_refused(alg: str) -> None:
    raw = private_key("RSA").sign(DATA, padding.PKCS1v15(), hashes.SHA1())
    assert not verifies(alg, "RSA", raw)


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_a_signature_beyond_the_modulus_is_no_second_spelling(alg: str) -> None:
    n = private_key("RSA").public_key().public_numbers().n
    texts = (DATA + str(number).encode() for number in range(10_000))
    signed = ((int.from_bytes(sign(alg, "RSA", text), "big"), text) for text in texts)
    value, data = next((value, text) for value, text in signed if value < 2**2048 - n)
    assert verifies(alg, "RSA", value.to_bytes(256, "big"), data)
    assert not verifies(alg, "RSA", (value + n).to_bytes(256, "big"), data)


# ----------------------------------------------------------------------------------------- signatures made by others


def published(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


RFC_7515_A3 = (
    {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
)  # fmt: skip
RFC_8037_A4 = (
    {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
)
RFC_7515_A2 = (
    {
        "kty": "RSA",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
        "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
        "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e": "AQAB",
    },
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    ("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjb"
    "KBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZES"
    "c6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("alg", "example"),
    [("RS256", RFC_7515_A2), ("ES256", RFC_7515_A3), ("EdDSA", RFC_8037_A4)],
    ids=["RFC 7515 A.2", "RFC 7515 A.3", "RFC 8037 A.4"],
)
def test_the_examples_of_the_standards_verify(alg: str, example: tuple[dict[str, Any], str, str]) -> None:
    key: Callable[[str, bytes, bytes], bool] = public_key(example[0]).verifies
    data, raw = example[1].encode(), published(example[2])
    assert key(alg, raw, data)
    assert not key(alg, raw, data + b"A")
    assert not key(alg, raw[:-1] + bytes([raw[-1] ^ 1]), data)
