"""Any request gives a caller or a refusal, and no refusal can end its own header or break out of its quotes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from fuzz import surfaces, world
from fuzz.promises import refusal
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard import BearerguardError, Guard, Limits, Refusal, Verified, Verifier
from bearerguard import errors as all_errors
from bearerguard.bearer import credential, refuse
from bearerguard.errors import RequestError, UnavailableError
from tests.laws.strategies import TEXTS, laws

KINDS = [
    (kind, code)
    for kind in vars(all_errors).values()
    if isinstance(kind, type) and issubclass(kind, BearerguardError)
    for code in kind.codes
]
SCHEMES = st.sampled_from(
    ["Bearer", "bearer", "BEARER", "Basic", "DPoP", "", "Bearer\t", "Bearer:", "Bearer=", "\u212aearer"]
)
FIELDS = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}{}{}".format,
        SCHEMES,
        st.text(" \t,=;", max_size=4),
        TEXTS | st.sampled_from([world.GOOD, world.GOOD + "=", f'"{world.GOOD}"']),
    ),
)


@laws
@given(st.lists(FIELDS, max_size=3))
def test_any_authorization_headers_are_a_credential_or_a_request_error(fields: Sequence[str]) -> None:
    try:
        found = credential(fields)
    except RequestError as error:
        refusal(refuse(error))
    else:
        assert found
        assert found.isascii()
        assert found.isprintable()
        assert " " not in found
        assert found in fields[0]


@laws
@given(st.lists(FIELDS, max_size=2))
def test_any_authorization_headers_are_admitted_or_refused(fields: Sequence[str]) -> None:
    found = world.GUARD.admit(fields)
    if isinstance(found, Refusal):
        refusal(found)
        assert found.status in (400, 401)
    else:
        assert isinstance(found, Verified)
        assert world.GOOD in fields[0]


@laws
@given(st.binary(max_size=200))
def test_any_bytes_as_header_lines_are_admitted_or_refused(data: bytes) -> None:
    surfaces.authorization(data)


@settings(laws, max_examples=400)
@given(
    st.sampled_from(KINDS), TEXTS, TEXTS, st.lists(TEXTS, max_size=3), st.none() | st.floats() | st.integers()
)
def test_any_refusal_is_a_status_field_values_and_a_body(
    row: tuple[Any, str], detail: str, realm: str, scopes: list[str], number: Any
) -> None:
    kind, code = row
    options = {"retry_after": number or 0.0} if issubclass(kind, UnavailableError) else {}
    error = kind(f"for the log: {detail}", code=code, **options)
    assert str(error).isprintable()
    answer = refuse(error, realm=realm, scopes=scopes, max_age=number)
    refusal(answer)
    assert answer.body["error_description"] == error.public
    assert "for the log" not in repr((answer.headers, answer.body))


@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, -1.0, 0.0, 1e308, 10**400, 2**53, 0.001], ids=repr
)
def test_a_time_to_wait_is_always_a_whole_number_of_seconds_of_at_most_a_day(number: float) -> None:
    answer = refuse(UnavailableError("x", retry_after=number))
    assert 1 <= int(dict(answer.headers)["Retry-After"]) <= 86_400


@pytest.mark.parametrize(("most", "admitted"), [(16_384, False), (40_000, True)])
def test_how_long_a_token_may_be_is_the_limit_of_the_verifier_behind_the_door(
    most: int, admitted: bool
) -> None:
    verifier = Verifier(
        world.POLICY,
        keys=world.KEY_SET,
        limits=Limits(token_bytes=most),
        clock=lambda: world.NOW,
        monotonic=lambda: 1_000.0,
    )
    found = Guard(verifier=verifier).admit([f"Bearer {world.BENCH.token(claims={'x': 'x' * 20_000})}"])
    assert isinstance(found, Verified) is admitted


@laws
@given(st.binary(max_size=80))
def test_any_bytes_make_an_answer_a_name_or_a_secret_or_are_refused(data: bytes) -> None:
    surfaces.answer(data)
    surfaces.names(data)
    surfaces.secret(data)
    surfaces.base64url(data)


@laws
@given(
    st.sampled_from(["https://", "http://", "HTTPS://", "//", ""]),
    st.text("ab.:@/?#%[]1270localhost\\ \u00e9", max_size=24),
)
def test_an_url_that_is_taken_is_read_alike_by_a_second_reader(scheme: str, rest: str) -> None:
    surfaces.names((scheme + rest).encode())
