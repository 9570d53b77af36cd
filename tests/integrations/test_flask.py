"""Flask: a real server, real requests, and what an attacker, a browser and a forgetful developer make of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, Final

import flask
import httpx2
import pytest
from flask.views import MethodView

from bearerguard import AsyncVerifier, ConfigurationError, Limits, Verified, Verifier
from bearerguard.integrations.flask import BearerGuard, caller
from bearerguard.issuer import SPOILS, DevIssuer
from tests.drivers.serving import say, serving

ISSUER: Final = DevIssuer()
POLICY: Final = ISSUER.policy()


def bearer(token: str | None = None, **options: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {ISSUER.mint(**options) if token is None else token}"}


def inside() -> str:
    """A view that is reached only through its guard."""
    return f"inside: {caller.subject}"


def make() -> flask.Flask:
    """An application with a view of every kind."""
    app = flask.Flask("orders", static_folder=None)
    guard = BearerGuard(POLICY, fetcher=ISSUER)

    @app.get("/hello")
    @guard.required()
    def hello() -> Any:
        return {"user": caller.subject, "verified": caller.user.is_verified, "roles": sorted(caller.roles)}

    @app.route("/orders/<int:number>", methods=["GET", "POST"])
    @guard.required(scopes={"orders:read"})
    def order(number: int) -> Any:
        return {"order": number, "user": caller.subject}

    @app.get("/admin")
    @guard.required(roles={"admin", "owner"})
    def admin() -> str:
        return "admin"

    @app.get("/transfer")
    @guard.required(max_age=300)
    def transfer() -> str:
        return "transferred"

    @app.get("/waiting")
    @guard.required()
    async def waiting() -> Any:
        return {"user": caller.subject}

    @app.get("/streaming")
    @guard.required()
    def streaming() -> Any:
        def lines() -> Iterator[str]:
            yield f"{caller.subject}\n"
            yield caller.issuer

        return flask.Response(flask.stream_with_context(lines()))

    class Basket(MethodView):
        decorators = [guard.required()]

        def get(self) -> str:
            return f"basket of {caller.subject}"

    app.add_url_rule("/basket", view_func=Basket.as_view("basket"))

    @app.get("/open")
    def unguarded() -> str:
        return "open"

    @app.get("/open/curious")
    def curious() -> str:
        return caller.subject

    @app.get("/open/polite")
    def polite() -> str:
        return caller.subject if caller else "nobody"

    return app


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with serving(make()) as origin:
        yield origin


@pytest.fixture(scope="module")
def client(origin: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=origin, trust_env=False, timeout=10) as client:
        yield client


# ---------------------------------------------------------------------------------------------------------- with a good token


def test_a_guarded_view_knows_its_caller(client: httpx2.Client) -> None:
    answer = client.get("/hello", headers=bearer(roles=["editor"]))
    assert (answer.status_code, answer.json()) == (
        200,
        {"user": "alice", "verified": True, "roles": ["editor"]},
    )
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_schemes_name_may_be_written_in_any_case(scheme: str, client: httpx2.Client) -> None:
    answer = client.get("/hello", headers={"authorization": f"{scheme} {ISSUER.mint()}"})
    assert answer.status_code == 200


def test_arguments_of_the_path_reach_the_view(client: httpx2.Client) -> None:
    answer = client.post("/orders/7", headers=bearer(scope="orders:read openid"))
    assert answer.json() == {"order": 7, "user": "alice"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/waiting", '{"user":"alice"}\n'),
        ("/streaming", f"alice\n{ISSUER.url}"),
        ("/basket", "basket of alice"),
    ],
)
def test_views_of_every_kind_are_guarded_and_know_their_caller(
    path: str, text: str, client: httpx2.Client
) -> None:
    assert client.get(path).status_code == 401
    answer = client.get(path, headers=bearer())
    assert (answer.status_code, answer.text) == (200, text)


def test_two_callers_in_a_row_over_one_connection_are_two_callers(client: httpx2.Client) -> None:
    for subject in ("alice", "bob", "alice"):
        assert client.get("/hello", headers=bearer(subject=subject)).json()["user"] == subject


def test_a_view_keeps_its_name() -> None:
    views = make().view_functions
    assert views["hello"].__name__ == "hello"
    assert {"hello", "order", "admin", "transfer", "waiting", "streaming", "basket"} < set(views)


# ------------------------------------------------------------------------------------------------------------- without a good one


def test_without_a_token_the_challenge_is_bare(client: httpx2.Client) -> None:
    answer = client.get("/hello")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {"error": "unauthorized", "error_description": "An access token is required."}


def test_a_head_request_is_refused_without_a_body(client: httpx2.Client) -> None:
    answer = client.head("/hello")
    assert (answer.status_code, answer.content) == (401, b"")
    assert client.head("/hello", headers=bearer()).status_code == 200


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_a_wrong_token_is_refused_properly(row: Any, client: httpx2.Client) -> None:
    answer = client.get("/hello", headers=bearer(ISSUER.spoil(row.name)))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="api", error="invalid_token", ')
    assert answer.json()["error"] == "invalid_token"


ODD: Final[dict[str, tuple[list[bytes], int, str]]] = {
    "Basic": ([b"Basic YTpi"], 401, "unauthorized"),
    "Digest": ([b'Digest username="a", realm="b"'], 401, "unauthorized"),
    "empty": ([b""], 401, "unauthorized"),
    "the scheme alone": ([b"Bearer"], 400, "invalid_request"),
    "two tokens": ([b"Bearer %(token)s %(token)s"], 400, "invalid_request"),
    "two headers": ([b"Bearer %(token)s", b"Bearer %(token)s"], 400, "invalid_request"),
    "two headers, the second another scheme's": (
        [b"Bearer %(token)s", b"Basic YTpi"],
        400,
        "invalid_request",
    ),
    "two headers, the second empty": ([b"Bearer %(token)s", b""], 400, "invalid_request"),
    "bytes that are no UTF-8": ([b"Bearer \xff\xfe\xfd"], 400, "invalid_request"),
    "UTF-8": (["Bearer ключ".encode()], 400, "invalid_request"),
    "a no-break space": ([b"Bearer\xa0%(token)s"], 401, "unauthorized"),
    "a token of twenty kilobytes": ([b"Bearer " + b"a." * 10_000], 401, "invalid_token"),
    "a token of one letter": ([b"Bearer a"], 401, "invalid_token"),
    "dots": ([b"Bearer .."], 401, "invalid_token"),
    "a scheme and nothing that fits it": ([b"Bearer ,"], 400, "invalid_request"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_headers_are_refused_and_never_an_accident(name: str, origin: str) -> None:
    values, status, error = ODD[name]
    token = ISSUER.mint().encode()
    fields = b"".join(b"Authorization: " + value.replace(b"%(token)s", token) + b"\r\n" for value in values)
    request = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields + b"\r\n"
    answer = say(origin, request)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert f'"error":"{error}"'.encode() in answer
    assert token not in answer


def test_another_header_that_looks_like_it_is_not_it(origin: str) -> None:
    token = ISSUER.mint()
    for name in ("X-Authorization", "Authorization_", "Proxy-Authorization", "HTTP_AUTHORIZATION", "Cookie"):
        request = (
            f"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{name}: Bearer {token}\r\n\r\n"
        )
        assert say(origin, request.encode()).startswith(b"HTTP/1.1 401 "), name


def test_a_token_in_the_query_or_the_body_is_not_looked_at(client: httpx2.Client) -> None:
    token = ISSUER.mint(scope="orders:read")
    assert client.get("/hello", params={"access_token": token}).status_code == 401
    assert client.post("/orders/1", data={"access_token": token}).status_code == 401


# ------------------------------------------------------------------------------------------------------------------ requirements


def test_a_missing_scope_is_403_and_named_in_the_challenge(client: httpx2.Client) -> None:
    answer = client.get("/orders/1", headers=bearer(scope="openid orders:reader"))
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert answer.headers["WWW-Authenticate"].endswith(', scope="orders:read"')


def test_a_missing_role_is_403_and_not_named(client: httpx2.Client) -> None:
    assert client.get("/admin", headers=bearer(roles=["owner"])).text == "admin"
    answer = client.get("/admin", headers=bearer(roles=["editor"]))
    assert answer.status_code == 403
    assert "owner" not in answer.headers["WWW-Authenticate"] + answer.text


def test_a_user_who_authenticated_too_long_ago_is_asked_to_do_it_again(client: httpx2.Client) -> None:
    now = int(time.time())
    assert client.get("/transfer", headers=bearer(claims={"auth_time": now - 200})).status_code == 200
    answer = client.get("/transfer", headers=bearer(claims={"auth_time": now - 400}))
    assert answer.status_code == 401
    assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    assert answer.headers["WWW-Authenticate"].endswith(', max_age="300"')


@pytest.mark.parametrize(
    "settings",
    [{"scopes": "orders:read"}, {"roles": "admin"}, {"scopes": ["a b"]}, {"max_age": -1}, {"max_age": "300"}],
    ids=str,
)
def test_a_requirement_that_makes_no_sense_is_refused_when_the_view_is_made(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        BearerGuard(POLICY).required(**settings)


def test_forgotten_parentheses_are_refused_when_the_view_is_made() -> None:
    guard = BearerGuard(POLICY)
    with pytest.raises(ConfigurationError):

        @guard.required  # type: ignore[arg-type]
        def hello() -> str:
            return "hello"


# -------------------------------------------------------------------------------------------------------------------- the caller


def test_a_caller_outside_a_guarded_view_is_a_mistake_that_says_so() -> None:
    app = make()
    with (
        app.test_request_context(headers=bearer()),
        pytest.raises(RuntimeError, match=r"@guard\.required\(\)"),
    ):
        _ = caller.subject
    with pytest.raises(RuntimeError, match="outside of"):
        _ = caller.subject
    assert app.test_client().get("/open/polite", headers=bearer()).text == "nobody"


def test_a_view_that_asks_for_a_caller_it_has_not_fails_closed(client: httpx2.Client) -> None:
    answer = client.get("/open/curious", headers=bearer())
    assert answer.status_code == 500
    assert "alice" not in answer.text


def test_the_caller_is_the_verified_itself() -> None:
    app = make()

    @app.get("/self")
    @BearerGuard(POLICY, fetcher=ISSUER).required()
    def itself() -> Any:
        assert isinstance(caller, Verified)
        assert caller == caller._get_current_object()  # type: ignore[attr-defined]
        return dict(caller)

    answer = app.test_client().get("/self", headers=bearer(claims={"tenant": "t1"}))
    assert answer.get_json()["tenant"] == "t1"


def test_a_caller_does_not_outlive_the_request_even_where_the_application_context_does() -> None:
    app = make()
    client = app.test_client()
    with app.app_context():  # as tests and scripts have it around several requests
        assert client.get("/hello", headers=bearer()).get_json()["user"] == "alice"
        assert client.get("/open/polite").text == "nobody"
        assert client.get("/hello").status_code == 401


def test_a_request_inside_a_request_does_not_change_who_is_calling() -> None:
    app = make()

    @app.get("/outer")
    @BearerGuard(POLICY, fetcher=ISSUER).required()
    def outer() -> str:
        inner = app.test_client().get("/hello", headers=bearer(subject="mallory")).get_json()["user"]
        return f"{caller.subject} asked as {inner}"

    assert app.test_client().get("/outer", headers=bearer()).text == "alice asked as mallory"


# ------------------------------------------------------------------------------------------------------------------ construction


def test_a_verifier_that_is_there_already_is_used() -> None:
    verifier = Verifier(POLICY, fetcher=ISSUER, limits=Limits(token_bytes=100))
    app = flask.Flask("limited")
    app.add_url_rule("/", "index", BearerGuard(verifier=verifier).required()(inside))
    assert app.test_client().get("/", headers=bearer()).status_code == 401


def test_a_verifier_of_the_wrong_colour_never_lets_anybody_in() -> None:
    with pytest.raises(ConfigurationError, match="verifier"):
        BearerGuard(verifier=AsyncVerifier(POLICY, fetcher=ISSUER))  # type: ignore[arg-type]


def test_an_outage_is_503_with_a_time_to_come_again() -> None:
    issuer = DevIssuer()
    issuer.offline = True
    app = flask.Flask("outage")
    app.add_url_rule("/", "index", BearerGuard(issuer.policy(), fetcher=issuer).required()(inside))
    answer = app.test_client().get("/", headers=bearer())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in answer.headers
    assert answer.get_json()["error"] == "temporarily_unavailable"


def test_the_reason_is_in_the_log_and_the_token_is_not(
    client: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    token = ISSUER.spoil("id-token")
    with caplog.at_level(logging.DEBUG, logger="bearerguard"):
        client.get("/hello", headers=bearer(token))
    (record,) = [record for record in caplog.records if record.name == "bearerguard"]
    assert record.__dict__["code"] == "token_type_wrong"
    assert token not in caplog.text
