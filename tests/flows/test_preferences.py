"""What a customer chose holds: in decisions, at the moment of sending, and until the customer says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.scope import NETWORK
from surveyor.db import audit, suppressions
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.customers import Cycle
from surveyor.db.tables.emails import Email
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.explain_decisions import Asking, explain_decisions
from surveyor.flows.explain_decisions.plain import story_to_json
from surveyor.flows.unsubscribe import Choice, preferences
from tests.flows.line import choose, install, send, sent_to
from tests.flows.orders import KEYS, PARIS, at, decisions, event, invitations, record
from tests.flows.sending import build

RULES = '[[rule]]\nid = "std"\nmin_orders = 1\n'
FIRST, SENT = at("2026-01-05T17:00"), at("2026-01-07T09:00")
CHOSEN = at("2026-01-20T11:00")
MARCH = at("2026-03-10T17:00")


@pytest.fixture
def line(sessions: Any) -> Any:
    """One customer, asked on 7 January."""
    install(sessions, RULES)
    record(sessions, event("o1", "c1", FIRST), now=FIRST)
    send(sessions, SENT)
    return sessions


def first_email(line: Any) -> Any:
    return sent_to(line)["o1"][1]


def explained(line: Any, language: str = "en") -> Any:
    found = explain_decisions(line, "c1", Asking((NETWORK,), language, KEYS, PARIS))
    assert found is not None
    return found


def test_less_often_moves_the_next_invitation_and_explain_shows_it(line: Any) -> None:
    chosen = choose(line, first_email(line), Choice.LESS_OFTEN, 6, now=CHOSEN)
    assert (chosen.choices.gap_months, chosen.choices.not_before) == (6, date(2026, 7, 7))
    link = KEYS.token("unsubscribe", first_email(line).id)
    assert preferences(line, link, now=at("2026-07-08T00:00")).choices.not_before is None  # that day is over
    record(line, event("o2", "c1", MARCH), now=MARCH)
    assert decisions(line)[1] == ("o2", "std", "SUPPRESSED", "COOLDOWN")
    story = explained(line)
    assert story.less_often == (("c1", 6),)
    cooldown = next(check for check in story.decisions[0].what.checks if check.code == "cooldown")
    assert (cooldown.passed, cooldown.value) == (False, "last on 7 January, over on 7 July")
    assert story_to_json(story)["less_often"] == [{"customer_id": "c1", "months": 6}]
    july = at("2026-07-05T16:00")
    record(line, event("o3", "c1", july), now=july)
    assert invitations(line)[1][:2] == ("o3", "scheduled")
    assert len(send(line, at("2026-07-07T08:00")).accepted) == 1
    assert check_invariants(line, now=july + timedelta(days=3)).ok


def test_without_the_choice_march_would_have_been_asked(line: Any) -> None:
    record(line, event("o2", "c1", MARCH), now=MARCH)
    assert decisions(line)[1] == ("o2", "std", "SCHEDULED", None)
    assert explained(line).less_often == ()


def test_every_two_months_holds_where_a_rule_would_ask_each_month(sessions: Any) -> None:
    install(sessions, RULES + "cooldown_months = 1\nwindow_months = 1\n")
    record(sessions, event("o1", "c1", FIRST), event("p1", "c2", FIRST), now=FIRST)
    send(sessions, SENT)
    choose(sessions, sent_to(sessions)["o1"][1], Choice.LESS_OFTEN, 2, now=CHOSEN)
    february = at("2026-02-10T17:00")
    record(sessions, event("o2", "c1", february), event("p2", "c2", february), now=february)
    assert [row[2:] for row in decisions(sessions) if row[0] in ("o2", "p2")] == [
        ("SUPPRESSED", "COOLDOWN"),
        ("SCHEDULED", None),
    ]


def test_a_shorter_gap_than_the_rules_changes_nothing(line: Any) -> None:
    choose(line, first_email(line), Choice.LESS_OFTEN, 1, now=CHOSEN)
    february = at("2026-02-10T17:00")
    record(line, event("o2", "c1", february), now=february)
    assert decisions(line)[1] == ("o2", "std", "SUPPRESSED", "COOLDOWN")


WISHES = {
    "less often": (Choice.LESS_OFTEN, 6, "COOLDOWN"),
    "pause": (Choice.PAUSE, 3, "PAUSED"),
    "stop": (Choice.STOP, 0, "UNSUBSCRIBED"),
}


@pytest.mark.parametrize("wish", WISHES)
def test_what_is_chosen_while_an_invitation_waits_stops_it(line: Any, wish: str) -> None:
    choice, months, reason = WISHES[wish]
    record(line, event("o2", "c1", MARCH), now=MARCH)
    choose(line, first_email(line), choice, months, now=MARCH + timedelta(hours=2))
    assert send(line, at("2026-03-12T09:00")).accepted == []
    assert invitations(line)[1][1:3] == ("dropped", reason)
    assert check_invariants(line, now=MARCH + timedelta(days=3)).ok


@pytest.mark.parametrize("wish", WISHES)
def test_what_is_chosen_while_the_email_is_being_built_stops_it(line: Any, wish: str) -> None:
    """Between the claim and the intent: nothing is committed for a customer who has just said no."""
    choice, months, reason = WISHES[wish]
    record(line, event("o2", "c1", MARCH), now=MARCH)
    now = at("2026-03-12T09:00")

    def built(facts: Any) -> Any:
        choose(line, first_email(line), choice, months, now=now)
        return build(facts)

    assert send(line, now, built=built).accepted == []
    assert invitations(line)[1][1:3] == ("dropped", reason)
    assert check_invariants(line, now=now + timedelta(minutes=1)).ok


def test_a_cycle_waits_for_the_gap_that_was_chosen(sessions: Any) -> None:
    install(sessions, '[[rule]]\nid = "rec"\nmode = "recurring"\nmin_orders = 1\nidle_months = 12\n')
    record(sessions, event("o1", "c1", FIRST), now=FIRST)
    send(sessions, SENT)
    choose(sessions, sent_to(sessions)["o1"][1], Choice.LESS_OFTEN, 6, now=CHOSEN)
    march = at("2026-03-07T09:00")
    assert advance_cycles(sessions, keys=KEYS, now=march, defaults=PARIS).invited == 0
    with sessions() as session:
        assert session.scalars(select(Cycle.next_at)).one() == at("2026-07-07T08:00")
    july = at("2026-07-07T08:00")
    assert advance_cycles(sessions, keys=KEYS, now=july, defaults=PARIS).invited == 1
    assert len(send(sessions, july).accepted) == 1


def test_only_the_customer_lifts_what_the_customer_chose(line: Any) -> None:
    choose(line, first_email(line), Choice.LESS_OFTEN, 6, now=CHOSEN)
    choose(line, first_email(line), Choice.PAUSE, 3, now=CHOSEN)
    record(line, event("o2", "c1", MARCH, first_name="Zoé", language="en"), now=MARCH)
    key = KEYS.address_key("c1@example.org")
    with line.begin() as session:
        suppressions.lift(session, key, "bounced_hard", now=MARCH, by="delivered")
    link = KEYS.token("unsubscribe", first_email(line).id)
    held = preferences(line, link, now=MARCH).choices
    assert (held.gap_months, held.paused_until is not None) == (6, True)
    back = choose(line, first_email(line), Choice.AS_BEFORE, now=MARCH).choices
    assert (back.gap_months, back.paused_until, back.not_before) == (None, None, None)


def test_a_choice_belongs_to_the_address_whatever_email_it_was_made_from(line: Any) -> None:
    record(line, event("p1", "c2", MARCH, email="c1@example.org"), now=MARCH)
    send(line, at("2026-03-12T09:00"))
    choose(line, sent_to(line)["p1"][1], Choice.LESS_OFTEN, 6, now=at("2026-03-13T09:00"))
    may = at("2026-05-20T17:00")
    record(line, event("o3", "c1", may), now=may)
    assert [row for row in decisions(line) if row[0] == "o3"] == [("o3", "std", "SUPPRESSED", "COOLDOWN")]


def test_an_unsubscribe_means_silence(line: Any) -> None:
    choose(line, first_email(line), Choice.STOP, now=CHOSEN)
    for month in (3, 6, 9):
        ordered = at(f"2026-{month:02}-10T17:00")
        record(line, event(f"o{month}", "c1", ordered), now=ordered)
        assert send(line, ordered + timedelta(days=2)).accepted == []
    assert {row[3] for row in decisions(line) if row[0] != "o1"} == {"UNSUBSCRIBED"}
    with line() as session:
        assert len(session.scalars(select(Email.id)).all()) == 1
    assert check_invariants(line, now=at("2026-10-01T00:00")).ok


def test_each_change_is_one_line_of_the_audit_chain_without_an_address(line: Any) -> None:
    email = first_email(line)
    for choice, months in (
        (Choice.LESS_OFTEN, 6),
        (Choice.LESS_OFTEN, 6),
        (Choice.PAUSE, 3),
        (Choice.PAUSE, 3),
        (Choice.AS_BEFORE, 0),
        (Choice.AS_BEFORE, 0),
        (Choice.STOP, 0),
        (Choice.STOP, 0),
        (Choice.UNDO, 0),
        (Choice.UNDO, 0),
    ):
        choose(line, email, choice, months, now=CHOSEN)
    with line() as session:
        lines = list(session.scalars(select(AuditLine).where(AuditLine.actor == "customer").order_by(AuditLine.n)))
        assert audit.verify(session) == []
    assert [(one.action, one.before, one.after) for one in lines] == [
        ("frequency.chosen", None, 6),
        ("suppression.added", None, "paused"),
        ("frequency.chosen", 6, None),
        ("suppression.lifted", ["paused"], None),
        ("suppression.added", None, "unsubscribed"),
        ("suppression.lifted", ["unsubscribed"], None),
    ]
    assert {one.object for one in lines} == {f"address:{KEYS.address_key('c1@example.org').hex()[:12]}"}
