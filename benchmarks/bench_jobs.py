"""Rows 13a and 13b: what RQ costs beside the backlog it drains, and how long after its due instant an email begins to
leave an idle installation of real processes."""

from __future__ import annotations

import atexit
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median, quantiles
from typing import Any

from benchmarks import bench_send, data, databases, due_line
from benchmarks.bench_stream import services
from benchmarks.databases import Place
from benchmarks.kit import CheckError, Row, own_cpu, tree_cpu, verdict
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.send_emails import Mailer
from surveyor.jobs import tasks
from surveyor.jobs.bell import MOST_RINGS, Bell, connect
from surveyor.jobs.desk import boot_seconds
from surveyor.jobs.ringing import answer_bells, bells
from tests.servers import Valkey

#: Emails of the backlog; emails that come due one by one.
SIZES = {"small": (4000, 30), "full": (20_000, 100)}
ROUNDS = 3
APART = timedelta(seconds=1.37)  # no multiple of a clock's period: every phase comes up


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """The cost of the doorbell, then the waiting."""
    backlog, few = SIZES[size]
    for which in databases.engines(engine, "P"):
        yield _doorbell(which, backlog, targets)
    for which in databases.engines(engine, "E", "P"):
        yield _waiting(which, few, targets)


def _doorbell(which: str, many: int, targets: dict[str, Any]) -> Row:
    """Four rings, the most that ever wait, that find nothing to do, against the drain that one ring does."""
    goal = targets.get("13a", {}).get(which, {})
    shares, row = [], Row("13a", which, "refused", "passed", ROUNDS, many, **goal)
    spent: list[tuple[float, float]] = []
    for number in range(ROUNDS + 1):
        place = bench_send.ready(which, many)
        try:
            working, ringing = _drained(place, which)
            bench_send.check(place)
        except CheckError as wrong:
            row.check, row.note = "failed", str(wrong)
            return row
        finally:
            databases.close(place)
        if number:
            shares.append(ringing / working)
            spent.append((working, ringing))
    found = [float(f"{one:.3g}") for one in (median(shares), min(shares), max(shares))]
    row.ratio = dict(zip(("median", "lo", "hi"), found, strict=True))
    row.verdict = verdict(found[0], row.target, row.floor, cost=True)
    working, ringing = median(one for one, _ in spent), median(one for _, one in spent)
    row.note = f"{MOST_RINGS} rings {ringing * 1e3:.0f} ms of CPU, Redis included; the drain {working:.2f} s"
    return row


def _drained(place: Place, which: str) -> tuple[float, float]:
    """CPU seconds of draining by the bell, and of as many rings as may wait when nothing is left."""
    now: datetime = place.notes["now"]
    provider = bench_send.Groups()
    place.notes["handed"] = provider
    mailer = Mailer(provider, bench_send.build, CustomerJourneys(data.KEYS), "bench", boot_seconds)
    tasks.bind(services(place, lambda: now), mailer)
    client = connect(_server().url())
    pids = [*databases.servers(which), *_pids()]
    Bell(client)()
    before = own_cpu() + tree_cpu(pids)
    while bells(client):
        answer_bells(client)
        if len(provider.sent) < place.notes["due"]:
            Bell(client)()
    working = own_cpu() + tree_cpu(pids) - before
    before = own_cpu() + tree_cpu(pids)
    for _ in range(MOST_RINGS):
        Bell(client)()
    while bells(client):
        answer_bells(client)
    return working, own_cpu() + tree_cpu(pids) - before


def _waiting(which: str, few: int, targets: dict[str, Any]) -> Row:
    """Seconds from the due instant to the first byte at the relay, p95; the ratio is that figure."""
    goal = targets.get("13b", {}).get(which, {})
    row = Row("13b", which, "refused", "passed", 1, few, **goal)
    relay = due_line.Relay()
    line = due_line.Line(relay)
    if which == "P":
        line = due_line.Line(relay, database=databases.empty_postgres(), redis=_server().url(1))
    try:
        line.invite(few)
        with line.running():
            time.sleep(15)  # started, and idle
            begin = datetime.now(UTC) + timedelta(seconds=3)
            due = line.spread(begin, APART)
            end = time.monotonic() + 3 + few * APART.total_seconds() + 15
            while len(relay.begun) < few and time.monotonic() < end:
                time.sleep(0.5)
            time.sleep(1)
        states = line.states()
        if set(states) != {"sent"} or len(relay.begun) != few:
            raise CheckError(f"{len(relay.begun)} of {few} began to arrive; states {sorted(set(states))}")
    except CheckError as wrong:
        row.check, row.note = "failed", str(wrong)
        return row
    finally:
        shutil.rmtree(line.folder, ignore_errors=True)
    waited = sorted(relay.begun[address] - at.timestamp() for address, at in due.items())
    if waited[0] < 0:
        row.check, row.note = "failed", f"an email left {-waited[0]:.3f} s before its instant"
        return row
    p95 = round(quantiles(waited, n=20)[-1], 2)
    row.ratio = {"median": p95, "lo": round(waited[0], 2), "hi": round(waited[-1], 2)}
    row.wall_s = {"ours": round(median(waited), 3)}
    row.verdict = verdict(p95, row.target, row.floor, cost=True)
    row.note = f"seconds, p95 with the shortest and the longest; median {median(waited):.2f}"
    return row


def _pids() -> list[int]:
    process = _server().process
    return [] if process is None else [process.pid]


@cache
def _server() -> Valkey:
    server = Valkey()
    server.start()
    atexit.register(server.remove)
    return server
