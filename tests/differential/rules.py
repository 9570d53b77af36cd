"""What each rule of `stricter.json` says, once more and in code: is it true that a token breaks it?

Written apart from `bearerguard.checks`, over what the standard library reads. A refusal that the peers do not share
must be one that a rule foretells: by its code, and by the token really breaking it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeGuard

from bearerguard import ANY_TYPE, Limits
from tests.differential.peers import Question, suiting, whole
from tests.differential.reading import Document, Reading, decoded
from tests.differential.tokens import IDENTITY

TABLE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "stricter.json").read_text(encoding="utf-8")
)
STRICTER: Final[list[dict[str, Any]]] = TABLE["stricter"]
WIDER: Final[list[dict[str, Any]]] = TABLE["wider"]

Broken = Callable[[Reading, Question], bool]
LIMITS: Final = Limits()
_SCOPE: Final = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]*\Z")
DATES: Final = ("exp", "nbf", "iat")


def _any(fact: Callable[[Document], bool]) -> Broken:
    return lambda reading, question: any(fact(document) for document in reading.documents)


def _header(fact: Callable[[Mapping[str, Any]], bool]) -> Broken:
    return lambda reading, question: fact(reading.header.members)


def _claims(fact: Callable[[Mapping[str, Any]], bool]) -> Broken:
    return lambda reading, question: fact(reading.claims.members)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _dates(claims: Mapping[str, Any]) -> list[Any]:
    return [claims[name] for name in DATES if name in claims]


def _controls(value: object) -> bool:
    return isinstance(value, str) and any(letter < " " or letter == "\x7f" for letter in value)


def _token_type(reading: Reading, question: Question) -> bool:
    header = reading.header.members
    bare = str(header.get("typ")).lower().removeprefix("application/")
    if question.token_type is ANY_TYPE:
        return "typ" in header and bare not in ("jwt", "at+jwt")
    return bare != str(question.token_type).lower()


def _nameless(reading: Reading, question: Question) -> bool:
    header = reading.header.members
    return "kid" not in header and len(list(suiting(question, header))) != 1


def _early(reading: Reading, question: Question) -> bool:
    dates = [reading.claims.members.get(name) for name in ("nbf", "iat")]
    latest = question.now + question.leeway
    return any(_is_number(date) and whole(date) <= latest < date for date in dates)


def _named(fact: Callable[[Mapping[str, Any]], bool]) -> Broken:
    """A fact about the key that the token's header names."""

    def broken(reading: Reading, question: Question) -> bool:
        return any(fact(key) for key in suiting(question, reading.header.members))

    return broken


def _modulus(key: Mapping[str, Any]) -> int:
    return int.from_bytes(decoded(key["n"]), "big").bit_length() if key.get("kty") == "RSA" else 2048


def _exponent(key: Mapping[str, Any]) -> int:
    return int.from_bytes(decoded(key["e"]), "big") if key.get("kty") == "RSA" else 65_537


def _scopes(claims: Mapping[str, Any]) -> Any:
    """What stands where scopes are looked for: the first of the two names that is there."""
    return claims.get("scp") if claims.get("scope") is None else claims["scope"]


def _scope_shape(claims: Mapping[str, Any]) -> bool:
    scopes = _scopes(claims)
    words = scopes if isinstance(scopes, list) else [scopes]
    return scopes is not None and not all(isinstance(word, str) for word in words)


def _scope_letters(claims: Mapping[str, Any]) -> bool:
    scopes = _scopes(claims)
    words = scopes.split(" ") if isinstance(scopes, str) else scopes if isinstance(scopes, list) else []
    return any(isinstance(word, str) and not _SCOPE.match(word) for word in words)


BREAKS: Final[dict[str, Broken]] = {
    "no-padding": lambda reading, question: "=" in reading.token,
    "token-size": lambda reading, question: len(reading.token) > LIMITS.token_bytes,
    "header-size": lambda reading, question: len(reading.header.raw) > LIMITS.header_bytes,
    "header-names-once": lambda reading, question: reading.header.repeated,
    "claim-names-once": lambda reading, question: reading.claims.repeated,
    "utf-8": _any(lambda document: not document.plain_utf8),
    "whole-characters": _any(lambda document: document.half_characters),
    "no-constants": _any(lambda document: document.constants),
    "finite-numbers": _any(lambda document: document.infinite),
    "short-numbers": _any(lambda document: document.longest_number > LIMITS.number_digits),
    "shallow": _any(lambda document: document.depth > LIMITS.json_depth),
    "no-crit": _header(lambda header: "crit" in header),
    "no-b64": _header(lambda header: "b64" in header),
    "no-encryption": _header(lambda header: "zip" in header or "enc" in header),
    "kid-size": _header(lambda header: len(str(header.get("kid", ""))) > LIMITS.kid_chars),
    "token-type": _token_type,
    "one-key": _nameless,
    "few-namesakes": lambda reading, question: (
        len(list(suiting(question, reading.header.members))) > LIMITS.keys_per_kid
    ),
    "rsa-bits": _named(lambda key: not 2048 <= _modulus(key) <= 8192),
    "rsa-exponent": _named(lambda key: not 65_537 <= _exponent(key) < 2**32 or _exponent(key) % 2 == 0),
    "key-of-full-order": _named(lambda key: key.get("x") == IDENTITY),
    "key-operations": _named(lambda key: "verify" not in key.get("key_ops", ["verify"])),
    "date-is-a-number": _claims(lambda claims: not all(map(_is_number, _dates(claims)))),
    "date-in-range": _claims(
        lambda claims: any(_is_number(date) and not 0 <= date < 2**53 for date in _dates(claims))
    ),
    "date-to-the-fraction": _early,
    "audience-is-plain": _claims(
        lambda claims: isinstance(claims.get("aud"), list) and any(map(_controls, claims["aud"]))
    ),
    "subject": _claims(lambda claims: claims.get("sub") is None),
    "subject-is-plain": _claims(lambda claims: claims.get("sub") == "" or _controls(claims.get("sub"))),
    "scope-is-words": _claims(_scope_shape),
    "scope-is-plain": _claims(_scope_letters),
    "unbound": _claims(lambda claims: "cnf" in claims),
}
"""By the name of the rule."""


def _last_second(reading: Reading, question: Question) -> bool:
    exp = reading.claims.members.get("exp")
    return _is_number(exp) and whole(exp) + question.leeway <= question.now < exp + question.leeway


EXCUSES: Final[dict[str, Broken]] = {"date-to-the-fraction": _last_second}
"""By the name of the row in ``wider``."""


def foretold(code: str, reading: Reading, question: Question) -> list[str]:
    """Return the rules that carry this code and that the token breaks."""
    return [row["name"] for row in STRICTER if row["code"] == code and BREAKS[row["name"]](reading, question)]
