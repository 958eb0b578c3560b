"""Months that are read whole say what their days say, whatever the period, the cut and what was read before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.periods import Period
from surveyor.core.scope import Scope
from surveyor.core.tally import COUNTS, SCORE_COUNTS, Tally
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.recount import MONTHS, stored
from surveyor.db.tables.network import Region, Store, StoreHistory
from surveyor.db.tables.tallies import CoarseMonth, CoarseTally, FineMonth, FineTally
from surveyor.db.tallies import Delta, add, gather, latest_month, note, once, sums
from surveyor.db.tallies.months import stretches
from surveyor.db.tallies.read import EVERYWHERE
from surveyor.flows.sum_months import sum_months
from tests.servers import lock_awaited, wait_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, LAST = date(2025, 11, 5), date(2026, 4, 20)
PERIODS = (
    Period(date(2025, 12, 1), date(2026, 2, 28)),  # whole months
    Period(date(2025, 11, 20), date(2026, 2, 28)),  # days before them
    Period(date(2025, 12, 1), date(2026, 3, 3)),  # days after them
    Period(date(2025, 11, 20), date(2026, 3, 3)),
    Period(date(2025, 12, 31), date(2026, 1, 31)),
    Period(date(2025, 12, 31), date(2026, 1, 1)),  # two months, none of them whole
    Period(date(2020, 1, 1), date(2030, 12, 31)),
)
REACHES = (
    EVERYWHERE,
    (Scope.of(stores=["s1", "s3"]),),
    (Scope.of(stores=["s0", "s2", *(f"t{n}" for n in range(10))]),),  # many are read otherwise
    (Scope.of(segments=["x"]),),
    (Scope.of(regions=["north"]),),
    (Scope.of(regions=["south"], segments=["y"]), Scope.of(stores=["s0"])),
    (),
)
CUTS: tuple[Any, ...] = (
    (),
    ("store",),
    ("segment", "rule"),
    ("region",),
    ("month",),
    ("month", "store"),
    ("region", "month"),
)
SOME = (COUNTS, SCORE_COUNTS, ("sent", "delivered", "hits"))
#: Every two of a reach, a period and a cut meet, twice: all three hundred and forty-three take minutes on two engines.
ASKED = [
    (REACHES[reach], PERIODS[period], CUTS[(nth - reach - period) % len(CUTS)], SOME[(reach + 2 * period + nth) % 3])
    for reach, period, nth in product(range(len(REACHES)), range(len(PERIODS)), (0, 3))
]


@pytest.fixture(params=[False, True], ids=["never moved", "moved"])
def counted(request: Any, sessions: Any) -> Any:
    """Half a year of four stores and three segments; one may have moved. The months up to February are summed; of what
    was counted, some came before that, some after, and some is noted and not yet added.
    """
    with sessions.begin() as session:
        session.add_all([Region(id=name, name=name) for name in ("north", "south")])
        session.flush()
        for n in range(4):
            region = ("north", "south")[n % 2]
            session.add(Store(id=f"s{n}", name="", zone="Europe/Paris", region_id=region, created_at=NOW))
        session.flush()
        if request.param:
            session.add(StoreHistory(store_id="s1", from_day=date(2025, 10, 1), region_id="north"))
            session.add(StoreHistory(store_id="s1", from_day=date(2026, 1, 15), region_id="south"))
        add(session, [_change(n) for n in range(250)])
    assert sum_months(sessions, today=date(2026, 1, 6)) == 1
    assert sum_months(sessions, today=date(2026, 3, 7)) == 2
    assert sum_months(sessions, today=date(2026, 3, 8)) == 1, "a week after its end"
    with sessions.begin() as session:
        assert latest_month(session) == date(2026, 2, 1)
        add(session, [_change(n) for n in range(250, 400)])
    with sessions.begin() as session:
        note(session, [_change(n)._replace(counts={"sent": 2, "delivered": 1 - n % 3}) for n in range(90)], now=NOW)
    return sessions


def _change(n: int) -> Delta:
    day = FIRST + timedelta(days=(n * 37) % ((LAST - FIRST).days + 1))
    counts = Tally(sent=n + 1, delivered=n, hits=2 * n, **{f"score_{n % 11}": n % 7 + 1})
    return Delta(day, f"s{n % 5}", ("std", "")[n % 2], n % 3, "xyz"[n % 3], n % 2, counts)


def _by_days(session: Any, reach: Any, period: Period, by: tuple[str, ...], only: tuple[str, ...]) -> dict[Any, Tally]:
    """The same, day by day."""
    cut: Any = ("day", *(name for name in by if name != "month"))
    found: dict[Any, Tally] = {}
    for (day, *others), tally in sums(session, reach, period, by=cut, only=only).items():
        rest = iter(others)
        key = tuple(day.replace(day=1) if name == "month" else next(rest) for name in by)
        found[key] = found.get(key, Tally()) + tally
    return {key: tally for key, tally in found.items() if tally}


def _read(session: Any, reach: Any, period: Period, by: Any, only: Any) -> dict[Any, Tally]:
    return {key: tally for key, tally in sums(session, reach, period, by=by, only=only).items() if tally}


def test_whole_months_say_what_their_days_say(counted: Any) -> None:
    with counted() as session:
        days = [_by_days(session, *one) for one in ASKED]
        assert [_read(session, *one) for one in ASKED] == days
        with once(session):
            for reach in REACHES:
                sums(session, reach, PERIODS[3], by=("month",))  # as a page does that draws them first
                sums(session, reach, PERIODS[-1], by=("day",))
            assert [_read(session, *one) for one in ASKED] == days
        assert sum(map(len, days)) > 250


def test_a_store_that_comes_to_be_counted_late_is_in_its_months(counted: Any) -> None:
    with counted.begin() as session:
        add(session, [Delta(day, "late", counts={"orders": 3}) for day in (date(2025, 12, 4), date(2026, 3, 4))])
    with counted() as session:
        for period in (PERIODS[0], PERIODS[-1]):
            expected = _by_days(session, EVERYWHERE, period, ("store",), ("orders",))
            assert _read(session, EVERYWHERE, period, ("store",), ("orders",)) == expected
            assert expected["late",].orders in (3, 6)


def test_months_are_the_sums_of_their_days_before_and_after_what_is_noted_is_added(counted: Any) -> None:
    def told() -> dict[str, Any]:
        with counted() as session:
            return {table: stored(session, table) for table in (*MONTHS, *MONTHS.values())}

    before = told()
    for days, months in MONTHS.items():
        folded: dict[Any, int] = {}
        for (day, *others), n in before[days].items():
            if day > date(2026, 2, 28):
                continue
            cell = (day.replace(day=1), *others)
            folded[cell] = folded.get(cell, 0) + n
        assert {cell: n for cell, n in folded.items() if n} == {c: n for c, n in before[months].items() if n}
    with counted.begin() as session:
        assert not gather(session)
    assert told() == before
    with counted() as session:
        cells = [session.scalars(select(kind)).all() for kind in (FineMonth, CoarseMonth)]
    fine, coarse = (Tally.sum(Tally.from_mapping(vars(row)) for row in rows) for rows in cells)
    assert fine == coarse != Tally()


def test_a_month_that_is_read_whole_reads_no_day(counted: Any) -> None:
    """Days that are gone change nothing: else sums of long periods would cost what their days cost."""
    asked = [(reach, period, by) for reach in REACHES[:3] for period in PERIODS[:1] for by in (("store",), ("month",))]
    with counted() as session:
        before = [sums(session, reach, period, by=by) for reach, period, by in asked]
        session.query(CoarseTally).delete()
        session.query(FineTally).delete()
        assert [sums(session, reach, period, by=by) for reach, period, by in asked] == before
        session.rollback()


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("latest", [None, date(2025, 11, 1), date(2026, 1, 1), date(2040, 1, 1)], ids=str)
def test_stretches_are_the_days_of_a_period_each_once_and_its_months_whole(period: Period, latest: Any) -> None:
    parts = stretches(period, latest)
    assert [day for _, part in parts for day in part.each()] == list(period.each())
    for whole, part in parts:
        if whole:
            assert part.first.day == 1
            assert (part.last + timedelta(days=1)).day == 1
            assert part.last.replace(day=1) <= latest
        else:
            inside = [one for one in part.split("month") if one.token]
            assert latest is None or all(one.first > latest for one in inside)


def test_months_are_summed_once_whoever_does_it_and_those_of_nothing_are_passed_over(sessions: Any) -> None:
    assert sum_months(sessions, today=date(2026, 6, 1)) == 0, "nothing is counted"
    with sessions.begin() as session:
        add(
            session,
            [Delta(date(2026, 1, 31), "s1", counts={"sent": 1}), Delta(date(2026, 4, 1), "s1", counts={"sent": 5})],
        )
    assert sum_months(sessions, today=date(2026, 6, 1)) == 2
    assert sum_months(sessions, today=date(2026, 6, 1)) == 0
    with sessions.begin() as session:
        add(session, [Delta(date(2026, 2, 10), "s1", counts={"sent": 20})])
        assert sums(session, EVERYWHERE, Period(date(2026, 1, 1), date(2026, 4, 30)))[()].sent == 26
        cells = session.execute(select(CoarseMonth.month, CoarseMonth.sent).order_by(CoarseMonth.month)).all()
    assert [tuple(one) for one in cells] == [(date(2026, month, 1), n) for month, n in ((1, 1), (2, 20), (4, 5))]
    assert sum_months(sessions, today=date(2026, 6, 1)) == 0


@pytest.mark.postgres
def test_a_month_is_summed_once_those_who_count_in_it_have_ended(postgres_url: str) -> None:
    """Else what they add were in neither: the month was summed without it, and they did not know of the month."""
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    one = Delta(date(2026, 1, 5), "s1", counts={"sent": 1})
    with sessions.begin() as session:
        add(session, [one])
    with ThreadPoolExecutor(1) as beside:
        with sessions.begin() as session:
            add(session, [one])  # counted, not yet committed
            summing = beside.submit(sum_months, sessions, today=date(2026, 3, 1))
            wait_for(lambda: lock_awaited(engine), seconds=300, what="the sum")
            assert not summing.done()
        assert summing.result(300) == 1
    with sessions() as session:
        assert sums(session, EVERYWHERE, Period(date(2026, 1, 1), date(2026, 1, 31)))[()].sent == 2
        assert session.scalar(select(CoarseMonth.sent)) == 2
    engine.dispose()
