"""The audit chain: each line sealed by the one before, on each engine."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from surveyor.db import audit


def _three_lines(sessions: Any, clock: Any) -> None:
    for number in range(3):
        with sessions.begin() as session:
            before, after = {"version": number}, {"version": number + 1, "nom": "é"}
            entry = audit.Entry("u1", "rules.publish", f"version {number}", before, after, reason="parce que")
            audit.append(session, entry, now=clock.forward(minutes=1))


def test_a_chain_that_nobody_touched_verifies(sessions: Any, clock: Any) -> None:
    _three_lines(sessions, clock)
    with sessions.begin() as session:
        assert audit.verify(session) == []
        assert audit.count(session) == 3


def test_an_empty_chain_verifies(sessions: Any) -> None:
    with sessions.begin() as session:
        assert audit.verify(session) == []


def test_s44_a_line_changed_behind_our_back_is_seen(sqlite_sessions: Any, clock: Any) -> None:
    _three_lines(sqlite_sessions, clock)
    with sqlite_sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_no_update"))
        session.execute(text("UPDATE audit SET reason = 'autre' WHERE n = 2"))
        assert audit.verify(session) == ["audit line 2 was changed after it was written"]


def test_a_line_taken_out_is_seen(sqlite_sessions: Any, clock: Any) -> None:
    _three_lines(sqlite_sessions, clock)
    with sqlite_sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_no_delete"))
        session.execute(text("DELETE FROM audit WHERE n = 2"))
        assert "audit line 2 is missing" in audit.verify(session)


def test_a_tail_cut_off_is_seen(sqlite_sessions: Any, clock: Any) -> None:
    _three_lines(sqlite_sessions, clock)
    with sqlite_sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_no_delete"))
        session.execute(text("DELETE FROM audit WHERE n = 3"))
        assert audit.verify(session) == ["the head of the audit chain is at 3, its last line is 2"]


def test_s44_a_signed_head_in_a_log_shows_a_tail_that_was_cut_off_since(sessions: Any, clock: Any) -> None:
    from dataclasses import replace

    from surveyor.core.tokens import keys
    from surveyor.flows.anchor_audit import anchor_audit, holds

    ours, others = keys([bytes(range(32))]), keys([bytes(range(1, 33))])
    assert anchor_audit(sessions, ours) is None
    for n in range(3):
        with sessions.begin() as session:
            audit.append(session, audit.Entry("host", "rules.published", f"rules:{n}"), now=clock())
    anchor = anchor_audit(sessions, ours)
    assert anchor is not None
    assert anchor.n == 3
    assert holds(anchor, ours)
    assert not holds(replace(anchor, n=2), ours)
    assert not holds(replace(anchor, hash="00" * 32), ours)
    forged = anchor_audit(sessions, others)
    assert forged is not None
    assert not holds(replace(forged, key_id=anchor.key_id), ours)
