"""ECDSA, EdDSA and ML-DSA: signatures at and beyond their edges, and keys on other curves."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .keys import b64, ecdsa, jwk, order, unb64
from .model import Theme, claims, good, header, pair, spliced, token

PSYCHIC = "CVE-2022-21449; RFC 7518 section 3.4"
BAD = "signature_invalid"


def ecdsa_edges() -> Theme:
    """R and S where they may not be, and shapes that are not theirs."""
    theme = Theme(
        "ecdsa", "ECDSA signatures at and beyond their edges, and curves that do not belong to the algorithm."
    )
    for key, alg, size in (("p256", "ES256", 32), ("p384", "ES384", 48), ("p521", "ES512", 66)):
        signing_input = pair(header(key))
        n = order(key)
        r, s = ecdsa(signing_input.encode(), key, alg)

        def made(r: int, s: int, width: int = size, text: str = signing_input) -> str:
            return f"{text}.{b64(r.to_bytes(width, 'big') + s.to_bytes(width, 'big'))}"

        def raw(octets: bytes, text: str = signing_input) -> str:
            return f"{text}.{b64(octets)}"

        whole = r.to_bytes(size, "big") + s.to_bytes(size, "big")
        der = encode_dss_signature(r, s)
        rows = [
            ("r-and-s-zero", made(0, 0), "For R = S = 0 a careless equation holds for every message."),
            ("r-and-s-the-order", made(n, n), "The order is zero in its own arithmetic."),
            ("s-one-past-the-order", made(r, n + 1), "One spelling for a number: it is not reduced."),
            ("swapped-halves", made(s, r), "R comes first."),
            ("der-instead-of-raw", raw(der), "JWS has the two numbers side by side; DER is another format."),
            ("one-octet-short", raw(whole[:-1]), "The length is the curve's, exactly."),
            (
                "a-zero-octet-before-s",
                raw(whole[:size] + b"\0" + whole[size:]),
                "Leading zeros have their exact place.",
            ),
            ("a-zero-octet-before-each-half", made(r, s, size + 1), "Leading zeros have their exact place."),
        ]
        if key == "p256":
            top = (1 << (8 * size)) - 1
            rows += [
                ("r-zero", made(0, s), "R is at least 1."),
                ("s-zero", made(r, 0), "S is at least 1, or it has no inverse."),
                ("r-the-order", made(n, s), "R is less than the order."),
                ("s-the-order", made(r, n), "S is less than the order."),
                ("r-one-past-the-order", made(n + 1, s), "One spelling for a number: it is not reduced."),
                ("r-and-s-one", made(1, 1), "In range, and not a signature."),
                ("one-octet-long", raw(whole + b"\0"), "The length is the curve's, exactly."),
                ("only-r", raw(whole[:size]), "Half a signature is none."),
                ("r-and-s-all-ones", made(top, top), "Beyond the order by a lot."),
                ("s-plus-the-order-in-33-octets", raw(r.to_bytes(32, "big") + (s + n).to_bytes(33, "big")),
                 "Congruent is not equal."),
            ]  # fmt: skip
        for name, text, why in rows:
            theme.token(f"{alg.lower()}-{name}", "S7", text, BAD, why, PSYCHIC, keys=[key])
        theme.token(
            f"{alg.lower()}-signed",
            "S7 S8",
            made(r, s),
            "accept",
            "The near miss of all of these.",
            PSYCHIC,
            keys=[key],
        )
        theme.token(
            f"{alg.lower()}-with-the-other-s",
            "S7",
            made(r, n - s),
            "accept",
            "RFC 7518 does not ask for the smaller S: an issuer's library yields either, so both are signatures.",
            "RFC 7518 section 3.4; FIPS 186-5 section 6.4",
            keys=[key],
        )
    for which in (0, 1):
        text = next(
            text
            for jti in range(10_000)
            if unb64((text := token(header("p256"), claims(jti=str(jti)), "p256")).rpartition(".")[2])[
                32 * which
            ]
            == 0
        )
        half = "rs"[which]
        octets = unb64(text.rpartition(".")[2])
        theme.token(
            f"es256-whose-{half}-begins-with-a-zero-octet",
            "S7",
            text,
            "accept",
            f"One signature in 256 has an {half.upper()} that is short; its zeros belong to it.",
            "RFC 7518 section 3.4",
            keys=["p256"],
        )
        theme.token(
            f"es256-whose-{half}-lost-its-zero-octet",
            "S7",
            spliced(text, signature=b64(octets[: 32 * which] + octets[32 * which + 1 :])),
            BAD,
            "Each half has the curve's full length.",
            "RFC 7518 section 3.4",
            keys=["p256"],
        )
    _curves(theme)
    return theme


def _curves(theme: Theme) -> None:
    source = "RFC 7518 section 3.4; RFC 8725 section 3.1"
    rows = [
        ("es256-with-a-p384-key", "p384", "ES256", ["p384"], "key_unknown"),
        ("es384-with-a-p256-key", "p256", "ES384", ["p256"], "key_unknown"),
        ("es512-with-a-p384-key", "p384", "ES512", ["p384"], "key_unknown"),
        ("es256-with-a-secp256k1-key", "k256", "ES256", ["k256"], "key_unknown"),
        ("es256-with-an-ed25519-key", "ed", "ES256", ["ed"], "key_unknown"),
        ("es256-with-an-rsa-key", "rsa", "ES256", ["rsa"], "key_unknown"),
    ]
    for name, key, alg, published, expected in rows:
        how = f"ES{alg[2:5]}" if key in ("p256", "p384", "p521", "k256") else None
        theme.token(
            name,
            "S8 S5",
            token(header(key, alg=alg), key=key, alg=how),
            expected,
            "An algorithm has one curve, and a key answers for nothing else, though the arithmetic would work.",
            source,
            keys=published,
        )
    es256k = token(header("k256"), key="k256")
    theme.token(
        "es256k-that-was-not-opted-in-to",
        "S8 S5",
        es256k,
        "algorithm_not_allowed",
        "A curve of ledgers, not of identity providers: a policy has to name it.",
        "RFC 8812 section 3.2",
        keys=["k256"],
    )
    theme.token(
        "es256k-that-was-opted-in-to",
        "S8",
        es256k,
        "accept",
        "The policy names ES256K.",
        "RFC 8812 section 3.2",
        keys=["k256"],
        policy={"algorithms": ["ES256K"]},
    )
    theme.token(
        "es256k-with-a-p256-key",
        "S8",
        token(header("p256", alg="ES256K"), key="p256"),
        "key_unknown",
        "P-256 and secp256k1 are alike in size only.",
        "RFC 8812 section 3.2",
        keys=["p256"],
        policy={"algorithms": ["ES256", "ES256K"]},
    )
    theme.token(
        "es256-for-a-point-of-another-curve-under-a-p256-label",
        "S8 S9",
        token(header("k256", alg="ES256"), key="k256", alg="ES256"),
        "key_unknown",
        "A point that is not on the curve its key names is no key, so nothing verifies under it.",
        "RFC 8725 section 3.4",
        keys=["ed", jwk("k256") | {"kid": "k256", "crv": "P-256"}],
    )


def edwards_edges() -> Theme:
    """EdDSA's names, lengths and second spellings; ML-DSA's."""
    theme = Theme(
        "edwards", "EdDSA and ML-DSA: lengths, second spellings of one number, names and their keys."
    )
    text = good()
    raw = unb64(text.rpartition(".")[2])
    s = int.from_bytes(raw[32:], "little")
    group = (1 << 252) + 27742317777372353535851937790883648493
    head448 = header("ed448")
    text448 = token(head448, key="ed448")
    raw448 = unb64(text448.rpartition(".")[2])
    source = "RFC 8032 section 5.1.7"
    identity = b64(b"\x01" + bytes(31))
    theme.tokens(
        "S7",
        source,
        [
            ("ed25519-with-s-plus-the-order", spliced(text, signature=b64(raw[:32] + (s + group).to_bytes(32, "little"))),
             BAD, "S is less than the order: a second spelling of the number is refused."),
            ("ed25519-with-s-zero", spliced(text, signature=b64(raw[:32] + bytes(32))), BAD, "Zero signs nothing."),
            ("ed25519-with-the-identity-as-r", spliced(text, signature=b64(b"\x01" + bytes(63))), BAD,
             "The identity signs nothing under a real key."),
            ("ed25519-with-swapped-halves", spliced(text, signature=b64(raw[32:] + raw[:32])), BAD, "R comes first."),
            ("ed25519-with-65-octets", spliced(text, signature=b64(raw + b"\0")), BAD, "64 octets, exactly."),
            ("ed25519-with-114-octets", spliced(text, signature=b64(raw448)), BAD, "Ed448's length is Ed448's."),
        ],
    )  # fmt: skip
    theme.tokens(
        "S7",
        "RFC 8032 section 5.2.7",
        [
            ("ed448-with-113-octets", spliced(text448, signature=b64(raw448[:113])), BAD, "114 octets, exactly."),
            ("ed448-with-115-octets", spliced(text448, signature=b64(raw448 + b"\0")), BAD, "114 octets, exactly."),
            ("ed448-altered", spliced(text448, payload=good(sub="bob").split(".")[1]), BAD,
             "A signature covers one payload."),
        ],
        keys=["ed448"],
    )  # fmt: skip
    theme.token(
        "ed25519-forged-under-a-key-of-small-order",
        "S9",
        f"{pair(header(kid='identity'))}.{b64(bytes([1]) + bytes(63))}",
        "key_unknown",
        "Under the identity point this signature verifies for every message, so a key of small order must be left out.",
        "RFC 8725 section 3.4; RFC 8032 section 8.9",
        keys=["ed", {"kty": "OKP", "crv": "Ed25519", "kid": "identity", "x": identity}],
    )
    _edwards_names(theme)
    _lattices(theme)
    return theme


def _edwards_names(theme: Theme) -> None:
    fixed_old = [{"$key": "ed", "alg": "EdDSA"}]
    fixed_new = [{"$key": "ed", "alg": "Ed25519"}]
    fixed_448 = [{"$key": "ed448", "alg": "Ed448"}]
    named = token(header(alg="Ed25519"))
    rows: list[tuple[str, str, list[object], str, str]] = [
        ("ed25519-by-its-full-name", named, ["ed"], "accept", "RFC 9864 names the same signature more fully."),
        ("ed448-by-its-full-name", token(header("ed448", alg="Ed448"), key="ed448"), ["ed448"], "accept",
         "RFC 9864 names the same signature more fully."),
        ("eddsa-with-an-ed448-key", token(header("ed448"), key="ed448"), ["ed448"], "accept",
         "The old name covers both curves."),
        ("ed25519-named-for-an-ed448-key", token(header("ed448", alg="Ed25519"), key="ed448"), ["ed448"], "key_unknown",
         "The full name has one curve."),
        ("ed448-named-for-an-ed25519-key", token(header(alg="Ed448")), ["ed"], "key_unknown", "The full name has one curve."),
        ("ed25519-under-a-key-fixed-to-eddsa", named, [*fixed_old], "key_unknown",
         "The key's alg is compared as it stands."),
        ("eddsa-under-a-key-fixed-to-ed25519", good(), [*fixed_new], "key_unknown",
         "The key's alg is compared as it stands."),
        ("eddsa-under-a-key-fixed-to-eddsa", good(), [*fixed_old], "accept", "The near miss: name and key agree."),
        ("ed25519-under-a-key-fixed-to-ed25519", named, [*fixed_new], "accept", "The near miss: name and key agree."),
        ("ed448-under-a-key-fixed-to-ed448", token(header("ed448", alg="Ed448"), key="ed448"), [*fixed_448], "accept",
         "The near miss: name and key agree."),
    ]  # fmt: skip
    for name, text, keys, expected, why in rows:
        theme.token(name, "S5", text, expected, why, "RFC 9864 section 2.2; RFC 8037 section 3.1", keys=keys)
    theme.token(
        "ed25519-by-its-full-name-where-the-policy-knows-only-the-old-one",
        "S5",
        named,
        "algorithm_not_allowed",
        "The policy's list is compared as it stands.",
        "RFC 9864 section 2.2",
        policy={"algorithms": ["EdDSA"]},
    )


def _lattices(theme: Theme) -> None:
    source = "RFC 9964"
    for key, alg in (("mldsa44", "ML-DSA-44"), ("mldsa65", "ML-DSA-65"), ("mldsa87", "ML-DSA-87")):
        theme.token(
            f"{alg.lower()}-signed",
            "S5",
            token(key=key),
            "accept",
            f"{alg} under the key that says so.",
            source,
            keys=[key],
            needs=["ML-DSA"],
        )
    text = token(key="mldsa44")
    raw = unb64(text.rpartition(".")[2])
    rows = [
        ("ml-dsa-44-of-zeros", spliced(text, signature=b64(bytes(64))), ["mldsa44"], BAD, "2420 octets, exactly."),
        ("ml-dsa-65-named-for-an-ml-dsa-44-key", f"{pair(header('mldsa44', alg='ML-DSA-65'))}.{b64(raw[:96])}", ["mldsa44"],
         "key_unknown", "A key of type AKP answers for its own alg."),
        ("eddsa-named-for-an-ml-dsa-44-key", token(header("mldsa44", alg="EdDSA"), key="ed"), ["mldsa44", "ed"],
         "key_unknown", "A key of type AKP answers for its own alg."),
    ]  # fmt: skip
    for name, signed, keys, expected, why in rows:
        theme.token(name, "S5 S8", signed, expected, why, source, keys=keys, needs=["ML-DSA"])
    alone = {"kty": "AKP", "kid": "mldsa44", "pub": jwk("mldsa44")["pub"]}
    theme.token(
        "ml-dsa-44-under-a-key-without-alg",
        "S5 S9",
        f"{pair(header('mldsa44'))}.{b64(raw[:96])}",
        "key_unknown",
        "A key of type AKP must say its alg; none is guessed from its length.",
        source,
        keys=["ed", alone],
        needs=["ML-DSA"],
    )
