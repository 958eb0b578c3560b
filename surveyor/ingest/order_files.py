"""Order files as a replay reads them: only the columns that rules look at, rows in any order, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from surveyor.core.calendar import offset_name, zone_of
from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow
from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.fields import instant
from surveyor.ingest.files import Block, parts_of, rows_of

#: A replay has no clock: dates are only asked to be dates.
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_MOST_FAULTS = 100
_DATES = ("ordered_at", "fulfilled_at", "received_at")
_NAMES = (*_DATES, "event_id", "type", "order_id", "customer_id", "email", "store_id", "segment", "region")
_ZONES = ("zone", "tz", "time_zone")
#: A row is made of a tuple as it is: half the cost of naming each value.
_row: Callable[[tuple[Any, ...]], OrderRow] = partial(tuple.__new__, OrderRow)
_TRUE = frozenset({"1", "true", "yes", "oui", "vrai"})


@dataclass(slots=True)
class Faults:
    """Rows that could not be read: how many, and the first hundred with their line."""

    count: int = 0
    first: list[Complaint] = field(default_factory=list)

    def add(self, complaint: Complaint) -> None:
        self.count += 1
        if len(self.first) < _MOST_FAULTS:
            self.first.append(complaint)


def order_rows(
    path: Path, faults: Faults, *, progress: Callable[[int], None] | None = None, every: int = 5000
) -> Iterator[OrderRow]:
    """The rows of a CSV or NDJSON file (`.gz` too); a bad one goes to `faults` and the others go on.

    `progress` is told the number of rows read, every so many rows or a little more. Raises Refused for a file that is
    of no use.
    """
    number = told = 0
    for part in parts_of(path, _NAMES):
        if isinstance(part, Block):
            number += len(part.columns[0])
            rows = _plain_rows(part)
            if rows is None:
                rows = _careful_rows(enumerate(zip(*part.columns, strict=True), part.first), faults)
            yield from rows
        else:
            number += 1
            yield from _careful_rows((part,), faults)
        if progress is not None and number // every > told:
            told = number // every
            progress(number)
    if progress is not None:
        progress(number)


def _plain_rows(block: Block) -> Iterable[OrderRow] | None:
    """The rows of a block when each is as it should be, by whole columns; None: each is to be looked at."""
    written, fulfilled_at, received_at, *texts = block.columns
    if block.spaced:
        texts = [list(map(str.strip, text)) for text in texts]
    event_ids, kinds, order_ids, customers, addresses, *others = texts
    if "" in event_ids or "" in kinds:
        return None
    try:
        read = list(map(datetime.fromisoformat, written))
        received = _optional(received_at)
        ordered, zones = _in_utc(read)
        fulfilled = _fulfilled(_optional(fulfilled_at), kinds, ordered)
    except ValueError:
        return None
    if "" in order_ids:
        order_ids = [order_id or event_id for order_id, event_id in zip(order_ids, event_ids, strict=True)]
    lower = list(map(str.lower, addresses))
    return map(
        _row,
        zip(event_ids, kinds, order_ids, customers, lower, *others, zones, ordered, fulfilled, received, strict=True),
    )


def _in_utc(read: Sequence[datetime]) -> tuple[Sequence[datetime], Sequence[str]]:
    """Instants in UTC, and the offsets that they were written with. Raises ValueError for one without an offset."""
    elsewhere = [at for at in read if at.tzinfo is not UTC]
    if not elsewhere:
        return read, ["+00:00"] * len(read)
    zones = [_zone(at.utcoffset()) for at in read]
    return [_utc(at) for at in read], zones


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant without an offset")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _optional(texts: Sequence[str]) -> Sequence[datetime | None]:
    if not any(texts):
        return [None] * len(texts)
    return [_utc(datetime.fromisoformat(text)) if text else None for text in texts]


def _fulfilled(
    written: Sequence[datetime | None], kinds: Sequence[str], ordered: Sequence[datetime]
) -> Sequence[datetime | None]:
    """When each order was collected: as written, else at once for one that is told when it is completed."""
    return [
        at or (order if kind == "order.completed" else None)
        for at, kind, order in zip(written, kinds, ordered, strict=True)
    ]


def _careful_rows(parts: Iterable[tuple[int, Sequence[Any] | Complaint]], faults: Faults) -> Iterator[OrderRow]:
    for line, values in parts:
        if isinstance(values, Complaint):
            faults.add(values)
            continue
        try:
            yield _order_row(values, line)
        except Refused as refused:
            faults.add(refused.complaints[0])


def _order_row(values: Sequence[Any], line: int) -> OrderRow:
    at, fulfilled_at, received_at, *texts = values
    try:
        event_id, kind, order_id, customer_id, email, store_id, segment, region = [text.strip() for text in texts]
    except AttributeError:
        event_id, kind, order_id, customer_id, email, store_id, segment, region = map(_text, texts)
    if not event_id or not kind:
        raise Refused([complain("field_required", f"{line}:{'type' if event_id else 'event_id'}")])
    written = _instant(at, line, "ordered_at")
    if written is None:
        raise Refused([complain("field_required", f"{line}:ordered_at")])
    ordered = written if written.tzinfo is UTC else written.astimezone(UTC)
    fulfilled = None if fulfilled_at == "" or fulfilled_at is None else _instant(fulfilled_at, line, "fulfilled_at")
    if fulfilled is not None:
        fulfilled = fulfilled if fulfilled.tzinfo is UTC else fulfilled.astimezone(UTC)
    elif kind == "order.completed":
        fulfilled = ordered
    received = None if received_at == "" or received_at is None else _instant(received_at, line, "received_at")
    return _row(
        (
            event_id,
            kind,
            order_id or event_id,
            customer_id,
            email.lower(),
            store_id,
            segment,
            region,
            "+00:00" if written is ordered else _zone(written.utcoffset()),
            ordered,
            fulfilled,
            None if received is None else received.astimezone(UTC),
        )
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value).strip()


def _instant(value: Any, line: int, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    else:
        if found.tzinfo is not None:
            return found
    return instant(value, f"{line}:{name}", _FAR)


@lru_cache(maxsize=256)
def _zone(offset: timedelta | None) -> str:
    return offset_name(0 if offset is None else int(offset.total_seconds()) // 60)


def stores_of(path: Path) -> dict[str, StoreFacts]:
    """A file of stores: `store_id` (or `id`), `zone` (or `tz`, `time_zone`), `region`, `excluded`, `brand`.

    Raises Refused with the line of the first store without id or with a zone that does not exist.
    """
    stores: dict[str, StoreFacts] = {}
    for row in rows_of(path, columns=()):
        if isinstance(row.content, Complaint):
            raise Refused([row.content])
        content = row.content
        store_id = _text(content.get("store_id")) or _text(content.get("id"))
        if not store_id:
            raise Refused([complain("field_required", f"{row.line}:store_id")])
        zone = next((_text(content[name]) for name in _ZONES if content.get(name)), "")
        _check_zone(zone, f"{row.line}:zone")
        excluded = _text(content.get("excluded")).lower() in _TRUE
        stores[store_id] = StoreFacts(zone, _text(content.get("region")), excluded, _text(content.get("brand")))
    return stores


def _check_zone(zone: str, where: str) -> None:
    try:
        zone_of(zone)
    except (KeyError, ValueError, OSError):
        fr = f"fuseau {zone} inconnu. Exemple : Europe/Paris."
        en = f"unknown time zone {zone}. Example: Europe/Paris."
        raise Refused([Complaint(where, "zone_unknown", fr, en)]) from None
