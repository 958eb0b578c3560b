"""A customer agrees, staff publish, and a page of another origin shows it: only where the brand allows."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.scope import NETWORK
from surveyor.db import review_settings, reviews, widgets
from surveyor.db.review_settings import Publication
from surveyor.db.tables.responses import ResponseRevision
from surveyor.db.tables.rules import RuleVersion
from surveyor.flows.agree_to_publish import agree_to_publish
from surveyor.flows.manage_users import HOST
from surveyor.flows.manage_widgets import WidgetForm, make_widget
from surveyor.flows.refresh_widgets import refresh_widgets
from tests.journeys.conftest import Line, Watched
from tests.servers import free_port
from tests.web import sample
from tests.web.links import open_network, send
from tests.web.sample import answer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BRAND = "Maison Claire"


@contextmanager
def site(folder: Path, port: int) -> Iterator[str]:
    """Somebody's own web site: a folder on another port, which is another origin."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_review_goes_from_a_customer_to_a_page_of_another_origin(line: Line, open_page: Any, tmp_path: Path) -> None:
    here = line.here
    open_network(here)
    with here.sessions.begin() as session:
        review_settings.save(session, Publication(BRAND, BRAND, enabled=True), now=here.now())
    sents = []
    for number in range(12):
        sent = send(here, f"c{number}")
        place = {"store_id": "S1", "segment": "famille", "rule_id": "standard", "rule_version": 3}
        line.clock.forward(minutes=1)
        with here.sessions.begin() as session:
            words = f"Retrait numéro {number}, prêt à l'heure." if number < 7 else ""
            answer(session, invitation=sent.invitation_id, place=place, score=8, verbatim=words, at=here.now())
            session.flush()
            row = session.get_one(ResponseRevision, (sent.invitation_id, 1))
            row.answers = {"score": 8, "values": {}, "verbatim": words}
        sents.append(sent)
    for sent in sents[1:7]:
        agree_to_publish(here.sessions, sent.invitation_id, agrees=True, now=here.now())

    customer: Watched = open_page(width=360)
    customer.goto(f"/s/{sents[0].survey}/thanks")
    assert not customer.page.is_checked("input[name=publish]")
    customer.check("the thank-you page")
    customer.page.check("input[name=publish]")
    customer.press("form.offer button")
    customer.page.wait_for_selector("form.offer .note")

    staff: Watched = open_page()
    staff.sign_in(line.staff("cx"))
    for _ in range(6):
        staff.goto("/reviews")
        staff.press("ul.story a")
        staff.press("form[action$='/publish'] button")
        staff.page.wait_for_selector(".notice.good")
    staff.goto("/reviews")
    staff.press("ul.story a")
    left = re.search(r"Retrait numéro \d", staff.page.inner_text("main"))
    assert left is not None
    staff.page.get_by_label("Motif").select_option("off_topic")
    staff.press(staff.page.get_by_role("button", name="Refuser et prévenir l'auteur"))
    staff.page.wait_for_selector(".notice.good")
    assert "sans rapport avec la commande ou le magasin" in staff.page.inner_text("main")
    staff.check("a refused review")
    with here.sessions() as session:
        assert len(reviews.public(session, (NETWORK,))) == 6
    _answer_in_public(staff, "Retrait numéro 0" if left[0] != "Retrait numéro 0" else "Retrait numéro 1")
    for path in ("/reviews", "/custscore", "/matrix", "/benchmark", "/adoption", "/faq/new", "/watch", "/widgets"):
        staff.goto(path)
        staff.check(path)

    line.clock.forward(days=1)
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    form = WidgetForm("carousel", "accueil", "store:S1", "fr", origin)
    made = make_widget(here.sessions, form, reach=(NETWORK,), by=HOST, now=here.now())
    refresh_widgets(here.sessions, zone="Europe/Paris", now=here.now())
    (tmp_path / "site").mkdir()
    page = f'<!doctype html><title>Maison Claire</title><h1>Accueil</h1><script src="{line.url}/w/{made}.js"></script>'
    (tmp_path / "site" / "index.html").write_text(page, "utf-8")
    visitor: Watched = open_page()
    with site(tmp_path / "site", port):
        visitor.page.goto(f"{origin}/index.html")
        frame = visitor.page.frame_locator("iframe")
        frame.locator("li >> nth=0").wait_for()
        assert frame.locator("li").count() == 6
        assert "Ana D." in (frame.locator("li >> nth=0").text_content() or "")
        assert "8,0/10" in (frame.locator(".top").text_content() or "")
    with site(tmp_path / "site", free_port()) as elsewhere:
        visitor.page.goto(f"{elsewhere}/index.html")
        visitor.page.locator("iframe").wait_for(state="attached")
        visitor.page.wait_for_load_state("networkidle")
        inside = [one for one in visitor.page.frames if one != visitor.page.main_frame]
        assert all("Ana" not in (one.content() if not one.url.startswith("chrome-error") else "") for one in inside)
    with here.sessions() as session:
        days = widgets.days_of(session, made, since=here.now().date())
    assert days == [(here.now().date(), origin, 1)]
    visitor.wrong.clear()  # pages of others, and a frame that was refused
    visitor.goto(f"/w/{made}.html")
    visitor.check("the carousel")
    visitor.goto("/r/store/S1")
    said = visitor.page.inner_text("main")
    assert "Merci, à très vite au retrait." in said
    assert left[0] not in said
    visitor.check("the public page")


def _answer_in_public(staff: Watched, words: str) -> None:
    """From a comment to a case nobody had opened, and a reply that stands beside the review."""
    staff.goto("/verbatims?period=2026-11")
    first = staff.page.locator("li.word", has_text=words)
    staff.press(first.get_by_role("button", name="Ouvrir un dossier"))
    staff.check("a case that a person opened")
    staff.press(staff.page.get_by_role("button", name="Je m'en occupe"))
    staff.page.get_by_label("Votre réponse").fill("Merci, à très vite au retrait.")
    staff.page.locator("input[name=public]").check()
    staff.press(staff.page.get_by_role("button", name="Envoyer la réponse"))
    staff.page.wait_for_selector("text=Réponse officielle")


def test_a_store_reads_its_custscore_and_goes_from_what_moves_it_to_the_work(line: Line, open_page: Any) -> None:
    here = line.here
    sample.write(here.sessions, today=here.now().date(), days=60, a_day=14)
    with here.sessions.begin() as session:
        at = here.now() - timedelta(days=300)
        session.add(RuleVersion(number=1, text="x", sha256=b"1" * 32, author="t", why="w", published_at=at))
    manager: Watched = open_page(width=360)
    manager.sign_in(line.staff("store_manager", "store:S1"))
    manager.goto("/custscore?period=2026-10")
    said = manager.page.inner_text("main")
    assert re.search(r"\b\d{1,3}\s*/100", said)
    lever = re.search(r"Répondre à (\d+) avis de plus .* rapporterait environ [\d,]+\spoint", said)
    assert lever is not None, said
    manager.check("the CustScore of a store")
    manager.press(manager.page.get_by_role("link", name="Taux de réponse aux avis").first)
    assert "/cases" in manager.page.url
