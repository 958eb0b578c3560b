"""One installation in one process and in real time: a till, a worker, a clock and customers, each in its thread."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from surveyor.app import create_app
from surveyor.core.guard import installation_name
from surveyor.core.tokens import Purpose
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import Response
from surveyor.flows.beat import release_sends
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.manage_keys import make_key
from surveyor.flows.record_response import Form, Recorded, page_nonce, record_response
from surveyor.jobs import desk, witnesses, worker
from surveyor.jobs.clock import Clock
from surveyor.mail.message import Message
from surveyor.mail.providers.base import Accepted, Capabilities
from surveyor.mail.providers.memory import MemoryProvider
from tests.faults.life import CLIENT, DUE, JAN_5, JAN_19
from tests.flows.orders import event, record, use_rules
from tests.ingest.test_payload import BASE
from tests.jobs.house import services
from tests.jobs.test_worker import Turns

CUSTOMERS = 160
#: New orders are those of somebody whose email leaves meanwhile.
AN_ORDER = {"ordered_at": "2026-01-21T08:00:00+01:00", "customer_id": "c1", "email": "c1@example.org"}


class Unhurried(MemoryProvider):
    """Takes four emails at a time, ten milliseconds each, and tells nothing when it is asked."""

    capabilities = Capabilities(4, 10, "none", False, False)

    def send(self, message: Message) -> Accepted:
        time.sleep(0.01)
        return super().send(message)


class Street:
    """One installation, in which every customer's email is due."""

    def __init__(self, url: str, home: Path, *, customers: int = CUSTOMERS, provider: Any = None) -> None:
        self.began = time.monotonic()
        self.later = timedelta()
        self.engine = make_engine(url)
        self.provider = provider or Unhurried()
        self.acknowledged: set[str] = set()
        self.thanked: set[Any] = set()
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.house = services(make_sessions(self.engine), self.now, home, provider=self.provider)
        use_rules(self.house.sessions)
        for n, day in enumerate((JAN_5, JAN_19)):
            events = [event(f"{name}-{n}", f"c{name}", day) for name in range(customers)]
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
        """A person says that this is the database."""
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

    def promises_hold(self) -> None:
        """Nothing acknowledged is lost, nobody was written to twice, every email is where the provider says."""
        assert self.acknowledged <= self.stored()
        with self.house.sessions() as session:
            standing = set(session.scalars(select(Response.invitation_id).where(Response.standing.is_not(None))))
            invited = dict(session.execute(select(Email.id, Email.invitation_id)).all())
            states: dict[Any, str] = dict(session.execute(select(Email.id, Email.state)).all())
        assert {invited[email_id] for email_id in self.thanked} <= standing
        assert self.twice() == []
        taken = {message.email_id for message in self.provider.sent}
        assert {one for one, state in states.items() if state == "sent"} <= taken
        assert {states[one] for one in taken} <= {"sent", "in_doubt"}
        assert not {"leased", "dispatching"} & set(states.values())
        found = check_invariants(self.house.sessions, now=self.now()).findings
        assert found == (), found

    @contextmanager
    def lives(self) -> Iterator[None]:
        """Everybody lives while the body of the `with` hurts what they stand on."""
        over = threading.Event()
        threads = [
            threading.Thread(target=act, args=(over,)) for act in (self._till, self._customers, self._clock, self._send)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join(60)

    def _till(self, over: threading.Event) -> None:
        """Posts each batch until it is acknowledged; a refusal says when to come back."""
        batch = 0
        while not over.is_set():
            names = [f"new{batch}-{n}" for n in range(5)]
            answer = self.orders(*names)
            self.answers[answer.status_code] += 1
            if answer.status_code == 200:
                self.acknowledged |= set(names)
                batch += 1
            elif answer.status_code != 503 or not int(answer.headers["Retry-After"]) > 0:
                self.wrong.append(answer.text)
            time.sleep(0.02)

    def _customers(self, over: threading.Event) -> None:
        while not over.is_set():
            for message in list(self.provider.sent):
                with suppress(DBAPIError):
                    if message.email_id not in self.thanked and self.answer(message):
                        self.thanked.add(message.email_id)
            time.sleep(0.02)

    def _clock(self, over: threading.Event) -> None:
        ticking = Clock(self.house, beside=lambda _work: None)
        while not over.is_set():
            ticking.tick()
            time.sleep(0.1)

    def _send(self, over: threading.Event) -> None:
        worker.run(self.house, stopping=over.is_set, sleep=lambda seconds: over.wait(min(seconds, 0.2)))
