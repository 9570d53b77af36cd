"""Any token gives a verdict: bytes, texts, tokens with one part changed, and whatever the issuer itself may sign."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fuzz import surfaces, world
from fuzz.promises import ACCEPTED, judged, verdict
from hypothesis import example, given
from hypothesis import strategies as st

from bearerguard import ANY_TYPE, UNSAFE_ANY_AUDIENCE, Limits
from tests.laws.strategies import CLAIMS, HEADERS, JSON, laws

SEGMENT = st.text("AQgwZz09-_", max_size=40) | st.binary(max_size=40).map(lambda raw: world.b64(raw).decode())


@laws
@given(st.binary(max_size=400))
def test_any_bytes_are_judged(data: bytes) -> None:
    surfaces.token(data)


@laws
@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    judged(world.VERIFIER, text)
    world.VERIFIER.explain(text)


@laws
@given(st.lists(SEGMENT, max_size=7).map(".".join))
def test_any_number_of_segments_is_judged(text: str) -> None:
    surfaces.token(text.encode())


@laws
@given(st.sampled_from([world.GOOD, world.GOOD_EDDSA]), st.integers(0, 2), SEGMENT)
def test_a_good_token_with_one_part_replaced_is_refused(good: str, place: int, segment: str) -> None:
    parts = good.split(".")
    unchanged, parts[place] = parts[place], segment
    code = surfaces.token(".".join(parts).encode())
    assert (code == ACCEPTED) == (segment == unchanged)


@laws
@given(st.sampled_from([world.GOOD, world.GOOD_EDDSA]), st.data())
def test_a_good_token_with_a_piece_cut_out_doubled_or_changed_is_refused(
    good: str, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(good) - 1))
    end = data.draw(st.integers(begin + 1, min(len(good), begin + 40)))
    piece = data.draw(
        st.sampled_from(["", good[begin:end] * 2, "A", "=", ".", " ", "\n", "-", "_", "+", "\0"])
    )
    text = good[:begin] + piece + good[end:]
    assert (surfaces.token(text.encode()) == ACCEPTED) == (text == good)


@laws
@given(st.binary(max_size=200))
@example(b"")
@example(b"null")
@example(b"[]")
@example(b'{"alg":"HS256","typ":"at+jwt"}')
def test_any_bytes_as_a_header_are_judged_however_well_they_are_signed(raw: bytes) -> None:
    surfaces.header(raw)


@laws
@given(HEADERS)
def test_any_members_of_a_header_are_judged(header: dict[str, Any]) -> None:
    surfaces.header(_written(header))


@laws
@given(st.binary(max_size=200))
@example(b"")
@example(b'"claims"')
@example(b"{}")
def test_any_bytes_as_claims_are_judged_however_well_they_are_signed(raw: bytes) -> None:
    surfaces.claims(raw)


@laws
@given(CLAIMS)
def test_any_claims_are_judged_under_a_plain_policy_and_under_one_that_uses_every_setting(
    claims: dict[str, Any],
) -> None:
    surfaces.claims(_written(claims))


@laws
@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4), st.text(max_size=6))
def test_a_token_without_the_claims_we_know_is_judged(claims: dict[str, Any], name: str) -> None:
    surfaces.claims(_written(claims))
    surfaces.claims(_written({name: claims}))


PERMISSIVE = world.shared(
    audience=UNSAFE_ANY_AUDIENCE,
    token_type=ANY_TYPE,
    leeway=300,
    scope_claim="roles",
    client_id_claim=("sub", "aud"),
    audience_claim="user",
    roles_claim=("user", "roles", "editor"),
    required_claims={"sub": "alice"},
)


@laws
@given(CLAIMS)
def test_settings_that_point_at_claims_of_other_types_are_judged(claims: dict[str, Any]) -> None:
    text = world.signed(b'{"alg":"HS256"}', _written(claims))
    verdict(PERMISSIVE, text)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(json_depth=1),
        Limits(json_depth=64),
        Limits(number_digits=100_000),
        Limits(token_bytes=50, header_bytes=1),
    ],
    ids=repr,
)
@laws
@given(HEADERS, CLAIMS)
def test_no_limit_opens_a_way_out(limits: Limits, header: dict[str, Any], claims: dict[str, Any]) -> None:
    verifier = world.shared(limits=limits)
    verdict(verifier, world.signed(_written(header), _written(claims)))


@pytest.mark.parametrize("digits", [1_024, 1_025, 4_299, 4_300, 4_301, 5_000, 11_000])
def test_a_number_of_any_length_is_judged_and_explained_even_where_the_limit_is_wide_open(
    digits: int,
) -> None:
    # Python itself refuses to read or write integers of more than 4,300 digits.
    verifier = world.shared(limits=Limits(number_digits=100_000))
    for raw in (b"9" * digits, b"-" + b"9" * digits, b"0." + b"9" * digits, b"1e" + b"9" * digits):
        for name in (b"exp", b"iss", b"sub", b"scope", b"aud", b"x"):
            good = json.dumps(dict(world.BENCH.claims)).encode()
            text = world.signed(
                b'{"alg":"HS256","typ":"at+jwt"}',
                good[:-1].replace(b'"%s"' % name, b'"y"') + b',"%s":%s}' % (name, raw),
            )
            report = verifier.explain(text)
            assert str(report)
            verdict(verifier, text)


def _written(value: Any) -> bytes:
    """JSON as a careless writer writes it: halves of characters and NaN included."""
    return json.dumps(value).encode()
