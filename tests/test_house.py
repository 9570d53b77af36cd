"""The habits of the house: a small shop window, short documented rooms, and errors that are all told."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import bearerguard
from bearerguard.bearer import refuse
from bearerguard.errors import (
    BearerguardError,
    ConfigurationError,
    DocumentError,
    PermissionDeniedError,
    RequestError,
    TokenError,
    UnavailableError,
)
from tools import generate_errors_page

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "src" / "bearerguard"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


# ---------------------------------------------------------------------------------------------------------- the shop window


def test_the_shop_window_shows_at_most_twenty_names() -> None:
    names = bearerguard.__all__
    assert len(names) == len(set(names))
    assert len(names) <= 20


@pytest.mark.parametrize("name", bearerguard.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    public = getattr(bearerguard, name)
    documented = public if inspect.isclass(public) or inspect.isroutine(public) else type(public)
    if documented.__module__ == "builtins":
        return
    assert (documented.__doc__ or "").strip(), f"{name} has no docstring"


@pytest.mark.parametrize("name", bearerguard.__all__)
def test_the_public_methods_of_a_public_class_are_documented(name: str) -> None:
    public = getattr(bearerguard, name)
    if inspect.isclass(public):
        for attribute, value in vars(public).items():
            if not attribute.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                assert inspect.getdoc(getattr(public, attribute)), f"{name}.{attribute} has no docstring"


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


# ---------------------------------------------------------------------------------------------------------------- the rooms


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for_and_stays_short(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module begins with what it is for"
    lines = len(text.splitlines())
    assert lines < 500
    if module == PACKAGE / "__init__.py":
        assert lines < 60
    if module.parent.name == "integrations":
        assert lines <= 150, "an integration is three calls: extract, check, refuse"


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("integrations/*.py")), ids=name_of)
def test_no_integration_knows_a_status_or_a_challenge(module: Path) -> None:
    # HTTP meaning lives in bearer.py (docs/decisions): an integration hands on what the refusal says. Docstrings may tell.
    tree = ast.parse(module.read_text(encoding="utf-8"))
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not {value for value in values if type(value) is int and 400 <= value < 600}
    assert "WWW-Authenticate" not in values


# --------------------------------------------------------------------------------------------------------------- the errors

FAULTS: Final[dict[type[BearerguardError], set[int]]] = {
    ConfigurationError: {500},
    DocumentError: {503},
    RequestError: {400, 401},
    TokenError: {401},
    PermissionDeniedError: {401, 403},
    UnavailableError: {503},
}


def tree() -> list[type[BearerguardError]]:
    """Every error of the package, whatever module declares it."""
    for module in pkgutil.walk_packages(bearerguard.__path__, "bearerguard."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)

    def walk(kind: type[BearerguardError]) -> Iterator[type[BearerguardError]]:
        for child in kind.__subclasses__():
            if child.__module__.partition(".")[0] == "bearerguard":
                yield child
                yield from walk(child)

    return list(walk(BearerguardError))


ERRORS: Final = tree()
CODES: Final = [(kind, code) for kind in ERRORS for code in kind.codes]


def test_every_error_is_declared_in_errors_and_shown_in_its_tree() -> None:
    errors = importlib.import_module("bearerguard.errors")
    for kind in ERRORS:
        assert kind.__module__ == "bearerguard.errors"
        assert re.search(rf"── {kind.__name__}\b", errors.__doc__ or ""), (
            f"{kind.__name__} is not in the tree of errors.py"
        )


def test_every_error_is_somebodys_fault() -> None:
    for kind in ERRORS:
        assert any(issubclass(kind, fault) for fault in FAULTS), f"{kind.__name__} is nobody's fault"


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_has_codes_of_its_own(kind: type[BearerguardError]) -> None:
    assert vars(kind).get("codes"), f"{kind.__name__} has no code of its own"
    assert kind("x").code == next(iter(kind.codes))


def test_a_code_belongs_to_one_error() -> None:
    codes = [code for _, code in CODES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_an_error_is_told_to_the_caller_in_one_sentence_that_gives_nothing_away(
    kind: type[BearerguardError], code: str
) -> None:
    error = kind("private detail", code=code)
    refusal = refuse(error, realm="api", scopes=["orders:read"])
    assert re.fullmatch(r"[A-Z][^.]*\.", error.public)
    assert "private detail" not in repr((refusal.headers, refusal.body))
    assert refusal.body["error_description"] == error.public
    assert str(error) == f"{code}: private detail"


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_an_error_is_refused_as_its_fault_demands(kind: type[BearerguardError], code: str) -> None:
    refusal = refuse(kind("x", code=code))
    fault = next(fault for fault in FAULTS if issubclass(kind, fault))
    names = [name for name, _ in refusal.headers]
    assert refusal.status in FAULTS[fault]
    # An outage is never a 401, and says when to come again; a 401 always says how to come again (RFC 9110 section 15.5.2).
    assert "Retry-After" in names or not issubclass(kind, UnavailableError)
    assert ("WWW-Authenticate" in names) == (refusal.status in (400, 401, 403))


def test_every_code_has_its_line_on_the_errors_page() -> None:
    page = generate_errors_page.PAGE.read_text(encoding="utf-8")
    assert not [code for _, code in CODES if f"| `{code}` |" not in page]


def test_the_errors_page_is_what_the_code_says() -> None:
    assert generate_errors_page.PAGE.read_text(encoding="utf-8") == generate_errors_page.render(), (
        "run `make docs`"
    )
