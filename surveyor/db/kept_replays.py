"""What a replay of the stored orders said, kept while the orders stand as they do: the second look costs nothing."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name
from surveyor.db.tables.erasures import Erasure
from surveyor.db.tables.orders import Order, OrderEventRow, OrderMark
from surveyor.db.tables.rules import KeptReplay

#: How many are kept; the oldest go first.
MOST = 50


def orders_mark(session: Session) -> bytes:
    """Where the orders stand: another one after any order, change of an order, cancellation or erasure."""
    asked = (
        select(func.count()).select_from(Order).scalar_subquery(),
        select(Order.id).order_by(Order.id.desc()).limit(1).scalar_subquery(),
        select(OrderEventRow.id).order_by(OrderEventRow.id.desc()).limit(1).scalar_subquery(),
        select(func.count()).select_from(OrderMark).scalar_subquery(),
        select(func.count(Erasure.done_at)).scalar_subquery(),
    )
    return sha256(repr(tuple(session.execute(select(*asked)).one())).encode()).digest()


def find(session: Session, key: bytes) -> Any:
    """What was kept under this key; None when nothing was."""
    return session.scalar(select(KeptReplay.body).where(KeptReplay.key == key))


def keep(session: Session, key: bytes, *, mark: bytes, body: Any, now: datetime) -> None:
    """Keep it; what was said of orders that have changed since goes."""
    k = KeptReplay
    session.execute(delete(k).where(k.mark != mark))
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    values = {"mark": mark, "body": body, "kept_at": now}
    statement: Any = make(k).values(key=key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))
    newest = select(k.key).order_by(k.kept_at.desc(), k.key).limit(MOST)
    session.execute(delete(k).where(k.key.not_in(newest)), execution_options={"synchronize_session": False})


def forget_all(session: Session) -> int:
    """Let go of all of them: some name customers."""
    found: Any = session.execute(delete(KeptReplay))
    return int(found.rowcount)
