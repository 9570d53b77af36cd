"""What is peculiar to one provider: its other good tokens, its options, and where its keys are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from bearerguard import UNSAFE_ANY_AUDIENCE, Policy
from bearerguard.keyring import discovery_urls
from bearerguard.providers import (
    PROVIDERS,
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
)
from bearerguard.verified import Verified
from tests.providers.shapes import (
    API,
    AUTH0,
    CLERK,
    COGNITO,
    ENTRA,
    ENTRA_API,
    GOOGLE,
    JWT,
    KEYCLOAK,
    OKTA,
    ORY,
    ROLES_OF,
    SHAPES,
    SUPABASE,
    TENANT,
    UNTYPED,
    ZITADEL,
    read,
    token,
)


def caller(policy: Policy, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Verified:
    found = read(policy, token(header, claims))
    assert isinstance(found, Verified), found
    return found


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """The claims of a provider's good token, changed; None leaves one out."""
    return {claim: value for claim, value in ({**SHAPES[name].claims} | changes).items() if value is not None}


# -------------------------------------------------------------------------------------------------------------------- Auth0


def test_auth0_in_the_profile_of_rfc_9068() -> None:
    policy = auth0("my-tenant.eu.auth0.com", API, profile="rfc9068")
    claims = {"iss": AUTH0, "sub": "auth0|1", "aud": [API], "client_id": "web", "jti": "73Wa", "scope": "a b"}
    assert caller(policy, {"alg": "RS256", "typ": "at+jwt"}, claims).client_id == "web"
    assert read(policy, token(JWT, claims)) == "token_type_wrong"
    assert read(policy, token(JWT, SHAPES["auth0"].claims)) == "token_type_wrong"
    for name in ("client_id", "jti"):
        without = {claim: value for claim, value in claims.items() if claim != name}
        assert read(policy, token({"alg": "RS256", "typ": "at+jwt"}, without)) == "claim_missing"


def test_auth0s_machines_have_no_permissions_unless_granted() -> None:
    machine = {"iss": AUTH0, "sub": "web@clients", "aud": API, "azp": "web", "gty": "client-credentials"}
    seen = caller(SHAPES["auth0"].policy, JWT, machine)
    assert (seen.subject, seen.client_id, seen.scopes, seen.roles) == (
        "web@clients",
        "web",
        frozenset(),
        frozenset(),
    )


def test_auth0s_shared_secret_is_no_public_key() -> None:
    assert (
        read(SHAPES["auth0"].policy, token({"alg": "HS256", "kid": "rsa"}, {}, _NoKey()))
        == "algorithm_not_allowed"
    )


class _NoKey:
    """Signs like a shared secret would, with bytes that mean nothing."""

    def sign(self, _: bytes) -> bytes:
        return b"\x00" * 32


# ----------------------------------------------------------------------------------------------------------------- Keycloak


def test_keycloak_may_have_a_path_and_a_header_of_its_own() -> None:
    policy = keycloak("https://sso.example.com/auth", "my-realm", "orders-api")
    issuer = "https://sso.example.com/auth/realms/my-realm"
    claims = changed("keycloak", iss=issuer)
    assert caller(policy, {"alg": "RS256", "typ": "at+jwt"}, claims).issuer == issuer
    assert read(policy, token(JWT, SHAPES["keycloak"].claims)) == "issuer_wrong"
    assert read(SHAPES["keycloak"].policy, token(JWT, claims)) == "issuer_wrong"


def test_keycloaks_client_roles_stand_below_the_client() -> None:
    place = ("resource_access", "orders-api", "roles")
    policy = keycloak("https://sso.example.com", "my-realm", "orders-api", roles_claim=place)
    roles = {"orders-api": {"roles": ["clerk"]}, "account": {"roles": ["view-profile"]}}
    assert caller(policy, JWT, changed("keycloak", resource_access=roles)).roles == {"clerk"}
    assert caller(policy, JWT, changed("keycloak")).roles == frozenset()


def test_keycloak_says_whether_the_address_is_verified() -> None:
    policy = SHAPES["keycloak"].policy
    assert caller(policy, JWT, changed("keycloak")).user.is_verified is True
    assert caller(policy, JWT, changed("keycloak", email_verified=None)).user.is_verified is None


# -------------------------------------------------------------------------------------------------------------------- Entra

V1: Final = {
    "iss": f"https://sts.windows.net/{TENANT}/",
    "aud": "api://orders",
    "appid": "web",
    "scp": "user_impersonation",
    "sub": "l3_r",
    "ver": "1.0",
}


@pytest.mark.parametrize("audience", ["api://orders", ENTRA_API, [ENTRA_API, "api://orders"]])
def test_entra_version_1_has_another_issuer_and_another_client_claim(audience: Any) -> None:
    policy = entra(TENANT, audience, version="1.0")
    aud = audience if isinstance(audience, str) else audience[1]
    seen = caller(policy, JWT, V1 | {"aud": aud})
    assert (seen.client_id, seen.audience) == ("web", (aud,))
    assert seen.scopes == {"user_impersonation"}
    assert read(policy, token(JWT, SHAPES["entra"].claims)) == "issuer_wrong"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "api://orders/"}, "audience_wrong"),
        ({"iss": f"https://sts.windows.net/{TENANT}"}, "issuer_wrong"),
        ({"ver": "2.0"}, "claim_invalid"),
        ({"ver": 1.0}, "claim_invalid"),
        ({"appid": None}, "claim_refused"),
        ({"appid": None, "azp": "web"}, "claim_refused"),
    ],
)
def test_entra_version_1_refuses_near_misses(changes: dict[str, Any], code: str) -> None:
    assert read(entra(TENANT, "api://orders", version="1.0"), token(JWT, V1 | changes)) == code


def test_entras_applications_have_roles_and_no_scopes() -> None:
    machine = changed("entra", scp=None, roles=["Orders.Read.All"], sub="690222be", preferred_username=None)
    seen = caller(SHAPES["entra"].policy, JWT, machine)
    assert (seen.scopes, seen.client_id) == (frozenset(), ENTRA_API)
    assert seen.roles == {"Orders.Read.All"}


# ------------------------------------------------------------------------------------------------------------------ Cognito


def test_cognitos_replicated_pools_have_another_issuer() -> None:
    issuer = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
    policy = cognito("eu-west-1_Ab12Cd34E", "1example23456789", issuer=issuer)
    assert caller(policy, UNTYPED, changed("cognito", iss=issuer)).issuer == issuer
    assert read(policy, token(UNTYPED, changed("cognito"))) == "issuer_wrong"


def test_cognito_may_serve_several_clients_and_no_other() -> None:
    policy = cognito("eu-west-1_Ab12Cd34E", ["1example23456789", "2example23456789"])
    assert (
        caller(policy, UNTYPED, changed("cognito", client_id="2example23456789")).client_id
        == "2example23456789"
    )
    assert read(policy, token(UNTYPED, changed("cognito", client_id="3example23456789"))) == "audience_wrong"


def test_cognitos_id_token_is_refused_even_for_any_audience() -> None:
    policy = cognito("eu-west-1_Ab12Cd34E", UNSAFE_ANY_AUDIENCE)
    assert read(policy, token(UNTYPED, SHAPES["cognito"].impostors["ID token"].claims)) == "claim_invalid"


# --------------------------------------------------------------------------------------------------------------------- Okta


def test_okta_has_servers_of_ones_own() -> None:
    policy = okta("id.example.com", API, server="aus1a2b3c4D5e6F7g8h9")
    issuer = "https://id.example.com/oauth2/aus1a2b3c4D5e6F7g8h9"
    assert caller(policy, UNTYPED, changed("okta", iss=issuer, aud=API)).issuer == issuer
    assert read(policy, token(UNTYPED, changed("okta", aud=API))) == "issuer_wrong"


def test_oktas_machines_are_their_client() -> None:
    machine = changed("okta", sub="0oabucvy", uid=None, groups=None)
    assert caller(SHAPES["okta"].policy, UNTYPED, machine).client_id == "0oabucvy"


# ------------------------------------------------------------------------------------------------------------------- Google


def test_google_may_have_been_asked_by_an_app_for_a_web_application() -> None:
    app = "1234567890-android.apps.googleusercontent.com"
    policy = google(GOOGLE, clients=[GOOGLE, app])
    assert caller(policy, JWT, changed("google", azp=app)).client_id == app
    assert read(google(GOOGLE), token(JWT, changed("google", azp=app))) == "claim_refused"
    assert read(google(GOOGLE, clients=app), token(JWT, changed("google"))) == "claim_refused"


def test_google_service_accounts_are_named_one_by_one() -> None:
    policy = google(API, clients="107517467455664443765")
    machine = changed("google", aud=API, azp="107517467455664443765", sub="107517467455664443765", hd=None)
    assert caller(policy, JWT, machine).client_id == "107517467455664443765"
    assert read(policy, token(JWT, machine | {"azp": "107517467455664443766"})) == "claim_refused"


@pytest.mark.parametrize(
    ("hd", "code"), [("example.com", None), ("evil.example", "claim_invalid"), (None, "claim_missing")]
)
def test_google_users_can_be_those_of_one_workspace(hd: str | None, code: str | None) -> None:
    found = read(google(GOOGLE, hosted_domain="example.com"), token(JWT, changed("google", hd=hd)))
    assert isinstance(found, Verified) if code is None else found == code


@pytest.mark.parametrize(("verified", "seen"), [(True, True), (False, False), (None, None)])
def test_google_says_whether_the_address_is_verified(verified: bool | None, seen: bool | None) -> None:
    found = caller(google(GOOGLE), JWT, changed("google", email_verified=verified))
    assert found.user.is_verified is seen


# -------------------------------------------------------------------------------------------------------------------- Clerk


def test_clerks_first_version_names_roles_elsewhere() -> None:
    policy = clerk(CLERK, "https://app.example.com", roles_claim="org_role")
    first = changed("clerk", o=None, v=None, sts=None, org_role="org:admin", org_permissions=["org:admin:x"])
    assert caller(policy, JWT, first).roles == {"org:admin"}


def test_clerks_user_without_an_organisation_has_no_role() -> None:
    assert caller(SHAPES["clerk"].policy, JWT, changed("clerk", o=None)).roles == frozenset()


# ------------------------------------------------------------------------------------------------------------------ Zitadel


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        ({"admin": {"1": "acme.ch"}}, {"admin"}),
        ({"admin": {"1": "acme.ch", "2": "caos.ch"}, "user": {"2": "caos.ch"}}, {"admin", "user"}),
        ({}, set()),
        ({"admin": {}}, set()),
        ({"admin": False}, set()),
        ({"admin": True}, set()),
        ([{"admin": {"1": "acme.ch"}}], set()),
        (None, set()),
    ],
    ids=repr,
)
def test_zitadels_roles_are_the_keys_of_an_object(value: Any, roles: set[str]) -> None:
    assert caller(SHAPES["zitadel"].policy, JWT, changed("zitadel", **{ROLES_OF: value})).roles == roles


def test_zitadels_roles_in_the_clients_project_are_none_in_this_one() -> None:
    elsewhere = changed("zitadel", **{ROLES_OF: None})
    assert "urn:zitadel:iam:org:project:roles" in elsewhere
    assert caller(SHAPES["zitadel"].policy, JWT, elsewhere).roles == frozenset()


def test_zitadel_may_come_to_say_its_scopes() -> None:
    assert caller(SHAPES["zitadel"].policy, JWT, changed("zitadel", scope="openid x")).scopes == {
        "openid",
        "x",
    }


# ---------------------------------------------------------------------------------------------------------------------- Ory


@pytest.mark.parametrize("issuer", ["https://hydra.example.com/", "https://hydra.example.com"])
def test_orys_issuer_is_as_it_was_configured(issuer: str) -> None:
    other = issuer.removesuffix("/") if issuer.endswith("/") else issuer + "/"
    assert caller(ory(issuer, API), JWT, changed("ory", iss=issuer)).issuer == issuer
    assert read(ory(issuer, API), token(JWT, changed("ory", iss=other))) == "issuer_wrong"


@pytest.mark.parametrize(
    "scopes", [{"scp": ["a", "b"]}, {"scp": None, "scope": "a b"}, {"scp": ["a", "b"], "scope": "a b"}]
)
def test_orys_scopes_may_be_a_list_or_words(scopes: dict[str, Any]) -> None:
    assert caller(SHAPES["ory"].policy, JWT, changed("ory", **scopes)).scopes == {"a", "b"}


def test_orys_custom_claims_stand_below_ext() -> None:
    assert caller(ory(ORY, API, roles_claim=("ext", "roles")), JWT, changed("ory")).roles == {"x"}


# ----------------------------------------------------------------------------------------------------------------- Firebase


def test_firebases_tenants_are_told_apart() -> None:
    tenant = changed("firebase", firebase={"sign_in_provider": "password", "tenant": "tenant-a1b2c"})
    policy = firebase("my-project-1a2b3", tenant="tenant-a1b2c")
    assert caller(policy, JWT, tenant).subject == "uid1"
    assert read(policy, token(JWT, changed("firebase"))) == "claim_refused"
    assert read(policy, token(JWT, changed("firebase", firebase={"tenant": "tenant-x"}))) == "claim_refused"
    assert (
        read(policy, token(JWT, changed("firebase", firebase={"tenant": ["tenant-a1b2c"]})))
        == "claim_refused"
    )


def test_firebases_custom_claims_are_roles_under_the_name_one_gives() -> None:
    seen = caller(firebase("my-project-1a2b3", roles_claim="role"), JWT, changed("firebase"))
    assert seen.roles == {"editor"}
    assert seen.user.is_verified is True


# ----------------------------------------------------------------------------------------------------------------- Supabase


def test_supabases_roles_of_ones_own_are_those_users_cannot_write() -> None:
    policy = supabase("abcdefghijklmnopqrst", roles_claim=("app_metadata", "roles"))
    assert caller(policy, SHAPES["supabase"].header, changed("supabase")).roles == {"editor"}


def test_supabases_anonymous_users_are_known_as_such() -> None:
    for anonymous in (True, False):
        seen = caller(
            SHAPES["supabase"].policy, SHAPES["supabase"].header, changed("supabase", is_anonymous=anonymous)
        )
        assert seen.user.is_anonymous is anonymous


def test_supabase_signs_with_either_kind_of_key() -> None:
    assert caller(SHAPES["supabase"].policy, JWT, changed("supabase")).subject == "123e4567-e89b"


# --------------------------------------------------------------------------------------------------------------- everything

KEYS_AT: Final = {
    "authgear": "https://my-project.authgear.cloud/.well-known/openid-configuration",
    "auth0": f"{AUTH0}.well-known/openid-configuration",
    "keycloak": f"{KEYCLOAK}/.well-known/openid-configuration",
    "entra": f"{ENTRA}/.well-known/openid-configuration",
    "cognito": f"{COGNITO}/.well-known/openid-configuration",
    "okta": f"{OKTA}/.well-known/openid-configuration",
    "google": "https://accounts.google.com/.well-known/openid-configuration",
    "clerk": f"{CLERK}/.well-known/jwks.json",
    "zitadel": f"{ZITADEL}/.well-known/openid-configuration",
    "ory": f"{ORY}/.well-known/openid-configuration",
    "firebase": "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    "supabase": f"{SUPABASE}/.well-known/jwks.json",
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_keys_are_looked_for_where_the_provider_has_them(name: str) -> None:
    policy = SHAPES[name].policy
    assert (policy.jwks_uri or discovery_urls(policy)[0]) == KEYS_AT[name]


def test_entra_version_1_is_discovered_at_the_host_that_serves_it() -> None:
    policy = entra(TENANT, "api://orders", version="1.0")
    assert discovery_urls(policy) == (
        f"https://login.microsoftonline.com/{TENANT}/.well-known/openid-configuration",
    )


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name != "ory"])
def test_the_issuer_can_be_a_stand_in_of_ones_own(name: str) -> None:
    row = PROVIDERS[name]
    policy = row.policy(*row.example, issuer="http://localhost:8455")
    assert (policy.issuer, policy.settings.checks) == (
        "http://localhost:8455",
        row.policy(*row.example).settings.checks,
    )
