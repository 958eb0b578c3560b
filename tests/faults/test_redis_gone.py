"""Redis killed, stopped, emptied, full: emails go on, pages do not wait, and it is taken up again when it is back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.db.alerts import open_alerts
from surveyor.jobs import worker
from surveyor.jobs.bell import Bell, connect
from surveyor.jobs.clock import Clock
from surveyor.services import Services
from tests.jobs.test_restore import DUE, order_twice, ordered
from tests.servers import Valkey

pytestmark = [pytest.mark.redis, pytest.mark.faults]
#: What one call may wait, and what a request or a tick of the clock may (pipeline.md, F6).
CALL, REQUEST = 0.2, 0.5


@pytest.fixture
def redis() -> Iterator[Valkey]:
    """A server of its own, to be hurt."""
    server = Valkey()
    server.start()
    yield server
    if server.process is not None:
        os.kill(server.process.pid, signal.SIGCONT)
    server.remove()


@pytest.fixture
def house(sqlite_sessions: Any, clock: Any, tmp_path: Path, redis: Valkey) -> Services:
    """One email is due."""
    made = ordered(sqlite_sessions, clock, tmp_path, redis_url=redis.url())
    clock.set(DUE)
    return made


@contextmanager
def black_hole(redis: Valkey) -> Iterator[None]:
    """It accepts connections and never answers."""
    assert redis.process is not None
    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)


def quickest(act: Callable[[], Any]) -> float:
    """Seconds of the quickest of three: a busy machine may slow one down, a wait for Redis slows each."""
    found = []
    for _ in range(3):
        began = time.monotonic()
        act()
        found.append(time.monotonic() - began)
    return min(found)


def sent(house: Services) -> int:
    return len(house.provider.sent)  # type: ignore[attr-defined]


def work(house: Services, *, seconds: float, until: int) -> None:
    """A worker, for so many real seconds, or until so many emails left."""
    end = time.monotonic() + seconds
    worker.run(house, stopping=lambda: time.monotonic() > end or sent(house) >= until, sleep=time.sleep)


def clock_of(house: Services) -> Clock:
    client = connect(house.settings.redis_url)
    return Clock(house, bell=Bell(client), redis=client)


def test_a_redis_that_never_answers_holds_up_neither_pages_nor_the_clock_nor_emails(
    house: Services, redis: Valkey
) -> None:
    clock = clock_of(house)
    clock.tick()
    app = create_app(house).test_client()
    pages = [lambda path=path: app.get(path) for path in ("/healthz", "/readyz", "/sign-in", f"/s/{'0' * 22}")]
    ticks = [lambda act=act: act(house.now()) for act in (clock.ring, clock.heartbeat, clock.memory)]
    for act in (*pages, *ticks):
        act()  # what is made at the first time is none of Redis's doing
    with black_hole(redis):
        for act in pages:
            assert quickest(act) < REQUEST
        for act in ticks:
            assert quickest(act) < 2 * CALL + 0.2
        work(house, seconds=8, until=1)
        assert sent(house) == 1


def test_killed_in_the_middle_the_workers_poll_and_take_bells_again_when_it_is_back(
    house: Services, redis: Valkey
) -> None:
    bell = Bell(connect(house.settings.redis_url))
    assert bell()
    work(house, seconds=8, until=1)
    redis.crash()
    order_twice(house, "c2")
    assert not bell()
    work(house, seconds=8, until=2)
    assert sent(house) == 2
    redis.start()
    order_twice(house, "c3")
    assert bell()
    work(house, seconds=8, until=3)
    assert sent(house) == 3


def test_emptied_it_loses_a_bell_and_the_next_second_rings_again(house: Services, redis: Valkey) -> None:
    clock = clock_of(house)
    clock.ring(house.now())
    client = connect(house.settings.redis_url)
    client.flushall()
    clock.ring(house.now())
    work(house, seconds=8, until=1)
    assert sent(house) == 1
    assert client.llen("rq:queue:mail") <= 4


def test_full_it_takes_no_bell_and_the_workers_look_by_themselves(house: Services, redis: Valkey) -> None:
    client = connect(house.settings.redis_url)
    client.config_set("maxmemory", int(client.info("memory")["used_memory"]) // 2)
    clock = clock_of(house)
    clock.heartbeat(house.now())
    clock.ring(house.now())
    assert client.llen("rq:queue:mail") == 0
    work(house, seconds=12, until=1)
    assert sent(house) == 1


def test_one_that_would_rather_forget_than_refuse_is_an_alert_until_it_is_set_right(
    house: Services, redis: Valkey
) -> None:
    client = connect(house.settings.redis_url)
    client.config_set("maxmemory-policy", "allkeys-lru")
    clock = clock_of(house)
    clock.memory(house.now())
    with house.sessions() as session:
        assert [(alert.code, alert.detail) for alert in open_alerts(session)] == [
            ("redis_evicts", "maxmemory-policy is allkeys-lru: set noeviction")
        ]
    client.config_set("maxmemory-policy", "noeviction")
    clock.memory(house.now())
    with house.sessions() as session:
        assert open_alerts(session) == []


def test_a_worker_without_any_redis_is_asked_nothing_of_it(house: Services) -> None:
    alone = replace(house, settings=replace(house.settings, redis_url=""))
    work(alone, seconds=5, until=1)
    assert sent(house) == 1
