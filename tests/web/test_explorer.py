"""Searching what customers wrote: accents and capitals alike on both engines, wildcards are letters, scopes hold."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from surveyor.app import create_app
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.searching import LIGATURES, PLAIN, fold, pattern, search_words
from surveyor.core.tally import Tally
from surveyor.db import tallies
from surveyor.db.engine import make_engine
from surveyor.db.verbatims import Asked, how_many, verbatims
from surveyor.errors import Refused
from surveyor.flows.search_verbatims import MOST_READ
from surveyor.services import Services
from tests.flows.line import install, send, sent_to
from tests.flows.orders import KEYS, at, event, record
from tests.web.conftest import Enter
from tests.web.links import open_network
from tests.web.links import send as send_link
from tests.web.test_dashboard import text_of
from tests.web.test_strangers import answer

MEMORY = make_engine("sqlite://")
JANUARY = Period(date(2026, 1, 1), date(2026, 1, 31))
WORDS = ("Œufs cassés, À L'HEURE", "Trop d’attente 100%", "tout_va bien", "RAS", "Garçon très aimable")


def commented(sessions: Any) -> None:
    """One answer a comment, the odd ones of another store."""
    from surveyor.core.tokens import Purpose
    from surveyor.flows.record_response import Form, page_nonce, record_response
    from tests.flows.line import JOURNEYS

    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    ordered, sent = at("2026-01-05T17:00"), at("2026-01-08T09:00")
    for n in range(len(WORDS)):
        record(sessions, event(f"o{n}", f"c{n}", ordered, store_id=f"S{n % 2}"), now=ordered)
    send(sessions, sent)
    for n, (_, (invitation, _email)) in enumerate(sorted(sent_to(sessions).items())):
        token = KEYS.token(Purpose.SURVEY, invitation.id)
        now = sent + timedelta(hours=n + 1)
        nonce = page_nonce(KEYS, invitation.id, now=now)
        form = Form((("score", str(10 - n)), ("nonce", nonce), ("comment", WORDS[n])), bytes([n]) * 32)
        record_response(sessions, token, form=form, keys=KEYS, journeys=JOURNEYS, now=now + timedelta(seconds=30))


def test_words_are_found_whatever_their_accents_and_only_in_the_scope(sessions: Any) -> None:
    commented(sessions)

    def found(text: str, scope: Scope = NETWORK, **more: Any) -> list[str]:
        asked = Asked(JANUARY, words=search_words(text), **more)
        with sessions() as session:
            rows = verbatims(session, (scope,), asked)
            assert how_many(session, (scope,), asked) == len(rows)
        return [row.verbatim for row in rows]

    for text in ("oeufs", "ŒUFS", "a l'heure", "À l\u2019Heure", "casses oeufs"):
        assert found(text) == [WORDS[0]], text
    assert found("d'attente") == [WORDS[1]]
    assert found("garcon TRES") == [WORDS[4]]
    assert found("garcon cassés") == []
    assert found("%") == [WORDS[1]]
    assert found("_") == [WORDS[2]]
    assert found("\\") == found("' OR 1=1 --") == []
    assert found("oeufs", Scope.of(stores=["S1"])) == []
    assert found("attente", Scope.of(stores=["S1"])) == [WORDS[1]]
    assert found("", score=9) == [WORDS[1]]
    assert found("", language="xx") == []
    assert len(found("")) == len(WORDS)


@given(st.text(alphabet=[*PLAIN, "œ", "Æ", "a", "Z", " ", "%", "'", "\u00df"], max_size=30))
def test_sqlite_folds_as_we_do(text: str) -> None:
    with Session(MEMORY) as session:
        assert session.scalar(select(func.folded(literal(text)))) == fold(text)


@given(
    st.text(alphabet=[*PLAIN, "œ", "Æ", "a", "e", "o", "Z", "]", "^", "-", "\\", ".", "(", "%", "'"], max_size=12),
    st.text(alphabet=["a", "e", "o", "i", "u", "z", "]", "^", "-", "\\", ".", "(", "%", "'"], min_size=1, max_size=3),
)
def test_a_pattern_finds_what_is_in_the_folded_text(text: str, word: str) -> None:
    assert bool(re.search(pattern(word), text)) is (word in fold(text))


def test_postgresql_finds_every_letter_that_we_fold(sessions: Any) -> None:
    with sessions() as session:
        if session.get_bind().dialect.name != "postgresql":
            pytest.skip("SQLite calls our own function")
        for written, plain in {**PLAIN, **LIGATURES, "Z": "z", "%": "%", "\\": "\\", "^": "^", "]": "]"}.items():
            for word in (plain, f"a{plain}z"):
                text = literal(f"xA{written}Zx" if len(word) > len(plain) else written)
                assert session.scalar(select(text.op("~")(pattern(word)))), (written, word)


@pytest.mark.parametrize("text", ["ana@exemple.fr", "mot ana@exemple.fr", "06 12 3456", "0612345678"])
def test_an_address_or_a_number_is_not_searched(text: str) -> None:
    with pytest.raises(Refused) as refused:
        search_words(text)
    assert [one.code for one in refused.value.complaints] == ["search_personal"]
    assert search_words("24 heures") == ("24", "heures")


@pytest.fixture
def app(installation: Services) -> Flask:
    open_network(installation)
    return create_app(installation)


def test_the_page_searches_keeps_its_filter_and_logs_no_word(enter: Enter, installation: Services, app: Flask) -> None:
    for number in range(25):
        answer(installation, send_link(installation, f"n{number}"), 9, f"fraîcheur {number}")
    answer(installation, send_link(installation, "other"), 2, "attente")
    person = enter("cx", language="en")
    with capture_logs() as logs:
        page = person.get("/verbatims?period=2026-11&q=FRAICHEUR&score=9")
    assert "25 answers" in page.text
    assert "attente" not in page.text
    assert 'value="FRAICHEUR"' in page.text
    assert "q=FRAICHEUR" in page.text.partition('class="more"')[2]
    assert "fra" not in str(logs).lower().replace("frame", "")
    assert person.get("/verbatims?q=ana@exemple.fr").status_code == 422
    assert "fraîcheur" not in enter("store_manager", "store:S3").get("/verbatims?period=2026-11&q=fraicheur").text


@pytest.fixture
def long_ago(installation: Services, app: Flask) -> Services:
    """Answers of today, and a day before them that holds more comments than a look reads, as tallies say."""
    for number in range(3):
        answer(installation, send_link(installation, f"n{number}"), 9, f"fraîcheur {number}")
    made: dict[str, Any] = {"counts": Tally(commented=MOST_READ, hits=MOST_READ), "rule_id": "std", "rule_version": 1}
    with installation.sessions.begin() as session:
        tallies.add(session, [tallies.Delta(day=date(2026, 11, 3), store_id="S1", **made)])
    return installation


def further(page: Any) -> str:
    """The address behind the link of a look that did not reach the first day."""
    link = page.text.partition('class="more looked"')[2].partition('href="')[2].partition('"')[0]
    return str(link.replace("&amp;", "&"))


def test_a_look_says_how_far_it_went_and_the_link_goes_on_from_there(enter: Enter, long_ago: Services) -> None:
    person = enter("cx", language="en")
    page = person.get("/verbatims?period=2026-11&q=fraicheur&score=9")
    said = text_of(page)
    assert "fraîcheur 0" in said
    assert "Searched from 20 November 2026 back to 4 November 2026: 3 comments gone through. Search further" in said
    assert "3 answers" not in said, "no total before the whole period was read"
    address = further(page)
    assert "after=20261104" in address
    assert "q=fraicheur" in address
    assert "score=9" in address
    last = person.get(address)
    assert text_of(last).count("fraîcheur") == 0
    told = "Searched from 3 November 2026 back to 1 November 2026: 0 comments gone through."
    assert f"{told} The period was searched to its first day." in text_of(last)
    assert "Search further" not in last.text
    assert "3 answers" not in text_of(last)
    part = person.get(address, headers={"HX-Request": "true"})
    day = person.get("/verbatims?period=2026-11-03..2026-11-30&q=introuvable&after=20261104")
    assert "Searched on 3 November 2026: 0 comments gone through." in text_of(day)
    assert part.text.lstrip().startswith('<li class="more looked">')
    assert told in text_of(part)


def test_a_look_that_found_nothing_does_not_say_that_there_is_nothing(enter: Enter, long_ago: Services) -> None:
    page = enter("cx", language="fr").get("/verbatims?period=2026-11&q=introuvable")
    said = text_of(page).replace("\u00a0", " ").replace("\u202f", " ")
    assert "Aucun verbatim ici" not in said
    assert "Cherché du 20 novembre 2026 en remontant jusqu&#39;au 4 novembre 2026 : 3 commentaires parcourus." in said
    assert "Chercher plus loin" in said
    every = text_of(enter("cx", language="fr").get("/verbatims?period=2026-11&q=introuvable&all=1"))
    assert "Aucun verbatim ici" in every, "three answers in all are one look: with them nothing is left to read"


@pytest.mark.parametrize("after", ["20261399", "99999999", "1", "20261104-1", "20261104-99999999999999999-" + "0" * 32])
def test_a_cursor_that_is_none_of_ours_begins_at_the_beginning(enter: Enter, long_ago: Services, after: str) -> None:
    page = enter("cx").get(f"/verbatims?period=2026-11&q=fraicheur&after={after}")
    assert page.status_code == 200
    assert ("fraîcheur 0" in page.text) is (len(after) < 20)


def test_a_list_without_a_search_is_counted_as_before(enter: Enter, long_ago: Services) -> None:
    page = enter("cx", language="en").get("/verbatims?period=2026-11")
    assert "3 answers" in text_of(page)
    assert "Searched" not in page.text
