"""Put databases together that were lived apart: other customers of one network, the same stores and rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from surveyor.db.base import Base
from surveyor.db.tables.tallies import AnswerTally, CoarseMonth, CoarseTally, FineMonth, FineTally, ReasonTally

_SUMS = (FineTally, CoarseTally, FineMonth, CoarseMonth, ReasonTally, AnswerTally)
_ADDED = {table.__tablename__ for table in _SUMS}
#: What the first one says for all of them.
_OF_THE_FIRST = {
    "instance",
    "rule_versions",
    "active_rules",
    "audit",
    "audit_head",
    "questionnaires",
    "email_versions",
    "proposals",
    "survey_drafts",
    "email_templates",
    "email_drafts",
    "channels",
    "alerts",
}


#: The same in each of them.
_THE_SAME = frozenset("brands brand_versions logos regions segments stores store_history users user_scopes".split())


def take_in(engine: Engine, other: Path) -> None:
    """Add every row of another SQLite file of the same version, in one transaction.

    Tallies are summed, stores and what they belong to are the same, everything else is about other customers. Raises
    what SQLite raises when a customer is in both.
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("ATTACH DATABASE ? AS apart", (str(other),))
        driver.execute("BEGIN IMMEDIATE")
        for table in Base.metadata.sorted_tables:
            if table.name not in _OF_THE_FIRST:
                driver.execute(_statement(table))
        driver.execute("COMMIT")
        driver.execute("DETACH DATABASE apart")
        driver.execute("PRAGMA foreign_keys=ON")


def _statement(table: Any) -> str:
    names = ", ".join(column.name for column in table.columns)
    base = f"INSERT INTO main.{table.name} ({names}) SELECT {names} FROM apart.{table.name}"  # noqa: S608 - our tables
    if table.name in _ADDED:
        key = ", ".join(column.name for column in table.primary_key)
        counts = [column.name for column in table.columns if not column.primary_key]
        sums = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in counts)
        return f"{base} WHERE true ON CONFLICT ({key}) DO UPDATE SET {sums}"
    if table.name in _THE_SAME:
        return base.replace("INSERT", "INSERT OR IGNORE", 1)
    return base
