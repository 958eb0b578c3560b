"""La voix du client on the line: a book read once says what the screens say; sent on the 4th, for one's stores only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.indicators import find
from surveyor.core.periods import Period
from surveyor.core.reports.report import from_plain, to_plain
from surveyor.core.rounding import display_nps, display_rate
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import Tally
from surveyor.db import closed_periods, distinct, report_figures, reports, tallies
from surveyor.db.base import new_id
from surveyor.db.scores import Night, keep_night
from surveyor.db.tables.cases import Case
from surveyor.db.tables.emails import Email
from surveyor.db.tables.labels import ResponseLabel
from surveyor.db.tables.network import Store
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.tallies import CoarseTally
from surveyor.flows.close_months import close_months
from surveyor.flows.follow_report import follow_report
from surveyor.flows.manage_users import HOST
from surveyor.flows.measure_cases import measure_cases
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.open_report import Opened
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice import Book, open_book, write_voice
from surveyor.flows.write_voice.here import here_of
from surveyor.services import Services
from surveyor.web.reports.files import as_html, as_text
from surveyor.web.reports.paper import as_pdf
from tests.flows.test_reports import Sent, hire, house, queue, sent
from tests.web import sample
from tests.web.test_dashboard import answers

__all__ = ["house", "sent"]
#: 4 December 2026, 08:00 in Paris.
FOURTH = datetime(2026, 12, 4, 7, tzinfo=UTC)
NOVEMBER, OCTOBER = Period.parse("2026-11", date(2026, 12, 4)), Period.parse("2026-10", date(2026, 11, 4))
TODAY = date(2026, 11, 4)


def read(sessions: Any, month: Period = OCTOBER, today: date = TODAY) -> Book:
    with sessions() as session:
        return open_book(session, month, today=today, zone="Europe/Paris", delivery_events=True)


def asked(scope: Scope, edition: str, **more: Any) -> Asked:
    return Asked(scope, (scope,), "Lille", TODAY, edition, **more)  # type: ignore[arg-type]


def fourteen_months(sessions: Any) -> None:
    sample.write(sessions, today=date(2026, 11, 20), days=420, a_day=9)


@pytest.fixture
def network(filled: Any) -> Any:
    """Six stores of three regions with fourteen months of answers."""
    return filled(fourteen_months)


def test_the_counts_of_a_report_are_those_of_the_screens_and_stores_add_up_to_the_network(network: Any) -> None:
    book = read(network)
    with network() as session:
        whole = here_of(session, book, (NETWORK,))
        parts = [here_of(session, book, (Scope.of(stores=(store,)),)) for store in whole.stores]
        region = here_of(session, book, (Scope.of(regions=("nord",)),))
        assert set(region.stores) == {"S1", "S2"}
        for month in book.months:
            rows = [one.bands(month) for one in parts]
            assert tuple(map(sum, zip(*rows, strict=True))) == whole.bands(month)
        assert Tally.sum([one.scores(OCTOBER) for one in parts]) == whole.scores(OCTOBER)
        assert Tally.sum([one.cohort for one in parts]) == whole.cohort
        for scope, here in ((NETWORK, whole), (Scope.of(regions=("nord",)), region)):
            question = Question((find("nps"), find("nps_change")), scope, (scope,), OCTOBER, TODAY)
            (group,) = measure(session, question)
            report = write_voice(session, book, asked(scope, "region"), scope=str(scope))
            nps = group.figures[0]
            assert here.scores(OCTOBER).bands == group.tally.bands
            assert f"NPS du mois\u00a0: {nps.display} {nps.interval.replace(' ;', chr(160) + ';')}" in report.lead


def test_one_pass_says_who_answered_and_which_questionnaires_they_were_asked(network: Any) -> None:
    """As the two questions say it apart, whether each store has one questionnaire or one of them has several."""
    for change in ({}, {"questionnaire_version": 7}):
        if change:
            some = select(Response.invitation_id).where(Response.store_id == "S1").limit(3)
            with network.begin() as session:
                session.execute(update(Response).where(Response.invitation_id.in_(some)).values(**change))
        with network() as session:
            people, asked_of = report_figures.answered(session, OCTOBER)
            assert asked_of == report_figures.questionnaires(session, OCTOBER)
            by_store = distinct.customers_answered_by(session, (NETWORK,), OCTOBER, "store")
            assert people == {store: found[0] for store, found in by_store.items() if found[0]}


def test_the_counts_of_closed_months_are_those_of_their_last_revision(network: Any) -> None:
    at = datetime(2026, 11, 4, 4, tzinfo=UTC)
    close_months(network, now=at, zone="Europe/Paris")
    row = CoarseTally.store_id == "S1", CoarseTally.day == date(2026, 10, 5)
    with network.begin() as session:
        session.execute(update(CoarseTally).where(*row).values(score_0=CoarseTally.score_0 + 40))
    close_months(network, now=at + timedelta(days=1), zone="Europe/Paris")
    first = date(2026, 9, 1)
    with network() as session:
        found = closed_periods.counts_of_months(session, "scores", first, OCTOBER.first)
        assert set(found) == {first, OCTOBER.first}
        for month, kept in found.items():
            last = closed_periods.newest(session, "scores", month)
            assert {store: one.counts for store, one in kept.items()} == {
                store: one.inputs["counts"] for store, one in last.items()
            }
            assert {store: one.revised_at for store, one in kept.items()} == {
                store: one.closed_at if one.revision > 1 else None for store, one in last.items()
            }
    assert found[OCTOBER.first]["S1"].revised_at == at + timedelta(days=1)
    assert found[OCTOBER.first]["S2"].revised_at is None


def test_parts_of_stores_are_counted_by_segment(network: Any) -> None:
    book = read(network)
    scope = Scope.of(stores=("S1",), segments=("famille",))
    with network() as session:
        part = here_of(session, book, (scope,)).scores(OCTOBER)
        whole = here_of(session, book, (Scope.of(stores=("S1",)),)).scores(OCTOBER)
    assert 0 < part.responses < whole.responses


def test_a_closed_month_is_told_as_it_was_closed_until_it_is_revised(network: Any) -> None:
    at = datetime(2026, 11, 4, 4, tzinfo=UTC)
    close_months(network, now=at, zone="Europe/Paris")
    before = read(network)
    with network.begin() as session:
        session.execute(
            update(CoarseTally)
            .where(CoarseTally.store_id == "S1", CoarseTally.day == date(2026, 10, 5))
            .values(score_0=CoarseTally.score_0 + 40)
        )
    again = read(network)
    assert again.scores["2026-10"] == before.scores["2026-10"]
    with network() as session:
        told = write_voice(session, again, asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
    assert "(mois clos)" in " ".join(told.section("method").sentences)
    close_months(network, now=at + timedelta(days=1), zone="Europe/Paris")
    revised = read(network)
    assert revised.scores["2026-10"]["S1"].score_0 == before.scores["2026-10"]["S1"].score_0 + 40
    with network() as session:
        told = write_voice(session, revised, asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
        english = replace(asked(Scope.of(stores=("S1",)), "store"), language="en")
        spoken = write_voice(session, revised, english, scope="store:S1")
        other = write_voice(session, revised, asked(Scope.of(stores=("S2",)), "store"), scope="store:S2")
        part = Scope.of(stores=("S1",), segments=("famille",))
        cut = write_voice(session, revised, asked(part, "store"), scope=str(part))
    then, now = (one.scores["2026-10"]["S1"].bands for one in (before, revised))
    was, stands = (f"{display_nps(*one)} ({sum(one)} " for one in (then, now))
    method = " ".join(told.section("method").sentences)
    assert "(mois clos, révisé le 5 novembre 2026)" in method
    assert f"Révision du 5 novembre 2026\u00a0: NPS {was}réponses) à la clôture, {stands}réponses) depuis." in method
    assert f"Revision of 5 November 2026: NPS {was}answers) when the month was closed, {stands}answers) since." in (
        " ".join(spoken.section("method").sentences)
    )
    assert "(mois clos)" in " ".join(other.section("method").sentences), "another store was corrected, not this one"
    assert "Révision du" not in " ".join(cut.section("method").sentences), "what closes is whole stores"


def test_a_store_report_has_nothing_of_another_store_in_any_of_its_forms(network: Any) -> None:
    with network.begin() as session:
        session.execute(update(Store).where(Store.id != "S1").values(name="Canari"))
    book = read(network)
    with network() as session:
        report = write_voice(session, book, asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
        whole = write_voice(session, book, asked(NETWORK, "network"), scope="network")
    assert "Canari" in as_text(whole)
    for form in (as_text(report), as_html(report)):
        assert "Canari" not in form
    ids = {quote.id for quote in report.quotes}
    assert ids == {row.id.hex for row in book.words["S1"]}


def test_a_report_of_two_stores_reads_the_latest_words_of_both(network: Any) -> None:
    book = read(network)
    with network() as session:
        report = write_voice(session, book, asked(Scope.of(stores=("S1", "S4")), "region"), scope="x")
    latest = sorted([*book.words["S1"], *book.words["S4"]], key=lambda row: (row.at, row.id), reverse=True)[:5]
    assert [quote.id for quote in report.section("matters").quotes] == [row.id.hex for row in latest]


def test_a_region_has_a_page_of_each_store_whose_words_are_kept_apart(network: Any) -> None:
    book = read(network)
    with network() as session:
        report = write_voice(session, book, asked(Scope.of(regions=("nord",)), "region"), scope="region:nord")
        whole = write_voice(session, book, asked(NETWORK, "network"), scope="network")
        alone = write_voice(session, book, asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
    first, second = report.pages
    assert first.title != second.title
    assert [page for page in report.pages if alone.lead in page.sentences]
    assert {quote.id for quote in first.quotes + second.quotes} <= {
        row.id.hex for store in ("S1", "S2") for row in book.words[store]
    }
    assert whole.pages == alone.pages == ()
    plain = to_plain(report)
    assert not [
        quote["text"] for part in plain["sections"] + plain["pages"] for quote in part["quotes"] if quote["text"]
    ]
    words = {n: quote.text for n, quote in enumerate(report.quotes)}
    assert from_plain(plain, words) == report
    assert first.title.upper() in as_text(report)


def test_a_pdf_has_pages_and_takes_hostile_words_as_text(network: Any) -> None:
    with network.begin() as session:
        session.execute(update(Store).where(Store.id == "S1").values(name='#image("/etc/passwd") $x$ *b* "\\" <a>'))
    with network() as session:
        report = write_voice(session, read(network), asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
    made = as_pdf(report)
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") + made.count(b"/Type/Page/") >= 2 or b"/Count" in made


def test_the_voice_leaves_on_the_fourth_with_the_follow_up_of_the_month_before(
    house: Services, sent: Sent, clock: Any
) -> None:
    manager = hire(house, "store_manager", "store:S1")
    hire(house, "cx", language="en")
    hire(house, "admin")
    answers(house, "S1", *[10] * 8, comment="Très bien")
    clock.forward(minutes=1)
    answers(house, "S3", 0, 1, comment="Canari de Nice")
    clock.set(FOURTH - timedelta(seconds=1))
    assert queue(house) == 0
    clock.set(FOURTH)
    assert queue(house) == 2
    cx, store = sorted(sent(), key=lambda one: str(one.address))
    assert store.subject == "La voix du client - novembre 2026 - Lille Centre\u00a0: 8 clients vous parlent"
    assert cx.subject == "Voice of the customer - November 2026 - Network: 10 customers speak to you"
    assert "8 réponses ce mois-ci\u00a0: pas de score." in store.text
    assert "Trop peu de réponses pour conclure (8)." in store.html
    assert "Canari" not in store.text + store.html
    assert "Canari de Nice" in cx.text
    with house.sessions() as session:
        keys = set(session.scalars(select(Email.dedupe_key).where(Email.kind == "voice")))
        copy = next(one for one in reports.copies(session) if one.user_id == manager)
        report = reports.report_of(session, copy.email_id, copy.n)
    assert f"voice:2026-11:{manager.hex}" in keys
    assert report is not None
    assert report.team is not None
    follow_report(house.sessions, opened=Opened(copy, report), place=0, status="in_progress", by=HOST, now=house.now())
    clock.set(FOURTH + timedelta(days=31))
    assert queue(house) == 3  # the 4th of January is a Monday
    january = next(one for one in sent() if one.kind == "voice" and one.address.startswith("store"))
    assert "Trop peu de réponses pour conclure (8). Lisez les verbatims" in january.text
    assert "→ en cours" in january.text


def test_r15_counts_stores_that_were_not_seen_and_says_it_to_regions_and_head_office_only(
    house: Services, clock: Any, tmp_path: Path
) -> None:
    since = house.now()
    clock.set(FOURTH - timedelta(days=22))
    hire(house, "store_manager", "store:S1", email="a@example.fr")
    hire(house, "store_manager", "store:S2", email="b@example.fr")
    clock.set(since)
    answers(house, "S1", *[10] * 40)
    clock.set(FOURTH)
    book = read(house.sessions, NOVEMBER, FOURTH.date())
    with house.sessions() as session:
        told = {
            edition: write_voice(session, book, asked(Scope.of(regions=("nord",)), edition), scope="region:nord").advice
            for edition in ("region", "network")
        }
    assert [one.text for one in told["region"]] == ["2 magasins ne se sont pas connectés depuis 3 semaines."]
    assert [one.rule for one in told["network"]] == []


def test_the_custscore_kept_at_the_end_of_a_month_is_told_with_what_is_most_to_win(network: Any) -> None:
    points = {"nps": 70.0, "reply_rate": 20.0, "reply_time": 50.0, "cx_matrix": 60.0, "review_volume": 90.0}
    points |= {"solicitation_volume": 100.0, "cx_benchmark": 50.0}
    with network.begin() as session:
        night = Night(OCTOBER.last, "store:S1", 1, 62.4, 64.0, {"points": points})
        keep_night(session, [night], now=datetime(2026, 11, 1, tzinfo=UTC))
    with network() as session:
        book = read(network)
        told = write_voice(session, book, asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
        other = write_voice(session, book, asked(Scope.of(stores=("S2",)), "store"), scope="store:S2")
    said = " ".join(told.section("essential").sentences)
    assert "CustScore\u00a0: 62 / 100." in said
    assert "À gagner\u00a0: Taux de réponse aux avis (+12,6), Temps de réponse (+7,2), CX Benchmark (+5,9)." in said
    assert "CustScore" not in " ".join(other.section("essential").sentences)


def test_labels_that_verbatims_carry_are_told_as_what_is_liked_and_what_annoys(house: Services, clock: Any) -> None:
    answers(house, "S1", *[10] * 3, comment="Accueil souriant et chaleureux")
    clock.set(FOURTH)
    with house.sessions() as session:
        book = open_book(session, NOVEMBER, today=FOURTH.date(), zone="Europe/Paris", delivery_events=True)
        report = write_voice(session, book, asked(Scope.of(stores=("S1",)), "store"), scope="store:S1")
    liked = dict(report.section("likes").rows)
    assert liked
    assert set(liked.values()) == {"3 mentions positives sur 3"}


def seven_weeks(sessions: Any) -> None:
    sample.write(sessions, today=TODAY, days=50, a_day=9)


@pytest.fixture
def autumn(filled: Any) -> Any:
    """The same stores with seven weeks of answers."""
    return filled(seven_weeks)


def test_replies_are_told_as_the_page_of_cases_counts_them(autumn: Any) -> None:
    """The section was silent: it read tallies that no reply is counted in."""
    instant = datetime(2026, 11, 4, 7, tzinfo=UTC)
    with autumn.begin() as session:
        query = select(Response).where(Response.commented, Response.day >= OCTOBER.first)
        for place, one in enumerate(session.scalars(query.order_by(Response.answered_at, Response.store_id)).all()):
            if place % 3:
                at = one.answered_at
                place_of = {"store_id": one.store_id, "segment": one.segment, "day": one.day}
                since = dict.fromkeys(("responded_at", "opened_at", "answer_by", "network_by"), at)
                replied = at + timedelta(hours=20 * (place % 7)) if place % 3 == 1 else None
                case = Case(id=new_id(at), invitation_id=one.invitation_id, **place_of, **since)
                case.why, case.replied_at = "score", replied
                session.add(case)
    book = read(autumn)
    for scope in (NETWORK, Scope.of(stores=("S1",)), Scope.of(segments=("senior",))):
        with autumn() as session:
            told = write_voice(session, book, asked(scope, "network", now=instant), scope=str(scope))
            counted = measure_cases(session, (scope,), OCTOBER, now=instant)
            question = Question((find("reply_time"),), scope, (scope,), OCTOBER, TODAY, now=instant)
            (group,) = measure(session, question)
        said = " ".join(told.section("replies").sentences).replace("\u00a0", " ")
        assert said.startswith(f"{counted.replied[0]} réponse")
        assert f"moyen plafonné {group.figures[0].display}".replace("\u00a0", " ") in said
        assert group.figures[0].n == counted.time.mature
        late = counted.detractors
        words = f"Détracteurs traités en moins de 48 h : {display_rate(late.handled, late.due, 'fr')}"
        assert (words.replace("\u00a0", " ") in said) is bool(late.due)


def test_who_reads_a_segment_has_nothing_of_the_others_in_a_report(autumn: Any) -> None:
    """Words, mentions and replies of a store were told whole to who may see a part of its customers."""
    with autumn.begin() as session:
        for row in session.scalars(select(Response).where(Response.commented, Response.segment != "senior")):
            own = ResponseRevision.invitation_id == row.invitation_id
            session.execute(update(ResponseRevision).where(own).values(verbatim="Canari"))
        for row in session.scalars(select(Response).where(Response.commented)):
            label = "l1" if row.segment == "senior" else "l2"
            told = {"invitation_id": row.invitation_id, "label": label, "polarity": "negative", "counted": True}
            place = {"store_id": row.store_id, "segment": row.segment, "day": row.day, "score": row.score}
            session.add(ResponseLabel(**told, **place, origin="rule"))
    book = read(autumn)
    with autumn() as session:
        for scope in (Scope.of(segments=("senior",)), Scope.of(stores=("S1",), segments=("senior",))):
            report = write_voice(session, book, asked(scope, "region"), scope=str(scope))
            assert report.quotes
            assert "Canari" not in as_text(report)
            n = tallies.sums(session, (scope,), OCTOBER)[()].commented
            rows = dict(report.section("dislikes").rows)
            assert set(rows.values()) == {f"{n} mentions négatives sur {n}"}
