"""Authgear."""

from __future__ import annotations

from typing import Any, Final

from ..errors import ConfigurationError
from ..policy import Marker, Policy, UserClaims
from ._provider import Provider

_CLAIM: Final = "https://authgear.com/claims/user/"


def authgear(
    endpoint: str,
    *,
    audience: str | tuple[str, ...] | list[str] | Marker | None = None,
    **overrides: Any,
) -> Policy:
    """Return the policy for the access tokens of an Authgear project.

    ``endpoint`` is the project's public origin: ``https://my-project.authgear.cloud``, or the custom domain once there is
    one. ``audience`` is the endpoint unless tokens are bound to a resource (RFC 8707), as an MCP server's are: then
    the resource's URI, exactly as it was registered. Keywords of `Policy` override the row.

    Raises `ConfigurationError` for an endpoint with a trailing slash or a path: Authgear's ``iss`` never has one.
    """
    if isinstance(endpoint, str) and endpoint.count("/") > 2 and endpoint.startswith(("https://", "http://")):
        meant = "/".join(endpoint.split("/")[:3])
        raise ConfigurationError(
            f"An Authgear endpoint is an origin without a trailing slash or path: write {meant!r:.200}.",
            code="configuration_issuer",
        )
    return ROW.fill(overrides, issuer=endpoint, audience=endpoint if audience is None else audience)


ROW: Final = Provider(
    name="authgear",
    title="Authgear",
    accepts="access tokens",
    policy=authgear,
    example=("https://my-project.authgear.cloud",),
    issuer="the project's endpoint, an origin without a trailing slash; the custom domain as soon as there is one",
    audience="an array of the endpoint; of the resource's URI for a token bound to a resource (RFC 8707)",
    typ="`at+jwt`; ID tokens have `JWT`",
    scopes="`scope`, words between spaces",
    roles="`https://authgear.com/claims/user/roles`, an array, empty if there are none",
    client="`client_id`",
    keys="by discovery (`/oauth2/jwks`)",
    evidence="`typ` is `at+jwt`",
    quirks=(
        'Without "Issue JWT as access token" an application gets opaque tokens, which no verifier of JWTs can read.',
        "A resource's URI with a trailing slash is another resource than the one without.",
        "A machine's token has `sub` `client_id_<id>` and says nothing about a user.",
    ),
    sources=("Authgear's server, SDKs and documentation (2026-06 and later)",),
    settings={
        "algorithms": ("RS256",),
        "token_type": "at+jwt",
        "roles_claim": _CLAIM + "roles",
        "user_claims": UserClaims(
            is_verified=_CLAIM + "is_verified",
            is_anonymous=_CLAIM + "is_anonymous",
            can_reauthenticate=_CLAIM + "can_reauthenticate",
        ),
    },
)
