"""Views for tools of others (`bi_…`): what the line counted and decided, without identity, under names that stay.

A name or a column here is a promise (docs/bi.md): add to them freely, change them with a version only.
"""

from __future__ import annotations

import re

from alembic import op

#: One view a paragraph: its name, then its SELECT. HEX(column) is an id in 32 hexadecimal digits, FLAG(condition) 0 or
#: 1, BAND(table) the family of a score, COUNTS every additive count, FINE the finer key.
_VIEWS = """
bi_stores: SELECT s.id AS store_id, s.name AS store_name, s.city, s.region_id, r.name AS region_name, s.brand_id,
  b.name AS brand_name, s.segment_id, s.zone, FLAG(s.excluded) AS excluded, s.opened_on, s.closed_on FROM stores s
  LEFT JOIN regions r ON r.id = s.region_id LEFT JOIN brands b ON b.id = s.brand_id

bi_responses: SELECT HEX(p.invitation_id) AS response_id, p.day, p.score, BAND(p) AS band,
  FLAG(p.commented) AS commented, p.store_id, p.segment, p.rule_id, p.rule_version, p.questionnaire_version,
  p.language, p.source FROM responses p WHERE p.score IS NOT NULL
  UNION ALL SELECT HEX(i.id), i.day, i.score, BAND(i), FLAG(i.comment IS NOT NULL), i.store_id, i.segment, '', 0, 0,
  i.language, i.source FROM imported_responses i

bi_invitations: SELECT HEX(v.id) AS invitation_id, v.decision_day, v.due_on, v.sent_day, v.state, v.reason,
  FLAG(v.visited_at IS NOT NULL) AS visited, v.store_id, v.segment, v.rule_id, v.rule_version, v.arm,
  v.questionnaire_version, v.language FROM invitations v

bi_decisions: SELECT HEX(d.id) AS decision_id, d.day, d.verdict, d.reason, d.cause, d.store_id, d.segment, d.rule_id,
  d.rule_version, d.arm FROM decisions d

bi_orders: SELECT o.ordered_at, o.fulfilled_at, o.amount, o.currency, o.store_id, o.segment, o.channel, o.source,
  FLAG(o.cancelled_at IS NOT NULL) AS cancelled, FLAG(o.customer_id IS NOT NULL) AS identified FROM orders o

bi_days: SELECT day, store_id, COUNTS FROM tallies_coarse

bi_days_fine: SELECT day, store_id, FINE, COUNTS FROM tallies_fine

bi_reasons: SELECT day, store_id, rule_id, rule_version, segment, stage, reason, n FROM tally_reasons

bi_answers: SELECT day, store_id, FINE, question, value, n FROM tally_answers

bi_costs: SELECT first_day, last_day, channel, store_id, amount, currency, source FROM marketing_costs

bi_tickets: SELECT HEX(t.id) AS ticket_id, t.created_at, t.first_reply_at, t.resolved_at, t.topic, t.channel,
  t.store_id, t.agent_minutes, t.quality, t.source FROM tickets t

bi_mentions: SELECT day, network, store_id, polarity, judged_by, source FROM social_mentions
"""
_COUNTS = (
    "orders hits scheduled went_out dropped failed in_doubt sent reminders delivered bounced_hard bounced_soft "
    "rejected undelivered opened visited responded responded_commented unsubscribed complained score_0 score_1 "
    "score_2 score_3 score_4 score_5 score_6 score_7 score_8 score_9 score_10 commented commented_promoters "
    "commented_passives commented_detractors replied reply_seconds to_handle handled_48h"
)
_FINE = "rule_id, rule_version, segment, questionnaire_version"
_BAND = r"CASE WHEN \1.score >= 9 THEN 'promoter' WHEN \1.score >= 7 THEN 'passive' ELSE 'detractor' END"


def views(full: bool) -> dict[str, str]:
    """Name -> its SELECT, for PostgreSQL (full) or SQLite."""
    found = {}
    for paragraph in _VIEWS.strip().split("\n\n"):
        name, _, select = paragraph.partition(": ")
        text = " ".join(select.split())
        text = re.sub(r"HEX\(([^)]+)\)", r"replace(CAST(\1 AS text), '-', '')" if full else r"lower(hex(\1))", text)
        text = re.sub(r"FLAG\(([^)]+)\)", r"CASE WHEN \1 THEN 1 ELSE 0 END", text)
        text = re.sub(r"BAND\((\w+)\)", _BAND, text)
        found[name] = text.replace("COUNTS", ", ".join(_COUNTS.split())).replace("FINE", _FINE)
    return found


def create() -> None:
    """Create them."""
    full = op.get_bind().dialect.name == "postgresql"
    for name, select in views(full).items():
        op.execute(f"CREATE VIEW {name} AS {select}")
