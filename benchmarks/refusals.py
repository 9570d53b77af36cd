"""What a refusal costs, beside an acceptance in the same run: nobody may make us work harder with a bad token.

    python -m benchmarks.refusals [--rounds 40]

Every token that the dev issuer can spoil is verified in turn with a good one; the ratio is the median over the rounds.
Tokens whose key is unknown are left out where they would cause a fetch: how often that may happen is the key ring's
business (`unknown_key_cooldown`).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bearerguard import BearerguardError, Verifier
from bearerguard.issuer import DevIssuer

TURN: Final = 50
TARGET: Final = 1.10
"""A tenth more than an acceptance is what two runs of one thing may differ by."""


def cost(verify: Callable[[str], object], token: str) -> float:
    """Return the processor seconds of `TURN` verifications, refused or not."""
    start = time.thread_time()
    for _ in range(TURN):
        with suppress(BearerguardError):
            verify(token)
    return time.thread_time() - start


def main() -> int:
    """Run, print the table, and return 1 if a refusal costs more than the target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    issuer = DevIssuer()
    verifier = Verifier(issuer.policy(), keys=issuer.key_set())
    good = issuer.mint()
    verifier.verify(good)
    tokens = dict(issuer.spoiled())
    ratios: dict[str, list[float]] = {name: [] for name in tokens}
    for _ in track(range(rounds), console=Console(stderr=True), transient=True):
        for name, token in tokens.items():
            accepted = cost(verifier.verify, good)
            ratios[name].append(cost(verifier.verify, token) / accepted)
    table = Table(title="A refusal, as a ratio to an acceptance")
    table.add_column("token")
    table.add_column("ratio", justify="right")
    medians = {name: statistics.median(found) for name, found in ratios.items()}
    for name, ratio in sorted(medians.items(), key=lambda row: -row[1]):
        table.add_row(name, f"{ratio:.2f}", style="red" if ratio > TARGET else "")
    Console().print(table)
    return 1 if max(medians.values()) > TARGET else 0


if __name__ == "__main__":
    sys.exit(main())
