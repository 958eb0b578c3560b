"""THM: what customers speak of, how it goes and what weighs in the score; labels from what was counted to measures.

Formulas: core/matrix.py (indicators.md, 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from surveyor.core.badges import HIDDEN_UNDER, Status, badge
from surveyor.core.indicators.counted import ALONE, Themes
from surveyor.core.indicators.entries import Facts, Indicator, indicator
from surveyor.core.indicators.measures import NOT_MEASURED, Measure, Said, count, in_both, without_value
from surveyor.core.rounding import decimal, percent_sign

if TYPE_CHECKING:
    from surveyor.core.matrix import Importance, Placed

FEWEST_MENTIONS = 10
_NAMED_IN_SHOWN = 3


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


def _entry(head: str, fr: str, en: str, formula: Callable[[Facts], Measure]) -> Indicator:
    made = indicator(head, fr, en, lambda _, facts: formula(facts), not_by=ALONE)
    return replace(made, counted_alone=True)


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
