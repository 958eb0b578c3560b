"""Indicators of reviews, adoption, labels, CustScore and benchmark: by their ids, as their own screens count them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.indicators import REGISTRY, Envelope, find
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.db.base import new_id
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.reviews import Review
from surveyor.db.tables.rules import RuleVersion
from surveyor.db.tallies import Delta, add
from surveyor.flows.import_peers import import_peers
from surveyor.flows.manage_users import HOST
from surveyor.flows.measure_benchmark import stores_beside
from surveyor.flows.measure_cases import measure_cases
from surveyor.flows.measure_custscore import Of, measure_custscore
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.measure_matrix import measure_matrix
from surveyor.ingest.peer_files import read_peers
from tests.flows.test_composites import GOOD
from tests.web.sample import write

NOW = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
TODAY = NOW.date()
PERIOD = Period(TODAY - timedelta(days=44), TODAY - timedelta(days=1))
STARS = ("q_order", "q_wait")
DESIGN = (
    "REV-01 REV-02 REV-03 REV-04 REV-05 REV-06 REV-07 REV-08 ADO-01 ADO-02 ADO-03 ADO-04 "
    "THM-01 THM-02 THM-03 THM-04 THM-05 CST-01 BEN-01 BEN-02 CUS-10"
)
S1 = Scope.of(stores=["S1"])


def seven_weeks(sessions: Any) -> None:
    write(sessions, today=TODAY, days=50, a_day=14)
    with sessions.begin() as session:
        long_ago = NOW - timedelta(days=300)
        session.add(RuleVersion(number=1, text="x", sha256=b"1" * 32, author="t", why="w", published_at=long_ago))
        told = session.execute(select(Response.invitation_id, Response.score, Response.day)).all()
        for place, (ident, score, _) in enumerate(told):
            stars = {"q_order": 1 + score * 4 // 10, "q_wait": 1 + (score + place) % 5}
            own = ResponseRevision.invitation_id == ident
            session.execute(update(ResponseRevision).where(own).values(answers=stars))
        add(session, [Delta(TODAY - timedelta(days=9), "S1", answers={(star, "4"): 1 for star in STARS})])
        for place, store in enumerate(["S1", "S2", "S3", "S4", "S5", "S6"] * 2):
            session.add(_google(store, 5 if store == "S1" else 3 + place % 2, place))


@pytest.fixture
def network(filled: Any) -> Any:
    """Six stores with answers, two stars in each, and reviews of Google of five of them."""
    return filled(seven_weeks)


def _google(store: str, rating: int, place: int) -> Review:
    at = NOW - timedelta(days=2, minutes=place)
    return Review(
        id=new_id(at),
        source="google",
        external_id=f"g{place}",
        store_id=store,
        rating=rating,
        deposited_at=at,
        state="external",
        received_at=NOW,
    )


def ask(sessions: Any, *names: str, scope: Scope = NETWORK) -> dict[str, Envelope]:
    entries = tuple(find(name) for name in names)
    with sessions() as session:
        (group,) = measure(session, Question(entries, scope, (scope,), PERIOD, TODAY, "en", now=NOW))
    return {figure.id: figure for figure in group.figures}


def test_every_id_of_the_page_of_indicators_is_in_the_registry() -> None:
    page = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| \**([A-Z]{3}-\d\d)", page, re.M))
    assert named == {entry.id for entry in REGISTRY}
    assert set(DESIGN.split()) <= named


def test_what_is_asked_by_id_is_what_its_screen_counts(network: Any) -> None:
    raw = GOOD.encode()
    import_peers(network, raw, read_peers(raw, today=TODAY), name="x.csv", by=HOST, now=NOW)
    found = ask(network, *DESIGN.split())
    with network() as session:
        told = measure_cases(session, (NETWORK,), PERIOD, now=NOW)
        score = measure_custscore(session, Of(NETWORK, (NETWORK,), PERIOD, NOW, "Europe/Paris"))
        view = measure_matrix(session, (NETWORK,), PERIOD, widen=False)
        responses = len(session.scalars(select(Response).where(Response.day >= PERIOD.first)).all())
    assert found["REV-01"].value == responses
    per_store = found["REV-01"].facts["per_store_30_days"]
    assert per_store == pytest.approx(responses * 30 / (6 * 44))
    assert (found["REV-03"].facts["count"], found["REV-03"].n) == told.replied
    assert found["REV-04"].facts["pending"] == told.time.pending
    assert (found["REV-05"].facts["count"], found["REV-05"].n) == (told.detractors.handled, told.detractors.due)
    assert found["REV-05"].facts["waiting"] == told.detractors.waiting > 0
    assert (found["REV-02"].value, found["REV-06"].n) == (12, 12)
    assert found["ADO-04"].n == view.commented
    assert found["CST-01"].value == score.score.value
    assert found["CST-01"].facts["coverage"] == score.score.coverage
    assert found["THM-05"].n == responses
    assert found["BEN-02"].facts["reference"] == 34
    for name in ("ADO-02", "ADO-03", "BEN-01", "CUS-10"):
        assert (str(found[name].status), found[name].value) == ("not_measured", None)
    shares = found["THM-05"].to_json()["shares"]
    assert isinstance(shares, list)
    assert next(one["question"] for one in shares) == "q_order"
    assert sum(one["value"] for one in shares) == pytest.approx(100, abs=0.01)


def test_a_store_stands_beside_its_peers_in_points_and_in_stars(network: Any) -> None:
    found = ask(network, "BEN-01", "REV-06", scope=S1)
    with network() as session:
        (one,) = stores_beside(session, (S1,), PERIOD)
    assert one.beside.change is not None
    assert found["BEN-01"].value == pytest.approx(one.beside.change.delta)
    assert (found["BEN-01"].n, found["BEN-01"].facts["n_peers"]) == (one.n, one.n_peers)
    assert found["REV-06"].value == 5
    peers = found["REV-06"].facts["peer_mean"]
    assert found["REV-06"].facts["adjusted"] == pytest.approx((2 * 5 + 50 * float(str(peers))) / 52)
    assert ask(network, "REV-06")["REV-06"].facts["adjusted"] is None
