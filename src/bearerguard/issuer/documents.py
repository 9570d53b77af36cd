"""What the issuer publishes: its metadata, its keys, and where each is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from .signing import SigningKey

KEY_SET_PATH: Final = "/oauth2/jwks"
DISCOVERY_PATHS: Final = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")

# Member of the metadata -> last part of the path below /oauth2/.
_ENDPOINTS: Final = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "revocation_endpoint": "revoke",
    "jwks_uri": "jwks",
    "userinfo_endpoint": "userinfo",
    "end_session_endpoint": "end_session",
    "registration_endpoint": "register",
}


def discovery(issuer: str, algorithm: str) -> dict[str, Any]:
    """Return the metadata (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).

    Authgear serves one document under both well-known names, and it has no introspection endpoint.
    """
    return {
        "issuer": issuer,
        **{member: f"{issuer}/oauth2/{name}" for member, name in _ENDPOINTS.items()},
        "scopes_supported": ["openid", "offline_access", "https://authgear.com/scopes/full-access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
        "claims_supported": ["iss", "aud", "iat", "exp", "sub", "auth_time", "amr"],
    }


def key_set(keys: Iterable[SigningKey]) -> dict[str, Any]:
    """Return the public halves as a JWK Set (RFC 7517 section 5), in the order given: the first one signs."""
    return {"keys": [key.jwk() for key in keys]}
