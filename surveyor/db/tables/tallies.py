"""Additive counts, kept in the transaction that changes what they count; indicators are formulas over their sums."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json

#: The counts of indicators.md 4, in its order; the same names as the fields of core/tally.Tally.
COUNTS = (
    "orders hits scheduled went_out dropped failed in_doubt "
    "sent reminders delivered bounced_hard bounced_soft rejected undelivered opened visited responded "
    "responded_commented unsubscribed complained "
    "score_0 score_1 score_2 score_3 score_4 score_5 score_6 score_7 score_8 score_9 score_10 "
    "commented commented_promoters commented_passives commented_detractors "
    "replied reply_seconds to_handle handled_48h"
).split()


def _count(kind: type[Integer] = Integer) -> Mapped[int]:
    return mapped_column(kind, default=0, server_default="0")


class _Clustered:
    """Rows stand in the order of the key, so that a period is read in one piece; PostgreSQL has no such tables."""

    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}


class _Counts(_Clustered):
    orders: Mapped[int] = _count()
    hits: Mapped[int] = _count()
    scheduled: Mapped[int] = _count()
    went_out: Mapped[int] = _count()
    dropped: Mapped[int] = _count()
    failed: Mapped[int] = _count()
    in_doubt: Mapped[int] = _count()
    sent: Mapped[int] = _count()
    reminders: Mapped[int] = _count()
    delivered: Mapped[int] = _count()
    bounced_hard: Mapped[int] = _count()
    bounced_soft: Mapped[int] = _count()
    rejected: Mapped[int] = _count()
    undelivered: Mapped[int] = _count()
    opened: Mapped[int] = _count()
    visited: Mapped[int] = _count()
    responded: Mapped[int] = _count()
    responded_commented: Mapped[int] = _count()
    unsubscribed: Mapped[int] = _count()
    complained: Mapped[int] = _count()
    score_0: Mapped[int] = _count()
    score_1: Mapped[int] = _count()
    score_2: Mapped[int] = _count()
    score_3: Mapped[int] = _count()
    score_4: Mapped[int] = _count()
    score_5: Mapped[int] = _count()
    score_6: Mapped[int] = _count()
    score_7: Mapped[int] = _count()
    score_8: Mapped[int] = _count()
    score_9: Mapped[int] = _count()
    score_10: Mapped[int] = _count()
    commented: Mapped[int] = _count()
    commented_promoters: Mapped[int] = _count()
    commented_passives: Mapped[int] = _count()
    commented_detractors: Mapped[int] = _count()
    replied: Mapped[int] = _count()
    reply_seconds: Mapped[int] = _count(BigInteger)
    to_handle: Mapped[int] = _count()
    handled_48h: Mapped[int] = _count()


class FineTally(_Counts, Base):
    """Counts of a day, store, rule version, segment and questionnaire version ('' and 0: none, as on `orders`)."""

    __tablename__ = "tallies_fine"
    day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment: Mapped[str] = mapped_column(Text, primary_key=True)
    questionnaire_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class CoarseTally(_Counts, Base):
    """The same counts of a day and store: what screens read when nothing finer is asked."""

    __tablename__ = "tallies_coarse"
    day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)


class FineMonth(_Counts, Base):
    """The fine counts of a calendar month, under its first day: what months that are read whole are read from."""

    __tablename__ = "tallies_fine_months"
    month: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment: Mapped[str] = mapped_column(Text, primary_key=True)
    questionnaire_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class CoarseMonth(_Counts, Base):
    """The same of a month and store."""

    __tablename__ = "tallies_coarse_months"
    month: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)


class ReasonTally(_Clustered, Base):
    """Primary reasons of not sending, by the day of the decision; stage is `decision` or `drop`."""

    __tablename__ = "tally_reasons"
    day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment: Mapped[str] = mapped_column(Text, primary_key=True)
    stage: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text, primary_key=True)
    n: Mapped[int] = _count()


class AnswerTally(Base):
    """Histogram of a question other than the recommendation, by the day of the response."""

    __tablename__ = "tally_answers"
    day: Mapped[date] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rule_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment: Mapped[str] = mapped_column(Text, primary_key=True)
    questionnaire_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    question: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    n: Mapped[int] = _count()
    __table_args__ = (Index("tally_answers_question", "question", "day"), {"sqlite_with_rowid": False})


class KeptCount(Base):
    """What was counted of people and rows, for a day: where there are many, no page counts them again (db/kept_counts).

    key: SHA-256 of `asked`, which says the count, its scopes, days and the rest, so that the night can count ahead.
    """

    __tablename__ = "kept_counts"
    key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    asked: Mapped[Any] = mapped_column(Json)
    body: Mapped[Any] = mapped_column(Json)
    counted_at: Mapped[datetime] = mapped_column(Instant)
    looked_at: Mapped[datetime] = mapped_column(Instant)


class TallyChange(Base):
    """Changes of the sending line that wait to be added to the cells above, one row a transaction.

    A cell that many transactions change would keep a version for each of them while somebody's old transaction is
    open. cells: [[day, store, rule, version, segment, questionnaire version, {count: n}], …]. Every sum takes them in.
    """

    __tablename__ = "tally_changes"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    cells: Mapped[Any] = mapped_column(Json)
    __table_args__ = ({"postgresql_with": {"autovacuum_vacuum_scale_factor": "0.01"}},)
