"""The filter of a saved view: what its page knows is kept, what names somebody is not, and nothing without an end."""

from __future__ import annotations

import pytest

from surveyor.core.saved_filters import LONGEST_NAME, check_name, check_query, scope_of
from surveyor.errors import Refused


def test_what_a_page_does_not_know_is_left_out() -> None:
    kept = check_query("/verbatims", "?period=12m&q=zoe@example.org&band=promoter&page=9&scope=store:S1")
    assert kept == "scope=store%3AS1&period=12m&band=promoter"
    assert scope_of(kept) == "store:S1"
    assert scope_of("period=12m") == ""


@pytest.mark.parametrize("text", ["", "?", "&&&", "&".join(f"x{n}=1" for n in range(60))])
def test_what_says_nothing_that_is_known_is_the_page_as_it_opens(text: str) -> None:
    assert check_query("/", text) == ""


@pytest.mark.parametrize(
    ("page", "query", "code"),
    [("/settings", "period=12m", "page_unknown"), ("/", "scope=" + "store:S1" * 90, "query_too_long")],
)
def test_a_page_without_views_and_a_filter_without_end_are_refused(page: str, query: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_query(page, query)
    assert refused.value.code == code


@pytest.mark.parametrize(("name", "code"), [(" ", "name_required"), ("x" * (LONGEST_NAME + 1), "name_too_long")])
def test_a_name_is_one_short_line(name: str, code: str) -> None:
    assert check_name("  Nord,\n 12 mois ") == "Nord, 12 mois"
    with pytest.raises(Refused) as refused:
        check_name(name)
    assert refused.value.code == code
