"""API keys and order sources: the machines at both ends of the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyor.db.once import insert_once
from surveyor.db.tables.access import ApiKey, Source


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key; never its secret."""

    id: str
    name: str
    scopes: frozenset[str]
    store_scope: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_network: str
    revoked_at: datetime | None
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a source; its secrets stay sealed."""

    name: str
    kind: str
    basis: str
    notice: str
    shop_domain: str
    secret: bytes | None
    previous_secret: bytes | None
    key_id: str
    created_at: datetime
    rotated_at: datetime | None


def key(session: Session, key_id: str) -> KeyFacts | None:
    """The key of that id, whatever its state."""
    found = session.get(ApiKey, key_id)
    return None if found is None else _key(found)


def keys(session: Session) -> Sequence[KeyFacts]:
    """Every key, newest first."""
    return [_key(row) for row in session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc()))]


def living_keys_of(session: Session, created_by: str, now: datetime) -> Sequence[KeyFacts]:
    """The keys somebody made that still open something, newest first."""
    mine = (ApiKey.created_by == created_by) & ApiKey.revoked_at.is_(None) & (ApiKey.expires_at > now)
    return [_key(row) for row in session.scalars(select(ApiKey).where(mine).order_by(ApiKey.created_at.desc()))]


def add_key(session: Session, **values: Any) -> bool:
    """Insert a key: the columns of ApiKey; False when one of that id was made before, revoked or not."""
    return insert_once(session, ApiKey, values)


def revoke_key(session: Session, key_id: str, now: datetime) -> bool:
    """End a key; False when there is none that lives."""
    changed = session.execute(
        update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def key_used(session: Session, key_id: str, now: datetime, network: str) -> None:
    """Note the last use."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now, last_network=network))


def source(session: Session, name: str) -> SourceFacts | None:
    """The source of that name."""
    found = session.get(Source, name)
    return None if found is None else _source(found)


def sources(session: Session) -> Sequence[SourceFacts]:
    """Every source, by name."""
    return [_source(row) for row in session.scalars(select(Source).order_by(Source.name))]


def add_source(session: Session, **values: Any) -> None:
    """Insert a source: the columns of Source."""
    session.execute(insert(Source).values(**values))


def rotate_source(
    session: Session, name: str, *, secret: bytes, previous: bytes | None, key_id: str, now: datetime
) -> None:
    """Give a source a new secret; the former one goes on for webhooks that are under way."""
    session.execute(
        update(Source)
        .where(Source.name == name)
        .values(secret=secret, previous_secret=previous, key_id=key_id, rotated_at=now)
    )


def seal_again(
    session: Session, source: SourceFacts, secret: bytes | None, previous: bytes | None, *, key_id: str
) -> bool:
    """The same secrets of a source under another key; False when they were rotated meanwhile."""
    same = (Source.name == source.name) & (Source.secret == source.secret)
    values = {"secret": secret, "previous_secret": previous, "key_id": key_id}
    return session.execute(update(Source).where(same).values(**values).returning(Source.name)).first() is not None


def _key(row: ApiKey) -> KeyFacts:
    return KeyFacts(
        row.id,
        row.name,
        frozenset(row.scopes.split()),
        row.store_scope,
        row.created_by,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.last_network,
        row.revoked_at,
        row.secret_sha256,
    )


def _source(row: Source) -> SourceFacts:
    return SourceFacts(
        row.name,
        row.kind,
        row.basis,
        row.notice,
        row.shop_domain,
        row.secret,
        row.previous_secret,
        row.key_id,
        row.created_at,
        row.rotated_at,
    )
