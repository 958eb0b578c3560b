"""Row 33: what a survey page and a dashboard transfer, headers included, and how many requests they take."""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from benchmarks import data
from benchmarks.bench_web import Site, close, open_site
from benchmarks.databases import engines
from benchmarks.kit import CheckError, Row, verdict
from surveyor.db import users
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.sign_in import Client, open_session
from tests.web import sample

_ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')
#: Kilobytes of 1000 bytes, then requests.
PARTS = {
    "33a": "kB, survey page",
    "33b": "kB, dashboard, first visit",
    "33c": "kB, dashboard, next visit",
    "33d": "requests, survey page",
    "33e": "requests, dashboard",
}


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """No rounds: bytes do not vary."""
    del size
    for which in engines(engine, "E", "P"):
        site = open_site(which, 3)
        try:
            seen = _survey(site) | _dashboard(site)
        finally:
            close(site)
        for name, told in PARTS.items():
            goal = targets.get(name, {}).get(which, {})
            found = seen[name]
            said = verdict(found, goal.get("target"), goal.get("floor"), cost=True)
            ratio = {"median": found, "lo": found, "hi": found}
            limits = {"target": goal.get("target"), "floor": goal.get("floor")}
            yield Row(name, which, said, "passed", 1, 1, ratio, note=told, **limits)


def _survey(site: Site) -> dict[str, float]:
    page, files = _open(site, f"/s/{site.tokens[0]}", {})
    return {"33a": _kilobytes(page + sum(files.values())), "33d": 1 + len(files)}


def _dashboard(site: Site) -> dict[str, float]:
    now = datetime.now(data.NOW.tzinfo)
    sample.write(site.place.sessions, today=now.date(), days=130, a_day=7)
    user = add_user(site.place.sessions, user=NewUser("a@bench.example", "admin", ("network",)), by=HOST, now=now)
    with site.place.sessions.begin() as session:
        account = users.by_id(session, user)
        assert account is not None
        cookie = open_session(session, account, client=Client("127.0.0.0/24", ""), now=now)
    page, files = _open(site, "/?period=3m", {"Cookie": f"surveyor={cookie}"})
    return {"33b": _kilobytes(page + sum(files.values())), "33c": _kilobytes(page), "33e": 1 + len(files)}


def _open(site: Site, path: str, headers: dict[str, str]) -> tuple[int, dict[str, int]]:
    """Bytes of a page, and of each file that it names; every one is ours, and its files are kept for a year."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    size, body, _ = _get(connection, path, headers)
    text = body.decode()
    if re.search(r'(?:src|srcset|action)="(?!/)[^"]', text) or 'rel="stylesheet" href="h' in text:
        raise CheckError(f"{path} names something that is not ours")
    files = {}
    for address in dict.fromkeys(_ASSET.findall(text)):
        files[address], _, kept = _get(connection, address, {})
        if "immutable" not in kept:
            raise CheckError(f"{address} is not kept by browsers")
    connection.close()
    return size, files


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> tuple[int, bytes, str]:
    connection.request("GET", path, headers={"Accept-Encoding": "gzip, br", **headers})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise CheckError(f"{path}: status {answer.status}")
    told = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + len("HTTP/1.1 200 OK\r\n\r\n")
    if answer.getheader("Content-Encoding") == "gzip":
        return told + len(body), gzip.decompress(body), answer.getheader("Cache-Control", "")
    return told + len(body), body, answer.getheader("Cache-Control", "")


def _kilobytes(size: int) -> float:
    return round(size / 1000, 1)
