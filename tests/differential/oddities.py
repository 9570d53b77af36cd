"""What stands where something else should: values, literals and encodings that readers disagree on, each by name of its place.

The grid tries every one of them in its place; the mutations combine them with each other and with arbitrary ones.
"""

from __future__ import annotations

from typing import Any, Final

from tests.core.builders import AUDIENCE, ISSUER, NOW

WORDS: Final[list[Any]] = [
    "",
    " ",
    "a b",
    "a  b",
    "tab\there",
    "nul\0",
    "line\nbreak",
    "del\x7f",
    "é",
    "e\u0301",
    'q"',
    "b\\",
    "\u200b",
]
SCALARS: Final[list[Any]] = [None, True, False, 0, 1, -1, 0.5, 2**53, 2**64, -(2**63), 1e300, "", "1", "true"]
NESTED: Final[list[Any]] = [[], {}, [[]], [None], ["a"], ["a", 1], {"a": "b"}, {"": []}, [{"a": [{}]}]]
VALUES: Final = [*SCALARS, *NESTED]

EDGES: Final = [
    -3600,
    -31,
    -30.5,
    -30.0000005,
    -30,
    -29.9999995,
    -29.5,
    -29,
    -1,
    0,
    1,
    29,
    29.5,
    30,
    30.0000005,
    30.25,
    31,
    3600,
]
"""Seconds from now: around the leeway of 30, and well beyond it."""
_MOMENTS: Final[list[Any]] = [NOW + seconds for seconds in EDGES]
DATES: Final[list[Any]] = [
    *_MOMENTS, *map(int, _MOMENTS), *(str(int(moment)) for moment in _MOMENTS), str(NOW), " 1 ", "0x10", "1e9", "\u0661",
    -0.5, 2**53 - 1, 2**53 + 0.0, 10**400, 1e15, *VALUES,
]  # fmt: skip

CLAIMS_BY_NAME: Final[dict[str, list[Any]]] = {
    "exp": DATES,
    "nbf": DATES,
    "iat": DATES,
    "aud": [
        AUDIENCE, [AUDIENCE], [AUDIENCE, AUDIENCE], ["https://other.example", AUDIENCE], [AUDIENCE, 1], [None, AUDIENCE], [[AUDIENCE]],
        [AUDIENCE, ""], [AUDIENCE, "a\tb"], {"aud": AUDIENCE}, AUDIENCE + "/", AUDIENCE.upper(), AUDIENCE[:-1], f"{AUDIENCE} x", *VALUES,
    ],
    "iss": [ISSUER, ISSUER + "/", [ISSUER], ISSUER.upper(), ISSUER[:-1], f" {ISSUER}", {"iss": ISSUER}, *VALUES],
    "sub": [*WORDS, "x" * 500, *VALUES],
    "scope": [*WORDS, [*WORDS], ["a b"], ["a", None], "openid openid", "a\tb", "a\u00a0b", ["a\tb"], *VALUES],
    "scp": [*WORDS, ["a b"], ["a", None], "a\tb", *VALUES],
    "jti": [*WORDS, *VALUES],
    "cnf": [{"jkt": "x"}, {"x5t#S256": "x"}, *VALUES],
    "client_id": [*WORDS, *VALUES],
    "azp": VALUES,
    "auth_time": VALUES,
    "acr": VALUES,
    "amr": VALUES,
    "x": [*WORDS, *VALUES],
}  # fmt: skip

TYPES: Final[list[Any]] = [
    "at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "APPLICATION/AT+JWT", "application/application/at+jwt", "x/at+jwt", "at+jwt ",
    "JWT", "jwt", "application/jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", *VALUES,
]  # fmt: skip
HEADER_BY_NAME: Final[dict[str, list[Any]]] = {
    "typ": TYPES,
    "alg": ["none", "None", "HS256", "HS512", "rs256", "RS256 ", "Ed25519", "RSA-OAEP", "dir", *VALUES],
    "kid": ["other", "stranger", "../../dev/null", "k" * 256, "k" * 257, *WORDS, *VALUES],
    "crit": [["b64"], ["exp"], ["kid"], ["typ", "alg"], [""], "b64", *VALUES],
    "b64": VALUES,
    "zip": ["DEF", *VALUES],
    "enc": ["A256GCM", *VALUES],
    "cty": ["JWT", *VALUES],
    "jku": ["https://attacker.example/jwks", *VALUES],
    "jwk": [{"kty": "oct", "k": "AA"}, *VALUES],
    "x5u": ["https://attacker.example/x", *VALUES],
    "x5c": [["AA"], *VALUES],
    "x5t": VALUES,
    "x": [*WORDS, *VALUES],
}

LITERALS: Final = [
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e308", "1E+2", "-0", "-0.0", "0.1e1", "01", "1.", ".5", "+1", "0x1", "9" * 30,
    "9" * 1024, "9" * 1025, "-" + "9" * 1025, "1" + "0" * 400, "1." + "1" * 1030, "1e" + "0" * 1030 + "1", '"\\ud800"', '"\\udc00"',
    '"\\ud83d\\ude00"', '"\\ude00\\ud83d"', '"\\u0000"', '"\\/"', '"\\x"', '"\\u00e"', '"\x7f"', '"\ud800"', '"tab\t"', '"\u2028"',
    "[" * 16 + "]" * 16, "[" * 15 + "]" * 15, '{"a":' * 15 + "1" + "}" * 15, '{"a":' * 16 + "1" + "}" * 16, '{"a":1,"a":1}',
    '{"a":{"a":1}}', '[{"b":1,"\\u0062":2}]', '{"":0,"":0}', '{"é":1,"e\u0301":1}', '"a\\\\"', '"\\\\\\""', '{"\\"":1,"\\\\":2}', "null",
    "true", "True", "''", "[1,]", "[1 2]", "/**/1", "",
]  # fmt: skip
"""JSON values, and what is nearly one, as they are written."""
NAMES: Final = [
    "x",
    "sub",
    "s\\u0075b",
    "iss",
    "alg",
    "kid",
    "exp",
    "typ",
    "cnf",
    'q\\"',
    "\\\\",
    "",
    "\\ud800",
    "é",
]
"""Member names as they are written between quotes."""
ENCODINGS: Final = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
    "latin-1",
    "utf-7",
]
