"""How each well-known provider fills a `Policy`: data, a row a provider.

A row states what the provider's tokens really look like; what the caller gives as a keyword wins over the row. `PROVIDERS`
is the whole table, for whoever wants to show it or to choose from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import (
    _auth0,
    _authgear,
    _clerk,
    _cognito,
    _entra,
    _firebase,
    _google,
    _keycloak,
    _okta,
    _ory,
    _supabase,
    _zitadel,
)
from ._auth0 import auth0
from ._authgear import authgear
from ._clerk import clerk
from ._cognito import cognito
from ._entra import entra
from ._firebase import firebase
from ._google import google
from ._keycloak import keycloak
from ._okta import okta
from ._ory import ory
from ._provider import Provider
from ._supabase import supabase
from ._zitadel import zitadel

PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType(
    {
        module.ROW.name: module.ROW
        for module in (
            _authgear,
            _auth0,
            _keycloak,
            _entra,
            _cognito,
            _okta,
            _google,
            _clerk,
            _zitadel,
            _ory,
            _firebase,
            _supabase,
        )
    }
)
"""Every row, by its function's name."""

AUTHGEAR: Final = _authgear.ROW.settings

__all__ = [
    "PROVIDERS",
    "Provider",
    "auth0",
    "authgear",
    "clerk",
    "cognito",
    "entra",
    "firebase",
    "google",
    "keycloak",
    "okta",
    "ory",
    "supabase",
    "zitadel",
]
