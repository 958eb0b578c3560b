"""A store reads its CustScore and what moves it; the CX team sets the formula, everybody else only reads it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from surveyor.core.custscore_items import SETTINGS
from surveyor.core.periods import Period
from surveyor.core.scope import Scope
from surveyor.db import scores
from surveyor.db.tables.rules import RuleVersion
from surveyor.flows.measure_custscore import Of, levers_of, measure_custscore
from surveyor.services import Services
from tests.databases import SqliteDatabases
from tests.web import sample
from tests.web.conftest import NOW, Enter
from tests.web.test_dashboard import text_of

S1 = Scope.of(stores=["S1"])


def written(sessions: Any) -> None:
    sample.write(sessions, today=NOW.date(), days=60, a_day=14)
    with sessions.begin() as session:
        at = NOW - timedelta(days=300)
        session.add(RuleVersion(number=1, text="x", sha256=b"1" * 32, author="t", why="w", published_at=at))


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> str:
    """Two months of the sample, and rules older than that."""
    return sqlite_databases.filled(written)


def form(**change: str) -> dict[str, str]:
    """The form as the page shows it, with a change."""
    given = {f"set_{item}_{name}": f"{value:g}" for item, one in SETTINGS.items() for name, value in one.values.items()}
    return {**given, "coverage": "40", "why": "what our stores can reach", **change}


def test_a_store_reads_its_score_what_it_earns_and_what_would_raise_it(installation: Services, enter: Enter) -> None:
    assert enter("cx").post("/custscore/formula", data=form()).status_code == 303
    manager = enter("store_manager", "store:S1", language="en")
    today = installation.now().date()
    period = Period.parse("2026-10", today)
    of = Of(S1, (S1,), period, installation.now(), "Europe/Paris")
    with installation.sessions() as session:
        found = measure_custscore(session, of)
    assert found.score.value is not None
    assert levers_of(found, of)["reply_rate"].more == 20
    said = text_of(manager.get("/custscore?period=2026-10"))
    assert f"{round(found.score.value)} /100" in said
    assert found.score.coverage is not None
    assert f"coverage {round(found.score.coverage)}%" in said
    assert "formula v2" in said
    assert "Replying to 20 more reviews in the period would earn about" in said
    assert "it does not reproduce a third-party calculation" in said
    order = [said.index(name) for name in ("Reply rate coefficient", "NPS coefficient")]
    assert order == sorted(order)  # what can still win the most comes first


def test_the_nights_of_a_score_are_those_of_the_stores_that_are_seen(installation: Services, enter: Enter) -> None:
    day = installation.now().date() - timedelta(days=1)
    with installation.sessions.begin() as session:
        for scope, value in (("network", 71.0), ("store:S1", 32.0)):
            scores.keep_night(session, [scores.Night(day, scope, 1, value, 60.0, {})], now=installation.now())
    for staff, seen in (
        (enter("store_manager", "store:S1"), "32"),
        (enter("store_manager", "store:S1", "store:S2"), ""),
        (enter("marketing"), "71"),
    ):
        cells = re.findall(r'<td class="num">(\d+)</td><td class="num">60', staff.get("/custscore").text)
        assert cells == ([seen] if seen else [])


def test_the_formula_is_set_with_its_targets_and_comes_back(enter: Enter) -> None:
    staff = enter("cx", language="fr")
    wrong = staff.post("/custscore/formula", data=form(nps="14", set_faq_target="0", why=""))
    assert wrong.status_code == 422
    assert [f'data-where="{name}"' in wrong.text for name in ("nps", "faq target", "why")] == [True] * 3
    assert staff.post("/custscore/formula", data=form(set_review_volume_target="3,5", nps="12")).status_code == 303
    page = text_of(staff.get("/custscore/formula"))
    assert "Version 2 en vigueur" in page
    assert "100 à 3,50, en proportion au-dessous" in page
    assert staff.post("/custscore/formula/1/restore").status_code == 303
    assert "Version 3 en vigueur" in text_of(staff.get("/custscore/formula"))
    reader = enter("store_manager", "store:S1")
    assert 'name="why"' not in reader.get("/custscore/formula").text
    assert reader.post("/custscore/formula", data=form()).status_code == 403
