"""What the database itself refuses along the line: the audit chain and published texts of emails never change."""

from __future__ import annotations

from alembic import op

_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a line of the audit chain never changes'; END $$""",
    "CREATE TRIGGER audit_final BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_final()",
)
_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'a line of the audit chain never changes'); END"
    for verb in ("update", "delete")
)


_PUBLISHED = ("email_versions", "email_templates", "questionnaires")
_PUBLISHED_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a published version never changes'; END $$""",
    *(
        f"CREATE TRIGGER {table}_final BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION published_is_final()"
        for table in _PUBLISHED
    ),
)
_PUBLISHED_SQLITE = tuple(
    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'a published version never changes'); END"
    for table in _PUBLISHED
    for verb in ("update", "delete")
)


def create() -> None:
    """Add the triggers of this engine."""
    full = op.get_bind().dialect.name == "postgresql"
    for statement in (*_POSTGRESQL, *_PUBLISHED_POSTGRESQL) if full else (*_SQLITE, *_PUBLISHED_SQLITE):
        op.execute(statement)
