"""Changes of the sending line on their way to the tallies: noted as one row a transaction, added many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Date, Integer, Text, column, text
from sqlalchemy.orm import Session

from surveyor.core.calendar import iso_day
from surveyor.core.tally import DECISION_COUNTS, SENT_COUNTS, Tally
from surveyor.db import bulk
from surveyor.db.base import new_id
from surveyor.db.plain import Statement
from surveyor.db.tables.tallies import TallyChange
from surveyor.db.tallies.write import Delta, add

#: Counts that may be noted; whoever reads none of them need not look at what is noted.
NOTED = frozenset((*DECISION_COUNTS, *SENT_COUNTS))
_Key = tuple[date, str, str, int, str, int]
_Cells = dict[_Key, Mapping[str, int]]
#: The key of a fine cell, and what is added to it.
Noted = tuple[_Key, Mapping[str, int]]
_NEW: Mapping[str, int] = {}
_decode = msgspec.json.Decoder(list[tuple[str, str, str, int, str, int, dict[str, int]]]).decode
#: So many rows are added together: a transaction stays short.
AT_ONCE = 500
_KEY = (
    ("day", Date),
    ("store_id", Text),
    ("rule_id", Text),
    ("rule_version", Integer),
    ("segment", Text),
    ("questionnaire_version", Integer),
)


def note(session: Session, deltas: Iterable[Delta], *, now: datetime) -> None:
    """Add changes as `add` does, but as a row of their own that `gather` adds to the cells later.

    What is not of the counts of decisions and sendings alone is added at once.
    """
    cells: _Cells = {}
    known: dict[int, Mapping[str, int] | None] = {}  # many changes share one tally, alive while the list is
    others: list[Delta] = []
    listed = list(deltas)
    for delta in listed:
        counts = delta.counts
        changes = known.get(id(counts), _NEW)
        if changes is _NEW:
            changes = counts.changes() if isinstance(counts, Tally) else dict(counts)
            changes = known[id(counts)] = changes if NOTED.issuperset(changes) else None
        if changes is None or delta.reasons or delta.answers:
            others.append(delta)
        else:
            _add(cells, delta[:6], changes)
    if cells:
        rows = [(iso_day(at[0].toordinal()), *at[1:], counts) for at, counts in cells.items()]
        bulk.insert(session, TallyChange, ("id", "cells"), [(new_id(now), rows)])
    add(session, others)


def _add(cells: _Cells, at: _Key, changes: Mapping[str, int]) -> None:
    """Most cells have one change: it is copied when there is a second one."""
    cell = cells.get(at)
    if cell is None:
        cells[at] = changes
        return
    if not isinstance(cell, Counter):
        cell = cells[at] = Counter(cell)
    for name, n in changes.items():
        cell[name] += n


_GATHER = Statement(
    f"DELETE FROM tally_changes WHERE id IN (SELECT id FROM tally_changes LIMIT {AT_ONCE}) RETURNING cells",  # noqa: S608
    # Whoever gathers at the same time takes others; what a transaction under way has noted is not seen yet.
    f"WITH taken AS MATERIALIZED (SELECT id FROM tally_changes LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED) "  # noqa: S608
    "DELETE FROM tally_changes USING taken WHERE tally_changes.id = taken.id RETURNING cells",
)


def gather(session: Session) -> bool:
    """Add what is noted to its cells, in the caller's transaction, as its last step; whether there may be more."""
    rows = _GATHER.run(session, lite=(), full=())
    cells: _Cells = {}
    for (noted,) in rows:
        for key, changes in _read(noted):
            _add(cells, key, changes)
    add(session, [Delta(*key, counts) for key, counts in cells.items()])
    return len(rows) == AT_ONCE


_WAITING = text("SELECT cells FROM tally_changes")


def waiting(session: Session) -> Iterator[Noted]:
    """What is noted and not yet added."""
    for (cells,) in session.execute(_WAITING):
        yield from _read(cells)


def _read(cells: str) -> Iterator[Noted]:
    for day, store, rule, version, segment, questionnaire, counts in _decode(cells):
        yield (_day(day), store, rule, version, segment, questionnaire), counts


_day = lru_cache(maxsize=1024)(date.fromisoformat)


_SQLITE = (
    "SELECT json_extract(c.value, '$[0]') AS day, json_extract(c.value, '$[1]') AS store_id, "
    "json_extract(c.value, '$[2]') AS rule_id, json_extract(c.value, '$[3]') AS rule_version, "
    "json_extract(c.value, '$[4]') AS segment, json_extract(c.value, '$[5]') AS questionnaire_version, {} "
    "FROM tally_changes t, json_each(t.cells) c"
)
_POSTGRESQL = (
    "SELECT CAST(c.value ->> 0 AS date) AS day, c.value ->> 1 AS store_id, c.value ->> 2 AS rule_id, "
    "CAST(c.value ->> 3 AS integer) AS rule_version, c.value ->> 4 AS segment, "
    "CAST(c.value ->> 5 AS integer) AS questionnaire_version, {} "
    "FROM tally_changes t, LATERAL jsonb_array_elements(CAST(t.cells AS jsonb)) AS c(value)"
)
_COUNT = {
    "sqlite": "COALESCE(json_extract(c.value, '$[6].{0}'), 0) AS {0}",
    "postgresql": "COALESCE(CAST(c.value -> 6 ->> '{0}' AS integer), 0) AS {0}",
}


def as_table(dialect: str, only: Iterable[str]) -> Any:
    """The cells that are noted, with the columns of a fine tally: its key, and of `only` the counts that may be noted;
    the others are 0."""
    names = list(only)
    counts = ", ".join(_COUNT[dialect].format(name) if name in NOTED else f"0 AS {name}" for name in names)
    whole = (_SQLITE if dialect == "sqlite" else _POSTGRESQL).format(counts)
    columns = [column(name, kind) for name, kind in _KEY] + [column(name, Integer) for name in names]
    return text(whole).columns(*columns).subquery("noted")
