"""How a good token is spoiled: the bench it lies on and the few ways of doing it wrong, each in one place."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from . import minting
from .minting import Members, changed
from .signing import Signer, SigningKey, compact, decode, encode, hs256, stranger

ATTACKER: Final = "https://attacker.example"


@dataclass(frozen=True, slots=True)
class Bench:
    """The parts of one good token and the key that signs it: what a recipe works on."""

    key: SigningKey
    header: Members
    claims: Members

    def token(
        self, *, header: Members | None = None, claims: Members | None = None, sign: Signer | None = None
    ) -> str:
        """Return the good token, or one with these members changed or removed and signed in another way."""
        return compact(changed(self.header, header), changed(self.claims, claims), sign or self.key.sign)

    def raw(self, *, header: bytes | None = None, payload: bytes | None = None) -> str:
        """Return a properly signed token of these bytes, whatever they are."""
        return compact(header or self.header_json, payload or self.claims_json, self.key.sign)

    @property
    def header_json(self) -> bytes:
        """The protected header as it is signed."""
        return json.dumps(dict(self.header), separators=(",", ":")).encode()

    @property
    def claims_json(self) -> bytes:
        """The claims as they are signed."""
        return json.dumps(dict(self.claims), separators=(",", ":")).encode()

    @property
    def now(self) -> int:
        """The second at which the token is minted."""
        return int(self.claims["iat"])


Recipe = Callable[[Bench], str]
"""How one wrong token is made."""


def with_header(**members: Any) -> Recipe:
    """Change members of the header, and sign."""
    return lambda bench: bench.token(header=members)


def with_claims(**members: Any) -> Recipe:
    """Change claims, and sign."""
    return lambda bench: bench.token(claims=members)


def with_date(name: str, seconds: int) -> Recipe:
    """Set a date so many seconds from now, and sign."""
    return lambda bench: bench.token(claims={name: bench.now + seconds})


def unsigned(algorithm: str) -> Recipe:
    """Name this algorithm, and do not sign."""
    return lambda bench: bench.token(header={"alg": algorithm}, sign=lambda _: b"")


def other_algorithm(algorithm: str) -> Recipe:
    """Sign with the issuer's key under an algorithm that is not the key's own."""
    return lambda bench: bench.token(
        header={"alg": algorithm}, sign=lambda signing_input: bench.key.sign(signing_input, algorithm)
    )


def confused(secret: Callable[[SigningKey], bytes]) -> Recipe:
    """Take what everybody may know, the public key, as what nobody else knows, the HMAC secret (CVE-2015-9235)."""
    return lambda bench: bench.token(header={"alg": "HS256"}, sign=hs256(secret(bench.key)))


def by_stranger(*, known_kid: bool = False, **pointer: Callable[[SigningKey], Any]) -> Recipe:
    """Sign with an attacker's key, under its own ``kid`` or the issuer's; ``pointer`` is how the header offers that key."""

    def recipe(bench: Bench) -> str:
        key = stranger()
        header = {name: value(key) for name, value in pointer.items()}
        return bench.token(header=header if known_kid else {"kid": key.kid, **header}, sign=key.sign)

    return recipe


def with_signature(change: Callable[[bytes], bytes]) -> Recipe:
    """Change the signature."""
    return lambda bench: bench.token(sign=lambda signing_input: change(bench.key.sign(signing_input)))


def after_signing(*, header: Members | None = None, claims: Members | None = None) -> Recipe:
    """Change members, and keep the signature of what they were."""

    def recipe(bench: Bench) -> str:
        signature = bench.token().rpartition(".")[2]
        return bench.token(header=header, claims=claims, sign=lambda _: decode(signature))

    return recipe


def with_payload(change: Callable[[bytes], bytes]) -> Recipe:
    """Change the bytes of the payload, and sign them."""
    return lambda bench: bench.raw(payload=change(bench.claims_json))


def with_protected(change: Callable[[bytes], bytes]) -> Recipe:
    """Change the bytes of the protected header, and sign them."""
    return lambda bench: bench.raw(header=change(bench.header_json))


def with_text(change: Callable[[str], str]) -> Recipe:
    """Change the text of a good token."""
    return lambda bench: change(bench.token())


def first_member(member: bytes) -> Callable[[bytes], bytes]:
    """Put a member before all others of a JSON object."""
    return lambda raw: b"{" + member + b"," + raw[1:]


def spare_bits(token: str) -> str:
    """Spell the last character of the signature in another way (RFC 4648 section 3.5)."""
    # 256 bytes of signature leave four spare bits in the last character: setting one changes no byte of the value.
    return token[:-1] + chr(ord(token[-1]) + 1)


def padded(token: str) -> str:
    """Pad the signature with '='."""
    return token + "=" * (-len(token.rpartition(".")[2]) % 4)


def standard_alphabet(bench: Bench) -> str:
    """Write the signature with '+' and '/', which it takes a signature that has such a character for."""
    while True:
        content, _, signature = bench.token(claims={"jti": minting.token_id()}).rpartition(".")
        standard = signature.replace("-", "+").replace("_", "/")
        if standard != signature:
            return f"{content}.{standard}"


def encrypted(bench: Bench) -> str:
    """Return what looks like a JWE (RFC 7516 section 3.1)."""
    header = json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": bench.key.kid}).encode()
    return ".".join(encode(part) for part in (header, *map(secrets.token_bytes, (256, 12, 400, 16))))


def id_token(bench: Bench) -> str:
    """Return an ID token of the same user and client."""
    claims = minting.id_claims(
        bench.claims["iss"],
        bench.claims["sub"],
        bench.now,
        client_id=bench.claims["client_id"],
        roles=(),
        lifetime=minting.ID_TOKEN_LIFETIME,
    )
    return compact(minting.header(bench.key, "JWT"), claims, bench.key.sign)


def es256(bench: Bench) -> str:
    """Sign with an attacker's elliptic curve key."""
    key = stranger("ES256")
    return bench.token(header={"alg": "ES256", "kid": key.kid}, sign=key.sign)


def with_audience(change: Callable[[str], Any]) -> Recipe:
    """Change each member of ``aud``, and sign."""
    return lambda bench: bench.token(claims={"aud": [change(member) for member in bench.claims["aud"]]})


def with_issuer(change: Callable[[str], Any]) -> Recipe:
    """Change ``iss``, and sign."""
    return lambda bench: bench.token(claims={"iss": change(bench.claims["iss"])})
