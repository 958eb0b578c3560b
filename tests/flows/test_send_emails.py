"""Sending: what is due leaves once, what must not leave stays, and every answer of a provider has its place."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from surveyor import faults
from surveyor.core.breaker import STRIKES, ChannelState
from surveyor.core.periods import Period
from surveyor.core.rules import Rule
from surveyor.core.tally import Tally
from surveyor.db.alerts import open_alerts, raise_alert
from surveyor.db.emails import save_channel
from surveyor.db.recount import stored
from surveyor.db.suppressions import suppress
from surveyor.db.tables.emails import Channel, Email, SendAttempt
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tables.tallies import CoarseTally, FineTally, ReasonTally
from surveyor.db.tallies import sums
from surveyor.db.tallies.read import EVERYWHERE
from surveyor.flows.again import again
from surveyor.flows.send_emails import Refuse, Sent, Wait, send_emails
from surveyor.mail.providers.base import ChannelError, InDoubtError, PermanentError, TransientError
from tests.flows.sending import NOW, Asked, Free, Scripted, Ticks, build, mailer, open_network, row, schedule

DECIDED, SENT_DAY = date(2026, 10, 31), date(2026, 11, 2)


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def send(sessions: Any, provider: Any, *, now: datetime = NOW, limit: int = 1000, **parts: Any) -> Sent:
    return send_emails(sessions, mailer=mailer(provider, **parts), now=lambda: now, limit=limit)


def tallies(sessions: Any) -> dict[date, dict[str, int]]:
    with sessions() as session:
        fine = {r.day: Tally.from_mapping(vars(r)) for r in session.scalars(select(FineTally))}
        coarse = {r.day: Tally.from_mapping(vars(r)) for r in session.scalars(select(CoarseTally))}
    assert fine == coarse
    return {day: tally.changes() for day, tally in fine.items() if tally}


def email(sessions: Any, asked: Asked) -> Any:
    return row(sessions, Email, asked.email_id)


def attempts(sessions: Any) -> list[tuple[int, str, str | None]]:
    with sessions() as session:
        found = session.scalars(select(SendAttempt).order_by(SendAttempt.email_id, SendAttempt.n))
        return [(one.n, one.outcome, one.evidence) for one in found]


def alerts(sessions: Any) -> set[str]:
    with sessions() as session:
        return {alert.code for alert in open_alerts(session)}


def test_what_is_due_leaves_once_and_its_invitation_is_open_for_thirty_days(network: Any) -> None:
    asked, provider = schedule(network), Scripted()
    assert send(network, provider) == Sent(claimed=1, sent=1)
    assert send(network, provider) == Sent()
    assert [message.email_id for message in provider.accepted] == [asked.email_id]
    invitation = row(network, Invitation, asked.invitation_id)
    assert (email(network, asked).state, invitation.state) == ("sent", "sent")
    assert email(network, asked).sent_at == invitation.sent_at == invitation.asked_at == NOW
    assert invitation.sent_day == SENT_DAY
    assert invitation.expires_at == datetime(2026, 12, 2, 23, tzinfo=UTC)  # end of 2 December in Paris
    assert attempts(network) == [(1, "accepted", "accepted")]
    assert tallies(network) == {DECIDED: {"went_out": 1}, SENT_DAY: {"sent": 1, "delivered": 1}}


def test_a_provider_with_events_has_delivered_nothing_yet(network: Any) -> None:
    schedule(network)
    send(network, Scripted(events=True))
    assert tallies(network)[SENT_DAY] == {"sent": 1}


def test_the_customer_of_a_sent_invitation_is_told_the_instant_of_the_intent(network: Any) -> None:
    asked, rules = schedule(network), Free()
    send(network, Scripted(), journeys=rules)
    assert [(end.invitation.email_id, end.state, end.at) for end in rules.ends] == [(asked.email_id, "sent", NOW)]


def test_what_is_not_due_waits(network: Any) -> None:
    schedule(network, due_at=NOW + timedelta(seconds=1))
    assert send(network, Scripted()) == Sent()


def test_a_held_installation_sends_nothing(sessions: Any) -> None:
    open_network(sessions, sending="held")
    schedule(sessions)
    assert send(sessions, Scripted()) == Sent(paused=True)


def test_an_installation_held_after_the_claim_sends_nothing_and_keeps_its_emails(network: Any) -> None:
    asked, provider = schedule(network), Scripted()

    def hold(_facts: Any) -> Any:
        with network.begin() as session:
            session.execute(update(Instance).values(sending="held"))
        return build(_facts)

    assert send(network, provider, built=hold) == Sent(claimed=1, pending=1, paused=True)
    assert provider.calls == []
    assert email(network, asked).state == "pending"


def test_what_is_too_late_is_dropped_with_its_invitation(network: Any) -> None:
    asked, rules = schedule(network, due_at=NOW - timedelta(days=3)), Free()
    assert send(network, Scripted(), journeys=rules) == Sent(claimed=1, dropped=1)
    invitation = row(network, Invitation, asked.invitation_id)
    assert (email(network, asked).reason, invitation.state, invitation.reason) == ("EXPIRED", "dropped", "EXPIRED")
    assert tallies(network) == {DECIDED: {"dropped": 1}}
    with network() as session:
        (reason,) = session.scalars(select(ReasonTally))
    assert (reason.stage, reason.reason, reason.n, reason.day) == ("drop", "EXPIRED", 1, DECIDED)
    assert [(end.state, end.reason) for end in rules.ends] == [("dropped", "EXPIRED")]


def test_what_the_rules_refuse_is_dropped_and_they_are_not_told_again(network: Any) -> None:
    asked = schedule(network)
    rules = Free({asked.email_id: Refuse("IDLE")})
    assert send(network, Scripted(), journeys=rules) == Sent(claimed=1, dropped=1)
    assert email(network, asked).reason == "IDLE"
    assert rules.ends == []


def test_what_the_rules_put_off_is_due_later_and_not_lost(network: Any) -> None:
    asked, later = schedule(network), NOW + timedelta(hours=20)
    rules = Free({asked.email_id: Wait(later)})
    assert send(network, Scripted(), journeys=rules) == Sent(claimed=1, pending=1)
    found = email(network, asked)
    assert (found.state, found.due_at, found.failures, found.build_failures) == ("pending", later, 0, 0)
    assert send(network, Scripted(), now=later) == Sent(claimed=1, sent=1)


def test_an_opposition_between_claim_and_intent_stops_the_email(network: Any) -> None:
    asked, provider = schedule(network), Scripted()

    def oppose(facts: Any) -> Any:
        with network.begin() as session:
            suppress(session, asked.address_key, "unsubscribed", source="link", now=NOW)
        return build(facts)

    assert send(network, provider, built=oppose) == Sent(claimed=1, dropped=1)
    assert provider.calls == []
    assert email(network, asked).reason == "UNSUBSCRIBED"


def test_a_pause_that_is_over_or_another_brand_stops_nothing(network: Any) -> None:
    asked = schedule(network)
    with network.begin() as session:
        suppress(session, asked.address_key, "paused", source="link", now=NOW - timedelta(days=9), until=NOW)
        session.add(
            Suppression(
                id=asked.email_id,
                address_key=asked.address_key,
                scope="other",
                source="staff",
                reason="manual",
                created_at=NOW,
            )
        )
    assert send(network, Scripted()).sent == 1


@pytest.mark.parametrize(
    ("error", "state", "reason", "due_in", "failures"),
    [
        (TransientError("451 later"), "pending", None, (15, 30), 1),
        (TransientError("429", retry_at=NOW + timedelta(seconds=90), counts=False), "pending", None, (90, 90), 0),
        (PermanentError("550 no"), "failed", "PROVIDER_REJECTED", (0, 0), 0),
        (ChannelError("401 key"), "pending", None, (0, 0), 0),
        (InDoubtError("timeout"), "in_doubt", None, (0, 0), 0),
        (KeyError("ours"), "in_doubt", None, (0, 0), 0),
    ],
    ids=["transient", "too many requests", "permanent", "channel", "in doubt", "an exception of another kind"],
)
def test_every_answer_of_the_provider_has_its_place(
    network: Any, error: Exception, state: str, reason: str | None, due_in: tuple[int, int], failures: int
) -> None:
    asked = schedule(network)
    send(network, Scripted(script={1: error}), limit=1)
    found = email(network, asked)
    assert (found.state, found.reason, found.failures) == (state, reason, failures)
    assert due_in[0] <= (found.due_at - NOW).total_seconds() <= due_in[1]
    invitation = row(network, Invitation, asked.invitation_id)
    assert invitation.state == ("failed" if state == "failed" else "scheduled")


def test_a_failed_email_frees_its_customer_and_is_counted_on_the_day_of_its_decision(network: Any) -> None:
    rules = Free()
    schedule(network)
    send(network, Scripted(script={1: PermanentError("550 no")}), journeys=rules)
    assert tallies(network) == {DECIDED: {"failed": 1}}
    assert [(end.state, end.reason) for end in rules.ends] == [("failed", "PROVIDER_REJECTED")]


def test_an_address_refused_as_such_is_not_written_to_for_180_days(network: Any) -> None:
    asked = schedule(network)
    send(network, Scripted(script={1: PermanentError("550 5.1.1", bad_address=True)}))
    with network() as session:
        (found,) = session.scalars(select(Suppression))
    assert (found.address_key, found.reason) == (asked.address_key, "bounced_hard")
    assert found.expires_at == NOW + timedelta(days=180)


def test_an_email_in_doubt_is_never_sent_again_by_itself(network: Any) -> None:
    schedule(network)
    provider = Scripted(script={1: InDoubtError("timeout")})
    send(network, provider)
    assert send(network, provider, now=NOW + timedelta(hours=5)) == Sent()
    assert tallies(network) == {DECIDED: {"in_doubt": 1}}
    assert attempts(network) == [(1, "unknown", "timeout")]


def test_a_refused_channel_pauses_the_provider_and_a_probe_wakes_it(network: Any) -> None:
    for _ in range(3):
        schedule(network)
    provider = Scripted(script={1: ChannelError("401 key")}, group=1)
    first = send(network, provider)
    assert (first.claimed, first.paused) == (1, True)
    assert alerts(network) == {"provider_paused"}
    assert send(network, provider, now=NOW + timedelta(minutes=4)) == Sent(paused=True)
    provider.probe_error = ChannelError("401 key")
    assert send(network, provider, now=NOW + timedelta(minutes=6)) == Sent(paused=True)
    provider.probe_error = None
    assert send(network, provider, now=NOW + timedelta(minutes=12)).sent == 3
    assert (provider.probes, alerts(network)) == (2, set())


def test_a_provider_that_is_away_is_not_said_to_refuse_and_the_alert_ends_with_its_answer(network: Any) -> None:
    for _ in range(8):
        schedule(network)
    provider = Scripted(script={n: TransientError("refused") for n in range(1, 6)}, group=1)
    assert send(network, provider).paused
    provider.probe_error = TransientError("connection refused")
    assert send(network, provider, now=NOW + timedelta(seconds=31)) == Sent(paused=True)
    assert alerts(network) == {"provider_away"}
    provider.probe_error = ChannelError("401 key")
    assert send(network, provider, now=NOW + timedelta(minutes=3)) == Sent(paused=True)
    assert alerts(network) == {"provider_paused"}, "it is there, and refuses"
    provider.probe_error = TransientError("connection refused")
    assert send(network, provider, now=NOW + timedelta(minutes=10)) == Sent(paused=True)
    assert alerts(network) == {"provider_away"}, "the last word counts"
    provider.probe_error = None
    assert send(network, provider, now=NOW + timedelta(minutes=40)).sent == 8
    assert alerts(network) == set()


@pytest.mark.parametrize(
    "there",
    [
        TransientError("429", retry_at=NOW + timedelta(minutes=2), counts=False),
        TransientError("every connection is busy", counts=False),
        TransientError("421 too many", answered=True),
    ],
    ids=lambda error: str(error),
)
def test_a_probe_that_is_put_off_found_the_provider_there(network: Any, there: TransientError) -> None:
    for _ in range(6):
        schedule(network)
    provider = Scripted(script={n: TransientError("refused") for n in range(1, 6)}, group=1)
    assert send(network, provider).paused
    provider.probe_error = there
    assert send(network, provider, now=NOW + timedelta(minutes=2)).sent == 6
    assert (provider.probes, alerts(network)) == (1, set())


def test_an_email_that_was_taken_after_the_rest_ends_the_alert_of_its_provider(network: Any) -> None:
    """Its call began before the provider was refused and rested."""
    schedule(network)
    with network.begin() as session:
        save_channel(session, ChannelState("memory", strikes=1, struck_at=NOW), now=NOW)

    def refused_meanwhile(_message: Any) -> None:
        with network.begin() as session:
            rested = ChannelState("memory", NOW - timedelta(minutes=1), "401 key", STRIKES, NOW - timedelta(minutes=6))
            save_channel(session, rested, now=NOW)
            raise_alert(session, "provider_paused", now=NOW, subject="memory", detail="401 key")

    assert send(network, Scripted(on_call=refused_meanwhile)).sent == 1
    assert (row(network, Channel, "memory").paused_until, alerts(network)) == (None, set())


def test_five_doubts_without_an_acceptance_open_the_breaker_and_it_doubles(network: Any) -> None:
    for _ in range(8):
        schedule(network)
    provider = Scripted(script={n: InDoubtError("timeout") for n in range(1, 7)}, group=1)
    assert send(network, provider) == Sent(claimed=5, in_doubt=5, paused=True)
    assert row(network, Channel, "memory").paused_until == NOW + timedelta(seconds=30)
    later = NOW + timedelta(seconds=31)
    assert send(network, provider, now=later) == Sent(claimed=1, in_doubt=1, paused=True)
    assert row(network, Channel, "memory").paused_until == later + timedelta(seconds=60)
    assert send(network, provider, now=later + timedelta(seconds=61)).sent == 2


def test_too_many_requests_stops_one_group_of_domains_and_no_other(network: Any) -> None:
    for _ in range(5):
        schedule(network)
    with network.begin() as session:
        ids = session.scalars(select(Email.id).order_by(Email.id).limit(3)).all()
        session.execute(update(Email).where(Email.id.in_(ids)).values(domain_group="gmail"))
    stop = TransientError("429", retry_at=NOW + timedelta(minutes=10), counts=False)
    provider = Scripted(script={1: stop}, group=1)
    assert send(network, provider) == Sent(claimed=3, sent=2, pending=1)


def test_a_build_that_fails_waits_a_quarter_of_an_hour_and_the_third_is_dropped(network: Any) -> None:
    asked, good = schedule(network), schedule(network)

    def broken(facts: Any) -> Any:
        if facts.email_id == asked.email_id:
            raise ValueError("customer1@example.org in a template error")
        return build(facts)

    assert send(network, Scripted(), built=broken) == Sent(claimed=2, sent=1, pending=1)
    assert email(network, good).state == "sent"
    assert email(network, asked).due_at == NOW + timedelta(minutes=15)
    send(network, Scripted(), now=NOW + timedelta(minutes=16), built=broken)
    send(network, Scripted(), now=NOW + timedelta(minutes=32), built=broken)
    assert (email(network, asked).state, email(network, asked).reason) == ("dropped", "BUILD_ERROR")
    with network() as session:
        (alert,) = open_alerts(session)
    assert (alert.code, alert.detail, alert.count) == ("build_failed", "ValueError", 3)


def test_a_call_that_cannot_begin_in_ten_seconds_is_not_begun(network: Any) -> None:
    schedule(network), schedule(network)
    ticks = Ticks()

    def slow(_message: Any) -> None:
        ticks.seconds += 11

    provider = Scripted(on_call=slow)
    assert send(network, provider, ticks=ticks, limit=2) == Sent(claimed=2, sent=1, pending=1)
    assert len(provider.calls) == 1
    assert sorted(attempts(network)) == [(1, "accepted", "accepted"), (1, "not_accepted", "not started")]
    assert send(network, Scripted()).sent == 1
    assert sorted(attempts(network))[-1] == (2, "accepted", "accepted")


def test_calls_wait_together_when_the_provider_says_that_it_is_worth_it(network: Any) -> None:
    for _ in range(4):
        schedule(network)
    together = threading.Barrier(4, timeout=20)
    provider = Scripted(at_once=4, on_call=lambda _message: together.wait() and None)
    provider.script = {2: InDoubtError("timeout"), 3: TransientError("451 later")}
    assert send(network, provider, limit=4) == Sent(claimed=4, sent=2, pending=1, in_doubt=1)


def test_a_second_intent_is_refused_by_the_structure(network: Any) -> None:
    asked = schedule(network)
    send(network, Scripted())
    with pytest.raises(IntegrityError), network.begin() as session:
        session.add(SendAttempt(email_id=asked.email_id, n=2, provider="x", outcome="intent", intent_at=NOW))


def test_an_email_taken_by_somebody_else_after_the_claim_is_not_sent(network: Any) -> None:
    asked, provider = schedule(network), Scripted()

    def fenced(facts: Any) -> Any:
        with network.begin() as session:
            session.execute(update(Email).where(Email.id == asked.email_id).values(fence=Email.fence + 1))
        return build(facts)

    assert send(network, provider, built=fenced) == Sent(claimed=1)
    assert provider.calls == []


def test_a_reminder_is_counted_apart_and_moves_nothing_of_its_invitation(network: Any) -> None:
    asked, rules = schedule(network, kind="reminder"), Free()
    with network.begin() as session:
        session.execute(
            update(Invitation).values(
                state="sent", sent_at=NOW - timedelta(days=7), asked_at=NOW, sent_day=date(2026, 10, 26)
            )
        )
    assert send(network, Scripted(), journeys=rules).sent == 1
    assert tallies(network) == {date(2026, 10, 26): {"reminders": 1}}
    assert rules.ends == []
    assert row(network, Invitation, asked.invitation_id).sent_day == date(2026, 10, 26)


def test_the_most_urgent_goes_first_and_groups_of_domains_take_turns(network: Any) -> None:
    late, early = schedule(network, due_at=NOW - timedelta(hours=1)), schedule(network, due_at=NOW - timedelta(hours=2))
    other = schedule(network, due_at=NOW - timedelta(minutes=1))
    urgent = schedule(network)
    with network.begin() as session:
        session.execute(update(Email).where(Email.id == other.email_id).values(domain_group="gmail"))
        session.execute(update(Email).where(Email.id == urgent.email_id).values(kind="reply", priority=2))
    provider = Scripted(group=1)
    send(network, provider)
    names = {late.email_id: "late", early.email_id: "early", other.email_id: "other", urgent.email_id: "urgent"}
    assert [names[one] for one in provider.calls] == ["urgent", "other", "early", "late"]


def test_a_link_lives_as_long_as_its_rule_says(network: Any) -> None:
    asked = schedule(network, rule=Rule("std", response_window_days=7))
    send(network, Scripted())
    assert row(network, Invitation, asked.invitation_id).expires_at == datetime(2026, 11, 9, 23, tzinfo=UTC)


def test_workers_at_once_never_send_one_email_twice(network: Any) -> None:
    asked = {schedule(network).email_id for _ in range(60)}
    provider = Scripted(group=7)
    problems: list[BaseException] = []

    def work(n: int) -> None:
        try:
            send(network, provider, owner=f"worker{n}")
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert Counter(provider.calls) == Counter(asked)
    assert tallies(network) == {DECIDED: {"went_out": 60}, SENT_DAY: {"sent": 60, "delivered": 60}}


def test_a_message_of_another_attempt_is_our_fault_and_the_third_time_the_end(network: Any) -> None:
    asked, provider = schedule(network), Scripted()

    def mistaken(facts: Any) -> Any:
        return replace(build(facts), attempt=facts.attempt + 1)

    for hour in range(3):
        send(network, provider, now=NOW + timedelta(hours=hour), built=mistaken)
    assert provider.calls == []
    assert (email(network, asked).state, email(network, asked).reason) == ("failed", "INTERNAL_ERROR")
    assert alerts(network) == {"internal_error"}


def test_what_left_is_recognised_by_its_bytes(network: Any) -> None:
    asked = schedule(network)
    send(network, Scripted(), built=lambda facts: replace(build(facts), wire=b"Subject: x\r\n\r\n"))
    assert email(network, asked).body_sha256 == hashlib.sha256(b"Subject: x\r\n\r\n").digest()


def test_an_outcome_that_somebody_else_settled_meanwhile_stays(network: Any) -> None:
    asked = schedule(network)

    def settled(_message: Any) -> None:
        with network.begin() as session:
            session.execute(update(SendAttempt).values(outcome="accepted", settled_at=NOW, evidence="an event"))
            changes = {"state": "sent", "sent_at": NOW, "lease_until": None, "owner": None}
            session.execute(update(Email).values(changes))

    assert send(network, Scripted(on_call=settled, script={1: InDoubtError("timeout")})) == Sent(claimed=1)
    assert attempts(network) == [(1, "accepted", "an event")]
    assert email(network, asked).state == "sent"


def test_a_transaction_that_met_another_is_made_again() -> None:
    turns: list[int] = []

    def act() -> str:
        turns.append(1)
        if len(turns) < 3:
            raise IntegrityError("statement", {}, Exception("met another"))
        return "done"

    assert again(act) == "done"
    assert len(turns) == 3
    with pytest.raises(IntegrityError):
        again(lambda: (_ for _ in ()).throw(IntegrityError("statement", {}, Exception())))
    with pytest.raises(KeyError):
        again(lambda: {}["not a meeting"])


def test_a_kill_between_a_settle_and_its_sums_leaves_every_reader_right(network: Any) -> None:
    """What was settled counts from its commit on; whoever comes next adds it to its cells, once."""

    class Killed(BaseException):
        """Nothing after it runs."""

    def die() -> None:
        raise Killed

    schedule(network)
    faults.install({"settle.committed": 1}, act=die)
    try:
        with pytest.raises(Killed):
            send(network, Scripted())
    finally:
        faults.install({})
    assert tallies(network) == {}
    period = Period(DECIDED, SENT_DAY)
    with network() as session:
        assert sums(session, EVERYWHERE, period) == {(): Tally(went_out=1, sent=1, delivered=1)}
        assert stored(session, "tallies_coarse")[SENT_DAY, "lille", "sent"] == 1
    assert send(network, Scripted()) == Sent()
    assert tallies(network) == {DECIDED: {"went_out": 1}, SENT_DAY: {"sent": 1, "delivered": 1}}
    with network() as session:
        assert sums(session, EVERYWHERE, period) == {(): Tally(went_out=1, sent=1, delivered=1)}
