"""The reminder of an invitation, from its day to its email: never after an answer, an opposition or a cancellation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.scope import NETWORK
from surveyor.core.tally import Tally
from surveyor.db import stores
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.edit_store import edit_store
from surveyor.flows.manage_users import HOST
from surveyor.flows.rebuild_tallies import rebuild_tallies
from surveyor.flows.unsubscribe import Choice
from tests.flows.line import answer, choose, install, reminders, send, sent_to
from tests.flows.orders import KEYS, PARIS, at, event, record, use_rules

ORDERED, SENT = at("2026-01-05T17:00"), at("2026-01-07T09:00")
BEFORE, DUE = at("2026-01-10T12:00"), at("2026-01-12T09:00")
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\nreminder_after_days = 5\n'
Act = Callable[[Any], None]


@pytest.fixture
def line(sessions: Any) -> Any:
    """One customer, asked on 7 January; the reminder is due on the 12th."""
    install(sessions, RULES)
    record(sessions, event("o1", "c1", ORDERED), now=ORDERED)
    assert len(send(sessions, SENT).accepted) == 1
    return sessions


def remind(line: Any, now: Any = DUE) -> int:
    return advance_cycles(line, keys=KEYS, now=now, defaults=PARIS).reminded


def counts(line: Any) -> Tally:
    with line() as session:
        return sum((Tally.from_mapping(vars(row)) for row in session.scalars(select(CoarseTally))), Tally())


def sound(line: Any) -> None:
    """The ledger holds, and counting again finds the same."""
    now = DUE + timedelta(minutes=5)
    assert check_invariants(line, now=now).findings == ()
    assert rebuild_tallies(line, now=now) == []


def test_without_an_answer_one_reminder_leaves_and_is_counted_apart(line: Any) -> None:
    assert remind(line, DUE - timedelta(minutes=1)) == 0
    assert remind(line) == 1
    assert remind(line, DUE + timedelta(days=30)) == 0
    provider = send(line, DUE)
    assert [message.kind for message in provider.accepted] == ["reminder"]
    assert reminders(line) == [("sent", None)]
    found = counts(line)
    assert (found.sent, found.reminders) == (1, 1)
    sound(line)


def answered(line: Any) -> None:
    answer(line, sent_to(line)["o1"][0], 3, now=BEFORE)


def stopped(line: Any) -> None:
    choose(line, sent_to(line)["o1"][1], Choice.STOP, now=BEFORE)


def paused(line: Any) -> None:
    choose(line, sent_to(line)["o1"][1], Choice.PAUSE, 3, now=BEFORE)


def cancelled(line: Any) -> None:
    record(line, event("o1", "c1", ORDERED, type="order.cancelled"), now=BEFORE)


def rule_gone(line: Any) -> None:
    use_rules(line, RULES + 'active = false\n[[rule]]\nid = "other"\nmin_orders = 9\n', now=BEFORE)


def store_excluded(line: Any) -> None:
    with line() as session:
        shop = stores.shop(session, (NETWORK,), "S1")
    assert shop is not None
    edit_store(line, store=shop, changes={"excluded": True}, by=HOST, now=BEFORE)


ACTS: dict[str, tuple[Act, str]] = {
    "an answer": (answered, "ANSWERED"),
    "an unsubscribe": (stopped, "UNSUBSCRIBED"),
    "a pause": (paused, "PAUSED"),
    "a cancelled order": (cancelled, "ANCHOR_CANCELLED"),
    "a rule that is no longer active": (rule_gone, "RULE_DISABLED"),
    "a store that is excluded": (store_excluded, "STORE_EXCLUDED"),
}


@pytest.mark.parametrize("act", ACTS)
def test_no_reminder_is_made_after(line: Any, act: str) -> None:
    ACTS[act][0](line)
    assert remind(line) == 0
    assert send(line, DUE).accepted == []
    assert reminders(line) == []
    assert counts(line).reminders == 0
    sound(line)


@pytest.mark.parametrize("act", ACTS)
def test_no_reminder_leaves_after_even_when_it_waits_already(line: Any, act: str) -> None:
    assert remind(line) == 1
    act_of, reason = ACTS[act]
    act_of(line)
    assert send(line, DUE).accepted == []
    assert reminders(line) == [("dropped", reason)]
    with line() as session:
        assert session.scalars(select(Invitation.state)).one() == "sent"
    assert counts(line).reminders == 0
    sound(line)


@pytest.mark.parametrize("act", ACTS)
def test_no_reminder_leaves_after_even_when_it_is_being_built(line: Any, act: str) -> None:
    from tests.flows.sending import build

    assert remind(line) == 1
    act_of, reason = ACTS[act]

    def built(facts: Any) -> Any:
        act_of(line)
        return build(facts)

    assert send(line, DUE, built=built).accepted == []
    assert reminders(line) == [("dropped", reason)]
    sound(line)


def test_less_often_is_about_invitations_and_a_reminder_is_none(line: Any) -> None:
    choose(line, sent_to(line)["o1"][1], Choice.LESS_OFTEN, 6, now=BEFORE)
    assert remind(line) == 1
    assert len(send(line, DUE).accepted) == 1


def test_a_reminder_moves_no_cool_down_and_a_late_one_is_not_made(line: Any) -> None:
    assert remind(line) == 1
    send(line, DUE)
    march = at("2026-03-05T17:00")  # 7 January + 2 months: the 7th of March, not the 12th
    record(line, event("o2", "c1", march), now=march)
    assert [str(message.kind) for message in send(line, at("2026-03-07T09:00")).accepted] == ["invitation"]
    assert remind(line, at("2026-03-30T09:00")) == 0
    assert reminders(line) == [("sent", None)]


def test_however_few_are_looked_at_together_every_reminder_is_made(sqlite_sessions: Any) -> None:
    install(sqlite_sessions, RULES)
    record(sqlite_sessions, *(event(f"o{n}", f"c{n}", ORDERED) for n in range(3)), now=ORDERED)
    send(sqlite_sessions, SENT)
    done = advance_cycles(sqlite_sessions, keys=KEYS, now=DUE, defaults=PARIS, limit=1)
    assert (done.looked_at, done.reminded) == (3, 3)
    assert len(reminders(sqlite_sessions)) == 3
