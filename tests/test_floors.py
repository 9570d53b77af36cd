"""The floors of the house are a test: imports point down, the core knows no time and no network, the front door is light."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "src" / "bearerguard"
CONTRACTS: Final[dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
PURE: Final = [name.removeprefix("bearerguard.") for name in CONTRACTS["pure"]["source_modules"]]
FORBIDDEN: Final = frozenset(CONTRACTS["pure"]["forbidden_modules"])


def lint(tree: Path, *contracts: str) -> tuple[bool, str]:
    """Run the contracts over the package found under this tree's src/; return whether they hold, and the report."""
    arguments = [f"--contract={name}" for name in contracts]
    command = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    done = subprocess.run(
        [sys.executable, "-c", command, f"--config={ROOT / 'pyproject.toml'}", "--no-cache", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, for spoiling."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "bearerguard", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def floor_of(module: str) -> int:
    """The storey of a module, counted from the top."""
    for number, layer in enumerate(CONTRACTS["floors"]["layers"]):
        if module in re.findall(r"\w+", layer):
            return number
    raise AssertionError(f"{module} has no floor")


# ------------------------------------------------------------------------------------------------------------ the contracts


def test_every_import_points_down() -> None:
    kept, report = lint(ROOT)
    assert kept, report
    assert f"{len(CONTRACTS)} kept, 0 broken" in report


def test_an_untouched_copy_is_accepted_so_what_refuses_the_spoiled_ones_is_the_spoiling(copy: Path) -> None:
    kept, report = lint(copy)
    assert kept, report


@pytest.mark.parametrize(
    ("contract", "file", "line", "complaint"),
    [
        ("floors", "errors.py", "import bearerguard.guard", "bearerguard.errors is not allowed to import bearerguard.guard"),
        ("floors", "errors.py", "import bearerguard", "bearerguard.errors is not allowed to import"),
        ("floors", "token.py", "from . import policy", "bearerguard.token is not allowed to import bearerguard.policy"),
        ("floors", "judge.py", "from . import keyring", "bearerguard.judge is not allowed to import bearerguard.keyring"),
        ("floors", "attic.py", "", "bearerguard.attic"),
        ("pure", "judge.py", "def late():\n    import time", "bearerguard.judge is not allowed to import time"),
        ("pure", "keyring.py", "from urllib.parse import urlsplit", "bearerguard.keyring is not allowed to import urllib"),
        ("pure", "policy.py", "import httpx2", "bearerguard.policy is not allowed to import httpx2"),
    ],
)  # fmt: skip
def test_the_contract_refuses(copy: Path, contract: str, file: str, line: str, complaint: str) -> None:
    with (copy / "src" / "bearerguard" / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    kept, report = lint(copy, contract)
    assert not kept
    assert complaint in report


def test_an_integration_that_imports_another_is_refused(copy: Path) -> None:
    streets = copy / "src" / "bearerguard" / "integrations"
    (streets / "one.py").write_text("")
    (streets / "two.py").write_text("from bearerguard.integrations import one\n")
    kept, report = lint(copy, "streets")
    assert not kept
    assert "bearerguard.integrations.two is not allowed to import bearerguard.integrations.one" in report


# ------------------------------------------------------------------------------------------------------------------- purity


def test_the_pure_modules_are_all_those_from_the_judgement_down() -> None:
    storeys = CONTRACTS["floors"]["layers"]
    below = [name for layer in storeys[floor_of("judge") :] for name in re.findall(r"\w+", layer)]
    assert sorted(PURE) == sorted(below)


def test_the_modules_that_must_be_covered_completely_are_the_pure_ones() -> None:
    core = re.search(r"^CORE := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert core is not None
    assert sorted(core[1].split()) == sorted(PURE)


def files_of(module: str) -> list[Path]:
    """The files of a room: one, or a folder of them."""
    files = [PACKAGE / f"{module}.py", *(PACKAGE / module).glob("*.py")]
    return [path for path in files if path.exists()]


def imports_of(tree: ast.AST) -> set[str]:
    """The root of everything that is imported absolutely, at any depth of the code."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Name) and node.id == "__import__":
            found.add("__import__")
    return found


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_imports_no_time_no_network_no_thread_and_no_log_even_late(module: str) -> None:
    for path in files_of(module):
        imported = imports_of(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
        assert imported.isdisjoint(FORBIDDEN | {"importlib", "__import__"}), path


@pytest.mark.parametrize(
    "code", ["import time", "def f():\n    from http import client", "__import__('ssl')"]
)
def test_the_reader_of_imports_sees_the_late_and_the_hidden_ones(code: str) -> None:
    assert not imports_of(ast.parse(code)).isdisjoint(FORBIDDEN | {"__import__"})


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_reads_no_calendar(module: str) -> None:
    called = {
        node.func.attr
        for path in files_of(module)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert called.isdisjoint({"now", "utcnow", "today"})


# ----------------------------------------------------------------------------------------------------------- the front door

# Whatever a user of the core did not ask for.
UNASKED: Final = {
    *("aiohttp", "django", "fastapi", "flask", "grpc", "litestar", "mcp", "starlette", "werkzeug"),
    *("anyio", "h11", "httpcore2", "httpx", "httpx2", "requests", "uvicorn"),
    *("authlib", "click", "pydantic", "redis", "rich", "typer"),
}
ROOMS_UNASKED: Final = {
    f"bearerguard.{room}" for room in ("cli", "testing", "gateway", "integrations", "issuer", "online")
}


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_importing_the_package_loads_no_framework_no_http_client_no_issuer_and_no_command() -> None:
    loaded = set(json.loads(python("import sys, json, bearerguard; print(json.dumps(list(sys.modules)))")))
    assert "bearerguard.judge" in loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(UNASKED)
    assert loaded.isdisjoint(ROOMS_UNASKED)


CORE_DEPENDENCIES: Final = (
    "import msgspec; from cryptography.hazmat.primitives import hashes; "
    "from cryptography.hazmat.primitives.asymmetric import ec, ed25519, ed448, padding, rsa"
)


def test_importing_the_package_costs_little_more_than_its_two_core_dependencies() -> None:
    # Measured here and now, in turns, each at its best of several, so that the machine and its load cancel out.
    package, dependencies = (
        min(times)
        for times in zip(
            *((seconds("import bearerguard"), seconds(CORE_DEPENDENCIES)) for _ in range(6)), strict=True
        )
    )
    assert package < 3 * dependencies, f"{package * 1000:.0f} ms against {dependencies * 1000:.0f} ms"


def seconds(imports: str) -> float:
    """How long a fresh interpreter takes for these imports."""
    return float(
        python(f"import time; start = time.perf_counter(); {imports}; print(time.perf_counter() - start)")
    )
