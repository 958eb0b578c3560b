"""The tables of cases and plans, as the first revision makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant


def create() -> None:
    """After `emails` and `users`, which they point to."""
    op.create_table(
        "case_candidates",
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_case_candidates_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_case_candidates")),
    )
    op.create_index(op.f("ix_case_candidates_due_at"), "case_candidates", ["due_at"])
    op.create_table(
        "cases",
        sa.Column("id", Id(), nullable=False),
        sa.Column("invitation_id", Id(), nullable=True),
        sa.Column("review_id", Id(), nullable=True),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("commented", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("responded_at", Instant(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("negative", sa.Text(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("owner_id", Id(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("answer_by", Instant(), nullable=False),
        sa.Column("network_by", Instant(), nullable=False),
        sa.Column("replied_at", Instant(), nullable=True),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("followup_sha256", Hash(), nullable=True),
        sa.Column("come_back", sa.Boolean(), nullable=True),
        sa.Column("come_back_at", Instant(), nullable=True),
        sa.Column("call_back_at", Instant(), nullable=True),
        sa.CheckConstraint("(invitation_id IS NULL) <> (review_id IS NULL)", name=op.f("ck_cases_about")),
        sa.CheckConstraint("level IN ('store','region','network')", name=op.f("ck_cases_level")),
        sa.CheckConstraint("(come_back IS NULL) = (come_back_at IS NULL)", name=op.f("ck_cases_come_back")),
        sa.CheckConstraint("status IN ('new','in_progress','waiting','closed')", name=op.f("ck_cases_status")),
        sa.CheckConstraint("why IN ('severe','score','label','person','call_back')", name=op.f("ck_cases_why")),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cases_closed")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_cases_invitation_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_cases_customer_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_cases_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_cases_invitation_id")),
        sa.UniqueConstraint("followup_sha256", name=op.f("uq_cases_followup_sha256")),
        sa.UniqueConstraint("review_id", name=op.f("uq_cases_review_id")),
    )
    op.create_index("case_day", "cases", ["day", "store_id"])
    op.create_index("case_listed", "cases", ["opened_at", "id"])
    op.create_index(
        "case_open",
        "cases",
        ["answer_by"],
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_index("case_store", "cases", ["store_id", "opened_at"])
    op.create_index(op.f("ix_cases_customer_id"), "cases", ["customer_id"])
    op.create_index(op.f("ix_cases_owner_id"), "cases", ["owner_id"])
    op.create_table(
        "case_entries",
        sa.Column("id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("email_id", Id(), nullable=True),
        sa.Column("message_key", sa.Text(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_entries_case_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_case_entries_customer_id")),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_case_entries_email_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entries")),
        sa.UniqueConstraint("email_id", name=op.f("uq_case_entries_email_id")),
        sa.UniqueConstraint("case_id", "message_key", name=op.f("entry_once")),
    )
    op.create_index("case_entry_story", "case_entries", ["case_id", "at"])
    op.create_index(op.f("ix_case_entries_customer_id"), "case_entries", ["customer_id"])
    op.create_table(
        "reply_texts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_texts")),
    )
    op.create_table(
        "action_plans",
        sa.Column("id", Id(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("owner_id", Id(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("experiment", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint("status IN ('open','done','dropped')", name=op.f("ck_action_plans_status")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_action_plans_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_plans")),
    )
