"""Stores as screens show and change them: where orders are made, and whom a reader's scopes let see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyor.core.scope import Reach, covers
from surveyor.core.searching import fold
from surveyor.db import bulk
from surveyor.db.tables.network import Brand, Region, Segment, Store, StoreHistory
from surveyor.db.tallies.once import read_in


@dataclass(frozen=True, slots=True)
class Shop:
    """A store with the names of what it belongs to; texts are "" when nothing is known."""

    id: str
    name: str
    city: str
    region_id: str
    region: str
    brand_id: str
    brand: str
    segment_id: str
    zone: str
    language: str
    excluded: bool
    to_complete: bool
    opened_on: date | None
    closed_on: date | None
    named_to_peers: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """What makes a store comparable with others: its default segment, its region, and the days it was open."""

    id: str
    segment: str
    region: str
    opened_on: date | None
    closed_on: date | None

    def is_open(self, first: date, last: date) -> bool:
        """Whether it was open on some day of a period."""
        return (self.opened_on is None or self.opened_on <= last) and (self.closed_on is None or self.closed_on > first)


@dataclass(frozen=True, slots=True)
class Names:
    """Id -> name of every part of the network."""

    brands: dict[str, str]
    regions: dict[str, str]
    segments: dict[str, str]
    stores: dict[str, str]


def shops(session: Session, reach: Reach) -> list[Shop]:
    """The stores inside the scopes, by name. A scope of a segment alone reaches every store that may have it."""
    open_reach = tuple(replace(scope, segments=()) for scope in reach)
    return [one for one in _all(session) if covers(open_reach, brand=one.brand_id, region=one.region_id, store=one.id)]


def _all(session: Session) -> list[Shop]:
    """Every store by name; read once for a page that only reads (`tallies.once`)."""
    read = read_in(session)
    if read is not None and read.shops:
        return read.shops
    found = [Shop(*row) for row in session.execute(_select().order_by(Store.id))]
    found.sort(key=lambda one: fold(one.name))  # É beside E, whatever the engine's own order
    if read is not None:
        read.shops.extend(found)
    return found


def shop(session: Session, reach: Reach, store_id: str) -> Shop | None:
    """One store, None when it does not exist or is outside the scopes: the two are never told apart."""
    return next((one for one in shops(session, reach) if one.id == store_id), None)


def peers(session: Session) -> list[Peer]:
    """Every store of the network, as one that others may be compared with."""
    s = Store
    rows = session.execute(select(s.id, s.segment_id, s.region_id, s.opened_on, s.closed_on).order_by(s.id))
    return [Peer(row[0], row[1] or "", row[2] or "", row[3], row[4]) for row in rows]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where stores stood on a day: store -> (brand, region); moved: those that stood elsewhere between two days."""

    at: dict[str, tuple[str, str]]
    moved: frozenset[str]


def placement(session: Session, first: date, last: date) -> Placement:
    """Where every store stood on `last`, and which of them stood elsewhere on some day from `first` on.

    The first known place also holds for the days before it, as in sums of tallies.
    """
    at = {one.id: (one.brand_id or "", one.region_id or "") for one in session.execute(_PLACES)}
    spans: dict[str, list[tuple[date, tuple[str, str]]]] = {}
    h = StoreHistory
    rows = session.execute(select(h.store_id, h.from_day, h.brand_id, h.region_id).order_by(h.store_id, h.from_day))
    for store, day, brand, region in rows:
        spans.setdefault(store, []).append((day, (brand or "", region or "")))
    moved = set()
    for store, known in spans.items():
        began = [place for day, place in known if day <= last] or [known[0][1]]
        at[store] = began[-1]
        stood = {place for day, place in known if first < day <= last}
        stood.add(next((place for day, place in reversed(known) if day <= first), known[0][1]))
        if len(stood) > 1:
            moved.add(store)
    return Placement(at, frozenset(moved))


def names(session: Session) -> Names:
    """What every id is called."""
    brands, regions, segments, all_stores = (
        {row.id: row.name for row in session.execute(select(table.id, table.name).order_by(table.name))}
        for table in (Brand, Region, Segment, Store)
    )
    return Names(brands, regions, segments, all_stores)


def agreed(session: Session) -> dict[str, str]:
    """The stores that agreed to be named to those that are below their peers, and what they are called."""
    return {row.id: row.name for row in session.execute(select(Store.id, Store.name).where(Store.named_to_peers))}


def zones(session: Session) -> dict[str, str]:
    """The time zone of every store."""
    return {row.id: row.zone for row in session.execute(select(Store.id, Store.zone))}


def brand_names(session: Session) -> list[str]:
    """What customers call the network's brands."""
    return list(session.scalars(select(Brand.name).order_by(Brand.name)))


def brand(session: Session, brand_id: str) -> tuple[str, str]:
    """Name and privacy address of a brand; empty when it is unknown."""
    row = session.execute(select(Brand.name, Brand.privacy_url).where(Brand.id == brand_id)).first()
    return (row.name, row.privacy_url) if row else ("", "")


def change(session: Session, store_id: str, *, day: date, **columns: Any) -> None:
    """Set columns of a store; another brand or region holds from `day` on, the days before keep theirs."""
    session.execute(update(Store).where(Store.id == store_id).values(**columns))
    if {"brand_id", "region_id"} & set(columns):
        row = session.execute(select(Store.brand_id, Store.region_id).where(Store.id == store_id)).one()
        values = [(store_id, day, row.brand_id, row.region_id)]
        names_ = ("store_id", "from_day", "brand_id", "region_id")
        again = "(store_id, from_day) DO UPDATE SET brand_id = excluded.brand_id, region_id = excluded.region_id"
        bulk.insert(session, StoreHistory, names_, values, conflict=again)


_PLACES = select(Store.id, Store.brand_id, Store.region_id)


def _select() -> Any:
    """The fields of a `Shop`, in their order."""
    s, parts = Store, [func.coalesce(part, "") for part in (Store.region_id, Region.name, Store.brand_id, Brand.name)]
    return (
        select(s.id, s.name, s.city, *parts, func.coalesce(s.segment_id, ""), s.zone, s.language, s.excluded)
        .add_columns(s.to_complete, s.opened_on, s.closed_on, s.named_to_peers)
        .outerjoin(Region, Region.id == s.region_id)
        .outerjoin(Brand, Brand.id == s.brand_id)
    )
