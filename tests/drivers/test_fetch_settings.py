"""The fetcher: settings and not the environment, whom it trusts, and a client of your own."""

from __future__ import annotations

import ssl
import threading
from typing import Any

import httpx2
import pytest

from bearerguard import ConfigurationError, HttpFetcher
from bearerguard.fetch import Fetched
from tests.drivers.colours import Run
from tests.drivers.conftest import Fetching
from tests.drivers.servers import BODY, Authority, Serve, answers, failure, fetch, redirect, response, routes

# ---------------------------------------------------------------------------------------------------- settings, not environment


def test_no_proxy_and_no_password_is_taken_from_the_environment(
    serve: Serve, fetching: Fetching, quick: HttpFetcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    proxy = serve(answers(response(b"proxied")))
    server = serve(answers(response(BODY)))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.origin)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    outcome = fetching(quick, fetch(server.url))
    assert isinstance(outcome, Fetched)
    assert outcome.body == BODY
    assert proxy.connections == 0
    assert b"authorization" not in server.requests[0].lower()


def test_a_proxy_is_a_setting(serve: Serve, fetching: Fetching) -> None:
    proxy = serve(answers(response(BODY)))
    outcome = fetching(HttpFetcher(proxy=proxy.origin), fetch("http://127.0.0.1:9/keys"))
    assert isinstance(outcome, Fetched)
    assert proxy.requests[0].startswith(b"GET http://127.0.0.1:9/keys HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "proxy", ["nonsense", "ftp://127.0.0.1:1", "http://", "http://127.0.0.1:99999", "socks5://127.0.0.1:1"]
)
def test_a_proxy_that_cannot_be_used_is_a_reason_at_the_latest(proxy: str, fetching: Fetching) -> None:
    try:
        fetcher = HttpFetcher(proxy=proxy)
    except ConfigurationError:
        return
    reason = failure(fetching(fetcher, fetch("http://127.0.0.1:9/")))
    assert "within" not in reason, "a wrong setting is not slowness"


def test_a_server_with_a_certificate_of_ones_own_is_reached_with_ca_file(
    serve: Serve, fetching: Fetching, authority: Authority
) -> None:
    server = serve(answers(response(BODY)), tls=authority.server())
    outcome = fetching(HttpFetcher(ca_file=str(authority.certificate)), fetch(server.url))
    assert isinstance(outcome, Fetched), outcome
    assert outcome.body == BODY


def test_without_ca_file_it_is_not(serve: Serve, fetching: Fetching, authority: Authority) -> None:
    server = serve(answers(response(BODY)), tls=authority.server())
    assert "CERTIFICATE_VERIFY_FAILED" in failure(fetching(HttpFetcher(), fetch(server.url)))
    assert server.requests == []


def test_with_the_ca_file_of_another_authority_it_is_not(
    serve: Serve, fetching: Fetching, authority: Authority, client_authority: Authority
) -> None:
    server = serve(answers(response(BODY)), tls=authority.server())
    fetcher = HttpFetcher(ca_file=str(client_authority.certificate))
    assert "CERTIFICATE_VERIFY_FAILED" in failure(fetching(fetcher, fetch(server.url)))
    assert server.requests == []


def test_under_another_name_it_is_not(
    serve: Serve, fetching: Fetching, quick: HttpFetcher, authority: Authority
) -> None:
    server = serve(answers(response(BODY)), tls=authority.server())
    outcome = fetching(quick, fetch(f"https://other.localhost:{server.port}/"))
    assert "cannot be reached (ConnectError" in failure(outcome)
    assert server.requests == []


@pytest.mark.parametrize("form", ["pair", "one file"])
def test_a_server_that_asks_for_a_certificate_is_shown_one(
    form: str, serve: Serve, fetching: Fetching, authority: Authority, client_authority: Authority
) -> None:
    server = serve(answers(response(BODY)), tls=authority.server(clients=client_authority))
    pair = (str(client_authority.certificate), str(client_authority.key))
    client_cert = pair if form == "pair" else str(client_authority.both)
    fetcher = HttpFetcher(ca_file=str(authority.certificate), client_cert=client_cert)
    assert isinstance(fetching(fetcher, fetch(server.url)), Fetched)
    failure(fetching(HttpFetcher(ca_file=str(authority.certificate)), fetch(server.url)))
    assert len(server.requests) == 1


def test_trust_is_a_setting_even_beside_a_client_certificate(
    serve: Serve,
    fetching: Fetching,
    authority: Authority,
    client_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(answers(response(BODY)), tls=authority.server())
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    for fetcher in (HttpFetcher(), HttpFetcher(client_cert=str(client_authority.both))):
        assert "CERTIFICATE_VERIFY_FAILED" in failure(fetching(fetcher, fetch(server.url)))


def test_no_session_key_is_written_where_the_environment_says(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    server = serve(answers(response(BODY)), tls=authority.server())
    secrets = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(secrets))
    HttpFetcher(ca_file=str(authority.certificate)).fetch(fetch(server.url))
    assert len(server.requests) == 1
    assert not secrets.exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"ca_file": "/nowhere/ca.pem"},
        {"ca_file": __file__},
        {"client_cert": "/nowhere/client.pem"},
        {"client_cert": ("/nowhere/client.pem", "/nowhere/client.key")},
        {"client_cert": (__file__, __file__)},
        {"client_cert": ("a", "b", "c", "d")},
        {"client": httpx2.Client, "proxy": "http://127.0.0.1:1"},
        {"client": "https://id.example.com"},
        {"client": object()},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_refused_at_construction(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        HttpFetcher(**settings)
    assert refused.value.detail.endswith(".")


# ----------------------------------------------------------------------------------------------------------- a client of yours


def test_your_own_blocking_client_is_used_as_it_is_and_left_open(serve: Serve) -> None:
    server = serve(answers(response(BODY)))
    with httpx2.Client(trust_env=False, headers={"x-mine": "1"}) as client:
        outcome = HttpFetcher(client=client).fetch(fetch(server.url))
        assert isinstance(outcome, Fetched)
        assert not client.is_closed
    assert b"x-mine: 1" in server.requests[0].lower()


def test_your_own_async_client_is_used_as_it_is_and_left_open(serve: Serve, run: Run) -> None:
    server = serve(answers(response(BODY)))

    async def main() -> None:
        async with httpx2.AsyncClient(trust_env=False, headers={"x-mine": "1"}) as client:
            outcome = await HttpFetcher(client=client).fetch_async(fetch(server.url))
            assert isinstance(outcome, Fetched)
            assert not client.is_closed

    run(main)
    assert b"x-mine: 1" in server.requests[0].lower()


def test_your_own_client_follows_no_redirect_out_of_the_origin_either(
    serve: Serve, authority: Authority
) -> None:
    other = serve(answers(response(BODY)))
    server = serve(routes({"/document": redirect(other.url)}))
    with httpx2.Client(trust_env=False, follow_redirects=True) as client:
        assert "another origin" in failure(HttpFetcher(client=client).fetch(fetch(server.url)))
    assert other.connections == 0


def test_a_client_of_the_wrong_colour_is_a_reason(run: Run) -> None:
    with httpx2.Client(trust_env=False) as blocking:
        reason = failure(run(HttpFetcher(client=blocking).fetch_async, fetch("http://127.0.0.1:9/")))
        assert "given a blocking client and is awaited" in reason
    reason = failure(
        HttpFetcher(client=httpx2.AsyncClient(trust_env=False)).fetch(fetch("http://127.0.0.1:9/"))
    )
    assert "given an async client and is not awaited" in reason


def test_a_client_that_is_closed_is_a_reason(run: Run) -> None:
    blocking = httpx2.Client(trust_env=False)
    blocking.close()
    reason = failure(HttpFetcher(client=blocking).fetch(fetch("http://127.0.0.1:9/")))
    assert "closed" in reason
    awaited = httpx2.AsyncClient(trust_env=False)
    run(awaited.aclose)
    assert "closed" in failure(run(HttpFetcher(client=awaited).fetch_async, fetch("http://127.0.0.1:9/")))


def test_a_client_of_yours_that_breaks_is_a_reason(run: Run) -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise RuntimeError("a transport of somebody else's")

    with httpx2.Client(transport=httpx2.MockTransport(broken)) as blocking:
        assert "RuntimeError" in failure(HttpFetcher(client=blocking).fetch(fetch("http://127.0.0.1:9/")))

    awaited = httpx2.AsyncClient(transport=httpx2.MockTransport(broken))
    assert "RuntimeError" in failure(
        run(HttpFetcher(client=awaited).fetch_async, fetch("http://127.0.0.1:9/"))
    )


def test_no_thread_to_be_had_is_a_reason(monkeypatch: pytest.MonkeyPatch, quick: HttpFetcher) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert "thread" in failure(quick.fetch(fetch("http://127.0.0.1:9/")))


def test_the_machines_authorities_are_read_once_not_for_each_fetch(
    serve: Serve, fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[int] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(self: ssl.SSLContext, *arguments: Any, **options: Any) -> None:
        contexts.append(1)
        load(self, *arguments, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    server = serve(answers(response(BODY)))
    fetcher = HttpFetcher()
    for _ in range(3):
        assert isinstance(fetching(fetcher, fetch(server.url)), Fetched)
    assert len(contexts) <= 1, "40 ms of a loop's time, each time"
