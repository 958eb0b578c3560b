"""The pages of a draft of the rules: when there is none any more, and what is sent for a what-if."""

from __future__ import annotations

import dataclasses
import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from surveyor.db import rule_drafts
from surveyor.flows.edit_rules import measure_draft, open_draft
from surveyor.flows.publish_rules import publish_first
from surveyor.services import Services
from tests.web.conftest import Enter, Person

READ = ["", "/rule/0", "/global", "/text", "/what-if", "/publish"]
PRESSED = ["/rule/0", "/rule/0/remove", "/rule", "/global", "/text", "/measure", "/publish", "/carry-over"]


@pytest.mark.parametrize("path", READ)
def test_a_page_of_no_draft_leads_back_with_a_word(enter: Enter, path: str) -> None:
    person = enter("cx")
    answer = person.get(f"/rules/draft{path}")
    assert (answer.status_code, answer.location) == (303, "/rules?no_draft=1")
    assert "pas de brouillon en cours" in person.get(answer.location).text


@pytest.mark.parametrize("path", PRESSED)
def test_a_press_after_the_draft_was_forgotten_elsewhere_leads_back_too(enter: Enter, path: str) -> None:
    answer = enter("cx").post(f"/rules/draft{path}")
    assert (answer.status_code, answer.location) == (303, "/rules?no_draft=1")


def test_a_rule_that_the_draft_does_not_hold_is_still_not_found(enter: Enter, installation: Services) -> None:
    person = enter("cx")
    open_draft(installation.sessions, str(person.user_id), now=installation.now())
    assert person.get("/rules/draft/rule/7").status_code == 404
    assert "pas de brouillon" not in person.get("/rules?no_draft=1").text


def send(person: Person, raw: bytes, **fields: str) -> Any:
    """Post a file of orders as a browser does."""
    data = {"csrf_token": person.csrf, "orders": (io.BytesIO(raw), "../../etc/passwd.csv"), **fields}
    return person.client.post("/rules/draft/what-if/file", data=data, content_type="multipart/form-data")


ORDERS = b"event_id,type,order_id,customer_id,ordered_at\n" + b"".join(
    f"e{n},order.completed,o{n},c{n % 2},2026-0{1 + n}-05T10:00:00+01:00\n".encode() for n in range(4)
)


def shown(person: Person) -> str:
    """The page of the what-if once the replay is over."""
    for _ in range(1200):
        page = str(person.get("/rules/draft/what-if").text)
        if "<progress" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the replay never ended")


def test_s35_a_file_of_orders_is_replayed_shown_and_gone(enter: Enter, app: Flask, tmp_path: Path, clock: Any) -> None:
    here = app.extensions["surveyor"] = dataclasses.replace(
        app.extensions["surveyor"], settings=dataclasses.replace(app.extensions["surveyor"].settings, home=tmp_path)
    )
    person = enter("cx", language="en")
    publish_first(here.sessions, '[[rule]]\nid = "std"\n', now=here.now())
    open_draft(here.sessions, str(person.user_id), now=here.now())
    assert send(person, ORDERS).status_code == 303
    page = shown(person)
    assert "Figures of a file of 4 orders" in page
    assert '/rules/draft/publish">Continue' not in page
    assert not list(tmp_path.rglob("*.orders"))
    assert send(person, b"PK\x03\x04 a workbook").status_code == 303
    assert "Export as CSV" in shown(person)
    assert person.post("/rules/draft/what-if/file/forget").status_code == 303
    assert "Figures of a file" not in person.get("/rules/draft/what-if").text
    assert not list(tmp_path.rglob("*.orders"))


@pytest.mark.parametrize(("raw", "status"), [(b"", 422), (b"\x1f\x8b" + bytes(30), 422)])
def test_a_file_that_may_not_be_kept_is_refused_with_words(enter: Enter, app: Flask, raw: bytes, status: int) -> None:
    here = app.extensions["surveyor"]
    person = enter("cx", language="en")
    open_draft(here.sessions, str(person.user_id), now=here.now())
    answer = send(person, raw)
    assert answer.status_code == status
    assert "File of orders:" in answer.text
    assert send(person, ORDERS, other="1").status_code == 422, "a field that the form does not have"


@pytest.mark.parametrize(
    "days", [("2026-05-01", "2026-04-01"), ("x", ""), ("2010-01-01", ""), ("2026-11-01", "2027-01-01")]
)
def test_days_that_are_none_are_refused_where_they_were_typed(enter: Enter, app: Flask, days: tuple[str, str]) -> None:
    here = app.extensions["surveyor"]
    person = enter("cx", language="en")
    open_draft(here.sessions, str(person.user_id), now=here.now())
    answer = person.post("/rules/draft/measure", {"from": days[0], "to": days[1]})
    assert (answer.status_code, "Give two dates" in answer.text) == (422, True)


def test_a_draft_of_which_two_ways_disagree_shows_no_figure_and_what_to_do(enter: Enter, app: Flask) -> None:
    here: Services = app.extensions["surveyor"]
    person = enter("cx")
    publish_first(here.sessions, '[[rule]]\nid = "std"\n', now=here.now())
    draft = open_draft(here.sessions, str(person.user_id), now=here.now())
    with here.sessions.begin() as session:
        rule_drafts.keep_measure(session, draft, {"differs": "emails by columns and by decide differ, first at o1"})
    page = person.get("/rules/draft/what-if?wait=1").text
    assert "deux calculs se contredisent" in page
    assert "first at o1" in page
    assert "<progress" not in page
    assert '<table class="compare"' not in page


def test_a_replay_whose_process_ended_is_offered_again(enter: Enter, app: Flask, clock: Any) -> None:
    here = app.extensions["surveyor"]
    person = enter("cx", language="en")
    open_draft(here.sessions, str(person.user_id), now=here.now())
    with here.sessions.begin() as session:
        rule_drafts.mark_measuring(session, str(person.user_id), here.now())
        rule_drafts.mark_progress(session, str(person.user_id), 40)
    page = person.get("/rules/draft/what-if").text
    assert 'value="40"' in page
    with here.sessions.begin() as session:
        rule_drafts.mark_measuring(session, str(person.user_id), here.now() - timedelta(minutes=16))
    assert "<progress" not in person.get("/rules/draft/what-if?wait=1").text


def test_what_the_draft_would_have_done_stands_beside_its_publication_and_its_approval(
    enter: Enter, app: Flask, installation: Services
) -> None:
    here = app.extensions["surveyor"] = dataclasses.replace(
        app.extensions["surveyor"],
        settings=dataclasses.replace(app.extensions["surveyor"].settings, approval=True, volume_times=1.5),
    )
    publish_first(here.sessions, '[[rule]]\nid = "std"\n', now=here.now())
    person, other = enter("cx", language="en"), enter("admin")
    person.post("/rules/draft")
    person.post("/rules/draft/text", {"text": '[[rule]]\nid = "std"\nmin_orders = 3\n'})
    assert "What these rules would have done" not in person.get("/rules/draft/publish").text
    measure_draft(here.sessions, str(person.user_id), now=here.now())
    page = person.get("/rules/draft/publish").text
    assert "What these rules would have done" in page
    assert "<dt>Emails</dt><dd>0 → 0" in page
    assert "Over 1.5 times the invitations" in page
    answer = person.post("/rules/draft/publish", {"reason": "less often"})
    assert answer.status_code == 303, answer.text
    assert "Ce que ces règles auraient fait" in other.get(answer.location).text


def test_a_file_edited_by_hand_decides_nothing_and_is_offered_as_a_draft(
    enter: Enter, app: Flask, tmp_path: Path
) -> None:
    here = app.extensions["surveyor"] = dataclasses.replace(
        app.extensions["surveyor"], settings=dataclasses.replace(app.extensions["surveyor"].settings, home=tmp_path)
    )
    file = tmp_path / "rules.toml"
    publish_first(here.sessions, '[[rule]]\nid = "std"\n', now=here.now(), file=file)
    person, reader = enter("cx", language="en"), enter("store_manager", "store:S1", language="en")
    assert "edited by hand" not in person.get("/rules").text
    file.write_text(file.read_text("utf-8").replace('"std"\n', '"std"\nmin_orders = 4\n'), "utf-8")
    assert "edited by hand" in person.get("/rules").text
    assert "edited by hand" not in reader.get("/rules").text
    assert "4 orders" not in person.get("/rules").text
    person.post("/rules/draft", {"file": "1"})
    assert "4 orders" in person.get("/rules/draft").text
    file.write_bytes(b"\xff\xfe")
    assert "edited by hand" not in person.get("/rules").text
