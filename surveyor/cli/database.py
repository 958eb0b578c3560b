"""`surveyor db`: bring the tables of the line to this version, and say whether they are."""

from __future__ import annotations

import click

from surveyor.cli import say
from surveyor.cli.installation import make_ready, settings


@click.group("db")
def db() -> None:
    """The database: migrations, and whether its tables are those of this version."""


@db.command()
@say.json_option
def upgrade(as_json: bool) -> None:
    """Apply the migrations that are missing and seal secrets under the newest key; a new database gets rules."""
    from surveyor.db import migrations
    from surveyor.db.engine import make_engine, make_sessions
    from surveyor.flows.open_keyring import open_keyring
    from surveyor.flows.reseal_secrets import reseal_secrets

    found = settings()
    found.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(found.database_url)
    with engine.connect() as connection:
        before = migrations.current(connection)
    make_ready(found, engine)
    sessions = make_sessions(engine)
    sealed = reseal_secrets(sessions, open_keyring(sessions, found.secret_keys))
    engine.dispose()
    if as_json:
        say.as_json({"from": before, "to": migrations.head(), "secrets_sealed_again": sealed})
    else:
        print(f"database at {migrations.head()}" + (" already" if before == migrations.head() else ""))
        if sealed:
            print(f"stored secrets sealed again under the newest key: {sealed}")


@db.command()
@say.json_option
def check(as_json: bool) -> int:
    """Compare the tables of the database with those of this version; status 1 when they differ."""
    from surveyor.db import migrations
    from surveyor.db.engine import durability_problems, make_engine

    engine = make_engine(settings().database_url)
    problems = [*migrations.check(engine), *durability_problems(engine)]
    engine.dispose()
    if as_json:
        say.as_json({"ok": not problems, "problems": problems})
    else:
        print("\n".join(problems) or "the tables are those of this version")
    return 1 if problems else 0
