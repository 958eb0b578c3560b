"""A batch of order events: stored once each, decided upon by the rules in force, counted, answered one by one."""

from __future__ import annotations

from typing import Any

from tests.flows.orders import at, decisions, event, invitations, record, use_rules


def test_the_second_order_in_two_months_makes_an_invitation_for_day_two_at_ten(sessions: Any) -> None:
    use_rules(sessions)
    first = record(sessions, event("o1", "c1", at("2026-01-05T17:00")), now=at("2026-01-05T17:00"))
    record(sessions, event("o2", "c1", at("2026-01-19T18:30")), now=at("2026-01-19T18:30"))
    assert first.accepted == 1
    assert decisions(sessions) == [
        ("o1", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS"),
        ("o2", "std", "SCHEDULED", None),
    ]
    assert invitations(sessions) == [("o2", "scheduled", None, at("2026-01-21T09:00"))]
