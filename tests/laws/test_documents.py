"""Any answer of the issuer gives keys or a refusal to use it, and never costs the keys that are held."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from fuzz import surfaces, world
from fuzz.promises import ACCEPTED
from fuzz.reference import reference, same
from hypothesis import given
from hypothesis import strategies as st

from bearerguard import BearerguardError, Verifier
from bearerguard.errors import ConfigurationError, KeysUnavailableError, UnknownKeyError
from bearerguard.keyring import Fetch, Fetched, FetchFailed, KeyRing
from tests.laws.strategies import DISCOVERY, JSON, KEY_SETS, NUMBERS, TEXTS, laws


@laws
@given(st.binary(max_size=300))
def test_any_bytes_as_a_document_are_used_or_refused(data: bytes) -> None:
    assert surfaces.keys(data) in (ACCEPTED, "document_invalid")
    assert surfaces.discovery(data) in (ACCEPTED, "document_invalid")


@laws
@given(KEY_SETS)
def test_any_key_set_is_used_or_refused(document: dict[str, Any]) -> None:
    surfaces.keys(json.dumps(document).encode())


@laws
@given(KEY_SETS)
def test_any_key_set_handed_over_by_the_operator_is_used_or_is_a_configuration_error(
    document: dict[str, Any],
) -> None:
    try:
        verifier = Verifier(world.POLICY, keys=document, clock=lambda: world.NOW, monotonic=lambda: 1_000.0)
    except ConfigurationError as error:
        assert error.code == "configuration_keys"
        return
    for token in (world.GOOD, world.GOOD_EDDSA):
        try:
            verifier.verify(token)
        except BearerguardError as error:
            assert error.code in ("key_unknown", "signature_invalid")


@laws
@given(DISCOVERY)
def test_any_discovery_document_says_where_the_keys_are_or_is_refused(document: dict[str, Any]) -> None:
    surfaces.discovery(json.dumps(document).encode())


@laws
@given(JSON)
def test_any_json_is_read_as_a_second_reader_reads_it(value: Any) -> None:
    for separators in ((",", ":"), (", ", ": ")):
        for ascii_only in (True, False):
            raw = json.dumps({"member": value}, separators=separators, ensure_ascii=ascii_only).encode(
                "utf-8", "surrogatepass"
            )
            surfaces.json_object(raw)


@laws
@given(st.dictionaries(TEXTS, JSON, min_size=1, max_size=4), st.data())
def test_a_member_given_twice_is_refused_wherever_and_however_it_is_written(
    value: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(value)))
    spelled = (
        "".join(f"\\u{ord(unit):04x}" for unit in name)
        if data.draw(st.booleans()) and name.isascii()
        else json.dumps(name)[1:-1]
    )
    inner = f'{json.dumps(value)[:-1]}, "{spelled}": {json.dumps(data.draw(JSON))}}}'
    for raw in (inner, f'{{"outer": {inner}}}', f'{{"outer": [{inner}]}}'):
        assert surfaces.json_object(raw.encode()) == "refused"


@pytest.mark.parametrize("raw", [b"{}", b'{"a":1}', b'{"a":1.0}', b'{"a":true}', b'{"a":null}'])
def test_the_second_reader_reads_what_is_plain(raw: bytes) -> None:
    assert same(reference(raw), json.loads(raw))
    assert surfaces.json_object(raw) == ACCEPTED


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"[]",
        b'{"a":' + b"[" * 16 + b"]" * 16 + b"}",
    ],
)
def test_the_second_reader_refuses_what_is_not(raw: bytes) -> None:
    assert reference(raw) is None


def test_the_second_reader_tells_numbers_and_truth_apart() -> None:
    assert not same({"a": 1}, {"a": True})
    assert not same({"a": 1}, {"a": 1.0})
    assert not same({"a": [1]}, {"a": [1, 1]})
    assert not same({"a": 1}, {"b": 1})


# ------------------------------------------------------------------------------------------------------- what a fetch brings

BODIES = st.one_of(
    st.binary(max_size=60),
    st.just(world.DISCOVERY),
    st.just(world.SMALL_KEY_SET),
    KEY_SETS.map(lambda document: json.dumps(document).encode()),
    DISCOVERY.map(lambda document: json.dumps(document).encode()),
)
FIELDS = st.dictionaries(
    st.sampled_from(["content-type", "cache-control", "retry-after", "x"]),
    st.text(max_size=30)
    | st.sampled_from(
        ["max-age=60", "max-age=" + "9" * 30, "no-store", "120", "9" * 400, "text/html", "application/json"]
    ),
)
ANSWERS = st.builds(
    Fetched, st.just("url"), st.sampled_from([200, 200, 200, 404, 500]) | st.integers(), BODIES, FIELDS
)
FAILURES = st.builds(FetchFailed, st.just("url"), TEXTS, st.none() | NUMBERS)
NONSENSE = st.one_of(
    st.sampled_from([None, 7, "body", b"body", (), {}, object()]),
    st.builds(Fetched, JSON, JSON, JSON, st.dictionaries(st.just("retry-after"), JSON)),
    st.builds(FetchFailed, JSON, JSON, JSON),
)
RESULTS = ANSWERS | FAILURES | NONSENSE


@laws
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 9.0, 61.0, 301.0, 90_000.0]), RESULTS), max_size=8))
def test_no_answer_breaks_the_ring_or_takes_its_keys(life: Sequence[tuple[float, Any]]) -> None:
    ring, now = KeyRing(world.POLICY), 1_000.0
    for seconds, result in life:
        now += seconds
        held, generation = ring.keys, ring.generation
        try:
            asked = ring.due(now) or ring.look("EdDSA", "fuzz-3", now)
        except KeysUnavailableError as error:
            assert 0 <= error.retry_after <= 86_400
            continue
        except UnknownKeyError:
            assert held is not None
            continue
        if isinstance(asked, Fetch):
            ring.accept(asked, result, now)
            assert ring.attempt == asked.attempt + 1
            assert ring.keys is not None or held is None
            assert ring.generation in (generation, generation + 1)
            assert ring.keys is held or ring.generation == generation + 1


@laws
@given(st.lists(RESULTS, max_size=6))
def test_whatever_the_fetcher_brings_a_good_token_is_accepted_refused_or_waits(results: list[Any]) -> None:
    asked: list[str] = []

    class Bringing:
        def fetch(self, request: Fetch) -> Any:
            asked.append(request.url)
            return results.pop(0) if results else FetchFailed(request.url, "nothing left")

    verifier = Verifier(world.POLICY, fetcher=Bringing(), clock=lambda: world.NOW, monotonic=lambda: 1_000.0)
    try:
        verifier.verify(world.GOOD_EDDSA)
    except BearerguardError as error:
        assert error.code in ("keys_unavailable", "key_unknown", "signature_invalid")
    assert len(asked) <= 4


@laws
@given(st.binary(max_size=120))
def test_any_life_of_the_ring_is_lived_to_its_end(data: bytes) -> None:
    surfaces.fetches(data)
    surfaces.driver(data)
