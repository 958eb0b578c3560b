"""Somebody of the CX team adds a theme, asks by the score, and a second person lets it be asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surveyor.app import create_app
from surveyor.db.survey_versions import versions
from tests.journeys.conftest import Line, Open, Watched, served
from tests.servers import free_port

pytestmark = pytest.mark.browser


def test_a_survey_is_changed_looked_at_proposed_and_approved(line: Line, open_page: Open) -> None:
    port = free_port()
    settings = replace(line.here.settings, approval=True, base_url=f"http://127.0.0.1:{port}")
    line.here, line.url = replace(line.here, settings=settings), settings.base_url
    with served(create_app(line.here), port):
        author, second = line.staff("cx"), line.staff("admin", language="en")
        seen = open_page()
        page = seen.page
        seen.sign_in(author)
        page.goto(f"{line.url}/surveys")
        seen.check("the list of surveys")
        seen.press("a:has-text('Recommandation')")
        seen.check("a survey")
        seen.press("button:has-text('Modifier ce questionnaire')")
        page.wait_for_url("**/surveys/nps/draft")
        page.select_option("#kind", "stars")
        page.fill("#name", "attente")
        seen.press("button:has-text('Ajouter une question')")
        page.wait_for_url("**/question/q_attente")
        assert page.locator("[data-code=text_missing_fr]").count() == 2
        seen.check("a question that says nothing yet")
        _fill(seen, label="L'attente au retrait|Waiting at collection", theme="Attente|Waiting")
        page.goto(f"{line.url}/surveys/nps/draft/question/comment")
        _fill(
            seen,
            by_low="Qu'aurions-nous dû faire ?|What should we have done?",
            by_mid="Que manquait-il ?|What was missing?",
            by_high="Qu'avez-vous apprécié ?|What did you like?",
        )
        seen.check("the comment asked by the score")
        page.goto(f"{line.url}/surveys/nps/draft")
        seen.press("form:has(input[value=q_attente]):has(input[value=up]) button")
        page.wait_for_selector(".notice.good")
        names = page.locator("ol.story .small").all_inner_texts()
        assert [name.split(" ")[0] for name in names] == ["score", "q_attente", "comment"]
        seen.check("the draft in order")
        frame = page.frame_locator("iframe.preview")
        assert frame.locator("label[for=comment] .any").is_visible()
        frame.locator(".scale label").nth(3).click()
        assert frame.locator("label[for=comment]").inner_text().startswith("Qu'aurions-nous dû faire")
        frame.locator(".scale label").nth(10).click()
        assert frame.locator("label[for=comment]").inner_text().startswith("Qu'avez-vous apprécié")

        page.goto(f"{line.url}/surveys/nps/draft/publish")
        page.fill("#reason", "Suivre l'attente")
        seen.check("before it is proposed")
        seen.press("button:has-text('Proposer')")
        page.wait_for_url("**/approvals/*")
        assert page.locator("button:has-text('Approuver')").count() == 0, "its author does not approve"
        seen.check("a proposal, to its author")
        address = page.url

        other = open_page()
        other.sign_in(second)
        other.page.goto(f"{line.url}/approvals")
        other.check("what waits")
        other.page.goto(address)
        other.check("a proposal, to a second person")
        late = open_page()
        late.sign_in(second)
        late.page.goto(address)
        other.press("button:has-text('Approve and publish')")
        other.page.wait_for_url("**saved=1")
        assert "It is version 2." in other.page.inner_text("main")
        other.check("approved")
        late.page.fill("#reason", "too late")
        late.press("button:has-text('Refuse')")
        late.page.wait_for_selector("[data-code=proposal_decided]")
        with line.here.sessions() as session:
            assert [one.number for one in versions(session, "nps")] == [2, 1]
        page.goto(f"{line.url}/surveys/nps/compare/1/2")
        assert "q_attente" in page.inner_text("main")
        seen.check("two versions compared")


def _fill(seen: Watched, **words: str) -> None:
    """Both languages of some fields, then save."""
    page = seen.page
    for name, said in words.items():
        for tongue, text in zip(("fr", "en"), said.split("|"), strict=True):
            page.fill(f"#{name}_{tongue}", text)
    seen.press("button:has-text('Enregistrer la question')")
    assert page.url.endswith("saved=1")
