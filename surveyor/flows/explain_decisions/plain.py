"""A story of decisions as plain JSON: what the API answers and `surveyor explain --json` prints."""

from __future__ import annotations

from datetime import date
from typing import Any

from surveyor.flows.explain_decisions import Story, Told


def story_to_json(story: Story) -> dict[str, Any]:
    """Customers (addresses as the reader may see them), decisions newest first, what is planned, what was chosen."""
    return {
        "customers": [{"customer_id": name, "email": email} for name, email in story.customers],
        "decisions": [_told(told) for told in story.decisions],
        "planned": [
            {
                "rule": cycle.rule_id,
                "opened_by": cycle.opened_by,
                "occurrence": cycle.occurrence,
                "next_at": cycle.next_at.isoformat(),
                "store_id": cycle.store_id or None,
            }
            for cycle in story.cycles
        ],
        "less_often": [{"customer_id": name, "months": months} for name, months in story.less_often],
    }


def _told(told: Told) -> dict[str, Any]:
    decision = told.decision
    fate = told.fate
    return {
        "customer_id": told.customer,
        "order_id": decision.order_id,
        "label": decision.label,
        "rule": decision.rule_id,
        "rule_name": told.rule_name,
        "rule_version": decision.version,
        "arm": decision.arm,
        "decision": str(decision.verdict),
        "reason": str(decision.reason) if decision.reason else None,
        "reasons": [str(reason) for reason in decision.reasons],
        "sentence": told.what.sentence,
        "next": told.next_words,
        "checks": [{"code": c.code, "name": c.name, "value": c.value, "passed": c.passed} for c in told.what.checks],
        "window": {"from": _day(decision.window_start, 1), "to": _day(decision.day)},
        "counted": decision.counted,
        "counted_orders": list(told.counted),
        "would_have_changed": list(told.ways),
        "not_counted": [{"order_id": order, "why": why} for order, why in told.uncounted],
        "due": _day(decision.due_day),
        "planned_at": decision.planned_at.isoformat() if decision.planned_at else None,
        "store_id": decision.store_id,
        "zone": decision.zone,
        "decided_at": decision.decided_at.isoformat(),
        "cause": told.cause,
        "invitation": None
        if fate is None
        else {
            "state": fate.state,
            "reason": fate.reason,
            "due_at": fate.due_at.isoformat(),
            "sent_at": fate.sent_at.isoformat() if fate.sent_at else None,
        },
        "former": [_told(former) for former in told.former],
    }


def _day(ordinal: int | None, later: int = 0) -> str | None:
    return None if ordinal is None else date.fromordinal(ordinal + later).isoformat()
