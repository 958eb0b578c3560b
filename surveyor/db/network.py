"""Stores and what they belong to: known before an order is decided upon, completed by what comes with orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.plain import Statement
from surveyor.db.sheets import array_literal
from surveyor.db.tables.network import Brand, Region, Segment, Store, StoreHistory

_AGAIN = "DO NOTHING"


@dataclass(frozen=True, slots=True)
class StoreRow:
    """What a decision and a count need of a store; texts are "" when nothing is known."""

    id: str
    name: str
    zone: str
    region: str = ""
    brand: str = ""
    segment: str = ""
    language: str = ""
    excluded: bool = False
    to_complete: bool = False


def stores(session: Session, ids: Collection[str] | None = None) -> dict[str, StoreRow]:
    """The stores of these ids (None: all of them), by id."""
    return {row[0]: store_of(row) for row in (every_store(session) if ids is None else _some(session, ids))}


def every_store(session: Session) -> tuple[tuple[Any, ...], ...]:
    """All stores as plain tuples: what a transaction compares with what the last one knew. See `store_of`."""
    return tuple(_EVERY_STORE.run(session, lite=(), full=()))


@lru_cache(maxsize=4096)  # the same stores for every group of emails
def store_of(row: tuple[Any, ...]) -> StoreRow:
    """The store of a plain tuple."""
    return StoreRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], bool(row[7]), bool(row[8]))


def _some(session: Session, ids: Collection[str]) -> list[tuple[Any, ...]]:
    listed = sorted(ids)
    return _STORES.run(session, lite=[listed], full=[array_literal(listed)])


_COLUMNS = (
    "SELECT id, name, zone, COALESCE(region_id, ''), COALESCE(brand_id, ''), COALESCE(segment_id, ''), language, "
    "excluded, to_complete FROM stores"
)
_EVERY_STORE = Statement(f"{_COLUMNS} ORDER BY id", f"{_COLUMNS} ORDER BY id")
_STORES = Statement(
    f"{_COLUMNS} WHERE id IN (@) ORDER BY id", f"{_COLUMNS} WHERE id = ANY(CAST(%s AS text[])) ORDER BY id"
)


def add_names(
    session: Session,
    *,
    now: datetime,
    brands: Collection[str] = (),
    regions: Collection[str] = (),
    segments: Collection[str] = (),
) -> None:
    """Make sure that these brands, regions and segments exist; one nobody named is called by its id."""
    bulk.insert(session, Brand, ("id", "name", "created_at"), [(b, b, now) for b in sorted(brands)], conflict=_AGAIN)
    bulk.insert(session, Region, ("id", "name"), [(r, r) for r in sorted(regions)], conflict=_AGAIN)
    bulk.insert(session, Segment, ("id", "name"), [(s, s) for s in sorted(segments)], conflict=_AGAIN)


def add_stores(session: Session, rows: Sequence[StoreRow], *, day: date, now: datetime) -> None:
    """Insert stores that are not there yet, each with the first line of its history on `day`."""
    ordered = sorted(rows, key=lambda row: row.id)
    columns = ("id", "name", "zone", "region_id", "brand_id", "segment_id", "language", "excluded", "to_complete")
    values = [
        (
            r.id,
            r.name,
            r.zone,
            r.region or None,
            r.brand or None,
            r.segment or None,
            r.language,
            r.excluded,
            r.to_complete,
            now,
        )
        for r in ordered
    ]
    bulk.insert(session, Store, (*columns, "created_at"), values, conflict=_AGAIN)
    history = [(r.id, day, r.brand or None, r.region or None) for r in ordered]
    bulk.insert(session, StoreHistory, ("store_id", "from_day", "brand_id", "region_id"), history, conflict=_AGAIN)


def complete_stores(session: Session, found: Mapping[str, tuple[str, str, str]]) -> None:
    """Fill what is empty: store id -> (name, region, brand), "" where nothing came. Past days get the place as well."""
    for store_id, (name, region, brand) in sorted(found.items()):
        values = {"name": name, "region_id": region, "brand_id": brand}
        session.execute(update(Store).where(Store.id == store_id).values({k: v for k, v in values.items() if v}))
        for column, value in ((StoreHistory.region_id, region), (StoreHistory.brand_id, brand)):
            if value:
                session.execute(
                    update(StoreHistory)
                    .where(StoreHistory.store_id == store_id, column.is_(None))
                    .values({column.key: value})
                )


def names(session: Session) -> dict[str, list[str]]:
    """Every id that a rule may refer to: `stores`, `regions`, `segments`, `brands`."""
    tables: dict[str, Any] = {"stores": Store, "regions": Region, "segments": Segment, "brands": Brand}
    return {kind: list(session.scalars(select(table.id).order_by(table.id))) for kind, table in tables.items()}


def known_segments(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these segments that exist."""
    return {name for (name,) in bulk.read(session, Segment, ("id",), "id", ids)}
