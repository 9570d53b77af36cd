"""Amazon Cognito user pools."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from ..policy import ANY_TYPE, Marker, Policy
from ._inputs import members, word, wrong
from ._provider import Provider

_POOL: Final = re.compile(r"([a-z]{2,}(?:-[a-z]+)+-[0-9]+)_[A-Za-z0-9]+")
_OTHER_PARTITIONS: Final = ("cn-", "eusc-")


def cognito(user_pool_id: str, client_id: str | Collection[str] | Marker, **overrides: Any) -> Policy:
    """Return the policy for the access tokens of an Amazon Cognito user pool.

    ``user_pool_id`` begins with its region: ``eu-west-1_Ab12Cd34E``. ``client_id`` is the app client whose tokens are
    accepted, or several: Cognito's access tokens have no ``aud``, so the client is the only audience there is. What a
    client may do here is in the scopes. Keywords of `Policy` override the row.

    Raises `ConfigurationError`.
    """
    pool = word(
        user_pool_id,
        "user_pool_id",
        _POOL,
        "eu-west-1_Ab12Cd34E",
        "It is the pool's id, not its name or ARN.",
    )
    region = pool.partition("_")[0]
    if region.startswith(_OTHER_PARTITIONS) and "issuer" not in overrides:
        raise wrong(
            f"In {region} the issuer has another domain: write issuer= as the pool's discovery document spells it."
        )
    for member in members(client_id):
        if not member.isalnum():
            raise wrong(
                f"client_id is the app client's id, letters and digits such as '1example23456789', not {member!r:.200}: "
                "Cognito's access tokens have no other audience.",
                "configuration_audience",
            )
    return ROW.fill(
        overrides, issuer=f"https://cognito-idp.{region}.amazonaws.com/{pool}", audience=client_id
    )


ROW: Final = Provider(
    name="cognito",
    title="Amazon Cognito",
    accepts="access tokens",
    policy=cognito,
    example=("eu-west-1_Ab12Cd34E", "1example23456789"),
    issuer="`https://cognito-idp.<region>.amazonaws.com/<user pool id>`, without a trailing slash",
    audience="no `aud`: the app client's id in `client_id` stands for it",
    typ="none",
    scopes="`scope`, words between spaces",
    roles="`cognito:groups`, an array, absent if there are none",
    client="`client_id`",
    keys="by discovery (`/.well-known/jwks.json` below the issuer)",
    evidence="`token_use` is `access` (`id` in an ID token, whose `aud` is the client's id)",
    quirks=(
        "Access tokens and ID tokens are signed with different keys of one key set.",
        "A sign-in by the SDK gives only the scope `aws.cognito.signin.user.admin`; custom scopes need the OAuth endpoints.",
        "A replicated pool may use the issuer `https://issuer-cognito-idp.<region>.amazonaws.com/<user pool id>`: give issuer=.",
    ),
    sources=(
        "AWS, Understanding the access token (undated copy, read 2026-11)",
        "awslabs/aws-jwt-verify#46, no `aud` (2022-01); #239 (2026-01) and #282 (2026-07), the other issuer",
        "a published sample token (2018-08)",
    ),
    unverified=(
        "Tokens bound to a resource may have an `aud`; it is not read: audience_claim= and audience= override.",
        "The issuers in China and in the European Sovereign Cloud: issuer= is asked for.",
    ),
    settings={
        "algorithms": ("RS256",),
        "token_type": ANY_TYPE,
        "audience_claim": "client_id",
        "scope_claim": "scope",
        "client_id_claim": "client_id",
        "roles_claim": "cognito:groups",
        "required_claims": {"token_use": "access"},
    },
)
