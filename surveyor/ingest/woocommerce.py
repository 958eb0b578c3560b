"""Orders of a WooCommerce shop in our words: dates are the `_gmt` ones, customer 0 is a guest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveyor.ingest.platform import Told, mapping

FOUND_AT = {
    "event_id": "/id",
    "order_id": "/id",
    "ordered_at": "/date_created_gmt",
    "fulfilled_at": "/date_completed_gmt",
    "email": "/billing/email",
    "first_name": "/billing/first_name",
    "last_name": "/billing/last_name",
    "amount": "/total",
    "currency": "/currency",
    "customer_id": "/customer_id",
}
_KINDS = {
    "completed": "order.completed",
    "cancelled": "order.cancelled",
    "failed": "order.cancelled",
    "trash": "order.cancelled",
    "refunded": "order.refunded",
    "pending": "order.placed",
    "processing": "order.placed",
    "on-hold": "order.placed",
}


def tell(order: Mapping[str, Any], *, source: str, topic: str) -> Told:
    """An order as an event of `source`; the same state delivered twice has the same event id."""
    if topic and not topic.startswith("order."):
        return _other(order, source, topic)
    billing = mapping(order.get("billing"))
    status = str(order.get("status") or "")
    kind = "order.cancelled" if topic == "order.deleted" else _KINDS.get(status, f"woocommerce.{status}"[:64])
    number = order.get("id")
    facts = {
        "event_id": None if number is None else f"{number}:{kind}:{order.get('date_modified_gmt') or ''}"[:200],
        "type": kind,
        "order_id": "" if number is None else f"{source}:{number}",
        "customer_id": _customer(source, order.get("customer_id")),
        "email": billing.get("email"),
        "ordered_at": _utc(order.get("date_created_gmt")),
        "fulfilled_at": _utc(order.get("date_completed_gmt")) if kind == "order.completed" else None,
        "store_id": source,
        "amount": order.get("total") if kind != "order.refunded" else None,
        "currency": order.get("currency"),
        "channel": str(order.get("created_via") or "")[:64],
        "first_name": billing.get("first_name"),
        "last_name": billing.get("last_name"),
    }
    return Told(facts, FOUND_AT)


def _other(content: Mapping[str, Any], source: str, topic: str) -> Told:
    """A delivery that is about no order (a customer, a product): kept, and nothing comes of it."""
    at = _utc(content.get("date_modified_gmt") or content.get("date_created_gmt"))
    number = content.get("id")
    facts = {
        "event_id": None if number is None else f"{number}:{topic}:{at or ''}"[:200],
        "type": f"woocommerce.{topic}"[:64],
        "ordered_at": at,
        "store_id": source,
    }
    return Told(facts, FOUND_AT)


def is_ping(content_type: str, raw: bytes) -> bool:
    """The unsigned creation ping: a form with `webhook_id=<digits>` and nothing else."""
    name, _, number = raw.strip().partition(b"=")
    return content_type.startswith("application/x-www-form-urlencoded") and name == b"webhook_id" and number.isdigit()


def _customer(source: str, number: Any) -> str:
    return "" if number in (None, "", 0, "0") else f"{source}:{number}"


def _utc(at: Any) -> Any:
    """The `_gmt` dates come without an offset."""
    return f"{at}Z" if isinstance(at, str) and at and not at.endswith("Z") else at
