"""Every oddity in its place, one at a time: nothing happens that the list does not foretell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.core.builders import CLAIMS
from tests.differential.law import Tally
from tests.differential.oddities import CLAIMS_BY_NAME, ENCODINGS, HEADER_BY_NAME, LITERALS, NAMES
from tests.differential.rules import STRICTER
from tests.differential.tokens import asked_about, encode, header, sealed, written

# One algorithm is enough for what does not depend on it, and this one is the quickest to sign.
ALGORITHM: Final = "EdDSA"
HEADER: Final = header(ALGORITHM)
VERIFIER: Final = asked_about(ALGORITHM).verifier()


def run(tokens: Iterator[str]) -> Tally:
    """Hold every token against the law."""
    tally = Tally()
    for token in tokens:
        tally.holds(asked_about(ALGORITHM), token, VERIFIER)
    return tally


def changed(members: dict[str, Any], name: str, values: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield members with one of them missing, and then with each of these values."""
    yield {other: held for other, held in members.items() if other != name}
    for value in values:
        yield {**members, name: value}


@pytest.mark.parametrize("name", CLAIMS_BY_NAME)
def test_every_odd_value_of_a_claim(name: str) -> None:
    claims = changed(CLAIMS, name, CLAIMS_BY_NAME[name])
    tally = run(sealed(written(HEADER), written(body), ALGORITHM) for body in claims)
    assert tally.tokens == len(CLAIMS_BY_NAME[name]) + 1
    assert tally.accepted > 0 or name == "cnf"


@pytest.mark.parametrize("name", HEADER_BY_NAME)
def test_every_odd_value_of_a_header_member(name: str) -> None:
    headers = changed(HEADER, name, HEADER_BY_NAME[name])
    tally = run(sealed(written(head), written(CLAIMS), ALGORITHM) for head in headers)
    assert tally.tokens == len(HEADER_BY_NAME[name]) + 1


@pytest.mark.parametrize("place", ["header", "claims"])
@pytest.mark.parametrize("literal", LITERALS)
def test_every_odd_literal_under_every_odd_name(place: str, literal: str) -> None:
    def tokens() -> Iterator[str]:
        documents = {"header": json.dumps(HEADER), "claims": json.dumps(CLAIMS)}
        good = documents[place]
        for name in NAMES:
            for document in (f'{{"{name}": {literal}, {good[1:]}', f'{good[:-1]}, "{name}": {literal}}}'):
                documents[place] = document
                yield sealed(encode(documents["header"]), encode(documents["claims"]), ALGORITHM)

    assert run(tokens()).tokens == 2 * len(NAMES)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_odd_encoding(encoding: str) -> None:
    head, body = json.dumps(HEADER), json.dumps({**CLAIMS, "name": "é\u2028"}, ensure_ascii=False)
    pairs = [(head, encoding, "utf-8"), (head, "utf-8", encoding), (head, encoding, encoding)]
    tokens = (sealed(encode(one, first), encode(body, second), ALGORITHM) for one, first, second in pairs)
    tally = run(tokens)
    assert (tally.accepted == 3) == (encoding == "utf-8")


def test_the_oddities_touch_nearly_every_rule_that_a_single_token_can_break() -> None:
    def tokens() -> Iterator[str]:
        for name, values in CLAIMS_BY_NAME.items():
            for body in changed(CLAIMS, name, values):
                yield sealed(written(HEADER), written(body), ALGORITHM)
        for name, values in HEADER_BY_NAME.items():
            for head in changed(HEADER, name, values):
                yield sealed(written(head), written(CLAIMS), ALGORITHM)

    touched = set(run(tokens()).stricter)
    expected = {row["name"] for row in STRICTER if row["part"] in ("Claims", "Header")} - {"kid-size"}
    assert expected <= touched
