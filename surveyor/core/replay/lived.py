"""A recorded life lived again: what came to one person and what became of each email, the decisions made anew.

An ideal worker is replaced by the recorded ends of invitations, a clock by the recorded looks at cycles: everything
else is the journey of real orders. Made again under the versions that were active then, each decision must be the one
that is stored (rules.md, 16).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from surveyor.core.decision import Decision
from surveyor.core.history import Account, Invitation, Order, Regime
from surveyor.core.journey import (
    Acted,
    Decided,
    Effect,
    history_known,
    invitation_dropped,
    invitation_failed,
    invitation_sent,
    occurrence_due,
    order_cancelled,
    order_fulfilled,
    order_known,
)
from surveyor.core.person import Person, Suppression
from surveyor.core.reasons import Reason
from surveyor.core.rules import Rule

#: At one instant (rules.md, 10): cancellations, orders, emails and cycles.
_CANCELLED, _ORDERED, _SENDING = range(3)
#: An email under way is replaced by nothing.
_STRONGEST = 0
_NO_END_DAYS = 36_500

#: Of an order: ("", rule, order); of an occurrence: (customer, rule, local date as an ordinal).
Key = tuple[str, str, str | int]


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order with all its dates. `dated_at`: when its `fulfilled_at` became known, `received_at` at the earliest.

    `without_address`: when it was decided upon the customer had no address yet.
    """

    customer_id: str
    order: Order
    segment: str
    received_at: datetime
    dated_at: datetime
    cancelled_at: datetime | None = None
    without_address: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation and its end. `under_way`: from each intent to its settlement. `settled_at`: of the accepted one.

    `ended_at`: dropped or failed, with `reason`; both an end and a `sent_at` when the truth came late.
    """

    key: str
    customer_id: str
    rule_id: str
    state: str
    reason: str | None
    ended_at: datetime | None
    asked_at: datetime | None
    sent_at: datetime | None
    settled_at: datetime | None
    under_way: tuple[tuple[datetime, datetime], ...] = ()


class Look(NamedTuple):
    """A look at a cycle that made a decision."""

    at: datetime
    customer_id: str
    rule_id: str


@dataclass(frozen=True, slots=True)
class Opposed:
    """What an address refused, in force from `since` to `until` (None: still); `pause_end`: a pause, its last day + 1.

    `reason` None: a pause; `pause_end` None: one without an end.
    """

    since: datetime
    until: datetime | None
    reason: Reason | None
    scope: str = "all"
    expires_at: datetime | None = None
    pause_end: int | None = None


@dataclass(slots=True)
class Life:
    """All that was recorded of one person. `accounts`: (customer id of the source, has an address, segment)."""

    accounts: Sequence[tuple[str, bool, str]]
    orders: Sequence[Ordered] = ()
    asked: Sequence[Asked] = ()
    looks: Sequence[Look] = ()
    opposed: Sequence[Opposed] = ()
    #: "Less often": months, and since when.
    gap: tuple[int, datetime] | None = None


#: The regime in force at an instant.
RegimeAt = Callable[[datetime], Regime]
_Turn = tuple[datetime, int, tuple[int, str, str, int], int, Callable[[datetime], Iterable[Effect]]]


def lived(life: Life, regime_at: RegimeAt) -> dict[Key, Decision]:
    """The decisions that stand at the end of this life."""
    return Living(life, regime_at).live()


class Living:
    """A life under way: its turns in the order of time, the person as they stand after each."""

    def __init__(self, life: Life, regime_at: RegimeAt) -> None:
        self.life, self.regime_at = life, regime_at
        self.person = Person.of(Account(name, email_known=known, segment=seg) for name, known, seg in life.accounts)
        self.known = {name: known for name, known, _ in life.accounts}
        self.found: dict[Key, Decision] = {}
        self.shielded: dict[str, tuple[Invitation, Rule]] = {}

    def live(self) -> dict[Key, Decision]:
        for at, _, _, _, act in sorted(self.turns(), key=lambda turn: turn[:4]):
            self.choose(at)
            for effect in act(at):
                if isinstance(effect, Decided):
                    self.found[key_of(effect.decision)] = effect.decision
        return self.found

    def places(self) -> dict[tuple[Key, datetime], int]:
        """The place, among all turns, of the one in which each decision was made."""
        found: dict[tuple[Key, datetime], int] = {}
        for place, (at, _, _, _, act) in enumerate(sorted(self.turns(), key=lambda turn: turn[:4])):
            self.choose(at)
            made = (effect.decision for effect in act(at) if isinstance(effect, Decided))
            found.update({(key_of(decision), decision.decided_at): place for decision in made})
        return found

    def turns(self) -> Iterator[_Turn]:
        """Everything that happened, to be sorted: at one instant emails by (priority, rule, customer)."""
        number = 0
        for one in self.life.orders:
            order, plain = one.order, (0, one.order.id, "", 0)
            first = copy(order)
            if one.dated_at > one.received_at:
                first.fulfilled_at = first.fulfilled_day = None
                yield one.dated_at, _ORDERED, plain, (number := number + 1), self._date(one)
            early = one.cancelled_at is not None and one.cancelled_at <= one.received_at
            first.cancelled = early
            yield one.received_at, _ORDERED, plain, (number := number + 1), self._order(one, first)
            if one.cancelled_at is not None and not early:
                yield one.cancelled_at, _CANCELLED, plain, (number := number + 1), self._cancel(one)
        for look in self.life.looks:
            place = (self._priority(look.rule_id, look.at), look.rule_id, look.customer_id, 0)
            yield look.at, _SENDING, place, (number := number + 1), self._look(look)
        for asked in self.life.asked:
            for at, step, act in self._ends(asked):
                place = (self._priority(asked.rule_id, at), asked.rule_id, asked.customer_id, step)
                yield at, _SENDING, place, (number := number + 1), act

    def _priority(self, rule_id: str, at: datetime) -> int:
        rule = self.regime_at(at).by_id.get(rule_id)
        return 0 if rule is None else rule.priority

    def choose(self, now: datetime) -> None:
        """What the person had chosen by `now`."""
        person, life = self.person, self.life
        if life.opposed:
            held = [one for one in life.opposed if one.since <= now and (one.until is None or one.until > now)]
            person.suppressions = tuple(
                Suppression(one.reason, one.expires_at, one.scope) for one in held if one.reason is not None
            )
            pauses = [one.pause_end or now.toordinal() + _NO_END_DAYS for one in held if one.reason is None]
            person.pause_until = max(pauses, default=None)
        if life.gap is not None:
            person.gap_months = life.gap[0] if life.gap[1] <= now else None

    def _order(self, one: Ordered, order: Order) -> Callable[[datetime], Iterable[Effect]]:
        def act(now: datetime) -> Iterable[Effect]:
            regime = self.regime_at(now)
            self._introduce(one)
            if order.history:
                return history_known(self.person, one.customer_id, order=copy(order), regime=regime)
            return order_known(self.person, one.customer_id, order=copy(order), regime=regime, now=now)

        return act

    def _date(self, one: Ordered) -> Callable[[datetime], Iterable[Effect]]:
        def act(now: datetime) -> Iterable[Effect]:
            at, regime = one.order.fulfilled_at, self.regime_at(now)
            assert at is not None
            self._introduce(one)
            return order_fulfilled(self.person, one.customer_id, order_id=one.order.id, at=at, regime=regime, now=now)

        return act

    def _introduce(self, one: Ordered) -> None:
        account = self.person.accounts[one.customer_id]
        account.email_known = self.known[one.customer_id] and not one.without_address
        account.segment = one.segment

    def _cancel(self, one: Ordered) -> Callable[[datetime], Iterable[Effect]]:
        def act(now: datetime) -> Iterable[Effect]:
            account = self.person.accounts[one.customer_id]
            if any(invitation.order_id == one.order.id for invitation, _ in self.shielded.values()):
                account.orders[one.order.id].cancelled = True  # its email is being handed over: as if it had been sent
                return ()
            order_id, regime = one.order.id, self.regime_at(now)
            return order_cancelled(self.person, one.customer_id, order_id=order_id, regime=regime, now=now)

        return act

    def _look(self, look: Look) -> Callable[[datetime], Iterable[Effect]]:
        def act(now: datetime) -> Iterable[Effect]:
            cycle = self.person.accounts[look.customer_id].cycles.get(look.rule_id)
            if cycle is None or cycle.at is None:
                return ()
            regime = self.regime_at(now)
            answer = occurrence_due(self.person, look.customer_id, rule_id=look.rule_id, regime=regime, now=now)
            return answer.effects if isinstance(answer, Acted) else ()

        return act

    def _ends(self, one: Asked) -> Iterator[tuple[datetime, int, Callable[[datetime], Iterable[Effect]]]]:
        for intent_at, settled_at in one.under_way:
            if intent_at < settled_at:
                yield intent_at, 1, lambda _now: self._shield(one.key)
                yield settled_at, 2, lambda _now: self._unshield(one.key)
        if one.ended_at is not None:
            yield one.ended_at, 3, lambda now: self._ended(one, now)
        if one.sent_at is not None:
            yield one.settled_at or one.sent_at, 4, lambda now: self._sent(one, now)

    def _shield(self, key: str) -> Iterable[Effect]:
        invitation = self.person.invitation(key)
        if invitation is not None:
            self.shielded[key] = invitation, invitation.rule
            invitation.rule = replace(invitation.rule, priority=_STRONGEST)
        return ()

    def _unshield(self, key: str) -> Iterable[Effect]:
        if key in self.shielded:
            invitation, rule = self.shielded.pop(key)
            invitation.rule = rule
        return ()

    def _ended(self, one: Asked, now: datetime) -> Iterable[Effect]:
        reason, regime = Reason(one.reason or Reason.UNCONFIRMED), self.regime_at(now)
        if one.state == "failed":
            return invitation_failed(self.person, one.key, reason=reason, regime=regime, now=now)
        asked_at = one.asked_at if reason is Reason.UNCONFIRMED else None
        return invitation_dropped(self.person, one.key, reason=reason, regime=regime, now=now, asked_at=asked_at)

    def _sent(self, one: Asked, now: datetime) -> Iterable[Effect]:
        assert one.sent_at is not None
        regime = self.regime_at(now)
        return invitation_sent(self.person, one.key, customer_id=one.customer_id, at=one.sent_at, regime=regime)


def key_of(decision: Decision) -> Key:
    """Where a decision stands among those of a life."""
    if decision.occurrence > 1:
        return decision.customer_id, decision.rule_id, decision.day
    return "", decision.rule_id, decision.order_id
