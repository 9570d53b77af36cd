"""The dev issuer over real HTTP: what it serves, how it goes away and comes back, and where it never listens."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from bearerguard import ConfigurationError, KeysUnavailableError, Verifier
from bearerguard.issuer import DevIssuer, IssuerServer
from tests.conftest import Clock

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def server() -> Iterator[IssuerServer]:
    with IssuerServer() as running:
        yield running


@pytest.fixture
def client(server: IssuerServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, timeout=10, trust_env=False) as client:
        yield client


def its_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("bearerguard-issuer")]


def connect(server: IssuerServer) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# ----------------------------------------------------------------------------------------------------------- what it serves


@pytest.mark.parametrize("path", [DISCOVERY, "/.well-known/oauth-authorization-server"])
def test_discovery_is_served_under_both_names(server: IssuerServer, client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == server.issuer.discovery()
    assert answer.json()["issuer"] == server.url


def test_the_key_set_is_served_where_discovery_says(server: IssuerServer, client: httpx2.Client) -> None:
    answer = client.get(client.get(DISCOVERY).json()["jwks_uri"])
    assert answer.json() == server.issuer.key_set()
    assert "cache-control" not in answer.headers
    assert "etag" not in answer.headers


def test_a_rotation_is_served_at_once(server: IssuerServer, client: httpx2.Client) -> None:
    before = client.get("/oauth2/jwks").json()
    server.issuer.rotate()
    after = client.get("/oauth2/jwks").json()
    assert after["keys"][1:] == before["keys"]


def test_head_is_get_without_the_body(client: httpx2.Client) -> None:
    answer, head = client.get(DISCOVERY), client.head(DISCOVERY)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "path", ["/", "/oauth2/jwks/", "/oauth2/jwks?x=1", "/oauth2/token", "/..%2foauth2/jwks"]
)
def test_elsewhere_is_a_404_in_json(client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_another_method_is_a_405_that_names_the_allowed_ones(client: httpx2.Client, method: str) -> None:
    answer = client.request(
        method, DISCOVERY, content=b"GET / HTTP/1.1\r\n\r\n" if method == "POST" else None
    )
    assert (answer.status_code, answer.json()) == (405, {"error": "method_not_allowed"})
    assert answer.headers["allow"] == "GET, HEAD"
    assert client.get(DISCOVERY).status_code == 200


def test_what_is_not_http_is_answered_with_400_in_json_and_cut(server: IssuerServer) -> None:
    with connect(server) as raw:
        raw.sendall(b"what is this / HTTP/1.1 then\r\n\r\n")
        head, _, body = raw.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body) == {"error": "bad_request"}


def test_one_connection_carries_many_requests(server: IssuerServer, client: httpx2.Client) -> None:
    for _ in range(20):
        client.get("/oauth2/jwks")
    assert len([thread for thread in its_threads() if thread.name.endswith("connection")]) == 1


def test_a_client_that_goes_away_in_the_middle_harms_nobody(
    server: IssuerServer, client: httpx2.Client
) -> None:
    with connect(server) as raw:
        raw.sendall(b"GET /oauth2/jwks HTTP/1.1\r\nHo")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    assert client.get("/oauth2/jwks").status_code == 200


def test_its_date_is_the_issuers_time(clock: Clock) -> None:
    with IssuerServer(DevIssuer(f"http://127.0.0.1:{free_port()}", clock=clock.wall)) as server:
        answer = httpx2.get(server.url + DISCOVERY, trust_env=False)
        assert answer.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


def test_the_issuer_remembers_what_was_asked_over_http(server: IssuerServer, client: httpx2.Client) -> None:
    client.get("/oauth2/jwks")
    client.head("/nowhere")
    assert server.issuer.requests == [server.url + "/oauth2/jwks", server.url + "/nowhere"]


def test_an_issuer_that_is_offline_hangs_up(server: IssuerServer, client: httpx2.Client) -> None:
    server.issuer.offline = True
    with pytest.raises(httpx2.TransportError):
        client.get(DISCOVERY)
    server.issuer.offline = False
    assert client.get(DISCOVERY).status_code == 200


def test_nothing_is_printed(
    server: IssuerServer, client: httpx2.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.get(DISCOVERY)
    client.post(DISCOVERY)
    server.stop()
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------------------- starts and stops


def test_stopping_is_an_outage_and_starting_again_heals_on_the_same_port(
    server: IssuerServer, client: httpx2.Client
) -> None:
    url, document = server.url, client.get(DISCOVERY).json()
    server.stop()
    with pytest.raises(httpx2.ConnectError):
        client.get(DISCOVERY)
    server.start()
    assert server.url == url
    assert client.get(DISCOVERY).json() == document


def test_stopping_cuts_a_connection_that_was_kept_open(server: IssuerServer) -> None:
    with connect(server) as raw:
        raw.sendall(b"HEAD /oauth2/jwks HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = raw.makefile("rb")
        while answer.readline() != b"\r\n":
            pass
        server.stop()
        assert answer.read() == b""


def test_no_thread_is_left_when_it_has_stopped(server: IssuerServer, client: httpx2.Client) -> None:
    client.get(DISCOVERY)
    with connect(server):
        assert its_threads()
        server.stop()
        assert not its_threads()


def test_starting_and_stopping_twice_changes_nothing(server: IssuerServer) -> None:
    assert server.start() is server
    assert repr(server) == f"<IssuerServer {server.url.removeprefix('http://')} running>"
    server.stop()
    server.stop()
    assert repr(server).endswith(" stopped>")
    with server:
        assert repr(server).endswith(" running>")


def test_it_restarts_many_times_under_a_client_that_keeps_asking(
    server: IssuerServer, client: httpx2.Client
) -> None:
    for _ in range(5):
        assert client.get(DISCOVERY).status_code == 200
        server.stop()
        server.start()
    assert client.get(DISCOVERY).status_code == 200


def test_a_verifier_over_real_http_outlives_the_outage_with_the_keys_it_holds(
    server: IssuerServer, clock: Clock
) -> None:
    server.issuer.rotate()
    with (
        Verifier(server.issuer.policy(), monotonic=clock.monotonic) as held,
        Verifier(server.issuer.policy(), monotonic=clock.monotonic) as new,
    ):
        held.verify(server.issuer.mint("alice"))
        server.stop()
        assert held.verify(server.issuer.mint("bob")).subject == "bob"
        with pytest.raises(KeysUnavailableError):
            new.verify(server.issuer.mint())
        server.start()
        clock.advance(120)
        assert new.verify(server.issuer.mint("carol")).subject == "carol"


# ------------------------------------------------------------------------------------------------------- where it listens


def test_given_an_issuer_it_listens_where_the_issuers_url_says() -> None:
    issuer = DevIssuer(f"http://localhost:{free_port()}")
    with IssuerServer(issuer) as server:
        assert server.issuer is issuer
        assert server.url == issuer.url
        assert httpx2.get(issuer.url + DISCOVERY, trust_env=False).json() == issuer.discovery()


def test_a_port_that_was_asked_for_is_known_before_the_start() -> None:
    port = free_port()
    server = IssuerServer(port=port)
    assert server.url == f"http://127.0.0.1:{port}"
    assert repr(server) == f"<IssuerServer 127.0.0.1:{port} stopped>"


def test_a_free_port_is_not_known_before_the_start() -> None:
    with pytest.raises(ConfigurationError, match="start the server, then ask"):
        _ = IssuerServer().url


def test_it_listens_on_ipv6_loopback_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    with IssuerServer(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx2.get(server.url + DISCOVERY, trust_env=False).json()["issuer"] == server.url


def test_a_busy_port_is_a_sentence(server: IssuerServer) -> None:
    port = int(server.url.rpartition(":")[2])
    second = IssuerServer(port=port)
    with pytest.raises(
        ConfigurationError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*take another port"
    ) as refused:
        second.start()
    assert refused.value.code == "configuration_invalid"
    second.stop()
    server.stop()
    with second:
        assert httpx2.get(second.url + DISCOVERY, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "id.example.com", "127.0.0.1.evil.example", "", 0]
)
def test_a_host_that_is_not_this_machine_is_refused(host: Any) -> None:
    with pytest.raises(ConfigurationError, match="not a loopback address") as refused:
        IssuerServer(host=host)
    assert refused.value.code == "configuration_invalid"


def test_an_issuer_whose_url_is_not_this_machine_is_not_served() -> None:
    with pytest.raises(ConfigurationError, match="not a loopback address"):
        IssuerServer(DevIssuer("http://id.example.com:8455"))


@pytest.mark.parametrize(
    "url", ["https://localhost:8455", "http://localhost", "http://:8455", "localhost:8455", "http://[", ""]
)
def test_an_issuer_whose_url_cannot_be_served_is_refused_with_one_that_can(url: str) -> None:
    with pytest.raises(ConfigurationError, match="its URL is like 'http://localhost:8455'"):
        IssuerServer(DevIssuer(url))


@pytest.mark.parametrize(
    "contradiction", [{"port": 9000}, {"host": "127.0.0.1"}, {"host": "::1", "port": 8455}]
)
def test_an_issuer_is_served_at_its_own_url_or_not_at_all(contradiction: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="leave host and port out"):
        IssuerServer(DevIssuer("http://localhost:8455"), **contradiction)
    server = IssuerServer(DevIssuer("http://localhost:8455"), port=8455, host="localhost")
    assert server.url == "http://localhost:8455"


def test_a_host_that_is_not_this_machine_is_refused_beside_an_issuer_too() -> None:
    with pytest.raises(ConfigurationError, match="not a loopback address"):
        IssuerServer(DevIssuer("http://localhost:8455"), host="0.0.0.0")


@pytest.mark.parametrize("port", [-1, 65_536, "8455", None, True])
def test_a_port_that_is_none_is_refused(port: object) -> None:
    with pytest.raises(ConfigurationError, match="0 to 65535"):
        IssuerServer(port=port)  # type: ignore[arg-type]
