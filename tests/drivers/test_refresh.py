"""Keys that grow old: refreshed ahead of time, off the request's path, once for everybody."""

from __future__ import annotations

import threading
from typing import Any, Final

import pytest

from bearerguard import AsyncVerifier, Limits, TokenError, Verifier
from bearerguard.fetch import Fetch, Fetched
from bearerguard.issuer import DevIssuer
from tests.conftest import Clock
from tests.drivers.colours import Run, turns
from tests.drivers.relays import KEYS, Gate, Outcome, Relay, changing_issuer
from tests.drivers.servers import PATIENCE

LIMITS: Final = Limits()
DAY: Final = 86_400


@pytest.fixture
def issuer(clock: Clock) -> DevIssuer:
    return changing_issuer(clock.wall)


@pytest.fixture
def relay(issuer: DevIssuer) -> Relay:
    return Relay(issuer)


def refreshes() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bearerguard-refresh"]


def over() -> None:
    for thread in refreshes():
        thread.join(PATIENCE)
    assert not refreshes()


def blocking(issuer: DevIssuer, clock: Clock, fetcher: Relay, **options: Any) -> Verifier:
    return Verifier(issuer.policy(), fetcher=fetcher, clock=clock.wall, monotonic=clock.monotonic, **options)


def test_keys_are_refreshed_ahead_of_time_while_the_caller_goes_on(issuer: DevIssuer, clock: Clock) -> None:
    gate = Gate(issuer, open=True)
    verifier = blocking(issuer, clock, gate)
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    gate.close()
    clock.advance(LIMITS.keys_ttl * LIMITS.refresh_ahead - 0.001)
    verifier.verify(token)
    assert not refreshes(), "a moment too early"
    clock.advance(0.001)
    issuer.rotate(overlap=False)
    for _ in range(20):
        assert verifier.verify(token).subject == "alice", "the caller waits for nobody"
    assert gate.arrived.wait(PATIENCE)
    assert len(refreshes()) == 1
    gate.opened.set()
    over()
    assert gate.asked(KEYS) == 2
    assert verifier.verify(issuer.mint("bob")).subject == "bob"
    assert gate.asked(KEYS) == 2, "the new key was there already"
    with pytest.raises(TokenError, match="key_unknown"):
        verifier.verify(token)


def test_keys_are_refreshed_ahead_of_time_by_a_task_too(run: Run, issuer: DevIssuer, clock: Clock) -> None:
    gate = Gate(issuer, open=True)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate, clock=clock.wall, monotonic=clock.monotonic)
    token = issuer.mint(lifetime=DAY)

    async def main() -> None:
        await verifier.verify(token)
        gate.close()
        clock.advance(LIMITS.keys_ttl * LIMITS.refresh_ahead - 0.001)
        await verifier.verify(token)
        await turns()
        assert not gate.arrived.is_set(), "a moment too early"
        clock.advance(0.001)
        issuer.rotate(overlap=False)
        for _ in range(20):
            assert (await verifier.verify(token)).subject == "alice", "the caller waits for nobody"
            await turns(1)
        assert gate.arrived.is_set()
        gate.opened.set()
        while gate.asked(KEYS) < 2:  # the gate opens by the clock
            await turns(1)
        await turns()
        assert (await verifier.verify(issuer.mint("bob"))).subject == "bob"
        assert gate.asked(KEYS) == 2, "the new key was there already"

    run(main)


def test_an_issuer_may_say_how_long_its_keys_are_good(issuer: DevIssuer, clock: Clock) -> None:
    def lasting(request: Fetch, answer: Outcome) -> Outcome:
        assert isinstance(answer, Fetched)
        return Fetched(answer.url, 200, answer.body, {"cache-control": "public, max-age=1000"})

    relay = Relay(issuer, change=lasting)
    verifier = blocking(issuer, clock, relay, limits=Limits(discovery_ttl=DAY))
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    clock.advance(799.9)
    verifier.verify(token)
    over()
    assert relay.asked(KEYS) == 1
    clock.advance(0.1)
    verifier.verify(token)
    over()
    assert relay.asked(KEYS) == 2


def test_a_refresh_that_fails_is_tried_again_after_its_back_off(
    issuer: DevIssuer, clock: Clock, relay: Relay
) -> None:
    verifier = blocking(issuer, clock, relay)
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    issuer.offline = True
    clock.advance(LIMITS.keys_ttl * LIMITS.refresh_ahead)
    for asked in (2, 3, 4):
        for _ in range(5):
            verifier.verify(token)
            over()
        assert relay.asked(KEYS) == asked
        clock.advance(2.0 ** (asked - 2))
    issuer.offline = False
    verifier.verify(token)
    over()
    clock.advance(LIMITS.keys_ttl * LIMITS.refresh_ahead - 0.001)
    verifier.verify(token)
    over()
    assert relay.asked(KEYS) == 5


def test_without_a_thread_to_be_had_the_caller_goes_on_and_the_next_one_tries_again(
    issuer: DevIssuer, clock: Clock, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = blocking(issuer, clock, relay)
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    clock.advance(LIMITS.keys_ttl * LIMITS.refresh_ahead)

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert verifier.verify(token).subject == "alice"
    assert relay.asked(KEYS) == 1
    verifier.verify(token)
    over()
    assert relay.asked(KEYS) == 2


def test_a_key_that_was_withdrawn_while_nobody_called_lets_nobody_in(
    issuer: DevIssuer, clock: Clock, relay: Relay
) -> None:
    verifier = blocking(issuer, clock, relay)
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    issuer.rotate(overlap=False)
    clock.advance(LIMITS.keys_ttl)
    with pytest.raises(TokenError, match="key_unknown"):
        verifier.verify(token)


def test_a_key_that_was_withdrawn_while_nobody_called_lets_nobody_in_in_a_loop_either(
    run: Run, issuer: DevIssuer, clock: Clock
) -> None:
    verifier = AsyncVerifier(issuer.policy(), fetcher=issuer, clock=clock.wall, monotonic=clock.monotonic)
    token = issuer.mint(lifetime=DAY)

    async def main() -> None:
        await verifier.verify(token)
        issuer.rotate(overlap=False)
        clock.advance(LIMITS.keys_ttl)
        with pytest.raises(TokenError, match="key_unknown"):
            await verifier.verify(token)

    run(main)


def test_an_old_set_serves_once_the_issuer_has_failed_to_answer(
    issuer: DevIssuer, clock: Clock, relay: Relay
) -> None:
    verifier = blocking(issuer, clock, relay)
    token = issuer.mint(lifetime=DAY)
    verifier.verify(token)
    issuer.offline = True
    clock.advance(LIMITS.keys_ttl + LIMITS.keys_grace - 1)
    assert verifier.verify(token).subject == "alice"
    assert relay.asked(KEYS) == 2


def test_an_issuer_slower_than_its_own_lifetimes_is_asked_once_a_call(
    issuer: DevIssuer, clock: Clock
) -> None:
    def slow(request: Fetch, answer: Outcome) -> Outcome:
        clock.advance(LIMITS.keys_ttl + 1)
        return answer

    relay = Relay(issuer, change=slow)
    verifier = blocking(issuer, clock, relay, limits=Limits(discovery_ttl=DAY))
    token = issuer.mint(lifetime=DAY)
    for calls in (1, 2, 3):
        assert verifier.verify(token).subject == "alice"
        assert relay.asked(KEYS) <= 2 * calls
