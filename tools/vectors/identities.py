"""iss and aud: compared exactly, code point by code point; and whose keys answer for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .model import ABSENT, AUDIENCE, ISSUER, Theme, claims, good, header, token

WRONG_ISSUER, WRONG_AUDIENCE = "issuer_wrong", "audience_wrong"
OTHER = "https://b.example"

# What a lenient comparison takes for the same: (name, a function of the identifier).
_VARIANTS: Final[list[tuple[str, Callable[[str], str]]]] = [
    ("with-a-trailing-slash", lambda url: url + "/"),
    ("with-a-trailing-dot", lambda url: url + "."),
    ("with-its-default-port", lambda url: url + ":443"),
    ("with-user-information", lambda url: url.replace("//", "//user@")),
    ("with-an-evil-host-after-user-information", lambda url: url + "@evil.example"),
    ("with-a-capital", lambda url: url.replace("example", "Example")),
    ("with-a-scheme-in-capitals", lambda url: url.replace("https", "HTTPS")),
    ("by-http", lambda url: url.replace("https", "http")),
    ("without-its-scheme", lambda url: url.removeprefix("https://")),
    ("with-a-letter-more", lambda url: url + "s"),
    ("with-an-evil-suffix", lambda url: url + ".evil.example"),
    ("with-an-evil-prefix", lambda url: url.replace("https://", "https://evil-")),
    ("inside-another-url", lambda url: f"https://evil.example/{url}"),
    ("with-a-fragment", lambda url: url + "#"),
    ("with-a-path", lambda url: url + "/tenant"),
    ("with-a-backslash", lambda url: url + "\\"),
    ("with-another-letter-for-its-dot", lambda url: url.replace(".", "x")),
    ("with-a-cyrillic-letter", lambda url: url.replace("a", "\u0430") if "/api" in url else url.replace("e", "\u0435")),
    ("with-a-fullwidth-solidus", lambda url: url.replace("//", "/\uff0f")),
    ("with-a-combining-accent", lambda url: url + "\u0301"),
    ("with-a-soft-hyphen", lambda url: url.replace("//", "//\u00ad")),
    ("with-a-zero-width-space", lambda url: url + "\u200b"),
    ("with-a-nul-after", lambda url: url + "\0"),
    ("with-a-nul-and-more-after", lambda url: url + "\0.evil.example"),
    ("with-a-newline-after", lambda url: url + "\n"),
    ("with-a-space-after", lambda url: url + " "),
    ("with-a-percent-escape", lambda url: url.replace("example", "exampl%65")),
    ("in-punycode", lambda url: url.replace("//", "//xn--")),
]  # fmt: skip


def issuers() -> Theme:
    """Who issued it."""
    theme = Theme(
        "issuers",
        "iss: one string, compared exactly; and in a verifier of several issuers, each with its own keys.",
    )
    shapes: list[tuple[str, Any]] = [
        ("missing", ABSENT), ("null", None), ("empty", ""), ("in-a-list", [ISSUER]), ("in-a-list-of-two", [ISSUER, OTHER]),
        ("in-an-object", {"iss": ISSUER}), ("true", True), ("a-star", "*"), ("another-issuer", "https://evil.example"),
        ("the-audience", AUDIENCE),
    ]  # fmt: skip
    for name, value in shapes:
        theme.token(
            f"iss-{name}",
            "C1 P16",
            good(iss=value),
            WRONG_ISSUER,
            "The issuer is a string that equals the configured one.",
            "CVE-2024-53861; CVE-2025-30144; RFC 7519 section 4.1.1",
        )
    for name, change in _VARIANTS:
        theme.token(
            f"iss-{name}",
            "C1 P9" if not change(ISSUER).isascii() or "nul" in name else "C1",
            good(iss=change(ISSUER)),
            WRONG_ISSUER,
            "Identifiers are compared as they stand: nothing is trimmed, folded, parsed or normalised.",
            "RFC 9068 section 4; RFC 7519 section 4.1.1",
        )
    fine: list[tuple[str, str, dict[str, Any]]] = [
        ("with-a-path", f"{ISSUER}/tenant/v2.0", {}),
        ("with-a-path-and-a-slash", f"{ISSUER}/tenant/", {}),
        ("with-a-trailing-slash-that-the-policy-has-too", f"{ISSUER}/", {}),
        ("with-a-port", f"{ISSUER}:8443", {}),
        ("on-this-machine", "http://localhost:8455", {}),
    ]
    for name, issuer, extra in fine:
        theme.token(
            f"issuer-{name}", "C1", good(iss=issuer, **extra), "accept", "It equals the policy's, character by character.",
            "RFC 7519 section 4.1.1", policy={"issuer": issuer, "audience": AUDIENCE},
        )  # fmt: skip
    theme.token(
        "issuer-without-the-slash-that-the-policy-has",
        "C1",
        good(),
        WRONG_ISSUER,
        "The slash counts on either side.",
        "RFC 7519 section 4.1.1",
        policy={"issuer": f"{ISSUER}/", "audience": AUDIENCE},
    )
    _several(theme)
    return theme


def _several(theme: Theme) -> None:
    source = "CVE-2026-49998; RFC 8725 section 3.8"
    places = [
        f"{url}{path}" for url in (ISSUER, OTHER) for path in ("/.well-known/openid-configuration", "/keys")
    ]
    first, second = places[:2], places[2:]
    policies = [
        {"issuer": ISSUER, "audience": AUDIENCE, "keys": ["ed", {"$key": "ed", "kid": "shared"}]},
        {"issuer": OTHER, "audience": AUDIENCE, "keys": ["ed-2", {"$key": "ed-2", "kid": "shared"}]},
    ]
    shared = header(kid="shared")
    theirs = claims(iss=OTHER)
    rows: list[tuple[str, str, str, list[str], str, dict[str, Any]]] = [
        ("first-issuer-by-its-key", token(), "accept", first, "Each issuer with its own key.", {"issuer": ISSUER}),
        ("second-issuer-by-its-key", token(body=theirs, key="ed-2"), "accept", second, "Each issuer with its own key.",
         {"issuer": OTHER}),
        ("first-issuer-by-the-seconds-key", token(header("ed-2"), key="ed-2"), "key_unknown", first,
         "A key belongs to the issuer that publishes it.", {}),
        ("second-issuer-by-the-firsts-key", token(body=theirs), "key_unknown", second,
         "A key belongs to the issuer that publishes it.", {}),
        ("second-issuer-by-a-name-that-both-have", token(shared, theirs, "ed-2"), "accept", second,
         "The name is looked up among its own.", {}),
        ("first-issuer-by-the-seconds-key-of-the-same-name", token(shared, key="ed-2"), "signature_invalid", first,
         "The same name in another set is another key.", {}),
        ("second-issuer-by-the-firsts-key-of-the-same-name", token(shared, theirs), "signature_invalid", second,
         "The same name in another set is another key.", {}),
        ("neither-issuer", good(iss="https://evil.example"), WRONG_ISSUER, [], "Nobody is asked for a stranger's keys.", {}),
        ("both-issuers-in-a-list", good(iss=[ISSUER, OTHER]), WRONG_ISSUER, [], "One issuer, one string.", {}),
        ("an-unsigned-token-of-the-first", token(header(alg="none")), "algorithm_not_allowed", [],
         "Nobody is asked for what no key could verify.", {}),
        ("a-logout-token-of-the-second", token(header("ed-2", typ="logout+jwt"), theirs, "ed-2"), "token_type_wrong", [],
         "Nobody is asked for what is no access token.", {}),
    ]  # fmt: skip
    for name, text, expected, asked, why, accepted in rows:
        rules = "S16 C12" if not asked else "S16 C9" if accepted else "S16"
        theme.token(
            f"of-two-issuers-{name}", rules, text, expected, why, source,
            policies=policies, asked=asked, accepted=accepted or None,
        )  # fmt: skip
    theme.token(
        "of-two-issuers-one-after-the-other",
        "S16 C9 N8",
        token(shared),
        "accept",
        "What was learnt of one issuer's header and key is nothing to the other; one subject of two issuers is two callers.",
        source,
        policies=policies,
        accepted={"issuer": ISSUER, "subject": "alice"},
        then=[
            {"token": token(shared, theirs), "expected": "signature_invalid"},
            {
                "token": token(shared, theirs, "ed-2"),
                "expected": "accept",
                "accepted": {"issuer": OTHER, "subject": "alice"},
            },
            {"token": token(shared, key="ed-2"), "expected": "signature_invalid"},
            {
                "token": token(shared),
                "expected": "accept",
                "accepted": {"issuer": ISSUER, "subject": "alice"},
            },
        ],
    )
    typed = [dict(policies[0]), {**policies[1], "token_type": "JWT", "algorithms": ["Ed25519"]}]
    for name, text, expected in (
        (
            "second-under-its-own-type",
            token(header("ed-2", alg="Ed25519", typ="JWT"), theirs, "ed-2"),
            "accept",
        ),
        (
            "second-under-the-firsts-type",
            token(header("ed-2", alg="Ed25519"), theirs, "ed-2"),
            "token_type_wrong",
        ),
        (
            "second-under-the-firsts-algorithm",
            token(header("ed-2", typ="JWT"), theirs, "ed-2"),
            "algorithm_not_allowed",
        ),
    ):
        theme.token(
            f"of-two-issuers-{name}",
            "S16 C3",
            text,
            expected,
            "Each issuer's tokens are judged by that issuer's policy.",
            source,
            policies=typed,
        )


def audiences() -> Theme:
    """Whom it is for."""
    theme = Theme(
        "audiences", "aud: a string or a list of strings, of which one equals what the policy names."
    )
    shapes: list[tuple[str, Any]] = [
        ("missing", ABSENT), ("null", None), ("empty", ""), ("an-empty-list", []), ("a-list-of-others", ["https://a.example"]),
        ("an-object", {AUDIENCE: True}), ("true", True),
        ("a-star", "*"), ("a-list-in-a-list", [[AUDIENCE]]),
        ("a-list-with-it-and-a-number", [AUDIENCE, 1]), ("a-list-with-it-and-null", [AUDIENCE, None]),
        ("a-list-with-a-list-and-it", [["https://a.example"], AUDIENCE]), ("a-list-with-it-and-an-object", [AUDIENCE, {}]),
        ("its-characters", list(AUDIENCE)), ("the-issuer", ISSUER),
        ("two-in-one-string", f"{AUDIENCE} https://other.example"), ("two-with-a-comma", f"{AUDIENCE},https://other.example"),
        ("a-list-as-text", f'["{AUDIENCE}"]'), ("another-resource", "https://other.example"),
    ]  # fmt: skip
    for name, value in shapes:
        theme.token(
            f"aud-{name}",
            "C2 P17",
            good(aud=value),
            WRONG_AUDIENCE,
            "A string, or a list of nothing but strings, of which one is this resource server.",
            "CVE-2020-26160; RFC 7519 section 4.1.3",
        )
    # The comparison is the same as the issuer's: every second one, and those that are about Unicode.
    for number, (name, change) in enumerate(_VARIANTS):
        value = change(AUDIENCE)
        if number % 2 and value.isascii():
            continue
        theme.token(
            f"aud-{name}",
            "C2 P9" if not value.isascii() or "nul" in name else "C2",
            good(aud=[value] if len(name) % 2 else value),
            WRONG_AUDIENCE,
            "Identifiers are compared as they stand: nothing is trimmed, folded, parsed or normalised.",
            "RFC 9068 section 4; RFC 7519 section 4.1.3",
        )
    elsewhere: list[tuple[str, str]] = [
        ("the-client", good(aud="app", client_id="app", azp="app")),
        ("in-azp-alone", good(aud="app", azp=AUDIENCE)),
        ("in-resource-alone", good(aud=ABSENT, resource=AUDIENCE)),
        ("in-the-header-alone", token(header(aud=AUDIENCE), claims(aud=ABSENT))),
        ("in-scope-alone", good(aud=ABSENT, scope=AUDIENCE)),
        ("under-another-case", good(aud=ABSENT, AUD=AUDIENCE)),
    ]
    for name, text in elsewhere:
        theme.token(
            f"audience-{name}",
            "C2",
            text,
            WRONG_AUDIENCE,
            "The audience is what aud says.",
            "RFC 7519 section 4.1.3",
        )
    theme.token(
        "aud-with-it-and-a-string-with-a-nul",
        "P9 C2",
        good(aud=[AUDIENCE, "https://a.example\0"]),
        WRONG_AUDIENCE,
        "No control character in an identifier, in whichever member of the list it stands.",
        "RFC 7519 section 2; RFC 3986 section 2",
    )
    _accepted_audiences(theme)
    return theme


def _accepted_audiences(theme: Theme) -> None:
    source = "RFC 7519 section 4.1.3"
    rows: list[tuple[str, Any, str]] = [
        ("a-string", AUDIENCE, "A single audience may be a string."),
        ("a-list-of-one", [AUDIENCE], "The general case is a list."),
        (
            "a-list-of-several",
            ["https://a.example", AUDIENCE, f"{ISSUER}/userinfo"],
            "One of several is enough.",
        ),
        ("a-list-that-repeats-it", [AUDIENCE, AUDIENCE], "A list may repeat itself."),
        ("a-list-of-many", [f"https://{n}.example" for n in range(8)] + [AUDIENCE], "One of many is enough."),
        ("a-list-with-the-empty-string", ["", AUDIENCE], "The others are not ours to judge."),
    ]
    for name, value, why in rows:
        listed = [value] if isinstance(value, str) else value
        theme.token(
            f"aud-as-{name}", "C2 P17", good(aud=value), "accept", why, source, accepted={"audience": listed}
        )
    nfc, nfd = "https://caf\u00e9.example", "https://cafe\u0301.example"
    policies: list[tuple[str, Any, Any, str, str]] = [
        ("one-of-two-that-the-policy-names", ["https://x.example", AUDIENCE], AUDIENCE, "accept", "Either will do."),
        ("the-other-of-two-that-the-policy-names", ["https://x.example", AUDIENCE], ["https://x.example"], "accept",
         "Either will do."),
        ("neither-of-two-that-the-policy-names", ["https://x.example", AUDIENCE], "https://y.example", WRONG_AUDIENCE,
         "Neither is there."),
        ("a-word", "orders-api", "orders-api", "accept", "An audience need not be an URL."),
        ("a-word-in-another-case", "orders-api", "Orders-API", WRONG_AUDIENCE, "Case counts."),
        ("a-part-of-a-word", "orders", "orders-api", WRONG_AUDIENCE, "No part is the whole."),
        ("with-a-slash-that-the-policy-has-too", f"{AUDIENCE}/", f"{AUDIENCE}/", "accept", "It equals, character by character."),
        ("without-the-slash-that-the-policy-has", f"{AUDIENCE}/", AUDIENCE, WRONG_AUDIENCE, "The slash counts on either side."),
        ("composed-as-the-policy-has-it", nfc, nfc, "accept", "It equals, code point by code point."),
        ("decomposed-where-the-policy-is-composed", nfc, nfd, WRONG_AUDIENCE, "Nothing is normalised."),
        ("composed-where-the-policy-is-decomposed", nfd, [nfc], WRONG_AUDIENCE, "Nothing is normalised."),
    ]  # fmt: skip
    for name, wanted, value, expected, why in policies:
        rules = "C2 P9" if "composed" in name else "C2"
        theme.token(
            f"audience-{name}", rules, good(aud=value), expected, why, source,
            policy={"issuer": ISSUER, "audience": wanted},
        )  # fmt: skip
    waived = {"issuer": ISSUER, "audience": "ANY"}
    for name, value, seen in (
        ("of-another", "https://other.example", ["https://other.example"]),
        ("that-is-missing", ABSENT, []),
        ("that-is-a-number", 5, []),
        ("that-is-null", None, []),
        ("that-is-an-object", {"aud": AUDIENCE}, []),
    ):
        theme.token(
            f"waived-audience-{name}", "C2 P16", good(aud=value), "accept",
            "The policy waives the audience, in a word one can search for; what is no audience is shown as none.", source,
            policy=waived, accepted={"audience": seen},
        )  # fmt: skip
    cognito = {"issuer": ISSUER, "audience": "app", "audience_claim": "client_id"}
    for name, body, expected in (
        ("and-is-right", {"aud": ABSENT, "client_id": "app"}, "accept"),
        ("and-is-wrong", {"aud": "app", "client_id": "other"}, WRONG_AUDIENCE),
        ("and-is-missing", {"aud": "app"}, WRONG_AUDIENCE),
    ):
        theme.token(
            f"audience-stands-in-another-claim-{name}",
            "C2",
            good(**body),
            expected,
            "The policy says where this provider writes the audience; nothing else is looked at.",
            source,
            policy=cognito,
        )
