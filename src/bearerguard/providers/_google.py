"""Google: ID tokens, for its access tokens are opaque."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from ..policy import Marker, Policy, UserClaims
from ._inputs import host, members, wrong
from ._provider import OneOf, Provider

_CLIENT: Final = re.compile(r"[0-9]+(?:-[a-z0-9]+)?\.apps\.googleusercontent\.com")
_EXAMPLE: Final = "1234567890-abc123def456.apps.googleusercontent.com"


def google(
    audience: str | Collection[str] | Marker,
    *,
    clients: str | Collection[str] | None = None,
    hosted_domain: str | None = None,
    **overrides: Any,
) -> Policy:
    """Return the policy for Google's **ID tokens**: its access tokens are opaque, and no resource server can verify them.

    ``audience`` is the OAuth client id of your application. ``clients`` are the ids that may have asked for the token
    (``azp``), the audience itself unless you say otherwise: an Android app beside a web application, or the unique ids
    of service accounts, for whom the audience may be any string. ``hosted_domain`` is the Google Workspace domain that
    users must belong to. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    allowed = members(audience if clients is None else clients)
    if clients is None:
        if isinstance(audience, Marker):
            raise wrong(
                "With any audience, say whose tokens are accepted: clients=...", "configuration_audience"
            )
        for member in allowed:
            if not _CLIENT.fullmatch(member):
                raise wrong(
                    f"audience is your application's OAuth client id, such as {_EXAMPLE!r}, not {member!r:.200}. For "
                    "service accounts, whose audience may be anything, name their unique ids: clients=...",
                    "configuration_audience",
                )
    elif not allowed or not all(map(str.strip, allowed)):
        raise wrong(
            "clients are OAuth client ids, or unique ids of service accounts.", "configuration_audience"
        )
    required = {} if hosted_domain is None else {"hd": host(hosted_domain, "hosted_domain", "example.com")}
    return ROW.fill(
        overrides,
        issuer="https://accounts.google.com",
        audience=audience,
        required_claims=required,
        checks=(OneOf(("azp",), allowed, "another client or service account asked for it"),),
    )


ROW: Final = Provider(
    name="google",
    title="Google",
    accepts="ID tokens",
    policy=google,
    example=(_EXAMPLE,),
    issuer="`https://accounts.google.com`",
    audience="the OAuth client id; whatever a service account asked for",
    typ="`JWT`",
    scopes="none: an ID token says who, not what for",
    roles="none",
    client="`azp`",
    keys="by discovery (`https://www.googleapis.com/oauth2/v3/certs`)",
    evidence="`azp` is one of your clients: any service account of anybody can have an ID token for any `aud`",
    quirks=(
        "Google's access tokens are opaque; ask your client to send its ID token, and know that it has no scopes.",
        "Tokens of old clients have the issuer `accounts.google.com` without https; they are refused.",
        "`hd` is there only for users of a Google Workspace; the domain of `email` proves nothing.",
        "`sub` is the user's key; an e-mail address may change hands.",
    ),
    sources=(
        "Google, OpenID Connect API reference (undated copy, read 2026-11)",
        "google-auth-library TokenPayload (undated copy, read 2026-11)",
        "an OIDC policy guide, audience of service accounts (undated copy, read 2026-11)",
    ),
    unverified=(
        "Google's page says `azp` may be missing when it equals the audience; it is required all the same.",
        "That a service account's `azp` is its unique id is from practice.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": "JWT",
        "client_id_claim": "azp",
        "user_claims": UserClaims(is_verified="email_verified"),
    },
)
