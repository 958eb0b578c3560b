"""The clock and one pass of it: from an order to an email, an answer and its count, without anybody asking."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.tally import Tally
from surveyor.core.tokens import Purpose
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.record_response import Form, Recorded, page_nonce, record_response
from surveyor.flows.record_visit import Opening, record_visit
from surveyor.flows.send_emails import Sent
from surveyor.flows.sweep_leases import sweep_leases
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.jobs.embedded import live
from surveyor.jobs.run_due import next_instant, run_due
from surveyor.jobs.schedule import SCHEDULE
from tests.flows.orders import at, event, record, use_rules
from tests.flows.sending import Ticks
from tests.jobs.house import services

JAN_5, JAN_19, TENTH_HOUR = at("2026-01-05T17:00"), at("2026-01-19T18:30"), at("2026-01-21T09:00")


def ordered_twice(sessions: Any, customer: str = "c1", *, rules: str = '[[rule]]\nid = "std"\n') -> None:
    use_rules(sessions, rules)
    record(sessions, event("o1", customer, JAN_5), now=JAN_5)
    record(sessions, event("o2", customer, JAN_19), now=JAN_19)


def counts(sessions: Any) -> dict[str, int]:
    with sessions() as session:
        return Tally.sum(Tally.from_mapping(vars(row)) for row in session.scalars(select(CoarseTally))).changes()


def test_from_an_order_to_an_answer_that_counts(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sessions, clock, tmp_path)
    ordered_twice(sessions)
    clock.set(JAN_19)
    assert run_due(house) == Sent()
    assert next_instant(house) == TENTH_HOUR
    clock.set(TENTH_HOUR)
    assert run_due(house) == Sent(claimed=1, sent=1)
    with sessions() as session:
        invitation = session.scalars(select(Invitation)).one()
    token = house.keyring.token(Purpose.SURVEY, invitation.id, invitation.key_id)
    clock.forward(hours=3)
    record_visit(house.sessions, token, opening=Opening("GET", b"c" * 32), keys=house.keyring, now=clock())
    mark = page_nonce(house.keyring, invitation.id, now=clock())
    clock.forward(seconds=40)
    items = (("score", "9"), ("comment", "Bien"), ("nonce", mark))
    result = record_response(
        sessions,
        token,
        form=Form(items, b"c" * 32),
        keys=house.keyring,
        journeys=desk.journeys(house),
        now=clock(),
    )
    assert isinstance(result, Recorded)
    clock.forward(minutes=5)
    run_due(house)
    found = counts(sessions)
    assert {name: found[name] for name in ("orders", "hits", "scheduled", "went_out")} == {
        "orders": 2,
        "hits": 1,
        "scheduled": 1,
        "went_out": 1,
    }
    assert {name: found[name] for name in ("sent", "delivered", "visited", "responded", "score_9")} == {
        "sent": 1,
        "delivered": 1,
        "visited": 1,
        "responded": 1,
        "score_9": 1,
    }


def test_a_reminder_leaves_a_week_later_and_not_to_who_answered(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sessions, clock, tmp_path)
    ordered_twice(sessions, rules='[[rule]]\nid = "std"\nreminder_after_days = 7\n')
    clock.set(TENTH_HOUR)
    run_due(house)
    due = next_instant(house)
    assert due == at("2026-01-28T09:00")
    clock.set(due)
    assert run_due(house).sent == 1
    with sessions() as session:
        kinds = {row.kind: row.state for row in session.scalars(select(Email))}
    assert kinds == {"invitation": "sent", "reminder": "sent"}
    assert counts(sessions)["reminders"] == 1


def test_the_first_tick_makes_the_installation_and_lets_it_send(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sessions, clock, tmp_path)
    ordered_twice(sessions)
    clock.set(TENTH_HOUR)
    assert desk.drain(house, desk.mailer(house)) == Sent(paused=True)
    Clock(house).tick()
    assert desk.drain(house, desk.mailer(house)).sent == 1
    assert (tmp_path / "epoch").read_text() == "1\n"


def test_a_tick_does_each_thing_at_its_own_pace(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    ticks, house = Ticks(), services(sqlite_sessions, clock, tmp_path)
    bells: list[float] = []
    ordered_twice(sqlite_sessions)
    clock.set(TENTH_HOUR)
    beating = Clock(house, bell=lambda: bells.append(ticks.seconds), ticks=ticks)
    for tenth in range(41):
        ticks.seconds = tenth / 10
        beating.tick()
    assert bells == [0.0, 1.0, 2.0, 3.0, 4.0]
    with sqlite_sessions() as session:
        assert session.scalars(select(Instance.epoch)).one() == 1
    assert {name for name, _ in SCHEDULE} >= {"ring", "sweep", "cycles", "doubts", "heartbeat", "visits"}


def test_nothing_due_rings_no_bell(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    rung: list[int] = []
    Clock(services(sqlite_sessions, clock, tmp_path), bell=lambda: rung.append(1)).tick()
    assert rung == []


def test_a_task_that_fails_does_not_hold_up_the_others(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    ordered_twice(sqlite_sessions)
    clock.set(TENTH_HOUR)
    rung: list[int] = []
    home = tmp_path / "a file"
    home.write_text("not a folder")
    Clock(services(sqlite_sessions, clock, home), bell=lambda: rung.append(1)).tick()
    assert rung == [1]


def test_the_embedded_process_sends_by_itself_and_stops_when_told(
    sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    ordered_twice(sqlite_sessions)
    clock.set(TENTH_HOUR)
    house = services(sqlite_sessions, clock, tmp_path)
    passes: list[float] = []

    def sleep(seconds: float) -> None:
        passes.append(seconds)

    live(house, stopping=lambda: len(passes) >= 2, sleep=sleep)
    assert len(house.provider.sent) == 1  # type: ignore[attr-defined]


def test_next_instant_is_nothing_when_nothing_waits(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    assert next_instant(services(sqlite_sessions, clock, tmp_path)) is None


def test_a_recurring_customer_is_asked_again_by_the_clock(sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = services(sessions, clock, tmp_path)
    ordered_twice(sessions, rules='[[rule]]\nid = "std"\nmode = "recurring"\n')
    clock.set(TENTH_HOUR)
    run_due(house)
    record(sessions, event("o3", "c1", at("2026-02-20T10:00")), now=at("2026-02-20T10:00"))
    due = next_instant(house)
    assert due is not None
    clock.set(due)
    assert run_due(house).sent == 1
    assert due - TENTH_HOUR > timedelta(days=55)
    assert sweep_leases(sessions, now=clock()).pending == ()


@pytest.mark.parametrize("minutes", [0, 90])
def test_within_its_grace_an_email_leaves_late(sessions: Any, clock: Any, tmp_path: Path, minutes: int) -> None:
    house = services(sessions, clock, tmp_path)
    ordered_twice(sessions)
    clock.set(TENTH_HOUR + timedelta(minutes=minutes))
    assert run_due(house).sent == 1
