"""How many comments a list holds, beside what customers wrote: from tallies where they know, else counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from surveyor.core.scope import Reach
from surveyor.core.tally import Tally
from surveyor.db import tallies, verbatims
from surveyor.flows.keep_counts import many
from surveyor.flows.search_verbatims import MOST_READ, in_one_look, searched

#: Where the count of a list that tallies do not know stops among many comments.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Total:
    """So many, or at least so many where the count stopped."""

    n: int
    more: bool = False


def count_verbatims(session: Any, reach: Reach, asked: verbatims.Asked, *, most_read: int = MOST_READ) -> Total | None:
    """The comments that a list goes through, page after page; None where a search would have to read on for it.

    Rows are counted where they are few. Where they are many the tallies say it; what they cannot say of a search
    (words, a label, a language, a score that was commented upon) is counted when one look goes through the whole
    period, and a region of today is counted up to `MOST`.
    """
    if not many(session, asked.period):
        return Total(verbatims.how_many(session, reach, asked))
    tally = Tally.sum(tallies.sums(session, reach, asked.period).values())
    placed = any(scope.brands or scope.regions for scope in reach)
    if not (asked.words or asked.label or asked.language or placed):
        known = _tallied(tally, asked)
        if known is not None:
            return Total(known)
    if searched(asked):
        whole = in_one_look(session, reach, asked, most=most_read)
        return Total(verbatims.how_many(session, reach, asked)) if whole else None
    found = verbatims.how_many(session, reach, asked, most=MOST + 1)
    return Total(min(found, MOST), found > MOST)


def _tallied(tally: Tally, asked: verbatims.Asked) -> int | None:
    if asked.score is not None:
        return None if asked.commented or asked.band else tally.scores[asked.score]
    if asked.band:
        whole = dict(zip(("promoter", "passive", "detractor"), tally.bands, strict=True))[asked.band]
        return int(getattr(tally, f"commented_{asked.band}s")) if asked.commented else whole
    return tally.commented if asked.commented else tally.responses
