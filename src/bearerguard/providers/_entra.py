"""Microsoft Entra ID."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final, Literal

from ..policy import Marker, Policy
from ._inputs import members, word, wrong
from ._provider import Present, Provider

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EXAMPLE: Final = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
_MANY_TENANTS: Final = {"common", "organizations", "consumers"}
_CONSUMERS: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
_WHY: Final = "Entra's access tokens have one, its ID tokens have none"


def entra(
    tenant: str,
    audience: str | Collection[str] | Marker,
    *,
    version: Literal["2.0", "1.0"] = "2.0",
    **overrides: Any,
) -> Policy:
    """Return the policy for the access tokens of an API registered in Microsoft Entra ID (formerly Azure AD).

    ``tenant`` is the directory (tenant) id, a GUID. ``audience`` is the API's application (client) id, a GUID; for
    ``version="1.0"`` also the application id URI (``api://...``), whichever clients ask for. ``version`` is the API's
    ``accessTokenAcceptedVersion``: the API decides, not the endpoint that a client uses. Keywords of `Policy` override.

    Raises `ConfigurationError`, for ``common``, ``organizations`` and ``consumers`` too: one policy trusts one tenant.
    """
    if version not in ("2.0", "1.0"):
        raise wrong(
            "version is '2.0' or '1.0', the 'ver' of your API's tokens (accessTokenAcceptedVersion in its manifest), "
            f"not {version!r:.40}.",
            "configuration_token_type",
        )
    if isinstance(tenant, str) and tenant in _MANY_TENANTS:
        raise wrong(
            f"{tenant!r} is not a tenant: behind it every tenant has an issuer of its own, and one policy trusts one. "
            f"Write the tenant's id, a GUID, and make a policy for each tenant ({_CONSUMERS} is personal accounts)."
        )
    guid = word(
        tenant, "tenant", _GUID, _EXAMPLE, "It is the directory (tenant) id, in lower case, as in 'iss'."
    )
    if version == "1.0":
        return ROW.fill(
            overrides,
            issuer=f"https://sts.windows.net/{guid}/",
            audience=audience,
            discovery_url=f"https://login.microsoftonline.com/{guid}/.well-known/openid-configuration",
            client_id_claim="appid",
            required_claims={"ver": "1.0"},
            checks=(Present(("appid",), _WHY),),
        )
    for member in members(audience):
        if not _GUID.fullmatch(member):
            raise wrong(
                f"In tokens of version 2.0 the audience is the API's application (client) id, a GUID such as {_EXAMPLE!r}, "
                f"not {member!r:.200}. An application id URI is the audience of version 1.0 only: version='1.0'.",
                "configuration_audience",
            )
    return ROW.fill(
        overrides,
        issuer=f"https://login.microsoftonline.com/{guid}/v2.0",
        audience=audience,
        client_id_claim="azp",
        required_claims={"ver": "2.0"},
        checks=(Present(("azp",), _WHY),),
    )


ROW: Final = Provider(
    name="entra",
    title="Microsoft Entra ID",
    accepts="access tokens",
    policy=entra,
    example=(_EXAMPLE, "6e74172b-be56-4843-9ff4-e66a39bb12e3"),
    issuer="`https://login.microsoftonline.com/<tenant id>/v2.0`; version 1.0: `https://sts.windows.net/<tenant id>/` "
    "with a trailing slash",
    audience="the API's client id, a GUID; version 1.0: that or the application id URI, as the client asked",
    typ="`JWT`, like ID tokens",
    scopes="`scp`, words between spaces; only in a user's tokens",
    roles="`roles`, an array: a user's app roles, or an application's permissions",
    client="`azp`; version 1.0: `appid`",
    keys="by discovery, at `login.microsoftonline.com` for both versions",
    evidence="`ver`, and `azp` (version 1.0: `appid`), which an ID token of the same registration does not have",
    quirks=(
        "`common`, `organizations` and `consumers` are not issuers: one policy trusts one tenant.",
        "The API's manifest decides the version, whichever endpoint the client used; its default is 1.0.",
        "When an API and its client are one registration, the ID token's `aud` is the API's too, so `aud` proves nothing.",
        "`sub` is pairwise, another for each application; `oid` is the same in all of a tenant.",
        "Beyond 200 groups a token has no `groups` but a pointer to them: use app roles.",
        "Microsoft Graph's tokens are not for anyone else to validate.",
    ),
    sources=(
        "Microsoft, Access token claims reference (2023-05)",
        "Microsoft, ID token claims reference (2023-05)",
        "Microsoft, Access tokens in the Microsoft identity platform (2023-08)",
    ),
    unverified=(
        "National clouds, External ID and B2C have other issuers: give issuer= and, where needed, discovery_url=.",
        "Microsoft asks applications not to rely on a claim's presence; `azp` or `appid` is required all the same.",
        "That ID tokens never have `azp` or `appid` is read from their absence in the reference.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": "JWT",
        "scope_claim": "scp",
        "roles_claim": "roles",
    },
)
