"""Scores that need more than sums: weighted by who buys, drawn towards the peers, compared with former periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from surveyor.core.badges import HIDDEN_UNDER, Status, badge
from surveyor.core.indicators import peers, weighting
from surveyor.core.indicators.changes import Verdict, change
from surveyor.core.indicators.counted import ALONE, Former, Part
from surveyor.core.indicators.entries import Facts, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Counts, Measure, Said, nps, without_value
from surveyor.core.intervals import raw_nps
from surveyor.core.rounding import display_change, signed


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


@lru_cache(maxsize=64)
def _together(stores: tuple[tuple[str, Counts], ...]) -> peers.PeerGroup | None:
    """The adjusted scores of a group, once for all of its stores: a page asks for each of a thousand."""
    return peers.adjusted_nps(dict(stores))


def adjusted_nps(facts: Facts) -> Measure:
    """SUR-11 of one store in points, with its tier among its peers; of a group of stores it is `not_measured`."""
    found = facts.counted.peers
    if found is None:
        return NOT_MEASURED
    own = found.stores.get(found.own, (0, 0, 0))
    n = sum(own)
    group = _together(tuple(found.stores.items()))
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
        lambda tally, facts: nps_change(facts.counted.rolling or tally.bands, facts.counted.former),
        not_by=ALONE,
    ),
)
