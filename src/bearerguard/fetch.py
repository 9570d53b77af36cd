"""The only place that opens a socket: a fetcher for either colour of function, bounded in bytes and in time.

A fetcher never raises: what went wrong is a `FetchFailed` with a sentence. Rules that hold for every answer: https, or
http on this machine; no redirect to another origin; at most ``Fetch.byte_limit`` bytes after decompression; at most
``Fetch.timeout`` seconds from the first packet to the last byte, however slowly they drip. No environment variable is
read: a proxy or a certificate is a setting.
"""

from __future__ import annotations

import threading
import zlib
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from .errors import ConfigurationError
from .keyring import Fetch, Fetched, FetchFailed
from .loops import deadline
from .urls import check_url

if TYPE_CHECKING:
    import socket
    import ssl

    import httpx2

__all__ = ["AsyncFetcher", "Fetch", "FetchFailed", "Fetched", "Fetcher", "HttpFetcher"]

MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = (301, 302, 303, 307, 308)


@runtime_checkable
class Fetcher(Protocol):
    """Carries out a `Fetch`, blocking. Never raises."""

    def fetch(self, request: Fetch) -> Fetched | FetchFailed:
        """Return the answer, or why there is none."""
        ...


@runtime_checkable
class AsyncFetcher(Protocol):
    """Carries out a `Fetch`, awaited. Never raises but for cancellation."""

    async def fetch_async(self, request: Fetch) -> Fetched | FetchFailed:
        """Return the answer, or why there is none."""
        ...


def user_agent() -> str:
    """Return who we are, honestly and distinctly: some providers answer 403 to a client library's default name."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("bearerguard")
    except PackageNotFoundError:
        number = "0"
    return f"bearerguard/{number} (OAuth resource server)"


class HttpFetcher:
    """Fetches over HTTPS with httpx2; blocking or awaited, as its caller is.

    - ``ca_file``: a PEM file with the authorities to trust instead of the operating system's.
    - ``proxy``: the URL of an HTTP proxy.
    - ``client_cert``: a PEM file, or ``(certificate, key)``, for a provider that asks for mutual TLS.
    - ``client``: your own ``httpx2.Client`` or ``httpx2.AsyncClient``; it is used as it is and not closed.

    Raises `ConfigurationError` if a file cannot be used or settings exclude each other.
    """

    def __init__(
        self,
        ca_file: str | None = None,
        proxy: str | None = None,
        client_cert: str | tuple[str, str] | None = None,
        client: httpx2.Client | httpx2.AsyncClient | None = None,
    ) -> None:
        self._client = client
        self._proxy = proxy
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None
        if client is not None:
            import httpx2

            if ca_file or proxy or client_cert:
                raise ConfigurationError(
                    "Give either your own client or ca_file, proxy and client_cert, not both."
                )
            if not isinstance(client, (httpx2.Client, httpx2.AsyncClient)):
                raise ConfigurationError("client is an httpx2.Client or an httpx2.AsyncClient.")
        if ca_file or client_cert:
            try:
                self._tls = _tls(ca_file)
                if client_cert:
                    certificate, *key = (client_cert,) if isinstance(client_cert, str) else client_cert
                    self._tls.load_cert_chain(certificate, *key)
            except (OSError, ValueError, TypeError) as error:
                raise ConfigurationError(
                    f"ca_file or client_cert cannot be used: {type(error).__name__}."
                ) from None

    def fetch(self, request: Fetch) -> Fetched | FetchFailed:
        """Return the answer, or why there is none, within ``request.timeout`` seconds."""
        exchange = _Exchange(self, request)
        # A thread bounds what no socket option can: name resolution, and headers that arrive a byte at a time.
        worker = threading.Thread(target=exchange.run, name="bearerguard-fetch", daemon=True)
        try:
            worker.start()
        except RuntimeError:
            return FetchFailed(request.url, "no thread could be started")
        worker.join(request.timeout)
        if worker.is_alive():
            exchange.abort()
            return _too_slow(request)
        return exchange.result

    async def fetch_async(self, request: Fetch) -> Fetched | FetchFailed:
        """Return the answer, or why there is none, within ``request.timeout`` seconds."""
        import httpx2

        if isinstance(self._client, httpx2.Client):
            return FetchFailed(request.url, "this fetcher was given a blocking client and is awaited")
        result: Fetched | FetchFailed = _too_slow(request)
        async with deadline(request.timeout):
            try:
                if self._client is not None:
                    result = await _exchange_async(self._client, request)
                else:
                    async with httpx2.AsyncClient(**self.settings(request)) as client:
                        result = await _exchange_async(client, request)
            except Exception as error:  # noqa: BLE001  # the client may be anybody's, and a fetcher never raises
                result = FetchFailed(request.url, _reason(error))
        return result

    def settings(self, request: Fetch) -> dict[str, Any]:
        """Return the keywords of the httpx2 client for one fetch."""
        import httpx2

        if self._tls is None:
            self._tls = _tls(None)  # reads the machine's authorities, which takes a while: once
        return {
            "verify": self._tls,
            "proxy": self._proxy,
            "trust_env": False,
            "timeout": request.timeout,
            "limits": httpx2.Limits(max_keepalive_connections=0),
        }

    @property
    def client(self) -> httpx2.Client | httpx2.AsyncClient | None:
        """The client that was given, if one was."""
        return self._client


def _tls(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that trusts one file, or the operating system. No environment variable adds to it."""
    if ca_file is None:
        import httpx2

        return httpx2.create_ssl_context(trust_env=False)
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file)
    return context


class _Exchange:
    """One blocking exchange on a thread of its own, which another thread can end."""

    def __init__(self, fetcher: HttpFetcher, request: Fetch) -> None:
        self.result: Fetched | FetchFailed = _too_slow(request)
        self._fetcher = fetcher
        self._request = request
        self._sockets: list[socket.socket] = []
        self._aborted = False

    def run(self) -> None:
        import httpx2

        client, request = self._fetcher.client, self._request
        try:
            if isinstance(client, httpx2.AsyncClient):
                self.result = FetchFailed(
                    request.url, "this fetcher was given an async client and is not awaited"
                )
            elif client is not None:
                self.result = self._exchange(client)
            else:
                with httpx2.Client(**self._fetcher.settings(request)) as own:
                    self.result = self._exchange(own)
        except Exception as error:  # noqa: BLE001  # the client may be anybody's, and a fetcher never raises
            self.result = FetchFailed(request.url, _reason(error))

    def _exchange(self, client: httpx2.Client) -> Fetched | FetchFailed:
        request, hops = self._request, _Hops(self._request)
        while (url := hops.next()) is not None:
            with client.stream(
                "GET",
                url,
                headers=_request_headers(request),
                follow_redirects=False,
                timeout=request.timeout,
                extensions={"trace": self._trace},
            ) as response:
                self._holds(response.extensions.get("network_stream"))
                if hops.answered_by(response):
                    body = _Body(request, response)
                    for chunk in response.iter_raw():
                        if self._aborted or not body.take(chunk):
                            break
                    return body.result()
        return hops.failure

    def abort(self) -> None:
        """End the exchange from outside: a read that is waiting returns, and the thread ends."""
        import socket

        self._aborted = True
        for connection in self._sockets:
            try:
                # The plain socket's method: TLS objects are not made to be shut down by another thread.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                continue

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._holds(info["return_value"])

    def _holds(self, stream: Any) -> None:
        connection = stream.get_extra_info("socket") if stream is not None else None
        if connection is not None:
            self._sockets.append(connection)
            if self._aborted:
                self.abort()


def _request_headers(request: Fetch) -> dict[str, str]:
    return {
        "user-agent": user_agent(),
        "accept": "application/json, application/jwk-set+json",
        # Nothing is gained by compressing a few keys; servers that compress anyway are read within the bound.
        "accept-encoding": "identity",
        **dict(request.headers),
    }


async def _exchange_async(client: httpx2.AsyncClient, request: Fetch) -> Fetched | FetchFailed:
    hops = _Hops(request)
    while (url := hops.next()) is not None:
        async with client.stream(
            "GET", url, headers=_request_headers(request), follow_redirects=False, timeout=request.timeout
        ) as response:
            if hops.answered_by(response):
                return await _collect(request, response)
    return hops.failure


async def _collect(request: Fetch, response: httpx2.Response) -> Fetched | FetchFailed:
    body = _Body(request, response)
    try:
        async for chunk in response.aiter_raw():
            if not body.take(chunk):
                # Left in the middle, the client's generators would be finished by the garbage collector, which trio
                # objects to. Over a closed connection the next read finishes them here.
                await response.aclose()
    except Exception:
        if body.failure is None:
            raise
    return body.result()


class _Hops:
    """Where to ask, hop by hop: within the origin of the request, and only so often."""

    def __init__(self, request: Fetch) -> None:
        self.failure = FetchFailed(request.url, f"redirects more than {MAX_REDIRECTS} times")
        self._asked_for = request.url
        self._next: str | None = request.url
        self._left = MAX_REDIRECTS

    def next(self) -> str | None:
        """Return the URL to ask now, or None if `failure` is the result."""
        if self._next is None:
            return None
        try:
            check_url(self._next, "the URL")
        except ConfigurationError as error:
            self._fail(error.detail)
        return self._next

    def answered_by(self, response: httpx2.Response) -> bool:
        """Return whether this is the answer; if it is a redirect instead, prepare the next hop."""
        if response.status_code not in _REDIRECTS or "location" not in response.headers:
            return True
        import httpx2

        here = httpx2.URL(self._asked_for)
        target = httpx2.URL(self._next or "").join(response.headers["location"])
        self._left -= 1
        if (target.scheme, target.host, target.port) != (here.scheme, here.host, here.port):
            origin = f"{target.scheme}://{target.netloc.decode('ascii', 'replace')}"
            self._fail(
                f"redirects to another origin ({origin[:200]}), which is not followed: if that is the provider's "
                "public address, put it into the settings"
            )
        else:
            self._next = str(target.copy_with(fragment=None)) if self._left >= 0 else None
        return False

    def _fail(self, reason: str) -> None:
        self.failure = FetchFailed(self._asked_for, reason)
        self._next = None


class _Body:
    """Takes chunks as they come and stops at the bound, before and after decompression."""

    def __init__(self, request: Fetch, response: httpx2.Response) -> None:
        self._request = request
        self._response = response
        self._body = bytearray()
        self._raw = 0
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        # 47: zlib or gzip, whichever the first bytes say, in a window of the usual size.
        self._inflater = zlib.decompressobj(47) if encoding in ("gzip", "x-gzip", "deflate") else None
        self.failure: FetchFailed | None = None
        if self._inflater is None and encoding != "identity":
            self.failure = FetchFailed(request.url, "is compressed in a way that was not asked for")

    def take(self, chunk: bytes) -> bool:
        """Return whether more is wanted."""
        if self.failure is not None:
            return False
        limit = self._request.byte_limit
        self._raw += len(chunk)
        room = limit + 1 - len(self._body)
        if self._inflater is not None:
            try:
                chunk = self._inflater.decompress(chunk, room)
            except zlib.error:
                return self._fail(_NOT_GZIP)
            if self._inflater.unused_data:
                return self._fail(_NOT_GZIP)
        self._body += chunk[:room]
        if max(self._raw, len(self._body)) > limit:
            return self._fail(f"is longer than {limit} bytes")
        return True

    def result(self) -> Fetched | FetchFailed:
        if self.failure is None and self._inflater is not None and not self._inflater.eof:
            self._fail(_NOT_GZIP)
        if self.failure is not None:
            return self.failure
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Fetched(self._request.url, self._response.status_code, bytes(self._body), headers)

    def _fail(self, reason: str) -> bool:
        self.failure = FetchFailed(self._request.url, reason)
        return False


_NOT_GZIP: Final = "is not the gzip it says it is"


def _too_slow(request: Fetch) -> FetchFailed:
    return FetchFailed(request.url, f"gave no complete answer within {request.timeout:g} s")


def _reason(error: BaseException) -> str:
    """Return a sentence for people: what failed and, where the client wrapped it, why; short whatever it says."""
    kind, text = type(error).__name__, ""
    cause: BaseException | None = error
    while not text and cause is not None:
        text = " ".join(str(cause).split())[:200]
        cause = cause.__cause__ or cause.__context__
    return f"cannot be reached ({kind}{': ' + text if text else ''})"
