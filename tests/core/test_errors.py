"""The tree of errors: stable codes, public sentences, and nothing in them that could be replayed."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bearerguard import errors
from bearerguard.errors import (
    BearerguardError,
    ConfigurationError,
    DocumentError,
    ExpiredError,
    KeysUnavailableError,
    MalformedTokenError,
    PermissionDeniedError,
    RequestError,
    StepUpError,
    TokenError,
    UnavailableError,
)
from bearerguard.token import parse
from tests.core.builders import b64, jws

ERRORS: list[type[BearerguardError]] = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, BearerguardError) and kind is not BearerguardError
]
CODES = [(kind, code) for kind in ERRORS for code in kind.codes]


# ------------------------------------------------------------------------------------------------------------ the tree


def test_the_docstring_shows_the_tree_that_the_code_makes() -> None:
    drawn: dict[str, int] = {}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"(?: {4}([│ ]*)[├└]── | {4})(\w+)", line):
            drawn[found[2]] = 0 if found[1] is None else 1 + len(found[1]) // 4
    kinds: list[type[BearerguardError]] = [BearerguardError, *ERRORS]
    made = {kind.__name__: len(kind.__mro__) - 4 for kind in kinds}
    assert drawn == made


def test_every_error_is_one_faults_alone() -> None:
    faults = (
        ConfigurationError,
        DocumentError,
        RequestError,
        TokenError,
        PermissionDeniedError,
        UnavailableError,
    )
    for kind in ERRORS:
        assert sum(issubclass(kind, fault) for fault in faults) == 1


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_codes_and_takes_the_first_when_not_told(kind: type[BearerguardError]) -> None:
    assert "codes" in vars(kind)
    assert kind().code == next(iter(kind.codes))


def test_a_code_belongs_to_one_error() -> None:
    codes = [code for _, code in CODES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_the_public_sentence_is_one_sentence_that_a_challenge_can_carry(
    kind: type[BearerguardError], code: str
) -> None:
    public = kind("private", code=code).public
    assert re.fullmatch(r"[A-Z][\x20\x21\x23-\x5B\x5D-\x7E]+\.", public)
    assert public.count(".") == 1
    assert "private" not in public


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_an_error_reads_as_its_code_and_its_detail(kind: type[BearerguardError], code: str) -> None:
    assert str(kind("the detail", code=code)) == f"{code}: the detail"
    assert str(kind(code=code)) == f"{code}: {kind.codes[code]}"
    assert kind("the detail", code=code).args == ("the detail",)


def test_an_error_keeps_what_was_expected_what_came_and_what_to_do() -> None:
    error = ExpiredError("late", code="token_too_old", expected=1, received=2, hint="hurry")
    assert (error.code, error.detail, error.expected, error.received, error.hint) == (
        "token_too_old",
        "late",
        1,
        2,
        "hurry",
    )


def test_an_outage_says_in_how_many_seconds_to_ask_again() -> None:
    assert KeysUnavailableError("down", retry_after=7.5).retry_after == 7.5
    assert UnavailableError().retry_after > 0
    assert UnavailableError(code="unavailable").detail == ""


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (0.5, 0.5),
        (86_400, 86_400),
        (86_401, 86_400),
        (0, 0),
        (-1, 0),
        (float("inf"), 86_400),
        (float("nan"), 0),
    ],
)
def test_an_outage_lasts_from_no_time_to_a_day(asked: float, kept: float) -> None:
    assert KeysUnavailableError("down", retry_after=asked).retry_after == kept


@given(st.text(alphabet="aé \\'\r\n\t\x00\x1b\x7f\x85\x9b\u2028\u202e\ud800😀", max_size=8))
@example("refused\n2026-01-01 admitted: mallory")
def test_no_detail_ends_a_line_of_a_log_or_moves_its_cursor(text: str) -> None:
    error = MalformedTokenError(text)
    for shown in (str(error), error.detail, *error.args):
        assert shown.isprintable()
        shown.encode("utf-8")
    if text.isprintable():
        assert error.detail == text
    assert pickle.loads(pickle.dumps(error)).detail == error.detail


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_an_error_survives_the_way_to_another_process(kind: type[BearerguardError], code: str) -> None:
    error = kind("the detail", code=code)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(ExpiredError, "nonsense"), (ExpiredError, "claim_invalid"), (StepUpError, "insufficient_role")],
)
def test_a_code_of_another_error_is_refused_where_it_is_written(
    kind: type[BearerguardError], code: str
) -> None:
    with pytest.raises(ValueError, match=code):
        kind("x", code=code)


def test_the_base_alone_is_not_an_error_to_raise() -> None:
    with pytest.raises(TypeError):
        BearerguardError("x")


# ---------------------------------------------------------------------------------------- no error holds what caused it

GOOD = jws()
HEADER_SEGMENT, PAYLOAD_SEGMENT, SIGNATURE_SEGMENT = GOOD.split(".")
PIECE = 12


def told_by(error: BaseException | None) -> Iterator[str]:
    """All that a logger, a crash reporter or a debugger can read from an error and from those it came from."""
    while error is not None:
        yield from (str(error), repr(error), repr(error.args), repr(vars(error)))
        for name in ("object", "doc", "obj", "reason"):
            yield repr(getattr(error, name, ""))
        error = error.__cause__ or error.__context__


def assert_silent(error: BaseException, text: str | bytes) -> None:
    shown = text if isinstance(text, str) else text.decode("latin-1")
    said = "\n".join(told_by(error))
    pieces = {shown[at : at + PIECE] for at in range(max(1, len(shown) - PIECE + 1))}
    leaked = [piece for piece in pieces if len(piece) == PIECE and piece in said]
    assert not leaked, f"the error tells {leaked[0]!r}"


@st.composite
def corrupted(draw: st.DrawFn) -> str | bytes:
    """A good token with something cut out, put in, repeated or replaced."""
    text = GOOD
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        put = draw(st.sampled_from(["", ".", "..", "=", "é", "\ud800", "\x00", "{", "A" * 40, "\n", "😀"]))
        text = text[:start] + put + text[end:]
    return text if draw(st.booleans()) else text.encode("utf-8", "surrogatepass")


@given(corrupted())
@example(GOOD + "é")
@example(GOOD.replace(".", ""))
@example(GOOD + "." + GOOD)
@example("{" + GOOD)
@example("")
def test_no_error_about_a_token_holds_a_piece_of_it(text: str | bytes) -> None:
    try:
        parse(text)
    except MalformedTokenError as error:
        assert_silent(error, text)


SECRET = "s3cret-personal-data"


@pytest.mark.parametrize(
    "payload",
    [
        f'{{"sub":"{SECRET}\xff"}}'.encode("latin-1"),
        f'{{"{SECRET}\xff":1}}'.encode("latin-1"),
        f'{{"sub":"{SECRET}\\ud800"}}'.encode("latin-1"),
        f'{{"sub":"{SECRET}","sub":"{SECRET}"}}'.encode(),
        f'{{"sub":"{SECRET}"'.encode(),
        f'{{"sub":{SECRET}}}'.encode(),
        f'["{SECRET}"]'.encode(),
        b"\xef\xbb\xbf" + f'{{"sub":"{SECRET}"}}'.encode(),
        f'{{"sub":"{SECRET}","x":{"[" * 20}{"]" * 20}}}'.encode(),
        f'{{"sub":"{SECRET}","x":{"9" * 2000}}}'.encode(),
    ],
    ids=lambda payload: payload[:24].decode("latin-1"),
)
@pytest.mark.parametrize("place", ["header", "payload"])
def test_no_error_about_json_holds_what_the_json_said(payload: bytes, place: str) -> None:
    segment = b64(payload)
    segments = {"header": HEADER_SEGMENT, "payload": PAYLOAD_SEGMENT} | {place: segment}
    text = f"{segments['header']}.{segments['payload']}.{SIGNATURE_SEGMENT}"
    with pytest.raises(MalformedTokenError) as caught:
        parse(text)
    assert_silent(caught.value, text)
    assert_silent(caught.value, SECRET)


@pytest.mark.parametrize("thing", [None, 5, ["a.b.c"], {"token": GOOD}, bytearray(GOOD.encode()), object()])
def test_an_error_about_a_thing_that_is_no_text_names_its_type_alone(thing: Any) -> None:
    with pytest.raises(MalformedTokenError, match=type(thing).__name__) as caught:
        parse(thing)
    assert_silent(caught.value, GOOD)
