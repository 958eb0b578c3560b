"""What became of emails: rates by group of mailboxes inside a scope, and the whole story of one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.emails import RANK, Delivery
from surveyor.db.base import new_id
from surveyor.db.email_story import EmailStory
from surveyor.db.tables.emails import DoubtCheck, Email, EmailEvent, SendAttempt
from surveyor.db.tables.responses import ResponseRevision, Visit
from surveyor.services import Services
from surveyor.web.deliveries.timeline import timeline
from surveyor.web.texts import catalogue
from tests.web.conftest import Enter
from tests.web.links import Sent, open_network, send


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def became(here: Services, customer: str, delivery: str, *, group: str = "gmail", store: str = "S1") -> Sent:
    """An invitation of yesterday and what its mailbox did."""
    sent = send(here, customer, store=store)
    with here.sessions.begin() as session:
        email: Any = session.get(Email, sent.email_id)
        email.domain_group, email.delivery = group, delivery
        email.delivery_rank, email.delivery_at, email.attempts = RANK[Delivery(delivery)], here.now(), 1
    return sent


def tell(here: Services, sent: Sent, kind: str, *, by: str = "email", **detail: Any) -> None:
    at = here.now() - timedelta(hours=2)
    with here.sessions.begin() as session:
        session.add(
            EmailEvent(
                id=new_id(at),
                provider="sendgrid",
                event_id=f"{kind}-{sent.email_id.hex}-{by}",
                fingerprint=new_id(at).bytes * 2,
                email_id=sent.email_id,
                n=1,
                matched_by=by,
                kind=kind,
                at=at,
                received_at=at,
                detail=detail,
            )
        )


def cells(page: str, row: str) -> list[str]:
    """The texts of a line of the table, tags left out."""
    line = next(part for part in page.split("<tr>") if row in part)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.S)]


def test_rates_by_group_are_those_of_the_registry_with_their_counts(
    app: Flask, enter: Enter, installation: Services
) -> None:
    fates = ["delivered"] * 9 + ["complained", "bounced_hard", "bounced_soft", "rejected"] + ["queued"] * 7
    people = [became(installation, f"g{n}", fate) for n, fate in enumerate(fates)]
    became(installation, "other", "delivered", group="orange")
    became(installation, "away", "bounced_hard", store="S3")
    tell(installation, people[0], "deferred")
    tell(installation, people[0], "deferred", by="request")
    page = enter("marketing", "store:S1", language="en").get("/deliveries?period=2026-11").text
    one = "5.0% 1 [0.9 ; 23.6]"
    assert cells(page, "Gmail") == [
        "Gmail", "20", "50.0% 10 [29.9 ; 70.1]", one, one, one, one, "10.0% 1 / 10 [1.8 ; 40.4]",
    ]  # fmt: skip
    assert cells(page, ">All<")[1] == "21"
    assert cells(page, "Orange, Wanadoo")[1:3] == ["1", "- 1"]
    whole = enter("cx", language="en").get("/deliveries?period=2026-11&scope=store:S3").text
    assert cells(whole, "Gmail")[1] == "1"


def test_a_period_without_a_sending_says_so_and_a_scope_outside_does_not_exist(
    app: Flask, enter: Enter, installation: Services
) -> None:
    person = enter("store_manager", "store:S1", language="en")
    assert "Nothing was sent" in person.get("/deliveries?period=2020-01").text
    assert person.get("/deliveries?scope=store:S3").status_code == 404
    assert person.get("/deliveries?period=x").status_code == 422


def test_the_story_of_an_email_is_told_in_order_without_an_address(
    app: Flask, enter: Enter, installation: Services
) -> None:
    sent, now = became(installation, "zoe", "bounced_hard"), installation.now()
    with installation.sessions.begin() as session:
        at = now - timedelta(days=1)
        session.add(
            SendAttempt(
                email_id=sent.email_id,
                n=1,
                provider="sendgrid",
                outcome="accepted",
                intent_at=at,
                settled_at=at + timedelta(seconds=2),
                evidence="202",
            )
        )
        session.add(DoubtCheck(email_id=sent.email_id, at=at + timedelta(minutes=1), found="wait: nothing heard"))
        key = b"k" * 32
        for minutes, prefetch in ((30, True), (40, False)):
            session.add(
                Visit(
                    id=new_id(at),
                    invitation_id=sent.invitation_id,
                    method="GET",
                    at=at + timedelta(minutes=minutes),
                    client_key=key,
                    prefetch=prefetch,
                )
            )
        session.add(
            ResponseRevision(
                invitation_id=sent.invitation_id,
                n=1,
                page="p",
                content_sha256=b"h" * 32,
                score=9,
                answers={},
                clean=True,
                dwell_ms=5000,
                client_key=key,
                at=at + timedelta(minutes=41),
            )
        )
    tell(installation, sent, "bounced_hard", status="5.1.1", mta_response="550 <zoe@example.fr>: no such user")
    tell(installation, sent, "bounced_soft", by="address")
    page = enter("store_manager", "store:S1", language="en").get(f"/deliveries/{sent.email_id.hex}").text
    said = [
        "Decision: to be asked",
        "Invitation made",
        "Attempt 1: handed to sendgrid",
        "Attempt 1: accepted by sendgrid",
        "Doubt looked at: nothing settles it yet",
        "Link fetched by a machine",
        "Link opened",
        "Response received: 9",
        "Bounced for good",
        "bounced_soft: matched by the address alone",
    ]
    places = [page.index(words) for words in said]
    assert places == sorted(places)
    assert "zoe@example.fr" not in page
    assert "no such user" in page
    assert "nothing heard" not in page


@pytest.mark.parametrize(
    ("found", "title", "detail"),
    [
        ("wait: nothing heard", "look_wait", ""),
        ("ask: not found by a search", "look_ask", "not found by a search"),
        ("sent: in the logs", "look_sent", "in the logs"),
        ("pending: no file", "look_pending", "no file"),
        (
            "dropped: nothing heard; events of 1 of 2 other emails within 10 min",
            "look_dropped",
            "events of 1 of 2 other",
        ),
        ("link opened", "look_opened", ""),
        ("something else", "look", "something else"),
    ],
)
def test_a_look_at_a_doubt_is_said_in_the_readers_words(found: str, title: str, detail: str) -> None:
    at = datetime(2026, 11, 28, tzinfo=UTC)
    (moment,) = timeline(EmailStory(Email(), None, "", "", [], [], [DoubtCheck(at=at, found=found)], [], [], []))
    assert (moment.at, moment.title) == (at, title)
    assert moment.detail.startswith(detail)
    assert bool(moment.detail) == bool(detail)
    assert f"deliveries.story.{title}" in catalogue()


def test_an_email_of_another_store_does_not_exist_and_a_search_finds_only_ones_own(
    app: Flask, enter: Enter, installation: Services
) -> None:
    mine, theirs = became(installation, "mine", "delivered"), became(installation, "theirs", "delivered", store="S3")
    person = enter("store_manager", "store:S1")
    assert person.get(f"/deliveries/{mine.email_id.hex}").status_code == 200
    paths = [f"/deliveries/{one}" for one in (theirs.email_id.hex, "0" * 32, "x", mine.email_id.hex.upper())]
    assert [person.get(path).status_code for path in paths] == [404] * 4
    assert mine.email_id.hex in person.get("/deliveries?q=mine").text
    assert mine.email_id.hex in person.get("/deliveries?q=o-mine").text
    assert theirs.email_id.hex not in person.get("/deliveries?q=theirs").text
    assert mine.email_id.hex not in enter("marketing").get("/deliveries").text
