"""The outer form of a token: segments, alphabets, and everything that is not a token at all."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .keys import b64
from .model import Theme, claims, encode, good, header, spliced, token

BAD = "token_malformed"


def forms() -> Theme:
    """Texts that are not a signed token in compact form."""
    theme = Theme(
        "forms",
        "Texts that are not a signed JWT in compact form: other serialisations, other dots, other things.",
    )
    text = good()
    head, body, signature = text.split(".")
    flattened = {"protected": head, "payload": body, "signature": signature}
    general = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    polyglot = f'{{"{head}.{body}.{signature}":"","payload":"{body}","protected":"{head}","signature":"{signature}"}}'
    forms_ = [
        ("json-flattened", json.dumps(flattened), "One serialisation is read."),
        ("json-general", json.dumps(general), "One serialisation is read."),
        ("json-with-an-unprotected-header", json.dumps(flattened | {"header": {"alg": "none"}}), "One serialisation is read."),
        ("json-and-compact-at-once", polyglot, "A text that two readers read differently is read by neither."),
        ("json-string-of-the-token", json.dumps(text), "Quotes are not part of a token."),
    ]  # fmt: skip
    theme.tokens(
        "S18", "CVE-2022-39227; CVE-2016-9122; RFC 7515 section 7", [(n, t, BAD, w) for n, t, w in forms_]
    )
    dots = [
        ("one-dot", f"{head}.{body}"),
        ("three-dots", f"{text}."),
        ("three-dots-doubled", f"{head}..{body}.{signature}"),
        ("five-dots", f"{text}.{head}.{body}.{signature}"),
        ("only-dots", "." * 12),
        ("no-text", ""),
        ("a-tilde-form-with-disclosures", f"{text}~WyJzYWx0IiwibmFtZSIsInZhbHVlIl0~"),
        ("a-dot-in-fullwidth", text.replace(".", "\uff0e", 1)),
        ("a-dot-in-percent", text.replace(".", "%2E")),
    ]
    for name, value in dots:
        theme.token(
            f"form-{name}",
            "S18 P15" if name == "only-dots" else "S18",
            value,
            BAD,
            "A signed JWT in compact form has exactly two dots and nothing around it.",
            "CVE-2025-30204; RFC 7515 section 3.1" if "dots" in name else "RFC 7515 section 3.1",
        )
    around = [
        ("a-space-before", " {}"),
        ("a-space-after", "{} "),
        ("a-newline-after", "{}\n"),
        ("a-tab-before", "\t{}"),
    ]
    around += [("a-nul-after", "{}\0"), ("the-word-bearer-before", "Bearer {}"), ("quotes-around", "'{}'")]
    around += [
        ("a-bom-before", "\ufeff{}"),
        ("a-nul-and-more-after", "{}\0garbage"),
        ("a-zero-width-space-after", "{}\u200b"),
    ]
    for name, pattern in around:
        theme.token(
            f"form-with-{name}",
            "S18 P1",
            pattern.format(text),
            BAD,
            "Nothing around a token is trimmed: one token has one spelling.",
            "RFC 7515 section 7.1",
        )
    _encrypted(theme)
    _other_things(theme)
    _types(theme)
    theme.token(
        "form-as-it-should-be",
        "S18",
        text,
        "accept",
        "The near miss: two dots and nothing around.",
        "RFC 7515 section 7.1",
    )
    return theme


def _encrypted(theme: Theme) -> None:
    def jwe(
        head: Mapping[str, object],
        key: str = "",
        iv: str = "AAAAAAAAAAAAAAAA",
        tag: str = "AAAAAAAAAAAAAAAAAAAAAA",
    ) -> str:
        return f"{b64(encode(head))}.{key}.{iv}.{b64(bytes(40))}.{tag}"

    gcm = {"alg": "dir", "enc": "A256GCM"}
    rows = [
        ("direct", "P13", jwe(gcm), "CVE-2022-3102"),
        ("around-an-unsigned-token", "P13", jwe(gcm | {"cty": "JWT"}), "CVE-2026-29000"),
        ("with-a-zip-bomb", "P10", jwe(gcm | {"zip": "DEF"}), "CVE-2024-33664; CVE-2024-28102; CVE-2024-28180"),
        ("with-a-password-and-a-huge-count", "P11",
         jwe({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647, "p2s": "AAAA"}, "AAAA"),
         "CVE-2023-6681; CVE-2023-50658"),
        ("with-rsa1-5", "P12", jwe({"alg": "RSA1_5", "enc": "A128CBC-HS256"}, b64(bytes(64))), "CVE-2016-6298"),
        ("with-rsa-oaep", "P12", jwe({"alg": "RSA-OAEP-256", "enc": "A256GCM"}, b64(bytes(64))), "RFC 7516"),
        ("without-its-key", "P14", jwe({"alg": "A256KW", "enc": "A256GCM"}), "CVE-2025-54887; RFC 7516 section 5.2"),
        ("without-its-tag", "P14", jwe(gcm, tag=""), "CVE-2025-54887; RFC 7516 section 5.2"),
        ("with-nothing-in-it", "P14", "....", "RFC 7516 section 5.2"),
        ("with-a-header-that-is-not-base64", "P14", "!.!.!.!.!", "RFC 7516 section 5.2"),
        ("with-the-segments-of-a-signed-one", "P13", good() + "..", "CVE-2022-3102"),
        ("by-its-dots-being-two-tokens-and-a-comma", "S18", f"{good()},{good()}", "RFC 7515 section 7.1"),
    ]  # fmt: skip
    for name, rules, text, source in rows:
        theme.token(
            f"encrypted-{name}",
            rules,
            text,
            "token_encrypted",
            "Five segments are an encrypted token: refused for that alone, before any of its parts is decoded.",
            source,
        )


def _other_things(theme: Theme) -> None:
    opaque = [("of-32-letters", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF")]
    opaque += [
        ("that-is-a-uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ("of-one-letter", "a"),
        ("that-says-null", "null"),
    ]
    for name, text in opaque:
        theme.token(
            f"opaque-token-{name}",
            "S18 C11",
            text,
            "token_opaque",
            "A word without dots is a token for somebody else to look up; saying so saves its owner an afternoon.",
            "RFC 6749 section 1.4",
        )
    rows = [
        ("a-refresh-token", "6f9619ff-8b86-d011-b42d-00c04fc964ff.aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"),
        ("basic-credentials", "YWxpY2U6c2VjcmV0Cg=="),
        ("an-object-turned-into-text", "[object Object]"),
        ("a-paseto", "v4.public.eyJzdWIiOiJhbGljZSJ9"),
        ("three-words", "a.b.c"),
        ("a-url", "https://id.example.com/oauth2/token"),
        ("a-sentence-in-greek", "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1"),
        ("control-characters", "\x00\x01\x02\x1b[2J"),
    ]
    for name, text in rows:
        theme.token(
            f"not-a-token-but-{name}", "S18 P8", text, BAD, "Any text gets a verdict.", "RFC 7519 section 7.2"
        )


def _types(theme: Theme) -> None:
    parts = [("a-list", "[]"), ("a-string", '"EdDSA"'), ("a-number", "1")]
    parts += [("null", "null"), ("nothing", ""), ("not-json", "alg=EdDSA")]
    parts += [("a-half-object", '{"alg":"EdDSA"'), ("an-empty-object", "{}")]
    for name, raw in parts:
        theme.token(
            f"header-that-is-{name}",
            "P16 P8",
            token(raw),
            BAD,
            "A protected header is a JSON object with an algorithm.",
            "RFC 7515 section 4",
        )
        if name != "an-empty-object":
            theme.token(
                f"payload-that-is-{name}",
                "P16 P8",
                token(body=raw),
                BAD,
                "Claims are a JSON object, however well signed something else is.",
                "RFC 7519 section 7.2",
            )
    nested = token({**header(), "cty": "JWT"}, good())
    theme.tokens(
        "P13 P16",
        "RFC 7519 section 5.2",
        [
            ("payload-that-is-a-token", nested, BAD, "A token in a token is not unwrapped."),
            ("payload-that-is-empty-claims", token(body="{}"), "issuer_wrong", "Claims that say nothing come from nobody."),
            ("payload-detached", spliced(good(), payload=""), BAD, "A payload that came another way is not claims."),
        ],
    )  # fmt: skip


def alphabets() -> Theme:
    """Base64url, each segment: every second spelling of the same octets."""
    theme = Theme("alphabets", "Base64url with a second spelling, in each segment: one value has one text.")
    # With these, each segment has '-' and '_' in it and spare bits at its end.
    head, body = header(kid=">>>???"), claims(x=">>>???")
    text = _with_both(head, body)
    keys = [{"$key": "ed", "kid": head["kid"]}]
    theme.token(
        "base64-canonical-with-dash-and-underscore",
        "P1",
        text,
        "accept",
        "The near miss of this file: both letters of the URL alphabet in every segment.",
        "RFC 7515 section 2",
        keys=keys,
    )
    segments = dict(zip(("header", "payload", "signature"), text.split("."), strict=True))
    for name, segment in segments.items():
        middle = len(segment) // 2
        dash = next(number for number, letter in enumerate(segment) if letter == "-")
        under = next(number for number, letter in enumerate(segment) if letter == "_")
        padding = "=" * (-len(segment) % 4)
        variants = [
            ("with-its-padding", segment + padding),
            ("with-a-plus", segment[:dash] + "+" + segment[dash + 1 :]),
            ("with-a-slash", segment[:under] + "/" + segment[under + 1 :]),
            ("with-spare-bits", segment[:-1] + _next(segment[-1])),
            ("with-a-space-inside", segment[:middle] + " " + segment[middle:]),
            ("with-a-cr-lf-inside", segment[:middle] + "\r\n" + segment[middle:]),
            ("with-a-nul-inside", segment[:middle] + "\0" + segment[middle:]),
            ("of-an-impossible-length", segment + "A" * ((1 - len(segment)) % 4)),
            (
                "with-fullwidth-letters",
                "".join(chr(ord(c) + 0xFEE0) if c == segment[0] else c for c in segment),
            ),
            ("with-a-zero-width-space", segment[:middle] + "\u200b" + segment[middle:]),
        ]
        for what, changed in variants:
            theme.token(
                f"base64-{name}-{what}",
                "P1",
                spliced(text, **{name: changed}),
                BAD,
                "A second spelling of the same octets would give one token two names, and a block-list of tokens a hole.",
                "RFC 7515 section 2; RFC 4648 section 3.5",
                keys=keys,
            )
    lengths = [claims(pad="p" * number) for number in range(3)]
    for number, members in enumerate(lengths):
        theme.token(
            f"base64-payload-of-{len(encode(members)) % 3}-octets-past-a-multiple-of-three",
            "P1",
            token(body=members),
            "accept",
            "No length needs padding here.",
            "RFC 7515 section 2",
            accepted={"claims": {"pad": "p" * number}},
        )
    return theme


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _next(letter: str) -> str:
    """The letter whose last bit is set: the same octets for a lenient reader."""
    return _ALPHABET[_ALPHABET.index(letter) + 1]


def _with_both(head: dict[str, object], body: dict[str, object]) -> str:
    for number in range(10_000):
        text = token(head | {"x": "x" * (number % 3)}, body | {"jti": str(number)})
        if all("-" in part and "_" in part and len(part) % 4 != 0 for part in text.split(".")):
            return text
    raise ValueError("no such token")
