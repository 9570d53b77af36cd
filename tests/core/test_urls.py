"""Which URLs may name an issuer or be fetched: https anywhere, plain http only on this machine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.errors import ConfigurationError
from bearerguard.urls import check_url, is_loopback


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LocalHost", True),
        ("shop.localhost", False),
        ("localhost.", False),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("[::1]", True),
        ("notlocalhost", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("126.255.255.255", False),
        ("128.0.0.0", False),
        ("127.1", False),
        ("2130706433", False),
        ("0.0.0.0", False),
        ("[::]", False),
        ("[::2]", False),
        ("10.0.0.1", False),
    ],
)
def test_this_machine_is_localhost_127_and_the_one_and_nothing_that_looks_like_them(
    host: str, here: bool
) -> None:
    assert is_loopback(host) is here


def test_an_url_is_taken_apart_once() -> None:
    parts = check_url("https://id.example.com:8443/a/b?c=d#e", "jwks_uri")
    assert parts.groupdict() == {
        "scheme": "https",
        "host": "id.example.com",
        "port": "8443",
        "path": "/a/b",
        "query": "?c=d",
        "fragment": "#e",
    }


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example", "https://a.example/", "https://a.example:1", "https://a.example:65535/x", "https://[2001:db8::1]:8443/x",
        "http://localhost", "http://127.8.9.1:1/x?y#z", "https://a.example/a%20b;c=d,(e)!*'~", "https://a_b.example",
    ],
)  # fmt: skip
def test_an_absolute_https_url_or_an_http_url_of_this_machine_is_accepted(url: str) -> None:
    assert check_url(url, "jwks_uri")[0] == url


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (None, "jwks_uri is required"),
        ("", "jwks_uri is required"),
        (b"https://a.example", "jwks_uri is required"),
        ("a.example", "must be an absolute https URL"),
        ("//a.example", "must be an absolute https URL"),
        ("https:a.example", "must be an absolute https URL"),
        ("https:///jwks", "must be an absolute https URL"),
        ("https://a.example:0", "must be an absolute https URL"),
        ("https://a.example:65536", "must be an absolute https URL"),
        ("https://a.example:99999", "must be an absolute https URL"),
        ("https://a.example:", "must be an absolute https URL"),
        ("https://u@a.example", "must be an absolute https URL"),
        ("http://localhost@evil.example", "must be an absolute https URL"),
        ("http://localhost\\@evil.example", "must be an absolute https URL"),
        ("https://a.example\n", "must be an absolute https URL"),
        (" https://a.example", "must be an absolute https URL"),
        ("https://a.example/\u202e", "must be an absolute https URL"),
        ("https://a.example/?\r\nHost: b", "must be an absolute https URL"),
        ("https://a.example/#\x00", "must be an absolute https URL"),
        ("https://a.example/a b", "must be an absolute https URL"),
        ("https://a.ex\u00e4mple", "must be an absolute https URL"),
        ("http://a.example/x", "is plain http: write 'https://a.example/x'"),
        ("http://localhost.evil.example", "is plain http"),
        ("HTTP://a.example", "must be https, not 'HTTP'"),
        ("ws://localhost", "must be https, not 'ws'"),
    ],
)
def test_any_other_url_is_refused_with_the_settings_name(url: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_url(url, "jwks_uri")
    assert refused.value.code == "configuration_url"
    assert sentence in refused.value.detail
    assert refused.value.detail.isprintable()


@given(
    st.text(st.characters(), max_size=40).map("https://a.example".__add__)
    | st.text(st.characters(), max_size=40)
)
def test_whatever_the_text_is_it_is_an_url_of_printable_ascii_or_refused(text: str) -> None:
    try:
        check_url(text, "jwks_uri")
    except ConfigurationError as refused:
        assert len(refused.detail) < 400
    else:
        assert text.isascii()
        assert text.isprintable()
        assert " " not in text
