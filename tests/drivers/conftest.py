"""What the tests of the drivers share: both colours of function, and a server that a test scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bearerguard import HttpFetcher, Policy
from bearerguard.fetch import Fetch, Fetched, FetchFailed
from tests.drivers.colours import COLOURS, LOOPS, Door, Doors, Run
from tests.drivers.servers import Authority, Loopback, Script

Fetching = Callable[[HttpFetcher, Fetch], Fetched | FetchFailed]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Call a coroutine function in a loop of its own: once in asyncio, once in trio."""
    return LOOPS[request.param]


@pytest.fixture(params=COLOURS)
def fetching(request: pytest.FixtureRequest) -> Fetching:
    """Carry out a fetch in each of the three ways: blocking, and awaited in either loop."""
    if request.param == "blocking":
        return HttpFetcher.fetch
    loop = LOOPS[request.param]
    return lambda fetcher, fetch: loop(fetcher.fetch_async, fetch)


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Start servers that are gone when the test is over."""
    servers: list[Loopback] = []

    def start(script: Script, **options: Any) -> Loopback:
        servers.append(Loopback(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "server")


@pytest.fixture(scope="session")
def quick(authority: Authority) -> HttpFetcher:
    """A fetcher that need not read the machine's authorities anew for each fetch, which takes longer than a test may."""
    return HttpFetcher(ca_file=str(authority.certificate))


@pytest.fixture(scope="session")
def client_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("client"), "client")


@pytest.fixture(params=COLOURS)
def door(request: pytest.FixtureRequest) -> Doors:
    """Make verifiers of each colour."""

    def make(*policies: Policy, **options: Any) -> Door:
        return Door(request.param, *policies, **options)

    return make
