"""exp, nbf, iat, and how old a token may be: each edge from both sides."""

from __future__ import annotations

from typing import Any

from .model import ABSENT, AUDIENCE, ISSUER, NOW, Theme, claims, encode, good, signed_recipe, token

EXPIRED, EARLY, OLD = "token_expired", "token_not_yet_valid", "token_too_old"
INVALID, MISSING, BAD = "claim_invalid", "claim_missing", "token_malformed"


def _raw(**members: str) -> str:
    """Good claims with some members as JSON text."""
    good_ones = {"iss": f'"{ISSUER}"', "aud": f'"{AUDIENCE}"', "sub": '"alice"', "exp": str(NOW + 600)}
    return token(
        body="{" + ",".join(f'"{name}":{text}' for name, text in {**good_ones, **members}.items()) + "}"
    )


def dates() -> Theme:
    """Times, and what is no time."""
    theme = Theme(
        "dates", "exp, nbf, iat and max_age, each edge from both sides, and values that are no dates."
    )
    expiry: list[tuple[str, str, str, str]] = [
        ("exp-to-come", good(exp=NOW + 1), "accept", "A second is left."),
        ("exp-now", good(exp=NOW), "accept", "The leeway of 30 s begins."),
        ("exp-29-s-past", good(exp=NOW - 29), "accept", "One second before the leeway ends."),
        ("exp-30-s-past", good(exp=NOW - 30), EXPIRED, "The leeway is over: exp is the first moment of not being valid."),
        ("exp-30-and-a-half-s-past", good(exp=NOW - 30.5), EXPIRED, "Half a second too late."),
        ("exp-a-second-past-the-leeway", good(exp=NOW - 31), EXPIRED, "A second too late."),
        ("exp-at-the-epoch", good(exp=0), EXPIRED, "Zero is a date, in 1970."),
        ("exp-at-minus-zero", _raw(exp="-0"), EXPIRED, "Minus zero is zero."),
        ("exp-with-a-fraction", good(exp=NOW + 0.25), "accept", "A NumericDate may have a fraction."),
        ("exp-with-an-exponent", _raw(exp="1.8e9"), "accept", "A number is a number however it is written."),
        ("exp-at-the-last-date", good(exp=2**53 - 1), "accept", "The last second that a double can tell from the next."),
        ("exp-past-the-last-date", good(exp=2**53), INVALID, "From here on a double no longer tells seconds apart."),
        ("exp-enormous", good(exp=10**30), INVALID, "Not a date."),
        ("exp-just-past-two-to-the-64", good(exp=2**64 + NOW + 600), INVALID, "Nothing wraps around."),
        ("exp-just-past-two-to-the-32", good(exp=2**32 + 1), "accept", "2106 is a year like any other."),
        ("exp-below-zero", good(exp=-1), INVALID, "Before 1970 nothing was issued."),
        ("exp-missing", good(exp=ABSENT), MISSING, "A token without an end is not accepted."),
        ("exp-null", good(exp=None), MISSING, "null is no end."),
    ]  # fmt: skip
    theme.tokens("C4 P5", "RFC 7519 section 4.1.4; RFC 9068 section 2.2", expiry)
    wrong: list[tuple[str, Any]] = [
        ("text", str(NOW + 600)),
        ("a-text-date", "2030-01-01T00:00:00Z"),
        ("true", True),
    ]
    wrong += [
        ("false", False),
        ("a-list", [NOW + 600]),
        ("an-object", {"seconds": NOW + 600}),
        ("empty-text", ""),
    ]
    for claim in ("exp", "nbf", "iat"):
        for name, value in wrong if claim == "exp" else wrong[:3:2]:
            theme.token(
                f"{claim}-as-{name}",
                "P5 P16",
                good(**{claim: value}),
                INVALID,
                "A date is a number of seconds: nothing is converted, and a boolean is no number.",
                "RFC 7519 section 2",
            )
        texts = [("nan", "NaN"), ("1e400", "1e400"), ("infinity", "Infinity"), ("minus-infinity", "-1e999")]
        for name, text in texts if claim == "exp" else texts[:1]:
            theme.token(
                f"{claim}-as-{name}",
                "P5",
                _raw(**{claim: text}),
                BAD,
                "Not a number that JSON has, or none that can be held.",
                "RFC 8259 section 6",
            )
    theme.token(
        "exp-of-4000-digits",
        "P5 P7",
        signed_recipe(
            None, [f'{encode(claims(exp=ABSENT)).decode()[:-1]},"exp":', {"repeat": "9", "times": 4000}, "}"]
        ),
        BAD,
        "Turning digits into a number is not linear.",
        "RFC 8259 section 9",
    )
    _starts(theme)
    _leeways(theme)
    _ages(theme)
    _over_time(theme)
    return theme


def _starts(theme: Theme) -> None:
    for claim, section in (("nbf", "4.1.5"), ("iat", "4.1.6")):
        rows = [
            ("missing", ABSENT, "accept", "It is optional."),
            ("now", NOW, "accept", "It begins."),
            ("30-s-to-come", NOW + 30, "accept", "The leeway covers it, just."),
            ("30-and-a-half-s-to-come", NOW + 30.5, EARLY, "Half a second too early."),
            ("31-s-to-come", NOW + 31, EARLY, "A second too early."),
            ("zero", 0, "accept", "It is a date, in 1970."),
            ("far-to-come", 2**53 - 1, EARLY, "Not in this life."),
            ("below-zero", -1, INVALID, "Before 1970 nothing was issued."),
            ("null", None, INVALID, "A date that is given is a number; null is not a way to leave it out."),
        ]  # fmt: skip
        for name, value, expected, why in rows:
            theme.token(
                f"{claim}-{name}", "C5", good(**{claim: value}), expected, why, f"RFC 7519 section {section}"
            )
    theme.token(
        "nbf-after-exp",
        "C4 C5",
        good(nbf=NOW + 20, exp=NOW - 20),
        "accept",
        "Each edge is judged by itself; within the leeway of both, the clocks may be at fault.",
        "RFC 7519 section 4.1.5",
    )
    theme.token(
        "expired-and-not-yet-valid",
        "C4 C5",
        good(nbf=NOW + 1000, exp=NOW - 1000),
        EXPIRED,
        "The first check that fails is told.",
        "RFC 7519 section 4.1.4",
    )


def _leeways(theme: Theme) -> None:
    source = "RFC 7519 section 4.1.4"
    rows: list[tuple[str, float, str, str, str]] = [
        ("no-leeway-and-exp-now", 0, good(exp=NOW), EXPIRED, "exp is the first moment of not being valid."),
        ("no-leeway-and-exp-a-moment-to-come", 0, good(exp=NOW + 0.125), "accept", "A moment is left."),
        ("no-leeway-and-nbf-now", 0, good(nbf=NOW), "accept", "nbf is the first moment of being valid."),
        ("no-leeway-and-nbf-a-moment-to-come", 0, good(nbf=NOW + 0.125), EARLY, "A moment too early."),
        (
            "most-leeway-and-exp-299-s-past",
            300,
            good(exp=NOW - 299),
            "accept",
            "One second before the leeway ends.",
        ),
        ("most-leeway-and-exp-300-s-past", 300, good(exp=NOW - 300), EXPIRED, "The leeway is over."),
    ]
    for name, leeway, text, expected, why in rows:
        theme.token(name, "C6", text, expected, why, source, policy={"leeway": leeway})


def _ages(theme: Theme) -> None:
    rows: list[tuple[str, str, str, str]] = [
        ("age-below-the-most", good(iat=NOW - 299), "accept", "Young enough."),
        ("age-at-the-end-of-the-leeway", good(iat=NOW - 329), "accept", "One second before the leeway ends."),
        ("age-past-the-leeway", good(iat=NOW - 330), OLD, "Too old, though exp is to come."),
        ("age-unknown", good(iat=ABSENT), MISSING, "An age that must be known must be told."),
        ("age-null", good(iat=None), MISSING, "An age that must be known must be told."),
        ("age-below-zero", good(iat=NOW + 31), EARLY, "Issued in the future."),
        (
            "age-past-and-expired",
            good(iat=NOW - 5000, exp=NOW - 4000),
            EXPIRED,
            "The first check that fails is told.",
        ),
    ]
    for name, text, expected, why in rows:
        theme.token(
            name, "C4 C5", text, expected, why, "RFC 9470 section 4; policy max_age", policy={"max_age": 300}
        )


def _over_time(theme: Theme) -> None:
    theme.token(
        "accepted-once-and-expired-later",
        "C4 N8",
        good(exp=NOW + 600),
        "accept",
        "Nothing that is remembered of a token outlives it.",
        "RFC 7519 section 4.1.4; CVE-2020-26892",
        then=[
            {"now": NOW + 629, "expected": "accept"},
            {"now": NOW + 629.75, "expected": "accept"},
            {"now": NOW + 630, "expected": EXPIRED},
            {"now": NOW + 100_000, "expected": EXPIRED},
        ],
    )
    theme.token(
        "refused-once-and-valid-later",
        "C5 N8",
        good(nbf=NOW + 100),
        EARLY,
        "A refusal is not remembered either.",
        "RFC 7519 section 4.1.5",
        then=[{"now": NOW + 69, "expected": EARLY}, {"now": NOW + 70, "expected": "accept"}],
    )
    theme.token(
        "accepted-once-and-too-old-later",
        "C4 N8",
        good(iat=NOW),
        "accept",
        "The age is looked at each time.",
        "policy max_age",
        policy={"max_age": 60},
        then=[{"now": NOW + 89, "expected": "accept"}, {"now": NOW + 90, "expected": OLD}],
    )
    theme.token(
        "a-clock-that-was-set-back",
        "C6",
        good(exp=NOW + 600, iat=NOW - 60),
        "accept",
        "The verdict follows the wall clock, wherever it jumps.",
        "RFC 7519 section 4.1.4",
        then=[
            {"now": NOW + 5000, "expected": EXPIRED},
            {"now": NOW, "expected": "accept"},
            {"now": NOW - 91, "expected": EARLY},
            {"now": NOW - 90, "expected": "accept"},
        ],
    )
    theme.token(
        "other-dates-that-nobody-enforces",
        "P16",
        good(auth_time="yesterday", updated_at=-1, acr=5, amr="pwd"),
        "accept",
        "Claims that no check needs are told as they are, and typed views say nothing where the type is wrong.",
        "RFC 7519 section 4",
        accepted={"auth_time": None, "acr": None},
    )
