"""Two at once: what the other did meanwhile counts, and the one who comes second changes nothing of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import delete, select, update

from surveyor.core.mapping import Mapping as Columns
from surveyor.core.tokens import Purpose
from surveyor.db import users
from surveyor.db.alerts import open_alerts
from surveyor.db.base import new_id
from surveyor.db.network import StoreRow, add_stores
from surveyor.db.tables.cases import Case, CaseEntry
from surveyor.db.tables.emails import DoubtCheck, Email
from surveyor.db.tables.imported import ImportedResponse
from surveyor.db.tables.imports import Import
from surveyor.db.tables.network import Store
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.responses import Visit
from surveyor.errors import NotFound, Refused
from surveyor.flows.answer_followup import answer_followup
from surveyor.flows.choose_password import choose_password
from surveyor.flows.import_lines import Means, import_lines
from surveyor.flows.import_lines import Options as LineOptions
from surveyor.flows.import_lines.kinds import PastAnswers
from surveyor.flows.import_orders import ImportOvertaken, Options, import_orders
from surveyor.flows.judge_doubt import judge_doubt
from surveyor.flows.manage_second_factor import confirm_second_factor, offer_second_factor, offered_secret
from surveyor.flows.manage_users import HOST, Actor, NewUser, add_user, set_password
from surveyor.flows.open_cases import open_cases
from surveyor.flows.record_visit import count_visits
from surveyor.flows.reply_to_response import Written, reply_to_response
from surveyor.flows.retry_events import retry_events
from surveyor.flows.send_account_link import make_password_link
from surveyor.flows.send_emails import send_emails
from surveyor.flows.settle_doubts import Settled, settle_doubts
from surveyor.flows.sign_in import Client, Refusal, SecondStep, SignedIn, sign_in, sign_in_by_code
from surveyor.flows.work_case import Worker
from surveyor.mail.providers.base import Absent, InDoubtError
from surveyor.settings import Settings
from tests.flows.meanwhile import Meanwhile
from tests.flows.orders import KEYS, PARIS, decisions, event, record, use_rules
from tests.flows.sending import KEYRING, NOW, Asked, Free, Scripted, mailer, open_network, row, schedule
from tests.flows.test_sort_verbatims import answer

LATE = NOW + timedelta(hours=27)
HERE = Client("192.0.2.0/24", "Firefox")
GOOD, OTHER = "a quiet river under old bridges", "a loud river over new bridges"
ORDERS = "event_id,type,customer_id,email,store_id,ordered_at,amount\n" + "".join(
    f"v{n},order.completed,c{n},c{n}@example.fr,S1,2026-10-18T10:00:00+01:00,12.50\n" for n in range(3)
)


@pytest.fixture
def network(sqlite_sessions: Any) -> Any:
    open_network(sqlite_sessions)
    return sqlite_sessions


def doubtful(sessions: Any, **changed: Any) -> Asked:
    """An email of which nobody knows whether the provider took it."""
    asked = schedule(sessions)
    if changed:
        with sessions.begin() as session:
            session.execute(update(Email).values(**changed))
    send_emails(sessions, mailer=mailer(Scripted(script={1: InDoubtError("timeout")})), now=lambda: NOW)
    return asked


class Searched(Scripted):
    """A provider that is asked for an address and knows nothing of it; while it is asked, somebody acts."""

    def __init__(self, act: Any) -> None:
        super().__init__()
        self.act = act

    @property
    def capabilities(self) -> Any:
        exact = super().capabilities
        return type(exact)(exact.group, exact.call_seconds, "search", True, False)

    def lookup(self, email_id: UUID, since: datetime, address: str = "") -> Absent:
        self.act()
        return Absent("no line")


def test_a_doubt_that_a_person_judged_meanwhile_asks_nobody_any_more(network: Any) -> None:
    asked = doubtful(network, kind="reply", priority=2, invitation_id=None)

    def judged() -> None:
        judge_doubt(network, asked.email_id, "sent", journeys=Free(), by=Actor("claire"), now=LATE)

    done = settle_doubts(network, provider=Searched(judged), journeys=Free(), keys=KEYRING, now=LATE)
    assert done == Settled()
    assert row(network, Email, asked.email_id).state == "sent"
    with network() as session:
        assert open_alerts(session) == []
        assert session.scalars(select(DoubtCheck.found)).all() == ["sent: said by claire"]


def test_a_doubt_that_another_clock_gave_up_is_given_up_once(network: Any) -> None:
    asked, found = doubtful(network), []

    def settle(act: Any = lambda: None) -> None:
        provider = Searched(act)
        found.append(settle_doubts(network, provider=provider, journeys=Free(), keys=KEYRING, now=LATE))

    settle(settle)
    assert found == [Settled(dropped=1), Settled()]
    assert row(network, Email, asked.email_id).reason == "UNCONFIRMED"


def test_a_visit_that_another_clock_counted_is_counted_once(network: Any) -> None:
    asked = schedule(network)
    send_emails(network, mailer=mailer(Scripted()), now=lambda: NOW)
    with network.begin() as session:
        session.add(
            Visit(id=new_id(NOW), invitation_id=asked.invitation_id, method="GET", at=NOW, client_key=b"c" * 32)
        )
    found = []
    other = Meanwhile(network, lambda: found.append(count_visits(network, now=LATE)), before=2)
    found.append(count_visits(other, now=LATE))
    assert found == [1, 0]


def test_an_answer_to_a_case_that_was_erased_meanwhile_is_none(network: Any) -> None:
    asked = schedule(network)
    send_emails(network, mailer=mailer(Scripted()), now=lambda: NOW)
    answer(network, asked, 2, "Trop d'attente en caisse")
    open_cases(network, now=LATE)
    user = add_user(network, user=NewUser("camille@example.org", "cx"), by=HOST, now=NOW)
    with network() as session:
        case_id = session.scalars(select(Case.id)).one()
    written = Written(new_id(LATE), "Merci.", asks=True)
    reply_to_response(network, case_id, written, by=Worker(user), keys=KEYRING, now=LATE)
    token = KEYRING.token(Purpose.FOLLOW_UP, case_id)

    def erased() -> None:
        with network.begin() as session:
            session.execute(delete(CaseEntry))
            session.execute(delete(Case))

    late = Meanwhile(network, erased, before=2)
    assert answer_followup(late, token, True, now=LATE) is None
    assert late.happened


def test_an_event_that_another_worker_decided_is_decided_once(sqlite_sessions: Any) -> None:
    use_rules(sqlite_sessions)
    with sqlite_sessions.begin() as session:
        add_stores(session, [StoreRow("BAD", "Bad", "Mars/Base")], day=NOW.date(), now=NOW)
    record(sqlite_sessions, event("o1", "c1", NOW, store_id="BAD", email=None), now=NOW)
    with sqlite_sessions.begin() as session:
        session.execute(update(Store).values(zone="Europe/Paris"))

    def other() -> None:
        assert retry_events(sqlite_sessions, keys=KEYS, now=LATE, defaults=PARIS).decided == 1

    slow = Meanwhile(sqlite_sessions, other, before=2)
    assert retry_events(slow, keys=KEYS, now=LATE, defaults=PARIS).waiting == 0
    assert slow.happened
    assert decisions(sqlite_sessions) == [("o1", "std", "NOT_ELIGIBLE", "BELOW_MIN_ORDERS")]


def test_a_file_of_orders_that_two_import_is_taken_once(sqlite_sessions: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    use_rules(sqlite_sessions)

    def take(sessions: Any) -> Any:
        services = SimpleNamespace(sessions=sessions, settings=Settings.read({}), keyring=KEYS)
        return import_orders(services, path, options=Options(), now=lambda: LATE)

    done: list[Any] = []
    slow = Meanwhile(sqlite_sessions, lambda: done.append(take(sqlite_sessions)), before=3)
    with pytest.raises(ImportOvertaken):
        take(slow)
    assert [one.accepted for one in done] == [3]
    with sqlite_sessions() as session:
        assert len(session.scalars(select(OrderEventRow)).all()) == 3


def test_a_file_of_past_answers_that_two_import_is_taken_once(network: Any, tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text("jour;magasin;note\n18/10/2026;lille;9\n18/10/2026;lille;9\n")
    columns = Columns(columns={"answered_at": "jour", "store": "magasin", "score": "note"}, source="ancien")

    def take(sessions: Any) -> Any:
        kind = PastAnswers(columns, KEYRING)
        return import_lines(kind, path, Means(sessions, "Europe/Paris"), options=LineOptions(), now=lambda: LATE)

    done: list[Any] = []
    slow = Meanwhile(network, lambda: done.append(take(network)), before=4)
    with pytest.raises(ImportOvertaken):
        take(slow)
    assert [one.rows for one in done] == [2]
    with network() as session:
        assert session.scalars(select(Import.accepted)).all() == [2]
        assert len(session.scalars(select(ImportedResponse)).all()) == 2


def enrolled(sessions: Any) -> tuple[UUID, list[str]]:
    """Somebody with a password and a second factor, and their recovery codes."""
    user = add_user(sessions, user=NewUser("ana@example.fr", "cx"), by=HOST, now=NOW)
    set_password(sessions, user_id=user, password=GOOD, now=NOW)
    offer_second_factor(sessions, user_id=user, keys=KEYS, now=NOW)
    return user, confirm_second_factor(sessions, user_id=user, code=code(sessions, user), keys=KEYS, now=NOW)


def code(sessions: Any, user: UUID) -> str:
    return str(pyotp.TOTP(offered_secret(sessions, user_id=user, keys=KEYS)).at(NOW))


def half_way(sessions: Any) -> str:
    done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=LATE)
    assert isinstance(done, SecondStep)
    return done.token


def finish(sessions: Any, token: str, typed: str) -> SignedIn | str:
    return sign_in_by_code(sessions, token=token, code=typed, keys=KEYS, client=HERE, now=LATE)


def test_s4_a_recovery_code_and_a_sign_in_that_were_used_meanwhile_open_nothing(sqlite_sessions: Any) -> None:
    user, codes = enrolled(sqlite_sessions)
    one, other = half_way(sqlite_sessions), half_way(sqlite_sessions)
    last = 3  # the attempt is counted, what is kept is read, then the session is opened
    same_code = Meanwhile(sqlite_sessions, lambda: finish(sqlite_sessions, other, codes[0]), before=last)
    assert finish(same_code, one, codes[0]) == Refusal.WRONG_CODE
    same_link = Meanwhile(sqlite_sessions, lambda: finish(sqlite_sessions, one, codes[1]), before=last)
    assert finish(same_link, one, codes[2]) == Refusal.OVER
    waiting = half_way(sqlite_sessions)
    with sqlite_sessions.begin() as session:
        users.change(session, user, disabled_at=LATE)
    assert finish(sqlite_sessions, waiting, codes[3]) == Refusal.OVER
    assert same_code.happened
    assert same_link.happened


def test_s4_a_code_of_a_secret_that_was_offered_anew_meanwhile_confirms_none(sqlite_sessions: Any) -> None:
    user = add_user(sqlite_sessions, user=NewUser("ana@example.fr", "cx"), by=HOST, now=NOW)

    def offer() -> None:
        offer_second_factor(sqlite_sessions, user_id=user, keys=KEYS, now=NOW)

    offer()
    anew = Meanwhile(sqlite_sessions, offer, before=2)
    with pytest.raises(Refused) as refused:
        confirm_second_factor(anew, user_id=user, code=code(sqlite_sessions, user), keys=KEYS, now=NOW)
    assert (anew.happened, refused.value.code) == (True, "code_wrong")
    assert offered_secret(sqlite_sessions, user_id=user, keys=KEYS)


def test_s8_a_link_of_an_account_that_was_closed_meanwhile_chooses_no_password(sqlite_sessions: Any) -> None:
    user = add_user(sqlite_sessions, user=NewUser("ana@example.fr", "cx"), by=HOST, now=NOW)
    token = make_password_link(sqlite_sessions, email="ana@example.fr", keys=KEYS, now=NOW).rpartition("/")[2]

    def closed() -> None:
        with sqlite_sessions.begin() as session:
            users.change(session, user, disabled_at=NOW)

    with pytest.raises(NotFound):
        choose_password(Meanwhile(sqlite_sessions, closed, before=2), token=token, password=OTHER, now=NOW)
    with sqlite_sessions.begin() as session:
        users.change(session, user, disabled_at=None)
    assert sign_in(sqlite_sessions, email="ana@example.fr", password=OTHER, client=HERE, now=NOW) == Refusal.WRONG
