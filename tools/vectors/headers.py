"""The protected header: keys and places it offers, names it gives, extensions it asks for."""

from __future__ import annotations

import json
from typing import Any

from .keys import b64, jwk
from .model import ABSENT, ISSUER, Theme, claims, encode, good, header, pair, token

EVIL = "https://evil.example/keys"


def offered() -> Theme:
    """Keys, URLs and certificates that a token brings along."""
    theme = Theme("offered-keys", "Keys, URLs and certificates that a token brings along: none is looked at.")
    stranger = jwk("ed-stranger")
    named = {**stranger, "kid": "ed-stranger"}
    cert = "MIIBFakeCertificateThatNobodyReads"
    rows: list[tuple[str, str, dict[str, Any], str]] = [
        ("jwk", "S11", {"jwk": stranger}, "CVE-2018-0114; CVE-2026-27962; RFC 8725 section 3.10"),
        ("jwk-with-its-private-half", "S10 S11", {"jwk": {**stranger, "d": "AAAA"}}, "CVE-2018-0114"),
        ("jku", "S12", {"jku": EVIL}, "CVE-2024-21643; RFC 8725 section 3.10"),
        ("jku-on-the-issuers-host", "S12", {"jku": ISSUER + "/upload/keys.json"}, "CVE-2024-21643"),
        ("x5u", "S12", {"x5u": EVIL}, "CVE-2024-1233; RFC 8725 section 3.10"),
        ("x5c", "S13", {"x5c": [cert]}, "RFC 7515 section 4.1.6"),
        ("x5t-of-his-certificate", "S13", {"x5t": "AAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "RFC 7515 section 4.1.7"),
        (
            "jwk-jku-and-x5c-together",
            "S11 S12 S13",
            {"jwk": stranger, "jku": EVIL, "x5c": [cert]},
            "CVE-2018-0114",
        ),
    ]
    for name, rules, extra, source in rows:
        theme.token(
            f"forged-with-{name}-in-the-header",
            rules,
            token({**header(), **extra}, key="ed-stranger"),
            "signature_invalid",
            "The key that the kid names is the issuer's, whatever else the header offers.",
            source,
        )
        theme.token(
            f"good-with-{name}-in-the-header",
            rules,
            token({**header(), **extra}),
            "accept",
            "What is offered is ignored, not punished: the issuer's own key verifies.",
            "RFC 7515 section 4",
        )
    without_kid = {"alg": "EdDSA", "typ": "at+jwt"}
    theme.tokens(
        "S11 S15",
        "CVE-2018-0114; RFC 8725 section 3.10",
        [
            ("forged-with-jwk-and-no-kid", token({**without_kid, "jwk": stranger}, key="ed-stranger"), "signature_invalid",
             "Without a kid the issuer's only key is tried, not the header's."),
            ("forged-with-jwk-under-a-kid-that-nobody-has",
             token({**header(kid="ed-stranger"), "jwk": named}, key="ed-stranger"), "key_unknown",
             "A kid is looked for in the issuer's set and nowhere else."),
            ("forged-with-a-shared-secret-as-jwk",
             token({**header(alg="HS256"), "jwk": {"kty": "oct", "k": b64(bytes(32))}}, key="ed-stranger"),
             "algorithm_not_allowed", "No shared secret, wherever it comes from."),
        ],
    )  # fmt: skip
    theme.token(
        "nothing-is-fetched-for-jku-or-x5u",
        "S12 N2 C12",
        token({**header(kid="elsewhere"), "jku": EVIL, "x5u": EVIL}, key="ed-stranger"),
        "key_unknown",
        "The two fetches are the configured issuer's own; the URLs of the token are not asked.",
        "CVE-2024-21643; RFC 8725 section 3.10",
        asked=[f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/keys"],
    )
    for name, extra in (
        ("x5t", {"x5t": "dGh1bWI"}),
        ("x5t-s256", {"x5t#S256": "dGh1bWI"}),
        ("unknown", {"x-trace": [1, {}]}),
    ):
        theme.token(
            f"good-with-a-member-{name}-that-nobody-reads",
            "S13",
            token({**header(), **extra}),
            "accept",
            "Header members that are not understood must be ignored.",
            "RFC 7515 section 4",
        )
    return theme


def key_names() -> Theme:
    """What a kid may be and do."""
    theme = Theme("key-names", "The kid: a name that is compared, among names that repeat or are missing.")
    injected = ["../../dev/null", "' OR '1'='1", "https://evil.example/key", "|whoami", "__proto__"]
    injected += ["constructor", "ed\0", "ED", "ed ", "\u0435d", "*", "\r\nX-Injected: 1"]
    injected += ["${jndi:ldap://evil.example}", "\u202eed", "\u2028refused: nothing", "\uff45\uff44"]
    for number, kid in enumerate(injected):
        theme.token(
            f"kid-injection-{number + 1}",
            "S14 H7" if not kid.isprintable() else "S14",
            token(header(kid=kid)),
            "key_unknown",
            f"{json.dumps(kid)} is compared with the names of the set; it equals none and does nothing else.",
            "RFC 8725 section 3.10",
        )
    for name, value in (
        ("null", None),
        ("a-number", 0),
        ("true", True),
        ("a-list", ["ed"]),
        ("an-object", {"ed": 1}),
    ):
        theme.token(
            f"kid-as-{name}",
            "S14 P16",
            token(header(kid=value)),
            "token_malformed",
            "A kid is a string where it is present; another type is no way to name a key.",
            "RFC 7515 section 4.1.4",
        )
    long, emoji = "k" * 256, "\U0001f511"
    accents = "\u00e9" * 256
    accepted = [
        ("kid-of-256-characters", long, "256 characters are within the bound."),
        ("kid-that-is-an-emoji", emoji, "A kid is any string."),
        (
            "kid-of-256-letters-of-two-octets",
            accents,
            "Characters are code points, however many octets they take.",
        ),
        ("kid-that-is-empty", "", "The empty string is a name like any other, if the key has it."),
        (
            "kid-that-looks-like-a-prototype",
            "__proto__",
            "A name that some language gives a meaning, and this rule does not.",
        ),
        ("kid-that-looks-like-a-path", "../../dev/null", "If the issuer's key is called so, it is."),
    ]
    for name, kid, why in accepted:
        theme.token(
            name,
            "S14",
            token(header(kid=kid)),
            "accept",
            why,
            "RFC 7515 section 4.1.4",
            keys=[{"$key": "ed", "kid": kid}],
        )
    theme.token(
        "kid-of-257-characters",
        "S14 P7",
        token(header(kid=long + "k")),
        "token_malformed",
        "One character past the bound.",
        "RFC 7515 section 4.1.4",
        keys=[{"$key": "ed", "kid": long + "k"}, "ed-2"],
    )
    _missing(theme)
    _repeated(theme)
    return theme


def _missing(theme: Theme) -> None:
    nameless = token(header(kid=ABSENT))
    source = "RFC 7515 section 4.1.4; RFC 7517 section 4.5"
    sig, enc = ["ed"], {"$key": "ed-2", "use": "enc"}
    rows: list[tuple[str, str, list[Any], str, str]] = [
        ("no-kid-and-one-key", nameless, [*sig], "accept", "One key can answer, so it is that one."),
        ("no-kid-and-two-keys-of-different-types", nameless, ["rsa", "p256", "ed"], "accept",
         "One key can answer for EdDSA."),
        ("no-kid-and-a-second-key-for-encryption", nameless, [*sig, enc], "accept", "A key for encryption does not count."),
        ("no-kid-and-a-second-key-for-another-algorithm", nameless, [*sig, {"$key": "ed-2", "alg": "Ed25519"}], "accept",
         "A key that says another alg cannot answer."),
        ("no-kid-and-two-keys-that-could", nameless, ["ed", "ed-2"], "key_unknown", "Between two keys nobody guesses."),
        ("no-kid-and-a-forgery", token(header(kid=ABSENT), key="ed-stranger"), [*sig], "signature_invalid",
         "The only key says no."),
        ("a-kid-that-no-key-has-though-there-is-one-key", token(header(kid="other")), [*sig], "key_unknown",
         "A kid that is given counts."),
        ("a-kid-where-the-only-key-has-none", good(), [{"$key": "ed", "$drop": ["kid"]}], "key_unknown",
         "A kid that is given counts."),
    ]  # fmt: skip
    for name, text, keys, expected, why in rows:
        theme.token(name, "S15", text, expected, why, source, keys=keys)


def _repeated(theme: Theme) -> None:
    source = "RFC 7517 section 4.5"
    same = [{"$key": name, "kid": "same"} for name in ("ed-2", "ed")]
    strangers = [{"$key": "ed-2", "kid": "same"}] * 3
    fourth = [*strangers, {"$key": "ed", "kid": "same"}]
    fifth = [{"$key": "ed-2", "kid": "same"}, *fourth]
    mixed = [{"$key": name, "kid": "same"} for name in ("rsa", "p256", "ed")]
    named = token(header(kid="same"))
    rows: list[tuple[str, str, list[Any], str, str]] = [
        ("one-kid-for-three-types", named, [*mixed], "accept", "RFC 7517 allows it: the type tells them apart."),
        ("one-kid-for-three-types-and-another-algorithm", token(header("p256", kid="same"), key="p256"), [*mixed], "accept",
         "RFC 7517 allows it: the type tells them apart."),
        ("one-kid-for-two-keys-of-one-type", named, [*same], "accept", "The few that bear the name are tried."),
        ("one-kid-for-four-keys-and-the-fourth-signed", named, [*fourth], "accept", "Four are tried."),
        ("one-kid-for-five-keys-and-the-fifth-signed", named, [*fifth], "signature_invalid",
         "Four are tried, or a set could make each token cost what it likes."),
        ("one-kid-for-two-keys-and-a-stranger-signed", token(header(kid="same"), key="ed-stranger"), [*same],
         "signature_invalid", "Trying several is not trusting any."),
        ("a-kid-of-one-key-and-the-signature-of-another", token(header(), key="ed-2"), ["ed", "ed-2"], "signature_invalid",
         "The kid says which key; the others are not tried."),
        ("a-kid-of-a-key-of-another-type", token(header(kid="p256")), ["ed", "p256"], "key_unknown",
         "A kid and an algorithm must meet in one key."),
    ]  # fmt: skip
    for name, text, keys, expected, why in rows:
        theme.token(name, "S15", text, expected, why, source, keys=keys)


def extensions() -> Theme:
    """crit, b64, zip and the members of encryption."""
    theme = Theme(
        "extensions",
        "Header members that change what a token means: none is implemented, so each is refused.",
    )
    crits: list[tuple[str, dict[str, Any]]] = [
        ("an-empty-list", {"crit": []}),
        ("exp", {"crit": ["exp"], "exp": 4_000_000_000}),
        ("an-unknown-name", {"crit": ["http://example.com/UNDEFINED"], "http://example.com/UNDEFINED": True}),
        ("a-name-that-is-not-in-the-header", {"crit": ["x-policy"]}),
        ("a-name-given-twice", {"crit": ["x-policy", "x-policy"], "x-policy": 1}),
        ("a-string", {"crit": "exp"}),
        ("null", {"crit": None}),
        ("false", {"crit": False}),
        ("an-object", {"crit": {}}),
        ("a-list-with-a-number", {"crit": [1]}),
    ]
    for name, extra in crits:
        theme.token(
            f"crit-with-{name}",
            "P3",
            token({**header(), **extra}),
            "header_unsupported",
            "No extension is understood here, so whatever is critical is not; an empty or malformed crit is not a way out.",
            "CVE-2026-32597; CVE-2025-59420; RFC 7515 section 4.1.11",
        )
    detached = b64(encode(header(alg="EdDSA") | {"b64": False, "crit": ["b64"]}))
    for name, extra in (
        ("b64-false-with-crit", {"b64": False, "crit": ["b64"]}),
        ("b64-false-without-crit", {"b64": False}),
        ("b64-true", {"b64": True}),
        ("b64-null", {"b64": None}),
        ("b64-as-text", {"b64": "false"}),
    ):
        theme.token(
            name,
            "P4",
            token({**header(), **extra}),
            "header_unsupported",
            "An unencoded payload has no place in a JWT, and a reader that knows of it reads another text than one that does not.",
            "RFC 7797 section 6; RFC 7797 section 7",
        )
    theme.token(
        "b64-false-and-an-unencoded-payload",
        "P4",
        f"{detached}.{{}}.{b64(bytes(64))}",
        "header_unsupported",
        "The header is read first, and says enough.",
        "RFC 7797 section 5.2",
    )
    for name, extra, source in (
        ("zip-def", {"zip": "DEF"}, "CVE-2024-33664; CVE-2024-28102; RFC 8725 section 3.6"),
        ("zip-null", {"zip": None}, "RFC 7516 section 4.1.3"),
        ("zip-unknown", {"zip": "GZIP"}, "RFC 7516 section 4.1.3"),
    ):
        theme.token(
            f"signed-with-{name}",
            "P10",
            token({**header(), **extra}),
            "header_unsupported",
            "Nothing is decompressed.",
            source,
        )
    theme.tokens(
        "P13",
        "RFC 7516 section 4.1.2",
        [
            ("signed-with-enc", token({**header(), "enc": "A256GCM"}), "header_unsupported",
             "A signed token that says how it is encrypted is neither."),
            ("three-segments-with-alg-dir", token(header(alg="dir") | {"enc": "A256GCM"}), "header_unsupported",
             "Encryption in three segments is neither."),
            ("three-segments-with-ecdh-es", token(header(alg="ECDH-ES")), "algorithm_not_allowed",
             "A way to agree on keys is no way to sign."),
        ],
    )  # fmt: skip
    theme.tokens(
        "P11",
        "CVE-2023-6681; CVE-2023-50658; RFC 7518 section 4.8",
        [
            ("pbes2-in-three-segments-with-a-huge-count",
             token({**header(alg="PBES2-HS256+A128KW"), "p2s": "AAAA", "p2c": 2_147_483_647}), "algorithm_not_allowed",
             "No password is hashed, however often it is asked for."),
        ],
    )  # fmt: skip
    theme.tokens(
        "P12",
        "CVE-2016-6298; RFC 8725 section 3.2",
        [
            ("rsa1-5-in-three-segments", token(header(alg="RSA1_5")), "algorithm_not_allowed", "Nothing is decrypted."),
            ("rsa-oaep-in-three-segments", token(header(alg="RSA-OAEP")), "algorithm_not_allowed", "Nothing is decrypted."),
        ],
    )  # fmt: skip
    ignored: list[tuple[str, dict[str, Any], str]] = [
        (
            "claims-in-the-header",
            {"iss": "https://evil.example", "sub": "admin", "exp": 1},
            "Claims count in the payload alone.",
        ),
        ("a-nonce-in-the-header", {"nonce": "n-0S6_WzA2Mj"}, "Unknown members are ignored."),
        (
            "names-in-other-case",
            {"ALG": "none", "Crit": [], "B64": False},
            "Member names are case-sensitive.",
        ),
        ("an-empty-member-name", {"": ""}, "A name may be empty."),
        ("prototype-names", {"__proto__": {"alg": "none"}, "constructor": {}}, "A name is a name."),
        ("a-cty-nobody-reads", {"cty": "json"}, "Unknown members are ignored."),
        ("a-token-in-a-member", {"jwt": pair()}, "Unknown members are ignored."),
    ]
    for name, extra, why in ignored:
        theme.token(
            f"good-with-{name}",
            "P3",
            token({**header(), **extra}),
            "accept",
            why,
            "RFC 7515 section 4",
            accepted={"issuer": ISSUER, "subject": claims()["sub"]},
        )
    return theme
