"""Counts of people are made each time in a small network, once a day in a large one, and ahead at night."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.badges import Status
from surveyor.core.indicators import find
from surveyor.core.indicators.keeping import from_plain, to_plain
from surveyor.core.indicators.measures import Measure, Said
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import Tally
from surveyor.db import labels, tallies, verbatims
from surveyor.db.tables.labels import Labelling, ResponseLabel
from surveyor.db.tables.responses import Response
from surveyor.db.tables.tallies import KeptCount
from surveyor.flows.count_ahead import count_ahead
from surveyor.flows.count_verbatims import Total, count_verbatims
from surveyor.flows.keep_counts import KEPT, MANY, Ask, Keeper, mentions, plain
from surveyor.flows.measure_custscore import Of, kept_custscore, measure_custscore
from surveyor.flows.measure_holdout import measure_holdout
from surveyor.flows.measure_indicators import Question, keeping, measure
from surveyor.flows.measure_matrix import measure_matrix
from tests.databases import ON_SQLITE
from tests.web import sample

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OCTOBER = Period.parse("2026-10", TODAY)
KEYS = ("nps", "coverage", *sorted(keeping.KEEPABLE))


def two_months(sessions: Any) -> None:
    sample.write(sessions, today=TODAY, days=60, a_day=4)


@pytest.fixture
def lived(filled: Any) -> Any:
    """Two months of a small network."""
    return filled(two_months)


def grow(sessions: Any) -> None:
    """As many hits as make a large network, of a store that nobody visits."""
    made = {"counts": Tally(hits=MANY), "rule_id": "other", "rule_version": 1}
    days = (date(2026, 10, 5), date(2026, 1, 5))
    with sessions.begin() as session:
        tallies.add(session, [tallies.Delta(day=day, store_id="S1", **made) for day in days])


def figures(sessions: Any, keeper: Keeper | None, scope: Scope = NETWORK) -> dict[str, Any]:
    question = Question(tuple(find(key) for key in KEYS), scope, (scope,), OCTOBER, TODAY, keeper=keeper)
    with sessions() as session:
        (group,) = measure(session, question)
    return {figure.key: figure.to_json() for figure in group.figures}


def kept(sessions: Any) -> list[KeptCount]:
    with sessions() as session:
        return list(session.scalars(select(KeptCount).order_by(KeptCount.key)))


def look(sessions: Any, now: datetime, scope: Scope = NETWORK) -> tuple[dict[str, Any], Keeper]:
    keeper = Keeper(now)
    found = figures(sessions, keeper, scope)
    keeper.flush(sessions)
    return found, keeper


def one_more(sessions: Any, who: str) -> None:
    """An order and an answered invitation of October, of somebody new."""
    draw = sample.random.Random(who)
    with sessions.begin() as session:
        day, place = date(2026, 10, 20), {"store_id": "S1", "segment": "famille", "rule_id": "standard"}
        customer = sample.Customer(
            id=sample.new_id(NOW), external_id=who, email="", address_key=who.encode().ljust(32), created_at=NOW
        )
        session.add(customer)
        session.flush()
        made: dict[str, Any] = {**place, "rule_version": 1}
        invitation = sample.invite(session, customer=customer, order_id=who, place=made, day=day, sent_at=_noon(day))
        sample.answer(session, invitation=invitation, place=made, score=9, verbatim="", at=_noon(day))
    assert draw


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_small_network_is_counted_each_time(lived: Any) -> None:
    before, keeper = look(lived, NOW)
    assert (kept(lived), keeper.since) == ([], None)
    one_more(lived, "new")
    after, _ = look(lived, NOW)
    assert after["nps"]["n"] == before["nps"]["n"] + 1
    assert after["respondent_rate"]["count"] == before["respondent_rate"]["count"] + 1


def test_what_is_kept_says_what_was_counted_word_for_word(lived: Any) -> None:
    grow(lived)
    scopes = [Scope.parse(one) for one in ("network", "store:S1", "region:nord+segment:famille")]
    for number, scope in enumerate(scopes, 1):
        said = figures(lived, None, scope)
        first, _ = look(lived, NOW, scope)
        again, keeper = look(lived, NOW + timedelta(hours=1), scope)
        assert (first, again, keeper.since) == (said, said, NOW)
        assert len(kept(lived)) == number * (len(keeping.KEEPABLE) + 3)  # and who answered, was asked, ordered


def test_a_large_network_is_counted_once_a_day(lived: Any) -> None:
    grow(lived)
    before, _ = look(lived, NOW)
    one_more(lived, "new")
    same, _ = look(lived, NOW + timedelta(hours=2))
    assert same["respondent_rate"] == before["respondent_rate"]
    assert same["nps"]["n"] == before["nps"]["n"] + 1, "what tallies say is never kept"
    later, keeper = look(lived, NOW + KEPT)
    assert later["respondent_rate"]["count"] == before["respondent_rate"]["count"] + 1
    assert keeper.since is None


def test_the_night_counts_again_what_somebody_looked_at(lived: Any) -> None:
    grow(lived)
    before, _ = look(lived, NOW, Scope.parse("store:S1"))
    one_more(lived, "new")
    night = NOW + timedelta(hours=18)
    assert count_ahead(lived, lived, zone="Europe/Paris", now=night) >= len(KEYS)
    found, keeper = look(lived, night + timedelta(hours=6), Scope.parse("store:S1"))
    assert keeper.since == night
    assert found == figures(lived, None, Scope.parse("store:S1"))
    assert found["respondent_rate"]["count"] == before["respondent_rate"]["count"] + 1
    first, keeper = look(lived, night + timedelta(hours=6))
    assert (first, keeper.since) == (figures(lived, None), night), "the first pages of the network are counted unasked"
    count_ahead(lived, lived, zone="Europe/Paris", now=night)
    count_ahead(lived, lived, zone="Europe/Paris", now=NOW + timedelta(days=60))
    assert not [one for one in kept(lived) if one.looked_at < NOW + timedelta(days=29)], "what nobody looks at goes"


def test_the_night_counts_nothing_for_a_small_network(lived: Any) -> None:
    assert count_ahead(lived, lived, zone="Europe/Paris", now=NOW) == 0


def test_every_plain_count_comes_back_as_it_was_said(lived: Any) -> None:
    grow(lived)
    more = {"zone": "Europe/Paris", "step": "sent", "by": "store"}
    for name in plain.COUNTS:
        ask, keeper = Ask(name, (NETWORK,), OCTOBER, more), Keeper(NOW)
        with lived() as session:
            said = plain.counted(session, None, ask)
            assert plain.counted(session, keeper, ask) == said
        keeper.flush(lived)
        with lived() as session:
            assert plain.counted(session, Keeper(NOW), ask) == said


def test_people_behind_more_answers_than_were_counted_grow_with_them() -> None:
    assert plain.people_of([80, 100], 100) == 80
    assert plain.people_of([80, 100], 125) == 100
    assert plain.people_of([0, 0], 5) == 0


def test_a_measure_with_words_lists_and_nothing_comes_back() -> None:
    facts = {"basis": Said("chiffre d'affaires", "revenue"), "by": {"1": {"n": 3, "value": None}}, "all": [1, 2]}
    one = Measure(1.5, 12, Status.LOW, ("1,5", "1.5"), None, 2.0, facts, provisional=True)
    assert from_plain(to_plain(one)) == one


def test_a_list_of_comments_counts_the_same_from_tallies_and_from_rows(lived: Any) -> None:
    asked = [
        verbatims.Asked(OCTOBER, band=band, commented=commented, score=score)
        for band in ("", "promoter", "passive", "detractor")
        for commented in (True, False)
        for score in (None, 9)
    ]
    with lived() as session:
        small = [count_verbatims(session, (NETWORK,), one) for one in asked]
        assert small == [Total(verbatims.how_many(session, (NETWORK,), one)) for one in asked]
    grow(lived)
    with lived() as session:
        assert [count_verbatims(session, (NETWORK,), one) for one in asked] == small
        assert verbatims.how_many(session, (NETWORK,), asked[0], most=2) == 2


def behind(row: verbatims.Verbatim) -> verbatims.After:
    return verbatims.After(row.day, row.answered_at, row.id)


def test_the_newest_comments_are_those_of_the_whole_period(lived: Any) -> None:
    year = Period.parse("12m", TODAY)
    with lived() as session:
        every = verbatims.verbatims(session, (NETWORK,), verbatims.Asked(year, limit=100_000))
        assert every == sorted(every, key=lambda one: (one.day, one.answered_at, one.id), reverse=True)
        for limit in (5, 40):
            seen: list[Any] = []
            while page := verbatims.verbatims(
                session,
                (NETWORK,),
                verbatims.Asked(year, limit=limit, after=behind(seen[-1]) if seen else None),
            ):
                seen += page
                if len(seen) > 60:
                    break
            assert seen == every[: len(seen)]
            assert len(seen) >= min(len(every), 60)


def test_what_a_page_does_not_wait_for_is_left_out_and_then_counted_to_the_same(lived: Any) -> None:
    grow(lived)
    said = figures(lived, None)
    hurried = Keeper(NOW, may_count=lambda: False)
    shown = figures(lived, hurried)
    assert hurried.left == len(keeping.KEEPABLE) + 3
    assert {key for key, one in shown.items() if one["status"] == Status.COUNTING} == {*keeping.KEEPABLE, "coverage"}
    assert (shown["nps"]["value"], shown["nps"]["n"]) == (said["nps"]["value"], said["nps"]["n"])
    assert shown["nps"]["ci_low"] is None, "its interval counts people"
    hurried.flush(lived)
    assert kept(lived) == [], "a page that counts nothing keeps nothing"
    for number in range(1, 30):
        turns = iter([True])
        keeper = Keeper(NOW + timedelta(minutes=number), may_count=lambda turns=turns: next(turns, False))  # type: ignore[misc]
        found = figures(lived, keeper)
        keeper.flush(lived)
        if not keeper.left:
            break
    assert found == said
    assert number == len(keeping.TOGETHER) + 3, "each count and each line of figures took one turn"


def test_few_rows_of_a_large_network_are_counted_while_the_page_is_made(lived: Any) -> None:
    grow(lived)
    scope = Scope.parse("store:S2")
    hurried = Keeper(NOW, may_count=lambda: False)
    assert figures(lived, hurried, scope) == figures(lived, None, scope)
    assert hurried.left == 0


def test_the_night_counts_the_days_that_a_usual_period_has_come_to_mean(lived: Any) -> None:
    grow(lived)
    with lived.begin() as session:
        made: dict[str, Any] = {"counts": Tally(hits=MANY), "rule_id": "other", "rule_version": 1}
        tallies.add(session, [tallies.Delta(day=date(2026, 11, 5), store_id="S1", **made)])
    scope, last = Scope.parse("store:S1"), datetime(2026, 11, 30, 9, tzinfo=UTC)
    look(lived, last, scope)  # October, that is last month
    night = datetime(2026, 12, 1, 2, tzinfo=UTC)
    count_ahead(lived, lived, zone="Europe/Paris", now=night)
    november = {"count": "answered", "scopes": ["store:S1"], "days": ["2026-11-01", "2026-11-30"], "more": {}}
    assert november in [one.asked for one in kept(lived)]


def _label(sessions: Any, *, polarity: str) -> None:
    """One more comment of October says how the welcome was, by the lexicon that comes with the product."""
    with sessions.begin() as session:
        r = Response
        free = select(r.invitation_id).where(r.invitation_id.not_in(select(Labelling.invitation_id)))
        found = session.scalars(
            free.where(r.commented.is_(True), r.day >= OCTOBER.first, r.day <= OCTOBER.last)
        ).first()
        of = session.get_one(r, found)
        place = {"day": of.day, "store_id": of.store_id, "segment": of.segment, "score": of.score}
        session.add(Labelling(invitation_id=found, version=0, revision=1))
        session.flush()
        session.add(
            ResponseLabel(invitation_id=found, label="welcome", polarity=polarity, counted=True, origin="rule", **place)
        )


def _mentioned(sessions: Any, now: datetime) -> Any:
    keeper = Keeper(now)
    with sessions() as session:
        found = (
            mentions.mentions(session, keeper, (NETWORK,), OCTOBER),
            mentions.among_detractors(session, keeper, (NETWORK,), OCTOBER),
            mentions.covered(session, keeper, (NETWORK,), OCTOBER),
            measure_matrix(session, (NETWORK,), OCTOBER, keeper=keeper),
        )
    keeper.flush(sessions)
    return found


def _now_mentioned(sessions: Any) -> Any:
    with sessions() as session:
        return (
            labels.mentions(session, (NETWORK,), OCTOBER),
            labels.among_detractors(session, (NETWORK,), OCTOBER),
            labels.covered(session, (NETWORK,), OCTOBER),
            measure_matrix(session, (NETWORK,), OCTOBER),
        )


def test_mentions_are_kept_for_a_day_and_for_one_lexicon(lived: Any) -> None:
    grow(lived)
    _label(lived, polarity="positive")
    first = _mentioned(lived, NOW)
    assert first == _now_mentioned(lived)
    assert first[0] == {"welcome": (1, 0, 0)}
    _label(lived, polarity="negative")
    assert _mentioned(lived, NOW + timedelta(hours=1)) == first
    with lived.begin() as session:
        labels.publish(session, labels.Version(1, 0, "x", "t", "w", None), now=NOW)
    under_way = _mentioned(lived, NOW + timedelta(hours=2))
    assert under_way == _now_mentioned(lived), "another lexicon is in force"
    assert under_way[0] == {"welcome": (1, 0, 1)}
    with lived.begin() as session:
        session.execute(update(Labelling).values(version=1))
        session.execute(update(ResponseLabel).values(polarity="neutral"))
    assert _mentioned(lived, NOW + timedelta(hours=3))[0] == {"welcome": (0, 2, 0)}, "and has sorted every response"


def test_a_custscore_out_of_what_is_kept_is_the_one_that_is_counted(lived: Any) -> None:
    grow(lived)
    _label(lived, polarity="positive")
    of = Of(NETWORK, (NETWORK,), OCTOBER, NOW, "Europe/Paris")
    hurried, keeper = Keeper(NOW, may_count=lambda: False), Keeper(NOW)
    with lived() as session:
        counted = measure_custscore(session, of)
        assert kept_custscore(session, of, hurried) is None
        assert hurried.left
        assert kept_custscore(session, of, keeper) == counted
    keeper.flush(lived)
    with lived() as session:
        assert kept_custscore(session, of, hurried) == counted, "what was kept says the same"
    one_more(lived, "new")
    night = NOW + timedelta(hours=18)
    count_ahead(lived, lived, zone="Europe/Paris", now=night)
    with lived() as session:
        of = replace(of, now=night)
        assert kept_custscore(session, of, Keeper(night, may_count=lambda: False)) == measure_custscore(session, of)


@ON_SQLITE
def test_who_looks_again_after_a_day_keeps_a_count_from_being_forgotten(lived: Any) -> None:
    grow(lived)
    look(lived, NOW)
    again = NOW + timedelta(hours=25)
    _, keeper = look(lived, again)
    assert keeper.since == NOW
    assert {one.looked_at for one in kept(lived)} == {again}


@ON_SQLITE
def test_the_year_of_those_held_out_moves_on_each_night(lived: Any) -> None:
    grow(lived)
    hurried = Keeper(NOW, may_count=lambda: False)
    assert measure_holdout(lived, today=TODAY, keeper=hurried) is None
    keeper = Keeper(NOW)
    assert measure_holdout(lived, today=TODAY, keeper=keeper) is not None
    keeper.flush(lived)
    night = NOW + timedelta(hours=18)
    count_ahead(lived, lived, zone="Europe/Paris", now=night)
    morning = Keeper(night + timedelta(hours=6), may_count=lambda: False)
    assert measure_holdout(lived, today=night.date(), keeper=morning) is not None
    assert morning.since == night


@ON_SQLITE
@pytest.mark.parametrize("turns", range(3))
def test_a_matrix_of_which_a_part_is_left_to_be_counted_says_so(lived: Any, turns: int) -> None:
    grow(lived)
    with lived.begin() as session:  # and as many in the month before
        made: dict[str, Any] = {"counts": Tally(hits=MANY), "rule_id": "other", "rule_version": 1}
        tallies.add(session, [tallies.Delta(day=date(2026, 9, 25), store_id="S1", **made)])
    _label(lived, polarity="positive")
    left = iter([True] * turns)
    keeper = Keeper(NOW, may_count=lambda: next(left, False))
    with lived() as session:
        view = measure_matrix(session, (NETWORK,), OCTOBER, widen=False, keeper=keeper)
    assert (view.counting, view.matrix) == (True, None)


@ON_SQLITE
def test_a_search_or_a_region_of_a_large_network_is_counted_when_one_look_is_enough(lived: Any) -> None:
    grow(lived)
    asked = verbatims.Asked(OCTOBER, words="attente")
    with lived() as session:
        every = verbatims.how_many(session, (NETWORK,), asked)
        assert count_verbatims(session, (NETWORK,), asked) == Total(every)
        north, all_ = (Scope.parse("region:nord"),), verbatims.Asked(OCTOBER)
        assert count_verbatims(session, north, all_) == Total(verbatims.how_many(session, north, all_))


def test_the_last_answers_of_customers_are_counted_once_a_day_in_a_large_network(lived: Any) -> None:
    def asked(keeper: Keeper | None, scope: Scope = NETWORK) -> dict[str, Any]:
        question = Question((find("nps"),), scope, (scope,), OCTOBER, TODAY, answers="last", keeper=keeper)
        with lived() as session:
            (group,) = measure(session, question)
        return group.figures[0].to_json()

    now = asked(None)
    assert now["n"] > 30
    grow(lived)
    keeper = Keeper(NOW)
    assert asked(keeper) == now
    keeper.flush(lived)
    one_more(lived, "somebody new")
    assert asked(Keeper(NOW)) == now
    assert asked(Keeper(NOW + KEPT))["n"] == now["n"] + 1
    waiting = Keeper(NOW, may_count=lambda: False)
    assert asked(waiting, Scope.of(stores=("S1",)))["status"] == "counting"
    assert waiting.left == 1
