"""Leases that end and doubts that are settled: nothing is lost, nothing leaves twice, nothing is silent."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.tally import Tally
from surveyor.core.tokens import Purpose, digest
from surveyor.db.alerts import open_alerts
from surveyor.db.base import new_id
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.emails import DoubtCheck, Email, SendAttempt
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Visit
from surveyor.db.tables.tallies import CoarseTally, ReasonTally
from surveyor.errors import NotFound, Refused
from surveyor.flows.judge_doubt import judge_doubt
from surveyor.flows.manage_users import Actor
from surveyor.flows.record_provider_events import record_provider_events
from surveyor.flows.send_emails import Sent, send_emails
from surveyor.flows.settle_doubts import Settled, settle_doubts
from surveyor.flows.sweep_leases import sweep_leases
from surveyor.mail.providers.base import (
    Absent,
    EventKind,
    Found,
    InDoubtError,
    ProviderEvent,
    TransientError,
    Unknown,
)
from tests.databases import ON_SQLITE
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, build, mailer, open_network, row, schedule

DECIDED, SENT_DAY = date(2026, 10, 31), date(2026, 11, 2)
MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The process is gone: nothing of what follows happens."""


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


def send(sessions: Any, provider: Any, *, now: datetime = NOW, **parts: Any) -> Sent:
    return send_emails(sessions, mailer=mailer(provider, **parts), now=lambda: now)


def die(_anything: Any) -> Any:
    raise Killed


def counts(sessions: Any) -> dict[date, dict[str, int]]:
    with sessions() as session:
        found = {r.day: Tally.from_mapping(vars(r)).changes() for r in session.scalars(select(CoarseTally))}
    return {day: tally for day, tally in found.items() if tally}


def states(sessions: Any, asked: Asked) -> tuple[str, str]:
    return row(sessions, Email, asked.email_id).state, row(sessions, Invitation, asked.invitation_id).state


def in_doubt(sessions: Any, provider: Any = None) -> Asked:
    asked = schedule(sessions)
    provider = provider or Scripted(script={1: InDoubtError("timeout")})
    send(sessions, provider)
    return asked


def test_a_worker_that_died_before_its_intent_gives_its_emails_back(network: Any) -> None:
    asked = schedule(network)
    with pytest.raises(Killed):
        send(network, Scripted(), built=die)
    assert states(network, asked)[0] == "leased"
    assert sweep_leases(network, now=NOW + MINUTE).pending == ()
    assert sweep_leases(network, now=NOW + MINUTE + timedelta(seconds=1)).pending == (asked.email_id,)
    assert send(network, Scripted(), now=NOW + 2 * MINUTE).sent == 1


def test_a_worker_that_died_after_its_intent_leaves_a_doubt_and_never_a_second_email(network: Any) -> None:
    asked, provider = schedule(network), Scripted(on_call=die)
    with pytest.raises(Killed):
        send(network, provider)
    assert states(network, asked)[0] == "dispatching"
    assert sweep_leases(network, now=NOW + 2 * MINUTE).in_doubt == (asked.email_id,)
    assert states(network, asked) == ("in_doubt", "scheduled")
    assert counts(network) == {DECIDED: {"in_doubt": 1}}
    assert send(network, Scripted(), now=NOW + 3 * MINUTE) == Sent()


def test_a_clock_that_went_back_does_not_keep_a_lease_alive(network: Any) -> None:
    schedule(network)
    with pytest.raises(Killed):
        send(network, Scripted(on_call=die))
    with network.begin() as session:
        session.execute(update(Instance).values(heartbeat_at=NOW + 2 * MINUTE))
    assert len(sweep_leases(network, now=NOW - timedelta(days=1)).in_doubt) == 1


def test_a_worker_that_wakes_after_the_sweep_settles_what_it_knows(network: Any) -> None:
    asked = schedule(network)

    def sleepy(_message: Any) -> None:
        sweep_leases(network, now=NOW + 2 * MINUTE)

    assert send(network, Scripted(on_call=sleepy)) == Sent(claimed=1, sent=1)
    assert states(network, asked) == ("sent", "sent")
    assert counts(network) == {DECIDED: {"went_out": 1}, SENT_DAY: {"sent": 1, "delivered": 1}}


def test_a_worker_that_wakes_after_a_sweep_of_its_lease_finds_its_fence_raised(network: Any) -> None:
    """It has a whole message in hand, and somebody else holds the lease: only the fence tells them apart."""
    asked, first, second = schedule(network), Scripted(), Scripted()
    claimed, gone = threading.Event(), threading.Event()

    def slow(facts: Any) -> Any:
        claimed.set()
        assert gone.wait(30)
        return build(facts)

    other = threading.Thread(target=lambda: send(network, second, now=NOW + 2 * MINUTE, built=slow))

    def sleepy(facts: Any) -> Any:
        sweep_leases(network, now=NOW + 2 * MINUTE)
        other.start()
        assert claimed.wait(30)
        return build(facts)

    assert send(network, first, built=sleepy).sent == 0
    gone.set()
    other.join(30)
    assert (first.calls, second.calls) == ([], [asked.email_id])
    assert states(network, asked) == ("sent", "sent")


def test_a_provider_that_remembers_exactly_ends_the_doubt_either_way(network: Any) -> None:
    provider = Scripted(script={1: InDoubtError("timeout"), 2: InDoubtError("timeout")})
    kept, lost = schedule(network), schedule(network)
    send(network, provider)

    class Remembers(Scripted):
        def lookup(self, email_id: Any, since: datetime, address: str = "") -> Found | Absent:
            return Found("ref", "seen") if email_id == kept.email_id else Absent("not there")

    assert settle_doubts(network, provider=Remembers(), journeys=Free(), keys=KEYRING, now=NOW + MINUTE) == Settled(
        1, 1
    )
    assert states(network, kept) == ("sent", "sent")
    assert states(network, lost) == ("pending", "scheduled")
    assert row(network, Email, kept.email_id).sent_at == NOW
    assert send(network, Scripted(), now=NOW + MINUTE).sent == 1
    assert counts(network)[DECIDED] == {"went_out": 2}


def test_a_provider_that_can_only_be_searched_is_asked_for_the_address(network: Any) -> None:
    asked, told = in_doubt(network), []

    class Searches(Scripted):
        def lookup(self, email_id: Any, since: datetime, address: str = "") -> Absent:
            told.append(address)
            return Absent("no line")

    settle_doubts(network, provider=Searches(), journeys=Free(), keys=KEYRING, now=NOW + MINUTE)
    assert told == [asked.address]


def test_a_provider_that_cannot_be_asked_is_asked_three_times_a_pass_and_holds_up_nothing(network: Any) -> None:
    """Each question may last ten seconds, and the clock that asks has leases to end and bells to ring."""
    doubts = [schedule(network) for _ in range(8)]
    send(network, Scripted(group=8, script={n: InDoubtError("timeout") for n in range(1, 9)}))
    told: list[Any] = []

    class Away(Scripted):
        back = False

        def lookup(self, email_id: Any, since: datetime, address: str = "") -> Found | Unknown:
            told.append(email_id)
            return Found("ref", "seen") if self.back else Unknown("email logs: InDoubtError")

    def one_pass(provider: Scripted, at: datetime) -> Settled:
        told.clear()
        return settle_doubts(network, provider=provider, journeys=Free(), keys=KEYRING, now=at)

    assert (one_pass(Away(), NOW + MINUTE), len(told)) == (Settled(), 3)
    assert (one_pass(Away(), NOW + 2 * MINUTE), len(told)) == (Settled(), 3)
    back = Away()
    back.back = True
    assert (one_pass(back, NOW + 3 * MINUTE), len(told)) == (Settled(sent=8), 8)
    assert {states(network, one) for one in doubts} == {("sent", "sent")}


def test_doubts_that_were_not_asked_about_are_the_first_of_the_next_pass(network: Any) -> None:
    first = [schedule(network) for _ in range(5)]
    send(network, Scripted(group=5, script={n: InDoubtError("timeout") for n in range(1, 6)}))
    told: list[Any] = []

    class Away(Scripted):
        def lookup(self, email_id: Any, since: datetime, address: str = "") -> Unknown:
            told.append(email_id)
            return Unknown("email logs: InDoubtError")

    for minutes in (11, 12):  # old enough to be looked at every quarter of an hour
        at = NOW + minutes * MINUTE
        settle_doubts(network, provider=Away(), journeys=Free(), keys=KEYRING, now=at)
    assert sorted(told) == sorted(one.email_id for one in first)


def test_not_found_by_a_search_proves_nothing(network: Any) -> None:
    asked = in_doubt(network)

    class Searches(Scripted):
        @property
        def capabilities(self) -> Any:
            exact = super().capabilities
            return type(exact)(exact.group, exact.call_seconds, "search", True, False)

        def lookup(self, email_id: Any, since: datetime, address: str = "") -> Absent | Unknown:
            return Absent("no line")

    assert settle_doubts(network, provider=Searches(), journeys=Free(), keys=KEYRING, now=NOW + MINUTE) == Settled()
    assert states(network, asked)[0] == "in_doubt"


def blind() -> Scripted:
    """A provider that cannot be asked."""

    class Blind(Scripted):
        @property
        def capabilities(self) -> Any:
            exact = super().capabilities
            return type(exact)(exact.group, exact.call_seconds, "none", False, False)

    return Blind()


def test_a_visit_of_the_link_proves_that_the_email_arrived(network: Any) -> None:
    asked = in_doubt(network)
    at = NOW + timedelta(hours=1)
    with network.begin() as session:
        session.add(
            Visit(
                id=new_id(at),
                invitation_id=asked.invitation_id,
                method="GET",
                at=at,
                client_key=b"c" * 32,
            )
        )
    assert settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=at + MINUTE) == Settled(sent=1)
    assert states(network, asked) == ("sent", "sent")
    assert row(network, Invitation, asked.invitation_id).sent_at == NOW


def test_a_visit_after_a_refusal_keeps_the_email_from_leaving_a_second_time(network: Any) -> None:
    """A relay may answer 451 and deliver all the same; nobody who has opened the link is written to again."""
    asked, other = schedule(network), schedule(network)
    send(network, Scripted(script={1: TransientError("451 later"), 2: TransientError("451 later")}))
    at = NOW + timedelta(seconds=10)
    with network.begin() as session:
        session.add(Visit(id=new_id(at), invitation_id=asked.invitation_id, method="GET", at=at, client_key=b"c" * 32))
    assert settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=at).sent == 1
    assert states(network, asked) == ("sent", "sent")
    assert row(network, Email, asked.email_id).sent_at == NOW
    with network() as session:
        assert [(one.code, one.subject) for one in open_alerts(session)] == [
            ("accepted_after_refusal", asked.email_id.hex)
        ]
    again = Scripted()
    send(network, again, now=NOW + 2 * MINUTE)
    assert again.calls == [other.email_id]
    assert counts(network)[DECIDED] == {"went_out": 2}


def test_a_visit_before_the_first_hand_over_proves_nothing(network: Any) -> None:
    asked = schedule(network)
    with network.begin() as session:
        session.add(
            Visit(id=new_id(NOW), invitation_id=asked.invitation_id, method="GET", at=NOW, client_key=b"c" * 32)
        )
    assert settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=NOW) == Settled()
    assert states(network, asked) == ("pending", "scheduled")


def test_26_hours_of_silence_end_as_unconfirmed_and_hold_the_cool_down(network: Any) -> None:
    asked, rules = in_doubt(network), Free()
    late = NOW + timedelta(hours=26)
    assert settle_doubts(network, provider=blind(), journeys=rules, keys=KEYRING, now=late - MINUTE) == Settled()
    assert settle_doubts(network, provider=blind(), journeys=rules, keys=KEYRING, now=late + 15 * MINUTE) == Settled(
        dropped=1
    )
    invitation = row(network, Invitation, asked.invitation_id)
    assert (invitation.state, invitation.reason, invitation.asked_at) == ("dropped", "UNCONFIRMED", NOW)
    assert [(end.state, end.reason, end.asked_at) for end in rules.ends] == [("dropped", "UNCONFIRMED", NOW)]
    assert counts(network) == {DECIDED: {"dropped": 1}}
    with network() as session:
        (attempt,) = session.scalars(select(SendAttempt))
        assert len(session.scalars(select(DoubtCheck)).all()) == 2
    assert attempt.outcome == "unknown"


def test_evidence_months_later_makes_an_unconfirmed_email_sent(network: Any) -> None:
    asked = in_doubt(network)
    late = NOW + timedelta(hours=27)
    settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=late)
    at = NOW + timedelta(days=60)
    with network.begin() as session:
        session.add(Visit(id=new_id(at), invitation_id=asked.invitation_id, method="GET", at=at, client_key=b"c" * 32))
    assert settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=at) == Settled(sent=1)
    assert states(network, asked) == ("sent", "sent")
    assert counts(network) == {DECIDED: {"went_out": 1}, SENT_DAY: {"sent": 1, "delivered": 1}}
    with network() as session:
        assert [r.n for r in session.scalars(select(ReasonTally))] == [0]


def test_a_doubt_about_our_own_reply_waits_for_a_person(network: Any) -> None:
    asked = schedule(network)
    with network.begin() as session:
        session.execute(update(Email).values(kind="reply", priority=2, invitation_id=None))
    send(network, Scripted(script={1: InDoubtError("timeout")}))
    late = NOW + timedelta(hours=27)
    assert settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=late) == Settled(asking=1)
    assert row(network, Email, asked.email_id).state == "in_doubt"
    with network() as session:
        assert [alert.code for alert in open_alerts(session)] == ["email_in_doubt"]


def asking(network: Any) -> Asked:
    """A reply of ours that only a person can judge."""
    asked = schedule(network)
    with network.begin() as session:
        session.execute(update(Email).values(kind="reply", priority=2, invitation_id=None))
    send(network, Scripted(script={1: InDoubtError("timeout")}))
    late = NOW + timedelta(hours=27)
    settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=late)
    return asked


@pytest.mark.parametrize(
    ("verdict", "state", "outcome"), [("sent", "sent", "accepted"), ("not_sent", "pending", "not_accepted")]
)
def test_a_named_person_is_the_evidence(network: Any, verdict: Any, state: str, outcome: str) -> None:
    asked, at = asking(network), NOW + timedelta(hours=28)
    judge_doubt(network, asked.email_id, verdict, journeys=Free(), by=Actor("claire"), now=at)
    assert row(network, Email, asked.email_id).state == state
    with network() as session:
        attempt = session.scalars(select(SendAttempt)).one()
        assert (attempt.outcome, attempt.evidence) == (outcome, "said by claire")
        assert open_alerts(session) == []
        looks = session.scalars(select(DoubtCheck.found).order_by(DoubtCheck.at)).all()
        assert looks[-1] == f"{verdict}: said by claire"
        line = session.scalars(select(AuditLine)).one()
        assert (line.actor, line.action, line.object) == ("claire", "doubt.judged", f"email:{asked.email_id.hex}")
    with pytest.raises(NotFound):
        judge_doubt(network, asked.email_id, verdict, journeys=Free(), by=Actor("claire"), now=at)


def test_a_reply_that_a_person_sends_again_leaves_however_late_they_say_so(network: Any) -> None:
    asked, at = asking(network), NOW + timedelta(days=9)
    judge_doubt(network, asked.email_id, "not_sent", journeys=Free(), by=Actor("claire"), now=at)
    again = Scripted()
    assert send(network, again, now=at + MINUTE).sent == 1
    assert again.calls == [asked.email_id]


def test_what_a_person_was_asked_is_asked_no_more_once_a_fact_settles_it(network: Any) -> None:
    asked, at = asking(network), NOW + timedelta(hours=28)
    event = ProviderEvent(EventKind.DELIVERED, at, event_id="late", email_id=asked.email_id, attempt=1)
    record_provider_events(network, "memory", [event], journeys=Free(), keys=KEYRING, now=at)
    assert row(network, Email, asked.email_id).state == "sent"
    with network() as session:
        assert open_alerts(session) == []


def test_an_invitation_in_doubt_is_nobodys_to_judge(network: Any) -> None:
    asked = in_doubt(network)
    with pytest.raises(Refused, match="not judged by hand"):
        judge_doubt(network, asked.email_id, "not_sent", journeys=Free(), by=Actor("claire"), now=NOW + MINUTE)
    assert row(network, Email, asked.email_id).state == "in_doubt"


def test_a_notice_that_nobody_confirmed_is_issued_once_more_and_not_twice(network: Any) -> None:
    asked = schedule(network)
    with network.begin() as session:
        session.execute(update(Email).values(kind="notice", priority=3, invitation_id=None))
    for hours in (0, 27, 54):
        at = NOW + timedelta(hours=hours)
        settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=at)
        send(network, Scripted(script={1: InDoubtError("timeout")}), now=at + MINUTE)
    settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=NOW + timedelta(hours=99))
    with network() as session:
        found = session.scalars(select(Email).order_by(Email.id)).all()
    assert [(one.state, one.reason, one.dedupe_key.endswith(":again")) for one in found] == [
        ("dropped", "UNCONFIRMED", False),
        ("dropped", "UNCONFIRMED", True),
    ]
    assert found[0].id == asked.email_id
    assert found[1].unsubscribe_sha256 == digest(KEYRING.token(Purpose.UNSUBSCRIBE, found[1].id))


def test_the_history_says_whether_the_provider_told_of_others_then(network: Any) -> None:
    others = [schedule(network) for _ in range(2)]
    send(network, Scripted(events=True))
    with network.begin() as session:
        session.execute(update(Email).where(Email.id == others[0].email_id).values(delivery_at=NOW))
    doubtful = schedule(network)
    send(network, Scripted(events=True, script={1: InDoubtError("timeout")}), now=NOW + 5 * MINUTE)
    settle_doubts(network, provider=blind(), journeys=Free(), keys=KEYRING, now=NOW + timedelta(hours=27))
    with network() as session:
        checks = select(DoubtCheck.found).where(DoubtCheck.email_id == doubtful.email_id)
        assert session.scalars(checks).all() == ["dropped: nothing heard; events of 1 of 2 other emails within 10 min"]


def test_a_second_acceptance_of_one_email_is_not_possible(network: Any) -> None:
    asked = in_doubt(network, Scripted(script={1: InDoubtError("timeout")}))
    settle_doubts(network, provider=Scripted(), journeys=Free(), keys=KEYRING, now=NOW + MINUTE)
    again = Scripted()
    assert send(network, again, now=NOW + MINUTE).sent == 1
    with network() as session:
        live = session.scalars(select(SendAttempt).where(SendAttempt.outcome == "accepted")).all()
    assert [(one.email_id, one.n) for one in live] == [(asked.email_id, 2)]


@ON_SQLITE
@pytest.mark.parametrize(
    ("word", "state", "left"),
    [(TransientError("421 later"), "pending", {}), (InDoubtError("timeout"), "in_doubt", {DECIDED: {"in_doubt": 1}})],
)
def test_a_worker_that_wakes_after_the_sweep_ends_the_doubt_only_when_it_knows_more(
    network: Any, word: Exception, state: str, left: dict[date, dict[str, int]]
) -> None:
    asked = schedule(network)

    def sleepy(_message: Any) -> None:
        assert sweep_leases(network, now=NOW + 2 * MINUTE).in_doubt == (asked.email_id,)

    send(network, Scripted(on_call=sleepy, script={1: word}))
    assert states(network, asked) == (state, "scheduled")
    assert counts(network) == left
