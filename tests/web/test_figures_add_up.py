"""Sums of stores are the network's for every additive figure, and the screens say what the raw rows say."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from surveyor.core import rounding
from surveyor.core.indicators import REGISTRY, Facts, View, envelope, find
from surveyor.core.indicators.survey import groups
from surveyor.core.periods import Period, month_of
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import COUNTS, Tally
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response
from surveyor.flows.measure_indicators import Question, measure
from surveyor.services import Services
from tests.databases import SqliteDatabases
from tests.web import sample
from tests.web.conftest import NOW, Enter
from tests.web.test_dashboard import text_of

JUNE = month_of(date(2026, 6, 1))
ADDITIVE = [entry for entry in REGISTRY if entry.kind == "S"]
PEOPLE = st.integers(0, 60)


@st.composite
def stores(draw: st.DrawFn) -> list[Tally]:
    """Tallies that a day could leave: each step of an email has at most what the one before had."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        sent = draw(PEOPLE)
        delivered = draw(st.integers(0, sent))
        visited = draw(st.integers(0, delivered))
        responded = draw(st.integers(0, visited))
        scores = draw(st.lists(st.integers(0, 10), max_size=40))
        counts: dict[str, int] = {f"score_{score}": scores.count(score) for score in set(scores)}
        counts |= {"sent": sent, "went_out": sent, "scheduled": sent, "hits": sent + draw(PEOPLE), "orders": sent + 90}
        counts |= {"delivered": delivered, "visited": visited, "responded": responded, "commented": len(scores) // 2}
        counts |= {"unsubscribed": draw(st.integers(0, delivered)), "complained": draw(st.integers(0, delivered))}
        found.append(Tally.from_mapping(counts))
    return found


@given(stores())
def test_every_additive_figure_of_the_network_is_that_of_the_sum_of_its_stores(each: list[Tally]) -> None:
    """A count adds up; of a rate the numerator and the denominator do, and its value is their quotient."""
    view = View(JUNE, NETWORK, date(2026, 9, 1), "en")
    network = Tally()
    for tally in each:
        network += tally
    for entry in ADDITIVE:
        whole = envelope(entry, network, view)
        parts = [envelope(entry, tally, view) for tally in each]
        if str(whole.status) in ("not_measured", "error"):
            continue
        assert whole.n == sum(part.n for part in parts), entry.key
        if "count" in whole.facts:
            numerator = sum(int(str(part.facts["count"])) for part in parts)
            assert whole.facts["count"] == numerator, entry.key
            if whole.value is not None and entry.unit == "percent":
                assert whole.value == pytest.approx(100 * numerator / whole.n), entry.key


def test_the_fields_of_a_tally_are_the_counts_that_add_up() -> None:
    assert tuple(field.name for field in fields(Tally)) == COUNTS


def written(sessions: Any) -> None:
    sample.write(sessions, today=NOW.date(), days=130, a_day=14)


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> str:
    """Four months of the sample."""
    return sqlite_databases.filled(written)


def test_every_cut_of_what_is_stored_adds_up_to_the_whole(installation: Services) -> None:
    today = installation.now().date()
    period = Period(date(2026, 8, 3), date(2026, 11, 15))

    def ask(cut: Any) -> list[Tally]:
        asked = Question(tuple(ADDITIVE), NETWORK, (NETWORK,), period, today, by=cut)
        with installation.sessions() as session:
            return [group.tally for group in measure(session, asked)]

    whole = ask(None)[0]
    for by in ("store", "region", "brand", "segment", "day", "week", "month", "rule"):
        total = Tally()
        for tally in ask(by):
            total += tally
        assert total == whole, by
    assert whole.responses > 100


CUTS: dict[str, dict[str, str]] = {
    "": {},
    "&scope=region:nord": {"region": "nord"},
    "&scope=store:S4": {"store": "S4"},
    "&segment=senior": {"segment": "senior"},
}


def test_the_screen_says_what_the_raw_rows_say(enter: Enter, installation: Services) -> None:
    person = enter("cx", language="en")
    for query, keep in CUTS.items():
        _compare(person, installation, query, keep)


def _compare(person: Any, installation: Services, query: str, keep: dict[str, str]) -> None:
    """NPS, its interval and n, the shares, the histogram and the response rate, from the rows and nothing else."""
    period = Period(date(2026, 9, 1), date(2026, 10, 31))
    r, i = Response, Invitation
    wanted: Any = [
        *([r.store_id == keep["store"]] if "store" in keep else []),
        *([r.segment == keep["segment"]] if "segment" in keep else []),
        *([Store.region_id == keep["region"]] if "region" in keep else []),
    ]
    with installation.sessions() as session:
        scores = dict(
            session.execute(
                select(r.score, func.count())
                .join(Store, Store.id == r.store_id)
                .where(r.day >= period.first, r.day <= period.last, r.score.is_not(None), *wanted)
                .group_by(r.score)
            ).all()
        )
        answered = session.scalar(
            select(func.count())
            .select_from(i)
            .join(r, r.invitation_id == i.id)
            .join(Store, Store.id == r.store_id)
            .where(i.sent_day >= period.first, i.sent_day <= period.last, r.score.is_not(None), *wanted)
        )
    page = person.get(f"/?period={period}{query}")
    said = text_of(page)
    bands = groups(scores)
    shown = envelope(find("nps"), Tally.from_scores(scores), View(period, Scope(), period.last, "en"), Facts())
    n = sum(bands)
    assert n > 30
    nps = shown.display.replace("-", "\u2212")
    assert f"NPS {shown.badge} {nps} 95% interval {shown.interval.replace('-', chr(0x2212))} {n} answers" in said
    whole = rounding.largest_remainder(bands)
    assert f"Promoters (9-10) {whole[0]}% {bands[0]}" in said
    assert f"Detractors (0-6) {whole[2]}% {bands[2]}" in said
    bars = re.findall(r'<text[^>]*class="c-text strong"[^>]*>(\d+)</text>', page.text)
    assert [int(bar) for bar in bars[:11]] == [scores.get(score, 0) for score in range(11)]
    assert re.search(rf"Responded {answered}\b", said) or re.search(rf"[Aa]nswered {answered}\b", said)
