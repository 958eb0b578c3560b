"""What the second reading knows: everybody, every order, every email, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.core.second_reading.dates import drawn, instant, merged, months_on, own_cooldown, window_start

Row = dict[str, Any]
OPPOSED = {
    "unsubscribe": "UNSUBSCRIBED",
    "complain": "SPAM_COMPLAINT",
    "bounce": "HARD_BOUNCE",
    "block": "BLOCKED",
}


class Known:
    """The state: lists that only grow, and questions that go through them from the start each time."""

    def __init__(self, inputs: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        self.inputs, self.document = inputs, document
        self.whole: Row = {**document["global_defaults"], **inputs.get("global", {})}
        self.stores: dict[str, Row] = {store["id"]: store for store in document["stores"]}
        self.customers: dict[str, Row] = {customer["id"]: customer for customer in inputs["customers"]}
        self.trace: list[list[str | None]] = []
        self.orders: dict[str, Row] = {}
        self.undone: set[str] = set()
        self.decided: dict[tuple[str, str], str | None] = {}
        self.invited: set[tuple[str, str]] = set()
        self.open: list[Row] = []
        self.sent: list[tuple[datetime, str]] = []
        self.holds: dict[tuple[str, str], list[tuple[str, date]]] = {}
        self.cycles: dict[tuple[str, str], Row] = {}
        self.reminders: list[Row] = []
        self.opposed: dict[str, set[str]] = {}
        self.pauses: dict[str, date] = {}
        self.gaps: dict[str, int] = {}
        self.down = [(instant(start), instant(end)) for start, end in inputs.get("worker_down", ())]
        self.refusals = {instant(at) for at in inputs.get("provider_refuses", ())}
        self.answers = [(rule, label, instant(at)) for rule, label, at in inputs.get("answers", ())]
        self.rules = self.read(inputs["rules"])

    def read(self, written: Any) -> list[Row]:
        """Written rules over the defaults."""
        return [merged(rule, self.document["rule_defaults"]) for rule in written]

    def active(self) -> list[Row]:
        """Those that decide, in the order in which they do."""
        found = [rule for rule in self.rules if rule.get("active", True)]
        return sorted(found, key=lambda rule: (rule["priority"], rule["id"]))

    def rule(self, rule_id: str) -> Row | None:
        """The active rule of this id."""
        return next((rule for rule in self.active() if rule["id"] == rule_id), None)

    def say(self, decision: str, reason: str | None, rule: str, label: str, at: str) -> None:
        self.trace.append([decision, reason, rule, label, at])

    # Places and people

    def zone(self, store: str) -> ZoneInfo:
        return ZoneInfo(self.stores[store]["tz"])

    def local(self, at: datetime, store: str) -> date:
        return at.astimezone(self.zone(store)).date()

    def person(self, customer: str) -> set[str]:
        """All customers of this one's address."""
        address = (self.customers[customer]["email"] or "").strip().lower()
        if not address:
            return {customer}
        return {one for one, row in self.customers.items() if (row["email"] or "").strip().lower() == address}

    def opposition(self, customer: str) -> list[str]:
        """Why nothing may be written to this address, in the order of the reasons."""
        found = [] if self.customers[customer]["email"] else ["NO_EMAIL"]
        person = self.person(customer)
        return found + [said for said in OPPOSED.values() if any(said in self.opposed.get(one, ()) for one in person)]

    def paused(self, customer: str, day: date) -> bool:
        return any(day < self.pauses[one] for one in self.person(customer) if one in self.pauses)

    def held_out(self, customer: str, rule: Row) -> bool:
        return bool(rule["holdout_rate"]) and (
            drawn("holdout", self.whole["holdout_salt"], customer) < rule["holdout_rate"]
        )

    def looked_at(self, rule: Row, store: str, customer: str) -> bool:
        """Whether the rule's filters let this store and this customer in."""
        return (
            (not rule["store_ids"] or store in rule["store_ids"])
            and (not rule["regions"] or self.stores[store]["region"] in rule["regions"])
            and (not rule["segments"] or self.customers[customer]["segment"] in rule["segments"])
        )

    # Orders

    def of(self, customer: str) -> list[Row]:
        return [order for order in self.orders.values() if order["customer"] == customer]

    def turn(self, order: Row, rule: Row) -> tuple[datetime, str]:
        """The place of an order among the others."""
        return order[rule["basis"]], order["id"]

    def dated(self, order: Row, rule: Row) -> date:
        return self.local(order[rule["basis"]], order["store"])

    def living(self, customer: str, rule: Row) -> list[Row]:
        """Orders that count."""
        return [order for order in self.of(customer) if not order["cancelled"] and order[rule["basis"]] is not None]

    def window(self, order: Row, rule: Row) -> list[Row]:
        """What counts with this order."""
        day = self.dated(order, rule)
        found = [
            one
            for one in self.living(order["customer"], rule)
            if window_start(day, rule) < self.dated(one, rule) <= day
            and self.turn(one, rule) <= self.turn(order, rule)
            and (rule["count_scope"] == "network" or one["store"] == order["store"])
        ]
        last = self.last(order["customer"], order["store"])
        if rule["consume_orders"] and last is not None:
            found = [one for one in found if self.dated(one, rule) > last]
        return found

    def ordered_lately(self, customer: str, rule: Row, day: date) -> bool:
        """Not idle on this day."""
        if not rule["idle_months"]:
            return True
        start = months_on(day, -rule["idle_months"])
        return any(start < self.dated(one, rule) <= day for one in self.living(customer, rule))

    # Emails

    def emails(self, customer: str) -> list[datetime]:
        person = self.person(customer)
        return [at for at, who in self.sent if who in person]

    def last(self, customer: str, store: str) -> date | None:
        """The local date of the last email, as this store has it."""
        emails = self.emails(customer)
        return self.local(max(emails), store) if emails else None

    def cooled(self, day: date, customer: str, rule: Row) -> date:
        """When a cool-down that starts on this day is over."""
        ends = [own_cooldown(day, rule), day + timedelta(self.whole["floor_days"])]
        ends += [months_on(day, self.gaps[one]) for one in self.person(customer) if one in self.gaps]
        return max(ends)

    def cooling(self, customer: str, rule: Row, store: str, day: date) -> bool:
        last = self.last(customer, store)
        return last is not None and day < self.cooled(last, customer, rule)

    def capped(self, customer: str, rule: Row, store: str, day: date) -> bool:
        if rule["cap_per_365d"] is None:
            return False
        days = [self.local(at, store) for at in self.emails(customer)]
        return sum(day - timedelta(365) < one <= day for one in days) >= rule["cap_per_365d"]
