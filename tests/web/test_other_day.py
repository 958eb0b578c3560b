"""Figures by the day that is not their own (D1): recounted from the rows, alone, cut, together with the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.core.indicators.measures import nps
from surveyor.core.periods import Period
from surveyor.core.tally import Tally
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.flows.manage_keys import make_key
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.web import sample
from tests.web.conftest import NOW, make_services

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
SCORES = {"nps", "shares", "recommendation_rate", "mean_score", "comment_rate", "responses"}


def three_months(sessions: Any) -> None:
    sample.write(sessions, today=NOW.date(), days=90, a_day=8)


@pytest.fixture
def here(filled: Any, clock: Any) -> Services:
    """Three months of a small network, on each engine."""
    clock.set(NOW)
    return make_services(filled(three_months), clock)


@pytest.fixture
def ask(here: Services) -> Any:
    """Asks the API of figures of October."""
    client = create_app(replace(here, provider=MemoryProvider())).test_client()
    key = make_key(here.sessions, name="bi", scopes=("indicators:read",), now=here.now(), actor="test")

    def asked(what: str, more: str = "") -> Any:
        bearer = {"Authorization": f"Bearer {key.text}"}
        return client.get(f"/api/v1/indicators{what}?period=2026-10{more}", headers=bearer).get_json()

    return asked


def answers(here: Services) -> list[Any]:
    """Store, score, comment, day of the answer and day of the email of each answer that counts."""
    row, sent = Response, Invitation
    query = select(row.store_id, row.score, row.commented, row.day, sent.sent_day, sent.address_key)
    with here.sessions() as session:
        found = session.execute(query.join(sent, sent.id == row.invitation_id).where(row.score.is_not(None)))
        return list(found)


def test_scores_are_counted_by_the_day_of_their_email(here: Services, ask: Any) -> None:
    ours = [one for one in answers(here) if OCTOBER.first <= one.sent_day <= OCTOBER.last]
    found = ask("/nps", "&date=sent")
    bands = Tally.from_scores(Counter(one.score for one in ours)).bands
    said = nps(bands, len({one.address_key for one in ours}))
    assert (found["value"], found["n"]) == (round(said.value or 0, 4), len(ours))
    assert [found["ci_low"], found["ci_high"]] == [round(said.ci_low or 0, 4), round(said.ci_high or 0, 4)]
    assert found["period"] == {"from": "2026-10-01", "to": "2026-10-31", "date": "sent"}
    assert found["provisional"]
    assert ask("/nps")["n"] != found["n"], "the sample has answers of another month than their email"
    assert ask("/responses", "&date=sent")["commented"] == sum(one.commented for one in ours)
    by = {group["key"]: group["indicators"][0]["n"] for group in ask("/responses", "&date=sent&by=store")["groups"]}
    assert by == Counter(one.store_id for one in ours)
    days = {group["key"]: group["indicators"][0]["n"] for group in ask("/responses", "&date=sent&by=day")["groups"]}
    assert days == Counter(f"{one.sent_day}" for one in ours)
    weeks = ask("/nps", "&date=sent&by=week")["groups"]
    assert sum(group["indicators"][0]["n"] for group in weeks) == len(ours)


def test_a_response_rate_is_counted_by_the_day_of_the_answer(here: Services, ask: Any) -> None:
    came = sum(OCTOBER.first <= one.day <= OCTOBER.last for one in answers(here))
    own, other = ask("/response_rate_sent"), ask("/response_rate_sent", "&date=response")
    assert (other["count"], other["n"], other["period"]["date"]) == (came, own["n"], "response")
    assert own["count"] != came
    assert not other["provisional"]


def test_all_figures_of_a_day_come_together_and_one_that_has_it_not_is_refused(ask: Any) -> None:
    both = ask("", "&date=sent")["indicators"]
    assert {one["key"] for one in both} >= SCORES | {"response_rate", "sent"}
    assert {one["period"]["date"] for one in both} == {"sent"}
    own = [one["key"] for one in ask("")["indicators"]]
    assert [one["key"] for one in both] == [key for key in own if key in {one["key"] for one in both}]
    cut = ask("", "&date=response&by=month")["groups"]
    assert {"nps", "response_rate"} <= {one["key"] for one in cut[0]["indicators"]}
    for what, more in (
        ("/visit_rate", "&date=response"),
        ("/stars", "&date=sent"),
        ("/nps", "&date=sent&source=all"),
        ("/nps", "&date=sent&answers=last"),
    ):
        assert ask(what, more)["errors"][0]["code"] == "filter_value"
