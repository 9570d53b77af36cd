"""How the demo looks: a table that grows a row a request, lines to paste, and the journal while it stays up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ._console import plain

if TYPE_CHECKING:
    from ._stage import Answer, Entry
    from .demo import Step

_WIDEST: Final = 120
_STYLES: Final = {2: "bold green", 4: "bold yellow"}


class View:
    """Writes the demo to a console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        width = min(console.width, _WIDEST)
        rest = max(width - 10, 12)  # the number, and two spaces after each of three columns
        self._request = rest * 24 // 100
        self._answer = (rest - self._request) // 2
        self._reason = rest - self._request - self._answer
        self._rule_width = min(rest + 10, console.width)
        plainly = console.options.ascii_only
        self._marks = ("ok", "NO") if plainly else ("✓", "✗")
        self._line = "-" if plainly else "─"

    def welcome(self, url: str, issuer_url: str) -> None:
        """Say what runs where, and begin the table."""
        write = self._console.print
        write(Text("bearerguard demo", "bold"))
        write("Real servers, real HTTP requests; each reason is from the guard's own log.\n")
        write(Text(f"  issuer  {issuer_url}  ").append("its metadata and its keys", "dim"))
        write(Text(f"  API     {url}  ").append("GET /hello; GET /orders (scope orders:read)", "dim"))
        write()
        self._row(*(Text(title, "bold") for title in ("#", "request", "answer, challenge", "reason")))
        self._rule("default")

    def act(self, sentence: str) -> None:
        """Say what happens behind the scenes before the next request."""
        self._console.print(Padding(Text(sentence, "italic cyan"), (0, 0, 0, 6)))

    def step(self, number: int, step: Step, answer: Answer, *, went_well: bool) -> None:
        """Write the row of one request."""
        mark = Text(f"{self._marks[not went_well]} {number}", "green" if went_well else "bold red")
        request = Text(step.name, "bold").append(f"\nGET {step.path}", "not bold dim")
        self._row(mark, request, _answer(answer), _reason(step, answer, went_well))
        self._rule("dim")

    def verdict(self, steps: int, failed: Sequence[str], seconds: float) -> None:
        """Say how the walk went, and name what did not go well."""
        if failed:
            sentence = f"{len(failed)} of {steps} requests did not go as they should: {', '.join(failed)}."
            self._console.print(Text(sentence, "bold red"))
        else:
            sentence = f"All {steps} requests got the answer and the reason they should, in {seconds:.1f} s."
            self._console.print(Text(sentence, "bold green"))

    def offer(
        self, url: str, issuer_url: str, offers: Sequence[tuple[str, str, str | None]], program: str
    ) -> None:
        """Write lines to paste: each whole, however long, so that the terminal may fold it but a copy is one line."""
        write = self._console.print
        write("\nBoth servers stay up. Paste a line into another terminal:\n")
        for name, path, token in offers:
            header = "" if token is None else f" -H 'Authorization: Bearer {token}'"
            write(Text(name, "bold"))
            write(f"curl -i {url}{path}{header}\n", soft_wrap=True)
        write("Each check of any of these tokens, one by one (it asks for the token):\n")
        write(f"{program} verify --explain --provider authgear --issuer {issuer_url}\n", soft_wrap=True)
        write(
            Text("Ctrl-C stops everything.", "bold").append(
                " Until then, what the API answers:\n", "not bold"
            )
        )

    def entry(self, entry: Entry) -> None:
        """Write one line of the journal."""
        line = Text(f"{entry.method} {plain(entry.path)} ").append(str(entry.status), _style(entry.status))
        if entry.reason is not None:
            line.append(f" {plain(str(entry.reason))}", "dim")
        self._console.print(line, soft_wrap=True)

    def farewell(self) -> None:
        """Say that it is over."""
        self._console.print("\nStopped: both servers are down.")

    def _row(self, *cells: Text) -> None:
        row = Table.grid(padding=(0, 2, 0, 0))
        for width in (4, self._request, self._answer, self._reason):
            row.add_column(width=width, overflow="fold")
        row.add_row(*cells)
        self._console.print(row)

    def _rule(self, style: str) -> None:
        self._console.print(Text(self._line * self._rule_width, style))


def _answer(answer: Answer) -> Text:
    if not answer.status:
        return Text(f"no answer: {answer.body}", "bold red")
    words = Text(f"{answer.status} {HTTPStatus(answer.status).phrase}", _style(answer.status))
    return words.append(f"\n{plain(answer.challenge or _spaced(answer.body))}", "not bold default")


def _spaced(body: str) -> str:
    """Write JSON with spaces, so that a narrow column can break it between words."""
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return body


def _reason(step: Step, answer: Answer, went_well: bool) -> Text:
    words = Text()
    if answer.reason is not None:
        words.append(answer.reason.code, "bold").append(f"\n{plain(answer.reason.detail)}")
        if answer.reason.hint:
            words.append("\nHint: ", "yellow").append(plain(answer.reason.hint))
    elif answer.status == HTTPStatus.OK:
        words.append("accepted", "bold")
    if answer.asked:
        words.append(f"\nThe issuer was asked for {' and '.join(map(_last_part, answer.asked))}.", "cyan")
    elif answer.status == HTTPStatus.OK:
        words.append("\nThe issuer was not asked: its keys are held.", "cyan")
    if not went_well:
        words.append(f"\nexpected: {step.status} {step.code or 'accepted'}", "bold red")
    return words


def _last_part(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def _style(status: int) -> str:
    return _STYLES.get(status // 100, "bold red")
