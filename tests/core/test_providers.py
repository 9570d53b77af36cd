"""A provider's row fills a policy; what the caller says wins; what makes no sense is refused in the provider's words."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from types import MappingProxyType
from typing import Any

import pytest

from bearerguard import providers
from bearerguard.errors import ConfigurationError, TokenError
from bearerguard.judge import judge
from bearerguard.keys import key_set
from bearerguard.policy import ANY_TYPE, PRESENT, UNSAFE_ANY_AUDIENCE, Policy, UserClaims
from bearerguard.providers import (
    AUTHGEAR,
    PROVIDERS,
    Provider,
    authgear,
    clerk,
    cognito,
    firebase,
    okta,
    zitadel,
)
from bearerguard.token import parse
from bearerguard.verified import Verified
from tests.core.builders import ABSENT, NOW, claims, header, jwk, jwks, jws, private_key

ENDPOINT = "https://my-project.authgear.cloud"
USER = "https://authgear.com/claims/user/"
KEY = private_key("RSA", 20)
KEYS = key_set(jwks(jwk(KEY, kid="key-1"))).keys


def caller(policy: Policy, typ: Any = "at+jwt", **changes: Any) -> Verified:
    body = {"iss": ENDPOINT, "aud": [ENDPOINT]} | changes
    return judge(parse(jws(header(typ=typ), claims(**body), KEY, "RS256")), KEYS, policy, NOW)


def test_an_authgear_policy_is_strict() -> None:
    policy = authgear(ENDPOINT)
    assert (policy.issuer, policy.audience) == (ENDPOINT, (ENDPOINT,))
    assert (policy.algorithms, policy.token_type) == (("RS256",), "at+jwt")
    assert policy == authgear(ENDPOINT)
    assert hash(policy) == hash(authgear(ENDPOINT, audience=[ENDPOINT]))


def test_an_authgear_user_is_read_from_the_claims_authgear_gives() -> None:
    seen = caller(
        authgear(ENDPOINT),
        **{
            USER + "is_verified": True,
            USER + "is_anonymous": False,
            USER + "can_reauthenticate": True,
            USER + "roles": ["admin", "store.manager"],
        },
    )
    assert seen.roles == {"admin", "store.manager"}
    assert (seen.user.is_verified, seen.user.is_anonymous, seen.user.can_reauthenticate) == (
        True,
        False,
        True,
    )


def test_an_authgear_machine_has_no_user_and_no_roles() -> None:
    resource = "https://mcp.example.com"
    seen = caller(authgear(ENDPOINT, audience=resource), aud=[resource], sub="client_id_app", scope=ABSENT)
    assert (seen.subject, seen.roles, seen.scopes) == ("client_id_app", frozenset(), frozenset())
    assert (seen.user.is_verified, seen.user.is_anonymous, seen.user.can_reauthenticate) == (None, None, None)


@pytest.mark.parametrize(
    ("typ", "changes", "code"),
    [
        ("JWT", {"aud": ["app"]}, "token_type_wrong"),
        ("JWT", {}, "token_type_wrong"),
        (ABSENT, {}, "token_type_wrong"),
        ("at+jwt", {"aud": ["app"]}, "audience_wrong"),
        ("at+jwt", {"aud": [ENDPOINT + "/"]}, "audience_wrong"),
        ("at+jwt", {"aud": ["https://mcp.example.com"]}, "audience_wrong"),
        ("at+jwt", {"iss": ENDPOINT + "/"}, "issuer_wrong"),
    ],
)
def test_an_id_token_or_a_token_for_another_resource_is_refused(
    typ: Any, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(TokenError) as refused:
        caller(authgear(ENDPOINT), typ, **changes)
    assert refused.value.code == code


@pytest.mark.parametrize("resource", ["https://mcp.example.com", "https://mcp.example.com/"])
def test_a_resource_with_a_slash_is_another_than_one_without(resource: str) -> None:
    other = resource.removesuffix("/") if resource.endswith("/") else resource + "/"
    assert caller(authgear(ENDPOINT, audience=resource), aud=[resource])
    with pytest.raises(TokenError):
        caller(authgear(ENDPOINT, audience=resource), aud=[other])


def test_what_the_caller_says_wins_over_the_row_and_leaves_the_row_alone() -> None:
    before = dict(AUTHGEAR)
    policy = authgear(
        ENDPOINT,
        audience=UNSAFE_ANY_AUDIENCE,
        algorithms=["ES256"],
        token_type=ANY_TYPE,
        roles_claim=("realm", "roles"),
        user_claims=UserClaims(),
        leeway=0,
        discovery_url="http://localhost:3000/meta",
    )
    assert policy.audience is UNSAFE_ANY_AUDIENCE
    assert (policy.algorithms, policy.token_type, policy.leeway) == (("ES256",), ANY_TYPE, 0)
    assert (policy.roles_claim, policy.user_claims) == (("realm", "roles"), UserClaims())
    assert policy.discovery_url == "http://localhost:3000/meta"
    assert dict(AUTHGEAR) == before
    assert authgear(ENDPOINT).algorithms == ("RS256",)


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        (ENDPOINT + "/", f"write '{ENDPOINT}'"),
        (ENDPOINT + "//", f"write '{ENDPOINT}'"),
        (ENDPOINT + "/oauth2/token", f"write '{ENDPOINT}'"),
        (ENDPOINT + "/.well-known/openid-configuration", f"write '{ENDPOINT}'"),
        ("http://localhost:3000/", "write 'http://localhost:3000'"),
        ("http://my-project.authgear.cloud", f"write '{ENDPOINT}'"),
        ("my-project.authgear.cloud", "must be an absolute https URL"),
        (ENDPOINT + "?x=1", "no query or fragment"),
        ("", "issuer is required"),
        (None, "issuer is required"),
        (7, "issuer is required"),
        ("https:///", "authgear"),
    ],
)
def test_an_endpoint_that_is_not_an_origin_is_refused_with_what_to_write(
    endpoint: Any, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        authgear(endpoint)
    assert refused.value.code == "configuration_issuer"
    assert sentence.lower() in refused.value.detail.lower()


@pytest.mark.parametrize("endpoint", [ENDPOINT, "https://id.example.com:8443", "http://localhost:3000"])
def test_an_origin_is_an_endpoint(endpoint: str) -> None:
    assert authgear(endpoint).issuer == endpoint


@pytest.mark.parametrize("audience", ["", [], (), False, " "])
def test_an_empty_audience_is_not_the_default(audience: Any) -> None:
    with pytest.raises(ConfigurationError, match="audience is required"):
        authgear(ENDPOINT, audience=audience)


def test_a_setting_that_a_policy_does_not_have_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        authgear(ENDPOINT, verify=False)


# ------------------------------------------------------------------------------------------------------------ the whole table


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=PROVIDERS)
def test_a_row_makes_a_policy_of_its_example_and_has_something_to_say_of_it(row: Provider) -> None:
    policy = row.policy(*row.example)
    assert policy == row.policy(*row.example)
    assert row.policy is getattr(providers, row.name)
    assert PROVIDERS[row.name] is row
    said = " ".join((row.scopes, row.roles, row.client, row.audience, row.evidence))
    for name in ("scope_claim", "client_id_claim"):
        if name in row.settings:
            assert f"`{getattr(policy.settings, name)[0]}`" in said or said.count("none"), name
    assert policy.audience_claim == "aud" or f"`{policy.audience_claim}`" in row.audience
    assert all(sentence.endswith((".", ")")) and len(sentence) < 160 for sentence in row.quirks)
    assert all(re.search(r"\b20[12]\d-[01]\d\b", source) for source in row.sources[:1])


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=PROVIDERS)
def test_a_row_cannot_be_changed(row: Provider) -> None:
    with pytest.raises(FrozenInstanceError):
        row.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        row.settings["algorithms"] = ("ES256",)  # type: ignore[index]
    with pytest.raises(TypeError):
        PROVIDERS["other"] = row  # type: ignore[index]


@pytest.mark.parametrize("row", PROVIDERS.values(), ids=PROVIDERS)
def test_what_the_caller_says_wins_over_every_row(row: Provider) -> None:
    said: dict[str, Any] = {
        "algorithms": ["ES512"],
        "token_type": "x+jwt",
        "leeway": 7,
        "scope_claim": "s",
        "client_id_claim": "c",
        "audience_claim": "a",
        "roles_claim": ("r", "s"),
        "jwks_uri": "https://keys.example.com/jwks",
        "discovery_url": "https://keys.example.com/metadata",
        "user_claims": UserClaims(is_verified="v"),
    }
    policy = row.policy(*row.example, **said)
    assert policy.algorithms == ("ES512",)
    assert {name: getattr(policy, name) for name in said if name != "algorithms"} == {
        name: value if name not in ("scope_claim", "client_id_claim") else getattr(policy, name)
        for name, value in said.items()
        if name != "algorithms"
    }
    assert (policy.settings.scope_claim, policy.settings.client_id_claim) == (("s",), ("c",))


# --------------------------------------------------------------------------------------------------------------- the evidence


def required(policy: Policy) -> tuple[dict[str, Any], set[str]]:
    """What a policy requires: claims with a value, and claims that are only there (by its checks, too)."""
    exact = {name: value for name, value in policy.settings.required if value is not PRESENT}
    present = {name for name, value in policy.settings.required if value is PRESENT}
    for check in policy.settings.checks:
        present |= set(getattr(check, "names", ()))
    return exact, present


@pytest.mark.parametrize(
    ("given", "exact", "present"),
    [
        ((), {"token_use": "access"}, set()),
        ("tenant", {"token_use": "access"}, {"tenant"}),
        (["tenant", "token_use"], {"token_use": "access"}, {"tenant"}),
        ({"tenant": "t1"}, {"token_use": "access", "tenant": "t1"}, set()),
        ({"token_use": "id"}, {"token_use": "id"}, set()),
    ],
    ids=repr,
)
def test_required_claims_add_up(given: Any, exact: dict[str, Any], present: set[str]) -> None:
    policy = cognito("eu-west-1_Ab12Cd34E", "abc", required_claims=given)
    assert required(policy) == (exact, present)


def test_names_that_are_required_add_up_too() -> None:
    assert required(firebase("my-project-1a2b3", required_claims=["email"])) == (
        {},
        {"firebase", "auth_time", "email"},
    )
    assert required(authgear(ENDPOINT, required_claims=["email"])) == ({}, {"email"})


def test_checks_add_up() -> None:
    def mine(claims: Any) -> None: ...

    assert okta("my-org.okta.com", checks=[mine]).settings.checks == (
        *okta("my-org.okta.com").settings.checks,
        mine,
    )


@pytest.mark.parametrize(
    "settings",
    [{"required_claims": 7}, {"required_claims": [7]}, {"required_claims": ""}, {"required_claims": {"a": []}},
     {"required_claims": {"": "a"}}, {"checks": 7}, {"checks": "mine"}, {"checks": ["mine"]}, {"checks": {"a": 1}}],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("row", [PROVIDERS["cognito"], PROVIDERS["okta"]], ids=["cognito", "okta"])
def test_rules_that_no_policy_takes_are_refused_beside_a_rows_own(
    row: Provider, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        row.policy(*row.example, **settings)
    assert refused.value.code == "configuration_claims"


CHECKED: list[tuple[Policy, dict[str, Any], str | None]] = [
    (okta("my-org.okta.com"), {"cid": "a"}, None),
    (okta("my-org.okta.com"), {"cid": None}, "the token has no 'cid': Okta's access tokens have one, its ID tokens have none"),
    (okta("my-org.okta.com"), {}, "the token has no 'cid'"),
    (zitadel("https://z.example.com", "1"), {"jti": "a"}, None),
    (zitadel("https://z.example.com", "1"), {"jti": "a", "nonce": "b"}, "the token has 'nonce': that is an ID token's"),
    (zitadel("https://z.example.com", "1"), {"jti": "a", "nonce": None}, "the token has 'nonce'"),
    (clerk("https://c.example.com", "https://a.example.com"), {"sid": "a"}, None),
    (clerk("https://c.example.com", "https://a.example.com"), {"sid": "a", "sts": "active"}, None),
    (clerk("https://c.example.com", "https://a.example.com"), {"sid": "a", "sts": "pending"}, "the token's 'sts' is 'pending'"),
    (clerk("https://c.example.com", "https://a.example.com"), {"sid": "a", "sts": ["active"]}, "the token's 'sts' is ['active']"),
    (firebase("my-project-1a2b3"), {"firebase": {}}, None),
    (firebase("my-project-1a2b3"), {"firebase": "tenant"}, None),
    (firebase("my-project-1a2b3"), {"firebase": {"tenant": "tenant-1"}}, "the token's 'firebase.tenant' is 'tenant-1'"),
    (firebase("my-project-1a2b3", tenant="tenant-1"), {"firebase": {"tenant": "tenant-1"}}, None),
    (firebase("my-project-1a2b3", tenant="tenant-1"), {"firebase": {}}, "is None: the user is of another tenant"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "found", "sentence"), CHECKED, ids=[repr(found) for _, found, _ in CHECKED]
)
def test_evidence_says_why_it_refuses(policy: Policy, found: dict[str, Any], sentence: str | None) -> None:
    said = [check(MappingProxyType(found)) for check in policy.settings.checks]
    refusals = [one for one in said if one is not None]
    assert (not refusals) if sentence is None else (len(refusals) == 1 and sentence in refusals[0])


def test_a_check_that_makes_up_for_a_name_speaks_too() -> None:
    (check,) = cognito("eu-west-1_Ab12Cd34E", "abc", required_claims="tenant").settings.checks
    assert check({"tenant": "t1"}) is None
    assert check({}) == "the token has no 'tenant': it is required"
