"""``bearerguard inspect``: what a token says of itself, which is no proof of anything."""

from __future__ import annotations

import base64
import binascii
import json
import math
from time import time as wall_clock
from typing import Annotated, Any, Final

import typer
from rich.box import HEAVY
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from ..errors import MalformedTokenError
from ..limits import DEFAULT_LIMITS
from ..token import UnverifiedToken, parse
from ._console import members, out, plain, print_json
from ._token import read_token

_WARNING: Final = (
    "Anybody can write such a token. Nothing below has been checked: not the signature, not the dates, not for whom it is. "
    "'bearerguard verify' checks."
)
_PARTS: Final = ("header", "claims")
_READABLE: Final = 4 * DEFAULT_LIMITS.token_bytes
"""Characters of a part that is not what it should be that are still looked at."""

_DEEP: Final = 64
"""Levels of nesting beyond which nobody reads."""


def inspect(
    context: typer.Context,
    token: Annotated[str | None, typer.Argument(metavar="TOKEN", help="The token; without one, or with '-', it is read from the standard input.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs, with \"verified\": false.")] = False,
) -> None:  # fmt: skip
    """Show what a token says, WITHOUT verifying any of it.

    A text that is not a signed JWT is shown as far as it can be read, with the reason. Exit status 0: it is one; 1: it is
    not; 2: there was none.
    """
    text = read_token(token, context.args)
    try:
        said: UnverifiedToken | MalformedTokenError = parse(text)
    except MalformedTokenError as error:
        said = error
    parts = _read_anyhow(text) if isinstance(said, MalformedTokenError) else _as_parts(said)
    if as_json:
        _for_programs(said, parts)
    else:
        _for_people(out(), said, parts, wall_clock())
    if isinstance(said, MalformedTokenError):
        raise typer.Exit(1)


def _as_parts(token: UnverifiedToken) -> dict[str, Any]:
    return {"header": token.header, "claims": token.claims}


def _read_anyhow(text: str) -> dict[str, Any]:
    """Return the parts of a token that no verifier would read, as far as they are JSON in base64 of any spelling."""
    pieces = text.split(".", 5)
    # Without a dot there are no parts; of an encrypted token (RFC 7516 section 3.1) only the header is for reading.
    readable = {1: 0, 5: 1}.get(len(pieces), 2)
    return {
        name: value
        for name, piece in zip(_PARTS, pieces[:readable], strict=False)
        if (value := _decoded(piece)) is not None
    }


def _decoded(piece: str) -> Any:
    if len(piece) > _READABLE:
        return None
    bare = piece.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), b"-_", validate=True)
        value = json.loads(raw, parse_constant=str, parse_float=_finite)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return None if _is_deep(value) else value


def _finite(digits: str) -> float | str:
    """Keep what JSON cannot say (RFC 8259 section 6) as the text it was."""
    number = float(digits)
    return number if math.isfinite(number) else digits


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEP):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _for_programs(said: UnverifiedToken | MalformedTokenError, parts: dict[str, Any]) -> None:
    failed = isinstance(said, MalformedTokenError)
    answer: dict[str, Any] = {
        "verified": False,
        "decoded": not failed,
        "code": said.code if isinstance(said, MalformedTokenError) else None,
    }
    if isinstance(said, MalformedTokenError):
        answer |= {"detail": said.detail, "hint": said.hint}
    print_json({**answer, **{name: parts.get(name) for name in _PARTS}})


def _for_people(
    console: Console, said: UnverifiedToken | MalformedTokenError, parts: dict[str, Any], now: float
) -> None:
    console.print(Panel(_WARNING, title="NOT VERIFIED", style="bold red", box=HEAVY))
    if isinstance(said, MalformedTokenError):
        console.print(Text(f"not in the one accepted form: {said.code}", "bold red"))
        console.print(plain(said.detail))
        if said.hint:
            console.print(Text("Hint: ", "yellow").append(plain(said.hint), "default"))
        if not parts and said.code == "token_malformed":
            console.print("No part of it could be read.")
    for name, value in parts.items():
        console.print(Text(f"\n{name}", "bold cyan").append(" (not verified)", "red"))
        if isinstance(value, dict):
            console.print(members(value, now))
        else:
            console.print(plain(json.dumps(value, ensure_ascii=False)))
    if isinstance(said, UnverifiedToken):
        console.print(Text(f"\nsignature: {len(said.signature)} bytes, not checked", "dim"))
