"""Tokens as each provider really makes them, and the other tokens it signs with the same keys.

Members are in the provider's own order and spelling, values are made up. `impostors` are whole tokens of the provider that
are no credentials for this API, made as hard to tell apart as they can be: where an audience can coincide, it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bearerguard import Policy, Verifier
from bearerguard.errors import TokenError
from bearerguard.providers import (
    auth0,
    authgear,
    clerk,
    cognito,
    entra,
    firebase,
    google,
    keycloak,
    okta,
    ory,
    supabase,
    zitadel,
)
from bearerguard.verified import Verified
from tests.core.builders import NOW, jwk, jwks, jws, private_key

RSA: Final = private_key("RSA", 30)
EC: Final = private_key("P-256", 30)
STRANGER: Final = private_key("RSA", 31)
KEYS: Final = jwks(jwk(RSA, kid="rsa"), jwk(EC, kid="ec"))

TIMES: Final = {"iat": int(NOW) - 60, "exp": int(NOW) + 240}
API: Final = "https://api.example.com"
TENANT, OTHER_TENANT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "9188040d-6c67-4c5b-b112-36a304b66dad"
ENTRA_API: Final = "6e74172b-be56-4843-9ff4-e66a39bb12e3"
GOOGLE: Final = "1234567890-abc123def456.apps.googleusercontent.com"


@dataclass(frozen=True)
class Impostor:
    """A token of the same provider that must be refused: its whole claims, its header, and the code of the refusal."""

    claims: Mapping[str, Any]
    code: str
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """A provider's good token, what is read from it, and what is not it."""

    policy: Policy
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    subject: str
    client_id: str | None
    audience: tuple[str, ...]
    other_tenant: str
    evidence: tuple[str, ...]
    impostors: Mapping[str, Impostor]
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    """Claims that the provider may have, or come to have, in the place of others."""


def token(header: Mapping[str, Any], claims: Mapping[str, Any], key: Any = None) -> str:
    """A signed token; the key is the provider's unless it is another."""
    head = {"kid": "ec" if header["alg"] == "ES256" else "rsa"} | dict(header)
    return jws(head, TIMES | dict(claims), key or (EC if head["kid"] == "ec" else RSA))


def read(policy: Policy, text: str) -> Verified | str:
    """The caller, or the code of the refusal; `explain` is asked too and must agree."""
    with Verifier(policy, keys=KEYS, clock=lambda: NOW) as verifier:
        report = verifier.explain(text)
        try:
            caller = verifier.verify(text)
        except TokenError as error:
            assert (report.ok, report.code) == (False, error.code)
            return error.code
        assert report.ok
        return caller


WORDS: Final = frozenset({"scope", "scp"})
JWT: Final = {"alg": "RS256", "typ": "JWT"}
UNTYPED: Final = {"alg": "RS256"}

AUTHGEAR: Final = "https://my-project.authgear.cloud"
AUTH0: Final = "https://my-tenant.eu.auth0.com/"
KEYCLOAK: Final = "https://sso.example.com/realms/my-realm"
ENTRA: Final = f"https://login.microsoftonline.com/{TENANT}/v2.0"
COGNITO: Final = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
OKTA: Final = "https://my-org.okta.com/oauth2/default"
CLERK: Final = "https://clerk.example.com"
ZITADEL: Final = "https://my-instance.zitadel.cloud"
ORY: Final = "https://my-project.projects.oryapis.com"
FIREBASE: Final = "https://securetoken.google.com/my-project-1a2b3"
SUPABASE: Final = "https://abcdefghijklmnopqrst.supabase.co/auth/v1"

PROJECT: Final = "69234237810729019"
ROLES_OF: Final = f"urn:zitadel:iam:org:project:{PROJECT}:roles"

_zitadel_roles: Final = {"reader": {"6923": "acme.zitadel.cloud"}, "admin": {"6923": "acme.zitadel.cloud"}}
_keycloak_common: Final = {
    "jti": "5f8c",
    "iss": KEYCLOAK,
    "sub": "f81d4fae",
    "azp": "web",
    "sid": "b2c1",
    "acr": "1",
}
_entra_common: Final = {
    "iss": ENTRA, "nbf": int(NOW) - 60, "aio": "AXQA", "name": "Abe", "oid": "690222be", "preferred_username": "abe@example.com",
    "rh": "I", "sub": "HKZpfaHy", "tid": TENANT, "uti": "fqiBqXLP", "ver": "2.0",
}  # fmt: skip
_cognito_common: Final = {
    "sub": "c27a05a2",
    "iss": COGNITO,
    "auth_time": int(NOW) - 60,
    "cognito:groups": ["admin"],
    "jti": "d492",
}
_firebase_common: Final = {
    "auth_time": int(NOW) - 900,
    "user_id": "uid1",
    "sub": "uid1",
    "email_verified": True,
    "role": "editor",
}
_google_common: Final = {
    "iss": "https://accounts.google.com",
    "aud": GOOGLE,
    "sub": "110169484474386276334",
    "email_verified": True,
}
_clerk_common: Final = {
    "azp": "https://app.example.com",
    "iss": CLERK,
    "nbf": int(NOW) - 70,
    "sub": "user_123",
}

SHAPES: Final[dict[str, Shape]] = {
    "authgear": Shape(
        policy=authgear(AUTHGEAR),
        header={"alg": "RS256", "typ": "at+jwt"},
        claims={
            "iss": AUTHGEAR, "aud": [AUTHGEAR], "client_id": "app", "scope": "openid offline_access", "auth_time": int(NOW) - 60,
            "jti": "9f86d081", "sub": "f81d4fae", "https://authgear.com/claims/user/roles": ["admin"],
            "https://authgear.com/claims/user/is_verified": True,
        },
        subject="f81d4fae", client_id="app", audience=(AUTHGEAR,), scopes=frozenset({"openid", "offline_access"}),
        roles=frozenset({"admin"}), other_tenant="https://other-project.authgear.cloud", evidence=(),
        impostors={
            "ID token": Impostor({"iss": AUTHGEAR, "aud": ["app"], "sub": "f81d4fae"}, "token_type_wrong", {"typ": "JWT"}),
            "token for a resource": Impostor({"iss": AUTHGEAR, "aud": ["https://mcp.example.com"], "sub": "a"}, "audience_wrong"),
        },
    ),
    "auth0": Shape(
        policy=auth0("my-tenant.eu.auth0.com", API),
        header=JWT,
        claims={
            "iss": AUTH0, "sub": "auth0|123456", "aud": [API, AUTH0 + "userinfo"], "azp": "web",
            "scope": "openid profile read:orders", "permissions": ["read:orders"],
        },
        subject="auth0|123456", client_id="web", audience=(API, AUTH0 + "userinfo"),
        scopes=frozenset({"openid", "profile", "read:orders"}), roles=frozenset({"read:orders"}),
        other_tenant="https://other-tenant.eu.auth0.com/", evidence=("azp",),
        impostors={
            "ID token": Impostor({"iss": AUTH0, "aud": "web", "sub": "auth0|123456", "nonce": "n"}, "audience_wrong"),
            "ID token of a client with the API's name": Impostor({"iss": AUTH0, "aud": API, "sub": "auth0|1", "sid": "s"}, "claim_refused"),
            "token of the other profile": Impostor(
                {"iss": AUTH0, "aud": [API], "sub": "auth0|123456", "client_id": "web", "jti": "73Wa"}, "token_type_wrong", {"typ": "at+jwt"}
            ),
            "token for userinfo alone": Impostor({"iss": AUTH0, "aud": [AUTH0 + "userinfo"], "sub": "auth0|1", "azp": "web"}, "audience_wrong"),
        },
    ),
    "keycloak": Shape(
        policy=keycloak("https://sso.example.com", "my-realm", "orders-api"),
        header=JWT,
        claims=_keycloak_common | {
            "aud": ["orders-api", "account"], "typ": "Bearer", "realm_access": {"roles": ["staff"]},
            "resource_access": {"account": {"roles": ["view-profile"]}}, "scope": "openid email", "email_verified": True,
        },
        subject="f81d4fae", client_id="web", audience=("orders-api", "account"), scopes=frozenset({"openid", "email"}),
        roles=frozenset({"staff"}), other_tenant="https://sso.example.com/realms/other-realm", evidence=("typ",),
        impostors={
            "ID token": Impostor(_keycloak_common | {"aud": "orders-api", "typ": "ID", "at_hash": "h"}, "claim_invalid"),
            "refresh token": Impostor(_keycloak_common | {"aud": ["orders-api"], "typ": "Refresh"}, "claim_invalid"),
            "offline token": Impostor(_keycloak_common | {"aud": ["orders-api"], "typ": "Offline"}, "claim_invalid"),
            "logout token": Impostor(_keycloak_common | {"aud": "orders-api", "typ": "Logout"}, "token_type_wrong", {"typ": "logout+jwt"}),
            "token bound by DPoP": Impostor(_keycloak_common | {"aud": ["orders-api"], "typ": "DPoP", "cnf": {"jkt": "x"}}, "claim_invalid"),
            "token for the account console": Impostor(_keycloak_common | {"aud": "account", "typ": "Bearer"}, "audience_wrong"),
            "token without an audience": Impostor(_keycloak_common | {"typ": "Bearer"}, "audience_wrong"),
        },
    ),
    "entra": Shape(
        policy=entra(TENANT, ENTRA_API),
        header=JWT,
        claims=_entra_common | {"aud": ENTRA_API, "azp": ENTRA_API, "azpacr": "0", "scp": "access_as_user orders.read", "roles": ["Reader"]},
        subject="HKZpfaHy", client_id=ENTRA_API, audience=(ENTRA_API,), scopes=frozenset({"access_as_user", "orders.read"}),
        roles=frozenset({"Reader"}), other_tenant=f"https://login.microsoftonline.com/{OTHER_TENANT}/v2.0", evidence=("azp", "ver"),
        impostors={
            "ID token of the same registration": Impostor(_entra_common | {"aud": ENTRA_API, "roles": ["Reader"], "nonce": "n"}, "claim_refused"),
            "token of version 1.0": Impostor(
                _entra_common | {"iss": f"https://sts.windows.net/{TENANT}/", "aud": ENTRA_API, "ver": "1.0", "appid": "web"}, "issuer_wrong"
            ),
            "token for Microsoft Graph": Impostor(_entra_common | {"aud": "https://graph.microsoft.com", "azp": "web"}, "audience_wrong"),
        },
    ),
    "cognito": Shape(
        policy=cognito("eu-west-1_Ab12Cd34E", "1example23456789"),
        header=UNTYPED,
        claims=_cognito_common | {
            "version": 2, "client_id": "1example23456789", "event_id": "ce82", "token_use": "access", "scope": "openid orders/read",
            "username": "sai",
        },
        subject="c27a05a2", client_id="1example23456789", audience=("1example23456789",), scopes=frozenset({"openid", "orders/read"}),
        roles=frozenset({"admin"}), other_tenant="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Zz99Yy88X",
        evidence=("token_use", "client_id"),
        impostors={
            "ID token": Impostor(_cognito_common | {"aud": "1example23456789", "token_use": "id", "cognito:username": "sai"}, "audience_wrong"),
            "ID token with the client's id": Impostor(
                _cognito_common | {"aud": "1example23456789", "client_id": "1example23456789", "token_use": "id"}, "claim_invalid"
            ),
            "another client's token": Impostor(_cognito_common | {"client_id": "2example23456789", "token_use": "access"}, "audience_wrong"),
        },
    ),
    "okta": Shape(
        policy=okta("my-org.okta.com"),
        header=UNTYPED,
        claims={
            "ver": 1, "jti": "AT.0mP4", "iss": OKTA, "aud": "api://default", "cid": "0oabucvy", "uid": "00uid4Bx",
            "scp": ["openid", "orders:read"], "auth_time": int(NOW) - 60, "sub": "user@example.com", "groups": ["Everyone", "Staff"],
        },
        subject="user@example.com", client_id="0oabucvy", audience=("api://default",), scopes=frozenset({"openid", "orders:read"}),
        roles=frozenset({"Everyone", "Staff"}), other_tenant="https://other-org.okta.com/oauth2/default", evidence=("cid",),
        impostors={
            "ID token": Impostor({"ver": 1, "jti": "ID.4eA", "iss": OKTA, "aud": "0oabucvy", "sub": "00uid4Bx"}, "audience_wrong"),
            "ID token for the same audience": Impostor({"ver": 1, "jti": "ID.4", "iss": OKTA, "aud": "api://default", "sub": "0"}, "claim_refused"),
            "token of the organisation's server": Impostor(
                {"iss": "https://my-org.okta.com", "aud": "https://my-org.okta.com", "sub": "u", "cid": "0oa"}, "token_type_wrong",
                {"typ": "application/okta-internal-at+jwt"},
            ),
            "token of another server": Impostor({"iss": OKTA + "2", "aud": "api://default", "cid": "0oa", "sub": "u"}, "issuer_wrong"),
        },
    ),
    "google": Shape(
        policy=google(GOOGLE),
        header=JWT,
        claims=_google_common | {"azp": GOOGLE, "at_hash": "HK6E", "hd": "example.com", "email": "u@example.com"},
        subject="110169484474386276334", client_id=GOOGLE, audience=(GOOGLE,), also=WORDS, other_tenant="accounts.google.com", evidence=("azp",),
        impostors={
            "ID token of anybody's service account": Impostor(
                _google_common | {"azp": "107517467455664443765", "email": "x@y.iam.gserviceaccount.com"}, "claim_refused"
            ),
            "ID token for another application": Impostor(_google_common | {"aud": "9-x.apps.googleusercontent.com", "azp": GOOGLE}, "audience_wrong"),
            "assertion a service account signs itself": Impostor(_google_common | {"iss": "x@y.iam.gserviceaccount.com"}, "issuer_wrong"),
        },
    ),
    "clerk": Shape(
        policy=clerk(CLERK, ["https://app.example.com", "http://localhost:3000"]),
        header=JWT | {"cat": "cl_B7d4PD111AAA"},
        claims=_clerk_common | {
            "fva": [7, -1], "jti": "1234", "sid": "sess_123", "sts": "active", "v": 2,
            "o": {"id": "org_1", "rol": "admin", "slg": "acme", "per": "read,manage"},
        },
        subject="user_123", client_id=None, audience=("https://app.example.com",), roles=frozenset({"admin"}), also=WORDS | {"client_id"},
        other_tenant="https://other-app.clerk.accounts.dev", evidence=("azp", "sid"),
        impostors={
            "token of a JWT template": Impostor(_clerk_common, "claim_refused", {"cat": "cl_B7d4PD222AAA"}),
            "token of a machine": Impostor({"iss": CLERK, "sub": "mch_1", "scopes": "mch_2"}, "audience_wrong", {"cat": "cl_B7d4PD333AAA"}),
            "token of an unfinished session": Impostor(_clerk_common | {"sid": "sess_123", "sts": "pending", "v": 2}, "claim_refused"),
            "token of another front end": Impostor(_clerk_common | {"azp": "https://evil.example", "sid": "sess_123"}, "audience_wrong"),
            "token of a front end over http": Impostor(_clerk_common | {"azp": "http://app.example.com", "sid": "s"}, "audience_wrong"),
            "OAuth access token": Impostor({"iss": CLERK, "sub": "user_123", "client_id": "c", "azp": "https://app.example.com"}, "token_type_wrong", {"typ": "at+jwt"}),
        },
    ),
    "zitadel": Shape(
        policy=zitadel(ZITADEL, PROJECT),
        header=JWT,
        claims={
            "iss": ZITADEL, "sub": "77776025198584418", "aud": ["69234237810729234", PROJECT], "nbf": int(NOW) - 60,
            "jti": "69234237813329048", "client_id": "69234237810729234", ROLES_OF: _zitadel_roles,
            "urn:zitadel:iam:org:project:roles": {"other": {"6923": "acme.zitadel.cloud"}},
        },
        subject="77776025198584418", client_id="69234237810729234", audience=("69234237810729234", PROJECT),
        roles=frozenset({"reader", "admin"}), also=frozenset({"scope", "azp"}), other_tenant="https://other-instance.zitadel.cloud", evidence=("jti",),
        impostors={
            "ID token": Impostor(
                {"iss": ZITADEL, "aud": ["69234237810729234", PROJECT], "azp": "69234237810729234", "sub": "7", "at_hash": "h", "amr": ["pwd"]},
                "claim_refused",
            ),
            "ID token that has a jti": Impostor({"iss": ZITADEL, "aud": [PROJECT], "sub": "7", "jti": "1", "at_hash": "h"}, "claim_refused"),
            "token of another project": Impostor({"iss": ZITADEL, "aud": ["1", "2"], "sub": "7", "jti": "1"}, "audience_wrong"),
        },
    ),
    "ory": Shape(
        policy=ory(ORY, API),
        header=JWT,
        claims={
            "aud": [API], "client_id": "dce8", "ext": {"roles": ["x"]}, "iss": ORY, "jti": "1d4f", "nbf": int(NOW) - 60,
            "scp": ["openid", "orders"], "sub": "f81d4fae",
        },
        subject="f81d4fae", client_id="dce8", audience=(API,), scopes=frozenset({"openid", "orders"}), also=frozenset({"scope"}),
        other_tenant="https://other-project.projects.oryapis.com", evidence=("client_id", "jti"),
        impostors={
            "ID token": Impostor({"aud": [API], "iss": ORY, "jti": "1", "at_hash": "h", "rat": int(NOW), "sid": "s", "sub": "f"}, "claim_refused"),
            "token without an audience": Impostor({"aud": [], "client_id": "d", "iss": ORY, "jti": "1", "sub": "f"}, "audience_wrong"),
        },
    ),
    "firebase": Shape(
        policy=firebase("my-project-1a2b3"),
        header=JWT,
        claims=_firebase_common | {
            "iss": FIREBASE, "aud": "my-project-1a2b3", "firebase": {"identities": {"email": ["u@example.com"]}, "sign_in_provider": "password"},
        },
        subject="uid1", client_id=None, audience=("my-project-1a2b3",), also=WORDS | {"client_id"}, other_tenant="https://securetoken.google.com/other-project",
        evidence=("firebase", "auth_time"),
        impostors={
            "session cookie": Impostor(
                _firebase_common | {"iss": "https://session.firebase.google.com/my-project-1a2b3", "aud": "my-project-1a2b3", "firebase": {}},
                "issuer_wrong",
            ),
            "custom token": Impostor(
                {"iss": "x@y.iam.gserviceaccount.com", "aud": "https://identitytoolkit.googleapis.com/x", "uid": "uid1", "sub": "x"}, "issuer_wrong"
            ),
            "token of a tenant within the project": Impostor(
                _firebase_common | {"iss": FIREBASE, "aud": "my-project-1a2b3", "firebase": {"tenant": "tenant-a1b2c"}}, "claim_refused"
            ),
        },
    ),
    "supabase": Shape(
        policy=supabase("abcdefghijklmnopqrst"),
        header={"alg": "ES256", "typ": "JWT"},
        claims={
            "aal": "aal1", "amr": [{"method": "password", "timestamp": 1640991600}], "app_metadata": {"provider": "email", "roles": ["editor"]},
            "aud": "authenticated", "email": "user@example.com", "iss": SUPABASE, "phone": "", "role": "authenticated",
            "session_id": "123e4567", "sub": "123e4567-e89b", "user_metadata": {"roles": ["admin"]}, "is_anonymous": False,
        },
        subject="123e4567-e89b", client_id=None, audience=("authenticated",), also=WORDS | {"client_id"}, roles=frozenset({"authenticated"}),
        other_tenant="https://zyxwvutsrqponmlkjihg.supabase.co/auth/v1", evidence=("role", "session_id"),
        impostors={
            "the key anon": Impostor({"iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": "anon"}, "issuer_wrong"),
            "the key service_role": Impostor({"iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": "service_role"}, "issuer_wrong"),
            "a service_role token of the right issuer": Impostor(
                {"iss": SUPABASE, "aud": "authenticated", "sub": "s", "role": "service_role", "session_id": "1"}, "claim_invalid"
            ),
        },
    ),
}  # fmt: skip
