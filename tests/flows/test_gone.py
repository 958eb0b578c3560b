"""What is asked of something that went meanwhile, or never was, says so and changes nothing: late forms, old links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from surveyor.core.scope import NETWORK
from surveyor.db.proposals import Decision
from surveyor.db.reviews import OURS, ReviewRow
from surveyor.db.stores import Shop
from surveyor.db.tables.audit import AuditLine
from surveyor.errors import NotFound, Refused
from surveyor.flows import edit_rules, edit_surveys
from surveyor.flows.agree_to_publish import agree_to_publish
from surveyor.flows.answer_followup import answer_followup
from surveyor.flows.approvals import refuse
from surveyor.flows.ask_call_back import ask_call_back
from surveyor.flows.check_code import find_proof
from surveyor.flows.edit_brand import edit_brand
from surveyor.flows.edit_emails import standing
from surveyor.flows.edit_faq import remove_entry, save_entry
from surveyor.flows.edit_publication import edit_publication
from surveyor.flows.edit_store import edit_store
from surveyor.flows.explain_decisions import Asking, explain_customer, explain_decisions
from surveyor.flows.export_customer import export_customer
from surveyor.flows.judge_review import Judge, publish_review
from surveyor.flows.manage_sources import rotate_source
from surveyor.flows.manage_users import HOST
from surveyor.flows.manage_widgets import change_widget
from surveyor.flows.open_review_cases import open_review_case
from surveyor.flows.plan_action import Progress, change_plan
from surveyor.flows.plan_experiment import plan_experiment
from surveyor.flows.record_visit import Unknown, record_visit
from surveyor.flows.reply_to_response import Written, reply_to_response
from surveyor.flows.retry_events import decide_again
from surveyor.flows.send_account_link import invite, make_password_link
from surveyor.flows.set_goal import set_goal
from surveyor.flows.share_report import revoke_share
from surveyor.flows.sort_verbatims import review_verbatim
from surveyor.flows.work_case import Worker
from surveyor.shipped import shipped
from tests.flows.orders import KEYS

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
GONE = UUID(int=7)
BY: dict[str, Any] = {"by": HOST, "now": NOW}
EMAILS = shipped("emails")
SHOP = Shop("S9", "Ici", "", "", "", "", "", "", "Europe/Paris", "fr", False, False, None, None)
REVIEW = ReviewRow(
    GONE,
    OURS,
    GONE,
    "S9",
    "Ici",
    "",
    "fr",
    3,
    None,
    "Bien",
    "",
    "",
    "",
    "",
    None,
    None,
    NOW,
    "waiting",
    *3 * [None],
    (),
)
FAQ = {"question_fr": "Ouvert le dimanche ?", "answer_fr": "Oui."}


def text_of(sessions: Any, number: int | None) -> Any:
    with sessions() as session:
        return standing(session, EMAILS, "invitation", number)


def survey_draft(sessions: Any) -> Any:
    with sessions() as session:
        return edit_surveys.find(session, "u1", "nps")


ASKED: dict[str, Callable[[Any], Any]] = {
    "consent to publish": lambda s: agree_to_publish(s, GONE, agrees=True, now=NOW),
    "proposal": lambda s: refuse(s, Decision(GONE, "u2", "U2", "non"), now=NOW),
    "brand": lambda s: edit_brand(s, brand_id="gone", changes={"name": "Là"}, **BY),
    "publication of a brand": lambda s: edit_publication(s, "gone", {"enabled": "1"}, **BY),
    "question and answer": lambda s: save_entry(s, GONE, FAQ, brands=["maison"], **BY),
    "question taken away": lambda s: remove_entry(s, GONE, brands=["maison"], **BY),
    "version of the rules": lambda s: edit_rules.open_draft(s, "u1", number=9, now=NOW),
    "version of an email": lambda s: text_of(s, 9),
    "draft of a survey": survey_draft,
    "store": lambda s: edit_store(s, store=SHOP, changes={"name": "Là"}, **BY),
    "copy of a person's data": lambda s: export_customer(s, GONE, outbox=None, **BY),
    "review to judge": lambda s: publish_review(s, REVIEW, by=Judge(HOST, KEYS), now=NOW),
    "review to follow": lambda s: open_review_case(s, GONE, by="u1", now=NOW),
    "source": lambda s: rotate_source(s, "caisse", keys=KEYS, now=NOW, actor="host"),
    "widget": lambda s: change_widget(s, "gone", {"name": "Là"}, reach=(NETWORK,), **BY),
    "action plan": lambda s: change_plan(s, GONE, Progress("done", ""), **BY),
    "experiment": lambda s: plan_experiment(s, ("std", "x"), rates=(0.1, 0.2), today=NOW.date(), **BY),
    "case": lambda s: reply_to_response(s, GONE, Written(GONE, "Merci."), by=Worker(GONE), keys=KEYS, now=NOW),
    "account to invite": lambda s: invite(s, user_id=GONE, keys=KEYS, **BY),
    "scope of a goal": lambda s: set_goal(s, "store:S9", "nps", "40", **BY),
    "link to a report": lambda s: revoke_share(s, share_id=GONE, email_id=GONE, **BY),
}


@pytest.mark.parametrize("what", ASKED)
def test_what_is_not_there_is_not_found_and_leaves_no_line_in_the_audit(sqlite_sessions: Any, what: str) -> None:
    with pytest.raises(NotFound):
        ASKED[what](sqlite_sessions)
    with sqlite_sessions() as session:
        assert session.query(AuditLine).count() == 0


ASKING = Asking((NETWORK,), "fr", KEYS)
NOTHING: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "the explanation of a customer": (lambda s: explain_customer(s, GONE, ASKING), None),
    "the explanation of words that hold a NUL": (lambda s: explain_decisions(s, "c1\0", ASKING), None),
    "an event that waits no more": (lambda s: decide_again(s, GONE, keys=KEYS, now=NOW), ""),
    "the labels of a comment": (lambda s: review_verbatim(s, GONE, carried=(), by="u1", now=NOW), False),
    "an answer after a reply": (lambda s: answer_followup(s, "0" * 22, True, now=NOW), None),
    "a wish to be called": (lambda s: ask_call_back(s, GONE, wants=True, now=NOW), False),
    "a code without a second factor": (lambda s: find_proof(s, GONE, "123456", keys=KEYS, now=NOW), None),
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_has_nothing_to_say_of_it_says_nothing(sqlite_sessions: Any, what: str) -> None:
    ask, said = NOTHING[what]
    assert ask(sqlite_sessions) == said


@pytest.mark.parametrize("token", ["", "x", "0" * 23, "é" * 22, "0" * 21 + "\0"])
def test_a_survey_link_that_no_email_can_hold_is_unknown(sqlite_sessions: Any, token: str) -> None:
    assert isinstance(record_visit(sqlite_sessions, token, opening=None, keys=KEYS, now=NOW), Unknown)


def test_a_password_link_for_an_address_without_an_account_is_refused(sqlite_sessions: Any) -> None:
    with pytest.raises(Refused) as refused:
        make_password_link(sqlite_sessions, email="nobody@example.org", keys=KEYS, now=NOW)
    assert (refused.value.status, refused.value.code) == (404, "user_unknown")
