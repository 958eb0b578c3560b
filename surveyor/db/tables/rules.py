"""Versions of the rules and of the questionnaires, which one is active, and what waits for a second person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Id, Instant, Json


class RuleVersion(Base):
    """A published text; it never changes."""

    __tablename__ = "rule_versions"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    base: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(Hash)
    author: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Instant)


class ActiveRules(Base):
    """One row: the number of the version in force. Publishing locks it."""

    __tablename__ = "active_rules"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(ForeignKey("rule_versions.number"))
    __table_args__ = (CheckConstraint("id = 1", name="single"),)


class RuleDraft(Base):
    """The text that somebody works on, one a person; it may hold errors and decides nothing.

    measured: what the replay of exactly this text (`measured_sha256`) over exactly `measured_base` said. progress: of a
    replay under way, in percent. trial: what the text did with a file that was sent, which is kept no longer.
    """

    __tablename__ = "rule_drafts"
    author: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    measuring_since: Mapped[datetime | None] = mapped_column(Instant)
    measured: Mapped[Any] = mapped_column(Json, nullable=True)
    measured_sha256: Mapped[bytes | None] = mapped_column(Hash)
    measured_base: Mapped[int | None]
    progress: Mapped[int | None]
    trial: Mapped[Any] = mapped_column(Json, nullable=True)


class KeptReplay(Base):
    """What a replay of the stored orders said (db/kept_replays).

    key: SHA-256 of what was asked, of the stores and of `mark`, which says where the orders stood.
    """

    __tablename__ = "kept_replays"
    key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    mark: Mapped[bytes] = mapped_column(Hash)
    body: Mapped[Any] = mapped_column(Json)
    kept_at: Mapped[datetime] = mapped_column(Instant)


class Proposal(Base):
    """A text that waits for a second person, and what they said. subject: `rules`, or `email:` and its kind.

    body: what would be published. number: of the version that it became.
    """

    __tablename__ = "proposals"
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    base: Mapped[int | None]
    body: Mapped[Any] = mapped_column(Json)
    author: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text, default="pending")
    number: Mapped[int | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_name: Mapped[str | None] = mapped_column(Text)
    decided_why: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("state IN ('pending','approved','refused','withdrawn')", name="state"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("state <> 'approved' OR decided_by <> author", name="second_person"),
    )


class ExperimentPlan(Base):
    """How big an experiment of a rule is to be, written before it starts; it never changes.

    base, target: response rates (responses per delivered, 0 to 1); per_arm: deliveries.
    """

    __tablename__ = "experiment_plans"
    rule_id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[float]
    target: Mapped[float]
    per_arm: Mapped[int]
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Questionnaire(Base):
    """A version of a survey's questions (core/surveys.to_plain); the highest version is the active one.

    base: the version it was made from. Version 1 of a survey that comes with the product has no row until
    another follows.
    """

    __tablename__ = "questionnaires"
    survey: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[Any] = mapped_column(Json)
    author: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, default="")
    base: Mapped[int | None]
    published_at: Mapped[datetime] = mapped_column(Instant)


class SurveyDraft(Base):
    """The questions that somebody works on, one draft a person and survey; they may be wrong, nobody is asked."""

    __tablename__ = "survey_drafts"
    author: Mapped[str] = mapped_column(Text, primary_key=True)
    survey: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[int]
    body: Mapped[Any] = mapped_column(Json)
    updated_at: Mapped[datetime] = mapped_column(Instant)
