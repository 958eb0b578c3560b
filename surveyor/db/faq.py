"""Questions and answers of brands as rows: what staff edit and what everybody reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.tables.network import Brand
from surveyor.db.tables.widgets import FaqEntry

_F = FaqEntry


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its answer in both languages; one that is empty in a language is not shown in it."""

    id: UUID
    brand_id: str
    brand: str
    position: int
    question_fr: str
    question_en: str
    answer_fr: str
    answer_en: str
    published: bool
    reviewed_on: date | None
    updated_at: datetime

    def question(self, language: str) -> str:
        """In "fr" or English."""
        return self.question_fr if language == "fr" else self.question_en

    def answer(self, language: str) -> str:
        """In "fr" or English."""
        return self.answer_fr if language == "fr" else self.answer_en


def every(session: Session, brands: Sequence[str], *, published: bool = False) -> list[Entry]:
    """The entries of brands, in order; published: those that everybody reads."""
    query = select(_F, Brand.name).join(Brand, Brand.id == _F.brand_id).where(_F.brand_id.in_(brands))
    if published:
        query = query.where(_F.published.is_(True))
    rows = session.execute(query.order_by(Brand.name, _F.position, _F.id))
    return [_entry(row[0], row[1]) for row in rows]


def one(session: Session, brands: Sequence[str], entry_id: UUID) -> Entry | None:
    """One of them."""
    return next((entry for entry in every(session, brands) if entry.id == entry_id), None)


def brand_exists(session: Session, brand_id: str) -> bool:
    """Whether there is a brand of this id."""
    return session.scalar(select(Brand.id).where(Brand.id == brand_id)) is not None


def add(session: Session, **values: Any) -> None:
    """A new entry: the columns of the table."""
    session.execute(insert(_F).values(**values))


def change(session: Session, entry_id: UUID, **values: Any) -> None:
    """Set columns of an entry."""
    session.execute(update(_F).where(_F.id == entry_id).values(**values))


def remove(session: Session, entry_id: UUID) -> None:
    """Take an entry away."""
    session.execute(delete(_F).where(_F.id == entry_id))


def _entry(row: FaqEntry, brand: str) -> Entry:
    return Entry(
        row.id,
        row.brand_id,
        brand,
        row.position,
        row.question_fr,
        row.question_en,
        row.answer_fr,
        row.answer_en,
        row.published,
        row.reviewed_on,
        row.updated_at,
    )
