"""Whether the month of a question is closed, under which revision, and whether its counts moved since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from surveyor.core import closing
from surveyor.core.closing import Kind, Standing
from surveyor.core.periods import Period, month_of
from surveyor.core.scope import NETWORK, Reach
from surveyor.core.tally import Tally
from surveyor.db import closed_periods, stores
from surveyor.db.closed_periods import NETWORK_ROW


def is_month(period: Period) -> bool:
    """Whether a period is one whole calendar month."""
    return (period.first, period.last) == (month_of(period.first).first, month_of(period.first).last)


def standing(session: Any, reach: Reach, period: Period, kind: Kind, tally: Tally | None = None) -> Standing | None:
    """How the month of these stores stands; None while it is open, or for a period that is no month.

    tally: its counts now, to say whether they moved; not told where a scope has parts of a store only (segments).
    """
    if not is_month(period):
        return None
    whole = reach == (NETWORK,)
    wanted = [NETWORK_ROW] if whole else [shop.id for shop in stores.shops(session, reach)]
    found = list(closed_periods.newest(session, kind, period.first, wanted).values())
    if not found:
        return None
    last = max(found, key=lambda one: (one.revision, one.closed_at))
    cut = any(scope.segments for scope in reach)
    moved = tally is not None and not cut and _counts(kind, tally) != _kept(one.inputs for one in found)
    return Standing(last.revision, last.closed_at, moved)


def _counts(kind: Kind, tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in closing.COUNTS[kind] if getattr(tally, name)}


def _kept(inputs: Iterable[Any]) -> dict[str, int]:
    sums = closing.total(inputs)
    return {name: n for (side, name), n in sums.items() if side == "counts" and n}
