"""The tables of customers' public voice: reviews, widgets, questions, scores, peers; a part of the first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant, Json


def create() -> None:
    """Create them, after the tables they point at."""
    _custscore_versions()
    _custscores()
    _receipts()
    _watch_answers()
    _widgets()
    _faq_entries()
    _peer_figures()
    _review_settings()
    _sign_in_days()
    _widget_days()
    _widget_snapshots()
    _reviews()
    _review_reports()


def _custscore_versions() -> None:
    op.create_table(
        "custscore_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_custscore_versions")),
    )


def _custscores() -> None:
    op.create_table(
        "custscores",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("day", "scope", name=op.f("pk_custscores")),
    )
    op.create_index("custscore_scope", "custscores", ["scope", "day"], unique=False)


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("refusals", Json(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_index("receipt_kind", "receipts", ["kind", "at"], unique=False)


def _watch_answers() -> None:
    op.create_table(
        "watch_answers",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "mark", name=op.f("pk_watch_answers")),
    )


def _widgets() -> None:
    op.create_table(
        "widgets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("origins", Json(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('badge','carousel')", name=op.f("ck_widgets_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widgets")),
    )


def _faq_entries() -> None:
    op.create_table(
        "faq_entries",
        sa.Column("id", Id(), nullable=False),
        sa.Column("brand_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question_fr", sa.Text(), nullable=False),
        sa.Column("question_en", sa.Text(), nullable=False),
        sa.Column("answer_fr", sa.Text(), nullable=False),
        sa.Column("answer_en", sa.Text(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_faq_entries_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_entries")),
    )
    op.create_index(op.f("ix_faq_entries_brand_id"), "faq_entries", ["brand_id"], unique=False)


def _peer_figures() -> None:
    op.create_table(
        "peer_figures",
        sa.Column("id", Id(), nullable=False),
        sa.Column("receipt_id", Id(), nullable=False),
        sa.Column("peer_group", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("collected_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_peer_figures_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_figures")),
    )
    op.create_index(op.f("ix_peer_figures_receipt_id"), "peer_figures", ["receipt_id"], unique=False)


def _review_settings() -> None:
    op.create_table(
        "review_settings",
        sa.Column("brand_id", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("publish_days", sa.Integer(), nullable=False),
        sa.Column("keep_months", sa.Integer(), nullable=False),
        sa.Column("sites", Json(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_review_settings_brand_id")),
        sa.PrimaryKeyConstraint("brand_id", name=op.f("pk_review_settings")),
    )


def _sign_in_days() -> None:
    op.create_table(
        "sign_in_days",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_days_user_id")),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_sign_in_days")),
    )


def _widget_days() -> None:
    op.create_table(
        "widget_days",
        sa.Column("widget_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["widget_id"], ["widgets.id"], name=op.f("fk_widget_days_widget_id")),
        sa.PrimaryKeyConstraint("widget_id", "day", "origin", name=op.f("pk_widget_days")),
    )


def _widget_snapshots() -> None:
    op.create_table(
        "widget_snapshots",
        sa.Column("widget_id", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.ForeignKeyConstraint(["widget_id"], ["widgets.id"], name=op.f("fk_widget_snapshots_widget_id")),
        sa.PrimaryKeyConstraint("widget_id", name=op.f("pk_widget_snapshots")),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", Id(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("invitation_id", Id(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", Instant(), nullable=True),
        sa.Column("experienced_on", sa.Date(), nullable=True),
        sa.Column("deposited_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("masks", Json(), nullable=False),
        sa.Column("notice_id", Id(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "source <> 'survey' OR (invitation_id IS NOT NULL AND revision IS NOT NULL AND experienced_on IS NOT NULL)",
            name=op.f("ck_reviews_ours"),
        ),
        sa.CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name=op.f("ck_reviews_published")),
        sa.CheckConstraint(
            "state IN ('waiting', 'published', 'refused', 'withdrawn', 'external')", name=op.f("ck_reviews_state")
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_reviews_invitation_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["emails.id"], name=op.f("fk_reviews_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_reviews_invitation_id")),
        sa.UniqueConstraint("source", "external_id", name="review_once"),
    )
    op.create_index("review_state", "reviews", ["state", "deposited_at"], unique=False)
    op.create_index("review_store", "reviews", ["store_id", "state", "published_at"], unique=False)


def _review_reports() -> None:
    op.create_table(
        "review_reports",
        sa.Column("id", Id(), nullable=False),
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("client_key", Hash(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_review_reports_invitation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_reports")),
    )
    op.create_index(op.f("ix_review_reports_invitation_id"), "review_reports", ["invitation_id"], unique=False)
