"""`verify` and `explain` are one judgement: the same order, the same first failure, for any token whatever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard.errors import (
    IssuerError,
    KeysUnavailableError,
    MalformedTokenError,
    TokenError,
    UnknownKeyError,
)
from bearerguard.judge import AFTER_SIGNATURE, WITHOUT_KEY, explain, judge
from bearerguard.policy import ANY_TYPE, UNSAFE_ANY_AUDIENCE, Policy, UserClaims
from bearerguard.report import Report
from bearerguard.token import parse
from bearerguard.verifier import Verifier
from tests.core.builders import ABSENT, AUDIENCE, ISSUER, NOW
from tests.core.judging import KEY, KEYS, STRANGER, mint, policy, unverified

# ------------------------------------------------------------------------------------------------------------- the order

NAMES: Final = [
    *(check.name for check in WITHOUT_KEY),
    "signature",
    *(check.name for check in AFTER_SIGNATURE),
]
FAULTS: Final[dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "algorithm": ("algorithm_not_allowed", {"alg": "HS256"}, {}),
    "type": ("token_type_wrong", {"typ": "JWT"}, {}),
    "issuer": ("issuer_wrong", {}, {"iss": "https://evil.example.com"}),
    "signature present": ("signature_invalid", {}, {}),
    "signature": ("signature_invalid", {}, {}),
    "audience": ("audience_wrong", {}, {"aud": "https://b.example.com"}),
    "expiry": ("token_expired", {}, {"exp": 1}),
    "not before": ("token_not_yet_valid", {}, {"nbf": NOW + 600}),
    "issued at": ("token_not_yet_valid", {}, {"iat": NOW + 600}),
    "token id": ("claim_invalid", {}, {"jti": 7}),
    "subject": ("claim_invalid", {}, {"sub": ""}),
    "scope": ("claim_invalid", {}, {"scope": 7}),
    "required claims": ("claim_missing", {}, {"tenant": ABSENT}),
    "proof of possession": ("token_bound", {}, {"cnf": {}}),
    "claims type": ("claim_invalid", {}, {"level": "high"}),
    "custom checks": ("claim_refused", {}, {"banned": True}),
}
"""A fault for each check, and no other."""
NOT_ALWAYS_REACHED: Final = {"signature", "claims type", "custom checks"}
"""Checks that a report may leave out once another has failed: no key to ask, or no proven claims to hand to strangers."""
SHOWN: Final[list[Any]] = []


@dataclass
class Shape:
    level: int = 0


def banned(claims: Mapping[str, Any]) -> str | None:
    SHOWN.append(claims["sub"])
    return "is banned" if "banned" in claims else None


STRICT: Final = policy(required_claims=["tenant"], claims_type=Shape, checks=[banned])


def with_faults(faults: set[str]) -> tuple[str | None, str | None, list[str]]:
    """What the judge says, what the report says, and which checks it says have failed."""
    head: dict[str, Any] = {}
    body: dict[str, Any] = {"tenant": "blue"}
    for name in faults:
        head |= FAULTS[name][1]
        body |= FAULTS[name][2]
    text = mint(head, body, STRANGER if "signature" in faults else KEY)
    if "signature present" in faults:
        text = text.rpartition(".")[0] + "."
    token = parse(text)
    report = explain(token, KEYS, STRICT, NOW)
    code: str | None = None
    try:
        judge(token, KEYS, STRICT, NOW)
    except TokenError as error:
        code = error.code
        assert report.error is not None
        assert (type(report.error), report.error.detail) == (type(error), error.detail)
    return code, report.code, [check.name for check in report.checks if check.outcome == "failed"]


def test_every_check_has_its_fault_here_in_order() -> None:
    assert list(FAULTS) == NAMES
    assert with_faults(set()) == (None, None, [])


@pytest.mark.parametrize("name", NAMES)
def test_one_fault_is_found_by_its_check_alone(name: str) -> None:
    code = FAULTS[name][0]
    said, reported, failed = with_faults({name})
    assert (said, reported, failed[0]) == (code, code, name)
    assert failed[1:] in ([], ["signature"])


@pytest.mark.parametrize(("first", "second"), list(combinations(NAMES, 2)))
def test_of_two_faults_the_one_whose_check_stands_first_is_the_verdict(first: str, second: str) -> None:
    code, reported, failed = with_faults({first, second})
    assert code == reported == FAULTS[first][0]
    assert failed[0] == first
    assert second in failed or second in NOT_ALWAYS_REACHED


@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_whatever_the_faults_verify_and_explain_name_the_first(faults: set[str]) -> None:
    first = min(faults, key=NAMES.index)
    code, reported, failed = with_faults(faults)
    assert code == reported == FAULTS[first][0]
    assert set(failed) - NOT_ALWAYS_REACHED == faults - NOT_ALWAYS_REACHED


def test_a_check_of_ones_own_is_never_shown_claims_that_nobody_has_proven() -> None:
    SHOWN.clear()
    for faults in ({"signature"}, {"signature present"}, {"algorithm"}):
        with_faults(faults)
    for keys in (None, (), UnknownKeyError("not here"), KeysUnavailableError("not now")):
        explain(unverified(), keys, STRICT, NOW)
    assert SHOWN == []
    with_faults({"expiry"})
    assert SHOWN


# ----------------------------------------------------------------------------------------------------------------- reports

ALL: Final = ["form", *NAMES[: len(WITHOUT_KEY)], "key", *NAMES[len(WITHOUT_KEY) :]]
REPORTS: Final[dict[str, Report]] = {
    "good": explain(unverified(), KEYS, policy(), NOW),
    "bad": explain(unverified({"typ": "JWT"}, {"sub": ""}), KEYS, policy(), NOW),
    "malformed": explain(
        MalformedTokenError("no dots", code="token_opaque", hint="switch it on"), KEYS, policy(), NOW
    ),
    "not looked": explain(unverified({"alg": "none"}), None, policy(), NOW),
    "unknown key": explain(unverified(), UnknownKeyError("not here"), policy(), NOW),
    "outage": explain(unverified(), KeysUnavailableError("not now"), policy(), NOW),
}


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_has_every_check_in_the_order_of_the_judgement(name: str) -> None:
    assert [check.name for check in REPORTS[name].checks] == ALL
    assert all(check.standard for check in REPORTS[name].checks)


def outcomes(report: Report) -> dict[str, str]:
    return {check.name: check.outcome for check in report.checks}


def test_a_good_token_passes_every_check() -> None:
    assert set(outcomes(REPORTS["good"]).values()) == {"passed"}
    assert (REPORTS["good"].ok, REPORTS["good"].error, REPORTS["good"].code) == (True, None, None)


def test_of_a_token_that_cannot_be_read_nothing_else_is_said() -> None:
    assert outcomes(REPORTS["malformed"]) == dict.fromkeys(ALL, "not reached") | {"form": "failed"}
    assert REPORTS["malformed"].code == "token_opaque"
    assert REPORTS["malformed"].checks[0].hint == "switch it on"


@pytest.mark.parametrize(
    ("name", "key", "code"),
    [
        ("not looked", "not reached", "algorithm_not_allowed"),
        ("unknown key", "failed", "key_unknown"),
        ("outage", "failed", "keys_unavailable"),
    ],
)
def test_without_a_key_the_signature_is_not_reached_and_the_other_checks_are(
    name: str, key: str, code: str
) -> None:
    seen = outcomes(REPORTS[name])
    assert (seen["key"], seen["signature"], seen["audience"], seen["expiry"]) == (
        key,
        "not reached",
        "passed",
        "passed",
    )
    assert REPORTS[name].code == code
    assert not REPORTS[name].ok


def failed_check(name: str, head: dict[str, Any], body: dict[str, Any], **settings: Any) -> Any:
    report = explain(unverified(head, body), KEYS, policy(**settings), NOW)
    return next(check for check in report.checks if check.name == name and check.outcome == "failed")


@pytest.mark.parametrize(
    ("name", "head", "body", "settings", "hint"),
    [
        ("algorithm", {"alg": "NONE"}, {}, {}, "An unsigned token is never accepted"),
        ("algorithm", {"alg": "HS512"}, {}, {}, "signed with a shared secret"),
        ("algorithm", {"alg": "X"}, {}, {}, ""),
        ("type", {"typ": "JWT"}, {}, {}, "This looks like an ID token"),
        ("type", {"typ": ABSENT}, {}, {}, "set token_type=ANY_TYPE"),
        ("type", {"typ": "Logout+JWT"}, {}, {}, "A logout+jwt is never an access token"),
        ("type", {"typ": "other"}, {}, {}, ""),
        ("issuer", {}, {"iss": ISSUER + "/"}, {}, "differ only by a trailing slash"),
        ("issuer", {}, {"iss": ISSUER}, {"issuer": ISSUER + "/"}, "differ only by a trailing slash"),
        ("issuer", {}, {"iss": ISSUER.replace("id", "ID")}, {}, "differ only by upper and lower case"),
        ("issuer", {}, {"iss": "https://other.example.com"}, {}, ""),
        ("audience", {}, {"aud": "app"}, {}, "The audience is the client's id"),
        ("audience", {}, {"aud": ["x", "app-2"], "client_id": ABSENT, "azp": "app-2"}, {}, "The audience is the client's id"),
        ("audience", {}, {"aud": [AUDIENCE + "/"]}, {}, "differ only by a trailing slash"),
        ("audience", {}, {"aud": "https://other.example.com"}, {}, ""),
        ("audience", {}, {"aud": ABSENT}, {}, ""),
        ("audience", {}, {"aud": ABSENT, "client_id": ABSENT}, {}, ""),
        ("audience", {}, {"aud": None, "client_id": None}, {}, ""),
        ("audience", {}, {}, {"audience_claim": "client_id"}, ""),
        ("expiry", {}, {"exp": NOW - 31}, {}, "this clock may be ahead"),
        ("expiry", {}, {"exp": NOW - 600}, {}, ""),
        ("not before", {}, {"nbf": NOW + 31}, {}, "This clock may be 31 s behind"),
        ("not before", {}, {"nbf": NOW + 600}, {}, ""),
        ("issued at", {}, {"iat": NOW + 599}, {}, "This clock may be 599 s behind"),
        ("proof of possession", {}, {"cnf": {}}, {}, "never accepted as a bearer token"),
    ],
)  # fmt: skip
def test_a_failure_that_has_a_usual_reason_says_it_and_no_other(
    name: str, head: dict[str, Any], body: dict[str, Any], settings: dict[str, Any], hint: str
) -> None:
    said = failed_check(name, head, body, **settings).hint
    assert hint in said
    assert bool(said) is bool(hint)


def test_a_failure_says_what_was_expected_and_what_was_received() -> None:
    check = failed_check("audience", {}, {"aud": "b"})
    assert AUDIENCE in check.expected
    assert check.received.strip("'") == "b"
    assert check.detail == f"the token's 'aud' is 'b', expected {AUDIENCE}"


def test_what_a_token_says_is_shown_escaped_and_short() -> None:
    evil = "\n\x1b[2J\u202e" + "x" * 900
    report = explain(unverified({"typ": evil}, {"iss": evil, "aud": evil, "sub": evil}), KEYS, policy(), NOW)
    for check in report.checks:
        for text in (check.expected, check.received, check.detail, check.hint):
            assert text.isprintable()
            assert len(text) < 300


def test_neither_signature_nor_token_stands_in_a_report() -> None:
    text = mint(body={"exp": 1})
    shown = str(explain(parse(text), KEYS, policy(), NOW))
    assert not any(segment in shown for segment in text.split("."))


def test_a_token_of_nobodys_issuer_gets_one_verdict_from_verify_and_explain() -> None:
    verifier = Verifier(policy(), policy(issuer="https://b.example.com"))
    for head in ({}, {"typ": "JWT"}, {"alg": "HS256"}):
        text = mint(head, {"iss": "https://c.example.com"})
        with pytest.raises(TokenError) as refused:
            verifier.verify(text)
        assert verifier.explain(text).code == refused.value.code
    assert isinstance(verifier.explain(mint(body={"iss": "https://c.example.com"})).error, IssuerError)


# --------------------------------------------------------------------------------------------------------------- totality

json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    | st.sampled_from([ISSUER, AUDIENCE, "at+jwt", "JWT", "EdDSA", "none", NOW, NOW + 60, 2**53, 10**400, "a b", "key-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
header_name = st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jku", "jwk", "x5c", "cty"]) | st.text(
    max_size=4
)
CLAIM_NAMES: Final = (
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "scp", "client_id", "azp", "cnf", "roles", "realm", "amr", "acr",
    "auth_time", "user", "level"
)  # fmt: skip
claim_name = st.sampled_from(CLAIM_NAMES) | st.text(max_size=4)
POLICIES: Final = [
    policy(),
    policy(audience=UNSAFE_ANY_AUDIENCE, token_type=ANY_TYPE, roles_claim="roles", user_claims=UserClaims("user", "user", "user")),
    policy(claims_type=Shape, checks=[banned], scope_claim="roles", client_id_claim="user", audience_claim="sub", audience="alice"),
    policy(max_age=600, required_claims=["jti"], roles_claim=("realm", "roles"), user_claims=UserClaims(("user", "x"))),
]  # fmt: skip


@given(
    st.dictionaries(header_name, json_value, max_size=2),
    st.dictionaries(claim_name, json_value, max_size=3),
    st.sampled_from(POLICIES),
)
def test_any_json_value_in_any_member_gives_a_caller_or_a_refusal_and_nothing_else(
    head: dict[str, Any], body: dict[str, Any], given: Policy
) -> None:
    one_judgement(head, body, given)


@pytest.mark.parametrize("name", CLAIM_NAMES)
@given(json_value)
@settings(max_examples=20)
def test_any_json_value_in_one_claim_gives_a_caller_or_a_refusal_and_nothing_else(
    name: str, value: Any
) -> None:
    for strict_or_lax in POLICIES:
        one_judgement({}, {name: value}, strict_or_lax)


def one_judgement(head: dict[str, Any], body: dict[str, Any], given: Policy) -> None:
    """Judge and explain, look at every view of an accepted caller, and hold both to each other."""
    try:
        token = parse(mint(head, body))
    except MalformedTokenError:
        return
    report = explain(token, KEYS, given, NOW)
    assert json.loads(json.dumps(report.as_dict()))["ok"] is report.ok
    assert str(report)
    try:
        caller = judge(token, KEYS, given, NOW)
    except TokenError as error:
        assert (error.code, str(error)) == (report.code, str(report.error))
        return
    assert report.ok
    assert caller.principal == (ISSUER, caller.subject)
    assert caller.expires_at > NOW - 30
    assert "cnf" not in caller
    assert given.settings.audiences is None or not given.settings.audiences.isdisjoint(caller.audience)
    assert all(
        type(member) is str for member in (*caller.audience, *caller.scopes, *caller.roles, *caller.amr)
    )
    assert {type(value) for value in (caller.client_id, caller.acr, caller.token_id)} <= {str, type(None)}
    assert {type(value) for value in (caller.issued_at, caller.auth_time)} <= {float, type(None)}
    user = caller.user
    assert {user.is_verified, user.is_anonymous, user.can_reauthenticate} <= {True, False, None}
    assert hash(caller) == hash(judge(token, KEYS, given, NOW))
