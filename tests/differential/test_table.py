"""The list is true: every row of `stricter.json` is proven by tokens that a peer accepts and we refuse, as the row says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bearerguard import TokenError
from tests.core.builders import CLAIMS
from tests.differential.peers import PEERS, asked, ours, same
from tests.differential.reading import Reading
from tests.differential.rules import BREAKS, EXCUSES, STRICTER, WIDER, foretold
from tests.differential.tokens import ALGORITHMS, asked_about, case, good, header
from tools import generate_stricter_page

Row = dict[str, Any]


def proofs(rows: list[Row]) -> list[Any]:
    return [
        pytest.param(row, recipe, id=f"{row['name']}-{number}")
        for row in rows
        for number, recipe in enumerate(row["tokens"], 1)
    ]


def algorithms(recipe: Row) -> tuple[str, ...]:
    """The algorithms a proof is for: the four that matter most, unless it is about one."""
    return (recipe["algorithm"],) if "algorithm" in recipe else ALGORITHMS[:4]


def codes(kind: type[TokenError]) -> set[str]:
    return {*kind.codes, *(code for child in kind.__subclasses__() for code in codes(child))}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_good_token_is_accepted_by_all_with_the_same_claims(algorithm: str) -> None:
    question, token = asked_about(algorithm), good(algorithm)
    assert same(ours(question.verifier(), token), CLAIMS)
    for peer in PEERS:
        assert same(asked(peer, question, token, header(algorithm)), CLAIMS), peer.name


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_is_said_against_the_good_token(algorithm: str) -> None:
    reading, question = Reading(good(algorithm)), asked_about(algorithm)
    assert [name for name, broken in {**BREAKS, **EXCUSES}.items() if broken(reading, question)] == []


@pytest.mark.parametrize(("row", "recipe"), proofs(STRICTER))
def test_a_row_is_proven_by_a_token_that_a_peer_accepts_and_we_refuse(row: Row, recipe: Row) -> None:
    for algorithm in algorithms(recipe):
        proof = case(recipe, algorithm)
        reading = Reading(proof.token)
        found = [asked(peer, proof.question, proof.token, reading.header.members) for peer in PEERS]
        assert found != [None, None], f"{algorithm}: no peer accepts it, so it does not show a difference"
        assert ours(proof.question.verifier(), proof.token) == row["code"], algorithm
        assert foretold(row["code"], reading, proof.question) == [row["name"], *recipe.get("also", [])], (
            algorithm
        )


@pytest.mark.parametrize(("row", "recipe"), proofs(WIDER))
def test_an_excuse_is_proven_by_a_token_that_we_accept_and_a_peer_refuses(row: Row, recipe: Row) -> None:
    for algorithm in algorithms(recipe):
        proof = case(recipe, algorithm)
        reading = Reading(proof.token)
        found = [asked(peer, proof.question, proof.token, reading.header.members) for peer in PEERS]
        assert None in found, f"{algorithm}: every peer accepts it, so it does not show a difference"
        assert isinstance(ours(proof.question.verifier(), proof.token), dict), algorithm
        assert EXCUSES[row["name"]](reading, proof.question), algorithm


def test_every_row_has_a_name_of_its_own_a_fact_that_decides_and_at_least_one_token() -> None:
    for rows, facts in ((STRICTER, BREAKS), (WIDER, EXCUSES)):
        names = [row["name"] for row in rows]
        assert sorted(names) == sorted(facts)
        assert all(row["tokens"] for row in rows)


def test_every_row_says_where_the_standards_have_it_and_a_code_that_exists() -> None:
    known = codes(TokenError)
    for row in STRICTER:
        assert row["code"] in known
    for row in (*STRICTER, *WIDER):
        assert re.match(r"(RFC|FIPS) [0-9-]+ (sections?|appendix|abstract)\b", row["standard"])
        assert row["because"].endswith(".")


def test_the_page_is_what_the_table_says() -> None:
    assert generate_stricter_page.PAGE.read_text(encoding="utf-8") == generate_stricter_page.render(), (
        "run `python tools/generate_stricter_page.py`"
    )
