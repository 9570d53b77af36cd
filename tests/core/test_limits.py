"""Every bound has a unit, a reason and a value that makes sense."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from bearerguard.limits import DEFAULT_LIMITS, Limits

NAMES = [field.name for field in fields(Limits)]
WHOLE = [name for name in NAMES if isinstance(getattr(DEFAULT_LIMITS, name), int)]
TIMES = [name for name in NAMES if name not in WHOLE]


def problem(name: str, value: Any) -> str:
    return Limits(**{name: value}).problem() or ""


def test_no_limit_lets_a_decoder_go_down_further_than_a_small_stack_has() -> None:
    assert Limits(json_depth=128).problem() is None
    assert "at most 128" in str(Limits(json_depth=129).problem())


def test_the_defaults_make_sense() -> None:
    assert Limits().problem() is None
    assert Limits() == DEFAULT_LIMITS


def test_limits_cannot_be_changed_once_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Limits().token_bytes = 1  # type: ignore[misc]


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_is_explained(name: str) -> None:
    assert re.search(rf"``{name}``", Limits.__doc__ or "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-1, True, "60", None, [], 1j])
def test_no_limit_is_negative_or_anything_but_a_number(name: str, value: Any) -> None:
    assert problem(name, value).startswith(name)


@pytest.mark.parametrize("name", WHOLE)
def test_a_size_or_count_is_a_whole_number(name: str) -> None:
    assert problem(name, 1) == ""
    for value in (0, 1.0, float("inf"), float("nan")):
        assert problem(name, value).startswith(name)


@pytest.mark.parametrize("name", TIMES)
def test_a_time_is_positive_and_finite(name: str) -> None:
    for value in (float("inf"), float("-inf"), float("nan"), -0.001):
        assert problem(name, value).startswith(name)


@pytest.mark.parametrize("name", [name for name in TIMES if name != "keys_grace"])
def test_a_time_of_nothing_is_no_time(name: str) -> None:
    assert problem(name, 0.0).startswith(name)


def test_a_grace_of_nothing_is_a_choice() -> None:
    assert Limits(keys_grace=0).problem() is None


def test_a_refresh_may_wait_for_the_end_of_the_lifetime_and_no_longer() -> None:
    assert Limits(refresh_ahead=1).problem() is None
    assert (Limits(refresh_ahead=1.001).problem() or "").startswith("refresh_ahead")


def test_the_clamps_on_a_lifetime_may_meet_and_not_cross() -> None:
    assert Limits(keys_ttl_min=300, keys_ttl_max=300).problem() is None
    assert "keys_ttl_min" in (Limits(keys_ttl_min=301, keys_ttl_max=300).problem() or "")
