"""What every test may ask for: a clock that moves only when told to, and programs that may be missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest


class Clock:
    """Wall time and monotonic time, both injectable (`clock=clock.wall, monotonic=clock.monotonic`), never on their own.

    The two start far apart, so that code which takes one for the other fails at once.
    """

    def __init__(self, wall: float = 1_767_225_600.0, monotonic: float = 1_000.0) -> None:
        self._wall = wall
        self._monotonic = monotonic

    def wall(self) -> float:
        """Seconds since the epoch; starts at 2026-01-01T00:00:00Z."""
        return self._wall

    def monotonic(self) -> float:
        """Seconds since nobody knows when."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self._wall += seconds
        self._monotonic += seconds

    def set_wall(self, wall: float) -> None:
        """Let the wall clock jump, as clocks do when they are set; the monotonic one does not notice."""
        self._wall = wall


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def require_program() -> Callable[[str], str]:
    """Return the path of a program, or skip; where everything is required (CI), fail instead."""

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            sentence = f"the program {name!r} is not installed on this machine"
            if os.environ.get("BEARERGUARD_REQUIRE_ALL") == "1":
                pytest.fail(f"{sentence}, and BEARERGUARD_REQUIRE_ALL=1 asks for it", pytrace=False)
            pytest.skip(sentence)
        return path

    return require
