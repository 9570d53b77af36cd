"""What is accepted: checked once, when it is made, and immutable from then on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any, Final, is_typeddict

import msgspec

from .algorithms import ALGORITHMS, DEFAULT_ALGORITHMS
from .errors import ConfigurationError
from .urls import check_url

ClaimPath = str | tuple[str, ...]
"""Where a claim stands: a member's name, taken literally (dots and slashes are part of it), or a path of names."""

CustomCheck = Callable[[Mapping[str, Any]], str | None]
"""A check of one's own: claims of a good signature -> None, or a sentence for the log that says why they are refused."""

MAX_LEEWAY: Final = 300
"""Seconds. Clocks that differ by more need repair, not forgiveness (RFC 7519 section 4.1.4: 'a few minutes')."""


# Types with a meaning of their own (IANA media types); none of them is an access token, whatever a policy says.
OTHER_TYPES: Final = frozenset(
    {
        "logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "client-authentication+jwt",
        "vc+sd-jwt", "dc+sd-jwt", "sd-jwt", "kb+jwt", "vp+jwt", "vc+jwt", "entity-statement+jwt", "resolve-response+jwt",
        "trust-mark+jwt", "jwk-set+jwt", "openid4vci-proof+jwt", "wallet-attestation+jwt", "statuslist+jwt", "id_token+jwt",
        "rt+jwt", "refresh+jwt", "mdoc", "passport", "rat+jwt", "txntoken+jwt", "jwe", "jose", "jose+json",
    }
)  # fmt: skip


class Marker:
    """A word that a reviewer can search for, where another library would take False or None."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name  # pickled and copied, it stays the one and only


ANY_TYPE: Final = Marker("ANY_TYPE")
"""As ``token_type``: accept ``at+jwt``, ``JWT`` or no type at all; every other known type is still refused."""

UNSAFE_ANY_AUDIENCE: Final = Marker("UNSAFE_ANY_AUDIENCE")
"""As ``audience``: accept tokens that were issued for any resource server. The only way to skip the check."""


@dataclass(frozen=True, slots=True)
class UserClaims:
    """Where a provider says three common things about its user; None where it does not."""

    is_verified: ClaimPath | None = None
    is_anonymous: ClaimPath | None = None
    can_reauthenticate: ClaimPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A policy as the judge reads it: every alternative spelling resolved."""

    algorithms: frozenset[str]
    audiences: frozenset[str] | None
    audience_claim: str
    token_type: str | None
    scope_claim: tuple[str, ...]
    client_id_claim: tuple[str, ...]
    required: tuple[tuple[str, Any], ...]
    checks: tuple[CustomCheck, ...]
    typed: Any


class RequiredValues(Mapping[str, Any]):
    """``required_claims`` as a mapping, kept so that a policy stays hashable and nobody can change it."""

    __slots__ = ("_items",)

    def __init__(self, items: tuple[tuple[str, Any], ...]) -> None:
        self._items = items

    def __getitem__(self, name: str) -> Any:
        return dict(self._items)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RequiredValues) and self._typed() == other._typed()

    def __hash__(self) -> int:
        return hash(self._items)

    def _typed(self) -> list[tuple[str, type, Any]]:
        """1 == True in Python, not in JSON, and not here."""
        return [(name, type(value), value) for name, value in self._items]

    def __repr__(self) -> str:
        return repr(dict(self._items))


PRESENT: Final = Marker("PRESENT")
"""As a value in ``required_claims``: any will do but null."""


@dataclass(frozen=True)
class Policy:
    """What one issuer's access tokens must be to be accepted.

    - ``issuer``: the exact ``iss`` (RFC 7519 section 4.1.1), as the provider's discovery document spells it.
    - ``audience``: this resource server's identifier, or several; one must be a member of ``aud`` (section 4.1.3).
    - ``algorithms``: names that may sign; None accepts every asymmetric algorithm that need not be opted in to.
    - ``token_type``: the required ``typ`` (RFC 9068 section 4), or `ANY_TYPE`.
    - ``leeway``: seconds of clock difference forgiven in ``exp``, ``nbf`` and ``iat``; 0 to 300.
    - ``max_age``: seconds since ``iat`` after which a token is too old, whatever its ``exp``; None for no such rule.
    - ``required_claims``: names that must be present beside ``iss``, ``aud``, ``exp`` and ``sub``; or a mapping of names
      to the exact value that each must have, or `PRESENT`.
    - ``claims_type``: a dataclass, TypedDict or msgspec Struct that the claims must fit; `Verified.typed` is one.
    - ``checks``: functions that get the claims after every other check, and return a sentence (for the log) to refuse.
    - ``scope_claim``: the names under which scopes are looked for; the first one present counts.
    - ``audience_claim``: where the audience stands, for a provider whose access tokens have no ``aud``.
    - ``client_id_claim``: the names under which the client's id is looked for; the first that is a string counts.
    - ``roles_claim`` and ``user_claims``: where the provider puts roles and facts about the user.
    - ``discovery_url``, ``jwks_uri``: where documents are found, if not at the issuer's own well-known address. The
      location may differ from the identity (a container's internal host name); the issuer stays what is compared.

    Raises `ConfigurationError` at construction, with a sentence that says what to write instead.
    """

    if TYPE_CHECKING:
        issuer: str
        audience: str | Collection[str] | Marker
    else:
        # Required all the same: left out, they meet a sentence that says what to write, not a bare TypeError.
        issuer: str = None
        audience: str | Collection[str] | Marker = None
    algorithms: Collection[str] | None = field(default=None, kw_only=True)
    token_type: str | Marker = field(default="at+jwt", kw_only=True)
    leeway: float = field(default=30, kw_only=True)
    max_age: float | None = field(default=None, kw_only=True)
    required_claims: Collection[str] | Mapping[str, Any] = field(default=(), kw_only=True)
    claims_type: Any = field(default=None, kw_only=True)
    checks: Collection[CustomCheck] = field(default=(), kw_only=True)
    scope_claim: str | tuple[str, ...] = field(default=("scope", "scp"), kw_only=True)
    audience_claim: str = field(default="aud", kw_only=True)
    client_id_claim: str | tuple[str, ...] = field(default=("client_id", "azp"), kw_only=True)
    roles_claim: ClaimPath | None = field(default=None, kw_only=True)
    user_claims: UserClaims = field(default=UserClaims(), kw_only=True)
    discovery_url: str | None = field(default=None, kw_only=True)
    jwks_uri: str | None = field(default=None, kw_only=True)
    settings: Settings = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_issuer(self.issuer)
        for name in ("discovery_url", "jwks_uri"):
            if getattr(self, name) is not None:
                check_url(getattr(self, name), name)
        _check_seconds("leeway", self.leeway, MAX_LEEWAY)
        if self.max_age is not None:
            _check_seconds("max_age", self.max_age)
        if not isinstance(self.user_claims, UserClaims):
            raise ConfigurationError("user_claims must be a UserClaims.", code="configuration_claims")
        user = self.user_claims
        for path in (self.roles_claim, user.is_verified, user.is_anonymous, user.can_reauthenticate):
            _check_path(path)
        settings = Settings(
            algorithms=_algorithms(self.algorithms),
            audiences=_audiences(self.audience, self.issuer),
            audience_claim=_names("audience_claim", self.audience_claim, most=1)[0],
            token_type=_token_type(self.token_type),
            scope_claim=_names("scope_claim", self.scope_claim),
            client_id_claim=_names("client_id_claim", self.client_id_claim),
            required=_required(self.required_claims),
            checks=_checks(self.checks),
            typed=_typed(self.claims_type),
        )
        put = object.__setattr__
        put(self, "settings", settings)
        # Collections are kept as tuples so that nobody can change a policy through the list it was made from.
        put(self, "algorithms", tuple(sorted(settings.algorithms)))
        put(self, "checks", settings.checks)
        if settings.audiences is not None:
            put(self, "audience", tuple(sorted(settings.audiences)))
        put(self, "scope_claim", settings.scope_claim)
        put(self, "audience_claim", settings.audience_claim)
        put(self, "client_id_claim", settings.client_id_claim)
        if isinstance(self.required_claims, Mapping):
            put(self, "required_claims", RequiredValues(settings.required))
        else:
            put(self, "required_claims", tuple(name for name, _ in settings.required))


def claim_at(claims: Mapping[str, Any], path: ClaimPath | None) -> Any:
    """Return what stands at a path, or None. Names are literal: no dots are split and nothing is evaluated."""
    if path is None:
        return None
    if isinstance(path, str):
        return claims.get(path)
    value: Any = claims
    for name in path:
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value


def normal_type(token_type: str) -> str:
    """Return a media type as ``typ`` values are compared: lower case, without ``application/`` (RFC 7515 4.1.9)."""
    lower = token_type.lower()
    return lower.removeprefix("application/") if lower.count("/") == 1 else lower


def _check_issuer(issuer: object) -> None:
    parts = check_url(issuer, "issuer", "configuration_issuer")
    if parts["query"] or parts["fragment"]:
        raise ConfigurationError(
            "issuer has no query or fragment (OpenID Connect Discovery section 3): write it without.",
            code="configuration_issuer",
        )
    issuer_only, well_known, document = parts[0].partition("/.well-known/")
    if well_known:
        # RFC 8414 section 3.1 puts the well-known part before the issuer's path, OpenID Connect behind it.
        _, slash, path = document.partition("/")
        issuer_only += slash + path
        raise ConfigurationError(
            f"issuer is the identity, not the document: write issuer={issuer_only!r:.200} and, if the document is "
            "elsewhere, discovery_url=...",
            code="configuration_issuer",
        )


def _check_seconds(name: str, value: object, most: float | None = None) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= value <= (2**53 if most is None else most):  # type: ignore[operator]  # a number by then
        upper = "" if most is None else f" and at most {most}"
        raise ConfigurationError(f"{name} is in seconds, at least 0{upper}; {value!r:.40} is not.")


def _check_path(path: object) -> None:
    if path is None or (isinstance(path, str) and path):
        return
    if isinstance(path, tuple) and path and all(isinstance(name, str) and name for name in path):
        return
    raise ConfigurationError(
        f"a claim's place is its name, or a tuple of names from the outside in, not {path!r:.80}.",
        code="configuration_claims",
    )


def _names(setting: str, names: object, *, most: int = 8, fewest: int = 1) -> tuple[str, ...]:
    if isinstance(names, str):
        names = (names,)
    if (
        not isinstance(names, Collection)
        or isinstance(names, (bytes, bytearray, Mapping))
        or (fewest and isinstance(names, Set))  # the first that is present counts, and a set has no first
        or not all(isinstance(name, str) and name for name in names)
        or not fewest <= len(names) <= most
    ):
        what = "a claim's name" if most == 1 else f"{fewest} to {most} claim names"
        raise ConfigurationError(f"{setting} is {what}, not {names!r:.80}.", code="configuration_claims")
    return tuple(str.__str__(name) for name in names)  # a word of an enumeration becomes the word


def _required(required: object) -> tuple[tuple[str, Any], ...]:
    if not isinstance(required, Mapping):
        return tuple((name, PRESENT) for name in _names("required_claims", required, most=64, fewest=0))
    for name, value in required.items():
        if not isinstance(name, str) or not name or not (isinstance(value, (str, int)) or value is PRESENT):
            raise ConfigurationError(
                "required_claims as a mapping is from claim names to the string, whole number or boolean each must be, "
                "or PRESENT.",
                code="configuration_claims",
            )
    pairs = [(str.__str__(name), _plain(value)) for name, value in required.items()]
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


def _plain(value: str | int | Marker) -> str | int | Marker:
    """Return a scalar as JSON knows it: a member of an enumeration becomes its value."""
    if isinstance(value, Marker):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    return value if isinstance(value, bool) else int(value)


def _checks(checks: object) -> tuple[CustomCheck, ...]:
    if (
        isinstance(checks, Collection)
        and not isinstance(checks, (str, Mapping))
        and all(map(callable, checks))
    ):
        return tuple(checks)
    raise ConfigurationError("checks is a collection of functions.", code="configuration_claims")


def _typed(claims_type: Any) -> Any:
    if claims_type is None:
        return None
    fits = isinstance(claims_type, type) and (
        is_dataclass(claims_type) or issubclass(claims_type, msgspec.Struct) or is_typeddict(claims_type)
    )
    if fits:
        try:
            msgspec.json.Decoder(claims_type)  # asks of a type what `msgspec.convert` will ask
        except Exception:  # noqa: BLE001  # an annotation may name anything, and fail in any way
            fits = False
    if not fits:
        raise ConfigurationError(
            f"claims_type is a dataclass, TypedDict or msgspec Struct, not {claims_type!r:.80}.",
            code="configuration_claims",
        )
    return claims_type


def _algorithms(names: object) -> frozenset[str]:
    if names is None:
        return frozenset(DEFAULT_ALGORITHMS)
    if isinstance(names, str) or not isinstance(names, Collection) or not names:
        raise ConfigurationError(
            "algorithms is a collection of names such as ('RS256',), or None for every asymmetric algorithm.",
            code="configuration_algorithms",
        )
    for name in names:
        if not isinstance(name, str) or name not in ALGORITHMS:
            shared = isinstance(name, str) and name.startswith("HS")
            hint = " A shared secret has a verifier of its own: SharedSecretVerifier." if shared else ""
            raise ConfigurationError(
                f"{name!r:.40} is not an algorithm that public keys verify here; there are {', '.join(ALGORITHMS)}.{hint}",
                code="configuration_algorithms",
            )
    return frozenset(names)


def _audiences(audience: object, issuer: str) -> frozenset[str] | None:
    if audience is UNSAFE_ANY_AUDIENCE:
        return None
    members = (audience,) if isinstance(audience, str) else audience
    if (
        not isinstance(members, Collection)
        or isinstance(members, (bytes, bytearray, Mapping))
        or not members
        or not all(isinstance(member, str) and member and member == member.strip() for member in members)
    ):
        raise ConfigurationError(
            "audience is required: write this API's identifier as the provider knows it, such as "
            "'https://api.example.com'. Without it any token that the issuer ever signed would open this API.",
            code="configuration_audience",
        )
    for member in members:
        # One is the other with a slash too many: whichever is right, one of the two settings is a slip.
        if member != issuer and member.rstrip("/") == issuer.rstrip("/"):
            raise ConfigurationError(
                f"audience {member!r:.200} and issuer {issuer!r:.200} differ only by a trailing slash; they are compared "
                "exactly, so write both as they stand in a token of your provider.",
                code="configuration_audience",
            )
    return frozenset(members)


def _token_type(token_type: object) -> str | None:
    if token_type is ANY_TYPE:
        return None
    if not isinstance(token_type, str) or not token_type.strip():
        raise ConfigurationError(
            "token_type is a type such as 'at+jwt' or 'JWT', or ANY_TYPE.", code="configuration_token_type"
        )
    normal = normal_type(token_type)
    if normal in OTHER_TYPES:
        raise ConfigurationError(
            f"A token of type {normal!r} is never an access token, so it cannot be the token_type of a policy.",
            code="configuration_token_type",
        )
    return normal
