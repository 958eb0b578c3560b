"""A network that goes on while its processes die: a source, two workers with their clock, and customers who answer.

Everything runs on one virtual clock and writes what the outside saw in ledgers; whoever dies begins again.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from surveyor.core.nonce import Page, milliseconds, write
from surveyor.core.tokens import Purpose, derive
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Channel, Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import Response
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.record_response import Form, Recorded, record_response
from surveyor.flows.send_emails import Mailer
from surveyor.flows.unsubscribe import unsubscribe
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from tests.faults.life import CLIENT, DUE, JAN_5, JAN_19, in_a_process
from tests.faults.outside import LedgerProvider, Outside
from tests.flows.orders import event, record, use_rules
from tests.flows.sending import build
from tests.jobs.house import services

CUSTOMERS, BATCH = 120, 8
#: Virtual seconds in a real one: leases of a minute end after six seconds.
SPEED = 10.0
#: Virtual time at which the world begins: orders come for a while before the first email is due.
HEAD_START = timedelta(seconds=50)
ENDED = ("sent", "failed", "dropped")
#: Real seconds for what is left to leave, on a machine that has other things to do.
PATIENCE = 240


@dataclass(frozen=True)
class World:
    """Where everybody lives. `began`: real seconds; `shift`: how far the virtual clock was put forward."""

    url: str
    folder: Path
    began: float
    shift: timedelta = timedelta()

    def ticks(self) -> float:
        """Virtual seconds since the beginning."""
        return (time.monotonic() - self.began) * SPEED + self.shift.total_seconds()

    def now(self) -> datetime:
        """The virtual instant."""
        return DUE - HEAD_START + timedelta(seconds=self.ticks())


class House:
    """One process of the installation."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.outside = Outside(world.folder)
        self.sessions = make_sessions(make_engine(world.url))
        provider = LedgerProvider(self.outside)
        self.services = services(self.sessions, world.now, world.folder / "home", provider=provider)

    def work(self) -> None:
        """Clock and worker, for ever."""
        clock = Clock(self.services, ticks=self.world.ticks)
        worker = Mailer(
            self.services.provider, build, desk.journeys(self.services), f"worker {os.getpid()}", self.world.ticks
        )
        while True:
            clock.tick()
            desk.drain(self.services, worker)
            time.sleep(0.02)

    def feed(self) -> None:
        """A source that sends each batch until it is acknowledged, some of them twice, then rests."""
        done = set(self.outside.facts("acknowledged"))
        for number in range(CUSTOMERS // BATCH):
            for day, name in ((JAN_5, "a"), (JAN_19, "b")):
                if f"{name}{number}" in done:
                    continue
                names = range(number * BATCH, (number + 1) * BATCH)
                events = [event(f"{name}{n}", f"c{n}", day) for n in names]
                record(self.sessions, *events, now=self.world.now(), keys=self.services.keyring)
                self.outside.note("acknowledged", f"{name}{number}")
                time.sleep(0.05)
        while True:
            time.sleep(1)

    def answer(self) -> None:
        """Customers who got their email: every second answers 9, every seventh leaves, until it is acknowledged."""
        while True:
            arrived = set(self.outside.accepted())
            thanked, left = set(self.outside.facts("thanked")), set(self.outside.facts("left"))
            for n, (invitation_id, email_id) in enumerate(self._invited()):
                if email_id.hex not in arrived:
                    continue
                if n % 7 == 0 and email_id.hex not in left:
                    token = self.services.keyring.token(Purpose.UNSUBSCRIBE, email_id)
                    unsubscribe(self.sessions, token, journeys=desk.journeys(self.services), now=self.world.now())
                    self.outside.note("left", email_id.hex)
                elif n % 2 and invitation_id.hex not in thanked and self._thanked(invitation_id):
                    self.outside.note("thanked", invitation_id.hex)
            time.sleep(0.1)

    def _invited(self) -> list[Any]:
        query = select(Invitation.id, Email.id).join(Email, Email.invitation_id == Invitation.id).order_by(Email.id)
        with self.sessions() as session:
            return list(session.execute(query).all())

    def _thanked(self, invitation_id: Any) -> bool:
        """One form from a page that was kept: its nonce does not change, whoever is killed."""
        opened = self.world.now() - timedelta(minutes=1)
        page = Page(invitation_id.hex[-16:], milliseconds(opened))
        mark = write(derive(self.services.keyring.newest, Purpose.PAGE), invitation_id, page)
        result = record_response(
            self.sessions,
            self.services.keyring.token(Purpose.SURVEY, invitation_id),
            form=Form((("score", "9"), ("comment", "Merci"), ("nonce", mark)), CLIENT),
            keys=self.services.keyring,
            journeys=desk.journeys(self.services),
            now=self.world.now(),
        )
        return isinstance(result, Recorded) and result.answer == "stands"

    def left(self) -> int:
        """How many emails are not at their end."""
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(Email).where(Email.state.not_in(ENDED))) or 0


ROLES: tuple[Callable[[House], None], ...] = (House.work, House.work, House.feed, House.answer)


@dataclass
class Tally:
    """What a run of kills came to. lost: acknowledged and not stored; twice: emails handed over more than once."""

    kills: int = 0
    emails: int = 0
    orders: int = 0
    answers: int = 0
    lost: int = 0
    twice: int = 0
    broken: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        names = ("kills", "emails", "orders", "answers", "lost", "twice")
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Tally(**sums, broken=self.broken + other.broken)


def started(world: World, role: int) -> int:
    """A process of a role, begun again whenever its database is away for a moment; its pid."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        try:
            while True:
                try:
                    ROLES[role](House(world))
                except DBAPIError:
                    time.sleep(0.2)
        finally:
            os._exit(1)
    return pid


def ended(pid: int) -> None:
    """Kill a process group and wait for it."""
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def prepared(world: World) -> None:
    """Its rules are in force; no process of ours holds its database."""
    assert in_a_process(lambda: use_rules(House(world).sessions)) == 0


def lived(url: str, folder: Path, *, kills: int, seed: int, shake: Callable[[int], None] = lambda _n: None) -> Tally:
    """A network in which `kills` processes die, 0.15 to 0.6 s apart; then it is left alone, and looked at.

    shake: called before each kill with its number, to hurt what the processes stand on.
    """
    drawn = random.Random(seed)
    world = World(url, folder, time.monotonic())
    prepared(world)
    pids = [_settled(started(world, role)) for role in range(len(ROLES))]
    for number in range(kills):
        time.sleep(drawn.uniform(0.15, 0.6))
        shake(number)
        role = drawn.randrange(len(ROLES))
        ended(pids[role])
        pids[role] = _settled(started(world, role))
    wait_for_the_source(world)
    for pid in pids:
        ended(pid)
    done = finished(world)
    done.kills = kills
    return done


def _settled(pid: int) -> int:
    """Wait until it is the first of its own process group, which is what will be killed."""
    while os.getpgid(pid) != pid:
        time.sleep(0.005)
    return pid


def wait_for_the_source(world: World) -> None:
    """Until every batch was acknowledged, and a customer was thanked: on a busy machine the kills may be over first."""
    outside, end = Outside(world.folder), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if len(outside.facts("acknowledged")) >= 2 * (CUSTOMERS // BATCH) and outside.facts("thanked"):
            return
        time.sleep(0.1)


def finished(world: World) -> Tally:
    """Nobody dies any more: what is left leaves, a day later where its slot was over; then every promise is counted."""
    calm = World(world.url, world.folder, world.began, timedelta(days=1))
    last = in_a_process(lambda: _until_nothing_is_left(calm))
    engine = make_engine(world.url)
    outside = Outside(world.folder)
    found = Tally()
    accepted = outside.accepted()
    with make_sessions(engine)() as session:
        if last:
            found.broken.append(f"emails were left on their way (status {last}): {_why(session)} at {calm.now()}")
        stored = Counter(session.scalars(select(OrderEventRow.event_id)))
        states: dict[Any, str] = dict(session.execute(select(Email.id, Email.state)).all())
        standing = set(session.scalars(select(Response.invitation_id).where(Response.standing.is_not(None))))
    report = check_invariants(make_sessions(engine), now=calm.now())
    engine.dispose()
    told = [
        f"order.completed:{fact[0]}{int(fact[1:]) * BATCH + n}"
        for fact in outside.facts("acknowledged")
        for n in range(BATCH)
    ]
    thanked = set(outside.facts("thanked"))
    found.orders, found.emails, found.answers = len(set(told)), len(states), len(thanked)
    found.lost = sum(stored[event_id] != 1 for event_id in set(told))
    found.lost += len(thanked - {one.hex for one in standing})
    found.twice = sum(count > 1 for count in accepted.values())
    found.broken += [str(one) for one in report.findings]
    wrong = [one for one, state in states.items() if (state == "sent") != (accepted[one.hex] == 1)]
    if wrong:
        found.broken.append(f"{len(wrong)} emails whose state is not what the outside saw")
    if len(states) != CUSTOMERS:
        found.broken.append(f"{len(states)} emails for {CUSTOMERS} customers")
    return found


def _why(session: Session) -> str:
    """What is known of emails that do not leave."""
    states = select(Email.state, Email.reason, func.min(Email.due_at), func.count()).group_by(Email.state, Email.reason)
    channels = select(Channel.provider, Channel.paused_until, Channel.strikes, Channel.reason)
    held = select(Instance.sending, Instance.reason, Instance.epoch, Instance.heartbeat_at)
    return "; ".join(
        str([tuple(map(str, one)) for one in session.execute(query)]) for query in (states, channels, held)
    )


def _until_nothing_is_left(world: World) -> None:
    house = House(world)
    clock = Clock(house.services, ticks=world.ticks)
    worker = Mailer(house.services.provider, build, desk.journeys(house.services), "last", world.ticks)
    end = time.monotonic() + PATIENCE
    while house.left() and time.monotonic() < end:
        clock.tick()
        desk.drain(house.services, worker)
        time.sleep(0.02)
    assert house.left() == 0, "emails are still on their way"
