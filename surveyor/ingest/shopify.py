"""Orders of a Shopify shop in our words: ids beyond 2^53 stay exact, tests are ignored, cancelled wins over paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from surveyor.ingest.platform import Told, mapping, objects

FOUND_AT = {
    "event_id": "/id",
    "order_id": "/id",
    "ordered_at": "/created_at",
    "fulfilled_at": "/fulfillments",
    "email": "/email",
    "amount": "/total_price",
    "currency": "/currency",
    "customer_id": "/customer/id",
    "store_id": "/location_id",
}


def tell(order: Mapping[str, Any], *, source: str, topic: str) -> Told:
    """An order (under `refunds/create` a refund) as an event of `source`; its id repeats when a delivery does."""
    if topic == "refunds/create":
        return _refund(order, source)
    if topic and not topic.startswith("orders/"):
        return _other(order, source, topic)
    kind = "order.cancelled" if topic == "orders/delete" else _kind(order)
    customer = mapping(order.get("customer"))
    facts = {
        "event_id": _event_id(order, kind),
        "type": kind,
        "order_id": _own(source, order.get("id")),
        "customer_id": _own(source, customer.get("id")),
        "email": order.get("email") or order.get("contact_email") or customer.get("email"),
        "ordered_at": order.get("created_at"),
        "fulfilled_at": _fulfilled_at(order) if kind == "order.completed" else None,
        "store_id": _own(source, order.get("location_id")) or source,
        "amount": order.get("total_price"),
        "currency": order.get("currency"),
        "language": str(order.get("customer_locale") or "")[:35],
        "channel": str(order.get("source_name") or "")[:64],
        "first_name": customer.get("first_name"),
        "last_name": customer.get("last_name"),
    }
    return Told(facts, FOUND_AT)


def _other(content: Mapping[str, Any], source: str, topic: str) -> Told:
    """A delivery that is about no order (a customer, a draft, a checkout): kept, and nothing comes of it."""
    at = content.get("updated_at") or content.get("created_at")
    number = content.get("id") or content.get("token")
    facts = {
        "event_id": None if number is None else f"{number}:{topic}:{at or ''}"[:200],
        "type": f"shopify.{topic}"[:64],
        "ordered_at": at,
        "store_id": source,
    }
    return Told(facts, FOUND_AT)


def _kind(order: Mapping[str, Any]) -> str:
    if order.get("test") is True:
        return "shopify.test"
    if order.get("cancelled_at"):
        return "order.cancelled"
    return "order.completed" if order.get("fulfillment_status") == "fulfilled" else "order.placed"


def _event_id(order: Mapping[str, Any], kind: str) -> str | None:
    if order.get("id") is None:
        return None
    at = order.get("cancelled_at") if kind == "order.cancelled" else order.get("updated_at")
    return f"{order['id']}:{kind}:{at or ''}"[:200]


def _fulfilled_at(order: Mapping[str, Any]) -> Any:
    done = [one.get("created_at") for one in objects(order.get("fulfillments")) if one.get("status") == "success"]
    return max((str(at) for at in done if at), key=_when, default=None) or order.get("updated_at")


def _when(at: str) -> tuple[float, str]:
    """Of two dates the later instant: in the night when clocks go back the later one reads as the earlier."""
    try:
        return datetime.fromisoformat(at).timestamp(), at
    except (ValueError, OverflowError):
        return 0, at


def _refund(refund: Mapping[str, Any], source: str) -> Told:
    paid_back = [one.get("amount") for one in objects(refund.get("transactions")) if one.get("kind") == "refund"]
    facts = {
        "event_id": f"{refund['id']}:refund" if refund.get("id") is not None else None,
        "type": "order.refunded",
        "order_id": _own(source, refund.get("order_id")),
        "ordered_at": refund.get("created_at"),
        "amount": paid_back[0] if len(paid_back) == 1 else _total(paid_back),
    }
    return Told(facts, {**FOUND_AT, "order_id": "/order_id", "amount": "/transactions"})


def _total(amounts: list[Any]) -> str | None:
    try:
        return str(sum(Decimal(str(one)) for one in amounts)) if amounts else None
    except InvalidOperation:
        return None


def _own(source: str, number: Any) -> str:
    """An id that two shops cannot share; integers print exactly, whatever their size."""
    return "" if number in (None, "", 0, "0") else f"{source}:{number}"
