"""An answer is stored and counted once: double clicks, second devices, edits, robots, and links that have ended."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from surveyor.core.responses import Answer
from surveyor.core.surveys import STARS_SURVEY, to_plain
from surveyor.core.tally import Tally
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.responses import Response, ResponseRevision, Visit
from surveyor.db.tables.rules import Questionnaire
from surveyor.db.tables.tallies import AnswerTally, CoarseTally, FineTally
from surveyor.flows.rebuild_tallies import differences
from surveyor.flows.record_response import (
    Ended,
    Form,
    Invalid,
    Recorded,
    Result,
    Stale,
    Unknown,
    page_nonce,
    record_response,
)
from surveyor.flows.record_visit import Opening, SurveyPage, count_visits, record_visit
from surveyor.flows.send_emails import send_emails
from surveyor.mail.providers.base import InDoubtError
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, row, schedule

SENT_DAY = date(2026, 11, 2)
LATER = NOW + timedelta(days=1)
NEXT_DAY = date(2026, 11, 3)
CLIENT = b"c" * 32


@pytest.fixture
def network(sessions: Any) -> Any:
    open_network(sessions)
    return sessions


@pytest.fixture
def asked(network: Any) -> Asked:
    """A customer whose invitation was sent on 2 November."""
    one = schedule(network)
    send_emails(network, mailer=mailer(Scripted()), now=lambda: NOW)
    return one


def nonce(asked: Asked, *, at: datetime, follows: tuple[int, ...] = ()) -> str:
    return page_nonce(KEYRING, asked.invitation_id, now=at, follows=follows)


def post(
    sessions: Any,
    asked: Asked,
    score: int | str,
    *,
    at: datetime = LATER,
    mark: str | None = None,
    client: bytes = CLIENT,
    **fields: str,
) -> Result:
    mark = nonce(asked, at=at - timedelta(seconds=30)) if mark is None else mark
    items = (("score", str(score)), ("nonce", mark), *fields.items())
    return record_response(
        sessions, asked.survey_token, form=Form(items, client), keys=KEYRING, journeys=Free(), now=at
    )


def answer(result: Result) -> Answer:
    assert isinstance(result, Recorded)
    return result.answer


def counts(sessions: Any) -> dict[date, dict[str, int]]:
    """Answers and openings by day; both grains agree."""
    with sessions() as session:
        fine = {r.day: Tally.from_mapping(vars(r)) for r in session.scalars(select(FineTally))}
        coarse = {r.day: Tally.from_mapping(vars(r)) for r in session.scalars(select(CoarseTally))}
    assert fine == coarse
    interesting = {day: tally.changes() for day, tally in fine.items() if tally}
    interesting.pop(date(2026, 10, 31), None)
    return interesting


def stored(sessions: Any) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(ResponseRevision)) or 0


def test_an_answer_counts_on_its_day_and_on_the_day_of_its_email(network: Any, asked: Asked) -> None:
    assert answer(post(network, asked, 9, comment="Très bien, merci !")) is Answer.STANDS
    assert counts(network) == {
        SENT_DAY: {"sent": 1, "delivered": 1, "visited": 1, "responded": 1, "responded_commented": 1},
        NEXT_DAY: {"score_9": 1, "commented": 1, "commented_promoters": 1},
    }
    found = row(network, Response, asked.invitation_id)
    assert (found.standing, found.score, found.commented, found.day) == (1, 9, True, NEXT_DAY)
    assert found.answered_at == LATER


def test_the_same_page_and_content_again_change_nothing(network: Any, asked: Asked) -> None:
    mark = nonce(asked, at=LATER - timedelta(seconds=30))
    first = post(network, asked, 9, mark=mark)
    again = post(network, asked, 9, mark=mark, at=LATER + timedelta(seconds=2))
    assert isinstance(first, Recorded)
    assert isinstance(again, Recorded)
    assert (again.answer, again.n, again.repeated) == (first.answer, 1, True)
    assert stored(network) == 1
    assert counts(network)[NEXT_DAY] == {"score_9": 1}


def test_32_identical_posts_at_once_leave_one_response(network: Any, asked: Asked) -> None:
    mark = nonce(asked, at=LATER - timedelta(seconds=30))
    results: list[Any] = []

    def click() -> None:
        try:
            results.append(post(network, asked, 9, mark=mark))
        except BaseException as error:
            results.append(error)

    threads = [threading.Thread(target=click) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {answer(result) for result in results} == {Answer.STANDS}
    assert len(results) == 32
    assert stored(network) == 1
    assert counts(network)[NEXT_DAY] == {"score_9": 1}
    assert counts(network)[SENT_DAY]["responded"] == 1


def test_an_edit_moves_the_score_and_keeps_the_day(network: Any, asked: Asked) -> None:
    post(network, asked, 9, comment="Bien")
    later = LATER + timedelta(days=5)
    mark = nonce(asked, at=later - timedelta(seconds=1), follows=(1,))
    assert answer(post(network, asked, 3, at=later, mark=mark)) is Answer.STANDS
    assert counts(network) == {
        SENT_DAY: {"sent": 1, "delivered": 1, "visited": 1, "responded": 1},
        NEXT_DAY: {"score_3": 1},
    }
    assert row(network, Response, asked.invitation_id).answered_at == LATER


def test_another_score_from_another_page_within_a_minute_strikes_both(network: Any, asked: Asked) -> None:
    post(network, asked, 9)
    result = post(network, asked, 2, at=LATER + timedelta(seconds=40), client=b"d" * 32)
    assert isinstance(result, Recorded)
    assert (result.answer, result.follows, result.scores) == (Answer.CONFIRM, (1, 2), (9, 2))
    assert counts(network) == {SENT_DAY: {"sent": 1, "delivered": 1}}  # nobody was seen but two forms that cancel out
    found = row(network, Response, asked.invitation_id)
    assert (found.standing, found.score, found.quarantined) == (None, None, 2)
    keep = post(network, asked, 9, at=LATER + timedelta(seconds=50), mark=result.nonce)
    assert answer(keep) is Answer.STANDS
    assert counts(network) == {
        SENT_DAY: {"sent": 1, "delivered": 1, "visited": 1, "responded": 1},
        NEXT_DAY: {"score_9": 1},
    }


def test_a_visit_that_was_counted_stays_when_its_answer_is_struck(network: Any, asked: Asked) -> None:
    opening = Opening("GET", CLIENT, score=9)
    record_visit(network, asked.survey_token, opening=opening, keys=KEYRING, now=LATER - timedelta(minutes=5))
    assert count_visits(network, now=LATER - timedelta(minutes=2)) == 1
    post(network, asked, 9)
    post(network, asked, 2, at=LATER + timedelta(seconds=40), client=b"d" * 32)
    assert counts(network) == {SENT_DAY: {"sent": 1, "delivered": 1, "visited": 1}}


def test_people_who_contradict_each_other_were_there_all_the_same(network: Any, asked: Asked) -> None:
    for client, score in ((CLIENT, 9), (b"d" * 32, 2)):
        opening = Opening("GET", client, score=score)
        record_visit(network, asked.survey_token, opening=opening, keys=KEYRING, now=LATER - timedelta(seconds=20))
    post(network, asked, 9)
    post(network, asked, 2, at=LATER + timedelta(seconds=40), client=b"d" * 32)
    assert count_visits(network, now=LATER + timedelta(minutes=2)) == 1
    assert counts(network) == {SENT_DAY: {"sent": 1, "delivered": 1, "visited": 1}}


def test_a_form_sent_too_fast_counts_after_one_click_more(network: Any, asked: Asked) -> None:
    result = post(network, asked, 9, mark=nonce(asked, at=LATER - timedelta(seconds=1)))
    assert isinstance(result, Recorded)
    assert (result.answer, result.scores) == (Answer.CONFIRM, (9,))
    assert NEXT_DAY not in counts(network)
    assert answer(post(network, asked, 9, at=LATER + timedelta(seconds=1), mark=result.nonce)) is Answer.STANDS
    assert counts(network)[NEXT_DAY] == {"score_9": 1}


def test_scripts_without_a_gesture_are_asked_once_more_and_a_person_is_not(network: Any, asked: Asked) -> None:
    assert answer(post(network, asked, 9, sign="js")) is Answer.CONFIRM
    assert answer(post(network, asked, 8, sign="person", at=LATER + timedelta(minutes=5))) is Answer.STANDS


def test_a_client_that_opened_three_scores_is_asked_once_more(network: Any, asked: Asked) -> None:
    for score in (0, 1, 2):
        opening = Opening("GET", CLIENT, score=score)
        record_visit(network, asked.survey_token, opening=opening, keys=KEYRING, now=LATER - timedelta(seconds=20))
    assert answer(post(network, asked, 9)) is Answer.CONFIRM
    assert answer(post(network, asked, 9, client=b"d" * 32, at=LATER + timedelta(seconds=5))) is Answer.STANDS


def test_a_robot_that_submits_the_eleven_pages_leaves_nothing_and_the_link_still_works(
    network: Any, asked: Asked
) -> None:
    for score in range(11):
        post(network, asked, score, at=LATER + timedelta(seconds=3 * score))
    assert row(network, Response, asked.invitation_id).standing is None
    assert "responded" not in counts(network)[SENT_DAY]
    assert answer(post(network, asked, 7, at=LATER + timedelta(minutes=5))) is Answer.COME_BACK
    assert answer(post(network, asked, 7, at=LATER + timedelta(minutes=16))) is Answer.STANDS


def test_a_nonce_of_another_link_or_of_yesterday_stores_nothing(network: Any, asked: Asked) -> None:
    other = schedule(network)
    assert isinstance(post(network, asked, 9, mark=nonce(other, at=LATER)), Stale)
    assert isinstance(post(network, asked, 9, mark=nonce(asked, at=LATER - timedelta(hours=25))), Stale)
    assert isinstance(post(network, asked, 9, mark=""), Stale)
    assert stored(network) == 0


@pytest.mark.parametrize("score", ["", "11", "-1", "9.5", "09", "neuf"])
def test_a_score_that_is_none_stores_nothing_and_the_form_comes_back(network: Any, asked: Asked, score: str) -> None:
    result = post(network, asked, score)
    assert isinstance(result, Invalid)
    assert result.complaints[0].code == "score_invalid"
    assert stored(network) == 0
    assert answer(post(network, asked, 9, mark=result.nonce, at=LATER + timedelta(seconds=9))) is Answer.STANDS


def test_an_unknown_token_and_an_ended_link_are_told_apart(network: Any, asked: Asked) -> None:
    assert isinstance(
        record_response(network, "x", form=Form((), CLIENT), keys=KEYRING, journeys=Free(), now=LATER), Unknown
    )
    assert isinstance(post(network, asked, 9, at=NOW + timedelta(days=31)), Ended)
    with network.begin() as session:
        session.execute(update(Invitation).values(revoked_at=NOW))
    assert isinstance(post(network, asked, 9), Ended)
    assert stored(network) == 0


def test_an_answer_proves_that_an_email_in_doubt_arrived(network: Any) -> None:
    asked = schedule(network)
    send_emails(network, mailer=mailer(Scripted(script={1: InDoubtError("timeout")})), now=lambda: NOW)
    assert answer(post(network, asked, 9)) is Answer.STANDS
    assert row(network, Email, asked.email_id).state == "sent"
    assert row(network, Invitation, asked.invitation_id).sent_at == NOW
    assert counts(network)[SENT_DAY] == {"sent": 1, "delivered": 1, "visited": 1, "responded": 1}


def test_an_invitation_that_never_left_takes_no_answer(network: Any) -> None:
    asked = schedule(network, due_at=NOW + timedelta(days=5))
    assert isinstance(post(network, asked, 9), Ended)


def test_stars_are_counted_by_value_and_follow_an_edit(network: Any) -> None:
    with network.begin() as session:
        session.add(
            Questionnaire(survey="nps-stars", version=3, body=to_plain(STARS_SURVEY), author="cx", published_at=NOW)
        )
    asked = schedule(network)
    with network.begin() as session:
        session.execute(update(Invitation).values(survey="nps-stars", questionnaire_version=3))
    send_emails(network, mailer=mailer(Scripted()), now=lambda: NOW)
    assert answer(post(network, asked, 9, q_wait="5", q_welcome="4")) is Answer.STANDS
    edit = nonce(asked, at=LATER, follows=(1,))
    post(network, asked, 9, q_wait="2", mark=edit, at=LATER + timedelta(minutes=3))
    with network() as session:
        found = {(r.question, r.value): r.n for r in session.scalars(select(AnswerTally)) if r.n}
        assert [one for one in differences(session) if one.table == "tally_answers"] == []
    assert found == {("q_wait", "2"): 1}


def test_a_get_writes_a_visit_and_no_answer(network: Any, asked: Asked) -> None:
    for method, prefetch in (("GET", False), ("HEAD", False), ("GET", True)):
        page = record_visit(
            network,
            asked.survey_token,
            opening=Opening(method, CLIENT, score=9, prefetch=prefetch),
            keys=KEYRING,
            now=LATER,
        )
        assert isinstance(page, SurveyPage)
        assert page.link.store_name == "Lille"
        assert page.link.brand_name == "Maison"
    assert stored(network) == 0
    with network() as session:
        assert session.scalar(select(func.count()).select_from(Visit)) == 3
        assert session.scalar(select(func.count()).select_from(Response)) == 0


def test_the_thank_you_page_follows_the_answer_that_stands(network: Any, asked: Asked) -> None:
    post(network, asked, 9, comment="Bien")
    page = record_visit(network, asked.survey_token, opening=None, keys=KEYRING, now=LATER)
    assert isinstance(page, SurveyPage)
    assert (page.standing, page.verbatim, page.n) == (9, "Bien", 1)
    assert answer(post(network, asked, 10, mark=page.nonce, at=LATER + timedelta(seconds=5))) is Answer.STANDS


def test_an_ended_or_unknown_link_has_no_page(network: Any, asked: Asked) -> None:
    late = NOW + timedelta(days=40)
    assert isinstance(record_visit(network, asked.survey_token, opening=None, keys=KEYRING, now=late), Ended)
    assert isinstance(record_visit(network, "0" * 22, opening=None, keys=KEYRING, now=NOW), Unknown)


def test_the_first_visit_by_a_person_is_counted_once_by_the_clock(network: Any, asked: Asked) -> None:
    for seconds in (0, 100):
        at = LATER + timedelta(seconds=seconds)
        record_visit(network, asked.survey_token, opening=Opening("GET", CLIENT), keys=KEYRING, now=at)
    assert count_visits(network, now=LATER + timedelta(seconds=59)) == 0
    assert count_visits(network, now=LATER + timedelta(minutes=5)) == 1
    assert count_visits(network, now=LATER + timedelta(minutes=6)) == 0
    assert counts(network) == {SENT_DAY: {"sent": 1, "delivered": 1, "visited": 1}}
    post(network, asked, 9, at=LATER + timedelta(minutes=9))
    assert counts(network)[SENT_DAY]["visited"] == 1


def test_heads_prefetches_and_sweeps_are_no_visit(network: Any, asked: Asked) -> None:
    openings = [Opening("HEAD", CLIENT), Opening("GET", CLIENT, prefetch=True)]
    openings += [Opening("GET", b"r" * 32, score=score) for score in range(11)]
    for opening in openings:
        record_visit(network, asked.survey_token, opening=opening, keys=KEYRING, now=LATER)
    assert count_visits(network, now=LATER + timedelta(minutes=5)) == 0
    assert "visited" not in counts(network)[SENT_DAY]
