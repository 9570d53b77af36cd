"""Running token cases: every door there is, and what must be true of every verdict whatever it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator
from typing import Any, Final

from bearerguard import ANY_TYPE, UNSAFE_ANY_AUDIENCE, AsyncVerifier, Policy, Verified, Verifier
from bearerguard.bearer import refuse
from bearerguard.errors import BearerguardError
from bearerguard.keyring import Fetch, Fetched
from bearerguard.report import Report

from . import corpus

ACCEPT: Final = "accept"
PUBLIC: Final = {
    "The access token is invalid.",
    "The access token expired.",
    "The access token is too old for this resource.",
    "The access token lacks a scope that this resource requires.",
}
"""All that a caller is ever told about a token (RFC 6750 section 3.1)."""
VIEWS: Final = (
    "subject", "issuer", "principal", "client_id", "audience", "scopes", "roles", "expires_at", "issued_at", "auth_time", "acr",
    "amr", "token_id", "user", "typed", "header",
)  # fmt: skip


class Clock:
    """The wall clock of a case; monotonic time stands still."""

    def __init__(self, now: float) -> None:
        self.now = now

    def wall(self) -> float:
        """Seconds since 1970."""
        return self.now

    def monotonic(self) -> float:
        """Seconds since nobody knows when."""
        return 0.0


class Issuers:
    """Every issuer of a case, where the network would be: a discovery document and a key set each."""

    def __init__(self, sets: dict[str, list[Any]]) -> None:
        self.asked: list[str] = []
        self._pages: dict[str, bytes] = {}
        for issuer, members in sets.items():
            document = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
            self._pages[f"{issuer}/.well-known/openid-configuration"] = json.dumps(document).encode()
            self._pages[f"{issuer}/keys"] = json.dumps(corpus.key_set(members)).encode()

    def fetch(self, request: Fetch) -> Fetched:
        """Answer from memory."""
        self.asked.append(request.url)
        body = self._pages.get(request.url)
        return Fetched(request.url, 404 if body is None else 200, body or b"")

    async def fetch_async(self, request: Fetch) -> Fetched:
        """Answer from memory, awaited."""
        return self.fetch(request)


def settings(written: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a `Policy`, from what a case says."""
    made = {name: value for name, value in written.items() if name != "keys"}
    if made.get("audience") == "ANY":
        made["audience"] = UNSAFE_ANY_AUDIENCE
    if made.get("token_type") == "ANY":
        made["token_type"] = ANY_TYPE
    if isinstance(made.get("roles_claim"), list):
        made["roles_claim"] = tuple(made["roles_claim"])
    return made


class Doors:
    """One case's verifiers, made as an application would make them, on one clock."""

    def __init__(self, case: corpus.Case) -> None:
        default = corpus.DEFAULTS
        written = case.get("policies") or [{**default["policy"], **case.get("policy", {})}]
        keys = case.get("keys", default["keys"])
        self.clock = Clock(case.get("now", default["now"]))
        self.issuers = Issuers({one["issuer"]: one.get("keys", keys) for one in written})
        online = "policies" in case or "asked" in case
        arguments: dict[str, Any] = {
            "clock": self.clock.wall,
            "monotonic": self.clock.monotonic,
            "fetcher": self.issuers,
        }
        if not online:
            arguments["keys"] = corpus.key_set(keys)
        policies = [Policy(**settings(one)) for one in written]
        self.blocking = Verifier(*policies, **arguments)
        self.waiting = AsyncVerifier(*policies, **arguments)

    def verdicts(
        self, text: str | bytes, scopes: Collection[str], runner: asyncio.Runner
    ) -> Iterator[tuple[str, Verified | BearerguardError]]:
        """The verdict of each door that verifies; anything but a `BearerguardError` passes through and fails the case."""
        try:
            yield "Verifier", self.blocking.verify(text, scopes=scopes)
        except BearerguardError as error:
            yield "Verifier", error
        try:
            yield "AsyncVerifier", runner.run(self.waiting.verify(text, scopes=scopes))
        except BearerguardError as error:
            yield "AsyncVerifier", error

    def reports(self, text: str | bytes, runner: asyncio.Runner) -> Iterator[tuple[str, Report]]:
        """The report of each door that explains."""
        yield "Verifier", self.blocking.explain(text)
        yield "AsyncVerifier", runner.run(self.waiting.explain(text))


def code(verdict: Verified | BearerguardError) -> str:
    """A verdict as the corpus writes it."""
    return verdict.code if isinstance(verdict, BearerguardError) else ACCEPT


def check_accepted(verified: Verified, facts: dict[str, Any]) -> None:
    """Every view answers, and the case's facts are so."""
    views = {name: getattr(verified, name) for name in VIEWS}
    assert isinstance(views["audience"], tuple)
    assert views["principal"] == (views["issuer"], views["subject"])
    assert len(repr(verified)) > 0
    assert dict(verified).keys() == set(verified)
    for name, wanted in facts.items():
        if name == "claims":
            for claim, value in wanted.items():
                assert verified[claim] == value
                assert type(verified[claim]) is type(value)
        elif name in ("scopes", "roles"):
            assert views[name] == frozenset(wanted)
        elif name == "audience":
            assert list(views[name]) == wanted
        else:
            assert views[name] == wanted, name


def check_refused(error: BearerguardError, text: str) -> None:
    """A refusal keeps the token to itself, tells the caller one of four sentences, and cannot break a line of a log."""
    secrets = _secrets(text)
    for kept in _everything(error):
        assert not any(secret in kept for secret in secrets), "an error holds the token"
    assert str(error).isprintable(), "a log line could be broken or forged"
    refusal = refuse(error)
    assert refusal.status in (401, 403)
    assert error.public in PUBLIC
    assert refusal.body["error_description"] == error.public
    assert all(value.isascii() and value.isprintable() for _, value in refusal.headers)


def check_report(report: Report, text: str) -> None:
    """A report can be printed and sent as JSON, and does not hold the token."""
    printed, sent = str(report), json.dumps(report.as_dict())
    assert all(line.isprintable() for line in printed.split("\n")), "a line of a report could be forged"
    for secret in _secrets(text):
        assert secret not in printed
        assert secret not in sent


def _secrets(text: str) -> list[str]:
    """The beginnings of a token's segments, long enough to be told from other text."""
    return [part[:2000] for part in text[:20_000].split(".") if len(part) >= 40][:8]


def _everything(error: BaseException | None) -> Iterator[str]:
    """All the text that an error and those behind it hold."""
    while error is not None:
        yield repr(error.args)
        yield str(error)
        yield from (repr(value) for value in vars(error).values())
        if error.__cause__ is not None:
            yield from _everything(error.__cause__)
        error = error.__context__
