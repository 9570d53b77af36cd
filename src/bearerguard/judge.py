"""The verdict: a pure function of a token, its issuer's keys, a policy and the time.

`judge` runs the checks of `bearerguard.checks` and stops at the first that fails; `explain` runs the same list to its
end. There is no second opinion anywhere in the package: every door gets its verdict here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .checks import AFTER_SIGNATURE, LATEST_DATE, WITHOUT_KEY, Check, show
from .errors import BearerguardError, MalformedTokenError, SignatureError, TokenError
from .keys import PublicKey
from .policy import Policy
from .report import CheckResult, Outcome, Report
from .token import UnverifiedToken
from .verified import Verified

__all__ = ["AFTER_SIGNATURE", "LATEST_DATE", "WITHOUT_KEY", "Judge", "explain", "judge"]

Rule = tuple[str, str]

FORM: Final[Rule] = ("form", "RFC 7515 section 3.1")
KEY: Final[Rule] = ("key", "RFC 7515 section 4.1.4")
SIGNATURE: Final[Rule] = ("signature", "RFC 7515 section 5.2")

_new = object.__new__


class Judge:
    """The checks that apply under one policy, in their order. It keeps nothing of the tokens it judges.

    `admit` runs what needs no key, `conclude` the rest; whoever calls the second has called the first, or knows that
    this very header passed it under this very policy.
    """

    __slots__ = ("_after_signature", "_without_key", "policy")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._without_key = tuple(check.run for check in WITHOUT_KEY if check.applies(policy))
        self._after_signature = tuple(check.run for check in AFTER_SIGNATURE if check.applies(policy))

    def admit(self, token: UnverifiedToken) -> None:
        """Run the checks that need no key; raises the `TokenError` of the first that fails."""
        for run in self._without_key:
            run(token, self.policy, 0.0)

    def conclude(self, token: UnverifiedToken, keys: Sequence[PublicKey], now: float) -> Verified:
        """Return the token's claims as a `Verified`, or raise the `TokenError` of the first check that fails.

        ``keys`` are the issuer's that may answer for this token, ``now`` is in seconds since 1970.
        """
        algorithm = token.header["alg"]
        for key in keys:
            check = key.checkers.get(algorithm)
            if check is not None and check(token.signature, token.signing_input):
                break
        else:
            raise signature_error()
        policy = self.policy
        for run in self._after_signature:
            run(token, policy, now)
        verified = _new(Verified)
        verified._claims = token.claims
        verified._header = token.header
        verified._policy = policy
        verified._scopes = None
        return verified


def judge(token: UnverifiedToken, keys: Sequence[PublicKey], policy: Policy, now: float) -> Verified:
    """Return the verdict on a token under a policy: a `Verified`, or the `TokenError` of the first check that fails.

    Every check runs here, those without a key too: a caller cannot leave one out.
    """
    court = Judge(policy)
    court.admit(token)
    return court.conclude(token, keys, now)


def explain(
    token: UnverifiedToken | MalformedTokenError,
    keys: Sequence[PublicKey] | BearerguardError | None,
    policy: Policy,
    now: float,
) -> Report:
    """Return the `Report` of every check, whatever fails.

    ``token`` may be the error that reading it ended with, ``keys`` the error that looking for them ended with (or None:
    they were not looked for). Checks of claims run even if the signature is wrong: the report says what else is.
    """
    findings = _Findings(policy, now)
    if isinstance(token, MalformedTokenError):
        findings.failed(FORM, token)
        findings.not_reached(*map(_rule, WITHOUT_KEY), KEY, SIGNATURE, *map(_rule, AFTER_SIGNATURE))
        return findings.report()
    findings.passed(FORM, "a signed JWT in compact form", "three segments")
    for check in WITHOUT_KEY:
        findings.run(check, token)
    proven = False
    if keys is None:
        findings.not_reached(KEY, SIGNATURE)
    elif isinstance(keys, BearerguardError):
        findings.failed(KEY, keys)
        findings.not_reached(SIGNATURE)
    else:
        findings.passed(KEY, "a key of the issuer", token.header.get("kid", "the only one that suits"))
        proven = any(key.verifies(token.header["alg"], token.signature, token.signing_input) for key in keys)
        if proven:
            findings.passed(SIGNATURE, "the issuer's", "the issuer's")
        else:
            findings.failed(SIGNATURE, signature_error())
    for check in AFTER_SIGNATURE:
        if proven or not check.foreign:
            findings.run(check, token)
        else:
            findings.not_reached(_rule(check))
    return findings.report()


class _Findings:
    """Collects the results of one explanation; the first failure is what `judge` would raise."""

    def __init__(self, policy: Policy, now: float) -> None:
        self._policy = policy
        self._now = now
        self._results: list[CheckResult] = []
        self._first: BearerguardError | None = None

    def run(self, check: Check, token: UnverifiedToken) -> None:
        expected, received = check.shows(token, self._policy, self._now)
        try:
            if check.applies(self._policy):
                check.run(token, self._policy, self._now)
        except TokenError as error:
            self.failed(_rule(check), error, expected, received)
        else:
            self.passed(_rule(check), expected, received)

    def passed(self, rule: Rule, expected: Any, received: Any) -> None:
        self._add(rule, "passed", expected, received)

    def failed(self, rule: Rule, error: BearerguardError, expected: Any = None, received: Any = None) -> None:
        self._first = self._first or error
        expected = expected if error.expected is None else error.expected
        received = received if error.received is None else error.received
        self._add(rule, "failed", expected, received, error.detail, error.hint)

    def not_reached(self, *rules: Rule) -> None:
        for rule in rules:
            self._add(rule, "not reached")

    def report(self) -> Report:
        return Report(tuple(self._results), self._first)

    def _add(
        self,
        rule: Rule,
        outcome: Outcome,
        expected: Any = None,
        received: Any = None,
        detail: str = "",
        hint: str = "",
    ) -> None:
        wanted, found = ("" if value is None else show(value, plain=True) for value in (expected, received))
        self._results.append(CheckResult(rule[0], outcome, rule[1], wanted, found, detail, hint))


def _rule(check: Check) -> Rule:
    return check.name, check.standard


def signature_error() -> SignatureError:
    """Return the error for a signature that none of the issuer's keys made (RFC 7515 section 5.2)."""
    return SignatureError(
        "the signature does not verify under the issuer's key",
        hint="The token was altered, or signed by someone else.",
    )
