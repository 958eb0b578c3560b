"""THM: labels as a matrix of what matters and how it goes, from mentions to quadrants (indicators.md, 11).

Words say "linked to", never "because": nothing here shows a cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import factorial
from statistics import correlation

from surveyor.core import intervals
from surveyor.core.indicators.measures import Counts
from surveyor.core.indicators.pressure import median

THETA = 0.0
CONFIDENCE = 0.90
FEWEST_MENTIONS = 10
FEWEST_LABELS = 5
FEWEST_STARS = 100
#: A pivot under this share of 1 (the diagonal of a correlation matrix) means that a star repeats others.
SINGULAR = 1e-9


class Quadrant(StrEnum):
    """Important or not, going well or not."""

    PROMOTE = "promote"
    MAINTAIN = "maintain"
    WATCH = "watch"
    IMPROVE = "improve"

    def words(self, language: str) -> str:
        """ "À VALORISER" and the like, "fr" or English."""
        return WORDS[self][0 if language == "fr" else 1]


WORDS = {
    Quadrant.PROMOTE: ("À VALORISER", "Promote"),
    Quadrant.MAINTAIN: ("À MAINTENIR", "Maintain"),
    Quadrant.WATCH: ("À SURVEILLER", "Watch"),
    Quadrant.IMPROVE: ("À AMÉLIORER", "Improve first"),
}
GOOD = frozenset({Quadrant.PROMOTE, Quadrant.MAINTAIN})


@dataclass(frozen=True, slots=True)
class Performance:
    """THM-02: positive minus negative mentions in points, with CI-NPS at 90 %."""

    value: float
    ci_low: float
    ci_high: float
    mentions: int


def performance(counts: Counts) -> Performance | None:
    """From (positive, neutral, negative) mentions; None without any."""
    mentions = sum(counts)
    if not mentions:
        return None
    return Performance(intervals.raw_nps(counts), *intervals.nps_interval(counts, CONFIDENCE), mentions)


@dataclass(frozen=True, slots=True)
class Placed:
    """A label in the matrix. quadrant None: fewer than 10 mentions, not classified. salience: percent of comments."""

    mentions: int
    salience: float
    performance: float
    ci_low: float
    ci_high: float
    uncertain: bool
    quadrant: Quadrant | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """THM-03: percent of classified labels that go well, and how far it could move if uncertain ones flipped.

    value None: under 5 classified labels, not measured. by_mentions: the same weighted by mentions.
    """

    value: float | None
    good: int
    classified: int
    uncertain: int
    range_low: float | None
    range_high: float | None
    by_mentions: float | None
    median_salience: float | None
    labels: Mapping[str, Placed]


def cx_matrix(labels: Mapping[str, Counts], *, commented: int, theta: float = THETA) -> Matrix:
    """Place every mentioned label; counts are (positive, neutral, negative), one mention per response and label.

    theta: points from which a performance is good, a tie included; frozen for the year. commented > 0.
    """
    found = {name: one for name, counts in labels.items() if (one := performance(counts)) is not None}
    classified = {name: one for name, one in found.items() if one.mentions >= FEWEST_MENTIONS}
    middle = median([one.mentions for one in classified.values()])
    placed = {
        name: _place(one, commented, theta, middle if name in classified else None) for name, one in found.items()
    }
    sure = [placed[name] for name in classified]
    good = [one for one in sure if one.quadrant in GOOD]
    doubtful = [one for one in sure if one.uncertain]
    lost = sum(one.quadrant in GOOD for one in doubtful)
    measured = len(sure) >= FEWEST_LABELS

    def percent(part: int, whole: int) -> float | None:
        return 100 * part / whole if measured else None

    return Matrix(
        value=percent(len(good), len(sure)),
        good=len(good),
        classified=len(sure),
        uncertain=len(doubtful),
        range_low=percent(len(good) - lost, len(sure)),
        range_high=percent(len(good) + len(doubtful) - lost, len(sure)),
        by_mentions=percent(sum(one.mentions for one in good), sum(one.mentions for one in sure)),
        median_salience=None if middle is None else 100 * middle / commented,
        labels=placed,
    )


def _place(one: Performance, commented: int, theta: float, middle: float | None) -> Placed:
    """middle: the median number of mentions of classified labels; None for a label that is not one of them."""
    quadrant = None
    if middle is not None:
        well, important = one.value >= theta, one.mentions >= middle
        quadrant = (
            (Quadrant.PROMOTE if important else Quadrant.MAINTAIN)
            if well
            else (Quadrant.IMPROVE if important else Quadrant.WATCH)
        )
    uncertain = one.ci_low < theta < one.ci_high
    salience = 100 * one.mentions / commented
    return Placed(one.mentions, salience, one.value, one.ci_low, one.ci_high, uncertain, quadrant)


@dataclass(frozen=True, slots=True)
class Trend:
    """THM-04: z-PROP of each tested label among commented detractors, and those that are rising, surest first."""

    labels: Mapping[str, tuple[float, float]]
    rising: list[str]


def label_trend(labels: Mapping[str, tuple[int, int]], *, now: int, before: int) -> Trend:
    """labels: mentions (now, before) among `now` and `before` commented detractors; under 10 now it is not tested."""
    tested = {
        name: intervals.two_proportions((k1, now), (k0, before))
        for name, (k1, k0) in labels.items()
        if k1 >= FEWEST_MENTIONS
    }
    found = intervals.benjamini_hochberg({name: p for name, (_, p) in tested.items()})
    return Trend(tested, [name for name in found if tested[name][0] > 0])


def label_importance(
    correlations: Sequence[Sequence[float]], with_score: Sequence[float], *, n: int
) -> tuple[float, list[float]] | None:
    """THM-05: R2 of the 0-10 score on the stars, and each star's part of it in percent (LMG: mean over all orders).

    None under 100 responses with every star, when a star repeats others, or when the stars explain nothing.
    Source: Lindeman, Merenda and Gold 1980.
    """
    stars = range(len(with_score))
    if n < FEWEST_STARS or not stars or _r2(correlations, with_score, tuple(stars)) is None:
        return None
    explained = {
        subset: _r2(correlations, with_score, subset) or 0.0
        for size in range(len(with_score) + 1)
        for subset in combinations(stars, size)
    }
    whole = explained[tuple(stars)]
    if whole <= SINGULAR:
        return None
    parts = [_average_gain(star, explained, len(with_score)) for star in stars]
    return whole, [100 * part / whole for part in parts]


#: More stars than that have too many orders of entry to go through (2^k subsets).
MOST_STARS = 10


@dataclass(frozen=True, slots=True)
class Importance:
    """THM-05 of answered stars. n: responses with a score and every star. r2: share of the score's variance, 0 to 1.

    shares: star -> percent of r2, in the order asked; both None when nothing can be said. An association, not a cause.
    """

    n: int
    r2: float | None = None
    shares: Mapping[str, float] | None = None


def star_importance(stars: Sequence[str], rows: Sequence[tuple[int, Sequence[int]]]) -> Importance:
    """From (score 0..10, one value of each star) of every response that gave them all."""
    n = len(rows)
    if not stars or len(stars) > MOST_STARS or n < FEWEST_STARS:
        return Importance(n)
    columns = [[float(values[place]) for _, values in rows] for place in range(len(stars))]
    scores = [float(score) for score, _ in rows]
    with_score = [_correlation(column, scores) for column in columns]
    between = [[_correlation(one, other) for other in columns] for one in columns]
    known = [one for one in with_score if one is not None]
    if len(known) < len(stars) or any(one is None for row in between for one in row):
        return Importance(n)
    found = label_importance([[one or 0.0 for one in row] for row in between], known, n=n)
    if found is None:
        return Importance(n)
    return Importance(n, found[0], dict(zip(stars, found[1], strict=True)))


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's; None when one of them never varies."""
    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return correlation(one, other)


def _average_gain(star: int, explained: Mapping[tuple[int, ...], float], count: int) -> float:
    """What a star adds to R2, averaged over the orders in which stars may enter."""
    total = 0.0
    for subset, r2 in explained.items():
        if star not in subset:
            weight = factorial(len(subset)) * factorial(count - len(subset) - 1) / factorial(count)
            total += weight * (explained[tuple(sorted((*subset, star)))] - r2)
    return total


def _r2(correlations: Sequence[Sequence[float]], with_score: Sequence[float], subset: tuple[int, ...]) -> float | None:
    """r' R^-1 r of some stars, by elimination; None when their matrix is singular."""
    rows = [[float(correlations[i][j]) for j in subset] + [float(with_score[i])] for i in subset]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        if abs(rows[pivot][column]) < SINGULAR:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(column + 1, size):
            factor = rows[row][column] / rows[column][column]
            rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    solved = [0.0] * size
    for row in reversed(range(size)):
        known = sum(rows[row][column] * solved[column] for column in range(row + 1, size))
        solved[row] = (rows[row][size] - known) / rows[row][row]
    return sum(with_score[i] * weight for i, weight in zip(subset, solved, strict=True))
