"""The guard: one request in, a caller or a refusal out, and one line in the log that gives nothing away."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from bearerguard import (
    AsyncGuard,
    AsyncVerifier,
    ConfigurationError,
    Guard,
    HttpFetcher,
    Limits,
    Policy,
    Refusal,
    Requirement,
    Verified,
    Verifier,
)
from bearerguard.issuer import ABSENT, SPOILS, DevIssuer
from tests.conftest import Clock
from tests.drivers.colours import COLOURS, LOOPS

CLOCK: Final = Clock()
ISSUER: Final = DevIssuer(clock=CLOCK.wall)
POLICY: Final = ISSUER.policy()
NOW: Final = int(CLOCK.wall())
GOOD: Final = ISSUER.mint(roles=["editor"], claims={"auth_time": NOW - 300})

Admit = Callable[..., Verified | Refusal]
"""Asks a guard, whatever its colour."""


def offline(colour: str) -> Any:
    """A verifier of this colour that needs nobody."""
    kind = Verifier if colour == "blocking" else AsyncVerifier
    return kind(POLICY, keys=ISSUER.key_set(), clock=CLOCK.wall, monotonic=CLOCK.monotonic)


@pytest.fixture(params=COLOURS)
def admit(request: pytest.FixtureRequest) -> Admit:
    colour: str = request.param
    if colour == "blocking":
        return Guard(verifier=offline(colour)).admit
    guard = AsyncGuard(verifier=offline(colour))
    return lambda *arguments: LOOPS[colour](guard.admit, *arguments)


def refused(decision: Verified | Refusal) -> Refusal:
    assert isinstance(decision, Refusal), decision
    return decision


def challenge(refusal: Refusal) -> str | None:
    return dict(refusal.headers).get("WWW-Authenticate")


# ---------------------------------------------------------------------------------------------------------------- the credential

ACCEPTED: Final[dict[str, list[str]]] = {
    "as it should be": [f"Bearer {GOOD}"],
    "in lower case": [f"bearer {GOOD}"],
    "in capitals": [f"BEARER {GOOD}"],
    "with several spaces": [f"Bearer    {GOOD}"],
    "with space around it": [f" \tBearer {GOOD} \t"],
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_good_token_names_its_caller(name: str, admit: Admit) -> None:
    caller = admit(ACCEPTED[name])
    assert isinstance(caller, Verified)
    assert caller.principal == (ISSUER.url, "alice")


# The code of each, and the status; None: nothing was sent that concerns us, so the challenge is bare (RFC 6750 section 3.1).
REFUSED: Final[dict[str, tuple[list[str], str, int]]] = {
    "nothing": ([], "token_missing", 401),
    "an empty header": ([""], "token_missing", 401),
    "another scheme": (["Basic YTpi"], "token_missing", 401),
    "a scheme that asks for proof": ([f"DPoP {GOOD}"], "token_missing", 401),
    "a scheme that begins like ours": ([f"Bearerish {GOOD}"], "token_missing", 401),
    "no space": ([f"Bearer{GOOD}"], "token_missing", 401),
    "a tab for a space": ([f"Bearer\t{GOOD}"], "token_missing", 401),
    "a no-break space for a space": ([f"Bearer\xa0{GOOD}"], "token_missing", 401),
    "the token alone": ([GOOD], "token_missing", 401),
    "a line break before it": ([f"\nBearer {GOOD}"], "token_missing", 401),
    "no token": (["Bearer"], "request_malformed", 400),
    "nothing but spaces": (["Bearer    "], "request_malformed", 400),
    "two words": ([f"Bearer {GOOD} {GOOD}"], "request_malformed", 400),
    "two, joined as a proxy joins them": ([f"Bearer {GOOD}, Bearer {GOOD}"], "request_malformed", 400),
    "a parameter": ([f'Bearer token="{GOOD}"'], "request_malformed", 400),
    "quotes": ([f'Bearer "{GOOD}"'], "request_malformed", 400),
    "a line break after it": ([f"Bearer {GOOD}\n"], "request_malformed", 400),
    "NUL": ([f"Bearer {GOOD}\0"], "request_malformed", 400),
    "letters beyond ASCII": (["Bearer ünïcödé"], "request_malformed", 400),
    "half a character": (["Bearer \ud800"], "request_malformed", 400),
    "two headers": ([f"Bearer {GOOD}", f"Bearer {GOOD}"], "request_ambiguous", 400),
    "two headers, one of them another's": (["Basic YTpi", f"Bearer {GOOD}"], "request_ambiguous", 400),
    "two headers, one of them empty": (["", f"Bearer {GOOD}"], "request_ambiguous", 400),
    "an opaque token": (["Bearer " + "a" * 32], "token_opaque", 401),
    "padding alone": (["Bearer ="], "request_malformed", 400),
    "more than any header should hold": (["Bearer " + "a." * 10_000], "token_too_large", 401),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_one_bearer_token_is_refused(name: str, admit: Admit) -> None:
    authorization, code, status = REFUSED[name]
    refusal = refused(admit(authorization))
    assert (refusal.error.code, refusal.status) == (code, status)
    if code == "token_missing":
        assert challenge(refusal) == 'Bearer realm="api"'
        assert refusal.body["error"] == "unauthorized"
    else:
        error = "invalid_request" if status == 400 else "invalid_token"
        assert str(challenge(refusal)).startswith(f'Bearer realm="api", error="{error}", error_description="')
        assert refusal.body == {"error": error, "error_description": refusal.error.public}
    assert dict(refusal.headers)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_a_wrong_token_is_refused_and_its_bearer_is_not_told_why(row: Any) -> None:
    refusal = refused(Guard(verifier=offline("blocking")).admit([f"Bearer {ISSUER.spoil(row.name)}"]))
    assert (refusal.status, refusal.error.code) == (401, row.code)
    told = repr((refusal.headers, refusal.body))
    assert row.code == "token_expired" or row.code not in told
    assert refusal.error.detail not in told


def test_an_outage_is_the_servers_own_fault_and_says_when_to_come_again() -> None:
    ISSUER.offline = True
    try:
        refusal = refused(Guard(POLICY, fetcher=ISSUER).admit([f"Bearer {ISSUER.mint()}"]))
    finally:
        ISSUER.offline = False
    assert refusal.status == 503
    assert challenge(refusal) is None
    assert int(dict(refusal.headers)["Retry-After"]) >= 1
    assert refusal.body["error"] == "temporarily_unavailable"


# --------------------------------------------------------------------------------------------------------------- the requirement


def test_every_scope_is_required_and_the_challenge_names_them(admit: Admit) -> None:
    bearer = [f"Bearer {GOOD}"]
    assert isinstance(admit(bearer, Requirement(scopes={"openid", "offline_access"})), Verified)
    refusal = refused(admit(bearer, Requirement(scopes=["orders:read", "openid"])))
    assert (refusal.status, refusal.error.code) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in str(challenge(refusal))
    assert str(challenge(refusal)).endswith(', scope="openid orders:read"')


@pytest.mark.parametrize(
    "scope", ["open", "OPENID", "openid,", "openid\toffline_access", "openid\xa0offline_access", "*"]
)
def test_a_scope_is_one_word_compared_exactly(scope: str, admit: Admit) -> None:
    token = ISSUER.mint(scope="openid offline_access")
    refusal = refused(admit([f"Bearer {token}"], Requirement(scopes={scope})))
    assert refusal.error.code == "insufficient_scope"


@pytest.mark.parametrize("granted", ["openid\toffline_access", "openid\noffline_access"])
def test_scopes_are_divided_by_nothing_but_a_space(granted: str, admit: Admit) -> None:
    refused(admit([f"Bearer {ISSUER.mint(scope=granted)}"], Requirement(scopes={"offline_access"})))


def test_one_role_of_those_required_is_enough(admit: Admit) -> None:
    bearer = [f"Bearer {GOOD}"]
    assert isinstance(admit(bearer, Requirement(roles={"admin", "editor"})), Verified)
    refusal = refused(admit(bearer, Requirement(roles=["admin", "Editor"])))
    assert (refusal.status, refusal.error.code) == (403, "insufficient_role")
    assert "scope=" not in str(challenge(refusal))
    assert "admin" not in repr((refusal.headers, refusal.body))


@pytest.mark.parametrize(
    "roles", [ABSENT, [], None, {"editor": True}, ["edit"], [["editor"]], "editor admin"], ids=repr
)
def test_a_role_that_is_not_there_is_not_there(roles: Any, admit: Admit) -> None:
    token = ISSUER.mint(claims={"https://authgear.com/claims/user/roles": roles})
    refusal = refused(admit([f"Bearer {token}"], Requirement(roles={"editor"})))
    assert refusal.error.code == "insufficient_role"


@pytest.mark.parametrize(("max_age", "enough"), [(300, True), (300.5, True), (299.999, False), (0, False)])
def test_the_user_must_have_authenticated_recently_enough(max_age: float, enough: bool, admit: Admit) -> None:
    decision = admit([f"Bearer {GOOD}"], Requirement(max_age=max_age))
    if enough:
        assert isinstance(decision, Verified)
        return
    refusal = refused(decision)
    assert (refusal.status, refusal.error.code) == (401, "insufficient_user_authentication")
    # RFC 9470 section 3
    assert 'error="insufficient_user_authentication"' in str(challenge(refusal))
    assert str(challenge(refusal)).endswith(f', max_age="{int(max_age)}"')


@pytest.mark.parametrize(
    "auth_time",
    [ABSENT, None, True, str(NOW), -1, NOW * 1_000, NOW + 3_600, 2**60, [NOW]],
    ids=repr,
)
def test_a_time_that_nobody_can_have_authenticated_at_is_not_recent(auth_time: Any, admit: Admit) -> None:
    token = ISSUER.mint(claims={"auth_time": auth_time})
    refusal = refused(admit([f"Bearer {token}"], Requirement(max_age=300)))
    assert refusal.error.code == "insufficient_user_authentication"


def test_an_issuer_whose_clock_is_a_little_ahead_has_authenticated_just_now(admit: Admit) -> None:
    token = ISSUER.mint(claims={"auth_time": NOW + 30})
    assert isinstance(admit([f"Bearer {token}"], Requirement(max_age=300)), Verified)


def test_a_bad_token_is_refused_for_itself_whatever_is_required(admit: Admit) -> None:
    everything = Requirement(scopes={"orders:read"}, roles={"admin"}, max_age=0)
    assert refused(admit([f"Bearer {ISSUER.spoil('expired')}"], everything)).error.code == "token_expired"
    refusal = refused(admit([], everything))
    assert challenge(refusal) == 'Bearer realm="api", scope="orders:read"'


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"scopes": "orders:read"}, "scopes is a collection"),
        ({"roles": "admin"}, "roles is a collection"),
        ({"scopes": ["orders:read orders:write"]}, "words without spaces"),
        ({"scopes": [""]}, "words without spaces"),
        ({"scopes": [1]}, "words without spaces"),
        ({"roles": [None]}, "words without spaces"),
        ({"scopes": b"orders"}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"scopes": 5}, "scopes"),
        ({"scopes": len}, "scopes"),
        ({"roles": [["admin"]]}, "roles"),
        ({"max_age": -1}, "max_age"),
        ({"max_age": "300"}, "max_age"),
        ({"max_age": True}, "max_age"),
        ({"max_age": math.nan}, "max_age"),
        ({"max_age": math.inf}, "max_age"),
    ],
    ids=repr,
)
def test_a_requirement_that_makes_no_sense_is_refused_at_once(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        Requirement(**settings)


# ----------------------------------------------------------------------------------------------------------------------- the log


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="bearerguard")
    return caplog


def test_a_refusal_is_one_line_in_the_log_with_its_code(log: pytest.LogCaptureFixture, admit: Admit) -> None:
    admit([f"Bearer {ISSUER.spoil('expired')}"])
    (record,) = [record for record in log.records if record.name.startswith("bearerguard")]
    assert (record.name, record.levelname) == ("bearerguard", "WARNING")
    assert record.getMessage().startswith("refused: token_expired: the token expired 3600 s ago")
    assert (record.__dict__["code"], record.__dict__["status"]) == ("token_expired", 401)
    assert record.exc_info is None


def test_a_caller_is_no_line_in_the_log(log: pytest.LogCaptureFixture, admit: Admit) -> None:
    admit([f"Bearer {GOOD}"])
    assert not [record for record in log.records if record.name.startswith("bearerguard")]


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_no_part_of_a_token_is_in_the_log(row: Any, log: pytest.LogCaptureFixture) -> None:
    token = ISSUER.spoil(row.name)
    Guard(verifier=offline("blocking")).admit([f"Bearer {token}"])
    (record,) = [record for record in log.records if record.name == "bearerguard"]
    told = f"{record.getMessage()} {record.__dict__}"
    assert not [part for part in re.split(r"[.=]", token) if len(part) > 8 and part in told]
    assert not [record.args for part in token.split(".") if part and repr(record.args).find(token) >= 0]


FORGED: Final = "x\r\nWARNING bearerguard refused: forged\x85\u2028\x1b[2J"


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"kid": FORGED}, {}),
        ({"alg": FORGED}, {}),
        ({"typ": FORGED}, {}),
        ({}, {"iss": FORGED}),
        ({}, {"aud": [FORGED]}),
        ({}, {"sub": FORGED}),
        ({}, {"exp": FORGED}),
        ({}, {"scope": FORGED}),
        ({}, {"scope": FORGED.replace("\r\n", " ").replace("\x1b", " ")}),
    ],
    ids=lambda members: next(iter(members), ""),
)
def test_a_token_cannot_write_a_line_of_its_own_into_the_log(
    header: dict[str, Any], claims: dict[str, Any], log: pytest.LogCaptureFixture
) -> None:
    token = ISSUER.mint(header=header, claims=claims)
    Guard(verifier=offline("blocking")).admit([f"Bearer {token}"], Requirement(scopes={"orders:read"}))
    (record,) = [record for record in log.records if record.name == "bearerguard"]
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 1_000


def test_a_header_cannot_write_a_line_of_its_own_into_the_log(log: pytest.LogCaptureFixture) -> None:
    Guard(verifier=offline("blocking")).admit([FORGED, f"Bearer {FORGED}"])
    Guard(verifier=offline("blocking")).admit([f"Bearer {FORGED}"])
    assert all(record.getMessage().isprintable() for record in log.records)


# ------------------------------------------------------------------------------------------------------------------ construction


def test_the_realm_is_a_setting_and_cannot_end_the_challenge() -> None:
    guard = Guard(verifier=offline("blocking"), realm='orders"\r\nSet-Cookie: a=b')
    assert challenge(refused(guard.admit([]))) == 'Bearer realm="orders???Set-Cookie: a=b"'


@pytest.mark.parametrize(
    ("kind", "colour", "wrong"), [(Guard, "blocking", "async"), (AsyncGuard, "async", "blocking")]
)
def test_a_verifier_of_the_wrong_colour_is_refused_at_construction(
    kind: Any, colour: str, wrong: str
) -> None:
    # Taken all the same, a blocking guard would admit everybody: a coroutine that nobody awaits is no refusal.
    assert kind(verifier=offline(colour))
    with pytest.raises(ConfigurationError, match="verifier"):
        kind(verifier=offline(wrong))


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
@pytest.mark.parametrize(
    "beside",
    [{}, {"fetcher": HttpFetcher()}, {"limits": Limits(token_bytes=100)}],
    ids=["policy", "fetcher", "limits"],
)
def test_what_a_verifier_has_already_is_not_given_beside_it(kind: Any, beside: dict[str, Any]) -> None:
    verifier = offline("blocking" if kind is Guard else "async")
    with pytest.raises(ConfigurationError, match="verifier"):
        kind(*(() if beside else (POLICY,)), verifier=verifier, **beside)


@pytest.mark.parametrize("kind", [Guard, AsyncGuard])
@pytest.mark.parametrize("arguments", [(), ("https://id.example.com",), (None,)], ids=repr)
def test_a_guard_needs_a_policy(kind: Any, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError, match="Policy"):
        kind(*arguments)


def test_a_guard_fetches_nothing_before_the_first_token() -> None:
    issuer = DevIssuer()
    guard = Guard(Policy(issuer.url, issuer.url), fetcher=issuer)
    refused(guard.admit([]))
    refused(guard.admit(["Bearer " + "a" * 32]))
    assert issuer.requests == []
