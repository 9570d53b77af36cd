"""`IssuerServer`: the dev issuer's documents over real HTTP, on this machine and nowhere else."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import re
import socket
import socketserver
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from .. import ConfigurationError
from ..urls import is_loopback
from .dev import DevIssuer

_log: Final = logging.getLogger("bearerguard.issuer")

_METHODS: Final = "GET, HEAD"
_JOIN_SECONDS: Final = 5.0


class IssuerServer:
    """A loopback HTTP server for an issuer's discovery documents and key set.

    Given an ``issuer``, it listens where that issuer's URL says; else on ``host`` (127.0.0.1 if left out) and ``port`` (0
    takes a free one, and keeps it from the first start on), with an issuer of its own. A context manager; `stop` and `start` may be called
    again and again, on the same port, and `stop` is an outage: open connections are cut.

    Raises `ConfigurationError` for a host that is not this machine, and on `start` if the port is taken.
    """

    def __init__(self, issuer: DevIssuer | None = None, port: int = 0, *, host: str | None = None) -> None:
        own_host, own_port = ("127.0.0.1", 0) if issuer is None else _place(issuer.url)
        asked_host, host = host, own_host if host is None else host
        if not isinstance(host, str) or not is_loopback(host):
            raise ConfigurationError(
                f"The dev issuer signs for anybody, so it listens on this machine only: {host!r:.200} is not a loopback "
                "address; write '127.0.0.1', '::1' or 'localhost'."
            )
        if issuer is not None:
            if asked_host not in (None, own_host) or port not in (0, own_port):
                raise ConfigurationError(
                    f"The issuer is {issuer.url!r:.200} and that is where it is served: leave host and port out, or make "
                    "the issuer with the URL that you want."
                )
            port = own_port
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65_535:
            raise ConfigurationError(f"port is a number from 0 to 65535 (0: any free one), not {port!r:.40}.")
        self._host = host
        self._port = port
        self._issuer = issuer
        self._lock = threading.Lock()
        self._http: _Server | None = None
        self._thread: threading.Thread | None = None
        if issuer is None and port:
            self._issuer = DevIssuer(f"http://{_bracketed(host)}:{port}")

    def __repr__(self) -> str:
        return (
            f"<IssuerServer {_bracketed(self._host)}:{self._port} {'running' if self._http else 'stopped'}>"
        )

    @property
    def issuer(self) -> DevIssuer:
        """The issuer that is served. Raises `ConfigurationError` while its port is still open to choice."""
        if self._issuer is None:
            raise ConfigurationError(
                "A free port is found at the first start: start the server, then ask for its issuer."
            )
        return self._issuer

    @property
    def url(self) -> str:
        """The issuer's URL."""
        return self.issuer.url

    def start(self) -> Self:
        """Listen, and answer in threads of its own. Starting a running server changes nothing.

        Raises `ConfigurationError` if the port cannot be had.
        """
        with self._lock:
            if self._http is not None:
                return self
            try:
                http = _Server(_address(self._host), self._port)
            except OSError as error:
                raise ConfigurationError(
                    f"The dev issuer cannot listen on {_bracketed(self._host)}:{self._port} ({error.strerror or error}): "
                    "stop what is listening there, or take another port (0 takes a free one)."
                ) from None
            self._port = http.server_address[1]
            if self._issuer is None:
                self._issuer = DevIssuer(f"http://{_bracketed(self._host)}:{self._port}")
            http.issuer = self._issuer
            self._http = http
            self._thread = threading.Thread(
                # The interval is how long `stop` may wait; an idle wake-up every 50 ms costs nothing that matters here.
                target=http.serve_forever, args=(0.05,), name="bearerguard-issuer", daemon=True
            )  # fmt: skip
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, cut every open connection and wait for the threads. Stopping twice changes nothing."""
        with self._lock:
            if self._http is None or self._thread is None:
                return
            self._http.shutdown()
            self._http.server_close()
            self._thread.join(_JOIN_SECONDS)
            self._http.cut_connections()
            self._http = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


class _Server(HTTPServer):
    """A thread a connection, each known, so that stopping can end them: the standard mixin forgets daemon threads."""

    allow_reuse_address = True
    allow_reuse_port = False
    issuer: DevIssuer

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._connections_lock = threading.Lock()

    def server_bind(self) -> None:
        # HTTPServer looks up its own name here, which can take seconds where there is no name server.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self._serve,
            args=(request, client_address),
            name="bearerguard-issuer-connection",
            daemon=True,
        )
        with self._connections_lock:
            self._connections = {known: used for known, used in self._connections.items() if known.is_alive()}
            self._connections[thread] = request
            thread.start()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            _log.debug("the connection was cut")
        finally:
            self.shutdown_request(request)

    def cut_connections(self) -> None:
        """Close every connection, in the middle of an answer if need be, and wait for its thread."""
        with self._connections_lock:
            connections, self._connections = self._connections, {}
        for connection in connections.values():
            # Shutting down wakes the thread that reads; the thread itself closes. One that is closed already says so.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join(_JOIN_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD of the issuer's documents; everything else is refused in JSON."""

    server: _Server
    protocol_version = "HTTP/1.1"
    # A request that cannot be read is answered with a status line too, not as HTTP/0.9 had it.
    default_request_version = "HTTP/1.1"
    # One write an answer, sent at once: or a keep-alive client waits 40 ms for what Nagle's algorithm holds back.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with a document, or 404."""
        issuer = self.server.issuer
        body = issuer.document(_origin(issuer.url) + self.path)
        if issuer.offline:
            self.close_connection = True
        elif body is None:
            self._answer(HTTPStatus.NOT_FOUND, b'{"error":"not_found"}')
        else:
            self._answer(HTTPStatus.OK, body)

    def do_HEAD(self) -> None:
        """Answer as `do_GET` does, without the body."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse in JSON, and close: what is left of a refused request must not be read as the next one.

        An unknown method arrives here as 501: on a server that only shows documents, every other one is not allowed.
        """
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self.close_connection = True
        error = re.sub(r"[^a-z]+", "_", status.phrase.lower())
        headers = {"Allow": _METHODS} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
        self._answer(status, json.dumps({"error": error}).encode(), {**headers, "Connection": "close"})

    def version_string(self) -> str:
        """Return what the ``Server`` header says."""
        return "bearerguard-dev-issuer"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the ``Date`` header by the issuer's clock, so that its answers and its tokens agree on the time."""
        return super().date_time_string(self.server.issuer.now() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Log a request quietly."""
        _log.debug(format, *args)

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _place(url: str) -> tuple[str, int]:
    """Return the host and port at which an issuer of this URL has to listen."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = None, "", None
    if parts is None or parts.scheme != "http" or not host or port is None:
        raise ConfigurationError(
            f"The dev issuer is served over plain http on a port of this machine, so its URL is like "
            f"'http://localhost:8455', not {url!r:.200}."
        )
    return host, port


def _address(host: str) -> str:
    """Return the address to listen on. A name is not looked up: a hosts file could send localhost anywhere."""
    bare = host.strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return "127.0.0.1"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _bracketed(host: str) -> str:
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare
