"""ADO: whether stores, widgets, questions and labels are in use, on the way to the CustScore (indicators.md, 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveyor.core.badges import Status
from surveyor.core.indicators.measures import Measure, in_both, rate, without_value
from surveyor.core.rounding import decimal

SEEN_WITHIN_DAYS = 30
FAQ_TARGET = 20
SURE_FROM = 0.8


def store_connections(stores: Mapping[str, Sequence[int | None]]) -> Measure:
    """ADO-01 in percent of store-weeks, `reach` of stores (`came` of `stores`).

    A week is 1, 0, or None before access was sent.
    """
    weeks = {name: [week for week in of if week is not None] for name, of in stores.items()}
    with_access = [of for of in weeks.values() if of]
    access, active = sum(len(of) for of in with_access), sum(sum(map(bool, of)) for of in with_access)
    facts: dict[str, float | None] = {"active_weeks": active, "access_weeks": access}
    if not access:
        return without_value(Status.NOT_MEASURED, 0, {**facts, "reach": None})
    came = sum(any(of) for of in with_access)
    facts |= {"came": came, "stores": len(with_access)}
    found = rate(active, access, census=True)
    return Measure(
        found.value, access, found.status, found.shown, facts={**facts, "reach": 100 * came / len(with_access)}
    )


def widgets(*, enabled: bool, badge_days: int | None = None, carousel_days: int | None = None) -> Measure:
    """ADO-02: 50 points each for a badge and a carousel seen on the site at most 30 days ago; None: never seen."""
    seen = sum(days is not None and days <= SEEN_WITHIN_DAYS for days in (badge_days, carousel_days))
    return _points(50 * seen, seen, enabled=enabled)


def faq(*, enabled: bool, reviewed: int = 0, target: int = FAQ_TARGET) -> Measure:
    """ADO-03: published entries reviewed in the last 12 months, in percent of the target, 100 at most. target > 0."""
    return _points(100 * min(1.0, reviewed / target), reviewed, enabled=enabled)


def _points(value: float, n: int, *, enabled: bool) -> Measure:
    if not enabled:
        return without_value(Status.NOT_MEASURED, 0)
    return Measure(value, n, Status.COUNT, in_both(lambda language: decimal(value, 0, language)))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label on a response: put by a person (`confidence` None), or by the lexicon with its confidence, 0 to 1."""

    confidence: float | None = None
    validated: bool = False


def is_labelled(labels: Iterable[Labelled], *, threshold: float = SURE_FROM) -> bool:
    """Whether a response has one label that counts: of a person, validated by one, or sure enough."""
    return any(one.confidence is None or one.validated or one.confidence >= threshold for one in labels)


def label_coverage(labelled: int, commented: int) -> Measure:
    """ADO-04: commented responses with at least one label that counts, in percent of the commented ones; a census."""
    return rate(labelled, commented, census=True)
