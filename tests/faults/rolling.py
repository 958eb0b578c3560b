"""A new version replaces the old one role by role, under load, its migration first: nothing lost, nothing twice.

`./bin/surveyor-faults --rolling N` runs it. The new version is a copy of this tree with one more revision that only
adds (a column that is used, a column with a default, a table, an index); the old one is this tree as it stands.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults import mutants
from tests.faults.production import ROLES, Town
from tests.servers import wait_for

REVISION = '''"""What the next version adds."""

import sqlalchemy as sa
from alembic import op

from surveyor.faults import fault

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("emails", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("order_events", sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    op.create_table("tomorrow", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_index("email_note", "emails", ["note"])
'''
EMAILS, AFTER = "surveyor/db/tables/emails.py", "    key_id: Mapped[str]"
#: Emails a second: they leave for as long as roles are replaced.
RATE = 2.0
COLUMN = "    note: Mapped[str | None] = mapped_column(Text)\n"


def next_version(folder: Path) -> Path:
    """A tree of the version that comes after this one."""
    tree = folder / "next"
    tree.mkdir()
    mutants.copied(tree)
    (tree / "surveyor/db/migrations/versions/r0002_next.py").write_text(REVISION)
    text = (tree / EMAILS).read_text()
    if AFTER not in text:
        raise ValueError(f"{EMAILS} has no line {AFTER!r}: this list is out of date")
    (tree / EMAILS).write_text(text.replace(AFTER, COLUMN + AFTER, 1))
    return tree


def roll(town: Town, seconds: float) -> None:
    """Old processes; the migration under them; then role by role the old one stops, as told, and the new one starts.

    The migration and the web while orders come, the others while emails leave. After the migration each old role is
    also killed once and comes back as the old version.
    """
    old, new = town.root, next_version(town.folder)
    _until(lambda: bool(town.events), "an order")
    town.root = new
    town.surveyor("db", "upgrade")
    _replace(town, "web", old, new, pause=seconds / 16)
    _until(lambda: bool(town.provider.ledger.emails()), "an email")
    for role in ROLES:
        if role != "web":
            _replace(town, role, old, new, pause=seconds / 16)


def _replace(town: Town, role: str, old: Path, new: Path, *, pause: float) -> None:
    town.root = old
    town.kill(role)
    town.start(role)
    town.report.kills += 1
    time.sleep(pause)
    _stop(town, role)
    town.root = new
    town.start(role)
    time.sleep(pause)


def _until(seen: Callable[[], bool], what: str) -> None:
    """Wait for something of the town's life, on however slow a machine."""
    wait_for(seen, seconds=900, what=what)


def _stop(town: Town, role: str) -> None:
    running = town.running[role]
    running.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(60)
    town.kill(role)
