"""Answers that look arranged are questions to the network: counted, never named, and answered once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from surveyor.core.watch import Question, mailbox, staff_answers, streaks, variants
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.responses import ResponseRevision
from surveyor.errors import Refused
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.watch_answers import answer_question, questions
from surveyor.services import Services
from tests.web.conftest import NOW, make_services
from tests.web.links import open_network, send
from tests.web.sample import answer


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    clock.set(NOW)
    found = make_services(sessions, clock)
    open_network(found)
    return found


def came(here: Services, scores: list[int], *, words: str = "", key: bytes = bytes(32), email: str = "") -> None:
    place = {"store_id": "S1", "segment": "famille", "rule_id": "standard", "rule_version": 3}
    for number, score in enumerate(scores):
        sent = send(here, f"w{number}", at=NOW - timedelta(days=6))
        with here.sessions.begin() as session:
            at = NOW - timedelta(days=3, minutes=100 - number)
            answer(session, invitation=sent.invitation_id, place=place, score=score, verbatim=words, at=at)
            session.flush()
            mine = update(ResponseRevision).where(ResponseRevision.invitation_id == sent.invitation_id)
            session.execute(mine.values(client_key=key))
            if email:
                who = update(Customer).where(Customer.external_id == f"w{number}")
                session.execute(who.values(email=email.format(number)))


def asked(here: Services) -> list[tuple[str, int, int]]:
    with here.sessions() as session:
        found = questions(session, today=NOW.date())
    return [(str(one.asked.kind), one.asked.count, one.asked.of) for one in found]


def test_a_usual_store_is_asked_nothing(here: Services) -> None:
    came(here, [10, 9, 8, 10, 3, 10, 9])
    assert asked(here) == []


def test_many_answers_of_a_day_from_one_device_are_a_question_and_its_key_is_not_shown(here: Services) -> None:
    came(here, [10, 10, 9, 10], words="Bien.", key=b"k" * 32)
    assert asked(here) == [("device", 4, 4)]
    with here.sessions() as session:
        assert "kkkk" not in repr(questions(session, today=NOW.date()))


def test_addresses_of_one_mailbox_and_of_the_staff_are_questions_that_name_nobody(here: Services) -> None:
    add_user(here.sessions, user=NewUser("boss@maison-claire.example", "cx"), by=HOST, now=NOW)
    came(here, [10, 7, 9], words="Bien.", email="caisse{}@maison-claire.example")
    assert sorted(asked(here)) == [("staff", 3, 3), ("variants", 3, 3)]
    with here.sessions() as session:
        assert "caisse" not in repr(questions(session, today=NOW.date()))


def test_what_somebody_found_is_kept_and_the_question_goes_to_the_end(here: Services) -> None:
    came(here, [10] * 4, words="Bien.", key=b"k" * 32)
    with here.sessions() as session:
        (one,) = questions(session, today=NOW.date())
    key = (str(one.asked.kind), one.asked.store_id, one.asked.mark)
    with pytest.raises(Refused):
        answer_question(here.sessions, key, answer=" ", by=HOST, now=NOW)
    for _ in range(2):
        answer_question(here.sessions, key, answer="Une borne au retrait.", by=HOST, now=NOW)
    with here.sessions() as session:
        (told,) = questions(session, today=NOW.date())
    assert (told.answer, told.at) == ("Une borne au retrait.", NOW)


@pytest.mark.parametrize(("run", "n"), [([10] * 12, 1), ([10] * 11, 0), ([10] * 6 + [9] + [10] * 6, 0), ([5] * 20, 0)])
def test_a_streak_is_one_top_score_in_a_row_without_a_word(run: list[int], n: int) -> None:
    assert len(streaks("S1", [("2026-11-01", score, False) for score in run])) == n
    assert streaks("S1", [("2026-11-01", score, True) for score in run]) == []


def test_a_mailbox_is_an_address_without_its_tag_and_number() -> None:
    assert mailbox("Jean+3@Free.fr") == "jean@free.fr" != mailbox("jean12@free.fr")
    assert mailbox("caisse2@magasin.fr") == "caisse@magasin.fr" != mailbox("caisse2024@magasin.fr")
    assert variants("S1", ["a1@x.fr", "a2@x.fr", "b@x.fr"]) == []
    found = staff_answers("S1", ["a@gmail.com"] * 5, ["gmail.com"])
    assert found == []
    assert Question.STAFF == "staff"
