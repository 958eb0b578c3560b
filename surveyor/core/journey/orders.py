"""An order becomes known, completed or cancelled: every rule that it concerns decides, once (rules.md, 5 and 10)."""

from __future__ import annotations

from datetime import datetime

from surveyor.core.history import Order, Person, Regime
from surveyor.core.journey.effects import Effect


def order_known(person: Person, customer_id: str, *, order: Order, regime: Regime, now: datetime) -> list[Effect]:
    """A new order of this account: decided by each active rule whose basis date it has, then the newer ones it opens.

    `order.cancelled` is already True when its cancellation came first. An order that is known already changes nothing
    (its missing date is `order_fulfilled`).
    """
    raise NotImplementedError


def order_fulfilled(
    person: Person, customer_id: str, *, order_id: str, at: datetime, regime: Regime, now: datetime
) -> list[Effect]:
    """A known order that had no such date was collected or delivered `at`; rules on `fulfilled_at` decide now."""
    raise NotImplementedError


def history_known(person: Person, customer_id: str, *, order: Order, regime: Regime, now: datetime) -> list[Effect]:
    """An order of before (import --history): counts, never decides, opens no decision again; may re-time a cycle."""
    raise NotImplementedError


def order_cancelled(person: Person, customer_id: str, *, order_id: str, regime: Regime, now: datetime) -> list[Effect]:
    """A known order counts no more. The open invitation that it decided is dropped at once, which frees decisions."""
    raise NotImplementedError
