"""The attack corpus and the dev issuer's spoiled tokens: nothing happens that the list does not foretell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from bearerguard import ANY_TYPE
from bearerguard.algorithms import DEFAULT_ALGORITHMS
from bearerguard.issuer import DevIssuer
from tests.conftest import Clock
from tests.differential.law import Tally
from tests.differential.peers import Question
from tests.vectors import corpus

LARGEST: Final = 65_536
"""Bytes. The peers are not asked about more: any token of that size is refused for its size, and that row is proven."""


def questions(case: corpus.Case) -> Iterator[tuple[Question, bytes]]:
    """Yield what a case asks, step by step, as far as the common policy can say it: what is ours alone is left out."""
    default = corpus.DEFAULTS
    for written in case.get("policies") or [{**default["policy"], **case.get("policy", {})}]:
        audience = written["audience"]
        keys = corpus.key_set(written.get("keys", case.get("keys", default["keys"])))["keys"]
        asked: dict[str, Any] = {
            "issuer": written["issuer"],
            "audiences": None
            if audience == "ANY"
            else (audience,)
            if isinstance(audience, str)
            else tuple(audience),
            "algorithms": tuple(written.get("algorithms") or DEFAULT_ALGORITHMS),
            "keys": tuple(keys),
            "leeway": written.get("leeway", 30),
            "token_type": ANY_TYPE
            if written.get("token_type") == "ANY"
            else written.get("token_type", "at+jwt"),
        }
        for step in [case, *case.get("then", [])]:
            holder = step if step.keys() & {"token", "recipe"} else case
            yield (
                Question(**asked, now=step.get("now", case.get("now", default["now"]))),
                corpus.octets(holder),
            )


CASES: Final = [
    case
    for case in corpus.cases("token")
    # The audience under another name is a setting that the peers do not have.
    if "audience_claim" not in case.get("policy", {})
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_of_the_corpus_differs_only_as_the_list_foretells(case: corpus.Case) -> None:
    tally = Tally()
    for question, token in questions(case):
        if len(token) <= LARGEST:
            tally.holds(question, token.decode("utf-8"))
    assert tally.tokens or len(corpus.octets(case)) > LARGEST


def test_a_spoiled_token_is_accepted_by_a_peer_only_as_the_list_foretells(clock: Clock) -> None:
    issuer = DevIssuer(clock=clock.wall)
    question = Question(
        issuer=issuer.url,
        audiences=(issuer.url,),
        algorithms=("RS256",),
        keys=tuple(issuer.key_set()["keys"]),
        now=clock.wall(),
    )
    tally = Tally()
    for _name, token in issuer.spoiled():
        tally.holds(question, token)
    assert tally.accepted == 0
    assert tally.refused > 25
    assert len(tally.stricter) >= 10
