"""Rows 17 and 18: a screen of thirty days of all stores, read from tallies, against the same sums over responses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import text

from benchmarks import databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.core.periods import Period
from surveyor.core.scope import Scope
from surveyor.core.tally import SCORE_COUNTS, Tally
from surveyor.db.tallies.read import sums

STORES, SEGMENTS, VERSIONS = 200, 4, 2
#: Responses of one store on one day when 10 million are spread over 730 days; a tenth of it at 1 million.
DENSE, THIN = 68, 7
DAYS = {"small": 60, "full": 730}
FIRST = date(2025, 1, 1)
READS = 20
EVERYWHERE = (Scope(),)


def cases(*, size: str, which: str) -> Iterator[Case]:
    """Both rows on one engine; nothing is written, so that every round reads the same database."""
    days = DAYS[size]
    kept: dict[str, Any] = {"cost": True, "wall": True}
    yield Case("17", which, screen, limit=raw, fresh=lambda: filled(which, days, DENSE), check=check, **kept)
    thin = {"limit": lambda _: screen(filled(which, days, THIN))}
    yield Case("18", which, screen, fresh=lambda: filled(which, days, DENSE), check=check, **thin, **kept)


@cache
def filled(which: str, days: int, each: int) -> Place:
    """`each` responses a store and a day over so many days, as bare rows with a covering index, and their tallies."""
    place = databases.fresh(which)
    place.notes["period"] = Period(FIRST + timedelta(days=days - 30), FIRST + timedelta(days=days - 1))
    kind = "date" if which == "P" else "text"
    with place.engine.begin() as connection:
        connection.execute(
            text(f"CREATE TABLE raw (day {kind}, store_id text, segment text, rule_version integer, score integer)")
        )
    for start in range(0, days, 10):
        _add(place, which, range(start, min(days, start + 10)), each)
    with place.engine.begin() as connection:
        connection.execute(text("CREATE INDEX raw_covering ON raw (day, store_id, score)"))
        for table, more in (("tallies_fine", FINE), ("tallies_coarse", "")):
            connection.execute(text(_tally(table, more)))
    with place.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if which == "P" else "ANALYZE"))
    return place


FINE = ", rule_id, rule_version, segment, questionnaire_version"


def _tally(table: str, more: str) -> str:
    values, groups = (", 'R1', rule_version, segment, 1", ", rule_version, segment") if more else ("", "")
    scores = [f"score_{n}" for n in range(11)]
    counted = ", ".join(f"count(CASE WHEN score = {n} THEN 1 END)" for n in range(11))
    return (
        f"INSERT INTO {table} (day, store_id{more}, {', '.join(scores)}) "
        f"SELECT day, store_id{values}, {counted} FROM raw GROUP BY day, store_id{groups}"
    )


def _add(place: Place, which: str, days: range, each: int) -> None:
    draw = random.Random(f"tallied-{days.start}-{each}")
    rows = [
        (
            (FIRST + timedelta(days=day)).isoformat(),
            f"S{store:03d}",
            f"seg{draw.randrange(SEGMENTS)}",
            1 + draw.randrange(VERSIONS),
            min(10, draw.randrange(14)),
        )
        for day in days
        for store in range(STORES)
        for _ in range(each)
    ]
    with place.engine.begin() as connection:
        driver = connection.connection.driver_connection
        if which == "P":
            with driver.cursor().copy("COPY raw FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            driver.executemany("INSERT INTO raw VALUES (?, ?, ?, ?, ?)", rows)


def screen(place: Place) -> int:
    """What a dashboard of all stores reads, from the coarse tallies."""
    for _ in range(READS):
        with place.sessions() as session:
            place.notes["told"] = sums(session, EVERYWHERE, place.notes["period"], by=("store",), only=SCORE_COUNTS)
    return READS


def raw(place: Place) -> int:
    """The same integers out of the rows themselves, with an index that covers them."""
    period = place.notes["period"]
    with place.sessions() as session:
        rows = session.execute(
            text(
                "SELECT store_id, score, count(*) FROM raw WHERE day BETWEEN :first AND :last GROUP BY store_id, score"
            ),
            {"first": str(period.first), "last": str(period.last)}
            if place.url.startswith("sqlite")
            else {"first": period.first, "last": period.last},
        ).all()
    counted: dict[str, dict[int, int]] = {}
    for store, score, n in rows:
        counted.setdefault(store, {})[score] = n
    place.notes["counted"] = {(store,): Tally.from_scores(scores) for store, scores in counted.items()}
    return 1


def check(place: Place) -> None:
    """Every store has, score by score, what its rows say."""
    raw(place)
    if place.notes["told"] != place.notes["counted"] or len(place.notes["told"]) != STORES:
        raise CheckError("tallies and rows disagree")
