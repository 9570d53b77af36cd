"""Which URLs may name an issuer or be fetched: https anywhere, plain http only on this machine."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from .errors import ConfigurationError

# RFC 3986, without user information, in ASCII; what an URL is split into here is what the HTTP client will connect to.
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?"
    r"(?P<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
    r"(?P<fragment>#[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?\Z"
)


def check_url(url: object, setting: str, code: str = "configuration_url") -> re.Match[str]:
    """Return the parts of an URL that may be fetched: scheme, host, port, path, query, fragment.

    Raises `ConfigurationError` for everything else, with a sentence that names the setting.
    """
    if not isinstance(url, str) or not url:
        raise ConfigurationError(
            f"{setting} is required: write the URL as the provider gives it, such as 'https://id.example.com'.",
            code=code,
        )
    parts = _URL.match(url)
    if parts is None or (parts["port"] and not 0 < int(parts["port"]) < 65_536):
        raise ConfigurationError(
            f"{setting} must be an absolute https URL such as 'https://id.example.com', not {url!r:.200}.",
            code=code,
        )
    scheme = parts["scheme"]
    if scheme == "http" and not is_loopback(parts["host"]):
        raise ConfigurationError(
            f"{setting} is plain http: write 'https://{url[7:]:.200}'. Only this machine (localhost) is allowed http.",
            code=code,
        )
    if scheme not in ("https", "http"):
        raise ConfigurationError(f"{setting} must be https, not {scheme!r:.40}.", code=code)
    return parts


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself: ``localhost``, 127.0.0.0/8 or ::1. No name is looked up.

    Names below ``localhost`` are not: RFC 6761 section 6.3 asks resolvers to keep them here, and not all do.
    """
    host = host.removeprefix("[").removesuffix("]").lower()
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
