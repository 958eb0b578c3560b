"""Bytes of a source become order events: a bad one is refused alone, by index, field and reason; the rest goes on."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from surveyor.core.orders import OrderEvent
from surveyor.errors import Complaint, Refused
from surveyor.ingest import fields
from surveyor.ingest.complaints import complain
from surveyor.ingest.unreadable import Doubled, Numeral, not_utf8, read_slowly, too_deep

MAX_EVENTS = 1000
MAX_BODY = 2 * 1024 * 1024
MAX_EVENT = 16 * 1024
MAX_ATTRIBUTES = 4 * 1024
MAX_FIELDS = 200

#: Text fields in the order of the contract, with the most characters each may have.
_LIMITS = {
    "event_id": 200,
    "type": 64,
    "order_id": 200,
    "customer_id": 200,
    "store_id": 200,
    "store_name": 200,
    "region": 200,
    "brand": 200,
    "segment": 200,
    "channel": 64,
    "language": 35,
    "first_name": 200,
    "last_name": 200,
}
_IDENTIFIERS = ("order_id", "customer_id", "store_id")
FIELDS = (
    "event_id type order_id customer_id email ordered_at fulfilled_at store_id store_name region brand segment "
    "channel language first_name last_name amount currency"
).split()
_KNOWN = frozenset(FIELDS)
_NAMES = tuple(f'"{name}"'.encode() for name in FIELDS)
#: A printable ASCII character written as an escape: it may hide a name. Accents escaped by a careful writer do not.
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
_decode = msgspec.json.Decoder().decode
_decode_lines = msgspec.json.Decoder().decode_lines


def _plain(value: Any) -> Any:
    if isinstance(value, Numeral):
        return msgspec.Raw(value.text.encode())
    raise TypeError(type(value).__name__)


_encode = msgspec.json.Encoder(order="deterministic", enc_hook=_plain).encode


@dataclass(frozen=True, slots=True)
class BadEvent:
    """An event that cannot be taken: its index in the batch, the field, what to do about it, and how it was written."""

    index: int
    field: str
    complaint: Complaint
    event_id: str = ""
    raw: bytes = b""


def read_events(raw: bytes, *, now: datetime, ndjson: bool = False) -> list[OrderEvent | BadEvent]:
    """The events of a body: one object, an array of up to 1000, or NDJSON; one verdict each, in order.

    Raises Refused when the body as a whole cannot be read (400), is too large (413) or holds nothing (422).
    """
    if len(raw) > MAX_BODY:
        raise Refused([complain("body_too_large", limit="2 Mio", limit_en="2 MiB")], status=413)
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise Refused([complain("body_empty")], status=400)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Refused([not_utf8(raw, wrong)], status=400) from None
    items = _lines(raw) if ndjson else _items(raw)
    if len(items) > MAX_EVENTS:
        raise Refused([complain("too_many_events", n=len(items))], status=413)
    alone = not ndjson and not raw.lstrip().startswith(b"[")
    return list(read_items(items, now=now, alone=alone))


def read_items(items: Iterable[Any], *, now: datetime, alone: bool = False) -> Iterable[OrderEvent | BadEvent]:
    """One verdict per decoded item; an item that is already a BadEvent passes through."""
    for index, item in enumerate(items):
        if isinstance(item, BadEvent):
            yield item
            continue
        try:
            yield read_event(item, now=now, prefix="/" if alone else f"/{index}/")
        except Refused as refused:
            complaint = refused.complaints[0]
            name = complaint.where.rpartition("/")[2]
            yield BadEvent(index, name, complaint, _event_id(item), _written(item))


def read_event(item: Any, *, now: datetime, prefix: str = "/") -> OrderEvent:
    """One event out of a mapping of the names of contracts.md 4. Raises Refused with its first fault.

    prefix: what comes before a field's name in `where` ("/", "/3/", "12:").
    """
    if item.__class__ is not dict:  # what a decoder makes of nearly all
        if not isinstance(item, Mapping):
            raise Refused([fields.wrong_type(_whole(prefix), item, "un objet", "an object")])
        if isinstance(item, Doubled):
            raise Refused([complain("json_duplicate_key", prefix + item.key)])
    if len(item) > MAX_FIELDS:
        raise Refused([complain("too_many_fields", _whole(prefix), n=len(item))])
    texts = _clean_texts(item)
    if texts is None:
        texts = _examined_texts(item, prefix)
    said = texts.get
    get = item.get
    ordered_at = fields.instant(get("ordered_at"), prefix + "ordered_at", now)
    if ordered_at is None:
        raise Refused([complain("field_required", prefix + "ordered_at")])
    body = _encode(item if None not in item.values() else {k: v for k, v in item.items() if v is not None})
    event = OrderEvent(
        event_id=texts["event_id"],
        type=texts["type"],
        order_id=said("order_id") or texts["event_id"],
        customer_id=said("customer_id", ""),
        store_id=said("store_id", ""),
        ordered_at=ordered_at,
        fulfilled_at=None if (at := get("fulfilled_at")) is None else fields.instant(at, prefix + "fulfilled_at", now),
        email=fields.email(get("email"), prefix + "email"),
        amount=fields.amount(get("amount"), prefix + "amount"),
        currency=fields.currency(get("currency"), prefix + "currency"),
        attributes=_attributes(item, prefix),
        store_name=said("store_name", ""),
        region=said("region", ""),
        brand=said("brand", ""),
        segment=said("segment", ""),
        channel=said("channel", ""),
        language=said("language", ""),
        first_name=said("first_name", ""),
        last_name=said("last_name", ""),
        body=body,
    )
    if len(body) > MAX_EVENT:
        raise Refused([complain("event_too_large", _whole(prefix), n=len(body))])
    return _sealed(event)


def _clean_texts(item: Mapping[str, Any]) -> dict[str, str] | None:
    """The text fields, trimmed, when one look at all of them together finds nothing to examine; else None."""
    found: dict[str, str] = {}
    limit_of = _LIMITS.get
    for name, value in item.items():
        limit = limit_of(name)
        if limit is None or value is None:
            continue
        if value.__class__ is not str or len(value) > limit:
            return None
        found[name] = value.strip()
    together = "".join(found.values())
    if not together.isprintable() or not (together.isascii() or unicodedata.is_normalized("NFC", together)):
        return None
    return found if found.get("event_id") and found.get("type") else None


def _examined_texts(item: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """The same, field by field, in the order of the contract: the first fault is the one that is told."""
    found = {name: fields.required(item.get(name), prefix + name, limit=_LIMITS[name]) for name in ("event_id", "type")}
    for name, limit in _LIMITS.items():
        if name not in found:
            exact = name in _IDENTIFIERS
            found[name] = fields.text(item.get(name), prefix + name, limit=limit, identifier=exact)
    return found


def _sealed(event: OrderEvent) -> OrderEvent:
    """The event with the hash of its canonical form: the same facts hash alike whatever wrote them."""
    canonical = "\x1f".join(
        (
            event.type,
            event.order_id,
            event.customer_id,
            event.email,
            event.ordered_at.isoformat(),
            event.fulfilled_at.isoformat() if event.fulfilled_at else "",
            event.store_id,
            event.store_name,
            event.region,
            event.brand,
            event.segment,
            event.channel,
            event.language,
            event.first_name,
            event.last_name,
            format(event.amount.normalize(), "f") if event.amount is not None else "",
            event.currency,
        )
    ).encode()
    if event.attributes:
        canonical += _encode(event.attributes)
    event.content_sha256 = hashlib.sha256(canonical).digest()
    return event


def _attributes(item: Mapping[str, Any], prefix: str) -> Mapping[str, object]:
    if _KNOWN.issuperset(item):
        return {}
    extra = {name: value for name, value in item.items() if name not in _KNOWN and value is not None and value != ""}
    for name in extra:
        fields.text(name, prefix + name[:40], limit=200, identifier=True)
    written = _encode(extra)
    if len(written) > MAX_ATTRIBUTES:
        largest = max(extra, key=lambda name: len(_encode(extra[name])))
        size = sum(len(_encode(value)) for value in extra.values())
        raise Refused([complain("attributes_too_large", prefix + largest, n=fields.free_bytes(extra, size))])
    if all(value.__class__ is str and value.isprintable() for value in extra.values()):
        return extra
    return {name: fields.free(value, prefix + name) for name, value in extra.items()}


def _items(raw: bytes) -> list[Any]:
    decoded = _value(raw)
    if isinstance(decoded, list):
        if not decoded:
            raise Refused([complain("batch_empty")])
        return decoded
    return [decoded]


def _value(raw: bytes) -> Any:
    try:
        decoded = _decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return read_slowly(raw.decode("utf-8"))
    count = len(decoded) if isinstance(decoded, list) else 1
    if count <= MAX_EVENTS and _looks_odd(raw, count):
        return read_slowly(raw.decode("utf-8"))
    return decoded


def _looks_odd(raw: bytes, count: int) -> bool:
    """Whether a closer look is due: a known name more often than events, an escaped ASCII character, deep nesting."""
    if _ESCAPED_ASCII.search(raw) or any(raw.count(name) > count for name in _NAMES):
        return True
    nested = raw.count(b"{") - count + raw.count(b"[")
    return nested > 18 and too_deep(raw.decode("utf-8"))


def _lines(raw: bytes) -> list[Any]:
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if len(lines) > MAX_EVENTS:
        raise Refused([complain("too_many_events", n=len(lines))], status=413)
    try:
        decoded = _decode_lines(raw)
    except (msgspec.DecodeError, RecursionError):
        return [_line(line, index) for index, line in enumerate(lines)]
    if _looks_odd(raw, len(decoded)):
        return [_line(line, index) for index, line in enumerate(lines)]
    return list(decoded)


def _line(line: bytes, index: int) -> Any:
    try:
        return read_slowly(line.decode("utf-8"), where=f"/{index}")
    except Refused as refused:
        return BadEvent(index, "", refused.complaints[0], raw=line)


def _whole(prefix: str) -> str:
    """`where` of an event as a whole: "body", "/3", line "12"."""
    return "body" if prefix == "/" else prefix.rstrip("/:")


def _written(item: Any) -> bytes:
    """The item as one JSON text, for a person who may want it again."""
    try:
        return _encode(item)
    except (TypeError, ValueError, RecursionError):
        return b""


def _event_id(item: Any) -> str:
    found = item.get("event_id") if isinstance(item, Mapping) else None
    return found[:200] if isinstance(found, str) else ""
