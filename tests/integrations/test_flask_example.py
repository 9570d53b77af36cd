"""The example is what it says: started as its README says, and called over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from bearerguard.issuer import IssuerServer

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "flask"
PATIENCE: Final = 20.0


@pytest.fixture(scope="module")
def issuer() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture(scope="module")
def client(issuer: IssuerServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """The example, running, on a free port that Flask finds."""
    output = tmp_path_factory.mktemp("example") / "output"
    command = [sys.executable, "-m", "flask", "--app", "app", "run", "--port", "0"]
    environment = {
        **os.environ,
        "ISSUER": issuer.url,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=EXAMPLE, env=environment, stdout=file, stderr=file)
    try:
        origin = address(output, process)
        with httpx2.Client(base_url=origin, trust_env=False, timeout=PATIENCE) as client:
            yield client
    finally:
        process.terminate()
        process.wait(PATIENCE)


def address(output: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the server says where it listens."""
    for _ in range(int(PATIENCE / 0.05)):
        found = re.search(r"Running on (http://127\.0\.0\.1:\d+)", output.read_text(encoding="utf-8"))
        if found is not None:
            return found[1]
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"the example did not start: {output.read_text(encoding='utf-8')}")


def test_it_greets_who_has_a_token(client: httpx2.Client, issuer: IssuerServer) -> None:
    token = issuer.issuer.mint("alice")
    answer = client.get("/hello", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "Hello!", "user": "alice", "verified": True},
    )


def test_it_refuses_who_has_none(client: httpx2.Client) -> None:
    answer = client.get("/hello")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_it_refuses_a_wrong_one(client: httpx2.Client, issuer: IssuerServer) -> None:
    for name, token in issuer.issuer.spoiled():
        assert client.get("/hello", headers={"Authorization": f"Bearer {token}"}).status_code == 401, name


def test_it_knows_its_administrators(client: httpx2.Client, issuer: IssuerServer) -> None:
    for roles, status in ((["admin"], 200), (["editor"], 403), ([], 403)):
        token = issuer.issuer.mint(roles=roles)
        assert client.get("/admin", headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_it_goes_on_while_the_issuer_is_away(client: httpx2.Client, issuer: IssuerServer) -> None:
    def greeted(subject: str) -> str:
        token = issuer.issuer.mint(subject)
        answer = client.get("/hello", headers={"Authorization": f"Bearer {token}"})
        return str(answer.json()["user"])

    assert greeted("alice") == "alice"
    issuer.stop()
    assert greeted("bob") == "bob"
    issuer.start()
    assert greeted("carol") == "carol"
