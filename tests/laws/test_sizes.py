"""Hostile sizes are refused before work: what is too large is not decoded, not copied and not quoted.

Time is for benchmarks/hostile.py to measure. Here it is counted what was done: which readers were called with how many
bytes, and how much memory was asked for beyond the input.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from fuzz import world

from bearerguard import BearerguardError, Limits, Refusal, encoding, keyring, keys, token
from bearerguard.encoding import EncodingError, decode_object
from bearerguard.keyring import Fetched, KeyRing, located
from bearerguard.keys import key_set

ROOT: Final = Path(__file__).parent.parent.parent
CONSTANT: Final = 128 * 1024
"""Bytes, whatever the input: the largest token in several copies."""
DEEP: Final = 10_000
HEAD, BODY, SIGNATURE = world.GOOD.split(".")


class Readers:
    """Counts the bytes that are decoded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = 0
        for room in (token, keys, keyring):
            for name in ("decode_segment", "decode_object", "decode_base64url"):
                if hasattr(room, name):
                    monkeypatch.setattr(room, name, self._counting(getattr(encoding, name)))

    def _counting(self, decode: Callable[..., Any]) -> Callable[..., Any]:
        def counted(text: Any, *more: Any) -> Any:
            self.read += len(text)
            return decode(text, *more)

        return counted


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Readers:
    return Readers(monkeypatch)


def memory(ask: Callable[[], object]) -> int:
    """Bytes at the peak that were not there before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        ask()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def code(text: str | bytes) -> str:
    """The code of a token's refusal."""
    try:
        world.VERIFIER.verify(text)
    except BearerguardError as error:
        assert len(str(error)) < 500
        return error.code
    return "accepted"


def payload(raw: bytes) -> str:
    """The good token with other claims, which nobody signed."""
    return f"{HEAD}.{world.b64(raw).decode()}.{SIGNATURE}"


def padded_header(length: int) -> bytes:
    """A good header of exactly so many bytes."""
    start = b'{"alg":"RS256","typ":"at+jwt","kid":"fuzz-1","x":"'
    return start + b"x" * (length - len(start) - 2) + b'"}'


# ------------------------------------------------------------------------------------------------------- too large to look at

TOO_LARGE: Final[dict[str, Callable[[], str | bytes]]] = {
    "10 MB of claims": lambda: f"{HEAD}.{'A' * 10_000_000}.{SIGNATURE}",
    "10 MB of signature": lambda: f"{HEAD}.{BODY}.{'A' * 10_000_000}",
    "10 MB of header": lambda: f"{'A' * 10_000_000}.{BODY}.{SIGNATURE}",
    "10 MB without a dot": lambda: "A" * 10_000_000,
    "10 MB of dots": lambda: "." * 10_000_000,
    "10 MB of bytes": lambda: b"\xff" * 10_000_000,
    "10 MB of wide characters": lambda: "\U0001f511" * 2_500_000,
    "a header of 1 MB": lambda: f"{world.b64(padded_header(1_000_000)).decode()}.{BODY}.{SIGNATURE}",
    "100,000 claims": lambda: payload(json.dumps({str(number): 0 for number in range(100_000)}).encode()),
    "claims 10,000 deep": lambda: payload(b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "objects 10,000 deep": lambda: payload(b'{"a":' * DEEP + b"0" + b"}" * DEEP),
    "a byte too many": lambda: HEAD + "." * (Limits().token_bytes + 1 - len(HEAD)),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_token_that_is_too_large_is_refused_unread(name: str, readers: Readers) -> None:
    text = TOO_LARGE[name]()
    assert memory(lambda: code(text)) < 16 * 1024
    assert code(text) == "token_too_large"
    assert readers.read == 0


def test_a_token_of_just_the_largest_size_is_read(readers: Readers) -> None:
    room = Limits().token_bytes
    text = f"{HEAD}.{'A' * (room - len(HEAD) - 2)}."
    assert len(text) == room
    assert code(text) == "token_malformed"
    assert readers.read > 0


def test_of_a_header_that_is_too_large_no_json_is_read() -> None:
    most = Limits().header_bytes
    fits, too_long = (
        f"{world.b64(padded_header(length)).decode()}.{BODY}.{SIGNATURE}" for length in (most, most + 1)
    )
    assert code(fits) == "signature_invalid"
    assert code(too_long) == "token_too_large"
    assert memory(lambda: code(too_long)) < CONSTANT


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer a", "", "Basic ", "Bearer " + world.GOOD], ids=lambda text: text[:8]
)
def test_an_authorization_header_of_10_mb_is_refused_without_a_copy_of_it(header: str) -> None:
    for filling in ("A", "=", " ", ".", "\t", "\u00e9"):
        fields = [header + filling * 10_000_000]
        assert memory(lambda fields=fields: world.GUARD.admit(fields)) < CONSTANT  # type: ignore[misc]
        answer = world.GUARD.admit(fields)
        assert isinstance(answer, Refusal)
        assert answer.status in (400, 401)


def test_100_000_authorization_headers_are_refused_unread() -> None:
    fields = ["Bearer " + world.GOOD] * 100_000
    assert memory(lambda: world.GUARD.admit(fields)) < CONSTANT
    answer = world.GUARD.admit(fields)
    assert isinstance(answer, Refusal)
    assert answer.error.code == "request_ambiguous"


# ------------------------------------------------------------------------------------------ small enough to read, and hostile

HOSTILE: Final[dict[str, bytes]] = {
    "10,000 arrays, never closed": b'{"a":' + b"[" * DEEP,
    "5,900 arrays": b'{"a":' + b"[" * 5_900 + b"]" * 5_900 + b"}",
    "1,900 objects": b'{"a":' * 1_900 + b"0" + b"}" * 1_900,
    "2,300 objects, never closed": b'{"a":' * 2_300,
    "a level too many": b'{"a":' + b"[" * 16 + b"]" * 16 + b"}",
    "4,000 digits": b'{"exp":' + b"9" * 4_000 + b"}",
    "4,000 digits, negative": b'{"exp":-' + b"9" * 4_000 + b"}",
    "4,000 digits after the point": b'{"exp":0.' + b"9" * 4_000 + b"}",
    "4,000 digits of an exponent": b'{"exp":1e' + b"9" * 4_000 + b"}",
    "10,000 digits": b'{"exp":' + b"9" * 10_000 + b"}",
    "4,000 digits, deep inside": b'{"a":[[[{"b":[' + b"9" * 4_000 + b"]}]]]}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_claims_are_refused_within_a_constant(name: str) -> None:
    text = payload(HOSTILE[name])
    assert len(text) <= Limits().token_bytes
    assert code(text) == "token_malformed"
    assert memory(lambda: code(text)) < CONSTANT
    assert world.VERIFIER.explain(text).code == "token_malformed"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_within_a_constant(name: str) -> None:
    for read in (key_set, lambda raw: located(raw, world.ISSUER)):
        with pytest.raises(BearerguardError, match="document_invalid"):
            read(HOSTILE[name])
        assert memory(lambda read=read: _refused(read, HOSTILE[name])) < CONSTANT  # type: ignore[misc]


def _refused(read: Callable[[bytes], object], raw: bytes) -> None:
    with pytest.raises(BearerguardError):
        read(raw)


SMALL_STACK: Final = """
import threading
from fuzz import world
from tests.laws.test_sizes import HOSTILE, code, payload

told = []

def judge():
    told.extend((code(world.GOOD), *(code(payload(raw)) for raw in HOSTILE.values())))

threading.stack_size(128 * 1024)
thread = threading.Thread(target=judge)
thread.start()
thread.join()
print(*told)
"""


def test_hostile_claims_are_refused_on_a_small_stack_too() -> None:
    # 128 KiB is what a thread has under musl. A decoder that goes down as deep as the text does ends the process there,
    # with no exception that anybody could catch.
    done = subprocess.run(
        [sys.executable, "-c", SMALL_STACK], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"the process ended with {done.returncode}: {done.stderr[-300:]}"
    assert done.stdout.split() == ["accepted", *["token_malformed"] * len(HOSTILE)]


def test_depth_and_digits_are_refused_just_beyond_their_limits() -> None:
    limits = Limits()
    assert decode_object(b'{"a":' + b"[" * 15 + b"]" * 15 + b"}")
    assert decode_object(b'{"a":' + b"9" * limits.number_digits + b"}")
    with pytest.raises(EncodingError, match="too deeply"):
        decode_object(b'{"a":' + b"[" * 16 + b"]" * 16 + b"}")
    with pytest.raises(EncodingError, match="too many digits"):
        decode_object(b'{"a":' + b"9" * (limits.number_digits + 1) + b"}")
    assert decode_object(b'{"a":"' + b"9" * 4_000 + b'"}')


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":"' + b'\\"' * 5_800 + b'"}',
        b'{"a":"' + b"\\\\" * 5_800 + b'"}',
        b'{"a":"' + b'\\"' * 4_000 + b"9" * 1_100 + b'"}',
        b'{"a":"' + b"\\u0041" * 1_900 + b'"}',
        b"{" + b",".join(b'"\\"%04d":0' % number for number in range(1_000)) + b"}",
    ],
    ids=[
        "escaped quotes",
        "escaped backslashes",
        "escaped quotes and digits",
        "escaped letters",
        "escaped names",
    ],
)
def test_the_memory_to_read_escapes_is_in_proportion_to_them(raw: bytes) -> None:
    assert memory(lambda: decode_object(raw)) < 32 * len(raw)


def test_a_document_that_is_too_large_is_refused_unread(readers: Readers) -> None:
    ring = KeyRing(world.POLICY)
    for _ in range(3):
        asked = ring.missing(1_000.0)
        assert asked is not None
        answer = Fetched(asked.url, 200, b'{"keys":[' + b"0," * asked.byte_limit + b"0]}")
        assert memory(lambda asked=asked, answer=answer: ring.accept(asked, answer, 1_000.0)) < CONSTANT  # type: ignore[misc]
        assert readers.read == 0
        if ring.last_error:
            break
    assert "longer than" in ring.last_error


def test_a_key_set_of_too_many_keys_makes_no_key(readers: Readers) -> None:
    member = dict(world.KEY_SET["keys"][2])
    most = Limits().keys
    assert len(key_set({"keys": [member] * most})) == most
    decoded = readers.read
    with pytest.raises(BearerguardError, match="more than the 64"):
        key_set({"keys": [member] * (most + 1)})
    assert readers.read == decoded
