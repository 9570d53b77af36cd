"""The little of JSON Schema (2020-12) that schema.json uses; a keyword that is not known here is an error, not ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_ANNOTATIONS: Final = {"$schema", "$id", "$defs", "title", "description"}


def problems(value: Any, schema: Any, root: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Every way in which a value does not fit; nothing if it does."""
    if schema is True:
        return
    for keyword, wanted in schema.items():
        if keyword not in _ANNOTATIONS:
            yield from _CHECKS[keyword](value, wanted, schema, root, at)


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _type(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(_is(value, name) for name in names):
        yield f"{at} is not {' or '.join(names)}"


def _ref(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    target = root
    for step in wanted.removeprefix("#/").split("/"):
        target = target[step]
    yield from problems(value, target, root, at)


def _one_of(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    fits = [not any(problems(value, one, root, at)) for one in wanted]
    if sum(fits) != 1:
        yield f"{at} fits {sum(fits)} of {len(fits)} alternatives, not one"


def _all_of(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    for one in wanted:
        yield from problems(value, one, root, at)


def _if(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if not any(problems(value, wanted, root, at)):
        yield from problems(value, schema["then"], root, at)


def _properties(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in wanted.items():
            if name in value:
                yield from problems(value[name], one, root, f"{at}.{name}")


def _additional(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            if wanted is False:
                yield f"{at} has a member {name!r} that nobody knows"
            else:
                yield from problems(value[name], wanted, root, f"{at}.{name}")


def _required(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{at} has no {name!r}" for name in wanted if name not in value)


def _items(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from problems(one, wanted, root, f"{at}[{number}]")


def _size(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, (list, dict)) and len(value) < wanted:
        yield f"{at} has fewer than {wanted}"


def _unique(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, list) and any(one in value[:number] for number, one in enumerate(value)):
        yield f"{at} repeats itself"


def _pattern(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(wanted, value):
        yield f"{at} does not match {wanted}"


def _enum(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if not any(value == one and type(value) is type(one) for one in wanted):
        yield f"{at} is none of {len(wanted)} values"


def _const(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    yield from _enum(value, [wanted], schema, root, at)


def _minimum(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    if _is(value, "number") and value < wanted:
        yield f"{at} is less than {wanted}"


def _nothing(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    return iter(())


_CHECKS: Final[dict[str, Any]] = {
    "type": _type,
    "$ref": _ref,
    "oneOf": _one_of,
    "allOf": _all_of,
    "if": _if,
    "then": _nothing,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "minItems": _size,
    "minProperties": _size,
    "uniqueItems": _unique,
    "pattern": _pattern,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
}
