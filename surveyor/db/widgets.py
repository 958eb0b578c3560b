"""Widgets with their snapshots and how often they were shown: the last leg from an indicator to a brand's own site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyor.core.scope import NETWORK, Reach, Scope, narrow
from surveyor.db import bulk, stores
from surveyor.db.once import insert_once
from surveyor.db.tables.widgets import Widget, WidgetDay, WidgetSnapshot

_W, _D = Widget, WidgetDay


@dataclass(frozen=True, slots=True)
class WidgetRow:
    """A widget. shown: how often in the last 30 days; last: the last day."""

    id: str
    kind: str
    name: str
    scope: str
    language: str
    origins: tuple[str, ...]
    active: bool
    created_at: datetime
    shown: int = 0
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """What a page of a widget is made of: who may frame it, and its snapshot; body None before the first one."""

    id: str
    kind: str
    scope: str
    language: str
    origins: tuple[str, ...]
    sha256: bytes
    body: Any


def every(session: Session, reach: Reach, *, since: date) -> list[WidgetRow]:
    """The widgets about stores of the scopes, by name; shown: since a day."""
    used = (
        select(_D.widget_id, func.sum(_D.shown).label("shown"), func.max(_D.day).label("last"))
        .where(_D.day >= since)
        .group_by(_D.widget_id)
        .subquery()
    )
    query = select(_W, used.c.shown, used.c.last).outerjoin(used, used.c.widget_id == _W.id).order_by(_W.name, _W.id)
    found = [_row(row.Widget, row.shown, row.last) for row in session.execute(query)]
    return [one for one in found if reaches(session, reach, one.scope)]


def one(session: Session, reach: Reach, widget_id: str, *, since: date) -> WidgetRow | None:
    """A widget of the scopes; None for any other."""
    return next((row for row in every(session, reach, since=since) if row.id == widget_id), None)


def reaches(session: Session, reach: Reach, scope: str) -> bool:
    """Whether every store that a widget is about lies inside a reader's scopes, and there is one."""
    mine = Scope.parse(scope)
    if NETWORK in reach or (mine,) == narrow(mine, reach):
        return True
    wanted = {one.id for one in stores.shops(session, (mine,))}
    return not mine.is_network and bool(wanted) and wanted <= {one.id for one in stores.shops(session, reach)}


def served(session: Session, widget_id: str) -> Served | None:
    """What is shown of an active widget; None when there is none of that id."""
    query = (
        select(_W.id, _W.kind, _W.scope, _W.language, _W.origins, WidgetSnapshot.sha256, WidgetSnapshot.body)
        .outerjoin(WidgetSnapshot, WidgetSnapshot.widget_id == _W.id)
        .where(_W.id == widget_id, _W.active.is_(True))
    )
    row = session.execute(query).first()
    if row is None:
        return None
    return Served(row.id, row.kind, row.scope, row.language, tuple(row.origins or ()), row.sha256 or b"", row.body)


def add(session: Session, **values: Any) -> bool:
    """A new widget: the columns of the table; False when one of that id was made before."""
    return insert_once(session, _W, values)


def change(session: Session, widget_id: str, **values: Any) -> None:
    """Set columns of a widget."""
    session.execute(update(_W).where(_W.id == widget_id).values(**values))


def keep_snapshot(session: Session, widget_id: str, *, sha256: bytes, body: Any, now: datetime) -> None:
    """What a widget says from now on."""
    columns = ("widget_id", "made_at", "sha256", "body")
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    row = (widget_id, now, sha256, body)
    bulk.insert(session, WidgetSnapshot, columns, [row], conflict=f"(widget_id) DO UPDATE SET {sets}")


def snapshots(session: Session) -> dict[str, bytes]:
    """Widget -> the hash of what it says."""
    s = WidgetSnapshot
    return {name: sha for name, sha in session.execute(select(s.widget_id, s.sha256))}  # noqa: C416


def note_shown(session: Session, widget_id: str, day: date, origin: str) -> None:
    """It was shown once more on a day in a page of an origin."""
    again = "(widget_id, day, origin) DO UPDATE SET shown = widget_days.shown + excluded.shown"
    columns = ("widget_id", "day", "origin", "shown")
    bulk.insert(session, _D, columns, [(widget_id, day, origin, 1)], conflict=again)


def days_of(session: Session, widget_id: str, *, since: date) -> list[tuple[date, str, int]]:
    """(day, origin, how often) since a day, the last day first."""
    query = select(_D.day, _D.origin, _D.shown).where(_D.widget_id == widget_id, _D.day >= since)
    return [(row.day, row.origin, row.shown) for row in session.execute(query.order_by(_D.day.desc(), _D.origin))]


def last_days(session: Session, ids: Sequence[str]) -> dict[str, date]:
    """Kind of widget -> the last day on which one of these was shown."""
    query = (
        select(_W.kind, func.max(_D.day))
        .join(_D, _D.widget_id == _W.id)
        .where(_W.id.in_(ids), _D.shown > 0)
        .group_by(_W.kind)
    )
    return {kind: last for kind, last in session.execute(query)}  # noqa: C416


def _row(row: Widget, shown: int | None = None, last: date | None = None) -> WidgetRow:
    origins = tuple(row.origins or ())
    return WidgetRow(
        row.id, row.kind, row.name, row.scope, row.language, origins, row.active, row.created_at, int(shown or 0), last
    )
