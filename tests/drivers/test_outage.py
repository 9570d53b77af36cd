"""Keys that change and issuers that go away: what is found, what goes on, what ends, and how often anybody is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from bearerguard import KeysUnavailableError, Limits, TokenError
from bearerguard.fetch import Fetch, Fetched, FetchFailed
from bearerguard.issuer import DevIssuer
from bearerguard.issuer.signing import SigningKey
from tests.conftest import Clock
from tests.drivers.colours import Door, Doors
from tests.drivers.relays import DISCOVERY, KEYS, Outcome, Relay, changing_issuer

LIMITS: Final = Limits()
DAY: Final = 86_400
UNKNOWN: Final = "kid-unknown"


@pytest.fixture
def issuer(clock: Clock) -> DevIssuer:
    return changing_issuer(clock.wall)


Make = Callable[..., Door]


@pytest.fixture
def relay(issuer: DevIssuer) -> Relay:
    return Relay(issuer)


@pytest.fixture
def make(door: Doors, issuer: DevIssuer, clock: Clock, relay: Relay) -> Make:
    """Make a verifier of the issuer, whose clocks the test moves."""

    def verifier(fetcher: Any = relay, **options: Any) -> Door:
        return door(
            issuer.policy(),
            fetcher=fetcher,
            clock=clock.wall,
            monotonic=fetcher.watch(clock.monotonic),
            **options,
        )

    return verifier


def unavailable(verifier: Door, token: str) -> KeysUnavailableError:
    with pytest.raises(KeysUnavailableError) as outage:
        verifier.verify(token)
    assert outage.value.retry_after > 0
    return outage.value


def refusal(verifier: Door, token: str) -> str:
    with pytest.raises(TokenError) as refused:
        verifier.verify(token)
    return refused.value.code


# ------------------------------------------------------------------------------------------------------------ keys that change


def test_a_new_key_is_found_in_the_same_request(make: Make, issuer: DevIssuer, relay: Relay) -> None:
    verifier = make()
    old = issuer.mint()
    verifier.verify(old)
    issuer.rotate()
    assert verifier.verify(issuer.mint("bob")).subject == "bob"
    assert relay.asked(KEYS) == 2
    assert relay.asked(DISCOVERY) == 1
    assert verifier.verify(old).subject == "alice", "both keys are published"


def test_a_withdrawn_key_is_no_longer_believed_once_the_new_keys_are_here(
    make: Make, issuer: DevIssuer
) -> None:
    verifier = make()
    old = issuer.mint()
    verifier.verify(old)
    issuer.rotate(overlap=False)
    assert verifier.verify(old).subject == "alice", "nobody could know yet"
    verifier.verify(issuer.mint())
    assert refusal(verifier, old) == "key_unknown"


def test_a_flood_of_made_up_names_costs_one_fetch_a_cool_down(
    make: Make, issuer: DevIssuer, relay: Relay, clock: Clock
) -> None:
    verifier = make()
    good = issuer.mint(lifetime=DAY)
    verifier.verify(good)
    for _ in range(20):
        assert refusal(verifier, issuer.spoil(UNKNOWN)) == "key_unknown"
        verifier.verify(good)
    assert relay.asked(KEYS) == 2
    clock.advance(LIMITS.unknown_key_cooldown - 0.001)
    refusal(verifier, issuer.spoil(UNKNOWN))
    assert relay.asked(KEYS) == 2, "a moment too early"
    clock.advance(0.001)
    for _ in range(20):
        refusal(verifier, issuer.spoil(UNKNOWN))
    assert relay.asked(KEYS) == 3
    assert relay.asked(DISCOVERY) == 1


def test_a_flood_hides_a_new_key_for_no_longer_than_the_cool_down(
    make: Make, issuer: DevIssuer, clock: Clock
) -> None:
    verifier = make()
    verifier.verify(issuer.mint())
    refusal(verifier, issuer.spoil(UNKNOWN))
    issuer.rotate()
    assert refusal(verifier, issuer.mint()) == "key_unknown"
    clock.advance(LIMITS.unknown_key_cooldown)
    assert verifier.verify(issuer.mint()).subject == "alice"


def test_a_new_key_right_after_a_scheduled_look_is_found_at_once(
    make: Make, issuer: DevIssuer, clock: Clock
) -> None:
    verifier = make(limits=Limits(keys_grace=0))
    verifier.verify(issuer.mint())
    clock.advance(LIMITS.keys_ttl)
    verifier.verify(issuer.mint())
    issuer.rotate()
    assert verifier.verify(issuer.mint("bob")).subject == "bob"


def test_a_new_key_under_an_old_name_is_the_one_that_counts_once_it_is_here(
    make: Make, issuer: DevIssuer, relay: Relay, clock: Clock
) -> None:
    issuer._keys = (SigningKey("RS256", kid="1"),)
    verifier = make(limits=Limits(keys_grace=0))
    old = issuer.mint(lifetime=DAY)
    verifier.verify(old)
    issuer._keys = (SigningKey("RS256", kid="1"),)
    new = issuer.mint(lifetime=DAY)
    assert verifier.verify(old).subject == "alice"
    assert refusal(verifier, new) == "signature_invalid"
    assert relay.asked(KEYS) == 1, "a signature that does not fit is no reason to ask: anybody could send one"
    clock.advance(LIMITS.keys_ttl)
    assert verifier.verify(new).subject == "alice"
    assert refusal(verifier, old) == "signature_invalid"


def test_a_key_set_that_moved_is_found_through_discovery(make: Make, issuer: DevIssuer, clock: Clock) -> None:
    moved = False

    def change(request: Fetch, answer: Outcome) -> Outcome:
        if not moved:
            return answer
        if request.url.endswith(KEYS):
            return Fetched(request.url, 404, b"")
        if request.url.endswith("/moved"):
            return Fetched(request.url, 200, json.dumps(issuer.key_set()).encode())
        return Fetched(
            request.url, 200, json.dumps({"issuer": issuer.url, "jwks_uri": issuer.url + "/moved"}).encode()
        )

    verifier = make(Relay(issuer, change=change))
    verifier.verify(issuer.mint())
    moved = True
    issuer.rotate()
    unavailable(verifier, issuer.mint())
    clock.advance(LIMITS.unknown_key_cooldown)
    assert verifier.verify(issuer.mint("bob")).subject == "bob"


# --------------------------------------------------------------------------------------------------------- issuers that go away


def test_the_keys_that_are_held_serve_to_the_last_moment_of_grace_and_not_one_longer(
    make: Make, issuer: DevIssuer, clock: Clock
) -> None:
    verifier = make()
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    issuer.offline = True
    clock.advance(LIMITS.keys_ttl + LIMITS.keys_grace - 0.001)
    assert verifier.verify(token).subject == "alice"
    clock.advance(0.001 + LIMITS.failure_cooldown_max)
    outage = unavailable(verifier, token)
    assert "offline" in outage.detail
    issuer.offline = False
    clock.advance(outage.retry_after)
    assert verifier.verify(token).subject == "alice", "it was told to come again now"


def test_without_grace_the_keys_serve_while_they_are_fresh_and_no_longer(
    make: Make, issuer: DevIssuer, clock: Clock
) -> None:
    verifier = make(limits=Limits(keys_grace=0, refresh_ahead=1))
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    issuer.offline = True
    clock.advance(LIMITS.keys_ttl - 0.001)
    verifier.verify(token)
    clock.advance(0.001)
    unavailable(verifier, token)


def test_an_outage_at_the_first_token_is_an_outage_and_asks_once_a_back_off(
    make: Make, issuer: DevIssuer, relay: Relay, clock: Clock
) -> None:
    issuer.offline = True
    verifier = make()
    token = issuer.mint(lifetime=DAY)
    pauses = []
    pause = 0.0
    for asked in range(1, 10):
        for _ in range(5):
            pause = unavailable(verifier, token).retry_after
        assert len(relay.urls) == asked
        pauses.append(pause)
        clock.advance(pause)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    issuer.offline = False
    assert verifier.verify(token).subject == "alice"


def test_an_unknown_key_during_an_outage_is_nobodys_fault(
    make: Make, issuer: DevIssuer, relay: Relay, clock: Clock
) -> None:
    verifier = make()
    good = issuer.mint(lifetime=DAY)
    verifier.verify(good)
    issuer.offline = True
    for _ in range(5):
        unavailable(verifier, issuer.spoil(UNKNOWN))
        assert verifier.verify(good).subject == "alice"
    assert relay.asked(KEYS) == 2
    issuer.offline = False
    clock.advance(LIMITS.unknown_key_cooldown)
    assert refusal(verifier, issuer.spoil(UNKNOWN)) == "key_unknown"


@pytest.mark.parametrize(
    ("asked", "granted"),
    [("59", 59), ("61", 60), ("9" * 9, 60), ("9" * 400, 1), ("0", 1), ("-5", 1), ("nan", 1), ("1e9", 1), ("\u0665\u0665", 1), ("", 1)],
)  # fmt: skip
def test_the_time_that_an_issuer_asks_for_is_bounded(
    asked: str, granted: float, make: Make, issuer: DevIssuer
) -> None:
    def busy(request: Fetch, answer: Outcome) -> Outcome:
        return Fetched(request.url, 503, b"", {"retry-after": asked})

    assert unavailable(make(Relay(issuer, change=busy)), issuer.mint()).retry_after == granted


def test_the_issuer_may_ask_for_time(make: Make, issuer: DevIssuer, clock: Clock) -> None:
    def busy(request: Fetch, answer: Outcome) -> Outcome:
        return Fetched(request.url, 429, b"", {"retry-after": "20"})

    relay = Relay(issuer, change=busy)
    verifier = make(relay)
    outage = unavailable(verifier, issuer.mint())
    assert "answered 429" in outage.detail
    assert outage.retry_after == 20
    clock.advance(19.9)
    unavailable(verifier, issuer.mint())
    assert len(relay.urls) == 1
    clock.advance(0.1)
    relay.change = None
    assert verifier.verify(issuer.mint()).subject == "alice"


# ------------------------------------------------------------------------------------------- issuers and fetchers that misbehave


def raising(error: BaseException) -> Callable[[Fetch, Outcome], Any]:
    def change(request: Fetch, answer: Outcome) -> Any:
        raise error

    return change


def giving(value: Any) -> Callable[[Fetch, Outcome], Any]:
    return lambda request, answer: value(request) if callable(value) else value


URL: Final = "http://localhost:8455"


def fetched(request: Fetch, *parts: Any) -> Any:
    """An answer of these parts, of whatever types."""
    return Fetched(request.url, *parts)


NONSENSE: Final[dict[str, Callable[[Fetch, Outcome], Any]]] = {
    "raises": raising(RuntimeError("mine")),
    "raises a time-out": raising(TimeoutError()),
    "raises an error of ours": raising(KeysUnavailableError("mine")),
    "returns None": giving(None),
    "returns text": giving("{}"),
    "returns a body that is text": giving(lambda request: fetched(request, 200, "{}")),
    "returns no body": giving(lambda request: fetched(request, 200, None)),
    "returns no headers": giving(lambda request: fetched(request, 200, b"{}", None)),
    "returns a header without a value": giving(lambda request: fetched(request, 200, b"{}", {"content-type": None})),
    "fails without a reason": giving(FetchFailed(URL, None)),  # type: ignore[arg-type]
    "returns nothing useful": giving(lambda request: fetched(request, 200, b"")),
    "returns a web page": giving(lambda request: fetched(request, 200, b"<h1>", {"content-type": "text/html"})),
    "returns a web page, forbidden": giving(lambda request: fetched(request, 403, b"<h1>", {"content-type": "text/html"})),
    "returns more than it was asked for": giving(lambda request: fetched(request, 200, b" " * 300_000)),
    "returns discovery for everything": giving(
        lambda request: fetched(request, 200, json.dumps({"issuer": URL, "jwks_uri": URL + KEYS}).encode())
    ),
    "returns discovery that points at itself": giving(
        lambda request: fetched(request, 200, json.dumps({"issuer": URL, "jwks_uri": URL + DISCOVERY}).encode())
    ),
    "returns keys for everything": lambda request, answer: fetched(request, 200, b'{"keys":[]}'),
    "returns 404 for everything": giving(lambda request: fetched(request, 404, b"")),
    "redirects": giving(lambda request: fetched(request, 302, b"", {"location": "https://elsewhere.example"})),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_whatever_a_fetcher_does_is_an_outage_and_asks_a_few_times_at_most(
    name: str, make: Make, issuer: DevIssuer, clock: Clock
) -> None:
    relay = Relay(issuer, change=NONSENSE[name])
    verifier = make(relay)
    for _ in range(3):
        unavailable(verifier, issuer.mint())
    assert len(relay.urls) <= 3
    relay.change = None
    clock.advance(LIMITS.failure_cooldown_max)
    assert verifier.verify(issuer.mint()).subject == "alice"


@pytest.mark.parametrize("name", NONSENSE)
def test_whatever_a_fetcher_does_takes_no_keys_away(
    name: str, make: Make, issuer: DevIssuer, clock: Clock
) -> None:
    relay = Relay(issuer)
    verifier = make(relay)
    good = issuer.mint(lifetime=DAY)
    verifier.verify(good)
    relay.change = NONSENSE[name]
    with pytest.raises((KeysUnavailableError, TokenError)):
        verifier.verify(issuer.spoil(UNKNOWN))
    clock.advance(LIMITS.keys_ttl)
    assert verifier.verify(good).subject == "alice"


def test_a_clock_on_the_wall_that_jumps_changes_nothing_about_the_keys(
    make: Make, issuer: DevIssuer, relay: Relay, clock: Clock
) -> None:
    verifier = make()
    verifier.verify(issuer.mint())
    for wall in (clock.wall() + 10**9, 1.0):
        clock.set_wall(wall)
        assert verifier.verify(issuer.mint()).subject == "alice"
    assert relay.asked(KEYS) == 1
