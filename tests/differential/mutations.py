"""Good tokens and what becomes of them: strategies for tokens that are nearly right, in every place a token has."""

from __future__ import annotations

import json
from typing import Final

from hypothesis import strategies as st

from tests.core.builders import CLAIMS, KIND_OF, b64, signature
from tests.differential.oddities import CLAIMS_BY_NAME, ENCODINGS, HEADER_BY_NAME, LITERALS, NAMES
from tests.differential.reading import decoded
from tests.differential.tokens import ALGORITHMS, encode, good, header, key_for, sealed, written

Made = tuple[str, str]
"""The algorithm whose question is asked, and the token."""

# The cheaper signatures more often; every one of the four that matter in each run.
algorithms: Final = st.sampled_from([*ALGORITHMS, "ES256", "EdDSA", "EdDSA", "RS256", "PS256"])

arbitrary: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "é"]), inner, max_size=2)
    ),
    max_leaves=5,
)
literals: Final = st.sampled_from(LITERALS)
names: Final = st.sampled_from(NAMES)
encodings: Final = st.sampled_from(["utf-8"] * 12 + ENCODINGS)


@st.composite
def resigned(draw: st.DrawFn) -> Made:
    """Draw a token a few of whose members are others, or missing, properly signed."""
    algorithm = draw(algorithms)
    head, body = header(algorithm), dict(CLAIMS)
    # Few at a time, or all of them would be wrong for the first reason.
    for place in draw(st.sampled_from([(1,), (1,), (1, 1), (1, 1, 1), (0,), (0, 1)])):
        members, choices = ((head, HEADER_BY_NAME), (body, CLAIMS_BY_NAME))[place]
        name = draw(st.sampled_from(sorted(choices)))
        what = draw(st.integers(0, 9))
        if what == 0:
            members.pop(name, None)
        else:
            members[name] = draw(arbitrary if what < 4 else st.sampled_from(choices[name]))
    return algorithm, sealed(written(head), written(body), algorithm)


@st.composite
def rewritten(draw: st.DrawFn) -> Made:
    """Draw a token whose JSON is written in another way, properly signed."""
    algorithm = draw(algorithms)
    documents = [json.dumps(header(algorithm)), json.dumps(CLAIMS)]
    place = draw(st.sampled_from([0, 1, 1]))
    for _ in range(draw(st.integers(1, 2))):
        documents[place] = draw(_rewrites(documents[place]))
    encoded = [encode(document) for document in documents]
    encoded[place] = encode(documents[place], draw(encodings))
    return algorithm, sealed(encoded[0], encoded[1], algorithm)


@st.composite
def _rewrites(draw: st.DrawFn, document: str) -> str:
    member = f'"{draw(names)}": {draw(literals)}'
    letter = draw(st.sampled_from([*'{}[],:"\\x0', "\ud800", "\0"]))
    at = draw(st.integers(0, len(document) - 1))
    rewrites = {
        "first": f"{{{member}, {document[1:]}",
        "last": f"{document[:-1]}, {member}}}",
        "character": document[:at] + letter + document[at + 1 :],
        "space": document.replace(" ", draw(st.sampled_from(["", "\n\t ", "\u00a0", "\r"]))),
        "after": document + draw(st.sampled_from([" ", "\n", "{}", "\0", ","])),
    }
    return str(rewrites[draw(st.sampled_from(sorted(rewrites)))])


@st.composite
def respelled(draw: st.DrawFn) -> Made:
    """Draw the text of a good token with a character or two changed, put in or left out."""
    algorithm = draw(algorithms)
    token = good(algorithm)
    for _ in range(draw(st.integers(1, 2))):
        # The ends of segments are where a spelling has room.
        ends = [at for at, letter in enumerate(f"{token}.") if letter == "."]
        at = draw(st.sampled_from([*ends, *(end - 1 for end in ends if end)]) | st.integers(0, len(token)))
        by = draw(st.sampled_from([*"AQgwBR.=+/_- \n", "==", "=A", "", "\0", "é", "%3D"]))
        token = token[:at] + by + token[at + draw(st.integers(0, 1)) :]
    return algorithm, token


@st.composite
def forged(draw: st.DrawFn) -> Made:
    """Draw a token whose signature is another one: altered, of another key, algorithm or form."""
    algorithm = draw(algorithms)
    content, _, last = good(algorithm).rpartition(".")
    raw = decoded(last)
    half = len(raw) // 2
    at, bit = draw(st.integers(0, len(raw) - 1)), 1 << draw(st.integers(0, 7))
    relatives = [name for name in KIND_OF if KIND_OF[name] == KIND_OF[algorithm]]
    made = {
        "good": raw,
        "bit": raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :],
        "shorter": raw[:at],
        "longer": raw + raw[:at],
        "before": b"\0" + raw,
        "halves": raw[half:] + raw[:half],
        "zero": bytes(len(raw)),
        "ones": b"\xff" * len(raw),
        "mirrored": _mirrored(raw, algorithm),
        "another key": signature(content.encode(), key_for(algorithm, 3), algorithm),
        "another algorithm": signature(content.encode(), key_for(algorithm), relatives[at % len(relatives)]),
        "other content": signature(content.encode() + b"A", key_for(algorithm), algorithm),
    }
    return algorithm, f"{content}.{b64(made[draw(st.sampled_from(sorted(made)))])}"


ORDERS: Final = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}


def _mirrored(raw: bytes, algorithm: str) -> bytes:
    """Return (r, n - s), which verifies as well as (r, s) does: ECDSA signatures have two spellings."""
    order = ORDERS.get(KIND_OF[algorithm])
    if order is None:
        return raw
    half = len(raw) // 2
    return raw[:half] + (order - int.from_bytes(raw[half:], "big")).to_bytes(half, "big")
