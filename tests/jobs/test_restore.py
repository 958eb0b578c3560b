"""A database that was restored, or copied beside the original, sends nothing by itself, whoever starts first."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyor.core.guard import REASONS, installation_name
from surveyor.core.tokens import AddressError
from surveyor.db.engine import make_engine, make_sessions
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email
from surveyor.db.tables.erasures import Erasure
from surveyor.db.tables.orders import OrderEventRow
from surveyor.db.tables.suppressions import Suppression
from surveyor.flows import erasure_list
from surveyor.flows.beat import check_sending, release_sends
from surveyor.flows.reapply_erasures import reapply_erasures
from surveyor.jobs import desk, witnesses, worker
from surveyor.jobs.clock import Clock
from surveyor.jobs.lookout import Lookout
from surveyor.services import Services
from tests.flows.orders import at, event, record, use_rules
from tests.jobs.house import services
from tests.jobs.test_worker import Turns

JAN_5, JAN_19, DUE = at("2026-01-05T17:00"), at("2026-01-19T18:30"), at("2026-01-21T09:00")


def ordered(sessions: Any, clock: Any, home: Path, **settings: Any) -> Services:
    """An installation in which one invitation waits for its day; its clock has beaten once."""
    house = services(sessions, clock, home, **settings)
    use_rules(house.sessions, '[[rule]]\nid = "std"\n')
    order_twice(house, "c1")
    clock.set(JAN_19)
    Clock(house).heartbeat(clock())
    return house


def order_twice(house: Services, customer: str) -> None:
    """An invitation of this customer is due at DUE."""
    for n, day in enumerate((JAN_5, JAN_19)):
        record(house.sessions, event(f"{customer}-{n}", customer, day), now=day, keys=house.keyring)


def again(house: Services, url: str, **settings: Any) -> Services:
    """The same installation on another file, with a provider of its own."""
    from surveyor.mail.providers.memory import MemoryProvider

    found = make_sessions(make_engine(url))
    settings_ = replace(house.settings, **settings)
    return replace(house, sessions=found, read_sessions=found, provider=MemoryProvider(), settings=settings_)


def copy(url: str, to: Path) -> str:
    """A backup of a SQLite database, as its own command makes it."""
    from surveyor.db.engine import sqlite_module

    module = sqlite_module()
    source, target = module.connect(url.removeprefix("sqlite:///")), module.connect(str(to))
    source.backup(target)
    source.close()
    target.close()
    return f"sqlite:///{to}"


def sent(house: Services) -> int:
    return len(house.provider.sent)  # type: ignore[attr-defined]


def states(house: Services) -> set[tuple[str, str | None]]:
    with house.sessions() as session:
        return {(row.state, row.reason) for row in session.execute(select(Email.state, Email.reason))}


def work(house: Services) -> None:
    """A worker that looks twice."""
    turns = Turns(2)
    worker.run(house, stopping=turns.stopping, sleep=turns.sleep)


@pytest.mark.parametrize("first", ["the clock", "a worker"])
def test_an_older_backup_sends_nothing_whoever_starts_first(
    sqlite_url: str, sqlite_sessions: Any, clock: Any, tmp_path: Path, first: str
) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path)
    backup = copy(sqlite_url, tmp_path / "backup.db")
    for _ in range(3):
        Clock(house).heartbeat(clock.forward(minutes=1))
    clock.set(DUE)
    work(house)
    assert sent(house) == 1
    restored = again(house, backup)
    if first == "the clock":
        Clock(restored).tick()
    work(restored)
    Clock(restored).tick()
    work(restored)
    assert sent(restored) == 0
    assert states(restored) <= {("pending", None), ("leased", None)}
    found = release_sends(
        restored.sessions,
        who="claire",
        name=installation_name(house.settings.base_url),
        witnesses=witnesses.read(house.settings),
        now=clock(),
    )
    witnesses.write(house.settings, found.epoch or 0)
    clock.forward(minutes=2)
    desk.drain(restored, desk.mailer(restored))
    Clock(restored).once()
    desk.drain(restored, desk.mailer(restored))
    assert sent(restored) == 1


def test_a_copy_for_another_address_sends_nothing_and_the_original_goes_on(
    sqlite_url: str, sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path / "home")
    shutil.copytree(tmp_path / "home", tmp_path / "staging")
    staging = again(
        house,
        copy(sqlite_url, tmp_path / "copy.db"),
        home=tmp_path / "staging",
        base_url="https://staging.example.fr",
    )
    clock.set(DUE)
    work(staging)
    work(house)
    assert (sent(staging), sent(house)) == (0, 1)


def test_what_expired_while_it_was_held_is_dropped_and_never_sent_late(
    sqlite_url: str, sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path)
    backup = copy(sqlite_url, tmp_path / "backup.db")
    for _ in range(2):
        Clock(house).heartbeat(clock.forward(minutes=1))
    restored = again(house, backup)
    clock.set(DUE + timedelta(days=5))
    work(restored)
    release_sends(
        restored.sessions, who="claire", name=installation_name(house.settings.base_url), witnesses=[3], now=clock()
    )
    witnesses.write(house.settings, 4)
    clock.forward(minutes=2)
    Clock(restored).once()
    desk.drain(restored, desk.mailer(restored))
    assert sent(restored) == 0
    assert states(restored) == {("dropped", "EXPIRED")}


def test_a_worker_that_cannot_look_lets_nothing_leave(
    sqlite_sessions: Any, sqlite_databases: Any, clock: Any, tmp_path: Path
) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path)
    ticks = [0.0]
    lookout = Lookout(house, ticks=lambda: ticks[0])
    assert lookout.clear()
    blind = replace(house, sessions=make_sessions(make_engine(sqlite_databases.empty())))
    assert not Lookout(blind).clear()
    lookout.services = blind
    assert lookout.clear()  # it looked less than a minute ago
    ticks[0] = 60.0
    assert not lookout.clear()


def test_once_one_process_held_the_sending_no_worker_hands_over(
    sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path)
    clock.set(DUE)
    away = replace(house, settings=replace(house.settings, base_url="https://other.example"))
    assert check_sending(
        away.sessions, name=installation_name("https://other.example"), witnesses=[None], now=clock()
    ).held
    work(house)
    assert sent(house) == 0


def test_before_the_first_heartbeat_a_worker_waits_for_the_clock(sqlite_url: str, clock: Any, tmp_path: Path) -> None:
    house = services(make_sessions(make_engine(sqlite_url)), clock, tmp_path)
    held = check_sending(house.sessions, name="n", witnesses=[None], now=clock())
    assert (held.held, held.reason) == (True, "the clock has not begun")


def test_whoever_was_erased_since_the_backup_is_erased_again_before_the_release(
    sqlite_sessions: Any, clock: Any, tmp_path: Path
) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path)
    with house.sessions() as session:
        customer = session.scalars(select(Customer)).one()
    assert customer.email
    try:
        key = house.keyring.address_key(customer.email)
    except AddressError:  # pragma: no cover - the sample has a usable address
        raise AssertionError(customer.email) from None
    erasure_list.append(tmp_path, key, now=clock())
    erasure_list.append(tmp_path, key, now=clock())
    with (tmp_path / "erasures").open("a") as file:
        file.write("2026-01-19T18:30 0123")  # cut by a crash
    keys = erasure_list.read(tmp_path)
    assert keys == [key]
    journeys = desk.journeys(house)
    assert reapply_erasures(house.sessions, keys, journeys=journeys, now=clock()) == 1
    assert reapply_erasures(house.sessions, keys, journeys=journeys, now=clock()) == 0
    assert states(house) == {("dropped", "UNSUBSCRIBED")}
    with house.sessions() as session:
        row = session.scalars(select(Customer)).one()
        assert (row.email, row.first_name, row.erased_at) == ("", "", clock())
        assert session.scalars(select(Suppression.reason)).all() == ["erased"]
    assert erasure_list.read(tmp_path / "nowhere") == []


def test_before_a_release_the_whole_person_is_erased_again(sqlite_sessions: Any, clock: Any, tmp_path: Path) -> None:
    house = ordered(sqlite_sessions, clock, tmp_path)
    with house.sessions() as session:
        address = session.scalars(select(Customer.email)).one()
    keys, journeys = [house.keyring.address_key(address)], desk.journeys(house)
    means = desk.erasing(house)
    assert reapply_erasures(house.sessions, keys, journeys=journeys, now=clock(), means=means) == 1
    assert reapply_erasures(house.sessions, keys, journeys=journeys, now=clock(), means=means) == 0
    with house.sessions() as session:
        row = session.scalars(select(Customer)).one()
        bodies = set(session.scalars(select(OrderEventRow.body)))
        done = session.execute(select(Erasure.by, Erasure.done_at)).one()
    assert (row.email, row.external_id) == ("", house.keyring.erased_name("c1"))
    assert bodies == {None}
    assert tuple(done) == ("restore", clock())


def test_every_reason_of_a_hold_is_said_in_french_too() -> None:
    assert len(REASONS) == 4
    assert all(french and french != english for english, french in REASONS.items())
