"""Every size, time and count that bounds the work done for a stranger."""

from __future__ import annotations

from dataclasses import dataclass, fields

JSON_DEPTH_MAX = 128
"""Levels that a decoder can go down in a thread of 128 KiB, which is what some C libraries give one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds with their units; the defaults suit every provider we know. All must be positive.

    What a caller can send:

    - ``token_bytes`` (bytes): a compact JWT; the headers of most servers stop at 8 to 16 KiB anyway.
    - ``header_bytes`` (bytes, decoded): a protected header holds a handful of members.
    - ``json_depth`` (levels): nesting in the header, the claims and the issuer's documents.
    - ``number_digits`` (digits): the longest run of digits in a number; conversion of digits is not linear.
    - ``kid_chars`` (characters): a ``kid`` is an identifier, not a payload.

    What the issuer can send:

    - ``document_bytes`` (bytes, after decompression): a discovery document or key set.
    - ``keys`` (keys): members of one key set that are looked at; 10 signing keys are many.
    - ``keys_per_kid`` (keys): signatures tried for one token when a key set repeats a ``kid``.

    Time, in seconds:

    - ``fetch_timeout``: one whole exchange, from connecting to the last byte.
    - ``keys_ttl``: how long a key set is fresh when the issuer does not say (Cache-Control).
    - ``keys_ttl_min`` and ``keys_ttl_max``: clamps on what the issuer says.
    - ``refresh_ahead``: the part of the lifetime after which a refresh is due, off the request path (0 to 1).
    - ``keys_grace``: how long past its lifetime a key set may serve while the issuer cannot be reached.
    - ``discovery_ttl``: how long the location of the key set is believed.
    - ``unknown_key_cooldown``: between two looks for a ``kid`` that nobody knows.
    - ``failure_cooldown`` and ``failure_cooldown_max``: back-off after a failed fetch, doubled each time.
    """

    token_bytes: int = 16_384
    header_bytes: int = 4_096
    json_depth: int = 16
    number_digits: int = 1_024
    kid_chars: int = 256
    document_bytes: int = 262_144
    keys: int = 64
    keys_per_kid: int = 4
    fetch_timeout: float = 5.0
    keys_ttl: float = 300.0
    keys_ttl_min: float = 60.0
    keys_ttl_max: float = 86_400.0
    refresh_ahead: float = 0.8
    keys_grace: float = 3_600.0
    discovery_ttl: float = 3_600.0
    unknown_key_cooldown: float = 10.0
    failure_cooldown: float = 1.0
    failure_cooldown_max: float = 60.0

    def problem(self) -> str | None:
        """Return a sentence naming the first value that makes no sense, or None."""
        for field in fields(self):
            value = getattr(self, field.name)
            whole = field.type == "int"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                return f"{field.name} must be {'a whole number' if whole else 'a number'}, not {value!r}."
            zero_is_fine = field.name == "keys_grace"
            if not (0 <= value < float("inf")) or (value == 0 and not zero_is_fine):
                return f"{field.name} must be positive and finite, not {value!r}."
        if self.json_depth > JSON_DEPTH_MAX:
            return f"json_depth is at most {JSON_DEPTH_MAX}: a decoder needs the stack for it, and some stacks are small."
        if self.refresh_ahead > 1:
            return f"refresh_ahead is a part of the lifetime, at most 1, not {self.refresh_ahead!r}."
        if self.keys_ttl_min > self.keys_ttl_max:
            return "keys_ttl_min must not exceed keys_ttl_max."
        return None


DEFAULT_LIMITS = Limits()
