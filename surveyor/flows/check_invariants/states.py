"""E2: what is remembered of each customer is what the tables say; a decision never read anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.history import Account, Order
from surveyor.core.rules import RuleSet
from surveyor.db import decisions, invariants, memory, orders
from surveyor.flows.check_invariants.finding import Finding
from surveyor.flows.customer_journey import Defaults, Terms, read_terms
from surveyor.flows.customer_journey.load import remembered

_WORDS = {
    "form": "a customer's memory that cannot be read",
    "orders": "a customer's memory whose orders are not those of the table",
    "open": "a customer's memory whose open invitation is not the one of the table",
    "sent": "a customer's memory that lacks an email that was sent",
    "cycles": "a customer's memory whose cycles are not those of the table",
}


@dataclass
class _Rows:
    """The tables' side of one page of customers."""

    orders: dict[UUID | None, list[orders.OrderRow]] = field(default_factory=dict)
    open: dict[UUID, set[str]] = field(default_factory=dict)
    asked: dict[UUID, set[datetime]] = field(default_factory=dict)
    cycles: dict[UUID, set[tuple[str, int, datetime]]] = field(default_factory=dict)
    below: dict[str, set[str]] = field(default_factory=dict)


def states_agree(session: Any, *, defaults: Defaults) -> Iterator[Finding]:
    """Every state row against orders, invitations, cycles and decisions."""
    terms = read_terms(session, defaults, read=lambda _session: (0, RuleSet()))  # only zones matter here
    wrong: dict[str, list[str]] = {}
    for page in invariants.customer_pages(session):
        rows = _rows(session, [one.customer_id for one in page])
        for one in page:
            for what in _compare(one, rows, terms):
                wrong.setdefault(what, []).append(one.customer_id.hex)
    for what, ids in sorted(wrong.items()):
        yield Finding("E2", _WORDS[what], len(ids), tuple(ids[: invariants.NAMED]))


def _rows(session: Any, ids: list[UUID]) -> _Rows:
    rows = _Rows(below=decisions.below_minimum(session, ids))
    for order in orders.of_customers(session, ids):
        rows.orders.setdefault(order.customer_id, []).append(order)
    for one in invariants.invitations_of(session, ids):
        if one.state == "scheduled":
            rows.open.setdefault(one.customer_id, set()).add(one.dedupe_key)
        if one.asked_at is not None:
            rows.asked.setdefault(one.customer_id, set()).add(one.asked_at)
    for one in invariants.cycles_of(session, ids):
        rows.cycles.setdefault(one.customer_id, set()).add((one.rule_id, one.occurrence, one.next_at))
    return rows


def _compare(one: Any, rows: _Rows, terms: Terms) -> Iterator[str]:
    known = one.address_key is not None
    try:
        account, since = memory.load(one.external_id, one.state, email_known=known, segment=one.segment)
    except (ValueError, KeyError, TypeError):
        yield "form"
        return
    if not _same_orders(account, since, rows.orders.get(one.customer_id, []), rows.below, terms):
        yield "orders"
    if rows.open.get(one.customer_id, set()) != ({account.open.key} if account.open else set()):
        yield "open"
    if not _same_sent(account, rows.asked.get(one.customer_id, set())):
        yield "sent"
    planned = {(c.rule_id, c.occurrence, c.at) for c in account.cycles.values() if c.at is not None}
    if planned != rows.cycles.get(one.customer_id, set()):
        yield "cycles"


def _same_orders(
    account: Account, since: int, table: list[orders.OrderRow], below: dict[str, set[str]], terms: Terms
) -> bool:
    """Every remembered order is the table's; every order of the table since `since` is remembered."""
    rows = {row.order_id: row for row in table}
    for order_id, order in account.orders.items():
        row = rows.get(order_id)
        if row is None or _facts(order) != _facts(remembered(row, terms)):
            return False
        if order.below != below.get(order_id, set()):
            return False
    missing = rows.keys() - account.orders.keys()
    return all(_latest(remembered(rows[order_id], terms)) < since for order_id in missing)


def _facts(order: Order) -> tuple[Any, ...]:
    return order.ordered_at, order.fulfilled_at, order.store_id, order.cancelled, order.history


def _latest(order: Order) -> int:
    return max(order.ordered_day, order.fulfilled_day or 0)


def _same_sent(account: Account, asked: set[datetime]) -> bool:
    """Everything asked that is not older than what is remembered; instants taken over from an address may be more."""
    oldest = account.sent[0] if account.sent else None
    return all(at in account.sent or (oldest is not None and at < oldest) for at in asked)
