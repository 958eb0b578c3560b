"""Sums of tallies for a reader's scopes and a period: the integers that formulas turn into indicators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache, reduce
from operator import add
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from surveyor.core.periods import Period
from surveyor.core.scope import Reach, Scope
from surveyor.core.tally import COUNTS, SCORE_COUNTS, Tally
from surveyor.db.engine import dialect_name
from surveyor.db.prepared import Prepared
from surveyor.db.tables.network import Store, StoreHistory
from surveyor.db.tables.tallies import CoarseMonth, CoarseTally, FineMonth, FineTally
from surveyor.db.tallies.changes import NOTED, as_table
from surveyor.db.tallies.months import first_of_month, latest_month, stretches
from surveyor.db.tallies.once import BANDS, What, read_in
from surveyor.db.tallies.places import (
    PLACED,
    Moves,
    Places,
    between_moves,
    has_places,
    moves_of,
    standing_still,
    stores_inside,
    with_places,
)
from surveyor.db.tallies.unindexed import Unindexed

FINE, COARSE, FINE_MONTHS, COARSE_MONTHS = (kind.__table__ for kind in (FineTally, CoarseTally, FineMonth, CoarseMonth))
EVERYWHERE: Reach = (Scope(),)
#: Counts of fewer columns than a row has that are worth being copied out of it before they are grouped.
NARROW = 12
#: From so many stores on, cells of a period are read as they stand and looked at, not looked for store by store.
SEVERAL = 10
#: Days of the shortest month: fewer hold none.
SHORTEST = 28
#: What sums may be cut by; brand and region are those of the store on the day of the row (indicators.md, 3), a month
#: is said by its first day.
Grouping = Literal[
    "day", "month", "store", "brand", "region", "segment", "rule", "rule_version", "questionnaire_version"
]
_COLUMN = {"store": "store_id", "rule": "rule_id"}
_FINE_ONLY = frozenset({"segment", "rule", "rule_version", "questionnaire_version"})
#: The values of the groupings asked, in their order; () when none was.
Key = tuple[Any, ...]


class _Span(NamedTuple):
    """A period whose days are given later."""

    first: Any
    last: Any


def sums(
    session: Session,
    reach: Reach,
    period: Period,
    *,
    by: tuple[Grouping, ...] = (),
    rule_id: str = "",
    only: tuple[str, ...] = COUNTS,
) -> dict[Key, Tally]:
    """Tallies by `by`, read from the coarsest grain that answers, whole months from theirs; groups without any row
    are absent.

    The scopes of `reach` are joined with OR, so that a row counts once; an empty reach is nothing at all. `rule_id`
    keeps one rule only. With no grouping the key is (). only: counts to read, the others stay 0: a third of the time
    for scores alone; with `BANDS` in it scores are known by band alone, each as the lowest of its band.
    """
    read = read_in(session)
    if read is None:
        return _read(session, reach, period, by=by, rule_id=rule_id, only=only)
    what = What(reach, period, by, rule_id, only)
    found = read.of(what)
    if found is None:
        found = _read(session, reach, period, by=by, rule_id=rule_id, only=only)
        read.found.append((what, found))
    return dict(found)


def _read(
    session: Session, reach: Reach, period: Period, *, by: tuple[Grouping, ...], rule_id: str, only: tuple[str, ...]
) -> dict[Key, Tally]:
    parts_of_it = None if _is_joined(reach, by) else between_moves(_moves(session), period)
    if parts_of_it is not None:
        cut: Any = tuple("store" if name in PLACED else name for name in by)
        found: dict[Key, Tally] = {}
        for part, places in parts_of_it:
            placed = sums(session, stores_inside(reach, places), part, by=cut, rule_id=rule_id, only=only)
            for key, tally in with_places(placed, by, places).items():
                found[key] = found[key] + tally if key in found else tally
        return found
    fine = bool(rule_id) or bool(_FINE_ONLY & set(by)) or any(scope.segments for scope in reach)
    days, months = (FINE, FINE_MONTHS) if fine else (COARSE, COARSE_MONTHS)
    parts = ((False, period),) if "day" in by or has_places(reach, by) else _stretches(session, period)
    dialect = dialect_name(session)
    rows: list[Any] = []
    for whole, some in parts:
        table = months if whole else days
        if reach == EVERYWHERE and not rule_id:
            rows += _of_everything(dialect, table, only, by).rows(session, first=some.first, last=some.last)
        else:
            rows += session.connection().execute(_summed(dialect, table, only, reach, some, by=by, rule_id=rule_id))
    return _tallies(rows, only, by)


def _stretches(session: Session, period: Period) -> tuple[tuple[bool, Period], ...]:
    """How a period is read: months that are summed as such, other days one by one."""
    if period.days < SHORTEST:
        return ((False, period),)
    read = read_in(session)
    if read is None:
        return stretches(period, latest_month(session))
    if not read.latest:
        read.latest.append(latest_month(session))
    return stretches(period, read.latest[0])


def places_of(session: Session, reach: Reach, by: tuple[str, ...]) -> Places | None:
    """Where stores stand, if sums need it and none has moved; days by place would be read store by store."""
    return None if _is_joined(reach, by) else standing_still(_moves(session))


def _is_joined(reach: Reach, by: tuple[str, ...]) -> bool:
    """Whether no lookup by store spares anything."""
    return not has_places(reach, by) or ("day" in by and bool(set(PLACED) & set(by)))


def _moves(session: Session) -> Moves:
    read = read_in(session)
    if read is None:
        return moves_of(session)
    if not read.moves:
        read.moves.append(moves_of(session))
    return read.moves[0]


def _summed(  # noqa: PLR0913 - a question has as many parts
    dialect: str, table: Any, only: tuple[str, ...], reach: Reach, period: Period | _Span, *, by: Any, rule_id: str
) -> Any:
    """The sums of cells, and those of what is noted and not yet added to them: of one instant, in one statement."""
    noted = as_table(dialect, only) if NOTED.intersection(only) else None
    if (
        dialect == "sqlite"
        and by
        and by[0] not in ("day", "month")
        and len(only) <= NARROW
        and not has_places(reach, by)
    ):
        found = [_narrow(table, only, reach, period, by=by, rule_id=rule_id)]
    else:
        counts = {name: _count(table, name) for name in only}
        found = [grouped(table, _sums(counts), reach, period, by=by, rule_id=rule_id)]
    if noted is not None:
        counts = {name: noted.c[name] for name in only}
        found.append(grouped(noted, _sums(counts), reach, period, by=by, rule_id=rule_id))
    return union_all(*found) if len(found) > 1 else found[0]


def _narrow(table: Any, only: tuple[str, ...], reach: Reach, period: Period | _Span, *, by: Any, rule_id: str) -> Any:
    """The same on SQLite, which sorts whole rows to group them: it is given the columns that are summed, no others.

    The limit, of none, keeps it from looking through to the table. Measured over 73,000 cells by store: bands 28 ms in
    place of 39, all thirteen counts of sendings no gain.
    """
    counts = [_count(table, name).label(name) for name in only]
    keys = [_column(table, name).label(f"by_{n}") for n, name in enumerate(by)]
    rows = _within(select(*keys, *counts), table, reach, period, rule_id).limit(literal_column("-1")).subquery()
    groups = [rows.c[key.name] for key in keys]
    return select(*groups, *_sums({name: rows.c[name] for name in only})).group_by(*groups)


def _when(table: Any) -> Any:
    """The day of a row, or the first day of its month."""
    return table.c.month if "month" in table.c else table.c.day


def _column(table: Any, name: str) -> Any:
    """What a row is grouped by; days are made months of once they are read."""
    return _when(table) if name in ("day", "month") else table.c[_COLUMN.get(name, name)]


def _count(table: Any, name: str) -> Any:
    """A count of a row; a band is the sum of its scores."""
    if name not in BANDS:
        return table.c[name]
    first = SCORE_COUNTS.index(BANDS[name])
    last = {"detractors": 7, "passives": 9, "promoters": 11}[name]
    return reduce(add, (table.c[score] for score in SCORE_COUNTS[first:last]))


def _sums(counts: Mapping[str, Any]) -> list[Any]:
    """Sums that come back as plain integers: PostgreSQL gives the sum of bigint as numeric, slow to read."""
    return [cast(func.sum(count), BigInteger).label(name) for name, count in counts.items()]


@lru_cache(maxsize=64)
def _of_everything(dialect: str, table: Any, only: tuple[str, ...], by: tuple[Grouping, ...]) -> Prepared:
    """The statement of a whole network, compiled once: it is what most screens begin with."""
    period = _Span(bindparam("first", type_=Date), bindparam("last", type_=Date))
    return Prepared(_summed(dialect, table, only, EVERYWHERE, period, by=by, rule_id=""))


def _tallies(rows: Iterable[Any], only: tuple[str, ...], by: tuple[str, ...]) -> dict[Key, Tally]:
    keys = len(by)
    month = by.index("month") if "month" in by else None
    places = [COUNTS.index(BANDS.get(name, name)) for name in only]
    whole = only == COUNTS
    blank = [0] * len(COUNTS)
    found: dict[Key, Tally] = {}
    for row in rows:
        values = row[keys:]
        if values[0] is None:
            continue
        if not whole:
            spread = blank.copy()
            for place, value in zip(places, values, strict=True):
                spread[place] = value
            values = spread
        at, tally = tuple(row[:keys]), Tally(*values)
        if month is not None:
            at = (*at[:month], first_of_month(at[month]), *at[month + 1 :])
        found[at] = found[at] + tally if at in found else tally
    return found


def grouped(
    table: Any, columns: list[Any], reach: Reach, period: Period | _Span, *, by: tuple[str, ...], rule_id: str
) -> Any:
    placed = has_places(reach, by)
    spans: Any = _spans() if placed else None
    place: dict[str, Any] = {}
    for kind in ("brand", "region") if placed else ():
        now = getattr(Store, f"{kind}_id")
        place[kind] = case((spans.c.store_id.is_(None), now), else_=spans.c[f"{kind}_id"])
    keys = [place[name] if name in place else _column(table, name) for name in by]
    statement = select(*(key.label(f"by_{n}") for n, key in enumerate(keys)), *columns).select_from(table)
    if placed:
        on = and_(
            spans.c.store_id == table.c.store_id,
            table.c.day >= spans.c.first,
            or_(spans.c.until.is_(None), table.c.day < spans.c.until),
        )
        statement = statement.outerjoin(spans, on).outerjoin(Store, Store.id == table.c.store_id)
    statement = _within(statement, table, reach, period, rule_id, place)
    return statement.group_by(*keys) if keys else statement


def _within(
    statement: Any, table: Any, reach: Reach, period: Period | _Span, rule_id: str, place: Any = MappingProxyType({})
) -> Any:
    when = _when(table)
    found = statement.where(when >= period.first, when <= period.last, _inside(table, reach, place))
    return found.where(table.c.rule_id == rule_id) if rule_id else found


def _spans() -> Any:
    """Where each store stood from which day to which; the first known place also holds for the days before it."""
    number = func.row_number().over(partition_by=StoreHistory.store_id, order_by=StoreHistory.from_day)
    return select(
        StoreHistory.store_id,
        StoreHistory.brand_id,
        StoreHistory.region_id,
        case((number == 1, literal(date(1, 1, 1))), else_=StoreHistory.from_day).label("first"),
        func.lead(StoreHistory.from_day)
        .over(partition_by=StoreHistory.store_id, order_by=StoreHistory.from_day)
        .label("until"),
    ).subquery("spans")


def _inside(table: Any, reach: Reach, place: Mapping[str, Any]) -> ColumnElement[bool]:
    return or_(false(), *(_in_scope(table, scope, place) for scope in reach))


def _in_scope(table: Any, scope: Scope, place: Mapping[str, Any]) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if scope.stores:
        store = table.c.store_id
        parts.append((store if len(scope.stores) < SEVERAL else Unindexed(store)).in_(scope.stores))
    if scope.segments:
        parts.append(table.c.segment.in_(scope.segments))
    if scope.brands:
        parts.append(place["brand"].in_(scope.brands))
    if scope.regions:
        parts.append(place["region"].in_(scope.regions))
    return and_(*parts)
