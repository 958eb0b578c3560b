"""What must hold after any kill: the promises of the line, counted in the database and in what the outside saw."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from surveyor.core.tally import Tally
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tables.tallies import CoarseTally, FineTally
from surveyor.flows.check_invariants import check_invariants
from tests.faults.outside import Outside


def promises_hold(url: str, folder: Path, *, customers: int, now: datetime) -> None:
    """Every promise at once; the first that is broken fails."""
    engine = make_engine(url)
    outside = Outside(folder)
    with make_sessions(engine)() as session:
        _emails(session, outside)  # first: whatever else is broken, an email sent twice is called that
    report = check_invariants(make_sessions(engine), now=now)
    assert report.ok, report.findings
    with make_sessions(engine)() as session:
        _orders(session, outside, customers)
        _answers(session, outside)
        _sums(session)
    engine.dispose()


def _orders(session: Any, outside: Outside, customers: int) -> None:
    """E1, E2: nothing acknowledged is lost, nothing is stored or decided twice."""
    assert len(outside.facts("acknowledged")) == 5
    stored = Counter(session.scalars(select(OrderEventRow.event_id)))
    assert len(stored) == 2 * customers
    assert set(stored.values()) == {1}
    assert set(session.scalars(select(OrderEventRow.state))) == {"decided"}
    verdicts = Counter(session.scalars(select(DecisionRow.verdict)))
    assert verdicts == {"NOT_ELIGIBLE": customers, "SCHEDULED": customers}


def _emails(session: Any, outside: Outside) -> None:
    """E3, E4, E5: one invitation a decision; nobody gets an email twice; every email is in a named state."""
    accepted = outside.accepted()
    assert set(accepted.values()) <= {1}, "an email was handed over twice"
    states = dict(session.execute(select(Email.id, Email.state)).all())
    assert states
    assert set(states.values()) <= {"sent", "dropped", "failed"}, "an email was left on its way"
    ends = dict(
        session.execute(select(Email.id, Invitation.state).join(Invitation, Invitation.id == Email.invitation_id)).all()
    )
    assert ends == states
    for email_id, state in states.items():
        assert accepted[email_id.hex] == (1 if state == "sent" else 0)
    live = Counter(
        session.scalars(select(SendAttempt.email_id).where(SendAttempt.outcome.in_(("intent", "unknown", "accepted"))))
    )
    assert set(live.values()) <= {1}
    assert sum(accepted.values()) <= (session.scalar(select(func.count()).select_from(SendAttempt)) or 0)


def _answers(session: Any, outside: Outside) -> None:
    """E7, E9: who was thanked is counted, once; who left is not written to."""
    thanked = Counter(outside.facts("thanked"))
    assert thanked
    assert set(thanked.values()) == {1}
    standing = dict(session.execute(select(Response.invitation_id, Response.score)).all())
    assert {invitation.hex for invitation in standing} == set(thanked)
    assert set(standing.values()) == {9}
    assert session.scalar(select(func.count()).select_from(ResponseRevision)) == len(thanked)
    assert len(outside.facts("left")) == 1
    assert [row.reason for row in session.scalars(select(Suppression))] == ["unsubscribed"]


def _sums(session: Any) -> None:
    """E7, E8: tallies are a recount, in both grains."""
    fine = Tally.sum(Tally.from_mapping(vars(row)) for row in session.scalars(select(FineTally)))
    coarse = Tally.sum(Tally.from_mapping(vars(row)) for row in session.scalars(select(CoarseTally)))
    assert fine == coarse
    sent = _count(session, Email.state == "sent")
    answered = session.scalar(select(func.count()).select_from(Response).where(Response.standing.is_not(None)))
    recount = {
        "orders": session.scalar(select(func.count()).select_from(OrderEventRow)),
        "hits": session.scalar(select(func.count()).select_from(Invitation)),
        "scheduled": session.scalar(select(func.count()).select_from(Invitation)),
        "went_out": sent,
        "dropped": _count(session, Email.state == "dropped"),
        "failed": _count(session, Email.state == "failed"),
        "in_doubt": 0,
        "sent": sent,
        "delivered": sent,
        "visited": answered,
        "responded": answered,
        "responded_commented": answered,
        "unsubscribed": 1,
        "score_9": answered,
        "commented": answered,
        "commented_promoters": answered,
    }
    assert fine.changes() == {name: n for name, n in recount.items() if n}


def _count(session: Any, condition: Any) -> int:
    return session.scalar(select(func.count()).select_from(Email).where(condition)) or 0
