"""Whether the planned occurrence of a cycle brings an email, and which day comes next if not (rules.md, 7)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.calendar import add_months, local_day, send_day
from surveyor.core.checks import (
    MOST_IDS,
    View,
    address_reasons,
    cooldown_end,
    in_scope,
    is_excluded,
    is_idle,
    is_paused,
    orders_between,
    pressure,
    sent_in_year,
    stronger_open,
)
from surveyor.core.decide import drawn_out, too_soon
from surveyor.core.decision import Decision
from surveyor.core.history import Cycle
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule

#: After these the enrolment ends; `min_orders` in the window are then needed again.
ENDING: frozenset[Reason] = frozenset(
    {
        Reason.RULE_DISABLED,
        Reason.NO_EMAIL,
        Reason.UNSUBSCRIBED,
        Reason.SPAM_COMPLAINT,
        Reason.HARD_BOUNCE,
        Reason.BLOCKED,
        Reason.OUT_OF_SCOPE,
        Reason.STORE_EXCLUDED,
        Reason.STOPPED_IDLE,
        Reason.IDLE,
        Reason.HOLDOUT,
    }
)
#: After these the next date is the first send day free of pause, cool-down and cap.
_WAITING: frozenset[Reason] = frozenset({Reason.PAUSED, Reason.COOLDOWN, Reason.ANNUAL_CAP})


def carrier(cycle: Cycle, view: View, basis: str) -> tuple[str, str, str]:
    """Order, store and zone that the next email carries: the latest qualifying order's, else the last email's."""
    latest = view.account.latest(basis)
    return cycle.last if latest is None else (latest.id, latest.store_id, latest.zone)


def blank(cycle: Cycle, view: View, *, now: datetime) -> Decision:
    """A decision on this occurrence before any check: SUPPRESSED by RULE_DISABLED is all that it can say."""
    return Decision(
        Verdict.SUPPRESSED,
        (Reason.RULE_DISABLED,),
        view.account.id,
        cycle.rule_id,
        view.regime.version,
        None,
        cycle.last[0],
        cycle.opened_by,
        cycle.occurrence,
        cycle.store_id,
        cycle.zone,
        local_day(now, cycle.zone),
        now,
        due_day=cycle.due_day,
    )


def decide_occurrence(cycle: Cycle, view: View, *, rule: Rule, arm: str | None, now: datetime) -> Decision:
    """What `rule` (as lived on the planned day, arm included) says of this occurrence at `now`, inside its slot."""
    decision = blank(cycle, view, now=now)
    decision.order_id, decision.store_id, decision.zone = carrier(cycle, view, rule.basis)
    decision.arm = arm
    today = decision.day = local_day(now, decision.zone)
    decision.window_start = add_months(today, -rule.idle_months)
    ids = orders_between(view.account, rule.basis, after=decision.window_start, until=today)
    decision.counted, decision.order_ids = len(ids), tuple(ids[-MOST_IDS:])
    sent = pressure(rule, view, day=today, zone=decision.zone)
    decision.last_sent_day, decision.cooldown_end, decision.sent_in_year = sent
    reasons = _refusals(rule, view, decision) or drawn_out(rule, view, cycle.label, decision)
    decision.reasons = tuple(reasons)
    if not reasons:
        decision.verdict, decision.planned_at = Verdict.SCHEDULED, now
    return decision


def _refusals(rule: Rule, view: View, decision: Decision) -> list[Reason]:
    assert decision.due_day is not None
    reasons = address_reasons(view, decision.store_id, decision.decided_at)
    if is_paused(view.person, decision.day):
        reasons.append(Reason.PAUSED)
    if not in_scope(rule, view, decision.store_id):
        reasons.append(Reason.OUT_OF_SCOPE)
    if is_excluded(view, decision.store_id):
        reasons.append(Reason.STORE_EXCLUDED)
    if decision.day - decision.due_day > rule.max_late_days:
        reasons.append(Reason.EXPIRED)
    if is_idle(view.account, rule, decision.day):
        reasons.append(Reason.STOPPED_IDLE)
    reasons += too_soon(rule, decision, decision.day)
    if stronger_open(view, rule.priority) is not None:
        reasons.append(Reason.OPEN_SOLICITATION)
    return reasons


def next_day(decision: Decision, view: View, *, rule: Rule) -> int:
    """The day planned after an occurrence that was not SENT and did not end the enrolment; always after today."""
    today, reason = decision.day, decision.reason
    if reason in _WAITING:
        return _free_day(today, view, rule=rule, zone=decision.zone)
    if reason is Reason.OPEN_SOLICITATION and (blocker := stronger_open(view, rule.priority)) is not None:
        return send_day(max(local_day(blocker.at, blocker.zone), today) + 1, rule.send_days)
    if reason is Reason.EXPIRED:
        day = decision.due_day or today
        while day <= today:
            day = after_cooldown(day, view, rule=rule)
        return send_day(day, rule.send_days)
    return send_day(after_cooldown(today, view, rule=rule), rule.send_days)


def after_cooldown(day: int, view: View, *, rule: Rule) -> int:
    """`day` plus one cool-down of this person under this rule."""
    return cooldown_end(rule, day, above=view.regime.globals, gap_months=view.person.gap_months)


def _free_day(today: int, view: View, *, rule: Rule, zone: str) -> int:
    """The first send day after today free of pause, cool-down and cap."""
    end = pressure(rule, view, day=today, zone=zone)[1]
    day = send_day(max(today + 1, view.person.pause_until or 0, end or 0), rule.send_days)
    sent = view.person.sent()
    while rule.cap_per_365d is not None and sent_in_year(sent, day, zone) >= rule.cap_per_365d:
        day = send_day(day + 1, rule.send_days)
    return day
