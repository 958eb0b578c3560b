"""What holds in any world: what an email needs, what never happens, and what the order of arrival cannot change."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.draws import draw
from surveyor.core.history import Invitation
from surveyor.core.journey import Effect, Reminder
from surveyor.core.person import Person
from surveyor.core.reasons import Reason
from surveyor.core.written_cases import World, outcome
from tests.core.test_scenarios import Forgetful
from tests.core.worlds import DEFAULTS, STORES, WEEK, orders, rules, text, worlds

ZONES = {store["id"]: ZoneInfo(store["tz"]) for store in STORES}
more = settings(max_examples=60, deadline=None)


class Watched(World):
    """Keeps what was handed over, as the sending worker sees it."""

    def __init__(self, inputs: dict[str, Any], defaults: dict[str, Any]) -> None:
        self.handed: list[tuple[datetime, Invitation]] = []
        super().__init__(inputs, defaults)

    def hand_over(self, person: Person, invitation: Invitation) -> None:
        self.handed.append((self.now, invitation))
        super().hand_over(person, invitation)


def months_later(day: date, months: int) -> date:
    """Written again, the slow way: the same day, else the last of the month."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for back in range(4):
        try:
            return date(year, month, day.day - back)
        except ValueError:
            continue
    raise AssertionError(day)


def sent(inputs: dict[str, Any]) -> list[tuple[datetime, Invitation]]:
    world = Watched(inputs, DEFAULTS)
    world.run()
    refused = set(inputs["provider_refuses"])
    return [(at, invitation) for at, invitation in world.handed if text(at) not in refused]


def person_of(inputs: dict[str, Any], customer: str) -> str:
    shared = inputs["customers"][1]["email"] == "ANA@example.org"
    return "c1" if shared else customer


@more
@given(worlds())
def test_nobody_is_written_to_within_a_cool_down_or_over_the_cap(inputs: dict[str, Any]) -> None:
    for (before, first), (at, later) in itertools.combinations(sent(inputs), 2):
        if person_of(inputs, first.customer_id) != person_of(inputs, later.customer_id):
            continue
        rule, zone = later.rule, ZONES[later.store_id]
        start, today = before.astimezone(zone).date(), at.astimezone(zone).date()
        assert today >= start + timedelta(days=30)
        if rule.cooldown_days is not None:
            assert today >= start + timedelta(days=rule.cooldown_days)
        else:
            assert today >= months_later(start, rule.cooldown_months or 0)
    emails = sent(inputs)
    for at, invitation in emails:
        zone, cap = ZONES[invitation.store_id], invitation.rule.cap_per_365d
        same = [
            other.astimezone(zone).date()
            for other, others in emails
            if person_of(inputs, others.customer_id) == person_of(inputs, invitation.customer_id) and other <= at
        ]
        year_ago = at.astimezone(zone).date() - timedelta(days=365)
        assert cap is None or sum(1 for day in same if day > year_ago) <= cap


@more
@given(worlds())
def test_an_email_leaves_on_a_send_day_in_its_hours_and_not_too_late(inputs: dict[str, Any]) -> None:
    for at, invitation in sent(inputs):
        rule, local = invitation.rule, at.astimezone(ZONES[invitation.store_id])
        assert WEEK[local.weekday()] in rule.send_days
        assert rule.send_time <= local.strftime("%H:%M") <= "20:00"
        assert (local.date() - date.fromordinal(invitation.due_day)).days <= rule.max_late_days
        assert not any(start <= text(at) < end for start, end in inputs["worker_down"])


@more
@given(worlds())
def test_nobody_who_opted_out_paused_has_no_address_or_is_held_out_is_written_to(inputs: dict[str, Any]) -> None:
    for at, invitation in sent(inputs):
        customer = invitation.customer_id
        for what in ("unsubscribe", "bounce"):
            if person_of(inputs, customer) == "c1":
                assert text(at) < inputs.get(what, {}).get("c1", "9999")
        if "pause" in inputs and person_of(inputs, customer) == "c1":
            assert text(at) < inputs["pause"]["c1"][0] or text(at) >= "2026-05-31T20:00Z"
        assert inputs["customers"][int(customer[1]) - 1]["email"] is not None
        assert invitation.store_id != "SX"
        assert draw("holdout", "", customer) >= invitation.rule.holdout_rate


def live(inputs: dict[str, Any], customer: str, at: datetime) -> list[tuple[date, str, str, str]]:
    """Date, instant, id and store of the customer's orders known and not cancelled at an instant."""
    found = []
    for order in inputs["orders"]:
        known = order.get("received_at", order["fulfilled_at"]) <= text(at)
        if order["customer"] == customer and known and order.get("cancelled_at", "9999") > text(at):
            when = datetime.fromisoformat(order["fulfilled_at"])
            day = when.astimezone(ZONES[order["store"]]).date()
            found.append((day, order["fulfilled_at"], order["id"], order["store"]))
    return sorted(found)


@more
@given(worlds())
def test_every_email_has_enough_live_orders_in_its_window_and_none_is_idle(inputs: dict[str, Any]) -> None:
    for at, invitation in sent(inputs):
        rule, today = invitation.rule, at.astimezone(ZONES[invitation.store_id]).date()
        known = live(inputs, invitation.customer_id, at)
        assert any(months_later(today, -rule.idle_months) < day <= today for day, *_ in known)
        if invitation.recurring:
            continue
        day, when, anchor, store = next(entry for entry in known if entry[2] == invitation.order_id)
        if rule.window_days is not None:
            start = day - timedelta(days=rule.window_days)
        else:
            start = months_later(day, -(rule.window_months or 0))
        counted = [
            entry
            for entry in known
            if start < entry[0] <= day
            and (entry[1], entry[2]) <= (when, anchor)
            and (rule.count_scope == "network" or entry[3] == store)
        ]
        assert len(counted) >= rule.min_orders


@more
@given(worlds())
def test_one_order_brings_at_most_one_invitation_of_a_rule_and_a_person_has_one_open(inputs: dict[str, Any]) -> None:
    trace = outcome(OneOpen(inputs, DEFAULTS)).trace
    scheduled = Counter((line[2], line[3], _customer(inputs, line)) for line in trace if line[0] == "SCHEDULED")
    assert all(times == 1 for times in scheduled.values())


class OneOpen(World):
    """Looks at every person after every step."""

    def follow(self, effects: Sequence[Effect]) -> None:
        super().follow(effects)
        assert all(len(list(person.open_invitations())) <= 1 for person in self.persons.values())


def _customer(inputs: dict[str, Any], line: list[Any]) -> str:
    order_id = str(line[3]).split("#")[0]
    return next(str(order["customer"]) for order in inputs["orders"] if order["id"] == order_id)


@more
@given(worlds())
def test_events_received_twice_change_nothing(inputs: dict[str, Any]) -> None:
    twice = {**inputs, "orders": [order for order in inputs["orders"] for _ in range(2)]}
    assert outcome(World(twice, DEFAULTS)) == outcome(World(inputs, DEFAULTS))


@more
@given(worlds())
def test_forgetting_old_things_and_storing_the_rest_changes_nothing(inputs: dict[str, Any]) -> None:
    assert outcome(Forgetful(inputs, DEFAULTS)).trace == outcome(World(inputs, DEFAULTS)).trace


@more
@given(rules(modes=("order",)), orders(customers=1, days=70, most=10, late=0), st.randoms())
def test_in_any_order_of_arrival_the_same_orders_have_enough_orders(
    versions: list[dict[str, Any]], known: list[dict[str, Any]], shuffle: Any
) -> None:
    """Sections 10: what time itself decided (which of them was first) may differ; who counts what may not."""
    base = {"rules": versions, "customers": [{"id": "c1", "email": "a@example.org"}]}
    arrival = datetime(2026, 4, 1, 6, tzinfo=UTC)
    outcomes = []
    for _ in range(2):
        received = [
            {**order, "cancelled_at": None, "received_at": text(arrival + timedelta(minutes=n))}
            for n, order in enumerate(known)
        ]
        outcomes.append(_below(outcome(World({**base, "orders": received}, DEFAULTS)).trace))
        shuffle.shuffle(known)
    assert outcomes[0] == outcomes[1]


def _below(trace: list[list[str | None]]) -> set[tuple[str | None, str | None]]:
    last: dict[tuple[str | None, str | None], str | None] = {}
    for word, reason, rule, label, _ in trace:
        if word in ("NOT_ELIGIBLE", "SUPPRESSED", "SCHEDULED"):
            last[rule, label] = reason
    return {key for key, reason in last.items() if reason == Reason.BELOW_MIN_ORDERS}


def test_a_reminder_says_nothing_of_a_score() -> None:
    assert not {"score", "rating", "verbatim"} & set(Reminder.__dataclass_fields__)
