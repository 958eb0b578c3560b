"""The first page after the door: what waits for this person, whose figures these are, and what to do on day one."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any

from surveyor.core.indicators import Envelope, evaluate
from surveyor.core.periods import Period, month_of
from surveyor.core.scope import NETWORK
from surveyor.core.tally import Tally
from surveyor.db import plans
from surveyor.flows.measure_indicators import Group
from surveyor.services import Services
from surveyor.web.dashboard.spans import Told, spans
from tests.web.conftest import Enter
from tests.web.links import Sent, open_network
from tests.web.test_dashboard import text_of
from tests.web.test_inbox import answered as answered  # the fixture


def test_a_new_case_is_the_first_thing_its_store_reads_and_no_other_store_does(
    enter: Enter, answered: Sent, installation: Services
) -> None:
    mine = enter("store_manager", "store:S1", language="en").get("/")
    assert "To do 1 new case" in text_of(mine)
    assert 'href="/cases?status=new"' in mine.text
    other = text_of(enter("store_manager", "store:S3", language="en").get("/"))
    assert "Nothing waits" in other
    assert "new case" not in other
    assert "new case" not in text_of(enter("marketing", language="en").get("/"))


def test_a_late_plan_is_named_to_those_who_can_end_it(enter: Enter, answered: Sent) -> None:
    form = {"title": "One more at the till", "scope": "store:S1", "starts_on": "2026-10-01", "due_on": "2026-11-19"}
    assert enter("store_manager", "store:S1").post("/plans", form).status_code == 303
    assert "1 action plan past its day" in text_of(enter("cx", language="en").get("/"))
    assert "action plan" not in text_of(enter("store_manager", "store:S3", language="en").get("/"))


def test_a_plan_whose_form_is_sent_twice_is_one_plan(enter: Enter, answered: Sent, installation: Services) -> None:
    person = enter("store_manager", "store:S1")
    drawn = re.search(r'name="id" value="([0-9a-f]{32})"', person.get("/plans").text)
    assert drawn is not None
    form = {"id": drawn[1], "title": "One more at the till", "scope": "store:S1", "starts_on": "2026-11-01"}
    ways = {person.post("/plans", form).headers["Location"] for _ in range(2)}
    assert ways == {f"/plans/{drawn[1]}"}
    with installation.sessions() as session:
        assert len(plans.listed(session)) == 1


def test_the_page_of_somebody_with_one_store_bears_its_name(enter: Enter, answered: Sent) -> None:
    assert "<h1>Lille Centre</h1>" in enter("store_manager", "store:S1").get("/").text
    assert "<h1>Vue d'ensemble</h1>" in enter("cx").get("/").text.replace("&#39;", "'")


def test_before_the_first_order_the_page_says_what_to_do_and_each_sees_the_ways_they_may_go(enter: Enter) -> None:
    page = enter("admin", language="en").get("/")
    assert "First steps" in text_of(page)
    for path in ("/keys/new", "/brands", "/rules", "/emails/invitation", "/users/new"):
        assert f'href="{path}"' in page.text, path
    assert "NPS" not in text_of(page)
    assert 'href="/keys/new"' not in enter("cx").get("/").text


def test_names_are_in_the_order_of_their_letters_whatever_their_accents(enter: Enter, installation: Services) -> None:
    open_network(installation)
    from surveyor.db import network

    with installation.sessions.begin() as session:
        rows = [
            network.StoreRow(key, name, "Europe/Paris", "nord", "Maison Claire", "famille", "fr")
            for key, name in (("S4", "Épinal"), ("S5", "Évry"), ("S6", "Zuydcoote"))
        ]
        network.add_stores(session, rows, day=installation.now().date(), now=installation.now())
    said = enter("cx").get("/stores").text
    places = [said.index(f">{name}</a>") for name in ("Arras", "Épinal", "Évry", "Lille Centre", "Nice", "Zuydcoote")]
    assert places == sorted(places)


def test_months_of_few_answers_are_drawn_as_quarters_with_all_their_answers() -> None:
    asked: Any = SimpleNamespace(span="month", scope=NETWORK, today=date(2026, 11, 20))
    firsts = [date(2026, month, 1) for month in range(1, 8)]

    def months(each: int) -> list[Group]:
        return [Group(day.isoformat(), month_of(day), Tally(score_10=each), (None,)) for day in firsts]  # type: ignore[arg-type]

    def name(_span: str, day: date) -> tuple[str, str]:
        return f"{day:%m}", f"{day:%m} long"

    seen, told = Period(date(2026, 1, 1), date(2026, 7, 31)), Told(name, lambda _days, n: n, "en")
    found, quarters = spans(months(4), asked, told, seen=seen)
    assert quarters
    assert [(one.label, one.name, one.figure.n) for one in found] == [
        ("02–04", "02 long – 04 long", 12),
        ("05–07", "05 long – 07 long", 12),
    ]
    assert (found[0].days.first, found[-1].days.last) == (date(2026, 2, 1), date(2026, 7, 31))
    found, quarters = spans(months(10), asked, told, seen=seen)
    assert (len(found), quarters) == (7, False)


def test_a_month_without_any_count_is_a_gap_and_a_quarter_is_three_months_of_the_calendar() -> None:
    """Months without a row were left out: a line joined March to May, and a "quarter" ran over four months."""
    asked: Any = SimpleNamespace(span="month", scope=NETWORK, today=date(2026, 8, 20))
    told = Told(lambda _span, day: (f"{day:%m}", f"{day:%m}"), lambda _days, n: n, "en")
    seen = Period(date(2025, 12, 1), date(2026, 9, 30))

    def months(each: int) -> list[Group]:
        firsts = [date(2026, month, 1) for month in (2, 3, 5, 7)]
        return [Group(day.isoformat(), month_of(day), Tally(score_10=each), (shown(day, each),)) for day in firsts]

    def shown(day: date, each: int) -> Envelope:
        return evaluate("nps", Tally(score_10=each), period=month_of(day), scope=NETWORK, today=asked.today)

    found, quarters = spans(months(20), asked, told, seen=seen)
    assert not quarters
    # From the first month that has any to today, never to a month that has not begun.
    assert [(one.label, one.figure.n) for one in found] == [
        ("02", 20), ("03", 20), ("04", 0), ("05", 20), ("06", 0), ("07", 20), ("08", 0)
    ]  # fmt: skip
    assert [one.figure.status for one in found if not one.figure.n] == ["no_data"] * 3
    found, quarters = spans(months(6), asked, told, seen=seen)
    assert quarters
    assert [(one.label, str(one.days), one.figure.n) for one in found] == [
        ("03–05", "2026-03-01..2026-05-31", 12),
        ("06–08", "2026-06-01..2026-08-31", 6),
    ]
    assert spans([], asked, told, seen=seen) == ([], False)
