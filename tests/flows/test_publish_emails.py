"""Texts of emails in versions: checked, whole, never over somebody else's, and read by the next email built."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from surveyor.db import audit, email_drafts, email_texts
from surveyor.db.tables.emails import Email
from surveyor.errors import NotFound, Refused
from surveyor.flows.compose_email import Composer
from surveyor.flows.edit_emails import carry_over, open_draft, save_texts, standing
from surveyor.flows.publish_emails import Wanted, publish_email
from surveyor.flows.published_texts import published_texts
from surveyor.flows.send_emails import Mailer, send_emails
from surveyor.mail.providers.base import TransientError
from surveyor.mail.published import load_folder
from tests.flows.sending import KEYRING, NOW, Free, Scripted, open_network, schedule

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).resolve().parents[2] / "emails"
SUBJECTS = {"fr": "Et votre commande, {{ store.name }} ?", "en": "And your order, {{ store.name }}?"}


def _change(sessions: Any, author: str = "u1", **more: str) -> email_drafts.Draft:
    open_draft(sessions, author, "invitation", folder=FOLDER, now=NOW)
    changed = {language: {"subject.txt": more.get(language, subject)} for language, subject in SUBJECTS.items()}
    return save_texts(sessions, author, "invitation", changed, folder=FOLDER, now=NOW)


def _publish(sessions: Any, author: str = "u1", why: str = "plus court", now: datetime = NOW) -> email_texts.Version:
    return publish_email(sessions, Wanted(author, "invitation", "Zoé", why), folder=FOLDER, now=now)


def _codes(error: Any) -> set[str]:
    return {one.code for one in error.value.complaints}


def _send(sessions: Any, provider: Scripted, now: datetime = NOW) -> None:
    build = Composer(
        emails=load_folder(FOLDER),
        keyring=KEYRING,
        base_url="https://avis.maison.example",
        sender="Maison <avis@maison.example>",
        now=lambda: now,
        published=lambda kind, edition: published_texts(sessions, kind, edition),
    )
    mailer = Mailer(provider=provider, build=build, journeys=Free(), owner="w1", ticks=lambda: 0.0)
    send_emails(sessions, mailer=mailer, now=lambda: now, limit=10)


def test_what_comes_with_the_product_is_version_1_and_stays_it(sessions: Any) -> None:
    with sessions() as session:
        assert standing(session, FOLDER, "invitation").number == 1
    _change(sessions)
    version = _publish(sessions)
    with sessions() as session:
        assert (version.number, version.base) == (2, 1)
        first = standing(session, FOLDER, "invitation", 1)
        assert first.version is not None
        assert first.sources["fr"]["subject.txt"].strip() == "Votre avis sur votre commande du {{ order.date|date }}"
        texts = email_texts.texts(session, "invitation", 2)
        assert {language: one.subject for language, one in texts.items()} == SUBJECTS
        assert email_drafts.find(session, "u1", "invitation") is None
        assert audit.verify(session) == []


def test_the_next_email_built_has_the_new_text_in_its_language(sessions: Any) -> None:
    open_network(sessions)
    provider = Scripted()
    schedule(sessions)
    _send(sessions, provider)
    _change(sessions)
    _publish(sessions)
    schedule(sessions)
    _send(sessions, provider)
    before, after = [message.subject for message in provider.accepted]
    assert before.startswith("Votre avis sur votre commande")
    assert after == "Et votre commande, Lille ?"
    with sessions() as session:
        assert sorted(session.scalars(select(Email.template_version))) == [0, 2]


def test_an_email_that_is_tried_again_keeps_the_texts_of_its_first_attempt(sessions: Any) -> None:
    open_network(sessions)
    provider = Scripted(script={1: TransientError("451 later")})
    schedule(sessions)
    _send(sessions, provider)
    _change(sessions)
    _publish(sessions)
    schedule(sessions, due_at=NOW + timedelta(minutes=1))
    _send(sessions, provider, NOW + timedelta(hours=1))
    subjects = sorted(message.subject for message in provider.accepted)
    assert subjects == ["Et votre commande, Lille ?", "Votre avis sur votre commande du 2 novembre 2026"]


def test_a_word_that_pushes_the_answer_is_refused_at_its_line(sessions: Any) -> None:
    draft = _change(sessions, fr="Mettez-nous 9 ou 10 !")
    assert not draft.is_clean
    with pytest.raises(Refused) as refused:
        _publish(sessions)
    said = {one.where: one.message_fr for one in refused.value.complaints}
    assert "« 9 ou 10 » oriente" in said["fr/subject.txt:1"]
    assert _codes(refused) == {"email_gating"}


@pytest.mark.parametrize(
    ("part", "source", "code"),
    [
        ("subject.txt", "{{ config }}", "template_unknown_name"),
        ("subject.txt", "a\r\nBcc: x@y.z", "template_control_character"),
        ("body.txt", "Bonjour", "template_link_missing"),
        ("body.txt", "", "template_link_missing"),
        ("body.mjml", "<mjml><mj-body><mj-raw><script>1</script></mj-raw></mj-body></mjml>", "mjml_element"),
        ("body.mjml", "x" * 70_000, "template_too_large"),
    ],
)
def test_what_is_not_allowed_is_not_published(sessions: Any, part: str, source: str, code: str) -> None:
    open_draft(sessions, "u1", "invitation", folder=FOLDER, now=NOW)
    save_texts(sessions, "u1", "invitation", {"en": {part: source}}, folder=FOLDER, now=NOW)
    with pytest.raises(Refused) as refused:
        _publish(sessions)
    assert code in _codes(refused)
    assert all(one.where.startswith("en/") for one in refused.value.complaints if one.code == code)
    with sessions() as session:
        assert email_texts.edition(session) == 0


def test_a_word_that_filters_stop_is_refused_at_its_line(sessions: Any) -> None:
    draft = _change(sessions, fr="Votre avis, c'est gratuit", en="Your opinion, act now")
    found = {(where, code) for where, code, *_ in draft.checked["findings"]}
    assert {("fr/subject.txt:1", "email_spam_word"), ("en/subject.txt:1", "email_spam_word")} <= found
    with pytest.raises(Refused) as refused:
        _publish(sessions)
    assert "email_spam_word" in _codes(refused)


def test_a_language_that_is_missing_is_said(sessions: Any) -> None:
    open_draft(sessions, "u1", "invitation", folder=FOLDER, now=NOW)
    nothing = {"subject.txt": "", "body.txt": "", "body.mjml": ""}
    draft = save_texts(sessions, "u1", "invitation", {"en": nothing}, folder=FOLDER, now=NOW)
    assert ["en", "email_language_missing"] in [found[:2] for found in draft.checked["findings"]]


def test_what_the_automatic_checks_find_is_said_in_both_languages(sessions: Any) -> None:
    draft = _change(sessions, fr="GRATUIT VITE !!", en="Maison X")
    said = {(found[2].split(" : ")[-1], found[3].split(": ")[-1]) for found in draft.checked["findings"]}
    assert ("une ponctuation qui crie", "marks that shout") in said
    assert ("les premiers mots répètent l'objet", "the first words are the subject again") in said


def test_a_field_in_one_language_alone_is_said(sessions: Any) -> None:
    draft = _change(sessions, fr="Votre commande, {{ store.city }}")
    assert [found[1] for found in draft.checked["findings"]] == ["email_check"]
    assert "languages differ" in draft.checked["findings"][0][3]


def test_a_reason_and_a_change_are_required(sessions: Any) -> None:
    open_draft(sessions, "u1", "invitation", folder=FOLDER, now=NOW)
    with pytest.raises(Refused) as unchanged:
        _publish(sessions)
    assert _codes(unchanged) == {"email_unchanged"}
    _change(sessions)
    with pytest.raises(Refused) as silent:
        _publish(sessions, why="  ")
    assert _codes(silent) == {"email_reason_required"}
    with pytest.raises(NotFound):
        open_draft(sessions, "u1", "nothing", folder=FOLDER, now=NOW)


def test_of_two_people_one_publishes_and_the_other_is_told(sessions: Any) -> None:
    _change(sessions, "u1")
    _change(sessions, "u2", fr="Votre retrait chez {{ store.name }}", en="Your collection at {{ store.name }}")
    ended: list[Any] = []
    barrier = threading.Barrier(2)

    def go(author: str) -> None:
        barrier.wait()
        try:
            ended.append(_publish(sessions, author).number)
        except Refused as refused:
            ended.append((refused.status, refused.code))

    threads = [threading.Thread(target=go, args=(author,)) for author in ("u1", "u2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, ended)) == ["(409, 'email_version_conflict')", "2"]
    with sessions() as session:
        numbers = [one.number for one in email_texts.versions(session, "invitation")]
        left = next(a for a in ("u1", "u2") if email_drafts.find(session, a, "invitation"))
    assert numbers == [2, 1]
    carry_over(sessions, left, "invitation", folder=FOLDER, now=NOW)
    assert _publish(sessions, left).number == 3


def test_going_back_is_a_new_version_with_the_old_texts(sessions: Any) -> None:
    _change(sessions)
    _publish(sessions)
    draft = open_draft(sessions, "u1", "invitation", folder=FOLDER, now=NOW, number=1)
    assert draft.is_clean
    back = _publish(sessions, why="retour")
    with sessions() as session:
        assert (back.number, back.base) == (3, 2)
        one, three = (email_texts.texts(session, "invitation", n) for n in (1, 3))
        assert {k: v.sha256 for k, v in one.items()} == {k: v.sha256 for k, v in three.items()}


def test_a_published_version_never_changes_and_a_changed_one_is_not_sent(sessions: Any) -> None:
    _change(sessions)
    _publish(sessions)
    for statement in ("UPDATE email_templates SET subject = 'x'", "DELETE FROM email_versions"):
        with pytest.raises(DBAPIError), sessions.begin() as session:
            session.execute(text(statement))
    with sessions.begin() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER email_templates_no_update"))
        else:
            session.execute(text("DROP TRIGGER email_templates_final ON email_templates"))
        session.execute(text("UPDATE email_templates SET subject = 'Gagnez' WHERE version = 2"))
    with pytest.raises(Refused) as refused:
        published_texts(sessions, "invitation", 2)
    assert refused.value.code == "email_text_unfit"
