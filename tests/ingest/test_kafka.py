"""Orders out of Kafka, on librdkafka's own cluster: offsets follow the database, nothing is lost to a rebalance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from sqlalchemy import func, select

from surveyor.db.alerts import open_alerts
from surveyor.db.tables.orders import OrderEventRow
from surveyor.errors import SettingsError
from surveyor.ingest.entries import Entry
from surveyor.ingest.kafka import OrderTopic, configuration, open_source
from surveyor.jobs.consume import Consumer, run
from surveyor.services import Services
from tests.ingest.test_payload import BASE
from tests.jobs.house import services

pytestmark = pytest.mark.slow

TOPIC = "orders"


def event(name: str, **more: Any) -> bytes:
    said = {**BASE, "ordered_at": "2026-10-30T10:00:00+01:00", "event_id": name, "order_id": name, **more}
    return json.dumps(said).encode()


class Cluster:
    """One broker inside the producer's process, of librdkafka."""

    def __init__(self) -> None:
        self.producer = Producer({"test.mock.num.brokers": 1, "linger.ms": 0})
        broker = next(iter(self.producer.list_topics(timeout=10).brokers.values()))
        self.url = f"kafka://{broker.host}:{broker.port}/{TOPIC}?group=g&session=6000"

    def send(self, *values: bytes, key: str = "c1", headers: Any = None) -> None:
        for value in values:
            self.producer.produce(TOPIC, value, key=key, headers=headers)
        assert self.producer.flush(10) == 0


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def house(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> Services:
    return services(sqlite_sessions, clock, tmp_path)


@pytest.fixture
def opened(cluster: Cluster) -> Iterator[Any]:
    made: list[OrderTopic] = []

    def make(consumer: str = "one") -> OrderTopic:
        made.append(open_source(cluster.url, consumer=consumer))
        made[-1].prepare()
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def states(house: Services) -> dict[str, int]:
    with house.sessions() as session:
        row = OrderEventRow
        return dict(session.execute(select(row.state, func.count()).group_by(row.state)).all())  # type: ignore[arg-type]


def take(topic: OrderTopic, house: Services, *, entries: int) -> None:
    """Consume until so many entries were taken."""
    consumer, end = Consumer(topic, house), time.monotonic() + 30
    while entries > 0 and time.monotonic() < end:
        entries -= consumer.once(block_ms=500)
    assert entries <= 0, "they did not come within 30 s"


def read(topic: OrderTopic, count: int) -> list[Entry]:
    found: list[Entry] = []
    end = time.monotonic() + 30
    while len(found) < count and time.monotonic() < end:
        found += topic.read(block_ms=500)
    return found


def committed(topic: OrderTopic) -> int:
    found = topic.client.committed([TopicPartition(TOPIC, n) for n in range(4)], timeout=10)
    return sum(max(one.offset, 0) for one in found)


def test_orders_are_recorded_under_their_source_and_the_offsets_follow(
    cluster: Cluster, opened: Any, house: Services
) -> None:
    cluster.send(event("a"), event("b"))
    cluster.send(
        b"\n".join(event(f"p{n}") for n in range(300)),
        headers={"source": "tills", "Content-Type": "application/x-ndjson"},
    )
    topic = opened()
    take(topic, house, entries=3)
    assert states(house) == {"decided": 302}
    assert committed(topic) == 3
    with house.sessions() as session:
        assert set(session.scalars(select(OrderEventRow.source))) == {"kafka", "tills"}


def test_after_a_failure_it_goes_back_to_what_was_not_committed(cluster: Cluster, opened: Any) -> None:
    cluster.send(event("a"), event("b"), event("c"))
    topic = opened()
    entries = read(topic, 3)
    topic.ack(entries[:1])
    topic.again()
    assert [json.loads(entry.raw)["event_id"] for entry in read(topic, 2)] == ["b", "c"]


def test_a_poisoned_message_is_quarantined_and_the_others_go_on(cluster: Cluster, opened: Any, house: Services) -> None:
    cluster.send(event("a"), b"\xff not json", b"", event("bad", ordered_at="hier"), event("b"))
    topic = opened()
    take(topic, house, entries=5)
    assert states(house) == {"decided": 2, "quarantined": 3}
    assert committed(topic) == 5
    with house.sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["event_unusable"]


@pytest.mark.slow
def test_what_a_member_read_and_did_not_commit_goes_to_the_next_one(
    cluster: Cluster, opened: Any, house: Services
) -> None:
    for n in range(40):
        cluster.send(event(f"e{n}"), key=f"c{n}")
    one = opened("one")
    entries = read(one, 40)
    Consumer(_NeverCommits(one.client, [TOPIC]), house).take(entries[:30])  # kept, then it ends before it says so
    assert (states(house), committed(one)) == ({"decided": 30}, 0)
    one.close()
    two = opened("two")
    take(two, house, entries=40)
    assert (states(house), committed(two)) == ({"decided": 40}, 40)


@pytest.mark.slow
def test_a_message_that_ended_five_processes_is_quarantined_unread(
    cluster: Cluster, opened: Any, house: Services
) -> None:
    cluster.send(event("poison"), event("innocent"))
    one = opened("one")
    (first, second) = read(one, 2)
    assert (first.deliveries, second.deliveries) == (1, 1)
    topic, partition, offset = first.place  # type: ignore[misc]
    (said,) = one.client.committed([TopicPartition(topic, partition)], timeout=10)
    assert (said.offset, said.metadata) == (offset, "1")
    one.client.commit(offsets=[TopicPartition(topic, partition, offset, metadata="4")], asynchronous=False)
    one.close()
    two = opened("two")
    take(two, house, entries=2)
    assert states(house) == {"quarantined": 1, "decided": 1}
    (said,) = two.client.committed([TopicPartition(topic, partition)], timeout=10)
    assert (said.offset, said.metadata or "") == (offset + 2, "")
    with house.sessions() as session:
        kept = session.scalars(select(OrderEventRow).where(OrderEventRow.state == "quarantined")).one()
    assert json.loads(kept.body or "")["event_id"] == "poison"


class _NeverCommits(OrderTopic):
    def ack(self, entries: Any) -> None:
        """Never."""


def test_messages_that_the_broker_deleted_before_they_were_read_are_a_gap() -> None:
    class Broker:
        """What librdkafka says of a partition whose first messages went with their retention."""

        def get_watermark_offsets(self, _place: Any, timeout: float) -> tuple[int, int]:
            return 12, 20

    topic = OrderTopic(Broker(), [TOPIC], _next={(TOPIC, 0): 5, (TOPIC, 1): 12})
    topic._watch((TOPIC, 0), 12)
    topic._watch((TOPIC, 1), 14)  # a hole that a transaction left
    assert [(gap.where, gap.lost) for gap in topic.gaps()] == [("orders:0", 7)]
    assert topic.gaps() == []


def test_the_consumer_waits_for_a_broker_that_is_not_there(house: Services) -> None:
    topic = open_source("kafka://127.0.0.1:1/orders", consumer="one")
    turns = iter([False, False, True])
    run(topic, house, stopping=lambda: next(turns), sleep=lambda _: None)
    assert states(house) == {}


def test_s53_the_url_says_where_and_how_and_certificates_are_always_verified() -> None:
    topics, options = configuration("kafka://ann:p%40ss@k1:9092,k2:9092/orders,returns?group=shop&ca=/etc/ca.pem")
    assert topics == ["orders", "returns"]
    assert options["bootstrap.servers"] == "k1:9092,k2:9092"
    assert (options["sasl.username"], options["sasl.password"]) == ("ann", "p@ss")
    assert options["security.protocol"] == "SASL_SSL"
    assert (options["group.id"], options["ssl.ca.location"]) == ("shop", "/etc/ca.pem")
    assert options["enable.auto.commit"] is False
    with pytest.raises(SettingsError, match=r"unknown parameter 'enable\.ssl\.certificate\.verification'"):
        configuration("kafka://k1:9092/orders?enable.ssl.certificate.verification=false")


def test_kafka_alone_is_enough_to_consume(tmp_path: Path) -> None:
    from surveyor.supervisor.processes import entry_sources

    found = services(None, None, tmp_path).settings
    assert entry_sources(found) == {}
    both = replace(found, redis_url="redis://h", kafka_url="kafka://h:9092/orders")
    assert entry_sources(both) == {"stream": ("redis://h", "surveyor:orders"), "kafka": ("kafka://h:9092/orders", "")}
