"""One HTTP request -> `Verified` or `Refusal`, for every door and without knowing any framework.

The guard also writes the one log record of a refusal: the reason and its stable code, never the token.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Final

from .bearer import Refusal, credential, refuse
from .errors import BearerguardError, ConfigurationError, PermissionDeniedError, StepUpError
from .fetch import AsyncFetcher, Fetcher
from .limits import DEFAULT_LIMITS, Limits
from .policy import Policy
from .verified import Verified
from .verifier import AsyncVerifier, Verifier, require_scopes

__all__ = ["AsyncGuard", "Guard", "Refusal", "Requirement"]

_log: Final = logging.getLogger("bearerguard")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a route asks of its caller beyond a good token.

    - ``scopes``: all of these (RFC 6749 section 3.3).
    - ``roles``: at least one of these, as the provider's roles claim names them.
    - ``max_age``: the user authenticated at most this many seconds ago (``auth_time``; RFC 9470).
    """

    scopes: Collection[str] = ()
    roles: Collection[str] = ()
    max_age: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", _words("scopes", self.scopes))
        object.__setattr__(self, "roles", _words("roles", self.roles))
        seconds = self.max_age
        number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if seconds is not None and not (number and 0 <= seconds < 2**53):
            raise ConfigurationError(f"max_age is in seconds, at least 0, not {seconds!r:.40}.")

    def check(self, caller: Verified, now: float) -> None:
        """Raise `PermissionDeniedError` unless the caller meets it; ``now`` is in seconds since 1970."""
        if self.scopes:
            require_scopes(caller, self.scopes)
        if self.roles and caller.roles.isdisjoint(self.roles):
            raise PermissionDeniedError(
                f"the caller has none of the roles {', '.join(sorted(self.roles))}", code="insufficient_role"
            )
        if self.max_age is not None:
            since = caller.auth_time
            if since is None:
                raise StepUpError(
                    "the token has no 'auth_time' that is a date, and the resource asks how old it is"
                )
            age = now - since
            # A time to come is no recent one, but for what clocks may differ.
            if not -caller.leeway <= age <= self.max_age:
                raise StepUpError(
                    f"the user authenticated {age:.0f} s ago, the resource asks for {self.max_age:g} at most"
                )


def _words(name: str, words: object) -> frozenset[str]:
    if isinstance(words, (str, bytes)) or not isinstance(words, Collection):
        raise ConfigurationError(f"{name} is a collection such as {{'orders:read'}}, not {words!r:.80}.")
    if not all(isinstance(word, str) and word and " " not in word for word in words):
        raise ConfigurationError(f"{name} are words without spaces, not {words!r:.200}.")
    return frozenset(words)


NO_REQUIREMENT: Final = Requirement()


class _Door:
    """What both guards share."""

    def __init__(self, realm: str) -> None:
        self.realm = realm

    def refusal(self, error: BearerguardError, requirement: Requirement = NO_REQUIREMENT) -> Refusal:
        """Return the answer for an error, and log its reason."""
        refusal = refuse(error, realm=self.realm, scopes=requirement.scopes, max_age=requirement.max_age)
        _log.warning("refused: %s", error, extra={"code": error.code, "status": refusal.status})
        return refusal


class Guard(_Door):
    """Decides about requests, blocking. Give it policies, or a verifier that is already there.

    ``realm`` names the protected space in challenges (RFC 9110 section 11.5). Raises `ConfigurationError`.
    """

    def __init__(
        self,
        *policies: Policy,
        verifier: Verifier | None = None,
        realm: str = "api",
        fetcher: Fetcher | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(realm)
        if verifier is None:
            verifier = Verifier(*policies, fetcher=fetcher, limits=limits or DEFAULT_LIMITS)
        else:
            _alone(verifier, policies, fetcher, limits)
            if iscoroutinefunction(verifier.verify):
                raise ConfigurationError(
                    "The verifier of a Guard is a Verifier; an AsyncVerifier belongs to an AsyncGuard."
                )
        self.verifier: Verifier = verifier

    def admit(
        self, authorization: Sequence[str], requirement: Requirement = NO_REQUIREMENT
    ) -> Verified | Refusal:
        """Return the caller, or what to answer instead. ``authorization`` holds every such header field's value."""
        try:
            caller = self.verifier.verify(credential(authorization, self.verifier.limits.token_bytes))
            if requirement is not NO_REQUIREMENT:
                requirement.check(caller, self.verifier.now())
        except BearerguardError as error:
            return self.refusal(error, requirement)
        return caller


class AsyncGuard(_Door):
    """Decides about requests in an event loop: `Guard`, awaited."""

    def __init__(
        self,
        *policies: Policy,
        verifier: AsyncVerifier | None = None,
        realm: str = "api",
        fetcher: AsyncFetcher | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(realm)
        if verifier is None:
            verifier = AsyncVerifier(*policies, fetcher=fetcher, limits=limits or DEFAULT_LIMITS)
        else:
            _alone(verifier, policies, fetcher, limits)
            if not iscoroutinefunction(getattr(verifier, "verify", None)):
                raise ConfigurationError(
                    "The verifier of an AsyncGuard is an AsyncVerifier; a Verifier belongs to a Guard."
                )
        self.verifier: AsyncVerifier = verifier

    async def admit(
        self, authorization: Sequence[str], requirement: Requirement = NO_REQUIREMENT
    ) -> Verified | Refusal:
        """Return the caller, or what to answer instead. ``authorization`` holds every such header field's value."""
        try:
            caller = await self.verifier.verify(credential(authorization, self.verifier.limits.token_bytes))
            if requirement is not NO_REQUIREMENT:
                requirement.check(caller, self.verifier.now())
        except BearerguardError as error:
            return self.refusal(error, requirement)
        return caller


def _alone(verifier: object, policies: tuple[Policy, ...], fetcher: object, limits: object) -> None:
    if policies or fetcher is not None or limits is not None:
        raise ConfigurationError("A verifier has its policies, fetcher and limits already: give it alone.")
    if not callable(getattr(verifier, "verify", None)):
        raise ConfigurationError(f"verifier is a Verifier, not a {type(verifier).__name__}.")
