"""What the dev issuer mints is what Authgear issues; PyJWT says so too."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bearerguard import UNSAFE_ANY_AUDIENCE, Verifier
from bearerguard.issuer import ABSENT, DevIssuer
from bearerguard.issuer.signing import decode

NOW = 1_767_225_600
API = "https://api.example.com"
USER = "https://authgear.com/claims/user/"


@pytest.fixture
def jwt() -> Any:
    """PyJWT, the witness from outside."""
    return pytest.importorskip("jwt")


@pytest.fixture
def issuer() -> DevIssuer:
    return DevIssuer(clock=lambda: NOW + 0.9)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    return json.loads(decode(header)), json.loads(decode(payload))


def witness(jwt: Any, issuer: DevIssuer, token: str, audience: str) -> dict[str, Any]:
    """What PyJWT makes of a token, given the published keys."""
    keys = jwt.PyJWKSet.from_dict(issuer.key_set())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    # PyJWT has no clock to hand it, so it is told to leave the times to the test.
    options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub"]}
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=audience, issuer=issuer.url, options=options
    )
    return claims


def test_an_access_token_has_the_header_and_the_claims_of_authgears(issuer: DevIssuer) -> None:
    header, claims = parts(issuer.mint("alice", roles=["admin"]))
    assert header == {"alg": "RS256", "kid": issuer.key_set()["keys"][0]["kid"], "typ": "at+jwt"}
    assert re.fullmatch(r"[0-9a-f]{64}", claims.pop("jti"))
    assert claims == {
        "iss": issuer.url,
        "aud": [issuer.url],
        "sub": "alice",
        "iat": NOW,
        "exp": NOW + 1800,
        "client_id": "dev-client",
        "scope": "openid offline_access",
        "auth_time": NOW,
        "amr": ["pwd"],
        USER + "is_anonymous": False,
        USER + "is_verified": True,
        USER + "can_reauthenticate": True,
        USER + "roles": ["admin"],
    }


def test_a_user_without_roles_has_an_empty_array_of_them(issuer: DevIssuer) -> None:
    assert parts(issuer.mint())[1][USER + "roles"] == []


def test_no_two_access_tokens_have_the_same_id(issuer: DevIssuer) -> None:
    assert parts(issuer.mint())[1]["jti"] != parts(issuer.mint())[1]["jti"]


def test_every_value_can_be_chosen(issuer: DevIssuer) -> None:
    _, claims = parts(issuer.mint("bob", audience=API, client_id="app", scope="orders:read", lifetime=60))
    chosen = {name: claims[name] for name in ("sub", "aud", "client_id", "scope", "exp")}
    assert chosen == {"sub": "bob", "aud": [API], "client_id": "app", "scope": "orders:read", "exp": NOW + 60}


def test_several_audiences_stay_several(issuer: DevIssuer) -> None:
    assert parts(issuer.mint(audience=[API, "https://other.example"]))[1]["aud"] == [
        API,
        "https://other.example",
    ]


def test_claims_and_header_members_can_be_changed_added_and_removed(issuer: DevIssuer) -> None:
    header, claims = parts(
        issuer.mint(
            claims={"sub": "carol", "tenant": "t1", "exp": ABSENT}, header={"typ": "x+jwt", "kid": ABSENT}
        )
    )
    assert header == {"alg": "RS256", "typ": "x+jwt"}
    assert (claims["sub"], claims["tenant"]) == ("carol", "t1")
    assert "exp" not in claims
    assert repr(ABSENT) == "ABSENT"


def test_an_id_token_is_for_the_client_and_lives_five_minutes(issuer: DevIssuer) -> None:
    header, claims = parts(issuer.mint_id_token("alice"))
    assert header == {"alg": "RS256", "kid": issuer.key_set()["keys"][0]["kid"], "typ": "JWT"}
    assert claims["aud"] == ["dev-client"]
    assert claims["exp"] - claims["iat"] == 300
    assert claims["sub"] == "alice"
    assert not {"scope", "client_id", "jti"} & claims.keys()
    assert parts(issuer.mint_id_token(client_id="app"))[1]["aud"] == ["app"]


def test_an_opaque_token_is_32_letters_and_digits(issuer: DevIssuer) -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{32}", issuer.mint_opaque())
    assert issuer.mint_opaque() != issuer.mint_opaque()


def test_a_machine_token_is_about_the_client_and_says_nothing_of_a_user(issuer: DevIssuer) -> None:
    header, claims = parts(issuer.mint_for_machine("robot", API, "orders:read"))
    assert header["typ"] == "at+jwt"
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("client_id_robot", "robot", [API])
    assert claims["scope"] == "orders:read"
    assert not [name for name in claims if name.startswith(USER) or name in ("amr", "auth_time")]


def test_another_library_accepts_every_kind_of_token(issuer: DevIssuer, jwt: Any) -> None:
    assert witness(jwt, issuer, issuer.mint("alice"), issuer.url)["sub"] == "alice"
    assert witness(jwt, issuer, issuer.mint(audience=API), API)["aud"] == [API]
    assert witness(jwt, issuer, issuer.mint_for_machine("robot", API), API)["sub"] == "client_id_robot"
    assert witness(jwt, issuer, issuer.mint_id_token(), "dev-client")["aud"] == ["dev-client"]


def test_another_library_refuses_what_another_issuer_signed(issuer: DevIssuer, jwt: Any) -> None:
    other = DevIssuer(clock=lambda: NOW)
    token = other.mint(header={"kid": issuer.key_set()["keys"][0]["kid"]})
    with pytest.raises(jwt.InvalidSignatureError):
        witness(jwt, issuer, token, issuer.url)


# ------------------------------------------------------------------------------------------- what its own policy makes of it


def verifier(issuer: DevIssuer, audience: Any = None) -> Verifier:
    return Verifier(issuer.policy(audience=audience), fetcher=issuer, clock=issuer.now)


def test_the_issuers_policy_reads_all_that_it_minted(issuer: DevIssuer) -> None:
    caller = verifier(issuer).verify(issuer.mint("alice", roles=["admin"], claims={"tenant": "t1"}))
    assert caller.principal == (issuer.url, "alice")
    assert caller.scopes == {"openid", "offline_access"}
    assert caller.roles == {"admin"}
    assert (caller.client_id, caller["tenant"], caller.amr) == ("dev-client", "t1", ("pwd",))
    assert (caller.user.is_verified, caller.user.is_anonymous, caller.user.can_reauthenticate) == (
        True,
        False,
        True,
    )


def test_a_machine_is_accepted_where_it_is_meant_for(issuer: DevIssuer) -> None:
    caller = verifier(issuer, API).verify(issuer.mint_for_machine("robot", API, "orders:read"))
    assert (caller.subject, *caller.scopes) == ("client_id_robot", "orders:read")
    assert caller.user.is_verified is None


def test_tokens_are_meant_for_every_audience_that_the_issuer_made_a_policy_for() -> None:
    issuer = DevIssuer(clock=lambda: NOW)
    assert parts(issuer.mint())[1]["aud"] == [issuer.url]
    issuer.policy(audience=API)
    assert parts(issuer.mint())[1]["aud"] == [API]
    issuer.policy(audience=[API, "https://other.example"])
    issuer.policy(audience=UNSAFE_ANY_AUDIENCE)
    assert parts(issuer.mint())[1]["aud"] == [API, "https://other.example"]
    issuer.policy()
    assert parts(issuer.mint())[1]["aud"] == [API, "https://other.example", issuer.url]


def test_a_policy_of_the_issuer_can_be_made_stricter(issuer: DevIssuer) -> None:
    policy = issuer.policy(leeway=0, required_claims=["tenant"])
    assert (policy.issuer, policy.leeway, policy.required_claims) == (issuer.url, 0, ("tenant",))
