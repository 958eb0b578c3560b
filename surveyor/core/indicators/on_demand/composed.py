"""CST and BEN: a score out of twelve items, a store beside its peers, a brand beside a file; with their parts.

Formulas: core/custscore.py and core/benchmark.py (indicators.md, 12 and 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveyor.core.badges import HIDDEN_UNDER, LOW_UNDER, Status, badge
from surveyor.core.indicators.counted import ALONE, Compared, Imported, Score
from surveyor.core.indicators.entries import indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, in_both, without_value
from surveyor.core.rounding import signed


def custscore(score: Score | None) -> Measure:
    """CST-01 out of 100; n: answers in its NPS. Not measured while too little of the weight is known, and says so."""
    if score is None:
        return NOT_MEASURED
    found = score.found
    facts = {
        "coverage": found.coverage,
        "version": score.version,
        "points": dict(score.points),
        "contributions": dict(found.contributions),
        "potentials": dict(found.potentials),
    }
    shown = in_both(found.display)
    status = Status.ERROR if found.status == "error" else Status.NOT_MEASURED if found.value is None else Status.COUNT
    return Measure(found.value, score.n, status, shown, facts=facts)


def cx_benchmark(compared: Compared | None) -> Measure:
    """BEN-01 in points: own NPS minus the peers' pooled one, of one store; peers are only ever that one figure."""
    if compared is None:
        return NOT_MEASURED
    beside, n = compared.beside, compared.n
    about = {"peers_by": compared.by, "peer_stores": compared.peers, "n_peers": compared.n_peers}
    if beside.change is None or beside.status is Status.NOT_MEASURED:
        return without_value(beside.status, n, about)
    if n < HIDDEN_UNDER:
        return without_value(badge(n), n, {**about, "peers": beside.peers})
    tier = None if beside.tier is None or n < LOW_UNDER else Said(beside.tier.words("fr"), beside.tier.words("en"))
    facts = {
        **about,
        "own": beside.own,
        "peers": beside.peers,
        "p": beside.change.p,
        "adjusted": beside.adjusted,
        "tier": tier,
        "percentile": beside.percentile if n >= LOW_UNDER else None,
        "points": beside.points,
        "k": beside.k,
    }
    text = signed(beside.change.delta)
    bounds = beside.change.ci_low, beside.change.ci_high
    return Measure(beside.change.delta, n, beside.status, (text, text), *bounds, facts)


def peer_file(groups: Sequence[Imported] | None) -> Measure:
    """BEN-02 in points: our NPS minus the median of the newest imported group that was measured as we measure.

    Never in a score, a tier or a recommendation; other methods are context, without a difference. n: its entities.
    """
    if not groups:
        return NOT_MEASURED
    told = [
        {name: getattr(one, name) for name in ("group", "period", "metric", "entities", "method", "source", "status")}
        | {"reference": one.reference, "delta": one.delta}
        for one in groups
    ]
    alike = [one for one in groups if one.delta is not None]
    if not alike:
        return without_value(Status.NOT_MEASURED, groups[0].entities, {"groups": told})
    newest = max(alike, key=lambda one: one.period)
    text = signed(newest.delta or 0.0)
    facts = {"reference": newest.reference, "group": newest.group, "groups": told}
    return Measure(newest.delta, newest.entities, Status.COUNT, (text, text), facts=facts)


COMPOSED = (
    replace(
        indicator(
            "CST-01 custscore 0..100 M response -",
            "CustScore (formule surveyor)",
            "CustScore (surveyor's formula)",
            lambda _, facts: custscore(facts.counted.score),
            not_by=ALONE,
        ),
        counted_alone=True,
    ),
    indicator(
        "BEN-01 cx_benchmark points R response CI-DIFF-NPS",
        "CX Benchmark (écart aux pairs)",
        "CX Benchmark (gap to peers)",
        lambda _, facts: cx_benchmark(facts.counted.compared),
        not_by=ALONE,
    ),
    replace(
        indicator(
            "BEN-02 peer_file points I response -",
            "CX Benchmark (fichier importé)",
            "CX Benchmark (imported file)",
            lambda _, facts: peer_file(facts.counted.imported),
            not_by=ALONE,
        ),
        tier=3,
    ),
)
