"""When a cycle writes next: the day counts from the last SENT, the instant follows the customer's latest order."""

from __future__ import annotations

from surveyor.core.calendar import minute_of_day, wall_clock
from surveyor.core.checks import View
from surveyor.core.decide_occurrence import ENDING, carrier, next_day
from surveyor.core.decision import Decision
from surveyor.core.history import Cycle
from surveyor.core.journey.effects import CycleEnded, CyclePlanned, Effect
from surveyor.core.rules import Rule


def plan_next(cycle: Cycle, view: View, *, rule: Rule, day: int) -> CyclePlanned:
    """The next occurrence of this enrolment: on `day` (a send day), at the rule's hour at the store it follows."""
    cycle.occurrence += 1
    cycle.due_day = cycle.look_day = day
    cycle.priority, cycle.send_time = rule.priority, rule.send_time
    _, cycle.store_id, cycle.zone = carrier(cycle, view, rule.basis)
    return _timed(cycle, view)


def go_on(cycle: Cycle, view: View, *, rule: Rule, decision: Decision) -> list[Effect]:
    """After an occurrence that was not SENT: the enrolment ends, or waits for another date."""
    reason = decision.reason
    if reason in ENDING:
        del view.account.cycles[cycle.rule_id]
        return [CycleEnded(view.account.id, cycle.rule_id, reason)]
    return [plan_next(cycle, view, rule=rule, day=next_day(decision, view, rule=rule))]


def follow_latest(view: View) -> list[Effect]:
    """After an order or a cancellation: the dates stay, the instants follow the zone of the latest qualifying order."""
    effects: list[Effect] = []
    for cycle in view.account.cycles.values():
        rule = view.regime.by_id.get(cycle.rule_id)
        if cycle.at is None or rule is None:
            continue
        _, store_id, zone = carrier(cycle, view, rule.basis)
        if (store_id, zone) != (cycle.store_id, cycle.zone):
            cycle.store_id, cycle.zone = store_id, zone
            effects.append(_timed(cycle, view))
    return effects


def _timed(cycle: Cycle, view: View) -> CyclePlanned:
    cycle.at = wall_clock(cycle.look_day, minute_of_day(cycle.send_time), cycle.zone)
    return CyclePlanned(
        view.account.id,
        cycle.rule_id,
        cycle.opened_by,
        cycle.occurrence,
        cycle.priority,
        cycle.store_id,
        cycle.due_day,
        cycle.at,
    )
