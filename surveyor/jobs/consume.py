"""The consumer: order events from a stream or a topic to the database, acknowledged after the commit, not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from surveyor.core.orders import OrderEvent
from surveyor.db.health import is_away
from surveyor.errors import Refused
from surveyor.faults import fault
from surveyor.flows.keep_unusable import entry_name, keep_unusable
from surveyor.flows.note_gap import note_gap
from surveyor.flows.take_events import recorder, take_events
from surveyor.ingest.entries import Entry, EntrySource
from surveyor.ingest.payload import MAX_EVENTS, BadEvent
from surveyor.services import Services

log = structlog.get_logger("surveyor.consume")
BLOCK_MS = 1000
CLAIM_EVERY = 60.0
WAITS = (0.2, 1.0, 2.0, 5.0)
#: An entry that was handed out so often is tried by itself, so that it takes no other with it.
ALONE_FROM = 3
#: An entry that was handed out so often without an end is kept for a person (pipeline.md, 11).
MOST_DELIVERIES = 5

Sleep = Callable[[float], object]


def consume_once(source: EntrySource, services: Services, *, block_ms: int = BLOCK_MS) -> int:
    """Read, record, commit, acknowledge once; how many entries were taken."""
    return Consumer(source, services).once(block_ms=block_ms)


def run(source: EntrySource, services: Services, *, stopping: Callable[[], bool], sleep: Sleep) -> None:
    """Consume until told to stop. What is away is waited for; nothing is acknowledged meanwhile."""
    Consumer(source, services, stopping, sleep, patient=True).run()


class _SourceAway(Exception):
    """What was committed could not be acknowledged: it comes again, and changes nothing."""


def _never() -> bool:
    return False


def _no_wait(_seconds: float) -> None:
    return None


@dataclass(slots=True)
class Consumer:
    """One consumer of one source. patient: waits for a database that is away, instead of raising."""

    source: EntrySource
    services: Services
    stopping: Callable[[], bool] = _never
    sleep: Sleep = _no_wait
    patient: bool = False
    _claimed_at: datetime | None = None
    _prepared: bool = False
    _failures: int = 0

    def run(self) -> None:
        """Consume until told to stop."""
        while not self.stopping():
            try:
                if not self._prepared:
                    self.source.prepare()
                    self._prepared = True
                self.once()
                self._failures = 0
            except Exception as error:
                self._wait(error)
                self._ask_again()
        self.source.close()

    def once(self, *, block_ms: int = BLOCK_MS) -> int:
        """Those of consumers that are gone once a minute, then what is next; how many entries were taken."""
        taken = 0
        now = self.services.now()
        if self._claimed_at is None or (now - self._claimed_at).total_seconds() >= CLAIM_EVERY:
            taken += self.take(self.source.overdue())
            self._claimed_at = now
        taken += self.take(self.source.read(block_ms=block_ms))
        for gap in self.source.gaps():
            note_gap(self.services.sessions, where=gap.where, lost=gap.lost, now=now)
            log.warning("ingest_gap", where=gap.where, lost=gap.lost)
        return taken

    def take(self, entries: Sequence[Entry]) -> int:
        """Record these entries, quarantine what cannot be, acknowledge each after its commit.

        The first of those that came back again and again is what ended the processes before this one.
        """
        alone = [entry for entry in entries if entry.deliveries >= ALONE_FROM]
        for n, entry in enumerate(alone):
            if n == 0 and entry.deliveries >= MOST_DELIVERIES:
                self._give_up(entry, f"delivered {entry.deliveries} times without an end")
            else:
                self._settle([entry])
        together = [entry for entry in entries if entry.deliveries < ALONE_FROM]
        for source in dict.fromkeys(entry.source for entry in together):
            self._settle([entry for entry in together if entry.source == source])
        return len(entries)

    def _settle(self, entries: list[Entry]) -> None:
        """Record entries of one source; when that fails, each by itself, so that one bad entry takes no other along."""
        failed = self._failure(entries)
        if failed is None:
            return
        if len(entries) > 1:
            log.warning("entries_fail", error=failed, entries=len(entries))
            for entry in entries:
                self._settle([entry])
            return
        for _ in range(entries[0].deliveries + 1, MOST_DELIVERIES):
            log.warning("entry_fails", error=failed, entry=entries[0].id)
            self.sleep(WAITS[0])
            failed = self._failure(entries)
            if failed is None:
                return
        self._give_up(entries[0], f"{failed}, time after time")

    def _failure(self, entries: list[Entry]) -> str | None:
        """Record; the kind of error when these entries cannot be. A database that is away is waited for, entries in
        hand: were they read again and again, they would look like what never ends well."""
        while True:
            try:
                self._record(entries)
                return None
            except _SourceAway:
                raise
            except Exception as error:
                if not is_away(error):
                    return type(error).__name__
                if not self.patient or self.stopping():
                    raise
                self._wait(error)

    def _record(self, entries: list[Entry]) -> None:
        """In transactions of up to 1000 events; an entry is never split, and acknowledged after its transaction."""
        now, source = self.services.now(), entries[0].source
        record = recorder(self.services, source=source, now=now)
        for part in _parts(entries, now):
            for entry, events in part:
                if isinstance(events, Refused):
                    self._keep(entry, events.complaints[0].message_en, now)
                else:
                    self._keep_bad(entry, events, now)
            batch = [event for _, events in part if not isinstance(events, Refused) for event in events]
            if any(isinstance(event, OrderEvent) for event in batch):
                take_events(batch, record=record)
            fault("stream.committed")
            self._failures = 0
            self._ack([entry for entry, _ in part])

    def _keep_bad(self, entry: Entry, events: Sequence[OrderEvent | BadEvent], now: datetime) -> None:
        for bad in events:
            if isinstance(bad, BadEvent):
                self._keep(entry, bad.complaint.message_en, now, bad=bad)

    def _give_up(self, entry: Entry, why: str) -> None:
        self._keep(entry, why, self.services.now())
        self._ack([entry])

    def _ack(self, entries: list[Entry]) -> None:
        try:
            self.source.ack(entries)
        except Exception as error:
            raise _SourceAway(type(error).__name__) from error

    def _keep(self, entry: Entry, why: str, now: datetime, *, bad: BadEvent | None = None) -> None:
        name, raw = entry_name(entry.id, bad.index if bad else None), bad.raw if bad else entry.raw
        keep_unusable(self.services.sessions, source=entry.source, raw=raw, why=why, now=now, name=name)
        log.warning("entry_quarantined", source=entry.source, entry=entry.id)

    def _wait(self, error: Exception) -> None:
        log.warning("consumer_waits", error=type(error).__name__)
        self.sleep(WAITS[min(self._failures, len(WAITS) - 1)])
        self._failures += 1

    def _ask_again(self) -> None:
        try:
            self.source.again()
        except Exception as error:  # it is away itself: the next turn asks
            log.warning("consumer_waits", error=type(error).__name__)


_Read = list[OrderEvent | BadEvent] | Refused


def _parts(entries: Sequence[Entry], now: datetime) -> Iterator[list[tuple[Entry, _Read]]]:
    """Entries read one after the other, grouped so that no group holds more than 1000 events."""
    part: list[tuple[Entry, _Read]] = []
    events = 0
    for entry in entries:
        found = _read(entry, now)
        size = 0 if isinstance(found, Refused) else len(found)
        if part and events + size > MAX_EVENTS:
            yield part
            part, events = [], 0
        part.append((entry, found))
        events += size
    if part:
        yield part


def _read(entry: Entry, now: datetime) -> _Read:
    try:
        return entry.events(now=now)
    except Refused as refused:
        return refused
