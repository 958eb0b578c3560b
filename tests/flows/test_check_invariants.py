"""`surveyor check` sees what was broken behind our back, names it, and says nothing of a database that holds."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from surveyor.db import suppressions
from surveyor.db.alerts import open_alerts
from surveyor.db.base import new_id
from surveyor.db.tables.customers import Cycle
from surveyor.db.tables.imports import Import
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Suppression
from surveyor.errors import Refused
from surveyor.flows.check_invariants import check_invariants, read_ledger
from surveyor.flows.check_nightly import check_nightly
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.send_emails import send_emails
from tests.flows.line import install, send
from tests.flows.orders import KEYS, PARIS, at, event, record
from tests.flows.sending import Scripted, mailer

JAN_5, JAN_19, SENT = at("2026-01-05T17:00"), at("2026-01-19T18:30"), at("2026-01-21T09:00")
RULES = '[[rule]]\nid = "std"\n'


@pytest.fixture
def lived(sessions: Any) -> Any:
    """Two customers: one was asked on 21 January, the other lacks an order."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, RULES, now=at("2026-01-01T00:00"))
    record(sessions, event("o1", "c1", JAN_5), event("p1", "c2", JAN_5), now=JAN_5)
    record(sessions, event("o2", "c1", JAN_19), now=JAN_19)
    send_emails(sessions, mailer=mailer(Scripted(), journeys=CustomerJourneys(KEYS, PARIS)), now=lambda: SENT)
    return sessions


def _found(sessions: Any, **options: Any) -> list[tuple[str, str]]:
    now = options.pop("now", SENT)
    return [(one.code, one.what) for one in check_invariants(sessions, now=now, **options).findings]


def test_a_line_that_nobody_touched_holds(lived: Any) -> None:
    report = check_invariants(lived, now=SENT)
    assert report.ok
    assert len(report.checked) == 11
    assert (report.proof.compared, report.proof.found) == (3, 3)


def test_an_empty_database_holds(sessions: Any) -> None:
    assert check_invariants(sessions, now=SENT).ok


@pytest.mark.parametrize(
    ("change", "code", "what"),
    [
        ("UPDATE decisions SET rule_version = 9 WHERE order_id = 'o1'", "E2", "version that does not exist"),
        ("UPDATE decisions SET planned_at = NULL WHERE order_id = 'o2'", "E2", "without a date"),
        ("DELETE FROM decisions WHERE order_id = 'o2'", "E3", "invitation without its decision"),
        (
            "UPDATE decisions SET verdict = 'SCHEDULED', planned_at = decided_at WHERE order_id = 'o1'",
            "E3",
            "SCHEDULED",
        ),
        ("UPDATE invitations SET state = 'dropped', reason = 'OPERATOR', sent_at = NULL", "E3", "do not agree"),
        ("UPDATE send_attempts SET outcome = 'not_accepted'", "E4", "not accepted exactly once"),
        ("DROP INDEX at_most_once", "E5", "at_most_once"),
        ("UPDATE tallies_coarse SET sent = sent + 1 WHERE sent > 0", "E7", "not a recount"),
        ("UPDATE tallies_fine SET hits = 0", "E7", "not a recount"),
        ("UPDATE rule_versions SET sha256 = token_sha256 FROM invitations", "E8", "not the one that was published"),
        ("UPDATE rule_versions SET base = 7", "E8", "does not follow the one before"),
        ("DELETE FROM active_rules", "E8", "not the active one"),
        ("UPDATE decisions SET planned_at = decided_at WHERE order_id = 'o2'", "E2", "as it was lived"),
        ("UPDATE audit_head SET n = n + 1", "E10", "head of the audit chain"),
        ("UPDATE customers SET erased_at = created_at", "E11", "name or address is still there"),
        ("UPDATE orders SET fulfilled_at = NULL WHERE order_id = 'p1'", "E2", "orders are not those"),
        ("UPDATE customer_state SET state = '[0,{}]'", "E2", "cannot be read"),
        ("UPDATE decisions SET reason = 'EXPIRED' WHERE order_id = 'p1'", "E2", "orders are not those"),
        ("UPDATE invitations SET state = 'scheduled', asked_at = NULL, sent_at = NULL", "E2", "open invitation is not"),
    ],
)
def test_what_was_broken_is_named(lived: Any, change: str, code: str, what: str) -> None:
    with lived.begin() as session:
        session.execute(text(change))
    assert any(found == code and what in words for found, words in _found(lived))


def test_a_planned_occurrence_that_moved_is_named(sqlite_sessions: Any) -> None:
    install(sqlite_sessions, '[[rule]]\nid = "rec"\nmode = "recurring"\nmin_orders = 1\nidle_months = 12\n')
    record(sqlite_sessions, event("o1", "c1", JAN_5), now=JAN_5)
    send(sqlite_sessions, at("2026-01-07T09:00"))
    assert _found(sqlite_sessions) == []
    with sqlite_sessions.begin() as session:
        session.execute(update(Cycle).values(next_at=JAN_19))
    what = "a customer's memory whose cycles are not those of the table"
    assert ("E2", what) in _found(sqlite_sessions)


def test_what_waits_too_long_is_named(lived: Any) -> None:
    record(lived, event("p2", "c2", JAN_19), now=JAN_19)
    assert ("E6", "an email that waits 15 minutes past its due time") in _found(lived, now=SENT + timedelta(minutes=16))
    with lived.begin() as session:
        session.execute(text("UPDATE instance SET sending = 'held'"))
    assert _found(lived, now=SENT + timedelta(minutes=16)) == []


def test_an_email_sent_after_an_opposition_is_named(lived: Any) -> None:
    with lived.begin() as session:
        suppressions.suppress(session, KEYS.address_key("c1@example.org"), "unsubscribed", source="x", now=JAN_5)
    assert ("E9", "an email sent to an address that was opposed already") in _found(lived)


def test_an_address_asked_again_before_its_cool_down_is_named(lived: Any) -> None:
    for order, day in (("o3", at("2026-03-10T12:00")), ("o4", at("2026-03-20T12:00"))):
        record(lived, event(order, "c1", day), now=day)
    later, journeys = at("2026-03-22T09:00"), CustomerJourneys(KEYS, PARIS)
    send_emails(lived, mailer=mailer(Scripted(), journeys=journeys), now=lambda: later)
    assert _found(lived, now=later) == []
    with lived.begin() as session:
        moved = update(Invitation).where(Invitation.sent_at == later).values(asked_at=at("2026-03-20T09:00"))
        session.execute(moved)
    what = "an invitation sent before the cool-down of its address was over"
    assert ("E9", what) in _found(lived, now=later)


def test_a_brand_that_an_address_refused_is_looked_at_where_it_is_the_store_s(lived: Any) -> None:
    with lived.begin() as session:
        session.execute(
            text(
                "INSERT INTO brands (id, name, postal_address, legal_fr, legal_en, privacy_url, privacy_url_en, "
                "logo_url, colours, sender, created_at) "
                "SELECT 'b1', 'b1', '', '', '', '', '', '', '{}', '{}', created_at FROM stores LIMIT 1"
            )
        )
        session.execute(text("UPDATE stores SET brand_id = 'b1'"))
        for scope in ("b2", "b1"):
            key = KEYS.address_key("c1@example.org")
            session.add(
                Suppression(
                    id=new_id(JAN_5), address_key=key, scope=scope, source="x", reason="manual", created_at=JAN_5
                )
            )
    found = [one for one in check_invariants(lived, now=SENT).findings if one.code == "E9"]
    assert [one.count for one in found] == [1]


def test_an_import_whose_lines_do_not_add_up_is_named(lived: Any) -> None:
    facts = {"sha256": b"x" * 32, "source": "x", "name": "x.csv", "first_refusals": [], "started_at": SENT}
    with lived.begin() as session:
        session.add(Import(id=new_id(SENT), **facts, line=10, accepted=8, rejected=2, finished_at=SENT))
    assert _found(lived) == []
    with lived.begin() as session:
        session.execute(text("UPDATE imports SET rejected = 3"))
    assert _found(lived) == [("E1", "an import whose lines are not all accounted for")]


def test_a_file_changed_by_hand_is_told_and_an_old_one_is_not(lived: Any, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    assert _found(lived, rules_file=file) == []
    file.write_text(RULES)
    assert _found(lived, rules_file=file) == []
    file.write_text(RULES + "# essai\n")
    assert [code for code, _ in _found(lived, rules_file=file)] == ["E8"]


def test_the_outside_s_word_is_compared_with_the_database(lived: Any, tmp_path: Path) -> None:
    with lived.begin() as session:
        email, invitation = session.execute(text("SELECT id, invitation_id FROM emails")).one()
    email, invitation = (one.hex() if isinstance(one, bytes) else one.hex for one in (email, invitation))
    good = [
        {"saw": "acknowledged", "source": "test", "event_id": "order.completed:o1"},
        {"saw": "requested", "email": email},
        {"saw": "accepted", "email": email},
    ]
    bad = [
        {"saw": "acknowledged", "source": "test", "event_id": "lost"},
        {"saw": "accepted", "email": email},
        {"saw": "requested", "email": email},
        {"saw": "accepted", "email": "0" * 32},
        {"saw": "thanked", "invitation": invitation},
    ]
    file = tmp_path / "ledger.ndjson"
    file.write_text("\n\n".join(json.dumps(fact) for fact in good))
    assert _found(lived, ledger=read_ledger(file)) == []
    found = _found(lived, ledger=[*good, *bad])
    assert [code for code, _ in found] == ["E1", "E4", "E4", "E5", "E7"]
    file.write_text('{"saw": "dreamt"}\n')
    with pytest.raises(Refused, match=r"ledger\.ndjson:1"):
        read_ledger(file)


def test_a_file_that_sqlite_finds_damaged_is_an_alert_until_it_is_whole_again(sqlite_sessions: Any) -> None:
    publish_first(sqlite_sessions, RULES, now=JAN_5)

    def moved(to: int) -> None:
        with sqlite_sessions.begin() as session:
            session.execute(text("PRAGMA ignore_check_constraints = ON"))
            session.execute(text(f"UPDATE active_rules SET id = {to}"))
            session.execute(text("PRAGMA ignore_check_constraints = OFF"))

    def alerts() -> set[str]:
        night = check_nightly(sqlite_sessions, now=SENT)
        with sqlite_sessions() as session:
            found = {one.code for one in open_alerts(session)}
        assert bool(night.damage) == ("database_damaged" in found)
        return found

    moved(2)
    assert "database_damaged" in alerts()
    moved(1)
    assert alerts() == set()
