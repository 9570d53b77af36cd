"""The tutorial route: a Flask server that knows who is calling.

Run it with the issuer's address and, where tokens are bound to a resource, the audience:

    ISSUER=https://my-project.authgear.cloud flask --app app run
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask

from bearerguard.integrations.flask import BearerGuard, caller
from bearerguard.providers import authgear

app = Flask(__name__)
guard = BearerGuard(authgear(os.environ["ISSUER"], audience=os.environ.get("AUDIENCE")))


@app.get("/hello")
@guard.required()
def hello() -> dict[str, Any]:
    """Greet whoever holds a good access token."""
    return {"message": "Hello!", "user": caller.subject, "verified": caller.user.is_verified}


@app.get("/admin")
@guard.required(roles={"admin"})
def admin() -> dict[str, Any]:
    """Greet administrators only."""
    return {"message": "Hello, administrator!", "user": caller.subject}
