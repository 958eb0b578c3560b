"""A second person between a text and its publication: never its author, once, and never over a newer version."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from surveyor.core.surveys import Words
from surveyor.db import audit, email_drafts, email_texts, proposals, rule_drafts, rules, survey_versions
from surveyor.db.proposals import Decision, Proposal
from surveyor.errors import NotFound, Refused
from surveyor.flows.approvals import Place, approve, propose_email, propose_rules, propose_survey, refuse, withdraw
from surveyor.flows.edit_surveys import Wanted as SurveyWanted
from surveyor.flows.edit_surveys import change_draft, open_draft
from surveyor.flows.publish_emails import Wanted
from surveyor.flows.publish_rules import Draft, publish_first, publish_rules
from tests.flows.test_publish_emails import FOLDER, SUBJECTS, _change
from tests.flows.test_publish_rules import NOW, THREE, TWO

PLACE = Place(folder=FOLDER)


@pytest.fixture
def made(sessions: Any) -> Proposal:
    """Rules in force, and others that Zoé proposes."""
    publish_first(sessions, TWO, now=NOW)
    return propose_rules(sessions, Draft(THREE, "Zoé", "moins", actor="u1"), now=NOW, place=PLACE)


def _said(made: Proposal, by: str = "u2", why: str = "") -> Decision:
    return Decision(made.id, by, by.upper(), why)


def _active(sessions: Any) -> Any:
    with sessions() as session:
        return rules.active(session)[0]


def test_a_proposal_decides_nothing_until_somebody_else_approves(sessions: Any, made: Proposal) -> None:
    assert _active(sessions) == 1
    with pytest.raises(Refused) as own:
        approve(sessions, _said(made, "u1"), now=NOW, place=PLACE)
    assert (own.value.code, own.value.status) == ("proposal_own", 403)
    version = approve(sessions, _said(made), now=NOW, place=PLACE)
    assert (version.number, version.author, version.why) == (2, "Zoé", "moins")
    with sessions() as session:
        found = proposals.find(session, made.id)
        assert found is not None
        assert (found.state, found.number, found.decided_name) == ("approved", 2, "U2")
        assert audit.verify(session) == []
        said = session.execute(text("SELECT action, actor FROM audit ORDER BY n")).all()
    assert [tuple(one) for one in said][-2:] == [("rules.propose", "u1"), ("rules.publish", "u1")]


def test_what_cannot_be_published_cannot_be_proposed(sessions: Any) -> None:
    publish_first(sessions, TWO, now=NOW)
    for draft, code in ((Draft("x =", "Zoé", "w"), "syntax"), (Draft(THREE, "Zoé", " "), "rules_reason_required")):
        with pytest.raises(Refused) as refused:
            propose_rules(sessions, draft, now=NOW, place=PLACE)
        assert refused.value.code == code


def test_a_refusal_has_a_reason_and_gives_the_text_back(sessions: Any, made: Proposal) -> None:
    with pytest.raises(Refused) as silent:
        refuse(sessions, _said(made), now=NOW)
    assert silent.value.code == "proposal_reason_required"
    refuse(sessions, _said(made, why="trop tôt"), now=NOW)
    with sessions() as session:
        draft = rule_drafts.find(session, "u1")
        assert draft is not None
        assert (draft.text, draft.base) == (THREE, 1)
    with pytest.raises(Refused) as late:
        approve(sessions, _said(made, "u3"), now=NOW, place=PLACE)
    assert late.value.code == "proposal_decided"
    assert _active(sessions) == 1


def test_its_author_alone_takes_it_back(sessions: Any, made: Proposal) -> None:
    with pytest.raises(NotFound):
        withdraw(sessions, _said(made), now=NOW)
    withdraw(sessions, _said(made, "u1"), now=NOW)
    with sessions() as session:
        assert proposals.pending(session) == []


def test_a_version_published_meanwhile_is_a_conflict_and_the_proposal_waits(sessions: Any, made: Proposal) -> None:
    publish_rules(sessions, Draft(TWO + "min_orders = 4\n", "Ana", "urgence", base=1), now=NOW)
    with pytest.raises(Refused) as refused:
        approve(sessions, _said(made), now=NOW, place=PLACE)
    assert refused.value.code == "rules_version_conflict"
    with sessions() as session:
        assert [one.id for one in proposals.pending(session, "rules")] == [made.id]


def test_of_two_who_decide_at_once_one_decides(sessions: Any, made: Proposal) -> None:
    ended: list[str] = []
    barrier = threading.Barrier(2)

    def go(act: Any, name: str) -> None:
        barrier.wait()
        try:
            act()
            ended.append(name)
        except Refused as refused:
            ended.append(refused.code)

    acts = [
        (lambda: approve(sessions, _said(made), now=NOW, place=PLACE), "approved"),
        (lambda: refuse(sessions, _said(made, "u3", "non"), now=NOW), "refused"),
    ]
    threads = [threading.Thread(target=go, args=one) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        found = proposals.find(session, made.id)
    assert found is not None
    assert sorted(ended) == sorted([found.state, "proposal_decided"])
    assert _active(sessions) == (2 if found.state == "approved" else 1)


def test_the_database_itself_refuses_an_author_who_approves(sessions: Any, made: Proposal) -> None:
    with pytest.raises(IntegrityError), sessions.begin() as session:
        proposals.close(session, _said(made, "u1"), "approved", now=NOW)


def test_texts_of_an_email_wait_for_a_second_person_too(sessions: Any) -> None:
    _change(sessions)
    made = propose_email(sessions, Wanted("u1", "invitation", "Zoé", "plus court"), folder=FOLDER, now=NOW)
    with sessions() as session:
        assert email_texts.edition(session) == 0
        assert email_drafts.find(session, "u1", "invitation") is None
    refuse(sessions, _said(made, why="non"), now=NOW)
    again = propose_email(sessions, Wanted("u1", "invitation", "Zoé", "encore"), folder=FOLDER, now=NOW)
    assert approve(sessions, _said(again), now=NOW, place=PLACE).number == 2
    with sessions() as session:
        texts = email_texts.texts(session, "invitation", 2)
    assert {language: one.subject for language, one in texts.items()} == SUBJECTS


def test_what_is_refused_does_not_replace_the_draft_that_its_author_began_meanwhile(sqlite_sessions: Any) -> None:
    _change(sqlite_sessions)
    email = propose_email(sqlite_sessions, Wanted("u1", "invitation", "Zoé", "plus court"), folder=FOLDER, now=NOW)
    _change(sqlite_sessions, fr="Alors, {{ store.name }} ?")
    open_draft(sqlite_sessions, "u1", "nps", now=NOW)
    change_draft(sqlite_sessions, "u1", "nps", lambda one: replace(one, name=Words("Avis", "Views")), now=NOW)
    survey = propose_survey(sqlite_sessions, SurveyWanted("u1", "Zoé", "un nom"), "nps", now=NOW)
    open_draft(sqlite_sessions, "u1", "nps", now=NOW)
    change_draft(sqlite_sessions, "u1", "nps", lambda one: replace(one, name=Words("Votre avis", "Your view")), now=NOW)
    for made in (email, survey):
        refuse(sqlite_sessions, _said(made, why="non"), now=NOW)
    with sqlite_sessions() as session:
        kept = email_drafts.find(session, "u1", "invitation")
        begun = survey_versions.find_draft(session, "u1", "nps")
    assert kept is not None
    assert kept.parts["fr"]["subject.txt"] == "Alors, {{ store.name }} ?"
    assert begun is not None
    assert begun.survey.name == Words("Votre avis", "Your view")
