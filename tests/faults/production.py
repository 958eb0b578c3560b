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
from tests.faults.stand import ON_THE_WAY, PATIENCE, settled
from tests.servers import PostgreSQL, Valkey, free_port, quick_folder, wait_for

ROOT = Path(__file__).resolve().parents[2]
HOST = "avis.exemple.test"
BATCH = 20
#: More than the kill switch of doubts looks at (core/pace.ENOUGH): it may pause the line; a person lets it go again.
CUSTOMERS = 240
#: Seconds from the start to the first email: orders come meanwhile.
FIRST_EMAIL = 45
#: How the provider fails, and how often of a hundred calls. After a 429 the line leaves one email a second, by design.
PROVIDER_FAULTS = ("accept_then_drop", "accept_then_500", "drop_before_read", "503", "429=5", "half_reply", "garbage")
FAULTY_PERCENT = 12
#: Seconds that a command takes at its start on a calm machine: kills come as much slower as it takes longer.
A_COMMAND = 2.0
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
    """What a run came to.

    released: streams that a kill switch paused and a person let go. stalled: how the line stood when it moved no more.
    check: what `surveyor check --ledger` said.
    """

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
    released: int = 0
    stalled: str = ""
    check: list[Any] = field(default_factory=list)
    seconds: float = 0

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, every email at a named end or a named doubt."""
        on_the_way = sum(self.emails.get(state, 0) for state in ON_THE_WAY)
        return not self.twice and not self.check and not on_the_way and not self.stalled


class Town:
    """Servers, processes and people of one run."""

    def __init__(self, seed: int, *, faulty: int = FAULTY_PERCENT, rate: float | None = None) -> None:
        self.drawn, self.faulty = random.Random(seed), faulty
        self.mail = "" if rate is None else f"&rate={rate:g}"
        self.folder = quick_folder("surveyor-town-")
        self.port = free_port()
        self.postgres, self.valkey = PostgreSQL(), Valkey()
        self.provider = SendGridServer()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.report = Report()
        self.key = ""
        self.events: set[str] = set()
        self.ledger: list[dict[str, str]] = []
        self.calm, self.over = threading.Event(), threading.Event()
        self.slowness, self.gap = 1.0, 0.1
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
            "SURVEYOR_MAIL_URL": f"sendgrid://?host={self.provider.url}{self.mail}",
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
        self.slowness = max(1.0, a_command / A_COMMAND)
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
        until = (first - datetime.now(UTC)).total_seconds() - 60  # that hour is written without its seconds
        self.gap = max(0.1, 0.6 * until * BATCH / CUSTOMERS)

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
    """A till that posts each batch until it is acknowledged, and all of them again for as long as there is chaos."""
    ordered_at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    batches = [range(first, min(first + BATCH, customers)) for first in range(0, customers, BATCH)]
    for numbers in batches:
        _posted(town, numbers, ordered_at)
    while not town.calm.is_set():
        for numbers in batches:
            if not town.calm.is_set():
                _posted(town, numbers, ordered_at)


def _posted(town: Town, numbers: range, ordered_at: str) -> None:
    events = [
        {
            "event_id": f"e{n}",
            "type": "order.completed",
            "customer_id": f"c{n}",
            "email": f"client{n}@exemple.test",
            "ordered_at": ordered_at,
            "store_id": f"S{n % 7}",
        }
        for n in numbers
    ]
    body = json.dumps(events).encode()
    while not town.over.is_set():
        status, answer, _ = town.request(
            "POST", "/api/v1/orders", body, Authorization=f"Bearer {town.key}", Content_Type="application/json"
        )
        if status == 200:
            said = json.loads(answer)
            assert said["accepted"] + said["duplicates"] == len(events), said
            with town.guard:
                town.events |= {f"e{n}" for n in numbers}
            town.calm.wait(town.gap)
            return
        time.sleep(0.2)


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
    """Kill roles at random, and now and then what they stand on, until a quarter of the emails left meanwhile."""
    began, number = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds or (
        passed < 6 * seconds and len(town.provider.ledger.emails()) < len(town.events) / 4
    ):
        time.sleep(town.drawn.uniform(0.4, 1.2) * town.slowness)
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
    customers: int = CUSTOMERS,
    seconds: float = 150,
    seed: int = 20261128,
    patience: float = PATIENCE,
    happens: Callable[[Town, float], None] = shake,
    faulty: int = FAULTY_PERCENT,
    rate: float | None = None,
) -> Report:
    """One town; `seconds` of chaos (or of what `happens`), orders and emails inside it, then quiet and a look.

    faulty: of a hundred calls of the provider; above one in doubt of a hundred the line pauses by itself at 200 sent.
    rate: emails a second at most, None: as many as can.
    """
    town, began = Town(seed, faulty=faulty, rate=rate), time.monotonic()
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
        town.calm.set()
        threads[0].join(600)
        for role in ROLES:
            town.kill(role)
            town.start(role)
        settled(town, patience=patience)
        looked_at(town)
    finally:
        logs = os.environ.get("SURVEYOR_FAULTS_KEEP")
        if logs:
            shutil.copytree(town.folder, Path(tempfile.mkdtemp(dir=logs)) / "town", dirs_exist_ok=True)
        town.close()
    town.report.seconds = round(time.monotonic() - began, 1)
    return town.report
