"""What an explanation says would have changed an occurrence of a cycle really does, and nothing less would have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.calendar import local_day, minute_of_day, send_day, wall_clock
from surveyor.core.checks import View
from surveyor.core.decide_occurrence import carrier
from surveyor.core.explain import Occasion, ways_words, what_would_change
from surveyor.core.explain.change import Change, Changes, changed
from surveyor.core.history import Account, Cycle, Invitation, Order, Regime, StoreFacts
from surveyor.core.person import Person, Suppression
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import GlobalRules, Rule, RuleSet, from_plain
from tests.core.worlds import STORES, rules

PARIS = "Europe/Paris"
FACTS = {one["id"]: StoreFacts(one["tz"], one["region"], one["excluded"]) for one in STORES}
START = datetime(2026, 1, 5, 6, tzinfo=UTC)
CYCLE = Rule("std", mode="recurring")


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def occasion_of(
    orders: list[tuple[str, str]],
    looked: str,
    *,
    due: str = "",
    rule: Rule = CYCLE,
    sent: tuple[str, ...] = ("2026-01-10",),
    store: str = "S1",
    person: Callable[[Person], None] = lambda _person: None,
) -> Occasion:
    """The second email of the cycle that "o1" opened, looked at on a day at 10; "!" after an id: cancelled."""
    account = Account("c1")
    for name, ordered in orders:
        at = datetime.fromisoformat(f"{ordered}T12:00+00:00")
        account.add(Order(name.rstrip("!"), at, at, store, PARIS, name.endswith("!")))
    account.sent = [datetime.fromisoformat(f"{one}T09:00+00:00") for one in sent]
    whole = Person.of([account])
    person(whole)
    cycle = Cycle("std", "o1", 2, rule.priority, ("o1", store, PARIS), store, PARIS, rule.send_time, day(due or looked))
    now = wall_clock(day(looked), minute_of_day(rule.send_time), PARIS)
    return Occasion(rule, View(whole, account, Regime(RuleSet((rule,)), FACTS)), cycle, now)


def said(occasion: Occasion, language: str = "fr") -> list[str]:
    words = ways_words(what_would_change(occasion), occasion.decide(), occasion.rule, language=language)
    return [one.replace("\u00a0", " ").replace("\u202f", " ") for one in words]


def test_a_cycle_that_stopped_for_want_of_an_order_says_when_one_was_needed() -> None:
    idle = occasion_of([("o1", "2026-01-08"), ("o2!", "2026-02-20")], "2026-03-10")
    assert idle.decide().reason is Reason.STOPPED_IDLE
    assert said(idle) == [
        "Avec 1 commande de plus du 11 janvier au 10 mars, un e-mail aurait été prévu.",
        "Avec la commande o2 du 20 février non annulée, un e-mail aurait été prévu.",
    ]
    assert said(idle, "en")[0] == "With 1 more order from 11 January to 10 March, an email would have been planned."


def test_an_email_of_a_cycle_would_have_needed_no_order_at_all_not_to_be() -> None:
    kept = occasion_of([("o1", "2026-01-08"), ("o2", "2026-02-20"), ("o3", "2026-03-01")], "2026-03-10")
    assert what_would_change(kept) == ((Change("none", 2, day("2026-01-11"), day("2026-03-10")),),)
    assert said(kept) == ["Sans aucune commande du 11 janvier au 10 mars, aucun e-mail n'aurait été prévu."]
    assert said(kept, "en") == ["Without any order from 11 January to 10 March, no email would have been planned."]


def test_a_cool_down_of_another_rule_is_over_so_many_days_later() -> None:
    early = occasion_of([("o1", "2026-03-01")], "2026-03-10", sent=("2026-01-10", "2026-02-01"))
    assert said(early) == ["Avec cet envoi 22 jours plus tard (le 1er avril), un e-mail aurait été prévu."]
    assert said(early, "en") == ["With this email 22 days later (on 1 April), an email would have been planned."]


def test_looked_at_too_late_it_says_how_much_sooner() -> None:
    late = occasion_of([("o1", "2026-03-01")], "2026-03-18", due="2026-03-10")
    assert late.decide().reason is Reason.EXPIRED
    assert said(late) == ["Avec cet envoi traité 5 jours plus tôt, un e-mail aurait été prévu."]
    assert said(late, "en") == ["With this email looked at 5 days sooner, an email would have been planned."]


def test_a_look_that_was_too_late_for_a_pause_and_too_soon_after_another_email_has_its_way() -> None:
    def paused(person: Person) -> None:
        person.pause_until = day("2026-01-07")

    rule = replace(CYCLE, cooldown_months=None, cooldown_days=7, max_late_days=0, regions=("sud",), idle_months=1)
    orders = [("o1!", "2026-01-04")]
    both = occasion_of(orders, "2026-01-06", due="2026-01-01", rule=rule, sent=("2026-01-05",), person=paused)
    assert {Reason.EXPIRED, Reason.PAUSED, Reason.COOLDOWN, Reason.STOPPED_IDLE} <= set(both.decide().reasons)
    (way, *_) = what_would_change(both)
    assert changed(both, way).verdict is Verdict.SCHEDULED


@pytest.mark.parametrize(
    ("occasion", "code"),
    [
        (occasion_of([("o1", "2026-03-01")], "2026-03-10", store="SX"), "store"),
        (occasion_of([("o1", "2026-03-01")], "2026-03-10", rule=replace(CYCLE, regions=("sud",))), "scope"),
        (occasion_of([("o1", "2026-03-01")], "2026-03-10", rule=replace(CYCLE, holdout_rate=1.0)), "held"),
        (occasion_of([("o1", "2026-03-01")], "2026-03-10", rule=replace(CYCLE, sampling_rate=1e-9)), "drawn"),
    ],
)
def test_every_other_refusal_has_its_way_and_its_words(occasion: Occasion, code: str) -> None:
    (way,) = what_would_change(occasion)
    assert [one.code for one in way] == [code]
    assert changed(occasion, way).verdict is Verdict.SCHEDULED
    assert all(len(said(occasion, language)) == 1 for language in ("fr", "en"))


@st.composite
def occasions(draw: st.DrawFn) -> Occasion:
    """Any look at any cycle of any person: late, idle, opposed, written to by others, out of its stores."""
    plain = draw(rules(most=1))[0]
    if draw(st.booleans()):
        plain = {key: value for key, value in plain.items() if key != "send_days"}
    rule = from_plain({**plain, "sampling_salt": "s1", "mode": "recurring", "idle_months": draw(st.integers(1, 4))})
    if draw(st.integers(0, 5)) == 0:
        rule = replace(rule, regions=("sud",))
    account = Account("c1", email_known=draw(st.integers(0, 6)) > 0, segment="default")
    for n, quarter in enumerate(sorted(draw(st.lists(st.integers(0, 150 * 24 * 4), max_size=8)))):
        at, store = START + timedelta(minutes=15 * quarter), draw(st.sampled_from(["S1", "S1", "S2", "RE1", "SX"]))
        account.add(Order(f"o{n:02}", at, at, store, FACTS[store].zone, draw(st.integers(0, 5)) == 0))
    last = max((one.ordered_at for one in account.orders.values()), default=START)
    cycle = Cycle(rule.id, "o00", 2, rule.priority, ("o00", "S1", PARIS))
    person = Person.of([account, Account("c2")] if draw(st.booleans()) else [account])
    view = View(person, account, Regime(RuleSet((rule,), GlobalRules(floor_days=7)), FACTS))
    zone = carrier(cycle, view, rule.basis)[2]
    day = send_day(local_day(last, zone) + draw(st.integers(1, 150)), rule.send_days)
    now = wall_clock(day, minute_of_day(rule.send_time), zone)
    cycle.due_day = day - draw(st.sampled_from([0, 0, 0, 1, 5, 9]))
    account.sent = sorted(now - timedelta(days=n) for n in draw(st.lists(st.integers(1, 500), max_size=3)))
    reasons = draw(st.lists(st.sampled_from([Reason.UNSUBSCRIBED, Reason.HARD_BOUNCE]), max_size=2, unique=True))
    person.suppressions = tuple(Suppression(reason) for reason in reasons)
    if draw(st.integers(0, 4)) == 0:
        person.pause_until = day + draw(st.integers(1, 90))
    if draw(st.integers(0, 4)) == 0:
        other = next(iter(person.accounts.values()))
        other.open = Invitation("order:r9:o-x", other.id, rule, 1, None, "o-x", "o-x", 1, "S1", PARIS, day, now)
    return Occasion(rule, view, cycle, now)


def differs(occasion: Occasion, changes: Changes) -> bool:
    return (occasion.decide().verdict is Verdict.SCHEDULED) != (changed(occasion, changes).verdict is Verdict.SCHEDULED)


@settings(max_examples=120, deadline=None)
@given(occasions())
def test_the_change_said_really_changes_the_occurrence_and_nothing_less_does(occasion: Occasion) -> None:
    before, ways = occasion.decide(), what_would_change(occasion)
    assert ways
    for way in ways:
        assert differs(occasion, way)
        assert not any(differs(occasion, less) for n in range(len(way)) for less in combinations(way, n) if less)
        assert all(ways_words((way,), before, occasion.rule, language=language) for language in ("fr", "en"))
        for change in way:
            if change.code in ("later", "known", "orders", "none") and change.n > 1:
                nearer = replace(change, n=change.n - 1)
                assert not differs(occasion, tuple(one if one is not change else nearer for one in way))
    assert occasion.decide() == before


@settings(max_examples=50, deadline=None)
@given(occasions(), st.data())
def test_the_order_that_was_missing_may_be_on_any_day_that_was_said(occasion: Occasion, data: Any) -> None:
    for way in what_would_change(occasion):
        if [one.code for one in way] != ["orders"]:
            continue
        (change,) = way
        assert change.first is not None
        assert change.last is not None
        wanted = data.draw(st.integers(change.first, change.last))
        other = occasion.copied()
        at = occasion.now - timedelta(days=occasion.day - wanted)
        other.view.account.add(Order("\0", at, at, occasion.store_id, occasion.zone))
        assert other.decide().verdict is Verdict.SCHEDULED
