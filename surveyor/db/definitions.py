"""Which definition of each indicator was in force since when: what marks its trends once a formula changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.db import bulk
from surveyor.db.tables.figures import IndicatorDefinition


def latest(session: Session) -> dict[str, int]:
    """Key of an indicator -> the highest version of its definition that was ever in force here."""
    d = IndicatorDefinition
    rows = session.execute(select(d.indicator, func.max(d.version)).group_by(d.indicator))
    return {row[0]: row[1] for row in rows}


def add(session: Session, versions: Mapping[str, int], *, since: datetime) -> None:
    """Note that these are in force from an instant on; one that somebody else has noted meanwhile stays as it is."""
    values = [(key, version, since) for key, version in sorted(versions.items())]
    columns = ("indicator", "version", "since")
    bulk.insert(session, IndicatorDefinition, columns, values, conflict="(indicator, version) DO NOTHING")


def raised(session: Session, first: datetime, last: datetime) -> list[tuple[str, int, datetime]]:
    """(indicator, version, since) of every definition that replaced another one in `[first, last)`."""
    d, older = IndicatorDefinition, IndicatorDefinition.__table__.alias()
    before = select(older.c.version).where(older.c.indicator == d.indicator, older.c.version < d.version).exists()
    query = select(d.indicator, d.version, d.since).where(d.since >= first, d.since < last, before)
    return [(key, version, since) for key, version, since in session.execute(query)]
