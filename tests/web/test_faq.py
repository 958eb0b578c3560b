"""The questions of a brand: written by staff inside their brands, read by everybody as a page and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.core.indicators import find
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.widgets import FaqEntry
from surveyor.flows.measure_indicators import Question, measure
from surveyor.services import Services
from tests.web.conftest import Enter, Person
from tests.web.links import open_network

BRAND = "Maison Claire"
TEXTS = {
    "question_fr": "Où retirer ma commande ?",
    "answer_fr": "Au quai, à l'heure choisie.",
    "question_en": "Where do I collect my order?",
    "answer_en": "At the dock, at the hour you chose.",
}


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def add(person: Person, **more: str) -> Any:
    return person.post("/faq/new", data={"brand": BRAND, "published": "1", **TEXTS, **more})


def entries(here: Services) -> list[FaqEntry]:
    with here.sessions() as session:
        return list(session.scalars(select(FaqEntry).order_by(FaqEntry.position)))


def coverage(here: Services) -> Any:
    """ADO-03 as the registry says it today."""
    today = here.now().date()
    asked = Question((find("ADO-03"),), NETWORK, (NETWORK,), Period(today, today), today)
    with here.sessions() as session:
        return measure(session, asked)[0].figures[0]


def test_an_entry_is_read_by_everybody_in_their_language_and_as_json(
    app: Flask, installation: Services, enter: Enter
) -> None:
    staff = enter("cx", language="fr")
    assert add(staff, position="2").status_code == 303
    assert add(staff, position="1", question_fr="Et le parking ?", question_en="", answer_en="").status_code == 303
    visitor = app.test_client()
    french = visitor.get(f"/r/brand/{BRAND}/faq", headers={"Accept-Language": "fr"}).text
    assert french.index("Et le parking") < french.index("Où retirer")
    english = visitor.get(f"/r/brand/{BRAND}/faq", headers={"Accept-Language": "en"}).text
    assert "Where do I collect my order?" in english
    assert "parking" not in english  # nobody wrote it in English
    told: Any = visitor.get(f"/r/brand/{BRAND}/faq.json")
    assert told.headers["Cache-Control"] == "public, max-age=300"
    today = installation.now().date().isoformat()
    assert [(one["question"]["fr"], one["reviewed_on"]) for one in told.json["entries"]] == [
        ("Et le parking ?", today),
        ("Où retirer ma commande ?", today),
    ]


def test_what_is_not_published_is_read_by_nobody_and_a_brand_without_a_question_is_nothing(
    app: Flask, installation: Services, enter: Enter
) -> None:
    staff, visitor = enter("cx"), app.test_client()
    assert visitor.get(f"/r/brand/{BRAND}/faq").status_code == 404
    add(staff, published="0")
    for path in ("faq", "faq.json"):
        assert visitor.get(f"/r/brand/{BRAND}/{path}").status_code == 404
    (entry,) = entries(installation)
    assert entry.reviewed_on is None
    staff.post(f"/faq/{entry.id.hex}", data={"published": "1", **TEXTS})
    assert visitor.get(f"/r/brand/{BRAND}/faq").status_code == 200
    staff.post(f"/faq/{entry.id.hex}/remove")
    assert visitor.get(f"/r/brand/{BRAND}/faq").status_code == 404
    with installation.sessions() as session:
        said = set(session.scalars(select(AuditLine.action).where(AuditLine.action.like("faq.%"))))
    assert said == {"faq.made", "faq.saved", "faq.removed"}


def test_an_entry_counts_for_a_year_after_it_was_read_again(
    app: Flask, installation: Services, enter: Enter, clock: Any
) -> None:
    assert coverage(installation).display == "non mesuré"
    staff = enter("cx")
    add(staff)
    assert (coverage(installation).value, coverage(installation).n) == (5, 1)
    clock.set(installation.now() + timedelta(days=400))
    assert coverage(installation).value == 0
    staff = enter("cx")
    (entry,) = entries(installation)
    staff.post(f"/faq/{entry.id.hex}", data={"published": "1", **TEXTS})  # changed, not read again
    assert coverage(installation).value == 0
    staff.post(f"/faq/{entry.id.hex}", data={"published": "1", "reviewed": "1", **TEXTS})
    assert coverage(installation).value == 5


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        ({"answer_fr": "", "answer_en": ""}, "question_fr", "field_required"),
        ({"question_fr": "?" * 201}, "question_fr", "field_too_long"),
        ({"brand": "Autre"}, "brand", "reference_unknown"),
        ({"position": "-1"}, "position", "field_value"),
    ],
)
def test_an_entry_that_will_not_do_is_refused_with_what_was_typed(
    app: Flask, installation: Services, enter: Enter, change: dict[str, str], where: str, code: str
) -> None:
    page = add(enter("cx", language="fr"), **change)
    assert page.status_code == 422
    assert f'data-code="{code}" data-where="{where}"' in page.text
    assert TEXTS["question_en"] in page.text
    assert entries(installation) == []
