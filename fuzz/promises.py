"""What has to hold whatever the bytes were: the promises, and how an input is read as choices.

A foreign exception ends a run by itself. Everything else that must not happen is a `BrokenPromiseError`.
"""

from __future__ import annotations

import json
import re
from typing import Final
from zlib import crc32

from bearerguard import BearerguardError, Refusal, TokenError, Verified, Verifier
from bearerguard.bearer import refuse
from bearerguard.shared_secret import SharedSecretVerifier

from . import world

ACCEPTED: Final = "accepted"


class BrokenPromiseError(AssertionError):
    """A promise that does not hold."""


def hold(promise: object, sentence: str) -> None:
    """Raise `BrokenPromiseError` unless the promise holds."""
    if not promise:
        raise BrokenPromiseError(sentence)


def judged(verifier: Verifier | SharedSecretVerifier, token: str | bytes) -> str:
    """Return what a token is worth; no error may quote it, and every view of an accepted one can be had."""
    try:
        caller = verifier.verify(token)
    except TokenError as error:
        quotes_nothing(error, token)
        return error.code
    read(caller)
    return ACCEPTED


def verdict(verifier: Verifier | SharedSecretVerifier, token: bytes) -> str:
    """`judged`, and explained with the same verdict.

    An explanation costs ten times the judgement and is printed for ten times more, so only a part of the inputs, the same
    part in every process, is explained, and a part of those printed.
    """
    code, chance = judged(verifier, token), crc32(token)
    if chance % 4 == 0:
        report = verifier.explain(token)
        hold((report.code or ACCEPTED) == code, f"explained as {report.code}, but {code}")
        hold(
            chance % 32 or (str(report) and json.dumps(report.as_dict())), "a report can be printed and sent"
        )
    return code


def quotes_nothing(error: BearerguardError, token: str | bytes) -> None:
    """An error holds no token: what a log may show is short, printable, and not the text that came in."""
    text = token if isinstance(token, str) else token.decode("latin-1")
    said = str(error)
    hold(said.isprintable(), "an error is one printable line")
    hold(len(text) < 40 or text not in said, "an error quotes the token")
    hold(len(said) < 4_000, "an error is short")
    refusal(refuse(error))


def read(caller: Verified) -> None:
    """Every view of an accepted token can be had, and has the type that it promises."""
    hold(
        caller.principal == (world.ISSUER, caller.subject) and caller.subject,
        "identity is issuer and subject",
    )
    hold(isinstance(caller.expires_at, float), "exp is a float")
    for words in (caller.scopes, caller.roles):
        hold(isinstance(words, frozenset) and all(isinstance(word, str) for word in words), "words are words")
    hold(not any(" " in scope or not scope for scope in caller.scopes), "a scope has no space")
    for texts in (caller.audience, caller.amr):
        hold(isinstance(texts, tuple) and all(isinstance(text, str) for text in texts), "a tuple of texts")
    for number in (caller.issued_at, caller.auth_time):
        hold(number is None or isinstance(number, float), "a number or None")
    for text in (caller.client_id, caller.acr, caller.token_id):
        hold(text is None or isinstance(text, str), "a text or None")
    user = caller.user
    for flag in (user.is_verified, user.is_anonymous, user.can_reauthenticate):
        hold(flag is None or isinstance(flag, bool), "a flag or None")
    hold(repr(caller).isprintable() and dict(caller) == {**caller} and caller.header, "a mapping")
    hash(caller)
    _ = caller.typed


# RFC 9110 section 5.5, without the obsolete octets.
_FIELD_VALUE: Final = re.compile(r"[\x20-\x7E]+\Z")
_CHALLENGE: Final = re.compile(r'Bearer [a-z_]+="[^"\\]*"(, [a-z_]+="[^"\\]*")*\Z')


def refusal(answer: Refusal) -> None:
    """An answer has a status, header values that cannot end their line, and a body without a private detail."""
    hold(answer.status in (400, 401, 403, 500, 503), "a status")
    for name, value in answer.headers:
        hold(_FIELD_VALUE.match(value), f"{name} is a field value")
        hold(name != "WWW-Authenticate" or _CHALLENGE.match(value), "a challenge is quoted")
    hold(json.dumps(answer.body).isascii(), "a body is JSON")


class Reader:
    """Takes choices from the front of an input; when it is used up, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, most: int) -> bytes:
        """Return up to so many bytes."""
        self._at += most
        return self._data[self._at - most : self._at]

    def rest(self) -> bytes:
        """Return what is left."""
        return self.take(len(self._data))

    def below(self, bound: int) -> int:
        """Return a number below the bound, which is at most 256."""
        return (self.take(1) or b"\0")[0] % bound

    def number(self) -> float:
        """Return a number of the kinds that surprise."""
        return _NUMBERS[self.below(len(_NUMBERS))]


_NUMBERS: Final = (
    0.0,
    1.0,
    30.0,
    0.001,
    1e9,
    -1.0,
    float("nan"),
    float("inf"),
    float("-inf"),
    1e308,
    2.0**53,
    -0.0,
)
