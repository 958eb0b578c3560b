"""Figures that need people and rows, against the pure formulas over the same rows; nobody outside the scope counts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.core.indicators import Envelope, Facts, customer_base, find, pressure
from surveyor.core.indicators.registry import REGISTRY
from surveyor.core.periods import Period, month_of
from surveyor.core.scope import NETWORK, Reach, Scope
from surveyor.core.tally import COUNTS, Tally
from surveyor.db import distinct
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response
from surveyor.errors import Refused
from surveyor.flows.measure_indicators import UNREAD, Question, measure, refuse_uncuttable
from tests.flows.line import answer, install, send, sent_to
from tests.flows.orders import at, event, record

JUNE = month_of(date(2026, 6, 1))
TODAY = date(2027, 6, 1)
BASE = ("active_customers", "churn_rate", "retention_rate", "repeat_customer_rate", "repeat_order_share")


def figures(
    sessions: Any, *keys: str, period: Period = JUNE, scope: Scope = NETWORK, **more: Any
) -> dict[str, Envelope]:
    asked: dict[str, Any] = {"reach": (scope,), "today": TODAY, "language": "en", **more}
    question = Question(tuple(find(key) for key in keys), scope, period=period, **asked)
    with sessions() as session:
        (group,) = measure(session, question)
    return {figure.key: figure for figure in group.figures}


def order(sessions: Any, who: str, days: Sequence[str], **fields: Any) -> None:
    for day in days:
        when = at(f"{day}T12:00")
        record(sessions, event(f"{who}-{day}", who, when, **fields), now=when, history=True)


@pytest.fixture
def worked(sessions: Any) -> Any:
    """The example of CUS-02."""
    install(sessions, '[[rule]]\nid = "std"\n')
    days = {
        "a": ["2026-04-10"],
        "b": ["2026-05-02"],
        "c": ["2026-04-20", "2026-06-11", "2026-06-25"],
        "d": ["2026-03-15", "2026-06-20"],
        "e": ["2026-06-05", "2026-06-12", "2026-06-19"],
        "f": ["2026-03-31"],
        "g": ["2026-04-30"],
        "h": ["2026-05-31"],
    }
    for who, dates in days.items():
        order(sessions, who, dates)
    return sessions


def test_the_customer_base_of_the_worked_example(worked: Any) -> None:
    found = figures(worked, *BASE)
    shown = {key: (one.display, one.n) for key, one in found.items()}
    assert shown == {
        "active_customers": ("5", 5),
        "churn_rate": ("2 of 5", 5),
        "retention_rate": ("3 of 5", 5),
        "repeat_customer_rate": ("2 of 3", 3),
        "repeat_order_share": ("5 of 6", 6),
    }
    assert found["churn_rate"].value == 40
    assert found["churn_rate"].interval == ""


def test_two_accounts_with_one_address_are_one_customer_and_a_cancelled_order_is_none(worked: Any) -> None:
    order(worked, "b2", ["2026-06-07"], email="b@example.org")
    order(worked, "z", ["2026-06-07"])
    gone = event("z-2026-06-07", "z", at("2026-06-08T12:00"), type="order.cancelled")
    record(worked, gone, now=at("2026-06-08T12:00"))
    found = figures(worked, "active_customers", "repeat_order_share")
    assert found["active_customers"].value == 5
    assert found["repeat_order_share"].display == "6 of 7"


def test_only_orders_of_the_scope_count(worked: Any) -> None:
    order(worked, "n", ["2026-06-02", "2026-06-09"], store_id="S2")
    there = figures(worked, *BASE, scope=Scope.of(stores=("S2",)))
    assert (there["active_customers"].value, there["repeat_customer_rate"].display) == (1, "1 of 1")
    assert figures(worked, "active_customers")["active_customers"].value == 6
    nobody: Reach = ()
    assert figures(worked, "active_customers", reach=nobody)["active_customers"].value == 0


def test_who_comes_back_is_said_only_when_the_horizon_is_over(worked: Any) -> None:
    early = figures(worked, "repurchase_rate", today=date(2026, 8, 28))["repurchase_rate"]
    assert (early.value, early.provisional, early.n, early.facts["count"]) == (None, True, 1, 1)
    late = figures(worked, "repurchase_rate", today=date(2026, 8, 29))["repurchase_rate"]
    assert (late.display, late.provisional, late.n) == ("1 of 1", False, 1)


def test_figures_of_random_orders_are_those_of_the_formulas(sessions: Any) -> None:
    """Orders of 40 people over half a year: what SQL counts is what the pure functions count over the same dates."""
    install(sessions, '[[rule]]\nid = "std"\nidle_months = 1\n')
    draw = random.Random(26)
    days: dict[str, list[date]] = {}
    batch = []
    for n in range(40):
        who = f"p{n}"
        for _ in range(draw.randint(1, 7)):
            day = date(2026, 1, 1) + timedelta(days=draw.randint(0, 180))
            if day not in days.setdefault(who, []):
                days[who].append(day)
                batch.append(
                    event(
                        f"{who}-{day}",
                        who,
                        datetime(day.year, day.month, day.day, 12, tzinfo=at("2026-01-01T00:00").tzinfo),
                    )
                )
    record(sessions, *batch, now=at("2026-12-01T00:00"), history=True)
    for month in range(2, 7):
        period = month_of(date(2026, month, 1))
        end, before = period.last, period.first - timedelta(days=1)
        base = customer_base.customer_base(
            {who: [d for d in dates if d <= end] for who, dates in days.items()}, before, end, idle_months=1
        )
        found = figures(sessions, *BASE, "order_gap", "repurchase_rate", period=period)
        assert found["active_customers"].value == len(base.active)
        assert found["churn_rate"].value == base.churn_rate
        assert found["retention_rate"].value == base.retention_rate
        assert found["repeat_customer_rate"].value == base.repeat_customer_rate
        assert found["repeat_order_share"].value == base.repeat_order_share
        again = customer_base.repurchase_rate(days, (period.first, end), as_of=TODAY)
        assert (found["repurchase_rate"].n, found["repurchase_rate"].facts["count"]) == (again.cohort, again.count)
        gaps = [
            (late - early).days
            for dates in map(sorted, days.values())
            for early, late in pairwise(dates)
            if late in period
        ]
        assert (found["order_gap"].value, found["order_gap"].n) == (pressure.median(gaps), len(gaps))


@pytest.fixture
def lived(sessions: Any) -> Any:
    """Twelve customers order each month and are asked each time; who answers depends on their number and the month."""
    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\ncooldown_months = 1\n')
    for month in range(1, 6):
        ordered, leaves = at(f"2026-0{month}-05T10:00"), at(f"2026-0{month}-07T09:30")
        batch = [
            event(f"o{month}-{n}", f"c{n}", ordered, segment="famille" if n % 2 else "senior", store_id=f"S{n % 3}")
            for n in range(12)
            if month <= 2 + n % 4
        ]
        record(sessions, *batch, now=ordered)
        send(sessions, leaves)
        for order_id, (invitation, _) in sent_to(sessions).items():
            n = int(order_id.partition("-")[2])
            if order_id.startswith(f"o{month}-") and (n + month) % 3 == 0:
                answer(sessions, invitation, (n * month) % 11, now=leaves + timedelta(hours=2 + n))
    return sessions


YEAR = Period(date(2026, 1, 1), date(2026, 5, 31))


def rows(lived: Any) -> list[tuple[bytes, datetime, datetime | None]]:
    """(person, sent, answered) of every invitation, by date."""
    with lived() as session:
        query = (
            select(Invitation.address_key, Invitation.sent_at, Response.answered_at)
            .outerjoin(Response, Response.invitation_id == Invitation.id)
            .where(Invitation.sent_at.is_not(None))
            .order_by(Invitation.sent_at, Invitation.id)
        )
        return [tuple(row) for row in session.execute(query)]


def test_pressure_delay_and_fatigue_are_those_of_the_rows(lived: Any) -> None:
    people: dict[bytes, list[tuple[datetime, datetime | None]]] = {}
    for person, sent, answered in rows(lived):
        people.setdefault(person, []).append((sent, answered))
    found = figures(lived, "pressure", "answer_delay", "fatigue", "engagement", period=YEAR)
    expected = pressure.pressure([len(emails) for emails in people.values()])
    assert expected is not None
    assert found["pressure"].value == expected.value
    assert found["pressure"].facts == {
        "p95": expected.p95,
        "most": expected.most,
        "share_over_4": expected.share_over_4,
    }
    hours = [(a - s).total_seconds() / 3600 for emails in people.values() for s, a in emails if a]
    assert found["answer_delay"].value == pytest.approx(pressure.median(hours))
    assert found["answer_delay"].n == len(hours) > 5
    often = [emails for emails in people.values() if len(emails) >= 4]
    tired = found["fatigue"]
    assert tired.n == len(often) > 0
    assert tired.facts["responded_first"] == sum(emails[0][1] is not None for emails in often)
    assert tired.facts["responded_fourth"] == sum(emails[3][1] is not None for emails in often)
    second: Any = tired.facts["by_rank"]
    assert second["2"]["n"] == sum(len(emails) >= 2 for emails in people.values())
    assert found["engagement"].facts["count"] == sum(any(a for _, a in emails) for emails in people.values())


def test_the_change_of_a_month_is_against_the_month_before_and_the_same_a_year_ago(lived: Any) -> None:
    found = figures(lived, "nps_change", "nps", period=month_of(date(2026, 2, 1)))
    month, year = found["nps_change"].to_json()["comparisons"]  # type: ignore[misc]
    assert (month["with"], month["period"]) == ("month", {"from": "2026-01-01", "to": "2026-01-31"})
    assert (year["with"], year["period"]["from"], year["n_before"]) == ("year", "2025-02-01", 0)
    assert month["words"] == "no conclusion possible"
    with lived() as session:
        january = session.scalar(
            select(func.count()).where(Response.score.is_not(None), Response.day < date(2026, 2, 1))
        )
    assert month["n_before"] == january > 0


def test_a_week_is_compared_as_the_four_that_end_with_it(lived: Any) -> None:
    week = Period.parse("2026-W10", TODAY)
    found = figures(lived, "nps_change", period=week)["nps_change"]
    (twelve,) = found.to_json()["comparisons"]  # type: ignore[misc]
    assert twelve["period"] == {"from": "2025-11-17", "to": "2026-02-08"}
    four = figures(lived, "nps", period=Period(date(2026, 2, 9), date(2026, 3, 8)))["nps"]
    assert found.n in (four.n, twelve["n_before"])


def test_a_store_is_compared_with_its_segment_then_its_region_then_the_network(lived: Any) -> None:
    scope = Scope.of(stores=("S1",))
    alone = figures(lived, "adjusted_nps", period=YEAR, scope=scope)["adjusted_nps"]
    assert (alone.status, alone.value) == ("hidden", None)  # fewer than ten answers: not even towards its peers
    with lived.begin() as session:
        for n in range(4, 10):
            session.add(Store(id=f"S{n}", name=f"S{n}", zone="Europe/Paris", created_at=at("2026-01-01T00:00")))
    for n in range(30):
        record(lived, event(f"x{n}", f"x{n}", at("2026-05-10T10:00"), store_id="S1"), now=at("2026-05-10T10:00"))
    send(lived, at("2026-05-12T09:30"))
    for order_id, (invitation, _) in sent_to(lived).items():
        if order_id.startswith("x"):
            answer(lived, invitation, 10, now=at("2026-05-12T15:00"))
    found = figures(lived, "adjusted_nps", "nps", period=YEAR, scope=scope)
    drawn, raw = found["adjusted_nps"], found["nps"]
    assert drawn.n == raw.n >= 30
    assert drawn.value < raw.value  # type: ignore[operator]
    assert (drawn.facts["peers_by"], drawn.facts["how"]) == ("network", "default")
    assert figures(lived, "adjusted_nps", period=YEAR)["adjusted_nps"].status == "not_measured"


def test_segments_are_weighted_by_who_ordered(lived: Any) -> None:
    with lived() as session:
        eligible = distinct.customers_by_segment(session, (NETWORK,), YEAR, zone="Europe/Paris")
    assert eligible == {"famille": 6, "senior": 6}
    found = figures(lived, "weighted_nps", "r_indicator", period=YEAR)
    assert {key: one.status for key, one in found.items()} == dict.fromkeys(
        found, "not_measured"
    )  # under 30, under 100


def test_what_is_counted_once_is_never_cut(sessions: Any) -> None:
    with pytest.raises(Refused, match="not cut by store") as refused:
        refuse_uncuttable((find("fatigue"),), "store")
    assert refused.value.complaints[0].code == "filter_value"
    refuse_uncuttable((find("adjusted_nps"), find("stars")), "store")


@pytest.mark.parametrize("delivery_events", [True, False])
def test_no_formula_reads_the_counts_that_are_left_unread(*, delivery_events: bool) -> None:
    draw = random.Random(5)
    facts = Facts(delivery_events=delivery_events)
    for entry in REGISTRY:
        tally = Tally(**{name: draw.randint(20, 4000) for name in COUNTS})
        without = replace(tally, **dict.fromkeys(UNREAD, 0))
        assert entry.formula(without, facts) == entry.formula(tally, facts), entry.key


def test_who_was_asked_about_an_order_that_was_cancelled_since_is_in_neither_side_of_the_coverage(
    sessions: Any,
) -> None:
    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    for n in range(30):
        when = at("2026-06-03T12:00")
        record(sessions, event(f"o{n}", f"c{n}", when, region="nord" if n % 2 else "sud"), now=when)
    send(sessions, at("2026-06-05T09:30"))
    asked = figures(sessions, "coverage")["coverage"]
    assert (asked.value, asked.n) == (100.0, 30)
    for n in range(12):
        when = at("2026-06-10T12:00")
        gone = event(f"o{n}", f"c{n}", when, type="order.cancelled", event_id=f"gone-{n}")
        record(sessions, gone, now=when)
    for n in range(30, 42):  # customers whom nobody asked: the order came too late for June
        when = at("2026-06-30T12:00")
        record(sessions, event(f"o{n}", f"c{n}", when), now=when)
    found = figures(sessions, "coverage")["coverage"]
    assert (found.status, found.value, found.n) == ("medium", 60.0, 30)
    record(sessions, event("again", "c0", at("2026-06-29T12:00")), now=at("2026-06-29T12:00"))
    assert figures(sessions, "coverage")["coverage"].n == 31
    assert figures(sessions, "coverage")["coverage"].value == pytest.approx(100 * 19 / 31)


def test_an_order_older_than_the_twelve_months_covers_nobody(sessions: Any) -> None:
    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    for n in range(15):
        when = at("2026-05-31T12:00")
        record(sessions, event(f"o{n}", f"c{n}", when), now=when)
    send(sessions, at("2026-06-02T09:30"))  # inside the twelve months of which the order is one day outside
    for n in range(10):
        when = at("2027-05-20T12:00")
        record(sessions, event(f"late{n}", f"other{n}", when), now=when, history=True)
    found = figures(sessions, "coverage", period=month_of(date(2027, 5, 1)))["coverage"]
    assert (found.value, found.n) == (0.0, 10)


def test_the_coverage_of_a_store_is_of_its_own_orders_and_emails(sessions: Any) -> None:
    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    for n in range(20):
        when = at("2026-06-03T12:00")
        record(sessions, event(f"o{n}", f"c{n}", when, store_id=f"S{n % 2 + 1}"), now=when)
    send(sessions, at("2026-06-05T09:30"))
    for n in range(10):  # asked by one store, with an order of the other as well
        when = at("2026-06-08T12:00")
        record(sessions, event(f"two{n}", f"c{2 * n}", when, store_id="S2"), now=when)
    assert [
        figures(sessions, "coverage", scope=Scope.of(stores=(one,)))["coverage"].facts["count"] for one in ("S1", "S2")
    ] == [10, 10]
    assert figures(sessions, "coverage", scope=Scope.of(stores=("S2",)))["coverage"].n == 20
