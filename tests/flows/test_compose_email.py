"""Who signs an email: a verified sender of the store, else of the brand, else the one of the settings; nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from surveyor.core.tokens import keys
from surveyor.db.emails import EmailFacts
from surveyor.db.emails.facts import BrandFacts, StoreFacts
from surveyor.flows.compose_email import Composer
from surveyor.mail.build import BuildError
from surveyor.mail.published import load_folder
from surveyor.shipped import shipped

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ID = UUID("0192f1c4-7b1e-7c55-9a57-3f6b5a0e9d11")
KEYS = keys([bytes(range(32))])
STORE = {"address": "lille@maison.fr", "name": "Maison Lille", "reply_to": "contact@maison.fr"}
BRAND = {"address": "avis@maison.fr", "name": "Maison"}


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(
        emails=load_folder(shipped("emails")),
        keyring=KEYS,
        base_url="https://avis.maison.fr",
        sender="Courses <avis@courses.fr>",
        now=lambda: NOW,
        seeds=lambda email: bytes(32) if email == ID else None,
    )


def facts(**changes: Any) -> EmailFacts:
    made = EmailFacts(
        email_id=ID,
        kind="invitation",
        attempt=1,
        key_id=KEYS.newest_id,
        due_at=NOW,
        address="ana@example.fr",
        first_name="Ana\r\nFrom: x@evil.example".replace("\r\n", " "),
        last_name="",
        language="fr",
        invitation_id=ID,
        survey_key_id=KEYS.newest_id,
        zone="Europe/Paris",
        store=StoreFacts("S1", "Lille", "Lille"),
    )
    return replace(made, **changes)


def test_s32_the_sender_is_that_of_the_store_then_of_the_brand_then_of_the_settings(composer: Composer) -> None:
    of_store = composer(facts(store=StoreFacts("S1", "Lille", "Lille", STORE), brand=BrandFacts(sender=BRAND)))
    of_brand = composer(facts(brand=BrandFacts(sender=BRAND)))
    of_settings = composer(facts())
    assert (of_store.sender, of_store.sender_name, of_store.reply_to) == (
        "lille@maison.fr",
        "Maison Lille",
        "contact@maison.fr",
    )
    assert (of_brand.sender, of_brand.reply_to) == ("avis@maison.fr", "avis@maison.fr")
    assert (of_settings.sender, of_settings.reply_to) == ("avis@courses.fr", "avis@courses.fr")
    assert all("evil" not in message.sender for message in (of_store, of_brand, of_settings))


def test_an_email_about_an_account_has_its_link_and_no_way_to_unsubscribe(composer: Composer) -> None:
    message = composer(facts(kind="account-password", invitation_id=None, store=StoreFacts()))
    assert message.sender == "avis@courses.fr"
    assert f"https://avis.maison.fr/reset/{KEYS.long_token('account', bytes(32))}" in message.text
    assert "/u/" not in message.text
    assert not [name for name, _ in message.headers if name.startswith("List-")]


def test_an_email_whose_link_was_used_meanwhile_is_not_built(composer: Composer) -> None:
    other = UUID(int=ID.int + 1)
    with pytest.raises(BuildError, match=r"links\.action"):
        composer(facts(kind="account-password", email_id=other, invitation_id=None))


def test_a_brand_signs_with_its_name_logo_colours_legal_line_and_notice(composer: Composer) -> None:
    brand = BrandFacts(
        "b1",
        "Maison",
        logo_url="/logo/abc.png",
        colours={"accent": "#0b3d91"},
        privacy_url="https://maison.fr/donnees",
        legal_fr="SAS au capital de 1 €",
        legal_en="Ltd.",
    )
    french, english = composer(facts(brand=brand)), composer(facts(brand=brand, language="en"))
    for message in (french, english):
        assert 'src="https://avis.maison.fr/logo/abc.png"' in " ".join(message.html.split())
        assert "#0b3d91" in message.html
        assert "https://maison.fr/donnees" in message.text
    assert "SAS au capital de 1 €" in french.text
    assert "Ltd." in english.text
    assert "Ltd." not in french.text
    plain = composer(facts())
    assert "#0b3d91" not in plain.html
    assert "https://avis.maison.fr/privacy" in plain.text


def test_a_picture_of_another_host_is_never_in_an_email(composer: Composer) -> None:
    message = composer(facts(brand=BrandFacts("b1", "Maison", logo_url="https://cdn.example/logo.png")))
    assert "cdn.example" not in message.html
    assert "<img" not in message.html


GONE: dict[str, tuple[dict[str, Any], str]] = {
    "a kind of email without a text": ({"kind": "newsletter"}, "no text newsletter"),
    "a survey of no invitation": ({"invitation_id": None}, r"survey\.url"),
    "a refusal of a review that was judged again": ({"kind": "notice", "invitation_id": None}, r"notice\.reason"),
    "a reply that was erased": ({"kind": "reply"}, r"reply\.text"),
    "a secret that left the settings": ({"survey_key_id": "gone"}, "the secret gone has left"),
}


@pytest.mark.parametrize("what", GONE)
def test_an_email_about_what_is_gone_is_not_built(composer: Composer, what: str) -> None:
    changes, said = GONE[what]
    with pytest.raises(BuildError, match=said):
        composer(facts(**changes))
