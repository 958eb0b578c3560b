"""After any mix of acts, by the real flows, stores add up to regions and to the network, for every additive figure."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from surveyor.core.indicators import REGISTRY
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import Tally, add_counts
from surveyor.db import tallies
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.rebuild_tallies import differences
from tests.flows.orders import at
from tests.flows.town import ACTS, RARE, REGIONS, Town
from tests.jobs.house import services

ALWAYS = Period(date(2026, 1, 1), date(2026, 12, 31))
CUTS = ("store", "brand", "region", "segment", "rule", "rule_version", "questionnaire_version", "day", "month")
ADDITIVE = tuple(one for one in REGISTRY if one.kind == "S" and not one.counted_alone)
#: Weeks of a town: what is done, and to whom.
LIVES = st.lists(st.tuples(st.sampled_from((*ACTS, *ACTS, *RARE)), st.integers(0, 9999)), min_size=60, max_size=90)
#: What has happened before any of them: everything that is counted, at least once. What random weeks add may take a
#: count back (a delivery told later takes back a soft bounce), so what must have been seen is asked for before them.
BEFORE = (
    ("questions", 0),
    *(("order", n) for n in range(31)),
    ("send", 0),
    *(("tell", n) for n in range(5)),
    ("robot", 10),
    ("visit", 11),
    ("oppose", 12),
    *((what, n) for n in range(13, 31) for what in ("quiet", "answer")),  # not so many a day that they look automated
    ("order", 31),
    ("cancel", 31),
    ("questions", 0),
    *(("order", n) for n in range(32, 40)),
    ("send", 1),
    *((what, n) for n in range(24, 34) for what in ("quiet", "answer")),
    ("edit", 3),
    ("rule", 0),
    ("erase", 5),
)


@pytest.fixture
def town(sessions: Any, clock: Any, tmp_path: Path) -> Town:
    """Four stores that go on living from one example to the next: the sums must hold whatever came before."""
    clock.set(at("2026-02-02T08:00"))
    made = Town(services(sessions, clock, tmp_path, mail_url=f"outbox://{tmp_path}/outbox"), clock)
    made.found()
    for what, n in BEFORE:
        made.act(what, n)
    assert set(made.done) == {*ACTS, *RARE}
    with sessions() as session:
        whole = tallies.sums(session, (NETWORK,), ALWAYS)[()]
        struck = session.scalar(select(func.count()).select_from(Response).where(Response.score.is_(None)))
        answers = tallies.answers(session, (NETWORK,), ALWAYS, by=("questionnaire_version",))
    assert whole.responses > 15
    assert len(answers) > 1
    assert min(whole.unsubscribed, whole.complained, whole.bounced_soft, whole.dropped, whole.visited, struck or 0) > 0
    return made


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(LIVES)
def test_every_cut_of_every_count_adds_up_to_the_whole(town: Town, life: list[tuple[str, int]]) -> None:
    for what, n in (("order", 1), ("order", 2), ("send", 0), ("answer", 3), *life, ("send", 1), ("answer", 9)):
        town.act(what, n)
    town.act("questions", 0)
    with town.sessions() as session:
        assert differences(session) == []
        _sums_hold(session)
        _figures_hold(session)
        _rows_agree(session)
    assert check_invariants(town.sessions, now=town.clock()).findings == ()


def _sums_hold(session: Any) -> None:
    """Both grains and both side tallies, cut by each dimension and by each two of them."""
    whole = tallies.sums(session, (NETWORK,), ALWAYS).get((), Tally())
    reasons = tallies.reasons(session, (NETWORK,), ALWAYS).get((), {})
    answers = tallies.answers(session, (NETWORK,), ALWAYS).get((), {})
    for by in (*combinations(CUTS, 1), *combinations(CUTS, 2)):
        assert Tally.sum(list(tallies.sums(session, (NETWORK,), ALWAYS, by=by).values())) == whole, by
        if "questionnaire_version" not in by:
            assert add_counts(*tallies.reasons(session, (NETWORK,), ALWAYS, by=by).values()) == reasons, by
        assert add_counts(*tallies.answers(session, (NETWORK,), ALWAYS, by=by).values()) == answers, by
    regions = tallies.sums(session, (NETWORK,), ALWAYS, by=("region",))
    stores = tallies.sums(session, (NETWORK,), ALWAYS, by=("store",))
    for region in ("nord", "sud"):
        inside = [tally for (store,), tally in stores.items() if REGIONS[store] == region]
        scope = tallies.sums(session, (Scope.of(regions=(region,)),), ALWAYS).get((), Tally())
        assert Tally.sum(inside) == regions.get((region,), Tally()) == scope, region


def _figures_hold(session: Any) -> None:
    """Every additive figure of the registry: n, and the count over it, of stores, regions, segments and months."""

    def ask(by: Any) -> list[Any]:
        return measure(session, Question(ADDITIVE, NETWORK, (NETWORK,), ALWAYS, ALWAYS.last, by=by))

    (whole,) = ask(None)
    for by in ("store", "region", "segment", "month", "rule"):
        groups = ask(by)
        for place, figure in enumerate(whole.figures):
            parts = [group.figures[place] for group in groups]
            if by in ADDITIVE[place].not_by:
                continue
            if "error" in {str(one.status) for one in (figure, *parts)} or str(figure.status) == "not_measured":
                continue
            assert sum(one.n for one in parts) == figure.n, (by, figure.key)
            if isinstance(figure.facts.get("count"), int):
                assert sum(one.facts["count"] for one in parts) == figure.facts["count"], (by, figure.key)


def _rows_agree(session: Any) -> None:
    """The plainest counts, from rows and nothing else."""
    whole = tallies.sums(session, (NETWORK,), ALWAYS).get((), Tally())
    i, r = Invitation, Response
    sent = select(func.count()).select_from(i).where(i.state == "sent")
    scores = select(r.score, func.count()).where(r.score.is_not(None)).group_by(r.score)
    assert whole.sent == whole.went_out == session.scalar(sent)
    told = {score: n for score, n in enumerate(whole.scores) if n}
    assert told == dict(session.execute(scores).all())
    assert whole.responded == sum(told.values())
