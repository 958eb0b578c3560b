"""Live a file of orders under a virtual clock: the real line from order to indicator, months of it in seconds."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from surveyor.core.orders import OrderEvent
from surveyor.db import network
from surveyor.flows.advance_cycles import advance_cycles
from surveyor.flows.customer_journey import active_rules
from surveyor.flows.open_cases import open_cases
from surveyor.flows.record_orders import MAX_EVENTS, record_orders
from surveyor.flows.record_provider_events import count_undelivered
from surveyor.flows.record_visit import count_visits
from surveyor.flows.simulate_deliveries import simulate_deliveries
from surveyor.jobs import desk
from surveyor.jobs.run_due import next_instant
from surveyor.jobs.timelapse.instants import Boundaries, VirtualClock
from surveyor.jobs.timelapse.mailbox import Mail, People, Postbox, Reaction, nobody
from surveyor.jobs.timelapse.reactions import react
from surveyor.services import Services

__all__ = ["Act", "Lived", "Mail", "Reaction", "Received", "VirtualClock", "live", "nobody"]

#: An order event and the instant at which its source sent it.
Received = tuple[datetime, OrderEvent]
#: Something that staff does at an instant, such as publishing rules.
Act = tuple[datetime, Callable[[Services], object]]
_Entry = tuple[datetime, int, Mail | None, Reaction | None]
#: When mailboxes answer, after a sending.
TOLD_AFTER = timedelta(seconds=70)
DAY = timedelta(days=1)
#: How many emails one call of simulate_deliveries tells about.
MOST = 500


@runtime_checkable
class Staffed(Protocol):
    """People whose stores work on their cases too."""

    def __call__(self, mail: Mail, /) -> Sequence[Reaction]:
        """See `People`."""

    def work(self, services: Services, now: datetime) -> None:
        """What is done with cases by the end of a day."""


@runtime_checkable
class Acting(Protocol):
    """People of whose staff somebody does something at instants, in order; the clock stops at each."""

    acts: Sequence[Act]


@dataclass(slots=True)
class Lived:
    """What happened: orders by outcome, emails by where they went, and what people did."""

    orders: Counter[str] = field(default_factory=Counter)
    emails: Counter[str] = field(default_factory=Counter)
    reactions: Counter[str] = field(default_factory=Counter)
    until: datetime | None = None


def live(
    services: Services,
    received: Iterable[Received],
    *,
    source: str,
    people: People = nobody,
    until: datetime,
    on_progress: Callable[[int], None] = lambda _events: None,
) -> Lived:
    """Live these events (sorted by instant) and everything that becomes due, up to an instant.

    services: made with a VirtualClock as their `now`. The clock stops wherever something is due; at one
    instant what is received comes before what is sent (rules.md, 10). Deliveries are made up by address, since a
    virtual clock hands over to nobody. on_progress: events recorded since the last call. Raises TypeError for services
    whose clock goes by itself.
    """
    clock = services.now
    if not isinstance(clock, VirtualClock):
        raise TypeError("a timelapse needs services made with a VirtualClock")
    postbox = Postbox(services.provider, services.build)
    services = replace(services, provider=postbox, build=postbox.build)
    acts: list[Act] = list(people.acts) if isinstance(people, Acting) else []
    return _Life(services, clock, postbox, source, people, on_progress, acts).until(received, until)


@dataclass
class _Life:
    services: Services
    clock: VirtualClock
    postbox: Postbox
    source: str
    people: People
    on_progress: Callable[[int], None]
    acts: list[Act] = field(default_factory=list)
    lived: Lived = field(default_factory=Lived)
    #: What people will do, and (apart, since it changes what is decided) who will stop and when mailboxes tell.
    agenda: list[_Entry] = field(default_factory=list)
    turning: list[_Entry] = field(default_factory=list)
    #: What is due next, as the last work left it.
    due: datetime | None = None
    _turn: Iterator[int] = field(default_factory=itertools.count)

    def until(self, received: Iterable[Received], end: datetime) -> Lived:
        events = _Ahead(received)
        self.due = next_instant(self.services)
        boundaries = self._boundaries()
        counted = self.clock()
        while (stop := self._next(events, boundaries)) is not None and stop <= end:
            boundaries = self._go_to(stop, events, boundaries)
            if self.clock() - counted >= DAY:
                counted = self.clock()
                self._count()
                if isinstance(self.people, Staffed):
                    self.people.work(self.services, self.clock())
                    self._work()
        self._go_to(end, events, boundaries)
        self._count()
        self.lived.until = self.clock()
        return self.lived

    def _go_to(self, stop: datetime, events: _Ahead, boundaries: Boundaries) -> Boundaries:
        """Receive, react, then send what is due; the boundaries from here on."""
        zones = self._receive(events.up_to(stop))
        self._react(stop)
        self.clock.go(stop)
        if self._act():
            boundaries = self._boundaries()
        self._work()
        return boundaries.with_zones(zones)

    def _act(self) -> bool:
        """Do what staff does by now; whether anything was."""
        done = [act for act in self.acts if act[0] <= self.clock()]
        for _, act in done:
            act(self.services)
        del self.acts[: len(done)]
        return bool(done)

    def _next(self, events: _Ahead, boundaries: Boundaries) -> datetime | None:
        """The next instant to stop at; None when nothing is left."""
        now, due = self.clock(), self.due
        first = min((at for at in (events.next, due) if at is not None), default=None)
        if first is None and not self.agenda and not self.turning and not self.acts:
            return None
        turning = self.turning[0][0] if self.turning else None
        acting = self.acts[0][0] if self.acts else None
        found = [at for at in (due, turning, acting) if at is not None and at > now]
        return min([boundaries.after(now), *found])

    def _boundaries(self) -> Boundaries:
        with self.services.sessions() as session:
            _, rules = active_rules(session)
            zones = {store.zone for store in network.stores(session).values()}
        return Boundaries.of(rules, {*zones, self.services.settings.time_zone})

    def _receive(self, received: Sequence[Received]) -> set[str]:
        """Record these events, those of one person one after the other; the zones of stores that came with them."""
        services = self.services
        if not received:
            return set()
        self.clock.go(received[-1][0])
        waves = _waves(received)
        for number, wave in enumerate(waves, 1):
            # A microsecond apart, so that what is recorded says which came first: a life is lived again from it.
            now = self.clock() - timedelta(microseconds=len(waves) - number)
            for batch in _batched(wave):
                receipt = record_orders(
                    services.sessions,
                    list(batch),
                    source=self.source,
                    now=now,
                    keys=services.keyring,
                    defaults=desk.defaults(services),
                )
                self.lived.orders.update(str(verdict.outcome) for verdict in receipt.verdicts)
                self.on_progress(len(batch))
        named = {event.store_id for _, event in received}
        with services.sessions() as session:
            return {store.zone for store in network.stores(session, named).values()}

    def _react(self, stop: datetime) -> None:
        while heaps := [heap for heap in (self.agenda, self.turning) if heap and heap[0][0] <= stop]:
            at, _, mail, reaction = heapq.heappop(min(heaps, key=lambda heap: heap[0][:2]))
            self.clock.go(at)
            if mail is None or reaction is None:
                self._deliver()
            elif react(self.services, self.clock, mail, reaction):
                self.lived.reactions[reaction.kind] += 1

    def _work(self) -> None:
        """Cycles, reminders and emails, until nothing is due at this instant, or nothing moves (sends are held)."""
        services, now = self.services, self.clock()
        worker = desk.mailer(services, owner="timelapse")
        while (due := next_instant(services)) is not None and due <= now:
            done = advance_cycles(services.sessions, keys=services.keyring, now=now, defaults=desk.defaults(services))
            sent = desk.drain(services, worker, seconds=3600.0)
            for name in ("sent", "failed", "dropped", "in_doubt"):
                self.lived.emails[name] += getattr(sent, name)
            self._reach()
            if not done.looked_at and not sent.claimed:
                break
        self.due = due

    def _reach(self) -> None:
        """The emails just handed over come to people, and mailboxes answer a little later."""
        mails = self.postbox.take(self.clock())
        if mails:
            heapq.heappush(self.turning, (self.clock() + TOLD_AFTER, next(self._turn), None, None))
        for mail in (one for one in mails if one.survey):
            for reaction in self.people(mail):
                heap = self.turning if reaction.kind == "stop" else self.agenda
                heapq.heappush(heap, (mail.at + reaction.after, next(self._turn), mail, reaction))

    def _deliver(self) -> None:
        services = self.services
        told = MOST
        while told >= MOST:
            told = simulate_deliveries(
                services.sessions,
                services.provider.name,
                journeys=desk.journeys(services),
                keys=services.keyring,
                now=self.clock(),
            )

    def _count(self) -> None:
        """What the clock of an installation does by itself: visits counted, emails nobody told of, cases opened."""
        count_visits(self.services.sessions, now=self.clock())
        count_undelivered(self.services.sessions, now=self.clock())
        open_cases(self.services.sessions, now=self.clock())


class _Ahead:
    """Events in order, the next one in sight."""

    def __init__(self, received: Iterable[Received]) -> None:
        self._rest = iter(received)
        self._first = next(self._rest, None)

    @property
    def next(self) -> datetime | None:
        """When the next one comes."""
        return self._first[0] if self._first is not None else None

    def up_to(self, instant: datetime) -> list[Received]:
        """Those that come up to an instant, it included."""
        found = []
        while self._first is not None and self._first[0] <= instant:
            found.append(self._first)
            self._first = next(self._rest, None)
        return found


def _waves(received: Sequence[Received]) -> list[list[OrderEvent]]:
    """The events, so that those of one customer, address or order are in different waves, in their order."""
    waves: list[list[OrderEvent]] = []
    turn: dict[str, int] = {}
    for _, event in received:
        names = [name for name in (f"c{event.customer_id}", f"e{event.email}", f"o{event.order_id}") if len(name) > 1]
        number = max((turn.get(name, 0) for name in names), default=0)
        turn.update(dict.fromkeys(names, number + 1))
        if number == len(waves):
            waves.append([])
        waves[number].append(event)
    return waves


def _batched(events: Sequence[OrderEvent]) -> Iterator[Sequence[OrderEvent]]:
    for start in range(0, len(events), MAX_EVENTS):
        yield events[start : start + MAX_EVENTS]
