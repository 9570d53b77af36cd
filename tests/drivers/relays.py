"""Fetchers that stand between a verifier and dev issuers, and misbehave as told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from bearerguard.fetch import Fetch, Fetched, FetchFailed
from bearerguard.issuer import DevIssuer
from tests.drivers.colours import pause
from tests.drivers.servers import PATIENCE

Outcome = Fetched | FetchFailed

DISCOVERY = "/.well-known/openid-configuration"
OAUTH_DISCOVERY = "/.well-known/oauth-authorization-server"
KEYS = "/oauth2/jwks"


_KEYS: Final = DevIssuer()._keys


def changing_issuer(clock: Callable[[], float]) -> DevIssuer:
    """Return an issuer that a test may change. Its first key is made once for all, as making one takes 0.1 s."""
    issuer = DevIssuer(clock=clock)
    issuer._keys = _KEYS
    return issuer


class Relay:
    """Asks the issuer that an URL belongs to, in memory; ``change`` may replace the answer, raise, or take its time.

    ``urls`` is what was asked for, in order. `watch` makes a clock that stops a verifier that asks without end.
    """

    def __init__(self, *issuers: DevIssuer, change: Callable[[Fetch, Outcome], Any] | None = None) -> None:
        self.issuers = issuers
        self.change = change
        self.urls: list[str] = []

    def fetch(self, request: Fetch) -> Any:
        self.urls.append(request.url)
        for issuer in self.issuers:
            if request.url.startswith(issuer.url + "/"):
                answer = issuer.fetch(request)
                return answer if self.change is None else self.change(request, answer)
        return FetchFailed(request.url, "nobody is there")

    async def fetch_async(self, request: Fetch) -> Any:
        return self.fetch(request)

    def watch(self, monotonic: Callable[[], float]) -> Callable[[], float]:
        """Return this clock, which fails once more has been asked than any test has reason for.

        A verifier reads it between two fetches, in its caller's own task: an endless loop ends there in every colour.
        """

        def watched() -> float:
            assert len(self.urls) < 1_000, f"asked again and again for {self.urls[-1]}"
            return monotonic()

        return watched

    def asked(self, path: str) -> int:
        """How many times a path was asked for, at whichever issuer."""
        return sum(url.endswith(path) for url in self.urls)


class Gate(Relay):
    """A relay whose answers wait at a gate until it is opened; ``arrived`` is set when one waits."""

    def __init__(self, *issuers: DevIssuer, open: bool = False) -> None:  # noqa: A002  # what gates are
        super().__init__(*issuers)
        self.arrived = threading.Event()
        self.opened = threading.Event()
        if open:
            self.opened.set()

    def close(self) -> None:
        self.arrived.clear()
        self.opened.clear()

    def fetch(self, request: Fetch) -> Any:
        self.arrived.set()
        if not self.opened.wait(PATIENCE):
            return FetchFailed(request.url, "nobody opened the gate")
        return super().fetch(request)

    async def fetch_async(self, request: Fetch) -> Any:
        self.arrived.set()
        while not self.opened.is_set():
            await pause(0.001)
        return super().fetch(request)
