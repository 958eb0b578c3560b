"""How Alembic reaches the database of the line: the connection of `upgrade`, its transaction included."""

from __future__ import annotations

from typing import Any

from alembic import context

from surveyor.db.base import Base
from surveyor.faults import fault


def _stepped(*_: Any, **__: Any) -> None:
    fault("migration.mid_step")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    on_version_apply=_stepped,
)
context.run_migrations()
