"""Workers and clocks killed at random while they send: nobody gets an email twice, nothing is left on its way."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.send_emails import Mailer
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from tests.faults.life import DUE, JAN_5, JAN_19, in_a_process
from tests.faults.outside import LedgerProvider, Outside
from tests.flows.orders import event, record, use_rules
from tests.flows.sending import build
from tests.jobs.house import services

pytestmark = [pytest.mark.faults, pytest.mark.slow]
CUSTOMERS, KILLS = 150, 20
#: Virtual seconds in a real one: leases of a minute end after six seconds.
SPEED = 10.0


class Working:
    """A clock and a worker in one process, on a shared virtual clock that began at `began` (real seconds)."""

    def __init__(self, url: str, folder: Path, *, began: float, calm: bool = False) -> None:
        self.began, self.calm = began, calm
        self.sessions = make_sessions(make_engine(url))
        provider = LedgerProvider(Outside(folder))
        self.services = services(self.sessions, self.now, folder / "home", provider=provider)

    def ticks(self) -> float:
        return (time.monotonic() - self.began) * SPEED

    def now(self) -> Any:
        return DUE + timedelta(seconds=self.ticks())

    def work(self, seconds: float) -> None:
        """Tick and send for so many real seconds."""
        clock = Clock(self.services, ticks=self.ticks)
        worker = Mailer(
            self.services.provider, build, desk.journeys(self.services), f"worker {os.getpid()}", self.ticks
        )
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            clock.tick()
            desk.drain(self.services, worker)
            time.sleep(0.02)

    def left(self) -> int:
        """How many emails are not at their end."""
        with self.sessions() as session:
            ended = Email.state.in_(("sent", "failed", "dropped"))
            return session.scalar(select(func.count()).select_from(Email).where(~ended)) or 0


def ordered(url: str, folder: Path) -> None:
    house = Working(url, folder, began=time.monotonic())
    use_rules(house.sessions)
    for day, name in ((JAN_5, "a"), (JAN_19, "b")):
        events = [event(f"{name}{n}", f"c{n}", day) for n in range(CUSTOMERS)]
        record(house.sessions, *events, now=day, keys=house.services.keyring)
    Clock(house.services).heartbeat(JAN_19)


def started(url: str, folder: Path, began: float) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            Working(url, folder, began=began).work(60)
        finally:
            os._exit(1)
    return pid


def test_no_email_twice_whatever_dies_whenever(engine_url: str, tmp_path: Path) -> None:
    assert in_a_process(lambda: ordered(engine_url, tmp_path)) == 0
    drawn, began = random.Random(20261122), time.monotonic()
    workers = [started(engine_url, tmp_path, began) for _ in range(2)]
    for _ in range(KILLS):
        time.sleep(drawn.uniform(0.1, 0.5))
        victim = drawn.randrange(2)
        os.kill(workers[victim], signal.SIGKILL)
        os.waitpid(workers[victim], 0)
        workers[victim] = started(engine_url, tmp_path, began)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def finish() -> None:
        last = Working(engine_url, tmp_path, began=began)
        end = time.monotonic() + 60
        while last.left() and time.monotonic() < end:
            last.work(1)
        assert last.left() == 0

    assert in_a_process(finish) == 0
    accepted = Outside(tmp_path).accepted()
    engine = make_engine(engine_url)
    with make_sessions(engine)() as session:
        states = Counter(session.scalars(select(Email.state)))
    report = check_invariants(make_sessions(engine), now=DUE + timedelta(hours=2))
    engine.dispose()
    assert set(accepted.values()) == {1}
    assert states == {"sent": CUSTOMERS}
    assert len(accepted) == CUSTOMERS
    assert report.ok, report.findings
