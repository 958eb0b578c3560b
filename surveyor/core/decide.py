"""Whether an order brings an email (`decide`), and whether that email still leaves (`confirm`): the same checks twice.

Pure: no clock, no draw but by hash; two calls with the same arguments agree. What a decision changes in the memory of a
person is `core/journey`; this module only reads.
"""

from __future__ import annotations

from datetime import datetime

from surveyor.core.calendar import add_months, local_day, planned_slot
from surveyor.core.checks import (
    MOST_IDS,
    View,
    address_reasons,
    counted,
    in_scope,
    is_excluded,
    is_idle,
    is_paused,
    orders_between,
    pressure,
    rule_lived,
    stronger_open,
)
from surveyor.core.decision import Decision
from surveyor.core.draws import holdout_draw, sampling_draw
from surveyor.core.history import Invitation, Order, day_of
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule
from surveyor.core.slots import slot_from

_NOT_ELIGIBLE, _SUPPRESSED, _SCHEDULED = Verdict.NOT_ELIGIBLE, Verdict.SUPPRESSED, Verdict.SCHEDULED
_OUT_OF_SCOPE, _CANCELLED = (Reason.OUT_OF_SCOPE,), (Reason.ORDER_CANCELLED,)
_ENROLLED, _BELOW_MIN = (Reason.ENROLLED,), (Reason.BELOW_MIN_ORDERS,)


def decide(rule: Rule, view: View, *, order: Order, now: datetime) -> Decision:
    """What `rule` says of `order` at `now` (rules.md, 5). `rule` is as written: the arm is drawn here.

    Raises ValueError when the order has no date of the rule's basis yet: there is nothing to decide.
    """
    day = order.ordered_day if rule.basis == "ordered_at" else order.fulfilled_day
    if day is None:
        raise ValueError(f"order {order.id} has no {rule.basis} yet")
    arm = None
    if rule.experiment is not None:
        rule, arm = rule_lived(rule, view.account.id, day)
    decision = Decision(
        _NOT_ELIGIBLE,
        (),
        view.account.id,
        rule.id,
        view.regime.version,
        arm,
        order.id,
        order.id,
        1,
        order.store_id,
        order.zone,
        day,
        now,
    )
    account = view.account
    if (rule.segments or rule.store_ids or rule.regions) and not in_scope(rule, view, order.store_id):
        decision.reasons = _OUT_OF_SCOPE
    elif order.cancelled:
        decision.reasons = _CANCELLED
    elif account.cycles and rule.mode == "recurring" and rule.id in account.cycles:
        decision.reasons = _ENROLLED
    else:
        found, needed = _count(rule, view, order, decision), rule.min_orders
        decision.counted, decision.needed = found, needed
        if found < needed:
            decision.reasons = _BELOW_MIN
        elif reasons := _refusals(rule, view, order, decision) or _draws(rule, view, order, decision):
            decision.verdict, decision.reasons = _SUPPRESSED, tuple(reasons)
        else:
            decision.verdict = _SCHEDULED
    return decision


def _count(rule: Rule, view: View, order: Order, decision: Decision) -> int:
    """How many orders are in the window, which the decision keeps with the latest of their ids."""
    after = None
    if rule.consume_orders and (sent := view.person.sent()):
        after = decision.last_sent_day = local_day(sent[-1], order.zone)
    decision.window_start, ids = counted(view.account, rule, order, after=after)
    decision.order_ids = tuple(ids) if len(ids) <= MOST_IDS else tuple(ids[-MOST_IDS:])
    return len(ids)


def _refusals(rule: Rule, view: View, order: Order, decision: Decision) -> list[Reason]:
    """The reasons that can be seen without a draw, in their order; the due date and the slot are set first."""
    zone, now = decision.zone, decision.decided_at
    due, slot, day = planned_slot(decision.day + rule.delay_days, rule.send_time, rule.send_days, zone)
    if slot < now:
        slot = slot_from(rule, zone, day=due, not_before=now)
        day = local_day(slot, zone)
    decision.due_day, decision.planned_at = due, slot
    decision.last_sent_day, decision.cooldown_end, decision.sent_in_year = pressure(rule, view, day=day, zone=zone)
    person, account = view.person, view.account
    reasons: list[Reason] = []
    alone = account.open is None and len(person.accounts) == 1
    blocker = None if alone else stronger_open(view, rule.priority)
    of_this_order = blocker is not None and blocker.order_id == order.id and not blocker.recurring
    if of_this_order:
        reasons.append(Reason.LOWER_PRIORITY)
    if person.suppressions or not account.email_known:
        reasons += address_reasons(view, order.store_id, now)
    if person.pause_until is not None and is_paused(person, day):
        reasons.append(Reason.PAUSED)
    if order.store_id in view.regime.excluded:
        reasons.append(Reason.STORE_EXCLUDED)
    if day - due > rule.max_late_days:
        reasons.append(Reason.EXPIRED)
    if decision.last_sent_day is not None:
        reasons += too_soon(rule, decision, day)
    if blocker is not None and not of_this_order:
        reasons.append(Reason.OPEN_SOLICITATION)
    return reasons


def too_soon(rule: Rule, decision: Decision, day: int) -> list[Reason]:
    """COOLDOWN and ANNUAL_CAP, when what was sent forbids `day`."""
    reasons = []
    if decision.cooldown_end is not None and day < decision.cooldown_end:
        reasons.append(Reason.COOLDOWN)
    if rule.cap_per_365d is not None and (decision.sent_in_year or 0) >= rule.cap_per_365d:
        reasons.append(Reason.ANNUAL_CAP)
    return reasons


def _draws(rule: Rule, view: View, order: Order, decision: Decision) -> list[Reason]:
    """The first of: a hold, the holdout, the sampling. During a hold nothing is drawn."""
    hold = view.account.holds.get(rule.id)
    if hold is None and not rule.holdout_rate and rule.sampling_rate >= 1:
        return []
    if hold and hold.order_id != order.id and local_day(_slot(decision), decision.zone) < hold.until:
        return [Reason.SAMPLING_HOLD]
    return drawn_out(rule, view, order.id, decision)


def _slot(decision: Decision) -> datetime:
    assert decision.planned_at is not None
    return decision.planned_at


def drawn_out(rule: Rule, view: View, occasion: str, decision: Decision) -> list[Reason]:
    """HOLDOUT or SAMPLED_OUT of an occasion (an order's id, "order#n"), with the draw kept in the decision."""
    if rule.holdout_rate:
        decision.draw = holdout_draw(view.regime.globals.holdout_salt, view.account.id)
        if decision.draw < rule.holdout_rate:
            return [Reason.HOLDOUT]
    if rule.sampling_rate < 1:
        decision.draw = sampling_draw(rule, view.account.id, occasion)
        if decision.draw >= rule.sampling_rate:
            return [Reason.SAMPLED_OUT]
    return []


def confirm(invitation: Invitation, view: View, *, now: datetime) -> Decision:
    """Whether an open invitation leaves at `now`, from its snapshot (rules.md, 6): SCHEDULED for yes, else SUPPRESSED.

    Dates are those of today at its store. An occurrence of a cycle is not counted again: being idle is what stops it.
    """
    rule, today = invitation.rule, local_day(now, invitation.zone)
    last_sent_day, over, in_year = pressure(rule, view, day=today, zone=invitation.zone)
    decision = Decision(
        _SCHEDULED,
        (),
        view.account.id,
        rule.id,
        invitation.version,
        invitation.arm,
        invitation.order_id,
        invitation.opened_by,
        invitation.occurrence,
        invitation.store_id,
        invitation.zone,
        today,
        now,
    )
    decision.due_day, decision.planned_at = invitation.due_day, invitation.at
    decision.last_sent_day, decision.cooldown_end, decision.sent_in_year = last_sent_day, over, in_year
    person = view.person
    reasons: list[Reason] = []
    if rule.id not in view.regime.by_id:
        reasons.append(Reason.RULE_DISABLED)
    if person.suppressions or not view.account.email_known:
        reasons += address_reasons(view, invitation.store_id, now)
    if person.pause_until is not None and is_paused(person, today):
        reasons.append(Reason.PAUSED)
    if is_excluded(view, invitation.store_id):
        reasons.append(Reason.STORE_EXCLUDED)
    reasons += _recounted(invitation, view, decision)
    if today - invitation.due_day > rule.max_late_days:
        reasons.append(Reason.EXPIRED)
    if is_idle(view.account, rule, today):
        reasons.append(Reason.IDLE)
    if last_sent_day is not None:
        reasons += too_soon(rule, decision, today)
    if reasons:
        decision.verdict, decision.reasons = Verdict.SUPPRESSED, tuple(reasons)
    return decision


def _recounted(invitation: Invitation, view: View, decision: Decision) -> list[Reason]:
    """ANCHOR_CANCELLED, BELOW_MIN_AT_SEND; an order that is known no more counts as cancelled."""
    rule = invitation.rule
    if invitation.recurring:
        decision.window_start = add_months(decision.day, -rule.idle_months)
        ids = orders_between(view.account, rule.basis, after=decision.window_start, until=decision.day)
        decision.counted, decision.order_ids = len(ids), tuple(ids[-MOST_IDS:])
        return []
    order = view.account.orders.get(invitation.order_id)
    if order is None:
        return [Reason.ANCHOR_CANCELLED]
    decision.window_start, ids = counted(view.account, rule, order, after=decision.last_sent_day)
    decision.day = day_of(order, rule.basis) or decision.day
    decision.counted, decision.needed = len(ids), rule.min_orders
    decision.order_ids = tuple(ids[-MOST_IDS:])
    reasons = [Reason.ANCHOR_CANCELLED] if order.cancelled else []
    return reasons + ([Reason.BELOW_MIN_AT_SEND] if len(ids) < rule.min_orders else [])
