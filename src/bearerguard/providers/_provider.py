"""What a row of the table is, how it becomes a `Policy`, and the evidence by which a row tells tokens apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..policy import CustomCheck, Policy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Provider:
    """One row: what a provider's tokens really look like, in words and as the settings of a `Policy`.

    - ``name`` is the function's name in `bearerguard.providers`, ``title`` the provider's own.
    - ``accepts`` says which of its tokens the policy accepts, ``evidence`` how it knows them from the others.
    - ``policy`` makes the policy, ``example`` are arguments to call it with.
    - ``issuer``, ``audience``, ``typ``, ``scopes``, ``roles``, ``client``, ``keys``: what the tokens carry, and where.
    - ``quirks`` are one sentence each. ``sources`` say what was read, with its year and month; ``unverified`` what could
      not be confirmed there, and which stricter form was chosen.
    - ``settings`` are keywords of `Policy`; they are the row's half of it, the operator's half are arguments.
    """

    name: str
    title: str
    accepts: str
    policy: Callable[..., Policy]
    example: tuple[str, ...]
    issuer: str
    audience: str
    typ: str
    scopes: str
    roles: str
    client: str
    keys: str
    evidence: str
    quirks: tuple[str, ...]
    sources: tuple[str, ...]
    unverified: tuple[str, ...] = ()
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def fill(self, overrides: Mapping[str, Any], **known: Any) -> Policy:
        """Return the row's policy: its settings, then what the operator's arguments make known, then the overrides.

        The last one wins, but for ``required_claims`` and ``checks``, which add up: a rule of one's own must not silently
        remove the row's evidence. (A claim that the row requires to have one value can be required to have another.)
        """
        layers = (self.settings, known, overrides)
        settings = {name: value for layer in layers for name, value in layer.items()}
        required, present = _required(
            [layer["required_claims"] for layer in layers if "required_claims" in layer]
        )
        checks = [layer["checks"] for layer in layers if "checks" in layer]
        if all(isinstance(given, Collection) and not isinstance(given, (str, Mapping)) for given in checks):
            settings["checks"] = (*present, *(check for given in checks for check in given))
        settings["required_claims"] = required
        return Policy(**settings)


def _required(layers: list[Any]) -> tuple[Any, tuple[CustomCheck, ...]]:
    """Return layers of ``required_claims`` as one, and a check of the names that it cannot hold beside exact values.

    A layer that `Policy` would refuse is returned as it is, for `Policy` to refuse.
    """
    exact: dict[Any, Any] = {}
    names: dict[str, None] = {}
    for layer in layers:
        if isinstance(layer, Mapping):
            exact |= layer
            continue
        given = (layer,) if isinstance(layer, str) else layer
        if not isinstance(given, Collection) or not all(isinstance(name, str) and name for name in given):
            return layer, ()
        names |= dict.fromkeys(given)
    if not exact:
        return tuple(names), ()
    others = tuple(name for name in names if name not in exact)
    return exact, (Present(others, "it is required"),) if others else ()


@dataclass(frozen=True, slots=True)
class Present:
    """A check: the token has each of these claims. ``why`` is said after the claim that is missing."""

    names: tuple[str, ...]
    why: str

    def __call__(self, claims: Mapping[str, Any]) -> str | None:
        """Return the sentence that refuses, or None."""
        missing = next((name for name in self.names if claims.get(name) is None), None)
        return None if missing is None else f"the token has no {missing!r}: {self.why}"


@dataclass(frozen=True, slots=True)
class Absent:
    """A check: the token has none of these claims."""

    names: tuple[str, ...]
    why: str

    def __call__(self, claims: Mapping[str, Any]) -> str | None:
        """Return the sentence that refuses, or None."""
        found = next((name for name in self.names if name in claims), None)
        return None if found is None else f"the token has {found!r}: {self.why}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A check: what stands at a path is one of these strings; with None among them, it may also be nothing."""

    path: tuple[str, ...]
    allowed: tuple[str | None, ...]
    why: str

    def __call__(self, claims: Mapping[str, Any]) -> str | None:
        """Return the sentence that refuses, or None."""
        value: Any = claims
        for name in self.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value in self.allowed:
            return None
        return f"the token's {'.'.join(self.path)!r} is {value!r:.60}: {self.why}"
