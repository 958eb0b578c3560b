"""What a customer's forms come to: which one counts, which are struck; between the POST and the tallies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MINUTE = timedelta(seconds=60)
#: How long after a burst nothing counts (pipeline.md, 13).
QUIET = timedelta(minutes=10)
FAST_MS = 2000
SWEPT_SCORES = 3
BURST_SCORES = 3


class Held(StrEnum):
    """Why a form is stored without counting until the customer confirms it."""

    BURST = "burst"
    FAST = "fast"
    NO_GESTURE = "no_gesture"
    SWEPT = "swept"


@dataclass(frozen=True, slots=True)
class Revision:
    """One valid form received. `n` counts from 1; `page` is the random id of the page it was sent from.

    follows: numbers of the revisions that page descends from, empty for a page opened from the email. score: 0-10.
    clean: False when it is held. `at` is aware.
    """

    n: int
    page: str
    follows: tuple[int, ...]
    score: int
    clean: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts. `standing`: number of the revision, None when nothing does; `answered_at`: the first that counts.

    struck: revisions that contradict each other or belong to a burst. quarantined: how many are held or struck.
    """

    standing: int | None
    score: int | None
    answered_at: datetime | None
    struck: frozenset[int]
    quarantined: int


class Answer(StrEnum):
    """What the customer sees after a POST."""

    STANDS = "stands"
    CONFIRM = "confirm"
    COME_BACK = "come_back"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one form; to confirm: the revisions that the next page follows and the scores it offers."""

    answer: Answer
    follows: tuple[int, ...]
    scores: tuple[int, ...]


def standing(revisions: Sequence[Revision]) -> Standing:
    """What counts of these forms (formula source: pipeline.md, 13). Their order does not matter, their numbers do."""
    ordered = sorted(revisions, key=lambda one: one.n)
    struck = frozenset(_in_bursts(ordered) | _contradictions(ordered))
    counting = [one for one in ordered if one.clean and one.n not in struck]
    quarantined = sum(1 for one in ordered if not one.clean or one.n in struck)
    if not counting:
        return Standing(None, None, None, struck, quarantined)
    latest = counting[-1]
    return Standing(latest.n, latest.score, min(one.at for one in counting), struck, quarantined)


def outcome(revisions: Sequence[Revision], n: int) -> Outcome:
    """What to answer to form `n`, knowing these forms and none that came after it.

    Raises:
        ValueError: no such form.
    """
    known = sorted((one for one in revisions if one.n <= n), key=lambda one: one.n)
    if not known or known[-1].n != n:
        raise ValueError(f"there is no revision {n}")
    this = known[-1]
    if standing(known).standing == n:
        return Outcome(Answer.STANDS, (n,), (this.score,))
    if quiet(known[:-1], this.at) or n in _in_bursts(known):
        return Outcome(Answer.COME_BACK, (n,), (this.score,))
    others = [one for one in known if _contradict(one, this, _roots(known))] if this.clean else []
    follows = (*(one.n for one in others), n)
    scores = dict.fromkeys((*(one.score for one in others), this.score))
    return Outcome(Answer.CONFIRM, follows, tuple(scores))


def held(revisions: Sequence[Revision], new: Revision, signs: Signs) -> Held | None:
    """Why a form that has just come is held, None when it is clean. `new.clean` is not looked at."""
    if quiet(revisions, new.at) or new.n in _in_bursts([*revisions, new]):
        return Held.BURST
    if new.follows:
        return None
    if signs.dwell_ms < FAST_MS:
        return Held.FAST
    if signs.scripts and not signs.gesture:
        return Held.NO_GESTURE
    if signs.scores_opened >= SWEPT_SCORES:
        return Held.SWEPT
    return None


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of who sent a form. dwell_ms: from page to POST, by the server's clock.

    scripts, gesture: scripts ran in the page, and saw a trusted pointer, touch, key, scroll or click. scores_opened:
    different score links that the same client opened in the last 60 s.
    """

    dwell_ms: int
    scripts: bool = False
    gesture: bool = False
    scores_opened: int = 0


def quiet(revisions: Sequence[Revision], at: datetime) -> bool:
    """Whether `at` is within 10 minutes of a burst: nothing counts for a while."""
    burst = _in_bursts(revisions)
    return any(timedelta(0) <= at - one.at < QUIET for one in revisions if one.n in burst)


def _in_bursts(revisions: Sequence[Revision]) -> set[int]:
    """Numbers of the forms within any minute that holds three scores from three roots."""
    found: set[int] = set()
    if len({one.score for one in revisions}) < BURST_SCORES:
        return found
    roots = _roots(revisions)
    for first in revisions:
        window = [one for one in revisions if timedelta(0) <= one.at - first.at <= MINUTE]
        if len({one.score for one in window}) < BURST_SCORES:
            continue
        if len(frozenset().union(*(roots[one.n] for one in window))) >= BURST_SCORES:
            found |= {one.n for one in window}
    return found


def _contradictions(revisions: Sequence[Revision]) -> set[int]:
    """Numbers of clean forms that say another score, from elsewhere, at most a minute apart."""
    clean = [one for one in revisions if one.clean]
    if len({one.score for one in clean}) < 2:
        return set()
    roots = _roots(revisions)
    return {one.n for one in clean for other in clean if _contradict(one, other, roots)}


def _contradict(one: Revision, other: Revision, roots: dict[int, frozenset[str]]) -> bool:
    return (
        one.clean
        and other.clean
        and one.score != other.score
        and abs(one.at - other.at) <= MINUTE
        and not roots[one.n] & roots[other.n]
    )


def _roots(revisions: Sequence[Revision]) -> dict[int, frozenset[str]]:
    """Of each form, the pages opened from the email that it descends from."""
    roots: dict[int, frozenset[str]] = {}
    for one in sorted(revisions, key=lambda one: one.n):
        before = [roots[m] for m in one.follows if m in roots and m < one.n]
        roots[one.n] = frozenset().union(*before) if before else frozenset({one.page})
    return roots
