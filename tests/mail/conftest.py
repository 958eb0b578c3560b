"""What the tests of emails share: the shipped folder, a date, a customer."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import pytest

from surveyor.core.templates.markup import HTML, MJML
from surveyor.mail.build import EnvelopeFacts, build_email
from surveyor.mail.message import Message
from surveyor.mail.publish import publish
from surveyor.mail.published import PublishedEmail, load_folder, read
from surveyor.mail.samples import load_samples

EMAILS = Path(__file__).parents[2] / "emails"
DATE = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)
EMAIL_ID = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")


@pytest.fixture(scope="session")
def templates() -> dict[tuple[str, str], PublishedEmail]:
    return load_folder(EMAILS)


def envelope(email_id: UUID = EMAIL_ID, **changes: object) -> EnvelopeFacts:
    facts: dict[str, object] = {
        "email_id": email_id,
        "attempt": 1,
        "kind": "invitation",
        "to_address": "zoe.martin@exemple.test",
        "to_name": "Zoé Martin",
        "sender": "avis@enquetes.maison-x.fr",
        "sender_name": "Maison X",
        "reply_to": "contact@maison-x.fr",
        "list_name": "Enquêtes Maison X",
        "rule": "standard",
        "store": "S1",
        "sender_id": "maison-x",
        "unsubscribe_url": "https://avis.maison-x.fr/u/1gZl4Qgm0c4nReuIc7ExU3",
        "return_path_domain": "enquetes.maison-x.fr",
        "date": DATE,
        **changes,
    }
    return EnvelopeFacts(**facts)  # type: ignore[arg-type]


def values_of(kind: str = "invitation", language: str = "fr", **changes: str) -> dict[str, dict[str, str]]:
    """The sample's values; `customer__first_name="…"` changes one."""
    values = load_samples(EMAILS / kind / language, kind)["sample"]
    for name, text in changes.items():
        group, _, field = name.partition("__")
        values[group][field] = text
    return values


@pytest.fixture
def message(templates: dict[tuple[str, str], PublishedEmail]) -> Message:
    return build_email(templates["invitation", "fr"], values_of(), envelope())


@cache
def every_element() -> PublishedEmail:
    """The invitation with each element that an author may write, but an image: the logo, which a brand may not have."""
    more = """<mj-wrapper><mj-section><mj-column><mj-text><h2>Nos rayons</h2>
        <ul><li><b>Frais</b></li><li><i>Plantes</i>, <u>pots</u></li></ul><ol><li>un</li></ol><h3>Autre</h3>
        <p><span>Un</span> <em>mot</em> <strong>de</strong> <small>plus</small><sup>1</sup><sub>2</sub><br/></p>
        </mj-text>
        <mj-button href="{{ links.privacy }}" background-color="#1f5a54" color="#ffffff">Ouvrir</mj-button>
        <mj-divider/><mj-spacer height="10px"/></mj-column></mj-section></mj-wrapper>"""
    place = EMAILS / "invitation" / "fr"
    source = {part: read(place / part) for part in ("subject.txt", "body.txt", "body.mjml")}
    end = source["body.mjml"].rindex('<sv-block name="footer"/>')
    source["body.mjml"] = source["body.mjml"][:end] + more + source["body.mjml"][end:]
    named = {name for name in (*MJML, *HTML) if f"<{name}" not in source["body.mjml"]}
    assert named == {"mj-image"}, "one that nobody looked at"
    return publish(source, kind="invitation", language="fr", folder=EMAILS)
