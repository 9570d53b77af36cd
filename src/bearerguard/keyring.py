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
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .encoding import EncodingError, decode_object
from .errors import ConfigurationError, DocumentError, KeysUnavailableError, UnknownKeyError
from .keys import KeySet, PublicKey, key_set
from .limits import DEFAULT_LIMITS, Limits
from .policy import Policy
from .urls import check_url, is_loopback

Reason = Literal["empty", "due", "expired", "unknown key"]
Document = Literal["metadata", "key set"]
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


class KeyRing:
    """The keys of one issuer, and the discovery of where they are. Not locked: its driver makes one call at a time.

    `look` may be called by anyone at any time; `accept` only by the one who carried out the `Fetch`.
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
        self.attempt = 0
        self.last_error = ""
        self._jwks_uri = policy.jwks_uri
        self._fixed = policy.jwks_uri is not None
        self._rediscover_at = float("inf") if self._fixed else float("-inf")
        self._just_located = False
        self._discovery_urls = discovery_urls(policy)
        self._asking = 0
        self._failures = 0
        self._retry_at = float("-inf")
        self._unknown_at = float("-inf")
        self.held: Held | None = None
        self._offline = keys is not None
        if keys is not None:
            try:
                offline = key_set(keys, limits)
            except DocumentError as error:
                raise ConfigurationError(
                    f"keys cannot be used: {error.detail}.", code="configuration_keys"
                ) from None
            never = float("inf")
            self.held = Held(offline, 1, 0.0, never, never, never)

    @property
    def generation(self) -> int:
        """Which key set this is, counted from 1; 0 while there is none. It changes when the keys change hands."""
        return 0 if self.held is None else self.held.generation

    @property
    def keys(self) -> KeySet | None:
        """The key set that is held, however old."""
        return None if self.held is None else self.held.keys

    def state(self, now: float) -> State:
        """Return the name of the state at a time (monotonic seconds)."""
        held = self.held
        if held is None:
            return "empty"
        if self._offline:
            return "offline"
        if now >= held.expires_at:
            return "expired"
        if now >= held.stale_at:
            return "stale"
        return "due" if now >= held.refresh_at else "fresh"

    def look(self, algorithm: str, kid: str | None, now: float) -> tuple[PublicKey, ...] | Fetch:
        """Return the keys that may answer for this header, or the `Fetch` that has to be carried out first.

        Raises `UnknownKeyError` when the issuer was asked recently and has no such key, and `KeysUnavailableError` when
        it could not be asked and nothing is held that may still be used.
        """
        held = self.held
        if held is not None and now < held.expires_at:
            found = held.keys.candidates(algorithm, kid)
            if found:
                return found
            if not self._offline and now >= self._unknown_at:
                return self._fetch("unknown key", now)
            if self._failures:
                raise self._unavailable(now)
            raise _unknown(algorithm, kid, held.keys)
        return self.missing(now) or self.look(
            algorithm, kid, now
        )  # None: another thread's answer has just come

    def missing(self, now: float) -> Fetch | None:
        """Return the `Fetch` that is needed before anything can be verified, or None if keys are held.

        Raises `KeysUnavailableError` while the last attempt's back-off lasts.
        """
        held = self.held
        if held is not None and now < held.expires_at:
            return None
        if now < self._retry_at:
            raise self._unavailable(now)
        return self._fetch("empty" if held is None else "expired", now)

    def due(self, now: float) -> Fetch | None:
        """Return the `Fetch` that keeps the keys fresh, when it is time for it; to be carried out off the request path."""
        held = self.held
        if held is None or now < held.refresh_at or now < self._retry_at:
            return None
        return self._fetch("due", now)

    def accept(self, fetch: Fetch, result: Fetched | FetchFailed, now: float) -> None:
        """Take in how a `Fetch` went. Never raises; a failure never discards keys.

        A result that another one has overtaken is ignored.
        """
        if fetch.attempt != self.attempt:
            return
        try:
            self._take(fetch, _well_formed(fetch, result), now)
        finally:
            # Last: whoever looks meanwhile holds a `Fetch` of this attempt, and finds it done.
            self.attempt += 1

    def _take(self, fetch: Fetch, result: Fetched | FetchFailed, now: float) -> None:
        self._just_located = False
        discovering = fetch.document == "metadata"
        if discovering and self._try_the_other_address(result):
            return
        try:
            document = _document(result, fetch.byte_limit)
            if discovering:
                self._jwks_uri = located(document, self.issuer, self.limits)
                self._rediscover_at = now + self.limits.discovery_ttl
                self._just_located = True  # the keys come next, however soon the location is due again
                return
            keys = key_set(document, self.limits)
        except DocumentError as error:
            self._failed(fetch, result, error.detail, now)
            return
        lifetime = _lifetime(result, self.limits)
        self._failures = 0
        self._retry_at = float("-inf")
        self.last_error = ""
        if fetch.reason == "unknown key":
            # Only a look for an unknown key starts this cool-down: a rotation right after a scheduled refresh is
            # found at once, and a flood of made-up names still costs one fetch a cool-down.
            self._unknown_at = now + self.limits.unknown_key_cooldown
        self.held = Held(
            keys=keys,
            generation=self.generation + 1,
            fetched_at=now,
            refresh_at=now + lifetime * self.limits.refresh_ahead,
            stale_at=now + lifetime,
            expires_at=now + lifetime + self.limits.keys_grace,
        )

    def _fetch(self, reason: Reason, now: float) -> Fetch:
        url, limits = self._jwks_uri, self.limits
        document: Document = "key set"
        if url is None or not (self._just_located or now < self._rediscover_at):
            url, document = self._discovery_urls[self._asking], "metadata"
        return Fetch(url, limits.document_bytes, limits.fetch_timeout, self.attempt, reason, document)

    def _try_the_other_address(self, result: Fetched | FetchFailed) -> bool:
        """OpenID Connect and RFC 8414 have two addresses for one document; a 404 at the first is an answer."""
        last = self._asking == len(self._discovery_urls) - 1
        missing = isinstance(result, Fetched) and result.status in (404, 405, 410)
        self._asking = self._asking + 1 if missing and not last else 0
        return self._asking != 0

    def _failed(self, fetch: Fetch, result: Fetched | FetchFailed, detail: str, now: float) -> None:
        self.last_error = detail
        limits = self.limits
        if fetch.document == "metadata" and self._jwks_uri is not None:
            # The old location may still be good: ask there, and for a newer one later.
            self._rediscover_at = now + limits.failure_cooldown_max
            self._just_located = True
            return
        moved = isinstance(result, Fetched) and result.status in (404, 410)
        if not self._fixed and (moved or self.held is None):
            self._rediscover_at = now  # moved, or never right: the next attempt begins with discovery
        self._failures += 1
        pause = min(limits.failure_cooldown * 2.0 ** min(self._failures - 1, 30), limits.failure_cooldown_max)
        asked = _retry_after(result)
        if asked is not None:
            pause = min(max(pause, asked), limits.failure_cooldown_max)
        self._retry_at = now + pause
        self._unknown_at = now + max(pause, limits.unknown_key_cooldown)

    def _unavailable(self, now: float) -> KeysUnavailableError:
        until = self._unknown_at if self.held is not None and now < self.held.expires_at else self._retry_at
        return KeysUnavailableError(
            f"the keys of {self.issuer} cannot be had: {self.last_error}", retry_after=max(0.0, until - now)
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
    if parts["scheme"] == "http" and not is_loopback(check_url(issuer, "issuer")["host"]):
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


_HEADERS: Final = ("content-type", "cache-control", "retry-after")
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
    control = result.headers.get("cache-control", "") if isinstance(result, Fetched) else ""
    said = _MAX_AGE.search(control)
    if said is None:
        return limits.keys_ttl
    return min(max(float(said[1]), limits.keys_ttl_min), limits.keys_ttl_max)


def _retry_after(result: Fetched | FetchFailed) -> float | None:
    if isinstance(result, FetchFailed):
        return result.retry_after if isinstance(result.retry_after, (int, float)) else None
    text = result.headers.get("retry-after", "").strip()
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
