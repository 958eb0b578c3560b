"""The database away, restarted, locked, full: 503 and Retry-After, and whoever tries again has lost nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import redis
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError

from surveyor.app import create_app
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import Response
from surveyor.flows.beat import Beat, beat, check_sending
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.ingest.redis_stream import OrderStream
from surveyor.ingest.signatures import sign_platform
from surveyor.jobs.consume import run
from surveyor.services import Services
from tests.ingest.test_payload import BASE
from tests.servers import PostgreSQL
from tests.web import links
from tests.web.api.test_orders import WOO
from tests.web.conftest import browser, make_services

pytestmark = pytest.mark.faults
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Site:
    """One installation on a database, and what a client of each kind does to it."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.reader = make_engine(url, read_only=True)
        self.reading = make_sessions(self.reader)
        self.here: Services = make_services(make_sessions(self.engine), lambda: NOW)
        self.key = make_key(self.here.sessions, name="tills", scopes=("orders:write",), now=NOW, actor="test").text
        new = NewSource("woo", "woocommerce", "consent")
        self.secret = add_source(self.here.sessions, new, keys=self.here.keyring, now=NOW, actor="test").encode()
        links.open_network(self.here)
        self.sent = links.send(self.here, "c1")
        self.app = create_app(self.here)
        self.known = self.findings()  # of the link that was made without the line

    def close(self) -> None:
        self.engine.dispose()
        self.reader.dispose()

    def findings(self) -> set[str]:
        return {str(finding) for finding in check_invariants(self.here.sessions, now=NOW).findings}

    def orders(self, *names: str) -> Any:
        lines = "\n".join(json.dumps({**BASE, "event_id": name, "order_id": name}) for name in names)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        return self.app.test_client().post("/api/v1/orders", data=lines, headers=headers)

    def hook(self) -> Any:
        raw = json.dumps(WOO).encode()
        headers = {"X-WC-Webhook-Signature": sign_platform(self.secret, raw), "X-WC-Webhook-Topic": "order.updated"}
        return self.app.test_client().post("/hooks/orders/woo", data=raw, headers=headers)

    def answer(self) -> Any:
        form = {"score": "9", "q_channel": "web", "nonce": links.mark(self.here, self.sent, seconds=60)}
        return self.app.test_client().post(f"/s/{self.sent.survey}", data=form)

    def page(self) -> Any:
        return self.app.test_client().get(f"/s/{self.sent.survey}")

    def stored(self) -> int:
        with self.reading() as session:
            return session.scalar(select(func.count()).select_from(OrderEventRow)) or 0

    def answers(self) -> int:
        with self.reading() as session:
            return session.scalar(select(func.count()).select_from(Response)) or 0


def patiently(act: Callable[[], Any], *, seconds: float = 20) -> list[int]:
    """What a client that tries again until it succeeds is answered; each 503 says when to come back."""
    found: list[int] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = act()
        found.append(answer.status_code)
        if answer.status_code < 400:
            return found
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        time.sleep(0.05)
    raise AssertionError(f"never: {found}")


@pytest.mark.postgres
def test_while_postgresql_is_away_every_door_says_503_and_when_to_come_back(
    postgres_url: str, postgres_server: PostgreSQL
) -> None:
    site = Site(postgres_url)
    assert site.orders("a").status_code == 200
    user = add_user(site.here.sessions, user=NewUser("claire@example.fr", "admin", ("network",)), by=HOST, now=NOW)
    staff = browser(site.app, site.here, user)
    assert staff.get("/sources").status_code == 200
    postgres_server.stop()
    try:
        for act in (lambda: site.orders("b"), site.hook, site.answer, site.page, lambda: staff.get("/sources")):
            answer = act()
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True), answer.text
        client = site.app.test_client()
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").json["failed"] == ["database"]
    finally:
        postgres_server.start()
    for act in (lambda: site.orders("b"), site.hook, site.answer):
        patiently(act)
    assert (site.stored(), site.answers()) == (3, 1)
    site.close()


@pytest.mark.postgres
@pytest.mark.parametrize("fault", ["every backend is terminated", "an immediate restart"])
def test_clients_that_try_again_lose_nothing(postgres_url: str, postgres_server: PostgreSQL, fault: str) -> None:
    site = Site(postgres_url)
    statuses: list[int] = []
    todo = iter([[f"e{batch}-{n}" for n in range(20)] for batch in range(30)])
    lock = threading.Lock()

    def post() -> None:
        while True:
            with lock:
                names = next(todo, None)
            if names is None:
                return
            statuses.extend(patiently(lambda names=names: site.orders(*names)))  # type: ignore[misc]

    workers = [threading.Thread(target=post) for _ in range(3)]
    for one in workers:
        one.start()
    if fault == "an immediate restart":
        time.sleep(0.3)
        postgres_server.stop()
        postgres_server.start()
    else:
        for _ in range(8):
            _terminate(postgres_url)
            time.sleep(0.15)
    for one in workers:
        one.join(60)
    patiently(site.answer)
    assert statuses.count(200) == 30
    assert (site.stored(), site.answers()) == (600, 1)
    assert site.findings() <= site.known
    site.close()


def _terminate(url: str) -> None:
    address, name = url.replace("+psycopg", "").rpartition("/")[0], url.rpartition("/")[2]
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


@pytest.mark.postgres
def test_a_postgresql_that_comes_back_between_two_statements_is_not_another_one(
    postgres_url: str, postgres_server: PostgreSQL
) -> None:
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    assert not _beat(sessions).held
    for look in (_beat, _look):
        engine.dispose()
        postgres_server.stop()
        # The first connection is refused, and the next one would be taken.
        event.listen(engine, "handle_error", lambda _context: postgres_server.start(), once=True)
        with pytest.raises(DBAPIError):
            look(sessions)
        assert not look(sessions).held
    engine.dispose()


def _beat(sessions: Any) -> Beat:
    return beat(sessions, name="here", pepper_id="p", witnesses=[None], now=NOW)


def _look(sessions: Any) -> Beat:
    return check_sending(sessions, name="here", witnesses=[None], now=NOW)


@pytest.mark.postgres
@pytest.mark.redis
def test_a_consumer_keeps_its_entries_in_hand_until_the_database_is_back(
    postgres_url: str, postgres_server: PostgreSQL, redis_url: str
) -> None:
    site = Site(postgres_url)
    client = redis.Redis.from_url(redis_url)
    for n in range(5):
        client.xadd("surveyor:orders", {"data": json.dumps({**BASE, "event_id": f"e{n}", "order_id": f"e{n}"})})
    stream = OrderStream(client, "surveyor:orders", "one")
    postgres_server.stop()
    waits: list[float] = []
    deliveries: list[set[int]] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        rows = client.xpending_range("surveyor:orders", "surveyor", "-", "+", 10)
        deliveries.append({row["times_delivered"] for row in rows})
        if len(waits) == 8:
            postgres_server.start()

    def stopping() -> bool:
        return len(waits) >= 8 and client.xpending("surveyor:orders", "surveyor")["pending"] == 0

    try:
        run(stream, site.here, stopping=stopping, sleep=sleep)
    finally:
        if postgres_server.process is None:
            postgres_server.start()
    assert deliveries == [{1}] * len(deliveries)
    assert site.stored() == 5
    site.close()


@contextmanager
def locked(url: str) -> Iterator[Callable[[], object]]:
    """Somebody else writes until what is given is called, or the block ends."""
    from surveyor.db.engine import sqlite_module

    connection = sqlite_module().connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield lambda: connection.execute("ROLLBACK")
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    connection.close()


def test_a_write_lock_of_sqlite_is_waited_for(sqlite_url: str) -> None:
    site = Site(sqlite_url)
    with locked(sqlite_url) as let_go:
        assert site.stored() == 0, "reading waits for no writer"
        later = threading.Timer(0.5, let_go)
        later.start()
        assert site.orders("a").status_code == 200
        later.join()
    assert site.stored() == 1


def test_a_write_lock_that_outlasts_the_patience_is_a_503_and_leaves_nothing_half_done(sqlite_url: str) -> None:
    site = Site(sqlite_url)
    impatient(site)
    with locked(sqlite_url):
        for act in (lambda: site.orders("a", "b"), site.hook, site.answer):
            answer = act()
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert (site.stored(), site.answers()) == (0, 0)
    for act in (lambda: site.orders("a", "b"), site.hook, site.answer):
        patiently(act)
    assert (site.stored(), site.answers()) == (3, 1)


def impatient(site: Site) -> None:
    """Connections that wait 50 ms for a lock, in place of the 20 s that production waits."""
    site.engine.dispose()
    event.listen(site.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))


def test_a_full_disk_is_a_503_acknowledges_nothing_and_is_over_when_there_is_room(sqlite_url: str) -> None:
    site = Site(sqlite_url)
    room = [pages(site) + 4]
    site.engine.dispose()
    event.listen(site.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={room[0]}"))
    acknowledged: list[str] = []
    refused = 0
    for batch in range(12):
        names = [f"e{batch}-{n}" for n in range(50)]
        answer = site.orders(*names)
        assert answer.status_code in (200, 503), answer.text
        if answer.status_code == 200:
            acknowledged += names
        else:
            refused += 1
            assert int(answer.headers["Retry-After"]) > 0
    assert refused
    assert site.page().status_code in (200, 503)
    assert site.stored() == len(acknowledged)
    room[0] = 1_000_000
    site.engine.dispose()
    for batch in range(12):
        patiently(lambda batch=batch: site.orders(*[f"e{batch}-{n}" for n in range(50)]))  # type: ignore[misc]
    patiently(site.answer)
    assert (site.stored(), site.answers()) == (600, 1)
    with site.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert site.findings() <= site.known


def pages(site: Site) -> int:
    with site.engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
