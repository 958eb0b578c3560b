"""Indicators that need people or rows and not only sums: pressure, representativeness, peers, customer base.

Their formulas stand in the modules of their families; here a counted fact becomes a measure with its n and its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from surveyor.core.badges import HIDDEN_UNDER, Status, badge
from surveyor.core.indicators import customer_base, peers, pressure, weighting
from surveyor.core.indicators.changes import Verdict, change
from surveyor.core.indicators.counted import ALONE, Former, Part
from surveyor.core.indicators.entries import Facts, Formula, indicator
from surveyor.core.indicators.measures import Counts, Measure, Said, count, in_both, nps, rate, share, without_value
from surveyor.core.intervals import raw_nps
from surveyor.core.rounding import decimal, display_change, display_duration, display_share, signed
from surveyor.core.tally import Tally

NOT_MEASURED = without_value(Status.NOT_MEASURED, 0)
#: Months without an order after which the registry takes a customer for gone, when no rule says otherwise.
IDLE_MONTHS = customer_base.IDLE_MONTHS


def in_words(verdict: Verdict) -> Said:
    """A verdict as a reader sees it."""
    return Said(verdict.words("fr"), verdict.words("en"))


def weighted_nps(parts: Sequence[Part] | None) -> Measure:
    """SUR-10 in points; `segment`: the one whose share of answers most exceeds its share of customers."""
    if parts is None:
        return NOT_MEASURED
    n = sum(sum(part.counts) for part in parts)
    strata = [weighting.Stratum(part.name, part.eligible, part.counts) for part in parts]
    found = weighting.weighted_nps(strata)
    if found is None:
        return without_value(Status.NOT_MEASURED, n)
    shown = signed(found.value)
    facts = {
        "unweighted": found.unweighted,
        "gap": found.gap,
        "warning": found.warning,
        "n_eff": found.n_eff,
        "deff": found.deff,
        "weights": dict(found.weights),
        "segment": over_represented(parts),
    }
    return Measure(found.value, n, badge(n), (shown, shown), found.ci_low, found.ci_high, facts)


def over_represented(parts: Sequence[Part]) -> str:
    """The segment whose share of the answers most exceeds its share of the customers; "" when none does."""
    answers, eligible = sum(sum(p.counts) for p in parts), sum(p.eligible for p in parts)
    if not answers or not eligible:
        return ""
    excess = {p.name: Fraction(sum(p.counts), answers) - Fraction(p.eligible, eligible) for p in parts}
    name = min(excess, key=lambda one: (-excess[one], one))
    return name if excess[name] > 0 else ""


def adjusted_nps(facts: Facts) -> Measure:
    """SUR-11 of one store in points, with its tier among its peers; of a group of stores it is `not_measured`."""
    found = facts.counted.peers
    if found is None:
        return NOT_MEASURED
    own = found.stores.get(found.own, (0, 0, 0))
    n = sum(own)
    group = peers.adjusted_nps(found.stores)
    if group is None or badge(n) in (Status.NO_DATA, Status.HIDDEN):
        return without_value(badge(n), n)
    store = group.stores[found.own]
    shown = signed(store.value)
    said = {
        "raw": store.raw,
        "tier": str(store.tier),
        "words": in_words(store.tier),
        "p_above": store.p_above,
        "peer_mean": group.peer_mean,
        "k": group.k,
        "how": group.how,
        "peers_by": found.by,
        "peers": len(group.stores) - 1,
    }
    return Measure(store.value, n, badge(n), (shown, shown), store.ci_low, store.ci_high, said)


def nps_change(now: Counts, former: Sequence[Former] | None) -> Measure:
    """SUR-12 in points against the first of `former`, raw; the interval is that of the adjusted difference.

    `comparisons` has every one with its verdict. Hidden while a side has fewer than 10 answers.
    """
    if not former:
        return NOT_MEASURED
    n = sum(now)
    facts = {"comparisons": [_comparison(now, one) for one in former]}
    before = former[0].counts
    status = badge(n)
    if not n or not sum(before):
        return without_value(Status.NO_DATA, n, facts)
    if min(n, sum(before)) < HIDDEN_UNDER:
        return without_value(Status.HIDDEN, min(n, sum(before)), facts)
    numbers = change(now, before).numbers
    text = display_change(now, before)
    low, high = (None, None) if numbers is None else (numbers.ci_low, numbers.ci_high)
    return Measure(raw_nps(now) - raw_nps(before), n, status, (text, text), low, high, facts)


def _comparison(now: Counts, former: Former) -> Mapping[str, object]:
    found = change(now, former.counts, cadence=former.cadence, same_questionnaire=former.same_questionnaire)
    shown = min(sum(now), sum(former.counts)) >= HIDDEN_UNDER
    numbers = found.numbers if shown else None
    before = nps(former.counts)
    return {
        "with": former.label,
        "period": {"from": former.first, "to": former.last},
        "before": before.value,
        "n_before": before.n,
        "change": None if numbers is None else raw_nps(now) - raw_nps(former.counts),
        "ci_low": None if numbers is None else numbers.ci_low,
        "ci_high": None if numbers is None else numbers.ci_high,
        "p": None if numbers is None else numbers.p,
        "verdict": str(found.verdict),
        "words": in_words(found.verdict),
        "arrow": found.verdict.arrow,
    }


def emails_per_customer(emails: Mapping[int, int] | None) -> Measure:
    """SOL-15: emails of a contacted customer in 365 days, with p95, most and the share over 4; n: customers."""
    if emails is None:
        return NOT_MEASURED
    found = pressure.pressure([number for number, customers in emails.items() for _ in range(customers)])
    if found is None:
        return without_value(Status.NO_DATA, 0)
    shown = in_both(lambda language: decimal(found.value, 1, language))
    facts = {"p95": found.p95, "most": found.most, "share_over_4": found.share_over_4}
    return Measure(found.value, found.customers, Status.COUNT, shown, facts=facts)


def respondent_rate(respondents: int | None, active: int | None) -> Measure:
    """SOL-16 in percent: distinct customers who responded in the period / customers active at its end."""
    return NOT_MEASURED if respondents is None or active is None else rate(respondents, active)


def r_indicator(rates: Sequence[tuple[int, int]] | None) -> Measure:
    """SOL-17, 0..1, two decimals; n: emails sent in the segments that count."""
    found = None if rates is None else weighting.r_indicator(rates)
    if rates is None or found is None:
        return without_value(Status.NOT_MEASURED, sum(sent for _, sent in rates or ()))
    n = sum(sent for _, sent in rates)
    return Measure(found, n, Status.COUNT, in_both(lambda language: decimal(found, 2, language)))


def answer_delay(hours: Sequence[float] | None) -> Measure:
    """SOL-18: median hours from sent to the first answer that counted, with p90; n: answers."""
    if hours is None:
        return NOT_MEASURED
    middle, late = pressure.median(hours), pressure.percentile(hours, 90)
    if middle is None or late is None:
        return without_value(Status.NO_DATA, 0)
    half = middle
    shown = in_both(lambda language: display_duration(round(half * 3600), language))
    return Measure(middle, len(hours), Status.COUNT, shown, facts={"p90": late})


def fatigue(facts: Facts) -> Measure:
    """SOL-19 in points of percent, same customers; `by_rank` shows everybody's rates, which are not compared."""
    found = facts.counted.ranked
    if found is None:
        return NOT_MEASURED
    by_rank = {
        rank: {"count": responded, "n": sent, "value": share(responded, sent)[0] if sent >= HIDDEN_UNDER else None}
        for rank, (responded, sent) in found.by_rank.items()
    }
    first, fourth = found.responded_first, found.responded_fourth
    tired = pressure.fatigue(found.customers, responded_first=first, responded_fourth=fourth)
    said: dict[str, object] = {"responded_first": first, "responded_fourth": fourth, "by_rank": by_rank}
    if tired is None or found.customers < HIDDEN_UNDER:
        return without_value(badge(found.customers), found.customers, {**said, "visible": False})
    shown = in_both(lambda language: signed(tired.value, 1, language))
    said["visible"] = tired.visible
    n = found.customers
    return Measure(tired.value, n, badge(n), shown, tired.ci_low, tired.ci_high, said)


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


def _counts(tally: Tally) -> Counts:
    return tally.promoters, tally.passives, tally.detractors


SURVEY = (
    indicator(
        "SUR-10 weighted_nps points D response own",
        "NPS redressé",
        "Weighted NPS",
        lambda _, facts: weighted_nps(facts.counted.parts),
        not_by=ALONE,
    ),
    indicator(
        "SUR-11 adjusted_nps points S response CI-EB",
        "NPS ajusté, position",
        "Adjusted NPS, position",
        lambda _, facts: adjusted_nps(facts),
        not_by=ALONE - {"store"},
    ),
    indicator(
        "SUR-12 nps_change points S response CI-DIFF-NPS",
        "Évolution du NPS",
        "Change of NPS",
        lambda tally, facts: nps_change(facts.counted.rolling or _counts(tally), facts.counted.former),
        not_by=ALONE,
    ),
)
SOLICITATION = (
    indicator(
        "SOL-15 pressure ratio D sent -",
        "Pression (e-mails par client contacté et par an)",
        "Emails per contacted customer and year",
        lambda _, facts: emails_per_customer(facts.counted.emails),
        not_by=ALONE,
    ),
    indicator(
        "SOL-16 respondent_rate percent D response CI-PROP",
        "Taux de répondants",
        "Respondent rate",
        lambda _, facts: respondent_rate(
            facts.counted.respondents, None if facts.counted.base is None else facts.counted.base.active
        ),
        not_by=ALONE,
    ),
    indicator(
        "SOL-17 r_indicator ratio S sent -",
        "Représentativité (indicateur R)",
        "R-indicator",
        lambda _, facts: r_indicator(facts.counted.segment_rates),
        not_by=ALONE,
    ),
    indicator(
        "SOL-18 answer_delay hours R sent -",
        "Délai de réponse du client",
        "Answer delay",
        lambda _, facts: answer_delay(facts.counted.delays),
        not_by=ALONE,
    ),
    indicator(
        "SOL-19 fatigue percent D sent CI-DIFF-PROP",
        "Usure",
        "Fatigue",
        lambda _, facts: fatigue(facts),
        not_by=ALONE,
    ),
)
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
