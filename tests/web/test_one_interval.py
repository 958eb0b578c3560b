"""A figure has one interval wherever it stands: of people, where each answered more than 1.2 times (1.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.app import create_app
from surveyor.core.indicators.measures import nps
from surveyor.core.intervals import t_quantile, wilson
from surveyor.core.periods import Period
from surveyor.core.reports.express import banner
from surveyor.core.rounding import display_interval
from surveyor.core.scope import NETWORK
from surveyor.db import distinct
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response
from surveyor.flows.manage_keys import make_key
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from tests.databases import SqliteDatabases
from tests.web import sample
from tests.web.conftest import NOW, Enter
from tests.web.test_dashboard import text_of

PERIOD = Period(date(2026, 9, 1), date(2026, 10, 31))


def written(sessions: Any) -> None:
    sample.write(sessions, today=NOW.date(), days=130, a_day=14)
    with sessions.begin() as session:
        for number, row in enumerate(session.scalars(select(Invitation).order_by(Invitation.id))):
            row.address_key = f"{row.store_id} {number % 12}".encode().ljust(32, b"\0")


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> str:
    """The sample, in which each store has a dozen customers who answer again and again."""
    return sqlite_databases.filled(written)


def test_a_store_has_the_interval_of_its_own_page_in_every_table(enter: Enter, installation: Services) -> None:
    person = enter("cx", language="en")
    table = person.get(f"/?period={PERIOD}&by=store").text
    compared = person.get(f"/compare?period={PERIOD}&by=store").text
    beside = person.get(f"/benchmark?period={PERIOD}").text
    with installation.sessions() as session:
        people = distinct.customers_answered_by(session, (NETWORK,), PERIOD, "store")
    for store, name in {key: city for key, (city, _) in sample.CITIES.items()}.items():
        who, answers = people[store]
        assert 5 * answers > 6 * who
        said = text_of(person.get(f"/?period={PERIOD}&scope=store:{store}"))
        interval = re.search(r"95% interval (\[[^]]*\]) " + str(answers), said)
        assert interval
        for page in (table, compared, beside):
            rows = [row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if f">{name}</a>" in row]
            assert rows
            assert all(interval[1] in row for row in rows)
        small = re.search(rf"{name} \[?.*?{re.escape(interval[1])}", text_of(person.get(f"/compare?period={PERIOD}")))
        assert small


def test_the_nps_of_a_custscore_has_the_interval_and_the_badge_that_it_has_everywhere(
    enter: Enter, installation: Services
) -> None:
    client = create_app(replace(installation, provider=MemoryProvider())).test_client()
    key = make_key(installation.sessions, name="bi", scopes=("indicators:read",), now=installation.now(), actor="test")

    def ask(what: str, period: str) -> Any:
        bearer = {"Authorization": f"Bearer {key.text}"}
        return client.get(f"/api/v1/{what}?scope=store:S1&period={period}", headers=bearer).get_json()

    nps = ask("indicators/nps", f"{PERIOD}")
    assert nps["n_interval"] < nps["n"]
    told = ask("custscore", f"{PERIOD}")["items"]["nps"]
    assert told["figure"] == nps
    said = text_of(enter("cx", language="en").get(f"/custscore?scope=store:S1&period={PERIOD}"))
    interval = display_interval(nps["ci_low"], nps["ci_high"])
    assert f"{nps['display']} {interval} on {nps['n']} responses, medium reliability".replace("-", "\u2212") in said
    beside = ask("benchmark", f"{PERIOD}")["stores"][0]
    assert beside["own_interval"] == [nps["ci_low"], nps["ci_high"]]
    gap = ask("custscore", f"{PERIOD}")["items"]["cx_benchmark"]["facts"]["gap"]
    assert [round(one, 4) for one in gap] == [beside[name] for name in ("delta", "ci_low", "ci_high")]
    assert f"difference {beside['delta']:+.0f} {display_interval(gap[1], gap[2])}".replace("-", "\u2212") in said
    week = "2026-W40"
    few = ask("custscore", week)["items"]["nps"]
    assert 0 < few["facts"]["n"] < 10
    assert (few["figure"]["status"], few["facts"]["value"], few["facts"]["bands"]) == ("hidden", None, None)


@pytest.mark.parametrize("by", ["store", "region", "brand", "segment", "rule", "month", "week", "day"])
def test_people_are_counted_for_each_group_as_they_are_for_it_alone(by: Any, installation: Services) -> None:
    with installation.sessions() as session:
        found = distinct.customers_answered_by(session, (NETWORK,), PERIOD, by)
        whole = distinct.customers_answered(session, (NETWORK,), PERIOD)
        if by in ("month", "week"):
            alone = {
                one.first.isoformat(): distinct.customers_answered(session, (NETWORK,), one) for one in PERIOD.split(by)
            }
            assert found == {key: pair for key, pair in alone.items() if pair[1]}
    assert sum(answers for _, answers in found.values()) == whole[1]


def test_the_express_counts_people_as_the_dashboard_does() -> None:
    counts = (60, 25, 15)
    said = banner(counts, (1, 0, 0), (0, 0, 0), language="en", customers=40)
    found = nps(counts, 40)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert display_interval(found.ci_low, found.ci_high) in said
    assert said != banner(counts, (1, 0, 0), (0, 0, 0), language="en", customers=95)


def test_every_share_of_the_answers_has_the_interval_of_people(enter: Enter, installation: Services) -> None:
    client = create_app(replace(installation, provider=MemoryProvider())).test_client()
    key = make_key(installation.sessions, name="bi", scopes=("indicators:read",), now=installation.now(), actor="test")
    bearer = {"Authorization": f"Bearer {key.text}"}

    def ask(what: str, more: str = "") -> Any:
        return client.get(f"/api/v1/indicators/{what}?period={PERIOD}{more}", headers=bearer).get_json()

    with installation.sessions() as session:
        people, answers = distinct.customers_answered_by(session, (NETWORK,), PERIOD, "store")["S1"]
    found = ask("recommendation_rate", "&scope=store:S1")
    count = found["count"]
    bounds = [round(100 * bound, 4) for bound in wilson(count * people / answers, people) or ()]
    assert [found["ci_low"], found["ci_high"]] == bounds
    commented = ask("comment_rate", "&scope=store:S1")
    bounds = [round(100 * bound, 4) for bound in wilson(commented["count"] * people / answers, people) or ()]
    assert [commented["ci_low"], commented["ci_high"]] == bounds
    promoters = ask("shares", "&scope=store:S1")
    assert [promoters["ci_low"], promoters["ci_high"]] == [found["ci_low"], found["ci_high"]]
    mean = ask("mean_score", "&scope=store:S1")
    half = t_quantile(people - 1) * mean["sd"] / people**0.5
    assert mean["ci_high"] == pytest.approx(min(10, mean["value"] + half), abs=1e-3)
    said = text_of(enter("cx", language="en").get(f"/?period={PERIOD}&scope=store:S1"))
    shown = display_interval(commented["ci_low"], commented["ci_high"], decimals=1, points=False, language="en")
    assert shown in said


def test_the_last_answer_of_each_customer_can_be_asked_for_alone(enter: Enter, installation: Services) -> None:
    client = create_app(replace(installation, provider=MemoryProvider())).test_client()
    key = make_key(installation.sessions, name="bi", scopes=("indicators:read",), now=installation.now(), actor="test")
    bearer = {"Authorization": f"Bearer {key.text}"}

    def ask(what: str, more: str = "") -> Any:
        path = f"/api/v1/indicators{what}?period={PERIOD}&scope=store:S1&answers=last{more}"
        return client.get(path, headers=bearer).get_json()

    last: dict[bytes, tuple[Any, Any, int]] = {}
    with installation.sessions() as session:
        rows = select(Response, Invitation.address_key).join(Invitation, Invitation.id == Response.invitation_id)
        for row, person in session.execute(rows.where(Response.store_id == "S1", Response.score.is_not(None))):
            if PERIOD.first <= row.day <= PERIOD.last:
                last[person] = max(last.get(person, ()), (row.answered_at, row.invitation_id, row.score))  # type: ignore[type-var]
    scores = [score for _, _, score in last.values()]
    assert len(scores) == 12
    told = ask("/nps")
    assert told["n"] == told["n_interval"] == len(scores)
    assert told["value"] == round(100 * (sum(s > 8 for s in scores) - sum(s < 7 for s in scores)) / len(scores), 4)
    assert ask("/mean_score")["value"] == round(sum(scores) / len(scores), 4)
    together = ask("")
    assert together["answers"] == "last"
    assert {one["key"] for one in together["indicators"]} == {"nps", "shares", "recommendation_rate", "mean_score"}
    for wrong, where in (("/nps", "&by=store"), ("/nps", "&source=all"), ("/response_rate", "")):
        assert ask(wrong, where)["errors"][0]["code"] == "filter_value"
    said = text_of(enter("cx", language="en").get(f"/?period={PERIOD}&scope=store:S1"))
    interval = display_interval(told["ci_low"], told["ci_high"])
    assert f"on the last answer of each: {told['display']} {interval}, 12 customers".replace("-", "\u2212") in said
