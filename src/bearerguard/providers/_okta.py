"""Okta."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from ..policy import ANY_TYPE, Marker, Policy
from ._inputs import host, members, word, wrong
from ._provider import Present, Provider

_SERVER: Final = re.compile(r"[A-Za-z0-9]+")
_ADMIN: Final = re.compile(r"-admin\.(?=okta(?:preview|-emea)?\.com\Z)")


def okta(
    domain: str,
    audience: str | Collection[str] | Marker = "api://default",
    *,
    server: str = "default",
    **overrides: Any,
) -> Policy:
    """Return the policy for the access tokens of a custom authorization server of Okta.

    ``domain`` is the organisation's (``my-org.okta.com``) or its custom domain. ``audience`` and ``server`` are the
    authorization server's audience and id; Okta's ready-made one is ``default``, for ``api://default``. Keywords of
    `Policy` override the row.

    Raises `ConfigurationError`, for the organisation's own server too: Okta alone can validate its access tokens.
    """
    name = host(domain, "domain", "my-org.okta.com")
    if _ADMIN.search(name):
        raise wrong(f"That is the admin console's host: write {_ADMIN.sub('.', name)!r}.")
    if server in ("", None):
        raise wrong(
            "server is the id of a custom authorization server, such as 'default'. The access tokens of the organisation's "
            "own server are for Okta's API and nobody else can validate them."
        )
    word(
        server,
        "server",
        _SERVER,
        "aus1a2b3c4D5e6F7g8h9",
        "It is the authorization server's id, not its name or URL.",
    )
    if any(member.rstrip("/") == f"https://{name}" for member in members(audience)):
        raise wrong(
            "That is the audience of the organisation's own server, whose tokens are for Okta's API: write the audience "
            "of a custom authorization server, such as 'api://default'.",
            "configuration_audience",
        )
    return ROW.fill(overrides, issuer=f"https://{name}/oauth2/{server}", audience=audience)


ROW: Final = Provider(
    name="okta",
    title="Okta",
    accepts="access tokens",
    policy=okta,
    example=("my-org.okta.com",),
    issuer="`https://<domain>/oauth2/<server id>`, without a trailing slash",
    audience="the authorization server's audience, `api://default` for `default`",
    typ="none",
    scopes="`scp`, an array",
    roles="`groups`, an array, if the authorization server has a claim of that name",
    client="`cid`",
    keys="by discovery (`/v1/keys` below the issuer)",
    evidence="`cid`, which an ID token does not have",
    quirks=(
        "The organisation's own server (issuer `https://<domain>`) is refused: its access tokens are Okta's own business.",
        "`sub` is a name, usually the login, and may change; `uid` is the user and stays.",
        "A machine's `sub` is the client's id, and there is no `uid`.",
    ),
    sources=(
        "Okta, OpenID Connect and OAuth 2.0 API reference (undated copies, read 2026-11)",
        "Okta support, access tokens of the org authorization server (undated, later than 2024-03)",
        "@okta/jwt-verifier 4.0 (undated copy, read 2026-11)",
    ),
    unverified=(
        "That ID tokens never have `cid`, the name `groups` and the path of the key set are from practice.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": ANY_TYPE,
        "scope_claim": "scp",
        "client_id_claim": "cid",
        "roles_claim": "groups",
        "checks": (Present(("cid",), "Okta's access tokens have one, its ID tokens have none"),),
    },
)
