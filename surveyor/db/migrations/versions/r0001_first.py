"""The first schema of the line, from orders to tallies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyor.db.base import Hash, Id, Instant, Json, one_of
from surveyor.db.migrations import bi, cases, figures, labels, outgoing, reports, triggers, voice

revision = "0001"
down_revision = None


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "alert_open",
        "alerts",
        ["code", "subject"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", Hash(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("store_scope", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.Column("last_network", sa.Text(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("before", Json(), nullable=True),
        sa.Column("after", Json(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ip_prefix", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("prev", Hash(), nullable=False),
        sa.Column("hash", Hash(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_id")),
    )


def _audit_head() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("hash", Hash(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _brands() -> None:
    op.create_table(
        "brands",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("legal_fr", sa.Text(), nullable=False),
        sa.Column("legal_en", sa.Text(), nullable=False),
        sa.Column("privacy_url", sa.Text(), nullable=False),
        sa.Column("privacy_url_en", sa.Text(), nullable=False),
        sa.Column("logo_url", sa.Text(), nullable=False),
        sa.Column("colours", Json(), nullable=False),
        sa.Column("sender", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
    )


def _brand_versions() -> None:
    op.create_table(
        "brand_versions",
        sa.Column("brand_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_brand_versions_brand_id")),
        sa.PrimaryKeyConstraint("brand_id", "n", name=op.f("pk_brand_versions")),
    )


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("paused_until", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("struck_at", Instant(), nullable=True),
        sa.Column("allowance", sa.Integer(), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_channels")),
    )


def _logos() -> None:
    op.create_table(
        "logos",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_logos")),
    )


def _mail_limits() -> None:
    op.create_table(
        "mail_limits",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("domain_group", sa.Text(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("burst", sa.Float(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", Instant(), nullable=False),
        sa.Column("hour_cap", sa.Integer(), nullable=True),
        sa.Column("hour_used", sa.Integer(), nullable=False),
        sa.Column("hour_at", Instant(), nullable=True),
        sa.Column("stopped_until", Instant(), nullable=True),
        sa.Column("slow_from", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("provider", "domain_group", name=op.f("pk_mail_limits")),
    )


def _mail_streams() -> None:
    op.create_table(
        "mail_streams",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("released_at", Instant(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("judged_from", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("provider", "kind", name=op.f("pk_mail_streams")),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", Id(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address_key", Hash(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("external_id", name=op.f("uq_customers_external_id")),
    )
    op.create_index(op.f("ix_customers_address_key"), "customers", ["address_key"], unique=False)


def _decision_history() -> None:
    op.create_table(
        "decision_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("replaced_at", Instant(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("occurrence_on", sa.Date(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=True),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_history")),
    )
    op.create_index("decision_history_customer", "decision_history", ["customer_id"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("occurrence_on", sa.Date(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=True),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", Instant(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.CheckConstraint("verdict = 'SCHEDULED' OR reason IS NOT NULL", name=op.f("ck_decisions_reason")),
        sa.CheckConstraint(
            one_of("verdict", "NOT_ELIGIBLE", "SUPPRESSED", "SCHEDULED"), name=op.f("ck_decisions_verdict")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("decision_customer", "decisions", ["customer_id"], unique=False)
    op.create_index("decision_day", "decisions", ["day", "store_id"], unique=False)
    op.create_index(
        "decision_of_occurrence",
        "decisions",
        ["customer_id", "rule_id", "occurrence_on"],
        unique=True,
        sqlite_where=sa.text("occurrence_on IS NOT NULL"),
        postgresql_where=sa.text("occurrence_on IS NOT NULL"),
    )
    op.create_index(
        "decision_of_order",
        "decisions",
        ["order_id", "rule_id"],
        unique=True,
        sqlite_where=sa.text("occurrence_on IS NULL"),
        postgresql_where=sa.text("occurrence_on IS NULL"),
    )


def _email_drafts() -> None:
    op.create_table(
        "email_drafts",
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("parts", Json(), nullable=False),
        sa.Column("checked", Json(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("author", "kind", name=op.f("pk_email_drafts")),
    )


def _email_versions() -> None:
    op.create_table(
        "email_versions",
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_email_versions")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_email_versions_kind")),
    )


def _email_templates() -> None:
    op.create_table(
        "email_templates",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "language", "version", name=op.f("pk_email_templates")),
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("address_key", Hash(), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("receipt", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_customer_id"), "erasures", ["customer_id"], unique=False)
    op.create_index(
        "erasure_waiting",
        "erasures",
        ["requested_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def _experiment_plans() -> None:
    op.create_table(
        "experiment_plans",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base", sa.Float(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("per_arm", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "name", name=op.f("pk_experiment_plans")),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", Id(), nullable=False),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("conflicts", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("first_refusals", Json(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("sha256", "source", name="import_once"),
    )


def _instance() -> None:
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", Instant(), nullable=True),
        sa.Column("pg_system", sa.Text(), nullable=True),
        sa.Column("pg_timeline", sa.Integer(), nullable=True),
        sa.Column("pepper_id", sa.Text(), nullable=False),
        sa.Column("sending", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.CheckConstraint("sending IN ('released','held')", name=op.f("ck_instance_sending")),
        sa.CheckConstraint("id = 1", name=op.f("ck_instance_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )


def _order_events() -> None:
    op.create_table(
        "order_events",
        sa.Column("id", Id(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("content_sha256", Hash(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.CheckConstraint(
            one_of("state", "new", "decided", "ignored", "conflict", "quarantined"), name=op.f("ck_order_events_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index(
        "order_event_conflict",
        "order_events",
        ["source", "event_id", "content_sha256"],
        unique=True,
        sqlite_where=sa.text("state = 'conflict'"),
        postgresql_where=sa.text("state = 'conflict'"),
    )
    op.create_index(
        "order_event_once",
        "order_events",
        ["source", "event_id"],
        unique=True,
        sqlite_where=sa.text("state != 'conflict'"),
        postgresql_where=sa.text("state != 'conflict'"),
    )
    op.create_index(
        "order_event_waiting",
        "order_events",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('new', 'quarantined')"),
        postgresql_where=sa.text("state IN ('new', 'quarantined')"),
    )


def _order_marks() -> None:
    op.create_table(
        "order_marks",
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_order_marks")),
    )
    op.create_index(op.f("ix_order_marks_order_id"), "order_marks", ["order_id"], unique=False)


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", Id(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.Column("ordered_offset", sa.Integer(), nullable=False),
        sa.Column("fulfilled_at", Instant(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("attributes", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("order_id", name=op.f("uq_orders_order_id")),
    )
    op.create_index("order_customer", "orders", ["customer_id", "ordered_at"], unique=False)
    counted = sa.text("fulfilled_at IS NOT NULL AND NOT history AND cancelled_at IS NULL")
    op.create_index(
        "order_fulfilled",
        "orders",
        ["fulfilled_at"],
        unique=False,
        sqlite_where=counted,
        postgresql_where=counted,
    )


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("address_key", Hash(), nullable=False),
        sa.Column("gap_months", sa.Integer(), nullable=True),
        sa.Column("chosen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_preferences")),
    )


def _provider_batches() -> None:
    op.create_table(
        "provider_batches",
        sa.Column("id", Id(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.CheckConstraint("state IN ('new','applied','failed')", name=op.f("ck_provider_batches_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_batches")),
    )
    op.create_index(op.f("ix_provider_batches_received_at"), "provider_batches", ["received_at"], unique=False)


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", Id(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("body", Json(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_name", sa.Text(), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_proposals_decided")),
        sa.CheckConstraint("state <> 'approved' OR decided_by <> author", name=op.f("ck_proposals_second_person")),
        sa.CheckConstraint("state IN ('pending','approved','refused','withdrawn')", name=op.f("ck_proposals_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )


def _questionnaires() -> None:
    op.create_table(
        "questionnaires",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("survey", "version", name=op.f("pk_questionnaires")),
    )


def _survey_drafts() -> None:
    op.create_table(
        "survey_drafts",
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("author", "survey", name=op.f("pk_survey_drafts")),
    )


def _regions() -> None:
    op.create_table(
        "regions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
    )


def _kept_replays() -> None:
    op.create_table(
        "kept_replays",
        sa.Column("key", Hash(), nullable=False),
        sa.Column("mark", Hash(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_kept_replays")),
    )


def _rule_drafts() -> None:
    op.create_table(
        "rule_drafts",
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("measuring_since", Instant(), nullable=True),
        sa.Column("measured", Json(), nullable=True),
        sa.Column("measured_sha256", Hash(), nullable=True),
        sa.Column("measured_base", sa.Integer(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("trial", Json(), nullable=True),
        sa.PrimaryKeyConstraint("author", name=op.f("pk_rule_drafts")),
    )


def _rule_versions() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", Hash(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rule_versions")),
    )


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
    )


def _sign_in_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account", Hash(), nullable=False),
        sa.Column("ip_prefix", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index("failure_account", "sign_in_failures", ["account", "at"], unique=False)
    op.create_index("failure_ip", "sign_in_failures", ["ip_prefix", "at"], unique=False)


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("shop_domain", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("rotated_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("address_key", Hash(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('unsubscribed','paused','complained','bounced_hard','bounced_soft','manual','erased')",
            name=op.f("ck_suppressions_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
    )
    op.create_index(
        "suppression_once",
        "suppressions",
        ["address_key", "scope", "reason"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )


def _tallies_coarse() -> None:
    op.create_table(
        "tallies_coarse",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("orders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scheduled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("went_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dropped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("in_doubt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reminders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bounced_hard", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bounced_soft", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undelivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("visited", sa.Integer(), server_default="0", nullable=False),
        sa.Column("responded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("responded_commented", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsubscribed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("complained", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_0", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_6", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_7", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_8", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_9", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_10", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented_promoters", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented_passives", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented_detractors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply_seconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("to_handle", sa.Integer(), server_default="0", nullable=False),
        sa.Column("handled_48h", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("day", "store_id", name=op.f("pk_tallies_coarse")),
        sqlite_with_rowid=False,
    )


def _tallies_fine() -> None:
    op.create_table(
        "tallies_fine",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("orders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scheduled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("went_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dropped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("in_doubt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reminders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bounced_hard", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bounced_soft", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undelivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("visited", sa.Integer(), server_default="0", nullable=False),
        sa.Column("responded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("responded_commented", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsubscribed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("complained", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_0", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_1", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_2", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_4", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_5", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_6", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_7", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_8", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_9", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score_10", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented_promoters", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented_passives", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commented_detractors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply_seconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("to_handle", sa.Integer(), server_default="0", nullable=False),
        sa.Column("handled_48h", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "day",
            "store_id",
            "rule_id",
            "rule_version",
            "segment",
            "questionnaire_version",
            name=op.f("pk_tallies_fine"),
        ),
        sqlite_with_rowid=False,
    )


def _tally_answers() -> None:
    op.create_table(
        "tally_answers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "day",
            "store_id",
            "rule_id",
            "rule_version",
            "segment",
            "questionnaire_version",
            "question",
            "value",
            name=op.f("pk_tally_answers"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("tally_answers_question", "tally_answers", ["question", "day"], unique=False)


def _tally_changes() -> None:
    op.create_table(
        "tally_changes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("cells", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_changes")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.01"},
    )


def _tally_reasons() -> None:
    op.create_table(
        "tally_reasons",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "store_id", "rule_id", "rule_version", "segment", "stage", "reason", name=op.f("pk_tally_reasons")
        ),
        sqlite_with_rowid=False,
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", Id(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_key_id", sa.Text(), nullable=False),
        sa.Column("totp_since", Instant(), nullable=True),
        sa.Column("totp_last", sa.Integer(), nullable=True),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.Column("last_seen_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "role IN ('admin', 'cx', 'marketing', 'region_manager', 'store_manager', 'support')",
            name=op.f("ck_users_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )


def _active_rules() -> None:
    op.create_table(
        "active_rules",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_active_rules_single")),
        sa.ForeignKeyConstraint(["number"], ["rule_versions.number"], name=op.f("fk_active_rules_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_active_rules")),
    )


def _customer_state() -> None:
    op.create_table(
        "customer_state",
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("address_key", Hash(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_state_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_state")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("customer_state_address", "customer_state", ["address_key"], unique=False)


def _cycles() -> None:
    op.create_table(
        "cycles",
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_cycles_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "rule_id", name=op.f("pk_cycles")),
    )
    op.create_index(op.f("ix_cycles_next_at"), "cycles", ["next_at"], unique=False)


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("address_key", Hash(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("snapshot", Json(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decision_day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("sent_day", sa.Date(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("visited_at", Instant(), nullable=True),
        sa.Column("reminder_at", Instant(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("token_sha256", Hash(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_invitations_sent")),
        sa.CheckConstraint("state IN ('scheduled','sent','dropped','failed')", name=op.f("ck_invitations_state")),
        sa.CheckConstraint(
            "state NOT IN ('dropped','failed') OR reason IS NOT NULL", name=op.f("ck_invitations_reason")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_invitations_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_invitations_dedupe_key")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_invitations_token_sha256")),
    )
    op.create_index("invitation_asked", "invitations", ["address_key"], unique=False)
    op.create_index("invitation_decided", "invitations", ["decision_day", "store_id"], unique=False)
    op.create_index("invitation_order", "invitations", ["order_id"], unique=False)
    op.create_index(
        "invitation_sent",
        "invitations",
        ["sent_day", "store_id"],
        unique=False,
        sqlite_where=sa.text("sent_day IS NOT NULL"),
        postgresql_where=sa.text("sent_day IS NOT NULL"),
    )
    op.create_index(
        "invitation_reminder",
        "invitations",
        ["reminder_at"],
        unique=False,
        sqlite_where=sa.text("reminder_at IS NOT NULL"),
        postgresql_where=sa.text("reminder_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_invitations_customer_id"), "invitations", ["customer_id"], unique=False)
    op.create_index(
        "one_open_invitation",
        "invitations",
        ["address_key"],
        unique=True,
        sqlite_where=sa.text("state = 'scheduled'"),
        postgresql_where=sa.text("state = 'scheduled'"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_sha256", Hash(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("ip_prefix", sa.Text(), nullable=False),
        sa.Column("agent_family", sa.Text(), nullable=False),
        sa.Column("stepped_up_at", Instant(), nullable=True),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"], unique=False)


def _sign_in_links() -> None:
    op.create_table(
        "sign_in_links",
        sa.Column("token_sha256", Hash(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("seed", Hash(), nullable=True),
        sa.Column("email_id", Id(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('sign_in','reset','invitation','second_factor')", name=op.f("ck_sign_in_links_purpose")
        ),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_sign_in_links_email_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in_links")),
        sa.UniqueConstraint("email_id", name=op.f("uq_sign_in_links_email_id")),
    )
    op.create_index(op.f("ix_sign_in_links_user_id"), "sign_in_links", ["user_id"], unique=False)


def _stores() -> None:
    op.create_table(
        "stores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=True),
        sa.Column("brand_id", sa.Text(), nullable=True),
        sa.Column("segment_id", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("to_complete", sa.Boolean(), nullable=False),
        sa.Column("named_to_peers", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("sender", Json(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_stores_brand_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_stores_region_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_stores_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
    )
    op.create_index(op.f("ix_stores_brand_id"), "stores", ["brand_id"], unique=False)
    op.create_index(op.f("ix_stores_region_id"), "stores", ["region_id"], unique=False)


def _user_scopes() -> None:
    op.create_table(
        "user_scopes",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_scopes_user_id")),
        sa.PrimaryKeyConstraint("user_id", "scope", name=op.f("pk_user_scopes")),
    )


def _emails() -> None:
    op.create_table(
        "emails",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("invitation_id", Id(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("address_key", Hash(), nullable=False),
        sa.Column("domain_group", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("build_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body_sha256", Hash(), nullable=True),
        sa.Column("template_version", sa.Integer(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.Column("delivery_rank", sa.Integer(), nullable=False),
        sa.Column("delivery_at", Instant(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("unsubscribe_sha256", Hash(), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_emails_sent")),
        sa.CheckConstraint(
            "(state IN ('leased','dispatching')) = (lease_until IS NOT NULL)", name=op.f("ck_emails_lease")
        ),
        sa.CheckConstraint(
            "delivery IN ('queued','deferred','delivered','bounced_soft','bounced_hard','rejected','complained')",
            name=op.f("ck_emails_delivery"),
        ),
        sa.CheckConstraint(
            "state IN ('pending','leased','dispatching','sent','failed','in_doubt','dropped')",
            name=op.f("ck_emails_state"),
        ),
        sa.CheckConstraint("state NOT IN ('failed','dropped') OR reason IS NOT NULL", name=op.f("ck_emails_reason")),
        sa.CheckConstraint("(customer_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_emails_reader")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_emails_customer_id")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_emails_invitation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_emails_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emails")),
        sa.UniqueConstraint("unsubscribe_sha256", name=op.f("uq_emails_unsubscribe_sha256")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.01"},
    )
    op.create_index(
        "email_doubt",
        "emails",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'in_doubt'"),
        postgresql_where=sa.text("state = 'in_doubt'"),
    )
    op.create_index(
        "email_due",
        "emails",
        ["domain_group", "priority", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "email_lease",
        "emails",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('leased','dispatching')"),
        postgresql_where=sa.text("state IN ('leased','dispatching')"),
    )
    op.create_index(
        "email_uninvited",
        "emails",
        ["customer_id"],
        unique=False,
        sqlite_where=sa.text("invitation_id IS NULL AND customer_id IS NOT NULL"),
        postgresql_where=sa.text("invitation_id IS NULL AND customer_id IS NOT NULL"),
    )
    op.create_index(
        "email_invited",
        "emails",
        ["invitation_id", "kind"],
        unique=True,
        sqlite_where=sa.text("invitation_id IS NOT NULL"),
        postgresql_where=sa.text("invitation_id IS NOT NULL"),
    )
    op.create_index(
        "email_once",
        "emails",
        ["dedupe_key"],
        unique=True,
        sqlite_where=sa.text("invitation_id IS NULL"),
        postgresql_where=sa.text("invitation_id IS NULL"),
    )
    op.create_index(
        "email_address",
        "emails",
        ["address_key"],
        unique=False,
        sqlite_where=sa.text("kind <> 'invitation'"),
        postgresql_where=sa.text("kind <> 'invitation'"),
    )


def _response_revisions() -> None:
    op.create_table(
        "response_revisions",
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("follows", sa.Text(), nullable=False),
        sa.Column("content_sha256", Hash(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("answers", Json(), nullable=False),
        sa.Column("verbatim", sa.Text(), nullable=True),
        sa.Column("clean", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("dwell_ms", sa.Integer(), nullable=False),
        sa.Column("client_key", Hash(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_response_revisions_score")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_response_revisions_invitation_id")
        ),
        sa.PrimaryKeyConstraint("invitation_id", "n", name=op.f("pk_response_revisions")),
        sa.UniqueConstraint("invitation_id", "page", "content_sha256", name="revision_once"),
    )


def _responses() -> None:
    op.create_table(
        "responses",
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("commented", sa.Boolean(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("(standing IS NULL) = (score IS NULL)", name=op.f("ck_responses_standing")),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_responses_score")),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_responses_invitation_id")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_responses")),
    )
    op.create_index("response_day", "responses", ["day", "store_id"], unique=False)
    op.create_index("response_store", "responses", ["store_id", "day"], unique=False)


def _store_history() -> None:
    op.create_table(
        "store_history",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("brand_id", sa.Text(), nullable=True),
        sa.Column("region_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_store_history_store_id")),
        sa.PrimaryKeyConstraint("store_id", "from_day", name=op.f("pk_store_history")),
    )
    op.create_index("store_history_day", "store_history", ["from_day"], unique=False)


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", Id(), nullable=False),
        sa.Column("invitation_id", Id(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("client_key", Hash(), nullable=False),
        sa.Column("prefetch", sa.Boolean(), nullable=False),
        sa.Column("navigated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_visits_invitation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index(op.f("ix_visits_invitation_id"), "visits", ["invitation_id"], unique=False)


def _doubt_checks() -> None:
    op.create_table(
        "doubt_checks",
        sa.Column("email_id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_doubt_checks_email_id")),
        sa.PrimaryKeyConstraint("email_id", "at", name=op.f("pk_doubt_checks")),
    )


def _email_events() -> None:
    op.create_table(
        "email_events",
        sa.Column("id", Id(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("fingerprint", Hash(), nullable=False),
        sa.Column("email_id", Id(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("matched_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.CheckConstraint(
            "matched_by IN ('email','request','return_path','address','none')",
            name=op.f("ck_email_events_matched_by"),
        ),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_email_events_email_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_events")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_email_events_fingerprint")),
    )
    op.create_index(
        "email_event_once",
        "email_events",
        ["provider", "event_id"],
        unique=True,
        sqlite_where=sa.text("event_id IS NOT NULL"),
        postgresql_where=sa.text("event_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_email_events_email_id"), "email_events", ["email_id"], unique=False)


def _send_attempts() -> None:
    op.create_table(
        "send_attempts",
        sa.Column("email_id", Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("intent_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.CheckConstraint("(outcome = 'intent') = (settled_at IS NULL)", name=op.f("ck_send_attempts_settled")),
        sa.CheckConstraint("outcome = 'intent' OR evidence IS NOT NULL", name=op.f("ck_send_attempts_evidence")),
        sa.CheckConstraint(
            "outcome IN ('intent','unknown','accepted','not_accepted')", name=op.f("ck_send_attempts_outcome")
        ),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name=op.f("fk_send_attempts_email_id")),
        sa.PrimaryKeyConstraint("email_id", "n", name=op.f("pk_send_attempts")),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.01"},
    )
    op.create_index(
        "at_most_once",
        "send_attempts",
        ["email_id"],
        unique=True,
        sqlite_where=sa.text("outcome IN ('intent','unknown','accepted')"),
        postgresql_where=sa.text("outcome IN ('intent','unknown','accepted')"),
    )
    op.create_index("send_attempt_recent", "send_attempts", ["intent_at"], unique=False, postgresql_using="brin")
    op.create_index(
        "send_attempt_ref",
        "send_attempts",
        ["provider", "provider_ref"],
        unique=False,
        sqlite_where=sa.text("provider_ref IS NOT NULL"),
        postgresql_where=sa.text("provider_ref IS NOT NULL"),
    )


def upgrade() -> None:
    """Create every table, then what refuses changes."""
    _alerts()
    _api_keys()
    _audit()
    _audit_head()
    _brands()
    _brand_versions()
    _channels()
    _customers()
    _decision_history()
    _decisions()
    _email_drafts()
    _email_templates()
    _email_versions()
    _erasures()
    _experiment_plans()
    _imports()
    _instance()
    _kept_replays()
    _logos()
    _mail_limits()
    _mail_streams()
    _order_events()
    _order_marks()
    _orders()
    _preferences()
    _provider_batches()
    _proposals()
    _questionnaires()
    _survey_drafts()
    _regions()
    _rule_drafts()
    _rule_versions()
    _segments()
    _sign_in_failures()
    _sources()
    _suppressions()
    _tallies_coarse()
    _tallies_fine()
    _tally_answers()
    _tally_changes()
    _tally_reasons()
    _users()
    _active_rules()
    _customer_state()
    _cycles()
    _invitations()
    _sessions()
    _recovery_codes()
    _stores()
    _user_scopes()
    _emails()
    _sign_in_links()
    _response_revisions()
    _responses()
    _store_history()
    _visits()
    _doubt_checks()
    _email_events()
    _send_attempts()
    outgoing.create()
    labels.create()
    voice.create()
    reports.create()
    figures.create()
    cases.create()
    bi.create()
    triggers.create()
