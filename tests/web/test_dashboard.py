"""What the dashboard shows: a figure is never alone, a hidden one gives nothing away, filters stay in the address."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.core.indicators import evaluate
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.core.tally import Tally
from surveyor.services import Services
from surveyor.web.charts import trend
from tests.web import sample
from tests.web.conftest import NOW, Enter
from tests.web.links import open_network, send
from tests.web.test_strangers import answer

JUNE = Period.parse("2026-06", date(2026, 7, 10))


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def answers(here: Services, store: str, *scores: int, comment: str = "") -> None:
    for number, score in enumerate(scores):
        answer(here, send(here, f"{store}-{number}-{score}", store=store), score, comment)


def text_of(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_without_any_answer_the_page_says_so_and_shows_no_figure(enter: Enter) -> None:
    said = text_of(enter("cx", language="en").get("/?period=2026-11"))
    assert "No answer" in said
    assert "0 answers" in said
    assert "95% interval" not in said


def test_stores_are_compared_over_a_period_in_which_each_may_have_a_figure(
    enter: Enter, installation: Services, app: Flask
) -> None:
    """Thirty answers of the whole network say nothing of each of its stores: the plot would be empty."""
    sample.write(installation.sessions, today=NOW.date(), days=200, a_day=8)

    def period(page: str) -> str:
        chosen = re.search(
            r'<option value="([^"]*)" selected>', enter("cx").get(page).text.partition('name="period"')[2]
        )
        assert chosen is not None
        return chosen[1]

    assert period("/") == "2026-11"
    assert period("/compare") == "12m"


def test_seven_answers_are_counted_and_their_score_is_hidden(enter: Enter, installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[10] * 7)
    page = enter("cx", language="en").get("/?period=2026-11")
    said = text_of(page)
    assert "not enough answers (7/10)" in said
    assert "+100" not in said
    assert "Shares would give the score away" in said
    assert '<rect class="c-good"' not in page.text


def test_twelve_answers_show_a_grey_score_its_interval_and_its_badge(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[9] * 9, 8, 8, 2)
    page = enter("cx", language="en").get("/?period=2026-11")
    said = text_of(page)
    assert "+67" in said
    assert re.search(r"95% interval \[\+\d+ ; \+\d+\]", said)
    assert "12 answers" in said
    assert "low reliability" in said
    assert "provisional" in said
    assert 'class="value huge grey"' in page.text


def test_two_stores_pool_their_answers_and_never_their_scores(enter: Enter, installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[10] * 10)
    answers(installation, "S3", *[0] * 30)
    page = enter("cx", language="en").get("/?period=2026-11&by=store")
    said = text_of(page)
    assert "\u221250" in said
    assert "+100" in said
    assert "\u2212100" in said


def test_the_period_and_the_scope_stay_in_the_address(enter: Enter, installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[9] * 12)
    page = enter("cx").get("/?scope=region:nord&period=2026-10&by=store&span=month").text
    assert '<option value="region:nord" selected>' in page
    assert '<option value="2026-10" selected>' in page
    links = re.findall(r'href="(/\?[^"#]*)', page)
    assert links
    assert all("period=2026-10" in link for link in links)


@pytest.mark.parametrize(
    "query", ["?period=2026-13", "?period=now", "?scope=planet:mars", "?period=2026-11-20..2026-11-01"]
)
def test_a_question_that_cannot_be_read_is_refused_in_words(query: str, enter: Enter) -> None:
    page = enter("cx", language="en").get(f"/{query}")
    assert page.status_code == 422
    given = query.partition("=")[2]
    assert re.search(r'data-code="(filter_value|period_invalid|scope_invalid)"', page.text)
    assert given in page.text


def test_comments_come_newest_first_in_pages_that_neither_skip_nor_repeat(
    enter: Enter, installation: Services, app: Flask
) -> None:
    for number in range(45):
        answer(installation, send(installation, f"n{number}"), number % 11, f"mot-{number:02d}.")
    person = enter("cx")
    seen: list[str] = []
    path = "/verbatims?period=2026-11"
    while path:
        page = person.get(path).text
        seen += re.findall(r"mot-\d\d", page)
        more = re.search(r'class="button plain" href="(/verbatims[^"]*after=[^"]*)"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 45


def test_more_comments_come_as_a_fragment_for_the_page_that_is_there(
    enter: Enter, installation: Services, app: Flask
) -> None:
    for number in range(25):
        answer(installation, send(installation, f"f{number}"), 9, f"mot-{number:02d}.")
    person = enter("cx")
    more = re.search(r'hx-get="([^"]*)"', person.get("/verbatims?period=2026-11").text)
    assert more
    fragment = person.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert len(re.findall(r"mot-\d\d", fragment)) == 5


def test_comments_are_filtered_by_band_and_by_silence(enter: Enter, installation: Services, app: Flask) -> None:
    answer(installation, send(installation, "p"), 10, "Parfait.")
    answer(installation, send(installation, "d"), 2, "Trop long.")
    answer(installation, send(installation, "s"), 8, "")
    person = enter("cx")
    assert "Trop long." not in person.get("/verbatims?period=2026-11&band=promoter").text
    assert "Parfait." in person.get("/verbatims?period=2026-11&band=promoter").text
    assert "Sans commentaire" not in person.get("/verbatims?period=2026-11").text
    assert "Sans commentaire" in person.get("/verbatims?period=2026-11&all=1").text


def test_an_address_or_a_number_in_a_comment_is_masked(enter: Enter, installation: Services, app: Flask) -> None:
    answer(installation, send(installation, "m"), 9, "Écrivez à ana@exemple.fr ou au 06 12 34 56 78.")
    page = enter("store_manager", "store:S1").get("/verbatims?period=2026-11").text
    assert "ana@exemple.fr" not in page
    assert "06 12 34" not in page
    assert "[…]" in page


def test_s25_looking_at_an_identity_is_masked_or_written_down(enter: Enter, installation: Services, app: Flask) -> None:
    from surveyor.db import audit

    send(installation, "c1")
    manager = enter("store_manager", "store:S1").post("/explain", {"q": "o-c1"}, follow_redirects=True).text
    assert "c•••@e•••.fr" in manager
    assert "@example.fr" not in manager.replace("store_manager1@example.fr", "")
    with installation.sessions() as session:
        before = audit.count(session)
    support = enter("support", "network").post("/explain", {"q": "c1"}, follow_redirects=True).text
    assert "c1-" in support
    with installation.sessions() as session:
        assert audit.count(session) > before
        assert audit.verify(session) == []


def test_an_address_is_never_taken_from_the_address_bar(enter: Enter, installation: Services, app: Flask) -> None:
    sent = send(installation, "c1")
    assert sent
    page = enter("support", "network").get("/explain?q=c1-1@example.fr").text
    assert "c1-1@example.fr" not in page


def test_the_trend_goes_back_far_enough_to_be_one(enter: Enter, installation: Services, app: Flask) -> None:
    for weeks in range(1, 5):
        for number in range(10):
            at = installation.now() - timedelta(weeks=weeks, days=1)
            answer(installation, send(installation, f"w{weeks}-{number}", at=at), 9, "")
    page = enter("cx", language="en").get("/?period=2026-11&span=week").text
    assert page.count("week of") >= 1


def test_a_store_has_its_place_among_its_peers_and_no_rank(enter: Enter, installation: Services, app: Flask) -> None:
    answers(installation, "S1", *[10] * 30)
    answers(installation, "S3", *[0] * 12)
    said = text_of(enter("cx", language="en").get("/?period=2026-11&by=store"))
    assert re.search(r"(above|in line with|below) its peers adjusted [+\u2212]\d+", said)
    assert "not ranked adjusted" in said  # twelve answers
    assert "its peers" not in text_of(enter("cx", language="en").get("/?period=2026-11&by=region"))


def test_the_page_of_customers_shows_every_figure_with_its_n_or_says_that_it_is_not_measured(
    enter: Enter, installation: Services, app: Flask
) -> None:
    answers(installation, "S1", *[10] * 12)
    said = text_of(enter("cx", language="en").get("/customers?period=2026-11"))
    assert "Respondent rate" in said
    assert "Emails per customer and year 1.0" in said
    assert "Over 12." in said
    assert said.count("not measured") >= 2  # one segment is not enough to weight, 60 days are not over
    assert enter("store_manager", "store:S1").get("/customers?scope=store:S3").status_code == 404


def test_a_trend_marks_what_changed_where_it_changed() -> None:
    shown = evaluate("nps", Tally(score_9=30), period=JUNE, scope=NETWORK, today=JUNE.last)
    spans = [(name, name, shown) for name in ("a", "b", "c")]
    drawn = trend(spans, [(0.0, "first day"), (1.5, "middle of the second"), (9.0, "beyond")])
    first, second, third = (point.x for point in drawn.points)
    assert [mark.x for mark in drawn.marks] == [first, (second + third) / 2, third]
    assert trend(spans[:1], [(0.5, "alone")]).marks == ()
