"""The installed processes in real time while they, PostgreSQL, Valkey and the provider fail: nothing lost or doubled.

`./bin/surveyor-faults --production` runs it: web, workers, clock and consumer are the commands that an operator starts.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from surveyor.testing.sendgrid_server import SendGridServer
from tests.servers import PostgreSQL, Valkey, free_port, quick_folder, wait_for

ROOT = Path(__file__).resolve().parents[2]
HOST = "avis.exemple.test"
BATCH = 20
#: Seconds from the start to the first email: orders come meanwhile.
FIRST_EMAIL = 45
#: How the provider fails, and how often of a hundred calls.
PROVIDER_FAULTS = ("accept_then_drop", "accept_then_500", "drop_before_read", "503", "429", "half_reply", "garbage")
FAULTY_PERCENT = 12
ROLES: dict[str, list[str]] = {
    "web": ["web", "--host", "127.0.0.1", "--processes", "1"],
    "worker": ["worker", "--count", "2"],
    "clock": ["clock"],
    "consume": ["consume"],
}
RULES = """format = 1
[global]
send_grace_minutes = 720
[[rule]]
id = "chaos"
min_orders = 1
delay_days = 0
send_time = "{at}"
allow_night = true
"""


@dataclass
class Report:
    """What a run came to; `check`: what `surveyor check --ledger` said."""

    kills: int = 0
    flushes: int = 0
    redis_kills: int = 0
    postgres_crashes: int = 0
    connections_cut: int = 0
    acknowledged: int = 0
    emails: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    twice: int = 0
    thanked: int = 0
    left: int = 0
    check: list[Any] = field(default_factory=list)
    seconds: float = 0

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, every email at a named end or a named doubt."""
        on_the_way = sum(self.emails.get(state, 0) for state in ("pending", "leased", "dispatching"))
        return not self.twice and not self.check and not on_the_way


class Town:
    """Servers, processes and people of one run."""

    def __init__(self, seed: int, *, faulty: int = FAULTY_PERCENT) -> None:
        self.drawn, self.faulty = random.Random(seed), faulty
        self.folder = quick_folder("surveyor-town-")
        self.port = free_port()
        self.postgres, self.valkey = PostgreSQL(), Valkey()
        self.provider = SendGridServer()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.report = Report()
        self.key = ""
        self.events: set[str] = set()
        self.ledger: list[dict[str, str]] = []
        self.over = threading.Event()
        self.guard = threading.Lock()
        self.root = ROOT

    def environment(self) -> dict[str, str]:
        """Production settings, with secrets of this run."""
        secret = base64.b64encode(hashlib.sha256(str(self.folder).encode()).digest()).decode()
        ours = {
            "SURVEYOR_ENV": "production",
            "SURVEYOR_HOME": str(self.folder / "home"),
            "SURVEYOR_DATABASE_URL": self.postgres.url("surveyor"),
            "SURVEYOR_REDIS_URL": self.valkey.url(),
            "SURVEYOR_MAIL_URL": f"sendgrid://?host={self.provider.url}",
            "SENDGRID_API_KEY": self.provider.key,
            "SENDGRID_WEBHOOK_KEYS": self.provider.signer.public_key,
            "SURVEYOR_BASE_URL": f"https://{HOST}",
            "SURVEYOR_FROM": f"avis@{HOST}",
            "SURVEYOR_SECRET_KEYS": secret,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SURVEYOR_", "SENDGRID_"))}
        return {**kept, **ours}

    def surveyor(self, *words: str) -> str:
        """One command, finished; its standard output."""
        command = [sys.executable, "-m", "surveyor", *words]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode and words[0] != "check":
            raise RuntimeError(f"surveyor {' '.join(words)}: {done.stderr[-800:]}")
        return done.stdout

    def begin(self) -> None:
        """Servers, schema, a rule whose first emails leave in less than a minute, a key, every process."""
        self.postgres.initialise()
        self.postgres.start()
        self.valkey.start()
        self.provider.__enter__()
        with self._postgres() as connection:
            connection.execute("CREATE DATABASE surveyor")
        began = time.monotonic()
        self.surveyor("db", "upgrade")
        a_command = time.monotonic() - began
        self.key = self.surveyor("keys", "add", "caisse", "--scope", "orders:write").split()[0]
        for number in range(1, 4000):
            if self.drawn.randrange(100) < self.faulty:
                self.provider.fail(self.drawn.choice(PROVIDER_FAULTS), number=number)
        for role in ROLES:
            self.start(role)
        wait_for(lambda: self.request("GET", "/healthz")[0] == 200, seconds=240, what="web")
        # Last, and the later the slower the machine: an order that comes after its hour waits for tomorrow's.
        first = datetime.now(UTC) + timedelta(seconds=FIRST_EMAIL + 60 + 6 * a_command)
        text = RULES.format(at=f"{self._local(first):%H:%M}")
        (self.folder / "rules.toml").write_text(text)
        self.surveyor("rules", "publish", str(self.folder / "rules.toml"), "-m", "chaos", "--accept-warnings")

    @staticmethod
    def _local(instant: datetime) -> datetime:
        from zoneinfo import ZoneInfo

        return instant.astimezone(ZoneInfo("Europe/Paris"))

    def _postgres(self, database: str = "postgres") -> Any:
        return psycopg.connect(self.postgres.url(database).replace("+psycopg", ""), autocommit=True)

    def start(self, role: str) -> None:
        """Start the processes of a role, as an operator's supervisor would."""
        port = ["--port", str(self.port)] if role == "web" else []
        with (self.folder / f"{role}.log").open("ab") as log:
            self.running[role] = subprocess.Popen(
                [sys.executable, "-m", "surveyor", *ROLES[role], *port],
                cwd=self.root,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, role: str) -> None:
        """SIGKILL to a whole role: a supervisor's children end with it."""
        running = self.running[role]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, str]:
        """Status, body and Location; 0 when nobody answered."""
        url = f"http://127.0.0.1:{self.port}{path}"
        said = {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        opener = urllib.request.build_opener(_NoRedirect())
        try:
            with opener.open(urllib.request.Request(url, body, said, method=method), timeout=15) as answer:
                return answer.status, answer.read(), answer.headers.get("Location", "")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read(), refused.headers.get("Location", "")
        except OSError:
            return 0, b"", ""

    def close(self) -> None:
        """Stop everything."""
        self.over.set()
        for role in self.running:
            self.kill(role)
        self.provider.__exit__(None, None, None)
        self.valkey.remove()
        self.postgres.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


def feed(town: Town, customers: int) -> None:
    """A till that posts each batch until it is acknowledged, and now and then once more."""
    for first in range(0, customers, BATCH):
        names = range(first, min(first + BATCH, customers))
        at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        events = [
            {
                "event_id": f"e{n}",
                "type": "order.completed",
                "customer_id": f"c{n}",
                "email": f"client{n}@exemple.test",
                "ordered_at": at,
                "store_id": f"S{n % 7}",
            }
            for n in names
        ]
        body = json.dumps(events).encode()
        times = 0
        while times < (2 if first % 100 == 0 else 1) and not town.over.is_set():
            status, answer, _ = town.request(
                "POST", "/api/v1/orders", body, Authorization=f"Bearer {town.key}", Content_Type="application/json"
            )
            if status == 200:
                said = json.loads(answer)
                assert said["accepted"] + said["duplicates"] == len(events), said
                with town.guard:
                    town.events |= {f"e{n}" for n in names}
                times += 1
            else:
                time.sleep(0.2)
        time.sleep(0.1)


def answering(town: Town) -> None:
    """Customers whose email the provider took: some answer, some leave; again until a page says so."""
    seen: set[str] = set()
    while not town.over.is_set():
        for one in town.provider.ledger.messages():
            email = one.custom_args.get("sv_email", "")
            if email in seen or town.over.is_set():
                continue
            text = next(part["value"] for part in one.body["content"] if part["type"] == "text/plain")
            n = int(re.sub(r"\D", "", one.to.partition("@")[0]))
            survey, leave = re.search(r"/s/(\w{22})\b", text), re.search(r"/u/(\w{22})\b", text)
            assert survey is not None
            assert leave is not None
            if n % 3 == 0 and not _answers(town, survey[1]):
                continue
            if n % 11 == 5:
                status, _, _ = town.request(
                    "POST",
                    f"/u/{leave[1]}",
                    b"List-Unsubscribe=One-Click",
                    Content_Type="application/x-www-form-urlencoded",
                )
                if status != 200:
                    continue
                town.report.left += 1
            seen.add(email)
        time.sleep(0.3)


def _answers(town: Town, token: str) -> bool:
    """Open, read for more than two seconds, send 9; whether the thank-you page came."""
    status, page, _ = town.request("GET", f"/s/{token}/9")
    nonce = re.search(rb'name="nonce" value="([^"]+)"', page)
    if status != 200 or nonce is None:
        return False
    time.sleep(2.1)
    form = urllib.parse.urlencode({"score": "9", "nonce": nonce[1].decode(), "sign": "person"}).encode()
    status, _, where = town.request("POST", f"/s/{token}", form, Content_Type="application/x-www-form-urlencoded")
    if status != 303 or "/thanks" not in where:
        return False
    with town.guard:
        town.report.thanked += 1
        town.ledger.append({"saw": "thanked", "token": token})
    return True


def telling(town: Town) -> None:
    """The provider's events, signed, doubled and again, until they are taken."""
    while not town.over.is_set():
        headers, raw = town.provider.events()
        if raw not in (b"[]\r\n", b"[]"):
            town.request("POST", "/hooks/mail/sendgrid", raw, **{**headers, "Content_Type": "application/json"})
        time.sleep(2)


def shake(town: Town, seconds: float) -> None:
    """Kill roles at random, and now and then what they stand on."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        time.sleep(town.drawn.uniform(0.4, 1.2))
        number += 1
        role = town.drawn.choice(list(ROLES))
        town.kill(role)
        town.start(role)
        town.report.kills += 1
        if number % 8 == 3:
            _redis(town, "FLUSHALL")
            town.report.flushes += 1
        if number % 16 == 7:
            town.valkey.crash()
            time.sleep(town.drawn.uniform(0, 2))
            town.valkey.start()
            town.report.redis_kills += 1
        if number % 12 == 5:
            with town._postgres() as connection:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'surveyor'")
            town.report.connections_cut += 1
        if number % 24 == 11:
            town.postgres.crash()
            for _ in range(50):
                with contextlib.suppress(RuntimeError):
                    town.postgres.start()
                    break
                time.sleep(0.2)
            town.report.postgres_crashes += 1


def _redis(town: Town, command: str) -> None:
    import redis

    client = redis.Redis.from_url(town.valkey.url(), socket_timeout=1)
    try:
        client.execute_command(command)  # type: ignore[no-untyped-call]
    except redis.RedisError:
        pass
    finally:
        client.close()


def settle(town: Town, *, patience: float) -> None:
    """Everything runs again; wait until no email is on its way and what was accepted is known to be sent."""
    for role in ROLES:
        town.kill(role)
        town.start(role)
    end = time.monotonic() + patience
    while time.monotonic() < end and not _settled(town):
        time.sleep(1)


def _settled(town: Town) -> bool:
    try:
        with town._postgres("surveyor") as connection:
            states = dict(connection.execute("SELECT state, count(*) FROM emails GROUP BY state").fetchall())
            sent = {row[0].hex for row in connection.execute("SELECT id FROM emails WHERE state = 'sent'").fetchall()}
            new = connection.execute("SELECT count(*) FROM provider_batches WHERE state = 'new'").fetchone()
    except psycopg.Error:
        return False
    town.report.emails = states
    on_the_way = sum(states.get(state, 0) for state in ("pending", "leased", "dispatching"))
    return not on_the_way and not new[0] and set(town.provider.ledger.emails()) <= sent and sum(states.values()) > 0


def looked_at(town: Town) -> None:
    """The product's own checker with the outside's ledger."""
    report, accepted = town.report, Counter(town.provider.ledger.emails())
    report.acknowledged, report.accepted = len(town.events), len(accepted)
    report.twice = sum(n > 1 for n in accepted.values())
    with town._postgres("surveyor") as connection:
        tokens = {
            bytes(digest): row_id.hex
            for digest, row_id in connection.execute("SELECT token_sha256, id FROM invitations").fetchall()
        }
    lines: list[dict[str, str]] = [
        {"saw": "acknowledged", "source": "caisse", "event_id": one} for one in sorted(town.events)
    ]
    for email, times in accepted.items():
        lines += [{"saw": "accepted", "email": email}] * times
    for fact in town.ledger:
        lines.append({"saw": "thanked", "invitation": tokens[hashlib.sha256(fact["token"].encode()).digest()]})
    file = town.folder / "ledger.ndjson"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    said = json.loads(town.surveyor("check", "--ledger", str(file), "--json"))
    report.check = [str(one) for one in said["findings"]]


def run(
    *,
    customers: int = 600,
    seconds: float = 150,
    seed: int = 20261128,
    patience: float = 240,
    happens: Callable[[Town, float], None] = shake,
    faulty: int = FAULTY_PERCENT,
) -> Report:
    """One town; `seconds` of chaos (or of what `happens`), orders and emails inside it, then quiet and a look.

    faulty: of a hundred calls of the provider; above one in doubt of a hundred the line pauses by itself at 200 sent.
    """
    town, began = Town(seed, faulty=faulty), time.monotonic()
    people: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
        (feed, (town, customers)),
        (answering, (town,)),
        (telling, (town,)),
    ]
    try:
        town.begin()
        threads = [threading.Thread(target=act, args=args, daemon=True) for act, args in people]
        for thread in threads:
            thread.start()
        happens(town, seconds)
        threads[0].join(60)
        settle(town, patience=patience)
        looked_at(town)
    finally:
        logs = os.environ.get("SURVEYOR_FAULTS_KEEP")
        if logs:
            shutil.copytree(town.folder, Path(tempfile.mkdtemp(dir=logs)) / "town", dirs_exist_ok=True)
        town.close()
    town.report.seconds = round(time.monotonic() - began, 1)
    return town.report
