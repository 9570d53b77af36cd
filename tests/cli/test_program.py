"""The program as a whole: what it says of itself, and how it ends when something outside it goes wrong."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest

import bearerguard.cli
from bearerguard.issuer import DevIssuer
from tests.cli.conftest import PROGRAM, Cli, environment, finish, start


def test_the_version_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bearerguard.cli._app.version", lambda name: f"1.2.3 of {name}")
    done = cli("--version")
    assert (done.status, done.out, done.err) == (0, "bearerguard 1.2.3 of bearerguard\n", "")


def test_a_source_tree_that_is_not_installed_has_no_version_and_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("bearerguard.cli._app.version", version)
    assert cli("--version").out == "bearerguard of a source tree that is not installed\n"


def test_without_arguments_the_commands_are_listed(cli: Cli) -> None:
    done = cli()
    assert (done.status, done.err) == (0, "")
    for command in ("demo", "verify", "inspect"):
        assert f"  {command} " in done.out


def test_every_command_explains_itself(cli: Cli) -> None:
    for command in ("demo", "verify", "inspect"):
        done = cli(command, "--help")
        assert (done.status, done.err) == (0, "")
        assert f"bearerguard {command}" in done.out


@pytest.mark.parametrize(
    "arguments",
    [("{token}",), ("{token}", "verify"), ("verify", "--{token}"), ("verify", "--leeway", "{token}"), ("demo", "{token}"),
     ("verify", "--provider", "{token}"), ("verify", "--jwks", "{token}"), ("demo", "--port", "{token}")],
)  # fmt: skip
def test_a_token_in_the_wrong_place_is_not_repeated(
    cli: Cli, issuer: DevIssuer, arguments: tuple[str, ...]
) -> None:
    token = issuer.mint()
    done = cli(*(argument.format(token=token) for argument in arguments))
    assert done.status == 2
    assert not [part for part in token.split(".") if part in done.out + done.err]
    assert len(done.err.splitlines()) == 1


def test_what_is_no_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'apple'"):
        _ = bearerguard.cli.apple


# --------------------------------------------------------------------------------------------------------------- extras


def without(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Start the program where this module cannot be imported."""
    code = f"import sys; sys.modules[{module!r}] = None; from bearerguard.cli import main; sys.exit(main())"
    return start(*arguments, program=(sys.executable, "-c", code))


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_without_the_extra_of_the_command_line_one_sentence_says_what_to_install(module: str) -> None:
    done = finish(without(module, "--version"))
    assert (done.status, done.out) == (2, "")
    assert "pip install 'bearerguard[cli]'" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("module", ["flask", "werkzeug"])
def test_without_flask_the_demo_says_what_to_install(module: str) -> None:
    done = finish(without(module, "demo", "--once"))
    assert (done.status, done.out) == (2, "")
    assert "pip install 'bearerguard[demo]'" in done.err
    assert len(done.err.splitlines()) == 1


def test_without_flask_all_other_commands_work() -> None:
    assert finish(without("flask", "inspect", "e30.e30.")).status == 1


@pytest.mark.parametrize(
    ("module", "command"), [("bearerguard.report", "--version"), ("bearerguard.guard", "demo")]
)
def test_a_module_that_is_no_extra_is_not_mistaken_for_one(module: str, command: str) -> None:
    done = finish(without(module, command))
    assert done.status == 1
    assert module in done.err
    assert "pip install" not in done.err


# ------------------------------------------------------------------------------------------------------------ endings


def test_an_interrupt_ends_with_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bearerguard.cli.inspect.read_token", interrupted)
    done = cli("inspect")
    assert (done.status, done.out, done.err) == (130, "", "bearerguard: interrupted.\n")


def test_an_interrupt_while_the_program_is_still_loading_ends_with_a_sentence(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loader:
        def find_spec(self, name: str, *rest: object) -> None:
            if name == "bearerguard.cli._app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "bearerguard.cli._app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Loader(), *sys.meta_path])
    done = cli("--version")
    assert (done.status, done.out, done.err) == (130, "", "bearerguard: interrupted.\n")


def test_waiting_for_a_token_can_be_interrupted_by_the_keyboard() -> None:
    code = (
        "import os, sys, signal; from bearerguard.cli import main\n"
        "class Input:\n"
        "    isatty = staticmethod(lambda: False)\n"
        "    @property\n"
        "    def buffer(self): os.kill(os.getpid(), signal.SIGINT); return self\n"
        "    def read(self, size): raise AssertionError\n"
        "sys.stdin = Input(); sys.exit(main())"
    )
    process = start(
        "verify",
        "--issuer",
        "https://id.example.com",
        "--audience",
        "x",
        program=(sys.executable, "-c", code),
    )
    done = finish(process)
    assert (done.status, done.err) == (130, "bearerguard: interrupted.\n")


def test_nobody_reading_ends_with_a_sentence_and_without_a_traceback(issuer: DevIssuer) -> None:
    process = start("inspect", issuer.mint())
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    complaint = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert complaint == "bearerguard: stopped: nobody reads what is written.\n"
    process.stderr.close()


# --------------------------------------------------------------------------------------------------------------- terminals


def at_a_terminal(*arguments: str, **changes: str) -> str:
    """What the program writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment(TERM="xterm-256color", **changes),
    )
    os.close(theirs)
    written = b""
    with open(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                chunk = terminal.read(65_536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not chunk:
                break
            written += chunk
    assert process.wait(timeout=60) in (0, 1)
    return written.decode()


def test_a_terminal_gets_colours_and_a_red_warning(issuer: DevIssuer) -> None:
    written = at_a_terminal("inspect", issuer.mint())
    assert "\x1b[1;31m" in written
    assert "NOT VERIFIED" in written


def test_no_color_is_respected(issuer: DevIssuer) -> None:
    written = at_a_terminal("inspect", issuer.mint(), NO_COLOR="1")
    assert "\x1b[1;31m" not in written
    assert ";3" not in written
    assert "NOT VERIFIED" in written


def test_an_output_that_is_no_terminal_gets_no_escapes_and_an_ascii_one_no_drawings(
    issuer: DevIssuer,
) -> None:
    process = start(
        "inspect", issuer.mint(claims={"name": "Zoë"}), PYTHONIOENCODING="ascii:strict", PYTHONUTF8="0"
    )
    done = finish(process)
    assert (done.status, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert done.out.isascii()
    assert r"Zo\xeb" in done.out


def test_a_request_to_terminate_ends_a_demo_that_is_to_run_once_with_a_failure() -> None:
    process = start("demo", "--once")
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first == "bearerguard demo\n"
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert (done.status, done.err) == (130, "bearerguard: interrupted.\n")
