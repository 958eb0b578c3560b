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
    _indicator_definitions()
    _goals()
    _kept_counts()
    _saved_views()
    _tallies_of_months()
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


def _indicator_definitions() -> None:
    op.create_table(
        "indicator_definitions",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("indicator", "version", name=op.f("pk_indicator_definitions")),
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


_FINE = (
    ("rule_id", sa.Text()),
    ("rule_version", sa.Integer()),
    ("segment", sa.Text()),
    ("questionnaire_version", sa.Integer()),
)
_COUNTS = (
    "orders hits scheduled went_out dropped failed in_doubt sent reminders delivered bounced_hard bounced_soft "
    "rejected undelivered opened visited responded responded_commented unsubscribed complained score_0 score_1 "
    "score_2 score_3 score_4 score_5 score_6 score_7 score_8 score_9 score_10 commented commented_promoters "
    "commented_passives commented_detractors replied reply_seconds to_handle handled_48h"
).split()


def _tallies_of_months() -> None:
    """The columns of the tallies of days, each month under its first day."""
    for name, finer in (("tallies_fine_months", _FINE), ("tallies_coarse_months", ())):
        keys = (("month", sa.Date()), ("store_id", sa.Text()), *finer)
        op.create_table(
            name,
            *(sa.Column(key, kind, autoincrement=False, nullable=False) for key, kind in keys),
            *(sa.Column(count, _kind(count), server_default="0", nullable=False) for count in _COUNTS),
            sa.PrimaryKeyConstraint(*(key for key, _ in keys), name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )


def _kind(count: str) -> sa.Integer:
    return sa.BigInteger() if count == "reply_seconds" else sa.Integer()
