"""A second reader of JSON and of base64, made of the standard library and held to the package's rules.

Two readers that disagree about one text are how a check is walked around: what one of them saw is not what was signed.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final, TypeVar

from bearerguard.limits import DEFAULT_LIMITS

_Number = TypeVar("_Number", int, float)
_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*")


class _RefusedError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _RefusedError("a name twice")
    return made


def _float(text: str) -> float:
    value = float(text)
    if abs(value) == float("inf"):
        raise _RefusedError("beyond a double")
    return _short(text, value)


def _short(text: str, value: _Number) -> _Number:
    if any(len(digits) > DEFAULT_LIMITS.number_digits for digits in re.findall(r"[0-9]+", text)):
        raise _RefusedError("too many digits")
    return value


def _int(text: str) -> int:
    return _short(text, int(text))


def _constant(name: str) -> None:
    raise _RefusedError(name)


def reference(data: bytes) -> dict[str, Any] | None:
    """Return what Python's own decoder makes of the bytes, held to our rules; None if that is nothing."""
    try:
        text = data.decode("utf-8")
        if text.startswith("\ufeff"):
            return None
        value = json.loads(
            text, object_pairs_hook=_unique, parse_float=_float, parse_int=_int, parse_constant=_constant
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _depth(value) <= DEFAULT_LIMITS.json_depth else None


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    return depth


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON, 1 and 1.0 and true apart."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(one[name], other[name]) for name in one)
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return bool(type(one) is type(other) and one == other)


def canonical(text: str) -> bool:
    """Return whether a text is the one unpadded base64url spelling of some bytes (RFC 4648 sections 3.5 and 5)."""
    if _ALPHABET.fullmatch(text) is None or len(text) % 4 == 1:
        return False
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text
