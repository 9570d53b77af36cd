"""Every wrong token is refused with its code, is wrong in one way only, and has a twin that is good."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import pytest

from bearerguard import ANY_TYPE, AsyncVerifier, ConfigurationError, Policy, TokenError, Verifier
from bearerguard.errors import BearerguardError
from bearerguard.issuer import ABSENT, SPOILS, DevIssuer, Spoil
from bearerguard.issuer.recipes import Bench, Recipe
from bearerguard.issuer.signing import SigningKey, decode, stranger

NOW: Final = 1_767_225_600
API: Final = "https://api.example.com"
BY_NAME: Final = {row.name: row for row in SPOILS}

every_spoil = pytest.mark.parametrize("spoil", SPOILS, ids=lambda row: row.name)


@cache
def the_issuer() -> DevIssuer:
    """One for the module: its key is what takes time to make."""
    return DevIssuer(clock=lambda: NOW)


@pytest.fixture
def issuer() -> DevIssuer:
    return the_issuer()


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    issuer = the_issuer()
    with Verifier(
        issuer.policy(audience=API), fetcher=issuer, clock=issuer.now, monotonic=lambda: 0.0
    ) as verifier:
        yield verifier


# ------------------------------------------------------------------------------------------------------------- the table


def test_there_are_many_wrong_tokens_and_no_two_have_one_name() -> None:
    assert len(SPOILS) >= 35
    assert len(BY_NAME) == len(SPOILS)


@every_spoil
def test_a_wrong_token_has_a_name_a_reason_and_a_code_that_exists(spoil: Spoil) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", spoil.name)
    assert spoil.why
    assert not spoil.why.endswith(".")
    assert spoil.code in codes(TokenError)


def codes(kind: type[BearerguardError]) -> set[str]:
    return set(kind.codes).union(*(codes(child) for child in kind.__subclasses__()))


def test_spoiled_yields_the_whole_table_in_its_order(issuer: DevIssuer) -> None:
    assert [name for name, _ in issuer.spoiled()] == [row.name for row in SPOILS]


def test_one_wrong_token_can_be_had_by_its_name(issuer: DevIssuer, verifier: Verifier) -> None:
    with pytest.raises(TokenError) as refused:
        verifier.verify(issuer.spoil("expired"))
    assert refused.value.code == "token_expired"


def test_a_name_that_is_not_in_the_table_is_answered_with_those_that_are(issuer: DevIssuer) -> None:
    with pytest.raises(ConfigurationError, match=r"no wrong token named 'nothing'.*alg-none"):
        issuer.spoil("nothing")


@every_spoil
def test_a_wrong_token_can_be_sent_in_a_header(spoil: Spoil, issuer: DevIssuer) -> None:
    # RFC 6750 section 2.1: b64token.
    assert re.fullmatch(r"[A-Za-z0-9\-._~+/]+=*", issuer.spoil(spoil.name))


def test_wrong_tokens_cost_the_issuer_no_key_of_its_own() -> None:
    before = (stranger(), stranger("ES256"))
    issuer = DevIssuer(clock=lambda: NOW)
    dict(issuer.spoiled())
    dict(issuer.spoiled())
    assert (stranger(), stranger("ES256")) == before
    assert len(issuer.key_set()["keys"]) == 1


# ------------------------------------------------------------------------------------------------------------ the verdicts


@every_spoil
def test_a_wrong_token_is_refused_with_its_code(spoil: Spoil, issuer: DevIssuer, verifier: Verifier) -> None:
    with pytest.raises(TokenError) as refused:
        verifier.verify(issuer.spoil(spoil.name))
    assert refused.value.code == spoil.code


def test_an_async_verifier_refuses_every_wrong_token_with_the_same_code(issuer: DevIssuer) -> None:
    async def verdicts() -> dict[str, str]:
        found = {}
        policy = issuer.policy(audience=API)
        async with AsyncVerifier(policy, fetcher=issuer, clock=issuer.now, monotonic=lambda: 0.0) as verifier:
            for name, token in issuer.spoiled():
                try:
                    await verifier.verify(token)
                except TokenError as error:
                    found[name] = error.code
        return found

    assert asyncio.run(verdicts()) == {row.name: row.code for row in SPOILS}


@pytest.mark.parametrize(
    "audience", [None, "https://mcp.example.com", ("https://a.example", "https://b.example")]
)
def test_the_verdicts_do_not_depend_on_the_audience(audience: Any) -> None:
    issuer = DevIssuer("https://id.example.com", clock=lambda: NOW)
    with Verifier(issuer.policy(audience=audience), fetcher=issuer, clock=issuer.now) as verifier:
        for row, (_, token) in zip(SPOILS, issuer.spoiled(), strict=True):
            with pytest.raises(TokenError) as refused:
                verifier.verify(token)
            assert (row.name, refused.value.code) == (row.name, row.code)


def test_after_a_rotation_the_wrong_tokens_are_wrong_for_the_same_reasons() -> None:
    issuer = DevIssuer(clock=lambda: NOW)
    issuer.rotate()
    with Verifier(issuer.policy(), fetcher=issuer, clock=issuer.now) as verifier:
        for row, (_, token) in zip(SPOILS, issuer.spoiled(), strict=True):
            with pytest.raises(TokenError) as refused:
                verifier.verify(token)
            assert (row.name, refused.value.code) == (row.name, row.code)


def test_the_verdicts_are_the_same_beside_another_issuer(issuer: DevIssuer) -> None:
    other = DevIssuer("http://localhost:8456", clock=lambda: NOW)
    with Verifier(other.policy(), issuer.policy(audience=API), fetcher=issuer, clock=issuer.now) as verifier:
        for row, (_, token) in zip(SPOILS, issuer.spoiled(), strict=True):
            with pytest.raises(TokenError) as refused:
                verifier.verify(token)
            assert (row.name, refused.value.code) == (row.name, row.code)


def test_no_wrong_token_makes_a_verifier_ask_anywhere_but_the_issuer() -> None:
    issuer = DevIssuer(clock=lambda: NOW)
    with Verifier(issuer.policy(), fetcher=issuer, clock=issuer.now, monotonic=lambda: 0.0) as verifier:
        for _, token in issuer.spoiled():
            with pytest.raises(TokenError):
                verifier.verify(token)
    # Once for the documents, and once more for the first key that nobody knows.
    keys = issuer.url + "/oauth2/jwks"
    assert issuer.requests == [issuer.url + "/.well-known/openid-configuration", keys, keys]


def test_no_refusal_tells_the_token(issuer: DevIssuer, verifier: Verifier) -> None:
    for _, token in issuer.spoiled():
        with pytest.raises(TokenError) as refused:
            verifier.verify(token)
        error = refused.value
        told = f"{error!r} {error} {error.public} {vars(error)}"
        assert token not in told
        assert token.rpartition(".")[2] not in told or len(token.rpartition(".")[2]) < 8


# ----------------------------------------------------------------------------------------------------- one thing is wrong


UNSIGNED = [spoil.name for spoil in SPOILS if spoil.name.startswith("alg-none")]


@every_spoil
def test_only_one_thing_is_wrong_with_it(spoil: Spoil, issuer: DevIssuer, verifier: Verifier) -> None:
    report = verifier.explain(issuer.spoil(spoil.name))
    failed = [check.name for check in report.checks if check.outcome == "failed"]
    assert report.error is not None
    assert report.error.code == spoil.code
    # An ID token is a good token of another kind: of another type, and for the client. An unsigned one says so, and is.
    allowed = {"id-token": ["type", "audience"]} | {
        name: ["algorithm", "signature present"] for name in UNSIGNED
    }
    assert len(failed) == 1 or failed == allowed.get(spoil.name)


def difference(bench: Bench, token: str) -> set[str]:
    """The members in which a token differs from the good one on the bench, and its signature if it is not the key's."""
    header, payload, signature = token.split(".")
    found = {f"header.{name}" for name in unlike(bench.header, json.loads(decode(header)))}
    found |= {f"claim.{name}" for name in unlike(bench.claims, json.loads(decode(payload))) if name != "jti"}
    if decode(signature) != bench.key.sign(f"{header}.{payload}".encode()):
        found.add("signature")
    return found


def unlike(good: Any, other: Any) -> set[str]:
    return {name for name in {**good, **other} if good.get(name, ABSENT) != other.get(name, ABSENT)}


@pytest.mark.parametrize(
    ("prefix", "part"),
    [
        ("typ-", {"header.typ"}),
        ("kid-renamed", {"header.kid"}),
        ("kid-path", {"header.kid"}),
        ("kid-not", {"header.kid"}),
        ("kid-too", {"header.kid"}),
        ("crit", {"header.crit"}),
        ("b64", {"header.b64"}),
        ("issuer-", {"claim.iss"}),
        ("audience-", {"claim.aud"}),
        ("subject-", {"claim.sub"}),
        ("bound-", {"claim.cnf"}),
        ("exp-m", {"claim.exp"}),
        ("exp-s", {"claim.exp"}),
        ("exp-b", {"claim.exp"}),
        ("issued-", {"claim.iat"}),
        ("not-yet", {"claim.nbf"}),
        ("expired", {"claim.exp", "claim.iat"}),
        ("signed-by", {"signature"}),
        ("signature-", {"signature"}),
        ("payload-tampered", {"claim.sub", "signature"}),
    ],
)
def test_it_differs_from_a_good_token_only_where_its_name_says(
    prefix: str, part: set[str], issuer: DevIssuer
) -> None:
    rows = [row for row in SPOILS if row.name.startswith(prefix)]
    assert rows
    for row in rows:
        bench = issuer.bench(API)
        assert (row.name, difference(bench, row.recipe(bench))) == (row.name, part)


# ------------------------------------------------------------------------------------------------------------- good twins


def token(**changes: Any) -> Recipe:
    return lambda bench: bench.token(**changes)


def payload(change: Callable[[bytes], bytes]) -> Recipe:
    return lambda bench: bench.raw(payload=change(bench.claims_json))


def just_fits(bench: Bench) -> str:
    room = 16_384 - len(bench.token(claims={"padding": ""}))
    text = bench.token(claims={"padding": "x" * (room * 3 // 4)})
    assert 16_384 - 4 < len(text) <= 16_384
    return text


# What is not wrong: the same as a spoiled token except for the one thing, by the name of the spoil that it is the twin of.
TWINS: Final[dict[str, Recipe]] = {
    "part-missing": token(),
    "too-large": just_fits,
    "header-too-large": token(header={"padding": "x" * 3_900}),
    "header-member-twice": lambda bench: bench.raw(header=b'{"Alg":"none",' + bench.header_json[1:]),
    "payload-and-more": payload(lambda raw: raw + b"\n"),
    "payload-not-utf8": payload(lambda raw: b'{"name":"\xc3\xbf",' + raw[1:]),
    "payload-lone-surrogate": token(claims={"name": "\U0001f600"}),
    "claim-twice": payload(lambda raw: b'{"Sub":"admin",' + raw[1:]),
    "nested-deeply": payload(lambda raw: b'{"nested":' + b"[" * 15 + b"]" * 15 + b"," + raw[1:]),
    "number-too-long": payload(lambda raw: b'{"n":9999999999999999,' + raw[1:]),
    "crit": token(header={"critical": ["exp"]}),
    "kid-too-long": token(header={"x": "k" * 1_000}),
    "typ-jwt": token(header={"typ": "AT+JWT"}),
    "typ-not-a-string": token(header={"typ": "application/at+jwt"}),
    "issuer-list": token(claims={"iss": "http://localhost:8455"}),
    "jwk-embedded": lambda bench: bench.token(header={"jwk": stranger().jwk()}),
    "jku": token(header={"jku": "https://attacker.example/jwks"}),
    "x5u": token(header={"x5u": "https://attacker.example/certificate.pem"}),
    "x5c-known-kid": token(header={"x5c": ["not a certificate"]}),
    "header-tampered": token(header={"cty": "at+jwt"}),
    "payload-tampered": token(claims={"sub": "admin"}),
    "audience-wrong": token(claims={"aud": ["https://attacker.example", API]}),
    "audience-empty": token(claims={"aud": API}),
    "expired": token(claims={"iat": NOW - 5_400, "exp": NOW - 29}),
    "exp-string": token(claims={"exp": NOW + 0.5}),
    "exp-bool": token(claims={"exp": NOW + 1}),
    "not-yet-valid": token(claims={"nbf": NOW + 29}),
    "issued-in-the-future": token(claims={"iat": NOW + 29}),
    "iat-string": token(claims={"iat": ABSENT}),
    "subject-empty": token(claims={"sub": " "}),
    "subject-not-a-string": token(claims={"sub": "1"}),
    "bound-to-a-key": token(claims={"confirmation": {"jkt": "x"}}),
}


def test_the_token_that_every_spoil_is_made_from_is_good(issuer: DevIssuer, verifier: Verifier) -> None:
    assert verifier.verify(issuer.bench(API).token()).subject == "alice"
    assert verifier.verify(issuer.bench(API).raw()).subject == "alice"


@pytest.mark.parametrize("name", TWINS)
def test_its_twin_without_the_defect_is_accepted(name: str, issuer: DevIssuer, verifier: Verifier) -> None:
    assert name in BY_NAME
    verifier.verify(TWINS[name](issuer.bench(API)))


@pytest.mark.parametrize("name", ["typ-jwt", "typ-missing"])
def test_a_policy_that_asks_for_no_type_accepts_what_is_wrong_in_type_only(
    name: str, issuer: DevIssuer
) -> None:
    policy = issuer.policy(audience=API, token_type=ANY_TYPE)
    with Verifier(policy, fetcher=issuer, clock=issuer.now) as verifier:
        assert verifier.verify(issuer.spoil(name)).subject == "alice"


@pytest.mark.parametrize("name", ["typ-logout", "typ-dpop", "typ-not-a-string", "id-token"])
def test_a_policy_that_asks_for_no_type_still_refuses(name: str, issuer: DevIssuer) -> None:
    policy = issuer.policy(audience=API, token_type=ANY_TYPE)
    with Verifier(policy, fetcher=issuer, clock=issuer.now) as verifier, pytest.raises(TokenError):
        verifier.verify(issuer.spoil(name))


def test_the_spare_bits_and_the_padding_spell_the_same_bytes_for_a_lax_reader(issuer: DevIssuer) -> None:
    for name in ("base64-trailing-bits", "base64-padded", "base64-standard-alphabet"):
        text = issuer.spoil(name)
        content, _, signature = text.rpartition(".")
        lax = signature.rstrip("=").replace("+", "-").replace("/", "_")
        assert decode(lax) == the_key(issuer).sign(content.encode())
        assert text != f"{content}.{lax}" or name == "base64-trailing-bits"


@pytest.mark.parametrize("audience", [API, [API, "https://other.example"]])
def test_wrong_tokens_are_made_for_an_audience_of_ones_own_policy(audience: str | list[str]) -> None:
    issuer = DevIssuer(clock=lambda: NOW)
    policy = Policy(issuer.url, API, algorithms=["RS256"])
    with Verifier(policy, fetcher=issuer, clock=issuer.now) as verifier:
        for row, (_, token) in zip(SPOILS, issuer.spoiled(audience=audience), strict=True):
            with pytest.raises(TokenError) as refused:
                verifier.verify(token)
            assert (row.name, refused.value.code) == (row.name, row.code)
        verifier.verify(issuer.mint(audience=audience))


def the_key(issuer: DevIssuer) -> SigningKey:
    return issuer.bench().key
