"""A `Verified` says what the issuer said, in the types one expects, and nobody can make one or change one."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.errors import ClaimError
from bearerguard.judge import judge
from bearerguard.keys import key_set
from bearerguard.policy import UNSAFE_ANY_AUDIENCE, Policy, UserClaims
from bearerguard.token import parse
from bearerguard.verified import Verified
from tests.core.builders import (
    ABSENT,
    AUDIENCE,
    CLAIMS,
    ISSUER,
    NOW,
    claims,
    header,
    jwk,
    jwks,
    jws,
    private_key,
)

KEY = private_key("Ed25519", 20)
KEYS = key_set(jwks(jwk(KEY, kid="key-1"))).keys
HEADER = header(alg="EdDSA")


def caller(
    settings: dict[str, Any] | None = None, head: dict[str, Any] | None = None, **changes: Any
) -> Verified:
    policy = Policy(**({"issuer": ISSUER, "audience": AUDIENCE} | (settings or {})))
    return judge(parse(jws(HEADER | (head or {}), claims(**changes), KEY, "EdDSA")), KEYS, policy, NOW)


# ------------------------------------------------------------------------------------------------------ a mapping to read only


def test_the_leeway_of_the_policy_comes_along() -> None:
    assert caller().leeway == 30


def test_it_is_a_mapping_of_the_claims() -> None:
    verified = caller(tenant="blue")
    assert dict(verified) == CLAIMS | {"tenant": "blue"}
    assert len(verified) == len(CLAIMS) + 1
    assert list(verified) == list(verified.keys())
    assert verified["tenant"] == verified.get("tenant") == "blue"
    assert "tenant" in verified
    assert "scp" not in verified
    assert object() not in verified
    assert verified.get("scp") is None
    with pytest.raises(KeyError):
        verified["scp"]


def test_only_a_verifier_makes_one() -> None:
    with pytest.raises(TypeError, match="only a verifier"):
        Verified()
    with pytest.raises(TypeError):
        Verified({"sub": "root"})  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "name", ["subject", "scopes", "roles", "issuer", "principal", "header", "expires_at", "admin"]
)
def test_no_attribute_can_be_set_or_removed(name: str) -> None:
    verified = caller()
    with pytest.raises(AttributeError):
        setattr(verified, name, frozenset({"admin"}))
    with pytest.raises(AttributeError):
        delattr(verified, name)


def test_no_claim_can_be_set_or_removed() -> None:
    verified: Any = caller()
    with pytest.raises(TypeError):
        verified["sub"] = "root"
    with pytest.raises(TypeError):
        del verified["sub"]
    assert not {"pop", "update", "clear", "setdefault", "popitem"} & set(dir(verified))


def test_what_is_done_to_a_list_or_object_that_was_handed_out_stays_with_its_owner() -> None:
    verified = caller(
        {"roles_claim": "roles"}, {"x": ["deep"]}, roles=["user"], tenant={"ids": [1]}, aud=[AUDIENCE, "b"]
    )
    verified["roles"].append("admin")
    verified.get("tenant", {})["ids"].append(2)
    dict(verified)["aud"].append("evil")
    for value in verified.values():
        if isinstance(value, list):
            value.clear()
    for item in verified.items():
        if isinstance(item[1], dict):
            item[1].clear()
    verified.header["x"].append("evil")
    assert verified.roles == {"user"}
    assert verified["tenant"] == {"ids": [1]}
    assert verified.audience == (AUDIENCE, "b")
    assert verified.header == HEADER | {"x": ["deep"]}


@dataclass
class Shape:
    roles: Any
    level: int = 0


def test_the_claims_as_a_type_are_made_anew_at_each_call() -> None:
    verified = caller({"claims_type": Shape, "roles_claim": "roles"}, roles=["user"])
    assert verified.typed == Shape(["user"])
    verified.typed.roles.append("admin")
    verified.typed.level = 9
    assert verified.typed == Shape(["user"])
    assert verified.roles == {"user"}
    assert caller(roles=["user"]).typed is None


def test_two_are_equal_when_header_and_claims_are() -> None:
    assert caller() == caller()
    assert hash(caller()) == hash(caller())
    assert caller(exp=CLAIMS["exp"] + 0.0) == caller()
    assert hash(caller(exp=CLAIMS["exp"] + 0.0)) == hash(caller())
    assert caller(scope="other") != caller()
    assert caller(sub="bob") != caller()
    assert caller(head={"typ": "AT+JWT"}) != caller()
    assert caller() != dict(caller())
    assert len({caller(), caller(), caller(jti="token-2")}) == 2


def test_a_copy_is_the_same_caller() -> None:
    verified = caller(roles=["a"])
    for copied in (copy.copy(verified), copy.deepcopy(verified)):
        assert copied == verified
        assert copied.scopes == verified.scopes


def test_its_repr_names_the_principal_and_nothing_else() -> None:
    assert repr(caller(sub="alice\x85\u202e", email="a@example.com")) == (
        "<Verified 'alice\\x85\\u202e' of 'https://id.example.com'>"
    )


# ------------------------------------------------------------------------------------------------------------- typed views


def test_the_common_claims_have_typed_views() -> None:
    verified = caller(auth_time=int(NOW) - 100, acr="gold", amr=["pwd", "otp"])
    assert (verified.subject, verified.issuer) == ("alice", ISSUER)
    assert verified.principal == (ISSUER, "alice")
    assert verified.client_id == "app"
    assert verified.audience == (AUDIENCE,)
    assert verified.scopes == {"openid", "orders:read"}
    assert verified.scopes is verified.scopes
    assert (verified.expires_at, verified.issued_at) == (NOW + 1740, NOW - 60)
    assert type(verified.expires_at) is type(verified.issued_at) is float
    assert (verified.auth_time, verified.acr, verified.amr) == (NOW - 100, "gold", ("pwd", "otp"))
    assert verified.token_id == "token-1"
    assert verified.header == HEADER


def test_one_subject_of_two_issuers_is_two_principals() -> None:
    other = "https://other.example.com"
    assert caller().principal != caller({"issuer": other}, iss=other).principal


@pytest.mark.parametrize(
    ("name", "view", "value", "seen"),
    [
        ("client_id", "client_id", ABSENT, None),
        ("client_id", "client_id", 7, None),
        ("client_id", "client_id", ["app"], None),
        ("iat", "issued_at", ABSENT, None),
        ("iat", "issued_at", 0, 0.0),
        ("auth_time", "auth_time", ABSENT, None),
        ("auth_time", "auth_time", True, None),
        ("auth_time", "auth_time", "1767225600", None),
        ("auth_time", "auth_time", -1, None),
        ("auth_time", "auth_time", 2**53, None),
        ("auth_time", "auth_time", 2**53 - 1, float(2**53 - 1)),
        ("auth_time", "auth_time", 10**400, None),
        ("auth_time", "auth_time", 1.5, 1.5),
        ("acr", "acr", 1, None),
        ("amr", "amr", "pwd", ()),
        ("amr", "amr", ["pwd", 7, None], ("pwd",)),
        ("jti", "token_id", ABSENT, None),
        ("aud", "audience", AUDIENCE, (AUDIENCE,)),
        ("aud", "audience", [AUDIENCE, "b", AUDIENCE], (AUDIENCE, "b", AUDIENCE)),
    ],
)
def test_a_view_of_a_missing_or_ill_typed_claim_is_none_or_empty(
    name: str, view: str, value: Any, seen: Any
) -> None:
    assert getattr(caller(**{name: value}), view) == seen


def test_azp_stands_in_for_a_missing_client_id_and_other_names_where_the_policy_says() -> None:
    assert caller(client_id=ABSENT, azp="app-2").client_id == "app-2"
    assert caller(azp="app-2").client_id == "app"
    assert caller(client_id=None, azp="app-2").client_id == "app-2"
    assert caller({"client_id_claim": "cid"}, cid="app-3").client_id == "app-3"
    assert caller({"client_id_claim": "cid"}).client_id is None


@pytest.mark.parametrize(
    "aud", [ABSENT, None, 7, True, 1.5, {"a": 1}, [], [[AUDIENCE]], [AUDIENCE, 7, {"a": []}]], ids=repr
)
def test_where_any_audience_will_do_the_view_is_still_a_tuple_of_strings(aud: Any) -> None:
    audience = caller({"audience": UNSAFE_ANY_AUDIENCE}, aud=aud).audience
    assert type(audience) is tuple
    assert all(type(member) is str for member in audience)


# ------------------------------------------------------------------------------------------------------------------- scopes


@pytest.mark.parametrize(
    ("changes", "scopes"),
    [
        ({"scope": "a b"}, {"a", "b"}),
        ({"scope": " a  b "}, {"a", "b"}),
        ({"scope": ""}, set()),
        ({"scope": " "}, set()),
        ({"scope": ABSENT}, set()),
        ({"scope": None}, set()),
        ({"scope": "a,b"}, {"a,b"}),
        ({"scope": "orders:read-all"}, {"orders:read-all"}),
        ({"scope": "A"}, {"A"}),
        ({"scope": ["a", "b"]}, {"a", "b"}),
        ({"scope": ["a b", "c", ""]}, {"c"}),
        ({"scope": []}, set()),
        ({"scope": ABSENT, "scp": "a"}, {"a"}),
        ({"scope": ABSENT, "scp": ["a"]}, {"a"}),
        ({"scope": None, "scp": "a"}, {"a"}),
        ({"scope": "a", "scp": "admin"}, {"a"}),
        ({"scope": "", "scp": "admin"}, set()),
        ({"scope": [], "scp": "admin"}, set()),
        ({"scope": ABSENT, "permissions": ["admin"]}, set()),
    ],
    ids=repr,
)  # fmt: skip
def test_scopes_are_words_between_spaces_under_the_first_name_that_is_present(
    changes: dict[str, Any], scopes: set[str]
) -> None:
    assert caller(**changes).scopes == scopes


def test_the_policy_says_under_which_names_scopes_are_looked_for() -> None:
    settings: dict[str, Any] = {"scope_claim": ("https://example.com/a.b", "scope")}
    named: dict[str, Any] = {"https://example.com/a.b": "x"}
    assert caller(settings, **named).scopes == {"x"}
    assert caller(settings).scopes == {"openid", "orders:read"}
    assert caller({"scope_claim": "a.b"}, a={"b": "x"}).scopes == frozenset()


@given(
    st.text(
        st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=24
    )
)
def test_nothing_but_the_space_comes_between_two_scopes(text: str) -> None:
    try:
        scopes = caller(scope=text).scopes
    except ClaimError:
        return
    assert scopes == {word for word in text.split(" ") if word}


# ----------------------------------------------------------------------------------------------------------- roles and users


@pytest.mark.parametrize(
    ("place", "changes", "roles"),
    [
        ("roles", {"roles": ["a", "b"]}, {"a", "b"}),
        ("roles", {"roles": "a b"}, {"a b"}),
        ("roles", {"roles": []}, set()),
        ("roles", {}, set()),
        ("roles", {"roles": None}, set()),
        ("roles", {"roles": {"admin": True}}, set()),
        ("roles", {"roles": True}, set()),
        ("roles", {"roles": ["a", 7, None, ["admin"]]}, {"a"}),
        (None, {"roles": ["admin"]}, set()),
        ("https://example.com/claims/user.roles", {"https://example.com/claims/user.roles": ["a"]}, {"a"}),
        ("realm.roles", {"realm": {"roles": ["admin"]}}, set()),
        (("realm", "roles"), {"realm": {"roles": ["a"]}}, {"a"}),
        (("realm", "roles"), {"realm": [{"roles": ["admin"]}]}, set()),
        (("realm", "roles"), {"realm": "roles"}, set()),
        (("realm", "roles"), {"realm.roles": ["admin"]}, set()),
    ],
    ids=repr,
)
def test_roles_stand_exactly_where_the_policy_says(
    place: Any, changes: dict[str, Any], roles: set[str]
) -> None:
    assert caller({"roles_claim": place}, **changes).roles == roles


@pytest.mark.parametrize(
    ("value", "seen"), [(True, True), (False, False), (ABSENT, None), ("true", None), (1, None), (None, None)]
)
def test_a_fact_about_the_user_is_true_false_or_unknown(value: Any, seen: bool | None) -> None:
    places = UserClaims(is_verified="a.v", is_anonymous=("user", "anonymous"), can_reauthenticate="c")
    inner = {} if value is ABSENT else {"anonymous": value}
    user = caller({"user_claims": places}, **{"a.v": value, "user": inner, "c": value}).user
    assert user.is_verified is user.is_anonymous is user.can_reauthenticate is seen


def test_a_policy_that_knows_no_places_knows_nothing_about_the_user() -> None:
    user = caller(is_verified=True, is_anonymous=True, can_reauthenticate=True).user
    assert user.is_verified is user.is_anonymous is user.can_reauthenticate is None


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        ({"admin": {"org": "acme.example"}}, {"admin"}),
        ({"admin": {"org": "acme.example"}, "a b": {"org": {}}}, {"admin", "a b"}),
        ({"admin": {"org": "acme.example"}, "root": False, "user": True, "guest": None}, {"admin"}),
        ({"admin": {}}, set()),
        ({"admin": "acme.example"}, set()),
        ({"admin": ["acme.example"]}, set()),
        ({"admin": 1}, set()),
        ({}, set()),
    ],
    ids=repr,
)
def test_the_keys_of_an_object_are_roles_if_their_values_are_objects_that_say_more(
    value: Any, roles: set[str]
) -> None:
    assert caller({"roles_claim": "roles"}, roles=value).roles == roles
    assert caller({"roles_claim": ("realm", "roles")}, realm={"roles": value}).roles == roles
