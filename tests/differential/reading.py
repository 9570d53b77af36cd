"""What anybody can read in a token, with the standard library alone: facts, for the rules of `stricter.json` to be true of.

Nothing here comes from the package under test. A reading is total and forgiving, as general readers are: it finds out
what is odd about a token, and leaves it to the rules to mind.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*=*\Z")


class Document:
    """One JSON segment: its bytes, what a forgiving reader makes of them, and what it was forgiven."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.value: Any = None
        self.repeated = False
        self.constants = False
        self.infinite = False
        self.longest_number = 0
        try:
            self.value = json.loads(
                raw,
                object_pairs_hook=self._members,
                parse_constant=self._constant,
                parse_int=self._whole,
                parse_float=self._fraction,
            )
        except (ValueError, RecursionError):
            self.value = None

    @property
    def members(self) -> dict[str, Any]:
        """The object, or an empty one in place of anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def plain_utf8(self) -> bool:
        """Whether the bytes are UTF-8 without a byte order mark."""
        try:
            self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return json.detect_encoding(self.raw) == "utf-8"

    @property
    def half_characters(self) -> bool:
        """Whether a string holds a surrogate that is nobody's half."""
        return any(
            isinstance(part, str) and any("\ud800" <= letter <= "\udfff" for letter in part)
            for part, _ in self._parts()
        )

    @property
    def depth(self) -> int:
        """How many arrays and objects lie within one another."""
        return max(depth for _, depth in self._parts())

    def _parts(self) -> Iterator[tuple[Any, int]]:
        waiting: list[tuple[Any, int]] = [(self.value, 0)]
        while waiting:
            part, depth = waiting.pop()
            yield part, depth + isinstance(part, (dict, list))
            if isinstance(part, dict):
                waiting += [(inner, depth + 1) for pair in part.items() for inner in pair]
            elif isinstance(part, list):
                waiting += [(inner, depth + 1) for inner in part]

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.repeated |= len(found) < len(pairs)
        return found

    def _constant(self, name: str) -> float:
        self.constants = True
        return float(name)

    def _whole(self, digits: str) -> int:
        self.longest_number = max(self.longest_number, len(digits.lstrip("-")))
        return int(digits)

    def _fraction(self, text: str) -> float:
        self.longest_number = max(self.longest_number, *map(len, re.findall("[0-9]+", text)))
        number = float(text)
        self.infinite |= math.isinf(number)
        return number


class Reading:
    """One token."""

    def __init__(self, token: str) -> None:
        self.token = token
        segments = token.split(".")
        self.header, self.claims = (Document(decoded(segment)) for segment in (*segments, "", "")[:2])
        self.documents = (self.header, self.claims)


def decoded(segment: str) -> bytes:
    """Return the bytes of a segment, padded or not; none if it is not base64url at all."""
    if not _ALPHABET.match(segment):
        return b""
    bare = segment.rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError:
        return b""
