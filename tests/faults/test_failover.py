"""PostgreSQL fails over to its standby while orders, emails and answers flow: what was promised, with either kind."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from surveyor.app import create_app
from surveyor.core.guard import installation_name
from surveyor.core.tokens import Purpose
from surveyor.db.alerts import open_alerts
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import Response
from surveyor.flows.beat import release_sends
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.manage_keys import make_key
from surveyor.flows.record_provider_events import record_provider_events
from surveyor.flows.record_response import Form, Recorded, page_nonce, record_response
from surveyor.jobs import desk, witnesses, worker
from surveyor.jobs.clock import Clock
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Accepted, Capabilities, EventKind, ProviderEvent
from surveyor.mail.providers.memory import MemoryProvider
from tests.faults.life import CLIENT, DUE, JAN_5, JAN_19
from tests.faults.standby import Pair, ask
from tests.faults.test_database_gone import patiently
from tests.flows.orders import event, record, use_rules
from tests.ingest.test_payload import BASE
from tests.jobs.house import services
from tests.jobs.test_worker import Turns
from tests.servers import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.postgres]
CUSTOMERS = 160
AN_ORDER = {"ordered_at": "2026-01-21T08:00:00+01:00"}


class Unhurried(MemoryProvider):
    """Takes four emails at a time, ten milliseconds each, and tells nothing when it is asked."""

    capabilities = Capabilities(4, 10, "none", False, False)

    def send(self, message: Message) -> Accepted:
        time.sleep(0.01)
        return super().send(message)


class Town:
    """One installation on the address of a pair, in which every customer's email is due."""

    def __init__(self, url: str, home: Path) -> None:
        self.began = time.monotonic()
        self.later = timedelta()
        self.engine = make_engine(url)
        self.provider = Unhurried()
        self.house = services(make_sessions(self.engine), self.now, home, provider=self.provider)
        use_rules(self.house.sessions)
        for n, day in enumerate((JAN_5, JAN_19)):
            events = [event(f"{name}-{n}", f"c{name}", day) for name in range(CUSTOMERS)]
            record(self.house.sessions, *events, now=day, keys=self.house.keyring)
        self.key = make_key(self.house.sessions, name="tills", scopes=("orders:write",), now=DUE, actor="test").text
        self.app = create_app(self.house)
        Clock(self.house).heartbeat(self.now())

    def now(self) -> datetime:
        """Real time, from the instant at which everything is due."""
        return DUE + timedelta(seconds=time.monotonic() - self.began) + self.later

    def orders(self, *names: str) -> Any:
        lines = "\n".join(json.dumps({**BASE, **AN_ORDER, "event_id": name, "order_id": name}) for name in names)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        return self.app.test_client().post("/api/v1/orders", data=lines, headers=headers)

    def answer(self, message: Message) -> bool:
        """Whether the customer of an email was thanked."""
        with self.house.sessions() as session:
            invitation = session.scalars(select(Email.invitation_id).where(Email.id == message.email_id)).one()
        assert invitation is not None
        mark = page_nonce(self.house.keyring, invitation, now=self.now() - timedelta(minutes=1))
        result = record_response(
            self.house.sessions,
            self.house.keyring.token(Purpose.SURVEY, invitation),
            form=Form((("score", "9"), ("nonce", mark)), CLIENT),
            keys=self.house.keyring,
            journeys=desk.journeys(self.house),
            now=self.now(),
        )
        return isinstance(result, Recorded) and result.answer == "stands"

    def work(self, turns: int) -> None:
        """A worker that was there before and looks a few times more, with the clock beside it."""
        clock, end = Clock(self.house, beside=lambda _work: None), Turns(turns)
        worker.run(self.house, stopping=end.stopping, sleep=lambda seconds: (end.sleep(seconds), clock.tick()))

    def release(self) -> None:
        """A person says that the standby is the database now."""
        name = installation_name(self.house.settings.base_url)
        seen = witnesses.read(self.house.settings)
        found = release_sends(self.house.sessions, who="claire", name=name, witnesses=seen, now=self.now())
        witnesses.write(self.house.settings, found.epoch or 0)

    def finish(self) -> None:
        """Leases end, and everything that may leave leaves."""
        for _ in range(3):
            self.later += timedelta(minutes=2)
            Clock(self.house).once()
            desk.drain(self.house, desk.mailer(self.house))

    def states(self) -> Counter[str]:
        with self.house.sessions() as session:
            return Counter(session.scalars(select(Email.state)))

    def stored(self) -> set[str]:
        with self.house.sessions() as session:
            return set(session.scalars(select(OrderEventRow.event_id)))

    def held(self) -> str:
        """Why it sends nothing; "" when it may."""
        with self.house.sessions() as session:
            row = session.scalars(select(Instance)).one()
            return (row.reason or "") if row.sending == "held" else ""

    def twice(self) -> list[str]:
        """Addresses that got more than one email."""
        return [one for one, times in Counter(message.address for message in self.provider.sent).items() if times > 1]


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    made = Pair(synchronous=request.param)
    yield made
    made.remove()


@pytest.fixture
def town(pair: Pair, tmp_path: Path) -> Iterator[Town]:
    made = Town(pair.url(), tmp_path)
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("pair", [True], ids=["synchronous"], indirect=True)
def test_what_a_synchronous_standby_took_over_is_all_that_was_acknowledged(pair: Pair, town: Town) -> None:
    over = threading.Event()
    acknowledged: list[str] = []
    thanked: set[Any] = set()

    def till() -> None:
        for batch in range(400):
            if over.is_set():
                return
            names = [f"new{batch}-{n}" for n in range(5)]
            patiently(lambda names=names: town.orders(*names), seconds=60)  # type: ignore[misc]
            acknowledged.extend(names)

    def customers() -> None:
        while not over.is_set():
            for message in list(town.provider.sent):
                with suppress(DBAPIError):
                    if message.email_id not in thanked and town.answer(message):
                        thanked.add(message.email_id)
            time.sleep(0.02)

    def clock() -> None:
        ticking = Clock(town.house, beside=lambda _work: None)
        while not over.is_set():
            ticking.tick()
            time.sleep(0.1)

    def send() -> None:
        worker.run(town.house, stopping=over.is_set, sleep=lambda seconds: over.wait(min(seconds, 0.2)))

    before, after = _shaken(pair, town, over, (till, customers, clock, send))
    town.work(1)  # the next minute's look
    assert 0 < before < CUSTOMERS
    assert town.provider.calls == after, "an email left after the standby had taken over"
    assert "timeline" in town.held()
    assert len(acknowledged) > 50
    assert set(acknowledged) <= town.stored()
    with town.house.sessions() as session:
        standing = session.scalar(select(func.count()).select_from(Response).where(Response.standing.is_not(None)))
    assert standing >= len(thanked) > 0
    town.release()
    town.finish()
    assert town.twice() == []
    assert town.held() == ""
    states = town.states()
    assert states["leased"] + states["dispatching"] == 0
    assert states["sent"] == len(town.provider.sent) - _unsent(town)
    assert check_invariants(town.house.sessions, now=town.now()).findings == ()


def _unsent(town: Town) -> int:
    """Emails that the provider took and nobody knows of yet: their worker was cut before it could settle."""
    with town.house.sessions() as session:
        doubtful = set(session.scalars(select(Email.id).where(Email.state == "in_doubt")))
    return sum(message.email_id in doubtful for message in town.provider.sent)


def _shaken(pair: Pair, town: Town, over: threading.Event, acts: tuple[Callable[[], None], ...]) -> tuple[int, int]:
    """Let everybody live, fail over under them, let them live on; calls of the provider before and after."""
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.0)
        before = town.provider.calls
        pair.fail_over()
        time.sleep(0.2)
        after = town.provider.calls
        time.sleep(2.5)
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    return before, after


@pytest.mark.parametrize("pair", [False], ids=["asynchronous"], indirect=True)
def test_what_an_asynchronous_standby_never_heard_is_lost_and_nobody_is_written_to_twice(
    pair: Pair, town: Town
) -> None:
    assert town.orders("kept").status_code == 200
    _caught_up(pair)
    pair.cut()
    assert _of_the_standby(town, pair).status_code == 503, "a proxy that points at a standby"
    assert town.orders(*[f"lost{n}" for n in range(5)]).status_code == 200
    desk.drain(town.house, desk.mailer(town.house), limit=40)
    gone = [message.email_id for message in town.provider.sent]
    assert len(gone) == 40
    assert town.states()["sent"] == 40
    lookout = worker.Lookout(town.house)
    assert lookout.clear()
    pair.fail_over()
    town.engine.dispose()
    assert lookout.clear(), "it looked less than a minute ago"
    desk.drain(town.house, desk.mailer(town.house))
    town.work(3)
    assert town.provider.calls == 40, "the intents of these were lost: sent again"
    assert "timeline" in town.held()
    with town.house.sessions() as session:
        assert [alert.code for alert in open_alerts(session)] == ["sending_held"]
    assert town.states()["pending"] == CUSTOMERS
    assert {"kept", "lost0"} & town.stored() == {"kept"}, "the loss of an asynchronous standby"
    assert patiently(lambda: town.orders(*[f"lost{n}" for n in range(5)])) == [200]
    told = [ProviderEvent(EventKind.DELIVERED, town.now(), f"e{one}", email_id=one, attempt=1) for one in gone]
    journeys, keys = desk.journeys(town.house), town.house.keyring
    record_provider_events(town.house.sessions, "memory", told, journeys=journeys, keys=keys, now=town.now())
    assert town.states()["sent"] == 40, "what the provider told is known again before anybody releases"
    town.release()
    town.finish()
    assert town.twice() == []
    assert town.states()["sent"] == CUSTOMERS
    assert check_invariants(town.house.sessions, now=town.now()).findings == ()


def _of_the_standby(town: Town, pair: Pair) -> Any:
    """What a client is answered whose installation was sent to the standby while that only reads."""
    name = town.engine.url.database
    engine = make_engine(pair.standby.url(str(name)))
    app = create_app(replace(town.house, sessions=make_sessions(engine)))
    headers = {"Authorization": f"Bearer {town.key}", "Content-Type": "application/x-ndjson"}
    line = json.dumps({**BASE, **AN_ORDER, "event_id": "early", "order_id": "early"})
    answer = app.test_client().post("/api/v1/orders", data=line, headers=headers)
    engine.dispose()
    return answer


def _caught_up(pair: Pair) -> None:
    """Wait until the standby has everything."""
    here = ask(pair.primary, "SELECT pg_current_wal_lsn()")[0][0]
    behind = f"SELECT pg_last_wal_replay_lsn() >= '{here}'"
    wait_for(lambda: bool(ask(pair.standby, behind)[0][0]), seconds=30, what="the standby")
