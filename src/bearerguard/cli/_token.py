"""How a token gets in: as an argument, from a pipe, or pasted at a prompt; with what people copy along taken off."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Sequence
from typing import Final

from ..errors import ConfigurationError
from ._console import complain

_LONGEST: Final = 1 << 20
"""Bytes read from a pipe: far more than any token that is not refused for its length."""

_HEADER: Final = re.compile(r"authorization\s*:\s*", re.IGNORECASE)
_SCHEME: Final = re.compile(r"bearer\s+", re.IGNORECASE)


def read_token(argument: str | None, further: Sequence[str] = ()) -> str:
    """Return the token that was meant, whatever it is. What was taken off or looks odd is noted on the error output.

    ``further`` are the arguments after the first: whoever forgets to quote 'Bearer x' gives two. Raises `ConfigurationError` if there is none.
    """
    text = _from_outside() if argument in (None, "-") else " ".join((argument, *further))
    token = _bare(text.strip())
    if not token:
        raise ConfigurationError("there is no token: give it as the argument, or pipe it in.")
    if re.search(r"\s", token):
        complain(
            "note: there is white space inside the token; it may have been cut into lines when it was copied."
        )
    return token


def _bare(text: str) -> str:
    for prefix, name in ((_HEADER, "'Authorization:'"), (_SCHEME, "'Bearer'")):
        if (found := prefix.match(text)) is not None:
            text = text[found.end() :]
            complain(f"note: left out the word {name} before the token.")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
        complain("note: left out the quotation marks around the token.")
    return text


def _from_outside() -> str:
    if _at_a_terminal():
        try:
            return getpass.getpass("Token (it is not shown): ")
        except EOFError:
            return ""
    # A token is ASCII; whatever else comes in becomes something that is refused, not an error of decoding.
    return sys.stdin.buffer.read(_LONGEST).decode("utf-8-sig", "replace")


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()
