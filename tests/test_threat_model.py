"""The threat model names modules and tests that exist, and forgets neither an attacker nor a module that decides."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
FILE: Final = ROOT / "docs" / "explanation" / "threat-model.md"
PAGE: Final = FILE.read_text(encoding="utf-8")
LINK: Final = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>[^)#]+)(?:#[^)]*)?\)")
LINKS: Final = [(found["text"], found["target"]) for found in LINK.finditer(PAGE)]
TESTS: Final = [(text.strip("`"), target) for text, target in LINKS if text.startswith("`test_")]
ROW: Final = re.compile(r"^\| (?!---)(?P<cells>.+) \|$", re.MULTILINE)


@pytest.mark.parametrize(("text", "target"), LINKS)
def test_what_the_threat_model_links_exists(text: str, target: str) -> None:
    assert (FILE.parent / target).resolve().exists()
    assert (FILE.parent / target).resolve().is_relative_to(ROOT)


@pytest.mark.parametrize(("name", "target"), TESTS)
def test_a_test_that_the_threat_model_names_is_in_that_file(name: str, target: str) -> None:
    tree = ast.parse((FILE.parent / target).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_defence_names_its_proof() -> None:
    sections = [part for part in PAGE.split("\n## ") if "| proven by |" in part]
    assert len(sections) == 6, "an attacker each: stranger, holder, client, issuer, wire, operator"
    for section in sections:
        for row in ROW.finditer(section):
            proof = row["cells"].split(" | ")[-1]
            assert proof == "proven by" or "](../../tests/" in proof, row["cells"]


@pytest.mark.parametrize(
    "module",
    ["algorithms", "bearer", "checks", "encoding", "errors", "fetch", "judge", "keyring", "keys", "limits", "policy", "shared_secret",
     "token", "urls", "verified", "verifier"],
)  # fmt: skip
def test_every_module_that_decides_has_its_place_in_the_threat_model(module: str) -> None:
    assert f"../../src/bearerguard/{module}.py" in {target for _, target in LINKS}


def test_the_security_policy_and_the_threat_model_lead_to_one_another() -> None:
    assert "../../SECURITY.md" in {target for _, target in LINKS}
    assert "(docs/explanation/threat-model.md)" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
