"""JWK Sets -> keys: one unusable member never spoils the set, and which key may answer for which header."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given
from hypothesis import strategies as st

from bearerguard import keys as keys_module
from bearerguard.errors import DocumentError
from bearerguard.keys import KeySet, PublicKey, key_set, public_key
from bearerguard.limits import Limits
from tests.core.builders import jwk, jwks, private_key, signature

DATA = b"header.payload"


def of_kind(kind: str, **members: Any) -> dict[str, Any]:
    return jwk(private_key(kind), **members)


# ------------------------------------------------------------------------------------------------------ private members


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
def test_a_private_member_is_not_read_and_is_told(member: str) -> None:
    found = key_set(jwks(of_kind("RSA", kid="a", **{member: "not even base64!"})))
    assert len(found) == 1
    (warning,) = found.ignored
    assert warning.used
    assert warning.kid == "a"
    assert "private" in warning.reason
    assert "not even" not in warning.reason
    assert key_set(jwks(of_kind("RSA"))).ignored == ()


# ------------------------------------------------------------------------------------------------------------- key sets


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_a_key_set_is_read_from_bytes_or_from_a_mapping() -> None:
    document = jwks(of_kind("RSA", kid="a"), of_kind("P-256", kid="b"))
    for form in (
        document,
        as_bytes(document),
        MappingProxyType(document),
        {"keys": tuple(document["keys"]), "x": 1},
    ):
        assert [key.kid for key in key_set(form).keys] == ["a", "b"]


@pytest.mark.parametrize(
    "document",
    [
        *(b"", b"null", b"[]", b'"keys"', b"{}", b'{"keys":null}', b'{"keys":{}}', b'{"keys":"a"}', b'{"keys":1}', b'{"Keys":[]}'),
        *(b"<html></html>", b'{"keys":[]', b"\xff", b'{"keys":[],"keys":[]}', b'{"keys":[]}', b'{"keys":[null,1,"a",[]]}'),
        *({}, {"keys": None}, {"keys": {}}, {"keys": "abc"}, {"keys": []}, {"keys": [None]}, {"keys": [{}]}),
    ],
)  # fmt: skip
def test_a_document_without_a_usable_key_is_the_issuers_fault(document: Any) -> None:
    with pytest.raises(DocumentError) as caught:
        key_set(document)
    assert caught.value.code == "document_invalid"


@pytest.mark.parametrize("document", ['{"keys":[]}', json.dumps(jwks()), [], [{}], None, 5, object()])
def test_what_is_no_document_at_all_is_refused_in_the_same_way(document: Any) -> None:
    with pytest.raises(DocumentError):
        key_set(document)


def test_one_member_that_cannot_be_used_never_spoils_the_others() -> None:
    bad: list[Any] = [
        None,
        "a",
        5,
        [],
        {},
        {"kty": "oct", "k": "AA"},
        of_kind("RSA", use="enc", kid="e"),
        of_kind("RSA", n="A"),
    ]
    found = key_set({"keys": [*bad, of_kind("RSA", kid="good"), *bad]})
    assert [key.kid for key in found.keys] == ["good"]
    assert len(found.ignored) == 2 * len(bad)
    assert {ignored.kid for ignored in found.ignored} == {None, "e"}
    assert all(ignored.reason and not ignored.used for ignored in found.ignored)


def test_a_curve_that_the_library_lacks_costs_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: bytes) -> None:
        raise UnsupportedAlgorithm("not in this build")

    monkeypatch.setitem(keys_module._EDWARDS, "Ed448", lacking)
    found = key_set(jwks(of_kind("Ed448", kid="a"), of_kind("Ed25519", kid="b")))
    assert [key.kid for key in found.keys] == ["b"]
    assert "not in this build" in found.ignored[0].reason


def test_a_set_without_a_usable_key_says_why() -> None:
    with pytest.raises(DocumentError, match="empty"):
        key_set({"keys": []})
    with pytest.raises(DocumentError, match=r"'a' is not for signatures.*None is not a JSON object"):
        key_set({"keys": [of_kind("RSA", kid="a", use="enc"), 5]})


def test_the_reason_is_short_whatever_the_issuer_wrote() -> None:
    long = "x\n" * 20_000
    for member in ("kid", "kty", "use", "alg", "crv"):
        for kind in ("RSA", "P-256", "Ed25519"):
            with pytest.raises(DocumentError) as caught:
                key_set({"keys": [of_kind(kind, **{member: long, "use": long})] * 10})
            assert len(caught.value.detail) < 2_000
            assert "\n" not in caught.value.detail


def test_a_key_set_ends_at_its_limits() -> None:
    many = [of_kind("P-256", kid=str(number)) for number in range(65)]
    assert len(key_set({"keys": many[:64]})) == 64
    with pytest.raises(DocumentError, match="65 keys"):
        key_set({"keys": many})
    assert len(key_set({"keys": many[:2]}, Limits(keys=2))) == 2
    with pytest.raises(DocumentError, match="3 keys"):
        key_set({"keys": [None, None, many[0]]}, Limits(keys=2))
    raw = as_bytes(jwks())
    assert key_set(raw, Limits(document_bytes=len(raw)))
    with pytest.raises(DocumentError, match="longer"):
        key_set(raw, Limits(document_bytes=len(raw) - 1))


@pytest.mark.parametrize("twice", [b'{"keys":[%s],"keys":[%s]}', b'{"keys":[{"kid":"a","kid":"b"},%s,%s]}'])
def test_a_document_with_two_readings_is_not_read(twice: bytes) -> None:
    key = as_bytes(of_kind("P-256"))
    assert key_set(b'{"keys":[%s,%s]}' % (key, key))
    with pytest.raises(DocumentError, match="twice"):
        key_set(twice % (key, key))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.sampled_from(["", "RSA", "EC", "OKP", "AKP", "P-256", "AQAB", "sig"]),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kty", "crv", "n", "e", "x", "y", "pub", "use", "alg", "kid", "key_ops"]), inner, max_size=7),
                    max_leaves=20))  # fmt: skip
def test_any_document_is_a_key_set_or_the_issuers_fault(value: Any) -> None:
    for document in ({"keys": value}, {"keys": [value]}, as_bytes(value), as_bytes({"keys": [value]})):
        with pytest.raises(DocumentError):
            key_set(document)


# ----------------------------------------------------------------------------------------------- which key may answer


def kids(found: tuple[PublicKey, ...]) -> list[str | None]:
    return [key.kid for key in found]


def test_a_kid_names_one_key_that_must_suit_the_algorithm() -> None:
    found = key_set(
        jwks(of_kind("RSA", kid="r"), of_kind("P-256", kid="e"), of_kind("RSA", kid="p", alg="PS256"))
    )
    assert kids(found.candidates("RS256", "r")) == ["r"]
    assert kids(found.candidates("PS256", "p")) == ["p"]
    for alg, kid in (
        ("ES256", "r"),
        ("RS256", "e"),
        ("RS256", "p"),
        ("none", "r"),
        ("HS256", "r"),
        ("", "r"),
    ):
        assert found.candidates(alg, kid) == ()
    for kid in ("R", "r ", "", "x", "r\x00"):
        assert found.candidates("RS256", kid) == ()


def test_an_empty_kid_is_a_name_like_any_other() -> None:
    found = key_set(jwks(of_kind("RSA", kid=""), of_kind("RSA", kid="a"), of_kind("RSA")))
    assert kids(found.candidates("RS256", "")) == [""]


def test_without_a_kid_only_the_one_key_that_suits_may_answer() -> None:
    one = key_set(jwks(of_kind("RSA", kid="r"), of_kind("P-256", kid="e")))
    assert kids(one.candidates("RS256", None)) == ["r"]
    assert kids(one.candidates("ES256", None)) == ["e"]
    assert one.candidates("EdDSA", None) == ()
    two = key_set(jwks(of_kind("RSA", kid="a"), of_kind("RSA"), of_kind("P-256")))
    assert two.candidates("RS256", None) == ()
    assert kids(two.candidates("ES256", None)) == [None]
    bound = key_set(jwks(of_kind("RSA", kid="a", alg="RS256"), of_kind("RSA", kid="b", alg="RS512")))
    assert kids(bound.candidates("RS512", None)) == ["b"]


def test_a_key_without_a_name_answers_for_no_name() -> None:
    assert key_set(jwks(of_kind("RSA"))).candidates("RS256", "a") == ()


def test_a_repeated_kid_names_a_few_keys_of_the_right_kind_and_no_more() -> None:
    same = [jwk(private_key("P-256", number), kid="a") for number in range(6)]
    found = key_set({"keys": [of_kind("RSA", kid="a"), *same, of_kind("P-256", kid="b")]})
    assert len(found.candidates("ES256", "a")) == 4
    assert kids(found.candidates("RS256", "a")) == ["a"]
    assert found.candidates("EdDSA", "a") == ()
    fewer = key_set({"keys": same}, Limits(keys_per_kid=2))
    assert len(fewer.candidates("ES256", "a")) == 2
    answers = [
        key.verifies("ES256", signature(DATA, private_key("P-256", 1), "ES256"), DATA) for key in fewer.keys
    ]
    assert answers == [False, True, False, False, False, False]


def test_a_key_shows_its_name_escaped_and_its_kind() -> None:
    assert repr(public_key(of_kind("RSA", kid="a\nb"))) == r"<PublicKey kid='a\nb' RSA>"
    assert repr(public_key(of_kind("Ed448"))) == "<PublicKey kid=None Ed448>"


def test_two_keys_are_the_same_only_if_they_are_one() -> None:
    first, second = (public_key(of_kind("RSA", kid="a")) for _ in range(2))
    assert first != second
    assert len({first, second, first}) == 2
    assert isinstance(KeySet((first,), (), 4).candidates("RS256", "a")[0], PublicKey)
