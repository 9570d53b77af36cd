"""How the demo looks: columns that line up on any terminal, marks that it can show, and nothing that could write to it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bearerguard.cli._demo_view import View
from bearerguard.cli._stage import Answer, Entry
from bearerguard.cli.demo import STEPS
from bearerguard.errors import MalformedTokenError, MissingTokenError
from tests.cli.conftest import console, written


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_a_row_keeps_within_the_terminal_and_its_columns_line_up(width: int) -> None:
    screen = console(width)
    view = View(screen)
    view.welcome("http://127.0.0.1:8000", "http://127.0.0.1:8455")
    challenge = 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid."'
    reason = MalformedTokenError("the token is " + "x" * 200, hint="Do something else. " * 9)
    view.act("Something happens behind the scenes, and it takes a whole sentence to say so.")
    view.step(7, STEPS[6], Answer(401, challenge, "", reason, ()), went_well=True)
    lines = written(screen).splitlines()
    assert max(map(len, lines)) <= width
    row = next(line for line in lines if line.startswith("✓ 7"))
    head = next(line for line in lines if line.startswith("#"))
    assert head.index("reason") == row.index("token_")
    assert head.index("answer") == row.index("401")


def test_a_terminal_without_unicode_gets_marks_it_can_show() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    screen = Console(file=file, width=80)
    view = View(screen)
    view.welcome("http://127.0.0.1:8000", "http://127.0.0.1:8455")
    view.step(1, STEPS[0], Answer(401, 'Bearer realm="api"', "", MissingTokenError("x"), ()), went_well=True)
    view.step(2, STEPS[0], Answer(200, "", "not json", None, ()), went_well=False)
    file.seek(0)
    text = file.read()
    assert "ok 1" in text
    assert "NO 2" in text
    assert "not json" in text


def test_a_line_of_the_journal_cannot_write_to_the_terminal() -> None:
    screen = console()
    View(screen).entry(Entry("GET", "/\x1b[2J", 404, None))
    assert written(screen) == "GET /\\u001b[2J 404\n"
