"""A few stores that live by the real flows, act by act: orders, emails, answers, second thoughts, robots, erasures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from surveyor.core.surveys import Kind, Question, Survey, Words
from surveyor.core.tokens import Purpose
from surveyor.db import network
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.flows.edit_surveys import Wanted, change_draft, open_draft, publish_draft
from surveyor.flows.erase_customer import erase_waiting, request_erasure
from surveyor.flows.gather_tallies import gather_tallies
from surveyor.flows.manage_users import HOST
from surveyor.flows.record_provider_events import count_undelivered, record_provider_events
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.flows.record_visit import Opening, count_visits, record_visit
from surveyor.flows.send_emails import send_emails
from surveyor.flows.unsubscribe import Choice, unsubscribe
from surveyor.jobs import desk
from surveyor.mail.providers.base import EventKind, ProviderEvent
from surveyor.services import Services
from tests.flows.line import JOURNEYS
from tests.flows.orders import KEYS, event, record, use_rules
from tests.flows.sending import Scripted, mailer

REGIONS = {"S0": "nord", "S1": "nord", "S2": "sud", "S3": ""}
SEGMENTS = ("", "drive", "senior")
WORDS = ("", "Très bien", "Trop d'attente en caisse", "Correct")
TOLD = (EventKind.DELIVERED, EventKind.DELIVERED, EventKind.BOUNCED, EventKind.REJECTED, EventKind.COMPLAINED)
RULES = '[[rule]]\nid = "std"\nmin_orders = 1\nname = "Version {n}"\n'
ACTS = (
    "order",
    "order",
    "order",
    "order",
    "send",
    "answer",
    "answer",
    "answer",
    "edit",
    "robot",
    "tell",
    "cancel",
    "oppose",
    "visit",
)
RARE = ("erase", "rule", "questions", "quiet")
WAIT = Question("q_wait", Kind.STARS, Words("L'attente", "Waiting"), theme=Words("Attente", "Waiting"))


@dataclass
class Town:
    """One installation. Every act takes a number, which says of whom; those that fit nobody do nothing."""

    house: Services
    clock: Any
    orders: int = 0
    rules: int = 1
    asked_in: int = 0
    told: int = 0
    done: list[str] = field(default_factory=list)

    @property
    def sessions(self) -> Any:
        """Those of the house."""
        return self.house.sessions

    def found(self) -> None:
        """Four stores of two regions and of none, and a first rule."""
        with self.sessions.begin() as session:
            now = self.clock()
            session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
            network.add_names(session, now=now, brands=["X"], regions=["nord", "sud"], segments=SEGMENTS[1:])
            rows = [
                network.StoreRow(name, name, "Europe/Paris", region, "X" if name != "S3" else "", "drive", "fr")
                for name, region in REGIONS.items()
            ]
            network.add_stores(session, rows, day=now.date(), now=now)
        use_rules(self.sessions, RULES.format(n=1), now=self.clock())

    def act(self, what: str, n: int) -> None:
        """Live some minutes, then do it."""
        self.clock.forward(minutes=2 + n % 40)
        getattr(self, what)(n, self.clock())
        self.done.append(what)

    def order(self, n: int, now: datetime) -> None:
        self.orders += 1
        fields = {"store_id": f"S{n % 4}", "segment": SEGMENTS[n % 3]}
        record(self.sessions, event(f"o{self.orders}", f"c{n % 400}", now, **fields), now=now)

    def cancel(self, n: int, now: datetime) -> None:
        if self.orders:
            which = 1 + n % self.orders
            record(self.sessions, event(f"o{which}", f"c{n % 400}", now, type="order.cancelled"), now=now)

    def send(self, n: int, now: datetime) -> None:
        """Three mornings: what is due leaves."""
        for day in range(1, 4):
            self.clock.set((now + timedelta(days=day)).replace(hour=10, minute=n % 60))
            send_emails(self.sessions, mailer=mailer(Scripted(events=True), journeys=JOURNEYS), now=self.clock)

    def asked(self, n: int) -> Any:
        """One of the emails that were sent, with its invitation."""
        query = select(Invitation, Email).join(Email, Email.invitation_id == Invitation.id)
        with self.sessions() as session:
            rows = session.execute(
                query.where(Invitation.state == "sent").order_by(Invitation.order_id, Invitation.id)
            ).all()
        return rows[n % len(rows)] if rows else None

    def _post(self, one: Any, score: int, comment: str, *, at: datetime, client: bytes = b"c") -> None:
        """Send the page's form half a minute after it was opened; it follows what stands, if anything does."""
        with self.sessions() as session:
            known = session.get(Response, one.id)
            follows = () if known is None or known.standing is None else (known.standing,)
        mark = page_nonce(KEYS, one.id, now=at - timedelta(seconds=30), follows=follows)
        form = Form(
            (("score", str(score)), ("nonce", mark), ("comment", comment), ("q_wait", str(1 + score % 5))), client * 32
        )
        token = KEYS.token(Purpose.SURVEY, one.id)
        record_response(self.sessions, token, form=form, keys=KEYS, journeys=JOURNEYS, now=at)

    def answer(self, n: int, now: datetime) -> None:
        if (one := self.asked(n)) is not None:
            self._post(one[0], n % 11, WORDS[n % 4], at=now)

    def edit(self, n: int, now: datetime) -> None:
        """Somebody who answered answers again."""
        query = select(Invitation).join(Response, Response.invitation_id == Invitation.id).order_by(Invitation.order_id)
        with self.sessions() as session:
            rows = list(session.scalars(query))
        if rows:
            self._post(rows[n % len(rows)], (n * 7) % 11, WORDS[(n + 1) % 4], at=now)

    def robot(self, n: int, now: datetime) -> None:
        """Two scores from two pages within a minute: both are struck."""
        if (one := self.asked(n)) is not None:
            self._post(one[0], 9, "", at=now)
            mark = page_nonce(KEYS, one[0].id, now=now)
            form = Form((("score", "2"), ("nonce", mark)), b"d" * 32)
            token, later = KEYS.token(Purpose.SURVEY, one[0].id), now + timedelta(seconds=40)
            record_response(self.sessions, token, form=form, keys=KEYS, journeys=JOURNEYS, now=later)

    def visit(self, n: int, now: datetime) -> None:
        if (one := self.asked(n)) is not None:
            token = KEYS.token(Purpose.SURVEY, one[0].id)
            opening = Opening("GET", b"c" * 32, n % 11, navigated=True)
            record_visit(self.sessions, token, opening=opening, keys=KEYS, now=now)

    def tell(self, n: int, now: datetime) -> None:
        """The provider says what became of an email, in whatever order."""
        if (one := self.asked(n)) is not None:
            self.told += 1
            told = ProviderEvent(
                kind=TOLD[n % len(TOLD)], at=now, email_id=one[1].id, attempt=1, event_id=f"e{self.told}"
            )
            record_provider_events(self.sessions, "memory", [told], journeys=JOURNEYS, keys=KEYS, now=now)

    def oppose(self, n: int, now: datetime) -> None:
        if (one := self.asked(n)) is not None:
            link = KEYS.token(Purpose.UNSUBSCRIBE, one[1].id)
            choice = (Choice.STOP, Choice.UNDO)[n % 2]
            unsubscribe(self.sessions, link, choice=choice, months=0, journeys=JOURNEYS, now=now)

    def erase(self, n: int, now: datetime) -> None:
        with self.sessions() as session:
            known = Customer.external_id.not_like("erased-%")
            people = list(session.scalars(select(Customer.id).where(known).order_by(Customer.external_id)))
        if people:
            home, journeys = self.house.settings.home, desk.journeys(self.house)
            request_erasure(self.sessions, people[n % len(people)], by=HOST, home=home, journeys=journeys, now=now)
            erase_waiting(self.sessions, desk.erasing(self.house), now=now)

    def rule(self, n: int, now: datetime) -> None:
        self.rules += 1
        use_rules(self.sessions, RULES.format(n=self.rules), now=now)

    def questions(self, n: int, now: datetime) -> None:
        """Another version of the survey: waiting is asked about, each time in other words."""
        self.asked_in += 1
        wait = replace(WAIT, label=Words(f"L'attente, {self.asked_in}", f"Waiting, {self.asked_in}"))

        def change(survey: Survey) -> Survey:
            return replace(survey, questions=(survey.questions[0], wait, survey.questions[-1]))

        open_draft(self.sessions, "u1", "nps", now=now)
        change_draft(self.sessions, "u1", "nps", change, now=now)
        publish_draft(self.sessions, Wanted("u1", "Zoé", "l'attente"), "nps", now=now)

    def quiet(self, n: int, now: datetime) -> None:
        """What the clock does by itself."""
        self.clock.forward(hours=n % 30)
        count_visits(self.sessions, now=self.clock())
        count_undelivered(self.sessions, now=self.clock())
        gather_tallies(self.sessions)
