"""Examples of the API document: an order event, a figure, a replay."""

from __future__ import annotations

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
