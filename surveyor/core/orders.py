"""Order events as the product understands them, and what each type does to an order: the first step of the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class EventType(StrEnum):
    """The four types that mean something; any other is kept as `ignored`."""

    PLACED = "order.placed"
    COMPLETED = "order.completed"
    CANCELLED = "order.cancelled"
    REFUNDED = "order.refunded"


KNOWN_TYPES = frozenset(EventType)


@dataclass(slots=True)
class OrderEvent:
    """One event of a source, validated (contracts.md, 4). Instants are aware; the offset they came with is kept.

    Nobody changes it; it is not frozen because making it so costs as much as reading it.

    customer_id and email are "" when absent (a guest, no address). `content_sha256` is the hash of the event's
    canonical form: same id and same hash is a duplicate, same id and another hash a conflict.
    """

    event_id: str
    type: str
    order_id: str
    ordered_at: datetime
    customer_id: str = ""
    email: str = ""
    fulfilled_at: datetime | None = None
    store_id: str = ""
    store_name: str = ""
    region: str = ""
    brand: str = ""
    segment: str = ""
    channel: str = ""
    language: str = ""
    first_name: str = ""
    last_name: str = ""
    amount: Decimal | None = None
    currency: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)
    content_sha256: bytes = b""
    body: bytes = b""

    @property
    def ignored(self) -> bool:
        """True when the type is none of the four: kept, never decided upon."""
        return self.type not in KNOWN_TYPES

    def completion(self) -> datetime | None:
        """When it was collected or delivered: `fulfilled_at`, or `ordered_at` for an `order.completed` without."""
        if self.fulfilled_at is not None:
            return self.fulfilled_at
        return self.ordered_at if self.type == EventType.COMPLETED else None


def is_cancelled(*, amount: Decimal | None, cancelled: bool, refunds: tuple[Decimal | None, ...]) -> bool:
    """Whether an order counts no more (rules.md, 10): cancelled, or refunds that add up to its amount.

    A refund without amount is a whole one; a partial refund changes nothing. Amounts in the order's currency.
    """
    if cancelled or any(refund is None for refund in refunds):
        return True
    returned = sum((abs(refund) for refund in refunds if refund is not None), Decimal(0))
    return bool(refunds) and amount is not None and amount > 0 and returned >= amount
