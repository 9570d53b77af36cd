"""Any history of time, callers, answers, failures and rotations leaves the ring honest."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from bearerguard.errors import KeysUnavailableError, UnknownKeyError
from bearerguard.keyring import Fetch, Fetched, FetchFailed
from bearerguard.limits import Limits
from tests.core.ringing import JWKS, OIDC, RFC8414, START, metadata, names, page, published, ring_of

LIMITS: Final = Limits(
    keys_ttl=100,
    keys_ttl_min=50,
    keys_grace=100,
    discovery_ttl=150,
    unknown_key_cooldown=10,
    failure_cooldown_max=40,
)
LIFETIMES: Final = {"": 100, "max-age=1": 50, "max-age=80": 80}

Good = tuple[tuple[str, ...], str]
Answer = Good | Fetched | FetchFailed
GOOD: Final[list[Good]] = [(("key-1",), ""), (("key-1", "key-2"), "max-age=1"), (("key-2",), "max-age=80")]
BAD: Final[list[Fetched | FetchFailed]] = [
    FetchFailed(JWKS, "no route to host"),
    FetchFailed(JWKS, "busy", 30),
    page(b"", 404),
    page(b"", 503, retry_after="20"),
    page(b'{"keys":[]}'),
    page(b"<html>", content_type="text/html"),
    page(metadata(issuer="https://evil.example.com")),
]
kids = st.sampled_from(["key-1", "key-2", "key-9"])
answers: st.SearchStrategy[Answer] = st.sampled_from([*GOOD, *GOOD, *BAD])


class Ring(RuleBasedStateMachine):
    """Callers and refreshes, at once or slowly; of several answers under way at a time, the first one counts."""

    slow = Bundle("slow")

    def __init__(self) -> None:
        super().__init__()
        self.ring = ring_of(LIMITS)
        self.now = START
        self.held: set[str | None] = set()
        self.generation = 0
        self.expires_at = START
        self.answered_at = START
        self.looked_for_unknown: list[float] = []

    def look(self, kid: str) -> Fetch | None:
        """Who names a key that is held gets it; nobody gets one that is not held, or any once they have expired."""
        fresh = self.now < self.expires_at
        known = fresh and kid in self.held
        try:
            found = self.ring.look("EdDSA", kid, self.now)
        except UnknownKeyError:
            assert fresh
            assert not known
            assert self.now - self.answered_at < LIMITS.unknown_key_cooldown
            return None
        except KeysUnavailableError as error:
            assert not known
            assert 0 < error.retry_after <= LIMITS.failure_cooldown_max
            return None
        if isinstance(found, Fetch):
            assert not known
            assert found.reason == ("unknown key" if fresh else "expired" if self.held else "empty")
            assert found.url in {OIDC, RFC8414, JWKS}
            return found
        assert known
        assert [key.kid for key in found] == [kid]
        return None

    def accept(self, fetch: Fetch, answer: Answer) -> None:
        """Give the ring an answer and note what it has to make of it; discovery works whenever the keys do."""
        result = answer
        if isinstance(answer, tuple):
            body = published(*answer[0]) if fetch.url == JWKS else metadata()
            result = Fetched(fetch.url, 200, body, {"cache-control": answer[1]})
        if fetch.attempt == self.ring.attempt and fetch.url == JWKS:
            if fetch.reason == "unknown key":
                self.looked_for_unknown.append(self.now)
            if isinstance(answer, tuple):
                self.held = set(answer[0])
                self.answered_at = self.now
                self.generation += 1
                self.expires_at = self.now + LIFETIMES[answer[1]] + LIMITS.keys_grace
        assert not isinstance(result, tuple)
        self.ring.accept(fetch, result, self.now)

    @rule(seconds=st.sampled_from([0.25, 1, 9.75, 10, 40, 80, 100, 149.75, 150, 200]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(kid=kids, answer=answers)
    def someone_calls(self, kid: str, answer: Answer) -> None:
        for _ in range(4):
            fetch = self.look(kid)
            if fetch is None:
                return
            self.accept(fetch, answer)
        raise AssertionError("the ring asks and asks")

    @rule(answer=answers)
    def someone_refreshes(self, answer: Answer) -> None:
        for _ in range(4):
            fetch = self.ring.due(self.now)
            if fetch is None:
                return
            assert fetch.reason == "due"
            self.accept(fetch, answer)
        raise AssertionError("the ring asks and asks")

    @rule(target=slow, kid=kids)
    def someone_calls_and_waits(self, kid: str) -> Fetch | None:
        return self.look(kid)

    @rule(target=slow)
    def someone_refreshes_slowly(self) -> Fetch | None:
        return self.ring.due(self.now)

    @rule(fetch=consumes(slow), answer=answers)
    def an_answer_comes(self, fetch: Fetch | None, answer: Answer) -> None:
        if fetch is not None:
            self.accept(fetch, answer)

    @invariant()
    def only_a_good_answer_changes_the_keys(self) -> None:
        assert (names(self.ring), self.ring.generation) == (self.held, self.generation)

    @invariant()
    def the_keys_expire_when_they_should_and_no_sooner(self) -> None:
        assert (self.ring.state(self.now) == "expired") is (bool(self.held) and self.now >= self.expires_at)

    @invariant()
    def an_unknown_key_is_looked_for_once_a_cool_down(self) -> None:
        assert all(
            later - earlier >= LIMITS.unknown_key_cooldown
            for earlier, later in pairwise(self.looked_for_unknown)
        )


TestRing = Ring.TestCase
TestRing.settings = settings(max_examples=80, stateful_step_count=30)
