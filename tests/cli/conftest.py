"""The program, run in this process or in one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bearerguard.cli import main
from bearerguard.issuer import DevIssuer
from tests.conftest import Clock

# What would change how the program looks or what it assumes, on whichever machine the tests run.
_PERSONAL = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES")


def environment(**changes: str) -> dict[str, str]:
    """The environment of a program that is not to know on whose machine it runs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _PERSONAL and not name.startswith("BEARERGUARD_")
    }
    return {**kept, "COLUMNS": "100", **changes}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended and what it wrote."""

    status: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run `bearerguard` with these arguments, here."""
    for name in set(os.environ) - set(environment()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        status = main(arguments)
        written = capsys.readouterr()
        return Outcome(status, written.out, written.err)

    return run


PROGRAM = (sys.executable, "-m", "bearerguard.cli")


_started: list[subprocess.Popen[str]] = []


def start(*arguments: str, program: tuple[str, ...] = PROGRAM, **changes: str) -> subprocess.Popen[str]:
    """Start `bearerguard` in a process of its own, which no failing test can leave behind."""
    process = subprocess.Popen(
        [*program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**{"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **changes}),
        text=True,
        encoding="utf-8",
    )
    _started.append(process)
    return process


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """End what a test started and, having failed, did not see to its end."""
    yield
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            finish(process)


def finish(process: subprocess.Popen[str]) -> Outcome:
    """Wait for the end of a process."""
    with process:
        try:
            written = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return Outcome(process.returncode, *written)


def console(width: int = 100) -> Console:
    """A console that keeps what is written."""
    return Console(file=io.StringIO(), width=width, markup=False, highlight=False)


def written(to: Console) -> str:
    """What was written to such a console."""
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


@pytest.fixture(scope="session")
def keys() -> Any:
    """One signing key for all tests: making one takes longer than most of them."""
    return DevIssuer()._keys


@pytest.fixture
def issuer(clock: Clock, keys: Any) -> DevIssuer:
    issuer = DevIssuer("https://id.example.com", clock=clock.wall)
    issuer._keys = keys
    return issuer


@pytest.fixture
def frozen(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the commands read."""
    for command in ("verify", "inspect"):
        monkeypatch.setattr(f"bearerguard.cli.{command}.wall_clock", clock.wall)
    return clock


@pytest.fixture
def jwks(issuer: DevIssuer, tmp_path: Path) -> str:
    """The issuer's key set, in a file."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(issuer.key_set()))
    return str(path)
