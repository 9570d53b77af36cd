"""Where the keys are: the two addresses of one document, whom it must name, where it may point, and when it is asked again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.errors import DocumentError, KeysUnavailableError
from bearerguard.keyring import Fetch, Fetched, FetchFailed, discovery_urls, located
from bearerguard.limits import Limits
from bearerguard.policy import Policy
from tests.core.builders import AUDIENCE, ISSUER
from tests.core.ringing import (
    JWKS,
    OIDC,
    RFC8414,
    START,
    Issuer,
    filled,
    metadata,
    names,
    page,
    published,
    ring_of,
)

MOVED = f"{ISSUER}/new/jwks"


def refused(ring: Any, issuer: Issuer, now: float = START) -> KeysUnavailableError:
    with pytest.raises(KeysUnavailableError) as raised:
        issuer.keys(ring, "key-1", now)
    return raised.value


# ---------------------------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("issuer", "addresses"),
    [
        ("https://a.example", ("https://a.example/.well-known/openid-configuration", "https://a.example/.well-known/oauth-authorization-server")),
        ("https://a.example/", ("https://a.example/.well-known/openid-configuration", "https://a.example/.well-known/oauth-authorization-server")),
        ("https://a.example:8443/t/1", ("https://a.example:8443/t/1/.well-known/openid-configuration", "https://a.example:8443/.well-known/oauth-authorization-server/t/1")),
        ("https://a.example/t/", ("https://a.example/t/.well-known/openid-configuration", "https://a.example/.well-known/oauth-authorization-server/t")),
        ("http://[::1]:8455", ("http://[::1]:8455/.well-known/openid-configuration", "http://[::1]:8455/.well-known/oauth-authorization-server")),
    ],
)  # fmt: skip
def test_one_document_has_an_address_in_each_standard(issuer: str, addresses: tuple[str, str]) -> None:
    assert discovery_urls(Policy(issuer, AUDIENCE)) == addresses


def test_a_policy_that_says_where_the_document_is_has_one_address() -> None:
    assert discovery_urls(Policy(ISSUER, AUDIENCE, discovery_url="http://localhost/meta")) == (
        "http://localhost/meta",
    )


@pytest.mark.parametrize("status", [404, 405, 410])
def test_where_openid_connect_has_no_document_oauth_may_have_one(status: int) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.pages = {OIDC: page(b"", status), RFC8414: page(metadata()), JWKS: page(published("key-1"))}
    assert issuer.keys(ring)
    assert issuer.asked == [OIDC, RFC8414, JWKS]


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_any_other_answer_at_the_first_address_is_a_failure_there(status: int) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.pages = {OIDC: page(b"", status), RFC8414: page(metadata()), JWKS: page(published("key-1"))}
    assert f"{OIDC} answered {status}" in refused(ring, issuer).detail
    assert issuer.asked == [OIDC]


def test_when_neither_address_has_it_the_next_attempt_begins_at_the_first() -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.pages = {}
    assert "answered 404" in refused(ring, issuer).detail
    assert issuer.asked == [OIDC, RFC8414]
    issuer.pages = {OIDC: page(metadata()), JWKS: page(published("key-1"))}
    assert issuer.keys(ring, now=START + 1)
    assert issuer.asked == [OIDC, RFC8414, OIDC, JWKS]


def test_an_address_that_was_given_has_no_alternative() -> None:
    ring, issuer = ring_of(discovery_url=f"{ISSUER}/meta"), Issuer()
    issuer.pages[RFC8414] = page(metadata())
    refused(ring, issuer)
    assert issuer.asked == [f"{ISSUER}/meta"]


def test_keys_whose_address_was_given_are_never_discovered() -> None:
    ring, issuer = ring_of(jwks_uri=JWKS), Issuer()
    assert issuer.keys(ring)
    issuer.pages[JWKS] = page(b"", 404)
    refused(ring, issuer, START + 4000)
    refused(ring, issuer, START + 4001)
    assert issuer.asked == [JWKS] * 3


# --------------------------------------------------------------------------------------------------------------- the document


@pytest.mark.parametrize(
    "named", [None, "", 7, [ISSUER], ISSUER + "/", ISSUER.upper(), "https://id.example.com.evil.com", "http://id.example.com"], ids=repr
)  # fmt: skip
def test_a_document_that_names_another_issuer_is_refused_with_both_names_and_the_setting(named: Any) -> None:
    with pytest.raises(DocumentError) as raised:
        located(metadata(issuer=named), ISSUER)
    assert repr(named) in raised.value.detail
    assert repr(ISSUER) in raised.value.detail
    assert "issuer=" in raised.value.detail
    assert "discovery_url=" in raised.value.detail


def test_the_document_of_another_issuer_gives_no_keys() -> None:
    ring, issuer = ring_of(discovery_url="http://localhost:9000/meta"), Issuer()
    issuer.pages["http://localhost:9000/meta"] = page(metadata(issuer="http://localhost:9000"))
    assert "'http://localhost:9000'" in refused(ring, issuer).detail
    assert (ring.keys, JWKS in issuer.asked) == (None, False)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        (None, "jwks_uri is required"),
        ("", "jwks_uri is required"),
        (7, "jwks_uri is required"),
        ([JWKS], "jwks_uri is required"),
        ("/oauth2/jwks", "must be an absolute https URL"),
        ("http://id.example.com/jwks", "is plain http"),
        ("http://169.254.169.254/latest/meta-data", "is plain http"),
        ("http://localhost:9200/_search", "is on this machine, the issuer is not"),
        ("http://127.0.0.1/jwks", "is on this machine, the issuer is not"),
        ("https://127.0.0.1/jwks", "is on this machine, the issuer is not"),
        ("https://localhost/jwks", "is on this machine, the issuer is not"),
        ("file:///etc/passwd", "must be an absolute https URL"),
        ("ftp://id.example.com/jwks", "must be https, not 'ftp'"),
        ("https://user:pw@id.example.com/jwks", "must be an absolute https URL"),
        ("https://id.example.com/jwks\r\nHost: evil", "must be an absolute https URL"),
        ("https://id.example.com/jwks?\x1b[2J", "must be an absolute https URL"),
    ],
)
def test_keys_are_only_fetched_over_https(uri: Any, sentence: str) -> None:
    with pytest.raises(DocumentError) as raised:
        located(metadata(jwks_uri=uri), ISSUER)
    assert sentence in raised.value.detail
    assert raised.value.detail.isprintable()


def test_an_issuer_on_this_machine_may_have_its_keys_here_over_http() -> None:
    here = "http://localhost:8455"
    document = metadata(issuer=here, jwks_uri="http://127.0.0.1:8455/jwks")
    assert located(document, here) == "http://127.0.0.1:8455/jwks"
    with pytest.raises(DocumentError, match="plain http"):
        located(metadata(issuer=here, jwks_uri="http://id.example.com/jwks"), here)


def test_keys_may_be_on_another_host_over_https() -> None:
    assert (
        located(metadata(jwks_uri="https://keys.example.net/v1?t=1"), ISSUER)
        == "https://keys.example.net/v1?t=1"
    )


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "the discovery document is not JSON"),
        (b"<html>", "the discovery document is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"\xef\xbb\xbf" + metadata(), "is not JSON"),
        (metadata()[:-1] + b',"jwks_uri":"https://evil.example.com"}', "gives one member name twice"),
        (b'{"a":' * 99 + b"1" + b"}" * 99, "nested too deeply"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_the_reason(document: bytes, sentence: str) -> None:
    with pytest.raises(DocumentError) as raised:
        located(document, ISSUER)
    assert sentence in raised.value.detail


@given(
    st.fixed_dictionaries({}, optional={"issuer": st.just(ISSUER) | st.text(), "jwks_uri": st.text(st.characters()) | st.none()})
)  # fmt: skip
def test_whatever_a_document_says_it_gives_an_https_address_or_a_document_error(
    document: dict[str, Any],
) -> None:
    try:
        uri = located(json.dumps(document).encode(), ISSUER)
    except DocumentError as error:
        assert error.detail.isprintable()
    else:
        assert uri.startswith("https://")


@given(
    st.binary(max_size=64),
    st.integers(100, 599),
    st.sampled_from(["", "text/html", "application/json", "\x00", "text/"]),
)
def test_whatever_an_issuer_answers_the_ring_asks_for_keys_or_says_that_there_are_none(
    body: bytes, status: int, kind: str
) -> None:
    for url in (OIDC, JWKS):
        ring, issuer = ring_of(), Issuer()
        issuer.pages[url] = page(body, status, content_type=kind)
        error = refused(ring, issuer)
        assert ring.keys is None
        assert error.retry_after > 0


# ------------------------------------------------------------------------------------------------------------- and once again


def test_where_the_keys_are_is_believed_for_its_time() -> None:
    ring, issuer = filled(limits=Limits(discovery_ttl=400))
    issuer.refresh(ring, START + 399.75)
    assert issuer.asked == [JWKS]
    issuer.refresh(ring, START + 399.75 + 240)
    assert issuer.asked == [JWKS, OIDC, JWKS]
    ring, issuer = filled(limits=Limits(discovery_ttl=400))
    issuer.refresh(ring, START + 400)
    assert issuer.asked == [OIDC, JWKS]


def test_keys_that_have_moved_without_a_word_are_found_when_that_time_is_over() -> None:
    ring, issuer = filled()
    issuer.pages[OIDC] = page(metadata(jwks_uri=MOVED))
    issuer.pages[MOVED] = page(published("key-2"))
    issuer.refresh(ring, START + 3599)
    assert names(ring) == {"key-1"}
    issuer.refresh(ring, START + 3599 + 240)
    assert names(ring) == {"key-2"}


@pytest.mark.parametrize("status", [404, 410])
def test_keys_that_are_gone_from_their_address_are_discovered_anew(status: int) -> None:
    ring, issuer = filled()
    issuer.pages |= {
        JWKS: page(b"", status),
        OIDC: page(metadata(jwks_uri=MOVED)),
        MOVED: page(published("key-2")),
    }
    issuer.refresh(ring, START + 240)
    assert issuer.asked == [JWKS]
    issuer.refresh(ring, START + 241)
    assert issuer.asked == [JWKS, OIDC, MOVED]
    assert names(ring) == {"key-2"}


@pytest.mark.parametrize(
    "answer",
    [FetchFailed(OIDC, "no route to host"), page(b"", 500), page(b"<html>"), page(metadata(issuer="https://evil.example.com"))],
    ids=["outage", "500", "a page", "another issuer"],
)  # fmt: skip
def test_while_discovery_fails_the_old_address_still_serves(answer: Fetched | FetchFailed) -> None:
    ring, issuer = filled(limits=Limits(discovery_ttl=100))
    issuer.pages[OIDC] = answer
    issuer.publish("key-2")
    issuer.refresh(ring, START + 240)
    assert issuer.asked == [OIDC, JWKS]
    assert names(ring) == {"key-2"}
    issuer.refresh(ring, START + 240 + 240)
    assert issuer.asked == [OIDC, JWKS] * 2


def test_an_outage_of_everything_is_asked_about_at_the_pace_of_the_pauses() -> None:
    ring, issuer = filled(limits=Limits(discovery_ttl=100))
    issuer.fail(OIDC)
    issuer.fail(JWKS)
    for tick in range(2400):
        issuer.refresh(ring, START + 240 + tick / 4)
    # Pauses of 1, 2, 4, 8, 16, 32 and then 60 seconds in 600 seconds; discovery at most once a minute beside them.
    assert issuer.asked.count(JWKS) == 15
    assert issuer.asked.count(OIDC) <= 10


@pytest.mark.parametrize("address", [OIDC, RFC8414])
def test_a_document_that_names_itself_as_the_key_set_does_not_make_the_ring_ask_for_ever(
    address: str,
) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.pages = {OIDC: page(metadata(jwks_uri=address)), RFC8414: page(metadata(jwks_uri=address))}
    assert refused(ring, issuer).retry_after > 0
    assert len(issuer.asked) <= 3


def test_one_document_may_be_both_metadata_and_key_set() -> None:
    both = json.loads(metadata(jwks_uri=OIDC)) | json.loads(published("key-1"))
    ring, issuer = ring_of(), Issuer()
    issuer.pages = {OIDC: page(json.dumps(both).encode())}
    assert [key.kid for key in issuer.keys(ring)] == ["key-1"]


def test_a_key_set_address_that_was_given_is_where_keys_are_fetched_whatever_else_it_is() -> None:
    ring, issuer = ring_of(jwks_uri=OIDC), Issuer()
    assert "has no 'keys' array" in refused(ring, issuer).detail
    assert issuer.asked == [OIDC]


def test_after_discovery_come_the_keys_however_slowly() -> None:
    ring, issuer = ring_of(Limits(discovery_ttl=0.5)), Issuer()
    for now in (START, START + 1, START + 2, START + 3):
        found = ring.look("EdDSA", "key-1", now)
        if not isinstance(found, Fetch):
            break
        issuer.carry_out(ring, found, now)
    assert issuer.asked == [OIDC, JWKS]


def test_after_a_discovery_that_failed_come_the_keys_however_slowly() -> None:
    ring, issuer = filled(limits=Limits(discovery_ttl=100, failure_cooldown_max=0.5))
    issuer.fail(OIDC)
    for now in (START + 240, START + 241):
        fetch = ring.due(now)
        assert fetch is not None
        issuer.carry_out(ring, fetch, now)
    assert issuer.asked == [OIDC, JWKS]
    assert ring.state(START + 241) == "fresh"


def test_the_limits_on_documents_hold_for_discovery_too() -> None:
    limits = Limits(json_depth=3)
    issuer = Issuer()
    issuer.pages[OIDC] = page(metadata(mtls={"a": {}}))
    assert issuer.keys(ring_of(limits))
    issuer.pages[OIDC] = page(metadata(mtls={"a": {"b": {}}}))
    assert "the discovery document is nested too deeply" in refused(ring_of(limits), issuer).detail


@pytest.mark.parametrize("reason", ["no name", "connection refused"])
def test_an_address_that_never_gave_keys_is_not_believed_for_the_hour(reason: str) -> None:
    ring, issuer = ring_of(), Issuer()
    issuer.fail(JWKS, reason)
    refused(ring, issuer)
    issuer.pages[OIDC] = page(metadata(jwks_uri=MOVED))
    issuer.pages[MOVED] = page(published("key-1"))
    for now in (START + 2, START + 10, START + 120):
        try:
            assert issuer.keys(ring, now=now)
        except KeysUnavailableError:
            continue
        return
    pytest.fail(f"two minutes on, the ring still asks at the old address only: {issuer.asked}")
