"""Ory: Hydra, and the Ory Network."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from ..policy import Marker, Policy
from ._provider import Present, Provider


def ory(issuer: str, audience: str | Collection[str] | Marker, **overrides: Any) -> Policy:
    """Return the policy for the JWT access tokens of Ory Hydra or an Ory Network project.

    ``issuer`` is spelt as the discovery document has it: ``https://my-project.projects.oryapis.com`` or a custom domain; a
    Hydra of one's own says what ``urls.self.issuer`` says, trailing slash included. ``audience`` is what clients must be
    allowed, and ask, to request. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    return ROW.fill(overrides, issuer=issuer, audience=audience)


ROW: Final = Provider(
    name="ory",
    title="Ory",
    accepts="access tokens",
    policy=ory,
    example=("https://my-project.projects.oryapis.com", "https://api.example.com"),
    issuer="as configured, with or without a trailing slash: write what the discovery document says",
    audience="an array of what the client asked for with `audience`; empty if it did not ask",
    typ="`JWT`, like ID tokens",
    scopes="`scp`, an array; `scope`, words between spaces, if `strategies.jwt.scope_claim` is set so",
    roles="none of its own: what the consent app puts below `ext`",
    client="`client_id`",
    keys="by discovery (`/.well-known/jwks.json`)",
    evidence="`client_id`, which an ID token does not have, and `jti`",
    quirks=(
        "Access tokens are opaque (`ory_at_...`) unless `strategies.access_token`, or the client's own setting, is `jwt`.",
        "A token has no audience unless the client asked for one, and is refused here.",
        'Custom claims stand below `ext`: for roles write roles_claim=("ext", "roles").',
        "With `mirror_top_level_claims` off, allowed top-level claims stand at the top only.",
    ),
    sources=(
        "ory/docs, JWT access tokens (undated copy, read 2026-11)",
        "ory/hydra, oauth2/session.go (undated copy, read 2026-11); ory/hydra#3524, `scp` and `scope` (2023-05)",
    ),
    unverified=(
        "The client's generated documentation swaps the forms of `scp` and `scope`; the code is followed, both forms are read.",
        "The header's `typ` and that the default algorithm is RS256 are from practice.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": "JWT",
        "scope_claim": ("scp", "scope"),
        "client_id_claim": "client_id",
        "checks": (Present(("client_id", "jti"), "Ory's access tokens have it"),),
    },
)
