"""One process of coverage-guided fuzzing over every surface: ``python -m fuzz.target [libFuzzer's arguments] CORPUS...``.

What the fuzzer calls is `one_input`; libFuzzer stops at the first exception that comes out of it and keeps the input. With
``BEARERGUARD_FUZZ_TALLY=file`` the verdicts of each surface are counted there, so that a run can show how deep it went.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections import Counter
from pathlib import Path

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

with atheris.instrument_imports(include=["bearerguard"]):
    import bearerguard.shared_secret
    import bearerguard.verifier  # noqa: F401  # what is imported here is what is followed

from . import surfaces
from .mutation import mutated
from .promises import hold

_TALLY_EVERY = 10_000
_SLOW = 1.0
"""Seconds of this process's own time: libFuzzer's alarm counts those too in which a busy machine does not let it run."""

_tally: Counter[tuple[str, str]] = Counter()
_tally_file = os.environ.get("BEARERGUARD_FUZZ_TALLY")


def one_input(data: bytes) -> None:
    """Bring one input to its surface. The verdict does not matter here; that there is one does."""
    if not data:
        return
    name, rest = surfaces.chosen(data)
    begun = time.process_time()
    _tally[name, surfaces.SURFACES[name](rest)] += 1
    hold(time.process_time() - begun < _SLOW, "an input costs seconds")
    if _tally_file and _tally.total() % _TALLY_EVERY == 0:
        _write(Path(_tally_file))


def _write(file: Path) -> None:
    counted: dict[str, dict[str, int]] = {}
    for (name, verdict), count in sorted(_tally.items()):
        counted.setdefault(name, {})[verdict] = count
    file.write_text(json.dumps(counted, indent=1))


def one_mutation(data: bytes, most: int, seed: int) -> bytes:
    """Make an input of another; called by the fuzzer."""
    return mutated(data, most, seed, atheris.Mutate)


if __name__ == "__main__":
    # Refusals are logged, which at thousands a second is neither read nor free.
    logging.getLogger("bearerguard").disabled = True
    atheris.Setup(sys.argv, one_input, custom_mutator=one_mutation)
    atheris.Fuzz()
