"""Firebase Authentication: ID tokens, the only tokens it has."""

from __future__ import annotations

import re
from typing import Any, Final

from ..policy import Policy, UserClaims
from ._inputs import word
from ._provider import OneOf, Provider

_PROJECT: Final = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_TENANT: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{3,40}")


def firebase(project_id: str, *, tenant: str | None = None, **overrides: Any) -> Policy:
    """Return the policy for the **ID tokens** of Firebase Authentication: it issues no access tokens for your API.

    ``project_id`` is the project's id, not its number or display name. ``tenant`` is a tenant of Identity Platform; without
    one, only users outside all tenants are accepted. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    project = word(
        project_id,
        "project_id",
        _PROJECT,
        "my-project-1a2b3",
        "It is the project's id, not its name or number.",
    )
    if tenant is not None:
        word(tenant, "tenant", _TENANT, "tenant-a1b2c")
    return ROW.fill(
        overrides,
        issuer=f"https://securetoken.google.com/{project}",
        audience=project,
        checks=(OneOf(("firebase", "tenant"), (tenant,), "the user is of another tenant"),),
    )


ROW: Final = Provider(
    name="firebase",
    title="Firebase",
    accepts="ID tokens",
    policy=firebase,
    example=("my-project-1a2b3",),
    issuer="`https://securetoken.google.com/<project id>`, without a trailing slash",
    audience="the project's id",
    typ="`JWT`",
    scopes="none: an ID token says who, not what for",
    roles="none of its own: custom claims stand at the top, under names you chose",
    client="none",
    keys="`https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com`",
    evidence="`firebase` and `auth_time`, and `firebase.tenant` is the tenant asked for, or none",
    quirks=(
        "Session cookies have another issuer (`https://session.firebase.google.com/<project id>`) and are refused.",
        "Custom tokens, which a server makes for a client to sign in with, are no credentials for an API and refused.",
        "Tenants of Identity Platform share issuer and audience: only `firebase.tenant` tells them apart.",
        "Anonymous users have tokens too: `firebase.sign_in_provider` is `anonymous`.",
        'For custom claims write roles_claim="roles", or whatever name your backend sets.',
    ),
    sources=(
        "Firebase Admin reference, DecodedIdToken (undated copy, read 2026-11)",
        "a guide to Firebase as an issuer, issuer and discovery (undated copy, read 2026-11)",
    ),
    unverified=(
        "Custom tokens, the issuer of session cookies and that tenants share issuer and audience are from practice.",
        "The key set's address is from a guide and much public code, not from Google's own page.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": "JWT",
        "client_id_claim": "client_id",
        "required_claims": ("firebase", "auth_time"),
        "user_claims": UserClaims(is_verified="email_verified"),
        "jwks_uri": "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    },
)
