"""Workers and the doorbell: woken through Redis, polling without it, and never running what Redis makes up."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from surveyor.db.alerts import open_alerts
from surveyor.jobs import desk, tasks
from surveyor.jobs.bell import MOST_RINGS, Bell, connect, mail_queue
from surveyor.jobs.plain_job import MOST_BYTES, checked
from surveyor.jobs.ringing import answer_bells, bells
from surveyor.jobs.worker import run
from tests.flows.sending import NOW, open_network, schedule
from tests.jobs.house import services


class Turns:
    """A worker's way to stop after so many sleeps, without sleeping."""

    def __init__(self, most: int) -> None:
        self.most, self.slept = most, 0.0
        self.count = 0

    def stopping(self) -> bool:
        return self.count >= self.most

    def sleep(self, seconds: float) -> None:
        self.count += 1
        self.slept += seconds


@pytest.fixture
def house(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> Any:
    open_network(sqlite_sessions)
    clock.set(NOW)
    return services(sqlite_sessions, clock, tmp_path)


def with_redis(house: Any, url: str) -> Any:
    from dataclasses import replace

    return replace(house, settings=replace(house.settings, redis_url=url))


def bind(house: Any) -> Any:
    from tests.flows.sending import Free, mailer

    worker = mailer(house.provider, journeys=Free(), ticks=desk.boot_seconds)
    tasks.bind(house, worker)
    return worker


def test_without_redis_a_worker_looks_every_two_seconds(house: Any) -> None:
    turns = Turns(3)
    run(house, stopping=turns.stopping, sleep=turns.sleep)
    assert turns.slept == 6.0


@pytest.mark.redis
def test_a_bell_wakes_a_worker_that_sends_what_is_due(house: Any, redis_url: str) -> None:
    client = connect(redis_url)
    bind(house)
    for _ in range(3):
        schedule(house.sessions)
    assert Bell(client)()
    assert bells(client) == 1
    assert answer_bells(client)
    assert len(house.provider.sent) == 3
    assert not answer_bells(client)


@pytest.mark.redis
def test_at_most_four_bells_wait(house: Any, redis_url: str) -> None:
    client = connect(redis_url)
    bell = Bell(client)
    assert [bell() for _ in range(6)] == [True] * MOST_RINGS + [False] * 2
    client.flushall()
    assert bell()


@pytest.mark.redis
def test_a_worker_goes_from_redis_to_polling_and_back(house: Any, redis_url: str) -> None:
    turns = Turns(2)
    run(with_redis(house, redis_url), stopping=turns.stopping, sleep=turns.sleep)
    assert turns.slept == 0.5
    turns = Turns(2)
    run(with_redis(house, "redis://127.0.0.1:1"), stopping=turns.stopping, sleep=turns.sleep)
    assert turns.slept == 4.0


def test_a_redis_that_is_away_costs_a_ring_and_nothing_else() -> None:
    assert not Bell(connect("redis://127.0.0.1:1"))()


def plant(client: Any, name: str, **more: Any) -> Job:
    """A job as somebody who can write to Redis would make it."""
    queue = Queue("mail", connection=client, serializer=JSONSerializer)
    return queue.enqueue(name, **more)


@pytest.mark.redis
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("os.system", ["touch {mark}"]),
        ("subprocess.check_call", [["touch", "{mark}"]]),
        ("surveyor.jobs.tasks.bind", [None, None]),
        ("surveyor.jobs.tasks.ring", ["{mark}/../x y"]),
    ],
    ids=["os.system", "subprocess", "a function of ours that is no task", "an argument that is no id"],
)
def test_s52_a_planted_job_does_nothing_but_raise_an_alert(
    house: Any, redis_url: str, tmp_path: Path, name: str, arguments: list[Any]
) -> None:
    client, mark = connect(redis_url), tmp_path / "mark"
    bind(house)
    schedule(house.sessions)
    said = json.loads(json.dumps(arguments).replace("{mark}", str(mark)))
    plant(client, name, args=said)
    answer_bells(client)
    assert not mark.exists()
    assert house.provider.sent == []
    with house.sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["job_refused"]


@pytest.mark.redis
def test_s52_a_planted_callback_or_webhook_is_not_looked_at(house: Any, redis_url: str, tmp_path: Path) -> None:
    client = connect(redis_url)
    bind(house)
    job = plant(client, "surveyor.jobs.tasks.ring")
    hook = json.dumps([{"url": "http://127.0.0.1:1/", "statuses": ["finished"]}])
    client.hset(job.key, mapping={"success_callback_name": "os.abort", "webhooks": hook, "retries_left": 9})
    schedule(house.sessions)
    assert answer_bells(client)
    assert len(house.provider.sent) == 1


@pytest.mark.redis
def test_s52_a_job_that_is_no_json_is_refused(house: Any, redis_url: str) -> None:
    client = connect(redis_url)
    bind(house)
    job = plant(client, "surveyor.jobs.tasks.ring")
    client.hset(job.key, "data", b"\x80\x04cos\nsystem\n")
    answer_bells(client)
    with house.sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["job_refused"]


def test_s52_more_than_four_kilobytes_are_not_unpacked() -> None:
    good = json.dumps(["surveyor.jobs.tasks.ring", None, ["a" * 64], {}]).encode()
    assert checked(zlib.compress(good)) == good
    bomb = zlib.compress(b" " * 50_000_000 + good)
    assert b"refused" in checked(bomb)
    assert b"refused" in checked(zlib.compress(b"[" * (MOST_BYTES + 1)))
    assert b"refused" in checked(None)
    assert b"refused" in checked(zlib.compress(json.dumps(["surveyor.jobs.tasks.ring", {}, [], {}]).encode()))


def test_a_process_that_is_no_worker_runs_no_task() -> None:
    tasks.bind(None, None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="no worker"):
        tasks.ring()
    tasks.refused()


def test_s52_the_queue_has_our_jobs_and_our_serializer() -> None:
    queue = mail_queue(redis.Redis())
    assert queue.job_class.__name__ == "PlainJob"
    assert queue.serializer is JSONSerializer


@pytest.mark.redis
@pytest.mark.faults
def test_a_consumer_killed_before_it_acknowledges_records_each_order_once(
    house: Any, redis_url: str, tmp_path: Path
) -> None:
    from sqlalchemy import func, select

    from surveyor.db.engine import make_engine, make_sessions
    from surveyor.db.tables.orders import OrderEventRow
    from surveyor.ingest.redis_stream import OrderStream
    from surveyor.jobs.consume import consume_once
    from tests.faults.life import KILLED, in_a_process
    from tests.ingest.test_payload import BASE

    client = redis.Redis.from_url(redis_url)
    for n in range(3):
        said = {**BASE, "ordered_at": "2026-10-30T10:00:00+01:00", "event_id": f"e{n}", "order_id": f"e{n}"}
        client.xadd("surveyor:orders", {"data": json.dumps(said)})
    url = str(house.sessions.kw["bind"].url)

    def consume() -> None:
        stream = OrderStream(redis.Redis.from_url(redis_url), "surveyor:orders", "one")
        stream.prepare()
        consume_once(stream, services(make_sessions(make_engine(url)), house.now, tmp_path), block_ms=10)

    assert in_a_process(consume, plan="stream.committed:1") == KILLED
    waiting: Any = client.xpending("surveyor:orders", "surveyor")
    assert waiting["pending"] == 3
    assert in_a_process(consume) == 0
    waiting = client.xpending("surveyor:orders", "surveyor")
    assert waiting["pending"] == 0
    with house.sessions() as session:
        assert session.scalar(select(func.count()).select_from(OrderEventRow)) == 3
