"""A PostgreSQL with a standby that follows it by streaming replication, and one address for both."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import psycopg

from tests.databases import PostgresDatabases
from tests.servers import PostgreSQL, not_root, wait_for


class Standby(PostgreSQL):
    """A copy of a running cluster that replays what it streams, until it is promoted."""

    def __init__(self, primary: PostgreSQL) -> None:
        super().__init__()
        self.primary = primary

    def initialise(self) -> None:
        """Copy the primary while it runs."""
        source = f"host=127.0.0.1 port={self.primary.port} user=postgres application_name=standby"
        run = [*not_root(), str(self.binaries() / "pg_basebackup"), "-D", str(self.data), "-d", source]
        done = subprocess.run([*run, "-R", "-c", "fast", "--no-sync"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pg_basebackup failed\n{done.stdout}{done.stderr}")

    def promote(self) -> None:
        """Take over: from now on it is written to."""
        ask(self, "SELECT pg_promote(true, 60)")


class Pair:
    """A primary and its standby. synchronous: a commit waits until the standby has it on disk."""

    def __init__(self, *, synchronous: bool) -> None:
        self.primary = PostgreSQL()
        self.primary.initialise()
        self.primary.start()
        self.standby = Standby(self.primary)
        self.standby.initialise()
        self.standby.start()
        wait_for(self.streams, seconds=30, what="replication")
        if synchronous:
            ask(self.primary, "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            ask(self.primary, "SELECT pg_reload_conf()")
            wait_for(lambda: self._state("sync_state") == "sync", seconds=30, what="the synchronous standby")

    def streams(self) -> bool:
        """Whether the standby follows."""
        return self._state("state") == "streaming"

    def _state(self, column: str) -> str:
        rows = ask(self.primary, f"SELECT {column} FROM pg_stat_replication WHERE application_name = 'standby'")
        return rows[0][0] if rows else ""

    def url(self) -> str:
        """One address of a migrated database: whichever of both takes writes."""
        name = PostgresDatabases(self.primary).migrated().rpartition("/")[2]
        hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in (self.primary, self.standby))
        return f"postgresql+psycopg://postgres@/{name}?{hosts}&target_session_attrs=read-write"

    def cut(self) -> None:
        """The standby hears nothing any more, and nobody waits for it."""
        ask(self.standby, "ALTER SYSTEM SET primary_conninfo = ''")
        ask(self.standby, "SELECT pg_reload_conf()")
        wait_for(lambda: not self.streams(), seconds=30, what="the cut")

    def fail_over(self) -> None:
        """The primary dies and stays dead; the standby takes over."""
        self.primary.crash()
        self.standby.promote()

    def remove(self) -> None:
        """Stop both and delete what they kept."""
        self.standby.remove()
        self.primary.remove()
        shutil.rmtree(self.primary.folder, ignore_errors=True)


def ask(server: PostgreSQL, statement: str) -> list[Any]:
    """One statement of its superuser."""
    with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
