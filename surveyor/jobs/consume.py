"""The stream consumer: order events from Redis to the database, acknowledged after the commit and not before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from surveyor.core.orders import OrderEvent
from surveyor.faults import fault
from surveyor.flows.keep_unusable import keep_unusable
from surveyor.flows.take_events import recorder, take_events
from surveyor.ingest.payload import BadEvent
from surveyor.ingest.redis_stream import Entry, OrderStream
from surveyor.services import Services

log = structlog.get_logger("surveyor.consume")
BLOCK_MS = 1000
CLAIM_EVERY = 60.0
WAITS = (0.2, 1.0, 2.0, 5.0)


def consume_once(stream: OrderStream, services: Services, *, block_ms: int = BLOCK_MS) -> int:
    """Read, record, commit, acknowledge once; how many entries were taken."""
    entries = stream.read(now=services.now(), block_ms=block_ms)
    take_entries(stream, services, entries)
    return len(entries)


def take_entries(stream: OrderStream, services: Services, entries: Sequence[Entry]) -> None:
    """Record these entries, source by source, quarantine what cannot be read, then acknowledge them all."""
    now = services.now()
    for source in dict.fromkeys(entry.source for entry in entries):
        _record([entry for entry in entries if entry.source == source], services, source, now)
    fault("stream.committed")
    stream.ack(entries)


def run(
    stream: OrderStream, services: Services, *, stopping: Callable[[], bool], sleep: Callable[[float], None]
) -> None:
    """Consume until told to stop. Redis or the database away: wait and try again; nothing is acknowledged meanwhile."""
    failures = 0
    claimed_at = services.now()
    prepared = False
    while not stopping():
        try:
            if not prepared:
                stream.prepare()
                prepared = True
            consume_once(stream, services)
            if (services.now() - claimed_at).total_seconds() >= CLAIM_EVERY:
                take_entries(stream, services, stream.claim_idle(now=services.now()))
                claimed_at = services.now()
            failures = 0
        except Exception as error:
            log.warning("consumer_waits", error=type(error).__name__)
            sleep(WAITS[min(failures, len(WAITS) - 1)])
            failures += 1


def _record(entries: list[Entry], services: Services, source: str, now: datetime) -> None:
    batch: list[OrderEvent | BadEvent] = []
    record = recorder(services, source=source, now=now)
    for entry in entries:
        if entry.unusable is not None:
            _keep(services, source, entry.id, entry.raw, entry.unusable.complaints[0].message_en, now)
            continue
        if len(batch) + len(entry.events) > 1000:
            take_events(batch, record=record)
            batch = []
        batch += entry.events
        for bad in entry.events:
            if isinstance(bad, BadEvent):
                _keep(services, source, f"{entry.id}:{bad.index}", entry.raw, bad.complaint.message_en, now)
    if batch:
        take_events(batch, record=record)


def _keep(services: Any, source: str, name: str, raw: bytes, why: str, now: datetime) -> None:
    keep_unusable(services.sessions, source=source, raw=raw, why=why, now=now, name=f"entry:{name}")
    log.warning("entry_quarantined", source=source, entry=name)
