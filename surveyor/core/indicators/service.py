"""SVC and SOC: tickets resolved and what is said elsewhere, imported or from our cases (indicators.md, 15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from surveyor.core import intervals
from surveyor.core.indicators.measures import share
from surveyor.core.indicators.pressure import median, percentile

SECOND_CONTACT_DAYS = 7


@dataclass(frozen=True, slots=True)
class FirstContact:
    """SVC-01: resolved at the first contact, of those resolved long enough ago; percent with CI-PROP."""

    count: int
    n: int
    value: float | None
    ci_low: float | None
    ci_high: float | None


def first_contact_resolution(
    tickets: Iterable[tuple[datetime, datetime | None]], *, as_of: datetime, window_days: int = SECOND_CONTACT_DAYS
) -> FirstContact:
    """SVC-01 from (resolved, next contact on the subject or None); a contact at 7 days exactly is a second one."""
    window = timedelta(days=window_days)
    old = [(resolved, again) for resolved, again in tickets if as_of - resolved >= window]
    count = sum(again is None or again - resolved > window for resolved, again in old)
    return FirstContact(count, len(old), *(share(count, len(old)) if old else (None, None, None)))


def resolution_time(hours: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """SVC-02 in hours: mean, median and p90 of resolved - created; None of nothing."""
    return (sum(hours) / len(hours) if hours else None), median(hours), percentile(hours, 90)


def net_sentiment(positive: int, neutral: int, negative: int) -> tuple[float, float, float] | None:
    """SOC-01 in points with CI-NPS bounds: 100 * (positive - negative) / all; None of nothing. Never mixed with NPS."""
    counts = (positive, neutral, negative)
    return (intervals.raw_nps(counts), *intervals.nps_interval(counts)) if sum(counts) else None
