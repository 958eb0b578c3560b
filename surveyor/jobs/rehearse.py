"""The rehearsal of a restore: a backup of the line comes back beside it, is checked, forgets again, sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from surveyor.core.guard import installation_name
from surveyor.db import customers, emails, health, migrations
from surveyor.db.emails.waiting import Waiting, waiting
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.instance import newest_fact
from surveyor.flows import erasure_list
from surveyor.flows.beat import Beat, check_sending
from surveyor.flows.check_invariants import Report, check_invariants
from surveyor.flows.reapply_erasures import reapply_erasures
from surveyor.jobs import desk, witnesses
from surveyor.services import Services
from surveyor.settings import Settings

#: How many emails a rehearsal tries to hand over, at each of its two instants.
TRIED = 2000


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a restored backup showed.

    revision: of its tables, before they were brought to this version. newest: the last instant it knows of.
    erased_again: addresses erased since the backup; still_known: accounts of erased addresses with an identity, after.
    held, reason: what the guard said; waiting: emails by kind; handed_over: those that left all the same.
    """

    revision: str
    newest: datetime | None
    report: Report
    erased_again: int
    still_known: int
    held: bool
    reason: str | None
    waiting: list[Waiting]
    handed_over: int

    @property
    def ok(self) -> bool:
        """Whether this backup could take the place of the database today."""
        return self.report.ok and not self.still_known and self.held and not self.handed_over


def rehearse(
    restored: str, live: Settings, *, now: datetime, beside: Callable[[], Services], redis: Any = None
) -> Rehearsal:
    """Look at a database that was restored at `restored`, and change it as a real restore would.

    live: of the installation that the backup is of; only its erasure list and its witnesses are read. beside: opens
    the restored installation, in a home of its own, whose provider keeps in memory what it is given.
    """
    revision = _to_this_version(restored)
    services = beside()
    looking = make_engine(restored, read_only=True)
    report = check_invariants(make_sessions(looking), now=now, defaults=desk.defaults(services))
    looking.dispose()
    again, known = _forget(services, live, now)
    beat, rows = _guarded(services, live, now, redis)
    with services.sessions() as session:
        newest, upcoming = newest_fact(session), emails.next_due(session)
    handed = _hand_over(services, now)
    if upcoming is not None and upcoming > now:
        handed += _hand_over(services, upcoming)
    for sessions in (services.sessions, services.read_sessions):
        sessions.kw["bind"].dispose()
    return Rehearsal(revision, newest, report, again, known, beat.held, beat.reason, rows, handed)


def _to_this_version(url: str) -> str:
    """The revision that the backup had."""
    engine = make_engine(url)
    try:
        with make_sessions(engine)() as session:
            before = health.revision(session) or ""
        migrations.upgrade(engine)
    finally:
        engine.dispose()
    return before


def _forget(services: Services, live: Settings, now: datetime) -> tuple[int, int]:
    keys = erasure_list.read(live.home)
    again = reapply_erasures(
        services.sessions, keys, journeys=desk.journeys(services), now=now, means=desk.erasing(services)
    )
    with services.sessions() as session:
        return again, customers.still_known(session, keys)


def _guarded(services: Services, live: Settings, now: datetime, redis: Any) -> tuple[Beat, list[Waiting]]:
    """What a worker does before it hands anything over, with what the witnesses of the installation know."""
    name, seen = installation_name(live.base_url), witnesses.read(live, redis)
    beat = check_sending(services.sessions, name=name, witnesses=seen, now=now)
    with services.sessions() as session:
        return beat, waiting(session, now=now)


def _hand_over(services: Services, now: datetime) -> int:
    at = replace(services, now=lambda: now)
    return desk.drain(at, desk.mailer(at), limit=TRIED).sent
