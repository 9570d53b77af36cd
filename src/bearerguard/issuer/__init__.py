"""A local issuer for tests and development: every token it mints is real, and every wrong one has a name.

`DevIssuer` is plugged in where the network would be (``fetcher=issuer``); serving it over loopback HTTP with
`IssuerServer` is a second, optional act. `SPOILS` is the table of wrong tokens. Never a part of production.

Inside, imports point down only: server, then dev (the issuer), then spoils, then minting and documents, then signing.
"""

from __future__ import annotations

from .dev import DevIssuer
from .minting import ABSENT
from .server import IssuerServer
from .spoils import SPOILS, Spoil

__all__ = ["ABSENT", "SPOILS", "DevIssuer", "IssuerServer", "Spoil"]
