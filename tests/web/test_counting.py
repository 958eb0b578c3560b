"""A page over many rows waits for nobody: it says what is being counted and asks for it once shown."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.tally import Tally
from surveyor.db import tallies
from surveyor.flows.keep_counts import MANY
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_users import HOST
from surveyor.flows.set_goal import set_goal
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import open_network
from tests.web.test_dashboard import answers, text_of

ASKS = {"HX-Request": "true", "HX-Trigger": "counting"}
MONTH = "period=2026-11"
PAGES = (
    f"/?{MONTH}",
    f"/customers?{MONTH}",
    f"/compare?{MONTH}",
    f"/funnel?{MONTH}",
    f"/funnel/sent?{MONTH}",
    f"/response-rate?{MONTH}&by=language",
    f"/deliveries?{MONTH}",
    f"/verbatims?{MONTH}",
    f"/labels?{MONTH}",
    f"/matrix?{MONTH}",
    f"/custscore?{MONTH}",
)


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


@pytest.fixture
def crowded(installation: Services, app: Flask) -> Services:
    """Twelve answers of one store, and as many hits of another as make a large network."""
    answers(installation, "S1", *[9] * 9, 8, 8, 2, comment="Parfait")
    made: dict[str, Any] = {"counts": Tally(hits=MANY), "rule_id": "standard", "rule_version": 1}
    with installation.sessions.begin() as session:
        days = (date(2026, 11, 5), date(2026, 10, 5), date(2026, 9, 5), date(2026, 8, 5))
        tallies.add(session, [tallies.Delta(day=day, store_id="S3", **made) for day in days])
    return installation


def asks(page: Any) -> bool:
    return 'hx-sync="this:drop"' in page.text


def counted(client: Any, path: str) -> Any:
    """The page once nothing is left to count; each time it asked, as a browser does."""
    page = client.get(path)
    for _ in range(40):
        if not asks(page):
            return page
        page = client.get(path, headers=ASKS)
    raise AssertionError(f"{path} goes on asking")


def bare(page: Any) -> str:
    """Without what changes from one look to the next."""
    said = re.sub(r'<div id="counting".*?</div>', "", page.text, flags=re.S)
    return re.sub(r'name="csrf_token" value="[^"]+"', "", said)


@pytest.mark.parametrize("path", PAGES)
def test_what_is_counted_once_the_page_is_shown_is_what_a_page_that_waits_says(
    enter: Enter, crowded: Services, path: str
) -> None:
    client = enter("cx", language="en")
    first = client.get(path)
    assert asks(first)
    assert "appear by themselves" in text_of(first)
    waited = client.get(f"{path}&count=now")
    assert not asks(waited)
    assert "being counted" not in text_of(waited)
    assert bare(counted(client, path)) == bare(waited)


@pytest.mark.parametrize("path", PAGES)
def test_what_a_browser_asks_for_comes_to_the_same(enter: Enter, crowded: Services, path: str) -> None:
    client = enter("cx", language="en")
    page = counted(client, path)
    assert "being counted" not in text_of(page)
    assert bare(page) == bare(client.get(f"{path}&count=now"))


def test_a_figure_that_is_being_counted_shows_no_other_in_its_place(enter: Enter, crowded: Services) -> None:
    said = text_of(enter("cx", language="en").get(f"/?{MONTH}"))
    assert "95% interval: people are being counted" in said
    assert "change: being counted" in said
    assert "customers: to come" in said
    assert re.search(r"Coverage (\S+ )*being counted", said)
    assert "+67" in said, "sums of tallies are there at once"
    assert "12 answers" in said
    assert not re.search(r"95% interval \[", said)
    funnel = text_of(enter("cx", language="en").get(f"/funnel?{MONTH}"))
    assert funnel.count("being counted") == 4, "the note above, decisions, those counted, earlier orders"


def test_a_store_of_few_rows_is_counted_at_once(enter: Enter, crowded: Services) -> None:
    page = enter("cx", language="en").get(f"/?{MONTH}&scope=store:S1")
    assert not asks(page)
    assert re.search(r"95% interval \[\+\d+ ; \+\d+\]", text_of(page))


def test_one_request_counts_at_a_time_and_the_others_ask_again(enter: Enter, crowded: Services, app: Flask) -> None:
    client = enter("cx", language="en")
    turn = app.extensions["surveyor.counting"]
    with turn:
        page = client.get(f"/?{MONTH}", headers=ASKS)
        assert asks(page)
        assert "delay:1s" in page.text
    assert not turn.locked()
    assert not asks(counted(client, f"/?{MONTH}"))
    assert not turn.locked(), "a turn ends with its request"


def test_the_parts_that_are_put_in_place_are_on_each_page(enter: Enter, crowded: Services) -> None:
    client = enter("cx")
    for path in PAGES:
        page = client.get(path)
        (parts,) = re.findall(r'hx-select-oob="#([a-z-]+)"', page.text)
        assert page.text.count(f'id="{parts}"') == 1
        assert page.text.count('id="counting"') == 1
        assert f'hx-get="{path.split("?")[0]}?' in page.text.replace("&amp;", "&")


@pytest.fixture
def ask(crowded: Services) -> Any:
    """`ask("indicators/nps", count="day")`: what the API says of the month."""
    client = create_app(replace(crowded, provider=MemoryProvider())).test_client()
    key = make_key(crowded.sessions, name="bi", scopes=("indicators:read",), now=crowded.now(), actor="test")

    def answer(name: str, **more: str) -> Any:
        bearer = {"Authorization": f"Bearer {key.text}"}
        return client.get(f"/api/v1/{name}", query_string={"period": "2026-11", **more}, headers=bearer)

    return answer


@pytest.mark.parametrize("what", ["custscore", "benchmark", "goals"])
def test_composed_figures_are_taken_as_they_were_counted_too(
    crowded: Services, ask: Any, clock: Any, what: str
) -> None:
    def told() -> Any:
        return ask(what, count="day").get_json()

    set_goal(crowded.sessions, "network", "nps", "40", by=HOST, now=crowded.now())
    assert told()["counted_since"] is None
    counted_at = crowded.now()
    clock.forward(hours=2)
    assert told()["counted_since"] == counted_at.isoformat()
    assert "counted_since" not in ask(what).get_json()


def test_the_api_says_what_was_counted_within_the_day_to_who_asks_for_it(
    crowded: Services, ask: Any, clock: Any
) -> None:
    first = ask("indicators/engagement", count="day").get_json()
    assert (first["n"], first["status"], first["counted_since"]) == (12, "low", None)
    counted_at = crowded.now()
    clock.forward(hours=2)
    answers(crowded, "S1", 3, 4)
    again = ask("indicators/engagement", count="day").get_json()
    assert (again["n"], again["counted_since"]) == (12, counted_at.isoformat())
    assert ask("indicators/engagement", count="now").get_json()["n"] == 14
    assert "counted_since" not in ask("indicators/engagement").get_json()
    assert ask("indicators/engagement", count="soon").status_code == 422
    clock.forward(hours=25)
    assert ask("indicators/engagement", count="day").get_json()["n"] == 14


def test_the_api_says_what_is_there_now_however_many_rows_there_are(crowded: Services, ask: Any) -> None:
    def said(name: str) -> Any:
        return ask(f"indicators/{name}").get_json()

    assert (said("engagement")["n"], said("nps")["n"]) == (12, 12)
    answers(crowded, "S1", 3, 4)
    assert (said("engagement")["n"], said("nps")["n"]) == (14, 14)
