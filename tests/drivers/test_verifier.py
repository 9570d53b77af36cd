"""Both verifiers: what is asked of the issuer, and when; what is remembered; and that nothing foreign is ever raised."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from bearerguard import (
    ANY_TYPE,
    AsyncVerifier,
    BearerguardError,
    ConfigurationError,
    KeysUnavailableError,
    Limits,
    PermissionDeniedError,
    Policy,
    TokenError,
    Verifier,
)
from bearerguard.fetch import Fetch, Fetched
from bearerguard.issuer import ABSENT, SPOILS, DevIssuer, IssuerServer
from bearerguard.verifier import KNOWN_HEADERS
from tests.conftest import Clock
from tests.drivers.colours import Doors, run_asyncio
from tests.drivers.relays import DISCOVERY, KEYS, OAUTH_DISCOVERY, Outcome, Relay

API: Final = "https://api.example.com"


@pytest.fixture(scope="module")
def one() -> DevIssuer:
    """An issuer with its keys made; nothing may change it."""
    issuer = DevIssuer("http://localhost:8455")
    issuer.mint()
    return issuer


@pytest.fixture(scope="module")
def other() -> DevIssuer:
    issuer = DevIssuer("http://localhost:8456")
    issuer.mint()
    return issuer


# ------------------------------------------------------------------------------------------------------------- what is fetched


def test_nothing_is_fetched_before_the_first_token(door: Doors, one: DevIssuer) -> None:
    relay = Relay(one)
    door(one.policy(), fetcher=relay)
    assert relay.urls == []


def test_the_first_token_costs_one_discovery_and_one_key_set_the_next_ones_nothing(
    door: Doors, one: DevIssuer
) -> None:
    relay = Relay(one)
    verifier = door(one.policy(), fetcher=relay)
    for subject in ("alice", "bob", "carol"):
        assert verifier.verify(one.mint(subject)).subject == subject
    assert relay.urls == [one.url + DISCOVERY, one.url + KEYS]


def test_warming_fetches_what_the_first_token_would(door: Doors, one: DevIssuer) -> None:
    relay = Relay(one)
    verifier = door(one.policy(), fetcher=relay)
    verifier.warm()
    verifier.warm()
    verifier.verify(one.mint())
    assert relay.urls == [one.url + DISCOVERY, one.url + KEYS]


def test_warming_warms_every_issuer(door: Doors, one: DevIssuer, other: DevIssuer) -> None:
    relay = Relay(one, other)
    door(one.policy(), other.policy(), fetcher=relay).warm()
    assert relay.urls == [issuer.url + path for issuer in (one, other) for path in (DISCOVERY, KEYS)]


def test_warming_says_at_once_that_the_issuer_is_not_there(door: Doors) -> None:
    verifier = door(Policy("http://localhost:1", API), fetcher=Relay())
    with pytest.raises(KeysUnavailableError, match="nobody is there"):
        verifier.warm()


def test_the_second_address_of_discovery_is_asked_if_the_first_does_not_exist(
    door: Doors, one: DevIssuer
) -> None:
    def only_oauth(request: Fetch, answer: Outcome) -> Outcome:
        return Fetched(request.url, 404, b"") if request.url.endswith(DISCOVERY) else answer

    relay = Relay(one, change=only_oauth)
    assert door(one.policy(), fetcher=relay).verify(one.mint()).subject == "alice"
    assert relay.urls == [one.url + path for path in (DISCOVERY, OAUTH_DISCOVERY, KEYS)]


def test_with_a_jwks_uri_nothing_else_is_asked(door: Doors, one: DevIssuer) -> None:
    relay = Relay(one)
    door(one.policy(jwks_uri=one.url + KEYS), fetcher=relay).verify(one.mint())
    assert relay.urls == [one.url + KEYS]


def test_over_real_http_it_is_the_same(door: Doors) -> None:
    with IssuerServer() as server:
        verifier = door(server.issuer.policy())
        assert verifier.verify(server.issuer.mint("alice")).subject == "alice"
        assert server.issuer.requests == [server.url + DISCOVERY, server.url + KEYS]
        server.stop()
        assert verifier.verify(server.issuer.mint("bob")).subject == "bob"


NEEDS_NO_KEY: Final = [
    row.name
    for row in SPOILS
    if row.code.startswith(("token_mal", "token_too", "token_op", "token_en", "token_type", "header_", "algorithm_", "issuer_"))
]  # fmt: skip


def test_garbage_causes_no_fetch(door: Doors, one: DevIssuer) -> None:
    relay = Relay(one)
    verifier = door(one.policy(), fetcher=relay)
    for name in NEEDS_NO_KEY:
        token = one.spoil(name)
        with pytest.raises(TokenError):
            verifier.verify(token)
        verifier.explain(token)
        assert relay.urls == [], name


# -------------------------------------------------------------------------------------------------------------- what is raised


def test_bytes_are_as_good_as_text(door: Doors, one: DevIssuer) -> None:
    assert door(one.policy(), fetcher=one).verify(one.mint("alice").encode()).subject == "alice"


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ((), None),
        ({"openid"}, None),
        ({"openid", "offline_access"}, None),
        (["openid", "openid"], None),
        ("openid", None),
        ({"orders:read"}, "orders:read"),
        ({"openid", "orders:read"}, "orders:read"),
        ({"OpenID"}, "OpenID"),
        ({"open"}, "open"),
        ("openid offline_access", "openid offline_access"),
    ],
)
def test_every_scope_asked_for_must_have_been_granted(
    asked: Any, missing: str | None, door: Doors, one: DevIssuer
) -> None:
    verifier = door(one.policy(), fetcher=one)
    if missing is None:
        assert verifier.verify(one.mint(), scopes=asked).subject == "alice"
        return
    with pytest.raises(PermissionDeniedError) as refused:
        verifier.verify(one.mint(), scopes=asked)
    assert refused.value.code == "insufficient_scope"
    assert missing in refused.value.detail
    assert refused.value.expected == sorted({asked} if isinstance(asked, str) else asked)


def test_a_bad_token_is_refused_for_itself_before_its_scopes_are_looked_at(
    door: Doors, one: DevIssuer
) -> None:
    with pytest.raises(TokenError) as refused:
        door(one.policy(), fetcher=one).verify(one.spoil("expired"), scopes={"orders:read"})
    assert refused.value.code == "token_expired"


# -------------------------------------------------------------------------------------------------------------- several issuers


def test_a_token_is_routed_by_its_exact_issuer(door: Doors, one: DevIssuer, other: DevIssuer) -> None:
    relay = Relay(one, other)
    verifier = door(one.policy(), other.policy(), fetcher=relay)
    assert verifier.verify(other.mint()).principal == (other.url, "alice")
    assert relay.urls == [other.url + DISCOVERY, other.url + KEYS], "the other issuer's keys were asked for"
    assert verifier.verify(one.mint()).principal == (one.url, "alice")


@pytest.mark.parametrize(
    "iss",
    ["http://localhost:8455/", "http://LOCALHOST:8455", "http://localhost:84", "", None, 1, ["http://localhost:8455"], ABSENT],
    ids=repr,
)  # fmt: skip
def test_a_token_of_nobody_is_refused_without_a_fetch(
    iss: Any, door: Doors, one: DevIssuer, other: DevIssuer
) -> None:
    relay = Relay(one, other)
    verifier = door(one.policy(), other.policy(), fetcher=relay)
    token = one.mint(claims={"iss": iss})
    with pytest.raises(TokenError) as refused:
        verifier.verify(token)
    assert refused.value.code == verifier.explain(token).code == "issuer_wrong"
    assert relay.urls == []


def test_one_issuer_cannot_speak_for_the_other(door: Doors, one: DevIssuer, other: DevIssuer) -> None:
    verifier = door(one.policy(), other.policy(), fetcher=Relay(one, other))
    verifier.verify(one.mint())
    verifier.verify(other.mint())
    for claims in ({"iss": other.url}, {"iss": other.url, "aud": [other.url]}):
        with pytest.raises(TokenError) as refused:
            verifier.verify(one.mint(claims=claims))
        assert refused.value.code == "key_unknown"
        borrowed = other.key_set()["keys"][0]["kid"]
        with pytest.raises(TokenError) as refused:
            verifier.verify(one.mint(claims=claims, header={"kid": borrowed}))
        assert refused.value.code == "signature_invalid"


def test_what_one_policy_forgives_another_does_not(door: Doors, one: DevIssuer, other: DevIssuer) -> None:
    # The two headers are the same to the byte, so that a memory of one would serve for the other.
    header = {"kid": ABSENT, "typ": "JWT"}
    verifier = door(one.policy(token_type=ANY_TYPE), other.policy(), fetcher=Relay(one, other))
    lax, strict = one.mint(header=header), other.mint(header=header)
    assert lax.partition(".")[0] == strict.partition(".")[0]
    for _ in range(2):
        assert verifier.verify(lax).issuer == one.url
        with pytest.raises(TokenError) as refused:
            verifier.verify(strict)
        assert refused.value.code == verifier.explain(strict).code == "token_type_wrong"


# ---------------------------------------------------------------------------------------------------------------- what is held


def test_offline_keys_are_used_and_nothing_is_ever_fetched(door: Doors, one: DevIssuer, clock: Clock) -> None:
    relay = Relay(one)
    offline = door(one.policy(), keys=one.key_set(), fetcher=relay, monotonic=clock.monotonic)
    offline.warm()
    assert offline.verify(one.mint()).subject == "alice"
    clock.advance(10**9)
    assert offline.verify(one.mint()).subject == "alice"
    for name in ("kid-unknown", "kid-renamed", "jku"):
        with pytest.raises(TokenError) as refused:
            offline.verify(one.spoil(name))
        assert refused.value.code == "key_unknown"
    assert relay.urls == []


def test_offline_keys_may_be_the_documents_bytes(door: Doors, one: DevIssuer) -> None:
    assert door(one.policy(), keys=json.dumps(one.key_set()).encode()).verify(one.mint()).subject == "alice"


def remembered(verifier: Any) -> int:
    return max(len(verifier._known_headers), len(verifier._recollections))


def test_the_memory_of_headers_is_bounded(door: Doors, one: DevIssuer) -> None:
    verifier = door(one.policy(), fetcher=one)
    for number in range(KNOWN_HEADERS + 5):
        assert verifier.verify(one.mint(header={"x": number})).subject == "alice"
    assert 0 < remembered(verifier.verifier) <= KNOWN_HEADERS


AFTER_THE_HEADER: Final = [
    row.name for row in SPOILS if row.code in ("key_unknown", "signature_invalid", "algorithm_not_allowed", "token_type_wrong")
]  # fmt: skip


def test_a_header_is_remembered_only_after_its_signature(door: Doors, one: DevIssuer) -> None:
    verifier = door(one.policy(), fetcher=one)
    for name in AFTER_THE_HEADER:
        with pytest.raises(TokenError):
            verifier.verify(one.spoil(name))
        assert remembered(verifier.verifier) == 0, name
    verifier.explain(one.mint())
    assert remembered(verifier.verifier) == 0


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_a_remembered_header_lets_no_other_token_pass(row: Any, one: DevIssuer) -> None:
    verifier = Verifier(one.policy(), fetcher=one)
    verifier.verify(one.mint())
    assert remembered(verifier) == 1
    for _ in range(2):
        with pytest.raises(BearerguardError) as refused:
            verifier.verify(one.spoil(row.name))
        assert refused.value.code == row.code


def test_what_a_caller_does_to_its_claims_changes_nobody_elses(door: Doors, one: DevIssuer) -> None:
    verifier = door(one.policy(), fetcher=one)
    caller = verifier.verify(one.mint())
    caller.header["alg"] = "none"
    caller["aud"].append("https://everything.example")
    assert verifier.verify(one.mint()).header["alg"] == "RS256"
    assert caller.audience == (one.url,)


# --------------------------------------------------------------------------------------------------------------- construction


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda make, policy: make(), "at least one Policy"),
        (lambda make, policy: make("https://id.example.com"), "at least one Policy"),
        (lambda make, policy: make(policy, policy), "same issuer"),
        (lambda make, policy: make(policy, Policy("https://b.example", API), keys={"keys": []}), "belong to one issuer"),
        (lambda make, policy: make(policy, limits={"token_bytes": 1}), "limits"),
        (lambda make, policy: make(policy, limits=Limits(token_bytes=0)), "token_bytes"),
        (lambda make, policy: make(policy, keys={}), "keys"),
        (lambda make, policy: make(policy, keys={"keys": []}), "keys"),
        (lambda make, policy: make(policy, keys=[]), "keys"),
        (lambda make, policy: make(policy, keys="https://id.example.com/keys"), "keys"),
        (lambda make, policy: make(policy, keys=b"<html>"), "keys"),
        (lambda make, policy: make(policy, fetcher="https://id.example.com"), "fetcher"),
        (lambda make, policy: make(policy, fetcher=object()), "fetcher"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [Verifier, AsyncVerifier])
def test_what_makes_no_sense_is_refused_at_construction(
    made: Callable[..., Any], sentence: str, make: Any
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        made(make, Policy("https://id.example.com", API))


def test_a_fetcher_of_the_wrong_colour_is_refused_at_construction() -> None:
    class Blocking:
        def fetch(self, request: Fetch) -> Outcome:
            raise NotImplementedError

    class Awaited:
        async def fetch_async(self, request: Fetch) -> Outcome:
            raise NotImplementedError

    policy = Policy("https://id.example.com", API)
    with pytest.raises(ConfigurationError, match="fetch"):
        Verifier(policy, fetcher=Awaited())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="fetch_async"):
        AsyncVerifier(policy, fetcher=Blocking())  # type: ignore[arg-type]


def test_a_closed_verifier_may_be_used_again(door: Doors, one: DevIssuer) -> None:
    verifier = door(one.policy(), fetcher=one)
    verifier.verify(one.mint())
    verifier.close()
    assert verifier.verify(one.mint()).subject == "alice"


def test_a_verifier_is_a_context_manager_of_its_colour(one: DevIssuer) -> None:
    with Verifier(one.policy(), fetcher=one) as verifier:
        assert verifier.verify(one.mint()).subject == "alice"

    async def main() -> str:
        async with AsyncVerifier(one.policy(), fetcher=one) as verifier:
            return (await verifier.verify(one.mint())).subject

    assert run_asyncio(main) == "alice"
