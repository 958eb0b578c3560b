"""The steps from an order to a comment: counts of tallies and of refusals, identities, rates with their n."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from surveyor.core.indicators import Envelope, Facts, Funnel, View, envelope, find, funnel
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.tally import ZERO, Tally
from surveyor.db import tallies
from surveyor.db.steps import Cut
from surveyor.flows.keep_counts import Ask, plain
from surveyor.web.dashboard.asked import Asked
from surveyor.web.here import keeper

#: Step of the funnel -> the indicator that is its rate.
RATES = {
    "delivered": "delivery_rate",
    "visited": "visit_rate",
    "responded": "response_rate",
    "unsubscribed": "unsubscribe_rate",
    "complained": "complaint_rate",
}


@dataclass(frozen=True, slots=True)
class Flow:
    """The page. apart: decisions that reached no rule, by reason. decided, counted: decisions, and those of them whose
    orders were counted. customers: distinct, behind the hits. earlier: emails sent for orders of before the period.
    """

    orders: int
    decided: int
    counted: int
    apart: Mapping[str, int]
    funnel: Funnel
    rates: Mapping[str, Envelope]
    volume: Envelope
    customers: int
    earlier: int
    assumed: bool

    @property
    def empty(self) -> bool:
        """Nothing at all happened."""
        return not (self.orders or self.decided or self.funnel.count("sent"))

    def count(self, step: str) -> int:
        """The count of any step of the page. Raises KeyError."""
        own = {"orders": self.orders, "decided": self.decided, "counted": self.counted}
        return own[step] if step in own else self.funnel.count(step)


def flow(session: Any, asked: Asked, cut: Cut, *, language: str, delivery_events: bool) -> Flow:
    """Measure every step. Orders are those of the scope, whatever the rule: no rule has an order of its own."""
    orders = _sum(session, asked, "").orders
    tally = _sum(session, asked, cut.rule)
    reasons = tallies.reasons(session, cut.reach, cut.period, rule_id=cut.rule).get((), {})
    rule = {"rule": cut.rule} if cut.rule else {}
    ask = Ask("hit", cut.reach, cut.period, rule)
    apart: Mapping[str, int] = plain.counted(
        session, keeper(), replace(ask, name="apart", more={**rule, "zone": cut.zone})
    )
    facts = Facts(delivery_events=delivery_events, reasons=reasons)
    view = View(asked.period, asked.scope, asked.today, language)
    return Flow(
        orders=orders,
        decided=sum(apart.values()) + tally.hits,
        counted=apart.get("BELOW_MIN_ORDERS", 0) + tally.hits,
        apart=dict(sorted(apart.items(), key=lambda one: -one[1])),
        funnel=funnel(tally if delivery_events else assume_delivered(tally), reasons),
        rates={step: envelope(find(key), tally, view, facts) for step, key in RATES.items()},
        volume=envelope(find("sent"), tally, view, facts),
        customers=plain.counted(session, keeper(), ask),
        earlier=plain.counted(session, keeper(), replace(ask, name="earlier")),
        assumed=not delivery_events,
    )


def _sum(session: Any, asked: Asked, rule: str) -> Tally:
    return tallies.sums(session, asked.reach, asked.period, rule_id=rule).get((), ZERO)
