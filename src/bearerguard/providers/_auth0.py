"""Auth0."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal

from ..policy import Marker, Policy
from ._inputs import host, members, wrong
from ._provider import Present, Provider

_PROFILES: Final[dict[str, dict[str, Any]]] = {
    "auth0": {
        "token_type": "JWT",
        "client_id_claim": "azp",
        "checks": (Present(("azp",), "Auth0's access tokens have one, its ID tokens have none"),),
    },
    "rfc9068": {
        "token_type": "at+jwt",
        "client_id_claim": "client_id",
        "required_claims": ("client_id", "jti"),
    },
}


def auth0(
    domain: str,
    audience: str | Collection[str] | Marker,
    *,
    profile: Literal["auth0", "rfc9068"] = "auth0",
    **overrides: Any,
) -> Policy:
    """Return the policy for the access tokens of an API in an Auth0 tenant.

    ``domain`` is the tenant's (``my-tenant.eu.auth0.com``), or the custom domain by which tokens are requested.
    ``audience`` is the API's identifier. ``profile`` is the API's *JSON Web Token (JWT) Profile*: ``auth0``, the default
    there too, or ``rfc9068``. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    if profile not in tuple(_PROFILES):
        raise wrong(
            f"profile is 'auth0' or 'rfc9068', as the API's settings have it, not {profile!r:.40}.",
            "configuration_token_type",
        )
    issuer = f"https://{host(domain, 'domain', 'my-tenant.eu.auth0.com')}/"
    if f"{issuer}userinfo" in members(audience):
        raise wrong(
            "audience is this API's identifier; '/userinfo' is in the token of every client that asked for 'openid'.",
            "configuration_audience",
        )
    return ROW.fill(overrides, issuer=issuer, audience=audience, **_PROFILES[profile])


ROW: Final = Provider(
    name="auth0",
    title="Auth0",
    accepts="access tokens",
    policy=auth0,
    example=("my-tenant.eu.auth0.com", "https://api.example.com"),
    issuer="`https://`, the domain, and a trailing slash",
    audience="the API's identifier; an array with `/userinfo` beside it when `openid` was asked for",
    typ="`JWT` (profile `auth0`, the default) or `at+jwt` (profile `rfc9068`)",
    scopes="`scope`, words between spaces",
    roles="`permissions`, an array, once RBAC and *Add Permissions in the Access Token* are on",
    client="`azp` (profile `auth0`) or `client_id` (profile `rfc9068`)",
    keys="by discovery",
    evidence="`azp` (profile `auth0`), or `typ` `at+jwt`, `client_id` and `jti` (profile `rfc9068`)",
    quirks=(
        "The issuer ends with a slash, for custom domains too.",
        "A client that names no audience gets an opaque token or one for `/userinfo`, not one for your API.",
        "A machine's `sub` is the client's id followed by `@clients`.",
        "An API whose signing algorithm is HS256 has no public key: choose RS256 in its settings.",
    ),
    sources=(
        "Auth0 documentation, Access Token Profiles and Signing Algorithms (undated copies, read 2026-11)",
        "Auth0 Node.js SDK 5.3, token dialects and signing algorithms (undated copy, read 2026-11)",
    ),
    unverified=(
        "Sources disagree whether an API may sign with RS512: only RS256 and PS256 are accepted.",
        "That the header of the profile `auth0` says `JWT` is from practice, not from the pages read.",
        "Custom domains, machines' tokens and what a client gets that names no audience are from practice.",
        "That no ID token has `azp` is from practice; ID tokens also differ in `aud`, which is the client's id.",
    ),
    settings={"algorithms": ("RS256", "PS256"), "scope_claim": "scope", "roles_claim": "permissions"},
)
