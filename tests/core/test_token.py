"""The text of a token taken apart: strict, bounded and total; nothing that it says is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bearerguard.errors import MalformedTokenError
from bearerguard.limits import Limits
from bearerguard.token import UnverifiedToken, parse
from tests.core.builders import ABSENT, CLAIMS, HEADER, b64, claims, header, jws

GOOD = jws()
HEADER_SEGMENT, PAYLOAD_SEGMENT, SIGNATURE_SEGMENT = GOOD.split(".")


def compact(
    head: dict[str, Any] | bytes = HEADER, payload: dict[str, Any] | bytes = CLAIMS, raw: bytes = b"sig"
) -> str:
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (head, payload)]
    return ".".join(b64(part) for part in (*parts, raw))


def refusal(text: Any, limits: Limits | None = None) -> MalformedTokenError:
    with pytest.raises(MalformedTokenError) as caught:
        parse(text) if limits is None else parse(text, limits)
    return caught.value


# ------------------------------------------------------------------------------------------------------ a good token


@pytest.mark.parametrize("text", [GOOD, GOOD.encode()], ids=["str", "bytes"])
def test_a_token_is_taken_apart_as_text_or_as_bytes(text: str | bytes) -> None:
    token = parse(text)
    assert token.header == HEADER
    assert token.claims == CLAIMS
    assert token.signing_input == f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}".encode()
    assert b64(token.signature) == SIGNATURE_SEGMENT


def test_the_bytes_to_verify_are_the_bytes_that_came() -> None:
    """Both spellings of a header decode to the same thing; only one of them was signed."""
    spaced = b'{ "alg" : "RS256" ,\n"x":"\xc3\xa9\xc3\xbf?>~~~" }'
    text = compact(spaced, b'{"a":"???>>>~~~"}')
    assert {"-", "_"} & set(text)
    assert parse(text).signing_input.decode() == text.rpartition(".")[0]


def test_an_unverified_token_shows_nothing_of_itself() -> None:
    token = parse(GOOD)
    assert repr(token) == "<UnverifiedToken>"
    assert type(token) is UnverifiedToken
    assert not hasattr(token, "__dict__")


def test_an_empty_signature_is_read_and_left_to_the_judge() -> None:
    token = parse(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.")
    assert token.signature == b""
    assert token.signing_input == f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}".encode()


# -------------------------------------------------------------------------------------------------------------- form


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "token_malformed"),
        (".", "token_malformed"),
        ("..", "token_malformed"),
        ("...", "token_malformed"),
        ("....", "token_encrypted"),
        (".....", "token_malformed"),
        ("." * 10_000, "token_malformed"),
        (f"{GOOD}.", "token_malformed"),
        (f".{GOOD}", "token_malformed"),
        (GOOD.rpartition(".")[0], "token_malformed"),
        (f"{HEADER_SEGMENT}..{SIGNATURE_SEGMENT}", "token_malformed"),
        (f".{PAYLOAD_SEGMENT}.{SIGNATURE_SEGMENT}", "token_malformed"),
        (f"{HEADER_SEGMENT}.a.b.c.d", "token_encrypted"),
        (f"{GOOD}.{GOOD}", "token_malformed"),
        ("a" * 32, "token_opaque"),
        ("A-_9", "token_opaque"),
        ("a" * 32 + "=", "token_malformed"),
        ("a" * 16 + " " + "a" * 15, "token_malformed"),
        ('{"payload":"e30","signature":"e30"}', "token_malformed"),
        (' \n{"payload":"e30"}', "token_malformed"),
        ('{"a":"1.5","b":"2.5"}', "token_malformed"),
        (f"Bearer {GOOD}", "token_malformed"),
        (f'"{GOOD}"', "token_malformed"),
    ],
)
def test_only_three_segments_are_a_token(text: str, code: str) -> None:
    for form in (text, text.encode()):
        assert refusal(form).code == code


def test_an_opaque_token_is_answered_with_the_switch_to_turn_on() -> None:
    error = refusal("AbCdEf0123456789AbCdEf0123456789")
    assert "Issue JWT as access token" in error.hint
    assert refusal(GOOD + ".").hint == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("a.b.c.d.e", "JWE"),
        ('{"payload":"e30"}', "JSON serialisation"),
        ('\r\n {"payload":"e30"}', "JSON serialisation"),
        ("a.b", "has 1"),
        ("a.b.c.d", "has 3"),
        ("a b", "has 0"),
    ],
)
def test_a_wrong_form_is_named(text: str, says: str) -> None:
    assert says in refusal(text).detail


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda segment: segment + "=",
        lambda segment: segment + "==",
        lambda segment: segment + "\n",
        lambda segment: " " + segment,
        lambda segment: segment[:4] + "+" + segment[5:],
        lambda segment: segment[:4] + "/" + segment[5:],
        lambda segment: segment[:4] + "\x00" + segment[5:],
        lambda segment: segment[:4] + "é" + segment[5:],
        lambda segment: segment[:4] + "\ud800" + segment[5:],
        lambda segment: segment[: len(segment) // 4 * 4] + "A",
        lambda segment: segment[: len(segment) // 4 * 4] + "AB",
        lambda segment: segment[: len(segment) // 4 * 4] + "AAB",
        lambda segment: segment[:4] + "%2D" + segment[5:],
    ],
)
def test_a_segment_has_one_spelling(place: int, spoil: Any) -> None:
    segments = GOOD.split(".")
    segments[place] = spoil(segments[place])
    text = ".".join(segments)
    assert refusal(text).code == "token_malformed"
    assert refusal(text.encode("utf-8", "surrogatepass")).code == "token_malformed"


@pytest.mark.parametrize(
    "thing",
    [None, 0, True, 1.5, [GOOD], (GOOD,), {GOOD: 1}, bytearray(b"a.b.c"), memoryview(b"a.b.c"), object()],
)
def test_what_is_not_text_is_no_token(thing: Any) -> None:
    assert type(thing).__name__ in refusal(thing).detail


# -------------------------------------------------------------------------------------------------------------- size


def test_a_token_ends_at_its_limit() -> None:
    room = Limits().token_bytes - len(f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}.")
    for extra in (0, 1, 2):
        # One of three neighbouring lengths is impossible in base64url; the limit speaks before that does.
        text = f"{HEADER_SEGMENT}.{PAYLOAD_SEGMENT}." + "A" * (room + extra)
        assert len(text) == 16_384 + extra
        for form in (text, text.encode()):
            if extra:
                assert refusal(form).code == "token_too_large"
            elif room % 4 == 1:
                assert refusal(form).code == "token_malformed"
            else:
                assert parse(form).signature == bytes(room * 3 // 4)
    exact = Limits(token_bytes=len(GOOD))
    assert parse(GOOD, exact).claims == CLAIMS
    error = refusal(GOOD, Limits(token_bytes=len(GOOD) - 1))
    assert (error.code, error.expected) == ("token_too_large", len(GOOD) - 1)


@pytest.mark.parametrize("most", range(60, 72))
def test_a_header_ends_at_its_limit_whatever_the_remainder(most: int) -> None:
    def of(size: int) -> str:
        return compact(b'{"alg":"RS256","x":"' + b"x" * (size - 22) + b'"}')

    limits = Limits(header_bytes=most)
    assert parse(of(most), limits).header["alg"] == "RS256"
    for size in (most + 300, most + 3, most + 2, most + 1):
        error = refusal(of(size), limits)
        assert (error.code, error.expected) == ("token_too_large", most)


@pytest.mark.parametrize("part", ["header", "payload"])
def test_the_bounds_of_json_hold_in_both_parts(part: str) -> None:
    def of(value: str) -> str:
        raw = f'{{"alg":"RS256","x":{value}}}'.encode()
        return compact(raw) if part == "header" else compact(HEADER, raw)

    for good, bad in (
        ("[" * 15 + "]" * 15, "[" * 16 + "]" * 16),
        ("1" * 1_024, "1" * 1_025),
        ("{}", '{"a":1,"a":2}'),
    ):
        assert parse(of(good)).header["alg"] == "RS256"
        assert part in refusal(of(bad)).detail
    tight = Limits(json_depth=2, number_digits=3)
    assert parse(compact({"alg": "RS256", "x": [1]}, {"x": [123]}), tight).claims == {"x": [123]}
    assert "deeply" in refusal(of("[[1]]"), tight).detail
    assert "digits" in refusal(of("1234"), tight).detail


# ------------------------------------------------------------------------------------------------------------ header


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'"RS256"', b"{}", b"{", b"\xef\xbb\xbf{}", b'{"alg":"RS256","alg":"none"}']
)
def test_a_header_is_one_object_with_an_algorithm(raw: bytes) -> None:
    assert "header" in refusal(compact(raw)).detail


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'"a"', b"1", b"{", b"\xef\xbb\xbf{}", b'{"sub":"a","sub":"b"}', b"\xff"]
)
def test_a_payload_is_one_object(raw: bytes) -> None:
    assert "payload" in refusal(compact(HEADER, raw)).detail
    assert parse(compact(HEADER, b"{}")).claims == {}


@pytest.mark.parametrize("member", ["crit", "b64", "zip", "enc"])
@pytest.mark.parametrize("value", [None, True, False, "", "DEF", [], ["b64"], ["exp"], {}])
def test_a_header_member_that_changes_the_rules_is_refused_whatever_it_holds(member: str, value: Any) -> None:
    error = refusal(compact(header(**{member: value})))
    assert error.code == "header_unsupported"
    assert member in error.detail
    assert parse(compact(header(), claims(**{member: value}))).claims[member] == value
    assert parse(compact(header(**{member.upper(): value}))).header[member.upper()] == value


@pytest.mark.parametrize(
    "member", ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "cty", "nonce", "url", "p2c", "epk"]
)
def test_a_header_member_that_nobody_reads_does_no_harm(member: str) -> None:
    for value in ("https://evil.example/keys", {"kty": "oct", "k": "AA"}, ["MIIB"], None, 10**9):
        assert parse(compact(header(**{member: value}))).header[member] == value


@pytest.mark.parametrize("alg", [ABSENT, None, 1, True, ["RS256"], {"RS256": 1}])
def test_the_algorithm_is_a_string(alg: Any) -> None:
    assert "alg" in refusal(compact(header(alg=alg))).detail


@pytest.mark.parametrize("alg", ["", "none", "RS256 ", "x" * 1_000])
def test_which_algorithm_is_for_the_judge_to_say(alg: str) -> None:
    assert parse(compact(header(alg=alg))).header["alg"] == alg


@pytest.mark.parametrize("kid", [None, 0, 1, True, ["a"], {"a": 1}, "k" * 257])
def test_a_kid_is_a_short_string(kid: Any) -> None:
    assert "kid" in refusal(compact(header(kid=kid))).detail


@pytest.mark.parametrize(
    "kid", ["", "k" * 256, "../../etc/passwd", "' OR 1=1 --", "__proto__", "\x00\r\n", "😀" * 256]
)
def test_any_short_string_is_a_kid_and_only_a_name(kid: str) -> None:
    assert parse(compact(header(kid=kid))).header["kid"] == kid


def test_the_length_of_a_kid_is_a_limit_too() -> None:
    assert parse(compact(header(kid="abc")), Limits(kid_chars=3)).header["kid"] == "abc"
    assert "3 characters" in refusal(compact(header(kid="abcd")), Limits(kid_chars=3)).detail


def test_a_token_may_have_no_kid() -> None:
    assert "kid" not in parse(compact(header(kid=ABSENT))).header


# ----------------------------------------------------------------------------------------------------- known headers


def test_a_known_header_is_not_read_again() -> None:
    first = parse(GOOD)
    known = {first.header_segment: first.header}
    again = parse(jws(HEADER, claims(sub="bob")), known_headers=known)
    assert again.header is first.header
    assert again.claims["sub"] == "bob"
    assert parse(GOOD, known_headers={}).header is not first.header


def test_a_known_header_answers_for_its_own_spelling_alone() -> None:
    first = parse(GOOD)
    known = {first.header_segment: {"alg": "known"}}
    other = jws(header(kid="key-2"))
    assert parse(other, known_headers=known).header == header(kid="key-2")
    for text in (GOOD.replace(".", "=.", 1), " " + GOOD, compact(b"")):
        with pytest.raises(MalformedTokenError):
            parse(text, known_headers=known)


def test_a_spelling_that_is_not_canonical_never_stands_for_a_known_header() -> None:
    """The key of the table is a translation of the segment; nothing outside the alphabet may translate into it."""
    first = parse(compact(b'{"alg":"RS256","x":"\xc3\xbf\xc3\xbf\xc3\xbf???~~~"}'))
    text = first.signing_input.decode() + ".c2ln"
    assert {"-", "_"} & set(text.split(".", maxsplit=1)[0])
    known = {first.header_segment: first.header}
    assert parse(text, known_headers=known).header is first.header
    head, rest = text.split(".", 1)
    for twin in (head.replace("_", "/"), head.replace("-", "+"), head + "="):
        if twin != head:
            assert refusal(f"{twin}.{rest}").code == "token_malformed"
            with pytest.raises(MalformedTokenError):
                parse(f"{twin}.{rest}", known_headers=known)


# ---------------------------------------------------------------------------------------------------------- totality


@given(
    st.one_of(
        st.binary(max_size=80),
        st.text(alphabet="ey.JhbGc-_=+{} \x00é", max_size=80),
        st.builds(compact, st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=9)),
        st.builds(
            compact,
            st.dictionaries(
                st.sampled_from(["alg", "kid", "typ", "crit"]),
                st.sampled_from(["RS256", "", None, 1, [], "a\x00"]),
            ),
            st.dictionaries(
                st.sampled_from(["iss", "exp", "aud"]), st.sampled_from(["", 0, 1e300, None, [[]], {}])
            ),
        ),
    )
)
@example(b"\xff.\xff.\xff")
@example("\ud800.\ud800.\ud800")
def test_any_text_gets_a_token_or_a_refusal(text: str | bytes) -> None:
    nothing: dict[bytes, dict[str, Any]] = {}
    for known in (None, nothing):
        try:
            token = parse(text, known_headers=known)
        except MalformedTokenError as error:
            assert error.detail
        else:
            spelled = f"{token.signing_input.decode()}.{b64(token.signature)}"
            assert spelled == (text if isinstance(text, str) else text.decode())
            assert type(token.header["alg"]) is str


@pytest.mark.parametrize("text", ["\u00e9.a.b.c.d", "\u00e9", "\u00e9.b.c", '{"\u00e9":1}'])
def test_what_is_no_ascii_is_refused_alike_as_text_and_as_bytes(text: str) -> None:
    for form in (text, text.encode()):
        with pytest.raises(MalformedTokenError, match="not ASCII") as caught:
            parse(form)
        assert caught.value.code == "token_malformed"
