"""The page on defaults argues every setting there is, with the value that it really has."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from bearerguard import AsyncGuard, AsyncVerifier, Guard, HttpFetcher, Limits, Policy, Requirement, Verifier
from bearerguard.policy import UserClaims
from bearerguard.shared_secret import SharedSecretPolicy

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = (ROOT / "docs" / "explanation" / "why-these-defaults.md").read_text(encoding="utf-8")
SECTION: Final = re.compile(r"^## (?P<title>.+?)$(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SETTING: Final = re.compile(r"\*\*`(?P<name>\w+)(?: = (?P<value>[^`]+))?`\*\*")
REQUIRED: Final = object()


def told(heading: str) -> dict[str, Any]:
    """Return the settings that the page argues under a heading, with the values it gives them."""
    found: dict[str, Any] = {}
    names = {"UserClaims": UserClaims, "Limits": Limits, "time": time}
    for section in SECTION.finditer(PAGE):
        if section["title"].startswith(heading):
            for setting in SETTING.finditer(section["body"]):
                assert setting["name"] not in found, f"{setting['name']} is argued twice"
                found[setting["name"]] = (
                    REQUIRED if setting["value"] is None else eval(setting["value"], names)
                )
    return found


def arguments(call: Callable[..., Any]) -> dict[str, Any]:
    """Return the settings that a class takes, with their defaults."""
    return {
        name: REQUIRED if parameter.default is parameter.empty else parameter.default
        for name, parameter in inspect.signature(call).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }


def required_of_a_policy() -> set[str]:
    """Return the fields that a type checker sees without a default: at run time they have one, to be refused with a sentence."""
    source = ast.parse((ROOT / "src" / "bearerguard" / "policy.py").read_text(encoding="utf-8"))
    policy = next(node for node in source.body if isinstance(node, ast.ClassDef) and node.name == "Policy")
    declared = next(node for node in policy.body if isinstance(node, ast.If)).body
    return {
        node.target.id
        for node in declared
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is None
    }


def alike(said: dict[str, Any], true: dict[str, Any]) -> None:
    assert said.keys() == true.keys()
    for name, value in true.items():
        assert type(said[name]) is type(value), name
        assert said[name] == value, name


def test_every_setting_of_a_policy_is_argued_with_its_true_default() -> None:
    required = required_of_a_policy()
    assert required == {"issuer", "audience"}
    fields = {field.name: field.default for field in dataclasses.fields(Policy) if field.init}
    alike(told("`Policy`"), {name: REQUIRED if name in required else value for name, value in fields.items()})


def test_every_limit_is_argued_with_its_true_default() -> None:
    alike(told("`Limits`"), dataclasses.asdict(Limits()))


@pytest.mark.parametrize("call", [Verifier, HttpFetcher, Guard, Requirement, SharedSecretPolicy])
def test_every_setting_of_a_door_is_argued_with_its_true_default(call: type) -> None:
    alike(told(f"`{call.__name__}`"), arguments(call))


@pytest.mark.parametrize(("one", "other"), [(Verifier, AsyncVerifier), (Guard, AsyncGuard)])
def test_a_door_has_the_same_settings_awaited(one: type, other: type) -> None:
    assert arguments(one) == arguments(other)


def fixed() -> Iterator[tuple[str, Any]]:
    for module, name in (
        ("policy", "MAX_LEEWAY"),
        ("keys", "RSA_BITS"),
        ("keys", "RSA_EXPONENTS"),
        ("fetch", "MAX_REDIRECTS"),
        ("verifier", "KNOWN_HEADERS"),
        ("checks", "LATEST_DATE"),
    ):
        yield name, getattr(importlib.import_module(f"bearerguard.{module}"), name)


def test_what_is_fixed_is_argued_with_its_true_value() -> None:
    alike(told("Fixed"), dict(fixed()))


@pytest.mark.parametrize("setting", [*SETTING.finditer(PAGE)], ids=lambda setting: setting["name"])
def test_a_setting_is_argued_and_not_only_named(setting: re.Match[str]) -> None:
    argument = PAGE[setting.end() :].partition("\n\n")[0]
    assert len(argument.split()) >= 8, f"{setting['name']} is named and not argued"
