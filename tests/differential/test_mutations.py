"""Thousands of tokens that are nearly right: nothing happens that the list does not foretell.

The tokens are the same in every run. `BEARERGUARD_DIFFERENTIAL_EXAMPLES=20000 pytest tests/differential/test_mutations.py`
tries that many others of each kind.
"""

from __future__ import annotations

import functools
import os
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bearerguard import Verifier
from tests.differential import mutations
from tests.differential.law import Tally
from tests.differential.tokens import asked_about

OTHERS: Final = int(os.environ.get("BEARERGUARD_DIFFERENTIAL_EXAMPLES", "0"))
PROFILE: Final = settings(
    max_examples=OTHERS or 500,
    derandomize=not OTHERS,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@functools.cache
def verifier(algorithm: str) -> Verifier:
    return asked_about(algorithm).verifier()


@pytest.mark.parametrize(
    ("tokens", "accepted", "rules"),
    [
        pytest.param(mutations.resigned(), 50, 5, id="members changed and signed"),
        pytest.param(mutations.rewritten(), 25, 5, id="JSON rewritten and signed"),
        pytest.param(mutations.respelled(), 1, 1, id="text respelled"),
        pytest.param(mutations.forged(), 25, 0, id="signature forged"),
    ],
)
def test_nothing_happens_that_the_list_does_not_foretell(
    tokens: st.SearchStrategy[mutations.Made], accepted: int, rules: int
) -> None:
    tally = Tally()

    @PROFILE
    @given(tokens)
    def law(made: mutations.Made) -> None:
        algorithm, token = made
        tally.holds(asked_about(algorithm), token, verifier(algorithm))

    law()
    # A run in which everything is refused, or nothing comes close, would prove nothing.
    assert tally.tokens > PROFILE.max_examples // 2, tally
    assert tally.refused > 0, tally
    assert tally.accepted >= accepted, tally
    assert len(tally.stricter) >= rules, tally
