"""Write docs/reference/stricter-than-required.md from tests/differential/stricter.json. A test compares page and table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "stricter-than-required.md"
TABLE = ROOT / "tests" / "differential" / "stricter.json"

HEAD = """\
# Stricter than required

<!-- Generated from tests/differential/stricter.json by `python tools/generate_stricter_page.py`; a test compares. -->

An access token has a good signature by an allowed algorithm, the right issuer, the right audience, and its time has come and
not gone. Any library for JWTs checks that for a caller who asks it to. bearerguard requires what is listed here **as well**,
without being asked. Each of these is a choice that the standards leave open, or leave to the profile; a general-purpose
library serves many profiles and rightly leaves it to its caller. A resource server is one profile, and here the choices are
made.

If a token of your provider is refused, look up its code. Where a rule has a setting, [the page on
defaults](../explanation/why-these-defaults.md) says when to change it. What is refused for plainer reasons (signature,
issuer, audience, expiry) is on the page of [errors](errors.md).

The list is complete in this sense: the [differential tests](../../tests/differential) ask two general-purpose libraries and
bearerguard about the same tokens under the same policy (thousands made by mutation, the whole [corpus of
attacks](attack-classes.md) and every spoiled token of the dev issuer). What we accept, both accept with the same claims. What
one of them accepts and we refuse is refused by a rule on this page, and each rule is proven there by a token.
"""

TAIL = """\
## Where we wait a little longer

| accepted here | for example | standard | why |
|---|---|---|---|
"""


def render() -> str:
    """Return the whole page."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    parts = list(dict.fromkeys(row["part"] for row in table["stricter"]))
    sections = [HEAD, *(_section(part, table["stricter"]) for part in parts)]
    wider = [_row(row["accepts"], row["example"], row["standard"], row["because"]) for row in table["wider"]]
    return "\n".join([*sections, TAIL + "\n".join(wider)]) + "\n"


def _section(part: str, rows: list[dict[str, Any]]) -> str:
    return "\n".join([f"## {part}\n", *_lines(row for row in rows if row["part"] == part), ""])


def _lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield "| bearerguard requires | refused, for example | as | standard | why |\n|---|---|---|---|---|"
    for row in rows:
        yield _row(row["requires"], row["example"], f"`{row['code']}`", row["standard"], row["because"])


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
