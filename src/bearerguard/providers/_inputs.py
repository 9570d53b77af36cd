"""What an operator writes - a domain, an origin, an identifier - read strictly, or refused with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from ..errors import ConfigurationError
from ..urls import check_url

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\Z")


def host(value: object, what: str, example: str) -> str:
    """Return a host name of at least two labels, in lower case, as issuers spell it.

    Raises `ConfigurationError`; for an URL, with the host that is meant.
    """
    if isinstance(value, str) and _HOST.match(value):
        return value
    if not isinstance(value, str) or not value.strip():
        raise wrong(f"{what} is required: write it as {example!r}.")
    meant = value.strip().lower().partition("://")[2] or value.strip().lower()
    meant = re.split(r"[/?#]", meant, maxsplit=1)[0]
    raise wrong(
        f"{what} is a host name in lower case, without https:// and without a slash: "
        f"write {meant if _HOST.match(meant) else example!r}, not {value!r:.200}."
    )


def origin(value: object, what: str, *, path: bool = False) -> str:
    """Return an https URL (http on this machine) without a trailing slash, query or fragment; with ``path`` it may have one.

    Raises `ConfigurationError` that says what to write.
    """
    if isinstance(value, str) and _HOST.match(value):
        raise wrong(f"{what} is an URL: write 'https://{value}'.")
    parts = check_url(value, what, "configuration_issuer")
    whole: str = parts[0]
    root = "/".join(whole.split("/")[:3]).split("?")[0].split("#")[0].lower()
    if path:
        root += (parts["path"] or "").rstrip("/")
    if whole != root:
        also = "" if path else " path,"
        raise wrong(
            f"{what} has no trailing slash,{also} query or capitals in its host: write {root!r:.200}."
        )
    return root


def word(value: object, what: str, pattern: re.Pattern[str], example: str, hint: str = "") -> str:
    """Return an identifier that matches a pattern; raises `ConfigurationError` that shows one."""
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    if not isinstance(value, str) or not value.strip():
        raise wrong(f"{what} is required: write it as in {example!r}.{hint and ' ' + hint}")
    raise wrong(f"{what} looks like {example!r}; {value!r:.200} does not.{hint and ' ' + hint}")


def members(audience: Any) -> tuple[str, ...]:
    """Return the strings of an audience setting; what is none of them is left for `Policy` to judge."""
    if isinstance(audience, str):
        return (audience,)
    if isinstance(audience, Collection) and not isinstance(audience, (bytes, Mapping)):
        return tuple(member for member in audience if isinstance(member, str))
    return ()


def wrong(sentence: str, code: str = "configuration_issuer") -> ConfigurationError:
    """Return the error that refuses a setting; ``code`` says whether it is about the issuer or the audience."""
    return ConfigurationError(sentence, code=code)
