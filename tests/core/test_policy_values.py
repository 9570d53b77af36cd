"""A policy is a value: equal when it says the same, copied without loss, and changed by nobody."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.algorithms import DEFAULT_ALGORITHMS
from bearerguard.errors import ConfigurationError
from bearerguard.policy import (
    ANY_TYPE,
    UNSAFE_ANY_AUDIENCE,
    Policy,
    UserClaims,
    claim_at,
    normal_type,
)
from tests.core.builders import AUDIENCE, ISSUER


def policy(**changes: Any) -> Policy:
    return Policy(**({"issuer": ISSUER, "audience": AUDIENCE} | changes))


@dataclass
class Shape:
    level: int


# ------------------------------------------------------------------------------------------------- immutability and equality


@pytest.mark.parametrize("name", ["issuer", "audience", "algorithms", "leeway", "settings", "new"])
def test_a_policy_cannot_be_changed(name: str) -> None:
    given = policy()
    with pytest.raises(FrozenInstanceError):
        setattr(given, name, "https://evil.example.com")
    with pytest.raises(FrozenInstanceError):
        delattr(given, name)
    with pytest.raises(FrozenInstanceError):
        given.settings.audiences = None  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("audience", AUDIENCE, "https://evil.example.com"),
        ("algorithms", "ES256", "RS256"),
        ("required_claims", "tenant", "jti"),
        ("scope_claim", "scope", "permissions"),
        ("client_id_claim", "cid", "azp"),
        ("checks", len, repr),
    ],
)
def test_changing_the_list_a_policy_was_made_from_does_not_change_the_policy(
    name: str, first: Any, second: Any
) -> None:
    members = [first]
    given = policy(**{name: members})
    before = repr(given), repr(given.settings)
    members.append(second)
    members.remove(first)
    assert (repr(given), repr(given.settings)) == before
    assert list(getattr(given, name)) == [first]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"audience": "b"}, {"audience": ["b"]}),
        ({"audience": ["a", "b"]}, {"audience": {"b", "a"}}),
        ({"algorithms": None}, {"algorithms": list(DEFAULT_ALGORITHMS)}),
        ({"algorithms": ["RS256", "ES256"]}, {"algorithms": ("ES256", "RS256", "ES256")}),
        ({"required_claims": "jti"}, {"required_claims": ["jti"]}),
        ({"scope_claim": "scope"}, {"scope_claim": ("scope",)}),
        ({"scope_claim": ("scope", "scp")}, {"scope_claim": ["scope", "scp"]}),
        ({"client_id_claim": "cid"}, {"client_id_claim": ["cid"]}),
        ({"audience_claim": "aud"}, {"audience_claim": ["aud"]}),
        ({"required_claims": {"a": 1, "b": 2}}, {"required_claims": {"b": 2, "a": 1}}),
        ({"checks": [len]}, {"checks": (len,)}),
    ],
)
def test_two_ways_of_writing_one_policy_are_equal_and_hash_alike(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert policy(**one) == policy(**other)
    assert hash(policy(**one)) == hash(policy(**other))


@pytest.mark.parametrize(
    "settings",
    [
        {"issuer": ISSUER + "/"},
        {"audience": AUDIENCE + "/"},
        {"audience": UNSAFE_ANY_AUDIENCE},
        {"algorithms": ["RS256"]},
        {"token_type": ANY_TYPE},
        {"leeway": 31},
        {"max_age": 60},
        {"required_claims": ["jti"]},
        {"scope_claim": ("scp", "scope")},
        {"required_claims": {"jti": "1"}},
        {"claims_type": Shape},
        {"checks": [len]},
        {"audience_claim": "client_id"},
        {"client_id_claim": "cid"},
        {"roles_claim": "roles"},
        {"user_claims": UserClaims(is_verified="verified")},
        {"discovery_url": ISSUER + "/meta"},
        {"jwks_uri": ISSUER + "/jwks"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_difference_in_any_one_setting_makes_another_policy(settings: dict[str, Any]) -> None:
    assert policy(**settings) != policy()


def test_required_values_of_two_types_make_two_policies() -> None:
    assert policy(required_claims={"level": 1}) != policy(required_claims={"level": True})
    assert policy(required_claims={"level": 1}).required_claims != {"level": 1}


def test_changing_the_mapping_a_policy_was_made_from_does_not_change_the_policy() -> None:
    wanted: dict[str, Any] = {"tenant": "blue"}
    given: Any = policy(required_claims=wanted)
    wanted["tenant"] = "red"
    assert dict(given.settings.required) == dict(given.required_claims) == {"tenant": "blue"}
    assert len(given.required_claims) == 1
    assert "required_claims={'tenant': 'blue'}" in repr(given)
    with pytest.raises(TypeError):
        given.required_claims["tenant"] = "red"


def test_a_word_of_an_enumeration_is_the_word_it_stands_for() -> None:
    given = policy(scope_claim=Place.ROLES, required_claims={Place.ROLES: Place.ROLES})
    assert given == policy(scope_claim="roles", required_claims={"roles": "roles"})
    names = (*given.settings.scope_claim, *given.settings.required[0])
    assert [type(name) for name in names] == [str, str, str]


@pytest.mark.parametrize("name", ["scope_claim", "client_id_claim"])
def test_names_whose_order_counts_are_not_given_without_an_order(name: str) -> None:
    with pytest.raises(ConfigurationError):
        policy(**{name: {"a", "b"}})


def test_a_policy_can_be_made_from_another_and_is_checked_again() -> None:
    strict = policy(audience=[AUDIENCE, "b"], algorithms=["ES256"], token_type=ANY_TYPE)
    assert replace(strict) == strict
    assert replace(strict, leeway=5).settings == strict.settings
    with pytest.raises(ConfigurationError):
        replace(strict, audience=())


@pytest.mark.parametrize(
    "settings",
    [{}, {"audience": UNSAFE_ANY_AUDIENCE, "token_type": ANY_TYPE}, {"required_claims": {"tenant": "blue"}}],
)
def test_a_copy_of_a_policy_is_the_same_policy(settings: dict[str, Any]) -> None:
    given = policy(**settings)
    for copied in (copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert copied == given
        assert replace(copied, leeway=0).settings == given.settings


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
    | st.sampled_from([ISSUER, AUDIENCE, "RS256", "at+jwt", ANY_TYPE, UNSAFE_ANY_AUDIENCE, UserClaims(), 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
names = st.sampled_from([name for name in Policy.__dataclass_fields__ if name != "settings"])


@given(st.dictionaries(names, anything, max_size=3))
def test_whatever_the_settings_are_there_is_a_policy_or_a_configuration_error(
    settings: dict[str, Any],
) -> None:
    try:
        made = policy(**settings)
    except ConfigurationError as refused:
        assert refused.code in ConfigurationError.codes
    else:
        assert hash(made) == hash(replace(made))
        assert made.settings.audiences != frozenset()
        assert made.settings.algorithms


# ------------------------------------------------------------------------------------------------------- claims and types


class Place(StrEnum):
    ROLES = "roles"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (None, None),
        ("roles", ["a"]),
        (Place.ROLES, ["a"]),
        ("a.b", 1),
        (("a", "b"), 2),
        (("a.b",), 1),
        ("a", {"b": 2}),
        ("a/b", None),
        (("a", "b", "c"), None),
        (("a", "c"), None),
        (("roles", "0"), None),
        ("__class__", None),
        (("a", "__len__"), None),
    ],
)
def test_a_claim_is_found_by_literal_names_and_nothing_is_evaluated(path: Any, found: Any) -> None:
    assert claim_at({"a.b": 1, "a": {"b": 2}, "roles": ["a"]}, path) == found


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("at+jwt", "at+jwt"),
        ("AT+JWT", "at+jwt"),
        ("application/at+jwt", "at+jwt"),
        ("Application/AT+JWT", "at+jwt"),
        ("application/a/b", "application/a/b"),
        ("example/at+jwt", "example/at+jwt"),
        ("application/", ""),
    ],
)
def test_types_are_compared_in_lower_case_and_without_application(written: str, compared: str) -> None:
    assert normal_type(written) == compared
