"""sub, scope, roles, required claims, and tokens bound to a key."""

from __future__ import annotations

from typing import Any

from .model import ABSENT, Theme, good

INVALID, MISSING, DENIED, BOUND = "claim_invalid", "claim_missing", "insufficient_scope", "token_bound"


def subjects() -> Theme:
    """Whom it speaks of."""
    theme = Theme("subjects", "sub, roles and other claims: types, places, and what must be there.")
    wrong: list[tuple[str, Any, str]] = [
        ("missing", ABSENT, MISSING), ("null", None, MISSING), ("empty", "", INVALID),
        ("zero", 0, INVALID), ("a-list", ["alice"], INVALID), ("an-object", {"id": "alice"}, INVALID),
        ("with-a-nul", "alice\0", INVALID), ("with-a-newline", "alice\nroot", INVALID), ("with-a-cr-lf", "alice\r\nX: 1", INVALID),
        ("with-a-tab", "alice\troot", INVALID), ("with-an-escape-sequence", "\x1b[31malice", INVALID),
        ("with-a-delete", "alice\x7f", INVALID),
    ]  # fmt: skip
    for name, value, expected in wrong:
        rules = "P17 H7 P9" if isinstance(value, str) and value else "P17 P16"
        theme.token(
            f"sub-{name}", rules, good(sub=value), expected,
            "Who calls is a non-empty string without control characters.", "RFC 9068 section 2.2; RFC 7519 section 4.1.2",
        )  # fmt: skip
    fine = [("with-a-bar", "auth0|507f1f77bcf86cd799439011"), ("a-space", " "),
            ("with-spaces-around", " alice "), ("a-url", "https://id.example/alice"), ("null-as-text", "null"), ("zero-as-text", "0"),
            ("a-prototype-name", "__proto__"), ("with-markup", "<b>' OR 1=1 --</b>")]  # fmt: skip
    for name, value in fine:
        theme.token(
            f"sub-that-is-{name}", "P17 C9", good(sub=value), "accept", "A subject is any text; nothing is trimmed or read into it.",
            "RFC 7519 section 4.1.2", accepted={"subject": value},
        )  # fmt: skip
    optional: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("client-id", {"client_id": None}, {"client_id": None}), ("scope", {"scope": None}, {"scopes": []}),
        ("auth-time", {"auth_time": None}, {"auth_time": None}),
        ("acr-and-amr", {"acr": None, "amr": None}, {"acr": None}), ("a-claim-of-ones-own", {"tenant": None}, {"subject": "alice"}),
    ]  # fmt: skip
    for name, body, accepted in optional:
        theme.token(
            f"null-for-{name}", "P16 P17", good(**body), "accept",
            "A claim that no check needs may be null: it grants nothing and its view says that nothing is there.",
            "RFC 7519 section 4", accepted=accepted,
        )  # fmt: skip
    theme.token("jti-that-is-a-string", "P16 P17", good(jti="token-1"), "accept", "A token may have a name.",
        "RFC 7519 section 4.1.7", accepted={"token_id": "token-1"})  # fmt: skip
    for name, jti in (("a-list", ["token-1"]), ("a-number", 1), ("null", None), ("an-object", {})):
        theme.token(
            f"jti-that-is-{name}", "P16 P17", good(jti=jti), "claim_invalid",
            "A name that is no string would slip past whoever revokes tokens by their names.", "RFC 7519 section 4.1.7",
        )  # fmt: skip
    mails = ["admin@example.com@evil.example", "admin@example.com"]
    for number, mail in enumerate(mails):
        theme.token(
            f"email-{number + 1}-authorises-nothing", "C10", good(email=mail, email_verified=True, scope="read"), DENIED,
            "An address is a claim to show; what opens a resource is a scope.", "CVE-2026-40574; OpenID Connect Core section 5.7",
            scopes=["admin"],
        )  # fmt: skip
    theme.token(
        "email-in-place-of-a-subject", "C10 P17", good(sub=ABSENT, email="alice@example.com"), MISSING,
        "An address is not a subject.", "OpenID Connect Core section 5.7",
    )  # fmt: skip
    _bound(theme)
    _required(theme)
    _places(theme)
    return theme


def _bound(theme: Theme) -> None:
    thumb = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    rows: list[tuple[str, str, Any]] = [
        ("a-dpop-key", "C14", {"jkt": thumb}), ("a-certificate", "C15", {"x5t#S256": thumb}), ("a-whole-key", "C14", {"jwk": {}}),
        ("both", "C14 C15", {"jkt": thumb, "x5t#S256": thumb}), ("nothing", "C14", {}), ("null", "C14 C15", None),
        ("a-string", "C14", thumb), ("an-unknown-method", "C14", {"kid": "x"}),
    ]  # fmt: skip
    for name, rules, value in rows:
        theme.token(
            f"bound-to-{name}", rules, good(cnf=value), BOUND,
            "A token that says it is bound is never accepted from a bearer, however its binding is written.",
            "RFC 9449 section 7.2; RFC 8705 section 3; RFC 7800 section 3.1",
        )  # fmt: skip
    theme.token(
        "bound-in-another-case", "C14", good(CNF={"jkt": thumb}, cnf_note="x"), "accept",
        "The near miss: names are case-sensitive, and this one is nobody's.", "RFC 7800 section 3.1",
    )  # fmt: skip


def _required(theme: Theme) -> None:
    policy = {"required_claims": ["tenant"]}
    rows: list[tuple[str, dict[str, Any], str, str]] = [
        ("there", {"tenant": "x"}, "accept", "Any value will do."), ("zero", {"tenant": 0}, "accept", "Zero is a value."),
        ("empty", {"tenant": ""}, "accept", "The empty string is a value."), ("false", {"tenant": False}, "accept", "So is false."),
        ("missing", {}, MISSING, "It is not there."), ("null", {"tenant": None}, MISSING, "null is no value."),
        ("in-another-case", {"Tenant": "x"}, MISSING, "Names are case-sensitive."),
        ("one-level-down", {"x": {"tenant": "x"}}, MISSING, "A name is looked for where it was said."),
    ]  # fmt: skip
    for name, body, expected, why in rows:
        theme.token(
            f"required-claim-{name}", "C8 C11", good(**body), expected, why, "RFC 7519 section 4; policy required_claims",
            policy=policy,
        )  # fmt: skip
    values: list[tuple[str, Any, Any, str]] = [
        ("a-string", "x", "x", "accept"), ("a-string-in-another-case", "x", "X", INVALID), ("a-string-in-a-list", "x", ["x"], INVALID),
        ("true", True, True, "accept"), ("one-for-true", True, 1, INVALID), ("text-for-true", True, "true", INVALID),
        ("one", 1, 1, "accept"), ("true-for-one", 1, True, INVALID), ("text-for-one", 1, "1", INVALID),
        ("zero-for-false", False, 0, INVALID), ("nothing-for-false", False, ABSENT, MISSING),
    ]  # fmt: skip
    for name, wanted, value, expected in values:
        theme.token(
            f"required-value-{name}", "C8 P16", good(tenant=value), expected,
            "The very value: a boolean is no number, and nothing is converted.", "RFC 8259 section 3; policy required_claims",
            policy={"required_claims": {"tenant": wanted}},
        )  # fmt: skip


def _places(theme: Theme) -> None:
    source = "RFC 9068 section 2.2.3.1; policy roles_claim"
    url = "https://api.example/roles"
    rows: list[tuple[str, Any, dict[str, Any], list[str], str]] = [
        ("a-list", "roles", {"roles": ["admin", "user"]}, ["admin", "user"], "A list of roles."),
        ("a-string", "roles", {"roles": "admin user"}, ["admin user"], "A string is one role: it is not split."),
        ("a-path", ["realm_access", "roles"], {"realm_access": {"roles": ["admin"]}}, ["admin"], "A path of names."),
        ("a-path-through-a-list", ["a", "0"], {"a": ["admin"]}, [], "A path leads through objects only."),
        ("a-path-to-nothing", ["a", "b"], {"a": {}}, [], "What is not there grants nothing."),
        ("a-dotted-name", "a.b", {"a.b": ["admin"], "a": {"b": ["evil"]}}, ["admin"], "Dots are part of a name."),
        ("a-dotted-name-where-a-path-was-said", ["a", "b"], {"a.b": ["evil"]}, [], "A path is not a name with dots."),
        ("an-url", url, {url: ["admin"]}, ["admin"], "Solidi and colons are part of a name."),
        ("a-prototype-name", ["constructor", "prototype"], {"roles": ["x"]}, [], "No object has members that it was not given."),
        ("an-expression", "roles[0]", {"roles": ["evil"]}, [], "Nothing is evaluated."),
        ("a-list-with-other-things", "roles", {"roles": ["admin", 1, None, ["evil"], {"x": 1}, True]}, ["admin"],
         "What is no string is no role."),
        ("an-object-of-objects", "roles", {"roles": {"admin": {"org": "a"}, "user": {}}}, ["admin"],
         "Some providers say more of each role; a role of which there is nothing to say is none."),
        ("an-object-of-other-things", "roles", {"roles": {"admin": False, "root": None, "x": 1, "y": "z"}}, [],
         "A name with a value that is no object may well say that it is none."),
        ("a-number", "roles", {"roles": 1}, [], "A number is no role."),
    ]  # fmt: skip
    for name, place, body, roles, why in rows:
        theme.token(
            f"roles-at-{name}", "C8", good(**body), "accept", why, source,
            policy={"roles_claim": place}, accepted={"roles": roles},
        )  # fmt: skip


def scopes() -> Theme:
    """What it may be used for: each case asks for a scope."""
    theme = Theme("scopes", "Scopes: split on the space and nothing else, compared whole.")
    source = "RFC 6749 section 3.3; RFC 9068 section 2.2.3"
    granted: list[tuple[str, dict[str, Any], list[str], str]] = [
        ("one-of-one", {"scope": "read"}, ["read"], "It is there."),
        ("one-of-several", {"scope": "openid read write"}, ["read"], "It is there."),
        ("two-of-several", {"scope": "openid read write"}, ["write", "read"], "Both are there."),
        ("between-many-spaces", {"scope": "  openid   read "}, ["read"], "Empty words are no words."),
        (
            "that-is-an-url",
            {"scope": "openid https://api.example/read"},
            ["https://api.example/read"],
            "An URL is a word.",
        ),
        ("in-a-list", {"scope": ["openid", "read"]}, ["read"], "Some providers write a list."),
        ("in-scp-as-a-list", {"scp": ["openid", "read"]}, ["read"], "Some providers write another name."),
        ("in-scp-beside-a-null-scope", {"scope": None, "scp": "read"}, ["read"], "null is no scope claim."),
        ("named-twice", {"scope": "read read"}, ["read"], "Twice is once."),
        ("none-asked-and-none-given", {}, [], "Nothing is asked for."),
        ("none-asked-and-an-empty-string", {"scope": ""}, [], "An empty grant is a grant of nothing."),
    ]
    for name, body, asked, why in granted:
        theme.token(f"scope-{name}", "C7", good(**body), "accept", why, source, scopes=asked)
    denied: list[tuple[str, dict[str, Any], list[str], str]] = [
        ("that-is-missing", {}, ["read"], "Nothing was granted."),
        ("that-is-another", {"scope": "write"}, ["read"], "Another was granted."),
        ("one-of-two-missing", {"scope": "read"}, ["read", "write"], "Both are asked for."),
        ("that-is-longer", {"scope": "readonly"}, ["read"], "No part of a word is a word."),
        ("that-is-shorter", {"scope": "rea"}, ["read"], "No part of a word is a word."),
        ("in-another-case", {"scope": "READ Read"}, ["read"], "Case counts."),
        ("between-commas", {"scope": "openid,read,write"}, ["read"], "A comma separates nothing."),
        ("between-semicolons", {"scope": "openid;read"}, ["read"], "A semicolon separates nothing."),
        ("of-which-it-is-a-prefix", {"scope": "orders"}, ["orders:read"], "No word contains another."),
        (
            "in-two-words-of-one-list-member",
            {"scope": ["openid read"]},
            ["read"],
            "A member of a list is one word, or none.",
        ),
        ("in-a-list-as-text", {"scope": "['read']"}, ["read"], "Text is text."),
        (
            "in-scp-beside-an-empty-scope",
            {"scope": "", "scp": "read"},
            ["read"],
            "The first claim that is there counts.",
        ),
        (
            "in-scp-beside-another-scope",
            {"scope": "write", "scp": "read"},
            ["read"],
            "The first claim that is there counts.",
        ),
        (
            "in-scopes",
            {"scopes": "read", "permissions": ["read"]},
            ["read"],
            "Only the names that the policy has.",
        ),
        ("in-percent", {"scope": "openid%20read"}, ["read"], "Nothing is decoded."),
    ]
    for name, body, asked, why in denied:
        theme.token(f"scope-{name}", "C7", good(**body), DENIED, why, source, scopes=asked)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("a-number", {"scope": 1}), ("true", {"scope": True}), ("an-object", {"scope": {"read": True}}),
        ("a-list-with-a-number", {"scope": ["read", 1]}),
        ("a-list-with-a-list", {"scope": ["read", ["write"]]}), ("a-string-with-a-tab", {"scope": "openid\tread"}),
        ("a-string-with-a-newline", {"scope": "openid\nread"}), ("a-string-with-a-cr-lf", {"scope": "read\r\nX: 1"}),
        ("a-string-with-a-nul", {"scope": "read\0"}), ("a-string-with-a-delete", {"scope": "read\x7f"}),
        ("a-list-with-a-newline", {"scope": ["read\n"]}), ("scp-that-is-a-number", {"scp": 1}),
        ("a-string-with-a-no-break-space", {"scope": "openid\u00a0read"}), ("a-string-with-an-em-space", {"scope": "openid\u2003read"}),
        ("a-string-with-a-zero-width-space", {"scope": "openid\u200bread"}), ("a-string-with-a-line-separator", {"scope": "a\u2028read"}),
        ("a-string-with-a-next-line-character", {"scope": "openid\u0085read"}), ("a-string-with-a-look-alike", {"scope": "re\u0430d"}),
        ("a-string-that-is-decomposed", {"scope": "le\u0301ger"}), ("a-string-with-quotes", {"scope": '"read"'}),
        ("a-string-with-a-backslash", {"scope": "openid\\read"}),
    ]  # fmt: skip
    for name, body in wrong:
        theme.token(
            f"scope-as-{name}", "C7 P16 P9 H7", good(**body), INVALID,
            "A claim of scopes is a string or a list of strings, made of the characters that RFC 6749 gives them.", source, scopes=["read"],
        )  # fmt: skip
    theme.token(
        "scopes-are-looked-at-for-every-request", "C7 N8", good(scope="read"), "accept",
        "Having let a token through once says nothing about the next route.", source, scopes=["read"],
        then=[{"scopes": ["write"], "expected": DENIED}, {"scopes": ["read"], "expected": "accept"},
              {"scopes": [], "expected": "accept"}],
    )  # fmt: skip
    return theme
