"""The good token, in every algorithm, and the tokens that `stricter.json` describes as changes to it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from bearerguard import ANY_TYPE
from tests.core.builders import AUDIENCE, CLAIMS, ISSUER, KIND_OF, NOW, b64, jwk, private_key, signature
from tests.differential.peers import Question

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "ES384", "RS512", "ES256K")
"""What the peers and we have in common is tried in these, the first four above all."""


@dataclass(frozen=True)
class Case:
    """A token and the question asked about it."""

    token: str
    question: Question


IDENTITY: Final = b64((1).to_bytes(32, "little"))
"""The public key whose point is the identity of the Ed25519 group (RFC 8032 section 5.1.2)."""
FORGED_UNDER_IDENTITY: Final = b64(
    bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666")  # R: the base point
    + (1).to_bytes(32, "little")  # S: 1, so that S times the base point is R, and the message does not matter
)


def key_for(algorithm: str, number: int = 0) -> Any:
    """Return the issuer's private key for an algorithm, or another one of the same kind."""
    return private_key(KIND_OF[algorithm], number)


@functools.cache
def asked_about(algorithm: str) -> Question:
    """Return the question about tokens of one algorithm: two keys of the issuer, of which one suits."""
    other = "ES256" if algorithm != "ES256" else "RS256"
    keys = (
        jwk(key_for(algorithm), kid=algorithm, use="sig", alg=algorithm),
        jwk(key_for(other, 1), kid="other", use="sig", alg=other),
    )
    return Question(
        issuer=ISSUER, audiences=(AUDIENCE,), algorithms=(algorithm,), keys=keys, now=NOW, leeway=30
    )


def header(algorithm: str) -> dict[str, Any]:
    """Return the good header."""
    return {"alg": algorithm, "kid": algorithm, "typ": "at+jwt"}


def sealed(head: bytes, body: bytes, algorithm: str, key: Any = None) -> str:
    """Return a token of these bytes, whatever they are, properly signed."""
    signing_input = f"{b64(head)}.{b64(body)}"
    return f"{signing_input}.{b64(signature(signing_input.encode('ascii'), key or key_for(algorithm), algorithm))}"


def written(members: Mapping[str, Any]) -> bytes:
    """Return members as JSON."""
    return json.dumps(members).encode()


def encode(document: str, encoding: str = "utf-8") -> bytes:
    """Return a document in an encoding, whatever it cannot say."""
    try:
        return document.encode(encoding, "surrogatepass")
    except UnicodeEncodeError:
        return document.encode(encoding, "replace")


@functools.cache
def good(algorithm: str) -> str:
    """Return the good token."""
    return sealed(written(header(algorithm)), written(CLAIMS), algorithm)


def text(part: Any) -> str:
    """Return the text that a part of a recipe stands for."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return "".join(map(text, part))
    return str(part["repeat"]) * int(part["times"])


def value(given: Any) -> Any:
    """Return the value that a recipe's member stands for: a date, a long text, or what is written there."""
    if isinstance(given, dict) and "now" in given:
        date = NOW + given["now"]
        date = int(date) if date == int(date) else date
        return str(date) if given.get("as") == "text" else date
    if isinstance(given, dict) and "times" in given:
        return text(given)
    return given


def members(
    those: Mapping[str, Any], changes: Mapping[str, Any], without: Iterable[str], first: Any, encoding: str
) -> bytes:
    """Return JSON: the good members, changed, with a text before them all, in an encoding."""
    changed = {**those, **{name: value(given) for name, given in changes.items()}}
    document = json.dumps({name: held for name, held in changed.items() if name not in without})
    if first is not None:
        document = f"{{{text(first)}, {document[1:]}"
    return encode(document, encoding)


@functools.cache
def weak_key(kind: str) -> Any:
    """Return an RSA key that is too short, or one of the smallest exponent."""
    bits, exponent = {"rsa-1024": (1024, 65537), "rsa-e3": (2048, 3)}[kind]
    return rsa.generate_private_key(exponent, bits)


def case(recipe: Mapping[str, Any], algorithm: str) -> Case:
    """Return the token that a recipe describes, and the question that it is proof for."""
    question = asked_about(algorithm)
    key = key_for(algorithm)
    named = header(algorithm)
    if "token_type" in recipe:
        question = replace(question, token_type=ANY_TYPE)
    if "others" in recipe:
        spare = jwk(key_for(algorithm, 2), kid="spare", use="sig", alg=algorithm)
        question = replace(question, keys=(*question.keys, spare))
    if "namesakes" in recipe:
        more = [
            jwk(key_for(algorithm, 2), kid=algorithm, use="sig", alg=algorithm)
            for _ in range(recipe["namesakes"])
        ]
        question = replace(question, keys=(*more, *question.keys))
    if "key" in recipe:
        special = recipe["key"]
        key = weak_key(special["kind"]) if "kind" in special else key
        named["kid"] = text(special.get("kid", "special"))
        extra = jwk(key, kid=named["kid"], alg=algorithm, **special.get("members", {}))
        question = replace(question, keys=(extra, question.keys[1]))
    head = members(
        named,
        recipe.get("header", {}),
        recipe.get("without_header", ()),
        recipe.get("header_text"),
        recipe.get("header_encoding", "utf-8"),
    )
    body = members(
        CLAIMS,
        recipe.get("claims", {}),
        recipe.get("without_claims", ()),
        recipe.get("claims_text"),
        recipe.get("claims_encoding", "utf-8"),
    )
    token = sealed(head, body, algorithm, key)
    if question.keys[0].get("x") == IDENTITY:
        return Case(f"{token.rpartition('.')[0]}.{FORGED_UNDER_IDENTITY}", question)
    # The signature alone: what it is a signature of stays the same.
    return Case(
        token + "=" * (-len(token.rpartition(".")[2]) % 4) if recipe.get("padded") else token, question
    )
