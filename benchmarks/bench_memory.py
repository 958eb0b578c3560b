"""Row 31: memory of the embedded set-up under load (a), peaks of an import (b) and of an export in each form (c)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import bench_files, data, databases
from benchmarks.kit import ROOT, CheckError, Row, verdict
from benchmarks.memory_child import memory
from tests.servers import free_port, wait_for

#: Both imports fill the page cache of SQLite (64 MB), as a million and ten million events do: below some 60 000 events
#: it is still growing, and what an import grows by would be the cache.
#: Events of the two imports, rows of the export, seconds of load on the embedded set-up.
SIZES = {"small": (60_000, 120_000, 20_000, 15), "full": (1_000_000, 10_000_000, 1_000_000, 3600)}


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """No rounds: each is a process of its own, measured at its end."""
    few, many, exported, seconds = SIZES[size]
    if engine in (None, "E"):
        yield _row("31a", "E", _embedded(seconds), 1, f"MB of all its processes after {seconds} s of load", targets)
    for which in databases.engines(engine, "E", "P"):
        small, large = (_imported(which, count) for count in (few, many))
        yield _row("31b", which, large, many, f"MB at the peak of the import of {many}", targets)
        yield _row("31b+", which, max(0.0, large - small), many, f"MB more than the import of {few}", targets)
        for name, form in (("31c", "CSV"), ("31cx", "XLSX"), ("31cp", "Parquet")):
            yield _row(name, which, _exported(which, exported, form), exported, f"MB over idle, {form}", targets)


def _row(name: str, which: str, found: float, n: int, note: str, targets: dict[str, Any]) -> Row:
    goal = targets.get(name, {}).get(which, {})
    value = round(found, 1)
    said = verdict(value, goal.get("target"), goal.get("floor"), cost=True)
    ratio = {"median": value, "lo": value, "hi": value}
    return Row(name, which, said, "passed", 1, n, ratio, target=goal.get("target"), floor=goal.get("floor"), note=note)


def _child(verb: str, url: str, file: Path, expected: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory_child", verb, url, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if found["items"] != expected:
        raise CheckError(f"{expected} expected, {found['items']} done")
    return found


def _imported(which: str, count: int) -> float:
    made = data.items(count)
    place = databases.fresh(which)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.ndjson"
        file.write_bytes(b"".join(data.bodies(made)))
        place.engine.dispose()
        found = _child("import", place.url, file, len(made))
    databases.close(place)
    return found["peak"]


def _exported(which: str, count: int, form: str) -> float:
    place = bench_files.filled(which, count)
    with tempfile.TemporaryDirectory() as folder:
        found = _child("export", place.url, Path(folder) / f"list.{form.lower()}", count)
    return found["peak"] - found["idle"]


def _embedded(seconds: int) -> float:
    """The whole process group of `surveyor up --empty`, shared pages counted once (PSS), while pages are asked for."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SURVEYOR_")}
        command = [sys.executable, "-m", "surveyor", "up", "--empty", "--port", str(port)]
        with (Path(home) / "log").open("wb") as log:
            group = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**environment, "SURVEYOR_HOME": str(Path(home) / "var")},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_for(lambda: _answers(port, "/healthz"), seconds=120, what="surveyor up")
            end = time.monotonic() + seconds
            asked = 0
            while time.monotonic() < end:
                if not _answers(port, "/sign-in"):
                    raise CheckError("a page did not answer")
                asked += 1
            return sum(_share(pid) for pid in _tree(group.pid))
        finally:
            os.killpg(group.pid, signal.SIGTERM)
            group.wait(30)


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return bool(answer.status == 200 and answer.read())
    except OSError:
        return False


def _tree(leader: int) -> list[int]:
    """A process and everything that it started, whatever session that is in."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [leader]
    for pid in found:
        found += children.get(pid, [])
    return found


def _share(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return memory("VmRSS", pid)
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
