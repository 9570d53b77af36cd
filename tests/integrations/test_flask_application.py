"""Flask: a whole application under guard, with what has to stay open and what only looks as if it were."""

from __future__ import annotations

from typing import Any

import flask
import pytest

from bearerguard import ConfigurationError
from bearerguard.integrations.flask import BearerGuard, caller
from tests.integrations.test_flask import ISSUER, POLICY, bearer, inside, make


@pytest.fixture
def protected(tmp_path: Any) -> flask.Flask:
    (tmp_path / "style.css").write_text("body {}")
    app = flask.Flask("protected", static_folder=str(tmp_path), static_url_path="/static")
    runs: list[str] = []
    app.config["RUNS"] = runs
    BearerGuard(POLICY, fetcher=ISSUER).protect(app, public={"static", "health"})

    @app.get("/health")
    def health() -> str:
        return "well"

    @app.get("/orders")
    def orders() -> str:
        runs.append("orders")
        return caller.subject

    @app.route("/preflight", methods=["OPTIONS"], provide_automatic_options=False)
    def preflight() -> str:
        runs.append("preflight")
        return "a view of mine"

    return app


def test_protecting_an_application_guards_every_view_but_the_public_ones(protected: flask.Flask) -> None:
    client = protected.test_client()
    assert client.get("/orders").status_code == 401
    assert client.get("/orders").headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert client.get("/orders", headers=bearer(ISSUER.spoil("expired"))).status_code == 401
    assert protected.config["RUNS"] == []
    assert client.get("/orders", headers=bearer()).text == "alice"
    assert client.get("/health").text == "well"
    assert client.get("/static/style.css", buffered=True).text == "body {}"


def test_a_view_added_later_is_protected_too(protected: flask.Flask) -> None:
    protected.add_url_rule("/later", "later", lambda: "later")
    assert protected.test_client().get("/later").status_code == 401


@pytest.mark.parametrize(
    "path", ["/orders/", "//orders", "/ORDERS", "/orders%2f", "/static/../orders", "/health/../orders"]
)
def test_no_spelling_of_a_path_leads_around_the_guard(path: str, protected: flask.Flask) -> None:
    protected.test_client().get(path)
    assert protected.config["RUNS"] == []


def test_what_does_not_exist_is_flasks_own_answer(protected: flask.Flask) -> None:
    client = protected.test_client()
    assert client.get("/nowhere").status_code == 404
    assert client.post("/health").status_code == 405


def test_a_browsers_preflight_carries_no_token_and_is_answered(protected: flask.Flask) -> None:
    # The Fetch standard sends it without credentials, and a browser gives up on anything but a success.
    answer = protected.test_client().options("/orders")
    assert answer.status_code == 200
    assert "GET" in answer.headers["Allow"]
    assert protected.config["RUNS"] == []
    assert make().test_client().options("/hello").status_code == 200


def test_a_view_of_your_own_for_options_is_guarded_as_any_other(protected: flask.Flask) -> None:
    assert protected.test_client().options("/preflight").status_code == 401
    assert protected.config["RUNS"] == []


def test_public_is_a_collection_of_endpoints() -> None:
    with pytest.raises(ConfigurationError, match="public"):
        BearerGuard(POLICY).protect(make(), public="open")


def test_a_view_may_require_more_than_its_application(protected: flask.Flask) -> None:
    guard = BearerGuard(POLICY, fetcher=ISSUER)
    protected.add_url_rule("/more", "more", guard.required(scopes={"orders:write"})(inside))
    client = protected.test_client()
    assert client.get("/more", headers=bearer()).status_code == 403
    assert client.get("/more", headers=bearer(scope="orders:write")).text == "inside: alice"
