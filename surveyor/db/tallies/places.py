"""Brands and regions of stores between two moves of any: a lookup by store, in place of a join for each cell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import Tally
from surveyor.db.tables.network import Store, StoreHistory

#: What a store has on a day, in the order of `Places`.
PLACED = ("brand", "region")
Place = tuple[str | None, str | None]
#: Store -> its brand and its region, the same on every day.
Places = Mapping[str, Place]
#: Store -> since when it stands where, in time; the first place holds for the days before it too.
Moves = Mapping[str, list[tuple[date, Place]]]
#: Days of moves in one period up to which it is read in parts: each is a statement of its own.
MOST_MOVES = 12


def has_places(reach: Reach, by: tuple[str, ...]) -> bool:
    """Whether sums depend on where stores stood."""
    return bool(set(PLACED) & set(by)) or any(scope.brands or scope.regions for scope in reach)


def moves_of(session: Session) -> Moves:
    """Where every store has stood; one without a history has always stood where it does."""
    h = StoreHistory
    found: dict[str, list[tuple[date, Place]]] = {}
    for store, day, brand, region in session.execute(
        select(h.store_id, h.from_day, h.brand_id, h.region_id).order_by(h.store_id, h.from_day)
    ):
        found.setdefault(store, []).append((day, (brand, region)))
    for store, brand, region in session.execute(select(Store.id, Store.brand_id, Store.region_id)):
        found.setdefault(store, [(date.min, (brand, region))])
    return found


def standing_still(moves: Moves) -> Places | None:
    """The places of all stores; None when a store has had more than one."""
    return None if any(len(one) > 1 for one in moves.values()) else {store: one[0][1] for store, one in moves.items()}


def between_moves(moves: Moves, period: Period) -> list[tuple[Period, Places]] | None:
    """The parts of a period in which no store moves, each with the places of all; None when they are too many."""
    days = sorted({day for one in moves.values() for day, _ in one[1:] if period.first < day <= period.last})
    if len(days) > MOST_MOVES:
        return None
    ends = [*(day - timedelta(days=1) for day in days), period.last]
    parts = [Period(first, last) for first, last in zip([period.first, *days], ends, strict=True)]
    return [(part, {store: _on(one, part.first) for store, one in moves.items()}) for part in parts]


def _on(one: list[tuple[date, Place]], day: date) -> Place:
    return next((place for since, place in reversed(one) if since <= day), one[0][1])


def stores_inside(reach: Reach, places: Places) -> Reach:
    """The same scopes, their brands and regions said as stores; one that no store is in is left out."""
    found = []
    for scope in reach:
        if scope.brands or scope.regions:
            stores = tuple(sorted(store for store, place in places.items() if _is_in(scope, store, place)))
            if stores:
                found.append(Scope.of(stores=stores, segments=scope.segments))
        else:
            found.append(scope)
    return tuple(found)


def _is_in(scope: Scope, store: str, place: tuple[str | None, str | None]) -> bool:
    brand, region = place
    return (
        (not scope.brands or brand in scope.brands)
        and (not scope.regions or region in scope.regions)
        and (not scope.stores or store in scope.stores)
    )


def with_places(
    found: Mapping[tuple[Any, ...], Tally], by: tuple[str, ...], places: Places
) -> dict[tuple[Any, ...], Tally]:
    """Sums by store, added up by what was asked in its place; a store that nobody knows is in none."""
    groups: dict[tuple[Any, ...], list[Tally]] = {}
    for key, tally in found.items():
        to = tuple(
            places.get(value, (None, None))[PLACED.index(name)] if name in PLACED else value
            for name, value in zip(by, key, strict=True)
        )
        groups.setdefault(to, []).append(tally)
    return {key: Tally.sum(some) for key, some in groups.items()}
