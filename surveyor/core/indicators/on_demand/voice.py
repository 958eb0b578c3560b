"""REV and ADO: reviews and our replies, use of the tools; from what was counted to measures with their n.

Formulas: core/indicators/reviews.py and adoption.py (indicators.md, 10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from surveyor.core.badges import Status
from surveyor.core.indicators import adoption, reviews
from surveyor.core.indicators.counted import ALONE, Elsewhere, Themes
from surveyor.core.indicators.entries import Facts, Indicator, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, count, in_both, rate, without_value
from surveyor.core.rounding import decimal, display_duration
from surveyor.core.tally import Tally


def volume(tally: Tally, facts: Facts) -> Measure:
    """REV-01: responses, those commented, and how many a store has in 30 days of being open."""
    return count(
        tally.responses,
        commented=tally.commented,
        per_store_30_days=_per_store(tally.responses, facts),
        store_days=_days(facts),
    )


def _days(facts: Facts) -> int | None:
    return None if facts.counted.store_days is None else sum(facts.counted.store_days)


def _per_store(number: int, facts: Facts) -> float | None:
    days = facts.counted.store_days
    return None if days is None else reviews.review_volume(number, days)


def google_volume(elsewhere: Elsewhere | None, facts: Facts) -> Measure:
    """REV-02: reviews of Google; not measured while none was ever imported."""
    if elsewhere is None:
        return NOT_MEASURED
    return count(elsewhere.reviews, per_store_30_days=_per_store(elsewhere.reviews, facts), store_days=_days(facts))


def google_rating(elsewhere: Elsewhere | None) -> Measure:
    """REV-06: mean stars, and the same drawn towards the peers; no interval: every review there is was counted."""
    if elsewhere is None:
        return NOT_MEASURED
    mean, n, peers = elsewhere.mean, elsewhere.reviews, elsewhere.peer_mean
    if mean is None:
        return without_value(Status.NO_DATA, 0, {"adjusted": None, "peer_mean": peers})
    adjusted = None if peers is None else reviews.adjusted_rating(mean, n=n, peer_mean=peers)
    facts = {"adjusted": adjusted, "peer_mean": peers, "weight": reviews.PEERS_COUNT_AS}
    return Measure(mean, n, Status.COUNT, in_both(lambda language: decimal(mean, 1, language)), facts=facts)


def reply_rate(replies: reviews.Replies | None) -> Measure:
    """REV-03 in percent of commented reviews: a census of what we did."""
    return NOT_MEASURED if replies is None else rate(*replies.replied, census=True)


def reply_time(replies: reviews.Replies | None) -> Measure:
    """REV-04 in hours: the capped mean, which leaving hard reviews alone does not improve; n: reviews it counts.

    mean, median and p90 are those of first replies alone; pending: without one, and younger than 168 h.
    """
    if replies is None:
        return NOT_MEASURED
    time = replies.time
    facts = {
        "mean": time.mean,
        "median": time.median,
        "p90": time.p90,
        "capped_mean": time.capped_mean,
        "mature": time.mature,
        "pending": time.pending,
    }
    if time.capped_mean is None:
        return without_value(Status.NO_DATA, 0, facts)
    seconds = round(time.capped_mean * 3600)
    shown = in_both(lambda language: display_duration(seconds, language))
    return Measure(time.capped_mean, time.mature, Status.COUNT, shown, facts=facts)


def detractors_48h(replies: reviews.Replies | None) -> Measure:
    """REV-05 in percent of the detractors due for a reply; `waiting`: comments of detractors without one."""
    if replies is None:
        return NOT_MEASURED
    told = replies.detractors
    measure = rate(told.handled, told.due, census=True)
    return replace(measure, facts={**measure.facts, "waiting": told.waiting})


def recovered(replies: reviews.Replies | None) -> Measure:
    """REV-07 in percent of those who answered the question after a reply; what they say, not what they do."""
    return NOT_MEASURED if replies is None else rate(*replies.come_back)


def recovered_measured(replies: reviews.Replies | None) -> Measure:
    """REV-08 in percent, beside the same of detractors without a reply: an association, never an effect."""
    if replies is None:
        return NOT_MEASURED
    measure, silent = rate(*replies.recovered), rate(*replies.silent)
    beside = {
        "count": silent.facts.get("count"),
        "n": silent.n,
        "value": silent.value,
        "display": Said(silent.display("fr"), silent.display("en")),
        "ci_low": silent.ci_low,
        "ci_high": silent.ci_high,
    }
    return replace(measure, facts={**measure.facts, "without_reply": beside})


def label_coverage(themes: Themes | None) -> Measure:
    """ADO-04 in percent of commented responses."""
    return NOT_MEASURED if themes is None else adoption.label_coverage(themes.labelled, themes.commented)


def _entry(head: str, fr: str, en: str, formula: Callable[[Facts], Measure], tier: int = 1) -> Indicator:
    made = indicator(head, fr, en, lambda _, facts: formula(facts), not_by=ALONE)
    return replace(made, tier=tier, counted_alone=True)


REVIEWS = (
    indicator("REV-01 review_volume count S response -", "Volume d'avis", "Reviews", volume),
    _entry(
        "REV-02 google_volume count I created -",
        "Volume d'avis Google",
        "Google reviews",
        lambda f: google_volume(f.counted.elsewhere, f),
        3,
    ),
    _entry(
        "REV-03 reply_rate percent S response -",
        "Taux de réponse aux avis (enseigne)",
        "Reply rate",
        lambda f: reply_rate(f.counted.replies),
    ),
    replace(
        _entry(
            "REV-04 reply_time hours R response -",
            "Temps de réponse de l'enseigne",
            "Reply time",
            lambda f: reply_time(f.counted.replies),
        ),
        definition_version=2,  # 1: the mean of first replies, which silence improved
    ),
    _entry(
        "REV-05 detractors_48h percent S response -",
        "Détracteurs traités sous 48 h",
        "Detractors handled < 48 h",
        lambda f: detractors_48h(f.counted.replies),
    ),
    _entry(
        "REV-06 google_rating mean I created -",
        "Note Google, indice ajusté",
        "Google rating",
        lambda f: google_rating(f.counted.elsewhere),
        3,
    ),
    _entry(
        "REV-07 recovered percent S response CI-PROP",
        "Clients récupérés (déclaré)",
        "Recovered (asked)",
        lambda f: recovered(f.counted.replies),
    ),
    _entry(
        "REV-08 recovered_measured percent R response CI-PROP",
        "Clients récupérés (mesuré)",
        "Recovered (measured)",
        lambda f: recovered_measured(f.counted.replies),
    ),
)
ADOPTION = (
    _entry(
        "ADO-01 store_connections percent S created -",
        "Connexion des points de vente",
        "Store connections",
        lambda f: f.counted.connections or NOT_MEASURED,
    ),
    _entry(
        "ADO-02 widgets 0..100 I created -",
        "Widgets (badge, carrousel)",
        "Widgets (badge, carousel)",
        lambda f: f.counted.widgets or NOT_MEASURED,
    ),
    _entry(
        "ADO-03 faq 0..100 S created -",
        "FAQ (questions fréquentes)",
        "FAQ (frequent questions)",
        lambda f: f.counted.faq or NOT_MEASURED,
    ),
    _entry(
        "ADO-04 label_coverage percent S response -",
        "Libellés (couverture)",
        "Label coverage",
        lambda f: label_coverage(f.counted.themes),
    ),
)
