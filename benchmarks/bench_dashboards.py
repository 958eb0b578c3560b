"""Pages over many answers, through the real web side: milliseconds of CPU at the first look of a day and after.

A first look waits for nobody: what is not kept is counted by the requests that the page then makes (web/here), and by
the night for what somebody looks at (flows/count_ahead). Both looks are held to the target; what was counted is said.
"""

from __future__ import annotations

import base64
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from benchmarks import answered, databases
from benchmarks.databases import Place
from benchmarks.kit import CheckError, Row, own_cpu, tree_cpu, verdict
from surveyor.app import build_services, create_app
from surveyor.db import users
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.sign_in import Client, open_session
from surveyor.settings import Settings

SIZES = {"small": 100_000, "middle": 2_000_000, "full": 10_000_000}
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LOOKS = 5
#: What a page sends to have counted what it left out.
ASKS = {"HX-Request": "true", "HX-Trigger": "counting"}
MONTH = "period=2026-10"
QUARTER, TWO_YEARS = "period=2026-08-01..2026-10-31", "period=2024-11-01..2026-10-31"
#: Row -> the page; all of one month, but where the name says another period.
PAGES = {
    "network": f"/?{MONTH}",
    "by store": f"/?{MONTH}&by=store",
    "quarter": f"/?{QUARTER}",
    "year": "/?period=12m",
    "two years": f"/?{TWO_YEARS}",
    "year by store": "/?period=12m&by=store",
    "brand": f"/?{MONTH}&scope=brand:Enseigne 0",
    "region": f"/?{MONTH}&scope=region:r1",
    "store": f"/?{MONTH}&scope=store:S001",
    "segment": f"/?{MONTH}&segment=g1",
    "brand, quarter": f"/?{QUARTER}&scope=brand:Enseigne 0",
    "brand, year": "/?period=12m&scope=brand:Enseigne 0",
    "brand, two years": f"/?{TWO_YEARS}&scope=brand:Enseigne 0",
    "region, year": "/?period=12m&scope=region:r1",
    "region, two years": f"/?{TWO_YEARS}&scope=region:r1",
    "store, two years": f"/?{TWO_YEARS}&scope=store:S001",
    "segment, year": "/?period=12m&segment=g1",
    "segment, two years": f"/?{TWO_YEARS}&segment=g1",
    "response rate": f"/response-rate?{MONTH}",
    "response rate, year": "/response-rate?period=12m",
    "by language": f"/response-rate?{MONTH}&by=language",
    "by language, year": "/response-rate?period=12m&by=language",
    "by segment, year": "/response-rate?period=12m&by=segment",
    "benchmark": f"/benchmark?{MONTH}",
    "compare": f"/compare?{MONTH}",
    "compare, year": "/compare?period=12m",
    "funnel": f"/funnel?{MONTH}",
    "funnel, year": "/funnel?period=12m",
    "orders": f"/funnel/orders?{MONTH}",
    "orders, year": "/funnel/orders?period=12m",
    "orders of a store": f"/funnel/orders?{MONTH}&scope=store:S001",
    "decisions": f"/funnel/decided?{MONTH}",
    "refused": f"/funnel/refused?{MONTH}",
    "invitations": f"/funnel/scheduled?{MONTH}",
    "invitations of a store, year": "/funnel/scheduled?period=12m&scope=store:S001",
    "sent": f"/funnel/sent?{MONTH}",
    "bounced": f"/funnel/bounced_hard?{MONTH}",
    "answered": f"/funnel/responded?{MONTH}",
    "customers": f"/customers?{MONTH}",
    "customers, year": "/customers?period=12m",
    "held out": "/experiments/holdout",
    "comments": f"/verbatims?{MONTH}",
    "search": f"/verbatims?{MONTH}&q=attente",
    "rare word": f"/verbatims?{MONTH}&q=yaourt",
    "rare word, year": "/verbatims?period=12m&q=yaourt",
    "word nobody wrote": f"/verbatims?{MONTH}&q=introuvable",
    "labels": f"/labels?{MONTH}",
    "labels, year": "/labels?period=12m",
    "matrix": f"/matrix?{MONTH}",
    "matrix, year": "/matrix?period=12m",
    "custscore": f"/custscore?{MONTH}",
    "custscore, year": "/custscore?period=12m",
    "goals": "/goals",
    "inbox": "/cases",
    "reports": "/reports/sent",
    "stores": "/stores",
    "deliveries": f"/deliveries?{MONTH}",
}
#: What a key reads. What counts people takes what the pages before have counted (`count=day`): without it, it waits for
#: the people whom it counts, minutes where there are many.
API = {
    "api, indicators": f"/api/v1/indicators?{MONTH}&count=day",
    "api, NPS by store": f"/api/v1/indicators/nps?{MONTH}&by=store&count=day",
    "api, goals": f"/api/v1/goals?{MONTH}&count=day",
    "api, benchmark": f"/api/v1/benchmark?{MONTH}&count=day",
    "api, custscore": f"/api/v1/custscore?{MONTH}&count=day",
    "api, responses": f"/api/v1/responses?{MONTH}",
    "api, responses, year": "/api/v1/responses?period=12m",
    "api, responses of a store, year": "/api/v1/responses?period=12m&scope=store:S001",
    "api, responses by score, year": "/api/v1/responses?period=12m&sort=score",
    "api, invitations": f"/api/v1/invitations?{MONTH}",
    "api, invitations, year": "/api/v1/invitations?period=12m",
    "api, decisions": f"/api/v1/decisions?{MONTH}",
    "api, decisions, year": "/api/v1/decisions?period=12m",
}
TARGET, FLOOR = 300.0, 1500.0


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """A row a page: CPU of client and servers, the first look or the median of the following ones if that is more."""
    del targets
    if size != "small":
        databases.on_disk()
    for which in databases.engines(engine, "E", "P"):
        place = answered.filled(which, SIZES[size])
        try:
            yield from looked(place, which)
        finally:
            databases.close(place)


def looked(place: Place, which: str) -> Iterator[Row]:
    """Every page: a first look, what it has counted afterwards, and LOOKS times again."""
    client = _browser(place)
    for name, path in (PAGES | API).items():
        first = _look(client, path, which)
        counting, asks = 0.0, first.asks
        while asks:
            more = _look(client, path, which, ASKS)
            counting, asks = counting + more.cpu, more.asks
        later = [_look(client, path, which) for _ in range(LOOKS)]
        cost = [one.cpu for one in later]
        middle = max(first.cpu, statistics.median(cost))
        ratio = {"median": round(middle), "lo": round(min(cost)), "hi": round(max(cost))}
        wall = statistics.median(one.wall for one in later)
        note = (
            f"ms of CPU; first look {first.cpu:.0f}, counted meanwhile in {counting:.0f}, "
            f"then {statistics.median(cost):.0f} ({wall:.0f} on the wall)"
        )
        said = verdict(middle, TARGET, FLOOR, cost=True)
        limits = {"target": TARGET, "floor": FLOOR}
        yield Row(name, which, said, "passed", LOOKS, place.notes["answers"], ratio, note=note, **limits)


class _Look(NamedTuple):
    """Milliseconds of CPU and on the wall, and whether the page has something counted."""

    cpu: float
    wall: float
    asks: bool


def _look(client: Any, path: str, which: str, headers: dict[str, str] | None = None) -> _Look:
    pids = list(databases.servers(which))
    wall, mine, theirs = time.perf_counter(), own_cpu(), tree_cpu(pids)
    page = client.get(path, headers=headers)
    cpu = own_cpu() - mine + tree_cpu(pids) - theirs
    if page.status_code != 200:
        raise CheckError(f"{path}: status {page.status_code}")
    return _Look(1000 * cpu, 1000 * (time.perf_counter() - wall), b'hx-sync="this:drop"' in page.data)


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
    scopes = ("indicators:read", "responses:read", "decisions:read")
    key = make_key(place.sessions, name="bench", scopes=scopes, now=NOW, actor="bench")
    client = app.test_client()
    client.set_cookie("surveyor", cookie)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key.text}"
    return client
