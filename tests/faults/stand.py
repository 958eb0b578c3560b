"""Where a town of installed processes stands after the chaos: what moves, what it waits for, what a person must do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.exc import OperationalError

from surveyor.db.engine import make_engine, make_sessions
from surveyor.errors import NotFound
from surveyor.flows.manage_users import Actor
from surveyor.flows.release_stream import release_stream

if TYPE_CHECKING:
    from tests.faults.production import Town

ON_THE_WAY = ("pending", "leased", "dispatching")
#: Seconds in which nothing at all moves, after which the line stands still; what it says it waits for is waited for.
PATIENCE = 150
#: Seconds after which even what moves is given up.
AT_MOST = 3600


@dataclass(frozen=True)
class Stand:
    """Where the line stands. marks: what changes when anything moves. resting: it says until when it waits."""

    states: dict[str, int]
    sent: frozenset[str]
    marks: tuple[Any, ...]
    resting: bool
    paused: tuple[str, ...]
    new_batches: int
    waiting: str

    def over(self, town: Town) -> bool:
        """Nothing is on its way, and what the provider took is known to be sent."""
        on_the_way = sum(self.states.get(state, 0) for state in ON_THE_WAY)
        known = set(town.provider.ledger.emails()) <= self.sent
        return not on_the_way and not self.new_batches and known and sum(self.states.values()) > 0

    def __str__(self) -> str:
        return f"{self.states}, paused {self.paused}, {self.new_batches} batches, waiting {self.waiting}"


def settled(town: Town, *, patience: float) -> None:
    """Everything runs; wait, as long as something moves, until no email is on its way and what left is known.

    patience: seconds without a move, beyond what the line says that it waits for. A paused stream is let go again.
    """
    began = moved = time.monotonic()
    before: Stand | None = None
    while True:
        stand = looked(town)
        if stand is not None:
            town.report.emails = stand.states
            if stand.over(town):
                return
            for kind in stand.paused:
                release(town, kind)
            if before is None or stand.marks != before.marks or stand.resting:
                before, moved = stand, time.monotonic()
        if time.monotonic() - moved > patience or time.monotonic() - began > AT_MOST:
            town.report.stalled = "the database does not answer" if before is None else str(before)
            return
        time.sleep(1)


def looked(town: Town) -> Stand | None:
    """How the line stands; None while the database does not answer."""
    now = datetime.now(UTC)
    try:
        with town._postgres("surveyor") as connection:

            def ask(statement: str, *values: Any) -> list[Any]:
                return list(connection.execute(statement, values).fetchall())

            states = dict(ask("SELECT state, count(*) FROM emails GROUP BY state"))
            attempts = ask("SELECT outcome, count(*) FROM send_attempts GROUP BY outcome ORDER BY outcome")
            sent = frozenset(row[0].hex for row in ask("SELECT id FROM emails WHERE state = 'sent'"))
            (new,) = ask("SELECT count(*) FROM provider_batches WHERE state = 'new'")
            stops = ask("SELECT stopped_until FROM mail_limits WHERE stopped_until > %s", now)
            rests = ask("SELECT paused_until FROM channels WHERE paused_until > %s", now)
            due = ask("SELECT min(due_at), max(due_at) FROM emails WHERE state = 'pending'")
            paused = ask("SELECT kind FROM mail_streams WHERE paused_at IS NOT NULL")
            held = ask("SELECT sending, reason FROM instance")
    except psycopg.Error:
        return None
    (first, last) = due[0]
    put_off = states.get("pending", 0) > 0 and now < first < now + timedelta(hours=1)  # backing off
    return Stand(
        states,
        sent,
        (sorted(states.items()), attempts, new),
        bool(stops or rests or put_off),
        tuple(row[0] for row in paused),
        new[0],
        f"due {first} to {last}, stops {stops}, rests {rests}, {held}",
    )


def release(town: Town, kind: str) -> None:
    """What a person does on the page of alerts once a kill switch paused a stream."""
    engine = make_engine(town.postgres.url("surveyor"))
    try:
        people, at = Actor("chaos"), datetime.now(UTC)
        release_stream(make_sessions(engine), provider="sendgrid", kind=kind, why="chaos", by=people, now=at)
        town.report.released += 1
    except (NotFound, OperationalError):
        pass  # the database went away, or somebody was quicker
    finally:
        engine.dispose()
