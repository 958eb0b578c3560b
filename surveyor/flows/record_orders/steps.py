"""Each event takes its customer one step further: which function of core/journey it calls, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from surveyor.core.journey import Effect, history_known, order_cancelled, order_fulfilled, order_known
from surveyor.core.person import Person
from surveyor.db.orders import OrderRow
from surveyor.flows.customer_journey.ledger import Ledger
from surveyor.flows.customer_journey.load import Loaded, remembered


class Step(NamedTuple):
    """An event of an identified customer and the order that it left; `event`: the row it was stored in."""

    event: UUID
    customer: str
    order: OrderRow


@dataclass(slots=True)
class Walk:
    """The steps of a batch, customer by customer; an error of one person leaves the others alone."""

    loaded: Loaded
    ledger: Ledger
    failed: dict[UUID, str] = field(default_factory=dict)
    _lost: set[int] = field(default_factory=set)

    def go(self, steps: Iterable[Step]) -> None:
        """Take the steps in their order. After an error nothing more is done for that person in this walk."""
        loaded, lost, keep = self.loaded, self._lost, self.ledger.keep
        for step in steps:
            person = loaded.people.get(step.customer)
            if person is None:
                self.failed[step.event] = loaded.broken.get(step.customer, "the customer has no state row")
            elif not lost or id(person) not in lost:
                try:
                    keep(step.customer, take(person, step, loaded))
                except Exception as error:  # a decision that fails must not lose the others of its batch
                    self.failed[step.event] = f"{type(error).__name__}: {error}"[:500]
                    lost.add(id(person))


def take(person: Person, step: Step, loaded: Loaded) -> list[Effect]:
    """What this event does to its customer: a new order, its missing date, its cancellation, or nothing new."""
    _, customer, order = step
    terms, now = loaded.terms, loaded.now
    regime = terms.regime
    known = person.accounts[customer].orders.get(order.order_id)
    if known is None:
        new = remembered(order, terms)
        if order.history:
            return history_known(person, customer, order=new, regime=regime)
        return order_known(person, customer, order=new, regime=regime, now=now)
    effects: list[Effect] = []
    if known.fulfilled_at is None and order.fulfilled_at is not None:
        if order.history:
            known.history = True
        effects += _fulfilled(person, step, order.fulfilled_at, loaded)
    if not known.cancelled and order.cancelled_at is not None:
        if _leaving(loaded, order.order_id):
            known.cancelled = True  # its email is being handed over: as if it had been sent
        else:
            effects += order_cancelled(person, step.customer, order_id=order.order_id, regime=regime, now=now)
    return effects


def _fulfilled(person: Person, step: Step, at: datetime, loaded: Loaded) -> list[Effect]:
    order_id, now, regime = step.order.order_id, loaded.now, loaded.terms.regime
    account = person.accounts[step.customer]
    if account.orders[order_id].history:
        account.orders[order_id].fulfil(at)
        account.date(account.orders[order_id], "fulfilled_at")
        return []
    return order_fulfilled(person, step.customer, order_id=order_id, at=at, regime=regime, now=now)


def _leaving(loaded: Loaded, order_id: str) -> bool:
    return any(invitation.order_id == order_id for invitation, _ in loaded.shielded.values())
