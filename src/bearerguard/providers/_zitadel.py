"""Zitadel."""

from __future__ import annotations

import re
from typing import Any, Final

from ..policy import Policy
from ._inputs import origin, word
from ._provider import Absent, Present, Provider

_PROJECT: Final = re.compile(r"[0-9]{1,24}")


def zitadel(instance: str, project_id: str, **overrides: Any) -> Policy:
    """Return the policy for the JWT access tokens of a Zitadel project.

    ``instance`` is the URL of the instance: ``https://my-instance.zitadel.cloud`` or its custom domain. ``project_id`` is
    the project of this API, which is in ``aud`` and whose roles are read. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    issuer = origin(instance, "instance")
    project = word(
        project_id, "project_id", _PROJECT, "69234237810729019", "It is the project's id, not its name."
    )
    return ROW.fill(
        overrides,
        issuer=issuer,
        audience=project,
        roles_claim=f"urn:zitadel:iam:org:project:{project}:roles",
    )


ROW: Final = Provider(
    name="zitadel",
    title="Zitadel",
    accepts="access tokens",
    policy=zitadel,
    example=("https://my-instance.zitadel.cloud", "69234237810729019"),
    issuer="the instance's URL, without a trailing slash",
    audience="an array of client ids and the project's id; the same in ID tokens",
    typ="`JWT`, like ID tokens",
    scopes="none: a JWT access token does not say its scopes; if a later version does, `scope`",
    roles="`urn:zitadel:iam:org:project:<project id>:roles`, an object whose keys are the roles and whose values name the "
    "organisations that granted them",
    client="`client_id`, or `azp`",
    keys="by discovery (`/oauth/v2/keys`)",
    evidence="`jti`, and neither `at_hash` nor `nonce`: `aud` and `typ` are those of the ID token",
    quirks=(
        "Access tokens are opaque unless the application's token type is JWT.",
        "Roles are asserted only if the project or a scope asks for them.",
        "`urn:zitadel:iam:org:project:roles`, without an id, is about the client's project, maybe another; it is not read.",
        "A role counts whichever organisation granted it: look at the claim's values where that matters.",
    ),
    sources=(
        "zitadel/zitadel, claims.md and internal/api/oidc (undated copies, read 2026-11); zitadel/oidc, signer.go",
        "zitadel/zitadel#12180, no `scope` in JWT access tokens (2026-05, open); zitadel/oidc#649, `client_id` (2024-09)",
    ),
    unverified=(
        "Sources disagree whether a project's roles are an object or an array of objects: only the object is read.",
        "Which algorithms web keys may use: RS256 only, unless algorithms= says more.",
        "The path of the key set is from practice; it is found by discovery.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": "JWT",
        "scope_claim": "scope",
        "client_id_claim": ("client_id", "azp"),
        "checks": (
            Present(("jti",), "Zitadel's access tokens have one, its ID tokens have none"),
            Absent(("at_hash", "nonce"), "that is an ID token's"),
        ),
    },
)
