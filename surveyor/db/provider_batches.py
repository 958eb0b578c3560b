"""Signed bodies of provider events as they came, kept before anything is made of them, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyor.db.base import new_id
from surveyor.db.plain import Statement, when_lite
from surveyor.db.tables.emails import ProviderBatch


@dataclass(frozen=True, slots=True)
class Batch:
    """One body that waits to be applied."""

    id: UUID
    provider: str
    body: bytes
    received_at: datetime
    tries: int


def keep(session: Session, provider: str, body: bytes, *, now: datetime) -> UUID:
    """Store a body; its id."""
    made = new_id(now)
    _KEEP.run(session, lite=[made.bytes, provider, body, when_lite(now)], full=[made, provider, body, now])
    return made


_KEEP_TEXT = (
    "INSERT INTO provider_batches (id, provider, body, state, tries, received_at) VALUES ({0}, {0}, {0}, 'new', 0, {0})"
)
_KEEP = Statement(_KEEP_TEXT.format("?"), _KEEP_TEXT.format("%s"))


def waiting(session: Session, *, limit: int) -> list[Batch]:
    """Bodies that nobody has applied yet, the oldest first."""
    b = ProviderBatch
    query = select(b.id, b.provider, b.body, b.received_at, b.tries).where(b.state == "new")
    return [Batch(*row) for row in session.execute(query.order_by(b.received_at, b.id).limit(limit))]


def hold(session: Session, batch: UUID) -> bool:
    """Take a waiting body for this transaction; False when it was applied or another worker is at it."""
    return bool(_HOLD.run(session, lite=[batch.bytes], full=[batch]))


def done(session: Session, batch: UUID, *, state: str, error: str = "") -> None:
    """`applied` or `failed`, and what was wrong with some of its events."""
    said = (state, error[:500] or None)
    _DONE.run(session, lite=[*said, batch.bytes], full=[*said, batch])


_HOLD_TEXT = "SELECT id FROM provider_batches WHERE id = {} AND state = 'new'"
_HOLD = Statement(_HOLD_TEXT.format("?"), _HOLD_TEXT.format("%s") + " FOR UPDATE SKIP LOCKED")
_DONE_TEXT = "UPDATE provider_batches SET state = {0}, error = {0}, tries = tries + 1 WHERE id = {0} AND state = 'new'"
_DONE = Statement(_DONE_TEXT.format("?"), _DONE_TEXT.format("%s"))


def forget(session: Session, *, before: datetime) -> int:
    """Delete bodies received before an instant; how many."""
    found = session.execute(
        delete(ProviderBatch).where(ProviderBatch.received_at < before),
        execution_options={"synchronize_session": False},
    )
    return int(found.rowcount)  # type: ignore[attr-defined]
