"""JSON: names given twice, numbers, syntax, encodings; and much that is unusual and fine."""

from __future__ import annotations

import json
from typing import Any

from .model import AUDIENCE, ISSUER, NOW, Theme, claims, encode, good, header, signed_recipe, token

BAD = "token_malformed"
_BODY = encode(claims()).decode()
_HEAD = encode(header()).decode()


def _with(extra: str) -> str:
    """Good claims, with more members as text."""
    return token(body=f"{_BODY[:-1]},{extra}}}")


def duplicates() -> Theme:
    """One member name given twice."""
    theme = Theme("duplicates", "A member name given twice, at every level and in every spelling.")
    source = "RFC 7515 section 4; RFC 7519 section 4; RFC 8725 section 2.6"
    heads = [
        ("alg", '{"alg":"none","alg":"EdDSA","kid":"ed","typ":"at+jwt"}'),
        ("alg-the-other-way-round", '{"alg":"EdDSA","kid":"ed","typ":"at+jwt","alg":"none"}'),
        ("kid", '{"alg":"EdDSA","kid":"ed-2","typ":"at+jwt","kid":"ed"}'),
        ("typ", '{"typ":"logout+jwt","alg":"EdDSA","kid":"ed","typ":"at+jwt"}'),
        ("typ-with-an-escape", '{"t\\u0079p":"logout+jwt","alg":"EdDSA","kid":"ed","typ":"at+jwt"}'),
        ("an-unknown-member", '{"alg":"EdDSA","kid":"ed","typ":"at+jwt","x":1,"x":1}'),
        ("a-member-inside-a-member", '{"alg":"EdDSA","kid":"ed","typ":"at+jwt","x":{"y":1,"y":2}}'),
    ]
    for name, head in heads:
        theme.token(
            f"header-gives-{name}-twice",
            "P2",
            token(head),
            BAD,
            "Readers differ in which of two they keep.",
            source,
        )
    bodies = [
        ("iss", '"iss":"https://evil.example"'),
        ("iss-with-the-same-value", f'"iss":"{ISSUER}"'),
        ("iss-with-an-escape", '"\\u0069ss":"https://evil.example"'),
        ("iss-all-in-escapes", '"\\u0069\\u0073\\u0073":"https://evil.example"'),
        ("aud", f'"aud":["{AUDIENCE}","https://other.example"]'),
        ("exp", '"exp":9000000000'),
        ("sub", '"sub":"admin"'),
        ("sub-thrice", '"sub":"admin","sub":"alice"'),
        ("a-claim-of-ones-own", '"role":"user","role":"admin"'),
        ("the-empty-name", '"":1,"":2'),
        ("a-name-with-an-escaped-solidus", '"a/b":1,"a\\/b":2'),
        ("a-name-that-ends-in-a-backslash", '"a\\\\":"\\"","a\\\\":"\\""'),
        ("a-name-beyond-the-basic-plane", '"\U0001f511":1,"\\ud83d\\udd11":2'),
        ("a-prototype-name", '"__proto__":{},"__proto__":{}'),
        ("a-member-of-an-object", '"x":{"a":1,"a":2}'),
        ("a-member-of-an-object-in-a-list", '"x":[{"a":1},{"a":1,"a":2}]'),
        ("a-member-eight-levels-down", '"x":[[[[[[{"a":1,"a":2}]]]]]]'),
        ("a-member-of-cnf", '"cnf":{"jkt":"A","jkt":"B"}'),
        ("null-and-a-value", '"role":null,"role":"admin"'),
        ("a-name-among-thirty", ",".join(f'"c{n}":{n}' for n in range(30)) + ',"c5":1'),
    ]
    for name, extra in bodies:
        theme.token(
            f"claims-give-{name}-twice",
            "P2",
            _with(extra),
            BAD,
            "Readers differ in which of two they keep.",
            source,
        )
    fine = [
        ("the-same-name-at-two-levels", '"x":{"iss":"a","x":{"iss":"b"}},"y":{"iss":"c"}', "Each level has names of its own."),
        ("the-same-name-in-two-objects-of-a-list", '"x":[{"a":1},{"a":1}]', "Each object has names of its own."),
        ("names-that-differ-in-case", '"ISS":"https://evil.example","Sub":"admin"', "Names are case-sensitive."),
        ("names-that-look-alike", '"\u0456ss":"https://evil.example"', "Names are compared code point by code point."),
        ("names-that-differ-in-normal-form", '"\u00e9":1,"e\u0301":2', "Names are not normalised."),
        ("a-value-that-looks-like-members", '"x":"\\",\\"iss\\":\\"https://evil.example\\",\\"y\\":\\""', "Text in a string is text."),
        ("a-list-that-repeats-itself", '"x":["iss","iss","sub"]', "A list may repeat itself."),
        ("a-name-with-a-space-beside-one-without", '"iss ":"https://evil.example"', "Nothing is trimmed."),
        ("a-value-that-ends-in-backslashes", '"x":"\\\\\\\\","y":"\\\\\\""', "Backslashes are read in pairs, from the left."),
        ("a-name-that-is-a-quote", '"\\"":"\\"\\"\\""', "An escaped quote ends nothing."),
    ]  # fmt: skip
    for name, extra, why in fine:
        theme.token(
            f"claims-with-{name}", "P2", _with(extra), "accept", why, "RFC 8259 section 4",
            accepted={"issuer": ISSUER, "subject": "alice"},
        )  # fmt: skip
    return theme


def syntax() -> Theme:
    """What is nearly JSON, and numbers."""
    theme = Theme("syntax", "What is nearly JSON, numbers at and beyond their edges, and nesting.")
    broken = [
        ("a-trailing-comma", f"{_BODY[:-1]},}}"),
        ("a-missing-brace", _BODY[:-1]),
        ("a-brace-too-many", _BODY + "}"),
        ("two-objects", _BODY + _BODY),
        ("a-comment", f"/* */{_BODY}"),
        ("single-quotes", _BODY.replace('"', "'")),
        ("names-without-quotes", _BODY.replace('"iss"', "iss")),
        ("a-nul-at-its-end", _BODY + "\0"),
        ("a-form-feed-before", "\f" + _BODY),
        ("a-no-break-space-before", "\u00a0" + _BODY),
        ("a-raw-newline-in-a-string", _BODY.replace("alice", "ali\nce")),
        ("a-raw-tab-in-a-string", _BODY.replace("alice", "ali\tce")),
        ("a-raw-nul-in-a-string", _BODY.replace("alice", "alice\0admin")),
        ("an-unknown-escape", _BODY.replace("alice", "\\alice")),
        ("a-hexadecimal-escape", _BODY.replace("alice", "\\x61lice")),
        ("an-assignment", _BODY.replace(":", "=", 1)),
        ("an-undefined", f'{_BODY[:-1]},"x":undefined}}'),
        ("an-anti-hijacking-prefix", ")]}',\n" + _BODY),
    ]
    for name, body in broken:
        theme.token(
            f"claims-with-{name}",
            "P16 P5",
            token(body=body),
            BAD,
            "JSON, as RFC 8259 has it, and nothing near it.",
            "RFC 8259",
        )
    numbers = ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "+1", ".5", "5.", "01", "0x10", "1e"]
    for number, text in enumerate(numbers):
        theme.token(
            f"claims-with-a-number-that-is-none-{number + 1}",
            "P5",
            _with(f'"x":{text}'),
            BAD,
            f"{text[:20]} is no number that JSON has, or none that can be held.",
            "RFC 8259 section 6",
        )
    long = "9" * 1024
    rows: list[tuple[str, str, str, str]] = [
        ("1024-digits", long, "accept", "As many digits as are read."),
        ("1025-digits", long + "9", BAD, "Turning digits into a number is not linear: one more than are read."),
        ("4000-digits", "9" * 4000, BAD, "Turning digits into a number is not linear."),
        ("9000-digits", "9" * 9000, BAD, "Turning digits into a number is not linear."),
        ("4000-digits-below-zero", "-" + "9" * 4000, BAD, "A sign makes it no shorter."),
        ("4000-digits-after-the-point", "0." + "9" * 4000, BAD, "A fraction is made of digits too."),
        ("4000-digits-in-a-list", "[[[[[" + "9" * 4000 + "]]]]]", BAD, "A number is bounded wherever it stands."),
        ("4000-digits-in-a-string", '"' + "9" * 4000 + '"', "accept", "A string of digits is not a number."),
        ("4000-digits-in-a-string-after-a-backslash", '"\\\\","y":"\\"' + "9" * 4000 + '"', "accept",
         "A string of digits is not a number, whatever is escaped around it."),
    ]  # fmt: skip
    for name, text, expected, why in rows:
        digits = text.count("9")
        if digits < 100:
            theme.token(
                f"claims-with-{name}", "P5 P7", _with(f'"x":{text}'), expected, why, "RFC 8259 section 9"
            )
            continue
        before, _, after = f'{_BODY[:-1]},"x":{text}}}'.partition("9" * digits)
        recipe = signed_recipe(None, [before, {"repeat": "9", "times": digits}, after])
        theme.token(f"claims-with-{name}", "P5 P7", recipe, expected, why, "RFC 8259 section 9")
    held: list[tuple[str, str]] = [
        ("a-number-of-two-to-the-64", "18446744073709551616"),
        ("minus-zero", "-0"),
    ]
    held += [("a-tiny-fraction", "5e-324"), ("a-huge-finite-number", "1e308"), ("a-capital-exponent", "1E+2")]
    held += [("forty-digits", "1234567890" * 4)]
    for name, text in held:
        theme.token(
            f"claims-with-{name}",
            "P5",
            _with(f'"x":{text}'),
            "accept",
            "A number that JSON has.",
            "RFC 8259 section 6",
        )
    _depth(theme)
    return theme


def _depth(theme: Theme) -> None:
    source = "RFC 8259 section 9"

    def nest(levels: int, opening: str, closing: str, core: str = "1") -> list[Any]:
        return [{"repeat": opening, "times": levels}, core, {"repeat": closing, "times": levels}]

    lists, objects = ("[", "]"), ('{"a":', "}")
    # The claims themselves are the first level.
    for what, (opening, closing) in (("lists", lists), ("objects", objects)):
        for levels, expected in ((15, "accept"), (16, BAD), (2000, BAD)):
            recipe = signed_recipe(None, [f'{_BODY[:-1]},"x":', *nest(levels, opening, closing), "}"])
            why = (
                "Sixteen levels are read."
                if expected == "accept"
                else "Sixteen levels are read, this is deeper."
            )
            theme.token(f"claims-of-{levels + 1}-levels-of-{what}", "P6", recipe, expected, why, source)
    head = f'{_HEAD[:-1]},"x":'
    for levels, expected in ((15, "accept"), (16, BAD), (500, BAD)):
        recipe = signed_recipe([head, *nest(levels, *lists), "}"], [_BODY])
        why = (
            "Sixteen levels are read." if expected == "accept" else "Sixteen levels are read, this is deeper."
        )
        theme.token(f"header-of-{levels + 1}-levels", "P6", recipe, expected, why, source)
    theme.token(
        "claims-with-brackets-in-a-string",
        "P6",
        signed_recipe(None, [f'{_BODY[:-1]},"x":"', {"repeat": "[{", "times": 1000}, '"}']),
        "accept",
        "Brackets in a string open nothing.",
        "RFC 8259 section 7",
    )
    theme.token(
        "claims-that-are-wide-and-not-deep",
        "P6",
        signed_recipe(None, [f'{_BODY[:-1]},"x":[', {"repeat": "[[]],", "times": 1000}, "[]]}"]),
        "accept",
        "Width is not depth.",
        "RFC 8259 section 9",
    )
    theme.token(
        "payload-of-nothing-but-opening-brackets",
        "P6 P16",
        signed_recipe(None, [{"repeat": "[", "times": 10_000}]),
        BAD,
        "It is refused however deep it would have been.",
        source,
    )


def unicode() -> Theme:
    """Bytes that are not UTF-8, and text that is unusual."""
    theme = Theme(
        "unicode",
        "Encodings that are not UTF-8, code points that are none, and text that is unusual and fine.",
    )
    body = _BODY.encode()
    raw: list[tuple[str, bytes]] = [
        ("a-bom", b"\xef\xbb\xbf" + body),
        ("utf-16-little-endian", _BODY.encode("utf-16-le")),
        ("utf-16-big-endian", _BODY.encode("utf-16-be")),
        ("utf-32", _BODY.encode("utf-32-le")),
        ("latin-1", body.replace(b"alice", b"al\xefce")),
        ("an-overlong-solidus", body.replace(b"alice", b"al\xc0\xafce")),
        ("an-overlong-nul", body.replace(b"alice", b"alice\xc0\x80")),
        ("an-overlong-quote", body.replace(b"alice", b"al\xe0\x80\xa2ce")),
        ("a-raw-surrogate", body.replace(b"alice", b"al\xed\xa0\x80ce")),
        ("a-raw-surrogate-pair", body.replace(b"alice", b"al\xed\xa0\xbd\xed\xb4\x91ce")),
        ("a-code-point-past-the-last", body.replace(b"alice", b"al\xf4\x90\x80\x80ce")),
        ("a-sequence-cut-short", body.replace(b"alice", b"al\xe2\x82")),
        ("a-lonely-continuation", body.replace(b"alice", b"al\x80ce")),
        ("an-octet-ff-at-its-end", body + b"\xff"),
        ("a-lone-high-surrogate-escaped", body.replace(b"alice", b"al\\ud83dce")),
        ("a-lone-low-surrogate-escaped", body.replace(b"alice", b"al\\udd11ce")),
        ("a-pair-the-wrong-way-round", body.replace(b"alice", b"\\udd11\\ud83d")),
        ("a-high-surrogate-before-a-letter-escaped", body.replace(b"alice", b"\\ud83d\\u0061")),
        ("two-high-surrogates", body.replace(b"alice", b"\\ud83d\\ud83d")),
        ("a-lone-surrogate-in-a-name", body[:-1] + b',"\\udc00":1}'),
        ("a-lone-surrogate-deep-inside", body[:-1] + b',"x":[[[[["\\ud800"]]]]]}'),
    ]
    for name, octets in raw:
        theme.token(
            f"claims-with-{name}",
            "P9 P8",
            token(body=octets),
            BAD,
            "Strict UTF-8 without a BOM, and only code points that are characters.",
            "RFC 8259 section 8; RFC 3629 section 3",
        )
    head = _HEAD.encode()
    for name, octets in (
        ("a-bom", b"\xef\xbb\xbf" + head),
        ("utf-16", _HEAD.encode("utf-16")),
        ("a-lone-surrogate-in-kid", head.replace(b'"ed"', b'"ed\\ud800"')),
        ("an-overlong-letter", head.replace(b'"ed"', b'"\xc1\xa5d"')),
    ):
        theme.token(
            f"header-with-{name}",
            "P9",
            token(octets),
            BAD,
            "Strict UTF-8 without a BOM, and only code points that are characters.",
            "RFC 7515 section 5.2; RFC 3629 section 3",
        )
    _unusual(theme)
    return theme


def _unusual(theme: Theme) -> None:
    def fine(name: str, rules: str, text: str, why: str, accepted: dict[str, Any] | None = None) -> None:
        theme.token(name, rules, text, "accept", why, "RFC 8259 section 7", accepted=accepted)

    escapes = '"\\ud83d\\ude00 \\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"'
    value = '\U0001f600 "\\/\b\f\n\r\t\u00e9'
    fine("claims-in-raw-utf-8", "P9", good(name="\u0141ukasz \u5317\u4eac \U0001f600"), "Text of all the world.",
         {"claims": {"name": "\u0141ukasz \u5317\u4eac \U0001f600"}})  # fmt: skip
    fine(
        "claims-in-escapes",
        "P9",
        _with(f'"name":{escapes}'),
        "Every escape that JSON has.",
        {"claims": {"name": value}},
    )
    fine("claims-with-a-surrogate-pair-escaped", "P9", _with('"x":"\\uD83D\\uDD11"'), "A pair is one character.",
         {"claims": {"x": "\U0001f511"}})  # fmt: skip
    fine("claims-with-escaped-solidi-in-iss-and-aud", "C1 C2",
         token(body=_BODY.replace("/", "\\/")), "An escape is another spelling of the same string.",
         {"issuer": ISSUER, "audience": [AUDIENCE]})  # fmt: skip
    fine("claims-whose-names-are-in-escapes", "P9 C1",
         token(body=_BODY.replace('"iss"', '"\\u0069ss"').replace('"exp"', '"e\\u0078p"')),
         "An escape is another spelling of the same string.")  # fmt: skip
    fine(
        "claims-with-whitespace-everywhere",
        "P9",
        token(body=json.dumps(claims(), indent="\t")),
        "Whitespace means nothing.",
    )
    fine(
        "claims-with-cr-lf-between-members",
        "P9",
        token(body=_BODY.replace(",", "\r\n ,\r\n ")),
        "Whitespace means nothing.",
    )
    fine("claims-with-whitespace-around", "P9", token(body=f" \t\r\n{_BODY}\n"), "Whitespace means nothing.")
    fine("header-with-whitespace", "P9", token(json.dumps(header(), indent=2)), "Whitespace means nothing.")
    fine("header-in-another-order", "P9", token('{"typ":"at+jwt","kid":"ed","alg":"EdDSA"}'),
         "Order means nothing.")  # fmt: skip
    fine(
        "claims-in-another-order", "P9", token(body=dict(reversed(claims().items()))), "Order means nothing."
    )
    fine("claims-with-prototype-names", "C8 P9",
         good(__proto__={"admin": True}, constructor={"prototype": {}}, toString="x", hasOwnProperty=1, __class__="x"),
         "A name is a name.", {"subject": "alice"})  # fmt: skip
    fine(
        "claims-with-an-empty-name",
        "P9",
        token(body=claims() | {"": "x"}),
        "A name may be empty.",
        {"claims": {"": "x"}},
    )
    fine("claims-named-like-header-members", "S5 P9", good(alg="none", kid="ed-2", typ="logout+jwt", crit=["exp"], b64=False),
         "Header members count in the header alone.")  # fmt: skip
    fine("claims-with-a-non-character", "P9", good(x="\uffff\ufeff\u2028\u0085\u200b"), "Odd, and text.")
    fine("claims-with-a-bom-inside-a-string", "P9", good(x="\ufeffx"), "Inside a string it is a character.")
    fine("claims-with-right-to-left-text", "P9", good(name="\u202e\u05d0\u05d1"), "Odd, and text.")
    fine(
        "claims-with-a-nul-in-a-claim-of-ones-own",
        "P9",
        good(x="a\0b"),
        "What is nobody's identifier is the application's.",
    )
    fine("claims-with-a-nested-object", "P9", good(realm_access={"roles": ["a", "b"], "more": {"x": [1, 2, {"y": None}]}}),
         "Claims may be objects.")  # fmt: skip
    fine("subject-in-another-script", "P17 C9", good(sub="\u7528\u6237\u2014\U0001f464"), "A subject is any text.",
         {"subject": "\u7528\u6237\u2014\U0001f464"})  # fmt: skip
    fine("subjects-are-not-normalised", "P9 C9", good(sub="e\u0301ve"), "What the issuer wrote is who it is.",
         {"subject": "e\u0301ve"})  # fmt: skip
    fine("iat-and-exp-with-an-exponent", "P5 C4",
         token(body=f'{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"alice","iat":{NOW // 100}e2,"exp":1.8e9}}'),
         "1.8e9 is a number of seconds like any other.")  # fmt: skip
