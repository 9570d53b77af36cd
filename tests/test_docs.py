"""The pages are checked like code.

Every ```python block of a page runs, top to bottom, in one namespace per page, in an empty directory, with the network
out of reach except for loopback. A block may `await` at its top level. One that cannot run says so, with its reason, in a
comment directly above it: `<!-- not run: needs a real project -->`. In a ```console block, each `$ bearerguard ...` and
`$ make ...` must name a command that exists. Each relative link must lead somewhere.
"""

from __future__ import annotations

import ast
import asyncio
import ipaddress
import re
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import CO_COROUTINE
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROSE: Final = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]

# A fence, the reason above it if there is one, and what it encloses, at any indentation.
FENCE: Final = re.compile(
    r"(?:^[ ]*<!--[ ]*not run:(?P<reason>.*?)-->[ ]*\n\s*?)?"
    r"^(?P<indent>[ ]*)(?P<fence>`{3,}|~{3,})[ ]*(?P<language>[^\s`]*)[^\n`]*\n(?P<code>.*?)^(?P=indent)(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
LINK: Final = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)(?P<target>[^)\s#]+)(?:#[^)\s]*)?\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its code, the line its code begins at, and why it is not run (None: it is)."""

    language: str
    code: str
    line: int
    reason: str | None


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block of a page."""
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start("code")) + 1
        reason = found["reason"]
        yield Block(
            found["language"],
            textwrap.dedent(found["code"]),
            line,
            None if reason is None else reason.strip(),
        )


def run(block: Block, page: str, namespace: dict[str, Any], runner: asyncio.Runner) -> None:
    """Execute one block; a traceback names the page and its line."""
    source = "\n" * (block.line - 1) + block.code
    code = compile(source, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, namespace)
    if code.co_flags & CO_COROUTINE:
        runner.run(result)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, without asking the network."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", "")


@pytest.fixture
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every name that leads out of this machine."""

    def guarded(method: str) -> None:
        original: Callable[..., Any] = getattr(socket.socket, method)

        def call(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            if isinstance(address, tuple) and not is_loopback(str(address[0])):
                raise OSError(f"a page must not leave this machine: {method}{address!r}")
            return original(self, *arguments)

        monkeypatch.setattr(socket.socket, method, call)

    for method in ("connect", "connect_ex", "sendto"):
        guarded(method)

    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not is_loopback(name):
            raise socket.gaierror(socket.EAI_NONAME, f"a page must not leave this machine: {name!r}")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
@pytest.mark.usefixtures("loopback_only")
def test_every_python_block_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # A module of its own, known to sys.modules, so that dataclasses and annotations find their names.
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    with asyncio.Runner() as runner:
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.language == "python" and block.reason is None:
                run(block, str(page), vars(module), runner)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_python_block_escapes(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        assert block.language not in ("py", "py3", "python3", "pycon", "Python"), (
            f"{name_of(page)}:{block.line}: write ```python, which is run"
        )
        assert block.reason != "", f"{name_of(page)}:{block.line}: say why the block is not run"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_a_page_exists(page: Path) -> None:
    bearerguard = bearerguard_commands()
    make = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language != "console":
            continue
        for number, line in enumerate(block.code.splitlines(), block.line):
            found = re.match(r"\$ (?:python -m )?(bearerguard|make) +([a-z][\w-]*)", line)
            if found is not None:
                known = bearerguard if found[1] == "bearerguard" else make
                assert found[2] in known, f"{name_of(page)}:{number}: there is no `{found[1]} {found[2]}`"


def bearerguard_commands() -> set[str]:
    """The sub-commands of the command line, as it declares them."""
    from typer.main import get_group

    from bearerguard.cli import app

    return set(get_group(app).commands)


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        assert (page.parent / found["target"]).exists(), f"{name_of(page)} links to {found['target']}"


# ---------------------------------------------------------------------------------------------- the reader of pages, itself

PAGE: Final = """\
# A page

```python
value = 40
```

1. In a list:

    ```python
    import asyncio
    value += await asyncio.sleep(0, 2)
    ```

<!-- not run: it would fail -->
```python
value = 0 / 0
```

<!-- not run: -->

```python title="x"
pass
```

```console
$ bearerguard demo
```
"""


def test_blocks_are_found_with_their_language_their_line_and_their_reason() -> None:
    found = list(blocks(PAGE))
    assert [(block.language, block.line, block.reason) for block in found] == [
        ("python", 4, None),
        ("python", 10, None),
        ("python", 16, "it would fail"),
        ("python", 22, ""),
        ("console", 26, None),
    ]


def test_blocks_share_a_namespace_and_may_await() -> None:
    namespace: dict[str, Any] = {}
    with asyncio.Runner() as runner:
        for block in blocks(PAGE):
            if block.language == "python" and block.reason is None:
                run(block, "page.md", namespace, runner)
    assert namespace["value"] == 42


@pytest.mark.usefixtures("loopback_only")
def test_a_page_cannot_leave_this_machine() -> None:
    with pytest.raises(OSError, match="must not leave"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    with pytest.raises(socket.gaierror, match="must not leave"):
        socket.getaddrinfo("id.example.com", 443)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
