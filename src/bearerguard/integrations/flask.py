"""Flask: ``@guard.required()`` on a view, ``caller`` inside it.

::

    guard = BearerGuard(authgear("https://my-project.authgear.cloud"))

    @app.get("/hello")
    @guard.required()
    def hello():
        return {"user": caller.subject}
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.local import LocalProxy

from ..errors import ConfigurationError
from ..fetch import Fetcher
from ..guard import Guard, Refusal, Requirement
from ..limits import Limits
from ..policy import Policy
from ..verified import Verified
from ..verifier import Verifier

__all__ = ["BearerGuard", "caller"]

_CALLER = "bearerguard.caller"
_P = ParamSpec("_P")


def _current() -> Verified:
    # In the request's own environment: `flask.g` may outlive a request, and be shared by one inside another.
    try:
        return cast(Verified, request.environ[_CALLER])
    except KeyError:
        raise RuntimeError("No caller here: this view has no @guard.required().") from None


caller = cast(Verified, LocalProxy(_current))
"""The `Verified` of the current request, inside a guarded view."""


class BearerGuard:
    """Guards Flask views.

    Give it policies, or a ``verifier`` that is already there; the arguments are those of `bearerguard.Guard`. `required`
    guards one view, `protect` a whole application.
    """

    def __init__(
        self,
        *policies: Policy,
        verifier: Verifier | None = None,
        realm: str = "api",
        fetcher: Fetcher | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.guard = Guard(*policies, verifier=verifier, realm=realm, fetcher=fetcher, limits=limits)

    def required(
        self, scopes: Collection[str] = (), roles: Collection[str] = (), max_age: float | None = None
    ) -> Callable[[Callable[_P, Any]], Callable[_P, Any]]:
        """Return a decorator that lets a view run only for a caller with a good token that meets these.

        ``scopes``: all of them; ``roles``: one of them; ``max_age``: seconds since the user authenticated. Plain and
        ``async def`` views are both fine. Raises `ConfigurationError` at once if the requirement makes no sense.
        """
        requirement = Requirement(scopes, roles, max_age)

        def decorate(view: Callable[_P, Any]) -> Callable[_P, Any]:
            @wraps(view)
            def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Any:
                refused = self._admit(requirement)
                return current_app.ensure_sync(view)(*args, **kwargs) if refused is None else refused

            return guarded

        return decorate

    def protect(self, app: Flask, *, public: Collection[str] = ("static",)) -> None:
        """Require a good token for every view of an application, but for the endpoints named in ``public``."""
        if isinstance(public, str):
            raise ConfigurationError(f"public is a collection of endpoints: write public={{{public!r}}}.")
        open_to_all = frozenset(public)
        requirement = Requirement()

        def before() -> Response | None:
            if request.endpoint in open_to_all or request.endpoint is None:
                return None  # an unknown path is Flask's own 404
            if request.method == "OPTIONS" and getattr(request.url_rule, "provide_automatic_options", False):
                return (
                    None  # a browser's preflight carries no credentials, and no view of the application runs
                )
            return self._admit(requirement)

        app.before_request(before)

    def _admit(self, requirement: Requirement) -> Response | None:
        decision = self.guard.admit(request.headers.getlist("Authorization"), requirement)
        if isinstance(decision, Refusal):
            response = jsonify(decision.body)
            response.status_code = decision.status
            response.headers.extend(decision.headers)
            return response
        request.environ[_CALLER] = decision
        return None
