"""REV: how customers' words were received, from reviews and our replies to indicators (indicators.md, 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from surveyor.core.indicators.pressure import median, percentile

HANDLED_WITHIN = timedelta(hours=48)
CAP_HOURS = 168
MONTH_DAYS = 30
LOWEST_NOT_DETRACTOR = 7
PEERS_COUNT_AS = 50
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReplyTime:
    """REV-04 in hours. The capped mean counts an unanswered review as 168 h once it is that old; None: nothing yet.

    mature: reviews that the capped mean counts; pending: unanswered and younger than 168 h.
    """

    mean: float | None
    median: float | None
    p90: float | None
    capped_mean: float | None
    mature: int
    pending: int
    replied: int
    reviews: int


def reply_time(reviews: Sequence[tuple[datetime, datetime | None]], *, now: datetime) -> ReplyTime:
    """REV-04 from (created, first reply or None) of each commented review; instants are aware."""
    hours = [(replied - created) / _HOUR for created, replied in reviews if replied is not None]
    silent = [(now - created) / _HOUR for created, replied in reviews if replied is None]
    given_up = sum(age >= CAP_HOURS for age in silent)
    capped = [min(one, CAP_HOURS) for one in hours] + [CAP_HOURS] * given_up
    return ReplyTime(
        mean=sum(hours) / len(hours) if hours else None,
        median=median(hours),
        p90=percentile(hours, 90),
        capped_mean=sum(capped) / len(capped) if capped else None,
        mature=len(capped),
        pending=len(silent) - given_up,
        replied=len(hours),
        reviews=len(reviews),
    )


class Review(NamedTuple):
    """A response as those who handle it see it. call_back: the customer asked for one."""

    score: int
    created: datetime
    replied: datetime | None
    commented: bool
    call_back: bool = False


@dataclass(frozen=True, slots=True)
class Detractors:
    """REV-05: detractors due for a reply, those who had it within 48 h, and comments that still wait."""

    due: int
    handled: int
    waiting: int

    @property
    def value(self) -> float | None:
        """Percent handled in time; None when nobody was due."""
        return 100 * self.handled / self.due if self.due else None


def detractors_48h(reviews: Iterable[Review], *, now: datetime) -> Detractors:
    """REV-05: with a comment or a call-back request, and more than 48 h old; 48 h exactly is in time."""
    due = [
        one
        for one in reviews
        if one.score < LOWEST_NOT_DETRACTOR and (one.commented or one.call_back) and now - one.created > HANDLED_WITHIN
    ]
    handled = sum(one.replied is not None and one.replied - one.created <= HANDLED_WITHIN for one in due)
    return Detractors(len(due), handled, sum(one.replied is None and one.commented for one in due))


@dataclass(frozen=True, slots=True)
class Answered:
    """REV-03, 04 and 05 of the same reviews: (with a reply, commented), how long it took, detractors in time."""

    replied: tuple[int, int]
    time: ReplyTime
    detractors: Detractors


def answered(reviews: Sequence[Review], *, now: datetime) -> Answered:
    """How reviews were answered; those without a comment, whose customer asked for a call, count in REV-05 alone."""
    rows = [one for one in reviews if one.commented]
    return Answered(
        (sum(one.replied is not None for one in rows), len(rows)),
        reply_time([(one.created, one.replied) for one in rows], now=now),
        detractors_48h(reviews, now=now),
    )


def review_volume(responses: int, store_days: Sequence[int]) -> float | None:
    """REV-01 and 02: reviews per active store and 30 days; a store open 10 days weighs 10/30. None: no store open."""
    days = sum(store_days)
    return responses * MONTH_DAYS / days if days else None


def adjusted_rating(mean: float, *, n: int, peer_mean: float, weight: float = PEERS_COUNT_AS) -> float | None:
    """REV-06: a rating drawn towards its peers', which count as `weight` more reviews. None: nothing to weigh."""
    return (n * mean + weight * peer_mean) / (n + weight) if n + weight else None


@dataclass(frozen=True, slots=True)
class Replies:
    """How the answers of a period were answered; counts are (k, n). recovered: detractors replied to with an order in
    the 60 days after; silent: the same of those without a reply. Both only count whose 60 days are over: an
    association, never an effect.
    """

    replied: tuple[int, int]
    time: ReplyTime
    detractors: Detractors
    come_back: tuple[int, int]
    recovered: tuple[int, int]
    silent: tuple[int, int]
