"""The order event as a JSON Schema, made from the fields that the reader knows: what sources are promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from surveyor.core.orders import EventType

_INSTANT = {
    "type": "string",
    "format": "date-time",
    "description": "ISO 8601 with an offset, from 1990 to 24 hours from now.",
    "examples": ["2026-11-18T10:00:00+01:00"],
}


def order_event_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one order event (contracts.md, 4)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Order event",
        "description": "One event of one order. Other fields are kept in `attributes` (4 KiB an event).",
        "type": "object",
        "required": ["event_id", "type", "ordered_at"],
        "properties": {
            "event_id": _text(200, "Unique in its source: the key of once-only.", least=1),
            "type": {
                "type": "string",
                "description": "Other types are kept and ignored.",
                "examples": [str(kind) for kind in EventType],
                "maxLength": 64,
            },
            "order_id": _text(200, "Links the events of one order; default: event_id."),
            "customer_id": _text(200, "Empty: a guest, never solicited."),
            "email": {"type": "string", "format": "email", "maxLength": 254, "description": "One address to write to."},
            "ordered_at": _INSTANT,
            "fulfilled_at": {
                **_INSTANT,
                "description": "Collected or delivered; of order.completed: default ordered_at.",
            },
            "store_id": _text(200, "Unknown stores are created as to be completed."),
            "store_name": _text(200, ""),
            "region": _text(200, ""),
            "brand": _text(200, ""),
            "segment": _text(200, ""),
            "channel": _text(64, ""),
            "language": _text(35, "fr or en; what the customer reads."),
            "first_name": _text(200, ""),
            "last_name": _text(200, ""),
            "amount": {
                "type": ["string", "number"],
                "description": "Decimal with a point, below 10^9, four decimals at most; negative for a credit note.",
                "examples": ["12.50"],
            },
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217.", "examples": ["EUR"]},
        },
        "additionalProperties": True,
    }


def write_schema(path: Path) -> None:
    """Write the schema as the committed file has it."""
    path.write_text(json.dumps(order_event_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _text(most: int, description: str, *, least: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string", "maxLength": most}
    if least:
        found["minLength"] = least
    if description:
        found["description"] = description
    return found
