"""When to ask the issuer for its keys, what may go stale meanwhile, and when to refuse: a state machine without I/O.

The ring asks, it does not fetch: `KeyRing.look` returns keys, or the one `Fetch` that has to happen first, or raises;
`KeyRing.accept` is told how that went. Time is an argument (monotonic seconds), so that a test owns it.

::

    empty ──fetched──► fresh ──refresh_ahead──► due ──ttl──► stale, still serving ──grace──► expired
      ▲                  ▲                       │                   │                          │
      └── nothing held   └──────── fetched ──────┴───────────────────┴──────────────────────────┘

A failure never changes the keys that are held; only the passing of time takes them away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from .encoding import EncodingError, decode_object
from .errors import ConfigurationError, DocumentError, KeysUnavailableError, UnknownKeyError
from .keys import KeySet, PublicKey, key_set
from .limits import DEFAULT_LIMITS, Limits
from .policy import Policy
from .urls import check_url, is_loopback

Reason = Literal["empty", "due", "expired", "unknown key"]
Document = Literal["metadata", "key set"]
NEVER: Final = float("inf")
NEVER_YET: Final = float("-inf")

State = Literal["empty", "fresh", "due", "stale", "expired", "offline"]


@dataclass(frozen=True, slots=True)
class Fetch:
    """The one thing the core asks of the world: GET this, within these bounds (bytes; seconds for the whole exchange)."""

    url: str
    byte_limit: int
    timeout: float
    attempt: int
    reason: Reason = "empty"
    document: Document = "key set"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status. Header names are lower case."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No answer, or one that broke a bound; ``reason`` is for people."""

    url: str
    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """One good key set and its times; replaced as a whole, so a reader never sees half of a change."""

    keys: KeySet
    generation: int
    fetched_at: float
    refresh_at: float
    stale_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a ring knows at one moment. Times are monotonic seconds.

    It is replaced as a whole: whoever looks while an answer is taken in sees the time before or the time after.
    """

    held: Held | None = None
    jwks_uri: str | None = None
    rediscover_at: float = NEVER_YET
    located_just_now: bool = False
    asking: int = 0
    attempt: int = 0
    failures: int = 0
    retry_at: float = NEVER_YET
    unknown_at: float = NEVER_YET
    last_error: str = ""


class KeyRing:
    """The keys of one issuer, and the discovery of where they are.

    `look` may be called by anyone at any time; `accept` only by the one who carried out the `Fetch`, one at a time.
    """

    def __init__(
        self,
        policy: Policy,
        limits: Limits = DEFAULT_LIMITS,
        *,
        keys: bytes | Mapping[str, Any] | None = None,
    ) -> None:
        self.issuer = policy.issuer
        self.limits = limits
        self.snapshot = Snapshot(
            jwks_uri=policy.jwks_uri, rediscover_at=NEVER_YET if policy.jwks_uri is None else NEVER
        )
        self._fixed = policy.jwks_uri is not None
        self._discovery_urls = discovery_urls(policy)
        self._offline = keys is not None
        if keys is not None:
            try:
                offline = key_set(keys, limits)
            except DocumentError as error:
                raise ConfigurationError(
                    f"keys cannot be used: {error.detail}.", code="configuration_keys"
                ) from None
            self.snapshot = replace(self.snapshot, held=Held(offline, 1, 0.0, NEVER, NEVER, NEVER))

    @property
    def attempt(self) -> int:
        """How many fetches have been carried out; a `Fetch` of another number has been overtaken."""
        return self.snapshot.attempt

    @property
    def last_error(self) -> str:
        """Why the last attempt failed; empty after a good one."""
        return self.snapshot.last_error

    @property
    def generation(self) -> int:
        """Which key set this is, counted from 1; 0 while there is none. It changes when the keys change hands."""
        held = self.snapshot.held
        return 0 if held is None else held.generation

    @property
    def keys(self) -> KeySet | None:
        """The key set that is held, however old."""
        held = self.snapshot.held
        return None if held is None else held.keys

    def state(self, now: float) -> State:
        """Return the name of the state at a time (monotonic seconds)."""
        held = self.snapshot.held
        if held is None:
            return "empty"
        if self._offline:
            return "offline"
        if now >= held.expires_at:
            return "expired"
        if now >= held.stale_at:
            return "stale"
        return "due" if now >= held.refresh_at else "fresh"

    def look(
        self, algorithm: str, kid: str | None, now: float, *, ask_first: bool = False
    ) -> tuple[PublicKey, ...] | Fetch:
        """Return the keys that may answer for this header, or the `Fetch` that has to be carried out first.

        With ``ask_first`` a set that went stale while nobody asked is not used before the issuer has been asked: a key may
        have been withdrawn. Once the issuer has failed to answer, the old set serves, for its grace.

        Raises `UnknownKeyError` when the issuer was asked recently and has no such key, and `KeysUnavailableError` when
        it could not be asked and nothing is held that may still be used.
        """
        known = self.snapshot
        held = known.held
        if held is None or now >= held.expires_at:
            return self._needed(known, now)
        if ask_first and now >= held.stale_at and not known.failures:
            return self._fetch(known, "due", now)
        found = held.keys.candidates(algorithm, kid)
        if found:
            return found
        if self._offline:
            raise _unknown(algorithm, kid, held.keys)
        # After a failure the issuer is left alone for as long as a made-up name may make us ask it.
        pause_ends = max(known.unknown_at, known.retry_at)
        if now >= pause_ends:
            return self._fetch(known, "unknown key", now)
        if known.failures:
            raise self._unavailable(known, pause_ends - now)
        raise _unknown(algorithm, kid, held.keys)

    def missing(self, now: float) -> Fetch | None:
        """Return the `Fetch` that is needed before anything can be verified, or None if keys are held.

        Raises `KeysUnavailableError` while the last attempt's back-off lasts.
        """
        known = self.snapshot
        if known.held is not None and now < known.held.expires_at:
            return None
        return self._needed(known, now)

    def due(self, now: float) -> Fetch | None:
        """Return the `Fetch` that keeps the keys fresh, when it is time for it; to be carried out off the request path."""
        known = self.snapshot
        if known.held is None or now < known.held.refresh_at or now < known.retry_at:
            return None
        return self._fetch(known, "due", now)

    def accept(self, fetch: Fetch, result: Fetched | FetchFailed, now: float) -> None:
        """Take in how a `Fetch` went. Never raises; a failure never discards keys.

        A result that another one has overtaken is ignored.
        """
        known = self.snapshot
        if fetch.attempt == known.attempt:
            before = replace(known, attempt=known.attempt + 1, located_just_now=False)
            self.snapshot = self._after(before, fetch, _well_formed(fetch, result), now)

    def _after(self, known: Snapshot, fetch: Fetch, result: Fetched | FetchFailed, now: float) -> Snapshot:
        discovering = fetch.document == "metadata"
        if discovering:
            # OpenID Connect and RFC 8414 have two addresses for one document; a 404 at the first is an answer.
            missing = isinstance(result, Fetched) and result.status in (404, 405, 410)
            another = missing and known.asking + 1 < len(self._discovery_urls)
            known = replace(known, asking=known.asking + 1 if another else 0)
            if another:
                return known
        try:
            document = _document(result, fetch.byte_limit)
            if discovering:
                return replace(
                    known,
                    jwks_uri=located(document, self.issuer, self.limits),
                    rediscover_at=now + self.limits.discovery_ttl,
                    located_just_now=True,  # the keys come next, however soon the location is due again
                )
            keys = key_set(document, self.limits)
        except DocumentError as error:
            return self._failed(known, fetch, result, error.detail, now)
        lifetime = _lifetime(result, self.limits)
        held = Held(
            keys=keys,
            generation=1 if known.held is None else known.held.generation + 1,
            fetched_at=now,
            refresh_at=now + lifetime * self.limits.refresh_ahead,
            stale_at=now + lifetime,
            expires_at=now + lifetime + self.limits.keys_grace,
        )
        # Only a look for an unknown key starts this cool-down: a rotation right after a scheduled refresh is found at
        # once, and a flood of made-up names still costs one fetch a cool-down.
        unknown_at = now + self.limits.unknown_key_cooldown if fetch.reason == "unknown key" else NEVER_YET
        return replace(
            known,
            held=held,
            failures=0,
            retry_at=NEVER_YET,
            unknown_at=max(known.unknown_at, unknown_at) if known.failures == 0 else unknown_at,
            last_error="",
        )

    def _failed(
        self, known: Snapshot, fetch: Fetch, result: Fetched | FetchFailed, detail: str, now: float
    ) -> Snapshot:
        limits = self.limits
        if fetch.document == "metadata" and known.jwks_uri is not None:
            # The old location may still be good: ask there, and for a newer one later.
            return replace(
                known,
                last_error=detail,
                rediscover_at=now + limits.failure_cooldown_max,
                located_just_now=True,
            )
        failures = known.failures + 1
        pause = min(limits.failure_cooldown * 2.0 ** min(failures - 1, 30), limits.failure_cooldown_max)
        asked = _retry_after(result)
        if asked is not None:
            pause = min(max(pause, asked), limits.failure_cooldown_max)
        moved = isinstance(result, Fetched) and result.status in (404, 410)
        rediscover = not self._fixed and (moved or known.held is None)
        return replace(
            known,
            last_error=detail,
            failures=failures,
            retry_at=now + pause,
            unknown_at=now + max(pause, limits.unknown_key_cooldown),
            # Moved, or never right: the next attempt begins with discovery.
            rediscover_at=now if rediscover else known.rediscover_at,
        )

    def _needed(self, known: Snapshot, now: float) -> Fetch:
        if now < known.retry_at:
            raise self._unavailable(known, known.retry_at - now)
        return self._fetch(known, "empty" if known.held is None else "expired", now)

    def _fetch(self, known: Snapshot, reason: Reason, now: float) -> Fetch:
        url, limits = known.jwks_uri, self.limits
        document: Document = "key set"
        if url is None or not (known.located_just_now or now < known.rediscover_at):
            url, document = self._discovery_urls[known.asking], "metadata"
        return Fetch(url, limits.document_bytes, limits.fetch_timeout, known.attempt, reason, document)

    def _unavailable(self, known: Snapshot, seconds: float) -> KeysUnavailableError:
        return KeysUnavailableError(
            f"the keys of {self.issuer} cannot be had: {known.last_error}", retry_after=max(0.0, seconds)
        )


def discovery_urls(policy: Policy) -> tuple[str, ...]:
    """Return where an issuer's metadata may be: OpenID Connect Discovery 1.0 section 4, then RFC 8414 section 3."""
    if policy.discovery_url is not None:
        return (policy.discovery_url,)
    issuer = policy.issuer.rstrip("/")
    parts = check_url(issuer, "issuer")
    path = parts["path"] or ""
    origin = issuer[: len(issuer) - len(path)]
    return (
        f"{issuer}/.well-known/openid-configuration",
        f"{origin}/.well-known/oauth-authorization-server{path}",
    )


def located(document: bytes, issuer: str, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the ``jwks_uri`` of a discovery document whose issuer is exactly ours (RFC 8414 section 3.3).

    Raises `DocumentError`; when the issuer differs, with both names and the setting to look at.
    """
    try:
        metadata = decode_object(document, limits)
    except EncodingError as error:
        raise DocumentError(f"the discovery document {error}") from None
    named = metadata.get("issuer")
    if named != issuer:
        raise DocumentError(
            f"the discovery document's issuer is {_short(named)}, the policy's is {_short(issuer)}: if the policy names "
            "an internal address, put the public one into issuer= and the internal one into discovery_url="
        )
    uri = metadata.get("jwks_uri")
    try:
        parts = check_url(uri if isinstance(uri, str) else "", "jwks_uri")
    except ConfigurationError as error:
        raise DocumentError(f"the discovery document's {error.detail}") from None
    if is_loopback(parts["host"]) and not is_loopback(check_url(issuer, "issuer")["host"]):
        raise DocumentError("the discovery document's jwks_uri is on this machine, the issuer is not")
    return str(uri)


def _well_formed(fetch: Fetch, result: object) -> Fetched | FetchFailed:
    """Return a fetcher's result, or a failure in its place if it is not what its type says."""
    if isinstance(result, FetchFailed) and isinstance(result.reason, str):
        return result
    if (
        isinstance(result, Fetched)
        and isinstance(result.status, int)
        and isinstance(result.body, bytes)
        and isinstance(result.headers, Mapping)
        and all(isinstance(result.headers.get(name, ""), str) for name in _HEADERS)
    ):
        return result
    return FetchFailed(fetch.url, f"the fetcher answered with a {type(result).__name__} that cannot be used")


_HEADERS: Final = ("age", "content-type", "cache-control", "retry-after")
_NOT_JSON: Final = re.compile(r"(text/(?!plain|json)|image/|audio/|video/|multipart/)", re.IGNORECASE)


def _document(result: Fetched | FetchFailed, byte_limit: int) -> bytes:
    if isinstance(result, FetchFailed):
        raise DocumentError(f"{result.url}: {result.reason}")
    kind = result.headers.get("content-type", "")
    if result.status != 200:
        page = "html" in kind.lower()
        why = ""
        if result.status == 403 and page:
            why = ", with a web page: a firewall or block list in front of the provider answered, not the provider"
        raise DocumentError(f"{result.url} answered {result.status}{why}")
    if _NOT_JSON.match(kind.strip()):
        raise DocumentError(f"{result.url} is {_short(kind)}, not JSON")
    if len(result.body) > byte_limit:
        raise DocumentError(f"{result.url} is longer than {byte_limit} bytes")
    return result.body


_MAX_AGE: Final = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?([0-9]{1,10})(?![0-9])', re.IGNORECASE)


def _lifetime(result: Fetched | FetchFailed, limits: Limits) -> float:
    """Return the seconds a key set is fresh: what the issuer says (RFC 9111 section 5.2.2), within our clamps."""
    headers = result.headers if isinstance(result, Fetched) else {}
    control = headers.get("cache-control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return limits.keys_ttl_min
    said = _MAX_AGE.search(control)
    if said is None:
        return limits.keys_ttl
    spent = _whole_seconds(headers.get("age", "")) or 0.0
    return min(max(float(said[1]) - spent, limits.keys_ttl_min), limits.keys_ttl_max)


def _retry_after(result: Fetched | FetchFailed) -> float | None:
    if isinstance(result, FetchFailed):
        return result.retry_after if isinstance(result.retry_after, (int, float)) else None
    return _whole_seconds(result.headers.get("retry-after", ""))


def _whole_seconds(text: str) -> float | None:
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _unknown(algorithm: str, kid: str | None, held: KeySet) -> UnknownKeyError:
    if kid is None:
        detail = f"the token names no 'kid', and not exactly one key of the issuer suits {algorithm}"
    elif any(key.kid == kid for key in held.keys):
        detail = f"the issuer's key {_short(kid)} is not for {algorithm}"
    else:
        detail = f"no key of the issuer is named {_short(kid)}"
    return UnknownKeyError(
        detail,
        expected=[key.kid for key in held.keys],
        received=kid,
        hint="The token is from another environment or signed by someone else, or its key was withdrawn.",
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
