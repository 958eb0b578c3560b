"""A whole installation in processes of its own with emails that come due one by one, and a relay that notes when each
begins to arrive."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from benchmarks.kit import ROOT, CheckError
from surveyor.core.tokens import Keyring
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.record_orders import record_orders
from surveyor.ingest.payload import read_event
from tests.servers import free_port

SECRET = hashlib.sha256(b"surveyor benchmark").digest()
#: An hour at which nothing is late and no day ends, wherever the benchmark runs.
NOON = 12
RULES = """format = 1
[global]
send_grace_minutes = 720
[[rule]]
id = "std"
min_orders = 1
delay_days = 0
send_time = "{at}"
allow_night = true
"""


class Relay(threading.Thread):
    """Takes everything; `begun`: recipient -> instant at which its email began to arrive."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.begun: dict[str, float] = {}
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.start()

    def run(self) -> None:
        """A thread for each connection."""
        while True:
            connection, _ = self._door.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.sendall(b"220 bench\r\n")
        at, body = 0.0, False
        with connection.makefile("rb") as lines:
            for line in lines:
                word = line[:4].upper()
                if body:
                    body = line != b".\r\n"
                    if not body:
                        connection.sendall(b"250 2.0.0 queued as A1\r\n")
                    continue
                if word == b"MAIL":
                    at = time.time()
                elif word == b"RCPT":
                    self.begun.setdefault(line.partition(b"<")[2].partition(b">")[0].decode(), at)
                body = word == b"DATA"
                said = {b"EHLO": b"250-bench\r\n250 PIPELINING\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}
                connection.sendall(said.get(word, b"250 ok\r\n"))


class Line:
    """An installation: embedded without `database`, else production with that PostgreSQL and that Redis."""

    def __init__(self, relay: Relay, *, database: str = "", redis: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-line-"))
        home = self.folder / "house"
        self.url = database or f"sqlite:///{home / 'surveyor.db'}"
        now = datetime.now(UTC)
        ahead = (NOON - now.hour + 12) % 24 - 12
        self.zone = f"Etc/GMT{-ahead:+d}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SURVEYOR_", "SENDGRID_"))}
        ours = {
            "SURVEYOR_HOME": str(home),
            "SURVEYOR_DATABASE_URL": self.url,
            "SURVEYOR_MAIL_URL": f"smtp://127.0.0.1:{relay.port}?starttls=0",
            "SURVEYOR_SECRET_KEYS": base64.b64encode(SECRET).decode(),
            "SURVEYOR_TIME_ZONE": self.zone,
            "SURVEYOR_FROM": "avis@bench.example",
        }
        if database:
            ours |= {"SURVEYOR_ENV": "production", "SURVEYOR_BASE_URL": "https://avis.bench.example"}
            ours["SURVEYOR_REDIS_URL"] = redis
        self.environment = {**kept, **ours}
        home.mkdir()

    def command(self, *words: str) -> None:
        """One command, finished."""
        done = subprocess.run(
            [sys.executable, "-m", "surveyor", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CheckError(f"surveyor {words[0]}: {done.stdout[-300:]} {done.stderr[-600:]}")

    def invite(self, many: int) -> None:
        """So many invitations whose hour has come already; their emails wait until `spread`."""
        self.command("db", "upgrade")
        now = datetime.now(UTC)
        at = (now - timedelta(minutes=30)).astimezone(ZoneInfo(self.zone))
        (self.folder / "rules.toml").write_text(RULES.format(at=f"{at:%H:%M}"))
        self.command("rules", "publish", str(self.folder / "rules.toml"), "-m", "bench", "--accept-warnings")
        orders: list[Any] = []
        for number in range(many):
            item = {
                "event_id": f"e{number}",
                "type": "order.completed",
                "customer_id": f"c{number}",
                "email": f"c{number}@bench.example",
                "store_id": "S1",
                "ordered_at": (now - timedelta(minutes=50)).isoformat(),
            }
            orders.append(read_event(item, now=now))
        keys, zone = Keyring((SECRET,)), Defaults(self.zone, "fr")
        with self._sessions() as sessions:
            before = now - timedelta(minutes=45)
            record_orders(sessions, orders, source="bench", now=before, keys=keys, defaults=zone)
            with sessions.begin() as session:
                later = (now + timedelta(days=1)).replace(microsecond=0)
                session.execute(text("UPDATE emails SET due_at = :at"), {"at": _stored(self.url, later)})

    def spread(self, begin: datetime, apart: timedelta) -> dict[str, datetime]:
        """Each email due at an instant of its own: recipient -> instant."""
        due: dict[str, datetime] = {}
        with self._sessions() as sessions, sessions.begin() as session:
            rows = session.execute(text("SELECT c.email, e.id FROM emails e JOIN customers c ON c.id = e.customer_id"))
            for number, (address, email_id) in enumerate(rows.all()):
                due[address] = begin + number * apart
                values = {"at": _stored(self.url, due[address]), "id": email_id}
                session.execute(text("UPDATE emails SET due_at = :at WHERE id = :id"), values)
        return due

    def states(self) -> list[str]:
        """Where the emails are."""
        with self._sessions() as sessions, sessions() as session:
            return list(session.scalars(select(Email.state)))

    @contextmanager
    def _sessions(self) -> Iterator[Any]:
        engine = make_engine(self.url)
        try:
            yield make_sessions(engine)
        finally:
            engine.dispose()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Its processes, as an operator starts them."""
        roles = [["worker"], ["clock"]]
        if self.url.startswith("sqlite"):
            roles = [["up", "--empty", "--port", str(free_port())]]
        with (self.folder / "log").open("ab") as log:
            started = [
                subprocess.Popen(
                    [sys.executable, "-m", "surveyor", *words],
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
                for words in roles
            ]
        try:
            yield
            if any(process.poll() is not None for process in started):
                raise CheckError((self.folder / "log").read_text()[-800:])
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(30)


def _stored(url: str, at: datetime) -> Any:
    from surveyor.db.base import instant_text

    return instant_text(at) if url.startswith("sqlite") else at
