"""REV, ADO and THM: reviews and our replies, use of the tools, labels; from what was counted to measures with their n.

Formulas: core/indicators/reviews.py and adoption.py, core/matrix.py (indicators.md, 10 and 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from surveyor.core.badges import HIDDEN_UNDER, Status, badge
from surveyor.core.indicators import adoption, reviews
from surveyor.core.indicators.counted import ALONE, Elsewhere, Themes
from surveyor.core.indicators.entries import Facts, Indicator, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, count, in_both, rate, without_value
from surveyor.core.rounding import decimal, display_duration, percent_sign
from surveyor.core.tally import Tally

if TYPE_CHECKING:
    from surveyor.core.matrix import Importance, Placed

FEWEST_MENTIONS = 10
_NAMED_IN_SHOWN = 3


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


def _labels(themes: Themes | None, tell: Callable[[Placed], Mapping[str, object]], which: str) -> Measure:
    """Every label with its mentions and a figure; no value of its own, since a mean of labels would say nothing."""
    if themes is None:
        return NOT_MEASURED
    if themes.matrix is None or themes.commented < HIDDEN_UNDER:
        return without_value(badge(themes.commented), themes.commented, {"labels": []})
    ranked = sorted(themes.matrix.labels.items(), key=lambda item: (-item[1].mentions, item[0]))
    told = [{"label": name, "name": _name(themes, name), "mentions": one.mentions, **tell(one)} for name, one in ranked]
    facts = {"labels": told}
    if not told:
        return without_value(badge(themes.commented), themes.commented, facts)
    shown = [one for one in told if one[which] is not None][:_NAMED_IN_SHOWN]

    def say(language: str) -> str:
        return " · ".join(
            f"{_name(themes, str(one['label'])).by(language)} {_one(one[which], language)}" for one in shown
        )

    return Measure(None, themes.commented, badge(themes.commented), in_both(say), facts=facts)


def _name(themes: Themes, label: str) -> Said:
    return themes.names.get(label, Said(label, label))


def _one(value: object, language: str) -> str:
    return decimal(float(str(value)), 1, language)


def label_performance(themes: Themes | None) -> Measure:
    """THM-02: positive minus negative mentions in points with a 90 % interval; nothing under 10 mentions."""

    def tell(one: Placed) -> Mapping[str, object]:
        enough = one.mentions >= FEWEST_MENTIONS
        bounds = (one.performance, one.ci_low, one.ci_high) if enough else (None, None, None)
        return dict(zip(("value", "ci_low", "ci_high"), bounds, strict=True))

    return _labels(themes, tell, "value")


def cx_matrix(themes: Themes | None) -> Measure:
    """THM-03: percent of classified labels that go well, and how far it moves if the uncertain ones flip."""
    if themes is None:
        return NOT_MEASURED
    found, days = themes.widest, {"from": themes.widest_days[0], "to": themes.widest_days[1]}
    if found is None or found.value is None:
        return without_value(Status.NOT_MEASURED, 0 if found is None else found.classified, {"counted_in": days})
    facts = {
        "good": found.good,
        "classified": found.classified,
        "uncertain": found.uncertain,
        "range_low": found.range_low,
        "range_high": found.range_high,
        "by_mentions": found.by_mentions,
        "median_salience": found.median_salience,
        "quadrants": {
            name: None if one.quadrant is None else str(one.quadrant) for name, one in sorted(found.labels.items())
        },
        "counted_in": days,
    }
    value = found.value

    def say(language: str) -> str:
        share = percent_sign(decimal(value, 0, language), language)
        french = language == "fr"
        of = f"{found.good} libellés sur {found.classified}" if french else f"{found.good} labels of {found.classified}"
        if not found.uncertain:
            return f"{share} ({of})"
        sure = ("incertain", "incertains", "est", "sont") if french else ("uncertain", "uncertain", "is", "are")
        many = found.uncertain > 1
        tail = f"{found.uncertain} {sure[3] if many else sure[2]} {sure[1] if many else sure[0]}"
        return f"{share} ({of} ; {tail})" if french else f"{share} ({of}; {tail})"

    return Measure(value, found.classified, Status.COUNT, in_both(say), facts=facts)


def label_trend(themes: Themes | None) -> Measure:
    """THM-04: how many labels rise among commented detractors, and which; each tested one with its z and p."""
    if themes is None:
        return NOT_MEASURED
    if themes.trend is None:
        return without_value(Status.NO_DATA, themes.detractors, {"rising": [], "labels": []})
    trend = themes.trend
    rising = [{"label": name, "name": _name(themes, name)} for name in trend.rising]
    tested = [{"label": name, "z": z, "p": p} for name, (z, p) in sorted(trend.labels.items())]
    measure = count(len(rising), rising=rising, labels=tested)
    return replace(measure, n=themes.detractors)


def label_importance(found: Importance | None, names: Mapping[str, Said]) -> Measure:
    """THM-05: R2 of the score on the stars, and each star's share of it; "associated with", never a cause."""
    if found is None:
        return NOT_MEASURED
    if found.r2 is None or found.shares is None:
        return without_value(Status.NOT_MEASURED, found.n, {"r2": None, "shares": None})
    r2, shares = found.r2, found.shares
    told = [
        {"question": star, "label": names.get(star, Said(star, star)), "value": one} for star, one in shares.items()
    ]
    facts = {"r2": r2, "shares": sorted(told, key=lambda one: -float(str(one["value"])))}
    shown = in_both(lambda language: decimal(r2, 2, language))
    return Measure(r2, found.n, badge(found.n), shown, facts=facts)


def _salience(one: Placed) -> Mapping[str, object]:
    return {"value": one.salience}


def _entry(head: str, fr: str, en: str, formula: Callable[[Facts], Measure], tier: int = 1) -> Indicator:
    made = indicator(head, fr, en, lambda _, facts: formula(facts), not_by=ALONE)
    return replace(made, tier=tier, counted_alone=True)


REVIEWS = (
    indicator("REV-01 review_volume count S response -", "Volume d’avis", "Reviews", volume),
    _entry(
        "REV-02 google_volume count I created -",
        "Volume d’avis Google",
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
            "Temps de réponse de l’enseigne",
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
THEMES = (
    _entry(
        "THM-01 label_salience percent S response -",
        "Importance des libellés (part des commentaires)",
        "Salience of labels (share of comments)",
        lambda f: _labels(f.counted.themes, _salience, "value"),
    ),
    _entry(
        "THM-02 label_performance points S response CI-NPS",
        "Performance des libellés",
        "Performance of labels",
        lambda f: label_performance(f.counted.themes),
    ),
    _entry(
        "THM-03 cx_matrix percent S response -",
        "CX Matrix (libellés satisfaisants)",
        "CX Matrix",
        lambda f: cx_matrix(f.counted.themes),
    ),
    _entry(
        "THM-04 label_trend count S response -",
        "Libellés en hausse chez les détracteurs",
        "Labels rising among detractors",
        lambda f: label_trend(f.counted.themes),
    ),
    _entry(
        "THM-05 label_importance ratio R response -",
        "Poids des étoiles dans la note",
        "Weight of stars in the score",
        lambda f: label_importance(f.counted.importance, f.themes),
    ),
)
