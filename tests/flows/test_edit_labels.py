"""The lexicon is changed by drafts: tried on verbatims, refused with a reason, published once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.labels import read_lexicon
from surveyor.core.scope import NETWORK
from surveyor.db import labels
from surveyor.db.tables.audit import AuditLine
from surveyor.errors import NotFound, Refused
from surveyor.flows.edit_labels import (
    Wanted,
    discard_draft,
    effect,
    measured,
    next_to_review,
    open_draft,
    publish_labels,
    save_draft,
    suggested,
)
from surveyor.flows.manage_users import HOST
from surveyor.flows.send_emails import send_emails
from surveyor.flows.sort_verbatims import in_force, review_verbatim, shipped_text
from tests.flows.sending import NOW, Asked, Scripted, mailer, open_network, schedule
from tests.flows.test_sort_verbatims import LATER, answer

WANTED = Wanted("zoe", "Files d'attente", "Les magasins disent « queue »")
RENAMED = shipped_text().replace('id = "waiting"', 'id = "queues"')


@pytest.fixture
def asked(sessions: Any) -> Asked:
    open_network(sessions)
    one = schedule(sessions)
    send_emails(sessions, mailer=mailer(Scripted()), now=lambda: NOW)
    return one


def refused(sessions: Any, wanted: Wanted = WANTED) -> tuple[int, list[str]]:
    """The status and the codes with which a publication is refused; nothing is published."""
    with sessions() as session:
        before = labels.in_force(session)
    with pytest.raises(Refused) as told:
        publish_labels(sessions, wanted, by=HOST, now=LATER)
    with sessions() as session:
        assert labels.in_force(session) == before
    return told.value.status, [one.code for one in told.value.complaints]


def test_a_draft_begins_with_what_is_in_force_and_is_kept_as_typed(sessions: Any) -> None:
    first = open_draft(sessions, "zoe", now=NOW)
    assert (first.base, first.text) == (0, shipped_text())
    assert save_draft(sessions, "zoe", "format = \r\n", now=LATER).text == "format = \n"
    assert open_draft(sessions, "zoe", now=LATER).text == "format = \n", "opened again, it is what was typed"
    assert open_draft(sessions, "ana", now=LATER).text == shipped_text(), "each has their own"
    discard_draft(sessions, "zoe")
    assert open_draft(sessions, "zoe", now=LATER).text == shipped_text()


def test_what_is_not_there_is_not_found(sessions: Any) -> None:
    with pytest.raises(NotFound):
        save_draft(sessions, "zoe", "x", now=NOW)
    with pytest.raises(NotFound):
        open_draft(sessions, "zoe", now=NOW, number=7)
    with pytest.raises(NotFound):
        publish_labels(sessions, WANTED, by=HOST, now=NOW)


def test_an_old_version_comes_back_as_a_draft_of_the_one_in_force(sessions: Any) -> None:
    open_draft(sessions, "zoe", now=NOW)
    save_draft(sessions, "zoe", RENAMED, now=NOW)
    one = publish_labels(sessions, WANTED, by=HOST, now=LATER)
    assert (one.number, one.text) == (1, RENAMED)
    with sessions() as session:
        assert in_force(session).number == 1
        entry = session.scalars(select(AuditLine).where(AuditLine.action == "labels.publish")).one()
        assert labels.find_draft(session, "zoe") is None
    assert entry.object == "labels:1"
    save_draft(sessions, open_draft(sessions, "zoe", now=LATER).author, RENAMED + "# queue\n", now=LATER)
    publish_labels(sessions, WANTED, by=HOST, now=LATER)
    back = open_draft(sessions, "zoe", now=LATER, number=1)
    assert (back.base, back.text) == (2, RENAMED)
    assert publish_labels(sessions, WANTED, by=HOST, now=LATER).number == 3


def test_a_publication_says_what_it_lacks(sessions: Any) -> None:
    open_draft(sessions, "zoe", now=NOW)
    assert refused(sessions) == (422, ["labels_unchanged"])
    assert refused(sessions, Wanted("zoe", "x", "  ")) == (422, ["labels_reason_required"])
    save_draft(sessions, "zoe", "format = 7\n", now=NOW)
    status, codes = refused(sessions)
    assert status == 422
    assert codes
    save_draft(sessions, "zoe", RENAMED, now=NOW)
    open_draft(sessions, "ana", now=NOW)
    save_draft(sessions, "ana", RENAMED + "# mine\n", now=NOW)
    publish_labels(sessions, WANTED, by=HOST, now=LATER)
    assert refused(sessions, Wanted("ana", "x", "y")) == (409, ["labels_version_conflict"])


def test_a_draft_says_what_it_gains_and_loses_before_it_is_published(sessions: Any, asked: Asked) -> None:
    answer(sessions, asked, 3, "Trop d'attente et trop cher")
    lexicon, wrong = read_lexicon(RENAMED)
    assert lexicon is not None, wrong
    moved, tried = effect(sessions, lexicon)
    assert tried == 1
    said = {one.label: (one.before, one.after, one.gains, one.losses) for one in moved}
    assert said == {"queues": (0, 1, 1, 0), "waiting": (1, 0, 0, 1)}, "the price does not move"
    assert {one.label: one.gained + one.lost for one in moved}["queues"] == ("Trop d'attente et trop cher",)
    same, _ = read_lexicon(shipped_text())
    assert same is not None
    assert effect(sessions, same) == ([], 1)


def test_its_quality_is_measured_on_what_a_person_went_through(sessions: Any, asked: Asked) -> None:
    answer(sessions, asked, 3, "Trop d'attente et trop cher")
    with sessions() as session:
        lexicon = in_force(session).lexicon
        assert measured(session, lexicon)[2] == 0
        assert next_to_review(session, (NETWORK,)) == asked.invitation_id
        assert next_to_review(session, ()) is None
        rows = labels.carried(session, [asked.invitation_id])[asked.invitation_id]
        assert list(suggested(session, lexicon, "en")) == [], "nobody wrote in English"
    kept = [labels.Carried(one.label, one.polarity, origin="person") for one in rows if one.label == "price"]
    assert review_verbatim(sessions, asked.invitation_id, carried=kept, by="zoe", now=LATER)
    with sessions() as session:
        by_label, whole, n = measured(session, lexicon)
        assert next_to_review(session, (NETWORK,)) is None
    assert n == 1
    assert whole.precision == pytest.approx(0.5), "of the price and the waiting, the person kept the price"
    assert whole.recall == 1.0
    assert {one.label for one in by_label} <= {one.id for one in lexicon.labels}
