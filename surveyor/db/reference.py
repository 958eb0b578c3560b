"""The network as its owner declares it: names of brands, regions and segments, stores with their columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyor.core.scope import NETWORK
from surveyor.db import bulk, network, stores
from surveyor.db.network import StoreRow
from surveyor.db.stores import Shop
from surveyor.db.tables.network import Brand, Region, Segment

_NAMED = "(id) DO UPDATE SET name = excluded.name"


def name_all(
    session: Session,
    *,
    now: datetime,
    brands: Mapping[str, str] | None = None,
    regions: Mapping[str, str] | None = None,
    segments: Mapping[str, str] | None = None,
) -> None:
    """Make these exist and be called so; one whose name is "" exists at least, under the name that it has."""
    brands, regions, segments = brands or {}, regions or {}, segments or {}
    network.add_names(session, now=now, brands=brands, regions=regions, segments=segments)
    for table, given in ((Region, regions), (Segment, segments)):
        bulk.insert(session, table, ("id", "name"), _named(given), conflict=_NAMED)
    rows = [(*row, now) for row in _named(brands)]
    bulk.insert(session, Brand, ("id", "name", "created_at"), rows, conflict=_NAMED)


def every_store(session: Session) -> dict[str, Shop]:
    """All stores by id."""
    return {shop.id: shop for shop in stores.shops(session, (NETWORK,))}


def declare_store(session: Session, known: Shop | None, columns: Mapping[str, Any], *, day: date, now: datetime) -> str:
    """A store with these columns: "added", "changed", or "" when it was so already.

    columns: of db/tables/network.Store; `id`, `zone` and `language` are among them. `day`: from when another brand or
    region holds.
    """
    store_id = columns["id"]
    if known is None:
        row = StoreRow(
            store_id,
            columns.get("name") or store_id,
            columns["zone"],
            columns.get("region_id") or "",
            columns.get("brand_id") or "",
            columns.get("segment_id") or "",
            columns["language"],
            bool(columns.get("excluded")),
        )
        network.add_stores(session, [row], day=columns.get("opened_on") or day, now=now)
        rest = {name: columns[name] for name in ("city", "opened_on", "closed_on") if columns.get(name)}
        if rest:
            stores.change(session, store_id, day=day, **rest)
        return "added"
    moved = {name: value for name, value in columns.items() if (getattr(known, name) or None) != (value or None)}
    if known.to_complete:
        moved["to_complete"] = False
    if moved:
        stores.change(session, store_id, day=day, **moved)
    return "changed" if moved else ""


def _named(given: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, name) for key, name in sorted(given.items()) if name]


def describe_brand(session: Session, brand_id: str, *, postal_address: str, colours: Mapping[str, str]) -> None:
    """Who the emails of a brand say that they are from, and its colours."""
    values: dict[str, Any] = {"postal_address": postal_address, "colours": dict(colours)}
    session.execute(update(Brand).where(Brand.id == brand_id).values(**values))
