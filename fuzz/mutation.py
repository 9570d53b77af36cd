"""Mutation that keeps JSON JSON, so that more of the inputs come past the reader and meet the judge.

libFuzzer changes bytes, and nearly every changed byte of a document makes it unreadable. Here a document is taken apart,
one value in it is changed for another that surprises, and it is written again; a token's segments are taken apart first.
Half of all mutations are still of bytes.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

from . import world
from .surfaces import addressed, chosen

JSON_SURFACES: Final = frozenset({"header", "claims", "keys", "discovery", "json_object"})
Bytewise = Callable[[bytes, int], bytes]

VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 1e308, 5e-324, 2**31, 2**53 - 1, 2**53, 2**63, 2**64, -(2**63) - 1, 10**400),
    *(world.NOW, world.NOW + 29.999, world.NOW + 30, world.NOW + 31, world.NOW - 31, world.NOW - 30, world.NOW - 3_600.5),
    *("", " ", "a", "alice", "\x00", "\n", "\x7f", "\u00e9", "e\u0301", "\U0001f511", "\u202e", "\ufeff", "a b", "a\tb", "0", "true"),
    *(world.ISSUER, world.ISSUER + "/", world.ISSUER.upper(), world.AUDIENCE, world.AUDIENCE + "/", "app", "admin", "openid"),
    *("RS256", "HS256", "none", "EdDSA", "ES256", "at+jwt", "application/at+jwt", "JWT", "dpop+jwt", "AT+JWT", "sig", "verify"),
    *("RSA", "EC", "OKP", "AKP", "oct", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "ML-DSA-44", "AQAB", "AA", "A"),
    *("https://id.example.com/keys", "http://id.example.com/keys", "http://localhost/keys", "fuzz-1", "fuzz-3", "A" * 43, "A" * 86),
    *([], {}, [[]], [{}], {"": {}}, [None], [""], ["a", 1], [world.AUDIENCE], [world.AUDIENCE, None], {"admin": {}}, {"admin": {"a": 1}}),
)  # fmt: skip
NAMES: Final = (
    *("iss", "aud", "sub", "exp", "nbf", "iat", "jti", "scope", "scp", "client_id", "azp", "cnf", "auth_time", "acr", "amr"),
    *("alg", "typ", "kid", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "cty", "user", "verified", "closed", "anonymous"),
    *("kty", "crv", "use", "key_ops", "x", "y", "n", "e", "d", "k", "pub", "keys", "issuer", "jwks_uri", "", "\u00e9", "a\"b\\"),
)  # fmt: skip


def mutated(data: bytes, most: int, seed: int, bytewise: Bytewise) -> bytes:
    """Return an input made of another, of at most so many bytes; the same seed makes the same."""
    chance = random.Random(seed)  # noqa: S311  # of no use for secrets, and none is made
    name, rest = chosen(data) if data else ("", b"")
    made: bytes | None = None
    if chance.random() < 0.5:
        if name in JSON_SURFACES:
            made = _document(rest, chance)
        elif name in ("token", "authorization"):
            made = _token(rest, chance)
    if made is None or len(made) >= most:
        return bytewise(data, most)
    return addressed(name, made)


def _token(text: bytes, chance: random.Random) -> bytes | None:
    segments = text.split(b".")
    place = chance.randrange(min(2, len(segments)))
    prefix, _, segment = segments[place].rpartition(b" ")
    try:
        document = _document(base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)), chance)
    except ValueError:
        return None
    if document is None:
        return None
    segments[place] = prefix + b" " * bool(prefix) + world.b64(document)
    return b".".join(segments)


def _document(raw: bytes, chance: random.Random) -> bytes | None:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        value = _changed(value, chance)
    try:
        text = json.dumps(
            value, ensure_ascii=chance.random() < 0.2, separators=chance.choice(((",", ":"), (", ", ": ")))
        )
        written = text.encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return None
    if chance.random() < 0.05:  # the last member again: JSON that every lenient reader takes
        written = (
            written[:-1] + b"," + written.rpartition(b",")[2]
            if written.endswith(b"}") and b"," in written
            else written
        )
    return written


def _changed(value: Any, chance: random.Random) -> Any:
    """Return a document with one change somewhere: a value replaced, a member added, renamed or removed."""
    containers = [value] if isinstance(value, (dict, list)) else []
    for container in containers:
        inside = container.values() if isinstance(container, dict) else container
        containers.extend(inner for inner in inside if isinstance(inner, (dict, list)))
        if len(containers) > 50:
            break
    if not containers:
        return _value(chance)
    place = chance.choice(containers)
    if isinstance(place, dict):
        _change_object(place, chance)
    else:
        _change_array(place, chance)
    return value


def _change_object(place: dict[str, Any], chance: random.Random) -> None:
    name = chance.choice([*place, chance.choice(NAMES)]) if place else chance.choice(NAMES)
    action = chance.randrange(8)
    if action == 0:
        place.pop(name, None)
    elif action == 1:
        place[chance.choice(NAMES)] = place.pop(name, None)
    elif action == 2:
        place[name] = [place.get(name)]
    elif action == 3:
        place[name] = {chance.choice(NAMES): place.get(name)}
    elif action == 4 and isinstance(place.get(name), str):
        place[name] = _text(place[name], chance)
    else:
        place[name] = _value(chance)


def _change_array(place: list[Any], chance: random.Random) -> None:
    at = chance.randrange(len(place) + 1)
    if chance.random() < 0.3 and at < len(place):
        del place[at]
    elif chance.random() < 0.3 and at < len(place) < 40:
        place.extend(place[at : at + 1] * chance.choice((1, 1, 4)))
    else:
        place[at:at] = [_value(chance)]


def _text(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return chance.choice(
        (
            text[:at],
            text[at:],
            text + text,
            text[:at] + chance.choice(("A", "/", " ", "\x00", "\u00e9", ".", "\\", '"')) + text[at:],
            text.upper(),
            text * (9 if len(text) < 300 else 1),
        )
    )


def _value(chance: random.Random) -> Any:
    return deepcopy(chance.choice(VALUES))
