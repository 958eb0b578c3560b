"""E7: what is kept of closed months is whole: revisions without a gap, stores that add up to the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from surveyor.core import closing
from surveyor.db import closed_periods, invariants
from surveyor.db.closed_periods import NETWORK_ROW
from surveyor.flows.check_invariants.finding import Finding


def closed_months_hold(session: Any) -> Iterator[Finding]:
    """Every month that is closed. That it still is what the tallies say is the nightly revision's business."""
    gaps = [f"{month:%Y-%m} {store or 'network'} {kind}" for month, store, kind in closed_periods.broken(session)]
    if gaps:
        what = "a closed month whose revisions do not go from 1 to the last"
        yield Finding("E7", what, len(gaps), tuple(gaps[: invariants.NAMED]))
    months = closed_periods.months(session)
    apart = [f"{month:%Y-%m} {kind}" for month, kind in months if not _adds_up(session, month, kind)]
    if apart:
        what = "a closed month whose stores do not add up to the network"
        yield Finding("E7", what, len(apart), tuple(apart[: invariants.NAMED]))


def _adds_up(session: Any, month: Any, kind: str) -> bool:
    rows = closed_periods.newest(session, kind, month)
    stores = [row.inputs for store, row in rows.items() if store != NETWORK_ROW]
    return closing.total(stores) == closing.additive(rows[NETWORK_ROW].inputs)
