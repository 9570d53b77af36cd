"""The ring through its states: when it asks, what it serves meanwhile, and that no failure takes a good key away."""

from __future__ import annotations

import json
from typing import Final

import pytest

from bearerguard.errors import KeysUnavailableError, UnknownKeyError
from bearerguard.keyring import Fetch, Fetched, FetchFailed, KeyRing
from bearerguard.limits import Limits
from tests.core.ringing import JWKS, OIDC, START, Issuer, filled, metadata, page, published, ring_of

# With the default limits a key set is fresh for 300 s, due from 240 s on, and served for another 3600 s.
DUE, STALE, EXPIRED = START + 240, START + 300, START + 3900


def unavailable(ring: KeyRing, now: float, kid: str = "key-1") -> KeysUnavailableError:
    with pytest.raises(KeysUnavailableError) as raised:
        ring.look("EdDSA", kid, now)
    return raised.value


# ------------------------------------------------------------------------------------------------------------ empty to expired


def test_an_empty_ring_asks_for_discovery_then_for_the_keys_and_then_for_nothing() -> None:
    ring, issuer = ring_of(), Issuer()
    assert (ring.state(START), ring.generation, ring.keys) == ("empty", 0, None)
    assert [key.kid for key in issuer.keys(ring)] == ["key-1"]
    assert issuer.asked == [OIDC, JWKS]
    issuer.keys(ring)
    assert (ring.missing(START), ring.due(START)) == (None, None)
    assert issuer.asked == [OIDC, JWKS]
    assert (ring.state(START), ring.generation) == ("fresh", 1)


def test_a_fetch_carries_the_bounds_of_the_limits() -> None:
    fetch = ring_of(Limits(document_bytes=999, fetch_timeout=1.5)).look("EdDSA", "key-1", START)
    assert fetch == Fetch(OIDC, 999, 1.5, 0, "empty", "metadata")


def test_an_empty_ring_has_nothing_to_refresh() -> None:
    assert ring_of().due(START) is None


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (START, "fresh"),
        (DUE - 0.25, "fresh"),
        (DUE, "due"),
        (STALE - 0.25, "due"),
        (STALE, "stale"),
        (EXPIRED - 0.25, "stale"),
        (EXPIRED, "expired"),
    ],
)
def test_a_known_key_is_served_without_a_fetch_until_it_expires(now: float, state: str) -> None:
    ring, _ = filled()
    assert ring.state(now) == state
    found = ring.look("EdDSA", "key-1", now)
    missing, due = ring.missing(now), ring.due(now)
    assert isinstance(found, Fetch) is isinstance(missing, Fetch) is (state == "expired")
    assert isinstance(due, Fetch) is (state != "fresh")
    if isinstance(due, Fetch):
        assert due.reason == "due"
    if isinstance(found, Fetch):
        assert (found, found.reason) == (missing, "expired")


def test_a_refresh_makes_the_keys_fresh_again() -> None:
    ring, issuer = filled()
    issuer.refresh(ring, DUE)
    assert issuer.asked == [JWKS]
    assert (ring.state(DUE + 239.75), ring.state(DUE + 240), ring.generation) == ("fresh", "due", 2)


def test_without_grace_stale_is_expired() -> None:
    ring, _ = filled(limits=Limits(keys_grace=0))
    assert (ring.state(STALE - 0.25), ring.state(STALE)) == ("due", "expired")


def test_a_removed_key_stops_verifying_with_the_next_refresh() -> None:
    ring, issuer = filled("key-1", "key-2")
    issuer.publish("key-2")
    assert issuer.keys(ring, "key-1", DUE)
    issuer.refresh(ring, DUE)
    with pytest.raises(UnknownKeyError):
        issuer.keys(ring, "key-1", DUE)
    assert issuer.keys(ring, "key-2", DUE)


# -------------------------------------------------------------------------------------------------------------------- failures

HTML: Final = b"<!doctype html><title>Attention required</title>"
FAILURES: Final[dict[str, tuple[Fetched | FetchFailed, str]]] = {
    "no answer": (FetchFailed(JWKS, "no route to host"), "no route to host"),
    "500": (page(published("key-9"), 500), "answered 500"),
    "404": (page(published("key-9"), 404), "answered 404"),
    "204": (page(b"", 204), "answered 204"),
    "307": (page(published("key-9"), 307), "answered 307"),
    "403 with a page": (page(HTML, 403, content_type="text/html; charset=utf-8"), "a firewall or block list in front of"),
    "403": (page(b"{}", 403), "answered 403"),
    "a page": (page(HTML, content_type="text/html"), "is 'text/html', not JSON"),
    "an image": (page(published("key-9"), content_type="image/png"), "not JSON"),
    "not JSON": (page(b"keys"), "is not JSON"),
    "nothing": (page(b""), "is not JSON"),
    "a list": (page(b"[]"), "is not a JSON object"),
    "another object": (page(metadata()), "has no 'keys' array"),
    "an empty set": (page(b'{"keys":[]}'), "has no usable key: it is empty"),
    "no usable key": (page(b'{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"key-1"}]}'), "has no usable key"),
    "a name given twice": (page(published("key-9")[:-1] + b',"keys":[]}'), "one member name twice"),
    "too many keys": (page(json.dumps({"keys": [{}] * 65}).encode()), "more than the 64"),
    "too deep": (page(b'{"keys":' + b"[" * 99 + b"]" * 99 + b"}"), "nested too deeply"),
    "too long": (page(published("key-9") + b" " * 262_144), "longer than 262144 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_no_failure_changes_the_keys_that_are_held(name: str) -> None:
    ring, issuer = filled()
    before = ring.keys, ring.generation
    answer, sentence = FAILURES[name]
    issuer.pages[JWKS] = answer
    issuer.refresh(ring, DUE)
    with pytest.raises(KeysUnavailableError):
        issuer.keys(ring, "key-9", DUE + 60)
    assert (ring.keys, ring.generation) == before
    assert sentence in ring.last_error
    assert [key.kid for key in issuer.keys(ring, "key-1", EXPIRED - 0.25)] == ["key-1"]
    error = unavailable_after_asking(ring, issuer, EXPIRED)
    assert sentence in error.detail
    assert len(error.detail) < 500


def unavailable_after_asking(ring: KeyRing, issuer: Issuer, now: float) -> KeysUnavailableError:
    with pytest.raises(KeysUnavailableError) as raised:
        issuer.keys(ring, "key-1", now)
    return raised.value


@pytest.mark.parametrize("name", FAILURES)
def test_from_a_failure_one_good_answer_recovers(name: str) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.pages[JWKS] = FAILURES[name][0]
    unavailable_after_asking(ring, issuer, START)
    issuer.publish("key-1")
    assert issuer.keys(ring, "key-1", START + 60)
    assert (ring.last_error, ring.state(START + 60)) == ("", "fresh")


@pytest.mark.parametrize(
    "kind", ["", "application/jwk-set+json", "text/plain", "text/json", "application/octet-stream"]
)
def test_a_key_set_is_known_by_its_content_not_by_its_label(kind: str) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.publish("key-1", content_type=kind)
    assert issuer.keys(ring)


def test_a_document_may_be_as_long_as_the_limit_and_not_a_byte_longer() -> None:
    body = published("key-1")
    for limit, works in ((len(body), True), (len(body) - 1, False)):
        ring, issuer = ring_of(Limits(document_bytes=limit), jwks_uri=JWKS), Issuer()
        if works:
            assert issuer.keys(ring)
        else:
            unavailable_after_asking(ring, issuer, START)


# -------------------------------------------------------------------------------------------------------------------- back-off


def test_the_pause_after_a_failure_doubles_up_to_its_cap_and_is_forgotten_after_a_success() -> None:
    ring, issuer = ring_of(jwks_uri=JWKS), Issuer()
    issuer.fail()
    now = START
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        assert unavailable_after_asking(ring, issuer, now).retry_after == pause
        assert unavailable(ring, now + pause - 0.25).retry_after == 0.25
        now += pause
    assert len(issuer.asked) == 8
    issuer.publish("key-1")
    assert issuer.keys(ring, now=now)
    issuer.fail()
    assert unavailable_after_asking(ring, issuer, now + 3900).retry_after == 1


def test_a_refresh_waits_for_the_pause_too() -> None:
    ring, issuer = filled()
    issuer.fail()
    issuer.refresh(ring, DUE)
    assert ring.due(DUE + 0.75) is None
    assert isinstance(ring.due(DUE + 1), Fetch)
    issuer.refresh(ring, DUE + 1)
    assert ring.due(DUE + 2.75) is None
    assert isinstance(ring.due(DUE + 3), Fetch)


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        (page(b"", 503, retry_after="20"), 20),
        (page(b"", 429, retry_after=" 20 "), 20),
        (page(b"", 503, retry_after="0"), 1),
        (page(b"", 503, retry_after="61"), 60),
        (page(b"", 503, retry_after="999999999"), 60),
        (page(b"", 503, retry_after="9999999999"), 1),
        (page(b"", 503, retry_after="-5"), 1),
        (page(b"", 503, retry_after="1e3"), 1),
        (page(b"", 503, retry_after="\u0662\u0660"), 1),
        (page(b"", 503, retry_after=""), 1),
        (page(b"", 503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (FetchFailed(JWKS, "busy", 20), 20),
        (FetchFailed(JWKS, "busy", 0), 1),
        (FetchFailed(JWKS, "busy", -1), 1),
        (FetchFailed(JWKS, "busy", 1e9), 60),
        (FetchFailed(JWKS, "busy", float("inf")), 60),
        (FetchFailed(JWKS, "busy", float("nan")), 1),
    ],
)
def test_retry_after_lengthens_the_pause_within_our_cap(answer: Fetched | FetchFailed, pause: float) -> None:
    ring, issuer = ring_of(jwks_uri=JWKS), Issuer()
    issuer.pages[JWKS] = answer
    assert unavailable_after_asking(ring, issuer, START).retry_after == pause
    assert isinstance(ring.look("EdDSA", "key-1", START + pause), Fetch)


# ----------------------------------------------------------------------------------------------------------------- unknown keys


def test_an_unknown_key_is_looked_for_once_a_cool_down() -> None:
    ring, issuer = filled()
    for _ in range(50):
        with pytest.raises(UnknownKeyError):
            issuer.keys(ring, "key-2", START + 50)
    assert issuer.asked == [JWKS]
    with pytest.raises(UnknownKeyError):
        issuer.keys(ring, "key-3", START + 59.75)
    assert issuer.asked == [JWKS]
    with pytest.raises(UnknownKeyError):
        issuer.keys(ring, "key-3", START + 60)
    assert issuer.asked == [JWKS, JWKS]


def test_a_new_key_is_found_within_the_request_that_names_it() -> None:
    ring, issuer = filled()
    issuer.publish("key-1", "key-2")
    assert [key.kid for key in issuer.keys(ring, "key-2", START + 1)] == ["key-2"]
    assert issuer.asked == [JWKS]
    assert ring.generation == 2


def test_a_rotation_right_after_a_scheduled_refresh_is_found_at_once() -> None:
    ring, issuer = filled()
    issuer.refresh(ring, DUE)
    issuer.publish("key-2")
    assert issuer.keys(ring, "key-2", DUE + 0.25)


def test_whoever_names_a_known_key_never_waits_for_an_unknown_one() -> None:
    ring, issuer = filled()
    assert isinstance(ring.look("EdDSA", "key-2", START + 1), Fetch)
    assert not isinstance(ring.look("EdDSA", "key-1", START + 1), Fetch)
    issuer.fail()
    with pytest.raises(KeysUnavailableError):
        issuer.keys(ring, "key-2", START + 1)
    assert not isinstance(ring.look("EdDSA", "key-1", START + 2), Fetch)


def test_while_the_issuer_cannot_be_asked_an_unknown_key_is_an_outage_not_a_refusal() -> None:
    ring, issuer = filled()
    issuer.fail()
    with pytest.raises(KeysUnavailableError) as raised:
        issuer.keys(ring, "key-2", START + 1)
    assert raised.value.retry_after == 10
    assert unavailable(ring, START + 10.75, "key-2").retry_after == 0.25
    issuer.publish("key-1")
    with pytest.raises(UnknownKeyError):
        issuer.keys(ring, "key-2", START + 11)
    assert issuer.asked == [JWKS, JWKS]


@pytest.mark.parametrize(
    ("algorithm", "kid", "sentence"),
    [
        ("EdDSA", "key-2", "no key of the issuer is named 'key-2'"),
        ("EdDSA", None, "the token names no 'kid', and not exactly one key of the issuer suits EdDSA"),
        ("RS256", "key-1", "the issuer's key 'key-1' is not for RS256"),
        ("EdDSA", "\n" * 256, "is named '\\n\\n"),
    ],
)
def test_an_unknown_key_error_says_what_is_unknown(algorithm: str, kid: str | None, sentence: str) -> None:
    ring = ring_of(keys=json.loads(published("key-1", "key-3")))
    with pytest.raises(UnknownKeyError) as raised:
        ring.look(algorithm, kid, START)
    assert sentence in raised.value.detail
    assert len(raised.value.detail) < 250


def test_a_token_without_a_kid_is_answered_by_the_one_key_that_suits() -> None:
    ring, issuer = filled()
    assert [key.kid for key in issuer.keys(ring, None)] == ["key-1"]
    assert issuer.asked == []
