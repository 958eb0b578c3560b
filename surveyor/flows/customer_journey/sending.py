"""The rules at both ends of a hand-over: may this email leave now, and what follows from how it ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.journey import (
    Drop,
    Effect,
    Later,
    at_sending,
    invitation_dropped,
    invitation_failed,
    invitation_sent,
    reminder_due,
)
from surveyor.core.person import Person
from surveyor.core.reasons import Reason
from surveyor.core.tokens import Keyring
from surveyor.db import reminders
from surveyor.db.emails import OfInvitation
from surveyor.db.reminders import ReminderRow
from surveyor.db.tallies import Delta
from surveyor.flows.customer_journey.ledger import Ledger
from surveyor.flows.customer_journey.load import Loaded
from surveyor.flows.customer_journey.readers import load_readers
from surveyor.flows.customer_journey.regime import DEFAULTS, Defaults, ReadRules, active_rules
from surveyor.flows.customer_journey.reminding import reminder_of
from surveyor.flows.send_emails.mailer import GO, About, End, Persons, Refuse, Verdict, Wait

_FIRST = "invitation"
_NOBODY: Any = None
_NOTHING: Any = None


@dataclass(frozen=True, slots=True)
class CustomerJourneys:
    """What the sending of emails asks of the rules (`send_emails.mailer.Journeys`)."""

    keys: Keyring
    defaults: Defaults = DEFAULTS
    read: ReadRules = active_rules

    def begin(
        self, session: Any, emails: Collection[About], *, now: datetime, known: Persons | None = None
    ) -> LivePersons:
        """Lock and load the customers of these emails, for the time of the caller's transaction."""
        if not emails:
            return LivePersons(session)
        before = known.loaded if isinstance(known, LivePersons) else None
        loaded = load_readers(session, emails, terms=(self.defaults, self.read), now=now, before=before)
        second = {email.invitation_id for email in emails if email.invitation_id and email.kind != _FIRST}
        return LivePersons(
            session,
            loaded,
            Ledger(loaded, self.keys),
            reminders.of_invitations(session, second),
            {row.customer_id: name for name, row in loaded.rows.items()},
        )


@dataclass(slots=True)
class LivePersons:
    """The customers of some emails in one transaction; of none, nothing is asked."""

    session: Any
    loaded: Loaded = _NOBODY
    ledger: Ledger = _NOTHING
    reminders: Mapping[UUID, ReminderRow] = field(default_factory=dict)
    names: Mapping[UUID, str] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def confirm(self, email: OfInvitation) -> Verdict:
        """Whether it may go now. Wait moves the invitation; Refuse has ended it, and freed what it had blocked."""
        customer = self.names.get(email.customer_id, "")
        person = self.loaded.people.get(customer)
        if person is None:
            return Refuse(Reason.INTERNAL_ERROR)
        now, regime = self.loaded.now, self.loaded.terms.regime
        if email.kind != _FIRST:
            return self._remind(person, customer, email)
        key = email.dedupe_key
        if person.invitation(key) is None:
            return Refuse(Reason.INTERNAL_ERROR)
        answer = at_sending(person, key, regime=regime, now=now)
        if isinstance(answer, Later):
            self.ledger.keep(customer, ())
            return Wait(answer.at)
        if isinstance(answer, Drop):
            self._keep(customer, key, answer.effects)
            return Refuse(answer.reason)
        return GO

    def ended(self, end: End) -> None:
        """How an invitation ended otherwise: last sent dates, freed decisions, cycles. Its rows are the caller's."""
        customer = self.names.get(end.invitation.customer_id, "")
        person = self.loaded.people.get(customer)
        if person is not None:
            key = end.invitation.dedupe_key
            self._keep(customer, key, self._end(person, customer, key, end))

    def keep(self) -> list[Delta]:
        """Write customers and what followed; what that changes in tallies, to be added last."""
        if not self.names or not self.ledger.touched:
            return []
        self.ledger.settled = frozenset(self.settled)
        return self.ledger.write(self.session)

    def _keep(self, customer: str, key: str, effects: Collection[Effect]) -> None:
        self.settled.add(key)
        self.ledger.keep(customer, effects)

    def _end(self, person: Person, customer: str, key: str, end: End) -> list[Effect]:
        now, regime = self.loaded.now, self.loaded.terms.regime
        if end.state == "sent":
            return invitation_sent(person, key, customer_id=customer, at=end.at, regime=regime)
        reason = Reason(end.reason or Reason.INTERNAL_ERROR)
        if end.state == "failed":
            return invitation_failed(person, key, reason=reason, regime=regime, now=now)
        return invitation_dropped(person, key, reason=reason, regime=regime, now=now, asked_at=end.asked_at)

    def _remind(self, person: Person, customer: str, email: OfInvitation) -> Verdict:
        row = self.reminders[email.invitation_id]
        reminder = reminder_of(row, customer, at=min(email.due_at, self.loaded.now))
        answer = reminder_due(
            person,
            reminder,
            answered=row.answered,
            cancelled=row.cancelled,
            regime=self.loaded.terms.regime,
            now=self.loaded.now,
        )
        if isinstance(answer, Later):
            return Wait(answer.at)
        return Refuse(answer.reason) if isinstance(answer, Drop) else GO
