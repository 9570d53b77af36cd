"""Clerk: session tokens."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from ..policy import Marker, Policy
from ._inputs import members, origin, wrong
from ._provider import OneOf, Present, Provider

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.\-_\[\]:]+")


def clerk(frontend_api: str, origins: str | Collection[str] | Marker, **overrides: Any) -> Policy:
    """Return the policy for the **session tokens** of a Clerk instance.

    ``frontend_api`` is its Frontend API URL: ``https://clerk.example.com``, or ``https://my-app.clerk.accounts.dev`` in
    development. ``origins`` are those of your front ends (``https://app.example.com``): session tokens have no ``aud``, so
    the origin that asked for one (``azp``) is the only audience there is. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    issuer = origin(frontend_api, "frontend_api")
    for member in members(origins):
        if not _ORIGIN.fullmatch(member):
            meant = "/".join(member.split("/")[:3])
            meant = meant if _ORIGIN.fullmatch(meant) else "https://app.example.com"
            raise wrong(
                f"origins are what a browser sends as Origin, without a trailing slash or path: write {meant!r:.200}, "
                f"not {member!r:.200}.",
                "configuration_audience",
            )
    return ROW.fill(overrides, issuer=issuer, audience=origins, jwks_uri=f"{issuer}/.well-known/jwks.json")


ROW: Final = Provider(
    name="clerk",
    title="Clerk",
    accepts="session tokens",
    policy=clerk,
    example=("https://clerk.example.com", "https://app.example.com"),
    issuer="the Frontend API URL, without a trailing slash",
    audience="no `aud`: the front end's origin in `azp` stands for it",
    typ="`JWT`",
    scopes="none",
    roles="`o.rol`, one role in the active organisation, without `org:` (version 2; version 1 has `org_role`)",
    client="none: `azp` is an origin",
    keys="`/.well-known/jwks.json` below the issuer",
    evidence="`azp`, `sid`, and `sts` is not `pending`",
    quirks=(
        "A token lives about a minute: the front end asks for a fresh one before each request.",
        "`azp` is missing where no browser sent an Origin, as from a native app; such tokens are refused.",
        "A session whose `sts` is `pending` has not finished signing in; its token is refused.",
        'Version 1 of the claims (deprecated 2025-04) has roles elsewhere: `roles_claim="org_role"`.',
        "Tokens of JWT templates and machines have the same key and another `cat` in the header; here `sid` tells them apart.",
    ),
    sources=(
        "clerk/clerk-docs, Session tokens and Manual JWT verification (undated copies, later than 2025-04)",
        "Clerk's backend SDK, token categories (undated copy, read 2026-11); a published session token (2026-05)",
    ),
    unverified=(
        "That a JWT template's token has no `sid` unless its author adds one.",
        "OAuth access tokens of Clerk are another kind (`at+jwt` or opaque) and refused.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": "JWT",
        "audience_claim": "azp",
        "client_id_claim": "client_id",
        "roles_claim": ("o", "rol"),
        "checks": (
            Present(("sid",), "a session token has one"),
            OneOf(("sts",), (None, "active"), "the session has not finished signing in"),
        ),
    },
)
