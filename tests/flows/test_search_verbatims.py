"""A search reads so many comments at a look, and looks that follow each other find what one look would have found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Reach, Scope
from surveyor.core.tally import Tally
from surveyor.db import tallies, verbatims
from surveyor.db.verbatims import After, Asked
from surveyor.flows.count_verbatims import Total, count_verbatims
from surveyor.flows.keep_counts import MANY
from surveyor.flows.search_verbatims import Look, search_verbatims
from tests.web import sample

MOST = 12
TODAY = date(2026, 11, 20)
YEAR = Period.parse("12m", TODAY)
OCTOBER = Period.parse("2026-10", TODAY)
REACHES: tuple[Reach, ...] = (
    (NETWORK,),
    (Scope.of(regions=["nord"]),),
    (Scope.of(stores=["S1", "S2"]), Scope.of(segments=["famille"])),
    (Scope.of(stores=["S1"], segments=["famille"]),),
)
SEARCHES: tuple[dict[str, Any], ...] = (
    {"words": ("attente",)},
    {"words": ("introuvable",)},
    {"words": ("a",), "band": "detractor"},
    {"score": 3},
    {"score": 9, "commented": False},
    {"language": "fr"},
    {"language": "xx"},
    {"label": "none_such"},
)


def two_months(sessions: Any) -> None:
    sample.write(sessions, today=TODAY, days=60, a_day=8)


@pytest.fixture
def lived(filled: Any) -> Any:
    return filled(two_months)


def walk(session: Any, reach: Reach, asked: Asked, most: int) -> list[Look]:
    """Every look of a search to the first day of its period, as the page's own links go on."""
    looks: list[Look] = []
    while True:
        look = search_verbatims(session, reach, asked, most=most)
        looks.append(look)
        if len(look.found) == asked.limit:
            row = look.found[-1]
            after = After(row.day, row.answered_at, row.id)
        elif look.days is None or look.days.first == asked.period.first:
            return looks
        else:
            after = After(look.days.first)
        asked = replace(asked, after=after)


@pytest.mark.parametrize("reach", REACHES, ids=str)
def test_looks_that_follow_each_other_find_every_comment_once(lived: Any, reach: Reach) -> None:
    with lived() as session:
        for search in SEARCHES:
            every = verbatims.verbatims(session, reach, Asked(YEAR, limit=100_000, **search))
            for limit in (5, 1000):
                looks = walk(session, reach, Asked(YEAR, limit=limit, **search), MOST)
                assert [row for look in looks for row in look.found] == every, (search, limit)
        assert every == [], "the last one looks for what nobody has"
        assert len(looks) > 1


def test_a_look_reads_no_more_than_it_may_and_says_what_it_read(lived: Any) -> None:
    with lived() as session:
        commented = verbatims.how_many(session, (NETWORK,), Asked(YEAR))
        looks = walk(session, (NETWORK,), Asked(YEAR, words=("introuvable",)), MOST)
        assert sum(look.read for look in looks) == commented
        assert all(0 <= look.read <= MOST for look in looks)
        assert len(looks) < 3 * commented / MOST, "and not much less"
        spans = [look.days for look in looks if look.days is not None]
        assert len(spans) == len(looks)
        assert (spans[0].last, spans[-1].first) == (YEAR.last, YEAR.first)
        assert all((one.first - two.last).days == 1 for one, two in pairwise(spans))
        for look, days in zip(looks, spans, strict=True):
            assert look.read == verbatims.how_many(session, (NETWORK,), Asked(days))


def test_a_day_that_holds_more_than_a_look_is_read_whole(lived: Any) -> None:
    with lived() as session:
        looks = walk(session, (NETWORK,), Asked(OCTOBER, words=("introuvable",)), 0)
        days = {row.day for row in verbatims.verbatims(session, (NETWORK,), Asked(OCTOBER, limit=100_000))}
    assert len(looks) == len(days)
    assert sum(look.days.days for look in looks if look.days is not None) == 31


def test_what_is_read_is_counted_inside_the_scope(lived: Any) -> None:
    mine = (Scope.of(stores=["S1"], segments=["famille"]),)
    with lived() as session:
        (look,) = walk(session, mine, Asked(OCTOBER, words=("introuvable",)), 10_000)
        assert look.read == verbatims.how_many(session, mine, Asked(OCTOBER)) > 0
        assert look.read < verbatims.how_many(session, (NETWORK,), Asked(OCTOBER))


def test_a_list_without_a_search_is_no_look(lived: Any) -> None:
    with lived() as session:
        look = search_verbatims(session, (NETWORK,), Asked(YEAR), most=1)
        assert (look.days, look.read, len(look.found)) == (None, 0, 20)
        assert search_verbatims(session, (), Asked(YEAR, words=("a",))).found == []
        begins = After(date(2020, 1, 1))
        assert search_verbatims(session, (NETWORK,), Asked(YEAR, words=("a",), after=begins)) == Look([])


def test_a_total_is_said_only_when_one_look_goes_through_the_period(lived: Any) -> None:
    asked = Asked(OCTOBER, words=("a",))
    with lived() as session:
        n = verbatims.how_many(session, (NETWORK,), asked)
        assert count_verbatims(session, (NETWORK,), asked, most_read=1) == Total(n), "few rows are counted"
    made: dict[str, Any] = {"counts": Tally(hits=MANY), "rule_id": "other", "rule_version": 1}
    with lived.begin() as session:
        tallies.add(session, [tallies.Delta(day=date(2026, 10, 5), store_id="S1", **made)])
    with lived() as session:
        assert count_verbatims(session, (NETWORK,), asked) == Total(n)
        assert count_verbatims(session, (NETWORK,), asked, most_read=MOST) is None
        assert count_verbatims(session, (NETWORK,), Asked(OCTOBER), most_read=MOST) is not None
