"""The data map: for every column of every table whether it tells of a person, and what an erasure does with it.

One table of data, longer than a module of code may be so that a column is found in one place. Read by the export, by
the test of erasures and by docs/privacy; a column that is missing here fails that test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a column tells. Erasure empties IDENTITY, WORDS and PAYLOAD of the person, and what of REPORT and NOTE
    names them; LINK and FACT stay, tied to nobody.
    """

    NONE = "none"
    LINK = "link"
    FACT = "fact"
    IDENTITY = "identity"
    WORDS = "words"
    PAYLOAD = "payload"
    REPORT = "report"
    NOTE = "note"
    STAFF = "staff"


#: What an erasure empties.
EMPTIED = (Kind.IDENTITY, Kind.WORDS, Kind.PAYLOAD, Kind.REPORT, Kind.NOTE)
#: table -> kind -> its columns; "*": every one (counts, of nobody).
MAP: Mapping[str, Mapping[Kind, str]] = {
    "active_rules": {Kind.NONE: "id number"},
    "alerts": {Kind.NONE: "id code subject count first_at last_at resolved_at", Kind.NOTE: "detail"},
    "api_keys": {
        Kind.NONE: "id name secret_sha256 scopes store_scope created_at expires_at last_used_at revoked_at",
        Kind.STAFF: "created_by last_network",
    },
    "audit": {
        Kind.NONE: "n id at action object before after request_id prev hash",
        Kind.STAFF: "actor reason ip_prefix",
    },
    "audit_head": {Kind.NONE: "id n hash"},
    "brand_versions": {Kind.NONE: "brand_id n body at", Kind.STAFF: "author"},
    "brands": {
        Kind.NONE: (
            "id name postal_address legal_fr legal_en privacy_url privacy_url_en logo_url colours sender created_at"
        )
    },
    "action_plans": {
        Kind.NONE: "id title label scope starts_on due_on status note experiment created_at",
        Kind.STAFF: "owner_id created_by",
    },
    "case_candidates": {Kind.LINK: "invitation_id", Kind.FACT: "due_at"},
    "case_entries": {
        Kind.LINK: "id case_id customer_id email_id",
        Kind.FACT: "kind at detail public failed",
        Kind.WORDS: "body",
        Kind.IDENTITY: "message_key",
        Kind.STAFF: "by",
    },
    "cases": {
        Kind.LINK: "id invitation_id review_id customer_id followup_sha256",
        Kind.FACT: (
            "store_id segment language score commented day responded_at status why negative themes level opened_at "
            "answer_by network_by replied_at unread closed_at root_cause come_back come_back_at call_back_at"
        ),
        Kind.WORDS: "action",
        Kind.STAFF: "owner_id",
    },
    "channels": {Kind.NONE: "provider paused_until reason strikes struck_at allowance refusals changed_at"},
    "custscore_versions": {Kind.NONE: "number body why at", Kind.STAFF: "author"},
    "custscores": {Kind.NONE: "day scope version value coverage body made_at"},
    "customer_state": {Kind.LINK: "customer_id address_key", Kind.IDENTITY: "state", Kind.FACT: "updated_at"},
    "customers": {
        Kind.LINK: "id address_key",
        Kind.IDENTITY: "external_id email first_name last_name",
        Kind.FACT: "language segment restricted erased_at created_at",
    },
    "cycles": {Kind.LINK: "customer_id opened_by", Kind.FACT: "rule_id occurrence next_at"},
    "decision_history": {
        Kind.LINK: "id customer_id order_id",
        Kind.FACT: (
            "replaced_at occurrence_on occurrence rule_id rule_version arm verdict reason store_id "
            "segment day planned_at cause facts decided_at"
        ),
    },
    "decisions": {
        Kind.LINK: "id customer_id order_id",
        Kind.FACT: (
            "occurrence_on occurrence rule_id rule_version arm verdict reason store_id segment day "
            "planned_at cause facts decided_at"
        ),
    },
    "doubt_checks": {Kind.LINK: "email_id", Kind.FACT: "at", Kind.REPORT: "found"},
    "email_events": {
        Kind.LINK: "id event_id fingerprint email_id",
        Kind.FACT: "provider n matched_by kind at received_at",
        Kind.REPORT: "detail",
    },
    "email_drafts": {Kind.NONE: "kind base parts checked updated_at", Kind.STAFF: "author"},
    "email_templates": {Kind.NONE: "kind language version subject text html source sha256 published_at"},
    "email_versions": {
        Kind.NONE: "edition kind number base sha256 why published_at",
        Kind.STAFF: "author",
    },
    "emails": {
        Kind.LINK: "id invitation_id dedupe_key customer_id address_key body_sha256 unsubscribe_sha256",
        Kind.FACT: (
            "kind priority domain_group state reason due_at expires_at sent_at fence owner lease_until "
            "attempts failures build_failures template_version delivery delivery_rank delivery_at "
            "key_id"
        ),
        Kind.STAFF: "user_id",
    },
    "erasures": {Kind.LINK: "id customer_id address_key", Kind.FACT: "requested_at done_at receipt", Kind.STAFF: "by"},
    "experiment_plans": {Kind.NONE: "rule_id name base target per_arm at", Kind.STAFF: "author"},
    "customer_origins": {Kind.LINK: "customer_id", Kind.FACT: "origin imported_at"},
    "imported_responses": {
        Kind.LINK: "id ref content_sha256 customer_id",
        Kind.FACT: "source store_id segment score language answered_at day imported_at",
        Kind.WORDS: "comment answers",
    },
    "faq_entries": {
        Kind.NONE: (
            "id brand_id position question_fr question_en answer_fr answer_en published reviewed_on updated_at"
        ),
        Kind.STAFF: "author",
    },
    "closed_periods": {Kind.NONE: "*"},
    "indicator_definitions": {Kind.NONE: "indicator version since"},
    "goals": {Kind.NONE: "scope indicator target set_at", Kind.STAFF: "set_by"},
    "saved_views": {Kind.NONE: "id page query shared first created_at", Kind.STAFF: "user_id name"},
    "imports": {
        Kind.NONE: "id sha256 source name history line accepted duplicates conflicts rejected started_at finished_at",
        Kind.NOTE: "first_refusals",
    },
    "instance": {
        Kind.NONE: "id name epoch heartbeat_at pg_system pg_timeline pepper_id sending reason",
        Kind.STAFF: "released_by",
    },
    "invitations": {
        Kind.LINK: "id customer_id address_key order_id opened_by token_sha256",
        Kind.IDENTITY: "dedupe_key",
        Kind.FACT: (
            "rule_id rule_version snapshot arm occurrence store_id segment zone language survey "
            "questionnaire_version template_version state reason decision_day due_on due_at sent_at "
            "sent_day asked_at ended_at expires_at revoked_at visited_at reminder_at key_id created_at"
        ),
    },
    "label_drafts": {Kind.NONE: "base text updated_at", Kind.STAFF: "author"},
    "label_versions": {Kind.NONE: "number base text sha256 published_at", Kind.STAFF: "author why"},
    "labellings": {
        Kind.LINK: "invitation_id",
        Kind.FACT: "revision version themes reviewed_at",
        Kind.STAFF: "reviewed_by",
    },
    "logos": {Kind.NONE: "name body created_at"},
    "mail_limits": {
        Kind.NONE: (
            "provider domain_group rate burst tokens filled_at hour_cap hour_used hour_at stopped_until slow_from"
        )
    },
    "mail_streams": {
        Kind.NONE: "provider kind paused_at cause detail released_at judged_from",
        Kind.STAFF: "released_by why",
    },
    "marketing_costs": {Kind.NONE: "*"},
    "order_events": {
        Kind.LINK: "id event_id content_sha256",
        Kind.NONE: "source state tries received_at",
        Kind.PAYLOAD: "body error",
    },
    "order_marks": {Kind.LINK: "event_id order_id", Kind.FACT: "kind amount at"},
    "orders": {
        Kind.LINK: "id order_id customer_id",
        Kind.FACT: (
            "store_id ordered_at ordered_offset fulfilled_at amount currency segment channel language "
            "history cancelled_at source received_at"
        ),
        Kind.PAYLOAD: "attributes",
    },
    "peer_figures": {
        Kind.NONE: "id receipt_id peer_group period entity metric value n method source licence collected_on"
    },
    "preferences": {Kind.LINK: "address_key", Kind.FACT: "gap_months chosen_at"},
    "proposals": {
        Kind.NONE: "id subject base body why proposed_at state number decided_why decided_at",
        Kind.STAFF: "author name decided_by decided_name",
    },
    "provider_batches": {Kind.LINK: "id", Kind.NONE: "provider state tries received_at", Kind.REPORT: "body error"},
    "questionnaires": {Kind.NONE: "survey version body why base published_at", Kind.STAFF: "author"},
    "receipts": {
        Kind.NONE: "id kind sha256 name accepted changed duplicates rejected refusals at",
        Kind.STAFF: "author",
    },
    "recovery_codes": {Kind.STAFF: "id user_id code_hash used_at"},
    "regions": {Kind.NONE: "id name"},
    "report_copies": {
        Kind.LINK: "email_id",
        Kind.NONE: "n kind edition scope period subject quiet content made_at",
        Kind.STAFF: "user_id",
    },
    "report_follow_ups": {Kind.NONE: "scope period rule unit status changed_at", Kind.STAFF: "changed_by"},
    "report_quotes": {Kind.LINK: "email_id invitation_id", Kind.FACT: "n place", Kind.WORDS: "text"},
    "report_reads": {Kind.LINK: "email_id", Kind.STAFF: "user_id first_at last_at times"},
    "report_shares": {
        Kind.LINK: "id email_id",
        Kind.NONE: "n token_sha256 key_id made_at expires_at revoked_at",
        Kind.STAFF: "made_by",
    },
    "report_subscriptions": {Kind.STAFF: "user_id kind scope edition active changed_by changed_at"},
    "response_revisions": {
        Kind.LINK: "invitation_id content_sha256",
        Kind.FACT: "n page follows score clean why dwell_ms at",
        Kind.WORDS: "answers verbatim",
        Kind.IDENTITY: "client_key",
    },
    "reply_texts": {Kind.NONE: "id name language body updated_at", Kind.STAFF: "author"},
    "response_labels": {
        Kind.LINK: "invitation_id",
        Kind.FACT: "label polarity counted origin score day store_id segment",
    },
    "responses": {
        Kind.LINK: "invitation_id",
        Kind.FACT: (
            "standing score commented answered_at day quarantined store_id segment rule_id rule_version "
            "questionnaire_version language source updated_at"
        ),
    },
    "review_reports": {
        Kind.LINK: "id invitation_id",
        Kind.FACT: "at closed_at",
        Kind.WORDS: "reason finding",
        Kind.IDENTITY: "client_key",
        Kind.STAFF: "by closed_by",
    },
    "review_settings": {Kind.NONE: "brand_id enabled publish_days keep_months sites updated_at"},
    "reviews": {
        Kind.LINK: "id external_id invitation_id notice_id",
        Kind.FACT: (
            "source revision store_id language rating experienced_on deposited_at state published_at decided_at "
            "ground masks replied_at received_at"
        ),
        Kind.IDENTITY: "author",
        Kind.WORDS: "text reply",
        Kind.STAFF: "decided_by",
    },
    "kept_counts": {Kind.NONE: "key asked body counted_at looked_at"},
    "kept_replays": {Kind.NONE: "key mark body kept_at"},
    "rule_drafts": {
        Kind.STAFF: "author",
        Kind.NONE: "base text updated_at measuring_since measured measured_sha256 measured_base progress trial",
    },
    "rule_versions": {Kind.NONE: "number base text sha256 published_at", Kind.STAFF: "author why"},
    "segments": {Kind.NONE: "id name"},
    "send_attempts": {
        Kind.LINK: "email_id provider_ref",
        Kind.FACT: "n provider outcome intent_at settled_at",
        Kind.REPORT: "evidence",
    },
    "sessions": {
        Kind.STAFF: "token_sha256 user_id created_at seen_at ends_at ip_prefix agent_family stepped_up_at csrf"
    },
    "sign_in_days": {Kind.STAFF: "user_id day times"},
    "sign_in_failures": {Kind.STAFF: "id account ip_prefix at"},
    "sign_in_links": {Kind.STAFF: "token_sha256 user_id purpose created_at expires_at used_at seed email_id"},
    "social_mentions": {Kind.NONE: "*"},
    "sources": {Kind.NONE: "name kind basis notice shop_domain secret previous_secret key_id created_at rotated_at"},
    "store_history": {Kind.NONE: "store_id from_day brand_id region_id"},
    "stores": {
        Kind.NONE: (
            "id name city region_id brand_id segment_id zone language excluded to_complete named_to_peers opened_on "
            "closed_on sender created_at"
        )
    },
    "suppressions": {
        Kind.LINK: "id address_key",
        Kind.FACT: "scope source reason created_at expires_at lifted_at",
        Kind.STAFF: "lifted_by",
    },
    "survey_drafts": {Kind.NONE: "survey base body updated_at", Kind.STAFF: "author"},
    "tallies_coarse": {Kind.NONE: "*"},
    "tallies_coarse_months": {Kind.NONE: "*"},
    "tallies_fine": {Kind.NONE: "*"},
    "tallies_fine_months": {Kind.NONE: "*"},
    "tally_answers": {Kind.NONE: "*"},
    "tally_changes": {Kind.NONE: "*"},
    "tally_reasons": {Kind.NONE: "*"},
    "tickets": {
        Kind.LINK: "id ref content_sha256 person_key",
        Kind.FACT: (
            "source topic channel store_id created_at first_reply_at resolved_at agent_minutes quality imported_at"
        ),
    },
    "user_scopes": {Kind.STAFF: "user_id scope"},
    "users": {
        Kind.STAFF: (
            "id email name role language password_hash totp_secret totp_key_id totp_since totp_last "
            "disabled_at last_seen_at created_at"
        )
    },
    "visits": {
        Kind.LINK: "id invitation_id",
        Kind.FACT: "method score at prefetch navigated",
        Kind.IDENTITY: "client_key",
    },
    "webhook_deliveries": {Kind.NONE: "event_id webhook_id state tries next_at tried_at status size outcome"},
    "webhook_events": {Kind.LINK: "id subject customer_id", Kind.FACT: "kind data at due_at spread_at"},
    "webhooks": {
        Kind.NONE: (
            "id name url events identity secret previous_secret key_id rotated_at created_at paused_at pause_cause "
            "failures ended_at"
        ),
        Kind.STAFF: "created_by",
    },
    "watch_answers": {Kind.NONE: "kind subject mark answer at", Kind.STAFF: "by"},
    "widget_days": {Kind.NONE: "widget_id day origin shown"},
    "widget_snapshots": {Kind.NONE: "widget_id made_at sha256", Kind.WORDS: "body"},
    "widgets": {
        Kind.NONE: "id kind name scope language origins active created_at",
        Kind.STAFF: "created_by",
    },
}


def kind_of(table: str, column: str) -> Kind | None:
    """What a column tells; None when nobody has said so yet."""
    for kind, columns in MAP.get(table, {}).items():
        if columns == "*" or column in columns.split():
            return kind
    return None


def emptied() -> Iterator[tuple[str, str]]:
    """Every (table, column) that an erasure empties, for the person it is about."""
    for table, kinds in MAP.items():
        for kind in EMPTIED:
            for column in kinds.get(kind, "").split():
                yield table, column
