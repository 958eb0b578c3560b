"""`surveyor check` sees what was broken behind our back, names it, and says nothing of a database that holds."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from surveyor.db import suppressions
from surveyor.db.tables.instance import Instance
from surveyor.errors import Refused
from surveyor.flows.check_invariants import check_invariants, read_ledger
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.send_emails import send_emails
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
    assert len(report.checked) == 10


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
        ("UPDATE rule_versions SET text = 'x'", "E8", "not the one that was published"),
        ("UPDATE orders SET fulfilled_at = NULL WHERE order_id = 'p1'", "E2", "orders are not those"),
        ("UPDATE customer_state SET state = '[0,{}]'", "E2", "cannot be read"),
    ],
)
def test_what_was_broken_is_named(lived: Any, change: str, code: str, what: str) -> None:
    with lived.begin() as session:
        session.execute(text(change))
    assert any(found == code and what in words for found, words in _found(lived))


def test_what_waits_too_long_is_named(lived: Any) -> None:
    record(lived, event("p2", "c2", JAN_19), now=JAN_19)
    assert ("E6", "an email that waits 15 minutes past its due time") in _found(lived, now=SENT + timedelta(minutes=16))
    with lived.begin() as session:
        session.execute(text("UPDATE instance SET sending = 'held'"))
    assert _found(lived, now=SENT + timedelta(minutes=16)) == []


def test_an_email_sent_after_an_opposition_is_named(lived: Any) -> None:
    with lived.begin() as session:
        suppressions.suppress(session, KEYS.address_key("c1@example.org"), "unsubscribed", source="x", now=JAN_5)
    assert _found(lived) == [("E9", "an email sent to an address that was opposed already")]


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
    file.write_text("\n".join(json.dumps(fact) for fact in good))
    assert _found(lived, ledger=read_ledger(file)) == []
    found = _found(lived, ledger=[*good, *bad])
    assert [code for code, _ in found] == ["E1", "E4", "E4", "E5", "E7"]
    file.write_text('{"saw": "dreamt"}\n')
    with pytest.raises(Refused, match=r"ledger\.ndjson:1"):
        read_ledger(file)
