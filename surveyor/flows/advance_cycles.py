"""The clock comes to customers: occurrences of cycles and reminders that are due are decided, or looked at later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.journey import Acted, Drop, Invited, Later, occurrence_due, reminder_due
from surveyor.core.tokens import Keyring
from surveyor.db import cycles, invitations, reminders, tallies
from surveyor.db.base import new_id
from surveyor.db.cycles import DueCycle
from surveyor.db.invitations import NewEmail
from surveyor.db.reminders import ReminderRow
from surveyor.flows.again import again
from surveyor.flows.customer_journey import (
    DEFAULTS,
    Defaults,
    Ledger,
    ReadRules,
    active_rules,
    load_persons,
    read_terms,
)
from surveyor.flows.customer_journey.load import Loaded, recall_all
from surveyor.flows.customer_journey.outbox import customer_email, last_instant
from surveyor.flows.customer_journey.reminding import reminder_of


@dataclass(frozen=True, slots=True)
class Advanced:
    """How many occurrences and reminders were looked at, and how many emails that made."""

    looked_at: int = 0
    invited: int = 0
    reminded: int = 0

    def __add__(self, other: Advanced) -> Advanced:
        """Both together."""
        return Advanced(self.looked_at + other.looked_at, self.invited + other.invited, self.reminded + other.reminded)


def advance_cycles(
    sessions: Any,
    *,
    keys: Keyring,
    now: datetime,
    defaults: Defaults = DEFAULTS,
    limit: int = 500,
    read: ReadRules = active_rules,
) -> Advanced:
    """Look at everything that is due, `limit` rows a transaction, until nothing is.

    An occurrence that is SCHEDULED becomes an invitation due at once; a reminder that may go becomes an email due at
    once; both are confirmed again when they leave. Several clocks may call it together.
    """
    clock = _Clock(sessions, keys, now, defaults, limit, read)
    total = Advanced()
    for work in (clock.occurrences, clock.reminders):
        while (done := again(work)).looked_at:
            total += done
            if done.looked_at < limit:
                break
    return total


@dataclass(frozen=True, slots=True)
class _Clock:
    sessions: Any
    keys: Keyring
    now: datetime
    defaults: Defaults
    limit: int
    read: ReadRules

    def occurrences(self) -> Advanced:
        with self.sessions.begin() as session:
            due = cycles.due(session, now=self.now, limit=self.limit)
            if not due:
                return Advanced()
            loaded = self._load(session, due)
            ledger = Ledger(loaded, self.keys)
            cycles.plan(session, self._unreadable(loaded, due))
            turns = self._in_turn(loaded, due)
            now_on = [one for one in turns if not _another_goes_first(loaded, *one)]
            invited = sum(_occur(ledger, one) for one in now_on)
            tallies.add(session, ledger.write(session))
            return Advanced(len(due) - len(turns) + len(now_on), invited)

    def reminders(self) -> Advanced:
        with self.sessions.begin() as session:
            due = reminders.due(session, now=self.now, limit=self.limit)
            if not due:
                return Advanced()
            loaded = self._load(session, due)
            emails = [email for row in due if (email := self._remind(session, loaded, row)) is not None]
            invitations.add_emails(session, emails)
            return Advanced(len(due), reminded=len(emails))

    def _load(self, session: Any, rows: Sequence[DueCycle | ReminderRow]) -> Loaded:
        loaded = load_persons(
            session,
            read_terms(session, self.defaults, read=self.read),
            customer_ids={row.customer_id for row in rows},
            address_keys={row.address_key for row in rows if row.address_key is not None},
            now=self.now,
        )
        recall_all(session, loaded)
        return loaded

    def _unreadable(self, loaded: Loaded, due: list[DueCycle]) -> list[tuple[Any, str, str, int, datetime]]:
        """Cycles of customers whose memory cannot be read: looked at again in an hour, so that the others go on."""
        broken = {loaded.rows[customer].customer_id for customer in loaded.broken}
        later = self.now + timedelta(hours=1)
        return [
            (one.customer_id, one.rule_id, one.opened_by, one.occurrence, later)
            for one in due
            if one.customer_id in broken
        ]

    def _in_turn(self, loaded: Loaded, due: list[DueCycle]) -> list[tuple[str, DueCycle]]:
        """At one instant by priority, rule and customer (rules.md, 10)."""
        names = {row.customer_id: name for name, row in loaded.rows.items()}
        by_id = loaded.terms.regime.by_id

        def turn(one: tuple[str, DueCycle]) -> tuple[datetime, int, str, str]:
            rule = by_id.get(one[1].rule_id)
            return one[1].next_at, rule.priority if rule else 0, one[1].rule_id, one[0]

        return sorted(((names[one.customer_id], one) for one in due if one.customer_id in names), key=turn)

    def _remind(self, session: Any, loaded: Loaded, row: ReminderRow) -> NewEmail | None:
        customer = next((name for name, one in loaded.rows.items() if one.customer_id == row.customer_id), "")
        person = loaded.people.get(customer)
        if person is None or row.reminder_at is None:
            return None
        reminder = reminder_of(row, customer, at=row.reminder_at)
        answered, cancelled, regime = row.answered, row.cancelled, loaded.terms.regime
        answer = reminder_due(person, reminder, answered=answered, cancelled=cancelled, regime=regime, now=self.now)
        next_look = answer.at if isinstance(answer, Later) else None
        invitations.plan_reminders(session, [(row.dedupe_key, next_look)])
        who = loaded.rows[customer]
        if isinstance(answer, Later | Drop) or who.address_key is None:
            return None
        common = customer_email(
            kind="reminder",
            invitation_id=row.id,
            customer_id=row.customer_id,
            address=(who.address_key, who.email),
            keys=self.keys,
            email_id=new_id(self.now),
        )
        expires = last_instant(reminder.due_day, reminder.rule.max_late_days, reminder.zone)
        late = max(expires, self.now + timedelta(days=1))
        return NewEmail(**common, state="pending", reason=None, due_at=self.now, expires_at=late)


def _another_goes_first(loaded: Loaded, customer: str, due: DueCycle) -> bool:
    """Whether an email of this person that is due as well goes before: at the same slot the smaller priority does.

    The occurrence is looked at again once that email has left.
    """
    person = loaded.people.get(customer)
    cycle = None if person is None else loaded.account(customer).cycles.get(due.rule_id)
    if person is None or cycle is None:
        return False
    rule = loaded.terms.regime.by_id.get(due.rule_id)
    mine = (cycle.priority if rule is None else rule.priority, due.rule_id, customer)
    return any(
        (one.rule.priority, one.rule.id, one.customer_id) < mine
        for one in person.open_invitations()
        if one.at <= loaded.now and one.key not in loaded.shielded
    )


def _occur(ledger: Ledger, due: tuple[str, DueCycle]) -> int:
    """One occurrence, unless somebody else looked at it meanwhile; how many invitations it made."""
    customer, row = due
    loaded = ledger.loaded
    person = loaded.people.get(customer)
    if person is None:
        return 0
    cycle = loaded.account(customer).cycles.get(row.rule_id)
    if cycle is None or cycle.at is None:
        ledger.forget_cycle(customer, row.rule_id)
        return 0
    regime, now = loaded.terms.regime, loaded.now
    answer = occurrence_due(person, customer, rule_id=row.rule_id, regime=regime, now=now)
    if isinstance(answer, Acted):
        ledger.keep(customer, answer.effects)
        return sum(isinstance(effect, Invited) for effect in answer.effects)
    ledger.keep(customer, ())
    ledger.look_again(customer, cycle, answer.at)
    return 0
