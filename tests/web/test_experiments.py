"""The screens of experiments: a size before the start, no verdict before the end, words and figures as they are."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.db import rule_drafts
from surveyor.flows.publish_rules import publish_first
from surveyor.services import Services
from tests.flows.orders import at, use_rules
from tests.web.conftest import Enter, Person

RULES = '[[rule]]\nid = "std"\nname = "Après la commande"\nmin_orders = 1\n'
EXPERIMENT = """
[rule.experiment]
name = "later"
starts = 2026-12-01
ends = 2026-12-31

[[rule.experiment.arm]]
name = "a"

[[rule.experiment.arm]]
name = "b"
delay_days = 5
cooldown_months = 3
idle_months = 3
"""


@pytest.fixture
def app(installation: Services) -> Flask:
    publish_first(installation.sessions, RULES, now=at("2026-01-01T00:00"))
    use_rules(installation.sessions, RULES + EXPERIMENT, now=at("2026-11-10T09:00"))
    return create_app(installation)


@pytest.fixture
def cx(app: Flask, enter: Enter) -> Person:
    return enter("cx")


def said(person: Person, path: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", person.get(path).text).split())


def test_a_size_is_worked_out_and_a_wrong_rate_is_said(cx: Person) -> None:
    assert "4 435 e-mails remis dans chaque bras" in said(cx, "/experiments?base=12&target=14").replace("\u202f", " ")
    assert "553 e-mails remis" in said(cx, "/experiments?base=12&target=18,0")
    assert 'data-code="field_value"' in cx.get("/experiments?base=douze&target=14").text
    assert "Les deux taux sont les mêmes" in said(cx, "/experiments?base=12&target=12")


def test_the_size_is_written_before_the_start_once(cx: Person, clock: Any) -> None:
    assert "non déclarée" in said(cx, "/experiments/std/later")
    path = "/experiments/std/later/plan"
    assert cx.post(path, {"base": "x", "target": "14"}).status_code == 422
    assert cx.post(path, {"base": "12", "target": "14"}).status_code == 303
    assert "4 435 e-mails remis par bras" in said(cx, "/experiments/std/later").replace("\u202f", " ")
    assert cx.post(path, {"base": "10", "target": "14"}).status_code == 409


@pytest.mark.parametrize(
    ("day", "stage", "words"),
    [
        ("2026-11-20", "prévue", "En cours : aucune conclusion avant la fin"),
        ("2026-12-10", "en cours", "En cours : aucune conclusion avant la fin"),
        ("2027-01-10", "terminée, réponses à venir", "Terminée : des réponses peuvent encore arriver"),
        ("2027-03-01", "terminée", "Pas assez d&#39;e-mails remis pour conclure"),
    ],
)
def test_the_page_says_where_it_stands(
    day: str, stage: str, words: str, enter: Enter, app: Flask, clock: Any, installation: Services
) -> None:
    clock.set(datetime.fromisoformat(f"{day}T09:00:00+00:00"))
    page = said(enter("cx"), "/experiments/std/later").replace("\u00a0", " ")
    assert f"Après la commande · {stage}" in page
    assert words in page
    assert "délai : 5 jours" in page
    assert "repos entre deux e-mails (en mois) : 3 mois" in page
    assert "31 décembre 2026" in page


def test_an_experiment_is_written_into_the_draft_by_form(cx: Person, installation: Services) -> None:
    assert cx.get("/experiments/new").status_code == 200
    with installation.sessions() as session:
        assert rule_drafts.find(session, str(cx.user_id)) is None, "nothing is written by looking"
    form = {
        "rule": "0",
        "name": "heure",
        "starts": "2026-12-01",
        "ends": "2026-12-24",
        "key": "send_time",
        "value": "18:00",
    }
    wrong = cx.post("/experiments/new", {**form, "key": "priority", "ends": "demain"})
    assert wrong.status_code == 422
    assert wrong.text.count('data-code="field_value"') >= 2
    assert cx.post("/experiments/new", form).headers["Location"] == "/rules/draft"
    with installation.sessions() as session:
        draft: Any = rule_drafts.find(session, str(cx.user_id))
    assert 'name = "heure"' in draft.text
    assert 'send_time = "18:00"' in draft.text
    assert "later" not in draft.text, "a rule has one experiment"
    assert "heure" in cx.get("/rules/draft").text


def test_a_store_reads_and_does_not_write(app: Flask, enter: Enter) -> None:
    manager = enter("store_manager", "store:S1")
    assert manager.get("/experiments/std/later").status_code == 200
    assert manager.get("/experiments/new").status_code == 403
    assert manager.get("/experiments/std/nothing").status_code == 404
