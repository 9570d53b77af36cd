"""What strangers send, as hypothesis makes it: JSON of every shape, and documents that are nearly right."""

from __future__ import annotations

from typing import Any, Final

from fuzz import mutation, world
from hypothesis import settings
from hypothesis import strategies as st

laws = settings(settings.get_profile("laws"))

TEXTS: Final = st.one_of(
    st.text(max_size=24),
    st.text(st.characters(codec=None, categories=["Cs", "Cc", "Cf", "Zs"]), max_size=4),
    st.sampled_from([value for value in mutation.VALUES if isinstance(value, str)]),
)
"""Any text, halves of characters and controls among it, and the words that mean something."""

NUMBERS: Final = st.one_of(
    st.integers(),
    st.floats(),
    st.integers(-40, 40).map(lambda seconds: int(world.NOW) + seconds),
    st.sampled_from(
        [2**53, 2**53 - 1, 2**63, 2**64, -(2**64), 10**309, 10**1023, 5e-324, 1.7976931348623157e308]
    ),
)

JSON: Final = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def changed(good: dict[str, Any], *more: str) -> st.SearchStrategy[dict[str, Any]]:
    """A good object with up to four of its members (or of others) replaced by anything, and up to two left out."""
    names = st.sampled_from([*good, *more, ""])
    return st.builds(
        lambda changes, without: {
            name: value for name, value in (good | changes).items() if name not in without
        },
        st.dictionaries(names, JSON, max_size=4),
        st.sets(names, max_size=2),
    )


HEADERS: Final = changed(
    {"alg": "HS256", "typ": "at+jwt", "kid": "fuzz-1"},
    "crit",
    "b64",
    "zip",
    "enc",
    "jwk",
    "jku",
    "x5u",
    "x5c",
    "cty",
)
CLAIMS: Final = changed(dict(world.BENCH.claims), "nbf", "cnf", "scp", "azp", "anonymous", "closed", "events")
JWKS: Final = st.one_of(
    *(
        changed(dict(member), "kty", "crv", "alg", "use", "key_ops", "x", "y", "n", "e", "d", "k", "pub")
        for member in world.KEY_SET["keys"]
    )
)
KEY_SETS: Final = st.builds(
    lambda keys, more: {"keys": keys} | more,
    st.lists(JWKS | JSON, max_size=5) | JSON,
    st.dictionaries(TEXTS, JSON, max_size=2),
)
DISCOVERY: Final = changed(
    {
        "issuer": world.ISSUER,
        "jwks_uri": f"{world.ISSUER}/oauth2/jwks",
        "token_endpoint": f"{world.ISSUER}/oauth2/token",
    },
    "keys",
)
