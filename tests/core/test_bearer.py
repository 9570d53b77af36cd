"""RFC 6750 both ways: what counts as a credential, and what a refusal says and cannot be made to say."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.bearer import Refusal, challenge, credential, refuse
from bearerguard.errors import (
    AmbiguousRequestError,
    AudienceError,
    BearerguardError,
    ConfigurationError,
    DocumentError,
    ExpiredError,
    KeysUnavailableError,
    MalformedRequestError,
    MalformedTokenError,
    MissingTokenError,
    PermissionDeniedError,
    ProviderUnavailableError,
    RequestError,
    StepUpError,
    TokenError,
    UnavailableError,
)
from tests.core.builders import jws

B64TOKEN = string.ascii_letters + string.digits + "-._~+/"
QUOTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\')


# ------------------------------------------------------------------------------------------------- headers -> credential


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER abc", "abc"),
        ("bEaReR abc", "abc"),
        ("Bearer    abc", "abc"),
        (" Bearer abc", "abc"),
        ("Bearer abc\t ", "abc"),
        ("Bearer a", "a"),
        ("Bearer abc=", "abc="),
        ("Bearer abc====", "abc===="),
        (f"Bearer {B64TOKEN}", B64TOKEN),
    ],
)
def test_a_bearer_credential_is_the_scheme_spaces_and_one_token(value: str, token: str) -> None:
    assert credential([value]) == token
    assert credential((value,)) == token


def test_a_real_token_comes_through_as_it_was_sent() -> None:
    token = jws()
    assert credential([f"Bearer {token}"]) == token


@pytest.mark.parametrize(
    "value",
    [
        *("Bearer", "Bearer ", "bearer   ", "Bearer a b", "Bearer a, b", "Bearer a,b", "Bearer a; b", 'Bearer "a"'),
        *("Bearer =", "Bearer ===", "Bearer =a", "Bearer a=b", "Bearer a==b=", "Bearer a\n", "Bearer a\r\nX: y"),
        *("Bearer \ta", "Bearer a\tb", "Bearer a\x00", "Bearer a\x7f", "Bearer é", "Bearer a\u200b", "Bearer \uff41"),
        *("Bearer Bearer a", "Bearer a, Bearer b", "Bearer a, Basic b", "Bearer token=a", "Bearer {}", "Bearer a%20b"),
    ],
)  # fmt: skip
def test_a_credential_that_is_not_one_token_is_a_malformed_request(value: str) -> None:
    with pytest.raises(MalformedRequestError) as caught:
        credential([value])
    assert caught.value.code == "request_malformed"


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "Basic YTpi", "DPoP abc", "Bearerabc", "Bearer:abc", "Bearer=abc", "Token abc", "abc", "Bear er abc"),
        *("xBearer abc", "Basic Bearer abc", "Basic a, Bearer b", "\nBearer abc", "Bearer\xa0abc", "Bearer\tabc", "Negotiate"),
    ],
)  # fmt: skip
def test_another_scheme_is_no_credential_for_us(value: str) -> None:
    with pytest.raises(MissingTokenError):
        credential([value])


def test_no_header_is_no_credential() -> None:
    nothing: Sequence[str]
    for nothing in ([], ()):
        with pytest.raises(MissingTokenError):
            credential(nothing)


@pytest.mark.parametrize(
    "values",
    [
        ["Bearer abc", "Bearer abc"],
        ["Bearer abc", "Bearer def"],
        ["Basic YTpi", "Bearer abc"],
        ["Bearer abc", "Basic YTpi"],
        ["Bearer abc", ""],
        ["", "", ""],
    ],
)
def test_several_headers_are_one_too_many_even_if_they_say_the_same(values: list[str]) -> None:
    with pytest.raises(AmbiguousRequestError, match=str(len(values))):
        credential(values)


@given(
    st.lists(
        st.text(alphabet=B64TOKEN + "= \t\n,Bbearer\x00é", max_size=30).map(lambda text: f"Bearer {text}"),
        max_size=2,
    )
)
def test_any_header_gives_a_token_of_the_grammar_or_the_clients_fault(values: list[str]) -> None:
    try:
        token = credential(values)
    except RequestError:
        assert len(values) != 1 or not re.fullmatch(r"[A-Za-z0-9\-._~+/]+=*", values[0][7:].strip(" \t"))
    else:
        assert re.fullmatch(r"[A-Za-z0-9\-._~+/]+=*", token)
        assert values[0].split(" ", 1)[1].strip(" \t") == token


@pytest.mark.parametrize(
    "value", ["Bearer s3cret!", "s3cret", "Basic s3cret", "Bearer s3cret s3cret", "Bearer s3cret\n"]
)
def test_no_error_about_a_header_holds_a_piece_of_it(value: str) -> None:
    for values in ([value], [value, value]):
        with pytest.raises(RequestError) as caught:
            credential(values)
        assert "s3cret" not in f"{caught.value!r} {vars(caught.value)} {caught.value.__context__!r}"


def test_a_long_header_costs_no_more_than_its_length() -> None:
    for filler in ("a" * 500_000 + "!", " " * 500_000 + "!", "=" * 500_000 + "!", "a=" * 250_000):
        with pytest.raises(MalformedRequestError):
            credential([f"Bearer {filler}"], most=500_000)


def test_a_header_longer_than_any_token_is_not_read() -> None:
    assert credential(["Bearer " + "a" * 1_000], most=1_000) == "a" * 1_000
    for scheme in ("Bearer ", "Basic ", ""):
        with pytest.raises(MalformedTokenError) as caught:
            credential([scheme + "a" * 1_257], most=1_000)
        assert caught.value.code == "token_too_large"


# ----------------------------------------------------------------------------------------------------- error -> refusal


def header(refusal: Refusal, name: str) -> str | None:
    found = [value for key, value in refusal.headers if key.lower() == name.lower()]
    assert len(found) <= 1
    return found[0] if found else None


def parameters(refusal: Refusal) -> dict[str, str]:
    """The challenge's parameters, read by the grammar of RFC 9110 section 11.6.1 and nothing looser."""
    text = header(refusal, "WWW-Authenticate") or ""
    assert re.fullmatch(
        r'Bearer [a-z_]+="[^"\\\x00-\x1f\x7f-\U0010ffff]*"(, [a-z_]+="[^"\\\x00-\x1f\x7f-\U0010ffff]*")*',
        text,
    )
    found = re.findall(r'([a-z_]+)="([^"]*)"', text)
    assert len(found) == len(dict(found))
    return dict(found)


class UnforeseenError(BearerguardError):
    codes = {"unforeseen": "Something else."}


ROWS: list[tuple[BearerguardError, int, str]] = [
    (MissingTokenError(), 401, ""),
    (RequestError(), 400, "invalid_request"),
    (AmbiguousRequestError(), 400, "invalid_request"),
    (MalformedRequestError(), 400, "invalid_request"),
    (TokenError(), 401, "invalid_token"),
    *((kind(code=code), 401, "invalid_token") for kind in TokenError.__subclasses__() for code in kind.codes),
    (PermissionDeniedError(code="insufficient_scope"), 403, "insufficient_scope"),
    (PermissionDeniedError(code="insufficient_role"), 403, "insufficient_scope"),
    (StepUpError(), 401, "insufficient_user_authentication"),
    (UnavailableError(), 503, "temporarily_unavailable"),
    (KeysUnavailableError(), 503, "temporarily_unavailable"),
    (ProviderUnavailableError(), 503, "temporarily_unavailable"),
    (DocumentError(), 503, "temporarily_unavailable"),
    (ConfigurationError(), 500, "server_error"),
    (UnforeseenError(), 500, "server_error"),
]


@pytest.mark.parametrize(("error", "status", "code"), ROWS, ids=lambda value: getattr(value, "code", None))
def test_every_error_has_its_status_its_challenge_and_its_body(
    error: BearerguardError, status: int, code: str
) -> None:
    refusal = refuse(error, realm="orders")
    assert refusal.status == status
    assert refusal.error is error
    assert header(refusal, "Cache-Control") == "no-store"
    assert refusal.body == {"error": code or "unauthorized", "error_description": error.public}
    if status in (400, 401, 403):
        said = {"error": code, "error_description": error.public} if code else {}
        assert parameters(refusal) == {"realm": "orders"} | said
    else:
        assert header(refusal, "WWW-Authenticate") is None
    assert (header(refusal, "Retry-After") is not None) == isinstance(error, UnavailableError)


def test_who_sent_nothing_is_told_nothing_but_where_they_are() -> None:
    refusal = refuse(MissingTokenError("private"))
    assert header(refusal, "WWW-Authenticate") == 'Bearer realm="api"'


@pytest.mark.parametrize("error", [row[0] for row in ROWS], ids=lambda error: error.code)
def test_what_is_private_stays_private(error: BearerguardError) -> None:
    made = type(error)("PRIVATE detail", code=error.code)
    for name in ("expected", "received", "hint"):
        setattr(made, name, "PRIVATE")
    refusal = refuse(made, scopes=["orders:read"], max_age=60)
    assert "PRIVATE" not in repr((refusal.headers, refusal.body))
    assert "PRIVATE" not in repr(refusal)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1"), (-5, "1"), (0.2, "1"), (1, "1"), (1.0001, "2"), (9.999, "10"), (10, "10"), (3_600.0, "3600")],
)
def test_retry_after_is_whole_seconds_never_too_early_and_at_least_one(seconds: float, said: str) -> None:
    assert header(refuse(KeysUnavailableError("down", retry_after=seconds)), "Retry-After") == said


@pytest.mark.parametrize("seconds", [float("inf"), float("-inf"), float("nan"), 1e300, -1e300])
def test_no_retry_after_turns_an_outage_into_another_error(seconds: float) -> None:
    refusal = refuse(ProviderUnavailableError("down", retry_after=seconds))
    assert refusal.status == 503
    assert re.fullmatch(r"[1-9][0-9]{0,9}", header(refusal, "Retry-After") or "")


def test_a_client_that_may_come_back_is_told_which_scopes_to_ask_for() -> None:
    for error in (
        MissingTokenError(),
        ExpiredError(),
        AudienceError(),
        PermissionDeniedError(),
        StepUpError(),
    ):
        assert parameters(refuse(error, scopes={"b:write", "a:read"}))["scope"] == "a:read b:write"
        assert "scope" not in parameters(refuse(error))
    assert "scope" not in parameters(refuse(AmbiguousRequestError(), scopes={"a"}))
    assert header(refuse(KeysUnavailableError(), scopes={"a"}), "WWW-Authenticate") is None


@pytest.mark.parametrize("scope", ["", "a b", 'a"b', "a\\b", "a\tb", "a\r\nX: y", "é", "a\x7f", "a\x00"])
def test_a_scope_that_no_token_can_carry_is_not_asked_for(scope: str) -> None:
    """RFC 6749 section 3.3: a scope is made of %x21 / %x23-5B / %x5D-7E, and `scope` holds at least one."""
    assert parameters(refuse(MissingTokenError(), scopes=["ok", scope]))["scope"] == "ok"
    assert "scope" not in parameters(refuse(MissingTokenError(), scopes=[scope]))


def test_every_character_of_a_scope_is_kept() -> None:
    scope = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\')
    assert parameters(refuse(MissingTokenError(), scopes=[scope]))["scope"] == scope


@pytest.mark.parametrize(
    ("required", "said"),
    [
        (0, "0"),
        (300, "300"),
        (300.0, "300"),
        (2.5, "2"),
        (3.5, "3"),
        (299.9, "299"),
        (0.9, "0"),
        (10**7, "10000000"),
    ],
)
def test_a_step_up_asks_for_no_older_an_authentication_than_will_do(required: float, said: str) -> None:
    """RFC 9470 section 3: `max_age` is a whole number of seconds; one rounded up would be refused again."""
    assert parameters(refuse(StepUpError(), max_age=required))["max_age"] == said


@pytest.mark.parametrize("required", [float("inf"), float("nan"), float("-inf"), -1, -0.5])
def test_an_age_that_is_no_number_of_seconds_is_not_asked_for(required: float) -> None:
    assert "max_age" not in parameters(refuse(StepUpError(), max_age=required))


def test_only_a_step_up_speaks_of_an_age() -> None:
    assert "max_age" not in parameters(refuse(StepUpError()))
    for error in (MissingTokenError(), ExpiredError(code="token_too_old"), PermissionDeniedError()):
        assert "max_age" not in parameters(refuse(error, max_age=60))


# ----------------------------------------------------------------------------------------------------------- injection


@pytest.mark.parametrize(
    "poison",
    ['"', "\\", "\r", "\n", "\r\nSet-Cookie: a=b", "\x00", "\x7f", "é", "😀", '", error="none', "\t"],
)
def test_a_realm_cannot_end_its_quotes_or_its_line(poison: str) -> None:
    refusal = refuse(ExpiredError(), realm=f"a{poison}b")
    said = parameters(refusal)
    assert set(said) == {"realm", "error", "error_description"}
    assert said["error"] == "invalid_token"
    assert len(said["realm"]) == len(poison) + 2
    for name, value in refusal.headers:
        assert f"{name}: {value}".isascii()
        assert f"{name}: {value}".isprintable()


@given(
    st.text(
        alphabet=st.characters(max_codepoint=0x2FF) | st.sampled_from('"\\\r\n\u2028\ud800😀'), max_size=12
    )
)
def test_any_realm_makes_a_challenge_with_the_same_parameters(realm: str) -> None:
    said = parameters(refuse(ExpiredError(), realm=realm, scopes=[realm, "a"]))
    assert set(said) == {"realm", "error", "error_description", "scope"}
    assert said["realm"] == "".join(character if character in QUOTABLE else "?" for character in realm)


def test_what_can_be_quoted_is_quoted_as_it_is() -> None:
    assert challenge({"realm": QUOTABLE}) == f'Bearer realm="{QUOTABLE}"'


@pytest.mark.parametrize("error", [row[0] for row in ROWS], ids=lambda error: error.code)
def test_a_refusal_can_be_sent_by_any_server(error: BearerguardError) -> None:
    refusal = refuse(error, scopes=["a"], max_age=1)
    assert json.loads(json.dumps(refusal.body)) == refusal.body
    for name, value in refusal.headers:
        assert re.fullmatch(r"[A-Za-z-]+", name)
        assert value.encode("latin-1").isascii()


def test_a_refusal_cannot_be_changed_once_made() -> None:
    refusal: Any = refuse(MalformedTokenError())
    with pytest.raises(AttributeError):
        refusal.status = 200
