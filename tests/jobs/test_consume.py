"""Orders through a real Redis stream: acknowledged after the commit, once each, whatever happens to the consumer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import redis
from sqlalchemy import func, select

from surveyor.core.tokens import keys
from surveyor.db.tables.orders import OrderEventRow
from surveyor.ingest.redis_stream import OrderStream
from surveyor.jobs.consume import consume_once, run, take_entries
from surveyor.services import Services
from surveyor.settings import Settings
from tests.ingest.test_payload import BASE

pytestmark = pytest.mark.redis
NAME = "surveyor:orders"


@pytest.fixture
def services(sqlite_sessions: Any, clock: Any) -> Services:
    settings = replace(Settings.read({}), secret_keys=(bytes(range(32)),))
    return Services(settings, sqlite_sessions, sqlite_sessions, None, lambda *_: None, keys([bytes(range(32))]), clock)  # type: ignore[arg-type]


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url)


def event(name: str, **more: Any) -> dict[str, Any]:
    return {**BASE, "ordered_at": "2026-10-30T10:00:00+01:00", "event_id": name, "order_id": name, **more}


def stream(client: redis.Redis, consumer: str = "one") -> OrderStream:
    made = OrderStream(client, NAME, consumer)
    made.prepare()
    return made


def states(services: Services) -> dict[str, int]:
    with services.sessions() as session:
        row = OrderEventRow
        return dict(session.execute(select(row.state, func.count()).group_by(row.state)).all())  # type: ignore[arg-type]


def pending(client: redis.Redis) -> int:
    found: Any = client.xpending(NAME, "surveyor")
    return int(found["pending"])


def test_single_and_packed_entries_are_recorded_under_their_source_and_acknowledged(
    client: redis.Redis, services: Services
) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    packed = "\n".join(json.dumps(event(f"p{n}")) for n in range(400))
    client.xadd(NAME, {"ndjson": packed, "source": "tills"})
    assert consume_once(stream(client), services, block_ms=10) == 2
    assert states(services) == {"decided": 401}
    assert pending(client) == 0
    with services.sessions() as session:
        assert set(session.scalars(select(OrderEventRow.source))) == {"stream", "tills"}


def test_what_was_committed_and_not_acknowledged_comes_again_and_changes_nothing(
    client: redis.Redis, services: Services
) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    first = stream(client)
    entries = first.read(now=services.now(), block_ms=10)
    take_entries(_NeverAcks(client), services, entries)
    assert (states(services), pending(client)) == ({"decided": 1}, 1)
    consume_once(stream(client), services, block_ms=10)
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


class _NeverAcks(OrderStream):
    """A consumer that dies between the commit and the acknowledgement."""

    def __init__(self, client: Any) -> None:
        super().__init__(client, NAME, "one")

    def ack(self, entries: Any) -> None:
        """Never."""


def test_entries_made_before_the_group_and_after_it_was_destroyed_are_read(
    client: redis.Redis, services: Services
) -> None:
    client.xadd(NAME, {"data": json.dumps(event("before"))})
    consumer = stream(client)
    consume_once(consumer, services, block_ms=10)
    client.xgroup_destroy(NAME, "surveyor")
    client.xadd(NAME, {"data": json.dumps(event("after"))})
    consume_once(consumer, services, block_ms=10)
    consume_once(consumer, services, block_ms=10)
    assert states(services) == {"decided": 2}
    assert pending(client) == 0


def test_an_entry_that_cannot_be_read_is_quarantined_and_acknowledged_and_the_rest_goes_on(
    client: redis.Redis, services: Services
) -> None:
    client.xadd(NAME, {"foo": "bar"})
    client.xadd(NAME, {"data": '{"event_id":"' + "x" * (3 * 2**20) + '"}'})
    client.xadd(NAME, {"data": json.dumps(event("bad", ordered_at="hier"))})
    client.xadd(NAME, {"data": json.dumps(event("good"))})
    consume_once(stream(client), services, block_ms=10)
    assert states(services) == {"decided": 1, "quarantined": 3}
    assert pending(client) == 0
    with services.sessions() as session:
        rows = session.execute(
            select(OrderEventRow.error, OrderEventRow.body).where(OrderEventRow.state == "quarantined")
        ).all()
    assert any('no "data" field' in str(row.error) for row in rows)
    assert max(len(row.body or "") for row in rows) <= 64 * 1024


def test_entries_of_a_consumer_that_is_gone_are_taken_over_after_a_minute(
    client: redis.Redis, services: Services
) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    stream(client, "gone").read(now=services.now(), block_ms=10)
    other = stream(client, "other")
    assert other.claim_idle(now=services.now()) == []
    client.xclaim(NAME, "surveyor", "gone", 0, client.xrange(NAME)[0][:1], idle=61_000)  # type: ignore[index]
    take_entries(other, services, other.claim_idle(now=services.now()))
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


def test_the_consumer_waits_while_redis_is_away_and_goes_on_when_it_is_back(
    client: redis.Redis, services: Services
) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
    consumer = OrderStream(away, NAME, "one")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            consumer.client = client

    run(consumer, services, stopping=lambda: bool(states(services)), sleep=sleep)
    assert waits == [0.2, 1.0, 2.0]
    assert states(services) == {"decided": 1}
