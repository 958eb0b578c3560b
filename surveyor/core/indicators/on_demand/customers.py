"""The customer base and who comes back, counted from orders; formulas: core/indicators/customer_base.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from surveyor.core.badges import Status, badge
from surveyor.core.indicators import customer_base, pressure
from surveyor.core.indicators.counted import ALONE
from surveyor.core.indicators.entries import Facts, Formula, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, count, in_both, rate, without_value
from surveyor.core.rounding import decimal, display_share, signed
from surveyor.core.tally import Tally


def _base(part: str, whole: str | None = None) -> Formula:
    def formula(_: Tally, facts: Facts) -> Measure:
        base = facts.counted.base
        if base is None:
            return NOT_MEASURED
        number = getattr(base, part)
        return count(number) if whole is None else rate(number, getattr(base, whole), census=True)

    return formula


def _retention(_: Tally, facts: Facts) -> Measure:
    base = facts.counted.base
    if base is None:
        return NOT_MEASURED
    return rate(base.active_before - base.churned, base.active_before, census=True)


def _repeat_orders(_: Tally, facts: Facts) -> Measure:
    base = facts.counted.base
    return NOT_MEASURED if base is None else rate(base.orders - base.first_orders, base.orders, census=True)


def repurchase(found: tuple[int, int, bool] | None) -> Measure:
    """CUS-06 in percent of the first-time buyers of the period; no value before the horizon is over for all of them."""
    if found is None:
        return NOT_MEASURED
    cohort, came_back, over = found
    if not over:
        early = without_value(Status.NOT_MEASURED, cohort, {"count": came_back, "horizon_days": _HORIZON})
        return replace(early, provisional=True)
    measure = rate(came_back, cohort)
    return replace(measure, facts={**measure.facts, "horizon_days": _HORIZON})


_HORIZON = customer_base.REPURCHASE_DAYS


def engagement(engaged: int | None, contacted: int | None) -> Measure:
    """CUS-11 in percent: distinct customers who responded in 12 months / those contacted in them."""
    return NOT_MEASURED if engaged is None or contacted is None else rate(engaged, contacted)


def link(groups: tuple[tuple[int, int], tuple[int, int]] | None) -> Measure:
    """CUS-12 in points of percent, promoters minus detractors; an association, never a cause."""
    if groups is None:
        return NOT_MEASURED
    promoters, detractors = groups
    n = promoters[1] + detractors[1]
    found = customer_base.nps_repurchase_link(promoters, detractors)
    said = {"promoters": _share(promoters), "detractors": _share(detractors)}
    if found is None:
        return without_value(Status.NOT_MEASURED if n else Status.NO_DATA, n, said)
    shown = in_both(lambda language: signed(found[0], 1, language))
    return Measure(found[0], n, badge(n), shown, found[1], found[2], said)


def _share(group: tuple[int, int]) -> Mapping[str, object]:
    return {"count": group[0], "n": group[1], "display": Said(*in_both(lambda spoken: display_share(*group, spoken)))}


def order_gap(gaps: Mapping[int, int] | None) -> Measure:
    """CUS-13: median days between two orders of a customer; n: pairs of orders."""
    if gaps is None:
        return NOT_MEASURED
    middle = pressure.median_of_counts(gaps)
    if middle is None:
        return without_value(Status.NO_DATA, 0)
    half = middle
    shown = in_both(lambda language: decimal(half, 0 if half == int(half) else 1, language))
    return Measure(middle, sum(gaps.values()), Status.COUNT, shown)


CUSTOMER_BASE = (
    indicator(
        "CUS-01 active_customers count D order -", "Clients actifs", "Active customers", _base("active"), not_by=ALONE
    ),
    indicator(
        "CUS-02 churn_rate percent D order -",
        "Taux d'attrition (clients devenus inactifs)",
        "Churn rate",
        _base("churned", "active_before"),
        not_by=ALONE,
    ),
    indicator("CUS-03 retention_rate percent D order -", "Taux de rétention", "Retention", _retention, not_by=ALONE),
    indicator(
        "CUS-04 repeat_customer_rate percent D order -",
        "Taux de répétition",
        "Repeat customer rate",
        _base("repeat_buyers", "buyers"),
        not_by=ALONE,
    ),
    indicator(
        "CUS-05 repeat_order_share percent R order -",
        "Taux d'achat répété",
        "Repeat order share",
        _repeat_orders,
        not_by=ALONE,
    ),
    indicator(
        "CUS-06 repurchase_rate percent R order CI-PROP",
        "Réachat à 60 jours",
        "Repurchase within 60 days",
        lambda _, facts: repurchase(facts.counted.repurchase),
        not_by=ALONE,
    ),
    indicator(
        "CUS-11 engagement percent D sent CI-PROP",
        "Engagement client",
        "Engagement",
        lambda _, facts: engagement(facts.counted.engaged, facts.counted.contacted),
        not_by=ALONE,
    ),
    indicator(
        "CUS-12 nps_repurchase_link percent R response CI-DIFF-PROP",
        "Lien NPS - réachat",
        "NPS to repurchase",
        lambda _, facts: link(facts.counted.link),
        not_by=ALONE,
    ),
    indicator(
        "CUS-13 order_gap ratio R order -",
        "Délai entre commandes (jours)",
        "Days between orders",
        lambda _, facts: order_gap(facts.counted.gaps),
        not_by=ALONE,
    ),
)
