"""What customers read and write around public reviews: one offer for every score, a page that says its rules."""

from __future__ import annotations

import ast
import html
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import surveyor.core.destinations as destinations
from surveyor.app import create_app
from surveyor.core.destinations import Site, public_destinations
from surveyor.core.periods import Period
from surveyor.core.reviews import Ground
from surveyor.core.scope import NETWORK
from surveyor.db import cases, review_settings, reviews
from surveyor.db.review_settings import Publication
from surveyor.db.reviews import ReviewRow
from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.flows.agree_to_publish import agree_to_publish
from surveyor.flows.judge_review import Judge, publish_review
from surveyor.flows.manage_users import HOST
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import Sent, mark, open_network, send

BRAND = "Maison Claire"
SITES = (Site("Google", "https://g.page/r/lille/review", "S1"), Site("Avis X", "https://avis-x.example/maison"))


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    with installation.sessions.begin() as session:
        brand = Publication(BRAND, BRAND, enabled=True, sites=SITES)
        review_settings.save(session, brand, now=installation.now())
    return create_app(installation)


def answer(app: Flask, here: Services, customer: str, score: int, words: str = "Rien à redire, merci.") -> Sent:
    sent = send(here, customer)
    form = {"score": str(score), "comment": words, "q_channel": "web", "nonce": mark(here, sent), "sign": "person"}
    given = app.test_client().post(f"/s/{sent.survey}", data=form)
    assert given.status_code == 303
    return sent


def thanks(app: Flask, sent: Sent) -> str:
    return app.test_client().get(f"/s/{sent.survey}/thanks").text


def offered(page: str) -> str:
    """The page without its link and what the form of the change holds."""
    page = page.split("<details", 1)[0]
    return re.sub(r"/s/[0-9A-Za-z]{22}", "/s/x", page)


def of(here: Services, sent: Sent) -> ReviewRow:
    with here.sessions() as session:
        found = reviews.of_invitation(session, sent.invitation_id)
    assert found is not None
    return found


def published(here: Services, sent: Sent, hide: list[str] | None = None) -> ReviewRow:
    agree_to_publish(here.sessions, sent.invitation_id, agrees=True, now=here.now())
    publish_review(here.sessions, of(here, sent), hide=hide or [], by=Judge(HOST, here.keyring), now=here.now())
    return of(here, sent)


def test_everybody_is_offered_the_same_after_every_score(app: Flask, installation: Services) -> None:
    every = {score: offered(thanks(app, answer(app, installation, f"c{score}", score))) for score in range(11)}
    added = re.compile(r'<form method="post" action="[^"]*call-back[^"]*".*?</form>\s*', re.S)
    assert [score for score, page in every.items() if added.search(page)] == [0, 1, 2, 3, 4, 5, 6]
    pages = {added.sub("", page) for page in every.values()}
    assert len(pages) == 1
    (page,) = pages
    assert page.index("https://g.page/r/lille/review") < page.index("https://avis-x.example/maison")
    assert 'rel="noopener noreferrer"' in page
    assert "checked" not in page


@given(
    st.lists(
        st.builds(
            Site,
            st.text(max_size=5),
            st.sampled_from(["https://a.fr", "http://b.fr"]),
            st.sampled_from(["", "S1", "S2"]),
        )
    ),
    st.sampled_from(["S1", "S2"]),
    st.sampled_from(["fr", "en"]),
)
def test_the_places_offered_are_made_of_sites_a_store_and_a_language_and_of_nothing_else(
    sites: list[Site], store: str, language: str
) -> None:
    found = public_destinations(sites, store, language)
    mine = [one for one in sites if one.store in ("", store) and one.url.startswith("https://")]
    assert [(one.name, one.url) for one in found] == [(one.name, one.url) for one in mine]
    assert list(inspect.signature(public_destinations).parameters) == ["sites", "store", "language"]


def test_what_chooses_the_places_knows_no_answer() -> None:
    source = Path(destinations.__file__).read_text("utf-8")
    names = [node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    assert [name for name in names if name and name.startswith("surveyor")] == []
    fields = {name for kind in (Site, destinations.Destination) for name in kind.__slots__}
    assert not fields & {"score", "answer", "response", "verbatim", "rating", "band"}


def test_a_customer_agrees_after_answering_and_changes_their_mind(app: Flask, installation: Services) -> None:
    sent = answer(app, installation, "c1", 2)
    client = app.test_client()
    assert client.post(f"/s/{sent.survey}/publish", data={"publish": "1"}).status_code == 303
    assert of(installation, sent).state == "waiting"
    assert "checked" in offered(thanks(app, sent))
    client.post(f"/s/{sent.survey}/publish", data="", content_type="application/x-www-form-urlencoded")
    assert of(installation, sent).state == "withdrawn"


def test_a_customer_who_asks_to_be_contacted_opens_a_case_at_once_and_may_take_it_back(
    app: Flask, installation: Services, enter: Enter
) -> None:
    sent = answer(app, installation, "c1", 4, "")
    client, link = app.test_client(), f"/s/{sent.survey}/call-back"
    client.get(link)  # a scanner opens it
    with installation.sessions() as session:
        assert session.scalars(select(Case)).all() == []
    for _ in range(2):
        assert client.post(link, data={"call_back": "1"}).status_code == 303
    assert "Oui, recontactez-moi" not in thanks(app, sent)
    with installation.sessions() as session:
        case = session.scalars(select(Case).where(Case.invitation_id == sent.invitation_id)).one()
        story = session.scalars(select(CaseEntry).where(CaseEntry.case_id == case.id))
        told = {(one.kind, one.detail) for one in story}
    assert (case.why, case.unread, case.call_back_at is not None) == ("call_back", True, True)
    assert told == {("opened", "call_back"), ("call_back", "yes")}
    staff = enter("cx", language="fr")
    assert "demande à être recontacté" in staff.client.get("/cases").text
    assert "Demande à être recontacté" in staff.client.get(f"/cases/{case.id.hex}").text
    with installation.sessions() as session:
        (due,) = cases.replied(session, (NETWORK,), Period(case.day, case.day), asked=True)
        assert cases.replied(session, (NETWORK,), Period(case.day, case.day)) == []
    assert (due.commented, due.call_back) == (False, True)
    client.post(link, data={"call_back": "0"})
    assert "Oui, recontactez-moi" in thanks(app, sent)


@pytest.mark.parametrize("form", ["call-back", "publish"])
def test_s41_the_forms_of_the_thank_you_page_count_as_posts_of_their_link(
    form: str, app: Flask, installation: Services
) -> None:
    sent = answer(app, installation, "c1", 4, "")
    field, client = form.replace("-", "_"), app.test_client()
    given = [client.post(f"/s/{sent.survey}/{form}", data={field: str(n % 2)}).status_code for n in range(21)]
    assert given[:10] == [303] * 10
    assert given[-1] == 429


def test_a_satisfied_customer_opens_no_case_by_a_form_of_their_own(app: Flask, installation: Services) -> None:
    sent = answer(app, installation, "c1", 9, "")
    assert app.test_client().post(f"/s/{sent.survey}/call-back", data={"call_back": "1"}).status_code == 303
    assert app.test_client().post(f"/s/{sent.survey}/call-back", data={"score": "1"}).status_code == 422
    with installation.sessions() as session:
        assert session.scalars(select(Case)).all() == []


def test_an_answer_without_a_word_is_not_asked_to_be_published(app: Flask, installation: Services) -> None:
    assert "/publish" not in thanks(app, answer(app, installation, "c1", 10, ""))


@pytest.mark.parametrize("extra", ["score", "state", "text", "published_at"])
def test_s27_consent_takes_one_field(app: Flask, installation: Services, extra: str) -> None:
    sent = answer(app, installation, "c1", 5)
    assert app.test_client().post(f"/s/{sent.survey}/publish", data={"publish": "1", extra: "x"}).status_code == 422


def test_the_public_page_says_its_dates_its_order_its_check_and_hides_who_it_must(
    app: Flask, installation: Services
) -> None:
    old = published(
        installation, answer(app, installation, "c1", 9, "Kevin est adorable, appelez le 06 12 34 56 78."), ["Kevin"]
    )
    installation.now.forward(hours=3)  # type: ignore[attr-defined]
    new = published(installation, answer(app, installation, "c2", 0, "Vingt minutes d'attente."))
    for path in (f"/r/brand/{BRAND}", "/r/store/S1"):
        page = html.unescape(app.test_client().get(path, headers={"Accept-Language": "fr"}).text)
        assert page.index(new.text) < page.index("[…] est adorable, appelez le […].")
        assert "Ana D." in page
        assert [word for word in ("Kevin", "Dupont", "06 12", "@") if word in page] == []
        assert "Du plus récent au plus ancien" in page
        assert page.count("commande du 17 novembre 2026") == 2
        assert page.count("publié le 20 novembre 2026") == 2
    assert old.deposited_at < new.deposited_at
    answered = app.test_client().get("/r/store/S1")
    assert "Set-Cookie" not in answered.headers
    assert app.test_client().get("/r/store/S2").status_code == 200
    assert app.test_client().get("/r/store/NOPE").status_code == 404


def test_the_grounds_of_refusal_are_published_and_are_those_that_staff_may_choose(
    app: Flask, installation: Services, enter: Enter
) -> None:
    page = html.unescape(app.test_client().get(f"/r/brand/{BRAND}/method?lang=fr").text)
    sent = answer(app, installation, "c1", 4)
    agree_to_publish(installation.sessions, sent.invitation_id, agrees=True, now=installation.now())
    form = html.unescape(enter("cx").get(f"/reviews/{of(installation, sent).id.hex}").text)
    for ground in Ground:
        assert ground.words("fr") in page
        assert f'value="{ground}"' in form


def test_the_queue_is_read_oldest_first_and_without_its_scores(
    app: Flask, installation: Services, enter: Enter
) -> None:
    sents = [answer(app, installation, f"c{score}", score, f"Mot {score}.") for score in (10, 0, 5)]
    for sent in sents:
        agree_to_publish(installation.sessions, sent.invitation_id, agrees=True, now=installation.now())
        installation.now.forward(minutes=1)  # type: ignore[attr-defined]
    page = enter("marketing").get("/reviews").text
    assert page.index("Mot 10.") < page.index("Mot 0.") < page.index("Mot 5.")
    assert "sur 10" not in page


def test_a_doubt_is_reported_for_free_and_answered_by_staff(app: Flask, installation: Services, enter: Enter) -> None:
    review = published(installation, answer(app, installation, "c1", 9))
    visitor = app.test_client()
    path = f"/r/report/{review.id.hex}"
    assert visitor.post(path, data={"reason": " "}).status_code == 422
    assert visitor.post(path, data={"reason": "Même texte ailleurs."}).status_code == 303
    visitor.post(path, data={"reason": "Encore."})
    staff = enter("cx")
    page = staff.get(f"/reviews/{review.id.hex}").text
    assert "Même texte ailleurs." in page
    assert "Encore." not in page
    assert staff.post(f"/reviews/{review.id.hex}/doubts", {"finding": "Commande retrouvée."}).status_code == 303
    assert "Commande retrouvée." in staff.get(f"/reviews/{review.id.hex}").text


def test_no_form_of_ours_takes_the_words_of_a_review(app: Flask, installation: Services, enter: Enter) -> None:
    review = published(installation, answer(app, installation, "c1", 9))
    for page, form in (("publish", {"text": "Parfait."}), ("refuse", {"ground": "insult", "text": "x"})):
        assert enter("admin").post(f"/reviews/{review.id.hex}/{page}", form).status_code == 422
    assert of(installation, review_sent(review)).text == "Rien à redire, merci."


def review_sent(review: ReviewRow) -> Any:
    return type("Known", (), {"invitation_id": review.invitation_id})


def test_sites_that_are_no_addresses_are_refused_line_by_line(app: Flask, enter: Enter) -> None:
    person = enter("marketing")
    wrong = person.post(f"/publication/{BRAND}", {"sites": "Google | http://g.page\nX | https://x.fr | NOPE"})
    assert wrong.status_code == 422
    assert 'data-code="site_invalid"' in wrong.text
    assert 'data-code="reference_unknown"' in wrong.text
    assert person.post(f"/publication/{BRAND}", {"sites": "Google | https://g.page/r/x | S1"}).status_code == 303


def test_s35_a_file_of_reviews_is_read_with_a_receipt(app: Flask, enter: Enter) -> None:
    import io

    person = enter("cx")
    raw = b"review_id,store_id,rating,created_at\na,S1,5,2026-11-02T10:00:00Z\nb,S1,7,2026-11-02T10:00:00Z\n"
    data = {"csrf_token": person.csrf, "source": "google", "store": "", "file": (io.BytesIO(raw), "x.csv")}
    assert person.client.post("/reviews/files", data=data, content_type="multipart/form-data").status_code == 303
    page = person.get("/reviews/files").text
    assert "ligne 3" in page
