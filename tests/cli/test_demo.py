"""`bearerguard demo`: real servers, real requests, an exit status that means something, and clean ends."""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Final

import httpx2
import pytest

from bearerguard.cli._console import OutputClosedError
from bearerguard.cli._demo_view import View
from bearerguard.cli._stage import Entry, Stage
from bearerguard.cli.demo import OFFERS, STEPS, Step, _interruptible, play
from bearerguard.errors import MalformedTokenError
from tests.cli.conftest import Cli, Outcome, console, finish, start, written

HELLO: Final = "/hello"
NO_TOKEN: Final = Step("no token", lambda _: None, 401, "token_missing")


def words(text: str) -> str:
    """A text however it was broken into lines."""
    return " ".join(text.split())


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


# ------------------------------------------------------------------------------------------------------------- the walk


@pytest.fixture(scope="module")
def walked() -> Outcome:
    """One run of the whole demo, as a program of its own, on a terminal of 80 columns and behind a proxy that is down."""
    proxy = "http://127.0.0.1:9"
    return finish(start("demo", "--once", COLUMNS="80", HTTP_PROXY=proxy, http_proxy=proxy, ALL_PROXY=proxy))


def test_once_succeeds_when_every_request_got_the_answer_and_the_reason_it_should(walked: Outcome) -> None:
    assert (walked.status, walked.err) == (0, "")
    assert re.search(
        rf"^All {len(STEPS)} requests got the answer and the reason they should", walked.out, re.MULTILINE
    )
    assert "✗" not in walked.out


def test_the_walk_is_the_one_that_was_promised() -> None:
    assert [(step.status, step.code) for step in STEPS] == [
        (401, "token_missing"),
        (200, None),
        (401, "token_expired"),
        (401, "signature_invalid"),
        (401, "audience_wrong"),
        (401, "token_type_wrong"),
        (401, "token_opaque"),
        (401, "key_unknown"),
        (403, "insufficient_scope"),
        (200, None),
        (200, None),
    ]


def test_each_request_is_a_row_of_the_table_in_order(walked: Outcome) -> None:
    rows = re.findall(
        r"^✓ (\d+) +.*?(200 OK|401 Unauthorized|403 Forbidden) +(\S+)", walked.out, re.MULTILINE
    )
    phrases = {200: "200 OK", 401: "401 Unauthorized", 403: "403 Forbidden"}
    assert rows == [
        (str(number), phrases[step.status], step.code or "accepted") for number, step in enumerate(STEPS, 1)
    ]


@pytest.mark.parametrize(
    "told",
    [
        "turn on", "'Issue JWT as", "'Bearer realm=\"api\"'"[1:-1], "error=\"invalid_token\",", "scope=\"orders:read\"",
        "does not ask again at once", "rotates its keys", "nobody listens at its address",
    ],
)  # fmt: skip
def test_the_table_shows_challenges_reasons_hints_and_what_happens_behind_the_scenes(
    walked: Outcome, told: str
) -> None:
    assert told in words(walked.out)


def test_the_table_fits_a_terminal_of_80_columns(walked: Outcome) -> None:
    assert max(map(len, walked.out.splitlines())) <= 80


def test_the_demo_never_shows_a_token_unless_it_is_to_be_pasted(walked: Outcome) -> None:
    assert "eyJ" not in walked.out


# ---------------------------------------------------------------------------------------------------- what counts as success


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (NO_TOKEN, 0),
        (Step("wrong status", lambda _: None, 403, "token_missing"), 1),
        (Step("wrong code", lambda _: None, 401, "token_expired"), 1),
        (Step("refused unasked", lambda _: None, 401), 1),
        (Step("let in", lambda _: None, 200), 1),
        (Step("no such path", lambda _: None, 200, path="/nowhere"), 1),
    ],
    ids=lambda value: value.name if isinstance(value, Step) else "",
)
def test_a_step_succeeds_only_with_both_the_status_and_the_reason_expected(step: Step, status: int) -> None:
    screen = console()
    assert play(Stage(), View(screen), once=True, steps=(NO_TOKEN, step)) == status
    verdict = written(screen).splitlines()[-1]
    if status:
        assert verdict == f"1 of 2 requests did not go as they should: {step.name}."
        assert f"expected: {step.status} {step.code or 'accepted'}" in words(written(screen))
    else:
        assert verdict.startswith("All 2 requests")


def test_a_server_that_does_not_answer_is_a_step_that_failed() -> None:
    screen = console()
    with Stage() as stage:
        url = stage.url
    # The stage is down: its client now knocks at a closed door.
    with httpx2.Client(base_url=url, trust_env=False) as stage._client:
        answer = stage.ask(HELLO, None)
    assert (answer.status, answer.reason) == (0, None)
    assert not NO_TOKEN.went_as_expected(answer)
    View(screen).step(1, NO_TOKEN, answer, went_well=False)
    assert "no answer: ConnectError" in written(screen)


def test_the_reason_is_the_guards_own_and_nothing_else_hears_of_it(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("bearerguard")
    before = (log.propagate, list(log.handlers))
    with Stage() as stage, caplog.at_level(logging.WARNING):
        answer = stage.ask(HELLO, stage.issuer.mint_opaque())
    assert isinstance(answer.reason, MalformedTokenError)
    assert (answer.reason.code, "Issue JWT" in answer.reason.hint) == ("token_opaque", True)
    assert not caplog.records
    assert (log.propagate, log.handlers) == before


def test_what_the_issuer_was_asked_is_seen_on_the_issuers_side() -> None:
    with Stage(cooldown=0.001) as stage:
        good = stage.ask(HELLO, stage.issuer.mint())
        again = stage.ask(HELLO, stage.issuer.mint())
        stage.stop_issuer()
        assert is_free(port_of(stage.issuer.url))
        held = stage.ask(HELLO, stage.issuer.mint())
        stage.start_issuer()
        stage.rotate()
        rotated = stage.ask(HELLO, stage.issuer.mint())
    assert [answer.status for answer in (good, again, held, rotated)] == [200, 200, 200, 200]
    assert [url.rpartition("/")[2] for url in good.asked] == ["openid-configuration", "jwks"]
    assert (again.asked, held.asked) == ((), ())
    assert [url.rpartition("/")[2] for url in rotated.asked] == ["jwks"]


# ------------------------------------------------------------------------------------------------------------------- ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("option", ["--port", "--issuer-port"])
def test_a_port_that_is_taken_is_one_sentence_and_status_2(cli: Cli, taken: int, option: str) -> None:
    done = cli("demo", "--once", option, str(taken))
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert f"127.0.0.1:{taken}" in done.err
    assert "take another port" in done.err or "name another port" in done.err


def test_when_one_port_is_taken_the_other_is_let_go_again(cli: Cli, taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free: int = server.getsockname()[1]
    assert cli("demo", "--once", "--issuer-port", str(free), "--port", str(taken)).status == 2
    assert is_free(free)


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_what_is_no_port_is_wrong_usage(cli: Cli, port: str) -> None:
    done = cli("demo", "--once", "--port", port)
    assert (done.status, done.out) == (2, "")
    assert "--port" in done.err


def test_the_ports_may_be_chosen() -> None:
    with contextlib.ExitStack() as held:
        ports = [
            held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)
        ]
    with Stage(*ports) as stage:
        assert (port_of(stage.url), port_of(stage.issuer.url)) == tuple(ports)
        assert stage.ask(HELLO, None).status == 401


# ------------------------------------------------------------------------------------------------------------- staying up


def pasted(line: str) -> httpx2.Response:
    """Do what a line of curl says."""
    program, include, url, *header = shlex.split(line)
    assert (program, include) == ("curl", "-i")
    headers = {}
    if header:
        option, value = header
        assert option == "-H"
        name, _, credential = value.partition(": ")
        headers[name] = credential
    return httpx2.get(url, headers=headers, trust_env=False)


def test_it_stays_up_with_lines_that_can_be_pasted_until_the_keyboard_ends_it() -> None:
    process = start("demo", COLUMNS="80")
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line.rstrip("\n"))
        if line.startswith("Ctrl-C"):
            break
    offered = {told[number - 1]: line for number, line in enumerate(told) if line.startswith("curl ")}
    assert list(offered) == [name for name, _, _ in OFFERS]
    statuses = {name: pasted(line).status_code for name, line in offered.items()}
    expected = {step.name: step.status for step in STEPS if step.status == 401}
    assert statuses == {
        "a good token, for eight hours": 200, "with the scope orders:read": 200, "without that scope": 403, **expected,
    }  # fmt: skip
    api, issuer = (
        re.search(rf"^  {name} +(\S+)", "\n".join(told), re.MULTILINE) for name in ("API", "issuer")
    )
    assert api is not None
    assert issuer is not None
    assert httpx2.get(f"{issuer[1]}/.well-known/openid-configuration", trust_env=False).status_code == 200
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert (done.status, done.err) == (0, "")
    journal = done.out.splitlines()
    assert "GET /hello 200" in journal
    assert "GET /hello 401 token_missing: the request has no Authorization header" in journal
    assert journal[-1] == "Stopped: both servers are down."
    assert is_free(port_of(api[1]))
    assert is_free(port_of(issuer[1]))


class Impatient(View):
    """A user who ends the demo, in one way or another, as soon as the lines to paste are there."""

    ending = signal.SIGTERM

    def offer(self, *arguments: object) -> None:
        super().offer(*arguments)  # type: ignore[arg-type]
        signal.raise_signal(self.ending)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("step", "status"), [(NO_TOKEN, 0), (Step("let in", lambda _: None, 200), 1)])
def test_being_told_to_stop_is_a_clean_end_whose_status_is_that_of_the_walk(
    ending: signal.Signals, step: Step, status: int
) -> None:
    screen = console()
    view = Impatient(screen)
    view.ending = ending
    stage = Stage()
    with _interruptible():
        assert play(stage, view, once=False, steps=(step,)) == status
    assert written(screen).endswith("Stopped: both servers are down.\n")
    assert is_free(port_of(stage.url))
    assert is_free(port_of(stage.issuer.url))


def test_signals_are_handled_as_before_once_the_demo_is_over() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with _interruptible():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_no_signal_is_touched() -> None:
    entered = []

    def enter() -> None:
        with _interruptible():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [signal.getsignal(signal.SIGTERM)]


def test_a_walk_that_was_interrupted_is_no_success() -> None:
    def interrupt(stage: Stage) -> str:
        raise KeyboardInterrupt

    stage = Stage()
    with pytest.raises(KeyboardInterrupt):
        play(stage, View(console()), once=True, steps=(Step("interrupted", interrupt, 200),))
    assert is_free(port_of(stage.url))
    assert is_free(port_of(stage.issuer.url))


def test_nobody_reading_the_journal_ends_it() -> None:
    stage = Stage()

    class Deaf(View):
        def offer(self, *arguments: object) -> None:
            assert stage.ask(HELLO, None).status == 401

        def entry(self, entry: Entry) -> None:
            raise OutputClosedError

    with pytest.raises(OutputClosedError):
        play(stage, Deaf(console()), once=False, steps=(NO_TOKEN,))
    assert is_free(port_of(stage.url))


def test_what_is_not_http_at_all_gets_an_answer_and_a_line_of_the_journal() -> None:
    heard: list[Entry] = []
    with Stage() as stage:
        stage.journal.listener = heard.append
        with socket.create_connection(("127.0.0.1", port_of(stage.url)), timeout=10) as connection:
            connection.sendall(b"\x16\x03\x01 \x1b[2J nonsense\r\n\r\n")
            answer = connection.recv(65_536)
        assert stage.ask(HELLO, None).status == 401
    assert b" 400 " in answer
    assert (heard[0].status, heard[0].reason) == (400, None)
    screen = console()
    View(screen).entry(heard[0])
    assert written(screen).strip().isprintable()
