"""The page about the command line says what the command line says of itself."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_group

from bearerguard.cli import app

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
COMMANDS: Final[dict[str, Any]] = dict(get_group(app).commands)


def row(parameter: Any) -> str:
    """An argument or option as a row of the page's table."""
    if parameter.param_type_name == "argument":
        name = parameter.metavar
    else:
        name = parameter.opts[0] + (f" {parameter.metavar}" if parameter.metavar else "")
    environment = f" Or `{parameter.envvar}` in the environment." if parameter.envvar else ""
    return f"| `{name}` | {parameter.help}{environment} |"


def section(name: str, command: Any) -> str:
    """What the page has to say about a command: what `--help` says, as Markdown."""
    rows = "\n".join(row(parameter) for parameter in command.params if parameter.name != "help")
    return f"## bearerguard {name}\n\n{inspect.cleandoc(command.help)}\n\n| | |\n|---|---|\n{rows}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_says_of_a_command_what_its_help_says(name: str) -> None:
    wanted = section(name, COMMANDS[name])
    assert wanted in PAGE.read_text(encoding="utf-8"), f"docs/reference/cli.md should contain:\n\n{wanted}"


def test_the_page_knows_no_other_command_and_no_other_option() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("\n## bearerguard ") == len(COMMANDS)
    assert page.count("\n| `--") == sum(
        parameter.param_type_name == "option" for command in COMMANDS.values() for parameter in command.params
    )
