"""Closed months: on their day, once, in whole numbers that add up; a correction is one revision more."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from surveyor.core import closing
from surveyor.core.tally import Tally
from surveyor.db import closed_periods, network
from surveyor.db.closed_periods import Closed
from surveyor.db.tallies import Delta, add
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.close_months import Months, close_months
from tests.flows.orders import at

PARIS = "Europe/Paris"
JUNE = date(2026, 6, 1)
ISLAND = "Pacific/Noumea"  # eleven hours before London: its months are over before those of Paris


@pytest.fixture
def stores(sessions: Any) -> Any:
    """Two stores with some counts of June."""
    now = at("2026-01-01T00:00")
    with sessions.begin() as session:
        rows = [network.StoreRow("S1", "Lille", PARIS), network.StoreRow("S2", "Nouméa", ISLAND)]
        network.add_stores(session, rows, day=now.date(), now=now)
        for store, scores in (("S1", (4, 2, 1)), ("S2", (3, 0, 3))):
            counts = Tally(score_9=scores[0], score_7=scores[1], score_2=scores[2], commented=1)
            place = (date(2026, 6, 30), store, "std", 1, "family", 1)
            add(session, [Delta(*place, counts=counts, answers={("q_wait", "5"): scores[0]})])
            sent = Tally(hits=9, scheduled=8, went_out=8, sent=8, delivered=8, responded=sum(scores))
            add(session, [Delta(*place, counts=sent, reasons={("decision", "COOLDOWN"): 1})])
    return sessions


def closed(sessions: Any, store: str = "", kind: str = "scores") -> list[Closed]:
    with sessions() as session:
        return [one for one in closed_periods.revisions(session, store) if one.kind == kind and one.month == JUNE]


def close(sessions: Any, when: str) -> Months:
    return close_months(sessions, now=at(when), zone=PARIS)


def test_scores_close_on_the_4th_at_midnight_of_the_store_and_rates_31_days_after_the_month(stores: Any) -> None:
    assert close(stores, "2026-07-03T12:59") == Months()  # one minute to midnight at Nouméa
    assert close(stores, "2026-07-03T13:01") == Months(1, 0)
    assert close(stores, "2026-07-03T21:59") == Months()
    assert [one.revision for one in closed(stores, "S2")] == [1]
    assert closed(stores, "S1") == closed(stores) == []  # it is still the 3rd in Paris
    assert close(stores, "2026-07-03T22:01").closed == 2
    assert [one.inputs["counts"]["score_9"] for one in closed(stores)] == [7]
    assert closed(stores, kind="rates") == []
    close(stores, "2026-07-30T21:59")
    assert closed(stores, kind="rates") == []
    close(stores, "2026-07-30T22:01")
    assert closed(stores, kind="rates")[0].inputs["counts"]["sent"] == 16
    assert closed(stores, kind="rates")[0].inputs["reasons"] == {"decision": {"COOLDOWN": 2}}


def test_closing_again_writes_nothing_and_stores_add_up_to_the_network(stores: Any) -> None:
    first = close(stores, "2026-08-10T08:00")
    assert first == Months(6, 0)
    assert close(stores, "2026-08-11T08:00") == Months()
    for kind in closing.KINDS:
        parts = [closed(stores, store, kind)[-1].inputs for store in ("S1", "S2")]
        assert closing.total(parts) == closing.additive(closed(stores, "", kind)[-1].inputs)
    kept = closed(stores)[0].inputs
    assert kept["answers"] == {"q_wait": {"5": 7}}
    assert kept["definitions"]["nps"] == 1
    assert "response_rate" not in kept["definitions"]
    assert set(kept["distinct"]) == {"customers_answered"}


def test_a_correction_makes_a_revision_and_what_was_said_stays(stores: Any) -> None:
    close(stores, "2026-08-10T08:00")
    with stores.begin() as session:
        place = (date(2026, 6, 30), "S1", "std", 1, "family", 1)
        add(session, [Delta(*place, counts=Tally(score_2=-1, score_9=1))])
    assert close(stores, "2026-08-11T08:00") == Months(0, 2)
    found = [(one.revision, one.why, one.inputs["counts"].get("score_9"), one.closed_at) for one in closed(stores)]
    assert found == [(1, "closed", 7, at("2026-08-10T08:00")), (2, "corrected", 8, at("2026-08-11T08:00"))]
    assert [one.revision for one in closed(stores, "S2")] == [1]
    assert close(stores, "2026-08-12T08:00") == Months()
    for verb in ("UPDATE closed_periods SET revision = 3", "DELETE FROM closed_periods"):
        with pytest.raises(DBAPIError), stores.begin() as session:
            session.execute(text(verb))


class _Killed(BaseException):
    """The process is gone."""


class _Dying:
    """Sessions of a process that is killed at its n-th transaction, before or after its commit."""

    def __init__(self, sessions: Any, at_: int, *, after: bool) -> None:
        self.sessions, self.left, self.after = sessions, at_, after

    def __call__(self) -> Any:
        return self.sessions()

    @contextmanager
    def begin(self) -> Any:
        self.left -= 1
        with self.sessions.begin() as session:
            yield session
            if not self.left and not self.after:
                raise _Killed
        if not self.left:
            raise _Killed


def test_killed_at_any_transaction_the_next_run_ends_where_one_alone_would(stores: Any) -> None:
    for turn in range(1, 7):
        for after in (False, True):
            dying = _Dying(stores, turn, after=after)
            with suppress(_Killed):
                close_months(dying, now=at("2026-08-10T08:00"), zone=PARIS)
    close(stores, "2026-08-10T08:00")
    rows = [one for store in ("S1", "S2", "") for kind in closing.KINDS for one in closed(stores, store, kind)]
    assert [one.revision for one in rows] == [1] * 6
    with stores() as session:
        assert closed_periods.broken(session) == []


def test_what_was_closed_is_among_what_must_hold(stores: Any) -> None:
    def said() -> list[str]:
        report = check_invariants(stores, now=at("2026-08-10T08:00"))
        return [str(one) for one in report.findings if "month" in one.what]

    close(stores, "2026-08-10T08:00")
    assert said() == []
    row = closed(stores, "S1")[0]
    bad = {**row.inputs, "counts": {"score_9": 99}}
    with stores.begin() as session:
        closed_periods.insert(session, [Closed(JUNE, "S1", "scores", 3, row.closed_at, "corrected", bad)])
    told = said()
    assert any("revisions" in one and "2026-06" in one for one in told)
    assert any("add up" in one for one in told)


def test_nothing_counted_is_nothing_to_close(sessions: Any) -> None:
    assert close_months(sessions, now=datetime.now().astimezone() + timedelta(days=1), zone=PARIS) == Months()
