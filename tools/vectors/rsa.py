"""RSA: encodings that are nearly right, salts of other lengths, weak keys, and which key answers for which name."""

from __future__ import annotations

import hashlib

from .keys import b64, b64_number, digest_info, jwk, number, pkcs1, pss, rsa_raw, sign, store, unb64
from .model import Theme, claims, good, header, pair, spliced, token

BAD = "signature_invalid"


def rsa_edges() -> Theme:
    """Signatures that a lenient verifier accepts."""
    theme = Theme("rsa", "RSA signatures that are nearly right, and weak RSA keys.")
    signing_input = pair(header("rsa"))
    octets = signing_input.encode()
    n = number(jwk("rsa")["n"])
    good_info = digest_info(octets, "256")
    no_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + hashlib.sha256(octets).digest()
    raw = sign(octets, "rsa", "RS256")

    def signed(encoded: bytes) -> str:
        return f"{signing_input}.{b64(rsa_raw('rsa', encoded))}"

    def bare(octets: bytes) -> str:
        return f"{signing_input}.{b64(octets)}"

    theme.tokens(
        "S5 S7",
        "RFC 8017 section 8.2.2",
        [
            ("rs256-made-by-hand", signed(pkcs1(good_info)), "accept", "The near miss of all encodings below: the right one."),
            ("rs256-with-rubbish-after-the-digest", signed(pkcs1(good_info + b"\0" * 32)[:224] + b"\1" * 32), BAD,
             "The encoding is compared whole; nothing is parsed out of it."),
            ("rs256-with-short-padding",
             signed(b"\0\1" + b"\xff" * 8 + b"\0" + good_info + bytes(256 - 11 - len(good_info))), BAD,
             "The padding fills the modulus."),
            ("rs256-with-padding-that-is-not-ones", signed(pkcs1(good_info).replace(b"\xff\xff", b"\xff\xfe", 1)), BAD,
             "The padding is ones."),
            ("rs256-without-the-null-parameters", signed(pkcs1(no_null)), BAD, "One encoding of the digest's name."),
            ("rs256-with-the-bare-digest", signed(pkcs1(hashlib.sha256(octets).digest())), BAD,
             "The digest comes with its algorithm's name."),
            ("rs256-over-sha-1", signed(pkcs1(digest_info(octets, "1"))), BAD, "The name RS256 fixes the hash."),
            ("rs256-carrying-a-pss-signature", bare(sign(octets, "rsa", "PS256")), BAD, "The name RS256 fixes the padding."),
            ("rs256-with-a-zero-octet-before", bare(b"\0" + raw), BAD, "The length is the modulus's, exactly."),
            ("rs256-without-its-last-octet", bare(raw[:-1]), BAD, "The length is the modulus's, exactly."),
            ("rs256-with-the-modulus-added", bare((int.from_bytes(raw, "big") + n).to_bytes(257, "big")), BAD,
             "The number is less than the modulus: congruent is not equal."),
            ("rs256-of-zeros", bare(bytes(256)), BAD, "Zero is its own power."),
            ("rs256-of-the-modulus-less-one", bare((n - 1).to_bytes(256, "big")), BAD, "It is its own odd power."),
        ],
        keys=["rsa"],
    )  # fmt: skip
    _pss(theme)
    _families(theme)
    _weak(theme)
    return theme


def _pss(theme: Theme) -> None:
    signing_input = pair(header("rsa", alg="PS256"))
    octets = signing_input.encode()
    why = "The salt is as long as the hash."

    def made(salt: int | None = None, mgf: str | None = None, trailer: int = 0xBC) -> str:
        return f"{signing_input}.{b64(pss(octets, 'rsa', '256', salt=salt, mgf=mgf, trailer=trailer))}"

    rows = [
        ("ps256-with-the-right-salt", made(), "accept", "32 octets of salt, as long as the hash: the near miss of the below."),
        ("ps256-without-salt", made(0), BAD, why),
        ("ps256-with-33-octets-of-salt", made(33), BAD, why),
        ("ps256-with-all-the-salt-there-is-room-for", made(222), BAD, why),
        ("ps256-with-a-mask-by-sha-1", made(mgf="1"), BAD, "The mask uses the same hash."),
        ("ps256-with-another-trailer", made(trailer=0xCC), BAD, "The trailer is one octet, BC."),
        ("ps256-carrying-a-pkcs1-signature", f"{signing_input}.{b64(sign(octets, 'rsa', 'RS256'))}", BAD,
         "The name PS256 fixes the padding."),
    ]  # fmt: skip
    theme.tokens("S5 S7", "RFC 7518 section 3.5", rows, keys=["rsa"])


def _families(theme: Theme) -> None:
    source = "CVE-2026-22817; RFC 8725 section 3.1"
    rs256 = token(key="rsa")
    fixed = [{"$key": "rsa", "alg": "RS256"}]
    only_512 = [{"$key": "rsa", "alg": "RS512"}]

    def by(alg: str) -> str:
        return token(header("rsa", alg=alg), key="rsa", alg=alg)

    rows: list[tuple[str, str, list[object], str, str]] = [
        ("rs256-under-a-key-without-alg", rs256, ["rsa"], "accept", "A key need not say its alg."),
        ("rs256-under-a-key-fixed-to-rs256", rs256, [*fixed], "accept", "Name and key agree."),
        ("rs256-under-a-key-fixed-to-rs512", rs256, [*only_512], "key_unknown", "A key that says its alg answers for it alone."),
        ("ps256-under-a-key-fixed-to-rs256", by("PS256"), [*fixed], "key_unknown",
         "A key that says its alg answers for it alone."),
        ("rs256-named-for-an-ed25519-key", token(header(alg="RS256")), ["ed"], "key_unknown",
         "The token does not choose the key's algorithm."),
        ("eddsa-named-for-an-rsa-key", token(header("rsa", alg="EdDSA"), key="ed"), ["rsa", "ed"], "key_unknown",
         "A kid and an algorithm must meet in one key."),
        ("ps256-named-for-a-p256-key", token(header("p256", alg="PS256"), key="p256"), ["p256"], "key_unknown",
         "The token does not choose the key's algorithm."),
        ("rs256-signed-by-another-rsa-key-of-the-issuer", token(header("rsa"), key="rsa-2"), ["rsa", "rsa-2"],
         BAD, "The kid says which key; the others are not tried."),
    ]  # fmt: skip
    for name, text, keys, expected, why in rows:
        theme.token(name, "S5", text, expected, why, source, keys=keys)
    for alg in ("RS384", "RS512", "PS256", "PS384", "PS512"):
        theme.token(
            f"{alg.lower()}-signed",
            "S5",
            by(alg),
            "accept",
            f"{alg} under an RSA key.",
            "RFC 7518 section 3",
            keys=["rsa"],
        )
    theme.token(
        "ps256-where-the-policy-has-rs256",
        "S5",
        by("PS256"),
        "algorithm_not_allowed",
        "The policy's list is the first word, though the key could.",
        source,
        keys=["rsa"],
        policy={"algorithms": ["RS256"]},
    )
    theme.token(
        "rs256-where-the-policy-has-es256",
        "S5",
        rs256,
        "algorithm_not_allowed",
        "The policy's list is the first word, though the key could.",
        source,
        keys=["rsa"],
        policy={"algorithms": ["ES256", "EdDSA"]},
    )
    theme.token(
        "eddsa-where-the-policy-has-eddsa-among-others",
        "S5",
        good(),
        "accept",
        "One of the policy's algorithms is enough.",
        "RFC 8725 section 3.1",
        policy={"algorithms": ["RS256", "ES256", "EdDSA"]},
    )


def _weak(theme: Theme) -> None:
    source = "RFC 7518 section 3.3; RFC 8725 section 3.4"
    for key, bits in (("rsa-3072", 3072), ("rsa-4096", 4096), ("rsa-8192", 8192)):
        text = token(key=key)
        theme.token(
            f"signed-by-rsa-of-{bits}-bits",
            "S9",
            text,
            "accept",
            "Between 2048 and 8192 bits.",
            source,
            keys=[key],
        )
    n = jwk("rsa")["n"]
    leading = {"$key": "rsa", "n": b64(b"\0\0" + unb64(n))}
    theme.token(
        "rsa-with-leading-zero-octets-in-n",
        "S9",
        token(key="rsa"),
        "accept",
        "RFC 7518 forbids the extra octets to who writes them; the number is the same, and some issuers do.",
        "RFC 7518 section 6.3.1.1",
        keys=[leading],
    )
    encoded = pkcs1(digest_info(pair(header(kid="e1", alg="RS256")).encode(), "256"))
    weak: list[tuple[str, str, object, str]] = [
        ("rsa-of-1024-bits", token(key="rsa-1024"), "rsa-1024", "Factoring it is in reach."),
        ("rsa-with-exponent-3", token(key="rsa-e3"), "rsa-e3", "Where e is 3, a sloppy verifier can be answered without the key."),
        ("rsa-with-exponent-1", f"{pair(header(kid='e1', alg='RS256'))}.{b64(encoded)}",
         {"$key": "rsa", "kid": "e1", "e": b64_number(1)}, "Where e is 1, the encoded digest is its own signature."),
        ("rsa-with-an-even-exponent", token(header("rsa", kid="even"), key="rsa"),
         {"$key": "rsa", "kid": "even", "e": b64_number(65538)}, "An even exponent has no inverse."),
        ("rsa-with-an-enormous-exponent", token(header("rsa", kid="huge"), key="rsa"),
         {"$key": "rsa", "kid": "huge", "e": b64_number((1 << 256) + 1)}, "Its only use is to burn time."),
    ]  # fmt: skip
    for name, text, member, why in weak:
        theme.token(
            f"signed-by-{name}",
            "S9",
            text,
            "key_unknown",
            f"{why} The key is left out.",
            source,
            keys=["ed", member],
        )
    neighbours: list[object] = [
        None,
        "no key",
        1,
        [],
        {},
        {"kty": "oct", "kid": "ed", "k": "AAAA"},
        {"$key": "rsa", "use": "enc"},
        "rsa-1024",
    ]
    neighbours += [
        {"kty": "LMS", "kid": "ed"},
        {"$key": "p256", "y": jwk("p256")["x"]},
        {"$key": "ed-2", "key_ops": ["sign"]},
    ]
    rows: list[tuple[str, list[object], str]] = [
        ("a-weak-key-beside-a-good-one", ["rsa-1024", "ed"], "The weak key is left out; the good one is used."),
        ("every-bad-neighbour-beside-a-good-one", [*neighbours, "ed"], "The others are left out; the good one is used."),
        ("a-good-key-that-publishes-its-private-half", [{"$key": "ed", "d": store()["ed"]["d"]}],
         "Its public half is used; that everybody can sign by now is for the issuer to know, and is told."),
        ("a-good-key-without-use", [{"$key": "ed", "$drop": ["use"]}], "use is optional."),
        ("a-good-key-with-key-ops", [{"$key": "ed", "$drop": ["use"], "key_ops": ["verify"]}], "It is for verifying."),
        ("a-good-key-with-certificates", [{"$key": "ed", "x5c": ["MIIB"], "x5t": "AAAA"}], "Certificates are not looked at."),
    ]  # fmt: skip
    for name, members, why in rows:
        rules = "S10 N4" if "private" in name else "S9 N3"
        theme.token(
            name, rules, good(), "accept", why, "RFC 7517 section 4; RFC 7517 section 5", keys=members
        )
    cube = _cube_root_forgery()
    theme.token(
        "rsa-with-exponent-3-and-a-cube-root-for-a-signature",
        "S9 S7",
        cube,
        "key_unknown",
        "A number whose cube begins like an encoded digest takes no key to find; the key is left out.",
        "RFC 8017 section 8.2.2",
        keys=["ed", "rsa-e3"],
    )


def _cube_root_forgery() -> str:
    signing_input = pair(header("rsa-e3"), claims(sub="admin"))
    prefix = b"\0\1" + b"\xff" * 8 + b"\0" + digest_info(signing_input.encode(), "256")
    target = int.from_bytes(prefix + b"\xff" * (256 - len(prefix)), "big")
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= target else (low, middle - 1)
    if number(store()["rsa-e3"]["e"]) != 3 or not (low**3).to_bytes(256, "big").startswith(prefix):
        raise ValueError("the forgery must fool a lenient verifier, or the case shows nothing")
    return spliced(f"{signing_input}.", signature=b64(low.to_bytes(256, "big")))
