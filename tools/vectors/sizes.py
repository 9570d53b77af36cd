"""What is too large, refused for its size alone; and what is large and fine."""

from __future__ import annotations

from .keys import b64
from .model import Recipe, Theme, claims, encode, expand, header, pair, signed_recipe

LARGE = "token_too_large"
_OPEN = encode(claims()).decode()[:-1]
_HEAD = encode(header()).decode()[:-1]


def _padded(octets: int, head: str = _HEAD) -> Recipe:
    """A well-signed token whose claims are of this many octets."""
    rest = octets - len(f'{_OPEN},"pad":""}}')
    return signed_recipe([head, "}"], [f'{_OPEN},"pad":"', {"repeat": "p", "times": rest}, '"}'])


def _of_length(characters: int) -> Recipe:
    """A well-signed token of exactly this many characters; base64url has no text of one length in four."""
    for head in (_HEAD, f'{_HEAD},"x":12'):
        for octets in range(characters * 3 // 4 - 200, characters * 3 // 4 - 100):
            recipe = _padded(octets, head)
            if len(expand(recipe)) == characters:
                return recipe
    raise ValueError(f"no token has {characters} characters")


def _headed(octets: int) -> Recipe:
    """A well-signed token whose header is of this many octets."""
    rest = octets - len(f'{_HEAD},"x":""}}')
    return signed_recipe(
        [f'{_HEAD},"x":"', {"repeat": "x", "times": rest}, '"}'], [encode(claims()).decode()]
    )


def sizes() -> Theme:
    """Sizes at and beyond their bounds; every large token here is well signed, so that only its size speaks against it."""
    theme = Theme(
        "sizes",
        "Sizes at and beyond their bounds; where a large token is refused, only its size speaks against it.",
    )
    source = "CVE-2025-30204; CVE-2025-61920"
    fine: list[tuple[str, Recipe, str]] = [
        ("claims-of-12-kilobytes", _padded(12_000), "Roles and groups add up; 12 KB of claims are within the bound."),
        ("token-of-16384-octets", _of_length(16_384), "The bound itself is within."),
        ("header-of-4096-octets", _headed(4096), "The bound itself is within."),
        ("header-of-4095-octets", _headed(4095), "One below the bound."),
        ("claims-with-a-thousand-members",
         signed_recipe(None, [_OPEN, {"repeat": ',"c#":1', "times": 1000, "counter": "#"}, "}"]), "Many claims are claims."),
        ("a-list-of-two-thousand-groups",
         signed_recipe(None, [f'{_OPEN},"groups":["a"', {"repeat": ',"b"', "times": 2000}, "]}"]), "Many groups are groups."),
    ]  # fmt: skip
    for name, recipe, why in fine:
        theme.token(name, "P7", recipe, "accept", why, source, accepted={"subject": "alice"})
    million = {"repeat": "x", "times": 1_000_000}
    large: list[tuple[str, str, Recipe, str]] = [
        ("token-of-16385-octets", "P7", _of_length(16_385), "One past the bound."),
        ("header-of-4097-octets", "P7", _headed(4097), "One past the bound."),
        ("header-of-4098-octets", "P7", _headed(4098), "Two past the bound."),
        ("header-of-4099-octets", "P7", _headed(4099), "Three past the bound."),
        ("header-of-a-megabyte", "P7", signed_recipe([f'{_HEAD},"x":"', million, '"}'], [encode(claims()).decode()]),
         "Its length is enough to know."),
        ("claims-of-a-megabyte", "P7", signed_recipe(None, [f'{_OPEN},"pad":"', million, '"}']), "Its length is enough to know."),
        ("token-of-10-megabytes", "P7", [pair(), ".", {"repeat": "A", "times": 10_000_000}], "Its length is enough to know."),
        ("ten-million-dots", "P7 P15", [{"repeat": ".", "times": 10_000_000}], "Its length is enough to know: no dot is split at."),
        ("ten-million-characters-that-are-no-base64", "P7 P15", [{"repeat": "\u00e9", "times": 5_000_000}],
         "Its length is enough to know."),
        ("a-megabyte-of-spaces-before-a-token", "P7 P15", [{"repeat": " ", "times": 1_000_000}, pair(), ".", b64(bytes(64))],
         "Nothing is trimmed to see whether it would fit."),
        ("a-hundred-thousand-claims", "P7",
         signed_recipe(None, [_OPEN, {"repeat": ',"c#":1', "times": 100_000, "counter": "#"}, "}"]),
         "Its length is enough to know."),
        ("ten-thousand-levels-of-objects", "P6 P7",
         signed_recipe(None, [_OPEN, ',"x":', {"repeat": '{"a":', "times": 10_000}, "1", {"repeat": "}", "times": 10_000}, "}"]),
         "Its length is enough to know."),
        ("ten-thousand-levels-of-lists", "P6 P7",
         signed_recipe(None, [_OPEN, ',"x":', {"repeat": "[", "times": 10_000}, {"repeat": "]", "times": 10_000}, "}"]),
         "Its length is enough to know."),
        ("ten-thousand-levels-in-the-header", "P6 P7",
         signed_recipe([_HEAD, ',"x":', {"repeat": "[", "times": 10_000}, {"repeat": "]", "times": 10_000}, "}"], ["{}"]),
         "Its length is enough to know."),
        ("a-number-of-a-hundred-thousand-digits", "P5 P7",
         signed_recipe(None, [_OPEN, ',"x":', {"repeat": "9", "times": 100_000}, "}"]), "Its length is enough to know."),
        ("a-key-name-of-a-hundred-thousand-characters", "S14 P7",
         signed_recipe(['{"alg":"EdDSA","typ":"at+jwt","kid":"', {"repeat": "k", "times": 100_000}, '"}'], ["{}"]),
         "Its length is enough to know."),
        ("a-signature-of-a-megabyte", "P7", [pair(), ".", {"repeat": "AAAA", "times": 250_000}], "Its length is enough to know."),
        ("an-encrypted-token-of-a-megabyte", "P7 P10 P14", ["eyJhbGciOiJkaXIifQ..", {"repeat": "A", "times": 1_000_000}, "..A"],
         "Its length is enough to know."),
        ("an-opaque-token-of-a-megabyte", "P7 P15", [{"repeat": "a", "times": 1_000_000}], "Its length is enough to know."),
    ]  # fmt: skip
    for name, rules, recipe, why in large:
        theme.token(name, rules, recipe, LARGE, why, source)
    return theme
