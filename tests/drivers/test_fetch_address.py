"""The fetcher: where it goes, where it does not, and what it says of itself on the way."""

from __future__ import annotations

import re
import socket
from typing import Any, Final

import pytest

from bearerguard import HttpFetcher
from bearerguard.fetch import AsyncFetcher, Fetched, Fetcher
from tests.drivers.conftest import Fetching
from tests.drivers.servers import BODY, Serve, answers, failure, fetch, redirect, response, routes

# -------------------------------------------------------------------------------------------------------------- where it goes

UNFETCHABLE: Final = {
    "http://192.0.2.1/keys": "plain http",
    "http://id.example.com/keys": "plain http",
    "http://127.0.0.1.id.example.com/keys": "plain http",
    "http://localhost.id.example.com/keys": "plain http",
    "http://127.0.0.1@192.0.2.1/keys": "must be an absolute https URL",
    "http://127.0.0.1:80@192.0.2.1/keys": "must be an absolute https URL",
    "http://127.1/keys": "plain http",
    "http://0x7f000001/keys": "plain http",
    "http://0.0.0.0/keys": "plain http",
    "http:///keys": "must be an absolute https URL",
    "https://": "must be an absolute https URL",
    "https://id.example.com\\@192.0.2.1/": "must be an absolute https URL",
    "https://id.example.com/a b": "must be an absolute https URL",
    "https://id.example.com/\r\nX: y": "must be an absolute https URL",
    "https://id.example.com:99999/": "InvalidURL|must be an absolute https URL",
    "//127.0.0.1/keys": "must be an absolute https URL",
    "file:///etc/hosts": "must be an absolute https URL",
    "ftp://127.0.0.1/keys": "must be https",
    "": "is required",
}


@pytest.mark.parametrize("url", UNFETCHABLE)
def test_what_is_neither_https_nor_on_this_machine_is_not_asked(
    url: str, fetching: Fetching, quick: HttpFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> Any:
        reached.append(arguments)
        raise OSError("out of bounds")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert re.search(UNFETCHABLE[url], failure(fetching(quick, fetch(url))))
    assert reached == []


def test_what_is_https_is_asked(
    fetching: Fetching, quick: HttpFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> Any:
        reached.append(arguments)
        raise OSError("out of bounds")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert "ConnectError" in failure(fetching(quick, fetch("https://id.example.com/")))
    assert reached, "the test above could not fail"


@pytest.mark.parametrize("status", ["301 A", "302 B", "303 C", "307 D", "308 E"])
@pytest.mark.parametrize(
    "location", ["/keys", "keys", "{origin}/keys", "//127.0.0.1:{port}/keys", "/keys#fragment"]
)
def test_a_redirect_within_the_origin_is_followed(
    status: str, location: str, serve: Serve, quick: HttpFetcher
) -> None:
    server = serve(answers(b""))
    target = location.format(origin=server.origin, port=server.port)
    server.become(routes({"/document": redirect(target, status), "/keys": response(BODY)}))
    outcome = quick.fetch(fetch(server.url))
    assert outcome == Fetched(server.url, 200, BODY, {"content-length": "11"})


def steps(count: int) -> dict[str, bytes]:
    table = {f"/{number}": redirect(f"/{number + 1}") for number in range(count)}
    return {**table, f"/{count}": response(BODY)}


def test_three_redirects_are_followed(serve: Serve, fetching: Fetching, quick: HttpFetcher) -> None:
    server = serve(routes(steps(3)))
    assert isinstance(fetching(quick, fetch(f"{server.origin}/0")), Fetched)
    assert server.connections == 4


def test_four_redirects_are_not(serve: Serve, fetching: Fetching, quick: HttpFetcher) -> None:
    server = serve(routes(steps(4)))
    assert "redirects more than 3 times" in failure(fetching(quick, fetch(f"{server.origin}/0")))
    assert server.connections == 4


def test_a_circle_of_redirects_ends(serve: Serve, fetching: Fetching, quick: HttpFetcher) -> None:
    server = serve(routes({"/document": redirect("/document")}))
    assert "redirects more than 3 times" in failure(fetching(quick, fetch(server.url)))


ELSEWHERE: Final = {
    "{other}/keys": "another origin",
    "//127.0.0.1:{other_port}/keys": "another origin",
    "http://localhost:{port}/keys": "another origin",
    "https://127.0.0.1:{port}/keys": "another origin",
    "https://id.example.com/keys": "another origin",
    "file:///etc/hosts": "another origin",
    "{origin}@id.example.com/keys": "another origin|InvalidURL",
    "http://user:password@127.0.0.1:{port}/keys": "must be an absolute https URL",
    "http://[/": "InvalidURL|must be an absolute https URL|another origin",
    "http://127.0.0.1:99999/": "InvalidURL|must be an absolute https URL|another origin",
}


@pytest.mark.parametrize("location", ELSEWHERE)
def test_a_redirect_out_of_the_origin_is_not_followed(
    location: str, serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    other = serve(answers(response(BODY)))
    server = serve(answers(b""))
    target = location.format(
        other=other.origin, other_port=other.port, origin=server.origin, port=server.port
    )
    server.become(routes({"/document": redirect(target)}))
    outcome = fetching(quick, fetch(server.url))
    assert re.search(ELSEWHERE[location], failure(outcome))
    assert outcome.url == server.url
    assert (server.connections, other.connections) == (1, 0)


def test_a_second_redirect_may_not_leave_the_origin_either(
    serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    other = serve(answers(response(BODY)))
    server = serve(routes({"/document": redirect("/step"), "/step": redirect(other.url)}))
    outcome = fetching(quick, fetch(server.url))
    assert "another origin" in failure(outcome)
    assert outcome.url == server.url, "a reason is about what was asked for"
    assert other.connections == 0


# ------------------------------------------------------------------------------------------------------------------ who it is


def test_it_says_who_it_is_and_asks_for_json_uncompressed(
    serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    server = serve(answers(response(BODY)))
    fetching(quick, fetch(server.url, headers=(("if-none-match", '"1"'),)))
    (request,) = server.requests
    assert request.startswith(b"GET /document HTTP/1.1\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in request.split(b"\r\n")[1:-2])
    assert re.fullmatch(rb"bearerguard/[0-9][0-9a-z.]* \(oauth resource server\)", fields[b"user-agent"])
    assert fields[b"accept"].startswith(b"application/json")
    assert fields[b"accept-encoding"] == b"identity"
    assert fields[b"if-none-match"] == b'"1"'
    assert not {b"cookie", b"authorization", b"referer"} & set(fields)


def test_the_default_fetcher_works_as_it_is(serve: Serve, fetching: Fetching) -> None:
    outcome = fetching(HttpFetcher(), fetch(serve(answers(response(BODY))).url))
    assert isinstance(outcome, Fetched)
    assert outcome.body == BODY


def test_it_is_a_fetcher_for_either_colour() -> None:
    fetcher = HttpFetcher()
    assert isinstance(fetcher, Fetcher)
    assert isinstance(fetcher, AsyncFetcher)
