"""Order events from Kafka: offsets are committed only after the database has them (needs the extra `kafka`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from surveyor.errors import SettingsError
from surveyor.ingest.entries import Entry, Gap
from surveyor.ingest.payload import MAX_EVENTS

DEFAULT_SOURCE = "kafka"
JOIN_SECONDS = 0.05
COUNT = 100
#: Parameters of `SURVEYOR_KAFKA_URL` -> what librdkafka calls them. Certificates are always verified.
PARAMETERS = {
    "group": "group.id",
    "session": "session.timeout.ms",
    "security": "security.protocol",
    "mechanism": "sasl.mechanism",
    "ca": "ssl.ca.location",
    "certificate": "ssl.certificate.location",
    "key": "ssl.key.location",
}
_TIMEOUT = 5.0


def open_source(url: str, *, name: str = "", consumer: str) -> OrderTopic:
    """The topics of a `kafka://` URL. Raises SettingsError for a parameter we do not know, or without the extra."""
    try:
        from confluent_kafka import Consumer  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("SURVEYOR_KAFKA_URL: needs an extra: pip install 'surveyor[kafka]'") from None
    topics, options = configuration(url)
    return OrderTopic(Consumer({**options, "client.id": consumer}, logger=None), topics)


def configuration(url: str) -> tuple[list[str], dict[str, Any]]:
    """Topics and librdkafka's settings. Raises SettingsError with what is wrong."""
    parts = urlsplit(url)
    user, _, servers = parts.netloc.rpartition("@")
    options: dict[str, Any] = {
        "bootstrap.servers": servers,
        "group.id": "surveyor",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "partition.assignment.strategy": "cooperative-sticky",
        "max.poll.interval.ms": 600_000,
        "enable.partition.eof": False,
    }
    if user:
        name, _, password = user.partition(":")
        options |= {"sasl.username": unquote(name), "sasl.password": unquote(password)}
        options |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in PARAMETERS:
            raise SettingsError(f"SURVEYOR_KAFKA_URL: unknown parameter {key!r}; known: {', '.join(PARAMETERS)}")
        options[PARAMETERS[key]] = value
    return [topic for topic in parts.path.strip("/").split(",") if topic], options


@dataclass(slots=True)
class OrderTopic:
    """One member of a consumer group. client: a confluent_kafka.Consumer that commits nothing by itself.

    A partition that goes to another member takes with it what was read and not committed: it is read again there, and
    absorbed by once-only. Offsets are this source's sequence: a jump over what the broker deleted is a gap.
    """

    client: Any
    topics: list[str]
    ticks: Callable[[], float] = time.monotonic
    #: The next offset of each partition: what was committed when it was assigned, then after each message.
    _next: dict[tuple[str, int], int] = field(default_factory=dict)
    _uncommitted: dict[tuple[str, int], int] = field(default_factory=dict)
    #: Where each partition began when it was assigned, and how often its first message was handed out before.
    _begun: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    _gaps: list[Gap] = field(default_factory=list)
    _prepared: bool = False

    def prepare(self) -> None:
        """Join the group; harmless when that was done."""
        if not self._prepared:
            self.client.subscribe(self.topics, on_assign=self._assigned, on_revoke=self._gone, on_lost=self._gone)
            self._prepared = True

    def read(self, *, block_ms: int) -> list[Entry]:
        """Messages until about 1000 events are in hand or 50 ms have passed since the first. Raises KafkaException."""
        found = self._consume(block_ms / 1000)
        if not found:
            return []
        end = self.ticks() + JOIN_SECONDS
        events = sum(entry.size for entry in found)
        while events < MAX_EVENTS and (left := end - self.ticks()) > 0:
            more = self._consume(left)
            found += more
            events += sum(entry.size for entry in more)
        return found

    def overdue(self) -> list[Entry]:
        """None: the group gives the partitions of a member that is gone to the others."""
        return []

    def ack(self, entries: Sequence[Entry]) -> None:
        """Commit the offset behind the last of these of each partition; only ever after the database's commit."""
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - an extra

        behind: dict[tuple[str, int], int] = {}
        for entry in entries:
            topic, partition, offset = _place(entry)
            behind[topic, partition] = max(offset + 1, behind.get((topic, partition), 0))
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in sorted(behind.items())]
        if offsets:
            self.client.commit(offsets=offsets, asynchronous=False)
        for place, offset in behind.items():
            if self._uncommitted.get(place, offset) < offset:
                self._uncommitted[place] = offset

    def again(self) -> None:
        """Go back to the first message of each partition that was read and not committed."""
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - an extra

        for (topic, partition), offset in self._uncommitted.items():
            self.client.seek(TopicPartition(topic, partition, offset))
            self._next[topic, partition] = offset

    def gaps(self) -> list[Gap]:
        """Messages that the broker deleted before they were read, since this was asked last."""
        found, self._gaps = self._gaps, []
        return found

    def close(self) -> None:
        """Leave the group, so that the others need not wait for us."""
        self.client.close()

    def _consume(self, seconds: float) -> list[Entry]:
        found = []
        for message in self.client.consume(COUNT, timeout=seconds):
            if (error := message.error()) is not None:
                if error.fatal():
                    raise _exception(error)
                continue  # the client mends it by itself: a broker that is away, a topic that is not there yet
            found.append(self._entry(message))
        return found

    def _entry(self, message: Any) -> Entry:
        place = message.topic(), message.partition()
        self._watch(place, message.offset())
        deliveries = self._deliveries(place, message.offset())
        self._next[place] = message.offset() + 1
        self._uncommitted.setdefault(place, message.offset())
        headers = {name.lower(): value or b"" for name, value in message.headers() or []}
        source = headers.get("source", b"").decode("utf-8", "replace").strip()[:63] or DEFAULT_SOURCE
        kind = headers.get("content-type", b"").decode("utf-8", "replace")
        key = f"{place[0]}:{place[1]}:{message.offset()}"
        return Entry(
            key, source, message.value() or b"", "ndjson" in kind, deliveries, place=(*place, message.offset())
        )

    def _deliveries(self, place: tuple[str, int], offset: int) -> int:
        """How often this message was handed out. The broker does not count, so the first message after an assignment,
        which is the first that was not acknowledged, carries its count in what is committed beside its offset.
        """
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - an extra

        begun = self._begun.pop(place, None)
        if begun is None:
            return 1
        tries = begun[1] + 1 if begun[0] == offset else 1
        self.client.commit(offsets=[TopicPartition(*place, offset, metadata=str(tries))], asynchronous=False)
        return tries

    def _watch(self, place: tuple[str, int], offset: int) -> None:
        """A jump is a gap only where the broker begins later than we were: transactions leave holes of their own."""
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - an extra

        expected = self._next.get(place)
        if expected is None or offset <= expected:
            return
        low, _ = self.client.get_watermark_offsets(TopicPartition(*place), timeout=_TIMEOUT)
        if low > expected:
            self._gaps.append(Gap(f"{place[0]}:{place[1]}", low - expected))

    def _assigned(self, client: Any, partitions: list[Any]) -> None:
        for one in client.committed(partitions, timeout=_TIMEOUT):
            place = one.topic, one.partition
            self._uncommitted.pop(place, None)
            self._begun[place] = one.offset, int(one.metadata) if (one.metadata or "").isdecimal() else 0
            if one.offset >= 0:
                self._next[place] = one.offset

    def _gone(self, _client: Any, partitions: list[Any]) -> None:
        for one in partitions:
            for known in (self._next, self._uncommitted, self._begun):
                known.pop((one.topic, one.partition), None)


def _place(entry: Entry) -> tuple[str, int, int]:
    place = entry.place
    if not isinstance(place, tuple):
        raise TypeError(f"{entry.id}: no message of Kafka")
    return place


def _exception(error: Any) -> Exception:
    from confluent_kafka import KafkaException  # noqa: PLC0415 - an extra

    return KafkaException(error)
