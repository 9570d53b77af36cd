"""Supabase Auth."""

from __future__ import annotations

import re
from typing import Any, Final

from ..policy import Policy, UserClaims
from ._inputs import word, wrong
from ._provider import Present, Provider

_PROJECT: Final = re.compile(r"[a-z0-9]{20}")


def supabase(project_ref: str, **overrides: Any) -> Policy:
    """Return the policy for the access tokens of a Supabase project's signed-in users.

    ``project_ref`` is the project's reference id, the first label of its URL. The project must use asymmetric JWT signing
    keys; for the legacy shared secret there is `bearerguard.shared_secret`. Keywords of `Policy` override the row: for a
    custom domain or a server of one's own, ``issuer=`` and ``jwks_uri=``.

    Raises `ConfigurationError`, also for roles read from ``user_metadata``, which users write themselves.
    """
    ref = word(
        project_ref,
        "project_ref",
        _PROJECT,
        "abcdefghijklmnopqrst",
        "It is the first label of https://<ref>.supabase.co.",
    )
    roles = overrides.get("roles_claim")
    if "user_metadata" in (roles, roles[0] if isinstance(roles, tuple) and roles else None):
        raise wrong(
            "user_metadata is written by the user: put roles into app_metadata and write "
            "roles_claim=('app_metadata', 'roles').",
            "configuration_claims",
        )
    issuer = f"https://{ref}.supabase.co/auth/v1"
    return ROW.fill(
        overrides, issuer=issuer, audience="authenticated", jwks_uri=f"{issuer}/.well-known/jwks.json"
    )


ROW: Final = Provider(
    name="supabase",
    title="Supabase",
    accepts="access tokens",
    policy=supabase,
    example=("abcdefghijklmnopqrst",),
    issuer="`https://<project ref>.supabase.co/auth/v1`, without a trailing slash",
    audience="`authenticated`, for every signed-in user of the project",
    typ="`JWT`",
    scopes="none",
    roles="`role`, one word, a role of the database: `authenticated`",
    client="none, or `client_id` if the project's OAuth server issued the token",
    keys="`/.well-known/jwks.json` below the issuer",
    evidence="`role` is `authenticated`, and `session_id`",
    quirks=(
        "On the legacy JWT secret (HS256) a project publishes no key: migrate it, or use `bearerguard.shared_secret`.",
        "The keys `anon` and `service_role` are JWTs too (issuer `supabase`, no `sub`, no `aud`); they are refused.",
        "Anonymous users have `role` `authenticated` as well; `caller.user.is_anonymous` tells.",
        'Roles of your own belong into `app_metadata`: roles_claim=("app_metadata", "roles"). Users write `user_metadata`.',
        '`amr` is an array of objects: read `caller["amr"]`.',
    ),
    sources=(
        "Supabase, JWT Claims Reference (undated copy, read 2026-11)",
        "Supabase, JWT Signing Keys (undated copy, read 2026-11)",
    ),
    unverified=(
        "That anonymous users have `role` and `aud` `authenticated` is from practice.",
        "What the tokens of a project's OAuth server look like, beyond `client_id`.",
        "EdDSA is announced; only ES256 and RS256 are accepted.",
    ),
    settings={
        "algorithms": ("ES256", "RS256"),
        "token_type": "JWT",
        "client_id_claim": "client_id",
        "roles_claim": "role",
        "required_claims": {"role": "authenticated"},
        "checks": (Present(("session_id",), "a user's token has one"),),
        "user_claims": UserClaims(is_anonymous="is_anonymous"),
    },
)
