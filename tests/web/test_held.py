"""While sending is held every screen says so, why, and what to do, in the reader's language."""

from __future__ import annotations

import pytest

from surveyor.core.guard import installation_name
from surveyor.flows.beat import beat, release_sends
from surveyor.services import Services
from tests.web.conftest import Enter


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "une sauvegarde plus ancienne"), ("en", "an older backup")],
)
def test_a_banner_says_that_nothing_leaves_and_why(
    enter: Enter, installation: Services, language: str, said: str
) -> None:
    here, name = installation, installation_name("http://127.0.0.1")
    person, manager = enter("admin", language=language), enter("store_manager", "store:S1")
    page = person.get("/").text
    assert "surveyor release-sends" not in page
    for witnesses in ((None,), (9,)):
        beat(here.sessions, name=name, pepper_id="p", witnesses=witnesses, now=here.now())
    page = person.get("/").text.replace("\u00a0", " ")
    assert said in page
    assert "surveyor release-sends" in page
    assert "retenus" in manager.get("/").text
    release_sends(here.sessions, who="claire", name=name, witnesses=(9,), now=here.now())
    assert "release-sends" not in person.get("/").text
