"""Made again as they were lived, the decisions must be those that are stored: the proof before any what-if."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from surveyor.core.calendar import local_day
from surveyor.core.decision import Decision, stored
from surveyor.core.history import SUPPRESSION_REASONS, Regime
from surveyor.core.replay.lived import Asked, Key, Life, Look, Opposed, Ordered, lived
from surveyor.core.rules import RuleSet
from surveyor.db import lived as rows
from surveyor.db import orders, recount, rules
from surveyor.db.lived import Who
from surveyor.flows.customer_journey import DEFAULTS, Defaults, Terms, read_terms
from surveyor.flows.customer_journey.load import remembered
from surveyor.flows.customer_journey.regime import rules_of

#: Customers in memory at a time, and differences that are listed.
PAGE = 500
MOST_LISTED = 100
#: A pause that ends before the hours in which emails leave does not take its last day.
_BEFORE_SENDING = timedelta(hours=8)
_NEVER = datetime.max.replace(tzinfo=UTC)

#: The rules of a version, by its number.
ReadVersion = Callable[[Any, int], RuleSet]


@dataclass(frozen=True, slots=True)
class Difference:
    """One decision that is not found again: the customer (our id), rule, order or day, and what differs."""

    customer_id: str
    rule_id: str
    label: str
    what: str
    stored: str
    lived: str

    def __str__(self) -> str:
        return f"{self.rule_id} {self.label}: {self.what}: stored {self.stored}, lived again {self.lived}"


@dataclass(slots=True)
class Proof:
    """`found` decisions of `compared` were found again; the first differences, and how many there are in all."""

    compared: int = 0
    found: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every decision was found again, and no other."""
        return not self.count

    def sentence(self, language: str) -> str:
        """« 12 480 décisions sur 12 480 retrouvées »."""
        space = "\u202f" if language == "fr" else ","
        found, compared = (f"{n:,}".replace(",", space) for n in (self.found, self.compared))
        if language == "fr":
            return f"{found} décisions sur {compared} retrouvées"
        return f"{found} of {compared} decisions found again"


def prove_decisions(
    sessions: Any,
    *,
    defaults: Defaults = DEFAULTS,
    read_version: ReadVersion = rules_of,
    progress: Callable[[int], None] | None = None,
    page: int = PAGE,
) -> Proof:
    """Live every customer's recorded life again and compare each decision with the stored one; nothing is written.

    Customers are read a page at a time: memory does not grow with their number. `progress` is told how many decisions
    were compared so far. One snapshot; sessions that only read let others write meanwhile.
    """
    with sessions.begin() as session:
        recount.freeze(session)
        return prove(session, defaults=defaults, read_version=read_version, progress=progress, page=page)


def prove(
    session: Any,
    *,
    defaults: Defaults,
    read_version: ReadVersion = rules_of,
    progress: Callable[[int], None] | None = None,
    page: int = PAGE,
) -> Proof:
    """The same, in a transaction of the caller's."""
    terms = read_terms(session, defaults, read=lambda _session: (0, RuleSet()))
    regimes = _Regimes(session, terms, read_version)
    proof = Proof()
    for people in rows.pages(session, page):
        read = _Page(session, people, terms, regimes)
        for person in people:
            _compare(proof, person, read.stored(person), lived(read.life(person), regimes.at))
        if progress is not None:
            progress(proof.compared)
    return proof


class _Regimes:
    """The rules and the stores in force at any instant: versions by their publication, stores by what people edited."""

    def __init__(self, session: Any, terms: Terms, read_version: ReadVersion) -> None:
        self.nothing = Regime(RuleSet(), terms.regime.stores)
        self.versions: dict[int, RuleSet] = {}
        versions = sorted(rules.versions(session), key=lambda one: one.number)
        facts = dict(terms.regime.stores)
        changes: list[tuple[datetime, dict[str, Any]]] = []
        for edit in reversed(rows.store_edits(session)):
            changes.append((edit.at, dict(facts)))
            store = str(edit.object).removeprefix("store:")
            if store in facts:
                facts[store] = _before(facts[store], edit.before or {})
        stores = [(None, facts), *reversed(changes)]
        instants = sorted({one.published_at for one in versions} | {at for at, _ in changes})
        self.instants, self.regimes = instants, []
        for at in instants:
            active = [one for one in versions if one.published_at <= at]
            then = [found for since, found in stores if since is None or since <= at][-1]
            number = active[-1].number if active else 0
            found = self.versions.setdefault(number, read_version(session, number)) if active else RuleSet()
            self.regimes.append(Regime(found, then, version=number))

    def at(self, now: datetime) -> Regime:
        place = bisect_right(self.instants, now)
        return self.regimes[place - 1] if place else self.nothing

    def by_fulfilment(self, version: int, rule_id: str) -> bool:
        """Whether this rule of a version looked at the day an order was collected or delivered."""
        rule = self.versions[version].get(rule_id) if version in self.versions else None
        return rule is not None and rule.basis == "fulfilled_at"


def _before(facts: Any, before: dict[str, Any]) -> Any:
    """The facts of a store before an edit. Its zone is not among them: an order keeps the one of its decision."""
    if "excluded" in before:
        facts = replace(facts, excluded=bool(before["excluded"]))
    if "region_id" in before:
        facts = replace(facts, region=before["region_id"] or "")
    if "brand_id" in before:
        facts = replace(facts, brand=before["brand_id"] or "")
    return facts


class _Page:
    """What the tables say of some persons."""

    def __init__(self, session: Any, people: list[list[Who]], terms: Terms, regimes: _Regimes) -> None:
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


def _compare(proof: Proof, person: list[Who], kept: dict[Key, Decision], again: dict[Key, Decision]) -> None:
    ours = {who.external_id: who.id.hex for who in person}
    proof.compared += len(kept)
    for place in kept.keys() | again.keys():
        was, now = kept.get(place), again.get(place)
        wrong = _differs(was, now)
        if wrong is None:
            proof.found += 1
            continue
        proof.count += 1
        one = was or now
        if len(proof.differences) < MOST_LISTED and one is not None:
            proof.differences.append(Difference(ours[one.customer_id], one.rule_id, one.label, *wrong))


def _differs(was: Decision | None, now: Decision | None) -> tuple[str, str, str] | None:
    """The first thing in which two decisions differ: its name, as stored, as lived again."""
    if was is None or now is None:
        return "decision", "none" if was is None else _told(was), "none" if now is None else _told(now)
    values = ((name, getattr(was, name), getattr(now, name)) for name in _COMPARED)
    plain = [("facts", was.facts(), now.facts())] if was.decided_at == now.decided_at else []
    for name, before, after in (*values, *plain):
        if before != after:
            if name == "facts":
                name = next(key for key in {**before, **after} if before.get(key) != after.get(key))
                before, after = before.get(name), after.get(name)
            return name, str(before), str(after)
    return None


_COMPARED = ("verdict", "reasons", "version", "arm", "day", "planned_at", "decided_at")


def _told(decision: Decision) -> str:
    return str(decision.reason or decision.verdict)
