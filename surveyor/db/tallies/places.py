"""Brands and regions of a network whose stores never moved: a lookup by store, in place of a join for each cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import Tally
from surveyor.db.tables.network import Store, StoreHistory

#: What a store has on a day, in the order of `Places`.
PLACED = ("brand", "region")
#: Store -> its brand and its region, the same on every day.
Places = Mapping[str, tuple[str | None, str | None]]


def has_places(reach: Reach, by: tuple[str, ...]) -> bool:
    """Whether sums depend on where stores stood."""
    return bool(set(PLACED) & set(by)) or any(scope.brands or scope.regions for scope in reach)


def standing_still(session: Session) -> Places | None:
    """The places of all stores; None when a store has had more than one."""
    h = StoreHistory
    found: dict[str, tuple[str | None, str | None]] = {}
    for store, brand, region in session.execute(select(h.store_id, h.brand_id, h.region_id)):
        if store in found:
            return None
        found[store] = (brand, region)
    for store, brand, region in session.execute(select(Store.id, Store.brand_id, Store.region_id)):
        found.setdefault(store, (brand, region))
    return found


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
