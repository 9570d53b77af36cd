"""Several runs of `fuzz.target`, one after the other, and what they did: ``python -m fuzz.run --runs 1000000 --seeds 1 2 3``.

Each run is a process of its own with a random seed of its own; all share a corpus, which lies with the logs and the record
outside the repository. The status is 1 as soon as one run ends with a finding; the input is kept, and
``python -m fuzz.target FILE`` repeats it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import bearerguard

from . import seeds

_DONE: Final = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_PROGRESS: Final = re.compile(r"^#(\d+)\s.*?cov: (\d+).*?corp: (\d+)")
_TELL_EVERY: Final = 10.0
_SECONDS_FOR_ONE: Final = 300  # of the wall clock, for what hangs; `fuzz.target` watches the processor's


def main() -> int:
    """Run, tell the executions a second, write the record, and return 1 if something was found."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=int, default=100_000, help="executions of each run (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1], help="one run for each; every third may make long inputs"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "bearerguard-fuzz", help="%(default)s"
    )
    chosen = parser.parse_args()
    folder: Path = chosen.folder
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    _say(f"{seeds.write(folder / 'seeds')} seeds; corpus, logs and record in {folder}")
    seeds.write_dictionary(folder / "words")
    record: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **_versions(),
        "runs": [],
    }
    for seed in chosen.seeds:
        run = _one(folder, seed, chosen.runs)
        record["runs"].append(run)
        (folder / "record.json").write_text(json.dumps(record, indent=1) + "\n")
        _say(
            f"seed {seed}: {run['executions']:,} executions in {run['seconds']:,.0f} s, {_rate(run):,.0f} a second"
        )
        if run["found"]:
            _say(f"FOUND: {', '.join(run['found'])}\nrepeat it with: python -m fuzz.target FILE")
            return 1
    _summary(record["runs"])
    return 0


def _one(folder: Path, seed: int, runs: int) -> dict[str, Any]:
    before = set(folder.glob("found-*"))
    tally = folder / f"tally-{seed}.json"
    longest = 20_000 if seed % 3 == 0 else 6_000
    command = [
        *(sys.executable, "-m", "fuzz.target", f"-runs={runs}", f"-seed={seed}", f"-max_len={longest}", "-print_final_stats=1"),
        *(f"-timeout={_SECONDS_FOR_ONE}", f"-report_slow_units={_SECONDS_FOR_ONE}", f"-dict={folder / 'words'}", f"-artifact_prefix={folder}/found-{seed}-"),
        *(str(folder / "corpus"), str(folder / "seeds")),
    ]  # fmt: skip
    begun = told = time.monotonic()
    executions = 0
    environment = {**os.environ, "BEARERGUARD_FUZZ_TALLY": str(tally)}
    with (
        (folder / f"log-{seed}.txt").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603  # this very interpreter, and our own arguments
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            if (done := _DONE.match(line)) is not None:
                executions = int(done[1])
            elif (progress := _PROGRESS.match(line)) is not None:
                executions = int(progress[1])
                if time.monotonic() - told > _TELL_EVERY:
                    told = time.monotonic()
                    rate = executions / (told - begun)
                    _say(
                        f"  seed {seed}: {executions:,} executions, {rate:,.0f} a second, coverage {progress[2]}, corpus {progress[3]}"
                    )
    found = sorted(path.name for path in set(folder.glob("found-*")) - before)
    if process.returncode and not found:
        found = [f"no input, but status {process.returncode}: see log-{seed}.txt"]
    return {
        "seed": seed,
        "longest": longest,
        "executions": executions,
        "seconds": round(time.monotonic() - begun, 1),
        "verdicts": json.loads(tally.read_text()) if tally.exists() else {},
        "found": found,
    }


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _rate(run: dict[str, Any]) -> float:
    return float(run["executions"] / run["seconds"]) if run["seconds"] else 0.0


def _summary(runs: list[dict[str, Any]]) -> None:
    verdicts: Counter[tuple[str, str]] = Counter()
    for run in runs:
        for surface, counted in run["verdicts"].items():
            verdicts.update({(surface, code): count for code, count in counted.items()})
    for surface in sorted({surface for surface, _ in verdicts}):
        counted = sorted(
            ((count, code) for (name, code), count in verdicts.items() if name == surface), reverse=True
        )
        most = ", ".join(f"{code} {count:,}" for count, code in counted[:5])
        _say(f"  {surface:14} {sum(count for count, _ in counted):>12,}  {most}")
    executions, seconds = (sum(run[name] for run in runs) for name in ("executions", "seconds"))
    _say(f"{executions:,} executions in {seconds:,.0f} s: nothing found")


def _versions() -> dict[str, str]:
    names = ("atheris", "cryptography", "msgspec", "pybase64")
    package = Path(bearerguard.__file__).parent
    source = b"".join(path.read_bytes() for path in sorted(package.glob("*.py")))
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in names},
        "source": hashlib.sha256(source).hexdigest()[:16],
    }


if __name__ == "__main__":
    sys.exit(main())
