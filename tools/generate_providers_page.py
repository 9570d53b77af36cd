"""Write docs/reference/providers.md from the table of providers: `make docs`. A test compares the page with what this renders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bearerguard.keyring import discovery_urls
from bearerguard.policy import ANY_TYPE, PRESENT, ClaimPath, CustomCheck, Policy
from bearerguard.providers import PROVIDERS, Provider
from bearerguard.providers._provider import Absent, OneOf, Present

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "providers.md"

HEAD = """\
# Providers

<!-- Generated from src/bearerguard/providers/ by `make docs`; a test compares. Change the code, not this page. -->

What the access tokens of well-known providers really look like, and what the functions of `bearerguard.providers` make of it.
How they are used is in [choose a provider](../how-to/providers.md). Every other issuer that follows the standards needs no row:
`Policy(issuer, audience)` is enough.

A keyword of `Policy` given to a function wins over its row, `issuer=` included; only `required_claims` and `checks` are added
to the row's own, so that a rule of yours never removes the evidence by which a row tells an access token from an ID token.

Each row says what was read and when. What could not be confirmed there is listed as *not verified*, and the stricter form was
chosen: a token that differs is refused, with a reason that `explain` shows.

"""

FACTS = (
    ("Issuer", "issuer"),
    ("Audience", "audience"),
    ("`typ`", "typ"),
    ("Scopes", "scopes"),
    ("Roles", "roles"),
    ("Client", "client"),
    ("Keys", "keys"),
    ("Evidence", "evidence"),
)


def render() -> str:
    """Return the whole page."""
    parts = [HEAD + "| provider | function | accepts | told from its other tokens by |\n|---|---|---|---|"]
    parts += [
        f"| [{row.title}](#{anchor(row)}) | `{row.name}` | {row.accepts} | {row.evidence} |"
        for row in PROVIDERS.values()
    ]
    parts.append("")
    for row in PROVIDERS.values():
        parts += section(row)
    return "\n".join(parts)


def section(row: Provider) -> list[str]:
    """Return the lines about one provider."""
    call = f"{row.name}({', '.join(repr(argument) for argument in row.example)})".replace("'", '"')
    lines = [f"## {row.title}", "", "| what | where and how |", "|---|---|"]
    lines += [f"| {title} | {getattr(row, name)} |" for title, name in FACTS]
    lines += ["", *(f"- {quirk}" for quirk in row.quirks), ""]
    lines += [f"`{call}` fills a policy with", "", "| setting | value |", "|---|---|"]
    lines += [f"| `{name}` | {value} |" for name, value in filled(row.policy(*row.example))]
    lines += ["", f"Read: {'; '.join(row.sources)}.", ""]
    if row.unverified:
        lines += ["Not verified:", "", *(f"- {sentence}" for sentence in row.unverified), ""]
    return lines


def filled(policy: Policy) -> Iterable[tuple[str, str]]:
    """Return a policy's settings as a reader wants them: as they were resolved, without those that say nothing."""
    settings = policy.settings
    yield "issuer", code(policy.issuer)
    yield "audience", f"{words(settings.audiences or ())} in `{settings.audience_claim}`"
    yield "algorithms", words(settings.algorithms)
    yield "token_type", "`ANY_TYPE`" if policy.token_type is ANY_TYPE else code(str(policy.token_type))
    yield "scope_claim", " or ".join(map(code, settings.scope_claim))
    yield "client_id_claim", " or ".join(map(code, settings.client_id_claim))
    if policy.roles_claim is not None:
        yield "roles_claim", place(policy.roles_claim)
    for name, value in settings.required:
        yield "required_claims", f"`{name}`: {'present' if value is PRESENT else code(value)}"
    for check in settings.checks:
        yield "checks", evidence(check)
    user = policy.user_claims
    for name in ("is_verified", "is_anonymous", "can_reauthenticate"):
        if (found := getattr(user, name)) is not None:
            yield f"user_claims.{name}", place(found)
    if policy.jwks_uri is None:
        yield "metadata at", code(discovery_urls(policy)[0])
    else:
        yield "jwks_uri", code(policy.jwks_uri)


def evidence(check: CustomCheck) -> str:
    """Return what a row's check asks of a token."""
    if isinstance(check, OneOf):
        allowed = (code(value) if value is not None else "absent" for value in check.allowed)
        return f"`{'.'.join(check.path)}` is {' or '.join(allowed)}"
    assert isinstance(check, (Present, Absent)), check
    return f"{words(check.names)}: {'present' if isinstance(check, Present) else 'absent'}"


def anchor(row: Provider) -> str:
    """Return the fragment under which a heading is found."""
    return row.title.lower().replace(" ", "-")


def code(value: object) -> str:
    """Return a value as code."""
    return f"`{value}`"


def words(values: Iterable[str]) -> str:
    """Return values as code, in one order."""
    return ", ".join(map(code, sorted(values)))


def place(path: ClaimPath) -> str:
    """Return where a claim stands, as a path is written in a policy."""
    return code(path if isinstance(path, str) else repr(path))


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parent.parent.parent)}")
