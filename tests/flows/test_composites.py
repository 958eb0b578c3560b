"""A CustScore, a CX Matrix and a Benchmark out of stored rows: what is missing is not zero; like for like."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.db import audit, scores, store_access, widgets
from surveyor.db.base import new_id
from surveyor.db.labels import Carried, Commented, add
from surveyor.db.tables.rules import RuleVersion
from surveyor.db.tables.widgets import FaqEntry
from surveyor.errors import Refused
from surveyor.flows.edit_formula import Typed, edit_formula, restore_formula
from surveyor.flows.import_peers import import_peers
from surveyor.flows.keep_custscores import keep_custscores
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.manage_widgets import WidgetForm, make_widget
from surveyor.flows.measure_adoption import measure_adoption
from surveyor.flows.measure_benchmark import files_beside, stores_beside
from surveyor.flows.measure_custscore import (
    Of,
    Scored,
    file_formula,
    levers_of,
    measure_custscore,
    points_of,
    score_of,
)
from surveyor.flows.measure_matrix import measure_matrix
from surveyor.flows.note_widget_shown import note_widget_shown
from surveyor.ingest.peer_files import read_peers
from tests.databases import ON_SQLITE
from tests.servers import lock_awaited, wait_for
from tests.web.sample import write

NOW = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
TODAY = NOW.date()
PERIOD = Period(TODAY - timedelta(days=30), TODAY - timedelta(days=1))


def two_months(sessions: Any) -> None:
    write(sessions, today=TODAY, days=45, a_day=10)
    with sessions.begin() as session:
        long_ago = NOW - timedelta(days=300)
        session.add(RuleVersion(number=1, text="x", sha256=b"1" * 32, author="t", why="w", published_at=long_ago))


@pytest.fixture
def network(filled: Any) -> Any:
    """Six stores with two months of answers, and rules older than that."""
    return filled(two_months)


def score(sessions: Any, scope: Scope = NETWORK, period: Period = PERIOD) -> Scored:
    with sessions() as session:
        return measure_custscore(session, Of(scope, (scope,), period, NOW, "Europe/Paris"))


def test_what_is_not_installed_is_not_zero_and_what_is_unused_is(network: Any) -> None:
    before = score(network)
    assert (before.points["faq"], before.points["widgets"], before.points["google_volume"]) == (None, None, None)
    with network.begin() as session:
        session.add(
            FaqEntry(id=new_id(NOW), brand_id="Courses Claires", question_fr="?", answer_fr="!", updated_at=NOW)
        )
    name = make_widget(network, WidgetForm("badge", "b"), reach=(NETWORK,), by=HOST, now=NOW)
    after = score(network)
    assert (after.points["faq"], after.points["widgets"]) == (0.0, 0.0)
    note_widget_shown(network, name, "https://a.fr", zone="Europe/Paris", now=NOW)
    assert score(network).points["widgets"] == 50.0
    with network() as session:
        assert widgets.days_of(session, name, since=TODAY) == [(TODAY, "https://a.fr", 1)]


def test_parts_add_up_to_the_score_and_to_what_is_left(network: Any) -> None:
    found = score(network).score
    assert found.value is not None or found.status == "unavailable"
    if found.value is not None:
        assert sum(found.contributions.values()) == pytest.approx(found.value)
        assert sum(found.potentials.values()) == pytest.approx(100 - found.value)


def test_a_store_neither_earns_nor_loses_by_what_belongs_to_the_network(network: Any) -> None:
    make_widget(network, WidgetForm("badge", "b"), reach=(NETWORK,), by=HOST, now=NOW)
    assert score(network, Scope.of(stores=["S1"])).points["widgets"] is None


def test_the_nps_of_a_score_is_that_of_its_responses(network: Any) -> None:
    facts = score(network).facts["nps"]
    promoters, passives, detractors = facts["bands"]
    assert facts["n"] == promoters + passives + detractors
    assert score(network).points["nps"] == pytest.approx((100 * (promoters - detractors) / facts["n"] + 100) / 2)


def test_connections_count_whole_weeks_with_a_sign_in_and_none_before_access(network: Any) -> None:
    user = NewUser("s1@example.fr", "store_manager", ("store:S1",))
    since = datetime.fromisoformat("2026-11-02T08:00:00+00:00")
    user_id = add_user(network, user=user, by=HOST, now=since)
    with network.begin() as session:
        for day in (date(2026, 11, 3), date(2026, 11, 3), date(2026, 11, 19)):
            store_access.note_sign_in(session, user_id, day)
    month = Period(date(2026, 10, 19), date(2026, 11, 20))
    with network() as session:
        found = measure_adoption(session, (NETWORK,), month, today=TODAY, zone="Europe/Paris")
    line = next(one for one in found.stores if one.shop.id == "S1")
    assert [str(one) for one in found.weeks] == ["2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09"]
    assert list(line.weeks) == [None, None, 1, 0]
    assert (found.measure.value, found.measure.facts["access_weeks"]) == (50.0, 2)
    assert next(one for one in found.stores if one.shop.id == "S2").invited is False


def labelled(sessions: Any, rows: list[tuple[str, str]]) -> None:
    """Labels on responses of the sample, in order."""
    from sqlalchemy import select

    from surveyor.db.tables.responses import Response

    with sessions.begin() as session:
        found = session.scalars(
            select(Response)
            .where(Response.commented.is_(True), Response.day >= PERIOD.first)
            .order_by(Response.invitation_id)
        ).all()
        for one, (label, polarity) in zip(found, rows, strict=False):
            of = Commented(one.invitation_id, 1, one.score, one.day, one.store_id, one.segment, "fr", "x")
            add(session, of, [Carried(label, polarity, True, "rule")], version=0, themes=())


def test_a_matrix_is_made_of_counted_mentions_and_says_how_many(network: Any) -> None:
    labelled(network, [("welcome", "positive")] * 12 + [("waiting", "negative")] * 10 + [("price", "neutral")] * 3)
    with network() as session:
        view = measure_matrix(session, (NETWORK,), PERIOD, widen=False)
    assert view.matrix is not None
    assert {name: one.mentions for name, one in view.matrix.labels.items()} == {
        "welcome": 12,
        "waiting": 10,
        "price": 3,
    }
    assert (view.matrix.classified, view.matrix.value, view.labelled) == (2, None, 25)
    assert view.matrix.labels["waiting"].performance == -100


def test_a_night_keeps_the_score_of_every_part_of_the_network_once(network: Any) -> None:
    assert keep_custscores(network, network, zone="Europe/Paris", now=NOW) == 1 + 1 + 3 + 6
    assert keep_custscores(network, network, zone="Europe/Paris", now=NOW) == 0
    with network() as session:
        (night,) = scores.nights(session, "network", Period(TODAY - timedelta(days=3), TODAY))
    same = score(network, NETWORK, Period(TODAY - timedelta(days=30), TODAY - timedelta(days=1)))
    assert (night.day, night.value, night.version) == (TODAY - timedelta(days=1), same.score.value, 1)


def test_another_formula_is_a_version_and_nothing_of_the_one_before_changes(network: Any) -> None:
    with pytest.raises(Refused) as wrong:
        edit_formula(network, Typed({"nps": "14", "faq": "x"}, why="x"), by=HOST, now=NOW)
    assert [one.where for one in wrong.value.complaints] == ["nps", "faq"]
    made = edit_formula(network, Typed({"nps": "8", "faq": "8"}, ["faq"], why="less of NPS"), by=HOST, now=NOW)
    assert (made.number, made.coefficients, made.zero_if_missing) == (2, {"nps": 8}, ("faq",))
    found = score(network)
    assert found.formula.number == 2
    assert "faq" in found.score.contributions or found.score.value is None


def test_targets_and_least_coverage_belong_to_a_version_and_an_old_one_comes_back_as_the_next(network: Any) -> None:
    before = score(network)
    assert before.points["review_volume"] is not None
    settings = {"review_volume": {"target": "0"}, "reply_time": {"best": "200"}, "faq": {"target": "beaucoup"}}
    with pytest.raises(Refused) as wrong:
        edit_formula(network, Typed(settings=settings, coverage="130", why="x"), by=HOST, now=NOW)
    places = [one.where for one in wrong.value.complaints]
    assert places == ["review_volume target", "reply_time best", "faq target", "coverage"]
    typed = Typed(settings={"review_volume": {"target": "3,5"}}, coverage="95", why="a smaller network")
    made = edit_formula(network, typed, by=HOST, now=NOW)
    assert (made.setting("review_volume").values, made.min_coverage) == ({"target": 3.5}, 0.95)
    after = score(network)
    assert after.points["review_volume"] == pytest.approx(min(100, before.points["review_volume"] * 30 / 3.5))
    assert (after.score.value, after.score.status) == (None, "unavailable")
    again = restore_formula(network, 1, by=HOST, now=NOW)
    assert again is not None
    assert (again.number, again.coefficients, again.settings, again.min_coverage) == (3, {}, {}, 0.60)
    assert restore_formula(network, 3, by=HOST, now=NOW) is None
    assert restore_formula(network, 9, by=HOST, now=NOW) is None
    assert score(network).score.value == before.score.value


def test_of_two_who_save_a_formula_at_once_each_makes_a_version(network: Any) -> None:
    made: list[int] = []

    def save(weight: str) -> None:
        made.append(edit_formula(network, Typed({"nps": weight}, why=weight), by=HOST, now=NOW).number)

    threads = [threading.Thread(target=save, args=(weight,)) for weight in ("9", "11")]
    with network.begin() as session:
        audit.append(session, audit.Entry("test", "custscore.held", "custscore"), now=NOW)  # nobody else commits
        for thread in threads:
            thread.start()
        both_wait(session)  # each has read what is in force: one writes the next version, the other the same one
    for thread in threads:
        thread.join()
    assert sorted(made) == [2, 3]


def both_wait(session: Any) -> None:
    """Until two others wait for a lock; SQLite lets nobody begin, so that there is nothing to wait for."""
    if session.get_bind().dialect.name != "postgresql":
        return
    engine = session.get_bind()
    wait_for(lambda: lock_awaited(engine, by=2), seconds=300, what="both")


def test_the_formula_of_the_file_is_in_force_until_somebody_saves_another(network: Any, tmp_path: Path) -> None:
    (tmp_path / "indicators.toml").write_text("[custscore]\nversion = 4\n[custscore.items.nps]\ncoefficient = 9\n")
    ours = file_formula(tmp_path)
    of = Of(NETWORK, (NETWORK,), PERIOD, NOW, "Europe/Paris", ours)
    with network() as session:
        found = measure_custscore(session, of)
    assert (found.formula.number, found.formula.coefficient("nps")) == (4, 9)
    assert edit_formula(network, Typed({"nps": "10"}, why="w"), by=HOST, now=NOW, ours=ours).number == 5
    with network() as session:
        assert measure_custscore(session, of).formula.coefficient("nps") == 10


def test_what_can_be_done_about_a_score_earns_what_the_score_would_rise_by(network: Any) -> None:
    of = Of(NETWORK, (NETWORK,), PERIOD, NOW, "Europe/Paris")
    edit_formula(network, Typed(coverage="10", why="few items here"), by=HOST, now=NOW)
    found = score(network)
    assert found.score.value is not None
    levers = levers_of(found, of)
    assert {"reply_rate", "label_coverage"} <= set(levers)
    facts = {**found.facts, "reply_rate": {**found.facts["reply_rate"], "replied": levers["reply_rate"].more}}
    assert found.facts["reply_rate"]["replied"] == 0
    points = {**found.points, "reply_rate": points_of("reply_rate", facts["reply_rate"], of, found.formula)}
    after = score_of(points, found.formula).value
    assert after is not None
    assert after - found.score.value == pytest.approx(levers["reply_rate"].gain)
    assert not {"nps", "cx_matrix", "cx_benchmark", "solicitation_volume"} & set(levers)


def test_a_store_stands_beside_its_peers_as_one_figure(network: Any) -> None:
    with network() as session:
        found = stores_beside(session, (Scope.of(stores=["S1"]),), Period(TODAY - timedelta(days=44), TODAY))
    (one,) = found
    assert (one.store_id, one.peers) == ("S1", 5)
    assert one.beside.own is not None
    assert one.beside.change is not None


HEAD = "peer_group;period;entity;metric;value;n;method;source;licence;collected_on\n"
GOOD = HEAD + "".join(
    f"drive;2026-06;{name};nps;{value};;post-purchase email;étude;CC-BY;2026-07-01\n"
    for name, value in (("a", 28), ("b", 34), ("c", 41))
)


def test_a_file_of_peers_gives_its_median_and_its_receipt_once(network: Any) -> None:
    raw = GOOD.encode()
    import_peers(network, raw, read_peers(raw, today=TODAY), name="x.csv", by=HOST, now=NOW)
    with network() as session:
        (found,) = files_beside(session, (NETWORK,), PERIOD)
    assert (found.result.status, found.result.reference, found.entities) == ("compared", 34, 3)
    with pytest.raises(Refused) as again:
        import_peers(network, raw, read_peers(raw, today=TODAY), name="x.csv", by=HOST, now=NOW)
    assert again.value.code == "file_known"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("c;nps;41", "b;nps;41"), "fewer_than_3_entities"),
        ((";post-purchase email;", ";;"), "method_missing"),
        (("nps;41", "nps;141"), "value_out_of_range"),
        (("nps;41", "csat;41"), "metric_unknown"),
        (("2026-06", "2027-06"), "period_future"),
        (("metric", "measure"), "column_missing"),
    ],
)
def test_a_file_of_peers_is_refused_whole_with_its_first_reason(change: tuple[str, str], code: str) -> None:
    with pytest.raises(Refused) as wrong:
        read_peers(GOOD.replace(*change).encode(), today=TODAY)
    assert wrong.value.code == code


def test_a_score_says_no_nps_of_fewer_than_ten_answers(network: Any) -> None:
    day = Period(TODAY - timedelta(days=3), TODAY - timedelta(days=3))
    facts = score(network, Scope.of(stores=["S5"]), day).facts
    assert facts["nps"]["n"] < 10
    assert facts["nps"]["value"] is None
    assert facts.get("cx_benchmark", {}).get("own") is None


@ON_SQLITE
def test_a_file_of_peers_about_anything_but_the_nps_is_context_and_no_comparison(network: Any) -> None:
    raw = (
        GOOD.replace(";nps;", ";google_rating;").replace("28", "3.9").replace("34", "4.2").replace("41", "4.4").encode()
    )
    import_peers(network, raw, read_peers(raw, today=TODAY), name="x.csv", by=HOST, now=NOW)
    with network() as session:
        (found,) = files_beside(session, (NETWORK,), PERIOD)
    assert (found.metric, found.result.status, found.result.reference) == ("google_rating", "context_only", 4.2)
