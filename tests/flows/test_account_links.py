"""Links to choose a password: made again when their email is built, kept as a hash, good once and not for long."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from surveyor.app import build_services
from surveyor.core.tokens import Purpose, digest, is_long_token, keys, long_token
from surveyor.db import sessions as browsers
from surveyor.db import users
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.emails import Email
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.users import SignInLink
from surveyor.errors import NotFound, Refused
from surveyor.flows.choose_password import account_of_link, choose_password
from surveyor.flows.manage_users import HOST, NewUser, add_user, disable_user, set_password
from surveyor.flows.send_account_link import ask_reset, invite, make_password_link
from surveyor.flows.sign_in import Client, Refusal, SignedIn, sign_in
from surveyor.jobs.desk import drain, mailer
from surveyor.services import Services
from surveyor.settings import Settings
from tests.databases import ON_SQLITE

HERE = Client("192.0.2.0/24", "Firefox")
GOOD, OTHER = "a quiet river under old bridges", "a loud river over new bridges"
SECRET = bytes(range(1, 33))
KEYS = keys([SECRET])
LINK = re.compile(r"http://127\.0\.0\.1:8000/reset/([0-9A-Za-z]{44})(?![0-9A-Za-z])")


@pytest.fixture
def house(sessions: Any, engine: Any, clock: Any, tmp_path: Path) -> Services:
    """An installation that sends into memory."""
    with sessions.begin() as session:
        session.add(Instance(id=1, name="x" * 64, pepper_id=KEYS.newest_id, sending="released"))
    settings = replace(
        Settings.read({}), home=tmp_path, mail_url="memory://", secret_keys=(SECRET,), sender="Maison X <a@maison.fr>"
    )
    return build_services(settings, sessions=sessions, read_sessions=sessions, now=clock, keyring=KEYS)


Sent = Callable[[], list[Any]]


@pytest.fixture
def sent(house: Services) -> Sent:
    """What the mailbox received since the last look, after the line sent what was due."""
    seen = 0

    def look() -> list[Any]:
        nonlocal seen
        drain(house, mailer(house))
        messages = list(house.provider.sent)  # type: ignore[attr-defined]
        new, seen = messages[seen:], len(messages)
        return new

    return look


def make(house: Services, email: str = "ana@example.fr", *, password: str = GOOD, language: str = "fr") -> UUID:
    user_id = add_user(
        house.sessions, user=NewUser(email, "cx", name="Ana", language=language), by=HOST, now=house.now()
    )
    if password:
        set_password(house.sessions, user_id=user_id, password=password, now=house.now())
    return user_id


def ask(house: Services, email: str = "ana@example.fr", client: Client = HERE) -> bool:
    return ask_reset(house.sessions, email=email, client=client, keys=KEYS, now=house.now())


def link_in(message: Any) -> str:
    """The one token of a message: the same in both parts."""
    found = {*LINK.findall(message.text), *LINK.findall(message.html)}
    assert len(found) == 1
    return str(found.pop())


def test_s8_the_link_of_a_reset_email_chooses_a_password_once(house: Services, sent: Sent) -> None:
    user_id = make(house)
    assert ask(house, " ANA@example.fr ")
    (message,) = sent()
    assert (message.kind, message.address, message.subject) == (
        "account-password",
        "ana@example.fr",
        "Choisir un nouveau mot de passe",
    )
    assert "List-Unsubscribe" not in dict(message.headers)
    token = link_in(message)
    assert account_of_link(house.sessions, token=token, now=house.now()).id == user_id
    choose_password(house.sessions, token=token, password=OTHER, now=house.now())
    with pytest.raises(NotFound):
        choose_password(house.sessions, token=token, password=GOOD, now=house.now())
    done = sign_in(house.sessions, email="ana@example.fr", password=OTHER, client=HERE, now=house.now())
    assert isinstance(done, SignedIn)
    assert sent() == []


def test_s8_the_database_holds_no_token_and_a_secret_alone_makes_none(house: Services, sent: Sent) -> None:
    make(house)
    ask(house)
    token = link_in(sent()[0])
    with house.sessions() as session:
        link, email = session.query(SignInLink).one(), session.query(Email).one()
        assert link.token_sha256 == digest(token)
        assert link.email_id == email.id
        assert len(link.seed) == 32
    assert is_long_token(token)
    assert token == long_token(SECRET, Purpose.ACCOUNT, link.seed)
    assert token not in {long_token(SECRET, Purpose.ACCOUNT, row.bytes) for row in (email.id, link.user_id)}
    assert token != long_token(bytes(32), Purpose.ACCOUNT, link.seed)


def test_s8_a_reset_lasts_ten_minutes_and_an_invitation_seventy_two_hours(house: Services, sent: Sent) -> None:
    make(house)
    new = make(house, "bea@example.fr", password="", language="en")
    ask(house)
    invite(house.sessions, user_id=new, by=HOST, keys=KEYS, now=house.now())
    reset, invitation = sorted(sent(), key=lambda message: message.address)
    assert (invitation.kind, invitation.subject) == (
        "account-invitation",
        "Your account to read what your customers say",
    )
    start = house.now()
    for token, life in ((link_in(reset), timedelta(minutes=10)), (link_in(invitation), timedelta(hours=72))):
        assert account_of_link(house.sessions, token=token, now=start + life - timedelta(seconds=1))
        with pytest.raises(NotFound):
            account_of_link(house.sessions, token=token, now=start + life)


def test_s8_an_email_whose_link_is_over_or_used_is_not_sent(house: Services, sent: Sent, clock: Any) -> None:
    make(house)
    ask(house)
    clock.forward(minutes=10)
    assert sent() == []
    with house.sessions() as session:
        assert [(one.state, one.reason) for one in session.query(Email)] == [("dropped", "EXPIRED")]


def test_s8_choosing_ends_every_session_and_every_other_link_and_signs_nobody_in(house: Services, sent: Sent) -> None:
    user_id = make(house)
    sign_in(house.sessions, email="ana@example.fr", password=GOOD, client=HERE, now=house.now())
    ask(house)
    ask(house)
    first, second = (link_in(message) for message in sent())
    choose_password(house.sessions, token=second, password=OTHER, now=house.now())
    with house.sessions() as session:
        assert browsers.browsers_of(session, user_id) == []
    with pytest.raises(NotFound):
        account_of_link(house.sessions, token=first, now=house.now())


def test_s8_a_weak_password_is_refused_and_the_link_still_works(house: Services) -> None:
    make(house)
    path = make_password_link(house.sessions, email="ana@example.fr", keys=KEYS, now=house.now())
    token = path.rpartition("/")[2]
    for weak in ("short", "password1234", "surveyor surveyor"):
        with pytest.raises(Refused):
            choose_password(house.sessions, token=token, password=weak, now=house.now(), own_words=["surveyor"])
    choose_password(house.sessions, token=token, password=OTHER, now=house.now())


def test_s8_an_unknown_and_a_closed_account_get_the_same_answer_and_no_email(house: Services, sent: Sent) -> None:
    make(house, "boss@example.fr")
    with house.sessions.begin() as session:
        users.change(session, users.by_email(session, "boss@example.fr").id, role="admin")
    closed = make(house)
    disable_user(house.sessions, user_id=closed, by=HOST, now=house.now())
    for email in ("ana@example.fr", "nobody@example.fr", "", "not an address"):
        assert [ask(house, email, Client(f"192.0.{len(email)}.0/24")) for _ in range(4)] == [True] * 3 + [False]
    assert sent() == []


def test_s8_three_an_hour_then_again_an_hour_later(house: Services, sent: Sent, clock: Any) -> None:
    make(house)
    assert [ask(house) for _ in range(4)] == [True, True, True, False]
    clock.forward(minutes=59)
    assert not ask(house)
    clock.forward(minutes=2)
    assert ask(house)


def test_s8_closing_an_account_ends_its_links(house: Services) -> None:
    make(house, "boss@example.fr")
    with house.sessions.begin() as session:
        users.change(session, users.by_email(session, "boss@example.fr").id, role="admin")
    user_id = make(house)
    path = make_password_link(house.sessions, email="ana@example.fr", keys=KEYS, now=house.now())
    disable_user(house.sessions, user_id=user_id, by=HOST, now=house.now())
    with pytest.raises(NotFound):
        account_of_link(house.sessions, token=path.rpartition("/")[2], now=house.now())


def test_s3_a_chosen_password_opens_a_door_that_failures_had_closed(house: Services) -> None:
    make(house)
    for _ in range(5):
        sign_in(house.sessions, email="ana@example.fr", password="wrong", client=HERE, now=house.now())
    path = make_password_link(house.sessions, email="ana@example.fr", keys=KEYS, now=house.now())
    limited = sign_in(house.sessions, email="ana@example.fr", password=GOOD, client=HERE, now=house.now())
    assert limited == Refusal.LIMITED
    choose_password(house.sessions, token=path.rpartition("/")[2], password=OTHER, now=house.now())
    done = sign_in(house.sessions, email="ana@example.fr", password=OTHER, client=HERE, now=house.now())
    assert isinstance(done, SignedIn)


def test_a_hard_bounce_stops_emails_about_an_account_and_nothing_else_does(house: Services, sent: Sent) -> None:
    from surveyor.core.emails import policy

    assert policy("account-password").stopping == frozenset({"bounced_hard"})
    assert policy("account-invitation").priority == 1


def test_emails_about_accounts_break_no_invariant_and_count_in_no_figure(
    house: Services, sent: Sent, clock: Any
) -> None:
    from surveyor.db.tables.tallies import CoarseTally
    from surveyor.flows.check_invariants import check_invariants
    from surveyor.flows.simulate_deliveries import simulate_deliveries
    from surveyor.jobs import desk

    make(house)
    ask(house)
    assert len(sent()) == 1
    clock.forward(seconds=10)
    simulate_deliveries(house.sessions, house.provider.name, journeys=desk.journeys(house), keys=KEYS, now=clock())
    broken = [one for one in check_invariants(house.sessions, now=clock()).findings if one.code.startswith("E")]
    assert broken == []
    with house.sessions() as session:
        assert session.query(CoarseTally).count() == 0
        assert [one.state for one in session.query(Email)] == ["sent"]


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "0" * 45, "0" * 43 + "-", "0" * 43 + "é", "0" * 44])
def test_s10_a_token_of_another_shape_or_of_nobody_opens_nothing(house: Services, token: str) -> None:
    with pytest.raises(NotFound):
        account_of_link(house.sessions, token=token, now=house.now())


@ON_SQLITE
def test_an_account_is_closed_once_and_a_second_time_changes_nothing(house: Services, clock: Any) -> None:
    user_id = make(house)
    disable_user(house.sessions, user_id=user_id, by=HOST, now=clock())
    first = clock()
    clock.forward(hours=1)
    disable_user(house.sessions, user_id=user_id, by=HOST, now=clock())
    with house.sessions() as session:
        lines = [one.action for one in session.query(AuditLine)]
        assert users.by_id(session, user_id).disabled_at == first  # type: ignore[union-attr]
    assert lines.count("user.disabled") == 1
