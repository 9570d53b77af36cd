"""A policy that makes sense is kept as it was given; one that does not is refused with the sentence that says what to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pytest

from bearerguard.algorithms import DEFAULT_ALGORITHMS
from bearerguard.errors import ConfigurationError
from bearerguard.policy import (
    ANY_TYPE,
    MAX_LEEWAY,
    UNSAFE_ANY_AUDIENCE,
    Policy,
    UserClaims,
)
from tests.core.builders import AUDIENCE, ISSUER


def policy(**changes: Any) -> Policy:
    return Policy(**({"issuer": ISSUER, "audience": AUDIENCE} | changes))


@dataclass
class Shape:
    level: int


class Row(TypedDict):
    level: int


class Fields(msgspec.Struct):
    level: int


class Opaque:
    pass


@dataclass
class Unresolved:
    level: Nowhere  # type: ignore[name-defined]  # noqa: F821


# ---------------------------------------------------------------------------------------------------------- what is refused

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # the issuer
    ({"issuer": ""}, "issuer", "issuer is required: write the URL as the provider gives it"),
    ({"issuer": None}, "issuer", "issuer is required: write the URL"),
    ({"issuer": b"https://id.example.com"}, "issuer", "issuer is required: write the URL"),
    ({"issuer": "id.example.com"}, "issuer", "must be an absolute https URL such as 'https://id.example.com'"),
    ({"issuer": " https://id.example.com"}, "issuer", "must be an absolute https URL"),
    ({"issuer": "https://id.example.com\n"}, "issuer", "must be an absolute https URL"),
    ({"issuer": "https://"}, "issuer", "must be an absolute https URL"),
    ({"issuer": "https://user:secret@id.example.com"}, "issuer", "must be an absolute https URL"),
    ({"issuer": "https://id.exämple.com"}, "issuer", "must be an absolute https URL"),
    ({"issuer": "http://id.example.com"}, "issuer", "is plain http: write 'https://id.example.com'"),
    ({"issuer": "http://localhost.example.com"}, "issuer", "Only this machine (localhost) is allowed http"),
    ({"issuer": "ftp://id.example.com"}, "issuer", "must be https, not 'ftp'"),
    ({"issuer": "file:///etc/passwd"}, "issuer", "must be an absolute https URL"),
    ({"issuer": "https://id.example.com?tenant=1"}, "issuer", "no query or fragment"),
    ({"issuer": "https://id.example.com#top"}, "issuer", "no query or fragment"),
    (
        {"issuer": "https://id.example.com/t/.well-known/openid-configuration"},
        "issuer",
        "issuer is the identity, not the document: write issuer='https://id.example.com/t'",
    ),
    (
        {"issuer": "https://id.example.com/.well-known/oauth-authorization-server/t"},
        "issuer",
        "issuer is the identity, not the document: write issuer='https://id.example.com/t'",
    ),
    # the audience
    ({"audience": None}, "audience", "audience is required: write this API's identifier"),
    ({"audience": ""}, "audience", "audience is required"),
    ({"audience": " "}, "audience", "audience is required"),
    ({"audience": []}, "audience", "audience is required"),
    ({"audience": False}, "audience", "audience is required"),
    ({"audience": [AUDIENCE, ""]}, "audience", "audience is required"),
    ({"audience": f" {AUDIENCE}"}, "audience", "audience is required"),
    ({"audience": [f"{AUDIENCE}\n"]}, "audience", "audience is required"),
    ({"audience": [AUDIENCE, 7]}, "audience", "audience is required"),
    ({"audience": AUDIENCE.encode()}, "audience", "audience is required"),
    ({"audience": {AUDIENCE: True}}, "audience", "audience is required"),
    ({"audience": ANY_TYPE}, "audience", "audience is required"),
    ({"audience": ISSUER + "/"}, "audience", "differ only by a trailing slash"),
    ({"issuer": ISSUER + "/", "audience": [AUDIENCE, ISSUER]}, "audience", "write both as they stand in a token"),
    # the algorithms
    ({"algorithms": "RS256"}, "algorithms", "a collection of names such as ('RS256',)"),
    ({"algorithms": ()}, "algorithms", "a collection of names such as ('RS256',)"),
    ({"algorithms": 256}, "algorithms", "a collection of names such as ('RS256',)"),
    ({"algorithms": ["HS256"]}, "algorithms", "'HS256' is not an algorithm that public keys verify here; there are RS256"),
    ({"algorithms": ["RS256", "none"]}, "algorithms", "'none' is not an algorithm"),
    ({"algorithms": ["rs256"]}, "algorithms", "'rs256' is not an algorithm"),
    ({"algorithms": [["RS256"]]}, "algorithms", "is not an algorithm"),
    ({"algorithms": b"RS256"}, "algorithms", "is not an algorithm"),
    # the type
    ({"token_type": ""}, "token_type", "such as 'at+jwt' or 'JWT', or ANY_TYPE"),
    ({"token_type": " "}, "token_type", "or ANY_TYPE"),
    ({"token_type": None}, "token_type", "or ANY_TYPE"),
    ({"token_type": UNSAFE_ANY_AUDIENCE}, "token_type", "or ANY_TYPE"),
    # seconds
    ({"leeway": 301}, "invalid", "leeway is in seconds, at least 0 and at most 300; 301 is not"),
    ({"leeway": MAX_LEEWAY + 0.001}, "invalid", "at most 300"),
    ({"leeway": -0.001}, "invalid", "at least 0"),
    ({"leeway": True}, "invalid", "leeway is in seconds"),
    ({"leeway": "30"}, "invalid", "leeway is in seconds"),
    ({"leeway": None}, "invalid", "leeway is in seconds"),
    ({"leeway": float("nan")}, "invalid", "leeway is in seconds"),
    ({"max_age": -1}, "invalid", "max_age is in seconds, at least 0; -1 is not"),
    ({"max_age": float("inf")}, "invalid", "max_age is in seconds"),
    ({"max_age": float("nan")}, "invalid", "max_age is in seconds"),
    ({"max_age": 2**53 + 2}, "invalid", "max_age is in seconds"),
    ({"max_age": False}, "invalid", "max_age is in seconds"),
    ({"max_age": 10**400}, "invalid", "max_age is in seconds"),
    # names and places of claims
    ({"required_claims": [""]}, "claims", "required_claims is 0 to 64 claim names, not"),
    ({"required_claims": [7]}, "claims", "required_claims is 0 to 64 claim names, not"),
    ({"required_claims": None}, "claims", "required_claims is 0 to 64 claim names, not"),
    ({"scope_claim": ()}, "claims", "scope_claim is 1 to 8 claim names, not"),
    ({"scope_claim": ""}, "claims", "scope_claim is 1 to 8 claim names, not"),
    ({"scope_claim": None}, "claims", "scope_claim is 1 to 8 claim names, not"),
    ({"roles_claim": ""}, "claims", "its name, or a tuple of names from the outside in, not ''"),
    ({"roles_claim": ()}, "claims", "a tuple of names"),
    ({"roles_claim": ("realm", "")}, "claims", "a tuple of names"),
    ({"roles_claim": ["realm", "roles"]}, "claims", "a tuple of names"),
    ({"roles_claim": 7}, "claims", "a tuple of names"),
    ({"required_claims": b"jti"}, "claims", "required_claims is 0 to 64 claim names"),
    ({"required_claims": [str(number) for number in range(65)]}, "claims", "required_claims is 0 to 64 claim names"),
    ({"required_claims": {"tenant": None}}, "claims", "the string, whole number or boolean each must be"),
    ({"required_claims": {"tenant": 1.5}}, "claims", "the string, whole number or boolean each must be"),
    ({"required_claims": {"tenant": ["a"]}}, "claims", "the string, whole number or boolean each must be"),
    ({"required_claims": {"": "a"}}, "claims", "from claim names to"),
    ({"required_claims": {7: "a"}}, "claims", "from claim names to"),
    ({"scope_claim": {"scope": 1}}, "claims", "scope_claim is 1 to 8 claim names"),
    ({"scope_claim": ["a"] * 9}, "claims", "scope_claim is 1 to 8 claim names"),
    ({"client_id_claim": ()}, "claims", "client_id_claim is 1 to 8 claim names"),
    ({"client_id_claim": 7}, "claims", "client_id_claim is 1 to 8 claim names"),
    ({"audience_claim": ""}, "claims", "audience_claim is a claim's name"),
    ({"audience_claim": ["aud", "client_id"]}, "claims", "audience_claim is a claim's name"),
    ({"audience_claim": None}, "claims", "audience_claim is a claim's name"),
    ({"checks": len}, "claims", "checks is a collection of functions"),
    ({"checks": ["len"]}, "claims", "checks is a collection of functions"),
    ({"checks": ""}, "claims", "checks is a collection of functions"),
    ({"checks": {len: 1}}, "claims", "checks is a collection of functions"),
    ({"checks": None}, "claims", "checks is a collection of functions"),
    ({"claims_type": str}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": bool}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": list}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": object}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": Opaque}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": "Shape"}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": Shape(1)}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": []}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"claims_type": Unresolved}, "claims", "a dataclass, TypedDict or msgspec Struct, not"),
    ({"user_claims": {"is_verified": "verified"}}, "claims", "must be a UserClaims"),
    ({"user_claims": UserClaims(is_verified="")}, "claims", "a tuple of names"),
    ({"user_claims": UserClaims(is_anonymous=())}, "claims", "a tuple of names"),
    ({"user_claims": UserClaims(can_reauthenticate=7)}, "claims", "a tuple of names"),  # type: ignore[arg-type]
    # locations
    ({"discovery_url": ""}, "url", "discovery_url is required"),
    ({"discovery_url": "http://id.example.com/meta"}, "url", "discovery_url is plain http: write 'https://id.example.com/meta'"),
    ({"jwks_uri": "/oauth2/jwks"}, "url", "jwks_uri must be an absolute https URL"),
    ({"jwks_uri": "http://169.254.169.254/jwks"}, "url", "jwks_uri is plain http"),
    ({"jwks_uri": "data:application/json,{}"}, "url", "jwks_uri must be an absolute https URL"),
    ({"jwks_uri": "https://id.example.com/jwks?a=\rHost: b"}, "url", "jwks_uri must be an absolute https URL"),
    ({"jwks_uri": "https://id.example.com/jwks#\x1b[2J"}, "url", "jwks_uri must be an absolute https URL"),
    ({"jwks_uri": 7}, "url", "jwks_uri is required"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "code", "sentence"), REFUSED, ids=lambda value: repr(value)[:48])
def test_a_setting_that_makes_no_sense_is_refused_with_what_to_write_instead(
    settings: dict[str, Any], code: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        policy(**settings)
    assert refused.value.code == f"configuration_{code}"
    assert sentence in refused.value.detail


def test_a_policy_without_its_two_required_settings_says_what_to_write() -> None:
    with pytest.raises(ConfigurationError, match="issuer is required"):
        Policy()  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="audience is required"):
        Policy(ISSUER)  # type: ignore[call-arg]


def test_a_sentence_stays_short_whatever_was_written() -> None:
    for settings in (
        {"issuer": "x" * 9999},
        {"audience": "x" * 9999},
        {"algorithms": ["x" * 9999]},
        {"leeway": "x" * 9999},
        {"roles_claim": ["x" * 9999]},
        {"issuer": "https://" + "x" * 9999 + "/", "audience": "https://" + "x" * 9999},
        {"issuer": "http://" + "x" * 9999},
    ):
        try:
            policy(**settings)
        except ConfigurationError as refused:
            assert len(refused.detail) < 700


# --------------------------------------------------------------------------------------------------------- what is accepted

ACCEPTED: list[dict[str, Any]] = [
    {"issuer": "https://id.example.com/"},
    {"issuer": "https://id.example.com:8443/realms/one"},
    {"issuer": "https://id.example.com/.well-known"},
    {"issuer": "https://[2001:db8::1]"},
    {"issuer": "http://localhost:8455"},
    {"issuer": "http://127.0.0.1:8455"},
    {"issuer": "http://[::1]:8455"},
    {"issuer": ISSUER, "audience": ISSUER},
    {"issuer": ISSUER + "/", "audience": ISSUER + "/"},
    {"audience": ISSUER + "/api/"},
    {"audience": UNSAFE_ANY_AUDIENCE},
    {"leeway": 0},
    {"leeway": MAX_LEEWAY},
    {"max_age": 0},
    {"max_age": 2**53},
    {"algorithms": {"ES256"}},
    {"scope_claim": "permissions"},
    {"roles_claim": ("realm_access", "roles")},
    {"required_claims": {"tenant": "blue", "level": 1, "staff": True}},
    {"required_claims": ()},
    {"audience_claim": "client_id"},
    {"client_id_claim": "cid"},
    {"checks": ()},
    {"checks": {len}},
    {"claims_type": Shape},
    {"claims_type": Row},
    {"claims_type": Fields},
    {"discovery_url": "http://localhost:9000/meta?tenant=1"},
    {"jwks_uri": "https://keys.example.com/jwks?tenant=a%20b"},
]


@pytest.mark.parametrize("settings", ACCEPTED, ids=repr)
def test_a_setting_that_makes_sense_is_accepted(settings: dict[str, Any]) -> None:
    assert policy(**settings).issuer == settings.get("issuer", ISSUER)


def test_left_alone_a_policy_is_strict() -> None:
    given = Policy(ISSUER, AUDIENCE)
    assert given.settings.audiences == frozenset({AUDIENCE})
    assert given.settings.token_type == "at+jwt"
    assert given.settings.algorithms == frozenset(DEFAULT_ALGORITHMS)
    assert given.settings.scope_claim == ("scope", "scp")
    assert (given.leeway, given.max_age, given.required_claims, given.roles_claim) == (30, None, (), None)


def test_only_the_two_words_for_it_turn_a_check_off() -> None:
    waived = policy(audience=UNSAFE_ANY_AUDIENCE, token_type=ANY_TYPE)
    assert (waived.settings.audiences, waived.settings.token_type) == (None, None)
    assert "audience=UNSAFE_ANY_AUDIENCE" in repr(waived)
    assert "token_type=ANY_TYPE" in repr(waived)
