"""How fast emails may leave, and what stopped them: buckets of each provider, streams that wait for a person."""

from datetime import datetime

from sqlalchemy import Float, Text
from sqlalchemy.orm import Mapped, mapped_column

from surveyor.db.base import Base, Instant


class MailLimit(Base):
    """One bucket of tokens of a provider: for a group of recipient domains, or ("") for the provider as a whole.

    rate: tokens a second; burst: the most it holds. hour_cap: emails an hour at most (none: as many as tokens allow),
    hour_used of them taken since hour_at. stopped_until: nothing before; slow_from: then 1/s, and 1/s more each minute.
    """

    __tablename__ = "mail_limits"
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    domain_group: Mapped[str] = mapped_column(Text, primary_key=True)
    rate: Mapped[float] = mapped_column(Float)
    burst: Mapped[float] = mapped_column(Float)
    tokens: Mapped[float] = mapped_column(Float)
    filled_at: Mapped[datetime] = mapped_column(Instant)
    hour_cap: Mapped[int | None]
    hour_used: Mapped[int] = mapped_column(default=0)
    hour_at: Mapped[datetime | None] = mapped_column(Instant)
    stopped_until: Mapped[datetime | None] = mapped_column(Instant)
    slow_from: Mapped[datetime | None] = mapped_column(Instant)


class MailStream(Base):
    """Emails of one kind through one provider ("": every kind), once a kill switch stopped them.

    Paused while `paused_at` is set; only a person releases, with a reason. judged_from: figures before it are forgiven.
    """

    __tablename__ = "mail_streams"
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    cause: Mapped[str] = mapped_column(Text, default="")  # a word of core/pace: hard_bounces, complaints, …
    detail: Mapped[str] = mapped_column(Text, default="")  # the figures, in words, without an address
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    released_by: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    judged_from: Mapped[datetime | None] = mapped_column(Instant)
