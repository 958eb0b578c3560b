"""The tables of labels, as the first revision makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant


def create() -> None:
    """After `invitations`, which two of them point to."""
    op.create_table(
        "label_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_label_versions")),
    )
    op.create_table(
        "label_drafts",
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("author", name=op.f("pk_label_drafts")),
    )
    op.create_table(
        "labellings",
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", name=op.f("ck_labellings_reviewed")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_labellings_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_labellings")),
    )
    op.create_index("labelling_version", "labellings", ["version", "invitation_id"])
    op.create_index("labelling_reviewed", "labellings", ["reviewed_at"])
    op.create_table(
        "response_labels",
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("polarity", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.CheckConstraint("polarity IN ('positive','neutral','negative')", name=op.f("ck_response_labels_polarity")),
        sa.CheckConstraint("origin IN ('rule','person')", name=op.f("ck_response_labels_origin")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_response_labels_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", "label", name=op.f("pk_response_labels")),
    )
    op.create_index("response_label_day", "response_labels", ["day", "store_id", "label"])
    op.create_index("response_label_label", "response_labels", ["label", "day"])
