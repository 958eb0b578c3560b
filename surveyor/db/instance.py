"""The row of this installation: who it is, how long it has been alive, and whether it may send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from surveyor.core.guard import Identity
from surveyor.db.engine import dialect_name
from surveyor.db.tables.audit import AuditLine
from surveyor.db.tables.instance import Instance
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.orders import OrderEventRow

#: What a server says that does not tell who it is: no right, no such function, not supported there.
NOT_TOLD = ("42501", "42883", "0A000")
#: The timeline that PostgreSQL writes on. The control file names it only after the first checkpoint of a promotion.
TIMELINE = "CAST(CAST('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS bit(32)) AS int)"
#: Whether what is read may send: a person said so, and no standby has taken over since. `{}`: the row's alias.
#: CASE: a server that does not tell its timeline is not asked for it.
RELEASED = "{0}.sending = 'released'"
RELEASED_FULL = f"{RELEASED} AND CASE WHEN {{0}}.pg_timeline IS NULL THEN TRUE ELSE {{0}}.pg_timeline = {TIMELINE} END"


def create(session: Session, identity: Identity, *, pepper_id: str) -> None:
    """Make the row of a new installation; one that exists stays as it is."""
    make = postgresql.insert if dialect_name(session) == "postgresql" else sqlite.insert
    statement: Any = make(Instance).values(
        id=1,
        name=identity.name,
        epoch=identity.epoch,
        pg_system=identity.system,
        pg_timeline=identity.timeline,
        pepper_id=pepper_id,
        sending="released",
    )
    session.execute(statement.on_conflict_do_nothing())


def lock(session: Session) -> Instance:
    """The row, locked until the commit. It was created at the start."""
    return session.scalars(select(Instance).where(Instance.id == 1).with_for_update()).one()


def lock_if_any(session: Session) -> Instance | None:
    """The same; None before the first heartbeat of a new database."""
    return session.scalars(select(Instance).where(Instance.id == 1).with_for_update()).one_or_none()


def identity_of(row: Instance) -> Identity:
    """Who the database says it is."""
    return Identity(row.name, row.epoch, row.heartbeat_at, row.pg_system, row.pg_timeline)


def cluster(session: Session) -> tuple[str | None, int | None]:
    """System identifier and timeline of a PostgreSQL cluster; (None, None) elsewhere or where it may not be read.

    Any other failure is the caller's: a server that is starting up is the one it was, and must not pass for another.
    """
    if dialect_name(session) != "postgresql":
        return None, None
    query = f"SELECT system_identifier, {TIMELINE} FROM pg_control_system()"  # noqa: S608
    try:
        with session.begin_nested():
            row = session.execute(text(query)).one()
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", None) in NOT_TOLD:
            return None, None
        raise
    return str(row[0]), int(row[1])


def pepper_id(session: Session) -> str:
    """The key id of the secret that peppers address keys; "" before the first start."""
    return session.scalar(select(Instance.pepper_id).where(Instance.id == 1)) or ""


def name(session: Session) -> str:
    """Who this installation is: SHA-256 of its base address in 64 digits; "" before the first start."""
    return session.scalar(select(Instance.name).where(Instance.id == 1)) or ""


def newest_fact(session: Session) -> datetime | None:
    """The newest instant that this installation recorded: its clock must not stand long before it.

    Heartbeat, order event, invitation, line of the audit: the last of each by its key, which counts up with time.
    """
    newest = (
        select(Instance.heartbeat_at).where(Instance.id == 1),
        select(OrderEventRow.received_at).order_by(OrderEventRow.id.desc()).limit(1),
        select(Invitation.created_at).order_by(Invitation.id.desc()).limit(1),
        select(AuditLine.at).order_by(AuditLine.n.desc()).limit(1),
    )
    found = [session.scalar(query) for query in newest]
    return max((at for at in found if at is not None), default=None)


def reason_held(session: Session) -> str:
    """Why sending is held; "" when it is not."""
    return session.scalar(select(Instance.reason).where(Instance.id == 1)) or ""
