"""The corpus to start from: near misses, because what is nearly right reaches furthest.

The dev issuer's wrong tokens lie at every surface that can take them, whole or in parts, beside documents, headers,
secrets and texts that are good or nearly so. Nothing of this is kept in the repository: it is made anew each time, and
the keys are those of `fuzz.world`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bearerguard.algorithms import ALGORITHMS
from bearerguard.issuer import SPOILS
from bearerguard.issuer.documents import discovery

from . import world
from .surfaces import addressed


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield (name, input); the name says where it came from."""
    for number, (surface, data) in enumerate(_all()):
        yield f"{number:04d}-{surface}", addressed(surface, data)


def write(folder: Path) -> int:
    """Write every seed as a file of its own; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    made = dict(seeds())
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return len(made)


def write_dictionary(file: Path) -> None:
    """Write the words that mutation may put in, in libFuzzer's form."""
    lines = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS)
    file.write_text("".join(f'"{line}"\n' for line in lines))


WORDS: Final = (
    *("alg", "kid", "typ", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c", "cty", "at+jwt", "JWT", "none", *ALGORITHMS),
    *("HS256", "HS384", "HS512", "iss", "aud", "sub", "exp", "nbf", "iat", "jti", "scope", "scp", "client_id", "azp", "cnf"),
    *("auth_time", "acr", "amr", "keys", "kty", "crv", "use", "sig", "key_ops", "verify", "RSA", "EC", "OKP", "AKP", "oct"),
    *("P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "x", "y", "n", "e", "d", "k", "pub", "AQAB", "Bearer "),
    *("issuer", "jwks_uri", "https://", "http://localhost", world.ISSUER, world.AUDIENCE, "max-age=", "no-store", "NaN"),
    *("Infinity", "1e400", "-0", "9007199254740992", "true", "null", '\\u0000', '\\ud800', '\\"', '\\\\', "\ufeff", "{}", "[]"),
    *('":', '",', "[[[[[[[[", "{\"a\":", "-----BEGIN", "ssh-ed25519 ", "...", "....", "==", "\r\n", "\t"),
)  # fmt: skip


def _all() -> Iterator[tuple[str, bytes]]:
    for text in (world.GOOD, *(row.recipe(world.BENCH) for row in SPOILS)):
        yield from _token(text.encode())
    yield from _documents()
    yield from _secrets()
    yield from _requests()
    for number in range(0, 256, 5):
        yield (
            "answer",
            bytes((number, number // 5))
            + 'detail\nrealm "quoted"\norders:read\nde\u0301tail\udc80'.encode("utf-8", "surrogatepass"),
        )
        yield "fetches", bytes((number * place * 7 + place) % 256 for place in range(96))
        yield "driver", bytes((number * place * 11 + place * 3) % 256 for place in range(96))
    ask_again, good, cacheable = b"\x05\0", b"\x02", b"max-age=60".ljust(24)
    yield "fetches", b"\0\0" + good + cacheable + b"\0\0" + good + cacheable + ask_again * 10
    yield "driver", (b"\x01" + good + cacheable) * 2
    yield "driver", (b"\x01" + good + cacheable) + b"\0timed out"
    for name in (
        world.ISSUER,
        "https://a.example/tenant/",
        "http://127.0.0.1:8080",
        "http://[::1]",
        "https://\u00e9.example",
        "https://u:p@a",
    ):
        yield "names", name.encode()


def _token(text: bytes) -> Iterator[tuple[str, bytes]]:
    if len(text) < 8_192:
        yield "token", text
        yield "authorization", b"Bearer " + text
        yield "base64url", text.rpartition(b".")[2]
    for surfaces, segment in zip((("header",), ("claims", "json_object")), text.split(b"."), strict=False):
        try:
            decoded = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
        except ValueError:
            continue
        if len(decoded) < 5_000:
            yield from ((surface, decoded.replace(b"RS256", b"HS256")) for surface in surfaces)


def _documents() -> Iterator[tuple[str, bytes]]:
    for member in world.KEY_SET["keys"]:
        for changes in (
            {},
            {"alg": "none"},
            {"use": "enc"},
            {"key_ops": "verify"},
            {"kid": 1},
            {"x": "AA"},
            {"n": "AQAB"},
            {"d": "AQAB"},
        ):
            yield "keys", world.compact_json({"keys": [member | changes]})
    yield "keys", world.compact_json(dict(world.KEY_SET))
    for curve in ("P-384", "secp256k1", "Ed448", "X25519"):
        yield (
            "keys",
            world.compact_json(
                {
                    "keys": [
                        {
                            "kty": "OKP" if "5" in curve[-3:] or "4" in curve[-3:] else "EC",
                            "crv": curve,
                            "x": "A" * 76,
                            "y": "A" * 64,
                        }
                    ]
                }
            ),
        )
    for name, length in (("ML-DSA-44", 1312), ("ML-DSA-65", 1952)):
        yield (
            "keys",
            world.compact_json(
                {"keys": [{"kty": "AKP", "alg": name, "pub": world.b64(bytes(length)).decode()}]}
            ),
        )
    yield "keys", b'{"keys":[]}'
    yield "keys", b'{"keys":[null,{"kty":"oct","k":"AAAA"}]}'
    for issuer in (world.ISSUER, world.ISSUER + "/"):
        yield "discovery", json.dumps(discovery(issuer, "RS256")).encode()
    for uri in ("http://localhost/keys", "file:///etc/passwd", "https://a@b/", "//id.example.com", None, 5):
        yield "discovery", world.compact_json({"issuer": world.ISSUER, "jwks_uri": uri})


def _secrets() -> Iterator[tuple[str, bytes]]:
    yield "secret", world.SECRET
    yield "secret", world.SECRET.hex().encode()
    public = world.KEY.private.public_key()
    private = ec.derive_private_key(20_260_101, ec.SECP256R1())  # one of RSA is checked for seconds in all
    spki, pkcs1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    serialised = [
        public.public_bytes(pem, spki),
        public.public_bytes(der, spki),
        public.public_bytes(der, pkcs1),
        public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
        world.KEY.certificate(),
        world.compact_json(world.KEY.jwk()),
        private.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        private.private_bytes(
            der, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"password")
        ),
        private.private_bytes(pem, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()),
    ]
    for data in serialised:
        yield "secret", data
        yield "secret", base64.b64encode(data)
        yield "secret", data.hex().encode()
        yield "secret", b"\xef\xbb\xbf" + data
        yield "secret", data.decode("latin-1").encode("utf-16")


def _requests() -> Iterator[tuple[str, bytes]]:
    good = world.GOOD.encode()
    for line in (
        b"",
        b"Bearer",
        b"Bearer ",
        b"bearer  " + good,
        b"Basic YTpi",
        b"Bearer " + good + b"\nBearer " + good,
        b"Bearer a b",
        b"DPoP " + good,
    ):
        yield "authorization", line
