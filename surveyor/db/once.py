"""A row written once whatever is sent twice: what staff and machines make beside the line carries its own id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveyor.db.engine import dialect_name


def insert_once(session: Session, table: Any, values: Mapping[str, Any]) -> bool:
    """Insert a row of `table`; False, and nothing written, when its primary key `id` is there already."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(table).values(**values)
    made = statement.on_conflict_do_nothing(index_elements=[table.id]).returning(table.id)
    return session.execute(made).first() is not None
