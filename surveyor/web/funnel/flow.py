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
from surveyor.flows.keep_counts import Ask, plain, refusals
from surveyor.web.dashboard.asked import Asked
from surveyor.web.here import page_keeper

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
    decided, counted, apart, customers, earlier: None while they are being counted.
    """

    orders: int
    decided: int | None
    counted: int | None
    apart: Mapping[str, int] | None
    funnel: Funnel
    rates: Mapping[str, Envelope]
    volume: Envelope
    customers: int | None
    earlier: int | None
    assumed: bool
    reasons_known: bool

    @property
    def empty(self) -> bool:
        """Nothing at all happened, as far as it is counted."""
        return not (self.orders or self.decided is None or self.decided or self.funnel.count("sent"))

    def count(self, step: str) -> int | None:
        """The count of any step of the page; None while it is being counted. Raises KeyError."""
        own = {"orders": self.orders, "decided": self.decided, "counted": self.counted}
        return own[step] if step in own else self.funnel.count(step)


def flow(session: Any, asked: Asked, cut: Cut, *, language: str, delivery_events: bool) -> Flow:
    """Measure every step. Orders are those of the scope, whatever the rule: no rule has an order of its own."""
    orders = _sum(session, asked, "").orders
    tally = _sum(session, asked, cut.rule)
    reasons = refusals.reasons(session, page_keeper(), cut.reach, cut.period, tally, rule=cut.rule)
    rule = {"rule": cut.rule} if cut.rule else {}
    ask = Ask("hit", cut.reach, cut.period, rule)
    apart: Mapping[str, int] | None = plain.counted(
        session, page_keeper(), replace(ask, name="apart", more={**rule, "zone": cut.zone})
    )
    facts = Facts(delivery_events=delivery_events, reasons=reasons or {})
    view = View(asked.period, asked.scope, asked.today, language)
    return Flow(
        orders=orders,
        decided=None if apart is None else sum(apart.values()) + tally.hits,
        counted=None if apart is None else apart.get("BELOW_MIN_ORDERS", 0) + tally.hits,
        apart=None if apart is None else dict(sorted(apart.items(), key=lambda one: -one[1])),
        funnel=funnel(tally if delivery_events else assume_delivered(tally), reasons),
        rates={step: envelope(find(key), tally, view, facts) for step, key in RATES.items()},
        volume=envelope(find("sent"), tally, view, facts),
        customers=plain.counted(session, page_keeper(), ask),
        earlier=plain.counted(session, page_keeper(), replace(ask, name="earlier")),
        assumed=not delivery_events,
        reasons_known=reasons is not None,
    )


def _sum(session: Any, asked: Asked, rule: str) -> Tally:
    return tallies.sums(session, asked.reach, asked.period, rule_id=rule).get((), ZERO)
