"""New surveys and new invitations: copied from another, checked, published, and only then a name for rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surveyor.core.rules import Rule, check_rules
from surveyor.core.surveys import Words
from surveyor.db import email_texts, survey_versions
from surveyor.db.proposals import Decision
from surveyor.errors import NotFound, Refused
from surveyor.flows import edit_emails, edit_surveys
from surveyor.flows.approvals import Place, approve, propose_email, propose_survey, refuse
from surveyor.flows.compose_email import Composer
from surveyor.flows.known_names import known_names
from surveyor.flows.publish_emails import Wanted, publish_email
from surveyor.flows.published_texts import published_texts
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.mail.published import load_folder
from tests.flows.sending import KEYRING, NOW, Free, Scripted, open_network, schedule

FOLDER = Path(__file__).resolve().parents[2] / "emails"
PICKUP = edit_surveys.New("nps-pickup", Words("Au retrait", "At pickup"), "nps")
RULE = '[[rule]]\nid = "drive"\nsurvey = "{survey}"\nemail = "{email}"\n'


def problems(sessions: Any, survey: str = "nps", email: str = "invitation") -> list[tuple[str, str | None]]:
    """Code and suggestion of everything wrong with a rule that names these two."""
    with sessions() as session:
        known = known_names(session, FOLDER)
    found = check_rules(RULE.format(survey=survey, email=email).encode(), known=known)[1]
    return [(one.code, one.suggestion) for one in found]


def _noel(sessions: Any, subject: str = "Joyeux Noël, {{ store.name }}") -> None:
    edit_emails.create_draft(sessions, "u1", "noel", copy="invitation-short", folder=FOLDER, now=NOW)
    changed = {"fr": {"subject.txt": subject}, "en": {"subject.txt": "Merry Christmas, {{ store.name }}"}}
    edit_emails.save_texts(sessions, "u1", "invitation-noel", changed, folder=FOLDER, now=NOW)


def _codes(error: Any) -> list[tuple[str, str]]:
    return [(one.where, one.code) for one in error.value.complaints]


def test_a_new_survey_is_a_draft_then_a_version_then_a_name_for_rules(sessions: Any) -> None:
    draft = edit_surveys.create_draft(sessions, "u1", PICKUP, now=NOW)
    assert (draft.base, draft.survey.id, draft.survey.name.en) == (0, "nps-pickup", "At pickup")
    assert problems(sessions, survey="nps-pickup") == [("unknown_ref", None)]
    with sessions() as session:
        assert "nps-pickup" not in survey_versions.ids(session)
        before = edit_surveys.before(session, draft.survey)
    assert (before.number, before.survey.questions) == (0, ())
    made = edit_surveys.publish_draft(sessions, edit_surveys.Wanted("u1", "Zoé", "au retrait"), "nps-pickup", now=NOW)
    assert (made.number, made.base, made.author) == (1, None, "Zoé")
    assert problems(sessions, survey="nps-pickup") == []
    assert problems(sessions, survey="nps-pikup") == [("unknown_ref", "nps-pickup")]
    edit_surveys.open_draft(sessions, "u1", "nps-pickup", now=NOW)
    edit_surveys.change_draft(
        sessions, "u1", "nps-pickup", lambda s: replace(s, name=Words("Retrait", "Pickup")), now=NOW
    )
    again = edit_surveys.publish_draft(sessions, edit_surveys.Wanted("u1", "Zoé", "plus court"), "nps-pickup", now=NOW)
    assert (again.number, again.base) == (2, 1)


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (replace(PICKUP, id="nps"), [("id", "name_taken")]),
        (replace(PICKUP, id="Été 2026"), [("id", "name_pattern")]),
        (replace(PICKUP, id="n" * 33), [("id", "name_pattern")]),
        (replace(PICKUP, id=""), [("id", "name_pattern")]),
        (replace(PICKUP, name=Words("", "x" * 81)), [("name_fr", "name_length"), ("name_en", "name_length")]),
    ],
)
def test_a_name_that_cannot_be_taken_is_said(
    sqlite_sessions: Any, new: edit_surveys.New, wrong: list[tuple[str, str]]
) -> None:
    with pytest.raises(Refused) as error:
        edit_surveys.create_draft(sqlite_sessions, "u1", new, now=NOW)
    assert _codes(error) == wrong


def test_nothing_is_copied_from_what_is_not_and_no_draft_is_written_over(sqlite_sessions: Any) -> None:
    with pytest.raises(NotFound):
        edit_surveys.create_draft(sqlite_sessions, "u1", replace(PICKUP, copy="nothing"), now=NOW)
    with pytest.raises(NotFound):
        edit_emails.create_draft(sqlite_sessions, "u1", "noel", copy="reminder", folder=FOLDER, now=NOW)
    edit_surveys.create_draft(sqlite_sessions, "u1", PICKUP, now=NOW)
    _noel(sqlite_sessions)
    with pytest.raises(Refused) as error:
        edit_surveys.create_draft(sqlite_sessions, "u1", PICKUP, now=NOW)
    assert _codes(error) == [("id", "name_taken")]
    with pytest.raises(Refused) as error:
        edit_emails.create_draft(sqlite_sessions, "u1", "noel", copy="invitation", folder=FOLDER, now=NOW)
    assert _codes(error) == [("variant", "name_taken")]
    with pytest.raises(Refused) as error:
        edit_emails.create_draft(sqlite_sessions, "u1", "n" * 22, copy="invitation", folder=FOLDER, now=NOW)
    assert _codes(error) == [("variant", "name_pattern")]


def test_of_two_new_surveys_of_one_name_the_second_is_told(sqlite_sessions: Any) -> None:
    for author in ("u1", "u2"):
        edit_surveys.create_draft(sqlite_sessions, author, PICKUP, now=NOW)
    edit_surveys.publish_draft(sqlite_sessions, edit_surveys.Wanted("u1", "Zoé", "a"), "nps-pickup", now=NOW)
    with pytest.raises(Refused) as error:
        edit_surveys.publish_draft(sqlite_sessions, edit_surveys.Wanted("u2", "Ana", "b"), "nps-pickup", now=NOW)
    assert error.value.code == "survey_version_conflict"
    edit_surveys.carry_over(sqlite_sessions, "u2", "nps-pickup", now=NOW)
    with sqlite_sessions() as session:
        assert edit_surveys.find(session, "u2", "nps-pickup").base == 1


def test_a_new_invitation_reaches_customers_once_a_rule_names_it(sessions: Any) -> None:
    _noel(sessions)
    assert problems(sessions, email="invitation-noel") == [("unknown_ref", "invitation")]
    version = publish_email(sessions, Wanted("u1", "invitation-noel", "Zoé", "Noël"), folder=FOLDER, now=NOW)
    assert (version.number, version.base) == (1, None)
    assert problems(sessions, email="invitation-noel") == []
    assert problems(sessions, email="invitation-noeel") == [("unknown_ref", "invitation-noel")]
    open_network(sessions)
    schedule(sessions, address="zoe@example.org", rule=Rule("std", email="invitation-noel"), kind="invitation-noel")
    provider = Scripted()
    build = Composer(
        emails=load_folder(FOLDER),
        keyring=KEYRING,
        base_url="https://avis.maison.example",
        sender="Maison <avis@maison.example>",
        now=lambda: NOW,
        published=lambda kind, edition: published_texts(sessions, kind, edition),
    )
    mailer = Mailer(provider=provider, build=build, journeys=Free(), owner="w1", ticks=lambda: 0.0)
    send_emails(sessions, mailer=mailer, now=lambda: NOW, limit=10)
    assert [message.subject for message in provider.accepted] == ["Joyeux Noël, Lille"]


def test_a_second_person_approves_a_new_survey_and_a_new_invitation(sqlite_sessions: Any) -> None:
    edit_surveys.create_draft(sqlite_sessions, "u1", PICKUP, now=NOW)
    _noel(sqlite_sessions)
    asked = edit_surveys.Wanted("u1", "Zoé", "au retrait")
    place = Place(folder=FOLDER)
    back = propose_survey(sqlite_sessions, asked, "nps-pickup", now=NOW)
    refuse(sqlite_sessions, Decision(back.id, "u2", "Ana", "pas encore"), now=NOW)
    with sqlite_sessions() as session:
        assert edit_surveys.find(session, "u1", "nps-pickup").base == 0
    again = propose_survey(sqlite_sessions, asked, "nps-pickup", now=NOW)
    assert approve(sqlite_sessions, Decision(again.id, "u2", "Ana", ""), now=NOW, place=place).number == 1
    mail = propose_email(sqlite_sessions, Wanted("u1", "invitation-noel", "Zoé", "Noël"), folder=FOLDER, now=NOW)
    assert approve(sqlite_sessions, Decision(mail.id, "u2", "Ana", ""), now=NOW, place=place).number == 1
    with sqlite_sessions() as session:
        assert email_texts.kinds(session) == ["invitation-noel"]


def test_a_new_invitation_that_pushes_the_answer_is_not_published(sqlite_sessions: Any) -> None:
    _noel(sqlite_sessions, subject="Mettez 9 ou 10, {{ store.name }}")
    with pytest.raises(Refused) as error:
        publish_email(sqlite_sessions, Wanted("u1", "invitation-noel", "Zoé", "x"), folder=FOLDER, now=NOW)
    assert ("fr/subject.txt:1", "email_gating") in _codes(error)
