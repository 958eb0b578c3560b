"""What the database itself refuses along the line: a line of the audit chain never changes."""

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


def create() -> None:
    """Add the triggers of this engine."""
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
