"""Whether a provider may be called now: the pause and the strikes that its breaker counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.emails import Channel


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A provider as its breaker sees it. `strikes` in a row since `struck_at`; closed until `paused_until`."""

    provider: str
    paused_until: datetime | None = None
    reason: str | None = None
    strikes: int = 0
    struck_at: datetime | None = None


def channel(session: Session, provider: str) -> ChannelState:
    """The provider's row; one that was never struck is open."""
    row = session.execute(
        select(Channel.provider, Channel.paused_until, Channel.reason, Channel.strikes, Channel.struck_at).where(
            Channel.provider == provider
        )
    ).first()
    return ChannelState(*row) if row else ChannelState(provider)


def save_channel(session: Session, state: ChannelState, *, now: datetime) -> None:
    """Write a provider's row."""
    values = {
        "paused_until": state.paused_until,
        "reason": state.reason,
        "strikes": state.strikes,
        "struck_at": state.struck_at,
        "changed_at": now,
    }
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(Channel).values(provider=state.provider, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=values))
