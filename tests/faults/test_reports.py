"""kill -9 while reports are queued, written and sent: everybody gets theirs once, and what left was kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from surveyor.app import build_services
from surveyor.core.guard import installation_name
from surveyor.core.tokens import keys
from surveyor.db import reports
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.reports import ReportCopy
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.services import Services
from surveyor.settings import Settings
from tests.faults.life import KILLED, in_a_process
from tests.faults.outside import LedgerProvider, Outside
from tests.web.links import open_network
from tests.web.test_dashboard import answers

pytestmark = pytest.mark.faults
#: Monday 23 November 2026, 08:00 in Paris.
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
SECRET = bytes(range(1, 33))
#: Numbers of addresses: the answer to the fifth is lost once it was accepted.
READERS = (0, 1, 2, 5)


class House:
    """An installation with four readers of one store; each start begins some minutes after the one before."""

    def __init__(self, url: str, folder: Path, *, start: int) -> None:
        self.now = MONDAY + timedelta(minutes=4 * start)
        settings = replace(
            Settings.read({}), home=folder, mail_url="memory://", secret_keys=(SECRET,), sender="Maison X <a@maison.fr>"
        )
        sessions = make_sessions(make_engine(url))
        built = build_services(
            settings, sessions=sessions, read_sessions=sessions, now=lambda: self.now, keyring=keys([SECRET])
        )
        self.services: Services = replace(built, provider=LedgerProvider(Outside(folder)))

    def open(self) -> None:
        """The network, its answers of the week before, and its readers."""
        self.now = MONDAY - timedelta(days=3)
        open_network(self.services)
        with self.services.sessions.begin() as session:
            name = installation_name(self.services.settings.base_url)
            pepper = self.services.keyring.newest_id
            session.execute(update(Instance).values(name=name, sending="released", pepper_id=pepper))
        answers(self.services, "S1", *[9] * 12, comment="Bien")
        for number in READERS:
            user = NewUser(f"c{number}@example.fr", "store_manager", ("store:S1",), name="Ana", language="fr")
            add_user(self.services.sessions, user=user, by=HOST, now=self.now)

    def work(self) -> None:
        """Clock and worker until nothing is due; a doubt is looked at again a minute later."""
        worker = desk.mailer(self.services)
        for _ in range(4):
            Clock(self.services).once()
            desk.drain(self.services, worker)
            self.now += timedelta(minutes=1)


def findings(url: str) -> set[str]:
    """What the invariants say: answers that were sown without their decisions are there before and after."""
    engine = make_engine(url)
    found = check_invariants(make_sessions(engine), now=MONDAY + timedelta(minutes=20)).findings
    engine.dispose()
    return {str(one) for one in found}


@pytest.mark.parametrize(
    ("point", "n"),
    [
        ("report.in_tx", 1),
        ("report.in_tx", 4),
        ("report.committed", 1),
        ("report.rendering", 3),
        ("intent.in_tx", 1),
        ("intent.committed", 1),
        ("call.answered", 1),
    ],
)
def test_a_kill_anywhere_leaves_one_report_for_each_reader_and_its_copy(
    engine_url: str, tmp_path: Path, point: str, n: int
) -> None:
    assert in_a_process(lambda: House(engine_url, tmp_path, start=-1).open()) == 0
    sown = findings(engine_url)

    def live(start: int) -> None:
        House(engine_url, tmp_path, start=start).work()

    assert in_a_process(lambda: live(0), plan=f"{point}:{n}") == KILLED, f"{point} was not passed {n} times"
    assert in_a_process(lambda: live(1)) == 0
    assert in_a_process(lambda: live(2)) == 0
    engine = make_engine(engine_url)
    sessions = make_sessions(engine)
    accepted = Outside(tmp_path).accepted()
    with sessions() as session:
        emails = list(session.scalars(select(Email).where(Email.kind == "express")))
        copies = list(session.execute(select(ReportCopy.email_id, ReportCopy.n)))
        words = [reports.report_of(session, email, n) for email, n in copies]
    engine.dispose()
    assert findings(engine_url) == sown
    assert len(emails) == len({one.dedupe_key for one in emails}) == len(READERS)
    assert {one.state for one in emails} == {"sent"}
    assert accepted == {one.id.hex: 1 for one in emails}
    assert sorted(one.attempts for one in emails) == sorted(
        sum(email == one.id for email, _ in copies) for one in emails
    )
    assert all(one is not None and one.subject.startswith("Express semaine 47 - Lille Centre") for one in words)
