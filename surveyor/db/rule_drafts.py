"""Texts of rules that people work on before they publish: one a person, on the way to a version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.rules import sha256
from surveyor.db.tables.rules import RuleDraft


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft. base: the version it was made from. measured: what its replay said, None until there is one.

    measuring_since: a replay is under way since then; progress: how far it is, in percent. trial: what its text did
    with a file that was sent.
    """

    author: str
    base: int | None
    text: str
    updated_at: datetime
    measuring_since: datetime | None = None
    measured: Any = None
    measured_sha256: bytes | None = None
    measured_base: int | None = None
    progress: int | None = None
    trial: Any = None

    def is_measured(self, active: int | None) -> bool:
        """Whether its replay was of exactly this text, against exactly this base, and the base is in force."""
        return self._is_of_this_text() and self.measured_base == self.base == active and self.differs is None

    @property
    def differs(self) -> str | None:
        """What two ways to replay exactly this text disagreed upon: then there are no figures. None: they agreed."""
        found: str | None = self.measured.get("differs") if self._is_of_this_text() else None
        return found

    def _is_of_this_text(self) -> bool:
        return self.measured is not None and self.measured_sha256 == sha256(self.text)


def find(session: Session, author: str) -> Draft | None:
    """The draft of a person."""
    d = RuleDraft
    columns = (
        d.author,
        d.base,
        d.text,
        d.updated_at,
        d.measuring_since,
        d.measured,
        d.measured_sha256,
        d.measured_base,
        d.progress,
        d.trial,
    )
    row = session.execute(select(*columns).where(d.author == author)).first()
    return None if row is None else Draft(*row)


def save(session: Session, author: str, *, base: int | None, text: str, now: datetime) -> None:
    """Keep a text as this person's draft, whatever it was before; what a replay said of it stays beside."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values: dict[str, Any] = {"base": base, "text": text, "updated_at": now}
    statement: Any = make(RuleDraft).values(author=author, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["author"], set_=values))


def mark_measuring(session: Session, author: str, since: datetime | None) -> None:
    """Note that a replay began, or that it ended without a word (None)."""
    values = {"measuring_since": since, "progress": None if since is None else 0}
    session.execute(update(RuleDraft).where(RuleDraft.author == author).values(**values))


def mark_progress(session: Session, author: str, percent: int) -> None:
    """How far the replay under way is."""
    session.execute(update(RuleDraft).where(RuleDraft.author == author).values(progress=percent))


def keep_trial(session: Session, author: str, trial: Any) -> None:
    """Keep what a text did with a file; None forgets it."""
    values = {"trial": trial, "measuring_since": None, "progress": None}
    session.execute(update(RuleDraft).where(RuleDraft.author == author).values(**values))


def keep_measure(session: Session, draft: Draft, measured: Any) -> None:
    """Keep what the replay of `draft` said; the text may have changed since, then it is not of that text."""
    session.execute(
        update(RuleDraft)
        .where(RuleDraft.author == draft.author)
        .values(
            measured=measured,
            measured_sha256=sha256(draft.text),
            measured_base=draft.base,
            measuring_since=None,
            progress=None,
        )
    )


def discard(session: Session, author: str) -> None:
    """Forget a person's draft."""
    session.execute(delete(RuleDraft).where(RuleDraft.author == author))
