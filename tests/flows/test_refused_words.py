"""What staff type and what will not do: refused at its field, in both languages, before anything is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from surveyor.core.rules.check import MAX_BYTES
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.templates import MAX_BYTES as LONGEST_TEXT
from surveyor.db import network, saved_views, widgets
from surveyor.db.reviews import OURS, ReviewRow
from surveyor.db.tables.users import User
from surveyor.errors import Refused
from surveyor.flows import edit_emails, edit_rules, edit_surveys
from surveyor.flows.edit_brand import add_brand
from surveyor.flows.edit_formula import Typed, edit_formula
from surveyor.flows.edit_publication import edit_publication
from surveyor.flows.judge_review import close_reports
from surveyor.flows.manage_sources import NewSource, add_source
from surveyor.flows.manage_suppressions import Order, add_suppression, lift_suppression
from surveyor.flows.manage_users import HOST
from surveyor.flows.manage_widgets import WidgetForm, change_widget, make_widget
from surveyor.flows.pause_stream import pause_stream
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.save_view import MOST, Wanted, save_view
from surveyor.flows.work_case import Ending, Worker, close, note
from surveyor.shipped import shipped
from tests.flows.orders import KEYS, STD
from tests.flows.sending import Free

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ONE = UUID(int=7)
BY: dict[str, Any] = {"by": HOST, "now": NOW}
EVERYWHERE, NORTH = (NETWORK,), (Scope.of(regions=["nord"]),)
SITES = "\n".join(f"Site {n} | https://avis{n}.example" for n in range(51))
REVIEW = ReviewRow(
    ONE, OURS, ONE, "S1", "Ici", "", "fr", 3, None, "Bien", "", "", "", "", *2 * [None], NOW, "waiting", *3 * [None], ()
)


@pytest.fixture
def house(sqlite_sessions: Any) -> Any:
    """A store of the south, rules in force, a draft of an email."""
    with sqlite_sessions.begin() as session:
        network.add_names(session, now=NOW, brands=["maison"], regions=["nord", "sud"], segments=["vip"])
        rows = [network.StoreRow("S1", "Nice", "Europe/Paris", "sud", "maison", "vip", "fr")]
        network.add_stores(session, rows, day=NOW.date(), now=NOW)
    publish_first(sqlite_sessions, STD, now=NOW)
    return sqlite_sessions


def widget(reach: Any = EVERYWHERE, **wrong: str) -> Callable[[Any], Any]:
    form = WidgetForm(**{"kind": "badge", "name": "Accueil", **wrong})
    return lambda s: make_widget(s, form, reach=reach, **BY)


def changed_widget(**wrong: str) -> Callable[[Any], Any]:
    def act(sessions: Any) -> None:
        made = make_widget(sessions, WidgetForm("badge", "Accueil"), reach=EVERYWHERE, **BY)
        change_widget(sessions, made, wrong, reach=EVERYWHERE, **BY)

    return act


def source(**wrong: str) -> Callable[[Any], Any]:
    new = NewSource(**{"name": "caisse", "kind": "generic", "basis": "consent", **wrong})
    return lambda s: add_source(s, new, keys=KEYS, now=NOW, actor="host")


def suppression(sessions: Any) -> None:
    add_suppression(sessions, Order(b"k" * 32, "manual", " \n"), journeys=Free(), **BY)


def noted(words: str) -> Callable[[Any], Any]:
    return lambda s: note(s, ONE, words, by=Worker(ONE), entry_id=ONE, now=NOW)


def same_survey(sessions: Any) -> None:
    edit_surveys.open_draft(sessions, "u1", "nps", now=NOW)
    edit_surveys.publish_draft(sessions, edit_surveys.Wanted("u1", "Zoé", "rien"), "nps", now=NOW)


def long_email(sessions: Any) -> None:
    changed = {"fr": {"body.html": "é" * (LONGEST_TEXT + 1)}}
    edit_emails.save_texts(sessions, "u1", "invitation", changed, folder=shipped("emails"), now=NOW)


TYPED: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "a kind of widget that is none": (widget(kind="popup"), "kind", "field_value"),
    "a widget in a language that is not spoken": (widget(language="de"), "language", "field_value"),
    "a widget without a name": (widget(name=" "), "name", "field_required"),
    "a widget of a store nobody knows": (widget(scope="store:S9"), "scope", "field_value"),
    "a widget of a segment, which no page shows": (widget(scope="segment:vip"), "scope", "field_value"),
    "a widget beyond one's own scopes": (widget(NORTH, scope="store:S1"), "scope", "field_value"),
    "a name taken away from a widget": (changed_widget(name=" "), "name", "field_required"),
    "a widget half shown": (changed_widget(active="2"), "active", "field_value"),
    "a source with a space in its name": (source(name="ma caisse"), "name", "field_value"),
    "a source of a kind nobody reads": (source(kind="magento"), "kind", "field_value"),
    "a source without a legal basis": (source(basis=""), "basis", "field_value"),
    "a brand without a name": (lambda s: add_brand(s, brand_id="neuve", name="", **BY), "name", "field_required"),
    "a draft of rules over 1 MiB": (
        lambda s: edit_rules.save_text(s, "u1", "#" * (MAX_BYTES + 1), now=NOW),
        "text",
        "too_big",
    ),
    "a part of an email beyond what a form may hold": (long_email, "fr/body.html", "template_too_large"),
    "a survey as it was": (same_survey, "draft", "survey_unchanged"),
    "more review sites than a page shows": (
        lambda s: edit_publication(s, "maison", {"sites": SITES}, **BY),
        "sites",
        "list_too_long",
    ),
    "a finding without a word": (lambda s: close_reports(s, REVIEW, finding=" ", **BY), "finding", "field_required"),
    "an essay as a finding": (lambda s: close_reports(s, REVIEW, finding="x" * 501, **BY), "finding", "field_required"),
    "a suppression without a reason": (suppression, "reason", "field_required"),
    "a suppression lifted without a reason": (
        lambda s: lift_suppression(s, Order(b"k" * 32, "", ""), **BY),
        "reason",
        "field_required",
    ),
    "a pause without a reason": (
        lambda s: pause_stream(s, provider="smtp", kind="", why=" ", **BY),
        "why",
        "field_required",
    ),
    "a note without a word": (noted(" \n "), "note", "note_required"),
    "a note longer than a case shows": (noted("x" * 5001), "note", "note_too_long"),
    "a note with a control character": (noted("vu\x1b[2J"), "note", "note_characters"),
    "an action longer than a case shows": (
        lambda s: close(s, ONE, Ending("other", "x" * 5001), by=Worker(ONE), now=NOW),
        "action",
        "action_too_long",
    ),
    "a setting of an item that the score has not": (
        lambda s: edit_formula(s, Typed(settings={"charm": {"target": "3"}}, why="essai"), **BY),
        "charm",
        "field_unknown",
    ),
}


@pytest.mark.parametrize("what", TYPED)
def test_what_will_not_do_is_refused_at_its_field(house: Any, what: str) -> None:
    act, where, code = TYPED[what]
    with pytest.raises(Refused) as refused:
        act(house)
    (said,) = refused.value.complaints
    assert (said.where, said.code) == (where, code)
    assert said.message_fr != said.message_en


def test_a_widget_changes_what_is_given_and_keeps_the_rest(house: Any) -> None:
    made = make_widget(house, WidgetForm("badge", "Accueil", origins="https://maison.example"), reach=EVERYWHERE, **BY)
    change_widget(house, made, {"name": " Page d'accueil "}, reach=EVERYWHERE, **BY)
    with house() as session:
        found = widgets.one(session, EVERYWHERE, made, since=date.min)
    assert found is not None
    assert (found.name, list(found.origins), found.active) == ("Page d'accueil", ["https://maison.example"], True)


def test_who_has_as_many_views_as_one_may_changes_them_and_adds_none(house: Any) -> None:
    with house.begin() as session:
        session.add(User(id=ONE, email="camille@example.org", name="Camille", role="cx", created_at=NOW))
    for n in range(MOST):
        save_view(house, ONE, Wanted(f"Vue {n}", "/", "period=12m"), now=NOW)
    save_view(house, ONE, Wanted("Vue 7", "/", "period=3m"), now=NOW)
    with pytest.raises(Refused) as refused:
        save_view(house, ONE, Wanted("Une de plus", "/", ""), now=NOW)
    assert (refused.value.complaints[0].where, refused.value.code) == ("name", "views_too_many")
    with house() as session:
        said = {one.name: one.query for one in saved_views.visible(session, ONE)}
    assert (len(said), said["Vue 7"]) == (MOST, "period=3m")
