"""Keycloak."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from ..policy import ANY_TYPE, Marker, Policy, UserClaims
from ._inputs import members, origin, word, wrong
from ._provider import Provider

_REALM: Final = re.compile(r"[A-Za-z0-9._~-]+")


def keycloak(server: str, realm: str, audience: str | Collection[str] | Marker, **overrides: Any) -> Policy:
    """Return the policy for the access tokens of a Keycloak realm.

    ``server`` is the public URL: ``https://sso.example.com``, with ``/auth`` where the server has that path. ``audience``
    is what an audience mapper or a client's roles put into ``aud``, usually the API's client id. Roles are the realm's;
    for a client's write ``roles_claim=("resource_access", "my-client", "roles")``. Keywords of `Policy` override the row.

    Raises `ConfigurationError`, for the audience ``account`` too: nearly every token of a realm has it.
    """
    base = origin(server, "server", path=True)
    if "/realms/" in f"{base}/":
        base = base.split("/realms")[0]
        raise wrong(f"server and realm are two settings: write {base!r:.200} and the realm's name beside it.")
    name = word(realm, "realm", _REALM, "my-realm", "It is the realm's name in its URLs.")
    if "account" in members(audience):
        raise wrong(
            "'account' is in nearly every token of a realm, so it says nothing about this API: add an audience mapper "
            "to a client scope in Keycloak and write its audience here.",
            "configuration_audience",
        )
    return ROW.fill(overrides, issuer=f"{base}/realms/{name}", audience=audience)


ROW: Final = Provider(
    name="keycloak",
    title="Keycloak",
    accepts="access tokens",
    policy=keycloak,
    example=("https://sso.example.com", "my-realm", "orders-api"),
    issuer="the public URL, `/realms/` and the realm's name, without a trailing slash",
    audience="client ids or URIs that mappers put there, a string or an array; often only `account`, or no `aud` at all",
    typ="`JWT`, or `at+jwt` where a client is set so; ID tokens have `JWT`",
    scopes="`scope`, words between spaces",
    roles="`realm_access.roles`, an array; a client's own in `resource_access.<client>.roles`",
    client="`azp`",
    keys="by discovery (`/protocol/openid-connect/certs`)",
    evidence="the claim `typ` is `Bearer` (`ID` in an ID token, `Refresh`, `Offline` and `Logout` in others)",
    quirks=(
        "The base path is `/auth` before Keycloak 17, and none since unless the server is set so.",
        "`aud` is only what mappers put there: the client that asked for the token is `azp` and not in it.",
        "The audience `account` comes from every user's default roles and is refused as a setting.",
        "A token bound by DPoP has the claim `typ` `DPoP` and is no bearer token.",
        "The issuer follows the host name of the request unless `hostname` is set: set it.",
    ),
    sources=(
        "keycloak/keycloak#37573, header type `at+jwt` for a client (2025-02)",
        "Keycloak's TokenUtil.java, values of the claim `typ` (undated copy, read 2026-11)",
        "Phase Two, Keycloak Audience, against Keycloak 26.8.1 (2026-10)",
    ),
    unverified=(
        "The base paths, `realm_access`, `resource_access` and that `hostname` fixes the issuer are from practice.",
        "Which algorithms a realm may be set to is from practice; the default is RS256.",
    ),
    settings={
        "algorithms": (
            *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
            *("ES256", "ES384", "ES512", "EdDSA"),
        ),
        "token_type": ANY_TYPE,
        "scope_claim": "scope",
        "client_id_claim": "azp",
        "roles_claim": ("realm_access", "roles"),
        "required_claims": {"typ": "Bearer"},
        "user_claims": UserClaims(is_verified="email_verified"),
    },
)
