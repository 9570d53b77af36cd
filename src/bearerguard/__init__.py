"""bearerguard: who is calling, and may they?

The shop window. Everything else is reachable by its room: `bearerguard.providers`, `bearerguard.errors`,
`bearerguard.integrations.flask`, `bearerguard.issuer` ...
"""

from __future__ import annotations

from .errors import (
    BearerguardError,
    ConfigurationError,
    KeysUnavailableError,
    PermissionDeniedError,
    RequestError,
    TokenError,
)
from .fetch import HttpFetcher
from .guard import AsyncGuard, Guard, Refusal, Requirement
from .limits import Limits
from .policy import ANY_TYPE, UNSAFE_ANY_AUDIENCE, Policy
from .report import Report
from .verified import Verified
from .verifier import AsyncVerifier, Verifier

__all__ = [
    "ANY_TYPE",
    "UNSAFE_ANY_AUDIENCE",
    "AsyncGuard",
    "AsyncVerifier",
    "BearerguardError",
    "ConfigurationError",
    "Guard",
    "HttpFetcher",
    "KeysUnavailableError",
    "Limits",
    "PermissionDeniedError",
    "Policy",
    "Refusal",
    "Report",
    "RequestError",
    "Requirement",
    "TokenError",
    "Verified",
    "Verifier",
]
