"""Whether a provider may be called now, as its breaker left it (core/breaker)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.core.breaker import ChannelState
from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Channel


def channel(session: Session, provider: str) -> ChannelState:
    """The provider's row, locked until the commit; one that was never struck is open."""
    c = Channel
    query = select(c.provider, c.paused_until, c.reason, c.strikes, c.struck_at, c.allowance, c.refusals)
    row = session.execute(query.where(c.provider == provider).with_for_update()).first()
    return ChannelState(*row) if row else ChannelState(provider)


def save_channel(session: Session, state: ChannelState, *, now: datetime) -> None:
    """Write a provider's row."""
    values = {**asdict(state), "changed_at": now}
    provider = values.pop("provider")
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(Channel).values(provider=provider, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=values))
