"""Close months that no longer move by themselves, and revise those that were corrected since (indicators.md, D3).

A revision is one row more; what was said before stays. Run again, or killed anywhere, nothing is closed twice: each
kind of each month is one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from surveyor.core import closing
from surveyor.core.closing import Kind
from surveyor.core.indicators import REGISTRY
from surveyor.core.periods import Period, local_date
from surveyor.core.scope import NETWORK
from surveyor.core.tally import Tally, add_counts
from surveyor.db import closed_periods, distinct_stores, network, recount, tallies
from surveyor.db.closed_periods import NETWORK_ROW, Closed
from surveyor.flows.again import again

CLOSED, CORRECTED = "closed", "corrected"
_EVERYWHERE = (NETWORK,)


@dataclass(frozen=True, slots=True)
class Months:
    """Rows written: months of a store or of the network closed for the first time, and revised."""

    closed: int = 0
    revised: int = 0

    def __add__(self, other: Months) -> Months:
        """The two together."""
        return Months(self.closed + other.closed, self.revised + other.revised)


@dataclass(frozen=True, slots=True)
class _When:
    """The instant, and the date that it is: of each store, and of what has none."""

    now: datetime
    days: dict[str, date]
    here: date
    zone: str

    def of(self, store: str) -> date:
        """The date on the wall of a store; of the network the earliest of all."""
        return min([self.here, *self.days.values()]) if store == NETWORK_ROW else self.days.get(store, self.here)


def close_months(sessions: Any, *, now: datetime, zone: str) -> Months:
    """Every month since the first count, each kind in a transaction of its own.

    A month of a store is over by the date on the store's wall; of the network when it is over everywhere. zone: of
    what has no store. To be called when the tallies are known to be what their rows say.
    """
    with sessions() as session:
        first = closed_periods.first_day(session)
        zones = {row.id: row.zone for row in network.stores(session).values()}
    if first is None:
        return Months()
    when = _When(now, {store: local_date(now, its) for store, its in zones.items()}, local_date(now, zone), zone)
    latest = max([when.here, *when.days.values()])
    done = Months()
    for month in closing.months_between(first, latest):
        for kind in closing.KINDS:
            if closing.is_over(month, kind, latest):
                done += again(partial(_close, sessions, month, kind, when))
    return done


def _close(sessions: Any, month: Period, kind: Kind, when: _When) -> Months:
    with sessions.begin() as session:
        recount.freeze(session)
        found = _counted(session, month, kind)
        before = closed_periods.newest(session, kind, month.first)
        over = {store for store in found.keys() | before.keys() if closing.is_over(month, kind, when.of(store))}
        moved = [store for store in sorted(over) if _moved(found.get(store), before.get(store))]
        if not moved:
            return Months()
        people = _people(session, month, kind, when.zone)
        versions = closing.definitions(REGISTRY, kind)
        rows = []
        for store in moved:
            last = before.get(store)
            tally, side = found.get(store, (Tally(), {}))
            kept = {**closing.inputs(kind, tally, side, people.get(store, {})), "definitions": versions}
            why, number = (CLOSED, 1) if last is None else (CORRECTED, last.revision + 1)
            rows.append(Closed(month.first, store, kind, number, when.now, why, kept))
        closed_periods.insert(session, rows)
        first = sum(row.revision == 1 for row in rows)
        return Months(first, len(rows) - first)


_Found = tuple[Tally, Any]


def _counted(session: Any, month: Period, kind: Kind) -> dict[str, _Found]:
    """Store, and "" for the network -> its counts of the kind and the side tally that goes with them."""
    only = closing.COUNTS[kind]
    by_store = tallies.sums(session, _EVERYWHERE, month, by=("store",), only=only)
    sums = {str(key[0]): one for key, one in by_store.items()}
    read = tallies.answers if kind == "scores" else tallies.reasons
    side = {str(key[0]): one for key, one in read(session, _EVERYWHERE, month, by=("store",)).items()}
    found: dict[str, _Found] = {
        store: (sums.get(store, Tally()), side.get(store, {})) for store in sums.keys() | side.keys()
    }
    whole = Tally()
    for tally in sums.values():
        whole += tally
    found[NETWORK_ROW] = (whole, add_counts(*side.values()))
    return found


def _moved(now: _Found | None, before: Closed | None) -> bool:
    """Whether there is something to close that was not, or that is not what was closed."""
    tally, side = now or (Tally(), {})
    if before is None:
        return tally != Tally() or bool(side)
    kind: Kind = "scores" if before.kind == "scores" else "rates"
    return not closing.same_sums(closing.inputs(kind, tally, side, {}), before.inputs)


def _people(session: Any, month: Period, kind: Kind, zone: str) -> distinct_stores.Counted:
    if kind == "scores":
        return distinct_stores.of_scores(session, month)
    return distinct_stores.of_rates(session, month, zone=zone)
