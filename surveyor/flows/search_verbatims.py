"""One look among what customers wrote: from the newest on, over so many comments at most; it says how far it went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Reach
from surveyor.core.tally import SCORE_COUNTS
from surveyor.db import stores, tallies, verbatims
from surveyor.db.tallies.places import stores_inside

#: Comments that one look reads (answers, where those without a word are looked at too): 4 to 6 us of CPU each on
#: SQLite for a word that nobody wrote, so that a page stays under 300 ms. It reads whole days, and one at least.
MOST_READ = 20_000
_WINDOW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found, newest first, at most as many as asked.

    days: None for a list that nothing is searched in. read: comments (or answers) that were gone through, 0 when the
    page was full before their end.
    """

    found: list[verbatims.Verbatim]
    days: Period | None = None
    read: int = 0


def searched(asked: verbatims.Asked) -> bool:
    """Whether a list may have to pass over many comments to find a few."""
    return bool(asked.words or asked.label or asked.language or asked.score is not None)


def search_verbatims(session: Any, reach: Reach, asked: verbatims.Asked, *, most: int = MOST_READ) -> Look:
    """A page of a list, and the days that were gone through for it.

    Every row of `days` that the page did not fill up with was looked at: what comes before them begins with
    `After(days.first)`.
    """
    reach = _by_stores(session, reach)
    if not searched(asked):
        return Look(verbatims.verbatims(session, reach, asked))
    last = _begins(asked)
    if last < asked.period.first:
        return Look([])
    days = Period(_back_to(session, reach, asked, last, most), last)
    within = replace(asked, period=days)
    found = verbatims.verbatims(session, reach, within)
    if len(found) >= asked.limit:
        return Look(found, days)
    gone_through = replace(within, words=(), label="", language="", score=None, band="")
    return Look(found, days, verbatims.how_many(session, reach, gone_through, paged=True))


def _begins(asked: verbatims.Asked) -> date:
    after = asked.after
    if after is None:
        return asked.period.last
    return min(asked.period.last, after.day if after.at is not None else after.day - timedelta(days=1))


def in_one_look(session: Any, reach: Reach, asked: verbatims.Asked, *, most: int = MOST_READ) -> bool:
    """Whether a whole period is gone through at once, so that what it holds may be counted too."""
    return _back_to(session, _by_stores(session, reach), asked, asked.period.last, most) == asked.period.first


def _back_to(session: Any, reach: Reach, asked: verbatims.Asked, last: date, most: int) -> date:
    """The first day of a look that begins on `last`: tallies say how much each day holds.

    Of every segment: rows of the others are passed over, which costs as much.
    """
    whole: Reach = tuple(replace(scope, segments=()) for scope in reach)
    if NETWORK in whole:
        whole = (NETWORK,)
    only = ("commented",) if asked.commented else SCORE_COUNTS
    first, until, days, sum_ = asked.period.first, last, _WINDOW_DAYS, 0
    while until >= first:
        window = Period(max(first, until - timedelta(days=days - 1)), until)
        found = tallies.sums(session, whole, window, by=("day",), only=only)
        held = {key[0]: one.commented if asked.commented else one.responses for key, one in found.items()}
        for day, here in sorted(held.items(), reverse=True):
            if sum_ and sum_ + here > most:
                return date.fromordinal(day.toordinal() + 1)
            sum_ += here
        until, days = window.first - timedelta(days=1), 4 * days
    return first


def _by_stores(session: Any, reach: Reach) -> Reach:
    """The same scopes, brands and regions of today said as stores: by an index, not by a look at each answer."""
    if not any(scope.brands or scope.regions for scope in reach):
        return reach
    shops = stores.shops(session, reach)
    return stores_inside(reach, {one.id: (one.brand_id, one.region_id) for one in shops})
