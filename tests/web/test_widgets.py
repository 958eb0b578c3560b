"""Badges and carousels: stored snapshots under an id that says nothing, framed where the brand allows it only."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from surveyor.app import create_app
from surveyor.core.reviews import public_author, public_text
from surveyor.core.scope import NETWORK
from surveyor.core.widgets import origins_of
from surveyor.db import review_settings, widgets
from surveyor.db.base import new_id
from surveyor.db.review_settings import Publication
from surveyor.db.tables.reviews import Review
from surveyor.flows.manage_users import HOST
from surveyor.flows.manage_widgets import WidgetForm, make_widget
from surveyor.flows.refresh_widgets import refresh_widgets
from surveyor.services import Services
from tests.web.conftest import NOW, Enter
from tests.web.links import Sent, open_network, send
from tests.web.sample import answer

SITE = "https://www.maison-claire.example"
_numbers = itertools.count()
PLACE = {"store_id": "S1", "segment": "famille", "rule_id": "standard", "rule_version": 3}


def answered(
    here: Services, n: int, *, score: int = 8, words: str = "Très bien, merci.", store: str = "S1"
) -> list[Sent]:
    """So many answers of customers of a store, an hour apart."""
    found = [send(here, f"c{next(_numbers)}", store=store, at=NOW - timedelta(days=3, hours=i)) for i in range(n)]
    with here.sessions.begin() as session:
        for i, sent in enumerate(found):
            at = NOW - timedelta(days=2, hours=i)
            place = {**PLACE, "store_id": store}
            answer(session, invitation=sent.invitation_id, place=place, score=score, verbatim=words, at=at)
    return found


def published(here: Services, sent: list[Sent]) -> None:
    """Their authors agreed and somebody read them."""
    with here.sessions.begin() as session:
        brand = Publication("Maison Claire", "Maison Claire", enabled=True)
        review_settings.save(session, brand, now=here.now())
        for i, one in enumerate(sent):
            at = NOW - timedelta(days=1, hours=i)
            ours = {"source": "survey", "invitation_id": one.invitation_id, "revision": 1, "store_id": one.store_id}
            when = dict.fromkeys(("deposited_at", "published_at", "decided_at", "received_at"), at)
            session.add(Review(id=new_id(at), state="published", experienced_on=at.date(), **ours, **when))


def widget(here: Services, kind: str, *, scope: str = "store:S1", language: str = "fr", origins: str = SITE) -> str:
    form = WidgetForm(kind, kind, scope, language, origins)
    made = make_widget(here.sessions, form, reach=(NETWORK,), by=HOST, now=here.now())
    refresh(here)
    return made


def refresh(here: Services) -> int:
    return refresh_widgets(here.sessions, zone="Europe/Paris", now=here.now())


@pytest.fixture
def here(installation: Services) -> Services:
    open_network(installation)
    return installation


@pytest.fixture
def visitor(here: Services) -> Any:
    return create_app(here).test_client()


def test_s40_a_score_is_shown_from_ten_responses_on_and_every_response_counts(here: Services, visitor: Any) -> None:
    answered(here, 8, score=10)
    answered(here, 1, score=0)
    name = widget(here, "badge")
    assert visitor.get(f"/w/{name}.json").json["score"] == ""
    assert "/10" not in visitor.get(f"/w/{name}.html").text
    answered(here, 1, score=0, store="S1", words="encore")
    refresh(here)
    told = visitor.get(f"/w/{name}.json").json
    assert (told["score"], told["n"]) == ("8,0/10", 10)


def test_s40_reviews_are_shown_from_five_on_the_newest_first_whatever_their_score(here: Services, visitor: Any) -> None:
    kept = [*answered(here, 2, score=2, words="Trop long."), *answered(here, 2, score=10, words="Parfait.")]
    published(here, kept)
    name = widget(here, "carousel")
    assert visitor.get(f"/w/{name}.json").json["cards"] == []
    published(here, answered(here, 1, score=7, words="Bien."))
    refresh(here)
    cards = visitor.get(f"/w/{name}.json").json["cards"]
    assert sorted(one["score"] for one in cards) == [2, 2, 7, 10, 10]
    days = [one["published_on"] for one in cards]
    assert days == sorted(days, reverse=True)
    assert all(one["experienced_on"] and one["published_on"] for one in cards)


def test_s40_names_are_a_first_name_and_an_initial_at_most(here: Services, visitor: Any) -> None:
    published(here, answered(here, 5, words="Appelez-moi au 06 12 34 56 78, Ana."))
    name = widget(here, "carousel")
    for kind in ("html", "json"):
        page = visitor.get(f"/w/{name}.{kind}").text
        assert "Ana D." in page
        assert [word for word in ("Dupont", "example.fr", "12 34") if word in page] == []


@pytest.mark.parametrize(
    ("first", "last", "said"), [("Ana", "de Sousa", "Ana D."), ("", "Dupont", "Client"), ("Zoé", "", "Zoé")]
)
def test_a_public_name(first: str, last: str, said: str) -> None:
    assert public_author(first, last, "fr") == said


def test_what_names_somebody_is_hidden_and_nothing_else_is_changed() -> None:
    text = "Merci à Kevin du quai 3 ; écrivez à kevin@example.org !"
    at = text.index("Kevin")
    assert public_text(text, [(at, at + 5)]) == "Merci à […] du quai 3 ; écrivez à […] !"
    assert public_text("Rien à cacher.") == "Rien à cacher."


def test_s40_the_query_string_changes_nothing(here: Services, visitor: Any) -> None:
    answered(here, 12)
    name = widget(here, "badge")
    plain = visitor.get(f"/w/{name}.html")
    for query in ("?lang=en", "?id=1' OR 1=1 --", "?scope=network&kind=carousel", "?x=" + "y" * 3000):
        again = visitor.get(f"/w/{name}.html{query}")
        assert (again.data, again.headers["ETag"]) == (plain.data, plain.headers["ETag"])


def test_s40_a_widget_says_only_what_its_snapshot_holds(here: Services, visitor: Any) -> None:
    answered(here, 12)
    name = widget(here, "badge")
    before = visitor.get(f"/w/{name}.json").json
    answered(here, 12, score=0)
    assert visitor.get(f"/w/{name}.json").json == before
    assert refresh(here) == 1
    assert visitor.get(f"/w/{name}.json").json["n"] == 24
    assert refresh(here) == 0


def test_s40_a_copy_is_kept_on_the_way_and_told_that_it_still_holds(here: Services, visitor: Any) -> None:
    name = widget(here, "badge")
    for kind in ("html", "json", "js"):
        first = visitor.get(f"/w/{name}.{kind}")
        assert first.headers["Cache-Control"].startswith("public, max-age=300")
        again = visitor.get(f"/w/{name}.{kind}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Set-Cookie" not in first.headers


def test_s40_only_the_sites_of_a_widget_frame_it(here: Services, visitor: Any) -> None:
    name, alone = widget(here, "badge"), widget(here, "badge", origins="")
    policy = visitor.get(f"/w/{name}.html").headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {SITE}")
    assert "unsafe" not in policy
    assert visitor.get(f"/w/{alone}.html").headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_s17_other_origins_read_the_json_of_widgets_and_nothing_else(here: Services, visitor: Any) -> None:
    name = widget(here, "badge")
    headers = {"Origin": "https://elsewhere.example"}
    assert visitor.get(f"/w/{name}.json", headers=headers).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in visitor.get(f"/w/{name}.json", headers=headers).headers
    for path in (f"/w/{name}.html", f"/w/{name}.js", "/healthz"):
        assert "Access-Control-Allow-Origin" not in visitor.get(path, headers=headers).headers
    assert visitor.get(f"/w/{name}.js").headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_s40_a_widget_is_asked_for_60_times_a_minute_at_most(here: Services, visitor: Any) -> None:
    name = widget(here, "badge")
    place = {"REMOTE_ADDR": "203.0.113.9"}
    answers = [visitor.get(f"/w/{name}.json", environ_base=place).status_code for _ in range(61)]
    assert (answers[:60], answers[60]) == ([200] * 60, 429)
    assert visitor.get(f"/w/{name}.json", environ_base={"REMOTE_ADDR": "203.0.113.8"}).status_code == 200


def test_a_use_is_a_count_of_a_day_and_a_site_and_only_of_the_sites_of_the_widget(here: Services, visitor: Any) -> None:
    name = widget(here, "badge")
    for page in (f"{SITE}/accueil?client=7", f"{SITE}/", "https://elsewhere.example/", ""):
        visitor.get(f"/w/{name}.html", headers={"Referer": page} if page else {})
    with here.sessions() as session:
        days = widgets.days_of(session, name, since=NOW.date() - timedelta(days=1))
    assert days == [(NOW.date(), SITE, 2)]


def test_a_stopped_widget_and_an_unknown_one_are_the_same_nothing(here: Services, visitor: Any, enter: Enter) -> None:
    name = widget(here, "badge")
    assert enter("marketing").post(f"/widgets/{name}", {"active": "0"}).status_code == 303
    gone, never = visitor.get(f"/w/{name}.html"), visitor.get("/w/0123456789abcdef.html")
    assert gone.status_code == never.status_code == 404
    assert gone.data == never.data


def test_the_page_of_the_method_says_what_the_brand_has_set(here: Services, visitor: Any) -> None:
    name = widget(here, "carousel")
    assert "ne publie pas d&#39;avis" in visitor.get(f"/w/{name}/method").text
    with here.sessions.begin() as session:
        said = Publication("Maison Claire", "Maison Claire", enabled=True, publish_days=9, keep_months=18)
        review_settings.save(session, said, now=here.now())
    page = visitor.get(f"/w/{name}/method").text
    assert "9 jours" in page
    assert "18 mois" in page


@pytest.mark.parametrize(
    "wrong", ["*", "www.enseigne.fr", "https://a.fr/page", "http://a.fr", "https://*.a.fr", "null"]
)
def test_an_origin_is_whole_and_safe(wrong: str) -> None:
    assert [one.code for one in origins_of(f"https://b.fr {wrong}")[1]] == ["origin_invalid"]


def test_a_store_manager_reads_the_widgets_of_their_store_and_makes_none(here: Services, enter: Enter) -> None:
    mine, other = widget(here, "badge"), widget(here, "badge", scope="store:S3")
    manager = enter("store_manager", "store:S1")
    page = manager.get("/widgets").text
    assert f"/widgets/{mine}" in page
    assert f"/widgets/{other}" not in page
    assert manager.get(f"/widgets/{other}").status_code == 404
    assert manager.get(f"/widgets/{other}").data != manager.get(f"/widgets/{mine}").data


def test_a_brand_that_publishes_nothing_shows_no_review(here: Services, visitor: Any) -> None:
    published(here, answered(here, 6))
    name = widget(here, "carousel")
    assert len(visitor.get(f"/w/{name}.json").json["cards"]) == 6
    with here.sessions.begin() as session:
        review_settings.save(session, Publication("Maison Claire", ""), now=here.now())
    refresh(here)
    assert visitor.get(f"/w/{name}.json").json["cards"] == []


def test_s22_a_hostile_review_stays_text(here: Services, visitor: Any) -> None:
    published(here, answered(here, 5, words='</script><img src=x onerror="alert(1)">{{ 7*7 }}'))
    name = widget(here, "carousel")
    page = visitor.get(f"/w/{name}.html").text
    assert "<img" not in page
    assert "onerror=&#34;" in page
    assert json.loads(visitor.get(f"/w/{name}.json").text)["cards"][0]["text"].endswith("{{ 7*7 }}")


def test_more_sites_than_a_widget_may_have_are_refused_together() -> None:
    good, wrong = origins_of("\n".join(f"https://b{n}.fr" for n in range(21)))
    assert len(good) == 21
    assert [(one.where, one.code) for one in wrong] == [("origins", "list_too_long")]
