"""`Report`: every check of one judgement, in order, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .errors import BearerguardError

Outcome = Literal["passed", "failed", "not reached"]

_MARKS: dict[Outcome, str] = {"passed": "ok", "failed": "NO", "not reached": "--"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: what was asked, by which standard, and how it went.

    ``expected`` and ``received`` are a safe subset: claims that identify no secret, shortened; never the token.
    """

    name: str
    outcome: Outcome
    standard: str
    expected: str = ""
    received: str = ""
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Every check in the order of the judgement. ``error`` is what ``verify`` raises, or None."""

    checks: tuple[CheckResult, ...]
    error: BearerguardError | None = field(default=None, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the token is accepted."""
        return self.error is None

    @property
    def code(self) -> str | None:
        """The stable code of the first failure, or None."""
        return None if self.error is None else self.error.code

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready data."""
        return {
            "ok": self.ok,
            "code": self.code,
            "checks": [asdict(check) for check in self.checks],
        }

    def __str__(self) -> str:
        lines = ["accepted" if self.error is None else f"refused: {self.error}"]
        for check in self.checks:
            said = f": {check.received}" if check.outcome == "passed" and check.received else ""
            lines.append(f"  {_MARKS[check.outcome]}  {check.name}{said}")
            if check.outcome == "failed":
                lines.extend(
                    f"        {label}: {text}"
                    for label, text in (
                        ("expected", check.expected),
                        ("received", check.received),
                        ("reason", check.detail),
                        ("hint", check.hint),
                        ("standard", check.standard),
                    )
                    if text
                )
            if check.name == "signature" and check.outcome != "passed" and self.checks[0].outcome == "passed":
                lines.append("  What follows is what the token says of itself; nothing proves it.")
        return "\n".join(lines)
