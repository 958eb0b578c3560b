"""The counts of thirteen months store by store: as they were closed, else as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.core.tally import COUNTS, SCORE_COUNTS, Tally
from surveyor.db import closed_periods, tallies
from surveyor.db.closed_periods import NETWORK_ROW
from surveyor.db.report_figures import EVERYWHERE, Counts

_LOW = SCORE_COUNTS[:7]
Scores = dict[str, dict[str, Tally]]
Bands = dict[str, dict[str, Counts]]


def scores_of(session: Any, months: Sequence[Period], reach: Reach) -> tuple[Scores, Bands, dict[str, datetime | None]]:
    """Counts of each month as it was closed, else as they are; whole tallies of the last two months only.

    What closes is stores: the counts of a part of them are those of now.
    """
    scores: Scores = {}
    bands: Bands = {}
    closed: dict[str, datetime | None] = {}
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
            revised = [one.revised_at for one in kept.values() if one.revised_at is not None]
            closed[month.token] = max(revised) if revised else None
            continue
        sums = tallies.sums(session, reach, month, by=("store",), only=COUNTS if whole else SCORE_COUNTS)
        bands[month.token] = {str(key[0]): tally.bands for key, tally in sums.items()}
        if whole:
            scores[month.token] = {str(key[0]): tally for key, tally in sums.items()}
    return scores, bands, closed


def _bands(counts: Mapping[str, int]) -> Counts:
    """Promoters, passives and detractors of a closed month, whose zeros are left out."""
    return (
        counts.get("score_10", 0) + counts.get("score_9", 0),
        counts.get("score_8", 0) + counts.get("score_7", 0),
        sum([counts.get(name, 0) for name in _LOW]),
    )
