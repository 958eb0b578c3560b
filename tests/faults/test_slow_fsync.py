"""An fsync takes seconds: what is acknowledged waits for it, what leaves waits for it; late, never early."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import PostgresDatabases
from tests.faults.slow_disk import DELAY_MS, SlowDisk, SlowPostgreSQL, compiler, live

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(compiler() is None, reason="a slow fsync needs a C compiler (Debian: apt-get install gcc)"),
]


@pytest.fixture
def disk(tmp_path: Path) -> SlowDisk:
    return SlowDisk(tmp_path)


def whole_waits(disk: SlowDisk, began: float, ended: float) -> int:
    """How many slow fsyncs began and ended inside."""
    found = [(start, end) for start, end in disk.waits() if began <= start and end <= ended]
    assert all(end - start >= DELAY_MS / 1000 for start, end in found)
    return len(found)


def late_and_never_early(disk: SlowDisk, seen: dict[str, tuple[float, float]]) -> None:
    assert whole_waits(disk, *seen["order"]) >= 1, "acknowledged before it was on the disk"
    # The claim waits for no disk: the intent's commit comes after it in the log, and keeps both or neither.
    assert whole_waits(disk, *seen["email"]) >= 1, "the intent, then the call"
    assert whole_waits(disk, *seen["answer"]) >= 1, "thanked before it was on the disk"


def test_on_sqlite_whatever_the_outside_sees_was_on_the_disk_before(
    disk: SlowDisk, sqlite_url: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.faults.slow_disk", sqlite_url, str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **disk.environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    late_and_never_early(disk, json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.postgres
def test_on_postgresql_whatever_the_outside_sees_was_on_the_disk_before(disk: SlowDisk, tmp_path: Path) -> None:
    server = SlowPostgreSQL(disk)
    server.initialise()
    server.start()
    try:
        url = PostgresDatabases(server).migrated()
        late_and_never_early(disk, live(url, tmp_path / "home", disk.slow))
    finally:
        server.remove()
