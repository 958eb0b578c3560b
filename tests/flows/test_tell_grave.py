"""A comment with a grave word is told at once to those who see to its store (R1), once, without a name or a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyor.app import build_services
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.open_cases import open_cases
from surveyor.flows.send_emails import send_emails
from surveyor.jobs.desk import drain, mailer
from surveyor.services import Services
from surveyor.settings import Settings
from tests.flows.sending import KEYRING, NOW, Asked, Scripted, open_network, schedule
from tests.flows.sending import mailer as scripted
from tests.flows.test_sort_verbatims import answer

LATER = NOW + timedelta(days=1, minutes=5)


@pytest.fixture
def asked(sessions: Any) -> Asked:
    open_network(sessions)
    one = schedule(sessions)
    send_emails(sessions, mailer=scripted(Scripted()), now=lambda: NOW)
    return one


@pytest.fixture
def house(sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """An installation that sends into memory."""
    clock.set(LATER)
    settings = replace(Settings.read({}), home=tmp_path, mail_url="memory://", sender="Maison X <a@maison.fr>")
    return build_services(settings, sessions=sessions, read_sessions=sessions, now=clock, keyring=KEYRING)


def hire(house: Services, name: str, role: str, *scopes: str, language: str = "fr") -> None:
    user = NewUser(f"{name}@example.fr", role, scopes, name=name.title(), language=language)
    add_user(house.sessions, user=user, by=HOST, now=NOW)


def told(house: Services) -> dict[str, Any]:
    """Looked at twice, as two clocks would: what each person got."""
    for _ in range(2):
        open_cases(house.sessions, now=LATER, keys=KEYRING)
    drain(house, mailer(house))
    sent = list(house.provider.sent)  # type: ignore[attr-defined]
    assert len({one.address for one in sent}) == len(sent)
    return {one.address: one for one in sent}


def test_those_of_the_store_are_told_at_once_and_no_other(house: Services, asked: Asked) -> None:
    hire(house, "ana", "store_manager", "store:lille")
    hire(house, "ben", "store_manager", "store:lyon")
    hire(house, "cleo", "cx", "network", language="en")
    answer(house.sessions, asked, 9, "Très bien, mais mon fils a fait une allergie, dit Mme Durand")
    found = told(house)
    assert list(found) == ["ana@example.fr"]
    message = found["ana@example.fr"]
    assert message.subject == "Un client signale un fait grave : à traiter aujourd’hui"
    assert f"{house.settings.base_url}/cases?why=severe\n" in message.text
    for word in ("Durand", "fils", "camille"):
        assert word not in (message.text + message.html + message.subject).lower()


def test_the_network_is_told_where_nobody_has_the_store(house: Services, asked: Asked) -> None:
    hire(house, "cleo", "cx", "network", language="en")
    answer(house.sessions, asked, 2, "Une allergie après le repas")
    found = told(house)
    assert list(found) == ["cleo@example.fr"]
    assert found["cleo@example.fr"].subject == "A customer reports something grave: handle it today"


def test_a_grave_word_that_is_added_later_is_told_and_an_ordinary_complaint_is_not(
    house: Services, asked: Asked, clock: Any
) -> None:
    hire(house, "ana", "store_manager", "store:lille")
    answer(house.sessions, asked, 2, "Trop d'attente")
    assert told(house) == {}
    answer(house.sessions, asked, 2, "Trop d'attente, et une allergie", minutes=3, follows=(1,))
    clock.forward(minutes=20)
    open_cases(house.sessions, now=clock(), keys=KEYRING)
    drain(house, mailer(house))
    assert [one.address for one in house.provider.sent] == ["ana@example.fr"]  # type: ignore[attr-defined]
