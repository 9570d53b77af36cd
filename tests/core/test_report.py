"""A report is read by people and by programs, and says the same to both."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest

from bearerguard.errors import AudienceError
from bearerguard.report import CheckResult, Outcome, Report

PASSED = CheckResult("form", "passed", "RFC 7515 section 3.1", "compact", "three segments")
FAILED = CheckResult(
    "audience", "failed", "RFC 7519 section 4.1.3", "'a'", "'b'", "the token's 'aud' is 'b'", "Ask for 'a'."
)
NOT_REACHED = CheckResult("expiry", "not reached", "RFC 7519 section 4.1.4")
ERROR = AudienceError("the token's 'aud' is 'b'")
BAD = Report((PASSED, FAILED, NOT_REACHED), ERROR)
GOOD = Report((PASSED,))


def test_a_report_without_an_error_is_good() -> None:
    assert (GOOD.ok, GOOD.code, GOOD.error) == (True, None, None)


def test_a_report_with_an_error_has_its_code() -> None:
    assert (BAD.ok, BAD.code, BAD.error) == (False, "audience_wrong", ERROR)


def test_a_program_gets_plain_data() -> None:
    assert GOOD.as_dict() == {
        "ok": True,
        "code": None,
        "checks": [
            {
                "name": "form",
                "outcome": "passed",
                "standard": "RFC 7515 section 3.1",
                "expected": "compact",
                "received": "three segments",
                "detail": "",
                "hint": "",
            }
        ],
    }
    assert json.loads(json.dumps(BAD.as_dict())) == BAD.as_dict()
    assert BAD.as_dict()["code"] == "audience_wrong"
    assert [check["outcome"] for check in BAD.as_dict()["checks"]] == ["passed", "failed", "not reached"]


def test_what_a_program_does_to_its_data_stays_with_it() -> None:
    BAD.as_dict()["checks"].clear()
    BAD.as_dict()["checks"][0]["name"] = "changed"
    assert BAD.as_dict()["checks"][0]["name"] == "form"


def test_people_get_a_line_a_check_and_below_a_failure_all_that_is_known_of_it() -> None:
    assert str(BAD).splitlines() == [
        "refused: audience_wrong: the token's 'aud' is 'b'",
        "  ok  form: three segments",
        "  NO  audience",
        "        expected: 'a'",
        "        received: 'b'",
        "        reason: the token's 'aud' is 'b'",
        "        hint: Ask for 'a'.",
        "        standard: RFC 7519 section 4.1.3",
        "  --  expiry",
    ]
    assert str(GOOD).splitlines() == ["accepted", "  ok  form: three segments"]
    assert str(Report((CheckResult("scope", "passed", ""),))) == "accepted\n  ok  scope"
    assert str(Report((CheckResult("scope", "failed", ""),))) == "accepted\n  NO  scope"


@pytest.mark.parametrize(
    ("form", "signature", "warned"),
    [
        ("passed", "passed", False),
        ("passed", "failed", True),
        ("passed", "not reached", True),
        ("failed", "not reached", False),
    ],
)
def test_people_are_warned_of_claims_that_nothing_proves(
    form: Outcome, signature: Outcome, warned: bool
) -> None:
    report = Report(
        (CheckResult("form", form, ""), CheckResult("signature", signature, ""), NOT_REACHED), ERROR
    )
    lines = str(report).splitlines()
    assert lines[-1] == "  --  expiry"
    assert ("nothing proves it" in lines[-2]) is warned


def test_a_report_cannot_be_changed() -> None:
    for changed, name in ((BAD, "error"), (BAD, "checks"), (FAILED, "outcome")):
        with pytest.raises(FrozenInstanceError):
            setattr(changed, name, None)


def test_two_reports_are_equal_when_their_checks_are() -> None:
    again = Report((PASSED, FAILED, NOT_REACHED), AudienceError("the same again"))
    assert again == BAD
    assert hash(again) == hash(BAD)
    assert GOOD != BAD
