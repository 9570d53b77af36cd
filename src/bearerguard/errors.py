"""Every exception of the package, split by whose fault it is.

::

    BearerguardError
    ├── ConfigurationError           the operator's: raised while things are built, never at request time
    ├── DocumentError                the issuer's: a discovery document, key set or answer that cannot be used
    ├── RequestError                 the client's: the request carries no usable credential
    │   ├── MissingTokenError
    │   ├── AmbiguousRequestError
    │   └── MalformedRequestError
    ├── TokenError                   the token's: it was read and it is refused
    │   ├── MalformedTokenError
    │   ├── AlgorithmError
    │   ├── UnknownKeyError
    │   ├── SignatureError
    │   ├── TokenTypeError
    │   ├── IssuerError
    │   ├── AudienceError
    │   ├── ExpiredError
    │   ├── NotYetValidError
    │   ├── ClaimError
    │   └── RevokedError
    ├── PermissionDeniedError        the caller is known and may not
    │   └── StepUpError
    └── UnavailableError             nobody can say right now
        ├── KeysUnavailableError
        └── ProviderUnavailableError

Each error has a stable ``code`` (API), a ``public`` sentence that is safe to send to the client, and a private
``detail`` that is safe to log. None holds the token or any part of a secret. What each means in HTTP is decided in
`bearerguard.bearer` and nowhere else.
"""

from __future__ import annotations

from typing import Any, ClassVar


class BearerguardError(Exception):
    """Base of everything this package raises."""

    codes: ClassVar[dict[str, str]] = {}
    """The codes this class may carry, each with its public sentence; the first is the default."""

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        expected: Any = None,
        received: Any = None,
        hint: str = "",
    ) -> None:
        if not self.codes:
            raise TypeError("the base says nothing: raise one of the errors below it")
        self.code: str = next(iter(self.codes)) if code is None else code
        if self.code not in self.codes:
            raise ValueError(f"{self.code!r} is not a code of {type(self).__name__}")
        # What a token or a document says may be part of a detail: it never ends a line of a log, or moves a cursor.
        self.detail = detail if detail.isprintable() else detail.encode("unicode_escape").decode("ascii")
        self.expected = expected
        self.received = received
        self.hint = hint
        super().__init__(self.detail)

    @property
    def public(self) -> str:
        """One sentence that may be shown to the client; it never depends on the token's content."""
        return self.codes[self.code]

    def __str__(self) -> str:
        return f"{self.code}: {self.detail or self.public}"


class ConfigurationError(BearerguardError):
    """Something was set up wrongly. Raised at construction, with a sentence that says what to write instead."""

    codes = {
        "configuration_invalid": "The server is not configured correctly.",
        "configuration_issuer": "The server is not configured correctly.",
        "configuration_audience": "The server is not configured correctly.",
        "configuration_algorithms": "The server is not configured correctly.",
        "configuration_token_type": "The server is not configured correctly.",
        "configuration_claims": "The server is not configured correctly.",
        "configuration_url": "The server is not configured correctly.",
        "configuration_limits": "The server is not configured correctly.",
        "configuration_keys": "The server is not configured correctly.",
        "configuration_extra": "The server is not configured correctly.",
    }


class DocumentError(BearerguardError):
    """A document fetched from the issuer (discovery, key set) cannot be used."""

    codes = {"document_invalid": "The authorization server's answer could not be used."}


class RequestError(BearerguardError):
    """The request carries no usable credential."""

    codes = {"request_invalid": "The request is malformed."}


class MissingTokenError(RequestError):
    """No access token was sent."""

    codes = {"token_missing": "An access token is required."}


class AmbiguousRequestError(RequestError):
    """More than one credential was sent (RFC 6750 section 2)."""

    codes = {"request_ambiguous": "The request carries more than one credential."}


class MalformedRequestError(RequestError):
    """The credential does not have the syntax of RFC 6750 section 2.1."""

    codes = {"request_malformed": "The Authorization header is malformed."}


_INVALID = "The access token is invalid."


class TokenError(BearerguardError):
    """The token was read and is refused. The client has to come with another one."""

    codes = {"token_invalid": _INVALID}


class MalformedTokenError(TokenError):
    """The text is not a JWT in the compact form that this package accepts."""

    codes = {
        "token_malformed": _INVALID,
        "token_too_large": _INVALID,
        "token_opaque": _INVALID,
        "token_encrypted": _INVALID,
        "header_unsupported": _INVALID,
    }


class AlgorithmError(TokenError):
    """The token's ``alg`` is not one that the policy and the key both allow."""

    codes = {"algorithm_not_allowed": _INVALID}


class UnknownKeyError(TokenError):
    """The issuer's key set, looked at recently, has no key that may answer for this token."""

    codes = {"key_unknown": _INVALID}


class SignatureError(TokenError):
    """The signature does not verify under the issuer's key."""

    codes = {"signature_invalid": _INVALID}


class TokenTypeError(TokenError):
    """The token is of another kind: an ID token, a logout token, a DPoP proof ..."""

    codes = {"token_type_wrong": _INVALID}


class IssuerError(TokenError):
    """The token comes from another issuer, or names none."""

    codes = {"issuer_wrong": _INVALID}


class AudienceError(TokenError):
    """The token is meant for another resource server, or names none."""

    codes = {"audience_wrong": _INVALID}


class ExpiredError(TokenError):
    """The token's time is over."""

    codes = {
        "token_expired": "The access token expired.",
        "token_too_old": "The access token is too old for this resource.",
    }


class NotYetValidError(TokenError):
    """The token's time has not come (``nbf``), or it claims to have been issued in the future (``iat``)."""

    codes = {"token_not_yet_valid": _INVALID}


class ClaimError(TokenError):
    """A claim is missing, of the wrong type, or refused by the policy."""

    codes = {
        "claim_invalid": _INVALID,
        "claim_missing": _INVALID,
        "claim_refused": _INVALID,
        "token_bound": _INVALID,
    }


class RevokedError(TokenError):
    """The issuer says that the token is no longer active."""

    codes = {"token_revoked": _INVALID}


class PermissionDeniedError(BearerguardError):
    """The caller is known, and this is not among the things they may do."""

    codes = {
        "insufficient_scope": "The access token lacks a scope that this resource requires.",
        "insufficient_role": "The caller lacks a role that this resource requires.",
    }


class StepUpError(PermissionDeniedError):
    """The caller must authenticate again, more recently or more strongly (RFC 9470)."""

    codes = {
        "insufficient_user_authentication": "A more recent or stronger authentication is required.",
    }


class UnavailableError(BearerguardError):
    """The question cannot be decided now. ``retry_after`` is in seconds."""

    codes = {"unavailable": "Access tokens cannot be checked at the moment."}

    def __init__(self, detail: str = "", *, retry_after: float = 1.0, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        # A day at most, and never a number that no header can carry.
        self.retry_after = min(retry_after, 86_400.0) if retry_after > 0 else 0.0


class KeysUnavailableError(UnavailableError):
    """The issuer's keys could not be had, and none that are held may still be used."""

    codes = {"keys_unavailable": "Access tokens cannot be checked at the moment."}


class ProviderUnavailableError(UnavailableError):
    """An online question to the provider was not answered."""

    codes = {"provider_unavailable": "Access tokens cannot be checked at the moment."}
