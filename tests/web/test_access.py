"""Who may open what: every route and method, every role and scope, the status expected; a route without a row fails."""

from __future__ import annotations

import csv
import dataclasses
import io
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.core.scope import NETWORK, may
from surveyor.core.tokens import digest
from surveyor.db import customers, outgoing, quarantine, review_settings, rules, streams
from surveyor.db.alerts import open_alerts, raise_alert
from surveyor.db.base import new_id
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.review_settings import Publication
from surveyor.db.suppressions import suppress
from surveyor.db.tables.cases import ActionPlan, Case, ReplyText
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.outgoing import WebhookEvent
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.reviews import Review
from surveyor.db.tables.widgets import FaqEntry
from surveyor.flows import edit_emails, edit_rules, edit_surveys
from surveyor.flows.approvals import Place, propose_rules
from surveyor.flows.keep_unusable import keep_unusable
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_users import HOST, Actor, NewUser, add_user
from surveyor.flows.manage_webhooks import NewWebhook, add_webhook
from surveyor.flows.manage_widgets import WidgetForm, make_widget
from surveyor.flows.note_fact import note_fact
from surveyor.flows.publish_rules import Draft
from surveyor.flows.share_report import path_of, share_report
from surveyor.flows.stage_import import stage_import
from surveyor.mail.providers.outbox import OutboxProvider
from surveyor.outgoing import Post
from surveyor.services import Services
from surveyor.shipped import shipped
from tests.databases import SqliteDatabases
from tests.web.conftest import NOW, Person, browser, make_services
from tests.web.links import Sent, mark, open_network, send
from tests.web.reports import keep_report
from tests.web.sample import answer

pytestmark = pytest.mark.slow

TABLE = Path(__file__).parent / "access.csv"
ACTORS = {
    "anonymous": None,
    "store_manager_own": ("store_manager", "store:S1"),
    "store_manager_region": ("store_manager", "store:S2"),
    "store_manager_elsewhere": ("store_manager", "store:S3"),
    "region_manager_own": ("region_manager", "region:nord"),
    "region_manager_other": ("region_manager", "region:sud"),
    "marketing": ("marketing", "network"),
    "support": ("support", "network"),
    "cx": ("cx", "network"),
    "admin": ("admin", "network"),
    "key_without_scope": "metrics:read",
    "key_other_scope": "store:S3",
}
ALL_SCOPES = (
    *("orders:write", "indicators:read", "responses:read", "decisions:read", "customers:write", "rules:read"),
    *("webhooks:read", "webhooks:write"),
)
EMAIL = "0192f1c47b1e7c559a573f6b5a0e9d11"
REVIEW = "0192f1c47b1e7c559a573f6b5a0e9d12"
ELSEWHERE = "0" * 30 + "e1"
#: What stands in an address, and what is posted, where a page needs something; objects are those of store S1.
PARTS: dict[str, str] = {
    "store_id": "S1",
    "brand_id": "Maison Claire",
    "customer": "c1",
    "score": "9",
    "number": "1",
    "email_id": EMAIL,
    "source": "generic",
    "name": "nps",
    "code": "not_found",
    "address": "nothing.css",
    "browser": "0123456789abcdef",
    "place": "0",
    "step": "hits",
    "rule": "standard",
    "one": "1",
    "other": "1",
    "kind": "invitation",
    "language": "fr",
    "survey": "nps",
    "question": "comment",
    "widget": "w1",
    "view": "0192f1c47b1e7c559a573f6b5a0e9d99",
    "widget_id": "w1",
    "review_id": REVIEW,
    "webhook": REVIEW,
    "event": REVIEW,
    "elsewhere": ELSEWHERE,
    "review": REVIEW,
    "label": "waiting",
    "entry_id": REVIEW,
}
FORMS: dict[tuple[str, str], dict[str, str]] = {
    ("/experiments/<rule>/<name>/plan", "POST"): {"base": "12", "target": "14"},
    ("/experiments/new", "POST"): {
        "rule": "0",
        "name": "late",
        "starts": "2026-12-01",
        "ends": "2026-12-24",
        "key": "delay_days",
        "value": "4",
    },
    ("/s/<token>/publish", "POST"): {"publish": "1"},
    ("/s/<token>/call-back", "POST"): {"call_back": "1"},
    ("/r/report/<review>", "POST"): {"reason": "x"},
    ("/reviews/<review_id>/refuse", "POST"): {"ground": "insult"},
    ("/reviews/<review_id>/doubts", "POST"): {"finding": "x"},
    ("/watch", "POST"): {"kind": "streak", "store": "S1", "mark": "2026-11-01", "answer": "x"},
    ("/custscore/formula", "POST"): {"nps": "12", "why": "x"},
    ("/faq/new", "POST"): {"brand": "Maison Claire", "question_fr": "Où ?", "answer_fr": "Ici."},
    ("/faq/<entry_id>", "POST"): {"answer_fr": "Là."},
    ("/publication/<brand_id>", "POST"): {"publish_days": "5"},
    ("/widgets", "POST"): {"kind": "badge", "name": "Badge", "scope": "store:S1"},
    ("/widgets/<widget_id>", "POST"): {"origins": "https://www.example.fr"},
    ("/brands", "POST"): {"id": "claire-sport", "name": "Claire Sport"},
    ("/brands/<brand_id>", "POST"): {"name": "Maison Claire"},
    ("/views", "POST"): {"name": "x", "page": "/", "query": "period=12m"},
    ("/goals", "POST"): {"scope": "store:S1", "indicator": "nps", "target": "40"},
    ("/stores/<store_id>", "POST"): {"name": "Lille Centre"},
    ("/users/new", "POST"): {"email": "new@example.fr", "role": "cx", "scope": "network"},
    ("/users/<user_id>", "POST"): {"name": "Target"},
    ("/profile", "POST"): {"language": "fr"},
    ("/profile/password", "POST"): {"password": "a quiet river under old bridges"},
    ("/sign-in", "POST"): {"email": "nobody@example.fr", "password": "x"},
    ("/keys/new", "POST"): {"name": "till", "scopes": "orders:write"},
    ("/webhooks/new", "POST"): {"url": "https://8.8.8.8/hook", "events": "case.opened"},
    ("/sign-in/code", "POST"): {"step": "x", "code": "000000"},
    ("/step-up", "POST"): {"password": "x"},
    ("/alerts/pause", "POST"): {"kind": "invitation", "why": "x"},
    ("/alerts/release", "POST"): {"provider": "outbox", "kind": "", "why": "x"},
    ("/doubts/<email_id>", "POST"): {"verdict": "sent"},
    ("/suppressions", "POST"): {"subject": "c1", "kind": "manual", "reason": "x"},
    ("/suppressions/<customer>/lift", "POST"): {"reason": "x"},
    ("/profile/second-factor/confirm", "POST"): {"code": "000000"},
    ("/reset/<token>", "POST"): {"password": "a quiet river under old bridges"},
    ("/explain", "POST"): {"q": "o-c1"},
    ("/emails", "POST"): {"variant": "noel", "copy": "invitation"},
    ("/surveys", "POST"): {"id": "nps-pickup", "name_fr": "Au retrait", "name_en": "At pickup", "copy": "nps"},
    ("/emails/<kind>/draft/test", "POST"): {"language": "fr", "case": "sample"},
    ("/approvals/<proposal>/refuse", "POST"): {"reason": "x"},
    ("/surveys/<survey>/draft/add", "POST"): {"kind": "stars", "name": "x"},
    ("/surveys/<survey>/draft/move", "POST"): {"question": "comment", "to": "up"},
    ("/exports/new", "POST"): {"kind": "responses"},
    ("/reports/sent/<report_id>/share", "POST"): {"days": "7"},
    ("/reports/sent/<report_id>/follow", "POST"): {"place": "0", "status": "done"},
    ("/reports/subscriptions", "POST"): {"kind": "express", "edition": "store", "active": "1"},
    ("/reset", "POST"): {"email": "nobody@example.fr"},
    ("/cases/<case_id>/reply", "POST"): {"id": EMAIL, "reply": "Merci."},
    ("/cases/<case_id>/note", "POST"): {"id": EMAIL, "note": "x"},
    ("/cases/<case_id>/status", "POST"): {"status": "in_progress"},
    ("/cases/<case_id>/owner", "POST"): {"owner": ""},
    ("/cases/<case_id>/close", "POST"): {"root_cause": "other"},
    ("/reply-texts", "POST"): {"name": "x", "language": "fr", "body": "x"},
    ("/labels/lexicon/draft", "POST"): {"text": "format = 1"},
    ("/labels/lexicon/draft/publish", "POST"): {"why": "x"},
    ("/labels/review/<response_id>", "POST"): {"label-waiting": "negative"},
    ("/plans", "POST"): {"title": "x", "starts_on": "2026-11-20"},
    ("/plans/<plan_id>", "POST"): {"status": "done"},
    ("/f/<token>", "POST"): {"come_back": "yes"},
}


#: What has an id of its own in an address.
OBJECTS = (
    *("alert_id", "customer_id", "proposal", "webhook_id", "delivery", "key", "report_id", "share_id", "link"),
    *("case_id", "response_id", "text_id", "plan_id"),
)


#: One that starts on 1 December; it is called as PARTS say.
EXPERIMENT = """
[rule.experiment]
name = "nps"
starts = 2026-12-01
[[rule.experiment.arm]]
name = "a"
[[rule.experiment.arm]]
name = "b"
delay_days = 4
"""
#: Questions about the customer of store S1.
QUERIES = {"/api/v1/explain": "?customer=c1", "/explain": "?q=o-c1"}


@dataclasses.dataclass
class World:
    """An installation with one object of each kind."""

    here: Services
    app: Flask
    sent: Sent
    target: UUID
    people: dict[str, UUID]
    keys: dict[str, str]
    event: UUID
    parts: dict[str, str]


Worlds = Callable[[bool, Callable[[], datetime], Path], World]


@pytest.fixture(scope="module")
def worlds(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Worlds without and with drafts of emails, each in a database and a folder of its own: built once, then copied."""
    built: dict[bool, tuple[str, World]] = {}
    opened: list[Services] = []

    def world(emails: bool, now: Callable[[], datetime], home: Path) -> World:
        if emails not in built:
            url = sqlite_databases.migrated()
            sessions = make_sessions(make_engine(url))
            built[emails] = url, build(sessions, lambda: NOW, tmp_path_factory.mktemp("pattern"), emails=emails)
            sessions.kw["bind"].dispose()
        url, pattern = built[emails]
        shutil.copytree(pattern.here.settings.home, home, dirs_exist_ok=True)
        here = installed(make_sessions(make_engine(sqlite_databases.copied(url))), now, home)
        opened.append(here)
        return dataclasses.replace(pattern, here=here, app=create_app(here))

    yield world
    for here in opened:
        here.sessions.kw["bind"].dispose()


@pytest.fixture(scope="module")
def looked_at(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], World]:
    """The worlds that every GET shares, without and with drafts of emails: a look changes nothing for the next one."""
    return cache(lambda emails: worlds(emails, lambda: NOW, tmp_path_factory.mktemp("outbox")))


@pytest.fixture
def world(request: pytest.FixtureRequest, clock: Any, tmp_path: Path) -> World:
    """What a GET looks at is shared; whatever may change something has a world of its own."""
    row = request.node.callspec.params["row"] if hasattr(request.node, "callspec") else {"route": "", "method": "GET"}
    emails = row["route"].startswith("/emails")  # its texts are compiled and checked: a third of a second
    made: World
    if row["method"] == "GET":
        made = request.getfixturevalue("looked_at")(emails)
    else:
        made = request.getfixturevalue("worlds")(emails, clock, tmp_path)
    return made


def installed(sessions: Any, now: Callable[[], datetime], home: Path) -> Services:
    """An installation with an outbox."""
    outbox = OutboxProvider(home)
    outbox.outbox.make()
    return dataclasses.replace(make_services(sessions, now, home=home), provider=outbox)


def build(sessions: Any, now: Callable[[], datetime], tmp_path: Path, *, emails: bool) -> World:
    """One object of each kind, in a fresh database."""
    here = installed(sessions, now, tmp_path)
    (tmp_path / "new" / f"{EMAIL}.eml").write_text("Subject: x\n\nx\n")
    open_network(here)
    sent = send(here, "c1")
    with here.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        suppress(session, email.address_key, "unsubscribed", source="test", now=here.now())
    with here.sessions.begin() as session:
        text = '[[rule]]\nid = "standard"\n' + EXPERIMENT
        first = rules.Version(1, None, text, rules.sha256(text), "test", "first", here.now())
        rules.publish(session, first, over=None)
    people = {
        name: add_user(here.sessions, user=NewUser(f"{name}@example.fr", who[0], who[1:]), by=HOST, now=here.now())
        for name, who in ACTORS.items()
        if isinstance(who, tuple)
    }
    for name in ("cx", "admin"):
        edit_rules.open_draft(here.sessions, str(people[name]), now=here.now())
        if emails:
            person = str(people[name])
            edit_emails.open_draft(here.sessions, person, "invitation", folder=shipped("emails"), now=here.now())
        edit_surveys.open_draft(here.sessions, str(people[name]), "nps", now=here.now())
    published_review(here)
    badge = WidgetForm("carousel", "Lille", "store:S1")
    make_widget(here.sessions, badge, reach=(NETWORK,), by=HOST, now=here.now(), id="w1")
    body = b'{"event_id":"q1","type":"order.placed","ordered_at":"2026-11-18T10:00:00+01:00"}'
    keep_unusable(here.sessions, source="tills", raw=body, why="-", now=here.now(), name="entry:1-0")
    target = add_user(here.sessions, user=NewUser("target@example.fr", "support"), by=HOST, now=here.now())
    made = {
        "key_without_scope": make_key(
            here.sessions, name="a", scopes=("metrics:read",), now=here.now(), actor="test"
        ).text,
        "key_other_scope": make_key(
            here.sessions, name="b", scopes=ALL_SCOPES, now=here.now(), actor="test", store_scope="store:S3"
        ).text,
    }
    hook = NewWebhook("https://8.8.8.8/hook", ("case.opened",))
    hook_id = add_webhook(
        here.sessions, hook, check=Post().may_go_to, keys=here.keyring, now=here.now(), actor="test"
    ).id
    with here.sessions.begin() as session:
        note_fact(session, "case.opened", "x", now=here.now())
        outgoing.spread(session, now=here.now())
        delivery = session.scalars(select(WebhookEvent.id)).one()
    told = {"webhook_id": hook_id.hex, "delivery": delivery.hex}
    told["key"] = stage_import(here.sessions, tmp_path, b"note,date\n9,2026-01-05\n", by=HOST, now=here.now())
    with here.sessions() as session:
        (event,) = quarantine.every_id(session)
    parts = line_objects(here) | proposed(here, people) | reported(here, people["store_manager_own"]) | told
    return World(here, create_app(here), sent, target, people, made, event, parts)


def reported(here: Services, person: UUID) -> dict[str, str]:
    """A report of store S1 that left, and a link to it that its reader made."""
    email = keep_report(here, person)
    by = Actor(str(person))
    share = share_report(here.sessions, copy=(email, 1), days=7, by=by, keys=here.keyring, now=here.now())
    link = path_of(here.keyring, share).rpartition("/")[2]
    return {"report_id": email.hex, "share_id": share.id.hex, "link": link}


def published_review(here: Services) -> None:
    """A review of store S1 that everybody may read."""
    at, author = here.now(), send(here, "c5")
    place = {"store_id": "S1", "segment": "famille", "rule_id": "standard", "rule_version": 3}
    ours = {"source": "survey", "invitation_id": author.invitation_id, "revision": 1, "store_id": "S1"}
    when = dict.fromkeys(("deposited_at", "published_at", "decided_at", "received_at"), at)
    with here.sessions.begin() as session:
        answer(session, invitation=author.invitation_id, place=place, score=3, verbatim="Trop long.", at=at)
        brand = Publication("Maison Claire", "Maison Claire", enabled=True)
        review_settings.save(session, brand, now=at)
        texts = {"question_fr": "Où ?", "answer_fr": "Ici.", "published": True, "updated_at": at}
        session.add(FaqEntry(id=UUID(hex=REVIEW), brand_id="Maison Claire", **texts))
        stars = {"source": "google", "external_id": "g1", "store_id": "S1", "rating": 2, "state": "external"}
        session.add(Review(id=UUID(hex=ELSEWHERE), deposited_at=at, received_at=at, **stars))
        session.add(Review(id=UUID(hex=REVIEW), state="published", experienced_on=at.date(), **ours, **when))


def proposed(here: Services, people: dict[str, UUID]) -> dict[str, str]:
    """A text of rules that somebody of the CX team proposes to a second person."""
    draft = Draft('[[rule]]\nid = "other"\n', "cx", "x", actor=str(people["cx"]))
    return {"proposal": propose_rules(here.sessions, draft, now=here.now(), place=Place()).id.hex}


def line_objects(here: Services) -> dict[str, str]:
    """An alert, a paused stream and an email in doubt; what stands for each in an address."""
    doubtful = send(here, "c3")
    with here.sessions.begin() as session:
        raise_alert(session, "mailbox_away", now=here.now())
        streams.pause(session, "outbox", "", cause="complaints", detail="", now=here.now())
        email: Any = session.get(Email, doubtful.email_id)
        email.state, email.sent_at, email.attempts = "in_doubt", None, 1
        told = {"outcome": "unknown", "intent_at": here.now(), "settled_at": here.now(), "evidence": "timeout"}
        session.add(SendAttempt(email_id=email.id, n=1, provider="outbox", **told))
        customer = customers.by_external_id(session, {"c1"})["c1"].id.hex
        more = inbox_objects(session, UUID(hex=customer), here.now())
        return more | {
            "alert_id": open_alerts(session)[0].id.hex,
            "doubt": doubtful.email_id.hex,
            "customer_id": customer,
        }


def inbox_objects(session: Any, customer: UUID, now: datetime) -> dict[str, str]:
    """A response of store S1 with its case, a reply text and a plan."""
    invitation = session.scalars(select(Invitation).where(Invitation.customer_id == customer)).one()
    about = {"store_id": "S1", "segment": "", "language": "fr", "score": 2, "commented": True, "day": now.date()}
    told = {"rule_id": "standard", "rule_version": 1, "questionnaire_version": 1, "standing": 1}
    session.add(Response(invitation_id=invitation.id, **about, **told, answered_at=now, updated_at=now))
    words = {"answers": {}, "verbatim": "Trop d'attente", "clean": True, "dwell_ms": 9000, "client_key": b"c" * 32}
    session.add(
        ResponseRevision(invitation_id=invitation.id, n=1, page="p", content_sha256=b"0" * 32, score=2, at=now, **words)
    )
    case, text, plan = new_id(now), new_id(now), new_id(now)
    when = dict.fromkeys(("opened_at", "responded_at", "answer_by", "network_by"), now)
    of = {"invitation_id": invitation.id, "customer_id": customer}
    session.add(Case(id=case, **of, **about, **when, why="score", followup_sha256=digest("1" * 22)))
    session.add(ReplyText(id=text, name="x", language="fr", body="x", author="cx", updated_at=now))
    scope = {"scope": "store:S1", "starts_on": now.date(), "created_by": "cx", "created_at": now}
    session.add(ActionPlan(id=plan, title="x", **scope))
    return {"case_id": case.hex, "response_id": invitation.id.hex, "text_id": text.hex, "plan_id": plan.hex}


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every route and method but HEAD and OPTIONS, which follow GET."""
    return sorted(
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def rows() -> list[dict[str, str]]:
    """The table; lines that begin with # say why."""
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def test_s24_every_route_has_its_row_and_every_row_its_route(world: World) -> None:
    listed = [(row["route"], row["method"]) for row in rows()]
    assert sorted(listed) == routes(world.app)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("row", rows() if TABLE.exists() else [], ids=lambda row: f"{row['method']} {row['route']}")
def test_s24_everybody_gets_the_status_of_the_table(row: dict[str, str], world: World) -> None:
    found = dict(statuses(world, row["route"], row["method"]))
    assert found == {name: int(row[name]) for name in ACTORS}


def statuses(world: World, route: str, method: str) -> Iterator[tuple[str, int]]:
    """The status of each actor, each with a browser of their own."""
    for name, who in ACTORS.items():
        send_it = _caller(world, name, who)
        yield name, send_it(route, method).status_code


def _caller(world: World, name: str, who: Any) -> Callable[[str, str], Any]:
    person: Person | None = browser(world.app, world.here, world.people[name]) if isinstance(who, tuple) else None
    client = person.client if person else world.app.test_client()
    headers = {"Authorization": f"Bearer {world.keys[name]}"} if isinstance(who, str) else {}

    def call(route: str, method: str) -> Any:
        path = object_at(world, route)
        if method == "GET":
            return client.get(path + QUERIES.get(route, ""), headers=headers)
        if method == "DELETE":
            return client.delete(path, headers=headers)
        form = dict(FORMS.get((route, method), {}))
        if route == "/s/<token>":
            form = {"score": "2", "q_channel": "web", "nonce": mark(world.here, world.sent)}
        if route in ("/sign-in", "/reset"):
            form["email"] = f"{name}@nowhere.example"
        if person and not route.startswith(("/s/", "/u/")):
            form["csrf_token"] = person.csrf
        return client.post(
            path, data=urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers
        )

    return call


def object_at(world: World, route: str) -> str:
    """The address of an object of the world."""
    parts = {
        **PARTS,
        "event_id": world.event.hex,
        "user_id": str(world.target),
        "key_id": world.keys["key_other_scope"].split("_")[1],
        "token": world.sent.survey,
    }
    parts |= {name: world.parts[name] for name in OBJECTS}
    if route.startswith(("/deliveries/", "/doubts/")):
        parts["email_id"] = world.sent.email_id.hex if route.startswith("/deliveries/") else world.parts["doubt"]
    if route.startswith("/f/"):
        parts["token"] = "1" * 22
    if route.startswith("/u/"):
        parts["token"] = world.sent.unsubscribe
    path = route
    for part, value in parts.items():
        path = path.replace(f"<{part}>", value).replace(f"<path:{part}>", value)
    return path


def test_s24_the_table_agrees_with_the_roles_of_the_core() -> None:
    """Where a row lets a role change something, the table of roles does too: two tables cannot drift apart."""
    nouns = {
        "/sources/quarantine/replay": "sources",
        "/stores/<store_id>": "stores",
        "/users/new": "users",
        "/users/<user_id>": "users",
    }
    for row in rows():
        noun = nouns.get(row["route"])
        if noun is None or row["method"] != "POST":
            continue
        for name, who in ACTORS.items():
            if isinstance(who, tuple) and row[name] == "303":
                assert may(who[0], "write", noun), (row["route"], name)
