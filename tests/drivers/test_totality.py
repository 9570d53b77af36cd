"""Any text in, a verdict out: never a foreign exception, and what is explained is what is raised."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard import AsyncVerifier, BearerguardError, TokenError, Verifier
from bearerguard.issuer import SPOILS, DevIssuer
from tests.drivers.colours import Doors, run_asyncio
from tests.drivers.relays import Relay

quietly = settings(deadline=None, derandomize=True, max_examples=200, database=None)
ALICE: Final = DevIssuer()
ASKING: Final = Verifier(ALICE.policy(), keys=ALICE.key_set())
AWAITING: Final = AsyncVerifier(ALICE.policy(), keys=ALICE.key_set())
GOOD: Final = ALICE.mint()


def told(token: Any) -> None:
    """Assert that a text is judged, and explained with the same verdict."""
    report = ASKING.explain(token)
    assert str(report)
    assert json.dumps(report.as_dict())
    try:
        ASKING.verify(token)
    except BearerguardError as error:
        assert report.code == error.code
        text = token if isinstance(token, str) else token.decode("latin-1")
        assert len(text) < 12 or text not in str(error)
    else:
        assert report.ok


@quietly
@given(
    st.one_of(st.text(), st.binary(), st.from_regex(r"[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*){0,5}", fullmatch=True))
)
def test_any_text_is_judged_and_explained(token: str | bytes) -> None:
    told(token)


@quietly
@given(st.integers(0, len(GOOD) - 1), st.sampled_from([*"AZaz09-_.=+/ \n\0", "é", "\ud800", "", "AA"]))
def test_a_good_token_with_one_character_changed_is_judged_and_explained(place: int, by: str) -> None:
    told(GOOD[:place] + by + GOOD[place + 1 :])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CLAIMS: Final = (
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "sub",
    "scope",
    "scp",
    "client_id",
    "jti",
    "auth_time",
    "cnf",
    "x",
)


@quietly
@given(st.dictionaries(st.sampled_from(CLAIMS), values, min_size=1, max_size=3))
def test_whatever_the_issuer_signs_is_judged_and_explained(claims: dict[str, Any]) -> None:
    told(ALICE.mint(claims=claims))


@quietly
@given(
    st.dictionaries(st.sampled_from(("alg", "kid", "typ", "cty", "jku", "x")), values, min_size=1, max_size=3)
)
def test_whatever_stands_in_a_header_is_judged_and_explained(header: dict[str, Any]) -> None:
    told(ALICE.mint(header=header))


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_explaining_is_awaited_with_the_same_verdict(row: Any) -> None:
    token = ALICE.spoil(row.name)
    assert run_asyncio(AWAITING.explain, token).as_dict()["code"] == ASKING.explain(token).code == row.code


def test_an_outage_is_explained_too(door: Doors) -> None:
    report = door(ALICE.policy(), fetcher=Relay()).explain(ALICE.mint())
    assert report.code == "keys_unavailable"
    outcomes = {check.name: check.outcome for check in report.checks}
    assert (outcomes["key"], outcomes["signature"], outcomes["audience"]) == (
        "failed",
        "not reached",
        "passed",
    )
    assert json.dumps(report.as_dict())


@pytest.mark.parametrize(
    "token", [None, 5, object(), ["a.b.c"], bytearray(b"a.b.c"), memoryview(b"a.b.c")], ids=repr
)
def test_what_is_no_text_is_no_token(token: Any, door: Doors) -> None:
    verifier = door(ALICE.policy(), fetcher=ALICE)
    with pytest.raises(TokenError) as refused:
        verifier.verify(token)
    assert refused.value.code == verifier.explain(token).code == "token_malformed"
