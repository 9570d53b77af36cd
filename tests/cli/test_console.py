"""Dates and lengths of time as people read them, and texts as a terminal may have them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearerguard.cli._console import moment, plain, shown, span

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (89, "89 s"),
        (90, "1 min"),
        (5 * 60, "5 min"),
        (90 * 60 - 1, "89 min"),
        (90 * 60, "1 h"),
        (36 * 3_600 - 1, "35 h"),
        (36 * 3_600, "1 d"),
        (400 * 86_400, "400 d"),
    ],
)
def test_a_length_of_time_is_said_in_the_unit_that_suits_it(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("exp", NOW + 1_800, "2026-01-01 00:30:00 UTC, expires in 30 min"),
        ("exp", NOW, "2026-01-01 00:00:00 UTC, expired 0 s ago"),
        ("exp", NOW - 300, "2025-12-31 23:55:00 UTC, expired 5 min ago"),
        ("nbf", NOW + 60, "2026-01-01 00:01:00 UTC, begins in 60 s"),
        ("nbf", NOW - 60, "2025-12-31 23:59:00 UTC, began 60 s ago"),
        ("iat", NOW + 600, "2026-01-01 00:10:00 UTC, issued 10 min in the future"),
        ("auth_time", NOW - 7_200, "2025-12-31 22:00:00 UTC, authenticated 2 h ago"),
        ("exp", 253_402_300_799, "9999-12-31 23:59:59 UTC, expires in 2912442 d"),
        ("exp", 253_402_300_800, "not a date on this calendar"),
        ("exp", -(10**30), "not a date on this calendar"),
        ("exp", float("inf"), "not a date on this calendar"),
        ("exp", float("nan"), "not a date on this calendar"),
        ("exp", "1767225600", ""),
        ("exp", True, ""),
        ("exp", None, ""),
        ("version", NOW, ""),
    ],
)
def test_a_claim_that_is_a_date_is_said_in_words(name: str, value: Any, words: str) -> None:
    assert moment(name, value, NOW) == words


@settings(max_examples=50)
@given(st.text())
def test_a_text_for_the_terminal_is_printable_whatever_it_was(text: str) -> None:
    assert plain(text).isprintable()


@settings(max_examples=50)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_a_value_for_the_terminal_is_printable_and_still_the_same_json(value: Any) -> None:
    assert shown(value).isprintable()
    if not any(ord(character) > 0xFFFF for character in json.dumps(value, ensure_ascii=False)):
        assert json.loads(shown(value)) == value
