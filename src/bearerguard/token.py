"""The text of a token -> `UnverifiedToken`: strict, bounded and total.

Only the JWS compact serialisation is accepted (RFC 7515 section 3.1), in ASCII, with canonical base64url in every
segment, so that one token has one spelling and the bytes that are verified are the bytes that are used. Nothing here is
trusted: what a token says becomes a fact only in `bearerguard.judge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .encoding import EncodingError, decode_object, decode_segment
from .errors import MalformedTokenError
from .limits import DEFAULT_LIMITS, Limits

_OPAQUE_HINT: Final = (
    "This is an opaque access token, not a JWT. If the provider is Authgear, turn on 'Issue JWT as access token' in the "
    "application's settings; an MCP client must name the resource it wants a token for (RFC 8707)."
)
_UNSUPPORTED: Final = {
    # No extension is implemented, so every 'crit' names one that is not understood.
    "crit": "RFC 7515 section 4.1.11",
    "b64": "RFC 7797 section 6",
    "zip": "RFC 7516 section 4.1.3",
    "enc": "RFC 7516 section 4.1.2",
}
_URL_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class UnverifiedToken(msgspec.Struct, gc=False):
    """A token taken apart. ``header`` and ``claims`` are what it says, not what is true."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes
    signing_input: bytes
    header_segment: bytes

    def __repr__(self) -> str:
        return "<UnverifiedToken>"


def parse(
    text: str | bytes,
    limits: Limits = DEFAULT_LIMITS,
    known_headers: Mapping[bytes, dict[str, Any]] | None = None,
) -> UnverifiedToken:
    """Take a token apart without believing any of it.

    ``known_headers`` maps the encoded headers of tokens that have verified before to what they decode to; the caller
    keeps it and keeps it bounded. Raises `MalformedTokenError` for anything that is not a signed JWT in compact form.
    """
    if not isinstance(text, (str, bytes)):
        raise MalformedTokenError(f"a token is text, not {type(text).__name__}")
    if len(text) > limits.token_bytes:
        raise _too_large("token", limits.token_bytes)
    if not text.isascii():
        raise MalformedTokenError("the token is not ASCII")
    raw = text.encode() if isinstance(text, str) else text
    signing_input, _, signature_segment = raw.rpartition(b".")
    header_segment, dot, payload_segment = signing_input.partition(b".")
    if not dot or 0x2E in payload_segment:
        raise _wrong_form(raw)
    header = known_headers.get(header_segment) if known_headers else None
    if header is None:
        header = _header(header_segment, limits)
    try:
        claims = decode_object(decode_segment(payload_segment), limits)
    except EncodingError as error:
        raise MalformedTokenError(f"the token's payload {error}") from None
    try:
        signature = decode_segment(signature_segment)
    except EncodingError as error:
        raise MalformedTokenError(f"the token's signature {error}") from None
    return UnverifiedToken(header, claims, signature, signing_input, header_segment)


def _header(segment: bytes, limits: Limits) -> dict[str, Any]:
    try:
        raw = decode_segment(segment)
        if len(raw) > limits.header_bytes:
            raise _too_large("token's header", limits.header_bytes)
        header = decode_object(raw, limits)
    except EncodingError as error:
        raise MalformedTokenError(f"the token's header {error}") from None
    for member, standard in _UNSUPPORTED.items():
        if member in header:
            raise MalformedTokenError(
                f"the header member '{member}' is not supported ({standard})", code="header_unsupported"
            )
    if type(header.get("alg")) is not str:
        raise MalformedTokenError("the token's header has no 'alg' that is a string")
    kid = header.get("kid", "")
    if type(kid) is not str:
        raise MalformedTokenError("the token's 'kid' is not a string")
    if len(kid) > limits.kid_chars:
        raise MalformedTokenError(f"the token's 'kid' is longer than {limits.kid_chars} characters")
    return header


def _too_large(what: str, limit: int) -> MalformedTokenError:
    return MalformedTokenError(
        f"the {what} is longer than {limit} bytes", code="token_too_large", expected=limit
    )


def _wrong_form(raw: bytes) -> MalformedTokenError:
    """Say what the text is instead of a signed JWT, without quoting it."""
    dots = raw.count(b".")
    if not raw:
        return MalformedTokenError("the token is empty")
    if dots == 4:
        return MalformedTokenError(
            "the token is encrypted (JWE); only signed tokens are read", code="token_encrypted"
        )
    if dots == 0 and not raw.translate(None, _URL_CHARACTERS):
        return MalformedTokenError(
            "the token has no dots: it is opaque, not a JWT", code="token_opaque", hint=_OPAQUE_HINT
        )
    if raw.lstrip()[:1] == b"{":
        return MalformedTokenError("the token is in the JSON serialisation; only the compact form is read")
    return MalformedTokenError(f"a signed JWT has two dots, this text has {dots}")
