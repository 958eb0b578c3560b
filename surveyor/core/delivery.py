"""What the delivery of one email counts for, between the provider's ladder, the customer's own acts and the tallies."""

from __future__ import annotations

from surveyor.core.emails import Delivery
from surveyor.core.tally import ZERO, Tally

#: Rank of an email without any outcome 72 hours after it was sent: above `deferred`, below `delivered`.
UNDELIVERED_RANK = 25
_COUNT = {
    Delivery.DELIVERED: Tally(delivered=1),
    Delivery.BOUNCED_SOFT: Tally(bounced_soft=1),
    Delivery.BOUNCED_HARD: Tally(bounced_hard=1),
    Delivery.REJECTED: Tally(rejected=1),
    Delivery.COMPLAINED: Tally(delivered=1, complained=1),
}


def counted(delivery: str | None, rank: int, *, visited: bool) -> Tally:
    """Where a sent invitation stands: delivered, bounced, rejected, undelivered, or nothing while it is in transit.

    visited: a human visit or a response proves the delivery, whatever the ladder says. Source: indicators.md, 4.
    """
    found = _COUNT.get(Delivery(delivery), ZERO) if delivery else ZERO
    if visited:
        return Tally(delivered=1, complained=found.complained)
    return Tally(undelivered=1) if not found and rank >= UNDELIVERED_RANK else found
