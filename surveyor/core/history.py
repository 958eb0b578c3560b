"""What a decision may look at: a bounded memory of one customer, and the person that shares an address with others.

`Account` is one customer of the source; its plain form is the row `customer_state`. `Person` is all the accounts of one
address (usually one): what was sent, what is open and what is suppressed belong to the person, orders to the account.
Days are ordinals (`core/calendar.py`), instants aware and in UTC.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from surveyor.core.calendar import day_at
from surveyor.core.reasons import Reason
from surveyor.core.rules import Rule, RuleSet

BASES: tuple[str, ...] = ("ordered_at", "fulfilled_at")


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a rule asks about a store: its IANA zone, region and brand ids ("": none), whether surveys leave it out."""

    zone: str
    region: str = ""
    excluded: bool = False
    brand: str = ""


class Regime:
    """The rules of one version and the stores, as they stand at an instant; made once per version, not per order."""

    __slots__ = ("active", "by_bases", "by_id", "excluded", "globals", "rules", "stores", "version")

    def __init__(self, rules: RuleSet, stores: Mapping[str, StoreFacts], *, version: int = 0) -> None:
        """`version`: the number of the rule version that every decision is to say."""
        self.rules = rules
        self.stores = stores
        self.excluded = frozenset(store_id for store_id, store in stores.items() if store.excluded)
        self.version = version
        self.globals = rules.globals
        self.active = rules.active()
        self.by_id = {rule.id: rule for rule in self.active}
        self.by_bases = {
            bases: tuple(rule for rule in self.active if rule.basis in bases)
            for bases in (BASES, *((basis,) for basis in BASES))
        }


@dataclass(slots=True, eq=False)
class Order:
    """One order of an identified customer. Its zone is that of its store when it is first known, else the one written.

    Dates of a basis that is not known yet are None. `below`: the rules whose decision on it is BELOW_MIN_ORDERS.
    """

    id: str
    ordered_at: datetime
    fulfilled_at: datetime | None
    store_id: str
    zone: str
    cancelled: bool = False
    history: bool = False
    below: AbstractSet[str] = frozenset()
    ordered_day: int = field(init=False)
    fulfilled_day: int | None = field(init=False)
    #: The plain form it was read from, if any (core/history_plain); good as long as nothing in it changed.
    plain: list[Any] | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        at, zone = self.fulfilled_at, self.zone
        self.ordered_day = day = day_at(self.ordered_at, zone)
        self.fulfilled_day = None if at is None else day if at is self.ordered_at else day_at(at, zone)

    def afresh(self, *, cancelled: bool) -> Order:
        """As no rule has seen it yet: itself, or a copy when the journey may give it its missing date."""
        found = copy(self) if self.fulfilled_at is None else self
        found.cancelled, found.below = cancelled, frozenset()
        return found

    def fulfil(self, at: datetime) -> None:
        """The order was collected or delivered at `at`; only when that was unknown."""
        self.fulfilled_at = at
        self.fulfilled_day = day_at(at, self.zone)


_blank = Order.__new__
_NO_RULES: frozenset[str] = frozenset()


def new_order(order_id: str, ordered_at: datetime, fulfilled_at: datetime | None, store_id: str, zone: str) -> Order:
    """The order that `Order` makes of the same, in two thirds of the time; for those that are made by the million."""
    order = _blank(Order)
    order.id, order.ordered_at, order.fulfilled_at, order.store_id, order.zone = (
        order_id,
        ordered_at,
        fulfilled_at,
        store_id,
        zone,
    )
    order.cancelled = order.history = False
    order.below, order.plain = _NO_RULES, None
    order.ordered_day = day = day_at(ordered_at, zone)
    if fulfilled_at is not ordered_at:
        order.fulfilled_day = None if fulfilled_at is None else day_at(fulfilled_at, zone)
    else:
        order.fulfilled_day = day
    return order


class Hold(NamedTuple):
    """A draw that said no: `order_id` started it, it lasts until the day `until` (excluded)."""

    until: int
    order_id: str


class Blocked(NamedTuple):
    """A decision that waits for the open invitation to end: made again when it ends without being SENT."""

    customer_id: str
    rule_id: str
    order_id: str
    reason: Reason


@dataclass(slots=True)
class Invitation:
    """An invitation to come or under way, with the rule as this customer lived it when it was decided (arm included).

    `key` is "order:<rule>:<order>" or "recurring:<rule>:<customer>:<local date>". `order_id` decides or, of an
    occurrence, is the latest qualifying order; `opened_by` opened the enrolment, `occurrence` counts from 1.
    `due_day` is what lateness counts from; `at` the instant at which it is to leave, moved when it is held up;
    `counted` the orders in the window (of an occurrence: in the idle window) when it was decided.
    """

    key: str
    customer_id: str
    rule: Rule
    version: int
    arm: str | None
    order_id: str
    opened_by: str
    occurrence: int
    store_id: str
    zone: str
    due_day: int
    at: datetime
    counted: int = 0
    blocked: list[Blocked] = field(default_factory=list)

    @property
    def label(self) -> str:
        """As written cases and draws write it: the order's id, "order#n" for an occurrence after the first."""
        return self.opened_by if self.occurrence == 1 else f"{self.opened_by}#{self.occurrence}"

    @property
    def recurring(self) -> bool:
        """Whether it is an occurrence of a cycle after the enrolling email, which has a decision on an order."""
        return self.occurrence > 1


@dataclass(slots=True)
class Cycle:
    """One enrolment by a `recurring` rule. `occurrence`: number of the email to come, or under way when `at` is None.

    `due_day` is the planned day (lateness counts from it), `look_day` the day looked at next (later when held up), `at`
    its instant: `send_time` at the store of the latest qualifying order (`store_id`, `zone`). `last`: order, store and
    zone of the last email, which stand in when no qualifying order is left.
    """

    rule_id: str
    opened_by: str
    occurrence: int
    priority: int
    last: tuple[str, str, str]
    store_id: str = ""
    zone: str = ""
    send_time: str = ""
    due_day: int = 0
    look_day: int = 0
    at: datetime | None = None

    @property
    def label(self) -> str:
        """ "order#n"."""
        return f"{self.opened_by}#{self.occurrence}"


class Account:
    """What is remembered of one customer; `id` is the customer id that the source gave (draws are made with it)."""

    __slots__ = ("cycles", "dated", "email_known", "holds", "id", "open", "orders", "segment", "sent")

    def __init__(self, customer_id: str, *, email_known: bool = True, segment: str = "") -> None:
        self.id = customer_id
        self.email_known = email_known
        self.segment = segment
        self.orders: dict[str, Order] = {}
        #: The orders whose date is known, by basis, in the order of orders: (basis instant, order id as text).
        self.dated: dict[str, list[Order]] = {"ordered_at": [], "fulfilled_at": []}
        self.holds: dict[str, Hold] = {}
        self.cycles: dict[str, Cycle] = {}
        self.open: Invitation | None = None
        #: Instants of SENT (first emails of invitations), oldest first: 365 days and the last one.
        self.sent: list[datetime] = []

    def add(self, order: Order) -> None:
        """Remember an order that was not known."""
        self.orders[order.id] = order
        self.date(order, "ordered_at")
        if order.fulfilled_at is not None:
            self.date(order, "fulfilled_at")

    def recall(self, orders: Iterable[Order]) -> None:
        """Remember orders read again: before an old one is completed, for a longer window, to rebuild a state."""
        for order in orders:
            if order.id not in self.orders:
                self.add(order)

    def date(self, order: Order, basis: str) -> None:
        """Put the order at its place among those dated by `basis`, now that this date is known."""
        line = self.dated[basis]
        if not line or getattr(line[-1], basis) < getattr(order, basis):
            line.append(order)
        else:
            insort(line, order, key=_PLACES[basis])

    def latest(self, basis: str) -> Order | None:
        """The latest qualifying order: known, dated by `basis`, not cancelled; None when none is left."""
        for order in reversed(self.dated[basis]):
            if not order.cancelled:
                return order
        return None


_PLACES = {basis: attrgetter(basis, "id") for basis in BASES}


def place(basis: str) -> attrgetter[tuple[datetime, str]]:
    """The order of orders for a basis: a function from an order to (basis instant, id)."""
    return _PLACES[basis]


def day_of(order: Order, basis: str) -> int | None:
    """The date of an order: that of its basis instant, at its own store; None while it is not known."""
    return order.ordered_day if basis == "ordered_at" else order.fulfilled_day
