"""SUR: what the scores of the answers say, between the response tallies and the dashboard (indicators.md, 7)."""

from __future__ import annotations

from collections.abc import Mapping

from surveyor.core.badges import Status, badge
from surveyor.core.indicators.entries import Facts, indicator
from surveyor.core.indicators.measures import (
    Counts,
    Measure,
    Said,
    in_both,
    mean,
    nps,
    rate,
    share,
    without_value,
)
from surveyor.core.indicators.scales import CES_SCALES, CSAT_SCALES
from surveyor.core.rounding import largest_remainder, percent_sign
from surveyor.core.tally import Answers, Tally, histogram

GROUPS = ("promoters", "passives", "detractors")
NPS_SCALE = (0.0, 10.0)
STAR_SCALE = (1.0, 5.0)
STAR_GOOD_FROM = 4


def groups(histogram: Mapping[int, int]) -> Counts:
    """Promoters, passives and detractors of score -> how many.

    Raises:
        ValueError: a score outside 0..10.
    """
    return Tally.from_scores(histogram).bands


def shares(counts: Counts, customers: int | None = None) -> Measure:
    """SUR-02 in percent: `shares` has the three with their Wilson bounds; whole numbers that add up to 100 are shown.

    The value and bounds of the measure itself are the promoters'. Hidden with the NPS, bounds of people as its own.
    """
    n = sum(counts)
    score = nps(counts)
    if not n or score.status == Status.HIDDEN:
        return without_value(score.status, n, {"shares": None})
    whole = largest_remainder(counts)
    parts = {}
    for name, number, bar in zip(GROUPS, counts, whole, strict=True):
        value, low, high = share(number, n, customers)
        parts[name] = {"value": value, "ci_low": low, "ci_high": high, "count": number, "display": bar}
    shown = in_both(lambda language: percent_sign(" / ".join(map(str, whole)), language))
    first = share(counts[0], n, customers)
    return Measure(first[0], n, score.status, shown, first[1], first[2], {"shares": parts})


def recommendation_rate(histogram: Mapping[int, int], threshold: int = 9, customers: int | None = None) -> Measure:
    """SUR-03: percent of scores at or over the threshold, which is always shown beside the number."""
    groups(histogram)
    number = sum(count for score, count in histogram.items() if score >= threshold)
    found = rate(number, sum(histogram.values()), customers=customers)
    return _with(found, {**found.facts, "threshold": threshold})


def mean_score(histogram: Mapping[int, int], customers: int | None = None) -> Measure:
    """SUR-04: mean of 0..10; the histogram goes with it, for very different shapes give the same NPS."""
    groups(histogram)
    found = mean(histogram, NPS_SCALE, customers)
    bars = [histogram.get(score, 0) for score in range(11)]
    return _with(found, {**found.facts, "histogram": None if found.value is None else bars})


def _with(measure: Measure, facts: Mapping[str, object]) -> Measure:
    return Measure(measure.value, measure.n, measure.status, measure.shown, measure.ci_low, measure.ci_high, facts)


def _scaled(histogram: Mapping[int, int], low: int, high: int) -> None:
    if any(value < low or value > high for value in histogram):
        raise ValueError(f"values are {low} to {high}, not {sorted(histogram)}")


def csat(histogram: Mapping[int, int], scale: str) -> tuple[Measure, Measure]:
    """SUR-05 and SUR-06: mean satisfaction and percent satisfied (>= 8 of 0-10, >= 4 of 1-5). Scales are never mixed.

    Raises:
        KeyError: no such scale. ValueError: a value outside of it.
    """
    low, high, good = CSAT_SCALES[scale]
    return _mean_and_share(histogram, (low, high), good)


def ces(histogram: Mapping[int, int], scale: str, direction: str = "easy_high") -> tuple[Measure, Measure]:
    """SUR-07 and SUR-08: mean ease and percent easy; with `difficult_high` x counts as low + high - x.

    Raises:
        KeyError: no such scale. ValueError: a value outside of it, or an unknown direction.
    """
    low, high, good = CES_SCALES[scale]
    if direction not in ("easy_high", "difficult_high"):
        raise ValueError(f"direction is easy_high or difficult_high, not {direction!r}")
    if direction == "difficult_high":
        histogram = {low + high - value: count for value, count in histogram.items()}
    return _mean_and_share(histogram, (low, high), good)


def stars(histogram: Mapping[int, int]) -> tuple[Measure, Measure]:
    """SUR-09: mean stars of a theme and percent of 4 and 5; a skipped star is neither 0 nor in n.

    Raises:
        ValueError: a value outside 1..5.
    """
    return _mean_and_share(histogram, (1, 5), STAR_GOOD_FROM)


def stars_by_theme(answers: Answers, themes: Mapping[str, Said]) -> Measure:
    """SUR-09 of every theme: no value of its own, for a mean of themes would say nothing; `themes` has each.

    n: stars given. The badge is that of the theme with most of them.
    """
    found = {question: stars(histogram(answers, question)) for question in themes}
    n = sum(mean.n for mean, _ in found.values())
    most = badge(max((mean.n for mean, _ in found.values()), default=0))
    facts = {"themes": [_theme(question, themes[question], *found[question]) for question in themes]}
    if not themes or most in (Status.NO_DATA, Status.HIDDEN):
        return without_value(most if themes else Status.NOT_MEASURED, n, facts)
    shown = in_both(
        lambda spoken: " · ".join(
            f"{themes[q].by(spoken)} {m.display(spoken)}" for q, (m, _) in found.items() if m.value
        )
    )
    return Measure(None, n, most, shown, facts=facts)


def _theme(question: str, label: Said, mean: Measure, good: Measure) -> Mapping[str, object]:
    bounds = {"ci_low": mean.ci_low, "ci_high": mean.ci_high}
    share = {"four_five_rate": good.value, "four_five_low": good.ci_low, "four_five_high": good.ci_high}
    shown = Said(mean.display("fr"), mean.display("en"))
    named = {"question": question, "label": label, "value": mean.value, "display": shown, "n": mean.n}
    return {**named, **bounds, "status": str(mean.status), **share}


def _mean_and_share(histogram: Mapping[int, int], scale: tuple[int, int], good: int) -> tuple[Measure, Measure]:
    _scaled(histogram, *scale)
    number = sum(count for value, count in histogram.items() if value >= good)
    return mean(histogram, scale), rate(number, sum(histogram.values()))


def _histogram(tally: Tally) -> dict[int, int]:
    return dict(enumerate(tally.scores))


def _nps(tally: Tally, facts: Facts) -> Measure:
    found = nps(tally.bands, facts.customers)
    hidden = found.value is None
    return _with(found, {**found.facts, "histogram": None if hidden else list(tally.scores)})


INDICATORS = (
    indicator("SUR-01 nps points S response CI-NPS", "NPS", "Net Promoter Score", _nps),
    indicator(
        "SUR-02 shares percent S response CI-PROP",
        "Part de promoteurs / passifs / détracteurs",
        "Promoters / Passives / Detractors",
        lambda tally, facts: shares(tally.bands, facts.customers),
    ),
    indicator(
        "SUR-03 recommendation_rate percent S response CI-PROP",
        "Taux de recommandation",
        "Recommendation rate",
        lambda tally, facts: recommendation_rate(_histogram(tally), facts.recommends_from, facts.customers),
    ),
    indicator(
        "SUR-04 mean_score mean S response CI-MEAN",
        "Note moyenne de recommandation",
        "Mean score",
        lambda tally, facts: mean_score(_histogram(tally), facts.customers),
    ),
    indicator(
        "SUR-09 stars mean S response CI-MEAN",
        "Notes étoiles par thème",
        "Star themes",
        lambda _, facts: stars_by_theme(facts.answers, facts.themes),
    ),
)
