"""What a hostile size costs: the time until it is refused, and the memory beyond the input itself.

    python -m benchmarks.hostile [--repeat 50] [--json FILE]

Every row is a text that somebody sends in order to keep the server busy. The first table holds what no limit lets
through: each row must be refused in under a millisecond, with no more memory than a small constant. The second holds the
dearest texts that the limits still let through, because a limit is only worth what the largest thing below it costs.
Times are the best of many, since what else the machine does only ever adds to them.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bearerguard import BearerguardError, Guard, Refusal, Verifier
from bearerguard.encoding import EncodingError, decode_object
from bearerguard.issuer import DevIssuer
from bearerguard.issuer.signing import encode
from bearerguard.keyring import located
from bearerguard.keys import key_set
from bearerguard.limits import Limits

MILLISECOND = 1e-3
CONSTANT = 128 * 1024
"""Bytes; the largest token and its parts fit into it several times."""
DEPTH, CLAIMS, DIGITS = 10_000, 100_000, 4_000


class Row(NamedTuple):
    """One hostile text: what it is, how long it is, and what is asked about it."""

    name: str
    length: int
    ask: Callable[[], object]
    limited: bool = True


class Result(NamedTuple):
    """What one row cost: verdict, best and median seconds, and bytes beyond the input."""

    verdict: str
    best: float
    median: float
    extra: int


def rows() -> Iterator[Row]:
    """Yield every row; each input is made before anything is measured."""
    issuer = DevIssuer()
    verifier = Verifier(issuer.policy(), keys=issuer.key_set())
    guard = Guard(verifier=verifier)
    good = issuer.mint()
    head, body, signature = good.split(".")
    issuer_url = issuer.url

    def token(name: str, text: str, *, limited: bool = True) -> Row:
        return Row(name, len(text), lambda: verifier.verify(text), limited)

    def document(name: str, text: bytes, ask: Callable[[bytes], object], *, limited: bool = True) -> Row:
        return Row(name, len(text), lambda: ask(text), limited)

    def payload(raw: bytes) -> str:
        return f"{head}.{encode(raw)}.{signature}"

    def discover(raw: bytes) -> str:
        return located(raw, issuer_url)

    large = "A" * 10_000_000
    yield token("token of 10 MB", f"{head}.{large}.{signature}")
    yield token("token of 10 MB, no dots", large)
    yield token("token of 10 MB, nothing but dots", "." * 10_000_000)
    yield Row("Authorization: Bearer and 10 MB", len(large), _admit(guard, ["Bearer " + large]))
    yield Row("Authorization: 10 MB of spaces", len(large), _admit(guard, [" " * 10_000_000]))
    yield Row(
        "Authorization: Bearer and 10 MB of '='", len(large), _admit(guard, ["Bearer a" + "=" * 10_000_000])
    )
    yield Row("100,000 Authorization headers", 100_000, _admit(guard, ["Bearer " + good] * 100_000))
    yield token("header of 1 MB", f"{encode(_padded_header(1_000_000))}.{body}.{signature}")
    yield token("header one byte too long", f"{encode(_padded_header(4_097))}.{body}.{signature}")
    yield token(f"claims {DEPTH:,} deep, never closed", payload(b'{"a":' + b"[" * DEPTH))
    yield token(f"claims {DEPTH:,} deep", payload(b'{"a":' + b"[" * DEPTH + b"]" * DEPTH + b"}"))
    yield token(
        "claims 6,000 deep, which fit into a token", payload(b'{"a":' + b"[" * 6_000 + b"]" * 6_000 + b"}")
    )
    yield token("claims one level too deep", payload(b'{"a":' + b"[" * 16 + b"]" * 16 + b"}"))
    many = b"{" + b",".join(b'"%05d":0' % number for number in range(CLAIMS)) + b"}"
    yield token(f"{CLAIMS:,} claims", payload(many))
    yield token(f"a number of {DIGITS:,} digits", payload(b'{"exp":' + b"9" * DIGITS + b"}"))
    yield token(f"a fraction of {DIGITS:,} digits", payload(b'{"exp":0.' + b"9" * DIGITS + b"}"))
    yield token("an exponent of 4,000 digits", payload(b'{"exp":1e' + b"9" * DIGITS + b"}"))
    yield document(f"key set {DEPTH:,} deep", b'{"keys":' + b"[" * DEPTH + b"]" * DEPTH + b"}", key_set)
    yield document(f"discovery document {DEPTH:,} deep", b'{"a":' * DEPTH + b"0" + b"}" * DEPTH, discover)
    yield document(f"key set with {CLAIMS:,} members", many, key_set)
    yield document(
        f"key set with a number of {DIGITS:,} digits", b'{"keys":[' + b"9" * DIGITS + b"]}", key_set
    )
    yield from _let_through(issuer, token, document, payload)


def _let_through(issuer: DevIssuer, token: Any, document: Any, payload: Any) -> Iterator[Row]:
    """Yield the dearest texts that no limit refuses."""
    room = Limits().token_bytes - len(issuer.mint())
    fill = {f"{number:x}": 0 for number in range(1_300)}
    yield token("accepted: 1,300 claims", issuer.mint(claims=fill), limited=False)
    yield token(
        "accepted: claims of 11 KB in escapes", issuer.mint(claims={"x": "\\" * (room // 3)}), limited=False
    )
    yield token("accepted: a header of 4 KB", issuer.mint(header={"x": "x" * 3_900}), limited=False)
    yield token(
        "refused: 12 KB of empty arrays",
        payload(b'{"a":[' + b",".join([b"[]"] * 3_900) + b"]}"),
        limited=False,
    )
    yield token(
        "refused: 12 KB of names given twice",
        payload(b"{" + b",".join([b'"a":0'] * 1_900) + b"}"),
        limited=False,
    )
    yield token(
        "refused: 12 KB of escaped quotes", payload(b'{"a":"' + b'\\"' * 5_800 + b'"}'), limited=False
    )
    yield token(
        "refused: 12 KB of numbers",
        payload(b'{"a":[' + b",".join([b"1e-300"] * 1_600) + b"]}"),
        limited=False,
    )
    yield token(
        "refused: 12 KB, and bytes that are not UTF-8",
        payload(b'{"a":"' + b"x" * 11_000 + b'\xff"}'),
        limited=False,
    )
    yield document(
        "refused: a key set of 65 keys",
        json.dumps({"keys": issuer.key_set()["keys"] * 65}).encode(),
        key_set,
        limited=False,
    )
    yield document(
        "read: a key set of 64 keys",
        json.dumps({"keys": issuer.key_set()["keys"] * 64}).encode(),
        key_set,
        limited=False,
    )
    yield document(
        "read: an object of 256 KB",
        b"{" + b",".join(b'"%05d":0' % n for n in range(26_000)) + b"}",
        decode_object,
        limited=False,
    )


def _padded_header(length: int) -> bytes:
    start = b'{"alg":"RS256","x":"'
    return start + b"x" * (length - len(start) - 2) + b'"}'


def _admit(guard: Guard, fields: list[str]) -> Callable[[], object]:
    return lambda: guard.admit(fields)


def measure(row: Row, repeat: int) -> Result:
    """Return what a row costs: the verdict, seconds, and the peak of memory that was not there before."""
    verdict, extra = _verdict(row), 0
    times: list[float] = []
    for _ in range(repeat):
        start = time.perf_counter()
        _verdict(row)
        times.append(time.perf_counter() - start)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        _verdict(row)
        extra = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return Result(verdict, min(times), statistics.median(times), extra)


def _verdict(row: Row) -> str:
    try:
        found = row.ask()
    except BearerguardError as error:
        return error.code
    except EncodingError:
        return "refused"
    return found.error.code if isinstance(found, Refusal) else "accepted"


def main() -> int:
    """Run, print both tables, and return 1 if a hostile size cost too much or was accepted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    logging.getLogger("bearerguard").disabled = True
    measured = [(row, measure(row, chosen.repeat)) for row in rows()]
    console = Console()
    for limited, title in ((True, "Refused by a limit"), (False, "The dearest that the limits let through")):
        table = Table(title=title)
        for column, justify in (
            ("", "left"),
            ("bytes", "right"),
            ("verdict", "left"),
            ("best, us", "right"),
            ("median, us", "right"),
            ("memory", "right"),
        ):
            table.add_column(column, justify=justify)  # type: ignore[arg-type]
        for row, cost in measured:
            if row.limited is limited:
                figures = (
                    f"{cost.best * 1e6:.1f}",
                    f"{cost.median * 1e6:.1f}",
                    f"{cost.extra / 1024:.1f} KiB",
                )
                table.add_row(
                    row.name,
                    f"{row.length:,}",
                    cost.verdict,
                    *figures,
                    style="red" if _missed(row, cost) else "",
                )
        console.print(table)
    if chosen.json:
        chosen.json.write_text(
            json.dumps(
                [{"name": row.name, "bytes": row.length, **cost._asdict()} for row, cost in measured],
                indent=1,
            )
            + "\n"
        )
    missed = [row.name for row, cost in measured if _missed(row, cost)]
    for name in missed:
        console.print(f"[red]{name}: not refused in {MILLISECOND * 1e3:g} ms and {CONSTANT // 1024} KiB")
    return 1 if missed else 0


def _missed(row: Row, cost: Result) -> bool:
    return row.limited and (cost.verdict == "accepted" or cost.best >= MILLISECOND or cost.extra > CONSTANT)


if __name__ == "__main__":
    sys.exit(main())
