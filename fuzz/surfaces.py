"""The places where a stranger's bytes come in, as functions from bytes to a verdict.

A verdict is a word: the stable code of the refusal, or ``accepted``. Everything else that happens (another exception, an
explanation that contradicts the verdict, an error that quotes the token, a header value that could end its line ...) is a
`BrokenPromiseError`, or is the foreign exception itself, and ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, cast
from urllib.parse import urlsplit

from bearerguard import (
    BearerguardError,
    ConfigurationError,
    Policy,
    Refusal,
    Requirement,
    Verified,
    Verifier,
)
from bearerguard import errors as all_errors
from bearerguard.bearer import challenge, credential, refuse
from bearerguard.encoding import EncodingError, decode_base64url, decode_object
from bearerguard.errors import DocumentError, MalformedTokenError, RequestError, TokenError, UnavailableError
from bearerguard.keyring import Fetch, Fetched, FetchFailed, KeyRing, located
from bearerguard.keys import key_set
from bearerguard.limits import DEFAULT_LIMITS
from bearerguard.shared_secret import SharedSecretPolicy
from bearerguard.urls import check_url, is_loopback

from . import world
from .promises import ACCEPTED, Reader, hold, judged, quotes_nothing, refusal, verdict
from .reference import canonical, reference, same


def token(data: bytes) -> str:
    """Any bytes as a token, and as the text that they are: in Latin-1, as servers hand over header fields."""
    code = verdict(world.VERIFIER, data)
    text = judged(world.VERIFIER, data.decode("latin-1"))
    hold(text == code or not data.isascii(), "bytes and text are judged alike")
    hold(data.isascii() or text in ("token_malformed", "token_too_large"), "a token is ASCII")
    return code


def header(data: bytes) -> str:
    """Any bytes as a protected header over good claims, properly signed with the shared secret."""
    text = world.signed(data, world.BENCH.claims_json)
    hold(judged(world.VERIFIER, text) != ACCEPTED, "public keys accept no HMAC")
    return verdict(world.SHARED, text)


_HEADER: Final = world.compact_json({"alg": "HS256", "typ": "at+jwt"})


def claims(data: bytes) -> str:
    """Any bytes as properly signed claims, under a plain policy and under one that uses every setting."""
    text = world.signed(_HEADER, data)
    found = verdict(world.SHARED, text)
    rich = verdict(world.RICH, text)
    hold(rich != ACCEPTED or found == ACCEPTED, "the stricter policy accepts what the plain one refuses")
    return found if found != ACCEPTED else f"accepted, then {rich}"


def keys(data: bytes) -> str:
    """Any bytes as a JWK Set; what is usable must bear any signature."""
    try:
        found = key_set(data)
    except DocumentError as error:
        hold(str(error).isprintable(), "an error is one printable line")
        return error.code
    hold(0 < len(found) <= DEFAULT_LIMITS.keys, "a set of usable keys")
    hold(repr(found.ignored) is not None, "what was ignored can be told")
    for key in islice(found.keys, 4):
        hold(repr(key) and key.algorithms, "a key")
        hold(
            key in found.candidates(min(key.algorithms), key.kid) or key.kid is None or len(found) > 4,
            "found by name",
        )
        for algorithm in key.algorithms:
            for length in (0, 63, 64, 256):
                hold(
                    not key.verifies(algorithm, data[:length], b"signing input"),
                    "a made-up signature verifies",
                )
    return ACCEPTED


def discovery(data: bytes) -> str:
    """Any bytes as a discovery document."""
    try:
        uri = located(data, world.ISSUER)
    except DocumentError as error:
        hold(str(error).isprintable(), "an error is one printable line")
        return error.code
    hold(
        uri.startswith("https://") and uri.isascii() and uri.isprintable(),
        "the location of keys is a https URL",
    )
    return ACCEPTED


_ERRORS: Final[tuple[tuple[type[BearerguardError], str], ...]] = tuple(
    (kind, code)
    for kind in vars(all_errors).values()
    if isinstance(kind, type) and issubclass(kind, BearerguardError) and kind is not BearerguardError
    for code in kind.codes
)


def answer(data: bytes) -> str:
    """Any text as realm, scopes and detail of any error's refusal."""
    reader = Reader(data)
    kind, code = _ERRORS[reader.below(len(_ERRORS))]
    number = reader.number()
    words = reader.rest().decode("utf-8", "surrogateescape").split("\n")
    detail, realm, scopes = words[0], "".join(words[1:2]), words[2:]
    if issubclass(kind, UnavailableError):
        error: BearerguardError = kind(detail, retry_after=number, code=code)
    else:
        error = kind(detail, code=code)
    hold(str(error).isprintable(), "an error is one printable line")
    refusal(refuse(error, realm=realm, scopes=scopes, max_age=number))
    refusal(
        Refusal(
            401, (("WWW-Authenticate", challenge({"realm": realm, "scope": " ".join(scopes)})),), {}, error
        )
    )
    return code


def authorization(data: bytes) -> str:
    """Any lines as the values of a request's Authorization header fields."""
    fields = data.decode("latin-1").split("\n")
    try:
        credential(fields)
    except (RequestError, MalformedTokenError) as error:
        hold(
            error.code.startswith(("token_missing", "request_")) or len(fields[0]) > 16_384,
            "a request's error",
        )
    found = world.GUARD.admit(fields, _REQUIREMENT)
    if isinstance(found, Verified):
        return ACCEPTED
    refusal(found)
    quotes_nothing(found.error, fields[0])
    return found.error.code


_REQUIREMENT: Final = Requirement(scopes={"orders:read"}, max_age=3_600)
_STATUSES: Final = (200, 200, 200, 200, 304, 301, 403, 404, 410, 429, 500, 503, 0, -1)
_KINDS: Final = (
    "application/json",
    "application/jwk-set+json; charset=utf-8",
    "text/html",
    "",
    "\u00e9",
    "TEXT/PLAIN",
)
_STEPS: Final = (0.0, 0.5, 5.0, 50.0, 500.0, 5_000.0, 500_000.0)


def fetches(data: bytes) -> str:
    """A life of the key ring: time passes, keys are looked for, and every fetch is answered with anything at all."""
    reader = Reader(data)
    ring = KeyRing(world.POLICY)
    now, word = 1_000.0, "asked"
    for _ in range(12):
        if not reader:
            break
        now += _STEPS[reader.below(len(_STEPS))]
        held, attempt = ring.keys, ring.attempt
        algorithm, kid = (("EdDSA", "fuzz-3"), ("RS256", "unknown"), ("EdDSA", None))[reader.below(3)]
        try:
            found = ring.due(now) or ring.look(algorithm, kid, now)
        except UnavailableError as error:
            hold(0 <= error.retry_after <= 86_400, "when to come again")
            refusal(refuse(error))
            word = error.code
            continue
        except TokenError as error:
            hold(held is not None, "a key is unknown only to who looked")
            word = error.code
            continue
        if not isinstance(found, Fetch):
            hold(found and held is not None, "keys are found where keys are held")
            word = ACCEPTED
            continue
        result = _result(reader, found)
        ring.accept(found, result, now)
        hold(ring.attempt == attempt + 1, "an attempt is over")
        hold(held is None or ring.keys is not None, "a failure discards no keys")
        hold(ring.keys is held or isinstance(result, Fetched), "only an answer brings keys")
        hold(ring.state(now) in ("empty", "fresh", "due", "stale", "expired"), "a state")
        hold(isinstance(ring.last_error, str), "the last error is told")
    return word


def _result(reader: Reader, fetch: Fetch) -> Fetched | FetchFailed:
    """Return what came of a fetch: a good answer, a failure, an answer made of the bytes, or no answer at all."""
    choice = reader.below(8)
    if choice == 0:
        return FetchFailed(fetch.url, reader.take(20).decode("latin-1"), reader.number())
    if choice == 1:
        wrong: tuple[Any, ...] = (
            None,
            5,
            "keys",
            (),
            ("url", "200", b""),
            ("url", 200, "body"),
            ("url", 200, b"", None),
        )
        found = wrong[reader.below(len(wrong))]
        return cast("Fetched", Fetched(*found) if found and isinstance(found, tuple) else found)
    good = world.DISCOVERY if fetch.document == "metadata" else world.SMALL_KEY_SET
    if choice < 5:
        return Fetched(fetch.url, 200, good, {"cache-control": reader.take(24).decode("latin-1")})
    headers = {
        "content-type": _KINDS[reader.below(len(_KINDS))],
        "cache-control": reader.take(24).decode("latin-1"),
        "retry-after": reader.take(6).decode("latin-1"),
    }
    body = good[: reader.below(256)] + reader.take(reader.below(256))
    return Fetched(fetch.url, _STATUSES[reader.below(len(_STATUSES))], body, headers)


def driver(data: bytes) -> str:
    """A verifier whose issuer answers every fetch with anything at all, asked about a good token."""
    fetcher = _Anything(Reader(data))
    asking = Verifier(world.POLICY, fetcher=fetcher, clock=lambda: world.NOW, monotonic=lambda: 1_000.0)
    try:
        asking.verify(world.GOOD_EDDSA)
    except (UnavailableError, TokenError) as error:
        refusal(refuse(error))
        code = error.code
    else:
        code = ACCEPTED
    hold(fetcher.asked <= 4, "one token asks a bounded number of questions")
    return code


class _Anything:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.asked = 0

    def fetch(self, request: Fetch) -> Fetched | FetchFailed:
        self.asked += 1
        if self.reader.below(16) == 0:
            raise OSError(self.reader.take(20).decode("latin-1"))
        return _result(self.reader, request)


def secret(data: bytes) -> str:
    """Any bytes as a shared secret."""
    try:
        policy = SharedSecretPolicy(secret=data, issuer=world.ISSUER, audience=world.AUDIENCE)
    except ConfigurationError as error:
        hold(len(data) < 64 or repr(data)[2:-1] not in str(error), "an error quotes the secret")
        return error.code
    hold(len(data) >= 32 and repr(data) not in repr(policy), "a secret is long and kept to itself")
    return ACCEPTED


def names(data: bytes) -> str:
    """Any text as an issuer's name: a configuration, but one that multi-tenant programs build from what they are given."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        policy = Policy(text, world.AUDIENCE)
    except ConfigurationError as error:
        hold(str(error).isprintable(), "an error is one printable line")
        return error.code
    hold(text.isascii() and text.isprintable() and " " not in text, "an issuer is an URL")
    parts, other = check_url(text, "issuer"), urlsplit(text)
    hold(parts["host"].strip("[]").lower() == other.hostname, "a second reader connects to the same host")
    hold(int(parts["port"] or 0) == (other.port or 0), "a second reader connects to the same port")
    hold(other.scheme == "https" or is_loopback(parts["host"]), "https, or this machine")
    KeyRing(policy)
    return ACCEPTED


def json_object(data: bytes) -> str:
    """Any bytes as JSON: read exactly when a second reader reads the same value."""
    expected = reference(data)
    try:
        found = decode_object(data)
    except EncodingError:
        hold(expected is None, "refused, though it is a plain object with unique names")
        return "refused"
    hold(
        expected is not None and same(found, expected), "accepted, though a second reader sees something else"
    )
    return ACCEPTED


def base64url(data: bytes) -> str:
    """Any text as base64url: what is read is the one spelling of its value."""
    text = data.decode("latin-1")
    try:
        value = decode_base64url(text)
    except EncodingError:
        hold(not canonical(text), "refused, though it is canonical")
        return "refused"
    hold(world.b64(value) == data, "two spellings of one value")
    return ACCEPTED


Surface = Callable[[bytes], str]

SURFACES: Final[Mapping[str, Surface]] = {
    surface.__name__: surface
    for surface in (
        token, header, claims, keys, discovery, answer, authorization, fetches, driver, secret, names, json_object, base64url,
    )
}  # fmt: skip
NAMES: Final[Sequence[str]] = tuple(SURFACES)


def chosen(data: bytes) -> tuple[str, bytes]:
    """Return the name of the surface that an input is for, by its first byte, and the rest of it."""
    return NAMES[data[0] % len(NAMES)], data[1:]


def addressed(name: str, data: bytes) -> bytes:
    """Return the input that brings these bytes to a surface."""
    return bytes((NAMES.index(name),)) + data


def every(inputs: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    """Yield surface and verdict of each input, as the fuzzer would see them."""
    for data in inputs:
        if data:
            name, rest = chosen(data)
            yield name, SURFACES[name](rest)
