"""How a case is written down: tokens by hand, recipes for what is too large to store, and a file that diffs well."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .keys import b64, default_algorithm, sign

NOW: Final = 1_767_225_600
"""2026-01-01T00:00:00Z, when every case happens unless it says otherwise."""
ISSUER: Final = "https://id.example"
AUDIENCE: Final = "https://api.example"

DEFAULTS: Final[dict[str, Any]] = {
    "policy": {"issuer": ISSUER, "audience": AUDIENCE},
    "keys": ["ed"],
    "now": NOW,
    "scopes": [],
}
"""What a token case means where it says nothing: stored as defaults.json."""

ABSENT: Final = object()
"""As a member's value: leave the member out."""

Recipe = list[Any]
"""Parts that are joined: text, ``{"repeat": part, "times": n}`` and ``{"base64url": recipe}`` (README)."""


def with_changes(members: Mapping[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """The members, changed; what is changed to `ABSENT` is left out."""
    return {name: value for name, value in {**members, **(changes or {})}.items() if value is not ABSENT}


def header(key: str = "ed", **changes: Any) -> dict[str, Any]:
    """A good protected header for a key, changed."""
    return with_changes({"alg": default_algorithm(key), "kid": key, "typ": "at+jwt"}, changes)


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, changed."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": NOW + 600}
    return with_changes(good, changes)


def encode(part: Mapping[str, Any] | str | bytes) -> bytes:
    """Compact JSON in UTF-8; text and bytes are taken as they are."""
    if isinstance(part, bytes):
        return part
    if isinstance(part, str):
        return part.encode()
    return json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()


def pair(
    head: Mapping[str, Any] | str | bytes | None = None, body: Mapping[str, Any] | str | bytes | None = None
) -> str:
    """The first two segments of a token: what is signed."""
    return (
        f"{b64(encode(header() if head is None else head))}.{b64(encode(claims() if body is None else body))}"
    )


def token(
    head: Mapping[str, Any] | str | bytes | None = None,
    body: Mapping[str, Any] | str | bytes | None = None,
    key: str = "ed",
    alg: str | None = None,
) -> str:
    """A token signed by a key, whatever its header says; ``alg`` is how, the key's own way by default."""
    signing_input = pair(header(key) if head is None else head, body)
    signature = sign(signing_input.encode("ascii"), key, alg or default_algorithm(key))
    return f"{signing_input}.{b64(signature)}"


def good(**changes: Any) -> str:
    """A good token with changed claims."""
    return token(body=claims(**changes))


def spliced(text: str, **changes: str) -> str:
    """A token with segments replaced: ``header=``, ``payload=`` or ``signature=``."""
    parts = dict(zip(("header", "payload", "signature"), text.split("."), strict=True))
    return ".".join({**parts, **changes}.values())


def expand(recipe: Recipe) -> bytes:
    """The bytes a recipe stands for."""
    return b"".join(_expand(part) for part in recipe)


def _expand(part: Any) -> bytes:
    if isinstance(part, str):
        return part.encode()
    if isinstance(part, list):
        return expand(part)
    if "base64url" in part:
        return b64(_expand(part["base64url"])).encode("ascii")
    if "counter" in part:
        return b"".join(
            part["repeat"].replace(part["counter"], str(number)).encode() for number in range(part["times"])
        )
    return _expand(part["repeat"]) * int(part["times"])


def signed_recipe(head: Recipe | None, body: Recipe, key: str = "ed") -> Recipe:
    """A recipe for a whole token whose signature is good, so that nothing but its size speaks against it."""
    first: Recipe = [b64(encode(header(key)))] if head is None else [{"base64url": head}]
    signing_input: Recipe = [*first, ".", {"base64url": body}]
    signature = sign(expand(signing_input), key, default_algorithm(key))
    return [*signing_input, f".{b64(signature)}"]


@dataclass
class Theme:
    """One file of cases."""

    name: str
    about: str
    kind: str = "token"
    cases: list[dict[str, Any]] = field(default_factory=list)

    def case(self, name: str, rules: str, why: str, source: str, **members: Any) -> None:
        """Write a case down. ``rules`` are separated by spaces; members that are None are left out."""
        told = {key: value for key, value in members.items() if value is not None}
        self.cases.append({"name": name, "rules": rules.split(), **told, "why": why, "source": source})

    def token(
        self, name: str, rules: str, text: str | Recipe, expected: str, why: str, source: str, **members: Any
    ) -> None:
        """Write down a case of a token (text) or of a recipe for one, with what is to be decided about it."""
        given = {"token": text} if isinstance(text, str) else {"recipe": text}
        self.case(name, rules, why, source, **given, **members, expected=expected)

    def tokens(
        self, rules: str, source: str, rows: Iterable[tuple[str, str | Recipe, str, str]], **members: Any
    ) -> None:
        """Write down a table of (name, token, expected, why) that has rules and source in common."""
        for name, text, expected, why in rows:
            self.token(name, rules, text, expected, why, source, **members)

    def render(self) -> str:
        """The file: one member a line, and one step or key a line where there are many."""
        head = {"$schema": "../schema.json", "theme": self.name, "kind": self.kind, "about": self.about}
        lines = [f"  {json.dumps(name)}: {_compact(value)}," for name, value in head.items()]
        cases = ",\n".join(_case(case) for case in self.cases)
        return "{\n" + "\n".join(lines) + f'\n  "cases": [\n{cases}\n]}}\n'


_ONE_A_LINE: Final = frozenset({"steps", "then", "members", "policies"})


def _case(case: Mapping[str, Any]) -> str:
    head = ", ".join(f"{json.dumps(key)}: {_compact(case[key])}" for key in ("name", "rules"))
    rest = [f"{json.dumps(key)}: {text}" for key, text in _members(case) if key not in ("name", "rules")]
    return "{" + ",\n ".join([head, *rest]) + "}"


def _members(case: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in case.items():
        if key in _ONE_A_LINE and isinstance(value, list) and value:
            rows = ",\n  ".join(_compact(row) for row in value)
            yield key, f"[\n  {rows}]"
        else:
            yield key, _compact(value)


def _compact(value: Any) -> str:
    # ASCII, so that a look-alike letter or a stray control shows in a diff as what it is.
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
