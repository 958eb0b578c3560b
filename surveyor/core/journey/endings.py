"""An invitation ends: SENT plans what follows, anything else frees the decisions that it had blocked (rules.md, 9)."""

from __future__ import annotations

from bisect import insort
from datetime import datetime

from surveyor.core.calendar import local_day, minute_of_day, send_day, wall_clock
from surveyor.core.checks import View
from surveyor.core.decide_occurrence import after_cooldown
from surveyor.core.history import Account, Invitation, Regime
from surveyor.core.journey.effects import Effect, Reminder, ReminderPlanned
from surveyor.core.journey.planning import plan_next
from surveyor.core.journey.settling import close, free
from surveyor.core.person import Person
from surveyor.core.reasons import Reason


def invitation_sent(person: Person, key: str, *, customer_id: str, at: datetime, regime: Regime) -> list[Effect]:
    """It was SENT `at` (the instant of the intent that was accepted): cool-downs run, cycle and reminder are planned.

    A key that is not open any more (evidence that came late) only adds the instant.
    """
    account = person.accounts[customer_id]
    _remember(account, at)
    invitation = account.open
    if invitation is None or invitation.key != key:
        return []
    account.open = None
    if not account.cycles and not invitation.rule.reminder_after_days:
        return []
    view, day = View(person, account, regime), local_day(at, invitation.zone)
    return _next_occurrence(invitation, view, day) + _reminder(invitation, day)


def invitation_failed(person: Person, key: str, *, reason: Reason, regime: Regime, now: datetime) -> list[Effect]:
    """Refused by the provider: not SENT, no cool-down. Blocked decisions are made again."""
    return _end(person, key, state="failed", reason=reason, regime=regime, now=now)


def invitation_dropped(
    person: Person, key: str, *, reason: Reason, regime: Regime, now: datetime, asked_at: datetime | None = None
) -> list[Effect]:
    """Dropped from outside: OPERATOR, BUILD_ERROR, UNCONFIRMED, UNSUBSCRIBED... Blocked decisions are made again.

    asked_at: the intent of an email that nobody can confirm: cool-down and cap count it as SENT.
    """
    invitation = person.invitation(key)
    if invitation is not None and asked_at is not None:
        _remember(person.accounts[invitation.customer_id], asked_at)
    return _end(person, key, state="dropped", reason=reason, regime=regime, now=now)


def _end(person: Person, key: str, *, state: str, reason: Reason, regime: Regime, now: datetime) -> list[Effect]:
    invitation = person.invitation(key)
    if invitation is None:
        return []
    view = View(person, person.accounts[invitation.customer_id], regime)
    effects = close(invitation, view, state=state, reason=reason, now=now)
    return effects + free(invitation.blocked, view, now=now)


def _remember(account: Account, at: datetime) -> None:
    if not account.sent or account.sent[-1] < at:
        account.sent.append(at)
    elif at not in account.sent:
        insort(account.sent, at)


def _next_occurrence(invitation: Invitation, view: View, day: int) -> list[Effect]:
    """The snapshot that wrote says when the next one is planned; the version active then will say whether it goes."""
    cycle = view.account.cycles.get(invitation.rule.id)
    if cycle is None or cycle.at is not None or cycle.opened_by != invitation.opened_by:
        return []
    cycle.last = (invitation.order_id, invitation.store_id, invitation.zone)
    rule = invitation.rule
    return [plan_next(cycle, view, rule=rule, day=send_day(after_cooldown(day, view, rule=rule), rule.send_days))]


def _reminder(invitation: Invitation, day: int) -> list[Effect]:
    rule = invitation.rule
    if not rule.reminder_after_days:
        return []
    due = send_day(day + rule.reminder_after_days, rule.send_days)
    at = wall_clock(due, minute_of_day(rule.send_time), invitation.zone)
    reminder = Reminder(
        invitation.key,
        invitation.customer_id,
        rule,
        invitation.label,
        invitation.order_id,
        invitation.store_id,
        invitation.zone,
        day,
        due,
        at,
    )
    return [ReminderPlanned(reminder)]
