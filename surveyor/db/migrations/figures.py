"""Tables of what is kept of figures beside their tallies, for the first revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant, Json

_CLOSED_POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION closed_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a closed month never changes: it is revised'; END $$""",
    "CREATE TRIGGER closed_periods_final BEFORE UPDATE OR DELETE ON closed_periods "
    "FOR EACH ROW EXECUTE FUNCTION closed_is_final()",
)
_CLOSED_SQLITE = tuple(
    f"CREATE TRIGGER closed_periods_no_{verb} BEFORE {verb.upper()} ON closed_periods "
    "BEGIN SELECT RAISE(ABORT, 'a closed month never changes: it is revised'); END"
    for verb in ("update", "delete")
)


def create() -> None:
    """Create them; `users` stands already."""
    _closed_periods()
    _goals()
    _kept_counts()
    _saved_views()
    full = op.get_bind().dialect.name == "postgresql"
    for statement in _CLOSED_POSTGRESQL if full else _CLOSED_SQLITE:
        op.execute(statement)


def _closed_periods() -> None:
    op.create_table(
        "closed_periods",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_at", Instant(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("inputs", Json(), nullable=False),
        sa.CheckConstraint("kind IN ('scores','rates')", name=op.f("ck_closed_periods_kind")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_closed_periods_revision")),
        sa.PrimaryKeyConstraint("month", "store_id", "kind", "revision", name=op.f("pk_closed_periods")),
    )


def _kept_counts() -> None:
    op.create_table(
        "kept_counts",
        sa.Column("key", Hash(), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("counted_at", Instant(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_kept_counts")),
    )


def _goals() -> None:
    op.create_table(
        "goals",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "indicator", name=op.f("pk_goals")),
    )


def _saved_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "name", name="saved_view_name"),
    )
