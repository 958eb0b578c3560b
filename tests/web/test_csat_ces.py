"""Satisfaction and effort from the page of a customer to the dashboard and the API, and counted again from the rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.surveys import DEFAULT_SURVEY, Kind, Question, Words
from surveyor.flows.manage_keys import make_key
from surveyor.flows.rebuild_tallies import differences
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import open_network, send
from tests.web.test_dashboard import text_of
from tests.web.test_survey_pages import answer

ENDS = {"low": Words("Pas du tout", "Not at all"), "high": Words("Tout à fait", "Completely")}
ASKED = (
    Question("q_sat", Kind.CSAT, Words("Satisfait ?", "Satisfied?"), scale="1-5", **ENDS),
    Question("q_app", Kind.CSAT, Words("L'application ?", "The app?"), scale="0-10", **ENDS),
    Question("q_easy", Kind.CES, Words("Pénible ?", "Hard?"), scale="1-7", direction="difficult_high", **ENDS),
)


@pytest.fixture
def app(installation: Services) -> Flask:
    questions = (DEFAULT_SURVEY.questions[0], *ASKED, DEFAULT_SURVEY.questions[1])
    open_network(installation, questionnaire=replace(DEFAULT_SURVEY, questions=questions))
    return create_app(installation)


def test_answers_on_two_scales_come_out_as_csat_and_ces(
    app: Flask, installation: Services, stranger: Any, clock: Any, enter: Enter
) -> None:
    for number in range(12):
        sent = send(installation, f"c{number}")
        given = {"q_sat": "5" if number < 9 else "2", "q_easy": "1"} if number < 11 else {"q_sat": "", "q_easy": "7"}
        assert answer(stranger, sent, clock, score="9", comment="", **given).status_code in (200, 303)
    with installation.sessions() as session:
        assert [one for one in differences(session) if one.table == "tally_answers"] == []
    said = text_of(enter("cx", language="en").get("/?period=2026-11"))
    assert "Satisfaction (CSAT) low reliability" in said
    assert "Mean, 1 to 5 4.5" in said
    assert "Satisfied customers 81.8%" in said
    assert "Mean, 1 to 7 6.5" in said  # eleven found it very easy (1 turned into 7), one very hard
    assert "It was easy 91.7%" in said
    client = create_app(replace(installation, provider=MemoryProvider())).test_client()
    made = make_key(installation.sessions, name="x", scopes=("indicators:read",), now=clock(), actor="test")
    bearer = {"Authorization": f"Bearer {made.text}"}
    body = client.get("/api/v1/indicators/SUR-07?period=2026-11", headers=bearer).get_json()
    assert (body["key"], body["value"], body["n"], body["scale"]) == ("ces", 6.5, 12, "1-7")
    assert body["questions"][0]["direction"] == "difficult_high"


def test_two_scales_of_satisfaction_stand_side_by_side_without_a_mean(
    app: Flask, installation: Services, stranger: Any, clock: Any, enter: Enter
) -> None:
    for number in range(10):
        sent = send(installation, f"d{number}")
        given = {"q_sat": "4", "q_app": "9", "q_easy": "1"}
        assert answer(stranger, sent, clock, score="9", comment="", **given).status_code in (200, 303)
    said = text_of(enter("cx", language="en").get("/?period=2026-11"))
    assert "Satisfied? 1 to 5 4.0" in said
    assert "The app? 0 to 10 9.0" in said
    assert "Mean, 1 to 5" not in said


def test_a_value_off_the_scale_is_refused_and_stores_nothing(
    app: Flask, installation: Services, stranger: Any, clock: Any
) -> None:
    sent = send(installation, "c1")
    page = answer(stranger, sent, clock, score="9", comment="", q_sat="6")
    assert page.status_code == 422
    assert 'data-code="answer_invalid"' in page.text
    shown = stranger.get(f"/s/{sent.survey}").text
    assert re.findall(r'name="q_sat" value="(\d)"', shown) == ["1", "2", "3", "4", "5"]
    assert re.findall(r'name="q_easy" value="(\d)"', shown) == ["1", "2", "3", "4", "5", "6", "7"]
