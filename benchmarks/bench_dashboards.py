"""Pages of the dashboard over many answers, through the real web side: milliseconds of CPU at the first look and after.

A first look of a day counts people and rows; the night does it for what somebody looks at (flows/count_ahead).
"""

from __future__ import annotations

import base64
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from benchmarks import answered, databases
from benchmarks.databases import Place
from benchmarks.kit import CheckError, Row, own_cpu, tree_cpu, verdict
from surveyor.app import build_services, create_app
from surveyor.db import users
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.sign_in import Client, open_session
from surveyor.settings import Settings

SIZES = {"small": 100_000, "full": 10_000_000}
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LOOKS = 5
MONTH = "period=2026-10"
#: Row -> the page; all of one month, but for `year`.
PAGES = {
    "network": f"/?{MONTH}",
    "year": "/?period=12m",
    "brand": f"/?{MONTH}&scope=brand:Enseigne 0",
    "region": f"/?{MONTH}&scope=region:r1",
    "store": f"/?{MONTH}&scope=store:S001",
    "segment": f"/?{MONTH}&segment=g1",
    "response rate": f"/response-rate?{MONTH}",
    "by language": f"/response-rate?{MONTH}&by=language",
    "compare": f"/compare?{MONTH}",
    "funnel": f"/funnel?{MONTH}",
    "invitations": f"/funnel/sent?{MONTH}",
    "customers": f"/customers?{MONTH}",
    "comments": f"/verbatims?{MONTH}",
    "search": f"/verbatims?{MONTH}&q=attente",
    "rare word": f"/verbatims?{MONTH}&q=yaourt",
    "deliveries": f"/deliveries?{MONTH}",
}
TARGET, FLOOR = 300.0, 1500.0


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """A row a page: CPU of client and servers at the following looks, median with the shortest and the longest."""
    del targets
    for which in databases.engines(engine, "E", "P"):
        place = answered.filled(which, SIZES[size])
        try:
            yield from looked(place, which)
        finally:
            databases.close(place)


def looked(place: Place, which: str) -> Iterator[Row]:
    """Every page, LOOKS times after the first."""
    client = _browser(place)
    for name, path in PAGES.items():
        first, *later = (_look(client, path, which) for _ in range(1 + LOOKS))
        cost = [cpu for cpu, _ in later]
        middle = statistics.median(cost)
        ratio = {"median": round(middle), "lo": round(min(cost)), "hi": round(max(cost))}
        wall = statistics.median(wall for _, wall in later)
        note = f"ms of CPU; {wall:.0f} ms on the wall; first look of the day {first[0]:.0f} ms of CPU"
        said = verdict(middle, TARGET, FLOOR, cost=True)
        limits = {"target": TARGET, "floor": FLOOR}
        yield Row(name, which, said, "passed", LOOKS, place.notes["answers"], ratio, note=note, **limits)


def _look(client: Any, path: str, which: str) -> tuple[float, float]:
    pids = list(databases.servers(which))
    wall, mine, theirs = time.perf_counter(), own_cpu(), tree_cpu(pids)
    page = client.get(path)
    cpu = own_cpu() - mine + tree_cpu(pids) - theirs
    if page.status_code != 200:
        raise CheckError(f"{path}: status {page.status_code}")
    return 1000 * cpu, 1000 * (time.perf_counter() - wall)


def _browser(place: Place) -> Any:
    environ = {
        "SURVEYOR_SECRET_KEYS": base64.b64encode(bytes(range(32))).decode(),
        "SURVEYOR_DATABASE_URL": place.url,
        "SURVEYOR_MAIL_URL": "memory://",
    }
    settings = replace(Settings.read(environ), read_database_url=place.url)
    services = build_services(settings, sessions=place.sessions, now=lambda: NOW)
    app = create_app(services)
    user = add_user(place.sessions, user=NewUser("a@bench.example", "admin", ("network",)), by=HOST, now=NOW)
    with place.sessions.begin() as session:
        account = users.by_id(session, user)
        assert account is not None
        cookie = open_session(session, account, client=Client("127.0.0.0/24", ""), now=NOW)
    client = app.test_client()
    client.set_cookie("surveyor", cookie)
    return client
