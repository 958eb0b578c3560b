"""One filter feeds every number of a page: a page kept to something says what it says when nothing else exists."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, or_, select

from surveyor.core.indicators import find
from surveyor.core.indicators.peers import adjusted_nps
from surveyor.core.periods import Period
from surveyor.core.scope import Scope
from surveyor.db import recount, tallies
from surveyor.db.tables.cases import Case
from surveyor.db.tables.decisions import DecisionRow
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.labels import ResponseLabel
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import Order
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.tallies import FineTally, ReasonTally
from surveyor.flows.measure_indicators import Question, measure
from surveyor.services import Services
from tests.databases import SqliteDatabases
from tests.web import sample
from tests.web.conftest import NOW, Enter
from tests.web.test_dashboard import text_of

SPAN = Period.parse("2026-09-01..2026-10-31", date(2026, 11, 20))
PERIOD = "2026-09-01..2026-10-31"
#: Every page with the filters of a dashboard, but for the two that compare with everybody else on purpose.
PAGES = {
    "/": ("by=region", "by=segment", "by=brand&span=month", "by=brand&compare=2026-08-01..2026-08-31"),
    "/compare": ("by=region", "by=segment"),  # but for the places among peers, which are of the whole network
    "/response-rate": ("by=segment", "by=language", "rule=standard"),
    "/customers": ("",),
    "/funnel": ("", "rule=standard"),
    "/funnel/sent": ("",),
    "/funnel/refused": ("reason=COOLDOWN",),
    "/funnel/responded": ("",),
    "/verbatims": ("", "band=detractor", "all=1", "score=10"),
    "/matrix": ("",),
    "/cases/figures": ("",),
}
#: Filters, each inside the one before: what lies outside is taken away between two looks.
STEPS: tuple[dict[str, str], ...] = (
    {"scope": "region:nord"},
    {"scope": "region:nord", "segment": "senior"},
    {"scope": "region:nord+store:S1", "segment": "senior"},
)
#: What the filters offer, and the places among peers, which are those of the whole network on purpose.
LEFT_OUT = re.compile(r'<form.*?</form>|<section class="card w12" aria-labelledby="plot">.*?</section>', re.S)
REGIONS = {"nord": ("S1", "S2")}


def written(sessions: Any) -> None:
    sample.write(sessions, today=NOW.date(), days=90, a_day=14)
    with sessions.begin() as session:
        for number, one in enumerate(session.scalars(select(Invitation).order_by(Invitation.id))):
            one.address_key = f"{number % 40}".encode().ljust(32, b"\0")
        for number, row in enumerate(session.scalars(select(Response).where(Response.commented))):
            label = {"label": f"l{number % 6}", "polarity": ("positive", "negative")[row.score < 7]}
            place: dict[str, Any] = {"store_id": row.store_id, "segment": row.segment, "day": row.day}
            told = {"invitation_id": row.invitation_id, "score": row.score, "counted": True, "origin": "rule"}
            session.add(ResponseLabel(**told, **place, **label))
            if number % 2:
                since = dict.fromkeys(("opened_at", "answer_by", "network_by", "responded_at"), row.answered_at)
                case = Case(id=row.invitation_id, invitation_id=row.invitation_id, why="score", **place, **since)
                case.replied_at = row.answered_at
                session.add(case)


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> str:
    """Customers of the sample who answer more than once, with labels and a reply to every second comment."""
    return sqlite_databases.filled(written)


def test_no_number_of_a_page_changes_when_what_its_filter_leaves_out_is_gone(
    enter: Enter, installation: Services
) -> None:
    person = enter("cx", language="en")
    for step in STEPS:
        before = look(person, step)
        keep_only(installation, step)
        after = look(person, step)
        for address, said in before.items():
            assert not apart(said, after[address]), address


def apart(one: str, other: str) -> str:
    """Where two texts part; "" when they are the same."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return "" if one == other else f"{one[at - 80 : at + 40]!r} / {other[at - 80 : at + 40]!r}"


def look(person: Any, step: dict[str, str]) -> dict[str, str]:
    """What every page says, without the choices that the filters offer."""
    found = {}
    for page, more in PAGES.items():
        for one in more:
            where = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in step.items())
            answer = person.get(f"{page}?period={PERIOD}&{where}&{one}")
            assert answer.status_code == 200, (page, one)
            kept = LEFT_OUT.sub("", answer.text)
            spoken = re.findall(r"<title>[^<]*</title>|<desc>[^<]*</desc>", kept)
            found[f"{page}?{where}&{one}"] = " ".join([*re.sub(r"<[^>]+>", " ", kept).split(), *spoken])
    return found


def keep_only(here: Services, step: dict[str, str]) -> None:
    """Take away every row and every count that the filter leaves out."""
    stores = ("S1",) if "store" in step["scope"] else REGIONS["nord"]
    segment = step.get("segment")

    def out(row: Any) -> Any:
        return or_(row.store_id.not_in(stores), *([row.segment != segment] if segment else []))

    with here.sessions.begin() as session:
        gone = select(Invitation.id).where(out(Invitation))
        for row in (ResponseLabel, Case):
            session.execute(delete(row).where(row.invitation_id.in_(gone)))
        session.execute(delete(Response).where(Response.invitation_id.in_(gone)))
        session.execute(delete(ResponseRevision).where(ResponseRevision.invitation_id.in_(gone)))
        for kind in (Invitation, DecisionRow, Order, FineTally, ReasonTally):
            session.execute(delete(kind).where(out(kind)))
        tables: dict[str, Counter[Any]] = {name: Counter() for name in ("tallies_coarse", *recount.MONTHS.values())}
        for (day, *others, name), n in recount.stored(session, "tallies_fine").items():
            month = day.replace(day=1)
            tables["tallies_coarse"][day, others[0], name] += n
            tables["tallies_fine_months"][month, *others, name] += n
            tables["tallies_coarse_months"][month, others[0], name] += n
        for table, cells in tables.items():
            recount.replace(session, table, dict(cells))


def test_a_row_of_a_table_leads_to_what_it_counted(enter: Enter, installation: Services) -> None:
    """A region of a brand led to the whole region, a store of a region to all its days."""
    person = enter("cx", language="en")
    with installation.sessions.begin() as session:
        for place, store in enumerate(session.scalars(select(Store).order_by(Store.id))):
            store.brand_id = None if place % 2 else store.brand_id
    brand = "brand:Courses%20Claires"
    for query in (f"scope={brand}&by=region", "scope=region:nord&by=store", f"scope={brand}&by=segment", "by=brand"):
        page = person.get(f"/?period={PERIOD}&{query}").text
        table = page[page.index('id="compare"') :]
        rows = re.findall(r'<th scope="row"><a href="([^"]*)">.*?</tr>', table, re.S)
        counts = re.findall(
            r'<th scope="row"><a href="[^"]*">.*?</th>\s*<td.*?</td>\s*<td.*?</td>\s*<td class="num"[^>]*>(\d+)<',
            table,
            re.S,
        )
        assert rows
        assert len(rows) == len(counts)
        for link, n in zip(rows, counts, strict=True):
            said = text_of(person.get(link.replace("&amp;", "&")))
            assert f"{n} answers" in said or f"({n}/10)" in said, (query, link)


def test_the_place_of_a_store_among_its_peers_is_of_the_segment_that_is_asked(
    enter: Enter, installation: Services
) -> None:
    """Beside the score of one segment stood the place of the whole store."""
    reach = (Scope.of(segments=("senior",)),)
    asked = Question((find("nps"), find("adjusted_nps")), reach[0], reach, SPAN, SPAN.last, by="store")
    with installation.sessions() as session:
        told = measure(session, asked)
        counts = {key[0]: one.bands for key, one in tallies.sums(session, reach, SPAN, by=("store",)).items()}
    group = adjusted_nps(counts)
    assert group is not None
    for one in told:
        figure = one.figures[1]
        assert figure.n == sum(counts[one.key]) == one.figures[0].n
        if figure.shown:
            assert figure.value == pytest.approx(group.stores[one.key].value)
    assert sum(one.figures[1].shown for one in told) > 1


def test_a_region_seen_in_part_is_neither_offered_nor_named_over_the_figures_of_some_of_its_stores(
    enter: Enter,
) -> None:
    def head(person: Any, path: str) -> str:
        found = re.search(r'<div class="head">(.*?)<form', person.get(path).text, re.S)
        assert found
        return re.sub(r"<[^>]+>", " ", found[1])

    one, two, whole = (
        enter("store_manager", "store:S1"),
        enter("cx", "store:S1", "store:S3"),
        enter("cx", "region:nord"),
    )
    for path in ("/", "/reports/voice", "/reports/express", "/custscore"):
        for person, offered in ((one, False), (two, False), (whole, True)):
            assert ('value="region:nord"' in person.get(path).text) is offered
        assert "Lille Centre" in head(one, f"{path}?scope=region:nord")
        assert "Lille Centre" in head(two, f"{path}?scope=region:nord")
        assert "nord" in head(whole, f"{path}?scope=region:nord")
        for person in (one, two):
            assert "nord" not in head(person, f"{path}?scope=region:nord")
    some = enter("cx", "store:S1", "store:S2", "store:S3")
    assert "nord" in head(some, "/?scope=region:nord")
    assert "vos magasins" not in head(some, "/?scope=region:nord"), "every store of the region is theirs"
