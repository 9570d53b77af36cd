"""`Verified`: who is calling, as the issuer said and as it was proven. Made by `bearerguard.judge` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, final

import msgspec

from .policy import Policy, claim_at


class User:
    """What the provider says about the user behind a token; None where it says nothing."""

    __slots__ = ("_claims", "_policy")

    def __init__(self, claims: Mapping[str, Any], policy: Policy) -> None:
        self._claims = claims
        self._policy = policy

    @property
    def is_verified(self) -> bool | None:
        """Whether the provider has verified an address or number of this user."""
        return _flag(claim_at(self._claims, self._policy.user_claims.is_verified))

    @property
    def is_anonymous(self) -> bool | None:
        """Whether the user has not signed up yet."""
        return _flag(claim_at(self._claims, self._policy.user_claims.is_anonymous))

    @property
    def can_reauthenticate(self) -> bool | None:
        """Whether the user has a way to authenticate once more."""
        return _flag(claim_at(self._claims, self._policy.user_claims.can_reauthenticate))


@final
class Verified(Mapping[str, Any]):
    """The claims of a token that passed every check: a read-only mapping with typed views of the common ones.

    A list or object among the claims is handed out as a copy: what you do to it stays with you. Two callers are the
    same only if `principal` is the same: a subject means something only together with its issuer.
    """

    __slots__ = ("_claims", "_header", "_policy", "_scopes")

    _claims: dict[str, Any]
    _header: dict[str, Any]
    _policy: Policy
    _scopes: frozenset[str] | None

    def __init__(self) -> None:
        raise TypeError("only a verifier makes a Verified")

    def __getitem__(self, name: str) -> Any:
        value = self._claims[name]
        return deepcopy(value) if type(value) is list or type(value) is dict else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, name: object) -> bool:
        return name in self._claims

    def __hash__(self) -> int:
        return hash((self.principal, self.token_id, self.expires_at))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verified) and other._claims == self._claims and other._header == self._header

    def __repr__(self) -> str:
        return f"<Verified {self.subject!r} of {self.issuer!r}>"

    @property
    def subject(self) -> str:
        """``sub`` (RFC 7519 section 4.1.2)."""
        return str(self._claims["sub"])

    @property
    def issuer(self) -> str:
        """``iss`` (RFC 7519 section 4.1.1)."""
        return str(self._claims["iss"])

    @property
    def principal(self) -> tuple[str, str]:
        """``(issuer, subject)``: the key under which to store anything about this caller."""
        return self.issuer, self.subject

    @property
    def client_id(self) -> str | None:
        """``client_id`` (RFC 9068 section 2.2), or what the policy's ``client_id_claim`` names instead."""
        for name in self._policy.settings.client_id_claim:
            found = self._claims.get(name)
            if isinstance(found, str):
                return found
        return None

    @property
    def audience(self) -> tuple[str, ...]:
        """``aud`` (RFC 7519 section 4.1.3), or what the policy's ``audience_claim`` names; always as a tuple."""
        found = self._claims.get(self._policy.settings.audience_claim, ())
        members = found if isinstance(found, list) else (found,)
        return tuple(member for member in members if isinstance(member, str))

    @property
    def scopes(self) -> frozenset[str]:
        """The granted scopes (RFC 6749 section 3.3), split on the space and nothing else."""
        scopes = self._scopes
        if scopes is None:
            scopes = _words(self._claims, self._policy.settings.scope_claim)
            self._scopes = scopes
        return scopes

    @property
    def roles(self) -> frozenset[str]:
        """The roles under the policy's ``roles_claim``; empty if there are none.

        A word, an array of words, or an object whose keys are the roles and whose values are objects that say more of
        each, as Zitadel has it; a key with any other value is no role, so that ``{"admin": false}`` is none.
        """
        found = claim_at(self._claims, self._policy.roles_claim)
        if isinstance(found, str):
            return frozenset((found,))
        if isinstance(found, dict):
            return frozenset(name for name, grant in found.items() if isinstance(grant, dict) and grant)
        return (
            frozenset(name for name in found if isinstance(name, str)) if isinstance(found, list) else _NONE
        )

    @property
    def expires_at(self) -> float:
        """``exp`` in seconds since 1970 (RFC 7519 section 4.1.4)."""
        return float(self._claims["exp"])

    @property
    def issued_at(self) -> float | None:
        """``iat`` in seconds since 1970 (RFC 7519 section 4.1.6)."""
        return _number(self._claims.get("iat"))

    @property
    def auth_time(self) -> float | None:
        """When the user last authenticated, in seconds since 1970 (OpenID Connect Core section 2)."""
        return _number(self._claims.get("auth_time"))

    @property
    def leeway(self) -> float:
        """The seconds by which clocks may differ, as the policy has it."""
        return self._policy.leeway

    @property
    def acr(self) -> str | None:
        """The authentication context class (OpenID Connect Core section 2)."""
        found = self._claims.get("acr")
        return found if isinstance(found, str) else None

    @property
    def amr(self) -> tuple[str, ...]:
        """The authentication methods (RFC 8176)."""
        found = self._claims.get("amr")
        return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()

    @property
    def token_id(self) -> str | None:
        """``jti`` (RFC 7519 section 4.1.7)."""
        found = self._claims.get("jti")
        return found if isinstance(found, str) else None

    @property
    def user(self) -> User:
        """What the provider says about the user, where the policy knows to look."""
        return User(self._claims, self._policy)

    @property
    def typed(self) -> Any:
        """The claims as the policy's ``claims_type``, made anew at each call; None if the policy names no type."""
        kind = self._policy.settings.typed
        return None if kind is None else msgspec.convert(deepcopy(self._claims), kind)

    @property
    def header(self) -> dict[str, Any]:
        """A copy of the protected header (RFC 7515 section 4)."""
        return deepcopy(self._header)


_NONE: frozenset[str] = frozenset()


def _words(claims: Mapping[str, Any], names: tuple[str, ...]) -> frozenset[str]:
    for name in names:
        found = claims.get(name)
        if type(found) is str:
            return frozenset(found.split(" ")) - {""}
        if type(found) is list:
            return frozenset(scope for scope in found if type(scope) is str and scope and " " not in scope)
    return _NONE


def _flag(value: Any) -> bool | None:
    return value if type(value) is bool else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value < 2**53 else None
