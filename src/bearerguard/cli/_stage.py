"""The demo's stage: a dev issuer and a guarded Flask application as real servers on loopback, and a client to ask them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx2
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ..errors import BearerguardError, ConfigurationError
from ..integrations.flask import BearerGuard, caller
from ..issuer import DevIssuer, IssuerServer
from ..limits import Limits
from ..policy import Policy
from ..providers import authgear

HOST: Final = "127.0.0.1"
COOLDOWN: Final = 1.0
"""Seconds between two looks for an unknown key here; 10 by default, which is long to watch."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the application's journal: a request, what it got, and the guard's reason if it was refused."""

    method: str
    path: str
    status: int
    reason: BearerguardError | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP, with what is known behind the scenes: the guard's reason, and what the issuer was asked."""

    status: int
    challenge: str
    body: str
    reason: BearerguardError | None
    asked: tuple[str, ...]


class Journal(logging.Handler):
    """What the guard logs and the server answers, put together: both happen on the request's own thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last: Entry | None = None
        self.listener: Callable[[Entry], None] | None = None
        self._here = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Take the reason of a refusal from the guard's log record."""
        if isinstance(record.args, tuple) and record.args and isinstance(record.args[0], BearerguardError):
            self._here.reason = record.args[0]

    def answered(self, method: str, path: str, status: int) -> None:
        """Write down one request."""
        entry = self.last = Entry(method, path, status, self._here.__dict__.pop("reason", None))
        if self.listener is not None:
            self.listener(entry)


def guarded(policy: Policy, limits: Limits) -> Flask:
    """Return the application of the tutorial, and a route that asks for a scope."""
    app = Flask("bearerguard-demo")
    guard = BearerGuard(policy, limits=limits)

    @app.get("/hello")
    @guard.required()
    def hello() -> dict[str, Any]:
        return {"message": "Hello!", "user": caller.subject, "verified": caller.user.is_verified}

    @app.get("/orders")
    @guard.required(scopes={"orders:read"})
    def orders() -> dict[str, Any]:
        return {"user": caller.subject, "orders": ["1001", "1002"]}

    return app


class Stage:
    """Both servers and a client; a context manager. Port 0 takes a free one.

    Raises `ConfigurationError` on entering if a port cannot be had.
    """

    def __init__(self, port: int = 0, issuer_port: int = 0, *, cooldown: float = COOLDOWN) -> None:
        self._port = port
        self._cooldown = cooldown
        self._issuer_server = IssuerServer(port=issuer_port)
        self._exits = contextlib.ExitStack()
        self.journal = Journal()
        self.url = ""

    @property
    def issuer(self) -> DevIssuer:
        """The issuer, for minting."""
        return self._issuer_server.issuer

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as exits:
            exits.callback(self._issuer_server.stop)
            self._issuer_server.start()
            exits.enter_context(_logged_to(self.journal))
            app = guarded(authgear(self.issuer.url), Limits(unknown_key_cooldown=self._cooldown))
            server = _listen(self._port, app, self.journal)
            self.url = f"http://{HOST}:{server.port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="demo-api", daemon=True)
            thread.start()
            exits.callback(thread.join, 5.0)
            exits.callback(server.shutdown)
            # No proxy of the environment may stand between the demo and itself.
            self._client = exits.enter_context(
                httpx2.Client(base_url=self.url, timeout=10.0, trust_env=False)
            )
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._exits.close()

    def ask(self, path: str, token: str | None) -> Answer:
        """Send one request over HTTP and return what came back. Status 0: nothing did."""
        before = len(self.issuer.requests)
        self.journal.last = None
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            response = self._client.get(path, headers=headers)
        except httpx2.HTTPError as error:
            return Answer(0, "", type(error).__name__, None, ())
        entry = self.journal.last
        return Answer(
            status=response.status_code,
            challenge=response.headers.get("www-authenticate", ""),
            body=response.text.strip(),
            reason=None if entry is None else entry.reason,
            asked=tuple(self.issuer.requests[before:]),
        )

    def rest(self) -> None:
        """Wait until the guard would look for an unknown key again."""
        time.sleep(self._cooldown)

    def rotate(self) -> None:
        """Let the issuer sign with a new key; the old one stays published, as in a careful rotation."""
        self.issuer.rotate()

    def stop_issuer(self) -> None:
        """Take the issuer off the network."""
        self._issuer_server.stop()

    def start_issuer(self) -> None:
        """Put the issuer back, at the same address."""
        self._issuer_server.start()


@contextlib.contextmanager
def _logged_to(journal: Journal) -> Iterator[None]:
    """Hand the guard's log to the journal and to nobody else."""
    log = logging.getLogger("bearerguard")
    propagate, log.propagate = log.propagate, False
    log.addHandler(journal)
    try:
        yield
    finally:
        log.removeHandler(journal)
        log.propagate = propagate


def _listen(port: int, app: Flask, journal: Journal) -> BaseWSGIServer:
    class Handler(WSGIRequestHandler):
        """Writes to the journal instead of the terminal."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            # What is not HTTP at all never got as far as a method and a path.
            journal.answered(self.command or "-", getattr(self, "path", "-"), int(code))

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            return

    # Bound here, because the server answers a busy port by printing and ending the process.
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError as error:
            raise ConfigurationError(
                f"the API cannot listen on {HOST}:{port} ({error.strerror}): stop what is listening there, or name another "
                "port (--port; 0 takes a free one)."
            ) from None
        return make_server(
            HOST, listener.getsockname()[1], app, threaded=True, request_handler=Handler, fd=listener.fileno()
        )
