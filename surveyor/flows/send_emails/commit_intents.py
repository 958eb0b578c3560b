"""T2: confirm again under the customers' locks and commit the intents, before a byte leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.emails import LEASE, State, build_failed, policy
from surveyor.core.reasons import Reason
from surveyor.db import emails as rows
from surveyor.db import reports, tallies
from surveyor.db.alerts import raise_alert
from surveyor.db.emails import Held, Intent, OfInvitation, Terms
from surveyor.db.plain import by_index
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.send_emails.follow import follow_closed
from surveyor.flows.send_emails.mailer import GO, Built, Go, Mailer, Persons, Refuse, Verdict, Wait
from surveyor.flows.send_emails.pace import over_the_day, tokens
from surveyor.flows.send_emails.prepare import body_sha256
from surveyor.mail.message import Message

#: What the address reasons of the rules are called when a suppression of that reason stops an email.
STOPPED_BY = {
    "unsubscribed": Reason.UNSUBSCRIBED,
    "erased": Reason.UNSUBSCRIBED,
    "paused": Reason.PAUSED,
    "complained": Reason.SPAM_COMPLAINT,
    "bounced_hard": Reason.HARD_BOUNCE,
    "bounced_soft": Reason.BLOCKED,
    "manual": Reason.BLOCKED,
}


@dataclass
class Committed:
    """What T2 decided: the hand-overs to make, in order, and how many emails went elsewhere; what it read besides."""

    intents: list[tuple[Intent, Message]] = field(default_factory=list)
    pending: int = 0
    dropped: int = 0
    invitations: Mapping[UUID, OfInvitation] = field(default_factory=dict)
    persons: Persons | None = None


def commit_intents(sessions: Any, group: Sequence[Built], *, mailer: Mailer, counted: str, now: datetime) -> Committed:
    """One transaction for the group; what is not in `intents` when it returns must not be sent.

    counted: the group of domains whose bucket the claim took tokens from, "" for none; those unused go back.
    """

    def once() -> Committed:
        with sessions.begin() as session:
            by_index(session)
            found = _commit(session, group, mailer, now)
            unused = len(group) - len(found.intents)
            if counted and unused:
                purse = tokens(session, mailer.provider.name, mailer.pace, now=now)
                purse.take(counted, -unused)
                purse.save(session)
            fault("intent.in_tx")
        return found

    found = again(once)
    fault("intent.committed")
    return found


def _commit(session: Any, group: Sequence[Built], mailer: Mailer, now: datetime) -> Committed:
    persons = mailer.journeys.begin(session, [one.email for one in group if one.email.invitation_id], now=now)
    alive, invitations = rows.still_leased(session, [one.email for one in group])
    group = [one for one in group if one.email.id in alive]
    by_rules = {email_id: persons.confirm(invitation) for email_id, invitation in invitations.items()}
    by_rules |= _staff(session, group)
    verdicts = {one.email.id: _verdict(one, by_rules.get(one.email.id, GO), alive[one.email.id], now) for one in group}
    going = [one for one in group if isinstance(verdicts[one.email.id], Go) and one.message is not None]
    late = over_the_day(session, [one.email.id for one in going], invitations, pace=mailer.pace, now=now)
    if late:
        verdicts.update({email_id: Wait(slot) for email_id, slot in late.items()})
        going = [one for one in going if one.email.id not in late]
    found = _intend(session, going, verdicts, mailer.provider.name, now)
    found.invitations, found.persons = invitations, persons
    if len(found.intents) == len(group):  # as nearly always: nobody waits and nothing ended
        return found
    found.pending = _give_back(session, group, verdicts, now)
    refused = {email_id: verdict.reason for email_id, verdict in verdicts.items() if isinstance(verdict, Refuse)}
    found.dropped = len(refused)
    rows.drop(session, sorted(refused.items()), states=("leased",))
    closed = [
        (invitations[email_id], "dropped", reason, "leased")
        for email_id, reason in sorted(refused.items())
        if email_id in invitations
    ]
    ends, deltas = follow_closed(session, closed, now=now)
    for end in ends:
        if not isinstance(by_rules[end.invitation.email_id], Refuse):
            persons.ended(end)
    tallies.add(session, [*deltas, *persons.keep()])
    return found


def _verdict(one: Built, verdict: Verdict, held: Held, now: datetime) -> Verdict:
    """What the rules said, unless the email is too late or could not be built."""
    if isinstance(verdict, Refuse):
        return verdict
    if one.refused:
        return Refuse(one.refused)
    if held.expires_at <= now:
        return Refuse(Reason.EXPIRED)
    if held.moved:  # what was built goes to where its reader no longer is
        return Wait(now)
    if isinstance(verdict, Wait) or one.message is not None:
        return verdict
    state, reason, due = build_failed(one.email.build_failures, now=now)
    return Refuse(reason or Reason.BUILD_ERROR) if state is State.DROPPED else Wait(due or now)


def _intend(
    session: Any, going: Sequence[Built], verdicts: dict[UUID, Verdict], provider: str, now: datetime
) -> Committed:
    """Write the intents kind by kind; an email without an intent gets its verdict from what stopped it."""
    found = Committed()
    readers = {one.email.id: one.email.user_id for one in going}
    for kind in dict.fromkeys(one.email.kind for one in going):
        stopping = policy(kind).stopping
        of_kind = {one.email.id: one for one in going if one.email.kind == kind}
        leaving = [
            (one.email, body_sha256(one.message), one.edition) for one in of_kind.values() if one.message is not None
        ]
        for intent in rows.intend(session, leaving, Terms(provider, now, now + LEASE, stopping)):
            message = of_kind.pop(intent.email_id).message
            assert message is not None  # or it would not be `leaving`
            found.intents.append((intent, message))
            _keep(session, readers[intent.email_id], intent, message, now)
        refused = list(of_kind)
        stopped = rows.blocked_by(session, refused, now=now, stopping=stopping) if refused else {}
        for email_id in refused:
            reason = stopped.get(email_id)
            verdicts[email_id] = Refuse(STOPPED_BY[reason]) if reason else Wait(now)
    return found


def _staff(session: Any, group: Sequence[Built]) -> dict[UUID, Verdict]:
    """Nobody whose account was closed is written to, whatever was built before."""
    readers = {one.email.id: one.email.user_id for one in group if one.email.user_id is not None}
    if not readers:
        return {}
    closed = reports.closed_accounts(session, set(readers.values()))
    return {email_id: Refuse(Reason.NO_ACCESS) for email_id, user in readers.items() if user in closed}


def _keep(session: Any, user_id: UUID | None, intent: Intent, message: Message, now: datetime) -> None:
    """What a report says when it leaves is what the archive shows, from the same commit on."""
    kept = message.report
    if kept is None or user_id is None:
        return
    said = kept.report
    copy = reports.Copy(
        email_id=intent.email_id,
        n=intent.n,
        user_id=user_id,
        kind=said.kind,
        edition=said.edition,
        scope=kept.scope,
        period=said.period,
        subject=said.subject,
        quiet=said.quiet,
        made_at=now,
    )
    reports.keep(session, copy, said)


def _give_back(session: Any, group: Sequence[Built], verdicts: dict[UUID, Verdict], now: datetime) -> int:
    waiting = []
    for one in group:
        verdict = verdicts[one.email.id]
        if isinstance(verdict, Wait):
            failed = one.message is None
            waiting.append((one.email, max(verdict.at, one.email.due_at), 1 if failed else 0))
        if one.error:
            raise_alert(session, "build_failed", now=now, subject=one.email.kind, detail=one.error)
    rows.give_back(session, waiting)
    return len(waiting)
