"""Why one customer would, or would not, have been asked: under a draft, and under the version in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from surveyor.core.decision import Decision
from surveyor.core.explain import Explanation, explain
from surveyor.core.history import Regime
from surveyor.core.replay import Gathering, Period, bases_of
from surveyor.core.replay.told import ToldLife, told_life
from surveyor.core.rules import RuleSet, check_rules
from surveyor.db import customers, rules
from surveyor.db.replay_rows import rows_of_person
from surveyor.flows.customer_journey import DEFAULTS, Defaults, read_terms
from surveyor.flows.edit_rules.drafts import draft_of


@dataclass(frozen=True, slots=True)
class Line:
    """One order under both versions; None on a side where no rule of it decided upon the order."""

    order_id: str
    day: date
    draft: tuple[Decision, Explanation] | None
    active: tuple[Decision, Explanation] | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A customer's orders, the newest first, and the days on which each version sends."""

    customer: str
    lines: tuple[Line, ...]
    draft_sends: tuple[date, ...]
    active_sends: tuple[date, ...]


def compare_customer(
    sessions: Any, author: str, customer: UUID, *, language: str, defaults: Defaults = DEFAULTS
) -> Compared | None:
    """Replay one person's stored orders under both texts. None: no such customer, or a text with errors."""
    with sessions.begin() as session:
        found, active = draft_of(session, author), rules.active(session)
        who = customers.by_id(session, {customer}).get(customer)
        version = rules.version(session, active[0]) if active else None
        draft = check_rules(found.text.encode())[0]
        other = check_rules(version.text.encode())[0] if version else RuleSet()
        if who is None or draft is None or other is None:
            return None
        stores = read_terms(session, defaults, read=lambda _session: (0, draft)).regime.stores
        gathering = Gathering(bases_of(draft, other), stores)
        gathering.take(rows_of_person(session, customer, who.address_key))
    gathered = gathering.done()
    if not gathered.groups:
        return Compared(who.external_id, (), (), ())
    period = Period(1, date.max.toordinal(), gathered.last_day or 1)
    lives = [told_life(gathered.groups[0], Regime(one, gathered.stores), period=period) for one in (draft, other)]
    return _compared(who.external_id, lives, (draft, other), language)


def _compared(name: str, lives: list[ToldLife], texts: tuple[RuleSet, RuleSet], language: str) -> Compared:
    sides: list[dict[str, tuple[Decision, Explanation]]] = []
    days: dict[str, date] = {}
    for life, text in zip(lives, texts, strict=True):
        side: dict[str, tuple[Decision, Explanation]] = {}
        for one in life.decisions.values():
            if one.customer_id != name or one.occurrence > 1:
                continue
            days[one.order_id] = one.order_day
            if one.order_id not in side or not one.reasons:  # of several rules, the one that asks
                side[one.order_id] = one, explain(one, text.get(one.rule_id), language=language)
        sides.append(side)
    lines = (Line(order, day, sides[0].get(order), sides[1].get(order)) for order, day in days.items())
    sends = [
        tuple(date.fromordinal(send.send_day) for send in life.sends if send.customer_id == name) for life in lives
    ]
    return Compared(name, tuple(sorted(lines, key=lambda line: line.day, reverse=True)), *sends)
