"""A key, a policy and a verdict for the tests of the judge; `explain` is asked each time and must agree."""

from __future__ import annotations

from typing import Any, Final

from bearerguard.errors import TokenError
from bearerguard.judge import explain, judge
from bearerguard.keys import key_set
from bearerguard.policy import Policy
from bearerguard.token import UnverifiedToken, parse
from bearerguard.verified import Verified
from tests.core.builders import AUDIENCE, ISSUER, NOW, claims, header, jwk, jwks, jws, private_key

KEY: Final = private_key("Ed25519", 21)
STRANGER: Final = private_key("Ed25519", 22)
KEYS: Final = key_set(jwks(jwk(KEY, kid="key-1"))).keys


def policy(**changes: Any) -> Policy:
    """A policy that the builders' token meets, changed."""
    return Policy(**({"issuer": ISSUER, "audience": AUDIENCE} | changes))


def mint(head: dict[str, Any] | None = None, body: dict[str, Any] | None = None, key: Any = KEY) -> str:
    """A token whose header and claims are good but for these changes, and whose signature is always good."""
    return jws(header(**({"alg": "EdDSA"} | (head or {}))), claims(**(body or {})), key, "EdDSA")


def unverified(head: dict[str, Any] | None = None, body: dict[str, Any] | None = None) -> UnverifiedToken:
    """`mint`, taken apart."""
    return parse(mint(head, body))


def verdict(
    head: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    now: float = NOW,
) -> str | Verified:
    """The caller, or the code of the refusal."""
    token, given = unverified(head, body), policy(**(settings or {}))
    report = explain(token, KEYS, given, now)
    try:
        verified = judge(token, KEYS, given, now)
    except TokenError as error:
        assert report.error is not None
        assert (report.error.code, report.error.detail) == (error.code, error.detail)
        return error.code
    assert report.ok
    return verified


def passes(
    head: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
) -> bool:
    """Whether the verdict is a caller."""
    return isinstance(verdict(head, body, settings), Verified)
