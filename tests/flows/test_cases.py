"""From a low score to a closed case: opened once, replied to once, answered back, told upwards when nobody moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from surveyor.app import build_services
from surveyor.core.cases import Status
from surveyor.core.periods import Period
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tokens import Purpose
from surveyor.db import cases
from surveyor.db.base import new_id
from surveyor.db.cases import Wanted
from surveyor.db.tables.cases import Case, CaseCandidate, CaseEntry
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.instance import Alert
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.users import User
from surveyor.errors import NotFound, Refused
from surveyor.flows.answer_followup import answer_followup, followup
from surveyor.flows.ask_call_back import ask_call_back
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.open_cases import open_by_person, open_cases
from surveyor.flows.receive_messages import collect_messages, receive_message
from surveyor.flows.reply_to_response import Written, note_lost_replies, reply_to_response
from surveyor.flows.send_emails import send_emails
from surveyor.flows.unsubscribe import Choice, unsubscribe
from surveyor.flows.work_case import Ending, Worker, assign, close, escalate, move, note
from surveyor.settings import Settings
from tests.databases import ON_SQLITE
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, schedule
from tests.flows.test_sort_verbatims import answer
from tests.web import sample

ANSWERED = NOW + timedelta(days=1)
LATER = ANSWERED + timedelta(minutes=5)
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def asked(sessions: Any) -> Asked:
    open_network(sessions)
    one = schedule(sessions)
    send_emails(sessions, mailer=mailer(Scripted()), now=lambda: NOW)
    return one


@pytest.fixture
def camille(sessions: Any) -> Worker:
    ident = new_id(NOW)
    with sessions.begin() as session:
        session.add(User(id=ident, email="camille@example.org", name="Camille", role="store_manager", created_at=NOW))
    return Worker(ident)


def opened(sessions: Any, asked: Asked, comment: str = "Trop d'attente en caisse", score: int = 2) -> UUID:
    answer(sessions, asked, score, comment)
    assert open_cases(sessions, now=LATER) == 1
    with sessions() as session:
        found = cases.of_response(session, asked.invitation_id)
    assert found is not None
    return found


def after(seconds: int) -> datetime:
    return LATER + timedelta(seconds=seconds)


def one(sessions: Any, case_id: UUID) -> Case:
    with sessions() as session:
        return session.get(Case, case_id)  # type: ignore[no-any-return]


def story(sessions: Any, case_id: UUID) -> list[str]:
    with sessions() as session:
        rows = session.scalars(
            select(CaseEntry).where(CaseEntry.case_id == case_id).order_by(CaseEntry.at, CaseEntry.id)
        )
        return [row.kind for row in rows]


def test_a_low_score_opens_one_case_a_minute_later_however_often_one_looks(sessions: Any, asked: Asked) -> None:
    answer(sessions, asked, 2, "Trop d'attente en caisse")
    assert open_cases(sessions, now=ANSWERED + timedelta(seconds=59)) == 0
    assert open_cases(sessions, now=LATER) == 1
    assert open_cases(sessions, now=LATER) == 0
    with sessions() as session:
        case = session.scalars(select(Case)).one()
        assert (case.why, case.score, case.negative, case.status) == ("score", 2, "waiting", "new")
        assert case.answer_by > case.opened_at
        assert session.scalar(select(func.count()).select_from(CaseCandidate)) == 0


def test_a_score_corrected_within_the_minute_opens_none_and_one_corrected_later_is_followed(
    sessions: Any, asked: Asked
) -> None:
    answer(sessions, asked, 2, "")
    answer(sessions, asked, 9, "", minutes=0, follows=(1,))
    assert open_cases(sessions, now=LATER + timedelta(minutes=5)) == 0
    answer(sessions, asked, 3, "", minutes=10, follows=(2,))
    assert open_cases(sessions, now=LATER + timedelta(minutes=20)) == 1
    answer(sessions, asked, 8, "mieux", minutes=30, follows=(3,))
    with sessions() as session:
        assert session.scalars(select(Case.score)).one() == 8


def test_a_grave_word_opens_a_case_and_an_alert_whatever_the_score(sessions: Any, asked: Asked) -> None:
    answer(sessions, asked, 9, "Très bien, mais mon fils a fait une allergie")
    assert open_cases(sessions, now=LATER) == 1
    with sessions() as session:
        assert session.scalars(select(Case.why)).one() == "severe"
        assert session.scalars(select(Alert.code)).one() == "severe_case"


def test_a_reader_sees_the_cases_of_their_stores_and_no_other(sessions: Any, asked: Asked, camille: Worker) -> None:
    case_id = opened(sessions, asked)
    lille, elsewhere = (Scope.of(stores=["lille"]),), (Scope.of(stores=["lyon"]),)
    with sessions() as session:
        assert [row.id for row in cases.listed(session, lille, Wanted(), now=LATER)] == [case_id]
        assert cases.listed(session, elsewhere, Wanted(), now=LATER) == []
        assert cases.shown(session, elsewhere, case_id) is None
        assert cases.counters(session, elsewhere, me=None, now=LATER) == cases.Counters(0, 0, 0, 0, 0)
        assert cases.counters(session, lille, me=None, now=LATER).new == 1
        late = cases.listed(session, lille, Wanted(late=True), now=LATER + timedelta(days=9))
        assert [row.verbatim for row in late] == ["Trop d'attente en caisse"]
        assert cases.listed(session, lille, Wanted(label="waiting"), now=LATER) != []
        assert cases.listed(session, lille, Wanted(label="wait"), now=LATER) == []
        page = Wanted(after=(LATER, case_id))
        assert cases.listed(session, lille, page, now=LATER) == []


def test_a_reply_is_one_email_of_the_line_however_often_the_form_is_sent(
    sessions: Any, asked: Asked, camille: Worker
) -> None:
    case_id = opened(sessions, asked)
    written = Written(new_id(LATER), "Merci de nous l'avoir dit.\n\nNous ouvrons une caisse de plus.", asks=True)
    assert reply_to_response(sessions, case_id, written, by=camille, keys=KEYRING, now=after(1))
    assert not reply_to_response(sessions, case_id, written, by=camille, keys=KEYRING, now=after(1))
    provider = Scripted()
    assert send_emails(sessions, mailer=mailer(provider), now=lambda: after(2)).sent == 1
    assert send_emails(sessions, mailer=mailer(provider), now=lambda: after(2)).sent == 0
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(SendAttempt)) == 2  # the invitation and the reply
    case = one(sessions, case_id)
    assert (case.status, case.replied_at, case.owner_id) == ("waiting", after(1), camille.id)
    assert story(sessions, case_id) == ["opened", "reply"]


def test_the_message_of_a_reply_continues_the_thread_and_quotes_the_answer(
    sessions: Any, asked: Asked, camille: Worker, tmp_path: Path
) -> None:
    case_id = opened(sessions, asked)
    words = "Merci.\n\nUne caisse de plus.\n\nÀ bientôt."
    reply_to_response(
        sessions, case_id, Written(new_id(LATER), words, asks=True), by=camille, keys=KEYRING, now=after(1)
    )
    settings = replace(
        Settings.read({}), home=tmp_path, mail_url="memory://", secret_keys=(bytes(range(32)),), sender="a@maison.fr"
    )
    house = build_services(settings, sessions=sessions, read_sessions=sessions, keyring=KEYRING, now=lambda: after(2))
    provider = Scripted()
    assert send_emails(sessions, mailer=mailer(provider, built=house.build), now=lambda: after(2)).sent == 1
    message = provider.accepted[-1]
    headers = dict(message.headers)
    assert headers["In-Reply-To"] == headers["References"] == f"<{asked.email_id.hex}@maison.fr>"
    token = KEYRING.token(Purpose.FOLLOW_UP, case_id)
    for body in (message.text, message.html):
        assert "Une caisse de plus." in body
        assert "Trop d" in body
        assert f"/f/{token}" in body
        assert "Camille" in body
    assert message.subject == "Notre réponse à votre avis du 3 novembre 2026"


def test_who_said_no_gets_no_reply_and_the_case_says_so(sessions: Any, asked: Asked, camille: Worker) -> None:
    case_id = opened(sessions, asked)
    reply_to_response(sessions, case_id, Written(new_id(LATER), "Merci."), by=camille, keys=KEYRING, now=after(1))
    unsubscribe(sessions, asked.unsubscribe_token, choice=Choice.STOP, months=0, journeys=Free(), now=LATER)
    assert send_emails(sessions, mailer=mailer(Scripted()), now=lambda: after(2)).sent == 0
    assert note_lost_replies(sessions, now=after(3)) == 1
    assert note_lost_replies(sessions, now=after(3)) == 0
    case = one(sessions, case_id)
    assert (case.status, case.replied_at) == ("in_progress", None)
    assert story(sessions, case_id)[-1] == "not_sent"


def inbound(in_reply_to: str, *, sender: str, text: str = "Merci, à bientôt.", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "avis@example.org", "Re: votre avis"
    message["Message-ID"], message["In-Reply-To"] = "<abc@example.org>", in_reply_to
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"{text}\n\nLe 3 nov. 2026 à 10:00, Maison <avis@example.org> a écrit :\n> Bonjour\n")
    return message.as_bytes()


def test_a_customer_s_answer_joins_its_case_once_and_opens_it_again(
    sessions: Any, asked: Asked, camille: Worker
) -> None:
    case_id = opened(sessions, asked)
    reply_to_response(sessions, case_id, Written(new_id(LATER), "Merci."), by=camille, keys=KEYRING, now=after(1))
    close(sessions, case_id, Ending("waiting", "caisse ouverte"), by=camille, now=LATER)
    with sessions() as session:
        reply = session.scalars(select(Email.id).where(Email.kind == "reply")).one()
    raw = inbound(f"<{reply.hex}@localhost>", sender=asked.address)
    told = [receive_message(sessions, raw, keys=KEYRING, now=LATER).outcome for _ in range(2)]
    assert told == ["kept", "known"]
    case = one(sessions, case_id)
    assert (case.status, case.unread, case.closed_at) == ("in_progress", True, None)
    with sessions() as session:
        kept = session.scalars(select(CaseEntry).where(CaseEntry.kind == "received")).one()
    assert (kept.body, kept.detail) == ("Merci, à bientôt.", "")


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        (b"", "unknown"),
        (b"\xff\x00garbage", "unknown"),
        (inbound("<00000000000000000000000000000000@x>", sender="a@b.fr"), "unknown"),
        (inbound("<x@y>", sender="a@b.fr", Auto_Submitted="auto-replied"), "automatic"),
    ],
)
def test_what_belongs_to_no_case_is_left_aside(sessions: Any, raw: bytes, outcome: str) -> None:
    assert receive_message(sessions, raw, keys=KEYRING, now=LATER).outcome == outcome


def test_a_message_from_another_address_is_kept_and_marked(sessions: Any, asked: Asked, camille: Worker) -> None:
    case_id = opened(sessions, asked)
    raw = inbound(f"<{asked.email_id.hex}@localhost>", sender="Quelqu'un <other@example.net>")
    assert receive_message(sessions, raw, keys=KEYRING, now=LATER).outcome == "kept"
    with sessions() as session:
        assert session.scalars(select(CaseEntry.detail).where(CaseEntry.kind == "received")).one() == "other_address"
    assert one(sessions, case_id).unread


def test_a_case_is_taken_noted_moved_and_closed_with_its_cause(sessions: Any, asked: Asked, camille: Worker) -> None:
    case_id = opened(sessions, asked)
    entry = new_id(LATER)
    assign(sessions, case_id, camille.id, by=camille, now=after(1))
    for _ in range(2):
        note(sessions, case_id, "rappelé à 15 h", by=camille, entry_id=entry, now=after(2))
    move(sessions, case_id, Status.WAITING, by=camille, now=after(3))
    with pytest.raises(Refused, match="root cause"):
        close(sessions, case_id, Ending(""), by=camille, now=LATER)
    for _ in range(2):
        close(sessions, case_id, Ending("waiting", "deux caisses"), by=camille, now=after(4))
    with pytest.raises(Refused):
        move(sessions, case_id, Status.WAITING, by=camille, now=LATER)
    assert story(sessions, case_id) == ["opened", "owner", "note", "status", "closed"]
    assert one(sessions, case_id).root_cause == "waiting"
    with pytest.raises(NotFound):
        assign(sessions, new_id(LATER), None, by=camille, now=LATER)


def test_a_case_that_nobody_answers_is_told_to_the_region_then_to_the_network(sessions: Any, asked: Asked) -> None:
    case_id = opened(sessions, asked)
    case = one(sessions, case_id)
    assert escalate(sessions, now=case.answer_by - timedelta(seconds=1)) == 0
    assert escalate(sessions, now=case.answer_by) == 1
    assert escalate(sessions, now=case.answer_by) == 0
    assert escalate(sessions, now=case.network_by) == 1
    assert one(sessions, case_id).level == "network"
    assert story(sessions, case_id) == ["opened", "escalated", "escalated"]


def test_the_question_after_a_reply_counts_a_post_and_no_get(sessions: Any, asked: Asked, camille: Worker) -> None:
    case_id = opened(sessions, asked)
    written = Written(new_id(LATER), "Merci.", asks=True)
    reply_to_response(sessions, case_id, written, by=camille, keys=KEYRING, now=after(1))
    token = KEYRING.token(Purpose.FOLLOW_UP, case_id)
    for _ in range(3):
        shown = followup(sessions, token)
        assert shown is not None
        assert shown.come_back is None
    answer_followup(sessions, token, False, now=after(2))
    answer_followup(sessions, token, True, now=after(3))
    answer_followup(sessions, token, True, now=after(4))
    with sessions() as session:
        assert cases.came_back(session, (NETWORK,), MONTH) == (1, 1)
    assert story(sessions, case_id)[-2:] == ["come_back", "come_back"]
    assert followup(sessions, "0" * 22) is None
    assert answer_followup(sessions, "x", True, now=LATER) is None


def test_reply_figures_are_those_of_the_commented_responses(sessions: Any, asked: Asked, camille: Worker) -> None:
    case_id = opened(sessions, asked)
    with sessions() as session:
        assert [row.replied_at for row in cases.replied(session, (NETWORK,), MONTH)] == [None]
    reply_to_response(sessions, case_id, Written(new_id(LATER), "Merci."), by=camille, keys=KEYRING, now=after(1))
    with sessions() as session:
        assert [row.replied_at for row in cases.replied(session, (NETWORK,), MONTH)] == [after(1)]
        assert cases.replied(session, (), MONTH) == []
        assert [row.replied for row in cases.detractors(session, (NETWORK,), MONTH)] == [True]


def test_a_person_opens_a_case_for_any_response_and_finds_the_same_one_again(
    sessions: Any, asked: Asked, camille: Worker
) -> None:
    answer(sessions, asked, 10, "Très bon accueil")
    assert open_cases(sessions, now=LATER) == 0
    first = open_by_person(sessions, asked.invitation_id, by=camille.name, now=LATER)
    assert open_by_person(sessions, asked.invitation_id, by=camille.name, now=LATER) == first
    assert one(sessions, first).why == "person"
    with pytest.raises(NotFound):
        open_by_person(sessions, new_id(LATER), by=camille.name, now=LATER)


@ON_SQLITE
def test_a_reply_to_a_closed_case_leaves_it_closed_and_with_its_owner_even_when_it_is_lost(
    sessions: Any, asked: Asked, camille: Worker
) -> None:
    case_id = opened(sessions, asked)
    assign(sessions, case_id, camille.id, by=camille, now=after(1))
    close(sessions, case_id, Ending("waiting", "caisse ouverte"), by=camille, now=after(2))
    other = Worker(add_user(sessions, user=NewUser("zoe@example.org", "cx"), by=HOST, now=NOW))
    written = Written(new_id(LATER), "Merci.")
    assert reply_to_response(sessions, case_id, written, by=other, keys=KEYRING, now=after(3))
    case = one(sessions, case_id)
    assert (case.status, case.owner_id, case.replied_at) == ("closed", camille.id, after(3))
    unsubscribe(sessions, asked.unsubscribe_token, choice=Choice.STOP, months=0, journeys=Free(), now=after(4))
    assert note_lost_replies(sessions, now=after(5)) == 1
    case = one(sessions, case_id)
    assert (case.status, case.replied_at) == ("closed", None)


@ON_SQLITE
@pytest.mark.parametrize("change", [{"restricted": True}, {"email": "", "address_key": None}])
def test_nobody_replies_to_who_has_no_address_or_asked_for_no_more_processing(
    sessions: Any, asked: Asked, camille: Worker, change: dict[str, Any]
) -> None:
    case_id = opened(sessions, asked)
    with sessions.begin() as session:
        session.execute(update(Customer).values(**change))
    with pytest.raises(Refused) as refused:
        reply_to_response(sessions, case_id, Written(new_id(LATER), "Merci."), by=camille, keys=KEYRING, now=LATER)
    assert (refused.value.status, refused.value.code) == (409, "reply_no_address")
    assert story(sessions, case_id) == ["opened"]


@ON_SQLITE
def test_a_case_that_waits_for_its_customer_changes_hands_and_still_waits(
    sessions: Any, asked: Asked, camille: Worker
) -> None:
    case_id = opened(sessions, asked)
    move(sessions, case_id, Status.WAITING, by=camille, now=after(1))
    assign(sessions, case_id, camille.id, by=camille, now=after(2))
    assert (one(sessions, case_id).status, one(sessions, case_id).owner_id) == ("waiting", camille.id)
    assign(sessions, case_id, None, by=camille, now=after(3))
    assert (one(sessions, case_id).status, one(sessions, case_id).owner_id) == ("waiting", None)


@ON_SQLITE
def test_a_customer_who_asks_to_be_called_opens_the_closed_case_again(
    sessions: Any, asked: Asked, camille: Worker
) -> None:
    case_id = opened(sessions, asked)
    close(sessions, case_id, Ending("waiting"), by=camille, now=after(1))
    assert ask_call_back(sessions, asked.invitation_id, wants=True, now=after(2))
    case = one(sessions, case_id)
    assert (case.status, case.closed_at, case.unread) == ("in_progress", None, True)


@ON_SQLITE
def test_a_mailbox_is_emptied_and_what_says_nothing_of_its_own_is_no_line(sessions: Any, asked: Asked) -> None:
    case_id = opened(sessions, asked)
    thread, gone = f"<{asked.email_id.hex}@localhost>", []
    quoted, said = (inbound(thread, sender=asked.address, text=text) for text in ("", "Merci !"))
    messages = [(raw, lambda n=n: gone.append(n)) for n, raw in enumerate((quoted, b"", said))]
    assert collect_messages(sessions, messages, keys=KEYRING, now=after(1)) == 1
    assert gone == [0, 1, 2]
    assert story(sessions, case_id) == ["opened", "received"]
    assert receive_message(sessions, quoted, keys=KEYRING, now=LATER).outcome == "empty"


@ON_SQLITE
def test_a_message_whose_sender_has_no_usable_address_still_joins_its_case(sessions: Any, asked: Asked) -> None:
    opened(sessions, asked)
    raw = inbound(f"<{asked.email_id.hex}@localhost>", sender="Zoé <zoe@localhost..>")
    assert receive_message(sessions, raw, keys=KEYRING, now=LATER).outcome == "kept"


def test_two_hundred_answers_and_one_are_all_looked_at_in_one_pass(sqlite_sessions: Any) -> None:
    held = sample.Held()
    place = {"store_id": "lille", "segment": "", "rule_id": "std", "rule_version": 1}
    for n in range(201):
        who = Customer(id=new_id(NOW), external_id=f"c{n}", email="", address_key=n.to_bytes(2) * 16, created_at=NOW)
        held.add(who)
        sample.invite(held, customer=who, order_id=f"o{n}", place=place, day=NOW.date(), sent_at=NOW)
    ids = [one.id for one in held.rows[Invitation]]
    with sqlite_sessions.begin() as session:
        held.save(session)
        session.add_all([CaseCandidate(invitation_id=one, due_at=NOW) for one in ids])
    assert open_cases(sqlite_sessions, now=LATER) == 0
    with sqlite_sessions() as session:
        assert session.scalar(select(func.count()).select_from(CaseCandidate)) == 0
