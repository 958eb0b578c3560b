"""Row 23: what an outage leaves is caught up with at a steady cost: CPU of the last tenth against that of the first,
while a forgotten transaction stays open on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from sqlalchemy import func, select, text

from benchmarks import bench_send, data, databases
from benchmarks.databases import Place
from benchmarks.kit import Row, own_cpu, tree_cpu, verdict
from surveyor.db.tables.emails import Email
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.jobs.desk import boot_seconds

SIZES = {"small": 10_000, "full": 500_000}
TENTHS = 10


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """One drain an engine: its rounds are its tenths."""
    for which in databases.engines(engine, "E", "P"):
        place = bench_send.ready(which, SIZES[size])
        with ExitStack() as held:
            if which == "P":
                old = held.enter_context(place.engine.connect())
                old.execute(text("SET idle_in_transaction_session_timeout = 0"))
                old.execute(text("SELECT txid_current()"))
            spent = _drain(place, which)
        with place.sessions() as session:
            left = session.scalar(select(func.count()).where(Email.state != "sent"))
        databases.close(place)
        goal = targets.get("23", {}).get(which, {})
        target, floor = goal.get("target"), goal.get("floor")
        each = [round(one * 1e6 * TENTHS / SIZES[size]) for one in spent]
        found = round(spent[-1] / spent[1], 3)  # the first tenth warms connections, plans and caches up
        said = verdict(found, target, floor, cost=True)
        ratio = {"median": found, "lo": found, "hi": found}
        row = Row("23", which, said, "passed", 1, SIZES[size], ratio, target=target, floor=floor)
        row.note = f"us an email, tenth by tenth: {each}"
        if left:
            row.check, row.verdict, row.note = "failed", "refused", f"{left} emails were not sent"
        yield row


def _drain(place: Place, engine: str) -> list[float]:
    """CPU seconds of each tenth, client and servers."""
    now, many = place.notes["now"], int(place.notes["due"])
    mailer = Mailer(bench_send.Groups(), bench_send.build, CustomerJourneys(data.KEYS), "bench", boot_seconds)
    pids, spent = list(databases.servers(engine)), []
    for _ in range(TENTHS):
        before = own_cpu() + tree_cpu(pids)
        send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=many // TENTHS)
        spent.append(own_cpu() + tree_cpu(pids) - before)
    send_emails(place.sessions, mailer=mailer, now=lambda: now, limit=many)
    return spent
