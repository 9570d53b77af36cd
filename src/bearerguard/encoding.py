"""Strict base64url and strict JSON: one spelling for one value, or a refusal.

Both are total (any bytes give a value or an `EncodingError`) and run at the speed of C: duplicate members are found by
counting, not by parsing twice.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from pybase64 import b64decode

from .limits import DEFAULT_LIMITS, Limits

# RFC 4648 section 3.5: the bits of the last character that carry no data must be zero, or one value would have
# several spellings. By remainder of the length: any character, impossible, four spare bits, two spare bits.
_LAST_IS_CANONICAL = (
    frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
    frozenset(b""),
    frozenset(b"AQgw"),
    frozenset(b"AEIMQUYcgkosw048"),
)
_PADDING = (b"", b"", b"==", b"=")

_decode_json = msgspec.json.Decoder().decode
# Nearly every document is this shallow, and a decoder that knows it proves the depth at no cost.
_Scalar = str | int | float | bool | None
_Inner = _Scalar | list[_Scalar] | dict[str, _Scalar]
_Outer = _Scalar | list[_Inner] | dict[str, _Inner]
_decode_shallow = msgspec.json.Decoder(dict[str, _Scalar | list[_Outer] | dict[str, _Outer]]).decode
_SHALLOW = 4
_encode_json = msgspec.json.Encoder().encode

_DIGITS = re.compile(rb"[0-9]+")
_STRUCTURE = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)
_QUOTES_AND_DIGITS = re.compile(rb'\\.|"|[0-9]+', re.DOTALL)


class EncodingError(ValueError):
    """Text that is not base64url or JSON in the one form accepted here. Always caught on the next floor."""


def decode_segment(segment: bytes) -> bytes:
    """Return the bytes of one base64url segment (RFC 7515 section 2: unpadded, RFC 4648 section 5).

    Raises `EncodingError` for a character outside the alphabet, an impossible length or spare bits that are not zero.
    """
    if not segment:
        return b""
    remainder = len(segment) & 3
    # The decoder would take '+' and '/', the standard alphabet's own, beside '-' and '_'.
    if segment[-1] in _LAST_IS_CANONICAL[remainder] and 0x2B not in segment and 0x2F not in segment:
        try:
            return b64decode(segment + _PADDING[remainder], b"-_", True)
        except ValueError:
            pass
    raise EncodingError("is not base64url in its one canonical, unpadded form")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of an unpadded base64url string, as members of a JWK carry them (RFC 7518 section 6)."""
    return decode_segment(text.encode("utf-8", "replace"))


def decode_object(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Return a JSON object whose every member name is unique at its level (RFC 7515 section 4, RFC 7519 section 4).

    Refused with `EncodingError`: anything but one object, UTF-8 with a BOM or surrogates, NaN and Infinity, nesting
    beyond ``limits.json_depth``, numbers beyond ``limits.number_digits``, and a name given twice.
    """
    # Before the decoder: making an integer of digits takes longer than their number.
    if len(raw) > limits.number_digits and _has_long_number(raw, limits.number_digits):
        raise EncodingError("has a number with too many digits")
    value: dict[str, Any]
    try:
        value = _decode_shallow(raw)
        checked = limits.json_depth >= _SHALLOW
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = {}
        checked = False
    # Raised out here, where no decoder's error (they quote what they read) can become part of ours.
    if not checked:
        value = _decode_deep(raw, limits)
    # The decoder keeps the last of two members with one name. What it keeps is written again: without whitespace or
    # escapes that is the input to the byte; else the strings are counted, and a lost member is at least one lost name.
    again = _encode_json(value)
    if again != raw and _count_strings(again) != _count_strings(raw):
        raise EncodingError("gives one member name twice")
    return value


def _decode_deep(raw: bytes, limits: Limits) -> dict[str, Any]:
    # Before the decoder, which goes down as deep as the text does: on a small stack that ends the process.
    if _nests_deeper(raw, limits.json_depth):
        raise EncodingError("is nested too deeply")
    value, readable = None, True
    try:
        value = _decode_json(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        readable = False
    if not readable:
        raise EncodingError("is not JSON")
    if type(value) is not dict:
        raise EncodingError("is not a JSON object")
    return value


def encode_json(value: Any) -> bytes:
    """Return compact JSON."""
    return _encode_json(value)


def _count_strings(valid_json: bytes) -> int:
    """Return how many quotes delimit strings; a run of backslashes is read in pairs, from its left end."""
    if b"\\" in valid_json:
        valid_json = valid_json.replace(b"\\\\", b"").replace(b'\\"', b"")
    return valid_json.count(b'"')


def _nests_deeper(text: bytes, depth: int) -> bool:
    """Return whether brackets outside strings nest deeper; of a text that may be anything, in one pass."""
    open_brackets, in_string = 0, False
    for found in _STRUCTURE.finditer(text):
        mark = found[0]
        if mark == b'"':
            in_string = not in_string
        elif in_string or mark[0] == 0x5C:
            continue
        elif mark in b"[{":
            open_brackets += 1
            if open_brackets > depth:
                return True
        else:
            open_brackets -= 1
    return False


def _has_long_number(text: bytes, digits: int) -> bool:
    """Return whether a run of digits outside strings is longer; of a text that may be anything, in one pass."""
    if not any(len(run) > digits for run in _DIGITS.findall(text)):
        return False
    in_string = False
    for found in _QUOTES_AND_DIGITS.finditer(text):
        if found[0] == b'"':
            in_string = not in_string
        elif not in_string and found[0][:1] != b"\\" and len(found[0]) > digits:
            return True
    return False
