"""What the tests of emails share: the shipped folder, a date, a customer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from surveyor.mail.build import EnvelopeFacts, build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail, load_folder
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
