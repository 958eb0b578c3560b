"""CUS: who keeps ordering, from dates of qualifying orders to indicators (indicators.md, 14). Days are local dates.

Retail has no contract: somebody "left" when they were silent for the idle time of the default rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from surveyor.core import intervals
from surveyor.core.badges import LOW_UNDER
from surveyor.core.calendar import add_months
from surveyor.core.indicators.measures import share
from surveyor.core.indicators.pressure import median

IDLE_MONTHS = 2
REPURCHASE_DAYS = 60
MOST_YEARS = 10

Orders = Mapping[str, Sequence[date]]


def is_active(days: Sequence[date], on: date, *, idle_months: int = IDLE_MONTHS) -> bool:
    """CUS-01: an order in `(on - idle_months, on]`; a date exactly that many months ago is out, as in the rules."""
    since = add_months(on.toordinal(), -idle_months)
    return any(since < day.toordinal() <= on.toordinal() for day in days)


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """CUS-01 to 05 of a period. Rates are percent; None where nobody is in their base."""

    active_before: list[str]
    active: list[str]
    churned: list[str]
    reactivated: list[str]
    new: list[str]
    repeat_customer_rate: float | None
    repeat_order_share: float | None

    @property
    def churn_rate(self) -> float | None:
        """CUS-02: of those active before, who is not any more."""
        return _percent(len(self.churned), len(self.active_before))

    @property
    def retention_rate(self) -> float | None:
        """CUS-03: the others of them."""
        return _percent(len(self.active_before) - len(self.churned), len(self.active_before))

    @property
    def identity(self) -> bool:
        """Whether active = base - churned + reactivated + new."""
        moved = len(self.reactivated) + len(self.new) - len(self.churned)
        return len(self.active) == len(self.active_before) + moved


def customer_base(orders: Orders, previous_end: date, end: date, *, idle_months: int = IDLE_MONTHS) -> CustomerBase:
    """The customers of the period `(previous_end, end]`, by name; `orders`: all their qualifying orders so far."""
    known = {name: sorted(days) for name, days in sorted(orders.items()) if days}
    before = [name for name, days in known.items() if is_active(days, previous_end, idle_months=idle_months)]
    active = [name for name, days in known.items() if is_active(days, end, idle_months=idle_months)]
    came = [name for name in active if name not in set(before)]
    inside = {name: [day for day in days if previous_end < day <= end] for name, days in known.items()}
    buyers = [name for name, days in inside.items() if days]
    total = sum(len(days) for days in inside.values())
    first_ever = sum(known[name][0] > previous_end for name in buyers)
    return CustomerBase(
        active_before=before,
        active=active,
        churned=[name for name in before if name not in set(active)],
        reactivated=[name for name in came if known[name][0] <= previous_end],
        new=[name for name in came if known[name][0] > previous_end],
        repeat_customer_rate=_percent(sum(len(inside[name]) > 1 for name in buyers), len(buyers)),
        repeat_order_share=_percent(total - first_ever, total),
    )


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Repurchase:
    """CUS-06: status is ok, provisional (the horizon is not over) or no_data; percent with CI-PROP."""

    status: str
    cohort: int
    count: int
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


def repurchase_rate(
    orders: Orders, cohort: tuple[date, date], *, as_of: date, horizon_days: int = REPURCHASE_DAYS
) -> Repurchase:
    """CUS-06: first-time buyers of `cohort` (both days included) with a second order within the horizon."""
    first_orders = [sorted(days) for days in orders.values() if days and cohort[0] <= min(days) <= cohort[1]]
    horizon = timedelta(days=horizon_days)
    count = sum(len(days) > 1 and days[1] - days[0] <= horizon for days in first_orders)
    if as_of < cohort[1] + horizon:
        return Repurchase("provisional", len(first_orders), count)
    if not first_orders:
        return Repurchase("no_data", 0, 0)
    return Repurchase("ok", len(first_orders), count, *share(count, len(first_orders)))


def order_gap(orders: Orders) -> tuple[float | None, int]:
    """CUS-13: the median number of days between consecutive orders of a customer, and how many gaps there are."""
    gaps = [(later - earlier).days for days in map(sorted, orders.values()) for earlier, later in pairwise(days)]
    return median(gaps), len(gaps)


@dataclass(frozen=True, slots=True)
class LifetimeValue:
    """CUS-07 in money. basis: "margin", or "revenue" when the margin is not known."""

    value: float
    basis: str
    discounted: float | None


def cltv(
    basket: float,
    orders_per_year: float,
    *,
    yearly_churn: float,
    margin: float | None = None,
    discount: float | None = None,
) -> LifetimeValue:
    """CUS-07: basket * orders a year * margin * years, at most 10. yearly_churn, margin, discount: shares of 1.

    discounted: sum of ((1 - churn) / (1 + discount))^k, in closed form; None without a discount, or when it never ends.
    """
    year = basket * orders_per_year * (1 if margin is None else margin)
    years = min(1 / yearly_churn, MOST_YEARS) if yearly_churn > 0 else MOST_YEARS
    endless = discount is None or discount + yearly_churn <= 0
    discounted = None if discount is None or endless else year * (1 + discount) / (discount + yearly_churn)
    return LifetimeValue(year * years, "revenue" if margin is None else "margin", discounted)


def cac(spend: Sequence[float] | None, new_customers: int) -> tuple[str, float | None]:
    """CUS-08: acquisition spend per new customer, with its status; without a cost import it is not measured."""
    if spend is None:
        return "not_measured", None
    return ("count", sum(spend) / new_customers) if new_customers else ("no_data", None)


@dataclass(frozen=True, slots=True)
class BuyingHabits:
    """Parameters of a BG/NBD model, fitted elsewhere and imported; the unit of time is theirs."""

    r: float
    alpha: float
    a: float
    b: float


def p_alive(x: int, tx: float, age: float, habits: BuyingHabits) -> float:
    """CUS-10: the chance that a customer still buys: x repeat orders, the last at tx, seen for `age`.

    Source: Fader, Hardie and Lee 2005. One who never came back (x = 0) cannot be told from one who left: 1.
    """
    if x == 0:
        return 1.0
    odds: float = habits.a / (habits.b + x - 1) * ((habits.alpha + age) / (habits.alpha + tx)) ** (habits.r + x)
    return 1 / (1 + odds)


def nps_repurchase_link(promoters: tuple[int, int], detractors: tuple[int, int]) -> tuple[float, float, float] | None:
    """CUS-12: share of promoters minus share of detractors who ordered again, each (count, total); points and bounds.

    None under 30 in a group. An association, never a cause.
    """
    bounds = intervals.newcombe(promoters, detractors)
    if bounds is None or min(promoters[1], detractors[1]) < LOW_UNDER:
        return None
    gap = promoters[0] / promoters[1] - detractors[0] / detractors[1]
    return 100 * gap, 100 * bounds[0], 100 * bounds[1]
