"""Texts of emails that people work on before they publish: one a person and kind, on the way to a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import EmailDraft

#: language -> part -> source
Parts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft. base: the number of the version it was made from. checked: what the checks said, None before them."""

    author: str
    kind: str
    base: int
    parts: Parts
    updated_at: datetime
    checked: Any = None

    @property
    def looked_at(self) -> Any:
        """What the checks said of exactly these parts; None when they have not seen them."""
        return self.checked if self.checked and self.checked["sha256"] == digest(self.parts) else None

    @property
    def is_clean(self) -> bool:
        """Whether exactly these parts were checked and nothing was found: `checked`, one step before `published`."""
        seen = self.looked_at
        return seen is not None and not seen["findings"]


def digest(parts: Parts) -> str:
    """What identifies the parts of a draft: SHA-256, in hexadecimal."""
    plain = {language: dict(sources) for language, sources in parts.items()}
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def find(session: Session, author: str, kind: str) -> Draft | None:
    """The draft of a person for a kind."""
    d = EmailDraft
    columns = (d.author, d.kind, d.base, d.parts, d.updated_at, d.checked)
    row = session.execute(select(*columns).where(d.author == author, d.kind == kind)).first()
    return None if row is None else Draft(*row)


def kinds_of(session: Session, author: str) -> set[str]:
    """The kinds that a person has a draft of."""
    return set(session.scalars(select(EmailDraft.kind).where(EmailDraft.author == author)))


def save(session: Session, draft: Draft) -> None:
    """Keep a draft, whatever there was before; what the checks said is kept beside, with the hash it is of."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    parts = {language: dict(sources) for language, sources in draft.parts.items()}
    values: dict[str, Any] = {"base": draft.base, "parts": parts, "updated_at": draft.updated_at}
    statement: Any = make(EmailDraft).values(author=draft.author, kind=draft.kind, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["author", "kind"], set_=values))


def keep_check(session: Session, draft: Draft, said: Any) -> None:
    """Keep what the checks said of these parts of a draft; it names their hash, in case others came meanwhile."""
    d = EmailDraft
    session.execute(update(d).where(d.author == draft.author, d.kind == draft.kind).values(checked=said))


def discard(session: Session, author: str, kind: str) -> None:
    """Forget a person's draft of a kind."""
    session.execute(delete(EmailDraft).where(EmailDraft.author == author, EmailDraft.kind == kind))
