"""What the tables say of some persons, in the form in which a life is lived again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from surveyor.core.calendar import local_day
from surveyor.core.decision import Decision, stored
from surveyor.core.person import SUPPRESSION_REASONS
from surveyor.core.replay.lived import Asked, Key, Life, Look, Opposed, Ordered
from surveyor.db import lived as rows
from surveyor.db import orders
from surveyor.db.lived import Who
from surveyor.flows.customer_journey import Terms
from surveyor.flows.customer_journey.load import remembered
from surveyor.flows.prove_decisions.regimes import Regimes

#: A pause that ends before the hours in which emails leave does not take its last day.
_BEFORE_SENDING = timedelta(hours=8)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Page:
    """What the tables say of some persons."""

    def __init__(self, session: Any, people: list[list[Who]], terms: Terms, regimes: Regimes) -> None:
        self.terms, self.regimes = terms, regimes
        self.names = {who.id: who.external_id for person in people for who in person}
        keys = {who.address_key for person in people for who in person if who.address_key is not None}
        self.orders = _by_customer(orders.of_customers(session, self.names))
        self.decisions = _by_customer(rows.decisions(session, self.names))
        self.former = _by_customer(rows.former(session, self.names))
        self.invitations: dict[UUID, list[Any]] = defaultdict(list)
        for invitation, attempts in rows.invitations(session, self.names):
            self.invitations[invitation.customer_id].append((invitation, attempts))
        self.opposed: dict[bytes, list[Any]] = defaultdict(list)
        for one in rows.opposed(session, keys):
            self.opposed[one.address_key].append(one)
        self.gaps = {one.address_key: (one.gap_months, one.chosen_at) for one in rows.preferences(session, keys)}

    def stored(self, person: list[Who]) -> dict[Key, Decision]:
        """The decisions that stand."""
        found: dict[Key, Decision] = {}
        for who in person:
            for row in self.decisions[who.id]:
                place: Key = ("", row.rule_id, row.order_id)
                if row.occurrence_on is not None:
                    place = (who.external_id, row.rule_id, row.occurrence_on.toordinal())
                found[place] = stored(vars(row), customer_id=who.external_id)
        return found

    def life(self, person: list[Who]) -> Life:
        """Everything that happened to a person."""
        key = person[0].address_key
        made = [row for who in person for row in (*self.decisions[who.id], *self.former[who.id])]
        asked = [_asked(row, attempts, self.names) for who in person for row, attempts in self.invitations[who.id]]
        return Life(
            [(who.external_id, who.address_key is not None, who.segment) for who in person],
            [order for who in person for order in self._orders(who)],
            asked,
            [
                Look(row.decided_at, self.names[row.customer_id], row.rule_id)
                for row in made
                if row.occurrence_on is not None
            ],
            [] if key is None else [self._opposed(one) for one in self.opposed[key]],
            None if key is None else self.gaps.get(key),
        )

    def _orders(self, who: Who) -> Iterator[Ordered]:
        """Orders, with the zone and the instant of the first decision upon each where one is kept."""
        first: dict[str, Any] = {}
        dated: dict[str, datetime] = {}
        for row in sorted((*self.decisions[who.id], *self.former[who.id]), key=attrgetter("decided_at")):
            if row.occurrence_on is None:
                first.setdefault(row.order_id, row)
                if self.regimes.by_fulfilment(row.rule_version, row.rule_id):
                    dated.setdefault(row.order_id, row.decided_at)
        for row in self.orders[who.id]:
            order, decided = remembered(row, self.terms), first.get(row.order_id)
            facts = {} if decided is None else decided.facts
            if facts.get("zone") and facts["zone"] != order.zone:
                order = replace(order, zone=facts["zone"])
            yield Ordered(
                who.external_id,
                order,
                row.segment or who.segment,
                row.received_at,
                dated.get(row.order_id, row.received_at),
                row.cancelled_at,
                without_address="NO_EMAIL" in facts.get("reasons", ()),
            )

    def _opposed(self, row: Any) -> Opposed:
        ends = [at for at in (row.expires_at, row.lifted_at) if at is not None]
        until = min(ends, default=None)
        if row.reason == "paused":
            zone = self.terms.defaults.zone
            end = None if row.expires_at is None else local_day(row.expires_at - _BEFORE_SENDING, zone) + 1
            return Opposed(row.created_at, until, None, pause_end=end)
        return Opposed(row.created_at, until, SUPPRESSION_REASONS[row.reason], row.scope, row.expires_at)


def _asked(row: Any, attempts: list[rows.Attempt], names: dict[UUID, str]) -> Asked:
    accepted = next((one for one in attempts if one.outcome == "accepted"), None)
    over = row.ended_at or _NEVER  # in doubt, an email is under way until somebody says what became of it
    windows = tuple(
        (one.intent_at, one.settled_at if one.settled_at and one.outcome in ("accepted", "not_accepted") else over)
        for one in attempts
    )
    return Asked(
        row.dedupe_key,
        names[row.customer_id],
        row.rule_id,
        row.state,
        row.reason,
        row.ended_at,
        row.asked_at,
        row.sent_at,
        None if accepted is None else accepted.settled_at,
        windows,
    )


def _by_customer(found: list[Any]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in found:
        grouped[row.customer_id].append(row)
    return grouped
