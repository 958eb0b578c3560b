"""Rows of a file in batches, each recorded with the line that it reached, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.orders import OrderEvent
from surveyor.db import imports
from surveyor.errors import Complaint, Refused, SurveyorError
from surveyor.flows.file_passages import batch_committed, batch_reached
from surveyor.flows.import_orders.receipt import Refusal
from surveyor.flows.record_orders import Also, Defaults, Outcome, Receipt, record_orders
from surveyor.ingest.complaints import complain
from surveyor.ingest.files import Row
from surveyor.ingest.payload import read_event

SIZE = 1000


class ImportOvertaken(SurveyorError):
    """Another process imports the same file and got further; this one stops, nothing was counted twice."""

    code = "import_overtaken"


@dataclass(frozen=True, slots=True)
class Read:
    """A batch once read: the events with their lines, and the lines that hold none."""

    events: tuple[tuple[int, OrderEvent], ...]
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a batch goes. was: the line that the import had reached before it."""

    services: Any
    source: str
    history: bool
    strict_stores: bool
    import_id: UUID
    was: int


def batches(rows: Iterable[Row], *, size: int = SIZE) -> Iterator[list[Row]]:
    """`size` rows at a time; a fault of the file as a whole (Refused) is raised after the rows read before it."""
    batch: list[Row] = []
    broken: Refused | None = None
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except Refused as refused:
        broken = refused
    if batch:
        yield batch
    if broken is not None:
        raise broken


def read(rows: Iterable[Row], *, now: datetime) -> Read:
    """Every row becomes an event or a refusal that names its line."""
    events: list[tuple[int, OrderEvent]] = []
    refused: list[Refusal] = []
    for row in rows:
        if isinstance(row.content, Complaint):
            refused.append(Refusal(row.line, Outcome.REJECTED, row.content))
            continue
        try:
            events.append((row.line, read_event(row.content, now=now, prefix=f"{row.line}:")))
        except Refused as wrong:
            refused.append(Refusal(row.line, Outcome.REJECTED, wrong.complaints[0]))
    return Read(tuple(events), tuple(refused))


def take(batch: Read, target: Target, *, line: int, now: datetime) -> list[Refusal]:
    """Record the events and the line reached together; the refusals of the batch, after the commit.

    Raises ImportOvertaken when somebody else moved the same import meanwhile.
    """
    told: list[Refusal] = []

    def also(session: Any, receipt: Receipt) -> None:
        told[:] = sorted((*batch.refused, *_of(batch, receipt)), key=lambda refusal: refusal.line)
        counts = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "conflicts": receipt.conflicts,
            "rejected": receipt.rejected + len(batch.refused),
        }
        sample = [refusal.to_json() | {"outcome": str(refusal.outcome)} for refusal in told]
        if not imports.reach(session, target.import_id, was=target.was, line=line, counts=counts, refusals=sample):
            raise ImportOvertaken("another process is importing the same file: let it end, or start again")
        batch_reached()

    _record(batch, target, also, now)
    batch_committed()
    return told


def _record(batch: Read, target: Target, also: Also, now: datetime) -> None:
    services = target.services
    if not batch.events:
        with services.sessions.begin() as session:
            also(session, Receipt(()))
        return
    record_orders(
        services.sessions,
        [event for _, event in batch.events],
        source=target.source,
        now=now,
        keys=services.keyring,
        defaults=Defaults(services.settings.time_zone, services.settings.language),
        history=target.history,
        strict_stores=target.strict_stores,
        also=also,
    )


def _of(batch: Read, receipt: Receipt) -> Iterator[Refusal]:
    """What the flow did not simply take, with its line."""
    for (line, event), verdict in zip(batch.events, receipt.verdicts, strict=True):
        if verdict.outcome is Outcome.CONFLICT:
            named = f"{', '.join(verdict.fields)}, " if verdict.fields else ""
            fr, en = f" ({named}ligne {line})", f" ({named}line {line})"
            yield Refusal(line, verdict.outcome, complain("event_conflict", event.event_id, what_fr=fr, what_en=en))
        elif verdict.complaint is not None:
            name = verdict.complaint.where.lstrip("/")
            value = getattr(event, name, "")
            yield Refusal(line, verdict.outcome, complain(verdict.complaint.code, f"{line}:{name}", value))
