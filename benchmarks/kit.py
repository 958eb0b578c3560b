"""Measuring: interleaved rounds of limit, ours and peer, CPU of client and servers, and the verdict on their ratio."""

from __future__ import annotations

import gc
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
SPREAD_AT_MOST = 1.5
CPU_AT_LEAST = 0.2
LIBRARIES = ("sqlalchemy", "psycopg", "flask", "msgspec", "redis", "rq", "mrml", "waitress")


class CheckError(AssertionError):
    """What the timed code wrote is not what it should be: no figure of the row counts."""


@dataclass
class Case:
    """One row on one engine. `limit`, `ours`, `peer` do their job on a fresh thing that `fresh` makes, and return how
    many items they did; `check` looks at what `ours` has just written and raises CheckError.

    servers: process ids whose trees work for us. cost: the ratio is cost over cost (lower is better), else speed over
    speed. client: whether our own CPU counts (not where we only load a server). wall: seconds on the wall count,
    for rows about waiting. peer_of: the ratio is to the peer instead of the limit. fresh_limit: what the limit is made
    on, when that is another thing.
    """

    id: str
    engine: str
    ours: Callable[[Any], int]
    limit: Callable[[Any], int] | None = None
    peer: Callable[[Any], int] | None = None
    fresh: Callable[[], Any] = lambda: None
    fresh_limit: Callable[[], Any] | None = None
    check: Callable[[Any], None] = lambda _: None
    done: Callable[[Any], None] = lambda _: None
    servers: Callable[[], Iterable[int]] = tuple
    cost: bool = False
    client: bool = True
    wall: bool = False
    peer_of: bool = False


@dataclass
class Taken:
    """What one run took: items, CPU seconds of client and servers, wall seconds. waited: the wall is what counts."""

    items: int
    cpu: float
    wall: float
    waited: bool = False

    @property
    def speed(self) -> float:
        """Items per CPU-second, or per second where waiting is what is measured."""
        return self.items / max(self.wall if self.waited else self.cpu, 1e-9)


@dataclass
class Row:
    """The result of a case, as it is kept."""

    id: str
    engine: str
    verdict: str
    check: str
    rounds: int
    n: int
    ratio: dict[str, float] = field(default_factory=dict)
    limit_spread: float = 0.0
    per_cpu_s: dict[str, float] = field(default_factory=dict)
    wall_s: dict[str, float] = field(default_factory=dict)
    target: float | None = None
    floor: float | None = None
    note: str = ""


def tree_cpu(pids: Iterable[int]) -> float:
    """CPU seconds of process trees, their ended children included."""
    parents: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.name))
        spent[int(entry.name)] = sum(int(ticks) for ticks in fields[11:15]) / TICKS
    total, waiting = 0.0, list(pids)
    while waiting:
        pid = waiting.pop()
        total += spent.get(pid, 0.0)
        waiting += parents.get(pid, [])
    return total


def own_cpu() -> float:
    """CPU seconds of this process and of its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def take(work: Callable[[Any], int], thing: Any, servers: Iterable[int], *, client: bool = True) -> Taken:
    """Run once and say what it took; without `client` the CPU of the servers alone."""
    pids = list(servers)
    gc.collect()
    gc.freeze()  # what the benchmark holds is no burden of what it measures
    wall, cpu, theirs = time.perf_counter(), own_cpu(), tree_cpu(pids) if pids else 0.0
    items = work(thing)
    mine = own_cpu() - cpu if client else 0.0
    spent = mine + ((tree_cpu(pids) - theirs) if pids else 0.0)
    return Taken(items, spent, time.perf_counter() - wall)


def measure(case: Case, *, rounds: int, target: dict[str, float] | None) -> Row:
    """All rounds of a case, one warm-up thrown away; a failed check or an unsteady limit refuses the row."""
    goal = target or {}
    names = [name for name in ("limit", "ours", "peer") if getattr(case, name) is not None]
    taken: dict[str, list[Taken]] = {name: [] for name in names}
    row = Row(case.id, case.engine, "refused", "passed", rounds, 0, target=goal.get("target"), floor=goal.get("floor"))
    for number in range(rounds + 1):
        for name in names:
            thing = case.fresh_limit() if name == "limit" and case.fresh_limit else case.fresh()
            try:
                one = take(getattr(case, name), thing, case.servers(), client=case.client)
                one.waited = case.wall
                if name == "ours":
                    case.check(thing)
            except CheckError as wrong:
                row.check, row.note = "failed", str(wrong)
                return row
            finally:
                case.done(thing)
            if number:
                taken[name].append(one)
    return judge(case, taken, row)


def judge(case: Case, taken: dict[str, list[Taken]], row: Row) -> Row:
    """The verdict: median of the ratios of each round, against target and floor."""
    base = taken.get("peer" if case.peer_of else "limit", [])
    row.n = taken["ours"][-1].items
    row.per_cpu_s = {name: round(statistics.median(t.speed for t in all_of), 1) for name, all_of in taken.items()}
    row.wall_s = {name: round(statistics.median(t.wall for t in all_of), 3) for name, all_of in taken.items()}
    if not base:
        row.note = "no limit in this run"
        return row
    ratios = [ours.speed / other.speed for ours, other in zip(taken["ours"], base, strict=True)]
    ratios = [1 / ratio for ratio in ratios] if case.cost else ratios
    row.ratio = {"median": _short(statistics.median(ratios)), "lo": _short(min(ratios)), "hi": _short(max(ratios))}
    steady = taken.get("limit", base)
    row.limit_spread = _short(max(t.speed for t in steady) / min(t.speed for t in steady))
    if row.limit_spread > SPREAD_AT_MOST:
        row.note = f"the limit itself varied by {row.limit_spread}"
    elif not case.wall and statistics.median(t.cpu for t in taken["ours"]) < CPU_AT_LEAST:
        row.note = f"under {CPU_AT_LEAST} CPU-s a round: take more items"
    else:
        row.verdict = verdict(row.ratio["median"], row.target, row.floor, cost=case.cost)
    return row


def verdict(ratio: float, target: float | None, floor: float | None, *, cost: bool) -> str:
    """`pass` at the target, `below_target` at the floor, else `fail`; without either, `measured`."""
    if target is None or floor is None:
        return "measured"
    reached = (lambda goal: ratio <= goal) if cost else (lambda goal: ratio >= goal)
    return "pass" if reached(target) else "below_target" if reached(floor) else "fail"


def _short(number: float) -> float:
    return float(f"{number:.3g}")


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    from surveyor.db.engine import sqlite_module

    found: dict[str, Any] = {
        "python": platform.python_version(),
        "sqlite": sqlite_module().sqlite_version,
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "fsync_us": fsync_cost(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": _git("rev-parse", "--short", "HEAD"),
        "command": "python -m benchmarks " + " ".join(sys.argv[1:]),
    }
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def fsync_cost() -> int:
    """Microseconds of an fdatasync of 4 KiB, median of 100."""
    with tempfile.NamedTemporaryFile(dir=ROOT) as file:
        times = []
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return round(statistics.median(times) * 1e6)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none"


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as they are kept."""
    return [asdict(row) for row in rows]
