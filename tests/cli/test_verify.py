"""`bearerguard verify`: the verdict of the library, its reason, and an exit status for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bearerguard import Policy, Verifier
from bearerguard.issuer import SPOILS, DevIssuer, IssuerServer, Spoil
from tests.cli.conftest import Cli, Outcome
from tests.conftest import Clock

API = "https://api.example.com"


@pytest.fixture(scope="module")
def served() -> Iterator[IssuerServer]:
    with IssuerServer() as server:
        yield server


@pytest.fixture
def verify(cli: Cli, issuer: DevIssuer, jwks: str, frozen: Clock) -> Cli:
    """Run `bearerguard verify` offline, with settings that accept the issuer's tokens for this API."""

    def run(*arguments: str, stdin: bytes = b"") -> Outcome:
        settings = ("--issuer", issuer.url, "--audience", API, "--jwks", jwks)
        return cli("verify", *settings, *arguments, stdin=stdin)

    return run


# ------------------------------------------------------------------------------------------------------------- the verdict


def test_a_good_token_is_accepted_and_its_claims_are_shown_with_dates_in_words(
    verify: Cli, issuer: DevIssuer
) -> None:
    done = verify(issuer.mint(audience=API, scope="openid orders:read"))
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "accepted"
    assert 'sub        "alice"' in lines
    assert 'scope      "openid orders:read"' in lines
    assert "exp        1767227400  2026-01-01 00:30:00 UTC, expires in 30 min" in lines
    assert "iat        1767225600  2026-01-01 00:00:00 UTC, issued 0 s ago" in lines
    assert not done.err


def test_a_wrong_token_is_refused_with_its_code_its_reason_and_its_hint(
    verify: Cli, issuer: DevIssuer
) -> None:
    done = verify(issuer.mint_opaque())
    assert done.status == 1
    code, reason, *hint = done.out.splitlines()
    assert code == "refused: token_opaque"
    assert reason == "the token has no dots: it is opaque, not a JWT"
    assert "Hint: " in hint[0]
    assert "turn on 'Issue JWT as access token'" in " ".join(" ".join(hint).split())


def test_just_enough_leeway_accepts(verify: Cli, issuer: DevIssuer, frozen: Clock) -> None:
    token = issuer.mint(audience=API, lifetime=60)
    frozen.advance(60 + 9)
    assert verify("--leeway", "10", token).status == 0


def test_just_too_little_leeway_refuses(verify: Cli, issuer: DevIssuer, frozen: Clock) -> None:
    token = issuer.mint(audience=API, lifetime=60)
    frozen.advance(60 + 10)
    done = verify("--leeway", "10", token)
    assert (done.status, done.out.splitlines()[0]) == (1, "refused: token_expired")


@pytest.mark.parametrize("row", SPOILS, ids=lambda row: row.name)
def test_every_wrong_token_is_refused_with_its_own_code_and_never_printed(
    verify: Cli, issuer: DevIssuer, row: Spoil
) -> None:
    token = issuer.spoil(row.name, audience=API)
    # The library's default accepts any asymmetric algorithm; the rows are about the issuer's own, RS256.
    done = verify("--provider", "authgear", "--json", token)
    answer = json.loads(done.out)
    assert (done.status, answer["ok"], answer["code"]) == (1, False, row.code)
    assert not [part for part in token.split(".") if len(part) > 20 and part in done.out + done.err]


@pytest.mark.parametrize("options", [(), ("--explain",), ("--json",), ("--json", "--explain")])
@pytest.mark.parametrize("name", [None, "audience-wrong", "payload-tampered", "opaque-token", "part-extra"])
def test_the_token_is_never_printed_in_any_form_of_the_answer(
    verify: Cli, issuer: DevIssuer, name: str | None, options: tuple[str, ...]
) -> None:
    token = issuer.mint(audience=API) if name is None else issuer.spoil(name, audience=API)
    done = verify(*options, token)
    assert done.status == (0 if name is None else 1)
    assert not [part for part in token.split(".") if part and part in done.out + done.err]


# ------------------------------------------------------------------------------------------------------- for programs


def test_json_of_a_good_token_holds_the_claims(verify: Cli, issuer: DevIssuer) -> None:
    answer = json.loads(verify("--json", issuer.mint(audience=API)).out)
    assert (answer["ok"], answer["code"]) == (True, None)
    assert answer["claims"]["sub"] == "alice"
    assert "checks" not in answer


def test_json_of_a_refusal_holds_every_check(verify: Cli, issuer: DevIssuer, frozen: Clock) -> None:
    token = issuer.mint(audience=API)
    frozen.advance(3_600)
    answer = json.loads(verify("--json", token).out)
    assert (answer["ok"], answer["code"]) == (False, "token_expired")
    assert answer["detail"] == "the token expired 1800 s ago, leeway is 30 s"
    assert "claims" not in answer
    assert [check["name"] for check in answer["checks"] if check["outcome"] == "failed"] == ["expiry"]


def test_json_of_an_outage_says_that_it_is_not_the_tokens_fault(cli: Cli, served: IssuerServer) -> None:
    gone = IssuerServer().start()
    gone.stop()
    done = cli("verify", "--issuer", gone.url, "--provider", "authgear", "--json", gone.issuer.mint())
    assert (done.status, json.loads(done.out)["code"]) == (2, "keys_unavailable")


def test_json_of_settings_that_make_no_sense_is_json_too(cli: Cli) -> None:
    done = cli("verify", "--issuer", "http://id.example.com", "--audience", API, "--json", "x")
    assert (done.status, json.loads(done.out)["code"]) == (2, "configuration_issuer")


def test_explain_shows_every_check_of_the_report_in_order(
    verify: Cli, issuer: DevIssuer, jwks: str, frozen: Clock
) -> None:
    token = issuer.spoil("audience-wrong", audience=API)
    report = Verifier(
        Policy(issuer.url, API), keys=Path(jwks).read_bytes(), clock=frozen.wall
    ).explain(token)  # fmt: skip
    done = verify("--explain", token)
    marks = {"passed": "ok", "failed": "NO", "not reached": "--"}
    told = [line for line in done.out.splitlines() if line[:4] in ("ok  ", "NO  ", "--  ")]
    assert len(told) == len(report.checks)
    for line, check in zip(told, report.checks, strict=True):
        assert line.split("  ")[:2] == [marks[check.outcome], check.name]
        assert check.standard in line
    assert "expected" in done.out
    assert "received" in done.out


def test_explain_of_a_good_token_shows_the_claims_too(verify: Cli, issuer: DevIssuer) -> None:
    done = verify("--explain", issuer.mint(audience=API))
    assert "ok  signature" in done.out
    assert 'sub        "alice"' in done.out


# --------------------------------------------------------------------------------------------------- settings


def test_keys_are_found_by_discovery_over_http(cli: Cli, served: IssuerServer) -> None:
    done = cli("verify", "--issuer", served.url, "--audience", served.url, served.issuer.mint())
    assert (done.status, done.out.splitlines()[0]) == (0, "accepted")


def test_the_location_of_the_keys_may_be_given(cli: Cli, served: IssuerServer) -> None:
    minted = DevIssuer("https://id.example.com")
    served_elsewhere = (
        "--jwks-uri", f"{served.url}/oauth2/jwks", "--issuer", "https://id.example.com", "--audience", API,
    )  # fmt: skip
    done = cli("verify", *served_elsewhere, minted.mint(audience=API))
    assert done.out.splitlines()[0] == "refused: key_unknown"
    token = served.issuer.mint(audience=API, claims={"iss": "https://id.example.com"})
    assert cli("verify", *served_elsewhere, token).status == 0


def test_the_metadata_may_be_elsewhere_but_names_its_own_issuer(cli: Cli, served: IssuerServer) -> None:
    done = cli(
        "verify", "--issuer", "https://id.example.com", "--audience", API,
        "--discovery-url", f"{served.url}/.well-known/openid-configuration",
        served.issuer.mint(audience=API, claims={"iss": "https://id.example.com"}),
    )  # fmt: skip
    assert (done.status, done.out.splitlines()[0]) == (2, "undecided: keys_unavailable")
    assert "the discovery document's issuer is" in " ".join(done.out.split())


def test_an_issuer_that_cannot_be_reached_leaves_it_undecided(cli: Cli) -> None:
    gone = IssuerServer().start()
    gone.stop()
    done = cli("verify", "--issuer", gone.url, "--audience", gone.url, gone.issuer.mint())
    assert (done.status, done.out.splitlines()[0]) == (2, "undecided: keys_unavailable")


@pytest.mark.parametrize(
    ("header", "options", "status"),
    [
        ({"typ": "at+jwt"}, (), 0),
        ({"typ": "JWT"}, (), 1),
        ({"typ": "JWT"}, ("--type", "JWT"), 0),
        ({"typ": "JWT"}, ("--type", "any"), 0),
        ({"typ": "at+jwt"}, ("--type", "any"), 0),
        ({"typ": "at+jwt"}, ("--type", "JWT"), 1),
        ({"typ": "logout+jwt"}, ("--type", "any"), 1),
    ],
)
def test_the_required_type_may_be_another_one(
    verify: Cli, issuer: DevIssuer, header: dict[str, Any], options: tuple[str, ...], status: int
) -> None:
    assert verify(*options, issuer.mint(audience=API, header=header)).status == status


def test_an_authgear_projects_audience_is_its_endpoint(
    cli: Cli, issuer: DevIssuer, jwks: str, frozen: Clock
) -> None:
    settings = ("--provider", "authgear", "--issuer", issuer.url, "--jwks", jwks)
    assert cli("verify", *settings, issuer.mint()).status == 0
    assert cli("verify", *settings, issuer.mint(audience=API)).status == 1
    assert cli("verify", *settings, "--audience", API, issuer.mint(audience=API)).status == 0


def test_several_audiences_may_be_named_and_one_must_fit(verify: Cli, issuer: DevIssuer) -> None:
    token = issuer.mint(audience="https://mcp.example.com")
    assert verify(token).status == 1
    assert verify("--audience", "https://mcp.example.com", token).status == 0


def test_issuer_and_audience_may_come_from_the_environment(
    cli: Cli, issuer: DevIssuer, jwks: str, frozen: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEARERGUARD_ISSUER", issuer.url)
    monkeypatch.setenv("BEARERGUARD_AUDIENCE", API)
    assert cli("verify", "--jwks", jwks, issuer.mint(audience=API)).status == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--audience", API), "Name the issuer: --issuer"),
        (("--issuer", "https://id.example.com"), "Name this API as the issuer knows it: --audience"),
        (("--issuer", "http://id.example.com", "--audience", API), "write 'https://id.example.com'"),
        (("--issuer", "https://id.example.com", "--audience", "https://id.example.com/"), "trailing slash"),
        (("--issuer", "https://id.example.com/", "--provider", "authgear"), "write 'https://id.example.com'"),
        (("--issuer", "https://id.example.com", "--audience", API, "--leeway", "301"), "leeway is in seconds"),
        (("--issuer", "https://id.example.com", "--audience", API, "--leeway", "soon"), "--leeway"),
        (("--issuer", "https://id.example.com", "--audience", API, "--type", ""), "token_type"),
        (("--issuer", "https://id.example.com", "--audience", API, "--jwks", "nowhere.json"), "(--jwks) cannot be read: No such file"),
        (("--issuer", "https://id.example.com", "--audience", API, "--jwks", "."), "(--jwks) cannot be read"),
        (("--provider", "nobody"), "authgear"),
        (("--verbose",), "--verbose"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_one_sentence_and_status_2(
    cli: Cli, arguments: tuple[str, ...], sentence: str
) -> None:
    done = cli("verify", *arguments, "a.b.c")
    assert (done.status, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.startswith("bearerguard: ")
    assert len(done.err.splitlines()) == 1


def test_a_key_set_that_is_none_is_a_wrong_setting(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_text("[]")
    done = cli(
        "verify", "--issuer", "https://id.example.com", "--audience", API,
        "--jwks", str(tmp_path / "jwks.json"), "a.b.c",
    )  # fmt: skip
    assert (done.status, done.out) == (2, "")
    assert "keys cannot be used" in done.err


# ------------------------------------------------------------------------------------------------ how the token gets in


@pytest.mark.parametrize("argument", [(), ("-",)])
def test_the_token_may_come_from_a_pipe_with_its_line_break(
    verify: Cli, issuer: DevIssuer, argument: tuple[str, ...]
) -> None:
    done = verify(*argument, stdin=issuer.mint(audience=API).encode() + b"\r\n")
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("Bearer ", "", "left out the word 'Bearer'"),
        ("bearer   ", "", "left out the word 'Bearer'"),
        ("Authorization: Bearer ", "", "left out the word 'Authorization:'"),
        ('"', '"', "left out the quotation marks"),
    ],
)
def test_what_was_copied_along_with_the_token_is_left_out_with_a_note(
    verify: Cli, issuer: DevIssuer, before: str, after: str, note: str
) -> None:
    done = verify(before + issuer.mint(audience=API) + after)
    assert done.status == 0
    assert note in done.err


def test_an_unquoted_bearer_is_left_out_too(verify: Cli, issuer: DevIssuer) -> None:
    done = verify("Bearer", issuer.mint(audience=API))
    assert done.status == 0
    assert "left out the word 'Bearer'" in done.err


def test_a_token_cut_into_lines_is_refused_with_a_note(verify: Cli, issuer: DevIssuer) -> None:
    token = issuer.mint(audience=API)
    done = verify(f"{token[:80]}\n{token[80:]}")
    assert done.status == 1
    assert "white space inside" in done.err


@pytest.mark.parametrize("nothing", [b"", b"\n", b"\xef\xbb\xbf", b'""'])
def test_no_token_at_all_is_wrong_usage(verify: Cli, nothing: bytes) -> None:
    done = verify(stdin=nothing)
    assert (done.status, done.out) == (2, "")
    assert "there is no token" in done.err


@pytest.mark.parametrize("noise", [b"\xff\xfe\x00", b"\x00" * 5_000_000, "ÿ.ÿ.ÿ".encode()])
def test_whatever_is_piped_in_gets_a_verdict(verify: Cli, noise: bytes) -> None:
    done = verify(stdin=noise)
    assert (done.status, done.out.splitlines()[0].partition("_")[0]) == (1, "refused: token")


def test_at_a_terminal_the_token_is_asked_for_and_not_shown(
    verify: Cli, issuer: DevIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.mint(audience=API)
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return token

    monkeypatch.setattr("bearerguard.cli._token._at_a_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", answer)
    assert verify().status == 0
    assert prompts == ["Token (it is not shown): "]


def test_an_empty_answer_at_the_terminal_is_no_token(verify: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def end_of_file(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("bearerguard.cli._token._at_a_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", end_of_file)
    done = verify()
    assert (done.status, done.out) == (2, "")
    assert "there is no token" in done.err
