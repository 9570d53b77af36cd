"""Write docs/reference/errors.md from the code: `make docs`. A test compares the page with what this renders."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from bearerguard.bearer import refuse
from bearerguard.errors import BearerguardError, ConfigurationError

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "errors.md"

HEAD = """\
# Errors

<!-- Generated from src/bearerguard/errors.py and bearer.py by `make docs`; a test compares. Change the code, not this page. -->

Everything that bearerguard raises is a `BearerguardError`, split by whose fault it is. Each carries

- `code`: stable, part of the API; branch on it, alert on it;
- `public`: one sentence that is safe to send, the same for every token;
- `detail`: the reason, safe to log and not meant for the caller. No error holds the token or any part of a secret.

What an error means in HTTP (RFC 6750, RFC 9470) is decided in one table for every door. *OAuth error* is what the response's
`error` says, in the challenge and in the body.
"""


def children(kind: type[BearerguardError]) -> list[type[BearerguardError]]:
    """The classes that errors.py derives from this one, in its order."""
    return [child for child in kind.__subclasses__() if child.__module__ == BearerguardError.__module__]


def family(kind: type[BearerguardError]) -> Iterator[type[BearerguardError]]:
    """This class and all that derive from it, parents first."""
    yield kind
    for child in children(kind):
        yield from family(child)


def render() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for branch in children(BearerguardError):
        parts += [f"## {branch.__name__}\n", f"{summary(branch)}\n"]
        if branch is ConfigurationError:
            parts.append("It should never reach a request; if it does, it is a server error.\n")
        parts.append(
            "| code | raised as | status | OAuth error | what the caller is told |\n|---|---|---|---|---|"
        )
        for kind in family(branch):
            for code, public in kind.codes.items():
                refusal = refuse(kind(code=code))
                # RFC 6750 section 3.1: a challenge to a request without credentials carries no error code.
                challenged = any("error=" in value for _, value in refusal.headers) or refusal.status >= 500
                name = (
                    f"`{refusal.body['error']}`"
                    if challenged
                    else f"none; `{refusal.body['error']}` in the body"
                )
                parts.append(f"| `{code}` | `{kind.__name__}` | {refusal.status} | {name} | {public} |")
        meanings = [kind for kind in family(branch) if kind is not branch]
        if meanings:
            parts.append("")
            parts += [f"- `{kind.__name__}`: {summary(kind)}" for kind in meanings]
        parts.append("")
    return "\n".join(parts)


def summary(kind: type[BearerguardError]) -> str:
    """The first paragraph of a class's docstring, in one line."""
    paragraph = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return " ".join(paragraph.replace("``", "`").split())


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parent.parent.parent)}")
