"""Whom we do not write to: who sees it, who adds, who lifts with a reason, and what is never lifted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.db.suppressions import suppress
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.emails import Email
from surveyor.db.tables.suppressions import Suppression
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import Sent, open_network, send


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def key(here: Services, sent: Sent) -> bytes:
    with here.sessions() as session:
        email: Any = session.get(Email, sent.email_id)
        return bytes(email.address_key)


def stop(here: Services, customer: str, *reasons: str, store: str = "S1", days: int | None = None) -> bytes:
    """A customer who is not written to any more."""
    found = key(here, send(here, customer, store=store))
    until = here.now() + timedelta(days=days) if days else None
    with here.sessions.begin() as session:
        for reason in reasons:
            suppress(session, found, reason, source="event:sendgrid", now=here.now(), until=until)
    return found


def held(here: Services) -> list[str]:
    with here.sessions() as session:
        return sorted(session.scalars(select(Suppression.reason).where(Suppression.lifted_at.is_(None))))


def audit_lines(here: Services) -> list[AuditLine]:
    with here.sessions() as session:
        return list(
            session.scalars(select(AuditLine).where(AuditLine.action.like("suppression%")).order_by(AuditLine.n))
        )


def test_a_manager_sees_the_customers_of_the_store_masked_and_nobody_else(
    app: Flask, enter: Enter, installation: Services
) -> None:
    stop(installation, "mine", "bounced_hard", days=180)
    stop(installation, "theirs", "complained", store="S3")
    person = enter("store_manager", "store:S1")
    page = person.get("/suppressions").text
    assert "mine" in page
    assert "theirs" not in page
    assert "m•••@e•••.fr" in page
    assert "mine-" not in page
    assert person.get("/suppressions/mine").status_code == 200
    assert "m•••@e•••.fr" in person.get("/suppressions/mine").text
    assert [person.get(f"/suppressions/{one}").status_code for one in ("theirs", "nobody")] == [404, 404]
    assert person.post("/suppressions/mine/lift", {"reason": "x"}).status_code == 403


def test_s45_looking_at_an_address_is_written_down_and_marketing_sees_none(
    app: Flask, enter: Enter, installation: Services
) -> None:
    stop(installation, "mine", "unsubscribed")
    page = enter("support").get("/suppressions/mine").text
    assert "mine-" in page
    with installation.sessions() as session:
        assert "identity.seen" in set(session.scalars(select(AuditLine.action)))
    assert enter("marketing").get("/suppressions").status_code == 403


def test_a_suppression_is_lifted_with_a_reason_that_stays(app: Flask, enter: Enter, installation: Services) -> None:
    stop(installation, "zoe", "unsubscribed", "bounced_soft")
    person = enter("cx")
    assert person.get("/suppressions/zoe/lift").status_code == 200
    assert person.post("/suppressions/zoe/lift", {"reason": " "}).status_code == 422
    assert person.post("/suppressions/zoe/lift", {"reason": "a" * 501}).status_code == 422
    one = person.post("/suppressions/zoe/lift", {"reason": "boîte réparée", "kind": "bounced_soft"})
    assert one.status_code == 303
    assert held(installation) == ["unsubscribed"]
    assert person.post("/suppressions/zoe/lift", {"reason": "demande écrite"}).status_code == 303
    assert held(installation) == []
    lines = audit_lines(installation)
    assert [(line.action, line.reason) for line in lines] == [
        ("suppression.lifted", "boîte réparée"),
        ("suppression.lifted", "demande écrite"),
    ]
    assert "@" not in "".join(f"{line.object}{line.before}{line.after}" for line in lines)
    assert person.post("/suppressions/zoe/lift", {"reason": "again"}).status_code == 404


def test_s29_lifting_wants_the_password_again(app: Flask, enter: Enter, installation: Services, clock: Any) -> None:
    stop(installation, "zoe", "unsubscribed")
    person = enter("admin")
    clock.forward(minutes=6)
    assert person.post("/suppressions/zoe/lift", {"reason": "x"}).status_code == 403
    assert held(installation) == ["unsubscribed"]
    asked = person.get("/suppressions/zoe/lift")
    assert (asked.status_code, asked.headers["Location"].split("?")[0]) == (303, "/step-up")


@pytest.mark.parametrize("reason", ["complained", "erased"])
def test_a_complaint_and_an_erasure_are_never_lifted(
    reason: str, app: Flask, enter: Enter, installation: Services
) -> None:
    stop(installation, "zoe", reason, "bounced_hard")
    person = enter("cx")
    answer = person.post("/suppressions/zoe/lift", {"reason": "erreur"})
    assert (answer.status_code, 'data-code="suppression_permanent"' in answer.text) == (409, True)
    assert held(installation) == sorted([reason, "bounced_hard"])
    assert person.post("/suppressions/zoe/lift", {"reason": "x", "kind": "bounced_hard"}).status_code == 303
    assert held(installation) == [reason]


def test_an_address_is_added_by_hand_and_what_waits_is_dropped(
    app: Flask, enter: Enter, installation: Services
) -> None:
    sent = send(installation, "zoe")
    with installation.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        email.state, email.sent_at = "pending", None
    person = enter("store_manager", "store:S1")
    form = {"subject": "zoe", "kind": "unsubscribed", "reason": "demande par téléphone"}
    answer = person.post("/suppressions", form)
    assert answer.status_code == 303
    assert person.get(answer.headers["Location"]).status_code == 200
    with installation.sessions() as session:
        found: Any = session.get(Email, sent.email_id)
        assert (found.state, found.reason) == ("dropped", "UNSUBSCRIBED")
    assert [line.action for line in audit_lines(installation)] == ["suppression.added"]
    person.post("/suppressions", form)
    assert len(audit_lines(installation)) == 1


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"subject": "", "kind": "manual", "reason": "x"}, "subject"),
        ({"subject": "stranger@example.org", "kind": "manual", "reason": "x"}, "subject"),
        ({"subject": "elsewhere", "kind": "manual", "reason": "x"}, "subject"),
        ({"subject": "zoe", "kind": "complained", "reason": "x"}, "kind"),
        ({"subject": "zoe", "kind": "manual", "reason": ""}, "reason"),
        ({"subject": "zoe", "kind": "manual", "reason": "x", "scope": "all"}, "scope"),
    ],
)
def test_a_form_that_is_wrong_says_where(
    form: dict[str, str], field: str, app: Flask, enter: Enter, installation: Services
) -> None:
    send(installation, "zoe")
    send(installation, "elsewhere", store="S3")
    answer = enter("store_manager", "store:S1").post("/suppressions", form)
    assert answer.status_code == 422
    assert f'data-where="{field}"' in answer.text
    assert held(installation) == []


def test_the_network_may_add_an_address_that_nobody_has(app: Flask, enter: Enter, installation: Services) -> None:
    form = {"subject": "Stranger@Example.org", "kind": "manual", "reason": "test"}
    answer = enter("support").post("/suppressions", form)
    where = f"key-{installation.keyring.address_key('stranger@example.org').hex()}"
    assert answer.headers["Location"].split("?")[0] == f"/suppressions/{where}"
    assert enter("cx").get(f"/suppressions/{where}").status_code == 200
    assert enter("region_manager", "region:nord").get(f"/suppressions/{where}").status_code == 404


def test_the_list_goes_on_and_is_filtered_by_reason(app: Flask, enter: Enter, installation: Services) -> None:
    for n in range(51):
        stop(installation, f"c{n:02d}", "bounced_hard", days=180)
    stop(installation, "other", "unsubscribed")
    person = enter("cx", language="en")
    first = person.get("/suppressions?reason=bounced_hard").text
    assert "other" not in first.split("<tbody>")[1].split("</tbody>")[0]
    assert first.count("No such address<br>") == 50
    rest = re.search(r'href="(/suppressions\?reason=bounced_hard&amp;before=[0-9a-f]{32})"', first)
    assert rest is not None
    assert person.get(rest[1].replace("&amp;", "&")).text.count("No such address<br>") == 1
    assert person.get("/suppressions?before=x&reason=y").status_code == 200
