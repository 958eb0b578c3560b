"""Lines of files that are no order events: stored once by source and number, replaced or kept when they come again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach
from surveyor.core.tally import Tally
from surveyor.db import bulk
from surveyor.db.base import new_ids
from surveyor.db.inside import inside
from surveyor.db.tables.imported import CustomerOrigin, ImportedResponse
from surveyor.db.tables.network import Store

#: Values in a row, by column; `ref` and `content_sha256` among them.
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch: numbers that were new, or replaced, or that differ and were left as they were."""

    new: frozenset[str]
    replaced: frozenset[str]
    differing: frozenset[str]


def store(session: Session, table: Any, source: str, rows: Sequence[Values], *, now: datetime, replace: bool) -> Stored:
    """Keep rows of one source; one that is there with the same content is left alone. Numbers are unique in `rows`.

    replace: one that is there with other content becomes what the row says.
    """
    known = known_lines(session, table, source, [row["ref"] for row in rows])
    fresh = [row for row in rows if row["ref"] not in known]
    other = [row for row in rows if row["ref"] in known and known[row["ref"]] != row["content_sha256"]]
    if fresh:
        columns = ("id", *fresh[0])
        values = [(key, *row.values()) for key, row in zip(new_ids(now, len(fresh)), fresh, strict=True)]
        bulk.insert(session, table, columns, values, same={"source": source, "imported_at": now})
    if other and replace:
        columns = tuple(name for name in other[0] if name != "ref")
        changed = [(source, row["ref"], *(row[name] for name in columns), now) for row in other]
        bulk.update(session, table, ("source", "ref"), (*columns, "imported_at"), changed)
    refs = frozenset(row["ref"] for row in other)
    nothing: frozenset[str] = frozenset()
    return Stored(frozenset(row["ref"] for row in fresh), refs if replace else nothing, nothing if replace else refs)


def known_lines(session: Session, table: Any, source: str, refs: Collection[str]) -> dict[str, bytes]:
    """The content hashes of those of these numbers that are there, of one source."""
    rows = bulk.read(session, table, ("ref", "content_sha256"), "ref", refs, tail="AND source = ?", given=(source,))
    return {ref: bytes(content) for ref, content in rows}


def keep_origins(session: Session, origins: Mapping[UUID, str], *, now: datetime) -> None:
    """Where customers came from; the latest word stands."""
    rows = [(customer, origin, now) for customer, origin in sorted(origins.items(), key=lambda one: one[0].int)]
    again = "(customer_id) DO UPDATE SET origin = excluded.origin, imported_at = excluded.imported_at"
    bulk.insert(session, CustomerOrigin, ("customer_id", "origin", "imported_at"), rows, conflict=again)


def origins_of(session: Session, customers: Collection[UUID]) -> dict[UUID, str]:
    """Where these customers came from, as far as it was said."""
    return dict(bulk.read(session, CustomerOrigin, ("customer_id", "origin"), "customer_id", customers))


_BY = {
    "store": ImportedResponse.store_id,
    "segment": ImportedResponse.segment,
    "day": ImportedResponse.day,
    "region": Store.region_id,
    "brand": Store.brand_id,
}


GROUPS = frozenset(_BY)


def sums(session: Session, reach: Reach, period: Period, *, by: tuple[str, ...] = ()) -> dict[tuple[Any, ...], Tally]:
    """Scores and comments of imported answers on local days, in the shape of tallies; nothing else of them counts.

    Regions and brands are those of today: where a store stood when the other tool asked is not known.
    """
    r = ImportedResponse
    groups = [_BY[one] for one in by]
    query = (
        select(*groups, r.score, func.count(), func.count(r.comment))
        .join(Store, Store.id == r.store_id, isouter=True)
        .where(r.day >= period.first, r.day <= period.last, inside(reach, store=r.store_id, segment=r.segment))
        .group_by(*groups, r.score)
    )
    found: dict[tuple[Any, ...], Tally] = {}
    for *key, score, n, commented in session.execute(query):
        family = "promoters" if score >= 9 else "passives" if score >= 7 else "detractors"
        counts = {f"score_{score}": n, "commented": commented, f"commented_{family}": commented}
        place = tuple(key)
        found[place] = found.get(place, Tally()) + Tally.from_mapping(counts)
    return found


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """Imported answers of one source: how many, their days and scores."""

    source: str
    n: int
    first_day: Any
    last_day: Any
    tally: Tally


def sources(session: Session) -> list[SourceSummary]:
    """Every source of imported answers, by name."""
    r = ImportedResponse
    rows = session.execute(
        select(r.source, r.score, func.count(), func.min(r.day), func.max(r.day)).group_by(r.source, r.score)
    )
    found: dict[str, SourceSummary] = {}
    for source, score, n, first, last in rows:
        one = SourceSummary(source, n, first, last, Tally.from_mapping({f"score_{score}": n}))
        was = found.get(source)
        if was is not None:
            days = (min(was.first_day, first), max(was.last_day, last))
            one = SourceSummary(source, was.n + n, *days, was.tally + one.tally)
        found[source] = one
    return [found[name] for name in sorted(found)]
