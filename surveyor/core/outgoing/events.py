"""The kinds of events that leave the line (contracts.md, 5)."""

from __future__ import annotations

RESPONSES = ("response.recorded", "response.edited")
EVENTS = (
    *RESPONSES,
    "invitation.sent",
    "invitation.suppressed",
    "case.opened",
    "case.closed",
    "customer.unsubscribed",
    "rules.published",
)
