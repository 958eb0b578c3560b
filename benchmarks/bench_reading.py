"""Row 27: what looking at one customer, the inbox and an erasure cost when a hundred times as many came before."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import structlog
from flask.testing import FlaskClient
from sqlalchemy import func, select

from benchmarks import data, databases, past_orders
from benchmarks.bench_send import Groups, build
from benchmarks.databases import Place
from benchmarks.kit import CheckError, Row, take, verdict
from surveyor.app import create_app
from surveyor.core.tokens import Purpose
from surveyor.db import users
from surveyor.db.tables.cases import Case as CaseRow
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.erase_customer import Means, erase_waiting, request_erasure
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.open_cases import open_cases
from surveyor.flows.record_orders import record_orders
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.flows.sign_in import Client, open_session
from surveyor.jobs.desk import boot_seconds
from surveyor.services import Services
from surveyor.settings import Settings

#: Orders behind "x1"; a hundred times as many behind the other.
SIZES = {"small": 400, "full": 10_000}
TIMES = 100
ROUNDS = 5
#: Customers looked at in a round, and of them those that are forgotten.
LOOKS, ERASED = 20, 3
#: Of so many invitations one is answered, by a detractor: a case.
ONE_IN = 10
JOURNEYS = CustomerJourneys(data.KEYS)


def rows(*, size: str, engine: str | None, targets: dict[str, Any]) -> Iterator[Row]:
    """CPU of one look with a hundred times the history over CPU without, client and servers."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for which in databases.engines(engine, "E", "P"):
        short, long = (_lived(which, SIZES[size] * times) for times in (1, TIMES))
        with tempfile.TemporaryDirectory(prefix="bench-reading-") as folder:
            sides = [_Side(place, Path(folder)) for place in (short, long)]
            for name, told, look in (
                ("27a", "explain", _explain),
                ("27b", "customer page", _customer),
                ("27c", "inbox, first page", _inbox),
                ("27d", "erasure", _erase),
            ):
                yield _row(name, which, told, look, sides, targets.get(name, {}).get(which, {}))
        for place in (short, long):
            databases.close(place)


class _Side:
    """One history with somebody who looks at it. `turn` moves on, so that nobody is looked at twice."""

    def __init__(self, place: Place, home: Path) -> None:
        self.place, self.home = place, home
        self.now: datetime = place.notes["now"]
        self.turn = 0
        self.client = self._signed_in()
        with place.sessions() as session:
            found = session.execute(select(Customer.id, Customer.external_id).order_by(Customer.id)).all()
        step = max(1, len(found) // 150)
        self.customers: list[tuple[UUID, str]] = [tuple(one) for one in found[::step]]

    def next(self) -> tuple[UUID, str]:
        """Another customer."""
        self.turn += 1
        return self.customers[self.turn % len(self.customers)]

    def get(self, path: str) -> str:
        """A page that came."""
        answer = self.client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            raise CheckError(f"{path}: status {answer.status_code}")
        return answer.get_data(as_text=True)

    def _signed_in(self) -> FlaskClient:
        settings = replace(Settings.read({}), home=self.home, database_url=self.place.url)
        house = Services(
            settings=settings,
            sessions=self.place.sessions,
            read_sessions=self.place.sessions,
            provider=Groups(),
            build=build,
            keyring=data.KEYS,
            now=lambda: self.now,
        )
        new = NewUser("a@bench.example", "admin", ("network",))
        user = add_user(self.place.sessions, user=new, by=HOST, now=self.now)
        with self.place.sessions.begin() as session:
            account = users.by_id(session, user)
            assert account is not None
            cookie = open_session(session, account, client=Client("127.0.0.0/24", ""), now=self.now)
        client = create_app(house).test_client()
        client.set_cookie("surveyor", cookie)
        return client


def _explain(side: _Side) -> int:
    """Find an order, and tell what became of it."""
    for _ in range(LOOKS):
        _, name = side.next()
        order = f"o-past{name.removeprefix('c')}"
        if order not in side.get(f"/explain?q={order}"):
            raise CheckError(f"{order} is not on the page")
    return LOOKS


def _customer(side: _Side) -> int:
    for _ in range(LOOKS):
        key, name = side.next()
        if name not in side.get(f"/explain/{key.hex}"):
            raise CheckError(f"{name} is not on the page")
    return LOOKS


def _inbox(side: _Side) -> int:
    for _ in range(LOOKS):
        if "/cases/" not in side.get("/cases"):
            raise CheckError("no case on the page")
    return LOOKS


def _erase(side: _Side) -> int:
    sessions, means = side.place.sessions, Means(data.KEYS, side.home)
    for _ in range(ERASED):
        key, _ = side.next()
        request_erasure(sessions, key, by=HOST, home=side.home, journeys=JOURNEYS, now=side.now)
    done = erase_waiting(sessions, means, now=side.now)
    if done != ERASED:
        raise CheckError(f"{done} of {ERASED} erased")
    return ERASED


def _row(
    name: str, which: str, told: str, look: Callable[[_Side], int], sides: list[_Side], goal: dict[str, float]
) -> Row:
    row = Row(name, which, "refused", "passed", ROUNDS, LOOKS, **goal)
    ratios, spent = [], []
    for number in range(ROUNDS + 1):
        try:
            one, other = (take(partial(look), side, databases.servers(which)) for side in sides)
        except CheckError as wrong:
            row.check, row.note = "failed", str(wrong)
            return row
        if number:
            ratios.append(float(f"{(other.cpu / other.items) / (one.cpu / one.items):.3g}"))
            spent.append((one.cpu / one.items, other.cpu / other.items))
    row.ratio = {"median": median(ratios), "lo": min(ratios), "hi": max(ratios)}
    row.verdict = verdict(row.ratio["median"], row.target, row.floor, cost=True)
    few, many = (median(pair[at] for pair in spent) * 1000 for at in (0, 1))
    orders = sides[1].place.notes["orders"]
    row.note = f"{told}: {few:.1f} ms behind {orders // TIMES} orders, {many:.1f} ms behind {orders}"
    return row


def _answer(place: Place, now: datetime) -> None:
    """One in ten of those that were just asked, with a two."""
    just_now = select(Invitation.id).where(Invitation.sent_at == now).order_by(Invitation.id)
    with place.sessions() as session:
        asked = session.scalars(just_now).all()
    for key in asked[::ONE_IN]:
        nonce = page_nonce(data.KEYS, key, now=now)
        form = Form((("score", "2"), ("nonce", nonce), ("comment", "Trop d'attente")), bytes(32))
        token, at = data.KEYS.token(Purpose.SURVEY, key), now + timedelta(seconds=30)
        record_response(place.sessions, token, form=form, keys=data.KEYS, journeys=JOURNEYS, now=at)


def _lived(which: str, count: int) -> Place:
    """`count` orders taken by the line, what they call for sent, one invitation in ten answered and in the inbox."""
    place = databases.fresh(which)
    mailer = Mailer(Groups(), build, JOURNEYS, "bench", boot_seconds)
    now = sent = data.START
    for batch in past_orders.batches(count, min(data.BATCH, count // 100)):
        now = batch[-1].ordered_at + timedelta(hours=1)
        record_orders(place.sessions, batch, source="bench", now=now, keys=data.KEYS)
        while sent < now:  # what waits too long expires
            sent += timedelta(hours=4)
            send_emails(place.sessions, mailer=mailer, now=lambda sent=sent: sent, limit=1_000_000)
            _answer(place, sent)
    now += timedelta(minutes=5)
    open_cases(place.sessions, now=now)
    with place.sessions() as session:
        cases = session.scalar(select(func.count()).select_from(CaseRow))
    if not cases:
        raise CheckError(f"no case behind {count} orders")
    databases.settle_down(place)
    place.notes |= {"now": now, "orders": count, "cases": cases}
    return place
