"""The page about providers is what the table says."""

from __future__ import annotations

import re

from bearerguard.providers import PROVIDERS
from tools import generate_providers_page


def test_the_providers_page_is_what_the_code_says() -> None:
    assert generate_providers_page.PAGE.read_text(encoding="utf-8") == generate_providers_page.render(), (
        "run `make docs`"
    )


def test_the_page_has_a_section_for_every_provider_and_names_what_was_not_verified() -> None:
    page = generate_providers_page.render()
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [row.title for row in PROVIDERS.values()]
    for row in PROVIDERS.values():
        assert f"(#{generate_providers_page.anchor(row)})" in page
        assert all(sentence in page for sentence in (*row.quirks, *row.sources, *row.unverified))


def test_no_cell_of_the_page_breaks_its_table() -> None:
    for line in generate_providers_page.render().splitlines():
        if line.startswith("| "):
            assert line.count("|") in (3, 5), line
