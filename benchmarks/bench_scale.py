"""Row 24: one, two and four worker processes behind a relay of 30 ms: emails a second, CPU of an email."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from statistics import median
from subprocess import PIPE, Popen
from typing import Any

from benchmarks import bench_send, bench_smtp, databases
from benchmarks.data import KEYS
from benchmarks.databases import Place
from benchmarks.kit import ROOT, CheckError, Row, own_cpu, tree_cpu, verdict
from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.jobs.desk import boot_seconds
from surveyor.mail.providers.smtp import Relay, SmtpProvider

#: Emails of each worker.
SIZES = {"small": 600, "full": 4000}
WORKERS = (1, 2, 4)
ROUNDS = 3


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """24a: two workers over one; 24b: four over one; 24c: CPU of an email, client and PostgreSQL, at four over one."""
    for which in databases.engines(engine, "P"):
        found: dict[int, list[tuple[float, float]]] = {many: [] for many in WORKERS}
        failed = ""
        for number in range(ROUNDS + 1):
            for many in WORKERS:
                place = bench_send.ready(which, SIZES[size] * many)
                try:
                    took = _run(place, which, many)
                    bench_smtp.check(place)
                except CheckError as wrong:
                    failed = str(wrong)
                finally:
                    databases.close(place)
                if number and not failed:
                    found[many].append(took)
            if failed:
                break
        yield from _judged(which, SIZES[size], found, targets, failed)


def _judged(
    which: str, each: int, found: dict[int, list[tuple[float, float]]], targets: dict[str, Any], failed: str
) -> Iterator[Row]:
    for name, many, at, cost in (("24a", 2, 0, False), ("24b", 4, 0, False), ("24c", 4, 1, True)):
        row = Row(name, which, "refused", "passed", ROUNDS, each, **targets.get(name, {}).get(which, {}))
        if failed:
            row.check, row.note = "failed", failed
        else:
            pairs = list(zip(found[many], found[1], strict=True))
            ratios = [float(f"{several[at] / one[at]:.3g}") for several, one in pairs]
            row.ratio = {"median": median(ratios), "lo": min(ratios), "hi": max(ratios)}
            row.verdict = verdict(row.ratio["median"], row.target, row.floor, cost=cost)
            said = ", ".join(f"{n}: {median(one[0] for one in runs):.0f}" for n, runs in found.items())
            row.note = f"emails/s by workers {said}; us an email {median(one[1] for one in found[many]) * 1e6:.0f}"
        yield row


def _run(place: Place, which: str, many: int) -> tuple[float, float]:
    """Emails a second from the first claim to the last settle, and CPU seconds an email."""
    now: datetime = place.notes["now"]
    command = [sys.executable, "-m", "benchmarks.bench_scale", place.url, str(bench_smtp.slow_sink()), now.isoformat()]
    workers = [Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) for _ in range(many)]
    pids = list(databases.servers(which))
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()  # it is connected and waits
    began, servers = time.perf_counter(), tree_cpu(pids)
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate()[0].split() for worker in workers]
    seconds, spent = time.perf_counter() - began, tree_cpu(pids) - servers
    if any(worker.returncode for worker in workers):
        raise CheckError("a worker ended badly")
    seconds = max(float(one[1]) for one in said) if said else seconds
    sent = sum(int(one[0]) for one in said)
    return sent / seconds, (spent + sum(float(one[2]) for one in said)) / sent


def work(url: str, port: int, now: datetime) -> None:
    """One worker: says how many it sent, in how many seconds, with how much CPU."""
    engine = make_engine(url)
    sessions = make_sessions(engine)
    relay = Relay("127.0.0.1", port, tls="none", connections=bench_smtp.CONNECTIONS)
    provider = SmtpProvider(relay, now=lambda: now)
    mailer = Mailer(provider, bench_smtp.build, CustomerJourneys(KEYS), f"bench {time.time_ns()}", boot_seconds)
    provider.probe()
    engine.connect().close()
    print("ready", flush=True)
    sys.stdin.readline()
    began, spent = time.perf_counter(), own_cpu()
    done = send_emails(sessions, mailer=mailer, now=lambda: now, limit=1_000_000)
    print(done.sent, time.perf_counter() - began, own_cpu() - spent, flush=True)
    provider.close()
    engine.dispose()


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
