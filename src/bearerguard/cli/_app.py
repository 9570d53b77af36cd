"""The Typer application, and how every command ends: with an exit status and, if something went wrong, one sentence."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Final

import typer
from typer.main import get_command

from ..errors import ConfigurationError
from ._console import OutputClosedError, complain, out
from .demo import demo
from .inspect import inspect
from .verify import verify

# A usage error quotes what was typed, and what was typed may be a token in the wrong place.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_\-]{16,}(?:\.[A-Za-z0-9_\-]*)+")

# Typer brings its own copy of Click, or uses the installed one: what both raise for wrong usage is found by kinship.
_UsageError: Final[Any] = typer.BadParameter.__mro__[1]

INTERRUPTED: Final = 130
UNREAD: Final = 141

app = typer.Typer(
    name="bearerguard",
    help="Who is calling, and may they? Access tokens of any OpenID Connect provider, judged strictly.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # it would show the values of variables, and one of them is the token
    context_settings={"max_content_width": 100},
)
app.command()(demo)
app.command(context_settings={"allow_extra_args": True})(verify)
app.command(context_settings={"allow_extra_args": True})(inspect)


def _say_version(wanted: bool) -> None:
    if wanted:
        try:
            number = version("bearerguard")
        except PackageNotFoundError:
            number = "of a source tree that is not installed"
        out().print(f"bearerguard {number}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and exit."),
    ] = False,
) -> None:
    """Carry the options that stand before a command."""


_COMMAND: Final = get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; nothing that can be foreseen ends in a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a claim in any alphabet, on a terminal of another
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = _COMMAND.main(list(arguments) or ["--help"], prog_name="bearerguard", standalone_mode=False)
    except _UsageError as error:
        return _misused(error)
    except ConfigurationError as error:
        complain(error.detail)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except OutputClosedError:
        return _unread()
    if status == INTERRUPTED:  # Typer makes a status of the key itself
        complain("interrupted.")
    return int(status or 0)


def _misused(error: Any) -> int:
    message = _TOKEN.sub("<token>", error.format_message())
    stop = "" if message.endswith(".") else "."
    command = error.ctx.command_path if error.ctx else "bearerguard"
    complain(f"{message}{stop} See '{command} --help'.")
    return int(error.exit_code)


def _unread() -> int:
    # What is still in a buffer has nowhere to go; at exit the interpreter would try, and complain.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    with contextlib.suppress(OutputClosedError):
        complain("stopped: nobody reads what is written.")
    return UNREAD
