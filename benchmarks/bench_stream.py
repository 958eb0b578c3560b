"""Row 21: orders through a Redis stream to the commit and its XACK, against the same batches out of memory."""

from __future__ import annotations

import atexit
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from redis import Redis

from benchmarks import data, databases
from benchmarks.databases import Place
from benchmarks.kit import Case, CheckError
from surveyor.db import order_events
from surveyor.flows.take_events import recorder, take_events
from surveyor.ingest.payload import read_events
from surveyor.ingest.redis_stream import OrderStream
from surveyor.jobs.consume import Consumer
from surveyor.services import Services
from surveyor.settings import Settings
from tests.servers import Valkey

SIZES = {"small": 20_000, "full": 100_000}
_numbers = itertools.count(1)


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """PostgreSQL, as the row says: entries of a thousand events (the target), and of one each beside them."""
    many = SIZES[size]
    made = data.items(many)
    bodies = data.bodies(made)
    single = [msgspec.json.encode(item) for item in made]
    for which in databases.engines(engine, "P"):
        for row, field, entries in (("21", "ndjson", bodies), ("21s", "data", single)):
            yield Case(
                row,
                which,
                consume,
                limit=lambda place: remember(place, bodies),
                fresh=lambda which=which, field=field, entries=entries: filled(which, field, entries),
                fresh_limit=lambda which=which: databases.fresh(which),
                done=done,
                check=lambda place: check(place, many),
                servers=lambda which=which: [*databases.servers(which), *_pids()],
            )


def filled(which: str, field: str, entries: list[bytes]) -> Place:
    """A fresh database and a stream that a producer has filled."""
    place = databases.fresh(which)
    client, name = Redis.from_url(_server().url()), f"bench:{next(_numbers)}"
    for start in range(0, len(entries), 500):
        together = client.pipeline(transaction=False)
        for entry in entries[start : start + 500]:
            together.xadd(name, {field: entry})
        together.execute()
    place.notes.update(client=client, name=name)
    return place


def consume(place: Place) -> int:
    """Read, record, commit, acknowledge until the stream is read."""
    stream = OrderStream(place.notes["client"], place.notes["name"], "bench")
    stream.prepare()
    consumer = Consumer(stream, services(place))
    while consumer.once(block_ms=1):
        pass
    return _stored(place)


def remember(place: Place, bodies: list[bytes]) -> int:
    """The same events, a thousand a transaction, without anything in between."""
    record = recorder(services(place), source="stream", now=data.NOW)
    for body in bodies:
        take_events(read_events(body, now=data.NOW, ndjson=True), record=record)
    return _stored(place)


def check(place: Place, distinct: int) -> None:
    """One row an id, none refused; after XACK nothing is pending; a second reading of the stream stores nothing."""
    client, name = place.notes["client"], place.notes["name"]
    if client.xpending(name, "surveyor")["pending"]:
        raise CheckError("entries are pending after XACK")
    with place.sessions() as session:
        found = order_events.counts(session)
    if found != {"decided": distinct}:
        raise CheckError(f"{distinct} distinct events, found {found}")
    client.xgroup_destroy(name, "surveyor")
    if consume(place) != distinct:
        raise CheckError("a second reading stored something")


def done(place: Place) -> None:
    """Let go of both."""
    if "client" in place.notes:
        place.notes["client"].delete(place.notes["name"])
        place.notes["client"].close()
    databases.close(place)


def _stored(place: Place) -> int:
    with place.sessions() as session:
        return sum(order_events.counts(session).values())


def services(place: Place, now: Callable[[], datetime] = lambda: data.NOW) -> Services:
    """An installation whose clock is given, on this database."""
    settings = replace(Settings.read({}), secret_keys=(bytes(range(32)),))
    nobody: Any = None
    return Services(settings, place.sessions, place.sessions, nobody, lambda *_: None, data.KEYS, now)


@cache
def _server() -> Valkey:
    server = Valkey()
    server.start()
    atexit.register(server.remove)
    return server


def _pids() -> list[int]:
    process = _server().process
    return [] if process is None else [process.pid]
