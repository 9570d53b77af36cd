"""The checks of the judgement, in reading order: the order of this file is the order in which a token is judged.

Those that need no key come first, so that garbage never causes a fetch; everything a token says about itself counts only
after its signature. Each is one small function that raises a `TokenError` or returns, and names its standard.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from .errors import (
    AlgorithmError,
    AudienceError,
    ClaimError,
    ExpiredError,
    IssuerError,
    NotYetValidError,
    SignatureError,
    TokenTypeError,
)
from .policy import OTHER_TYPES, PRESENT, Policy, normal_type
from .token import UnverifiedToken

LATEST_DATE: Final = 2**53
"""NumericDates from here on are refused: beyond it, doubles no longer tell seconds apart (RFC 7519 section 2)."""

Run = Callable[[UnverifiedToken, Policy, float], None]
Shown = tuple[Any, Any]


class Check(NamedTuple):
    """One rule: its name, the standard that asks for it, how to run it, and what it compares.

    ``run`` raises a `TokenError`; ``shows`` returns what is expected and what was received, for a `Report`. A policy to
    which a check does not apply passes it whatever the token. A ``foreign`` check runs code that is not ours, which is
    never given claims that nothing proves.
    """

    name: str
    standard: str
    run: Run
    shows: Callable[[UnverifiedToken, Policy, float], Shown]
    applies: Callable[[Policy], bool] = lambda policy: True
    foreign: bool = False


def _algorithm(token: UnverifiedToken, policy: Policy, now: float) -> None:
    alg = token.header["alg"]
    if alg in policy.settings.algorithms:
        return
    hint = ""
    if alg.lower() == "none":
        hint = "An unsigned token is never accepted."
    elif alg.startswith("HS"):
        hint = "This token is signed with a shared secret; an issuer with public keys signs with RS256, ES256 or EdDSA."
    raise AlgorithmError(
        f"the token's 'alg' is {show(alg)}, the policy allows {', '.join(sorted(policy.settings.algorithms))}",
        expected=sorted(policy.settings.algorithms),
        received=alg,
        hint=hint,
    )


ANY_TYPE_SHOWN: Final = "at+jwt, JWT or none"


def _type(token: UnverifiedToken, policy: Policy, now: float) -> None:
    typ = token.header.get("typ")
    wanted = policy.settings.token_type
    if typ == wanted and wanted is not None:
        return
    normal = normal_type(typ) if type(typ) is str else None
    if normal is not None:
        if normal == wanted or (wanted is None and normal in ("at+jwt", "jwt")):
            return
    elif wanted is None and "typ" not in token.header:
        return
    hint = ""
    if normal == "jwt":
        hint = (
            "This looks like an ID token, which tells a client who logged in. Send the access token to an API. If this "
            "provider's access tokens really have typ 'JWT', set token_type='JWT' or ANY_TYPE."
        )
    elif "typ" not in token.header:
        hint = "If this provider's access tokens have no 'typ', set token_type=ANY_TYPE."
    elif normal in OTHER_TYPES:
        hint = f"A {normal} is never an access token."
    raise TokenTypeError(
        f"the token's 'typ' is {show(typ)}, expected {wanted or ANY_TYPE_SHOWN}",
        expected=wanted or ANY_TYPE_SHOWN,
        received=typ,
        hint=hint,
    )


def _issuer(token: UnverifiedToken, policy: Policy, now: float) -> None:
    iss = token.claims.get("iss")
    if iss == policy.issuer:
        return
    hint = ""
    if isinstance(iss, str) and iss.rstrip("/") == policy.issuer.rstrip("/"):
        hint = "They differ only by a trailing slash: write the issuer in the policy as the token has it."
    elif isinstance(iss, str) and iss.lower() == policy.issuer.lower():
        hint = "They differ only by upper and lower case, which counts."
    raise IssuerError(
        f"the token's 'iss' is {show(iss)}, expected {policy.issuer!r}",
        expected=policy.issuer,
        received=iss,
        hint=hint,
    )


def _signed(token: UnverifiedToken, policy: Policy, now: float) -> None:
    if not token.signature:
        raise SignatureError("the signature is empty", hint="An unsigned token is never accepted.")


def _audience(token: UnverifiedToken, policy: Policy, now: float) -> None:
    wanted = policy.settings.audiences or frozenset()
    name = policy.settings.audience_claim
    aud = token.claims.get(name)
    if type(aud) is list:
        if len(aud) == 1 and type(aud[0]) is str and aud[0] in wanted:
            return
        for member in aud:
            if type(member) is not str or (not member.isprintable() and _has_controls(member)):
                break
        else:
            if not wanted.isdisjoint(aud):
                return
    elif type(aud) is str and aud in wanted:
        return
    members = {member for member in (aud if isinstance(aud, list) else [aud]) if isinstance(member, str)}
    claims = token.claims
    clients = {
        claims.get(claim) for claim in policy.settings.client_id_claim if isinstance(claims.get(claim), str)
    }
    hint = ""
    if name == "aud" and not members.isdisjoint(clients):
        hint = "The audience is the client's id: this looks like an ID token, or a token requested without a resource."
    elif {member.rstrip("/") for member in members} & {known.rstrip("/") for known in wanted}:
        hint = "They differ only by a trailing slash: write the audience in the policy as the token has it."
    raise AudienceError(
        f"the token's '{name}' is {show(aud)}, expected {' or '.join(sorted(wanted))}",
        expected=sorted(wanted),
        received=aud,
        hint=hint,
    )


def _expiry(token: UnverifiedToken, policy: Policy, now: float) -> None:
    exp = token.claims.get("exp")
    if not ((type(exp) is int or type(exp) is float) and 0 <= exp < LATEST_DATE):
        raise _not_a_date("exp", exp, required=True)
    if now < exp + policy.leeway:
        return
    late = now - exp
    hint = ""
    if late < 600:
        hint = f"It is {late:.0f} s past: if the token is new, this clock may be ahead of the issuer's."
    raise ExpiredError(
        f"the token expired {late:.0f} s ago, leeway is {policy.leeway:g} s",
        expected=f"after {now - policy.leeway:.0f}",
        received=exp,
        hint=hint,
    )


def _not_before(token: UnverifiedToken, policy: Policy, now: float) -> None:
    if "nbf" not in token.claims:
        return
    nbf = token.claims["nbf"]
    if not ((type(nbf) is int or type(nbf) is float) and 0 <= nbf < LATEST_DATE):
        raise _not_a_date("nbf", nbf, required=False)
    if now < nbf - policy.leeway:
        raise NotYetValidError(
            f"the token is valid in {nbf - now:.0f} s ('nbf'), leeway is {policy.leeway:g} s",
            expected=f"at most {now + policy.leeway:.0f}",
            received=nbf,
            hint=_clock_hint(nbf - now),
        )


def _issued_at(token: UnverifiedToken, policy: Policy, now: float) -> None:
    max_age = policy.max_age
    if max_age is None and "iat" not in token.claims:
        return
    iat = token.claims.get("iat")
    if not ((type(iat) is int or type(iat) is float) and 0 <= iat < LATEST_DATE):
        raise _not_a_date("iat", iat, required=max_age is not None)
    if now < iat - policy.leeway:
        raise NotYetValidError(
            f"the token was issued {iat - now:.0f} s in the future ('iat'), leeway is {policy.leeway:g} s",
            expected=f"at most {now + policy.leeway:.0f}",
            received=iat,
            hint=_clock_hint(iat - now),
        )
    if max_age is not None and now >= iat + max_age + policy.leeway:
        raise ExpiredError(
            f"the token was issued {now - iat:.0f} s ago, max_age is {max_age:g} s",
            code="token_too_old",
            expected=f"issued after {now - max_age - policy.leeway:.0f}",
            received=iat,
        )


def _token_id(token: UnverifiedToken, policy: Policy, now: float) -> None:
    jti = token.claims.get("jti", "")
    if type(jti) is not str:
        raise ClaimError("the token's 'jti' is not a string", expected="a string, or absent", received=jti)


def _subject(token: UnverifiedToken, policy: Policy, now: float) -> None:
    sub = token.claims.get("sub")
    if type(sub) is str and sub and (sub.isprintable() or not _has_controls(sub)):
        return
    if sub is None:
        raise ClaimError("the token has no 'sub'", code="claim_missing", expected="a subject", received=None)
    raise ClaimError("the token's 'sub' is not a plain, non-empty string", expected="a subject", received=sub)


def _scope(token: UnverifiedToken, policy: Policy, now: float) -> None:
    for name in policy.settings.scope_claim:
        scope = token.claims.get(name)
        if scope is None:
            continue
        if type(scope) is str:
            # RFC 6749 section 3.3: printable ASCII but for two characters, and spaces between.
            if scope.isascii() and scope.isprintable() and '"' not in scope and "\\" not in scope:
                return
        elif type(scope) is list and all(type(word) is str and _is_scope(word) for word in scope):
            return
        raise ClaimError(
            f"the token's '{name}' is not a string of scopes",
            expected="scopes between spaces",
            received=scope,
        )


def _required(token: UnverifiedToken, policy: Policy, now: float) -> None:
    for name, wanted in policy.settings.required:
        value = token.claims.get(name)
        if value is None:
            raise ClaimError(f"the token has no {show(name)}", code="claim_missing", expected=name)
        # A boolean is no number here: 1 == True in Python, not in JSON.
        if wanted is not PRESENT and (type(value) is not type(wanted) or value != wanted):
            raise ClaimError(
                f"the token's {show(name)} is {show(value)}, expected {show(wanted)}",
                expected=wanted,
                received=value,
            )


def _bound(token: UnverifiedToken, policy: Policy, now: float) -> None:
    if "cnf" in token.claims:
        raise ClaimError(
            "the token is bound to a key ('cnf') and came without a proof of possession",
            code="token_bound",
            expected="a proof (DPoP or mutual TLS)",
            hint="A sender-constrained token is never accepted as a bearer token.",
        )


def _typed(token: UnverifiedToken, policy: Policy, now: float) -> None:
    problem = ""
    try:
        msgspec.convert(deepcopy(token.claims), policy.settings.typed)  # what it does to them stays with it
    except msgspec.ValidationError as error:
        problem = str(error)[:200]
    except Exception as error:  # noqa: BLE001  # the type's own __post_init__ may raise anything
        problem = type(error).__name__
    if problem:
        raise ClaimError(f"the claims do not fit {policy.settings.typed.__name__}: {problem}")


def _custom(token: UnverifiedToken, policy: Policy, now: float) -> None:
    for check in policy.settings.checks:
        refusal: object
        try:
            refusal = check(MappingProxyType(deepcopy(token.claims)))
        except Exception as error:  # noqa: BLE001  # someone else's code: whatever it raises, the token is refused
            refusal = f"it raised {type(error).__name__}"
        if refusal is not None:
            said = (
                refusal[:200] if isinstance(refusal, str) else f"it answered with a {type(refusal).__name__}"
            )
            raise ClaimError(f"{_name(check)}: {said}", code="claim_refused")


def _issue_time(policy: Policy, now: float) -> str:
    latest = f"at most {now + policy.leeway:.0f}"
    if policy.max_age is None:
        return latest + ", or absent"
    return f"after {now - policy.max_age - policy.leeway:.0f} and {latest}"


def _from(
    claim: str, expected: Callable[[Policy, float], Any]
) -> Callable[[UnverifiedToken, Policy, float], Shown]:
    return lambda token, policy, now: (expected(policy, now), token.claims.get(claim))


WITHOUT_KEY: Final = (
    Check(
        "algorithm",
        "RFC 8725 section 3.1",
        _algorithm,
        lambda token, policy, now: (sorted(policy.settings.algorithms), token.header["alg"]),
    ),
    Check(
        "type",
        "RFC 9068 section 4",
        _type,
        lambda token, policy, now: (policy.settings.token_type or ANY_TYPE_SHOWN, token.header.get("typ")),
    ),
    Check("issuer", "RFC 7519 section 4.1.1", _issuer, _from("iss", lambda policy, now: policy.issuer)),
    Check(
        "signature present",
        "RFC 8725 section 3.2",
        _signed,
        lambda token, policy, now: ("a signature", f"{len(token.signature)} bytes"),
    ),
)
"""Checks that read only what anybody could have written; they run before a key is looked for."""

AFTER_SIGNATURE: Final = (
    Check(
        "audience",
        "RFC 7519 section 4.1.3",
        _audience,
        lambda token, policy, now: (
            "any audience" if policy.settings.audiences is None else sorted(policy.settings.audiences),
            token.claims.get(policy.settings.audience_claim),
        ),
        lambda policy: policy.settings.audiences is not None,
    ),
    Check(
        "expiry",
        "RFC 7519 section 4.1.4",
        _expiry,
        _from("exp", lambda policy, now: f"after {now - policy.leeway:.0f}"),
    ),
    Check(
        "not before",
        "RFC 7519 section 4.1.5",
        _not_before,
        _from("nbf", lambda policy, now: f"at most {now + policy.leeway:.0f}, or absent"),
    ),
    Check(
        "issued at",
        "RFC 7519 section 4.1.6",
        _issued_at,
        _from("iat", _issue_time),
    ),
    Check(
        "token id",
        "RFC 7519 section 4.1.7",
        _token_id,
        _from("jti", lambda policy, now: "a string, or absent"),
    ),
    Check(
        "subject", "RFC 7519 section 4.1.2", _subject, _from("sub", lambda policy, now: "a non-empty string")
    ),
    Check(
        "scope",
        "RFC 9068 section 2.2.3",
        _scope,
        lambda token, policy, now: (
            "scopes between spaces, a list of them, or none",
            next((token.claims[name] for name in policy.settings.scope_claim if name in token.claims), None),
        ),
    ),
    Check(
        "required claims",
        "RFC 7519 section 4",
        _required,
        lambda token, policy, now: (
            dict(policy.settings.required) or "none beyond the above",
            {name: token.claims.get(name) for name, _ in policy.settings.required} or None,
        ),
        lambda policy: bool(policy.settings.required),
    ),
    Check(
        "proof of possession",
        "RFC 7800 section 3.1",
        _bound,
        lambda token, policy, now: ("no 'cnf' in a bearer token", "'cnf'" if "cnf" in token.claims else None),
    ),
    Check(
        "claims type",
        "policy",
        _typed,
        lambda token, policy, now: (getattr(policy.settings.typed, "__name__", "any"), None),
        lambda policy: policy.settings.typed is not None,
        foreign=True,
    ),
    Check(
        "custom checks",
        "policy",
        _custom,
        lambda token, policy, now: ([_name(c) for c in policy.settings.checks], None),
        lambda policy: bool(policy.settings.checks),
        foreign=True,
    ),
)
"""Checks of what the issuer said; they run once it is proven that the issuer said it."""


def _not_a_date(name: str, value: Any, *, required: bool) -> ClaimError:
    if required and value is None:
        return ClaimError(f"the token has no '{name}'", code="claim_missing", expected="seconds since 1970")
    return ClaimError(f"the token's '{name}' is not a date", expected="seconds since 1970", received=value)


def _name(check: Any) -> str:
    return str(getattr(check, "__name__", type(check).__name__))


def _is_scope(text: str) -> bool:
    """Return whether a text is made of what scopes are made of (RFC 6749 section 3.3), and spaces."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _has_controls(text: str) -> bool:
    return any(character < " " or character == "\x7f" for character in text)


def _clock_hint(seconds: float) -> str:
    return f"This clock may be {seconds:.0f} s behind the issuer's." if seconds < 600 else ""


def show(value: Any, *, plain: bool = False) -> str:
    """Return a value for people: escaped, and short whatever it was; ``plain`` leaves the quotes off printable text."""
    text = value if plain and isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
