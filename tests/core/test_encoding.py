"""One spelling for one value: strict base64url (RFC 4648 section 3.5) and strict JSON (RFC 8259, RFC 7493)."""

from __future__ import annotations

import base64
import json
import string
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bearerguard.encoding import (
    EncodingError,
    decode_base64url,
    decode_object,
    decode_segment,
    encode_json,
)
from bearerguard.limits import Limits
from tests.core.builders import b64

# ----------------------------------------------------------------------------------------------------------- base64url

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def segment(text: str | bytes) -> bytes:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return decode_segment(raw)


def refused(text: str) -> bool:
    """Whether both doors refuse; they are never of two minds."""
    verdicts = []
    for door in (segment, decode_base64url):
        try:
            door(text)
        except EncodingError:
            verdicts.append(True)
        else:
            verdicts.append(False)
    assert verdicts[0] == verdicts[1]
    return verdicts[0]


def test_nothing_is_the_spelling_of_nothing() -> None:
    assert segment(b"") == decode_base64url("") == b""


@given(st.binary(max_size=100))
@example(bytes(range(256)))
def test_every_value_has_its_spelling(raw: bytes) -> None:
    assert segment(b64(raw)) == decode_base64url(b64(raw)) == raw


@given(st.text(alphabet=ALPHABET + "+/=. \n\x00é!", max_size=12))
@example("Zg")
@example("Zh")
@example("Zg=")
@example("Zg==")
@example("Zm8")
@example("Zm9")
@example("====")
def test_a_text_is_accepted_only_if_it_is_the_one_spelling_of_its_value(text: str) -> None:
    try:
        value = segment(text)
    except EncodingError:
        canonical = bool(set(text) <= set(ALPHABET)) and len(text) % 4 != 1
        if canonical:
            lenient = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            assert b64(lenient) != text
    else:
        assert b64(value) == text
        assert decode_base64url(text) == value


@pytest.mark.parametrize("characters", range(17))
def test_a_length_of_four_n_plus_one_is_impossible(characters: int) -> None:
    text = "A" * characters
    assert refused(text) == (characters % 4 == 1)
    if characters % 4 != 1:
        assert segment(text) == bytes(characters * 3 // 4)


@pytest.mark.parametrize(("stem", "spare"), [("Z", 4), ("Zm", 2), ("Zm9vZ", 4), ("Zm9vZm", 2), ("Zm9", 0)])
def test_the_bits_that_carry_nothing_are_zero(stem: str, spare: int) -> None:
    """Of 64 last characters, those with spare bits set would be second spellings of the same bytes."""
    for number, character in enumerate(ALPHABET):
        assert refused(stem + character) == (number % (1 << spare) != 0), stem + character


def test_a_byte_outside_the_alphabet_is_refused_wherever_it_stands() -> None:
    for stem in (b"AAAAAAAA", b"AAAAAAA", b"AAAAAA"):
        for place in range(len(stem)):
            for byte in range(256):
                text = stem[:place] + bytes([byte]) + stem[place + 1 :]
                if byte in ALPHABET.encode() and place < len(stem) - 1:
                    segment(text)
                elif byte not in ALPHABET.encode():
                    with pytest.raises(EncodingError):
                        segment(text)


@pytest.mark.parametrize(
    ("good", "near_misses"),
    [
        ("Zg", ["Zg=", "Zg==", "Zg===", " Zg", "Zg ", "Zg\n", "Zg\r\n", "Z g", "Zg.", "Zg\x00", "Z\u200bg"]),
        ("Zm8", ["Zm8=", "Zm8==", "Zm8\n", "\ufeffZm8", "Zm\uff18"]),
        ("Zm9v", ["Zm9v=", "Zm9v====", "Zm9v\t", "Zm9v&", "Zm9v%3D"]),
        ("-_-_", ["+/+/", "-_-/", "+_-_", "\uff0d_-_"]),
        ("AAAA", ['AA"A', "AA\\A", "\\u0041AAA", "AA\u00c1A", "AA\ud800A"]),
    ],
)
def test_near_misses_of_a_good_text_are_refused(good: str, near_misses: list[str]) -> None:
    assert not refused(good)
    for text in near_misses:
        assert refused(text), text


def test_a_dot_is_no_part_of_a_segment_or_a_key() -> None:
    assert refused("AA.AA")


@given(st.binary(max_size=20))
def test_any_text_gets_bytes_or_a_refusal(raw: bytes) -> None:
    refused(raw.decode("latin-1"))


# ---------------------------------------------------------------------------------------------------------------- JSON


def value_of(text: bytes) -> Any:
    return decode_object(b'{"a":' + text + b"}")["a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"0", 0),
        (b"-0", 0),
        (b"-0.0", -0.0),
        (b"18446744073709551617", 2**64 + 1),
        (b"-9223372036854775809", -(2**63) - 1),
        (b"1E+2", 100.0),
        (b"0.1", 0.1),
        (b"1e308", 1e308),
        (b"1e-400", 0.0),
        (b"true", True),
        (b"null", None),
        (rb'"\u0000"', "\x00"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\uD83D\uDE00"', "\U0001f600"),
        ('"\U0001f600"'.encode(), "\U0001f600"),
        (rb'"\/\b\f\n\r\t\"\\"', '/\b\f\n\r\t"\\'),
        (b'"\x7f"', "\x7f"),
        (b" [ 1 , 2 ] ", [1, 2]),
        (b'\r\n\t{"" : {} }', {"": {}}),
    ],
)
def test_json_is_read_as_it_is_written(text: bytes, value: Any) -> None:
    assert same(value_of(text), value)


@pytest.mark.parametrize(
    "text",
    [
        *(b"NaN", b"nan", b"Infinity", b"-Infinity", b"1e309", b"1.8e308", b"-1e400", b"1e99999999999999999999"),
        *(b"01", b"-01", b"+1", b"-", b"1.", b".5", b"1e", b"0x10", b"1_000", b"1 2", "\uff11".encode()),
        *(rb'"\ud800"', rb'"\udc00"', rb'"\udc00\ud800"', rb'"\ud83dx"', rb'"\ud83d\n"', rb'"\ud83d\u0041"'),
        *(rb'"\u12G4"', rb'"\u12"', rb'"\x41"', rb'"\a"', rb'"\"', b'"a', b"'a'", b"True", b"nul", b"undefined"),
        *(b'"\x00"', b'"\x1f"', b'"\n"', b'"\t"'),
        *(b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xe2\x82"', b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"'),
        *(b"", b"[1,]", b"[,1]", b"[1", b"1]", b"{", b'{"b":1,}', b'{"b"}', b"{b:1}", b"{1:1}", b"/**/1", b"1//", b"1\x0b"),
    ],
)  # fmt: skip
def test_what_is_not_quite_json_is_refused(text: bytes) -> None:
    with pytest.raises(EncodingError):
        value_of(text)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b" ", b"[]", b'["a"]', b'"{}"', b"null", b"true", b"1", b"{}{}", b"{} {}", b"{},", b"{}\x00", b"\x00{}"),
        *(b"\xef\xbb\xbf{}", b"\x0b{}", b"\x0c{}", b"\xc2\xa0{}", "\u2028{}".encode()),
        *("{}".encode(codec) for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
    ],
)  # fmt: skip
def test_only_one_object_in_plain_utf_8_is_an_object(raw: bytes) -> None:
    assert decode_object(b" {} \r\n\t") == {}
    with pytest.raises(EncodingError):
        decode_object(raw)


@pytest.mark.parametrize(
    ("unique", "twice"),
    [
        (b'{"a":1,"A":2}', b'{"a":1,"a":2}'),
        (b'{"a":1,"b":1}', b'{"a":1,"a":1}'),
        (rb'{"a":1,"\u0062":2}', rb'{"a":1,"\u0061":2}'),
        (rb'{"a":1,"\\u0061":2}', rb'{"\u0061":1,"\u0061":2}'),
        (b'{"a":{"b":1},"b":2}', b'{"a":{"b":1,"b":2}}'),
        (b'{"a":{"a":{"a":1}}}', b'{"a":{"a":{"a":1,"a":1}}}'),
        (b'{"a":[{"b":1},{"b":2}]}', b'{"a":[{"b":1,"b":2}]}'),
        (b'{"a":[[{"b":1},{"b":2}]]}', b'{"a":[1,[{"c":0},{"b":1,"c":1,"b":2}]]}'),
        (b'{"":1," ":2}', b'{"":1,"":2}'),
        (rb'{"\"":1,"\\":2}', rb'{"\"":1,"\u0022":2}'),
        (rb'{"\\\"":1,"\\":2}', rb'{"\\":1,"\u005c":2}'),
        (rb'{"a/b":1,"a\\/b":2}', rb'{"a/b":1,"a\/b":2}'),
        ('{"\u00e9":1,"e\u0301":2}'.encode(), '{"\u00e9":1,"\\u00E9":2}'.encode()),
        ('{"\U0001f600":1}'.encode(), '{"\U0001f600":1,"\\ud83d\\ude00":2}'.encode()),
        (rb'{"a":"\"a\":","b":1}', rb'{"a":"\"a\":","a":1}'),
        (rb'{"a":"\\","b":"\\"}', rb'{"a":"\\","a":"\\"}'),
        (b'{"a":"x","b":["y","z"]}', b'{"a":["x","y"],"a":1}'),
        (b'{ "a" : 1 , "b" : 1 }', b'{ "a" : 1 , "a" : 1 }'),
        (b'{"a":{},"b":1e2}', b'{"a":{"x":{"y":[]}},"a":1e2}'),
    ],
)
def test_a_name_given_twice_is_refused_at_every_level_and_in_every_spelling(
    unique: bytes, twice: bytes
) -> None:
    assert decode_object(unique)
    with pytest.raises(EncodingError, match="twice"):
        decode_object(twice)


@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]"), (b'[{"a":[', b"]}]")])
@pytest.mark.parametrize("depth", [2, 3, 4, 5, 6, 15, 16, 17])
def test_nesting_ends_at_its_limit(depth: int, opening: bytes, closing: bytes) -> None:
    limits = Limits() if depth == 16 else Limits(json_depth=depth)
    whole, rest = divmod(depth - 1, opening.count(b"{") + opening.count(b"["))
    deepest = opening * whole + b'{"b":' * rest + b"1" + b"}" * rest + closing * whole
    assert decode_object(b'{"a":' + deepest + b',"b":[],"c":{}}', limits)
    for deeper in (b'{"a":[' + deepest + b"]}", b'{"b":[],"a":[[],' + deepest + b"]}"):
        with pytest.raises(EncodingError, match="too deeply"):
            decode_object(deeper, limits)


def test_a_depth_of_one_is_an_object_of_scalars() -> None:
    assert decode_object(b'{"a":1,"b":"[{"}', Limits(json_depth=1))
    for raw in (b'{"a":[]}', b'{"a":{}}'):
        with pytest.raises(EncodingError, match="too deeply"):
            decode_object(raw, Limits(json_depth=1))


@pytest.mark.parametrize("levels", [17, 1_000, 100_000])
def test_no_depth_is_deep_enough_to_raise_anything_else(levels: int) -> None:
    for raw in (b'{"a":' * levels + b"1" + b"}" * levels, b'{"a":' + b"[" * levels, b'{"a":' * levels):
        with pytest.raises(EncodingError):
            decode_object(raw)


def test_breadth_is_not_depth_and_brackets_in_strings_are_neither() -> None:
    assert decode_object(b'{"a":[' + b",".join([b"{}"] * 500) + b"]}")
    assert decode_object(b'{"a":"' + b"[{" * 500 + b'"}')
    assert decode_object(b'{"a":"\\"' + b"[" * 500 + b'"}')


@pytest.mark.parametrize(
    "shape", [b"%s", b"-%s", b"0.%s", b"0.%se2", b"1e-%s", b'"x",%s', b'"\\"",%s', b'"\\\\",%s', b"%s,1"]
)
def test_a_number_has_only_so_many_digits(shape: bytes) -> None:
    for limits in (Limits(), Limits(number_digits=30)):
        most = b"1" * limits.number_digits
        assert decode_object(b'{"a":[' + shape % most + b"]}", limits)
        with pytest.raises(EncodingError, match="digits"):
            decode_object(b'{"a":[' + shape % (most + b"1") + b"]}", limits)


def test_digits_in_a_string_are_text() -> None:
    digits = b"1" * 2_000
    for shape in (b'{"a":"%s"}', b'{"a":"\\"%s"}', b'{"a":"\\\\%s"}', b'{"%s":1}', b'{"a":"x","b":"%s"}'):
        assert decode_object(shape % digits)


def test_digits_beyond_what_python_converts_are_refused_all_the_same() -> None:
    for digits in (4_300, 4_301, 200_000):
        with pytest.raises(EncodingError):
            value_of(b"1" * digits)


# A name or string is drawn character by character, each in one of its spellings; few characters, so that names collide.
SPELLED = st.sampled_from(
    ("a", r"\u0061", "b", r"\"", r"\u0022", r"\\", r"\u005c", r"\u005C", "/", r"\/", "é", r"\u00e9", "\U0001f600",
     r"\ud83d\ude00", r"\n", r"\u000a", r"\u0000", "{", "[", "]", ":", ",", "1", " ", "'")
)  # fmt: skip
SPACE = st.sampled_from(["", "", "", " ", "\n", "\r\n\t "])
STRING = st.lists(SPELLED, max_size=3).map(lambda characters: '"' + "".join(characters) + '"')
NUMBER = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["-0", "0", "1E+2", "1e-400", "-0.0", "2.50", "123456789012345678901234567890"]),
)
LEAF = st.one_of(STRING, NUMBER, st.sampled_from(["true", "false", "null", "{}", "[]", "[ ]"]))


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    member = st.tuples(SPACE, STRING, SPACE, SPACE, values, SPACE).map(
        lambda part: f"{part[0]}{part[1]}{part[2]}:{part[3]}{part[4]}{part[5]}"
    )
    return st.lists(member, max_size=4).map(lambda members: "{" + ",".join(members) + "}")


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda members: "[" + ",".join(members) + "]")


NESTED = st.recursive(LEAF, lambda inner: st.one_of(objects(inner), arrays(inner)), max_leaves=10)


def same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return repr(left) == repr(right)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@settings(max_examples=300)
@given(objects(NESTED))
@example('{"a":"\\u0022","\\u0061":1}')
@example('{"\\\\":{"a":1,"a":1}}')
def test_an_object_is_accepted_exactly_if_the_json_module_finds_no_name_twice(text: str) -> None:
    twice = False

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        twice |= len(dict(pairs)) < len(pairs)
        return dict(pairs)

    expected = json.loads(text, object_pairs_hook=keep)
    try:
        value = decode_object(text.encode())
    except EncodingError:
        assert twice or depth(expected) > 16
    else:
        assert not twice
        assert same(value, expected)


@given(objects(NESTED), st.integers(0, 200), st.binary(max_size=2), st.integers(0, 3))
def test_any_bytes_get_an_object_or_a_refusal(text: str, place: int, put: bytes, cut: int) -> None:
    raw = text.encode()
    for mutant in (raw[:place] + put + raw[place + cut :], put, raw[:place]):
        try:
            value = decode_object(mutant)
        except EncodingError:
            continue
        assert same(json.loads(mutant), value)


def test_json_is_written_without_a_byte_too_many() -> None:
    assert encode_json({"a": [1, "é", None], "b": {}}) == '{"a":[1,"é",null],"b":{}}'.encode()
