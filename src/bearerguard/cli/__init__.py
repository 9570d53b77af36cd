"""The command line: ``bearerguard demo``, ``bearerguard verify`` and ``bearerguard inspect``.

`main` is the program. It alone speaks when the extra that brings Typer and Rich is missing; all else is a file a command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

__all__ = ["main"]

_EXTRA: Final = frozenset({"typer", "rich"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (those of the process if None) and return its exit status.

    0: yes, or done. 1: no. 2: it could not be decided, or was asked in the wrong way. 130: interrupted. 141: nobody
    reads what is written.
    """
    try:
        from ._app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        print(
            "bearerguard: the command line is an extra that is not installed: pip install 'bearerguard[cli]'",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("bearerguard: interrupted.", file=sys.stderr)
        return 130
    return run(sys.argv[1:] if arguments is None else arguments)


def __getattr__(name: str) -> Any:
    if name == "app":  # the Typer application, which cannot be named before its extra is known to be there
        from ._app import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
