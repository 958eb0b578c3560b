"""Rows 14 to 16: the survey page, a response and order events over HTTP, on the server we ship, against its hello."""

from __future__ import annotations

import base64
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from benchmarks import data, databases
from benchmarks.bench_engine import record
from benchmarks.bench_send import Groups, build
from benchmarks.databases import Place
from benchmarks.kit import ROOT, Case, CheckError
from surveyor.core.tokens import Purpose
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.manage_keys import make_key
from surveyor.flows.record_orders import record_orders
from surveyor.flows.record_response import page_nonce
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.ingest.payload import read_event
from surveyor.jobs.desk import boot_seconds
from tests.servers import free_port, listens, wait_for

SIZES = {"small": (300, 6), "full": (3000, 60)}


@dataclass
class Site:
    """A server of ours on a database with links that are open."""

    place: Place
    home: Path
    port: int
    process: subprocess.Popen[bytes]
    tokens: list[str] = field(default_factory=list)
    key: str = ""
    statuses: list[int] = field(default_factory=list)

    @property
    def nonces(self) -> list[str]:
        """The marks that pages opened five seconds ago would carry: what a form needs, made outside of the server."""
        at = datetime.now(data.NOW.tzinfo) - timedelta(seconds=5)
        return [page_nonce(data.KEYS, one, now=at) for one in self.ids]

    ids: list[UUID] = field(default_factory=list)

    def ask(self, connection: http.client.HTTPConnection, method: str, path: str, **said: Any) -> tuple[int, bytes]:
        """One request on a kept connection."""
        connection.request(method, path, **said)
        answer = connection.getresponse()
        return answer.status, answer.read()


def cases(*, size: str, engine: str | None) -> Iterator[Case]:
    """The CPU of the server alone; one kept connection."""
    many, posts = SIZES[size]
    made = data.items(posts * data.BATCH)
    events = data.events(made)
    dated, bodies = data.dated(events), data.bodies(made)
    for which in databases.engines(engine, "E", "P"):
        at: dict[str, Any] = {"done": close, "client": False, "servers": lambda: [SITES[-1].process.pid, *_behind()]}
        sites: dict[str, Any] = {**at, "fresh": lambda which=which: open_site(which, many)}
        hello = {"limit": lambda site: get(site, ["/healthz"] * many)}
        yield Case("15", which, pages, check=check_pages, **hello, **sites)
        yield Case("14", which, respond, check=check_responses, **hello, **sites)
        bare = {**at, "fresh": lambda which=which: open_site(which, 0)}
        same: Any = lambda site: record(site.place, dated)  # noqa: E731 - one line beside its rival
        yield Case(
            "16", which, lambda site: post(site, bodies), limit=same, check=check_orders, **{**bare, "client": True}
        )


SITES: list[Site] = []


def _behind() -> list[int]:
    return [] if SITES[-1].place.url.startswith("sqlite") else list(databases.servers("P"))


def open_site(engine: str, many: int) -> Site:
    """A server, with `many` invitations sent an hour ago."""
    now = datetime.now(data.NOW.tzinfo)
    place = databases.fresh(engine)
    ids = _invite(place, many, now) if many else []
    made = add_key(place)
    home, port = Path(tempfile.mkdtemp(prefix="bench-web-")), free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SURVEYOR_")}
    environ |= {
        "SURVEYOR_HOME": str(home),
        "SURVEYOR_DATABASE_URL": place.url,
        "SURVEYOR_SECRET_KEYS": base64.b64encode(bytes(range(32))).decode(),
        "SURVEYOR_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "surveyor", "web", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    site = Site(place, home, port, process, [data.KEYS.token(Purpose.SURVEY, one) for one in ids], made, ids=ids)
    SITES.append(site)
    wait_for(lambda: listens(port), seconds=60, what="the web process")
    get(site, ["/healthz"] * 20)
    return site


def close(site: Site) -> None:
    """Stop it and let its database go."""
    site.process.terminate()
    site.process.wait(timeout=30)
    databases.close(site.place)
    shutil.rmtree(site.home, ignore_errors=True)


def add_key(place: Place) -> str:
    """A key that may post orders."""
    now = datetime.now(data.NOW.tzinfo)
    return make_key(place.sessions, name="bench", scopes=("orders:write",), now=now, actor="bench").text


def _invite(place: Place, many: int, now: datetime) -> list[UUID]:
    for number in (0, 1):
        at = now - timedelta(days=20 - number)
        for start in range(0, many, data.BATCH):
            batch = [_event(customer, number, at) for customer in range(start, min(many, start + data.BATCH))]
            record_orders(place.sessions, batch, source="bench", now=at + timedelta(hours=1), keys=data.KEYS)
    with place.sessions() as session:
        due = session.scalar(select(func.max(Email.due_at)))
    mailer = Mailer(Groups(), build, CustomerJourneys(data.KEYS), "bench", boot_seconds)
    send_emails(place.sessions, mailer=mailer, now=lambda: due, limit=1_000_000)
    with place.sessions() as session:
        return list(session.scalars(select(Invitation.id).where(Invitation.state == "sent")))


def _event(customer: int, number: int, at: datetime) -> Any:
    item = {
        "event_id": f"{number}-{customer}",
        "type": "order.completed",
        "customer_id": f"c{customer}",
        "email": f"c{customer}@bench.example",
        "store_id": f"S{customer % 20}",
        "ordered_at": at.isoformat(),
    }
    return read_event(item, now=at + timedelta(days=1))


def get(site: Site, paths: list[str]) -> int:
    """So many pages, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    site.statuses = [site.ask(connection, "GET", path)[0] for path in paths]
    connection.close()
    return len(paths)


def pages(site: Site) -> int:
    """Every link opened once."""
    return get(site, [f"/s/{token}" for token in site.tokens])


def check_pages(site: Site) -> None:
    """Every one was a page."""
    if set(site.statuses) != {200}:
        raise CheckError(f"statuses {Counter(site.statuses)}")


def respond(site: Site) -> int:
    """Every link answered once; the marks of the pages are made beside, the row is about the POST."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    nonces = site.nonces
    for number, token in enumerate(site.tokens):
        form = {"score": str(number % 11), "nonce": nonces[number], "sign": "person"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        site.ask(connection, "POST", f"/s/{token}", body=urllib.parse.urlencode(form), headers=headers)
    connection.close()
    return len(site.tokens)


def check_responses(site: Site) -> None:
    """One response a link; the coarse tallies say as many."""
    with site.place.sessions() as session:
        stored = session.scalar(select(func.count()).where(Response.score.is_not(None)))
        told = session.scalar(select(func.sum(CoarseTally.responded)))
    if {stored, int(told or 0)} != {len(site.tokens)}:
        raise CheckError(f"{len(site.tokens)} links, {stored} responses, tallies say {told}")


def post(site: Site, bodies: list[bytes]) -> int:
    """A thousand order events a request."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
    headers = {"Authorization": f"Bearer {site.key}", "Content-Type": "application/x-ndjson"}
    site.statuses = [site.ask(connection, "POST", "/api/v1/orders", body=b, headers=headers)[0] for b in bodies]
    connection.close()
    return sum(body.count(b"\n") for body in bodies)


def check_orders(site: Site) -> None:
    """All accepted and stored."""
    with site.place.sessions() as session:
        stored = session.scalar(select(func.count()).select_from(Order))
    if set(site.statuses) != {200} or not stored:
        raise CheckError(f"statuses {Counter(site.statuses)}, {stored} orders")
