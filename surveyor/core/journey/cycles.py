"""Cycles of `recurring` rules: what happens when the instant of a planned occurrence comes (rules.md, 7)."""

from __future__ import annotations

from datetime import date, datetime

from surveyor.core.calendar import local_day
from surveyor.core.checks import View, rule_lived
from surveyor.core.decide_occurrence import blank, carrier, decide_occurrence
from surveyor.core.decision import Decision
from surveyor.core.history import Cycle, Invitation, Regime
from surveyor.core.journey.effects import Acted, CycleEnded, Decided, Invited, Later
from surveyor.core.journey.planning import go_on
from surveyor.core.journey.settling import replace_weaker
from surveyor.core.person import Person
from surveyor.core.reasons import Reason, Verdict
from surveyor.core.rules import Rule
from surveyor.core.slots import next_slot_unless_open


def occurrence_due(person: Person, customer_id: str, *, rule_id: str, regime: Regime, now: datetime) -> Later | Acted:
    """The planned instant of an enrolment has come, with the rules active now.

    Acted: a Decided; SCHEDULED comes with an Invited that is due at once (its `at_sending` is the ordinary one), else
    with CyclePlanned or CycleEnded. Raises KeyError when this customer has no occurrence planned by this rule.
    """
    account = person.accounts[customer_id]
    cycle = account.cycles[rule_id]
    if cycle.at is None:
        raise KeyError(rule_id)
    view, rule = View(person, account, regime), regime.by_id.get(rule_id)
    if now < cycle.at:
        return Later(cycle.at)
    if rule is None or rule.mode != "recurring":
        del account.cycles[rule_id]
        gone = CycleEnded(customer_id, rule_id, Reason.RULE_DISABLED)
        return Acted((Decided(blank(cycle, view, now=now), "cycle"), gone))
    lived, arm = rule_lived(rule, customer_id, cycle.due_day)
    zone = carrier(cycle, view, rule.basis)[2]
    later = next_slot_unless_open(lived, zone, grace_minutes=regime.globals.send_grace_minutes, now=now)
    if later is not None:
        cycle.at, cycle.look_day = later, local_day(later, zone)
        return Later(later)
    decision = decide_occurrence(cycle, view, rule=lived, arm=arm, now=now)
    if decision.verdict is Verdict.SCHEDULED:
        return _invite(cycle, view, lived, decision)
    return Acted((Decided(decision, "cycle"), *go_on(cycle, view, rule=lived, decision=decision)))


def _invite(cycle: Cycle, view: View, rule: Rule, decision: Decision) -> Acted:
    day = date.fromordinal(decision.day).isoformat()
    invitation = Invitation(
        f"recurring:{rule.id}:{view.account.id}:{day}",
        view.account.id,
        rule,
        view.regime.version,
        decision.arm,
        decision.order_id,
        cycle.opened_by,
        cycle.occurrence,
        decision.store_id,
        decision.zone,
        cycle.due_day,
        decision.decided_at,
        decision.counted or 0,
    )
    cycle.at = None
    ended = replace_weaker(view, invitation, now=decision.decided_at)
    view.account.open = invitation
    return Acted((*ended, Decided(decision, "cycle"), Invited(invitation)))
