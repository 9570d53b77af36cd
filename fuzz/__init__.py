"""Fuzzing: any bytes, at any of the places where a stranger's bytes come in, give a verdict (docs/explanation/totality.md).

- `fuzz.world`: one issuer with fixed keys, and verifiers whose clocks stand still, so that an input found in one process
  means the same in another;
- `fuzz.surfaces`: the table of places; the first byte of an input chooses one;
- `fuzz.seeds`: the corpus to start from, made anew from the dev issuer's wrong tokens each time;
- `fuzz.target`: one process of coverage-guided fuzzing (atheris);
- `fuzz.run`: several such processes one after the other, and what they did a second.

The first three need nothing but the package: tests/laws runs every seed through every surface.
"""

from __future__ import annotations
