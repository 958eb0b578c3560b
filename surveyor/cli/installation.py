"""What a command works on: settings, database and secrets of this installation, opened when needed and let go after."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.errors import SettingsError
from surveyor.settings import Settings, with_keys

if TYPE_CHECKING:
    from surveyor.core.rules import KnownNames
    from surveyor.core.scope import Scope
    from surveyor.core.tokens import Keyring
    from surveyor.flows.customer_journey import Defaults


OLDER = "SURVEYOR_DATABASE_URL: its tables are older than this version: run surveyor db upgrade"


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts that most commands need; `surveyor.app.build_services` makes the rest where emails are handed over."""

    settings: Settings
    engine: Any
    sessions: Any
    keyring: Keyring


def settings() -> Settings:
    """The settings of the environment, with the secrets of an embedded home; logs are filtered from here on."""
    import logging

    from surveyor import faults, logs

    found = with_keys(Settings.read(os.environ))
    logs.configure(key=found.secret_keys[-1], level=logging.WARNING)
    if found.fault_plan:
        faults.install(plan_of(found))
    return found


def plan_of(found: Settings) -> dict[str, int]:
    """Where the process is to kill itself. Raises SettingsError for a point that there is not."""
    from surveyor import faults

    try:
        return faults.parse_plan(found.fault_plan)
    except ValueError as wrong:
        raise SettingsError(f"SURVEYOR_FAULT_PLAN: expected NAME:N,NAME:N; {wrong}") from None


def refuse_provider(found: Settings) -> None:
    """SettingsError for a provider that cannot be made of its address and key: said before a process starts, which
    would only die of it."""
    from surveyor.app import provider_secrets
    from surveyor.mail.providers import provider_from_url

    provider_from_url(found.mail_url, now=now, secrets=provider_secrets(found))


def has_database() -> bool:
    """Whether there is a database to ask: a server, or the file of an embedded home."""
    url = Settings.read(os.environ).database_url
    return not url.startswith("sqlite") or Path(url.partition(":///")[2]).exists()


@contextmanager
def installation() -> Iterator[Installation]:
    """The installation of the environment. An embedded database is brought up to date; another must be already.

    Raises:
        SettingsError: the schema is not this version's: `surveyor db upgrade` is for that.
    """
    from surveyor.db.engine import make_engine, make_sessions
    from surveyor.flows.open_keyring import open_keyring

    found = settings()
    if found.database_url.startswith("sqlite"):
        found.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(found.database_url)
    try:
        _up_to_date(found, engine)
        sessions = make_sessions(engine)
        yield Installation(found, engine, sessions, open_keyring(sessions, found.secret_keys))
    finally:
        engine.dispose()


def _up_to_date(found: Settings, engine: Any) -> None:
    from surveyor.db import migrations

    if migrations.standing_of(engine).workable:
        return
    if found.production:
        raise SettingsError(OLDER)
    make_ready(found, engine)


def fit_to_act(found: Settings) -> None:
    """Name what crosses a network in the clear. Refuse to start a process that acts when, in production, the tables
    lack what this version needs or PostgreSQL does not keep what it says; when links still to be sent name a secret
    that left; when this machine's clock is an hour behind what was recorded (one that may travel in time is let off).
    """
    from surveyor.db import migrations
    from surveyor.db.engine import durability_problems, make_engine, make_sessions
    from surveyor.flows.open_keyring import open_keyring
    from surveyor.flows.refuse_late_clock import refuse_late_clock
    from surveyor.flows.refuse_lost_secrets import refuse_lost_secrets
    from surveyor.settings.transport import unprotected

    if found.production:
        for sentence in unprotected(found):
            print(f"surveyor: warning: {sentence}", file=sys.stderr, flush=True)
    engine = make_engine(found.database_url)
    try:
        stands = migrations.standing_of(engine)
        if found.production:
            if not stands.workable:
                raise SettingsError(OLDER)
            if lasting := durability_problems(engine):
                raise SettingsError(f"SURVEYOR_DATABASE_URL: {lasting[0]} Set it to on.")
        if stands.workable:
            sessions = make_sessions(engine)
            refuse_lost_secrets(sessions, open_keyring(sessions, found.secret_keys))
            if not found.allow_time_travel:
                refuse_late_clock(sessions, now=now())
    finally:
        engine.dispose()


def make_ready(found: Settings, engine: Any) -> None:
    """Bring a database to this version: tables, since when formulas are in force, first rules if it has none."""
    from surveyor.db import migrations, rules
    from surveyor.db.engine import make_sessions
    from surveyor.flows.note_definitions import note_definitions
    from surveyor.shipped import shipped

    migrations.upgrade(engine)
    sessions = make_sessions(engine)
    note_definitions(sessions, now=now())
    with sessions() as session:
        if rules.active(session) is not None:
            return
    from surveyor.flows.publish_rules import publish_first

    publish_first(sessions, shipped("rules.toml").read_text(encoding="utf-8"), now=now(), file=rules_file(found))


def refuse_unknown_stores(session: Any, scope: Scope) -> None:
    """Raises UsageError when a scope names a store that does not exist: its figures would be those of nobody."""
    from surveyor.db import network

    known = network.stores(session, scope.stores) if scope.stores else {}
    if missing := [store for store in scope.stores if store not in known]:
        raise click.UsageError(f"--scope: store {', '.join(missing)} does not exist")


def rules_file(found: Settings) -> Path:
    """Where the active rules are written after each publication, for people and for version control."""
    from surveyor.flows.publish_rules.file import RULES_FILE

    return found.home / RULES_FILE


def defaults_of(found: Settings) -> Defaults:
    """Zone and language for stores and customers that say nothing."""
    from surveyor.flows.customer_journey import Defaults

    return Defaults(found.time_zone, found.language)


def known_names(house: Installation | None) -> KnownNames:
    """What a rule may name: emails and surveys of the product, and what the database of an installation knows."""
    from surveyor.shipped import shipped

    if house is None:
        from surveyor.flows.shipped_names import shipped_names

        return shipped_names(shipped("emails"))
    from surveyor.flows import known_names as flow

    with house.sessions() as session:
        return flow.known_names(session, shipped("emails"))


def now() -> datetime:
    """The clock of the edge: aware, UTC."""
    return datetime.now(UTC)


def instant(text: str | None, found: Settings) -> datetime:
    """The clock, or the instant given in its place, which only an installation that allows time travel takes."""
    if text is None:
        return now()
    if not found.allow_time_travel:
        raise SettingsError("SURVEYOR_ALLOW_TIME_TRAVEL: expected 1 to work at another instant than now")
    from surveyor.core.periods import YEARS

    try:
        given: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is None or given.tzinfo is None or given.year not in YEARS:
        raise click.UsageError(f"{text!r} is not an instant with its offset, such as 2026-11-02T10:00:00+01:00")
    return given.astimezone(UTC)
