"""The screen of sources: who sends what, what could not be used, and its replay, for those who may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surveyor.db import order_events, quarantine
from surveyor.flows.keep_unusable import hook_name, keep_unusable
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.services import Services
from tests.web.api.test_orders import SHOPIFY
from tests.web.conftest import Enter


@pytest.fixture
def kept(installation: Services) -> str:
    """A delivery of a shop that could not be used; the id of its page."""
    here = installation
    new = NewSource("shop", "shopify", "consent")
    add_source(here.sessions, new, keys=here.keyring, now=here.now(), actor="test")
    keep(here, {**SHOPIFY, "created_at": None, "customer": {"id": 7, "first_name": "Ana-Canary"}})
    with here.sessions() as session:
        (found,) = quarantine.every_id(session)
    return found.hex


def keep(here: Services, payload: Any) -> None:
    raw = json.dumps(payload).encode()
    name = hook_name("orders/paid", raw)
    keep_unusable(here.sessions, source="shop", raw=raw, why="no date", now=here.now(), name=name)


def counts(here: Services) -> dict[str, int]:
    with here.sessions() as session:
        return order_events.counts(session)


@pytest.mark.parametrize(("language", "said"), [("fr", "/created_at, date absente"), ("en", "/created_at, no date")])
def test_it_says_why_in_the_readers_language_and_shows_nobody(
    enter: Enter, kept: str, language: str, said: str
) -> None:
    admin = enter("admin", language=language)
    for path in ("/sources", f"/sources/quarantine/{kept}"):
        page = admin.get(path).text
        assert said in page
        assert "Ana-Canary" not in page
        assert "ana@example.fr" not in page
    assert "450789469" in admin.get(f"/sources/quarantine/{kept}").text


def test_a_replay_of_what_is_still_wrong_says_so_and_keeps_it(enter: Enter, installation: Services, kept: str) -> None:
    answer = enter("admin").post(f"/sources/quarantine/{kept}/replay")
    assert answer.status_code == 409
    assert "Toujours inutilisable" in answer.text
    assert counts(installation) == {"quarantined": 1}


def test_what_was_mended_is_replayed_and_what_is_of_no_use_is_dropped(
    enter: Enter, installation: Services, kept: str
) -> None:
    admin = enter("admin")
    keep(installation, SHOPIFY)
    assert "rejouez-le" in admin.get("/sources?source=shop").text
    answer = admin.post("/sources/quarantine/replay")
    assert answer.headers["Location"] == "/sources?recorded=1&failed=1"
    assert "1 événement rejoué" in admin.get(answer.headers["Location"]).text
    assert counts(installation) == {"quarantined": 1, "ignored": 1, "decided": 1}
    assert admin.post(f"/sources/quarantine/{kept}/drop").status_code == 303
    assert counts(installation) == {"ignored": 2, "decided": 1}
    assert admin.get(f"/sources/quarantine/{kept}").status_code == 404
    assert "La quarantaine est vide" in admin.get("/sources").text


def test_a_replay_asks_for_a_fresh_step_up(enter: Enter, installation: Services, kept: str, clock: Any) -> None:
    admin = enter("admin")
    clock.forward(minutes=6)
    assert admin.post(f"/sources/quarantine/{kept}/replay").status_code == 403
    assert counts(installation) == {"quarantined": 1}


def test_a_source_without_any_event_of_the_day_is_said_to_be_silent(enter: Enter, kept: str, clock: Any) -> None:
    admin = enter("admin")
    assert "rien depuis 24" not in admin.get("/sources").text
    clock.forward(hours=25)
    assert "rien depuis 24" in enter("admin").get("/sources").text


@pytest.mark.parametrize("address", ["zz", "0" * 32, "%00", "١" * 32])
def test_an_event_that_is_not_there_is_a_404(enter: Enter, address: str) -> None:
    assert enter("admin").get(f"/sources/quarantine/{address}").status_code == 404
