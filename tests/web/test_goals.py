"""Goals on their page and beside the figures, and the page that compares stores: only what a reader may see."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.db.tables.audit import AuditLine as Audit
from surveyor.flows.manage_keys import make_key
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.set_goal import set_goal
from surveyor.services import Services
from tests.flows.statements import statements_of
from tests.web.conftest import Enter, browser
from tests.web.links import open_network
from tests.web.test_dashboard import answers, text_of

NAMES = ("The whole network", "sud", "Lille Centre", "Arras", "Nice")


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def test_a_goal_is_set_shown_against_the_interval_and_taken_back(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[10] * 40)
    person = enter("cx", language="en")
    for scope, target in (("network", "95"), ("region:nord", "50")):
        form = {"scope": scope, "indicator": "nps", "target": target}
        assert person.post("/goals", form).status_code == 303
    said = text_of(person.get("/?period=2026-11"))
    assert "goal +95: not settled" in said
    store = text_of(person.get("/?period=2026-11&scope=store:S1"))
    assert "goal +50: reached" in store
    assert "goal of region:nord" in store
    assert person.post("/goals", {"scope": "network", "indicator": "nps", "target": ""}).status_code == 303
    assert "goal +95" not in text_of(person.get("/?period=2026-11"))
    with installation.sessions() as session:
        assert session.scalars(select(Audit.object).where(Audit.action == "goal.set").order_by(Audit.n)).all() == [
            *("goal:network nps", "goal:region:nord nps", "goal:network nps"),
        ]


def test_a_file_of_indicators_that_cannot_be_read_stops_no_page_and_is_told_on_its_own(
    installation: Services, tmp_path: Path
) -> None:
    open_network(installation)
    home = replace(installation, settings=replace(installation.settings, home=tmp_path))
    app = create_app(home)
    answers(home, "S1", *[10] * 40)
    reader = add_user(home.sessions, user=NewUser("cx@example.fr", "cx", ("network",)), by=HOST, now=home.now())
    person, goals = browser(app, home, reader), b"[goals.network]\nnps = 95\n# objectif de l\xe9t\xe9\n"
    for text in (goals, b"[custscore]\nversion = " + b"1" * 5000, b"[goals.network]\nnps = [[[[[[[[[[[[1]]]]]]]]]]]]"):
        (tmp_path / "indicators.toml").write_bytes(text)
        assert [person.get(path).status_code for path in ("/?period=2026-11", "/custscore", "/goals")] == [
            200,
            200,
            422,
        ]
    (tmp_path / "indicators.toml").write_bytes(b"\xef\xbb\xbf" + goals.decode("cp1252").encode())
    assert "objectif +95" in text_of(person.get("/?period=2026-11"))


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"scope": "network", "indicator": "nps", "target": "101"}, "goal_invalid"),
        ({"scope": "network", "indicator": "sent", "target": "10"}, "indicator_unknown"),
        ({"scope": "store:S1+store:S3", "indicator": "nps", "target": "10"}, "scope_invalid"),
    ],
)
def test_a_goal_that_will_not_do_is_refused_in_words(form: dict[str, str], code: str, enter: Enter, app: Flask) -> None:
    page = enter("admin", language="en").post("/goals", form)
    assert page.status_code == 422
    assert f'data-code="{code}"' in page.text


def test_a_manager_sees_goals_of_their_scopes_and_sets_none(enter: Enter, installation: Services, app: Flask) -> None:
    for scope in ("network", "store:S1", "store:S3"):
        enter("cx").post("/goals", {"scope": scope, "indicator": "nps", "target": "50"})
    page = enter("store_manager", "store:S1").get("/goals")
    assert "scope=store:S1" in page.text
    assert "S3" not in page.text
    assert 'method="post"' not in page.text.replace('action="/sign-out"', "").partition("<main")[2]


def test_each_goal_stands_beside_its_figure_and_what_its_interval_settles(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[10] * 60)
    answers(installation, "S3", *[9] * 12, *[0] * 18, 7)
    cx = enter("cx", language="en")
    goals = {"network": "50", "store:S1": "50", "store:S3": "20", "store:S2": "10", "region:sud": "-40"}
    for scope, target in goals.items():
        assert cx.post("/goals", {"scope": scope, "indicator": "nps", "target": target}).status_code == 303

    def lines(page: Any) -> dict[str, str]:
        table = page.text.partition('id="figures"')[2].partition("</table>")[0]
        rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table.split("<tr>")[2:]]
        return {next(name for name in NAMES if row.startswith(name)): row for row in rows}

    found = lines(cx.get("/goals?period=2026-11"))
    assert set(found) == set(NAMES)
    assert "+50 +100" in found["Lille Centre"]
    assert re.search(r"\[\+\d+ ; \+100\] n = 60", found["Lille Centre"])
    assert "reached" in found["Lille Centre"]
    assert "missed" in found["Nice"]
    assert "No answer" in found["Arras"]
    for open_ in ("Arras", "The whole network", "sud"):
        assert "not settled" in found[open_]
    # A manager reads the network's goal against their own stores, and no figure of others.
    mine = lines(enter("store_manager", "store:S1", language="en").get("/goals?period=2026-11"))
    assert set(mine) == {"The whole network", "Lille Centre"}
    assert "(your stores)" in mine["The whole network"]
    assert "n = 60" in mine["The whole network"]
    assert "(your stores)" not in mine["Lille Centre"]
    north = lines(enter("region_manager", "region:nord", language="en").get("/goals?period=2026-11"))
    assert set(north) == {"The whole network", "Lille Centre", "Arras"}
    assert "(your stores)" not in north["Lille Centre"]
    assert cx.get("/goals?period=x").status_code == 422


def test_the_plot_places_stores_of_ten_answers_and_hides_the_others(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[10] * 30)
    answers(installation, "S2", *[9] * 12)
    answers(installation, "S3", *[0] * 9)
    page = enter("cx", language="en").get("/compare?period=2026-11&by=store")
    said = text_of(page)
    assert "1 store with fewer than 10 answers is not placed." in said
    assert len(re.findall(r'class="c-dot [a-z]+"', page.text.partition('id="smalls"')[0])) == 2
    assert "Nice" not in said.partition("Show the figures")[2].partition("Twelve months")[0]
    assert "not enough answers (9/10)" in said
    alone = enter("store_manager", "store:S1", language="en").get("/compare?period=2026-11")
    assert "at least two stores" in text_of(alone)
    assert "Nice" not in alone.text


def test_a_page_is_compared_with_what_is_asked_and_says_so_in_every_link(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[9] * 12)
    person: Any = enter("cx", language="en")
    page = person.get("/?period=2026-11&compare=year")
    assert "compared with 1 Nov 2025" in text_of(page)
    links = re.findall(r'href="(/(?:verbatims|funnel)?\?[^"#]*)', page.text)
    assert links
    assert all("compare=year" in link for link in links if "lang=" not in link)
    assert "compared with 1 Aug 2026 – 31 Aug 2026" in text_of(person.get("/?period=2026-11&compare=2026-08"))
    assert person.get("/?period=2026-11&compare=nonsense").status_code == 422


def test_goals_come_by_the_api_with_the_figure_and_the_verdict_of_each(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[10] * 40)
    goal = {"scope": "region:nord", "indicator": "nps", "target": "50"}
    assert enter("cx").post("/goals", goal).status_code == 303
    key = make_key(
        installation.sessions,
        name="bi",
        scopes=("indicators:read",),
        now=installation.now(),
        actor="test",
        store_scope="store:S1",
    )
    client = app.test_client()

    def ask(path: str) -> Any:
        return client.get(path, headers={"Authorization": f"Bearer {key.text}", "Accept-Language": "en"})

    found = ask("/api/v1/goals?scope=store:S1&period=2026-11")
    assert found.status_code == 200, found.text
    (one,) = [goal for goal in found.json["goals"] if goal["indicator"] == "nps"]
    assert (one["target"], one["scope"], one["set_in"], one["verdict"]) == (50, "region:nord", "screen", "reached")
    assert (one["figure"]["n"], one["figure"]["display"]) == (40, "+100")
    assert ask("/api/v1/goals?scope=store:S2&period=2026-11").status_code == 404
    assert ask("/api/v1/goals?by=store").status_code == 422
    assert ask("/api/v1/goals?scope=store:S1&period=2026-11&count=day").json["counted_since"] is None
    asked = statements_of(installation.sessions, lambda: ask("/api/v1/goals?scope=store:S1&period=2026-11"))
    assert not [one for one in asked if "FROM orders" in one], "coverage, which no goal is about, is not counted"


def test_the_stores_of_a_page_of_many_goals_are_read_once(enter: Enter, installation: Services) -> None:
    person, asked = enter("cx"), []
    for scopes in (("network", "region:nord"), ("region:sud", "store:S1", "store:S2")):
        for scope in scopes:
            set_goal(installation.sessions, scope, "response_rate", "14", by=HOST, now=installation.now())
        asked.append(statements_of(installation.sessions, lambda: person.get("/goals?period=2026-11")))
    two, five = ([said for said in told if "named_to_peers" in said] for told in asked)
    assert len(five) == len(two) > 0
