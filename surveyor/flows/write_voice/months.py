"""The counts of thirteen months store by store: as they were closed, else as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveyor.core.closing import frozen
from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.core.tally import COUNTS, SCORE_COUNTS, Tally
from surveyor.db import closed_periods, tallies
from surveyor.db.closed_periods import NETWORK_ROW, Kept
from surveyor.db.report_figures import EVERYWHERE, Counts

_LOW = SCORE_COUNTS[:7]
Scores = dict[str, dict[str, Tally]]
Bands = dict[str, dict[str, Counts]]


def scores_of(
    session: Any, months: Sequence[Period], reach: Reach
) -> tuple[Scores, Bands, frozenset[str], Mapping[str, Kept]]:
    """Counts of each month as it was closed, else as they are; whole tallies of the last two months only.

    Then the months that are closed, and what stores have of the last one. What closes is stores: the counts of a part
    of them are those of now.
    """
    scores: Scores = {}
    bands: Bands = {}
    closed = set()
    first, last = months[0].first, months[-1].first
    every = closed_periods.counts_of_months(session, "scores", first, last) if reach == EVERYWHERE else {}
    for place, month in enumerate(months):
        whole = place >= len(months) - 2
        kept = every.get(month.first, {})
        if NETWORK_ROW in kept:
            counts = {store: one.counts for store, one in kept.items() if store}
            bands[month.token] = {store: _bands(row) for store, row in counts.items()}
            if whole:
                scores[month.token] = {store: Tally.from_mapping(row) for store, row in counts.items()}
            closed.add(month.token)
            continue
        sums = tallies.sums(session, reach, month, by=("store",), only=COUNTS if whole else SCORE_COUNTS)
        bands[month.token] = {str(key[0]): tally.bands for key, tally in sums.items()}
        if whole:
            scores[month.token] = {str(key[0]): tally for key, tally in sums.items()}
    stand = every.get(months[-1].first, {})
    return scores, bands, frozenset(closed), stand if NETWORK_ROW in stand else {}


def as_closed(kept: Sequence[Kept]) -> Counts:
    """Promoters, passives and detractors that stores had together when their month was first closed."""
    parts = [_bands(one) for one in frozen((one.closed_at, one.first) for one in kept)]
    return sum(one[0] for one in parts), sum(one[1] for one in parts), sum(one[2] for one in parts)


def _bands(counts: Mapping[str, int]) -> Counts:
    """Promoters, passives and detractors of a closed month, whose zeros are left out."""
    of = counts.get
    low = [counts[name] for name in _LOW if name in counts]
    return of("score_10", 0) + of("score_9", 0), of("score_8", 0) + of("score_7", 0), sum(low)
