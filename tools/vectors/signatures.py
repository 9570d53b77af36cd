"""Unsigned tokens, confused algorithms and altered signatures."""

from __future__ import annotations

import json
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.hmac import HMAC

from .keys import b64, jwk, private, unb64
from .model import ABSENT, Theme, claims, good, header, pair, spliced, token

REFUSED: Final = "algorithm_not_allowed"


def unsigned() -> Theme:
    """Every way to leave the signature out."""
    theme = Theme("unsigned", "Tokens without a signature, or with an algorithm that is not one.")
    nothing = [
        ("none", "none", "the name that RFC 7518 gives it"),
        (
            "none-capitalised",
            "None",
            "a verifier that compares case-sensitively must still have no such algorithm",
        ),
        ("none-in-capitals", "NONE", "a verifier that lower-cases must not find it either"),
        ("none-in-mixed-case", "nOnE", "a block-list of spellings is never complete"),
        ("none-with-a-trailing-space", "none ", "nothing is trimmed"),
        ("none-with-a-nul", "none\0", "no string ends at a NUL"),
        ("none-in-fullwidth-letters", "\uff4e\uff4f\uff4e\uff45", "nothing is normalised"),
        ("none-with-a-cyrillic-o", "n\u043ene", "a look-alike is another name"),
        ("null-as-text", "null", "a word that some language turns into nothing"),
        ("an-empty-name", "", "the empty string names no algorithm"),
    ]
    for name, alg, why in nothing:
        theme.token(
            f"alg-{name}-with-an-empty-signature",
            "S1",
            pair(header(alg=alg)) + ".",
            REFUSED,
            f"There is no unsigned token: {why}.",
            "CVE-2015-9235; RFC 8725 section 3.2",
        )
    signature = good().rpartition(".")[2]
    theme.tokens(
        "S1",
        "CVE-2020-26244; RFC 8725 section 3.2",
        [
            ("alg-none-with-a-signature-left-on", pair(header(alg="none")) + "." + signature, REFUSED,
             "A signature that nobody checks is no signature."),
            ("alg-none-with-a-good-signature", token(header(alg="none")), REFUSED,
             "Even over its own signing input: the header says that nobody signed."),
            ("alg-none-written-with-an-escape", pair(json.dumps(header(alg="none")).replace("none", "n\\u006fne")) + ".",
             REFUSED, "Names are compared after JSON has been read, so an escape hides nothing."),
            ("alg-none-without-the-second-dot", pair(header(alg="none")), "token_malformed",
             "Two segments are not a token."),
            ("alg-none-without-kid", pair(header(alg="none", kid=ABSENT)) + ".", REFUSED,
             "No key is needed to see that no key was used."),
            ("alg-none-and-typ-jwt-as-in-the-rfc", pair(header(alg="none", kid=ABSENT, typ="JWT")) + ".", REFUSED,
             "The example of RFC 7519 section 6.1 is refused as what it is first, an unsigned token."),
            ("alg-missing", token(header(alg=ABSENT)), "token_malformed",
             "A header without an algorithm is not filled in from the key."),
            ("alg-missing-and-an-empty-signature", pair(header(alg=ABSENT)) + ".", "token_malformed",
             "Nothing is a default."),
            ("alg-in-capitals-as-a-member-name", token(header(alg=ABSENT) | {"ALG": "EdDSA"}), "token_malformed",
             "Member names are case-sensitive: ALG is not alg."),
            ("empty-signature-under-a-real-algorithm", pair() + ".", "signature_invalid",
             "The empty string verifies under no key."),
            ("empty-signature-under-rs256", pair(header("rsa")) + ".", "signature_invalid",
             "The empty string verifies under no key."),
            ("empty-signature-for-a-key-that-nobody-has", pair(header(kid="made-up")) + ".", "signature_invalid",
             "What is unsigned is refused before any key is looked for."),
            ("signature-cut-off-with-its-dot", pair(), "token_malformed", "Two segments are not a token."),
            ("empty-segments-all-three", "..", "token_malformed", "Nothing is not JSON."),
        ],
    )  # fmt: skip
    wrong = [
        ("null", None),
        ("true", True),
        ("zero", 0),
        ("a-list", ["EdDSA"]),
        ("an-object", {"alg": "EdDSA"}),
    ]
    for name, value in wrong:
        theme.token(
            f"alg-as-{name}",
            "S1 P16",
            token(header(alg=value)),
            "token_malformed",
            "An algorithm's name is a string; another type is neither compared nor converted.",
            "RFC 7515 section 4.1.1",
        )
    unknown = ["eddsa", "EdDSA ", "RS1", "Ed25519ph", "EdDSA,none", "ES999", "A128KW"]
    unknown += ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    for number, alg in enumerate(unknown):
        theme.token(
            f"unknown-algorithm-{number + 1}",
            "S6 C11" if alg == "ES999" else "S6",
            token(header(alg=alg), claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA") if alg == "ES999" else None),
            REFUSED,
            f"{json.dumps(alg)} is in no table, and nothing falls through to success.",
            "RFC 8725 section 3.1",
        )
    theme.token(
        "a-signature-under-its-own-name",
        "S1 S6",
        good(),
        "accept",
        "The near miss of this file: the same header and claims, signed.",
        "RFC 7515 section 5.2",
    )
    theme.token(
        "alg-written-with-an-escape",
        "S1 P9",
        token('{"alg":"Ed\\u0044SA","kid":"ed","typ":"at+jwt"}'),
        "accept",
        "An escape in JSON is another spelling of the same string.",
        "RFC 8259 section 7",
    )
    return theme


def confusions() -> Theme:
    """A public key in the place of a shared secret, in every serialisation it has."""
    theme = Theme("confusions", "HMAC tokens whose secret is public, and secrets published in key sets.")
    public = private("rsa").public_key()
    pem = serialization.Encoding.PEM
    der = serialization.Encoding.DER
    spki = public.public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    pkcs1 = public.public_bytes(pem, serialization.PublicFormat.PKCS1)
    openssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    members = jwk("rsa")
    thumb = {"e": members["e"], "kty": "RSA", "n": members["n"]}
    compact = {"separators": (",", ":")}
    point = private("p256").public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )  # fmt: skip
    secrets: list[tuple[str, str, bytes, str]] = [
        ("the-pem", "S2 S3", spki, "rsa"),
        ("the-pem-without-its-last-newline", "S3", spki.rstrip(b"\n"), "rsa"),
        ("the-pem-after-a-space", "S3", b" " + spki, "rsa"),
        ("the-pem-after-a-bom", "S3", b"\xef\xbb\xbf" + spki, "rsa"),
        ("the-pem-on-one-line", "S3", b"".join(spki.split(b"\n")), "rsa"),
        ("the-pkcs1-pem", "S3", pkcs1, "rsa"),
        ("the-der", "S3", public.public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo), "rsa"),
        ("the-pkcs1-der", "S3", public.public_bytes(der, serialization.PublicFormat.PKCS1), "rsa"),
        ("the-openssh-line", "S3", openssh, "rsa"),
        ("the-jwk-as-json", "S3", json.dumps(members, **compact).encode(), "rsa"),  # type: ignore[arg-type]
        ("the-jwk-as-its-thumbprint-input", "S3", json.dumps(thumb, **compact).encode(), "rsa"),  # type: ignore[arg-type]
        ("the-key-set-as-json", "S3", json.dumps({"keys": [members]}).encode(), "rsa"),
        ("the-modulus", "S3", unb64(members["n"]), "rsa"),
        ("the-raw-ed25519-key", "S3", unb64(jwk("ed")["x"]), "ed"),
        ("the-ed25519-key-in-hex", "S3", unb64(jwk("ed")["x"]).hex().encode(), "ed"),
        ("the-uncompressed-point", "S3", point, "p256"),
        ("the-name-of-the-key", "S3", b"rsa", "rsa"),
        ("nothing", "S4", b"", "rsa"),
        ("a-short-word", "S4", b"secret", "rsa"),
    ]
    for number, (name, rules, secret, key) in enumerate(secrets):
        size, hash_ = ((256, SHA256()), (384, SHA384()), (512, SHA512()))[number % 3 if number > 2 else 0]
        theme.token(
            f"hs{size}-with-{name}-as-secret",
            rules,
            _hmac(header(key, alg=f"HS{size}"), secret, hash_),
            REFUSED,
            "What verifies signatures is public: as a shared secret it would let everybody sign.",
            "CVE-2017-11424; CVE-2022-29217; CVE-2024-33663; RFC 8725 section 2.1",
            keys=[key],
        )
    secret = unb64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
    oct_key = {"kty": "oct", "kid": "oct", "k": b64(secret), "alg": "HS256"}
    empty = {"kty": "oct", "kid": "oct", "k": "", "alg": "HS256"}
    mac = _hmac(header(alg="HS256", kid="oct"), secret, SHA256())
    theme.tokens(
        "S4",
        "RFC 7517 section 9; RFC 8725 section 3.5",
        [
            ("hs256-with-a-secret-that-the-key-set-publishes", mac, REFUSED, "A published secret is not one."),
            ("eddsa-naming-a-secret-of-the-key-set", token(header(kid="oct")), "key_unknown",
             "A secret in a key set is left out, so its name is nobody's."),
        ],
        keys=["ed", oct_key],
    )  # fmt: skip
    theme.token(
        "hs256-with-an-empty-secret-that-the-key-set-publishes",
        "S4",
        _hmac(header(alg="HS256", kid="oct"), b"", SHA256()),
        REFUSED,
        "An empty secret is known to all.",
        "RFC 7518 section 3.2",
        keys=["ed", empty],
    )
    theme.token(
        "a-secret-beside-a-key-does-not-spoil-it",
        "S4 N3",
        good(),
        "accept",
        "The published secret is left out; the key beside it is used.",
        "RFC 7517 section 5",
        keys=[oct_key, "ed"],
    )
    theme.token(
        "hs256-with-a-right-and-unknown-mac",
        "S19",
        _hmac(header(alg="HS256"), secret, SHA256()),
        REFUSED,
        "Where no secret is, no MAC is computed and none compared.",
        "CVE-2016-7036",
    )
    right = _hmac(header(alg="HS256"), secret, SHA256())
    almost = b64(bytes([*unb64(right.rpartition(".")[2])[:-1], 0]))
    theme.token(
        "hs256-with-a-mac-wrong-in-its-last-octet",
        "S19",
        spliced(right, signature=almost),
        REFUSED,
        "The same answer as for the right one: no octet of it was looked at.",
        "CVE-2016-7036",
    )
    theme.token(
        "rs256-under-the-key-of-these-confusions",
        "S2 S3",
        token(header("rsa"), key="rsa"),
        "accept",
        "The near miss: the same key, used as what it is.",
        "RFC 7518 section 3.3",
        keys=["rsa"],
    )
    return theme


def _hmac(head: dict[str, object], secret: bytes, hash_: SHA256 | SHA384 | SHA512) -> str:
    signing_input = pair(head)
    mac = HMAC(secret or b"\0", hash_)  # HMAC pads a key with zeros: the empty one and this one are the same
    mac.update(signing_input.encode("ascii"))
    return f"{signing_input}.{b64(mac.finalize())}"


def altered() -> Theme:
    """A good signature over something else."""
    theme = Theme("altered", "Tokens changed after they were signed, and signatures by somebody else.")
    text = good()
    head, body, signature = text.split(".")
    raw = unb64(signature)
    other = good(sub="bob")
    flipped = b64(bytes([raw[0] ^ 1, *raw[1:]]))
    theme.tokens(
        "S20 C12",
        "RFC 7515 section 5.2",
        [
            ("payload-of-another-token", spliced(text, payload=other.split(".")[1]), "signature_invalid",
             "A signature covers one payload."),
            ("signature-of-another-token", spliced(text, signature=other.split(".")[2]), "signature_invalid",
             "A signature covers one payload."),
            ("header-with-members-in-another-order",
             spliced(text, header=b64(b'{"kid":"ed","alg":"EdDSA","typ":"at+jwt"}')), "signature_invalid",
             "What is signed is the header's text, not its meaning."),
            ("header-with-one-space-more", spliced(text, header=b64(b'{ "alg":"EdDSA","kid":"ed","typ":"at+jwt"}')),
             "signature_invalid", "What is signed is the header's text, not its meaning."),
            ("one-bit-of-the-signature-flipped", spliced(text, signature=flipped), "signature_invalid",
             "Nearly right is wrong."),
            ("one-letter-of-the-subject-changed", spliced(text, payload=b64(unb64(body).replace(b"alice", b"alicf"))),
             "signature_invalid", "The subject is what the signature is for."),
            ("signature-twice", f"{text}{signature}", "signature_invalid", "Nothing is cut to size."),
            ("signature-without-its-last-octet", spliced(text, signature=b64(raw[:-1])), "signature_invalid",
             "Nothing is filled up."),
            ("signature-with-an-octet-more", spliced(text, signature=b64(raw + b"\0")), "signature_invalid",
             "Nothing is cut to size."),
            ("signature-with-an-octet-before", spliced(text, signature=b64(b"\0" + raw)), "signature_invalid",
             "Nothing is skipped."),
            ("signature-of-zeros", spliced(text, signature=b64(bytes(64))), "signature_invalid", "Zero is not a signature."),
            ("signature-of-ones", spliced(text, signature=b64(b"\xff" * 64)), "signature_invalid",
             "All ones is not a signature."),
            ("signature-in-hexadecimal", spliced(text, signature=raw.hex()), "signature_invalid",
             "Hexadecimal happens to be base64url of something else."),
            ("signature-encoded-twice", spliced(text, signature=b64(signature.encode())), "signature_invalid",
             "It is decoded once."),
            ("signed-without-the-dot", f"{head}.{body}.{b64(private('ed').sign((head + body).encode()))}",
             "signature_invalid", "The signing input has its dot."),
            ("signed-over-the-decoded-parts", f"{head}.{body}.{b64(private('ed').sign(unb64(head) + b'.' + unb64(body)))}",
             "signature_invalid", "The signing input is the encoded text."),
            ("signed-by-a-stranger-under-the-issuers-kid", token(header(), key="ed-stranger"), "signature_invalid",
             "A kid is a name that everybody can write."),
            ("signed-by-a-stranger-under-his-own-kid", token(key="ed-stranger"), "key_unknown",
             "A key that the issuer does not publish is nobody's."),
            ("signed-by-a-stranger-and-expired", token(header(), claims(exp=1), key="ed-stranger"), "signature_invalid",
             "The claims of a forgery are not discussed: its signature is refused first."),
            ("signed-by-a-stranger-for-another-audience", token(header(), claims(aud="https://other.example"), "ed-stranger"),
             "signature_invalid", "The claims of a forgery are not discussed: its signature is refused first."),
        ],
    )  # fmt: skip
    theme.token(
        "an-altered-token-after-its-good-twin",
        "N8 S20",
        text,
        "accept",
        "Having verified one token says nothing about the next, however much of it is the same.",
        "CVE-2026-35030",
        then=[
            {"token": spliced(text, signature=flipped), "expected": "signature_invalid"},
            {"token": spliced(text, payload=other.split(".")[1]), "expected": "signature_invalid"},
            {"token": pair(header(alg="none")) + ".", "expected": REFUSED},
            {"token": pair() + ".", "expected": "signature_invalid"},
            {"token": text, "expected": "accept"},
        ],
    )
    theme.token(
        "a-header-that-verified-once-vouches-for-no-other-claims",
        "N8 S20 C12",
        text,
        "accept",
        "A remembered header saves work, not checks.",
        "RFC 8725 section 3.3",
        then=[
            {"token": good(iss="https://evil.example"), "expected": "issuer_wrong"},
            {"token": good(aud="https://other.example"), "expected": "audience_wrong"},
            {"token": good(exp=1), "expected": "token_expired"},
            {"token": token(header(), key="ed-stranger"), "expected": "signature_invalid"},
            {"token": text, "expected": "accept"},
        ],
    )
    return theme
