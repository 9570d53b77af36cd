"""What a shared secret may be: bytes, long and random; and a policy that keeps it to itself and stays as it was made."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pytest

from bearerguard import ConfigurationError, Limits
from bearerguard.shared_secret import SharedSecretPolicy, SharedSecretVerifier
from tests.core.builders import AUDIENCE, ISSUER
from tests.core.secrecy import accepted, keeps_it

RANDOM: Final = hashlib.shake_256(b"a good secret").digest(128)


# ----------------------------------------------------------------------------------------------------- long, random and bytes


@pytest.mark.parametrize("length", [0, 1, 16, 31])
def test_a_short_secret_is_refused(length: int) -> None:
    with pytest.raises(ConfigurationError, match=f"has {length} bytes.*at least 32") as refused:
        SharedSecretPolicy(secret=RANDOM[:length], issuer=ISSUER, audience=AUDIENCE)
    keeps_it(refused.value, RANDOM[:length])


@pytest.mark.parametrize(
    "secret", [bytes(32), b"a" * 64, b"abcdefg" * 8, b"password" * 4, b"\0\xff" * 32], ids=repr
)
def test_a_secret_of_fewer_than_eight_different_bytes_is_hardly_random(secret: bytes) -> None:
    assert not accepted(secret)


def test_eight_different_bytes_are_just_enough() -> None:
    assert accepted(b"abcdefgh" * 4)
    assert not accepted(b"abcdefg" * 5)


@pytest.mark.parametrize(
    "secret",
    [
        "x" * 32,
        RANDOM[:32].hex(),
        bytearray(RANDOM),
        memoryview(RANDOM),
        list(RANDOM),
        7,
        None,
        {"kty": "oct"},
        object(),
    ],
    ids=lambda secret: type(secret).__name__,
)
def test_a_secret_is_bytes_and_the_refusal_says_how_to_make_them(secret: Any) -> None:
    assert not accepted(secret)
    with pytest.raises(ConfigurationError, match=r"bytes\.fromhex") as refused:
        SharedSecretPolicy(secret=secret, issuer=ISSUER, audience=AUDIENCE)
    keeps_it(refused.value, secret)


# --------------------------------------------------------------------------------------------------------- the other settings


@pytest.mark.parametrize(
    "algorithms",
    [
        "HS256",
        b"HS256",
        (),
        [],
        set(),
        ["RS256"],
        ["HS256", "ES256"],
        ["none"],
        ["hs256"],
        ["HS1"],
        None,
        7,
        object(),
        [None],
        [["HS256"]],
        [7],
        {"HS999": 1},
    ],
    ids=repr,
)
def test_algorithms_are_a_collection_of_the_three_names(algorithms: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SharedSecretPolicy(secret=RANDOM, issuer=ISSUER, audience=AUDIENCE, algorithms=algorithms)
    assert refused.value.code == "configuration_algorithms"
    keeps_it(refused.value, RANDOM)


def test_algorithms_that_can_be_read_only_once_are_read_once_or_refused() -> None:
    try:
        made = SharedSecretPolicy(secret=RANDOM, issuer=ISSUER, audience=AUDIENCE, algorithms=iter(["HS256"]))  # type: ignore[arg-type]
    except ConfigurationError as error:
        assert error.code == "configuration_algorithms"
    else:
        assert made.rules.algorithms == ("HS256",)


@pytest.mark.parametrize("setting", ["discovery_url", "jwks_uri"])
def test_a_secret_is_never_fetched(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="leave out discovery_url and jwks_uri") as refused:
        SharedSecretPolicy(secret=RANDOM, issuer=ISSUER, audience=AUDIENCE, **{setting: f"{ISSUER}/keys"})
    assert refused.value.code == "configuration_invalid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "http://id.example.com"}, "configuration_issuer"),
        ({"audience": ""}, "configuration_audience"),
        ({"leeway": 301}, "configuration_invalid"),
        ({"token_type": "logout+jwt"}, "configuration_token_type"),
    ],
)
def test_a_rule_is_checked_as_in_every_policy(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        SharedSecretPolicy(**({"secret": RANDOM, "issuer": ISSUER, "audience": AUDIENCE} | changes))
    assert refused.value.code == code


@pytest.mark.parametrize("limits", [Limits(token_bytes=0), Limits(json_depth=-1), None, 5, {}], ids=repr)
def test_limits_that_make_no_sense_are_refused(limits: Any) -> None:
    policy = SharedSecretPolicy(secret=RANDOM, issuer=ISSUER, audience=AUDIENCE)
    with pytest.raises(ConfigurationError) as refused:
        SharedSecretVerifier(policy, limits=limits)
    assert refused.value.code == "configuration_limits"


# ------------------------------------------------------------------------------------------- kept to itself, and as it was made


def test_nothing_that_is_shown_holds_the_secret() -> None:
    secret = b"a secret made of words, for reading"
    policy = SharedSecretPolicy(secret=secret, issuer=ISSUER, audience=AUDIENCE)
    verifier = SharedSecretVerifier(policy)
    shown = [
        repr(policy),
        str(policy),
        repr(policy.rules),
        repr(verifier),
        repr(policy._key),
        str(verifier.explain("a.b.c")),
    ]
    assert [text for text in shown if "words" in text or secret.hex() in text] == []
    assert repr(policy) == f"<SharedSecretPolicy of {ISSUER!r}>"


def test_a_policy_stays_as_it_was_made() -> None:
    policy = SharedSecretPolicy(secret=RANDOM, issuer=ISSUER, audience=AUDIENCE)
    other = SharedSecretPolicy(secret=RANDOM[::-1], issuer="https://attacker.example", audience=AUDIENCE)
    for name in ("rules", "_key", "anything"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(policy, name, getattr(other, name, None))
    with pytest.raises((AttributeError, TypeError)):
        del policy.rules
    with pytest.raises((AttributeError, TypeError)):
        policy.rules.issuer = "https://attacker.example"  # type: ignore[misc]
    assert policy.rules.issuer == ISSUER


def test_a_policy_does_not_hold_on_to_the_collections_it_was_made_from() -> None:
    algorithms, audience = ["HS256"], [AUDIENCE]
    policy = SharedSecretPolicy(secret=RANDOM, issuer=ISSUER, audience=audience, algorithms=algorithms)
    algorithms[:] = ["HS512"]
    audience.append("https://attacker.example")
    assert policy.rules.algorithms == ("HS256",)
    assert policy.rules.settings.algorithms == {"HS256"}
    assert policy.rules.settings.audiences == frozenset({AUDIENCE})
