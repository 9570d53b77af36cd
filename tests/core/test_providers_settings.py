"""What an operator knows of a provider is read strictly: nonsense meets a sentence that says what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.policy import UNSAFE_ANY_AUDIENCE
from bearerguard.providers import (
    auth0,
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

TENANT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
API = "6e74172b-be56-4843-9ff4-e66a39bb12e3"
GOOGLE = "1234567890-abc123def456.apps.googleusercontent.com"
ISSUER_CODE, AUDIENCE_CODE = "configuration_issuer", "configuration_audience"

NONSENSE: list[tuple[Any, str, str]] = [
    # Auth0
    (lambda: auth0("", API), ISSUER_CODE, "domain is required: write it as 'my-tenant.eu.auth0.com'"),
    (lambda: auth0(None, API), ISSUER_CODE, "domain is required"),  # type: ignore[arg-type]
    (lambda: auth0("https://my-tenant.eu.auth0.com/", API), ISSUER_CODE, "write 'my-tenant.eu.auth0.com', not"),
    (lambda: auth0("my-tenant.eu.auth0.com/", API), ISSUER_CODE, "write 'my-tenant.eu.auth0.com', not"),
    (lambda: auth0("My-Tenant.eu.auth0.com", API), ISSUER_CODE, "write 'my-tenant.eu.auth0.com', not"),
    (lambda: auth0("my-tenant.eu.auth0.com\n", API), ISSUER_CODE, "write 'my-tenant.eu.auth0.com', not"),
    (lambda: auth0("my tenant", API), ISSUER_CODE, "write 'my-tenant.eu.auth0.com', not 'my tenant'"),
    (lambda: auth0("my-tenant", API), ISSUER_CODE, "write 'my-tenant.eu.auth0.com', not 'my-tenant'"),
    (lambda: auth0("a.auth0.com", ""), AUDIENCE_CODE, "audience is required"),
    (lambda: auth0("a.auth0.com", None), AUDIENCE_CODE, "audience is required"),  # type: ignore[arg-type]
    (lambda: auth0("a.auth0.com", ["https://a.auth0.com/userinfo"]), AUDIENCE_CODE, "this API's identifier"),
    (lambda: auth0("a.auth0.com", API, profile="jwt"), "configuration_token_type", "profile is 'auth0' or 'rfc9068'"),  # type: ignore[arg-type]
    (lambda: auth0("a.auth0.com", API, profile=[]), "configuration_token_type", "profile is"),  # type: ignore[arg-type]
    # Keycloak
    (lambda: keycloak("", "r", "a"), ISSUER_CODE, "server is required"),
    (lambda: keycloak("sso.example.com", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com'"),
    (lambda: keycloak("http://sso.example.com", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com'"),
    (lambda: keycloak("https://sso.example.com/", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com'"),
    (lambda: keycloak("https://sso.example.com/auth/", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com/auth'"),
    (lambda: keycloak("https://SSO.example.com/Auth", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com/Auth'"),
    (lambda: keycloak("https://sso.example.com?x", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com'"),
    (lambda: keycloak("https://sso.example.com/realms/r", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com' and"),
    (lambda: keycloak("https://sso.example.com/realms", "r", "a"), ISSUER_CODE, "write 'https://sso.example.com' and"),
    (lambda: keycloak("https://sso.example.com", "", "a"), ISSUER_CODE, "realm is required"),
    (lambda: keycloak("https://sso.example.com", "a/b", "a"), ISSUER_CODE, "realm looks like 'my-realm'"),
    (lambda: keycloak("https://sso.example.com", "my realm", "a"), ISSUER_CODE, "realm's name in its URLs"),
    (lambda: keycloak("https://sso.example.com", "r", "account"), AUDIENCE_CODE, "add an audience mapper"),
    (lambda: keycloak("https://sso.example.com", "r", ["a", "account"]), AUDIENCE_CODE, "add an audience mapper"),
    (lambda: keycloak("https://sso.example.com", "r", ""), AUDIENCE_CODE, "audience is required"),
    # Entra
    *[
        (lambda name=name: entra(name, API), ISSUER_CODE, f"'{name}' is not a tenant")
        for name in ("common", "organizations", "consumers")
    ],
    (lambda: entra("", API), ISSUER_CODE, "tenant is required"),
    (lambda: entra([], API), ISSUER_CODE, "tenant is required"),  # type: ignore[arg-type]
    (lambda: entra("contoso.onmicrosoft.com", API), ISSUER_CODE, f"tenant looks like '{TENANT}'"),
    (lambda: entra(TENANT.upper(), API), ISSUER_CODE, "in lower case, as in 'iss'"),
    (lambda: entra(f"https://login.microsoftonline.com/{TENANT}", API), ISSUER_CODE, "directory (tenant) id"),
    (lambda: entra(TENANT, "api://orders"), AUDIENCE_CODE, "version='1.0'"),
    (lambda: entra(TENANT, [API, "api://orders"]), AUDIENCE_CODE, "not 'api://orders'"),
    (lambda: entra(TENANT, API.upper()), AUDIENCE_CODE, "application (client) id"),
    (lambda: entra(TENANT, ""), AUDIENCE_CODE, "application (client) id"),
    (lambda: entra(TENANT, []), AUDIENCE_CODE, "audience is required"),
    (lambda: entra(TENANT, "", version="1.0"), AUDIENCE_CODE, "audience is required"),
    (lambda: entra(TENANT, API, version="v2.0"), "configuration_token_type", "version is '2.0' or '1.0'"),  # type: ignore[arg-type]
    # Cognito
    (lambda: cognito("", "abc"), ISSUER_CODE, "user_pool_id is required"),
    (lambda: cognito("my-pool", "abc"), ISSUER_CODE, "looks like 'eu-west-1_Ab12Cd34E'"),
    (lambda: cognito("eu-west-1", "abc"), ISSUER_CODE, "not its name or ARN"),
    (lambda: cognito("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A", "abc"), ISSUER_CODE, "not its name"),
    (lambda: cognito("cn-north-1_Ab12", "abc"), ISSUER_CODE, "write issuer="),
    (lambda: cognito("eu-west-1_Ab12", "https://api.example.com"), AUDIENCE_CODE, "app client's id"),
    (lambda: cognito("eu-west-1_Ab12", ""), AUDIENCE_CODE, "app client's id"),
    (lambda: cognito("eu-west-1_Ab12", ()), AUDIENCE_CODE, "audience is required"),
    # Okta
    (lambda: okta(""), ISSUER_CODE, "domain is required"),
    (lambda: okta("https://my-org.okta.com"), ISSUER_CODE, "write 'my-org.okta.com', not"),
    (lambda: okta("https://my-org.okta.com/oauth2/default"), ISSUER_CODE, "write 'my-org.okta.com', not"),
    (lambda: okta("my-org-admin.okta.com"), ISSUER_CODE, "write 'my-org.okta.com'"),
    (lambda: okta("my-org.okta.com", server=""), ISSUER_CODE, "nobody else can validate them"),
    (lambda: okta("my-org.okta.com", server=None), ISSUER_CODE, "nobody else can validate them"),  # type: ignore[arg-type]
    (lambda: okta("my-org.okta.com", server="default/"), ISSUER_CODE, "server looks like"),
    (lambda: okta("my-org.okta.com", "https://my-org.okta.com"), AUDIENCE_CODE, "such as 'api://default'"),
    (lambda: okta("my-org.okta.com", ["https://my-org.okta.com/"]), AUDIENCE_CODE, "such as 'api://default'"),
    (lambda: okta("my-org.okta.com", ""), AUDIENCE_CODE, "audience is required"),
    # Google
    (lambda: google(""), AUDIENCE_CODE, f"such as '{GOOGLE}'"),
    (lambda: google(None), AUDIENCE_CODE, "audience is required"),  # type: ignore[arg-type]
    (lambda: google("https://api.example.com"), AUDIENCE_CODE, "clients=..."),
    (lambda: google(f"https://{GOOGLE}"), AUDIENCE_CODE, f"such as '{GOOGLE}'"),
    (lambda: google(UNSAFE_ANY_AUDIENCE), AUDIENCE_CODE, "say whose tokens are accepted"),
    (lambda: google(GOOGLE, clients=[]), AUDIENCE_CODE, "clients are OAuth client ids"),
    (lambda: google(GOOGLE, clients=[" "]), AUDIENCE_CODE, "clients are OAuth client ids"),
    (lambda: google(GOOGLE, clients=b"abc"), AUDIENCE_CODE, "clients are OAuth client ids"),  # type: ignore[arg-type]
    (lambda: google(GOOGLE, hosted_domain="https://example.com"), ISSUER_CODE, "write 'example.com', not"),
    (lambda: google(GOOGLE, hosted_domain=""), ISSUER_CODE, "hosted_domain is required"),
    # Clerk
    (lambda: clerk("", "https://a.example.com"), ISSUER_CODE, "frontend_api is required"),
    (lambda: clerk("clerk.example.com", "https://a.example.com"), ISSUER_CODE, "write 'https://clerk.example.com'"),
    (lambda: clerk("https://clerk.example.com/", "https://a.example.com"), ISSUER_CODE, "write 'https://clerk.example.com'"),
    (lambda: clerk("https://clerk.example.com", ""), AUDIENCE_CODE, "write 'https://app.example.com', not ''"),
    (lambda: clerk("https://clerk.example.com", "a.example.com"), AUDIENCE_CODE, "write 'https://app.example.com'"),
    (lambda: clerk("https://clerk.example.com", "https://a.example.com/"), AUDIENCE_CODE, "write 'https://a.example.com'"),
    (lambda: clerk("https://clerk.example.com", ["https://a.example.com/x"]), AUDIENCE_CODE, "write 'https://a.example.com'"),
    (lambda: clerk("https://clerk.example.com", []), AUDIENCE_CODE, "audience is required"),
    # Zitadel
    (lambda: zitadel("", "1"), ISSUER_CODE, "instance is required"),
    (lambda: zitadel("my-instance.zitadel.cloud", "1"), ISSUER_CODE, "write 'https://my-instance.zitadel.cloud'"),
    (lambda: zitadel("https://my-instance.zitadel.cloud/", "1"), ISSUER_CODE, "write 'https://my-instance.zitadel.cloud'"),
    (lambda: zitadel("https://my-instance.zitadel.cloud/ui/console", "1"), ISSUER_CODE, "path"),
    (lambda: zitadel("https://my-instance.zitadel.cloud", "orders"), ISSUER_CODE, "project's id, not its name"),
    (lambda: zitadel("https://my-instance.zitadel.cloud", ""), ISSUER_CODE, "project_id is required"),
    # Ory
    (lambda: ory("", API), ISSUER_CODE, "issuer is required"),
    (lambda: ory("my-project.projects.oryapis.com", API), ISSUER_CODE, "must be an absolute https URL"),
    (lambda: ory("https://o.example.com/.well-known/openid-configuration", API), ISSUER_CODE, "write issuer='https://o.example.com'"),
    (lambda: ory("https://o.example.com", ""), AUDIENCE_CODE, "audience is required"),
    # Firebase
    (lambda: firebase(""), ISSUER_CODE, "project_id is required"),
    (lambda: firebase("My Project"), ISSUER_CODE, "not its name or number"),
    (lambda: firebase("123456789012"), ISSUER_CODE, "not its name or number"),
    (lambda: firebase("https://my-project-1a2b3.firebaseapp.com"), ISSUER_CODE, "looks like 'my-project-1a2b3'"),
    (lambda: firebase("my-project-1a2b3", tenant=""), ISSUER_CODE, "tenant is required"),
    (lambda: firebase("my-project-1a2b3", tenant="a b"), ISSUER_CODE, "tenant looks like"),
    # Supabase
    (lambda: supabase(""), ISSUER_CODE, "project_ref is required"),
    (lambda: supabase("https://abcdefghijklmnopqrst.supabase.co"), ISSUER_CODE, "first label"),
    (lambda: supabase("abcdefghijklmnopqrst.supabase.co"), ISSUER_CODE, "first label"),
    (lambda: supabase("my-project"), ISSUER_CODE, "looks like 'abcdefghijklmnopqrst'"),
    (lambda: supabase("abcdefghijklmnopqrst", roles_claim=("user_metadata", "roles")), "configuration_claims", "app_metadata"),
    (lambda: supabase("abcdefghijklmnopqrst", roles_claim="user_metadata"), "configuration_claims", "app_metadata"),
    (lambda: supabase("abcdefghijklmnopqrst", roles_claim=()), "configuration_claims", "a tuple of names"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "code", "sentence"), NONSENSE, ids=[sentence for _, _, sentence in NONSENSE]
)
def test_nonsense_is_refused_with_a_sentence_that_says_what_to_write(
    make: Any, code: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make()
    assert refused.value.code == code
    assert sentence in refused.value.detail
    assert len(refused.value.detail) < 500


SENSE: list[tuple[Any, str]] = [
    (lambda: auth0("id.example.com", ["https://a", "https://b"]), "https://id.example.com/"),
    (lambda: auth0("a.auth0.com", UNSAFE_ANY_AUDIENCE), "https://a.auth0.com/"),
    (lambda: keycloak("http://localhost:8080", "r", UNSAFE_ANY_AUDIENCE), "http://localhost:8080/realms/r"),
    (lambda: keycloak("https://sso.example.com/auth", "R", "a"), "https://sso.example.com/auth/realms/R"),
    (lambda: keycloak("https://sso.example.com/myrealms", "R", "a"), "https://sso.example.com/myrealms/realms/R"),
    (lambda: entra(TENANT, {API}), f"https://login.microsoftonline.com/{TENANT}/v2.0"),
    (lambda: entra(TENANT, "api://x", version="1.0"), f"https://sts.windows.net/{TENANT}/"),
    (lambda: cognito("us-gov-west-1_A1", "abc"), "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_A1"),
    (lambda: cognito("cn-north-1_A1", "abc", issuer="https://c.example.cn/cn-north-1_A1"), "https://c.example.cn/cn-north-1_A1"),
    (lambda: okta("id.example.com", UNSAFE_ANY_AUDIENCE, server="aus1"), "https://id.example.com/oauth2/aus1"),
    (lambda: google([GOOGLE], clients=("1", "2"), hosted_domain="example.com"), "https://accounts.google.com"),
    (lambda: google(UNSAFE_ANY_AUDIENCE, clients="1"), "https://accounts.google.com"),
    (lambda: clerk("https://clerk.example.com", "chrome-extension://abc"), "https://clerk.example.com"),
    (lambda: zitadel("http://localhost:8080", "1"), "http://localhost:8080"),
    (lambda: ory("https://hydra.example.com/", "a"), "https://hydra.example.com/"),
    (lambda: firebase("my-project-1a2b3", tenant="tenant-1"), "https://securetoken.google.com/my-project-1a2b3"),
    (lambda: supabase("abcdefghijklmnopqrst", roles_claim=("app_metadata", "user_metadata")), "https://abcdefghijklmnopqrst.supabase.co/auth/v1"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "issuer"), SENSE, ids=[issuer for _, issuer in SENSE])
def test_what_makes_sense_is_the_issuer_the_provider_has(make: Any, issuer: str) -> None:
    assert make().issuer == issuer
