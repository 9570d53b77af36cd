"""Is this a key, a certificate or JSON? Asked of bytes that claim to be a secret which two parties share.

What anybody can publish must not become what "signs": each serialisation is identified positively, also behind the
wrappings that files and settings put around it. Bytes of which nothing is recognised are taken to be random; a raw
Ed25519 key of 32 bytes is exactly that, and cannot be told from a secret (RFC 8032 section 5.1.5).
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from .algorithms import CURVES

_WRAPPINGS: Final = 3
"""How deep wrappings are undone: base64 of UTF-16 of hexadecimal has three."""

_ENCODINGS: Final = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
_AROUND: Final = b" \t\r\n\f\v\xef\xbb\xbf"
_SSH_NAME: Final = rb"(?:ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9-]+(?:@openssh\.com)?)"
_SSH_LINE: Final = re.compile(_SSH_NAME + rb"\s+AAAA")
_SSH_WIRE: Final = re.compile(rb"\x00\x00\x00." + _SSH_NAME, re.DOTALL)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_MARKERS: Final = (
    (b"-----BEGIN", "a key or certificate (PEM)"),
    (b"---- BEGIN", "a key (RFC 4716)"),
    (b"PuTTY-User-Key-File", "a key (PuTTY)"),
    (b"<RSAKeyValue", "a key (XML)"),
    (b'"kty"', "a key (JWK)"),
    (b"'kty'", "a key (JWK)"),
)


def recognised(secret: bytes) -> str | None:
    """Return what these bytes are besides a secret, for a sentence that begins 'secret is'; or None."""
    seen: set[bytes] = set()
    forms = {secret}
    for _ in range(_WRAPPINGS + 1):
        for form in forms:
            if (kind := _kind(form)) is not None:
                return kind
        seen |= forms
        forms = {inner for form in forms for inner in _unwrapped(form)} - seen
    return None


def _unwrapped(form: bytes) -> Iterator[bytes]:
    """Yield what a form may be wrapped around; only a form that is all of one alphabet is taken for a wrapping."""
    text = form.strip(_AROUND)
    yield text
    yield form.lstrip(_AROUND)
    for encoding in _ENCODINGS:
        with suppress(UnicodeError):
            yield form.decode(encoding).removeprefix("\ufeff").encode("ascii")
    squeezed = text.strip(b"\"'").translate(None, b" \t\r\n:")
    with suppress(binascii.Error):
        yield binascii.unhexlify(squeezed)
    if _BASE64.fullmatch(squeezed):
        with suppress(binascii.Error):
            yield binascii.a2b_base64(squeezed.replace(b"-", b"+").replace(b"_", b"/") + b"==")
    with suppress(ValueError, RecursionError):
        inner = json.loads(text)
        if isinstance(inner, str):
            yield inner.encode(errors="replace")


def _kind(form: bytes) -> str | None:
    for marker, kind in _MARKERS:
        if marker in form:
            return kind
    if _SSH_LINE.search(form) or _SSH_WIRE.match(form):
        return "a public key (OpenSSH)"
    with suppress(ValueError, RecursionError):
        if isinstance(json.loads(form), (dict, list)):
            return "JSON"
    bounds = _first_element(form) if form[:1] == b"\x30" else None
    # White space behind it is what an editor leaves; the last byte of a key may look like it.
    if bounds is not None and not form[bounds[1] :].strip(_AROUND) and _is_der(form[: bounds[1]]):
        return "a key or certificate (DER)"
    return "a public key (a point on a curve)" if _is_point(form) else None


def _is_der(data: bytes, depth: int = 16) -> bool:
    """Return whether data is DER all through: elements that fill it exactly, and so on inside (ITU-T X.690)."""
    while data:
        bounds = _first_element(data)
        if bounds is None or depth == 0 or (data[0] & 0x20 and not _is_der(data[slice(*bounds)], depth - 1)):
            return False
        data = data[bounds[1] :]
    return True


def _first_element(data: bytes) -> tuple[int, int] | None:
    """Return where the content of the first element begins and ends; None if there is none of definite length."""
    start, length = 2, data[1] if len(data) > 1 else 0x80
    if length > 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    elif length == 0x80:
        return None
    return (start, start + length) if start + length <= len(data) and start <= 6 else None


def _is_point(form: bytes) -> bool:
    """Return whether data is a point as SEC 1 section 2.3.3 writes it: compressed, uncompressed or hybrid."""
    parts = {0x02: 1, 0x03: 1, 0x04: 2, 0x06: 2, 0x07: 2}.get(form[0] if form else 0)
    if parts is None:
        return False
    lead = form[:1] if parts == 1 else b"\x04"
    for curve in CURVES.values():
        end = 1 + parts * curve.size
        if not form[end:].strip(_AROUND):
            with suppress(ValueError):
                ec.EllipticCurvePublicKey.from_encoded_point(curve.curve, lead + form[1:end])
                return True
    return False
