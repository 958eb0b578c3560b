"""A customer before the page: selected and not recorded, one more click, changed, thanked alike, gone."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.core.surveys import DEFAULT_SURVEY, STARS_SURVEY, Survey
from surveyor.db.tables.responses import Response
from surveyor.services import Services
from tests.web.links import Sent, open_network, send


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation, questionnaire=Survey("nps", STARS_SURVEY.name, STARS_SURVEY.questions))
    return create_app(installation)


@pytest.fixture
def sent(app: Flask, installation: Services) -> Sent:
    return send(installation, "c1")


def fields(page: Any) -> dict[str, str]:
    """The hidden fields of the first form of a page."""
    form = re.search(r"<form.*?</form>", page.text, re.S)
    assert form
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: html.unescape(value) for name, value in hidden}


def stands(here: Services, sent: Sent) -> int | None:
    with here.sessions() as session:
        return session.scalar(select(Response.score).where(Response.invitation_id == sent.invitation_id))


def answer(client: FlaskClient, sent: Sent, clock: Any, *, seconds: float = 20, path: str = "", **given: str) -> Any:
    """Open the page, wait, send the form."""
    page = client.get(f"/s/{sent.survey}{path}")
    clock.forward(seconds=seconds)
    return client.post(f"/s/{sent.survey}", data={**fields(page), **given})


def test_a_score_link_selects_and_records_nothing(stranger: FlaskClient, sent: Sent, installation: Services) -> None:
    for _ in range(3):
        page = stranger.get(f"/s/{sent.survey}/7").text
        assert re.search(r'value="7" checked', page)
    assert page.count(" checked") == 6
    assert stands(installation, sent) is None


def test_a_page_says_the_store_and_the_day_and_nothing_of_the_person(stranger: FlaskClient, sent: Sent) -> None:
    page = stranger.get(f"/s/{sent.survey}").text
    assert "Lille Centre" in page
    assert "17 novembre 2026" in page
    for secret in ("Ana", "Dupont", "example.fr", "o-c1", "c1"):
        assert secret not in re.sub(r'(value|href|src|action)="[^"]*"', "", page)


def test_an_answer_is_thanked_and_counted(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    done = answer(stranger, sent, clock, score="9", comment="Merci", q_wait="4")
    assert (done.status_code, done.headers["Location"]) == (303, f"/s/{sent.survey}/thanks")
    assert "Merci" in stranger.get(done.headers["Location"]).text
    assert stands(installation, sent) == 9


def test_an_answer_is_changed_from_the_thanks_page_and_keeps_its_stars(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    answer(stranger, sent, clock, score="9", comment="Merci", q_wait="4")
    page = stranger.get(f"/s/{sent.survey}/thanks")
    assert re.search(r'name="q_wait" value="4" checked', page.text)
    assert re.search(r'name="score" value="9" checked', page.text)
    assert ">Merci</textarea>" in page.text
    clock.forward(seconds=1)
    done = stranger.post(f"/s/{sent.survey}", data={**fields(page), "score": "6", "q_wait": "4"})
    assert done.status_code == 303
    assert stands(installation, sent) == 6


def test_a_second_visit_from_the_email_gives_the_answer_back_to_be_changed_and_loses_no_word(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    answer(stranger, sent, clock, score="9", comment="CANARI", q_wait="4")
    clock.forward(days=1)
    page = stranger.get(f"/s/{sent.survey}/4")
    assert "Vous avez déjà répondu" in page.text
    assert re.search(r'name="score" value="4" checked', page.text)
    assert re.search(r'name="q_wait" value="4" checked', page.text)
    (words,) = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page.text)
    assert words == "CANARI"
    clock.forward(seconds=20)
    form = {**fields(page), "score": "4", "comment": words, "q_wait": "4"}
    assert stranger.post(f"/s/{sent.survey}", data=form).status_code == 303
    assert stands(installation, sent) == 4
    assert ">CANARI</textarea>" in stranger.get(f"/s/{sent.survey}/thanks").text
    assert re.search(r'name="score" value="4" checked', stranger.get(f"/s/{sent.survey}").text)


def test_an_answer_is_not_shown_once_its_link_has_ended(stranger: FlaskClient, sent: Sent, clock: Any) -> None:
    answer(stranger, sent, clock, score="9", comment="CANARI")
    clock.forward(days=40)
    for path in ("", "/4", "/thanks"):
        page = stranger.get(f"/s/{sent.survey}{path}")
        assert page.status_code == 410
        assert "CANARI" not in page.text


def test_s58_a_form_sent_too_fast_counts_after_one_more_click(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    held = answer(stranger, sent, clock, seconds=0.4, score="9", comment="Vite", q_wait="5")
    assert held.status_code == 200
    assert "Oui, c&#39;est bien ma note\u00a0: 9" in held.text
    assert stands(installation, sent) is None
    clock.forward(seconds=0.5)
    confirmed = stranger.post(f"/s/{sent.survey}", data=fields(held))
    assert confirmed.status_code == 303
    assert stands(installation, sent) == 9
    assert ">Vite</textarea>" in stranger.get(confirmed.headers["Location"]).text


def test_s58_scripts_that_saw_nobody_ask_for_one_more_click(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    held = answer(stranger, sent, clock, score="2", sign="js")
    assert 'data-code="confirm_answer"' in held.text
    assert stands(installation, sent) is None


def test_s58_two_scores_at_once_ask_which_one(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    answer(stranger, sent, clock, score="9")
    asked = answer(stranger, sent, clock, score="1")
    assert asked.status_code == 200
    assert "Ma note est 9" in asked.text
    assert "Ma note est 1" in asked.text
    assert stands(installation, sent) is None
    clock.forward(seconds=5)
    stranger.post(f"/s/{sent.survey}", data={**fields(asked), "score": "1"})
    assert stands(installation, sent) == 1


def test_s58_a_robot_that_sends_every_page_is_asked_to_come_back(
    stranger: FlaskClient, sent: Sent, clock: Any, installation: Services
) -> None:
    last = [answer(stranger, sent, clock, seconds=3, score=str(score)) for score in range(11)][-1]
    assert 'data-code="responses_contradictory"' in last.text
    assert stands(installation, sent) is None
    clock.forward(minutes=11)
    assert answer(stranger, sent, clock, score="8").status_code == 303
    assert stands(installation, sent) == 8


def test_the_thanks_are_the_same_whatever_the_score_but_for_the_offer_to_be_contacted(
    stranger: FlaskClient, app: Flask, clock: Any, installation: Services
) -> None:
    pages, offered = set(), []
    for score in range(11):
        one = send(installation, f"t{score}")
        answer(stranger, one, clock, score=str(score))
        page = stranger.get(f"/s/{one.survey}/thanks").text.replace(one.survey, "")
        page, offers = re.subn(r'<form [^>]*class="offer call-back">.*?</form>\s*', "", page, flags=re.DOTALL)
        offered += [score] * offers
        pages.add(re.sub(r'value="[^"]*"( checked)?', "", page))
    assert offered == list(range(7))
    assert len(pages) == 1


def test_what_was_typed_comes_back_with_what_is_wrong(stranger: FlaskClient, sent: Sent, clock: Any) -> None:
    page = answer(stranger, sent, clock, score="", comment="Long texte à ne pas perdre", q_wait="3")
    assert page.status_code == 422
    assert "Long texte à ne pas perdre</textarea>" in page.text
    assert re.search(r'name="q_wait" value="3" checked', page.text)
    assert "Choisissez une note de 0 à 10." in page.text
    assert 'aria-describedby="score-ends score-wrong"' in page.text


def test_a_page_in_english_stays_in_english(stranger: FlaskClient, sent: Sent, clock: Any) -> None:
    page = stranger.get(f"/s/{sent.survey}?lang=en")
    assert '<html lang="en">' in page.text
    clock.forward(seconds=20)
    form = re.search(r'action="([^"]+)"', page.text)
    assert form
    done = stranger.post(form[1], data={**fields(page), "score": "9"})
    assert done.headers["Location"].endswith("/thanks?lang=en")


def test_an_unsubscribe_is_undone_within_ten_minutes(stranger: FlaskClient, sent: Sent, clock: Any) -> None:
    path = f"/u/{sent.unsubscribe}"
    done = stranger.post(path, data={**fields(stranger.get(path)), "choice": "stop"})
    assert "Vous ne recevez plus ces e-mails" in done.text
    clock.forward(minutes=9)
    undone = stranger.post(path, data={**fields(done), "choice": "undo"})
    assert "C&#39;est annulé" in undone.text
    paused = stranger.post(path, data={**fields(undone), "choice": "pause"})
    assert "aucun e-mail avant le" in paused.text
    assert stranger.post(path, data={"choice": "stop", "nonce": "x"}).status_code == 400
    assert "Vos préférences" in stranger.get(path).text


def test_each_choice_is_one_button_and_can_be_taken_back(stranger: FlaskClient, sent: Sent) -> None:
    path = f"/u/{sent.unsubscribe}"
    page = stranger.get(path)
    offered = ["stop", "less_2", "less_6", "pause"]
    assert re.findall(r'name="choice" value="(\w+)"', page.text) == offered
    assert "Set-Cookie" not in page.headers
    for choice, said in (
        ("less_2", "un e-mail tous les 2 mois au plus"),
        ("less_6", "un e-mail tous les 6 mois au plus"),
        ("pause", "aucun e-mail avant le"),
    ):
        page = stranger.post(path, data={**fields(page), "choice": choice})
        assert page.status_code == 200
        assert said in page.text
        assert page.text.count("(choisi)") == (2 if choice == "pause" else 1)
        assert re.findall(r'name="choice" value="(\w+)"', page.text) == [*offered, "as_before"]
    back = stranger.post(path, data={**fields(page), "choice": "as_before"})
    assert "(choisi)" not in back.text
    assert "comme avant" in back.text


@pytest.mark.parametrize("choice", ["", "less", "less_3", "less_24", "STOP", "stop "])
def test_a_choice_that_is_not_offered_changes_nothing(stranger: FlaskClient, sent: Sent, choice: str) -> None:
    path = f"/u/{sent.unsubscribe}"
    refused = stranger.post(path, data={**fields(stranger.get(path)), "choice": choice})
    assert refused.status_code == 400
    assert "(choisi)" not in refused.text
    assert "Me désabonner" in stranger.get(path).text


def test_the_page_of_nobodys_link_is_the_same_page(stranger: FlaskClient, sent: Sent) -> None:
    ours, nobodys = (stranger.get(f"/u/{token}") for token in (sent.unsubscribe, "0" * 22))
    assert nobodys.status_code == ours.status_code == 200
    for choice in ("less_2", "stop"):
        done = stranger.post(f"/u/{'0' * 22}", data={**fields(nobodys), "choice": choice})
        assert done.status_code == 200
    assert stranger.head(f"/u/{sent.unsubscribe}").status_code == 200


def test_one_click_takes_both_encodings_and_says_nothing(stranger: FlaskClient, sent: Sent) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        done = stranger.post(f"/u/{sent.unsubscribe}", data={"List-Unsubscribe": "One-Click"}, content_type=kind)
        assert (done.status_code, done.data) == (200, b"")
        assert "Set-Cookie" not in done.headers
    assert "Vous ne recevez plus" in stranger.get(f"/u/{sent.unsubscribe}").text


@pytest.mark.parametrize(
    "body", [b"List-Unsubscribe=One-Click\r\n", b"List-Unsubscribe=One-Click&x=1", b"list-unsubscribe=one-click"]
)
def test_a_no_is_heard_however_a_mailbox_writes_it(stranger: FlaskClient, sent: Sent, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded"
    assert stranger.post(f"/u/{sent.unsubscribe}", data=body, content_type=kind).status_code == 200
    assert "Vous ne recevez plus" in stranger.get(f"/u/{sent.unsubscribe}").text


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded; charset=iso-8859-1"])
def test_a_no_is_heard_whatever_a_mailbox_calls_it(stranger: FlaskClient, sent: Sent, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    other = stranger.post(f"/u/{sent.unsubscribe}", data=b"something=else", headers=headers)
    assert other.status_code == 415
    done = stranger.post(f"/u/{sent.unsubscribe}", data=b"List-Unsubscribe=One-Click", headers=headers)
    assert (done.status_code, done.data) == (200, b"")
    assert "Vous ne recevez plus" in stranger.get(f"/u/{sent.unsubscribe}").text


def test_the_survey_that_comes_with_the_product_has_two_questions(installation: Services) -> None:
    open_network(installation, questionnaire=DEFAULT_SURVEY)
    page = create_app(installation).test_client().get(f"/s/{send(installation, 'c1').survey}").text
    assert page.count("<fieldset") == 1
    assert page.count("<textarea") == 1
