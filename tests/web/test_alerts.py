"""What a person must see to: alerts, streams that wait for a release and say so everywhere, emails in doubt."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import select, update

import surveyor
from surveyor.app import create_app
from surveyor.core.guard import OTHER_CLUSTER, REASONS
from surveyor.db import invariants, streams
from surveyor.db.alerts import open_alerts, raise_alert, resolve
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.instance import Alert, Instance
from surveyor.flows.stop_stream import stop_stream
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from surveyor.web.alerts.about import WAITING
from surveyor.web.texts import catalogue
from tests.web.conftest import Enter, make_services
from tests.web.links import Sent, open_network, send


@pytest.fixture
def installation(sqlite_sessions: Any, clock: Any) -> Services:
    return dataclasses.replace(make_services(sqlite_sessions, clock), provider=MemoryProvider())


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def alert(here: Services, code: str, subject: str = "") -> str:
    with here.sessions.begin() as session:
        raise_alert(session, code, now=here.now(), subject=subject)
        (found,) = [one for one in open_alerts(session) if one.code == code]
        return found.id.hex


def actions(here: Services) -> list[tuple[str, str, str]]:
    with here.sessions() as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.n)).all()
    return [(line.action, line.object, line.reason) for line in lines if line.action.split(".")[0] != "user"]


def doubtful(here: Services, customer: str, kind: str) -> Sent:
    """An email whose hand-over nobody answered."""
    sent = send(here, customer)
    with here.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        email.kind, email.state, email.sent_at, email.attempts = kind, "in_doubt", None, 1
        if kind != "invitation":
            email.invitation_id = None
        at = here.now() - timedelta(hours=1)
        session.add(
            SendAttempt(
                email_id=sent.email_id,
                n=1,
                provider="memory",
                outcome="unknown",
                intent_at=at,
                settled_at=at,
                evidence="timeout",
            )
        )
    return sent


def test_an_alert_says_what_to_do_and_leaves_when_it_was_seen_to(
    app: Flask, enter: Enter, installation: Services
) -> None:
    one = alert(installation, "mailbox_away")
    alert(installation, "something_new", "subject")
    person = enter("cx", language="en")
    page = person.get("/alerts").text
    assert "The mailbox of bounces does not answer" in page
    assert "something_new" in page
    assert person.post(f"/alerts/{one}/handled").status_code == 303
    assert person.post(f"/alerts/{one}/handled").status_code == 404
    assert "The mailbox of bounces" not in person.get("/alerts").text
    assert actions(installation) == [("alert.handled", "alert:mailbox_away", "")]


def test_every_alert_that_the_program_raises_has_its_words() -> None:
    assert surveyor.__file__ is not None
    texts = [path.read_text("utf-8") for path in Path(surveyor.__file__).parent.rglob("*.py")]
    raised = {code for text in texts for code in re.findall(r'raise_alert\(\s*session,\s*"([a-z_]+)"', text)}
    assert len(raised) > 10
    assert {code for code in raised if f"alerts.code.{code}.what" not in catalogue()} == set()


def test_a_paused_stream_is_said_on_every_screen_and_who_may_finds_the_way(
    app: Flask, enter: Enter, installation: Services
) -> None:
    with installation.sessions.begin() as session:
        streams.pause(session, "memory", "invitation", cause="hard_bounces", detail="12 of 200", now=installation.now())
    people = [enter("cx", language="en"), enter("store_manager", "store:S1", language="en")]
    for person in people:
        for path in ("/", "/stores", "/profile", "/deliveries"):
            page = person.get(path).text
            assert "Paused: Solicitation." in page
            assert "Too many addresses that do not exist" in page
            assert "(12 of 200)" in page
    assert 'href="/alerts">See and release' in people[0].get("/stores").text
    assert "See and release" not in people[1].get("/stores").text


def test_figures_of_a_switch_are_said_in_the_language_of_the_reader(enter: Enter, installation: Services) -> None:
    with installation.sessions.begin() as session:
        detail = {"cause": "hard_bounces", "detail": "12 of 200 in 1 h", "now": installation.now()}
        stop_stream(session, "memory", "invitation", **detail)
        raise_alert(session, "reviews_late", now=installation.now(), subject="clair", detail="1")
    page = enter("cx", language="fr").get("/alerts").text
    assert page.count("(12 sur 200 en 1 h)") == 2, "in the banner and among the streams"
    assert "memory · Sollicitation · Trop d&#39;adresses inexistantes 12 sur 200 en 1 h" in page
    assert "clair · 1 avis" in page
    assert "12 of 200" not in page
    assert "hard_bounces" not in page


def test_why_a_delivery_is_of_no_use_is_said_where_it_is_kept(enter: Enter, installation: Services) -> None:
    with installation.sessions.begin() as session:
        raise_alert(session, "event_unusable", subject="shop", now=installation.now(), detail="unreadable JSON")
    page = enter("admin", language="fr").get("/alerts").text
    assert '<p class="small mono">shop</p>' in page
    assert "unreadable JSON" not in page


def test_all_that_may_wait_too_long_has_its_words(enter: Enter, installation: Services) -> None:
    assert set(WAITING) == set(invariants.names("E6"))
    with installation.sessions.begin() as session:
        for what in WAITING:
            raise_alert(session, "line_waits", now=installation.now(), subject=what, detail="3 rows")
    page = enter("cx", language="fr").get("/alerts").text
    assert "e-mails dus depuis plus de 15 minutes · 3<" in page
    assert "rows" not in page


def test_a_service_that_refuses_everything_is_said_on_every_screen_until_it_takes_again(
    enter: Enter, installation: Services
) -> None:
    with installation.sessions.begin() as session:
        raise_alert(session, "provider_paused", now=installation.now(), subject="memory", detail="401 bad key")
    people = [enter("admin", language="fr"), enter("store_manager", "store:S1", language="fr")]
    for person in people:
        page = person.get("/stores").text
        assert "Plus aucun e-mail ne part." in page
        assert "refuse la clé ou le réglage" in page
        assert "401" not in page
    assert 'href="/alerts">Voir pourquoi' in people[0].get("/stores").text
    assert "Voir pourquoi" not in people[1].get("/stores").text
    with installation.sessions.begin() as session:
        resolve(session, "provider_paused", now=installation.now(), subject="memory")
    assert "Plus aucun e-mail ne part." not in people[0].get("/stores").text


def test_a_service_that_does_not_answer_is_said_on_every_screen_and_not_called_a_refusal(
    enter: Enter, installation: Services
) -> None:
    with installation.sessions.begin() as session:
        raise_alert(session, "provider_away", now=installation.now(), subject="memory", detail="connection refused")
    page = enter("support", language="fr").get("/stores").text
    assert "Plus aucun e-mail ne part." in page
    assert "est en panne ou ne répond pas" in page
    assert "refuse la clé" not in page
    page = enter("cx", language="en").get("/alerts").text
    assert "The sending service is down or does not answer" in page


def test_a_service_that_is_no_longer_used_keeps_nothing_from_leaving(enter: Enter, installation: Services) -> None:
    """Its paused stream and its alert stay on the page of alerts; no other screen says that emails do not leave."""
    with installation.sessions.begin() as session:
        raise_alert(session, "provider_paused", now=installation.now(), subject="sendgrid", detail="401 bad key")
        streams.pause(session, "sendgrid", "invitation", cause="deferred", detail="60 of 200", now=installation.now())
    person = enter("cx", language="en")
    for path in ("/stores", "/alerts"):
        page = person.get(path).text
        assert "No email leaves any more" not in page
        assert "Paused: Solicitation" not in page
    assert "60 of 200" in page
    assert "401 bad key" in page


def test_a_held_database_is_said_on_every_screen(app: Flask, enter: Enter, installation: Services) -> None:
    with installation.sessions.begin() as session:
        session.execute(update(Instance).values(sending="held", reason="an older backup"))
    page = enter("support", language="en").get("/stores").text
    assert "Sending is held." in page
    assert "an older backup" in page


def test_why_sending_is_held_is_said_in_the_language_of_the_reader(enter: Enter, installation: Services) -> None:
    with installation.sessions.begin() as session:
        session.execute(update(Instance).values(sending="held", reason=OTHER_CLUSTER))
        raise_alert(session, "sending_held", now=installation.now(), detail=OTHER_CLUSTER)
    page = enter("admin", language="fr").get("/alerts").text
    assert page.count(escape(REASONS[OTHER_CLUSTER])) == 2, "in the banner and in the alert"
    assert OTHER_CLUSTER not in page


def test_a_stream_is_paused_and_released_with_a_reason_that_stays(
    app: Flask, enter: Enter, installation: Services
) -> None:
    person = enter("admin", language="en")
    assert person.post("/alerts/pause", {"kind": "", "why": ""}).status_code == 422
    assert person.post("/alerts/pause", {"kind": "pigeon", "why": "x"}).status_code == 422
    assert person.post("/alerts/pause", {"kind": "", "why": "campaign elsewhere"}).status_code == 303
    assert "No email leaves any more." in person.get("/").text
    assert person.post("/alerts/release", {"provider": "memory", "kind": "", "why": " "}).status_code == 422
    assert person.post("/alerts/release", {"provider": "memory", "kind": "", "why": "over"}).status_code == 303
    assert person.post("/alerts/release", {"provider": "memory", "kind": "", "why": "over"}).status_code == 404
    assert actions(installation) == [
        ("mail_stream.paused", "mail_stream:memory/*", "campaign elsewhere"),
        ("mail_stream.released", "mail_stream:memory/*", "over"),
    ]
    assert "No email leaves any more." not in person.get("/").text


def test_s29_a_release_and_a_verdict_want_the_password_again(
    app: Flask, enter: Enter, installation: Services, clock: Any
) -> None:
    sent = doubtful(installation, "zoe", "reply")
    person = enter("cx")
    clock.forward(minutes=6)
    assert person.post("/alerts/release", {"provider": "memory", "kind": "", "why": "x"}).status_code == 403
    assert person.post(f"/doubts/{sent.email_id.hex}", {"verdict": "sent"}).status_code == 403
    assert person.get("/doubts").status_code == 200


@pytest.mark.parametrize(("verdict", "state"), [("sent", "sent"), ("not_sent", "pending")])
def test_a_person_judges_a_reply(verdict: str, state: str, app: Flask, enter: Enter, installation: Services) -> None:
    sent, other = doubtful(installation, "zoe", "reply"), doubtful(installation, "ana", "invitation")
    person = enter("cx", language="en")
    page = person.get("/doubts").text
    assert page.count("Mark as sent") == 1
    assert "a proof, else dropped on" in page
    assert person.post(f"/doubts/{other.email_id.hex}", {"verdict": verdict}).status_code == 409
    assert person.post(f"/doubts/{sent.email_id.hex}", {"verdict": "perhaps"}).status_code == 422
    assert person.post(f"/doubts/{sent.email_id.hex}", {"verdict": verdict}).status_code == 303
    assert person.post(f"/doubts/{sent.email_id.hex}", {"verdict": verdict}).status_code == 404
    with installation.sessions() as session:
        found: Any = session.get(Email, sent.email_id)
        assert found.state == state
    assert actions(installation) == [("doubt.judged", f"email:{sent.email_id.hex}", "")]


def test_the_inbox_leads_who_may_judge_to_a_reply_in_doubt(app: Flask, enter: Enter, installation: Services) -> None:
    doubtful(installation, "ana", "invitation")
    head = enter("cx", language="en")
    assert "/doubts" not in head.get("/cases").text
    doubtful(installation, "zoe", "reply")
    assert "One of our replies is in doubt" in head.get("/cases").text
    assert "/doubts" in head.get("/cases").text
    assert "in doubt" not in enter("support", language="en").get("/cases").text


def test_managers_marketing_and_support_have_none_of_it(app: Flask, enter: Enter, installation: Services) -> None:
    with installation.sessions() as session:
        assert list(session.scalars(select(Alert.id))) == []
    for role, scope in (("marketing", "network"), ("support", "network"), ("store_manager", "store:S1")):
        person = enter(role, scope)
        assert [person.get(path).status_code for path in ("/alerts", "/doubts")] == [403, 403]
        assert person.post("/alerts/pause", {"kind": "", "why": "x"}).status_code == 403
