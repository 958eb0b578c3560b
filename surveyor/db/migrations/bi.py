"""Views for tools of others (`bi_…`): what the line counted and decided, without identity, under names that stay.

A name or a column here is a promise (docs/bi.md): add to them freely, change them with a version only.
"""

from __future__ import annotations

import re

from alembic import op

#: One view a paragraph. HEX(column) is an id in 32 hexadecimal digits, FLAG(condition) 0 or
#: 1, BAND(table) the family of a score, COUNTS every additive count, FINE the finer key.
_VIEWS = """
CREATE VIEW bi_stores AS
  SELECT s.id AS store_id, s.name AS store_name, s.city, s.region_id, r.name AS region_name, s.brand_id,
  b.name AS brand_name, s.segment_id, s.zone, FLAG(s.excluded) AS excluded, s.opened_on, s.closed_on FROM stores s
  LEFT JOIN regions r ON r.id = s.region_id LEFT JOIN brands b ON b.id = s.brand_id

CREATE VIEW bi_responses AS
  SELECT HEX(p.invitation_id) AS response_id, p.day, p.score, BAND(p) AS band,
  FLAG(p.commented) AS commented, p.store_id, p.segment, p.rule_id, p.rule_version, p.questionnaire_version,
  p.language, p.source FROM responses p WHERE p.score IS NOT NULL
  UNION ALL SELECT HEX(i.id), i.day, i.score, BAND(i), FLAG(i.comment IS NOT NULL), i.store_id, i.segment, '', 0, 0,
  i.language, i.source FROM imported_responses i

CREATE VIEW bi_invitations AS
  SELECT HEX(v.id) AS invitation_id, v.decision_day, v.due_on, v.sent_day, v.state, v.reason,
  FLAG(v.visited_at IS NOT NULL) AS visited, v.store_id, v.segment, v.rule_id, v.rule_version, v.arm,
  v.questionnaire_version, v.language FROM invitations v

CREATE VIEW bi_decisions AS
  SELECT HEX(d.id) AS decision_id, d.day, d.verdict, d.reason, d.cause, d.store_id, d.segment, d.rule_id,
  d.rule_version, d.arm FROM decisions d

CREATE VIEW bi_orders AS
  SELECT o.ordered_at, o.fulfilled_at, o.amount, o.currency, o.store_id, o.segment, o.channel, o.source,
  FLAG(o.cancelled_at IS NOT NULL) AS cancelled, FLAG(o.customer_id IS NOT NULL) AS identified FROM orders o

CREATE VIEW bi_days AS
  SELECT day, store_id, COUNTS FROM tallies_coarse

CREATE VIEW bi_days_fine AS
  SELECT day, store_id, FINE, COUNTS FROM tallies_fine

CREATE VIEW bi_reasons AS
  SELECT day, store_id, rule_id, rule_version, segment, stage, reason, n FROM tally_reasons

CREATE VIEW bi_answers AS
  SELECT day, store_id, FINE, question, value, n FROM tally_answers

CREATE VIEW bi_costs AS
  SELECT first_day, last_day, channel, store_id, amount, currency, source FROM marketing_costs

CREATE VIEW bi_tickets AS
  SELECT HEX(t.id) AS ticket_id, t.created_at, t.first_reply_at, t.resolved_at, t.topic, t.channel,
  t.store_id, t.agent_minutes, t.quality, t.source FROM tickets t

CREATE VIEW bi_mentions AS
  SELECT day, network, store_id, polarity, judged_by, source FROM social_mentions
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
    """Name -> the statement that makes it, for PostgreSQL (full) or SQLite."""
    found = {}
    for paragraph in _VIEWS.strip().split("\n\n"):
        text = " ".join(paragraph.split())
        name = text.split()[2]
        text = re.sub(r"HEX\(([^)]+)\)", r"replace(CAST(\1 AS text), '-', '')" if full else r"lower(hex(\1))", text)
        text = re.sub(r"FLAG\(([^)]+)\)", r"CASE WHEN \1 THEN 1 ELSE 0 END", text)
        text = re.sub(r"BAND\((\w+)\)", _BAND, text)
        found[name] = text.replace("COUNTS", ", ".join(_COUNTS.split())).replace("FINE", _FINE)
    return found


def create() -> None:
    """Create them."""
    full = op.get_bind().dialect.name == "postgresql"
    for statement in views(full).values():
        op.execute(statement)
