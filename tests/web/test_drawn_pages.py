"""The survey page that is drawn once and filled in says, byte for byte, what its template says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask, g, render_template

from surveyor.app import create_app
from surveyor.core.surveys import DEFAULT_SURVEY, STARS_SURVEY
from surveyor.services import Services
from surveyor.web.public.drawn import survey_page
from surveyor.web.public.look import Look
from surveyor.web.public.page import Page

PAGE = Page(
    "/s/0abc?lang=fr", "f" * 16 + ".1.." + "a" * 32, DEFAULT_SURVEY, "Lille <Nord> & Cie", "Marque", "", None, None
)


@pytest.fixture
def app(installation: Services) -> Flask:
    return create_app(installation)


def drawn(app: Flask, page: Page, language: str) -> tuple[str, str]:
    """The page as it is served, and as the template draws it."""
    with app.test_request_context("/s/0abc"):
        g.language = language
        return survey_page(page), render_template("public/survey.html", page=page, language=language)


CASES: list[dict[str, Any]] = [
    {},
    {"nonce": "0" * 16 + ".2..b"},
    {"action": "/s/1xyz"},
    {"order_day": date(2026, 11, 1)},
    {"order_day": date(2026, 3, 30), "given": {"score": "10"}},
    *({"given": {"score": str(score)}} for score in range(11)),
    {"brand": "Autre", "look": Look("/logo/a.png", "/look/x.css", "SAS & Cie")},
    {"brand": "Autre", "privacy_url": "https://shop.example/vie?a=1&b=2"},
    {"store": "notre {store}", "survey": STARS_SURVEY, "given": {"score": "1"}},
    {"store": "Le 1 novembre 2026", "order_day": date(2026, 11, 1)},
    {"store": "/s/0abc?lang=fr"},
    {"store": 'name="score" value="3"', "given": {"score": "3"}},
]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_what_its_template_says(app: Flask, language: str) -> None:
    for turn in range(2):  # drawn, then filled in
        for case in CASES:
            served, told = drawn(app, replace(PAGE, **case), language)
            assert served == told, (turn, case)
    assert app.extensions["surveyor.drawn"]


def test_a_page_holds_nothing_of_the_one_it_was_drawn_for(app: Flask) -> None:
    drawn(app, replace(PAGE, order_day=date(2026, 11, 2), given={"score": "4"}), "fr")
    served, _ = drawn(app, replace(PAGE, nonce="n" * 40, action="/s/zz", order_day=date(2026, 11, 3)), "fr")
    assert PAGE.nonce not in served
    assert PAGE.action not in served
    assert "2 novembre" not in served
    assert not re.search(r'name="score" value="\d+" checked', served)


def test_another_questionnaire_is_drawn_again(app: Flask) -> None:
    drawn(app, PAGE, "en")
    other = replace(DEFAULT_SURVEY, name=DEFAULT_SURVEY.name, questions=STARS_SURVEY.questions)
    served, told = drawn(app, replace(PAGE, survey=other), "en")
    assert served == told
