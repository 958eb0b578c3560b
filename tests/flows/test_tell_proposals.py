"""Who can approve a text is written to, once; so is its author when it is decided; nothing of the text is in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surveyor.app import build_services
from surveyor.core.tokens import keys
from surveyor.db.proposals import Decision, Proposal
from surveyor.db.tables.instance import Instance
from surveyor.flows.approvals import Place, approve, propose_rules, refuse, withdraw
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.publish_rules import Draft, publish_first
from surveyor.jobs.desk import drain, mailer
from surveyor.services import Services
from surveyor.settings import Settings

SECRET = bytes(range(1, 33))
KEYS = keys([SECRET])
TEXT = '[[rule]]\nid = "std"\nmin_orders = 4\nname = "Règle confidentielle"\n'


@pytest.fixture
def house(sessions: Any, clock: Any, tmp_path: Path) -> Services:
    """An installation that sends into memory."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    publish_first(sessions, '[[rule]]\nid = "std"\n', now=clock())
    settings = replace(
        Settings.read({}), home=tmp_path, mail_url="memory://", secret_keys=(SECRET,), sender="Maison X <a@maison.fr>"
    )
    return build_services(settings, sessions=sessions, read_sessions=sessions, now=clock, keyring=KEYS)


@pytest.fixture
def people(house: Services) -> dict[str, str]:
    """Two who may approve, one who reads in English, one who may not."""
    who = {"ana": ("cx", "fr"), "ben": ("cx", "en"), "root": ("admin", "fr"), "shop": ("marketing", "fr")}
    made = {}
    for name, (role, language) in who.items():
        user = NewUser(f"{name}@example.fr", role, ("network",), name=name.title(), language=language)
        made[name] = str(add_user(house.sessions, user=user, by=HOST, now=house.now()))
    return made


def propose(house: Services, author: str) -> Proposal:
    draft = Draft(TEXT, "Ana", "secret du printemps", actor=author, accept_warnings=True)
    return propose_rules(house.sessions, draft, now=house.now(), place=Place(keys=KEYS))


def sent(house: Services) -> list[Any]:
    """Everything that the mailbox holds, after the line sent what was due."""
    drain(house, mailer(house))
    return list(house.provider.sent)  # type: ignore[attr-defined]


def test_each_who_can_approve_is_written_to_once_in_their_language(house: Services, people: dict[str, str]) -> None:
    propose(house, people["ana"])
    messages = {message.address: message for message in sent(house)}
    assert Counter(message.address for message in sent(house)) == {"ben@example.fr": 1, "root@example.fr": 1}
    assert messages["root@example.fr"].subject == "Un texte attend votre relecture"
    assert messages["ben@example.fr"].subject == "A text waits for you to review it"
    for message in messages.values():
        assert "http://127.0.0.1:8000/approvals\n" in message.text
        for told in ("confidentielle", "printemps", "min_orders"):
            assert told not in message.text + message.html + message.subject


def test_the_author_hears_how_it_ended_nobody_of_what_was_withdrawn(house: Services, people: dict[str, str]) -> None:
    refused, approved, withdrawn = (propose(house, people["ana"]) for _ in range(3))
    before = len(sent(house))
    refuse(house.sessions, Decision(refused.id, people["ben"], "Ben", "trop secret", KEYS), now=house.now())
    approve(
        house.sessions,
        Decision(approved.id, people["ben"], "Ben", "", KEYS),
        now=house.now(),
        place=Place(keys=KEYS),
        volume=0,
    )
    withdraw(house.sessions, Decision(withdrawn.id, people["ana"], "Ana", "", KEYS), now=house.now())
    after = sent(house)[before:]
    assert sorted((message.address, message.subject) for message in after) == [
        ("ana@example.fr", "Votre proposition est approuvée"),
        ("ana@example.fr", "Votre proposition est refusée"),
    ]
    assert not any("secret" in message.text for message in after)


def test_what_the_host_proposed_has_no_author_to_write_to(house: Services, people: dict[str, str]) -> None:
    made = propose(house, "host")
    assert len(sent(house)) == 3
    refuse(house.sessions, Decision(made.id, people["ben"], "Ben", "non", KEYS), now=house.now())
    assert len(sent(house)) == 3
