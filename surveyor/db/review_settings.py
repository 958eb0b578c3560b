"""What each brand says of its public reviews, on the way from a response to what everybody may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyor.core.destinations import Site
from surveyor.core.reviews import KEEP_MONTHS, PUBLISH_DAYS
from surveyor.db import bulk
from surveyor.db.tables.network import Brand, Store
from surveyor.db.tables.reviews import ReviewSettings


@dataclass(frozen=True, slots=True)
class Publication:
    """What a brand promises. publish_days: the longest that a review waits; keep_months: how long it stays."""

    brand_id: str
    brand: str
    enabled: bool = False
    publish_days: int = PUBLISH_DAYS
    keep_months: int = KEEP_MONTHS
    sites: Sequence[Site] = ()


def of_brand(session: Session, brand_id: str) -> Publication | None:
    """What a brand says; None when there is no such brand."""
    return next((one for one in of_all(session) if one.brand_id == brand_id), None)


def of_all(session: Session) -> list[Publication]:
    """What every brand says, by name; one that has said nothing publishes nothing."""
    query = select(Brand.id, Brand.name, ReviewSettings).outerjoin(ReviewSettings, ReviewSettings.brand_id == Brand.id)
    return [_of(row.id, row.name, row.ReviewSettings) for row in session.execute(query.order_by(Brand.name))]


def of_store(session: Session, store_id: str) -> Publication | None:
    """What the brand of a store says; None for a store without a brand."""
    query = (
        select(Brand.id, Brand.name, ReviewSettings)
        .join(Store, Store.brand_id == Brand.id)
        .outerjoin(ReviewSettings, ReviewSettings.brand_id == Brand.id)
        .where(Store.id == store_id)
    )
    row = session.execute(query).first()
    return None if row is None else _of(row.id, row.name, row.ReviewSettings)


def save(session: Session, said: Publication, *, now: datetime) -> None:
    """Keep what a brand says from now on."""
    sites = [{"name": one.name, "url": one.url, "store": one.store, "language": one.language} for one in said.sites]
    columns = ("brand_id", "enabled", "publish_days", "keep_months", "sites", "updated_at")
    row = (said.brand_id, said.enabled, said.publish_days, said.keep_months, sites, now)
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    bulk.insert(session, ReviewSettings, columns, [row], conflict=f"(brand_id) DO UPDATE SET {sets}")


def _of(brand_id: str, name: str, row: ReviewSettings | None) -> Publication:
    if row is None:
        return Publication(brand_id, name)
    sites = tuple(Site(**one) for one in row.sites or ())
    return Publication(brand_id, name, row.enabled, row.publish_days, row.keep_months, sites)
