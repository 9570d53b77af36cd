"""The judgement of subject, scope, required and bound claims, of types and checks of one's own, and of the signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.errors import ClaimError, SignatureError
from bearerguard.judge import Judge, judge
from bearerguard.keys import key_set
from bearerguard.policy import PRESENT
from bearerguard.token import parse
from bearerguard.verified import Verified
from tests.core.builders import ABSENT, NOW, jwk, jwks, private_key
from tests.core.judging import KEYS, STRANGER, mint, passes, policy, unverified, verdict

# ------------------------------------------------------------------------------------------- subject, scope, required, bound


@pytest.mark.parametrize(
    "sub",
    ["a", "0", "user@example.com", "\u00e9", "a b", "auth0|1", "x" * 4000, "\u674e"],
    ids=lambda s: s[:9],
)
def test_a_subject_is_any_plain_string(sub: str) -> None:
    seen = verdict(body={"sub": sub})
    assert isinstance(seen, Verified)
    assert seen.subject == sub


@pytest.mark.parametrize(
    "sub",
    [
        "",
        7,
        0,
        True,
        [],
        ["alice"],
        {},
        "alice\n",
        "alice\x00",
        "\talice",
        "a\rb",
        "a\x1bb",
        "a\x7fb",
        "\x1f",
    ],
    ids=repr,
)
def test_a_subject_of_another_type_empty_or_with_control_characters_is_refused(sub: Any) -> None:
    assert verdict(body={"sub": sub}) == "claim_invalid"


def test_a_token_without_a_subject_lacks_a_claim() -> None:
    assert verdict(body={"sub": ABSENT}) == verdict(body={"sub": None}) == "claim_missing"


@pytest.mark.parametrize("name", ["scope", "scp"])
@pytest.mark.parametrize(
    "scope", [7, 0, True, False, {}, {"admin": True}, [7], ["a", None], [["a"]], "a\tb", "a\nb", "a\x00", ["a\tb"], ["a\x7f"]], ids=repr
)  # fmt: skip
def test_scopes_of_another_type_or_with_control_characters_are_refused(name: str, scope: Any) -> None:
    assert verdict(body={"scope": ABSENT} | {name: scope}) == "claim_invalid"


def test_only_the_scope_claim_that_counts_is_judged() -> None:
    assert passes(body={"scope": "a", "scp": 7})
    assert verdict(body={"scope": None, "scp": 7}) == "claim_invalid"
    assert passes(body={"scope": 7}, settings={"scope_claim": "permissions"})
    assert passes(body={"scope": ABSENT, "scp": ABSENT})


@pytest.mark.parametrize(
    "scope",
    ["orders:read\u00a0admin", "orders:read\u2003admin", "orders:read\u3000admin", "orders:read,admin"],
)
def test_no_look_alike_of_the_space_makes_two_scopes_of_one(scope: str) -> None:
    seen = verdict(body={"scope": scope})
    assert seen == "claim_invalid" or (
        isinstance(seen, Verified) and seen.scopes.isdisjoint({"orders:read", "admin"})
    )


def test_a_mapping_may_ask_for_a_value_here_and_for_presence_there() -> None:
    settings = {"required_claims": {"tenant": "blue", "region": PRESENT}}
    assert passes(body={"tenant": "blue", "region": "eu"}, settings=settings)
    assert verdict(body={"tenant": "blue"}, settings=settings) == "claim_missing"
    assert verdict(body={"tenant": "red", "region": "eu"}, settings=settings) == "claim_invalid"


@pytest.mark.parametrize("character", ['"', "\\", "\u00e9", "\u2028", "\x1f", "\x7f"], ids=repr)
def test_a_scope_is_made_of_the_characters_of_the_standard(character: str) -> None:
    assert passes(body={"scope": "a!#[]~:/.z"})
    assert verdict(body={"scope": f"a{character}b"}) == "claim_invalid"
    assert verdict(body={"scope": ["a", f"a{character}b"]}) == "claim_invalid"


@pytest.mark.parametrize("value", [0, False, "", [], {}, "x"], ids=repr)
def test_a_required_claim_is_there_with_any_value_but_null(value: Any) -> None:
    settings = {"required_claims": ["https://example.com/tenant.id"]}
    assert passes(body={"https://example.com/tenant.id": value}, settings=settings)
    assert verdict(body={"https://example.com/tenant.id": None}, settings=settings) == "claim_missing"
    assert verdict(body={"https://example.com/tenant": {"id": value}}, settings=settings) == "claim_missing"


@pytest.mark.parametrize("cnf", [{}, {"jkt": "x"}, {"x5t#S256": "x"}, None, False, "", 0, []], ids=repr)
def test_a_token_that_is_bound_to_a_key_is_never_a_bearer_token(cnf: Any) -> None:
    assert verdict(body={"cnf": cnf}) == "token_bound"
    assert passes(body={"cnf": ABSENT, "CNF": cnf})


@pytest.mark.parametrize(
    ("wanted", "value", "code"),
    [
        ("blue", "blue", None),
        ("blue", "Blue", "claim_invalid"),
        ("blue", ["blue"], "claim_invalid"),
        ("blue", None, "claim_missing"),
        ("blue", ABSENT, "claim_missing"),
        (True, True, None),
        (True, 1, "claim_invalid"),
        (True, "true", "claim_invalid"),
        (1, 1, None),
        (1, True, "claim_invalid"),
        (0, False, "claim_invalid"),
        (0, 0, None),
    ],
    ids=repr,
)
def test_a_claim_that_must_have_a_value_has_exactly_that_value(
    wanted: Any, value: Any, code: str | None
) -> None:
    seen = verdict(body={"tenant": value}, settings={"required_claims": {"tenant": wanted}})
    assert seen == code or (code is None and isinstance(seen, Verified))


class Colour(StrEnum):
    BLUE = "blue"


def test_a_claim_may_be_required_by_a_word_of_an_enumeration() -> None:
    assert passes(body={"tenant": "blue"}, settings={"required_claims": {"tenant": Colour.BLUE}})
    assert (
        verdict(body={"tenant": "red"}, settings={"required_claims": {"tenant": Colour.BLUE}})
        == "claim_invalid"
    )


# ---------------------------------------------------------------------------------------------------- a type, and one's own


@dataclass
class Shape:
    level: int = 0
    colour: Literal["red", "blue"] = "red"

    def __post_init__(self) -> None:
        if self.level == 13:
            raise LookupError("secret reasons")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, None),
        ({"level": 1, "colour": "blue"}, None),
        ({"level": "1"}, "claim_invalid"),
        ({"level": True}, "claim_invalid"),
        ({"level": None}, "claim_invalid"),
        ({"colour": "green"}, "claim_invalid"),
        ({"level": 13}, "claim_invalid"),
    ],
    ids=repr,
)
def test_the_claims_fit_the_type_or_are_refused(body: dict[str, Any], code: str | None) -> None:
    seen = verdict(body=body, settings={"claims_type": Shape})
    assert seen == code or (code is None and isinstance(seen, Verified) and isinstance(seen.typed, Shape))


@dataclass
class Meddler:
    roles: Any

    def __post_init__(self) -> None:
        self.roles.append("admin")


def test_a_type_of_ones_own_cannot_change_the_claims_it_is_made_from() -> None:
    seen = verdict(
        body={"roles": ["user"]},
        settings={"claims_type": Meddler, "roles_claim": "roles"},
    )
    assert seen == "claim_invalid" or (isinstance(seen, Verified) and seen.roles == {"user"})


def _no_bots(claims: Mapping[str, Any]) -> str | None:
    return f"bots are out: {claims['name']}" if "bot" in claims["name"] else None


@pytest.mark.parametrize(
    ("body", "code"),
    [({"name": "ann"}, None), ({"name": "bot"}, "claim_refused"), ({}, "claim_refused")],
    ids=repr,
)
def test_a_check_of_ones_own_refuses_with_a_sentence_or_by_raising(
    body: dict[str, Any], code: str | None
) -> None:
    seen = verdict(body=body, settings={"checks": [_no_bots]})
    assert seen == code or (code is None and isinstance(seen, Verified))


@pytest.mark.parametrize("answer", ["", True, False, 0, [], {}], ids=repr)
def test_only_none_means_that_a_check_of_ones_own_has_passed(answer: Any) -> None:
    assert verdict(settings={"checks": [lambda claims: None, lambda claims: answer]}) == "claim_refused"
    assert passes(settings={"checks": [lambda claims: None]})


class _Wordless:
    def __str__(self) -> str:
        raise LookupError


def test_a_check_of_ones_own_that_answers_nonsense_refuses_all_the_same() -> None:
    assert verdict(settings={"checks": [lambda claims: _Wordless()]}) == "claim_refused"


def test_a_check_of_ones_own_cannot_change_what_it_is_shown() -> None:
    def meddle(claims: Any) -> str | None:
        claims["roles"].append("admin")
        return None

    def replace(claims: Any) -> str | None:
        claims["sub"] = "root"
        return None

    seen = verdict(body={"roles": ["user"]}, settings={"checks": [meddle], "roles_claim": "roles"})
    assert seen == "claim_refused" or (isinstance(seen, Verified) and seen.roles == {"user"})
    assert verdict(settings={"checks": [replace]}) == "claim_refused"


@pytest.mark.parametrize("evil", ["green\nWARNING forged", "bot\x1b[2J", "bot\r"], ids=repr)
def test_what_a_token_says_never_breaks_the_line_of_the_log(evil: str) -> None:
    token = unverified(body={"colour": evil, "name": f"bot {evil}", evil: 1})
    for settings in ({"claims_type": Shape}, {"checks": [_no_bots]}, {"required_claims": {"colour": "red"}}):
        with pytest.raises(ClaimError) as refused:
            judge(token, KEYS, policy(**settings), NOW)
        assert str(refused.value).isprintable()


# ------------------------------------------------------------------------------------------------------------- the signature


def test_no_key_no_verdict() -> None:
    with pytest.raises(SignatureError):
        judge(unverified(), (), policy(), NOW)


def test_any_one_of_the_keys_may_answer() -> None:
    strangers = key_set(jwks(jwk(STRANGER), jwk(private_key("RSA", 21)))).keys
    assert judge(unverified(), (*strangers, *KEYS), policy(), NOW).subject == "alice"
    with pytest.raises(SignatureError):
        judge(unverified(), strangers, policy(), NOW)


def test_a_token_without_a_signature_is_refused_before_a_key_is_looked_for() -> None:
    token = parse(mint().rpartition(".")[0] + ".")
    court = Judge(policy())
    with pytest.raises(SignatureError, match="is empty"):
        court.admit(token)
    with pytest.raises(SignatureError):
        court.conclude(token, KEYS, NOW)


def test_a_judge_keeps_nothing_of_the_tokens_it_has_judged() -> None:
    court = Judge(policy())
    for sub in ("alice", "bob"):
        token = unverified(body={"sub": sub})
        court.admit(token)
        assert court.conclude(token, KEYS, NOW).subject == sub
    with pytest.raises(AttributeError):
        court.seen = "bob"  # type: ignore[attr-defined]


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_changed_signature_verifies(position: int, flip: int) -> None:
    token = unverified()
    changed = bytearray(token.signature)
    changed[position] ^= flip
    token.signature = bytes(changed)
    with pytest.raises(SignatureError):
        judge(token, KEYS, policy(), NOW)
