"""What the commands write with: two consoles, dates that people read, and text that no token can turn on a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

# Claims that are dates (RFC 7519 section 4.1, OpenID Connect Core 1.0 sections 2 and 5.1), and what their past and future mean.
DATES: Final[dict[str, tuple[str, str]]] = {
    "exp": ("expired {} ago", "expires in {}"),
    "nbf": ("began {} ago", "begins in {}"),
    "iat": ("issued {} ago", "issued {} in the future"),
    "auth_time": ("authenticated {} ago", "authenticated {} in the future"),
    "updated_at": ("updated {} ago", "updated {} in the future"),
}

_SPANS: Final = (("d", 86_400, 36 * 3_600), ("h", 3_600, 90 * 60), ("min", 60, 90))

_SHORT_NAME: Final = 16


class OutputClosedError(Exception):
    """Nobody reads what is written: the other end of the pipe is gone."""


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave it to the program how to end."""
        raise OutputClosedError


def out() -> Console:
    """Return the console for answers, at the terminal's width (``COLUMNS`` counts), with colours only where they show."""
    return _Console(markup=False, highlight=False, emoji=False)


def err() -> Console:
    """Return the console for everything that is not the answer."""
    return _Console(stderr=True, markup=False, highlight=False, emoji=False)


def complain(sentence: str, prefix: str = "bearerguard: ") -> None:
    """Write one sentence to the error output, in one line however long it is."""
    err().print(prefix + plain(sentence, keep="\n"), soft_wrap=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Write JSON for programs: ASCII, indented, never wrapped or coloured."""
    out().print(json.dumps(value, indent=2), soft_wrap=True)


def plain(text: str, keep: str = "") -> str:
    """Return a text in which everything that could move a cursor or hide a word is written as an escape."""
    return "".join(
        character if character.isprintable() or character in keep else _escaped(character)
        for character in text
    )


def shown(value: Any) -> str:
    """Return a value as JSON, for people: ``"1"`` and ``1`` differ, and nothing in it reaches the terminal raw."""
    return plain(json.dumps(value, ensure_ascii=False))


def moment(name: str, value: Any, now: float) -> str:
    """Return a claim's date in words, such as ``2026-01-01 00:30:00 UTC, expired 5 min ago``; empty if it is no date."""
    if name not in DATES or isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    try:
        day = datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return "not a date on this calendar"
    past, future = DATES[name]
    words = past.format(span(now - value)) if value <= now else future.format(span(value - now))
    return f"{day:%Y-%m-%d %H:%M:%S} UTC, {words}"


def span(seconds: float) -> str:
    """Return a length of time in the one unit that suits it, rounded down."""
    for unit, size, least in _SPANS:
        if seconds >= least:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def members(values: Mapping[str, Any], now: float) -> Group:
    """Return header members or claims, one below the other, with the dates among them in words."""
    width = max((len(name) for name in values if len(name) <= _SHORT_NAME), default=0)
    rows = []
    for name, value in values.items():
        # A row is a grid of its own: names as long as URLs do not push everyone's values to the right.
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(style="bold", overflow="fold", min_width=width)
        row.add_column(overflow="fold")
        cell = Text(shown(value))
        if words := moment(name, value, now):
            cell.append(f"  {words}", style="cyan")
        row.add_row(plain(name), cell)
        rows.append(row)
    return Group(*rows)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
