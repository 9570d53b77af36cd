"""``bearerguard verify``: would an API with this policy accept this token, and if not, why?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from time import time as wall_clock
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import BearerguardError, ConfigurationError, TokenError
from ..policy import ANY_TYPE, Policy
from ..providers import authgear
from ..report import Report
from ..verified import Verified
from ..verifier import Verifier
from ._console import complain, members, out, plain, print_json
from ._token import read_token

ACCEPTED, REFUSED, UNDECIDED = 0, 1, 2


class Provider(StrEnum):
    """The providers whose tokens' shape need not be spelled out."""

    AUTHGEAR = "authgear"


_PROVIDERS: Final[dict[Provider, Callable[..., Policy]]] = {Provider.AUTHGEAR: authgear}
_MARKS: Final = {"passed": ("ok", "green"), "failed": ("NO", "bold red"), "not reached": ("--", "dim")}


def verify(
    context: typer.Context,
    token: Annotated[str | None, typer.Argument(metavar="TOKEN", help="The token; without one, or with '-', it is read from the standard input.", show_default=False)] = None,
    issuer: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="BEARERGUARD_ISSUER", help="Whose tokens are accepted: the exact 'iss'."),
    ] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option(metavar="AUD", envvar="BEARERGUARD_AUDIENCE", help="What the token must be for: a member of 'aud'. Repeat it to name several."),
    ] = None,
    provider: Annotated[
        Provider | None, typer.Option(metavar="NAME", help="Fill in what this provider's tokens look like: authgear, whose audience is its issuer unless named.")
    ] = None,
    jwks: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The issuer's keys, as a JWK Set: nothing is fetched."),
    ] = None,
    discovery_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the issuer's metadata is, if not at its well-known address.")
    ] = None,
    jwks_uri: Annotated[str | None, typer.Option(metavar="URL", help="Where the issuer's keys are: no discovery.")] = None,
    token_type: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="The required 'typ', at+jwt unless said otherwise; 'any' takes at+jwt, JWT and none.")
    ] = None,
    leeway: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How far the clocks may differ: 0 to 300, 30 unless said otherwise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show every check, also those after the first failure.")] = False,
) -> None:  # fmt: skip
    """Verify an access token against an issuer and an audience.

    Prints the claims, or the reason; never the token. Exit status 0: accepted; 1: refused; 2: it could not be decided (the
    issuer's keys cannot be had) or the settings make no sense.
    """
    now = wall_clock()  # one instant for the verdict, the report and the words about dates
    try:
        policy = _policy(issuer, audience or (), provider, token_type, leeway, discovery_url, jwks_uri)
        verifier = Verifier(policy, keys=_read(jwks), clock=lambda: now)
        credential = read_token(token, context.args)
    except ConfigurationError as error:
        if not as_json:
            raise
        print_json({"ok": False, "code": error.code, "detail": error.detail})
        raise typer.Exit(UNDECIDED) from None
    verified: Verified | None = None
    problem: BearerguardError | None = None
    with verifier:
        try:
            verified = verifier.verify(credential)
        except BearerguardError as error:
            problem = error
        report = verifier.explain(credential) if explain or (as_json and problem) else None
    if as_json:
        print_json(_for_programs(verified, problem, report))
    else:
        _for_people(out(), verified, problem, report if explain else None, now)
    if problem is not None:
        raise typer.Exit(REFUSED if isinstance(problem, TokenError) else UNDECIDED)


def _policy(
    issuer: str | None,
    audience: list[str] | tuple[()],
    provider: Provider | None,
    token_type: str | None,
    leeway: float | None,
    discovery_url: str | None,
    jwks_uri: str | None,
) -> Policy:
    if not issuer:
        raise ConfigurationError(
            "whose tokens are accepted? Name the issuer: --issuer https://id.example.com (or BEARERGUARD_ISSUER).",
            code="configuration_issuer",
        )
    given: dict[str, Any] = {
        "token_type": ANY_TYPE if token_type == "any" else token_type,
        "leeway": leeway,
        "discovery_url": discovery_url,
        "jwks_uri": jwks_uri,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    if provider is not None:
        return _PROVIDERS[provider](issuer, audience=list(audience) or None, **settings)
    if not audience:
        raise ConfigurationError(
            "whom is the token for? Name this API as the issuer knows it: --audience https://api.example.com (or "
            "BEARERGUARD_AUDIENCE). Without it any token that the issuer ever signed would do.",
            code="configuration_audience",
        )
    return Policy(issuer, audience, **settings)


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the key set (--jwks) cannot be read: {error.strerror}.", code="configuration_keys"
        ) from None


def _for_programs(
    verified: Verified | None, problem: BearerguardError | None, report: Report | None
) -> Mapping[str, Any]:
    answer: dict[str, Any] = {"ok": problem is None, "code": None if problem is None else problem.code}
    if problem is not None:
        answer |= {"detail": problem.detail, "hint": problem.hint}
    if verified is not None:
        answer["claims"] = dict(verified)
    if report is not None:
        answer["checks"] = report.as_dict()["checks"]
    return answer


def _for_people(
    console: Console,
    verified: Verified | None,
    problem: BearerguardError | None,
    report: Report | None,
    now: float,
) -> None:
    if problem is None:
        console.print(Text("accepted", "bold green"))
    else:
        refused = isinstance(problem, TokenError)
        verdict = Text("refused: " if refused else "undecided: ", "bold red" if refused else "bold yellow")
        console.print(verdict.append(problem.code), soft_wrap=True)
        console.print(plain(problem.detail))
        if problem.hint and report is None:
            console.print(Text("Hint: ", "yellow").append(plain(problem.hint), "default"))
    if report is not None:
        console.print()
        console.print(_checks(report))
    if verified is not None:
        console.print()
        console.print(members(verified, now))
    elif report is None and problem is not None and isinstance(problem, TokenError):
        complain("--explain shows every check.", prefix="")


def _checks(report: Report) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_column(overflow="fold")
    width = 2 + max(len(check.standard) for check in report.checks)
    for check in report.checks:
        mark, style = _MARKS[check.outcome]
        words = Text(f"{check.standard:<{width}}", "dim")
        if check.outcome == "passed":
            words.append(plain(check.received), "not dim")
        else:
            for label, text in (
                ("", check.detail),
                ("expected ", check.expected),
                ("received ", check.received),
                ("hint: ", check.hint),
            ):
                if text:
                    words.append(f"\n{label}", "dim").append(plain(text), "not dim")
        table.add_row(Text(mark, style), Text(check.name, "bold" if mark == "NO" else ""), words)
    return table
