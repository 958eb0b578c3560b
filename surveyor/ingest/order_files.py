"""Order files as a replay reads them: only the columns that rules look at, rows in any order, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from surveyor.core.calendar import offset_name, zone_of
from surveyor.core.history import StoreFacts
from surveyor.core.replay import OrderRow
from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.fields import instant
from surveyor.ingest.files import rows_of

#: A replay has no clock: dates are only asked to be dates.
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_MOST_FAULTS = 100
_TEXTS = ("order_id", "customer_id", "email", "store_id", "segment", "region")
_ZONES = ("zone", "tz", "time_zone")
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

    `progress` is told the number of rows read, every so many rows. Raises Refused for a file that is of no use.
    """
    number = 0
    for number, (line, _, content) in enumerate(rows_of(path), 1):
        if progress is not None and number % every == 0:
            progress(number)
        if isinstance(content, Complaint):
            faults.add(content)
            continue
        try:
            yield _order_row(content, line)
        except Refused as refused:
            faults.add(refused.complaints[0])
    if progress is not None:
        progress(number)


def _order_row(content: Mapping[str, Any], line: int) -> OrderRow:
    get = content.get
    event_id, kind = _text(get("event_id")), _text(get("type"))
    for name, value in () if event_id and kind else (("event_id", event_id), ("type", kind)):
        if not value:
            raise Refused([complain("field_required", f"{line}:{name}")])
    written = _instant(get("ordered_at"), f"{line}:ordered_at")
    if written is None:
        raise Refused([complain("field_required", f"{line}:ordered_at")])
    ordered = _in_utc(written)
    fulfilled = _instant(get("fulfilled_at"), f"{line}:fulfilled_at")
    if fulfilled is not None:
        fulfilled = _in_utc(fulfilled)
    elif kind == "order.completed":
        fulfilled = ordered
    received = _instant(get("received_at"), f"{line}:received_at")
    order_id, customer_id, email, store_id, segment, region = map(_text, map(get, _TEXTS))
    return OrderRow(
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
        None if received is None else _in_utc(received),
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value).strip()


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _instant(value: Any, where: str) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            if found.tzinfo is not None:
                return found
    return instant(value, where, _FAR)


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
