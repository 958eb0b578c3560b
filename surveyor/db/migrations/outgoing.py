"""Tables of what leaves the line to other systems and of what files bring besides orders, for the first revision."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant, Json


def create() -> None:
    """Create them; tables of customers stand already."""
    _webhooks()
    _webhook_events()
    _webhook_deliveries()
    _imported_responses()
    _marketing_costs()
    _tickets()
    _social_mentions()
    _customer_origins()


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("identity", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("rotated_at", Instant(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("pause_cause", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )


def _webhook_events() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("spread_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
    )
    open_ = sa.text("spread_at IS NULL")
    op.create_index("webhook_event_due", "webhook_events", ["due_at"], sqlite_where=open_, postgresql_where=open_)
    op.create_index("webhook_event_customer", "webhook_events", ["customer_id"])


def _webhook_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("webhook_id", Id(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting','delivered','failed','dropped')", name=op.f("ck_webhook_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_events.id"], name=op.f("fk_webhook_deliveries_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("event_id", "webhook_id", name=op.f("pk_webhook_deliveries")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "webhook_delivery_due", "webhook_deliveries", ["next_at"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("webhook_delivery_of", "webhook_deliveries", ["webhook_id", "event_id"])


def _known(table: str, once: str) -> tuple[Any, ...]:
    """The columns by which a line of a file is known again."""
    return (
        sa.Column("id", Id(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("content_sha256", Hash(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("source", "ref", name=once),
    )


def _imported_responses() -> None:
    op.create_table(
        "imported_responses",
        *_known("imported_responses", "imported_response_once"),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("answers", Json(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_imported_responses_score")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_imported_responses_customer_id")),
    )
    op.create_index(op.f("ix_imported_responses_customer_id"), "imported_responses", ["customer_id"])
    op.create_index("imported_response_day", "imported_responses", ["day", "store_id"])


def _marketing_costs() -> None:
    op.create_table(
        "marketing_costs",
        *_known("marketing_costs", "marketing_cost_once"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(14, 4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_marketing_costs_days")),
    )
    op.create_index("marketing_cost_days", "marketing_costs", ["first_day", "last_day"])


def _tickets() -> None:
    op.create_table(
        "tickets",
        *_known("tickets", "ticket_once"),
        sa.Column("person_key", Hash(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("first_reply_at", Instant(), nullable=True),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.Column("agent_minutes", sa.Numeric(10, 2), nullable=True),
        sa.Column("quality", sa.Numeric(5, 2), nullable=True),
        sa.CheckConstraint("quality BETWEEN 0 AND 100", name=op.f("ck_tickets_quality")),
    )
    op.create_index("ticket_created", "tickets", ["created_at"])
    op.create_index("ticket_resolved", "tickets", ["resolved_at"])
    op.create_index("ticket_person", "tickets", ["person_key", "created_at"])


def _social_mentions() -> None:
    op.create_table(
        "social_mentions",
        *_known("social_mentions", "social_mention_once"),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("polarity", sa.Integer(), nullable=False),
        sa.Column("judged_by", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint("polarity BETWEEN -1 AND 1", name=op.f("ck_social_mentions_polarity")),
    )
    op.create_index("social_mention_day", "social_mentions", ["day"])


def _customer_origins() -> None:
    op.create_table(
        "customer_origins",
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_origins_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_origins")),
    )
