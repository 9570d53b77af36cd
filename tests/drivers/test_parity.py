"""The same token gets the same verdict at every door."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import flask
import httpx2
import pytest

from bearerguard import AsyncGuard, AsyncVerifier, Guard, Refusal, TokenError, Verifier
from bearerguard.integrations.flask import BearerGuard, caller
from bearerguard.issuer import ABSENT, SPOILS, DevIssuer
from tests.conftest import Clock
from tests.drivers.colours import LOOPS
from tests.drivers.serving import serving

CLOCK: Final = Clock()
ISSUER: Final = DevIssuer(clock=CLOCK.wall)
POLICY: Final = ISSUER.policy()
NOW: Final = int(CLOCK.wall())

GOOD: Final[dict[str, str]] = {
    "as minted": ISSUER.mint(),
    "with roles": ISSUER.mint(roles=["admin", "editor"]),
    "for a machine": ISSUER.mint_for_machine("cron", ISSUER.url, "orders:read"),
    "with one audience, as text": ISSUER.mint(claims={"aud": ISSUER.url}),
    "with several audiences": ISSUER.mint(audience=["https://other.example", ISSUER.url]),
    "without a scope": ISSUER.mint(claims={"scope": ABSENT}),
    "with scopes in an array": ISSUER.mint(claims={"scope": ABSENT, "scp": ["a", "b"]}),
    "with its type in full": ISSUER.mint(header={"typ": "application/at+jwt"}),
    "with its type in capitals": ISSUER.mint(header={"typ": "AT+JWT"}),
    "with a member of the header nobody knows": ISSUER.mint(header={"x": {"y": [1, None]}}),
    "without a kid, where there is one key": ISSUER.mint(header={"kid": ABSENT}),
    "expired, just enough leeway": ISSUER.mint(claims={"exp": NOW - 29.75}),
    "not yet valid, just enough leeway": ISSUER.mint(claims={"nbf": NOW + 30}),
    "issued in the future, just enough leeway": ISSUER.mint(claims={"iat": NOW + 30}),
    "with dates that have fractions": ISSUER.mint(claims={"exp": NOW + 0.5, "iat": NOW - 0.5}),
    "of a subject of many letters": ISSUER.mint("алиса 愛麗絲 🦊"),
    "with claims of every kind": ISSUER.mint(claims={"x": [1, -2.5, True, None, {"y": "\u2028"}], "": "", "z": 2**60}),
}  # fmt: skip

BAD: Final[dict[str, tuple[str, str]]] = {
    "expired, just too little leeway": (ISSUER.mint(claims={"exp": NOW - 30}), "token_expired"),
    "not yet valid, just too little leeway": (ISSUER.mint(claims={"nbf": NOW + 30.25}), "token_not_yet_valid"),
    "issued in the future, just too little leeway": (ISSUER.mint(claims={"iat": NOW + 30.25}), "token_not_yet_valid"),
    **{row.name: (ISSUER.spoil(row.name), row.code) for row in SPOILS},
}  # fmt: skip

TOKENS: Final = {**GOOD, **{name: token for name, (token, _) in BAD.items()}}

Verdicts = dict[str, Any]
"""The claims that a door accepts, or the code with which it refuses, for each token by name."""


def claims_of(token: str) -> Any:
    """What a token says, read without us."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


EXPECTED: Final[Verdicts] = {
    **{name: claims_of(token) for name, token in GOOD.items()},
    **{name: code for name, (_, code) in BAD.items()},
}


def verifier() -> Verifier:
    return Verifier(POLICY, fetcher=ISSUER, clock=CLOCK.wall, monotonic=CLOCK.monotonic)


def async_verifier() -> AsyncVerifier:
    return AsyncVerifier(POLICY, fetcher=ISSUER, clock=CLOCK.wall, monotonic=CLOCK.monotonic)


def by_verifier() -> Verdicts:
    door = verifier()
    verdicts: Verdicts = {}
    for name, token in TOKENS.items():
        try:
            verdicts[name] = dict(door.verify(token))
        except TokenError as error:
            verdicts[name] = error.code
    return verdicts


async def by_async_verifier() -> Verdicts:
    door = async_verifier()
    verdicts: Verdicts = {}
    for name, token in TOKENS.items():
        try:
            verdicts[name] = dict(await door.verify(token))
        except TokenError as error:
            verdicts[name] = error.code
    return verdicts


def by_explanation() -> Verdicts:
    door = verifier()
    reports = {name: door.explain(token) for name, token in TOKENS.items()}
    return {name: claims_of(TOKENS[name]) if report.ok else report.code for name, report in reports.items()}


def told(decision: Any) -> Any:
    return decision.error.code if isinstance(decision, Refusal) else dict(decision)


def by_guard() -> Verdicts:
    door = Guard(verifier=verifier())
    return {name: told(door.admit([f"Bearer {token}"])) for name, token in TOKENS.items()}


async def by_async_guard() -> Verdicts:
    door = AsyncGuard(verifier=async_verifier())
    return {name: told(await door.admit([f"Bearer {token}"])) for name, token in TOKENS.items()}


class Codes(logging.Handler):
    """The codes in the log, which a refusal over HTTP does not tell its client."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.codes.append(record.__dict__["code"])


@pytest.fixture
def log() -> Iterator[Codes]:
    logger, codes = logging.getLogger("bearerguard"), Codes()
    logger.addHandler(codes)
    yield codes
    logger.removeHandler(codes)


DOORS: Final[dict[str, Callable[[], Verdicts]]] = {
    "Verifier": by_verifier,
    "Verifier, explaining": by_explanation,
    "AsyncVerifier in asyncio": lambda: LOOPS["asyncio"](by_async_verifier),
    "AsyncVerifier in trio": lambda: LOOPS["trio"](by_async_verifier),
    "Guard": by_guard,
    "AsyncGuard in asyncio": lambda: LOOPS["asyncio"](by_async_guard),
    "AsyncGuard in trio": lambda: LOOPS["trio"](by_async_guard),
}


@pytest.mark.parametrize("door", DOORS)
def test_the_same_token_gets_the_same_verdict_at_every_door(door: str) -> None:
    assert DOORS[door]() == EXPECTED


def test_the_same_token_gets_the_same_verdict_from_flask_over_http(log: Codes) -> None:
    app = flask.Flask("parity")
    door = BearerGuard(verifier=verifier())

    @app.get("/")
    @door.required()
    def whoami() -> Any:
        return dict(caller)

    verdicts: Verdicts = {}
    with serving(app) as origin, httpx2.Client(trust_env=False, timeout=10) as client:
        for name, token in TOKENS.items():
            answer = client.get(origin, headers={"Authorization": f"Bearer {token}"})
            accepted = answer.status_code == 200
            verdicts[name] = answer.json() if accepted else log.codes.pop()
            assert accepted or answer.json()["error"] in ("invalid_token", "invalid_request"), name
            assert log.codes == [], name
    # What the syntax of RFC 6750 refuses never reaches a verifier; every wrong token here fits it.
    assert verdicts == EXPECTED


def test_the_table_of_wrong_tokens_is_long_enough_to_mean_something() -> None:
    assert len(BAD) >= 28
    assert len({code for _, code in BAD.values()}) >= 12
