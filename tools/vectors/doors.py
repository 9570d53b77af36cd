"""HTTP: what a request may carry, what a refusal says; and which settings a policy has."""

from __future__ import annotations

from typing import Any

from .model import AUDIENCE, ISSUER, Theme

MISSING, AMBIGUOUS, MALFORMED = "token_missing", "request_ambiguous", "request_malformed"
_STATUS = {MISSING: 401, AMBIGUOUS: 400, MALFORMED: 400}


def requests() -> Theme:
    """The credential of a request."""
    theme = Theme(
        "requests", "Authorization header fields, and everything else a token could hide in.", "request"
    )
    source = "RFC 6750 section 2.1; RFC 6750 section 3.1"

    def case(name: str, rules: str, authorization: list[str], expected: str, why: str, **places: str) -> None:
        verdict: dict[str, Any] = (
            {"error": expected, "status": _STATUS[expected]} if expected in _STATUS else {"token": expected}
        )
        theme.case(name, rules, why, source, authorization=authorization, **places, expected=verdict)

    case("bearer-and-a-token", "H6", ["Bearer abc.def.ghi"], "abc.def.ghi", "As RFC 6750 has it.")
    case("bearer-in-small-letters", "H6", ["bearer abc"], "abc", "A scheme's case does not count.")
    case("bearer-in-capitals", "H6", ["BEARER abc"], "abc", "A scheme's case does not count.")
    case("bearer-and-several-spaces", "H6", ["Bearer   abc"], "abc", "RFC 9110 allows more than one space.")
    case(
        "bearer-with-whitespace-around",
        "H6",
        [" \tBearer abc \t"],
        "abc",
        "Whitespace around a field's value is not part of it.",
    )
    case(
        "bearer-and-every-character-it-may-have",
        "H6",
        ["Bearer AZaz09-._~+/=="],
        "AZaz09-._~+/==",
        "The b64token of RFC 6750.",
    )
    case("nothing-at-all", "H6", [], MISSING, "No credential: a challenge without an error code.")
    case("an-empty-field", "H6", [""], MISSING, "No scheme is no credential.")
    case("a-field-of-spaces", "H6", ["   "], MISSING, "No scheme is no credential.")
    case("basic", "H6", ["Basic YWxpY2U6c2VjcmV0"], MISSING, "Another scheme is not ours to judge.")
    case("dpop", "C14 H6", ["DPoP abc.def.ghi"], MISSING, "A DPoP-bound token is no bearer token.")
    case(
        "digest",
        "H6",
        ['Digest username="alice", realm="x"'],
        MISSING,
        "Another scheme is not ours to judge.",
    )
    case("a-token-without-a-scheme", "H6", ["abc.def.ghi"], MISSING, "A token is not a scheme.")
    case("a-scheme-that-begins-alike", "H6", ["Bearerx abc"], MISSING, "Another scheme.")
    case("a-scheme-that-ends-alike", "H6", ["XBearer abc"], MISSING, "Another scheme.")
    case("bearer-and-a-tab", "H6", ["Bearer\tabc"], MISSING, "Between scheme and token there are spaces.")
    case(
        "bearer-and-a-no-break-space",
        "H6 P9",
        ["Bearer\u00a0abc"],
        MISSING,
        "Between scheme and token there are spaces.",
    )
    case("bearer-and-a-colon", "H6", ["Bearer: abc"], MISSING, "A colon makes it another scheme.")
    case("bearer-in-fullwidth", "H6 P9", ["\uff22earer abc"], MISSING, "Another scheme.")
    for name, value in (
        ("nothing", "Bearer"), ("spaces", "Bearer   "), ("two-tokens", "Bearer abc def"), ("two-tokens-and-a-comma", "Bearer abc,def"),
        ("a-second-credential-after-a-comma", "Bearer abc, Bearer def"), ("basic-after-a-comma", "Bearer abc, Basic def"),
        ("quotes", 'Bearer "abc"'), ("a-parameter", 'Bearer token="abc"'), ("a-newline", "Bearer abc\nX-Evil: 1"),
        ("a-cr-lf", "Bearer abc\r\nX-Evil: 1"), ("a-nul", "Bearer abc\0"), ("a-letter-that-is-not-ascii", "Bearer \u00e4bc"),
        ("padding-inside", "Bearer ab==c"), ("nothing-but-padding", "Bearer =="), ("another-scheme-inside", "Bearer Bearer abc"),
        ("a-percent-sign", "Bearer ab%2ec"), ("a-newline-at-its-end", "Bearer abc\n"), ("a-tab-inside", "Bearer abc\tdef"),
        ("braces", 'Bearer {"protected":"x"}'),
    ):  # fmt: skip
        rules = "H6 H7" if not value.isprintable() else "H6"
        case(
            f"bearer-and-{name}",
            rules,
            [value],
            MALFORMED,
            "'Bearer' and one token, or the request is malformed.",
        )
    for name, values in (
        ("twice-the-same", ["Bearer abc", "Bearer abc"]), ("two-tokens", ["Bearer abc", "Bearer def"]),
        ("bearer-then-basic", ["Bearer abc", "Basic def"]), ("basic-then-bearer", ["Basic def", "Bearer abc"]),
        ("bearer-then-nothing", ["Bearer abc", ""]), ("three-of-them", ["Bearer a", "Bearer b", "Bearer c"]),
    ):  # fmt: skip
        case(
            f"fields-{name}",
            "H6",
            values,
            AMBIGUOUS,
            "Two readers could pick two credentials: neither is picked.",
        )
    elsewhere = "A token belongs in its header field: in an URL it ends in logs, histories and referrers."
    case("a-token-in-the-query", "H5", [], MISSING, elsewhere, query="access_token=$TOKEN")
    case(
        "a-token-in-the-query-by-other-names",
        "H5",
        [],
        MISSING,
        elsewhere,
        query="token=$TOKEN&jwt=$TOKEN&bearer=$TOKEN",
    )
    case("a-token-in-the-form", "H5", [], MISSING, elsewhere, form="access_token=$TOKEN")
    case(
        "a-token-in-a-cookie",
        "H5",
        [],
        MISSING,
        elsewhere,
        cookie="access_token=$TOKEN; app_session=$TOKEN; session=$TOKEN",
    )
    case(
        "a-token-in-the-query-beside-basic",
        "H5 H6",
        ["Basic abc"],
        MISSING,
        elsewhere,
        query="access_token=$TOKEN",
    )
    case(
        "a-token-in-the-query-beside-a-bad-one",
        "H5 H6",
        ["Bearer"],
        MALFORMED,
        elsewhere,
        query="access_token=$TOKEN",
    )
    return theme


def challenges() -> Theme:
    """What a refusal tells the caller."""
    theme = Theme(
        "challenges",
        "WWW-Authenticate: what may stand in it, and what the caller is told of the reason.",
        "challenge",
    )
    source = "RFC 6750 section 3; RFC 9110 section 11.2"
    quoted: list[tuple[str, dict[str, str], str, str]] = [
        ("a-realm", {"realm": "api"}, 'Bearer realm="api"', "Quoted."),
        ("an-empty-realm", {"realm": ""}, 'Bearer realm=""', "Quoted."),
        ("two-parameters", {"realm": "api", "error": "invalid_token"}, 'Bearer realm="api", error="invalid_token"', "In their order."),
        ("punctuation", {"realm": "a,b;c=d!#$%&'()*+-./:<>?@[]^_`{|}~"}, "Bearer realm=\"a,b;c=d!#$%&'()*+-./:<>?@[]^_`{|}~\"",
         "All that RFC 6750 lets stand."),
        ("a-quote", {"realm": 'a" error="x'}, 'Bearer realm="a? error=?x"', "A quote would end the value."),
        ("a-backslash", {"realm": "a\\"}, 'Bearer realm="a?"', "A backslash would escape the quote that ends the value."),
        ("a-cr-lf", {"realm": "a\r\nSet-Cookie: x=1"}, 'Bearer realm="a??Set-Cookie: x=1"', "No line ends here."),
        ("a-lone-newline", {"realm": "a\nb"}, 'Bearer realm="a?b"', "No line ends here."),
        ("a-nul", {"realm": "a\0b"}, 'Bearer realm="a?b"', "No control character."),
        ("a-tab", {"realm": "a\tb"}, 'Bearer realm="a?b"', "No control character."),
        ("a-delete", {"realm": "a\x7fb"}, 'Bearer realm="a?b"', "No control character."),
        ("an-escape-sequence", {"realm": "\x1b[31m"}, 'Bearer realm="?[31m"', "No control character."),
        ("a-letter-that-is-not-ascii", {"realm": "caf\u00e9"}, 'Bearer realm="caf?"', "ASCII."),
        ("a-line-separator", {"realm": "a\u2028b"}, 'Bearer realm="a?b"', "ASCII."),
        ("a-fullwidth-quote", {"realm": "a\uff02b"}, 'Bearer realm="a?b"', "ASCII: no reader may fold it into a quote."),
        ("an-emoji", {"realm": "\U0001f511"}, 'Bearer realm="?"', "ASCII."),
    ]  # fmt: skip
    for name, parameters, header, why in quoted:
        theme.case(
            f"challenge-with-{name}", "H7", why, source, parameters=parameters, expected={"header": header}
        )
    invalid = 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid."'
    expired = 'Bearer realm="api", error="invalid_token", error_description="The access token expired."'
    login = 'error_description="A more recent or stronger authentication is required."'
    lacks = 'error_description="The access token lacks a scope that this resource requires."'
    told: list[tuple[str, str, dict[str, Any], int, str | None, str]] = [
        ("nothing-sent", "token_missing", {}, 401, 'Bearer realm="api"', "No error code where nothing was sent."),
        ("nothing-sent-and-scopes", "token_missing", {"scopes": ["b", "a"]}, 401, 'Bearer realm="api", scope="a b"',
         "What to ask for."),
        ("a-bad-signature", "signature_invalid", {}, 401, invalid, "The reason is for the log."),
        ("an-unknown-key", "key_unknown", {}, 401, invalid, "The same as for a bad signature."),
        ("a-wrong-audience", "audience_wrong", {}, 401, invalid, "The same as for a bad signature."),
        ("a-wrong-issuer", "issuer_wrong", {}, 401, invalid, "The same as for a bad signature."),
        ("a-malformed-token", "token_malformed", {}, 401, invalid, "The same as for a bad signature."),
        ("an-unsigned-token", "algorithm_not_allowed", {}, 401, invalid, "The same as for a bad signature."),
        ("a-bound-token", "token_bound", {}, 401, invalid, "The same as for a bad signature."),
        ("an-expired-token", "token_expired", {}, 401, expired, "Told only of a token that was really issued: get another."),
        ("a-missing-scope", "insufficient_scope", {"scopes": ["read"]}, 403,
         f'Bearer realm="api", error="insufficient_scope", {lacks}, scope="read"', "What to ask for."),
        ("a-scope-that-cannot-stand-there", "insufficient_scope", {"scopes": ["read", 'x" y="', "a\r\nb", "\u00e9"]}, 403,
         f'Bearer realm="api", error="insufficient_scope", {lacks}, scope="read"', "A word that is no scope is left out."),
        ("a-login-too-old", "insufficient_user_authentication", {"max_age": 300}, 401,
         f'Bearer realm="api", error="insufficient_user_authentication", {login}, max_age="300"', "How recent."),
        ("two-credentials", "request_ambiguous", {"scopes": ["read"]}, 400,
         'Bearer realm="api", error="invalid_request", error_description="The request carries more than one credential."',
         "A malformed request is told so."),
        ("keys-that-cannot-be-had", "keys_unavailable", {}, 503, None, "An outage is not the caller's fault, and no challenge."),
    ]  # fmt: skip
    for name, code, extra, status, says, why in told:
        expected = {"status": status, "header": says}
        theme.case(f"refusal-of-{name}", "H9", why, source, error=code, **extra, expected=expected)
    return theme


def policies() -> Theme:
    """What may be set, and what is refused before any token is seen."""
    theme = Theme(
        "policies", "Settings: what is refused when a policy is made, before any token is seen.", "policy"
    )
    base = {"issuer": ISSUER, "audience": AUDIENCE}
    rows: list[tuple[str, str, dict[str, Any], str, str, str]] = [
        ("issuer-and-audience", "C2", base, "accept", "Both, and nothing else is needed.", "RFC 9068 section 4"),
        ("no-audience", "C2", {"issuer": ISSUER}, "configuration_audience", "It is required.", "RFC 9068 section 4"),
        ("null-audience", "C2", {**base, "audience": None}, "configuration_audience", "It is required.", "RFC 9068 section 4"),
        ("empty-audience", "C2", {**base, "audience": ""}, "configuration_audience", "It is required.", "RFC 9068 section 4"),
        ("blank-audience", "C2", {**base, "audience": " "}, "configuration_audience", "It is required.", "RFC 9068 section 4"),
        ("empty-list-of-audiences", "C2", {**base, "audience": []}, "configuration_audience", "It is required.", "RFC 9068 section 4"),
        ("false-audience", "C2 S20", {**base, "audience": False}, "configuration_audience", "There is no switch.", "RFC 9068 section 4"),
        ("a-number-among-audiences", "C2", {**base, "audience": [AUDIENCE, 1]}, "configuration_audience", "Audiences are strings.",
         "RFC 7519 section 4.1.3"),
        ("audience-that-is-the-issuer-with-a-slash", "C2", {**base, "audience": f"{ISSUER}/"}, "configuration_audience",
         "One of the two is a slip.", "RFC 7519 section 4.1.3"),
        ("audience-that-is-the-issuer", "C2", {**base, "audience": ISSUER}, "accept", "Some providers do.", "RFC 7519 section 4.1.3"),
        ("waived-audience", "C2", {**base, "audience": "ANY"}, "accept", "In a word that one can search for.", "RFC 7519 section 4.1.3"),
        ("no-issuer", "C1", {"audience": AUDIENCE}, "configuration_issuer", "It is required.", "RFC 9068 section 4"),
        ("empty-issuer", "C1", {**base, "issuer": ""}, "configuration_issuer", "It is required.", "RFC 9068 section 4"),
        ("list-of-issuers", "C1", {**base, "issuer": [ISSUER]}, "configuration_issuer", "One policy, one issuer.", "RFC 9068 section 4"),
        ("issuer-by-http", "N2", {**base, "issuer": "http://id.example"}, "configuration_issuer", "https, or this machine.",
         "RFC 8414 section 2"),
        ("issuer-on-this-machine", "N2", {**base, "issuer": "http://127.0.0.1:8455"}, "accept", "https, or this machine.",
         "RFC 8414 section 2"),
        ("issuer-on-a-name-below-localhost", "N2", {**base, "issuer": "http://evil.localhost"}, "configuration_issuer",
         "Not every resolver keeps such names on this machine.", "RFC 6761 section 6.3"),
        ("issuer-that-begins-like-this-machine", "N2", {**base, "issuer": "http://localhost.evil.example"}, "configuration_issuer",
         "https, or this machine.", "RFC 8414 section 2"),
        ("issuer-with-user-information", "N2", {**base, "issuer": "https://a:b@id.example"}, "configuration_issuer",
         "An address that reads in one way.", "RFC 8414 section 2"),
        ("issuer-with-a-query", "C1", {**base, "issuer": f"{ISSUER}?x=1"}, "configuration_issuer", "An issuer has none.",
         "RFC 8414 section 2"),
        ("issuer-with-a-fragment", "C1", {**base, "issuer": f"{ISSUER}#x"}, "configuration_issuer", "An issuer has none.",
         "RFC 8414 section 2"),
        ("issuer-that-is-its-document", "C1", {**base, "issuer": f"{ISSUER}/.well-known/openid-configuration"},
         "configuration_issuer", "The identity is not the document.", "RFC 8414 section 3"),
        ("issuer-with-a-placeholder", "C1", {**base, "issuer": "https://id.example/{tenant}"}, "configuration_issuer",
         "No pattern.", "RFC 8414 section 2"),
        ("issuer-with-a-star", "C1", {**base, "issuer": "https://*.example"}, "configuration_issuer", "No pattern.",
         "RFC 8414 section 2"),
        ("keys-by-http", "N2", {**base, "jwks_uri": "http://id.example/keys"}, "configuration_url", "https, or this machine.",
         "RFC 8414 section 2"),
        ("keys-from-a-file", "N2", {**base, "jwks_uri": "file:///etc/passwd"}, "configuration_url", "https.", "RFC 8414 section 2"),
        ("algorithm-none", "S1 S20", {**base, "algorithms": ["none"]}, "configuration_algorithms", "There is none.",
         "RFC 8725 section 3.2"),
        ("algorithm-hs256", "S2", {**base, "algorithms": ["HS256"]}, "configuration_algorithms",
         "A shared secret has a verifier of its own.", "RFC 8725 section 3.1"),
        ("algorithms-of-both-families", "S2", {**base, "algorithms": ["RS256", "HS256"]}, "configuration_algorithms",
         "One verifier, one family.", "CVE-2017-11424; RFC 8725 section 3.1"),
        ("algorithm-unknown", "S6", {**base, "algorithms": ["RS257"]}, "configuration_algorithms", "No such row.",
         "RFC 8725 section 3.1"),
        ("algorithm-in-small-letters", "S6", {**base, "algorithms": ["rs256"]}, "configuration_algorithms", "No such row.",
         "RFC 8725 section 3.1"),
        ("no-algorithms", "S6", {**base, "algorithms": []}, "configuration_algorithms", "Nothing could ever be accepted.",
         "RFC 8725 section 3.1"),
        ("algorithms-as-a-string", "S6", {**base, "algorithms": "RS256"}, "configuration_algorithms",
         "A string is a collection of letters.", "RFC 8725 section 3.1"),
        ("leeway-of-300-s", "C6", {**base, "leeway": 300}, "accept", "As much as there is.", "RFC 7519 section 4.1.4"),
        ("leeway-of-301-s", "C6", {**base, "leeway": 301}, "configuration_invalid", "Clocks that differ by more need repair.",
         "RFC 7519 section 4.1.4"),
        ("leeway-below-zero", "C6", {**base, "leeway": -1}, "configuration_invalid", "Seconds.", "RFC 7519 section 4.1.4"),
        ("leeway-that-is-true", "C6", {**base, "leeway": True}, "configuration_invalid", "A boolean is no number.",
         "RFC 7519 section 4.1.4"),
        ("leeway-as-text", "C6", {**base, "leeway": "30"}, "configuration_invalid", "Nothing is converted.",
         "RFC 7519 section 4.1.4"),
        ("empty-token-type", "C3", {**base, "token_type": ""}, "configuration_token_type", "A type, or ANY.", "RFC 9068 section 4"),
        ("null-token-type", "C3 S20", {**base, "token_type": None}, "configuration_token_type", "A type, or ANY.",
         "RFC 9068 section 4"),
        ("a-claims-place-that-is-empty", "C8", {**base, "roles_claim": []}, "configuration_claims", "A name, or names.",
         "RFC 7519 section 4"),
        ("a-required-list", "C8", {**base, "required_claims": {"x": [1]}}, "configuration_claims",
         "A string, a whole number or a boolean.", "RFC 7519 section 4"),
    ]  # fmt: skip
    for name, rules, settings, expected, why, source in rows:
        theme.case(f"policy-with-{name}", rules, why, source, settings=settings, expected=expected)
    off = [
        "verify",
        "verify_signature",
        "verify_exp",
        "options",
        "insecure",
        "debug",
        "allow_none",
        "skip_audience",
    ]
    for name in off:
        theme.case(
            f"policy-with-a-switch-called-{name.replace('_', '-')}", "S20", "There is nothing to switch off.",
            "RFC 8725 section 3.3", settings={**base, name: name in ("insecure", "debug", "allow_none")},
            expected="no_such_setting",
        )  # fmt: skip
    return theme
