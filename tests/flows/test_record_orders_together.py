"""Several workers record orders of the same customers at once: nobody is ever asked twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.event import listen

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db import tallies
from surveyor.db.engine import dialect_name, make_sessions
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import Order
from tests.flows.orders import at, decisions, event, record, use_rules
from tests.servers import lock_awaited, wait_for

JAN_5 = at("2026-01-05T17:00")
CUSTOMERS, WORKERS = 60, 4
ONE_ORDER = '[[rule]]\nid = "std"\nmin_orders = 1\n'


def _at_once(*works: Callable[[], None]) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _worker(sessions: Any, worker: int, address: Callable[[int, int], str]) -> Callable[[], None]:
    """Each worker brings one order of every customer, in batches and in an order of its own."""

    def work() -> None:
        numbers = sorted(range(CUSTOMERS), key=lambda n: (n * (worker + 3)) % 61)
        for start in range(0, CUSTOMERS, 10):
            batch = [
                event(f"o{worker}-{n}", address(worker, n).partition("@")[0], JAN_5, email=address(worker, n))
                for n in numbers[start : start + 10]
            ]
            record(sessions, *batch, now=JAN_5 + timedelta(seconds=worker))

    return work


def test_four_workers_make_one_invitation_for_each_of_sixty_customers(sessions: Any) -> None:
    use_rules(sessions, ONE_ORDER)
    _at_once(*(_worker(sessions, w, lambda _w, n: f"c{n}@example.org") for w in range(WORKERS)))
    with sessions.begin() as session:
        asked = session.scalars(select(Invitation.customer_id)).all()
        total = tallies.sums(session, (NETWORK,), Period(JAN_5.date(), JAN_5.date()))[()]
        stored = session.scalar(select(func.count()).select_from(Order))
    assert len(asked) == len(set(asked)) == CUSTOMERS
    assert stored == len(decisions(sessions)) == CUSTOMERS * WORKERS
    assert (total.orders, total.hits, total.scheduled) == (240, 240, 60)


def test_four_new_accounts_of_one_address_are_asked_once(sessions: Any) -> None:
    use_rules(sessions, ONE_ORDER)

    def work(worker: int) -> Callable[[], None]:
        def one() -> None:
            for n in range(20):
                new = event(f"o{worker}-{n}", f"c{worker}-{n}", JAN_5, email=f"shared{n}@example.org")
                record(sessions, new, now=JAN_5)

        return one

    _at_once(*(work(worker) for worker in range(WORKERS)))
    with sessions.begin() as session:
        addresses = session.scalars(select(Invitation.address_key)).all()
    assert len(addresses) == len(set(addresses)) == 20


def test_the_same_batch_sent_by_two_workers_is_accepted_once(sessions: Any) -> None:
    use_rules(sessions, ONE_ORDER)
    batch = [event(f"o{n}", f"c{n}", JAN_5) for n in range(40)]
    accepted: list[int] = []
    _at_once(*(lambda: accepted.append(record(sessions, *batch, now=JAN_5).accepted) for _ in range(WORKERS)))
    assert sum(accepted) == 40
    assert len(decisions(sessions)) == 40


def test_an_order_that_four_workers_bring_under_other_event_ids_is_stored_once(sessions: Any) -> None:
    """A guest has no row to wait at: the order itself is what they meet at. It is one person's whoever says so."""
    use_rules(sessions, ONE_ORDER)

    def work(worker: int) -> Callable[[], None]:
        def one() -> None:
            for n in range(10):
                who = f"c{n}" if worker == 0 else ""
                batch = [event(f"o{n}-{k}", who, JAN_5, event_id=f"e{worker}-{n}-{k}") for k in range(20)]
                record(sessions, *batch, now=JAN_5)

        return one

    _at_once(*(work(worker) for worker in range(WORKERS)))
    with sessions.begin() as session:
        stored = session.scalars(select(Order.order_id)).all()
        known = session.scalar(select(func.count()).select_from(Order).where(Order.customer_id.is_not(None)))
        total = tallies.sums(session, (NETWORK,), Period(JAN_5.date(), JAN_5.date()))[()]
    assert len(stored) == len(set(stored)) == known == total.orders == 200


def test_an_order_and_its_cancellation_never_pass_each_other_unseen(sessions: Any) -> None:
    use_rules(sessions, ONE_ORDER)

    def orders() -> None:
        for n in range(30):
            record(sessions, event(f"o{n}", f"c{n}", JAN_5), now=JAN_5)

    def cancellations() -> None:
        for n in range(30):
            record(sessions, event(f"o{n}", f"c{n}", JAN_5, type="order.cancelled"), now=JAN_5)

    _at_once(orders, cancellations)
    with sessions.begin() as session:
        open_ones = session.scalar(select(func.count()).where(Invitation.state == "scheduled"))
        standing = session.scalar(select(func.count()).select_from(Order).where(Order.cancelled_at.is_(None)))
    assert (open_ones, standing) == (0, 0)


def test_orders_that_four_workers_bring_at_once_are_all_remembered(sessions: Any) -> None:
    """Each sees what the others committed: the last order of every customer counts four."""
    use_rules(sessions, ONE_ORDER.replace("min_orders = 1", f"min_orders = {WORKERS}"))
    works = [_worker(sessions, worker, lambda _worker, n: f"c{n}@example.org") for worker in range(WORKERS)]
    _at_once(*works)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == CUSTOMERS * WORKERS
        invited = session.scalar(select(func.count()).select_from(Invitation))
    assert invited == CUSTOMERS


def test_an_order_waits_for_the_one_of_the_same_customer_and_remembers_it(sessions: Any) -> None:
    """Whatever the machine's speed: the second batch is known to wait before the first commits."""
    use_rules(sessions, ONE_ORDER.replace("min_orders = 1", "min_orders = 3"))
    record(sessions, event("o0", "c0", JAN_5), now=JAN_5)
    first = make_sessions(sessions.kw["bind"])
    second = threading.Thread(target=lambda: record(sessions, event("o2", "c0", JAN_5), now=JAN_5))

    def before_the_commit(session: Any) -> None:
        if second.ident is None:
            second.start()
            _until_it_waits(session)

    listen(first, "before_commit", before_the_commit)
    record(first, event("o1", "c0", JAN_5), now=JAN_5)
    second.join()
    with sessions() as session:
        invited = session.scalar(select(func.count()).select_from(Invitation))
    assert invited == 1, "the third order knew of the other two"


def _until_it_waits(session: Any) -> None:
    """On PostgreSQL: until another transaction waits for a lock of this one; SQLite has one writer at a time."""
    if dialect_name(session) == "postgresql":
        engine = session.get_bind()
        wait_for(lambda: lock_awaited(engine), seconds=300, what="the other batch")
