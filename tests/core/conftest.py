"""How hypothesis works here: always the same examples, no deadline on a busy machine, and nothing left on disk."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("core", deadline=None, derandomize=True, max_examples=100, database=None)
settings.load_profile("core")
