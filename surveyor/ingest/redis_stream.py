"""Order events from a Redis stream: read as one consumer of a group, acknowledged only after the database has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surveyor.core.orders import OrderEvent
from surveyor.errors import Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.payload import MAX_BODY, MAX_EVENTS, BadEvent, read_events

DEFAULT_SOURCE = "stream"
IDLE_MS = 60_000
_GROUP_EXISTS, _NO_GROUP = "BUSYGROUP", "NOGROUP"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the stream: its events with their verdicts, or (`unusable`) why none could be read."""

    id: str
    source: str
    raw: bytes
    events: tuple[OrderEvent | BadEvent, ...] = ()
    unusable: Refused | None = None


@dataclass(slots=True)
class OrderStream:
    """One consumer of one group. Calls may raise redis errors; nothing is lost by that, since nothing was acked.

    client: a redis.Redis that returns bytes. consumer: a name that no other process has at the same time.
    """

    client: Any
    name: str
    consumer: str
    group: str = "surveyor"
    _recovered: bool = False

    def prepare(self) -> None:
        """Make the stream and its group, from the first entry on; harmless when they are there."""
        try:
            self.client.xgroup_create(self.name, self.group, id="0", mkstream=True)
        except Exception as error:
            if _GROUP_EXISTS not in str(error):
                raise

    def read(self, *, now: datetime, block_ms: int) -> list[Entry]:
        """Entries to record together: first what this consumer had read and not acknowledged, then new ones.

        Reads go on, 100 entries at a time, until about 1000 events are in hand; an entry is never split. A group that
        was destroyed is made again at the beginning: what comes twice is absorbed by once-only.
        """
        found: list[Entry] = []
        while sum(max(len(entry.events), 1) for entry in found) < MAX_EVENTS:
            block = block_ms if not found else None
            fresh = [_entry(key, fields, now) for key, fields in self._raw(block)]
            found += fresh
            if not fresh:
                break
        return found

    def claim_idle(self, *, now: datetime) -> list[Entry]:
        """Entries that another consumer read a minute ago and never acknowledged: it is gone, they are ours."""
        reply = self.client.xautoclaim(self.name, self.group, self.consumer, IDLE_MS, "0-0", 100)
        return [_entry(_text(key), fields, now) for key, fields in reply[1] if fields]

    def ack(self, entries: Sequence[Entry]) -> None:
        """Say that these are in the database; only ever after the commit."""
        if entries:
            self.client.xack(self.name, self.group, *(entry.id for entry in entries))

    def _raw(self, block: int | None) -> list[tuple[str, dict[Any, Any]]]:
        start = ">" if self._recovered else "0"
        try:
            reply = self.client.xreadgroup(self.group, self.consumer, {self.name: start}, count=100, block=block)
        except Exception as error:
            if _NO_GROUP not in str(error):
                raise
            self.prepare()
            self._recovered = False
            return []
        entries = [(_text(key), fields) for _, batch in _streams(reply) for key, fields in batch if fields]
        if start == "0":
            # Our own unacknowledged entries come whole at the first read of a start; then only new ones are asked for.
            self._recovered = True
            return entries or self._raw(block)
        return entries


def _streams(reply: Any) -> Any:
    return reply.items() if isinstance(reply, dict) else (reply or [])


def _entry(key: str, fields: dict[Any, Any], now: datetime) -> Entry:
    said = {_text(name): value for name, value in fields.items()}
    source = _text(said.get("source", b"")).strip()[:63] or DEFAULT_SOURCE
    name = next((one for one in ("data", "ndjson") if one in said), "")
    raw = _bytes(said.get(name, b""))
    if not name:
        return Entry(key, source, repr(sorted(said))[:2000].encode(), unusable=_unusable(key, *_NO_DATA))
    if len(raw) > MAX_BODY:
        return Entry(key, source, raw, unusable=_unusable(key, *_TOO_LARGE))
    try:
        return Entry(key, source, raw, tuple(read_events(raw, now=now, ndjson=name == "ndjson")))
    except Refused as refused:
        said_fr, said_en = refused.complaints[0].message_fr.rstrip("."), refused.complaints[0].message_en.rstrip(".")
        return Entry(key, source, raw, unusable=_unusable(key, said_fr, said_en))


_NO_DATA = ("champ « data » absent", 'no "data" field')
_TOO_LARGE = ("plus de 2 Mio, copie tronquée", "more than 2 MiB, copy truncated")


def _unusable(key: str, what_fr: str, what_en: str) -> Refused:
    return Refused([complain("stream_entry_invalid", key, what_fr=what_fr, what_en=what_en)])


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
