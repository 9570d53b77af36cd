"""Every wrong token by name: what is wrong with it, and the code it must be refused with.

Each row is a near miss. It is made from a token that would be accepted, by the key that the issuer publishes wherever
that is possible, and one thing is wrong with it; so a verifier that lets it pass has lost exactly that one check. The
rows stand in the order in which `bearerguard.judge` asks its questions. Each fits RFC 6750's ``b64token``, so that it
can be sent in a header and reaches the verifier behind any door.
"""

from __future__ import annotations

import base64
import json
import math
import secrets
from dataclasses import dataclass, field
from typing import Final

from .. import Limits
from . import minting
from .minting import ABSENT
from .recipes import (
    ATTACKER,
    Recipe,
    after_signing,
    by_stranger,
    confused,
    encrypted,
    es256,
    first_member,
    id_token,
    other_algorithm,
    padded,
    spare_bits,
    standard_alphabet,
    unsigned,
    with_audience,
    with_claims,
    with_date,
    with_header,
    with_issuer,
    with_payload,
    with_protected,
    with_signature,
    with_text,
)  # fmt: skip
from .signing import SigningKey, decode, encode


@dataclass(frozen=True, slots=True)
class Spoil:
    """One wrong token: its ``name``, ``why`` it is wrong, the ``code`` of its refusal and how it is made."""

    name: str
    why: str
    code: str
    recipe: Recipe = field(repr=False)


_LARGEST: Final = Limits().token_bytes
_NESTED: Final = b'"nested":' + b"[" * 2_000 + b"]" * 2_000
_THUMBPRINT: Final = encode(bytes(32))

_SHAPE: Final = (
    Spoil("opaque-token", "opaque: the provider was not told to issue JWTs", "token_opaque",
          lambda _: minting.opaque_token()),
    Spoil("refresh-token", "a refresh token, meant for the token endpoint alone", "token_malformed",
          lambda _: minting.refresh_token()),
    Spoil("encrypted", "five parts: a JWE, which nobody here can read", "token_encrypted", encrypted),
    Spoil("part-missing", "the signature and its dot are cut off", "token_malformed",
          with_text(lambda token: token.rpartition(".")[0])),
    Spoil("part-extra", "a dot too many", "token_malformed", with_text(lambda token: token + ".")),
    Spoil("too-large", "longer than any header should be", "token_too_large", with_claims(padding="x" * (_LARGEST * 3 // 4))),
    Spoil("base64-trailing-bits", "another spelling of the same signature: spare bits are set", "token_malformed",
          with_text(spare_bits)),
    Spoil("base64-padded", "another spelling of the same signature: padded with '='", "token_malformed", with_text(padded)),
    Spoil("base64-standard-alphabet", "another spelling of the same signature: '+' and '/'", "token_malformed",
          standard_alphabet),
    Spoil("header-not-an-object", "the header is a JSON array", "token_malformed", with_protected(lambda raw: b"[" + raw + b"]")),
    Spoil("header-member-twice", "two 'alg': readers differ on which one counts", "token_malformed",
          with_protected(first_member(b'"alg":"none"'))),
    Spoil("header-too-large", "a header of five kilobytes", "token_too_large", with_header(padding="x" * 5_000)),
    Spoil("payload-not-an-object", "the payload is a JSON array", "token_malformed", with_payload(lambda raw: b"[" + raw + b"]")),
    Spoil("payload-not-json", "the payload is not JSON", "token_malformed", with_payload(lambda raw: raw[:-1])),
    Spoil("payload-and-more", "a second object follows the claims", "token_malformed", with_payload(lambda raw: raw + b"{}")),
    Spoil("payload-with-bom", "the payload begins with a byte order mark", "token_malformed",
          with_payload(lambda raw: b"\xef\xbb\xbf" + raw)),
    Spoil("payload-not-utf8", "a claim holds a byte that is not UTF-8", "token_malformed",
          with_payload(first_member(b'"name":"\xff"'))),
    Spoil("payload-lone-surrogate", "a claim holds half a character", "token_malformed", with_claims(name="\ud800")),
    Spoil("claim-twice", "two 'sub': readers differ on who is calling", "token_malformed", with_payload(first_member(b'"sub":"admin"'))),
    Spoil("nested-deeply", "brackets enough to exhaust a recursive reader", "token_malformed", with_payload(first_member(_NESTED))),
    Spoil("number-too-long", "a number of 4,000 digits", "token_malformed",
          with_payload(first_member(b'"n":' + b"9" * 4_000))),
    Spoil("exp-nan", "'exp' is NaN, which is not JSON and never in the past", "token_malformed", with_claims(exp=math.nan)),
    Spoil("exp-infinity", "'exp' is Infinity, which is not JSON", "token_malformed", with_claims(exp=math.inf)),
)  # fmt: skip

_HEADER: Final = (
    Spoil("crit", "names an extension that must be understood, and is not", "header_unsupported",
          with_header(crit=["exp"])),
    Spoil("crit-empty", "'crit' may not be empty", "header_unsupported", with_header(crit=[])),
    Spoil("b64-false", "asks for an unencoded payload (RFC 7797)", "header_unsupported", with_header(b64=False)),
    Spoil("zip", "asks for decompression, which signed tokens do not know", "header_unsupported", with_header(zip="DEF")),
    Spoil("alg-missing", "no 'alg' at all", "token_malformed", with_header(alg=ABSENT)),
    Spoil("alg-not-a-string", "'alg' is an array that holds the right name", "token_malformed", with_header(alg=["RS256"])),
    Spoil("kid-not-a-string", "'kid' is a number", "token_malformed", with_header(kid=0)),
    Spoil("kid-too-long", "'kid' is a payload of its own", "token_malformed", with_header(kid="k" * 1_000)),
    Spoil("alg-none", "not signed, and says so", "algorithm_not_allowed", unsigned("none")),
    Spoil("alg-none-capitalised", "not signed, and says so as 'None'", "algorithm_not_allowed", unsigned("None")),
    Spoil("alg-none-mixed-case", "not signed, and says so as 'nOnE'", "algorithm_not_allowed", unsigned("nOnE")),
    Spoil("alg-none-signed", "carries a good signature and says that it has none", "algorithm_not_allowed", with_header(alg="none")),
    Spoil("alg-lower-case", "'rs256': names of algorithms are compared exactly", "algorithm_not_allowed", with_header(alg="rs256")),
    Spoil("alg-rs512", "properly signed by the issuer's key, with an algorithm that is not its own",
          "algorithm_not_allowed", other_algorithm("RS512")),
    Spoil("alg-ps256", "properly signed by the issuer's key, with a padding that is not its own",
          "algorithm_not_allowed", other_algorithm("PS256")),
    Spoil("alg-es256-unknown-key", "signed by a stranger's elliptic curve key", "algorithm_not_allowed", es256),
    Spoil("hs256-public-pem", "the public key in PEM taken as a shared secret", "algorithm_not_allowed",
          confused(lambda key: key.public_pem())),
    Spoil("hs256-public-pem-stripped", "the same without its last line break", "algorithm_not_allowed",
          confused(lambda key: key.public_pem().strip())),
    Spoil("hs256-public-pkcs1", "the public key in PEM, 'RSA PUBLIC KEY', taken as a shared secret",
          "algorithm_not_allowed", confused(lambda key: key.public_pem(pkcs1=True))),
    Spoil("hs256-public-der", "the public key in DER taken as a shared secret", "algorithm_not_allowed",
          confused(lambda key: key.public_der())),
    Spoil("hs256-public-jwk", "the public key's JWK taken as a shared secret", "algorithm_not_allowed",
          confused(lambda key: json.dumps(key.jwk(), separators=(",", ":")).encode())),
    Spoil("hs256-empty-secret", "an empty shared secret", "algorithm_not_allowed", confused(lambda _: b"")),
    Spoil("hs256-random-secret", "a secret that the attacker thought of", "algorithm_not_allowed",
          confused(lambda _: secrets.token_bytes(32))),
    Spoil("id-token", "an ID token: same issuer, same key, meant for the client", "token_type_wrong", id_token),
    Spoil("typ-jwt", "a type that says nothing, where access tokens say 'at+jwt'", "token_type_wrong", with_header(typ="JWT")),
    Spoil("typ-missing", "no type", "token_type_wrong", with_header(typ=ABSENT)),
    Spoil("typ-logout", "a logout token", "token_type_wrong", with_header(typ="logout+jwt")),
    Spoil("typ-dpop", "a DPoP proof", "token_type_wrong", with_header(typ="dpop+jwt")),
    Spoil("typ-not-a-string", "a type that is an array", "token_type_wrong", with_header(typ=["at+jwt"])),
)  # fmt: skip

_KEY: Final = (
    Spoil("issuer-wrong", "another issuer", "issuer_wrong", with_issuer(lambda _: ATTACKER)),
    Spoil("issuer-trailing-slash", "the issuer with a slash too many", "issuer_wrong", with_issuer(lambda url: url + "/")),
    Spoil("issuer-prefix", "a name that begins like the issuer's", "issuer_wrong",
          with_issuer(lambda url: url + ".attacker.example")),
    Spoil("issuer-list", "the right issuer, in an array", "issuer_wrong", with_issuer(lambda url: [url])),
    Spoil("issuer-missing", "no issuer", "issuer_wrong", with_claims(iss=ABSENT)),
    Spoil("kid-unknown", "signed by a stranger, under the stranger's own 'kid'", "key_unknown", by_stranger()),
    Spoil("kid-renamed", "signed by the issuer's key under a name that it does not have", "key_unknown",
          with_header(kid="00000000-0000-4000-8000-000000000000")),
    Spoil("kid-path", "a 'kid' that is the path of a file whose content is known", "key_unknown",
          with_header(kid="../../../../../../dev/null")),
    Spoil("jwk-embedded", "brings its own key in the header", "key_unknown", by_stranger(jwk=SigningKey.jwk)),
    Spoil("jku", "says where to fetch the attacker's keys", "key_unknown", by_stranger(jku=lambda _: f"{ATTACKER}/jwks")),
    Spoil("x5u", "says where to fetch the attacker's certificate", "key_unknown",
          by_stranger(x5u=lambda _: f"{ATTACKER}/certificate.pem")),
    Spoil("signed-by-another-key", "signed by a stranger under the issuer's 'kid'", "signature_invalid",
          by_stranger(known_kid=True)),
    Spoil("jwk-embedded-known-kid", "brings its own key under the issuer's 'kid'", "signature_invalid",
          by_stranger(known_kid=True, jwk=SigningKey.jwk)),
    Spoil("x5c-known-kid", "brings a certificate of its own under the issuer's 'kid'", "signature_invalid",
          by_stranger(known_kid=True, x5c=lambda key: [base64.b64encode(key.certificate()).decode()])),
    Spoil("signature-empty", "claims RS256 and has no signature", "signature_invalid", with_signature(lambda _: b"")),
    Spoil("signature-zero", "a signature of zeros", "signature_invalid", with_signature(lambda good: bytes(len(good)))),
    Spoil("signature-tampered", "one bit of the signature is another", "signature_invalid",
          with_signature(lambda good: good[:-1] + bytes([good[-1] ^ 1]))),
    Spoil("signature-truncated", "the last byte of the signature is cut off", "signature_invalid",
          with_signature(lambda good: good[:-1])),
    Spoil("signature-of-another", "carries the signature of another good token", "signature_invalid",
          lambda bench: bench.token(
              sign=lambda _: decode(bench.token(claims={"jti": minting.token_id()}).rpartition(".")[2]))),
    Spoil("payload-tampered", "somebody else's name, put in after signing", "signature_invalid",
          after_signing(claims={"sub": "admin"})),
    Spoil("header-tampered", "a member of the header, put in after signing", "signature_invalid",
          after_signing(header={"cty": "at+jwt"})),
)  # fmt: skip

_CLAIM: Final = (
    Spoil("audience-wrong", "meant for another resource server", "audience_wrong", with_audience(lambda _: ATTACKER)),
    Spoil("audience-trailing-slash", "the audience with a slash too many", "audience_wrong", with_audience(lambda aud: aud + "/")),
    Spoil("audience-prefix", "a name that begins like the audience's", "audience_wrong",
          with_audience(lambda aud: aud + ".attacker.example")),
    Spoil("audience-empty", "meant for nobody", "audience_wrong", with_claims(aud=[])),
    Spoil("audience-missing", "does not say for whom", "audience_wrong", with_claims(aud=ABSENT)),
    Spoil("expired", "over for an hour", "token_expired",
          lambda bench: bench.token(claims={"iat": bench.now - 5_400, "exp": bench.now - 3_600})),
    Spoil("exp-string", "'exp' is a string", "claim_invalid",
          lambda bench: bench.token(claims={"exp": str(bench.claims["exp"])})),
    Spoil("exp-bool", "'exp' is true", "claim_invalid", with_claims(exp=True)),
    Spoil("exp-missing", "never expires", "claim_missing", with_claims(exp=ABSENT)),
    Spoil("not-yet-valid", "good in ten minutes (nbf)", "token_not_yet_valid", with_date("nbf", 600)),
    Spoil("nbf-string", "'nbf' is a string", "claim_invalid",
          lambda bench: bench.token(claims={"nbf": str(bench.now)})),
    Spoil("issued-in-the-future", "issued in ten minutes (iat)", "token_not_yet_valid", with_date("iat", 600)),
    Spoil("iat-string", "'iat' is a string", "claim_invalid",
          lambda bench: bench.token(claims={"iat": str(bench.now)})),
    Spoil("subject-missing", "about nobody", "claim_missing", with_claims(sub=ABSENT)),
    Spoil("subject-empty", "about somebody without a name", "claim_invalid", with_claims(sub="")),
    Spoil("subject-not-a-string", "the subject is a number", "claim_invalid", with_claims(sub=1)),
    Spoil("bound-to-a-key", "bound to a key by DPoP (RFC 9449), sent as if it were not", "token_bound",
          with_claims(cnf={"jkt": _THUMBPRINT})),
    Spoil("bound-to-a-certificate", "bound to a client certificate (RFC 8705), sent as if it were not", "token_bound",
          with_claims(cnf={"x5t#S256": _THUMBPRINT})),
)  # fmt: skip

SPOILS: Final = (*_SHAPE, *_HEADER, *_KEY, *_CLAIM)
"""Every wrong token there is."""
