"""The pages of a draft of the rules: what they answer when there is no draft any more."""

from __future__ import annotations

import pytest

from surveyor.flows.edit_rules import open_draft
from surveyor.services import Services
from tests.web.conftest import Enter

READ = ["", "/rule/0", "/global", "/text", "/what-if", "/publish"]
PRESSED = ["/rule/0", "/rule/0/remove", "/rule", "/global", "/text", "/measure", "/publish", "/carry-over"]


@pytest.mark.parametrize("path", READ)
def test_a_page_of_no_draft_leads_back_with_a_word(enter: Enter, path: str) -> None:
    person = enter("cx")
    answer = person.get(f"/rules/draft{path}")
    assert (answer.status_code, answer.location) == (303, "/rules?no_draft=1")
    assert "pas de brouillon en cours" in person.get(answer.location).text


@pytest.mark.parametrize("path", PRESSED)
def test_a_press_after_the_draft_was_forgotten_elsewhere_leads_back_too(enter: Enter, path: str) -> None:
    answer = enter("cx").post(f"/rules/draft{path}")
    assert (answer.status_code, answer.location) == (303, "/rules?no_draft=1")


def test_a_rule_that_the_draft_does_not_hold_is_still_not_found(enter: Enter, installation: Services) -> None:
    person = enter("cx")
    open_draft(installation.sessions, str(person.user_id), now=installation.now())
    assert person.get("/rules/draft/rule/7").status_code == 404
    assert "pas de brouillon" not in person.get("/rules?no_draft=1").text
