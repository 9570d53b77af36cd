"""``bearerguard demo``: an issuer and a guarded API as real servers, a walk through good and bad requests, and then yours."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ._console import OutputClosedError, complain, out
from ._demo_view import View

if TYPE_CHECKING:
    from ._stage import Answer, Entry, Stage


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens behind the scenes before a request, said in a sentence."""

    sentence: str
    happen: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the walk, and what must come of it: ``code`` is the guard's reason, None if it lets the caller in."""

    name: str
    token: Callable[[Stage], str | None]
    status: int
    code: str | None = None
    path: str = "/hello"
    acts: tuple[Act, ...] = ()

    def went_as_expected(self, answer: Answer) -> bool:
        """Return whether both the status and the reason are the expected ones."""
        return (answer.status, answer.reason.code if answer.reason else None) == (self.status, self.code)


def _spoiled(name: str) -> Callable[[Stage], str]:
    return lambda stage: stage.issuer.spoil(name)


def _good(stage: Stage) -> str:
    return stage.issuer.mint()


_REST: Final = Act(
    "A second's wait: having looked for an unknown key, the guard does not ask again at once (10 s by default, 1 s here).",
    lambda stage: stage.rest(),
)
_ROTATE: Final = Act(
    "The issuer rotates its keys: a new one signs from now on.", lambda stage: stage.rotate()
)
_STOP: Final = Act("The issuer is stopped: nobody listens at its address.", lambda stage: stage.stop_issuer())

STEPS: Final = (
    Step("no token", lambda _: None, 401, "token_missing"),
    Step("a good token", _good, 200),
    Step("expired an hour ago", _spoiled("expired"), 401, "token_expired"),
    Step("tampered with", _spoiled("payload-tampered"), 401, "signature_invalid"),
    Step("for another audience", _spoiled("audience-wrong"), 401, "audience_wrong"),
    Step("an ID token", lambda stage: stage.issuer.mint_id_token(), 401, "token_type_wrong"),
    Step("an opaque token", lambda stage: stage.issuer.mint_opaque(), 401, "token_opaque"),
    Step("signed by an unknown key", _spoiled("kid-unknown"), 401, "key_unknown"),
    Step("good, but lacking a scope", _good, 403, "insufficient_scope", path="/orders"),
    Step("good, keys just rotated", _good, 200, acts=(_REST, _ROTATE)),
    Step("good, issuer stopped", _good, 200, acts=(_STOP,)),
)  # fmt: skip
"""The walk. The order matters: the last two change the world for whatever follows."""

OWN_LIFETIME: Final = 8 * 3_600

# What is offered for pasting: a name, the path, the token.
OFFERS: Final[tuple[tuple[str, str, Callable[[Stage], str | None]], ...]] = (
    ("a good token, for eight hours", "/hello", lambda stage: stage.issuer.mint(lifetime=OWN_LIFETIME)),
    ("with the scope orders:read", "/orders",
     lambda stage: stage.issuer.mint(scope="openid orders:read", lifetime=OWN_LIFETIME)),
    ("without that scope", "/orders", lambda stage: stage.issuer.mint(lifetime=OWN_LIFETIME)),
    *((step.name, step.path, step.token) for step in STEPS if step.status == 401),
)  # fmt: skip


def demo(
    once: Annotated[bool, typer.Option("--once", help="Walk through the requests and stop: exit status 0 only if each went as it should.")] = False,
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65_535, help="The API's port; 0 takes a free one.", show_default=False)] = 0,
    issuer_port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65_535, help="The issuer's port; 0 takes a free one.", show_default=False)] = 0,
) -> None:  # fmt: skip
    """Run a dev issuer and a guarded API on this machine, and send it good and bad requests.

    Then both stay up, with curl lines to paste, until Ctrl-C. Exit status 0: every request got the answer and the reason it
    should; 1: one did not; 2: a port is taken.
    """
    with _interruptible():
        try:
            from ._stage import Stage
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("flask", "werkzeug"):
                raise
            complain("the demo needs Flask, which is not installed: pip install 'bearerguard[demo]'")
            raise typer.Exit(2) from None
        raise typer.Exit(play(Stage(port, issuer_port), View(out()), once=once))


def play(stage: Stage, view: View, *, once: bool, steps: tuple[Step, ...] = STEPS) -> int:
    """Run the demo on a stage and return its exit status."""
    failed: list[Step] = []
    stopped = False
    with stage:
        try:
            view.welcome(stage.url, stage.issuer.url)
            began = time.monotonic()
            failed = walk(stage, view, steps)
            view.verdict(len(steps), [step.name for step in failed], time.monotonic() - began)
            if not once:
                _stay(stage, view)
        except KeyboardInterrupt:
            if once:
                raise  # a walk that was not finished proves nothing
            stage.journal.listener = None
            stopped = True
    if stopped:
        view.farewell()
    return 1 if failed else 0


def _stay(stage: Stage, view: View) -> None:
    """Offer lines to paste and write the journal, until interrupted or until nobody reads it."""
    unread = threading.Event()

    def write(entry: Entry) -> None:
        try:
            view.entry(entry)
        except OutputClosedError:
            unread.set()  # the request's own thread is not the one to end the program

    stage.start_issuer()
    stage.journal.listener = write
    view.offer(
        stage.url, stage.issuer.url, [(name, path, token(stage)) for name, path, token in OFFERS], _program()
    )
    unread.wait()
    raise OutputClosedError


def _program() -> str:
    """Return how this program is called from another terminal, whose path may lack it."""
    return (
        "bearerguard" if shutil.which("bearerguard") else f"{shlex.quote(sys.executable)} -m bearerguard.cli"
    )


def walk(stage: Stage, view: View, steps: tuple[Step, ...] = STEPS) -> list[Step]:
    """Send the requests, one after the other, and return the steps that did not go as they should."""
    failed = []
    for number, step in enumerate(steps, 1):
        for act in step.acts:
            view.act(act.sentence)
            act.happen(stage)
        answer = stage.ask(step.path, step.token(stage))
        if not (went_well := step.went_as_expected(answer)):
            failed.append(step)
        view.step(number, step, answer, went_well=went_well)
    return failed


@contextmanager
def _interruptible() -> Iterator[None]:
    """Make both Ctrl-C and a request to terminate a `KeyboardInterrupt`, even where a shell had Ctrl-C ignored."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    kept = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
