"""When a response opens a case, where a case may go next, and by when somebody answers; side B of the line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: A case, alert or webhook waits this long after an answer: a second POST may strike it (pipeline.md, 13).
WAIT = timedelta(seconds=60)
DETRACTOR = 6


class Status(StrEnum):
    """Where a case stands."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    CLOSED = "closed"


#: status -> where a person may move it; a reply and a customer's message move it too.
MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.IN_PROGRESS, Status.WAITING, Status.CLOSED}),
    Status.IN_PROGRESS: frozenset({Status.WAITING, Status.CLOSED}),
    Status.WAITING: frozenset({Status.IN_PROGRESS, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.IN_PROGRESS}),
}
OPEN = (Status.NEW, Status.IN_PROGRESS, Status.WAITING)


class Level(StrEnum):
    """Who is told that a case waits: the store, then its region, then the network."""

    STORE = "store"
    REGION = "region"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Policy:
    """When cases open and by when they are answered.

    score_at_most: -1 opens none by its score. commented_only: a score without a word opens none. answer_hours,
    network_hours: open hours of the store until the deadline (the region is told) and until the network is told.
    opens, closes: local times of every store; days: names of `DAYS`.
    """

    score_at_most: int = DETRACTOR
    commented_only: bool = False
    answer_hours: int = 16
    network_hours: int = 32
    opens: time = time(9)
    closes: time = time(19)
    days: tuple[str, ...] = DAYS[:6]


@dataclass(frozen=True, slots=True)
class Heard:
    """What stands of a response. negative: labels it speaks badly of; themes: what is grave in it."""

    score: int
    commented: bool
    negative: Collection[str] = ()
    themes: Collection[str] = ()


class Why(StrEnum):
    """What opened a case, the gravest first."""

    SEVERE = "severe"
    SCORE = "score"
    LABEL = "label"
    PERSON = "person"
    CALL_BACK = "call_back"


def why_open(policy: Policy, heard: Heard, *, opening: Collection[str] = ()) -> Why | None:
    """What opens a case for this response, None when nothing does. opening: labels that do whatever the score is."""
    if heard.themes:
        return Why.SEVERE
    if heard.score <= policy.score_at_most and (heard.commented or not policy.commented_only):
        return Why.SCORE
    return Why.LABEL if set(opening) & set(heard.negative) else None


def may_move(now: Status, then: Status) -> bool:
    """Whether a person may move a case from one status to another."""
    return then in MOVES[now]


def deadline(policy: Policy, opened_at: datetime, zone: str, *, hours: int) -> datetime:
    """When `hours` of the store's opening time have passed since an instant; aware, in the store's zone.

    Raises:
        ValueError: the store never opens (the policy's check refuses that).
    """
    local, left = opened_at.astimezone(ZoneInfo(zone)), timedelta(hours=hours)
    if not policy.days or policy.opens >= policy.closes:
        raise ValueError("a store opens on one day at least, and closes after it has opened")
    day = local.date()
    while True:
        if DAYS[day.weekday()] in policy.days:
            opens = datetime.combine(day, policy.opens, local.tzinfo)
            closes = datetime.combine(day, policy.closes, local.tzinfo)
            start = max(opens, local)
            if start < closes:
                if start + left <= closes:
                    return start + left
                left -= closes - start
        day += timedelta(days=1)


def level_due(now: datetime, *, answer_by: datetime, network_by: datetime) -> Level:
    """Who is told at an instant of a case that nobody has answered."""
    if now >= network_by:
        return Level.NETWORK
    return Level.REGION if now >= answer_by else Level.STORE


def above(levels: Iterable[Level]) -> Level:
    """The highest of them."""
    order = list(Level)
    return max(levels, key=order.index)
