"""What the issuer publishes: key sets and discovery documents."""

from __future__ import annotations

import json
from typing import Any

from .keys import b64, b64_number, jwk, number, store, unb64
from .model import ISSUER, Recipe, Theme

BAD = "document_invalid"


def key_sets() -> Theme:
    """Which keys of a set are used."""
    theme = Theme(
        "key-sets",
        "JWK Sets: which members are used, which are left out, and which documents are none.",
        "key_set",
    )
    ed, rsa, p256, k256 = (jwk(name) for name in ("ed", "rsa", "p256", "k256"))
    n = number(rsa["n"])

    def table(rules: str, source: str, rows: list[tuple[str, list[Any], list[str], str]]) -> None:
        for name, members, expected, why in rows:
            theme.case(name, rules, why, source, members=members, expected=expected)

    def left_out(rules: str, source: str, rows: list[tuple[str, Any, str]]) -> None:
        table(
            rules, source, [(name, [member, "ed"], ["ignored", "usable"], why) for name, member, why in rows]
        )

    def used(rules: str, source: str, rows: list[tuple[str, Any, str]]) -> None:
        table(rules, source, [(name, [member], ["usable"], why) for name, member, why in rows])

    used("S9", "RFC 7517 section 4", [
        ("key-without-alg", "rsa", "alg is optional."),
        ("key-without-use", {"$key": "ed", "$drop": ["use"]}, "use is optional."),
        ("key-without-kid", {"$key": "ed", "$drop": ["kid"]}, "kid is optional."),
        ("key-with-nothing-optional", {"$key": "p256", "$drop": ["use", "kid"]}, "Type and numbers are enough."),
        ("key-with-key-ops-verify", {"$key": "ed", "key_ops": ["verify"]}, "It is for verifying."),
        ("key-with-key-ops-sign-and-verify", {"$key": "ed", "key_ops": ["sign", "verify"]}, "It is for verifying too."),
        ("key-with-certificates", {"$key": "ed", "x5c": ["MIIB"], "x5t": "AAAA", "x5t#S256": "AAAA", "x5u": "https://a.example"},
         "Certificates are not looked at."),
        ("key-with-unknown-members", {"$key": "ed", "iat": 1, "x-note": {}}, "Unknown members are ignored."),
        ("key-with-nulls", {"$key": "ed", "kid": None, "alg": None, "use": None, "key_ops": None}, "null says nothing."),
        ("rsa-of-3072-bits", "rsa-3072", "Between 2048 and 8192 bits."),
        ("rsa-of-8192-bits", "rsa-8192", "Between 2048 and 8192 bits."),
        ("rsa-with-leading-zeros-in-n", {"$key": "rsa", "n": b64(b"\0" + unb64(rsa["n"]))}, "The number is the same."),
        ("rsa-with-exponent-2-to-the-32-less-one", {"$key": "rsa", "e": b64_number((1 << 32) - 1)}, "Odd, and within the bounds."),
        ("p256-with-a-small-x", _small_point(plus_prime=False), "A small number is a number of the field."),
        ("ed448-key", "ed448", "Ed448 is an algorithm here."),
        ("secp256k1-key", "k256", "It is read; whether a policy wants it is the policy's affair."),
    ])  # fmt: skip
    left_out("S9", "RFC 7518 section 6; RFC 8725 section 3.5", [
        ("rsa-of-1024-bits", "rsa-1024", "Factoring it is in reach."),
        ("rsa-of-2047-bits", {"$key": "rsa", "n": b64_number((n >> 1) | 1)}, "One bit short."),
        ("rsa-of-8200-bits", {"$key": "rsa", "n": b64_number((1 << 8199) | 1)}, "Its only use is to burn time."),
        ("rsa-with-exponent-1", {"$key": "rsa", "e": "AQ"}, "An exponent of 1 signs nothing."),
        ("rsa-with-exponent-3", "rsa-e3", "A small exponent forgives too little."),
        ("rsa-with-exponent-65538", {"$key": "rsa", "e": b64_number(65538)}, "An even exponent has no inverse."),
        ("rsa-with-an-exponent-past-32-bits", {"$key": "rsa", "e": b64_number((1 << 32) + 1)}, "Its only use is to burn time."),
        ("rsa-with-an-even-modulus", {"$key": "rsa", "n": b64_number(n + 1)}, "It has a factor of two."),
        ("rsa-with-exponent-in-hexadecimal", {"$key": "rsa", "e": "0x10001"}, "It is base64url of something else."),
        ("rsa-with-a-number-for-exponent", {"$key": "rsa", "e": 65537}, "Numbers are text in a JWK."),
        ("rsa-without-n", {"$key": "rsa", "$drop": ["n"]}, "Half a key."),
        ("rsa-with-an-empty-n", {"$key": "rsa", "n": ""}, "Half a key."),
        ("rsa-with-padding-in-n", {"$key": "rsa", "n": rsa["n"] + "=="}, "Base64url without padding."),
        ("rsa-with-n-in-the-other-alphabet", {"$key": "rsa", "n": "+/" + rsa["n"][2:]}, "Base64url, not base64."),
        ("p256-off-its-curve", {"$key": "p256", "y": p256["x"]}, "Not a point of the curve."),
        ("p256-with-a-point-of-secp256k1", {"kty": "EC", "crv": "P-256", "kid": "k", "x": k256["x"], "y": k256["y"]},
         "Not a point of the curve."),
        ("p256-at-the-origin", {"$key": "p256", "x": b64(bytes(32)), "y": b64(bytes(32))}, "Not a point of the curve."),
        ("p256-with-x-beyond-the-field", {"$key": "p256", "x": b64(b"\xff" * 32)}, "Not a number of the field."),
        ("p256-with-a-second-spelling-of-x", _small_point(plus_prime=True), "Numbers of the field are less than its prime."),
        ("p256-with-short-coordinates", {"$key": "p256", "x": b64(unb64(p256["x"])[1:])}, "Each coordinate has the field's length."),
        ("p256-with-long-coordinates", {"$key": "p256", "x": b64(b"\0" + unb64(p256["x"]))},
         "Each coordinate has the field's length."),
        ("p256-without-y", {"$key": "p256", "$drop": ["y"]}, "Half a key."),
        ("p384-called-p256", {"$key": "p384", "crv": "P-256"}, "Not a point of the curve."),
        ("ec-on-a-sect-curve", {"$key": "p256", "crv": "sect163k1"}, "A curve that is not used."),
        ("ec-without-a-curve", {"$key": "p256", "$drop": ["crv"]}, "A curve is needed."),
        ("ec-with-a-curve-in-small-letters", {"$key": "p256", "crv": "p-256"}, "Names are compared as they stand."),
        ("x25519", {"$key": "ed", "crv": "X25519"}, "A curve for agreeing on keys."),
        ("ed25519-of-31-octets", {"$key": "ed", "x": b64(unb64(ed["x"])[1:])}, "32 octets, exactly."),
        ("ed25519-of-33-octets", {"$key": "ed", "x": b64(unb64(ed["x"]) + b"\0")}, "32 octets, exactly."),
        ("ed25519-at-the-identity", {"$key": "ed", "kid": "weak", "x": b64(b"\1" + bytes(31))},
         "Of small order: one signature fits every message."),
        ("ed25519-of-order-two", {"$key": "ed", "kid": "weak", "x": b64(b"\xec" + b"\xff" * 30 + b"\x7f")},
         "Of small order: one signature fits every message."),
        ("ed25519-of-order-four", {"$key": "ed", "kid": "weak", "x": b64(bytes(32))},
         "Of small order: one signature in four fits."),
        ("ed25519-called-ed448", {"$key": "ed", "crv": "Ed448"}, "57 octets, exactly."),
        ("ed448-at-the-identity", {"$key": "ed448", "x": b64(b"\1" + bytes(56))}, "Of small order: one signature fits every message."),
        ("type-in-small-letters", {"$key": "rsa", "kty": "rsa"}, "Names are compared as they stand."),
        ("type-missing", {"$key": "ed", "$drop": ["kty"]}, "A type is needed."),
        ("type-as-a-list", {"$key": "ed", "kty": ["OKP"]}, "A type is a string."),
        ("type-unknown", {"kty": "LMS", "kid": "x", "pub": "AAAA"}, "A type that is not used."),
    ])  # fmt: skip
    left_out("S4 S2", "RFC 7517 section 9; RFC 7518 section 6.4", [
        ("a-shared-secret", {"kty": "oct", "kid": "s", "k": b64(bytes(range(32)))}, "A published secret is not one."),
        ("an-empty-shared-secret", {"kty": "oct", "kid": "s", "k": ""}, "A published secret is not one."),
    ])  # fmt: skip
    left_out("S5", "RFC 7517 section 4.2; RFC 7517 section 4.3; RFC 7517 section 4.4", [
        ("key-for-encryption", {"$key": "rsa", "use": "enc"}, "It is for encryption."),
        ("key-for-an-unknown-use", {"$key": "rsa", "use": "SIG"}, "Names are compared as they stand."),
        ("key-whose-use-is-a-list", {"$key": "rsa", "use": ["sig"]}, "A use is a string."),
        ("key-that-may-only-sign", {"$key": "rsa", "key_ops": ["sign"]}, "It is not for verifying."),
        ("key-that-may-do-nothing", {"$key": "rsa", "key_ops": []}, "It is not for verifying."),
        ("key-whose-operations-are-a-string", {"$key": "rsa", "key_ops": "verify"}, "Operations are a list."),
        ("rsa-key-for-es256", {"$key": "rsa", "alg": "ES256"}, "Its alg is another type's."),
        ("rsa-key-for-hs256", {"$key": "rsa", "alg": "HS256"}, "Its alg is another type's."),
        ("rsa-key-for-none", {"$key": "rsa", "alg": "none"}, "Its alg is nobody's."),
        ("rsa-key-for-rsa-oaep", {"$key": "rsa", "alg": "RSA-OAEP"}, "Its alg is for encryption."),
        ("p256-key-for-es384", {"$key": "p256", "alg": "ES384"}, "Its alg is another curve's."),
        ("key-whose-alg-is-a-list", {"$key": "rsa", "alg": ["RS256"]}, "An alg is a string."),
    ])  # fmt: skip
    left_out("S14", "RFC 7517 section 4.5", [
        ("key-whose-name-is-a-number", {"$key": "rsa", "kid": 1}, "A kid is a string."),
        ("key-whose-name-is-a-list", {"$key": "rsa", "kid": ["a"]}, "A kid is a string."),
        ("key-whose-name-has-257-characters", {"$key": "rsa", "kid": "k" * 257}, "One character past the bound."),
    ])  # fmt: skip
    left_out("N3 P16", "RFC 7517 section 5", [
        (f"a-member-that-is-{name}", value, "What is no object is no key; the others are used.")
        for name, value in (("null", None), ("a-string", "-----BEGIN PUBLIC KEY-----"), ("a-number", 1), ("a-list", [ed]),
                            ("an-empty-object", {}), ("true", True))
    ])  # fmt: skip
    table("N3", "RFC 7517 section 5", [
        ("one-good-key-among-many-bad-ones",
         [None, {}, {"kty": "oct", "k": "AAAA"}, "rsa-1024", {"$key": "rsa", "use": "enc"}, "ed", {"kty": "LMS"}],
         ["ignored"] * 5 + ["usable", "ignored"], "One bad key leaves the others in use."),
        ("no-good-key-among-bad-ones", [None, {}, "rsa-1024"], ["ignored"] * 3, "A set without a usable key is not taken."),
        ("a-key-of-every-type", ["rsa", "p256", "p384", "p521", "k256", "ed", "ed448"], ["usable"] * 7, "All are used."),
        ("one-name-for-two-keys", ["rsa", {"$key": "ed", "kid": "rsa"}], ["usable", "usable"],
         "RFC 7517 allows it where the types differ."),
    ])  # fmt: skip
    private = {"$key": "ed", "d": store()["ed"]["d"]}
    table("S10 N4", "RFC 7517 section 8.1", [
        ("a-private-key-published", [private], ["warned"], "Its public half is used, its private half is not read, and it is told."),
        ("a-private-part-that-does-not-match", [{"$key": "ed", "d": b64(bytes(32))}], ["warned"],
         "The private half is not read, so it cannot disagree."),
        ("private-parts-of-rsa-that-are-rubbish", [{"$key": "rsa", "d": "AAAA", "p": 1, "q": None}], ["warned"],
         "The private half is not read."),
        ("a-private-key-beside-a-public-one", [private, "p256"], ["warned", "usable"], "Each by itself."),
        ("a-secret-member-in-a-public-key", [{"$key": "p256", "k": "AAAA"}], ["warned"], "It is not read, and it is told."),
    ])  # fmt: skip
    for alg, name in (("ML-DSA-44", "mldsa44"), ("ML-DSA-65", "mldsa65"), ("ML-DSA-87", "mldsa87")):
        short = {**jwk("mldsa44"), "kid": "short", "alg": alg, "pub": "AAAA"}
        theme.case(
            f"{alg.lower()}-key", "S9", "A key of its own length, and one that is not.", "RFC 9964",
            members=[name, short, {**short, "kid": "nameless", "alg": None}], expected=["usable", "ignored", "ignored"],
            needs=["ML-DSA"],
        )  # fmt: skip
    _whole_sets(theme, json.dumps({**ed, "kid": "a"}))
    return theme


def _small_point(*, plus_prime: bool) -> dict[str, str]:
    """A point of P-256 whose x is so small that x plus the prime has 32 octets too."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x = 1
    while pow(square := x**3 - 3 * x + b, (prime - 1) // 2, prime) != 1:
        x += 1
    y = pow(square, (prime + 1) // 4, prime)
    return {
        "kty": "EC",
        "crv": "P-256",
        "kid": "small",
        "x": b64_number(x + prime * plus_prime, 32),
        "y": b64_number(y, 32),
    }


def _whole_sets(theme: Theme, one: str) -> None:
    source = "RFC 7517 section 5; RFC 8259"
    texts: list[tuple[str, str, str, Any, str]] = [
        ("a-set", "N4", f'{{"keys":[{one}]}}', {"usable": 1}, "The near miss of all below."),
        ("a-set-with-other-members", "N4", f'{{"keys":[{one}],"x":{{}},"iat":1}}', {"usable": 1}, "Unknown members are ignored."),
        ("a-set-with-whitespace", "N4", f'\r\n{{ "keys" :\t[\n{one}\n] }} ', {"usable": 1}, "Whitespace means nothing."),
        ("an-empty-set", "N4", '{"keys":[]}', BAD, "A set without keys is not taken."),
        ("a-set-without-keys", "N4", "{}", BAD, "It is not a JWK Set."),
        ("a-set-whose-keys-are-null", "N4", '{"keys":null}', BAD, "It is not a JWK Set."),
        ("a-set-whose-keys-are-an-object", "N4 P16", f'{{"keys":{{"a":{one}}}}}', BAD, "It is not a JWK Set."),
        ("a-set-whose-keys-are-a-string", "N4 P16", '{"keys":"[]"}', BAD, "It is not a JWK Set."),
        ("a-list-of-keys", "N4 P16", f"[{one}]", BAD, "It is not a JWK Set."),
        ("a-key-alone", "N4", one, BAD, "It is not a JWK Set."),
        ("a-set-in-a-set", "N4", f'{{"keys":[{{"keys":[{one}]}}]}}', BAD, "A set is no key."),
        ("null", "N4 P16", "null", BAD, "null is no object."),
        ("a-web-page", "N4", "<!doctype html><title>Sign in</title>", BAD, "It is not JSON."),
        ("keys-given-twice", "P2", f'{{"keys":[{one}],"keys":[]}}', BAD, "Readers differ in which of two they keep."),
        ("keys-given-twice-with-an-escape", "P2", f'{{"\\u006beys":[],"keys":[{one}]}}', BAD,
         "Readers differ in which of two they keep."),
        ("a-member-of-a-key-given-twice", "P2", f'{{"keys":[{one[:-1]},"kid":"b"}}]}}', BAD,
         "Readers differ in which of two they keep."),
        ("a-nan-in-a-set", "P5", f'{{"keys":[{one}],"x":NaN}}', BAD, "It is not JSON."),
        ("a-lone-surrogate-in-a-set", "P9", f'{{"keys":[{one}],"x":"\\ud800"}}', BAD, "It is not a character."),
        ("a-set-and-more", "N4", f'{{"keys":[{one}]}}}}', BAD, "One object, and nothing after it."),
    ]  # fmt: skip
    for name, rules, text, expected, why in texts:
        theme.case(f"document-of-{name}", rules, why, source, text=text, expected=expected)
    for name, octets in (
        ("a-set-after-a-bom", b"\xef\xbb\xbf" + f'{{"keys":[{one}]}}'.encode()),
        ("a-set-in-utf-16", f'{{"keys":[{one}]}}'.encode("utf-16-le")),
        ("a-set-with-an-octet-that-is-no-utf-8", f'{{"keys":[{one}],"x":"'.encode() + b'\xff"}'),
    ):
        theme.case(
            f"document-of-{name}",
            "P9",
            "Strict UTF-8 without a BOM.",
            source,
            base64url=b64(octets),
            expected=BAD,
        )
    each: Recipe = [{"repeat": one.replace('"a"', '"a#"') + ",", "times": 63, "counter": "#"}]
    junk = {"repeat": "null,", "times": 64}
    sized: list[tuple[str, str, Recipe, Any, str]] = [
        ("64-keys", "N4", ['{"keys":[', *each, one, "]}"], {"usable": 64}, "As many as are read."),
        ("65-keys", "N4", ['{"keys":[', *each, one, ",", one.replace('"a"', '"b"'), "]}"], BAD, "One more than are read."),
        ("64-members-that-are-no-keys-and-one-that-is", "N4", ['{"keys":[', junk, one, "]}"], BAD,
         "Members are counted, whatever they are."),
        ("a-set-of-262144-octets", "N4 P7", _padded_set(one, 262_144), {"usable": 1}, "The bound itself is within."),
        ("a-set-of-262145-octets", "N4 P7", _padded_set(one, 262_145), BAD, "One past the bound."),
        ("a-set-of-ten-megabytes", "N4 P7", _padded_set(one, 10_000_000), BAD, "Its length is enough to know."),
        ("a-hundred-thousand-levels", "P6", ['{"keys":', {"repeat": "[", "times": 100_000}], BAD, "Nesting is bounded."),
        ("seventeen-levels", "P6",
         [f'{{"keys":[{one}],"x":', {"repeat": "[", "times": 16}, {"repeat": "]", "times": 16}, "}"], BAD, "Nesting is bounded."),
        ("sixteen-levels", "P6",
         [f'{{"keys":[{one}],"x":', {"repeat": "[", "times": 15}, {"repeat": "]", "times": 15}, "}"], {"usable": 1},
         "As deep as is read."),
        ("a-number-of-4000-digits", "P5", [f'{{"keys":[{one}],"x":', {"repeat": "9", "times": 4000}, "}"], BAD,
         "Turning digits into a number is not linear."),
    ]  # fmt: skip
    for name, rules, recipe, expected, why in sized:
        theme.case(f"document-of-{name}", rules, why, source, recipe=recipe, expected=expected)


def _padded_set(one: str, octets: int) -> Recipe:
    rest = octets - len(f'{{"keys":[{one}],"x":""}}')
    return [f'{{"keys":[{one}],"x":"', {"repeat": "x", "times": rest}, '"}']


def discoveries() -> Theme:
    """Where the keys are, in the issuer's own words."""
    theme = Theme(
        "discovery", "Discovery documents: whose they are, and where they send us for keys.", "discovery"
    )
    good = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
    source = "RFC 8414 section 3.3; OpenID Connect Discovery section 4.3"

    def case(name: str, rules: str, document: Any, expected: Any, why: str, issuer: str = ISSUER) -> None:
        theme.case(name, rules, why, source, issuer=issuer, document=document, expected=expected)

    here = {"jwks_uri": f"{ISSUER}/keys"}
    case("names-exactly-our-issuer", "N6", good, here, "The near miss of all below.")
    case("with-many-other-members", "N6", {**good, "x": [1], "token_endpoint": f"{ISSUER}/token", "scopes_supported": []}, here,
         "What is not needed is not judged.")  # fmt: skip
    for name, issuer in (
        ("another-issuer", "https://evil.example"), ("a-slash-more", f"{ISSUER}/"), ("a-capital", "https://ID.example"),
        ("a-default-port", f"{ISSUER}:443"), ("a-placeholder", "https://id.example/{tenantid}"),
        ("http", "http://id.example"), ("a-look-alike", "https://\u0456d.example"), ("a-suffix", f"{ISSUER}.evil.example"),
        ("a-space", f"{ISSUER} "), ("a-nul", f"{ISSUER}\0"), ("nothing", ""), ("null", None), ("a-list", [ISSUER]),
        ("an-object", {"iss": ISSUER}),
    ):  # fmt: skip
        case(f"names-{name}-as-issuer", "N6 P16" if not isinstance(issuer, str) else "N6", {**good, "issuer": issuer}, BAD,
             "The document's issuer is ours to the letter, or it is another's document.")  # fmt: skip
    case(
        "names-no-issuer",
        "N6",
        {"jwks_uri": f"{ISSUER}/keys"},
        BAD,
        "A document that does not say whose it is.",
    )
    case(
        "names-the-slash-that-the-policy-has",
        "N6",
        {**good, "issuer": f"{ISSUER}/"},
        here,
        "To the letter.",
        f"{ISSUER}/",
    )
    case("lacks-the-slash-that-the-policy-has", "N6", good, BAD, "To the letter.", f"{ISSUER}/")
    for name, uri in (
        ("missing", ...), ("null", None), ("empty", ""), ("a-list", [f"{ISSUER}/keys"]), ("an-object", {}), ("a-number", 1),
        ("by-http", "http://id.example/keys"), ("relative", "/keys"), ("without-a-scheme", "//id.example/keys"),
        ("a-file", "file:///etc/passwd"), ("data", "data:application/json,{}"), ("ftp", "ftp://id.example/keys"),
        ("with-user", "https://u:p@id.example/keys"),
        ("with-a-host-after-user", "https://id.example@evil.example/keys"), ("with-a-space", "https://id.example/ keys"),
        ("with-a-newline", "https://id.example/keys\r\nX: 1"), ("with-a-backslash", "https://evil.example\\@id.example/keys"),
        ("with-port-65536", "https://id.example:65536/keys"),
        ("with-a-nul", "https://id.example/keys\0"), ("in-another-script", "https://\u0456d.example/keys"),
        ("on-this-machine-by-http", "http://localhost:8080/keys"), ("on-127-by-http", "http://127.0.0.1/keys"),
        ("on-ipv6-loopback-by-http", "http://[::1]/keys"), ("on-link-local-by-http", "http://169.254.169.254/latest/meta-data"),
        ("on-127-as-a-number-by-http", "http://2130706433/keys"),
        ("without-a-host", "https:///keys"), ("of-nothing-but-a-scheme", "https://"),
    ):  # fmt: skip
        document: dict[str, Any] = {"issuer": ISSUER} if uri is ... else {**good, "jwks_uri": uri}
        case(f"jwks-uri-{name}", "N2 P16" if not isinstance(uri, str) else "N2", document, BAD,
             "Keys come by https, from an address that reads in one way.")  # fmt: skip
    for name, uri in (
        ("on-another-host", "https://keys.example/v1/certs"), ("with-a-query", f"{ISSUER}/keys?appid=1"),
        ("with-a-port", "https://id.example:8443/keys"), ("on-an-ipv6-host", "https://[2001:db8::1]/keys"),
    ):  # fmt: skip
        case(
            f"jwks-uri-{name}",
            "N2",
            {**good, "jwks_uri": uri},
            {"jwks_uri": uri},
            "An issuer may keep its keys elsewhere.",
        )
    local = "http://localhost:8455"
    case("on-this-machine-entirely", "N2", {"issuer": local, "jwks_uri": f"{local}/keys"}, {"jwks_uri": f"{local}/keys"},
         "An issuer on this machine may use http on this machine.", local)  # fmt: skip
    case("on-this-machine-with-keys-elsewhere-by-http", "N2", {"issuer": local, "jwks_uri": "http://keys.example/"}, BAD,
         "Plain http stays on this machine.", local)  # fmt: skip
    text = json.dumps(good)
    for name, rules, raw in (
        ("with-its-issuer-twice", "P2 N6", f'{{"issuer":"https://evil.example",{text[1:]}'),
        ("with-its-jwks-uri-twice", "P2 N2", f'{text[:-1]},"jwks_uri":"https://evil.example/keys"}}'),
        ("with-a-name-twice-by-an-escape", "P2", f'{{"i\\u0073suer":"https://evil.example",{text[1:]}'),
        ("with-a-name-twice-inside", "P2", f'{text[:-1]},"x":{{"a":1,"a":2}}}}'),
        ("that-is-a-list", "P16", f"[{text}]"), ("that-is-null", "P16", "null"), ("that-is-a-web-page", "N6", "<html></html>"),
        ("that-is-nothing", "N6", ""), ("with-a-trailing-comma", "P16", f"{text[:-1]},}}"), ("with-infinity", "P5", f'{text[:-1]},"x":Infinity}}'),
        ("with-a-lone-surrogate", "P9", f'{text[:-1]},"x":"\\udfff"}}'), ("and-another", "P16", text + text),
    ):  # fmt: skip
        theme.case(f"document-{name}", rules, "One JSON object in which each name stands once.", source,
                   issuer=ISSUER, text=raw, expected=BAD)  # fmt: skip
    theme.case("document-after-a-bom", "P9", "Strict UTF-8 without a BOM.", source, issuer=ISSUER,
               base64url=b64(b"\xef\xbb\xbf" + text.encode()), expected=BAD)  # fmt: skip
    for levels, expected in ((15, here), (16, BAD), (100_000, BAD)):
        recipe = [
            f'{text[:-1]},"x":',
            {"repeat": "[", "times": levels},
            {"repeat": "]", "times": levels},
            "}",
        ]
        theme.case(f"document-of-{levels + 1}-levels", "P6", "Nesting is bounded at sixteen levels.", source,
                   issuer=ISSUER, recipe=recipe, expected=expected)  # fmt: skip
    return theme
