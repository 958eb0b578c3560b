"""What the dashboard and the API say of a month: provisional until a day, closed, revised, corrected since."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.tally import Tally
from surveyor.db.tallies import Delta, add
from surveyor.flows.close_months import close_months
from surveyor.flows.manage_keys import make_key
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import open_network
from tests.web.test_dashboard import answers, text_of


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def correct(here: Services, **counts: int) -> None:
    with here.sessions.begin() as session:
        add(session, [Delta(here.now().date().replace(day=15), "S1", "std", 1, "", 1, counts)])


def test_a_month_is_provisional_then_closed_then_revised(enter: Enter, installation: Services, clock: Any) -> None:
    answers(installation, "S1", *[9] * 12)

    def head(query: str = "?period=2026-11") -> str:
        page = enter("cx", language="en").get("/" + query)
        found = re.search(r'<p class="small closing">(.*?)</p>', page.text, re.S)
        assert found
        return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())

    day = installation.now().date().replace(day=15)
    assert head() == "scores provisional until 4 December 2026 rates provisional until 31 December 2026"
    clock.forward(days=20)
    close_months(installation.sessions, now=clock(), zone="Europe/Paris")
    assert re.fullmatch(r"scores closed on \S+ Dec 2026, \S+ rates provisional until 31 December 2026", head())
    with installation.sessions.begin() as session:
        add(session, [Delta(day, "S1", "std", 1, "", 1, Tally(score_2=1))])
    from_to = "NPS +100 (n = 12) when closed, +85 (n = 13) since"
    assert f"corrected since (the revision will be dated tonight): {from_to}" in head()
    clock.forward(days=1)
    close_months(installation.sessions, now=clock(), zone="Europe/Paris")
    assert "scores revised on" in head()
    assert f"(revision 2): {from_to}" in head()
    assert "corrected" not in head()
    french = enter("cx", language="fr").get("/?period=2026-11").text
    assert "(révision 2)\u00a0: NPS +100 (n = 12) à la clôture, +85 (n = 13) depuis" in french
    assert "closed" not in head("?period=4w")
    assert "scores revised on" in head("?period=2026-11&scope=store:S1")
    here = replace(installation, provider=MemoryProvider())
    made = make_key(here.sessions, name="x", scopes=("indicators:read",), now=clock(), actor="test")
    client, bearer = create_app(here).test_client(), {"Authorization": f"Bearer {made.text}"}
    for name, revision in (("nps", 2), ("response_rate", None)):
        body = client.get(f"/api/v1/indicators/{name}?period=2026-11", headers=bearer).get_json()
        assert body["revision"] == revision
        was = {"value": 100.0, "display": "+100", "n": 12, "status": "low"} if revision else None
        assert body.get("as_closed") == was
    assert "scores" not in head("?period=2026-11&scope=store:S3")  # nothing was ever counted there


def test_the_whole_page_says_the_same_counts_whatever_was_closed(enter: Enter, installation: Services) -> None:
    answers(installation, "S1", *[9] * 12)
    assert "12 answers" in text_of(enter("cx", language="en").get("/?period=2026-11"))


def test_a_correction_that_changes_no_score_says_so(enter: Enter, installation: Services, clock: Any) -> None:
    answers(installation, "S1", *[9] * 12)
    clock.forward(days=20)
    close_months(installation.sessions, now=clock(), zone="Europe/Paris")
    day = installation.now().date().replace(month=11, day=15)
    with installation.sessions.begin() as session:
        add(session, [Delta(day, "S1", "std", 1, "", 1, Tally(commented=2))])
    clock.forward(days=1)
    close_months(installation.sessions, now=clock(), zone="Europe/Paris")
    page = enter("cx", language="en").get("/?period=2026-11").text
    assert "(revision 2): the NPS is the same" in page
    assert "when closed" not in page


def test_a_part_of_stores_is_never_told_what_whole_stores_closed_at(
    enter: Enter, installation: Services, clock: Any
) -> None:
    """What closes is stores: the counts of the whole one would tell a reader of some segments what they may not see."""
    answers(installation, "S1", *[9] * 12)
    clock.forward(days=20)
    close_months(installation.sessions, now=clock(), zone="Europe/Paris")
    day = installation.now().date().replace(month=11, day=15)
    with installation.sessions.begin() as session:
        add(session, [Delta(day, "S1", "std", 1, "", 1, Tally(score_2=1))])
    clock.forward(days=1)
    close_months(installation.sessions, now=clock(), zone="Europe/Paris")
    page = enter("cx", language="en").get("/?period=2026-11&scope=store:S1%2Bsegment:famille").text
    assert "scores revised on" in page
    assert "when closed" not in page
    assert "the NPS is the same" not in page
