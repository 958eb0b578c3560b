"""Tallies as their rows say: each event of the line counted once, under the day and cut that it belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from surveyor.core.calendar import local_day
from surveyor.core.delivery import counted as delivered_as
from surveyor.core.surveys import Survey
from surveyor.core.tally import Tally
from surveyor.db import network
from surveyor.db import recount as rows
from surveyor.db.responses import survey_of
from surveyor.db.tallies import first_of_month, latest_month
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.record_response.counting import told_by

#: day, store, rule, version, segment, questionnaire version
_Key = tuple[Any, ...]


class _Cells:
    """Counts under way, in every table of days; months are their sums."""

    def __init__(self) -> None:
        self.tables: dict[str, Counter[tuple[Any, ...]]] = {name: Counter() for name in rows.TABLES}

    def add(self, key: _Key, counts: Mapping[str, int]) -> None:
        for name, n in counts.items():
            self.tables["tallies_fine"][*key, name] += n
            self.tables["tallies_coarse"][*key[:2], name] += n

    def reason(self, key: _Key, stage: str, reason: str) -> None:
        self.tables["tally_reasons"][*key[:5], stage, reason, "n"] += 1

    def answer(self, key: _Key, question: str, value: str) -> None:
        self.tables["tally_answers"][*key, question, value, "n"] += 1

    def found(self, latest: date | None) -> dict[str, dict[tuple[Any, ...], int]]:
        """latest: the last month that is summed."""
        for days, months in rows.MONTHS.items() if latest is not None else ():
            for (day, *others), n in self.tables[days].items():
                month = first_of_month(day)
                if latest is not None and month <= latest:
                    self.tables[months][month, *others] += n
        return {table: {cell: n for cell, n in cells.items() if n} for table, cells in self.tables.items()}


def recount(session: Any, *, defaults: Defaults) -> dict[str, dict[tuple[Any, ...], int]]:
    """Table -> cell -> n, for every tally table, without zeros."""
    cells = _Cells()
    _orders(session, cells, defaults)
    _decisions(session, cells)
    for row in rows.invitations(session):
        _fate(row, cells)
        if row.sent_day is not None and row.state == "sent":
            cells.add(_key(row.sent_day, row), _sending(row).changes())
    for row in rows.reminders(session):
        cells.add(_key(row.sent_day, row), {"reminders": 1})
    _unsubscribes(session, cells)
    _responses(session, cells)
    return cells.found(latest_month(session))


def _key(day: date, row: Any, questionnaire: int | None = None) -> _Key:
    version = row.questionnaire_version if questionnaire is None else questionnaire
    return day, row.store_id, row.rule_id, row.rule_version, row.segment, version


def _orders(session: Any, cells: _Cells, defaults: Defaults) -> None:
    zones = {row.id: row.zone for row in network.stores(session).values()}
    for row in rows.counted_orders(session):
        day = date.fromordinal(local_day(row.fulfilled_at, zones.get(row.store_id, defaults.zone)))
        cells.add((day, row.store_id, "", 0, row.segment, 0), {"orders": 1})


def _decisions(session: Any, cells: _Cells) -> None:
    for row in rows.hits(session):
        key = _key(row.day, row, row.questionnaire_version or 0)
        if row.verdict == "SCHEDULED":
            cells.add(key, {"hits": 1, "scheduled": 1})
        else:
            cells.add(key, {"hits": 1})
            cells.reason(key, "decision", row.reason)


def _fate(row: Any, cells: _Cells) -> None:
    key = _key(row.decision_day, row)
    if row.state == "sent":
        cells.add(key, {"went_out": 1})
    elif row.state in ("dropped", "failed"):
        cells.add(key, {row.state: 1})
        if row.state == "dropped":
            cells.reason(key, "drop", row.reason)
    elif row.email_state == "in_doubt":
        cells.add(key, {"in_doubt": 1})


def _sending(row: Any) -> Tally:
    """What a sent invitation counts for on the day it was sent."""
    counts = Tally(sent=1) + delivered_as(row.delivery, row.delivery_rank, visited=row.visited_at is not None)
    if row.visited_at is not None:
        counts += Tally(visited=1)
    if row.score is not None:
        counts += Tally(responded=1, responded_commented=int(row.commented))
    return counts


def _unsubscribes(session: Any, cells: _Cells) -> None:
    for ids in _pages(rows.unsubscribes(session)):
        for row in rows.of_emails(session, ids):
            cells.add(_key(row.sent_day, row), {"unsubscribed": 1})


def _responses(session: Any, cells: _Cells) -> None:
    @lru_cache(maxsize=256)
    def survey(name: str, version: int) -> Survey:
        return survey_of(session, name, version)

    for row in rows.standing_responses(session):
        key = _key(row.day, row)
        counts = {f"score_{row.score}": 1}
        if row.commented:
            family = "promoters" if row.score >= 9 else "passives" if row.score >= 7 else "detractors"
            counts |= {"commented": 1, f"commented_{family}": 1}
        cells.add(key, counts)
        for question, value in told_by(survey(row.survey, row.questionnaire_version), row.answers):
            cells.answer(key, question, value)


def _pages(ids: Iterator[Any], size: int = 1000) -> Iterator[list[Any]]:
    page: list[Any] = []
    for one in ids:
        page.append(one)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page
