"""Saved views: a name for the filter of a page, one's own or shared, which shows to nobody more than their scope."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from surveyor.app import create_app
from surveyor.core.saved_filters import PAGES, check_query
from surveyor.errors import Refused
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import open_network


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def save(person: Any, name: str, query: str = "period=12m", page: str = "/", **more: str) -> int:
    return int(person.post("/views", {"name": name, "page": page, "query": query, **more}).status_code)


def test_a_view_is_saved_from_a_page_opened_replaced_and_removed(enter: Enter, app: Flask) -> None:
    person = enter("cx", language="en")
    page = person.get("/?period=12m&by=store&scope=region:nord").text
    link = re.search(r'href="(/views\?page=[^"]*)"', page)
    assert link
    form = person.get(link[1].replace("&amp;", "&")).text
    kept = re.search(r'name="query" value="([^"]*)"', form)
    assert kept
    assert kept[1].replace("&amp;", "&") == "scope=region%3Anord&period=12m&by=store"
    assert save(person, "Nord", kept[1].replace("&amp;", "&")) == 303
    assert save(person, "  Nord ", "period=3m") == 303
    listed = person.get("/views").text
    assert listed.count(">Nord</a>") == 1
    assert 'href="/?period=3m"' in listed
    view = re.search(r'action="/views/([0-9a-f]{32})/remove"', listed)
    assert view
    stranger = enter("marketing")
    assert stranger.post(f"/views/{view[1]}/remove").status_code == 404
    assert person.post(f"/views/{view[1]}/remove").status_code == 303
    assert "Nord</a>" not in person.get("/views").text


def test_a_shared_view_is_seen_by_those_whose_scope_it_is_of(enter: Enter, app: Flask) -> None:
    person = enter("cx", language="en")
    assert save(person, "Mine") == save(person, "Everywhere", shared="1") == 303
    assert save(person, "South", "scope=store:S3", shared="1") == 303
    manager = enter("store_manager", "store:S1", language="en").get("/views").text
    assert "Everywhere</a>" in manager
    assert "Mine</a>" not in manager
    assert "South</a>" not in manager


def test_the_first_view_opens_when_nothing_is_chosen_and_one_at_most(enter: Enter, app: Flask) -> None:
    person = enter("cx", language="en")
    save(person, "A", "period=12m", first="1")
    save(person, "B", "period=3m&by=store", first="1")
    found = person.get("/")
    assert (found.status_code, found.headers["Location"]) == (303, "/?period=3m&by=store")
    assert person.get("/?period=2026-11").status_code == 200
    save(person, "C", "period=12m", page="/funnel", first="1")
    assert person.get("/funnel").headers["Location"] == "/funnel?period=12m"
    assert person.get("/compare").status_code == 200
    assert person.get("/views").text.count(">first<") == 2


@pytest.mark.parametrize(
    ("name", "page", "code"),
    [("", "/", "name_required"), ("x" * 61, "/", "name_too_long"), ("x", "/users", "page_unknown")],
)
def test_what_will_not_do_is_said(name: str, page: str, code: str, enter: Enter, app: Flask) -> None:
    shown = enter("cx", language="en").post("/views", {"name": name, "page": page, "query": ""})
    assert shown.status_code == 422
    assert f'data-code="{code}"' in shown.text


@given(st.text(max_size=80), st.sampled_from(sorted(PAGES)))
def test_a_kept_filter_is_of_its_page_and_kept_again_the_same(text: str, page: str) -> None:
    try:
        kept = check_query(page, text)
    except Refused:
        return
    assert check_query(page, kept) == kept
    assert {part.partition("=")[0] for part in kept.split("&") if part} <= set(PAGES[page])


def test_words_that_were_searched_are_not_kept() -> None:
    assert check_query("/verbatims", "q=Dupont&period=12m&band=detractor") == "period=12m&band=detractor"
