"""Reviews that customers left on other sites, as the inbox takes them to open a case or to close its wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.db.tables.network import Store
from surveyor.db.tables.reviews import Review

_R, _S = Review, Store


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A review from elsewhere as the inbox takes it; texts are "" when there is none. zone, segment: of its store."""

    id: UUID
    store_id: str
    segment: str
    zone: str
    language: str
    rating: int | None
    text: str
    reply: str
    replied_at: datetime | None
    deposited_at: datetime


def elsewhere(session: Session, source: str, numbers: Sequence[str]) -> list[Elsewhere]:
    """Those of a source with these numbers."""
    return _elsewhere(session, _R.source == source, _R.external_id.in_(numbers))


def elsewhere_by_id(session: Session, review_id: UUID) -> Elsewhere | None:
    """One of them; None for a review of ours."""
    return next(iter(_elsewhere(session, _R.id == review_id)), None)


def _elsewhere(session: Session, *conditions: Any) -> list[Elsewhere]:
    said = (_R.language, _R.rating, func.coalesce(_R.text, ""), func.coalesce(_R.reply, ""))
    query = (
        select(_R.id, _R.store_id, func.coalesce(_S.segment_id, ""), func.coalesce(_S.zone, "UTC"), *said)
        .add_columns(_R.replied_at, _R.deposited_at)
        .outerjoin(_S, _S.id == _R.store_id)
        .where(_R.state == "external", *conditions)
        .order_by(_R.deposited_at, _R.id)
    )
    return [Elsewhere(*row) for row in session.execute(query)]
