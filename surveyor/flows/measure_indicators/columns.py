"""Which counts of the tallies some indicators read: where a table of many groups is summed, the others stay unread."""

from __future__ import annotations

from surveyor.core.tally import COUNTS, RESPONSE_COUNTS, SCORE_COUNTS, SENT_COUNTS
from surveyor.db import tallies

#: Their formulas read scores alone, a quarter of what a row of tallies holds.
_RATES = frozenset({"response_rate", "visit_rate", "delivery_rate"})
_SCORES = frozenset({"nps", "shares", "mean_score", "recommendation_rate", "adjusted_nps", "responses"})
#: Theirs read no more of scores than how many fell in each band.
_BANDS = frozenset({"nps", "adjusted_nps", "responses"})
#: What no formula of the registry reads: those of replies come from the cases themselves.
UNREAD = ("commented_promoters", "commented_passives", "commented_detractors", *RESPONSE_COUNTS[-4:])
READ = tuple(name for name in COUNTS if name not in UNREAD)
#: What a response rate is made of, delivered as it is told or as it is assumed.
_DELIVERED = ("sent", "delivered", "bounced_hard", "bounced_soft", "rejected", "undelivered", "responded")


def enough_for(keys: set[str]) -> tuple[str, ...]:
    """The counts that are enough for some indicators, where a table of many groups is read."""
    if keys <= _BANDS | {"response_rate"}:
        return tuple(tallies.BANDS) if keys <= _BANDS else (*_DELIVERED, *tallies.BANDS)
    if keys <= _SCORES:
        return SCORE_COUNTS
    return (*SENT_COUNTS, *SCORE_COUNTS) if keys <= _SCORES | _RATES else READ
