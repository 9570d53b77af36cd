"""RFC 6750, both ways: request headers -> credential, error -> refusal.

This is the only place that knows a status code, a challenge or the body of a refusal. The client is told the RFC's own
error code and one sentence; the reason, with its stable code, is for the log.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from .errors import (
    AmbiguousRequestError,
    BearerguardError,
    ConfigurationError,
    DocumentError,
    MalformedRequestError,
    MalformedTokenError,
    MissingTokenError,
    PermissionDeniedError,
    RequestError,
    StepUpError,
    TokenError,
    UnavailableError,
)
from .limits import DEFAULT_LIMITS

# RFC 6750 section 2.1: "Bearer" 1*SP b64token; RFC 9110 section 11.1: the scheme's name is case-insensitive.
_BEARER: Final = re.compile(r"bearer(?: +(.*))?\Z", re.IGNORECASE | re.DOTALL)
_B64TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*\Z")
# RFC 6749 section 3.3: what a scope may be made of.
_SCOPE: Final = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+\Z")
# RFC 9110 section 5.6.4 lets a quoted-string carry more; RFC 6750 section 3 does not.
_UNQUOTABLE: Final = re.compile(r"[^\x20\x21\x23-\x5B\x5D-\x7E]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What to answer instead of the resource: ``status``, ``headers`` and a JSON-ready ``body``.

    ``error`` is the reason, for the log; it is not part of the answer.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: dict[str, str]
    error: BearerguardError = field(repr=False)


# Whose fault -> what it is called in OAuth and what it is in HTTP. The first row that fits an error decides.
_ROWS: Final[tuple[tuple[type[BearerguardError], int, str], ...]] = (
    (MissingTokenError, 401, ""),
    (RequestError, 400, "invalid_request"),
    (TokenError, 401, "invalid_token"),
    (StepUpError, 401, "insufficient_user_authentication"),
    (PermissionDeniedError, 403, "insufficient_scope"),
    (UnavailableError, 503, "temporarily_unavailable"),
    (DocumentError, 503, "temporarily_unavailable"),
    (ConfigurationError, 500, "server_error"),
    (BearerguardError, 500, "server_error"),
)


def credential(authorization: Sequence[str], most: int = DEFAULT_LIMITS.token_bytes) -> str:
    """Return the access token from the values of a request's ``Authorization`` header fields.

    Raises `MissingTokenError` if none is a bearer credential, `AmbiguousRequestError` if there are several
    ``Authorization`` fields and `MalformedRequestError` if the credential is not a ``b64token`` (RFC 6750 section 2.1). A
    field longer than ``most`` characters and some for the scheme is a `MalformedTokenError` before any of it is copied.
    """
    if not authorization:
        raise MissingTokenError("the request has no Authorization header")
    if len(authorization) > 1:
        raise AmbiguousRequestError(f"the request has {len(authorization)} Authorization headers")
    if len(authorization[0]) > most + 256:
        raise MalformedTokenError(
            "the Authorization header is longer than any token may be", code="token_too_large"
        )
    found = _BEARER.match(authorization[0].strip(" \t"))
    if found is None:
        raise MissingTokenError("the Authorization header is not of the Bearer scheme")
    token = found[1]
    if not token or not _B64TOKEN.match(token):
        raise MalformedRequestError("the Authorization header is not 'Bearer' and one token")
    return str(token)


def refuse(
    error: BearerguardError, *, realm: str = "api", scopes: Collection[str] = (), max_age: float | None = None
) -> Refusal:
    """Return the answer for an error: status, ``WWW-Authenticate`` (RFC 6750 section 3) or ``Retry-After``, and body.

    ``scopes`` and ``max_age`` (seconds) are what the resource requires; a client that has to come back with another
    token is told, so that it can ask for one that will do.
    """
    status, code = next((status, code) for kind, status, code in _ROWS if isinstance(error, kind))
    body = {"error": code or "unauthorized", "error_description": error.public}
    headers: list[tuple[str, str]] = [("Cache-Control", "no-store")]
    if isinstance(error, UnavailableError):
        headers.append(("Retry-After", str(max(1, ceil(error.retry_after)))))
    elif status in (400, 401, 403):
        parameters = {"realm": realm}
        if code:
            parameters |= {"error": code, "error_description": error.public}
        sayable = sorted(scope for scope in scopes if _SCOPE.match(scope))
        if sayable and status != 400:
            parameters["scope"] = " ".join(sayable)
        if isinstance(error, StepUpError) and max_age is not None and 0 <= max_age < 2**53:
            parameters["max_age"] = str(
                int(max_age)
            )  # RFC 9470 section 3; rounded up, it would be refused again
        headers.append(("WWW-Authenticate", challenge(parameters)))
    return Refusal(status, tuple(headers), body, error)


def challenge(parameters: dict[str, str]) -> str:
    """Return a ``Bearer`` challenge; a character that a quoted value cannot carry becomes ``?``, so none can end it."""
    return "Bearer " + ", ".join(
        f'{name}="{_UNQUOTABLE.sub("?", value)}"' for name, value in parameters.items()
    )
