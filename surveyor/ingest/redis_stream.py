"""Order events from a Redis stream: read as one consumer of a group, acknowledged only after the database has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from surveyor.ingest.entries import NO_DATA, Entry, Gap
from surveyor.ingest.payload import MAX_EVENTS

DEFAULT_SOURCE = "stream"
IDLE_MS = 60_000
#: Reads join one transaction for so long (pipeline.md, 11).
JOIN_SECONDS = 0.05
COUNT = 100
_GROUP_EXISTS, _NO_GROUP, _NO_STREAM, _FULL = "BUSYGROUP", "NOGROUP", "no such key", "maxmemory"


@dataclass(slots=True)
class OrderStream:
    """One consumer of one group.

    client: a redis.Redis that returns bytes. consumer: a name that no other process has at the same time; the same one
    after a restart finds its own unfinished entries at once. ticks: seconds of a clock that only goes forward.
    """

    client: Any
    name: str
    consumer: str
    group: str = "surveyor"
    ticks: Callable[[], float] = time.monotonic
    #: The last of our own pending entries that was read again; None: they were all read, new ones are next.
    _pending_from: str | None = "0"
    _count: int = COUNT
    _remade: bool = False
    #: How many entries the group had read when this was last known.
    _read_so_far: int = 0
    _gaps: list[Gap] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the stream and its group, from the first entry on; harmless when they are there."""
        try:
            self.client.xgroup_create(self.name, self.group, id="0", mkstream=True)
        except Exception as error:
            if _GROUP_EXISTS in str(error) or (_FULL in str(error) and self._has_group()):
                return  # a full Redis refuses to make what is there already
            raise

    def read(self, *, block_ms: int) -> list[Entry]:
        """First what this consumer had read and not acknowledged, then new entries; an entry is never split.

        A group that was destroyed is made again at the beginning: what comes twice is absorbed by once-only.
        """
        if self._pending_from is not None and (own := self._unless_gone(self._own_pending)):
            return own
        return self._unless_gone(lambda: self._new(block_ms))

    def overdue(self) -> list[Entry]:
        """Entries that another consumer read a minute ago and never acknowledged: it is gone, they are ours."""
        return self._unless_gone(self._overdue)

    def _overdue(self) -> list[Entry]:
        found: list[Entry] = []
        start = "0-0"
        while len(found) < MAX_EVENTS:
            reply = self.client.xautoclaim(self.name, self.group, self.consumer, IDLE_MS, start, COUNT)
            found += [_entry(key, fields) for key, fields in reply[1] if fields]
            self._lost(len(reply[2]) if len(reply) > 2 else 0)
            start = _text(reply[0])
            if start == "0-0":
                break
        return self._with_deliveries(found, consumer=self.consumer)

    def ack(self, entries: Sequence[Entry]) -> None:
        """Say that these are in the database; only ever after the commit."""
        if entries:
            self.client.xack(self.name, self.group, *(entry.id for entry in entries))

    def again(self) -> None:
        """Read our own pending entries again before anything new."""
        self._pending_from = "0"

    def gaps(self) -> list[Gap]:
        """Entries trimmed or deleted before they were read, since this was asked last."""
        found, self._gaps = self._gaps, []
        return found

    def close(self) -> None:
        """Let go of the connection."""
        self.client.close()

    def _unless_gone(self, read: Callable[[], list[Entry]]) -> list[Entry]:
        """What `read` finds. A group that was destroyed, or the stream with it, is made again from the beginning."""
        try:
            return read()
        except Exception as error:
            if _NO_GROUP not in str(error) and _NO_STREAM not in str(error):
                raise
        there = bool(self.client.exists(self.name))
        if not there or self.client.xinfo_stream(self.name)["entries-added"] < self._read_so_far:
            self._gaps.append(Gap(self.name, 0))  # it began anew: whatever it held is gone, read or not
            self._read_so_far = 0
        self.prepare()
        self._remade, self._pending_from = there, None
        return []

    def _own_pending(self) -> list[Entry]:
        """The next of our unacknowledged entries, oldest first; those deleted meanwhile are acknowledged and told."""
        start = self._pending_from or "0"
        reply = self.client.xreadgroup(self.group, self.consumer, {self.name: start}, count=COUNT)
        rows = _rows(reply)
        if not rows:
            self._pending_from = None
            return []
        self._pending_from = rows[-1][0]
        gone = [key for key, fields in rows if not fields]
        if gone:
            self.client.xack(self.name, self.group, *gone)
            self._lost(len(gone))
        found = self._with_deliveries([_entry(key, fields) for key, fields in rows if fields], consumer=self.consumer)
        return found or self._own_pending()

    def _new(self, block_ms: int) -> list[Entry]:
        """New entries until about 1000 events are in hand or 50 ms have passed since the first."""
        found = self._counted()
        if not found and block_ms:
            found = [_entry(*row) for row in _rows(self._read_new(self.client, block=block_ms))]
        if not found:
            return []
        end = self.ticks() + JOIN_SECONDS
        events = sum(entry.size for entry in found)
        while events < MAX_EVENTS and (left := end - self.ticks()) > 0:
            more = self._counted() or [
                _entry(*row) for row in _rows(self._read_new(self.client, block=max(int(left * 1000), 1)))
            ]
            found += more
            events += sum(entry.size for entry in more)
        self._count = min(COUNT, max(MAX_EVENTS * len(found) // max(events, 1), 1))
        return found

    def _counted(self) -> list[Entry]:
        """New entries that are there now, and whether the group's counter went further than they do.

        The three commands are one transaction of Redis: no other consumer reads between them. What the counter skipped
        was deleted before anybody read it.
        """
        with self.client.pipeline(transaction=True) as together:
            together.xinfo_groups(self.name)
            self._read_new(together)
            together.xinfo_groups(self.name)
            before, reply, after = together.execute()
        found = [_entry(*row) for row in _rows(reply)]
        if found:
            began, ended = self._entries_read(before), self._entries_read(after)
            if began is None and not self._remade:
                began = 0
            if began is not None and ended is not None:
                self._lost(ended - began - len(found))
            self._remade, self._read_so_far = False, ended or self._read_so_far
        return found

    def _read_new(self, client: Any, block: int | None = None) -> Any:
        return client.xreadgroup(self.group, self.consumer, {self.name: ">"}, count=self._count, block=block)

    def _entries_read(self, groups: Any) -> int | None:
        return next((one.get("entries-read") for one in groups if _text(one["name"]) == self.group), None)

    def _has_group(self) -> bool:
        return any(_text(one["name"]) == self.group for one in self.client.xinfo_groups(self.name))

    def _lost(self, count: int) -> None:
        if count > 0:
            self._gaps.append(Gap(self.name, count))

    def _with_deliveries(self, entries: list[Entry], *, consumer: str) -> list[Entry]:
        """How often each was handed out: what never ends well must not come for ever."""
        if not entries:
            return []
        first, last, most = entries[0].id, entries[-1].id, 10 * len(entries)
        rows = self.client.xpending_range(self.name, self.group, first, last, most, consumer)
        times = {_text(row["message_id"]): int(row["times_delivered"]) for row in rows}
        return [replace(entry, deliveries=times.get(entry.id, 2)) for entry in entries]


def open_source(url: str, *, name: str, consumer: str) -> OrderStream:
    """The stream `name` of a Redis. A block of one second is asked for; a Redis that is mute for ten is gone."""
    never = Retry(NoBackoff(), 0)  # the consumer waits by itself, and longer
    client = Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2, retry=never)
    return OrderStream(client, name, consumer)


def _rows(reply: Any) -> list[tuple[str, dict[Any, Any]]]:
    streams = reply.items() if isinstance(reply, dict) else (reply or [])
    return [(_text(key), fields) for _, batch in streams for key, fields in batch]


def _entry(key: Any, fields: dict[Any, Any]) -> Entry:
    said = {_text(name): value for name, value in fields.items()}
    source = _text(said.get("source", b"")).strip()[:63] or DEFAULT_SOURCE
    name = next((one for one in ("data", "ndjson") if one in said), "")
    if not name:
        return Entry(_text(key), source, repr(sorted(said))[:2000].encode(), wrong=NO_DATA)
    return Entry(_text(key), source, _bytes(said[name]), ndjson=name == "ndjson")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
