"""Tables of reports to staff: what each said when it left, who wants which, who opened it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant, Json


def create() -> None:
    """All six, in the order of their keys."""
    _report_subscriptions()
    _report_copies()
    _report_quotes()
    _report_reads()
    _report_shares()
    _report_follow_ups()


def _report_subscriptions() -> None:
    op.create_table(
        "report_subscriptions",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "edition IN ('store','region','support','network')", name=op.f("ck_report_subscriptions_edition")
        ),
        sa.CheckConstraint("kind IN ('express','voice')", name=op.f("ck_report_subscriptions_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_report_subscriptions_user_id")),
        sa.PrimaryKeyConstraint("user_id", "kind", "scope", name=op.f("pk_report_subscriptions")),
    )


def _report_copies() -> None:
    op.create_table(
        "report_copies",
        sa.Column("email_id", Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_report_copies_email_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_report_copies_user_id")),
        sa.PrimaryKeyConstraint("email_id", "n", name=op.f("pk_report_copies")),
    )
    op.create_index("report_copy_age", "report_copies", ["made_at"], unique=False)
    op.create_index("report_copy_reader", "report_copies", ["user_id", "kind", "made_at"], unique=False)
    op.create_index("report_copy_scope", "report_copies", ["kind", "period", "scope"], unique=False)


def _report_quotes() -> None:
    op.create_table(
        "report_quotes",
        sa.Column("email_id", Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["email_id", "n"], ["report_copies.email_id", "report_copies.n"], name=op.f("fk_report_quotes_email_id")
        ),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_report_quotes_invitation_id")),
        sa.PrimaryKeyConstraint("email_id", "n", "place", name=op.f("pk_report_quotes")),
    )
    op.create_index(op.f("ix_report_quotes_invitation_id"), "report_quotes", ["invitation_id"], unique=False)


def _report_reads() -> None:
    op.create_table(
        "report_reads",
        sa.Column("email_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_report_reads_email_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_report_reads_user_id")),
        sa.PrimaryKeyConstraint("email_id", "user_id", name=op.f("pk_report_reads")),
    )


def _report_shares() -> None:
    op.create_table(
        "report_shares",
        sa.Column("id", Id(), nullable=False),
        sa.Column("token_sha256", Hash(), nullable=False),
        sa.Column("email_id", Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("made_by", Id(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["email_id", "n"], ["report_copies.email_id", "report_copies.n"], name=op.f("fk_report_shares_email_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_report_shares_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_shares")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_report_shares_token_sha256")),
    )
    op.create_index(op.f("ix_report_shares_email_id"), "report_shares", ["email_id"], unique=False)


def _report_follow_ups() -> None:
    op.create_table(
        "report_follow_ups",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint("status IN ('done','in_progress','dismissed')", name=op.f("ck_report_follow_ups_status")),
        sa.PrimaryKeyConstraint("scope", "period", "rule", "unit", name=op.f("pk_report_follow_ups")),
    )
