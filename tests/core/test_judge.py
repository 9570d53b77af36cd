"""The judgement, check by check: what is just good enough passes, what is just not good enough is refused by name."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bearerguard.errors import BearerguardError, MalformedTokenError
from bearerguard.judge import LATEST_DATE
from bearerguard.policy import ANY_TYPE, UNSAFE_ANY_AUDIENCE
from bearerguard.token import parse
from bearerguard.verified import Verified
from tests.core.builders import ABSENT, AUDIENCE, ISSUER, NOW, header, jws
from tests.core.judging import KEY, passes, verdict


def test_a_good_token_is_verified() -> None:
    assert passes()


# ---------------------------------------------------------------------------------------------------------------- the header


@pytest.mark.parametrize(
    "alg", ["none", "None", "nOnE", "HS256", "eddsa", "rs256", "EdDSA ", "", "RS256\x00", "ES256K", "XX1"]
)
def test_an_algorithm_outside_the_policy_is_refused_whatever_signed_it(alg: str) -> None:
    assert verdict(head={"alg": alg}) == "algorithm_not_allowed"


def test_the_policy_decides_which_algorithms_may_sign() -> None:
    assert passes(settings={"algorithms": ["EdDSA"]})
    assert verdict(settings={"algorithms": ["RS256", "ES256"]}) == "algorithm_not_allowed"


def test_an_algorithm_that_the_policy_allows_and_the_key_does_not_fit_verifies_nothing() -> None:
    assert verdict(head={"alg": "RS256"}) == "signature_invalid"


ACCESS_TYPES: Final = ["at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "APPLICATION/AT+JWT"]
PLAIN_TYPES: Final = ["JWT", "jwt", "application/jwt", "application/JWT"]
OTHER_TYPES: Final = [
    "logout+jwt", "Logout+JWT", "application/logout+jwt", "dpop+jwt", "secevent+jwt", "vc+sd-jwt", "JOSE", "refresh+jwt", "id_token+jwt",
    "", " ", "at", "at+jwt ", " at+jwt", "at+jwts", "xat+jwt", "at-jwt", "at jwt", "application//at+jwt", "text/at+jwt", "application/",
    "application/application/at+jwt", "at+jwt\x00", "\uff41t+jwt", 7, True, [], ["at+jwt"], {}, {"at+jwt": 1}, 1.5,
]  # fmt: skip


@pytest.mark.parametrize("typ", ACCESS_TYPES, ids=repr)
def test_every_spelling_of_the_access_token_type_is_accepted(typ: str) -> None:
    assert passes(head={"typ": typ})
    assert passes(head={"typ": typ}, settings={"token_type": "AT+JWT"})
    assert passes(head={"typ": typ}, settings={"token_type": "application/at+jwt"})
    assert passes(head={"typ": typ}, settings={"token_type": ANY_TYPE})
    assert verdict(head={"typ": typ}, settings={"token_type": "JWT"}) == "token_type_wrong"


@pytest.mark.parametrize("typ", [*PLAIN_TYPES, ABSENT], ids=repr)
def test_a_plain_type_or_none_is_accepted_only_where_the_policy_says_so(typ: Any) -> None:
    assert verdict(head={"typ": typ}) == "token_type_wrong"
    assert passes(head={"typ": typ}, settings={"token_type": ANY_TYPE})
    assert passes(head={"typ": typ}, settings={"token_type": "JWT"}) == (typ is not ABSENT)


@pytest.mark.parametrize("typ", OTHER_TYPES, ids=repr)
@pytest.mark.parametrize("wanted", ["at+jwt", "JWT", ANY_TYPE], ids=repr)
def test_no_other_type_is_ever_an_access_token(typ: Any, wanted: Any) -> None:
    assert verdict(head={"typ": typ}, settings={"token_type": wanted}) == "token_type_wrong"


@pytest.mark.parametrize(
    "typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "id_token+jwt", "application/Logout+JWT"]
)
def test_not_even_a_policy_can_make_an_access_token_of_a_type_with_another_meaning(typ: str) -> None:
    try:
        seen = verdict(head={"typ": typ}, settings={"token_type": typ})
    except BearerguardError as refused:
        seen = refused.code
    assert seen in ("configuration_token_type", "token_type_wrong")


def test_a_type_of_the_providers_own_can_be_asked_for() -> None:
    assert passes(head={"typ": "acme-at"}, settings={"token_type": "ACME-AT"})
    assert verdict(head={"typ": "acme-at"}, settings={"token_type": ANY_TYPE}) == "token_type_wrong"


# ------------------------------------------------------------------------------------------------------- issuer and audience


@pytest.mark.parametrize(
    "iss",
    [
        ABSENT, None, "", 7, True, [ISSUER], {ISSUER: 1}, ISSUER + "/", ISSUER.upper(), ISSUER + " ", ISSUER[:-1], ISSUER + ".evil.com",
        "http://id.example.com", ISSUER + "\x00", "https://id.example.com:443", "https://id.ex\u0430mple.com",
    ],
    ids=repr,
)  # fmt: skip
def test_an_issuer_is_the_policys_to_the_letter_or_wrong(iss: Any) -> None:
    assert verdict(body={"iss": iss}) == "issuer_wrong"


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["a", AUDIENCE], [AUDIENCE, AUDIENCE, ""]], ids=repr)
def test_an_audience_is_a_string_or_a_list_with_ours_among_them(aud: Any) -> None:
    assert passes(body={"aud": aud})
    assert passes(body={"aud": aud}, settings={"audience": ["https://b.example.com", AUDIENCE]})


@pytest.mark.parametrize(
    "aud",
    [
        ABSENT, None, "", [], 7, True, {}, {AUDIENCE: AUDIENCE}, [[AUDIENCE]], [AUDIENCE, 7], [AUDIENCE, None], [AUDIENCE, [AUDIENCE]],
        AUDIENCE + "/", [AUDIENCE + "/"], AUDIENCE[:-1], AUDIENCE.upper(), AUDIENCE + " x", f"{AUDIENCE} {AUDIENCE}",
        f"{AUDIENCE},{AUDIENCE}", "https://", "app", ["app"], AUDIENCE + "\u200b",
    ],
    ids=repr,
)  # fmt: skip
def test_any_other_audience_is_wrong(aud: Any) -> None:
    assert verdict(body={"aud": aud}) == "audience_wrong"
    if isinstance(aud, list) and 7 in aud:
        assert verdict(body={"aud": aud}, settings={"audience": [AUDIENCE, "7"]}) == "audience_wrong"


def test_without_a_wanted_audience_any_will_do_and_no_other_check_is_lost() -> None:
    settings = {"audience": UNSAFE_ANY_AUDIENCE}
    assert passes(body={"aud": ABSENT}, settings=settings)
    assert passes(body={"aud": "anybody"}, settings=settings)
    assert verdict(body={"aud": "anybody", "exp": 1}, settings=settings) == "token_expired"


# -------------------------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("name", "seconds", "leeway", "code"),
    [
        ("exp", -29.75, 30, None),
        ("exp", -30, 30, "token_expired"),
        ("exp", -30.25, 30, "token_expired"),
        ("exp", 0.25, 0, None),
        ("exp", 0, 0, "token_expired"),
        ("exp", -299.75, 300, None),
        ("exp", -300, 300, "token_expired"),
        ("nbf", 30, 30, None),
        ("nbf", 30.25, 30, "token_not_yet_valid"),
        ("nbf", 0, 0, None),
        ("nbf", 0.25, 0, "token_not_yet_valid"),
        ("nbf", -(10**6), 0, None),
        ("iat", 30, 30, None),
        ("iat", 30.25, 30, "token_not_yet_valid"),
        ("iat", 0, 0, None),
        ("iat", 0.25, 0, "token_not_yet_valid"),
        ("iat", -(10**9), 0, None),
    ],
)
def test_a_date_is_kept_to_the_leeway_and_not_a_moment_longer(
    name: str, seconds: float, leeway: float, code: str | None
) -> None:
    seen = verdict(body={name: NOW + seconds}, settings={"leeway": leeway})
    assert seen == code or (code is None and isinstance(seen, Verified))


@pytest.mark.parametrize(
    ("age", "max_age", "leeway", "code"),
    [
        (89.75, 60, 30, None),
        (90, 60, 30, "token_too_old"),
        (59.75, 60, 0, None),
        (60, 60, 0, "token_too_old"),
        (0, 0, 0, "token_too_old"),
        (0, 0, 0.25, None),
        (10**9, None, 0, None),
    ],
)
def test_a_token_is_too_old_from_its_maximal_age_on(
    age: float, max_age: Any, leeway: float, code: str | None
) -> None:
    seen = verdict(body={"iat": NOW - age}, settings={"max_age": max_age, "leeway": leeway})
    assert seen == code or (code is None and isinstance(seen, Verified))


def test_the_dates_that_must_be_there_are_exp_and_with_a_maximal_age_iat() -> None:
    assert verdict(body={"exp": ABSENT}) == verdict(body={"exp": None}) == "claim_missing"
    assert passes(body={"iat": ABSENT, "nbf": ABSENT})
    assert verdict(body={"iat": ABSENT}, settings={"max_age": 60}) == "claim_missing"
    assert verdict(body={"iat": None}, settings={"max_age": 60}) == "claim_missing"


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    [
        True, False, "", "9999999999", "1.5", [], [9999999999], {}, {"s": 9999999999}, -1, -0.25, 2**53, 2**53 + 0.0, 2**64, 10**400,
        1e300, -1e300,
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_a_date_is_a_number_of_seconds_from_1970_to_where_doubles_count_them(name: str, value: Any) -> None:
    assert verdict(body={name: value}) == "claim_invalid"
    assert verdict(body={name: value}, settings={"max_age": 60 if name == "iat" else None}) == "claim_invalid"


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_date_that_is_null_is_not_a_date_that_is_missing(name: str) -> None:
    assert verdict(body={name: None}) == "claim_invalid"


def test_the_first_and_the_last_date_are_dates() -> None:
    assert passes(body={"exp": LATEST_DATE - 1})
    assert passes(body={"exp": float(LATEST_DATE - 1)})
    assert verdict(body={"exp": 0}) == verdict(body={"exp": -0.0}) == "token_expired"
    assert passes(body={"nbf": 0, "iat": -0.0})
    assert verdict(body={"nbf": LATEST_DATE - 1}) == "token_not_yet_valid"


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "01", "+1", "0x10", "1_0"]
)
def test_what_is_no_json_number_never_reaches_the_judge(number: str) -> None:
    body = f'{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"alice","exp":{number}}}'.encode()
    with pytest.raises(MalformedTokenError):
        parse(jws(header(alg="EdDSA"), body, KEY, "EdDSA"))


def test_a_clock_that_tells_no_time_lets_nobody_in() -> None:
    assert verdict(now=float("nan")) == "token_expired"
    assert verdict(now=float("inf")) == "token_expired"
    assert verdict(now=float("-inf")) == "token_not_yet_valid"
