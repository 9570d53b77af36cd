"""How long keys are fresh, answers that come too late, keys that are given, and other threads at the worst moment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bearerguard import keyring
from bearerguard.errors import BearerguardError, ConfigurationError, KeysUnavailableError, UnknownKeyError
from bearerguard.keyring import Fetch, Fetched, FetchFailed, KeyRing
from tests.core.builders import jwk, jwks, private_key
from tests.core.ringing import JWKS, START, Issuer, filled, names, page, published, ring_of

# ------------------------------------------------------------------------------------------------------------------- lifetimes


@pytest.mark.parametrize(
    ("control", "lifetime"),
    [
        (None, 300),
        ("", 300),
        ("no-store", 60),
        ("max-age=600", 600),
        ("public, max-age=600, must-revalidate", 600),
        ("Max-Age = 600", 600),
        ('max-age="600"', 600),
        ("public,max-age=600", 600),
        ("max-age=59", 60),
        ("max-age=0", 60),
        ("max-age=60", 60),
        ("max-age=86400", 86_400),
        ("max-age=86401", 86_400),
        ("max-age=9999999999", 86_400),
        ("max-age=99999999999", 300),
        ("max-age=-1", 300),
        ("max-age=", 300),
        ("max-age=x", 300),
        ("max-age=\u0669\u0669", 300),
        ("s-maxage=600", 300),
        ("x-max-age=600", 300),
        ("stale-while-revalidate=600", 300),
    ],
)
def test_the_issuer_says_how_long_its_keys_are_fresh_within_our_clamps(
    control: str | None, lifetime: float
) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.publish("key-1", **({} if control is None else {"cache_control": control}))
    issuer.keys(ring)
    assert (ring.state(START + lifetime - 0.25), ring.state(START + lifetime)) == ("due", "stale")
    assert (ring.state(START + lifetime * 0.8 - 0.25), ring.state(START + lifetime * 0.8)) == ("fresh", "due")
    assert (ring.state(START + lifetime + 3599), ring.state(START + lifetime + 3600)) == ("stale", "expired")


# ------------------------------------------------------------------------------------------------------- overtaken and offline


@pytest.mark.parametrize(
    ("age", "lifetime"),
    [
        ("100", 500),
        ("0", 600),
        (" 100 ", 500),
        ("700", 60),
        ("-1", 600),
        ("x", 600),
        ("9999999999", 600),
        ("", 600),
    ],
)
def test_the_time_an_answer_spent_in_caches_is_not_fresh_any_more(age: str, lifetime: float) -> None:
    ring, issuer = ring_of(jwks_uri=JWKS), Issuer()
    issuer.pages[JWKS] = Fetched(JWKS, 200, published("key-1"), {"cache-control": "max-age=600", "age": age})
    issuer.keys(ring)
    assert (ring.state(START + lifetime - 0.25), ring.state(START + lifetime)) == ("due", "stale")


@pytest.mark.parametrize("control", ["no-cache", "no-store, max-age=600", "No-Store", "private, no-cache"])
def test_an_issuer_who_wants_no_caching_is_asked_as_often_as_we_ask_anyone(control: str) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.publish("key-1", cache_control=control)
    issuer.keys(ring)
    assert (ring.state(START + 59.75), ring.state(START + 60)) == ("due", "stale")


def test_after_an_outage_a_rotated_key_is_found_at_once() -> None:
    ring, _ = filled()
    due = ring.due(START + 240)
    assert due is not None
    ring.accept(due, FetchFailed(JWKS, "timed out"), START + 240)
    again = ring.due(START + 241)
    assert again is not None
    ring.accept(again, Fetched(JWKS, 200, published("key-1")), START + 241)
    assert isinstance(ring.look("EdDSA", "key-2", START + 242), Fetch)


def test_a_set_that_went_stale_unasked_waits_for_the_issuer_if_the_caller_wants_that() -> None:
    ring, _ = filled()
    assert not isinstance(ring.look("EdDSA", "key-1", START + 299, ask_first=True), Fetch)
    assert not isinstance(ring.look("EdDSA", "key-1", START + 300), Fetch)
    fetch = ring.look("EdDSA", "key-1", START + 300, ask_first=True)
    assert isinstance(fetch, Fetch)
    ring.accept(fetch, FetchFailed(JWKS, "timed out"), START + 300)
    assert not isinstance(ring.look("EdDSA", "key-1", START + 301, ask_first=True), Fetch)


def test_a_result_that_another_one_has_overtaken_is_ignored() -> None:
    ring, _ = filled()
    slow, quick = ring.look("EdDSA", "key-2", START + 1), ring.look("EdDSA", "key-2", START + 1)
    assert isinstance(slow, Fetch)
    assert isinstance(quick, Fetch)
    withdrawn = Fetched(JWKS, 200, published("key-1", "key-2"))
    ring.accept(quick, Fetched(JWKS, 200, published("key-3")), START + 2)
    for late in (withdrawn, FetchFailed(JWKS, "timed out")):
        ring.accept(slow, late, START + 9)
        assert (names(ring), ring.generation, ring.last_error) == ({"key-3"}, 2, "")
    assert ring.attempt == quick.attempt + 1


@pytest.mark.parametrize(
    "result",
    [
        None,
        b"{}",
        object(),
        FetchFailed(JWKS, None),  # type: ignore[arg-type]
        FetchFailed(JWKS, "busy", "20"),  # type: ignore[arg-type]
        FetchFailed(JWKS, "busy", None),
        FetchFailed(JWKS, "busy\nforged", True),
        Fetched(JWKS, "200", published("key-9")),  # type: ignore[arg-type]
        Fetched(JWKS, 200, published("key-9").decode()),  # type: ignore[arg-type]
        Fetched(JWKS, 200, None),  # type: ignore[arg-type]
        Fetched(JWKS, 200, b"", {"content-type": None}),  # type: ignore[dict-item]
        Fetched(JWKS, 200, published("key-9"), {"cache-control": 60}),  # type: ignore[dict-item]
        Fetched(JWKS, 503, b"", {"retry-after": 60}),  # type: ignore[dict-item]
        Fetched(JWKS, 200, published("key-9"), None),  # type: ignore[arg-type]
    ],
    ids=repr,
)  # fmt: skip
def test_whatever_a_fetcher_returns_the_ring_takes_it_for_a_failure_and_does_not_raise(result: Any) -> None:
    ring, _ = filled()
    fetch = ring.due(START + 240)
    assert fetch is not None
    ring.accept(fetch, result, START + 240)
    assert (names(ring), ring.generation) == ({"key-1"}, 1)
    with pytest.raises(KeysUnavailableError) as raised:
        ring.look("EdDSA", "key-9", START + 241)
    assert 0 < raised.value.retry_after <= 60
    assert raised.value.detail.isprintable()


def test_keys_that_are_given_are_never_fetched_and_never_expire() -> None:
    for keys in (published("key-1"), json.loads(published("key-1"))):
        ring = ring_of(keys=keys)
        for now in (0.0, START, 1e12):
            assert ring.state(now) == "offline"
            assert not isinstance(ring.look("EdDSA", "key-1", now), Fetch)
            assert ring.missing(now) is ring.due(now) is None
            with pytest.raises(UnknownKeyError):
                ring.look("EdDSA", "key-2", now)
        assert ring.generation == 1


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "has no 'keys' array"),
        ({"keys": []}, "it is empty"),
        (b"{", "is not JSON"),
        (b"", "is not JSON"),
        (jwk(private_key("Ed25519", 31)), "has no 'keys' array"),
        ([jwk(private_key("Ed25519", 31))], ""),
        (json.dumps(jwks()), ""),
        (bytearray(b"{}"), ""),
        (7, ""),
        (False, ""),
        ({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, "has no usable key"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_keys_that_cannot_be_used_are_refused_when_they_are_given(keys: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ring_of(keys=keys)
    assert refused.value.code == "configuration_keys"
    assert sentence in refused.value.detail


def at_line(number: int, call: Callable[[], Any], intruder: Callable[[], None]) -> tuple[Any, bool]:
    """Run a call, and between its lines in the ring's module, once, what another thread does at that moment."""
    seen = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if frame.f_code.co_filename != keyring.__file__:
            return None
        if event == "line":
            seen += 1
            if seen == number:
                intruder()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call(), seen >= number
    except BearerguardError as error:
        return error, seen >= number
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("age", [None, 1, 250, 3901], ids=["empty", "fresh", "due", "expired"])
@pytest.mark.parametrize(
    "answer",
    [page(published("key-1")), page(published("key-2")), page(b"", 500)],
    ids=["same", "other", "failure"],
)
@pytest.mark.parametrize("kid", ["key-1", "key-2"])
def test_whatever_moment_another_threads_answer_arrives_at_a_look_ends_well(
    age: float | None, answer: Fetched, kid: str
) -> None:
    number, reached = 0, True
    while reached:
        number += 1
        ring, issuer = ring_of(jwks_uri=JWKS), Issuer()
        if age is not None:
            issuer.keys(ring)
        now = START + (age or 0)
        under_way = ring.look("EdDSA", "key-3", now)
        assert isinstance(under_way, Fetch)
        outcome, reached = at_line(
            number,
            lambda ring=ring, now=now: ring.look("EdDSA", kid, now),  # type: ignore[misc]
            lambda ring=ring, now=now, step=under_way: ring.accept(step, answer, now),  # type: ignore[misc]
        )
        assert isinstance(outcome, (Fetch, UnknownKeyError, KeysUnavailableError)) or [
            key.kid for key in outcome
        ] == [kid]
    assert number > 4


def seen(ring: KeyRing, kid: str, now: float) -> str:
    """What a caller meets."""
    try:
        found = ring.look("EdDSA", kid, now)
    except BearerguardError as error:
        return error.code
    return f"fetch {found.attempt}" if isinstance(found, Fetch) else "keys"


@pytest.mark.parametrize("kid", ["key-1", "key-2", "key-3"])
@pytest.mark.parametrize(
    "answer", [page(published("key-1", "key-2")), page(published("key-2")), page(b"", 500)]
)
@pytest.mark.parametrize(
    ("failed_before", "age", "asking"),
    [
        (False, None, "key-1"),
        (False, 1, "key-3"),
        (False, 3901, "key-1"),
        (True, None, "key-1"),
        (True, 1, "key-3"),
        (True, 3901, "key-1"),
    ],
)
def test_whatever_moment_of_an_answer_someone_looks_it_is_before_or_after_and_nothing_between(
    failed_before: bool, age: float | None, asking: str, answer: Fetched, kid: str
) -> None:
    number, reached = 0, True
    while reached:
        number += 1
        ring, issuer = ring_of(jwks_uri=JWKS), Issuer()
        now = START
        if age is not None:
            issuer.keys(ring)
            now += age
        if failed_before:
            failing = ring.look("EdDSA", asking, now)
            assert isinstance(failing, Fetch)
            ring.accept(failing, page(b"", 500), now)
            now += 10
        fetch = ring.look("EdDSA", asking, now)
        assert isinstance(fetch, Fetch)
        moments = [seen(ring, kid, now)]
        _, reached = at_line(
            number,
            lambda ring=ring, fetch=fetch, now=now: ring.accept(fetch, answer, now),  # type: ignore[misc]
            lambda ring=ring, now=now, moments=moments: moments.append(seen(ring, kid, now)),  # type: ignore[misc]
        )
        if reached:
            before, during, after = *moments, seen(ring, kid, now)
            # A fetch that is asked for meanwhile is of the attempt that is just over: its caller looks again.
            assert during in (before, after, f"fetch {fetch.attempt}"), (
                f"{before}, then {during}, then {after}"
            )
    assert number > 20
