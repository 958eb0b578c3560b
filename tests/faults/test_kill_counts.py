"""kill -9 while a page has something counted: nothing is kept by halves, and the next look counts it again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from surveyor.app import create_app
from surveyor.core.tally import Tally
from surveyor.db import tallies
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.tallies import KeptCount
from surveyor.flows.keep_counts import MANY
from surveyor.flows.manage_users import HOST, NewUser, add_user
from tests.faults.life import KILLED, in_a_process
from tests.web.conftest import NOW, browser, make_services
from tests.web.links import open_network
from tests.web.test_counting import ASKS, asks, bare, counted

pytestmark = pytest.mark.faults
PAGE = "/?period=2026-11"


def _person(sessions: Any) -> Any:
    """A browser at a web side that has just started."""
    here = make_services(sessions, lambda: NOW)
    user = add_user(
        sessions, user=NewUser(f"{uuid4().hex}@example.fr", "cx", ("network",), language="en"), by=HOST, now=NOW
    )
    return browser(create_app(here), here, user)


def _kept(sessions: Any) -> int:
    with sessions() as session:
        return int(session.scalar(select(func.count()).select_from(KeptCount)) or 0)


@pytest.mark.parametrize("plan", ["count.made:1", "count.made:2", "count.in_tx:1", "count.in_tx:2"])
def test_a_kill_while_a_page_has_something_counted_is_counted_again(engine_url: str, plan: str) -> None:
    engine = make_engine(engine_url)
    sessions = make_sessions(engine)
    open_network(make_services(sessions, lambda: NOW))
    with sessions.begin() as session:
        many = {"counts": Tally(hits=MANY, score_9=3), "rule_id": "standard", "rule_version": 1}
        tallies.add(session, [tallies.Delta(date(2026, 11, 5), "S3", **many)])
    engine.dispose()

    def look() -> None:
        person = _person(make_sessions(make_engine(engine_url)))
        assert asks(person.get(PAGE))
        person.get(PAGE, headers=ASKS)

    assert in_a_process(look, plan=plan) == KILLED
    assert _kept(sessions) == 0
    person = _person(sessions)
    assert "being counted" in person.get(PAGE).text
    page = counted(person, PAGE)
    assert "being counted" not in page.text
    assert _kept(sessions) > 1
    assert bare(page) == bare(person.get(f"{PAGE}&count=now"))
    engine.dispose()
