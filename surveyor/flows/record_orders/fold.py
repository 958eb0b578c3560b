"""Events become orders and marks: what each type does to the order it names, before anything is decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from surveyor.core.orders import EventType, OrderEvent, is_cancelled
from surveyor.db.customers import CustomerRow
from surveyor.db.network import StoreRow
from surveyor.db.orders import Mark, OrderRow

_ORDERS = frozenset((EventType.PLACED, EventType.COMPLETED))


@dataclass(frozen=True, slots=True)
class Context:
    """What a batch is read with: who and where, and how it came."""

    source: str
    now: datetime
    history: bool
    customers: Mapping[str, CustomerRow]
    stores: Mapping[str, StoreRow]
    ids: Iterator[UUID]


@dataclass(slots=True)
class Folded:
    """Orders as they are after each event of the batch, and what changed on the way."""

    orders: dict[str, OrderRow]
    marks: dict[str, list[Mark]]
    changed: set[str] = field(default_factory=set)
    new_marks: list[Mark] = field(default_factory=list)

    def apply(self, event: OrderEvent, row_id: UUID, context: Context) -> OrderRow | None:
        """Apply one accepted event; the order it leaves, None while the order itself is unknown."""
        if event.type in _ORDERS:
            order: OrderRow | None = self._take(event, context)
        else:
            self._mark(event, row_id, context.now)
            order = self.orders.get(event.order_id)
        if order is None or event.order_id not in self.marks:
            return order
        cancelled = self._cancelled_at(order)
        if cancelled is not None and order.cancelled_at is None:
            order = order._replace(cancelled_at=cancelled)
            self._set(order)
        return order

    def _take(self, event: OrderEvent, context: Context) -> OrderRow:
        before = self.orders.get(event.order_id)
        after = _new_order(event, context) if before is None else _filled(before, event, context)
        if before is None or after != before:
            self._set(after)
        return after

    def _mark(self, event: OrderEvent, row_id: UUID, now: datetime) -> None:
        kind = "cancelled" if event.type == EventType.CANCELLED else "refunded"
        mark = Mark(row_id, event.order_id, kind, event.amount if kind == "refunded" else None, now)
        self.marks.setdefault(event.order_id, []).append(mark)
        self.new_marks.append(mark)

    def _set(self, order: OrderRow) -> None:
        self.orders[order.order_id] = order
        self.changed.add(order.order_id)

    def _cancelled_at(self, order: OrderRow) -> datetime | None:
        """The instant of the mark that takes the order back, None while it counts."""
        refunds: list[Mark] = []
        for mark in self.marks[order.order_id]:
            if mark.kind == "refunded":
                refunds.append(mark)
            cancelled = mark.kind == "cancelled"
            if is_cancelled(amount=order.amount, cancelled=cancelled, refunds=tuple(m.amount for m in refunds)):
                return mark.at
        return None


def _new_order(event: OrderEvent, context: Context) -> OrderRow:
    customer = context.customers.get(event.customer_id)
    store = context.stores.get(event.store_id)
    offset = event.ordered_at.utcoffset()
    return OrderRow(
        next(context.ids),
        event.order_id,
        customer.id if customer else None,
        event.store_id,
        event.ordered_at,
        int(offset.total_seconds() // 60) if offset else 0,
        event.completion(),
        event.amount,
        event.currency,
        event.segment or (customer.segment if customer else "") or (store.segment if store else ""),
        event.channel,
        event.language,
        context.history,
        None,
        context.source,
        context.now,
        dict(event.attributes) if event.attributes else None,
    )


def _filled(order: OrderRow, event: OrderEvent, context: Context) -> OrderRow:
    """The order with what was unknown of it: the first known date, customer and amount stay."""
    customer = context.customers.get(event.customer_id)
    completed = event.completion() if order.fulfilled_at is None else None
    return order._replace(
        customer_id=order.customer_id or (customer.id if customer else None),
        fulfilled_at=order.fulfilled_at or completed,
        amount=order.amount if order.amount is not None else event.amount,
        currency=order.currency or event.currency,
        history=order.history or (context.history and completed is not None),
    )


def customers_of(orders: Iterable[OrderRow]) -> set[UUID]:
    """Whose orders these are."""
    return {order.customer_id for order in orders if order.customer_id is not None}
