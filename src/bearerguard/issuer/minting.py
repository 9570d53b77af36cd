"""What Authgear puts into each kind of token: pure functions, one a kind, from values to header and claims."""

from __future__ import annotations

import enum
import hashlib
import secrets
import string
import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final

from .signing import SigningKey

ACCESS_TOKEN_LIFETIME: Final = 1800
"""Seconds an access token lives: Authgear's default of 30 minutes."""

ID_TOKEN_LIFETIME: Final = 300
"""Seconds an ID token lives."""

_USER: Final = "https://authgear.com/claims/user/"
_ALPHANUMERIC: Final = string.ascii_letters + string.digits


class Absent(enum.Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT: Final = Absent.ABSENT
"""As the value of a claim or header member: leave the member out."""

Members = Mapping[str, Any]


def changed(members: Members, changes: Members | None) -> dict[str, Any]:
    """Return the members with the changes made; a change to `ABSENT` removes the member."""
    return {name: value for name, value in {**members, **(changes or {})}.items() if value is not ABSENT}


def header(key: SigningKey, token_type: str) -> dict[str, Any]:
    """Return the protected header of a token of this type (RFC 7515 section 4.1)."""
    return {"alg": key.algorithm, "kid": key.kid, "typ": token_type}


def access_claims(
    issuer: str,
    subject: str,
    audience: Collection[str],
    now: int,
    *,
    client_id: str,
    scope: str,
    roles: Collection[str],
    lifetime: int,
) -> dict[str, Any]:
    """Return the claims of a user's access token (RFC 9068 section 2.2, and what Authgear adds)."""
    return {
        **_envelope(issuer, subject, audience, now, lifetime),
        "jti": token_id(),
        "client_id": client_id,
        "scope": scope,
        **_user(now, roles),
    }


def id_claims(
    issuer: str, subject: str, now: int, *, client_id: str, roles: Collection[str], lifetime: int
) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core 1.0 section 2): same issuer and key, meant for the client."""
    return {**_envelope(issuer, subject, [client_id], now, lifetime), **_user(now, roles)}


def machine_claims(
    issuer: str, resource: str, now: int, *, client_id: str, scope: str, lifetime: int
) -> dict[str, Any]:
    """Return the claims of a machine-to-machine token (RFC 6749 section 4.4): there is no user to say anything about."""
    return {
        **_envelope(issuer, f"client_id_{client_id}", [resource], now, lifetime),
        "jti": token_id(),
        "client_id": client_id,
        "scope": scope,
    }


def opaque_token() -> str:
    """Return what Authgear issues while 'Issue JWT as access token' is off: 32 letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(32))


def refresh_token() -> str:
    """Return a refresh token in Authgear's shape: a UUID, a dot and 32 letters and digits."""
    return f"{uuid.uuid4()}.{opaque_token()}"


def token_id() -> str:
    """Return a ``jti`` as Authgear makes it: the SHA-256 of the opaque token that the JWT stands for, in hex."""
    return hashlib.sha256(opaque_token().encode("ascii")).hexdigest()


def _envelope(
    issuer: str, subject: str, audience: Collection[str], now: int, lifetime: int
) -> dict[str, Any]:
    return {"iss": issuer, "sub": subject, "aud": list(audience), "iat": now, "exp": now + lifetime}


def _user(now: int, roles: Collection[str]) -> dict[str, Any]:
    return {
        "auth_time": now,
        "amr": ["pwd"],
        f"{_USER}is_anonymous": False,
        f"{_USER}is_verified": True,
        f"{_USER}can_reauthenticate": True,
        f"{_USER}roles": list(roles),
    }
