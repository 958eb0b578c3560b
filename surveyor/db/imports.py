"""Files of order events: how far each was read, kept in the transaction of its batch, so that a kill loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.base import new_id
from surveyor.db.tables.imports import Import

#: How many refusals the row itself remembers; the receipt file has them all.
SAMPLE = 100
COUNTS = ("accepted", "duplicates", "conflicts", "rejected")


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One file and source. line: the first one that was not read yet; finished_at None while it is under way."""

    id: UUID
    name: str
    history: bool
    line: int
    accepted: int
    duplicates: int
    conflicts: int
    rejected: int
    first_refusals: Sequence[Mapping[str, Any]]
    started_at: datetime
    finished_at: datetime | None

    @property
    def rows(self) -> int:
        """Rows of the file that were read."""
        return self.accepted + self.duplicates + self.conflicts + self.rejected


def find(session: Session, *, sha256: bytes, source: str) -> ImportRow | None:
    """What is known of this content from this source."""
    i = Import
    query = select(
        i.id,
        i.name,
        i.history,
        i.line,
        i.accepted,
        i.duplicates,
        i.conflicts,
        i.rejected,
        i.first_refusals,
        i.started_at,
        i.finished_at,
    ).where(i.sha256 == sha256, i.source == source)
    found = session.execute(query).first()
    return None if found is None else ImportRow(*found)


def begin(session: Session, *, sha256: bytes, source: str, name: str, history: bool, now: datetime) -> ImportRow:
    """The row of this file, made when there is none; one that somebody else made meanwhile is theirs and ours."""
    columns = ("id", "sha256", "source", "name", "history", "line", "first_refusals", "started_at")
    values: tuple[Any, ...] = (new_id(now), sha256, source, name, history, 0, [], now)
    bulk.insert(session, Import, columns, [values], conflict="DO NOTHING")
    found = find(session, sha256=sha256, source=source)
    assert found is not None
    return found


def again(session: Session, row: ImportRow, *, history: bool, now: datetime) -> None:
    """Start a file over that was read to its end with refusals: what was refused may be accepted now."""
    fresh: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {"line": 0, "first_refusals": [], "finished_at": None}
    session.execute(update(Import).where(Import.id == row.id).values(**fresh, history=history, started_at=now))


def reach(
    session: Session,
    import_id: UUID,
    *,
    was: int,
    line: int,
    counts: Mapping[str, int],
    refusals: Sequence[Mapping[str, Any]],
) -> bool:
    """Move from line `was` to `line`, add what the batch counted; False when somebody else moved it meanwhile."""
    added = {name: getattr(Import, name) + counts.get(name, 0) for name in COUNTS}
    moved = session.execute(
        update(Import).where(Import.id == import_id, Import.line == was).values(line=line, **added).returning(Import.id)
    ).first()
    if moved is not None and refusals:
        kept = session.scalar(select(Import.first_refusals).where(Import.id == import_id)) or []
        if len(kept) < SAMPLE:
            sample = [*kept, *map(dict, refusals)][:SAMPLE]
            session.execute(update(Import).where(Import.id == import_id).values(first_refusals=sample))
    return moved is not None


def finish(session: Session, import_id: UUID, *, now: datetime) -> ImportRow:
    """The file was read to its end; its row as it stands."""
    session.execute(update(Import).where(Import.id == import_id).values(finished_at=now))
    return read(session, import_id)


def read(session: Session, import_id: UUID) -> ImportRow:
    """The row of one import."""
    key = session.execute(select(Import.sha256, Import.source).where(Import.id == import_id)).one()
    found = find(session, sha256=key.sha256, source=key.source)
    assert found is not None
    return found
