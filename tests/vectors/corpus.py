"""Reading the corpus: files, defaults, keys by name and recipes, as README.md defines them. Nothing of ours judges here."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
FILES: Final = sorted((HERE / "attacks").glob("*.json"))
DEFAULTS: Final[dict[str, Any]] = json.loads((HERE / "defaults.json").read_text(encoding="utf-8"))
SCHEMA: Final[dict[str, Any]] = json.loads((HERE / "schema.json").read_text(encoding="utf-8"))
PUBLIC_MEMBERS: Final = ("kty", "crv", "x", "y", "n", "e", "alg", "pub")

Case = dict[str, Any]


@functools.cache
def themes() -> dict[str, dict[str, Any]]:
    """Every file, by its name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}


def cases(kind: str) -> Iterator[Case]:
    """Every case of a kind."""
    for theme in themes().values():
        if theme["kind"] == kind:
            yield from theme["cases"]


@functools.cache
def test_keys() -> dict[str, dict[str, str]]:
    """The published test keys, private halves and all."""
    held: dict[str, dict[str, str]] = json.loads((HERE / "keys" / "test-keys.json").read_text("utf-8"))[
        "keys"
    ]
    return held


def member(written: Any) -> Any:
    """One member of a key set: a name, a name with changes, or whatever is written."""
    if isinstance(written, str) and written in test_keys():
        written = {"$key": written}
    if not isinstance(written, dict) or "$key" not in written:
        return written
    changes = dict(written)
    name, dropped = changes.pop("$key"), changes.pop("$drop", [])
    public = {part: value for part, value in test_keys()[name].items() if part in PUBLIC_MEMBERS}
    whole = {"kid": name, "use": "sig", **public, **changes}
    return {part: value for part, value in whole.items() if part not in dropped}


def key_set(written: list[Any]) -> dict[str, Any]:
    """A JWK Set of such members."""
    return {"keys": [member(one) for one in written]}


def expand(part: Any) -> bytes:
    """The octets of a recipe."""
    if isinstance(part, str):
        return part.encode()
    if isinstance(part, list):
        return b"".join(map(expand, part))
    if "base64url" in part:
        return base64.urlsafe_b64encode(expand(part["base64url"])).rstrip(b"=")
    if "counter" in part:
        one: str = part["repeat"]
        return "".join(one.replace(part["counter"], str(number)) for number in range(part["times"])).encode()
    return expand(part["repeat"]) * int(part["times"])


@functools.lru_cache(maxsize=4)
def _expanded(recipe: str) -> bytes:
    return expand(json.loads(recipe))


def octets(holder: dict[str, Any]) -> bytes:
    """What a case or a step gives in one of the ways to give a text."""
    if "token" in holder:
        return str(holder["token"]).encode()
    if "recipe" in holder:
        return _expanded(json.dumps(holder["recipe"]))
    if "base64url" in holder:
        text = holder["base64url"]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if "document" in holder:
        return json.dumps(holder["document"]).encode()
    if "members" in holder or "keys" in holder:
        return json.dumps(key_set(holder["members"] if "members" in holder else holder["keys"])).encode()
    return str(holder["text"]).encode()
