"""Mail scanners open every link, run scripts and submit: nothing of it becomes a score (F34)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyor.app import build_services, create_app
from surveyor.core.automated import Seen
from surveyor.core.periods import Period
from surveyor.core.scope import Scope
from surveyor.core.tally import Tally
from surveyor.db.deliverability import automated
from surveyor.db.tables.responses import Response, ResponseRevision, Visit
from surveyor.db.tables.suppressions import Suppression
from surveyor.db.tallies import sums
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.rebuild_tallies import differences
from surveyor.flows.record_orders import record_orders
from surveyor.flows.record_visit import count_visits
from surveyor.ingest.payload import read_event
from surveyor.jobs.run_due import run_due
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from surveyor.settings import Settings
from surveyor.testing.robot import STEP_UP, Http, Reply, Robot, links
from tests.journeys.conftest import SECRET, served
from tests.servers import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ROBOT, PERSON, OTHER = "203.0.113.9", "198.51.100.20", "192.0.2.30"
WEEK = Period(datetime(2026, 11, 16, tzinfo=UTC).date(), datetime(2026, 11, 30, tzinfo=UTC).date())
#: Of the storm, as many as was asked for.
RECIPIENTS = 1000
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Mailboxes:
    """An installation whose emails arrived: the links of each, and what was counted of them."""

    here: Services
    clock: Any
    app: Flask
    mails: list[list[str]]
    asks: dict[str, Any] = field(default_factory=dict)

    def ask(self, ip: str) -> Any:
        """Requests from an address, without a network."""

        def call(method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
            path = url.removeprefix(self.here.settings.base_url)
            client = self.app.test_client(use_cookies=False)
            answer = client.open(
                path,
                method=method,
                headers=dict(headers),
                data=body,
                environ_base={"REMOTE_ADDR": ip},
                base_url=self.here.settings.base_url,
                follow_redirects=True,
            )
            return Reply(answer.status_code, f"{self.here.settings.base_url}{answer.request.path}", answer.text)

        return call

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.forward(seconds=seconds)

    def robot(self, *, sign: str = "", ip: str = ROBOT) -> Robot:
        """A scanner on the clock of the test."""
        return Robot(self.ask(ip), self.wait, sign=sign)

    def person(self, *, ip: str = PERSON) -> Robot:
        """Somebody who reads, chooses and presses."""
        return Robot(self.ask(ip), self.wait, agent=BROWSER, sign="person")

    def survey(self, mail: int = 0) -> list[str]:
        """The score links of an email from 0 to 10, then its plain link."""
        found = [url for url in self.mails[mail] if "/s/" in url]
        plain = [url for url in found if url.count("/") == 4]
        return [*(f"{plain[0]}/{score}" for score in range(11)), plain[0]]

    def unsubscribe(self, mail: int = 0) -> str:
        """The link to hear from us no more."""
        return next(url for url in self.mails[mail] if "/u/" in url)

    def score(self, mail: int = 0) -> int | None:
        """What stands of an email; the tallies are a recount of the rows, whatever happened."""
        token = self.survey(mail)[-1].rpartition("/")[2]
        from surveyor.core.tokens import digest
        from surveyor.db.responses import find

        with self.here.sessions() as session:
            assert differences(session) == []
            opened = find(session, digest(token))
        assert opened is not None
        return opened.counted.score if opened.counted else None

    def counted(self) -> Tally:
        """All that indicators are made of."""
        with self.here.sessions() as session:
            found: Tally = sums(session, (Scope(),), WEEK).get((), Tally())
        return found

    def rows(self, table: Any) -> int:
        """How many there are."""
        with self.here.sessions() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def still_good(self, mail: int = 0) -> None:
        """Ten minutes after, a person's answer counts."""
        self.wait(601)
        assert "data-code" not in self.person().press(self.survey(mail)[9], dwell=20).text
        assert self.score(mail) == 9


def deliver(here: Services, clock: Any, *, many: int) -> list[list[str]]:
    """Two orders of so many customers, and the links of the emails that these bring."""
    for number, day in ((1, datetime(2026, 11, 2, 9, tzinfo=UTC)), (2, datetime(2026, 11, 18, 9, tzinfo=UTC))):
        clock.set(day + timedelta(hours=1))
        for start in range(0, many, 500):
            events = [event(customer, number, day, here.now()) for customer in range(start, min(many, start + 500))]
            record_orders(here.sessions, events, source="shop", now=here.now(), keys=here.keyring)
    clock.set(datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    run_due(here)
    provider: Any = here.provider
    messages = sorted(provider.sent, key=lambda message: message.address)
    assert len(messages) == many
    clock.forward(minutes=1)
    return [links(message.wire) for message in messages]


def event(customer: int, number: int, at: datetime, now: datetime) -> Any:
    """One order, as a shop sends it."""
    domain = ("example.fr", "gmail.com", "outlook.fr")[customer % 3]
    item = {
        "event_id": f"{customer}-{number}",
        "type": "order.completed",
        "order_id": f"o-{customer}-{number}",
        "customer_id": f"c{customer}",
        "email": f"client{customer:05d}@{domain}",
        "ordered_at": at.isoformat(),
        "store_id": f"lille-{customer % 7}",
    }
    return read_event(item, now=now)


def install(url: str, clock: Any, base: str, home: Path) -> Services:
    """An installation that keeps its emails in memory, bytes included."""
    settings = replace(
        Settings.read({}),
        home=home,
        database_url=url,
        read_database_url=url,
        base_url=base,
        sender="Courses Claires <avis@courses.example>",
        secret_keys=(SECRET,),
    )
    here = build_services(settings, now=clock, provider=MemoryProvider())
    clock.set(datetime(2026, 11, 2, 8, tzinfo=UTC))
    publish_first(here.sessions, (ROOT / "rules.toml").read_text("utf-8"), now=here.now())
    return here


@pytest.fixture
def mailboxes(engine_url: str, clock: Any, tmp_path: Path) -> Iterator[Mailboxes]:
    """Five customers with an email each."""
    here = install(engine_url, clock, "http://127.0.0.1:8000", tmp_path)
    yield Mailboxes(here, clock, create_app(here), deliver(here, clock, many=5))
    for sessions in (here.sessions, here.read_sessions):
        sessions.kw["bind"].dispose()


def visited(boxes: Mailboxes) -> int:
    """Invitations visited by a person, once visits are old enough to be judged."""
    boxes.wait(120)
    count_visits(boxes.here.sessions, now=boxes.here.now())
    return boxes.counted().visited


def test_1_head_of_every_link_is_no_visit(mailboxes: Mailboxes) -> None:
    replies = mailboxes.robot().look([*mailboxes.mails[0], *mailboxes.survey()], method="HEAD")
    assert {reply.status for reply in replies} == {200}
    assert visited(mailboxes) == 0
    assert mailboxes.score() is None
    mailboxes.still_good()


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose"])
def test_2_a_prefetch_is_no_visit(mailboxes: Mailboxes, header: str) -> None:
    mailboxes.robot().look([mailboxes.survey()[7]], more={header: "prefetch"})
    assert mailboxes.rows(Visit) == 1
    assert visited(mailboxes) == 0
    assert mailboxes.score() is None


@pytest.mark.parametrize("every", [0.0, 0.05, 2.0])
def test_3_opening_every_link_is_neither_a_visit_nor_a_vote(mailboxes: Mailboxes, every: float) -> None:
    before = mailboxes.counted()
    replies = mailboxes.robot().look(mailboxes.survey(), every=every)
    assert {reply.status for reply in replies} == {200}
    assert mailboxes.rows(ResponseRevision) == 0
    assert visited(mailboxes) == 0
    assert mailboxes.counted() == before
    mailboxes.still_good()


@pytest.mark.parametrize("dwell", [0.0, 0.5, 1.9])
def test_4_one_form_sent_at_once_waits_for_a_click(mailboxes: Mailboxes, dwell: float) -> None:
    answer = mailboxes.robot(sign="person").press(mailboxes.survey()[0], dwell=dwell)
    assert STEP_UP in answer.text
    assert mailboxes.score() is None
    mailboxes.still_good()


def test_5_scripts_without_a_gesture_wait_for_a_click(mailboxes: Mailboxes) -> None:
    assert STEP_UP in mailboxes.robot(sign="js").press(mailboxes.survey()[0], dwell=30).text
    assert mailboxes.score() is None
    mailboxes.still_good()


def test_6_whoever_opened_three_scores_waits_for_a_click(mailboxes: Mailboxes) -> None:
    robot = mailboxes.robot(sign="person")
    pages = robot.look(mailboxes.survey()[:3], every=1)
    mailboxes.wait(5)
    assert STEP_UP in robot.submit(pages[-1]).text
    assert mailboxes.score() is None


APART = [0.05, 0.5, 2.5, 7.0, 20.0]


@pytest.mark.parametrize("dwell", [0.05, 2.1], ids=["fast", "slow"])
@pytest.mark.parametrize("sign", ["", "js", "person"], ids=["plain", "scripts", "gestures"])
def test_7_submitting_all_eleven_leaves_nothing(mailboxes: Mailboxes, dwell: float, sign: str) -> None:
    before = mailboxes.counted()
    for mail, every in enumerate(APART):
        mailboxes.robot(sign=sign).storm(mailboxes.survey(mail)[:11], every=every, dwell=dwell)
        assert mailboxes.score(mail) is None, every
    visited(mailboxes)
    assert mailboxes.counted() == before
    for mail in range(len(APART)):
        mailboxes.still_good(mail)


@pytest.mark.parametrize("dwell", [0.05, 2.1], ids=["fast", "slow"])
@pytest.mark.parametrize("sign", ["js", "person"], ids=["scripts", "gestures"])
def test_8_nor_does_pressing_every_step_up(mailboxes: Mailboxes, dwell: float, sign: str) -> None:
    before = mailboxes.counted()
    for mail, every in enumerate(APART):
        robot = mailboxes.robot(sign=sign)
        robot.storm(mailboxes.survey(mail)[:11], every=every, dwell=dwell, confirm=True)
        assert mailboxes.score(mail) is None, every
    visited(mailboxes)
    assert mailboxes.counted() == before
    for mail in range(len(APART)):
        mailboxes.still_good(mail)


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_9_nor_opening_all_before_submitting_all(mailboxes: Mailboxes, order: str) -> None:
    urls = mailboxes.survey()[:11]
    if order != "forwards":
        urls = urls[::-1] if order == "backwards" else random.Random(11).sample(urls, 11)
    robot = mailboxes.robot(sign="person")
    pages = robot.look(urls)
    mailboxes.wait(3)
    for page in pages:
        robot.submit(page)
    assert mailboxes.score() is None
    mailboxes.still_good()


@pytest.mark.parametrize("confirm", [False, True], ids=["once", "with step-ups"])
@pytest.mark.parametrize("every", [0.05, 5.0])
def test_10_an_answer_five_minutes_before_survives(mailboxes: Mailboxes, every: float, confirm: bool) -> None:
    mailboxes.person().press(mailboxes.survey()[3], dwell=15)
    assert mailboxes.score() == 3
    before = mailboxes.counted()
    mailboxes.wait(300)
    mailboxes.robot(sign="js").storm(mailboxes.survey()[:11], every=every, dwell=0.3, confirm=confirm)
    assert mailboxes.score() == 3
    assert mailboxes.counted() == before


def test_11_within_ten_minutes_of_a_storm_a_person_is_asked_to_come_back_and_then_counts(mailboxes: Mailboxes) -> None:
    mailboxes.robot().storm(mailboxes.survey()[:11], every=0.2, dwell=0.1)
    mailboxes.wait(300)
    early = mailboxes.person().press(mailboxes.survey()[8], dwell=15)
    assert 'data-code="responses_contradictory"' in early.text
    assert mailboxes.score() is None
    mailboxes.still_good()


def test_12_two_devices_that_disagree_are_asked_which_and_two_tabs_of_one_page_are_an_edit(
    mailboxes: Mailboxes,
) -> None:
    phone, desk = mailboxes.person(), mailboxes.person(ip=OTHER)
    pages = [phone.look([mailboxes.survey()[9]])[0], desk.look([mailboxes.survey()[2]])[0]]
    mailboxes.wait(10)
    phone.submit(pages[0])
    assert mailboxes.score() == 9
    mailboxes.wait(10)
    which = desk.submit(pages[1])
    assert which.text.count('name="score"') == 2
    assert mailboxes.score() is None
    mailboxes.wait(5)
    desk.submit(which)  # its first button: the score of the other device
    assert mailboxes.score() == 9

    thanks = phone.look([f"{mailboxes.survey()[-1]}/thanks"])[0]
    mailboxes.wait(5)
    edited = Reply(thanks.status, thanks.url, thanks.text.replace('value="9" checked', 'value="9"', 1))
    edited = Reply(edited.status, edited.url, edited.text.replace('value="10"', 'value="10" checked', 1))
    phone.submit(edited)
    assert mailboxes.score() == 10
    assert mailboxes.counted().responses == 1


def test_13_opening_the_way_out_changes_nothing_and_one_click_of_a_mailbox_does(mailboxes: Mailboxes) -> None:
    robot, way_out = mailboxes.robot(), mailboxes.unsubscribe()
    for method in ("HEAD", "GET"):
        assert {reply.status for reply in robot.look([way_out] * 50, method=method)} == {200}
    robot.look([way_out], more={"Sec-Purpose": "prefetch"})
    assert mailboxes.rows(Suppression) == 0
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    said = robot.ask("POST", way_out, headers=form, body=b"List-Unsubscribe=One-Click")
    assert (said.status, said.text) == (200, "")
    assert mailboxes.rows(Suppression) == 1


def test_14_one_link_opened_and_sent_after_a_while_is_a_person_to_us(mailboxes: Mailboxes) -> None:
    """The known limit: what cannot be told apart counts, and is watched by domain."""
    assert "data-code" not in mailboxes.robot().press(mailboxes.survey()[0], dwell=30).text
    assert mailboxes.score() == 0


@pytest.mark.slow
def test_a_storm_over_a_thousand_recipients_moves_no_indicator(sqlite_url: str, clock: Any, tmp_path: Path) -> None:
    """Every link of all the emails is opened over HTTP, many are submitted; the counts are the same, to the unit."""
    port = free_port()
    here = install(sqlite_url, clock, f"http://127.0.0.1:{port}", tmp_path)
    app = create_app(here)
    boxes = Mailboxes(here, clock, app, deliver(here, clock, many=RECIPIENTS))
    draw = random.Random(1000)
    answered = {mail: draw.choice((0, 3, 6, 7, 8, 9, 9, 10, 10, 10)) for mail in range(0, RECIPIENTS, 4)}
    pages = {mail: boxes.person().look([boxes.survey(mail)[score]])[0] for mail, score in answered.items()}
    boxes.wait(20)
    for page in pages.values():
        boxes.person().submit(page)
    boxes.wait(300)
    count_visits(here.sessions, now=here.now())
    before = boxes.counted()
    assert before.responses == before.visited == len(answered)

    with served(app, port):
        storm(boxes)
    assert boxes.rows(Visit) > 12 * RECIPIENTS
    boxes.wait(120)
    count_visits(here.sessions, now=here.now())
    after = boxes.counted()
    assert after == before
    with here.sessions() as session:
        standing = dict(
            session.execute(
                select(Response.score, func.count()).where(Response.score.is_not(None)).group_by(Response.score)
            ).all()
        )
        assert differences(session) == []
    assert standing == {score: list(answered.values()).count(score) for score in set(answered.values())}


def storm(boxes: Mailboxes) -> None:
    """What a scanner does to each email, by turns: looks alone, submits one at once, or sends every form."""
    http = Http()
    looks, sends = Robot(http, boxes.wait), Robot(http, boxes.wait, sign="js")
    for mail in range(RECIPIENTS):
        urls = boxes.survey(mail)
        looks.look([boxes.unsubscribe(mail), urls[-1]], method="HEAD")
        pages = looks.look(urls)
        assert {page.status for page in pages} == {200}
        if mail % 5 == 1:
            sends.submit(pages[mail % 11])
        elif mail % 10 == 2:
            for page in pages[:11]:
                sends.submit(page)
    http.close()


@pytest.mark.browser
@pytest.mark.parametrize("presses", [False, True], ids=["by script", "by the mouse"])
def test_a_browser_that_opens_runs_and_submits_everything(
    sqlite_url: str, clock: Any, tmp_path: Path, chromium_browser: Any, presses: bool
) -> None:
    """A headless Chromium on every link of some emails: scripts run, forms are sent, step-ups are pressed."""
    port = free_port()
    here = install(sqlite_url, clock, f"http://127.0.0.1:{port}", tmp_path)
    app = create_app(here)
    boxes = Mailboxes(here, clock, app, deliver(here, clock, many=3))
    boxes.person().press(boxes.survey(2)[10], dwell=20)
    boxes.wait(300)
    before = boxes.counted()
    with served(app, port):
        page = chromium_browser.new_context().new_page()
        for mail in range(3):
            for url in [boxes.unsubscribe(mail), *boxes.survey(mail)]:
                drive(page, boxes, url, presses=presses)
        page.context.close()
    boxes.wait(120)
    count_visits(here.sessions, now=here.now())
    assert boxes.counted() == before
    assert [boxes.score(mail) for mail in range(3)] == [None, None, 10]
    assert boxes.rows(Suppression) == 0
    with here.sessions() as session:
        reasons = set(session.scalars(select(ResponseRevision.why)))
    assert {"no_gesture", "burst"} & reasons
    boxes.still_good(0)


def drive(page: Any, boxes: Mailboxes, url: str, *, presses: bool) -> None:
    """Open a link, let its scripts run, send its form, and press what comes back; never the way out."""
    assert page.goto(url).status == 200
    assert page.evaluate("document.readyState") in ("interactive", "complete")
    if "/u/" in url:
        return
    boxes.wait(2.5)
    for _ in range(3):
        button = page.query_selector("form button[type=submit]")
        if button is None or "/thanks" in page.url:
            return
        if not page.query_selector("input[name=score]:checked, input[type=hidden][name=score]"):
            page.evaluate("document.querySelector('input[name=score]').checked = true")
        with page.expect_navigation():
            if presses:
                button.click()
            else:
                page.evaluate("document.querySelector('form button[type=submit]').click()")
        boxes.wait(2.5)


def test_the_robot_reads_what_it_is_sent() -> None:
    """A robot that finds no link would pass every test above."""
    message = (
        b"Subject: a\r\nList-Unsubscribe: <https://x.example/u/abc>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        b"Ici : https://x.example/s/abc.\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b'<a href="https://x.example/s/abc/3?a=1&amp;b=2">3</a>\r\n--b--\r\n'
    )
    expected: Sequence[str] = [
        "https://x.example/u/abc",
        "https://x.example/s/abc/3?a=1&b=2",
        "https://x.example/s/abc",
    ]
    assert links(message) == expected


def test_mailboxes_that_answer_at_once_are_asked_about_and_still_count(mailboxes: Mailboxes) -> None:
    """Domain statistics: quick answers, sweeps and scores by group of mailboxes, as integers, on both engines."""
    sent = mailboxes.here.now()
    mailboxes.robot().press(mailboxes.survey(1)[0], dwell=30)  # gmail, 90 s after the email left
    mailboxes.robot(ip=OTHER).look(mailboxes.survey(4)[:4])  # gmail
    mailboxes.robot(ip=OTHER).press(mailboxes.survey(2)[5], dwell=0.5)  # microsoft, held
    assert mailboxes.here.now() - sent < timedelta(minutes=1)
    mailboxes.wait(600)
    mailboxes.person().press(mailboxes.survey(0)[9], dwell=20)
    mailboxes.person().press(mailboxes.survey(3)[10], dwell=20)
    with mailboxes.here.sessions() as session:
        found = {one.name: one for one in automated(session, (Scope(),), WEEK)}
        assert automated(session, (Scope.of(stores=("elsewhere",)),), WEEK) == []
    assert found == {
        "gmail": Seen("gmail", 2, {0: 1}, quick=1, swept=1),
        "microsoft": Seen("microsoft", 1, held=1),
        "other": Seen("other", 2, {9: 1, 10: 1}),
    }
    assert mailboxes.counted().responses == 3
