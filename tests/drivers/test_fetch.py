"""The fetcher: whatever a server does, an answer or a reason, within the bounds, and the same blocking or awaited."""

from __future__ import annotations

import gc
import gzip
import re
import socket
import threading
import time
import zlib
from typing import Any, Final, NamedTuple

import httpx2
import pytest

from bearerguard import HttpFetcher
from bearerguard.fetch import Fetched
from tests.drivers.conftest import Fetching
from tests.drivers.servers import (
    BODY,
    LENIENT,
    LIMIT,
    PATIENCE,
    SHORT,
    Script,
    Serve,
    Wire,
    answers,
    failure,
    fetch,
    fetch_threads,
    head,
    response,
)

# ------------------------------------------------------------------------------------------------------- what a server may say

EXACTLY: Final = b"x" * LIMIT
ONE_MORE: Final = b"x" * (LIMIT + 1)
GOOD_GZIP: Final = gzip.compress(BODY)


class Said(NamedTuple):
    """A server's answer, and what comes of it: a status and a body, or the pattern of a reason."""

    answer: bytes
    outcome: tuple[int, bytes] | str


def squeezed(body: bytes, encoding: str = "gzip") -> bytes:
    packed = zlib.compress(body) if encoding == "deflate" else gzip.compress(body)
    return response(packed, "200 OK", f"Content-Encoding: {encoding}")


SAID: Final[dict[str, Said]] = {
    "a plain answer": Said(response(BODY), (200, BODY)),
    "an answer that ends with the connection": Said(head() + BODY, (200, BODY)),
    "an answer in chunks": Said(
        head("200 OK", "Transfer-Encoding: chunked") + b'4\r\n{"ke\r\n7\r\nys":[]}\r\n0\r\n\r\n', (200, BODY)
    ),
    "an empty answer": Said(response(b"", "204 No Content"), (204, b"")),
    "a web page with 500": Said(response(b"<h1>No</h1>", "500 Oops", "Content-Type: text/html"), (500, b"<h1>No</h1>")),
    "a web page with 403": Said(response(b"<h1>No</h1>", "403 No", "Content-Type: text/html"), (403, b"<h1>No</h1>")),
    "a redirect to nowhere": Said(response(b"", "302 Found"), (302, b"")),
    "304, which nobody asked for": Said(head("304 Not Modified") + b"", (304, b"")),
    "early hints first": Said(head("103 Early Hints") + response(BODY), (200, BODY)),
    "as many bytes as allowed": Said(response(EXACTLY), (200, EXACTLY)),
    "one byte more than allowed": Said(response(ONE_MORE), "longer than 1000 bytes"),
    "one byte more, and the error page counts too": Said(response(ONE_MORE, "500 Oops"), "longer than 1000 bytes"),
    "gzip": Said(squeezed(BODY), (200, BODY)),
    "gzip by its old name, in capitals": Said(squeezed(BODY, "X-GZIP"), (200, BODY)),
    "deflate": Said(squeezed(BODY, "deflate"), (200, BODY)),
    "gzip of as many bytes as allowed": Said(squeezed(EXACTLY), (200, EXACTLY)),
    "gzip of one byte more": Said(squeezed(ONE_MORE), "longer than 1000 bytes"),
    "a gzip bomb": Said(squeezed(bytes(20_000_000)), "longer than 1000 bytes"),
    "identity, by its name": Said(response(BODY, "200 OK", "Content-Encoding: identity"), (200, BODY)),
    "gzip that is none": Said(response(BODY, "200 OK", "Content-Encoding: gzip"), "not the gzip it says it is"),
    "gzip with a wrong checksum": Said(
        response(GOOD_GZIP[:-8] + bytes(8), "200 OK", "Content-Encoding: gzip"), "not the gzip it says it is"
    ),
    "gzip cut short": Said(
        response(GOOD_GZIP[:-10], "200 OK", "Content-Encoding: gzip"), "not the gzip it says it is"
    ),
    "brotli": Said(response(BODY, "200 OK", "Content-Encoding: br"), "compressed in a way that was not asked for"),
    "gzip twice": Said(response(BODY, "200 OK", "Content-Encoding: gzip, gzip"), "compressed in a way"),
    "fewer bytes than announced": Said(head("200 OK", "Content-Length: 100") + BODY, "RemoteProtocolError"),
    "chunks cut short": Said(head("200 OK", "Transfer-Encoding: chunked") + b"4\r\n{}", "RemoteProtocolError"),
    "a chunk of a length that is none": Said(
        head("200 OK", "Transfer-Encoding: chunked") + b"oops\r\n{}", "RemoteProtocolError"
    ),
    "nothing at all": Said(b"", "RemoteProtocolError"),
    "half a head": Said(b"HTTP/1.1 200 OK\r\nContent-", "RemoteProtocolError"),
    "another protocol": Said(b"SSH-2.0-OpenSSH_9.9\r\n", "RemoteProtocolError"),
    "two lengths": Said(head("200 OK", "Content-Length: 1", "Content-Length: 2") + b"{}", "RemoteProtocolError"),
    "a head of a megabyte": Said(head("200 OK", "X: " + "x" * 1_000_000), "RemoteProtocolError"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_a_server_says_comes_to_the_same_blocking_and_awaited(
    name: str, serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    said = SAID[name]
    server = serve(answers(said.answer))
    outcome = fetching(quick, fetch(server.url))
    assert outcome.url == server.url
    if isinstance(said.outcome, str):
        assert re.search(said.outcome, failure(outcome))
    else:
        assert isinstance(outcome, Fetched), outcome
        assert (outcome.status, outcome.body) == said.outcome
    assert server.connections == 1, "asked again"


def test_a_reset_connection_is_a_reason(serve: Serve, fetching: Fetching, quick: HttpFetcher) -> None:
    def script(wire: Wire) -> None:
        wire.request()
        wire.send(head("200 OK", "Content-Length: 100"))
        wire.reset()

    assert "cannot be reached (ReadError" in failure(fetching(quick, fetch(serve(script).url)))


def test_a_port_where_nobody_listens_is_a_reason(fetching: Fetching, quick: HttpFetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "cannot be reached (ConnectError" in failure(fetching(quick, fetch(f"http://127.0.0.1:{port}/")))


def test_header_names_arrive_in_lower_case(serve: Serve, fetching: Fetching, quick: HttpFetcher) -> None:
    server = serve(answers(response(BODY, "200 OK", "CACHE-Control: max-age=60", "Retry-AFTER: 7")))
    outcome = fetching(quick, fetch(server.url))
    assert isinstance(outcome, Fetched)
    assert outcome.headers["cache-control"] == "max-age=60"
    assert outcome.headers["retry-after"] == "7"


# -------------------------------------------------------------------------------------------------------------- bound in bytes


def after(first: bytes, then: bytes) -> Script:
    def script(wire: Wire) -> None:
        wire.request()
        wire.send(first)
        wire.pour(then)

    return script


# What never ends, in every place where a body could go on for ever.
ENDLESS: Final[dict[str, Script]] = {
    "a body without a length": after(head(), b"x" * 65_536),
    "a body that announces too much": after(head("200 OK", "Content-Length: 1000000000"), b"x" * 65_536),
    "chunks": after(head("200 OK", "Transfer-Encoding: chunked"), b"8000\r\n" + b"x" * 0x8000 + b"\r\n"),
    "gzip": after(head("200 OK", "Content-Encoding: gzip") + gzip.compress(b"")[:10], b"\x00\xff\xff\x00\x00" + b"x" * 65_535),
    "gzip that never says anything": after(
        head("200 OK", "Content-Encoding: gzip") + gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff" * 10_000
    ),
    "the name of the file in a gzip header": after(
        head("200 OK", "Content-Encoding: gzip") + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", b"name" * 10_000
    ),
    "what follows the end of a gzip stream": after(head("200 OK", "Content-Encoding: gzip") + GOOD_GZIP, bytes(65_536)),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_without_end_is_left_as_soon_as_it_is_too_long(
    name: str, serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    server = serve(ENDLESS[name])
    began = time.monotonic()
    outcome = fetching(quick, fetch(server.url, timeout=2.0))
    assert time.monotonic() - began < 1.5, "read on until the time was over"
    assert re.search("longer than 1000 bytes|not the gzip", failure(outcome))
    server.close()
    assert server.sent < 16_000_000, "more was taken than the system's own buffers hold"


# --------------------------------------------------------------------------------------------------------------- bound in time


def silent(wire: Wire) -> None:
    wire.hang()


def silent_after_the_request(wire: Wire) -> None:
    wire.request()
    wire.hang()


def dripping_head(wire: Wire) -> None:
    wire.request()
    wire.drip(b"HTTP/1.1 200 OK\r\nX: xxxxxxxxxxxxx")


def dripping_hints(wire: Wire) -> None:
    wire.request()
    while True:
        wire.send(head("103 Early Hints"))
        wire.server.closing.wait(0.01)


def dripping_body(wire: Wire) -> None:
    wire.request()
    wire.send(head())
    wire.drip(b"xx")


def dripping_gzip(wire: Wire) -> None:
    wire.request()
    wire.send(head("200 OK", "Content-Encoding: gzip"))
    wire.drip(gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 1_000)


def silent_in_the_body(wire: Wire) -> None:
    wire.request()
    wire.send(head("200 OK", "Content-Length: 100") + b"{")
    wire.hang()


def circling(wire: Wire) -> None:
    wire.request()
    wire.server.closing.wait(SHORT / 2)
    wire.send(response(b"", "302 Found", "Location: /document"))


# The client's own time-out for a single read is as long: on a busy machine it may speak first.
TOO_SLOW: Final = re.compile(r"gave no complete answer within 0\.15 s|ReadTimeout|ConnectTimeout")

SLOW: Final[list[Script]] = [
    silent,
    silent_after_the_request,
    dripping_head,
    dripping_hints,
    dripping_body,
    dripping_gzip,
    silent_in_the_body,
    circling,
]


def name_of(value: Any) -> str:
    return str(getattr(value, "__name__", value))


@pytest.mark.parametrize("script", SLOW, ids=name_of)
def test_a_slow_server_costs_the_timeout_and_no_more(
    script: Script, serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    server = serve(script)
    began = time.monotonic()
    outcome = fetching(quick, fetch(server.url, timeout=SHORT))
    took = time.monotonic() - began
    assert TOO_SLOW.search(failure(outcome))
    assert SHORT * 0.9 < took < LENIENT
    assert server.seen.wait(PATIENCE), "the server was never asked"
    for thread in fetch_threads():
        thread.join(LENIENT)
    assert not fetch_threads(), "a thread goes on listening to a server that goes on talking"


def test_a_server_that_is_slow_but_in_time_is_heard(
    serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    def script(wire: Wire) -> None:
        wire.request()
        for byte in response(BODY, "200 OK"):
            wire.send(bytes([byte]))

    outcome = fetching(quick, fetch(serve(script).url))
    assert isinstance(outcome, Fetched)
    assert outcome.body == BODY


# httpcore2 forgets to close a socket whose handshake is cancelled; the collector finds it, and says so.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
def test_a_handshake_that_never_ends_costs_the_timeout_and_no_more(
    serve: Serve, fetching: Fetching, quick: HttpFetcher
) -> None:
    server = serve(silent)
    began = time.monotonic()
    outcome = fetching(quick, fetch(server.url.replace("http:", "https:"), timeout=SHORT))
    assert TOO_SLOW.search(failure(outcome))
    assert time.monotonic() - began < LENIENT
    for thread in fetch_threads():
        thread.join(LENIENT)
    assert not fetch_threads()
    server.close()
    gc.collect()


def test_a_name_that_is_never_resolved_costs_a_blocking_caller_the_timeout_and_no_more(
    monkeypatch: pytest.MonkeyPatch, quick: HttpFetcher
) -> None:
    resolved = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> Any:
        resolved.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, "no")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    began = time.monotonic()
    assert "within 0.15 s" in failure(quick.fetch(fetch("https://id.example.com/", timeout=SHORT)))
    assert time.monotonic() - began < LENIENT
    resolved.set()
    for thread in fetch_threads():
        thread.join(LENIENT)
    assert not fetch_threads()


def test_an_aborted_blocking_fetch_over_a_connection_kept_alive_ends_its_thread_too(serve: Serve) -> None:
    def script(wire: Wire) -> None:
        wire.request()
        wire.send(response(BODY))
        wire.request()
        wire.send(head())
        wire.drip(b"xx")

    server = serve(script)
    with httpx2.Client(trust_env=False) as client:
        fetcher = HttpFetcher(client=client)
        assert isinstance(fetcher.fetch(fetch(server.url)), Fetched)
        assert "within 0.15 s" in failure(fetcher.fetch(fetch(server.url, timeout=SHORT)))
        assert server.connections == 1, "the connection was not kept alive, and this test shows nothing"
        for thread in fetch_threads():
            thread.join(LENIENT)
        left = fetch_threads()
    assert not left, "a thread goes on listening to a server that goes on talking"


def test_a_cancellation_is_not_taken_for_an_answer(serve: Serve, quick: HttpFetcher) -> None:
    import asyncio

    server = serve(silent_after_the_request)

    async def main() -> None:
        task = asyncio.ensure_future(quick.fetch_async(fetch(server.url)))
        while not server.requests:  # noqa: ASYNC110  # filled by another thread
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
