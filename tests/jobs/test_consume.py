"""Orders through a real Redis stream: acknowledged after the commit, once each, whatever happens to the consumer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import redis
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from surveyor.core.tokens import keys
from surveyor.db.alerts import open_alerts
from surveyor.db.tables.orders import OrderEventRow
from surveyor.ingest.redis_stream import OrderStream
from surveyor.jobs.consume import Consumer, consume_once, run
from surveyor.services import Services
from surveyor.settings import Settings
from tests.ingest.test_payload import BASE

pytestmark = [pytest.mark.redis, pytest.mark.slow]
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
    first = _NeverAcks(client)
    first.prepare()
    Consumer(first, services).take(first.read(block_ms=10))
    assert (states(services), pending(client)) == ({"decided": 1}, 1)
    consume_once(stream(client), services, block_ms=10)
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


def test_what_was_not_committed_is_not_acknowledged_and_comes_again(client: redis.Redis, services: Services) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    away = replace(services, sessions=_Away())
    with pytest.raises(OperationalError):
        consume_once(stream(client), away, block_ms=10)
    assert (states(services), pending(client)) == ({}, 1)
    consume_once(stream(client), services, block_ms=10)
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


class _Away:
    """Sessions of a database that nobody reaches."""

    def begin(self) -> Any:
        raise OperationalError("BEGIN", {}, Exception("connection refused"), connection_invalidated=True)

    __call__ = begin


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
    stream(client, "gone").read(block_ms=10)
    other = stream(client, "other")
    consume_once(other, services, block_ms=10)
    assert (states(services), pending(client)) == ({}, 1)
    client.xclaim(NAME, "surveyor", "gone", 0, client.xrange(NAME)[0][:1], idle=61_000)  # type: ignore[index]
    consume_once(other, services, block_ms=10)
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


def test_all_of_our_own_pending_entries_come_first_however_many(client: redis.Redis, services: Services) -> None:
    for n in range(250):
        client.xadd(NAME, {"data": json.dumps(event(f"e{n}"))})
    ticks = iter(n / 100 for n in range(1000))  # five reads of a hundred, however slow the machine is
    first = OrderStream(client, NAME, "one", ticks=lambda: next(ticks))
    first.prepare()
    assert len(first.read(block_ms=10)) == 250
    assert pending(client) == 250
    client.xadd(NAME, {"data": json.dumps(event("new"))})
    again = stream(client)
    names = []
    while entries := again.read(block_ms=0):
        names += [json.loads(entry.raw)["event_id"] for entry in entries]
    assert names == [*(f"e{n}" for n in range(250)), "new"]


def test_reads_join_one_transaction_until_a_thousand_events_or_fifty_milliseconds(client: redis.Redis) -> None:
    ticks = iter(n / 100 for n in range(1000))
    for n in range(1050):
        client.xadd(NAME, {"data": json.dumps(event(f"e{n}"))})
    made = OrderStream(client, NAME, "one", ticks=lambda: next(ticks))
    made.prepare()
    sizes = [len(made.read(block_ms=1)) for _ in range(3)]
    assert sizes == [500, 500, 50]  # reads of 100, four more of which begin within 50 ms
    patient = OrderStream(client, NAME, "two", group="other", ticks=lambda: 0.0)
    patient.prepare()
    assert len(patient.read(block_ms=1)) == 1000


def test_packed_entries_are_read_few_at_a_time_and_never_split(client: redis.Redis, services: Services) -> None:
    for batch in range(6):
        packed = "\n".join(json.dumps(event(f"e{batch}-{n}")) for n in range(400))
        client.xadd(NAME, {"ndjson": packed})
    made = stream(client)
    assert len(made.read(block_ms=1)) == 6  # the first read cannot know
    client.xgroup_setid(NAME, "surveyor", "0")
    assert [len(made.read(block_ms=1)) for _ in range(2)] == [4, 2]
    made.again()
    while consume_once(made, services, block_ms=1):
        pass
    assert states(services) == {"decided": 2400}
    assert pending(client) == 0


def test_an_entry_that_came_five_times_without_an_end_is_quarantined_and_the_others_go_on(
    client: redis.Redis, services: Services
) -> None:
    for name in ("a", "b", "c"):
        client.xadd(NAME, {"data": json.dumps(event(name))})
    stream(client).read(block_ms=10)
    for _ in range(3):
        stream(client).read(block_ms=10)  # a process that ends each time before it can say so
    assert {row["times_delivered"] for row in client.xpending_range(NAME, "surveyor", "-", "+", 10)} == {4}
    consume_once(stream(client), services, block_ms=10)
    assert states(services) == {"quarantined": 1, "decided": 2}
    assert pending(client) == 0
    with services.sessions() as session:
        kept = session.scalars(select(OrderEventRow).where(OrderEventRow.state == "quarantined")).one()
        assert [alert.code for alert in open_alerts(session)] == ["event_unusable"]
    assert json.loads(kept.body or "")["event_id"] == "a"
    assert "5 times" in (kept.error or "")


@pytest.mark.parametrize("lagging", [True, False], ids=["a lagging group", "a group that never read"])
def test_entries_trimmed_before_they_were_read_are_seen(client: redis.Redis, services: Services, lagging: bool) -> None:
    made = stream(client)
    if lagging:
        client.xadd(NAME, {"data": json.dumps(event("first"))})
        consume_once(made, services, block_ms=10)
    for n in range(20):
        client.xadd(NAME, {"data": json.dumps(event(f"e{n}"))})
    client.xtrim(NAME, maxlen=5, approximate=False)
    consume_once(made, services, block_ms=10)
    assert alerts(services) == {"ingest_gap": (NAME, "15 entries were deleted before they were read")}
    assert states(services) == {"decided": 6 if lagging else 5}
    client.xadd(NAME, {"data": json.dumps(event("after"))})
    client.xtrim(NAME, maxlen=3, approximate=False)
    consume_once(made, services, block_ms=10)
    with services.sessions() as session:
        assert [alert.count for alert in open_alerts(session)] == [1]


def test_entries_deleted_while_they_were_pending_are_seen_and_let_go(client: redis.Redis, services: Services) -> None:
    for n in range(3):
        client.xadd(NAME, {"data": json.dumps(event(f"e{n}"))})
    stream(client).read(block_ms=10)
    client.xtrim(NAME, maxlen=1, approximate=False)
    consume_once(stream(client), services, block_ms=10)
    assert alerts(services) == {"ingest_gap": (NAME, "2 entries were deleted before they were read")}
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


def test_entries_deleted_under_a_consumer_that_is_gone_are_seen(client: redis.Redis, services: Services) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    stream(client, "gone").read(block_ms=10)
    key = client.xrange(NAME)[0][0]  # type: ignore[index]
    client.xclaim(NAME, "surveyor", "gone", 0, [key], idle=61_000)
    client.xdel(NAME, key)
    consume_once(stream(client, "other"), services, block_ms=10)
    assert alerts(services) == {"ingest_gap": (NAME, "1 entries were deleted before they were read")}


@pytest.mark.parametrize("soon", [True, False], ids=["filled again at once", "empty for a while"])
def test_a_redis_that_was_emptied_is_seen_and_what_comes_after_is_taken(
    client: redis.Redis, services: Services, soon: bool
) -> None:
    made = stream(client)
    for name in ("a", "b"):
        client.xadd(NAME, {"data": json.dumps(event(name))})
    consume_once(made, services, block_ms=10)
    client.flushall()
    if not soon:
        consume_once(made, services, block_ms=10)
    client.xadd(NAME, {"data": json.dumps(event("c"))})
    for _ in range(2):
        consume_once(made, services, block_ms=10)
    assert states(services) == {"decided": 3}
    assert alerts(services) == {"ingest_gap": (NAME, "it was emptied: what it held is not known")}


def test_a_full_redis_still_gives_what_it_holds(client: redis.Redis, services: Services) -> None:
    client.xadd(NAME, {"data": json.dumps(event("a"))})
    stream(client)
    used = int(client.info("memory")["used_memory"])  # type: ignore[index]
    client.config_set("maxmemory", used // 2)
    try:
        consume_once(stream(client), services, block_ms=10)
    finally:
        client.config_set("maxmemory", 0)
    assert (states(services), pending(client)) == ({"decided": 1}, 0)


def alerts(services: Services) -> dict[str, tuple[str, str]]:
    with services.sessions() as session:
        return {alert.code: (alert.subject, alert.detail) for alert in open_alerts(session)}


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
