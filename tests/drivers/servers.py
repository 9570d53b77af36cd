"""Loopback servers that say exactly what a script says, in its own time: the misbehaving half of every fetch test."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bearerguard.fetch import Fetch, Fetched, FetchFailed

PATIENCE: Final = 10.0
"""Seconds after which a test gives up on something that should have happened long ago."""

SHORT: Final = 0.15
"""Seconds a fetch is given that will not be answered in time."""

LENIENT: Final = 3.0
"""Seconds in which a fetch that is given `SHORT` must have returned, on a busy machine too."""

LIMIT: Final = 1_000
"""Bytes that a fetch may bring, unless a test says otherwise."""

BODY: Final = b'{"keys":[]}'

DRIP: Final = 0.02
"""Seconds between two dripped bytes: far below any timeout here, so that no read of the client ever times out."""


class Wire:
    """One accepted connection, as its script sees it."""

    def __init__(self, connection: socket.socket, server: Loopback) -> None:
        self.server = server
        self.sent = 0
        self._connection = connection

    def request(self) -> bytes:
        """Read one request's head; empty if the client has gone."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = self._connection.recv(1)
            if not piece:
                return b""
            head += piece
        self.server.requests.append(head)
        return head

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)
        self.sent += len(data)

    def pour(self, data: bytes) -> None:
        """Send this again and again, as fast as it is taken, until the client goes."""
        while not self.server.closing.is_set():
            self.send(data)

    def drip(self, data: bytes) -> None:
        """Send this a byte at a time, and then its last byte for ever, until the client goes."""
        last = data[-1:]
        while not self.server.closing.wait(DRIP):
            self.send(data[:1] or last)
            data = data[1:]

    def hang(self) -> None:
        """Say nothing until the client goes."""
        while self._connection.recv(65_536):
            pass

    def reset(self) -> None:
        """End the connection with RST, not FIN."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Script = Callable[[Wire], None]


class Loopback:
    """A server on a free port of this machine; each connection runs the script on a thread of its own.

    ``requests`` holds the heads that were read, ``connections`` counts what was accepted, ``sent`` the bytes that were
    taken. ``tls`` encrypts.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.closing = threading.Event()
        self.connections = 0
        self.seen = threading.Event()
        self.sent = 0
        self._script = script
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.url = self.origin + "/document"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.seen.set()
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        plain = connection
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            wire = Wire(connection, self)
            try:
                self._script(wire)
            finally:
                self.sent += wire.sent
        except OSError:
            pass  # the client has gone, or the test is over: that is what most scripts wait for
        finally:
            self._open -= {plain, connection}
            connection.close()

    def become(self, script: Script) -> None:
        """Follow another script from now on, such as one that names the server's own port."""
        self._script = script

    def close(self) -> None:
        self.closing.set()
        # A blocked accept() wakes when its socket is shut down, not when it is closed.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def head(status: str = "200 OK", *fields: str) -> bytes:
    """Return a response's head."""
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1")


def response(body: bytes = b"", status: str = "200 OK", *fields: str) -> bytes:
    """Return a whole response with its length."""
    return head(status, f"Content-Length: {len(body)}", *fields) + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """Return a response that points elsewhere."""
    return response(b"elsewhere", status, f"Location: {location}")


def answers(data: bytes, *more: bytes) -> Script:
    """Answer each request of a connection with the next of these, then close."""

    def script(wire: Wire) -> None:
        for part in (data, *more):
            if not wire.request():
                return
            wire.send(part)

    return script


def routes(table: dict[str, bytes]) -> Script:
    """Answer one request by its path; 404 for any other."""

    def script(wire: Wire) -> None:
        path = wire.request().split(b" ")[1].decode("latin-1")
        wire.send(table.get(path, response(b"", "404 Not Found")))

    return script


class Authority:
    """A self-signed certificate for 127.0.0.1 and localhost, and what a server or a client makes of it."""

    def __init__(self, folder: Path, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    crl_sign=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .add_extension(identifier, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                ),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        self.both = folder / f"{name}-both.pem"
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.certificate.write_bytes(pem)
        self.key.write_bytes(private)
        self.both.write_bytes(private + pem)

    def server(self, *, clients: Authority | None = None) -> ssl.SSLContext:
        """Return what a server encrypts with; with ``clients``, it asks for a certificate of that authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients.certificate)
        return context


Serve = Callable[..., Loopback]
"""Starts a server with a script."""


def fetch_threads() -> list[threading.Thread]:
    """Return the fetcher's threads that are still at work."""
    return [thread for thread in threading.enumerate() if thread.name == "bearerguard-fetch"]


def fetch(url: str, *, byte_limit: int = LIMIT, timeout: float = PATIENCE, **options: Any) -> Fetch:
    """Return a fetch that is patient, unless told otherwise."""
    return Fetch(url, byte_limit, timeout, attempt=0, **options)


def failure(outcome: Fetched | FetchFailed) -> str:
    """Return the reason of what must be a failure."""
    assert isinstance(outcome, FetchFailed), outcome
    return outcome.reason
