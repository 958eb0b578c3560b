"""What waits for the reader of the overview, worst first: two minutes on a Monday begin with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from surveyor.db import alerts, cases, plans, reviews
from surveyor.flows.plan_action import holds
from surveyor.web.here import now
from surveyor.web.security.people import me

#: Days before its end from which an open action plan is named here.
SOON = 7


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many things of a kind, where they are listed, and whether they are late."""

    kind: str
    n: int
    endpoint: str
    params: dict[str, str] = field(default_factory=dict)
    late: bool = False


def todo(session: Any, today: date) -> list[Waiting]:
    """What this person may see to and that is not done; nothing that waits for nobody."""
    found = [*_cases(session), *_plans(session, today), *_reviews(session), *_alerts(session)]
    return [one for one in found if one.n]


def _cases(session: Any) -> list[Waiting]:
    if not me().may("read", "cases"):
        return []
    counts = cases.counters(session, me().reach, me=me().id, now=now())
    return [
        Waiting("late", counts.late, "inbox.listing", {"late": "1"}, late=True),
        Waiting("unread", counts.unread, "inbox.listing", {"unread": "1"}),
        Waiting("new", counts.new, "inbox.listing", {"status": "new"}),
    ]


def _plans(session: Any, today: date) -> list[Waiting]:
    if not me().may("read", "labels"):
        return []
    dues = [
        one.plan.due_on
        for one in plans.listed(session)
        if one.plan.status == "open" and one.plan.due_on and holds(session, me().reach, one.plan.scope)
    ]
    late = sum(day < today for day in dues)
    soon = sum(today <= day <= today + timedelta(days=SOON) for day in dues)
    return [Waiting("plans_late", late, "plans.listing", late=True), Waiting("plans_soon", soon, "plans.listing")]


def _reviews(session: Any) -> list[Waiting]:
    if not me().may("write", "publication"):
        return []
    return [Waiting("reviews", reviews.counts(session, me().reach).get("waiting", 0), "reviews.listing")]


def _alerts(session: Any) -> list[Waiting]:
    if not me().may("read", "sending_pause"):
        return []
    return [Waiting("alerts", alerts.count_open(session), "alerts.listing", late=True)]
