"""Pages of reports that left: for whoever may see their stores now; links, readings, follow-up, subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveyor.app import create_app
from surveyor.db import report_pages, reports, users
from surveyor.errors import Refused
from surveyor.services import Services
from surveyor.web.reports.paper import as_pdf
from tests.web.conftest import Enter
from tests.web.links import open_network, send
from tests.web.reports import REPORT, keep_report
from tests.web.test_dashboard import answers, text_of


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def test_a_report_is_read_again_as_it_left_and_whoever_opened_it_is_named_to_those_who_keep_subscriptions(
    enter: Enter, installation: Services
) -> None:
    reader = enter("store_manager", "store:S1", email="ana@example.fr")
    email = keep_report(installation, reader.user_id, quote=send(installation, "c1"))
    page = reader.get(f"/reports/sent/{email.hex}")
    said = text_of(page)
    assert "NPS 4 semaines : +38 [+23 ; +50], 96 réponses" in said
    assert "Attente au retrait" in said
    assert "CONSTAT 5,6 % des adresses sont refusées." in said
    assert "Lu par" not in said
    assert "Express semaine 46" in text_of(reader.get("/reports/sent"))
    keeper = text_of(enter("cx", email="cx@example.fr").get(f"/reports/sent/{email.hex}"))
    assert "ana@example.fr" in keeper[keeper.index("Lu par") :]
    reader.get(f"/reports/sent/{email.hex}")
    with installation.sessions() as session:
        assert {one.who: one.times for one in report_pages.readings(session, email)} == {
            "ana@example.fr": 2,
            "cx@example.fr": 1,
        }


def test_a_report_of_other_stores_does_not_exist_for_a_reader_even_their_own_of_before(
    enter: Enter, installation: Services
) -> None:
    reader = enter("store_manager", "store:S1")
    email = keep_report(installation, reader.user_id)
    everything = keep_report(installation, reader.user_id, scope="network")
    region = enter("region_manager", "region:nord")
    assert region.get(f"/reports/sent/{email.hex}").status_code == 200
    for person in (enter("region_manager", "region:sud"), enter("store_manager", "store:S2")):
        assert person.get(f"/reports/sent/{email.hex}").status_code == 404
        assert "Express semaine" not in person.get("/reports/sent").text
    assert region.get(f"/reports/sent/{everything.hex}").status_code == 404
    with installation.sessions.begin() as session:
        users.replace_scopes(session, reader.user_id, ["store:S3"])
    assert reader.get(f"/reports/sent/{email.hex}").status_code == 404


def link_of(page: Any) -> str:
    address = page.text.split('<code class="small">http://127.0.0.1:8000')[1]
    return str(address.split("<")[0])


def test_a_link_shows_one_report_to_anybody_until_it_ends_and_is_not_indexed(
    enter: Enter, installation: Services, stranger: FlaskClient, clock: Any
) -> None:
    reader = enter("store_manager", "store:S1")
    email = keep_report(installation, reader.user_id)
    other = keep_report(installation, reader.user_id)
    path = f"/reports/sent/{email.hex}"
    assert reader.post(f"{path}/share", {"days": "400"}).status_code == 422
    assert reader.post(f"{path}/share", {"days": "7"}).status_code == 303
    link = link_of(reader.get(path))
    page = stranger.get(link)
    assert page.status_code == 200
    assert "NPS 4 semaines : +38" in text_of(page)
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    for word in ("Lu par", "/reports/sent", "csrf_token", other.hex):
        assert word not in page.text
    assert stranger.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 404
    assert stranger.get(path).status_code == 303
    clock.forward(days=7)
    assert stranger.get(link).status_code == 410


def test_a_shared_report_has_a_frame_in_both_languages_and_says_that_its_own_does_not_change(
    enter: Enter, installation: Services, stranger: FlaskClient
) -> None:
    reader = enter("store_manager", "store:S1")
    path = f"/reports/sent/{keep_report(installation, reader.user_id).hex}"
    reader.post(f"{path}/share", {"days": "7"})
    link = link_of(reader.get(path))
    french = stranger.get(link)
    assert '<html lang="fr">' in french.text
    assert f'href="{link}?lang=en" lang="en"' in french.text
    assert "ne change plus" not in french.text
    english = stranger.get(f"{link}?lang=en")
    assert '<html lang="en">' in english.text
    assert f'href="{link}?lang=fr" lang="fr"' in english.text
    assert "Weekly express" in text_of(english)
    assert "This report was sent in French" in text_of(english)
    # What was sent stands as it was, the words of its tables and its advice included.
    body = [
        page.text.partition('<section class="card express')[2].partition("</section>")[0] for page in (french, english)
    ]
    assert body[0] == body[1]
    assert 'lang="fr"' in body[1].partition(">")[0]


def test_a_link_closes_when_it_is_taken_back_and_when_its_maker_loses_the_right(
    enter: Enter, installation: Services, stranger: FlaskClient
) -> None:
    reader = enter("store_manager", "store:S1")
    email = keep_report(installation, reader.user_id)
    path = f"/reports/sent/{email.hex}"
    reader.post(f"{path}/share", {"days": "30"})
    first = link_of(reader.get(path))
    with installation.sessions() as session:
        (made,) = report_pages.shares(session, email)
    assert reader.post(f"{path}/share/{made.id.hex}/revoke").status_code == 303
    assert stranger.get(first).status_code == 410
    reader.post(f"{path}/share", {"days": "30"})
    second = link_of(reader.get(path))
    assert stranger.get(second).status_code == 200
    with installation.sessions.begin() as session:
        users.replace_scopes(session, reader.user_id, ["store:S2"])
    assert stranger.get(second).status_code == 410


def test_what_became_of_a_recommendation_is_kept_for_its_stores(enter: Enter, installation: Services) -> None:
    reader = enter("store_manager", "store:S1")
    email = keep_report(installation, reader.user_id)
    path = f"/reports/sent/{email.hex}"
    assert reader.post(f"{path}/follow", {"place": "0", "status": "done"}).status_code == 303
    assert reader.post(f"{path}/follow", {"place": "9", "status": "done"}).status_code == 404
    assert reader.post(f"{path}/follow", {"place": "0", "status": "great"}).status_code == 422
    assert "Aujourd'hui : fait" in text_of(reader.get(path)).replace("&#39;", "'")
    with installation.sessions() as session:
        assert report_pages.statuses(session, "store:S1", "2026-W46") == {("R9", "store:S1"): "done"}


def chosen(here: Services) -> set[tuple[str, str, str, bool]]:
    with here.sessions() as session:
        return {(one.kind, one.scope, one.edition, one.active) for one in reports.choices(session)}


def test_people_choose_their_own_reports_and_nobody_elses(enter: Enter, installation: Services) -> None:
    reader, other = enter("store_manager", "store:S1"), enter("store_manager", "store:S2")
    said = text_of(reader.get("/reports/subscriptions"))
    assert "Édition magasin d'office, par son rôle" in said.replace("&#39;", "'")
    assert "Qui reçoit quoi" not in said
    stop = {"kind": "express", "edition": "store", "active": "0"}
    assert reader.post("/reports/subscriptions", stop).status_code == 303
    assert chosen(installation) == {("express", "", "store", False)}
    assert reader.post("/reports/subscriptions", {**stop, "user": other.user_id.hex}).status_code == 404
    wider = {"kind": "voice", "edition": "network", "active": "1"}
    assert reader.post("/reports/subscriptions", wider).status_code == 422
    elsewhere = {"kind": "voice", "edition": "store", "active": "1", "scope": "store:S3"}
    assert reader.post("/reports/subscriptions", elsewhere).status_code == 422
    assert chosen(installation) == {("express", "", "store", False)}


def test_a_region_manager_chooses_for_the_people_of_the_region_and_the_cx_team_for_everybody(
    enter: Enter, installation: Services
) -> None:
    north, south = enter("store_manager", "store:S1"), enter("store_manager", "store:S3")
    region, cx = enter("region_manager", "region:nord"), enter("cx")
    stop = {"kind": "express", "edition": "store", "active": "0"}
    assert region.post("/reports/subscriptions", {**stop, "user": north.user_id.hex}).status_code == 303
    assert region.post("/reports/subscriptions", {**stop, "user": south.user_id.hex}).status_code == 404
    assert cx.post("/reports/subscriptions", {**stop, "user": south.user_id.hex}).status_code == 303
    one = {"kind": "express", "edition": "region", "active": "1", "scope": "region:sud"}
    assert cx.post("/reports/subscriptions", one).status_code == 303
    assert ("express", "region:sud", "region", True) in chosen(installation)
    assert cx.post("/reports/subscriptions", {**one, "active": "0"}).status_code == 303
    assert ("express", "region:sud", "region", True) not in chosen(installation)


def test_the_page_shows_a_link_again_without_its_being_kept(enter: Enter, installation: Services, clock: Any) -> None:
    reader = enter("store_manager", "store:S1")
    email = keep_report(installation, reader.user_id)
    path = f"/reports/sent/{email.hex}"
    reader.post(f"{path}/share", {"days": "30"})
    before = link_of(reader.get(path))
    clock.forward(minutes=10)
    assert link_of(reader.get(path)) == before


def test_the_voice_of_a_month_is_shown_and_printed_for_ones_own_stores(enter: Enter, installation: Services) -> None:
    answers(installation, "S1", *[10] * 12, comment="Très bien")
    answers(installation, "S3", *[0] * 12, comment="Canari")
    person = enter("store_manager", "store:S1")
    page = person.get("/reports/voice?period=2026-10")
    assert "La voix du client - octobre 2026 - Lille Centre : aucune réponse" in text_of(page)
    network = enter("cx", language="en")
    assert "October 2026" in text_of(network.get("/reports/voice"))
    printed = person.get("/reports/voice/pdf?period=2026-10")
    assert (printed.status_code, printed.mimetype) == (200, "application/pdf")
    assert printed.headers["Content-Disposition"] == 'attachment; filename="voice-2026-10.pdf"'
    assert person.get("/reports/voice?scope=store:S3").status_code == 404
    email = keep_report(installation, person.user_id)
    assert person.get(f"/reports/sent/{email.hex}/pdf").data.startswith(b"%PDF-")


def test_an_installation_without_the_extra_says_what_to_install() -> None:
    with pytest.raises(Refused) as told:
        as_pdf(REPORT, ready=lambda: False)
    assert (told.value.code, told.value.status) == ("pdf_missing", 503)
    assert "surveyor[pdf]" in told.value.complaints[0].message_en
