"""Reports to staff on the line: due once, made when they leave for what a reader may see then, kept word for word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from surveyor import faults
from surveyor.app import build_services
from surveyor.core.guard import installation_name
from surveyor.core.scope import Scope
from surveyor.core.tokens import keys
from surveyor.db import forget, reports, users
from surveyor.db.reports import Chosen
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.reports import ReportCopy, ReportQuote
from surveyor.flows.manage_users import HOST, NewUser, add_user, disable_user
from surveyor.flows.open_report import Sees
from surveyor.flows.queue_reports import queue_reports
from surveyor.flows.settle_doubts import settle_doubts
from surveyor.flows.write_report import unit_of
from surveyor.jobs import desk
from surveyor.jobs.clock import Clock
from surveyor.jobs.desk import drain, mailer
from surveyor.services import Services
from surveyor.settings import Settings
from tests.databases import ON_SQLITE
from tests.web.links import open_network
from tests.web.test_dashboard import answers

SECRET = bytes(range(1, 33))
KEYS = keys([SECRET])
#: Monday 23 November 2026, 08:00 in Paris.
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEK = "2026-W47"


@pytest.fixture
def house(sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """Three stores of two regions; last week's answers are from Friday."""
    settings = replace(
        Settings.read({}), home=tmp_path, mail_url="memory://", secret_keys=(SECRET,), sender="Maison X <a@maison.fr>"
    )
    found = build_services(settings, sessions=sessions, read_sessions=sessions, now=clock, keyring=KEYS)
    clock.set(MONDAY - timedelta(days=3))
    open_network(found)
    with sessions.begin() as session:
        name = installation_name(settings.base_url)
        session.execute(update(Instance).values(name=name, sending="released", pepper_id=KEYS.newest_id))
    return found


def hire(house: Services, role: str, *scopes: str, email: str = "", language: str = "fr") -> UUID:
    user = NewUser(email or f"{role}@example.fr", role, scopes or ("network",), name="Ana", language=language)
    return add_user(house.sessions, user=user, by=HOST, now=house.now())


def queue(house: Services) -> int:
    return queue_reports(house.sessions, keys=KEYS, zone="Europe/Paris", now=house.now())


Sent = Callable[[], list[Any]]


@pytest.fixture
def sent(house: Services) -> Sent:
    """What the mailbox received of staff since the last look, after the line sent what was due."""
    seen = 0

    def look() -> list[Any]:
        nonlocal seen
        drain(house, mailer(house))
        messages = [one for one in house.provider.sent if one.kind in ("express", "voice")]  # type: ignore[attr-defined]
        new, seen = messages[seen:], len(messages)
        return new

    return look


def states(house: Services) -> dict[str, tuple[str, str | None]]:
    with house.sessions() as session:
        rows = session.execute(select(Email.dedupe_key, Email.state, Email.reason).where(Email.kind == "express"))
        return {key: (state, reason) for key, state, reason in rows}


def test_a_store_manager_gets_the_express_of_their_store_once_on_monday_at_eight(
    house: Services, sent: Sent, clock: Any
) -> None:
    user = hire(house, "store_manager", "store:S1")
    answers(house, "S1", *[10] * 30, 2, comment="Écrivez-moi à zoe@example.fr")
    answers(house, "S3", 0, comment="Canari de Nice")
    clock.set(MONDAY - timedelta(seconds=1))
    assert queue(house) == 0
    clock.set(MONDAY)
    assert queue(house) == 1
    assert queue(house) == 0
    (message,) = sent()
    assert message.address == "store_manager@example.fr"
    assert message.subject == "Express semaine 47 - Lille Centre\u00a0: 1 avis attend une réponse"
    assert list(states(house)) == [f"express:{WEEK}:{user.hex}"]
    for part in (message.text, message.html):
        assert "NPS 4 semaines\u00a0: +94" in part
        assert "1 détracteur a laissé un commentaire sans réponse, depuis plus de 48 h." in part
        assert "zoe@example.fr" not in part
        assert "Canari" not in part
        assert "Nice" not in part
        assert "/reports/subscriptions" in part
        assert "/reports/sent/" in part
    assert message.header("List-Unsubscribe") is None
    clock.forward(hours=1)
    assert queue(house) == 0
    assert sent() == []


def test_a_report_that_nobody_confirmed_is_issued_once_more_for_the_same_reader_and_scope(
    house: Services, sent: Sent, clock: Any
) -> None:
    answers(house, "S1", *[10] * 30)
    cx = hire(house, "cx", language="en")
    with house.sessions.begin() as session:
        reports.choose(session, Chosen(cx, "express", "region:nord", "region", True, "test", house.now()))
    clock.set(MONDAY)
    assert queue(house) >= 1
    given = {"journeys": desk.journeys(house), "keys": KEYS}
    with house.sessions.begin() as session:
        rows = session.scalars(select(Email).where(Email.kind == "express")).all()
        for one in rows:
            one.state, one.attempts = "in_doubt", 1
            told = {"provider": "smtp", "outcome": "unknown", "evidence": "timeout"}
            session.add(SendAttempt(email_id=one.id, n=1, intent_at=MONDAY, settled_at=MONDAY, **told))
    before = set(states(house))
    clock.set(MONDAY + timedelta(hours=26))
    settle_doubts(house.sessions, provider=house.provider, now=house.now(), **given)
    assert set(states(house)) == before | {f"{key}:again" for key in before}
    again = sent()
    assert len(again) == len(before)
    assert {one.subject.split(":")[0] for one in again} >= {"Express week 47 - nord"}
    assert {states(house)[f"{key}:again"] for key in before} == {("sent", None)}


def test_roles_get_their_edition_by_themselves_and_the_network_one_is_asked_for(
    house: Services, sent: Sent, clock: Any
) -> None:
    answers(house, "S1", *[10] * 30)
    hire(house, "region_manager", "region:nord", language="en")
    hire(house, "support", language="en")
    cx = hire(house, "cx", language="en")
    hire(house, "admin")
    clock.set(MONDAY)
    assert queue(house) == 2
    region, support = sorted(sent(), key=lambda one: str(one.address))
    assert region.subject == "Express week 47 - nord: NPS +100 over 4 weeks"
    assert "Signs to look at" not in region.html
    assert "Signs to look at" in support.html
    assert "No open alert." in support.html
    with house.sessions.begin() as session:
        reports.choose(session, Chosen(cx, "express", "region:sud", "region", True, "test", house.now()))
    assert queue(house) == 1
    (message,) = sent()
    assert message.address == "cx@example.fr"
    assert message.subject.startswith("Express week 47 - sud")


def test_s26_what_a_reader_may_see_is_read_again_when_the_report_leaves(
    house: Services, sent: Sent, clock: Any
) -> None:
    moved = hire(house, "store_manager", "store:S1", email="moved@example.fr")
    gone = hire(house, "store_manager", "store:S1", email="gone@example.fr")
    tired = hire(house, "store_manager", "store:S1", email="tired@example.fr")
    left = hire(house, "region_manager", "region:nord", email="left@example.fr")
    with house.sessions.begin() as session:
        reports.choose(session, Chosen(left, "express", "store:S1", "store", True, "test", house.now()))
        reports.choose(session, Chosen(left, "express", "", "region", False, "test", house.now()))
    answers(house, "S1", *[10] * 12, comment="Canari de Lille")
    answers(house, "S3", *[8] * 12, comment="De Nice")
    clock.set(MONDAY)
    assert queue(house) == 4
    disable_user(house.sessions, user_id=gone, by=HOST, now=house.now())
    with house.sessions.begin() as session:
        users.replace_scopes(session, moved, ["store:S3"])
        users.replace_scopes(session, left, ["region:sud"])
        reports.choose(session, Chosen(tired, "express", "", "store", False, "test", house.now()))
    (message,) = sent()
    assert message.address == "moved@example.fr"
    assert "Canari" not in message.text
    assert "Nice" in message.subject
    found = states(house)
    assert found[f"express:{WEEK}:{gone.hex}"] == ("dropped", "NO_ACCESS")
    assert found[f"express:{WEEK}:{tired.hex}"] == ("dropped", "UNSUBSCRIBED")
    assert found[f"express:{WEEK}:{left.hex}:store:S1"] == ("dropped", "NO_ACCESS")


def test_an_account_that_closes_between_the_build_and_the_intent_gets_nothing(
    house: Services, sent: Sent, clock: Any
) -> None:
    user = hire(house, "store_manager", "store:S1")
    clock.set(MONDAY)
    queue(house)
    build = house.build

    def closing(facts: Any) -> Any:
        made = build(facts)
        disable_user(house.sessions, user_id=user, by=HOST, now=house.now())
        return made

    worker = mailer(replace(house, build=closing))
    drain(house, worker)
    assert house.provider.sent == []  # type: ignore[attr-defined]
    assert states(house) == {f"express:{WEEK}:{user.hex}": ("dropped", "NO_ACCESS")}


def test_a_monday_that_nobody_looked_at_is_not_caught_up_and_a_late_email_expires(
    house: Services, sent: Sent, clock: Any
) -> None:
    user = hire(house, "store_manager", "store:S1")
    clock.set(MONDAY + timedelta(hours=23, minutes=59))
    assert queue(house) == 1
    clock.forward(minutes=1)
    assert sent() == []
    assert states(house) == {f"express:{WEEK}:{user.hex}": ("dropped", "EXPIRED")}
    other = hire(house, "region_manager", "region:nord")
    assert queue(house) == 0
    assert f"express:{WEEK}:{other.hex}" not in states(house)


def test_what_left_is_kept_word_for_word_and_the_words_go_with_their_author(
    house: Services, sent: Sent, clock: Any
) -> None:
    hire(house, "store_manager", "store:S1")
    answers(house, "S1", *[9] * 12, 3, comment="Attente au retrait")
    clock.set(MONDAY)
    queue(house)
    (message,) = sent()
    with house.sessions() as session:
        (copy,) = reports.copies(session)
        report = reports.report_of(session, copy.email_id, copy.n)
        assert "au retrait" not in str(session.scalars(select(ReportCopy.content)).one())
    assert report is not None
    assert report.subject == message.subject == copy.subject
    assert [one.text for one in report.quotes] == ["Attente au retrait"] * 3
    assert (copy.scope, copy.edition, copy.period, copy.state) == ("store:S1", "store", WEEK, "sent")
    with house.sessions.begin() as session:
        wrote = list(session.scalars(select(ReportQuote.invitation_id)))
        forget.empty_words(session, wrote, lambda *_: ())
        assert set(session.scalars(select(ReportQuote.text))) == {""}
        report = reports.report_of(session, copy.email_id, copy.n)
    assert report is not None
    assert {one.text for one in report.quotes} == {""}


def test_after_four_weeks_with_nothing_to_say_an_express_stops_with_a_notice_until_there_is_something(
    house: Services, sent: Sent, clock: Any
) -> None:
    hire(house, "store_manager", "store:S1")
    said = []
    for week in range(6):
        clock.set(MONDAY + timedelta(weeks=week))
        queue(house)
        said += [("Rien à signaler" in one.text, "cet express s'arrête" in one.text) for one in sent()]
    assert said == [(True, False), (True, False), (True, False), (True, True)]
    clock.set(MONDAY + timedelta(weeks=6, days=2))
    answers(house, "S1", *[9] * 12)
    clock.set(MONDAY + timedelta(weeks=7))
    assert queue(house) == 1


def test_a_recommendation_is_not_said_again_within_four_weeks(house: Services, sent: Sent, clock: Any) -> None:
    hire(house, "store_manager", "store:S1", language="en")
    told = []
    for week, score in ((0, 9), (1, 8), (4, 10)):
        clock.set(MONDAY + timedelta(weeks=week, days=-3))
        answers(house, "S1", *[score] * 4)
        clock.set(MONDAY + timedelta(weeks=week))
        queue(house)
        told += ["Too few answers to conclude" in one.text for one in sent()]
    assert told == [True, False, True]


@pytest.mark.parametrize("point", ["report.rendering", "build.done", "intent.in_tx", "intent.committed"])
def test_a_report_survives_a_stop_anywhere_and_leaves_at_most_once(
    house: Services, sent: Sent, clock: Any, point: str
) -> None:
    class Stopped(BaseException):
        pass

    def stop() -> None:
        raise Stopped

    hire(house, "store_manager", "store:S1")
    answers(house, "S1", *[9] * 12, comment="Bien")
    clock.set(MONDAY)
    queue(house)
    faults.install({point: 1}, stop)
    try:
        with pytest.raises(Stopped):
            drain(house, mailer(house))
    finally:
        faults.install({})
    for _ in range(4):
        clock.forward(minutes=2)
        Clock(house).once()
        drain(house, mailer(house))
    clock.forward(hours=23)
    messages = [one for one in house.provider.sent if one.kind == "express"]  # type: ignore[attr-defined]
    assert len(messages) <= 1
    with house.sessions() as session:
        (email,) = session.scalars(select(Email).where(Email.kind == "express"))
        kept = session.scalars(select(ReportCopy)).all()
    assert len(kept) == email.attempts
    if point != "intent.committed":
        assert len(messages) == 1


def test_two_clocks_that_queue_at_once_queue_once(house: Services, clock: Any) -> None:
    import threading

    for number in range(8):
        hire(house, "store_manager", "store:S1", email=f"m{number}@example.fr")
    clock.set(MONDAY)
    threads = [threading.Thread(target=queue, args=(house,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(states(house)) == 8


@ON_SQLITE
def test_many_stores_are_called_by_two_of_them_and_how_many_more(house: Services) -> None:
    with house.sessions() as session:
        every = (Scope.of(stores=["S1"]), Scope.of(stores=["S2"]), Scope.of(stores=["S3"]), Scope.of(regions=["sud"]))
        assert unit_of(session, every[:3], "fr") == "Lille Centre, Arras, Nice"
        assert unit_of(session, every, "fr").replace("\u00a0", " ") == "Lille Centre, Arras et 2 autres"
        assert unit_of(session, every, "en") == "Lille Centre, Arras and 2 more"


@ON_SQLITE
@pytest.mark.parametrize(
    ("mine", "asked", "seen"),
    [
        ("region:nord", "store:S1", True),
        ("region:nord", "store:S3", False),
        ("store:S1", "region:nord", False),
        ("region:nord+segment:vip", "store:S1", False),
        ("region:nord+segment:vip", "region:nord+segment:vip", True),
        ("region:nord", "network", False),
        ("network", "network", True),
    ],
)
def test_a_report_is_open_to_who_may_see_all_of_it_however_often_it_is_asked(
    house: Services, mine: str, asked: str, seen: bool
) -> None:
    with house.sessions() as session:
        sees = Sees(session, (Scope.parse(mine),))
        assert [sees((Scope.parse(asked),)) for _ in range(2)] == [seen, seen]
