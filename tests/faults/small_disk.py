"""A PostgreSQL on a disk that is really small: a file system in memory of its own, which a ballast fills to the end."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from pathlib import Path

import psycopg

from tests.servers import Missing, PostgreSQL

#: Makes a mount that only its own namespace sees; PostgreSQL runs inside as a user of its own.
_MOUNT = 'mount -t tmpfs -o size={megabytes}m,mode=777 none "{folder}" && echo ready && exec sleep 86400'


class SmallDisk(PostgreSQL):
    """A cluster whose tables and journal share `megabytes`; it is started again whenever it has ended."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.data = self.disk / "data"
        script = _MOUNT.format(megabytes=megabytes, folder=self.disk)
        self.holder = subprocess.Popen(
            ["unshare", "-U", "-m", "--map-root-user", "sh", "-c", script], stdout=subprocess.PIPE, text=True
        )
        assert self.holder.stdout is not None
        if self.holder.stdout.readline() != "ready\n":
            raise Missing("a small disk: `unshare -U -m` may not mount a tmpfs here; run the tests as root or allow it")
        self.inside = Path(f"/proc/{self.holder.pid}/root") / self.disk.relative_to("/")
        self._over = threading.Event()

    def within(self) -> list[str]:
        """The prefix of what runs on that disk, as nobody's root."""
        enter = ["nsenter", "-t", str(self.holder.pid), "-U", "-m", "--preserve-credentials"]
        return [*enter, "unshare", "-U", "--map-user=1000"]

    def initialise(self) -> None:
        """Make the cluster there, with a journal of small files."""
        run = [*self.within(), str(self.binaries() / "initdb"), "-D", str(self.data), "--wal-segsize=1"]
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run([*run, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"initdb failed\n{done.stdout}{done.stderr}")

    def command(self) -> list[str]:
        words = super().command()
        program = words.index(str(self.binaries() / "postgres"))
        return [*self.within(), *words[program:], "-c", "min_wal_size=2MB", "-c", "max_wal_size=8MB"]

    def fill(self) -> None:
        """Not one byte is left."""
        with (self.inside / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def keep_journal(self) -> None:
        """No file of the journal is used again, as when a standby that is away still needs them."""
        with psycopg.connect(self._address(), autocommit=True) as connection:
            connection.execute("SELECT pg_create_physical_replication_slot('away', true)")

    def write_until_it_panics(self) -> None:
        """Lines of the journal that belong to nobody, until there is no place for the next."""
        with contextlib.suppress(psycopg.Error), psycopg.connect(self._address(), autocommit=True) as connection:
            for _ in range(1000):
                connection.execute("SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 100000))")

    def panicked(self) -> bool:
        """Whether it gave up where it stood; it then comes back by itself, or ends and is started again."""
        return b"PANIC" in (self.folder / "log").read_bytes()

    def _address(self) -> str:
        return self.url("postgres").replace("+psycopg", "")

    def empty(self) -> None:
        """There is room again."""
        (self.inside / "ballast").unlink()

    def supervise(self) -> None:
        """Start it again whenever it has ended, as an operator's supervisor would, until it is removed."""
        threading.Thread(target=self._supervise, daemon=True).start()

    def _supervise(self) -> None:
        while not self._over.wait(0.2):
            if self.process is not None and self.process.poll() is not None:
                with (self.folder / "log").open("ab") as log:
                    self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def remove(self) -> None:
        self._over.set()
        time.sleep(0.3)
        super().remove()
        self.holder.kill()
        self.holder.communicate(timeout=10)
