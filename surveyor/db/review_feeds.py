"""Reviews from elsewhere as rows, and the receipt of each file: each review once, by its number on its own site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyor.core.external_reviews import ExternalReview
from surveyor.db.base import new_id
from surveyor.db.tables.network import Store
from surveyor.db.tables.reviews import Receipt, Review


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of reviews: new, changed since, the same as before."""

    accepted: int = 0
    changed: int = 0
    duplicates: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.accepted + other.accepted, self.changed + other.changed, self.duplicates + other.duplicates)


def known_stores(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of these stores that exist."""
    return set(session.scalars(select(Store.id).where(Store.id.in_(set(ids)))))


def keep(session: Session, source: str, given: Sequence[ExternalReview], *, now: datetime) -> Counts:
    """Write reviews of a source; one that is known is changed when it says something else. A number once in `given`."""
    r = Review
    rows = session.execute(
        select(r.id, r.external_id, r.rating, r.text, r.reply, r.store_id, r.author).where(
            r.source == source, r.external_id.in_([one.external_id for one in given])
        )
    )
    known: Mapping[str | None, Any] = {row.external_id: row for row in rows}
    counts = [0, 0, 0]
    for one in given:
        values = _values(one)
        row = known.get(one.external_id)
        if row is None:
            ours = {"id": new_id(now), "source": source, "external_id": one.external_id, "state": "external"}
            session.execute(insert(r).values(**ours, **values, received_at=now))
            counts[0] += 1
        elif _said(row) != (one.rating, one.text or None, one.reply or None, one.store_id, one.author):
            session.execute(update(r).where(r.id == row.id).values(**values))
            counts[1] += 1
        else:
            counts[2] += 1
    return Counts(*counts)


def add_receipt(session: Session, **values: Any) -> None:
    """File what became of a file: the columns of the table."""
    session.execute(insert(Receipt).values(**values))


def receipts(session: Session, kind: str, *, limit: int = 20) -> list[Receipt]:
    """The last files of a kind, newest first."""
    query = select(Receipt).where(Receipt.kind == kind).order_by(Receipt.at.desc(), Receipt.id.desc()).limit(limit)
    return list(session.scalars(query))


def receipt(session: Session, receipt_id: UUID) -> Receipt | None:
    """One of them."""
    return session.get(Receipt, receipt_id)


def _values(one: ExternalReview) -> dict[str, Any]:
    return {
        "store_id": one.store_id,
        "language": one.language,
        "rating": one.rating,
        "author": one.author,
        "text": one.text or None,
        "reply": one.reply or None,
        "replied_at": one.replied_at,
        "deposited_at": one.created_at,
    }


def _said(row: Any) -> tuple[Any, ...]:
    return row.rating, row.text, row.reply, row.store_id, row.author
