"""Examples of the API document: an order event, a figure, a replay, and what webhooks are told."""

from __future__ import annotations

from typing import Any

from surveyor.web.texts import say

EXAMPLE_REPLAY = {"orders": 10483, "customers": 1525, "emails": 2704, "customers_reached": 850, "coverage": 0.557377}
EXAMPLE_EVENT = {
    "event_id": "ev-1",
    "type": "order.completed",
    "order_id": "o-1",
    "customer_id": "c1",
    "email": "ana@example.fr",
    "ordered_at": "2026-11-18T10:00:00+01:00",
    "store_id": "S1",
    "amount": "12.50",
    "currency": "EUR",
}
EXAMPLE_ENVELOPE = {
    "id": "SUR-01",
    "key": "nps",
    "definition_version": 1,
    "value": 33.0,
    "display": "+33",
    "n": 900,
    "ci_low": 28.1807,
    "ci_high": 37.6,
    "ci_method": "CI-NPS",
    "status": "good",
    "provisional": False,
    "period": {"from": "2026-06-01", "to": "2026-06-30", "date": "response"},
    "scope": "network",
    "revision": None,
}


def told(kind: str) -> dict[str, Any]:
    """What a receiver of webhooks gets: docs/webhooks.md says what `data` holds."""
    about = {"store_id": "S1", "segment": "famille", "rule_id": "standard", "rule_version": 3}
    data: dict[str, Any] = {"id": "019acb2f6c2a7c1e8f0a4d5b6c7d8e9f"}
    example = {"type": kind, "timestamp": "2026-11-20T09:00:00+00:00", "data": data}
    if kind.startswith(("response", "invitation")):
        data |= about
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"type": "object"},
        },
    }
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "summary": say("en", f"webhooks.event.{kind.replace('.', '_')}"),
        "parameters": [{"name": n, "in": "header", "required": True, "schema": {"type": "string"}} for n in names],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
        "responses": {"2XX": {"description": "Told; anything else is tried again."}},
    }
