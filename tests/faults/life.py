"""The whole line lived by a process that may be killed anywhere; lived again, it goes on where the outside left it."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from surveyor import faults
from surveyor.core.nonce import Page, milliseconds, write
from surveyor.core.tokens import Purpose, derive
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.record_response import Form, Recorded, record_response
from surveyor.flows.unsubscribe import unsubscribe
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.services import Services
from tests.faults.outside import LedgerProvider, Outside
from tests.flows.orders import at, event, record, use_rules
from tests.jobs.house import services

CUSTOMERS = 12
JAN_5, JAN_19 = at("2026-01-05T17:00"), at("2026-01-19T18:30")
DUE, ANSWERING = at("2026-01-21T09:00"), at("2026-01-21T12:00")
CLIENT = b"c" * 32


class Life:
    """`start` 0 is the first life; every later one begins some minutes later, as a restart does."""

    def __init__(self, url: str, folder: Path, *, start: int) -> None:
        self.shift = timedelta(minutes=4 * start)
        self.now = JAN_5
        self.outside = Outside(folder)
        self.sessions = make_sessions(make_engine(url))
        provider = LedgerProvider(self.outside)
        self.services: Services = services(self.sessions, lambda: self.now, folder / "home", provider=provider)

    def live(self) -> None:
        """Orders come, emails leave, customers answer, one of them unsubscribes."""
        self._order()
        self.now = DUE + self.shift
        self._work()
        self.now = ANSWERING + self.shift
        self._answer()
        self._leave()
        self.now += timedelta(minutes=2)
        self._work()

    def _order(self) -> None:
        """A source that sends each batch again until it is acknowledged."""
        if "rules" not in self.outside.facts("acknowledged"):
            use_rules(self.sessions)
            self.outside.note("acknowledged", "rules")
        for day, name in ((JAN_5, "first"), (JAN_19, "second")):
            for batch in range(2):
                fact = f"{name}{batch}"
                if fact in self.outside.facts("acknowledged"):
                    continue
                numbers = range(batch * CUSTOMERS // 2, (batch + 1) * CUSTOMERS // 2)
                events = [event(f"{name}{n}", f"c{n}", day) for n in numbers]
                record(self.sessions, *events, now=day, keys=self.services.keyring)
                self.outside.note("acknowledged", fact)

    def _work(self) -> None:
        """Clock and worker, until nothing is due; a doubt is looked at again a minute later."""
        worker = desk.mailer(self.services)
        for _ in range(4):
            Clock(self.services).once()
            desk.drain(self.services, worker)
            self.now += timedelta(minutes=1)

    def _answer(self) -> None:
        """Customers whose email arrived answer 9 from a page they keep, again until they are thanked."""
        arrived = self.outside.accepted()
        with self.sessions() as session:
            rows = session.execute(
                select(Invitation.id, Email.id).join(Email, Email.invitation_id == Invitation.id).order_by(Email.id)
            ).all()
        for n, (invitation_id, email_id) in enumerate(rows):
            if email_id.hex not in arrived or n % 2 or f"{invitation_id.hex}" in self.outside.facts("thanked"):
                continue
            page = Page(invitation_id.hex[-16:], milliseconds(ANSWERING - timedelta(minutes=1)))
            mark = write(derive(self.services.keyring.newest, Purpose.PAGE), invitation_id, page)
            token = self.services.keyring.token(Purpose.SURVEY, invitation_id)
            items = (("score", "9"), ("comment", "Merci"), ("nonce", mark))
            result = record_response(
                self.sessions,
                token,
                form=Form(items, CLIENT),
                keys=self.services.keyring,
                journeys=desk.journeys(self.services),
                now=self.now,
            )
            if isinstance(result, Recorded) and result.answer == "stands":
                self.outside.note("thanked", invitation_id.hex)

    def _leave(self) -> None:
        """The first customer whose email arrived unsubscribes, again until it is acknowledged."""
        if self.outside.facts("left"):
            return
        with self.sessions() as session:
            ids = list(session.scalars(select(Email.id).order_by(Email.id)))
        email_id = next(one for one in ids if one.hex in self.outside.accepted())
        token = self.services.keyring.token(Purpose.UNSUBSCRIBE, email_id)
        unsubscribe(self.sessions, token, journeys=desk.journeys(self.services), now=self.now)
        self.outside.note("left", email_id.hex)


def in_a_process(act: Callable[[], None], *, plan: str = "") -> int:
    """Run `act` in a process of its own under a fault plan; how it ended: 0, or minus the signal that killed it."""
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # a collection in the child would copy every page of ours
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            faults.install(faults.parse_plan(plan))
            act()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    gc.unfreeze()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def live(url: str, folder: Path, *, start: int, plan: str = "") -> int:
    """One life of the line; how it ended."""
    return in_a_process(lambda: Life(url, folder, start=start).live(), plan=plan)


KILLED = -signal.SIGKILL
