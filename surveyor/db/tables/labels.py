"""Labels of verbatims: the lexicon in versions, what each response carries, and who looked at it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Hash, Instant


class LabelVersion(Base):
    """A published lexicon (`labels.toml`); it never changes."""

    __tablename__ = "label_versions"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    base: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(Hash)
    author: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Instant)


class LabelDraft(Base):
    """The lexicon that somebody works on, one a person; it may hold errors and sorts nothing."""

    __tablename__ = "label_drafts"
    author: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class Labelling(Base):
    """That a commented response was sorted: which of its revisions, by which version of the lexicon (0: the product's).

    reviewed_by: a person went through its labels; rules leave them alone from then on, while the words stay the same.
    themes: what is grave in it, ids of the lexicon's `severity`, a space between.
    """

    __tablename__ = "labellings"
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    revision: Mapped[int]
    version: Mapped[int]
    themes: Mapped[str] = mapped_column(Text, default="")
    reviewed_by: Mapped[str | None] = mapped_column(Text)
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    __table_args__ = (
        CheckConstraint("(reviewed_by IS NULL) = (reviewed_at IS NULL)", name="reviewed"),
        Index("labelling_version", "version", "invitation_id"),
        Index("labelling_reviewed", "reviewed_at"),
    )


class ResponseLabel(Base):
    """A label on a response that stands, once. counted: by a person, or by a rule that is sure (confidence 0.9).

    day, store_id, segment and score are those of the response, so that counts read this table alone.
    """

    __tablename__ = "response_labels"
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), primary_key=True)
    label: Mapped[str] = mapped_column(Text, primary_key=True)
    polarity: Mapped[str] = mapped_column(Text)
    counted: Mapped[bool]
    origin: Mapped[str] = mapped_column(Text)  # rule or person
    score: Mapped[int]
    day: Mapped[date]
    store_id: Mapped[str] = mapped_column(Text)
    segment: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("polarity IN ('positive','neutral','negative')", name="polarity"),
        CheckConstraint("origin IN ('rule','person')", name="origin"),
        Index("response_label_day", "day", "store_id", "label"),
        Index("response_label_label", "label", "day"),
    )
