"""A rule decides on an order and the person's memory follows: invitation, enrolment, hold, what waits for what."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.calendar import local_day
from surveyor.core.checks import View, rule_lived
from surveyor.core.decide import decide
from surveyor.core.decide_occurrence import after_cooldown
from surveyor.core.decision import Decision
from surveyor.core.history import Blocked, Cycle, Hold, Invitation, Order, day_of, place
from surveyor.core.journey.effects import CycleEnded, Decided, Effect, InvitationEnded, Invited
from surveyor.core.journey.planning import go_on
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule

#: Refusals that may wait for an open invitation to end.
_WAITING = (Reason.LOWER_PRIORITY, Reason.OPEN_SOLICITATION, Reason.ENROLLED)


def settle(
    rule: Rule, view: View, *, order: Order, now: datetime, cause: str = "order", former: Reason | None = None
) -> list[Effect]:
    """Decide, remember, and say what happened. `former`: the reason of the decision that this one replaces."""
    decision = decide(rule, view, order=order, now=now)
    return settled(Decided(decision, cause, former is not None, former), rule, view, order=order)


def settled(decided: Decided, rule: Rule, view: View, *, order: Order) -> list[Effect]:
    """Remember a decision that was made just now, and say what happened."""
    decision = decided.decision
    reason = decision.reasons[0] if decision.reasons else None
    if reason is Reason.BELOW_MIN_ORDERS:
        order.below |= {rule.id}
        return [decided]
    if order.below:
        order.below -= {rule.id}
    if reason is None:
        return _schedule(rule, view, order, decided)
    if reason is Reason.SAMPLED_OUT or reason is Reason.HOLDOUT:
        _hold(rule, view, order, decision)
    elif reason in _WAITING and (blocker := _blocker(rule, view, reason)) is not None:
        blocker.blocked.append(Blocked(view.account.id, rule.id, order.id, reason))
    return [decided]


def _schedule(rule: Rule, view: View, order: Order, decided: Decided) -> list[Effect]:
    decision = decided.decision
    invitation = invitation_of(rule, view, order=order, decision=decision)
    if rule.mode == "recurring":
        last = (order.id, order.store_id, order.zone)
        view.account.cycles[rule.id] = Cycle(rule.id, order.id, 1, rule.priority, last, order.store_id, order.zone)
    effects = replace_weaker(view, invitation, now=decision.decided_at)
    view.account.open = invitation
    effects += (decided, Invited(invitation))
    return effects


def invitation_of(rule: Rule, view: View, *, order: Order, decision: Decision) -> Invitation:
    """The invitation that this decision, SCHEDULED, calls for."""
    assert decision.planned_at is not None
    assert decision.due_day is not None
    lived, arm = rule, None
    if rule.experiment is not None:
        lived, arm = rule_lived(rule, view.account.id, decision.day)
    return Invitation(
        f"order:{rule.id}:{order.id}",
        view.account.id,
        lived,
        view.regime.version,
        arm,
        order.id,
        order.id,
        1,
        order.store_id,
        order.zone,
        decision.due_day,
        decision.planned_at,
        decision.counted or 0,
    )


def replace_weaker(view: View, invitation: Invitation, *, now: datetime) -> list[Effect]:
    """End the open invitations that this one replaces; it takes over the decisions that wait for them."""
    effects: list[Effect] = []
    for account in view.person.accounts.values():
        weaker = account.open
        if weaker is None:
            continue
        invitation.blocked += weaker.blocked
        effects += close(weaker, view, state="dropped", reason=Reason.SUPERSEDED, now=now)
    return effects


def close(
    invitation: Invitation, view: View, *, state: str, reason: Reason, now: datetime, checked: Decision | None = None
) -> list[Effect]:
    """The invitation ends without being SENT; its cycle with it, or goes on to another date. Frees nothing."""
    account = view.person.accounts[invitation.customer_id]
    account.open = None
    effects: list[Effect] = [InvitationEnded(invitation, state, reason, checked)]
    cycle = account.cycles.get(invitation.rule.id)
    if cycle is None or cycle.at is not None or cycle.opened_by != invitation.opened_by:
        return effects
    if not invitation.recurring:
        del account.cycles[cycle.rule_id]
        return [*effects, CycleEnded(account.id, cycle.rule_id, None)]
    if checked is None:
        checked = refused(invitation, reason, now=now)
    return effects + go_on(cycle, View(view.person, account, view.regime), rule=invitation.rule, decision=checked)


def refused(invitation: Invitation, reason: Reason, *, now: datetime) -> Decision:
    """The bare decision that an occurrence ended for `reason`, from which its cycle goes on."""
    return Decision(
        Verdict.SUPPRESSED,
        (reason,),
        invitation.customer_id,
        invitation.rule.id,
        invitation.version,
        invitation.arm,
        invitation.order_id,
        invitation.opened_by,
        invitation.occurrence,
        invitation.store_id,
        invitation.zone,
        local_day(now, invitation.zone),
        now,
        due_day=invitation.due_day,
    )


def free(waiting: list[Blocked], view: View, *, now: datetime) -> list[Effect]:
    """Make the decisions that waited again, oldest order first, then by rule; those of rules gone stay as they are."""
    again: list[tuple[tuple[datetime, str], tuple[int, str], Rule, View, Order, Reason]] = []
    for blocked in waiting:
        rule, account = view.regime.by_id.get(blocked.rule_id), view.person.accounts.get(blocked.customer_id)
        order = None if account is None else account.orders.get(blocked.order_id)
        if rule is None or account is None or order is None or day_of(order, rule.basis) is None:
            continue
        own = View(view.person, account, view.regime)
        again.append((place(rule.basis)(order), (rule.priority, rule.id), rule, own, order, blocked.reason))
    again.sort(key=lambda entry: entry[:2])
    effects: list[Effect] = []
    for _, _, rule, own, order, former in again:
        effects += settle(rule, own, order=order, now=now, cause="freed", former=former)
    return effects


def _hold(rule: Rule, view: View, order: Order, decision: Decision) -> None:
    """Without it each new order would be a new draw. It lasts one cool-down from the day the email would have left."""
    assert decision.planned_at is not None
    lived, _ = rule_lived(rule, view.account.id, decision.day)
    until = after_cooldown(local_day(decision.planned_at, decision.zone), view, rule=lived)
    view.account.holds[rule.id] = Hold(until, order.id)


def _blocker(rule: Rule, view: View, reason: Reason) -> Invitation | None:
    """The open invitation that this refusal waits for, if any."""
    if reason is Reason.LOWER_PRIORITY or reason is Reason.OPEN_SOLICITATION:
        return next(i for i in view.person.open_invitations() if i.rule.priority <= rule.priority)
    opening = view.account.open
    if reason is Reason.ENROLLED and opening is not None and opening.rule.id == rule.id and not opening.recurring:
        return opening
    return None
