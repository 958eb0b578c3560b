"""The pages of email drafts: one's own alone, previews that can do nothing, tests that are few and only to oneself."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from surveyor.app import create_app
from surveyor.db import audit, email_texts
from surveyor.db.tables.instance import Instance
from surveyor.flows.edit_emails import open_draft, save_texts
from surveyor.flows.send_trial import MOST
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.services import Services
from surveyor.shipped import shipped
from tests.web.conftest import Enter, Person

pytestmark = pytest.mark.slow

DRAFT = "/emails/invitation/draft"


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider()


@pytest.fixture
def app(installation: Services, provider: MemoryProvider) -> Flask:
    """The web side of an installation that may send."""
    with installation.sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=installation.keyring.newest_id, sending="released"))
    made = create_app(replace(installation, provider=provider))
    made.testing = False
    return made


@pytest.fixture
def writer(enter: Enter) -> Person:
    """Somebody with a draft of the invitation."""
    person = enter("cx")
    person.post(DRAFT)
    return person


def test_s21_a_preview_stands_alone_under_its_own_policy(writer: Person) -> None:
    plain = writer.get(f"{DRAFT}/html?language=fr").headers["Content-Security-Policy"]
    assert "sandbox" in plain
    assert "script" not in plain
    assert "img-src 'self'" in plain
    without = writer.get(f"{DRAFT}/html?language=fr&view=no_images").headers["Content-Security-Policy"]
    assert "img-src 'none'" in without
    assert 'sandbox=""' in writer.get(DRAFT).text


def test_the_dark_and_the_light_are_shown_whatever_the_screen_prefers(writer: Person) -> None:
    assert "@media not all" in writer.get(f"{DRAFT}/html").text
    assert "@media all" in writer.get(f"{DRAFT}/html?view=dark").text


def test_a_customer_who_is_hostile_puts_no_element_into_a_preview(writer: Person) -> None:
    shown = writer.get(f"{DRAFT}/html?case=hostile").text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown or "&lt;b&gt;" in shown


def test_a_draft_is_its_authors_alone(writer: Person, enter: Enter) -> None:
    writer.post(f"{DRAFT}/text/fr", {"subject": "Secret"})
    assert "Secret" in writer.get(DRAFT).text
    other = enter("cx")
    assert other.get(DRAFT).status_code == 404
    assert other.post(f"{DRAFT}/text/fr", {"subject": "Autre"}).status_code == 404


def test_a_form_holds_its_own_fields_and_no_other(writer: Person) -> None:
    assert writer.post(f"{DRAFT}/text/fr", {"subject": "x", "author": "y"}).status_code == 422
    assert writer.post(f"{DRAFT}/text/de", {"subject": "x"}).status_code == 404


def test_the_blocks_that_come_back_are_those_that_were_typed(writer: Person) -> None:
    page = writer.get(DRAFT).text
    typed = page.split('name="blocks"')[1].split(">", 1)[1].split("</textarea>")[0]
    assert "mj-head" not in typed
    assert "&lt;sv-scores/&gt;" in typed
    writer.post(f"{DRAFT}/text/fr", {"blocks": html.unescape(typed).lstrip("\n").replace("\n", "\r\n")})
    assert "Rien ne change" in writer.get(f"{DRAFT}/publish").text


def test_a_fault_in_a_block_is_said_at_the_line_that_is_edited(writer: Person) -> None:
    writer.post(f"{DRAFT}/text/fr", {"blocks": "<mj-text>\n<p>{{ customer.age }}</p>\n</mj-text>\n"})
    page = writer.get(DRAFT).text
    assert 'data-where="fr/body.mjml:2"' in page
    assert "Français, corps, ligne 2" in page


def test_a_test_goes_to_oneself_marked_and_into_the_audit_chain(
    writer: Person, provider: MemoryProvider, installation: Services
) -> None:
    assert writer.post(f"{DRAFT}/test", {"language": "en", "case": "long"}).status_code == 303
    (message,) = provider.sent
    assert (message.address, message.language) == ("cx1@example.fr", "en")
    assert message.subject.startswith("[Test] ")
    assert installation.keyring.is_preview(message.text.split("/s/")[1][:22])
    with installation.sessions() as session:
        assert audit.count_of(session, str(writer.user_id), "emails.test", since=installation.now()) == 1
    assert writer.post(f"{DRAFT}/test", {"language": "en", "to": "x@example.org"}).status_code == 422


def test_tests_are_limited_and_held_with_the_rest(
    writer: Person, provider: MemoryProvider, installation: Services, clock: Any
) -> None:
    for _ in range(MOST):
        assert writer.post(f"{DRAFT}/test", {"language": "fr"}).status_code == 303
    assert writer.post(f"{DRAFT}/test", {"language": "fr"}).status_code == 429
    assert len(provider.sent) == MOST
    with installation.sessions.begin() as session:
        session.get(Instance, 1).sending = "held"
    assert "email_test_held" in writer.post(f"{DRAFT}/test", {"language": "fr"}).text
    assert len(provider.sent) == MOST


def test_a_stale_draft_shows_what_others_changed_and_goes_on_from_it(
    writer: Person, enter: Enter, installation: Services
) -> None:
    other = enter("cx")
    other.post(DRAFT)
    for language, subject in (("fr", "Votre retrait"), ("en", "Your collection")):
        other.post(f"{DRAFT}/text/{language}", {"subject": subject})
        writer.post(f"{DRAFT}/text/{language}", {"subject": f"{subject} !"})
    assert other.post(f"{DRAFT}/publish", {"reason": "court"}).status_code == 303
    answer = writer.post(f"{DRAFT}/publish", {"reason": "autre"})
    assert answer.status_code == 409
    assert "Votre retrait" in answer.text
    assert "Repartir de la version 2" in answer.text
    writer.post(f"{DRAFT}/carry-over")
    assert writer.post(f"{DRAFT}/publish", {"reason": "autre"}).status_code == 303
    with installation.sessions() as session:
        assert [one.number for one in email_texts.versions(session, "invitation")] == [3, 2, 1]
    assert writer.get("/emails/invitation/compare/2/3").status_code == 200


def test_under_approval_publishing_proposes(installation: Services, enter: Enter) -> None:
    asked = replace(installation, settings=replace(installation.settings, approval=True))
    person = enter("cx")
    open_draft(asked.sessions, str(person.user_id), "invitation", folder=shipped("emails"), now=asked.now())
    changed = {language: {"subject.txt": "Un mot"} for language in ("fr", "en")}
    save_texts(asked.sessions, str(person.user_id), "invitation", changed, folder=shipped("emails"), now=asked.now())
    client = create_app(asked).test_client()
    client.set_cookie("surveyor", person.client.get_cookie("surveyor").value)  # type: ignore[union-attr]
    answer = client.post(f"{DRAFT}/publish", data={"reason": "court", "csrf_token": person.csrf})
    assert answer.status_code == 303
    assert "/approvals/" in answer.location
    with asked.sessions() as session:
        assert email_texts.edition(session) == 0
