"""Verbatims are sorted with their response, again when the lexicon changes, and a person has the last word."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK
from surveyor.db import labels
from surveyor.db.labels import Carried, Version
from surveyor.db.tables.labels import Labelling, ResponseLabel
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.flows.send_emails import send_emails
from surveyor.flows.sort_verbatims import in_force, review_verbatim, shipped_text, sort_again
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, schedule

LATER = NOW + timedelta(days=1)
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def asked(sessions: Any) -> Asked:
    open_network(sessions)
    one = schedule(sessions)
    send_emails(sessions, mailer=mailer(Scripted()), now=lambda: NOW)
    return one


def answer(
    sessions: Any, asked: Asked, score: int, comment: str, *, minutes: int = 0, follows: tuple[int, ...] = ()
) -> None:
    at = LATER + timedelta(minutes=minutes)
    mark = page_nonce(KEYRING, asked.invitation_id, now=at - timedelta(seconds=30), follows=follows)
    form = Form((("score", str(score)), ("comment", comment), ("nonce", mark), ("sign", "person")), b"c" * 32)
    record_response(sessions, asked.survey_token, form=form, keys=KEYRING, journeys=Free(), now=at)


def carried(sessions: Any) -> list[tuple[str, str, int]]:
    with sessions() as session:
        rows = session.execute(select(ResponseLabel).order_by(ResponseLabel.label)).scalars()
        return [(row.label, row.polarity, row.score) for row in rows]


def test_labels_come_with_the_response_and_follow_its_words(sessions: Any, asked: Asked) -> None:
    answer(sessions, asked, 3, "Trop d'attente, mais accueil chaleureux")
    assert carried(sessions) == [("waiting", "negative", 3), ("welcome", "positive", 3)]
    answer(sessions, asked, 6, "Trop d'attente, mais accueil chaleureux", minutes=2, follows=(1,))
    assert carried(sessions) == [("waiting", "negative", 6), ("welcome", "positive", 6)]
    answer(sessions, asked, 6, "Trop cher", minutes=4, follows=(2,))
    assert carried(sessions) == [("price", "negative", 6)]
    answer(sessions, asked, 6, "", minutes=6, follows=(3,))
    assert carried(sessions) == []
    with sessions() as session:
        assert session.scalars(select(Labelling)).all() == []


def test_counts_are_those_of_the_reader_s_scope_and_period(sessions: Any, asked: Asked) -> None:
    answer(sessions, asked, 3, "Trop d'attente et caissière désagréable")
    with sessions() as session:
        assert labels.mentions(session, (NETWORK,), MONTH) == {"waiting": (0, 0, 1), "welcome": (0, 0, 1)}
        assert labels.by_band(session, (NETWORK,), MONTH)["waiting"] == (0, 0, 1)
        assert labels.among_detractors(session, (NETWORK,), MONTH) == {"waiting": 1, "welcome": 1}
        assert labels.covered(session, (NETWORK,), MONTH) == labels.Covered(1, 1, 1)
        assert labels.mentions(session, (), MONTH) == {}
        assert labels.covered(session, (), MONTH) == labels.Covered(0, 0, 0)


def test_a_new_lexicon_sorts_what_the_old_one_sorted_but_not_what_a_person_went_through(
    sessions: Any, asked: Asked
) -> None:
    answer(sessions, asked, 3, "Trop d'attente et trop cher")
    text = shipped_text().replace('id = "waiting"', 'id = "queues"')
    publish(sessions, text)
    assert sort_again(sessions) == 1
    assert sort_again(sessions) == 0
    assert [label for label, _, _ in carried(sessions)] == ["price", "queues"]
    with sessions() as session:
        assert in_force(session).number == 1
    mine = [Carried("price", "neutral", origin="person"), Carried("unknown", "neutral", origin="person")]
    assert review_verbatim(sessions, asked.invitation_id, carried=mine, by="someone", now=LATER)
    publish(sessions, shipped_text())
    assert sort_again(sessions) == 0
    assert carried(sessions) == [("price", "neutral", 3)]
    answer(sessions, asked, 2, "Trop d'attente et trop cher", minutes=2, follows=(1,))
    assert carried(sessions) == [("price", "neutral", 2)]
    with sessions() as session:
        assert [row[2] for row in labels.reviewed_texts(session)] == ["Trop d'attente et trop cher"]


def publish(sessions: Any, text: str) -> None:
    with sessions.begin() as session:
        base = labels.in_force(session)
        labels.publish(session, Version(base + 1, base, text, "CX", "why", None), now=LATER)


def test_a_lexicon_sorts_again_no_more_than_it_is_asked_to_and_the_next_run_goes_on(sqlite_sessions: Any) -> None:
    open_network(sqlite_sessions)
    people = [schedule(sqlite_sessions) for _ in range(2)]
    send_emails(sqlite_sessions, mailer=mailer(Scripted()), now=lambda: NOW)
    for one in people:
        answer(sqlite_sessions, one, 3, "Trop d'attente")
    with sqlite_sessions.begin() as session:
        new = Version(1, None, shipped_text() + "\n", "zoe", "files", LATER)
        labels.publish(session, new, now=LATER)
    assert [sort_again(sqlite_sessions, most=n) for n in (0, 1, 1)] == [0, 2, 0]


def test_a_lexicon_in_force_that_an_older_product_took_and_ours_cannot_read_is_told(sqlite_sessions: Any) -> None:
    with sqlite_sessions.begin() as session:
        labels.publish(session, Version(1, None, "x =", "zoe", "essai", LATER), now=LATER)
    with sqlite_sessions() as session, pytest.raises(ValueError, match="cannot be read"):
        in_force(session)
