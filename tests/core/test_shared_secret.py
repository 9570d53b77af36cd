"""A shared secret is a room of its own: it judges as every door does, and no key of another kind opens it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from bearerguard import (
    ANY_TYPE,
    UNSAFE_ANY_AUDIENCE,
    ConfigurationError,
    Limits,
    PermissionDeniedError,
    Policy,
    TokenError,
    Verifier,
)
from bearerguard.algorithms import ALGORITHMS
from bearerguard.shared_secret import SharedSecretPolicy, SharedSecretVerifier
from tests.core.builders import (
    ABSENT,
    AUDIENCE,
    ISSUER,
    KIND_OF,
    NOW,
    b64,
    claims,
    header,
    jwk,
    jwks,
    jws,
    private_key,
)

SECRET: Final = bytes(range(200, 136, -1))
HASHES: Final[dict[str, tuple[Callable[..., Any], int]]] = {
    "HS256": (hashlib.sha256, 32),
    "HS384": (hashlib.sha384, 48),
    "HS512": (hashlib.sha512, 64),
}
KEY: Final = private_key("Ed25519", 31)
PUBLIC: Final = jwks(jwk(KEY, kid="key-1"))


def hs(
    head: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    *,
    alg: str = "HS256",
    secret: bytes = SECRET,
) -> str:
    """A good token, changed, and signed with the secret whatever its header says."""
    parts = (header(alg=alg, **(head or {})), claims(**(body or {})))
    signing_input = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signing_input}.{b64(hmac.digest(secret, signing_input.encode(), HASHES[alg][0]))}"


def shared(*, secret: bytes = SECRET, limits: Limits | None = None, **rules: Any) -> SharedSecretVerifier:
    """A verifier of such tokens, whose clock stands still."""
    policy = SharedSecretPolicy(**({"secret": secret, "issuer": ISSUER, "audience": AUDIENCE} | rules))
    return SharedSecretVerifier(policy, limits=limits or Limits(), clock=lambda: NOW)


def public(limits: Limits | None = None, keys: Any = PUBLIC, **rules: Any) -> Verifier:
    """The same for public keys."""
    policy = Policy(**({"issuer": ISSUER, "audience": AUDIENCE} | rules))
    return Verifier(
        policy, keys=keys, limits=limits or Limits(), clock=lambda: NOW, monotonic=lambda: 1_000.0
    )


def code_of(verifier: SharedSecretVerifier | Verifier, token: Any) -> str:
    """The code of a refusal, explained as it is raised; or 'accepted'."""
    report = verifier.explain(token)
    try:
        caller = verifier.verify(token)
    except TokenError as error:
        assert report.error is not None
        assert (report.code, report.error.detail) == (error.code, error.detail)
        return error.code
    assert report.ok
    assert caller.principal == (ISSUER, "alice")
    return "accepted"


# ---------------------------------------------------------------------------------------------------------- what is accepted


@pytest.mark.parametrize("alg", HASHES)
def test_a_token_signed_with_the_secret_says_who_is_calling(alg: str) -> None:
    verifier = shared(algorithms=(alg,))
    with verifier as same:
        caller = same.verify(hs(alg=alg), scopes={"orders:read"})
    assert caller.principal == (ISSUER, "alice")
    assert caller.scopes == {"openid", "orders:read"}
    assert verifier.verify(hs(alg=alg).encode()) == caller
    assert verifier.explain(hs(alg=alg)).ok
    assert verifier.now() == NOW


def test_a_name_for_the_secret_in_the_header_is_neither_needed_nor_believed() -> None:
    assert code_of(shared(), hs({"kid": ABSENT})) == "accepted"
    assert code_of(shared(), hs({"kid": "../../dev/null"})) == "accepted"
    assert (
        code_of(shared(), hs({"jku": "https://attacker.example", "jwk": {"kty": "oct", "k": "AAAA"}}))
        == "accepted"
    )


def test_the_settings_of_a_policy_are_the_settings_here() -> None:
    assert code_of(shared(token_type=ANY_TYPE), hs({"typ": ABSENT})) == "accepted"
    assert code_of(shared(audience=UNSAFE_ANY_AUDIENCE), hs(None, {"aud": "anybody"})) == "accepted"
    assert code_of(shared(leeway=61), hs(None, {"exp": NOW - 60})) == "accepted"
    assert code_of(shared(leeway=60), hs(None, {"exp": NOW - 60})) == "token_expired"
    assert code_of(shared(limits=Limits(token_bytes=100)), hs()) == "token_too_large"


def test_a_scope_that_a_route_requires_and_the_token_lacks_is_a_permission_denied() -> None:
    with pytest.raises(PermissionDeniedError) as denied:
        shared().verify(hs(), scopes=["orders:read", "orders:write"])
    assert denied.value.code == "insufficient_scope"


# ------------------------------------------------------------------------------------------------- each hash its own minimum


@pytest.mark.parametrize(("alg", "least"), [(alg, least) for alg, (_, least) in HASHES.items()])
def test_a_secret_is_at_least_as_long_as_the_hash(alg: str, least: int) -> None:
    assert (
        code_of(shared(secret=SECRET[:least], algorithms=(alg,)), hs(alg=alg, secret=SECRET[:least]))
        == "accepted"
    )
    with pytest.raises(ConfigurationError, match=rf"has {least - 1} bytes.*at least {least}\b") as refused:
        shared(secret=SECRET[: least - 1], algorithms=(alg,))
    assert refused.value.code == "configuration_keys"


@pytest.mark.parametrize(
    ("algorithms", "least"), [({"HS256", "HS384"}, 48), (["HS512", "HS256"], 64), (("HS256", "HS256"), 32)]
)
def test_of_several_algorithms_the_longest_hash_decides(algorithms: Any, least: int) -> None:
    verifier = shared(secret=SECRET[:least], algorithms=algorithms)
    assert {code_of(verifier, hs(alg=alg, secret=SECRET[:least])) for alg in algorithms} == {"accepted"}
    with pytest.raises(ConfigurationError, match=f"at least {least}"):
        shared(secret=SECRET[: least - 1], algorithms=algorithms)


@pytest.mark.parametrize("allowed", HASHES)
@pytest.mark.parametrize("used", HASHES)
def test_only_the_algorithms_that_the_policy_names_may_sign(allowed: str, used: str) -> None:
    expected = "accepted" if allowed == used else "algorithm_not_allowed"
    assert code_of(shared(algorithms=[allowed]), hs(alg=used)) == expected


def test_without_a_choice_the_algorithm_is_hs256() -> None:
    assert [code_of(shared(), hs(alg=alg)) for alg in HASHES] == ["accepted", *["algorithm_not_allowed"] * 2]


# ------------------------------------------------------------------------------------------------------------- the signature


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mac: mac[:-1] + bytes([mac[-1] ^ 1]),
        lambda mac: bytes([mac[0] ^ 128]) + mac[1:],
        lambda mac: mac[:-1],
        lambda mac: mac[:16],
        lambda mac: mac + b"\0",
        lambda mac: bytes(len(mac)),
        lambda mac: mac * 2,
        lambda mac: b"",
    ],
    ids=["last bit", "first bit", "a byte short", "half", "a byte long", "zeros", "twice", "empty"],
)
def test_a_signature_that_is_not_the_whole_mac_verifies_nothing(spoil: Callable[[bytes], bytes]) -> None:
    signing_input = hs().rpartition(".")[0]
    mac = hmac.digest(SECRET, signing_input.encode(), "sha256")
    assert code_of(shared(), f"{signing_input}.{b64(mac)}") == "accepted"
    assert code_of(shared(), f"{signing_input}.{b64(spoil(mac))}") == "signature_invalid"


@pytest.mark.parametrize(
    "secret", [SECRET[:-1], SECRET + b"\0", SECRET[::-1], SECRET.hex().encode(), b""], ids=len
)
def test_another_secret_signs_nothing(secret: bytes) -> None:
    assert code_of(shared(), hs(secret=secret)) == "signature_invalid"


def test_a_signature_of_other_claims_verifies_nothing() -> None:
    good, other = hs().split("."), hs(None, {"sub": "admin"}).split(".")
    assert code_of(shared(), ".".join((good[0], other[1], good[2]))) == "signature_invalid"


# ------------------------------------------------------------------------------------------------- the two families apart

ROWS: Final = [*ALGORITHMS]


@pytest.mark.parametrize("alg", ROWS)
def test_a_token_that_a_private_key_signed_opens_nothing_here(alg: str) -> None:
    key = private_key(KIND_OF[alg])
    token = jws(header(alg=alg), claims(), key, alg)
    assert code_of(public(keys=jwks(jwk(key, kid="key-1")), algorithms=[alg]), token) == "accepted"
    assert code_of(shared(algorithms=HASHES.keys()), token) == "algorithm_not_allowed"
    relabelled = jws(header(alg="HS256"), claims(), key, alg)
    assert code_of(shared(), relabelled) == "signature_invalid"


@pytest.mark.parametrize("alg", HASHES)
@pytest.mark.parametrize("row", ROWS)
def test_a_token_that_a_secret_signed_opens_no_door_with_public_keys(row: str, alg: str) -> None:
    verifier = public(keys=jwks(jwk(private_key(KIND_OF[row]), kid="key-1")), algorithms=[row])
    assert code_of(verifier, hs(alg=alg)) == "algorithm_not_allowed"
    signing_input = jws(header(alg=row), claims(), private_key(KIND_OF[row]), row).rpartition(".")[0]
    relabelled = f"{signing_input}.{b64(hmac.digest(SECRET, signing_input.encode(), HASHES[alg][0]))}"
    assert code_of(verifier, relabelled) == "signature_invalid"


@pytest.mark.parametrize(
    "alg", ["none", "None", "", "hs256", "HS256 ", "HS1", "HS224", "HMAC", "dir", "A128KW", "RS256", "XX"]
)
def test_an_algorithm_by_another_name_is_refused_however_it_is_signed(alg: str) -> None:
    signing_input = ".".join(b64(json.dumps(part).encode()) for part in (header(alg=alg), claims()))
    verifier = shared(algorithms=HASHES.keys())
    for signature in (hmac.digest(SECRET, signing_input.encode(), "sha256"), b""):
        assert code_of(verifier, f"{signing_input}.{b64(signature)}") == "algorithm_not_allowed"


def test_a_policy_of_the_one_family_makes_no_verifier_of_the_other() -> None:
    policy = SharedSecretPolicy(secret=SECRET, issuer=ISSUER, audience=AUDIENCE)
    with pytest.raises(ConfigurationError, match="at least one Policy"):
        Verifier(policy)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="public keys belong to a Verifier"):
        SharedSecretVerifier(Policy(ISSUER, AUDIENCE))  # type: ignore[arg-type]


def test_the_rules_alone_of_a_shared_secret_open_nothing_with_public_keys() -> None:
    rules = SharedSecretPolicy(secret=SECRET, issuer=ISSUER, audience=AUDIENCE).rules
    oct_key = {"kty": "oct", "k": b64(SECRET), "kid": "key-1", "alg": "HS256"}
    verifier = Verifier(
        rules, keys=jwks(jwk(KEY, kid="key-2"), oct_key), clock=lambda: NOW, monotonic=lambda: 1_000.0
    )
    assert code_of(verifier, hs()) == "key_unknown"
    assert code_of(verifier, hs({"kid": "key-2"})) == "key_unknown"


# --------------------------------------------------------------------------------------------------- one judgement for all

REFUSALS: Final[list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]] = [
    ("header_unsupported", {"crit": ["exp"]}, {}, {}),
    ("header_unsupported", {"b64": False}, {}, {}),
    ("token_malformed", {"kid": 7}, {}, {}),
    ("token_type_wrong", {"typ": "JWT"}, {}, {}),
    ("token_type_wrong", {"typ": ABSENT}, {}, {}),
    ("token_type_wrong", {"typ": "logout+jwt"}, {}, {"token_type": ANY_TYPE}),
    ("issuer_wrong", {}, {"iss": ISSUER + "/"}, {}),
    ("issuer_wrong", {}, {"iss": [ISSUER]}, {}),
    ("issuer_wrong", {}, {"iss": ABSENT}, {}),
    ("audience_wrong", {}, {"aud": AUDIENCE + "/"}, {}),
    ("audience_wrong", {}, {"aud": [AUDIENCE, 7]}, {}),
    ("audience_wrong", {}, {"aud": ABSENT}, {}),
    ("token_expired", {}, {"exp": NOW - 30}, {}),
    ("accepted", {}, {"exp": NOW - 29.999}, {}),
    ("claim_missing", {}, {"exp": ABSENT}, {}),
    ("claim_invalid", {}, {"exp": True}, {}),
    ("claim_invalid", {}, {"exp": 2**53}, {}),
    ("token_not_yet_valid", {}, {"nbf": NOW + 31}, {}),
    ("accepted", {}, {"nbf": NOW + 30}, {}),
    ("token_not_yet_valid", {}, {"iat": NOW + 31}, {}),
    ("token_too_old", {}, {"iat": NOW - 330}, {"max_age": 300}),
    ("accepted", {}, {"iat": NOW - 329}, {"max_age": 300}),
    ("claim_missing", {}, {"sub": ABSENT}, {}),
    ("claim_invalid", {}, {"sub": ""}, {}),
    ("claim_invalid", {}, {"scope": {"orders": True}}, {}),
    ("claim_missing", {}, {}, {"required_claims": ("tenant",)}),
    ("claim_invalid", {}, {"tenant": "a"}, {"required_claims": {"tenant": "b"}}),
    ("token_bound", {}, {"cnf": {"jkt": "x"}}, {}),
    ("claim_refused", {}, {}, {"checks": (lambda claims: "closed",)}),
    ("claim_refused", {}, {}, {"checks": (lambda claims: claims["nothing"],)}),
]


@pytest.mark.parametrize(("code", "head", "body", "rules"), REFUSALS)
def test_the_same_token_is_worth_the_same_whoever_can_check_it(
    code: str, head: dict[str, Any], body: dict[str, Any], rules: dict[str, Any]
) -> None:
    here, there = shared(**rules), public(**rules)
    mine, theirs = hs(head, body), jws(header(**({"alg": "EdDSA"} | head)), claims(**body), KEY, "EdDSA")
    assert (code_of(here, mine), code_of(there, theirs)) == (code, code)
    names = [
        [(check.name, check.standard, check.outcome) for check in report.checks]
        for report in (here.explain(mine), there.explain(theirs))
    ]
    assert names[0] == names[1]


TEXTS: Final = [
    "", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d.e", "opaque", "eyJ.eyJ.x", "\u00e9.b.c", '{"payload":""}', " " + hs(), hs() + "\n", hs() + "=",
    hs().replace(".", ".."), "Bearer " + hs(), "x" * 16_384, "x" * 16_385, None, 7, bytearray(b"a.b.c"), b"\xff.\xff.\xff",
]  # fmt: skip


@pytest.mark.parametrize("token", TEXTS, ids=lambda text: repr(text)[:20])
def test_what_is_no_token_is_no_token_for_anybody(token: Any) -> None:
    assert code_of(shared(), token) == code_of(public(), token) != "accepted"
