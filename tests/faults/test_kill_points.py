"""kill -9 at every fault point, on both engines: nothing acknowledged is lost, nobody gets an email twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor import faults
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.erasures import Erasure
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.erase_customer import request_erasure
from surveyor.flows.keep_provider_batch import keep_provider_batch
from surveyor.flows.manage_users import HOST
from surveyor.flows.record_provider_events import record_provider_events
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.mail.providers.base import EventKind, ProviderEvent
from tests.db.test_migrations import newer
from tests.faults.check import promises_hold
from tests.faults.life import CUSTOMERS, KILLED, Life, in_a_process, live
from tests.flows.orders import STD, at

pytestmark = pytest.mark.faults
EVENING = at("2026-01-21T13:00")

#: Points that one life of the line passes, and the passages at which it is killed.
LINE = [
    ("ingest.before_tx", 1),
    ("ingest.in_tx", 3),
    ("decide.in_tx", 3),
    ("tally.in_tx", 3),
    ("ingest.committed", 1),
    ("claim.committed", 1),
    ("build.done", 2),
    ("intent.in_tx", 1),
    ("intent.committed", 1),
    ("intent.committed", 3),
    ("call.connected", 6),
    ("call.half_sent", 1),
    ("call.answered", 1),
    ("call.answered", 5),
    ("settle.in_tx", 2),
    ("settle.committed", 1),
    ("sweep.in_tx", 3),
    ("doubts.committed", 1),
    ("response.in_tx", 2),
    ("response.committed", 1),
    ("unsubscribe.committed", 1),
]


@pytest.mark.parametrize(("point", "n"), LINE, ids=[f"{point}:{n}" for point, n in LINE])
def test_a_kill_anywhere_on_the_line_loses_and_doubles_nothing(
    engine_url: str, tmp_path: Path, point: str, n: int
) -> None:
    assert live(engine_url, tmp_path, start=0, plan=f"{point}:{n}") == KILLED, f"{point} was not passed {n} times"
    assert live(engine_url, tmp_path, start=1) == 0
    promises_hold(engine_url, tmp_path, customers=CUSTOMERS, now=EVENING)


def test_a_life_without_a_kill_keeps_every_promise_too(engine_url: str, tmp_path: Path) -> None:
    assert live(engine_url, tmp_path, start=0) == 0
    promises_hold(engine_url, tmp_path, customers=CUSTOMERS, now=EVENING)


def test_the_version_before_goes_on_with_the_tables_of_the_one_that_replaces_it(
    engine_url: str, tmp_path: Path
) -> None:
    assert live(engine_url, tmp_path, start=0, plan="intent.committed:2") == KILLED
    engine = make_engine(engine_url)
    newer(engine)
    engine.dispose()
    assert live(engine_url, tmp_path, start=1, plan="call.answered:3") == KILLED
    assert live(engine_url, tmp_path, start=2) == 0
    promises_hold(engine_url, tmp_path, customers=CUSTOMERS, now=EVENING)


def test_three_kills_in_a_row_keep_every_promise(engine_url: str, tmp_path: Path) -> None:
    for start, plan in enumerate(("intent.committed:1", "call.answered:2", "settle.in_tx:2")):
        assert live(engine_url, tmp_path, start=start, plan=plan) == KILLED
    assert live(engine_url, tmp_path, start=3) == 0
    promises_hold(engine_url, tmp_path, customers=CUSTOMERS, now=EVENING)


@pytest.mark.parametrize("point", ["rules.in_tx", "rules.committed"])
def test_a_publication_is_whole_or_not_at_all(engine_url: str, point: str) -> None:
    from surveyor.flows.customer_journey import active_rules
    from surveyor.flows.publish_rules import publish_first

    now = at("2026-01-01T00:00")

    def publish() -> None:
        publish_first(make_sessions(make_engine(engine_url)), STD, now=now)

    assert in_a_process(publish, plan=point) == KILLED
    assert in_a_process(publish) == 0
    engine = make_engine(engine_url)
    with make_sessions(engine)() as session:
        number, found = active_rules(session)
    engine.dispose()
    assert number == 1
    assert [rule.id for rule in found.rules] == ["std"]


@pytest.mark.parametrize("n", [1, 5])
def test_a_migration_killed_half_way_can_be_applied_again(empty_engine_url: str, n: int) -> None:
    from surveyor.db.migrations import upgrade

    def migrate() -> None:
        upgrade(make_engine(empty_engine_url))

    status = in_a_process(migrate, plan=f"migration.mid_step:{n}")
    assert status in (KILLED, 0)
    assert in_a_process(migrate) == 0


def test_a_mailbox_that_speaks_while_we_are_killed_is_heard_once(engine_url: str, tmp_path: Path) -> None:
    assert live(engine_url, tmp_path, start=0) == 0

    def told() -> None:
        life = Life(engine_url, tmp_path, start=1)
        with life.sessions() as session:
            silent = select(Invitation.id).where(Invitation.visited_at.is_(None), Invitation.state == "sent")
            ids = list(session.scalars(select(Email.id).where(Email.invitation_id.in_(silent)).order_by(Email.id)))
        events = [
            ProviderEvent(EventKind.BOUNCED, EVENING, f"e{one}", email_id=one, bounce="hard", status="5.1.1")
            for one in ids[-2:]
        ]
        journeys, keyring = desk.journeys(life.services), life.services.keyring
        record_provider_events(life.sessions, "ledger", events, journeys=journeys, keys=keyring, now=EVENING)

    assert in_a_process(told, plan="hook.in_tx:1") == KILLED
    assert [in_a_process(told) for _ in range(2)] == [0, 0]
    engine = make_engine(engine_url)
    with make_sessions(engine)() as session:
        bounced = sum(row.bounced_hard for row in session.scalars(select(CoarseTally)))
    assert check_invariants(make_sessions(engine), now=EVENING).ok
    engine.dispose()
    assert bounced == 2


def test_a_body_stored_before_its_answer_was_lost_is_applied_once_when_it_comes_again(
    engine_url: str, tmp_path: Path
) -> None:
    assert live(engine_url, tmp_path, start=0) == 0
    raw = b'[{"event": "account_status_change", "sg_event_id": "once", "timestamp": 1795082401}]'

    def post() -> None:
        life = Life(engine_url, tmp_path, start=1)
        keep_provider_batch(life.sessions, "sendgrid", raw, now=EVENING)

    assert in_a_process(post, plan="hook.stored:1") == KILLED
    assert in_a_process(post) == 0
    life = Life(engine_url, tmp_path, start=2)
    done = desk.apply_batches(life.services, now=EVENING)
    found = check_invariants(life.sessions, now=EVENING)
    life.sessions.kw["bind"].dispose()
    assert (done.batches, done.events.new) == (2, 1)
    assert found.ok


@pytest.mark.parametrize("n", range(1, 6))
def test_an_erasure_killed_anywhere_is_finished_by_the_next_clock(engine_url: str, tmp_path: Path, n: int) -> None:
    assert live(engine_url, tmp_path, start=0) == 0
    journal = tmp_path / "asked"

    def forget() -> None:
        life = Life(engine_url, tmp_path, start=1)
        life.now = EVENING
        if not journal.exists():  # whoever asks, asks again until it is answered
            with life.sessions() as session:
                customer = session.scalars(select(Customer.id).order_by(Customer.external_id)).first()
            assert customer is not None
            options: Any = {"home": life.services.settings.home, "journeys": desk.journeys(life.services)}
            request_erasure(life.sessions, customer, by=HOST, now=EVENING, **options)
            journal.touch()
        Clock(life.services).erasures(EVENING)

    assert in_a_process(forget, plan=f"erase.in_tx:{n}") == KILLED
    assert in_a_process(forget) == 0
    engine = make_engine(engine_url)
    sessions = make_sessions(engine)
    report = check_invariants(sessions, now=EVENING)
    with sessions() as session:
        done = session.execute(select(Erasure.customer_id, Erasure.done_at, Erasure.receipt)).all()
        erased = session.execute(select(Customer).where(Customer.erased_at.is_not(None))).scalars().one()
        bodies = "".join(session.scalars(select(OrderEventRow.body).where(OrderEventRow.body.is_not(None))))
    engine.dispose()
    assert report.ok, report.findings
    assert [(one.customer_id, one.done_at) for one in done] == [(erased.id, EVENING)]
    assert (done[0].receipt["customers"], done[0].receipt["order_events"]) == (1, 2)
    assert (erased.email, erased.external_id[:7]) == ("", "erased-")
    assert len(bodies.split('"customer_id"')) - 1 == 2 * (CUSTOMERS - 1)


@pytest.mark.redis
def test_a_clock_killed_as_it_rings_leaves_a_bell_and_no_harm(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    from surveyor.jobs.bell import Bell, connect
    from surveyor.jobs.ringing import bells

    assert in_a_process(lambda: _ring(redis_url), plan="relay.rang:1") == KILLED
    assert bells(connect(redis_url)) == 1
    assert Bell(connect(redis_url))()


def _ring(url: str) -> None:
    from surveyor.jobs.bell import Bell, connect

    Bell(connect(url))()


def test_every_fault_point_of_the_list_stands_once_in_the_code() -> None:
    import re

    import surveyor

    assert surveyor.__file__ is not None
    found: dict[str, int] = {}
    for path in Path(surveyor.__file__).parent.rglob("*.py"):
        for name in re.findall(r"\bfault\(\"([a-z_.]+)\"\)", path.read_text("utf-8")):
            found[name] = found.get(name, 0) + 1
    assert set(found) == faults.NAMES
    assert {name: n for name, n in found.items() if n != 1} == {}
    tested = {point for point, _ in LINE}
    elsewhere = {"rules.in_tx", "rules.committed", "migration.mid_step", "relay.rang", "count.made", "count.in_tx"}
    others: set[Any] = {
        "stream.committed",
        "file.mid_batch",
        "file.committed",
        "hook.in_tx",
        "hook.stored",
        "erase.in_tx",
        "report.in_tx",
        "report.committed",
        "report.rendering",
    }
    assert set(found) == tested | elsewhere | others
