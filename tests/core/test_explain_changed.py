"""What an explanation says would have changed a decision really does, and nothing in it could be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.checks import View
from surveyor.core.explain import change_words, ways_words
from surveyor.core.explain.change import APPLIED, Change, Changes, changed
from surveyor.core.explain.changed import what_would_change
from surveyor.core.explain.moments import Moment
from surveyor.core.history import Account, Hold, Invitation, Order, Regime, StoreFacts
from surveyor.core.person import Person, Suppression
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule, RuleSet, from_plain
from tests.core.worlds import STORES, rules

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
FACTS = {one["id"]: StoreFacts(one["tz"], one["region"], one["excluded"]) for one in STORES}


def moment_of(
    orders: list[tuple[str, str]],
    *,
    rule: Rule | None = None,
    now: str = "",
    sent: tuple[str, ...] = (),
    person: Callable[[Person], None] = lambda _person: None,
    store: str = "S1",
) -> Moment:
    """The moment of the last of these (id, day at noon)."""
    account = Account("c1")
    for name, day in orders:
        at = datetime.fromisoformat(f"{day}T12:00+00:00")
        account.add(Order(name.rstrip("!"), at, at, store, "Europe/Paris", name.endswith("!")))
    account.sent = [datetime.fromisoformat(f"{day}T09:00+00:00") for day in sent]
    whole = Person.of([account])
    person(whole)
    found = rule or Rule("std")
    at = datetime.fromisoformat(f"{now or orders[-1][1]}T12:00+00:00")
    return Moment(found, View(whole, account, Regime(RuleSet((found,)), FACTS)), orders[-1][0].rstrip("!"), at)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def said(moment: Moment, language: str = "fr") -> list[str]:
    words = ways_words(what_would_change(moment), moment.decide(), moment.rule, language=language)
    return [one.replace("\u00a0", " ").replace("\u202f", " ") for one in words]


def test_one_more_order_on_any_day_of_the_window_is_what_was_missing() -> None:
    alone = moment_of([("o1", "2026-03-11")])
    assert what_would_change(alone) == ((Change("orders", 1, day("2026-01-12"), day("2026-03-11")),),)
    assert said(alone) == ["Avec 1 commande de plus du 12 janvier au 11 mars, un e-mail aurait été prévu."]
    assert said(alone, "en") == ["With 1 more order from 12 January to 11 March, an email would have been planned."]


def test_an_order_just_before_the_window_and_a_cancelled_one_are_named() -> None:
    near = moment_of([("o1", "2026-01-09"), ("o2!", "2026-02-01"), ("o3", "2026-03-11")])
    assert what_would_change(near)[1:] == (
        (Change("kept", order_id="o2", first=day("2026-02-01")),),
        (Change("sooner", 3, day("2026-03-08")),),
    )
    assert said(near)[1:] == [
        "Avec la commande o2 du 1er février non annulée, un e-mail aurait été prévu.",
        "Avec cette commande 3 jours plus tôt (le 8 mars), un e-mail aurait été prévu.",
    ]


def test_a_cool_down_is_over_so_many_days_later() -> None:
    moment = moment_of([("o1", "2026-01-05"), ("o2", "2026-02-28"), ("o3", "2026-03-02")], sent=("2026-01-14",))
    (way,) = what_would_change(moment)
    assert way == (Change("later", 10, day("2026-03-12")),)
    assert said(moment, "en") == ["With this order 10 days later (on 12 March), an email would have been planned."]


def test_what_is_needed_together_is_said_together() -> None:
    moment = moment_of([("o1", "2026-01-05"), ("o2", "2026-01-20")], sent=("2026-01-14",))
    assert said(moment) == [
        "Avec cette commande 51 jours plus tard (le 12 mars) et 1 commande de plus du 13 janvier au 12 mars, "
        "un e-mail aurait été prévu."
    ]


def test_an_email_would_not_have_been_planned_with_fewer_orders() -> None:
    moment = moment_of([("o1", "2026-03-01"), ("o2", "2026-03-05"), ("o3", "2026-03-11")])
    assert what_would_change(moment) == ((Change("fewer", 2),),)
    assert said(moment) == ["Avec 2 commandes de moins parmi celles comptées, aucun e-mail n'aurait été prévu."]


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (moment_of([("o1", "2026-03-01"), ("o2!", "2026-03-11")]), "kept"),
        (moment_of([("o1", "2026-03-01"), ("o2", "2026-03-11")], store="SX"), "store"),
        (moment_of([("o1", "2026-03-01"), ("o2", "2026-03-11")], rule=Rule("std", regions=("sud",))), "scope"),
        (moment_of([("o1", "2026-03-01"), ("o2", "2026-03-11")], rule=Rule("std", holdout_rate=1.0)), "held"),
        (moment_of([("o1", "2026-03-01"), ("o2", "2026-03-11")], rule=Rule("std", sampling_rate=1e-9)), "drawn"),
        (moment_of([("o1", "2026-03-01"), ("o2", "2026-03-11")], now="2026-03-20"), "known"),
    ],
)
def test_every_kind_of_refusal_has_its_way_and_its_words(moment: Moment, code: str) -> None:
    (way,) = what_would_change(moment)
    assert [one.code for one in way] == [code]
    assert moment.decide().verdict is not Verdict.SCHEDULED
    assert changed(moment, way).verdict is Verdict.SCHEDULED
    for language in ("fr", "en"):
        (words,) = said(moment, language)
        assert words.endswith(".")
        assert "_" not in words
        assert "None" not in words


def test_every_change_has_words() -> None:
    decision = moment_of([("o1", "2026-03-11")]).decide()
    for code in APPLIED:
        change = Change(code, 2, day("2026-03-01"), day("2026-03-04"), "o1", Reason.BLOCKED, 0.25)
        for language in ("fr", "en"):
            words = change_words(change, decision, Rule("std"), language=language)
            assert words
            assert "_" not in words
            assert "None" not in words


def _unpause(person: Person) -> None:
    person.pause_until = date(2126, 1, 1).toordinal()


def test_a_pause_without_an_end_is_what_would_have_to_go() -> None:
    moment = moment_of([("o1", "2026-03-01"), ("o2", "2026-03-11")], person=_unpause)
    assert what_would_change(moment) == ((Change("unpaused"),),)


def test_as_many_hurdles_as_there_are_still_have_a_way() -> None:
    rule = Rule("std", delay_days=1, max_late_days=0, regions=("sud",))

    def hinder(person: Person) -> None:
        account = person.accounts["c1"]
        account.email_known, person.gap_months, person.pause_until = False, 4, day("2026-01-19")
        account.holds["std"] = Hold(day("2026-02-07"), "o-earlier")
        _open(person, rule, datetime(2026, 1, 18, tzinfo=UTC))

    moment = moment_of([("o1!", "2026-01-05")], rule=rule, now="2026-01-18", person=hinder)
    (way,) = what_would_change(moment)
    assert {one.code for one in way} == {"scope", "kept", "orders", "address", "later", "known", "free"}
    assert changed(moment, way).verdict is Verdict.SCHEDULED


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """Any order of any person under any rule: cancelled, late, refused for several reasons at once."""
    rule = from_plain({"sampling_salt": "s1", **draw(rules(most=1))[0]})
    if draw(st.integers(0, 4)) == 0:
        rule = _limited(rule)
    offsets = sorted(draw(st.lists(st.integers(0, 150 * 24 * 4), min_size=1, max_size=12)))
    account = Account("c1", email_known=draw(st.integers(0, 6)) > 0, segment="default")
    for n, quarter in enumerate(offsets):
        at = START + timedelta(minutes=15 * quarter)
        store = draw(st.sampled_from(["S1", "S1", "S1", "S2", "RE1", "SX"]))
        account.add(Order(f"o{n:02}", at, at, store, FACTS[store].zone, draw(st.integers(0, 6)) == 0))
    chosen = account.orders[draw(st.sampled_from(sorted(account.orders)))]
    now = chosen.ordered_at + timedelta(hours=draw(st.sampled_from([0, 1, 30, 300])))
    for later in [one for one in account.dated["ordered_at"] if one.ordered_at > now]:
        del account.orders[later.id]
        for line in account.dated.values():
            line.remove(later)
    days = draw(st.lists(st.integers(1, 500), max_size=3))
    account.sent = sorted(now - timedelta(days=n) for n in days)
    person = Person.of([account, Account("c2")] if draw(st.booleans()) else [account])
    reasons = draw(st.lists(st.sampled_from([Reason.UNSUBSCRIBED, Reason.HARD_BOUNCE]), max_size=2, unique=True))
    person.suppressions = tuple(Suppression(reason) for reason in reasons)
    if draw(st.integers(0, 4)) == 0:
        person.pause_until = now.toordinal() + draw(st.integers(1, 90))
    if draw(st.integers(0, 4)) == 0:
        person.gap_months = 4
    if draw(st.integers(0, 4)) == 0:
        _open(person, rule, now)
    if draw(st.integers(0, 4)) == 0:
        account.holds[rule.id] = Hold(now.toordinal() + 20, "o-earlier")
    return Moment(rule, View(person, account, Regime(RuleSet((rule,)), FACTS)), chosen.id, now)


def _limited(rule: Rule) -> Rule:
    return replace(rule, regions=("sud",))


def _open(person: Person, rule: Rule, now: datetime) -> None:
    other = next(iter(person.accounts.values()))
    other.open = Invitation(
        "order:r9:o-x", other.id, rule, 1, None, "o-x", "o-x", 1, "S1", "Europe/Paris", now.toordinal(), now
    )


def differs(moment: Moment, changes: Changes) -> bool:
    return (moment.decide().verdict is Verdict.SCHEDULED) != (changed(moment, changes).verdict is Verdict.SCHEDULED)


@settings(max_examples=120, deadline=None)
@given(moments())
def test_the_change_said_really_changes_the_decision_and_nothing_less_does(moment: Moment) -> None:
    before = moment.decide()
    ways = what_would_change(moment)
    # A rule that is content with one order has nothing less; a rule of the same day may be too late whatever is done.
    assert ways or moment.rule.min_orders == 1 or not moment.rule.delay_days
    for way in ways:
        assert differs(moment, way)
        assert not any(differs(moment, less) for n in range(len(way)) for less in combinations(way, n) if less)
        assert all(ways_words((way,), before, moment.rule, language=language) for language in ("fr", "en"))
        for change in way:
            if change.code in ("later", "known", "sooner", "orders", "fewer") and change.n > 1:
                one_less = tuple(one if one is not change else _nearer(change) for one in way)
                assert not differs(moment, one_less)
    assert moment.decide() == before


def _nearer(change: Change) -> Change:
    return replace(change, n=change.n - 1)


@settings(max_examples=50, deadline=None)
@given(moments(), st.data())
def test_the_orders_that_were_missing_may_be_on_any_day_that_was_said(moment: Moment, data: Any) -> None:
    for way in what_would_change(moment):
        if [one.code for one in way] != ["orders"]:
            continue
        (change,) = way
        assert change.first is not None
        assert change.last is not None
        wanted = data.draw(st.integers(change.first, change.last))
        back = timedelta(days=moment.day - wanted)
        other = moment.copied()
        for n in range(change.n):
            order = moment.order
            at = order.ordered_at - back
            other.view.account.add(Order(f"\0{n}", at, at, order.store_id, order.zone))
        assert other.decide().verdict is Verdict.SCHEDULED
