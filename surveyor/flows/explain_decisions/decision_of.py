"""A decision out of the row that kept it, so that it is explained from the values it was made of."""

from __future__ import annotations

from datetime import date
from typing import Any

from surveyor.core.decision import Decision
from surveyor.core.reasons import Reason, Verdict
from surveyor.db.decisions import Kept


def decision_of(row: Kept, customer: str) -> Decision:
    """The decision as core/decide gave it; `customer` is the id that the source gave."""
    facts: dict[str, Any] = row.facts or {}
    first = _day(facts.get("window_start"))
    return Decision(
        verdict=Verdict(row.verdict),
        reasons=tuple(Reason(reason) for reason in facts.get("reasons", ())),
        customer_id=customer,
        rule_id=row.rule_id,
        version=row.rule_version,
        arm=row.arm,
        order_id=row.order_id,
        opened_by=facts.get("opened_by") or row.order_id,
        occurrence=row.occurrence or 1,
        store_id=row.store_id,
        zone=str(facts.get("zone", "")),
        day=row.day.toordinal(),
        decided_at=row.decided_at,
        window_start=None if first is None else first - 1,
        counted=facts.get("counted"),
        needed=facts.get("needed"),
        order_ids=tuple(facts.get("order_ids", ())),
        due_day=_day(facts.get("due_day")),
        planned_at=row.planned_at,
        last_sent_day=_day(facts.get("last_sent_day")),
        cooldown_end=_day(facts.get("cooldown_end")),
        sent_in_year=facts.get("sent_in_year"),
        draw=facts.get("draw"),
    )


def _day(text: str | None) -> int | None:
    return None if text is None else date.fromisoformat(text).toordinal()
