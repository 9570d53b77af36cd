"""`Verifier` and `AsyncVerifier`: two short loops around the key ring and the judge.

With `bearerguard.online` this is the only floor that locks and reads clocks. What a token is worth is decided one floor
below; here it is only arranged that the keys are there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, Self

from . import loops
from .errors import (
    BearerguardError,
    ConfigurationError,
    IssuerError,
    KeysUnavailableError,
    MalformedTokenError,
    PermissionDeniedError,
    TokenError,
    UnknownKeyError,
)
from .fetch import AsyncFetcher, Fetch, Fetcher, FetchFailed, HttpFetcher
from .judge import Judge, explain
from .keyring import KeyRing, Snapshot
from .keys import PublicKey
from .limits import DEFAULT_LIMITS, Limits
from .policy import Policy
from .report import Report
from .token import UnverifiedToken, parse
from .verified import Verified

KNOWN_HEADERS: Final = 64
"""Encoded protected headers remembered after a verified signature; an issuer uses one for each key."""


class _Issuer(NamedTuple):
    """One issuer of a verifier: its name, the judge of its tokens and the ring of its keys."""

    name: str
    judge: Judge
    ring: KeyRing


class _Recollection(NamedTuple):
    """What one protected header led to when a token that carried it was verified; until when (monotonic seconds)."""

    issuer: str
    judge: Judge
    ring: KeyRing
    snapshot: Snapshot
    until: float
    keys: tuple[PublicKey, ...]


class _Core:
    """What both verifiers share: policies by issuer, rings, clocks. Nothing here waits for anything."""

    def __init__(
        self,
        *policies: Policy,
        keys: bytes | Mapping[str, Any] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_limits(limits)
        if not policies or not all(isinstance(policy, Policy) for policy in policies):
            raise ConfigurationError(
                "A verifier needs at least one Policy: Verifier(Policy(issuer=..., audience=...))."
            )
        issuers = [policy.issuer for policy in policies]
        if len(set(issuers)) != len(issuers):
            raise ConfigurationError(
                "Two policies name the same issuer, and a token could not tell which is meant: make two verifiers, or "
                "one policy with several audiences."
            )
        if keys is not None and len(policies) > 1:
            raise ConfigurationError(
                "keys= belong to one issuer; this verifier has several.", code="configuration_keys"
            )
        self.policies: Final = policies
        self.limits = limits
        self._clock = clock
        self._monotonic = monotonic
        self._by_issuer = {
            policy.issuer: _Issuer(policy.issuer, Judge(policy), KeyRing(policy, limits, keys=keys))
            for policy in policies
        }
        self._first = self._by_issuer[policies[0].issuer]
        self._known_headers: dict[bytes, dict[str, Any]] = {}
        self._recollections: dict[bytes, _Recollection] = {}

    def now(self) -> float:
        """Return the verifier's wall clock, in seconds since 1970."""
        return self._clock()

    def _recall(self, parsed: UnverifiedToken) -> _Recollection | None:
        """Return what this header led to before, if it would lead there again without a fetch.

        Algorithm and type depend on header and policy alone, the keys on header and key set: while the set is the same
        object and fresh, a header that a verified token carried needs none of that again. The claims do, all of them.
        """
        known = self._recollections.get(parsed.header_segment)
        if known is None:
            return None
        issuer, _, ring, snapshot, until, _ = known
        fits = ring.snapshot is snapshot and self._monotonic() < until and parsed.claims.get("iss") == issuer
        return known if fits else None

    def _admit(self, parsed: UnverifiedToken) -> _Issuer:
        """Say everything that can be said without keys, so that garbage never causes a fetch."""
        issuer = self._route(parsed)
        if issuer is not None:
            issuer.judge.admit(parsed)
            return issuer
        try:
            self._first.judge.admit(parsed)
        except IssuerError as error:
            if len(self.policies) == 1:
                raise
            issuers = sorted(self._by_issuer)
            raise IssuerError(
                f"the token's issuer is none of this verifier's: {', '.join(issuers)[:400]}",
                expected=issuers,
                received=error.received,
                hint=error.hint,
            ) from None
        raise AssertionError("a token from no issuer of ours was admitted")  # pragma: no cover

    def _route(self, parsed: UnverifiedToken) -> _Issuer | None:
        iss = parsed.claims.get("iss")
        return self._by_issuer.get(iss) if type(iss) is str else None

    def _conclude(self, parsed: UnverifiedToken, issuer: _Issuer, keys: tuple[PublicKey, ...]) -> Verified:
        verified = issuer.judge.conclude(parsed, keys, self._clock())
        snapshot = issuer.ring.snapshot
        held = snapshot.held
        # The set may have been replaced since the keys were looked up; keys of another set are other objects.
        if held is not None and held.keys.candidates(parsed.header["alg"], parsed.header.get("kid")) == keys:
            if len(self._recollections) >= KNOWN_HEADERS:
                self._forget()
            self._known_headers[parsed.header_segment] = parsed.header
            self._recollections[parsed.header_segment] = _Recollection(
                *issuer, snapshot, held.refresh_at, keys
            )
        return verified

    def _forget(self) -> None:
        self._known_headers.clear()
        self._recollections.clear()

    def _report(
        self,
        parsed: UnverifiedToken | MalformedTokenError,
        keys: tuple[PublicKey, ...] | BearerguardError | None,
    ) -> Report:
        issuer = (self._route(parsed) if isinstance(parsed, UnverifiedToken) else None) or self._first
        return explain(parsed, keys, issuer.judge.policy, self._clock())

    def _read(self, token: str | bytes) -> tuple[UnverifiedToken | MalformedTokenError, KeyRing | None]:
        """Read a token for an explanation; with the ring to look at, unless `verify` would not come so far."""
        try:
            parsed = parse(token, self.limits)
        except MalformedTokenError as error:
            return error, None
        try:
            return parsed, self._admit(parsed).ring
        except TokenError:
            return parsed, None


class Verifier(_Core):
    """Verifies access tokens, blocking. Make one when the process starts, and share it between threads.

    - ``policies``: one for each issuer; a token is routed by its exact ``iss``.
    - ``keys``: a JWK Set to use instead of asking the issuer; nothing is ever fetched then.
    - ``fetcher``: what carries out fetches; a `bearerguard.HttpFetcher` by default.
    - ``limits``: sizes, counts and times.
    - ``clock`` and ``monotonic``: functions returning wall time (seconds since 1970) and monotonic seconds.

    Nothing is fetched before the first token, or `warm`. Raises `ConfigurationError`.
    """

    def __init__(
        self,
        *policies: Policy,
        keys: bytes | Mapping[str, Any] | None = None,
        fetcher: Fetcher | None = None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(*policies, keys=keys, limits=limits, clock=clock, monotonic=monotonic)
        self._fetcher: Fetcher = HttpFetcher() if fetcher is None else fetcher
        if not isinstance(self._fetcher, Fetcher):
            raise ConfigurationError(
                "fetcher has no method fetch(request): give an HttpFetcher, or leave it out."
            )
        self._locks = {ring: threading.Lock() for _, _, ring in self._by_issuer.values()}

    def verify(self, token: str | bytes, *, scopes: Collection[str] = ()) -> Verified:
        """Return who the token speaks for.

        Raises `TokenError` (the token is refused), `PermissionDeniedError` (it lacks one of ``scopes``) or
        `KeysUnavailableError` (nobody can say: the issuer cannot be reached).
        """
        parsed = parse(token, self.limits, self._known_headers)
        known = self._recall(parsed)
        if known is not None:
            verified = known.judge.conclude(parsed, known.keys, self._clock())
        else:
            issuer = self._admit(parsed)
            keys = self._keys(issuer.ring, parsed.header["alg"], parsed.header.get("kid"))
            verified = self._conclude(parsed, issuer, keys)
        if scopes:
            require_scopes(verified, scopes)
        return verified

    def explain(self, token: str | bytes) -> Report:
        """Return a `Report` of every check of this token. Raises nothing for any token."""
        parsed, ring = self._read(token)
        keys: tuple[PublicKey, ...] | BearerguardError | None = None
        if ring is not None and isinstance(parsed, UnverifiedToken):
            try:
                keys = self._keys(ring, parsed.header["alg"], parsed.header.get("kid"))
            except (UnknownKeyError, KeysUnavailableError) as error:
                keys = error
        return self._report(parsed, keys)

    def warm(self) -> None:
        """Fetch every issuer's keys now, so that a wrong setting shows at boot; raises `KeysUnavailableError`."""
        for _, _, ring in self._by_issuer.values():
            while (needed := ring.missing(self._monotonic())) is not None:
                with self._locks[ring]:
                    self._carry_out(ring, needed)

    def close(self) -> None:
        """Let go of what the verifier holds. It may be used again; it will then fetch again as needed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _keys(self, ring: KeyRing, algorithm: str, kid: str | None) -> tuple[PublicKey, ...]:
        now, held = self._monotonic(), ring.snapshot.held
        # Asked first only once in a call, or an issuer slower than its own lifetimes would be asked for ever.
        while isinstance(
            found := ring.look(algorithm, kid, now, ask_first=ring.snapshot.held is held), Fetch
        ):
            with self._locks[ring]:
                self._carry_out(ring, found)
            now = self._monotonic()
        if (due := ring.due(now)) is not None:
            self._refresh_aside(ring, due)
        return found

    def _carry_out(self, ring: KeyRing, fetch: Fetch) -> None:
        # Whoever waited for the lock finds that the work is done, and looks again.
        if fetch.attempt == ring.attempt:
            try:
                result = self._fetcher.fetch(fetch)
            except Exception as error:  # noqa: BLE001  # a fetcher must not raise; one that does is an outage, no more
                result = FetchFailed(fetch.url, f"the fetcher raised {type(error).__name__}")
            ring.accept(fetch, result, self._monotonic())

    def _refresh_aside(self, ring: KeyRing, due: Fetch) -> None:
        """Refresh on a thread of its own; the caller has its keys and goes on."""
        lock = self._locks[ring]
        if not lock.acquire(blocking=False):
            return  # somebody is fetching already

        def refresh() -> None:
            try:
                step: Fetch | None = due
                while step is not None:
                    self._carry_out(ring, step)
                    step = ring.due(self._monotonic())
            finally:
                lock.release()

        try:
            threading.Thread(target=refresh, name="bearerguard-refresh", daemon=True).start()
        except RuntimeError:  # no thread to be had; the next caller tries again
            lock.release()


class AsyncVerifier(_Core):
    """Verifies access tokens in an event loop (asyncio or trio): `Verifier`, awaited, with the same arguments.

    A signature is checked in place: a hop to another thread costs more than the check itself.
    """

    def __init__(
        self,
        *policies: Policy,
        keys: bytes | Mapping[str, Any] | None = None,
        fetcher: AsyncFetcher | None = None,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(*policies, keys=keys, limits=limits, clock=clock, monotonic=monotonic)
        self._fetcher: AsyncFetcher = HttpFetcher() if fetcher is None else fetcher
        if not isinstance(self._fetcher, AsyncFetcher):
            raise ConfigurationError(
                "fetcher has no coroutine method fetch_async(request): give an HttpFetcher."
            )
        self._flights: dict[KeyRing, tuple[Any, loops.Event]] = {}

    async def verify(self, token: str | bytes, *, scopes: Collection[str] = ()) -> Verified:
        """Return who the token speaks for; raises as `Verifier.verify`."""
        parsed = parse(token, self.limits, self._known_headers)
        known = self._recall(parsed)
        if known is not None:
            verified = known.judge.conclude(parsed, known.keys, self._clock())
        else:
            issuer = self._admit(parsed)
            keys = await self._keys(issuer.ring, parsed.header["alg"], parsed.header.get("kid"))
            verified = self._conclude(parsed, issuer, keys)
        if scopes:
            require_scopes(verified, scopes)
        return verified

    async def explain(self, token: str | bytes) -> Report:
        """Return a `Report` of every check of this token. Raises nothing for any token."""
        parsed, ring = self._read(token)
        keys: tuple[PublicKey, ...] | BearerguardError | None = None
        if ring is not None and isinstance(parsed, UnverifiedToken):
            try:
                keys = await self._keys(ring, parsed.header["alg"], parsed.header.get("kid"))
            except (UnknownKeyError, KeysUnavailableError) as error:
                keys = error
        return self._report(parsed, keys)

    async def warm(self) -> None:
        """Fetch every issuer's keys now, so that a wrong setting shows at boot; raises `KeysUnavailableError`."""
        for _, _, ring in self._by_issuer.values():
            while (needed := ring.missing(self._monotonic())) is not None:
                await self._flight(ring, needed).wait()

    async def close(self) -> None:
        """Let go of what the verifier holds. It may be used again; it will then fetch again as needed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _keys(self, ring: KeyRing, algorithm: str, kid: str | None) -> tuple[PublicKey, ...]:
        now, held = self._monotonic(), ring.snapshot.held
        # Asked first only once in a call, or an issuer slower than its own lifetimes would be asked for ever.
        while isinstance(
            found := ring.look(algorithm, kid, now, ask_first=ring.snapshot.held is held), Fetch
        ):
            await self._flight(ring, found).wait()
            now = self._monotonic()
        if (due := ring.due(now)) is not None:
            self._flight(ring, due)
        return found

    def _flight(self, ring: KeyRing, fetch: Fetch) -> loops.Event:
        """Return the event at the end of the one flight that is under way for a ring, starting it if there is none.

        The flight is a task of its own: a waiter that is cancelled takes nobody with it. One that belongs to another
        loop (closed, perhaps) is left alone.
        """
        loop = loops.running()
        under_way = self._flights.get(ring)
        if under_way is not None and under_way[0] is loop:
            return under_way[1]
        landed = loops.event()
        self._flights[ring] = loop, landed

        async def fly() -> None:
            try:
                try:
                    result = await self._fetcher.fetch_async(fetch)
                except Exception as error:  # noqa: BLE001  # a fetcher must not raise; one that does is an outage
                    result = FetchFailed(fetch.url, f"the fetcher raised {type(error).__name__}")
                ring.accept(fetch, result, self._monotonic())
            finally:
                if self._flights.get(ring) == (loop, landed):
                    del self._flights[ring]
                landed.set()

        loops.spawn(fly)
        return landed


def check_limits(limits: object) -> None:
    """Raise `ConfigurationError` unless these are limits that make sense."""
    problem = limits.problem() if isinstance(limits, Limits) else "give a Limits."
    if problem is not None:
        raise ConfigurationError(f"limits: {problem}", code="configuration_limits")


def require_scopes(verified: Verified, scopes: Collection[str]) -> None:
    """Raise `PermissionDeniedError` unless the caller has every one of these scopes (RFC 6750 section 3.1)."""
    scopes = {scopes} if isinstance(scopes, str) else set(scopes)
    missing = scopes - verified.scopes
    if missing:
        raise PermissionDeniedError(
            f"the token lacks {', '.join(sorted(missing))}; it has {', '.join(sorted(verified.scopes))[:200] or 'none'}",
            code="insufficient_scope",
            expected=sorted(scopes),
            received=sorted(verified.scopes),
        )
