"""A stranger in every list: somebody of another store finds none of our names, words, addresses or figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.record_response import Form, record_response
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import Sent, mark, open_network, send

CANARIES = ("Nice", "CANARI-VERBATIM-SUD", "c9-", "store:S3", "stores/S3", ">S3<", "o-c9")
PAGES = [
    "/",
    "/?period=12m&by=store",
    "/?period=2026-11&by=region",
    "/verbatims",
    "/verbatims?all=1&period=2026-11",
    "/stores",
    "/stores?q=n",
    "/stores/S1",
    "/profile",
    "/rules",
]
OUTSIDE = [
    "/?scope=store:S3",
    "/?scope=region:sud",
    "/?scope=region:sud&period=2026-11&by=store",
    "/verbatims?scope=store:S3",
    "/stores/S3",
    "/stores/unheard-of",
]


@pytest.fixture
def installation(installation: Services) -> Services:
    """Two stores, far apart, each with answers; the southern ones carry canaries."""
    open_network(installation)
    for number in range(12):
        answer(installation, send(installation, f"c1{number}"), 9, "Parfait.")
    answer(installation, send(installation, "c9", store="S3"), 2, "CANARI-VERBATIM-SUD")
    return installation


@pytest.fixture
def app(installation: Services) -> Flask:
    return create_app(installation)


def answer(here: Services, sent: Sent, score: int, comment: str) -> None:
    """An answer that counts, an hour after the page was opened."""
    nonce = mark(here, sent, seconds=3600)
    items = (("score", str(score)), ("q_channel", "web"), ("comment", comment), ("nonce", nonce))
    form = Form(items, bytes(32))
    journeys = CustomerJourneys(here.keyring)
    now = here.now() - timedelta(minutes=1)
    record_response(here.sessions, sent.survey, form=form, keys=here.keyring, journeys=journeys, now=now)


@pytest.mark.parametrize("path", PAGES)
def test_s24_a_page_of_one_store_has_nothing_of_another_region(path: str, enter: Enter) -> None:
    for scope in ("store:S1", "region:nord"):
        page = enter("store_manager" if scope.startswith("store") else "region_manager", scope).get(path)
        assert page.status_code == 200
        found = [canary for canary in CANARIES if canary in page.text]
        assert not found, f"{path} shows {found} to {scope}"


def test_s24_those_who_may_see_everything_do_see_it(enter: Enter) -> None:
    everybody = enter("cx")
    assert "CANARI-VERBATIM-SUD" in everybody.get("/verbatims?period=2026-11").text
    assert "Nice" in everybody.get("/stores").text
    assert "CANARI-VERBATIM-SUD" in enter("store_manager", "store:S3").get("/verbatims?period=2026-11").text


@pytest.mark.parametrize("path", OUTSIDE)
def test_s24_outside_of_the_scope_is_the_same_page_as_what_does_not_exist(path: str, enter: Enter) -> None:
    person = enter("store_manager", "store:S1")
    there, nowhere = person.get(path), person.get("/nothing/of/the/sort")
    assert there.status_code == nowhere.status_code == 404
    assert without_number(there) == without_number(nowhere)


def without_number(page: Any) -> str:
    return str(page.text).replace(page.headers["X-Request-Id"], "")


def test_a_figure_of_a_store_manager_counts_their_store_alone(enter: Enter) -> None:
    own = enter("store_manager", "store:S1", language="en").get("/?period=2026-11").text
    everything = enter("cx", language="en").get("/?period=2026-11").text
    assert "12 answers" in own
    assert "13 answers" not in own
    assert "13 answers" in everything


def test_s25_no_page_of_comments_shows_who_wrote_them(enter: Enter) -> None:
    for role, scope in (("marketing", "network"), ("store_manager", "store:S3"), ("cx", "network")):
        page = enter(role, scope, email=f"{role}@staff.example").get("/verbatims?period=2026-11&all=1").text
        assert "CANARI-VERBATIM-SUD" in page
        assert "example.fr" not in page
        assert "Dupont" not in page
