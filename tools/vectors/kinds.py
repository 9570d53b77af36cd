"""typ, and tokens that were issued for something else."""

from __future__ import annotations

from typing import Any

from .model import ABSENT, AUDIENCE, NOW, Theme, claims, header, token

WRONG = "token_type_wrong"
ANY = {"token_type": "ANY"}

OTHER_TYPES = [
    "logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "client-authentication+jwt",
    "dc+sd-jwt", "kb+jwt", "vp+jwt", "entity-statement+jwt", "jwk-set+jwt", "openid4vci-proof+jwt", "id_token+jwt", "rt+jwt",
    "txntoken+jwt", "JWE", "JOSE", "something-new+jwt",
]  # fmt: skip

TRIED_UNDER_ANY = {"logout+jwt", "dpop+jwt", "kb+jwt", "id_token+jwt", "something-new+jwt"}


def types() -> Theme:
    """What kind of token it is."""
    theme = Theme("types", "typ: the access token's, in its few spellings; and every other kind of token.")
    for typ in OTHER_TYPES:
        bare = typ.lower().replace("+", "-").replace("_", "-")
        rules = "C3 C13" if typ == "dpop+jwt" else "C3"
        theme.token(
            f"a-{bare}-is-no-access-token", rules, token(header(typ=typ)), WRONG,
            "Another kind of token, by the same issuer and key, has another meaning.", "RFC 8725 section 3.11",
        )  # fmt: skip
        if typ not in TRIED_UNDER_ANY:
            continue
        theme.token(
            f"a-{bare}-is-no-access-token-where-any-type-is-accepted", rules, token(header(typ=f"application/{typ}")), WRONG,
            "Any type means the access token's, JWT or none; never a type with a meaning of its own.", "RFC 8725 section 3.11",
            policy=ANY,
        )  # fmt: skip
    spellings = [
        ("at+jwt", "accept"),
        ("AT+JWT", "accept"),
        ("At+Jwt", "accept"),
        ("application/at+jwt", "accept"),
    ]
    spellings += [("APPLICATION/AT+JWT", "accept"), ("Application/at+JWT", "accept")]
    near = [
        "at+jwt ",
        "at+jwt;charset=utf-8",
        "x/at+jwt",
        "application/application/at+jwt",
        "application/",
        "at-jwt",
    ]
    near += ["at+jwt\0", "\uff41\uff54+jwt", "\u0430t+jwt", "xat+jwt", "", "/at+jwt", "at+jwt,JWT"]
    for number, (typ, expected) in enumerate(spellings + [(typ, WRONG) for typ in near]):
        theme.token(
            f"typ-spelling-{number + 1}", "C3", token(header(typ=typ)), expected,
            "A media type's case does not count, and its application/ may be left out." if expected == "accept"
            else "Nearly the type is another type.",
            "RFC 7515 section 4.1.9; RFC 9068 section 2.1",
        )  # fmt: skip
    wrong: list[tuple[str, Any]] = [("missing", ABSENT), ("null", None), ("a-number", 1), ("true", True)]
    wrong += [("a-list", ["at+jwt"]), ("an-object", {"at+jwt": 1}), ("jwt", "JWT")]
    for name, typ in wrong:
        theme.token(
            f"typ-{name}", "C3 P16", token(header(typ=typ)), WRONG,
            "RFC 9068 asks for the type, so that an ID token is told from an access token.", "RFC 9068 section 4",
        )  # fmt: skip
    anything: list[tuple[str, Any, str, str]] = [
        ("missing", ABSENT, "accept", "Many providers write none."),
        ("jwt", "JWT", "accept", "Many providers write this."),
        ("jwt-in-full", "application/jwt", "accept", "application/ may be left out or not."),
        ("an-access-tokens", "at+jwt", "accept", "What it should be is welcome."),
        ("null", None, WRONG, "null is not a string, and not a way to leave a member out."),
        ("a-number", 1, WRONG, "typ is a string where it is present."),
        ("a-list", ["JWT"], WRONG, "typ is a string where it is present."),
        ("empty", "", WRONG, "The empty type is another type."),
        ("unknown", "something-new+jwt", WRONG, "A type with a meaning of its own has a meaning of its own."),
    ]
    for name, typ, expected, why in anything:
        theme.token(
            f"any-type-and-typ-{name}",
            "C3",
            token(header(typ=typ)),
            expected,
            why,
            "RFC 8725 section 3.11",
            policy=ANY,
        )
    jwt = {"token_type": "JWT"}
    only: tuple[tuple[str, Any, str], ...] = (
        ("jwt", "JWT", "accept"), ("jwt-in-full", "application/JWT", "accept"), ("an-access-tokens", "at+jwt", WRONG),
        ("missing", ABSENT, WRONG), ("a-logout-tokens", "logout+jwt", WRONG),
    )  # fmt: skip
    for name, typ, expected in only:
        theme.token(
            f"type-jwt-and-typ-{name}", "C3", token(header(typ=typ)), expected,
            "The policy names one type, and that is the type.", "RFC 7519 section 5.1", policy=jwt,
        )  # fmt: skip
    _shapes(theme)
    return theme


def _shapes(theme: Theme) -> None:
    """Whole tokens of other kinds, as providers write them."""
    id_token = claims(
        aud="app", nonce="n-0S6", at_hash="AAAAAAAAAAAAAAAAAAAAAA", auth_time=NOW - 60, azp="app", iat=NOW
    )
    event = "http://schemas.openid.net/event/backchannel-logout"
    logout = claims(aud="app", events={event: {}}, sid="08a5019c", jti="bWJq", iat=NOW)
    proof = {
        "htm": "GET",
        "htu": AUDIENCE,
        "iat": NOW,
        "jti": "e1j3V",
        "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    }
    rows: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
        ("an-id-token", "C3", header(typ="JWT"), id_token, {}, WRONG),
        ("an-id-token-where-any-type-is-accepted", "C3", header(typ="JWT"), id_token, ANY, "audience_wrong"),
        ("an-id-token-without-typ-where-any-type-is-accepted", "C3", header(typ=ABSENT), id_token, ANY, "audience_wrong"),
        ("an-id-token-for-this-audience", "C3", header(typ="JWT"), {**id_token, "aud": [AUDIENCE]}, {}, WRONG),
        ("a-logout-token", "C3", header(typ="logout+jwt"), logout, {}, WRONG),
        ("a-logout-token-without-its-type", "C3", header(typ="JWT"), logout, ANY, "audience_wrong"),
        ("a-dpop-proof", "C13", header(typ="dpop+jwt"), proof, {}, WRONG),
        ("a-dpop-proof-under-an-access-tokens-type", "C13", header(), proof, {}, "issuer_wrong"),
        ("a-request-object", "C3", header(typ="oauth-authz-req+jwt"), claims(iss="app", response_type="code"), {}, WRONG),
        ("a-client-assertion", "C3", header(typ=ABSENT), claims(iss="app", sub="app"), ANY, "issuer_wrong"),
        ("a-signed-userinfo-answer", "C3", header(typ=ABSENT), claims(aud="app", email="a@b.example", exp=ABSENT), ANY,
         "audience_wrong"),
    ]  # fmt: skip
    for name, rules, head, body, policy, expected in rows:
        theme.token(
            f"shape-of-{name}", rules, token(head, body), expected,
            "Signed by the same key for another purpose.", "RFC 8725 section 3.11; RFC 9068 section 4", policy=policy or None,
        )  # fmt: skip
