"""From nothing to the schema of the line: fast, repeatable, and equal to what the code declares."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from surveyor.db import audit, migrations
from surveyor.db.engine import make_engine
from surveyor.errors import SettingsError


def test_an_empty_database_is_made_ready(empty_engine_url: str) -> None:
    engine = make_engine(empty_engine_url)
    with engine.connect() as connection:
        assert migrations.current(connection) is None
    migrations.upgrade(engine)
    assert migrations.is_current(engine)
    engine.dispose()


def test_the_schema_is_the_one_the_code_declares(engine: Any) -> None:
    assert migrations.check(engine) == []


def test_a_second_start_changes_nothing(engine: Any) -> None:
    migrations.upgrade(engine)
    assert migrations.check(engine) == []


def test_a_missing_index_and_an_old_revision_are_named(engine: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX at_most_once"))
    assert any("at_most_once" in line for line in migrations.check(engine))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert "surveyor db upgrade" in migrations.check(engine)[0]


def test_two_processes_that_start_together_migrate_once(empty_engine_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        engine = make_engine(empty_engine_url)
        try:
            migrations.upgrade(engine)
        except Exception as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("verb", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_s44_the_database_refuses_to_change_an_audit_line(sessions: Any, clock: Any, verb: str) -> None:
    with sessions.begin() as session:
        audit.append(session, audit.Entry("u1", "rules.publish", "version 1"), now=clock())
    with pytest.raises(Exception, match="never changes"), sessions.begin() as session:
        session.execute(text(verb))


@pytest.mark.postgres
def test_s51_the_application_has_no_ddl_and_only_adds_to_the_audit(postgres_databases: Any) -> None:
    """The roles of deploy/roles.sql, as psql would make them, then the migrations of the owner."""
    import re
    from pathlib import Path

    import psycopg

    url = postgres_databases.empty()
    name = url.rpartition("/")[2]
    sql = (Path(__file__).resolve().parents[2] / "deploy" / "roles.sql").read_text("utf-8")
    for variable in ("owner_password", "app_password"):
        sql = sql.replace(f":'{variable}'", "'pw'")
    sql = re.sub(r"\bsurveyor(_owner|_reader)?\b", lambda found: f"{name}{found[1] or '_app'}", sql)
    sql = sql.replace(f"DATABASE {name}_app", f"DATABASE {name}")
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    roles = [f"{name}{end}" for end in ("_owner", "_app", "_reader")]
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(sql.encode())
    try:
        owner = make_engine(re.sub(r"//[^@/]*@", f"//{name}_owner:pw@", url))
        migrations.upgrade(owner)
        owner.dispose()
        as_app = re.sub(r"//[^@/]*@", f"//{name}_app:pw@", plain)
        with psycopg.connect(as_app, autocommit=True) as app:
            app.execute("INSERT INTO regions (id, name) VALUES ('nord', 'Nord')")
            app.execute("UPDATE regions SET name = 'N'")
            for refused in (
                "UPDATE audit SET action = 'x'",
                "DELETE FROM audit",
                "TRUNCATE audit",
                "CREATE TABLE mine (n int)",
                "DROP TABLE regions",
                "ALTER TABLE regions ADD COLUMN x int",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(refused)
    finally:
        postgres_databases.drop(url)
        with psycopg.connect(postgres_databases.url("postgres").replace("+psycopg", ""), autocommit=True) as admin:
            for role in roles:
                admin.execute(f'DROP ROLE IF EXISTS "{role}"'.encode())


def newer(engine: Any) -> None:
    """What the revision of a newer version leaves behind: it only added."""
    with engine.begin() as connection:
        for statement in (
            "ALTER TABLE emails ADD COLUMN note TEXT",
            "ALTER TABLE order_events ADD COLUMN weight INTEGER NOT NULL DEFAULT 1",
            "CREATE TABLE tomorrow (id INTEGER PRIMARY KEY)",
            "CREATE INDEX email_note ON emails (note)",
            "UPDATE alembic_version SET version_num = '9999'",
        ):
            connection.execute(text(statement))


def test_tables_of_a_newer_version_are_worked_with_and_never_taken_back(engine: Any) -> None:
    assert migrations.standing_of(engine) is migrations.Standing.CURRENT
    newer(engine)
    assert migrations.standing_of(engine) is migrations.Standing.AHEAD
    assert migrations.standing_of(engine).workable
    with pytest.raises(SettingsError, match="revision 9999, which a newer version"):
        migrations.upgrade(engine)
    assert "newer version" in migrations.check(engine)[0]


@pytest.mark.parametrize(
    ("found", "stands", "workable"),
    [(None, "empty", False), ("0001", "behind", False), ("0002", "current", True), ("0003", "ahead", True)],
)
def test_tables_that_lack_something_are_not_worked_with(found: str | None, stands: str, workable: bool) -> None:
    standing = migrations.stands(found, ("0001", "0002"), "0002")
    assert (standing, standing.workable) == (stands, workable)
