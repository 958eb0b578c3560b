"""Questions in versions: checked, with a reason, never over somebody else's, carried by the invitations that follow."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from surveyor.core.surveys import (
    STARS_SURVEY,
    ByScore,
    Choice,
    Kind,
    Question,
    Survey,
    Words,
    from_plain,
    parse_answers,
    to_plain,
)
from surveyor.core.surveys.check import check_survey
from surveyor.core.surveys.compared import changes
from surveyor.db import survey_versions
from surveyor.db.proposals import Decision
from surveyor.db.responses import survey_of
from surveyor.db.tables.invitations import Invitation
from surveyor.errors import NotFound, Refused
from surveyor.flows.approvals import Place, approve, propose_survey, refuse
from surveyor.flows.edit_surveys import (
    Wanted,
    carry_over,
    change_draft,
    complaints,
    current,
    open_draft,
    publish_draft,
)
from tests.flows.line import install
from tests.flows.orders import at, event, record

NOW = at("2026-01-02T09:00")
FOLLOW = ByScore(
    Words("Qu'aurions-nous dû faire ?", "What should we have done?"),
    Words("Que manquait-il ?", "What was missing?"),
    Words("Qu'avez-vous apprécié ?", "What did you like?"),
)
EFFORT = Question(
    "q_effort",
    Kind.CES,
    Words("Retirer votre commande a été…", "Collecting your order was…"),
    low=Words("Très facile", "Very easy"),
    high=Words("Très difficile", "Very hard"),
    scale="1-7",
    direction="difficult_high",
)
WAIT = Question("q_wait", Kind.STARS, Words("L'attente", "Waiting"), theme=Words("Attente", "Waiting"))


def _longer(survey: Survey) -> Survey:
    """One theme more, and a comment that is asked for by the score."""
    score, comment = survey.questions
    return replace(survey, questions=(score, WAIT, replace(comment, by_score=FOLLOW)))


def _and(*more: Question) -> Any:
    """The survey with these questions at its end."""
    return lambda survey: replace(survey, questions=(*survey.questions, *more))


def _change(sessions: Any, author: str = "u1", change: Any = _longer) -> survey_versions.Draft:
    open_draft(sessions, author, "nps", now=NOW)
    return change_draft(sessions, author, "nps", change, now=NOW)


def _publish(sessions: Any, author: str = "u1", why: str = "l'attente") -> int:
    return publish_draft(sessions, Wanted(author, "Zoé", why), "nps", now=NOW).number


def test_a_version_is_asked_of_the_invitations_that_follow_and_of_no_other(sessions: Any) -> None:
    install(sessions, '[[rule]]\nid = "std"\nmin_orders = 1\n')
    record(sessions, event("o1", "c1", NOW), now=NOW)
    _change(sessions)
    assert _publish(sessions) == 2
    record(sessions, event("o2", "c2", NOW), now=NOW)
    with sessions() as session:
        query = select(Invitation.order_id, Invitation.questionnaire_version).order_by(Invitation.order_id)
        assert [tuple(row) for row in session.execute(query)] == [("o1", 1), ("o2", 2)]
        assert [q.id for q in survey_of(session, "nps", 1).questions] == ["score", "comment"]
        asked = survey_of(session, "nps", 2)
    assert [q.id for q in asked.questions] == ["score", "q_wait", "comment"]
    assert asked.questions[2].by_score == FOLLOW
    answers = parse_answers(asked, [("score", "3"), ("q_wait", "2"), ("comment", "trop long")])
    assert (answers.score, answers.values, answers.verbatim) == (3, {"q_wait": 2}, "trop long")  # type: ignore[union-attr]


def test_what_comes_with_the_product_stays_version_1(sessions: Any) -> None:
    _change(sessions)
    _publish(sessions)
    with sessions() as session:
        newest, first = survey_versions.versions(session, "nps")
        assert (newest.number, newest.base, newest.author, newest.why) == (2, 1, "Zoé", "l'attente")
        assert (first.number, first.author) == (1, "surveyor")
    with pytest.raises(DBAPIError), sessions.begin() as session:
        session.execute(text("DELETE FROM questionnaires"))
    draft = open_draft(sessions, "u1", "nps", now=NOW, number=1)
    assert (draft.base, draft.survey) == (2, first.survey)
    assert _publish(sessions, why="retour") == 3
    with pytest.raises(NotFound):
        open_draft(sessions, "u1", "nothing", now=NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: replace(s, questions=s.questions[::-1]), "score_first"),
        (lambda s: replace(s, questions=s.questions[1:]), "score_first"),
        (_and(replace(WAIT, theme=None)), "text_missing_fr"),
        (_and(replace(WAIT, label=Words("x", ""))), "text_missing_en"),
        (_and(replace(WAIT, id="wait")), "question_id"),
        (_and(WAIT, WAIT), "question_repeated"),
        (_and(replace(WAIT, by_score=FOLLOW)), "by_score_place"),
        (_and(replace(WAIT, label=Words("{x}", "{x}"))), "text_slot"),
        (_and(Question("q_c", Kind.CHOICE, WAIT.label)), "choices"),
        (_and(Question("q_c", Kind.CHOICE, WAIT.label, choices=(Choice("A b", WAIT.label),))), "choice_value"),
        (_and(replace(EFFORT, scale="1-5")), "question_scale"),
        (_and(replace(EFFORT, direction="")), "question_direction"),
        (_and(replace(EFFORT, low=None)), "text_missing_fr"),
        (_and(replace(WAIT, label=Words("Mettez 9 ou 10", "x"))), "survey_gating"),
    ],
)
def test_what_is_wrong_is_said_and_not_published(sessions: Any, change: Any, code: str) -> None:
    draft = _change(sessions, change=change)
    assert code in {one.code for one in complaints(draft.survey, None)}
    with pytest.raises(Refused) as refused:
        _publish(sessions)
    assert code in {one.code for one in refused.value.complaints}
    with sessions() as session:
        assert current(session, "nps").number == 1


def test_a_question_keeps_its_scale_and_its_direction_for_good_whatever_the_survey(sessions: Any) -> None:
    _change(sessions, change=_and(EFFORT))
    _publish(sessions)
    _change(sessions, change=lambda survey: replace(survey, questions=survey.questions[:-1]))
    _publish(sessions, why="sans l'effort")
    for changed in (replace(EFFORT, scale="0-10"), replace(EFFORT, direction="easy_high")):
        open_draft(sessions, "u1", "nps-stars", now=NOW)
        change_draft(sessions, "u1", "nps-stars", lambda _, one=changed: _and(one)(STARS_SURVEY), now=NOW)
        with pytest.raises(Refused) as refused:
            publish_draft(sessions, Wanted("u1", "Zoé", "l'effort"), "nps-stars", now=NOW)
        assert [one.code for one in refused.value.complaints] == ["question_scale_changed"]
    change_draft(sessions, "u1", "nps-stars", lambda _: _and(EFFORT)(STARS_SURVEY), now=NOW)
    assert publish_draft(sessions, Wanted("u1", "Zoé", "l'effort"), "nps-stars", now=NOW).number == 2


def test_a_question_that_keeps_its_name_keeps_its_kind() -> None:
    changed = replace(
        STARS_SURVEY,
        questions=tuple(replace(q, kind=Kind.TEXT) if q.id == "q_wait" else q for q in STARS_SURVEY.questions),
    )
    assert [one.code for one in check_survey(changed, before=STARS_SURVEY)] == ["question_kind_changed"]
    assert check_survey(STARS_SURVEY, before=STARS_SURVEY) == []


def test_versions_stored_before_follow_ups_existed_are_read(sessions: Any) -> None:
    plain = to_plain(STARS_SURVEY)
    for question in plain["questions"]:
        del question["by_score"]
    assert from_plain(plain) == STARS_SURVEY


def test_changes_are_said_in_words() -> None:
    before = replace(STARS_SURVEY, questions=(STARS_SURVEY.questions[0], STARS_SURVEY.questions[-1]))
    after = _longer(before)
    assert changes(before, after, "en") == ["comment: question by the score: changed", 'q_wait: added, "Waiting"']
    assert changes(after, before, "fr")[0] == "q_wait\u00a0: retirée"
    moved = replace(STARS_SURVEY, questions=STARS_SURVEY.questions[:1] + STARS_SURVEY.questions[:0:-1])
    assert changes(STARS_SURVEY, moved, "en")[0].startswith("order: score, comment, q_welcome")


def test_of_two_people_one_publishes_and_the_other_goes_on_from_it(sessions: Any) -> None:
    _change(sessions, "u1")
    _change(sessions, "u2", lambda s: replace(s, name=Words("Avis", "Opinion")))
    ended: list[str] = []
    barrier = threading.Barrier(2)

    def go(author: str) -> None:
        barrier.wait()
        try:
            ended.append(str(_publish(sessions, author)))
        except Refused as refused:
            ended.append(refused.code)

    threads = [threading.Thread(target=go, args=(author,)) for author in ("u1", "u2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["2", "survey_version_conflict"]
    with sessions() as session:
        left = next(a for a in ("u1", "u2") if survey_versions.find_draft(session, a, "nps"))
    carry_over(sessions, left, "nps", now=NOW)
    assert _publish(sessions, left) == 3


def test_a_second_person_approves_a_survey(sessions: Any) -> None:
    _change(sessions)
    made = propose_survey(sessions, Wanted("u1", "Zoé", "l'attente"), "nps", now=NOW)
    refuse(sessions, Decision(made.id, "u2", "Ana", "pas encore"), now=NOW)
    made = propose_survey(sessions, Wanted("u1", "Zoé", "maintenant"), "nps", now=NOW)
    with pytest.raises(Refused):
        approve(sessions, Decision(made.id, "u1", "Zoé"), now=NOW, place=Place())
    assert approve(sessions, Decision(made.id, "u2", "Ana"), now=NOW, place=Place()).number == 2
