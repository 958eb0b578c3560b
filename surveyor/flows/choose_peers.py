"""Which stores one is compared with, and what their customers answered (indicators.md, 3): only ever as one group."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from surveyor.core.indicators.counted import Peers
from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.db import stores, tallies
from surveyor.db.stores import Peer

ENOUGH = 5
NOBODY = (0, 0, 0)


def peers_of(
    session: Any, wanted: Collection[str], period: Period, *, segments: Collection[str] = ()
) -> dict[str, Peers]:
    """Peers of each wanted store: those of its segment, else of its region, else of the network, open in the period.

    The first of these groups with five other stores. Its answers come from the whole network, whatever a reader may
    see: they are shown as a pooled figure only. segments: of which customers, on both sides; () is all of them.
    """
    everybody = {one.id: one for one in stores.peers(session)}
    everywhere = (Scope.of(segments=segments),)
    sums = tallies.sums(session, everywhere, period, by=("store",), only=tuple(tallies.BANDS))
    counts = {key[0]: tally.bands for key, tally in sums.items()}
    still_open = [one for one in everybody.values() if one.is_open(period.first, period.last)]
    found = {}
    for store in wanted:
        own = everybody.get(store)
        if own is None:
            continue
        by, names = group_of(own, still_open)
        kept = sorted({*names, store})
        found[store] = Peers(store, by, {name: counts.get(name, NOBODY) for name in kept})
    return found


def segments_of(reach: Reach) -> tuple[str, ...]:
    """The segments that a reach is kept to; () when any part of it holds all customers."""
    if not all(scope.segments for scope in reach):
        return ()
    return tuple(sorted({name for scope in reach for name in scope.segments}))


def group_of(own: Peer, open_stores: list[Peer]) -> tuple[str, list[str]]:
    """What a store is compared by ("segment", "region", "network"), and the others of its group."""
    others = [one for one in open_stores if one.id != own.id]
    for by in ("segment", "region"):
        value = getattr(own, by)
        like = [one.id for one in others if value and getattr(one, by) == value]
        if len(like) >= ENOUGH:
            return by, like
    return "network", [one.id for one in others]
