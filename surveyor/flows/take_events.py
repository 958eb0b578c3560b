"""A batch as a source sent it, good and bad events mixed: the good ones recorded together, one verdict for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.errors import Complaint
from surveyor.flows.record_orders import Defaults, Outcome, Receipt, record_orders
from surveyor.ingest.complaints import complain
from surveyor.ingest.payload import BadEvent

#: flows.record_orders bound to an installation and a source: only the events are left to give.
Record = Callable[[Sequence[OrderEvent]], Receipt]


@dataclass(frozen=True, slots=True)
class Told:
    """One event that was not simply accepted: its index in the batch, the field, and the sentence."""

    index: int
    field: str
    complaint: Complaint


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch; said after the commit. `rejected` and `conflicting` are in the order of the batch."""

    accepted: int
    duplicates: int
    rejected: tuple[Told, ...]
    conflicting: tuple[Told, ...]

    @property
    def conflicts(self) -> int:
        """Events kept beside an earlier one of the same id and other content."""
        return len(self.conflicting)


def take_events(batch: Sequence[OrderEvent | BadEvent], *, record: Record) -> Taken:
    """Record the good events of a batch in one transaction; a bad one is refused alone and not remembered."""
    good = [(index, event) for index, event in enumerate(batch) if isinstance(event, OrderEvent)]
    receipt = record([event for _, event in good]) if good else Receipt(())
    rejected = [Told(bad.index, bad.field, bad.complaint) for bad in batch if isinstance(bad, BadEvent)]
    conflicting: list[Told] = []
    for (index, event), verdict in zip(good, receipt.verdicts, strict=True):
        if verdict.outcome is Outcome.REJECTED and verdict.complaint is not None:
            rejected.append(_refused(index, verdict.complaint, alone=len(batch) == 1))
        elif verdict.outcome is Outcome.CONFLICT:
            conflicting.append(_conflict(index, event, verdict.fields))
    rejected.sort(key=lambda told: told.index)
    return Taken(receipt.accepted, receipt.duplicates, tuple(rejected), tuple(conflicting))


def recorder(
    services: Any, *, source: str, now: datetime, history: bool = False, strict_stores: bool = False
) -> Record:
    """flows.record_orders for one installation (services.Services), source and instant."""
    defaults = Defaults(services.settings.time_zone, services.settings.language)

    def record(events: Sequence[OrderEvent]) -> Receipt:
        return record_orders(
            services.sessions,
            events,
            source=source,
            now=now,
            keys=services.keyring,
            defaults=defaults,
            history=history,
            strict_stores=strict_stores,
        )

    return record


def _refused(index: int, complaint: Complaint, *, alone: bool) -> Told:
    """The flow names the field alone (`/store_id`); in a batch the place holds the index too."""
    name = complaint.where.lstrip("/")
    if alone:
        return Told(index, name, complaint)
    where = f"/{index}/{name}"
    fr, en = (text.replace(complaint.where, where, 1) for text in (complaint.message_fr, complaint.message_en))
    return Told(index, name, Complaint(where, complaint.code, fr, en))


def _conflict(index: int, event: OrderEvent, fields: tuple[str, ...]) -> Told:
    named = f" ({', '.join(fields)})" if fields else ""
    return Told(index, "event_id", complain("event_conflict", event.event_id, what_fr=named, what_en=named))
