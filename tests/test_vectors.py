"""The attack corpus: every case of every kind through every door, and the corpus itself held to its own format."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest

from bearerguard import Policy
from bearerguard.algorithms import ALGORITHMS
from bearerguard.bearer import challenge, credential, refuse
from bearerguard.errors import (
    BearerguardError,
    ConfigurationError,
    DocumentError,
    KeysUnavailableError,
    UnknownKeyError,
)
from bearerguard.keyring import Fetch, Fetched, FetchFailed, KeyRing, located
from bearerguard.keys import KeySet, key_set
from bearerguard.limits import DEFAULT_LIMITS
from bearerguard.verified import Verified
from tests.vectors import corpus, run
from tests.vectors.schema import problems
from tools.vectors.rules import RULES

CASES: Final = {
    kind: list(corpus.cases(kind))
    for kind in ("token", "key_set", "discovery", "request", "challenge", "policy", "fetch")
}
EVERY: Final = [case for cases in CASES.values() for case in cases]


def of(kind: str) -> pytest.MarkDecorator:
    """A parameter for each case of a kind."""
    return pytest.mark.parametrize("case", CASES[kind], ids=[case["name"] for case in CASES[kind]])


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as loop:
        yield loop


@pytest.fixture(autouse=True)
def needs(request: pytest.FixtureRequest) -> None:
    """Leave out a case whose algorithm this machine's `cryptography` does not have."""
    case = getattr(request.node, "callspec", None) and request.node.callspec.params.get("case")
    if case and "ML-DSA" in case.get("needs", ()) and "ML-DSA-44" not in ALGORITHMS:
        pytest.skip("this version of cryptography has no ML-DSA")


# ---------------------------------------------------------------------------------------------------------------- tokens


@of("token")
def test_a_token_gets_its_verdict_at_every_door(case: corpus.Case, runner: asyncio.Runner) -> None:
    doors = run.Doors(case)
    raw = corpus.octets(case)
    texts: list[str | bytes] = [raw.decode(), raw]
    # Twice: what a verifier remembers of a token must change no verdict.
    for text in texts * 2:
        for door, verdict in doors.verdicts(text, case.get("scopes", ()), runner):
            assert run.code(verdict) == case["expected"], f"{door}: {verdict}"
            if isinstance(verdict, Verified):
                run.check_accepted(verdict, case.get("accepted", {}))
            else:
                run.check_refused(verdict, texts[0])  # type: ignore[arg-type]  # the first is the text
    for door, report in doors.reports(raw, runner):
        # A report is of the token: which scopes a route asks for is not its question.
        explained = run.ACCEPT if case["expected"] == "insufficient_scope" else case["expected"]
        assert (report.code or run.ACCEPT) == explained, f"{door} explains: {report}"
        run.check_report(report, raw.decode())


@pytest.mark.parametrize(
    "case", [case for case in CASES["token"] if "then" in case], ids=lambda case: case["name"]
)
def test_what_came_before_changes_no_later_verdict(case: corpus.Case, runner: asyncio.Runner) -> None:
    doors = run.Doors(case)
    for step in [case, *case["then"]]:
        doors.clock.now = step.get("now", doors.clock.now)
        text = step.get("token", case["token"])
        for door, verdict in doors.verdicts(text, step.get("scopes", case.get("scopes", ())), runner):
            assert run.code(verdict) == step["expected"], f"{door}: {verdict}"
            if isinstance(verdict, Verified):
                run.check_accepted(verdict, step.get("accepted", {}))


@pytest.mark.parametrize(
    "case", [case for case in CASES["token"] if "asked" in case], ids=lambda case: case["name"]
)
def test_nobody_is_asked_but_the_configured_issuer_and_only_when_a_key_could_help(
    case: corpus.Case, runner: asyncio.Runner
) -> None:
    for door in ("blocking", "waiting"):
        doors = run.Doors(case)
        try:
            outcome = getattr(doors, door).verify(case["token"])
            if asyncio.iscoroutine(outcome):
                runner.run(outcome)
        except BearerguardError:
            pass
        assert list(dict.fromkeys(doors.issuers.asked)) == case["asked"]


def test_one_verifier_that_has_seen_every_token_still_gives_each_its_verdict(runner: asyncio.Runner) -> None:
    plain = [
        case
        for case in CASES["token"]
        if not case.keys() & {"policy", "policies", "keys", "asked", "now", "recipe"}
    ]
    assert len(plain) > 300
    doors = run.Doors({})
    for case in [*plain, *reversed(plain)]:
        for door, verdict in doors.verdicts(case["token"], case.get("scopes", ()), runner):
            assert run.code(verdict) == case["expected"], f"{case['name']} at {door}: {verdict}"


def test_what_is_too_large_is_refused_for_its_size_and_nothing_else_is() -> None:
    for case in CASES["token"]:
        raw = corpus.octets(case)
        header = raw.partition(b".")[0]
        large = len(raw) > DEFAULT_LIMITS.token_bytes or len(header) * 3 // 4 > DEFAULT_LIMITS.header_bytes
        assert (case["expected"] == "token_too_large") == large, case["name"]


# ------------------------------------------------------------------------------------------------------------- documents


@of("key_set")
def test_a_key_set_yields_its_usable_keys(case: corpus.Case) -> None:
    expected = case["expected"]
    raw = corpus.octets(case)
    if expected == "document_invalid" or (isinstance(expected, list) and set(expected) == {"ignored"}):
        with pytest.raises(DocumentError) as refused:
            key_set(raw)
        assert str(refused.value).isprintable()
        return
    held = key_set(raw)
    if isinstance(expected, dict):
        assert len(held) == expected["usable"]
        return
    assert verdicts(held) == Counter(expected)
    for written, verdict in zip(case["members"], expected, strict=True):
        alone = {"keys": [corpus.member(written)]}
        if verdict == "ignored":
            with pytest.raises(DocumentError):
                key_set(json.dumps(alone).encode())
        else:
            assert verdicts(key_set(json.dumps(alone).encode())) == Counter([verdict])
            assert verdicts(key_set(alone)) == Counter([verdict]), "a mapping is read as its text is"


def verdicts(held: KeySet) -> Counter[str]:
    """How many keys of a set are usable, ignored, and used with a warning."""
    assert all(entry.reason and entry.reason.isprintable() for entry in held.ignored)
    warned = sum(entry.used for entry in held.ignored)
    found = Counter(usable=len(held) - warned, warned=warned, ignored=len(held.ignored) - warned)
    return +found


@of("discovery")
def test_a_discovery_document_leads_to_the_keys_or_nowhere(case: corpus.Case) -> None:
    raw = corpus.octets(case)
    if case["expected"] == "document_invalid":
        with pytest.raises(DocumentError) as refused:
            located(raw, case["issuer"])
        assert str(refused.value).isprintable()
    else:
        assert located(raw, case["issuer"]) == case["expected"]["jwks_uri"]


# ----------------------------------------------------------------------------------------------------------------- doors


@of("request")
def test_a_request_carries_one_credential_or_is_refused(case: corpus.Case) -> None:
    expected = case["expected"]
    if "token" in expected:
        assert credential(case["authorization"]) == expected["token"]
        return
    with pytest.raises(BearerguardError) as refused:
        credential(case["authorization"])
    assert (refused.value.code, refuse(refused.value).status) == (expected["error"], expected["status"])
    assert not any(
        value.strip() and value.strip() in repr(vars(refused.value))
        for value in case["authorization"]
        if len(value) > 9
    )


@pytest.mark.parametrize(
    "case",
    [case for case in CASES["request"] if case.keys() & {"query", "form", "cookie"}],
    ids=lambda case: case["name"],
)
def test_a_good_token_elsewhere_in_a_request_opens_nothing(case: corpus.Case) -> None:
    flask = pytest.importorskip("flask")
    from bearerguard.integrations.flask import BearerGuard

    doors = run.Doors({})
    token = next(
        other["token"] for other in CASES["token"] if other["name"] == "a-signature-under-its-own-name"
    )
    app = flask.Flask(__name__)

    view = BearerGuard(verifier=doors.blocking).required()(lambda: "opened")
    app.add_url_rule("/", view_func=view, endpoint="opened", methods=["GET", "POST"])
    client = app.test_client()
    assert client.get("/", headers={"Authorization": f"Bearer {token}"}).text == "opened"
    places = {name: case.get(name, "").replace("$TOKEN", token) for name in ("query", "form", "cookie")}
    headers = [("Authorization", value) for value in case["authorization"]]
    if places["cookie"]:
        headers.append(("Cookie", places["cookie"]))
    answer = client.post(
        "/",
        query_string=places["query"],
        data=places["form"],
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )
    assert answer.status_code == case["expected"]["status"]
    assert token not in answer.text


@of("challenge")
def test_a_refusal_says_what_it_may(case: corpus.Case) -> None:
    expected = case["expected"]
    if "parameters" in case:
        assert challenge(case["parameters"]) == expected["header"]
        return
    kind = next(kind for kind in errors(BearerguardError) if case["error"] in kind.codes)
    refusal = refuse(
        kind("the reason, which is for the log", code=case["error"]),
        scopes=case.get("scopes", ()),
        max_age=case.get("max_age"),
    )
    assert refusal.status == expected["status"]
    assert dict(refusal.headers).get("WWW-Authenticate") == expected["header"]
    assert "the reason" not in repr((refusal.headers, refusal.body))


def errors(kind: type[BearerguardError]) -> Iterator[type[BearerguardError]]:
    """An error and all below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from errors(child)


@of("policy")
def test_a_policy_is_made_or_refused(case: corpus.Case) -> None:
    settings, expected = run.settings(case["settings"]), case["expected"]
    if expected == run.ACCEPT:
        Policy(**settings)
    elif expected == "no_such_setting":
        with pytest.raises(TypeError):
            Policy(**settings)
    else:
        with pytest.raises(ConfigurationError) as refused:
            Policy(**settings)
        assert refused.value.code == expected


# -------------------------------------------------------------------------------------------------------------- fetching


@of("fetch")
def test_the_issuer_is_asked_when_and_where_it_should_be(case: corpus.Case) -> None:
    offline = case.get("offline")
    policy = Policy(**{"audience": "https://api.example", **case["policy"]})
    ring = KeyRing(policy, keys=None if offline is None else corpus.key_set(offline))
    now, asked = 0.0, None
    for number, step in enumerate(case["steps"]):
        at = f"step {number + 1}, {now} s"
        if "advance" in step:
            now += step["advance"]
        elif "state" in step:
            assert ring.state(now) == step["state"], at
        elif "answer" in step:
            assert asked is not None, f"{at}: nobody has asked"
            ring.accept(asked, answer(asked, step["answer"]), now)
        else:
            verdict, question = asked_of(ring, step, now)
            assert verdict == step["expected"], at
            asked = question or asked


def asked_of(ring: KeyRing, step: dict[str, Any], now: float) -> tuple[Any, Fetch | None]:
    """What the ring says to a token or to the refresher, as the corpus writes it; and its question, if it has one."""
    try:
        said = ring.due(now) if "due" in step else ring.look(step.get("alg", "EdDSA"), step["look"], now)
    except UnknownKeyError as error:
        return error.code, None
    except KeysUnavailableError as error:
        assert error.retry_after == pytest.approx(step.get("retry_after", error.retry_after))
        return error.code, None
    if said is None:
        return None, None
    if isinstance(said, Fetch):
        return said.url, said
    return [key.kid for key in said], None


def answer(asked: Fetch, written: dict[str, Any]) -> Fetched | FetchFailed:
    """How a question went."""
    if "failed" in written:
        return FetchFailed(asked.url, written["failed"], written.get("retry_after"))
    return Fetched(asked.url, written["status"], corpus.octets(written), written.get("headers", {}))


# ------------------------------------------------------------------------------------------------------ the corpus itself


@pytest.mark.parametrize("name", corpus.themes())
def test_a_file_of_the_corpus_has_the_format_it_promises(name: str) -> None:
    theme = corpus.themes()[name]
    assert theme["theme"] == name
    assert list(problems(theme, corpus.SCHEMA, corpus.SCHEMA)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        {"name": "Not A Name"}, {"rules": []}, {"rules": ["X1"]}, {"expected": "refused"}, {"why": "no full stop"}, {"source": "me"},
        {"token": 1}, {"recipe": ["x"]}, {"unknown": 1}, {"now": "soon"}, {"then": [{}]}, {"accepted": {"admin": True}},
    ],
    ids=lambda spoil: next(iter(spoil)),
)  # fmt: skip
def test_the_format_refuses_what_it_does_not_know(spoil: dict[str, Any]) -> None:
    theme = corpus.themes()["dates"]
    spoiled = {**theme, "cases": [{**theme["cases"][0], **spoil}]}
    assert list(problems(spoiled, corpus.SCHEMA, corpus.SCHEMA))


def test_a_name_is_given_once_and_every_rule_has_its_cases() -> None:
    assert [name for name, count in Counter(case["name"] for case in EVERY).items() if count > 1] == []
    told = {rule for case in EVERY for rule in case["rules"]}
    assert told == set(RULES)


def test_there_are_as_many_cases_as_were_promised_and_many_must_be_accepted() -> None:
    assert len(EVERY) >= 450
    assert sum(case["expected"] == run.ACCEPT for case in CASES["token"]) >= 60


def test_a_case_that_must_be_refused_and_says_what_it_accepts_is_a_slip() -> None:
    for case in CASES["token"]:
        assert case["expected"] == run.ACCEPT or "accepted" not in case, case["name"]


def test_the_readme_tells_every_code_that_a_case_expects() -> None:
    readme = (corpus.HERE / "README.md").read_text(encoding="utf-8")
    codes = {
        code for case in EVERY for code in re.findall(r'"([a-z]+_[a-z_]+)"', json.dumps(case.get("expected")))
    }
    codes -= {"jwks_uri"}
    assert [code for code in sorted(codes) if f"`{code}`" not in readme] == []


def test_the_keys_say_that_they_are_published() -> None:
    text = (corpus.HERE / "keys" / "test-keys.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "notice": "PUBLISHED TEST KEYS.')


def test_writing_the_corpus_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip(
        "cryptography.hazmat.primitives.asymmetric.mldsa", reason="the corpus is written with ML-DSA at hand"
    )
    from tools import make_vectors

    assert make_vectors.main(["--check"]) == 0, (
        f"run `python tools/make_vectors.py`\n{capsys.readouterr().out}"
    )
