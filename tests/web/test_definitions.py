"""A formula that changes is marked on the trends of its own indicator: page, small lines, API and monthly report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.core.indicators import REGISTRY
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.flows.manage_keys import make_key
from surveyor.flows.note_definitions import note_definitions
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice import open_book, write_voice
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from surveyor.web.reports.files import as_text
from tests.web import sample
from tests.web.conftest import Enter

RAISED = datetime(2026, 10, 14, 3, tzinfo=UTC)


@pytest.fixture
def network(installation: Services) -> Services:
    """Four months of answers, before the NPS is computed in another way from 14 October on."""
    sample.write(installation.sessions, today=date(2026, 11, 20), days=120, a_day=9)
    note_definitions(installation.sessions, now=datetime(2026, 8, 1, tzinfo=UTC))
    return installation


def raise_definition(here: Services, key: str) -> None:
    entries = [replace(one, definition_version=one.definition_version + (one.key == key)) for one in REGISTRY]
    assert list(note_definitions(here.sessions, now=RAISED, entries=entries)) == [key]


@pytest.mark.parametrize(
    ("language", "mark"), [("en", "14 Oct 2026: formula of"), ("fr", "14 oct. 2026\u00a0: calcul de")]
)
def test_a_raised_definition_of_the_nps_is_marked_on_its_trends(
    language: str, mark: str, enter: Enter, network: Services
) -> None:
    person = enter("cx", language=language)
    pages = ("/?period=3m", "/compare?period=3m", "/response-rate?period=3m")
    assert not any(mark in person.get(path).text for path in pages)
    raise_definition(network, "nps")
    assert [mark in person.get(path).text for path in pages] == [True, True, False]


def test_a_raised_definition_of_the_response_rate_is_marked_on_its_own_trend_alone(
    enter: Enter, network: Services
) -> None:
    raise_definition(network, "response_rate")
    person = enter("cx", language="en")
    said = [person.get(path).text for path in ("/?period=3m", "/response-rate?period=3m")]
    assert ["14 Oct 2026: formula of &#34;Response rate&#34;, version 2" in page for page in said] == [False, True]


def test_the_api_says_what_changed_beside_a_trend_and_nowhere_else(network: Services) -> None:
    raise_definition(network, "nps")
    here = replace(network, provider=MemoryProvider())
    made = make_key(here.sessions, name="x", scopes=("indicators:read",), now=here.now(), actor="test")
    client, bearer = create_app(here).test_client(), {"Authorization": f"Bearer {made.text}"}

    def asked(path: str) -> Any:
        return client.get(f"/api/v1/indicators{path}", headers=bearer).get_json()

    said = [{"what": "definition", "name": "nps", "version": 2, "day": "2026-10-14"}]
    for by in ("day", "week", "month"):
        assert asked(f"/nps?period=2026-10&by={by}")["breaks"] == said
    assert asked("?period=2026-10&by=month")["breaks"] == said
    assert asked("/nps?period=2026-09&by=week")["breaks"] == []
    assert asked("/response_rate?period=2026-10&by=week")["breaks"] == []
    assert "breaks" not in asked("/nps?period=2026-10&by=store")
    assert "breaks" not in asked("/nps?period=2026-10")


def test_the_monthly_report_marks_it_in_its_month(network: Services) -> None:
    raise_definition(network, "nps")
    today, october = date(2026, 11, 4), Period.parse("2026-10", date(2026, 11, 4))
    with network.sessions() as session:
        book = open_book(session, october, today=today, zone="Europe/Paris", delivery_events=True)
        for language, mark in (("fr", "calcul du NPS (octobre 2026)"), ("en", "formula of the NPS (October 2026)")):
            wanted = Asked(NETWORK, (NETWORK,), "Lille", today, "network", language=language)
            assert mark in as_text(write_voice(session, book, wanted, scope="network"))
