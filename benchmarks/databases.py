"""Fresh databases for rounds: SQLite files as they are shipped, and a PostgreSQL with its durable defaults."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.data import KEYS, NOW, RULES, START
from surveyor.core.guard import installation_name
from surveyor.db import rules
from surveyor.db.engine import make_engine, make_sessions
from surveyor.flows.beat import beat
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.servers import PostgreSQL


@dataclass
class Place:
    """One fresh migrated database with a rule in force."""

    url: str
    engine: Any
    sessions: Any
    notes: dict[str, Any]


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _sqlite() -> SqliteDatabases:
    return SqliteDatabases(_folder())


class _OnDisk(PostgreSQL):
    """With tens of gigabytes, not in memory; TMPDIR says where. Its buffers are those of a server of its own."""

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.folder)
        self.folder = Path(tempfile.mkdtemp(prefix="bench-postgresql-"))
        self.data = self.folder / "data"

    def command(self) -> list[str]:
        """The program and its arguments, the last of a setting holds."""
        return [*super().command(), "-c", "shared_buffers=1GB", "-c", "max_wal_size=8GB"]


_kinds: list[type[PostgreSQL]] = [PostgreSQL]


def on_disk() -> None:
    """PostgreSQL, if it is not started yet, keeps what it is given on the disk."""
    _kinds.append(_OnDisk)


@cache
def _server() -> PostgreSQL:
    server = _kinds[-1]()
    server.initialise()
    server.start()
    atexit.register(server.remove)
    return server


@cache
def _postgres() -> PostgresDatabases:
    return PostgresDatabases(_server())


def fresh(engine: str, text: str = RULES) -> Place:
    """A database of its own."""
    url = (_sqlite() if engine == "E" else _postgres()).migrated()
    made = make_engine(url)
    sessions = make_sessions(made)
    with sessions.begin() as session:
        version = rules.Version(1, None, text, rules.sha256(text), "bench", "", START)
        rules.publish(session, version, over=None)
    name = installation_name("http://127.0.0.1")
    beat(sessions, name=name, pepper_id=KEYS.newest_id, witnesses=(), now=NOW)
    return Place(url, made, sessions, {})


def empty_postgres() -> str:
    """The address of an empty PostgreSQL database, for what makes its own tables."""
    return _postgres().empty()


def copy(place: Place) -> Place:
    """A database of its own with the same rows, under the same ids; the first one's connections are closed."""
    if place.url.startswith("sqlite"):
        with place.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        place.engine.dispose()
        url = _sqlite().empty()
        shutil.copyfile(place.url.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
    else:
        place.engine.dispose()
        url = _postgres().url(_postgres().create(place.url.rpartition("/")[2]))
    made = make_engine(url)
    return Place(url, made, make_sessions(made), dict(place.notes))


def settle_down(place: Place) -> None:
    """Outside of the clock: statistics and clean pages, so that one round does not pay for the one before."""
    if not place.url.startswith("sqlite"):
        with place.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")


def close(place: Place) -> None:
    """Let go of a database, and of its disk."""
    place.engine.dispose()
    if place.url.startswith("sqlite"):
        for suffix in ("", "-wal", "-shm"):
            Path(place.url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)
    else:
        _postgres().drop(place.url)


def servers(engine: str) -> Iterable[int]:
    """Process ids whose trees work for this engine."""
    if engine == "E":
        return ()
    process = _server().process
    return () if process is None else (process.pid,)


def engines(asked: str | None, *of: str) -> Iterator[str]:
    """The engines of a row that were asked for."""
    yield from (one for one in of if asked in (None, one))
