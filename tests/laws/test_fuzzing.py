"""The fuzzer's own proof: its seeds reach every surface and verdict, and a fault planted behind a surface is noticed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from fuzz import mutation, promises, seeds, surfaces, world
from fuzz.promises import ACCEPTED, BrokenPromiseError, Reader

from bearerguard import bearer, encoding, keyring, verifier
from bearerguard import shared_secret as secret_room
from bearerguard.bearer import Refusal
from bearerguard.errors import SignatureError, TokenError
from bearerguard.issuer import SPOILS
from bearerguard.judge import Judge
from bearerguard.keyring import KeyRing
from bearerguard.keys import PublicKey
from bearerguard.verified import Verified

SEEDS: Final = list(seeds.seeds())


def of(surface: str) -> list[bytes]:
    """The seeds of a surface, without the byte that chooses it."""
    found = [surfaces.chosen(data) for _, data in SEEDS]
    return [data for name, data in found if name == surface]


def verdicts(surface: str) -> set[str]:
    """What a surface says to its seeds."""
    return {surfaces.SURFACES[surface](data) for data in of(surface)}


# ------------------------------------------------------------------------------------------------------------------- reach


@pytest.mark.parametrize("surface", surfaces.NAMES)
def test_every_surface_has_seeds_that_differ_in_their_verdicts(surface: str) -> None:
    assert len(of(surface)) >= 5
    assert len(verdicts(surface)) >= 2


@pytest.mark.parametrize("surface", [name for name in surfaces.NAMES if name != "answer"])
def test_every_surface_has_a_seed_that_is_accepted(surface: str) -> None:
    assert any(verdict.startswith(ACCEPTED) for verdict in verdicts(surface))


def test_the_seeds_meet_every_refusal_that_a_wrong_token_can_meet() -> None:
    assert {row.code for row in SPOILS} <= verdicts("token") | verdicts("claims")


def test_seeds_are_written_one_a_file_and_the_words_in_the_form_of_libfuzzer(tmp_path: Path) -> None:
    assert seeds.write(tmp_path / "seeds") == len(SEEDS) == len(list((tmp_path / "seeds").iterdir()))
    seeds.write_dictionary(tmp_path / "words")
    lines = (tmp_path / "words").read_text().splitlines()
    assert len(lines) == len(seeds.WORDS)
    assert all(line.startswith('"\\x') and line.endswith('"') for line in lines)


def test_the_fuzzed_world_is_the_same_in_every_process() -> None:
    assert world.KEY.private.private_numbers().p % 1_000_000_007 == 476_991_919
    assert (len(world.SECRET), world.SECRET.hex()[:8]) == (64, "18e725d0")
    assert dict(seeds.seeds())["0000-token"] == b"\x00" + world.GOOD.encode()


# --------------------------------------------------------------------------------------------------------------- mutation


def test_mutation_keeps_json_json_and_is_the_same_for_the_same_seed() -> None:
    document = surfaces.addressed("claims", world.BENCH.claims_json)
    made = [mutation.mutated(document, 6_000, seed, lambda data, most: b"bytewise") for seed in range(200)]
    assert made == [
        mutation.mutated(document, 6_000, seed, lambda data, most: b"bytewise") for seed in range(200)
    ]
    kept = [data for data in made if data != b"bytewise"]
    assert 50 < len(kept) < 150
    assert {surfaces.chosen(data)[0] for data in kept} == {"claims"}
    assert sum(_is_json(data[1:]) for data in kept) > 0.9 * len(kept)
    assert len(set(kept)) > 40


def test_mutation_takes_a_token_apart() -> None:
    document = surfaces.addressed("authorization", b"Bearer " + world.GOOD.encode())
    made = {mutation.mutated(document, 6_000, seed, lambda data, most: data) for seed in range(100)}
    codes = {surfaces.authorization(data[1:]) for data in made}
    assert {"signature_invalid", ACCEPTED} < codes
    assert len(codes) > 5


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x02{", b"\x02[]", b"\x02null", b"\x00a.b.c", b"\x00\xff.\xff"]
)
def test_what_cannot_be_taken_apart_is_changed_bytewise_or_whole(data: bytes) -> None:
    for seed in range(20):
        assert isinstance(mutation.mutated(data, 6_000, seed, lambda raw, most: raw), bytes)


def test_a_mutation_is_never_longer_than_allowed() -> None:
    document = surfaces.addressed("claims", world.BENCH.claims_json)
    assert {mutation.mutated(document, 100, seed, lambda data, most: b"") for seed in range(50)} == {b""}


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------------------------------------------------- planted faults


def boom(*arguments: Any, **options: Any) -> Any:
    """What a bug does."""
    raise ZeroDivisionError


CRASHES: Final[list[tuple[str, Any, str]]] = [
    ("token", verifier, "parse"),
    ("header", secret_room, "parse"),
    ("claims", Judge, "conclude"),
    ("keys", PublicKey, "verifies"),
    ("discovery", surfaces, "located"),
    ("answer", surfaces, "challenge"),
    ("authorization", surfaces, "credential"),
    ("fetches", keyring, "key_set"),
    ("driver", KeyRing, "accept"),
    ("secret", secret_room, "_check_secret"),
    ("names", surfaces, "Policy"),
    ("json_object", encoding, "_decode_shallow"),
    ("base64url", encoding, "decode_segment"),
]


@pytest.mark.parametrize(("surface", "room", "name"), CRASHES, ids=[row[0] for row in CRASHES])
def test_a_foreign_exception_behind_a_surface_comes_out_of_it(
    surface: str, room: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, name, boom)
    with pytest.raises(ZeroDivisionError):
        verdicts(surface)


def test_every_surface_has_its_planted_fault() -> None:
    assert {row[0] for row in CRASHES} == set(surfaces.NAMES)


def quoting(self: Any, token: Any) -> Any:
    raise TokenError(f"cannot take {token.decode('latin-1') if isinstance(token, bytes) else token}")


def lenient(text: str) -> bytes:
    return encoding.decode_segment(text.rstrip("=").encode())


def _always(value: Any) -> Callable[..., Any]:
    return lambda *arguments, **options: value


PROMISES: Final[dict[str, tuple[str, Any, str, Any]]] = {
    "an error quotes the token": ("token", verifier.Verifier, "verify", quoting),
    "an accepted token has a view that lies": ("token", Verified, "expires_at", property(_always("soon"))),
    "a scope has a space": ("claims", Verified, "scopes", property(_always(frozenset({"a b"})))),
    "HMAC opens a door with public keys": ("header", surfaces, "judged", _always(ACCEPTED)),
    "a made-up signature verifies": ("keys", PublicKey, "verifies", _always(True)),
    "keys are fetched from anywhere": (
        "discovery",
        surfaces,
        "located",
        _always("http://attacker.example/keys"),
    ),
    "a challenge is not quoted": (
        "answer",
        surfaces,
        "challenge",
        lambda parameters: f'Bearer realm="{parameters["realm"]}"',
    ),
    "a header ends its line": (
        "authorization",
        promises,
        "refuse",
        _always(Refusal(401, (("X", "a\r\nb"),), {}, TokenError("x"))),
    ),
    "keys are gone that were held": ("fetches", KeyRing, "keys", property(_always(None))),
    "an answer ends its line": (
        "driver",
        surfaces,
        "refuse",
        _always(Refusal(503, (("Retry-After", "1\r\n"),), {}, TokenError("x"))),
    ),
    "a short secret is taken": ("secret", secret_room, "_check_secret", _always(None)),
    "a name that is no URL is taken": ("names", surfaces, "Policy", _always(world.POLICY)),
    "a member twice is taken": (
        "json_object",
        surfaces,
        "decode_object",
        lambda raw: json.loads(raw) if raw[:1] == b"{" else {},
    ),
    "padding is taken": ("base64url", surfaces, "decode_base64url", lenient),
}


@pytest.mark.parametrize("fault", PROMISES)
def test_a_broken_promise_behind_a_surface_comes_out_of_it(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    surface, room, name, replacement = PROMISES[fault]
    monkeypatch.setattr(room, name, replacement)
    with pytest.raises((BrokenPromiseError, ValueError)) as broken:
        _each(surface)
    assert not isinstance(broken.value, RecursionError)


def _each(surface: str) -> None:
    for data in [*of(surface), *of("token"), b"QUI=", b"QUJ"]:
        surfaces.SURFACES[surface](data)


def test_an_explanation_that_contradicts_the_verdict_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    explain = verifier.Verifier.explain
    monkeypatch.setattr(
        verifier.Verifier,
        "explain",
        lambda self, token: replace(explain(self, token), error=SignatureError("x")),
    )
    with pytest.raises(BrokenPromiseError, match="explained as signature_invalid"):
        verdicts("token")


def test_faults_of_the_answer_are_those_of_the_room_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "_UNQUOTABLE", re.compile("(?!)"))
    with pytest.raises(BrokenPromiseError):
        verdicts("answer")


# ------------------------------------------------------------------------------------------------------- bytes into choices


def test_a_reader_takes_choices_from_the_front_and_then_always_the_first() -> None:
    reader = Reader(b"\x05abc\xff")
    assert (reader.below(4), reader.take(2), bool(reader)) == (1, b"ab", True)
    assert reader.rest() == b"c\xff"
    assert (bool(reader), reader.below(4), reader.take(3), reader.number()) == (False, 0, b"", 0.0)


def test_the_first_byte_of_an_input_chooses_its_surface() -> None:
    for name in surfaces.NAMES:
        assert surfaces.chosen(surfaces.addressed(name, b"rest")) == (name, b"rest")
    assert len({surfaces.chosen(bytes((number,)))[0] for number in range(256)}) == len(surfaces.NAMES)
    assert list(surfaces.every([b"", surfaces.addressed("base64url", b"QQ")])) == [("base64url", ACCEPTED)]
