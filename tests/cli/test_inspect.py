"""`bearerguard inspect`: what a token says, loudly unverified, as far as it can be read."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard.cli.inspect import _read_anyhow
from bearerguard.issuer import SPOILS, DevIssuer, Spoil
from tests.cli.conftest import Cli
from tests.conftest import Clock


def part(text: str | bytes) -> str:
    """A segment of a token that holds this."""
    raw = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.usefixtures("frozen")
def test_what_a_token_says_is_shown_under_a_loud_warning(cli: Cli, issuer: DevIssuer) -> None:
    done = cli("inspect", issuer.mint())
    lines = done.out.splitlines()
    assert done.status == 0
    assert "NOT VERIFIED" in lines[0]
    assert "Anybody can write such a token." in lines[1]
    assert 'typ  "at+jwt"' in lines
    assert 'sub        "alice"' in lines
    assert "exp        1767227400  2026-01-01 00:30:00 UTC, expires in 30 min" in lines
    assert lines[-1] == "signature: 256 bytes, not checked"
    assert "header (not verified)" in lines
    assert "claims (not verified)" in lines


def test_an_expired_token_says_how_long_ago(cli: Cli, issuer: DevIssuer, frozen: Clock) -> None:
    token = issuer.mint(lifetime=60)
    frozen.advance(60 + 5 * 60)
    assert "2026-01-01 00:01:00 UTC, expired 5 min ago" in cli("inspect", token).out


def test_a_tampered_token_is_shown_all_the_same_because_nothing_is_verified(
    cli: Cli, issuer: DevIssuer
) -> None:
    done = cli("inspect", "--json", issuer.spoil("payload-tampered"))
    answer = json.loads(done.out)
    assert (done.status, answer["verified"], answer["claims"]["sub"]) == (0, False, "admin")


def test_json_says_first_of_all_that_nothing_is_verified(cli: Cli, issuer: DevIssuer) -> None:
    done = cli("inspect", "--json", issuer.mint())
    answer = json.loads(done.out)
    assert next(iter(answer)) == "verified"
    assert answer["verified"] is False
    assert (answer["decoded"], answer["code"]) == (True, None)
    assert answer["header"]["alg"] == "RS256"
    assert answer["claims"]["iss"] == issuer.url


def test_an_opaque_token_gets_the_hint_about_the_providers_switch(cli: Cli, issuer: DevIssuer) -> None:
    token = issuer.mint_opaque()
    done = cli("inspect", token)
    assert done.status == 1
    assert "token_opaque" in done.out
    assert "turn on 'Issue JWT as access token'" in " ".join(done.out.split())
    assert token not in done.out + done.err


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("crit", 'crit  ["exp"]'),
        ("payload-not-json", 'typ  "at+jwt"'),
        ("base64-padded", 'sub        "alice"'),
        ("base64-standard-alphabet", 'sub        "alice"'),
        ("part-missing", 'sub        "alice"'),
        ("part-extra", 'sub        "alice"'),
        ("encrypted", 'enc  "A256GCM"'),
        ("header-not-an-object", '[{"alg": "RS256"'),
        ("exp-nan", 'exp        "NaN"'),
        ("claim-twice", 'sub        "alice"'),
    ],
)
def test_a_malformed_token_is_shown_as_far_as_it_can_be_read_with_the_reason(
    cli: Cli, issuer: DevIssuer, name: str, shown: str
) -> None:
    done = cli("inspect", issuer.spoil(name))
    row = next(row for row in SPOILS if row.name == name)
    assert done.status == 1
    assert f"not in the one accepted form: {row.code}" in done.out
    assert shown in done.out


def test_of_an_encrypted_token_only_the_header_is_taken_for_readable(cli: Cli) -> None:
    token = ".".join((part('{"alg":"dir","enc":"A256GCM"}'), part('{"sub":"admin"}'), "a", "b", "c"))
    answer = json.loads(cli("inspect", "--json", token).out)
    assert (answer["code"], answer["header"]["enc"], answer["claims"]) == ("token_encrypted", "A256GCM", None)


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_every_wrong_token_is_shown_without_a_character_that_could_move_the_terminal(
    cli: Cli, issuer: DevIssuer, row: Spoil
) -> None:
    done = cli("inspect", issuer.spoil(row.name))
    assert done.status in (0, 1)
    assert "NOT VERIFIED" in done.out
    assert all(character.isprintable() or character == "\n" for character in done.out)


@pytest.mark.parametrize(
    ("evil", "harmless"),
    [
        ("\x1b[2J\x1b]0;root\x07", r"\u001b[2J\u001b]0;root\u0007"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\x9b31m", r"\u009b31m"),
        ("[bold]markup[/bold] :smiley:", "[bold]markup[/bold] :smiley:"),
        ("a\nsub  \"admin\"", r"a\nsub  \"admin\""),
        ("\U000e0041", r"\U000e0041"),
    ],
)  # fmt: skip
def test_a_claim_cannot_write_to_the_terminal(cli: Cli, issuer: DevIssuer, evil: str, harmless: str) -> None:
    done = cli("inspect", issuer.mint(claims={"name": evil, f"x{evil}": 1}))
    assert f' "{harmless}"\n' in done.out
    assert all(character.isprintable() or character == "\n" for character in done.out)


@pytest.mark.parametrize("depth", [20, 63, 100, 900, 5_000])
def test_nesting_is_shown_or_left_out_but_never_an_error(cli: Cli, depth: int) -> None:
    token = part('{"alg":"RS256"}') + "." + part("[" * depth + "]" * depth) + "."
    answer = json.loads(cli("inspect", "--json", token).out)
    assert answer["code"] == "token_malformed"
    assert (answer["claims"] is not None) == (depth <= 63)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 4_000, "9" * 5_000])
def test_json_stays_json_whatever_number_a_token_holds(cli: Cli, number: str) -> None:
    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    token = ".".join((part("{}"), part('{"exp":' + number + "}"), "x"))
    done = cli("inspect", "--json", token)
    assert json.loads(done.out, parse_constant=refuse)["verified"] is False
    assert cli("inspect", token).status == 1


@pytest.mark.parametrize("nothing", [b"", b" \n"])
def test_no_token_at_all_is_wrong_usage(cli: Cli, nothing: bytes) -> None:
    done = cli("inspect", stdin=nothing)
    assert (done.status, done.out) == (2, "")
    assert "there is no token" in done.err


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(st.one_of(st.text().map(part), st.binary().map(part)), min_size=2, max_size=6).map(".".join),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(lambda value: f"{part(json.dumps(value))}.{part(json.dumps(value))}"),
    )
)
def test_whatever_the_text_the_parts_that_are_read_can_be_written_as_json(text: str) -> None:
    parts = _read_anyhow(text)
    assert set(parts) <= {"header", "claims"}
    assert json.loads(json.dumps(parts, allow_nan=False)) == parts
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in parts.values())
