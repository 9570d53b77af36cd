"""What the dev issuer publishes, how it rotates its keys, and how it stands in for the network."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bearerguard import AsyncVerifier, KeysUnavailableError, Verifier
from bearerguard.fetch import Fetch, Fetched, FetchFailed
from bearerguard.issuer import DevIssuer
from bearerguard.issuer.documents import DISCOVERY_PATHS
from tests.conftest import Clock


@pytest.fixture
def issuer(clock: Clock) -> DevIssuer:
    return DevIssuer(clock=clock.wall)


def ask(url: str, byte_limit: int = 262_144) -> Fetch:
    return Fetch(url=url, byte_limit=byte_limit, timeout=5.0, attempt=1)


def kids(issuer: DevIssuer) -> list[str]:
    return [key["kid"] for key in issuer.key_set()["keys"]]


def verifier(issuer: DevIssuer, clock: Clock) -> Verifier:
    return Verifier(issuer.policy(), fetcher=issuer, clock=clock.wall, monotonic=clock.monotonic)


def test_discovery_names_the_issuer_and_authgears_endpoints(issuer: DevIssuer) -> None:
    document = issuer.discovery()
    assert repr(issuer) == "<DevIssuer http://localhost:8455>"
    assert document["issuer"] == issuer.url == "http://localhost:8455"
    assert document["jwks_uri"] == f"{issuer.url}/oauth2/jwks"
    for name, path in {
        "authorization": "authorize",
        "token": "token",
        "revocation": "revoke",
        "userinfo": "userinfo",
        "end_session": "end_session",
    }.items():
        assert document[f"{name}_endpoint"] == f"{issuer.url}/oauth2/{path}"
    assert "introspection_endpoint" not in document
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]


def test_the_key_set_publishes_the_public_half_of_the_signing_key_only(issuer: DevIssuer) -> None:
    (key,) = issuer.key_set()["keys"]
    assert key.keys() == {"kid", "use", "alg", "kty", "n", "e"}


# ---------------------------------------------------------------------------------------------------------------- rotation


def test_a_new_key_signs_and_the_old_one_stays_published_in_an_overlap(issuer: DevIssuer) -> None:
    old = kids(issuer)
    issuer.rotate()
    assert kids(issuer)[1:] == old
    assert kids(issuer)[0] not in old


def test_without_an_overlap_every_older_key_is_withdrawn(issuer: DevIssuer) -> None:
    issuer.rotate()
    old = kids(issuer)
    issuer.rotate(overlap=False)
    assert len(kids(issuer)) == 1
    assert set(old).isdisjoint(kids(issuer))


@pytest.mark.parametrize("overlap", [True, False])
def test_a_token_of_the_new_key_is_accepted_at_once_and_costs_one_more_look(
    issuer: DevIssuer, clock: Clock, overlap: bool
) -> None:
    with verifier(issuer, clock) as verify:
        verify.verify(issuer.mint())
        asked = len(issuer.requests)
        clock.advance(60)
        issuer.rotate(overlap=overlap)
        assert verify.verify(issuer.mint("bob")).subject == "bob"
        assert issuer.requests[asked:] == [f"{issuer.url}/oauth2/jwks"]


@pytest.mark.parametrize("overlap", [True, False])
def test_a_token_of_the_old_key_lives_as_long_as_the_key_is_published(
    issuer: DevIssuer, clock: Clock, overlap: bool
) -> None:
    old = issuer.mint()
    with verifier(issuer, clock) as verify:
        verify.verify(old)
        clock.advance(60)
        issuer.rotate(overlap=overlap)
        verify.verify(issuer.mint())
        report = verify.explain(old)
        assert report.code == (None if overlap else "key_unknown")


# -------------------------------------------------------------------------------------------------- in place of the network


def body(answer: Fetched | FetchFailed) -> Any:
    assert isinstance(answer, Fetched)
    assert answer.status == 200
    assert answer.headers == {"content-type": "application/json"}
    return json.loads(answer.body)


def test_both_well_known_documents_are_the_same(issuer: DevIssuer) -> None:
    for path in DISCOVERY_PATHS:
        assert body(issuer.fetch(ask(issuer.url + path))) == issuer.discovery()


def test_the_key_set_is_where_discovery_says(issuer: DevIssuer) -> None:
    assert body(issuer.fetch(ask(issuer.discovery()["jwks_uri"]))) == issuer.key_set()


@pytest.mark.parametrize(
    "url", ["http://localhost:8455", "http://localhost:8455/", "https://id.example.com/oauth2/jwks", ""]
)
def test_nothing_is_published_elsewhere(issuer: DevIssuer, url: str) -> None:
    answer = issuer.fetch(ask(url))
    assert isinstance(answer, Fetched)
    assert answer.status == 404


def test_every_url_that_was_asked_for_is_remembered(issuer: DevIssuer) -> None:
    urls = [issuer.url + DISCOVERY_PATHS[1], issuer.url + "/oauth2/jwks", issuer.url + "/nowhere"]
    for url in urls:
        issuer.fetch(ask(url))
    assert issuer.requests == urls


def test_an_issuer_that_is_offline_answers_nothing_and_the_attempt_is_remembered(issuer: DevIssuer) -> None:
    issuer.offline = True
    url = issuer.url + "/oauth2/jwks"
    assert isinstance(issuer.fetch(ask(url)), FetchFailed)
    assert issuer.requests == [url]


def test_an_answer_is_no_longer_than_was_asked_for(issuer: DevIssuer) -> None:
    url = issuer.url + "/oauth2/jwks"
    size = len(json.dumps(issuer.key_set()))
    assert isinstance(issuer.fetch(ask(url, byte_limit=size)), Fetched)
    assert isinstance(issuer.fetch(ask(url, byte_limit=size - 1)), FetchFailed)


def test_asking_asynchronously_gets_the_same_answers(issuer: DevIssuer) -> None:
    url = issuer.url + "/oauth2/jwks"
    assert asyncio.run(issuer.fetch_async(ask(url))) == issuer.fetch(ask(url))


def test_a_verifier_that_held_keys_outlives_the_issuers_outage_and_a_new_one_does_not(
    issuer: DevIssuer, clock: Clock
) -> None:
    with verifier(issuer, clock) as held, verifier(issuer, clock) as new:
        held.verify(issuer.mint())
        issuer.offline = True
        assert held.verify(issuer.mint("bob")).subject == "bob"
        with pytest.raises(KeysUnavailableError):
            new.verify(issuer.mint())


def test_an_async_verifier_needs_no_network_either(issuer: DevIssuer, clock: Clock) -> None:
    async def subject() -> str:
        async with AsyncVerifier(
            issuer.policy(), fetcher=issuer, clock=clock.wall, monotonic=clock.monotonic
        ) as verify:
            return (await verify.verify(issuer.mint("alice"))).subject

    assert asyncio.run(subject()) == "alice"
