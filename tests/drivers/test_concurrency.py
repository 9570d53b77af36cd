"""Many callers at once: one fetch for all of them, and nobody harmed by another's going away."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import pytest
import trio

from bearerguard import AsyncVerifier, Limits, Policy, Verifier
from bearerguard.errors import UnknownKeyError
from bearerguard.fetch import Fetch, Fetched
from bearerguard.issuer import DevIssuer
from bearerguard.keyring import KeyRing
from bearerguard.loops import deadline
from tests.conftest import Clock
from tests.drivers.colours import LOOPS, Run, cancelled, pause, run_asyncio, together, turns
from tests.drivers.relays import DISCOVERY, KEYS, Gate, Relay
from tests.drivers.servers import PATIENCE

CALLERS: Final = 200


@pytest.fixture(scope="module")
def issuer() -> DevIssuer:
    """An issuer with its keys made; nothing may change it."""
    issuer = DevIssuer()
    issuer.mint()
    return issuer


def all_at_once(count: int, call: Callable[[], Any]) -> list[Any]:
    """Call from many threads at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(count)
    outcomes: list[Any] = [None] * count

    def one(number: int) -> None:
        barrier.wait(PATIENCE)
        try:
            outcomes[number] = call()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            outcomes[number] = error

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a caller waits for ever"
    return outcomes


# ------------------------------------------------------------------------------------------------------------- one fetch for all


def test_two_hundred_threads_that_find_nothing_cause_one_discovery_and_one_key_set(issuer: DevIssuer) -> None:
    gate = Gate(issuer)
    verifier = Verifier(issuer.policy(), fetcher=gate)
    token = issuer.mint()
    opener = threading.Timer(0.1, gate.opened.set)
    opener.start()
    outcomes = all_at_once(CALLERS, lambda: verifier.verify(token).subject)
    opener.join(PATIENCE)
    assert outcomes == ["alice"] * CALLERS
    assert gate.urls == [issuer.url + DISCOVERY, issuer.url + KEYS]


def test_two_hundred_tasks_that_find_nothing_cause_one_discovery_and_one_key_set(
    run: Run, issuer: DevIssuer
) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)
    token = issuer.mint()

    async def caller() -> str:
        return (await verifier.verify(token)).subject

    async def opener() -> None:
        await turns(20)
        gate.opened.set()

    async def main() -> list[Any]:
        return await together(*[caller] * CALLERS, opener)

    assert run(main)[:CALLERS] == ["alice"] * CALLERS
    assert gate.urls == [issuer.url + DISCOVERY, issuer.url + KEYS]


def test_two_hundred_threads_with_made_up_names_cause_one_more_fetch(issuer: DevIssuer) -> None:
    relay = Relay(issuer)
    verifier = Verifier(issuer.policy(), fetcher=relay)
    verifier.verify(issuer.mint())
    token = issuer.spoil("kid-unknown")
    outcomes = all_at_once(CALLERS, lambda: verifier.verify(token))
    assert {type(outcome) for outcome in outcomes} == {UnknownKeyError}
    assert relay.asked(KEYS) == 2


def test_two_hundred_tasks_with_made_up_names_cause_one_more_fetch(run: Run, issuer: DevIssuer) -> None:
    relay = Relay(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=relay)
    token = issuer.spoil("kid-unknown")

    async def main() -> list[Any]:
        await verifier.verify(issuer.mint())
        return await together(*[lambda: verifier.verify(token)] * CALLERS)

    assert {type(outcome) for outcome in run(main)} == {UnknownKeyError}
    assert relay.asked(KEYS) == 2


def test_a_caller_whose_key_is_known_waits_for_nobody_who_asks_for_another(issuer: DevIssuer) -> None:
    gate = Gate(issuer, open=True)
    verifier = Verifier(issuer.policy(), fetcher=gate)
    good, unknown = issuer.mint(), issuer.spoil("kid-unknown")
    verifier.verify(good)
    gate.close()
    asking = threading.Thread(target=lambda: verifier.explain(unknown), daemon=True)
    asking.start()
    assert gate.arrived.wait(PATIENCE)
    assert verifier.verify(good).subject == "alice"
    assert asking.is_alive(), "it did not wait, and this test shows nothing"
    gate.opened.set()
    asking.join(PATIENCE)


# --------------------------------------------------------------------------------------------- one call of the ring, two threads


class Interrupted(dict[str, str]):
    """Headers that let something else happen while they are read."""

    def __init__(self, meanwhile: Callable[[], Any]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def get(self, name: str, default: Any = None) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return super().get(name, default)

    def items(self) -> Any:
        self.get("")
        return super().items()


class Instant(float):
    """A time that lets something else happen when it is compared, after so many comparisons."""

    meanwhile: Callable[[], Any] = staticmethod(lambda: None)
    after = 0

    def _compared(self, outcome: bool) -> bool:
        self.after -= 1
        if self.after == 0:
            self.meanwhile()
        return outcome

    def __lt__(self, other: float) -> bool:
        return self._compared(float.__lt__(self, other))

    def __ge__(self, other: float) -> bool:
        return self._compared(float.__ge__(self, other))


def answer(issuer: DevIssuer, request: Fetch, headers: Mapping[str, str]) -> Fetched:
    got = issuer.fetch(request)
    assert isinstance(got, Fetched)
    return Fetched(got.url, got.status, got.body, headers)


@pytest.mark.parametrize("step", [1, 2], ids=["discovery", "key set"])
def test_whoever_looks_while_an_answer_is_taken_in_finds_his_fetch_done(step: int, issuer: DevIssuer) -> None:
    ring = KeyRing(issuer.policy())
    for _ in range(step - 1):
        request = ring.look("RS256", None, 0.0)
        assert isinstance(request, Fetch)
        ring.accept(request, issuer.fetch(request), 0.0)
    request = ring.look("RS256", None, 0.0)
    assert isinstance(request, Fetch)
    seen: list[Any] = []
    ring.accept(
        request, answer(issuer, request, Interrupted(lambda: seen.append(ring.look("RS256", None, 0.0)))), 0.0
    )
    (found,) = seen
    assert isinstance(found, Fetch)
    assert found.attempt != ring.attempt, "he would fetch it once more"


@pytest.mark.parametrize("comparison", [1, 2, 3, 4, 5])
def test_an_answer_that_arrives_in_the_middle_of_a_look_is_no_accident(
    comparison: int, issuer: DevIssuer
) -> None:
    limits = Limits()
    late = limits.keys_ttl + limits.keys_grace
    for policy in (issuer.policy(), issuer.policy(jwks_uri=issuer.url + KEYS)):
        for kid, time in (
            (None, late),
            ("nobody", limits.discovery_ttl),
            ("nobody", limits.unknown_key_cooldown),
        ):
            ring = KeyRing(policy, limits)
            while isinstance(request := ring.look("RS256", None, 0.0), Fetch):
                ring.accept(request, issuer.fetch(request), 0.0)
            overtaking = ring.look("RS256", kid, time)
            assert isinstance(overtaking, Fetch)
            now = Instant(time)
            now.after = comparison
            now.meanwhile = partial(ring.accept, overtaking, issuer.fetch(overtaking), time)
            try:
                found = ring.look("RS256", kid, now)
            except UnknownKeyError:
                continue
            if isinstance(found, Fetch) and found.attempt == ring.attempt:
                assert now.after > 0 or found.url != overtaking.url, "it would be fetched once more"


# ---------------------------------------------------------------------------------------------------------- callers that go away


def test_a_caller_who_is_cancelled_harms_nobody_who_waits_with_him(run: Run, issuer: DevIssuer) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)
    token = issuer.mint()

    async def first_goes() -> None:
        assert await cancelled(lambda: verifier.verify(token))
        gate.opened.set()

    async def caller() -> str:
        await turns(2)
        return (await verifier.verify(token)).subject

    async def main() -> list[Any]:
        return await together(first_goes, caller, caller)

    assert run(main) == [None, "alice", "alice"]
    assert gate.urls == [issuer.url + DISCOVERY, issuer.url + KEYS]


def test_a_fetch_whose_only_caller_was_cancelled_is_finished_for_the_next(
    run: Run, issuer: DevIssuer
) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)

    async def main() -> str:
        assert await cancelled(lambda: verifier.verify(issuer.mint()))
        gate.opened.set()
        while not gate.urls:  # the gate opens by the clock
            await pause(0.001)
        return (await verifier.verify(issuer.mint())).subject

    assert run(main) == "alice"
    assert gate.urls == [issuer.url + DISCOVERY, issuer.url + KEYS]


def test_a_caller_with_a_deadline_of_his_own_is_let_go(run: Run, issuer: DevIssuer) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)

    async def main() -> str:
        async with deadline(0.02):
            await verifier.verify(issuer.mint())
            return "verified behind a closed gate"
        gate.opened.set()
        return (await verifier.verify(issuer.mint())).subject

    assert run(main) == "alice"


# -------------------------------------------------------------------------------------------------------------- loops that end


@pytest.mark.parametrize("second", LOOPS)
@pytest.mark.parametrize("first", LOOPS)
def test_a_loop_that_ended_in_the_middle_of_a_fetch_is_survived(
    first: str, second: str, issuer: DevIssuer
) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)

    async def give_up() -> None:
        async with deadline(0.02):
            await verifier.verify(issuer.mint())

    async def ask() -> str:
        return (await verifier.verify(issuer.mint())).subject

    LOOPS[first](give_up)
    gate.opened.set()
    assert LOOPS[second](ask) == "alice"
    assert LOOPS[first](ask) == "alice"


@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_with_its_tasks_still_in_it_is_survived(issuer: DevIssuer) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)
    loop = asyncio.new_event_loop()
    asking = loop.create_task(verifier.verify(issuer.mint()))
    loop.run_until_complete(turns())
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(asking)
    loop.close()
    gate.opened.set()

    async def ask() -> str:
        return (await verifier.verify(issuer.mint())).subject

    assert run_asyncio(ask) == "alice"
    del loop, asking
    gc.collect()


def test_two_loops_in_two_threads_are_both_served(issuer: DevIssuer) -> None:
    gate = Gate(issuer)
    verifier = AsyncVerifier(issuer.policy(), fetcher=gate)
    token = issuer.mint()

    async def ask() -> str:
        return (await verifier.verify(token)).subject

    opener = threading.Timer(0.05, gate.opened.set)
    opener.start()
    outcomes = all_at_once(8, lambda: run_asyncio(ask))
    opener.join(PATIENCE)
    assert outcomes == ["alice"] * 8


def test_a_loop_of_trio_and_one_of_asyncio_share_a_verifier(issuer: DevIssuer) -> None:
    verifier = AsyncVerifier(issuer.policy(), fetcher=Relay(issuer))
    token = issuer.mint()

    async def ask() -> str:
        return (await verifier.verify(token)).subject

    outcomes: list[str] = []

    async def main() -> None:
        outcomes.append(await ask())
        await trio.to_thread.run_sync(lambda: outcomes.append(asyncio.run(ask())))

    trio.run(main)
    assert outcomes == ["alice", "alice"]


@pytest.mark.parametrize("runner", LOOPS.values(), ids=LOOPS)
def test_a_refresh_that_its_loop_took_along_is_started_again(
    runner: Run, issuer: DevIssuer, clock: Clock
) -> None:
    gate = Gate(issuer, open=True)
    policy = Policy(issuer.url, issuer.url, jwks_uri=issuer.url + KEYS)
    verifier = AsyncVerifier(policy, fetcher=gate, monotonic=clock.monotonic)
    token = issuer.mint()

    async def ask() -> None:
        await verifier.verify(token)
        await turns()

    runner(ask)
    clock.advance(Limits().keys_ttl * Limits().refresh_ahead)
    gate.close()
    runner(ask)
    assert gate.asked(KEYS) == 1
    gate.opened.set()
    runner(ask)
    assert gate.asked(KEYS) == 2
